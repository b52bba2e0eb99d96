"""Counterexamples to relations between norms: matrices in numbers, at which enclosures of the sides contradict them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy
from flint import arb, fmpq
from sympy import Dummy, Expr, Set, Symbol

from symgrad.balls import UNDEFINED, UNKNOWN, Ball, Tape, Value, ball, precision, sign
from symgrad.balls.matrices import NotRealError, NoValueError, Surroundings
from symgrad.balls.spectra import fraction
from symgrad.base.budget import charge
from symgrad.base.errors import CellError
from symgrad.base.untyped import Array
from symgrad.language.statements import Domain, Relation, free_symbols
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.language.written import substituted
from symgrad.norms.context import is_about_inputs
from symgrad.norms.scopes import atoms_of
from symgrad.symbols import TIME

METHOD = "ball arithmetic"
BITS = 160
WORK_OF_A_POINT = 400
DIGITS = 12
# The signs of left less right at which a relation does not hold.
CONTRADICTED: Mapping[str, frozenset[int]] = {
    "==": frozenset({-1, 1}), "!=": frozenset({0}), "<=": frozenset({1}), "<": frozenset({0, 1}),
    ">=": frozenset({-1}), ">": frozenset({-1, 0}),
}  # fmt: skip


ADMITS_EQUAL = frozenset({"==", "<=", ">="})  # for the others, sides that cannot be told apart say nothing


@dataclass(frozen=True)
class Place:
    """A point at which a relation is tried.

    Attributes
    ----------
    around : Surroundings
        The values of all matrices and variables.
    scalars : mapping of Symbol to ball
        Values of the scalars, times and sizes.
    shown : mapping of str to str
        What a reader needs to check it by hand.
    steps : tuple of int
        Of the run: what is said of an input is said of all of them.
    """

    around: Surroundings
    scalars: Mapping[Symbol, Array]
    shown: Callable[[], Mapping[str, str]]
    step: int = 0
    indices: Mapping[Symbol, int] | None = None
    steps: tuple[int, ...] = ()

    def at(self, step: int) -> Place:
        """The same place at another step of the run."""
        return replace(self, step=step, scalars={**self.scalars, TIME: fmpq(step)})


@dataclass(frozen=True)
class Seen:
    """What was seen where no counterexample was found: at how many places the relation certainly holds."""

    agreed: int
    tried: int


class Sides:
    """The sides of a relation, compiled once and evaluated at many places."""

    def __init__(self, relation: Relation, domain: Domain) -> None:
        self.op = relation.op
        self.sides = [_Side(e) for e in relation.expressions]
        self.conditions = [(type(c), _Side(c.lhs), _Side(c.rhs), is_about_inputs(c)) for c in domain.conditions]
        self.sets = domain.sets
        self._known: dict[tuple[Symbol, str], bool] = {}

    def at(self, place: Place) -> tuple[Value, Value] | None:
        """The values of both sides; nothing where a condition is not certainly met, on scalars, sizes or steps."""
        charge(WORK_OF_A_POINT)
        with precision(BITS):
            if not all(self._lies_in(s, values, place.scalars.get(s)) for s, values in self.sets):
                return None
            for kind, low, high, is_about_inputs in self.conditions:
                places = map(place.at, place.steps) if is_about_inputs else (place,)
                if not all(_is_met(kind, low.at(there), high.at(there)) for there in places):
                    return None
            left, right = (side.at(place) for side in self.sides)
            return left, right

    def without(self, place: Place) -> str:
        """Which variable of a run that the sides need has no value there, and why; nothing where all have one."""
        leaves = (leaf for side in self.sides for leaf in side.leaves)
        faults = (fault for leaf in leaves if (fault := _fault(leaf, place)) in place.around.missing.values())
        return next(map(str, faults), "")

    def _lies_in(self, symbol: Symbol, values: Set, value: Array) -> bool:
        exact = None if value is None else fraction(value)
        if exact is None:
            return False
        key = symbol, str(exact)
        if key not in self._known:
            number = sympy.Rational(int(exact.p), int(exact.q))
            self._known[key] = values.contains(number) == sympy.true
        return self._known[key]


class _Side:
    def __init__(self, side: Expr) -> None:
        self.leaves = sorted(atoms_of(side), key=sympy.default_sort_key)
        stand_ins = {leaf: Dummy(real=True) for leaf in self.leaves}
        tree = substituted(side, stand_ins)
        self.symbols = sorted(free_symbols(tree) - set(stand_ins.values()), key=str)
        self.tape = Tape(tree, [*stand_ins.values(), *self.symbols])

    def at(self, place: Place) -> Value:
        values = (_value(leaf, place) for leaf in self.leaves)
        return self.tape(*values, *(place.scalars[s] for s in self.symbols))


def _value(leaf: object, place: Place) -> Value:
    """The value of a norm, or what stands for none: whether the side needs it is for its cases to say."""
    try:
        return place.around.evaluate(leaf, place.step, place.indices)
    except NoValueError:
        return UNDEFINED
    except NotRealError as fault:  # the variables of a cell are real, and matrices may be meant otherwise
        return UNDEFINED if fault in place.around.missing.values() else UNKNOWN
    except CellError:  # not certain here, or a variable without a value at that step
        return UNKNOWN


def _fault(leaf: object, place: Place) -> CellError | None:
    """Why a leaf has no value at a place."""
    try:
        place.around.evaluate(leaf, place.step, place.indices)
    except CellError as fault:
        return fault
    return None


def _is_met(kind: type, left: Value, right: Value) -> bool:
    known = _difference(left, right)
    allowed = {
        sympy.StrictLessThan: {-1}, sympy.LessThan: {-1, 0}, sympy.StrictGreaterThan: {1},
        sympy.GreaterThan: {0, 1}, sympy.Unequality: {-1, 1}, sympy.Equality: {0},
    }  # fmt: skip
    return known is not None and known in allowed[kind]


def _difference(left: Value, right: Value) -> int | None:
    """The sign of left less right, where that is certain."""
    if not (isinstance(left, fmpq | arb) and isinstance(right, fmpq | arb)):
        return None
    return sign(left - right)


def refute(sides: Sides, places: Iterator[Place]) -> Verdict | Seen:
    """A counterexample, or what was seen instead."""
    agreed = tried = 0
    for place in places:
        found = sides.at(place)
        if found is None:
            continue
        tried += 1
        left, right = found
        known = _difference(left, right)
        if UNDEFINED in (left, right) or known in CONTRADICTED[sides.op]:
            why = sides.without(place) if UNDEFINED in found else ""
            return Verdict(Outcome.REFUTED, METHOD, why, Witness(place.shown(), _digits(left), _digits(right)))
        agreed += known is not None or (sides.op in ADMITS_EQUAL and _is_close(left, right))
    return Seen(agreed, tried)


def _is_close(left: Value, right: Value) -> bool:
    """Whether enclosures meet and are narrow, so that both sides agree to many digits."""
    if not (isinstance(left, Ball) and isinstance(right, Ball)):
        return False
    gap = ball(left - right)
    size = 1 + abs(ball(left))
    return bool(abs(gap) < size / 10**DIGITS)


def _digits(value: Value) -> str:
    if value is UNDEFINED:
        return "undefined"
    exact = fraction(value)
    if exact is not None:
        return str(exact)
    return str(ball(value).str(DIGITS, radius=False)) if isinstance(value, Ball) else "unknown"


def shown_value(value: Array) -> str:
    """A number, a vector as its entries, a matrix as its rows."""
    if not isinstance(value, np.ndarray):
        return _digits(value)
    if value.ndim == 2 and value.shape[1] == 1 and value.shape[0] > 1:
        value = value[:, 0]
    return f"[{', '.join(shown_value(part) for part in value)}]"


def shown_at(whole: Mapping[Symbol, int], values: Mapping[Any, Array]) -> Callable[[], dict[str, str]]:
    """How a place is shown: sizes and steps, then matrices and scalars by their names."""

    def shown() -> dict[str, str]:
        found = {str(s): str(k) for s, k in whole.items()}
        return found | {str(name): shown_value(value) for name, value in values.items()}

    return shown
