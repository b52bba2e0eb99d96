"""Derivatives of scalars of a cell with respect to one of its variables, as SymPy differentiates formulas of symbols.

A function that jumps counts as constant between its jumps, as it does in programs. What SymPy leaves as a derivative
is refused: a name put in place of the function would make it the derivative of a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import sympy
from sympy import Derivative, Dummy, Expr
from sympy.core.function import AppliedUndef

from symgrad import activations
from symgrad.errors import CellError
from symgrad.vectors import ENTRY, Elementwise
from symgrad.vectors.writing import to_text

# Functions with a value where they jump, and with slope 0 elsewhere.
STEPS = (sympy.floor, sympy.ceiling, sympy.sign, sympy.Heaviside)
# Functions that are made of these.
MADE_OF_STEPS: Mapping[Any, Callable[..., Expr]] = {
    sympy.frac: lambda u: u - sympy.floor(u),
    sympy.Mod: lambda u, by: u - by * sympy.floor(u / by),
}
LETTER = sympy.Symbol("y", real=True)  # for an entry of a vector
# Functions with places where there is no slope, or only the one that programs take.
KINKED = (
    sympy.Abs, sympy.Max, sympy.Min, sympy.Piecewise, sympy.acot, sympy.atan2, *STEPS, *MADE_OF_STEPS,
)  # fmt: skip


def has_kinks(formula: Any) -> bool:
    """Whether a function in a formula, of numbers or of each entry of a vector, has such places."""
    parts = (formula, *formula.atoms(Elementwise))
    scalars = (part.function.expr if isinstance(part, Elementwise) else part for part in parts)
    return any(isinstance(e, Expr) and activations.expand(e).has(*KINKED) for e in scalars)


def differentiated(e: Expr, v: Any, kept: Collection[Any] = ()) -> Expr:
    """The derivative of an expression with respect to a variable or a parameter.

    Parameters
    ----------
    e : Expr
    v : TimedScalar or Symbol
    kept : collection of undefined functions
        Those whose derivatives may stay as they are.

    Raises
    ------
    CellError
        If a part of the derivative is not known.

    Examples
    --------
    >>> import symgrad as sg
    >>> h = sg.State("h")
    >>> differentiated(sympy.Abs(h)*sympy.floor(h), h)
    floor(h[t])*sign(h[t])
    """
    x = v if v.is_Symbol else Dummy(str(v), real=True)
    plain = e.xreplace({v: x})
    plain = plain.replace(lambda f: f.func in MADE_OF_STEPS, lambda f: MADE_OF_STEPS[f.func](*f.args))
    constants = {part: Dummy(real=True) for part in plain.atoms(*STEPS)}
    slope = plain.xreplace(constants).diff(x)
    for part in slope.atoms(Derivative, sympy.Subs):
        inside = part.expr.expr if isinstance(part, sympy.Subs) and isinstance(part.expr, Derivative) else part.expr
        if not (isinstance(inside, AppliedUndef) and inside.func in kept):
            raise CellError(f"there is no rule to differentiate {to_text(e.xreplace({ENTRY: LETTER}))}")
    found: Expr = slope.xreplace({constant: part for part, constant in constants.items()}).xreplace({x: v})
    return found
