"""For which steps a line about a cell is judged: those of a run at which everything in it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Expr, S, Symbol

from symgrad.errors import CellError
from symgrad.recurrent.backward import LossDerivative
from symgrad.recurrent.jacobians import StateJacobian
from symgrad.vectors import LENGTH, TIME, OrderedProduct, Role, TimedMatrix, TimedScalar, TimeSum

MOST_STEPS = 16  # of a run in which a line is tried
MOST_TRIED = 4  # steps beyond the first, to see where alone a line fails


@dataclass(frozen=True)
class LineSteps:
    """The steps of a line: the left side is at `at`, for each value of `index` from `low` to `high`.

    Attributes
    ----------
    at : Expr
        The step of the left side; T where it has none.
    index : Symbol or None
        What the line is stated for each value of, usually t.
    low, high : Expr
        Where it has an index, its least and its greatest value: a number, and a number less than T.
    least : int
        The least T for which the line says something.
    """

    at: Expr
    index: Symbol | None
    low: Expr
    high: Expr
    least: int

    def values(self, length: int) -> list[int]:
        """The values of the index in a run of so many steps; T for a line without one."""
        if length < self.least:
            return []
        if self.index is None:
            return [length]
        there = {LENGTH: sympy.Integer(length)}
        return list(range(int(self.low.xreplace(there)), int(self.high.xreplace(there)) + 1))

    def lengths(self, usual: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        """Numbers of steps at which the line says something, with the draw of numbers."""
        found = [run for run in usual if self.values(run[0])]
        if found or self.least > MOST_STEPS:
            return found
        return [(self.least + k, k) for k in range(3)]

    def exception(self, fails: Callable[[int, int], bool]) -> OnlyWrong | None:
        """The few first or last steps, or the few least T, at which a line fails, if it does so there alone.

        Parameters
        ----------
        fails : callable
            Whether it fails in a run of so many steps at a value of the index.
        """
        longest = self.least + MOST_TRIED
        if longest > MOST_STEPS:
            return None
        if self.index is None:
            lengths = range(self.least, longest + 1)
            few = _leading([fails(length, length) for length in lengths])
            rest = replace(self, least=self.least + few)
            return OnlyWrong(LENGTH, S(self.least), S(rest.least - 1), rest) if few else None
        wrong = [fails(longest, value) for value in self.values(longest)]
        if few := _leading(wrong):
            rest = replace(self, low=self.low + few)
            return OnlyWrong(self.index, self.low, rest.low - 1, replace(rest, least=_least(rest)))
        if few := _leading(wrong[::-1]):
            rest = replace(self, high=self.high - few)
            return OnlyWrong(self.index, rest.high + 1, self.high, replace(rest, least=_least(rest)))
        return None

    def __str__(self) -> str:
        if self.index is None:
            return "for every T" if self.least == 1 else f"for every T >= {self.least}"
        return f"for {self.index} = {self.low}, ..., {self.high}"


@dataclass(frozen=True)
class OnlyWrong:
    """Where alone a line fails, and the steps at which it does not.

    Attributes
    ----------
    index : Symbol
        What tells where it is: the index of the line, or T.
    low, high : Expr
        The least and the greatest value of the index at which it fails.
    rest : LineSteps
    """

    index: Symbol
    low: Expr
    high: Expr
    rest: LineSteps

    def __str__(self) -> str:
        where = (
            f"at {self.index} = {self.low}"
            if self.low == self.high
            else f"for {self.index} = {self.low}, ..., {self.high}"
        )
        return f"it fails {where} only"


def _leading(wrong: list[bool]) -> int:
    """How many come first of those that are wrong, if there are others and all of them are right."""
    few = next((k for k, each in enumerate(wrong) if not each), 0)
    return 0 if any(wrong[few:]) else few


def steps_of(
    left: Any, right: Any, ends: Mapping[tuple[str, str], tuple[int, int]], is_each: bool, last_steps: int = 1
) -> LineSteps:
    """The steps for which a line is judged.

    A line with h[t] on its left is one for each step t < T, as adjoints at T are what the loss alone gives; where its
    left side is at an earlier step than t, that step is before T. Steps at which something in the line has no value
    are left out; adjoints of steps after T are zero and have one.

    Parameters
    ----------
    ends : mapping of variable to pair of int
        The first step at which there is a value, and how far behind T the last one is.
    is_each : bool
        Whether a gradient without a step on the left is one of an input, for each t < T.
    last_steps : int
        How many of the last steps have adjoint equations of their own: lines for each step are for those before.
    """
    at = step_of(left, is_each)
    others = {s for v, bound in _timed(right) for s in v.time.free_symbols - bound - {LENGTH}}
    mine = at.free_symbols - {LENGTH}
    if (others - mine and at != LENGTH) or len(mine) > 1 or len(others) > 1:
        names = ", ".join(sorted(map(str, others - mine or mine)))
        raise CellError(f"{left}: a line is for one step; it names {names}, which its left side does not fix")
    index = next(iter(mine or others), None)
    if index is None:
        return _at_one_step(at, last_steps)
    sign = at.coeff(index)
    if mine and abs(sign) != 1:
        raise CellError(f"{left}: the step of the left side is t, or a number of steps from t or T")
    if not mine:
        found = LineSteps(at, index, sympy.S.One, LENGTH, 1)
    elif sign == 1:
        shift = sympy.expand(at - index)
        late = LENGTH - last_steps
        high = late - shift if shift.is_negative or not shift.is_Integer else LENGTH - sympy.Max(last_steps, shift)
        found = LineSteps(at, index, sympy.Max(1, 1 - shift) if shift.is_Integer else 1 - shift, high, 1)
    else:
        rest = sympy.expand(at + index)
        found = LineSteps(at, index, sympy.expand(rest - LENGTH + last_steps), sympy.expand(rest - 1), 1)
    found = _narrowed(found, right, ends)
    return replace(found, least=_least(found))


def step_of(left: Any, is_each: bool) -> Expr:
    if isinstance(left, TimedScalar | TimedMatrix):
        return left.time
    argument = left.argument if isinstance(left, LossDerivative) else None
    if isinstance(argument, TimedScalar | TimedMatrix) and argument.role is Role.INPUT:
        return LENGTH if argument.time == TIME and not is_each else argument.time
    return LENGTH


def _at_one_step(at: Expr, last_steps: int) -> LineSteps:
    before = sympy.expand(LENGTH - at)
    least = 1 + int(before) if before.is_Integer else last_steps + int(at)
    return LineSteps(at, None, at, at, max(1, least))


def _timed(e: Any, bound: frozenset[Symbol] = frozenset()) -> Iterator[tuple[Any, frozenset[Symbol]]]:
    """All variables at steps in an expression, with the indices of the sums and products around them."""
    if isinstance(e, TimedScalar | TimedMatrix):
        yield e, bound
    elif isinstance(e, TimeSum | OrderedProduct | sympy.Sum | sympy.Product):
        limits = e.args[1:]
        yield from _timed(e.args[0], bound | {limit[0] for limit in limits})
    elif not isinstance(e, StateJacobian):
        for part in e.args:
            if isinstance(part, sympy.Basic):
                yield from _timed(part, bound)


def _narrowed(steps: LineSteps, right: Any, ends: Mapping[tuple[str, str], tuple[int, int]]) -> LineSteps:
    """Without the steps at which something that stands outside of sums has no value."""
    index, low, high = steps.index, steps.low, steps.high
    for v, bound in _timed(right):
        if v.role is Role.ADJOINT or v.time.free_symbols & bound or v.key not in ends:
            continue
        first, behind = ends[v.key]
        shift = sympy.expand(v.time - index)
        if shift.is_Integer:
            low, high = _larger(low, first - shift), -_larger(-high, -(LENGTH + behind - shift))
    for v, bound in _timed(right):
        shift = sympy.expand(v.time - index)
        if v.role is Role.ADJOINT and not v.time.free_symbols & bound and shift.is_Integer:
            low = _larger(low, (ends[v.key][0] if v.key in ends else 1) - shift)
    return replace(steps, low=sympy.expand(low), high=sympy.expand(high))


def _larger(a: Any, b: Any) -> Any:
    """The larger of two steps, where their difference is a number."""
    gap = sympy.expand(a - b)
    return b if gap.is_Integer and gap < 0 else a


def _least(steps: LineSteps) -> int:
    width = sympy.expand(steps.high - steps.low)
    rest = sympy.expand(width - LENGTH)
    if width.is_Integer:
        return 1
    return max(1, int(-rest)) if rest.is_Integer else 1


@dataclass(frozen=True)
class JacobianSteps:
    """The steps of a line for the Jacobian of a state: all t from 1 to T, and all earlier steps where one is named."""

    left: StateJacobian

    @property
    def index(self) -> Symbol | None:
        """What stands for the earlier step, if it is no number of steps before t."""
        return next(iter(self.left.early.time.free_symbols - {TIME, LENGTH}), None)

    @property
    def known(self) -> list[Expr]:
        """What is at least 0 at these steps."""
        late, early = self.left.late.time, self.left.early.time
        return [TIME - 1, LENGTH - TIME, LENGTH - 1, early, late - early, late - 1, LENGTH - late]

    def lengths(self, usual: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        found = [run for run in usual if self.values(run[0])]
        return found or [(length, k) for k, length in enumerate(range(6, 9)) if self.values(length)]

    def values(self, length: int) -> list[tuple[int, int]]:
        """Pairs of t and the index at which both states are there, the later one not before the earlier one."""
        late, early = self.left.late.time, self.left.early.time
        is_free = TIME in late.free_symbols | early.free_symbols
        found = []
        for t in range(1, length + 1) if is_free else [length]:
            for k in range(length) if self.index is not None else [0]:
                there = {TIME: sympy.Integer(t), LENGTH: sympy.Integer(length)}
                there |= {self.index: sympy.Integer(k)} if self.index is not None else {}
                last, first = (int(e.xreplace(there)) for e in (late, early))
                if 0 <= first <= last <= length and last >= 1 and (self.index is None or first < last):
                    found.append((t, k))
        return found

    def placed(self, value: tuple[int, int]) -> tuple[int, dict[Any, int]]:
        return value[0], {} if self.index is None else {self.index: value[1]}

    def __str__(self) -> str:
        late, early = self.left.late.time, self.left.early.time
        below = f"{early} = 0, ..., {sympy.expand(late - 1)}" if self.index is not None else ""
        if TIME not in late.free_symbols:
            return f"for {below}" if below else "for every T"
        shift = sympy.expand(late - TIME)
        low = sympy.Max(1, 1 - shift, -sympy.expand(early - TIME)) if self.index is None else sympy.Max(1, 1 - shift)
        times = f"for t = {low}, ..., {sympy.expand(LENGTH - sympy.Max(0, shift))}"
        return f"{times} and {below}" if below else times
