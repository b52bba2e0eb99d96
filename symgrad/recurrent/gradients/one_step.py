"""The backward sweep over one step: shares of adjoints, carried through the equations in reverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, S, ZeroMatrix

from symgrad.base.errors import CellError
from symgrad.recurrent.cells.cell import Cell, Equation
from symgrad.recurrent.cells.matrix_algebra import total_of, transposed
from symgrad.recurrent.gradients.linear_maps import matrix_of
from symgrad.recurrent.gradients.vjp import pullback
from symgrad.symbols import TIME, Role, Timed, adjoint, shape_of, timed_in


@dataclass(frozen=True)
class Share:
    """What an equation gives to the adjoint of something it uses.

    Attributes
    ----------
    of : Expr
        A variable at step t, or a parameter.
    by : Timed
        The variable, at step t, whose equation uses it; None for the loss.
    shift : int
        How many steps after t that equation is.
    value : Expr
        The share, in terms of the adjoint of that equation.
    """

    of: Expr
    by: Expr | None
    shift: int
    value: Expr


def shares(equation: Equation, of_left: Expr, in_output: bool = True) -> tuple[Share, ...]:
    """The shares of one equation, each moved to the step of the variable that gets it."""
    found = []
    for variable, values in pullback(equation, of_left, in_output).items():
        shift = int(TIME - variable.time) if isinstance(variable, Timed) else 0
        home = variable.at(TIME) if isinstance(variable, Timed) else variable
        value = total_of(values)
        found.append(Share(home, equation.left, shift, value.subs(TIME, TIME + shift) if shift else value))
    return tuple(found)


def through_step(cell: Cell, seeds: Mapping[Expr, Expr], in_output: bool = True) -> dict[Expr, Expr]:
    """The adjoints of all that one step depends on, for given adjoints of its states: names within the step are gone.

    Parameters
    ----------
    seeds : mapping of state at step t to expression
        What stands for the adjoint of each state.

    Returns
    -------
    dict
        For parameters, inputs and states of other steps: their adjoints, linear in the seeds.
    """
    return _swept(cell.steps, {state: [seed] for state, seed in seeds.items()}, in_output)


def through_loss(cell: Cell, term: Expr, seed: Expr) -> dict[Expr, Expr]:
    """The adjoints that the loss of one step gives directly: sweeps through names within the step, stops at states."""
    states = set(cell.states)
    return _swept([e for e in cell.steps if e.left not in states], pullback(Equation(term, term), seed))


def _swept(equations: Sequence[Equation], waiting: dict[Expr, list[Expr]], in_output: bool = True) -> dict[Expr, Expr]:
    """Shares of adjoints carried through equations in reverse, until none of their left sides has one.

    Raises
    ------
    CellError
        If a name within a step is used at another one: then a step is more than what leads from states to states.
    """
    for equation in reversed(equations):
        share = total_of(waiting.pop(equation.left, []))
        if share is None:
            continue
        for variable, values in pullback(equation, share, in_output).items():
            waiting.setdefault(variable, []).extend(values)
    for variable in waiting:
        if isinstance(variable, Timed) and variable.role is Role.INTERMEDIATE and variable.time != TIME:
            raise CellError(f"{variable} is used at step t; only the adjoint recursion has values of other steps")
    return {variable: total_of(values) for variable, values in waiting.items()}


def state_jacobians(cell: Cell, in_output: bool = True) -> dict[tuple[Expr, Expr], Expr]:
    """The Jacobian of each state at step t with respect to each state at step t-1, outputs on rows.

    Raises
    ------
    CellError
        If a state is a matrix, some are scalars and some are vectors, or a step looks at other steps than the one
        before.
    """
    _demand_one_step(cell)
    found = {}
    for state in cell.states:
        seed = adjoint("v", state)
        back = through_step(cell, {state: seed}, in_output)
        for other in cell.states:
            found[state, other] = _jacobian(back.get(other.prev), seed, state, other)
    return found


def _jacobian(share: Expr | None, seed: Expr, state: Expr, other: Expr) -> Expr:
    if not shape_of(state):
        return S.Zero if share is None else share.subs(seed, 1)
    if share is None:
        return ZeroMatrix(state.shape[0], other.shape[0])
    return transposed(matrix_of(share, seed))


def _demand_one_step(cell: Cell) -> None:
    for equation in cell.steps:
        for v in timed_in(equation.right):
            allowed = {Role.STATE: (TIME, TIME - 1), Role.INTERMEDIATE: (TIME,)}
            if v.role in allowed and v.time not in allowed[v.role]:
                raise CellError(f"{equation}: a product of Jacobians needs steps that look one step back; got {v}")
    for state in cell.states:
        if shape_of(state) and shape_of(state)[1] != 1:
            raise CellError(f"the state {state} is a matrix; its Jacobian is no matrix")
    if len({bool(shape_of(state)) for state in cell.states}) > 1:
        raise CellError(
            f"of the states {', '.join(map(str, cell.states))} some are scalars and some are vectors; their Jacobians "
            "are no matrices that multiply: write the scalars as vectors of size 1"
        )
