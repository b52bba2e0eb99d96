"""What is linear in a vector, read as a matrix times that vector."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sympy
from sympy import DiagMatrix, Expr, Identity, MatrixExpr, ZeroMatrix

from symgrad.base.errors import CellError
from symgrad.recurrent.cells.matrix_algebra import product, scalar_of, total_of, transposed
from symgrad.symbols import Elementwise, concatenate, hadamard_of
from symgrad.symbols.writing import to_text


@lru_cache(maxsize=4096)
def matrix_of(e: Any, v: Any) -> Any:
    """The matrix M for which a vector that is linear in a vector v is M v.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> W, s, v = sg.Parameter("W", n, n), sg.State("s", n), sg.State("v", n)
    >>> print(to_text(matrix_of(W.T @ sg.hadamard(v, s), v)))
    W.T @ diag(s[t])
    >>> u = sg.Parameter("u", n)
    >>> print(to_text(matrix_of(u @ sg.dot(v, s), v)))
    u @ s[t].T
    """
    if e == v:
        return Identity(v.shape[0])
    if not e.has(v):
        return ZeroMatrix(e.shape[0], v.shape[0]) if isinstance(e, ZeroMatrix) else _refuse(e, v)
    for kind, rule in _RULES.items():
        if isinstance(e, kind):
            return rule(e, v)
    return _refuse(e, v)


def row_of(e: Expr, v: object) -> Any:
    """The row a^T for which a scalar that is linear in a vector v is a^T v."""
    if isinstance(e, sympy.Add):
        return total_of([row_of(a, v) for a in e.args])
    inside = [a for a in sympy.Mul.make_args(e) if a.has(v)]
    if len(inside) != 1:
        return _refuse(e, v)
    if inside[0] != e:
        return product(e / inside[0], row_of(inside[0], v))
    return _of_trace(e.arg, v) if isinstance(e, sympy.Trace) else _refuse(e, v)


def _of_trace(e: object, v: object) -> Any:
    """Of the trace of a matrix: factors go round, until the one with v stands last, as a column."""
    if isinstance(e, sympy.MatAdd):
        return total_of([_of_trace(a, v) for a in e.args])
    scalars, matrices = _factors(e)
    inside = [k for k, m in enumerate(matrices) if m.has(v)]
    if len(inside) != 1 or any(s.has(v) for s in scalars):
        return _refuse(e, v)
    (k,) = inside
    factor, others = matrices[k], [*matrices[k + 1 :], *matrices[:k]]
    if isinstance(factor, sympy.MatAdd) and len(matrices) > 1:
        return total_of([_of_trace(product(*scalars, *matrices[:k], a, *matrices[k + 1 :]), v) for a in factor.args])
    if _is_row(factor):
        factor, others = _column(factor), [transposed(m) for m in reversed(others)]
    if factor.shape[1] != 1:
        return _refuse(e, v)
    return product(*scalars, *others, matrix_of(factor, v))


def _of_sum(e: Any, v: Any) -> Any:
    return total_of([matrix_of(a, v) for a in e.args])


def _of_product(e: Any, v: Any) -> Any:
    """Of L f R: f is a column, with R a number; or a row, or a diagonal, which R goes round."""
    scalars, matrices = _factors(e)
    inside = [k for k, m in enumerate(matrices) if m.has(v)]
    in_scalars = [s for s in scalars if s.has(v)]
    if len(inside) + len(in_scalars) != 1 or e.shape[1] != 1:
        return _refuse(e, v)
    if in_scalars:
        return product(*(s for s in scalars if s not in in_scalars), *matrices, row_of(in_scalars[0], v))
    (k,) = inside
    left, factor, right = matrices[:k], matrices[k], product(*matrices[k + 1 :]) if matrices[k + 1 :] else None
    if right is None or factor.shape[1] == 1:
        numbers = [] if right is None else [scalar_of(right)]
        return product(*scalars, *numbers, *left, matrix_of(factor, v))
    if _is_row(factor):
        return product(*scalars, *left, transposed(right), matrix_of(_column(factor), v))
    if isinstance(factor, DiagMatrix):
        return product(*scalars, *left, DiagMatrix(right), matrix_of(factor.arg, v))
    if isinstance(factor, sympy.MatAdd):
        return total_of([matrix_of(product(*scalars, *left, a, right), v) for a in factor.args])
    return _refuse(e, v)


def _of_entries(e: Any, v: Any) -> Any:
    inside = [a for a in e.args if a.has(v)]
    if len(inside) != 1 or e.shape[1] != 1:
        return _refuse(e, v)
    return product(DiagMatrix(hadamard_of([a for a in e.args if not a.has(v)])), matrix_of(inside[0], v))


def _of_blocks(e: Any, v: Any) -> Any:
    return concatenate(*(matrix_of(block, v) for block in e.blocks)) if e.blockshape[1] == 1 else _refuse(e, v)


def _of_number(e: Any, v: Any) -> Any:
    return matrix_of(e.arg, v) if e.shape == (1, 1) else _refuse(e, v)


_RULES: dict[type, Callable[[Any, Any], Any]] = {
    sympy.MatAdd: _of_sum,
    sympy.MatMul: _of_product,
    sympy.HadamardProduct: _of_entries,
    sympy.BlockMatrix: _of_blocks,
    sympy.Transpose: _of_number,
}


def _is_row(e: Any) -> bool:
    return bool(e.shape[0] == 1 and e.shape[1] != 1)


def _column(row: object) -> Any:
    """The transpose, moved inwards through functions of each entry as well."""
    if isinstance(row, sympy.HadamardProduct):
        return hadamard_of(list(map(_column, row.args)))
    if isinstance(row, sympy.HadamardPower):
        return sympy.HadamardPower(_column(row.base), row.exp)
    if isinstance(row, Elementwise):
        return Elementwise(row.function, _column(row.argument))
    if isinstance(row, sympy.MatAdd):
        return sympy.MatAdd(*map(_column, row.args))
    scalars, matrices = _factors(row)
    return product(*scalars, _column(matrices[0])) if scalars and len(matrices) == 1 else transposed(row)


def _factors(e: object) -> tuple[list[Any], list[Any]]:
    """The numbers and the matrices of a product."""
    parts = e.args if isinstance(e, sympy.MatMul) else (e,)
    return [a for a in parts if not isinstance(a, MatrixExpr)], [a for a in parts if isinstance(a, MatrixExpr)]


def _refuse(e: object, v: object) -> Any:
    raise CellError(f"{to_text(e)} is not a matrix times {v}, so that it has no Jacobian as one matrix")
