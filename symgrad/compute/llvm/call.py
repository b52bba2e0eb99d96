"""The backend of machine code: passes of a program as functions that are called with arrays, like those of NumPy."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from threading import Thread
from typing import Any

import numpy as np
from sympy import Expr, MatrixExpr

from symgrad.base.untyped import Array
from symgrad.compute.arrays.emit import LOWEST, Pads, Pass, pads_of
from symgrad.compute.llvm.emit import Function, described, sparse
from symgrad.compute.llvm.layouts import Layout, Place
from symgrad.compute.llvm.object_code import Code, lanes
from symgrad.compute.numbers.arguments import is_in_time
from symgrad.compute.numbers.runtime import Algebra
from symgrad.compute.program.fusion import Loops, loops_of, passes_of
from symgrad.compute.program.nodes import dropped
from symgrad.compute.program.program import EXPONENT, LOST, Program, is_adjoint
from symgrad.compute.program.schedule import schedule_of
from symgrad.compute.text.writing import Names
from symgrad.symbols import Timed, shape_of

SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 7)


@dataclass(frozen=True)
class Compiled:
    """A program in machine code, in the place of a `Source`.

    Code is made when sizes are known, and for what has leading axes.
    """

    names: Names
    pads: dict[MatrixExpr, Pads]
    forward: Pass
    backward: Pass
    passes: Mapping[str, Loops]
    kept: frozenset[MatrixExpr]
    sparse: frozenset[Any]
    shapes: Mapping[str, Any]
    rescaled: tuple[Any, ...]
    threads: int = 1
    _plans: dict[Any, Plan] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, program: Program, kept: Iterable[object] | None, threads: int = 1) -> Compiled:
        """The passes of a program; `kept` are the variables of which every step is wanted, all if left out."""
        schedule, names, pads = schedule_of(program), Names.of(program), pads_of(program)
        if kept is None:
            forward, backward = loops_of(schedule.forward, 1), loops_of(schedule.backward, -1)
        else:
            forward, backward = passes_of(schedule, kept := set(kept))
        series = {t for t in forward.targets | backward.targets if isinstance(t, Timed)}
        wanted = series if kept is None else kept & series
        wanted |= forward.read_from_memory() | backward.read_from_memory()
        wanted |= {v for line in backward.lines for v, _ in line.reads if v in forward.targets - backward.targets}
        results = {line.target: line.node for line in program.lines if not isinstance(line.target, Timed)}
        return cls(
            names,
            pads,
            _pass("forward", forward, wanted, (EXPONENT, LOST) if program.rescaled else ()),
            _pass("backward", backward, wanted),
            {"forward": forward, "backward": backward},
            frozenset(wanted),
            frozenset(sparse(forward) | sparse(backward)),
            {name: node.shape for name, node in results.items()} | {EXPONENT: (), LOST: ()},
            program.rescaled,
            threads,
        )

    def functions(self, algebra: Algebra) -> dict[str, _Call]:
        """Both passes by name, to be called as those of a `Source` are."""
        return {of.name: _Call(self, of, algebra.lead) for of in (self.forward, self.backward)}

    def plan(self, of: Pass, sizes: tuple[int, ...], has_lead: bool) -> Plan:
        """What a pass takes and gives at sizes."""
        key = of.name, sizes, has_lead
        if key not in self._plans:
            layout = Layout(lanes() if has_lead else 0, dict(zip(self.names.sizes, sizes, strict=True)))
            self._plans[key] = Plan.of_pass(self, of, layout)
        plan: Plan = self._plans[key]
        return plan


# `LOWEST`, of the adjoints that go from step to step the least size that is not 0, is given last.


def _pass(name: str, passes: Loops, kept: set[Expr], more: tuple[str, ...] = ()) -> Pass:
    leaves = [n for line in passes.lines for n in line.node.walk()]
    own = [t for t in passes.targets if isinstance(t, Timed)]
    read = dict.fromkeys(n.data[0] for n in leaves if n.op == "timed" and n.data[0] not in passes.targets)
    takes = (*dict.fromkeys(n.data for n in leaves if n.op == "parameter"), *read)
    gives = (*(t for t in own if t in kept), *(t for t in passes.targets if not isinstance(t, Timed)), *more)
    return Pass(
        name, takes, (*sorted(gives, key=str), LOWEST), tuple(sorted((t for t in own if t not in kept), key=str))
    )


@dataclass(frozen=True)
class _Taken:
    """An array that a pass takes, by its identifier."""

    what: Expr
    identifier: str
    is_series: bool
    is_input: bool
    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Series:
    """A variable that a pass computes, with its rows beyond the steps, and whether every step is kept."""

    what: Expr
    before: str
    after: str
    pads: Pads
    is_kept: bool
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What a pass takes and gives at sizes, and its code, which is made when it is first called.

    Series of which every step is kept are arrays of their own; all else lies side by side in one, `small` entries long.

    Attributes
    ----------
    template : array of int
        The second table for one point, addresses counted from the start of what lies side by side.
    table : bytes
        The first table for that.
    slots : dict
        Where in the tables an array is.
    places : dict of str to slice
        Of results, and under `LOWEST` of adjoints, among what lies side by side.
    """

    of: Pass
    layout: Layout
    compiled: Compiled
    takes: tuple[_Taken, ...]
    series: tuple[_Series, ...]
    results: tuple[tuple[str, tuple[int, ...]], ...]
    adjoints: tuple[tuple[Any, tuple[int, ...]], ...]
    codes: dict[tuple[bool, ...], Code] = field(default_factory=dict)

    @classmethod
    def of_pass(cls, compiled: Compiled, of: Pass, layout: Layout) -> Plan:
        names, pads, kept = compiled.names, compiled.pads, compiled.kept

        def shape(v: object) -> tuple[int, ...]:
            return layout.shape(dropped(shape_of(v)))

        def taken(v: Expr) -> _Taken:
            return _Taken(v, names.of_leaf(v), isinstance(v, Timed), is_in_time(v) and v not in pads, shape(v))

        def series(v: Expr) -> _Series:
            name = names.series[v]
            return _Series(v, f"{name}_before", f"{name}_after", pads[v], v in kept, shape(v))

        results = [t for t in of.gives if not isinstance(t, Timed) and t != LOWEST]
        loops = compiled.passes[of.name].loops
        adjoints = [v for loop in loops for v, depth in loop.depths.items() if depth and is_adjoint(v)]
        return cls(
            of,
            layout,
            compiled,
            tuple(map(taken, of.takes)),
            tuple(map(series, of.series)),
            tuple((name, layout.shape(compiled.shapes[name])) for name in results),
            tuple(((LOWEST, v), shape(v)) for v in adjoints),
        )

    @cached_property
    def _side_by_side(self) -> list[tuple[Any, int, int]]:
        """What lies there, how many rows it has, and how many entries a row has; adjoints last."""
        carried = [(s.what, s.pads.before + s.pads.after, math.prod(s.shape)) for s in self.series if not s.is_kept]
        return [*carried, *((what, 1, math.prod(shape)) for what, shape in (*self.results, *self.adjoints))]

    @cached_property
    def starts(self) -> dict[Any, int]:
        ends = accumulate((rows * entries for _, rows, entries in self._side_by_side), initial=0)
        return dict(zip((what for what, _, _ in self._side_by_side), ends))

    @cached_property
    def small(self) -> int:
        return sum(rows * entries for _, rows, entries in self._side_by_side)

    @cached_property
    def lowest(self) -> int:
        """Where the adjoints start."""
        return min((self.starts[what] for what, _ in self.adjoints), default=self.small)

    @cached_property
    def shapes(self) -> dict[Any, tuple[int, ...]]:
        """Of the rows of all arrays, in the order of the table."""
        taken, computed = {a.what: a.shape for a in self.takes}, {a.what: a.shape for a in self.series}
        return {**taken, **computed, **dict(self.results), **dict(self.adjoints)}

    @cached_property
    def template(self) -> Array:
        table = [(8 * self.starts.get(what, 0), math.prod(shape)) for what, shape in self.shapes.items()]
        return np.array(table, dtype=np.int64).reshape(-1, 2)

    @cached_property
    def table(self) -> bytes:
        return np.array([(k, 0) for k in range(self.template.size)], dtype=np.int64).tobytes()

    @cached_property
    def slots(self) -> dict[Any, int]:
        return {what: k for k, what in enumerate(self.shapes)}

    @cached_property
    def small_slots(self) -> Array:
        return np.array([self.slots[what] for what in self.starts], dtype=np.int64)

    def function(self, differs: tuple[bool, ...]) -> Any:
        """The machine code, for arguments of which these differ from point to point."""
        if differs not in self.codes:
            own = [bool(self.layout.lanes)] * (len(self.shapes) - len(differs))
            flags = dict(zip(self.shapes, (*differs, *own), strict=True))
            places = {what: Place(k, self.shapes[what], flags[what]) for what, k in self.slots.items()}
            compiled, name = self.compiled, self.of.name
            passes, kept = compiled.passes[name], set(compiled.kept)
            function = Function(name, self.layout, places, compiled.pads, kept, compiled.rescaled)
            text = described(function, passes)
            self.codes[differs] = Code(text, lambda: function.write(passes), {name: SIGNATURE})
        return self.codes[differs].functions[self.of.name]


@dataclass(frozen=True)
class _Call:
    """A pass as a function of arrays."""

    compiled: Compiled
    of: Pass
    lead: tuple[int, ...]

    def __call__(self, length: int, start: int, steps: int, inner: int, last: int, **given: Any) -> tuple[Array, ...]:
        sizes = tuple(given[identifier] for identifier in self.compiled.names.sizes.values())
        plan = self.compiled.plan(self.of, sizes, bool(self.lead))
        points = math.prod(self.lead)
        count = max(points, plan.layout.lanes) if self.lead else 1  # with those that fill the lanes
        table = plan.template * count
        small = np.zeros(plan.small * count)
        table[plan.small_slots, 0] += address(small)
        held, differs = [], []
        for slot, taken in enumerate(plan.takes):
            array = given[taken.identifier]
            array = array if taken.is_series else np.asarray(array)[None]
            array, is_different = self._taken(taken, array[:steps] if taken.is_input else array, count)
            held.append(array)
            differs.append(is_different)
            stride = array.strides[0] // 8 if len(array) > 1 else 0
            table[slot] = address(array), stride
        views: dict[Any, Array] = {}
        for series in plan.series:
            pads = series.pads
            if series.is_kept:
                make = np.zeros if series.what in self.compiled.sparse else np.empty
                base = make((pads.before + steps + pads.after, *series.shape, *([count] if self.lead else ())))
                base[: pads.before] = base[len(base) - pads.after :] = 0
                table[plan.slots[series.what], 0] = address(base)
                made = views[series.what] = self._seen(base, series.shape)
            else:
                place = plan.starts[series.what]
                rows = pads.before + pads.after
                made = self._piece(small, place, rows, series.shape, count) if rows else ()
            _fill(made[: pads.before], given[series.before])
            _fill(made[len(made) - pads.after :], given[series.after])
        function, pointer = plan.function(tuple(differs)), address(table)
        parts = _parts(count, plan.layout.lanes, self.compiled.threads)

        def call(part: tuple[int, int]) -> None:
            function(plan.table, pointer, steps, last, start, length, *part, count)

        others = [Thread(target=call, args=(part,)) for part in parts[1:]]
        for thread in others:
            thread.start()
        call(parts[0])
        for thread in others:
            thread.join()
        for what, shape in plan.results:
            views[what] = self._piece(small, plan.starts[what], 1, shape, count)[0]
        least = small[plan.lowest * count :].reshape(-1, count)[:, : points or 1].min(initial=math.inf)
        return (*(views[t] for t in self.of.gives[:-1]), np.array([least]))

    def _taken(self, taken: _Taken, array: Array, count: int) -> tuple[Array, bool]:
        """An array that is given as the code takes it: rows, entries, points; and whether points differ."""
        shape = taken.shape
        if self.lead and any(n != 1 for n in array.shape[1 : array.ndim - len(shape)]):
            full = np.broadcast_to(array, (len(array), *self.lead, *shape))
            moved = np.moveaxis(full, range(1, 1 + len(self.lead)), range(-len(self.lead), 0))
            joined = moved.reshape(len(array), *shape, math.prod(self.lead))
            more = count - joined.shape[-1]
            return in_rows(np.pad(joined, [(0, 0)] * (joined.ndim - 1) + [(0, more)], "edge") if more else joined), True
        return in_rows(array.reshape(len(array), *shape) if self.lead else array), False

    def _piece(self, small: Array, place: int, rows: int, shape: tuple[int, ...], count: int) -> Array:
        """Some rows of what lies side by side, as others see them."""
        entries = small[place * count : (place + rows * math.prod(shape)) * count]
        return self._seen(entries.reshape((rows, *shape, count) if self.lead else (rows, *shape)), shape)

    def _seen(self, base: Array, shape: tuple[int, ...]) -> Array:
        """An array as others see it: rows, leading axes, entries."""
        if not self.lead:
            return base
        seen = base[..., : math.prod(self.lead)].reshape(len(base), *shape, *self.lead)
        return np.moveaxis(seen, range(-len(self.lead), 0), range(1, 1 + len(self.lead)))


def address(array: Array) -> int:
    """Where the first entry is."""
    if array.size and array.flags.carray:  # four times as fast
        return ctypes.addressof(ctypes.c_char.from_buffer(array))
    found: int = array.__array_interface__["data"][0]
    return found


def in_rows(array: Array) -> Array:
    """The array, copied if the entries of a row do not lie side by side."""
    if array.flags.c_contiguous:
        return array
    step = array.strides[0]
    return array if step % 8 == 0 and step >= 0 and array[0].flags.c_contiguous else np.ascontiguousarray(array)


def _fill(rows: Any, given: Sequence[Array]) -> None:
    """Rows beyond the steps, which are 0, as far as they are given."""
    for k in range(min(len(rows), len(given))):
        rows[k] = given[k]


def _parts(points: int, lanes: int, threads: int) -> list[tuple[int, int]]:
    """The points of each thread."""
    if not lanes:
        return [(0, 1)]
    blocks = -(-points // lanes)
    each = -(-blocks // max(1, min(threads, blocks))) * lanes
    return [(first, min(first + each, points)) for first in range(0, points, each)]
