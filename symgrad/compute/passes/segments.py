"""Segments: generated passes over a whole sequence, or over pieces of it that are computed again on the way back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import Expr, Symbol

from symgrad.base.errors import CellError
from symgrad.base.untyped import Array
from symgrad.compute.arrays.emit import LOWEST, Pads, Source
from symgrad.compute.numbers.arguments import Arguments, arguments_of, check_parts, is_in_time, is_initial, seen_shape
from symgrad.compute.numbers.arithmetic import Arithmetic, is_finite
from symgrad.compute.numbers.runtime import Algebra
from symgrad.compute.program.nodes import dropped, is_one
from symgrad.compute.program.program import LOSS, Program
from symgrad.symbols import LENGTH, Timed, shape_of

if TYPE_CHECKING:
    from symgrad.compute.llvm.call import Compiled


@dataclass(frozen=True)
class Output:
    """What a run gives: doubles, `Scaled` arrays, or arrays of numbers of mpmath or of balls, by its backend.

    Parameters
    ----------
    loss : array
        Of the shape of the leading axes, (...).
    gradients : dict of str to array
        By argument, in its shape, with all leading axes before it, also those that the argument does not have: nothing
        is summed over them.
    states : dict of str to array
        By state, at steps 1 to T: (..., T, n) for vectors, (..., T) for scalars; with ``checkpoint=True`` at step T
        alone, as one step.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    >>> run = sg.bptt(sg.Cell({h: w * h.prev + x}), h).compile()
    >>> out = run(w=[2, 3], x=[1, 0, 0])
    >>> out.loss.tolist(), out.gradients["w"].tolist(), out.gradients["x"].shape, out.states["h"].tolist()
    ([4.0, 9.0], [4.0, 6.0], (2, 3), [[1.0, 2.0, 4.0], [1.0, 3.0, 9.0]])
    """

    loss: Any
    gradients: dict[str, Array]
    states: dict[str, Array]


def arguments_in(
    arithmetic: Arithmetic, program: Program, given: Mapping[str, object], sizes: Mapping[Symbol, int]
) -> Arguments:
    """The arguments of a program as arrays of an arithmetic, checked."""
    shapes = {s: v for s, v in sizes.items() if s != LENGTH}
    found = arguments_of(program.arguments, given, shapes, arithmetic.convert, sizes.get(LENGTH))
    unknown = [s for s in program.sizes if s not in found.sizes]
    if unknown:
        raise CellError(f"no argument has the size {unknown[0]}; give it when compiling, as sizes={{{unknown[0]}: 3}}")
    check_parts(program.parts, found)
    return found


@dataclass(frozen=True)
class _Row:
    """A value outside of the steps: the argument that gives it, of which series, before or after, in which row."""

    name: str
    key: Expr
    series: str
    is_before: bool
    place: int


@dataclass(frozen=True)
class Wiring:
    """How the arguments of a program reach its passes, and results come back: all by identifiers of our own."""

    program: Program
    source: Source | Compiled

    def identifier(self, what: Any) -> str:
        """What stands for a variable, a parameter or a result."""
        names = self.source.names
        known = names.series if isinstance(what, Timed) else names.parameters
        return known[what] if what in known else names.results.get(what, LOWEST)

    @cached_property
    def parameters(self) -> tuple[tuple[str, str, Expr], ...]:
        """Names of arguments, identifiers and keys of what has no steps."""
        known = self.source.names.parameters
        given = self.program.arguments.items()
        return tuple((name, known[k], k) for name, k in given if not isinstance(k, Timed) and k in known)

    @cached_property
    def inputs(self) -> tuple[tuple[str, str, Expr], ...]:
        """The same of what has a value for each step."""
        known = self.source.names.series
        return tuple((name, known[k], k) for name, k in self.program.arguments.items() if is_in_time(k) and k in known)

    @cached_property
    def rows(self) -> tuple[_Row, ...]:
        """The values outside of the steps, such as initial states."""
        return tuple(self._row(name, k) for name, k in self.program.arguments.items() if is_initial(k))

    def _row(self, name: str, key: Expr) -> _Row:
        home = self.program.series_of(key)
        pads, series = self.source.pads[home], self.identifier(home)
        if key.time.is_Integer:
            return _Row(name, key, series, True, pads.before - 1 + int(key.time))
        return _Row(name, key, series, False, int(key.time - LENGTH) - 1)

    @cached_property
    def pads(self) -> dict[str, Pads]:
        return {self.identifier(v): pads for v, pads in self.source.pads.items() if v in self.source.names.series}

    @cached_property
    def takes(self) -> dict[str, tuple[str, ...]]:
        return {of.name: tuple(map(self.identifier, of.takes)) for of in (self.source.forward, self.source.backward)}

    @cached_property
    def gives(self) -> dict[str, tuple[str, ...]]:
        return {of.name: tuple(map(self.identifier, of.gives)) for of in (self.source.forward, self.source.backward)}

    @cached_property
    def series(self) -> dict[str, tuple[str, ...]]:
        """The series of which a pass takes the rows beyond the steps."""
        return {of.name: tuple(map(self.identifier, of.series)) for of in (self.source.forward, self.source.backward)}

    @cached_property
    def kept(self) -> dict[str, tuple[str, ...]]:
        """The series that a pass gives."""
        return {
            of.name: tuple(self.identifier(t) for t in of.gives if isinstance(t, Timed))
            for of in (self.source.forward, self.source.backward)
        }

    @cached_property
    def states(self) -> tuple[tuple[str, str, Expr], ...]:
        return tuple((s.name, self.identifier(s), s) for s in self.program.states)

    @cached_property
    def gradients(self) -> tuple[tuple[str, str, Expr, bool], ...]:
        """Arguments, what their gradients are called, keys, and whether those are series."""
        found = self.program.gradients
        return tuple(
            (name, self._gradient(found[name]), key, isinstance(found[name], Timed))
            for name, key in self.program.arguments.items()
            if name in found
        )

    def _gradient(self, target: Any) -> str:
        names = self.source.names
        known = names.series if isinstance(target, Timed) else names.results
        return known.get(target, "")  # nothing flows there

    @cached_property
    def at_border(self) -> frozenset[str]:
        """The gradients of values outside of the steps."""
        return frozenset(target for _, target, key, _ in self.gradients if is_initial(key))

    @cached_property
    def results(self) -> tuple[tuple[str, Expr | None], ...]:
        """What a program of a formula gives, and its variable if it is a series."""
        return tuple((self._gradient(t), t if isinstance(t, Timed) else None) for t in self.program.gradients.values())


@dataclass(frozen=True)
class Segments:
    """A sequence in one piece, or in pieces that are computed again on the way back."""

    wiring: Wiring
    algebra: Algebra
    arguments: Arguments
    scalars: bool

    @classmethod
    def of(
        cls, wiring: Wiring, arithmetic: Arithmetic, arguments: Arguments, scalars: bool, is_watched: bool = False
    ) -> Segments:
        """A program at arguments, in an arithmetic; `is_watched` as in `Algebra`."""
        algebra = Algebra(arithmetic.dtype, arguments.lead, arithmetic.number, arithmetic.functions(), is_watched)
        return cls(wiring, algebra, arguments, scalars)

    @property
    def source(self) -> Source | Compiled:
        return self.wiring.source

    @cached_property
    def functions(self) -> dict[str, Any]:
        return self.source.functions(self.algebra)

    @cached_property
    def parameters(self) -> dict[str, Array]:
        arrays = self.arguments.arrays
        found = {identifier: _inner(arrays[name], key) for name, identifier, key in self.wiring.parameters}
        return {k: a.item() for k, a in found.items()} if self.scalars else found

    @cached_property
    def inputs(self) -> dict[str, Array]:
        """Inputs with the steps as first axis."""
        leads, arrays = len(self.arguments.lead), self.arguments.arrays
        return {identifier: _time_first(arrays[name], key, leads) for name, identifier, key in self.wiring.inputs}

    @cached_property
    def sizes(self) -> dict[str, int]:
        return {identifier: self.arguments.sizes[s] for s, identifier in self.source.names.sizes.items()}

    @cached_property
    def borders(self) -> dict[str, tuple[list[Array], list[Array]]]:
        """Rows of variables before the first step and after the last."""
        found: dict[str, tuple[list[Array], list[Array]]] = {}
        zero = self.algebra.number(0)
        for variable in self.wiring.program.identities:
            size = self.arguments.size(shape_of(variable)[0]) if shape_of(variable) else 0
            start = self.algebra.identity(size) if size else self.algebra.number(1)
            found[self.wiring.identifier(variable)] = [start], []
        for row in self.wiring.rows:
            if row.name in self.arguments.arrays:
                pads = self.wiring.pads[row.series]
                rows = found.setdefault(row.series, ([zero] * pads.before, [zero] * pads.after))
                rows[not row.is_before][row.place] = _inner(self.arguments.arrays[row.name], row.key)
        return found

    def call(
        self, name: str, values: dict[str, Array], borders: Mapping[str, tuple[object, object]], start: int, stop: int
    ) -> None:
        """Compute a pass over the steps from start + 1 to stop; what it gives is put among the values."""
        last = stop == self.arguments.length
        given: dict[str, Any] = dict(self.sizes)
        for what in self.wiring.takes[name]:
            given[what] = self._given(what, values, start)
        for what in self.wiring.series[name]:
            given[f"{what}_before"], given[f"{what}_after"] = borders.get(what, ((), ()))
        steps = stop - start
        found = self.functions[name](
            length=self.arguments.length, start=start, steps=steps, inner=steps - last, last=last, **given
        )
        values.update(zip(self.wiring.gives[name], found))

    def _given(self, what: str, values: Mapping[str, Array], start: int) -> Array:
        if what in self.parameters:
            return self.parameters[what]
        if what in self.inputs:
            return self.inputs[what][start:] if start else self.inputs[what]
        return values[what]

    def whole(self) -> tuple[Output, list[Array]]:
        values: dict[str, Array] = {}
        length = self.arguments.length
        self.call("forward", values, self.borders, 0, length)
        self.call("backward", values, self.borders, 0, length)
        states = {name: self.seen(self.inside(values, target), s) for name, target, s in self.wiring.states}
        series = {
            target: self.inside(values, target)
            for _, target, _, is_series in self.wiring.gradients
            if is_series and target in values
        }
        output = Output(self._loss(values[LOSS]), self._gradients(series, values), states)
        return output, self._adjoints(values)

    def _adjoints(self, values: Mapping[str, Array]) -> list[Array]:
        """The adjoints whose range is to be checked, or what stands for all of them."""
        return [values[LOWEST]] if LOWEST in values else [values[v] for v in self.wiring.kept["backward"]]

    def inside(self, values: Mapping[str, Array], target: str) -> Array:
        """The rows of the steps of a series."""
        pads = self.wiring.pads[target]
        return values[target][pads.before : len(values[target]) - pads.after]

    def piecewise(self) -> tuple[Output, list[Array]]:
        """The same in pieces of about sqrt(T) steps: forward once for their borders, then again, piece by piece."""
        length, size = self.arguments.length, max(1, math.isqrt(self.arguments.length))
        starts = list(range(0, length, size))
        early, late = self.wiring.kept["forward"], self.wiring.kept["backward"]
        borders: list[Mapping[str, tuple[Any, Any]]] = [self.borders]
        loss = self.algebra.zeros(())
        values: dict[str, Array] = {}
        for start in starts:
            values = {}
            self.call("forward", values, borders[-1], start, min(start + size, length))
            loss = loss + values[LOSS]
            borders.append({v: (self._tail(values, v), ()) for v in early})
        states = {name: self.seen(self.inside(values, target)[-1:], s) for name, target, s in self.wiring.states}
        heads: dict[str, list[Array]] = {}
        totals: dict[str, Array] = {}
        series: dict[str, Array] = {}
        lowest = []
        for number, start in reversed(list(enumerate(starts))):
            values, stop = {}, min(start + size, length)
            ends = {v: (rows, heads.get(v, ())) for v, (rows, _) in borders[number].items()}
            self.call("forward", values, {v: ends.get(v, ((), heads.get(v, ()))) for v in early}, start, stop)
            self.call("backward", values, {v: ((), heads.get(v, ())) for v in late}, start, stop)
            heads = {v: self._head(values, v) for v in (*early, *late)}
            for _, target, _, is_series in self.wiring.gradients:
                if target in values and is_series:
                    part = self.inside(values, target)
                    if target not in series:
                        series[target] = self.algebra.zeros((length, *part.shape[1:]))
                    if part.any():  # zeros that nobody wrote to take no memory
                        series[target][start:stop] = part
                    if part.dtype == float and not is_finite(part):
                        lowest.append(np.array([np.nan]))
                elif target in values and (target not in self.wiring.at_border or start == 0):
                    totals[target] = totals.get(target, 0) + values[target]
            lowest += [_smallest(a) for a in self._adjoints(values)]
        return Output(self._loss(loss), self._gradients(series, totals), states), lowest

    def _tail(self, values: Mapping[str, Array], v: str) -> list[Array]:
        pads = self.wiring.pads[v]
        end = len(values[v]) - pads.after
        return [
            values[v][k].copy() if hasattr(values[v][k], "copy") else values[v][k]
            for k in range(end - pads.before, end)
        ]

    def _head(self, values: Mapping[str, Array], v: str) -> list[Array]:
        pads = self.wiring.pads[v]
        return [np.copy(values[v][k]) for k in range(pads.before, min(pads.before + pads.after, len(values[v])))]

    # --- as users see it ------------------------------------------------------------------------------------

    def results(self, like: Expr) -> list[Array]:
        """What a program of a formula gives, in the shape of the formula."""
        values: dict[str, Array] = {}
        self.call("forward", values, self.borders, 0, self.arguments.length)
        if set(self.wiring.gives["backward"]) - {LOWEST}:  # adjoints
            self.call("backward", values, self.borders, 0, self.arguments.length)
        return [
            self.seen(self.inside(values, target), variable)
            if variable is not None
            else self.total(values[target], like)
            for target, variable in self.wiring.results
        ]

    def _loss(self, loss: Array) -> Array:
        return np.broadcast_to(np.asarray(loss, dtype=self.algebra.dtype), self.arguments.lead)[()]

    def _gradients(self, series: Mapping[str, Array], totals: Mapping[str, Array]) -> dict[str, Array]:
        return {
            name: self.seen(series[target], key) if is_series else self.total(totals.get(target), key)
            for name, target, key, is_series in self.wiring.gradients
        }

    def total(self, found: Any, key: Any) -> Any:
        lead, shape = self.arguments.lead, self.arguments.shape(key)
        if not lead and getattr(found, "shape", None) == shape and found.dtype == self.algebra.dtype:
            return found
        inner = tuple(self.arguments.size(s) for s in dropped(shape_of(key)))
        value = self.algebra.zeros(inner) if found is None else np.asarray(found, dtype=self.algebra.dtype)
        return np.broadcast_to(value, (*lead, *inner)).reshape((*lead, *shape))[()]

    def seen(self, series: Array, variable: Expr) -> Array:
        """A series with its steps after the leading axes."""
        lead, shape = self.arguments.lead, self.arguments.shape(variable)
        if not lead and series.shape[1:] == shape:
            return series
        moved = np.moveaxis(series, 0, len(lead))
        return moved.reshape((*lead, len(series), *shape))


def _smallest(series: Array) -> Array:
    """Of what is not zero the least; what is left of a series when its range is checked."""
    sizes = np.abs(series[series != 0]).astype(float) if series.dtype == object else np.abs(series[series != 0])
    return np.array([sizes.min()]) if sizes.size else np.zeros(1)


def _inner(array: Array, key: Expr) -> Array:
    """Without axes that are known to have length 1."""
    places = _kept_axes(key)
    return array[(..., *places)] if 0 in places else array


@cache
def _kept_axes(key: Expr) -> tuple[Any, ...]:
    return tuple(0 if is_one(size) else slice(None) for size in seen_shape(key))


def _time_first(array: Array, key: Expr, leads: int) -> Array:
    own = array.ndim - 1 - len(seen_shape(key))
    moved = _inner(np.moveaxis(array, own, 0), key)
    return moved.reshape(moved.shape[0], *[1] * (leads - own), *moved.shape[1:]) if leads > own else moved
