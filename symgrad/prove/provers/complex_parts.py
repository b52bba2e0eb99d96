"""Real and imaginary part of what is made of a real variable and I, by the principal values of roots and logarithms.

The roots and logarithms of u + I*v are told by the modulus and the angle of u and v, of which limits are known on
either side of the cut.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, I, S

from symgrad.base import sized
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs

Parts = tuple[Expr, Expr]
MOST_POWER = 6


def in_parts(e: Expr, signs: Signs) -> Parts | None:
    """Both parts, real wherever they have values; None where a function is not known."""
    if not e.has(I):
        return (e, S.Zero) if branch_cuts.is_certainly_real(e, signs) else None
    if e == I:
        return S.Zero, S.One
    inside = [in_parts(a, signs) for a in e.args]
    known = [parts for parts in inside if parts is not None]
    if len(known) < len(inside):
        return None
    if isinstance(e, sympy.Pow):
        return _power(e, *known[0])
    row = ROWS.get(type(e))
    return None if row is None else row(*known)


def _sum(*terms: Parts) -> Parts:
    return sympy.Add(*(u for u, _ in terms)), sympy.Add(*(v for _, v in terms))


def _product(*factors: Parts) -> Parts:
    total: Parts = (S.One, S.Zero)
    for u, v in factors:
        a, b = total
        total = sized.expand(a * u - b * v), sized.expand(a * v + b * u)
    return total


def _power(e: Expr, u: Expr, v: Expr) -> Parts | None:
    if e.exp.is_Integer:
        power = _product(*[(u, v)] * min(abs(int(e.exp)), MOST_POWER + 1))
        if abs(e.exp) > MOST_POWER:
            return None
        a, b = power
        return power if e.exp > 0 else (a / (a**2 + b**2), -b / (a**2 + b**2))
    if not e.exp.is_Rational or v == 0:
        return None
    size, angle = (u**2 + v**2) ** (e.exp / 2), e.exp * sympy.atan2(v, u)
    return size * sympy.cos(angle), size * sympy.sin(angle)


def _exponential(z: Parts) -> Parts:
    return sympy.exp(z[0]) * sympy.cos(z[1]), sympy.exp(z[0]) * sympy.sin(z[1])


def _logarithm(z: Parts) -> Parts:
    return sympy.log(z[0] ** 2 + z[1] ** 2) / 2, sympy.atan2(z[1], z[0])


ROWS: dict[type, Callable[..., Parts]] = {
    sympy.Add: _sum,
    sympy.Mul: _product,
    sympy.exp: _exponential,
    sympy.log: _logarithm,
}
