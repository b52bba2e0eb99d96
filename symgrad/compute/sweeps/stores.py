"""Where the results of a sweep go: into memory, or into a folder that survives a kill."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symgrad.base.errors import CellError, OutputError
from symgrad.base.files import UNFINISHED
from symgrad.base.untyped import Array
from symgrad.compute.sweeps.grids import STEPS, Block, Grid, Place, own_name
from symgrad.compute.sweeps.sharing import Share, abandoned

if TYPE_CHECKING:
    import xarray

DONE = "chunk_done"  # the array that says which chunks are there; a chunk is marked when its data is written
CONTENT = "chunk_content"  # the array of fingerprints of chunks, written before their data
LOCKS = "locks"  # the file that says who computes what, beside the marks
FACTS = "sweep"  # the attribute that says of what sweep a store is
RESULTS = "results"  # the attribute with the names of the results, in order


@dataclass(frozen=True)
class Part:
    """A result in a block: its array, the names of the axes after those of the grid, and what it is."""

    array: Array
    axes: tuple[str, ...]
    says: str

    def placed(self, grid: Grid) -> Array:
        """The array with an axis for T, which a program does not know."""
        return np.expand_dims(self.array, [*grid.axes].index(STEPS)) if STEPS in grid.axes else self.array

    def own_shape(self, grid: Grid) -> tuple[int, ...]:
        return tuple(self.array.shape[len(grid.leads) :])

    def attributes(self) -> dict[str, str]:
        return {"long_name": self.says, "units": "1"}


def coordinates(grid: Grid) -> dict[str, tuple[tuple[str, ...], Array]]:
    """The coordinate of each axis, and the numbers that are the same everywhere or vary along axes of other names."""
    steps = {STEPS: ((), grid.lengths[0])} if len(grid.lengths) and STEPS not in grid.axes else {}
    named = {own_name(name, grid.results): p for name, p in grid.arguments.items()}
    scalars = {name: p for name, p in named.items() if p.array.ndim == len(p.axes) and name not in grid.axes}
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

    def take(self, place: Place) -> bool:
        return True

    def has(self, place: Place) -> bool:
        return False

    def there(self) -> set[Place]:
        return set()

    def is_damaged(self, place: Place) -> bool:
        return False

    def close(self) -> None:
        pass

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


class Store:
    """Results in a folder in Zarr's format, which several sweeps may fill together.

    Parameters
    ----------
    grid : Grid
    about, facts : mapping of str to str
        What it says of itself, and what the sweep is.
    path : Path

    Raises
    ------
    OutputError
        If there is something else in its place, or it cannot be written.
    """

    def __init__(self, grid: Grid, about: Mapping[str, str], path: Path, facts: Mapping[str, str]) -> None:
        self.grid, self.about, self.path, self.facts = grid, about, path, facts
        self.seen: set[Place] = set()  # chunks that were read and are right
        with self._writing():
            _remove_leftovers(path)
            if not os.path.lexists(path):
                self._make()
            self._open()
            self.share = Share(path / DONE / LOCKS)
            with self.share.alone():
                for left in (*path.glob("*.partial"), *path.glob("*/*.partial")):  # of arrays, made by who is alone
                    left.unlink(missing_ok=True)
        self.marks = {name: self._all_marks(name) for name in (DONE, CONTENT)}

    def _all_marks(self, name: str) -> Array | None:
        try:
            return np.asarray(self.group[name][...])
        except Exception:  # one that is damaged; they are read one by one
            return None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}") from None

    def _open(self) -> None:
        import zarr

        try:
            self.group: Any = zarr.open_group(self.path, mode="r+")
            known = json.loads(str(self.group.attrs[FACTS]))
        except (OSError, ValueError, KeyError, TypeError):
            raise OutputError(f"{self.path} is no store of a sweep; give another path") from None
        different = [name for name in {**known, **self.facts} if known.get(name) != self.facts.get(name)]
        if different:
            raise OutputError(
                f"{self.path} holds another sweep, with another {different[0]}; give another path, or delete it"
            )
        for name, make in self._frame().items():
            if self._array(name) is None:
                make(self.group)

    def _array(self, name: str) -> Any:
        """An array of the store; None if there is none that can be read."""
        try:
            found = self.group[name]
            return found if hasattr(found, "chunks") else None
        except Exception:  # whatever Zarr makes of damaged files
            return None

    # --- chunks ---------------------------------------------------------------------------------------------

    def take(self, place: Place) -> bool:
        """Take a chunk that is to be computed; False if another sweep computes it, or has."""
        number = self._number(place)
        if not self.share.take(number):
            return False
        if self.has(place):
            self.share.give_back(number)
            return False
        self._remove_partial(place)
        return True

    def give_back(self, place: Place) -> None:
        self.share.give_back(self._number(place))

    def _number(self, place: Place) -> int:
        return 1 + int(np.ravel_multi_index(place, self.grid.counts)) if place else 1

    def has(self, place: Place) -> bool:
        """Whether a chunk is there, as its fingerprint says; it gets the mark that it was left without."""
        if place not in self.seen and self._is_whole(place):
            if not self._mark(DONE, place):
                with self._writing():
                    self.group[DONE][place] = True
            self.seen.add(place)
        return place in self.seen

    def is_damaged(self, place: Place) -> bool:
        """Whether a chunk that is not there has been there: its data is not what was written, or its fingerprint."""
        return self._was_marked(DONE, place) and not self.has(place)

    def _was_marked(self, name: str, place: Place) -> bool:
        """Whether there was a mark when the store was opened."""
        marks = self.marks[name]
        return bool(self._mark(name, place) if marks is None else marks[place])

    def _mark(self, name: str, place: Place) -> int:
        try:
            return int(self.group[name][place])
        except Exception:  # a damaged mark is none
            return 0

    def _is_whole(self, place: Place) -> bool:
        wanted = self._mark(CONTENT, place)
        if not wanted:
            return False
        try:
            import zarr

            self.group = zarr.open_group(self.path, mode="r+")  # another sweep may have made its arrays since
            block = self.grid.block(place)
            return wanted == _content({name: self.group[name][block] for name in self.group.attrs[RESULTS]})
        except Exception:  # whatever Zarr makes of damaged files
            return False

    def put(self, place: Place, block: Block, parts: Mapping[str, Part]) -> None:
        sizes = tuple(s.stop - s.start for s in block)
        arrays = {
            name: np.broadcast_to(part.placed(self.grid), (*sizes, *part.own_shape(self.grid)))
            for name, part in parts.items()
        }
        with self._writing():
            self._make_results(parts)
            self.group[CONTENT][place] = _content(arrays)
            for name, part in parts.items():
                _write(self.group[name], name, block, part, self.grid)
            self.group[DONE][place] = True
        self.seen.add(place)
        self.give_back(place)

    def _remove_partial(self, place: Place) -> None:
        """Remove what a killed sweep has left of writing a chunk, which nobody else writes now."""
        for folder in (path for path in self.path.iterdir() if path.is_dir()):
            chunk = folder.joinpath("c", *map(str, place)) if folder.name in (DONE, CONTENT) else None
            own = [chunk] if chunk is not None else self._chunks(folder, place)
            for path in own:
                for left in path.parent.glob(f"{path.name}.*.partial"):
                    left.unlink(missing_ok=True)

    def _chunks(self, folder: Path, place: Place) -> list[Path]:
        """The files of a chunk in the folder of a result, which has axes of its own after those of the grid."""
        array = self._array(folder.name)
        if array is None or array.ndim < len(place):
            return []
        more = array.ndim - len(place)
        return [folder.joinpath("c", *map(str, place), *("0",) * more)]

    # --- making ---------------------------------------------------------------------------------------------

    def there(self) -> set[Place]:
        """The chunks that are there when a sweep begins."""
        places = (place for place, _ in self.grid.all_blocks())
        return {place for place in places if self._was_marked(CONTENT, place) and self.has(place)}

    def _make(self) -> None:
        """A store without results, which comes into sight as a whole."""
        while not os.path.lexists(self.path):
            unfinished = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}{UNFINISHED}")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # another sweep took it for a leftover
                unfinished.mkdir()
                (unfinished / DONE).mkdir()
                self._fill(unfinished, Share(unfinished / DONE / LOCKS))

    def _fill(self, unfinished: Path, share: Share) -> None:
        import zarr

        try:
            with share.alone():
                if not share.is_there:
                    return
                about = {**self.about, FACTS: json.dumps(dict(self.facts))}
                group = zarr.create_group(unfinished, attributes=about)
                for make in self._frame().values():
                    make(group)
                try:
                    os.rename(unfinished, self.path)
                except OSError:
                    if not os.path.lexists(self.path):  # one that another sweep has made meanwhile stays
                        raise
                    shutil.rmtree(unfinished, ignore_errors=True)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        finally:
            share.close()

    def _frame(self) -> Mapping[str, Callable[[Any], None]]:
        """What makes the arrays that are no results."""
        counts = self.grid.counts
        axes = tuple(f"chunk_{axis}" for axis in self.grid.axes)

        def coordinate(name: str, axes: tuple[str, ...], values: Array, group: Any) -> None:
            kind = str if values.dtype.kind == "U" else values.dtype  # texts of one length are in no standard of Zarr
            array = group.create_array(name, shape=values.shape, dtype=kind, dimension_names=axes, overwrite=True)
            array[...] = values

        def marks(name: str, kind: Any, group: Any) -> None:
            # One chunk for each mark, and Zarr replaces files as a whole: none is half-written, or lost with another.
            group.create_array(
                name, shape=counts, chunks=(1,) * len(counts), dtype=kind, dimension_names=axes, overwrite=True
            )

        given = coordinates(self.grid).items()
        return {name: partial(coordinate, name, axes, np.asarray(values)) for name, (axes, values) in given} | {
            name: partial(marks, name, kind) for name, kind in ((DONE, bool), (CONTENT, np.uint64))
        }

    def _make_results(self, parts: Mapping[str, Part]) -> None:
        """The arrays of results, where they are missing: the first result tells what they are."""
        import zarr

        if all(self._array(name) is not None for name in parts):
            return
        with self.share.alone():
            self.group = zarr.open_group(self.path, mode="r+")
            for name, part in parts.items():
                if self._array(name) is None:
                    self._make_result(name, part)
            self.group.attrs[RESULTS] = [*parts]

    def _make_result(self, name: str, part: Part) -> None:
        own = part.own_shape(self.grid)
        self.group.create_array(
            name,
            shape=(*self.grid.shape, *own),
            chunks=(*map(min, self.grid.blocks.values(), self.grid.shape), *own),
            dtype=float,
            fill_value=np.nan,
            dimension_names=(*self.grid.axes, *part.axes),
            attributes=part.attributes(),
            overwrite=True,
        )

    def dataset(self) -> xarray.Dataset:
        import xarray

        found: xarray.Dataset = xarray.open_zarr(self.path, consolidated=False)
        kept: xarray.Dataset = found.set_coords([*coordinates(self.grid)])[found.attrs[RESULTS]]
        return kept

    def close(self) -> None:
        self.share.close()


def _content(arrays: Mapping[str, Array]) -> int:
    """A fingerprint of the results of a chunk, which is not 0."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(name.encode() + b"\0" + np.ascontiguousarray(arrays[name], dtype="<f8").tobytes())
    return int.from_bytes(found.digest()[:8]) | 1


def _remove_leftovers(path: Path) -> None:
    """Remove what killed sweeps have left of making this store."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{UNFINISHED}"):
        with abandoned(left / DONE / LOCKS) as is_abandoned:
            if is_abandoned:
                shutil.rmtree(left, ignore_errors=True)
        for folder in (left / DONE, left):  # of one that was killed before it had a file of locks
            with contextlib.suppress(OSError):
                folder.rmdir()


def _write(target: Array, name: str, block: Block, part: Part, grid: Grid) -> None:
    if target.shape[len(grid.axes) :] != part.own_shape(grid):
        raise CellError(f"{name} has a shape that depends on T; sweep over T where it does not")
    target[block] = part.placed(grid)
