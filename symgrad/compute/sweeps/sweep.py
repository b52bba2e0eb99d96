"""Sweeps: a program over a grid of arguments, in blocks, by whoever computes them, into a store that survives."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from functools import lru_cache
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb

from symgrad.base.errors import CellError, MissingExtraError, UnderflowWarning
from symgrad.base.fingerprints import digest, digest_of_bytes
from symgrad.base.kinds import shown
from symgrad.base.precision import TURN, many_bits, precision
from symgrad.base.untyped import Array
from symgrad.compute.numbers.arguments import is_in_time, seen_shape
from symgrad.compute.numbers.named import by_name, demand_own_options
from symgrad.compute.numbers.scaled import Scaled
from symgrad.compute.run.formula import SIDES, VALUE
from symgrad.compute.sweeps.grids import Block, Grid, Place, grid_of
from symgrad.compute.sweeps.stores import Memory, Part, Store
from symgrad.symbols import LENGTH

if TYPE_CHECKING:
    import xarray


LOG_BITS = 64  # in which logarithms are computed that become doubles
AT_ONCE = max(64, 4 * (os.cpu_count() or 1))  # chunks that wait in an executor; others may take what does not
PATIENCE = 0.05  # seconds, after which it is looked again whether another sweep is done with its chunks


def sweep(
    program: Any,
    points: Mapping[str, Any] | None = None,
    /,
    *,
    T: int | Sequence[int] | None = None,
    store: str | Path | None = None,
    executor: Any = None,
    chunks: Mapping[str, int] | None = None,
    **arguments: Any,
) -> xarray.Dataset:
    """A program over all combinations of arguments, as a dataset with a dimension for each that varies.

    An argument in the shape that the cell wants is the same at all points. With one axis more, in front, it is a
    dimension that bears its name: a list of numbers for a scalar weight, an array (10, n, n) for ten matrices. A
    DataArray may have several axes in front, and its dims name them; arguments that share a dim vary together.

    Parameters
    ----------
    program : Run or Formula
        From `Gradients.compile` or `compile`.
    points : mapping of str to array or xarray.DataArray, optional
        Arguments by name, whatever their names: one called `chunks` can only be given here.
    T : int or sequence of int, optional
        The numbers of steps. Inputs are cut to their first T steps.
    store : path, optional
        A folder in Zarr's format. Each chunk is written when it is computed; the same call after an interruption goes
        on where it stopped, and at the same time, from another process, it takes a share of the chunks.
    executor : concurrent.futures.Executor or dask.distributed.Client, optional
        Who computes the chunks; this process, one after the other, if left out.
    chunks : mapping of str to int, optional
        How many points of a dimension are computed together; if not said, 64, or fewer where runs are long. Each T is
        a chunk of its own.
    **arguments : array or xarray.DataArray
        By the names of the cell.

    Returns
    -------
    xarray.Dataset
        ``loss``, and as ``dw`` the gradient of each argument ``w`` that has no value for each step; of a formula
        ``value``, of a claim ``left`` and ``right``. What need not fit into doubles (``scaled=True``, mpmath, balls)
        is ``log10_dw``, the logarithm of the magnitude, and ``sign_dw``. An argument that has the name of one of them,
        or T, is ``given_loss`` there. With a store the arrays are read when they are used.

    Raises
    ------
    CellError, ShapeError
        If an argument or an axis is unknown, or does not fit; before anything is computed.
    OutputError
        If the store is that of another sweep.
    MissingExtraError
        If xarray or Zarr is not installed.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> run = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h).compile()
    >>> found = sg.sweep(run, w=[0.5, 1, 2], h0=0.1, T=[1, 10])
    >>> dict(found.sizes)
    {'w': 3, 'T': 2}
    >>> found.dh0.sel(w=0.5).values.round(6).tolist()
    [0.498752, 0.000973]
    """
    if not hasattr(program, "program"):  # any that has one is swept
        raise CellError(f"sweep takes a program that compile has made; got {shown(program)}")
    for library in ("xarray",) if store is None else ("xarray", "zarr", "dask"):
        _require(library)
    arguments = by_name(sweep, points, arguments)
    demand_own_options(sweep, program.program.arguments, arguments, "sweep(program, {…})")
    gradients = ("loss", *(f"d{name}" for name in program.program.arguments))
    results = gradients if hasattr(program, "gradients") else (VALUE, *SIDES)
    grid = grid_of(program.program.arguments, program.sizes, arguments, T, chunks, results)
    about, facts = _about(program), _facts(program, grid)
    target = Memory(grid, about) if store is None else Store(grid, about, Path(store), facts)
    there = target.there()
    waiting = [place for place, _ in grid.all_blocks() if place not in there]
    for place in filter(target.is_damaged, waiting):
        warnings.warn(
            f"{store}: the chunk {place} was damaged or lost; it is computed again",
            RuntimeWarning,
            stacklevel=2,
        )
    underflows: set[str] = set()
    with contextlib.closing(target), _progress(len(waiting)) as advance:
        for place, found in _results(_Taken(program, grid, target, waiting, advance), executor):
            parts, said = found
            target.put(place, grid.block(place), parts)
            underflows |= said
            advance()
    for text in sorted(underflows):
        warnings.warn(text, UnderflowWarning, stacklevel=2)
    return target.dataset()


def _require(library: str) -> None:
    try:
        import_module(library)
    except ImportError:
        raise MissingExtraError("a sweep", library, "scale") from None


def _about(program: object) -> dict[str, str]:
    """What a dataset says of where it comes from."""
    versions = [f"{name} {metadata.version(name)}" for name in ("symgrad", "numpy", "sympy", "python-flint")]
    return {"program": repr(program), "made_by": ", ".join(versions)}


def _facts(program: object, grid: Grid) -> dict[str, str]:
    """All that the numbers of a sweep depend on, by what a user calls it."""
    given = {name: _digest(placed.array, placed.axes) for name, placed in grid.arguments.items()}
    axes = {f"axis {name}": _digest(values) for name, values in grid.axes.items()}
    return {**_about(program), **given, **axes, "T": _digest(grid.lengths), "chunks": digest([*grid.blocks.items()])}


def _digest(array: Array, axes: Sequence[str] = ()) -> str:
    content = repr(array.tolist()).encode() if array.dtype == object else np.ascontiguousarray(array).tobytes()
    return digest(array.shape, str(array.dtype), list(axes), digest_of_bytes(content))


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar for the chunks on a terminal; nothing, and nothing imported, elsewhere."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


# --- computing ----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Task:
    """What travels to whoever computes a block.

    Attributes
    ----------
    program : bytes
        Pickled; where it arrives it is made anew once, and not for each block.
    arguments : dict of str to array
    leads : int
        How many axes of a result are those of the grid.
    asking : int
        The process that asks.
    """

    program: bytes
    arguments: dict[str, Array]
    leads: int
    asking: int


def _task(program: Any, grid: Grid, block: Block) -> Task:
    arguments, steps = grid.within(block)
    if steps is not None and not any(map(is_in_time, grid.keys.values())):
        program = dataclasses.replace(program, sizes={**program.sizes, LENGTH: steps})
    return Task(pickle.dumps(program), arguments, len(grid.leads), os.getpid())


@dataclasses.dataclass
class _Taken:
    """The chunks that are to be computed: each is taken when its turn comes, unless another sweep has it."""

    program: Any
    grid: Grid
    target: Memory | Store
    waiting: list[Place]
    advance: Callable[[], None]

    def next(self) -> tuple[Place, Task] | None:
        """A chunk that nobody else computes; None if there is none at present, or at all."""
        for place in list(self.waiting):
            is_mine = self.target.take(place)
            if is_mine or self.target.has(place):
                self.waiting.remove(place)
            if is_mine:
                return place, _task(self.program, self.grid, self.grid.block(place))
            if place not in self.waiting:
                self.advance()
        return None


def _results(taken: _Taken, executor: Any) -> Iterator[tuple[Place, Any]]:
    """Places and what was computed, in the order in which it comes; at the end all chunks are there."""
    if executor is None:
        while taken.waiting:
            mine = taken.next()
            if mine is not None:
                yield mine[0], _computed(mine[1])
            elif taken.waiting:
                time.sleep(PATIENCE)
        return
    at_once = AT_ONCE
    if hasattr(executor, "get_executor"):  # a client of Dask
        at_once = max(AT_ONCE, 2 * sum(executor.ncores().values()))
        executor = executor.get_executor(pure=False)
    running: dict[Any, Place] = {}
    try:
        while taken.waiting or running:
            while len(running) < at_once and (mine := taken.next()) is not None:
                running[executor.submit(_computed, mine[1])] = mine[0]
            if not running:
                time.sleep(PATIENCE if taken.waiting else 0)
                continue
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()


_revived = lru_cache(maxsize=32)(pickle.loads)


def _computed(task: Task) -> tuple[dict[str, Part], set[str]]:
    """The results of a block, and what was said about underflow where the process that asks cannot hear it."""
    program = _revived(task.program)
    if os.getpid() == task.asking:
        return _parts(program, program(**task.arguments), task.leads), set()
    with TURN, warnings.catch_warnings(record=True) as heard:  # filters belong to the whole process
        warnings.simplefilter("always", UnderflowWarning)
        found = _parts(program, program(**task.arguments), task.leads)
    return found, {str(w.message) for w in heard if issubclass(w.category, UnderflowWarning)}


def _parts(program: Any, output: Any, leads: int) -> dict[str, Part]:
    """What is kept of an output: loss and gradients, or the value of a formula."""
    if isinstance(output, tuple):
        return {n: part for side, value in zip(SIDES, output) for n, part in _formula(side, value, leads).items()}
    if not hasattr(output, "gradients"):
        return _formula(VALUE, output, leads)
    found = _named("loss", output.loss, (), "L")
    for name, gradient in output.gradients.items():
        key = program.program.arguments[name]
        if not is_in_time(key):
            axes = tuple(f"{name}_{k}" for k in range(len(seen_shape(key))))
            found |= _named(f"d{name}", gradient, axes, f"dL/d{name}")
    return found


def _formula(name: str, value: Array, leads: int) -> dict[str, Part]:
    return _named(name, value, tuple(f"{name}_{k}" for k in range(np.ndim(value) - leads)), name)


def _named(name: str, value: Array, axes: tuple[str, ...], what: str) -> dict[str, Part]:
    if isinstance(value, Scaled):
        return _logarithm(name, value.log10(), value.sign, axes, what)
    array = np.asarray(value)
    if array.dtype != object:
        return {name: Part(array.astype(float, copy=False), axes, what)}
    return _logarithm(name, _each(_log10, array), _each(_sign, array), axes, what)


def _logarithm(name: str, log10: Array, sign: Array, axes: tuple[str, ...], what: str) -> dict[str, Part]:
    says = {f"log10_{name}": (log10, f"log10 |{what}|"), f"sign_{name}": (sign, f"sign of {what}")}
    return {n: Part(np.asarray(array, dtype=float), axes, text) for n, (array, text) in says.items()}


def _each(of: Callable[[Any], float], array: Array) -> Array:
    return np.asarray(np.vectorize(of, otypes=[float])(array))


def _log10(number: Array) -> float:
    """The logarithm of the magnitude; of an exact zero it is minus infinity."""
    if isinstance(number, arb):
        with precision(LOG_BITS):
            return float(abs(number).log() / arb(10).log()) if number != 0 else -np.inf
    with many_bits(LOG_BITS) as numbers:
        return float(numbers.log10(abs(numbers.convert(number)))) if number else -np.inf


def _sign(number: Array) -> float:
    return float((number > 0) - (number < 0))
