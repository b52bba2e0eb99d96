"""Judging somebody's backward equations, line by line, against those that the rules give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sympy import Expr, MatrixExpr

from symgrad.base.budget import Budget, Spent, working_within
from symgrad.base.errors import CellError
from symgrad.base.precision import in_turn
from symgrad.base.shown import Word, table
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.recurrent.cells.block_algebra import pushed
from symgrad.recurrent.cells.cell import Cell, Equation
from symgrad.recurrent.cells.matrix_algebra import transposed
from symgrad.recurrent.cells.step_names import demand_numbers_alone
from symgrad.recurrent.gradients.backward import Backward, checked_loss
from symgrad.recurrent.gradients.loss_derivatives import LossDerivative
from symgrad.recurrent.judge.evidence import Court, Line
from symgrad.recurrent.judge.where import ParameterValues, Where
from symgrad.symbols import LENGTH, ParameterMatrix, Role, shape_of, timed_in

Formula: TypeAlias = Expr | str | int
WORK = 12_000_000  # units, for one line
TOO_MUCH_WORK = "the budget of work is spent; state the line in parts"


@dataclass(frozen=True)
class Judgement:
    """What `check_backward` found of all lines of a derivation, in the order given.

    Printed, each line stands after its verdict, one that is refuted with numbers and with what the rules give.

    Parameters
    ----------
    lines : tuple of Line
        Each with `equation` as it was stated, its `verdict`, as `right` the equation that the rules give, as
        `judged_for` the steps for which it was judged, and as `convention` what it is equal up to, where it is not
        equal as it stands.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> stated = ["hbar[t] = w*delta[t+1]", "delta[t] = hbar[t]"]
    >>> found = sg.check_backward(sg.Cell({h: sg.tanh(w * h.prev)}), h, backward=stated)
    >>> [line.verdict.outcome.name for line in found.lines]
    ['PROVED', 'REFUTED']
    """

    lines: tuple[Line, ...]

    @property
    def holds(self) -> bool | None:
        """True if every line holds or is equal up to a convention, False if one is refuted, None if one is open."""
        found = {line.holds for line in self.lines}
        return False if False in found else None if None in found else True

    @property
    def first_wrong(self) -> Line | None:
        """The first line that is refuted, with no convention under which it is equal; None if there is none."""
        return next((line for line in self.lines if line.holds is False), None)

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))

    def _repr_html_(self) -> str:
        rows = (
            (
                Word(line.word, line.holds),
                f"${line.equation.latex}$",
                *(("", "") if line.holds else (line.right, str(line.verdict.witness or ""))),
            )
            for line in self.lines
        )
        return table(("verdict", "line", "the rules give", "counterexample"), rows)


@in_turn
def check_backward(
    cell: Cell,
    loss: object,
    *,
    backward: Mapping[Any, Formula] | Iterable[str] = (),
    gradients: Mapping[Any, Formula] | Iterable[str] = (),
    at: str = "last",
    adjoints: Mapping[str, MatrixExpr] | None = None,
    where: Where = (),
) -> Judgement:
    """Judge the backward equations and gradients that a paper, a lecture or a program states for a cell.

    Every name in a line stands for its true value, so that one wrong line does not make others wrong. A line is
    PROVED for all sizes and all steps that are named, or REFUTED with sizes and numbers. Where no proof was found and
    numbers agree it is SUPPORTED, which does not count as true. Lines that are all equal under one convention of some
    sources (gradients transposed, errors as minus the derivative, weights transposed) are said to be equal up to it.

    Parameters
    ----------
    cell : Cell
        The forward equations.
    loss : Loss or Expr
        What one step adds to the loss, as in `bptt`.
    backward : mapping of adjoint to formula, or texts such as ``"hbar[t] = W.T @ delta[t+1]"``
        Lines for a step t < T, or for t = T where the left side says so; each line says for which steps it was judged.
        The adjoint of h is called hbar, that of the pre-activation delta, as in `Gradients.backward`.
    gradients : mapping of parameter to formula, or texts such as ``"dW = sum(outer(delta[t], h[t-1]), (t, 1, T))"``
        Also ``"dx[2] = ..."`` for one step, and Jacobians, ``"dh[t]/dh[t-1] = ..."``.
    at : {"last", "every", "mean"}
        At which steps the loss is taken, as in `bptt`.
    adjoints : mapping of str to variable, optional
        Other names for adjoints in the texts and in what is printed: ``{"dh": h}``.
    where : str, condition, or iterable of these, optional
        Conditions on scalar parameters, as in claims: ``"w != 1"``, ``["w > 0", "u < w"]``. Lines are then judged for
        these values only, and each verdict says so.

    Returns
    -------
    Judgement
        The lines of `backward`, then those of `gradients`.

    Raises
    ------
    CellError
        If there is no line, a line is for an adjoint or a gradient that the cell does not have, or the loss is none of
        the cell; or a condition is on anything else than scalar parameters, or no simple numbers satisfy it.
    ClaimError
        If a condition leaves a parameter no value.
    ParseError
        If a text is no equation or names what is not there; it points at the place.
    ShapeError
        If shapes within an expression do not fit, or it has another shape than its name. One of the transposed shape
        is judged.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h, W = sg.State("h", n), sg.Parameter("W", n, n)
    >>> cell = sg.Cell({h: sg.tanh(W @ h.prev)})
    >>> print(sg.check_backward(cell, sg.half_squared_error(h), backward=["hbar[t] = W.T @ delta[t+1]"]))
    PROVED    hbar[t] = W.T @ delta[t+1], for t = 1, ..., T - 1
    >>> wrong = sg.check_backward(cell, sg.half_squared_error(h), backward=["hbar[t] = W @ delta[t+1]"])
    >>> wrong.holds, wrong.first_wrong.right
    (False, 'hbar[t] = W.T @ delta[t+1]')
    >>> h, w, u = sg.State("h"), sg.Parameter("w"), sg.Parameter("u")
    >>> line = "hbar[t] = (1 - w**(T-t+1))/(1 - w)"
    >>> print(sg.check_backward(sg.Cell({h: w * h.prev + u}), h, backward=[line], at="every", where="w != 1"))
    PROVED    hbar[t] = (1 - w**(T - t + 1))/(1 - w), for t = 1, ..., T - 1, where w != 1
    """
    grad = Backward(cell, checked_loss(cell, loss, at), at)
    said = [*(e.right for e in cell.steps), grad.loss.term, *([LENGTH] if at == "mean" else [])]
    demand_numbers_alone((v.name for v in grad.arguments), said, "lines about a cell")
    court = Court(grad, dict(adjoints or {}), ParameterValues.of(grad, where))
    equations = [*court.read(backward, court.adjoint_line), *court.read(gradients, court.gradient_line)]
    if not equations:
        raise CellError("there is nothing to judge: give backward=[…] or gradients=[…]")
    lines = [_within_budget(court, equation) for equation in equations]
    return Judgement(tuple(_by_convention(court, lines)))


def _within_budget(court: Court, equation: Equation) -> Line:
    """The verdict on a line, undecided where that takes too much work."""
    try:
        with working_within(Budget(WORK)):
            return court.judged(equation)
    except Spent:
        verdict = Verdict(Outcome.UNDECIDED, "budget of work", TOO_MUCH_WORK)
        return Line(court.shown(equation), verdict, str(court.shown(court.derived(equation.left))))


def _by_convention(court: Court, lines: list[Line]) -> list[Line]:
    """The lines as they are, or, where one convention explains all that are wrong, equal up to it."""
    wrong = [line for line in lines if line.verdict.holds is False]
    for name, change in CONVENTIONS.items():
        if not wrong:
            break
        changed = [change(court, line.equation) for line in lines]
        shape_says_so = any(line.verdict.method == "shapes" for line in wrong)
        if (len(wrong) > 1 or shape_says_so) and all(e is not None and _fits(court, e) for e in changed):
            return [replace(line, convention="" if line.verdict.holds else name) for line in lines]
    return lines


def _fits(court: Court, equation: Equation) -> bool:
    try:
        with working_within(Budget(WORK)):
            return court.fits(equation)
    except Spent:
        return False


def _transposed_layout(court: Court, equation: Equation) -> Equation | None:
    """Backward written with the shape of the transposed parameter."""
    if not isinstance(equation.left, LossDerivative) or 1 in (shape_of(equation.left) or (1,)):
        return equation
    return Equation(equation.left, pushed(transposed(equation.right)))


def _opposite_sign(court: Court, equation: Equation) -> Equation | None:
    """Errors as minus the derivative: every adjoint stands for minus itself."""
    adjoints = [v for v in timed_in(equation.right) if v.role is Role.ADJOINT]
    right = equation.right.xreplace({v: -v for v in adjoints})
    is_gradient = isinstance(equation.left, LossDerivative)
    return Equation(equation.left, right if is_gradient else -right)


def _transposed_weights(court: Court, equation: Equation) -> Equation | None:
    """Weights that act from the other side, as in a = W^T h."""
    square = [p for p in court.grad.cell.parameters if isinstance(p, ParameterMatrix) and p.shape[0] == p.shape[1]]
    right = equation.right.xreplace({p: p.T for p in square})
    argument = getattr(equation.left, "argument", None)
    return Equation(equation.left, transposed(right) if argument in square else pushed(right))


CONVENTIONS: dict[str, Callable[[Court, Equation], Equation | None]] = {
    "layout (gradients transposed)": _transposed_layout,
    "sign (errors are minus the derivative)": _opposite_sign,
    "transposed weights": _transposed_weights,
}
