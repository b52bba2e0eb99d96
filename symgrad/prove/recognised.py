"""Places where an expression in one variable touches zero: approximated by Newton's method, then recognised.

What is recognised is a guess at an exact number, to be checked by whoever asks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import sympy
from flint import arb, fmpq
from sympy import Expr, Rational, S, Symbol

from symgrad.balls import Ball, Tape, UnsupportedError, ball, is_real, precision, rational
from symgrad.prove.derivatives import NotSmooth, smooth_derivative
from symgrad.prove.points import points, to_rational
from symgrad.statements import Domain

BITS = 320
STARTS, TRIED, STEPS = 3, 60, 12
FARTHEST = 64
LARGEST_TERM = 10**12
NEGLIGIBLE = 10**40

# Functions of the number that may be rational, each with what makes the number from that fraction.
FORMS: tuple[tuple[Callable[[arb], arb], Callable[[Rational], Expr]], ...] = (
    (lambda v: v, lambda q: q),
    (lambda v: v * abs(v), lambda q: sympy.sign(q) * sympy.sqrt(abs(q))),
    (lambda v: v * v * v, lambda q: sympy.sign(q) * sympy.cbrt(abs(q))),
    (lambda v: v / arb.pi(), lambda q: q * S.Pi),
    (lambda v: (2 * v).exp(), lambda q: sympy.log(q) / 2),
    (lambda v: (3 * v).exp(), lambda q: sympy.log(q) / 3),
    (lambda v: abs(v).log(), lambda q: sympy.exp(q)),
    (lambda v: v.tan(), lambda q: sympy.atan(q)),
    (lambda v: v.tanh() * abs(v.tanh()), lambda q: sympy.sign(q) * sympy.atanh(sympy.sqrt(abs(q)))),
    (lambda v: v.sinh() * abs(v.sinh()), lambda q: sympy.sign(q) * sympy.asinh(sympy.sqrt(abs(q)))),
)


def touching(u: Expr, x: Symbol, domain: Domain) -> Iterator[Expr]:
    """Numbers at which the slope of the expression seems to be zero, near points where it is small."""
    try:
        slope = smooth_derivative(u, x)
        tapes = [Tape(e, (x,)) for e in (u, slope, smooth_derivative(slope, x))]
    except (NotSmooth, UnsupportedError):
        return
    with precision(BITS):
        tried = [rational(p[x]) for p in points(domain, TRIED) if abs(p[x]) < FARTHEST]
        starts = sorted(tried, key=lambda v: _size(tapes[0](v)))[:STARTS]
        found = [v for v in (_newton(tapes[1], tapes[2], v) for v in starts) if v is not None]
        guesses = [guess for v in found for guess in _guesses(arb(v))]
    yield from dict.fromkeys(guesses)


def _size(value: object) -> float:
    return float(abs(ball(value)).mid()) if isinstance(value, Ball) and is_real(value) else math.inf


def _newton(slope: Tape, curvature: Tape, place: fmpq) -> fmpq | None:
    """A zero of the slope to nearly all bits, from a place nearby."""
    step = math.inf
    for _ in range(STEPS):
        above, below = slope(place), curvature(place)
        if not (isinstance(above, Ball) and isinstance(below, Ball) and is_real(above) and is_real(below)):
            return None
        moved = ball(above) / ball(below)
        if not moved.is_finite():
            return None
        step = abs(float(moved.mid()))
        place = place - _short(moved)
        if abs(float(place)) > FARTHEST:
            return None
        if step * NEGLIGIBLE < 1:
            return place
    return None


def _short(value: arb) -> fmpq:
    scale = 2 ** (BITS - 40)
    return fmpq(int((value.mid() * scale).floor().unique_fmpz() or 0), scale)


def _guesses(value: arb) -> Iterator[Expr]:
    for form, inverse in FORMS:
        shown = form(value)
        if shown.is_finite():
            fraction = _fraction(to_rational(shown.mid()))
            if fraction is not None:
                yield inverse(fraction)


def _fraction(number: Rational) -> Rational | None:
    """The simple fraction that a number is but for a negligible rest."""
    p, q = int(number.p), int(number.q)
    terms: list[int] = []
    while q:
        whole, rest = divmod(p, q)
        if terms and whole > LARGEST_TERM:
            break
        terms.append(whole)
        p, q = q, rest
        if len(terms) > 12:
            return None
    found = fmpq(terms[-1])
    for term in reversed(terms[:-1]):
        found = term + 1 / found
    return Rational(int(found.p), int(found.q)) if abs(int(found.q)) < LARGEST_TERM else None
