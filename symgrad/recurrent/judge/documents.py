"""The derivation of a cell's gradients as a document, made from the cell alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sympy
from sympy import Expr, Symbol

from symgrad.base.errors import CellError
from symgrad.claims.claim import Claim
from symgrad.claims.derivations import Derivation, Item, Prose, Stated, given, prose, section, statement
from symgrad.language.statements import Domain
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.forms.paths import EARLIER, Step, opaque_step, step_paths
from symgrad.recurrent.forms.state_jacobians import state_jacobian, with_jacobians
from symgrad.recurrent.gradients.backward import Backward, over_time
from symgrad.recurrent.judge.document_lines import BackwardLine
from symgrad.recurrent.judge.evidence import stated
from symgrad.symbols import LENGTH, TIME, OrderedProduct
from symgrad.symbols.notation import declare
from symgrad.symbols.variables import Timed
from symgrad.symbols.writing import to_text

LONGEST_SUM = 300  # signs of a sum over paths that a page shows; `Gradients.paths` gives any
WHEN = {
    "last": "It is taken at the last step, T.",
    "every": "It is taken at every step and added up.",
    "mean": "It is taken at every step; their mean is the loss.",
}


def line(grad: Backward, left: Any, right: Expr, *, remark: str | Prose = "", label: str = "") -> Stated:
    """An equation among adjoints, gradients and Jacobians of a cell, as a line of a document that is checked.

    Parameters
    ----------
    left : str or Expr
        ``"hbar[t]"`` or an adjoint; a parameter or its name for its gradient; `state_jacobian` of two states.
    right : str or Expr
    remark, label
        As for `statement`.
    """
    return statement(Claim(BackwardLine(grad, stated(grad, left, right)), Domain()), remark=remark, label=label)


def slip(
    grad: Backward, left: object, right: Expr, *, source: str = "", remark: str | Prose = "", label: str = ""
) -> Stated:
    """A false equation of a source, shown with its counterexample; see `line`."""
    judged = BackwardLine(grad, stated(grad, left, right))
    return statement(Claim(judged, Domain(), source=source, expect="refuted"), remark=remark, label=label)


def backward_derivation(grad: Backward, title: str = "") -> Derivation:
    """The gradients of a cell derived from its equations, every line checked.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}, name="A small cell"), sg.half_squared_error(h))
    >>> derivation = grad.derivation()
    >>> derivation.title, all(sg.verify(claim).holds for claim in derivation.claims)
    ('A small cell: gradients through time', True)
    """
    for variable, name in grad.adjoints.items():
        declare(name, f"adjoint of {variable.name}: the derivative of the loss with respect to it")
    weight = "1/T" if grad.at == "mean" else "1"
    declare(grad.loss_adjoint, f"adjoint of the loss of a step: {weight} where that counts, and 0 elsewhere")
    name = grad.cell.name or "A recurrent cell"
    sources = [s for s in (grad.cell.source,) if s]
    return Derivation(title or f"{name}: gradients through time", *_items(grad), source="; ".join(sources))


def _items(grad: Backward) -> Iterator[Item]:
    yield prose(
        "One step of the cell computes its states from those of the step before and from its inputs. Differentiated "
        "in reverse, equation by equation, it gives the adjoints; the gradients are sums of them over time."
    )
    yield section("Forward", given(*grad.cell.steps), *_loss(grad))
    yield section("Backward", *_backward(grad))
    yield section("Gradients", *_gradients(grad))
    jacobians = tuple(_jacobians(grad))
    if jacobians:
        yield section("From one step to the next", *jacobians)


def _loss(grad: Backward) -> Iterator[Item]:
    term = grad.loss.term
    total = term.subs(TIME, LENGTH) if grad.at == "last" else over_time(term, 1, LENGTH)
    if grad.at == "mean":
        total = total / LENGTH
    yield prose("The loss of a step is the {name}. " + WHEN[grad.at], name=grad.loss.name)
    yield given((Symbol("L", real=True), total))


def _backward(grad: Backward) -> Iterator[Item]:
    if grad.at == "last" or not _same(grad.final, grad.backward):
        if grad.last_steps == 1:
            yield prose("At the last step, {T}, only the loss gives to the adjoints:", T=LENGTH)
        else:
            yield prose("The loss looks at steps before its own, so that the last steps have equations of their own:")
        yield from _lines(grad, grad.final)
    if grad.at == "last":
        yield prose("Before it, each adjoint gathers what the steps that use the variable give back:")
    else:
        yield prose(
            "At the other steps each adjoint gathers what the loss, the equations of the step and those of the next "
            "one give back; adjoints of steps after the last are zero:"
        )
    yield from _lines(grad, grad.backward)


def _same(first: Iterable[Equation], second: Iterable[Equation]) -> bool:
    return [e.right for e in first] == [e.right for e in second]


def _lines(grad: Backward, equations: Iterable[Equation]) -> Iterator[Item]:
    return (line(grad, e.left, e.right) for e in equations)


def _gradients(grad: Backward) -> Iterator[Item]:
    parameters = [a for a in grad.arguments if not isinstance(a, Timed)]
    yield prose("Each parameter is used at every step, so that its gradient is a sum over the steps:")
    yield from _lines(grad, map(grad.equation_of, parameters))
    if grad.borders:
        yield prose(_BORDERS if len(grad.borders) > len(grad.initial_states) else _INITIAL)
        yield from _lines(grad, map(grad.equation_of, grad.borders))


_INITIAL = "The states before the first step get what that step gives back:"
_BORDERS = "What stands outside of the steps 1 to T gets what the steps that look at it give back:"


def _jacobians(grad: Backward) -> Iterator[Item]:
    """The Jacobians of a step, and for a cell of one state the double sum over paths."""
    try:
        found = grad.jacobians
    except CellError:
        return
    yield prose("The Jacobian of a step, outputs on rows, says what one step does to the gradient that passes through:")
    for (late, early), jacobian in found.items():
        yield line(grad, state_jacobian(late, early.prev), jacobian)
    if len(grad.cell.states) > 1:
        return
    (state,) = grad.cell.states
    over_steps = state_jacobian(state, state.at(EARLIER))
    yield prose(
        "Over several steps the Jacobians are multiplied, the last step first; the product starts at {first}, one step "
        "after the step that is differentiated with respect to:",
        first=EARLIER + 1,
    )
    yield line(grad, over_steps, over_steps.by_rules(grad))
    known = {parameter: with_jacobians(grad, formula) for parameter, formula in _path_sums(grad)}
    sums = {parameter: formula for parameter, formula in known.items() if len(to_text(formula)) <= LONGEST_SUM}
    if sums:
        yield prose(
            "So a gradient is a double sum over paths: from the loss of a step back along the product to a step {k}, "
            "and there into the immediate derivative. The sum over {k} ends at the step of the loss.",
            k=EARLIER,
        )
    for parameter, formula in sums.items():
        yield line(grad, grad.equation_of(parameter).left, formula)
    if len(sums) < len(known):
        yield prose("The double sums over paths of this cell that take many lines are left out here.")


def _path_sums(grad: Backward) -> Iterator[tuple[Expr, Expr]]:
    """The parameters whose gradient is a sum over paths, each with that sum."""
    step = Step.of(grad)
    step = opaque_step(grad) if step.jacobian.has(TIME) else step  # powers of what is constant stay as they are
    for parameter in (a for a in grad.arguments if not isinstance(a, Timed)):
        try:
            found = step_paths(step, parameter)
        except CellError:  # as where the loss looks at other steps than its own
            continue
        if found.has(sympy.Product, OrderedProduct):
            yield parameter, found
