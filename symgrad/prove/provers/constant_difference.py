"""Equality by a constant difference: equal derivatives, and one exact value on each connected piece of the domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy
from sympy import Expr, FiniteSet, Interval, Rational, Symbol

from symgrad import activations
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import sentences
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.conditions import Condition
from symgrad.prove.basics.derivatives import NotSmooth, smooth_derivative
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import SIMPLE, contains
from symgrad.prove.basics.sets import hull, interior
from symgrad.prove.certain import side_conditions
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places.signs import Signs, inner_rational
from symgrad.prove.provers.same_normal_form import differentiates_kinks
from symgrad.prove.signs import bounds
from symgrad.prove.signs.validity import between_integers, real_twin
from symgrad.prove.special.ring import NoNormalForm

METHOD = "equal derivatives and one exact value"


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED if both sides have one derivative and agree at one point of each connected piece."""
    if goal.op != "==" or goal.domain.conditions or differentiates_kinks(goal):
        return None
    left, right = activations.expand(goal.lhs), activations.expand(goal.rhs)
    for x in sorted(left.free_symbols | right.free_symbols, key=str):
        pieces = _pieces(goal.domain.set_of(x))
        if pieces is None:
            continue
        verdicts = []
        for piece in pieces:
            verdict = _on_piece(left, right, x, piece, goal, decide)
            if verdict is None or not verdict.holds:
                break
            verdicts.append(verdict)
        else:
            evidence = "; ".join(dict.fromkeys(v.evidence for v in verdicts))
            return side_conditions.settle(Verdict(Outcome.PROVED, METHOD, evidence), goal, (), decide)
    return None


def _pieces(values: sympy.Set) -> tuple[sympy.Set, ...] | None:
    values = hull(values)  # what holds between the integers holds at them
    parts = values.args if isinstance(values, sympy.Union) else (values,)
    return parts if all(isinstance(part, Interval | FiniteSet) for part in parts) else None


def _on_piece(left: Expr, right: Expr, x: Symbol, piece: sympy.Set, goal: Goal, decide: Decide) -> Verdict | None:
    if isinstance(piece, FiniteSet):
        return all_of([decide(goal.at({x: value})) for value in piece], "")
    index = x
    both, inside = between_integers(sympy.Tuple(left, right), goal.domain, x)
    (left, right), x = both, real_twin(x)
    inside = replace(inside, sets=tuple((s, interior(piece) if s == x else held) for s, held in inside.sets))
    if not (bounds.is_smooth(left, x, inside) and bounds.is_smooth(right, x, inside)):
        return None
    if not _same_slope(left, right, x, inside):
        return None
    closed_ends = [e for e, is_open in ((piece.start, piece.left_open), (piece.end, piece.right_open)) if not is_open]
    for end in closed_ends:
        if not decide(goal.at({index: end})).holds:
            return None
    for value in _easy_values(interior(piece)):
        verdict = decide(Goal(Relation(left.subs(x, value), "==", right.subs(x, value)), _without(goal.domain, index)))
        if verdict.outcome is Outcome.PROVED:
            return Verdict(Outcome.PROVED, METHOD, _same_at(x, value, left.subs(x, value)))
    return None


def _same_slope(left: Expr, right: Expr, x: Symbol, domain: Domain) -> bool:
    try:
        tower = Tower(Signs(domain, bounds.DEEPER))
        normals = tower.normal(smooth_derivative(left, x), smooth_derivative(right, x))
        return tower.difference(*normals).is_zero and all(_is_thin(e, x, domain) for e in tower.nonzero)
    except (NotSmooth, NoNormalForm):
        return False


def _is_thin(assumed: Expr, x: Symbol, domain: Domain) -> bool:
    """Whether an expression has no zeros, or single ones over which continuous slopes stay equal."""
    if assumed.free_symbols == {x} and assumed.is_polynomial(x):
        return True
    return bounds.discharged(Condition(assumed), domain)


def _easy_values(piece: sympy.Set) -> Iterator[Rational]:
    """A few points of an interval at which functions are likely to have simple exact values."""
    candidates = [v for v in SIMPLE if contains(piece, v)][:4]
    inner = inner_rational(piece.inf, piece.sup)
    yield from dict.fromkeys([*candidates, *([] if inner is None else [inner])])


def _without(domain: Domain, x: Symbol) -> Domain:
    return Domain(tuple((s, v) for s, v in domain.sets if s != x), domain.conditions)


def _same_at(x: Symbol, value: Expr, there: Expr) -> str:
    text = sentences.shown(there, sentences.LONGEST_PLACE)
    return f"both sides have the same derivative in {x}, and at {sentences.place(x, value)} both are {text or 'equal'}"
