"""Integrals in balls: certain quadrature between singular places, expansions at these and at the ends of the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cmp_to_key
from itertools import pairwise

import flint
import sympy
from flint import acb, arb, fmpq
from sympy import Basic, Expr, Rational, S, Symbol

from symgrad import activations
from symgrad.balls.endless.holomorphic import Holomorphic, is_clear, is_real_valued
from symgrad.balls.endless.positive import is_positive_between
from symgrad.balls.expansions.expansions import Expander
from symgrad.balls.expansions.growth import Open, Scale
from symgrad.balls.expansions.limits import constant_sign, far_out, has_end
from symgrad.balls.expansions.ratios import is_moderate
from symgrad.balls.expansions.recurring import ball_of, recurring_zeros
from symgrad.balls.expansions.remainders import integral_beyond
from symgrad.balls.tape import UnsupportedError
from symgrad.balls.values import UNDEFINED, UNKNOWN, Ball, NoValue, Value, as_fraction, as_integer
from symgrad.base.budget import not_interrupted, remembered
from symgrad.base.precision import precision

MOST_BITS = 160
MOST_EVALUATIONS = 6_000
STARTS = ((16, 6), (64, 10), (512, 12), (4096, 8), (32768, 6))
LINES = (-S.Infinity, S.Infinity)
MOST_BREAKS = 24
HIGHEST_DEGREE = 8


def value(e: Expr, x: Symbol, low: Expr, high: Expr) -> Value:
    """The integral of an expression in x alone, with constants for ends, at the present precision or a lower one."""
    bits = min(int(flint.ctx.prec), MOST_BITS)
    with precision(bits):
        return _value(activations.expand(e), x, low, high, bits)


@remembered
def _value(e: Expr, x: Symbol, low: Expr, high: Expr, bits: int) -> Value:
    """The precision is an argument for the sake of the cache."""
    try:
        return _integral(e, x, low, high)
    except (Open, UnsupportedError):
        return UNKNOWN


def _integral(e: Expr, x: Symbol, low: Expr, high: Expr) -> Value:
    order = _order(low, high)
    if order == 0:
        return fmpq(0) if is_clear(Holomorphic(e, x), ball_of(low), arb("1e-9")) else UNKNOWN
    if order > 0:
        found = _integral(e, x, high, low)
        return -found if isinstance(found, Ball) else found
    f = Holomorphic(e, x)
    total: acb | arb = arb(0)
    missing = False
    for start, end in pairwise(_places(e, x, low, high)):
        try:
            piece = _piece(f, e, x, start, end)
        except Open:
            missing = True
            continue
        if isinstance(piece, NoValue):
            if piece is UNDEFINED:
                return UNDEFINED
            missing = True
            continue
        total = total + piece
    if missing or not total.is_finite():
        return UNKNOWN
    if isinstance(total, acb) and is_real_valued(e, x, lambda part: is_positive_between(part, x, low, high)):
        return total.real
    return total


def _order(low: Expr, high: Expr) -> int:
    if low == high:
        return 0
    if low is S.NegativeInfinity or high is S.Infinity:
        return -1
    if high is S.NegativeInfinity or low is S.Infinity:
        return 1
    known = constant_sign(low - high)
    if known is None:
        raise Open
    return known


def _places(e: Expr, x: Symbol, low: Expr, high: Expr) -> list[Expr]:
    """The ends, and between them where something may be singular or have a kink, in order."""
    inner = breaks(e, x, low, high)
    if low.is_infinite and high.is_infinite and not inner:
        inner = [S.Zero]
    made = [low]
    for start, end in pairwise([low, *inner, high]):
        made += _middle(start, end)
        made.append(end)
    return made


def _middle(start: Expr, end: Expr) -> list[Expr]:
    """A point between two that may both be singular."""
    if start.is_infinite or end.is_infinite:
        near = end if start.is_infinite else start
        if near.is_Rational:
            return [sympy.floor(near) + (-1 if start.is_infinite else 1)]
        whole = as_integer(ball_of(near).mid().floor())
        return [] if whole is None else [sympy.Integer(whole + (-1 if start.is_infinite else 2))]
    if start.is_Rational and end.is_Rational:
        return [(start + end) / 2]
    middle = (17 * ball_of(start) + 15 * ball_of(end)) / 32  # off the centre, where what is symmetric has its poles
    exact = as_fraction(middle.mid())
    if exact is None:
        return []
    near = Rational(int(exact.p), int(exact.q)).limit_denominator(100)
    return [near] if _order(start, near) < 0 and _order(near, end) < 0 else []


def breaks(e: Expr, x: Symbol, low: Expr, high: Expr) -> list[Expr]:
    """Where between the ends the expression may be singular or have a kink, in order."""
    inner = [p for p in _breaks(e, x, low, high) if _order(low, p) < 0 and _order(p, high) < 0]
    return sorted(inner, key=cmp_to_key(_order))


def _breaks(e: Expr, x: Symbol, low: Expr, high: Expr) -> list[Expr]:
    found: dict[Expr, None] = {}
    for part in dict.fromkeys(_delicate(e, x)):
        found.update(dict.fromkeys((*_roots(part, x), *recurring_zeros(part, x, low, high))))
    unique: list[Expr] = []
    for p in found:
        if all(_order(p, q) for q in unique):
            unique.append(p)
    if len(unique) > MOST_BREAKS:
        raise Open
    return unique


def _delicate(e: Basic, x: Symbol) -> Iterator[Expr]:
    """What may make the expression singular, or give it a kink, where it vanishes."""
    for part in sympy.preorder_traversal(e):
        if not part.has(x):
            continue
        if isinstance(part, sympy.Pow) and not (part.exp.is_Integer and part.exp > 0):
            yield part.base
        elif isinstance(part, (sympy.log, sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Ei, sympy.Ci, sympy.gamma)):
            yield part.args[0]
        elif isinstance(part, (sympy.Max, sympy.Min)):
            yield from (a - b for i, a in enumerate(part.args) for b in part.args[:i])
        elif isinstance(part, sympy.core.relational.Relational):
            yield part.args[0] - part.args[1]
        elif isinstance(part, (sympy.asin, sympy.acos, sympy.atanh, sympy.acosh)):
            yield from (1 - part.args[0], 1 + part.args[0])
        elif isinstance(part, (sympy.coth, sympy.csch)):
            yield part.args[0]
        elif isinstance(part, (sympy.tan, sympy.sec)):
            yield sympy.cos(part.args[0], evaluate=False)
        elif isinstance(part, (sympy.cot, sympy.csc)):
            yield sympy.sin(part.args[0], evaluate=False)


def _roots(e: Expr, x: Symbol) -> list[Expr]:
    """Real zeros that are easily told; where there are others, quadrature finds no value."""
    if not is_moderate(e, x):
        return [S.Zero] if e.subs(x, 0) == 0 else []
    e = sympy.numer(sympy.together(e)) if e.is_rational_function(x) else e
    if isinstance(e, sympy.Mul):
        return [r for a in e.args if a.has(x) for r in _roots(a, x)]
    if isinstance(e, sympy.Pow):
        return _roots(e.base, x)
    if isinstance(e, sympy.log):
        return _roots(e.args[0] - 1, x)
    if isinstance(e, sympy.Abs):
        return _roots(e.args[0], x)
    moduli = [part for part in e.atoms(sympy.Abs) if part.has(x)]
    if len(moduli) == 1:
        (part,) = moduli
        return [r for u in (part.args[0], -part.args[0]) for r in _roots(e.xreplace({part: u}), x)]
    level = _level(e, x)
    if level is not None:
        return _roots(level, x)
    if not e.is_polynomial(x):
        return [S.Zero] if e.has(x) and e.subs(x, 0) == 0 else []
    poly = sympy.Poly(e, x)
    if poly.degree() == 1:
        a, b = poly.all_coeffs()
        return [-b / a]
    if poly.domain.is_QQ or poly.domain.is_ZZ:
        return list(dict.fromkeys(sympy.real_roots(poly))) if poly.degree() <= HIGHEST_DEGREE else []
    return []


# Where a function takes a value: the argument there, and the range of its values.
INVERSES: dict[type, tuple[Callable[[Expr], Expr], Expr, Expr]] = {
    sympy.exp: (sympy.log, S.Zero, S.Infinity),
    sympy.log: (sympy.exp, -S.Infinity, S.Infinity),
    sympy.sinh: (sympy.asinh, -S.Infinity, S.Infinity),
    sympy.tanh: (sympy.atanh, S.NegativeOne, S.One),
    sympy.atan: (sympy.tan, -S.Pi / 2, S.Pi / 2),
}


def _level(e: Expr, x: Symbol) -> Expr | None:
    """For a*g(u) + d, with a function g that takes each value once: what vanishes with it, u minus a number."""
    ground, moving = e.as_independent(x, as_Add=True)
    height, value = moving.as_independent(x, as_Add=False)
    row = INVERSES.get(type(value))
    if row is None or ground == 0:
        return None
    inverse, least, most = row
    level = -ground / height
    if not (_order(least, level) < 0 and _order(level, most) < 0):
        return None
    return value.args[0] - inverse(level)


def _piece(f: Holomorphic, e: Expr, x: Symbol, start: Expr, end: Expr) -> Value:
    """The integral between neighbouring places, of which one at most is singular or infinite."""
    if start.is_infinite or end.is_infinite:
        return _to_infinity(f, e, x, start, end)
    a, b = ball_of(start), ball_of(end)
    reach = (b - a).lower() / 64
    if is_clear(f, a, reach) and is_clear(f, b, reach):
        return _quadrature(f, a, b)
    for place, side in ((start, "+"), (end, "-")):
        if not is_clear(f, ball_of(place), reach):
            found = _from_singular(f, e, x, place, side, end if side == "+" else start)
            if found is not None:
                return found
    return _quadrature(f, a, b)


def _quadrature(f: Holomorphic, a: arb, b: arb) -> Value:
    bits = int(flint.ctx.prec)
    tolerance = arb(2) ** (8 - bits)
    with not_interrupted():
        found = acb.integral(
            lambda z, analytic: f(z, analytic), acb(a), acb(b), rel_tol=tolerance, abs_tol=tolerance,
            eval_limit=MOST_EVALUATIONS,
        )  # fmt: skip
    return found if found.is_finite() else UNKNOWN


def _to_infinity(f: Holomorphic, e: Expr, x: Symbol, start: Expr, end: Expr) -> Value:
    place, near = (end, start) if end.is_infinite else (start, end)
    moved, t = far_out(e, x, place, "+")
    if not has_end(moved, t, constant_sign)[0]:
        return UNDEFINED
    near_side = ball_of(near) if place is S.Infinity else -ball_of(near)
    totals = []
    for tail, from_ in _tails(moved, t, [pair for pair in STARTS if pair[0] > near_side]):
        a, b = (ball_of(near), arb(from_)) if place is S.Infinity else (arb(-from_), ball_of(near))
        totals.append((tail, _quadrature(f, a, b)))
    return _narrowest(totals)


def _from_singular(f: Holomorphic, e: Expr, x: Symbol, place: Expr, side: str, other: Expr) -> Value | None:
    """The integral from a singular place to a regular one; None if nothing is known of the place."""
    moved, t = far_out(e, x, place, side)
    moved = moved / t**2
    try:
        is_finite, _ = has_end(moved, t, constant_sign)
    except Open:
        return None
    if not is_finite:
        return UNDEFINED
    length = abs(ball_of(other) - ball_of(place))
    totals = []
    for tail, from_ in _tails(moved, t, [pair for pair in STARTS if 1 / arb(pair[0]) < length]):
        gap = arb(fmpq(1, from_))
        if side == "+":
            main = _quadrature(f, ball_of(place) + gap, ball_of(other))
        else:
            main = _quadrature(f, ball_of(other), ball_of(place) - gap)
        totals.append((tail, main))
    return _narrowest(totals)


def _tails(e: Expr, t: Symbol, starts: Sequence[tuple[int, int]]) -> Iterator[tuple[arb | acb, int]]:
    """Integrals from a place on, and that place: the narrowest, and one that is nearer; Open if there is none."""
    found: list[tuple[arb | acb, int]] = []
    for from_, order in starts:
        try:
            scale = Scale(constant_sign, Rational(from_), ball_of)
            tail = integral_beyond(Expander(t, scale, order)(e), scale)
        except Open:
            continue
        if tail.is_finite():
            found.append((tail, from_))
            if tail.rad() < arb(2) ** (16 - int(flint.ctx.prec)):
                break
    if not found:
        raise Open
    yield from sorted(found, key=lambda pair: float(pair[0].rad().mid()))[:2]


def _narrowest(totals: Sequence[tuple[arb | acb, Value]]) -> Value:
    sums = [main + tail for tail, main in totals if not isinstance(main, NoValue)]
    return min(sums, key=lambda v: float(acb(v).real.rad().mid()), default=UNKNOWN)
