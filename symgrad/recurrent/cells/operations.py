"""Expressions of cells in operations that have rules: what SymPy writes otherwise is rewritten, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Basic, Expr, MatrixExpr, S
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.base.errors import CellError, ShapeError
from symgrad.symbols import Elementwise, LogSumExp, OfEntries, ParameterMatrix, Softmax, Timed, shape_of
from symgrad.symbols.conditions import made_of_numbers
from symgrad.symbols.writing import to_text

# What can be differentiated; each has a row in `rules.RULES`.
OPERATIONS = (
    sympy.MatAdd, sympy.MatMul, sympy.MatPow, sympy.Transpose, sympy.HadamardProduct, sympy.HadamardPower,
    sympy.DiagMatrix, sympy.Trace, sympy.BlockMatrix, sympy.MatrixBase, MatrixSlice, Elementwise, OfEntries, Softmax,
    LogSumExp,
)  # fmt: skip
CONSTANTS = (sympy.Identity, sympy.OneMatrix, sympy.ZeroMatrix)
_WHOLE = (Timed, ParameterMatrix, sympy.MatrixSymbol, *CONSTANTS)


def in_operations(e: Basic, where: str) -> Expr:
    """An expression in operations that have rules, with the same value; as it is if all of its have.

    An entry of a vector is the trace of a slice, powers of 1 by 1 matrices are those of their entry, and a float is
    the decimal fraction that it is written as.

    Raises
    ------
    CellError, ShapeError
        If an operation has no rule, or shapes that it cannot have; it names `where`, the operation and the shapes.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, q = sg.State("h", 3), sg.State("q", 1)
    >>> print(to_text(in_operations(h[1, 0] * h, "h")), to_text(in_operations(q**-1, "q")))
    trace(h[t][1:2])*h[t] q[t]**(-1)
    """
    if isinstance(e, sympy.Float):
        return sympy.Rational(str(e))
    if isinstance(e, sympy.MatrixBase):
        return e.applyfunc(lambda entry: in_operations(entry, where)) if e.atoms(Timed, sympy.Symbol) else e
    if not getattr(e, "args", ()) or isinstance(e, _WHOLE):
        return e
    if isinstance(e, sympy.Sum | sympy.Product) and e.has(MatrixElement):
        raise CellError(
            f"{where}: SymPy writes an entry of a product as a sum over entries; take a slice of the product, "
            "as in (W @ h)[0:1, :]"
        )
    parts = [in_operations(part, where) for part in e.args]
    found = e if all(new is old for new, old in zip(parts, e.args)) else e.func(*parts)
    rule = next((rule for kind, rule in _REWRITTEN.items() if isinstance(found, kind)), None)
    if rule is not None:
        return rule(found, where)
    if _is_of_matrices(found) and not isinstance(found, OPERATIONS):
        known = ", ".join(sorted(kind.__name__ for kind in OPERATIONS))
        raise CellError(
            f"{where}: there is no rule to differentiate {type(found).__name__}, in {_text(found)}; "
            f"there are rules for {known}"
        )
    return found


def _is_of_matrices(e: Basic) -> bool:
    """Whether it is a matrix, or a scalar made of one."""
    return isinstance(e, MatrixExpr) or (isinstance(e, Expr) and any(isinstance(a, MatrixExpr) for a in e.args))


def _text(e: MatrixExpr) -> str:
    try:
        return to_text(e)
    except (CellError, ValueError, TypeError, NotImplementedError):
        return str(e)


def _entry(e: MatrixElement, where: str) -> Expr:
    matrix, i, j = e.args
    return sympy.Trace(MatrixSlice(matrix, (i, i + 1, 1), (j, j + 1, 1)))


def _power(e: MatrixExpr, where: str) -> MatrixExpr:
    base, exponent = e.base, e.exp
    if shape_of(base) == (1, 1) and exponent.is_Rational:
        return sympy.HadamardPower(base, exponent)
    if sympy.expand(base.shape[0] - base.shape[1]) != 0:
        hint = "the square of each entry is hadamard(v, v), other powers are elementwise(lambda y: y**p, v)"
        raise ShapeError(
            f"{where}: {base}**{exponent} is a power of a matrix that is not square; {hint}", "**", (base.shape,)
        )
    if not (exponent.is_Integer and exponent.is_positive):
        raise CellError(f"{where}: powers of matrices are whole and positive; got {base}**({exponent})")
    return e


def _diagonal(e: MatrixExpr, where: str) -> MatrixExpr:
    if S.One not in e.args[0].shape:
        raise ShapeError(f"{where}: diag takes a vector; got {_text(e.args[0])}", "diag", (e.args[0].shape,))
    return e if e.args[0].shape[1] == 1 else sympy.DiagMatrix(e.args[0].T)


def _slice(e: MatrixSlice, where: str) -> MatrixExpr:
    if any(step != 1 for _, _, step in (e.rowslice, e.colslice)):
        raise ShapeError(
            f"{where}: a slice takes entries that lie side by side; got a step in {_text(e)}", "slice", (e.shape,)
        )
    return e


def _elementwise(e: Elementwise | OfEntries, where: str) -> Elementwise:
    try:
        made_of_numbers(e.function.expr)
    except CellError as fault:
        raise CellError(f"{where}: {fault}") from None
    return e


def _trace(e: Expr, where: str) -> Expr:
    if sympy.expand(e.arg.shape[0] - e.arg.shape[1]) != 0:
        raise ShapeError(f"{where}: a trace is that of a square matrix; got {_text(e.arg)}", "trace", (e.arg.shape,))
    return e


_REWRITTEN: dict[type, Callable[[Any, str], Any]] = {
    MatrixElement: _entry,
    sympy.MatPow: _power,
    sympy.DiagMatrix: _diagonal,
    sympy.Trace: _trace,
    MatrixSlice: _slice,
    Elementwise: _elementwise,
    OfEntries: _elementwise,
    sympy.ITE: lambda e, where: e.to_nnf(),  # a condition on cases
}
