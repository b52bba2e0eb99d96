"""Products of matrices in one form: a scalar in front, transposes at single factors, like terms of sums together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy import Expr, Identity, MatrixExpr, S, ZeroMatrix, default_sort_key

from symgrad.symbols import Elementwise, hadamard_of

Factors = tuple[Any, ...]
MOST_REPEATED = 8  # factors of a power that are written out


def canonical(matrix: MatrixExpr) -> MatrixExpr:
    """A matrix in that form; equal forms are equal matrices.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> A, B = sg.Parameter("A", n, n), sg.Parameter("B", n, n)
    >>> canonical((A @ B).T) == canonical(B.T @ A.T), canonical(A @ B) == canonical(B @ A)
    (True, False)
    """
    if isinstance(matrix, sympy.MatAdd):
        return _sum(matrix)
    return joined(*apart(matrix), matrix)


def apart(matrix: MatrixExpr) -> tuple[Expr, Factors]:
    """The scalar in front of a product and its factors; no factors for the identity."""
    for kind, rule in _APART.items():
        if isinstance(matrix, kind):
            return rule(matrix)
    return S.One, (matrix,)


def joined(number: Expr, factors: Sequence[MatrixExpr], like: MatrixExpr) -> MatrixExpr:
    """A product from its parts, in the shape of another matrix."""
    if number == 0 or any(isinstance(f, ZeroMatrix) for f in factors):
        return ZeroMatrix(*like.shape)
    if not factors:
        identity = Identity(like.shape[0])
        return identity if number == 1 else sympy.MatMul(number, identity)
    if number == 1 and len(factors) == 1:
        return factors[0]
    return sympy.MatMul(*([] if number == 1 else [number]), *factors)


def word(factors: Sequence[MatrixExpr]) -> MatrixExpr:
    """A product of at least one factor."""
    return factors[0] if len(factors) == 1 else sympy.MatMul(*factors)


def flipped(factor: MatrixExpr) -> MatrixExpr:
    """The transpose of a factor, at the matrices that it is made of where that is known."""
    for kind, rule in _FLIPPED.items():
        if isinstance(factor, kind):
            return rule(factor)
    return sympy.Transpose(factor)


def reversed_word(factors: Sequence[MatrixExpr]) -> Factors:
    """The factors of the transpose of a product."""
    return tuple(flipped(f) for f in reversed(factors))


def terms(matrix: MatrixExpr) -> list[tuple[Expr, Factors]]:
    """The terms of a sum, each as scalar and factors; one for what is no sum."""
    return [apart(t) for t in matrix.args] if isinstance(matrix, sympy.MatAdd) else [apart(matrix)]


def spread(matrix: MatrixExpr) -> Any:
    """The matrix with products of sums written out as sums of products."""
    found: dict[Factors, Expr] = {}
    for number, factors in terms(canonical(matrix)):
        ways: list[tuple[Expr, Factors]] = [(number, ())]
        for factor in factors:
            parts = terms(factor) if isinstance(factor, sympy.MatAdd) else [(S.One, (factor,))]
            ways = [(a * b, (*f, *g)) for a, f in ways for b, g in parts]
        for coefficient, way in ways:
            found[way] = found.get(way, S.Zero) + coefficient
    return _of_terms(found, matrix)


def _sum(matrix: MatrixExpr) -> MatrixExpr:
    found: dict[Factors, Expr] = {}
    for term in matrix.args:
        number, factors = apart(canonical(term))
        is_sum = len(factors) == 1 and isinstance(factors[0], sympy.MatAdd)
        for coefficient, inside in terms(factors[0]) if is_sum else [(S.One, factors)]:
            found[inside] = found.get(inside, S.Zero) + number * coefficient
    return _of_terms(found, matrix)


def _of_terms(found: dict[Factors, Expr], like: MatrixExpr) -> MatrixExpr:
    kept = {factors: number for factors, c in found.items() if (number := sympy.expand(c)) != 0}
    if not kept:
        return ZeroMatrix(*like.shape)
    in_order = sorted(kept, key=lambda factors: tuple(map(default_sort_key, factors)))
    parts = [joined(kept[factors], factors, like) for factors in in_order]
    return parts[0] if len(parts) == 1 else sympy.MatAdd(*parts)


def _product(matrix: MatrixExpr) -> tuple[Expr, Factors]:
    number, found = S.One, list[Any]()
    for part in matrix.args:
        coefficient, factors = apart(part) if isinstance(part, MatrixExpr) else (part, ())
        number *= coefficient
        found += factors
    return number, tuple(found)


def _transpose(matrix: MatrixExpr) -> tuple[Expr, Factors]:
    number, factors = apart(matrix.arg)
    return number, reversed_word(factors)


def _power(matrix: MatrixExpr) -> tuple[Expr, Factors]:
    if not (isinstance(matrix.exp, sympy.Integer) and 0 <= matrix.exp <= MOST_REPEATED):
        return S.One, (matrix,)
    number, factors = apart(matrix.base)
    return number**matrix.exp, factors * int(matrix.exp)


def _whole_sum(matrix: MatrixExpr) -> tuple[Expr, Factors]:
    """With the first term free of a number, so that sums that differ by one have the same form."""
    found = _sum(matrix)
    if not isinstance(found, sympy.MatAdd):
        return apart(found)
    number = apart(found.args[0])[0]
    if not number.is_Rational:
        number = S.NegativeOne if number.could_extract_minus_sign() else S.One
    if number == 1:
        return S.One, (found,)
    return number, (sympy.MatAdd(*(joined(c / number, f, matrix) for c, f in terms(found))),)


_APART: dict[type, Callable[[Any], tuple[Expr, Factors]]] = {
    Identity: lambda matrix: (S.One, ()),
    sympy.MatMul: _product,
    sympy.Transpose: _transpose,
    sympy.MatPow: _power,
    sympy.MatAdd: _whole_sum,
}
_FLIPPED: dict[type, Callable[[Any], Any]] = {
    sympy.Transpose: lambda e: e.arg,
    Identity: lambda e: e,
    sympy.DiagMatrix: lambda e: e,
    sympy.OneMatrix: lambda e: sympy.OneMatrix(e.shape[1], e.shape[0]),
    ZeroMatrix: lambda e: ZeroMatrix(e.shape[1], e.shape[0]),
    sympy.MatAdd: lambda e: _sum(sympy.MatAdd(*(sympy.Transpose(a) for a in e.args))),
    sympy.MatMul: lambda e: canonical(sympy.Transpose(e)),
    sympy.MatPow: lambda e: sympy.MatPow(flipped(e.base), e.exp),
    sympy.HadamardProduct: lambda e: hadamard_of([flipped(a) for a in e.args]),
    sympy.HadamardPower: lambda e: sympy.HadamardPower(flipped(e.base), e.exp),
    Elementwise: lambda e: Elementwise(e.function, flipped(e.argument)),
    sympy.MatrixBase: lambda e: e.T,
}
