"""Prepared calls: runs in machine code for arguments of known shapes, of which nothing is left to do but to compute.

A short sequence takes less time than all that has to be looked up before it. Here each array has its place in one of
two arrays, of what is given or given back and of the rest, and a call fills in addresses. What is 0 at nearly all steps
has a third, which takes no memory there. The memory of the second is used again by the next call, of whatever run: to
be given new memory by the system takes as long as to compute what goes into it.
"""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.base.untyped import Array
from symgrad.compute.llvm.call import Compiled, Plan, address, in_rows
from symgrad.compute.numbers.arguments import Arguments
from symgrad.compute.passes.segments import Output, Wiring
from symgrad.compute.program.program import LOSS

OUT, HIDDEN, SPARSE, ZERO = range(4)  # the arrays in which all others lie; the last is the same for all calls
INPUTS = 3  # where the addresses of inputs follow
GRADIENTS, STATES = range(2)  # parts of what is given back
DOUBLE = np.dtype(float)
NOTHING = np.empty(0)
SPARE = 1 << 21  # doubles, 16 MB, that are kept for the next call
_spare: list[Array] = []  # at most one array: who takes it out has it alone


def _room(size: int) -> Array:
    """An array of at least so many doubles, with anything in it."""
    with contextlib.suppress(IndexError):
        array = _spare.pop()
        if len(array) >= size:
            return array
    return np.empty(size)


def _give_back(array: Array) -> None:
    if len(array) <= SPARE and not _spare:
        _spare.append(array)


@dataclass(frozen=True)
class _Buffer:
    """Where arrays lie in an array, and which parts of it are 0 before anything is computed."""

    starts: dict[str, int]
    zeros: list[slice]
    size: int


@dataclass(frozen=True)
class _Extent:
    """How many rows of an array lie before, at and after the steps, and how many entries a row has.

    What has no steps has one row.
    """

    before: int
    steps: int
    after: int
    entries: int


class Prepared:
    """A run without leading axes for arguments of known shapes.

    Parameters
    ----------
    wiring : Wiring
        Of a program in machine code.
    arguments : Arguments
        Some of these shapes.
    """

    def __init__(self, wiring: Wiring, arguments: Arguments) -> None:
        compiled = wiring.source
        assert isinstance(compiled, Compiled)
        self.wiring, self.length = wiring, arguments.length
        self.shapes = {name: array.shape for name, array in arguments.arrays.items()}
        sizes = tuple(arguments.sizes[s] for s in compiled.names.sizes)
        self.plans = [compiled.plan(of, sizes, False) for of in (compiled.forward, compiled.backward)]
        self.functions = [plan.function((False,) * len(plan.takes)) for plan in self.plans]
        shown = {target for _, target, _ in wiring.states} | {target for _, target, _, _ in wiring.gradients} | {LOSS}
        empty = {wiring.identifier(v) for v in compiled.sparse & compiled.kept}
        self.extents = self._extents()
        given = {row.series for row in wiring.rows if row.name in self.shapes}
        still = {what for what, extent in self.extents.items() if not extent.steps and what not in given}
        parameters = {identifier for _, identifier, _ in wiring.parameters}
        kinds = ((empty, SPARSE), (still, ZERO), (shown | given | parameters, OUT), (self.extents, HIDDEN))
        homes = {what: next(home for kind, home in kinds if what in kind) for what in self.extents}
        buffers = [self._buffer([w for w, home in homes.items() if home == k]) for k in range(len(kinds))]
        self.sizes = [buffer.size for buffer in buffers]
        self.zero = np.zeros(self.sizes[ZERO])
        self.zeros = [(k, rows) for k, buffer in enumerate(buffers[:SPARSE]) for rows in buffer.zeros]
        self.places = {what: (k, start) for k, b in enumerate(buffers) for what, start in b.starts.items()}
        self.inputs = [(name, identifier) for name, identifier, _ in wiring.inputs]
        self.copied = [*self._rows(), *self._parameters()]
        self.zeros = [rows for rows in self.zeros if rows not in [(h, _as_slice(p)) for _, h, p in self.copied]]
        self.tables = [self._table(plan) for plan in self.plans]
        self.packing = struct.Struct(f"{INPUTS + 2 * len(self.inputs) + 1}q")
        lowest = [self.places[self._name(what)][1] for what, _ in self.plans[1].adjoints]
        self.lowest = slice(min(lowest), self.sizes[HIDDEN]) if lowest else slice(0, 0)
        self.loss = self.places[LOSS][1]
        self.written = [k for what in empty for k in self._entries_of_last(what)]
        self.results = self._results(arguments)

    def _name(self, what: object) -> str:
        return str(what) if isinstance(what, tuple) else self.wiring.identifier(what)

    def _extents(self) -> dict[str, _Extent]:
        """Of what the passes compute and of parameters, which are copied to it; adjoints come last."""
        parameters = {identifier for _, identifier, _ in self.wiring.parameters}
        found, adjoints = {}, {}
        for plan in self.plans:
            for taken in plan.takes:
                if taken.identifier in parameters:
                    found[taken.identifier] = _Extent(0, 1, 0, math.prod(taken.shape))
            for s in plan.series:
                steps = self.length if s.is_kept else 0
                found[self._name(s.what)] = _Extent(s.pads.before, steps, s.pads.after, math.prod(s.shape))
            for what, shape in plan.results:
                found[self._name(what)] = _Extent(0, 1, 0, math.prod(shape))
            for what, shape in plan.adjoints:
                adjoints[self._name(what)] = _Extent(0, 1, 0, math.prod(shape))
        return found | adjoints

    def _buffer(self, names: list[str]) -> _Buffer:
        starts, zeros, end = {}, [], 0
        for what in names:
            extent = self.extents[what]
            starts[what] = end
            for rows, is_zero in ((extent.before, True), (extent.steps, False), (extent.after, True)):
                first, end = end, end + rows * extent.entries
                zeros += [slice(first, end)] if is_zero and rows else []
        return _Buffer(starts, _merged(zeros), end)

    def _rows(self) -> Iterator[tuple[str, int, int | slice]]:
        """The arguments that give rows beyond the steps, in which array those lie, and where."""
        for row in self.wiring.rows:
            if row.name in self.shapes:
                extent = self.extents[row.series]
                number = row.place if row.is_before else extent.before + extent.steps + row.place
                yield row.name, *self._at(row.series, number, 1, bool(self.shapes[row.name]))

    def _parameters(self) -> Iterator[tuple[str, int, int | slice]]:
        for name, identifier, _ in self.wiring.parameters:
            if identifier in self.places:
                yield name, *self._at(identifier, 0, 1, bool(self.shapes[name]))

    def _at(self, what: str, row: int, rows: int, is_array: bool) -> tuple[int, int | slice]:
        """In which array rows of something lie, and where."""
        (home, start), entries = self.places[what], self.extents[what].entries
        first = start + row * entries
        return home, slice(first, first + rows * entries) if is_array else first

    def _entries_of_last(self, what: str) -> range:
        """Where step T of what has nothing else lies."""
        extent, (_, start) = self.extents[what], self.places[what]
        first = start + (extent.before + self.length - 1) * extent.entries
        return range(first, first + extent.entries)

    def _table(self, plan: Plan) -> bytes:
        """The first table of a pass; the second one is made by `__call__`.

        That has the addresses of the three arrays, then those of the inputs, each with the distance of its rows, and 0.
        """
        numbers = {identifier: INPUTS + 2 * k for k, (_, identifier) in enumerate(self.inputs)}
        zero = INPUTS + 2 * len(self.inputs)
        found: list[tuple[int, int]] = []
        for what, slot in plan.slots.items():
            name = self._name(what)
            if name in numbers:
                found += [(numbers[name], 0), (numbers[name] + 1, 0)]
            else:
                home, start = self.places[name]
                there = (zero, address(self.zero)) if home == ZERO else (home, 0)
                found += [(there[0], there[1] + 8 * start), (zero, plan.template[slot, 1])]
        return np.array(found, dtype=np.int64).tobytes()

    def _results(self, arguments: Arguments) -> list[tuple[int, str, int, Any, tuple[int, ...]]]:
        """Which part of what is given back, its name, in which array it lies, where, and its shape."""
        found: list[tuple[int, str, int, Any, tuple[int, ...]]] = []
        for name, target, state in self.wiring.states:
            found.append((STATES, name, *self._steps(target), (self.length, *arguments.shape(state))))
        for name, target, key, is_series in self.wiring.gradients:
            shape = arguments.shape(key)
            if is_series:
                found.append((GRADIENTS, name, *self._steps(target), (self.length, *shape)))
            elif target:
                found.append((GRADIENTS, name, *self._at(target, 0, 1, bool(shape)), shape))
            else:
                found.append((GRADIENTS, name, OUT, None, shape))
        return found

    def _steps(self, target: str) -> tuple[int, int | slice]:
        return self._at(target, self.extents[target].before, self.length, True)

    def accepts(self, given: Mapping[str, object]) -> bool:
        """Whether these are doubles in the shapes that this was prepared for."""
        return given.keys() == self.shapes.keys() and all(_has(a, self.shapes[name]) for name, a in given.items())

    def __call__(self, arrays: Mapping[str, Array]) -> tuple[Output, float, bool]:
        """The output, the least size of an adjoint, and whether all that was given and is given back is surely finite.

        Of what is not finite, the sum of squares is not; of large numbers it may not be, either.
        """
        sizes = self.sizes
        out, hidden = np.empty(sizes[OUT]), _room(sizes[HIDDEN])
        sparse = np.zeros(sizes[SPARSE]) if sizes[SPARSE] else NOTHING
        found = out, hidden, sparse
        for home, rows in self.zeros:
            found[home][rows] = 0
        for name, home, place in self.copied:
            found[home][place] = arrays[name].ravel() if isinstance(place, slice) else arrays[name]
        inputs = [in_rows(arrays[name]) for name, _ in self.inputs]
        numbers = [address(out), address(hidden), address(sparse)]
        for array in inputs:
            numbers += (address(array), array.strides[0] // 8 if len(array) > 1 else 0)
        packed, length = self.packing.pack(*numbers, 0), self.length
        for function, table in zip(self.functions, self.tables):
            function(table, packed, length, 1, 0, length, 0, 1, 1)
        parts: tuple[dict[str, Array], dict[str, Array]] = {}, {}
        for part, name, home, place, shape in self.results:
            value = np.zeros(shape)[()] if place is None else found[home][place]
            parts[part][name] = value.reshape(shape) if shape else value
        with np.errstate(over="ignore"):
            squares = sum((_squares(array) for array in inputs), np.dot(out, out))
        for place in self.written:
            squares += sparse[place]
        output, least = Output(out[self.loss], *parts), min(hidden[self.lowest].tolist(), default=math.inf)
        _give_back(hidden)
        return output, least, math.isfinite(squares)


def _has(value: object, shape: tuple[int, ...]) -> bool:
    if type(value) is np.ndarray:
        return value.dtype is DOUBLE and value.shape == shape
    return isinstance(value, float) and not shape


def _squares(array: Array) -> Array:
    """The sum of squares; of rows that are one in memory only once."""
    once = array if array.strides[0] else array[:1]
    return np.vdot(once, once)


def _as_slice(place: int | slice) -> slice:
    return place if isinstance(place, slice) else slice(place, place + 1)


def _merged(parts: list[slice]) -> list[slice]:
    """Neighbouring parts as one."""
    found: list[slice] = []
    for part in parts:
        if found and found[-1].stop == part.start:
            found[-1] = slice(found[-1].start, part.stop)
        else:
            found.append(part)
    return found
