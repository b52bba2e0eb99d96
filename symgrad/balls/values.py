"""Values: exact rationals, real and complex balls, and what stands for a value that is missing."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

import sympy
from flint import acb, arb, fmpq


class NoValue(Enum):
    """What stands in place of a value that is missing."""

    UNDEFINED = "undefined"
    UNKNOWN = "unknown"


MOST_EXACT_BITS = 100_000  # of numerator or denominator; larger fractions are enclosed
UNDEFINED, UNKNOWN = NoValue.UNDEFINED, NoValue.UNKNOWN
Ball: TypeAlias = fmpq | arb | acb
Value: TypeAlias = Ball | NoValue | bool | None


def ball(value: Ball | int) -> arb | acb:
    """The value as a ball of the present precision."""
    return value if isinstance(value, (arb, acb)) else arb(value)


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


def rational(number: sympy.Rational) -> fmpq:
    """A SymPy rational as an exact value for a point."""
    return fmpq(int(number.p), int(number.q))


def hull(left: Ball, right: Ball) -> arb:
    """The smallest real ball around two real values."""
    return ball(left).union(ball(right))
