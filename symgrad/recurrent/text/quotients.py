"""Derivatives of states as they stand in texts: quotients of differentials such as dh[t]/dh[k]."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from sympy import Expr

from symgrad.reading.vectors.keeping import KeepingReader
from symgrad.reading.vectors.scan import VectorSource
from symgrad.recurrent.forms.state_jacobians import state_jacobian
from symgrad.symbols import TimedMatrix, TimedScalar

_SHORT = re.compile(r"d(?P<name>\w+?)_(?P<time>[tTijk]|[0-9]+)")
JACOBIAN = "state_jacobian"


class Quotients(ast.NodeTransformer):
    """dh[T]/dh[0] and dh_T/dh_0 as calls."""

    def __init__(self, names: Mapping[str, Expr]) -> None:
        self.names = names

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.Div):
            early = self.differential(node.right)
            found = None if early is None else self._over(node.left, early)
            if found is not None:
                return self.generic_visit(found)
        return self.generic_visit(node)

    def _over(self, node: ast.expr, early: ast.expr) -> ast.expr | None:
        """The quotient of what stands before the sign and a differential, if that ends in a differential as well.

        Of -dh[T]/dh[0] and of A @ dh[T]/dh[0] Python reads a quotient by dh[0]; of a sum or a power it is one.
        """
        late = self.differential(node)
        if late is not None:
            function = ast.copy_location(ast.Name(JACOBIAN, ast.Load()), node)
            return ast.copy_location(ast.Call(function, [late, early], []), node)
        if isinstance(node, ast.UnaryOp):
            inside = self._over(node.operand, early)
            return inside and ast.copy_location(ast.UnaryOp(node.op, inside), node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult):
            inside = self._over(node.right, early)
            return inside and ast.copy_location(ast.BinOp(node.left, node.op, inside), node)
        return None

    def differential(self, node: ast.expr) -> ast.expr | None:
        """The state at a step of which a node is the differential."""
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            name, time = node.value.id, node.slice
        elif isinstance(node, ast.Name):
            match = _SHORT.fullmatch(node.id)
            if match is None or node.id in self.names:
                return None
            name = f"d{match['name']}"
            text = match["time"]
            time = ast.Constant(int(text)) if text.isdigit() else ast.Name(text, ast.Load())
            ast.copy_location(time, node)
        else:
            return None
        if name in self.names or not name.startswith("d") or name[1:] not in self.names:
            return None
        state = ast.copy_location(ast.Name(name[1:], ast.Load()), node)
        return ast.copy_location(ast.Subscript(state, time, ast.Load()), node)


class QuotientReader(KeepingReader):
    """Reads formulas in which the derivative of one state with respect to another is written as a quotient."""

    def __init__(self, source: VectorSource, names: Mapping[str, Expr]) -> None:
        self._known = names
        super().__init__(source, names)

    def _prepared(self, tree: ast.expr) -> ast.expr:
        quotients = Quotients(self._known)
        tree = quotients.visit(tree)
        stepped = [n for n in ast.walk(tree) if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)]
        alone = next(filter(quotients.differential, stepped), None)
        known = (ast.unparse(n.value) in self._known or quotients.differential(n) for n in stepped)
        if alone is not None and all(known):
            raise self.fault(alone, "a differential stands in a quotient of two alone, as in dh[T]/dh[0]")
        return tree

    def _own_calls(self) -> Mapping[str, Callable[[ast.Call], Any]]:
        return {**super()._own_calls(), JACOBIAN: self._jacobian}

    def _jacobian(self, node: ast.Call) -> Expr:
        late, early = (self.value(a) for a in node.args) if len(node.args) == 2 else (None, None)
        if not all(isinstance(v, TimedScalar | TimedMatrix) for v in (late, early)):
            raise self.fault(node, "the Jacobian of a state is written dh[T]/dh[0]")
        return state_jacobian(late, early)
