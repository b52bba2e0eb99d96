"""Constants: whether an algebraic number is zero by a separation bound; logarithms and angles through exponentials.

A nonzero value of an expression in integers, +, -, *, /, roots and roots of unity cannot be smaller than a bound
that its shape gives, so an enclosure inside that bound proves zero. A sum of rational multiples of logarithms of
algebraic numbers is zero if it is small and the product of their powers is 1; angles are such logarithms, too.

References
----------
C. Burnikel, S. Funke, K. Mehlhorn, S. Schirra, S. Schmitt, A separation bound for real algebraic expressions,
ESA 2001, theorem 1; its proof bounds all conjugates and so covers complex roots as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import lcm, log2

import sympy
from flint import acb, arb
from sympy import Expr, I, Rational, S

from symgrad.balls import NoValue, Tape, UnsupportedError, ball, is_exactly_zero, precision, separated
from symgrad.base.budget import remembered
from symgrad.prove.basics import facts

MOST_BITS = 600_000
MOST_WORK = 40_000_000  # bits, times the operations at each
FIRST_BITS = 128
BITS_TO_SEPARATE = 8192  # where the bound is too small to be of use, and a number may be seen not to be zero
LARGEST_POWER = 400
LARGEST_SUM = 200  # operations in a sum of logarithms
LARGEST_FACTORED = 10**12
UNITY = sympy.Symbol("root of unity")  # stands for all roots of unity together: they lie in one cyclotomic field
CIRCULAR = (sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sec, sympy.csc)


@dataclass(frozen=True)
class Shape:
    """A number as A/(m B): algebraic integers A and B, all their conjugates below 2^upper and 2^lower, and m whole."""

    upper: float
    lower: float
    whole: int = 1


class NotAlgebraic(Exception):
    """The constant is not made of integers by arithmetic and roots."""


def is_zero(number: Expr) -> tuple[bool, str] | None:
    """Whether a constant is zero, and the method that tells; None if none does."""
    known = _algebraic_zero(number)
    if known is not None:
        return known, "separation bound of algebraic numbers"
    if _is_zero_through_exponential(number):
        return True, "exponentials of both sides are equal algebraic numbers"
    return None


@remembered
def _algebraic_zero(number: Expr) -> bool | None:
    number = _in_roots_of_unity(number)
    roots: dict[Expr, int] = {}
    try:
        shape = _shape(number, roots)
        tape = Tape(number, ())
    except (NotAlgebraic, UnsupportedError):
        return None
    needed = int((_degree(roots) - 1) * shape.upper + shape.lower + log2(shape.whole)) + 16
    enough = needed <= MOST_BITS and needed * tape.length <= MOST_WORK
    last = needed if enough else BITS_TO_SEPARATE
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
            if bits > last:
                return True if enough and acb(ball(value)).abs_upper() < arb(2) ** -needed else None
        bits = min(4 * bits, last + 1) if bits < last else last + 1


def _degree(roots: dict[Expr, int]) -> int:
    """A bound on the degree of the field of these roots; a cyclotomic field holds square roots of its primes."""
    order = roots.get(UNITY, 1)
    product = int(sympy.totient(order))
    for root, degree in roots.items():
        if root is UNITY or (degree == 2 and root.is_Integer and _is_cyclotomic(int(root), order)):
            continue
        product *= degree
    return product


def _is_cyclotomic(p: int, order: int) -> bool:
    """Whether the square root of a prime lies in the field of the roots of unity of this order."""
    return order % (p if p % 4 == 1 else 4 * p) == 0


def _in_roots_of_unity(number: Expr) -> Expr:
    """Trigonometric functions of rational multiples of pi by roots of unity."""
    return number.replace(
        lambda e: isinstance(e, CIRCULAR) and facts.is_rational(e.args[0] / S.Pi), lambda e: e.rewrite(sympy.exp)
    )


def _bits(n: int) -> float:
    return float(abs(n).bit_length())


def _shape(e: Expr, roots: dict[Expr, int]) -> Shape:
    """The bounds for an expression, in bits; `roots` collects what is adjoined, and of which degree."""
    if isinstance(e, sympy.Rational):
        return Shape(_bits(int(e.p)), 0.0, int(e.q))
    if e is I:
        roots[UNITY] = lcm(roots.get(UNITY, 1), 4)
        return Shape(0.0, 0.0)
    if isinstance(e, sympy.Add):
        return _sum([_shape(a, roots) for a in e.args])
    if isinstance(e, sympy.Mul):
        return _product([_shape(a, roots) for a in e.args])
    if isinstance(e, sympy.Pow) and e.exp.is_Rational:
        return _power(e, roots)
    if isinstance(e, sympy.exp) and facts.is_rational(e.args[0] / (I * S.Pi)):
        roots[UNITY] = lcm(roots.get(UNITY, 1), 2 * int((e.args[0] / (I * S.Pi)).q))
        return Shape(0.0, 0.0)
    if e is S.GoldenRatio:
        return _shape((1 + sympy.sqrt(5)) / 2, roots)
    raise NotAlgebraic(str(e))


def _sum(shapes: list[Shape]) -> Shape:
    """A1/(m1 B1) + A2/(m2 B2) over the common denominator lcm(m1, m2) B1 B2, and so on."""
    whole = lcm(*(s.whole for s in shapes))
    lower = sum(s.lower for s in shapes)
    tops = [s.upper + lower - s.lower + log2(whole // s.whole) for s in shapes]
    highest = max(tops)
    return Shape(highest + log2(sum(2.0 ** (t - highest) for t in tops)) + 1e-6, lower, whole)


def _product(shapes: list[Shape]) -> Shape:
    whole = 1
    for s in shapes:
        whole *= s.whole
    return Shape(sum(s.upper for s in shapes), sum(s.lower for s in shapes), whole)


def _power(e: sympy.Pow, roots: dict[Expr, int]) -> Shape:
    inner = _shape(e.base, roots)
    p, q = int(e.exp.p), int(e.exp.q)
    if q > 1:
        _adjoin(e.base, q, roots)
        # The root of A/(m B) is that of A (m B)^(q-1) over m B.
        inner = Shape((inner.upper + (q - 1) * (inner.lower + log2(inner.whole))) / q + 1e-6, inner.lower, inner.whole)
    shape = _product([inner] * abs(p)) if 0 < abs(p) <= LARGEST_POWER else None
    if shape is None:
        raise NotAlgebraic(str(e))
    return shape if p > 0 else Shape(shape.lower + log2(shape.whole), shape.upper)


def _adjoin(base: Expr, degree: int, roots: dict[Expr, int]) -> None:
    """Note the root; square roots of rational numbers by those of their primes."""
    if degree != 2 or not base.is_Rational or max(abs(base.p), base.q) > LARGEST_FACTORED:
        roots[sympy.Pow(base, Rational(1, degree), evaluate=False)] = degree
        return
    if base < 0:
        roots[UNITY] = lcm(roots.get(UNITY, 1), 4)
    for prime, power in sympy.factorint(abs(int(base.p * base.q))).items():
        if power % 2:
            roots[sympy.Integer(prime)] = 2


# --- logarithms and angles --------------------------------------------------------------------------------------

Logarithms = tuple[tuple[Expr, Expr], ...]
"""Coefficients and algebraic numbers: the sum of the coefficients times the logarithms of the numbers."""


def _of_reciprocal(form: Callable[[Expr], Logarithms]) -> Callable[[Expr], Logarithms]:
    return lambda u: form(1 / u)


def _arc_sine(u: Expr) -> Logarithms:
    return ((-I, I * u + sympy.sqrt(1 - u**2)),)


def _arc_cosine(u: Expr) -> Logarithms:
    return ((-I / 2, S.NegativeOne), (I, I * u + sympy.sqrt(1 - u**2)))


def _arc_tangent(u: Expr) -> Logarithms:
    return ((I / 2, 1 - I * u), (-I / 2, 1 + I * u))


def _area_sine(u: Expr) -> Logarithms:
    return ((S.One, u + sympy.sqrt(u**2 + 1)),)


def _area_cosine(u: Expr) -> Logarithms:
    return ((S.One, u + sympy.sqrt(u - 1) * sympy.sqrt(u + 1)),)


def _area_tangent(u: Expr) -> Logarithms:
    return ((S.Half, 1 + u), (-S.Half, 1 - u))


# Equal to the function but for multiples of 2 pi I, times the coefficient.
LOGARITHMS: dict[type, Callable[[Expr], Logarithms]] = {
    sympy.log: lambda u: ((S.One, u),),
    sympy.asinh: _area_sine,
    sympy.acosh: _area_cosine,
    sympy.atanh: _area_tangent,
    sympy.acoth: _of_reciprocal(_area_tangent),
    sympy.asech: _of_reciprocal(_area_cosine),
    sympy.acsch: _of_reciprocal(_area_sine),
    sympy.asin: _arc_sine,
    sympy.acos: _arc_cosine,
    sympy.atan: _arc_tangent,
    sympy.acot: _of_reciprocal(_arc_tangent),
    sympy.asec: _of_reciprocal(_arc_cosine),
    sympy.acsc: _of_reciprocal(_arc_sine),
}
UNITS = (S.One, S.NegativeOne, I, -I)


def _is_zero_through_exponential(number: Expr) -> bool:
    """Whether a sum of logarithms is zero: it is small, and its exponential is exactly 1."""
    if not number.has(S.Pi, *LOGARITHMS) or number.count_ops() > LARGEST_SUM:
        return False
    expanded = [sympy.expand_mul(part, deep=False) for part in sympy.Add.make_args(number)]
    terms = [_logarithms(term) for part in expanded for term in sympy.Add.make_args(part)]
    if None in terms:
        return False
    pairs = [pair for found in terms for pair in found or ()]
    return len({bool(c.is_Rational) for c, _ in pairs}) == 1 and _is_zero_sum(number, pairs)


def _is_zero_sum(number: Expr, pairs: list[tuple[Expr, Expr]]) -> bool:
    """Whether the number is zero, which is this sum of rational, or of imaginary, multiples of logarithms."""
    rational = [(c if c.is_Rational else c / I, u) for c, u in pairs]
    scale = lcm(*(int(c.q) for c, _ in rational))
    powers = [(int(c * scale), u) for c, u in rational]
    if sum(abs(n) for n, _ in powers) > LARGEST_POWER:
        return False
    try:
        with precision(FIRST_BITS):
            value = Tape(number * scale, ())()
    except UnsupportedError:
        return False
    if isinstance(value, NoValue) or not abs(acb(ball(value))) < 6:
        return False
    above, below = (sympy.Mul(*(u ** abs(n) for n, u in powers if n * k > 0)) for k in (1, -1))
    return _algebraic_zero(above - below) is True and _algebraic_zero(below) is False


def _logarithms(term: Expr) -> Logarithms | None:
    """A term as multiples of logarithms of algebraic numbers, the multiples rational or I times rational."""
    if facts.is_zero(term):
        return ()
    found = [f for f in sympy.Mul.make_args(term) if f is S.Pi or f.func in LOGARITHMS]
    if len(found) != 1:
        return None
    (f,) = found
    coefficient = _gaussian(sympy.Mul(*(g for g in sympy.Mul.make_args(term) if g is not f)))
    pairs = ((-I, S.NegativeOne),) if f is S.Pi else LOGARITHMS[f.func](f.args[0])
    if coefficient is None or (f is not S.Pi and not _fits(f, pairs)):
        return None
    return tuple((coefficient * c, u) for c, u in pairs)


def _gaussian(c: Expr) -> Expr | None:
    """The constant as a rational number or I times one; also where roots in it cancel to a unit."""
    number, rest = c.as_coeff_Mul(rational=True)
    if rest in UNITS:
        return number * rest
    return next((number * unit for unit in UNITS if _algebraic_zero(rest - unit)), None)


def _fits(f: Expr, pairs: Logarithms) -> bool:
    """Whether the logarithms are the function but for a multiple of a period, on the side of a cut that is meant."""
    try:
        with precision(FIRST_BITS):
            values = [Tape(e, ())() for e in (f, *(u for _, u in pairs))]
    except UnsupportedError:
        return False
    if any(isinstance(v, NoValue) for v in values):
        return False
    value, *numbers = (acb(ball(v)) for v in values)
    total = sum((_times(c, u.log()) for (c, _), u in zip(pairs, numbers, strict=True)), acb(0))
    gap = value - total
    periods = {2 * k * abs(complex(c)) for c, _ in pairs for k in range(-2, 3)}
    turned = [gap, acb(0, 1) * gap]
    return any((g - acb(p) * acb.pi()).contains(0) for g in turned for p in periods) and bool(gap.rad() < 2**-40)


def _times(c: Expr, value: acb) -> acb:
    return value * acb(*(arb(int(part.p)) / int(part.q) for part in c.as_real_imag()))
