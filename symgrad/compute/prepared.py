"""Prepared calls: runs in machine code for arguments of known shapes, of which nothing is left to do but to compute.

A short sequence takes less time than all that has to be looked up before it. Here each array has its place in one of
two arrays, of what is given back and of what is not, and a call fills in addresses. What is 0 at nearly all steps has
a third, which takes no memory there.
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
        empty = {wiring.identifier(v) for v in compiled.sparse}
        holds = {
            "out": lambda what: what in shown - empty,
            "hidden": lambda what: what not in shown | empty,
            "sparse": lambda what: what in empty,
        }
        self.buffers = {name: self._buffer(what) for name, what in holds.items()}
        self.template = np.concatenate([plan.template for plan in self.plans])
        self.slots = {name: self._slots(buffer.starts) for name, buffer in self.buffers.items()}
        for buffer in self.buffers.values():
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
        lowest = [self.buffers["hidden"].starts[self._name(what)] for what, _ in self.plans[1].adjoints]
        self.lowest = slice(min(lowest), self.buffers["hidden"].size) if lowest else slice(0, 0)
        self.loss = self.buffers["out"].starts[LOSS]
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

    def _home(self, what: str) -> tuple[str, int]:
        """In which array something lies, and where that starts."""
        return next((name, b.starts[what]) for name, b in self.buffers.items() if what in b.starts)

    def _row(self, row: Any) -> tuple[str, str, slice]:
        """The argument that gives a row beyond the steps, and where that lies."""
        home, start = self._home(row.series)
        _, before, steps, _, entries = self._arrays()[row.series]
        place = row.place if row.is_before else before + steps + row.place
        return row.name, home, slice(start + place * entries, start + (place + 1) * entries)

    def _results(self, arguments: Arguments) -> list[tuple[str, str, str, Any, Any]]:
        """Which part of the output, under which name, where it lies, in which shape."""
        arrays = self._arrays()
        found: list[tuple[str, str, str, Any, Any]] = []

        def series(what: str, key: Any) -> tuple[str, slice, tuple[int, ...]]:
            _, before, steps, _, entries = arrays[what]
            home, start = self._home(what)
            first = start + before * entries
            return home, slice(first, first + steps * entries), (steps, *arguments.shape(key))

        for name, target, state in self.wiring.states:
            found.append(("states", name, *series(target, state)))
        for name, target, key, is_series in self.wiring.gradients:
            shape = arguments.shape(key)
            if is_series:
                found.append(("gradients", name, *series(target, key)))
            elif target:
                home, start = self._home(target)
                place = slice(start, start + arrays[target][4]) if shape else start
                found.append(("gradients", name, home, place, shape))
            else:
                found.append(("gradients", name, "out", None, shape))
        return found

    def __call__(self, arrays: Mapping[str, Any]) -> tuple[Output, list[Any]]:
        """The output, and the least size of an adjoint; arrays are those that `Arguments` holds."""
        found = {name: (np.zeros if name == "sparse" else np.empty)(b.size) for name, b in self.buffers.items()}
        for name, buffer in self.buffers.items():
            for first, end in buffer.zeros:
                found[name][first:end] = 0
        for name, home, place in self.rows:
            found[home][place] = arrays[name].ravel()
        table = self.template.copy()
        for name, array in found.items():
            table[self.slots[name], 0] += address(array)
        held = []
        for slots, name, length in self.taken:
            array = in_rows(arrays[name] if length else arrays[name][None])
            held.append(array)
            table[slots] = address(array), array.strides[0] // 8 if length > 1 else 0
        start, length = address(table), self.length
        self.functions[0](start, length, 1, 0, length, 0, 1, 1)
        self.functions[1](start + self.offset, length, 1, 0, length, 0, 1, 1)
        parts: dict[str, dict[str, Any]] = {"states": {}, "gradients": {}}
        for part, name, home, place, shape in self.results:
            value = np.zeros(shape)[()] if place is None else found[home][place]
            parts[part][name] = value.reshape(shape) if shape else value
        output = Output(found["out"][self.loss], parts["gradients"], parts["states"])
        return output, [found["hidden"][self.lowest].min(initial=np.inf)]


def _merged(zeros: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring parts as one."""
    found: list[tuple[int, int]] = []
    for first, end in zeros:
        if found and found[-1][1] == first:
            found[-1] = found[-1][0], end
        else:
            found.append((first, end))
    return found
