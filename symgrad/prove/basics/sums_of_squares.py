"""Sums of squares: a polynomial as v' Q v, with v a vector of monomials and Q positive definite on rational numbers.

The matrices are found in floating point, at the analytic centre of all that represent the polynomial; they are then
rounded to rationals that represent it exactly, and their pivots are looked at exactly. Where the polynomial is zero,
so is every square: the matrices are sought on what is orthogonal to the monomials' values there.

References
----------
P. A. Parrilo, Structured semidefinite programs and semialgebraic geometry methods, thesis, Caltech 2000.
H. Peyrl, P. A. Parrilo, Computing sum of squares decompositions with rational coefficients, 2008.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from flint import fmpq, fmpq_mat

Exponents: TypeAlias = tuple[int, ...]
Polynomial: TypeAlias = dict[Exponents, fmpq]
Matrix: TypeAlias = Any  # of floats

MOST_MONOMIALS, MOST_UNKNOWNS = 24, 90
MOST_STEPS, MOST_HALVINGS = 60, 30
ROUNDINGS = (4, 10, 20, 40)  # bits
ZERO_GRID = (0, 1, -1, 2, -2)
LEAST_EIGENVALUE = 1e-9


@dataclass(frozen=True)
class Block:
    """Monomials whose squares stand together, and a basis, as columns, of the vectors on which the matrix may act."""

    monomials: tuple[Exponents, ...]
    basis: fmpq_mat


def is_sum_of_squares(polynomial: Polynomial) -> bool | None:
    """True if the polynomial certainly is a sum of squares and positive everywhere, False if it may be zero; else None.

    Parameters
    ----------
    polynomial : dict
        The coefficient of each tuple of exponents.
    """
    if not polynomial or any(_is_negative_corner(e, c) for e, c in polynomial.items()):
        return None
    monomials = _monomials(polynomial)
    if not 0 < len(monomials) <= MOST_MONOMIALS:
        return None
    zeros = list(_zeros(polynomial))
    blocks = [block for part in _parts(polynomial, monomials) if (block := _block(part, zeros)) is not None]
    affine = _representations(polynomial, blocks)
    if affine is None:
        return None
    start, directions = affine
    centre = _centre(blocks, start, directions)
    if centre is None:
        return None
    for bits in ROUNDINGS:
        rounded = [fmpq(round(float(c) * 2**bits), 2**bits) for c in centre]
        entries = [s + sum((c * d[i] for c, d in zip(rounded, directions)), fmpq(0)) for i, s in enumerate(start)]
        if all(_is_positive_definite(m) for m in _matrices(blocks, entries)):
            constant = (0,) * len(monomials[0])
            return not zeros and any(constant in block.monomials for block in blocks)
    return None


def _is_negative_corner(exponents: Exponents, coefficient: fmpq) -> bool:
    return not any(exponents) and coefficient < 0


# --- which monomials ------------------------------------------------------------------------------------------------


def _monomials(polynomial: Polynomial) -> list[Exponents]:
    """Monomials that may occur in the squares: within half the degrees, and each square is met by something."""
    variables = range(len(next(iter(polynomial))))
    highest = [max(e[i] for e in polynomial) // 2 for i in variables]
    total = [sum(e) for e in polynomial]
    found = {m for m in product(*(range(h + 1) for h in highest)) if min(total) <= 2 * sum(m) <= max(total)}
    while True:
        sums: dict[Exponents, int] = defaultdict(int)
        for a, b in product(found, repeat=2):
            sums[_plus(a, b)] += a != b
        kept = {m for m in found if polynomial.get(_plus(m, m), 0) > 0 or sums[_plus(m, m)]}
        if len(kept) == len(found):
            return sorted(kept)
        found = kept


def _plus(a: Exponents, b: Exponents) -> Exponents:
    return tuple(i + j for i, j in zip(a, b))


def _parts(polynomial: Polynomial, monomials: list[Exponents]) -> list[list[Exponents]]:
    """The monomials by how they change sign with the variables, where the polynomial does not change at all."""
    variables = len(monomials[0])
    flips = [f for f in product((0, 1), repeat=variables) if all(_dot(f, e) % 2 == 0 for e in polynomial)]
    parts: dict[tuple[int, ...], list[Exponents]] = defaultdict(list)
    for m in monomials:
        parts[tuple(_dot(f, m) % 2 for f in flips)].append(m)
    return list(parts.values())


def _dot(a: Exponents, b: Exponents) -> int:
    return sum(i * j for i, j in zip(a, b))


def _zeros(polynomial: Polynomial) -> Iterator[tuple[int, ...]]:
    variables = len(next(iter(polynomial)))
    for point in product(ZERO_GRID, repeat=variables):
        if sum((c * _value(e, point) for e, c in polynomial.items()), fmpq(0)) == 0:
            yield point


def _value(exponents: Exponents, point: Sequence[int]) -> int:
    value = 1
    for base, power in zip(point, exponents):
        value *= base**power
    return value


def _block(monomials: list[Exponents], zeros: list[tuple[int, ...]]) -> Block | None:
    rows = [[fmpq(_value(m, zero)) for m in monomials] for zero in zeros]
    basis = _orthogonal(rows, len(monomials))
    return None if not basis else Block(tuple(monomials), fmpq_mat([list(column) for column in zip(*basis)]))


def _orthogonal(rows: list[list[fmpq]], size: int) -> list[list[fmpq]]:
    """A basis of all vectors orthogonal to the rows."""
    if not any(any(row) for row in rows):
        return [[fmpq(int(i == j)) for i in range(size)] for j in range(size)]
    reduced, rank = fmpq_mat(rows).rref()
    table = reduced.table()
    pivots = [next(j for j in range(size) if table[i][j] != 0) for i in range(rank)]
    basis = []
    for free in (j for j in range(size) if j not in pivots):
        vector = [fmpq(0)] * size
        vector[free] = fmpq(1)
        for i, pivot in enumerate(pivots):
            vector[pivot] = -table[i][free]
        basis.append(vector)
    return basis


# --- all matrices that represent the polynomial ---------------------------------------------------------------------


def _pairs(blocks: Sequence[Block]) -> Iterator[tuple[int, int, int]]:
    for number, block in enumerate(blocks):
        size = block.basis.ncols()
        yield from ((number, i, j) for i in range(size) for j in range(i, size))


def _representations(polynomial: Polynomial, blocks: list[Block]) -> tuple[list[fmpq], list[list[fmpq]]] | None:
    """One solution in the entries of all matrices, and directions to all others; None where there is none."""
    pairs = list(_pairs(blocks))
    if not 0 < len(pairs) <= MOST_UNKNOWNS:
        return None
    equations: dict[Exponents, list[fmpq]] = {e: [fmpq(0)] * len(pairs) for e in polynomial}
    for unknown, (number, i, j) in enumerate(pairs):
        block = blocks[number]
        for (a, m), (b, n) in product(enumerate(block.monomials), repeat=2):
            share = block.basis[a, i] * block.basis[b, j]
            if i != j:
                share += block.basis[a, j] * block.basis[b, i]
            if share:
                equations.setdefault(_plus(m, n), [fmpq(0)] * len(pairs))[unknown] += share
    rows = [[*row, polynomial.get(e, fmpq(0))] for e, row in equations.items()]
    reduced, rank = fmpq_mat(rows).rref()
    table = reduced.table()
    size = len(pairs)
    pivots = [next(j for j in range(size + 1) if table[i][j] != 0) for i in range(rank)]
    if size in pivots:
        return None
    start = [fmpq(0)] * size
    for i, pivot in enumerate(pivots):
        start[pivot] = table[i][size]
    return start, _orthogonal([row[:size] for row in table[:rank]], size)


def _matrices(blocks: Sequence[Block], entries: Sequence[fmpq]) -> list[list[list[fmpq]]]:
    made = [[[fmpq(0)] * b.basis.ncols() for _ in range(b.basis.ncols())] for b in blocks]
    for (number, i, j), entry in zip(_pairs(blocks), entries, strict=True):
        made[number][i][j] = made[number][j][i] = entry
    return made


def _is_positive_definite(matrix: list[list[fmpq]]) -> bool:
    """By elimination without exchange: all pivots are positive."""
    rows = [list(row) for row in matrix]
    for k, pivotal in enumerate(rows):
        if not pivotal[k] > 0:
            return False
        for row in rows[k + 1 :]:
            factor = row[k] / pivotal[k]
            if factor:
                row[k:] = [a - factor * b for a, b in zip(row[k:], pivotal[k:])]
    return True


# --- their centre ---------------------------------------------------------------------------------------------------


def _centre(blocks: list[Block], start: list[fmpq], directions: list[list[fmpq]]) -> Matrix | None:
    """Coordinates at which the matrices are positive definite, far from the border; None if none are found."""
    origin = [np.array([[float(e) for e in row] for row in m]) for m in _matrices(blocks, start)]
    moves = [[np.array([[float(e) for e in row] for row in m]) for m in _matrices(blocks, d)] for d in directions]
    moves.append([np.eye(len(m)) for m in origin])  # the last coordinate lifts all eigenvalues
    place = np.zeros(len(moves))
    place[-1] = 1 - min(np.linalg.eigvalsh(m)[0] for m in origin)
    weight = 1.0
    for _ in range(MOST_STEPS):
        try:
            place = _newton(origin, moves, place, weight)
        except np.linalg.LinAlgError:  # a matrix that is singular to doubles
            return None
        if _least(origin, moves[:-1], place[:-1]) > LEAST_EIGENVALUE:
            break
        weight *= 2
    else:
        return None
    inner = place[:-1]
    for _ in range(MOST_STEPS // 4):
        inner = _newton(origin, moves[:-1], inner, 0.0)
    return inner


def _at(origin: list[Matrix], moves: list[list[Matrix]], place: Matrix) -> list[Matrix]:
    return [m + sum((c * move[i] for c, move in zip(place, moves)), np.zeros_like(m)) for i, m in enumerate(origin)]


def _least(origin: list[Matrix], moves: list[list[Matrix]], place: Matrix) -> float:
    return min(float(np.linalg.eigvalsh(m)[0]) for m in _at(origin, moves, place))


def _newton(origin: list[Matrix], moves: list[list[Matrix]], place: Matrix, weight: float) -> Matrix:
    """One damped step towards the least of weight * (last coordinate) - log det."""
    if not len(place):
        return place
    inverses = [np.linalg.inv(m) for m in _at(origin, moves, place)]
    turned = [[s @ m for s, m in zip(inverses, move)] for move in moves]
    slope = np.array([-sum(np.trace(t) for t in parts) for parts in turned])
    if weight:
        slope[-1] += weight
    flat = np.array([np.concatenate([t.ravel() for t in parts]) for parts in turned])
    flipped = np.array([np.concatenate([t.T.ravel() for t in parts]) for parts in turned])
    step = np.linalg.lstsq(flat @ flipped.T, -slope, rcond=None)[0]
    decrement = float(np.sqrt(max(-slope @ step, 0.0)))
    size = 1.0 if decrement < 0.25 else 1 / (1 + decrement)
    for _ in range(MOST_HALVINGS):
        if _least(origin, moves, place + size * step) > 0:
            return place + size * step
        size /= 2
    return place
