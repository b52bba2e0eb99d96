"""The gradient of a linear scalar cell as a formula in T."""

from __future__ import annotations

import sympy
from sympy import Dummy, Expr, S, Symbol

from symgrad.base.errors import CellError
from symgrad.recurrent.cells.cell import argument_name
from symgrad.recurrent.forms.paths import EARLIER, Step
from symgrad.recurrent.gradients.backward import Backward
from symgrad.symbols import LENGTH, TIME
from symgrad.symbols.variables import Timed


def closed_form(grad: Backward, what: Expr) -> Expr:
    """The gradient of a scalar linear cell without inputs as a formula in T, by summation.

    Where a bias makes geometric sums, the formula is that for a recurrent weight other than 1.

    Raises
    ------
    CellError
        If the cell is not scalar and linear with one state, or has inputs.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> grad = sg.bptt(sg.Cell({h: w * h.prev}), h)
    >>> grad.closed_form(w), grad.closed_form("h0")
    (T*w**(T - 1)*h[0], w**T)
    """
    key, step, states = grad.key(what), Step.of(grad), grad.cell.states
    is_linear = grad.cell.is_scalar and len(states) == 1 and not step.jacobian.has(TIME)
    if not is_linear or grad.cell.inputs or grad.at != "last" or step.loss_slope.has(TIME):
        raise CellError("a closed form in T is for the last state of a linear scalar cell of one state without inputs")
    rate = _a_name_for(step.jacobian)
    through = step.loss_slope * _through_states(step, key, rate)
    direct = _in_initial_state(grad, step.from_loss.get(key, S.Zero), LENGTH, rate)
    return sympy.simplify(_generic(through + direct).subs(rate, step.jacobian))


def _a_name_for(rate: Expr) -> Expr:
    """A name for the weight of the recursion, unless it is a number: sums of powers of a product take minutes."""
    return Dummy("r", real=True) if rate.free_symbols else rate


def _through_states(step: Step, key: Expr, rate: Expr) -> Expr:
    """The derivative of the last state: the sum over steps k of what the state of step k gives, T - k steps later."""
    (state,) = step.grad.cell.states
    if key == state.at(0):
        return rate**LENGTH
    if key in step.grad.borders:
        raise CellError(f"a closed form in T is for parameters and the initial state; got {argument_name(key)}")
    if isinstance(key, Timed):  # a target
        return S.Zero
    term = rate ** (LENGTH - EARLIER) * _in_initial_state(step.grad, step.immediate(key), EARLIER, rate)
    return sympy.summation(sympy.powsimp(sympy.expand(term)), (EARLIER, 1, LENGTH))


def _in_initial_state(grad: Backward, e: Expr, steps: Expr, rate: Expr) -> Expr:
    """An expression in the values of step t, for t a number of steps, in terms of the state before the first one."""
    (state,) = grad.cell.states
    values = _in_state_before(grad)
    offset = sympy.expand(values[state].subs(state.prev, 0))
    early = Symbol("j", integer=True)
    shift = _generic(sympy.summation(rate ** (steps - 1 - early) * offset, (early, 1, steps - 1)))
    before = rate ** (steps - 1) * state.at(0) + shift
    return e.xreplace(values).subs(TIME, steps).subs(state.at(steps - 1), before)


def _in_state_before(grad: Backward) -> dict[Expr, Expr]:
    """The values of a step of a scalar cell, each in terms of the state before it."""
    table: dict[Expr, Expr] = {}
    for equation in grad.cell.steps:
        table[equation.left] = equation.right.xreplace(table)
    return table


def _generic(e: Expr) -> Expr:
    """The last case of every Piecewise: what a geometric sum is where its ratio is not 1."""
    return e.replace(lambda p: isinstance(p, sympy.Piecewise), lambda p: p.args[-1].expr)
