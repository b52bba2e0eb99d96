"""Grids: the arguments of a program over all combinations of values, cut into blocks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr

from symgrad.base.errors import CellError, ShapeError
from symgrad.base.untyped import Array
from symgrad.compute.numbers.arguments import arguments_of, is_in_time, seen_shape
from symgrad.compute.numbers.arithmetic import as_doubles
from symgrad.symbols import LENGTH

STEPS = "T"
LONGEST_BLOCK = 64  # points along an axis: thousands in a block of two axes, enough to outweigh a call
STEPS_IN_BLOCK = 1 << 22  # of all points together; a step of a scalar cell keeps about ten doubles
Block = tuple[slice, ...]
Place = tuple[int, ...]


@dataclass(frozen=True)
class Placed:
    """An argument: its array, and the axes of the grid along which it varies, which come first."""

    array: Array
    axes: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """All combinations of values.

    Attributes
    ----------
    axes : dict of str to array
        The coordinate of each axis, in order.
    arguments : dict of str to Placed
    keys : mapping of str to object
        Parameters, inputs and initial states by the names under which they are given.
    lengths : array of int
        The numbers of steps: none where the arguments show it, one, or those of the axis T.
    blocks : dict of str to int
        How many points of each axis are computed together.
    results : tuple of str
        The names of what is computed.
    """

    axes: dict[str, Array]
    arguments: dict[str, Placed]
    keys: Mapping[str, Expr]
    lengths: Array
    blocks: dict[str, int]
    results: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(map(len, self.axes.values()))

    @property
    def leads(self) -> tuple[str, ...]:
        """The axes along which arguments vary: all but T."""
        return tuple(axis for axis in self.axes if axis != STEPS)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many blocks there are along each axis."""
        return tuple(-(-len(values) // self.blocks[name]) for name, values in self.axes.items())

    def all_blocks(self) -> Iterator[tuple[Place, Block]]:
        """The blocks with their places among all blocks."""
        for place in itertools.product(*map(range, self.counts)):
            yield place, self.block(place)

    def block(self, place: Place) -> Block:
        """The block at a place among all blocks."""
        sizes = zip(place, self.blocks.values(), self.shape)
        return tuple(slice(k * size, min((k + 1) * size, length)) for k, size, length in sizes)

    def within(self, block: Block) -> tuple[dict[str, Array], int | None]:
        """The arguments of a block, as a program takes them, and the number of steps where it is chosen."""
        place = dict(zip(self.axes, block))
        steps = int(self.lengths[place.get(STEPS, slice(0, 1))][0]) if len(self.lengths) else None
        return {name: self._part(name, place, steps) for name in self.arguments}, steps

    def _part(self, name: str, place: Mapping[str, slice], steps: int | None) -> Array:
        """The entries of an argument in a block, with an axis of length 1 for those along which it does not vary."""
        placed, key = self.arguments[name], self.keys[name]
        array = placed.array[tuple(place[axis] for axis in placed.axes)]
        if placed.axes:
            present = [axis for axis in self.leads if axis in placed.axes]
            array = np.moveaxis(array, [placed.axes.index(axis) for axis in present], range(len(present)))
            array = np.expand_dims(array, [k for k, axis in enumerate(self.leads) if axis not in present])
        if steps is not None and is_in_time(key):
            array = array[(..., slice(steps), *[slice(None)] * len(seen_shape(key)))]
        return array


def grid_of(
    keys: Mapping[str, Expr],
    sizes: Mapping[Any, int],
    given: Mapping[str, object],
    steps: int | Sequence[int] | None,
    chunks: Mapping[str, int] | None,
    results: tuple[str, ...] = (),
) -> Grid:
    """The grid that arguments span, checked.

    Raises
    ------
    CellError, ShapeError
        If an argument or an axis is unknown, or its values do not fit; the text names it.
    """
    axes: dict[str, Array] = {}
    arguments = {name: _placed(name, value, keys, axes, results) for name, value in given.items()}
    lengths = _lengths(steps)
    for axis in axes:
        if own_name(axis, results) != axis:
            what = "the number of steps" if axis == STEPS else "a result"
            raise CellError(f"{axis} is {what}; give the axis {axis} of the arguments another name")
    if steps is not None and np.ndim(steps) == 1:
        axes[STEPS] = lengths
    own = [_steps_of(p) for name, p in arguments.items() if is_in_time(keys[name])]
    longest = lengths.max() if len(lengths) else max(own, default=sizes.get(LENGTH, 1))
    grid = Grid(axes, arguments, keys, lengths, _block_sizes(axes, chunks, int(longest)), results)
    _check(grid, sizes)
    return grid


def own_name(argument: str, results: tuple[str, ...]) -> str:
    """The name of an argument among the results of a sweep."""
    taken = {f"{kind}{result}" for result in (*results, STEPS) for kind in ("", "log10_", "sign_")}
    return f"given_{argument}" if argument in taken else argument


def _placed(
    name: str, value: Any, keys: Mapping[str, Expr], axes: dict[str, Array], results: tuple[str, ...] = ()
) -> Placed:
    """An argument with its axes, which are added to those of the grid."""
    if name not in keys:
        raise CellError(f"unknown argument {name}; a sweep runs over {', '.join((*keys, STEPS))}")
    array = np.asarray(value)
    own = len(seen_shape(keys[name])) + is_in_time(keys[name])
    extra = array.ndim - own
    labelled = hasattr(value, "dims") and hasattr(value, "coords")
    if extra < 0 or (extra > 1 and not labelled):
        wanted = f"{own} axes, or {own + 1} to sweep over the first; more as an xarray.DataArray, whose dims name them"
        raise ShapeError(f"{name} has {wanted}", name, (array.shape,))
    as_doubles(name, array.astype(float) if array.dtype == object else array)
    names = tuple(map(str, value.dims[:extra])) if labelled else (own_name(name, results),) * extra
    for k, axis in enumerate(names):
        plain = array if own == 0 and not labelled else np.arange(array.shape[k])
        coordinate = np.asarray(value.coords[axis]) if labelled and axis in value.coords else plain
        if axis in axes and not np.array_equal(axes[axis], coordinate):
            raise CellError(f"two arguments have different values along the axis {axis}; {name} is one of them")
        if not len(coordinate):
            raise CellError(f"the axis {axis} is empty")
        axes[axis] = coordinate
    return Placed(array, names)


def _steps_of(placed: Placed) -> int:
    return int(placed.array.shape[len(placed.axes)])


def _lengths(steps: object) -> Array:
    found = np.atleast_1d(np.asarray([] if steps is None else steps))
    if found.ndim > 1 or (len(found) and (found.dtype.kind not in "iu" or found.min() < 1)):
        raise CellError(f"{STEPS} is a number of steps, 1 or more, or a sequence of them; got {steps!r}")
    if steps is not None and not len(found):
        raise CellError(f"the axis {STEPS} is empty")
    return found.astype(int)


def _block_sizes(axes: Mapping[str, Array], chunks: Mapping[str, int] | None, longest: int) -> dict[str, int]:
    """As asked for; each number of steps is a block of its own, for its series have a length of their own."""
    chosen = dict(chunks or {})
    for name, size in chosen.items():
        if name not in axes or name == STEPS:
            others = ", ".join(axis for axis in axes if axis != STEPS)
            raise CellError(f"chunks are for the axes {others}; got {name}")
        if not isinstance(size, int) or size < 1:
            raise CellError(f"a chunk of {name} has 1 point or more; got {size!r}")
    leads = max(1, len(axes.keys() - {STEPS}))
    usual = min(LONGEST_BLOCK, max(1, int((STEPS_IN_BLOCK / longest) ** (1 / leads))))
    return {name: 1 if name == STEPS else chosen.get(name, usual) for name in axes}


def _check(grid: Grid, sizes: Mapping[Any, int]) -> None:
    """Names, shapes and values of all arguments, before anything is computed."""
    own = {s: v for s, v in sizes.items() if s != LENGTH}
    whole = tuple(slice(0, len(values)) for values in grid.axes.values())
    arrays, _ = Grid(grid.axes, grid.arguments, grid.keys, grid.lengths[:0], grid.blocks).within(whole)
    found = arguments_of(grid.keys, arrays, own, lambda name, array: array)
    if any(map(is_in_time, grid.keys.values())) and len(grid.lengths) and found.length < grid.lengths.max():
        raise CellError(f"{STEPS} goes up to {grid.lengths.max()}, and the inputs have {found.length} steps")
