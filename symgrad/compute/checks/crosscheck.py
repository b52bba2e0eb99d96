"""Crosschecks: gradients of a run against independent estimates, entry by entry, each with its error."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy
from flint import acb, arb
from sympy import Symbol

from symgrad.activations.functions import expand
from symgrad.balls import Tape, precision
from symgrad.base.errors import CellError, UnderflowWarning
from symgrad.base.precision import TURN, many_digits, of_mpmath
from symgrad.base.shown import Word, table
from symgrad.base.untyped import Array
from symgrad.compute.numbers.arguments import is_in_time
from symgrad.compute.numbers.dtypes import FLOAT64
from symgrad.compute.numbers.scaled import Scaled
from symgrad.compute.run.run import Run
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.recurrent.forms import paths
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.oracle import runs
from symgrad.symbols import Timed, shape_of

ENTRIES = 3  # of each argument; a difference takes two runs of the network for each
RTOL = 1e-8  # what a gradient in doubles is held to: half of their digits
SEED = 20
FIRST_BITS, MOST_BITS = 256, 1 << 15
NOT_ANALYTIC = (sympy.Abs, sympy.sign, sympy.conjugate, sympy.re, sympy.im, sympy.arg)
WANTED_BITS = 60  # that an estimate is to have beyond its error
DIGITS = 70  # in which entries and estimates are compared


@dataclass(frozen=True)
class Estimate:
    """An estimate of a gradient that does not come from the run.

    Attributes
    ----------
    method : str
    value, error : mpf
        The estimate and a bound of its error.
    """

    method: str
    value: Array
    error: Array

    def __str__(self) -> str:
        return f"{self.method} {mpmath.nstr(self.value, 8)} ± {mpmath.nstr(self.error, 2)}"


@dataclass(frozen=True)
class Row:
    """One entry of one gradient.

    Attributes
    ----------
    argument : str
    place : tuple of int
        Its indices; of what is given in time the first is the step, counted from 1.
    found : mpf
        What the run gives.
    estimates : tuple of Estimate
    relative : float
        The largest relative difference from an estimate.
    verdict : Verdict
    """

    argument: str
    place: tuple[int, ...]
    found: Array
    estimates: tuple[Estimate, ...]
    relative: float
    verdict: Verdict

    @property
    def name(self) -> str:
        return f"{self.argument}[{', '.join(map(str, self.place))}]" if self.place else self.argument

    def __str__(self) -> str:
        words = "; ".join([mpmath.nstr(self.found, 8), *map(str, self.estimates), f"off by {self.relative:.1e}"])
        return f"{self.name}: {words}; {self.verdict.outcome.name}"


@dataclass(frozen=True)
class Crosscheck:
    """What `crosscheck` found; iterating gives its rows, and printed it lists them.

    Parameters
    ----------
    rows : tuple of Row
        One for each entry that was compared: `argument` and `place` (of what is given in time the step comes first,
        counted from 1), as `found` what the run gives, its `estimates`, each with a bound of its error, the largest
        `relative` difference, and the `verdict`.
    entries : int
        How many entries the gradients have in all.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> run = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h).compile({sg.LENGTH: 3})
    >>> check = sg.crosscheck(run, {"w": 2, "h0": 0.5})
    >>> [(row.name, row.verdict.outcome.name) for row in check]
    [('w', 'SUPPORTED'), ('h0', 'SUPPORTED')]
    >>> [estimate.method for estimate in check.worst.estimates][:3]
    ['balls', 'central difference', 'complex step']
    """

    rows: tuple[Row, ...]
    entries: int

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def verdict(self) -> Verdict:
        """REFUTED if an entry is wrong; UNINFORMATIVE if none could have been found wrong; else SUPPORTED."""
        counts = Counter(row.verdict.outcome for row in self.rows)
        blind = counts[Outcome.UNINFORMATIVE]
        words = f"{len(self.rows)} of {self.entries} entries compared"
        words += f", {blind} of which could not have been found wrong" if blind else ""
        outcome = next((o for o in (Outcome.REFUTED, Outcome.SUPPORTED) if counts[o]), Outcome.UNINFORMATIVE)
        return Verdict(outcome, "crosscheck", words)

    @property
    def worst(self) -> Row:
        """The row with the largest relative difference."""
        return max(self.rows, key=lambda row: row.relative)

    def __str__(self) -> str:
        return "\n".join([f"{self.verdict.outcome.name}: {self.verdict.evidence}", *map(str, self.rows)])

    def _repr_html_(self) -> str:
        rows = (
            (
                row.name,
                mpmath.nstr(row.found, 8),
                "; ".join(map(str, row.estimates)),
                f"{row.relative:.1e}",
                Word(row.verdict.outcome.name, row.verdict.holds),
            )
            for row in self.rows
        )
        entries = table(("entry", "found", "estimates", "off by", "verdict"), rows)
        return f"<p>{self.verdict._repr_html_()}</p>{entries}"


def crosscheck(run: Run, point: Mapping[str, object], entries: int = ENTRIES, rtol: float = RTOL) -> Crosscheck:
    """The gradients of a run at a point against central differences, the complex step, forward mode and balls.

    The differences, in balls of as many bits as they need, see the forward equations only; forward mode carries
    derivatives along with the states; balls walk the adjoint equations with certain digits. Where the gradient is 0
    the comparison tells nothing of its factors, and where an estimate does not stand out of its error it tells
    nothing at all: both are called UNINFORMATIVE.

    Parameters
    ----------
    run : Run
        What `Gradients.compile` gives; one with dtype="float32" is looked at before it rounds.
    point : mapping of str to array
        Arguments by name, without leading axes.
    entries : int
        How many entries of each argument are compared, chosen with a fixed seed; the first and the last always.
    rtol : float
        The relative difference up to which a gradient counts as right: 1e-8, half of the digits of a double, unless
        given.

    Returns
    -------
    Crosscheck
        The rows, and a verdict on all of them together: REFUTED, SUPPORTED or UNINFORMATIVE.

    Raises
    ------
    CellError
        If it is no run, or an argument is missing, unknown or not real.
    ShapeError
        If a shape does not fit.

    References
    ----------
    Squire, Trapp, Using complex variables to estimate derivatives of real functions (1998); Williams, Zipser, A
    learning algorithm for continually running fully recurrent neural networks (1989).

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 20}, scaled=True)
    >>> check = crosscheck(run, {"w": 1, "h0": 0.5})
    >>> print(check.verdict)
    SUPPORTED, crosscheck; 2 of 2 entries compared
    """
    if not isinstance(run, Run):
        raise CellError(f"crosscheck takes what compile gives; got {type(run).__name__}")
    grad = run.gradients
    doubles = run if run.dtype == FLOAT64 else replace(run, dtype=FLOAT64)
    output, oracle = _quietly(doubles, point), _Oracle(grad, point, run.sizes)
    rows, total = [], 0
    for name, array in output.gradients.items():
        shape = array.shape if isinstance(array, Scaled) else np.shape(array)
        total += math.prod(shape)
        rows += [_row(oracle, name, place, _number(array, place), rtol) for place in _places(shape, entries)]
    return Crosscheck(tuple(rows), total)


def _quietly(run: Run, point: Mapping[str, object]) -> Any:
    with TURN, warnings.catch_warnings():  # filters belong to the whole process, not to a thread
        warnings.simplefilter("ignore", UnderflowWarning)  # each entry is judged below
        return run(**point)


def _places(shape: tuple[int, ...], entries: int) -> list[tuple[int, ...]]:
    every = list(np.ndindex(shape))
    if len(every) <= entries:
        return every
    chosen = np.random.default_rng(SEED).choice(len(every) - 2, max(0, entries - 2), replace=False) + 1
    return [every[k] for k in sorted({0, len(every) - 1, *map(int, chosen)})]


def _number(array: Array, place: tuple[int, ...]) -> Array:
    """An entry as a number of mpmath."""
    entry = array[place]
    if isinstance(entry, Scaled):
        return entry.to_mpmath()
    return middle(entry) if isinstance(entry, arb) else mpmath.mp.convert(entry)


def middle(ball: arb) -> Array:
    """The middle of a ball as a number of mpmath, with the digits that are right of it."""
    digits = max(20, int(ball.rel_accuracy_bits() * 0.30103) + 5) if not ball.is_zero() else 20
    return _decimal(arb(ball).mid().str(min(digits, 60), radius=False))


def _decimal(text: str) -> Array:
    with many_digits(DIGITS) as numbers:
        return of_mpmath(numbers.mpf(text))


def _row(oracle: _Oracle, name: str, place: tuple[int, ...], found: Array, rtol: float) -> Row:
    estimates = oracle.estimates(name, place)
    with many_digits(DIGITS) as numbers:
        gaps = [(abs(numbers.convert(found) - e.value), e) for e in estimates]
        relative = max((float(gap / abs(e.value)) if e.value else float(gap != 0) for gap, e in gaps), default=0.0)
        verdict = _verdict(found, gaps, rtol)
    shown = (place[0] + 1, *place[1:]) if is_in_time(oracle.keys[name]) else place
    return Row(name, shown, found, estimates, relative, verdict)


def _verdict(found: Array, gaps: list[tuple[Array, Estimate]], rtol: float) -> Verdict:
    wrong = [e for gap, e in gaps if gap > e.error + rtol * abs(e.value)]
    if wrong:
        return Verdict(Outcome.REFUTED, "crosscheck", f"{mpmath.nstr(found, 12)} against {wrong[0]}")
    seeing = [e for _, e in gaps if abs(e.value) > e.error]
    if not seeing:
        return Verdict(Outcome.UNINFORMATIVE, "crosscheck", "the gradient is 0, or no estimate stands out of its error")
    return Verdict(Outcome.SUPPORTED, "crosscheck", f"agrees with {', '.join(e.method for e in seeing)}")


# --- estimates ----------------------------------------------------------------------------------------------------


class _Oracle:
    """Estimates of gradients at a point, none of which uses the program."""

    def __init__(self, grad: Backward, arguments: Mapping[str, Any], sizes: Mapping[Symbol, int]) -> None:
        self.grad, self.sizes = grad, sizes
        self.arguments = {name: _exact(value) for name, value in arguments.items()}
        self.keys = runs.argument_names(grad)
        self._walked: dict[int, Any] = {}
        self._forward: dict[tuple[str, int], Any] = {}

    def estimates(self, name: str, place: tuple[int, ...]) -> tuple[Estimate, ...]:
        """All estimates that can be had of one entry."""
        found = [self._by_balls(name, place), *self._by_steps(name, place)]
        forward = self._by_forward_mode(name, place)
        return tuple(e for e in (*found, forward) if e is not None)

    @cached_property
    def is_analytic(self) -> bool:
        """Whether all functions of the cell and of the loss are analytic, so that a complex step is one of them."""
        formulas = (*(e.right for e in self.grad.cell.steps), self.grad.loss.term)
        return not any(expand(e).has(*NOT_ANALYTIC) for e in formulas)

    def _certain(self, compute: Callable[[int], Any]) -> Array | None:
        """What a computation in balls gives, with as many bits as its digits need; None if there are never enough."""
        bits = FIRST_BITS
        while bits <= MOST_BITS:
            with precision(bits):
                ball = compute(bits)
                if ball is None or ball.is_zero() or ball.rel_accuracy_bits() > WANTED_BITS:
                    return ball
            bits *= 2
        return None

    def _by_balls(self, name: str, place: tuple[int, ...]) -> Estimate | None:
        def entry(bits: int) -> Array:
            if bits not in self._walked:
                self._walked[bits] = runs.evaluate(self.grad, self.arguments, self.sizes)
            return arb(np.asarray(self._walked[bits].gradients[name], dtype=object)[place])

        ball = self._certain(entry)
        return None if ball is None else _of_ball("balls", ball)

    def _by_steps(self, name: str, place: tuple[int, ...]) -> list[Estimate]:
        """Central differences and the complex step of the loss, computed forward in balls."""
        bits = 2 * FIRST_BITS
        while bits <= MOST_BITS:
            with precision(bits):
                step = arb(2) ** (-(bits // 4))
                at = {k: self._loss(name, place, k * step) for k in (-2, -1, 0, 1, 2)}
                central, wide = (at[1] - at[-1]) / (2 * step), (at[2] - at[-2]) / (4 * step)
                if central.is_zero() or central.rel_accuracy_bits() > WANTED_BITS:
                    # The gap between the slopes ahead and behind falls with the step, but for a kink, where it stays.
                    gaps = [(at[k] - 2 * at[0] + at[-k]) / (k * step) for k in (1, 2)]
                    kink = abs(2 * gaps[0] - gaps[1])
                    found = [_of_ball("central difference", central, abs(wide - central) + kink)]
                    if not self.is_analytic:
                        return found
                    with contextlib.suppress(CellError):  # a kink has no value off the real line
                        turned = acb(self._loss(name, place, acb(0, 1) * step)).imag / step
                        # The next term of the series is that of the difference with the other sign, so that the gap
                        # of the two is twice the truncation of each.
                        found.append(_of_ball("complex step", turned, abs(turned - central) + kink))
                    return found
            bits *= 2
        return []

    def _loss(self, name: str, place: tuple[int, ...], step: Array) -> Array:
        around = runs.surroundings(self.grad, self.arguments, self.sizes)
        around.tape = Tape if isinstance(step, acb) else around.tape
        key = self.keys[name]
        if is_in_time(key):
            spot, inside = (around.timed, (key.key, place[0] + 1)), place[1:]
        elif isinstance(key, Timed):
            spot, inside = (around.timed, (key.key, around.number(key.time))), place
        else:
            spot, inside = (around.parameters, key), place
        table, at = spot
        if shape_of(key):
            array = table[at].copy()
            entry = (*inside, 0) if len(inside) == 1 else inside
            array[entry] = array[entry] + step
            table[at] = array
        else:
            table[at] = table[at] + step
        runs.run_forward(self.grad, around)
        return runs.total_loss(self.grad, around)

    def _by_forward_mode(self, name: str, place: tuple[int, ...]) -> Estimate | None:
        """Real-time recurrent learning, for parameters of cells that have its recursion."""
        if isinstance(self.keys[name], Timed):
            return None

        def entry(bits: int) -> Array | None:
            key = name, bits
            if key not in self._forward:
                self._forward[key] = self._carried_forward(name)
            row = self._forward[key]
            return None if row is None else arb(np.ravel(row)[self._column(name, place)])

        ball = self._certain(entry)
        return None if ball is None else _of_ball("forward mode", ball)

    def _column(self, name: str, place: tuple[int, ...]) -> int:
        """Where an entry stands in the row of the gradient: column by column."""
        if len(place) < 2:
            return place[0] if place else 0
        return place[1] * len(self.arguments[name]) + place[0]

    def _carried_forward(self, name: str) -> Array | None:
        try:
            mode = paths.forward_mode(self.grad, self.keys[name])
        except (CellError, ValueError):
            return None
        around = runs.surroundings(self.grad, self.arguments, self.sizes)
        runs.run_forward(self.grad, around)
        carried = mode.recursion.left
        around.timed[carried.key, 0] = around.zero(carried)
        for step in range(1, around.length + 1):
            around.timed[carried.key, step] = around.evaluate(mode.recursion.right, step)
        return np.asarray(around.evaluate(mode.gradient, around.length), dtype=object)


def _exact(value: object) -> Array:
    array = np.asarray(value)
    return array.item() if array.ndim == 0 else array.astype(object)


def _of_ball(method: str, ball: Array, more: Array | None = None) -> Estimate:
    """The middle of a ball and its radius, with what a truncation adds."""
    number = arb(ball)
    radius = number.rad() + (arb(more).abs_upper() if more is not None else arb(0))
    centre = middle(number)
    with many_digits(DIGITS) as numbers:
        error = numbers.mpf(arb(radius).mid().str(5, radius=False)) + abs(centre) * numbers.mpf(10) ** -16
        return Estimate(method, centre, of_mpmath(error))
