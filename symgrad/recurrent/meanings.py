"""What the names in a line about a cell stand for, where it is compared with another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symgrad.recurrent.backward import Backward
from symgrad.recurrent.index_form import Definitions
from symgrad.vectors import (
    LENGTH,
    TIME,
    Elementwise,
    Role,
    Softmax,
    TimedMatrix,
    TimedScalar,
    zero_like,
)


def forward_definitions(grad: Backward, states_too: bool) -> Definitions:
    """Names whose formula is no single function are written out; functions of an argument get their names."""
    expanded: dict[Any, Any] = {}
    named = []
    for equation in grad.cell.steps:
        if isinstance(equation.right, Elementwise | Softmax):
            named.append((equation.left, equation.right))
        elif equation.left.role is Role.INTERMEDIATE and not isinstance(equation.right, sympy.Function):
            expanded[equation.left.key] = _always(equation.right)
        elif states_too and equation.left.role is Role.STATE:
            expanded[equation.left.key] = _at_or_after(equation.right)
    return Definitions(expanded, tuple(named))


def _always(e: Any) -> Callable[[Any], Any]:
    return lambda time: e.subs(TIME, time)


def _at_or_after(e: Any) -> Callable[[Any], Any]:
    """Written out at step t and after it, not before: each state stands for one earlier."""

    def meant(time: Any) -> Any:
        here = [sympy.expand(time - base) for base in (TIME, LENGTH)]
        return e.subs(TIME, time) if any(d.is_Integer and d >= 0 for d in here) else None

    return meant


def backward_definitions(grad: Backward, left: Any) -> dict[Any, Any]:
    """Adjoints of names within a step by those of states; at the step of the line, of states as well."""
    is_line = isinstance(left, TimedScalar | TimedMatrix)
    states = {grad.adjoints[s].key for s in grad.cell.states}
    before = {e.left.key: e.right for e in grad.backward}
    ended = {e.left.key: e.right for e in grad.final}
    here = left.time if is_line else None
    found: dict[Any, Any] = {}
    for variable, name in grad.adjoints.items():
        in_loss = any(s.by is None for s in grad.shares.get(variable, []))
        at_end = ended.get(name.key, zero_like(name))
        found[name.key] = _adjoint_at(name.key, before, at_end, here, name.key in states, in_loss and grad.at == "last")
    return found


def _adjoint_at(key: Any, before: Any, at_end: Any, here: Any, is_state: bool, only_last: bool) -> Callable[[Any], Any]:
    def meant(time: Any) -> Any:
        if time == LENGTH:
            return at_end
        if time == here or not (is_state or only_last):
            return before[key].subs(TIME, time) if key in before else None
        return None

    return meant
