"""Changes of variables that make a region simple: where x < y, y becomes x + y with a new y that is positive.

A variable in which an expression is linear gives its place and its name to that expression. Regions that several
variables bound together so become products of intervals, as far as that is possible; what is left of the bounds is
carried along as joint conditions. A verdict is told in the old variables again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import sympy
from sympy import Derivative, Expr, FiniteSet, Interval, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.relational import Relational
from sympy.sets import Set

from symgrad.balls import is_told
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Verdict, Witness
from symgrad.prove.basics import compared, facts, sentences
from symgrad.prove.basics.combine import NO_POINT
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.basics.derivatives import ROUGH, evaluated
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import points
from symgrad.prove.basics.sets import meet
from symgrad.prove.places import branch_cuts, witnesses
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds

POSITIVE, NEGATIVE, ZERO = Interval.open(0, S.Infinity), Interval.open(-S.Infinity, 0), FiniteSet(0)
NONNEGATIVE = Interval(0, S.Infinity)
MOST_CLEARED = 6


class CannotMove(Exception):
    """The change of variables would not be the same goal, or not plainly so."""


@dataclass(frozen=True)
class Move:
    """A goal in new variables, and the old variables in terms of them; no goal where the region holds no point."""

    goal: Goal | None
    old: Mapping[Symbol, Expr]

    def decided(self, decide: Decide) -> Verdict:
        """The verdict on the goal, its witness in the old variables."""
        if self.goal is None:
            return NO_POINT
        found = decide(self.goal)
        verdict = replace(found, evidence=sentences.with_places(self.old, found.evidence)) if found.holds else found
        return verdict if verdict.witness is None else replace(verdict, witness=self._told(verdict.witness))

    def _told(self, witness: Witness) -> Witness:
        read = {Symbol(name): witnesses.read(value) for name, value in witness.point.items()}
        known = {s: value for s, value in read.items() if value is not None}
        point = {**self._free(read), **known}
        plain = {s: Symbol(s.name) for e in self.old.values() for s in e.free_symbols}
        moved = {str(s): witnesses.carried(e.xreplace(plain), point) for s, e in self.old.items()}
        return replace(witness, point=dict(sorted({**witness.point, **moved}.items())))

    def _free(self, known: Collection[Symbol]) -> dict[Symbol, Expr]:
        """A value for each new variable on which the witness does not depend, so that its point is one of numbers."""
        sets = () if self.goal is None else self.goal.domain.sets
        asked = {s.name for e in self.old.values() for s in e.free_symbols} - {s.name for s in known}
        point = next(points(Domain(tuple((s, values) for s, values in sets if s.name in asked)), 1), {})
        return {Symbol(s.name): value for s, value in point.items()}

    def after(self, earlier: Mapping[Symbol, Expr]) -> Move:
        """This move, made after another one."""
        told = {s: e.xreplace(dict(self.old)) for s, e in earlier.items()}
        return Move(self.goal, {**self.old, **told})


def exchanged(goal: Goal, u: Expr, part: Set) -> Iterator[Move]:
    """The goal where u has its values in the part, for each variable that can give its place to u; fewest conditions
    first among those tried."""
    moves = []
    for v in sorted(u.free_symbols, key=str):
        try:
            move = cleared(moved(goal, u, v, part))
        except CannotMove:
            continue
        if move.goal is None or not move.goal.domain.conditions:
            yield move
            return
        moves.append(move)
    yield from sorted(moves, key=_left_over)


def _left_over(move: Move) -> int:
    return 0 if move.goal is None else len(move.goal.domain.conditions)


def moved(goal: Goal, u: Expr, v: Symbol, part: Set) -> Move:
    """The goal with u in the place of v, confined to the part: (0, oo), [0, oo), (-oo, 0) or {0}.

    Raises
    ------
    CannotMove
        If u is not linear in v with a coefficient that is never zero, or the goal cannot be written so.
    """
    slope = _slope(u, v, goal.domain)
    rest = sized.expand(u - slope * v)
    if part == ZERO:
        old, values = -rest / slope, None
    else:
        old, values = (v - rest) / slope, meet(part, linear_range(u, goal.domain))
    if facts.is_integer(v):
        if slope not in (1, -1) or not facts.is_integer(rest):
            raise CannotMove(f"{v} is an integer")
        values = None if values is None else meet(values, S.Integers)
    change = _Change(goal, v, old, slope if values is not None else None)
    changed = goal.mapped(change)
    sets = {s: held for s, held in goal.domain.sets if s != v}
    if values is not None:
        sets[v] = values
    bounds_of_v = _as_conditions(old, goal.domain.set_of(v))
    carried = [compared.put_in(c, {v: old}) for c in goal.domain.conditions]
    domain = narrowed(sets, (*carried, *bounds_of_v))
    return Move(None if domain is None else replace(changed, domain=domain), {v: old})


def _slope(u: Expr, v: Symbol, domain: Domain) -> Expr:
    plain = Symbol(v.name, real=True), Symbol(v.name, integer=True)
    if v not in plain or u.has(*ROUGH, Derivative, ExprWithLimits):
        raise CannotMove(f"{v} in {u}")
    slope = sympy.diff(u, v)
    if slope.has(v) or facts.is_zero(slope) or not bounds.never_zero(slope, domain):
        raise CannotMove(f"{u} is not linear in {v}")
    return slope


def linear_range(u: Expr, domain: Domain) -> Set:
    """An interval around all values of an expression that is linear with real coefficients."""
    try:
        terms = sized.polynomial(u, *sorted(u.free_symbols, key=str)).terms()
    except sympy.PolynomialError:
        return S.Reals
    low = high = S.Zero
    if not u.free_symbols:
        return Interval(u, u) if facts.is_real(u) else S.Reals
    for powers, coefficient in terms:
        if sum(powers) > 1 or not facts.is_real(coefficient):
            return S.Reals
        if sum(powers) == 0:
            low, high = low + coefficient, high + coefficient
            continue
        values = domain.set_of(sorted(u.free_symbols, key=str)[powers.index(1)])
        known = constant_sign(coefficient)
        if not known:
            return S.Reals
        ends = (coefficient * values.inf, coefficient * values.sup)[::known]
        low, high = low + ends[0], high + ends[1]
    return Interval(low, high)


def _as_conditions(old: Expr, values: Set) -> list[Relational]:
    if values in (S.Reals, S.Integers):
        return []
    found = []
    if isinstance(values, Interval):
        low, high = (sympy.Gt if values.left_open else sympy.Ge), (sympy.Lt if values.right_open else sympy.Le)
    elif isinstance(values, sympy.Range) and values.step == 1:
        low, high = sympy.Ge, sympy.Le
    else:
        raise CannotMove(f"bounds {values}")
    if values.inf.is_finite:
        found.append(low(old, values.inf, evaluate=False))
    if values.sup.is_finite:
        found.append(high(old, values.sup, evaluate=False))
    return [compared.put_in(condition, {}) for condition in found]


@dataclass(frozen=True)
class _Change:
    """Puts `old` in the place of v in expressions, derivatives too; `slope` is the rate at which v's place moves."""

    goal: Goal
    v: Symbol
    old: Expr
    slope: Expr | None

    def __call__(self, e: Expr) -> Expr:
        for sum_ in e.atoms(ExprWithLimits):
            if {limits[0] for limits in sum_.limits} & (self.old.free_symbols | {self.v}):
                raise CannotMove("an index of that name")
        if e.has(sympy.Subs, sympy.Limit):
            raise CannotMove("a limit")
        rates = {d: self._derivative(d) for d in e.atoms(Derivative)}
        return e.xreplace({**rates, self.v: self.old})

    def _derivative(self, d: Derivative) -> Expr:
        if _is_smooth(d, self.goal.domain):
            return evaluated(d).xreplace({self.v: self.old})
        variables = set(d.variables)
        if self.slope is not None and variables == {self.v}:
            inner = d.expr.xreplace({self.v: self.old})
            return Derivative(inner, *d.variable_count) * self.slope ** len(d.variables)
        if self.v not in variables and not variables & self.old.free_symbols:
            return Derivative(d.expr.xreplace({self.v: self.old}), *d.variable_count)
        raise CannotMove(f"{d} has kinks")


def _is_smooth(derivative: Derivative, domain: Domain) -> bool:
    if derivative.expr.has(*ROUGH, Derivative) or not branch_cuts.crosses_none(derivative.expr, Signs(domain)):
        return False
    return all(bounds.discharged(c, domain) for c in conditions(derivative))


# --- joint conditions -----------------------------------------------------------------------------------------


def narrowed(sets: Mapping[Symbol, Set], joint: Iterable[Relational]) -> Domain | None:
    """The domain of these sets under the conditions: those on one variable narrow its set, those that hold anyway are
    dropped; None if no point is left."""
    kept, values = [], dict(sets)
    for condition in joint:
        if condition == sympy.false:
            return None
        if condition == sympy.true:
            continue
        alone = _alone(condition)
        if alone is not None and alone[0] in values:
            values[alone[0]] = meet(values[alone[0]], alone[1])
        else:
            kept.append(condition)
    if any(v.is_empty for v in values.values()):
        return None
    domain = Domain(tuple(sorted(values.items(), key=lambda item: item[0].name)))
    known = [(c, _holds(c, domain)) for c in kept]
    if any(holds is False for _, holds in known):
        return None
    return replace(domain, conditions=tuple(c for c, holds in known if holds is None))


def _alone(condition: Relational) -> tuple[Symbol, Set] | None:
    """The variable and its values of a condition that is linear in one variable, with numbers for coefficients."""
    free = condition.free_symbols
    if len(free) != 1 or isinstance(condition, sympy.Ne):
        return None
    (v,) = free
    u = sized.expand(condition.lhs - condition.rhs)
    slope = sympy.diff(u, v)
    if slope.free_symbols or constant_sign(slope) not in (1, -1) or not facts.is_real(v):
        return None
    border = sized.expand(v - u / slope)
    if not is_told(border):
        return None
    if isinstance(condition, sympy.Eq):
        return v, FiniteSet(border)
    is_strict = isinstance(condition, sympy.StrictLessThan | sympy.StrictGreaterThan)
    upward = isinstance(condition, sympy.StrictGreaterThan | sympy.GreaterThan) == (constant_sign(slope) == 1)
    return v, Interval(border, S.Infinity, is_strict) if upward else Interval(-S.Infinity, border, False, is_strict)


def _holds(condition: Relational, domain: Domain) -> bool | None:
    """Whether a condition holds everywhere or nowhere on the domain."""
    difference = condition.lhs - condition.rhs
    if isinstance(condition, sympy.Eq | sympy.Ne):
        apart = bounds.never_zero(difference, domain)
        return isinstance(condition, sympy.Ne) if apart else None
    found = bounds.sign_of(condition.gts - condition.lts, domain)
    if found is None:
        return None
    is_strict = isinstance(condition, sympy.StrictLessThan | sympy.StrictGreaterThan)
    if found.sign == 1:
        return True if found.strict or not is_strict else None
    return False if found.strict or is_strict else None


def cleared(move: Move) -> Move:
    """The move followed by others, as long as each leaves fewer joint conditions than there were."""
    for _ in range(MOST_CLEARED):
        shorter = next(_shorter(move), None)
        if shorter is None:
            break
        move = shorter
    return move


def _shorter(move: Move) -> Iterator[Move]:
    if move.goal is None:
        return
    domain = move.goal.domain
    for condition in domain.conditions:
        if isinstance(condition, sympy.Ne):
            continue
        others = tuple(c for c in domain.conditions if c is not condition)
        goal = replace(move.goal, domain=replace(domain, conditions=others))
        u, part = _confined(condition)
        for v in sorted(u.free_symbols, key=str):
            try:
                further = moved(goal, u, v, part)
            except CannotMove:
                continue
            if further.goal is None or len(further.goal.domain.conditions) < len(domain.conditions):
                yield further.after(move.old)


def _confined(condition: Relational) -> tuple[Expr, Set]:
    """The condition as an expression that has its values in a part of the line."""
    if isinstance(condition, sympy.Eq):
        return sized.expand(condition.lhs - condition.rhs), ZERO
    is_strict = isinstance(condition, sympy.StrictLessThan | sympy.StrictGreaterThan)
    return sized.expand(condition.gts - condition.lts), POSITIVE if is_strict else NONNEGATIVE


def untied(goal: Goal) -> Move | None:
    """The goal in variables that no condition ties together, if such are found."""
    if not goal.domain.conditions:
        return None
    move = cleared(Move(goal, {}))
    return move if not _left_over(move) else None


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict in variables that no condition ties together."""
    move = untied(goal)
    return None if move is None else move.decided(decide)
