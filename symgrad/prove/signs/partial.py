"""Signs in several variables by one of them: its critical point where the expression is convex in it."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, Interval, Symbol

from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.basics.derivatives import NotSmooth, smooth_derivative
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.basics.sets import interior
from symgrad.prove.normal_form.on_domain import simplified
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs.validity import discharged, is_smooth

DEEPEST = 3
LARGEST = 80  # operations
ANCHORS = (sympy.S.Zero, sympy.S.One, -sympy.S.One)


def by_partial_extremum(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """An expression that is convex in one variable and not negative at its critical point in it, or the reverse."""
    if not 2 <= len(domain.symbols) <= 3 or domain.conditions or look.depth > DEEPEST:
        return None
    if expression.count_ops() > LARGEST:
        return None
    for v, values in domain.sets:
        if isinstance(values, Interval):
            found = _by_extremum_in(expression, v, values, domain, look)
            if found is not None:
                return found
    return None


def by_border(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """An expression that is zero or positive at a border of one variable, and rises from there, or the reverse."""
    if not 2 <= len(domain.symbols) <= 3 or domain.conditions or look.depth > DEEPEST:
        return None
    if expression.count_ops() > LARGEST:
        return None
    for v, values in domain.sets:
        if not isinstance(values, Interval):
            continue
        for end, is_open, direction in ((values.start, values.left_open, 1), (values.end, values.right_open, -1)):
            if end.is_finite:
                found = _by_monotony_from(expression, v, end, direction, is_open, domain, look)
                if found is not None:
                    return found
    return None


def by_ends_apart(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign inside an interval, where an expression may be smooth, and at the ends that belong to it."""
    if not 2 <= len(domain.symbols) <= 3 or domain.conditions or look.depth > 1 or expression.count_ops() > LARGEST:
        return None
    for v, values in domain.sets:
        ends = [end for end in (values.inf, values.sup) if end.is_finite and facts.is_in(values, end) is True]
        if not ends or not isinstance(values, Interval):
            continue
        inside = look(expression, domain.restricted(v, interior(values)))
        if inside is None:
            continue
        rest = Domain(tuple((s, held) for s, held in domain.sets if s != v))
        values_there = [_at_end(expression, v, end, rest) for end in ends]
        found = [None if facts.is_zero(e) else look(e, rest) for e in values_there]
        if all(facts.is_zero(e) or (f is not None and f.sign == inside.sign) for e, f in zip(values_there, found)):
            strict = inside.strict and all(f is not None and f.strict for f in found)
            exact = inside.exact and all(f is None or f.exact for f in found)
            how = f"{inside.how} between the ends of the range of {v}, and has this sign at the ends as well"
            return Finding(inside.sign, strict, exact, how)
    return None


def _at_end(expression: Expr, v: Symbol, end: Expr, rest: Domain) -> Expr:
    """The value there, with what the signs of the other variables make of it, such as 0**n = 0 for n > 0."""
    refined = Signs(rest).refined
    back = {dummy: symbol for symbol, dummy in refined.items()}
    return simplified(expression.xreplace({v: end}).xreplace(refined).xreplace(back), rest)


def _by_monotony_from(
    expression: Expr, v: Symbol, end: Expr, direction: int, is_open: bool, domain: Domain, look: Look
) -> Finding | None:
    values = domain.set_of(v)
    closed = domain.restricted(v, Interval(values.inf, values.sup))
    rest = Domain(tuple((s, held) for s, held in domain.sets if s != v))
    at_end = simplified(expression.xreplace({v: end}), rest)
    if not facts.is_zero(at_end) and look.depth > 1:
        return None
    start = None if facts.is_zero(at_end) else look(at_end, rest)
    if not (facts.is_zero(at_end) or start) or not is_smooth(expression, v, closed, look):
        return None
    try:
        slope = smooth_derivative(expression, v)
    except NotSmooth:
        return None
    rise = look(slope, domain)
    if rise is None or (start is not None and start.sign != rise.sign * direction):
        return None
    strict = (start is not None and start.strict) or (rise.strict and is_open)
    exact = rise.exact and (start is None or start.exact)
    way = "rises" if direction == 1 else "falls"
    how = f"is not negative at {sentences.place(v, end)}, and {way} {'from' if direction == 1 else 'to'} there in {v}"
    return Finding(rise.sign * direction, strict, exact, how)


def _by_extremum_in(expression: Expr, v: Symbol, values: Interval, domain: Domain, look: Look) -> Finding | None:
    try:
        slope = smooth_derivative(expression, v)
        bend = smooth_derivative(slope, v)
    except NotSmooth:
        return None
    rest = Domain(tuple((s, held) for s, held in domain.sets if s != v))
    places = [place for place in critical(slope, v) if simplified(slope.xreplace({v: place}), rest) == 0]
    if not places or not is_smooth(expression, v, domain, look) or not is_smooth(slope, v, domain, look):
        return None
    bent = look(sized.together(bend), domain)
    if bent is None:
        return None
    for place in places:
        if not _is_inside(place, values, rest, look):
            continue
        value = simplified(expression.xreplace({v: place}), rest)
        if value == 0:
            how = f"is convex in {v}, with its least value 0 at {sentences.place(v, place)}"
            return Finding(bent.sign, False, bent.exact, how)
        found = look(value, rest)
        if found is not None and found.sign == bent.sign:
            how = f"is convex in {v}, and not negative where it is least, at {sentences.place(v, place)}"
            return Finding(found.sign, found.strict, bent.exact and found.exact, how)
    return None


def critical(slope: Expr, v: Symbol) -> list[Expr]:
    """Candidates for the zero of the slope where it is linear in the variable, its exponential or its logarithm."""
    numerator = sized.expand(sympy.numer(sized.together(slope)))
    inverses: dict[Expr, Callable[[Expr], Expr]] = {v: lambda t: t, sympy.exp(v): sympy.log, sympy.log(v): sympy.exp}
    for inner, back in inverses.items():
        t = sympy.Dummy("t", real=True)
        polynomial = numerator.xreplace({inner: t})
        if polynomial.has(v) or not polynomial.is_polynomial(t) or sympy.degree(polynomial, t) != 1:
            continue
        lead, constant = sized.polynomial(polynomial, t).all_coeffs()
        return [back(sized.cancel(-constant / lead))]
    return list(ANCHORS)


def _is_inside(place: Expr, values: Interval, rest: Domain, look: Look) -> bool:
    """Whether the place certainly lies in the interval, for all values of the other variables."""
    if not branch_cuts.is_certainly_real(place, Signs(rest)) or not all(
        discharged(c, rest, look) for c in conditions(place)
    ):
        return False
    ends = ((values.start, place - values.start), (values.end, values.end - place))
    return all(end.is_infinite or _is_positive(gap, rest, look) for end, gap in ends)


def _is_positive(e: Expr, domain: Domain, look: Look) -> bool:
    found = look(e, domain)
    return found is not None and found.strict and found.sign == 1
