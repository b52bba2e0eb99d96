"""What a proof took for granted, checked against the domain: discharged, refuted, proved apart, or printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import sympy
from sympy import Expr, Symbol

from symgrad.balls import Tape, UnsupportedError, hull, precision, sign
from symgrad.prove import bounds, cuts
from symgrad.prove.conditions import Condition, conditions
from symgrad.prove.derivatives import ROUGH
from symgrad.prove.goals import Decide, Goal
from symgrad.prove.points import as_balls, contains, points
from symgrad.prove.signs import Signs
from symgrad.statements import Domain
from symgrad.verdicts import Outcome, Verdict, Witness

MOST_ROOTS = 24
JUMPING = (sympy.acot, sympy.acoth)


def settle(verdict: Verdict, goal: Goal, assumed: Sequence[Expr], decide: Decide) -> Verdict | None:
    """The verdict with what is left of its conditions; REFUTED where a side has no value on the domain.

    Parameters
    ----------
    verdict : Verdict
        Given on the condition that both sides have values, and that the assumed expressions are not zero.
    goal : Goal
    assumed : sequence of Expr
        What the proof, not the claim, needs to be different from zero: where it is zero the goal is decided apart.
    """
    left_open = []
    for condition in dict.fromkeys(c for side in goal.sides for c in conditions(side)):
        if bounds.discharged(condition, goal.domain):
            continue
        where = zero_on(condition.nonzero, goal.domain)
        if where is not None and condition.is_needed:
            return Verdict(
                Outcome.REFUTED, verdict.method, f"{condition.nonzero} is zero there, and a side undefined", where
            )
        left_open.append(str(condition))
    for expression in dict.fromkeys(assumed):
        if not bounds.discharged(Condition(expression), goal.domain) and not _extends(expression, goal, left_open):
            apart = _decided_where_zero(expression, goal, decide)
            if apart is None:
                return None
            if apart.outcome is Outcome.REFUTED:
                return apart
    return replace(verdict, side_conditions=(*verdict.side_conditions, *left_open))


def _extends(expression: Expr, goal: Goal, left_open: list[str]) -> bool:
    """Whether an equality extends to the zeros of an expression because both sides are continuous there.

    They are where all their conditions are discharged and nothing in them jumps; and the zeros of a polynomial in
    variables that run through intervals have points that are none next to them.
    """
    if goal.op != "==" or left_open or any(side.has(*ROUGH, *JUMPING) for side in goal.sides):
        return False
    signs = Signs(goal.domain)
    if not all(cuts.crosses_none(side, signs) for side in goal.sides):
        return False
    free = expression.free_symbols
    return bool(
        free
        and expression.is_polynomial(*free)
        and all(not s.is_integer and _has_no_lonely_point(goal.domain.set_of(s)) for s in free)
    )


def _has_no_lonely_point(values: sympy.Set) -> bool:
    parts = values.args if isinstance(values, sympy.Union) else (values,)
    return all(isinstance(part, sympy.Interval) and part.start != part.end for part in parts)


def zero_on(expression: Expr, domain: Domain) -> Witness | None:
    """A certified zero of the expression on the domain, where one is found."""
    free = expression.free_symbols
    if len(free) != 1 or domain.conditions:
        return None
    (x,) = free
    if expression.is_polynomial(x) and sympy.degree(expression, x) <= MOST_ROOTS:
        for root in _exact_roots(expression, x):
            if contains(domain.set_of(x), root):
                return Witness({str(x): str(root)}, "undefined", "undefined")
        return None
    return _between_signs(expression, x, domain)


def _exact_roots(expression: Expr, x: Symbol) -> list[Expr]:
    try:
        return list(sympy.real_roots(sympy.Poly(expression, x, extension=None)))
    except (NotImplementedError, sympy.PolynomialError):
        return []


def _between_signs(expression: Expr, x: Symbol, domain: Domain) -> Witness | None:
    """A zero between two points with values of opposite signs, in an interval where the expression is continuous."""
    values = domain.set_of(x)
    if not isinstance(values, sympy.Interval) or expression.has(*ROUGH):
        return None
    try:
        tape = Tape(expression, (x,))
    except UnsupportedError:
        return None
    with precision(128):
        known = {}
        for point in points(Domain(((x, values),)), 40):
            found = sign(tape(*as_balls(point)))
            if found:
                known[point[x]] = found
        for low, high in pairwise(sorted(known)):
            if known[low] != known[high]:
                return _isolated(tape, x, low, high, known[low])
    return None


def _isolated(tape: Tape, x: Symbol, low: sympy.Rational, high: sympy.Rational, below: int) -> Witness | None:
    for _ in range(80):
        middle = (low + high) / 2
        found = sign(tape(*as_balls({x: middle})))
        if found is None:
            break
        low, high = (middle, high) if found == below else (low, middle)
    left, right = as_balls({x: low})[0], as_balls({x: high})[0]
    if not hasattr(tape(hull(left, right)), "mid"):
        return None  # no finite enclosure: the sign may change at a pole
    return Witness({str(x): f"{sympy.N((low + high) / 2, 15)}"}, "undefined", "undefined")


def _decided_where_zero(expression: Expr, goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict on the goal at the zeros of an expression in one variable; None if they cannot be told."""
    free = expression.free_symbols
    if len(free) != 1:
        return None
    (x,) = free
    if not expression.is_polynomial(x):
        return None
    roots = [r for r in _exact_roots(expression, x) if contains(goal.domain.set_of(x), r)]
    if len(roots) > MOST_ROOTS:
        return None
    verdict: Verdict | None = Verdict(Outcome.PROVED, "no such point")
    for root in roots:
        verdict = decide(goal.at({x: root}))
        if verdict.outcome is Outcome.REFUTED or not verdict.holds:
            return verdict if verdict.outcome is Outcome.REFUTED else None
    return verdict
