"""For which steps a line for the Jacobian of a state is judged: those at which both states are there."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from symgrad.base.errors import CellError
from symgrad.recurrent.forms.state_jacobians import StateJacobian
from symgrad.symbols import LENGTH, TIME


@dataclass(frozen=True)
class JacobianSteps:
    """The steps of a line for the Jacobian of a state: all t from 1 to T, and all earlier steps where one is named."""

    left: StateJacobian

    @property
    def index(self) -> Symbol | None:
        """What stands for a step, if it is no number of steps before t or T."""
        return next(iter(self._symbols - {TIME, LENGTH}), None)

    @property
    def _symbols(self) -> set[Symbol]:
        return set(self.left.late.time.free_symbols | self.left.early.time.free_symbols)

    @property
    def known(self) -> list[Expr]:
        """What is at least 0 at these steps."""
        late, early = self.left.late.time, self.left.early.time
        apart = late - early - (1 if self.index in early.free_symbols else 0)
        within = [TIME - 1, LENGTH - TIME] if TIME in self._symbols else []
        return [sympy.expand(e) for e in (*within, early, apart, late - 1, LENGTH - late, LENGTH - 1)]

    def check(self) -> None:
        """Refuse steps that there are not, or that nobody can count.

        Raises
        ------
        CellError
        """
        late, early = self.left.late.time, self.left.early.time
        if len(self._symbols - {TIME, LENGTH}) > 1:
            raise CellError(f"{self.left}: a line is for one step besides t and T")
        if any(abs(e.coeff(s)) > 1 for e in (late, early) for s in self._symbols - {LENGTH}):
            raise CellError(f"{self.left}: the step of a state is a number of steps from t or T")
        if any(e.is_negative for e in self.known):
            raise CellError(f"{self.left}: states are at steps 0 to {LENGTH}, and the later one stands above")

    def lengths(self, usual: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        found = [run for run in usual if self.values(run[0])]
        return found or [(length, k) for k, length in enumerate(range(6, 9)) if self.values(length)]

    def values(self, length: int) -> list[tuple[int, int]]:
        """Pairs of t and the index at which both states are there, the later one not before the earlier one."""
        found = []
        for t in range(1, length + 1) if TIME in self._symbols else [length]:
            for k in range(-length, 2 * length + 1) if self.index is not None else [0]:
                there = {TIME: sympy.Integer(t), LENGTH: sympy.Integer(length)}
                there |= {self.index: sympy.Integer(k)} if self.index is not None else {}
                if all(e.xreplace(there) >= 0 for e in self.known):
                    found.append((t, k))
        return found

    def placed(self, value: tuple[int, int]) -> tuple[int, dict[Symbol, int]]:
        return value[0], {} if self.index is None else {self.index: value[1]}

    def __str__(self) -> str:
        known = self.known
        ranges = [f"{s} = {', ..., '.join(_range(s, known))}" for s in (TIME, self.index) if s in self._symbols]
        if ranges:
            return f"for {' and '.join(ranges)}"
        least = max(-(e - LENGTH) for e in known if sympy.expand(e - LENGTH).is_Integer)
        return "for every T" if least <= 1 else f"for every T >= {least}"


def _range(symbol: Symbol, known: list[Expr]) -> tuple[str, str]:
    """From where to where a symbol goes; t whatever an index is, and an index with t and T."""
    own = [e for e in known if e.has(symbol) and not (symbol == TIME and e.free_symbols - {TIME, LENGTH})]
    ends = []
    for sign in (1, -1):
        bounds = [sympy.expand(symbol - sign * e) for e in own if e.coeff(symbol) == sign]
        kept = list(dict.fromkeys(b for b in bounds if not any((sign * (o - b)).is_positive for o in bounds)))
        ends.append((sympy.Max if sign == 1 else sympy.Min)(*kept))
    return str(ends[0]), str(ends[1])
