"""Limits, integrals, infinite sums and products without variables, in balls."""

from __future__ import annotations

import sympy
from sympy import Basic, Expr, S

from symgrad.balls.endless import integrals, series
from symgrad.balls.expansions.growth import Open
from symgrad.balls.expansions.limits import constant_sign, limit
from symgrad.balls.tape import ENDLESS, Tape, UnsupportedError
from symgrad.balls.values import UNDEFINED, UNKNOWN, Ball, NoValue, Value


def _limit(node: Basic) -> Value:
    e, x, place, side = node.args
    try:
        found = limit(e, x, place, str(side), constant_sign)
        if any(isinstance(Tape(c, ())(), NoValue) for c in found.constants):
            return UNKNOWN
        return UNDEFINED if found.value is None else Tape(found.value, ())()
    except (Open, UnsupportedError):
        return UNKNOWN


def _integral(node: sympy.Integral) -> Value:
    if len(node.limits) != 1 or len(node.limits[0]) != 3:
        return UNKNOWN
    x, low, high = node.limits[0]
    return integrals.value(node.function, x, low, high)


def _sum(node: sympy.Sum) -> Value:
    if len(node.limits) != 1 or len(node.limits[0]) != 3:
        return UNKNOWN
    return _both_ways(node.function, *node.limits[0])


def _both_ways(term: Expr, n: sympy.Symbol, low: Expr, high: Expr) -> Value:
    if low is S.NegativeInfinity and high is S.Infinity:
        first, second = _both_ways(term, n, S.Zero, high), _both_ways(term, n, low, S.NegativeOne)
        if isinstance(first, Ball) and isinstance(second, Ball):
            return first + second
        return UNDEFINED if UNDEFINED in (first, second) else UNKNOWN
    if low is S.NegativeInfinity:
        return series.sum_value(term.subs(n, -n), n, -high)
    return series.sum_value(term, n, low) if high is S.Infinity else UNKNOWN


def _product(node: sympy.Product) -> Value:
    if len(node.limits) != 1 or len(node.limits[0]) != 3 or node.limits[0][2] is not S.Infinity:
        return UNKNOWN
    n, low, _ = node.limits[0]
    return series.product_value(node.function, n, low)


enclosed_by_its_tape = {sympy.Limit: _limit, sympy.Integral: _integral, sympy.Sum: _sum, sympy.Product: _product}
ENDLESS.update(enclosed_by_its_tape)
