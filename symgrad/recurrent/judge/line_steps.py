"""For which steps a line about a cell is judged: those of a run at which everything in it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import sympy
from sympy import Basic, Expr, MatrixExpr, S, Symbol
from sympy.core.relational import Relational

from symgrad.base.errors import CellError
from symgrad.reading.vectors.names import FREE_INDICES, index_symbol
from symgrad.recurrent.forms.state_jacobians import StateJacobian
from symgrad.recurrent.gradients.loss_derivatives import LossDerivative
from symgrad.symbols import LENGTH, TIME, OrderedProduct, Role, TimedMatrix, TimedScalar, TimeSum, timed_in

SUMS = TimeSum | OrderedProduct | sympy.Sum | sympy.Product
STEPS = frozenset(map(index_symbol, ("t", *FREE_INDICES)))
MOST_STEPS = 16  # of a run in which a line is tried
MOST_TRIED = 4  # steps beyond the first, to see where alone a line fails
Ends: TypeAlias = Mapping[tuple[str, str], tuple[int, int]]


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

    @property
    def known(self) -> list[Expr]:
        """What is at least 0 at these steps."""
        ends = [] if self.index is None else [self.index - self.low, self.high - self.index]
        return [LENGTH - self.least, *map(sympy.expand, ends)]

    def placed(self, value: int) -> tuple[int, dict[Any, int]]:
        """The step t and the values of other indices."""
        return (value, {}) if self.index in (None, TIME) else (value, {self.index: value})

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
        runs = [[fails(length, value) for value in self.values(length)] for length in (longest - 1, longest)]
        if few := _leading_in_all(runs):
            rest = replace(self, low=self.low + few)
            return OnlyWrong(
                self.index, self.low, rest.low - 1, replace(rest, least=max(self.least, _least(rest.low, rest.high)))
            )
        if few := _leading_in_all([wrong[::-1] for wrong in runs]):
            rest = replace(self, high=self.high - few)
            return OnlyWrong(
                self.index, rest.high + 1, self.high, replace(rest, least=max(self.least, _least(rest.low, rest.high)))
            )
        return None

    def __str__(self) -> str:
        if self.index is None:
            return "for every T" if self.least == 1 else f"for every T >= {self.least}"
        least = f", T >= {self.least}" if self.least > _least(self.low, self.high) else ""
        return f"for {self.index} = {self.low}, ..., {self.high}{least}"


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


def _leading_in_all(runs: list[list[bool]]) -> int:
    """How many come first of those that are wrong, if that is the same in runs of several lengths."""
    found = set(map(_leading, runs))
    return found.pop() if len(found) == 1 else 0


def steps_of(left: Expr, right: Expr, ends: Ends, is_each: bool, last_steps: int = 1) -> LineSteps:
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
    others = set(_free_steps(right))
    mine = at.free_symbols - {LENGTH}
    if (others - mine and at != LENGTH) or len(mine) > 1 or len(others) > 1:
        names = ", ".join(sorted(map(str, others - mine or mine)))
        raise CellError(f"{left}: a line is for one step; it names {names}, which its left side does not fix")
    index = next(iter(mine or others), None)
    least = _least_of_fixed(right, ends)
    if index is None:
        return _at_one_step(at, last_steps, least)
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
    return replace(found, least=max(least, _least(found.low, found.high)))


def step_of(left: Expr, is_each: bool) -> Expr:
    if isinstance(left, TimedScalar | TimedMatrix):
        return left.time
    argument = left.argument if isinstance(left, LossDerivative) else None
    if isinstance(argument, TimedScalar | TimedMatrix) and argument.role is Role.INPUT:
        is_whole = argument.time == TIME and not is_each
        return LENGTH if is_whole or _is_outside(argument.time) else argument.time
    return LENGTH


def _is_outside(time: Expr) -> bool:
    """Whether a step is before the first or after the last: the gradient of a value there is one whole, for every T."""
    return bool((time.is_Integer and time < 1) or sympy.expand(time - LENGTH).is_positive)


def _at_one_step(at: Expr, last_steps: int, least: int) -> LineSteps:
    before = sympy.expand(LENGTH - at)
    of_left = 1 + int(before) if before.is_Integer else last_steps + int(at)
    return LineSteps(at, None, at, at, max(least, of_left))


def _free_steps(e: Expr, bound: frozenset[Symbol] = frozenset()) -> Iterator[Symbol]:
    """The steps that a line names, also where they only count, as in w**(T-t), but for those that a sum binds."""
    for part in _parts(e):
        if isinstance(part, TimedScalar | TimedMatrix):
            yield from part.time.free_symbols - bound - {LENGTH}
        elif isinstance(part, Symbol):
            yield from {part} & STEPS - bound
        elif isinstance(part, SUMS):
            inside, *limits = part.args
            yield from _free_steps(inside, bound | {limit[0] for limit in limits})
            for place, (_, *ends) in enumerate(limits, 1):  # the outermost last: its index may stand in ends before it
                outer = bound | {limit[0] for limit in limits[place:]}
                for end in ends:
                    yield from _free_steps(end, outer)


def _timed(e: Expr, bound: frozenset[Symbol] = frozenset()) -> Iterator[tuple[Expr, frozenset[Symbol]]]:
    """All variables at steps in an expression, with the indices of the sums and products around them."""
    for part in _parts(e):
        if isinstance(part, TimedScalar | TimedMatrix):
            yield part, bound
        elif isinstance(part, SUMS):
            yield from _timed(part.args[0], bound | {limit[0] for limit in part.args[1:]})


def _parts(e: Expr) -> Iterator[Basic]:
    """The different parts of an expression, each once, down to variables, sums and Jacobians, which are not entered."""
    waiting, seen = [e], set()
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        yield part
        if not isinstance(part, TimedScalar | TimedMatrix | StateJacobian | SUMS):
            waiting += [a for a in part.args if isinstance(a, sympy.Basic)]


def demand_whole_steps(e: Expr, where: str) -> None:
    """Refuse steps of variables and ends of sums that are no whole numbers, or have no end."""
    ends = (end for part in e.atoms(*SUMS.__args__) for limit in part.args[1:] for end in limit[1:])
    for step in (*(v.time for v in timed_in(e)), *ends):
        parts = sympy.expand(step).as_coefficients_dict()
        if not all(c.is_Integer and (s == 1 or (s.is_Symbol and s.is_integer)) for s, c in parts.items()):
            raise CellError(f"{where}: {step} is no step")


def farthest_number(e: Expr) -> int:
    """The largest number beside steps in the ends of sums and products and in comparisons, as 9 in (j, t + 1, 9).

    What a line says may change where there are more steps than that.
    """
    ends = [end for part in e.atoms(*SUMS.__args__) for limit in part.args[1:] for end in limit[1:]]
    compared = [c.lhs - c.rhs for c in e.atoms(Relational) if all(s.is_integer for s in c.atoms(Symbol, MatrixExpr))]
    return max((abs(int(sympy.expand(end).as_coeff_Add()[0])) for end in (*ends, *compared)), default=0)


def _outside_of_sums(right: Expr, ends: Ends) -> Iterator[tuple[Expr, int, int | None]]:
    """The steps of variables outside of sums, with the first one and how far behind T the last one is, if one is."""
    for v, bound in _timed(right):
        if not v.time.free_symbols & bound:
            if v.role is Role.ADJOINT:  # hbar[0] is the gradient of h0, and hbar[t-1] at t = 1 is none of the rules
                yield v.time, ends[v.key][0] if v.key in ends and v.time.is_Integer else 1, None
            elif v.key in ends:
                yield v.time, *ends[v.key]


def never_there(right: Expr, ends: Ends) -> Expr | None:
    """The first step after T at which the right side always asks for a value that there is for no T."""
    for time, _, behind in _outside_of_sums(right, ends):
        from_end = sympy.expand(time - LENGTH)
        if from_end.is_Integer and behind is not None and from_end > behind:
            return time
    return None


def _least_of_fixed(right: Expr, ends: Ends) -> int:
    """The least T at which there are values at all steps that are numbers, or counted from T."""
    least = 1
    for time, first, behind in _outside_of_sums(right, ends):
        from_end = sympy.expand(time - LENGTH)
        if time.is_Integer and time >= first and behind is not None:
            least = max(least, int(time) - behind)
        if from_end.is_Integer and (behind is None or from_end <= behind):
            least = max(least, first - int(from_end))
    return least


def _narrowed(steps: LineSteps, right: Expr, ends: Ends) -> LineSteps:
    """Without the steps at which something that stands outside of sums has no value."""
    index, low, high = steps.index, steps.low, steps.high
    for time, first, behind in _outside_of_sums(right, ends):
        shift, from_end = sympy.expand(time - index), sympy.expand(time + index - LENGTH)
        if shift.is_Integer:
            low = _larger(low, first - shift)
            high = high if behind is None else -_larger(-high, shift - LENGTH - behind)
        if from_end.is_Integer:  # counted from the other end
            low = low if behind is None else _larger(low, from_end - behind)
            high = -_larger(-high, first - LENGTH - from_end)
    return replace(steps, low=sympy.expand(low), high=sympy.expand(high))


def _larger(a: Expr, b: Expr) -> Expr:
    """The larger of two steps, where their difference is a number."""
    gap = sympy.expand(a - b)
    return b if gap.is_Integer and gap < 0 else a


def _least(low: Expr, high: Expr) -> int:
    """The least T for which there is a step from the one to the other."""
    width = sympy.expand(high - low)
    rest = sympy.expand(width - LENGTH)
    if width.is_Integer:
        return 1
    return max(1, int(-rest)) if rest.is_Integer else 1
