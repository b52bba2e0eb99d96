"""Memory of a pass in machine code: rows of arrays, and room on the stack for what goes from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llvmlite import ir
from sympy import Expr, MatrixExpr

from symgrad.compute.arrays.emit import Pads
from symgrad.compute.llvm.layouts import INDEX, Layout, Part, Place, Value
from symgrad.compute.llvm.vector_math import DOUBLE, LONG, Numbers, constant
from symgrad.compute.program.nodes import Node, dropped
from symgrad.symbols import shape_of


@dataclass
class Memory:
    """Where the values of a pass are while it is written.

    Attributes
    ----------
    places : dict
        Of parameters, series and results.
    pads : dict
        Rows of series before the first step and after the last.
    kept : set
        The variables of which every step goes to memory; of others `places` has the rows beyond the steps only.
    entry, builder : builders of LLVM
        Of the first block, where room is made, and of the block that is being written.
    start, steps, length : values of LLVM
        How many steps were before, how many there are in this pass, and T.
    points, point : values of LLVM
        How many points there are, and the first of those that are computed now.
    bases : dict
        By the number of an array: where it is, and how far its rows are apart.
    parameters : dict
        Those that were loaded.
    carried : dict
        By variable: the slots of its value at this step, the step before, and so on.
    divisors : set of Node
        Of which the reciprocal is shared.
    """

    layout: Layout
    places: Mapping[MatrixExpr, Place]
    pads: Mapping[MatrixExpr, Pads]
    kept: set[MatrixExpr]
    entry: ir.IRBuilder
    builder: ir.IRBuilder
    numbers: Numbers
    start: ir.Value
    steps: ir.Value
    length: ir.Value
    points: ir.Value
    point: Any
    bases: dict[int, tuple[ir.Value, ir.Value]] = field(default_factory=dict)
    parameters: dict[MatrixExpr, Value] = field(default_factory=dict)
    carried: dict[MatrixExpr, list[Value]] = field(default_factory=dict)
    divisors: set[Node] = field(default_factory=set)

    def shape(self, v: object) -> tuple[int, ...]:
        """Of a variable."""
        return self.layout.shape(dropped(shape_of(v)))

    def find(self, table: ir.Value, numbers: ir.Value, array: int) -> tuple[ir.Value, ir.Value]:
        """Where an array is, and how far its rows are apart."""
        b = self.builder

        def entry(k: int) -> ir.Value:
            place, more = (b.load(b.gep(table, [ir.Constant(LONG, 4 * array + 2 * k + j)])) for j in (0, 1))
            return b.add(b.load(b.gep(numbers, [place])), more)

        return b.inttoptr(entry(0), DOUBLE.as_pointer()), entry(1)

    def slots(self, shape: tuple[int, ...], number: float | None) -> Value:
        """Room for a value on the stack, filled with a number."""
        rows = []
        for row in self.layout.rows(shape):
            made = [self.entry.alloca(self.layout.kind(width)) for _, width in row]
            rows.append(made)
            if number is not None:
                for (_, width), slot in zip(row, made, strict=True):
                    self.builder.store(constant(self.layout.kind(width), number), slot)
        return Value(shape, rows)

    def read(self, slots: Value) -> Value:
        """What stands in slots."""
        return Value(slots.shape, [[self.builder.load(slot) for slot in row] for row in slots.rows])

    def write(self, slots: Value, value: Value) -> None:
        """Fill slots."""
        for row, parts in zip(slots.rows, value.rows, strict=True):
            for slot, part in zip(row, parts, strict=True):
                self.builder.store(part, slot)

    def _address(self, place: Place, row: ir.Value, entry: int) -> ir.Value:
        b, (base, stride) = self.builder, self.bases[place.number]
        offset = b.mul(row, stride)
        if place.has_points:
            offset = b.add(offset, b.add(b.mul(ir.Constant(LONG, entry), self.points), self.point))
        else:
            offset = b.add(offset, ir.Constant(LONG, entry))
        return b.gep(base, [offset])

    def load(self, what: Expr, row: ir.Value) -> Value:
        """A row of an array."""
        place = self.places[what]
        return Value(
            place.shape,
            [
                [self._loaded(place, row, start, width) for start, width in parts]
                for parts in self.layout.rows(place.shape)
            ],
        )

    def _loaded(self, place: Place, row: ir.Value, start: int, width: int) -> Part:
        address, kind = self._address(place, row, start), self.layout.kind(width)
        if self.layout.lanes and not place.has_points:
            return self.spread(self.builder.load(address), self.layout.lanes)
        return self.builder.load(self.builder.bitcast(address, kind.as_pointer()), align=8)

    def store(self, what: object, row: ir.Value, value: Value) -> None:
        """Fill a row of an array."""
        place = self.places[what]
        for places, parts in zip(self.layout.rows(place.shape), value.rows, strict=True):
            for (start, _), part in zip(places, parts, strict=True):
                address = self._address(place, row, start)
                self.builder.store(part, self.builder.bitcast(address, part.type.as_pointer()), align=8)

    def spread(self, number: ir.Value, count: int) -> Part:
        """One number in all places of a vector."""
        if count == 1:
            return number
        kind = ir.VectorType(number.type, count)
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(INDEX, 0))
        zeros = ir.Constant(ir.VectorType(INDEX, count), [0] * count)
        return self.builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), zeros)
