"""Operations that SymPy lacks: functions of each entry, softmax, sums and ordered products over time.

The rest is SymPy's own: `+`, `@`, `.T`, `hadamard_product`, `OneMatrix`, `BlockMatrix`, slices.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Basic, Derivative, Expr, Lambda, MatrixExpr, OneMatrix, S
from sympy.core.function import Function
from sympy.printing.printer import Printer

from symgrad.base.errors import CellError, ShapeError, shape_text
from symgrad.base.kinds import shown
from symgrad.base.shown import one_line
from symgrad.symbols.arithmetic import with_operators
from symgrad.symbols.conditions import letters_of
from symgrad.symbols.of_entries import of_entries
from symgrad.symbols.operands import operand, vectors
from symgrad.symbols.over_time import Whole
from symgrad.symbols.variables import Dimension


class Softmax(Whole):
    """exp(x_i) / sum_j exp(x_j) of a vector."""

    def __new__(cls, argument: MatrixExpr) -> Any:
        _demand_vector("softmax", argument)
        return MatrixExpr.__new__(cls, argument)

    @property
    def argument(self) -> MatrixExpr:
        return self.args[0]

    @property
    def shape(self) -> Any:
        return self.args[0].shape

    def _sympystr(self, printer: Printer) -> str:
        return f"softmax({printer.doprint(self.argument)})"

    def _latex(self, printer: Printer) -> str:
        return rf"\operatorname{{softmax}}\left({printer.doprint(self.argument)}\right)"


class LogSumExp(Whole):
    """log(sum_j exp(x_j)) of a vector; a 1 by 1 matrix."""

    shape = (S.One, S.One)

    def __new__(cls, argument: MatrixExpr) -> Any:
        _demand_vector("logsumexp", argument)
        return MatrixExpr.__new__(cls, argument)

    @property
    def argument(self) -> MatrixExpr:
        return self.args[0]

    def _sympystr(self, printer: Any) -> str:
        return f"logsumexp({printer.doprint(self.argument)})"

    def _latex(self, printer: Printer) -> str:
        return rf"\operatorname{{logsumexp}}\left({printer.doprint(self.argument)}\right)"


def _demand_vector(name: str, argument: Basic) -> None:
    if not isinstance(argument, MatrixExpr) or argument.shape[1] != 1:
        raise ShapeError(f"{name} takes a vector", name, (getattr(argument, "shape", ()),))


def elementwise(function: object, argument: object, *parameters: object) -> Expr:
    """The function of a scalar, or of each entry of a vector or matrix.

    Parameters
    ----------
    function : callable
        A SymPy function such as `sympy.tanh`, an activation, or any callable that makes a scalar expression of a scalar
        expression.
    argument : Expr
        A scalar, a vector or a matrix.
    *parameters : Expr
        Further arguments of the function: a scalar counts for all entries, of a matrix it is the entry in the same
        place.

    Returns
    -------
    Expr
        In the shape of the matrices.

    Raises
    ------
    CellError
        If `function` is none, or takes other arguments, or a formula is none.
    ShapeError
        If two matrices have different shapes.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h = sg.State("h", n)
    >>> sg.elementwise(lambda y: 1 / (1 + y**2), h)
    [1/(h[t]**2 + 1)]
    >>> sg.elementwise(sg.elu, h, 2).shape
    (n, 1)
    >>> sg.elementwise(sympy.Max, h.prev, 0, h)
    Max(0, h[t-1], h[t])
    """
    name = getattr(function, "__name__", "elementwise")
    found = [operand(given, name) for given in (argument, *parameters)]
    if not callable(function):
        raise CellError(f"elementwise takes a function of a scalar, such as sympy.tanh; got {shown(function)}")
    matrices = one_shape(name, [f for f in found if isinstance(f, MatrixExpr)])
    letters = letters_of(matrices)
    try:
        value = function(*(letters.get(f, f) for f in found))
    except (TypeError, ValueError) as error:
        raise CellError(f"elementwise: {one_line(str(error))}") from error
    return of_entries(operand(value, "a function of each entry"), letters) if matrices else value


def one_shape(name: str, matrices: list[MatrixExpr]) -> list[MatrixExpr]:
    """Matrices, if they have one shape."""
    for other in matrices[1:]:
        if other.shape != matrices[0].shape:
            shapes = (matrices[0].shape, other.shape)
            raise ShapeError(f"{name}({matrices[0]}, {other})", name, shapes)
    return matrices


def is_function_of(e: Expr, v: Expr) -> bool:
    """Whether it is one named function of a variable, whose parameters do not depend on it.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> is_function_of(sg.celu(h, w), h), is_function_of(sg.celu(h, h**2), h)
    (True, False)
    """
    return isinstance(e, Function) and e.args[:1] == (v,) and not any(parameter.has(v) for parameter in e.args[1:])


def slope(function: Lambda) -> Lambda:
    """The derivative of a function of an entry, unevaluated where it is one named function."""
    (y,) = function.variables
    return Lambda((y,), function.expr.diff(y))


def with_slopes(e: Expr) -> Expr:
    """The formula with its derivatives carried out, and nothing else: of a sum that runs backwards, which is 0, SymPy
    makes another number.

    Examples
    --------
    >>> from sympy import Derivative, Subs, Sum, sin
    >>> from sympy.abc import k, x
    >>> with_slopes(Derivative(sin(x), x) * Sum(k, (k, 3, 1)))
    cos(x)*Sum(k, (k, 3, 1))
    >>> with_slopes(Subs(Derivative(sin(x), x), x, 2*k))
    cos(2*k)
    """
    if not e.has(Derivative):
        return e
    slopes = e.replace(lambda part: isinstance(part, Derivative), lambda slope: slope.doit(deep=False))
    return slopes.replace(lambda part: isinstance(part, sympy.Subs), _at_place)


class SlopeAt(sympy.Subs):  # type: ignore[misc]  # SymPy has no types
    """f'(u): a derivative at a place, equal to that at the same place only.

    SymPy takes two places for one if they print alike, as a state and an input of the same name do.
    """

    def _hashable_content(self) -> tuple[Basic, ...]:
        return tuple(self.args)


def _at_place(slope: sympy.Subs) -> Expr:
    """A slope at a place, as that of tanh at a*y."""
    found: Expr = slope.expr.xreplace(dict(zip(slope.variables, slope.point)))
    return found


def ones(*shape: Dimension) -> MatrixExpr:
    """The vector (n) or matrix (n, m) of ones.

    A variable takes a number as the vector that holds it everywhere, as in ``1 - h``; what `hadamard` or SymPy returns
    does not, and needs this.

    Parameters
    ----------
    *shape : int or Symbol
        One size for a vector, two for a matrix.

    Returns
    -------
    MatrixExpr
        `sympy.OneMatrix`, of the shape (n, 1) or (n, m).

    Raises
    ------
    CellError
        If there is no size, or more than two, or one that is none.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h = sg.State("h", n)
    >>> (sg.ones(n) - sg.hadamard(h, h)).shape
    (n, 1)
    """
    sizes = [operand(size, "ones") for size in shape]
    if not 1 <= len(sizes) <= 2 or any(map(_is_no_size, sizes)):
        raise CellError(f"ones takes one or two sizes, as in ones(n) or ones(n, m); got {shape_text(shape)}")
    return with_operators(OneMatrix(sizes[0], sizes[1] if len(sizes) > 1 else 1))


def _is_no_size(size: Expr) -> bool:
    """Whether it is certainly no size; a difference of sizes may be one."""
    return bool(
        isinstance(size, MatrixExpr | sympy.Float) or size is S.NaN or size.is_integer is False or size.is_negative
    )


def zero_like(like: Expr) -> Expr:
    """Zero in the shape of a scalar, a vector or a matrix."""
    return sympy.ZeroMatrix(*like.shape) if isinstance(like, MatrixExpr) else S.Zero


def hadamard(*factors: Expr) -> Expr:
    """The product entry by entry of matrices of one shape; a number counts for all entries.

    Parameters
    ----------
    *factors : Expr
        Vectors or matrices of one shape, and scalars.

    Returns
    -------
    Expr
        In the shape of the matrices; whole powers of one factor are joined.

    Raises
    ------
    CellError
        If a factor is no formula.
    ShapeError
        If two shapes differ; it names both.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> z, h = sg.Intermediate("z", n), sg.State("h", n)
    >>> sg.hadamard(1 - z, h.prev).shape
    (n, 1)
    >>> sg.hadamard(h, sg.Input("x", m))
    Traceback (most recent call last):
    symgrad.ShapeError: hadamard(h[t], x[t]): shapes (n, 1) and (m, 1) do not fit
    """
    found = [operand(factor, "hadamard") for factor in factors]
    scalars = [f for f in found if not isinstance(f, MatrixExpr)]
    matrices = [f for f in found if isinstance(f, MatrixExpr)]
    for other in matrices[1:]:
        if other.shape != matrices[0].shape:
            shapes = (matrices[0].shape, other.shape)
            raise ShapeError(f"hadamard({matrices[0]}, {other})", "hadamard", shapes)
    coefficient = sympy.Mul(*scalars)
    return with_operators(coefficient * hadamard_of(matrices)) if matrices else coefficient


def hadamard_of(factors: list[MatrixExpr]) -> MatrixExpr:
    """The Hadamard product of matrices of one shape, without ones and with number factors in front."""
    coefficient, kept = S.One, []
    for factor in factors:
        number, rest = factor.as_coeff_mmul() if isinstance(factor, sympy.MatMul) else (S.One, factor)
        coefficient *= number
        if isinstance(rest, sympy.HadamardProduct):
            kept.extend(rest.args)
        elif not isinstance(rest, OneMatrix):
            kept.append(rest)
    if any(isinstance(f, sympy.ZeroMatrix) for f in kept):
        return sympy.ZeroMatrix(*factors[0].shape)
    if not kept:
        return coefficient * OneMatrix(*factors[0].shape)
    product = kept[0] if len(kept) == 1 else sympy.HadamardProduct(*_by_powers(kept))
    if isinstance(product, sympy.HadamardProduct) and len(product.args) == 1:
        product = product.args[0]
    return product if coefficient == 1 else coefficient * product


def _by_powers(factors: list[MatrixExpr]) -> list[MatrixExpr]:
    """Whole powers of one factor, all above it or all below, as one power.

    Other powers stay as they are: sqrt(x) times itself is x only where it has a value, and so is x times 1/x.
    """
    whole: dict[tuple[MatrixExpr, bool], Expr] = {}
    others = []
    for f in factors:
        base, exponent = (f.base, f.exp) if isinstance(f, sympy.HadamardPower) else (f, S.One)
        if exponent.is_Integer:
            key = base, bool(exponent > 0)
            whole[key] = whole.get(key, S.Zero) + exponent
        else:
            others.append(f)
    return [*(base if e == 1 else sympy.HadamardPower(base, e) for (base, _), e in whole.items()), *others]


def concatenate(*parts: MatrixExpr) -> MatrixExpr:
    """Vectors one below the other.

    Parameters
    ----------
    *parts : MatrixExpr
        Vectors, or matrices with as many columns as the first.

    Returns
    -------
    MatrixExpr
        With the sum of their rows.

    Raises
    ------
    CellError
        If there is no part, or one is no formula.
    ShapeError
        If a part is a scalar or has another number of columns.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> sg.concatenate(sg.State("h", n), sg.Input("x", m)).shape
    (m + n, 1)
    """
    if not parts:
        raise CellError("concatenate takes at least one vector, as in concatenate(u, v)")
    found = [operand(part, "concatenate") for part in parts]
    shapes = tuple(tuple(getattr(part, "shape", ())) for part in found)
    if not shapes[0] or any(shape[1:] != shapes[0][1:] for shape in shapes):
        raise ShapeError("concatenate takes matrices of one width", "concatenate", shapes)
    return with_operators(sympy.BlockMatrix([[part] for part in found]))


def outer(left: MatrixExpr, right: MatrixExpr) -> MatrixExpr:
    """The outer product of two vectors, left @ right.T.

    Parameters
    ----------
    left : MatrixExpr
        Shape (n, 1).
    right : MatrixExpr
        Shape (m, 1).

    Returns
    -------
    MatrixExpr
        Shape (n, m).

    Raises
    ------
    ShapeError
        If one of them is a scalar or a matrix of several columns.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> delta, x = sg.Intermediate("delta", n), sg.Input("x", m)
    >>> sg.outer(delta, x), sg.outer(delta, x).shape
    (delta[t]*x[t].T, (n, m))
    """
    u, v = vectors("outer", left, right)
    return with_operators(sympy.MatMul(u, sympy.Transpose(v)).doit(deep=False))


def dot(left: MatrixExpr, right: MatrixExpr) -> MatrixExpr:
    """The inner product of two vectors, left.T @ right.

    Parameters
    ----------
    left : MatrixExpr
        Shape (n, 1).
    right : MatrixExpr
        Shape (n, 1).

    Returns
    -------
    MatrixExpr
        A 1 by 1 matrix; its number is its ``sympy.Trace``.

    Raises
    ------
    ShapeError
        If one of them is a scalar or a matrix of several columns, or they are not equally long.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> v, h = sg.Parameter("v", n), sg.State("h", n)
    >>> sg.dot(v, h), sg.dot(v, h).shape
    (v.T*h[t], (1, 1))
    """
    u, v = vectors("dot", left, right)
    if u.shape != v.shape:
        raise ShapeError(f"dot({u}, {v})", "dot", (u.shape, v.shape))
    return with_operators(sympy.MatMul(sympy.Transpose(u), v).doit(deep=False))


def summed(matrix: MatrixExpr) -> MatrixExpr:
    """The sum of all entries of a vector, as a 1 by 1 matrix."""
    _demand_vector("summed", matrix)
    return with_operators(sympy.MatMul(OneMatrix(1, matrix.shape[0]), matrix))


def softmax(vector: MatrixExpr) -> MatrixExpr:
    """The softmax of a vector, exp(x_i) / sum_j exp(x_j): positive entries that sum to 1.

    Parameters
    ----------
    vector : MatrixExpr
        Shape (n, 1).

    Returns
    -------
    MatrixExpr
        Shape (n, 1).

    Raises
    ------
    ShapeError
        If it is a scalar or a matrix of several columns.

    References
    ----------
    Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, p = sg.dims("n p")
    >>> V, h = sg.Parameter("V", p, n), sg.State("h", n)
    >>> sg.softmax(V @ h), sg.softmax(V @ h).shape
    (softmax(V*h[t]), (p, 1))
    """
    return Softmax(*vectors("softmax", vector))


def logsumexp(vector: MatrixExpr) -> MatrixExpr:
    """The logarithm of the sum of the exponentials of a vector, log(sum_j exp(x_j)); its gradient is the softmax.

    Parameters
    ----------
    vector : MatrixExpr
        Shape (n, 1).

    Returns
    -------
    MatrixExpr
        A 1 by 1 matrix. Programs compute it without overflow, from the differences to the largest entry.

    Raises
    ------
    ShapeError
        If it is a scalar or a matrix of several columns.

    References
    ----------
    Boyd, Vandenberghe, Convex Optimization (2004), section 3.1.5.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> sg.logsumexp(sg.State("h", n)), sg.logsumexp(sg.State("h", n)).shape
    (logsumexp(h[t]), (1, 1))
    """
    return LogSumExp(*vectors("logsumexp", vector))
