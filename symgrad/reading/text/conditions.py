"""Conditions on the domain from text: intervals, relations, and what kind of number a symbol is."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain

import sympy
from sympy import Expr, Interval, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.logic.boolalg import Boolean
from sympy.sets import Set

from symgrad.balls import are_told_apart, is_told
from symgrad.base.errors import ClaimError, ParseError
from symgrad.language.statements import Condition, Domain, free_symbols
from symgrad.reading.text import vocabulary
from symgrad.reading.text.reader import Reader, asking_sympy
from symgrad.reading.text.scan import Source, check_length

_KINDS = ("real", "integer", "complex")
_SETS: Mapping[str, str] = {
    **dict.fromkeys(("ℝ", "Reals"), "real"),
    **dict.fromkeys(("ℤ", "Integers"), "integer"),
    **dict.fromkeys(("ℂ", "Complexes"), "complex"),
}
_KIND = re.compile(r"\s*(?P<name>\w+)\s+(?P<kind>[^\W\d]\w*)\s*")
_KIND_BY_SET = re.compile(rf"\s*(?P<name>\w+)\s*(?:∈|\bin\b)\s*(?P<set>{'|'.join(_SETS)})\s*")
_MEMBER = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*(?:∈|\bin\b)(?P<set>.*)", re.DOTALL)
# Several variables of which one thing is said, as in "m, n integer" and "x, y > 0".
_SEVERAL = re.compile(r"\s*[^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)+(?=\s+[^\W\d]|\s*[<>=!≤≥≠∈])")
_OPENING, _CLOSING = "([{", ")]}"
_FORMS = (
    '"x in (0, oo)", "x in [0, 1) U (2, 3)", "x in {-1, 1}", "x != 0", "1 <= k < T", "T integer", "z complex", "x real"'
)
# Sets as SymPy prints them.
_INTERVALS: Mapping[str, Callable[[Expr, Expr], Set]] = {
    "Interval": Interval,
    "Interval.open": Interval.open,
    "Interval.Lopen": Interval.Lopen,
    "Interval.Ropen": Interval.Ropen,
}
_CALLED = re.compile(r"(?P<name>Union|Interval(?:\.(?:open|Lopen|Ropen))?)\s*\((?P<inside>.*)\)", re.DOTALL)
_NATURALS = "write n integer, and n >= 0 or n >= 1 as another condition"
_ADVICE = {
    **dict.fromkeys(("ℕ", "N", "Naturals", "Naturals0"), _NATURALS),
    "Z": "for the integers write n integer",
    "R": "variables are real without a condition; write x real to say so",
    "C": "for complex numbers write z complex",
}
_UNTOLD = "which of these numbers is the larger one cannot be told; write them as plain numbers"
_NEGATED: Mapping[str, str] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def parse_where(
    texts: Iterable[str], names: Mapping[str, Symbol] | None = None
) -> tuple[tuple[Condition, ...], dict[str, Symbol]]:
    """Conditions on the domain, and the symbols of which a condition says what kind of numbers they are.

    Parameters
    ----------
    texts : iterable of str
        Such as ``"x in (0, oo)"``, ``"x in (-oo, -1) U (1, oo)"``, ``"x in {-1, 1}"``, ``"1 <= k < T"``, ``"x != 0"``,
        ``"(x > 0) & (x < 1)"``, ``"T integer"``, ``"z complex"``, ``"x real"``, and of several variables
        ``"m, n integer"``, ``"x, y > 0"``; kinds of numbers are read first, whatever their order.
    names : mapping of str to Symbol, optional
        Symbols that are known beforehand.

    Raises
    ------
    ParseError
        If a text is no condition, holds everywhere or nowhere; it points at the place.

    Examples
    --------
    >>> from symgrad.reading.text import parse_where
    >>> parse_where(["1 <= k", "k integer"])
    ((1 <= k,), {'k': k})
    """
    given = list(texts)
    for text in given:
        check_length(text)
    texts = [each for text in given for each in _of_each(text)]
    symbols = dict(names or {})
    others = [text for text in texts if not _read_kind(text, symbols)]
    return tuple(condition for text in others for condition in _conditions(text, symbols)), symbols


def _of_each(text: str) -> list[str]:
    """What is said of several variables as one text of each, in which the others are blanks, so that places stay."""
    match = _SEVERAL.match(text)
    if match is None:
        return [text]
    blank = re.sub(r"\S", " ", match[0])
    spans = (name.span() for name in re.finditer(r"\w+", match[0]))
    return [blank[:start] + match[0][start:stop] + blank[stop:] + text[match.end() :] for start, stop in spans]


def _read_kind(text: str, symbols: dict[str, Symbol]) -> bool:
    match = _KIND_BY_SET.fullmatch(text)
    if match is not None:
        return _note_kind(text, match, "set", _SETS[match["set"]], symbols)
    match = _KIND.fullmatch(text)
    if match is None or match["kind"] == "in":
        return False
    if match["kind"] not in _KINDS:
        near = f"; did you mean {match['kind'].lower()}?" if match["kind"].lower() in _KINDS else ""
        reason = f"{match['kind']!r} is no kind of number; known are {', '.join(_KINDS)}{near}"
        raise ParseError(text, match.start("kind") + 1, reason)
    return _note_kind(text, match, "kind", match["kind"], symbols)


def _note_kind(text: str, match: re.Match[str], place: str, kind: str, symbols: dict[str, Symbol]) -> bool:
    name = _checked_name(Source(text), match)
    symbol = Symbol(name, **{kind: True})
    if symbols.setdefault(name, symbol) != symbol:
        raise ParseError(
            text, match.start(place) + 1, f"{name} is of another kind already, by another condition or its declaration"
        )
    return True


def _checked_name(source: Source, match: re.Match[str]) -> str:
    start, stop = match.span("name")
    tree, _ = source.part(start, stop).tree()
    if not isinstance(tree, ast.Name) or not vocabulary.may_be_symbol(tree.id):
        raise source.fault(start, f"{match['name']} is no variable")
    return tree.id


def _conditions(text: str, symbols: Mapping[str, Symbol]) -> Iterator[Condition]:
    member = _MEMBER.fullmatch(text)
    if member is not None:
        yield _membership(Source(text), member, symbols)
        return
    reader = Reader(Source(text), symbols)
    yield from _all_of(reader, _without_infinities(reader, reader.tree) or reader.tree)


def _called(node: ast.expr) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _all_of(reader: Reader, node: ast.expr, *, negated: bool = False) -> Iterator[Condition]:
    """The conditions that hold together where a node does, or where it does not."""
    name = _called(node)
    if isinstance(node, ast.Compare):
        links = [_relation(reader, left, _sign(op, negated), right) for left, op, right in reader.links(node)]
        yield from [_one_of(reader, node, [[link] for link in links])] if negated and len(links) > 1 else links
    elif isinstance(node, ast.Call) and name in vocabulary.RELATION_NAMES:
        left, right = map(reader.expression, _arguments(reader, node, 2))
        yield _relation(reader, left, _sign(vocabulary.RELATION_NAMES[name], negated), right)
    elif isinstance(node, ast.Call) and name == "Not":
        yield from _all_of(reader, *_arguments(reader, node, 1), negated=not negated)
    elif isinstance(node, ast.Call) and name in ("And", "Or") and node.args:
        parts = [list(_all_of(reader, part, negated=negated)) for part in node.args]
        is_choice = (name == "Or") is not negated
        yield from [_one_of(reader, node, parts)] if is_choice else (c for part in parts for c in part)
    else:
        raise reader.fault(node, f"this is no condition; conditions are written {_FORMS}")


def _sign(op: str, negated: bool) -> str:
    return _NEGATED[op] if negated else op


def _arguments(reader: Reader, node: ast.Call, number: int) -> list[ast.expr]:
    if len(node.args) != number:
        raise reader.fault(node, f"write {_called(node)}({'a, b' if number == 2 else 'condition'})")
    return node.args


def _one_of(reader: Reader, node: ast.expr, alternatives: list[list[Condition]]) -> Condition:
    """That a variable lies in one of several sets."""
    free = {symbol for part in alternatives for condition in part for symbol in condition.free_symbols}
    if len(free) != 1:
        raise reader.fault(node, "alternatives are read for one variable; make a claim of each case")
    (symbol,) = free
    if not are_told_apart(chain(*alternatives)):
        raise reader.fault(node, _UNTOLD)
    # The values of an integer among the reals: SymPy unites intervals, and seldom sets of integers.
    stand_in = sympy.Dummy(real=True) if symbol.is_integer else symbol
    domains = [_domain(stand_in, [c.xreplace({symbol: stand_in}) for c in part]) for part in alternatives]
    if any(domain.conditions for domain in domains if domain):
        raise reader.fault(node, f"alternatives are read that compare {symbol} with plain numbers")
    with _deciding(reader.source, reader.source.start):
        values = sympy.Union(*(domain.set_of(stand_in) for domain in domains if domain))
    if values.is_empty:
        raise reader.fault(node, "the domain is empty: none of this ever holds")
    return sympy.Contains(symbol, values, evaluate=False)


def _domain(symbol: Symbol, conditions: list[Condition]) -> Domain | None:
    try:
        return Domain.of([symbol], conditions)
    except ClaimError:  # no value satisfies them
        return None


def _without_infinities(reader: Reader, node: ast.expr) -> ast.expr | None:
    """A condition without what SymPy prints and what says nothing, such as ``x < oo``; nothing if that is all."""
    if isinstance(node, ast.Compare):
        return _chain_without_infinities(reader, node)
    if isinstance(node, ast.Call):
        args = [_without_infinities(reader, a) for a in node.args]
        kept = [a for a in args if a is not None]
        if kept and (len(kept) == len(args) or _called(node) == "And"):
            node.args = kept
    return node


def _chain_without_infinities(reader: Reader, node: ast.Compare) -> ast.Compare | None:
    sides, ops = [node.left, *node.comparators], [*node.ops]
    if ops and _is_finite(reader, sides[0], ops[0], sides[1]):
        sides, ops = sides[1:], ops[1:]
    if ops and _is_finite(reader, sides[-2], ops[-1], sides[-1]):
        sides, ops = sides[:-1], ops[:-1]
    return ast.copy_location(ast.Compare(sides[0], ops, sides[1:]), node) if ops else None


def _is_finite(reader: Reader, left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool:
    """Whether a link says of a real variable that it is less than oo or greater than -oo."""
    if not isinstance(op, ast.Lt | ast.Gt):
        return False
    lesser, greater = (left, right) if isinstance(op, ast.Lt) else (right, left)
    below = isinstance(lesser, ast.UnaryOp) and isinstance(lesser.op, ast.USub) and _is_infinite(lesser.operand)
    return (below and _is_real(reader, greater)) or (_is_infinite(greater) and _is_real(reader, lesser))


def _is_infinite(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == vocabulary.INFINITY


def _is_real(reader: Reader, node: ast.expr) -> bool:
    if not isinstance(node, ast.Name) or not vocabulary.may_be_symbol(node.id):
        return False
    return bool(reader.symbols.get(node.id, Symbol(node.id, real=True)).is_real)


def _relation(reader: Reader, left: Expr, op: str, right: Expr) -> Boolean:
    reader.check_order(reader.tree, left, op, right)
    truth = reader.truth(reader.tree, left, op, right)
    if truth is S.true:
        raise reader.fault(reader.tree, "this always holds; leave it out")
    if truth is S.false:
        raise reader.fault(reader.tree, "the domain is empty: this never holds")
    return vocabulary.RELATIONS[op](*(reader.evaluated(reader.tree, side) for side in (left, right)), evaluate=False)


def _membership(source: Source, match: re.Match[str], symbols: Mapping[str, Symbol]) -> Boolean:
    name = _checked_name(source, match)
    whole, *taken_away = _split(source, *match.span("set"), "\\∖")
    held, *left_out = (list(_sets(source, part)) for part in (whole, *taken_away))
    beside = next((place for place, sets in zip(taken_away, left_out) if len(sets) > 1), None)
    if beside is not None:
        raise source.fault(beside[0], "a union behind \\ can be read in two ways; write A U B \\ C, or A \\ B \\ C")
    if not are_told_apart(chain(held, *left_out)):
        raise source.fault(match.start("set"), _UNTOLD)
    with _deciding(source, match.start("set")):
        values = sympy.Union(*held) - sympy.Union(*chain(*left_out))
        is_empty = values.is_empty
    if is_empty:
        raise source.fault(match.start("set"), f"the domain is empty: no {name} lies in {match['set'].strip()}")
    return sympy.Contains(symbols.get(name, Symbol(name, real=True)), values, evaluate=False)


def _sets(source: Source, span: tuple[int, int]) -> Iterator[Set]:
    return (_set(source, *part) for part in _split(source, *span, "U∪"))


def _set(source: Source, start: int, stop: int) -> Set:
    text = source.text[start:stop]
    start, stop = start + len(text) - len(text.lstrip()), stop - len(text) + len(text.rstrip())
    text = text.strip()
    if _SETS.get(text) == "real":
        return S.Reals
    called = _CALLED.fullmatch(text)
    if called is not None:
        return _called_set(source, called["name"], start + called.start("inside"), stop - 1)
    if text[:1] + text[-1:] == "{}":
        return sympy.FiniteSet(*(_end(source.part(*span), "{") for span in _split(source, start + 1, stop - 1, ",")))
    if len(text) < 2 or text[0] not in "([" or text[-1] not in ")]":
        form = "a set is written as intervals, such as (0, oo), [0, 1) or (-oo, -1) U (1, oo), or as {-1, 1}"
        raise source.fault(start, _ADVICE.get(text, form))
    low, high = _ends(source, start + 1, stop - 1)
    for end, bracket, place in ((low, text[0], start), (high, text[-1], stop - 1)):
        if end.is_infinite and bracket in "[]":
            raise source.fault(place, "an interval is open at infinity; write ( or ) there")
    with _deciding(source, start):
        return Interval(low, high, left_open=text[0] == "(", right_open=text[-1] == ")")


def _called_set(source: Source, name: str, start: int, stop: int) -> Set:
    """A set as SymPy prints it."""
    if name == "Union" and "Union" in source.text[start:stop]:
        raise source.fault(start, "a union stands within no other")
    if name == "Union":
        parts = [_set(source, *span) for span in _split(source, start, stop, ",")]
        if not are_told_apart(parts):
            raise source.fault(start, _UNTOLD)
        return sympy.Union(*parts)
    low, high = _ends(source, start, stop)
    with _deciding(source, start):
        return _INTERVALS[name](low, high)


def _ends(source: Source, start: int, stop: int) -> tuple[Expr, Expr]:
    spans = list(_split(source, start, stop, ","))
    if len(spans) != 2:
        raise source.fault(start - 1, f"an interval has two ends, as in (0, 1]; got {len(spans)}")
    low, high = (_end(source.part(*span)) for span in spans)
    return low, high


@contextmanager
def _deciding(source: Source, place: int) -> Iterator[None]:
    """Within, SymPy may compare numbers, with little work."""
    with asking_sympy(lambda reason: source.fault(place, reason)):
        yield


def _end(source: Source, bracket: str = "(") -> Expr:
    """A plain number, or an infinity at the end of an interval."""
    whose = "ends of an interval" if bracket != "{" else "elements of a set"
    reader = Reader(source)
    end = reader.evaluated(reader.tree, reader.bound(reader.tree))
    if free_symbols(end) or end.has(ExprWithLimits):
        raise reader.fault(reader.tree, f"the {whose} are plain numbers; write 0 < x < b for others")
    with _deciding(source, source.start):
        is_real = end.is_extended_real
    if is_real is not False and not is_told(end):
        raise reader.fault(reader.tree, f"where the {whose} stand cannot be told; write them as plain numbers")
    if not is_real or (end.is_infinite and bracket == "{"):
        raise reader.fault(reader.tree, f"the {whose} are real")
    return end


def _split(source: Source, start: int, stop: int, separators: str) -> Iterator[tuple[int, int]]:
    """The parts between separators outside of brackets, as places in the text."""
    depth, begin = 0, start
    for place in range(start, stop):
        letter = source.text[place]
        depth += (letter in _OPENING) - (letter in _CLOSING)
        is_word = letter == "U" and source.text[place + 1 : place + 2].isalpha()  # as in Union
        if depth == 0 and letter in separators and not is_word:
            yield begin, place
            begin = place + 1
    yield begin, stop
