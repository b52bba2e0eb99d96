"""Signs of expressions that touch zero at places known exactly: by Taylor's formula there, by enclosures elsewhere.

At a place where the expression and its first derivatives are exactly zero, the first derivative that is not zero
keeps its sign on a neighbourhood, as an enclosure shows, and decides the sign of the expression there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import sympy
from sympy import Expr, Interval, Rational, S, Symbol

from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.derivatives import NotSmooth, smooth_derivative
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.places.branch_and_bound import Box, rational_below
from symgrad.prove.signs import enclosures
from symgrad.prove.signs.constants import constant_zero
from symgrad.prove.signs.validity import is_smooth
from symgrad.prove.special.recognised import touching

DEEPEST = 2
LARGEST = 120  # operations
HIGHEST_ORDER = 8
MOST_PLACES = 12
RADII = tuple(Rational(1, 2**k) for k in range(14))
MOST_BOXES_NEARBY = 60


@dataclass(frozen=True)
class Contact:
    """A zero, an interval around it, and the signs left and right of the zero; None where the domain has ended."""

    place: Expr
    around: Interval
    signs: tuple[int, ...]


def by_contact(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of an expression in one variable that is zero at some places only, which can be written down."""
    if len(domain.symbols) != 1 or domain.conditions or look.depth > DEEPEST or u.count_ops() > LARGEST:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval):
        return None
    closed = Interval(values.start, values.end)
    places = _places(u, x, closed)
    if not places or len(places) > MOST_PLACES or not is_smooth(u, x, Domain(((x, closed),)), look):
        return None
    contacts = [_contact(u, x, place, closed) for place in places]
    found = {s for contact in contacts if contact is not None for s in contact.signs}
    if None in contacts or len(found) != 1:
        return None
    (known,) = found
    for gap in _gaps(closed, [contact for contact in contacts if contact is not None]):
        between = enclosures.sign_on(u, x, gap)
        if between is None or between[0] != known:
            return None
    strict = not any(facts.is_in(values, place) is not False for place in places)
    shown = sentences.listed([sentences.place(x, place) for place in places])
    how = f"is zero at {shown} only, by Taylor's formula near there and by enclosures elsewhere"
    return Finding(known, strict, False, how)


def _places(u: Expr, x: Symbol, closed: Interval) -> list[Expr]:
    """The places found at which the expression is exactly zero, in order."""
    ends = [end for end in (closed.start, closed.end) if end.is_finite]
    found = []
    for place in dict.fromkeys((*ends, *touching(u, x, Domain(((x, closed),))))):
        if place in ends or facts.is_in(closed, place) is True:
            value = u.subs(x, place)
            if not value.has(S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
                found += [place] if constant_zero(value) else []
    return sorted(_different(found), key=lambda place: sympy.N(place, 30))


def _different(places: list[Expr]) -> list[Expr]:
    """Each number once; those that are one number in other words are left out."""
    kept: list[Expr] = []
    for place in places:
        if not any(constant_sign(place - other) is None for other in kept):
            kept.append(place)
    return kept


def _contact(u: Expr, x: Symbol, place: Expr, closed: Interval) -> Contact | None:
    derivative = u
    for order in range(1, HIGHEST_ORDER + 1):
        try:
            derivative = smooth_derivative(derivative, x)
        except NotSmooth:
            return None
        value = derivative.subs(x, place)
        known = constant_sign(value)
        if not known:
            if constant_zero(value):
                continue
            return None
        around = _where_of_one_sign(derivative, x, place, known, closed)
        if around is None:
            return None
        beside = ((closed.start, known * (-1) ** order), (closed.end, known))
        return Contact(place, around, tuple(s for end, s in beside if end != place))
    return None


def _where_of_one_sign(e: Expr, x: Symbol, place: Expr, known: int, closed: Interval) -> Interval | None:
    """An interval around the place, up to an end that is near, on which enclosures of e have the sign."""
    for radius in RADII:
        low, high = rational_below(place - radius), -rational_below(-place - radius)
        start = closed.start if closed.start.is_finite and constant_sign(closed.start - low) != -1 else low
        end = closed.end if closed.end.is_finite and constant_sign(high - closed.end) != -1 else high
        box = Box(((x, rational_below(start), -rational_below(-end)),))
        if box.sign_of(e, MOST_BOXES_NEARBY) == known:
            return Interval(start, end)
    return None


def _gaps(closed: Interval, contacts: list[Contact]) -> Iterator[Interval]:
    """What the neighbourhoods leave of the interval, between them and outside."""
    borders = [closed.start, *(end for c in contacts for end in (c.around.start, c.around.end)), closed.end]
    for left, right in list(pairwise(borders))[::2]:
        if left == right or (left.is_finite and right.is_finite and constant_sign(right - left) != 1):
            continue
        yield Interval(left, right)
