"""Whether what is lost on the way to the expression of the provers has values within a sum, an integral or a limit.

In 0/k, in k/k and in floor(x)/floor(x) a divisor is gone before anybody looks at it. A term of a sum must be defined
at every index. An integrand need not be at single points, and what tends to a limit need not be at the place itself: it
is enough that no divisor vanishes on a whole interval, or at places that come arbitrarily near.
"""

from __future__ import annotations

import sympy
from sympy import Basic, Dummy, Expr, Interval, Rational, S, Symbol

from symgrad import activations
from symgrad.balls import NoValue, Tape, UnsupportedError, precision, rational, separated
from symgrad.balls.expansions.expansions import Expander
from symgrad.balls.expansions.growth import Open, Scale
from symgrad.balls.expansions.limits import far_out
from symgrad.base import sized
from symgrad.language.provable import HasValue
from symgrad.language.statements import Domain
from symgrad.language.written import origin
from symgrad.prove.basics import facts
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.basics.sets import interior, meet
from symgrad.prove.signs import bounds
from symgrad.prove.signs.existence import Known

ORDER = 8  # of the expansions that tell whether a divisor vanishes
BITS = 128
TRIED = (Rational(1, 3), Rational(22, 7), Rational(-5, 11))
ENTIRE = (sympy.Add, sympy.Mul, sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.erf)


def asks_for_values(e: Basic) -> bool:
    """Whether an expression stands for nothing but that parts of it have values."""
    return isinstance(e, sympy.Sum | sympy.Integral | sympy.Limit) and bool(_parts(e.args[0]))


def _parts(e: Expr) -> tuple[Expr, ...]:
    """What an expression asks values of, by cases or in all; nothing where it stands for something else as well."""
    values = [case.expr for case in e.args] if isinstance(e, sympy.Piecewise) else [e]
    return tuple(v.args[0] for v in values) if all(origin(v.func) is HasValue for v in values) else ()


def have_values(e: Expr, known: Known) -> bool:
    """Whether all parts certainly have values wherever that is asked of them, and of one case where others hold."""
    return all(_has_value(e, part, known) for part in _parts(e.args[0]))


def _has_value(e: Expr, part: Expr, known: Known) -> bool:
    if isinstance(e, sympy.Sum):
        return _at_every_index(part, e.limits, known)
    if isinstance(e, sympy.Limit):
        _, x, place, side = e.args
        sides = "+-" if str(side) == "+-" and not place.is_infinite else "+" if place.is_infinite else str(side)
        return all(_near(part, x, place, one, known) for one in sides)
    if len(e.limits) != 1 or len(e.limits[0]) != 3:
        return False
    x, low, high = e.limits[0]
    inside = interior(Interval(low, high)) if facts.is_end(low) and facts.is_end(high) else S.Reals
    return _almost_everywhere(part, x, S.Reals if inside.is_empty else inside, known)


def _at_every_index(part: Expr, limits: tuple[sympy.Tuple, ...], known: Known) -> bool:
    sets, tied = list(known.domain.sets), list(known.domain.conditions)
    for k, *ends in limits:
        if len(ends) != 2 or not facts.is_integer(k):
            return False
        low, high = ends
        if len(limits) == 1 and high is S.Infinity and facts.is_integer(low):
            m = Dummy("m", integer=True, nonnegative=True)
            return known.within(m, S.Naturals0).has_value(part.xreplace({k: low + m}))
        around = Interval(low if low.is_number else -S.Infinity, high if high.is_number else S.Infinity)
        sets.append((k, S.Integers if around.is_empty else meet(S.Integers, around)))
        tied += [c for c in (sympy.Ge(k, low), sympy.Le(k, high)) if len(c.free_symbols) > 1]
    return Known(Domain(tuple(sorted(sets, key=lambda pair: str(pair[0]))), tuple(tied))).has_value(part)


def _near(part: Expr, x: Symbol, place: Expr, side: str, known: Known) -> bool:
    """Whether the part has a value at all points that are near enough to the place, on one side of it."""
    for condition in conditions(part):
        u = activations.expand(condition.nonzero)
        if not u.has(x):
            if not bounds.discharged(condition, known.domain):
                return False
            continue
        moved, t = far_out(u, x, place, side)
        try:
            if not Expander(t, Scale(known), ORDER).sign_of(moved):
                return False
        except Open:
            if place.is_infinite or not _is_seldom_zero(u, x, known):
                return False
    return True


def _almost_everywhere(part: Expr, x: Symbol, values: sympy.Set, known: Known) -> bool:
    """Whether the part has a value at all points of an interval but for some that lie apart."""
    there = known.within(x, values)
    return all(
        bounds.discharged(condition, there.domain)
        or (condition.nonzero.has(x) and _is_seldom_zero(activations.expand(condition.nonzero), x, known))
        for condition in conditions(part)
    )


def _is_seldom_zero(u: Expr, x: Symbol, known: Known) -> bool:
    """Whether the zeros in x certainly lie apart, whatever the other variables are: those of an entire function."""
    if u.is_polynomial(x):
        return any(known(c) for c in sized.polynomial(u, x).all_coeffs())
    if u.free_symbols != {x} or not _is_entire(u):
        return False
    try:
        tape = Tape(u, (x,))
    except UnsupportedError:
        return False
    with precision(BITS):
        values = [tape(rational(place)) for place in TRIED]
        return any(not isinstance(v, NoValue) and separated(v, rational(S.Zero)) for v in values)


def _is_entire(u: Expr) -> bool:
    if isinstance(u, sympy.Pow):
        return facts.is_integer(u.exp) and facts.is_nonnegative(u.exp) and _is_entire(u.base)
    return not u.args or (isinstance(u, ENTIRE) and all(isinstance(a, Expr) and _is_entire(a) for a in u.args))
