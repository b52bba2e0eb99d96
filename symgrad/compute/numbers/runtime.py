"""What generated source calls besides functions of numbers: products, sums, series; for arrays with leading axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from symgrad.base.errors import CellError
from symgrad.base.untyped import Array

MOST = 700.0  # exp of which is not infinite, and so large that 1 more is nothing
PIECE = 1 << 14  # entries of a series that are computed together
LINE = 8  # doubles in a line of a cache
LOW, HIGH = 2.0**-400, 2.0**400  # beyond, what is multiplied from step to step is divided by a power of two
BEYOND = 2.0**-960  # where one step leads from above LOW, a factor has lost digits


@dataclass(frozen=True)
class Algebra:
    """Operations on arrays whose last axes are those of a vector or matrix.

    Attributes
    ----------
    dtype : type
        ``float`` or ``object``.
    lead : tuple of int
        The leading axes of all arguments, broadcast.
    number : callable
        An exact fraction in the arithmetic.
    functions : mapping
        Those of numbers.
    is_watched : bool
        Whether all is to be computed by functions with which NumPy tells of what is too small for its numbers.
    """

    dtype: Any
    lead: tuple[int, ...]
    number: Callable[..., Any]
    functions: Mapping[str, Array]
    is_watched: bool = False

    def namespace(self) -> dict[str, Array]:
        """What generated source finds by name."""
        return {
            **self.functions,
            "number": self.number, "series": self.series, "blank": self.blank,
            "rows": self.rows, "zeros": self.zeros, "ones": self.ones,
            "identity": self.identity, "matvec": self.matvec,
            "step_stack": self._joined if self.dtype is float and not self.lead else self.stack,
            "step_matvec": np.dot if self.dtype is float and not self.lead else self.matvec,
            "matmul": np.matmul, "dot": self.dot, "outer": self.outer,
            "outer_total": self.outer_total, "total": self.total, "transpose": self.transpose, "stack": self.stack,
            "block": self.block, "trace": self.trace, "diagonal": self.diagonal, "matrix_power": self.matrix_power,
            "both": np.logical_and, "either": np.logical_or,
            "spread": self.spread, "listed": self.listed, "single": self.single, "places": self.places,
            "softmax": self.softmax, "logsumexp": self.logsumexp, "power": np.power, "None": None,
            "rescaled": self.rescaled, "add": np.add, "multiply": np.multiply, "divide": np.divide,
            "subtract": np.subtract, "negative": np.negative, "positive": np.positive, "room": self.room,
            "capped": self.capped, "faded": self.faded, "pieces": self.pieces,
        }  # fmt: skip

    def series(
        self,
        before: int,
        steps: int,
        after: int,
        shape: tuple[int, ...],
        first: Sequence[Array],
        later: Sequence[Array],
    ) -> Array:
        """An array for the values of a variable, zeros, with given rows before and after the steps."""
        made = self._filled((before + steps + after, *self.lead, *shape), 0)
        for k, row in enumerate(first[:before]):
            made[k, ...] = row  # a lone object, not the array around it
        for k, row in enumerate(later[:after]):
            made[before + steps + k, ...] = row
        return made

    def blank(
        self,
        before: int,
        steps: int,
        after: int,
        shape: tuple[int, ...],
        first: Sequence[Array],
        later: Sequence[Array],
    ) -> Array:
        """The same with anything in it where the steps are, which are all to be computed."""
        if self.dtype is not float:
            return self.series(before, steps, after, shape, first, later)
        made = np.empty((before + steps + after, *self.lead, *shape))
        for rows, given in ((made[:before], first), (made[before + steps :], later)):
            rows[...] = 0
            for k, row in enumerate(given[: len(rows)]):
                rows[k] = row
        return made

    @staticmethod
    def pieces(steps: int, series: Array) -> Iterator[tuple[int, int]]:
        """So many steps in parts, of which the entries of a series fit a cache, as where they start and end."""
        rows = max(1, PIECE // max(1, math.prod(series.shape[1:])))
        return ((low, min(low + rows, steps)) for low in range(0, steps, rows))

    def rows(self, count: int, shape: tuple[int, ...], given: Sequence[Array]) -> list[Array]:
        """Rows before the first step of what is carried along and not kept."""
        return list(self.series(count, 0, 0, shape, given, ()))

    def _filled(self, shape: tuple[int, ...], value: int) -> Array:
        if self.dtype is float:
            return np.full(shape, float(value)) if value else np.zeros(shape)
        made = np.empty(shape, dtype=object)
        made.fill(self.number(value))
        return made

    def room(self, shape: tuple[int, ...]) -> Array:
        """An array with anything in it, which starts where a line of a cache does."""
        whole = (*self.lead, *shape)
        raw = np.empty(math.prod(whole) + LINE)
        start = -raw.__array_interface__["data"][0] // 8 % LINE
        return raw[start : start + math.prod(whole)].reshape(whole)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return self._filled(shape, 0)

    def ones(self, shape: tuple[int, ...]) -> Array:
        return self._filled(shape, 1)

    def identity(self, size: int) -> Array:
        made = self.zeros((size, size))
        for k in range(size):
            made[k, k] = self.number(1)
        return made

    @staticmethod
    def rescaled(exponent: Array, lost: Array, *numbers: Array) -> tuple[Array, ...]:
        """Numbers divided by powers of two if one is near the end of the range, those powers, and where it was left."""
        size = reduce(np.maximum, map(np.abs, numbers))
        if size.min(initial=HIGH) > LOW and size.max(initial=LOW) < HIGH:
            return *numbers, exponent, lost
        _, powers = np.frexp(size)
        return *(np.ldexp(x, -powers) for x in numbers), exponent + powers, np.maximum(lost, size < BEYOND)

    @staticmethod
    def capped(x: Array) -> Array:
        """Numbers whose exponentials are finite: larger ones become `MOST`; the array itself, if there are none."""
        return x if np.maximum.reduce(x, axis=None, initial=MOST) <= MOST else np.minimum(x, MOST)

    @staticmethod
    def faded(slope: Array, x: Array, capped: Array) -> Array:
        """A slope that decays as exp(-x) does, known at capped numbers, where they stand for larger ones."""
        return slope if capped is x else slope * np.exp(capped - x)

    @staticmethod
    def matvec(matrix: Array, vector: Array) -> Array:
        if matrix.ndim == 2:
            return matrix @ vector if vector.ndim == 1 else vector @ matrix.T
        return (matrix * vector[..., None, :]).sum(axis=-1)

    @staticmethod
    def dot(left: Array, right: Array) -> Array:
        return (left * right).sum(axis=-1)

    @staticmethod
    def outer(left: Array, right: Array) -> Array:
        return left[..., :, None] * right[..., None, :]

    def outer_total(self, left: Array, right: Array) -> Array:
        """The sum over the first axis of outer products."""
        if left.ndim == right.ndim == 2:
            return left.T @ right
        if self.dtype is float and not self.is_watched:
            return np.einsum("t...i,t...j->...ij", left, right)
        return self.total(self.outer(left, right))

    def total(self, terms: Array) -> Array:
        return terms.sum(axis=0) if len(terms) else self._filled(terms.shape[1:], 0)

    @staticmethod
    def transpose(matrix: Array) -> Array:
        return np.swapaxes(matrix, -1, -2)

    @staticmethod
    def stack(*parts: Array) -> Array:
        lead = np.broadcast_shapes(*(p.shape[:-1] for p in parts))
        return np.concatenate([np.broadcast_to(p, (*lead, p.shape[-1])) for p in parts], axis=-1)

    @staticmethod
    def _joined(*parts: Array) -> Array:
        return np.concatenate(parts)

    @staticmethod
    def trace(matrix: Array) -> Array:
        return np.trace(matrix, axis1=-2, axis2=-1)

    def diagonal(self, vector: Array) -> Array:
        return vector[..., None] * self.identity(vector.shape[-1])

    def matrix_power(self, matrix: Array, exponent: int) -> Array:
        if exponent < 0:
            raise CellError(f"the inverse of a matrix is not part of programs; got the power {exponent}")
        found = self.identity(matrix.shape[-1])
        for _ in range(int(exponent)):
            found = found @ matrix
        return found

    def places(self, low: int, high: int, axes: int) -> Array:
        """The numbers of steps, shaped so that they fit series."""
        made = np.array([self.number(k) for k in range(low + 1, high + 1)], dtype=self.dtype)
        return made.reshape(-1, *[1] * (len(self.lead) + axes))

    def spread(self, scalar: Array, axes: int) -> Array:
        """A scalar with axes of length 1 for those of a vector or a matrix; NumPy hands a lone object over bare."""
        return np.asarray(scalar, dtype=self.dtype)[(..., *[None] * axes)]

    @staticmethod
    def listed(series: Array) -> list[Array]:
        """The numbers of a series of scalars."""
        found: list[Array] = series.tolist()
        return found

    def single(self, row: Array) -> Array:
        """A row of a series of scalars as a number."""
        return row.item() if isinstance(row, np.ndarray | np.generic) else row

    @staticmethod
    def block(rows: int, columns: int, *parts: Array) -> Array:
        """A matrix of matrices, given row by row."""
        lead = np.broadcast_shapes(*(p.shape[:-2] for p in parts))
        wide = [np.broadcast_to(p, (*lead, *p.shape[-2:])) for p in parts]
        made = [np.concatenate(wide[columns * k : columns * (k + 1)], axis=-1) for k in range(rows)]
        return np.concatenate(made, axis=-2)

    def softmax(self, vector: Array) -> Array:
        powers, _ = self._powers(vector)
        return powers / powers.sum(axis=-1, keepdims=True)

    def logsumexp(self, vector: Array) -> Array:
        """log of the sum of exponentials: the largest entry, and log1p of the others against it."""
        powers, place = self._powers(vector)
        others = np.where(np.arange(vector.shape[-1]) == place, self.number(0), powers)
        largest = np.take_along_axis(vector, place, -1)[..., 0]
        return largest + self.functions["log1p"](others.sum(axis=-1))

    def _powers(self, vector: Array) -> tuple[Array, Array]:
        """Exponentials of what each entry is below the largest, and where that is; of balls, one that may be it."""
        key = vector if self.dtype is float else np.vectorize(float, otypes=[float])(vector)
        place = np.asarray(np.argmax(key, axis=-1))[..., None]
        return self.functions["exp"](vector - np.take_along_axis(vector, place, -1)), place
