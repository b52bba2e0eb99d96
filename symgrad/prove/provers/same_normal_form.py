"""Equality by exp-log normal form: the difference of both sides reduces to zero in a ring."""

from __future__ import annotations

import sympy
from sympy import Derivative, Expr

from symgrad import activations
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import sentences
from symgrad.prove.basics.derivatives import ROUGH, NotSmooth, evaluated
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.certain import side_conditions
from symgrad.prove.certain.refute import refute
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places import algebraic_numbers
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds
from symgrad.prove.special.ring import NoNormalForm

METHOD = "exp-log normal form"
EXACT = "exact arithmetic"

IS_CONDITION = "it is one of the conditions of the claim"


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED if both sides have the same normal form; a side that has no value somewhere is found out on the way."""
    if goal.op != "==" or differentiates_kinks(goal):
        return None
    if any(isinstance(c, sympy.Eq) and set(c.args) == set(goal.relation.expressions) for c in goal.domain.conditions):
        return side_conditions.settle(Verdict(Outcome.PROVED, "a condition", IS_CONDITION), goal, (), decide)
    if not goal.variables:
        found = (True, EXACT) if goal.lhs == goal.rhs else algebraic_numbers.is_zero(goal.lhs - goal.rhs)
        if found is not None and not found[0]:
            return _told_apart(goal)
        if found is not None:
            return side_conditions.settle(Verdict(Outcome.PROVED, found[1], sentences.SAME_NUMBER), goal, (), decide)
    tower = Tower(Signs(goal.domain, bounds.DEEPER))
    try:
        left, right = tower.normal(evaluated(goal.relation.lhs), evaluated(goal.relation.rhs))
        difference = tower.difference(left, right)
    except NoNormalForm:
        return None
    if not difference.is_zero:
        return None
    generators = [g.expression for g in tower.generators]
    evidence = sentences.same_normal_form(generators) if generators else sentences.SAME_NUMBER
    verdict = Verdict(Outcome.PROVED, METHOD if generators else EXACT, evidence)
    return side_conditions.settle(verdict, goal, tower.nonzero, decide)


def _told_apart(goal: Goal) -> Verdict | None:
    """REFUTED by enclosures of two constants that are known to differ."""
    found = refute(goal, deep=True)
    return found if isinstance(found, Verdict) else None


def normal_form(expression: Expr, domain: Domain) -> tuple[Expr, tuple[Expr, ...]] | None:
    """An expression in its normal form on a domain, and the generators; None if it has none on the whole domain."""
    tower = Tower(Signs(domain, bounds.DEEPER))
    try:
        (normal,) = tower.normal(evaluated(expression))
    except NoNormalForm:
        return None
    if tower.nonzero:
        return None
    return tower.expression(normal), tuple(g.expression for g in tower.generators)


def differentiates_kinks(goal: Goal) -> bool:
    """Whether something with kinks is differentiated; regions must take it apart first."""
    return any(activations.expand(d.expr).has(*ROUGH) for side in goal.sides for d in side.atoms(Derivative))


def carried_out(goal: Goal) -> Goal | None:
    """The goal with its derivatives carried out, if it has any and nothing with kinks is differentiated.

    That they exist is for `side_conditions.settle` to find out, from the goal as it was.
    """
    if not any(side.has(Derivative) for side in goal.sides) or differentiates_kinks(goal):
        return None
    try:
        there = Goal(Relation(goal.lhs, goal.op, goal.rhs), goal.domain)
    except NotSmooth:
        return None
    return None if there.relation == goal.relation else there
