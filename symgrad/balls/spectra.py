"""Enclosures of the spectral norm and of the spectral radius of a matrix of balls.

A matrix of fractions has a characteristic polynomial of fractions, whose roots are isolated with certainty. For balls
the norm lies between two bounds that any power of the positive semidefinite matrix S = M^T M of size n gives,

    (tr S^k / n)^(1/k) <= ||M||^2 <= (tr S^k)^(1/k),

and the radius is the largest of eigenvalues that are enclosed all together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flint import acb_mat, arb, ctx, fmpq, fmpq_mat, fmpq_poly

from symgrad.balls.values import UNKNOWN, Ball, Value, ball
from symgrad.base.precision import precision
from symgrad.base.untyped import Array

# Of S: 2**48 as exponent leaves a factor of n**(2**-48) between the bounds, 1 + 4e-15 for matrices of size 3.
SQUARINGS = 48


def spectral_norm(matrix: Array) -> Value:
    """An enclosure of the largest singular value of an array of balls.

    Examples
    --------
    >>> import numpy as np
    >>> print(spectral_norm(np.array([[arb(3), arb(0)], [arb(4), arb(0)]], dtype=object)))
    5
    """
    if not is_real(matrix):
        return UNKNOWN
    array = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    entries = _fractions(array)
    if entries is not None:
        exact = fmpq_mat(*array.shape, entries)
        found = _largest_root((exact.transpose() * exact).charpoly())
        return found if found is UNKNOWN else _root(found)
    return _by_powers(array.T @ array)


def spectral_radius(matrix: Array) -> Value:
    """An enclosure of the largest absolute value of an eigenvalue of a square array of balls.

    Examples
    --------
    >>> import numpy as np
    >>> print(spectral_radius(np.array([[arb(0), arb(1)], [arb(0), arb(0)]], dtype=object)))
    0
    """
    if not is_real(matrix):
        return UNKNOWN
    entries = _fractions(matrix)
    if entries is not None:
        return _largest_root(fmpq_mat(*matrix.shape, entries).charpoly())
    try:
        found = acb_mat(*matrix.shape, [ball(e) for e in matrix.ravel()]).eig(multiple=True)
    except ValueError:  # the eigenvalues could not be told apart
        return UNKNOWN
    return _largest(abs(value) for value in found)


def _fractions(array: Array) -> list[fmpq] | None:
    """The entries, where all are exact."""
    found = [fraction(entry) for entry in array.ravel()]
    return None if None in found else found


LARGEST_EXPONENT = 4000  # of the exact balls that are looked at as fractions


def fraction(value: Array) -> fmpq | None:
    """A value as a fraction, where it is exact."""
    if isinstance(value, fmpq):
        return value
    if not isinstance(value, arb) or not value.is_exact() or not value.is_finite():
        return None
    mantissa, exponent = value.man_exp()
    if abs(int(exponent)) > LARGEST_EXPONENT:
        return None
    power = fmpq(2) ** abs(int(exponent))
    return mantissa * power if exponent >= 0 else mantissa / power


def _largest_root(polynomial: fmpq_poly) -> Value:
    """The largest absolute value of a root; exact where it is that of a fraction."""
    enclosed = [abs(root) for root, _ in polynomial.numer().complex_roots()]
    largest = _largest(enclosed)
    rational = [abs(root) for root, _ in polynomial.roots()]
    if not rational:
        return largest
    candidate = max(rational)
    # Enclosures of different roots do not meet, so that only those of the fraction itself hold it.
    others = [e for e in enclosed if not e.contains(candidate)]
    return candidate if all(e < candidate for e in others) else largest


def _largest(values: Iterable[arb]) -> Value:
    found = arb(0)
    for value in values:
        found = found.max(value)
    return found


def _root(square: Ball) -> Value:
    """The square root of what is not negative; exact where it is a fraction."""
    if isinstance(square, fmpq):
        top, bottom = square.p.isqrt(), square.q.isqrt()
        if top * top == square.p and bottom * bottom == square.q:
            return fmpq(top, bottom)
        return arb(square).sqrt()
    return square.max(arb(0)).sqrt()


def _by_powers(square: Array) -> Value:
    """The norm whose square is the largest eigenvalue of a positive semidefinite matrix: the narrowest enclosure."""
    size = len(square)
    found: arb | None = None
    with precision(ctx.prec + 2 * SQUARINGS):  # each squaring doubles the relative error
        logarithm = arb(0)  # of the trace of the power, to the power of one over the exponent
        for k in range(SQUARINGS + 1):
            trace = sum((square[i, i] for i in range(size)), arb(0))
            if not trace > 0:
                return found if found is not None else _near_zero(trace)
            logarithm += trace.log() / 2**k
            lower = ((logarithm - arb(size).log() / 2**k) / 2).exp()
            between = lower.union((logarithm / 2).exp())
            found = between if found is None or between.rad() < found.rad() else found
            square = square / trace
            square = square @ square
    return found


def _near_zero(trace: arb) -> Value:
    """A norm of which only an upper bound is known."""
    above = trace.abs_upper().sqrt() if trace.is_finite() else None
    return UNKNOWN if above is None else arb(0).union(above)


def is_real(matrix: Any) -> bool:
    """Whether all entries are enclosed by real balls."""
    return all(isinstance(entry, fmpq | arb) for entry in matrix.ravel())
