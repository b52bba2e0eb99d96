"""Spectral norm and spectral radius of matrices, as scalars that stand in formulas.

The spectral norm is the largest factor by which a matrix stretches a vector, its largest singular value; of a vector it
is the Euclidean length. The spectral radius is the largest absolute value of an eigenvalue, real or complex.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, MatrixExpr
from sympy.printing.printer import Printer

from symgrad.base.errors import ShapeError
from symgrad.symbols.operands import operand
from symgrad.symbols.writing import to_text


class OfMatrix(Expr):  # type: ignore[misc]
    """What both share: a real number that is never negative, of one matrix."""

    is_commutative = True
    is_extended_real = is_real = is_complex = True
    is_nonnegative = is_extended_nonnegative = True
    is_finite = True
    is_number = False
    is_call = True
    word = ""

    def __new__(cls, matrix: MatrixExpr) -> Expr:
        return Expr.__new__(cls, matrix)

    @property
    def matrix(self) -> Any:
        return self.args[0]

    def _sympystr(self, printer: Printer) -> str:
        is_zero = isinstance(self.matrix, sympy.ZeroMatrix)  # as a side of an equation it is written 0
        shape = ", ".join(map(str, self.matrix.shape))
        return f"{self.word}({f'zeros({shape})' if is_zero else to_text(self.matrix)})"

    def _eval_derivative(self, symbol: object) -> Any:
        return None  # it has kinks: it stays unevaluated


class SpectralNorm(OfMatrix):
    """The largest singular value of a matrix, the Euclidean length of a vector."""

    word = "norm"

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        raised = "" if exp is None else f"^{{{exp}}}"
        # Not lVert and rVert, of which pandoc makes signs for typst that do not hold a norm above a bar together.
        return rf"\left\Vert {printer._print(self.matrix)} \right\Vert_{{2}}{raised}"


class SpectralRadius(OfMatrix):
    """The largest absolute value of an eigenvalue of a square matrix."""

    word = "spectral_radius"

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        raised = "" if exp is None else f"^{{{exp}}}"
        return rf"\rho{raised}\left({printer._print(self.matrix)}\right)"


def norm(of: object) -> Expr:
    """The spectral norm of a matrix, the Euclidean norm of a vector, the absolute value of a scalar.

    The largest factor by which the matrix stretches a vector, max sqrt((A x).T A x / (x.T x)): its largest singular
    value.

    Parameters
    ----------
    of : Expr
        A matrix of any shape, such as a weight, a product of weights or `state_jacobian`; or a scalar.

    Returns
    -------
    Expr
        A scalar that is never negative, for formulas and claims; that of a matrix stays as it is written.

    Raises
    ------
    CellError
        If it is neither.

    References
    ----------
    Horn, Johnson, Matrix Analysis, second edition (2013), section 5.6.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> A, B = sg.Parameter("A", n, n), sg.Parameter("B", n, n)
    >>> sg.norm(A @ B)
    norm(A @ B)
    >>> sg.verify(sg.claim(sg.norm(A @ B), "<=", sg.norm(A) * sg.norm(B))).outcome.name
    'PROVED'
    """
    found = operand(of, "norm")
    return SpectralNorm(found) if isinstance(found, MatrixExpr) else sympy.Abs(found)


def spectral_radius(of: object) -> Expr:
    """The spectral radius of a square matrix, the absolute value of a scalar.

    The largest absolute value of an eigenvalue, real or complex. It is at most the spectral norm, and smaller where the
    matrix is not normal.

    Parameters
    ----------
    of : Expr
        A square matrix, or a scalar.

    Returns
    -------
    Expr
        A scalar that is never negative, for formulas and claims; that of a matrix stays as it is written.

    Raises
    ------
    CellError
        If it is neither.
    ShapeError
        If the matrix is not square.

    References
    ----------
    Horn, Johnson, Matrix Analysis, second edition (2013), section 1.2.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> A = sg.Parameter("A", n, n)
    >>> sg.verify(sg.claim(sg.spectral_radius(A), "<=", sg.norm(A))).outcome.name
    'PROVED'
    >>> print(sg.verify(sg.claim(sg.norm(A), "<=", sg.spectral_radius(A))).witness)
    at n = 2, A = [[0, 1], [0, 0]]: left 1, right 0
    """
    found = operand(of, "spectral_radius")
    if not isinstance(found, MatrixExpr):
        return sympy.Abs(found)
    if sympy.expand(found.shape[0] - found.shape[1]) != 0:
        raise ShapeError("spectral_radius takes a square matrix", "spectral_radius", (tuple(found.shape),))
    return SpectralRadius(found)
