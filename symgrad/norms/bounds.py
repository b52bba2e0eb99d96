"""Bounds of spectral norms and radii: a table with a rule for each way in which a matrix is made of others.

Each rule is a theorem on real matrices (Horn, Johnson, Matrix Analysis, 2nd edition, 2013, chapter 5): the norm is
submultiplicative and subadditive, also for products by entries (Topics in Matrix Analysis, 1991, theorem 5.5.1), a part
of a matrix is no larger than the whole, and the spectral radius is at most the norm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import product as combinations
from typing import Any

import sympy
from sympy import Abs, Basic, Expr, MatrixExpr, S, Symbol
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.norms.context import MOST_BOUNDS, Bound, Context
from symgrad.norms.entries import largest_entry, least_slope, steepest
from symgrad.norms.exact import is_nonnegative, of_largest, of_norm, of_radius, value, with_values
from symgrad.norms.products import Factors, apart, canonical, reversed_word, spread, terms, word
from symgrad.norms.scopes import atoms_of
from symgrad.symbols import (
    Elementwise,
    OrderedProduct,
    ParameterMatrix,
    Softmax,
    SpectralNorm,
    SpectralRadius,
    TimedMatrix,
    TimeSum,
)

PRODUCT = "the norm of a product is at most the product of the norms"
SUM = "the norm of a sum is at most the sum of the norms"
NONNEGATIVE = "the norm of a sum of positive semidefinite matrices is no less than that of each"
RADIUS = "the spectral radius is at most the norm"
DIAGONAL = "the norm of a diagonal matrix is its largest entry in absolute value"
LARGEST = "no entry of a vector is larger than its norm"
ENTRIES = "the norm is at most the square root of the number of entries times the largest of them"
HADAMARD = "the norm of a product by entries is at most the product of the norms"
SCALED = "a vector times bounded factors by entries is at most as long as the vector times the bound"
PART = "a part of a matrix has no larger norm than the whole"
BLOCKS = "the square of the norm is at most the sum of the squares of those of the blocks"
COMMUTING = "powers of one matrix commute, so that the spectral radius of their sum is at most the sum of theirs"
RANK = "a product through a smaller size maps some vector to 0, which a multiple of the identity does not"
MEAN = "the norm is at least the absolute value of the trace over the size"
REVERSE = "the norm of a sum is at least the norm of one term less those of the others"
MEAN_VALUE = "by the mean value theorem, values differ by at most the largest slope times the difference of arguments"
SOFTMAX = "the entries of softmax are positive and add up to 1"
MOST_NESTED = 24


def upper(leaf: Any, within: Context, depth: int = 0) -> list[Bound]:
    """Upper bounds of a norm or radius, of which any may be the best."""
    if depth > MOST_NESTED:
        return []
    kind = of_norm_bounds if isinstance(leaf, SpectralNorm) else of_radius_bounds
    found = kind(leaf.matrix, within, depth + 1)
    # Those by norms that stand on the other side come first, as not all are tried.
    return _distinct(sorted(found, key=lambda b: len(atoms_of(b.value) - within.known)))


def lower(leaf: Any, within: Context) -> list[Bound]:
    """Lower bounds of a norm or radius, the value itself first."""
    found = [Bound(value(leaf))]
    matrix = canonical(leaf.matrix)
    if isinstance(leaf, SpectralNorm):
        found += [Bound(b.value, (*b.reasons, REVERSE)) for b in _reverse(matrix)]
        found += _of_nonnegative(matrix)
        if _is_square(matrix):
            found += [*_of_low_rank(matrix, within), *_of_trace(matrix)]
            found.append(Bound(of_radius(matrix), (RADIUS,)))
        if matrix.shape[1] == 1 != matrix.shape[0]:
            found.append(Bound(of_largest(matrix), (LARGEST,)))
    return [*_distinct(found), Bound(S.Zero)]


def _is_square(matrix: MatrixExpr) -> bool:
    return bool(sympy.expand(matrix.shape[0] - matrix.shape[1]) == 0)


def _distinct(bounds: Iterable[Bound]) -> list[Bound]:
    found: dict[Expr, Bound] = {}
    for bound in bounds:
        found.setdefault(bound.value, bound)
    return list(found.values())[:MOST_BOUNDS]


def _is_final(e: Expr, within: Context) -> bool:
    """Whether a value may stand in a bound: of given matrices, or of what stands on the other side as well."""
    return all(a in within.known or _is_given(a) for a in atoms_of(e))


def _is_given(atom: SpectralNorm) -> bool:
    return isinstance(_inside(atom), ParameterMatrix | TimedMatrix | sympy.MatrixBase)


def _inside(atom: SpectralNorm) -> MatrixExpr:
    """The matrix of a norm, or the vector whose largest entry it is."""
    (matrix,) = atom.args
    return matrix.args[0] if isinstance(matrix, sympy.DiagMatrix) else matrix


# --- norms --------------------------------------------------------------------------------------------------------


def of_norm_bounds(matrix: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    """Upper bounds of the spectral norm of a matrix."""
    exact = of_norm(matrix)
    if _is_final(exact, within):
        yield Bound(exact)
        if not any(isinstance(_inside(a), TimedMatrix) for a in atoms_of(exact)):
            return
    number, factors = apart(canonical(matrix))
    scale = Abs(with_values(number))
    for bound in _of_word(factors, within, depth):
        yield Bound(scale * bound.value, bound.reasons)


def _norms(matrix: MatrixExpr, within: Context, depth: int) -> list[Bound]:
    return upper(SpectralNorm(matrix), within, depth)


def _of_word(factors: Factors, within: Context, depth: int) -> Iterator[Bound]:
    if not factors:
        yield Bound(S.One)
    elif len(factors) == 1:
        yield from _of_factor(factors[0], within, depth)
    else:
        for groups in _splits(factors, within):
            parts = [_norms(word(group), within, depth) for group in groups]
            yield from _multiplied(parts, PRODUCT)
        yield from _by_parts(word(factors), within, depth)
        if any(isinstance(f, sympy.MatAdd) for f in factors):
            written_out = spread(word(factors))
            yield from _norms(written_out, within, depth + MOST_NESTED // 2)


def _splits(factors: Factors, within: Context) -> Iterator[list[Factors]]:
    """Ways to cut a product: into single factors, and into longer ones whose norms are known."""
    if not factors:
        yield []
        return
    for length in range(len(factors), 0, -1):
        first, rest = factors[:length], factors[length:]
        if length == 1 or (rest and _is_known(first, within)) or (length < len(factors) and _is_known(first, within)):
            for others in _splits(rest, within):
                yield [first, *others]


def _is_known(factors: Factors, within: Context) -> bool:
    exact = of_norm(word(factors))
    return bool(within.known) and atoms_of(exact) <= within.known


def _multiplied(parts: list[list[Bound]], reason: str) -> Iterator[Bound]:
    for choice in combinations(*(p[:3] for p in parts)):
        reasons = tuple(r for b in choice for r in b.reasons)
        yield Bound(sympy.Mul(*(b.value for b in choice)), (reason, *reasons) if len(choice) > 1 else reasons)


def _of_factor(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    if factor.shape[1] == 1 or factor.shape[0] == 1:
        yield from _by_entries(factor, within)
    for kind, rule in _UPPER.items():
        if isinstance(factor, kind):
            yield from rule(factor, within, depth)
            break
    yield from _by_parts(factor, within, depth)
    if factor.shape[1] != 1 and factor.shape[0] != 1 and not isinstance(factor, sympy.DiagMatrix):
        yield from _by_entries(factor, within)


def _by_entries(factor: MatrixExpr, within: Context) -> Iterator[Bound]:
    """By the number of entries and a bound of all of them."""
    for bound in largest_entry(factor, within):
        if not atoms_of(bound.value):
            yield Bound(sympy.sqrt(factor.shape[0] * factor.shape[1]) * bound.value, (ENTRIES, *bound.reasons))


def _of_sum(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    yield from _of_difference(factor, within, depth)
    yield from _of_common_factor(factor, within, depth)
    parts = [_norms(_term(t, factor), within, depth) for t in terms(factor)]
    yield from _added(parts, SUM)


def _of_common_factor(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    """Of A B + A C as the product of A and B + C, and likewise from the right."""
    parts = terms(factor)
    if any(len(f) < 2 for _, f in parts):
        return
    for place, rest in ((0, slice(1, None)), (-1, slice(None, -1))):
        common = {f[place] for _, f in parts}
        if len(common) == 1:
            inner = sympy.MatAdd(*(sympy.MatMul(c, *f[rest]) for c, f in parts))
            ends = (next(iter(common)), inner) if place == 0 else (inner, next(iter(common)))
            yield from _multiplied([_norms(end, within, depth) for end in ends], PRODUCT)


def _of_difference(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    """Of the values of one function at two vectors, by the mean value theorem."""
    parts = terms(factor)
    if (
        len(parts) != 2
        or 1 not in factor.shape
        or any(len(f) != 1 or not isinstance(f[0], Elementwise) for _, f in parts)
    ):
        return
    (first, (one,)), (second, (other,)) = parts
    if sympy.expand(first + second) != 0 or one.function != other.function:
        return
    steepest_slope = steepest(one.function, within)
    if steepest_slope is not None:
        apart_by = sympy.MatAdd(one.argument, sympy.MatMul(-1, other.argument))
        for bound in _norms(apart_by, within, depth):
            number = Abs(with_values(first)) * steepest_slope.value
            yield Bound(number * bound.value, (MEAN_VALUE, *steepest_slope.reasons, *bound.reasons))


def _term(term: tuple[Expr, Factors], like: MatrixExpr) -> MatrixExpr:
    number, factors = term
    return sympy.MatMul(number, *(factors or (sympy.Identity(like.shape[0]),)))


def _added(parts: list[list[Bound]], reason: str) -> Iterator[Bound]:
    for choice in combinations(*(p[:3] for p in parts)):
        yield Bound(sympy.Add(*(b.value for b in choice)), (reason, *(r for b in choice for r in b.reasons)))


def _by_parts(matrix: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    """The matrix as the sum of one whose norm stands on the other side, and what is left."""
    if depth > 3:
        return
    for atom in sorted(within.known, key=sympy.default_sort_key):
        if not isinstance(atom, SpectralNorm) or tuple(atom.matrix.shape) != tuple(matrix.shape):
            continue
        for sign in (1, -1):
            for other in (atom.matrix, canonical(atom.matrix.T) if _is_square(atom.matrix) else atom.matrix):
                rest = canonical(sympy.MatAdd(matrix, sympy.MatMul(-sign, other)))
                if len(terms(rest)) < max(len(terms(matrix)), 2) and rest != matrix:
                    yield from _added([[Bound(atom)], _norms(rest, within, depth)], SUM)


def _of_diagonal(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    for bound in largest_entry(factor.args[0], within):
        yield Bound(bound.value, (DIAGONAL, *bound.reasons))
    for bound in _norms(factor.args[0], within, depth):
        yield Bound(bound.value, (DIAGONAL, LARGEST, *bound.reasons))


def _of_entries_product(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    parts = [_norms(f, within, depth) for f in factor.args]
    if 1 not in factor.shape:
        yield from _multiplied(parts, HADAMARD)
        return
    largest = [largest_entry(f, within) for f in factor.args]
    for place in range(len(parts)):
        yield from _multiplied([*largest[:place], parts[place], *largest[place + 1 :]], SCALED)
    yield from _multiplied(parts, HADAMARD)


def _of_entries_power(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    if not (factor.exp.is_integer and within.is_count(sympy.expand(factor.exp - 1))):
        return
    norms = _norms(factor.base, within, depth)
    if 1 in factor.shape:
        largest = largest_entry(factor.base, within)
        yield from (
            Bound(a.value ** (factor.exp - 1) * b.value, (SCALED, *a.reasons, *b.reasons))
            for a in largest
            for b in norms
        )
    yield from (Bound(b.value**factor.exp, (HADAMARD, *b.reasons)) for b in norms)


def _of_function(factor: Elementwise, within: Context, depth: int) -> Iterator[Bound]:
    """Of a function of each entry of a vector that is at most so many times the entry."""
    if 1 not in factor.shape:
        return
    bound = least_slope(factor.function, within)
    if bound is not None:
        for inside in _norms(factor.argument, within, depth):
            yield Bound(bound.value * inside.value, (*bound.reasons, *inside.reasons))


def _of_softmax(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    yield Bound(S.One, (SOFTMAX,))


def _of_blocks(factor: sympy.BlockMatrix, within: Context, depth: int) -> Iterator[Bound]:
    parts = [_norms(block, within, depth)[:1] for block in factor.blocks]
    if all(parts):
        squares = [p[0].value ** 2 for p in parts]
        yield Bound(sympy.sqrt(sympy.Add(*squares)), (BLOCKS, *(r for p in parts for r in p[0].reasons)))


def _of_slice(factor: MatrixSlice, within: Context, depth: int) -> Iterator[Bound]:
    for bound in _norms(factor.parent, within, depth):
        yield Bound(bound.value, (PART, *bound.reasons))


def _of_transpose(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    yield from _of_factor(factor.arg, within, depth)


def _of_power(factor: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    if within.is_count(factor.exp):
        for bound in _norms(factor.base, within, depth):
            yield Bound(bound.value**factor.exp, (PRODUCT, *bound.reasons))


def _of_ordered(factor: OrderedProduct, within: Context, depth: int) -> Iterator[Bound]:
    """Of a product over steps, where every factor has one bound."""
    for count, bound in _at_every_step(factor.factor, factor.limits, within, depth):
        yield Bound(bound.value**count, (PRODUCT, *bound.reasons))


def _of_time_sum(factor: TimeSum, within: Context, depth: int) -> Iterator[Bound]:
    for count, bound in _at_every_step(factor.term, factor.limits, within, depth):
        yield Bound(count * bound.value, (SUM, *bound.reasons))


def _at_every_step(
    matrix: MatrixExpr, limits: tuple[Symbol, Expr, Expr], within: Context, depth: int
) -> Iterator[tuple[Expr, Bound]]:
    """How many steps there are, with bounds of the norm of a matrix that hold at all of them."""
    index, low, high = limits
    count = sympy.expand(high - low + 1)
    if within.is_count(count):
        step, there = within.any_step(index, low)
        yield from ((count, b) for b in _norms(matrix.xreplace({index: step}), there, depth) if not b.value.has(step))


_UPPER: dict[type, Callable[[Any, Context, int], Iterator[Bound]]] = {
    sympy.MatAdd: _of_sum,
    sympy.DiagMatrix: _of_diagonal,
    sympy.HadamardProduct: _of_entries_product,
    sympy.HadamardPower: _of_entries_power,
    Elementwise: _of_function,
    Softmax: _of_softmax,
    sympy.BlockMatrix: _of_blocks,
    MatrixSlice: _of_slice,
    sympy.Transpose: _of_transpose,
    sympy.MatPow: _of_power,
    OrderedProduct: _of_ordered,
    TimeSum: _of_time_sum,
}


def _reverse(matrix: Basic) -> Iterator[Bound]:
    """The norm of each term of a sum less the norms of the others."""
    number, factors = apart(matrix)
    inside = factors[0] if len(factors) == 1 else matrix
    if isinstance(inside, sympy.MatAdd):
        norms = [of_norm(_term(t, inside)) for t in terms(inside)]
        scale = Abs(with_values(number))
        for place, first in enumerate(norms):
            yield Bound(scale * (first - sympy.Add(*norms[:place], *norms[place + 1 :])))


def _of_nonnegative(matrix: Basic) -> Iterator[Bound]:
    """The norm of each term of a sum of positive semidefinite matrices."""
    number, factors = apart(matrix)
    inside = factors[0] if len(factors) == 1 else matrix
    summed = [_term(t, inside) for t in terms(inside)] if isinstance(inside, sympy.MatAdd) else []
    if all(map(is_nonnegative, summed)):
        yield from (Bound(Abs(with_values(number)) * of_norm(term), (NONNEGATIVE,)) for term in summed)


def _beside_identity(matrix: Basic) -> tuple[Expr, list[tuple[Expr, Factors]]]:
    """How many times the identity stands in a sum, and the other terms."""
    number, factors = apart(matrix)
    inside = factors[0] if len(factors) == 1 else matrix
    parts = terms(inside) if isinstance(inside, sympy.MatAdd) else []
    identity = sympy.Add(*(c for c, f in parts if not f))
    return with_values(number * identity), [(number * c, f) for c, f in parts if f]


def _of_low_rank(matrix: Basic, within: Context) -> Iterator[Bound]:
    """Of a multiple of the identity and products whose ranks add up to less than the size."""
    identity, others = _beside_identity(matrix)
    if identity == 0:
        return
    size = matrix.shape[0]
    rank = sympy.Add(*(sympy.Min(*(f.shape[0] for f in factors), size) for _, factors in others))
    if rank != size and within.holds(rank, "<", size):
        yield Bound(Abs(identity), (RANK,))


def _of_trace(matrix: Basic) -> Iterator[Bound]:
    """Of a multiple of the identity and products whose traces cancel, such as A B - B A."""
    identity, others = _beside_identity(matrix)
    traces: dict[Factors, Expr] = {}
    for number, factors in others:
        turns = [factors[k:] + factors[:k] for k in range(len(factors))]
        same = min((*turns, *map(reversed_word, turns)), key=lambda w: tuple(map(sympy.default_sort_key, w)))
        traces[same] = traces.get(same, S.Zero) + number
    if identity != 0 and all(sympy.expand(c) == 0 for c in traces.values()):
        yield Bound(Abs(identity), (MEAN,))


# --- radii --------------------------------------------------------------------------------------------------------


def of_radius_bounds(matrix: MatrixExpr, within: Context, depth: int) -> Iterator[Bound]:
    """Upper bounds of the spectral radius of a square matrix."""
    exact = of_radius(matrix)
    if _is_final(exact, within):
        yield Bound(exact)
    yield from _of_polynomial(matrix)
    for atom in sorted(atoms_of(exact), key=sympy.default_sort_key):
        if isinstance(atom, SpectralRadius):
            for bound in _norms(atom.matrix, within, depth):
                yield Bound(exact.xreplace({atom: bound.value}), (RADIUS, *bound.reasons))
        elif isinstance(atom, SpectralNorm) and atom not in within.known and not _is_given(atom):
            for bound in upper(atom, within, depth):
                yield Bound(exact.xreplace({atom: bound.value}), bound.reasons)


def _of_polynomial(matrix: MatrixExpr) -> Iterator[Bound]:
    """Of a sum of powers of one matrix."""
    number, factors = apart(canonical(matrix))
    inside = factors[0] if len(factors) == 1 else None
    if not isinstance(inside, sympy.MatAdd):
        return
    parts = terms(inside)
    shortest = min((f for _, f in parts if f), key=len)
    if all(f == shortest * (len(f) // len(shortest)) for _, f in parts):
        radii = (Abs(with_values(c)) * (of_radius(word(f)) if f else S.One) for c, f in parts)
        yield Bound(Abs(with_values(number)) * reduce(lambda a, b: a + b, radii, S.Zero), (COMMUTING,))
