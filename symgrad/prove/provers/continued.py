"""Inverse functions beyond the interval on which they are real: equal real and imaginary parts, each by real functions.

An inverse function of a real or of an imaginary argument is one of a few real functions and a multiple of pi/2 away;
which, is told by where the argument lies. On a branch cut it has the value of the principal branch.

References
----------
NIST Digital Library of Mathematical Functions: 4.23.19-25, 4.37.16-24 (values on the cuts), 4.38 (imaginary arguments).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Derivative, Expr, I, S, pi
from sympy.concrete.expr_with_limits import ExprWithLimits

from symgrad import activations
from symgrad.language.statements import Relation
from symgrad.language.verdicts import Verdict
from symgrad.language.written import origin
from symgrad.prove.basics import facts
from symgrad.prove.basics.combine import all_of
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.certain import side_conditions
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds

METHOD = "equal real and imaginary parts"
MOST_FACTORS = 4
UNTOUCHED = (Derivative, ExprWithLimits, sympy.Piecewise, sympy.Limit, sympy.Subs)
Parts = tuple[Expr, Expr]


@dataclass(frozen=True)
class Branch:
    """The parts of a function where an expression in its argument is positive, or everywhere."""

    parts: Callable[[Expr], Parts]
    positive: Callable[[Expr], Expr] | None = None


def _between(u: Expr) -> Expr:
    return 1 - u**2


def _above(u: Expr) -> Expr:
    return u - 1


def _below(u: Expr) -> Expr:
    return -1 - u


ON_REAL: dict[type, tuple[Branch, ...]] = {
    sympy.asin: (
        Branch(lambda u: (pi / 2, -sympy.acosh(u)), _above),
        Branch(lambda u: (-pi / 2, sympy.acosh(-u)), _below),
    ),
    sympy.acos: (
        Branch(lambda u: (S.Zero, sympy.acosh(u)), _above),
        Branch(lambda u: (pi, -sympy.acosh(-u)), _below),
    ),
    sympy.acosh: (
        Branch(lambda u: (S.Zero, sympy.acos(u)), _between),
        Branch(lambda u: (sympy.acosh(-u), pi), _below),
    ),
    sympy.atanh: (
        Branch(lambda u: (sympy.atanh(1 / u), -pi / 2), _above),
        Branch(lambda u: (sympy.atanh(1 / u), pi / 2), _below),
    ),
    sympy.log: (Branch(lambda u: (sympy.log(-u), pi), lambda u: -u),),
}
ON_IMAGINARY: dict[type, tuple[Branch, ...]] = {
    sympy.asin: (Branch(lambda v: (S.Zero, sympy.asinh(v))),),
    sympy.acos: (Branch(lambda v: (pi / 2, -sympy.asinh(v))),),
    sympy.atan: (
        Branch(lambda v: (S.Zero, sympy.atanh(v)), _between),
        Branch(lambda v: (pi / 2, sympy.atanh(1 / v)), _above),
        Branch(lambda v: (-pi / 2, sympy.atanh(1 / v)), _below),
    ),
    sympy.asinh: (
        Branch(lambda v: (S.Zero, sympy.asin(v)), _between),
        Branch(lambda v: (sympy.acosh(v), pi / 2), _above),
        Branch(lambda v: (-sympy.acosh(-v), -pi / 2), _below),
    ),
    sympy.acosh: (
        Branch(lambda v: (sympy.asinh(v), pi / 2), lambda v: v),
        Branch(lambda v: (sympy.asinh(-v), -pi / 2), lambda v: -v),
    ),
    sympy.atanh: (Branch(lambda v: (S.Zero, sympy.atan(v))),),
    sympy.log: (
        Branch(lambda v: (sympy.log(v), pi / 2), lambda v: v),
        Branch(lambda v: (sympy.log(-v), -pi / 2), lambda v: -v),
    ),
}
# These have values at zero, where there is no reciprocal: only where the argument certainly is not zero.
RECIPROCALS = {**branch_cuts.RECIPROCALS, sympy.acot: sympy.atan, sympy.acoth: sympy.atanh}


class NoParts(Exception):
    """An expression of which the parts are not plain."""


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED if both sides have the same real and the same imaginary part, by real functions."""
    sides = [activations.expand(side) for side in goal.relation.expressions]
    if goal.op != "==" or not all(map(facts.is_real, goal.variables)) or any(s.has(*UNTOUCHED) for s in sides):
        return None
    signs = Signs(goal.domain, bounds.DEEPER)
    try:
        parts = [_parts(side, signs) for side in sides]
    except NoParts:
        return None
    if [re for re, _ in parts] == sides:
        return None  # they are real as they stand
    relations = [Relation(left, "==", right) for left, right in zip(*parts, strict=True) if left != right]
    verdicts = [decide(Goal(relation, goal.domain)) for relation in relations]
    if not all(v.holds for v in verdicts):
        return None
    return side_conditions.settle(all_of(verdicts, METHOD, "part"), goal, (), decide)


def _parts(e: Expr, signs: Signs) -> Parts:
    """The real and the imaginary part of an expression in real variables."""
    if e is I:
        return S.Zero, S.One
    if branch_cuts.is_certainly_real(e, signs):
        return e, S.Zero
    if isinstance(e, sympy.Add):
        parts = [_parts(term, signs) for term in e.args]
        return sympy.Add(*(re for re, _ in parts)), sympy.Add(*(im for _, im in parts))
    if isinstance(e, sympy.Mul):
        return _product([_parts(factor, signs) for factor in e.args])
    if isinstance(e, sympy.Pow) and e.exp.is_Rational:
        return _power(e.base, e.exp, signs)
    if not isinstance(e, sympy.Pow) and len(e.args) == 1:
        kind, argument = origin(e.func), e.args[0]
        if kind in RECIPROCALS:
            return _function(RECIPROCALS[kind], _inverse(_parts(argument, signs), signs), signs)
        if kind in ON_REAL or kind in ON_IMAGINARY:
            return _function(kind, _parts(argument, signs), signs)
    raise NoParts(str(e))


def _product(factors: list[Parts]) -> Parts:
    re, im = S.One, S.Zero
    for a, b in factors:
        re, im = re * a - im * b, re * b + im * a
    return re, im


def _inverse(parts: Parts, signs: Signs) -> Parts:
    a, b = parts
    if not any(signs.sign(part) in (1, -1) for part in parts):
        raise NoParts("what may be zero")
    if facts.is_zero(b):
        return 1 / a, S.Zero
    if facts.is_zero(a):
        return S.Zero, -1 / b
    return a / (a**2 + b**2), -b / (a**2 + b**2)


def _power(base: Expr, exponent: Expr, signs: Signs) -> Parts:
    if exponent.is_Integer and abs(exponent) <= MOST_FACTORS:
        parts = _product([_parts(base, signs)] * abs(int(exponent)))
        return parts if exponent > 0 else _inverse(parts, signs)
    re, im = _parts(base, signs)
    if exponent.q != 2 or not facts.is_zero(im) or signs.sign(re) != -1:
        raise NoParts(str(base**exponent))
    size = (-re) ** exponent  # of I**p times it, for an odd p
    return S.Zero, size if exponent.p % 4 == 1 else -size


def _function(kind: type, argument: Parts, signs: Signs) -> Parts:
    """The parts of an inverse function of a real or an imaginary argument."""
    re, im = argument
    if facts.is_zero(im):
        made = kind(re)
        if branch_cuts.is_certainly_real(made, signs):
            return made, S.Zero
        return _on_branch(ON_REAL.get(kind, ()), re, signs)
    if not facts.is_zero(re):
        raise NoParts("an argument neither real nor imaginary")
    return _on_branch(ON_IMAGINARY.get(kind, ()), im, signs)


def _on_branch(branches: tuple[Branch, ...], u: Expr, signs: Signs) -> Parts:
    found = next((b for b in branches if b.positive is None or signs.is_positive(b.positive(u))), None)
    if found is None:
        raise NoParts("where the argument lies is not plain")
    return found.parts(u)
