"""Prepared calls: runs in machine code for arguments of known shapes, of which nothing is left to do but to compute.

A short sequence takes less time than all that has to be looked up before it. Here each array has its place in one of
two arrays, of what is given back and of what is not, and a call fills in addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.compute.arguments import Arguments
from symgrad.compute.compiled import Compiled, Plan, address, in_rows
from symgrad.compute.program import LOSS
from symgrad.compute.segments import Output, Wiring


@dataclass(frozen=True)
class _Buffer:
    """Where arrays lie in an array, and which parts of it are 0 before anything is computed."""

    starts: dict[str, int]
    zeros: list[tuple[int, int]]
    size: int


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
        self.wiring, self.length, self.sizes = wiring, arguments.length, arguments.sizes
        sizes = tuple(arguments.sizes[s] for s in compiled.names.sizes)
        self.plans = [compiled.plan(of, sizes, False) for of in (compiled.forward, compiled.backward)]
        shown = {target for _, target, _ in wiring.states} | {target for _, target, _, _ in wiring.gradients} | {LOSS}
        self.out = self._buffer(lambda what: what in shown)
        self.hidden = self._buffer(lambda what: what not in shown)
        self.template = np.concatenate([plan.template for plan in self.plans])
        self.slots = {name: self._slots(buffer.starts) for name, buffer in (("out", self.out), ("hidden", self.hidden))}
        for buffer in (self.out, self.hidden):
            for what, start in buffer.starts.items():
                self.template[self._slots({what: 0}), 0] = 8 * start
        self.taken = [
            (self._slots({identifier: 0}), name, length)
            for table, length in ((wiring.parameters, 0), (wiring.inputs, arguments.length))
            for name, identifier, _ in table
        ]
        self.functions = [plan.function((False,) * len(plan.takes)) for plan in self.plans]
        self.offset = self.plans[0].template.nbytes
        self.rows = [self._row(row) for row in wiring.rows if row.name in arguments.arrays]
        lowest = [self.hidden.starts[self._name(what)] for what, _ in self.plans[1].adjoints]
        self.lowest = slice(min(lowest), self.hidden.size) if lowest else slice(0, 0)
        self.results = self._results(arguments)

    def _name(self, what: Any) -> str:
        return str(what) if isinstance(what, tuple) else self.wiring.identifier(what)

    def _arrays(self) -> dict[str, tuple[Plan, Any, int, int, int]]:
        """Of what the passes compute: the plan, rows before, steps and after, entries of a row; adjoints last."""
        found = {}
        for plan in self.plans:
            for s in plan.series:
                steps = self.length if s.is_kept else 0
                found[self._name(s.what)] = (plan, s.pads.before, steps, s.pads.after, int(np.prod(s.shape)))
            for what, shape in plan.results:
                found[self._name(what)] = (plan, 1, 0, 0, int(np.prod(shape)))
        for plan in self.plans:
            for what, shape in plan.adjoints:
                found[self._name(what)] = (plan, 1, 0, 0, int(np.prod(shape)))
        return found

    def _buffer(self, holds: Any) -> _Buffer:
        starts, zeros, end = {}, [], 0
        for what, (_, before, steps, after, entries) in self._arrays().items():
            if holds(what):
                starts[what] = end
                zeros += [(end, end + before * entries)] if before else []
                end += (before + steps) * entries
                zeros += [(end, end + after * entries)] if after else []
                end += after * entries
        return _Buffer(starts, _merged(zeros), end)

    def _slots(self, names: Mapping[str, Any]) -> Any:
        """Where arrays stand in the tables of both passes."""
        found, first = [], 0
        for plan in self.plans:
            found += [first + k for what, k in plan.slots.items() if self._name(what) in names]
            first += len(plan.slots)
        return np.array(found, dtype=np.int64)

    def _row(self, row: Any) -> tuple[str, bool, slice]:
        """The argument that gives a row beyond the steps, and where that lies."""
        is_out = row.series in self.out.starts
        start = (self.out if is_out else self.hidden).starts[row.series]
        _, before, steps, _, entries = self._arrays()[row.series]
        place = row.place if row.is_before else before + steps + row.place
        return row.name, is_out, slice(start + place * entries, start + (place + 1) * entries)

    def _results(self, arguments: Arguments) -> list[tuple[str, str, Any, Any]]:
        """Which part of the output, under which name, where it lies, in which shape."""
        arrays, starts = self._arrays(), self.out.starts
        found: list[tuple[str, str, Any, Any]] = []

        def series(what: str, key: Any) -> tuple[slice, tuple[int, ...]]:
            _, before, steps, _, entries = arrays[what]
            first = starts[what] + before * entries
            return slice(first, first + steps * entries), (steps, *arguments.shape(key))

        for name, target, state in self.wiring.states:
            found.append(("states", name, *series(target, state)))
        for name, target, key, is_series in self.wiring.gradients:
            shape = arguments.shape(key)
            if is_series:
                found.append(("gradients", name, *series(target, key)))
            elif target:
                start = starts[target]
                found.append(("gradients", name, slice(start, start + arrays[target][4]) if shape else start, shape))
            else:
                found.append(("gradients", name, None, shape))
        return found

    def __call__(self, arrays: Mapping[str, Any]) -> tuple[Output, list[Any]]:
        """The output, and the least size of an adjoint; arrays are those that `Arguments` holds."""
        out, hidden = np.empty(self.out.size), np.empty(self.hidden.size)
        for buffer, array in ((self.out, out), (self.hidden, hidden)):
            for first, end in buffer.zeros:
                array[first:end] = 0
        for name, is_out, place in self.rows:
            (out if is_out else hidden)[place] = arrays[name].ravel()
        table = self.template.copy()
        table[self.slots["out"], 0] += address(out)
        table[self.slots["hidden"], 0] += address(hidden)
        held = []
        for slots, name, length in self.taken:
            array = in_rows(arrays[name] if length else arrays[name][None])
            held.append(array)
            table[slots] = address(array), array.strides[0] // 8 if length > 1 else 0
        start, length = address(table), self.length
        self.functions[0](start, length, 1, 0, length, 0, 1, 1)
        self.functions[1](start + self.offset, length, 1, 0, length, 0, 1, 1)
        parts: dict[str, dict[str, Any]] = {"states": {}, "gradients": {}}
        for part, name, place, shape in self.results:
            parts[part][name] = (
                np.zeros(shape)[()] if place is None else out[place].reshape(shape) if shape else out[place]
            )
        output = Output(out[self.out.starts[LOSS]], parts["gradients"], parts["states"])
        return output, [hidden[self.lowest].min(initial=np.inf)]


def _merged(zeros: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring parts as one."""
    found: list[tuple[int, int]] = []
    for first, end in zeros:
        if found and found[-1][1] == first:
            found[-1] = found[-1][0], end
        else:
            found.append((first, end))
    return found
