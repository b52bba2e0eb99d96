"""What operations take: formulas, which are scalars, vectors and matrices. What is none is told where it is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from sympy import MatrixExpr

from symgrad.base.errors import CellError, ShapeError
from symgrad.base.kinds import expression_of


def operand(given: Any, of: str) -> Any:
    """What is given to an operation, as a formula.

    Raises
    ------
    CellError
        If it is none; texts are formulas only where they are read.

    Examples
    --------
    >>> operand(sympy.Matrix([1, 2]), "norm").shape, operand(2, "norm")
    ((2, 1), 2)
    """
    return expression_of(as_matrix(given), f"{of} takes a scalar, a vector or a matrix")


def as_matrix(term: Any) -> Any:
    """A matrix of SymPy whose entries are written out as an expression; an array of NumPy is refused."""
    if isinstance(term, sympy.MatrixBase):
        return term.as_immutable()
    if isinstance(term, np.ndarray):
        raise CellError(
            f"an array of NumPy of shape {term.shape} is no part of a formula; declare it as a Parameter or an Input "
            "and give it when the program is called, or write it as sympy.Matrix"
        )
    return term


def vectors(of: str, *given: Any) -> tuple[MatrixExpr, ...]:
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
