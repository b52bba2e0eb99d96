"""Prepared calls: runs in machine code for arguments of known shapes, of which nothing is left to do but to compute.

A short sequence takes less time than all that has to be looked up before it. Here each array has its place in one of
two arrays, of what is given back and of what is not, and a call fills in addresses. What is 0 at nearly all steps has
a third, which takes no memory there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.compute.arguments import Arguments
from symgrad.compute.compiled import Compiled, address, in_rows
from symgrad.compute.program import LOSS
from symgrad.compute.segments import Output, Wiring

OUT, HIDDEN, SPARSE = range(3)  # the arrays in which all others lie; inputs are counted on from there
INPUTS = 3
DOUBLE = np.dtype(float)


@dataclass(frozen=True)
class _Buffer:
    """Where arrays lie in an array, and which parts of it are 0 before anything is computed."""

    starts: dict[str, int]
    zeros: list[slice]
    size: int


@dataclass(frozen=True)
class _Extent:
    """How many rows of an array lie before, at and after the steps, and how many entries a row has."""

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
        empty = {wiring.identifier(v) for v in compiled.sparse}
        self.extents = self._extents()
        homes = {what: SPARSE if what in empty else OUT if what in shown else HIDDEN for what in self.extents}
        self.buffers = [self._buffer([w for w, home in homes.items() if home == k]) for k in (OUT, HIDDEN, SPARSE)]
        self.places = {what: (k, start) for k, b in enumerate(self.buffers) for what, start in b.starts.items()}
        self.inputs = [(name, identifier) for name, identifier, _ in wiring.inputs]
        self.copied = [*self._rows(), *self._parameters()]
        self.homes, self.template = self._table()
        self.offset = self.template[: len(self.plans[0].slots)].nbytes
        lowest = [self.places[self._name(what)][1] for what, _ in self.plans[1].adjoints]
        self.lowest = slice(min(lowest), self.buffers[HIDDEN].size) if lowest else slice(0, 0)
        self.loss = self.places[LOSS][1]
        self.results = self._results(arguments)

    def _name(self, what: Any) -> str:
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
                found[self._name(what)] = _Extent(1, 0, 0, math.prod(shape))
            for what, shape in plan.adjoints:
                adjoints[self._name(what)] = _Extent(1, 0, 0, math.prod(shape))
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

    def _table(self) -> tuple[Any, Any]:
        """Of all that the passes read and write: in which array it lies, where, and how far its rows are apart.

        How far those of an input are, is seen when it comes.
        """
        numbers = {identifier: k for k, (_, identifier) in enumerate(self.inputs)}
        homes: list[int] = []
        table: list[tuple[int, int]] = []
        for plan in self.plans:
            for what, slot in plan.slots.items():
                name = self._name(what)
                if name in numbers:
                    homes.append(INPUTS + numbers[name])
                    table.append((0, 0))
                else:
                    home, start = self.places[name]
                    homes.append(home)
                    table.append((8 * start, plan.template[slot, 1]))
        return np.array(homes), np.array(table, dtype=np.int64)

    def _results(self, arguments: Arguments) -> list[tuple[str, str, int, Any, Any]]:
        """Which part of the output, under which name, in which array it lies, where, in which shape."""
        found: list[tuple[str, str, int, Any, Any]] = []
        for name, target, state in self.wiring.states:
            found.append(("states", name, *self._steps(target), (self.length, *arguments.shape(state))))
        for name, target, key, is_series in self.wiring.gradients:
            shape = arguments.shape(key)
            if is_series:
                found.append(("gradients", name, *self._steps(target), (self.length, *shape)))
            elif target:
                found.append(("gradients", name, *self._at(target, 0, 1, bool(shape)), shape))
            else:
                found.append(("gradients", name, OUT, None, shape))
        return found

    def _steps(self, target: str) -> tuple[int, int | slice]:
        return self._at(target, self.extents[target].before, self.length, True)

    def accepts(self, given: Mapping[str, Any]) -> bool:
        """Whether these are finite doubles in the shapes that this was prepared for, so that nothing is left to say."""
        return given.keys() == self.shapes.keys() and all(_is_plain(a, self.shapes[name]) for name, a in given.items())

    def __call__(self, arrays: Mapping[str, Any]) -> tuple[Output, Any, bool]:
        """The output, the least size of an adjoint, and whether all that is given back is certainly finite."""
        found = [make(buffer.size) for make, buffer in zip((np.empty, np.empty, np.zeros), self.buffers)]
        for buffer, array in zip(self.buffers, found):
            for rows in buffer.zeros:
                array[rows] = 0
        for name, home, place in self.copied:
            found[home][place] = arrays[name].ravel() if isinstance(place, slice) else arrays[name]
        inputs = [in_rows(arrays[name]) for name, _ in self.inputs]
        table = self.template.copy()
        table[:, 0] += np.array([*map(address, found), *map(address, inputs)])[self.homes]
        table[:, 1] += np.array([0, 0, 0, *(a.strides[0] // 8 if len(a) > 1 else 0 for a in inputs)])[self.homes]
        start, length = address(table), self.length
        self.functions[0](start, length, 1, 0, length, 0, 1, 1)
        self.functions[1](start + self.offset, length, 1, 0, length, 0, 1, 1)
        parts: dict[str, dict[str, Any]] = {"states": {}, "gradients": {}}
        for part, name, home, place, shape in self.results:
            value = np.zeros(shape)[()] if place is None else found[home][place]
            parts[part][name] = value.reshape(shape) if shape else value
        output = Output(found[OUT][self.loss], parts["gradients"], parts["states"])
        total = np.add.reduce(found[OUT]) + np.add.reduce(found[SPARSE])
        return output, found[HIDDEN][self.lowest].min(initial=math.inf), math.isfinite(total)


def _is_plain(value: Any, shape: tuple[int, ...]) -> bool:
    if isinstance(value, float):
        return not shape and math.isfinite(value)
    is_array = isinstance(value, np.ndarray) and value.dtype is DOUBLE and value.shape == shape
    return is_array and math.isfinite(np.add.reduce(value, axis=None))


def _merged(parts: list[slice]) -> list[slice]:
    """Neighbouring parts as one."""
    found: list[slice] = []
    for part in parts:
        if found and found[-1].stop == part.start:
            found[-1] = slice(found[-1].start, part.stop)
        else:
            found.append(part)
    return found
