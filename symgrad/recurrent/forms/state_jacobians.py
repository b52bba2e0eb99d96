"""The Jacobian of a state with respect to an earlier one, as it stands in formulas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy
from sympy import Basic, Expr, MatrixExpr, Symbol
from sympy.printing.printer import Printer

from symgrad.base.errors import CellError
from symgrad.base.kinds import demand
from symgrad.norms.scopes import bound_by
from symgrad.recurrent.cells.matrix_algebra import product, total_of
from symgrad.recurrent.forms.paths import Step, jacobian_product
from symgrad.recurrent.gradients.backward import Backward
from symgrad.symbols import TIME, OrderedProduct, Role, Timed, TimedMatrix, TimedScalar, shape_of

MOST_STEPS = 4  # with several states the number of ways grows with every step


class StateJacobian:
    """What both kinds share: args are the state at a later and at an earlier step."""

    args: tuple[Any, ...]
    func: Any
    shape: Any

    @property
    def late(self) -> Expr:
        return self.args[0]

    @property
    def early(self) -> Expr:
        return self.args[1]

    def by_rules(self, grad: Backward) -> Expr:
        """What the rules give: the Jacobian of one step, or the ordered product of those between."""
        states = {s.key: s for s in grad.cell.states}
        pair = states.get(self.late.key), states.get(self.early.key)
        if None in pair:
            raise CellError(f"{self}: the states of the cell are {', '.join(map(str, states.values()))}")
        steps = sympy.expand(self.late.time - self.early.time)
        if steps == 0 and self.late.key == self.early.key:
            return sympy.Identity(self.shape[0]) if self.shape else sympy.S.One
        if steps == 1:
            return grad.jacobians[pair].subs(TIME, self.late.time)
        if len(states) == 1 and not self.shape and steps.is_Integer and 1 < steps <= MOST_STEPS:
            return sympy.Mul(*(grad.jacobians[pair].subs(TIME, self.late.time - k) for k in range(int(steps))))
        if len(states) > 1:
            if not (steps.is_Integer and 1 < steps <= MOST_STEPS):
                raise CellError(f"{self}: with several states, name a number of steps from 1 to {MOST_STEPS}")
            ways = (self._through(state, grad) for state in states.values())
            found = total_of(way for way in ways if way != 0 and not isinstance(way, sympy.ZeroMatrix))
            return found if found is not None else sympy.ZeroMatrix(*self.shape) if self.shape else sympy.S.Zero
        return jacobian_product(Step.of(grad), self.early.time + 1, self.late.time)

    def _through(self, state: Expr, grad: Backward) -> Expr:
        """What leads through one of several states a step before the later one."""
        between = state.at(self.late.time - 1)
        last, rest = self.func(self.late, between), self.func(between, self.early)
        return product(last.by_rules(grad), rest.by_rules(grad))

    def _sympystr(self, printer: Printer) -> str:
        return f"d{self.late}/d{self.early}"

    def _latex(self, printer: Printer) -> str:
        late, early = (printer.doprint(v) for v in self.args)
        return rf"\frac{{\partial {late}}}{{\partial {early}}}"


class _MatrixJacobian(StateJacobian, MatrixExpr):  # type: ignore[misc]
    @property
    def shape(self) -> tuple[Expr, Expr]:
        return self.late.shape[0], self.early.shape[0]

    @property
    def free_symbols(self) -> set[Any]:
        return set(self.late.free_symbols) | set(self.early.free_symbols)


class _ScalarJacobian(StateJacobian, Expr):  # type: ignore[misc]
    is_commutative = True
    shape = ()


def state_jacobian(late: object, early: object) -> Expr:
    """The derivative of a state at one step with respect to a state at an earlier one, outputs on rows.

    It is a name: `compile` computes it, `cell_claim` and `Gradients.line` take it in formulas, and text says it as
    ``dh[t]/dh[k]``. It stands for J_t J_{t-1} ... J_{k+1} with J_t = dh_t/dh_{t-1}. Whether a cell has such states is
    looked at there, not here.

    Parameters
    ----------
    late : State
        The state that is differentiated, at its step, such as ``h`` for h_t or ``h.at(sg.LENGTH)`` for h_T.
    early : State
        The state with respect to which, at an earlier step, such as ``h.prev`` or ``h.at(0)``.

    Returns
    -------
    Expr or MatrixExpr
        Of shape (n, n') for states of the sizes n and n'; a scalar for scalar states.

    Raises
    ------
    CellError
        If one of them is no variable.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, k = sg.State("h", *sg.dims("n")), sg.integer("k")
    >>> state_jacobian(h, h.at(k))
    dh[t]/dh[k]
    """
    for state in (late, early):
        demand(Timed, state, "state_jacobian takes two states, each at its step")
    return (_MatrixJacobian if shape_of(late) else _ScalarJacobian)(late, early)


def without_jacobians(grad: Backward, e: Expr) -> Expr:
    """The expression with each derivative of a state by what the rules give for it."""
    return e.replace(lambda part: isinstance(part, StateJacobian), lambda part: part.by_rules(grad))


def moving_parameter(parameters: Iterable[Expr], formulas: Iterable[Basic]) -> Symbol | None:
    """A parameter of a cell that is bound around a value or a slope of it, which moves with it in ways not written.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> moving_parameter([w], [sympy.Integral(w*h, (w, 0, 1))]), moving_parameter([w], [sympy.Integral(w, (w, 0, 1))])
    (w, None)
    """
    symbols = {p for p in parameters if isinstance(p, Symbol)}
    for node in (node for e in formulas for node in sympy.preorder_traversal(e)):
        moving = bound_by(node) & symbols
        if moving and any(map(_moves, node.atoms(StateJacobian, TimedScalar, TimedMatrix))):
            return min(moving, key=str)
    return None


def _moves(value: TimedScalar) -> bool:
    """Whether this may depend on parameters: no input does, and no state before the first step."""
    return isinstance(value, StateJacobian) or (value.role is not Role.INPUT and value.time != 0)


def with_jacobians(grad: Backward, e: Expr) -> Expr:
    """The expression with each product of the Jacobians of a cell of one state as the derivative that it is."""
    (state,) = grad.cell.states

    def derivative(part: Expr) -> Expr:
        low, high = part.args[1][1:]
        return state_jacobian(state.at(high), state.at(low - 1))

    return e.replace(lambda part: isinstance(part, OrderedProduct | sympy.Product), derivative)
