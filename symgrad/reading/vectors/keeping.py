"""Vector formulas of which no part that has no value everywhere may be lost as they are read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from sympy import Expr, Symbol

from symgrad.reading.text import kept
from symgrad.reading.vectors.reader import VectorReader
from symgrad.reading.vectors.scan import VectorSource
from symgrad.symbols import ENTRY
from symgrad.symbols.writing import to_text


class KeepingReader(VectorReader):
    """Reads one text, and refuses it where SymPy's arithmetic loses such a part."""

    def __init__(self, source: VectorSource, names: Mapping[str, Expr]) -> None:
        super().__init__(source, names)
        self.parts: list[Any] = []

    def whole(self) -> Expr:
        return self.kept(self.tree, super().whole)

    def matrix(self, node: ast.expr) -> Any:
        made = super().matrix(node)
        self.parts += kept.of_matrix(made)
        return made

    def noted(self, made: Any) -> Any:
        self.parts += kept.of_matrix(made)
        return made

    def evaluated(self, node: ast.AST, value: Expr) -> Expr:
        self.parts += kept.of_scalar(value)
        return super().evaluated(node, value)

    def apart(self, node: ast.expr, make: Callable[[], Any]) -> Any:
        since = len(self.parts)
        made = self.kept(node, make)
        del self.parts[since:]  # what it is a part of keeps it as a whole
        return made

    def kept(self, node: ast.expr, make: Callable[[], Any]) -> Expr:
        """What is read, unless a part that has no value everywhere is lost in it, as in A/k - A/k."""
        since = len(self.parts)
        made = make()
        lost = next((part for part in self.parts[since:] if not kept.is_in(made, part)), None)
        if lost is not None:
            shown = to_text(lost.xreplace({ENTRY: Symbol("y", real=True)}))
            raise self.fault(node, f"{shown} cancels here, and it has no value everywhere; write it without")
        return made
