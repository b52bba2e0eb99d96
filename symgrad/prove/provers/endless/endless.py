"""Limits, integrals, infinite sums and products: first that they have a value, then which, proved."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import sympy
from sympy import Derivative, Expr, Interval, S, Symbol
from sympy.sets import Set

from symgrad import activations
from symgrad.balls import Ball, Tape, ball, has_endless, is_endless, is_real, precision, sign, unmistakable
from symgrad.balls.expansions.growth import Open
from symgrad.balls.expansions.limits import Found, limit
from symgrad.base import sized
from symgrad.base.budget import attempt
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.derivatives import NotSmooth, evaluated
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.sets import meet
from symgrad.prove.certain.lost_parts import asks_for_values, have_values
from symgrad.prove.places import witnesses
from symgrad.prove.places.roots import zeros
from symgrad.prove.places.signs import Signs
from symgrad.prove.provers.closed_sums import closed
from symgrad.prove.provers.complex_parts import in_parts
from symgrad.prove.provers.endless.definite_integrals import integral
from symgrad.prove.provers.endless.infinite_products import infinite_product
from symgrad.prove.provers.endless.infinite_sums import NotFound, finite_sum, infinite_sum
from symgrad.prove.signs import bounds
from symgrad.prove.signs.borders import open_parts
from symgrad.prove.signs.existence import Known, tightened

METHOD = "values of limits, integrals and infinite sums"
BITS = (64, 128)
SHARE = 1_500_000  # of the budget, for values where enclosures may do
_CERTAIN = {"<": (-1,), "<=": (-1,), ">": (1,), ">=": (1,), "!=": (1, -1)}
MOST_BORDERS = 3
FAR = 1000  # from where on closed forms of sums are asked for that hold as their end grows without bound


class NoValue(Exception):
    """An expression certainly has no value, wherever the variables are."""


_CALLED: dict[type, str] = {
    sympy.Limit: "the limit", sympy.Sum: "the sum", sympy.Product: "the product", sympy.Integral: "the integral",
    Derivative: "the derivative",
}  # fmt: skip
DIGITS = 15  # of a number that is too long to be shown
_OVER_RANGE = {sympy.Sum: infinite_sum, sympy.Product: infinite_product, sympy.Integral: integral}


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict on the goal with the values of what has no end in its place."""
    if not any(has_endless(side) for side in goal.sides) or not all(facts.is_real(s) for s in goal.variables):
        return None
    if goal.variables or goal.op not in _CERTAIN:
        return _by_values(goal, decide)
    found = attempt(SHARE, lambda: _by_values(goal, decide))  # an order of two numbers is told by enclosures as well
    return _by_enclosures(goal) if found is None else found


def _by_enclosures(goal: Goal) -> Verdict | None:
    """CERTIFIED where enclosures of two numbers show which is the larger, or that they differ."""
    wanted = _CERTAIN.get(goal.op)
    if goal.variables or wanted is None:
        return None
    known = Known(goal.domain)
    if not all(have_values(side, known) for side in goal.sides if asks_for_values(side)):
        return None
    tapes = [Tape(side, ()) for side in goal.sides if not asks_for_values(side)]
    for bits in BITS:
        with precision(bits):
            left, right, *others = (tape() for tape in tapes)
            if not all(isinstance(v, Ball) for v in (left, right, *others)) or not is_real(left) or not is_real(right):
                continue
            if sign(ball(left) - ball(right)) in wanted:
                shown = " and ".join(ball(v).str(12, radius=False) for v in (left, right))
                return Verdict(Outcome.CERTIFIED, "enclosures", f"the sides are {shown}, with all digits certain")
    return None


def _by_values(goal: Goal, decide: Decide) -> Verdict | None:
    named = goal.mapped(renamed)
    named = replace(named, domain=tightened(named.domain))
    closer = Closer(Known(named.domain))
    try:
        relation = Relation(closer(named.relation.lhs), named.op, closer(named.relation.rhs))
        changed = replace(named, relation=relation, also_defined=tuple(map(closer.defined, named.also_defined)))
    except NoValue as reason:
        if goal.variables:
            return None  # the refuter names a point
        return Verdict(Outcome.REFUTED, METHOD, str(reason), Witness({}, "undefined", "undefined"))
    except Open as error:
        return None if error.asked is None else _split(named, error.asked, decide)
    except NotFound:
        return None
    found = decide(changed)
    if found.holds is None:
        return None
    evidence = "; ".join(dict.fromkeys([*closer.steps, found.evidence] if found.evidence else closer.steps))
    return Verdict(found.outcome, f"{METHOD}: {found.method}", evidence, found.witness, found.side_conditions)


def renamed(e: Expr) -> Expr:
    """The expression with names for bound variables that stand for nothing else."""
    if not has_endless(e):
        return e
    rebuilt = e.func(*(renamed(a) if isinstance(a, Expr) else a for a in e.args)) if e.args else e
    return unmistakable(rebuilt) if is_endless(rebuilt) else rebuilt


def _split(goal: Goal, asked: Expr, decide: Decide) -> Verdict | None:
    """The verdict put together from those where an expression is positive, negative and zero."""
    place = _borders(asked, goal.domain)
    if place is None:
        return _split_union(goal, asked, decide)
    x, borders = place
    values = goal.domain.set_of(x)
    parts = [part for part in open_parts(values, borders) if not part.is_empty]
    verdicts = []
    there = (witnesses.moved(decide(goal.at({x: b})), {x: b}) for b in borders)
    for verdict in itertools.chain(there, (decide(goal.on(x, part)) for part in parts)):
        verdicts.append(verdict)
        if not verdicts[-1].holds:
            return verdicts[-1] if verdicts[-1].outcome is Outcome.REFUTED and verdicts[-1].witness else None
    return _of_cases(asked, verdicts)


def _of_cases(asked: Expr, verdicts: list[Verdict]) -> Verdict:
    what = f"the sign of {_shown(asked)}"
    return all_of(verdicts, f"cases of {what}", before=f"split by {what} into ")


def _split_union(goal: Goal, asked: Expr, decide: Decide) -> Verdict | None:
    """The verdict put together from those on the intervals of which the values of a variable consist."""
    for x in sorted(asked.free_symbols, key=str):
        values = goal.domain.set_of(x)
        if isinstance(values, sympy.Union):
            verdicts = [decide(goal.on(x, part)) for part in values.args]
            return all_of(verdicts, f"parts of the domain of {x}", "part") if all(v.holds for v in verdicts) else None
    return _split_jointly(goal, asked, decide)


def _split_jointly(goal: Goal, asked: Expr, decide: Decide) -> Verdict | None:
    """The verdict from those where one variable is larger than an expression in others, smaller, and equal to it."""
    for x in sorted(asked.free_symbols & set(goal.variables), key=str):
        if goal.domain.set_of(x) != S.Reals or goal.domain.conditions or not asked.is_polynomial(x):
            continue
        rate = sympy.diff(asked, x)
        if not rate.is_Rational or rate == 0 or not all(facts.is_real(s) for s in asked.free_symbols):
            continue
        border = sized.expand(x - asked / rate)
        cases = [
            replace(goal, domain=Domain(goal.domain.sets, (kind(x, border),)), written=())
            for kind in (sympy.StrictGreaterThan, sympy.StrictLessThan)
        ]
        verdicts = [decide(goal.at({x: border}))]
        for case in cases:
            if verdicts[-1].holds:
                verdicts.append(decide(case))
        return _of_cases(asked, verdicts) if all(v.holds for v in verdicts) else None
    return None


def _borders(asked: Expr, domain: Domain) -> tuple[Symbol, list[Expr]] | None:
    """A variable, and the values of it where a factor of the expression vanishes."""
    for factor in sympy.Mul.make_args(sized.factor(asked)):
        base = factor.base if isinstance(factor, sympy.Pow) else factor
        free = [s for s in sorted(base.free_symbols, key=str) if s in domain.symbols]
        if len(free) != 1 or any(c.has(free[0]) for c in domain.conditions):
            continue
        values = domain.set_of(free[0])
        inside = [b for b in zeros(base, free[0], values) or () if facts.is_in(values, b) is True]
        if inside and len(inside) <= MOST_BORDERS:
            return free[0], inside
    return None


def _shown(e: Expr) -> str:
    text = sentences.shown(e)
    if text or e.func in _CALLED or e.free_symbols:
        return text or _CALLED.get(e.func, "an expression too long to be shown")
    digits = sentences.number(e, DIGITS)
    return f"about {digits}" if digits else "a number"


def _finite(e: sympy.Sum, known: Known) -> Expr:
    """The value of a sum to a variable end, far out; the sum where it is not known."""
    if len(e.limits) != 1 or not e.limits[0][1].is_Integer:
        return e
    k, low, high = e.limits[0]
    if known(high - low) not in (0, 1):
        return e
    found = finite_sum(e.function, k, low, high, known)
    return e if found is None else found


def _evaluated(e: Expr) -> Expr:
    """With derivatives carried out, which have no value at kinks."""
    try:
        return evaluated(e)
    except NotSmooth:
        raise NotFound from None


@dataclass
class Closer:
    """Puts values in the place of what has no end; `steps` tell which."""

    known: Known
    steps: list[str] = field(default_factory=list)

    def __call__(self, e: Expr) -> Expr:
        """The expression with values; NotFound, NoValue or Open if there is no such."""
        if not has_endless(e):
            return e
        if isinstance(e, Derivative):
            return self._derivative(e)
        if isinstance(e, sympy.Limit):
            inside, x, place, side = e.args
            return self._value(e, lambda: self._limit(self._inside(inside, x, S.Reals), x, place, str(side)))
        if isinstance(e, sympy.Sum | sympy.Product | sympy.Integral):
            return self._over_range(e)
        return e.func(*(self(a) if isinstance(a, Expr) else a for a in e.args))

    def defined(self, e: Expr) -> Expr:
        """What has a value where the expression has one: for an integral that certainly has one, a number."""
        if asks_for_values(e):
            if not have_values(e, self.known):
                raise NotFound
            return S.Zero
        if isinstance(e, sympy.Integral) and len(e.limits) == 1 and not has_endless(e.function):
            t, *ends = e.limits[0]
            is_proper = all(end.is_finite or (end.free_symbols and not end.is_infinite) for end in ends)
            if is_proper and self.known.is_continuous(e.function, t, S.Reals):
                return S.Zero if all(map(self.known.has_value, ends)) else e
        return self(e)

    def _inside(self, e: Expr, x: Symbol, values: Set) -> Expr:
        """What stands within, with values that hold wherever the bound variable is."""
        if not has_endless(e):
            return _evaluated(e)
        inner = Closer(self.known.within(x, values))
        value = inner(e)
        self.steps += inner.steps
        return _evaluated(value)

    def _value(self, e: Expr, find: Callable[[], Found]) -> Expr:
        found = find()
        if found.value is None:
            raise NoValue(f"{_shown(e)} has no value, because {found.why}")
        if not all(self.known.has_value(c) for c in (*found.constants, found.value)):
            raise NotFound
        self.steps.append(f"{_shown(e)} = {_shown(found.value)}{' by ' + found.why if found.why else ''}")
        return found.value

    def _limit(self, e: Expr, x: Symbol, place: Expr, side: str) -> Found:
        if has_endless(place):
            raise NotFound
        if e.has(sympy.Sum, sympy.Product) and place is S.Infinity:
            whole = S.Integers if x.is_integer else S.Reals
            far = self.known.within(x, meet(whole, Interval(FAR, S.Infinity)))
            e = closed(e, far.domain).replace(lambda part: isinstance(part, sympy.Sum), lambda part: _finite(part, far))
        if e.has(sympy.I):
            return self._limit_in_parts(e, x, place, side)
        return limit(e, x, place, side, self.known)

    def _limit_in_parts(self, e: Expr, x: Symbol, place: Expr, side: str) -> Found:
        parts = in_parts(e, Signs(self.known.within(x, S.Reals).domain))
        if parts is None:
            raise NotFound
        real, imaginary = (limit(part, x, place, side, self.known) for part in parts)
        if real.value is None or imaginary.value is None:
            return real if real.value is None else imaginary
        return Found(real.value + sympy.I * imaginary.value, real.why, (*real.constants, *imaginary.constants))

    def _over_range(self, e: Expr) -> Expr:
        *inner, last = e.limits
        if len(last) != 3:
            raise NotFound
        x, low, high = last[0], *map(self, last[1:])
        known = all(end.is_number and facts.is_end(end) for end in (low, high))
        values = Interval(low, high) if known else S.Reals
        if values.is_empty:  # it runs backwards
            values = Interval(high, low)
        if facts.is_integer(x):
            values = meet(values, S.Integers)
        of = e.func(e.function, *inner) if inner else e.function
        of = self._inside(of, x, values)
        whole = e.func(of, (x, low, high))
        if not is_endless(whole):
            return whole
        if len(whole.limits) != 1:
            raise NotFound
        find = _OVER_RANGE.get(e.func)
        if find is None:
            raise NotFound
        return self._value(whole, lambda: find(of, x, low, high, self.known))

    def _derivative(self, e: Derivative) -> Expr:
        """Of an integral in its end; else of the value, where that holds on both sides of every point."""
        if isinstance(e.expr, sympy.Integral) and len(e.variables) == 1:
            found = self._slope_of_integral(e.expr, e.variables[0])
            if found is not None:
                self.steps.append(f"{_shown(e)} = {_shown(found)}, because the integrand is continuous")
                return found
        for x in e.variables:
            values = self.known.domain.set_of(x)
            if not values.is_open or any(c.has(x) for c in self.known.domain.conditions):
                raise NotFound
        return Derivative(self(e.expr), *e.variable_count)

    def _slope_of_integral(self, e: sympy.Integral, x: Symbol) -> Expr | None:
        if len(e.limits) != 1 or len(e.limits[0]) != 3:
            return None
        t, low, high = e.limits[0]
        if e.function.has(x) or has_endless(e.function) or not self.known.is_continuous(e.function, t, S.Reals):
            return None
        if any(not end.is_finite and not end.free_symbols for end in (low, high)):
            return None
        moving = [activations.expand(end) for end in (low, high) if end.has(x)]
        if not all(bounds.is_smooth(end, x, self.known.domain) for end in moving):
            return None  # the integral may have a slope where an end of it has none
        upper, lower = (
            e.function.xreplace({t: end}) * (end.diff(x) if end.is_polynomial(x) else Derivative(end, x))
            for end in (high, low)
        )
        return upper - lower
