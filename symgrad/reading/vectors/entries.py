"""Functions of the entries of vectors and matrices, from the syntax tree of a text: cases, slopes, elementwise."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import sympy
from sympy import Expr, Lambda, MatrixExpr, S, Symbol

from symgrad.activations import ACTIVATIONS
from symgrad.base.errors import CellError
from symgrad.reading.text import vocabulary
from symgrad.reading.vectors.arithmetic import MatrixReader
from symgrad.reading.vectors.names import parts_of_cases, unknown_function
from symgrad.reading.vectors.scan import VectorSource
from symgrad.symbols import ENTRIES, ENTRY, Elementwise, OfEntries, letters_of, of_entries, slope, with_slopes


class EntryReader(MatrixReader):
    """Reads what stands in each entry, by the rules of the scalar reader."""

    def __init__(self, source: VectorSource, names: Mapping[str, Any]) -> None:
        super().__init__(source, names)
        self.entries: dict[int, Symbol] = {}  # what stands for the entries of matrices within cases, by their nodes

    def apart(self, node: ast.expr, make: Callable[[], Any]) -> Any:
        """What stands in a function of entries, in a sum over steps or within a norm, read by itself."""
        return make()

    def of_entries(self, node: ast.Call, name: str, make: Callable[..., Any]) -> Any:
        """A function of numbers, of each entry of that argument which is a matrix."""
        places = [k for k, a in enumerate(node.args) if self.is_matrix(a)]
        matrices = {k: self.matrix(node.args[k]) for k in places}
        letters = self._letters(node, [(node.args[k], matrix) for k, matrix in matrices.items()])
        inside = [
            letters[matrices[k]] if k in matrices else self._of_numbers(a, self.expression)
            for k, a in enumerate(node.args)
        ]
        body = self.apart(node, lambda: self.evaluated(node, self._apply(node, name, make, inside)))
        return self._build(node, of_entries, body, letters)

    def _letters(self, node: ast.Call, matrices: list[tuple[ast.expr, MatrixExpr]]) -> dict[MatrixExpr, Symbol]:
        """A letter for the entry of each matrix in a call, which are of one shape."""
        for part, matrix in matrices:
            self._check_same(part, self.name_of(node), matrices[0], matrix)
        try:
            return letters_of(matrix for _, matrix in matrices)
        except CellError:
            raise self.fault(node, f"a function of entries takes up to {len(ENTRIES)} matrices") from None

    # Cases

    def where(self, node: ast.Call) -> Any:
        """where(condition, a, b), as cases."""
        if len(node.args) != 3:
            raise self.fault(node, "write where(condition, a, b)")
        condition, value, otherwise = node.args
        cases = ((value, condition), (otherwise, ast.copy_location(ast.Constant(True), otherwise)))
        branches: list[ast.expr] = [ast.copy_location(ast.Tuple([*case]), case[0]) for case in cases]
        return self.cases(ast.copy_location(ast.Call(node.func, branches, []), node))

    def cases(self, node: ast.Call) -> Any:
        """Cases of numbers; of the entries in one place, where there are matrices among them."""
        parts = list(parts_of_cases(node.args))
        outermost = [part for part in parts if self.is_matrix(part)]
        if not outermost:
            return self._piecewise(node)
        for part in parts:
            self._of_numbers(part, lambda number: S.Zero)
        matrices = [self.apart(part, partial(self.matrix, part)) for part in outermost]
        letters = self._letters(node, list(zip(outermost, matrices)))
        self.entries |= {id(part): letters[matrix] for part, matrix in zip(outermost, matrices)}
        body = self.apart(node, lambda: self.evaluated(node, self._piecewise(node)))
        return self._build(node, of_entries, body, letters)

    def _of_numbers(self, node: ast.expr, read: Callable[[ast.expr], Expr]) -> Expr:
        """A part of a function of an entry, which is made of numbers: within a matrix, an entry would have another
        meaning, and there is one for the whole formula."""
        matrix = next((n for n in ast.walk(node) if isinstance(n, ast.expr) and self.is_matrix(n)), None)
        if matrix is not None and not self.is_matrix(node):
            reason = f"a function of entries is made of numbers, and {self._shown(matrix)} is a matrix"
            raise self.fault(matrix, f"{reason}; give the number that is made of it a name in an equation of its own")
        return read(node)

    def slope(self, node: ast.Call) -> Any:
        body = self.apart(node, lambda: self._slope_body(node, ENTRY))
        return self._build(node, lambda: Elementwise(Lambda((ENTRY,), body), self.matrix(node.args[1])))

    def slope_of_scalar(self, node: ast.Call) -> Expr:
        place = sympy.Dummy(real=True)  # and no entry, which may stand among the parameters
        body = with_slopes(self._slope_body(node, place))
        return self._make(node, lambda: body.subs(place, self.scalar(node.args[1])))

    def _slope_body(self, node: ast.Call, place: Expr) -> Expr:
        """The slope of the function that a node names, at a place."""
        function = node.args[0] if len(node.args) >= 2 else None
        if not isinstance(function, ast.Name):
            raise self.fault(node, "write slope(tanh, a)")
        found = vocabulary.function(function.id)
        if found is None:
            raise self.fault(function, unknown_function(function.id))
        if complaint := found.complaint(len(node.args) - 1):
            raise self.fault(node, complaint)
        parameters = [self._of_numbers(a, self.scalar) for a in node.args[2:]]
        whole = self._build(node, found.make, place, *parameters)
        if function.id in ACTIVATIONS and isinstance(whole, sympy.Function):
            return sympy.Derivative(whole, place)
        return self._build(node, lambda: slope(Lambda((place,), whole)).expr)

    def elementwise(self, node: ast.Call) -> Any:
        names = node.args[0].elts if node.args and isinstance(node.args[0], ast.Tuple) else node.args[:1]
        if not all(isinstance(name, ast.Name) for name in names) or len(node.args) != 2 + len(names) or not names:
            several = "elementwise((y, z), y*z + 1, a, b)"
            raise self.fault(node, f"write elementwise(y, y**2 + 1, a), with a name for the entry, or {several}")
        body = self.apart(node.args[1], lambda: self._of_numbers(node.args[1], self.scalar))
        matrices = [self.matrix(a) for a in node.args[2:]]
        for argument, matrix in zip(node.args[2:], matrices):
            self._check_same(argument, "elementwise", (node.args[2], matrices[0]), matrix)
        if len(matrices) == 1:
            return self._build(node, lambda: Elementwise(Lambda((ENTRY,), body), matrices[0]))
        function = Lambda(ENTRIES[: len(matrices)], body)
        return self._build(node, lambda: OfEntries(function, *matrices))
