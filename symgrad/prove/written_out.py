"""Sums and products with whole numbers for limits, term by term: a sum of none is 0 and a product of none is 1."""

from __future__ import annotations

import sympy
from sympy import Expr, Product, Sum

MOST_TERMS = 5000


def written_out(e: Expr) -> Expr:
    """An expression with its sums and products written out, those with other limits as SymPy evaluates them.

    SymPy's closed forms are not used where terms can be written: those of a sum of sums hold in cases that its outer
    index does not know of, and its product from 5 to 3 divides by what is between.
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
        found = e.doit()
        return e if found.has(sympy.oo, -sympy.oo, sympy.zoo, sympy.nan) else found  # no proof that there is no value
    term = e.func(e.function, *inner) if inner else e.function
    terms = [written_out(term.subs(index, k)) for k in range(int(low), int(high) + 1)]
    return sympy.Add(*terms) if isinstance(e, Sum) else sympy.Mul(*terms)
