"""Matrices of small whole numbers and fractions at which claims about norms are tried, the simplest first.

Norm and spectral radius fall apart at nilpotent matrices, products at matrices that shift in opposite directions,
sums at opposite ones: these stand before those drawn at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product as combinations
from typing import Any

import numpy as np
import sympy
from flint import fmpq
from sympy import Basic, Expr, MatrixExpr, S, Set, Symbol

from symgrad.base.untyped import Array
from symgrad.language.statements import Domain

SEED = 20_261_129  # any fixed number: every machine meets the same matrices
MOST_SPECIAL, MOST_RANDOM = 120, 16
LARGEST = 4
LARGEST_SCALE, MOST_SCALES, MOST_MULTIPLES = 1000, 6, 4
NEARLY = fmpq(1023, 1024)
SIZES = (
    (2, 2, 2, 2),
    (1, 1, 1, 1),
    (2, 3, 1, 2),
    (3, 2, 3, 1),
)  # of the symbols for sizes, in the order of their names
SCALARS = (*map(fmpq, (1, 0, 2, -1)), fmpq(1, 2), fmpq(-1, 2), fmpq(-2), fmpq(1, 4), fmpq(3))
COUNTS = (1, 2, 3, 0, 4, 5, -1, -2)
FEW_SCALARS = 2  # before the ends of the set of a scalar
LARGEST_WHOLE, MOST_WHOLE = 8, 3  # of sizes and steps

# Rotations, reflections, involutions and projections, also oblique ones, and matrices of the orders 3 and 6.
BLOCKS: tuple[tuple[tuple[int | fmpq, ...], ...], ...] = (
    ((fmpq(3, 5), fmpq(-4, 5)), (fmpq(4, 5), fmpq(3, 5))), ((fmpq(3, 5), fmpq(4, 5)), (fmpq(4, 5), fmpq(-3, 5))),
    ((0, 1), (1, 0)), ((1, 4), (0, -1)), ((1, 4), (0, 0)), ((0, -1), (1, -1)), ((1, -1), (1, 0)), ((0, -1), (1, 0)),
)  # fmt: skip


def sizes_at(symbols: Iterable[Symbol], domain: Domain) -> Iterator[dict[Symbol, int]]:
    """Values of the symbols for sizes that fit the conditions on each of them."""
    ordered = sorted(symbols, key=str)
    usual = tuple(dict.fromkeys(k for row in SIZES for k in row))
    allowed = {s: whole_numbers(domain.set_of(s), usual) for s in ordered}
    if not all(allowed.values()):
        return
    seen = set()
    for place, row in enumerate(SIZES):
        wanted = (row[k % len(row)] for k in range(len(ordered)))
        found = tuple(k if k in allowed[s] else allowed[s][place % len(allowed[s])] for s, k in zip(ordered, wanted))
        if found not in seen:
            seen.add(found)
            yield dict(zip(ordered, found))


def whole_numbers(values: Set, usual: Iterable[int]) -> list[int]:
    """Small whole numbers of a set that are not below 0: the usual ones first, and others where there are none."""

    def inside(numbers: Iterable[int]) -> list[int]:
        return [k for k in numbers if values.contains(sympy.Integer(k)) == sympy.true]

    return inside(usual) or inside(range(LARGEST_WHOLE + 1))[:MOST_WHOLE]


def scales(*spoken_of: Basic) -> tuple[fmpq, ...]:
    """By what special matrices are multiplied: 1 first, then the numbers that a claim speaks of, and what is near them.

    A claim that holds up to a norm of 2 only is found out at matrices whose norm is a little more.
    """
    found = {fmpq(1): None}
    given = {abs(q) for e in spoken_of for q in e.atoms(sympy.Rational) if 0 < abs(q) <= LARGEST_SCALE}
    given |= {root for q in given if (root := sympy.sqrt(q)).is_Rational}  # of the norm of A.T @ A
    for q in sorted(given | {sympy.Integer(4), sympy.Integer(16)})[:MOST_SCALES]:
        value = fmpq(int(q.p), int(q.q))
        found |= {value: None, value * NEARLY: None, 1 / value: None}
    return tuple(found)


def special(rows: int, columns: int, factors: tuple[fmpq, ...] = (fmpq(1),)) -> list[Array]:
    """Matrices at which norms and radii behave in all ways, the nilpotent one first, and multiples of them."""
    base = _special(rows, columns)
    return [*base, *(a * factor for factor in factors[1:] for a in base[:MOST_MULTIPLES])]


def _special(rows: int, columns: int) -> list[Array]:
    found = [_of(rows, columns, lambda i, j: int(j == i + 1)) for _ in (0,) if rows == columns > 1]
    found += [_of(rows, columns, lambda i, j: int(i == j == 0))]
    found += [_of(rows, columns, lambda i, j: int(i == j + 1)) for _ in (0,) if rows > 1]
    found += [
        _of(rows, columns, lambda i, j: int(i == j)),
        _of(rows, columns, lambda i, j: -int(i == j)),
        _of(rows, columns, lambda i, j: 0),
        _of(rows, columns, lambda i, j: 1),
        _of(rows, columns, lambda i, j: (1 - 2 * (i % 2)) * int(i == j)),
    ]
    if rows == columns > 1:
        found += [oblique(rows), _of(rows, columns, lambda i, j: (i < j) - (i > j))]
        found += [_of(rows, columns, lambda i, j: -1 if i == j > 0 else 1)]
    return list({str(a.tolist()): a for a in found}.values())


def bound_together(size: int, factors: tuple[fmpq, ...]) -> list[Array]:
    """Square matrices that meet an equation, as orthogonal ones, involutions and projections do, and multiples."""
    found = [_beside_identity(size, block) for block in BLOCKS]
    return [a * factor for factor in factors for a in found]


def _beside_identity(size: int, block: tuple[tuple[int | fmpq, ...], ...]) -> Array:
    found = _of(size, size, lambda i, j: int(i == j))
    for i, j in np.ndindex(2, 2):
        found[i, j] = fmpq(block[i][j])
    return found


def oblique(size: int) -> Array:
    """A nilpotent matrix that is not one any more where its rows are multiplied by different numbers."""
    return _of(size, size, lambda i, j: ((2, -1), (4, -2))[i][j] if i < 2 and j < 2 else 0)


def at_random(rows: int, columns: int, generator: random.Random) -> Array:
    """Fractions with a power of two below, so that sums and products of them stay exact."""
    return _of(rows, columns, lambda i, j: fmpq(generator.randint(-LARGEST, LARGEST), generator.choice((1, 2))))


def _of(rows: int, columns: int, entry: Any) -> Array:
    found = np.empty((rows, columns), dtype=object)
    for i, j in np.ndindex(rows, columns):
        found[i, j] = fmpq(entry(i, j))
    return found


def draws(
    shapes: Mapping[MatrixExpr, tuple[int, int]],
    scalars: Mapping[Symbol, Set],
    factors: tuple[fmpq, ...] = (fmpq(1),),
    meets: Mapping[MatrixExpr, Callable[[Array], bool]] | None = None,
) -> Iterator[dict[Expr, Array]]:
    """Values for matrices and scalars: combinations of special ones, the simplest first, then random ones.

    Parameters
    ----------
    shapes : mapping of matrix to shape
    scalars : mapping of Symbol to set
        Where each scalar may lie.
    factors : tuple of fmpq
        By what special matrices are multiplied; see `scales`.
    meets : mapping of matrix to callable
        For matrices of which conditions say something by themselves, whether an array meets these.
    """
    families: list[list[Array]] = [_family(*shape, factors, (meets or {}).get(m)) for m, shape in shapes.items()]
    families += [numbers(symbol, values) for symbol, values in scalars.items()]
    names = [*shapes, *scalars]
    if not all(families):
        return
    for places in _by_total([len(f) for f in families], MOST_SPECIAL):
        yield {name: family[place] for name, family, place in zip(names, families, places)}
    generator = random.Random(SEED)
    for _ in range(MOST_RANDOM):
        values: dict[MatrixExpr, Array] = {m: at_random(*shape, generator) for m, shape in shapes.items()}
        yield values | {s: generator.choice(family) for s, family in zip(scalars, families[len(shapes) :])}


def _family(rows: int, columns: int, factors: tuple[fmpq, ...], meets: Callable[[Array], bool] | None) -> list[Array]:
    """The special matrices, of which only those that meet the conditions are of use where there are such."""
    found = special(rows, columns, factors)
    if meets is None:
        return found
    more = bound_together(rows, factors) if rows == columns > 1 else []
    return [a for a in (*found, *more) if meets(a)] or found


def _by_total(lengths: list[int], most: int) -> Iterator[tuple[int, ...]]:
    """Places in several lists, the first ones first; single long lists are not tried far before the others are."""
    depth = max(lengths, default=1)
    while depth > 1 and np.prod([min(k, depth) for k in lengths]) > 40 * most:
        depth -= 1
    every = combinations(*(range(min(k, depth)) for k in lengths))
    yield from sorted(every, key=lambda places: (sum(places), places))[:most]


def numbers(symbol: Symbol, values: Set) -> list[Array]:
    """Values of a scalar that lie in a set, the simplest first, and soon those ends that belong to it."""
    if symbol.is_integer:
        return [fmpq(k) for k in COUNTS if values.contains(sympy.Integer(k)) == sympy.true]
    inside = [v for v in SCALARS if values.contains(exact(v)) == sympy.true]
    ends = [
        fmpq(int(e.p), int(e.q)) for e in (values.inf, values.sup) if e.is_Rational and values.contains(e) == sympy.true
    ]
    return list(dict.fromkeys((*inside[:FEW_SCALARS], *ends, *inside[FEW_SCALARS:]))) or _middle(values)


def exact(value: fmpq) -> Expr:
    """A fraction as a number of SymPy's."""
    return sympy.Rational(int(value.p), int(value.q))


def _middle(values: Set) -> list[Any]:
    """A number of a set that holds none of the usual ones."""
    low, high = values.inf, values.sup
    if low.is_Rational and high.is_Rational:
        middle = (low + high) / 2
    elif low.is_Rational:
        middle = low + 1
    elif high.is_Rational:
        middle = high - 1
    else:
        middle = S.Zero
    is_inside = values.contains(middle) == sympy.true
    return [fmpq(int(middle.p), int(middle.q))] if is_inside else []
