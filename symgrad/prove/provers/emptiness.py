"""Domains without a point: what is false everywhere holds there, or a condition contradicts the others."""

from __future__ import annotations

import sympy
from sympy import S
from sympy.core.relational import Relational

from symgrad.balls import UnsupportedError
from symgrad.language.statements import Domain, Relation
from symgrad.prove.basics import facts
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import points
from symgrad.prove.places.roots import zeros

FALSE = Relation(S.One, "==", S.Zero)
NEGATED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def is_empty(domain: Domain, decide: Decide) -> bool:
    """Whether the conditions certainly leave no point."""
    if not domain.conditions or _has_point(domain):
        return False
    if any(_leaves_no_zero(condition, domain) for condition in domain.conditions):
        return True
    if decide(Goal(FALSE, domain)).holds:
        return True
    return any(decide(_contradiction(condition, domain)).holds for condition in domain.conditions)


def _has_point(domain: Domain) -> bool:
    """Whether a point is known; where a condition cannot be computed that is taken for granted."""
    try:
        return next(points(domain, 1), None) is not None
    except UnsupportedError:
        return True


def _contradiction(condition: Relational, domain: Domain) -> Goal:
    """That the condition fails wherever all the others hold."""
    others = tuple(c for c in domain.conditions if c != condition)
    failing = Relation(condition.lhs, NEGATED[condition.rel_op], condition.rhs)
    return Goal(failing, Domain(domain.sets, others))


def _leaves_no_zero(condition: Relational, domain: Domain) -> bool:
    """Whether an equation in one variable has solutions that are known, none of which is in the domain."""
    free = condition.free_symbols
    if not isinstance(condition, sympy.Eq) or len(free) != 1:
        return False
    (x,) = free
    difference = condition.lhs - condition.rhs
    if not (x.is_real and difference.is_polynomial(x)):
        return False
    found = zeros(difference, x, S.Reals)
    return found is not None and all(facts.is_in(domain.set_of(x), place) is False for place in found)
