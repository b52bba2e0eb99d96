"""The Jacobian of a state with respect to an earlier one, as it stands in formulas."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, MatrixExpr

from symgrad.errors import CellError
from symgrad.recurrent.backward import Backward
from symgrad.recurrent.forms import Step, jacobian_product
from symgrad.vectors import TIME, shape_of


class StateJacobian:
    """What both kinds share: args are the state at a later and at an earlier step."""

    args: tuple[Any, ...]

    @property
    def late(self) -> Any:
        return self.args[0]

    @property
    def early(self) -> Any:
        return self.args[1]

    def by_rules(self, grad: Backward) -> Any:
        """What the rules give: the Jacobian of one step, or the ordered product of those between."""
        states = {s.key: s for s in grad.cell.states}
        pair = states.get(self.late.key), states.get(self.early.key)
        if None in pair:
            raise CellError(f"{self}: the states of the cell are {', '.join(map(str, states.values()))}")
        if sympy.expand(self.late.time - self.early.time) == 1:
            return grad.jacobians[pair].subs(TIME, self.late.time)
        if len(states) > 1:
            raise CellError(f"{self}: over several steps the Jacobians of several states are multiplied as blocks")
        return jacobian_product(Step.of(grad), self.early.time + 1, self.late.time)

    def _sympystr(self, printer: Any) -> str:
        return f"d{self.late}/d{self.early}"

    def _latex(self, printer: Any) -> str:
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


def state_jacobian(late: Any, early: Any) -> Any:
    """The derivative of a state at one step with respect to a state at an earlier one, outputs on rows.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, k = sg.State("h", *sg.dims("n")), sg.integer("k")
    >>> state_jacobian(h, h.at(k))
    dh[t]/dh[k]
    """
    return (_MatrixJacobian if shape_of(late) else _ScalarJacobian)(late, early)
