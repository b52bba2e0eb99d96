"""Unrolled forms: every step of a short sequence written out."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy
from sympy import Expr, S, Symbol

from symgrad.base.errors import CellError
from symgrad.base.kinds import shown
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.cells.matrix_algebra import total_of
from symgrad.recurrent.forms.paths import Step
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.reach import Reach
from symgrad.symbols import LENGTH, TIME, zero_like
from symgrad.symbols.notation import latex
from symgrad.symbols.variables import Timed

MOST_STEPS = 10_000


@dataclass(frozen=True)
class Unrolled:
    """The equations of T steps, T a number.

    Attributes
    ----------
    steps : int
    forward, backward : tuple of Equation
        All named values, then all adjoints, in the order in which they are computed. Nothing is substituted into
        anything, so that their size grows in proportion to the number of steps.
    gradients : dict
        By parameter, a sum of one term for each step in the named values.
    closed : dict
        For scalar cells of one state, by parameter: the gradient with all adjoints gone, nested from the last step
        to the first, as one writes it on a board.
    """

    steps: int
    forward: tuple[Equation, ...]
    backward: tuple[Equation, ...]
    gradients: dict[Expr, Expr]
    closed: dict[Symbol, Expr] = field(default_factory=dict)

    @property
    def operations(self) -> int:
        """The number of arithmetic operations in all equations and gradients.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, x, w, u, b = sg.State("h"), sg.Input("x"), sg.Parameter("w"), sg.Parameter("u"), sg.Parameter("b")
        >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + u * x + b)}), h)
        >>> [grad.unroll(T).operations - grad.unroll(T - 1).operations for T in (3, 30)]
        [14, 14]
        """
        equations = (*self.forward, *self.backward)
        parts = [e.right for e in equations] + list(self.gradients.values())
        return sum(int(sympy.count_ops(part)) for part in parts)

    def _repr_latex_(self) -> str:
        lines = [f"{latex(e.left)} &= {latex(e.right)}" for e in (*self.forward, *self.backward)]
        return r"$\displaystyle \begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}$"


def unroll(grad: Backward, steps: int) -> Unrolled:
    """The equations of `steps` steps, written out.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> grad = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h)
    >>> for T in (1, 2, 3):
    ...     print(grad.unroll(T).closed[w])
    (1 - h[1])*h[0]*h[1]
    (1 - h[2])*(w*(1 - h[1])*h[0]*h[1] + h[1])*h[2]
    (1 - h[3])*(w*(1 - h[2])*(w*(1 - h[1])*h[0]*h[1] + h[1])*h[2] + h[2])*h[3]
    """
    if not isinstance(steps, int) or isinstance(steps, bool) or not 1 <= steps <= MOST_STEPS:
        raise CellError(f"unroll takes a number of steps from 1 to {MOST_STEPS}; got {shown(steps)}")
    if grad.runs_in_reverse:
        raise CellError("a cell that looks at later steps is not unrolled step by step; evaluate it instead")
    forward = tuple(e.at(k) for k in range(1, steps + 1) for e in grad.cell.steps)
    reach = Reach(grad, steps)

    def written(v: Expr, step: int) -> Expr:
        value = reach.value(v, step)
        return None if value is None else value.xreplace({TIME: sympy.Integer(step), LENGTH: sympy.Integer(steps)})

    backward = tuple(
        Equation(grad.adjoints[v].at(k), written(v, k))
        for k in range(steps, 0, -1)
        for v in grad.order
        if (v, k) in reach.alive
    )
    parameters = [a for a in grad.arguments if not isinstance(a, Timed)]
    terms = {p: [written(p, k) for k in range(1, steps + 1)] for p in parameters}
    gradients = {p: total_of([*(e for e in found if e is not None)] or [zero_like(p)]) for p, found in terms.items()}
    return Unrolled(steps, forward, backward, gradients, _closed(grad, steps, parameters))


def _closed(grad: Backward, steps: int, parameters: list[Expr]) -> dict[Symbol, Expr]:
    """The nested closed form: P_t = D_t + J_t P_{t-1} from P_0 = 0 with everything substituted."""
    if not grad.cell.is_scalar or len(grad.cell.states) != 1 or steps > MOST_NESTED:
        return {}
    try:
        step = Step.of(grad)
        slope, jacobian = step.loss_slope, step.jacobian
    except CellError:  # the cell or the loss looks at other steps than t and t - 1
        return {}
    found = {}
    for p in parameters:
        immediate = step.immediate(p)
        if p not in step.shares or p in step.from_loss:
            continue
        nested: Expr = S.Zero
        total: Expr = S.Zero
        for k in range(1, steps + 1):
            nested = _collected(jacobian.subs(TIME, k), nested, immediate.subs(TIME, k))
            if k == steps or grad.at != "last":
                total += slope.subs(TIME, k).xreplace({LENGTH: sympy.Integer(steps)}) * nested
        found[p] = total
    return found


MOST_NESTED = 12


def _collected(jacobian: Expr, earlier: Expr, immediate: Expr) -> Expr:
    """J P + D with what both have in common in front."""
    common = {*sympy.Mul.make_args(jacobian)} & {*sympy.Mul.make_args(immediate)}
    front = sympy.Mul(*common)
    return front * (jacobian / front * earlier + immediate / front)
