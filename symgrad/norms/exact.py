"""Norms, radii and largest entries by equalities alone: what is left are those of matrices that cannot be taken apart.

Matrices are real, so that transposes stand for adjoints. Sizes are positive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy import Abs, Expr, Identity, MatrixExpr, S, default_sort_key

from symgrad.norms.products import Factors, apart, canonical, reversed_word, word
from symgrad.norms.scopes import atoms_of
from symgrad.symbols.norms import OfMatrix, SpectralNorm, SpectralRadius


def with_values(e: Expr) -> Expr:
    """A scalar with each norm and radius in it by its value."""
    leaves = atoms_of(e)
    return e.xreplace({leaf: value(leaf) for leaf in leaves}) if leaves else e


def value(leaf: Expr) -> Expr:
    """A norm or radius, by those of matrices that cannot be taken apart; the trace of a multiple of the identity.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> A, B, x, y = (sg.Parameter(*facts) for facts in (("A", n, n), ("B", n, n), ("x", n), ("y", n)))
    >>> value(sg.norm(-2 * A.T)), value(sg.norm(A.T @ A)), value(sg.norm(sg.outer(x, y)))
    (2*norm(A), norm(A)**2, norm(x)*norm(y))
    >>> value(sg.spectral_radius(B @ A)), value(sg.spectral_radius(sg.outer(x, y)))
    (spectral_radius(A @ B), norm(x.T @ y))
    """
    if isinstance(leaf, sympy.Trace):
        number, factors = apart(canonical(leaf.arg))
        return leaf if factors else with_values(number) * leaf.arg.shape[0]
    if not isinstance(leaf, OfMatrix):
        return leaf
    return of_norm(leaf.matrix) if isinstance(leaf, SpectralNorm) else of_radius(leaf.matrix)


def of_norm(matrix: MatrixExpr) -> Expr:
    """The spectral norm of a matrix."""
    number, factors = _parts(matrix)
    if number == 0:
        return S.Zero
    found = Abs(with_values(number))
    for piece in _between_vectors(factors):
        found *= _norm_of_word(piece)
    return found


def of_radius(matrix: MatrixExpr) -> Expr:
    """The spectral radius of a square matrix."""
    number, factors = _parts(matrix)
    if number == 0:
        return S.Zero
    return Abs(with_values(number)) * _radius_of_word(factors)


def of_largest(vector: MatrixExpr) -> Expr:
    """The largest absolute value of an entry of a vector, which is the norm of the diagonal matrix of it."""
    number, factors = _parts(vector)
    if number == 0:
        return S.Zero
    found = Abs(with_values(number))
    if len(factors) == 1 and isinstance(factors[0], sympy.OneMatrix):
        return found
    if len(factors) == 1 and isinstance(factors[0], sympy.HadamardPower):
        base, exponent = factors[0].base, factors[0].exp
        if isinstance(exponent, sympy.Integer) and exponent > 0:
            return found * of_largest(base) ** exponent
    if vector.shape == (1, 1):
        return found * _norm_of_word(factors)
    return found * SpectralNorm(sympy.DiagMatrix(word(factors)))


def is_nonnegative(matrix: MatrixExpr) -> bool:
    """Whether a matrix is plain to see to be positive semidefinite: a positive number times A^T A, or the identity."""
    number, factors = apart(canonical(matrix))
    return bool(number.is_positive) and len(factors) % 2 == 0 and reversed_word(factors) == factors


def _parts(matrix: MatrixExpr) -> tuple[Expr, Factors]:
    number, factors = apart(canonical(matrix))
    zero = number == 0 or any(isinstance(f, sympy.ZeroMatrix) for f in factors)
    return (S.Zero, ()) if zero else (number, factors)


def _between_vectors(factors: Factors) -> list[Factors]:
    """A product cut where it is one of a column and a row: the norm of u v^T is that of u times that of v."""
    pieces: list[list[MatrixExpr]] = [[]]
    for factor in factors:
        if pieces[-1] and pieces[-1][-1].shape[1] == 1:
            pieces.append([])
        pieces[-1].append(factor)
    return [tuple(p) for p in pieces if p]


def _norm_of_word(factors: Factors) -> Expr:
    if not factors:
        return S.One
    if len(factors) == 1:
        return _norm_of_factor(factors[0])
    back = reversed_word(factors)
    half = len(factors) // 2
    if len(factors) % 2 == 0 and back == factors:  # U^T U
        return of_norm(word(factors[half:])) ** 2
    for length in range(1, half + 1):  # a power of a symmetric matrix
        piece = factors[:length]
        if len(factors) % length == 0 and piece * (len(factors) // length) == factors and reversed_word(piece) == piece:
            return of_norm(word(piece)) ** (len(factors) // length)
    return SpectralNorm(word(_first(factors, back)))


def _first(*words: Sequence[MatrixExpr]) -> Sequence[MatrixExpr]:
    """One of several, the same whatever their order."""
    return min(words, key=lambda w: tuple(map(default_sort_key, w)))


def _norm_of_factor(factor: MatrixExpr) -> Expr:
    for kind, rule in _NORMS.items():
        if isinstance(factor, kind):
            return rule(factor)
    return SpectralNorm(_first((factor,), reversed_word((factor,)))[0])


def _norm_of_blocks(factor: sympy.BlockMatrix) -> Expr:
    """Of vectors one below the other; of other blocks nothing is known."""
    if factor.shape[1] != 1 or factor.blockshape[1] != 1:
        return SpectralNorm(factor)
    return sympy.sqrt(sum((of_norm(block) ** 2 for block in factor.blocks), S.Zero))


def _norm_of_kronecker(factor: MatrixExpr) -> Expr:
    return sympy.Mul(*(of_norm(part) for part in factor.args))


def _norm_of_power(factor: MatrixExpr) -> Expr:
    """Of a power with a symbol as exponent, where the matrix is symmetric."""
    base = canonical(factor.base)
    is_symmetric = canonical(base.T) == base
    return of_norm(base) ** factor.exp if is_symmetric else SpectralNorm(factor)


_NORMS: dict[type, Callable[[Any], Expr]] = {
    Identity: lambda e: S.One,
    sympy.OneMatrix: lambda e: sympy.sqrt(e.shape[0] * e.shape[1]),
    sympy.DiagMatrix: lambda e: of_largest(e.args[0]),
    sympy.BlockMatrix: _norm_of_blocks,
    sympy.KroneckerProduct: _norm_of_kronecker,
    sympy.MatPow: _norm_of_power,
}


def _radius_of_word(factors: Factors) -> Expr:
    if not factors:
        return S.One
    turns = [factors[k:] + factors[:k] for k in range(len(factors))]
    thin = next((w for w in turns if w[0].shape[0] == 1), None)
    if thin is not None:  # one by one: its absolute value
        return of_norm(word(thin))
    if any(reversed_word(w) == w for w in turns):  # symmetric, so that the two are one
        return of_norm(word(next(w for w in turns if reversed_word(w) == w)))
    for length in range(1, len(factors) // 2 + 1):
        if len(factors) % length == 0 and factors[:length] * (len(factors) // length) == factors:
            return _radius_of_word(factors[:length]) ** (len(factors) // length)
    if len(factors) == 1 and isinstance(factors[0], sympy.MatPow):
        return of_radius(factors[0].base) ** factors[0].exp
    backs = [reversed_word(w) for w in turns]
    return SpectralRadius(word(_first(*turns, *backs)))
