"""Layouts: how vectors and matrices of a cell are held in vectors of the processor, and where they lie in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from llvmlite import ir
from sympy import Expr

from symgrad.compute.llvm.vector_math import DOUBLE

WIDTH = 8  # doubles in a vector; two of the registers of a processor of today

INDEX = ir.IntType(32)  # of a place in a vector

Part = Any
Rows = list[list[Part]]


@dataclass(frozen=True)
class Value:
    """A number, a vector or a matrix: rows of parts, each a value of LLVM that holds some neighbouring entries."""

    shape: tuple[int, ...]
    rows: Rows


@dataclass(frozen=True)
class Place:
    """An array in memory.

    Attributes
    ----------
    number : int
        In the table.
    shape : tuple of int
        Of a row.
    has_points : bool
        Whether it differs from point to point; those are its last axis.
    """

    number: int
    shape: tuple[int, ...]
    has_points: bool


@dataclass(frozen=True)
class Layout:
    """How entries are held.

    Attributes
    ----------
    lanes : int
        How many points at a time; 0 without leading axes.
    sizes : dict of Symbol to int
    """

    lanes: int
    sizes: Mapping[Any, int]

    def size(self, e: Expr) -> int:
        return int(sympy.S(e).xreplace({s: sympy.Integer(v) for s, v in self.sizes.items()}))

    def shape(self, sizes: Iterable[object]) -> tuple[int, ...]:
        return tuple(map(self.size, sizes))

    def chunks(self, size: int) -> list[tuple[int, int]]:
        """Where the parts of a row start, and how many entries each has."""
        if self.lanes:
            return [(k, 1) for k in range(size)]
        return [(k, min(WIDTH, size - k)) for k in range(0, size, WIDTH)]

    def kind(self, width: int = 1) -> ir.Type:
        """The type of a part."""
        count = self.lanes or width
        return ir.VectorType(DOUBLE, count) if count > 1 else DOUBLE

    def rows(self, shape: tuple[int, ...]) -> list[list[tuple[int, int]]]:
        """For each row of a value, where its parts start among all entries, and how many each has."""
        if not shape:
            return [[(0, 1)]]
        count = shape[0] if len(shape) == 2 else 1
        return [[(i * shape[-1] + start, width) for start, width in self.chunks(shape[-1])] for i in range(count)]
