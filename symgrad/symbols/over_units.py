"""Sums over the entries of a vector or matrix, means and variances, as normalised layers take them over their units."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, MatrixExpr, OneMatrix, S

from symgrad.base.errors import ShapeError
from symgrad.symbols.arithmetic import plain
from symgrad.symbols.operands import operand


def total(matrix: MatrixExpr) -> Expr:
    """The sum of all entries of a vector or matrix.

    Parameters
    ----------
    matrix : MatrixExpr
        Shape (n, m); a vector is (n, 1).

    Returns
    -------
    Expr
        A scalar.

    Raises
    ------
    ShapeError
        If it is a scalar.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h = sg.State("h", n)
    >>> print(sg.Equation(h, h.prev / sg.total(h.prev)))
    h[t] = 1/total(h[t-1])*h[t-1]
    """
    found = _matrix("total", matrix)
    rows, columns = found.shape
    left = [OneMatrix(1, rows)] if rows != 1 else []
    right = [OneMatrix(columns, 1)] if columns != 1 else []
    return sympy.Trace(sympy.MatMul(*left, found, *right).doit(deep=False))


def mean(matrix: MatrixExpr) -> Expr:
    """The mean of all entries of a vector or matrix: their sum, divided by how many there are.

    Parameters
    ----------
    matrix : MatrixExpr
        Shape (n, m); a vector is (n, 1).

    Returns
    -------
    Expr
        A scalar.

    Raises
    ------
    ShapeError
        If it is a scalar.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> a, h = sg.Intermediate("a", n), sg.State("h", n)
    >>> print(sg.Equation(h, a - sg.mean(a)))
    h[t] = a[t] - total(a[t])/n
    """
    found = _matrix("mean", matrix)
    rows, columns = found.shape
    return total(found) / (rows * columns)


def variance(matrix: MatrixExpr) -> Expr:
    """The variance of the entries of a vector or matrix: the mean of the squared distances from their mean.

    It divides by how many entries there are, as layer normalisation does, not by one less.

    Parameters
    ----------
    matrix : MatrixExpr
        Shape (n, m); a vector is (n, 1).

    Returns
    -------
    Expr
        A scalar, zero if there is one entry.

    Raises
    ------
    ShapeError
        If it is a scalar.

    References
    ----------
    Ba, Kiros, Hinton, Layer normalization (2016), arXiv:1607.06450, equation 3.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> a, h = sg.Intermediate("a", n), sg.State("h", n)
    >>> sg.Cell({a: h.prev, h: (a - sg.mean(a)) / sg.sqrt(sg.variance(a) + 1)}).names
    ('a', 'h')
    """
    found = _matrix("variance", matrix)
    apart = sympy.MatAdd(found, -mean(found) * OneMatrix(*found.shape)).doit(deep=False)
    return mean(sympy.HadamardPower(apart, 2)) if S.One in found.shape else mean(sympy.HadamardProduct(apart, apart))


def _matrix(of: str, given: object) -> Any:
    found = plain(operand(given, of))
    if not isinstance(found, MatrixExpr):
        raise ShapeError(f"{of} takes a vector or a matrix; {found} is a scalar", of, ((),))
    return found
