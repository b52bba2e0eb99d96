"""Segments: generated passes over a whole sequence, or over pieces of it that are computed again on the way back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from symgrad.compute.algebra import Algebra
from symgrad.compute.arguments import Arguments, arguments_of, is_in_time, is_initial
from symgrad.compute.arithmetic import Arithmetic
from symgrad.compute.arrays import LOWEST, Pass, Source
from symgrad.compute.nodes import dropped
from symgrad.compute.program import LOSS, Program
from symgrad.vectors import LENGTH, TIME, Timed, shape_of

if TYPE_CHECKING:
    from symgrad.compute.compiled import Compiled


@dataclass(frozen=True)
class Output:
    """What a run gives.

    Attributes
    ----------
    loss : array
        Of the leading axes.
    gradients : dict of str to array
        By argument, in its shape, with all leading axes.
    states : dict of str to array
        The states at steps 1 to T; with ``checkpoint=True`` at step T alone.
    """

    loss: Any
    gradients: dict[str, Any]
    states: dict[str, Any]


def arguments_in(
    arithmetic: Arithmetic, program: Program, given: Mapping[str, Any], sizes: Mapping[Any, int]
) -> Arguments:
    """The arguments of a program as arrays of an arithmetic, checked."""
    shapes = {s: v for s, v in sizes.items() if s != LENGTH}
    return arguments_of(program.arguments, given, shapes, arithmetic.convert, sizes.get(LENGTH))


@dataclass(frozen=True)
class Segments:
    """A sequence in one piece, or in pieces that are computed again on the way back."""

    program: Program
    source: Source | Compiled
    algebra: Algebra
    arguments: Arguments
    scalars: bool

    @classmethod
    def of(
        cls, program: Program, source: Source | Compiled, arithmetic: Arithmetic, arguments: Arguments, scalars: bool
    ) -> Segments:
        """A program at arguments, in an arithmetic."""
        algebra = Algebra(arithmetic.dtype, arguments.lead, arithmetic.number, arithmetic.functions())
        return cls(program, source, algebra, arguments, scalars)

    @cached_property
    def functions(self) -> dict[str, Any]:
        return self.source.functions(self.algebra)

    @cached_property
    def parameters(self) -> dict[Any, Any]:
        arrays = self.arguments.arrays
        found = {k: _inner(arrays[name], k) for name, k in self.program.arguments.items() if not isinstance(k, Timed)}
        return {k: a.item() for k, a in found.items()} if self.scalars else found

    @cached_property
    def inputs(self) -> dict[Any, Any]:
        """Inputs with the steps as first axis."""
        leads = len(self.arguments.lead)
        given = {k: name for name, k in self.program.arguments.items() if is_in_time(k)}
        return {k: _time_first(self.arguments.arrays[name], k, leads) for k, name in given.items()}

    @cached_property
    def borders(self) -> dict[Any, tuple[list[Any], list[Any]]]:
        """Rows of states before the first step and after the last."""
        found: dict[Any, tuple[list[Any], list[Any]]] = {}
        for variable in self.program.identities:
            size = self.arguments.size(shape_of(variable)[0]) if shape_of(variable) else 0
            found[variable] = [self.algebra.identity(size) if size else self.algebra.number(1)], []
        for name, key in self.program.arguments.items():
            if is_initial(key):
                pads = self.source.pads[key.at(TIME)]
                zero = self.algebra.number(0)
                before, after = found.setdefault(key.at(TIME), ([zero] * pads.before, [zero] * pads.after))
                if name in self.arguments.arrays:
                    rows, place = (
                        (before, pads.before - 1 + int(key.time))
                        if key.time.is_Integer
                        else (after, int(key.time - LENGTH) - 1)
                    )
                    rows[place] = _inner(self.arguments.arrays[name], key)
        return found

    def call(
        self,
        of: Pass,
        values: dict[Any, Any],
        borders: Mapping[Any, tuple[Any, Any]],
        start: int,
        stop: int,
    ) -> None:
        """Compute a pass over the steps from start + 1 to stop; what it gives is put among the values."""
        names, last = self.source.names, stop == self.arguments.length
        given: dict[str, Any] = {identifier: self.arguments.sizes[s] for s, identifier in names.sizes.items()}
        for what in of.takes:
            given[names.of_leaf(what)] = self._given(what, values, start)
        for what in of.series:
            rows = borders.get(what, ((), ()))
            given[f"{names.series[what]}_before"], given[f"{names.series[what]}_after"] = rows
        steps = stop - start
        found = self.functions[of.name](
            length=self.arguments.length, start=start, steps=steps, inner=steps - last, last=last, **given
        )
        values.update(zip(of.gives, found))

    def _given(self, what: Any, values: Mapping[Any, Any], start: int) -> Any:
        if what in self.parameters:
            return self.parameters[what]
        return self.inputs[what][start:] if what in self.inputs else values[what]

    def whole(self) -> tuple[Output, list[Any]]:
        values: dict[Any, Any] = {}
        length = self.arguments.length
        self.call(self.source.forward, values, self.borders, 0, length)
        self.call(self.source.backward, values, self.borders, 0, length)
        states = {s.name: self.seen(self.inside(values, s), s) for s in self.program.states}
        series = {target: self.inside(values, target) for target in self.program.gradients.values() if target in values}
        return Output(self._loss(values[LOSS]), self._gradients(series, values), states), self._adjoints(values)

    def _adjoints(self, values: Mapping[Any, Any]) -> list[Any]:
        """The adjoints whose range is to be checked, or what stands for all of them."""
        if LOWEST in values:
            return [values[LOWEST]]
        return [values[v] for v in self.source.backward.gives if isinstance(v, Timed)]

    def inside(self, values: Mapping[Any, Any], target: Any) -> Any:
        """The rows of the steps of a series; a result as it is."""
        if not isinstance(target, Timed):
            return values[target]
        pads = self.source.pads[target]
        return values[target][pads.before : len(values[target]) - pads.after]

    def piecewise(self) -> tuple[Output, list[Any]]:
        """The same in pieces of about sqrt(T) steps: forward once for their borders, then again, piece by piece."""
        length, size = self.arguments.length, max(1, math.isqrt(self.arguments.length))
        starts = list(range(0, length, size))
        early = [v for v in self.source.forward.gives if isinstance(v, Timed)]
        late = [v for v in self.source.backward.gives if isinstance(v, Timed)]
        borders: list[Mapping[Any, tuple[Any, Any]]] = [self.borders]
        loss = self.algebra.zeros(())
        values: dict[Any, Any] = {}
        for start in starts:
            values = {}
            self.call(self.source.forward, values, borders[-1], start, min(start + size, length))
            loss = loss + values[LOSS]
            borders.append({v: (self._tail(values, v), ()) for v in early})
        states = {s.name: self.seen(self.inside(values, s)[-1:], s) for s in self.program.states}
        heads: dict[Any, Any] = {}
        totals: dict[Any, Any] = {}
        series: dict[Any, list[Any]] = {}
        lowest = []
        for number, start in reversed(list(enumerate(starts))):
            values, stop = {}, min(start + size, length)
            ends = {v: (rows, heads.get(v, ())) for v, (rows, _) in borders[number].items()}
            self.call(self.source.forward, values, {v: ends.get(v, ((), heads.get(v, ()))) for v in early}, start, stop)
            self.call(self.source.backward, values, {v: ((), heads.get(v, ())) for v in late}, start, stop)
            heads = {v: self._head(values, v) for v in (*early, *late)}
            for target in self.program.gradients.values():
                if isinstance(target, Timed):
                    series.setdefault(target, []).append(self.inside(values, target))
                elif target in values and (target not in self._at_border or start == 0):
                    totals[target] = totals.get(target, 0) + values[target]
            lowest += [_smallest(a) for a in self._adjoints(values)]
        joined = {target: np.concatenate(parts[::-1]) for target, parts in series.items()}
        return Output(self._loss(loss), self._gradients(joined, totals), states), lowest

    @cached_property
    def _at_border(self) -> set[Any]:
        """The gradients of initial states."""
        return {self.program.gradients[name] for name, key in self.program.arguments.items() if is_initial(key)}

    def _tail(self, values: Mapping[Any, Any], v: Any) -> list[Any]:
        pads = self.source.pads[v]
        end = len(values[v]) - pads.after
        return [
            values[v][k].copy() if hasattr(values[v][k], "copy") else values[v][k]
            for k in range(end - pads.before, end)
        ]

    def _head(self, values: Mapping[Any, Any], v: Any) -> list[Any]:
        pads = self.source.pads[v]
        return [np.copy(values[v][k]) for k in range(pads.before, min(pads.before + pads.after, len(values[v])))]

    # --- as users see it ------------------------------------------------------------------------------------

    def _loss(self, loss: Any) -> Any:
        return np.broadcast_to(np.asarray(loss, dtype=self.algebra.dtype), self.arguments.lead)[()]

    def result(self, values: Mapping[Any, Any], target: Any, like: Any) -> Any:
        """A result of a program as users see it, in the shape of an expression."""
        if isinstance(target, Timed):
            return self.seen(self.inside(values, target), like)
        return self.total(values[target], like)

    def _gradients(self, series: Mapping[Any, Any], totals: Mapping[Any, Any]) -> dict[str, Any]:
        return {
            name: self.seen(series[target], key) if isinstance(target, Timed) else self.total(totals.get(target), key)
            for name, key in self.program.arguments.items()
            for target in (self.program.gradients[name],)
        }

    def total(self, found: Any, key: Any) -> Any:
        lead, shape = self.arguments.lead, self.arguments.shape(key)
        if not lead and getattr(found, "shape", None) == shape and found.dtype == self.algebra.dtype:
            return found
        inner = tuple(self.arguments.size(s) for s in dropped(shape_of(key)))
        value = self.algebra.zeros(inner) if found is None else np.asarray(found, dtype=self.algebra.dtype)
        return np.broadcast_to(value, (*lead, *inner)).reshape((*lead, *shape))[()]

    def seen(self, series: Any, variable: Any) -> Any:
        """A series with its steps after the leading axes."""
        lead = self.arguments.lead
        if not lead and series.shape[1:] == self.arguments.shape(variable):
            return series
        moved = np.moveaxis(series, 0, len(lead))
        return moved.reshape((*lead, len(series), *self.arguments.shape(variable)))


def _smallest(series: Any) -> Any:
    """Of what is not zero the least; what is left of a series when its range is checked."""
    sizes = np.abs(series[series != 0]).astype(float) if series.dtype == object else np.abs(series[series != 0])
    return np.array([sizes.min()]) if sizes.size else np.zeros(1)


def _inner(array: Any, key: Any) -> Any:
    """Without axes that are known to have length 1; users write a vector as (n,)."""
    shape = shape_of(key)
    if len(shape) != 2:
        return array
    rows, columns = shape
    if columns == 1:
        return array[..., 0] if rows == 1 else array
    return array[..., 0, :] if rows == 1 else array


def _time_first(array: Any, key: Any, leads: int) -> Any:
    shape = shape_of(key)
    count = len(shape) if not shape or shape[1] != 1 else 1
    own = array.ndim - 1 - count
    moved = _inner(np.moveaxis(array, own, 0), key)
    return moved.reshape(moved.shape[0], *[1] * (leads - own), *moved.shape[1:]) if leads > own else moved
