"""Reads statements about a cell, in which Jacobians are written as quotients and values at their steps."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from symgrad.norms.reading import NormReader
from symgrad.recurrent.jacobians import state_jacobian
from symgrad.recurrent.quotients import JACOBIAN, Quotients
from symgrad.syntax.vector_names import unknown
from symgrad.syntax.vector_scan import VectorSource
from symgrad.vectors import TimedMatrix, TimedScalar

_AT_A_STEP = re.compile(r"\b(?!in\[)\w+\[")


class CellReader(NormReader):
    """Reads statements in which the derivative of one state with respect to another is written as a quotient."""

    @classmethod
    def reads(cls, condition: str) -> bool:
        return super().reads(condition) or bool(_AT_A_STEP.search(condition))

    def __init__(self, source: VectorSource, names: Mapping[str, Any]) -> None:
        self._known = names
        super().__init__(source, names)

    def _prepared(self, tree: ast.expr) -> ast.expr:
        return Quotients(self._known).visit(tree)  # type: ignore[no-any-return]

    def _own_calls(self) -> Mapping[str, Callable[[ast.Call], Any]]:
        return {**super()._own_calls(), JACOBIAN: self._jacobian}

    def _ask(self, name: str) -> str:
        return super()._ask(name) if name in self._known else unknown(name, self._known)

    def _jacobian(self, node: ast.Call) -> Any:
        late, early = (self.value(a) for a in node.args) if len(node.args) == 2 else (None, None)
        if not all(isinstance(v, TimedScalar | TimedMatrix) for v in (late, early)):
            raise self.fault(node, "the Jacobian of a state is written dh[T]/dh[0]")
        return state_jacobian(late, early)
