"""Scalars multiplied out around the matrices in them, and cases taken apart."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Dummy, Expr
from sympy.core.relational import Relational

from symgrad.base import sized
from symgrad.base.errors import CellError


def expanded(e: Expr) -> Expr:
    """The scalar multiplied out, with the matrices in its traces, and quotients and roots of these, as they are.

    SymPy would multiply those out too, and evaluate each product that it makes on the way.

    Raises
    ------
    CellError
        If that would have too many terms.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h", *sg.dims("n")), sg.Parameter("w")
    >>> expanded(w * (1 + sympy.Trace(h.T @ (h + h.prev))))
    w*Trace(h[t].T*(h[t] + h[t-1])) + w
    """
    powers = (p for p in e.atoms(sympy.Pow) if not (p.exp.is_Integer and p.exp > 0) and p.has(sympy.Trace))
    names = {part: Dummy() for part in (*powers, *e.atoms(sympy.Trace))}
    try:
        if not names:
            return sized.expand(e)
        return sized.expand(e.xreplace(names)).xreplace({name: part for part, name in names.items()})
    except sized.TooLarge as error:
        raise CellError(str(error)) from None


def unfolded(e: Expr) -> Expr:
    """The expression with cases of 1 and 0 alone, each under a condition and not under what contradicts it.

    Examples
    --------
    >>> import symgrad as sg
    >>> x, u = sg.Input("x"), sg.Parameter("u")
    >>> unfolded(sympy.Piecewise((0, x <= u), (x, True)))
    Piecewise((1, u - x[t] < 0), (0, True))*x[t]
    """
    table = {}
    for p in filter(is_exhaustive, e.atoms(sympy.Piecewise)):
        if len(p.args) == 2:
            (first, condition), (second, _) = p.args
            if isinstance(condition, sympy.LessThan | sympy.GreaterThan | sympy.Ne):
                first, second, condition = second, first, condition.negated
            one = sympy.Piecewise((1, _one_way(condition)), (0, True))
            table[p] = second + (first - second) * one
    return e.xreplace(table) if table else e


def is_exhaustive(cases: sympy.Piecewise) -> bool:
    """Whether some case is chosen whatever the values: the last one else, or where the only other one is not."""
    last = cases.args[-1][1]
    if last == sympy.true or len(cases.args) != 2:
        return bool(last == sympy.true)
    first = cases.args[0][1]
    is_pair = isinstance(first, Relational) and isinstance(last, Relational)
    return bool(is_pair and first.negated.canonical == last.canonical)


def _one_way(condition: Any) -> Any:
    """An inequality as one that something is positive."""
    if not isinstance(condition, sympy.StrictLessThan | sympy.StrictGreaterThan):
        return condition
    return sympy.StrictGreaterThan(sympy.expand(condition.gts - condition.lts), 0)
