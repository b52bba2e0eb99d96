"""Known mistakes in gradients: programs of equations with one slip in them, to compare with what somebody else has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from symgrad.compute.program import Equations, Program, program_of
from symgrad.compute.run import Run
from symgrad.recurrent.backward import Backward, Terms
from symgrad.recurrent.cell import Equation
from symgrad.recurrent.slips import slips
from symgrad.vectors import LENGTH, TIME
from symgrad.vectors.writing import to_text

MOST = 150  # programs are made for one hint


@dataclass(frozen=True)
class _Mistaken(Equations):
    """Equations of which some are replaced."""

    replaced: Mapping[Any, Any] = field(default_factory=dict)
    gradient: Any = None
    terms_instead: Any = None

    @cached_property
    def backward(self) -> tuple[Equation, ...]:
        return tuple(Equation(e.left, self.replaced.get(e.left, e.right)) for e in super().backward)

    @cached_property
    def final(self) -> tuple[Equation, ...]:
        return tuple(Equation(e.left, self.replaced.get(e.left, e.right)) for e in super().final)

    def terms(self, key: Any) -> Terms:
        return self.terms_instead if key == self.gradient else super().terms(key)


class _MistakenRun(Run):
    @cached_property
    def program(self) -> Program:
        return program_of(self.gradients)


def mistakes(grad: Backward, argument: str) -> Iterator[tuple[str, Run]]:
    """What a mistake is called, and a run that makes it: first in the gradient's own equation, then in the adjoints.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h)
    >>> for words, _ in list(mistakes(grad, "w"))[:4]:
    ...     print(words)
    sign: delta[t]*h[t-1] as -delta[t]*h[t-1]
    dropped factor: delta[t]*h[t-1] as h[t-1]
    dropped factor: delta[t]*h[t-1] as delta[t]
    index: delta[t]*h[t-1] as delta[t-1]*h[t-1]
    """
    equations = Equations(grad.cell, grad.loss, grad.at)
    for number, (words, mistaken) in enumerate(_all(equations, argument)):
        if number >= MOST:
            return
        yield words, _MistakenRun(mistaken)


def _all(equations: Equations, argument: str) -> Iterator[tuple[str, _Mistaken]]:
    facts = equations.cell, equations.loss, equations.at
    key = equations.key(argument)
    if key in equations.cell.parameters:
        terms = equations.terms(key)
        for place, term in enumerate(terms.every):
            for name, spoilt in slips(Equation(key, term)):
                every = [*terms.every[:place], spoilt.right, *terms.every[place + 1 :]]
                words = f"{name}: {to_text(term)} as {to_text(spoilt.right)}"
                yield words, _Mistaken(*facts, {}, key, Terms(every, terms.last))
    for words, replaced in _in_adjoints(equations).items():
        yield words, _Mistaken(*facts, replaced)


def _in_adjoints(equations: Equations) -> dict[str, dict[Any, Any]]:
    """Slips in adjoint equations; one that can be made at every step and at the last is made at both."""
    found: dict[str, dict[Any, Any]] = {}
    for equation in (*equations.backward, *equations.final):
        for name, spoilt in slips(equation):
            words = f"{name}: {_at_step(equation)} as {to_text(_at_step(spoilt).right)}"
            found.setdefault(words, {})[equation.left] = spoilt.right
    return found


def _at_step(equation: Equation) -> Equation:
    """An equation of the last step as one of step t."""
    there = {LENGTH: TIME}
    return Equation(equation.left.xreplace(there), equation.right.xreplace(there))
