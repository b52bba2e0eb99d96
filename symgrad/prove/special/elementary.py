"""Functions by exponentials, logarithms and roots: a table of identities that hold at every argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import sympy
from sympy import Expr, I, S

from symgrad.prove.special.ring import Quotient


class Tower(Protocol):
    """What a rule needs of the tower that applies it."""

    nonzero: list[Expr]

    def convert(self, e: Expr) -> Quotient: ...
    def exponential(self, exponent: Quotient) -> Quotient: ...
    def logarithm(self, argument: Quotient) -> Quotient: ...


Rule = Callable[..., Quotient]


def _through_reciprocal(form: Callable[[Expr], Expr]) -> Rule:
    """A rule in 1/u for a function that has a value at u = 0 as well."""

    def rule(tower: Tower, u: Expr) -> Quotient:
        tower.nonzero.append(u)
        return tower.convert(form(1 / u))

    return rule


def _rewritten(form: Callable[..., Expr]) -> Rule:
    """A rule that converts what a function is equal to, by definition, at every argument."""
    return lambda tower, *arguments: tower.convert(form(*arguments))


def _logarithm(tower: Tower, u: Expr, *base: Expr) -> Quotient:
    """The natural logarithm, or that to a base, which divides by the logarithm of the base."""
    of_argument = tower.logarithm(tower.convert(u))
    if not base:
        return of_argument
    if not (isinstance(base[0], sympy.Rational) and base[0] > 0 and base[0] != 1):
        tower.nonzero.append(sympy.log(*base))
    return of_argument * tower.logarithm(tower.convert(*base)) ** -1


def _exp(u: Expr) -> Expr:
    return sympy.exp(u, evaluate=False)


def _circular(form: Callable[[Expr, Expr], Expr]) -> Rule:
    """A rule in exp(I u) and exp(-I u)."""
    return _rewritten(lambda u: form(_exp(I * u), _exp(-I * u)))


def _hyperbolic(form: Callable[[Expr, Expr], Expr]) -> Rule:
    """A rule in exp(u) and exp(-u)."""
    return _rewritten(lambda u: form(_exp(u), _exp(-u)))


RULES: dict[type, Rule] = {
    sympy.exp: lambda tower, u: tower.exponential(tower.convert(u)),
    sympy.log: _logarithm,
    sympy.sin: _circular(lambda p, m: (p - m) / (2 * I)),
    sympy.cos: _circular(lambda p, m: (p + m) / 2),
    sympy.tan: _circular(lambda p, m: (p - m) / (I * (p + m))),
    sympy.cot: _circular(lambda p, m: I * (p + m) / (p - m)),
    sympy.sec: _circular(lambda p, m: 2 / (p + m)),
    sympy.csc: _circular(lambda p, m: 2 * I / (p - m)),
    sympy.sinh: _hyperbolic(lambda p, m: (p - m) / 2),
    sympy.cosh: _hyperbolic(lambda p, m: (p + m) / 2),
    sympy.tanh: _hyperbolic(lambda p, m: (p - m) / (p + m)),
    sympy.coth: _hyperbolic(lambda p, m: (p + m) / (p - m)),
    sympy.sech: _hyperbolic(lambda p, m: 2 / (p + m)),
    sympy.csch: _hyperbolic(lambda p, m: 2 / (p - m)),
    sympy.asinh: _rewritten(lambda u: sympy.log(u + sympy.sqrt(u**2 + 1))),
    sympy.acosh: _rewritten(lambda u: sympy.log(u + sympy.sqrt(u - 1) * sympy.sqrt(u + 1))),
    sympy.atanh: _rewritten(lambda u: (sympy.log(1 + u) - sympy.log(1 - u)) / 2),
    sympy.acoth: _through_reciprocal(sympy.atanh),
    sympy.asech: _rewritten(lambda u: sympy.acosh(1 / u)),
    sympy.acsch: _rewritten(lambda u: sympy.asinh(1 / u)),
    sympy.acos: _rewritten(lambda u: S.Pi / 2 - sympy.asin(u)),
    sympy.acot: _through_reciprocal(sympy.atan),
    sympy.asec: _rewritten(lambda u: S.Pi / 2 - sympy.asin(1 / u)),
    sympy.acsc: _rewritten(lambda u: sympy.asin(1 / u)),
    sympy.erfc: _rewritten(lambda u: 1 - sympy.erf(u)),
}
