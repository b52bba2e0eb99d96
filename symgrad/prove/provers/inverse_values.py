"""Values of inverse functions: g(u) = v where f(v) = u and v lies in the range of g, on which f has no value twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Derivative, Expr, S

from symgrad.base import sized
from symgrad.language.statements import Relation
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.certain import side_conditions


@dataclass(frozen=True)
class Inverse:
    """The function that is undone, and relations between real v and constants that hold just on the range."""

    forward: Callable[[Expr], Expr]
    range: tuple[tuple[str, Expr], ...]


def inverse_of(g: Expr) -> Inverse | None:
    """What the function undoes, for real values."""
    if isinstance(g, sympy.LambertW):
        branch = g.args[1] if len(g.args) == 2 else S.Zero
        ranges = {S.Zero: ((">=", S.NegativeOne),), S.NegativeOne: (("<=", S.NegativeOne),)}
        return Inverse(lambda v: v * sympy.exp(v), ranges[branch]) if branch in ranges else None
    if isinstance(g, sympy.erfinv):
        return Inverse(sympy.erf, (("<", S.Infinity),))
    if isinstance(g, sympy.erfcinv):
        return Inverse(sympy.erfc, (("<", S.Infinity),))
    return None


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED if an equality says which value an inverse function has, and that value fits."""
    if goal.op != "==" or any(side.has(Derivative) for side in goal.relation.expressions):
        return None
    gap = goal.lhs - goal.rhs
    for g in sorted(gap.atoms(sympy.LambertW, sympy.erfinv, sympy.erfcinv), key=sympy.default_sort_key):
        verdict = _by_value_of(g, gap, goal, decide)
        if verdict is not None:
            return verdict
    return None


def _by_value_of(g: Expr, gap: Expr, goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict from a goal that is g = v, up to a rational factor."""
    inverse = inverse_of(g)
    t = sympy.Dummy()
    factor = sympy.diff(gap.xreplace({g: t}), t)
    if inverse is None or not factor.is_Rational or facts.is_zero(factor):
        return None
    value = sized.expand(g - gap / factor)
    if value.has(g):
        return None
    relations = [Relation(inverse.forward(value), "==", g.args[0])]
    relations += [Relation(value, op, bound) for op, bound in inverse.range if bound.is_finite]
    if not all(decide(Goal(relation, goal.domain)).holds for relation in relations):
        return None
    if not facts.is_real(value) and len(relations) == 1:
        return None
    verdict = Verdict(Outcome.PROVED, "value of an inverse function", sentences.undone(g, value))
    return side_conditions.settle(verdict, goal, (), decide)
