"""A computation in the arithmetic of a backend; in balls, until the digits that were asked for are certain."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import mpmath
import numpy as np
from flint import arb

from symgrad.balls import precision
from symgrad.compute.arithmetic import BALLS, DOUBLES, MPMATH, Arithmetic, UndecidedError
from symgrad.errors import CellError, PrecisionError

BACKENDS = ("numpy", "compiled", "mpmath", "balls")
DIGITS = 50  # unless asked for otherwise
GUARD_DIGITS = 15
BITS_PER_DIGIT = math.log2(10)
MOST_BITS = 1 << 15

Result = TypeVar("Result")


def in_arithmetic(
    backend: str,
    digits: int | None,
    compute: Callable[[Arithmetic], Result],
    numbers_of: Callable[[Result], Iterator[Any]],
) -> Result:
    """What is computed in the arithmetic of a backend.

    Parameters
    ----------
    backend : str
    digits : int or None
        Of mpmath and of balls.
    compute : callable
        The computation; called again with more bits while its balls are too wide.
    numbers_of : callable
        The numbers in its result whose digits are to be certain.

    Raises
    ------
    PrecisionError
        If the digits that were asked for cannot be made certain; it tells the precision that was reached.
    """
    wanted = digits or DIGITS
    if backend == "numpy":
        with np.errstate(all="ignore"):
            return compute(DOUBLES)
    if backend == "mpmath":
        with mpmath.workdps(wanted + GUARD_DIGITS):
            return compute(MPMATH)
    bits = int((wanted + GUARD_DIGITS) * BITS_PER_DIGIT)
    while bits <= MOST_BITS:
        with precision(bits), contextlib.suppress(UndecidedError):
            found = compute(BALLS)
            if all(_is_certain(x, wanted) for x in numbers_of(found)):
                return found
        bits *= 2
    raise PrecisionError("the run", wanted, bits // 2)


def _is_certain(ball: arb, digits: int) -> bool:
    return bool(ball.is_zero() or ball.rel_accuracy_bits() >= digits * BITS_PER_DIGIT)


def check_options(backend: str, digits: int | None) -> None:
    """Raise CellError if there is no such backend, or if it has no digits to choose."""
    if backend not in BACKENDS:
        raise CellError(f"backend is one of {', '.join(BACKENDS)}; got {backend!r}")
    if digits is not None and backend not in ("mpmath", "balls"):
        raise CellError(f"digits are for the backends mpmath and balls; the backend is {backend}")
