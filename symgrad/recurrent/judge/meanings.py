"""What the names in a line about a cell stand for, where it is compared with another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy import Expr

from symgrad.recurrent.forms.index_notation import Definitions
from symgrad.recurrent.gradients.backward import Backward
from symgrad.symbols import LENGTH, TIME, Elementwise, Role, Softmax, TimedScalar


def forward_definitions(
    grad: Backward, states_too: bool, roots_named: bool = False, steps: Sequence[Expr] = (TIME, LENGTH)
) -> Definitions:
    """Names whose formula is no single function are written out; functions of an argument get their names.

    Parameters
    ----------
    roots_named : bool
        Whether that is so of roots too, as of a norm, which is then independent of what it is the root of.
    steps : sequence of Expr
        States are written out at these steps and after them.
    """
    expanded: dict[tuple[str, str], Any] = {}
    named = []
    outside = {v.key for v in grad.borders}  # where no equation says what they are
    for equation in grad.cell.steps:
        left, right = equation.left, equation.right
        is_scalar = isinstance(right, sympy.Function) and isinstance(right.args[0], TimedScalar)
        is_root = roots_named and right.is_Pow and not right.exp.is_Integer and isinstance(left, TimedScalar)
        if isinstance(right, Elementwise | Softmax) or is_scalar or is_root:
            named.append((left, right))
        elif left.role is Role.INTERMEDIATE and left.key not in outside and not isinstance(right, sympy.Function):
            expanded[left.key] = _always(right)
        elif states_too and equation.left.role is Role.STATE:
            expanded[equation.left.key] = _at_or_after(equation.right, steps)
    return Definitions(expanded, tuple(named))


def _always(e: Expr) -> Callable[[Any], Any]:
    return lambda time: e.subs(TIME, time)


def _at_or_after(e: Expr, steps: Sequence[Expr]) -> Callable[[Any], Any]:
    """Written out at some steps and after them, not before: each state stands for one earlier."""

    def meant(time: Expr) -> Expr | None:
        here = [sympy.expand(time - base) for base in steps]
        return e.subs(TIME, time) if any(d.is_Integer and d >= 0 for d in here) else None

    return meant
