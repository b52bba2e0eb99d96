"""Extrema: a bound on the whole domain, and a point where it is attained or an end where it is approached."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import sympy
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from symgrad import activations
from symgrad.balls import Tape, UnsupportedError, precision, rational
from symgrad.base import sized
from symgrad.language.provable import provable
from symgrad.language.statements import Domain, Extremum, Relation
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import compared, facts, sentences
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.derivatives import NotSmooth, evaluated, smooth_derivative
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import SIMPLE, contains, points
from symgrad.prove.basics.sets import is_of_integers, is_of_reals, meet
from symgrad.prove.places import roots, witnesses
from symgrad.prove.places.kinks import resolved, switches
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import approaches, bounds, calculus, constants, parameters, partial
from symgrad.prove.signs.borders import open_parts
from symgrad.prove.special.recognised import touching

MOST_SWITCHES, MOST_PARAMETERS = 4, 6
MOST_PLACES, MOST_BORDERS = 12, 4
LARGEST_SLOPE = 60  # operations
TURN = sympy.Interval(-sympy.pi, sympy.pi)
ANGLES = tuple(k * sympy.pi / 12 for k in range(-12, 25))
GAPS = (Rational(1, 2), Rational(1, 20), Rational(1, 1000), Rational(1, 10**6))


def decide_extremum(said: Extremum, domain: Domain, decide: Decide) -> Verdict:
    """The verdict on an extremum, from those on its bound and on its attainment."""
    bound = decide(Goal.of(Relation(said.of, "<=" if said.kind.is_upper else ">=", said.value), domain))
    at = None if said.at is None else provable(said.at)
    statement = replace(said, of=provable(said.of), value=provable(said.value), at=at)
    if bound.outcome is Outcome.REFUTED:
        return replace(bound, method=f"not even a bound: {bound.method}")
    found = (_attained if statement.kind.is_attained else _approached)(statement, domain, bound, decide)
    if found.holds is not None:
        return found
    apart = _at_parameters(statement, domain, decide)
    if apart is None and bound.holds:
        apart = _by_signs_of_parameters(statement, domain, decide)
    return found if apart is None else apart


def _by_signs_of_parameters(statement: Extremum, domain: Domain, decide: Decide) -> Verdict | None:
    """The verdict put together from those on the regions of a switch in which one parameter alone stands."""
    if domain.conditions:
        return None
    for switch in dict.fromkeys(s for e in (statement.of, statement.value) for s in switches(evaluated(e))):
        if len(switch.free_symbols) != 1 or switch.has(statement.variable):
            continue
        (y,) = switch.free_symbols
        places = roots.zeros(switch, y, domain.set_of(y))
        if places is None or len(places) > MOST_BORDERS:
            continue
        verdicts = []
        for part in open_parts(domain.set_of(y), places):
            piece = domain.restricted(y, part)
            known = bounds.sign_of(switch, piece)
            if known is None or not known.strict:
                break
            verdicts.append(decide_extremum(_mapped(statement, switch, known.sign), piece, decide))
        else:
            inside = [place for place in places if contains(domain.set_of(y), place)]
            rest = Domain(tuple((s, v) for s, v in domain.sets if s != y))
            verdicts += [decide_extremum(_put(statement, y, place), rest, decide) for place in inside]
            return all_of(verdicts, "signs of a parameter", "range") if all(v.holds for v in verdicts) else None
    return None


def _mapped(statement: Extremum, switch: Expr, known: int) -> Extremum:
    """The extremum where the sign of a switch is known."""
    of, value = (resolved(evaluated(e), switch, known) for e in (statement.of, statement.value))
    return replace(statement, of=of, value=value)


def _put(statement: Extremum, y: Symbol, place: Expr) -> Extremum:
    """The extremum at one value of a parameter."""
    of, value = (evaluated(e).subs(y, place) for e in (statement.of, statement.value))
    return replace(statement, of=of, value=value, at=None if statement.at is None else statement.at.subs(y, place))


def _at_parameters(statement: Extremum, domain: Domain, decide: Decide) -> Verdict | None:
    """REFUTED where the extremum is another one at some values of the other variables."""
    x = statement.variable
    rest = Domain(tuple((s, v) for s, v in domain.sets if s != x))
    if domain.conditions or not rest.symbols:
        return None
    alone = Domain(tuple((s, v) for s, v in domain.sets if s == x))
    for point in points(rest, MOST_PARAMETERS):
        of, value = (evaluated(e).xreplace(point) for e in (statement.of, statement.value))
        at = None if statement.at is None else statement.at.xreplace(point)
        found = decide_extremum(replace(statement, of=of, value=value, at=at), alone, decide)
        if found.outcome is Outcome.REFUTED:
            places = sentences.listed([sentences.place(s, v) for s, v in point.items()])
            if found.witness is None:
                return replace(found, evidence=f"at {places}, {found.evidence}")
            return witnesses.moved(found, point)
    return None


def _goal(statement: Extremum, domain: Domain, op: str) -> Goal:
    return Goal(Relation(statement.of, op, statement.value), domain)


def _attained(statement: Extremum, domain: Domain, bound: Verdict, decide: Decide) -> Verdict:
    strict = decide(_goal(statement, domain, "<" if statement.kind.is_upper else ">"))
    if strict.holds:
        never = _never(strict, _said_of_value(statement, "is never attained"))
        is_rounded = _is_rounded(statement, domain)
        return replace(never, evidence=f"{never.evidence}; {sentences.ROUNDED}") if is_rounded else never
    if statement.at is not None and _is_inside(statement.variable, statement.at, domain, decide) is False:
        named = sentences.place(statement.variable, statement.at)
        at = _where_outside(statement.variable, statement.at, domain, decide)
        said = f"{named} is no point of the domain"
        return Verdict(Outcome.REFUTED, "membership", f"{said} at {at}" if at else said)
    found: Verdict | None = None
    for place in _places(statement, domain):
        if not _is_inside(statement.variable, place, domain, decide):
            continue
        found = decide(_equality_at(statement, domain, place))
        if found.outcome is Outcome.REFUTED and statement.at is not None:
            return witnesses.moved(found, {statement.variable: place})
        if found.holds:
            return _joined(bound, f"attained at {sentences.place(statement.variable, place)}", found)
    is_worth_it = bound.holds and not is_of_integers(domain.set_of(statement.variable))
    closer = _closer_bound(statement, domain, decide) if is_worth_it else None
    if closer is not None:
        return closer
    open_yet = f"{_of_bound(bound)}, but no point was found at which it is attained; name one after the variable"
    return Verdict(Outcome.UNDECIDED, "extremum", open_yet)


def _approached(statement: Extremum, domain: Domain, bound: Verdict, decide: Decide) -> Verdict:
    for place in _places(statement, domain):
        if not _is_inside(statement.variable, place, domain, decide):
            continue
        if decide(_equality_at(statement, domain, place)).holds:
            return _joined(bound, f"attained at {sentences.place(statement.variable, place)}", bound)
    values = domain.set_of(statement.variable)
    function = activations.expand(evaluated(statement.of))
    is_tied = any(c.has(statement.variable) for c in domain.conditions)
    for end, from_left in () if is_tied else approaches.places(function, statement.variable, values):
        limit = approaches.limit_beside(function, statement.variable, end, from_left)
        if limit is not None and limit.is_finite and constants.constant_zero(limit - statement.value):
            return _joined(bound, f"approached as {statement.variable} -> {end}", bound)
    if len(domain.symbols) > 1:
        far = parameters.approached_end(function, statement.value, statement.variable, domain)
        if far is not None:
            return _joined(bound, f"approached as {statement.variable} -> {far}", bound)
    closer = _closer_bound(statement, domain, decide)
    if closer is not None:
        return closer
    return Verdict(Outcome.UNDECIDED, "extremum", f"{_of_bound(bound)}, but nothing was found to approach it")


def _closer_bound(statement: Extremum, domain: Domain, decide: Decide) -> Verdict | None:
    """REFUTED where the function keeps a certain distance from the claimed value."""
    for gap in GAPS:
        value = statement.value - gap if statement.kind.is_upper else statement.value + gap
        verdict = decide(_goal(replace(statement, value=value), domain, "<=" if statement.kind.is_upper else ">="))
        if verdict.holds:
            return _never(verdict, _said_of_value(statement, f"is missed by at least {gap}"))
    return None


def _of_bound(bound: Verdict) -> str:
    return "the bound holds" if bound.holds else "the bound is open"


def _said_of_value(statement: Extremum, what: str) -> str:
    value = statement.value
    text = witnesses.show(rational(value)) if value.is_Rational else sentences.shown(value, sentences.LONGEST_PLACE)
    return f"the value {text} {what}" if text else f"the value {what}"


def _is_rounded(statement: Extremum, domain: Domain) -> bool:
    """Whether the value is that at a place where the extremum may be attained, but for a rounded constant in it."""
    if statement.value.free_symbols or len(domain.symbols) != 1:
        return False
    function = evaluated(statement.of)
    for place in islice(_places(statement, domain), MOST_PLACES):
        there = [function.subs(statement.variable, place), statement.value]
        if any(e.free_symbols or e.has(sympy.nan, sympy.zoo) for e in there):
            continue
        try:
            with precision(witnesses.BITS):
                found, claimed = (Tape(e, ())() for e in there)
                if witnesses.differ_by_rounding(found, claimed):
                    return True
        except UnsupportedError:
            continue
    return False


def _never(verdict: Verdict, what: str) -> Verdict:
    return Verdict(
        Outcome.REFUTED,
        verdict.method,
        f"{what}: {verdict.evidence}" if verdict.evidence else what,
        side_conditions=verdict.side_conditions,
    )


def _joined(bound: Verdict, how: str, equality: Verdict) -> Verdict:
    if not bound.holds:
        return replace(bound, evidence=f"the value is {how}; of the bound it is known only that {bound.evidence}")
    outcome = Outcome.CERTIFIED if Outcome.CERTIFIED in (bound.outcome, equality.outcome) else Outcome.PROVED
    conditions = dict.fromkeys((*bound.side_conditions, *equality.side_conditions))
    evidence = "; ".join(filter(None, (f"the value is {how}", bound.evidence)))
    return Verdict(outcome, bound.method, evidence, side_conditions=tuple(conditions))


def _is_inside(x: Symbol, place: Expr, domain: Domain, decide: Decide) -> bool | None:
    """Whether a place of the variable is a point of the domain at all values of the others for which there is any."""
    values, rest = domain.set_of(x), _others(x, domain)
    tied = [compared.put_in(c, {x: place}) for c in domain.conditions if c.has(x)]
    if not place.free_symbols:
        alone = facts.is_in(values, place)
    else:
        parts = values.args if isinstance(values, sympy.Union) else (values,)
        found = [_is_within(place, part, rest, decide) for part in parts]
        alone = True if True in found else False if found == [False] else None
        if alone and not decide(Goal(Relation(place, "==", place), rest)).holds:
            return None  # it is no point where it has no value, as 1/y at y = 0
    if not tied or not alone:
        return alone
    held = [c == sympy.true or (_holds(c, rest, decide) if isinstance(c, Relational) else None) for c in tied]
    return False if False in held else True if all(held) else None


def _others(x: Symbol, domain: Domain) -> Domain:
    """The domain of the other variables: where conditions tie them to x, those for which there is an x at all."""
    is_tied = any(c.has(x) for c in domain.conditions)
    return domain if is_tied else Domain(tuple((s, v) for s, v in domain.sets if s != x), domain.conditions)


def _where_outside(x: Symbol, place: Expr, domain: Domain, decide: Decide) -> str:
    """Values of the other variables at which a place is no point of the domain, where such were found."""
    rest = Domain(
        tuple((s, v) for s, v in domain.sets if s != x), tuple(c for c in domain.conditions if not c.has(x))
    )  # fmt: skip
    for bound in _bounds(place, domain.set_of(x)) if place.free_symbols else ():
        witness = decide(_said(bound, rest)).witness
        if witness is not None:
            return sentences.listed([f"{name} = {value}" for name, value in witness.point.items()])
    return ""


def _is_within(place: Expr, part: sympy.Set, rest: Domain, decide: Decide) -> bool | None:
    if part == sympy.S.Reals:
        return Signs(rest).is_real(place) or None
    if is_of_integers(part) and not facts.is_integer(place):
        return None
    if not isinstance(part, sympy.Interval | sympy.Range):
        return True if part == sympy.S.Integers else None
    found = [_holds(b, rest, decide) for b in _bounds(place, part)]
    return False if False in found else None if None in found else True


def _bounds(place: Expr, part: sympy.Set) -> list[Relational]:
    """What a place within an interval or a range meets; nothing for other sets."""
    if not isinstance(part, sympy.Interval | sympy.Range):
        return []
    left, right = (part.left_open, part.right_open) if isinstance(part, sympy.Interval) else (False, False)
    bounds = [sympy.Gt(place, part.inf, evaluate=False) if left else sympy.Ge(place, part.inf, evaluate=False)]
    bounds += [sympy.Lt(place, part.sup, evaluate=False) if right else sympy.Le(place, part.sup, evaluate=False)]
    return [b for b in bounds if not b.rhs.is_infinite]


def _holds(condition: Relational, rest: Domain, decide: Decide) -> bool | None:
    return decide(_said(condition, rest)).holds


def _said(condition: Relational, rest: Domain) -> Goal:
    return Goal(Relation(condition.lhs, condition.rel_op, condition.rhs), rest)


def _places(statement: Extremum, domain: Domain) -> Iterator[Expr]:
    """Where the extremum may be attained: the place named, else critical points, ends and simple points."""
    if statement.at is not None:
        yield statement.at
        return
    x, values = statement.variable, domain.set_of(statement.variable)
    parts = values.args if isinstance(values, sympy.Union) else (values,)
    function = activations.expand(evaluated(statement.of))
    for part in parts:
        if isinstance(part, sympy.Interval):
            for smooth in _smooth_cases(function):
                yield from calculus.critical_points(smooth, x, part) or ()
                yield from _zeros_of_slope(smooth, x, part)
                yield from _with_parameters(smooth, x) if len(domain.symbols) > 1 else ()
            yield from (b for b in parameters.borders(function, x) if b.free_symbols)
    ends = (end for part in parts if is_of_reals(part) for end in (part.inf, part.sup))
    angles = ANGLES if function.has(sympy.sin, sympy.cos, sympy.tan) else ()
    yield from (v for v in (*ends, *SIMPLE, *angles) if v.is_finite and contains(values, v))
    if len(domain.symbols) == 1:
        for part in parts:
            if isinstance(part, sympy.Interval):
                touched = touching(function - statement.value, x, domain.restricted(x, part))
                yield from (place for place in touched if contains(part, place))


def _with_parameters(function: Expr, x: Symbol) -> Iterator[Expr]:
    """Zeros of factors of the derivative that are linear in x, its exponential or its logarithm."""
    try:
        slope = sized.factor(sized.together(smooth_derivative(function, x)))
    except NotSmooth:
        return
    for factor in sympy.Mul.make_args(slope):
        if factor.has(x):
            yield from partial.critical(factor, x)


def _zeros_of_slope(function: Expr, x: Symbol, part: sympy.Interval) -> Iterator[Expr]:
    """Zeros of the derivative that can be written down, over one turn where the interval is unbounded."""
    try:
        slope = smooth_derivative(function, x)
    except NotSmooth:
        return
    within = meet(part, TURN) if part.start.is_infinite or part.end.is_infinite else part
    if not isinstance(within, sympy.Interval):
        return
    for slopes in _written_in_two_ways(slope):
        found = roots.zeros(slopes, x, within)
        if found is not None:
            yield from (place for place in found[:MOST_PLACES] if contains(part, place))
            return
    yield from (place for place in _angles(slope, x) if contains(part, place))


def _written_in_two_ways(slope: Expr) -> Iterator[Expr]:
    """A slope, and with functions of sums of angles multiplied out where that is not too large."""
    yield slope
    with contextlib.suppress(sized.TooLarge):
        yield sized.expand(slope, trig=True)


def _angles(slope: Expr, x: Symbol) -> list[Expr]:
    """Zeros of a rational function of sine and cosine, from the tangent of half the angle."""
    t = sympy.Dummy("t", real=True)
    halves = {sympy.sin(x): 2 * t / (1 + t**2), sympy.cos(x): (1 - t**2) / (1 + t**2)}
    if not slope.has(*halves) or slope.count_ops() > LARGEST_SLOPE:
        return []
    above = sympy.numer(sized.together(sized.expand(slope, trig=True).xreplace(halves)))
    found = None if above.has(x) else roots.zeros(sized.expand(above), t, sympy.S.Reals)
    return [2 * sympy.atan(root) for root in (found or ())[:MOST_PLACES]]


def _smooth_cases(function: Expr) -> Iterator[Expr]:
    """The function itself, or the smooth functions it is put together from."""
    pending = switches(function)
    if not pending:
        yield function
    elif len(pending) <= MOST_SWITCHES:
        for known in (1, -1):
            yield from _smooth_cases(resolved(function, pending[0], known))


def _equality_at(statement: Extremum, domain: Domain, place: Expr) -> Goal:
    at = {statement.variable: place}
    value = evaluated(statement.of).subs(at)
    if value.has(sympy.nan):  # a kink, at which there may be a slope all the same
        here = domain.restricted(statement.variable, sympy.FiniteSet(place))
        return Goal(Relation(statement.of, "==", statement.value), here)
    return Goal(Relation(value, "==", statement.value.subs(at)), _others(statement.variable, domain))
