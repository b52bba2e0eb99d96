"""Functions by others, everywhere: what the expansions of these give is theirs."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, S


def _exponentials(u: Expr) -> tuple[Expr, Expr]:
    return sympy.exp(u), sympy.exp(-u)


def _half(sign: int) -> Callable[[Expr], Expr]:
    return lambda u: (sympy.exp(u) + sign * sympy.exp(-u)) / 2


def _quotient(top: int, bottom: int) -> Callable[[Expr], Expr]:
    """(e^u + top e^-u)/(e^u + bottom e^-u), with top 0 for 2/(…)."""

    def form(u: Expr) -> Expr:
        up, down = _exponentials(u)
        return (up + top * down if top else S(2)) / (up + bottom * down)

    return form


REWRITTEN: dict[type, Callable[..., Expr]] = {
    sympy.sinh: _half(-1), sympy.cosh: _half(1),
    sympy.tanh: _quotient(-1, 1), sympy.coth: _quotient(1, -1), sympy.sech: _quotient(0, 1),
    sympy.csch: _quotient(0, -1),
    sympy.tan: lambda u: sympy.sin(u) / sympy.cos(u, evaluate=False),
    sympy.cot: lambda u: sympy.cos(u) / sympy.sin(u, evaluate=False),
    sympy.sec: lambda u: 1 / sympy.cos(u, evaluate=False),
    sympy.csc: lambda u: 1 / sympy.sin(u, evaluate=False),
    sympy.acot: lambda u: sympy.atan(1 / u), sympy.asec: lambda u: sympy.acos(1 / u),
    sympy.acsc: lambda u: sympy.asin(1 / u), sympy.acoth: lambda u: sympy.atanh(1 / u),
    sympy.acsch: lambda u: sympy.asinh(1 / u),
    sympy.frac: lambda u: u - sympy.floor(u), sympy.Mod: lambda u, m: u - m * sympy.floor(u / m),
    sympy.harmonic: lambda n: sympy.digamma(n + 1) + S.EulerGamma,
    sympy.binomial: lambda n, k: sympy.gamma(n + 1) / (sympy.gamma(k + 1) * sympy.gamma(n - k + 1)),
    sympy.RisingFactorial: lambda n, k: sympy.gamma(n + k) / sympy.gamma(n),
}  # fmt: skip
