"""What a proof took for granted, checked against the domain: discharged, refuted, proved apart, or named.

A proof of which a condition stays open is none: its verdict is SUPPORTED, and names the condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product

import sympy
from sympy import Basic, Expr, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.relational import Relational

from symgrad.base import sized
from symgrad.language.provable import partial_values
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.conditions import Condition, conditions
from symgrad.prove.basics.derivatives import ROUGH, evaluated
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import Point, contains, is_light_at, points
from symgrad.prove.basics.sets import is_of_reals, meet
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places import branch_cuts, witnesses
from symgrad.prove.places.crossings import crossing
from symgrad.prove.places.roots import common_zeros, zeros
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds
from symgrad.prove.signs.constants import constant_zero
from symgrad.prove.signs.vanishing import exact_zero, seems_to_vanish, smallest, whole_zero
from symgrad.prove.special.recognised import touching
from symgrad.prove.special.ring import NoNormalForm

MOST_ROOTS, MOST_PARTS, MOST_TRIED, MOST_LINES = 24, 16, 120, 6
NO_VALUE = "a side without a value"
NEAR = 16  # zeros beyond are no places to show a reader


def settle(verdict: Verdict, goal: Goal, assumed: Sequence[Expr], decide: Decide) -> Verdict | None:
    """The verdict, only SUPPORTED where conditions are left; REFUTED where a side has no value on the domain.

    Parameters
    ----------
    verdict : Verdict
        Given on the condition that both sides have values, and that the assumed expressions are not zero.
    goal : Goal
    assumed : sequence of Expr
        What the proof, not the claim, needs to be different from zero: where it is zero the goal is decided apart.
    """
    if any(_crosses_cuts(d, goal.domain) for side in goal.sides for d in side.atoms(sympy.Derivative)):
        return None
    ranges = _ranges(goal)
    if any(index in goal.variables for index in ranges):
        return None  # one name for two things
    left_open = []
    # What a proof looks at may have lost or gained a pole; what was written tells where a side has no value.
    told = {c for part in (goal.also_defined if goal.parts_are_known else goal.sides) for c in conditions(part)}
    for condition in dict.fromkeys(c for side in goal.sides for c in conditions(side)):
        if all(bounds.discharged(condition, domain) for domain in _ranged(condition, goal.domain, ranges)):
            continue
        if facts.is_zero(condition.nonzero):
            return None
        if _is_constant_and_not_zero(condition.nonzero, goal.domain):
            continue
        where = zero_on(condition.nonzero, goal.domain)
        if where is not None and condition.is_needed and condition in told:
            return _without_value(condition, goal, _on_whole(where, goal.domain))
        if where is not None:
            return None  # there may be a value all the same, but not by this proof
        if seems_to_vanish(condition.nonzero, goal.domain):
            return None
        left_open.append(str(condition))
    for expression in dict.fromkeys(assumed):
        if not bounds.discharged(Condition(expression), goal.domain) and not _extends(expression, goal, left_open):
            apart = _decided_where_zero(expression, goal, decide)
            if apart is None:
                return None
            if apart.outcome is Outcome.REFUTED:
                return apart
    return verdict if not left_open else _provided(verdict, left_open)


def _without_value(condition: Condition, goal: Goal, where: Point) -> Verdict:
    """REFUTED at a zero of what must not be zero: the sides of which that is asked have no value there."""
    asking = [k for k, side in enumerate(goal.relation.expressions) if condition in conditions(side)]
    if goal.written:
        parts = [partial_values(side) for side in goal.written]
        asking += [k for k, found in enumerate(parts) if any(condition in conditions(part) for part in found)]
    texts = [
        witnesses.NO_VALUE if k in asking or not asking else _value_or_none(side, goal.relation.expressions[k], where)
        for k, side in enumerate(goal.said)
    ]
    zero = sentences.shown(condition.nonzero)
    evidence = f"{zero} is zero there" if zero else "a part that must not be zero is zero there"
    return Verdict(Outcome.REFUTED, NO_VALUE, evidence, Witness(witnesses.coordinates(where), *texts))


def _value_or_none(said: Expr, side: Expr, where: Point) -> str:
    """The value of a side at a point, or that it has none because something that must not be zero is."""
    found = witnesses.value_at(said, where)
    if found != witnesses.NOT_KNOWN or any(isinstance(v, sympy.Float) for v in where.values()):
        return found
    needed = (c.nonzero.xreplace(where) for c in conditions(side) if c.is_needed)
    return witnesses.NO_VALUE if any(not u.free_symbols and constant_zero(u) for u in needed) else found


def _on_whole(place: Point, domain: Domain) -> Point:
    """The place with values of the variables that have none there, where nothing ties them to the others."""
    rest = Domain(tuple((s, v) for s, v in domain.sets if s not in place))
    return place if domain.conditions else {**next(points(rest, 1), {}), **place}


def _is_constant_and_not_zero(expression: Expr, domain: Domain) -> bool:
    """Whether the normal form of an expression is a number other than zero, as that of sin(x)**2 + cos(x)**2."""
    tower = Tower(Signs(domain))
    try:
        (normal,) = tower.normal(evaluated(expression))
    except NoNormalForm:
        return False
    return normal.rational() not in (None, 0) and not tower.nonzero


def _ranges(goal: Goal) -> dict[Symbol, list[tuple[Expr, ...]]]:
    """The limits of each index that is bound in the goal."""
    found: dict[Symbol, list[tuple[Expr, ...]]] = {}
    nodes = {node for side in goal.sides for node in side.atoms(ExprWithLimits)}
    for node in sorted(nodes, key=sympy.default_sort_key):
        for index, *ends in node.limits:
            found.setdefault(index, []).append(tuple(ends))
    return {index: list(dict.fromkeys(limits)) for index, limits in found.items()}


def _ranged(
    condition: Condition, domain: Domain, ranges: Mapping[Symbol, Sequence[tuple[Expr, ...]]]
) -> Iterator[Domain]:
    """The domain with the indices in a condition as variables that run from limit to limit; one for each such range."""
    asked = (condition.nonzero, *condition.nonnegative, *(() if condition.positive is None else (condition.positive,)))
    index = next((s for e in asked for s in sorted(e.free_symbols, key=str) if s in ranges), None)
    if index is None:
        yield domain
        return
    others = {s: limits for s, limits in ranges.items() if s != index}
    for ends in ranges[index]:
        if len(ends) != 2 or not facts.is_integer(index) or any(e.free_symbols & set(ranges) for e in ends):
            yield domain  # in which the index has no place
            continue
        low, high = ends
        values = meet(
            sympy.S.Integers, sympy.Interval(low if low.is_number else -sympy.oo, high if high.is_number else sympy.oo)
        )
        tied = [c for c in (sympy.Ge(index, low), sympy.Le(index, high)) if len(c.free_symbols) > 1]
        sets = tuple(sorted((*domain.sets, (index, values)), key=lambda pair: str(pair[0])))
        yield from _ranged(condition, Domain(sets, (*domain.conditions, *tied)), others)


def _provided(verdict: Verdict, left_open: Sequence[str]) -> Verdict:
    """What is left of a proof where conditions of it are open."""
    open_yet = f"a proof is missing only that {' and '.join(left_open)} on the whole domain; state it with where"
    evidence = f"{verdict.evidence}; {open_yet}" if verdict.evidence else open_yet
    conditions_ = (*verdict.side_conditions, *left_open)
    return replace(verdict, outcome=Outcome.SUPPORTED, evidence=evidence, side_conditions=conditions_)


def _crosses_cuts(derivative: sympy.Derivative, domain: Domain) -> bool:
    """Whether a derivative in a complex variable may be taken on a branch cut, where there is none."""
    is_real = all(facts.is_real(v) for v in derivative.variables)
    return not is_real and not branch_cuts.crosses_none(derivative.expr, Signs(domain))


def _extends(expression: Expr, goal: Goal, left_open: list[str]) -> bool:
    """Whether an equality extends to the zeros of an expression because both sides are continuous there.

    They are where all their conditions are discharged and nothing in them jumps; and the zeros of a polynomial in
    variables that run through intervals have points that are none next to them.
    """
    if goal.op != "==" or left_open or any(side.has(*ROUGH, *branch_cuts.JUMPING) for side in goal.sides):
        return False
    signs = Signs(goal.domain)
    if not all(branch_cuts.crosses_none(side, signs) for side in goal.sides):
        return False
    free = expression.free_symbols
    return bool(
        free
        and expression.is_polynomial(*free)
        and all(not facts.is_integer(s) and _has_no_lonely_point(goal.domain.set_of(s)) for s in free)
    )


def _has_no_lonely_point(values: sympy.Set) -> bool:
    parts = values.args if isinstance(values, sympy.Union) else (values,)
    return all(isinstance(part, sympy.Interval) and part.start != part.end for part in parts)


def zero_on(expression: Expr, domain: Domain) -> Point | None:
    """A certified zero of the expression on the domain, where one is found."""
    free = expression.free_symbols
    if not free or not free <= set(domain.symbols):
        return None  # an index of a sum among them has a range of its own
    if expression.has(sympy.I) or not all(facts.is_real(s) for s in free):
        return exact_zero(expression, domain)
    tied = tuple(c for c in domain.conditions if c.free_symbols & free)
    alone = Domain(tuple((s, v) for s, v in domain.sets if s in free), tied)
    whole = whole_zero(expression, alone) if all(c.free_symbols <= free for c in tied) else None
    if whole is not None:
        return whole
    if domain.conditions or len(free) > 1:
        found = _on_lines(expression, domain)
        if found is not None or domain.conditions:
            return found or crossing(expression, domain)
    return next((w for box in _connected(expression, domain) if (w := _zero_in(expression, box)) is not None), None)


def _on_lines(expression: Expr, domain: Domain) -> Point | None:
    """A zero that is found where all variables but one are held at some point of the domain."""
    for point in (*smallest(expression, domain, MOST_TRIED)[:MOST_LINES], *_units(domain)):
        for x in sorted(expression.free_symbols, key=str):
            held = {s: v for s, v in point.items() if s != x}
            if not is_light_at(expression, held):
                continue
            for place in _roots_near(expression.xreplace(held), x, domain.set_of(x)):
                whole = {s: point[s] if s in held else place for s in sorted(point, key=str)}
                if all(contains(domain.set_of(s), v) for s, v in whole.items()) and _fulfilled(domain, whole):
                    return whole
    if expression.is_polynomial(*expression.free_symbols):
        slopes = [sympy.diff(expression, s) for s in sorted(expression.free_symbols, key=str)]
        for point in islice(common_zeros(slopes, {}), MOST_PARTS):
            if _is_in(domain, point) and constant_zero(expression.xreplace(point)):
                return point
    return None


def _units(domain: Domain) -> Iterator[Point]:
    """Integers all 1 and all -1, of which products have other integers as divisors whatever they are."""
    if all(map(facts.is_integer, domain.symbols)):
        yield from (dict.fromkeys(domain.symbols, unit) for unit in (S.One, S.NegativeOne))


def _is_in(domain: Domain, point: Point) -> bool:
    return (
        set(point) == set(domain.symbols)
        and all(contains(domain.set_of(s), v) for s, v in point.items())
        and _fulfilled(domain, point)
    )


def _fulfilled(domain: Domain, point: Point) -> bool:
    """Whether the joint conditions certainly hold at a point that may have coordinates which are not rational."""
    return all(_is_true(condition.xreplace(point)) for condition in domain.conditions)


def _is_true(condition: Basic) -> bool:
    if not isinstance(condition, Relational):
        return condition is sympy.true
    difference = condition.lhs - condition.rhs
    if isinstance(condition, sympy.Eq):
        return constant_zero(difference) is True
    known = constant_sign(difference)
    wanted = {sympy.StrictLessThan: (-1,), sympy.LessThan: (-1, 0), sympy.StrictGreaterThan: (1,),
              sympy.GreaterThan: (1, 0), sympy.Ne: (1, -1)}  # fmt: skip
    return bool(known in wanted[type(condition)])


def _roots_near(expression: Expr, x: Symbol, values: sympy.Set) -> list[Expr]:
    """Zeros of an expression in one variable that can be written down, not too far from the origin."""
    if expression.has(sympy.nan, sympy.zoo) or not expression.has(x):
        return []
    found = _exact_roots(expression, x)
    if found is None:
        if not is_of_reals(values):
            return []
        near = meet(values, sympy.Interval(-NEAR, NEAR))
        found = [] if near.is_empty else zeros(expression, x, near) or []
        if not found and values.inf.is_finite and values.sup.is_finite:
            found = zeros(expression, x, values) or []
        found = [place for place in found if constant_zero(expression.xreplace({x: place}))]
    return found


def _connected(expression: Expr, domain: Domain) -> Iterator[Domain]:
    """The domain of the variables of an expression, by the intervals of which their sets are made."""
    sets = [(s, v.args if isinstance(v, sympy.Union) else (v,)) for s, v in domain.sets if s in expression.free_symbols]
    for parts in islice(product(*(values for _, values in sets)), MOST_PARTS):
        yield Domain(tuple((s, part) for (s, _), part in zip(sets, parts, strict=True)))


def _zero_in(expression: Expr, box: Domain) -> Point | None:
    if len(box.symbols) == 1:
        (x,) = box.symbols
        values = box.set_of(x)
        inside = [root for root in _roots_near(expression, x, values) if contains(values, root)]
        if inside:
            return {x: min(inside, key=abs)}
        if _exact_roots(expression, x) is not None:
            return None
        for place in touching(expression, x, box):
            if contains(values, place) and constant_zero(expression.xreplace({x: place})):
                return {x: place}
    return crossing(expression, box)


def _exact_roots(expression: Expr, x: Symbol) -> list[Expr] | None:
    """All real roots of a polynomial in a real variable; None if they cannot be written down."""
    if expression.has(sympy.I):
        expression = sized.expand(expression / sympy.I)
    if not facts.is_real(x) or not expression.is_polynomial(x) or sympy.degree(expression, x) > MOST_ROOTS:
        return None
    try:
        return list(sized.real_roots(sized.polynomial(expression, x, extension=None)))
    except (NotImplementedError, sympy.PolynomialError):
        return None


def _decided_where_zero(expression: Expr, goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict on the goal at the zeros of an expression in one variable; None if they cannot be told."""
    free = expression.free_symbols
    if len(free) != 1:
        return None
    (x,) = free
    found = _exact_roots(expression, x)
    if found is None:
        return None
    roots = [r for r in found if facts.is_in(goal.domain.set_of(x), r) is not False]
    verdict: Verdict | None = Verdict(Outcome.PROVED, "no such point")
    for root in roots:
        verdict = decide(goal.at({x: root}))
        if not verdict.holds:
            is_point = facts.is_in(goal.domain.set_of(x), root) is True
            return verdict if verdict.outcome is Outcome.REFUTED and is_point else None
    return verdict
