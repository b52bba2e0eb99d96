"""Arrays for the arguments of a run: their shapes at given sizes, and one number in all their places."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy
from flint import fmpq
from sympy import Expr, Symbol

from symgrad.balls.spectra import fraction
from symgrad.base.untyped import Array
from symgrad.symbols import shape_of


def shape_at(key: Expr, sizes: Mapping[Symbol, int]) -> tuple[int, ...]:
    """The shape of an argument where the sizes are these."""
    known = {s: sympy.Integer(k) for s, k in sizes.items()}
    return tuple(int(sympy.S(side).xreplace(known)) for side in shape_of(key))


def is_square(shape: tuple[int, ...]) -> bool:
    """Whether it is the shape of a square matrix that is no number."""
    return len(shape) == 2 and shape[0] == shape[1] > 1


def plain_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a column as that of a vector."""
    return shape[:1] if len(shape) == 2 and shape[1] == 1 else shape


def unwrapped(array: Array) -> Array:
    """A column as a vector, and a scalar as itself."""
    if array.ndim == 0:
        return array.item()
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def filled(shape: tuple[int, ...], number: fmpq) -> Array:
    """An array of one number, which stands on the diagonal of a square matrix."""
    if is_square(shape):
        return np.eye(shape[0], dtype=int) * number
    return unwrapped(np.full(shape, number, dtype=object))


def exactly(values: Array) -> Array | None:
    """An array of exact balls as one of fractions; nothing where one is no fraction."""
    found = np.array([fraction(v) for v in np.ravel(values)], dtype=object).reshape(np.shape(values))
    if any(v is None for v in found.ravel()):
        return None
    return found if found.ndim else found.item()
