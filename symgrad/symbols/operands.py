"""What operations take: formulas, which are scalars, vectors and matrices. What is none is told where it is given."""

from __future__ import annotations

from sympy import Basic, MatrixExpr

from symgrad.base.errors import ShapeError
from symgrad.base.kinds import expression_of
from symgrad.symbols.arithmetic import as_matrix, plain


def operand(given: object, of: str) -> Basic:
    """What is given to an operation, as a formula.

    Raises
    ------
    CellError
        If it is none; texts are formulas only where they are read.

    Examples
    --------
    >>> import sympy
    >>> operand(sympy.Matrix([1, 2]), "norm").shape, operand(2, "norm")
    ((2, 1), 2)
    """
    return expression_of(plain(as_matrix(given)), f"{of} takes a scalar, a vector or a matrix")


def vectors(of: str, *given: object) -> tuple[MatrixExpr, ...]:
    """What is given to an operation of vectors.

    Raises
    ------
    ShapeError
        If one of them is a scalar or has several columns.
    """
    found = tuple(operand(one, of) for one in given)
    shapes = tuple(tuple(getattr(one, "shape", ())) for one in found)
    for one, shape in zip(found, shapes):
        if not isinstance(one, MatrixExpr):
            raise ShapeError(f"{of} takes vectors; {one} is a scalar", of, shapes)
        if shape[1] != 1:
            raise ShapeError(f"{of} takes vectors; {one} is a matrix", of, shapes)
    return found
