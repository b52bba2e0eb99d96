"""A computation in the arithmetic of a backend; in balls, until the digits that were asked for are certain."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from flint import arb

from symgrad.balls import precision
from symgrad.base.errors import CellError, PrecisionError
from symgrad.base.plugins import Kind
from symgrad.base.precision import many_digits
from symgrad.base.untyped import Array
from symgrad.compute.numbers.arithmetic import BALLS, DOUBLES, Arithmetic, UndecidedError, in_digits_of, of_mpmath
from symgrad.compute.numbers.dtypes import FLOAT64
from symgrad.compute.program.program import Program

if TYPE_CHECKING:
    from symgrad.compute.llvm.call import Compiled

DIGITS = 50  # unless asked for otherwise
GUARD_DIGITS = 15
DOUBLE_BITS = 53
BITS_PER_DIGIT = math.log2(10)
MOST_BITS = 1 << 15
MOST_SHOWN = 3  # places of an array
KINK = "a comparison, as at a kink, of numbers that no enclosure tells apart"

Result = TypeVar("Result")


def in_arithmetic(
    backend: str,
    digits: int | None,
    compute: Callable[[Arithmetic], Result],
    numbers_of: Callable[[Result], Mapping[str, Any]],
    scaled: bool = False,
) -> tuple[Result, str]:
    """What is computed in the arithmetic of a backend, and in words which entries are given as 0 and may be none.

    Parameters
    ----------
    backend : str
    digits : int or None
        Of mpmath and of balls.
    compute : callable
        The computation; called again with more bits while its balls are too wide.
    numbers_of : callable
        The arrays in its result whose digits are to be certain, by what they are called.
    scaled : bool
        Whether nothing may under- or overflow: then balls are computed with the precision of doubles.

    Raises
    ------
    PrecisionError
        If the digits that were asked for cannot be made certain; it tells the precision that was reached.
    """
    if scaled:
        return in_balls(compute, numbers_of, 2 * DOUBLE_BITS, DOUBLE_BITS + 1)
    return backend_named(backend).compute(compute, numbers_of, digits or DIGITS)


def _in_doubles(compute: Callable[[Arithmetic], Result], numbers_of: object, digits: int) -> tuple[Result, str]:
    with np.errstate(all="ignore"):
        return compute(DOUBLES), ""


def _in_digits(compute: Callable[[Arithmetic], Result], numbers_of: object, digits: int) -> tuple[Result, str]:
    with many_digits(digits + GUARD_DIGITS) as numbers:
        return compute(in_digits_of(numbers)), ""


def _in_certain_digits(compute: Callable[[Arithmetic], Result], numbers_of: Any, digits: int) -> tuple[Result, str]:
    start = int((digits + GUARD_DIGITS) * BITS_PER_DIGIT)
    return in_balls(compute, numbers_of, start, int(digits * BITS_PER_DIGIT) + 1)


@dataclass(frozen=True)
class Backend:
    """A row of the table of backends: all that is asked of one.

    Attributes
    ----------
    name : str
    compute : callable
        A computation, the arrays in its result whose digits matter, and how many digits are wanted, to the result and,
        in words, which of its balls are given as 0 and may be none; see `in_arithmetic`.
    is_in_doubles : bool
        Whether it computes in doubles, which are 16 digits and under- and overflow; others take `digits`.
    is_machine_code : bool
        Whether programs are compiled, which needs the extra ``fast`` and takes `threads`.
    given_back : callable
        An array of numbers of mpmath as users get it.
    """

    name: str
    compute: Callable[..., tuple[Any, str]]
    is_in_doubles: bool = False
    is_machine_code: bool = False
    given_back: Callable[[Any], Any] | None = None


BACKENDS = {
    row.name: row
    for row in (
        Backend("numpy", _in_doubles, is_in_doubles=True),
        Backend("compiled", _in_doubles, is_in_doubles=True, is_machine_code=True),
        Backend("mpmath", _in_digits, given_back=of_mpmath),
        Backend("balls", _in_certain_digits),
    )
}


OTHERS = Kind("backend", "symgrad.backends", lambda found: isinstance(found, Backend), "symgrad.extend.Backend")


def backend_named(name: str) -> Backend:
    """The row of a name; that of another package joins the table when it is asked for.

    Raises
    ------
    CellError
        If there is none.
    PluginError
        If one of another package cannot be loaded.
    """
    row = BACKENDS.get(name) or OTHERS.named(name)
    if row is None:
        known = dict.fromkeys((*BACKENDS, *(point.name for point in OTHERS.points())))
        raise CellError(f"backend is one of {', '.join(known)}; got {name!r}")
    return BACKENDS.setdefault(name, row)


def _names(has: Callable[[Backend], bool]) -> str:
    return " and ".join(row.name for row in BACKENDS.values() if has(row))


def in_balls(
    compute: Callable[[Arithmetic], Result],
    numbers_of: Callable[[Result], Mapping[str, Any]],
    start: int,
    wanted: int,
) -> tuple[Result, str]:
    """What is computed in balls, with more and more bits, until as many as are wanted are certain in each number.

    A number that is 0 because others cancel is enclosed ever closer and has no certain digit. At the last precision it
    is left as a ball around 0, far below all else, and the words say so.
    """
    bits, unsure = start, f"{KINK}: "
    while bits <= MOST_BITS:
        with precision(bits), contextlib.suppress(UndecidedError):
            found = compute(BALLS)
            open_ones = _open_ones(numbers_of(found), wanted)
            if not open_ones:
                return found, ""
            if 2 * bits > MOST_BITS and all(x.is_zero for x in open_ones):
                return found, _told(open_ones, bits)
            unsure = next((f"{x}: " for x in open_ones if not x.is_zero), "")
        bits *= 2
    raise PrecisionError(unsure.removesuffix(": ") or "the run", int(wanted / BITS_PER_DIGIT), bits // 2)


@dataclass(frozen=True)
class _Open:
    """An entry without as many certain digits as are wanted.

    Attributes
    ----------
    name : str
        Of the array.
    place : tuple of int
    most : arb
        It is no larger in size.
    is_zero : bool
        Whether it may be 0 and is far below all else in the array, or in all arrays where the whole array may be 0.
    """

    name: str
    place: tuple[int, ...]
    most: Array
    is_zero: bool

    def __str__(self) -> str:
        return f"{self.name} at {self.place}" if self.place else self.name


def _open_ones(arrays: Mapping[str, Array], wanted: int) -> list[_Open]:
    """The entries of which fewer bits than are wanted are certain."""
    entries = {name: list(np.ndenumerate(np.asarray(array, dtype=object))) for name, array in arrays.items()}
    sizes = {
        name: max((x.abs_lower() for _, x in found if x.is_finite()), default=arb(0)) for name, found in entries.items()
    }
    largest = max(sizes.values(), default=arb(0))
    made = []
    for name, found in entries.items():
        scale = next((size for size in (sizes[name], largest) if size > 0), arb(1))
        for place, x in found:
            if not x.is_zero() and x.rel_accuracy_bits() < wanted:
                most = x.abs_upper()
                is_zero = x.is_finite() and x.contains(0) and bool(most * arb(2) ** wanted < scale)
                made.append(_Open(name, place, most, is_zero))
    return made


def _told(zeros: list[_Open], bits: int) -> str:
    places: dict[str, list[tuple[int, ...]]] = {}
    for zero in zeros:
        places.setdefault(zero.name, []).append(zero.place)
    names = ", ".join(f"{name}{_shown(found)}" for name, found in places.items())
    most = max(zero.most for zero in zeros).str(2, radius=False)
    return (
        f"given as 0, as terms cancel: {names}; at {bits} bits the enclosures hold 0 and nothing beyond {most} in size"
    )


def _shown(places: list[tuple[int, ...]]) -> str:
    more = f" and {len(places) - MOST_SHOWN} more" if len(places) > MOST_SHOWN else ""
    return f" at {', '.join(map(str, places[:MOST_SHOWN]))}{more}" if places[0] else ""


def centred(array: Array) -> Array:
    """Balls, those that hold 0 with 0 as their middle."""
    return np.frompyfunc(_centred, 1, 1)(array)


def _centred(x: arb) -> arb:
    return x if x.is_zero() or not x.contains(0) else arb(0, x.abs_upper())


def compiled_source(program: Program, kept: Iterable[object] | None, threads: int) -> Compiled | None:
    """A program in machine code; without the libraries for it a warning, and None."""
    try:
        from symgrad.compute.llvm.call import Compiled
    except ImportError:
        warnings.warn(
            "backend='compiled' needs the extra fast: pip install 'symgrad[fast]'; computed with numpy instead",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return Compiled.of(program, kept, threads)


def check_options(
    backend: str, digits: int | None, scaled: bool = False, threads: int = 1, dtype: str = FLOAT64
) -> None:
    """Raise CellError if there is no such backend, or if it has no such option."""
    row = backend_named(backend)
    in_doubles = _names(lambda row: row.is_in_doubles)
    if not isinstance(threads, int) or threads < 1:
        raise CellError(f"threads is a positive integer; got {threads!r}")
    if threads > 1 and not row.is_machine_code:
        raise CellError(
            f"threads are for the backend {_names(lambda row: row.is_machine_code)}; the backend is {backend}"
        )
    if digits is not None and row.is_in_doubles:
        others = _names(lambda row: not row.is_in_doubles)
        raise CellError(f"digits are for the backends {others}; the backend is {backend}")
    if scaled and not row.is_in_doubles:
        raise CellError(f"scaled=True is for the backends {in_doubles}; {backend} never underflows")
    if dtype != FLOAT64 and (scaled or not row.is_in_doubles):
        other = "scaled=True gives mantissas and exponents" if scaled else f"{backend} has numbers of its own"
        raise CellError(f"dtype={dtype!r} is for the backends {in_doubles}, without scaled=True; {other}")
