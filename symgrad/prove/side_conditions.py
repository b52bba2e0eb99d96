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
from symgrad.prove.points import Point, as_balls, contains, points
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
        if condition.nonzero.is_zero:
            return None
        where = zero_on(condition.nonzero, goal.domain)
        if where is not None and condition.is_needed:
            return Verdict(
                Outcome.REFUTED, verdict.method, f"{condition.nonzero} is zero there, and a side undefined", where
            )
        if where is not None:
            return None  # there may be a value all the same, but not by this proof
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
    if domain.conditions or not free or not all(s.is_real for s in free) or not free <= set(domain.symbols):
        return None  # an index of a sum among them has a range of its own
    if len(free) == 1:
        (x,) = free
        roots = _exact_roots(expression, x)
        if roots is not None:
            inside = [root for root in roots if contains(domain.set_of(x), root)]
            return Witness({str(x): str(inside[0])}, "undefined", "undefined") if inside else None
    return _between_signs(expression, domain)


def _exact_roots(expression: Expr, x: Symbol) -> list[Expr] | None:
    """All real roots of a polynomial in a real variable; None if they cannot be written down."""
    if not x.is_real or not expression.is_polynomial(x) or sympy.degree(expression, x) > MOST_ROOTS:
        return None
    try:
        return list(sympy.real_roots(sympy.Poly(expression, x, extension=None)))
    except (NotImplementedError, sympy.PolynomialError):
        return None


def _between_signs(expression: Expr, domain: Domain) -> Witness | None:
    """A zero between two points with values of opposite signs, in a box where the expression is continuous."""
    box = Domain(tuple((s, v) for s, v in domain.sets if s in expression.free_symbols))
    if expression.has(*ROUGH) or not all(isinstance(v, sympy.Interval) for _, v in box.sets):
        return None
    try:
        tape = Tape(expression, box.symbols)
    except UnsupportedError:
        return None
    with precision(128):
        known = [(point, sign(tape(*as_balls(point)))) for point in points(box, 40)]
        known = [(point, found) for point, found in known if found]
        if len(box.symbols) == 1:
            known.sort(key=lambda pair: next(iter(pair[0].values())))
        for (low, below), (high, above) in pairwise(known):
            if below != above:
                return _isolated(tape, low, high, below)
    return None


def _isolated(tape: Tape, low: Point, high: Point, below: int | None) -> Witness | None:
    """The zero between two points, by bisection; None where the sign may change at a pole."""
    for _ in range(80):
        middle = {s: (low[s] + high[s]) / 2 for s in low}
        found = sign(tape(*as_balls(middle)))
        if found is None:
            break
        low, high = (middle, high) if found == below else (low, middle)
    around = [hull(a, b) for a, b in zip(as_balls(low), as_balls(high))]
    if not hasattr(tape(*around), "mid"):
        return None
    place = {str(s): f"{sympy.N((low[s] + high[s]) / 2, 15)}" for s in low}
    return Witness(place, "undefined", "undefined")


def _decided_where_zero(expression: Expr, goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict on the goal at the zeros of an expression in one variable; None if they cannot be told."""
    free = expression.free_symbols
    if len(free) != 1:
        return None
    (x,) = free
    found = _exact_roots(expression, x)
    if found is None:
        return None
    roots = [r for r in found if goal.domain.set_of(x).contains(r) != sympy.false]
    verdict: Verdict | None = Verdict(Outcome.PROVED, "no such point")
    for root in roots:
        verdict = decide(goal.at({x: root}))
        if verdict.outcome is Outcome.REFUTED or not verdict.holds:
            return verdict if verdict.outcome is Outcome.REFUTED else None
    return verdict
