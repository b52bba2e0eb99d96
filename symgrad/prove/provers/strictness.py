"""Strict inequalities and `!=`, refuted where both sides are equal: at zeros of factors, or where they touch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import sympy
from sympy import Expr, Rational, S, Symbol
from sympy.sets import Interval, Set

from symgrad import activations
from symgrad.base import sized
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.language.written import origin
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.derivatives import ROUGH
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import Point, contains
from symgrad.prove.basics.sets import is_of_reals, meet
from symgrad.prove.basics.written_out import written_out
from symgrad.prove.certain.side_conditions import zero_on
from symgrad.prove.places import roots, witnesses
from symgrad.prove.places.crossings import crossing
from symgrad.prove.signs import calculus
from symgrad.prove.signs.constants import constant_zero
from symgrad.prove.special.recognised import touching

METHOD = "both sides are equal there"
LARGEST = 60  # operations
NEAR = Interval(-8, 8)  # more than one turn
TURNS = (0, 1, -1, 2, -2)
MOST_SOLUTIONS = 24
MOST_TERMS = 16
# Functions f with f(0) = 0.
ZERO_AT_ZERO = (
    sympy.sin, sympy.tan, sympy.asin, sympy.atan, sympy.sinh, sympy.tanh, sympy.asinh, sympy.atanh, sympy.erf,
    sympy.erfi, sympy.Si, sympy.Shi, sympy.fresnels, sympy.fresnelc,
)  # fmt: skip
ANGLES = tuple(S.Pi * Rational(k, 12) for k in sorted(range(-24, 25), key=abs))


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """REFUTED where the difference of both sides has a zero; nothing otherwise."""
    if goal.op not in ("<", ">", "!="):
        return None
    difference = activations.expand(_without_sums(goal.lhs - goal.rhs))
    if difference.has(sympy.Sum, sympy.Product):
        return None
    if not goal.variables:
        return _refuted(goal, {}) if constant_zero(difference) else None
    if difference.has(sympy.I):
        return None
    if difference.count_ops() > LARGEST:
        place = crossing(difference, goal.domain)
        return None if place is None else _refuted(goal, place)
    for factor in _factors(difference):
        found = crossing(factor, goal.domain) if factor.has(*ROUGH) else zero_on(factor, goal.domain)
        if found is not None:
            return _refuted(goal, found)
    if difference.has(*ROUGH) or goal.domain.conditions:
        return None
    for point in _points(difference, goal):
        inside = all(contains(goal.domain.set_of(s), v) for s, v in point.items())
        if inside and constant_zero(difference.xreplace(point)):
            return _refuted(goal, point)
    return None


def _without_sums(e: Expr) -> Expr:
    """The expression with sums and products of few terms, between numbers, written out."""
    limits = [ends for node in e.atoms(sympy.Sum, sympy.Product) for _, *ends in node.limits]
    if not all(len(ends) == 2 and all(end.is_Integer for end in ends) for ends in limits):
        return e
    return written_out(e) if all(high - low < MOST_TERMS for low, high in limits) else e


def _points(difference: Expr, goal: Goal) -> Iterator[Point]:
    if len(goal.variables) > 1:
        if difference.is_polynomial(*goal.variables):
            yield from islice(
                roots.common_zeros([sympy.diff(difference, s) for s in goal.variables], {}), MOST_SOLUTIONS
            )
        return
    (x,) = goal.variables
    values = goal.domain.set_of(x)
    yield from ({x: place} for place in _candidates(difference, x, values))
    if goal.op != "!=":
        yield from ({x: place} for place in touching(difference, x, goal.domain))


def _factors(difference: Expr) -> Iterator[Expr]:
    """What may vanish: the bases of the factors, where they are no exponentials."""
    factored = difference if roots.is_steep(difference) else sized.factor_terms(difference)
    if difference.is_polynomial():
        factored = sized.factor(difference)
    for factor in sympy.Mul.make_args(factored):
        base, exponent = factor.as_base_exp()
        if isinstance(base, sympy.Abs):
            base = base.args[0]
        if factor.free_symbols and facts.is_positive(exponent) and base is not S.Exp1:
            yield from _with_arguments(base)


def _with_arguments(u: Expr) -> Iterator[Expr]:
    """An expression, and what is zero only where it is."""
    yield u
    while origin(u.func) in ZERO_AT_ZERO or isinstance(u, sympy.log):
        u = u.args[0] - 1 if isinstance(u, sympy.log) else u.args[0]
        yield u


def _candidates(difference: Expr, x: Symbol, values: Set) -> Iterator[Expr]:
    """Where the sides may touch: critical points, zeros of the slope, and usual angles."""
    near = meet(values, NEAR) if is_of_reals(values) else S.EmptySet
    for part in near.args if isinstance(near, sympy.Union) else (near,):
        if isinstance(part, Interval) and not roots.is_steep(difference):
            yield from calculus.critical_points(difference, x, part) or ()
            yield from _by_half_angle(difference, x)
    if difference.has(sympy.sin, sympy.cos, sympy.tan):
        yield from (a for a in ANGLES if contains(values, a))


def _by_half_angle(difference: Expr, x: Symbol) -> Iterator[Expr]:
    """Zeros of a polynomial in sines and cosines of one angle, by the tangent of half of it."""
    angles = {f.args[0] for f in difference.atoms(sympy.sin, sympy.cos)}
    if len(angles) != 1:
        return
    (angle,) = angles
    t, rate = sympy.Dummy("t", real=True), sympy.diff(angle, x)
    if rate.free_symbols or facts.is_zero(rate):
        return
    circle = {sympy.sin(angle): 2 * t / (1 + t**2), sympy.cos(angle): (1 - t**2) / (1 + t**2)}
    above = sympy.numer(sized.together(difference.xreplace(circle)))
    if above.free_symbols == {t} and above.is_polynomial(t):
        for tangent in roots.zeros(sized.expand(above), t, S.Reals) or ():
            for turn in TURNS:
                yield (2 * sympy.atan(tangent) + 2 * S.Pi * turn - angle.subs(x, 0)) / rate


def _refuted(goal: Goal, place: Point) -> Verdict:
    is_near = any(isinstance(v, sympy.Float) for v in place.values())
    evidence = f"the difference is zero at a point whose {sentences.FIRST_DIGITS}" if is_near else ""
    return Verdict(Outcome.REFUTED, METHOD, evidence, witnesses.of_equal_sides(goal, place))
