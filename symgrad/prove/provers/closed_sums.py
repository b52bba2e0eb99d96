"""Closed forms of sums and products with symbolic limits, from the innermost to the outermost.

Each holds for a whole number of terms, none included, which the domain and the limits further out must say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy
from sympy import Derivative, Expr, Integral, Limit, Product, S, Subs, Sum, Symbol

from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import facts
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.certain import side_conditions
from symgrad.prove.signs import bounds
from symgrad.prove.signs.borders import open_parts

METHOD = "closed forms of sums"
HIGHEST = 8  # degree in the index
BINDING = (Derivative, Integral, Limit, Subs)


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED if the goal holds with closed forms in place of sums and products."""
    sides = goal.relation.expressions
    if not any(side.has(Sum, Product) for side in sides) or any(side.has(*BINDING) for side in sides):
        return None
    if any(not facts.is_real(s) for s in goal.variables):
        return None
    apart = _apart_from_one(goal, decide)
    if apart is not None:
        return apart
    changed = goal.mapped(lambda e: closed(e, goal.domain))
    if changed.relation == goal.relation:
        return None
    found = decide(changed)
    if not found.holds:
        return None
    evidence = f"with closed forms in place of the sums, {found.evidence}"
    verdict = Verdict(found.outcome, f"{METHOD}: {found.method}", evidence, side_conditions=found.side_conditions)
    return side_conditions.settle(verdict, goal, (), decide) if found.outcome is Outcome.PROVED else verdict


def _apart_from_one(goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict from the one where the ratio of a geometric sum, a variable, is not one, and from that at one."""
    sums = [s for side in goal.sides for s in side.atoms(Sum)]
    for ratio in dict.fromkeys(ratio_of(s.function, s.limits[0][0]) for s in sums):
        if ratio not in goal.domain.symbols or goal.domain.conditions:
            continue
        values = goal.domain.set_of(ratio)
        if facts.is_in(values, sympy.Integer(1)) is not True:
            continue
        verdicts = [decide(goal.on(ratio, part)) for part in open_parts(values, [S.One])]
        if all(v.holds for v in verdicts):
            verdicts.append(decide(goal.at({ratio: S.One})))
            before = f"split at {ratio} = 1 into "
            return all_of(verdicts, METHOD, before=before) if verdicts[-1].holds else None
    return None


def closed(e: Expr, domain: Domain) -> Expr:
    """The expression with the closed forms that are known on the domain."""
    if not e.has(Sum, Product):
        return e
    if not isinstance(e, Sum | Product):
        return e.func(*(closed(a, domain) if isinstance(a, Expr) else a for a in e.args))
    if not _are_plain(e.limits, domain):
        return e
    term = closed(e.function, _within(domain, e.limits))
    for place, (index, low, high) in enumerate(e.limits, 1):
        outside = _within(domain, e.limits[place:])
        run = _Run(term, index, low, high, outside)
        form = (run.sum() if isinstance(e, Sum) else run.product()) if run.is_counted() else None
        term = e.func(term, (index, low, high)) if form is None else form
    return term


def _are_plain(limits: Sequence[sympy.Tuple], domain: Domain) -> bool:
    """Whether all limits are whole numbers, and the indices are apart from each other and the variables."""
    indices = [limit[0] for limit in limits]
    if any(len(limit) != 3 for limit in limits) or len({*indices, *domain.symbols}) < len(indices) + len(
        domain.symbols
    ):
        return False
    return all(facts.is_integer(i) and facts.is_integer(low) and facts.is_integer(high) for i, low, high in limits)


def _within(domain: Domain, limits: Sequence[sympy.Tuple]) -> Domain:
    """The domain with the indices for variables."""
    sets, conditions = list(domain.sets), list(domain.conditions)
    for index, low, high in limits:
        sets.append((index, S.Integers))
        conditions += [sympy.Ge(index, low, evaluate=False), sympy.Le(index, high, evaluate=False)]
    return Domain(tuple(sets), tuple(conditions))


@dataclass(frozen=True)
class _Run:
    """The values of a term as its index runs from one number to another."""

    term: Expr
    index: Symbol
    low: Expr
    high: Expr
    domain: Domain

    def is_counted(self) -> bool:
        """Whether the number of terms certainly is not negative."""
        count = sized.expand(self.high - self.low + 1)
        found = None if facts.is_nonnegative(count) else bounds.sign_of(count, self.domain)
        return facts.is_nonnegative(count) or (found is not None and found.sign == 1)

    def product(self) -> Expr | None:
        return None if self.term.has(self.index) else self.term ** sized.expand(self.high - self.low + 1)

    def sum(self) -> Expr | None:
        if not self.term.has(self.index):
            return self.term * sized.expand(self.high - self.low + 1)
        forms = (self._of_polynomial, self._of_binomials, self._of_powers, self._of_weighted_powers, self._reversed)
        return next((found for form in forms if (found := form()) is not None), None)

    def _of_polynomial(self) -> Expr | None:
        """Faulhaber's formula: it vanishes for no terms, and grows by the term that is added."""
        k = self.index
        if not self.term.is_polynomial(k) or sympy.degree(self.term, k) > HIGHEST:
            return None
        end = sympy.Dummy("end", integer=True)
        found = sized.sum_of_powers(self.term, k, self.low, end)
        if found.has(Sum, sympy.Piecewise):
            return None
        gaps = found.subs(end, self.low - 1), found.subs(end, end + 1) - found - self.term.subs(k, end + 1)
        return found.subs(end, self.high) if all(sized.expand(gap) == 0 for gap in gaps) else None

    def _of_powers(self) -> Expr | None:
        """The geometric sum, where the ratio is not one, and not zero if there are negative powers."""
        k, ratio = self.index, ratio_of(self.term, self.index)
        if ratio is None or not (bounds.never_zero(1 - ratio, self.domain) or facts.is_nonzero(1 - ratio)):
            return None
        has_negative_powers = (self.term / ratio**k).has(k) or not facts.is_nonnegative(self.low)
        if has_negative_powers and not (facts.is_nonzero(ratio) or bounds.never_zero(ratio, self.domain)):
            return None
        count = sized.expand(self.high - self.low + 1)
        return self.term.subs(k, self.low) * (1 - ratio**count) / (1 - ratio)

    def _of_binomials(self) -> Expr | None:
        """The binomial theorem: the sum of C(n, k) k(k-1)…(k-j+1) x^k y^(n-k) is n(n-1)…(n-j+1) x^j (x + y)^(n-j)."""
        n, k = self.high, self.index
        chosen = sympy.binomial(n, k)
        rest = self.term / chosen
        if self.low != 0 or not self.term.has(chosen) or rest.has(chosen):
            return None
        split = _powers(rest, n, k)
        if split is None or sympy.degree(split[0], k) > HIGHEST:
            return None
        polynomial, x, y = split
        weights = _by_falling_factorials(polynomial, k)
        if sized.expand(x + y) == 0:
            is_some = bounds.sign_of(n, self.domain)
            return S.Zero if len(weights) == 1 and is_some and is_some.strict and is_some.sign == 1 else None
        if len(weights) > 1 and not bounds.never_zero(x + y, self.domain) and not facts.is_nonzero(x + y):
            return None
        terms = (w * sympy.ff(n, j).expand(func=True) * x**j * (x + y) ** (n - j) for j, w in enumerate(weights))
        return sympy.Add(*terms)

    def _of_weighted_powers(self) -> Expr | None:
        """The sum of p(k)*r^k, which is q(n + 1)*r^(n + 1) - q(m)*r^m for the q with r*q(k + 1) - q(k) = p(k)."""
        k = self.index
        split = _weighted(self.term, k)
        if split is None or not 0 < sympy.degree(split[0], k) <= HIGHEST:
            return None
        polynomial, powers = split
        ratio = sympy.Mul(*(base**rate for base, rate, _ in powers))
        if (
            ratio.has(k)
            or not facts.is_real(ratio)
            or not (bounds.never_zero(1 - ratio, self.domain) or facts.is_nonzero(1 - ratio))
        ):
            return None
        for base, rate, offset in powers:
            has_whole_powers = rate > 0 and facts.is_nonnegative(rate * self.low + offset)
            if not (has_whole_powers or facts.is_nonzero(base) or bounds.never_zero(base, self.domain)):
                return None
        weights = _summed_weights(polynomial, ratio, k)
        if weights is None:
            return None
        ends = [(1, self.high + 1), (-1, self.low)]
        return sympy.Add(
            *(
                sign
                * weights.subs(k, end)
                * sympy.Mul(*(base ** sized.expand(rate * end + c) for base, rate, c in powers))
                for sign, end in ends
            )
        )

    def _reversed(self) -> Expr | None:
        """The same terms from the last to the first, where they then do not speak of the last."""
        ends = self.high.free_symbols & self.term.free_symbols
        if not ends:
            return None
        term = self.term.xreplace({self.index: self.low + self.high - self.index})
        term = term.replace(lambda e: isinstance(e, Expr) and not e.is_Atom, sympy.expand)
        return None if term.free_symbols & ends else Sum(term, (self.index, self.low, self.high))


def ratio_of(term: Expr, k: Symbol) -> Expr | None:
    """The ratio of neighbouring terms, where it is the same for all."""
    ratio = sized.powsimp(sized.expand(term.subs(k, k + 1) / term))
    return ratio if ratio.free_symbols and not ratio.has(k) and facts.is_real(ratio) else None


def _powers(e: Expr, n: Expr, k: Symbol) -> tuple[Expr, Expr, Expr] | None:
    """What makes the expression p(k) x^k y^(n-k), with p a polynomial."""
    polynomial, x, y = S.One, S.One, S.One
    for factor in sympy.Mul.make_args(e):
        base, exponent = factor.as_base_exp()
        if factor.is_polynomial(k):
            polynomial *= factor
        elif base.has(k):
            return None
        elif (exponent / k).is_Integer and facts.is_positive(exponent / k):
            x *= base ** (exponent / k)
        elif sized.cancel(exponent / (n - k)).is_Integer and facts.is_positive(sized.cancel(exponent / (n - k))):
            y *= base ** sized.cancel(exponent / (n - k))
        else:
            return None
    return polynomial, x, y


def _weighted(e: Expr, k: Symbol) -> tuple[Expr, list[tuple[Expr, Expr, Expr]]] | None:
    """What makes the expression p(k) times powers of bases to exponents rate*k + offset, with p a polynomial."""
    polynomial: Expr = S.One
    powers: list[tuple[Expr, Expr, Expr]] = []
    for factor in sympy.Mul.make_args(e):
        base, exponent = factor.as_base_exp()
        if factor.is_polynomial(k):
            polynomial *= factor
            continue
        rate = sympy.diff(exponent, k)
        offset = sized.expand(exponent - rate * k)
        if base.has(k) or offset.has(k) or not (rate.is_Integer and facts.is_integer(offset)):
            return None
        powers.append((base, rate, offset))
    return (sized.expand(polynomial), powers) if powers else None


def _summed_weights(polynomial: Expr, ratio: Expr, k: Symbol) -> Expr | None:
    """The polynomial q in k with ratio*q(k + 1) - q(k) = p(k), from its highest power down; checked at the end."""
    r = sympy.Dummy("r")
    rest, found = sized.expand(polynomial), S.Zero
    for degree in range(sympy.degree(rest, k), -1, -1):
        lead = sized.cancel(rest.coeff(k, degree) / (r - 1))
        found += lead * k**degree
        rest = sized.expand(rest - lead * (r * (k + 1) ** degree - k**degree))
        rest = sympy.collect(rest, k, sympy.cancel)
    gap = r * found.subs(k, k + 1) - found - polynomial
    return found.xreplace({r: ratio}) if sized.cancel(gap) == 0 else None


def _by_falling_factorials(polynomial: Expr, k: Symbol) -> list[Expr]:
    """The coefficients of a polynomial by k(k-1)…(k-j+1), from its differences at 0."""
    weights: list[Expr] = []
    difference = sized.expand(polynomial)
    while difference != 0:
        weights.append(difference.subs(k, 0) / sympy.factorial(len(weights)))
        difference = sized.expand(difference.subs(k, k + 1) - difference)
    return weights
