"""Scalars multiplied out around the matrices in them."""

from __future__ import annotations

import sympy
from sympy import Dummy, Expr


def expanded(e: Expr) -> Expr:
    """The scalar multiplied out, with the matrices in its traces as they are.

    SymPy would multiply those out too, and evaluate each product that it makes on the way.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h", *sg.dims("n")), sg.Parameter("w")
    >>> expanded(w * (1 + sympy.Trace(h.T @ (h + h.prev))))
    w*Trace(h[t].T*(h[t] + h[t-1])) + w
    """
    names = {trace: Dummy() for trace in e.atoms(sympy.Trace)}
    if not names:
        return sympy.expand(e)
    return sympy.expand(e.xreplace(names)).xreplace({name: trace for trace, name in names.items()})
