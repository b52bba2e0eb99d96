"""Operations that SymPy lacks: functions of each entry, softmax, sums and ordered products over time.

The rest is SymPy's own: `+`, `@`, `.T`, `hadamard_product`, `OneMatrix`, `BlockMatrix`, slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import sympy
from sympy import Basic, Derivative, Dummy, Expr, Lambda, MatrixExpr, OneMatrix, S, Symbol
from sympy.core.function import Application, Function
from sympy.printing.printer import Printer

from symgrad.base.errors import CellError, ShapeError, shape_text
from symgrad.base.kinds import shown
from symgrad.base.shown import one_line
from symgrad.symbols.arithmetic import ReadsAsVector, with_operators
from symgrad.symbols.conditions import letters_of, made_of_numbers
from symgrad.symbols.entries import (
    function_of_entries,
    function_of_several,
    precedence_of_entries,
    precedence_of_several,
)
from symgrad.symbols.operands import operand, vectors
from symgrad.symbols.over_time import Whole
from symgrad.symbols.totals import is_total
from symgrad.symbols.variables import Dimension


class Elementwise(ReadsAsVector):
    """A function of each entry of a vector or matrix: args are a Lambda of one variable and the matrix."""

    def __new__(cls, function: Lambda, argument: MatrixExpr) -> Any:
        return MatrixExpr.__new__(cls, function, argument)

    @property
    def function(self) -> Lambda:
        return self.args[0]

    @property
    def argument(self) -> MatrixExpr:
        return self.args[1]

    @property
    def shape(self) -> Any:
        return self.args[1].shape

    @property
    def free_symbols(self) -> set[Any]:
        return set(self.argument.free_symbols) | set(self.function.free_symbols)

    def has(self, *patterns: Any) -> bool:
        """Whether something stands in it; but no cases, since they are those of an entry.

        A sum of SymPy takes all cases that it sees in its term out of the sum, conditions on a bound entry too.
        """
        return bool(super().has(*(p for p in patterns if p is not sympy.Piecewise)))

    def at_entry(self, value: Expr) -> Expr:
        """What an entry becomes."""
        return self.function(value)

    def _entry(self, i: Expr, j: Expr, **options: object) -> Expr:
        return self.function(self.argument[i, j])

    def doit(self, **hints: object) -> Expr:
        return Elementwise(self.function, self.argument.doit(**hints)) if hints.get("deep", True) else self

    def _sympystr(self, printer: Any) -> str:
        (y,), body = self.function.variables, self.function.expr
        argument = printer.doprint(self.argument)
        if isinstance(body, Derivative):
            return f"{body.expr.func.__name__}'({argument})"
        if isinstance(body, Function) and body.args == (y,):
            return f"{body.func.__name__}({argument})"
        return f"[{printer.doprint(body.xreplace({y: Symbol(_placeholder(argument))}))}]"

    def _latex(self, printer: Printer) -> str:
        return function_of_entries(printer, self.function, self.argument)

    @property
    def precedence(self) -> int:
        """How strongly its parts are bound where it is printed."""
        return precedence_of_entries(self.function, self.argument)


class OfEntries(ReadsAsVector):
    """A function of the entries in one place of several matrices: args are a Lambda of as many variables, and these."""

    def __new__(cls, function: Lambda, *arguments: MatrixExpr) -> Any:
        return MatrixExpr.__new__(cls, function, *arguments)

    @property
    def function(self) -> Lambda:
        return self.args[0]

    @property
    def arguments(self) -> tuple[MatrixExpr, ...]:
        return tuple(self.args[1:])

    @property
    def shape(self) -> Any:
        return self.args[1].shape

    @property
    def free_symbols(self) -> set[Any]:
        return set().union(*(part.free_symbols for part in self.args))

    def has(self, *patterns: Any) -> bool:
        """Whether something stands in it; but no cases, as in `Elementwise`."""
        return bool(super().has(*(p for p in patterns if p is not sympy.Piecewise)))

    def _entry(self, i: Expr, j: Expr, **options: object) -> Expr:
        return self.function(*(argument[i, j] for argument in self.arguments))

    def with_arguments(self, change: Callable[[MatrixExpr], MatrixExpr]) -> MatrixExpr:
        """The same function of other matrices."""
        return OfEntries(self.function, *map(change, self.arguments))

    def doit(self, **hints: object) -> Expr:
        return self.with_arguments(lambda m: m.doit(**hints)) if hints.get("deep", True) else self

    def _sympystr(self, printer: Any) -> str:
        is_call = isinstance(self.function.expr, Application)
        texts = [printer.doprint(m) for m in self.arguments]
        shown = dict(zip(self.function.variables, (Symbol(t if is_call else _placeholder(t)) for t in texts)))
        body = printer.doprint(self.function.expr.xreplace(shown))
        return body if is_call else f"[{body}]"

    def _latex(self, printer: object) -> str:
        return function_of_several(printer, self.function, self.arguments)

    @property
    def precedence(self) -> int:
        """How strongly its parts are bound where it is printed."""
        return precedence_of_several(self.function, self.arguments)


def _placeholder(text: str) -> str:
    return text if text.replace("[", "").replace("]", "").isalnum() else f"({text})"


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


def of_entries(formula: Expr, letters: Mapping[MatrixExpr, Symbol]) -> MatrixExpr:
    """A formula in the letters that stand for the entries of matrices, in each place.

    Examples
    --------
    >>> import symgrad as sg
    >>> u, v = sg.State("u", 3), sg.State("v", 3)
    >>> letters = letters_of([u, v])
    >>> of_entries(sympy.Max(*letters.values()), letters), of_entries(sympy.Max(letters[v], 0), letters)
    (Max(u[t], v[t]), [Max(0, v[t])])
    """
    if made_of_numbers(formula).has(sympy.Piecewise):
        formula, letters = _within_cases(formula, letters)
    inside = {m: letter for m, letter in letters.items() if formula.has(letter)} or dict([next(iter(letters.items()))])
    named = dict(zip(inside.values(), letters_of(inside).values()))
    function = Lambda(tuple(named.values()), formula.xreplace(named))
    if len(inside) > 1:
        return OfEntries(function, *inside)
    (argument,) = inside
    return argument if formula.is_Dummy else Elementwise(function, argument)


def _within_cases(formula: Expr, letters: Mapping[MatrixExpr, Symbol]) -> tuple[Expr, dict[MatrixExpr, Symbol]]:
    """Cases whose matrices have values everywhere: what need not have one is a function of entries within the cases,
    so that it is asked for only where it is chosen.
    """
    found: dict[MatrixExpr, Symbol] = {m: letter for m, letter in letters.items() if not _is_partial(m)}

    def entry(m: Any) -> Expr:
        join, numbers, matrices = _made_of_entries(m)
        if m in found or join is None:
            return S.One if isinstance(m, OneMatrix) else found.setdefault(m, Dummy(real=True))
        parts = [*numbers, *map(entry, matrices)]
        whole = join(*parts)
        return whole if _keeps(whole, parts) else found.setdefault(m, Dummy(real=True))

    for m in [m for m in letters if m not in found]:
        whole = entry(m)
        opened = formula.xreplace({letters[m]: whole})
        if _keeps(opened, [whole]):
            formula = opened
        else:
            found[m] = letters[m]
    return formula, found or dict(letters)


def _made_of_entries(m: Any) -> tuple[Callable[..., Expr] | None, Sequence[Expr], Sequence[Any]]:
    """How an entry of a matrix is made of numbers and of the entries of others in the same place, if it is."""
    if _is_power_of_entries(m) and not m.exp.atoms(MatrixExpr):
        return partial(_power, exponent=m.exp), (), (m.base,)
    if isinstance(m, Elementwise | OfEntries):
        return m.function, (), m.args[1:]
    if isinstance(m, sympy.MatAdd):
        return sympy.Add, (), m.args
    if isinstance(m, sympy.HadamardProduct):
        return sympy.Mul, (), m.args
    if isinstance(m, sympy.MatMul):
        numbers = [a for a in m.args if not isinstance(a, MatrixExpr)]
        matrices = [a for a in m.args if isinstance(a, MatrixExpr)]
        if numbers and not any(number.atoms(MatrixExpr) for number in numbers):
            return sympy.Mul, numbers, (sympy.MatMul(*matrices).doit(deep=False),)
    return None, (), ()


def _power(base: Expr, exponent: Expr) -> Expr:
    return base**exponent


def _keeps(whole: Expr, parts: Iterable[Expr]) -> bool:
    """Whether what need not have a value in the parts stands in the whole, of which SymPy cancels some, as in y/y."""
    powers = whole.atoms(sympy.Pow)
    return all(
        any(p.base == part.base and (p.exp - part.exp).is_nonpositive for p in powers)
        if isinstance(part, sympy.Pow)
        else whole.has(part)
        for part in _partial_numbers(parts)
    )


def _partial_numbers(parts: Iterable[Expr]) -> Iterator[Expr]:
    """The powers and functions in numbers that need not have a value where their arguments have one."""
    return (part for e in parts for part in e.atoms(sympy.Pow, Function) if not part.is_real)


def _is_partial(m: MatrixExpr) -> bool:
    """Whether an entry of a matrix may have no value, made of entries and numbers that have one."""
    bodies = (part.function.expr for part in m.atoms(Elementwise, OfEntries))
    powers = (power for power in m.atoms(sympy.HadamardPower, sympy.MatPow) if _is_power_of_entries(power))
    numbers = (number for product in m.atoms(sympy.MatMul) for number in product.args if not number.is_Matrix)
    return (
        any(not _is_natural(power.exp) for power in powers)
        or any(not is_total(body) or any(part.args for part in body.args) for body in bodies)
        or any(True for _ in _partial_numbers(numbers))
    )


def _is_power_of_entries(m: MatrixExpr) -> bool:
    """Whether it is a power of each entry, as any power of a 1 by 1 matrix is."""
    return isinstance(m, sympy.HadamardPower) or (isinstance(m, sympy.MatPow) and m.shape == (1, 1))


def _is_natural(exponent: Expr) -> bool:
    return bool(exponent.is_Integer and exponent > 0)


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
