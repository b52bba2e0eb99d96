"""Sums and products with whole numbers for limits, term by term: a sum of none is 0 and a product of none is 1."""

from __future__ import annotations

import sympy
from sympy import Expr, Product, Sum

MOST_TERMS = 5000


def written_out(e: Expr) -> Expr:
    """An expression with its sums and products written out where their limits are whole numbers.

    SymPy's closed forms are not used: those of a sum of sums hold in cases that its outer index does not know of, its
    product from 5 to 3 divides by what is between, and for limits that are no integers there is no sum.
    """
    if not e.has(Sum, Product):
        return e
    if isinstance(e, Sum | Product):
        return _terms(e)
    return e.func(*(written_out(a) if isinstance(a, Expr) else a for a in e.args))


def _terms(e: Sum | Product) -> Expr:
    *inner, limits = e.limits  # the last index is the outermost
    index, *ends = limits
    if any(end.is_infinite for end in ends):
        return e  # enclosed as it is
    low, high = map(written_out, ends) if len(ends) == 2 else (sympy.S.NaN, sympy.S.NaN)
    if not (low.is_Integer and high.is_Integer and high - low < MOST_TERMS):
        return e
    term = e.func(e.function, *inner) if inner else e.function
    terms = [written_out(term.subs(index, k)) for k in range(int(low), int(high) + 1)]
    return sympy.Add(*terms) if isinstance(e, Sum) else sympy.Mul(*terms)
