"""Reads statements about a cell, in which Jacobians are written as quotients and values at their steps."""

from __future__ import annotations

import re

from symgrad.norms.reading import NormReader
from symgrad.reading.vectors.names import FREE_INDICES, unknown
from symgrad.recurrent.text.quotients import QuotientReader

_AT_A_STEP = re.compile(r"\w\[")
_MEMBERSHIP = re.compile(r"\s*\w+\s*(?:∈|\bin\b)")  # where a bracket begins an interval


class CellReader(QuotientReader, NormReader):
    """Reads statements about norms in which Jacobians of a cell stand."""

    letters = FREE_INDICES

    @classmethod
    def reads(cls, condition: str) -> bool:
        is_at_a_step = _AT_A_STEP.search(condition) and not _MEMBERSHIP.match(condition)
        return super().reads(condition) or bool(is_at_a_step)

    def _ask(self, name: str) -> str:
        return super()._ask(name) if name in self._known else unknown(name, self._known)
