"""Out-of-the-way points of a domain: far out, beside jumps and kinks, at centres that are no rational numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice, product

import sympy
from flint import arb
from sympy import Expr, Rational, S, Symbol
from sympy.sets import Set

from symgrad.balls import Tape, UnsupportedError, precision
from symgrad.base.budget import remembered
from symgrad.base.sized import TooLarge
from symgrad.language.statements import Domain
from symgrad.prove.basics.goals import Goal
from symgrad.prove.basics.points import EXTREME, SEED, SIMPLE, Point, holds_at, kind_of, points, to_rational
from symgrad.prove.basics.sets import ends, meet
from symgrad.prove.places.gaps import between_roots
from symgrad.prove.places.kinks import places, switches
from symgrad.prove.places.roots import zeros

LEAST_POWER, GREATEST_POWER = -16, 24  # of ten
VERY_FAR = (100, 1000, 4000)  # powers of ten, for what grows as slowly as a logarithm, or is compared with 10**400
BESIDE = (Rational(1, 10**4), Rational(1, 10**8), Rational(1, 10**15))
WITHIN = 16
MOST_CENTRES, MOST_BASES, MOST_CORNERS = 12, 3, 4
EQUAL_POWERS = (2, 4, 7, 12)  # of ten, at which all variables are
CENTRE_BITS, DECIMALS = 256, 30
LONG_SUM = 100_000


def probes(goal: Goal) -> Iterator[Point]:
    """Points at which one variable is out of the way and the others, if any, are at a simple place."""
    if not all(kind_of(values).is_real for _, values in goal.domain.sets):
        return
    if len(goal.variables) == 1:
        ((x, values),) = goal.domain.sets
        numbers = between_roots(goal.sides[0] - goal.sides[1], x, values)
        kind = kind_of(values)
        yield from ({x: q} for q in numbers if kind.holds(q) and holds_at(goal.domain, {x: q}))
    has_sums = any(side.has(sympy.Sum, sympy.Product) for side in goal.sides)
    most = 1 if has_sums else MOST_BASES
    bases = list(islice(points(goal.domain, most), most))
    for x, values in goal.domain.sets:
        kind = kind_of(values)
        for value in dict.fromkeys(_values(goal, x, values)):
            if kind.holds(value):
                for base in bases:
                    point = {**base, x: value}
                    if holds_at(goal.domain, point):
                        yield point
    if len(goal.variables) > 1 and not has_sums:
        yield from (point for point in _together(goal) if holds_at(goal.domain, point))


def _together(goal: Goal) -> Iterator[Point]:
    """Points at which variables are out of the way together: all equal, at their ends, or all but one at their ends."""
    kinds = {x: kind_of(values) for x, values in goal.domain.sets}
    for value in (*SIMPLE, *(sign * S(10) ** power for power in EQUAL_POWERS for sign in (1, -1))):
        if all(kind.holds(value) for kind in kinds.values()):
            yield dict.fromkeys(kinds, value)
    at_ends = {x: [end for end in ends(values) if kinds[x].holds(end)] for x, values in goal.domain.sets}
    bounded = {x: found for x, found in at_ends.items() if found}
    for corner in islice(product(*bounded.values()), MOST_CORNERS) if bounded else ():
        chosen = dict(zip(bounded, corner, strict=True))
        for base in islice(points(Domain(tuple((x, v) for x, v in goal.domain.sets if x not in chosen)), 1), 1):
            yield {x: {**base, **chosen}[x] for x in kinds}
        for x, kind in kinds.items():
            rest = next(
                points(Domain(tuple((s, v) for s, v in goal.domain.sets if s not in chosen and s != x)), 1), None
            )
            if rest is not None:
                for value in (*SIMPLE, *EXTREME):
                    if kind.holds(value):
                        yield {s: {**rest, **chosen, x: value}[s] for s in kinds}


def _values(goal: Goal, x: Symbol, values: Set) -> Iterator[Rational]:
    if kind_of(values).is_integer:
        yield from _far_integers(goal)
        return
    rational = places(goal)
    centres = [c for e in _centred(goal) if e.free_symbols == {x} for c in _near(e, x, values)][:MOST_CENTRES]
    yield from centres
    for place in (*rational, *centres):
        for step in BESIDE:
            yield from (place - step, place + step)
    yield from _far_out()
    rational_ends = sorted({end for end in ends(values) if end.is_Rational})
    for power in VERY_FAR:
        size = S(10) ** power
        yield from (size, -size)
        for end in rational_ends:
            yield from (end + 1 / size, end - 1 / size)


def _far_integers(goal: Goal) -> Iterator[Rational]:
    """Integers on a logarithmic scale, none of them round; sums are added up so far as terms can be counted."""
    generator = random.Random(SEED)
    has_sums = any(side.has(sympy.Sum, sympy.Product) for side in goal.sides)
    for power in range(2, 4 if has_sums else GREATEST_POWER):
        for size in (10**power, generator.randint(2 * 10**power, 10 * 10**power), 2 * generator.randint(1, 10**power)):
            yield S(size)
            if not has_sums:
                yield S(-size)
    if not has_sums:
        yield from (sign * S(10) ** power for power in VERY_FAR for sign in (1, -1))
    if has_sums and goal.op != "==":
        yield S(LONG_SUM)


def _far_out() -> Iterator[Rational]:
    """Numbers on a logarithmic scale with mantissas by chance, and round ones between them."""
    generator = random.Random(SEED)
    for power in sorted(range(LEAST_POWER, GREATEST_POWER + 1), key=abs):
        for mantissa in (S.One, Rational(generator.randint(1000, 3000), 1000), Rational(generator.randint(3, 9))):
            size = mantissa * S(10) ** power
            yield from (size, -size)


def _centred(goal: Goal) -> Iterator[Expr]:
    """What may be zero at a place where something happens: arguments of functions, bases of powers, switches."""
    for side in goal.sides:
        yield from switches(side)
        for e in sorted(side.atoms(sympy.Function, sympy.Pow), key=sympy.default_sort_key):
            yield from (a for a in e.args if isinstance(a, Expr) and (isinstance(a, sympy.Add) or a.is_polynomial()))


@remembered
def _near(e: Expr, x: Symbol, values: Set) -> tuple[Rational, ...]:
    """Rational numbers next to the zeros of an expression in one variable."""
    near = meet(values, sympy.Interval(-WITHIN, WITHIN))
    if near.is_empty or e.has(sympy.Sum, sympy.Product, sympy.Derivative):
        return ()
    return tuple(c for c in map(_approximated, zeros(e, x, near) or ()) if c is not None)


def _approximated(number: Expr) -> Rational | None:
    """The number to so many decimals that no bump worth a name is missed."""
    if number.is_Rational:
        return number
    try:
        with precision(CENTRE_BITS):
            value = Tape(number, ())()
            if not isinstance(value, arb):
                return None
            return Rational(round(to_rational(value.mid()) * 10**DECIMALS), 10**DECIMALS)
    except (UnsupportedError, TooLarge):
        return None
