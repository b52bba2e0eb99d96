"""The refuter: tries a goal at many points by enclosures; two that do not overlap are a certified counterexample."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy
from flint import acb, arb
from sympy import Derivative, Expr, Rational, Symbol
from sympy.core.relational import Relational

from symgrad.balls import (
    UNDEFINED,
    UNKNOWN,
    Ball,
    NoValue,
    Tape,
    UnsupportedError,
    Value,
    ball,
    has_endless,
    is_endless,
    is_exactly_zero,
    is_real,
    precision,
    separated,
    sign,
)
from symgrad.base.sized import TooLarge
from symgrad.language.provable import HasValue, partial_values
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.language.written import origin, substituted
from symgrad.prove.basics import sentences
from symgrad.prove.basics.derivatives import enclosable, evaluated
from symgrad.prove.basics.goals import Goal
from symgrad.prove.basics.points import Point, as_balls, contains, holds_at, kind_of, points
from symgrad.prove.basics.written_out import written_out
from symgrad.prove.certain.probes import probes
from symgrad.prove.places import kinks, witnesses

QUICK_POINTS, QUICK_BITS = 90, (64, 192)
DEEP_POINTS, DEEP_BITS = 40, (1024, 6000)
SLOW_BITS = 2500
LARGE = 10_000
ENDLESS_POINTS, ENDLESS_BITS = 10, (64,)
DEEP_ENDLESS_POINTS, DEEP_ENDLESS_BITS = 16, (96,)
METHOD = "ball arithmetic"
MOST_DIGITS = 300
MOST_COMPARED, FEW = 30, 3  # digits that a reader compares; those of a difference
LONGEST_SUM = 64
MOST_NAMED = 3  # points without a value, to a reader
FEWEST_SUMMED, MOST_SUMMED = 3_000, 130_000
MOST_CLIMBS, CLIMB_STEPS = 3, 40
NEARBY, SHORT = Rational(1, 2**20), 1000  # for slopes; the denominator of a direction
FINER = (4, 16)  # times as many bits
FEW_POINTS = 12
FEWEST_DIGITS = 10  # to which sides agree that seem to be equal
LEVEL = -1  # instead of digits, where the order of sides that seem to be equal is not known
_LAST_ZEROS = re.compile(r"(?:\.|(\.\d*?[1-9]))0+(?!\d)")
DOWNHILL = {"<": 1, "<=": 1, ">": -1, ">=": -1}

# What certainly contradicts each relation, from the two enclosures. An order is one of real numbers: it fails where a
# side is none, and where the real parts stand the other way round.
CONTRADICTIONS: dict[str, Callable[[Value, Value], bool]] = {
    "==": separated,
    "!=": lambda left, right: is_exactly_zero(_difference(left, right)),
    "<": lambda left, right: _not_real(left, right) or _order(left, right) in (0, 1),
    "<=": lambda left, right: _not_real(left, right) or _order(left, right) == 1,
    ">": lambda left, right: _not_real(left, right) or _order(left, right) in (0, -1),
    ">=": lambda left, right: _not_real(left, right) or _order(left, right) == -1,
}
# What speaks for each relation: enclosures that stand as it says.
FAVOURABLE: dict[str, Callable[[Value, Value], bool]] = {
    "==": lambda left, right: True,
    "!=": separated,
    "<": lambda left, right: _order(left, right) == -1,
    "<=": lambda left, right: _order(left, right) in (-1, 0),
    ">": lambda left, right: _order(left, right) == 1,
    ">=": lambda left, right: _order(left, right) in (1, 0),
}


def _difference(left: Value, right: Value) -> Value:
    return left - right if isinstance(left, Ball) and isinstance(right, Ball) else UNKNOWN


def _order(left: Value, right: Value) -> int | None:
    """The sign of the real part of the difference, where it is certain."""
    gap = _difference(left, right)
    return sign(gap.real if isinstance(gap, acb) else gap)


def _seem_equal(left: Value, right: Value) -> bool:
    digits = _common_digits(left, right)
    return digits is not None and digits >= FEWEST_DIGITS


def _not_real(*values: Value) -> bool:
    return any(isinstance(v, acb) and not v.imag.contains(0) for v in values)


@dataclass(frozen=True)
class Agreement:
    """What the refuter saw where it found no counterexample.

    Attributes
    ----------
    points, digits : int
        At how many points the enclosures speak for the relation, and to how many digits at least both sides agree.
    missed : tuple of Point
        Points of the domain at which nothing could be computed, so that the claim may fail there.
    level : tuple of Point
        Points at which both sides agree as far as was computed, so that their order is not known.
    """

    points: int
    digits: int
    missed: tuple[Point, ...] = ()
    level: tuple[Point, ...] = ()

    def says_something(self, op: str) -> bool:
        """Whether any enclosures speak for the relation, for an equality narrow ones."""
        return self.points > 0 and (op != "==" or self.digits >= FEWEST_DIGITS)

    @property
    def gap(self) -> str:
        """What was not looked at, for a reader."""
        return f"; nothing could be computed at {_places(self.missed)}" if self.missed else ""

    @property
    def tie(self) -> str:
        """Where both sides seem to be equal, for a reader."""
        return f"the sides cannot be told apart at {_places(self.level)}"


def _places(points: tuple[Point, ...]) -> str:
    told = (", ".join(sentences.place(s, v) for s, v in point.items()) for point in points)
    places = [text or "the only point" for text in told]
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    return f"{'; '.join(places[:MOST_NAMED])}{more}"


def refute(goal: Goal, *, deep: bool = False) -> Verdict | Agreement:
    """A REFUTED verdict with its witness, or how far both sides agreed.

    Of a number on a branch cut no enclosure tells on which side it is; the expression of the provers is exact there.

    Raises
    ------
    UnsupportedError
        If no enclosures can be had for an expression of the goal.
    """
    found = _refuted_or_seen(goal, deep=deep)
    if isinstance(found, Verdict) or not goal.written or (goal.variables and found.says_something(goal.op)):
        return found
    exact = _refuted_or_seen(replace(goal, written=()), deep=deep)
    return exact if isinstance(exact, Verdict) or exact.points > found.points else found


def refutation_at(goal: Goal) -> Callable[[Point], Verdict | None]:
    """What refutes the goal at a point of its domain, where it certainly fails just there."""
    trial = _Trial(goal)
    return lambda point: trial.at(point, QUICK_BITS)[0]


def _refuted_or_seen(goal: Goal, *, deep: bool) -> Verdict | Agreement:
    count = DEEP_POINTS if deep else QUICK_POINTS
    precisions: tuple[int, ...] = DEEP_BITS if deep else QUICK_BITS
    trial = _Trial(goal)
    if trial.is_slow:
        precisions = tuple(min(bits, SLOW_BITS) for bits in precisions)
    without_end = any(has_endless(side) for side in goal.sides)
    if without_end:
        count, precisions = (DEEP_ENDLESS_POINTS, DEEP_ENDLESS_BITS) if deep else (ENDLESS_POINTS, ENDLESS_BITS)
    agreed, digits = 0, MOST_DIGITS
    missed: list[Point] = []
    level: list[Point] = []
    for point in points(goal.domain, count, kinks.places(goal)):
        verdict, found = trial.at(point, precisions)
        if verdict is not None:
            return verdict
        if found == LEVEL:
            level.append(point)
        elif found is not None:
            agreed, digits = agreed + 1, min(digits, found)
        elif without_end or not trial.unfolds:
            missed.append(point)
    if without_end:
        return Agreement(agreed, digits if agreed else 0, tuple(missed), tuple(level))
    for point in probes(goal) if deep or _may_have_needles(goal) else ():
        verdict, _ = trial.at(point, QUICK_BITS)
        if verdict is not None:
            return verdict
    if deep and goal.op in DOWNHILL:
        verdict = trial.climbed(precisions)
        if verdict is not None:
            return verdict
    return Agreement(agreed, digits if agreed else 0, tuple(missed), tuple(level))


def _may_have_needles(goal: Goal) -> bool:
    """Whether an inequality in one variable holds a number so large that it may fail in a narrow place only."""
    if goal.op not in DOWNHILL or len(goal.variables) != 1:
        return False
    return any(abs(number) >= LARGE for side in goal.sides for number in side.atoms(Rational))


class _Trial:
    """The tapes of one goal; goals over sums are unfolded at each point instead."""

    def __init__(self, goal: Goal, *, unfolds: bool = True) -> None:
        self.goal = goal
        self._by_terms: _Trial | None = None
        self._borders: dict[Relational, Tape] = {}
        self.terms_left = MOST_SUMMED if goal.op in DOWNHILL else FEWEST_SUMMED
        self._written_out: dict[tuple[tuple[Symbol, Expr], ...], _Trial] = {}
        self.unfolds = unfolds and any(e.has(sympy.Sum, sympy.Product) for e in goal.sides)
        if not self.unfolds:
            variables = goal.variables
            self.left, self.right = (Tape(enclosable(side), variables) for side in goal.said)
            self.whole = definite_parts(goal)
            self.parts = [(k, e, Tape(e, variables)) for k, part in enumerate(self.whole) for e in part]

    @property
    def is_slow(self) -> bool:
        """Whether the goal holds functions that take long to enclose."""
        return not self.unfolds and (self.left.is_slow or self.right.is_slow)

    def at(self, point: Point, precisions: tuple[int, ...]) -> tuple[Verdict | None, int | None]:
        """A refutation at the point; or the digits to which both sides agree there; LEVEL if they should not."""
        if self.unfolds:
            whole = {symbol: value for symbol, value in point.items() if symbol.is_integer}
            farthest = max(map(abs, whole.values()), default=0)
            if farthest > LONGEST_SUM:
                if farthest > self.terms_left:
                    return None, None
                self.terms_left -= farthest
                return self._summed()._compare(point, point, precisions[:1])[0], None
            rest = {symbol: value for symbol, value in point.items() if symbol not in whole}
            try:
                return self._unfolded(tuple(whole.items()))._compare(rest, point, precisions)
            except (UnsupportedError, TooLarge):
                return None, None  # a sum without end, or one with numbers that are not written out
        return self._compare(point, point, precisions)

    def _summed(self) -> _Trial:
        """The trial of the goal as it is, in which sums are added up term by term."""
        if self._by_terms is None:
            self._by_terms = _Trial(self.goal, unfolds=False)
        return self._by_terms

    def _unfolded(self, whole: tuple[tuple[Symbol, Expr], ...]) -> _Trial:
        """The trial of the goal with its sums written out for these integers."""
        if whole not in self._written_out:
            self._written_out[whole] = _Trial(self.goal.at(dict(whole)).mapped(written_out), unfolds=False)
        return self._written_out[whole]

    def climbed(self, precisions: tuple[int, ...]) -> Verdict | None:
        """A refutation of an inequality found by going where its two sides come closest."""
        if self.unfolds or not all(kind_of(values).is_real for _, values in self.goal.domain.sets):
            return None
        starts = sorted(points(self.goal.domain, QUICK_POINTS), key=self._room)[:MOST_CLIMBS]
        for start in starts:
            found, _ = self.at(self._closest(start), precisions)
            if found is not None:
                return found
        return None

    def _room(self, point: Point) -> float:
        """How far the inequality is from failing at a point, roughly; negative where it fails."""
        with precision(DEEP_BITS[0] // 8):
            gap = _difference(self.right(*as_balls(point)), self.left(*as_balls(point)))
        return DOWNHILL[self.goal.op] * float(ball(gap).mid()) if is_real(gap) else math.inf

    def _closest(self, point: Point) -> Point:
        """A pattern search from the point: steps in each variable, halved where none leads on."""
        best, step = self._room(point), Rational(1)
        for _ in range(CLIMB_STEPS):
            moves = [{**point, s: v + d * step} for s, v in point.items() if not s.is_integer for d in (1, -1)]
            moves += self._along_borders(point, step)
            inside = [m for m in moves if holds_at(self.goal.domain, m) and self._contains(m)]
            nearest = min(inside, key=self._room, default=point)
            room = self._room(nearest)
            if room < best:
                point, best = nearest, room
            else:
                step /= 2
        return point

    def _along_borders(self, point: Point, step: Rational) -> list[Point]:
        """Moves downhill along the border of each condition, and a little inwards, as far as the border may bend."""
        free = [s for s in point if not s.is_integer]
        if len(free) < 2:
            return []
        slope = self._gradient(self._room, point, free)
        moves = []
        for condition in self.goal.domain.conditions:
            normal = self._gradient(self._distances(condition), point, free)
            size = _length(normal)
            if not (0 < size < math.inf and all(map(math.isfinite, slope))):
                continue
            unit = [n / size for n in normal]
            uphill = sum(a * b for a, b in zip(slope, unit))
            along = [uphill * b - a for a, b in zip(slope, unit)]
            length = _length(along) or 1.0
            for inwards in (step, -step):
                turned = [a / length + float(inwards) * b for a, b in zip(along, unit)]
                moves.append({**point, **{s: point[s] + step * _short(t) for s, t in zip(free, turned)}})
        return moves

    def _gradient(self, of: Callable[[Point], float], point: Point, free: list[Symbol]) -> list[float]:
        here = of(point)
        return [(of({**point, s: point[s] + NEARBY}) - here) / float(NEARBY) for s in free]

    def _distances(self, condition: Relational) -> Callable[[Point], float]:
        """By how much the sides of a condition differ at a point, roughly."""
        tape = self._borders.setdefault(condition, Tape(condition.lhs - condition.rhs, self.goal.variables))

        def distance(point: Point) -> float:
            with precision(DEEP_BITS[0] // 8):
                gap = tape(*as_balls(point))
            return float(ball(gap).mid()) if is_real(gap) else math.nan

        return distance

    def _contains(self, point: Point) -> bool:
        return all(contains(self.goal.domain.set_of(s), v) for s, v in point.items())

    def _compare(self, point: Point, shown: Point, precisions: tuple[int, ...]) -> tuple[Verdict | None, int | None]:
        values = as_balls(point)
        digits = None
        for bits in precisions:
            with precision(bits):
                left, right = self.left(*values), self.right(*values)
                undefined = self._undefined(left, right, values, point)
                if undefined is not None:
                    left, right = self._told_apart(values, bits, left, right)
                    return _refuted(shown, left, right, undefined), None
                if CONTRADICTIONS[self.goal.op](left, right):
                    left, right = self._told_apart(values, bits, left, right)
                    why = (sentences.ROUNDED if self._is_rounded(left, right) else "", _gap(left, right))
                    return replace(_refuted(shown, left, right, Missing()), evidence="; ".join(filter(None, why))), None
                digits = _common_digits(left, right)
                if not FAVOURABLE[self.goal.op](left, right):
                    digits = LEVEL if _seem_equal(left, right) else None
                    continue
                if self.goal.op != "==" and not _seem_equal(left, right):
                    break
        return None, digits

    def _told_apart(self, values: list[Ball], bits: int, left: Value, right: Value) -> tuple[Value, Value]:
        """Both values, more sharply where the digits that are certain do not show that they differ."""
        for finer in FINER:
            is_told = _digits_to_tell_apart(left, right) is not None or is_exactly_zero(_difference(left, right))
            if is_told and not any(map(witnesses.is_vague, (left, right))):
                break
            with precision(finer * bits):
                left, right = self.left(*values), self.right(*values)
        return left, right

    def _is_rounded(self, left: Value, right: Value) -> bool:
        """Whether the sides differ by less than 1e-15 of their size; those of an equality wherever one looks."""
        if self.goal.op != "==" or not witnesses.differ_by_rounding(left, right):
            return witnesses.differ_by_rounding(left, right)
        with precision(QUICK_BITS[-1]):
            found = [(self.left(*as_balls(p)), self.right(*as_balls(p))) for p in points(self.goal.domain, FEW_POINTS)]
        return not any(witnesses.differ_by_more(*sides) for sides in found)

    def _undefined(self, left: Value, right: Value, values: list[Ball], point: Point) -> Missing | None:
        """Which sides certainly have no value; None if it may be that both have one."""
        found = {k: e for k, e, part in self.parts if part(*values) is UNDEFINED}
        if found:  # of a part that belongs to the whole it is not known on which side it stands
            sides = frozenset(found) & {0, 1} or frozenset({0, 1})
            return Missing(sides, self._smallest(next(iter(found.values())), values))
        if (left is UNDEFINED or right is UNDEFINED) and kinks.certainly_no_derivative(self.goal, point):
            return Missing(frozenset(k for k, v in enumerate((left, right)) if v is UNDEFINED))
        return None

    def _smallest(self, part: Expr, values: list[Ball]) -> Expr:
        """The smallest part of what has no value at a point that has none itself."""
        if has_endless(part):
            return part
        inner = (e for e in partial_values(part) if Tape(e, self.goal.variables)(*values) is UNDEFINED)
        return next(inner, part)


def _length(vector: list[float]) -> float:
    return math.sqrt(sum(part * part for part in vector))  # hypot is rounded in other ways on other machines


def _short(number: float) -> Rational:
    return Rational(round(number * SHORT), SHORT)


@dataclass(frozen=True)
class Missing:
    """The sides that have no value, 0 and 1, and the part that has none."""

    sides: frozenset[int] = frozenset()
    part: Expr | None = None


def _refuted(point: Point, left: Value, right: Value, missing: Missing) -> Verdict:
    digits = _digits_to_tell_apart(left, right) or witnesses.DIGITS
    texts = [
        witnesses.NO_VALUE if k in missing.sides else witnesses.show(value, digits)
        for k, value in enumerate((left, right))
    ]
    witness = Witness({str(s): witnesses.coordinate(v) for s, v in point.items()}, *texts)
    return Verdict(Outcome.REFUTED, METHOD, _why(left, right, missing), witness)


def _gap(left: Value, right: Value) -> str:
    """By how much two values differ, where that takes more digits to see than anybody compares."""
    if (_digits_to_tell_apart(left, right) or 0) <= MOST_COMPARED:
        return ""
    return f"the left side less the right one is {witnesses.show(_difference(left, right), FEW)}"


def _why(left: Value, right: Value, missing: Missing) -> str:
    """What the witness does not say by itself."""
    if not missing.sides:
        return ""
    is_seen = any(value is UNDEFINED for value in (left, right))
    if is_seen or missing.part is None:
        return ""
    inside = missing.part.args[0] if missing.part.args else missing.part
    is_inside = origin(inside.func) is HasValue
    part = sentences.shown(inside.args[0] if is_inside else missing.part)
    if not part:
        return ""
    return f"{part} does not have a value everywhere within" if is_inside else f"{part} has no value there"


def _digits_to_tell_apart(left: Value, right: Value) -> int | None:
    """How many digits a reader needs to see that the values differ; None if all that are certain are the same."""
    if isinstance(left, NoValue) or isinstance(right, NoValue):
        return witnesses.DIGITS
    for digits in (witnesses.DIGITS, MOST_COMPARED, 60, 120, 300, 1000, 2000):
        if all(witnesses.is_shown_exactly(side, digits) for side in (left, right)) and left != right:
            return digits
        if _without_last_zeros(ball(left), digits) != _without_last_zeros(ball(right), digits):
            return digits
    return None


def _without_last_zeros(value: arb | acb, digits: int) -> str:
    return _LAST_ZEROS.sub(r"\1", str(value.str(digits, radius=False)))


def _common_digits(left: Value, right: Value) -> int | None:
    """Decimal digits to which the enclosures agree, relative to what is certainly not zero; None without enclosures."""
    if not (isinstance(left, Ball) and isinstance(right, Ball)):
        return None
    gap = ball(left - right).abs_upper()
    if gap == 0:
        return MOST_DIGITS
    if not gap.is_finite():
        return 0
    size = max((ball(side).abs_lower() for side in (left, right)), key=lambda low: low.mid())
    digits = ((size if size > 0 else arb(1)) / gap).log() / arb(10).log()
    return int(min(MOST_DIGITS, max(0.0, float(digits.mid()))))


def definite_parts(goal: Goal) -> tuple[list[Expr], ...]:
    """The largest parts of each side that hold no derivative, and what is differentiated: all must have values."""
    sides = goal.written or goal.sides
    return tuple(list(dict.fromkeys(_definite_parts(side))) for side in sides)


def _definite_parts(e: Expr) -> Iterator[Expr]:
    if not e.has(Derivative):
        yield e
        return
    if is_endless(e):
        yield evaluated(e)
        return
    if isinstance(e, Derivative):
        yield from _definite_parts(e.expr)
        return
    if isinstance(e, sympy.Subs):  # what is differentiated has a value at the place; elsewhere it need have none
        places = dict(zip(e.variables, e.point))
        yield from (substituted(part, places) for part in _definite_parts(e.expr))
        yield from (part for place in e.point for part in _definite_parts(place))
        return
    for a in e.args:
        if isinstance(a, Expr):
            yield from _definite_parts(a)
