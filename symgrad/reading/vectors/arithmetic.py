"""Arithmetic of vectors and matrices at steps of time, from the syntax tree of a text."""

from __future__ import annotations

import ast
import itertools
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sympy
from sympy import Expr, MatrixExpr, OneMatrix, S, Symbol
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.base.errors import shape_text
from symgrad.reading.text import vocabulary
from symgrad.reading.text.reader import NO_MATRIX, Reader
from symgrad.reading.vectors.names import (
    FREE_INDICES,
    SHOWN,
    at_step,
    bound_names,
    index_symbol,
    matrices_in,
    sizes_in,
    unknown,
)
from symgrad.reading.vectors.scan import VectorSource
from symgrad.symbols import ENTRY, TimedMatrix, TimedScalar, hadamard_of
from symgrad.symbols.arithmetic import divided_by_entries

BRACKETS = "a product of matrices behind ⊙ needs brackets, as in u ⊙ (W @ v)"
AS_NUMBER = "its one entry is a number: write trace({})"


class MatrixReader(Reader):
    """Reads names, times, slices, sums, products and powers of vector formulas."""

    def __init__(self, source: VectorSource, names: Mapping[str, Expr]) -> None:
        super().__init__(source)
        self.tree = self._prepared(self.tree)
        self.names = names
        self.bindings = bound_names(self.tree)
        self._matrices = matrices_in(self.tree, names, self.bindings)
        for node in ast.walk(self.tree):  # between scalars ⊙ is their product
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and not self.is_matrix(node):
                node.op = ast.Mult()
        sizes = sizes_in(names)
        integers = {name: v for name, v in names.items() if isinstance(v, Symbol) and v.is_integer}
        self.times = {name: index_symbol(name) for name in ("t", "T", *FREE_INDICES)} | sizes | integers

    def _prepared(self, tree: ast.expr) -> ast.expr:
        """The tree as this reader wants it; a reader of more words may have another."""
        return tree

    def is_matrix(self, node: ast.AST) -> bool:
        """Whether the value of a node is a matrix."""
        return id(node) in self._matrices

    def value(self, node: ast.expr) -> Expr:
        """The value of a node, be it a scalar or a matrix."""
        return self.matrix(node) if self.is_matrix(node) else self.scalar(node)

    @abstractmethod
    def matrix(self, node: ast.expr) -> Any:
        """The value of a node that is a matrix."""

    def scalar(self, node: ast.expr) -> Expr:
        """The value of a scalar that becomes part of a matrix."""
        return self.defined(node, self.evaluated(node, self.expression(node)))

    def _shown(self, node: ast.expr) -> str:
        text = " ".join(self._text_of(node).split())
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

    def _build(self, node: ast.AST, make: Callable[..., Any], *args: object) -> Expr:
        with self.asking_sympy(node):
            return make(*args)

    # Names and times

    def _name(self, node: ast.Name) -> Expr:
        name = node.id
        if id(node) in self.bindings:
            return self.bindings[id(node)]
        if name in self.names:
            return at_step(self.names[name])
        if name in self.times:
            return self.times[name]
        if name in vocabulary.CONSTANTS and name != "I":
            return vocabulary.CONSTANTS[name]
        raise self.fault(node, unknown(name, self.names))

    def _subscript(self, node: ast.Subscript) -> Expr:
        if isinstance(node.slice, ast.Slice | ast.Tuple):
            return self._sliced(node)
        if not isinstance(node.value, ast.Name):
            raise self.fault(node.slice, f"a slice of {self._shown(node.value)} has two ends, as in a[t][0:n]")
        name = node.value.id
        variable = self.names.get(name)
        if name not in self.names:
            raise self.fault(node.value, unknown(name, self.names))
        if not isinstance(variable, TimedScalar | TimedMatrix):
            raise self.fault(node, f"{name} does not change with time; write {name}, or {name}[0:n, :] for a slice")
        return variable.at(self._time(node.slice))

    def _time(self, node: ast.expr) -> Expr:
        """A step of time or a size: a sum of whole numbers and indices."""
        return sympy.expand(self._linear(node))

    def _check_step(self, node: ast.Name) -> None:
        """Refuse a letter as a step that is the name of a number as well: two things would be one."""
        other = self.names.get(node.id) if node.id in FREE_INDICES and id(node) not in self.bindings else None
        is_number = isinstance(other, Symbol) and not isinstance(other, TimedScalar)  # i[i] is the gate i at step i
        if is_number and other != self.times[node.id]:
            raise self.fault(node, f"{node.id} is the name of a number here; write another letter for the step")

    def _linear(self, node: ast.expr) -> Expr:
        if isinstance(node, ast.Constant) and type(node.value) is int:  # True is an int, and no number of steps
            return sympy.Integer(node.value)
        if isinstance(node, ast.Name) and (id(node) in self.bindings or node.id in self.times):
            self._check_step(node)
            return self.bindings.get(id(node), self.times.get(node.id))
        if isinstance(node, ast.UnaryOp):
            inside = self._linear(node.operand)
            return -inside if isinstance(node.op, ast.USub) else inside
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
            left, right = self._linear(node.left), self._linear(node.right)
            if isinstance(node.op, ast.Add):
                return left + right
            if isinstance(node.op, ast.Sub):
                return left - right
            if left.is_Integer or right.is_Integer:
                return left * right
        known = ", ".join(self.times)
        raise self.fault(
            node, f"{self._shown(node)} is no step or size; these are sums of whole numbers and of {known}"
        )

    def _sliced(self, node: ast.Subscript) -> Any:
        parent = self.matrix(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if len(parts) == 1 and parent.shape[1] == 1:
            parts = [*parts, ast.Slice()]
        if len(parts) != 2 or not all(isinstance(p, ast.Slice) and p.step is None for p in parts):
            wanted = "a[t][0:n]" if parent.shape[1] == 1 else "W[0:n, :]"
            raise self.fault(node, f"a slice of shape {shape_text(parent.shape)} is written as in {wanted}")
        ends = [self._ends(part, size) for part, size in zip(parts, parent.shape)]
        return self._build(node, MatrixSlice, parent, *ends)

    def _ends(self, part: Any, size: Expr) -> tuple[Expr, Expr, Expr]:
        low = self._time(part.lower) if part.lower else S.Zero
        high = self._time(part.upper) if part.upper else size
        length = sympy.expand(high - low)
        if low.is_negative or sympy.expand(high - size).is_positive or length.is_nonpositive:
            raise self.fault(part, f"a slice from {low} to {high} is not within 0 to {size}")
        return low, high, S.One

    def _attribute(self, node: ast.Attribute) -> Expr:
        inside = self.value(node.value)
        return self._build(node, lambda: inside.T) if isinstance(inside, MatrixExpr) else inside

    # Arithmetic

    def _signed(self, node: ast.UnaryOp) -> MatrixExpr:
        inside = self.matrix(node.operand)
        return self._scaled(node, S.NegativeOne, inside) if isinstance(node.op, ast.USub) else inside

    def _scaled(self, node: ast.AST, number: Expr, matrix: MatrixExpr) -> MatrixExpr:
        return self._build(node, lambda: sympy.MatMul(number, matrix).doit(deep=False))

    def _matrix_operation(self, node: ast.BinOp) -> MatrixExpr:
        if isinstance(node.op, ast.Add | ast.Sub):
            return self._matrix_sum(node)
        if isinstance(node.op, ast.Pow):
            return self._matrix_power(node)
        return self._matrix_product(node)

    def _matrix_sum(self, node: ast.BinOp) -> MatrixExpr:
        terms: list[tuple[Expr, Expr]] = []
        first: tuple[ast.expr, MatrixExpr] | None = None
        for leaf, sign in _terms(node):
            value = self._factor(leaf)
            if isinstance(value, MatrixExpr):
                first = first or (leaf, value)
                self._check_same(leaf, "+", first, value)
            terms.append((value, sign))
        assert first is not None, "one term of a sum that is a matrix is a matrix"
        ones = OneMatrix(*first[1].shape)
        filled = [
            self._scaled(
                node, sign if isinstance(v, MatrixExpr) else sign * v, v if isinstance(v, MatrixExpr) else ones
            )
            for v, sign in terms
        ]
        return self._build(node, lambda: sympy.MatAdd(*filled).doit(deep=False))

    def _check_same(
        self, node: ast.expr, operation: str, first: tuple[ast.expr, MatrixExpr], value: MatrixExpr
    ) -> None:
        shapes = [tuple(map(sympy.expand, v.shape)) for v in (first[1], value)]
        if shapes[0] != shapes[1]:
            self._refuse(node, operation, first[0], node, shapes[0], shapes[1])

    def _refuse(
        self, node: ast.AST, operation: str, a: ast.expr, b: ast.expr, left: tuple[Expr, Expr], right: tuple[Expr, Expr]
    ) -> None:
        shapes = f"{shape_text(left)} and {shape_text(right)}"
        single = next((e for e, shape in ((a, left), (b, right)) if tuple(shape) == (1, 1)), None)
        wanted = "" if single is None else f"; {AS_NUMBER.format(self._shown(single))}"
        both = f"{self._shown(a)} and {self._shown(b)}"
        raise self.fault(node, f"{operation} of {both}: shapes {shapes} do not fit{wanted}")

    def _matrix_product(self, node: ast.BinOp) -> MatrixExpr:
        scalars: list[Expr] = []
        matrix: MatrixExpr = None
        before: ast.expr = node
        chain = _chain(node)
        behind = itertools.dropwhile(lambda pair: not isinstance(pair[0], ast.Mod), chain)
        for op, leaf in behind:
            if isinstance(op, ast.MatMult):
                raise self.fault(leaf, BRACKETS)
        for op, leaf in chain:
            value = self.value(leaf)
            if isinstance(op, ast.MatMult) and not (matrix is not None and self.is_matrix(leaf)):
                scalar = self._shown(before if matrix is None else leaf)
                raise self.fault(leaf, NO_MATRIX.format(scalar))
            if self.is_matrix(leaf) and isinstance(op, ast.Mult) and matrix is not None and _has_one(matrix, value):
                one, matrix = (matrix, value) if matrix.shape == (1, 1) else (value, matrix)
                scalars.append(sympy.Trace(one))
            elif self.is_matrix(leaf) and isinstance(op, ast.Mod) and matrix is not None:
                self._check_same(leaf, "⊙", (before, matrix), value)
                matrix, before = self._build(leaf, hadamard_of, [matrix, value]), leaf
            elif self.is_matrix(leaf) and isinstance(op, ast.Div):
                matrix = self._divided(leaf, before, matrix, value)
                before = leaf
            elif self.is_matrix(leaf):
                matrix = self._joined(leaf, op, before, matrix, value)
                before = leaf
            else:
                if isinstance(op, ast.Div):
                    value = self.defined(leaf, self.evaluated(leaf, self._power(leaf, value, S.NegativeOne)))
                scalars.append(value)
                before = before if matrix is not None else leaf
        with self.asking_sympy(node):
            self.ledger.check_product(scalars)
        number = self._make(node, sympy.Mul, *scalars)
        return matrix if number == 1 else self._scaled(node, number, matrix)

    def _factor(self, node: ast.expr) -> Expr:
        return self.matrix(node) if self.is_matrix(node) else self.scalar(node)

    def _joined(
        self, node: ast.expr, op: ast.operator, before: ast.expr, left: MatrixExpr | None, right: MatrixExpr
    ) -> MatrixExpr:
        """The product of what stands before with one more matrix."""
        if left is None:
            return right
        if isinstance(op, ast.Mult):
            both = f"{self._shown(before)} and {self._shown(node)}"
            wanted = "write hadamard(u, v) for the product by entries, u @ v for that of matrices"
            raise self.fault(node, f"* of {both}: {wanted}")
        if sympy.expand(left.shape[1] - right.shape[0]) != 0:
            self._refuse(node, "@", before, node, left.shape, right.shape)
        return self._build(node, lambda: sympy.MatMul(left, right).doit(deep=False))

    def noted(self, made: MatrixExpr) -> MatrixExpr:
        """A part that no node of the text stands for by itself."""
        return made

    def _divided(self, node: ast.expr, before: ast.expr, left: Any, right: Any) -> Any:
        """The quotient of each entry by that of a vector; of all by the entry of a 1 by 1 matrix."""
        if S.One not in right.shape:
            wanted = f"hadamard(…, elementwise(y, 1/y, {self._shown(node)}))"
            raise self.fault(node, f"nothing is divided by a matrix; the quotient of each entry is {wanted}")
        inverse = self.noted(self._build(node, sympy.HadamardPower, right, S.NegativeOne))
        if left is None:
            return inverse
        if right.shape == (1, 1):
            return self._scaled(node, sympy.Trace(inverse), left)
        self._check_same(node, "/", (before, left), right)
        return self._build(node, divided_by_entries, left, inverse)

    def _matrix_power(self, node: ast.BinOp) -> MatrixExpr:
        """The power of a square matrix; of a vector, of each entry."""
        base = self.matrix(node.left)
        if S.One in base.shape:
            return self._entry_power(node, base)
        if sympy.expand(base.shape[0] - base.shape[1]) != 0:
            shape, text = shape_text(base.shape), self._shown(node.left)
            wanted = f"hadamard({text}, {text}), or elementwise(y, y**3, {text}), is the power of its entries"
            raise self.fault(node, f"** of {text}: only a square matrix has powers, and its shape is {shape}; {wanted}")
        exponent = self._time(node.right)
        if exponent.is_negative:
            raise self.fault(node, "the inverse of a matrix is not part of formulas; got a negative power")
        return self._build(node, lambda: sympy.MatPow(base, exponent).doit(deep=False))

    def _entry_power(self, node: ast.BinOp, base: MatrixExpr) -> MatrixExpr:
        exponent = self.scalar(node.right)
        with self.asking_sympy(node):
            self.ledger.check_power(ENTRY, exponent)
        return base if exponent == 1 else self._build(node, sympy.HadamardPower, base, exponent)


def _terms(node: ast.expr) -> Iterator[tuple[ast.expr, Expr]]:
    """The terms of a sum from left to right, each with its sign."""
    found: list[tuple[ast.expr, Expr]] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        found.append((node.right, S.NegativeOne if isinstance(node.op, ast.Sub) else S.One))
        node = node.left
    yield node, S.One
    yield from reversed(found)


def _chain(node: ast.expr) -> list[tuple[ast.operator, ast.expr]]:
    """The factors of a product from left to right, each with the operator before it."""
    found: list[tuple[ast.operator, ast.expr]] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div | ast.MatMult | ast.Mod):
        found.append((node.op, node.right))
        if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Mod) and _is_bracketed(node.left, node):
            return [(ast.Mult(), node.left), *reversed(found)]
        node = node.left
    return [(ast.Mult(), node), *reversed(found)]


def _is_bracketed(first: ast.expr, whole: ast.expr) -> bool:
    """Whether what comes first in a whole stands in brackets: the whole begins with the one that opens them."""
    return whole.col_offset < first.col_offset


def _has_one(*matrices: MatrixExpr) -> bool:
    """Whether one of these is a 1 by 1 matrix, as dot(u, v) is: it multiplies as its entry does."""
    return any(matrix.shape == (1, 1) for matrix in matrices)
