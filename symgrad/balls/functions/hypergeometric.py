"""The table, third part: hypergeometric functions, whose parameters come in two lists, and incomplete beta functions.

Principal branches. With as many upper as lower parameters, or fewer, a function is entire; with one more it has a cut
from 1 to infinity, on which nothing is said here, because books do not agree on the side that a value there belongs to.

References
----------
NIST Digital Library of Mathematical Functions: 8.17 (incomplete beta), 15.2 (Gauss), 16.2 (generalised),
16.17.2 (Meijer's G).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import sympy
from flint import acb, arb, fmpq
from sympy import Basic

from symgrad.balls.values import UNDEFINED, UNKNOWN, Ball, NoValue, Value, ball, is_exactly_zero, is_real, sign


def _is_whole(value: Ball) -> bool:
    return isinstance(value, fmpq) and value.q == 1


def _ends(a: Ball) -> bool:
    """Whether an upper parameter certainly makes the series a polynomial, or a lower one makes it meaningless."""
    return _is_whole(a) and a <= 0


def hypergeometric(upper: Sequence[Ball], lower: Sequence[Ball], z: Ball) -> Value:
    """The generalised hypergeometric function of upper and lower parameters at z."""
    if any(_ends(b) for b in lower):
        # A polynomial may end before the division by zero; what its value is then is a matter of convention.
        return UNKNOWN if any(_ends(a) for a in upper) else UNDEFINED
    if any(not isinstance(b, fmpq) and ball(b).contains_integer() and not ball(b).real > 0 for b in lower):
        return UNKNOWN
    if is_exactly_zero(z):
        return fmpq(1)
    is_polynomial = any(_ends(a) for a in upper)
    if len(upper) > len(lower) + 1 and not is_polynomial:
        return UNKNOWN
    if len(upper) == len(lower) + 1 and not is_polynomial and not _off_cut(z):
        return UNKNOWN
    above, below = ([ball(v) for v in values] for values in (upper, lower))
    if len(upper) == 2 and len(lower) == 1 and not is_polynomial:
        return _gauss(upper, lower[0], z)
    if all(isinstance(v, arb) for v in (*above, *below, ball(z))):
        return ball(z).hypgeom(above, below)
    return acb(ball(z)).hypgeom([acb(v) for v in above], [acb(v) for v in below])


def _off_cut(z: Ball) -> bool:
    if is_real(z):
        return sign(1 - z) == 1 or (isinstance(z, fmpq) and z == 1)
    return bool(z.real < 1) or not z.imag.contains(0)


def _gauss(upper: Sequence[Ball], c: Ball, z: Ball) -> Value:
    a, b = upper
    known = {"ab": a - b, "ac": a - c, "bc": b - c, "abc": a + b - c}
    # Differences that are whole numbers are limits, which the arithmetic takes only where it is told so.
    whole = {name: _is_whole(value) for name, value in known.items()}
    kind = arb if all(isinstance(ball(v), arb) for v in (a, b, c, z)) else acb
    try:
        return kind(ball(z)).hypgeom_2f1(kind(ball(a)), kind(ball(b)), kind(ball(c)), **whole)
    except TypeError:
        return acb(ball(z)).hypgeom_2f1(acb(ball(a)), acb(ball(b)), acb(ball(c)), **whole)


def with_lists(upper: int, lower: int) -> Callable[..., Value]:
    """The function of so many upper parameters, so many lower ones, and z, one after the other."""
    return lambda *given: hypergeometric(given[:upper], given[upper : upper + lower], given[-1])


def _meijer(
    above: Sequence[Ball], beyond: Sequence[Ball], below: Sequence[Ball], rest: Sequence[Ball], z: Ball
) -> Value:
    """Meijer's G by Slater's theorem: a sum over simple poles of powers and hypergeometric functions (DLMF 16.17.2)."""
    upper, lower = (*above, *beyond), (*below, *rest)
    converges = len(upper) < len(lower) or (len(upper) == len(lower) and is_real(z) and sign(1 - abs(z)) == 1)
    if not converges or is_exactly_zero(z) or not all(isinstance(v, fmpq) for v in (*upper, *lower)):
        return UNKNOWN
    total: Ball = fmpq(0)
    turned = z * fmpq(-1) ** (len(upper) - len(below) - len(above))
    for place, b in enumerate(below):
        others = [*below[:place], *below[place + 1 :]]
        above_line = [c - b for c in others] + [1 + b - a for a in above]
        if any(_is_whole(c - b) for c in others) or any(_ends(v) for v in above_line):
            return UNKNOWN
        below_line = [1 + b - c for c in rest] + [a - b for a in beyond]
        value = hypergeometric([1 + b - a for a in upper], [1 + b - c for c in (*others, *rest)], turned)
        if isinstance(value, NoValue):
            return UNKNOWN
        factor = math.prod((arb(v).gamma() for v in above_line), start=arb(1))
        factor *= math.prod((arb(v).rgamma() for v in below_line), start=arb(1))
        total = total + factor * _principal_power(z, b) * value
    return total


def _principal_power(z: Ball, power: fmpq) -> Ball:
    if power.q == 1:
        return ball(z) ** int(power)
    return ball(z) ** arb(power) if is_real(z) and sign(z) == 1 else acb(ball(z)) ** acb(arb(power))


def with_four_lists(*lengths: int) -> Callable[..., Value]:
    """Meijer's G of four lists of so many parameters, and z, one after the other."""

    def function(*given: Ball) -> Value:
        ends = [sum(lengths[:k]) for k in range(len(lengths) + 1)]
        above, beyond, below, rest = (given[start:end] for start, end in pairwise(ends))
        return _meijer(above, beyond, below, rest, given[-1])

    return function


def _incomplete_beta(regularized: bool) -> Callable[..., Value]:
    """Between two points of [0, 1], with positive parameters."""

    def function(a: Ball, b: Ball, low: Ball, high: Ball) -> Value:
        if not all(is_real(v) for v in (a, b, low, high)) or sign(a) != 1 or sign(b) != 1:
            return UNKNOWN
        if any(sign(x) not in (0, 1) or sign(1 - x) not in (0, 1) for x in (low, high)):
            return UNKNOWN
        first, second = (_beta_to(ball(a), ball(b), x, regularized=regularized) for x in (low, high))
        return second - first

    return function


def _beta_to(a: arb, b: arb, x: Ball, *, regularized: bool) -> arb:
    if is_exactly_zero(x):
        return arb(0)
    if is_exactly_zero(1 - x):
        return arb(1) if regularized else a.gamma() * b.gamma() * (a + b).rgamma()
    return ball(x).beta_lower(a, b, regularized=regularized)


INCOMPLETE: dict[type[Basic], Callable[..., Value]] = {
    sympy.betainc: _incomplete_beta(regularized=False),
    sympy.betainc_regularized: _incomplete_beta(regularized=True),
}
