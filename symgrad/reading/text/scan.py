"""Text before it is parsed: which words and signs may stand where, and how many, how long, how deep."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from symgrad.base.errors import ParseError
from symgrad.base.kinds import shown
from symgrad.reading.text import elsewhere, letters, vocabulary

MAX_LENGTH = 10_000
MAX_WORDS = 2_500
MAX_DEPTH = 50
MAX_DIGITS = 1_000
MAX_NAME = 50

_UP, _PART = "".join(letters.SUPERSCRIPTS), "".join(letters.FRACTIONS)
NAME = rf"[^\W\d{_UP}{_PART}](?:[^\W{_UP}{_PART}])*"
# What is written otherwise on the line: the table says what each is.
SIGNS = rf"""(?P<sign>[{"".join(letters.SIGNS)}∞])
      | (?P<superscript>[{_UP}]+)
      | (?P<fraction>[{_PART}])
      | (?P<root>{letters.ROOT})"""
# Signs of other languages that are no words here, though each begins with one.
FOREIGN = r"===|!==|=>|=<|<>|->|\.\.|//|&&|\|\||:="
_WORD = re.compile(
    rf"""(?P<space>\s+)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | {SIGNS}
      | (?P<name>{NAME})
      | (?P<direction>"[+-]{{1,2}}"|'[+-]{{1,2}}')
      | (?P<foreign>{FOREIGN})
      | (?P<operator>\*\*|==|!=|<=|>=|[-+*/<>&|~])
      | (?P<bracket>[()])
      | (?P<comma>,)
      | (?P<stranger>.)""",
    re.VERBOSE | re.DOTALL,
)
_EXPONENT = re.compile(r"(?P<sign>[-+]?)(?P<value>[0-9]+|n)")
_NUMBER = re.compile(r"(?P<digits>[0-9]*\.?[0-9]*)(?:[eE](?P<exponent>[+-]?[0-9]+))?")

# What other notations write, and how it is written here.
_INSTEAD = {
    "^": "a power is written with **",
    "=": "equality is written ==",
    ":=": "equality is written ==",
    "===": "equality is written ==",
    "!==": "unequal is written !=",
    "<>": "unequal is written !=",
    "=>": "at least is written >=; what a claim supposes is a condition on the domain",
    "=<": "at most is written <=",
    "->": "an arrow is not part of a formula; a limit is written Limit(f, x, a)",
    "..": "a range is written in brackets, as in Sum(f, (k, a, b))",
    "//": "write floor(a/b)",
    "%": "write Mod(a, b)",
    "!": "write factorial(n), or != for unequal",
    "&": "write And(a, b)",
    "&&": "write (a) & (b), or And(a, b)",
    "|": "write Or(a, b) for conditions, Abs(x) for the absolute value",
    "||": "write (a) | (b), or Or(a, b)",
    "~": "write Not(a)",
    "\\": "no command is part of a formula",
    ".": "attributes are not part of a formula",
    "[": "subscripts are not part of a formula; write x_1, and f(x) for a function of x",
    "]": "subscripts are not part of a formula; write x_1",
    "{": "braces are not part of a formula",
    "}": "braces are not part of a formula",
    '"': "texts are not part of a formula",
    "'": "texts are not part of a formula; write diff(f, x) for a derivative",
    ";": "one statement at a time",
    ":": "a colon is not part of a formula",
    "#": "comments are not part of a formula",
}
_INSTEAD_OF_NAMES = {
    "and": "write And(a, b)",
    "or": "write Or(a, b)",
    "not": "write Not(a)",
    "if": "write Piecewise((value, condition), (value, True))",
    "else": "write Piecewise((value, condition), (value, True))",
    "in": "membership is a condition on the domain, not part of a formula",
    "None": "no number",
    **dict.fromkeys(("inf", "Inf"), "write oo for infinity, infimum(f, x) == c for a largest lower bound"),
    **dict.fromkeys(("infinity", "Infinity", "ComplexInfinity", "NegativeInfinity"), "write oo"),
    **dict.fromkeys(("nan", "NaN", "zoo", "undefined", "Undefined"), "no number; what is undefined has no name"),
    **dict.fromkeys(("null", "Ellipsis", "NotImplemented"), "no number, and no name for one"),
    **dict.fromkeys(("true", "TRUE"), "write True"),
    **dict.fromkeys(("false", "FALSE"), "write False"),
}
# Keywords of Python that formulas have as names, and what stands for them while Python reads the text: no name of
# a formula has two underscores in a row.
_STAND_INS: Mapping[str, str] = {"__lambda__": "lambda"}
_WRITTEN_AS = {word: stand_in for stand_in, word in _STAND_INS.items()}
_JUNCTIONS: Mapping[type[ast.operator | ast.unaryop], str] = {ast.BitAnd: "And", ast.BitOr: "Or", ast.Invert: "Not"}
_KEPT_KEYWORDS = ("True", "False", *_WRITTEN_AS)
_TIGHT = ("**", "+", "-", "~")
_PREFIXES = ("+", "-", "~")


@dataclass(frozen=True)
class Places:
    """Where the nodes of a syntax tree stand in the text, counted from 0.

    Attributes
    ----------
    line : str
        What Python has read: the text, with signs of mathematics as they are written on a line.
    places : tuple of int
        For each sign of the line, and for its end, the place in the text.
    """

    line: str
    places: tuple[int, ...]

    def __call__(self, node: ast.AST) -> int:
        return self.places[self._index(getattr(node, "col_offset", 0))]

    def text_of(self, node: ast.expr) -> str:
        """What Python has read as this node."""
        assert node.end_col_offset is not None, "nodes of parsed text have an end"
        return self.line[self._index(node.col_offset) : self._index(node.end_col_offset)]

    def _index(self, offset: int) -> int:
        """The tree counts in bytes of UTF-8."""
        return len(self.line.encode()[:offset].decode())


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

    def tree(self) -> tuple[ast.expr, Places]:
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
        places = self.written(line.strip(), shift)
        try:
            tree = ast.parse(places.line, mode="eval").body
        except SyntaxError as error:
            place = places.places[min((error.offset or 1) - 1, len(places.line))]
            raise self.fault(place, f"this is no formula: {error.msg}") from None
        except (RecursionError, MemoryError):
            raise self.fault(shift, f"nested too deeply; at most {MAX_DEPTH} levels are read") from None
        return _with_meanings(tree, lambda node, reason: self.fault(places(node), reason)), places

    def written(self, line: str, shift: int) -> Places:
        """A line for Python; words and signs that no formula has, or that stand where none has them, are refused."""
        return Scan(self, shift).run(line)


def check_length(text: str) -> None:
    """Refuse what is no text, or too much of it."""
    if not isinstance(text, str):
        raise ParseError(shown(text), 1, f"a formula is text; got {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ParseError(text, MAX_LENGTH + 1, f"a formula has at most {MAX_LENGTH} characters; got {len(text)}")


@dataclass(frozen=True)
class Word:
    """A word or sign: its kind, what it is on the line, where it stands in the text and how it is written there."""

    kind: str
    text: str
    place: int
    shown: str


@dataclass
class Scan:
    """One walk over the words: after a value comes an operator, after an operator a value, and nothing is too deep."""

    words: ClassVar[re.Pattern[str]] = _WORD

    source: Source
    shift: int
    wants_value: bool = True
    last: str = ""
    last_place: int = 0
    place: int = 0
    shown: str = ""
    # The open brackets with their places, and for each the signs and powers that wait for their right side within it.
    brackets: list[tuple[int, str]] = field(default_factory=list)
    pending: list[int] = field(default_factory=lambda: [0])

    def run(self, line: str) -> Places:
        words = list(self._spelled(line))
        if not words:
            raise self.source.fault(self.shift, "a formula is missing")
        if len(words) > MAX_WORDS:
            raise self.source.fault(
                words[MAX_WORDS].place, f"a formula has at most {MAX_WORDS} words and signs; got {len(words)}"
            )
        written, places, stop = "", list[int](), self.shift
        for word in words:
            self.place, self.shown = word.place, word.shown
            text = getattr(self, f"_{word.kind}")(word.text) or word.text
            gap = range(stop, word.place)
            written += " " * len(gap) + text
            places += [*gap, *_places(word, text)]
            self.last, self.last_place, stop = word.text, word.place, max(stop, word.place + len(word.shown))
        if self.wants_value:
            raise self.source.fault(self.shift + len(line), f"something must follow {self.shown!r}")
        if self.brackets:
            raise self.source.fault(self.brackets[-1][0], "this bracket is never closed")
        return Places(written, (*places, stop))

    def _spelled(self, line: str) -> Iterator[Word]:
        """The words of a line, with signs of mathematics as the words that they stand for."""
        found = [m for m in self.words.finditer(line) if m.lastgroup != "space"]
        number = 0
        while number < len(found):
            match = found[number]
            kind, text, place = str(match.lastgroup), match.group(), self.shift + match.start()
            following = found[number + 1] if number + 1 < len(found) else None
            if kind == "sign":
                yield Word("name" if text == "∞" else "operator", letters.SIGNS.get(text, "oo"), place, text)
            elif kind == "superscript":
                self._check_base(found[number - 1] if number else None, match, following)
                yield from self._exponent(text, place)
            elif kind == "root":
                yield Word("name", "sqrt", place, text)
                if following is None or following.group() != "(":
                    number += 1
                    self._check_radicand(place, following, found[number + 1] if number + 1 < len(found) else None)
                    assert following is not None, "there is something under the root"
                    inside = self.shift + following.start()
                    yield Word("bracket", "(", place, text)
                    yield Word(str(following.lastgroup), following.group(), inside, following.group())
                    yield Word("bracket", ")", inside, following.group())
            else:
                yield Word(kind, text, place, text)
            number += 1

    def _check_base(self, before: re.Match[str] | None, match: re.Match[str], after: re.Match[str] | None) -> None:
        """Refuse exponents that may be read in two ways."""
        name, power = (before.group() if before else ""), match.group()
        if after and after.group() == "**":
            raise self.source.fault(
                self.shift + after.start(), f"a power of a power needs brackets, as in (x{power})**2"
            )
        if after and after.group() == "(" and vocabulary.is_function(letters.FUNCTIONS.get(name, name)):
            reason = f"a power of a function is written behind it, as in {name}(x){power}"
            raise self.source.fault(self.shift + match.start(), reason)

    def _exponent(self, text: str, place: int) -> Iterator[Word]:
        yield Word("operator", "**", place, text[0])
        exponent = "".join(letters.SUPERSCRIPTS[c] for c in text)
        match = _EXPONENT.fullmatch(exponent)
        if match is None:
            raise self.source.fault(place, f"this exponent is no number; write **({exponent})")
        for index, sign in enumerate(match["sign"] or ""):
            yield Word("operator", sign, place + index, text[index])
        start = match.start("value")
        kind = "number" if match["value"].isdigit() else "name"
        yield Word(kind, match["value"], place + start, text[start:])

    def _check_radicand(self, place: int, of: re.Match[str] | None, after: re.Match[str] | None) -> None:
        """Refuse roots of which it is not clear where they end."""
        is_plain = of is not None and of.lastgroup in ("name", "number")
        goes_on = after is not None and (after.group() in ("(", "**", "[") or after.lastgroup == "superscript")
        if not is_plain or goes_on:
            raise self.source.fault(place, "say how far the root reaches, as in √(x + 1)")

    def _fault(self, reason: str) -> ParseError:
        return self.source.fault(self.place, reason)

    def _value(self, word: str) -> None:
        self._check_place()
        self.wants_value = False

    def _check_place(self) -> None:
        if not self.wants_value:
            raise self._fault(f"an operator is missing before {self.shown[:MAX_NAME]!r}; a product is written with *")

    def _number(self, word: str) -> None:
        match = _NUMBER.fullmatch(word)
        assert match is not None, "every number is matched by its parts"
        if len(match["digits"]) > MAX_DIGITS or (match["exponent"] and abs(_size(match["exponent"])) > MAX_DIGITS):
            raise self._fault(f"a number has at most {MAX_DIGITS} digits")
        self._value(word)

    def _name(self, word: str) -> str:
        shown = word[:MAX_NAME]
        if len(word) > MAX_NAME:
            raise self._fault(f"a name has at most {MAX_NAME} characters; {shown}… has {len(word)}")
        for index, letter in enumerate(word):
            if letter not in letters.NAME_LETTERS:
                self.place += index
                raise self._fault(letters.named(letter))
        if word not in _INSTEAD_OF_NAMES and not keyword.iskeyword(word):
            self._check_place()
        name = letters.CONSTANTS.get(word) or letters.on_the_line(word)
        if not name.isidentifier() or not any(c.isalpha() for c in name):
            raise self._fault(f"{shown!r} is no name; a name begins with a letter, and subscripts end it")
        if word in _INSTEAD_OF_NAMES or (keyword.iskeyword(word) and word not in _KEPT_KEYWORDS):
            raise self._fault(f"{word}: {_INSTEAD_OF_NAMES.get(word, 'a keyword of Python cannot be a name')}")
        if "__" in word:
            raise self._fault(f"{shown}: a name with two underscores in a row is not accepted")
        self._value(word)
        return _WRITTEN_AS.get(name, name)

    def _fraction(self, word: str) -> str:
        self._value(word)
        return f"({letters.FRACTIONS[word]})"

    def _direction(self, word: str) -> None:
        self._value(word)

    def _operator(self, word: str) -> None:
        if self.wants_value and word == "|":
            raise self._fault(_INSTEAD[word])
        if self.wants_value and word not in _PREFIXES:
            raise self._fault(f"a value is missing before {self.shown!r}")
        if word == "~" and not self.wants_value:
            raise self._fault("an operator is missing before '~'; conditions are joined by & and |")
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
            if self.last in elsewhere.TAKING_LISTS and not self.wants_value:
                raise self.source.fault(self.last_place, vocabulary.suggestion(self.last))
            self.brackets.append((self.place, word))
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
        if word == "[" and self.wants_value:
            raise self._fault("a list is not part of a formula; arguments stand side by side, as in f(a, b)")
        code = "" if word.isprintable() else f", U+{ord(word):04X},"
        other = f"{word!r}{code} is not part of a formula" if word.isascii() else letters.named(word)
        raise self._fault(_INSTEAD.get(word, other))

    def _check_depth(self) -> None:
        if len(self.brackets) + sum(self.pending) > MAX_DEPTH:
            raise self._fault(f"nested too deeply; at most {MAX_DEPTH} levels are read")


def _size(exponent: str) -> int:
    """The exponent of a number, or one that is too large if it has too many digits to look at."""
    return int(exponent) if len(exponent) <= len(str(MAX_DIGITS)) + 1 else MAX_DIGITS + 1


def _places(word: Word, text: str) -> list[int]:
    """Where the signs of a word on the line stand in the text; all at its first sign if they are others there."""
    return [word.place + index for index in range(len(text))] if text == word.shown else [word.place] * len(text)


def _with_meanings(tree: ast.expr, fault: Callable[[ast.AST, str], ParseError]) -> ast.expr:
    """The tree with calls for the signs between conditions, and with names as they are written.

    A list of nodes that wait, and no recursion: long sums are deep.
    """
    whole = ast.Expression(tree)
    waiting: list[ast.AST] = [whole]
    while waiting:
        parent = waiting.pop()
        for name, value in ast.iter_fields(parent):
            if isinstance(value, list):
                value[:] = [_meant(child, fault) for child in value]
                waiting += value
            elif isinstance(value, ast.AST):
                child = _meant(value, fault)
                setattr(parent, name, child)
                waiting.append(child)
    return whole.body


def _meant(node: ast.AST, fault: Callable[[ast.AST, str], ParseError]) -> ast.AST:
    if isinstance(node, ast.Name):
        node.id = _STAND_INS.get(node.id, node.id)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        node.func.id = letters.FUNCTIONS.get(node.func.id, node.func.id)
    elif isinstance(node, ast.BinOp | ast.UnaryOp) and type(node.op) in _JUNCTIONS:
        parts = [node.operand] if isinstance(node, ast.UnaryOp) else list(_joined(node, type(node.op)))
        for part in parts:
            _check_condition(part, fault)
        function = ast.copy_location(ast.Name(_JUNCTIONS[type(node.op)], ast.Load()), node)
        return ast.copy_location(ast.Call(function, parts, []), node)
    return node


def _joined(node: ast.expr, sign: type[ast.operator]) -> Iterator[ast.expr]:
    """The conditions that one sign joins, in order."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.BinOp) and isinstance(part.op, sign):
            waiting += [part.right, part.left]
        else:
            yield part


def _check_condition(node: ast.expr, fault: Callable[[ast.AST, str], ParseError]) -> None:
    """Refuse what no sign between conditions can join; most often brackets are missing."""
    is_sign = isinstance(node, ast.BinOp | ast.UnaryOp) and type(node.op) in _JUNCTIONS
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in vocabulary.CONDITIONS
    is_truth = isinstance(node, ast.Constant) and isinstance(node.value, bool)
    is_word = isinstance(node, ast.Name) and node.id in vocabulary.TRUE
    if not (isinstance(node, ast.Compare) or is_sign or is_call or is_truth or is_word):
        raise fault(node, "conditions that &, | or ~ joins stand in brackets, as in (x > 0) & (x < 1)")
