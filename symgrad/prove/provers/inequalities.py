"""Inequalities: the sign of the difference of both sides, exact or certified."""

from __future__ import annotations

import sympy
from sympy import Expr

from symgrad.language.statements import Relation
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import contains, is_light_at, points
from symgrad.prove.certain import side_conditions
from symgrad.prove.normal_form.on_domain import normal_form
from symgrad.prove.places import branch_cuts, roots, witnesses
from symgrad.prove.places.signs import Signs
from symgrad.prove.provers.same_normal_form import differentiates_kinks
from symgrad.prove.signs import bounds, calculus, constants

MOST_POINTS = 6
NEVER_ZERO = Verdict(Outcome.PROVED, "never zero", "the difference is not zero anywhere on the domain")
NO_DIFFERENCE = Verdict(Outcome.PROVED, "both sides are equal", "the difference is zero")
DIRECTIONS = {"<": 1, "<=": 1, ">": -1, ">=": -1}


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED or CERTIFIED if the difference has the right sign on the whole domain."""
    if differentiates_kinks(goal):
        return None
    for shortcut in (_by_absolute_value, _by_squares):
        verdict = shortcut(goal, decide)
        if verdict is not None:
            return verdict
    difference = goal.rhs - goal.lhs
    if goal.op == "!=":
        if not bounds.never_zero(difference, goal.domain):
            return None
        return side_conditions.settle(NEVER_ZERO, goal, (), decide)
    wanted = DIRECTIONS.get(goal.op)
    if wanted is None:
        return None
    equal = _of_equals(goal, decide)
    if equal is not None:
        return equal
    found = bounds.sign_on_integers(difference, goal.domain)
    if found is None or found.sign != wanted:
        return None
    if goal.op in ("<", ">") and not found.strict:
        return _touched(goal, difference)
    outcome, method = (Outcome.PROVED, "exact signs") if found.exact else (Outcome.CERTIFIED, "branch and bound")
    return side_conditions.settle(Verdict(outcome, method, sentences.of_difference(found.how)), goal, (), decide)


def _touched(goal: Goal, difference: Expr) -> Verdict | None:
    """REFUTED where a strict bound is attained after all: at a critical point, a zero or an end."""
    if len(goal.variables) != 1 or goal.domain.conditions:
        return None  # a condition may leave the point out
    (x,) = goal.variables
    values = goal.domain.set_of(x)
    if not isinstance(values, sympy.Interval):
        return None
    found = (calculus.critical_points(difference, x, values), roots.zeros(difference, x, values))
    for place in dict.fromkeys(p for places in found for p in places or ()):
        if contains(values, place) and constants.constant_zero(difference.subs(x, place)):
            return Verdict(Outcome.REFUTED, "exact signs", "", witnesses.of_equal_sides(goal, {x: place}))
    return None


def _by_absolute_value(goal: Goal, decide: Decide) -> Verdict | None:
    """A bound on factor*|u| with a positive factor, as two bounds on factor*u; None for anything else."""
    large, small = (goal.rhs, goal.lhs) if goal.op in ("<", "<=") else (goal.lhs, goal.rhs)
    factor, rest = small.as_coeff_Mul(rational=True)
    if goal.op not in DIRECTIONS or not isinstance(rest, sympy.Abs) or not facts.is_positive(factor):
        return None
    inner = factor * rest.args[0]
    if not branch_cuts.is_certainly_real(inner, Signs(goal.domain)):
        return None
    op = "<" if goal.op in ("<", ">") else "<="
    above = decide(goal.about(Relation(inner, op, large)))
    if not above.holds:
        return None
    below = decide(goal.about(Relation(-inner, op, large)))
    told = sentences.shown(inner, sentences.LONGEST_PLACE)
    before = f"for {told} and its negative, " if told else ""
    return all_of([above, below], "both signs", "inequality", before) if below.holds else None


def _by_squares(goal: Goal, decide: Decide) -> Verdict | None:
    """A bound on a square root, which is never negative: the squares compared, and the bound not negative either."""
    large, small = (goal.rhs, goal.lhs) if goal.op in ("<", "<=") else (goal.lhs, goal.rhs)
    factor, rest = small.as_coeff_Mul(rational=True)
    if (
        goal.op not in DIRECTIONS
        or not facts.is_positive(factor)
        or not isinstance(rest, sympy.Pow)
        or rest.exp != sympy.S.Half
    ):
        return None
    op = "<" if goal.op in ("<", ">") else "<="
    parts = []
    for left, sign, right in (
        (sympy.S.Zero, "<=", rest.base),
        (sympy.S.Zero, "<=", large),
        (factor**2 * rest.base, op, large**2),
    ):
        parts.append(decide(goal.about(Relation(left, sign, right))))
        if not parts[-1].holds:
            return None
    return all_of(parts, "squares of both sides", "inequality")


def _of_equals(goal: Goal, decide: Decide) -> Verdict | None:
    """An inequality between sides that are equal: PROVED if it is weak, REFUTED if it is strict."""
    found = normal_form(goal.rhs - goal.lhs, goal.domain)
    if found is None or not found[1].is_zero:
        return None
    if goal.op in ("<=", ">="):
        return side_conditions.settle(NO_DIFFERENCE, goal, (), decide)
    for point in points(goal.domain, MOST_POINTS):
        difference = goal.rhs - goal.lhs
        if is_light_at(difference, point) and constants.constant_zero(difference.xreplace(point)):
            return Verdict(Outcome.REFUTED, "both sides are equal", "", witnesses.of_equal_sides(goal, point))
    return None
