"""Zeros between two points at which an expression that is real and continuous between them has opposite signs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import sympy
from sympy import Expr, Symbol
from sympy.sets import Set

from symgrad.balls import Tape, UnsupportedError, hull, precision, sign
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.points import Point, as_balls, contains, holds_at, points

MOST_POINTS, MOST_SEGMENTS = 40, 12
BITS, HALVINGS = 128, 80
DIGITS = 15


@dataclass(frozen=True)
class Segment:
    """Two points that differ in one real variable, and the sign at the first, which is not that at the second."""

    start: Point
    x: Symbol
    end: Expr
    sign: int

    @property
    def reach(self) -> Expr:
        """How far from the origin it lies."""
        return max(*map(abs, self.start.values()), abs(self.end))


def crossing(expression: Expr, domain: Domain) -> Point | None:
    """A place where the expression certainly is zero because it changes its sign there; it is continuous around it.

    One coordinate is a float, the first digits of the place, unless the zero itself was met.

    Examples
    --------
    >>> x = Symbol("x", real=True)
    >>> crossing(sympy.exp(x) - 1 + x**3, Domain.of([x])), crossing(1 / x, Domain.of([x]))
    ({x: 0}, None)
    """
    try:
        tape = Tape(expression, domain.symbols)
        conditions = [Tape(condition, domain.symbols) for condition in domain.conditions]
    except UnsupportedError:
        return None
    if not tape.is_trusted:
        return None
    with precision(BITS):
        segments = sorted(_segments(tape, domain), key=lambda segment: segment.reach)
        found = (_isolated(tape, conditions, domain, segment) for segment in segments[:MOST_SEGMENTS])
        return next((place for place in found if place is not None), None)


def _segments(tape: Tape, domain: Domain) -> Iterator[Segment]:
    """Segments between neighbours on which the sign changes; of several variables, one after the other is moved."""
    known = [(point, sign(tape(*as_balls(point)))) for point in points(domain, MOST_POINTS)]
    known = [(point, found) for point, found in known if found]
    if len(domain.symbols) == 1:
        known.sort(key=lambda pair: next(iter(pair[0].values())))
    for (low, below), (high, above) in pairwise(known):
        if below != above:
            yield from _along(tape, domain, low, high)


def _along(tape: Tape, domain: Domain, low: Point, high: Point) -> Iterator[Segment]:
    """The way from one point to another, on which one variable moves at a time, first those that are integers."""
    here, sign_here = low, sign(tape(*as_balls(low)))
    for x in sorted(low, key=lambda s: not facts.is_integer(s)):
        if here[x] == high[x]:
            continue
        there = {**here, x: high[x]}
        sign_there = sign(tape(*as_balls(there)))
        if sign_here and sign_there and sign_here != sign_there and _is_joined(domain.set_of(x), here[x], high[x]):
            yield Segment(here, x, high[x], sign_here)
        here, sign_here = there, sign_there


def _is_joined(values: Set, start: Expr, end: Expr) -> bool:
    """Whether an interval of the set holds two numbers."""
    parts = values.args if isinstance(values, sympy.Union) else (values,)
    return any(isinstance(part, sympy.Interval) and contains(part, start) and contains(part, end) for part in parts)


def _isolated(tape: Tape, conditions: list[Tape], domain: Domain, segment: Segment) -> Point | None:
    """The zero on a segment, by bisection; None unless what is left is in the domain, and all is continuous there."""
    x, low, high = segment.x, segment.start[segment.x], segment.end
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        met = {**segment.start, x: middle}
        found = sign(tape(*as_balls(met)))
        if found == 0:
            return met if holds_at(domain, met) else None
        if found is None:
            break
        low, high = (middle, high) if found == segment.sign else (low, middle)
    starts, ends = as_balls({**segment.start, x: low}), as_balls({**segment.start, x: high})
    box = [start if start == end else hull(start, end) for start, end in zip(starts, ends, strict=True)]
    if not tape.is_continuous_on(*box) or not all(condition(*box) is True for condition in conditions):
        return None
    return {**segment.start, x: sympy.N((low + high) / 2, DIGITS)}
