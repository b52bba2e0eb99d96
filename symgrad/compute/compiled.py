"""The backend of machine code: passes of a program as functions that are called with arrays, like those of NumPy."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from llvmlite import ir

from symgrad.compute.algebra import Algebra
from symgrad.compute.arguments import is_in_time
from symgrad.compute.arrays import LOWEST, Pads, Pass, pads_of
from symgrad.compute.loops import Loops, loops_of
from symgrad.compute.machine import WIDTH, Function, Layout, Place
from symgrad.compute.native import Code
from symgrad.compute.nodes import dropped
from symgrad.compute.program import Program, is_adjoint
from symgrad.compute.schedule import schedule_of
from symgrad.compute.writing import Names
from symgrad.vectors import Timed, shape_of

SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 7)


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
    _plans: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

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
        return {of.name: _Call(self, of, algebra.lead) for of in (self.forward, self.backward)}

    def plan(self, of: Pass, sizes: tuple[int, ...], has_lead: bool) -> _Plan:
        """What a pass takes and gives at sizes."""
        key = of.name, sizes, has_lead
        if key not in self._plans:
            layout = Layout(WIDTH if has_lead else 0, dict(zip(self.names.sizes, sizes, strict=True)))
            self._plans[key] = _Plan.of_pass(self, of, layout)
        return self._plans[key]


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


@dataclass(frozen=True)
class _Taken:
    """An array that a pass takes, by its identifier."""

    what: Any
    identifier: str
    is_series: bool
    is_input: bool
    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Series:
    """A variable that a pass computes, with its rows beyond the steps, and whether every step is kept."""

    what: Any
    before: str
    after: str
    pads: Pads
    is_kept: bool
    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Plan:
    """What a pass takes and gives at sizes, and its code, which is made when it is first called."""

    of: Pass
    layout: Layout
    passes: Loops
    pads: Mapping[Any, Pads]
    kept: frozenset[Any]
    takes: tuple[_Taken, ...]
    series: tuple[_Series, ...]
    results: tuple[tuple[Any, tuple[int, ...]], ...]
    adjoints: tuple[tuple[Any, tuple[int, ...]], ...]
    codes: dict[Any, Code] = field(default_factory=dict)

    @classmethod
    def of_pass(cls, compiled: Compiled, of: Pass, layout: Layout) -> _Plan:
        names, pads, kept = compiled.names, compiled.pads, compiled.kept
        passes = compiled.passes[of.name]

        def shape(v: Any) -> tuple[int, ...]:
            return layout.shape(dropped(shape_of(v)))

        def series(v: Any) -> _Series:
            name = names.series[v]
            return _Series(v, f"{name}_before", f"{name}_after", pads[v], v in kept, shape(v))

        takes = (
            _Taken(v, names.of_leaf(v), isinstance(v, Timed), is_in_time(v) and v not in pads, shape(v))
            for v in of.takes
        )
        results = [t for t in of.gives if not isinstance(t, Timed) and t != LOWEST]
        adjoints = [v for loop in passes.loops for v, depth in loop.depths.items() if depth and is_adjoint(v)]
        return cls(
            of,
            layout,
            passes,
            pads,
            kept,
            tuple(takes),
            tuple(map(series, of.series)),
            tuple((name, layout.shape(compiled.shapes[name])) for name in results),
            tuple(((LOWEST, v), shape(v)) for v in adjoints),
        )

    def function(self, places: Mapping[Any, Place]) -> Any:
        """The machine code, for arrays of which these differ from point to point."""
        key = tuple(place.has_points for place in places.values())
        if key not in self.codes:
            module = ir.Module()
            Function(module, self.of.name, self.layout, places, self.pads, set(self.kept)).write(self.passes)
            self.codes[key] = Code(str(module), {self.of.name: SIGNATURE})
        return self.codes[key].functions[self.of.name]


@dataclass(frozen=True)
class _Call:
    """A pass as a function of arrays."""

    compiled: Compiled
    of: Pass
    lead: tuple[int, ...]

    def __call__(self, length: int, start: int, steps: int, inner: int, last: int, **given: Any) -> tuple[Any, ...]:
        sizes = tuple(given[identifier] for identifier in self.compiled.names.sizes.values())
        plan = self.compiled.plan(self.of, sizes, bool(self.lead))
        arrays = _Arrays(plan.layout, self.lead)
        for taken in plan.takes:
            array = given[taken.identifier]
            arrays.take(taken, array if taken.is_series else np.asarray(array)[None], steps)
        for series in plan.series:
            pads, count = series.pads, steps if series.is_kept else 0
            made = arrays.make(series.what, pads.before + count + pads.after, series.shape)
            _fill(made[: pads.before], given[series.before])
            _fill(made[pads.before + count :], given[series.after])
        for what, shape in (*plan.results, *plan.adjoints):
            arrays.make(what, 1, shape)
        function, table = plan.function(arrays.places), np.array(arrays.table, dtype=np.int64)
        lanes = plan.layout.lanes
        count = max(math.prod(self.lead), lanes)
        parts = _parts(count, lanes, self.compiled.threads if self.lead else 1)

        def call(part: tuple[int, int]) -> None:
            function(table.ctypes.data, steps, last, start, length, *part, count)

        if len(parts) > 1:
            with ThreadPoolExecutor(len(parts)) as pool:
                list(pool.map(call, parts))
        else:
            call(parts[0])
        found = [arrays.views[t] if isinstance(t, Timed) else arrays.views[t][0] for t in self.of.gives[:-1]]
        least = [float(arrays.views[what].min()) for what, _ in plan.adjoints]
        return (*found, np.array([min(least, default=math.inf)]))


@dataclass
class _Arrays:
    """The arrays of a call as machine code finds them: rows of entries, and for each entry of all points."""

    layout: Layout
    lead: tuple[int, ...]
    places: dict[Any, Place] = field(default_factory=dict)
    table: list[int] = field(default_factory=list)
    views: dict[Any, Any] = field(default_factory=dict)
    held: list[Any] = field(default_factory=list)

    def take(self, taken: _Taken, array: Any, steps: int) -> None:
        """An array that is given: rows, leading axes, entries."""
        what, shape = taken.what, taken.shape
        array = array[:steps] if taken.is_input else array
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

    def _put(self, what: Any, array: Any, shape: tuple[int, ...], has_points: bool) -> Any:
        """Give an array to the code, copied if the entries of a row do not lie side by side."""
        entries = math.prod(array.shape[1:])
        strides, item = array.strides, array.itemsize
        if not array.flags.c_contiguous and not (strides[0] % item == 0 <= strides[0] and array[0].flags.c_contiguous):
            array = np.ascontiguousarray(array)
        self.held.append(array)
        self.places[what] = Place(len(self.places), shape, has_points)
        self.table += [array.ctypes.data, array.strides[0] // item if len(array) > 1 else entries]
        return array

    def make(self, what: Any, rows: int, shape: tuple[int, ...]) -> Any:
        """An array for what is computed, and how others see it: rows, leading axes, entries."""
        if not self.lead:
            self.views[what] = self._put(what, np.empty((rows, *shape)), shape, False)
            return self.views[what]
        points = math.prod(self.lead)
        base = self._put(what, np.empty((rows, *shape, max(points, self.layout.lanes))), shape, True)
        seen = base[..., :points].reshape(rows, *shape, *self.lead)
        self.views[what] = np.moveaxis(seen, range(-len(self.lead), 0), range(1, 1 + len(self.lead)))
        return self.views[what]


def _fill(rows: Any, given: Sequence[Any]) -> None:
    """Rows beyond the steps: those given, and zeros."""
    for k in range(len(rows)):
        rows[k] = given[k] if k < len(given) else 0


def _parts(points: int, lanes: int, threads: int) -> list[tuple[int, int]]:
    """The points of each thread."""
    if not lanes:
        return [(0, 1)]
    blocks = -(-points // lanes)
    each = -(-blocks // max(1, min(threads, blocks))) * lanes
    return [(first, min(first + each, points)) for first in range(0, points, each)]
