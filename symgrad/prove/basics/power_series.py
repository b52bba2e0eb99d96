"""Known power series: values of generalised hypergeometric functions, each row proved by its differential equation.

A series whose neighbouring terms have the ratio z (n + a1)…(n + ap)/((n + b1)…(n + bq)(n + 1)) is its first term times
pFq(a; b; z). With D = z d/dz that function is the one solution of D(D + b1 - 1)…y = z(D + a1)…(D + ap)y that is
analytic at 0 with the value 1 there; a test puts every row into this equation.

Reference: NIST Digital Library of Mathematical Functions, 16.2 and 16.8(ii).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Expr, Rational, S

Parameters = tuple[Expr, ...]
HALF, THREE_HALVES = S.Half, Rational(3, 2)


@dataclass(frozen=True)
class Row:
    """pFq(above; below; z) for z = w**2 and for z = -w**2, or for any z.

    Attributes
    ----------
    any_sign : callable or None
        The function of z, for all z in the disc of convergence and at both real ends of it where the series converges.
    positive, negative : callable or None
        The functions of w.
    """

    above: Parameters
    below: Parameters
    any_sign: Callable[[Expr], Expr] | None = None
    positive: Callable[[Expr], Expr] | None = None
    negative: Callable[[Expr], Expr] | None = None


ROWS: tuple[Row, ...] = (
    Row((), (), sympy.exp),
    Row((S.One, S.One), (S(2),), lambda z: -sympy.log(1 - z) / z),
    Row((S.One,), (S(2),), lambda z: (sympy.exp(z) - 1) / z),
    Row((), (HALF,), None, lambda w: sympy.cosh(2 * w), lambda w: sympy.cos(2 * w)),
    Row((), (THREE_HALVES,), None, lambda w: sympy.sinh(2 * w) / (2 * w), lambda w: sympy.sin(2 * w) / (2 * w)),
    Row((HALF, S.One), (THREE_HALVES,), None, lambda w: sympy.atanh(w) / w, lambda w: sympy.atan(w) / w),
    Row((HALF, HALF), (THREE_HALVES,), None, lambda w: sympy.asin(w) / w, lambda w: sympy.asinh(w) / w),
    Row((HALF,), (THREE_HALVES,), None, lambda w: sympy.sqrt(S.Pi) * sympy.erfi(w) / (2 * w),
        lambda w: sympy.sqrt(S.Pi) * sympy.erf(w) / (2 * w)),
    Row((), (S.One,), None, lambda w: sympy.besseli(0, 2 * w), lambda w: sympy.besselj(0, 2 * w)),
    Row((), (S(2),), None, lambda w: sympy.besseli(1, 2 * w) / w, lambda w: sympy.besselj(1, 2 * w) / w),
    Row((S.One, S.One), (THREE_HALVES,), None, lambda w: sympy.asin(w) / (w * sympy.sqrt(1 - w**2)),
        lambda w: sympy.asinh(w) / (w * sympy.sqrt(1 + w**2))),
    Row((HALF, HALF), (S.One,), lambda z: 2 * sympy.elliptic_k(z) / S.Pi),
)  # fmt: skip


def row_of(above: Parameters, below: Parameters) -> Row | None:
    """The row with these parameters; powers of 1 - z and polylogarithms are made for theirs."""
    above, below = _cancelled(above, below)
    for row in ROWS:
        if _same(row.above, above) and _same(row.below, below):
            return row
    if len(above) == 1 and not below:
        (a,) = above
        return Row(above, below, lambda z: (1 - z) ** (-a))
    k = len(below)
    if k >= 2 and _same(above, (S.One,) * (k + 1)) and _same(below, (S(2),) * k):
        return Row(above, below, lambda z: sympy.polylog(k, z, evaluate=False) / z)
    return None


def _same(a: Parameters, b: Parameters) -> bool:
    return sorted(a, key=sympy.default_sort_key) == sorted(b, key=sympy.default_sort_key)


def _cancelled(above: Parameters, below: Parameters) -> tuple[Parameters, Parameters]:
    left, right = list(above), list(below)
    for a in above:
        if a in right:
            left.remove(a)
            right.remove(a)
    return tuple(left), tuple(right)
