"""Equal squares, and squares compared: for sides that a square root could have for a value.

Principal square roots lie in the right half of the plane: the real part is positive, or it is zero and the imaginary
part is not negative. Two numbers there with the same square are equal. And -r <= n, for n >= 0, where r**2 <= n**2.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr, Rational

from symgrad import activations
from symgrad.base import sized
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import facts
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.sets import without
from symgrad.prove.certain import side_conditions
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.roots import zeros
from symgrad.prove.places.signs import Signs
from symgrad.prove.provers.same_normal_form import differentiates_kinks
from symgrad.prove.signs import bounds

METHOD = "squares of both sides"
DIRECTIONS = {"<": "<", "<=": "<=", ">": "<", ">=": "<="}
HALF = Rational(1, 2)


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED from the squares of both sides, where that is enough."""
    if differentiates_kinks(goal) or not any(_has_root(e) for e in (goal.lhs, goal.rhs)):
        return None
    verdict = _equal(goal, decide) if goal.op == "==" else _compared(goal, decide)
    if verdict is None or not verdict.holds:
        return None
    return side_conditions.settle(_squared(verdict), goal, (), decide)


def _squared(verdict: Verdict) -> Verdict:
    evidence = f"once both sides are squared, {verdict.evidence}" if verdict.evidence else ""
    return replace(verdict, method=f"{METHOD}: {verdict.method}", evidence=evidence)


def _has_root(e: Expr) -> bool:
    e = activations.expand(e)
    return any(map(_is_root, e.atoms(sympy.Abs, sympy.Pow)))


def _expanded(e: Expr) -> Expr:
    """The expression as a sum, but for what stands under a root: a sum of squares shows that it is not negative."""
    for _ in range(2):  # squares of roots come free in the first round
        roots = {r: sympy.Dummy(real=True) for r in e.atoms(sympy.Abs, sympy.Pow) if _is_root(r)}
        back = {dummy: root for root, dummy in roots.items()}
        e = sized.expand(e.xreplace(roots)).xreplace(back)
    return e


def _is_root(e: Expr) -> bool:
    """Whether squaring makes it go away."""
    if isinstance(e, sympy.Abs):
        return facts.is_real(e.args[0])
    return bool(e.exp.is_Rational and e.exp.q == 2)


# --- equalities -------------------------------------------------------------------------------------------------


def _equal(goal: Goal, decide: Decide) -> Verdict | None:
    signs = Signs(goal.domain, bounds.DEEPER)
    left, right = activations.expand(goal.lhs), activations.expand(goal.rhs)
    if not (_is_principal(left, signs) and _is_principal(right, signs)):
        return None
    return decide(goal.about(Relation(left**2, "==", right**2)))


def _is_principal(e: Expr, signs: Signs) -> bool:
    """Whether a value certainly is one that a principal square root can have."""
    if is_nonnegative(e, signs):
        return True
    if e.is_Pow and e.exp.is_Rational and 0 < e.exp <= HALF:
        return True
    factors = [f for f in sympy.Mul.make_args(e) if not is_nonnegative(f, signs)]
    if all(f.is_Pow and f.exp == HALF for f in factors):
        return len(factors) == 1 or (len(factors) == 2 and _balance(factors[0].base, factors[1].base, signs))
    return _is_in_right_half(e, signs)


def _balance(p: Expr, q: Expr, signs: Signs) -> bool:
    """Whether p + q is real and not negative: the angles of p and q have opposite signs, and not both are pi."""
    return is_nonnegative(sized.expand(p + q), signs)


def _is_in_right_half(e: Expr, signs: Signs) -> bool:
    parts = branch_cuts.cartesian_parts(e, signs)
    if parts is None:
        return False
    u, v = parts
    if _is_positive(u, signs.domain):
        return True
    if len(e.free_symbols) != 1 or not u.free_symbols:
        return False
    return _is_right_of_border(u, v, signs)


def _is_right_of_border(u: Expr, v: Expr, signs: Signs) -> bool:
    """Whether u is positive on the domain but for some zeros, at which v is positive."""
    (x,) = u.free_symbols
    values = signs.domain.set_of(x)
    places = zeros(u, x, values)
    if places is None or not isinstance(values, sympy.Interval):
        return False
    inside = [z for z in places if facts.is_in(values, z) is not False]
    rest = signs.domain.restricted(x, without(values, inside))
    return _is_positive(u, rest) and all(facts.sign_at(v, {x: z}) == 1 for z in inside)


def _is_positive(u: Expr, domain: Domain) -> bool:
    found = bounds.sign_of(u, domain)
    return found is not None and found.strict and found.sign == 1


def is_nonnegative(e: Expr, signs: Signs) -> bool:
    """Whether an expression is plainly real and not negative wherever it has a value."""
    if isinstance(e, sympy.Abs) or facts.is_nonnegative(e.xreplace(signs.refined)):
        return True
    if not branch_cuts.is_certainly_real(e, signs):
        return False
    if isinstance(e, sympy.Pow) and e.exp.is_Rational and not e.exp.is_Integer:
        return True  # a root that is real is a principal one
    found = bounds.sign_of(e, signs.domain)
    return found is not None and found.sign == 1


# --- inequalities -----------------------------------------------------------------------------------------------


def _compared(goal: Goal, decide: Decide) -> Verdict | None:
    op = DIRECTIONS.get(goal.op)
    if op is None:
        return None
    small, large = (goal.lhs, goal.rhs) if goal.op == op else (goal.rhs, goal.lhs)
    signs = Signs(goal.domain, bounds.DEEPER)
    difference = _expanded(activations.expand(large - small))
    terms = sympy.Add.make_args(difference)
    if not all(branch_cuts.is_certainly_real(term, signs) for term in terms):
        return None
    plain = [term for term in terms if is_nonnegative(term, signs)]
    rest = [term for term in terms if term not in plain]
    if not rest and op == "<=":
        return Verdict(Outcome.PROVED, "no term is negative", "the difference is a sum of terms that are not negative")
    if not plain or not rest or not any(map(_has_root, terms)):
        return None
    left, right = (_expanded(sympy.Add(*part) ** 2) for part in (rest, plain))
    if _roots(_expanded(right - left)) >= _roots(difference):
        return None
    return decide(goal.about(Relation(left, op, right)))


def _roots(e: Expr) -> int:
    """In how many terms roots are left: squaring is to make them fewer."""
    return sum(map(_has_root, sympy.Add.make_args(e)))
