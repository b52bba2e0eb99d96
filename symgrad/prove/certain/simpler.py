"""Simpler points for a refutation that was found at an unwieldy one: small integers, halves, quarters, few decimals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from sympy import Expr, I, Rational, Symbol

from symgrad.balls import UnsupportedError, has_endless
from symgrad.base.budget import Spent, attempt
from symgrad.base.sized import TooLarge
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics.derivatives import NotSmooth
from symgrad.prove.basics.goals import Goal
from symgrad.prove.basics.points import Point, contains, holds_at
from symgrad.prove.certain.refutations import confirmed
from symgrad.prove.certain.refute import refutation_at
from symgrad.prove.places import witnesses

SIMPLE = 12  # numerator and denominator together, up to which a coordinate is left as it is
FIRST = tuple(map(Rational, ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "3", "-3")))
DENOMINATORS = (1, 2, 4, 10, 100, 1000)
SIZES = tuple(map(Rational, ("5", "10", "100", "1000", "10000", "1/10", "1/100", "1/1000")))
MOST_TRIED, MOST_SLOW, PASSES = 60, 6, 2
WORK = 400_000  # units at most, of those of the claim


def at_simpler_point(verdict: Verdict, goal: Goal) -> Verdict:
    """A refutation of the same goal at the simplest of a few points that certainly refute it; else the one given.

    No verdict is lost by looking further: that ends with its share of the budget, and with the budget itself.
    """
    if verdict.outcome is not Outcome.REFUTED or verdict.witness is None:
        return verdict
    goal = goal.trimmed()
    point = witnesses.point_of(verdict.witness, goal.variables)
    if point is None or set(point) != set(goal.variables) or not _is_unwieldy(point):
        return verdict
    try:
        found = attempt(WORK, lambda: _simplest(verdict, goal, {s: point[s] for s in goal.variables}))
    except (Spent, UnsupportedError, NotSmooth, TooLarge):
        return verdict
    if found is None:
        return verdict
    found = confirmed(found, goal)
    return found if found.outcome is Outcome.REFUTED else verdict


def _is_unwieldy(point: Point) -> bool:
    """Whether the coordinates are rational, or of rational parts, and one of them has many digits."""
    parts = [part for value in point.values() for part in value.as_real_imag()]
    return all(part.is_Rational for part in parts) and any(_height(value) > SIMPLE for value in point.values())


def _height(value: Expr) -> int:
    """How much there is to read in a number: numerators and denominators, a sign, an imaginary unit."""
    digits = sum(abs(int(part.p)) + int(part.q) + (part.p < 0) for part in value.as_real_imag())
    return int(digits) + int(value.has(I))


def _simplest(verdict: Verdict, goal: Goal, point: Point) -> Verdict:
    """The refutation with all coordinates rounded, then with a simpler number in the place of one after the other."""
    refuted = refutation_at(goal)
    left = MOST_SLOW if any(has_endless(side) for side in goal.sides) else MOST_TRIED
    says_undefined = _says_undefined(verdict)
    ways: list[Callable[[Point], Iterator[Point]]] = [_all_rounded]
    ways += [_replacing(s) for _ in range(PASSES) for s in goal.variables]
    for way in ways:
        inside = (candidate for candidate in way(point) if _is_inside(goal, candidate))
        for candidate in islice(inside, left):
            left -= 1
            found = refuted(candidate)
            if found is not None and (says_undefined or not _says_undefined(found)):
                verdict, point = found, candidate
                break
    return verdict


def _says_undefined(verdict: Verdict) -> bool:
    witness = verdict.witness
    return witness is not None and witnesses.NO_VALUE in (witness.left, witness.right)


def _is_inside(goal: Goal, point: Point) -> bool:
    return all(contains(goal.domain.set_of(s), v) for s, v in point.items()) and holds_at(goal.domain, point)


def _all_rounded(point: Point) -> Iterator[Point]:
    """The point with coordinates of few digits near its own, the fewest first."""
    found = ({s: _rounded(v, q) for s, v in point.items()} for q in DENOMINATORS)
    yield from (candidate for candidate in found if candidate != point)


def _rounded(value: Expr, denominator: int) -> Expr:
    real, imaginary = (Rational(round(part * denominator), denominator) for part in value.as_real_imag())
    return real + I * imaginary


def _replacing(s: Symbol) -> Callable[[Point], Iterator[Point]]:
    """The ways to put a simpler number in the place of one coordinate, the simplest first."""

    def candidates(point: Point) -> Iterator[Point]:
        value = point[s]
        sizes = [sign * size for size in SIZES for sign in (1, -1)]
        near = [_rounded(value, q) for q in DENOMINATORS]
        numbers = dict.fromkeys((*FIRST, *sorted((*sizes, *near, *(I * n for n in FIRST[1:3])), key=_height)))
        yield from ({**point, s: number} for number in numbers if _height(number) < _height(value))

    return candidates
