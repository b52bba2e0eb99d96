"""Reads statements about a cell, in which Jacobians are written as quotients and values at their steps."""

from __future__ import annotations

import re

from symgrad.norms.reading import NormReader
from symgrad.recurrent.quotients import QuotientReader
from symgrad.syntax.vector_names import unknown

_AT_A_STEP = re.compile(r"\b(?!in\[)\w+\[")


class CellReader(QuotientReader, NormReader):
    """Reads statements about norms in which Jacobians of a cell stand."""

    @classmethod
    def reads(cls, condition: str) -> bool:
        return super().reads(condition) or bool(_AT_A_STEP.search(condition))

    def _ask(self, name: str) -> str:
        return super()._ask(name) if name in self._known else unknown(name, self._known)
