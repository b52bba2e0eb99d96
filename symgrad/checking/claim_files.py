"""Claims out of TOML and JSON files: each read by itself, so that one which is none leaves the others as they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symgrad.base.errors import CellError, ClaimError, ParseError
from symgrad.base.kinds import path_of
from symgrad.base.near_names import is_near
from symgrad.base.shown import one_line, shortened
from symgrad.claims.claim import Claim, claim

CLAIMS = "claim"
LONGEST_NAME = 50
FIELDS = {"id": str, "says": str, "where": list, "expect": str, "source": str, "cell": list}
LISTS = ("where", "cell")

# How claims are written in a file of each kind.
_FORMS = {
    ".toml": f"each is a table [[{CLAIMS}]], in double brackets, with a field says",
    ".json": f'write {{"{CLAIMS}": [{{"says": "a == b"}}]}}',
}
_HEADER = r"""^[ \t]*\[\[\s*(?:claim|"claim"|'claim')\s*\]\]"""
# The words of both kinds of files, as far as it takes to find the claims: headers, brackets, and what may hide them.
_WORD = re.compile(
    rf'''(?P<header>{_HEADER})
      | (?P<list>(?<![\w."'-])(?:claim|"claim"|'claim')\s*[=:]\s*\[)
      | (?P<text>"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
      | (?P<comment>\#[^\n]*)
      | (?P<bracket>[][{{}}])
      | (?P<comma>,)
      | (?P<other>\S)''',
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_ID = re.compile(r"""^[ \t]*id[ \t]*=[ \t]*(?:"(?P<double>[^"\\\n]*)"|'(?P<single>[^'\n]*)')""", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """One claim of a file, or why it is none; also what stands beside the claims, where nothing else may stand.

    Attributes
    ----------
    id : str
        Its name in reports.
    line : int or None
        Where it begins in the file, counted from 1; None if that was not found.
    read : Claim or ClaimError
        The error names file, line, and the claim or the name.
    """

    id: str
    line: int | None
    read: Claim | ClaimError


def load_claims(path: str | Path) -> tuple[Claim, ...]:
    """The claims of a TOML or JSON file, in its order; unnamed ones are called by their number.

    Each claim has a field ``says`` and may have ``id``, ``where``, ``expect``, ``source`` and ``cell``: see `claim` and
    `cell_claim`. In TOML each is a table ``[[claim]]``, in JSON the file is ``{"claim": [...]}``.

    Parameters
    ----------
    path : str or pathlib.Path
        A file that ends in ``.toml`` or ``.json``.

    Returns
    -------
    tuple of Claim
        None of them checked.

    Raises
    ------
    ClaimError
        If the file cannot be read or a claim in it is none; the message names file, line and claim.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import symgrad as sg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "slides.toml")
    ...     written = path.write_text("[[claim]]\\nid = 'slide-4'\\nsays = 'tanh(x) < 1'")
    ...     claims = sg.load_claims(path)
    >>> [(claim.id, str(claim), claim.expect) for claim in claims]
    [('slide-4', 'tanh(x) < 1', 'holds')]
    """
    claims = []
    for entry in read_claims(path_of(path, "load_claims takes the path of a file", ClaimError)):
        if isinstance(entry.read, ClaimError):
            raise entry.read
        claims.append(entry.read)
    return tuple(claims)


def read_claims(path: Path) -> tuple[Entry, ...]:
    """The claims of a TOML or JSON file, in its order, with the error of each that is none.

    Raises
    ------
    ClaimError
        If the file as a whole cannot be read, or holds no claims.
    """
    import json  # only files need these, and importing symgrad must stay fast
    import tomllib

    if path.suffix not in (".toml", ".json"):
        raise ClaimError(f"{shortened(str(path))}: claims are read from .toml and .json files")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            return _entries(json.loads(text, object_pairs_hook=_table), text, path)
        return _entries(tomllib.loads(text), text, path)
    except OSError as error:
        raise ClaimError(f"{shortened(str(path))}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, ClaimError):
            raise
        parts = tuple(_parts(path, text)) if path.suffix == ".toml" and not isinstance(error, UnicodeError) else ()
        if any(isinstance(part.read, _NotTomlError) for part in parts) and len(parts) > 1:
            return _without_repetition(parts, path)
        raise ClaimError(f"{path}: not {path.suffix[1:].upper()}: {error}") from None


class _NotTomlError(ClaimError):
    """A part of a file that is no TOML by itself."""


class _Repeated(dict[str, Any]):
    """A table of JSON in which one name stands twice."""


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    return table if len(table) == len(pairs) else _Repeated(table)


def _entries(content: object, text: str, path: Path) -> tuple[Entry, ...]:
    if isinstance(content, _Repeated):
        raise ClaimError(f"{path}: a name stands twice in the outermost table")
    table = content if isinstance(content, dict) else {}
    found, unknown = table.get(CLAIMS), tuple(_unknown(table, text, path))
    if not isinstance(found, list) or not found:
        if any(is_near(name, CLAIMS) or name in FIELDS for name in table if name != CLAIMS):
            return unknown
        raise ClaimError(f"{path}: no claims; {_FORMS[path.suffix]}")
    lines: list[int | None] = [text.count("\n", 0, place) + 1 for place in _places(text, path.suffix == ".json")]
    if len(lines) != len(found):
        lines = [None] * len(found)
    entries = (_entry(each, number, line, path) for number, (each, line) in enumerate(zip(found, lines), 1))
    return (*_without_repetition(entries, path), *unknown)


def _unknown(table: dict[str, Any], text: str, path: Path, lines_before: int = 0) -> Iterator[Entry]:
    """What stands beside the claims of a file: an error each, since it may be a claim that nobody would decide."""
    is_json = path.suffix == ".json"
    known = f'"{CLAIMS}"' if is_json else f"[[{CLAIMS}]]"
    for name in table:
        if name == CLAIMS:
            continue
        found = (_line_in_json if is_json else _line_in_toml)(name, text)
        line = found and found + lines_before
        shown = shortened(name, LONGEST_NAME)
        hint = f"; did you mean {known}?" if is_near(name, CLAIMS) else ""
        if name in FIELDS:
            hint = f"; a field of a claim stands {'within it' if is_json else f'below its {known}'}"
        reason = (
            f"{_kind(table[name], shown, path)} is not known; a file of claims holds {known} and nothing else{hint}"
        )
        yield Entry(shown, line, ClaimError(one_line(f"{path}{f':{line}' if line else ''}: {reason}")))


def _kind(value: object, name: str, path: Path) -> str:
    """A name of the outermost table as its author wrote it."""
    if path.suffix == ".json":
        return f'the name "{name}"'
    if isinstance(value, dict):
        return f"the table [{name}]"
    is_list = isinstance(value, list) and value and all(isinstance(each, dict) for each in value)
    return f"the table [[{name}]]" if is_list else f"the field {name}"


def _line_in_json(name: str, text: str) -> int | None:
    """Where a name of the outermost table stands; None if that was not found."""
    depth = 0
    for word in _WORD.finditer(text):
        is_name = word.lastgroup == "text" and word.group()[1:-1] == name and text[word.end() :].lstrip()[:1] == ":"
        if is_name and depth == 1:
            return text.count("\n", 0, word.start()) + 1
        if word.lastgroup in ("bracket", "list"):
            depth += 1 if word.group()[-1] in "[{" else -1
    return None


def _line_in_toml(name: str, text: str) -> int | None:
    """The same for a table or a field of TOML."""
    hidden = [word.span() for word in _WORD.finditer(text) if word.lastgroup in ("text", "comment")]
    spelled = "|".join(re.escape(mark + name + mark) for mark in ("", '"', "'"))
    for match in re.finditer(rf"^[ \t]*(?:\[\[?[ \t]*)?(?P<name>{spelled})[ \t]*[].=]", text, re.MULTILINE):
        if not any(start < match.start("name") < stop for start, stop in hidden):
            return text.count("\n", 0, match.start()) + 1
    return None


def _places(text: str, outermost: int) -> Iterator[int]:
    """Where in a text the claims begin; a list of them stands within so many brackets."""
    depth, list_depth, is_first = 0, -1, False
    for word in _WORD.finditer(text):
        kind, sign = word.lastgroup, word.group()
        if kind == "comment":
            continue
        if depth == list_depth and is_first and sign != "]":
            yield word.start()
            is_first = False
        if kind == "header":
            yield word.end() - len(sign.lstrip())
        elif kind == "list" and depth == outermost and list_depth < 0:
            depth = list_depth = depth + 1
            is_first = True
        elif kind == "comma" and depth == list_depth:
            is_first = True
        elif kind in ("bracket", "list"):
            depth += 1 if sign[-1] in "[{" else -1


def _parts(path: Path, text: str) -> Iterator[Entry]:
    """The claims of a TOML file that is none as a whole: each part from one header to the next is read by itself.

    Nothing if what stands before the first of them is no TOML: then headers may stand within a text.
    """
    import tomllib

    starts = [match.start() for match in re.finditer(_HEADER, text, re.MULTILINE)]
    before = text[: starts[0]] if starts else text
    try:
        yield from _unknown(tomllib.loads(before), before, path)
    except (ValueError, RecursionError):
        return
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(text)]), 1):
        line = text.count("\n", 0, start) + 1
        part = text[start:stop]
        try:
            # Empty lines in front let the messages count the lines of the file.
            content = tomllib.loads("\n" * (line - 1) + part)
        except (ValueError, RecursionError) as error:
            named = _ID.search(part)
            name = (named["double"] or named["single"]) if named else f"claim-{number}"
            shown = f" ({name})" if named else ""
            said = _error(path, line, number, shown, f"not TOML: {error}")
            yield Entry(name, line, _NotTomlError(str(said)))
        else:
            (entry,) = content[CLAIMS]
            yield _entry(entry, number, line, path)
            yield from _unknown(content, part, path, line - 1)


def _error(path: Path, line: int | None, number: int, name: str, reason: str) -> ClaimError:
    return ClaimError(one_line(f"{path}{f':{line}' if line else ''}: claim {number}{name}: {reason}"))


def _without_repetition(entries: Iterator[Entry] | tuple[Entry, ...], path: Path) -> tuple[Entry, ...]:
    """The entries, of which one is an error if an earlier one has its id."""
    seen: Counter[str] = Counter()
    kept = []
    for number, entry in enumerate(entries, 1):
        seen[entry.id] += 1
        if seen[entry.id] > 1 and isinstance(entry.read, Claim):
            error = _error(path, entry.line, number, "", f"two claims have the id {entry.id!r}")
            entry = Entry(entry.id, entry.line, error)
        kept.append(entry)
    return tuple(kept)


def _entry(table: object, number: int, line: int | None, path: Path) -> Entry:
    named = table.get("id") if isinstance(table, dict) else None
    name = named if isinstance(named, str) else f"claim-{number}"
    try:
        return Entry(name, line, _claim(table, name))
    except (ParseError, ClaimError, CellError) as error:
        shown = f" ({name})" if named is not None else ""
        return Entry(name, line, _error(path, line, number, shown, str(error)))
    except ModuleNotFoundError:
        raise
    except Exception as error:  # the other claims are read all the same
        shown = f" ({name})" if named is not None else ""
        said = f"a slip of symgrad, please report the claim: {type(error).__name__}: {error}"
        return Entry(name, line, _error(path, line, number, shown, said))


def _claim(table: object, name: str) -> Claim:
    if not isinstance(table, dict):
        raise ClaimError(f"must be a table with a field says; got {type(table).__name__}")
    if isinstance(table, _Repeated):
        raise ClaimError("a field stands twice")
    for field, value in table.items():
        if field not in FIELDS:
            near = next((f"; did you mean {known}?" for known in FIELDS if is_near(field, known)), "")
            raise ClaimError(f"unknown field {field!r}; known are {', '.join(FIELDS)}{near}")
        if not isinstance(value, FIELDS[field]) or (field in LISTS and not all(isinstance(c, str) for c in value)):
            raise ClaimError(f"{field} must be {'a list of texts' if field in LISTS else 'text'}; got {value!r}")
    if "says" not in table:
        raise ClaimError("the field says is missing")
    facts = {**table, "id": name}
    says, cell = facts.pop("says"), facts.pop("cell", None)
    if cell is None:
        return claim(says, **facts)
    from symgrad.recurrent import cell_claim  # only claims about cells need it

    return cell_claim(cell, says, **facts)
