"""floor, ceiling, frac and Mod: one period at a time, and within it by cases.

x = t + P*n with an integer n and t in one period: floors whose arguments are multiples of x lose n, and on one period
each has finitely many values.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace

import sympy
from sympy import Derivative, Expr, Interval, Piecewise, Rational, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from sympy.sets import Set

from symgrad.base import sized
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Verdict
from symgrad.prove.basics import compared, facts, sentences
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.derivatives import by_floors
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.sets import is_of_integers, is_of_reals
from symgrad.prove.certain import side_conditions
from symgrad.prove.places.kinks import with_arguments
from symgrad.prove.signs import moves
from symgrad.prove.signs.moves import Move

METHOD = "one period, by cases"
METHOD_OF_ONE, METHOD_OF_REST = "a floor between two integers", "floors and what they leave"
MOST_CASES, MOST_RESIDUES = 24, 60
STEPS = (sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod)


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict on the goal without one of its floors."""
    if not any(side.has(*STEPS) for side in goal.sides):
        return None
    asked, goal = goal, with_arguments(goal).mapped(by_floors)
    floors = sorted({f for side in goal.sides for f in side.atoms(sympy.floor)}, key=str)
    for step in floors:
        cases = None if step.args[0].has(sympy.floor) else _cases(step, goal)
        if cases is not None:
            return decide(goal.replacing({step: cases}))
    for x in goal.variables:
        period = _period(goal, floors, x)
        if period is not None:
            return _folded(goal, x, period, decide)
    if goal.relation != asked.relation:
        return decide(goal)  # the floors may cancel
    found = _between_integers(goal, decide)
    return _whatever_the_rest(goal, floors, decide) if found is None else found


def _between_integers(goal: Goal, decide: Decide) -> Verdict | None:
    """floor(u) == k holds where k <= u < k + 1, and so it is for ceiling(u), which is -floor(-u)."""
    gap = goal.relation.lhs - goal.relation.rhs
    terms = (term.as_coeff_Mul() for term in sympy.Add.make_args(gap))
    sign, step = next(((c, f) for c, f in terms if isinstance(f, sympy.floor) and abs(c) == 1), (S.One, None))
    if goal.op != "==" or step is None or not facts.is_integer(step - sign * gap):
        return None
    (u,), k = step.args, sympy.expand(step - sign * gap)
    parts = [decide(goal.about(Relation(u, op, bound))) for op, bound in ((">=", k), ("<", k + 1))]
    if k.has(sympy.floor) or not all(v.holds for v in parts):
        return None
    evidence = f"the argument of the floor lies from {k} to less than {k + 1}"
    verdict = all_of(parts, METHOD_OF_ONE)
    return side_conditions.settle(replace(verdict, evidence=evidence), goal, (), decide)


def _whatever_the_rest(goal: Goal, floors: list[Expr], decide: Decide) -> Verdict | None:
    """An inequality that holds whatever is left of the arguments of the floors, each a number from [0, 1)."""
    if goal.op in ("==", "!=") or not floors or any(side.has(Derivative, ExprWithLimits) for side in goal.sides):
        return None
    table: dict[Expr, Expr] = {}
    sets = list(goal.domain.sets)
    for step in floors:
        rest = sentences.fresh(f"r{len(table) or ''}", *goal.sides, [s for s, _ in sets])
        table[step] = step.args[0] - rest
        sets.append((rest, Interval.Ropen(0, 1)))
    if any(value.has(sympy.floor) for value in table.values()):
        return None
    domain = Domain(tuple(sorted(sets, key=lambda pair: str(pair[0]))), goal.domain.conditions)
    found = decide(replace(goal.replacing(table), domain=domain))
    if not found.holds:
        return None  # what is left takes some of these values only
    told = [sentences.shown(step, sentences.LONGEST_PLACE) for step in floors]
    named = sentences.listed([text for text in told if text]) if all(told) else "each floor"
    evidence = f"{named} is less than one below its argument, whatever the rest"
    return side_conditions.settle(replace(found, method=METHOD_OF_REST, evidence=evidence), goal, (), decide)


def _cases(step: Expr, goal: Goal) -> Expr | None:
    """A floor of what is bounded on the domain, as a Piecewise; what is differentiated must be so around it, too."""
    (u,) = step.args
    margin = 1 if any(side.has(Derivative) for side in goal.sides) else 0
    if any(not is_of_reals(values) for s, values in goal.domain.sets if s in u.free_symbols):
        return None
    sets = tuple((s, Interval(v.inf - margin, v.sup + margin)) for s, v in goal.domain.sets if s in u.free_symbols)
    values = moves.linear_range(u, Domain(sets))
    if values.inf.is_infinite or values.sup.is_infinite:
        return None
    low, high = compared.whole_below(values.inf), compared.whole_below(values.sup)
    if low is None or high is None or high - low > MOST_CASES:
        return None
    borders = map(sympy.Integer, range(low + 1, high + 1))
    return Piecewise(*((k - 1, sympy.Lt(u, k, evaluate=False)) for k in borders), (sympy.Integer(high), True))


def _period(goal: Goal, floors: Iterable[Expr], x: Symbol) -> Rational | None:
    """A shift of x that moves all floors by integers and leaves circular functions of rational multiples of pi*x."""
    values = goal.domain.set_of(x)
    if not facts.is_real(x) or not (values.inf.is_infinite or values.sup.is_infinite):
        return None
    spans = [S.One] if facts.is_integer(x) else []
    for f in floors:
        if f.has(x) and facts.is_integer(x) and f.args[0].is_polynomial(x):
            coefficients = sympy.Poly(f.args[0], x).all_coeffs()
            if not all(c.is_Rational for c in coefficients):
                return None
            spans.append(S(sympy.ilcm(1, *(c.q for c in coefficients))))
            continue
        rate = sympy.diff(f.args[0], x) if not f.args[0].has(sympy.floor) else S.Zero
        if facts.is_zero(rate) or not f.has(x):
            continue
        if not rate.is_Rational:
            return None
        spans.append(1 / abs(rate))
    if not spans or not any(f.has(x) for f in floors):
        return None
    return _common_multiple([*spans, *_turns(goal, x)])


def _turns(goal: Goal, x: Symbol) -> Iterator[Rational]:
    for side in goal.sides:
        for f in side.atoms(TrigonometricFunction):
            rate = sympy.diff(f.args[0], x) / (2 * S.Pi)
            if rate.is_Rational and rate != 0:
                yield 1 / abs(rate)
        for power in side.atoms(sympy.Pow):
            if facts.is_negative(power.base) and power.exp.has(sympy.floor):
                yield S(2)


def _common_multiple(spans: list[Rational]) -> Rational:
    return Rational(sympy.ilcm(1, *(s.p for s in spans)), sympy.igcd(0, *(s.q for s in spans)))


def _folded(goal: Goal, x: Symbol, period: Rational, decide: Decide) -> Verdict | None:
    parts = _one_period(goal.domain.set_of(x), period)
    if parts is None or any(_binds(side, x) for side in goal.sides):
        return None
    first, counts = parts
    names = {s.name for side in goal.sides for s in side.atoms(Symbol)} | {s.name for s in goal.variables}
    turns = Symbol(next(n for n in _names_of_turns(x) if n not in names), integer=True)
    shifted = {x: x + period * turns}
    sets = {**dict(goal.domain.sets), x: first, turns: counts}
    domain = moves.narrowed(sets, [compared.put_in(c, shifted) for c in goal.domain.conditions])
    if domain is None:
        return None
    there = replace(goal.mapped(lambda e: _shifted(e, shifted)), domain=domain)
    if is_of_integers(first):
        if period > MOST_RESIDUES:
            return None
        return all_of([Move(there.at({x: r}), {x: r + period * turns}).decided(decide) for r in first], METHOD)
    return Move(there, shifted).decided(decide)


def _names_of_turns(x: Symbol) -> Iterator[str]:
    yield from ("n", f"n_{x}", f"turns_{x}")
    yield from (f"turns_{x}_{k}" for k in itertools.count())


def _one_period(values: Set, period: Rational) -> tuple[Set, Set] | None:
    """The values of one period, and the numbers of periods that may be added."""
    low, high = values.inf, values.sup
    up, down = sympy.Range(0, S.Infinity), sympy.Range(-S.Infinity, 1)
    if values == S.Integers:
        return sympy.Range(0, period), S.Integers
    if isinstance(values, sympy.Range) and values.step == 1:
        return (
            (sympy.Range(low, low + period), up) if low.is_finite else (sympy.Range(high - period + 1, high + 1), down)
        )
    if values == S.Reals:
        return Interval.Ropen(0, period), S.Integers
    if not isinstance(values, Interval):
        return None
    if low.is_finite:
        return Interval(low, low + period, values.left_open, not values.left_open), up
    return Interval(high - period, high, not values.right_open, values.right_open), down


def _binds(e: Expr, x: Symbol) -> bool:
    """Whether x is bound in a sum, or stands where a translation would have to be thought about."""
    return e.has(sympy.Subs, sympy.Limit) or any(x in sum_.bound_symbols for sum_ in e.atoms(ExprWithLimits))


def _shifted(e: Expr, shift: dict[Symbol, Expr]) -> Expr:
    """The expression with x + c for x, under derivatives as well: a translation has slope 1."""
    if not e.args:
        return e.xreplace(shift)
    if isinstance(e, Derivative):
        return Derivative(_shifted(e.expr, shift), *e.variable_count)
    if isinstance(e, TrigonometricFunction | sympy.floor):
        return e.func(sized.expand(e.args[0].xreplace(shift)))
    return e.func(*(_shifted(a, shift) for a in e.args))
