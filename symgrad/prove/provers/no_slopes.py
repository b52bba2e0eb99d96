"""Claims on derivatives that fail at single places, where the slopes on both sides of a function are different ones.

No point that is tried by chance meets such a place, and enclosures say nothing of it: acos(cos(x)) is |x| near 0. There
the slope beside the place has one limit from the left and another from the right, and by the mean value theorem the
function has no derivative there; neither has one of which the values beside the place have different limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import sympy
from sympy import Derivative, Expr, Symbol

from symgrad import activations
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.language.written import origin
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.derivatives import NotSmooth, asked_for, evaluated
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import points
from symgrad.prove.basics.sets import ends
from symgrad.prove.places import witnesses
from symgrad.prove.places.branch_cuts import POSITIVE_WHERE_REAL
from symgrad.prove.places.roots import zeros
from symgrad.prove.signs import approaches
from symgrad.prove.signs.constants import constant_zero

METHOD = "limits of the slope"
MOST_INSIDE, MOST_PLACES, MOST_OTHERS = 4, 4, 3
ROUNDED = (sympy.floor, sympy.ceiling, sympy.frac)


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """REFUTED at a place without a derivative that the goal asks for; nothing otherwise."""
    for side, d in dict.fromkeys((k, d) for k, e in enumerate(goal.sides) for d in asked_for(e)):
        if len(d.variables) != 1 or d.expr.has(Derivative) or not d.expr.free_symbols <= set(goal.variables):
            continue
        (x,) = d.variables
        if next(_singular(d.expr, x), None) is None:
            continue
        for others in _others(goal, x):
            function = _at(d.expr, others)
            found = None if function is None else _without_slope(function, x, goal)
            if found is not None:
                place, what = found
                return _refuted(goal, side, {**others, x: place}, what)
    return None


def _others(goal: Goal, x: Symbol) -> Iterator[dict[Symbol, Expr]]:
    """Values of the other variables, which no condition ties to this one."""
    if any(c.has(x) for c in goal.domain.conditions):
        return
    rest = Domain(tuple((s, v) for s, v in goal.domain.sets if s != x), goal.domain.conditions)
    yield from points(rest, MOST_OTHERS)


def _at(e: Expr, others: dict[Symbol, Expr]) -> Expr | None:
    try:
        sized.check_point((e,), others)
    except sized.TooLarge:
        return None
    return e.xreplace(others)


def _singular(function: Expr, x: Symbol) -> Iterator[Expr]:
    """What is 0 where there may be a corner or a jump: at ends of where inverse functions are real, at whole numbers
    that are rounded, under roots."""
    for node in sympy.preorder_traversal(activations.expand(function)):
        kind = origin(type(node))
        if kind in POSITIVE_WHERE_REAL:
            inside = node.args[0]
            found = (
                [inside - 1, inside + 1] if kind in (sympy.asin, sympy.acos) else [POSITIVE_WHERE_REAL[kind](inside)]
            )
        elif kind in ROUNDED:
            found = [node.args[0] - k for k in (1, 0, -1)]
        elif kind is sympy.Mod:
            found = [node.args[0] - k * node.args[1] for k in (1, 0, -1)]
        elif isinstance(node, sympy.Pow) and node.exp.is_Rational and not node.exp.is_Integer:
            found = [node.base]
        else:
            continue
        yield from (e for e in found if e.has(x) and e != x)


def _without_slope(function: Expr, x: Symbol, goal: Goal) -> tuple[Expr, str] | None:
    """A place of the domain at which the function certainly has no derivative, and what tells that."""
    values = goal.domain.set_of(x)
    at_ends = [end for end in ends(values) if end.is_finite]
    for inside in islice(dict.fromkeys(_singular(function, x)), MOST_INSIDE):
        touched = [end for end in at_ends if constant_zero(inside.subs(x, end))]
        for place in dict.fromkeys((*touched, *islice(zeros(inside, x, values) or (), MOST_PLACES))):
            what = _differ_beside(function, x, place) if facts.is_in(values, place) is True else None
            if what is not None:
                return place, what
    return None


def _differ_beside(function: Expr, x: Symbol, place: Expr) -> str | None:
    """What certainly has different limits on both sides of the place, or an infinite one: the values or the slopes."""
    try:
        slope = evaluated(Derivative(function, x))
    except NotSmooth:
        return None
    for e, what in ((function, "values"), (slope, "slopes")):
        left, right = (approaches.limit_beside(e, x, place, from_left) for from_left in (True, False))
        if left is None or right is None:
            continue
        if left.is_infinite or right.is_infinite or (constant_zero(left - right) is False):
            return what
    return None


def _refuted(goal: Goal, side: int, point: dict[Symbol, Expr], what: str) -> Verdict:
    is_known = side in (0, 1)  # of a part that belongs to the whole it is not known on which side it stands
    other = goal.sides[1 - side].xreplace(point) if is_known else sympy.nan
    shown = None if other.has(Derivative) or other.has(sympy.nan) else sentences.shown(other)
    texts = [shown or witnesses.NOT_KNOWN] * 2 if is_known else [witnesses.NO_VALUE] * 2
    if is_known:
        texts[side] = witnesses.NO_VALUE
    said = f"the {what} beside this place have no common limit, so that there is no derivative"
    return Verdict(Outcome.REFUTED, METHOD, said, Witness(witnesses.coordinates(point), *texts))
