"""Ratios of neighbouring terms, as rational functions of the index."""

from __future__ import annotations

import sympy
from flint import arb, fmpq
from sympy import Expr, S, Symbol

from symgrad.language.written import origin

LARGEST_STEP = 6
HIGHEST_POWER = 60


def is_moderate(e: Expr, n: Symbol) -> bool:
    """Whether no power of what holds n is so high that its polynomials grow out of hand."""
    powers = (p for p in e.atoms(sympy.Pow) if p.base.has(n) and p.exp.is_Integer)
    return bool(sum(abs(p.exp) for p in powers) <= HIGHEST_POWER)


def term_ratio(term: Expr, n: Symbol) -> Expr | None:
    """R(n) with term(n + 1) = R(n) term(n), a rational function of n; None if there is none that is plain to see."""
    if not is_moderate(term, n):
        return None
    ratio = S.One
    for factor in sympy.Mul.make_args(term):
        found = _ratio(factor, n)
        if found is None:
            return None
        ratio = ratio * found
    above, below = sympy.fraction(sympy.together(ratio))
    if not (above.is_polynomial(n) and below.is_polynomial(n)):
        return None
    return sympy.cancel(above / below)


def _ratio(factor: Expr, n: Symbol) -> Expr | None:
    if not factor.has(n):
        return S.One
    if factor.is_rational_function(n):
        return factor.xreplace({n: n + 1}) / factor
    if isinstance(factor, sympy.cos) and factor.args[0] == S.Pi * n:
        return S.NegativeOne
    if isinstance(factor, sympy.exp):
        rate = _step(factor.args[0], n)
        return None if rate is None else sympy.exp(rate)
    if isinstance(factor, sympy.Pow):
        return _of_power(factor, n)
    kind = origin(factor.func)
    if kind is sympy.factorial:
        return _rising(factor.args[0] + 1, n)
    if kind is sympy.gamma:
        return _rising(factor.args[0], n)
    if kind is sympy.binomial:
        return _of_binomial(factor.args[0], factor.args[1], n)
    if kind is sympy.RisingFactorial and not factor.args[0].has(n) and factor.args[1] == n:
        return factor.args[0] + n
    if kind is sympy.FallingFactorial and not factor.args[0].has(n) and factor.args[1] == n:
        return factor.args[0] - n
    return None


def _of_power(factor: sympy.Pow, n: Symbol) -> Expr | None:
    base, exponent = factor.base, factor.exp
    if exponent.is_Integer:
        inner = _ratio(base, n) if not isinstance(base, sympy.Mul) else term_ratio(base, n)
        return None if inner is None else inner**exponent
    if base.has(n):
        return None
    rate = _step(exponent, n)
    if rate is None or not (rate.is_Integer or base.is_positive):
        return None
    return base**rate


def _step(e: Expr, n: Symbol) -> Expr | None:
    """The difference of neighbouring values, where it is the same everywhere."""
    step = sympy.expand(e.xreplace({n: n + 1}) - e)
    return None if step.has(n) else step


def _rising(u: Expr, n: Symbol) -> Expr | None:
    """gamma(u(n + 1))/gamma(u(n))."""
    step = _step(u, n)
    if step is None or not step.is_Integer or abs(step) > LARGEST_STEP:
        return None
    if step >= 0:
        return sympy.Mul(*(u + k for k in range(int(step))))
    return 1 / sympy.Mul(*(u - k for k in range(1, 1 - int(step))))


def _of_binomial(u: Expr, v: Expr, n: Symbol) -> Expr | None:
    if not u.has(n):
        return (u - n) / (n + 1) if v == n else None
    above, first, second = (_rising(e + 1, n) for e in (u, v, u - v))
    return None if above is None or first is None or second is None else above / (first * second)


def leading(ratio: Expr, n: Symbol) -> tuple[int, Expr]:
    """The degree in n of a rational function, and its leading coefficient."""
    above, below = (sympy.Poly(part, n) for part in sympy.fraction(sympy.together(ratio)))
    return above.degree() - below.degree(), sympy.cancel(above.LC() / below.LC())


def largest_beyond(ratio: Expr, n: Symbol, start: int) -> arb | None:
    """An upper bound of |R(n)| for all n >= start, of a rational function with rational coefficients."""
    above, below = (sympy.Poly(part, n) for part in sympy.fraction(sympy.together(ratio)))
    degree = max(above.degree(), below.degree())
    u = arb(0).union(arb(fmpq(1, start)))
    values = []
    for poly in (above, below):
        total = arb(0)
        coefficients = poly.all_coeffs()
        if not all(c.is_Rational for c in coefficients):
            return None
        for c in reversed(coefficients):
            total = total * u + arb(fmpq(int(c.p), int(c.q)))
        values.append(total * u ** (degree - poly.degree()) if degree > poly.degree() else total)
    bound = abs(values[0] / values[1])
    return bound.upper() if bound.is_finite() else None
