"""Finite differences that know their error: in doubles where those can see, in many digits where they cannot."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from symgrad.base.errors import CellError
from symgrad.base.kinds import function_of, real_number
from symgrad.base.precision import TURN
from symgrad.base.shown import one_line
from symgrad.base.untyped import Array

HALVINGS = 12  # of the first step; the truncation of order 2 falls by 4 each time
CONTROL = 2  # the factor by which a difference of two estimates is taken for the error of the better one
ULPS = 4  # by which a function of doubles is taken to be wrong at least
POINTS = 8  # on each side, at which noise is looked for
ORDERS = (4, 5, 6)  # of differences, in which noise is as large as in values and what is smooth is small
SEEN = 3  # distances that are to show noise
SAFETY = 4  # standard deviations
SPANS = 24  # halvings of the distances at which noise is looked for, beyond those of steps
NEIGHBOURS = 4
MOST_DIGITS = 6000
SPARE = 20  # digits that are kept beyond those that are asked for, and those of an error
LEAST = 2.0**-1074  # the least positive double


@dataclass(frozen=True)
class Estimate:
    """A derivative, and how far it may be off.

    Attributes
    ----------
    value, error : float or mpf
        The estimate and a bound of its error, truncation and rounding together.
    method : str
    """

    value: Array
    error: Array
    method: str

    @property
    def is_informative(self) -> bool:
        """Whether it tells the derivative from 0."""
        return bool(abs(self.value) > self.error)


def difference(f: Callable[[Any], Any], at: float, step: float | None = None, noise: float | None = None) -> Estimate:
    """The derivative of a function of a double by central differences, extrapolated to step 0.

    Differences over steps h, h/2, h/4, … are extrapolated as Richardson and Ridders do. The error is the distance to
    the neighbours in the table, for the truncation; the noise of f divided by the step; and what the slopes ahead and
    behind differ by when the same is done with them, which at a kink does not go to 0.

    Parameters
    ----------
    f : callable
        From a float to a float. It is called at up to 350 places around `at`, no farther away than the first step.
    at : float
        Where.
    step : float, optional
        The first step; an eighth of the size of `at`, but at least an eighth, unless given.
    noise : float, optional
        By how much a value of f may be off. Unless given it is 4 units in its last place, or what the differences of
        many values of f show, if that is more. What lost so many digits that f does not change shows none.

    Returns
    -------
    Estimate
        As `value` the derivative, as `error` a bound of how far it may be off, with truncation and rounding;
        `is_informative` says whether it tells the derivative from 0.

    References
    ----------
    Ridders, Accurate computation of F'(x) and F'(x) F''(x) (1982); Moré, Wild, Estimating computational noise (2011).

    Examples
    --------
    >>> import math
    >>> estimate = difference(math.exp, 1.0)
    >>> abs(estimate.value - math.e) <= estimate.error < 1e-10
    True
    >>> difference(lambda x: 1 + 1e-20 * x, 1.0).is_informative
    False
    >>> difference(lambda x: max(x, 0.0), 0.0)
    Estimate(value=0.5, error=1.0, method='central differences')
    """
    function_of(f, "difference takes a function of a double")
    at = real_number(at, "a difference is taken at a real number")
    first = step or max(abs(at), 1.0) / 8
    lost = _noise(f, float(at), first) if noise is None else noise
    found = list(_table(f, float(at), first, ULPS * 2.0**-53 if noise is None else 0.0, lost))
    return min(found, key=lambda estimate: float(estimate.error))


def _table(f: Callable[[Any], Any], at: Array, first: Array, relative: Array, noise: Array) -> Iterator[Estimate]:
    """The estimates of Ridders' table, row by row; errors of f relative to its value, and others."""
    middle = f(at)
    above: list[Array] = []
    gaps_above: list[Array] = []
    for k in range(HALVINGS):
        h = first / 2**k
        ahead, behind = f(at + h), f(at - h)
        lost = max(relative * (abs(ahead) + abs(behind)), 2 * noise) / (2 * h)
        rounding = lost + abs(at) * relative * abs(ahead - behind) / (2 * h * h)
        row, gaps = [(ahead - behind) / (2 * h)], [(ahead - 2 * middle + behind) / h]
        for order, (before, gap) in enumerate(zip(above, gaps_above), 1):
            row.append((4**order * row[-1] - before) / (4**order - 1))
            gaps.append((2 ** (2 * order - 1) * gaps[-1] - gap) / (2 ** (2 * order - 1) - 1))
            truncation = CONTROL * max(abs(row[-1] - row[-2]), abs(row[-1] - before))
            yield Estimate(row[-1], max(truncation + 2 * rounding, abs(gaps[-1])), "central differences")
        above, gaps_above = row, gaps


def _noise(f: Callable[[Any], Any], at: float, first: float) -> float:
    """The noise of f around a place: what is left in differences of high order at the least distances that show any.

    What is smooth is nothing there. At lesser distances a function that lost its digits before does not change at all.
    """
    found: list[float] = []
    for k in range(HALVINGS + SPANS, -1, -2):
        values = np.array([float(f(at + j * (first / 2**k) / POINTS)) for j in range(-POINTS, POINTS + 1)])
        size = min(_size(np.diff(values, order), order) for order in ORDERS)
        found += [size] if size > 0 else []
        if len(found) == SEEN:
            break
    return SAFETY * max(found, default=0.0)


def _size(differences: Array, order: int) -> float:
    """The standard deviation of values that are off by chance, from their differences of an order."""
    return float(np.sqrt(np.mean(differences**2) / math.comb(2 * order, order)))


def precise_difference(f: Callable[[Any], Any], at: float, digits: int = 15) -> Estimate:
    """The derivative of a function of numbers of mpmath, however small it is, with so many digits beyond its error.

    The precision is raised until the derivative stands out of its error, or `MOST_DIGITS` are reached; then the
    estimate says that it tells nothing. It is the precision of mpmath, which all threads share, because `f` computes
    with functions of mpmath: it is as before when the call returns, and other threads see it until then.

    Parameters
    ----------
    f : callable
        From a number of mpmath to one, with functions of mpmath; smooth around `at`.
    at : float or mpf
        Where.
    digits : int
        How many digits of the derivative are to lie beyond its error; 15, those of a double, unless given.

    Returns
    -------
    Estimate
        As `value` and `error` numbers of mpmath, and as `method` at how many digits they were computed: 60, or twice
        as many again and again up to 7680. Of a derivative that is 0, `is_informative` is False.

    Examples
    --------
    >>> import mpmath
    >>> estimate = precise_difference(lambda x: 1 + mpmath.exp(-1000 * x), 2)
    >>> mpmath.nstr(estimate.value, 8), bool(estimate.error < abs(estimate.value) * 1e-15)
    ('-2.5765359e-866', True)
    """
    function_of(f, "precise_difference takes a function of a number of mpmath")
    real_number(at, "a difference is taken at a real number")
    working = 60
    while True:
        with TURN, mpmath.workdps(working):  # f computes with functions of mpmath, at the precision of the process
            step = mpmath.mpf(10) ** (-(working // 4))
            place = mpmath.mpf(at)
            table = list(_table(f, place, step, mpmath.mpf(10) ** (3 - working), mpmath.mpf(0)))
            best = min(table[:9], key=lambda found: found.error)
            is_seen = best.error * mpmath.mpf(10) ** digits < abs(best.value)
            if is_seen or working >= MOST_DIGITS:
                return _shortened(best, digits + SPARE, f"central differences at {working} digits")
        working *= 2


def _shortened(best: Estimate, digits: int, method: str) -> Estimate:
    """An estimate of so many digits, since mpmath prints none of thousands that lie far out."""
    with TURN, mpmath.workdps(digits):
        value = +best.value
    lost = abs(value - best.value)
    with TURN, mpmath.workdps(SPARE):
        return Estimate(value, (best.error + lost) * (1 + mpmath.mpf(10) ** (2 - SPARE)), method)


def complex_step(f: Callable[[Any], Any], at: float) -> Estimate:
    """The derivative of an analytic function from one step into the complex plane: no two values are subtracted.

    The error is 4 units in the last place, and what the estimates at neighbouring doubles differ by: what f loses
    inside it loses at each of them by chance. It is never below 4 times the least double over the step, about 2e-223,
    so that what became 0 on the way lies within.

    Parameters
    ----------
    f : callable
        From a complex number to one, made of analytic functions, such as those of NumPy or of cmath.
    at : float
        Where, on the real line.

    Returns
    -------
    Estimate
        As `value` the derivative, as `error` how far it may be off, both doubles.

    Raises
    ------
    CellError
        If the function gives no complex number, or one whose real part is not its value, or central differences
        disagree: then it is not analytic as it is written, for instance because it takes an absolute value. Also if
        the derivative is too small for doubles, where central differences see one.

    References
    ----------
    Squire, Trapp, Using complex variables to estimate derivatives of real functions (1998).

    Examples
    --------
    >>> import numpy as np
    >>> complex_step(np.exp, 1.0).value - np.e
    0.0
    """
    takes = "the complex step needs a function that takes complex numbers and gives one"
    function_of(f, takes)
    at = real_number(at, "a complex step is taken at a real number")
    step = 1e-100 * max(abs(at), 1.0)
    try:
        value, real = f(complex(at, step)), f(complex(at, 0.0))
    except TypeError as refusal:
        raise CellError(f"{takes}; it says: {one_line(str(refusal))}") from refusal
    if not isinstance(value, complex | np.complexfloating):
        raise CellError(takes)
    if np.real(value) != np.real(real):
        raise CellError("the function is not analytic as it is written; its value changes with an imaginary part")
    slope = _slope(value, step)
    check = difference(lambda x: float(np.real(f(complex(x, 0.0)))), at)
    near = [_slope(f(complex(at + k * math.ulp(at), step)), step) for k in range(-NEIGHBOURS, NEIGHBOURS + 1)]
    lost = ULPS * LEAST / step  # what became 0 on the way
    error = ULPS * 2.0**-53 * abs(slope) + max(abs(other - slope) for other in near) + lost
    if slope == 0 and check.is_informative:
        raise CellError("the derivative times the complex step is below the range of doubles; use precise_difference")
    if abs(check.value - slope) > check.error + error:
        raise CellError("the function is not analytic as it is written; central differences disagree")
    return Estimate(slope, error, "complex step")


def _slope(value: Array, step: float) -> float:
    return float(np.complex128(value).imag) / step
