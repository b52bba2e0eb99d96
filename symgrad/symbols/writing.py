"""Vector formulas as text, in the language in which they are read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sympy
from sympy import Basic, Dummy, Expr, Lambda, MatrixBase, MatrixExpr, S, Symbol
from sympy.core.function import Application
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import Boolean
from sympy.matrices.expressions.slice import MatrixSlice
from sympy.printing.str import StrPrinter

from symgrad.symbols.conditions import ENTRY
from symgrad.symbols.of_entries import Elementwise, OfEntries
from symgrad.symbols.operations import LogSumExp, Softmax
from symgrad.symbols.over_time import OrderedProduct, TimeSum
from symgrad.symbols.parts import in_order, is_inverse, is_ones, quotient_of

SUM, PRODUCT, POWER, ATOM = range(4)


def to_text(e: Expr) -> str:
    """A scalar, vector or matrix formula as text.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h, d, W = sg.State("h", n), sg.State("d", n), sg.Parameter("W", n, n)
    >>> to_text(sg.hadamard(W.T @ d.next, 1 - h))
    'hadamard(W.T @ d[t+1], 1 - h[t])'
    """
    return "0" if isinstance(e, sympy.ZeroMatrix) else _text(e)[0]


def _text(e: Expr) -> tuple[str, int]:
    for kind, rule in _RULES.items():
        if isinstance(e, kind):
            return rule(e)
    if isinstance(e, sympy.Add) and any(hasattr(part, "role") for part in e.atoms(sympy.Expr)):
        return _sum(sympy.Tuple(*e.as_ordered_terms()))
    return (_PRINTER.doprint(e), SUM if isinstance(e, sympy.Add) else PRODUCT if isinstance(e, sympy.Mul) else ATOM)


def side_of(limit: sympy.Limit) -> str:
    """The side of a limit as its last argument in text, where it is not the one that is meant without it."""
    is_default = limit.args[2].is_infinite or str(limit.args[3]) == "+"
    return "" if is_default else f', "{limit.args[3]}"'


class _ScalarPrinter(StrPrinter):  # type: ignore[misc]
    """Scalars as SymPy writes them, with the matrices in them as they are written here."""

    def _print_Trace(self, e: Expr) -> str:
        of_all = _summed(e.arg)
        if of_all is not None:
            return f"total({_text(of_all)[0]})"
        return f"trace({_text(e.arg)[0]})"

    def _print_And(self, e: Basic | MatrixBase) -> str:
        return f"{e.func.__name__}({', '.join(map(self._print, e.args))})"

    _print_Or = _print_And

    def _print_Limit(self, e: Basic | MatrixBase) -> str:
        of, variable, place, _ = e.args
        return f"Limit({', '.join(map(self._print, (of, variable, place)))}{side_of(e)})"

    def _print_Derivative(self, e: Expr) -> str:
        call = e.expr
        if call.args[:1] != e.variables or any(a.has(*e.variables) for a in call.args[1:]):
            return str(super()._print_Derivative(e))
        return f"slope({', '.join([call.func.__name__, *map(self._print, call.args)])})"


_PRINTER = _ScalarPrinter()


def _in(e: Expr, level: int) -> str:
    text, strength = _text(e)
    return text if strength >= level else f"({text})"


def _sum(e: Basic) -> tuple[str, int]:
    parts = in_order(e.args)
    is_matrix = isinstance(e, MatrixExpr) and all(_is_filled(a) for a in parts)  # of numbers alone it would be a number
    terms = [_text(a)[0] if is_matrix else _term(a) for a in parts]
    first, *rest = sorted(terms, key=lambda term: term.startswith("-"))
    signed = (f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in rest)
    return first + "".join(signed), SUM


def _is_filled(e: MatrixExpr) -> bool:
    """Whether it is a matrix that holds one number everywhere."""
    matrices = [f for f in e.args if isinstance(f, MatrixExpr)] if isinstance(e, sympy.MatMul) else [e]
    return len(matrices) == 1 and is_ones(matrices[0])


def _term(e: Expr) -> str:
    """A term of a sum, in which a number stands for the matrix that holds it everywhere."""
    numbers = [f for f in e.args if not isinstance(f, MatrixExpr)] if isinstance(e, sympy.MatMul) else []
    ones = e.args[-1] if numbers and len(e.args) == len(numbers) + 1 else e
    return _in(sympy.Mul(*numbers), PRODUCT) if is_ones(ones) else _text(e)[0]


def _product(e: MatrixExpr) -> tuple[str, int]:
    scalars = [a for a in e.args if not isinstance(a, MatrixExpr)]
    matrices = [a for a in e.args if isinstance(a, MatrixExpr)]
    number = sympy.Mul(*scalars)
    sign, number = ("-", -number) if number.could_extract_minus_sign() else ("", number)
    if len(matrices) == 1 and is_inverse(matrices[0]):
        return f"{sign}{_in(number, PRODUCT)}/{_in(matrices[0].base, POWER)}", PRODUCT
    front = "" if number == 1 else f"{_in(number, PRODUCT)}*"
    is_quotient = len(matrices) == 1 and quotient_of(matrices[0])  # numbers stand before it
    inside = " @ ".join(_in(m, PRODUCT if is_quotient else POWER) for m in matrices)
    return f"{sign}{front}{f'({inside})' if front and len(matrices) > 1 else inside}", PRODUCT


def _transpose(e: MatrixExpr) -> tuple[str, int]:
    return f"{_in(e.arg, ATOM)}.T", ATOM


def _hadamard(e: MatrixExpr) -> tuple[str, int]:
    if quotient := quotient_of(e):
        above, below = quotient
        has_number = isinstance(above, sympy.MatMul) and not isinstance(above.args[0], MatrixExpr)
        return f"{_in(above, POWER if has_number else PRODUCT)}/{_in(below, POWER)}", PRODUCT
    return f"hadamard({', '.join(_text(a)[0] for a in in_order(e.args))})", ATOM


def _kronecker(e: MatrixExpr) -> tuple[str, int]:
    return f"kron({', '.join(_text(a)[0] for a in e.args)})", ATOM


def _power(e: MatrixExpr) -> tuple[str, int]:
    if is_inverse(e):
        return f"1/{_in(e.base, POWER)}", PRODUCT
    if S.One in e.shape:
        return f"{_in(e.base, ATOM)}**{_exponent(e.exp)}", POWER
    if e.exp == 2:  # ** of a matrix is the matrix power
        return f"hadamard({', '.join([_text(e.base)[0]] * 2)})", ATOM
    return _elementwise(Elementwise(Lambda((ENTRY,), ENTRY**e.exp), e.base))


def _exponent(exponent: Expr) -> str:
    return str(exponent) if exponent.is_Integer and exponent > 0 else f"({_text(exponent)[0]})"


def _elementwise(e: Elementwise) -> tuple[str, int]:
    (y,), body = e.function.variables, e.function.expr
    if isinstance(body, sympy.Piecewise) and _has_bare(body, (y,)):
        return _cases(e), ATOM
    is_slope = isinstance(body, sympy.Derivative) and body.variables == (y,)
    call = body.expr if is_slope else body
    if isinstance(call, Application) and [a for a in call.args if a.has(y)] == [y]:
        parts = [_text(e.argument if a == y else a)[0] for a in call.args]
        return f"{'slope(' if is_slope else ''}{call.func.__name__}{', ' if is_slope else '('}{', '.join(parts)})", ATOM
    letter = _letter_for(e)
    return f"elementwise({letter}, {_text(body.xreplace({y: letter}))[0]}, {_text(e.argument)[0]})", ATOM


def _of_entries(e: OfEntries) -> tuple[str, int]:
    letters, body = e.function.variables, e.function.expr
    if isinstance(body, sympy.Piecewise) and _has_bare(body, letters):
        return _cases(e), ATOM
    if isinstance(body, Application) and all(a in letters or not a.has(*letters) for a in body.args):
        shown = dict(zip(letters, e.arguments))
        return f"{body.func.__name__}({', '.join(_text(shown.get(a, a))[0] for a in body.args)})", ATOM
    named = dict(zip(letters, _letters_for(e)))
    inside = ", ".join(_text(part)[0] for part in (body.xreplace(named), *e.arguments))
    return f"elementwise(({', '.join(map(str, named.values()))}), {inside})", ATOM


def _summed(e: Basic | MatrixBase) -> Any:
    """The matrix of whose entries this is the sum, written with ones beside it; None if it is no such sum."""
    inside = list(e.args) if isinstance(e, sympy.MatMul) else [e]
    middle = [m for m in inside if not isinstance(m, sympy.OneMatrix)]
    around = [m for m in inside if isinstance(m, sympy.OneMatrix)]
    is_sum = bool(around) and len(middle) == 1 and isinstance(middle[0], MatrixExpr)
    return middle[0] if is_sum and [size for m in (*around,) for size in m.shape].count(S.One) >= len(around) else None


def _has_bare(e: Basic | MatrixBase, letters: Sequence[Symbol]) -> bool:
    """Whether letters stand in cases as values and as sides of comparisons only, so that matrices can stand there."""
    if e in letters or not e.has(*letters):
        return True
    is_frame = isinstance(e, sympy.Piecewise | ExprCondPair | Relational | Boolean)
    return is_frame and all(_has_bare(part, letters) for part in e.args)


def _cases(e: Elementwise | OfEntries) -> str:
    shown = {y: Symbol(_text(m)[0], real=True) for y, m in zip(e.function.variables, e.args[1:])}
    pairs = [(_PRINTER.doprint(value.xreplace(shown)), where.xreplace(shown)) for value, where in e.function.expr.args]
    if len(pairs) == 2 and pairs[1][1] == sympy.true:
        return f"where({_PRINTER.doprint(pairs[0][1])}, {pairs[0][0]}, {pairs[1][0]})"
    return f"Piecewise({', '.join(f'({value}, {_PRINTER.doprint(where)})' for value, where in pairs)})"


def _letter_for(e: Elementwise) -> Symbol:
    return next(_letters_for(e))


def _letters_for(e: Elementwise | OfEntries) -> Iterator[Symbol]:
    """Letters for entries that stand for nothing else in what is written."""
    taken = {a.name for a in e.atoms(sympy.Expr) | e.free_symbols if hasattr(a, "name") and not isinstance(a, Dummy)}
    letters = itertools.chain("yzuv", (f"y_{k}" for k in itertools.count(1)))
    return (Symbol(letter, real=True) for letter in letters if letter not in taken)


def _called(name: str) -> Callable[[Any], tuple[str, int]]:
    return lambda e: (f"{name}({_text(e.args[0])[0]})", ATOM)


def _over_time(name: str) -> Callable[[Any], tuple[str, int]]:
    def rule(e: MatrixExpr) -> tuple[str, int]:
        index, low, high = e.args[1]
        return f"{name}({_text(e.args[0])[0]}, ({index}, {low}, {high}))", ATOM

    return rule


def _stack(e: sympy.BlockMatrix) -> tuple[str, int]:
    rows, columns = e.blockshape
    if columns > 1:
        lines = ("[" + ", ".join(_text(e.blocks[i, j])[0] for j in range(columns)) + "]" for i in range(rows))
        return f"blocks([{', '.join(lines)}])", ATOM
    return f"concatenate({', '.join(_text(block)[0] for block in e.blocks)})", ATOM


def _explicit(e: MatrixBase) -> tuple[str, int]:
    """A matrix that is written out: each entry is a block of size 1."""
    if e.shape == (1, 1):
        return _product(sympy.MatMul(e[0, 0], sympy.OneMatrix(1, 1), evaluate=False))
    return _stack(sympy.BlockMatrix([[e[i : i + 1, j : j + 1] for j in range(e.cols)] for i in range(e.rows)]))


def _slice(e: MatrixSlice) -> tuple[str, int]:
    (r0, r1, _), (c0, c1, _) = e.rowslice, e.colslice
    rows = ":" if (r0, r1) == (0, e.parent.shape[0]) else f"{r0}:{r1}"
    columns = ":" if (c0, c1) == (0, e.parent.shape[1]) else f"{c0}:{c1}"
    return f"{_in(e.parent, ATOM)}[{rows if e.parent.shape[1] == 1 else f'{rows}, {columns}'}]", ATOM


def _sizes(e: MatrixExpr) -> str:
    return ", ".join(str(size) for size in (e.shape[:1] if e.shape[1] == 1 else e.shape))


def _filled(name: str) -> Callable[[Any], tuple[str, int]]:
    return lambda e: (f"{name}({_sizes(e)})", ATOM)


def _identity(e: MatrixExpr) -> tuple[str, int]:
    return f"eye({e.shape[0]})", ATOM


def _matrix_power(e: MatrixExpr) -> tuple[str, int]:
    return f"{_in(e.base, ATOM)}**{_exponent(e.exp)}", POWER


def _diagonal(e: MatrixExpr) -> tuple[str, int]:
    return f"diag({_text(e.args[0])[0]})", ATOM


_RULES: dict[type, Callable[[Any], tuple[str, int]]] = {
    sympy.MatAdd: _sum,
    sympy.MatMul: _product,
    sympy.Transpose: _transpose,
    sympy.HadamardProduct: _hadamard,
    sympy.HadamardPower: _power,
    sympy.KroneckerProduct: _kronecker,
    sympy.DiagMatrix: _diagonal,
    sympy.OneMatrix: _filled("ones"),
    sympy.ZeroMatrix: _filled("zeros"),
    sympy.Identity: _identity,
    sympy.MatPow: _matrix_power,
    sympy.BlockMatrix: _stack,
    sympy.MatrixBase: _explicit,
    MatrixSlice: _slice,
    Elementwise: _elementwise,
    OfEntries: _of_entries,
    Softmax: _called("softmax"),
    LogSumExp: _called("logsumexp"),
    TimeSum: _over_time("sum"),
    OrderedProduct: _over_time("product"),
}
