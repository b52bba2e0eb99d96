"""Finite differences that know their error: in doubles where those can see, in many digits where they cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from symgrad.errors import CellError

HALVINGS = 12  # of the first step; the truncation of order 2 falls by 4 each time
CONTROL = 2  # the factor by which a difference of two estimates is taken for the error of the better one
NOISE = 4  # units in the last place by which a function of doubles is taken to be wrong
MOST_DIGITS = 6000


@dataclass(frozen=True)
class Estimate:
    """A derivative, and how far it may be off.

    Attributes
    ----------
    value, error : float or mpf
        The estimate and a bound of its error, truncation and rounding together.
    method : str
    """

    value: Any
    error: Any
    method: str

    @property
    def is_informative(self) -> bool:
        """Whether it tells the derivative from 0."""
        return bool(abs(self.value) > self.error)


def difference(f: Callable[[Any], Any], at: float, step: float | None = None) -> Estimate:
    """The derivative of a function of a double by central differences, extrapolated to step 0.

    Differences over steps h, h/2, h/4, … are extrapolated as Richardson and Ridders do. The error is the distance to
    the neighbours in the table, for the truncation, and the rounding of the values of f divided by the step.

    Parameters
    ----------
    f : callable
        From a float to a float.
    at : float
    step : float, optional
        The first step; an eighth of the size of `at`, or an eighth, unless given.

    References
    ----------
    Ridders, Accurate computation of F'(x) and F'(x) F''(x) (1982).

    Examples
    --------
    >>> import math
    >>> estimate = difference(math.exp, 1.0)
    >>> abs(estimate.value - math.e) <= estimate.error < 1e-10
    True
    >>> difference(lambda x: 1 + 1e-20 * x, 1.0).is_informative
    False
    """
    first = step or max(abs(at), 1.0) / 8
    return min(_table(f, float(at), first, NOISE * 2.0**-53), key=lambda found: float(found.error))


def _table(f: Callable[[Any], Any], at: Any, first: Any, noise: Any) -> Iterator[Estimate]:
    """The estimates of Ridders' table, row by row."""
    above: list[Any] = []
    for k in range(HALVINGS):
        h = first / 2**k
        ahead, behind = f(at + h), f(at - h)
        rounding = noise * (abs(ahead) + abs(behind)) / (2 * h) + abs(at) * noise * abs(ahead - behind) / (2 * h * h)
        row = [(ahead - behind) / (2 * h)]
        for order, before in enumerate(above, 1):
            row.append((4**order * row[-1] - before) / (4**order - 1))
            truncation = CONTROL * max(abs(row[-1] - row[-2]), abs(row[-1] - before))
            yield Estimate(row[-1], truncation + 2 * rounding, "central differences")
        above = row


def precise_difference(f: Callable[[Any], Any], at: Any, digits: int = 15) -> Estimate:
    """The derivative of a function of numbers of mpmath, however small it is, with so many digits beyond its error.

    The precision is raised until the derivative stands out of its error, or `MOST_DIGITS` are reached; then the
    estimate says that it tells nothing.

    Examples
    --------
    >>> import mpmath
    >>> estimate = precise_difference(lambda x: 1 + mpmath.exp(-1000 * x), 2)
    >>> mpmath.nstr(estimate.value, 8), bool(estimate.error < abs(estimate.value) * 1e-15)
    ('-2.5765359e-866', True)
    """
    working = 60
    while True:
        with mpmath.workdps(working):
            step = mpmath.mpf(10) ** (-(working // 4))
            place = mpmath.mpf(at)
            table = list(_table(f, place, step, mpmath.mpf(10) ** (3 - working)))
            best = min(table[:9], key=lambda found: found.error)
        if best.error * mpmath.mpf(10) ** digits < abs(best.value):
            return Estimate(best.value, best.error, f"central differences at {working} digits")
        if working >= MOST_DIGITS:
            return Estimate(best.value, best.error, f"central differences at {working} digits")
        working *= 2


def complex_step(f: Callable[[Any], Any], at: float) -> Estimate:
    """The derivative of an analytic function from one step into the complex plane: nothing cancels.

    Raises
    ------
    CellError
        If the function gives no complex number, or one whose real part is not its value: then it is not analytic as
        it is written, for instance because it takes an absolute value.

    References
    ----------
    Squire, Trapp, Using complex variables to estimate derivatives of real functions (1998).

    Examples
    --------
    >>> import numpy as np
    >>> complex_step(np.exp, 1.0).value - np.e
    0.0
    """
    step = 1e-100 * max(abs(at), 1.0)
    value, real = f(complex(at, step)), f(complex(at, 0.0))
    if not isinstance(value, complex | np.complexfloating):
        raise CellError("the complex step needs a function that takes complex numbers and gives one")
    if np.real(value) != np.real(real):
        raise CellError("the function is not analytic as it is written; its value changes with an imaginary part")
    slope = float(np.complex128(value).imag) / step
    check = difference(lambda x: float(np.real(f(complex(x, 0.0)))), at)
    if abs(check.value - slope) > check.error + NOISE * 2.0**-53 * abs(slope):
        raise CellError("the function is not analytic as it is written; central differences disagree")
    return Estimate(slope, NOISE * 2.0**-53 * abs(slope), "complex step")
