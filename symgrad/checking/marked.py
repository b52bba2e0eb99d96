r"""Claims that documentation makes: in docstrings, in pages of reStructuredText and of Markdown, where they are marked.

A directive states a claim, and what Sphinx shows is the formula with its verdict::

    .. symgrad:claim:: log(x*y) == log(x) + log(y)
       :where: x > 0; y > 0

and a comment says which claim the block of mathematics after it is, which stays as it is for those who have no
symgrad::

    .. symgrad: diff(tanh(x), x) == 1 - tanh(x)**2

    .. math:: \frac{d}{d x} \tanh{\left(x \right)} = 1 - \tanh^{2}{\left(x \right)}

In Markdown the same stands in a fence ``{symgrad:claim}``, or in a comment ``<!-- symgrad: … -->`` before ``$$``.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import decode_source
from pathlib import Path

from symgrad.base.errors import ClaimError, ParseError
from symgrad.base.files import text_of
from symgrad.base.shown import one_line
from symgrad.claims.claim import Claim, claim

DOCUMENTS = (".rst", ".md", ".txt")
MARK = "symgrad:"
OPTIONS = ("where", "expect", "id", "source")


@dataclass(frozen=True)
class Marked:
    """A claim as documentation states it.

    Attributes
    ----------
    says : str
    options : mapping of str to str
        Out of `OPTIONS`.
    line : int
        Where it stands in its file, counted from 1.
    shown : str or None
        The LaTeX of the block of mathematics that it belongs to.
    owner : str
        The function or class in whose docstring it stands.
    """

    says: str
    options: Mapping[str, str]
    line: int
    shown: str | None = None
    owner: str = ""

    @property
    def id(self) -> str:
        """Its name in reports: the option ``id``, or the line."""
        named = self.options.get("id") or f"line-{self.line}"
        return f"{self.owner}.{named}" if self.owner else named

    def claim(self) -> Claim:
        """The claim itself.

        Raises
        ------
        ParseError, ClaimError
            If it is none.
        """
        return read(self.says, self.options).named(self.id)


def read(says: str, options: Mapping[str, str]) -> Claim:
    """The claim of a text with its options; conditions are separated by semicolons.

    Examples
    --------
    >>> print(read("log(x*y) == log(x) + log(y)", {"where": "x > 0; y > 0"}))
    log(x*y) == log(x) + log(y)
    """
    unknown = [name for name in options if name not in OPTIONS]
    if unknown:
        raise ClaimError(f"unknown option {unknown[0]!r} of a claim; known are {', '.join(OPTIONS)}")
    facts = dict(options)
    where = [condition.strip() for condition in facts.pop("where", "").split(";") if condition.strip()]
    return claim(" ".join(says.split()), where=where, **facts)


def marked_in(path: Path) -> Iterator[Marked]:
    """The claims that a file makes: a page of documentation, or a Python file in its docstrings.

    Raises
    ------
    ClaimError
        If the file cannot be read.
    """
    try:
        text = decode_source(path.read_bytes()) if path.suffix == ".py" else text_of(path)
        if MARK not in text:
            return
        if path.suffix == ".py":
            yield from _in_docstrings(ast.parse(text))
        else:
            yield from marked(text)
    except (OSError, ValueError, SyntaxError, RecursionError) as error:
        if isinstance(error, ParseError | ClaimError):
            raise
        raise ClaimError(one_line(f"{path}: {error}")) from None


def _in_docstrings(tree: ast.Module) -> Iterator[Marked]:
    def walk(node: ast.AST, owner: str) -> Iterator[Marked]:
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and (found := _docstring(node)):
            text, line = found
            for each in marked(text):
                yield replace(each, line=each.line + line - 1, owner=owner)
        for child in ast.iter_child_nodes(node):
            name = getattr(child, "name", "") if isinstance(child, ast.stmt) else ""
            yield from walk(child, ".".join(filter(None, (owner, name))))

    return walk(tree, "")


def _docstring(node: ast.AST) -> tuple[str, int] | None:
    """The docstring of a node, its margin taken off, and its first line in the file."""
    body = getattr(node, "body", [])
    if not body or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, ast.Constant):
        return None
    text = body[0].value.value
    return (_without_margin(text), body[0].lineno) if isinstance(text, str) else None


def _without_margin(text: str) -> str:
    """Without the indentation of the code around it, and without losing a line."""
    first, _, rest = text.partition("\n")
    return f"{first}\n{textwrap.dedent(rest)}"


# --- text -----------------------------------------------------------------------------------------------------

Lines = list[str]
Found = tuple[Marked | None, int]
"""What stands at a line, if it is a claim, and the line at which to go on."""

_OPTION = re.compile(r"^:(?P<name>\w+):[ ]*(?P<value>.*)$")
_MATH = re.compile(r"^(?P<margin>[ \t]*)\.\.[ ]math::[ ]*(?P<first>.*)$")


def marked(text: str) -> Iterator[Marked]:
    r"""The claims that a text makes; those inside a block of code are examples and not meant.

    Examples
    --------
    >>> (found,) = marked("Sigmoid.\n\n.. symgrad:claim:: sigmoid(0) == 1/2\n   :id: half\n")
    >>> found.says, found.id, found.line
    ('sigmoid(0) == 1/2', 'half', 3)
    """
    lines, number = text.split("\n"), 0
    while number < len(lines):
        forms = ((reader, pattern.match(lines[number])) for pattern, reader in _FORMS)
        reader, match = next(((reader, match) for reader, match in forms if match), (None, None))
        found, number = reader(lines, number, match) if reader and match else (None, number + 1)
        if found is not None:
            yield found


def _directive(lines: Lines, number: int, match: re.Match[str]) -> Found:
    end = _end_of_block(lines, number)
    return _made(match["first"], lines[number + 1 : end], number, None), end


def _comment(lines: Lines, number: int, match: re.Match[str]) -> Found:
    end = _end_of_block(lines, number)
    return _made(match["first"], lines[number + 1 : end], number, _math_after(lines, end)), end


def _fence(lines: Lines, number: int, match: re.Match[str]) -> Found:
    end = _line_with(match["fence"], lines, number + 1)
    return _made(match["first"], lines[number + 1 : end], number, None), end + 1


def _remark(lines: Lines, number: int, match: re.Match[str]) -> Found:
    end = _line_with("-->", lines, number)
    first, *rest = "\n".join([match["first"], *lines[number + 1 : end + 1]]).partition("-->")[0].split("\n")
    return _made(first, rest, number, _dollars_after(lines, end + 1)), end + 1


def _fenced_code(lines: Lines, number: int, match: re.Match[str]) -> Found:
    return None, _line_with(match["fence"], lines, number + 1) + 1


def _indented_code(lines: Lines, number: int, match: re.Match[str]) -> Found:
    return None, _end_of_block(lines, number)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[Lines, int, re.Match[str]], Found]], ...] = (
    (re.compile(r"^[ \t]*\.\.[ ]symgrad:claim::[ ]*(?P<first>.*)$"), _directive),
    (re.compile(r"^[ \t]*\.\.[ ]symgrad:(?!\w+::)[ ]*(?P<first>.*)$"), _comment),
    (re.compile(r"^[ \t]*(?P<fence>`{3,}|:{3,})[ ]*\{symgrad:claim\}[ ]*(?P<first>.*)$"), _fence),
    (re.compile(r"^[ \t]*<!--[ ]*symgrad:[ ]*(?P<first>.*)$"), _remark),
    (re.compile(r"^[ \t]*(?P<fence>`{3,}|~{3,})(?![ ]*\{)"), _fenced_code),
    (re.compile(r"^[ \t]*\.\.[ ](code|code-block|sourcecode|parsed-literal)::"), _indented_code),
    (re.compile(r"^[ \t]*(?!\.\.[ ]).*::[ \t]*$"), _indented_code),
)


def _made(first: str, rest: Lines, number: int, shown: str | None) -> Marked:
    options, said = {}, [first]
    for line in map(str.strip, rest):
        if match := _OPTION.match(line):
            options[match["name"]] = match["value"]
        else:
            said.append(line)
    return Marked(" ".join(filter(None, said)), options, number + 1, shown)


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end_of_block(lines: Lines, start: int) -> int:
    """The line after a block that is indented by more than its first line."""
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or _margin(lines[end]) > _margin(lines[start])):
        end += 1
    return end


def _line_with(sign: str, lines: Lines, start: int) -> int:
    return next((number for number in range(start, len(lines)) if sign in lines[number]), len(lines) - 1)


def _math_after(lines: Lines, start: int) -> str | None:
    """The LaTeX of a directive ``math`` that begins at a line."""
    match = _MATH.match(lines[start]) if start < len(lines) else None
    if match is None:
        return None
    body = [match["first"], *map(str.strip, lines[start + 1 : _end_of_block(lines, start)])]
    return " ".join(line for line in body if line and not _OPTION.match(line))


def _dollars_after(lines: Lines, start: int) -> str | None:
    """The LaTeX between double dollar signs, where the next text begins with them."""
    following = "\n".join(lines[start:]).lstrip()
    return following[2:].partition("$$")[0].strip() if following.startswith("$$") else None


def same_latex(one: str, other: str) -> bool:
    r"""Whether two texts are the same LaTeX, but for spaces and for what only changes sizes.

    Examples
    --------
    >>> same_latex(r"\tanh^{2}{\left(x \right)}", r"\tanh^2(x)")
    True
    >>> same_latex(r"\sigma(x)", r"\sigma(y)")
    False
    """
    return _bare(one) == _bare(other)


_SIZES = re.compile(r"\\(left|right|big|Big|bigl|bigr|,|;|!|:|quad|qquad|displaystyle)(?![a-zA-Z])|&|\s+|\\\\")


def _bare(tex: str) -> str:
    # A space after a command ends it: kept apart from the letters that follow by the brace that takes its place.
    text = _SIZES.sub("", re.sub(r"(\\[a-zA-Z]+)\s+(?=[a-zA-Z])", r"\1{}", tex))
    text = re.sub(r"(?<![a-zA-Z])\{(\w)\}", r"\1", text.replace("{}", "\0").replace("{(", "(").replace(")}", ")"))
    return text.rstrip(".,")
