"""Zeros that may be none: a result that is 0 throughout, or nearly, is reason to ask whether a number was too small."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Literal

import numpy as np

from symgrad.base.untyped import Array
from symgrad.compute.numbers.arithmetic import NEARLY_ZERO
from symgrad.compute.program.program import Program

OVERFLOWN = (
    "a number on the way is beyond the range of doubles, and what is divided by it counts as 0; "
    "use scaled=True or backend='balls'"
)


# Up to which arguments products of up to sixteen, and exponentials of up to forty times as much, are doubles: the first
# as a power of two.
_REACH_OF_PRODUCTS, _REACH_OF_EXPONENTIALS = 64.0, 16.0
_QUOTIENTS, _GIVEN = ("divide", "exp_of_quotient"), ("number", "constant", "parameter", "size", "step", "length")
_STEEP = ("exp", "expm1", "cosh", "sinh", "exp_of_product", "exp_of_quotient")


@contextmanager
def told_of(**events: Literal["call"]) -> Iterator[deque[object]]:
    """What NumPy tells of operations out of the range, as of those with ``over="call"``: the last one, or none."""
    told: deque[object] = deque(maxlen=1)
    with np.errstate(all="ignore", call=lambda *event: told.append(event), **events):
        yield told


def reach_of(program: Program) -> float:
    """How large arguments and states may be before it is asked whether a number on the way is beyond the range.

    Where no divisor is computed it is never asked: what is infinite stays so, and is told, or has the limit of a
    function that saturates.
    """
    nodes = {node for line in program.lines for node in line.node.walk()}
    if all(node.args[1].op in _GIVEN for node in nodes if node.op in _QUOTIENTS):
        return math.inf
    if any(node.op in _STEEP for node in nodes):
        return _REACH_OF_EXPONENTIALS
    powers = [float(node.data) for node in nodes if node.op == "power"]
    return float(2.0 ** min([_REACH_OF_PRODUCTS, *(255 / power for power in powers)]))


def are_larger(arrays: Iterable[object], than: float) -> bool:
    """Whether there are entries of a larger modulus; most often the sum of the squares tells that there are none."""
    if than == math.inf:
        return False
    found = (np.asarray(array, dtype=float) for array in arrays)
    return any(not np.vdot(a, a) <= than**2 and np.abs(a).max(initial=0) > than for a in found)


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
