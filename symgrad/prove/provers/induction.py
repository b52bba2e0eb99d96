"""Sums and products for all T: the first case, then the step from T to T + 1 with the last term split off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import sympy
from sympy import Dummy, Expr, Product, S, Sum, Symbol

from symgrad import activations
from symgrad.base import sized
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.sets import is_of_integers
from symgrad.prove.certain import side_conditions
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places import branch_cuts, witnesses
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds
from symgrad.prove.special.ring import NoNormalForm, Quotient

METHOD = "induction"
MOST_UNFOLDED = 12
Indexed: TypeAlias = Sum | Product


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED by induction on an integer variable that stands in the limits of a sum or product."""
    if goal.op == "!=":
        return _by_direction(goal, decide)
    goal = goal.mapped(prepared)
    nodes = indexed_nodes(goal.relation.lhs) | indexed_nodes(goal.relation.rhs)
    if not nodes:
        return None
    unfolded = {node: unfolded_node(node) for node in nodes}
    if any(node != short for node, short in unfolded.items()):
        return decide(goal.mapped(lambda e: e.xreplace(unfolded)))
    closed = _closed_forms(nodes, goal, decide)
    if closed:
        return decide(goal.mapped(lambda e: e.xreplace(closed)))
    for variable in goal.variables:
        start = start_of(goal.domain, variable)
        if start is not None and any(node.has(variable) for node in nodes):
            verdict = _by_induction(goal, variable, start, nodes, decide)
            if verdict is not None:
                return side_conditions.settle(verdict, goal, (), decide)
    return None


def _by_direction(goal: Goal, decide: Decide) -> Verdict | None:
    """Sides that differ at n may meet at n + 1 wherever they differ: they never do where one is always the larger."""
    if not any(side.has(Sum, Product) for side in goal.relation.expressions):
        return None
    for op in (">", "<"):
        found = decide(goal.about(replace(goal.relation, op=op)))
        if found.holds:
            return found
    return None


def _closed_forms(nodes: set[Indexed], goal: Goal, decide: Decide) -> dict[Indexed, Expr]:
    """Sums of polynomials by Faulhaber's formula where several sums meet; each is proved before it is used."""
    found: dict[Indexed, Expr] = {}
    for node in nodes if len(nodes) > 1 else ():
        if isinstance(node, Sum) and len(node.limits) == 1 and node.function.is_polynomial(*node.limits[0][:1]):
            closed = node.doit()
            if not closed.has(Sum) and decide(goal.about(Relation(node, "==", closed))).holds:
                found[node] = closed
    return found


def indexed_nodes(e: Expr) -> set[Indexed]:
    """The sums and products in an expression."""
    return set(e.atoms(Sum, Product))


def start_of(domain: Domain, variable: Symbol) -> Expr | None:
    """The least value of an integer variable: of its set, or by one joint condition such as k <= T."""
    values = domain.set_of(variable)
    if not is_of_integers(values):
        return None
    above = [c for c in domain.conditions if not isinstance(c, sympy.Eq | sympy.Ne) and c.gts == variable]
    if any(c.has(variable) and c not in above for c in domain.conditions):
        return None
    if not above:
        return values.inf if values.inf.is_finite else None
    if len(above) > 1 or not facts.is_integer(above[0].lts):
        return None
    strict = isinstance(above[0], sympy.StrictLessThan | sympy.StrictGreaterThan)
    low = above[0].lts + (1 if strict else 0)
    return low if _reaches(low, values.inf, domain) else None


def _reaches(low: Expr, least: Expr, domain: Domain) -> bool:
    """Whether the lower bound by a condition is never below that of the set."""
    if least.is_infinite or facts.is_nonnegative(low - least):
        return True
    found = bounds.sign_of(low - least, domain)
    return found is not None and found.sign == 1


def _by_induction(goal: Goal, n: Symbol, start: Expr, nodes: set[Indexed], decide: Decide) -> Verdict | None:
    base = decide(case_at(goal, n, start))
    if not base.holds:
        return witnesses.moved(base, {n: start}) if base.outcome is Outcome.REFUTED else None
    values = goal.domain.set_of(n)
    domain = goal.domain if values.inf.is_finite else _from(goal.domain, n, start)
    advanced = {node: advanced_node(node, n, domain) for node in nodes if node.has(n)}
    if any(new is None or not is_never_short(node, domain) for node, new in advanced.items()):
        return None
    stand_ins = {node: Dummy(f"S{i}", real=True) for i, node in enumerate(sorted(nodes, key=str))}
    step = _Step(goal, n, stand_ins, {node: new for node, new in advanced.items() if new is not None})
    proved = step.decided(domain, decide)
    if proved is None or not proved.holds:
        return None
    evidence = f"it holds at {sentences.place(n, start)}, and if at {n} then at {n} + 1, with the last term split off"
    return replace(all_of([base, proved], METHOD), evidence=evidence)


def case_at(goal: Goal, n: Symbol, value: Expr) -> Goal:
    """The goal at one integer, with its short sums and products written out."""
    return goal.at({n: value}).mapped(lambda e: e.xreplace({node: unfolded_node(node) for node in indexed_nodes(e)}))


def _from(domain: Domain, n: Symbol, start: Expr) -> Domain:
    return domain.restricted(n, sympy.Range(start, sympy.oo)) if start.is_Integer else domain


@dataclass(frozen=True)
class _Step:
    """The step of one induction; sums at n are stand-ins, of which the hypothesis eliminates one."""

    goal: Goal
    n: Symbol
    stand_ins: dict[Indexed, Dummy]
    advanced: dict[Indexed, Expr]

    def decided(self, domain: Domain, decide: Decide) -> Verdict | None:
        now = self._difference(self._hidden)
        later = self._difference(self._moved)
        if not (now.is_rational_function(*self.stand_ins.values()) or self._sums_are_real(domain)):
            return None
        held = tuple((dummy, S.Reals) for dummy in self.stand_ins.values())
        wider = Domain((*domain.sets, *held), domain.conditions)
        if self.goal.op != "==":
            return decide(Goal(Relation(later - now, _weak(self.goal.op), S.Zero), wider))
        for dummy in self.stand_ins.values():
            factor = factor_between(now, later, dummy, wider)
            if factor is not None:
                left, right = later.subs(dummy, S.Zero), (factor * now).subs(dummy, S.Zero)
                return decide(Goal(Relation(left, "==", right), wider))
        return None

    def _sums_are_real(self, domain: Domain) -> bool:
        """Whether the sums certainly are what their stand-ins are taken for."""
        signs = Signs(domain)
        return all(branch_cuts.is_certainly_real(activations.expand(node.function), signs) for node in self.stand_ins)

    def _difference(self, change) -> Expr:  # type: ignore[no-untyped-def]
        return change(self.goal.relation.lhs) - change(self.goal.relation.rhs)

    def _hidden(self, e: Expr) -> Expr:
        return e.xreplace(self.stand_ins)

    def _moved(self, e: Expr) -> Expr:
        """The expression at n + 1, in terms of the sums at n."""
        marks = {node: Dummy(real=True) for node in self.stand_ins}
        shifted = e.xreplace(marks).subs(self.n, self.n + 1)
        back = {marks[node]: self.advanced.get(node, node) for node in self.stand_ins}
        return self._hidden(shifted.xreplace(back))


def factor_between(now: Expr, later: Expr, dummy: Symbol, domain: Domain) -> Expr | None:
    """The factor m for which later - m*now is free of a variable, if both are affine in it; zero is zero m times."""
    before, after = sympy.diff(now, dummy), sympy.diff(later, dummy)
    if before == 0 or before.has(dummy) or after.has(dummy):
        return None
    tower = Tower(Signs(domain))
    try:
        (quotient,) = tower.normal(after / before)
    except NoNormalForm:
        return None
    below = tower.expression(Quotient(quotient.denominator))
    if not all(e.is_number or bounds.never_zero(e, domain) for e in (below, *tower.nonzero)):
        return None
    return tower.expression(quotient)


def _weak(op: str) -> str:
    return {"<": "<=", ">": ">="}.get(op, op)


def prepared(e: Expr) -> Expr:
    """Sums of sums split into their terms, with factors that do not hold the index in front."""
    if not e.has(Sum, Product):
        return e
    if isinstance(e, Sum):
        function, limits = _outermost(e)
        terms = []
        for term in sympy.Add.make_args(sized.expand(prepared(function), power_exp=False, log=False)):
            outside, inside = term.as_independent(limits[0], as_Add=False)
            terms.append(outside * Sum(inside, limits))
        return sympy.Add(*terms)
    if isinstance(e, Indexed) or not e.args:
        return e
    return e.func(*(prepared(a) if isinstance(a, Expr) else a for a in e.args))


def _outermost(node: Indexed) -> tuple[Expr, sympy.Tuple]:
    """What is summed over the outermost index, which may be a sum itself; and the limits of that index."""
    *inner, limits = node.limits
    return (node.func(node.function, *inner) if inner else node.function), limits


def unfolded_node(node: Indexed) -> Expr:
    """The terms written out where their number is small; the node itself elsewhere."""
    function, limits = _outermost(node)
    if len(limits) != 3:
        return node
    index, low, high = limits
    count = sized.expand(high - low + 1)
    if not count.is_Integer or count > MOST_UNFOLDED:
        return node
    terms = [function.subs(index, low + j) for j in range(int(count))]
    return sympy.Add(*terms) if isinstance(node, Sum) else sympy.Mul(*terms)


def is_never_short(node: Indexed, domain: Domain) -> bool:
    """Whether the range has a number of terms that is not negative, so that it grows by what is split off."""
    _, low, high = node.limits[-1]  # of the outermost index, of which the last term is split off
    count = sized.expand(high - low + 1)
    if facts.is_nonnegative(count):
        return True
    found = bounds.sign_of(count, domain)
    return found is not None and found.sign == 1


def advanced_node(node: Indexed, n: Symbol, domain: Domain) -> Expr | None:
    """The sum or product at n + 1 in terms of the one at n."""
    function, limits = _outermost(node)
    if len(limits) != 3:
        return None
    index, low, high = limits
    later = function.subs(n, n + 1)
    ratio = _ratio(later, function, index, domain)
    more, fewer = (sized.expand(end.subs(n, n + 1) - end) for end in (high, low))
    if ratio is None or not (more.is_Integer and fewer.is_Integer and 0 <= more <= 4 and 0 <= fewer <= 4):
        return None
    new = [later.subs(index, high + j) for j in range(1, int(more) + 1)]
    old = [later.subs(index, low + j) for j in range(int(fewer))]
    if isinstance(node, Sum):
        return ratio * node + sympy.Add(*new) - sympy.Add(*old)
    return node * sympy.Mul(*new) / sympy.Mul(*old) if ratio == 1 else None


def _ratio(later: Expr, term: Expr, index: Symbol, domain: Domain) -> Expr | None:
    """later / term if the index is not in it: what all terms that stay are multiplied by."""
    if later == term:
        return S.One
    tower = Tower(Signs(domain))
    try:
        (quotient,) = tower.normal(later / term)
    except NoNormalForm:
        return None
    ratio = tower.expression(quotient)
    return None if ratio.has(index) or any(e.has(index) for e in tower.nonzero) else ratio
