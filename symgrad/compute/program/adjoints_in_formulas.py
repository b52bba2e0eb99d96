"""Adjoints in a formula about gradients: where each is computed, so that no product with one of no step is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy
from sympy import S

from symgrad.base.errors import CellError
from symgrad.compute.program.lowering import Lowering
from symgrad.compute.program.program import Line, Steps, names_in, variable_like
from symgrad.recurrent.cells.cell import free_name
from symgrad.recurrent.gradients.backward import Backward
from symgrad.symbols import LENGTH, TIME, Role, Timed, timed_in, zero_like

PRODUCTS = sympy.Mul | sympy.MatMul | sympy.HadamardProduct | sympy.Transpose | sympy.Trace


@dataclass
class AdjointsInFormula:
    """A formula of each step, with lines for all adjoints in it that the backward equations do not compute.

    A product with an adjoint of another step than t is computed at that step and sent from there, as shares of adjoints
    are: outside of the steps 1 to T it is 0, whatever its other factors are. One with an adjoint of step T alone, such
    as that of the loss of the last step, is computed there alone.

    Attributes
    ----------
    formula : Expr
    grad : Backward
    computed : sequence of Line
        The forward and the backward equations.
    sent : dict
        By the variable that it is: a product, moved to step t.
    """

    formula: Any
    grad: Backward
    computed: Sequence[Line]
    sent: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def read(self) -> Any:
        """The formula with a name for each product that is sent."""
        return self._read(self.formula)

    @cached_property
    def lines(self) -> list[Line]:
        """The lines of what the formula reads, besides those that are computed."""
        assert self.read is not None  # which finds what is sent
        return [*self._named, *(self._line(v, value) for v, value in self.sent.items())]

    @cached_property
    def _named(self) -> list[Line]:
        names = dict.fromkeys(v.at(TIME) for v in timed_in(self.formula) if v.role is Role.ADJOINT)
        known = {line.target for line in self.computed}
        return [line for v in names if v not in known for line in self._new(v)]

    def _new(self, v: object) -> Iterator[Line]:
        if v == self.grad.loss_adjoint:
            weight = 1 / LENGTH if self.grad.at == "mean" else S.One
            yield self._at_last(v, weight) if self.grad.at == "last" else self._at_each(v, weight)
        elif v in self.grad.adjoints.values():  # nothing flows there
            yield self._at_each(v, zero_like(v))
        else:
            known = ", ".join(map(str, self.grad.adjoints.values()))
            raise CellError(f"{v} is no adjoint of a variable of the cell; there are {known}")

    def _line(self, v: object, value: object) -> Line:
        is_last = any(self._is_last(factor) for factor in _factors(value))
        return self._at_last(v, value) if is_last else self._at_each(v, value)

    @staticmethod
    def _at_last(v: Any, value: Any) -> Line:
        return Line(v, Lowering(LENGTH).node(value.subs(TIME, LENGTH)), Steps.LAST, LENGTH)

    @staticmethod
    def _at_each(v: object, value: object) -> Line:
        return Line(v, Lowering().node(value), Steps.EVERY)

    @cached_property
    def _steps(self) -> dict[Any, set[Steps]]:
        """At which steps each adjoint is computed."""
        found: dict[Any, set[Steps]] = {}
        for line in (*self.computed, *self._named):
            found.setdefault(line.target, set()).add(line.steps)
        return found

    def _is_last(self, v: Any) -> bool:
        """Whether this is an adjoint of step t that is 0 at all steps but T."""
        return bool(v.time == TIME and v.role is Role.ADJOINT and self._steps.get(v) == {Steps.LAST})

    def _read(self, e: Any) -> Any:
        if isinstance(e, PRODUCTS):
            for v in _factors(e):
                steps = v.time - TIME
                if v.role is Role.ADJOINT and steps.is_Integer and (steps != 0 or self._is_last(v)):
                    return self._sent(e, steps)
        if isinstance(e, Timed) or not any(v.role is Role.ADJOINT for v in timed_in(e)):
            return e
        return e.func(*(self._read(a) if isinstance(a, sympy.Basic) else a for a in e.args))

    def _sent(self, e: Any, steps: Any) -> Any:
        value = e.subs(TIME, TIME - steps)
        found = next((v for v, known in self.sent.items() if known == value), None)
        if found is None:
            taken = {*names_in((*self.computed, *self._named)), *(v.name for v in self.sent)}
            found = variable_like(free_name("sent", taken), Role.ADJOINT, value)
            self.sent[found] = value
        return found.at(TIME + steps)


def _factors(e: object) -> Iterator[Any]:
    """The variables that are factors of a product, one by one."""
    if isinstance(e, Timed):
        yield e
    elif isinstance(e, PRODUCTS):
        for a in e.args:
            yield from _factors(a)
