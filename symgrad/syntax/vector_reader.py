"""Vector formulas from text: the scalar reader with times, matrices and the operations on them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sympy
from sympy import Expr, Lambda, MatrixExpr, OneMatrix, S, Symbol
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.activations import ACTIVATIONS
from symgrad.errors import shape_text
from symgrad.syntax import vocabulary
from symgrad.syntax.reader import Reader
from symgrad.syntax.vector_names import (
    BINDERS,
    FREE_INDICES,
    OTHER_CALLS,
    SHOWN,
    at_step,
    bound_names,
    index_symbol,
    matrices_in,
    sizes_in,
    unknown,
    unknown_function,
)
from symgrad.syntax.vector_scan import VectorSource
from symgrad.vectors import (
    ENTRY,
    Elementwise,
    OrderedProduct,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    concatenate,
    hadamard,
    logsumexp,
    slope,
    softmax,
)


def parse_vector(text: str, names: Mapping[str, Any]) -> Expr:
    """The scalar, vector or matrix that a text describes; nothing in the text is ever executed.

    Parameters
    ----------
    text : str
        Such as ``"hadamard(hbar[t], 1 - h[t]**2)"``, as `symgrad.vectors.writing.to_text` writes it.
    names : mapping of str to variable or parameter
        What the names stand for. ``h[t-1]`` is the variable at that time, a bare ``h`` is h at step t.

    Raises
    ------
    ParseError
        If the text is no formula, has unknown names or shapes that do not fit, or is too large; it points at the place.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.syntax import parse_vector
    >>> n, = sg.dims("n")
    >>> names = {"h": sg.State("h", n), "W": sg.Parameter("W", n, n)}
    >>> parse_vector("W.T @ h[t-1]", names)
    W.T*h[t-1]
    """
    return read_source(VectorSource(text), names)


def parse_equation(text: str, names: Mapping[str, Any]) -> tuple[Expr, Expr]:
    """The two sides of an equation, written with ``=`` or ``==``; see `parse_vector`.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.syntax import parse_equation
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> parse_equation("h[t] = tanh(w*h[t-1])", {"h": h, "w": w})
    (h[t], tanh(w*h[t-1]))
    """
    left, right = VectorSource(text).sides()
    return read_source(left, names), read_source(right, names)


def read_source(source: VectorSource, names: Mapping[str, Any]) -> Expr:
    """The formula that a text, or a part of one, describes."""
    reader = VectorReader(source, names)
    if isinstance(reader.tree, ast.Compare):
        raise reader.fault(reader.tree, "this is an equation; a formula is wanted, without a relation")
    try:
        return reader.matrix(reader.tree) if reader.is_matrix(reader.tree) else reader.scalar(reader.tree)
    except RecursionError:
        raise reader.fault(reader.tree, "nested too deeply to be evaluated") from None


class VectorReader(Reader):
    """Reads one text; scalars by the rules of the scalar reader."""

    def __init__(self, source: VectorSource, names: Mapping[str, Any]) -> None:
        super().__init__(source)
        self.names = names
        self.bindings = bound_names(self.tree)
        self._matrices = matrices_in(self.tree, names, self.bindings)
        sizes = sizes_in(names)
        integers = {name: v for name, v in names.items() if isinstance(v, Symbol) and v.is_integer}
        self.times = {name: index_symbol(name) for name in ("t", "T", *FREE_INDICES)} | sizes | integers

    def is_matrix(self, node: ast.AST) -> bool:
        """Whether the value of a node is a matrix."""
        return id(node) in self._matrices

    def value(self, node: ast.expr) -> Expr:
        """The value of a node, be it a scalar or a matrix."""
        return self.matrix(node) if self.is_matrix(node) else self.expression(node)

    def matrix(self, node: ast.expr) -> Any:
        """The value of a node that is a matrix."""
        if not self.is_matrix(node):
            raise self.fault(node, f"a vector or matrix is wanted here; {self._shown(node)} is a scalar")
        return _MATRIX_RULES[type(node)](self, node)

    def expression(self, node: ast.expr) -> Expr:
        """The value of a node that is a scalar."""
        if self.is_matrix(node):
            shape = shape_text(self.matrix(node).shape)
            raise self.fault(node, f"a scalar is wanted here; {self._shown(node)} has shape {shape}")
        rule = _SCALAR_RULES.get(type(node))
        return rule(self, node) if rule else super().expression(node)

    def scalar(self, node: ast.expr) -> Expr:
        """The value of a scalar that becomes part of a matrix."""
        return self.masks.take_off(self.expression(node))

    def _shown(self, node: ast.expr) -> str:
        text = ast.unparse(node)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

    def _build(self, node: ast.AST, make: Callable[..., Any], *args: Any) -> Any:
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

    def _subscript(self, node: ast.Subscript) -> Any:
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

    def _linear(self, node: ast.expr) -> Expr:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return sympy.Integer(node.value)
        if isinstance(node, ast.Name) and (id(node) in self.bindings or node.id in self.times):
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

    def _attribute(self, node: ast.Attribute) -> Any:
        inside = self.value(node.value)
        return self._build(node, lambda: inside.T) if isinstance(inside, MatrixExpr) else inside

    # Arithmetic

    def _signed(self, node: ast.UnaryOp) -> Any:
        inside = self.matrix(node.operand)
        return self._scaled(node, S.NegativeOne, inside) if isinstance(node.op, ast.USub) else inside

    def _scaled(self, node: ast.AST, number: Expr, matrix: Any) -> Any:
        return self._build(node, lambda: sympy.MatMul(number, matrix).doit(deep=False))

    def _matrix_operation(self, node: ast.BinOp) -> Any:
        if isinstance(node.op, ast.Add | ast.Sub):
            return self._matrix_sum(node)
        if isinstance(node.op, ast.Pow):
            return self._entry_power(node)
        return self._matrix_product(node)

    def _matrix_sum(self, node: ast.BinOp) -> Any:
        terms: list[Any] = []
        first: tuple[ast.expr, Any] | None = None
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

    def _check_same(self, node: ast.expr, operation: str, first: tuple[ast.expr, Any], value: Any) -> None:
        shapes = [tuple(map(sympy.expand, v.shape)) for v in (first[1], value)]
        if shapes[0] != shapes[1]:
            self._refuse(node, operation, first[0], node, shapes[0], shapes[1])

    def _refuse(self, node: ast.AST, operation: str, a: ast.expr, b: ast.expr, left: Any, right: Any) -> None:
        shapes = f"{shape_text(left)} and {shape_text(right)}"
        raise self.fault(node, f"{operation} of {self._shown(a)} and {self._shown(b)}: shapes {shapes} do not fit")

    def _matrix_product(self, node: ast.BinOp) -> Any:
        scalars: list[Expr] = []
        matrix: Any = None
        before: ast.expr = node
        for op, leaf in _chain(node):
            value = self.value(leaf)
            if isinstance(op, ast.MatMult) and not (matrix is not None and self.is_matrix(leaf)):
                scalar = self._shown(before if matrix is None else leaf)
                raise self.fault(leaf, f"@ stands between matrices, and {scalar} is a scalar; write *")
            if self.is_matrix(leaf):
                matrix = self._joined(leaf, op, before, matrix, value)
                before = leaf
            else:
                scalars.append(self._power(leaf, value, S.NegativeOne) if isinstance(op, ast.Div) else value)
                before = before if matrix is not None else leaf
        with self.asking_sympy(node):
            self.ledger.check_product(scalars)
        number = self.masks.take_off(self._make(node, sympy.Mul, *scalars))
        return matrix if number == 1 else self._scaled(node, number, matrix)

    def _factor(self, node: ast.expr) -> Any:
        return self.matrix(node) if self.is_matrix(node) else self.scalar(node)

    def _joined(self, node: ast.expr, op: ast.operator, before: ast.expr, left: Any, right: Any) -> Any:
        """The product of what stands before with one more matrix."""
        if isinstance(op, ast.Div):
            raise self.fault(node, f"nothing is divided by a vector; write hadamard(…, ({self._shown(node)})**(-1))")
        if left is None:
            return right
        if isinstance(op, ast.Mult):
            both = f"{self._shown(before)} and {self._shown(node)}"
            wanted = "write hadamard(u, v) for the product by entries, u @ v for that of matrices"
            raise self.fault(node, f"* of {both}: {wanted}")
        if sympy.expand(left.shape[1] - right.shape[0]) != 0:
            self._refuse(node, "@", before, node, left.shape, right.shape)
        return self._build(node, lambda: sympy.MatMul(left, right).doit(deep=False))

    def _entry_power(self, node: ast.BinOp) -> Any:
        base, exponent = self.matrix(node.left), self.scalar(node.right)
        with self.asking_sympy(node):
            self.ledger.check_power(ENTRY, exponent)
        return base if exponent == 1 else self._build(node, sympy.HadamardPower, base, exponent)

    # Calls

    def _matrix_call(self, node: ast.Call) -> Any:
        name = self.name_of(node)
        own = _OWN_CALLS.get(name)
        if own is not None:
            return own(self, node)
        function = vocabulary.function(name)
        if function is None:
            known = vocabulary.is_function(name)
            wanted = f"{name} of a vector is not read; write elementwise(y, {name}(…), a)"
            raise self.fault(node, wanted if known else unknown_function(name))
        if complaint := function.complaint(len(node.args)):
            raise self.fault(node, complaint)
        return self._of_entries(node, name, function.make)

    def _of_entries(self, node: ast.Call, name: str, make: Callable[..., Any]) -> Any:
        """A function of numbers, of each entry of that argument which is a matrix."""
        places = [k for k, a in enumerate(node.args) if self.is_matrix(a)]
        if len(places) != 1:
            raise self.fault(node, f"{name} of two vectors; only one argument of a function may be a vector")
        argument = self.matrix(node.args[places[0]])
        inside = [ENTRY if k == places[0] else self.expression(a) for k, a in enumerate(node.args)]
        body = self.masks.take_off(self._apply(node, name, make, inside))
        return self._build(node, lambda: Elementwise(Lambda((ENTRY,), body), argument))

    def _scalar_call(self, node: ast.Call) -> Expr:
        name = self.name_of(node)
        if name in BINDERS:
            return self._over_time(node)
        if name == "hadamard" and len(node.args) > 1:
            return self._make(node, sympy.Mul, *map(self.expression, node.args))
        if name == "slope":
            return self._slope_of_scalar(node)
        if name == "trace":
            return self._trace(node)
        if name not in vocabulary.names():
            wanted = f"write {name}(…) with a vector" if name in OTHER_CALLS else unknown_function(name)
            raise self.fault(node, wanted)
        return super()._call(node)

    def _trace(self, node: ast.Call) -> Expr:
        matrix = self.matrix(node.args[0]) if len(node.args) == 1 else None
        if matrix is None or matrix.shape[0] != matrix.shape[1]:
            raise self.fault(node, "write trace(A) with a square matrix")
        return self._build(node, sympy.Trace, matrix)

    def _over_time(self, node: ast.Call) -> Any:
        if len(node.args) < 2:
            raise self.fault(node, f"write {self.name_of(node)}(f, (k, 1, t))")
        found = self.value(node.args[0])
        for limits in node.args[1:]:
            found = self._over_index(node, found, *self._index_range(node, limits))
        return found

    def _index_range(self, node: ast.Call, limits: ast.expr) -> tuple[Symbol, Expr, Expr]:
        if not isinstance(limits, ast.Tuple) or len(limits.elts) != 3 or not isinstance(limits.elts[0], ast.Name):
            raise self.fault(limits, f"write {self.name_of(node)}(f, (k, 1, t))")
        return index_symbol(limits.elts[0].id), self._time(limits.elts[1]), self._time(limits.elts[2])

    def _over_index(self, node: ast.Call, inside: Any, index: Symbol, low: Expr, high: Expr) -> Any:
        is_sum = self.name_of(node).lower() == "sum"
        if not isinstance(inside, MatrixExpr):
            make = sympy.Sum if is_sum else sympy.Product
            return self._make(node, make, inside, (index, low, high), laborious=True)
        if not is_sum and inside.shape[0] != inside.shape[1]:
            raise self.fault(node, f"the factors of product must be square; got shape {shape_text(inside.shape)}")
        return self._build(node, TimeSum if is_sum else OrderedProduct, inside, (index, low, high))

    def _vectors(self, node: ast.Call, number: int) -> list[Any]:
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

    def _outer(self, node: ast.Call) -> Any:
        left, right = self._vectors(node, 2)
        return self._build(node, lambda: sympy.MatMul(left, right.T).doit(deep=False))

    def _dot(self, node: ast.Call) -> Any:
        left, right = self._vectors(node, 2)
        self._check_same(node.args[1], "dot", (node.args[0], left), right)
        return self._build(node, lambda: sympy.MatMul(left.T, right).doit(deep=False))

    def _of_vector(self, node: ast.Call) -> Any:
        (vector,) = self._vectors(node, 1)
        make = {"softmax": softmax, "logsumexp": logsumexp, "diag": sympy.DiagMatrix}[self.name_of(node)]
        return self._build(node, make, vector)

    def _hadamard(self, node: ast.Call) -> Any:
        if len(node.args) < 2:
            raise self.fault(node, "write hadamard(u, v)")
        values = [self._factor(a) for a in node.args]
        matrices = [(a, v) for a, v in zip(node.args, values) if isinstance(v, MatrixExpr)]
        for argument, value in matrices:
            self._check_same(argument, "hadamard", matrices[0], value)
        return self._build(node, hadamard, *values)

    def _root_of_entries(self, node: ast.Call) -> Any:
        name = self.name_of(node)
        if len(node.args) != 1:
            raise self.fault(node, f"write {name}(a)")
        exponent = sympy.Rational(1, {"sqrt": 2, "cbrt": 3}[name])
        return self._build(node, sympy.HadamardPower, self.matrix(node.args[0]), exponent)

    def _concatenate(self, node: ast.Call) -> Any:
        parts = [self.matrix(a) for a in node.args]
        if not parts:
            raise self.fault(node, "write concatenate(u, v)")
        for argument, part in zip(node.args, parts):
            if part.shape[1] != parts[0].shape[1]:
                self._refuse(argument, "concatenate", node.args[0], argument, parts[0].shape, part.shape)
        return self._build(node, concatenate, *parts)

    def _blocks(self, node: ast.Call) -> Any:
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

    def _constant_matrix(self, node: ast.Call) -> Any:
        name = self.name_of(node)
        sizes = [self._time(a) for a in node.args]
        if len(sizes) not in ((1,) if name == "eye" else (1, 2)) or not all(s.is_positive for s in sizes):
            raise self.fault(
                node, f"write {name}(n){'' if name == 'eye' else f' or {name}(n, m)'}, with positive sizes"
            )
        if name == "eye":
            return sympy.Identity(sizes[0])
        return (OneMatrix if name == "ones" else sympy.ZeroMatrix)(sizes[0], sizes[1] if len(sizes) > 1 else 1)

    # Functions of an entry

    def _slope(self, node: ast.Call) -> Any:
        body = self._slope_body(node)
        return self._build(node, lambda: Elementwise(Lambda((ENTRY,), body), self.matrix(node.args[1])))

    def _slope_of_scalar(self, node: ast.Call) -> Expr:
        body = self._slope_body(node).doit()
        return self._make(node, lambda: body.subs(ENTRY, self.scalar(node.args[1])))

    def _slope_body(self, node: ast.Call) -> Expr:
        function = node.args[0] if len(node.args) >= 2 else None
        if not isinstance(function, ast.Name):
            raise self.fault(node, "write slope(tanh, a)")
        found = vocabulary.function(function.id)
        if found is None:
            raise self.fault(function, unknown_function(function.id))
        if complaint := found.complaint(len(node.args) - 1):
            raise self.fault(node, complaint)
        parameters = [self.scalar(a) for a in node.args[2:]]
        whole = self._build(node, found.make, ENTRY, *parameters)
        if function.id in ACTIVATIONS and isinstance(whole, sympy.Function):
            return sympy.Derivative(whole, ENTRY)
        return self._build(node, lambda: slope(Lambda((ENTRY,), whole)).expr)

    def _elementwise(self, node: ast.Call) -> Any:
        if len(node.args) != 3 or not isinstance(node.args[0], ast.Name):
            raise self.fault(node, "write elementwise(y, y**2 + 1, a), with a name for the entry")
        body, argument = self.scalar(node.args[1]), self.matrix(node.args[2])
        return self._build(node, lambda: Elementwise(Lambda((ENTRY,), body), argument))


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
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div | ast.MatMult):
        found.append((node.op, node.right))
        node = node.left
    return [(ast.Mult(), node), *reversed(found)]


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
    "slope": VectorReader._slope,
    "elementwise": VectorReader._elementwise,
}
