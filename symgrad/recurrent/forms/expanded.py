"""Scalars multiplied out around the matrices in them, and cases taken apart."""

from __future__ import annotations

import sympy
from sympy import Dummy, Expr

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
    """The expression with two cases of 1 and 0 for each that SymPy has folded what stands beside it into."""
    two = (p for p in e.atoms(sympy.Piecewise) if len(p.args) == 2 and p.args[1][1] == sympy.true)
    table = {}
    for p in two:
        (first, condition), (second, _) = p.args
        if (first, second) != (1, 0):
            table[p] = second + (first - second) * sympy.Piecewise((1, condition), (0, True))
    return e.xreplace(table) if table else e
