"""Shapes of composed expressions, checked operation by operation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import sympy
from sympy import Expr, MatrixExpr
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.base.errors import ShapeError
from symgrad.symbols.writing import to_text

Shape: TypeAlias = tuple[Expr, ...]


@lru_cache(maxsize=4096)
def checked_shape(expression: Expr, where: str) -> Shape:
    """The shape of an expression.

    Raises
    ------
    ShapeError
        If an operation inside it has parts that do not fit; it names `where`, the operation and the shapes.
    """
    if not isinstance(expression, MatrixExpr):
        _check_traces(expression, where)
        return ()
    for argument in expression.args:
        if isinstance(argument, Expr):
            checked_shape(argument, where)
    for kind, rule in _RULES.items():
        if isinstance(expression, kind):
            rule(expression, where)
    return tuple(sympy.expand(size) for size in expression.shape)


def _check_traces(expression: Expr, where: str) -> None:
    """Scalars hold matrices as traces alone."""
    for trace in expression.atoms(sympy.Trace):
        shape = checked_shape(trace.arg, where)
        if sympy.expand(shape[0] - shape[1]) != 0:
            raise ShapeError(f"{where}: a trace is that of a square matrix", "trace", (shape,))


def _same(expression: MatrixExpr, where: str) -> None:
    shapes = [_shape(a) for a in expression.args]
    for argument, shape in zip(expression.args, shapes):
        if shape != shapes[0]:
            _refuse(expression, where, shapes[0], shape, (expression.args[0], argument))


def _chained(expression: MatrixExpr, where: str) -> None:
    matrices = [a for a in expression.args if isinstance(a, MatrixExpr)]
    for left, right in itertools.pairwise(matrices):
        if sympy.expand(left.shape[1] - right.shape[0]) != 0:
            _refuse(expression, where, _shape(left), _shape(right), (left, right))


def _stacked(expression: MatrixExpr, where: str) -> None:
    for block in expression.blocks:
        checked_shape(block, where)


def _inside(expression: MatrixSlice, where: str) -> None:
    for (low, high, _), size in zip((expression.rowslice, expression.colslice), expression.parent.shape):
        if sympy.expand(high - size).is_positive or sympy.S(low).is_negative:
            _refuse(expression, where, (low, high), _shape(expression.parent), (expression.parent,))


def _shape(e: MatrixExpr) -> Shape:
    return tuple(sympy.expand(size) for size in e.shape)


def _refuse(expression: MatrixExpr, where: str, left: Shape, right: Shape, parts: tuple[MatrixExpr, ...]) -> None:
    operation = to_text(expression)
    inside = f"{where}: in {operation}" if operation not in where or len(parts) > 1 else where
    raise ShapeError(f"{inside}, {' and '.join(map(to_text, parts))}", operation, (left, right))


_RULES: dict[type, Callable[[Any, str], None]] = {
    sympy.MatAdd: _same,
    sympy.HadamardProduct: _same,
    sympy.MatMul: _chained,
    sympy.BlockMatrix: _stacked,
    MatrixSlice: _inside,
}
