"""Zeros that may be none: a result that is 0 throughout, or nearly, is reason to ask whether a number was too small."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np

from symgrad.base.untyped import Array
from symgrad.compute.numbers.arithmetic import NEARLY_ZERO

OVERFLOWN = (
    "a number on the way is beyond the range of doubles, and what is divided by it counts as 0; "
    "use scaled=True or backend='balls'"
)


def are_larger(arrays: Iterable[object], than: float) -> bool:
    """Whether there are entries of a larger modulus."""
    found = (np.asarray(array, dtype=float) for array in arrays)
    return any(max(array.max(initial=0), -array.min(initial=0)) > than for array in found)


def points_of_zeros(arrays: Iterable[Array], leads: int) -> Array | None:
    """At which points of the leading axes one of the arrays is 0 throughout, or nearly; None if at no point.

    Most often the first entries tell that there is none.
    """
    if not leads:
        arrays = [array for array in arrays if abs(array.item(0)) < NEARLY_ZERO]
    found = [points for array in arrays if (points := _points(array, leads)) is not None]
    return reduce(np.logical_or, found) if found else None


def _points(array: Array, leads: int) -> Array | None:
    """The same of one array."""
    found = np.array(np.abs(array[(..., *[0] * (array.ndim - leads))]) < NEARLY_ZERO)
    if not found.any():
        return None
    suspects = np.abs(array[found])
    found[found] = suspects.reshape(len(suspects), -1).max(axis=1) < NEARLY_ZERO
    return found if found.any() else None
