"""Values: exact rationals, real and complex balls, and what stands for a value that is missing."""

from __future__ import annotations

import copyreg
from enum import Enum
from typing import TypeAlias

import sympy
from flint import acb, arb, fmpq


class NoValue(Enum):
    """What stands in place of a value that is missing."""

    UNDEFINED = "undefined"
    NOT_REAL = "not real"  # where only real numbers are values, as in cells
    UNKNOWN = "unknown"


RADIUS_BITS = 30  # of the mantissa of a radius
MOST_EXACT_BITS = 100_000  # of numerator or denominator; larger fractions are enclosed
LONGEST_FRACTION = 100_000  # bits, of balls that are written as fractions
UNDEFINED, NOT_REAL, UNKNOWN = NoValue
Ball: TypeAlias = fmpq | arb | acb
Value: TypeAlias = Ball | NoValue | bool | None


def ball(value: Ball | int) -> arb | acb:
    """The value as a ball of the present precision."""
    return value if isinstance(value, (arb, acb)) else arb(value)


def _parts(number: arb) -> tuple[int, int] | str:
    """An exact number as its mantissa and exponent, or what it is in place of one."""
    if number.is_finite():
        mantissa, exponent = number.man_exp()
        return int(mantissa), int(exponent)
    return "nan" if number.is_nan() else "inf" if number > 0 else "-inf"


def ball_of_parts(middle: tuple[int, int] | str, radius: tuple[int, int] | str) -> arb:
    """The ball around a number, with the same radius, or the next one above it."""
    if isinstance(middle, str) or isinstance(radius, str):
        return arb(*(_NOT_FINITE[part] if isinstance(part, str) else part for part in (middle, radius)))
    wanted = arb(radius)
    # flint takes the next number above a radius that it is given, so that one below it is given first.
    made = arb(middle, _just_below(*radius))
    return made if made.rad() >= wanted else arb(middle, radius)


def _just_below(mantissa: int, exponent: int) -> tuple[int, int]:
    """A radius less half a unit in the last place of radii."""
    shift = RADIUS_BITS - mantissa.bit_length()
    return (2 * (mantissa << shift) - 1, exponent - shift - 1) if mantissa and shift >= 0 else (mantissa, exponent)


def complex_ball_of_parts(real: arb, imaginary: arb) -> acb:
    return acb(real, imaginary)


_NOT_FINITE = {"nan": arb.nan(), "inf": arb.pos_inf(), "-inf": arb.neg_inf()}
# Balls are results of ours, and flint's cannot be pickled or copied by themselves.
copyreg.pickle(arb, lambda ball: (ball_of_parts, (_parts(ball.mid()), _parts(ball.rad()))))
copyreg.pickle(acb, lambda ball: (complex_ball_of_parts, (ball.real, ball.imag)))


def real_part_only(value: Ball) -> Ball:
    """A complex ball whose imaginary part is exactly zero, as a real one."""
    return value.real if isinstance(value, acb) and value.imag.is_zero() else value


def is_real(value: Value) -> bool:
    return isinstance(value, (fmpq, arb))


def is_exactly_zero(value: Value) -> bool:
    return bool(value == 0) if isinstance(value, fmpq) else isinstance(value, (arb, acb)) and bool(value.is_zero())


def sign(value: Value) -> int | None:
    """Sign of a real value where it is certain, else None."""
    if isinstance(value, fmpq):
        return int(value > 0) - int(value < 0)
    if not isinstance(value, arb):
        return None
    return 1 if value > 0 else -1 if value < 0 else 0 if value.is_zero() else None


def separated(left: Value, right: Value) -> bool:
    """Whether two enclosures certainly hold different numbers."""
    if isinstance(left, NoValue) or isinstance(right, NoValue):
        return False
    return not acb(ball(left)).overlaps(acb(ball(right)))


def as_fraction(number: arb) -> fmpq | None:
    """An exact number as a fraction; None where it is too long to be written down, at which FLINT ends the process."""
    if not (number.is_finite() and number.is_exact()):
        return None
    mantissa, exponent = number.man_exp()
    return number.fmpq() if abs(int(exponent)) + int(mantissa).bit_length() < LONGEST_FRACTION else None


def as_integer(value: arb) -> int | None:
    """The one integer in a ball; None where there is none or more than one, or it is too long to be written down."""
    if not value.is_finite() or not abs(value).upper() < arb((1, LONGEST_FRACTION)):
        return None
    found = value.unique_fmpz()
    return None if found is None else int(found)


def rational(number: sympy.Rational) -> fmpq:
    """A SymPy rational as an exact value for a point."""
    return fmpq(int(number.p), int(number.q))


def hull(left: Ball, right: Ball) -> arb:
    """The smallest real ball around two real values."""
    return ball(left).union(ball(right))
