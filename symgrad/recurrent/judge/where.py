"""For which values of scalar parameters lines are judged: conditions on a cell, and points that obey them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sympy import Basic, Contains, Symbol
from sympy.core.relational import Relational

from symgrad.base.errors import CellError
from symgrad.base.kinds import demand, shown
from symgrad.language.statements import Condition, Domain, condition_text
from symgrad.prove.basics.points import Point, points
from symgrad.reading.text import parse_where
from symgrad.recurrent.gradients.backward import Backward

Where: TypeAlias = str | Condition | Iterable[str | Condition]
MOST_POINTS = 120
LARGEST = 64  # numerator and denominator of a number in a run


@dataclass(frozen=True)
class ParameterValues:
    """The values of scalar parameters for which lines are judged.

    Attributes
    ----------
    domain : Domain
    says : str
        The conditions in words, as in "where w != 1"; "" if there are none.
    points : tuple of dict
        Some of the values, small fractions.
    """

    domain: Domain = field(default_factory=Domain)
    says: str = ""
    points: tuple[Point, ...] = ()

    @classmethod
    def of(cls, grad: Backward, where: Where) -> ParameterValues:
        """The values under conditions.

        Raises
        ------
        CellError
            If a condition speaks of anything else than scalar parameters of the cell, or no simple numbers satisfy all.
        ClaimError
            If nothing satisfies those on one parameter.
        """
        is_one = isinstance(where, str | Basic)
        given = [where] if is_one else list(demand(Iterable, where, "conditions are several, as texts", CellError))
        if not given:
            return cls()
        known = {p.name: p for p in grad.cell.parameters if isinstance(p, Symbol)}
        conditions = [c for each in given for c in _conditions(each, known)]
        says = f"where {' and '.join(map(condition_text, conditions)) or given[0]}"
        if not conditions or any(s not in known.values() for c in conditions for s in c.free_symbols):
            names = ", ".join(known) or "none"
            raise CellError(f"{says}: conditions are on scalar parameters of the cell; there are {names}")
        domain = Domain.of((), conditions)
        found = tuple(filter(_is_simple, points(domain, MOST_POINTS)))
        if not found:
            raise CellError(f"{says}: no simple numbers satisfy this, and so no line can be tried")
        return cls(domain, says, found)


def _is_simple(point: Point) -> bool:
    return all(v.is_Rational and max(abs(v.p), v.q) <= LARGEST for v in point.values())


def _conditions(each: object, known: Mapping[str, Symbol]) -> Iterable[Condition]:
    if isinstance(each, Relational | Contains):
        return (each,)
    if not isinstance(each, str):
        raise CellError(f"a condition is a text such as 'w != 1', or a relation; got {shown(each)}")
    return parse_where([each], known)[0]
