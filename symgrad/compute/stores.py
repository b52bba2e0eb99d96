"""Where the results of a sweep go: into memory, or into a folder that survives a kill."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symgrad.compute.grids import STEPS, Block, Grid, Place
from symgrad.errors import CellError, OutputError

if TYPE_CHECKING:
    import xarray

DONE = "chunk_done"  # the array that says which chunks are there; a chunk is marked when its data is written
FACTS = "sweep"  # the attribute that says of what sweep a store is
RESULTS = "results"  # the attribute with the names of the results, in order


@dataclass(frozen=True)
class Part:
    """A result in a block: its array, the names of the axes after those of the grid, and what it is."""

    array: Any
    axes: tuple[str, ...]
    says: str

    def placed(self, grid: Grid) -> Any:
        """The array with an axis for T, which a program does not know."""
        return np.expand_dims(self.array, [*grid.axes].index(STEPS)) if STEPS in grid.axes else self.array

    def own_shape(self, grid: Grid) -> tuple[int, ...]:
        return tuple(self.array.shape[len(grid.leads) :])

    def attributes(self) -> dict[str, str]:
        return {"long_name": self.says, "units": "1"}


def coordinates(grid: Grid) -> dict[str, tuple[tuple[str, ...], Any]]:
    """The coordinate of each axis, and the numbers that are the same everywhere or vary along axes of other names."""
    steps = {STEPS: ((), grid.lengths[0])} if len(grid.lengths) and STEPS not in grid.axes else {}
    scalars = {name: p for name, p in grid.arguments.items() if p.array.ndim == len(p.axes) and name not in grid.axes}
    return {
        **{name: ((name,), values) for name, values in grid.axes.items()},
        **{name: (p.axes, p.array.astype(float)) for name, p in scalars.items()},
        **steps,
    }


@dataclass
class Memory:
    """Results in arrays."""

    grid: Grid
    about: Mapping[str, str]
    parts: dict[str, Part] = field(default_factory=dict)

    def has(self, place: Place) -> bool:
        return False

    def put(self, place: Place, block: Block, parts: Mapping[str, Part]) -> None:
        for name, part in parts.items():
            if name not in self.parts:
                whole = np.full((*self.grid.shape, *part.own_shape(self.grid)), np.nan)
                self.parts[name] = Part(whole, part.axes, part.says)
            _write(self.parts[name].array, name, block, part, self.grid)

    def dataset(self) -> xarray.Dataset:
        import xarray

        arrays = {name: ((*self.grid.axes, *p.axes), p.array, p.attributes()) for name, p in self.parts.items()}
        return xarray.Dataset(arrays, coordinates(self.grid), dict(self.about))


@dataclass
class Store:
    """Results in a folder in Zarr's format.

    Raises
    ------
    OutputError
        If there is something else in its place.
    """

    grid: Grid
    about: Mapping[str, str]
    path: Path
    facts: Mapping[str, str]

    def __post_init__(self) -> None:
        self.group: Any = None
        self.done = np.zeros(self.grid.counts, dtype=bool)
        if os.path.lexists(self.path):
            self._open()

    def _open(self) -> None:
        import zarr

        try:
            group: Any = zarr.open_group(self.path, mode="r+")
            known = json.loads(str(group.attrs[FACTS]))
        except (OSError, ValueError, KeyError):
            raise OutputError(f"{self.path} is no store of a sweep; give another path") from None
        different = [name for name in {**known, **self.facts} if known.get(name) != self.facts.get(name)]
        if different:
            raise OutputError(
                f"{self.path} holds another sweep, with another {different[0]}; give another path, or delete it"
            )
        self.group, self.done = group, np.asarray(group[DONE][...])

    def has(self, place: Place) -> bool:
        return bool(self.done[place])

    def put(self, place: Place, block: Block, parts: Mapping[str, Part]) -> None:
        if self.group is None:
            self._create(parts)
        for name, part in parts.items():
            _write(self.group[name], name, block, part, self.grid)
        self.group[DONE][place] = True

    def _create(self, parts: Mapping[str, Part]) -> None:
        """An empty store, which comes into sight as a whole."""
        import zarr

        unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        about = {**self.about, FACTS: json.dumps(dict(self.facts)), RESULTS: [*parts]}
        group: Any = zarr.create_group(unfinished, attributes=about)
        for name, (axes, values) in coordinates(self.grid).items():
            kind = str if values.dtype.kind == "U" else values.dtype  # texts of one length are in no standard of Zarr
            array = group.create_array(name, shape=values.shape, dtype=kind, dimension_names=axes)
            array[...] = values
        for name, part in parts.items():
            own = part.own_shape(self.grid)
            group.create_array(
                name,
                shape=(*self.grid.shape, *own),
                chunks=(*map(min, self.grid.blocks.values(), self.grid.shape), *own),
                dtype=float,
                fill_value=np.nan,
                dimension_names=(*self.grid.axes, *part.axes),
                attributes=part.attributes(),
            )
        counts = self.grid.counts
        axes = tuple(f"chunk_{axis}" for axis in self.grid.axes)
        # One chunk for each mark, and Zarr replaces files as a whole: no mark is half-written, or lost with another.
        group.create_array(DONE, shape=counts, chunks=(1,) * len(counts), dtype=bool, dimension_names=axes)
        os.rename(unfinished, self.path)
        self.group = zarr.open_group(self.path, mode="r+")

    def dataset(self) -> xarray.Dataset:
        import xarray

        found: xarray.Dataset = xarray.open_zarr(self.path, consolidated=False)
        kept: xarray.Dataset = found.set_coords([*coordinates(self.grid)])[found.attrs[RESULTS]]
        return kept


def _write(target: Any, name: str, block: Block, part: Part, grid: Grid) -> None:
    if target.shape[len(grid.axes) :] != part.own_shape(grid):
        raise CellError(f"{name} has a shape that depends on T; sweep over T where it does not")
    target[block] = part.placed(grid)
