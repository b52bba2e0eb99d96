"""Proofs of lines about a cell, for all sizes, weights and steps.

A line is proved in cases: at each of the last steps, where adjoints are what the loss gives, and at the steps before
them; or, for a gradient, at each of the least T and at those above them. In each case both sides are written in the
same names: adjoints by those of states a step later, or by closed sums of products of Jacobians, functions by the names
that the cell has for them. A line about an adjoint may also be proved by induction from the last step backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, S, Symbol

from symgrad.base.budget import Budget, Spent, working_within
from symgrad.base.errors import CellError
from symgrad.recurrent.cells.matrix_algebra import product, total_of, transposed
from symgrad.recurrent.forms.index_notation import Definitions, Reader
from symgrad.recurrent.forms.named_sums import NamedSums
from symgrad.recurrent.forms.paths import Step, jacobian_product, opaque_step
from symgrad.recurrent.forms.state_jacobians import StateJacobian, without_jacobians
from symgrad.recurrent.forms.term_proofs import TermByTerm, ways_to_compare
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.loss_derivatives import LossDerivative, gradient_name
from symgrad.recurrent.judge.adjoint_meanings import Meaning, carried, closed_sum
from symgrad.recurrent.judge.line_steps import LineSteps
from symgrad.recurrent.judge.meanings import forward_definitions
from symgrad.symbols import LENGTH, TIME, OrderedProduct, Role, TimedMatrix, TimedScalar, timed_in
from symgrad.symbols.inequalities import Row, row_of

FOR_CLOSED_SUMS = 5_000_000  # units of work
MOST_SPLIT = 3  # of the least T that are cases of their own
MOST_MORE = 2  # last steps that are cases of their own beyond those that adjoints look ahead

Truth = Callable[[Any], Any]


@dataclass(frozen=True)
class Case:
    """Some of the steps for which a line is to be proved.

    Attributes
    ----------
    left, right : Expr
        The sides there, with what is known of t or T put in.
    known : tuple of Row
        What is known of t and T.
    length : Expr
        T, or the number that it is.
    """

    left: Expr
    right: Any
    known: tuple[Row, ...]
    length: Expr

    @classmethod
    def of(cls, left: Expr, right: Expr, table: dict[Symbol, Expr], known: Sequence[Expr]) -> Case:
        rows = tuple(row for e in known if (row := row_of(e)) is not None)
        return cls(_put(left, table), _put(right, table), rows, table.get(LENGTH, LENGTH))


def _put(e: Expr, table: dict[Symbol, Expr]) -> Expr:
    for old, new in table.items():
        e = e.subs(old, new)
    return e


def proves(grad: Backward, left: Expr, right: Expr, truth: Callable[[Any, Any], Any], steps: LineSteps) -> bool:
    """Whether a line certainly holds for all its steps.

    Parameters
    ----------
    truth : callable
        What the rules give for a left side at a step before T, and for one at T: of the left side and of the gap
        between its step and T, which is None where it is not known to be 0.
    """
    index = steps.index
    if index is not None and steps.at.coeff(index) == -1:  # counted from the other end
        rest = sympy.expand(steps.at + index)
        left, right = (side.subs(index, rest - index) for side in (left, right))
        ends = sympy.expand(rest - steps.high), sympy.expand(rest - steps.low)
        steps = replace(steps, at=index, low=ends[0], high=ends[1])
    lines = [_Line(grad, left, without_jacobians(grad, right), truth, steps)]
    if (other := _other_name(grad, left, truth)) is not None:
        lines.append(replace(lines[0], left=other))
    if _has(right, StateJacobian) and has_closed_adjoints(grad):
        step = opaque_step(grad)
        named = right.replace(lambda e: isinstance(e, StateJacobian), lambda e: _between(step, e))
        lines.insert(0, _Line(grad, left, named, truth, steps, step))
    return any(
        line.is_proved_with_index() if steps.index is not None else line.is_proved_for_each_length() for line in lines
    )


def _other_name(grad: Backward, left: Any, truth: Callable[[Any, Any], Any]) -> Any:
    """The adjoint of a state that an adjoint within a step is, at each step; None if it is none."""
    if getattr(left, "role", None) is not Role.ADJOINT or left.key in carried(grad):
        return None
    other = truth(left, None)
    if getattr(other, "key", None) not in carried(grad) or other.time != left.time:
        return None
    lasts = ((truth(left.at(LENGTH - k), S(k)), other.at(LENGTH - k)) for k in range(grad.last_steps))
    return other if all(a == b for a, b in lasts) else None


def _has(e: Expr, kind: type) -> bool:
    return any(isinstance(part, kind) for part in sympy.preorder_traversal(e))


def _between(step: Step, jacobian: Expr) -> Expr:
    """The derivative of a state with respect to an earlier one, as the product of opaque Jacobians that it is."""
    return jacobian_product(step, jacobian.early.time + 1, jacobian.late.time)


@dataclass(frozen=True)
class _Line:
    """A line with what the rules give for its left side.

    Attributes
    ----------
    step : Step or None
        Where Jacobians of states are opaque in the line: then adjoints of states stand for closed sums of them.
    """

    grad: Backward
    left: Expr
    right: Any
    truth: Callable[[Any, Any], Any]
    steps: LineSteps
    step: Step | None = None

    def is_proved_for_each_length(self) -> bool:
        """The least T as cases of their own, as few as will do."""
        is_parted = self.step is None and isinstance(self.left, LossDerivative)
        ways = list(ways_to_compare(self.right, self.truth(self.left, None))) if is_parted else []
        if any(way.is_flat and self._agrees(way) for way in ways):
            return True
        least = self.steps.least
        for start in range(least, least + MOST_SPLIT + 1):
            if not self._is_proved(Case.of(self.left, self.right, {}, [LENGTH - start])):
                continue
            return self._are_proved_up_to(start)
        return any(not way.is_flat and self._agrees(way) for way in ways)

    def _are_proved_up_to(self, length: int) -> bool:
        """All T less than this one, each by itself."""
        numbers = (S(number) for number in range(self.steps.least, length))
        return all(self._is_proved(Case.of(self.left, self.right, {LENGTH: n}, [])) for n in numbers)

    def _agrees(self, way: TermByTerm) -> bool:
        """Whether a sum over steps has at each step the term that the rules give."""
        least = max(self.steps.least, way.least)
        any_step = gradient_name(self.grad.loss_adjoint)
        steps = LineSteps(TIME, TIME, S(way.low), LENGTH - way.behind, least)
        (line, rule), (rest, other) = way.terms, way.rests
        terms = _Line(self.grad, any_step, line, lambda left, _: rule.subs(TIME, left.argument.time), steps)
        rests = replace(self, right=rest, truth=lambda left, _: other, steps=replace(self.steps, least=least))
        return terms.is_proved_with_index() and rests.is_proved_for_each_length() and self._are_proved_up_to(least)

    def is_proved_with_index(self) -> bool:
        """The last steps as cases of their own, as many as adjoints look ahead."""
        index, low, high = self.steps.index, self.steps.low, self.steps.high
        behind = sympy.expand(LENGTH - high)
        if not (behind.is_Integer and low.is_Integer):
            return False
        ahead = max(self._looks_ahead() + self.grad.last_steps - 1, int(behind))
        for value in range(int(behind), ahead + MOST_MORE + 1):
            at = LENGTH - value
            if not self._is_proved(Case.of(self.left, self.right, {index: at}, [at - low])):
                return False
            if value < ahead:
                continue
            case = Case.of(self.left, self.right, {}, [index - low, LENGTH - value - 1 - index])
            if self._is_proved(case) or self._by_induction(case):
                return True
        return False

    def _looks_ahead(self) -> int:
        """How many steps after its index a line and the rules look at adjoints, at most."""
        index = self.steps.index
        seen = [v for side in (self.left, self.right) for v in timed_in(side) if v.role is Role.ADJOINT]
        shifts = [sympy.expand(v.time - index) for v in seen]
        more = [sympy.expand(self.steps.at - index)]
        return max([int(s) for s in (*shifts, *more) if s.is_Integer], default=0) + self._lag

    @property
    def _lag(self) -> int:
        """How many steps later an adjoint equation looks, at most."""
        return max([s.shift for found in self.grad.shares.values() for s in found if s.shift > 0], default=1)

    # --- cases ----------------------------------------------------------------------------------------------

    def _is_proved(self, case: Case) -> bool:
        right = self.truth(case.left, _gap(case.left, case))
        if right is None:
            return False
        right = right.subs(LENGTH, case.length) if case.length != LENGTH else right
        return case.right == right or any(
            Reader(meant, sums).equal(case.right, right)
            for sums in (NamedSums(), None)
            for meant in self._definitions(case)
        )

    def _definitions(self, case: Case) -> Iterator[Definitions]:
        """What names stand for, in the order of the work; a line with products over time is one of closed sums."""
        if self.step is not None:
            return self._closed_definitions(case, self.step, (False,))
        found = [
            self._definitions_within_a_step,
            self._plain_definitions,
            self._gradient_definitions,
            self._definitions_by_sums,
        ]
        is_closed = sympy.S(case.right).has(sympy.Product, OrderedProduct)
        return (meant for definitions in (found[::-1] if is_closed else found) for meant in definitions(case))

    @property
    def _ways(self) -> tuple[bool, ...]:
        """Whether states are written out; those of a cell that looks ahead stand for later steps without end."""
        return (False,) if self.grad.runs_in_reverse else (False, True)

    def _definitions_within_a_step(self, case: Case) -> Iterator[Definitions]:
        """Adjoints that the line names and those of states stay names, whatever they are."""
        by_rules = Meaning(self.grad, case.length, ()).of
        kept = {v.key for v in self._adjoints_in(case.right)} | carried(self.grad)

        def meant(v: Expr, rows: Sequence[Row]) -> Expr | None:
            return None if v.key in kept else by_rules(v, rows)

        rule = self.truth(case.left, _gap(case.left, case))
        shared = {v.key for v in timed_in(case.right)} & {v.key for v in timed_in(rule)}
        for states_too in self._ways:
            forward = forward_definitions(self.grad, states_too, True, _step(case.left) or (TIME, LENGTH))
            if not states_too and not shared.isdisjoint(forward.expanded):  # what both sides name may stay a name
                others = {key: e for key, e in forward.expanded.items() if key not in shared}
                yield Definitions(others, forward.named, meant, case.known)
            yield Definitions(forward.expanded, forward.named, meant, case.known)

    def _adjoints_in(self, side: object) -> list[Any]:
        """The adjoints of values, but not of losses: those are known at each step and are no reason to name others."""
        return [v for v in timed_in(side) if v.role is Role.ADJOINT and v.key != self.grad.loss_adjoint.key]

    def _gradient_definitions(self, case: Case) -> Iterator[Definitions]:
        if isinstance(case.left, LossDerivative):
            forward = forward_definitions(self.grad, False)
            for is_eager in (False, *self._ways[1:]):
                by_rules = Meaning(self.grad, case.length, self._bases(case), is_eager=is_eager).of
                yield Definitions(forward.expanded, forward.named, by_rules, case.known, case.length)

    def _definitions_by_sums(self, case: Case) -> Iterator[Definitions]:
        if has_closed_adjoints(self.grad):
            yield from self._closed_definitions(case, Step.of(self.grad), self._ways)

    def _closed_definitions(self, case: Case, step: Step, ways: Sequence[bool]) -> Iterator[Definitions]:
        closed = Meaning(self.grad, case.length, (), step).of
        for states_too in ways:
            forward = forward_definitions(self.grad, states_too)
            yield Definitions(forward.expanded, forward.named, closed, case.known)

    def _plain_definitions(self, case: Case) -> Iterator[Definitions]:
        yield Definitions(known=case.known)
        by_rules = Meaning(self.grad, case.length, self._bases(case)).of
        for states_too in self._ways:
            forward = forward_definitions(self.grad, states_too)
            yield Definitions(forward.expanded, forward.named, by_rules, case.known)

    def _bases(self, case: Case) -> tuple[Expr, ...]:
        """The latest steps at which adjoints stand, those in sums apart: earlier ones are written in terms of them."""
        if self.grad.runs_in_reverse:
            return ()
        rule = self.truth(case.left, _gap(case.left, case))
        found: list[Expr] = []
        for v in (v for side in (case.right, rule) for v in self._adjoints_in(side)):
            near = next((k for k, at in enumerate(found) if sympy.expand(at - v.time).is_Integer), None)
            if near is None:
                found.append(v.time)
            elif sympy.expand(v.time - found[near]) > 0:
                found[near] = v.time
        return (*found, case.length)

    # --- induction ------------------------------------------------------------------------------------------

    def is_plain(self, case: Case) -> bool:
        """Whether a case is proved without closed sums."""
        truth = self.truth(case.left, _gap(case.left, case))
        return case.right == truth or any(
            Reader(meant, sums).equal(case.right, truth)
            for sums in (NamedSums(), None)
            for meant in self._plain_definitions(case)
        )

    def is_induction(self) -> bool:
        """Whether the last step and the step from one to the one before it prove the line, without closed sums."""
        lasts = (Case.of(self.left, self.right, {TIME: LENGTH - k}, [LENGTH - 1 - k]) for k in range(2))
        before = Case.of(self.left, self.right, {}, [TIME - 1, LENGTH - 2 - TIME])
        return all(map(self.is_plain, lasts)) and self._by_induction(before)

    def _by_induction(self, case: Case) -> bool:
        """That what is said of an adjoint at later steps makes it true at this one."""
        if not isinstance(case.left, TimedScalar | TimedMatrix) or case.left.role is not Role.ADJOINT:
            return False
        if self.grad.runs_in_reverse:
            return False
        here, index = case.left.time, self.steps.index
        truth = self.truth(case.left, None)
        if sympy.expand(here - index).has(index):
            return False

        def later(v: Expr, rows: Sequence[Row]) -> Expr | None:
            gap = sympy.expand(v.time - here)
            if v.key == case.left.key and gap.is_Integer and 1 <= gap <= self._lag:
                return case.right.subs(index, index + gap)
            return by_rules(v, rows)

        by_rules = Meaning(self.grad, case.length, (here + 1, case.length)).of
        forwards = [forward_definitions(self.grad, states_too) for states_too in (False, True)]
        return any(
            Reader(Definitions(forward.expanded, forward.named, later, case.known), sums).equal(case.right, truth)
            for sums in (NamedSums(), None)
            for forward in forwards
        )


def _step(left: Expr) -> tuple[Expr, ...]:
    """The step at which the left side of a line stands, if it stands at one."""
    at = getattr(left, "time", getattr(getattr(left, "argument", None), "time", None))
    return () if at is None else (at,)


def _gap(left: Expr, case: Case) -> Expr | None:
    gaps = [sympy.expand(case.length - at) for at in _step(left)]
    return next((gap for gap in gaps if gap.is_Integer), None)


@lru_cache(maxsize=64)
def has_closed_adjoints(grad: Backward) -> bool:
    """Whether the adjoint of the one state is certainly the closed sum, at all steps from 1 to T.

    It is asked once for all lines of a cell, and so it has a budget of its own and is counted on none of them.
    """
    try:
        with working_within(Budget(FOR_CLOSED_SUMS)):
            return _are_adjoints_closed(grad)
    except Spent:
        return False


def _are_adjoints_closed(grad: Backward) -> bool:
    """First that the adjoint gets, from the step after it, the Jacobian transposed times the adjoint there; then by
    induction, with a name for the Jacobian, that the closed sum is what follows.
    """
    if len(grad.cell.states) != 1 or len(carried(grad)) != 1 or grad.runs_in_reverse or grad.last_steps != 1:
        return False
    (state,) = grad.cell.states
    v = grad.adjoints[state]
    try:
        step, opaque = Step.of(grad), opaque_step(grad)
        slope, recursion, claim = step.loss_slope, _recursion(step, v), closed_sum(opaque, v, LENGTH)
        opaquely = _recursion(opaque, v)
    except CellError:
        return False

    def by_rules(left: Expr, gap: Expr | None) -> Expr:
        if gap == 0:
            return grad.adjoint_equation(left.at(LENGTH)).right
        return grad.adjoint_equation(v).right.subs(TIME, left.time)

    def by_jacobian(left: Expr, gap: Expr | None) -> Expr:
        return slope.subs(TIME, LENGTH) if gap == 0 else opaquely.subs(TIME, left.time)

    steps = LineSteps(TIME, TIME, S.One, LENGTH, 1)
    one_step = _Line(grad, v, recursion, by_rules, steps)
    last = Case.of(v, slope, {TIME: LENGTH}, [LENGTH - 1])
    before = Case.of(v, recursion, {}, [TIME - 1, LENGTH - 1 - TIME])
    is_recursion = one_step.is_plain(last) and one_step.is_plain(before)
    return is_recursion and _Line(grad, v, claim, by_jacobian, steps).is_induction()


def _recursion(step: Step, v: Expr) -> Expr:
    """What an adjoint of a state before step T is, in terms of the one a step later."""
    back = product(transposed(step.jacobian.subs(TIME, TIME + 1)), v.next)
    return back if step.grad.at == "last" else total_of([step.loss_slope, back])
