"""Cases within functions of the entries of vectors."""

from __future__ import annotations

import sympy
from sympy import Basic, Expr, Lambda

from symgrad.symbols.operations import Elementwise, OfEntries


def with_flat_cases(e: Expr) -> Expr:
    """The same with no cases within cases in functions of entries, which SymPy's sums would take apart for ever."""

    def is_nested(part: Basic) -> bool:
        bodies = part.function.expr.atoms(sympy.Piecewise) if isinstance(part, Elementwise | OfEntries) else ()
        return any(value.has(sympy.Piecewise) for cases in bodies for value, _ in cases.args)

    def flat(part: Elementwise | OfEntries) -> Expr:
        body = Lambda(part.function.variables, sympy.piecewise_fold(part.function.expr))
        return part.func(body, *part.args[1:])

    return e.replace(is_nested, flat) if any(map(is_nested, e.atoms(Elementwise, OfEntries))) else e
