"""Values of integrals: antiderivatives that have been differentiated, with limits at the ends; and a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import sympy
from sympy import Expr, Interval, S, Symbol
from sympy.sets import Set

from symgrad import activations
from symgrad.balls.growth import Open
from symgrad.balls.integrals import breaks
from symgrad.balls.limits import Found, limit
from symgrad.balls.ratios import is_moderate
from symgrad.prove import facts, sentences
from symgrad.prove.antiderivatives import antiderivative
from symgrad.prove.existence import Known
from symgrad.prove.infinite_sums import NotFound
from symgrad.prove.kinks import case_where, switches
from symgrad.prove.laplace import from_zero
from symgrad.prove.signs import inner_rational


def integral(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """The integral from low to high; value None if it certainly has none."""
    if not is_moderate(f, x):
        raise NotFound
    f = activations.expand(f)
    if low == high:
        if f.has(x) and not known.has_value(f.xreplace({x: low})):
            raise NotFound
        return Found(S.Zero, "", (f.xreplace({x: low}),))
    order = _order(low, high, known)
    if order == -1:
        return _negative(integral(f, x, high, low, known))
    if order is None:
        return _anywhere(f, x, low, high, known)
    if low.free_symbols or high.free_symbols:
        return _piece(f, x, low, high, known)
    return _between_numbers(f, x, low, high, known)


def _order(low: Expr, high: Expr, known: Known) -> int | None:
    if low is S.NegativeInfinity or high is S.Infinity:
        return 1
    if low is S.Infinity or high is S.NegativeInfinity:
        return -1
    return known(high - low)


def _negative(found: Found) -> Found:
    return Found(None if found.value is None else -found.value, found.why, found.constants)


def _anywhere(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """Between ends of which nobody knows which is the larger: where all is smooth everywhere."""
    whole = Interval(-S.Infinity, S.Infinity)
    found = None if switches(f) else antiderivative(f, x, whole, known)
    if found is None or not known.is_continuous(f, x, whole) or not known.is_smooth(found, x, whole):
        raise Open(high - low)
    return Found(found.xreplace({x: high}) - found.xreplace({x: low}), _shown(found))


def _between_numbers(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """In pieces, between which there may be kinks and singular places."""
    total = S.Zero
    constants: list[Expr] = []
    whys: list[str] = []
    for start, end in _pieces(f, x, low, high):
        found = _piece(f, x, start, end, known)
        if found.value is None:
            return found
        total += found.value
        constants += found.constants
        whys.append(found.why)
    return Found(total, " and ".join(dict.fromkeys(w for w in whys if w)), tuple(constants))


def _pieces(f: Expr, x: Symbol, low: Expr, high: Expr) -> Iterator[tuple[Expr, Expr]]:
    inner = breaks(f, x, low, high) if f.free_symbols <= {x} else []
    yield from pairwise([low, *inner, high])


def _piece(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """Between two ends of which the second is the larger, with nothing singular in between."""
    values = _range(low, high, known)
    f = _smooth(f, x, values, known)
    found = _by_antiderivative(f, x, low, high, values, known)
    if found is not None:
        return found
    if not known.is_continuous(f, x, values):
        raise NotFound
    parts = []
    if high is S.Infinity and low in (S.Zero, S.NegativeInfinity):
        parts.append(f)
    if low is S.NegativeInfinity and high in (S.Zero, S.Infinity):
        parts.append(f.xreplace({x: -x}))
    values_ = [from_zero(part, x, known) for part in parts]
    if not parts or any(v is None for v in values_):
        raise NotFound
    return Found(sympy.Add(*values_), "powers and exponentials, term by term")


def _range(low: Expr, high: Expr, known: Known) -> Interval:
    """Where the variable of integration is; a variable end belongs to it."""
    around = known.reach(low, high)
    return Interval(around.inf, around.sup, not known.attains(low, around.inf), not known.attains(high, around.sup))


def _smooth(f: Expr, x: Symbol, values: Set, known: Known) -> Expr:
    """The case that holds on the whole interval."""
    within = known.within(x, values)

    def sign_of(switch: Expr) -> int | None:
        sign = within(switch)
        return _sign_inside(switch, x, values, known) if sign is None and switch.free_symbols == {x} else sign

    smooth = case_where(f, sign_of)
    if smooth is None:
        raise NotFound
    return smooth


def _sign_inside(switch: Expr, x: Symbol, values: Set, known: Known) -> int | None:
    """The sign at some point, where the expression is continuous and has no zero inside."""
    if not switch.is_polynomial(x):
        return None
    poly = sympy.Poly(switch, x)
    if not (poly.domain.is_QQ or poly.domain.is_ZZ):
        return None
    if any(facts.is_in(values.interior, root) is not False for root in sympy.real_roots(poly)):
        return None
    inner = inner_rational(values.inf, values.sup)
    return None if inner is None else known(switch.subs(x, inner))


def _by_antiderivative(f: Expr, x: Symbol, low: Expr, high: Expr, values: Interval, known: Known) -> Found | None:
    candidate = antiderivative(f, x, values, known)
    if candidate is None:
        return None
    if not known.is_continuous(f, x, values) or not known.is_smooth(candidate, x, values):
        return None
    constants: list[Expr] = []
    ends = []
    for end, side in ((high, "-"), (low, "+")):
        if end.free_symbols:
            ends.append(candidate.xreplace({x: end}))
            continue
        found = limit(candidate, x, end, side, known)
        constants += found.constants
        if found.value is None:
            return Found(None, f"{_shown(candidate)} has no limit at {end}", tuple(constants))
        ends.append(found.value)
    return Found(ends[0] - ends[1], _shown(candidate), tuple(constants))


def _shown(candidate: Expr) -> str:
    text = sentences.shown(candidate)
    return f"the antiderivative {text}" if text else "an antiderivative"
