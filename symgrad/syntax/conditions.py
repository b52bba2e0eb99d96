"""Conditions on the domain from text: intervals, relations, and what kind of number a symbol is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sympy
from sympy import Expr, Interval, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.sets import Set

from symgrad.errors import ParseError
from symgrad.statements import Condition, free_symbols
from symgrad.syntax import vocabulary
from symgrad.syntax.limits import Ledger
from symgrad.syntax.reader import Reader, asking_sympy
from symgrad.syntax.scan import Source, check_length

_KINDS = ("real", "integer", "complex")
_KIND = re.compile(r"\s*(?P<name>\w+)\s+(?P<kind>[^\W\d]\w*)\s*")
_MEMBER = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s+in\b(?P<set>.*)", re.DOTALL)
_FORMS = '"x in (0, oo)", "x in [0, 1) U (2, 3)", "x != 0", "1 <= k < T", "T integer", "z complex", "x real"'


def parse_where(texts: Iterable[str]) -> tuple[tuple[Condition, ...], dict[str, Symbol]]:
    """Conditions on the domain, and the symbols of which a condition says what kind of numbers they are.

    Parameters
    ----------
    texts : iterable of str
        Such as ``"x in (0, oo)"``, ``"x in (-oo, -1) U (1, oo)"``, ``"1 <= k < T"``, ``"x != 0"``, ``"T integer"``,
        ``"z complex"``, ``"x real"``; kinds of numbers are read first, whatever their order.

    Raises
    ------
    ParseError
        If a text is no condition, holds everywhere or nowhere; it points at the place.

    Examples
    --------
    >>> from symgrad.syntax import parse_where
    >>> parse_where(["1 <= k", "k integer"])
    ((1 <= k,), {'k': k})
    """
    texts = list(texts)
    for text in texts:
        check_length(text)
    symbols: dict[str, Symbol] = {}
    others = [text for text in texts if not _read_kind(text, symbols)]
    return tuple(condition for text in others for condition in _conditions(text, symbols)), symbols


def _read_kind(text: str, symbols: dict[str, Symbol]) -> bool:
    match = _KIND.fullmatch(text)
    if match is None or match["kind"] == "in":
        return False
    name, kind = match["name"], match["kind"]
    if kind not in _KINDS:
        raise ParseError(text, match.start("kind") + 1, f"{kind!r} is no kind of number; known are {', '.join(_KINDS)}")
    symbol = Symbol(_checked_name(Source(text), match), **{kind: True})
    if symbols.setdefault(name, symbol) != symbol:
        raise ParseError(text, match.start("kind") + 1, f"another condition says that {name} is of another kind")
    return True


def _checked_name(source: Source, match: re.Match[str]) -> str:
    start, stop = match.span("name")
    tree, _ = source.part(start, stop).tree()
    name = match["name"]
    if not isinstance(tree, ast.Name) or not vocabulary.may_be_symbol(name):
        raise source.fault(start, f"{name} is no variable")
    return str(tree.id)


def _conditions(text: str, symbols: Mapping[str, Symbol]) -> Iterator[Condition]:
    member = _MEMBER.fullmatch(text)
    if member is not None:
        yield _membership(Source(text), member, symbols)
        return
    reader = Reader(Source(text), symbols)
    if not isinstance(reader.tree, ast.Compare):
        raise reader.fault(reader.tree, f"this is no condition; conditions are written {_FORMS}")
    for left, op, right in reader.links(reader.tree):
        yield _relation(reader, left, op, right)


def _relation(reader: Reader, left: Expr, op: str, right: Expr) -> Any:
    reader.check_order(reader.tree, left, op, right)
    truth = reader.truth(reader.tree, left, op, right)
    if truth is S.true:
        raise reader.fault(reader.tree, "this always holds; leave it out")
    if truth is S.false:
        raise reader.fault(reader.tree, "the domain is empty: this never holds")
    return vocabulary.RELATIONS[op](reader.masks.take_off(left), reader.masks.take_off(right), evaluate=False)


def _membership(source: Source, match: re.Match[str], symbols: Mapping[str, Symbol]) -> Any:
    name = _checked_name(source, match)
    parts = [_interval(source, *span) for span in _split(source, *match.span("set"), "U")]
    with _deciding(source, match.start("set")):
        values = sympy.Union(*parts)
        is_empty = values.is_empty
    if is_empty:
        raise source.fault(match.start("set"), f"the domain is empty: no {name} lies in {match['set'].strip()}")
    return sympy.Contains(symbols.get(name, Symbol(name, real=True)), values, evaluate=False)


def _interval(source: Source, start: int, stop: int) -> Set:
    text = source.text[start:stop]
    start, stop = start + len(text) - len(text.lstrip()), stop - len(text) + len(text.rstrip())
    text = text.strip()
    if len(text) < 2 or text[0] not in "([" or text[-1] not in ")]":
        raise source.fault(start, "a set is written as intervals, such as (0, oo), [0, 1) or (-oo, -1) U (1, oo)")
    ends = list(_split(source, start + 1, stop - 1, ","))
    if len(ends) != 2:
        raise source.fault(start, f"an interval has two ends, as in (0, 1]; got {len(ends)}")
    low, high = (_end(source.part(*span)) for span in ends)
    for end, bracket, place in ((low, text[0], start), (high, text[-1], stop - 1)):
        if end.is_infinite and bracket in "[]":
            raise source.fault(place, "an interval is open at infinity; write ( or ) there")
    with _deciding(source, start):
        return Interval(low, high, left_open=text[0] == "(", right_open=text[-1] == ")")


@contextmanager
def _deciding(source: Source, place: int) -> Iterator[None]:
    """Within, SymPy may compare numbers, with little work."""
    with asking_sympy(lambda reason: source.fault(place, reason)), Ledger().counting():
        yield


def _end(source: Source) -> Expr:
    reader = Reader(source)
    end = reader.masks.take_off(reader.bound(reader.tree))
    if free_symbols(end) or end.has(ExprWithLimits):
        raise reader.fault(reader.tree, "the ends of an interval are plain numbers; write 0 < x < b for others")
    with _deciding(source, source.start):
        is_real = end.is_extended_real
    if not is_real:
        raise reader.fault(reader.tree, "the ends of an interval are real")
    return end


def _split(source: Source, start: int, stop: int, separator: str) -> Iterator[tuple[int, int]]:
    """The parts between separators outside of brackets, as places in the text."""
    depth, begin, place = 0, start, start
    while place < stop:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(source.text[place], 0)
        if depth == 0 and source.text.startswith(separator, place) and place + len(separator) <= stop:
            yield begin, place
            begin = place + len(separator)
        place += 1
    yield begin, stop
