"""A computation in the arithmetic of a backend; in balls, until the digits that were asked for are certain."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from symgrad.balls import precision
from symgrad.compute.arithmetic import BALLS, DOUBLES, Arithmetic, UndecidedError, in_digits_of
from symgrad.compute.program import Program
from symgrad.errors import CellError, PrecisionError
from symgrad.precision import many_digits

if TYPE_CHECKING:
    from symgrad.compute.compiled import Compiled

BACKENDS = ("numpy", "compiled", "mpmath", "balls")
DIGITS = 50  # unless asked for otherwise
GUARD_DIGITS = 15
DOUBLE_BITS = 53
BITS_PER_DIGIT = math.log2(10)
MOST_BITS = 1 << 15

Result = TypeVar("Result")


def in_arithmetic(
    backend: str,
    digits: int | None,
    compute: Callable[[Arithmetic], Result],
    numbers_of: Callable[[Result], Iterator[Any]],
    scaled: bool = False,
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
    scaled : bool
        Whether nothing may under- or overflow: then balls are computed with the precision of doubles.

    Raises
    ------
    PrecisionError
        If the digits that were asked for cannot be made certain; it tells the precision that was reached.
    """
    wanted = digits or DIGITS
    if scaled:
        return in_balls(compute, numbers_of, 2 * DOUBLE_BITS, DOUBLE_BITS + 1)
    if backend in ("numpy", "compiled"):
        with np.errstate(all="ignore"):
            return compute(DOUBLES)
    if backend == "mpmath":
        with many_digits(wanted + GUARD_DIGITS) as numbers:
            return compute(in_digits_of(numbers))
    start = int((wanted + GUARD_DIGITS) * BITS_PER_DIGIT)
    return in_balls(compute, numbers_of, start, int(wanted * BITS_PER_DIGIT) + 1)


def in_balls(
    compute: Callable[[Arithmetic], Result], numbers_of: Callable[[Result], Iterator[Any]], start: int, wanted: int
) -> Result:
    """What is computed in balls, with more and more bits, until as many as are wanted are certain in each number."""
    bits = start
    while bits <= MOST_BITS:
        with precision(bits), contextlib.suppress(UndecidedError):
            found = compute(BALLS)
            if all(x.is_zero() or x.rel_accuracy_bits() >= wanted for x in numbers_of(found)):
                return found
        bits *= 2
    raise PrecisionError("the run", int(wanted / BITS_PER_DIGIT), bits // 2)


def compiled_source(program: Program, kept: Iterable[Any] | None, threads: int) -> Compiled | None:
    """A program in machine code; without the libraries for it a warning, and None."""
    try:
        from symgrad.compute.compiled import Compiled
    except ImportError:
        warnings.warn(
            "backend='compiled' needs the extra fast: pip install 'symgrad[fast]'; computed with numpy instead",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return Compiled.of(program, kept, threads)


def check_options(backend: str, digits: int | None, scaled: bool = False, threads: int = 1) -> None:
    """Raise CellError if there is no such backend, or if it has no such option."""
    if backend not in BACKENDS:
        raise CellError(f"backend is one of {', '.join(BACKENDS)}; got {backend!r}")
    if not isinstance(threads, int) or threads < 1:
        raise CellError(f"threads is a positive integer; got {threads!r}")
    if threads > 1 and backend != "compiled":
        raise CellError(f"threads are for the backend compiled; the backend is {backend}")
    if digits is not None and backend not in ("mpmath", "balls"):
        raise CellError(f"digits are for the backends mpmath and balls; the backend is {backend}")
    if scaled and backend not in ("numpy", "compiled"):
        raise CellError(f"scaled=True is for the backends numpy and compiled; {backend} never underflows")
