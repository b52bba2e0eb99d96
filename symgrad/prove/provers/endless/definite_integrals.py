"""Values of integrals: antiderivatives that have been differentiated, with limits at the ends; and a few rows."""

from __future__ import annotations

from itertools import pairwise

import sympy
from sympy import Expr, I, Interval, S, Symbol
from sympy.sets import Set

from symgrad import activations
from symgrad.balls.endless.integrals import breaks
from symgrad.balls.expansions.growth import Open
from symgrad.balls.expansions.limits import Found, limit
from symgrad.balls.expansions.ratios import is_moderate
from symgrad.balls.expansions.recurring import recurring_zeros
from symgrad.base import sized
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.sets import interior
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.kinks import case_where, switches
from symgrad.prove.places.roots import zeros
from symgrad.prove.places.signs import Signs, inner_rational
from symgrad.prove.provers.endless.antiderivatives import antiderivative
from symgrad.prove.provers.endless.infinite_sums import NotFound
from symgrad.prove.provers.endless.integral_rows import by_rows
from symgrad.prove.provers.endless.laplace import from_zero
from symgrad.prove.signs.existence import Known


def integral(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """The integral from low to high; value None if it certainly has none."""
    if not is_moderate(f, x):
        raise NotFound
    f = activations.expand(f)
    if low == high:
        if f.has(x) and not known.has_value(f.xreplace({x: low})):
            raise NotFound
        return Found(S.Zero, "", (f.xreplace({x: low}),))
    if f.has(I):
        return _in_parts(f, x, low, high, known)
    order = _order(low, high, known)
    if order == -1:
        return _negative(integral(f, x, high, low, known))
    if order is None:
        return _anywhere(f, x, low, high, known)
    return _in_pieces(f, x, low, high, known)


def _order(low: Expr, high: Expr, known: Known) -> int | None:
    if low is S.NegativeInfinity or high is S.Infinity:
        return 1
    if low is S.Infinity or high is S.NegativeInfinity:
        return -1
    return known(high - low)


def _negative(found: Found) -> Found:
    return Found(None if found.value is None else -found.value, found.why, found.constants)


def _anywhere(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """Between ends of which nobody knows which is the larger: where all is smooth wherever either of them is."""
    whole = known.around(low, high)
    found = None if switches(f) or whole is None else antiderivative(f, x, whole, known)
    if found is None or whole is None or not known.is_continuous(f, x, whole) or not known.is_smooth(found, x, whole):
        raise Open(high - low)
    return Found(found.xreplace({x: high}) - found.xreplace({x: low}), _shown(found))


def _in_parts(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """Of a complex function of a real variable: of the real part and of the imaginary part."""
    parts = _real_and_imaginary(f, x, known)
    if parts is None or any(part.has(I) for part in parts):
        raise NotFound
    real, imaginary = (integral(part, x, low, high, known) for part in parts)
    if real.value is None or imaginary.value is None:
        return real if real.value is None else imaginary
    why = " and ".join(dict.fromkeys(w for w in (real.why, imaginary.why) if w))
    return Found(real.value + I * imaginary.value, why, (*real.constants, *imaginary.constants))


def _real_and_imaginary(f: Expr, x: Symbol, known: Known) -> tuple[Expr, Expr] | None:
    """Both real; of a quotient of polynomials by the conjugate of the denominator."""
    signs = Signs(known.within(x, S.Reals).domain)
    if not f.is_rational_function(x):
        return branch_cuts.cartesian_parts(f, signs)
    above, below = sympy.fraction(sized.together(f))
    conjugate = below.xreplace({I: -I})
    modulus = sized.expand(below * conjugate)
    terms = sympy.Add.make_args(sized.expand(above * conjugate))
    imaginary, real = sympy.sift(terms, lambda term: term.has(I), binary=True)
    parts = sympy.Add(*real), sympy.Add(*(term / I for term in imaginary))
    if not all(branch_cuts.is_certainly_real(part, signs) for part in (modulus, *parts)):
        return None
    return parts[0] / modulus, parts[1] / modulus


def _in_pieces(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """In pieces, between which there may be kinks and singular places."""
    total = S.Zero
    constants: list[Expr] = []
    whys: list[str] = []
    for start, end in pairwise([low, *_inner_ends(f, x, low, high, known), high]):
        found = _piece(f, x, start, end, known)
        if found.value is None:
            return found
        total += found.value
        constants += found.constants
        whys.append(found.why)
    return Found(total, " and ".join(dict.fromkeys(w for w in whys if w)), tuple(constants))


def _inner_ends(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> list[Expr]:
    """Where pieces end, in order: kinks, singular places, and where the tangent of half an angle has its poles."""
    if f.free_symbols <= {x} and not low.free_symbols and not high.free_symbols:
        found = [*breaks(f, x, low, high), *_turns(f, x, low, high)]
    else:
        zeros_ = (_zero_of_line(switch, x, known) for switch in switches(f))
        found = [zero[0] for zero in zeros_ if zero is not None]
        found += [] if low.free_symbols or high.free_symbols else _turns(f, x, low, high)
    inner: list[Expr] = []
    for place in dict.fromkeys(found):
        if _sign(place - low, known) == 1 and _sign(high - place, known) == 1:
            index = sum(1 for other in inner if _sign(place - other, known) == 1)
            if not any(_sign(place - other, known) == 0 for other in inner):
                inner.insert(index, place)
    return inner


def _sign(e: Expr, known: Known) -> int:
    if e.is_infinite:
        return 1 if e is S.Infinity else -1
    found = known(e)
    if found is None:
        raise Open(e)
    return found


def _turns(f: Expr, x: Symbol, low: Expr, high: Expr) -> list[Expr]:
    """Where an antiderivative in the tangent of half an angle jumps: of quotients of sines and cosines."""
    below = [p.base for p in f.atoms(sympy.Pow) if p.exp.is_Integer and p.exp < 0]
    angles = {w.args[0] for u in below for w in u.atoms(sympy.sin, sympy.cos) if w.args[0].free_symbols == {x}}
    return [p for u in angles for p in recurring_zeros(sympy.cos(u / 2, evaluate=False), x, low, high)]


def _zero_of_line(switch: Expr, x: Symbol, known: Known) -> tuple[Expr, int] | None:
    """The zero of a linear function, and the sign of its slope; None for others."""
    if not switch.has(x) or not switch.is_polynomial(x) or sympy.degree(switch, x) != 1:
        return None
    a, b = sympy.Poly(switch, x).all_coeffs()
    slope = known(a)
    return (sized.expand(-b / a), slope) if slope else None


def _piece(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """Between two ends of which the second is the larger, with nothing singular in between."""
    values = _range(low, high, known)
    f = _smooth(f, x, low, high, values, known)
    failed: Open | None = None
    try:
        found = _by_antiderivative(f, x, low, high, values, known)
    except Open as error:
        found, failed = None, error
    found = found or by_rows(f, x, low, high, known)
    if found is not None:
        return found
    if failed is not None:
        raise failed
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


def _smooth(f: Expr, x: Symbol, low: Expr, high: Expr, values: Set, known: Known) -> Expr:
    """The case that holds on the whole interval."""
    within = known.within(x, values)

    def sign_of(switch: Expr) -> int | None:
        sign = within(switch)
        if sign is None and switch.free_symbols == {x}:
            sign = _sign_inside(switch, x, values, known)
        return _sign_by_ends(switch, x, low, high, known) if sign is None else sign

    smooth = case_where(f, sign_of)
    if smooth is None:
        raise NotFound
    return smooth


def _sign_by_ends(switch: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> int | None:
    """The sign of a linear function between two ends of which neither lies beyond its zero."""
    line = _zero_of_line(switch, x, known)
    if line is None:
        return None
    zero, slope = line
    if low.is_finite is not False and known(low - zero) in (0, 1):
        return slope
    return -slope if high.is_finite is not False and known(zero - high) in (0, 1) else None


def _sign_inside(switch: Expr, x: Symbol, values: Set, known: Known) -> int | None:
    """The sign at some point, where the expression is continuous and has no zero inside."""
    places = zeros(switch, x, values)
    if places is None or any(facts.is_in(interior(values), root) is not False for root in places):
        return None
    there = known.within(x, interior(values))
    if not known.is_continuous(switch, x, interior(values)) or not branch_cuts.is_certainly_real(
        switch, Signs(there.domain)
    ):
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
