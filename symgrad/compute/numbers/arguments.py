"""Arguments of a run: names, shapes and sizes checked before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sympy
from sympy import Expr, MatrixExpr, Symbol

from symgrad.base.errors import CellError, ShapeError
from symgrad.base.untyped import Array
from symgrad.compute.program.nodes import Node
from symgrad.symbols import TIME, Timed, declared_shape


@dataclass(frozen=True)
class Arguments:
    """Arrays by argument, with the sizes that they show.

    Attributes
    ----------
    arrays : dict of str to array
        As given, in the arithmetic of the run.
    sizes : dict of Symbol to int
    length : int
        The number of steps, T.
    lead : tuple of int
        The leading axes of all arguments, broadcast.
    """

    arrays: dict[str, Array]
    sizes: dict[Any, int]
    length: int
    lead: tuple[int, ...]

    def blocks(self, keys: Mapping[str, object], points: int) -> Iterator[tuple[tuple[Any, ...], Arguments]]:
        """Arguments for parts of the leading axes, of about so many points each, with where those lie.

        They are cut along the longest axis, so that what a step computes stays near the processor.
        """
        axis = max(range(len(self.lead)), key=self.lead.__getitem__, default=0)
        whole = math.prod(self.lead)
        if whole <= points:
            yield (...,), self
            return
        length = self.lead[axis]
        count = min(length, -(-whole // points))
        rows = -(-length // count)
        for start in range(0, length, rows):
            part = slice(start, min(start + rows, length))
            arrays = {name: self._cut(array, keys[name], axis, part) for name, array in self.arrays.items()}
            lead = (*self.lead[:axis], part.stop - start, *self.lead[axis + 1 :])
            yield (*[slice(None)] * axis, part), Arguments(arrays, self.sizes, self.length, lead)

    def _cut(self, array: Array, key: Expr, axis: int, part: slice) -> Array:
        """A part of an array along a leading axis, unless it is spread over that; numbers get one copy for each point.

        To spread a number at each step takes longer than to compute with it.
        """
        own = array.ndim - len(seen_shape(key)) - is_in_time(key)
        if 0 < own == array.ndim:
            return np.ascontiguousarray(np.broadcast_to(array, self.lead)[(*[slice(None)] * axis, part)])
        place = axis - (len(self.lead) - own)
        if place < 0 or array.shape[place] == 1:
            return array
        return array[(*[slice(None)] * place, part)]

    def at(self, keys: Mapping[str, Any], chosen: Any) -> Arguments:
        """Arguments at some points of the leading axes, which become one axis."""
        if not self.lead:
            return self
        arrays = {name: self._chosen(array, keys[name], chosen) for name, array in self.arrays.items()}
        return Arguments(arrays, self.sizes, self.length, (int(np.count_nonzero(chosen)),))

    def _chosen(self, array: Array, key: Expr, chosen: Array) -> Array:
        own = array.ndim - len(seen_shape(key)) - is_in_time(key)
        return np.broadcast_to(array, (*self.lead, *array.shape[own:]))[chosen]

    def size(self, e: Expr) -> int:
        if e.is_Integer or e in self.sizes:  # nearly always
            return int(self.sizes.get(e, e))
        return int(e.xreplace({s: sympy.Integer(v) for s, v in self.sizes.items()}))

    def shape(self, key: object) -> tuple[int, ...]:
        """The shape of a value of a variable or parameter, as users see it."""
        return tuple(map(self.size, seen_shape(key)))


seen_shape = cache(declared_shape)  # the shape under which a variable or parameter is given


@cache
def is_in_time(key: Expr) -> bool:
    """Whether an argument has a value for each step."""
    return isinstance(key, Timed) and bool(key.time == TIME)


@cache
def is_initial(key: Expr) -> bool:
    """Whether an argument is a value before the first step or after the last, which is zero if left out."""
    return isinstance(key, Timed) and not is_in_time(key)


def arguments_of(
    keys: Mapping[str, Expr],
    given: Mapping[str, object],
    sizes: Mapping[Symbol, int],
    convert: Callable[[str, Any], Any],
    length: int | None = None,
) -> Arguments:
    """The arguments, checked.

    Raises
    ------
    CellError
        If one is missing, unknown, not numeric or not finite.
    ShapeError
        If a shape does not fit; it names the argument, the shape that is wanted and the shape that came.
    """
    unknown = [name for name in given if name not in keys]
    if unknown:
        raise CellError(f"unknown argument {unknown[0]}; arguments are {', '.join(keys)}")
    missing = [name for name, key in keys.items() if name not in given and not is_initial(key)]
    if missing:
        raise CellError(f"the argument {missing[0]} is missing; arguments are {', '.join(keys)}")
    masked = [name for name, value in given.items() if np.ma.is_masked(value)]
    if masked:
        raise CellError(f"{masked[0]} is masked in some entries, which have no value; give an array without a mask")
    arrays = {name: convert(name, given[name]) for name in keys if given.get(name) is not None}
    known = dict(sizes)
    lengths: dict[str, int] = {} if length is None else {"T": length}
    for name, array in arrays.items():
        _fit(name, keys[name], array, known, lengths)
    if len(set(lengths.values())) > 1:
        told = " and ".join(f"{name} has {k}" for name, k in lengths.items())
        raise ShapeError(f"the numbers of steps differ: {told}", "T", tuple((k,) for k in lengths.values()))
    steps = next(iter(lengths.values()), 1)
    if steps < 1:
        raise CellError(f"a run has at least one step; {next(iter(lengths))} has none")
    return Arguments(arrays, known, steps, _lead(keys, arrays))


def _fit(name: str, key: Expr, array: Array, sizes: dict[Symbol, int], lengths: dict[str, int]) -> None:
    wanted = seen_shape(key)
    count = len(wanted) + is_in_time(key)
    if array.ndim < count:
        raise _misfit(name, key, array, sizes)
    trailing = array.shape[array.ndim - count :]
    if is_in_time(key):
        lengths[name], trailing = trailing[0], trailing[1:]
    for size, number in zip(wanted, trailing):
        if isinstance(size, Symbol):
            if sizes.setdefault(size, number) != number:
                raise _misfit(name, key, array, sizes)
        elif not size.free_symbols and int(size) != number:
            raise _misfit(name, key, array, sizes)
    composed = [(size, k) for size, k in zip(wanted, trailing) if not isinstance(size, Symbol | sympy.Integer)]
    table = {s: sympy.Integer(v) for s, v in sizes.items()} if composed else {}
    if any(size.free_symbols <= set(sizes) and size.xreplace(table) != k for size, k in composed):
        raise _misfit(name, key, array, sizes)


def check_parts(parts: Iterable[Node], arguments: Arguments) -> None:
    """Raise ShapeError if a slice is no part of what it is taken from, at the sizes that the arguments show."""
    for part in parts:
        (whole,) = part.args
        limits = [*zip(whole.shape, part.data, strict=True)]
        if not all(e.free_symbols <= arguments.sizes.keys() for size, ends in limits for e in (size, *ends)):
            continue
        numbers = [tuple(map(arguments.size, (start, stop, size))) for size, (start, stop) in limits]
        if not all(0 <= start < stop <= size for start, stop, size in numbers):
            name = str(getattr(whole.data[0] if whole.op == "timed" else whole.data, "name", "a matrix"))
            shown = ", ".join(f"{start}:{stop}" for _, (start, stop) in limits)
            shape = tuple(size for _, _, size in numbers)
            raise ShapeError(f"{name}[{shown}] is no part of {name}", "slice", (numbers[0][1:2], shape))


def _misfit(name: str, key: MatrixExpr, array: Array, sizes: Mapping[Symbol, int]) -> ShapeError:
    wanted = ("...", *(["T"] if is_in_time(key) else []), *(str(s) for s in seen_shape(key)))
    where = [f"{s} = {v}" for s, v in sizes.items() if any(s in e.free_symbols for e in seen_shape(key))]
    told = f" with {', '.join(where)}" if where else ""
    return ShapeError(f"{name} must be ({', '.join(wanted)}){told}; got {array.shape}", name, (wanted, array.shape))


def _lead(keys: Mapping[str, Expr], arrays: Mapping[str, Array]) -> tuple[int, ...]:
    leads = {}
    for name, array in arrays.items():
        count = len(seen_shape(keys[name])) + is_in_time(keys[name])
        leads[name] = array.shape[: array.ndim - count]
    try:
        return tuple(np.broadcast_shapes(*leads.values()))
    except ValueError:
        told = ", ".join(f"{name} has {lead}" for name, lead in leads.items() if lead)
        raise ShapeError(f"leading axes do not broadcast: {told}", "broadcast", tuple(leads.values())) from None
