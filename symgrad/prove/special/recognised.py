"""Places where an expression in one variable touches zero: approximated by Newton's method, then recognised.

What is recognised is a guess at an exact number, to be checked by whoever asks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import sympy
from flint import arb, fmpq, fmpz_mat
from sympy import Expr, Rational, S, Symbol

from symgrad.balls import Ball, Tape, UnsupportedError, as_fraction, as_integer, ball, is_real, precision, rational
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.derivatives import NotSmooth, smooth_derivative
from symgrad.prove.basics.points import points, to_rational

BITS = 320
STARTS, TRIED, STEPS = 3, 60, 12
FARTHEST = 64
LARGEST_TERM = 10**12
NEGLIGIBLE = 10**40
MOST_DIPS = 6
MOST_NAMED = 3
RELATION_BITS = 40

# Functions of the number that may be rational, each with what makes the number from that fraction.
FORMS: tuple[tuple[Callable[[arb], arb], Callable[[Rational], Expr]], ...] = (
    (lambda v: v, lambda q: q),
    (lambda v: v * abs(v), lambda q: sympy.sign(q) * sympy.sqrt(abs(q))),
    (lambda v: v * v * v, lambda q: sympy.sign(q) * sympy.cbrt(abs(q))),
    (lambda v: v / arb.pi(), lambda q: q * S.Pi),
    (lambda v: (2 * v).exp(), lambda q: sympy.log(q) / 2),
    (lambda v: (3 * v).exp(), lambda q: sympy.log(q) / 3),
    (lambda v: abs(v).log(), lambda q: sympy.exp(q)),
    (lambda v: v.tan() * abs(v.tan()), lambda q: sympy.sign(q) * sympy.atan(sympy.sqrt(abs(q)))),
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
    named = constants_in(u)
    with precision(BITS):
        tried = [rational(p[x]) for p in points(domain, TRIED) if abs(p[x]) < FARTHEST]
        starts = _lowest([(_size(tapes[0](v)), v) for v in sorted(tried)])
        found = [v for v in (_newton(tapes[1], tapes[2], v) for v in starts) if v is not None]
        guesses = [guess for v in _apart(found) for guess in _guesses(arb(v), named)]
    yield from (guess for guess in dict.fromkeys(guesses) if guess.is_finite)


def constants_in(u: Expr) -> tuple[Expr, ...]:
    """The irrational real constants that are written in an expression: numbers likely to be part of others there."""
    found = (c for c in u.atoms(sympy.Function, sympy.Pow, sympy.NumberSymbol) if not c.free_symbols)
    return tuple(sorted((c for c in found if facts.is_real(c) and not c.is_Rational), key=str))[:MOST_NAMED]


def _lowest(sized: list[tuple[float, fmpq]]) -> list[fmpq]:
    """Where the size is smallest, and where it is smaller than at both neighbours."""
    dips = [here for before, here, after in zip(sized, sized[1:], sized[2:]) if here[0] <= min(before[0], after[0])]
    lowest = sorted(sized, key=lambda pair: pair[0])[:STARTS]
    return list(dict.fromkeys(place for _, place in (*lowest, *sorted(dips, key=lambda pair: pair[0])[:MOST_DIPS])))


def _apart(places: list[fmpq]) -> list[fmpq]:
    """Each place once, of those that differ by next to nothing."""
    kept: list[fmpq] = []
    for place in places:
        if all(abs(place - other) * NEGLIGIBLE > 1 for other in kept):
            kept.append(place)
    return kept


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
        if abs(place) > FARTHEST:
            return None
        if step * NEGLIGIBLE < 1:
            return place
    return None


def _short(value: arb) -> fmpq:
    scale = 2 ** (BITS - 40)
    return fmpq(_whole(value.mid() * scale) or 0, scale)


def _whole(value: arb) -> int | None:
    return as_integer(value.floor())


def _guesses(value: arb, named: tuple[Expr, ...]) -> Iterator[Expr]:
    for form, inverse in FORMS:
        shown = form(value)
        if shown.is_finite():
            exact = as_fraction(shown.mid())
            fraction = None if exact is None else _fraction(to_rational(exact))
            if fraction is not None:
                yield inverse(fraction)
    if not named:
        return
    for shown, back in ((value, lambda e: e), (value.exp(), sympy.log)):
        combined = _combination(shown, named)
        if combined is not None:
            yield back(combined)


def _combination(value: arb, named: tuple[Expr, ...]) -> Expr | None:
    """A combination of 1 and the named constants with short rational coefficients that seems to be the value."""
    numbers = [value, arb(1), *(ball(Tape(c, ())()) for c in named)]
    size = len(numbers)
    scale = 2 ** (RELATION_BITS * size)
    if scale.bit_length() > BITS - 90 or not all(is_real(n) and n.is_finite() for n in numbers):
        return None
    rows = [[int(i == j) for j in range(size)] + [_whole(n.mid() * scale) or 0] for i, n in enumerate(numbers)]
    first = [int(e) for e in fmpz_mat(rows).lll().table()[0]]
    leading, *others = first[:size]
    if not leading or max(map(abs, first)) > 2**RELATION_BITS // 8:
        return None
    terms = zip(others, (S.One, *named), strict=True)
    return sympy.Add(*(Rational(-c, leading) * constant for c, constant in terms))


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
