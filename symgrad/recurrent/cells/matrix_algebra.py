"""Matrix expressions as they stand in gradients: no identities in products, no zeros in sums, transposes at leaves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy
from sympy import Basic, BlockMatrix, Expr, MatrixBase, MatrixExpr, ZeroMatrix, default_sort_key
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.recurrent.cells.block_algebra import in_blocks, merged, pushed
from symgrad.symbols import TimeSum

_UNIT = sympy.OneMatrix(1, 1)


def product(*factors: Expr | MatrixBase) -> Expr:
    """The product of scalars and matrices in their order, without identities; zero where one is zero."""
    scalars = sympy.Mul(*(f for f in factors if not isinstance(f, MatrixExpr)))
    matrices: list[Basic] = []
    for f in factors:
        if isinstance(f, sympy.MatMul):
            scalars *= sympy.Mul(*(a for a in f.args if not isinstance(a, MatrixExpr)))
            matrices.extend(a for a in f.args if isinstance(a, MatrixExpr))
        elif isinstance(f, MatrixExpr):
            matrices.append(f)
    if not matrices:
        return scalars
    rows, columns = matrices[0].shape[0], matrices[-1].shape[1]
    if any(isinstance(m, ZeroMatrix) for m in matrices) or scalars == 0:
        return ZeroMatrix(rows, columns)
    kept = [m for m in matrices if not (isinstance(m, sympy.Identity) or m == _UNIT)]
    if not kept:
        neutral = _UNIT if _UNIT in matrices else sympy.Identity(rows)
        return neutral if scalars == 1 else sympy.MatMul(scalars, neutral)
    if len(kept) == 1 and scalars == 1:
        return kept[0]
    return sympy.MatMul(*([scalars] if scalars != 1 else []), *kept)


def total_of(terms: Iterable[Expr]) -> Any:
    """The sum of scalars or of matrices of one shape, without zeros; None for no terms."""
    kept = list(terms)
    if not kept:
        return None
    if not isinstance(kept[0], MatrixExpr):
        return sympy.Add(*kept)
    nonzero = merged([k for k in kept if not isinstance(k, ZeroMatrix)])
    if not nonzero:
        return kept[0]
    return nonzero[0] if len(nonzero) == 1 else _added(nonzero)


def _added(terms: list[Basic]) -> MatrixExpr:
    """A sum of matrices, like terms as one; SymPy goes through all their parts, and is asked where there are any."""
    parts = [part for term in terms for part in (term.args if isinstance(term, sympy.MatAdd) else (term,))]
    is_explicit = any(isinstance(part, sympy.MatrixBase) for part in parts)
    if is_explicit or len({part.as_coeff_mmul()[1] for part in parts}) < len(parts):
        return sympy.MatAdd(*terms).doit(deep=False)
    return sympy.MatAdd(*sorted(parts, key=default_sort_key))


def entry_of(e: MatrixExpr) -> Expr:
    """The one entry of a 1 by 1 matrix, as a scalar."""
    if isinstance(e, sympy.MatAdd):
        return sympy.Add(*map(entry_of, e.args))
    if isinstance(e, TimeSum):
        return sympy.Sum(entry_of(e.term), e.limits)
    if isinstance(e, sympy.MatMul) and not isinstance(e.args[0], MatrixExpr):
        return e.args[0] * entry_of(e.func(*e.args[1:]).doit(deep=False))
    return sympy.Trace(e)


def transposed(e: Basic) -> Basic:
    """The transpose, moved inwards through products and sums."""
    if not isinstance(e, MatrixExpr):
        return e
    if e.shape == (1, 1):
        return e.xreplace({part: part.arg for part in e.atoms(sympy.Transpose) if part.shape == (1, 1)})
    if isinstance(e, sympy.DiagMatrix | sympy.Identity):
        return e
    if isinstance(e, sympy.Transpose):
        return e.arg
    if isinstance(e, sympy.MatrixBase):
        return e.T
    if isinstance(e, sympy.MatMul):
        return product(*(transposed(a) for a in reversed(e.args)))
    if isinstance(e, sympy.MatAdd):
        return sympy.MatAdd(*map(transposed, e.args))
    if isinstance(e, sympy.OneMatrix | ZeroMatrix):
        return e.func(e.shape[1], e.shape[0])
    if isinstance(e, BlockMatrix):
        return in_blocks(e.blockshape[::-1], [transposed(block) for block in e.blocks.T])
    return sympy.Transpose(e)


def scalar_of(e: MatrixExpr) -> Expr:
    """The one entry of a 1 by 1 matrix, or the trace of a square one, as a scalar."""
    return sympy.Trace(e) if isinstance(e, MatrixExpr) else e


def sliced(e: MatrixExpr, start: Expr, stop: Expr) -> MatrixExpr:
    """Rows of a matrix; of a concatenation that is cut there, its part."""
    return pushed(MatrixSlice(e, (start, stop, 1), (0, e.shape[1], 1))) if e.shape[0] != stop - start else e
