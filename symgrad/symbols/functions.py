"""Functions of each entry by the names that one writes: tanh, exp, Max, where."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, MatrixExpr
from sympy.logic.boolalg import Boolean

from symgrad.base.errors import CellError
from symgrad.base.kinds import shown
from symgrad.symbols.conditions import Mask, letters_of, mask_of
from symgrad.symbols.of_entries import of_entries
from symgrad.symbols.operands import operand
from symgrad.symbols.operations import elementwise, one_shape


def tanh(argument: object) -> Expr:
    """The hyperbolic tangent of a scalar, or of each entry of a vector or matrix.

    tanh x = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), with slope 1 - tanh(x)**2; values in (-1, 1), no kinks.

    Parameters
    ----------
    argument : Expr
        A scalar, a vector or a matrix.

    Returns
    -------
    Expr
        In the shape of `argument`.

    References
    ----------
    Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.3.2.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.tanh(x).diff(x), sg.tanh(sg.State("h", *sg.dims("n")))
    (1 - tanh(x)**2, tanh(h[t]))
    """
    return elementwise(sympy.tanh, argument)


def sin(argument: object) -> Expr:
    """The sine of a scalar, or of each entry of a vector or matrix.

    Its slope is cos(x); values in [-1, 1], no kinks.

    Parameters
    ----------
    argument : Expr
        A scalar, a vector or a matrix.

    Returns
    -------
    Expr
        In the shape of `argument`.

    References
    ----------
    Sitzmann, Martel, Bergman, Lindell, Wetzstein, Implicit neural representations with periodic activation
    functions (2020), arXiv:2006.09661.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.sin(x).diff(x), sg.sin(sg.State("h", *sg.dims("n")))
    (cos(x), sin(h[t]))
    """
    return elementwise(sympy.sin, argument)


def arctan(argument: object) -> Expr:
    """The arctangent of a scalar, or of each entry of a vector or matrix.

    Its slope is 1/(1 + x**2); values in (-pi/2, pi/2), no kinks.

    Parameters
    ----------
    argument : Expr
        A scalar, a vector or a matrix.

    Returns
    -------
    Expr
        In the shape of `argument`.

    References
    ----------
    NIST Digital Library of Mathematical Functions, sections 4.23 and 4.24.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.arctan(x).diff(x), sg.arctan(sg.State("h", *sg.dims("n")))
    (1/(x**2 + 1), atan(h[t]))
    """
    return elementwise(sympy.atan, argument)


def exp(argument: Any) -> Expr:
    """The exponential of a scalar, or of each entry of a vector or matrix.

    Its slope is exp(x); positive, no kinks.

    Parameters
    ----------
    argument : Expr
        A scalar, a vector or a matrix.

    Returns
    -------
    Expr
        In the shape of `argument`.

    References
    ----------
    NIST Digital Library of Mathematical Functions, section 4.2.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.exp(x).diff(x), sg.exp(sg.State("h", *sg.dims("n")))
    (exp(x), exp(h[t]))
    """
    return elementwise(sympy.exp, argument)


def log(argument: object) -> Expr:
    """The natural logarithm of a scalar, or of each entry of a vector or matrix.

    Its slope is 1/x; real where x > 0.

    Parameters
    ----------
    argument : Expr
        A scalar, a vector or a matrix.

    Returns
    -------
    Expr
        In the shape of `argument`.

    References
    ----------
    NIST Digital Library of Mathematical Functions, section 4.2.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.log(x).diff(x), sg.log(1 + sg.exp(sg.State("h", *sg.dims("n"))))
    (1/x, log(exp(h[t]) + 1))
    """
    return elementwise(sympy.log, argument)


def sqrt(argument: Any) -> Expr:
    """The square root of a scalar, or of each entry of a vector or matrix.

    Its slope is 1/(2*sqrt(x)); real where x >= 0.

    Parameters
    ----------
    argument : Expr
        A scalar, a vector or a matrix.

    Returns
    -------
    Expr
        In the shape of `argument`.

    References
    ----------
    NIST Digital Library of Mathematical Functions, section 4.2.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.sqrt(x).diff(x), sg.sqrt(sg.State("h", *sg.dims("n"))).shape
    (1/(2*sqrt(x)), (n, 1))
    """
    return elementwise(sympy.sqrt, argument)


def abs(argument: Any) -> Expr:  # by the name that one writes
    """The absolute value of a scalar, or of each entry of a vector or matrix.

    Its slope is sign(x), and programs take 0 at the kink x = 0. The norm of a vector is `norm`.

    Parameters
    ----------
    argument : Expr
        A scalar, a vector or a matrix.

    Returns
    -------
    Expr
        In the shape of `argument`.

    References
    ----------
    NIST Digital Library of Mathematical Functions, section 1.9.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.abs(x).diff(x), sg.abs(sg.State("h", *sg.dims("n")))
    (sign(x), Abs(h[t]))
    """
    return elementwise(sympy.Abs, argument)


def Max(*arguments: object) -> Expr:
    """The larger of scalars, or of the entries in one place of vectors or matrices.

    At a tie its slope is shared among those that are equal: 1/k for each of k, such as 1/2 for each of two.

    Parameters
    ----------
    *arguments : Expr
        Scalars, and vectors or matrices of one shape; a scalar counts for all entries.

    Returns
    -------
    Expr
        In the shape of the matrices. The maximum of a formula over a domain is a claim: `maximum`.

    Raises
    ------
    CellError
        If there is no argument, or one is no formula.
    ShapeError
        If two matrices have different shapes.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> u, v = sg.State("u", n), sg.State("v", n)
    >>> sg.Max(u, v), sg.Max(u, 0)
    (Max(u[t], v[t]), [Max(0, u[t])])
    """
    if not arguments:
        raise CellError("Max takes at least one scalar, vector or matrix, as in Max(u, v)")
    return elementwise(sympy.Max, *arguments)


def Min(*arguments: object) -> Expr:
    """The smaller of scalars, or of the entries in one place of vectors or matrices.

    At a tie its slope is shared among those that are equal: 1/k for each of k, such as 1/2 for each of two.

    Parameters
    ----------
    *arguments : Expr
        Scalars, and vectors or matrices of one shape; a scalar counts for all entries.

    Returns
    -------
    Expr
        In the shape of the matrices. The minimum of a formula over a domain is a claim: `minimum`.

    Raises
    ------
    CellError
        If there is no argument, or one is no formula.
    ShapeError
        If two matrices have different shapes.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> u, v = sg.State("u", n), sg.State("v", n)
    >>> sg.Min(u, v), sg.Min(u, 0)
    (Min(u[t], v[t]), [Min(0, u[t])])
    """
    if not arguments:
        raise CellError("Min takes at least one scalar, vector or matrix, as in Min(u, v)")
    return elementwise(sympy.Min, *arguments)


def where(condition: Any, value: Any, otherwise: Any) -> Expr:
    """One value where a condition holds and another elsewhere, of scalars or in each place of vectors or matrices.

    The slope is that of the value which is taken; by the condition there is none.

    Parameters
    ----------
    condition : comparison
        Such as ``h > 0`` or ``u <= v``, of scalars, vectors or matrices; joined by ``&`` and ``|``, turned by ``~``.
    value : Expr
        What is taken where it holds: a scalar, which counts for all entries, or of the shape of the others.
    otherwise : Expr
        What is taken elsewhere.

    Returns
    -------
    Expr
        In the shape of the vectors or matrices.

    Raises
    ------
    CellError
        If the condition is no comparison, or a value is no formula.
    ShapeError
        If two matrices have different shapes.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h, u, x = sg.State("h", n), sg.State("u", n), sg.real("x")
    >>> sg.where(h > 0, h, u / 10).shape, sg.where(x > 0, x, 0)
    ((n, 1), Piecewise((x, x > 0), (0, True)))
    """
    if isinstance(condition, bool):
        told = (
            "u == v in Python asks whether two formulas are the same; of entries write sympy.Eq(u, v) or sympy.Ne(u, v)"
        )
        raise CellError(f"where takes a comparison first, and got {condition}: {told}")
    if not isinstance(condition, Mask | Boolean):
        raise CellError(f"where takes a comparison first, as in where(h > 0, a, b); got {shown(condition)}")
    mask = mask_of(condition)
    values = [operand(given, "where") for given in (value, otherwise)]
    matrices = one_shape("where", [*mask.matrices, *(v for v in values if isinstance(v, MatrixExpr))])
    letters = letters_of(matrices)
    first, second = (letters.get(v, v) for v in values)
    cases = sympy.Piecewise((first, mask.in_letters(letters)), (second, True))
    return of_entries(cases, letters) if letters else cases
