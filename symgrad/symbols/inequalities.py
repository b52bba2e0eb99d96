"""Linear inequalities between whole numbers, such as steps: what follows from others, and what cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import gcd, lcm
from typing import NamedTuple

import sympy
from sympy import Expr, Symbol

MOST_ROWS = 400  # of inequalities that follow from others


class Row(NamedTuple):
    """That a sum of multiples of steps, all of them whole numbers, is at least 0."""

    terms: tuple[tuple[Symbol, int], ...]
    constant: int


def row_of(e: Expr) -> Row | None:
    """Of an expression that is at least 0 and a sum of multiples of whole numbers."""
    parts = sympy.expand(e).as_coefficients_dict()
    if not all(c.is_Rational and (s == 1 or (s.is_Symbol and s.is_integer)) for s, c in parts.items()):
        return None
    scale = lcm(*(int(c.q) for c in parts.values()))
    terms = {s: int(c * scale) for s, c in parts.items() if s != 1 and c != 0}
    return reduced(terms, int(parts.get(sympy.S.One, sympy.S.Zero) * scale))


def reduced(terms: Mapping[Symbol, int], constant: int) -> Row:
    """Without a common factor; the constant is rounded down, as the rest is whole."""
    factor = gcd(*terms.values()) or 1
    return Row(tuple((s, c // factor) for s, c in sorted(terms.items(), key=lambda item: str(item[0])) if c),
               constant // factor if terms else constant)  # fmt: skip


def is_impossible(rows: Iterable[Row]) -> bool:
    """Whether no whole numbers certainly meet all rows, by the elimination of Fourier and Motzkin.

    Examples
    --------
    >>> t, k = sympy.symbols("t k", integer=True)
    >>> is_impossible([row_of(t - k), row_of(2 * k - 2 * t), row_of(t)])
    False
    >>> is_impossible([row_of(t - k), row_of(2 * k - 2 * t - 1)])
    True
    """
    known = set(rows)
    while True:
        if any(not row.terms and row.constant < 0 for row in known):
            return True
        symbols = sorted({s for row in known for s, _ in row.terms}, key=str)
        if not symbols:
            return False
        ways = {s: [[r for r in known if dict(r.terms).get(s, 0) * sign > 0] for sign in (1, -1)] for s in symbols}
        chosen = min(symbols, key=lambda s: len(ways[s][0]) * len(ways[s][1]))
        lower, upper = ways[chosen]
        rest = {row for row in known if chosen not in dict(row.terms)}
        known = rest | {_without(chosen, a, b) for a in lower for b in upper}
        if len(known) > MOST_ROWS:
            return False


def _without(symbol: Symbol, low: Row, high: Row) -> Row:
    """What follows from two rows, of which one bounds a symbol from below and one from above."""
    below, above = dict(low.terms), dict(high.terms)
    a, b = -above[symbol], below[symbol]
    terms = {s: a * below.get(s, 0) + b * above.get(s, 0) for s in {*below, *above} if s != symbol}
    return reduced({s: c for s, c in terms.items() if c}, a * low.constant + b * high.constant)


def is_certain(e: Expr, rows: Iterable[Row]) -> bool:
    """Whether a sum of multiples of whole numbers is certainly at least 0 where the rows hold.

    Examples
    --------
    >>> t = sympy.Symbol("t", integer=True)
    >>> from_one = [row_of(t - 1)]
    >>> [is_certain(e, from_one) for e in (t - 1, t / 2, t - sympy.Rational(3, 2), t - 2)]
    [True, True, False, False]
    """
    if e.is_Rational:
        return bool(e >= 0)
    scale = lcm(*(int(c.q) for c in sympy.expand(e).as_coefficients_dict().values() if c.is_Rational))
    against = row_of(-scale * e - 1)  # a whole number that is less than 0 is at most -1
    return against is not None and is_impossible([*rows, against])
