"""Vector formulas from text: the scalar reader with times, matrices and the operations on them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy import Expr, MatrixExpr, OneMatrix, S, Symbol

from symgrad.base.errors import shape_text
from symgrad.reading.text import vocabulary
from symgrad.reading.vectors.entries import EntryReader
from symgrad.reading.vectors.names import (
    BINDERS,
    CASES,
    OTHER_CALLS,
    OVER_UNITS,
    SCALAR_CALLS,
    index_symbol,
    unknown_function,
)
from symgrad.reading.vectors.scan import VectorSource
from symgrad.symbols import (
    LENGTH,
    TIME,
    OrderedProduct,
    TimeSum,
    concatenate,
    hadamard,
    logsumexp,
    mean,
    softmax,
    total,
    variance,
)
from symgrad.symbols.inequalities import Row, is_certain, row_of


def parse_vector(text: str, names: Mapping[str, Expr]) -> Expr:
    """The scalar, vector or matrix that a text describes; nothing in the text is ever executed.

    Parameters
    ----------
    text : str
        Such as ``"hadamard(hbar[t], 1 - h[t]**2)"``, as `symgrad.symbols.writing.to_text` writes it.
    names : mapping of str to variable or parameter
        What the names stand for. ``h[t-1]`` is the variable at that time, a bare ``h`` is h at step t.

    Raises
    ------
    ParseError
        If the text is no formula, has unknown names or shapes that do not fit, or is too large; it points at the place.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.reading.vectors.reader import parse_vector
    >>> n, = sg.dims("n")
    >>> names = {"h": sg.State("h", n), "W": sg.Parameter("W", n, n)}
    >>> parse_vector("W.T @ h[t-1]", names)
    W.T*h[t-1]
    """
    return read_source(VectorSource(text), names)


def parse_equation(text: str, names: Mapping[str, MatrixExpr]) -> tuple[Expr, Expr]:
    """The two sides of an equation, written with ``=`` or ``==``; see `parse_vector`.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.reading.vectors.reader import parse_equation
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> parse_equation("h[t] = tanh(w*h[t-1])", {"h": h, "w": w})
    (h[t], tanh(w*h[t-1]))
    """
    left, right = VectorSource(text).sides()
    return read_source(left, names), read_source(right, names)


def read_source(source: VectorSource, names: Mapping[str, Expr], kind: type[VectorReader] | None = None) -> Expr:
    """The formula that a text, or a part of one, describes; read by a reader of more words where one is given."""
    reader = (kind or VectorReader)(source, names)
    if isinstance(reader.tree, ast.Compare):
        raise reader.fault(reader.tree, "this is an equation; a formula is wanted, without a relation")
    try:
        return reader.whole()
    except RecursionError:
        raise reader.fault(reader.tree, "nested too deeply to be evaluated") from None


class VectorReader(EntryReader):
    """Reads one text; scalars by the rules of the scalar reader."""

    def __init__(self, source: VectorSource, names: Mapping[str, Expr]) -> None:
        super().__init__(source, names)
        self._rows: tuple[Row, ...] = ()  # what is known of the indices of sums and products around
        self._around: frozenset[Symbol] = frozenset()  # these indices
        self._is_beside_a_matrix = False

    def whole(self) -> Expr:
        """The value of the text."""
        return self.matrix(self.tree) if self.is_matrix(self.tree) else self.scalar(self.tree)

    def matrix(self, node: ast.expr) -> Any:
        """The value of a node that is a matrix."""
        outer, self._is_beside_a_matrix = self._is_beside_a_matrix, True
        try:
            return self._matrix(node)
        finally:
            self._is_beside_a_matrix = outer

    def _matrix(self, node: ast.expr) -> Any:
        if isinstance(node, ast.List):
            raise self.fault(node, "a list is no vector; vectors stand side by side, as in concatenate(u, v)")
        if not self.is_matrix(node):
            raise self.fault(node, f"a vector or matrix is wanted here; {self._shown(node)} is a scalar")
        return _MATRIX_RULES[type(node)](self, node)

    def expression(self, node: ast.expr) -> Expr:
        """The value of a node that is a scalar."""
        if id(node) in self.entries:
            return self.entries[id(node)]
        if self.is_matrix(node):
            shape = shape_text(self.matrix(node).shape)
            raise self.fault(node, f"a scalar is wanted here; {self._shown(node)} has shape {shape}")
        rule = _SCALAR_RULES.get(type(node))
        return rule(self, node) if rule else super().expression(node)

    # Calls

    def _own_calls(self) -> Mapping[str, Callable[[ast.Call], Any]]:
        """Calls that a reader of more words has besides."""
        return {}

    def _matrix_call(self, node: ast.Call) -> MatrixExpr:
        name = self.name_of(node)
        own = _OWN_CALLS.get(name)
        if own is not None:
            return own(self, node)
        if name in self._own_calls():
            return self._own_calls()[name](node)
        function = vocabulary.function(name)
        if function is None:
            known = vocabulary.is_function(name)
            wanted = f"{name} of a vector is not read; write elementwise(y, {name}(…), a)"
            raise self.fault(node, wanted if known else unknown_function(name))
        if complaint := function.complaint(len(node.args)):
            raise self.fault(node, complaint)
        return self.of_entries(node, name, function.make)

    def _without_norm(self, node: ast.Call) -> str:
        """What is written for the norm of a vector."""
        if self.name_of(node) != "norm" or len(node.args) != 1 or not self.is_matrix(node.args[0]):
            return ""
        shown = self._shown(node.args[0])
        return f"; write sqrt(trace(dot({shown}, {shown})))" if self.matrix(node.args[0]).shape[1] == 1 else ""

    def _scalar_call(self, node: ast.Call) -> Expr:
        name = self.name_of(node)
        if name in BINDERS:
            return self._over_time(node)
        if name in CASES:
            return _OWN_CALLS[name](self, node)
        if name in self._own_calls():
            return self._own_calls()[name](node)
        if name == "hadamard" and len(node.args) > 1:
            return self._make(node, sympy.Mul, *map(self.scalar, node.args))
        if name == "slope":
            return self.slope_of_scalar(node)
        if name == "trace":
            return self._trace(node)
        if name in OVER_UNITS:
            return self._of_units(node, name)
        if name in SCALAR_CALLS:
            raise self.fault(node, f"{name} stands in claims, and in no equation{self._without_norm(node)}")
        if name not in vocabulary.names():
            wanted = f"write {name}(…) with a vector" if name in OTHER_CALLS else unknown_function(name)
            raise self.fault(node, wanted)
        return super()._call(node)

    def _of_units(self, node: ast.Call, name: str) -> Expr:
        if len(node.args) != 1 or not self.is_matrix(node.args[0]):
            raise self.fault(node, f"write {name}(v) with a vector or a matrix")
        matrix = self.apart(node, lambda: self.matrix(node.args[0]))
        return self._build(node, {"total": total, "mean": mean, "variance": variance}[name], matrix)

    def _trace(self, node: ast.Call) -> Expr:
        matrix = self.apart(node, lambda: self.matrix(node.args[0])) if len(node.args) == 1 else None
        if matrix is None or matrix.shape[0] != matrix.shape[1]:
            raise self.fault(node, "write trace(A) with a square matrix")
        return self._build(node, sympy.Trace, matrix)

    def _over_time(self, node: ast.Call) -> Expr:
        if len(node.args) < 2:
            raise self.fault(node, f"write {self.name_of(node)}(f, (k, 1, t))")
        ranges = [self._index_range(node, limits) for limits in node.args[1:]]
        around = [self._rows]  # what is known around each range, the outermost first
        for index, low, high in reversed(ranges):
            inside = map(row_of, (index - low, high - index))
            around.append((*around[-1], *(row for row in inside if row is not None)))
        outside, self._around = self._around, self._around | {index for index, _, _ in ranges}
        self._rows = around.pop()
        found = self.apart(node.args[0], lambda: self.value(node.args[0]))
        for index, low, high in ranges:
            self._rows = around.pop()
            found = self._over_index(node, found, index, low, high)
        self._around = outside
        return found

    def _index_range(self, node: ast.Call, limits: ast.expr) -> tuple[Symbol, Expr, Expr]:
        if not isinstance(limits, ast.Tuple) or len(limits.elts) != 3 or not isinstance(limits.elts[0], ast.Name):
            raise self.fault(limits, f"write {self.name_of(node)}(f, (k, 1, t))")
        return index_symbol(limits.elts[0].id), self._time(limits.elts[1]), self._time(limits.elts[2])

    def _over_index(self, node: ast.Call, inside: Expr, index: Symbol, low: Expr, high: Expr) -> Expr:
        is_sum = self.name_of(node).lower() == "sum"
        if not isinstance(inside, MatrixExpr):
            make, empty = (sympy.Sum, S.Zero) if is_sum else (sympy.Product, S.One)
            whole = self._make(node, make, inside, (index, low, high))
            return whole if self._runs_forwards(low, high) else sympy.Piecewise((whole, low <= high), (empty, True))
        if not is_sum and inside.shape[0] != inside.shape[1]:
            raise self.fault(node, f"the factors of product must be square; got shape {shape_text(inside.shape)}")
        return self._build(node, TimeSum if is_sum else OrderedProduct, inside, (index, low, high))

    def _runs_forwards(self, low: Expr, high: Expr) -> bool:
        """Whether a range has no fewer than no terms at all steps 1 <= t <= T, as far as these decide.

        Where it has, SymPy does sums of numbers as we mean them; of one that runs backwards it makes another number.
        It does those that multiply a matrix, whatever it is asked: there the indices of the line and sizes decide, too.
        """
        count = sympy.expand(high - low + 1)
        others = count.free_symbols - {TIME, LENGTH}
        if others and not self._is_beside_a_matrix:
            return True
        rows = [*self._rows, *map(row_of, (TIME - 1, LENGTH - TIME))]
        for s in others:
            if s.is_positive:
                rows.append(row_of(s - 1))
            elif s not in self._around:
                rows += [row_of(s), row_of(LENGTH - s)]
        return is_certain(count, [row for row in rows if row is not None])

    def _vectors(self, node: ast.Call, number: int) -> list[MatrixExpr]:
        name = self.name_of(node)
        if len(node.args) != number:
            raise self.fault(node, f"{name} takes {number} vector{'s' if number > 1 else ''}; got {len(node.args)}")
        for argument in node.args:
            shape = self.value(argument).shape if self.is_matrix(argument) else ()
            if shape[1:] != (1,):
                raise self.fault(
                    argument, f"{name} takes vectors; {self._shown(argument)} has shape {shape_text(shape)}"
                )
        return [self.matrix(a) for a in node.args]

    def _outer(self, node: ast.Call) -> MatrixExpr:
        left, right = self._vectors(node, 2)
        return self._build(node, lambda: sympy.MatMul(left, right.T).doit(deep=False))

    def _dot(self, node: ast.Call) -> MatrixExpr:
        left, right = self._vectors(node, 2)
        self._check_same(node.args[1], "dot", (node.args[0], left), right)
        return self._build(node, lambda: sympy.MatMul(left.T, right).doit(deep=False))

    def _of_vector(self, node: ast.Call) -> MatrixExpr:
        (vector,) = self._vectors(node, 1)
        make = {"softmax": softmax, "logsumexp": logsumexp, "diag": sympy.DiagMatrix}[self.name_of(node)]
        return self._build(node, make, vector)

    def _hadamard(self, node: ast.Call) -> MatrixExpr:
        if len(node.args) < 2:
            raise self.fault(node, "write hadamard(u, v)")
        values = [self._factor(a) for a in node.args]
        matrices = [(a, v) for a, v in zip(node.args, values) if isinstance(v, MatrixExpr)]
        for argument, value in matrices:
            self._check_same(argument, "hadamard", matrices[0], value)
        return self._build(node, hadamard, *values)

    def _root_of_entries(self, node: ast.Call) -> MatrixExpr:
        name = self.name_of(node)
        if len(node.args) != 1:
            raise self.fault(node, f"write {name}(a)")
        exponent = sympy.Rational(1, {"sqrt": 2, "cbrt": 3}[name])
        return self._build(node, sympy.HadamardPower, self.matrix(node.args[0]), exponent)

    def _concatenate(self, node: ast.Call) -> MatrixExpr:
        parts = [self.matrix(a) for a in node.args]
        if not parts:
            raise self.fault(node, "write concatenate(u, v)")
        for argument, part in zip(node.args, parts):
            if part.shape[1] != parts[0].shape[1]:
                self._refuse(argument, "concatenate", node.args[0], argument, parts[0].shape, part.shape)
        return self._build(node, concatenate, *parts)

    def _blocks(self, node: ast.Call) -> MatrixExpr:
        rows = node.args[0].elts if len(node.args) == 1 and isinstance(node.args[0], ast.List) else []
        lines = [r.elts for r in rows if isinstance(r, ast.List) and r.elts]
        if not lines or len(lines) != len(rows) or len({len(line) for line in lines}) != 1:
            raise self.fault(node, "write blocks([[A, B], [C, D]])")
        parts = [[self.matrix(entry) for entry in line] for line in lines]
        for line, entries in zip(parts, lines):
            for k, part in enumerate(line):
                if part.shape[0] != line[0].shape[0]:
                    self._refuse(entries[k], "blocks", entries[0], entries[k], line[0].shape, part.shape)
                if part.shape[1] != parts[0][k].shape[1]:
                    self._refuse(entries[k], "blocks", lines[0][k], entries[k], parts[0][k].shape, part.shape)
        return self._build(node, sympy.BlockMatrix, parts)

    def _constant_matrix(self, node: ast.Call) -> MatrixExpr:
        name = self.name_of(node)
        sizes = [self._time(a) for a in node.args]
        if len(sizes) not in ((1,) if name == "eye" else (1, 2)) or not all(s.is_nonnegative and s != 0 for s in sizes):
            raise self.fault(
                node, f"write {name}(n){'' if name == 'eye' else f' or {name}(n, m)'}, with positive sizes"
            )
        if name == "eye":
            return sympy.Identity(sizes[0])
        return (OneMatrix if name == "ones" else sympy.ZeroMatrix)(sizes[0], sizes[1] if len(sizes) > 1 else 1)


_SCALAR_RULES: Mapping[type[ast.expr], Callable[[VectorReader, Any], Any]] = {
    ast.Name: VectorReader._name,
    ast.Subscript: VectorReader._subscript,
    ast.Attribute: VectorReader._attribute,
    ast.Call: VectorReader._scalar_call,
}
_MATRIX_RULES: Mapping[type[ast.expr], Callable[[VectorReader, Any], Any]] = {
    ast.Name: VectorReader._name,
    ast.Subscript: VectorReader._subscript,
    ast.Attribute: VectorReader._attribute,
    ast.UnaryOp: VectorReader._signed,
    ast.BinOp: VectorReader._matrix_operation,
    ast.Call: VectorReader._matrix_call,
}
_OWN_CALLS: Mapping[str, Callable[[VectorReader, ast.Call], Any]] = {
    **dict.fromkeys(BINDERS, VectorReader._over_time),
    **dict.fromkeys(("softmax", "logsumexp", "diag"), VectorReader._of_vector),
    **dict.fromkeys(("ones", "zeros", "eye"), VectorReader._constant_matrix),
    **dict.fromkeys(("sqrt", "cbrt"), VectorReader._root_of_entries),
    "outer": VectorReader._outer,
    "dot": VectorReader._dot,
    "hadamard": VectorReader._hadamard,
    "concatenate": VectorReader._concatenate,
    "blocks": VectorReader._blocks,
    "slope": VectorReader.slope,
    "elementwise": VectorReader.elementwise,
    "Piecewise": VectorReader.cases,
    "where": VectorReader.where,
}
