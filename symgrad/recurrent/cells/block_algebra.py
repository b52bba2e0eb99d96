"""Transposes, slices and concatenations moved inwards, until slices stand at variables only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import sympy
from sympy import Basic, BlockMatrix, Expr, MatrixExpr, S
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.symbols import Elementwise, OfEntries, TimeSum, hadamard_of

Range = tuple[Expr, Expr]


def pushed(e: Expr) -> Expr:
    """The same matrix without slices of composed expressions and products with concatenations."""
    if not isinstance(e, MatrixExpr) or not e.args:
        return e
    if isinstance(e, sympy.Transpose):
        return _transposed(pushed(e.arg))
    if isinstance(e, MatrixSlice):
        return _sliced(pushed(e.parent), _range(e.rowslice), _range(e.colslice))
    if isinstance(e, BlockMatrix):
        rows = [pushed(block) for block in e.blocks] if e.blockshape[1] == 1 else None
        return _stacked(rows) if rows else e
    if isinstance(e, sympy.MatMul):
        return _multiplied([pushed(a) for a in e.args])
    if isinstance(e, sympy.MatAdd):
        return _added([pushed(a) for a in e.args])
    if isinstance(e, TimeSum):
        term = pushed(e.term)
        return _blockwise(term, lambda part: TimeSum(part, e.limits)) or TimeSum(term, e.limits)
    if isinstance(e, sympy.HadamardProduct):
        return hadamard_of([pushed(a) for a in e.args])
    if isinstance(e, OfEntries):
        return e.with_arguments(pushed)
    if isinstance(e, Elementwise):
        argument = pushed(e.argument)
        return _blockwise(argument, lambda part: Elementwise(e.function, part)) or Elementwise(e.function, argument)
    return e


def in_blocks(blockshape: tuple[int, int], parts: list[MatrixExpr]) -> BlockMatrix:
    """A block matrix from its blocks, row by row."""
    rows, columns = blockshape
    return BlockMatrix([parts[columns * row : columns * (row + 1)] for row in range(rows)])


def _blockwise(e: MatrixExpr, change: Callable[[MatrixExpr], MatrixExpr]) -> MatrixExpr | None:
    if isinstance(e, BlockMatrix):
        return in_blocks(e.blockshape, [change(block) for block in e.blocks])
    return None


def _stacked(rows: list[MatrixExpr]) -> MatrixExpr:
    parts = (
        part
        for row in rows
        for part in (row.blocks if isinstance(row, BlockMatrix) and row.blockshape[1] == 1 else (row,))
    )
    return BlockMatrix([[part] for part in parts])


def _transposed(e: Expr) -> Expr:
    if isinstance(e, sympy.Transpose):
        return e.arg
    if isinstance(e, sympy.MatMul):
        scalars = [a for a in e.args if not isinstance(a, MatrixExpr)]
        return sympy.MatMul(*scalars, *(_transposed(a) for a in reversed(e.args) if isinstance(a, MatrixExpr)))
    if isinstance(e, sympy.MatAdd):
        return sympy.MatAdd(*map(_transposed, e.args))
    if isinstance(e, TimeSum):
        return TimeSum(_transposed(e.term), e.limits)
    if isinstance(e, BlockMatrix):
        return in_blocks(e.blockshape[::-1], [_transposed(block) for block in e.blocks.T])
    return e.T


def _range(limits: tuple[object, object, object]) -> Range:
    low, high, step = limits
    if step != 1:
        raise NotImplementedError(f"a slice with step {step}")
    return S(low), S(high)


def _length(limits: Range) -> Expr:
    return sympy.expand(limits[1] - limits[0])


def _sliced(e: MatrixExpr, rows: Range, columns: Range) -> MatrixExpr:
    whole = (rows == (0, e.shape[0]), columns == (0, e.shape[1]))
    if all(whole):
        return e
    if isinstance(e, sympy.MatAdd):
        return sympy.MatAdd(*(_sliced(a, rows, columns) for a in e.args))
    if isinstance(e, sympy.MatMul):
        return _sliced_product(e, rows, columns)
    if isinstance(e, sympy.HadamardProduct):
        return hadamard_of([_sliced(a, rows, columns) for a in e.args])
    if isinstance(e, OfEntries):
        return e.with_arguments(lambda argument: _sliced(argument, rows, columns))
    if isinstance(e, Elementwise):
        return Elementwise(e.function, _sliced(e.argument, rows, columns))
    if isinstance(e, TimeSum):
        return TimeSum(_sliced(e.term, rows, columns), e.limits)
    if isinstance(e, sympy.OneMatrix):
        return sympy.OneMatrix(_length(rows), _length(columns))
    if isinstance(e, sympy.ZeroMatrix):
        return sympy.ZeroMatrix(_length(rows), _length(columns))
    if isinstance(e, MatrixSlice):
        (r, _, _), (c, _, _) = e.rowslice, e.colslice
        return _sliced(e.parent, (rows[0] + r, rows[1] + r), (columns[0] + c, columns[1] + c))
    if isinstance(e, sympy.Transpose):
        return _transposed(_sliced(e.arg, columns, rows))
    if isinstance(e, BlockMatrix):
        return _sliced_blocks(e, rows, columns)
    return MatrixSlice(e, (rows[0], rows[1], 1), (columns[0], columns[1], 1))


def _sliced_product(e: MatrixExpr, rows: Range, columns: Range) -> MatrixExpr:
    scalars = [a for a in e.args if not isinstance(a, MatrixExpr)]
    matrices = [a for a in e.args if isinstance(a, MatrixExpr)]
    matrices[0] = _sliced(matrices[0], rows, (S.Zero, matrices[0].shape[1]))
    matrices[-1] = _sliced(matrices[-1], (S.Zero, matrices[-1].shape[0]), columns)
    return _multiplied([*scalars, *matrices])


def _sliced_blocks(e: MatrixExpr, rows: Range, columns: Range) -> MatrixExpr:
    """The blocks that lie in ranges which begin and end with blocks."""
    high = _inside([block.shape[0] for block in e.blocks[:, 0]], rows)
    wide = _inside([block.shape[1] for block in e.blocks[0, :]], columns)
    if not high or not wide:
        return MatrixSlice(e, (rows[0], rows[1], 1), (columns[0], columns[1], 1))
    kept = [[e.blocks[a, b] for b in wide] for a in high]
    return kept[0][0] if len(high) == len(wide) == 1 else BlockMatrix(kept)


def _inside(sizes: Sequence[Expr], limits: Range) -> list[int]:
    """Which of the parts of these sizes fill a range; none if some do in part."""
    kept, start = [], S.Zero
    for place, size in enumerate(sizes):
        stop = sympy.expand(start + size)
        if sympy.expand(start - limits[0]).is_nonnegative and sympy.expand(limits[1] - stop).is_nonnegative:
            kept.append(place)
        start = stop
    total = sum((sizes[place] for place in kept), S.Zero)
    return kept if sympy.expand(total - _length(limits)) == 0 else []


def _multiplied(factors: list[Expr]) -> MatrixExpr:
    """A product in which no concatenation is left to be multiplied."""
    scalars = [f for f in factors if not isinstance(f, MatrixExpr)]
    matrices = [f for f in factors if isinstance(f, MatrixExpr)]
    if any(isinstance(m, sympy.ZeroMatrix) for m in matrices):
        return sympy.ZeroMatrix(matrices[0].shape[0], matrices[-1].shape[1])
    for place, matrix in enumerate(matrices):
        if not isinstance(matrix, BlockMatrix):
            continue
        rows, columns = matrix.blockshape
        before, after = matrices[:place], matrices[place + 1 :]
        if rows > 1 and before:
            return _sum_of([_multiplied([*scalars, *split]) for split in _split_rows(before, matrix, after)])
        if rows == 1 and after:
            return _sum_of([_multiplied([*scalars, *split]) for split in _split_columns(before, matrix, after)])
        if columns == 1 or after:
            return _rows_together([_multiplied([*scalars, row, *after]) for row in _rows_of_blocks(matrix)])
        if rows == 1:
            return BlockMatrix([[_multiplied([*scalars, *before, block]) for block in matrix.blocks]])
    return sympy.MatMul(*scalars, *matrices)


def _rows_together(rows: list[MatrixExpr]) -> MatrixExpr:
    """Rows of blocks as one matrix of blocks, where all are divided alike."""
    shapes = {tuple(b.shape[1] for b in row.blocks) if isinstance(row, BlockMatrix) else () for row in rows}
    if len(shapes) == 1 and all(isinstance(row, BlockMatrix) and row.blockshape[0] == 1 for row in rows):
        return BlockMatrix([list(row.blocks) for row in rows])
    return BlockMatrix([[row] for row in rows])


def _split_rows(before: list[MatrixExpr], matrix: BlockMatrix, after: list[MatrixExpr]) -> list[list[MatrixExpr]]:
    """Y [p; q] as Y[:, :n] p + Y[:, n:] q."""
    found, start = [], S.Zero
    for block in _rows_of_blocks(matrix):
        stop = sympy.expand(start + block.shape[0])
        left = _sliced(before[-1], (S.Zero, before[-1].shape[0]), (start, stop))
        found.append([*before[:-1], left, block, *after])
        start = stop
    return found


def _rows_of_blocks(matrix: BlockMatrix) -> list[MatrixExpr]:
    """The rows of blocks one by one: of a concatenation its parts."""
    rows, columns = matrix.blockshape
    lines = ([matrix.blocks[a, b] for b in range(columns)] for a in range(rows))
    return [line[0] if columns == 1 else BlockMatrix([line]) for line in lines]


def _split_columns(before: list[MatrixExpr], matrix: BlockMatrix, after: list[MatrixExpr]) -> list[list[MatrixExpr]]:
    found, start = [], S.Zero
    for block in matrix.blocks:
        stop = sympy.expand(start + block.shape[1])
        right = _sliced(after[0], (start, stop), (S.Zero, after[0].shape[1]))
        found.append([*before, block, right, *after[1:]])
        start = stop
    return found


def _added(terms: list[Expr]) -> MatrixExpr:
    """A sum; of vectors put together from parts, part by part."""
    if len(terms) == 1:
        return terms[0]
    stacks = [t for t in terms if isinstance(t, BlockMatrix)]
    if len(stacks) == len(terms):
        shapes = {(s.blockshape, tuple(b.shape for b in s.blocks)) for s in stacks}
        if len(shapes) == 1:
            return in_blocks(stacks[0].blockshape, [_sum_of(parts) for parts in zip(*(s.blocks for s in stacks))])
        if all(s.blockshape[1] == 1 for s in stacks):
            return _refined(stacks) or sympy.MatAdd(*terms)
    return sympy.MatAdd(*terms)


def _sum_of(parts: Sequence[MatrixExpr]) -> MatrixExpr:
    """The sum without zeros."""
    kept = [part for part in parts if not isinstance(part, sympy.ZeroMatrix)]
    return _added(kept) if kept else parts[0]


def _refined(stacks: list[BlockMatrix]) -> MatrixExpr | None:
    """The sum of vectors that are divided in different ways, divided at all places at once, if these have an order."""
    cuts = [S.Zero]
    for place in {place for stack in stacks for place in _ends(stack)}:
        at = next((k for k, known in enumerate(cuts) if (known - place).is_positive), len(cuts))
        if not all((place - before).is_positive for before in cuts[:at]):
            return None
        cuts.insert(at, place)
    ranges = list(pairwise(cuts))
    return BlockMatrix([[_sum_of([_rows_of(stack, rows) for stack in stacks])] for rows in ranges])


def _ends(stack: BlockMatrix) -> list[Expr]:
    total, found = S.Zero, []
    for block in stack.blocks:
        total = sympy.expand(total + block.shape[0])
        found.append(total)
    return found


def _rows_of(stack: BlockMatrix, rows: Range) -> MatrixExpr:
    """Rows of a stack that lie within one of its parts."""
    start = S.Zero
    for block, stop in zip(stack.blocks, _ends(stack)):
        if (rows[0] - start).is_nonnegative and (stop - rows[1]).is_nonnegative:
            return _sliced(
                block, (sympy.expand(rows[0] - start), sympy.expand(rows[1] - start)), (S.Zero, block.shape[1])
            )
        start = stop
    return _sliced_blocks(stack, rows, (S.Zero, stack.shape[1]))


def merged(terms: list[Basic]) -> list[Basic]:
    """Terms of a sum, with the vectors among them that are put together from parts as one."""
    stacks = [t for t in terms if isinstance(t, BlockMatrix) and t.blockshape[1] == 1]
    return [t for t in terms if t not in stacks] + [_added(stacks)] if len(stacks) > 1 else terms
