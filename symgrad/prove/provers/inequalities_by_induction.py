"""Inequalities for all integers from some on: what holds at n, times what is not negative, gives what holds at n + 1.

With X for a power, a factorial, a sum or a product at n, let a claim be p*X + q >= 0, and p'*X + q' >= 0 the claim at
n + 1. Where c = p'/p is not negative, and q' - c*q is not either, the second follows from the first. So Bernoulli's
inequality (1 - a)**n >= 1 - a*n follows with c = 1 - a from a**2*n >= 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy
from sympy import Dummy, Expr, Interval, Product, S, Sum, Symbol

from symgrad import activations
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import facts
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.certain import side_conditions
from symgrad.prove.places import branch_cuts, witnesses
from symgrad.prove.places.signs import Signs
from symgrad.prove.provers.induction import (
    METHOD,
    advanced_node,
    case_at,
    factor_between,
    is_never_short,
    prepared,
    start_of,
)
from symgrad.prove.provers.same_normal_form import differentiates_kinks
from symgrad.prove.signs import bounds
from symgrad.prove.signs.parts import in_sizes, multiplied

DIRECTIONS = {"<": 1, "<=": 1, ">": -1, ">=": -1}
MOST_FIRST = 4  # cases looked at one by one, before the step from each to the next holds
MOST_NODES = 4
LARGEST = 80  # operations
UNREAD = (sympy.Derivative, sympy.Integral, sympy.Limit, sympy.Subs, S.ImaginaryUnit, S.NaN)


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED by induction on an integer variable that stands in an exponent, a factorial, or the limits of a sum."""
    direction = DIRECTIONS.get(goal.op)
    if direction is None or differentiates_kinks(goal) or not all(map(facts.is_real, goal.variables)):
        return None
    difference = direction * (goal.rhs - goal.lhs)
    if difference.has(*UNREAD) or difference.count_ops() > LARGEST:
        return None
    difference = prepared(difference)
    for n in goal.variables:
        start = start_of(goal.domain, n)
        if start is not None and start.is_Integer and facts.is_integer(n):
            verdict = _by_induction(goal, difference, n, start, decide)
            if verdict is not None:
                return side_conditions.settle(verdict, goal, (), decide)
    return None


def _by_induction(goal: Goal, difference: Expr, n: Symbol, start: Expr, decide: Decide) -> Verdict | None:
    difference, domain = in_sizes(multiplied(difference, goal.domain), goal.domain)
    nodes = _nodes(difference, n)
    if not 0 < len(nodes) <= MOST_NODES:
        return None
    advanced = {node: _advanced(node, n, domain) for node in nodes}
    moved = {node: later for node, later in advanced.items() if later is not None}
    if len(moved) < len(advanced):
        return None
    step = _Step(difference, n, moved, goal.op in ("<", ">"))
    for first in range(MOST_FIRST):
        proved = step.decided(domain.restricted(n, sympy.Range(start + first, S.Infinity)), decide)
        if proved is not None:
            cases = [witnesses.moved(decide(case_at(goal, n, start + k)), {n: start + k}) for k in range(first + 1)]
            if not all(case.holds for case in cases):
                return next((case for case in cases if case.outcome is Outcome.REFUTED), None)
            shown = f"{n} = {start}" if not first else f"{n} from {start} to {start + first}"
            evidence = f"it holds at {shown}, and if at {n} then at {n} + 1, by factors that are not negative"
            return replace(all_of([*cases, proved], METHOD), evidence=evidence)
    return None


# --- what changes from n to n + 1 by a factor or a term -------------------------------------------------------------


def _nodes(e: Expr, n: Symbol) -> list[Expr]:
    """The outermost parts that are known at n + 1 by what they are at n."""
    found: dict[Expr, None] = {}
    pending = [e]
    while pending:
        part = pending.pop()
        if not part.has(n):
            continue
        if isinstance(part, Sum | Product) or _is_growing(part, n):
            found[part] = None
        else:
            pending.extend(a for a in part.args if isinstance(a, Expr))
    return sorted(found, key=str)


def _is_growing(e: Expr, n: Symbol) -> bool:
    if isinstance(e, sympy.factorial):
        return bool(e.args[0] == n)
    if isinstance(e, sympy.exp):
        return not sympy.diff(e.exp, n).has(n)
    if not isinstance(e, sympy.Pow) or e.base.has(n):
        return False
    rate = sympy.diff(e.exp, n)
    return bool(rate.is_Integer and rate and (facts.is_positive(rate) or facts.is_positive(e.base)))


def _advanced(node: Expr, n: Symbol, domain: Domain) -> Expr | None:
    """The part at n + 1 in terms of itself at n."""
    if isinstance(node, sympy.factorial):
        return (n + 1) * node
    if isinstance(node, sympy.Pow | sympy.exp):
        base, exponent = node.as_base_exp()
        return node * base ** sympy.diff(exponent, n)
    if node.has(sympy.oo) or not is_never_short(node, domain):
        return None
    return advanced_node(node, n, domain)


@dataclass(frozen=True)
class _Step:
    """The step of one induction, with variables for the growing parts at n."""

    difference: Expr
    n: Symbol
    advanced: dict[Expr, Expr]
    is_strict: bool

    def decided(self, domain: Domain, decide: Decide) -> Verdict | None:
        """The verdict on what the step needs, for the first of the parts by which it can be made."""
        named = {node: Dummy(f"X{k}", real=True) for k, node in enumerate(self.advanced)}
        now = self.difference.xreplace(named)
        marks = {node: Dummy(real=True) for node in self.advanced}
        later = self.difference.xreplace(marks).subs(self.n, self.n + 1)
        later = later.xreplace({marks[node]: value for node, value in self.advanced.items()}).xreplace(named)
        wider = Domain((*domain.sets, *((named[node], _values(node, domain)) for node in named)), domain.conditions)
        if not branch_cuts.is_certainly_real(activations.expand(now - later), Signs(wider)):
            return None
        for stand_in in named.values():
            factor = factor_between(now, later, stand_in, wider)
            if factor is None:
                continue
            rest = later.subs(stand_in, S.Zero) - factor * now.subs(stand_in, S.Zero)
            proved = self._follows(factor, rest, wider, decide)
            if proved is not None:
                return proved
        return None

    def _follows(self, factor: Expr, rest: Expr, domain: Domain, decide: Decide) -> Verdict | None:
        """Whether the later claim follows: factor and rest are not negative, and for a strict claim one is positive."""
        known = bounds.sign_of(factor, domain)
        if not facts.is_zero(factor) and (known is None or known.sign != 1):
            return None
        carries = known is not None and known.strict
        needed = decide(Goal(Relation(rest, ">" if self.is_strict and not carries else ">=", S.Zero), domain).trimmed())
        return needed if needed.holds else None


def _values(node: Expr, domain: Domain) -> Interval:
    """The values of a growing part as far as they are plain to see: powers of what is not negative are not either."""
    if isinstance(node, sympy.factorial):
        return Interval(1, S.Infinity)
    if not isinstance(node, sympy.Pow | sympy.exp):
        return Interval(-S.Infinity, S.Infinity)
    base = node.as_base_exp()[0]
    found = bounds.sign_of(base, Domain(tuple(p for p in domain.sets if base.has(p[0])), ()))
    if found is None or found.sign != 1:
        return Interval(-S.Infinity, S.Infinity)
    return Interval.open(0, S.Infinity) if found.strict else Interval(0, S.Infinity)
