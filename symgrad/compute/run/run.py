"""Runs: a loss with all its gradients as a program, called with arrays."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sympy import Expr

from symgrad.base.errors import CellError, PrecisionError, UnderflowWarning
from symgrad.base.kinds import demand
from symgrad.base.untyped import Array
from symgrad.compute.arrays.emit import source_of
from symgrad.compute.numbers.arguments import Arguments, is_in_time
from symgrad.compute.numbers.arithmetic import BALLS, DOUBLES, NEARLY_ZERO, Arithmetic, are_real, is_finite
from symgrad.compute.numbers.dtypes import FLOAT64, in_singles, told_as_lost
from symgrad.compute.numbers.scaled import Scaled
from symgrad.compute.passes.segments import Output, Segments, Wiring, arguments_in
from symgrad.compute.program.nodes import is_zero
from symgrad.compute.program.packing import packed
from symgrad.compute.program.program import Program, is_adjoint, program_of
from symgrad.compute.program.schedule import demand_loops
from symgrad.compute.run.backends import centred, compiled_source, in_arithmetic
from symgrad.compute.run.computation import Computation
from symgrad.compute.run.real_values import without_value
from symgrad.compute.run.zeros import OVERFLOWN, are_larger, points_of_zeros, told_of
from symgrad.recurrent.gradients.backward import Backward

if TYPE_CHECKING:
    from symgrad.compute.passes.prepared import Prepared

PART = 1 << 12  # entries that are looked at together
MOST_PREPARED = 8  # shapes of arguments that are remembered
SMALL = 32  # units, up to which a product with a matrix costs little more than the call


@dataclass(frozen=True)
class Run(Computation):
    """A loss with all its gradients, ready to be called with arrays by name.

    Leading axes of any argument broadcast as in a generalized ufunc of NumPy. Vectors in time are (..., T, n), vectors
    (..., n), matrices (..., n, m), scalars in time (..., T), scalars (...). Initial states, and other values outside of
    the steps, are zero if left out.

    Parameters
    ----------
    gradients : Gradients
        What is computed, with its cell and its loss.
    backend : {"numpy", "compiled", "mpmath", "balls"}
        In which numbers it is computed, as in `Gradients.compile`.
    sizes : dict of Symbol to int
        Sizes that no argument shows; the number of steps under `LENGTH`, where no argument has steps.
    digits : int or None
        Of mpmath and of balls; None means 50.
    scaled : bool
        Whether loss, gradients and states are mantissas and exponents, so that nothing under- or overflows.
    checkpoint : bool
        Whether states are kept at some steps only and computed again between them.
    threads : int
        Of compiled, over leading axes.
    dtype : {"float64", "float32"}
        Of loss, gradients and states; float32 are doubles that are rounded once.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    >>> run = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), sg.half_squared_error(h)).compile()
    >>> out = run(w=0.5, x=[1, 0, 0], target=[0, 0, 0])
    >>> round(float(out.loss), 6), out.gradients["x"].round(6).tolist()
    (0.016151, [0.015849, 0.075476, 0.173921])
    """

    gradients: Backward
    backend: str = "numpy"
    sizes: Mapping[Any, int] = field(default_factory=dict)
    digits: int | None = None
    scaled: bool = False
    checkpoint: bool = False
    threads: int = 1
    dtype: str = FLOAT64

    def __post_init__(self) -> None:
        demand(Backward, self.gradients, "a run is one of gradients, as bptt gives them")
        super().__post_init__()
        if self.checkpoint and self.gradients.looks_ahead:
            raise CellError(
                "checkpoint=True is for cells and losses that look at earlier steps only; this one looks at later ones"
            )
        demand_loops(self.gradients.cell)

    @cached_property
    def program(self) -> Program:
        """The program that every backend reads."""
        return program_of(self.gradients)

    @cached_property
    def _prepared(self) -> list[Prepared]:
        """Of machine code, what was prepared for arguments of some shapes, the latest first."""
        return []

    @cached_property
    def _compiled(self) -> Wiring | None:
        source = compiled_source(self.program, None if self.checkpoint else self._wanted, self.threads)
        return None if source is None else Wiring(self.program, source)

    @cached_property
    def _wanted(self) -> list[Any]:
        """What is given back."""
        return [*self.program.states, *self.program.gradients.values()]

    def _wiring(self, scalars: bool, plain: bool = True, is_small: bool = True) -> Wiring:
        kind = scalars, plain, is_small
        if kind not in self._wirings:
            program = packed(self.program) if plain and is_small and not scalars else self.program
            kept = None if self.checkpoint else self._wanted
            self._wirings[kind] = Wiring(program, source_of(program, scalars, kept, plain=plain, is_small=is_small))
        return self._wirings[kind]

    def __call__(self, /, **given: object) -> Output:
        """Loss, gradients and states at a point.

        Parameters
        ----------
        **given : array
            The arguments by name: parameters, inputs, targets and values outside of the steps, in shapes as above.
            Values outside of the steps are zero if left out or None.

        Returns
        -------
        Output
            Numbers as the backend has them.

        Raises
        ------
        CellError
            If an argument is missing, unknown, not numeric or not finite; if the cell has no real value there; if the
            loss or a gradient is beyond the range of the numbers that are given back.
        ShapeError
            If a shape does not fit; it names the argument, the shape that is wanted and the shape that came.
        PrecisionError
            If the digits that were asked for cannot be made certain.

        Warns
        -----
        UnderflowWarning
            If the loss, a gradient that is 0 throughout, or one behind adjoints that lost digits may be 0 because it is
            too small for the numbers that are computed in, or an entry for those that are given back.
        """
        self._look_at_numbers()
        for prepared in self._prepared:
            if prepared.accepts(given):
                output, least, is_safe = prepared(given)
                if not is_safe:
                    break
                self._tell_of_range(output, given, least < NEARLY_ZERO)
                return self._in_dtype(output)
        given = {name: a for name, a in given.items() if a is not None}

        def compute(arithmetic: Arithmetic) -> tuple[Output, list[Array]]:
            return self._computed(arithmetic, given)

        try:
            (output, adjoints), zeros = in_arithmetic(self.backend, self.digits, compute, _numbers, self.scaled)
        except (PrecisionError, ArithmeticError) as error:
            raise self._without_value(given, error) from None
        if zeros:
            output = _with(centred, output)
            warnings.warn(zeros, UnderflowWarning, stacklevel=2)
        if self.scaled:
            return _with(Scaled.of_balls, output)
        if self._row.given_back is not None:
            if not all(map(are_real, _numbers((output, adjoints)).values())):
                raise self._without_value(given, CellError("a number that is not real came out"))
            return _with(self._row.given_back, output)
        if self._row.is_in_doubles:
            self._check_finite(output, adjoints, given)
            self._tell_of_range(output, given, any(map(_has_lost_digits, adjoints)))
        return self._in_dtype(output)

    def _in_dtype(self, output: Output) -> Output:
        """The output as it is given back."""
        if self.dtype == FLOAT64:
            return output
        found, lost, beyond = in_singles(_numbers((output, None)))
        if beyond:
            raise CellError(f"{beyond[0]} is beyond the range of float32; use dtype='float64'")
        if lost:
            warnings.warn(told_as_lost(lost), UnderflowWarning, stacklevel=3)
        loss, *arrays = found.values()
        gradients, states = arrays[: len(output.gradients)], arrays[len(output.gradients) :]
        return Output(loss, dict(zip(output.gradients, gradients)), dict(zip(output.states, states)))

    def _check_finite(self, output: Output, adjoints: list[Array], given: Mapping[str, object]) -> None:
        with np.errstate(all="ignore"):
            short = (a for name, a in output.gradients.items() if name not in self._long)
            are_finite = all(map(is_finite, short)) and not any(
                not is_finite(a) and np.isnan(a).any() for a in adjoints
            )
        if not is_finite(output.loss):
            beyond = CellError(
                "the loss, or a number on its way, is beyond the range of doubles; use backend='mpmath' or 'balls'"
            )
            raise self._without_value(given, beyond)
        if not are_finite:
            beyond = CellError(
                "a gradient, or a number on its way, is beyond the range of doubles; use scaled=True or backend='balls'"
            )
            raise self._without_value(given, beyond)

    def _without_value(self, given: Mapping[str, Array], otherwise: Exception) -> Exception:
        """What is raised where numbers did not come out: that the cell has no real value there, or what else it is."""
        found = without_value(
            self.gradients, self.program.arguments, arguments_in(BALLS, self.program, given, self.sizes)
        )
        if found is None and isinstance(otherwise, ArithmeticError):
            return CellError(f"a part has no number ({str(otherwise) or 'a division by 0'}); use backend='balls'")
        return found or otherwise

    def _tell_of_range(self, output: Output, given: Mapping[str, object], has_lost_digits: bool) -> None:
        """Warn of numbers that are or became too small, and of too large ones that something is divided by."""
        self._tell_of_small_numbers((output.loss, *output.gradients.values()), stacklevel=4)
        is_told = self._tell_of_nearly_zero(output, given, has_lost_digits)
        numbers = (*(a for a in given.values() if a is not None), *output.states.values())
        if not is_told and are_larger(numbers, self._reach) and self._has_overflown(given):
            warnings.warn(OVERFLOWN, UnderflowWarning, stacklevel=3)

    def _tell_of_nearly_zero(self, output: Output, given: Mapping[str, object], has_lost_digits: bool) -> bool:
        """Warn of a loss and of gradients that are 0, or nearly, after numbers that became too small on their way.

        It gives whether the loss is among them.

        Of adjoints that lost digits a run knows. Where no digit was left, NumPy is asked.
        """
        if not has_lost_digits and not self._has_underflown(output, given):
            return False
        low = [name for name, a in output.gradients.items() if self._is_low(name, a, output.loss.ndim)]
        named = ["the loss"] * bool(_has_nearly_zero(output.loss)) + [f"gradients of {', '.join(low)}"] * bool(low)
        if named:
            warnings.warn(
                f"{' and '.join(named)} {'are' if low else 'is'} below the range of doubles: "
                f"a 0 {'among them ' * bool(low)}need not be one; use scaled=True or backend='balls'",
                UnderflowWarning,
                stacklevel=4,
            )
        return "the loss" in named

    def _is_low(self, name: str, gradient: object, leads: int) -> bool:
        """Whether a gradient is 0, or nearly, throughout; or in an entry, if adjoints are in it."""
        if name in self._through_adjoints:
            return name in self._long or _has_nearly_zero(gradient)
        return name in self._looked_at and points_of_zeros([gradient], leads) is not None

    def _has_underflown(self, output: Output, given: Mapping[str, object]) -> bool:
        """Whether NumPy, which computes again where the loss or a whole gradient is 0, tells of numbers out of range.

        What is divided by a number too large is too small.
        """
        found = output.gradients
        points = points_of_zeros([output.loss, *[found[name] for name in self._looked_at]], output.loss.ndim)
        if points is None:
            return False
        arguments = arguments_in(DOUBLES, self.program, given, self.sizes).at(self.program.arguments, points)
        return self._is_told_of(arguments, under="call", over="call")

    def _has_overflown(self, given: Mapping[str, object]) -> bool:
        """Whether NumPy, which computes again where numbers are large, tells of one beyond the range."""
        return self._is_told_of(arguments_in(DOUBLES, self.program, given, self.sizes), over="call")

    def _is_told_of(self, arguments: Arguments, **events: Literal["call"]) -> bool:
        with told_of(**events) as told:
            self._in_pieces(None, DOUBLES, arguments, scalars=False, is_watched=True)
        return bool(told)

    @cached_property
    def _through_adjoints(self) -> tuple[str, ...]:
        """The gradients in which adjoints are, in the order of the arguments."""
        reads: dict[Any, set[Expr]] = {}
        for line in self.program.lines:
            reads.setdefault(line.target, set()).update(v for v, _ in line.reads)
        return tuple(
            name for name, target in self.program.gradients.items() if any(map(is_adjoint, reads.get(target, ())))
        )

    @cached_property
    def _looked_at(self) -> tuple[str, ...]:
        """The gradients that are looked at after each run: those to which anything flows."""
        flowing = {line.target for line in self.program.lines if not is_zero(line.node)}
        found = self.program.gradients.items()
        return tuple(name for name, target in found if target in flowing and name not in self._long)

    @cached_property
    def _long(self) -> frozenset[str]:
        """The gradients that are checked piece by piece: to look at all of them at once would take their memory."""
        keys = self.program.arguments.items()
        return frozenset(name for name, key in keys if is_in_time(key)) if self.checkpoint else frozenset()

    def _computed(self, arithmetic: Arithmetic, given: Mapping[str, object]) -> tuple[Output, list[Array]]:
        arguments = arguments_in(arithmetic, self.program, given, self.sizes)
        is_compiled = self._row.is_machine_code and not self.scaled and 0 not in arguments.lead
        scalars = self.program.is_scalar and not arguments.lead
        wiring = self._compiled if is_compiled else None
        if wiring is not None and not arguments.lead and not self.checkpoint:
            from symgrad.compute.passes.prepared import Prepared

            prepared = next((p for p in self._prepared if p.accepts(arguments.arrays)), None)
            if prepared is None:
                prepared = Prepared(wiring, arguments)
                self._prepared[:] = [prepared, *self._prepared[: MOST_PREPARED - 1]]
            output, least, _ = prepared(arguments.arrays)
            return output, [np.array([least])]
        scalars = scalars and wiring is None
        if scalars and arithmetic is DOUBLES:
            # Functions of plain numbers raise what those of NumPy give as inf or nan.
            with contextlib.suppress(ArithmeticError, ValueError):
                return self._in_pieces(None, arithmetic, arguments, scalars=True)
        return self._in_pieces(wiring, arithmetic, arguments, scalars and arithmetic is not DOUBLES)

    def _in_pieces(
        self,
        wiring: Wiring | None,
        arithmetic: Arithmetic,
        arguments: Arguments,
        scalars: bool,
        is_watched: bool = False,
    ) -> tuple[Output, list[Array]]:
        if wiring is None:
            is_small = max(arguments.sizes.values(), default=0) <= SMALL
            wiring = self._wiring(scalars, arithmetic is DOUBLES, is_small)
        segments = Segments.of(wiring, arithmetic, arguments, scalars, is_watched)
        return segments.whole() if not self.checkpoint else segments.piecewise()


def _has_nearly_zero(array: Array) -> bool:
    """Whether an entry is nearly 0; where gradients vanish, the first ones are."""
    if not array.shape:
        return bool(abs(array) < NEARLY_ZERO)
    return any(np.abs(part).min() < NEARLY_ZERO for part in _parts(array))


def _has_lost_digits(array: Array) -> bool:
    """Whether an entry is nearly 0, and is not."""
    sizes = map(np.abs, _parts(array))
    return any(size.min() < NEARLY_ZERO and ((size != 0) & (size < NEARLY_ZERO)).any() for size in sizes)


def _parts(array: Array) -> Iterator[Any]:
    """The entries in parts that fit a cache."""
    entries = array.ravel()
    return (entries[k : k + PART] for k in range(0, len(entries), PART))


def _with(convert: Callable[[Any], Any], output: Output) -> Output:
    """The output with all its arrays converted."""
    arrays = ({name: convert(a) for name, a in part.items()} for part in (output.gradients, output.states))
    return Output(convert(output.loss), *arrays)


def _numbers(found: tuple[Output, list[Array] | None]) -> dict[str, Array]:
    output, _ = found
    return {
        "the loss": output.loss,
        **{f"the gradient of {name}": a for name, a in output.gradients.items()},
        **{f"the state {name}": a for name, a in output.states.items()},
    }
