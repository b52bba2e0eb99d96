"""Where functions of one argument are analytic, and the coefficients of their expansions by Taylor's theorem."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, S, Symbol

from symgrad.base import sized
from symgrad.base.budget import charge, remembered

LARGEST_SLOPE = 400  # operations
WORK_OF_A_VALUE = 20  # for each part of a derivative into which a place is put
EVERYWHERE: Callable[[Expr], Expr | None] = lambda c: None  # noqa: E731
# Where functions of one argument are analytic: nowhere but where this is positive; None says everywhere.
ANALYTIC: dict[type, Callable[[Expr], Expr | None]] = {
    sympy.sin: EVERYWHERE, sympy.cos: EVERYWHERE, sympy.exp: EVERYWHERE, sympy.atan: EVERYWHERE,
    sympy.asinh: EVERYWHERE, sympy.erf: EVERYWHERE, sympy.erfc: EVERYWHERE, sympy.erfi: EVERYWHERE,
    sympy.Si: EVERYWHERE, sympy.Shi: EVERYWHERE, sympy.fresnels: EVERYWHERE, sympy.fresnelc: EVERYWHERE,
    sympy.airyai: EVERYWHERE, sympy.airybi: EVERYWHERE,
    sympy.asin: lambda c: 1 - c**2, sympy.acos: lambda c: 1 - c**2, sympy.atanh: lambda c: 1 - c**2,
    sympy.acosh: lambda c: c - 1, sympy.gamma: lambda c: c, sympy.loggamma: lambda c: c, sympy.digamma: lambda c: c,
    sympy.factorial: lambda c: c + 1, sympy.Ei: lambda c: c, sympy.Ci: lambda c: c, sympy.Chi: lambda c: c,
    sympy.elliptic_k: lambda c: 1 - c, sympy.LambertW: lambda c: c + sympy.exp(-1), sympy.li: lambda c: c - 1,
}  # fmt: skip
# At an end of where they are analytic, with the sign of the number they come from.
AT_BORDER: dict[type, Callable[[Expr, int], Expr]] = {
    sympy.acos: lambda u, side: 2 * sympy.asin(sympy.sqrt((1 - u) / 2)) if side > 0
    else S.Pi - 2 * sympy.asin(sympy.sqrt((1 + u) / 2)),
    sympy.asin: lambda u, side: side * (S.Pi / 2 - 2 * sympy.asin(sympy.sqrt((1 - side * u) / 2))),
    sympy.atanh: lambda u, side: (sympy.log(1 + u) - sympy.log(1 - u)) / 2,
    sympy.acosh: lambda u, side: sympy.log(u + sympy.sqrt(u**2 - 1)),
    sympy.factorial: lambda u, side: sympy.gamma(u + 2) / (u + 1),
    sympy.gamma: lambda u, side: sympy.gamma(u + 1) / u,
}  # fmt: skip


@remembered
def derivatives(function: type, order: int) -> tuple[Symbol, tuple[Expr, ...] | None]:
    """A variable, and a function of it with its derivatives up to the order; None where these grow too large."""
    y = sympy.Dummy("y", real=True)
    slopes = [function(y)]
    for _ in range(order):
        sized.check_derivative(slopes[-1], y)
        slopes.append(slopes[-1].diff(y))
        if slopes[-1].count_ops() > LARGEST_SLOPE:
            return y, None
    return y, tuple(slopes)


@remembered
def at_place(function: type, order: int, place: Expr) -> tuple[Expr, ...] | None:
    """Those of Taylor's expansion at a place; None where SymPy has no value of a derivative there."""
    y, slopes = derivatives(function, order)
    assert slopes is not None
    charge(WORK_OF_A_VALUE * sum(map(sized.nodes, slopes)))
    found = tuple(slope.subs(y, place) / sympy.factorial(k) for k, slope in enumerate(slopes))
    return None if any(c.has(S.NaN, S.ComplexInfinity, sympy.Derivative, sympy.Subs) for c in found) else found
