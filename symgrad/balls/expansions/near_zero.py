"""Bessel functions of whole orders beside zero, as expansions: by their power series, logarithms and all.

Only for limits: how large the rest is from a place on is not said. Reference: NIST Digital Library of Mathematical
Functions, 10.2.2, 10.8.1, 10.25.2 and 10.31.1.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, S

from symgrad.balls.expansions.expansions import ROWS, Expander, Expansion
from symgrad.balls.expansions.growth import Open

HIGHEST = 12
Series = Callable[[int, Expr, int], Expr]


def _first_kind(sign: int) -> Series:
    """J for -1 and I for 1: the term of index k, which is of the order (u/2)**(2k + n)."""
    return lambda n, u, k: S(sign) ** k * (u / 2) ** (2 * k + n) / (sympy.factorial(k) * sympy.factorial(n + k))


def _digammas(n: int, k: int) -> Expr:
    return sympy.digamma(k + 1) + sympy.digamma(n + k + 1)


def _y(n: int, u: Expr, k: int) -> Expr:
    regular = _first_kind(-1)(n, u, k) * (2 * sympy.log(u / 2, evaluate=False) - _digammas(n, k))
    return (regular - (_pole(n, u, k, 1) if k < n else S.Zero)) / S.Pi


def _k(n: int, u: Expr, k: int) -> Expr:
    regular = (-1) ** n * _first_kind(1)(n, u, k) * (_digammas(n, k) / 2 - sympy.log(u / 2, evaluate=False))
    return regular + (_pole(n, u, k, -1) / 2 if k < n else S.Zero)


def _pole(n: int, u: Expr, k: int, sign: int) -> Expr:
    return S(sign) ** k * sympy.factorial(n - k - 1) / sympy.factorial(k) * (u / 2) ** (2 * k - n)


def _row(series: Series, *, is_even_or_odd: bool) -> Callable[[Expander, Expr, Expr], Expansion]:
    def expansion(self: Expander, order: Expr, u: Expr) -> Expansion:
        if self.scale.start is not None or not order.is_Integer or not 0 <= order <= HIGHEST:
            raise Open
        n = int(order)
        growing, constant, _ = self.split(self(u))
        if growing or constant != 0 or (not is_even_or_odd and self.sign_of(u) != 1):
            raise Open
        count = n + self.order  # beyond the terms of the pole, which end at n
        total = self.sum([self(series(n, u, k)) for k in range(count)])
        return self.sum([total, Expansion((), self.largest(self(series(n, u, count))))])

    return expansion


beside_zero = {
    sympy.besselj: _row(_first_kind(-1), is_even_or_odd=True),
    sympy.besseli: _row(_first_kind(1), is_even_or_odd=True),
    sympy.bessely: _row(_y, is_even_or_odd=False),
    sympy.besselk: _row(_k, is_even_or_odd=False),
}  # fmt: skip
ROWS.update(beside_zero)
