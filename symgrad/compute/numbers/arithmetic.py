"""The arithmetics in which one program runs: doubles, numbers of mpmath, balls."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np
import sympy
from flint import arb, fmpq

from symgrad.base.errors import CellError
from symgrad.base.kinds import number_array
from symgrad.base.precision import of_mpmath as number_of_mpmath
from symgrad.base.untyped import Array
from symgrad.compute.program.nodes import COMPARISONS, FUNCTIONS

LEAST_NORMAL = 2.0**-1022  # below, a double has fewer digits
NEARLY_ZERO = LEAST_NORMAL * 2.0**53  # below, products have begun to lose digits
MOST_WHOLE = 2.0**53  # up to which every integer is a double
ONE = "one_"  # what functions of plain numbers are told apart by from those of arrays


class UndecidedError(Exception):
    """Balls that overlap were compared; more precision may tell. It never reaches a user."""


@dataclass(frozen=True)
class Arithmetic:
    """Numbers and functions of numbers.

    Attributes
    ----------
    dtype : type
        That of arrays of them.
    number : callable
        An exact fraction p/q.
    convert : callable
        An argument, by name and value, as an array.
    functions : callable
        The functions by the names under which generated source calls them.
    """

    dtype: Any
    number: Callable[..., Any]
    convert: Callable[[str, Any], Any]
    functions: Callable[[], Mapping[str, Any]]


# --- doubles ------------------------------------------------------------------------------------------------------

_NUMPY_NAMES = {
    "atan": "arctan", "asin": "arcsin", "acos": "arccos", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
# 1/sqrt(2) as a double and what is left of it, 0.7071067811865475244008443621048490392848...
_ROOT_OF_HALF, _REST_OF_ROOT = 0.7071067811865476, -4.833646656726457e-17
_SPLIT = 2.0**27 + 1
_MOST_EXPONENT = 800.0  # beyond, an exponential is 0 or infinite
TAIL_TERMS = 8  # of a series in 1/x**2, for x beyond 30
_FAR = 1e150  # beyond, halves of a factor overflow, and the exponential of a product is 0 or infinite


def _rounding_of_product(a: Array, b: Array) -> Array:
    """What a*b loses when it is rounded.

    References
    ----------
    Dekker, A floating-point technique for extending the available precision (1971).
    """
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    return ((a_high * b_high - a * b) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Array) -> tuple[Array, Array]:
    high = _SPLIT * a
    high = high - (high - a)
    return high, a - high


def _exp_of_product(a: Array, b: Array) -> Array:
    """exp(a*b) without the error that the rounding of a*b, up to 745, makes in it."""
    near = np.abs(a) < _FAR
    rounding = _rounding_of_product(np.where(near, a, 0.0), np.where(near, b, 0.0))
    return np.exp(a * b) * (1 + rounding)


def _exp_of_quotient(a: Array, b: Array) -> Array:
    """exp(a/b) without the error that the rounding of a/b makes in it."""
    quotient = a / b
    near = (np.abs(quotient) < _MOST_EXPONENT) & (np.abs(a) < _FAR) & (np.abs(b) < _FAR)
    times, below = np.where(near, quotient, 0.0), np.where(near, b, 1.0)
    product = times * below
    rest = (np.where(near, a, 0.0) - product) - _rounding_of_product(times, below)
    return np.exp(quotient) * (1 + rest / below)


def _normal_tail(x: Array) -> Any:
    """The normal distribution function over exp(-x**2/2), for x up to -30: its asymptotic series."""
    inverse = 1 / (x * x)
    series = 1.0
    for k in range(2 * TAIL_TERMS - 1, 0, -2):
        series = 1 - k * inverse * series
    return -series / (x * math.sqrt(2 * math.pi))


def _normal_cdf(x: Array) -> Any:
    """erfc(-x/sqrt(2))/2 without the error that the rounding of the quotient makes in it."""
    x = np.clip(x, -60.0, 60.0)  # beyond it is 0 or 1
    place = -x * _ROOT_OF_HALF
    lost = -_rounding_of_product(x, _ROOT_OF_HALF) - x * _REST_OF_ROOT
    return (_erfc(place) - lost * (2 / math.sqrt(math.pi)) * np.exp(-place * place)) / 2


_erfc = np.vectorize(math.erfc, otypes=[float])
_NOT_IN_NUMPY = {
    "erf": np.vectorize(math.erf, otypes=[float]),
    "erfc": _erfc,
    "normal_cdf": _normal_cdf,
    "normal_tail": _normal_tail,
}


def _of_doubles() -> dict[str, Array]:
    arrays = {name: _NOT_IN_NUMPY.get(name) or getattr(np, _NUMPY_NAMES.get(name, name)) for name in FUNCTIONS} | {
        "exp_of_product": _exp_of_product,
        "exp_of_quotient": _exp_of_quotient,
    }
    single = {name: getattr(math, name) for name in FUNCTIONS if hasattr(math, name)} | {
        "abs": abs,
        "sign": _sign,
        "normal_cdf": lambda x: float(_normal_cdf(x)),
        "normal_tail": lambda x: float(_normal_tail(x)),
        "exp_of_product": lambda a, b: float(_exp_of_product(a, b)),
        "exp_of_quotient": lambda a, b: float(_exp_of_quotient(a, b)),
    }
    return {
        **arrays,
        **{ONE + name: f for name, f in single.items()},
        **_comparisons(lambda f: f),
        "pi": math.pi,
        "where": np.where,
        "maximum": np.maximum,
        "minimum": np.minimum,
        ONE + "maximum": max,
        ONE + "minimum": min,
    }


def _sign(x: float) -> float:
    return math.copysign(1.0, x) if x else 0.0


def _comparisons(wrap: Callable[[Any], Any]) -> dict[str, Any]:
    made = {
        "less": operator.lt,
        "at_most": operator.le,
        "greater": operator.gt,
        "at_least": operator.ge,
        "equal": operator.eq,
        "different": operator.ne,
    }
    return {name: wrap(f) for name, f in made.items()} | {ONE + name: wrap(f) for name, f in made.items()}


def is_finite(array: Array) -> bool:
    """Whether all entries are finite; most often their sum tells, which is quick to have, though it may overflow."""
    if not np.ndim(array):
        return math.isfinite(array)
    once = array[tuple(slice(1 if step == 0 else None) for step in array.strides)] if 0 in array.strides else array
    return math.isfinite(np.add.reduce(once, axis=None)) or bool(np.isfinite(once).all())


def as_doubles(name: str, value: object) -> Array:
    """An argument as an array of doubles, each of which is the number that was given.

    Raises
    ------
    CellError
        If it is not real and numeric, holds nan or an infinity, or a number that no double is.
    """
    found = number_array(value, f"{name} must be real numbers")
    if found.dtype.kind not in "biuf":
        hint = "; exact numbers and texts are for the backends mpmath and balls" if found.dtype.kind in "OU" else ""
        raise CellError(f"{name} must be real numbers; got an array of {found.dtype}{hint}")
    doubles = found.astype(float, copy=False)
    if not is_finite(doubles):
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(doubles))[0])
        where = f"at {place} it is" if place else "it is"
        raise CellError(f"{name} must be finite; {where} {doubles[place]}")
    if found.dtype.itemsize >= 8 and found.dtype != doubles.dtype:
        _demand_exact(name, found, doubles)
    return doubles


def _demand_exact(name: str, found: Array, doubles: Array) -> None:
    """Refuse integers and long doubles that no double is."""
    if found.dtype.kind in "iu":
        suspects = np.argwhere(np.abs(doubles) >= MOST_WHOLE)
        wrong = [place for place in map(tuple, suspects) if int(doubles[place]) != int(found[place])]
    else:
        wrong = [*map(tuple, np.argwhere(doubles.astype(found.dtype) != found))]
    if wrong:
        place = tuple(map(int, wrong[0]))
        where = f"at {place} it is" if place else "it is"
        raise CellError(
            f"{name} must be doubles; {where} {found[place]}, which no double is: round it with astype(float), or use "
            "backend='mpmath' or 'balls'"
        )


DOUBLES = Arithmetic(float, lambda p, q=1: p / q, as_doubles, cache(_of_doubles))


# --- numbers of mpmath and balls ----------------------------------------------------------------------------------


def _on_entries(function: Callable[..., Any], count: int = 1) -> Callable[..., Any]:
    """A function of numbers as one of arrays of objects, and still of numbers."""
    made: Callable[..., Any] = np.frompyfunc(function, count, 1)
    return made


def _of_objects(
    single: Mapping[str, Any], chosen: Any, largest: Any, least: Any, compare: dict[str, Array]
) -> dict[str, Array]:
    exp = _on_entries(single["exp"])
    return {
        **{name: _on_entries(f) for name, f in single.items()},
        **{ONE + name: f for name, f in single.items()},
        **compare,
        "exp_of_product": lambda a, b: exp(a * b),
        "exp_of_quotient": lambda a, b: exp(a / b),
        ONE + "exp_of_product": lambda a, b: single["exp"](a * b),
        ONE + "exp_of_quotient": lambda a, b: single["exp"](a / b),
        "where": _on_entries(chosen, 3),
        "maximum": _on_entries(largest, 2),
        "minimum": _on_entries(least, 2),
        ONE + "maximum": largest,
        ONE + "minimum": least,
    }


def _as_objects(exact: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    def convert(name: str, value: object) -> Array:
        array = np.asarray(value, dtype=object)
        made = np.empty(array.shape, dtype=object)
        for place, entry in np.ndenumerate(array):
            try:
                made[place] = exact(entry)
            except (TypeError, ValueError):
                raise CellError(f"{name} must be real numbers; at {place} it is {entry!r}") from None
            if not _is_finite(made[place]):
                raise CellError(f"{name} must be finite; at {place} it is {entry!r}")
        return made

    return convert


def _is_finite(number: Array) -> bool:
    return bool(number.is_finite()) if isinstance(number, arb) else bool(mpmath.isfinite(number))


def in_digits_of(numbers: Any) -> Arithmetic:
    """The arithmetic of a context of mpmath, which has a precision of its own; see `precision.many_digits`."""

    def exact(value: Any) -> Array:
        if isinstance(value, sympy.Rational | Fraction):
            p, q = (value.p, value.q) if isinstance(value, sympy.Rational) else value.as_integer_ratio()
            return numbers.mpf(int(p)) / int(q)
        if isinstance(value, np.longdouble) and np.isfinite(value):  # Python has no such number
            p, q = value.as_integer_ratio()
            return numbers.mpf(p) / q
        if isinstance(value, mpmath.mp.constant):  # such as mpmath.pi, which is known to any precision
            return numbers.make_mpf(value.func(numbers.prec, "n"))
        return numbers.mpf(value.item() if isinstance(value, np.generic) else value)

    def functions() -> dict[str, Any]:
        own = {
            "abs": abs,
            "normal_cdf": lambda x: numbers.erfc(-x / numbers.sqrt(2)) / 2,
            "normal_tail": lambda x: numbers.erfc(-x / numbers.sqrt(2)) / 2 * numbers.exp(x * x / 2),
        }
        known = {name: getattr(numbers, name) for name in FUNCTIONS if hasattr(numbers, name)} | own
        single = {name: _of_reals(f, numbers.nan) for name, f in known.items()}
        largest, least = (_of_reals(f, numbers.nan) for f in (max, min))
        compare = _comparisons(lambda f: _on_entries(_of_reals(f, False), 2))
        found = _of_objects(single, lambda c, a, b: a if c else b, largest, least, compare)
        return {**found, "pi": numbers.pi * 1}

    return Arithmetic(object, lambda p, q=1: numbers.mpf(p) / q, _as_objects(exact), functions)


def _of_reals(function: Callable[..., Any], otherwise: object) -> Callable[..., Any]:
    """A function of numbers of mpmath as one of real numbers, which are what cells are made of."""

    def of_reals(*numbers: Array) -> Array:
        if not all(map(_is_real, numbers)):
            return otherwise
        try:
            found = function(*numbers)
        except (ZeroDivisionError, ValueError):
            return otherwise  # at a pole
        return found if isinstance(found, bool) or _is_real(found) else otherwise

    return of_reals


def _is_real(number: Array) -> bool:
    return not hasattr(number, "_mpc_") and not mpmath.isnan(number)


def are_real(array: Array) -> bool:
    """Whether all entries are real and finite numbers of mpmath."""
    return all(_is_real(number) and mpmath.isfinite(number) for number in np.ravel(np.asarray(array, dtype=object)))


in_reals = _on_entries(lambda number: number if _is_real(number) else mpmath.nan)
"""Numbers of mpmath, those that are not real as nan."""


def of_mpmath(array: Array) -> Array:
    """Numbers of a context of our own as those of mpmath, which users have."""
    return _to_mpmath(array)


_to_mpmath = _on_entries(number_of_mpmath)


def _as_ball(value: object) -> arb:
    if isinstance(value, sympy.Rational | Fraction):
        p, q = (value.p, value.q) if isinstance(value, sympy.Rational) else value.as_integer_ratio()
        return arb(fmpq(int(p), int(q)))
    if isinstance(value, np.longdouble) and np.isfinite(value):  # Python has no such number
        return arb(fmpq(*value.as_integer_ratio()))
    if isinstance(value, mpmath.mpf):
        p, q = mpmath.libmp.to_rational(value._mpf_)
        return arb(fmpq(int(p), int(q)))
    return arb(value.item() if isinstance(value, np.generic) else value)


def _certain(compare: Callable[[Any, Any], bool], against: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison that is certain, or none."""

    def decided(a: Array, b: Array) -> bool:
        if compare(a, b):
            return True
        if against(a, b):
            return False
        raise UndecidedError

    return decided


_AGAINST = {
    "less": "at_least", "at_most": "greater", "greater": "at_most", "at_least": "less", "equal": "different",
    "different": "equal",
}  # fmt: skip


def _sign_of_ball(x: Array) -> Array:
    if not x > 0 and not x < 0 and x != 0:
        raise UndecidedError
    return arb(1) if x > 0 else arb(-1) if x < 0 else arb(0)


def _of_two(choose: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The larger or the smaller of two balls, of which one may stand in an array without axes, as constants do."""

    def chosen(a: Array, b: Array) -> Array:
        return choose(*(arb(x[()] if isinstance(x, np.ndarray) else x) for x in (a, b)))

    return chosen


def _of_balls() -> dict[str, Array]:
    own = {
        "abs": abs,
        "sign": _sign_of_ball,
        "normal_cdf": lambda x: (-x / arb(2).sqrt()).erfc() / 2,
        "normal_tail": lambda x: (-x / arb(2).sqrt()).erfc() / 2 * (x * x / 2).exp(),
    }
    single = {name: getattr(arb, name) for name in FUNCTIONS if name not in own} | own
    plain = _comparisons(lambda f: f)
    certain = {name: _certain(plain[name], plain[_AGAINST[name]]) for name in COMPARISONS}
    compare = {name: _on_entries(f, 2) for name, f in certain.items()} | {ONE + n: f for n, f in certain.items()}
    found = _of_objects(single, lambda c, a, b: a if c else b, _of_two(arb.max), _of_two(arb.min), compare)
    return {**found, "pi": arb.pi()}


BALLS = Arithmetic(object, lambda p, q=1: arb(fmpq(p, q)), _as_objects(_as_ball), _of_balls)
