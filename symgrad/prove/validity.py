"""Whether conditions hold on a whole domain, as far as signs tell."""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Derivative, Expr, S, Symbol
from sympy.core.relational import Relational

from symgrad import activations
from symgrad.prove import cuts
from symgrad.prove.conditions import Condition, conditions
from symgrad.prove.derivatives import ROUGH, evaluated
from symgrad.prove.findings import Look
from symgrad.prove.signs import Signs
from symgrad.statements import Domain


def discharged(condition: Condition, domain: Domain, look: Look) -> bool:
    """Whether the condition certainly holds on the whole domain."""
    condition = _evaluated(condition)
    if any(_excludes(c, _without_power(condition.nonzero)) for c in domain.conditions):
        return True
    if condition.positive is not None and not condition.positive.has(S.ImaginaryUnit):
        found = look(condition.positive, domain)
        if found is not None and found.strict and found.sign == 1:
            return True
    if condition.nonnegative and all(_is_nonnegative(e, domain, look) for e in condition.nonnegative):
        return True
    return never_zero(condition.nonzero, domain, look)


def _without_power(e: Expr) -> Expr:
    """The base of a power with a positive exponent, which is zero where the power is."""
    return e.base if isinstance(e, sympy.Pow) and e.exp.is_Rational and e.exp.is_positive else e


def _evaluated(condition: Condition) -> Condition:
    """The condition with its derivatives evaluated; that they exist is a condition of its own."""
    return replace(condition, nonzero=evaluated(condition.nonzero)) if condition.nonzero.has(Derivative) else condition


def _is_nonnegative(expression: Expr, domain: Domain, look: Look) -> bool:
    if expression.is_nonnegative:
        return True
    found = look(expression, domain)
    return found is not None and found.sign == 1


def _excludes(condition: Relational, expression: Expr) -> bool:
    if not isinstance(condition, sympy.Ne | sympy.StrictLessThan | sympy.StrictGreaterThan):
        return False
    asked, said = (
        sympy.expand(e).as_content_primitive()[1] for e in (expression, condition.lhs - condition.rhs)
    )  # fmt: skip
    return asked in (said, sympy.expand(-said))


def hull(values: sympy.Set) -> sympy.Set:
    """An interval around a set of integers; any other set as it is."""
    return sympy.Interval(values.inf, values.sup) if values.is_subset(S.Integers) else values


def between_integers(expression: Expr, domain: Domain, *integers: Symbol) -> tuple[Expr, Domain]:
    """The expression and the domain with variables that also run through what lies between their integers.

    What is odd is no zero at integers, and yet a pole between them.
    """
    reals: dict[Expr, Expr] = {s: Symbol(s.name, real=True) for s in integers if s.is_integer}
    sets = tuple((reals[s], hull(v)) if s in reals else (s, v) for s, v in domain.sets)
    conditions = tuple(c.xreplace(reals) for c in domain.conditions)
    return expression.xreplace(reals), Domain(sets, tuple(c for c in conditions if isinstance(c, Relational)))


def is_smooth(expression: Expr, x: Symbol, domain: Domain, look: Look) -> bool:
    """Whether the expression certainly has a continuous derivative in x on the whole domain."""
    if x.is_integer:
        expression, domain = between_integers(expression, domain, x)
        x = Symbol(x.name, real=True)
    derivative = sympy.Derivative(expression, x)
    if expression.has(*ROUGH) or not cuts.crosses_none(expression, Signs(domain)):
        return False
    return all(discharged(c, domain, look) for c in conditions(derivative))


def never_zero(expression: Expr, domain: Domain, look: Look) -> bool:
    """Whether the expression is certainly different from zero on the whole domain."""
    expression = activations.expand(expression)
    if isinstance(expression, Symbol) and domain.set_of(expression).contains(0) == sympy.false:
        return True
    if not expression.has(S.ImaginaryUnit) and all(s.is_real for s in expression.free_symbols):
        found = look(expression, domain)
        if found is not None and found.strict:
            return True
        values = [domain.set_of(s) for s in expression.free_symbols]
        if len(values) == 1 and isinstance(values[0], sympy.Union):
            (x,) = expression.free_symbols
            return all(never_zero(expression, domain.restricted(x, part), look) for part in values[0].args)
        return bool(expression.xreplace(Signs(domain).refined).is_nonzero)
    signs = Signs(domain)
    if expression.has(S.ImaginaryUnit) and all(s.is_real for s in expression.free_symbols):
        parts = cuts.cartesian_parts(expression, signs)
        if parts is not None and never_zero(sympy.expand(parts[0] ** 2 + parts[1] ** 2), domain, look):
            return True
    return bool(expression.xreplace(signs.refined).is_zero is False) or cuts.is_off_cut(expression, signs)
