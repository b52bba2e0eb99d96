"""Finite domains: a goal of which some variables take only finitely many values, at each of these values.

What is left of the goal at a value is decided as a goal of its own. Integers between two numbers are such values, and
so are sets like {-1, 1}.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import sympy
from sympy import Basic, Derivative, Expr, S, Symbol
from sympy.core.relational import Relational
from sympy.sets import Set

from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import compared
from symgrad.prove.basics.combine import NO_POINT, all_of
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import Point
from symgrad.prove.certain import side_conditions
from symgrad.prove.provers import same_normal_form
from symgrad.prove.signs import moves
from symgrad.prove.signs.constants import constant_zero
from symgrad.prove.signs.moves import Move

METHOD = "every point of a finite set"
MOST_POINTS = 400  # where nothing is left to vary
MOST_WORK = 8000  # points, times the operations at each
FEW_GOALS, MOST_GOALS = 4, 24  # where other variables are left


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict put together from those at each value of the variables that take finitely many."""
    found = _proved(goal, decide, FEW_GOALS)
    return _of_slopes(goal, decide) if found is None else found


def _of_slopes(goal: Goal, decide: Decide) -> Verdict | None:
    """The same where derivatives in such a variable are carried out first; that they exist is settled afterwards."""
    if all(elements(values, MOST_POINTS) is None for _, values in goal.domain.sets):
        return None
    carried_out = same_normal_form.carried_out(goal)
    found = None if carried_out is None else _proved(carried_out, decide, FEW_GOALS)
    return side_conditions.settle(found, goal, (), decide) if found is not None and found.holds else None


def prove_by_all_means(goal: Goal, decide: Decide) -> Verdict | None:
    """The same, but with more values of some variables while others move."""
    return _proved(goal, decide, MOST_GOALS)


def _proved(goal: Goal, decide: Decide, most_goals: int) -> Verdict | None:
    finite = {s: found for s, values in goal.domain.sets if (found := elements(values, MOST_POINTS)) is not None}
    if not finite or _differentiates(goal, finite):
        return None
    if len(finite) < len(goal.variables):
        finite = _within_budget(finite, most_goals)
    elif _count(finite) > min(MOST_POINTS, MOST_WORK // (1 + sum(side.count_ops() for side in goal.sides))):
        return None
    if not finite:
        return None
    verdicts = []
    for values in product(*finite.values()):
        verdict = at(goal, dict(zip(finite, values, strict=True)), decide)
        if verdict is None or verdict.holds is None:
            return None
        if verdict.outcome is Outcome.REFUTED:
            return verdict
        verdicts.append(verdict)
    return all_of(verdicts, METHOD, "point") if verdicts else None


def elements(values: Set, most: int) -> tuple[Expr, ...] | None:
    """The numbers of a finite set, in order; None for sets with more of them than `most`, or with unknown ones."""
    if isinstance(values, sympy.FiniteSet):
        return tuple(values.args) if len(values.args) <= most else None
    if isinstance(values, sympy.Range):
        return tuple(values) if values.size.is_finite and values.size <= most else None
    return None


def _count(finite: dict[Symbol, tuple[Expr, ...]]) -> int:
    return int(sympy.prod(len(values) for values in finite.values()))


def _within_budget(finite: dict[Symbol, tuple[Expr, ...]], most: int) -> dict[Symbol, tuple[Expr, ...]]:
    """As many of the variables as there may be goals for, those with the fewest values first."""
    chosen: dict[Symbol, tuple[Expr, ...]] = {}
    for s, values in sorted(finite.items(), key=lambda item: len(item[1])):
        if _count({**chosen, s: values}) <= most:
            chosen[s] = values
    return chosen


def _differentiates(goal: Goal, finite: dict[Symbol, tuple[Expr, ...]]) -> bool:
    """Whether something is differentiated in one of the variables, which then must not be put in."""
    derivatives = {d for side in goal.sides for d in side.atoms(Derivative)}
    return any(set(d.variables) & set(finite) for d in derivatives)


def at(goal: Goal, point: Point, decide: Decide) -> Verdict | None:
    """The verdict on the goal at a point; nothing where it is not certain whether the point is in the domain."""
    carried = [compared.put_in(c, point) for c in goal.domain.conditions]
    known = {c: _is_true(c) for c in carried if not c.free_symbols}
    if False in known.values():
        return NO_POINT
    if None in known.values():
        return None
    open_yet = [c for c in carried if c not in known]
    rest = moves.narrowed({s: held for s, held in goal.domain.sets if s not in point}, open_yet)
    if rest is None:
        return NO_POINT
    return Move(replace(goal.at(point), domain=rest), point).decided(decide)


def _is_true(condition: Basic) -> bool | None:
    """Whether a condition on constants holds; None if that cannot be told."""
    if condition in (S.true, S.false):
        return bool(condition)
    if not isinstance(condition, Relational):
        return None
    difference = condition.lhs - condition.rhs
    is_zero = constant_zero(difference)
    if isinstance(condition, sympy.Eq | sympy.Ne):
        return None if is_zero is None else is_zero == isinstance(condition, sympy.Eq)
    known = 0 if is_zero else constant_sign(difference)
    return None if known is None else bool(condition.func(S(known), S.Zero))
