"""What is known of the variables of a goal, for expansions: signs on the domain, and whether constants have values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import sympy
from sympy import Expr, Interval, S, Symbol
from sympy.sets import Set

from symgrad import activations
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.basics.derivatives import ROUGH
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.sets import is_of_reals
from symgrad.prove.normal_form.on_domain import normal_form
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds
from symgrad.prove.signs.constants import constant_zero

LARGEST = 120  # operations of what is asked for


@dataclass(frozen=True)
class Known:
    """Signs of expressions in the variables of a domain.

    Examples
    --------
    >>> from sympy import Symbol, Interval, oo
    >>> a = Symbol("a", real=True)
    >>> known = Known(Domain(((a, Interval.open(0, oo)),)))
    >>> known(-a), known(a - 1)
    (-1, None)
    """

    domain: Domain

    def __call__(self, e: Expr) -> int | None:
        """1, 0 or -1 if that is the sign everywhere; else None."""
        if not e.free_symbols:
            known = constant_sign(e)
            return known if known else 0 if constant_zero(e) else None
        if e.count_ops() > LARGEST or not e.free_symbols <= set(self.domain.symbols):
            return None
        content, e = e.as_content_primitive()
        if content.is_Rational and content != 1:
            inside = self(e)
            return None if inside is None else inside * (1 if content > 0 else -1)
        plain = self._signs.sign(e)
        if plain is not None:
            return plain
        form = normal_form(e, self.domain)
        if form is not None and form[1].is_zero:
            return 0
        found = bounds.sign_of(e, self.domain)
        return found.sign if found is not None and found.strict else None

    @cached_property
    def _signs(self) -> Signs:
        return Signs(self.domain)

    def has_value(self, e: Expr) -> bool:
        """Whether an expression certainly has a value on the whole domain."""
        if e.has(S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
            return False
        return all(bounds.discharged(c, self.domain) for c in conditions(e))

    def within(self, x: Symbol, values: Set) -> Known:
        """The same with one more variable."""
        sets = tuple(sorted((*self.domain.sets, (x, values)), key=lambda pair: str(pair[0])))
        return Known(replace(self.domain, sets=sets))

    def is_continuous(self, e: Expr, x: Symbol, values: Set) -> bool:
        """Whether an expression certainly is a continuous function of x on an interval, wherever the variables are."""
        expanded = activations.expand(e)
        if expanded.has(*_JUMPING):
            return False
        there = self.within(x, values)
        return there.has_value(e) and branch_cuts.crosses_none(expanded, Signs(there.domain))

    def is_smooth(self, e: Expr, x: Symbol, values: Set) -> bool:
        """Whether an expression certainly has a continuous derivative in x on an interval."""
        return bounds.is_smooth(activations.expand(e), x, self.within(x, values).domain)

    def reach(self, low: Expr, high: Expr) -> Interval:
        """An interval around all numbers between two ends, of which the first is the smaller."""
        return Interval(self._extreme(low, -1), self._extreme(high, 1))

    def around(self, *ends: Expr) -> Interval | None:
        """An interval around ends in any order, with all that they may be; None where their order is not certain."""
        low, high = (_extreme_of([self._extreme(end, way) for end in ends], way) for way in (-1, 1))
        if low is None or high is None:
            return None
        is_open = [not any(end == extreme or self.attains(end, extreme) for end in ends) for extreme in (low, high)]
        return Interval(low, high, *is_open)

    def attains(self, end: Expr, extreme: Expr) -> bool:
        """Whether a variable end of a range may be as far out as that."""
        return isinstance(end, Symbol) and facts.is_in(self.domain.set_of(end), extreme) is True

    def _extreme(self, end: Expr, direction: int) -> Expr:
        if not end.free_symbols:
            return end
        if isinstance(end, Symbol) and end in self.domain.symbols:
            values = self.domain.set_of(end)
            if is_of_reals(values):
                return values.inf if direction < 0 else values.sup
        return S.Infinity * direction


def _extreme_of(numbers: list[Expr], way: int) -> Expr | None:
    """The largest number, or the smallest where the way is -1; None where that is not certain."""
    best, *others = numbers
    for number in others:
        beyond = _sign_between(number, best)
        if beyond is None:
            return None
        best = number if beyond == way else best
    return best


def _sign_between(first: Expr, second: Expr) -> int | None:
    if first == second:
        return 0
    for end, sign in ((first, 1), (second, -1)):
        if end.is_infinite:
            return sign if end is S.Infinity else -sign
    return constant_sign(first - second)


def tightened(domain: Domain) -> Domain:
    """The same points, with sets that know what is said of two variables: b > 0 where 0 < a < b."""
    sets = dict(domain.sets)
    for _ in domain.sets:
        for condition in domain.conditions:
            if isinstance(condition, sympy.Eq | sympy.Ne):
                continue
            small, large = condition.lts, condition.gts
            if not all(isinstance(sets.get(s), Interval) for s in (small, large)):
                continue
            is_open = isinstance(condition, sympy.StrictLessThan | sympy.StrictGreaterThan)
            below, above = sets[small], sets[large]
            if _sign_between(below.inf, above.inf) == 1:
                sets[large] = Interval(below.inf, above.sup, is_open or below.left_open, above.right_open)
            if _sign_between(above.sup, below.sup) == -1:
                sets[small] = Interval(below.inf, above.sup, below.left_open, is_open or above.right_open)
    return replace(domain, sets=tuple((s, sets[s]) for s, _ in domain.sets))


_JUMPING = (*branch_cuts.JUMPING, *(kind for kind in ROUGH if kind not in (sympy.Abs, sympy.Max, sympy.Min)))
