"""Text before it is parsed: which words and signs may stand where, and how many, how long, how deep."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from symgrad.errors import ParseError

MAX_LENGTH = 10_000
MAX_WORDS = 2_500
MAX_DEPTH = 50
MAX_DIGITS = 1_000
MAX_NAME = 50

_WORD = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<direction>"[+-]{1,2}"|'[+-]{1,2}')
      | (?P<foreign>//|&&|\|\||:=)
      | (?P<operator>\*\*|==|!=|<=|>=|[-+*/<>])
      | (?P<bracket>[()])
      | (?P<comma>,)
      | (?P<stranger>.)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"(?P<digits>[0-9]*\.?[0-9]*)(?:[eE](?P<exponent>[+-]?[0-9]+))?")

# What other notations write, and how it is written here.
_INSTEAD = {
    "^": "a power is written with **",
    "=": "equality is written ==",
    ":=": "equality is written ==",
    "//": "write floor(a/b)",
    "%": "write Mod(a, b)",
    "!": "write factorial(n), or != for unequal",
    "&": "write And(a, b)",
    "&&": "write And(a, b)",
    "|": "write Or(a, b) for conditions, Abs(x) for the absolute value",
    "||": "write Or(a, b)",
    "~": "write Not(a)",
    ".": "attributes are not part of a formula",
    "[": "subscripts are not part of a formula; write x_1",
    "]": "subscripts are not part of a formula; write x_1",
    "{": "braces are not part of a formula",
    "}": "braces are not part of a formula",
    '"': "texts are not part of a formula",
    "'": "texts are not part of a formula; write diff(f, x) for a derivative",
    ";": "one statement at a time",
    ":": "a colon is not part of a formula",
    "#": "comments are not part of a formula",
    "−": "write - for minus",
    "–": "write - for minus",
    "·": "write * for a product",
    "×": "write * for a product",
    "÷": "write / for a quotient",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "√": "write sqrt(x)",
    "∞": "write oo",
    "∑": "write Sum(f, (k, a, b))",
    "∏": "write Product(f, (k, a, b))",
    "∫": "write Integral(f, (x, a, b))",
}
_INSTEAD_OF_NAMES = {
    "lambda": "a keyword of Python; write lamda",
    "and": "write And(a, b)",
    "or": "write Or(a, b)",
    "not": "write Not(a)",
    "if": "write Piecewise((value, condition), (value, True))",
    "else": "write Piecewise((value, condition), (value, True))",
    "in": "membership is a condition on the domain, not part of a formula",
    "π": "write pi",
    "None": "no number",
}
_TRUTHS = ("True", "False")
_TIGHT = ("**", "+", "-")


@dataclass(frozen=True)
class Source:
    """A text, or the part of it between two places, to be read as one expression."""

    text: str
    start: int = 0
    stop: int | None = None

    def fault(self, place: int, reason: str) -> ParseError:
        """The error that points at this place, counted from 0."""
        return ParseError(self.text, place + 1, reason)

    def part(self, start: int, stop: int) -> Source:
        return type(self)(self.text, start, stop)

    def tree(self) -> tuple[ast.expr, Callable[[ast.AST], int]]:
        """The syntax tree and, for its nodes, their places in the text, counted from 0.

        Raises
        ------
        ParseError
            If the text breaks a limit, holds a word or sign that no formula has, or is none; before any work.
        """
        check_length(self.text)
        stop = len(self.text) if self.stop is None else self.stop
        # One space for each sign of white space, so that places stay what they are.
        line = "".join(" " if c.isspace() else c for c in self.text[self.start : stop])
        shift = self.start + len(line) - len(line.lstrip())
        line = line.strip()
        self.check_words(line, shift)
        try:
            tree = ast.parse(line, mode="eval").body
        except SyntaxError as error:
            raise self.fault(shift + (error.offset or 1) - 1, f"this is no formula: {error.msg}") from None
        except (RecursionError, MemoryError):
            raise self.fault(shift, f"nested too deeply; at most {MAX_DEPTH} levels are read") from None
        encoded = line.encode()
        # The tree counts in bytes of UTF-8.
        return tree, lambda node: shift + len(encoded[: getattr(node, "col_offset", 0)].decode())

    def check_words(self, line: str, shift: int) -> None:
        """Refuse words and signs that no formula has, or where none has them."""
        Scan(self, shift).run(line)


def check_length(text: str) -> None:
    """Refuse what is no text, or too much of it."""
    if not isinstance(text, str):
        raise ParseError(repr(text)[:MAX_NAME], 1, f"a formula is text; got {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ParseError(text, MAX_LENGTH + 1, f"a formula has at most {MAX_LENGTH} characters; got {len(text)}")


@dataclass
class Scan:
    """One walk over the words: after a value comes an operator, after an operator a value, and nothing is too deep."""

    words: ClassVar[re.Pattern[str]] = _WORD

    source: Source
    shift: int
    wants_value: bool = True
    last: str = ""
    # For each open bracket its place and the signs and powers that wait for their right side within it.
    brackets: list[int] = field(default_factory=list)
    pending: list[int] = field(default_factory=lambda: [0])

    def run(self, line: str) -> None:
        words = [m for m in self.words.finditer(line) if m.lastgroup != "space"]
        if not words:
            raise self.source.fault(self.shift, "a formula is missing")
        if len(words) > MAX_WORDS:
            place = words[MAX_WORDS].start() + self.shift
            raise self.source.fault(place, f"a formula has at most {MAX_WORDS} words and signs; got {len(words)}")
        for word in words:
            self.place = self.shift + word.start()
            getattr(self, f"_{word.lastgroup}")(word.group())
            self.last = word.group()
        if self.wants_value:
            raise self.source.fault(self.shift + len(line), f"something must follow {self.last!r}")
        if self.brackets:
            raise self.source.fault(self.brackets[-1], "this bracket is never closed")

    def _fault(self, reason: str) -> ParseError:
        return self.source.fault(self.place, reason)

    def _value(self, word: str) -> None:
        if not self.wants_value:
            raise self._fault(f"an operator is missing before {word[:MAX_NAME]!r}; a product is written with *")
        self.wants_value = False

    def _number(self, word: str) -> None:
        match = _NUMBER.fullmatch(word)
        assert match is not None, "every number is matched by its parts"
        if len(match["digits"]) > MAX_DIGITS or (match["exponent"] and abs(_size(match["exponent"])) > MAX_DIGITS):
            raise self._fault(f"a number has at most {MAX_DIGITS} digits")
        self._value(word)

    def _name(self, word: str) -> None:
        shown = word[:MAX_NAME]
        if not word.isidentifier():
            raise self._fault(f"{shown!r} is no name; names are letters, digits and _")
        if len(word) > MAX_NAME:
            raise self._fault(f"a name has at most {MAX_NAME} characters; {shown}… has {len(word)}")
        if word in _INSTEAD_OF_NAMES or (keyword.iskeyword(word) and word not in _TRUTHS):
            raise self._fault(f"{word}: {_INSTEAD_OF_NAMES.get(word, 'a keyword of Python cannot be a name')}")
        if "__" in word:
            raise self._fault(f"{shown}: a name with two underscores in a row is not accepted")
        self._value(word)

    def _direction(self, word: str) -> None:
        self._value(word)

    def _operator(self, word: str) -> None:
        if self.wants_value and word not in "+-":
            raise self._fault(f"a value is missing before {word!r}")
        if word in _TIGHT and (self.wants_value or word == "**"):
            self.pending[-1] += 1
            self._check_depth()
        else:
            self.pending[-1] = 0
        self.wants_value = True

    def _bracket(self, word: str) -> None:
        if word == "(":
            if not self.wants_value and not self.last.isidentifier():
                raise self._fault("an operator is missing before '('; a product is written with *")
            self.brackets.append(self.place)
            self.pending.append(0)
            self._check_depth()
            self.wants_value = True
            return
        if not self.brackets:
            raise self._fault("this bracket was never opened")
        if self.wants_value and self.last != "(":
            raise self._fault(f"something must stand between {self.last!r} and ')'")
        self.brackets.pop()
        self.pending.pop()
        self.wants_value = False

    def _comma(self, word: str) -> None:
        if self.wants_value:
            raise self._fault("a value is missing before ','")
        if not self.brackets:
            raise self._fault("one formula at a time; a comma stands only between arguments")
        self.pending[-1] = 0
        self.wants_value = True

    def _foreign(self, word: str) -> None:
        self._stranger(word)

    def _stranger(self, word: str) -> None:
        raise self._fault(_INSTEAD.get(word, f"{word!r} is not part of a formula"))

    def _check_depth(self) -> None:
        if len(self.brackets) + sum(self.pending) > MAX_DEPTH:
            raise self._fault(f"nested too deeply; at most {MAX_DEPTH} levels are read")


def _size(exponent: str) -> int:
    """The exponent of a number, or one that is too large if it has too many digits to look at."""
    return int(exponent) if len(exponent) <= len(str(MAX_DIGITS)) + 1 else MAX_DIGITS + 1
