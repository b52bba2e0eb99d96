"""Constants: whether an algebraic number is zero by a separation bound; logarithms and angles through exponentials.

A nonzero value of an expression in integers, +, -, *, /, roots and roots of unity cannot be smaller than a bound
that its shape gives, so an enclosure inside that bound proves zero.

References
----------
C. Burnikel, S. Funke, K. Mehlhorn, S. Schirra, S. Schmitt, A separation bound for real algebraic expressions,
ESA 2001, theorem 1; its proof bounds all conjugates and so covers complex roots as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import lcm

import sympy
from flint import acb, arb
from sympy import Expr, I, S

from symgrad.balls import NoValue, Tape, UnsupportedError, ball, is_exactly_zero, precision, separated

MOST_BITS = 60_000
FIRST_BITS = 128
UNITY = sympy.Symbol("root of unity")  # stands for all roots of unity together: they lie in one cyclotomic field


@dataclass(frozen=True)
class Shape:
    """Bits of the bounds u and l of the theorem: an algebraic integer over another, all their conjugates bounded."""

    upper: float
    lower: float


class NotAlgebraic(Exception):
    """The constant is not made of integers by arithmetic and roots."""


def is_zero(number: Expr) -> tuple[bool, str] | None:
    """Whether a constant is zero, and the method that tells; None if none does."""
    known = _algebraic_zero(number)
    if known is not None:
        return known, "separation bound of algebraic numbers"
    for circle in (S.One, I):
        if _is_zero_through_exponential(number, circle):
            return True, "exponentials of both sides are equal algebraic numbers"
    return None


@lru_cache(maxsize=2048)
def _algebraic_zero(number: Expr) -> bool | None:
    number = _in_roots_of_unity(number)
    degree: dict[Expr, int] = {}
    try:
        shape = _shape(number, degree)
        tape = Tape(number, ())
    except (NotAlgebraic, UnsupportedError):
        return None
    unity = degree.pop(UNITY, 1)
    product = int(sympy.totient(unity))
    for factor in degree.values():
        product *= factor
    needed = int((product - 1) * shape.upper + shape.lower) + 16
    if needed > MOST_BITS:
        return None
    bits = FIRST_BITS
    while True:
        with precision(bits + 64 + int(shape.upper)):
            value = tape()
            if isinstance(value, NoValue):
                return None
            if is_exactly_zero(value):
                return True
            if separated(value, arb(0)):
                return False
            if bits > needed:
                return True if acb(ball(value)).abs_upper() < arb(2) ** -needed else None
        bits = min(4 * bits, needed + 1) if bits < needed else needed + 1


def _in_roots_of_unity(number: Expr) -> Expr:
    """Trigonometric functions of rational multiples of pi by roots of unity."""
    circular = (sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sec, sympy.csc)
    return number.replace(
        lambda e: isinstance(e, circular) and (e.args[0] / S.Pi).is_rational, lambda e: e.rewrite(sympy.exp)
    )


def _bits(n: int) -> float:
    return max(0.0, float(abs(n).bit_length()))


def _shape(e: Expr, degree: dict[Expr, int]) -> Shape:
    """The bounds of the theorem for an expression, in bits; `degree` collects its distinct roots."""
    if isinstance(e, sympy.Rational):
        return Shape(_bits(int(e.p)), _bits(int(e.q)))
    if e is I:
        degree[UNITY] = lcm(degree.get(UNITY, 1), 4)
        return Shape(0.0, 0.0)
    if isinstance(e, sympy.Add):
        return _sum([_shape(a, degree) for a in e.args])
    if isinstance(e, sympy.Mul):
        shapes = [_shape(a, degree) for a in e.args]
        return Shape(sum(s.upper for s in shapes), sum(s.lower for s in shapes))
    if isinstance(e, sympy.Pow) and e.exp.is_Rational:
        return _power(e, degree)
    if isinstance(e, sympy.exp) and (e.args[0] / (I * S.Pi)).is_rational:
        degree[UNITY] = lcm(degree.get(UNITY, 1), 2 * int((e.args[0] / (I * S.Pi)).q))
        return Shape(0.0, 0.0)
    if e is S.GoldenRatio:
        return _shape((1 + sympy.sqrt(5)) / 2, degree)
    raise NotAlgebraic(str(e))


def _sum(shapes: list[Shape]) -> Shape:
    total = shapes[0]
    for s in shapes[1:]:
        total = Shape(max(total.upper + s.lower, total.lower + s.upper) + 1, total.lower + s.lower)
    return total


def _power(e: sympy.Pow, degree: dict[Expr, int]) -> Shape:
    inner = _shape(e.base, degree)
    p, q = int(e.exp.p), int(e.exp.q)
    if q > 1:
        degree[sympy.Pow(e.base, sympy.Rational(1, q), evaluate=False)] = q
        if inner.upper >= inner.lower:
            inner = Shape((inner.upper + (q - 1) * inner.lower) / q, inner.lower)
        else:
            inner = Shape(inner.upper, ((q - 1) * inner.upper + inner.lower) / q)
    shape = Shape(abs(p) * inner.upper, abs(p) * inner.lower)
    return shape if p > 0 else Shape(shape.lower, shape.upper)


def _is_zero_through_exponential(number: Expr, circle: Expr) -> bool:
    """Whether exp(circle * number) is exactly 1 while the number is too small to be another period of it."""
    try:
        with precision(FIRST_BITS):
            value = Tape(number, ())()
    except UnsupportedError:
        return False
    if isinstance(value, NoValue) or not isinstance(ball(value), arb) or not abs(ball(value)) < 1:
        return False
    factor = S.One
    for term in sympy.Add.make_args(number.expand()):
        exponential = _exponential(term, circle)
        if exponential is None:
            return False
        factor *= exponential
    return _algebraic_zero(factor - 1) is True


def _exponential(term: Expr, circle: Expr) -> Expr | None:
    """exp(circle * term) as an algebraic number, for rational multiples of logarithms or of angles."""
    coefficient, rest = term.as_coeff_Mul(rational=True)
    if circle is S.One:
        if isinstance(rest, sympy.log) and rest.args[0].is_positive:
            return rest.args[0] ** coefficient
        inverse = {
            sympy.asinh: lambda u: u + sympy.sqrt(u**2 + 1),
            sympy.acosh: lambda u: u + sympy.sqrt(u - 1) * sympy.sqrt(u + 1),
            sympy.atanh: lambda u: sympy.sqrt((1 + u) / (1 - u)),
        }.get(rest.func)
        return None if inverse is None else inverse(rest.args[0]) ** coefficient
    if rest is S.Pi:
        return sympy.exp(I * S.Pi * coefficient)
    turn = {
        sympy.atan: lambda u: (1 + I * u) / sympy.sqrt(1 + u**2),
        sympy.asin: lambda u: sympy.sqrt(1 - u**2) + I * u,
        sympy.acos: lambda u: u + I * sympy.sqrt(1 - u**2),
    }.get(rest.func)
    if turn is None:
        return None
    p, q = int(coefficient.p), int(coefficient.q)
    # A power with a fractional exponent would choose a branch; take the q-th part of the angle only where q is 1.
    return turn(rest.args[0]) ** p if q == 1 else None
