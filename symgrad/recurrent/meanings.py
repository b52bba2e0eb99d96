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
    TimedScalar,
)


def forward_definitions(grad: Backward, states_too: bool) -> Definitions:
    """Names whose formula is no single function are written out; functions of an argument get their names."""
    expanded: dict[Any, Any] = {}
    named = []
    outside = {v.key for v in grad.borders}  # where no equation says what they are
    for equation in grad.cell.steps:
        left, right = equation.left, equation.right
        is_scalar = isinstance(right, sympy.Function) and isinstance(right.args[0], TimedScalar)
        if isinstance(right, Elementwise | Softmax) or is_scalar:
            named.append((left, right))
        elif left.role is Role.INTERMEDIATE and left.key not in outside and not isinstance(right, sympy.Function):
            expanded[left.key] = _always(right)
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
