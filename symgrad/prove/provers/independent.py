"""Inequalities that hold whatever the values of their parts: bounds of products by bounds of the factors.

sigmoid(u) lies in (0, 1) wherever u is real. An inequality that holds for all numbers from (0, 1) in its place holds
for the values of sigmoid(u), too, however they depend on the other parts. So the parts become variables of their own,
factors of one of them become one variable with all values of the factor, and absolute values are taken of variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import sympy
from sympy import Derivative, Expr, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits

from symgrad import activations
from symgrad.balls import Tape, UnsupportedError, precision, rational, sign
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.derivatives import ROUGH
from symgrad.prove.basics.findings import Finding
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.sets import hull, meet
from symgrad.prove.certain import side_conditions
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.branch_and_bound import rational_below
from symgrad.prove.places.signs import Signs
from symgrad.prove.provers.logistic import by_variable
from symgrad.prove.provers.same_normal_form import differentiates_kinks
from symgrad.prove.signs import bounds
from symgrad.prove.signs.factor_values import joined
from symgrad.prove.signs.parts import NONNEGATIVE, Freed, by_value, in_sizes, mirrored, multiplied, with_size

METHOD = "bounds of the parts"
DIRECTIONS = {"<": 1, "<=": 1, ">": -1, ">=": -1}
LARGEST = 150  # operations
MOST_LEAVES = 12  # signs that are asked for in one attempt
MOST_VARIABLES = 6
MOST_TOLD = 5  # parts with their ranges
NEAR, CORNER_BITS = 1024, 64
UNREAD = (Derivative, ExprWithLimits, sympy.Subs, sympy.Limit, S.ImaginaryUnit, S.NaN)


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED or CERTIFIED if the inequality holds for all values of its parts, each apart from the others."""
    return _proved(goal, decide) if _is_for_this(goal) else None


def prove_others(goal: Goal, decide: Decide) -> Verdict | None:
    """The same for goals in one variable without functions of functions, which calculus often decides more sharply."""
    return _proved(goal, decide) if goal.variables and not _is_for_this(goal) else None


def _proved(goal: Goal, decide: Decide) -> Verdict | None:
    direction = DIRECTIONS.get(goal.op)
    if direction is None or differentiates_kinks(goal) or not all(map(facts.is_real, goal.variables)):
        return None
    difference = direction * (goal.rhs - goal.lhs)
    if difference.has(*UNREAD) or difference.count_ops() > LARGEST:
        return None
    is_strict = goal.op in ("<", ">")
    for free in (by_value, by_variable, _as_it_is):
        freed = free(difference, goal.domain)
        if freed is None or len(freed.domain.symbols) > MOST_VARIABLES:
            continue
        if not branch_cuts.is_certainly_real(activations.expand(freed.expression), Signs(freed.domain)):
            continue
        found = _Cases(is_strict).sign(freed.expression, freed.domain)
        if found is not None:
            return side_conditions.settle(_verdict(found, freed), goal, (), decide)
    return None


def _as_it_is(e: Expr, domain: Domain) -> Freed | None:
    """The expression itself, where there are absolute values to be taken apart."""
    return Freed(e, domain, ()) if e.has(sympy.Abs) else None


def _is_for_this(goal: Goal) -> bool:
    """Whether the sides hold functions in several variables, or within each other, or absolute values."""
    if len(goal.variables) > 1:
        return True
    return any(side.has(sympy.Abs) or _is_nested(side) for side in (goal.lhs, goal.rhs))


def _is_nested(e: Expr) -> bool:
    functions = e.atoms(sympy.Function, sympy.exp)
    return any(a.has(sympy.Function, sympy.exp) for f in functions for a in f.args)


def _verdict(found: Finding, freed: Freed) -> Verdict:
    evidence = _said(freed.shown)
    outcome = Outcome.PROVED if found.exact else Outcome.CERTIFIED
    return Verdict(outcome, METHOD, evidence)


def _said(shown: tuple[str, ...]) -> str:
    if not shown:
        return "the bound holds whatever the signs of what stands in absolute values"
    if len(shown) > MOST_TOLD:
        return f"the bound holds whatever values {sentences.counted(len(shown), 'function')} in it take in their ranges"
    return f"the bound holds for all {sentences.listed(shown)}"


@dataclass
class _Cases:
    """The signs of one difference in all cases of its absolute values."""

    is_strict: bool
    leaves: int = MOST_LEAVES

    def sign(self, e: Expr, domain: Domain) -> Finding | None:
        """That the expression is not negative, and not zero either if that is asked for; else None."""
        e = multiplied(e, domain)
        inner = next(_sums(e), None)
        if inner is not None:
            cases = [(e.xreplace({sympy.Abs(inner): sign * inner}), domain) for sign in (1, -1)]
            return self._by_triangle(e, inner, domain) or self._both(cases)
        e, domain = in_sizes(e, domain)
        for w in sorted({a.args[0] for a in e.atoms(sympy.Abs)}, key=str):
            return self._by_sign(e, w, domain)
        if e.has(*ROUGH):
            return None
        return self._plain(e, domain)

    def _by_sign(self, e: Expr, w: Symbol, domain: Domain) -> Finding | None:
        """With a variable for |w|, for each of the signs of w."""
        size = sentences.fresh(f"_abs_{w}", e, domain.symbols)
        values = hull(domain.set_of(w))
        cases = []
        for s, held in ((1, values), (-1, mirrored(values))):
            there = with_size(domain, w, size, meet(held, NONNEGATIVE))
            cases.append((e.xreplace({sympy.Abs(w): size, w: s * size}), there))
        return self._both(cases)

    def _by_triangle(self, e: Expr, inner: Expr, domain: Domain) -> Finding | None:
        """The absolute value of a sum by those of its parts, where a larger one makes the expression smaller."""
        size = sympy.Dummy("size", real=True)
        opened = e.xreplace({sympy.Abs(inner): size})
        weight = sympy.diff(opened, size)
        if weight.has(size):
            return None
        found = bounds.sign_by_algebra(*in_sizes(weight, domain))
        if found is None or found.sign != -1:
            return None
        parts = list(_parts_by_sign(inner, domain))
        if len(parts) < 2:
            return None
        larger = sympy.Add(*(sympy.Abs(part, evaluate=False) for part in parts))
        return self.sign(opened.xreplace({size: larger}), domain)

    def _both(self, cases: list[tuple[Expr, Domain]]) -> Finding | None:
        """The finding that all cases share; a case without a point says nothing."""
        found = []
        for e, domain in cases:
            if any(values.is_empty for _, values in domain.sets):
                continue
            found.append(self.sign(e, domain))
            if found[-1] is None:
                return None
        known = [f for f in found if f is not None]
        if not known:
            return None
        return Finding(1, all(f.strict for f in known), all(f.exact for f in known), known[0].how)

    def _plain(self, e: Expr, domain: Domain) -> Finding | None:
        if self.leaves == 0:
            return None
        self.leaves -= 1
        if facts.is_zero(e):
            return None if self.is_strict else Finding(1, False, True, "is zero")
        e, domain = joined(e, domain)
        if _fails_at_a_corner(e, domain):
            return None
        found = bounds.sign_by_algebra(e, domain)
        if found is None or found.sign != 1 or (self.is_strict and not found.strict):
            return None
        return found


def _fails_at_a_corner(e: Expr, domain: Domain) -> bool:
    """Whether the expression is negative next to a corner of its domain, which tells at once what does not hold."""
    ends = [_corners(values) for _, values in domain.sets]
    try:
        tape = Tape(e, domain.symbols)
    except UnsupportedError:
        return False
    with precision(CORNER_BITS):
        return any(sign(tape(*map(rational, corner))) == -1 for corner in product(*ends))


def _corners(values: sympy.Set) -> list[sympy.Rational]:
    """A rational number of the set next to either end."""
    low = -rational_below(-values.inf) if values.inf.is_finite else None
    high = rational_below(values.sup) if values.sup.is_finite else None
    if low is not None and high is not None:
        return [low + (high - low) / NEAR, high - (high - low) / NEAR]
    if low is not None:
        return [low + S.One / NEAR, low + NEAR]
    return [-S(NEAR), S(NEAR)] if high is None else [high - NEAR, high - S.One / NEAR]


# --- absolute values ----------------------------------------------------------------------------------------------


def _sums(e: Expr) -> Iterator[Expr]:
    """What stands in absolute values and is no variable, innermost first."""
    for a in sympy.postorder_traversal(e):
        if isinstance(a, sympy.Abs) and not isinstance(a.args[0], Symbol):
            yield a.args[0]


def _parts_by_sign(u: Expr, domain: Domain) -> Iterator[Expr]:
    """The terms of a sum put together by the variables in them that may have either sign."""
    groups: dict[frozenset[Symbol], list[Expr]] = {}
    for term in sympy.Add.make_args(sized.expand(u)):
        unsigned = frozenset(s for s in term.free_symbols if not _has_sign(domain.set_of(s)))
        groups.setdefault(unsigned, []).append(term)
    for terms in groups.values():
        yield sized.factor_terms(sympy.Add(*terms))


def _has_sign(values: sympy.Set) -> bool:
    return bool(facts.is_nonnegative(values.inf) or facts.is_nonpositive(values.sup))
