"""Why a run has no numbers: whether the cell has no real value at the point, and what of it has none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Expr

from symgrad.balls import precision
from symgrad.balls.matrices import NotRealError, NoValueError
from symgrad.base.errors import CellError
from symgrad.base.untyped import Array
from symgrad.compute.numbers.arguments import Arguments, is_in_time, seen_shape
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.oracle import runs
from symgrad.symbols import LENGTH

BITS = 256
MOST_WORK = 1_000_000  # entries of arguments times steps, beyond which nothing is told


def without_value(grad: Backward, keys: Mapping[str, Expr], arguments: Arguments) -> CellError | None:
    """The error that says what has no real value at the arguments, which are balls; None where all has one."""
    work = sum(np.size(array) for array in arguments.arrays.values()) * arguments.length
    if work > MOST_WORK:
        return None
    sizes = {**arguments.sizes, LENGTH: arguments.length}
    for place in np.ndindex(*arguments.lead):
        point = {name: _at(array, keys[name], place) for name, array in arguments.arrays.items()}
        try:
            with precision(BITS):
                runs.evaluate(grad, point, sizes)
        except (NoValueError, NotRealError) as error:
            return type(error)(f"at point {place}, {error}" if place else str(error))
        except CellError:  # not certain: nothing is told
            return None
    return None


def _at(array: Array, key: Expr, place: tuple[int, ...]) -> Array:
    """An argument at a point of the leading axes."""
    own = array.ndim - len(seen_shape(key)) - is_in_time(key)
    axes = zip(array.shape[:own], place[len(place) - own :])
    return array[tuple(k if length > 1 else 0 for length, k in axes)]
