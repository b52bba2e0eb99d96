"""Derivatives of states as they stand in texts: quotients of differentials such as dh[t]/dh[k]."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from symgrad.recurrent.jacobians import state_jacobian
from symgrad.syntax.keeping_reader import KeepingReader
from symgrad.syntax.vector_scan import VectorSource
from symgrad.vectors import TimedMatrix, TimedScalar

_SHORT = re.compile(r"d(?P<name>\w+?)_(?P<time>[tTijk]|[0-9]+)")
JACOBIAN = "state_jacobian"


class Quotients(ast.NodeTransformer):
    """dh[T]/dh[0] and dh_T/dh_0 as calls."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = names

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.Div):
            late, early = self._differential(node.left), self._differential(node.right)
            if late is not None and early is not None:
                function = ast.copy_location(ast.Name(JACOBIAN, ast.Load()), node)
                return ast.copy_location(ast.Call(function, [late, early], []), node)
            left = node.left  # A @ dh[T]/dh[0], which Python reads as a quotient by dh[0]
            if early is not None and isinstance(left, ast.BinOp) and self._differential(left.right) is not None:
                quotient = ast.copy_location(ast.BinOp(left.right, node.op, node.right), node)
                node = ast.copy_location(ast.BinOp(left.left, left.op, quotient), node)
        return self.generic_visit(node)

    def _differential(self, node: ast.expr) -> ast.expr | None:
        """The state at a step of which a node is the differential."""
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            name, time = node.value.id, node.slice
        elif isinstance(node, ast.Name):
            match = _SHORT.fullmatch(node.id)
            if match is None:
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

    def __init__(self, source: VectorSource, names: Mapping[str, Any]) -> None:
        self._known = names
        super().__init__(source, names)

    def _prepared(self, tree: ast.expr) -> ast.expr:
        return Quotients(self._known).visit(tree)  # type: ignore[no-any-return]

    def _own_calls(self) -> Mapping[str, Callable[[ast.Call], Any]]:
        return {**super()._own_calls(), JACOBIAN: self._jacobian}

    def _jacobian(self, node: ast.Call) -> Any:
        late, early = (self.value(a) for a in node.args) if len(node.args) == 2 else (None, None)
        if not all(isinstance(v, TimedScalar | TimedMatrix) for v in (late, early)):
            raise self.fault(node, "the Jacobian of a state is written dh[T]/dh[0]")
        return state_jacobian(late, early)
