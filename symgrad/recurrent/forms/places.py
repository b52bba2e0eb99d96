"""Entries at numbered places: of slices of one row, of blocks, and of indices of few values that are written out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy
from sympy import Expr, Integer, MatrixExpr, S

from symgrad.base.errors import CellError
from symgrad.recurrent.forms.monomials import COLUMN, DELTA, MOST_TERMS, ONE, ROW, ZERO, Form, Index, delta

MOST_PLACES = 12  # of an index that is written out


def within(start: Expr, stop: Expr, size: Expr, index: Index) -> tuple[Index, ...]:
    """The index in a whole of what has an index in a part: where that is all of it, or a single place; else nothing."""
    if (start, stop) == (0, size):
        return (index,)
    return (start,) if start.is_Integer and stop - start == 1 else ()


def placed(sizes: Sequence[Expr], which: int, index: Index) -> tuple[Form, Index]:
    """What is 1 where an index lies in one of the parts of these sizes and 0 elsewhere, and the index in that part."""
    if index is None or len(sizes) == 1:
        return ONE, index
    start, size = sympy.expand(sum(sizes[:which], S.Zero)), sizes[which]
    if isinstance(index, sympy.Integer) and start.is_Integer and size.is_Integer:
        is_inside = 0 <= index - start < size
        return (ONE if is_inside else ZERO), (None if size == 1 else sympy.Integer(index - start))
    if size != 1 or not start.is_Integer:
        raise CellError("matrices of blocks of several rows have no form in index notation")
    return delta(start, index), None


def free_sizes(e: Expr) -> dict[Index, Expr]:
    """The sizes of the row and the column of an entry."""
    shape = map(sympy.S, e.shape) if isinstance(e, MatrixExpr) else ()
    return {index: size for index, size in zip((ROW, COLUMN), shape) if size != 1}


def has_places(form: Form) -> bool:
    """Whether entries at numbers stand in a form."""
    return any(isinstance(index, Integer) for _, m in form.terms for _, ix in m.factors for index in ix)


def written_out(form: Form, sizes: Mapping[Index, Expr]) -> Form:
    """The form with a term for each value of indices of few values: of those that are summed over, and of these."""
    terms = []
    for c, m in form.terms:
        every = {k: int(size) for k, size in (*m.sizes, *sizes.items()) if S(size).is_Integer and size <= MOST_PLACES}
        rest = replace(m, sizes=tuple((k, size) for k, size in m.sizes if k not in every))
        for values in itertools.product(*map(range, every.values())):
            table: dict[Index, Index] = dict(zip(every, map(Integer, values)))
            free = tuple((DELTA, (table[k], k)) for k in sizes if k in table)
            factors = tuple((a, tuple(table.get(index, index) for index in ix)) for a, ix in m.factors)
            terms.append((c, replace(rest, factors=factors + free)))
            if len(terms) > MOST_TERMS:
                raise CellError(f"a formula of more than {MOST_TERMS} terms in index notation")
    return Form(tuple(terms))
