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
    here = left.time if is_line else None
    return {
        name.key: _adjoint_at(grad, name, here, name.key not in states and _is_one_for_all_steps(grad, variable))
        for variable, name in grad.adjoints.items()
    }


def _is_one_for_all_steps(grad: Backward, variable: Any) -> bool:
    """Whether one equation holds at every step, T included: what the loss gives is the same at all of them."""
    from_loss = [s for s in grad.shares.get(variable, []) if s.by is None]
    return not from_loss or (grad.at != "last" and all(s.shift == 0 for s in from_loss))


def _adjoint_at(grad: Backward, name: Any, here: Any, is_one: bool) -> Callable[[Any], Any]:
    before = {e.left: e.right for e in grad.backward}

    def meant(time: Any) -> Any:
        steps_before = sympy.expand(LENGTH - time)
        if steps_before.is_Integer and 0 <= steps_before < grad.last_steps:
            return grad.adjoint_equation(name.at(time)).right
        if time == here or is_one:
            return before[name].subs(TIME, time) if name in before else None
        return None

    return meant
