"""Whether a matrix has real entries wherever the matrices that it is made of have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import Any

import sympy
from sympy import Basic, Expr, MatrixExpr, S, Symbol
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.language.written import origin
from symgrad.norms.context import Context
from symgrad.norms.entries import entry_of
from symgrad.reading.text.kept import TOTAL
from symgrad.symbols import (
    TIME,
    Elementwise,
    OfMatrix,
    OrderedProduct,
    ParameterMatrix,
    Softmax,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    timed_in,
)

# Made of entries by sums and products alone, or with entries of their own.
WITHOUT_CONDITIONS = (
    ParameterMatrix, TimedMatrix, sympy.MatAdd, sympy.MatMul, sympy.Transpose, sympy.HadamardProduct,
    sympy.DiagMatrix, sympy.OneMatrix, sympy.ZeroMatrix, sympy.Identity, sympy.BlockMatrix, sympy.KroneckerProduct,
    Softmax, TimeSum, OrderedProduct,
)  # fmt: skip
# What looks at some of its parts only where a case is chosen, or at others than those that stand in it.
PARTLY = (sympy.Piecewise, sympy.Sum, sympy.Product, sympy.Limit, sympy.Integral, TimeSum, OrderedProduct)
DEEPEST = 3  # steps before one that is spoken of


def matrix_is_defined(matrix: Basic, within: Context, is_real: Callable[[Expr], bool]) -> bool:
    """Whether all entries are certainly real; `is_real` decides it of scalars."""
    return all(_node_is_defined(node, within, is_real) for node in _nodes(matrix))


def cell_is_defined(
    spoken_of: Iterable[Any], within: Context, real_in: Callable[[Context], Callable[[Expr], bool]]
) -> bool:
    """Whether all variables of a cell have real values at every step, or those that are spoken of where they stand.

    Parameters
    ----------
    spoken_of : iterable of Expr
        Formulas that have values only where their variables have them; none where all steps are wanted.
    within : Context
    real_in : callable
        What decides of scalars, given what is known, whether they are real.
    """
    step, there = within.any_step(TIME, S.One)
    if all(_is_real(equation(step), there, real_in(there)) for equation in within.equations.values()):
        return True
    sides = list(spoken_of)
    if not sides or any(side.has(*PARTLY) for side in sides):
        return False
    conditions = (c for c in within.domain.conditions if not c.has(*PARTLY))
    known = {v for c in conditions for v in timed_in(c)}  # a condition that holds is one on values
    return all(_has_value(v, known, within, real_in(within), DEEPEST) for side in sides for v in timed_in(side))


def _has_value(variable: Any, known: Set[Any], within: Context, is_real: Callable[[Expr], bool], depth: int) -> bool:
    """Whether a variable certainly has a real value at its step, by its equation there if need be."""
    equation = within.equations.get(variable.key)
    if equation is None or variable in known or variable.time == 0:
        return True
    if depth == 0 or not within.is_step(variable.time):
        return False
    right = equation(variable.time)
    before = all(_has_value(v, known, within, is_real, depth - 1) for v in timed_in(right))
    return before and _is_real(right, within, is_real)


def _is_real(right: object, within: Context, is_real: Callable[[Expr], bool]) -> bool:
    if isinstance(right, MatrixExpr):
        return matrix_is_defined(right, within, is_real)
    return is_total(right) or is_real(right)


def _nodes(matrix: Basic) -> list[Basic]:
    """The matrices within a matrix, itself among them."""
    found, waiting = [], [matrix]
    while waiting:
        node = waiting.pop()
        if isinstance(node, MatrixExpr):
            found.append(node)
        if isinstance(node, sympy.BlockMatrix):
            waiting += list(node.blocks)
        elif isinstance(node, MatrixSlice):
            waiting.append(node.parent)
        elif isinstance(node, TimeSum | OrderedProduct):
            waiting.append(node.term)
        elif not isinstance(node, ParameterMatrix | TimedMatrix | sympy.MatrixBase):
            waiting += [a for a in node.args if isinstance(a, MatrixExpr)]
    return found


def _node_is_defined(node: Basic, within: Context, is_real: Callable[[Expr], bool]) -> bool:
    if isinstance(node, WITHOUT_CONDITIONS):
        scalars = [a for a in node.args if isinstance(node, sympy.MatMul) and not isinstance(a, MatrixExpr)]
        return all(is_total(s) or is_real(s) for s in scalars)
    if isinstance(node, Elementwise):
        entry = entry_of(node, within)
        return entry is not None and (is_total(entry) or is_real(entry))
    if isinstance(node, sympy.HadamardPower):
        if node.exp.is_integer and within.is_count(node.exp):
            return True
        entry = entry_of(node, within)
        return entry is not None and is_real(entry)
    if isinstance(node, MatrixSlice):
        return _is_part(node, within)
    if isinstance(node, sympy.MatPow):
        return bool(node.exp.is_integer) and within.is_count(node.exp)
    return isinstance(node, sympy.MatrixBase) and all(is_total(e) or is_real(e) for e in node)


def _is_part(node: MatrixSlice, within: Context) -> bool:
    """Whether a slice lies within its matrix, whatever the sizes."""
    ranges = zip((node.rowslice, node.colslice), node.parent.shape)
    ordered = [pair for (start, stop, _), size in ranges for pair in ((S.Zero, start), (start + 1, stop), (stop, size))]
    return all(low == high or within.holds(low, "<=", high) for low, high in ordered)


def _is_natural(e: Expr) -> bool:
    return bool(e.is_Integer and e >= 0)


def is_total(e: Expr) -> bool:
    """Whether a scalar is made of real variables and norms, whose matrices are looked at by themselves, by what has a
    real value everywhere.
    """
    if isinstance(e, OfMatrix | sympy.Trace | sympy.Rational | TimedScalar) or (isinstance(e, Symbol) and e.is_real):
        return True
    if isinstance(e, sympy.Pow) and not e.is_number:
        return _is_natural(e.exp) and is_total(e.base)
    if isinstance(e, sympy.Function):
        return len(e.args) == 1 and origin(type(e)).__name__ in TOTAL and is_total(e.args[0])
    return bool(e.is_number and e.is_real) or (isinstance(e, sympy.Add | sympy.Mul) and all(map(is_total, e.args)))
