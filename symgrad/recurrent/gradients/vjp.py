"""Vector-Jacobian products: one short rule for each operation.

Each rule takes an operation and the adjoint of its result, and gives each argument with its share of the adjoint. The
adjoint of an expression has the shape of the expression. A new operation is a row of `RULES`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy
from sympy import BlockMatrix, Expr, Lambda, MatrixExpr, S, Symbol, ZeroMatrix
from sympy.core.function import Function
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.activations import ACTIVATIONS, slope_from_output
from symgrad.base.errors import CellError
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.cells.matrix_algebra import product, scalar_of, sliced, transposed
from symgrad.recurrent.cells.scalar_slopes import differentiated, slope_in_arguments, slope_in_output
from symgrad.symbols import (
    ENTRY,
    Elementwise,
    LogSumExp,
    OfEntries,
    Softmax,
    TimedMatrix,
    TimedScalar,
    concatenate,
    hadamard,
    hadamard_of,
    is_function_of,
    of_entries,
    ones,
    parameters_in,
    timed_in,
)
from symgrad.symbols.writing import to_text

Share: TypeAlias = tuple[Any, Any]
Rule: TypeAlias = Callable[[Any, Any, Any], Iterable[Share]]


def pullback(equation: Equation, adjoint: Expr, in_output: bool = True) -> dict[Expr, list[Expr]]:
    """The shares of an equation's adjoint that its variables and parameters get.

    Slopes of activations are written in terms of the output, as papers do; or, for programs, which compute them so
    that no digits are lost, as f'(a).

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h, a, hbar = sg.State("h", n), sg.Intermediate("a", n), sg.State("hbar", n)
    >>> (share,) = pullback(sg.Equation(h, sg.sigmoid(a)), hbar)[a]
    >>> print(to_text(share))
    hadamard(h[t], hbar[t], 1 - h[t])
    """
    found: dict[Expr, list[Expr]] = {}
    wanted = {*timed_in(equation.right), *parameters_in(equation.right)}
    spread = _Spread(wanted, found, in_output)
    if isinstance(equation.right, MatrixExpr):
        spread.matrix(equation.right, adjoint, equation.left)
    else:
        spread.scalar(equation.right, adjoint, equation.left)
    return found


@dataclass(frozen=True)
class _Spread:
    """An adjoint on its way down through an expression to the leaves that are wanted."""

    wanted: set[Expr]
    found: dict[Expr, list[Expr]]
    in_output: bool

    def matrix(self, e: Any, share: Any, output: Any) -> None:
        if e in self.wanted:
            self.found.setdefault(e, []).append(share)
            return
        if not self.wanted & e.atoms(*_LEAVES):
            return
        if isinstance(e, Elementwise | OfEntries):
            self._body(e, share)
        self._pass_on(self._parts(e, share, output))

    def _pass_on(self, shares: Iterable[Share]) -> None:
        for argument, part in shares:
            if isinstance(argument, MatrixExpr):
                self.matrix(argument, part, argument)
            else:
                self.scalar(argument, part, None)

    def _body(self, e: Elementwise | OfEntries, share: MatrixExpr) -> None:
        """The shares of the scalars that a function of entries has besides these: a sum over all entries."""
        letters, body = e.function.variables, e.function.expr
        slope_of_scalar = slope_in_output if self.in_output else slope_in_arguments
        for v in sorted(self.wanted & (body.atoms(TimedScalar, sympy.Symbol) - set(letters)), key=str):
            slope = slope_of_scalar(body, v)
            if slope != 0:
                entries = in_entries(slope, dict(zip(letters, e.args[1:])))
                self.found.setdefault(v, []).append(sympy.Trace(product(transposed(share), entries)))

    def _parts(self, e: MatrixExpr, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
        if self.in_output or not isinstance(e, Elementwise | OfEntries):
            return _rule_of(e)(e, share, e if output is None else output)
        if isinstance(e, OfEntries):
            return _of_entries(e, share, slope_in_arguments)
        return [(e.argument, hadamard(share, slope_in_argument(e)))]

    def scalar(self, e: Expr, share: Expr, output: Expr | None) -> None:
        """The chain rule of scalars: SymPy differentiates, down to the scalars that are made of matrices."""
        made = {part: sympy.Dummy(real=True) for part in _made_of_matrices(e)}
        back = {stand_in: part for part, stand_in in made.items()}
        plain = e.xreplace(made)
        named = {plain: output} if isinstance(e, Function) and output is not None and self.in_output else {}
        slope_of_scalar = slope_in_output if self.in_output else slope_in_arguments
        for v in sorted(self.wanted & plain.atoms(TimedScalar, sympy.Symbol), key=str):
            slope = slope_of_scalar(plain, v, named)
            if slope != 0:
                self.found.setdefault(v, []).append(share * _with_parts(slope, back))
        for part, stand_in in made.items():
            inside = share * _with_parts(slope_of_scalar(plain, stand_in), back)
            self._pass_on(_rule_of(part)(part, inside, part))


def _made_of_matrices(e: Expr) -> list[Expr]:
    """The largest parts of a scalar that are scalars made of matrices, such as traces."""
    if not e.has(MatrixExpr):
        return []
    if any(isinstance(a, MatrixExpr) for a in e.args):
        return [e]
    return [part for a in e.args for part in _made_of_matrices(a)]


def _with_parts(slope: Expr, parts: dict[Symbol, Expr]) -> Expr:
    """A slope with what its letters stand for: a slope f' at a trace is that of a letter, taken at the trace."""
    return slope.subs(parts) if slope.has(sympy.Derivative) else slope.xreplace(parts)


_LEAVES = (TimedScalar, TimedMatrix, sympy.MatrixSymbol, sympy.Symbol)


def _rule_of(e: Expr) -> Rule:
    for kind, rule in RULES.items():
        if isinstance(e, kind):
            return rule
    raise _without_rule(e)


def _without_rule(e: MatrixExpr) -> CellError:
    known = ", ".join(sorted(kind.__name__ for kind in RULES))
    return CellError(
        f"there is no rule to differentiate {type(e).__name__}, in {to_text(e)}; there are rules for {known}"
    )


# --- the rules ----------------------------------------------------------------------------------------------------


def _add(e: MatrixExpr, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    return [(term, share) for term in e.args]


def _multiply(e: MatrixExpr, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    scalars = [a for a in e.args if not isinstance(a, MatrixExpr)]
    matrices = [a for a in e.args if isinstance(a, MatrixExpr)]
    for place, matrix in enumerate(matrices):
        left = [transposed(m) for m in reversed(matrices[:place])]
        right = [transposed(m) for m in reversed(matrices[place + 1 :])]
        yield matrix, product(*scalars, *left, share, *right)
    for place, scalar in enumerate(scalars):
        others = [*scalars[:place], *scalars[place + 1 :]]
        yield scalar, sympy.Mul(*others) * scalar_of(product(transposed(share), *matrices))


def _transpose(e: MatrixExpr, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    return [(e.arg, transposed(share))]


def _hadamard(e: MatrixExpr, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    factors = list(e.args)
    return [(f, hadamard_of([share, *factors[:k], *factors[k + 1 :]])) for k, f in enumerate(factors)]


def _power(e: MatrixExpr, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    lowered = e.base if e.exp == 2 else sympy.HadamardPower(e.base, e.exp - 1)
    yield e.base, e.exp * hadamard_of([share, lowered])
    if not e.exp.is_number:
        logarithms = Elementwise(Lambda((ENTRY,), sympy.log(ENTRY)), e.base)
        yield e.exp, sympy.Trace(product(transposed(share), hadamard(output, logarithms)))


def _elementwise(e: Elementwise, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    return [(e.argument, hadamard(share, slope_of(e, output)))]


def _of_entries(e: OfEntries, share: Expr, slope: Callable[[Expr, Any], Expr] = slope_in_output) -> Iterable[Share]:
    letters = dict(zip(e.function.variables, e.arguments))
    return [(m, hadamard(share, in_entries(slope(e.function.expr, y), letters))) for y, m in letters.items()]


def _softmax(e: Softmax, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    mean = product(ones(e.shape[0]), transposed(output), share)
    return [(e.argument, hadamard_of([output, sympy.MatAdd(share, -mean)]))]


def _logsumexp(e: LogSumExp, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    return [(e.argument, product(Softmax(e.argument), share))]


def _diagonal(e: MatrixExpr, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    vector, one = e.args[0], ones(e.shape[0])
    entries = product(hadamard_of([share, sympy.Identity(e.shape[0])]), one)
    return [(vector, entries if vector.shape[1] == 1 else transposed(entries))]


def _explicit(e: Expr, share: Expr, output: Expr | None) -> Iterable[Share]:
    for i, j in itertools.product(*map(range, e.shape)):
        yield e[i, j], scalar_of(transposed(sliced(transposed(sliced(share, i, i + 1)), j, j + 1)))


def _blocks(e: BlockMatrix, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    rows, columns = e.blockshape
    top = S.Zero
    for i in range(rows):
        bottom = sympy.expand(top + e.blocks[i, 0].shape[0])
        band, left = sliced(share, top, bottom) if rows > 1 else share, S.Zero
        for j in range(columns):
            right = sympy.expand(left + e.blocks[i, j].shape[1])
            part = transposed(sliced(transposed(band), left, right)) if columns > 1 else band
            yield e.blocks[i, j], part
            left = right
        top = bottom


def _matrix_power(e: MatrixExpr, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    if not (e.exp.is_Integer and e.exp.is_positive):  # an inverse is a power to SymPy
        raise _without_rule(e)
    base, before = transposed(e.base), int(e.exp) - 1
    return [(e.base, product(*[base] * k, share, *[base] * (before - k))) for k in range(before + 1)]


def _slice(e: MatrixSlice, share: MatrixExpr, output: MatrixExpr) -> Iterable[Share]:
    (r0, r1, _), (c0, c1, _) = e.rowslice, e.colslice
    rows, columns = e.parent.shape
    wide = _padded_columns(share, c0, columns - c1)
    return [(e.parent, _padded_rows(wide, r0, rows - r1))]


def _padded_rows(matrix: MatrixExpr, above: Expr, below: Expr) -> MatrixExpr:
    width = matrix.shape[1]
    parts = [ZeroMatrix(above, width)] if above != 0 else []
    parts += [matrix] + ([ZeroMatrix(below, width)] if sympy.expand(below) != 0 else [])
    return concatenate(*parts) if len(parts) > 1 else matrix


def _padded_columns(matrix: MatrixExpr, before: Expr, after: Expr) -> MatrixExpr:
    if before == 0 and sympy.expand(after) == 0:
        return matrix
    return transposed(_padded_rows(transposed(matrix), before, after))


def _trace(e: Expr, share: Expr, output: Expr) -> Iterable[Share]:
    return [(e.arg, share * sympy.Identity(e.arg.shape[0]))]


RULES: dict[type, Rule] = {
    sympy.MatAdd: _add,
    sympy.MatMul: _multiply,
    sympy.MatPow: _matrix_power,
    sympy.Transpose: _transpose,
    sympy.HadamardProduct: _hadamard,
    sympy.HadamardPower: _power,
    sympy.DiagMatrix: _diagonal,
    sympy.Trace: _trace,
    BlockMatrix: _blocks,
    sympy.MatrixBase: _explicit,
    MatrixSlice: _slice,
    Elementwise: _elementwise,
    OfEntries: lambda e, share, output: _of_entries(e, share),
    Softmax: _softmax,
    LogSumExp: _logsumexp,
}


# --- slopes -------------------------------------------------------------------------------------------------------


def slope_of(e: Elementwise, output: MatrixExpr) -> MatrixExpr:
    """The slope of a function of each entry: in terms of its output where it can be, else as f'(a)."""
    (y,), body = e.function.variables, e.function.expr
    if is_function_of(body, y):
        named = slope_from_output(body, ENTRY)
        if named is not None:
            return entries_of(named, ENTRY, output)
        in_output = differentiated(body, y).xreplace({body: _OUTPUT})
        if not in_output.has(y):
            return entries_of(in_output, _OUTPUT, output)
        if body.func.__name__ in ACTIVATIONS:
            return Elementwise(Lambda((y,), sympy.Derivative(body, y)), e.argument)
    return entries_of(differentiated(body, y), y, e.argument)


_OUTPUT = sympy.Dummy("output", real=True)


def slope_in_argument(e: Elementwise) -> MatrixExpr:
    """The slope of a function of each entry in terms of its argument, that of an activation as f'(a)."""
    (y,), body = e.function.variables, e.function.expr
    slope = slope_in_arguments(body, y)
    if not slope.has(y):
        return slope * ones(*e.argument.shape)
    return Elementwise(Lambda((ENTRY,), slope.xreplace({y: ENTRY})), e.argument)


def entries_of(formula: Expr, y: Symbol, matrix: MatrixExpr) -> MatrixExpr:
    """A formula in each entry y of a matrix; see `in_entries`."""
    return in_entries(formula, {y: matrix})


def in_entries(formula: Expr, letters: Mapping[Any, Any]) -> Any:
    """A formula in the entries of matrices: what is polynomial in them by Hadamard products, the rest as it is.

    Examples
    --------
    >>> import symgrad as sg
    >>> y, z = sympy.symbols("y z", real=True)
    >>> print(to_text(in_entries(2*y*z + 1, {y: sg.State("u", 3), z: sg.State("v", 3)})))
    1 + 2*hadamard(u[t], v[t])
    """
    if not formula.has(*letters):
        return formula * ones(*next(iter(letters.values())).shape)
    if formula in letters:
        return letters[formula]
    if isinstance(formula, sympy.Add):
        return sympy.MatAdd(*(in_entries(term, letters) for term in formula.args)).doit(deep=False)
    if isinstance(formula, sympy.Mul):
        number, rest = formula.as_independent(*letters, as_Add=False)
        parts = [in_entries(f, letters) for f in sympy.Mul.make_args(rest)]
        return number * hadamard_of(sorted(parts, key=lambda p: isinstance(p, sympy.MatAdd)))
    if isinstance(formula, sympy.Pow) and formula.exp.is_Integer and formula.base in letters:
        return sympy.HadamardPower(letters[formula.base], formula.exp)
    first: dict[Any, Any] = {}
    for letter, matrix in letters.items():
        first.setdefault(matrix, letter)
    return of_entries(formula.xreplace({letter: first[matrix] for letter, matrix in letters.items()}), first)


# The adjoint of a loss that is a 1 by 1 matrix.


# --- building -----------------------------------------------------------------------------------------------------
