"""Piecewise, Abs, Max, Min, sign: split the domain where a case changes; decide each region and each border."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import sympy
from sympy import Derivative, Expr, FiniteSet, S, Symbol

from symgrad.prove import bounds, boxes, constants
from symgrad.prove.combine import all_of
from symgrad.prove.derivatives import evaluated
from symgrad.prove.goals import Decide, Goal
from symgrad.prove.kinks import resolved, switches
from symgrad.prove.points import contains
from symgrad.prove.signs import inner_rational
from symgrad.verdicts import Verdict

METHOD = "split at the borders of cases"
MOST_PIECES = 40


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """A verdict put together from those on the regions of one switch and on their borders."""
    found = [s for side in goal.sides for s in switches(side)]
    for switch in dict.fromkeys(found):
        verdict = _split(goal, switch, decide)
        if verdict is not None:
            return verdict
    return None


def _split(goal: Goal, switch: Expr, decide: Decide) -> Verdict | None:
    known = bounds.sign_of(switch, goal.domain)
    if known is not None and known.strict:
        return decide(goal.mapped(lambda e: resolved(e, switch, known.sign)))
    free = switch.free_symbols
    if len(free) != 1:
        return None
    (x,) = free
    values = goal.domain.set_of(x)
    borders = _borders(switch, x, values)
    if borders is None or len(borders) > MOST_PIECES:
        return None
    verdicts = []
    for part in _open_parts(values, borders):
        piece = goal.on(x, part)
        side = bounds.sign_of(switch, piece.domain)
        if side is None or not side.strict:
            return None
        verdicts.append(decide(piece.mapped(partial(resolved, switch=switch, known=side.sign))))
    for border in borders:
        if contains(values, border):
            at_border = _at(goal, x, border)
            if at_border is None:
                return None
            verdicts.append(decide(at_border))
    return all_of(verdicts, METHOD)


def _borders(switch: Expr, x: Symbol, values: sympy.Set) -> list[Expr] | None:
    """All zeros of the switch in the closure of the set, or None if they cannot be told."""
    if not switch.is_polynomial(x) or not values.is_subset(S.Reals):
        return None
    try:
        roots = sympy.real_roots(sympy.Poly(switch, x, extension=None))
    except (NotImplementedError, sympy.PolynomialError):
        return None
    return list(dict.fromkeys(roots))


def _open_parts(values: sympy.Set, borders: list[Expr]) -> Iterator[sympy.Set]:
    """The domain without the borders, as intervals and points that touch none of them."""
    rest = values - FiniteSet(*borders)
    yield from rest.args if isinstance(rest, sympy.Union) else (rest,)


def _at(goal: Goal, x: Symbol, border: Expr) -> Goal | None:
    """The goal at a border point; a derivative there is the common slope of both sides, if they have one."""
    slopes: dict[Expr, Expr] = {}
    for side in goal.sides:
        for derivative in side.atoms(Derivative):
            slope = _slope_at(derivative, x, border)
            if slope is None:
                return None
            slopes[derivative] = slope
    return goal.mapped(lambda e: e.xreplace(slopes)).at({x: border})


def _slope_at(derivative: Expr, x: Symbol, border: Expr) -> Expr | None:
    """The derivative at a point where cases meet: NaN where the sides do not fit together, None if unsure."""
    if derivative.variables != (x,) or derivative.expr.free_symbols != {x}:
        return None
    value = sympy.simplify(derivative.expr.subs(x, border))
    below, above = (_case_beside(derivative.expr, x, border, direction) for direction in (-1, 1))
    if below is None or above is None:
        return None
    sides = (below, above)
    if any(constants.constant_zero(side.subs(x, border) - value) is not True for side in sides):
        return None
    left, right = (evaluated(Derivative(side, x)).subs(x, border) for side in sides)
    if left.has(S.NaN, S.ComplexInfinity) or right.has(S.NaN, S.ComplexInfinity):
        return None
    same = constants.constant_zero(left - right)
    return left if same else S.NaN if same is False else None


def _case_beside(f: Expr, x: Symbol, border: Expr, direction: int) -> Expr | None:
    for _ in range(MOST_PIECES):
        pending = switches(f)
        if not pending:
            return f
        part = _beside(pending[0], x, border, direction)
        if part is None:
            return None
        f = resolved(f, pending[0], part)
    return None


def _beside(switch: Expr, x: Symbol, border: Expr, direction: int) -> int | None:
    """Sign of a polynomial switch between the border and its next zero in that direction."""
    roots = _borders(switch, x, S.Reals)
    if roots is None:
        return None
    beyond = [r for r in roots if boxes.constant_sign((r - border) * direction) == 1]
    nearest = min(beyond, key=lambda r: abs(float(r - border)), default=S.Infinity * direction)
    low, high = sorted((border, nearest), key=lambda v: float(v))
    inside = inner_rational(low, high)
    return boxes.constant_sign(switch.subs(x, inside))
