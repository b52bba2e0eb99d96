"""The backend of machine code: passes of a program as functions that are called with arrays, like those of NumPy."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.compute.algebra import Algebra
from symgrad.compute.arguments import is_in_time
from symgrad.compute.arrays import LOWEST, Pads, Pass, pads_of
from symgrad.compute.loops import Loops, loops_of
from symgrad.compute.machine import WIDTH, Function, Layout, Place
from symgrad.compute.native import Code
from symgrad.compute.nodes import dropped
from symgrad.compute.program import Program
from symgrad.compute.schedule import schedule_of
from symgrad.compute.writing import Names
from symgrad.vectors import Timed, shape_of

SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 7)
Key = tuple[tuple[tuple[Any, int], ...], frozenset[Any], int]


@dataclass(frozen=True)
class Compiled:
    """A program in machine code, in the place of a `Source`.

    Code is made when sizes are known, and for what has leading axes.
    """

    names: Names
    pads: dict[Any, Pads]
    forward: Pass
    backward: Pass
    passes: Mapping[str, Loops]
    kept: frozenset[Any]
    shapes: Mapping[str, Any]
    threads: int = 1
    _codes: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, program: Program, kept: Iterable[Any] | None, threads: int = 1) -> Compiled:
        """The passes of a program; `kept` are the variables of which every step is wanted, all if left out."""
        schedule, names, pads = schedule_of(program), Names.of(program), pads_of(program)
        forward, backward = loops_of(schedule.forward, 1), loops_of(schedule.backward, -1)
        series = {t for t in forward.targets | backward.targets if isinstance(t, Timed)}
        wanted = series if kept is None else set(kept) & series
        wanted |= forward.read_from_memory() | backward.read_from_memory()
        wanted |= {v for line in backward.lines for v, _ in line.reads if v in forward.targets}
        results = {line.target: line.node for line in program.lines if not isinstance(line.target, Timed)}
        return cls(
            names,
            pads,
            _pass("forward", forward, wanted),
            _pass("backward", backward, wanted),
            {"forward": forward, "backward": backward},
            frozenset(wanted),
            {name: node.shape for name, node in results.items()},
            threads,
        )

    def functions(self, algebra: Algebra) -> dict[str, Any]:
        """Both passes by name, to be called as those of a `Source` are."""
        return {of.name: _Call(self, of, algebra) for of in (self.forward, self.backward)}

    def code(self, of: Pass, layout: Layout, places: Mapping[Any, Place]) -> Any:
        """The machine code of a pass for these sizes and places."""
        key = of.name, layout.lanes, tuple(sorted((str(s), n) for s, n in layout.sizes.items())), tuple(places.values())
        if key not in self._codes:
            from llvmlite import ir

            module = ir.Module()
            Function(module, of.name, layout, places, self.pads, set(self.kept)).write(self.passes[of.name])
            code = Code(str(module), {of.name: SIGNATURE})
            self._codes[key] = code, code.functions[of.name]
        return self._codes[key][1]


# `LOWEST`, of the adjoints that go from step to step the least size that is not 0, is given last.


def _pass(name: str, passes: Loops, kept: set[Any]) -> Pass:
    leaves = [n for line in passes.lines for n in line.node.walk()]
    own = [t for t in passes.targets if isinstance(t, Timed)]
    read = dict.fromkeys(n.data[0] for n in leaves if n.op == "timed" and n.data[0] not in passes.targets)
    takes = (*dict.fromkeys(n.data for n in leaves if n.op == "parameter"), *read)
    gives = (*(t for t in own if t in kept), *(t for t in passes.targets if not isinstance(t, Timed)))
    return Pass(
        name, takes, (*sorted(gives, key=str), LOWEST), tuple(sorted((t for t in own if t not in kept), key=str))
    )


@dataclass
class _Call:
    """A pass as a function of arrays."""

    compiled: Compiled
    of: Pass
    algebra: Algebra

    def __call__(self, length: int, steps: int, inner: int, last: int, start: int = 0, **given: Any) -> tuple[Any, ...]:
        names, lead = self.compiled.names, self.algebra.lead
        points = math.prod(lead)
        sizes = {s: given[identifier] for s, identifier in names.sizes.items()}
        layout = Layout(WIDTH if lead else 0, sizes)
        arrays = _Arrays(layout, lead)
        for what in self.of.takes:
            shape = layout.shape(dropped(shape_of(what)))
            array = np.asarray(given[names.of_leaf(what)], dtype=float)
            arrays.take(what, array if isinstance(what, Timed) else array[None], shape, steps)
        for what in self.of.series:
            pads, name = self.compiled.pads[what], names.series[what]
            shape, count = layout.shape(dropped(shape_of(what))), steps if what in self.compiled.kept else 0
            made = arrays.make(what, pads.before + count + pads.after, shape)
            _fill(made[: pads.before], given[f"{name}_before"])
            _fill(made[pads.before + count :], given[f"{name}_after"])
        for what in self.of.gives:
            if not isinstance(what, Timed) and what != LOWEST:
                arrays.make(what, 1, layout.shape(self.compiled.shapes[what]))
        lowest = [v for v in self._carried() if v.role.value == "adjoint"]
        for v in lowest:
            arrays.make((LOWEST, v), 1, layout.shape(dropped(shape_of(v))))
        function = self.compiled.code(self.of, layout, arrays.places)
        table = np.array(arrays.table, dtype=np.int64)
        count = max(points, layout.lanes)
        parts = _parts(count, layout.lanes, self.compiled.threads if lead else 1)
        call = lambda part: function(table.ctypes.data, steps, last, start, length, *part, count)  # noqa: E731
        if len(parts) > 1:
            with ThreadPoolExecutor(len(parts)) as pool:
                list(pool.map(call, parts))
        else:
            call(parts[0])
        found = [arrays.views[t] if isinstance(t, Timed) else arrays.views[t][0] for t in self.of.gives[:-1]]
        least = [float(arrays.views[LOWEST, v].min()) for v in lowest]
        return (*found, np.array([min(least, default=math.inf)]))

    def _carried(self) -> list[Any]:
        loops = self.compiled.passes[self.of.name].loops
        return [v for loop in loops for v in sorted(loop.depths, key=str) if loop.depths[v]]


@dataclass
class _Arrays:
    """The arrays of a call as machine code finds them: rows of entries, and for each entry of all points."""

    layout: Layout
    lead: tuple[int, ...]
    places: dict[Any, Place] = field(default_factory=dict)
    table: list[int] = field(default_factory=list)
    views: dict[Any, Any] = field(default_factory=dict)
    held: list[Any] = field(default_factory=list)

    def take(self, what: Any, array: Any, shape: tuple[int, ...], steps: int) -> None:
        """An array that is given: rows, leading axes, entries."""
        array = array[:steps] if is_in_time(what) else array
        between = array.shape[1 : array.ndim - len(shape)]
        if all(n == 1 for n in between):
            self._put(what, array.reshape(len(array), *shape), shape, False)
            return
        full = np.broadcast_to(array, (len(array), *self.lead, *shape))
        moved = np.moveaxis(full, range(1, 1 + len(self.lead)), range(-len(self.lead), 0))
        joined = moved.reshape(len(array), *shape, math.prod(self.lead))
        short = self.layout.lanes - joined.shape[-1]
        if short > 0:
            joined = np.concatenate([joined, np.repeat(joined[..., -1:], short, axis=-1)], axis=-1)
        self._put(what, joined, shape, True)

    def _put(self, what: Any, array: Any, shape: tuple[int, ...], has_points: bool) -> None:
        entries = math.prod(array.shape[1:])
        stride = array.strides[0] // array.itemsize if len(array) > 1 else entries
        is_plain = entries <= 1 or array[0].flags.c_contiguous if len(array) else False
        if not is_plain or stride < 0 or array.strides[0] % array.itemsize:
            array, stride = np.ascontiguousarray(array), entries
        self.held.append(array)
        self.places[what] = Place(len(self.places), shape, has_points)
        self.table += [array.ctypes.data, stride]

    def make(self, what: Any, rows: int, shape: tuple[int, ...]) -> Any:
        """An array for what is computed, and how others see it: rows, leading axes, entries."""
        points = math.prod(self.lead)
        inner = (*shape, max(points, self.layout.lanes)) if self.lead else shape
        base = np.empty((rows, *inner))
        self._put(what, base, shape, bool(self.lead))
        seen = base[..., :points].reshape(rows, *shape, *self.lead) if self.lead else base
        self.views[what] = np.moveaxis(seen, range(-len(self.lead), 0), range(1, 1 + len(self.lead)))
        return self.views[what]


def _fill(rows: Any, given: Iterable[Any]) -> None:
    """Rows beyond the steps: those given, and zeros."""
    rows[...] = 0
    for row, value in zip(range(len(rows)), given):
        rows[row] = value


def _parts(points: int, lanes: int, threads: int) -> list[tuple[int, int]]:
    """The points of each thread."""
    if not lanes:
        return [(0, 1)]
    blocks = -(-points // lanes)
    each = -(-blocks // max(1, min(threads, blocks))) * lanes
    return [(first, min(first + each, points)) for first in range(0, points, each)]
