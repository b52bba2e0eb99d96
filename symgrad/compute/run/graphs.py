"""Points of curves and orbits in ball arithmetic: as many certain digits as were asked for, however small the value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from flint import acb, arb, fmpq
from sympy import Symbol

from symgrad.balls import NoValue, Tape, Value, ball, precision
from symgrad.base.errors import PrecisionError
from symgrad.claims.derivations import Curve, Orbit

LIMIT_BITS = 1 << 16
BITS_PER_DIGIT = 3.33
GUARD_BITS = 40


class Point(NamedTuple):
    """A point of a graph; `y` is None where the expression has no real value."""

    x: arb
    y: arb | None


class _Uncertain(Exception):
    """The precision does not suffice; never leaves this file."""


def curve_points(curve: Curve, digits: int = 15, relative: bool = True) -> list[Point]:
    """Points of a curve at equal distances, with values that are certain to that many digits.

    Parameters
    ----------
    curve : Curve
    digits : int
    relative : bool
        Whether digits count from the first that is not zero, or, if not, at least from the decimal point: a zero
        between samples, such as that of sin(x) at pi, has no first digit.

    Raises
    ------
    PrecisionError
        If the digits cannot be made certain.

    Examples
    --------
    >>> from sympy import Integer, exp
    >>> x = Symbol("x", real=True)
    >>> first, last = curve_points(Curve("", exp(-x), x, Integer(0), Integer(1000), samples=2))
    >>> print(last.y.str(10, radius=False))
    5.075958898e-435
    """
    tape = Tape(curve.of.doit(), [curve.variable])
    ends = Tape(curve.start, []), Tape(curve.stop, [])

    def points() -> Iterator[Point]:
        start, stop = (_real(end()) for end in ends)
        for number in range(curve.samples):
            x = start + (stop - start) * fmpq(number, max(1, curve.samples - 1))
            yield Point(x, _certain(tape(x), digits, relative))

    return _with_enough_bits(points, f"the curve {curve.label}", digits)


def orbit_points(orbit: Orbit, digits: int = 15, relative: bool = True) -> list[Point]:
    """What a recurrence makes of an expression after 0, 1, …, `steps` steps; otherwise as `curve_points`.

    Examples
    --------
    >>> from sympy import Integer, Rational
    >>> p = Symbol("p", real=True)
    >>> orbit = Orbit("", p, {p: p / 4}, {p: Integer(1)}, steps=3029)
    >>> print(orbit_points(orbit)[-1].y.str(5, radius=False))
    2.2924e-1824
    """
    symbols = tuple(orbit.start)
    shown = Tape(orbit.of.doit(), symbols)
    updates = {symbol: Tape(update.doit(), symbols) for symbol, update in orbit.updates.items()}
    starts = {symbol: Tape(value.doit(), []) for symbol, value in orbit.start.items()}

    def points() -> Iterator[Point]:
        state = {symbol: _real(start()) for symbol, start in starts.items()}
        for step in range(orbit.steps + 1):
            yield Point(arb(step), _certain(shown(*state.values()), digits, relative))
            state = state | _updated(updates, state)

    return _with_enough_bits(points, f"the orbit {orbit.label}", digits)


def _updated(updates: Mapping[Symbol, Tape], state: Mapping[Symbol, arb]) -> dict[Symbol, arb]:
    values = tuple(state.values())
    return {symbol: _real(tape(*values)) for symbol, tape in updates.items()}


def _with_enough_bits(points: Callable[[], Iterator[Point]], what: str, digits: int) -> list[Point]:
    bits = int(digits * BITS_PER_DIGIT) + GUARD_BITS
    while bits <= LIMIT_BITS:
        try:
            with precision(bits):
                return list(points())
        except _Uncertain:
            bits *= 2
    raise PrecisionError(what, digits, LIMIT_BITS)


def _real(value: Value) -> arb:
    """A value as a real ball, so that exact fractions do not grow from step to step."""
    if isinstance(value, NoValue | bool | acb) or value is None:
        raise _Uncertain
    return ball(value)


def _certain(value: Value, digits: int, relative: bool) -> arb | None:
    """The value if its digits are certain; None if there certainly is no real one."""
    if value is NoValue.UNDEFINED or (isinstance(value, acb) and not value.imag.contains(0)):
        return None
    real = _real(value)
    if real.is_zero() or real.rel_accuracy_bits() >= digits * BITS_PER_DIGIT:
        return real
    if not relative and real.rad() < arb(10) ** -digits:
        return real
    raise _Uncertain


def magnitude(value: arb) -> float:
    """The decimal logarithm of the absolute value of a ball that is not zero."""
    return float(abs(value).log() / arb(10).log())


def decimal(value: arb, digits: int = 15) -> str:
    """The value in digits, with an exponent if it is far from 1.

    Examples
    --------
    >>> decimal(arb(2) ** -6000), decimal(arb(-1.5))
    ('6.60733027580565e-1807', '-1.5')
    """
    mantissa, _, exponent = str(value.str(digits, radius=False)).partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{exponent}" if exponent else mantissa
