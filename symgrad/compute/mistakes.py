"""Known mistakes in gradients: programs of equations with one slip in them, to compare with what somebody else has."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from symgrad.compute.arguments import is_in_time, is_initial
from symgrad.compute.program import Equations
from symgrad.compute.run import Run
from symgrad.compute.segments import Output
from symgrad.errors import SymgradError, UnderflowWarning
from symgrad.precision import TURN
from symgrad.recurrent.backward import Backward, Terms
from symgrad.recurrent.cell import Equation
from symgrad.recurrent.slips import slips
from symgrad.vectors import LENGTH, TIME
from symgrad.vectors.writing import to_text

MOST = 150  # programs are made for one hint
MOST_WINDOWS = 64


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


def mistakes(
    grad: Backward, argument: str, point: Mapping[str, Any], sizes: Mapping[Any, int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a mistake is called, and the gradients that it gives at a point.

    First those in the equation of the gradient of an argument, if one is named, then in the adjoints, then truncation:
    states that carry no gradient over the borders of windows of so many steps.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h)
    >>> for words, _ in list(mistakes(grad, "w", {"w": 1.0, "h0": 0.5}, {sg.LENGTH: 3}))[:4]:
    ...     print(words)
    a slip, sign: delta[t]*h[t-1] as -delta[t]*h[t-1]
    a slip, dropped factor: delta[t]*h[t-1] as h[t-1]
    a slip, dropped factor: delta[t]*h[t-1] as delta[t]
    a slip, index: delta[t]*h[t-1] as delta[t-1]*h[t-1]
    """
    equations = Equations(grad.cell, grad.loss, grad.at)
    for words, mistaken in islice(_all(equations, argument), MOST):
        with contextlib.suppress(SymgradError, ArithmeticError, LookupError, ValueError, TypeError):
            # An equation with a slip in it need not be computable.
            yield f"a slip, {words}", _quietly(mistaken, sizes, point).gradients
    yield from _truncated(grad, point, sizes)


def _quietly(grad: Backward, sizes: Mapping[Any, int], point: Mapping[str, Any]) -> Output:
    with TURN, warnings.catch_warnings():  # filters belong to the whole process, not to a thread
        warnings.simplefilter("ignore", UnderflowWarning)
        return Run(grad, sizes=sizes)(**point)


def _truncated(
    grad: Backward, point: Mapping[str, Any], sizes: Mapping[Any, int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The gradients of windows of k steps, each from the states at which the one before it ends."""
    parameters = [grad.name_of(k) for k in grad.cell.parameters]
    series = {grad.name_of(k) for k in grad.arguments if is_in_time(k)} & set(point)
    initial = {grad.name_of(k): k for k in grad.arguments if is_initial(k)}
    length = len(point[min(series)]) if series else sizes[LENGTH]
    if grad.runs_in_reverse or any(k.time != 0 for k in initial.values()):
        return
    for window in range(1, min(length, MOST_WINDOWS)):
        total: dict[str, Any] = dict.fromkeys(parameters, 0.0)
        states = {name: point[name] for name in initial if name in point}
        for start in range(0, length, window):
            stop = min(start + window, length)
            part = {k: v[start:stop] if k in series else v for k, v in point.items()} | states
            output = _quietly(grad, {**sizes, LENGTH: stop - start}, part)
            share = {"every": 1.0, "mean": (stop - start) / length, "last": float(stop == length)}[grad.at]
            total = {name: found + share * output.gradients[name] for name, found in total.items()}
            states = {name: output.states[k.name][-1] for name, k in initial.items()}
        yield f"truncation, states that carry no gradient over the borders of windows of {window} steps", total


def _all(equations: Equations, argument: str) -> Iterator[tuple[str, _Mistaken]]:
    facts = equations.cell, equations.loss, equations.at
    if argument in map(equations.name_of, equations.cell.parameters):
        key = equations.key(argument)
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
