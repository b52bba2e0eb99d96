"""Where an expression has a real value, as conditions on its variables: no root of less than zero, no logarithm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Basic, Expr, S

from symgrad.activations import ActivationFunction
from symgrad.balls import UnsupportedError, enclose, is_real
from symgrad.language.provable import REAL_ON_REALS
from symgrad.language.statements import free_symbols
from symgrad.language.written import origin
from symgrad.symbols.totals import REAL_ON, is_total


class NoRealValue(Exception):
    """That an expression has no real value anywhere, or that it cannot be told where."""

    def __init__(self, of: Basic, is_certain: bool = False) -> None:
        super().__init__(of, is_certain)
        self.of, self.is_certain = of, is_certain


def conditions_of_real_value(e: Basic) -> tuple[Basic, ...]:
    """What must hold of the variables where every part of an expression has a real value; it may be false.

    Raises
    ------
    NoRealValue
        If there is none, or no rule says where.

    Examples
    --------
    >>> x, y = sympy.symbols("x y", real=True)
    >>> conditions_of_real_value(sympy.sqrt(x) / y + sympy.asin(y)), conditions_of_real_value(sympy.exp(-x) + 2)
    ((x >= 0, Ne(y, 0), y >= -1, y <= 1), ())
    """
    return tuple(c for c in dict.fromkeys(_asked(e)) if c != sympy.true)


def _asked(e: Basic) -> Iterator[Basic]:
    if not e.args or not free_symbols(e):
        yield from _of_number_or_symbol(e)
        return
    kind: Any = origin(e.func)
    if kind in _SIZES and all(map(_has_value, e.args)):
        return
    for part in e.args:
        yield from _asked(part)
    if isinstance(e, sympy.Pow):
        yield from _of_power(e.base, e.exp)
    elif kind.__name__ in REAL_ON and len(e.args) == 1:
        yield from _within(e.args[0], REAL_ON[kind.__name__])
    elif not isinstance(e, (sympy.Add, sympy.Mul, *REAL_ON_REALS, *_SIZES, ActivationFunction)) and not is_total(e):
        raise NoRealValue(e)


_SIZES = (sympy.Abs, sympy.re, sympy.im)  # which are real of all numbers


def _has_value(e: Basic) -> bool:
    """Whether an expression plainly has a value at all numbers, real or not."""
    if isinstance(e, sympy.Pow):
        return bool(e.exp.is_Integer and e.exp > 0) and _has_value(e.base)
    return not e.args or (isinstance(e, sympy.Add | sympy.Mul) and all(map(_has_value, e.args)))


def _of_number_or_symbol(e: Any) -> Iterator[Basic]:
    if not (e.is_real or (e.args and _is_enclosed(e))):
        raise NoRealValue(e, is_certain=e.is_real is False)
    yield from ()


def _is_enclosed(number: Expr) -> bool:
    """Whether a number is real by its enclosure."""
    try:
        return is_real(enclose(number, {}))
    except UnsupportedError:
        return False


def _of_power(base: Expr, exponent: Expr) -> Iterator[Basic]:
    """A quotient asks for a divisor, a root for no less than zero; what is positive has all powers."""
    if exponent.is_integer:
        if not exponent.is_nonnegative:
            yield sympy.Ne(base, 0)
    else:
        yield base >= 0 if exponent.is_nonnegative else base > 0


def _within(u: Expr, values: sympy.Interval) -> Iterator[Basic]:
    """That a number lies in an interval."""
    if values.start is not S.NegativeInfinity:
        yield _above(values.left_open)(u, values.start)
    if values.end is not S.Infinity:
        yield _above(values.right_open)(values.end, u).reversed


def _above(is_open: Any) -> Any:
    return sympy.StrictGreaterThan if is_open else sympy.GreaterThan
