"""Zeros of expressions in complex variables, as far as they can be written down; and where zeros seem to be.

What seems to be a zero is found by Newton's method along one variable at a time and certifies nothing: it is a reason
not to call a condition harmless.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import sympy
from flint import acb, arb
from sympy import Expr, I, Rational, S, Symbol

from symgrad.balls import Ball, Tape, UnsupportedError, as_integer, ball, precision
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.derivatives import NotSmooth, evaluated, smooth_derivative
from symgrad.prove.basics.points import Point, as_balls, contains, holds_at, is_light_at, kind_of, points
from symgrad.prove.signs.constants import constant_zero

BITS, STEPS = 192, 80
MOST_TRIED, MOST_STARTS = 60, 6
NEGLIGIBLE, STILL, FARTHEST = 1e-30, 1e-9, 1e9
REACH = (400, 30)  # how far integers are tried, one of them or two
ANGLES = tuple(S.Pi * Rational(k, 12) for k in sorted(range(-24, 25), key=abs))


def smallest(expression: Expr, domain: Domain, most: int = MOST_TRIED) -> list[Point]:
    """The points of the domain, of those that are looked at, in the order of the size of the expression there."""
    tried = list(points(domain, most))
    try:
        tape = Tape(evaluated(expression), domain.symbols)
    except UnsupportedError:
        return tried
    with precision(64):
        sizes = [_size(tape(*as_balls(point))) for point in tried]
    return [tried[i] for i in sorted(range(len(tried)), key=sizes.__getitem__)]


def _size(value: object) -> float:
    return float(abs(ball(value)).mid()) if isinstance(value, Ball) else math.inf


def exact_zero(expression: Expr, domain: Domain) -> Point | None:
    """A certain zero of an expression in which something is complex."""
    for point in smallest(expression, domain)[:MOST_STARTS]:
        for x in sorted(expression.free_symbols, key=str):
            held = {s: v for s, v in point.items() if s != x}
            if not is_light_at(expression, held):
                continue
            alone = expression.xreplace(held)
            for place in _candidates(alone, x, is_real=kind_of(domain.set_of(x)).is_real):
                inside = not domain.conditions and contains(domain.set_of(x), place)
                if inside and constant_zero(alone.xreplace({x: place})):
                    return {s: held.get(s, place) for s in point}
    return None


def whole_zero(expression: Expr, domain: Domain) -> Point | None:
    """A certain zero of an expression in integers, among those that are not large."""
    free = sorted(expression.free_symbols, key=str)
    if not 0 < len(free) <= len(REACH) or set(free) != set(domain.symbols):
        return None
    if not all(kind_of(domain.set_of(s)).is_integer for s in free):
        return None
    try:
        tape = Tape(expression, free)
    except UnsupportedError:
        return None
    reach = REACH[len(free) - 1]
    with precision(64):
        for values in itertools.product(range(-reach, reach + 1), repeat=len(free)):
            point: Point = dict(zip(free, map(sympy.Integer, values), strict=True))
            if not all(contains(domain.set_of(s), v) for s, v in point.items()) or not holds_at(domain, point):
                continue
            found = tape(*as_balls(point))
            near = isinstance(found, Ball) and acb(ball(found)).contains(0)
            if near and constant_zero(expression.xreplace(point)):
                return point
    return None


def _candidates(u: Expr, x: Symbol, *, is_real: bool) -> Iterator[Expr]:
    if u.is_polynomial(x):
        yield from _roots(u, x)
        return
    t = sympy.Dummy("t")
    by_powers = u.xreplace({sympy.exp(x): t, sympy.exp(2 * x): t**2, sympy.exp(-x): 1 / t})
    if not by_powers.has(x):
        yield from (sympy.log(r) for r in _roots(sympy.numer(sized.together(by_powers)), t) if not facts.is_zero(r))
    yield from ANGLES
    if not is_real:
        yield from (I * angle for angle in ANGLES)


def _roots(u: Expr, x: Symbol) -> list[Expr]:
    polynomial = sized.polynomial(u, x)
    degree, coefficients = polynomial.degree(), polynomial.all_coeffs()
    if degree == 1:
        return [sized.expand(-coefficients[1] / coefficients[0])]
    if degree == 2:
        a, b, c = coefficients
        away = sympy.sqrt(sized.expand(b**2 - 4 * a * c)) / (2 * a)
        return [-b / (2 * a) + away, -b / (2 * a) - away]
    if len([c for c in coefficients if c != 0]) == 2 and coefficients[-1] != 0:
        return [(-coefficients[-1] / coefficients[0]) ** Rational(1, degree)]
    return []


def seems_to_vanish(expression: Expr, domain: Domain) -> bool:
    """Whether Newton's method runs into what looks like a zero in the domain."""
    u = evaluated(expression)
    free = sorted(u.free_symbols & set(domain.symbols), key=str)
    if u.free_symbols - set(free):
        return False
    examined = all(kind_of(domain.set_of(x)).is_real for x in free)
    for x in free:
        if kind_of(domain.set_of(x)).is_integer:
            continue
        try:
            tapes = Tape(u, domain.symbols), Tape(smooth_derivative(u, x), domain.symbols)
        except (UnsupportedError, NotSmooth):
            continue
        examined = True
        for start in smallest(u, domain)[:MOST_STARTS]:
            if _runs_into_zero(tapes, domain, start, x):
                return True
    return not examined


def _runs_into_zero(tapes: tuple[Tape, Tape], domain: Domain, start: Point, x: Symbol) -> bool:
    is_real = kind_of(domain.set_of(x)).is_real
    place = list(start).index(x)
    values = as_balls(start)
    with precision(BITS):
        for _ in range(STEPS):
            height, slope = (tape(*values) for tape in tapes)
            if not (isinstance(height, Ball) and isinstance(slope, Ball)):
                return False
            step = acb(ball(height)) / acb(ball(slope))
            is_still = _size(height) == 0 or _size(step) < STILL
            if _size(height) < NEGLIGIBLE and is_still:
                return _is_about_inside(domain, {**start, x: _as_number(values[place])})
            if _size(values[place]) > FARTHEST:
                return False
            if not step.is_finite():
                return False
            moved = acb(ball(values[place])) - step
            values[place] = arb(moved.real.mid()) if is_real else acb(moved.real.mid(), moved.imag.mid())
    return False


def _as_number(value: Ball) -> Expr:
    """The number to 12 decimals, so that what runs into a border that is no point of the domain ends upon it."""
    at = acb(ball(value))
    real, imaginary = (
        Rational(as_integer((part.mid() * 10**12 + 0.5).floor()) or 0, 10**12) for part in (at.real, at.imag)
    )
    return real + I * imaginary if imaginary else real


def _is_about_inside(domain: Domain, point: Point) -> bool:
    inside = all(facts.is_in(domain.set_of(s), v) is not False for s, v in point.items())
    return inside and all(c.xreplace(point) != sympy.false for c in domain.conditions)
