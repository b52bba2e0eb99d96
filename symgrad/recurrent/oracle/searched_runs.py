"""Numbers at which claims about cells are tried together: the ends of all conditions, and where a search leads.

A claim may fail only where several numbers lie at their ends at once, or where a slope is closely the largest. So the
numbers are changed one by one, then together, and from where an inequality comes closest to failing a search goes on.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations_with_replacement, islice, pairwise
from typing import TypeAlias

import sympy
from flint import arb, fmpq
from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from symgrad.balls import Value
from symgrad.base.untyped import Array
from symgrad.language.provable import as_sympy
from symgrad.language.statements import Domain
from symgrad.norms.points import SCALARS, exact, numbers
from symgrad.symbols import TimedMatrix, TimedScalar, timed_in

Coordinate: TypeAlias = tuple[str, int]  # the name of an argument, and a step, or 0 for what is the same at all steps

LENGTHS = (1, 2)  # of runs
NEAR = sympy.Rational(1, 1024)
USUAL = tuple(map(sympy.Rational, ("1", "0", "-1", "16", "-16", "1/2", "2")))
MOST_TOTAL = 4  # places by which all numbers together are away from the first ones
MOST_TOGETHER = 60  # choices, for each length
MOST_SEARCHES, ROUNDS, MOST_IN_A_SEARCH = 2, 16, 60
DOWNHILL: Mapping[str, int] = {"<": 1, "<=": 1, ">": -1, ">=": -1}  # the sign of right less left where the claim holds


def limits_on(names: Mapping[str, Expr], domain: Domain) -> dict[str, list[Boolean]]:
    """What conditions say of inputs and initial states, by their names: it may not hold where these are 0."""
    found: dict[str, list[Boolean]] = {}
    keys = {k.key: name for name, k in names.items() if isinstance(k, TimedScalar | TimedMatrix)}
    for condition in domain.conditions:
        for v in timed_in(condition):
            if v.key in keys:
                found.setdefault(keys[v.key], []).append(condition)
    return found


def meeting(limits: list[Boolean], key: Expr, family: list[Array]) -> list[Array]:
    """Values of an argument with one number in all its places, first those which conditions on it alone allow."""
    named = _named(limits)
    tried = (*map(exact, SCALARS), *_between(named), *(q + d for q in named for d in (0, NEAR, -NEAR)))
    return [*(family[0] * 0 + number for number in _allowed(tried, limits, key)), *family]


def ends_of_limits(limits: list[Boolean], key: Expr) -> list[fmpq]:
    """Numbers that conditions on an argument allow: their ends, what lies between them, usual ones, and near the ends.

    Parameters
    ----------
    limits : list of conditions
        Those in which the argument stands.
    key : TimedScalar or TimedMatrix
    """
    named = _named(limits)
    tried = (*named, *_between(named), *USUAL, *(q + d for q in named for d in (NEAR, -NEAR)))
    return _allowed(tried, limits, key)


def ends_of_set(symbol: Symbol, domain: Domain) -> list[fmpq]:
    """Numbers of the set of a scalar: its ends, the middle, usual ones, and what is close to the ends."""
    values = domain.set_of(symbol)
    if symbol.is_integer:
        return numbers(symbol, values)
    ends = sorted({e for e in (values.inf, values.sup) if e.is_Rational}, reverse=True)
    tried = (*ends, *_between(sorted(ends)), *USUAL, *(end + d for end in ends for d in (NEAR, -NEAR)))
    inside = [q for q in dict.fromkeys(tried) if values.contains(q) == sympy.true]
    return [_fraction(q) for q in inside] or numbers(symbol, values)


def _named(limits: Iterable[Boolean]) -> list[Expr]:
    return sorted({q for c in limits for q in c.atoms(sympy.Rational)})


def _between(named: list[Expr]) -> list[Expr]:
    return [(low + high) / 2 for low, high in pairwise(named)]


def _allowed(tried: Iterable[Expr], limits: list[Boolean], key: Expr) -> list[fmpq]:
    return [_fraction(q) for q in dict.fromkeys(tried) if all(_may_hold(c, key, q) for c in limits)]


def _fraction(q: Expr) -> fmpq:
    return fmpq(int(q.p), int(q.q))


def _may_hold(condition: Boolean, key: Expr, number: Expr) -> bool:
    """Whether a condition is not certainly false where a scalar of the cell is this number at each step."""
    table = {v: number for v in timed_in(condition) if v.key == key.key and isinstance(v, TimedScalar)}
    left, right = (as_sympy(side).xreplace(table) for side in condition.args)
    return bool(condition.func(left, right) != sympy.false)


def room(op: str, sides: tuple[Value, Value] | None, is_beside_0: bool) -> float:
    """How far a relation is from failing, relative to the size of its sides; of what says nothing, without end.

    Parameters
    ----------
    op : str
    sides : pair of balls, optional
        What is on the left and on the right.
    is_beside_0 : bool
        Whether a side is the number 0, so that there is no size to compare with.
    """
    if op not in DOWNHILL or sides is None or not all(isinstance(v, fmpq | arb) for v in sides):
        return math.inf
    left, right = (float(arb(v).mid()) for v in sides)
    size = 1.0 if is_beside_0 else abs(left) + abs(right)
    found = DOWNHILL[op] * (right - left) / size if size else math.inf
    return found if math.isfinite(found) else math.inf


class Search:
    """Numbers for all coordinates, of which each choice is told by `note` how far the claim is from failing there.

    Parameters
    ----------
    families : mapping of Coordinate to list of fmpq
        The numbers of each, the most telling ones first; what has one number only stays at it.
    fixed : set of Coordinate
        What no search moves, as whole numbers.
    """

    def __init__(self, families: Mapping[Coordinate, list[fmpq]], fixed: Iterable[Coordinate] = ()) -> None:
        self.families = families
        self.moving = [c for c, family in families.items() if len(family) > 1 and c not in set(fixed)]
        self._room = math.inf

    def note(self, found: float) -> None:
        """Tell how far the claim is from failing at the present choice."""
        self._room = min(self._room, found)

    def choices(self) -> Iterator[dict[Coordinate, fmpq]]:
        """Numbers at the ends together, and then those to which the claim leads that is nearest to failing."""
        seen: list[tuple[float, dict[Coordinate, fmpq]]] = []
        for chosen in islice(self._together(), MOST_TOGETHER):
            self._room = math.inf
            yield chosen
            seen.append((self._room, chosen))
        nearest = sorted((found for found in seen if found[0] < math.inf), key=lambda found: found[0])
        for best, chosen in nearest[:MOST_SEARCHES]:
            yield from islice(self._nearer(best, chosen), MOST_IN_A_SEARCH)

    def _together(self) -> Iterator[dict[Coordinate, fmpq]]:
        """All at their first numbers, each at all of its numbers, and then several away from the first ones."""
        if not all(self.families.values()):
            return
        first = {c: family[0] for c, family in self.families.items()}
        yield first
        yield from ({**first, c: value} for c, family in self.families.items() for value in family[1:])
        for total in range(2, MOST_TOTAL + 1):
            for moved in combinations_with_replacement(self.families, total):
                places = Counter(moved)
                if len(places) > 1 and all(k < len(self.families[c]) for c, k in places.items()):
                    yield first | {c: self.families[c][k] for c, k in places.items()}

    def _nearer(self, best: float, here: dict[Coordinate, fmpq]) -> Iterator[dict[Coordinate, fmpq]]:
        """Steps in one coordinate at a time, halved where none leads on."""
        step = fmpq(1)
        for _ in range(ROUNDS):
            before = best
            for c in self.moving:
                for shift in (step, -step):
                    self._room = math.inf
                    moved = here | {c: here[c] + shift}
                    yield moved
                    if self._room < best:
                        best, here = self._room, moved
                        break
            step = step if best < before else step / 2
