"""Proofs that the forms of a gradient are equal, for all sizes and for all T.

Three kinds of step are used, and each is checked in index notation with the slopes as opaque generators: names within
a step are eliminated; a sum or an ordered product over time has its first term or its last factor split off; and the
rest is compared in the ring of entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Basic, Expr, MatrixExpr, S

from symgrad.base.errors import CellError
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics.sentences import counted
from symgrad.recurrent.cells.cell import free_name
from symgrad.recurrent.cells.matrix_algebra import product, total_of, transposed
from symgrad.recurrent.forms.index_notation import Definitions, Reader
from symgrad.recurrent.forms.paths import EARLIER, INSIDE, Step, closed_adjoint, stacked, step_paths
from symgrad.recurrent.gradients.backward import Backward, over_time
from symgrad.symbols import LENGTH, TIME, OrderedProduct, State, dims, zero_like
from symgrad.symbols.variables import Timed

RING = "index notation; zero for all sizes"
INDUCTION = "induction, with the first term and the last factor split off; index notation"


@dataclass(frozen=True)
class ProvedLine:
    """An equation between two forms, in words and in formulas, with its verdict."""

    says: str
    left: Basic
    right: Any
    verdict: Verdict


def prove_forms(grad: Backward) -> tuple[ProvedLine, ...]:
    """The chain of equalities from the adjoint recursion to the double sum, each line with its verdict.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), sg.half_squared_error(h))
    >>> for line in grad.prove_forms():
    ...     print(line.verdict.outcome.name, line.says)
    PROVED what h at step t gets from step t+1 is the Jacobian transposed times the adjoint there
    PROVED the loss of step t gives the stacked states their slope g
    PROVED the sum over later steps t of (J_t ... J_{k+1})^T g_t solves the adjoint recursion
    PROVED the sum over earlier steps k of (J_t ... J_{k+1}) D_k solves the forward recursion
    PROVED what the gradient of w gets from step t
    PROVED the gradient of w is the double sum over paths
    """
    return tuple(_lines(grad))


def proves_paths(grad: Backward, parameter: Expr) -> bool:
    """Whether the gradient of a parameter is certainly its double sum over paths."""
    step = Step.of(grad)
    lines = (*_common_lines(grad, step), _share(grad, step, parameter), _double_sum(grad, step, parameter))
    return all(line.verdict.holds for line in lines)


def _common_lines(grad: Backward, step: Step) -> Iterator[ProvedLine]:
    yield from _recursion(grad, step)
    yield _loss(grad, step)
    yield _adjoint_induction()
    yield _forward_induction()


def _lines(grad: Backward) -> Iterator[ProvedLine]:
    step = Step.of(grad)
    yield from _common_lines(grad, step)
    for p in (a for a in grad.arguments if not isinstance(a, Timed) and a in step.shares):
        yield _share(grad, step, p)
        yield _double_sum(grad, step, p)


def _checked(says: str, left: Basic, right: Basic, reader: Reader, method: str = RING) -> ProvedLine:
    try:
        rest = reader.difference(left, right)
    except CellError as error:
        return ProvedLine(says, left, right, Verdict(Outcome.UNDECIDED, method, str(error)))
    if not rest:
        verdict = Verdict(Outcome.PROVED, method, "all terms of the difference cancel")
    else:
        left_over = counted(len(rest), "term")
        verdict = Verdict(Outcome.UNDECIDED, method, f"{left_over} of the difference could not be shown to vanish")
    return ProvedLine(says, left, right, verdict)


def _recursion(grad: Backward, step: Step) -> Iterator[ProvedLine]:
    """The shares that a state gets from the next step, with the names of that step eliminated."""
    reader = Reader(_within_a_step(grad, step.seeds))
    for state in grad.cell.states:
        named = [s.value for s in grad.shares.get(state, []) if s.shift == 1]
        by_jacobian = [
            product(transposed(grad.jacobians[other, state].subs(TIME, TIME + 1)), seed.next)
            for other, seed in step.seeds.items()
        ]
        left, right = total_of(named), total_of(by_jacobian)
        says = f"what {state.name} at step t gets from step t+1 is the Jacobian transposed times the adjoint there"
        yield _checked(says, _or_zero(left, state), _or_zero(right, state), reader)


def _or_zero(e: Expr | None, like: Expr) -> Expr:
    return e if e is not None else zero_like(like)


def _within_a_step(grad: Backward, seeds: dict[Expr, Expr]) -> Definitions:
    """Adjoints of names within a step, by what stands for the adjoints of the stacked states; nothing from the loss."""
    expanded: dict[tuple[str, str], Callable[[Any], Any]] = {}
    for variable, name in grad.adjoints.items():
        here = [s.value for s in grad.shares.get(variable, []) if s.shift == 0 and s.by is not None]
        found = _or_zero(total_of([*([seeds[variable]] if variable in seeds else []), *here]), variable)
        expanded[name.key] = _at(found)
    return Definitions(expanded)


def _at(e: Expr) -> Callable[[Any], Any]:
    return lambda time: e.subs(TIME, time)


def _loss(grad: Backward, step: Step) -> ProvedLine:
    """The slope g_t, by the named equations with the adjoints of states set to zero where they are used."""
    expanded: dict[tuple[str, str], Callable[[Any], Any]] = {}
    for variable, name in grad.adjoints.items():
        is_state = variable in step.seeds
        here = [] if is_state else [s.value for s in grad.shares.get(variable, []) if s.shift == 0]
        expanded[name.key] = _at(_or_zero(total_of(here), variable))
    reader = Reader(Definitions(expanded))
    parts = []
    for state in grad.cell.states:
        here = [s.value for s in grad.shares.get(state, []) if s.shift == 0]
        parts.append(_or_zero(total_of(here), state))
    says = "the loss of step t gives the stacked states their slope g"
    return _checked(says, stacked(parts), step.loss_slope, reader)


# --- inductions, with Jacobian, slope and immediate derivative as opaque matrices -----------------------------------

_SIZE, _WIDTH = dims("N p")
_J, _G, _D = State("J", _SIZE, _SIZE), State("g", _SIZE), State("D", _SIZE, _WIDTH)


def _adjoint_induction() -> ProvedLine:
    """S(k) = sum_{t=k}^T (J_t ... J_{k+1})^T g_t: S(T) = g_T, and S(k) = g_k + J_{k+1}^T S(k+1)."""
    k, reader = EARLIER, Reader()

    def closed(start: Expr) -> MatrixExpr:
        back = transposed(OrderedProduct(_J.at(INSIDE), (INSIDE, start + 1, TIME)))
        return over_time(product(back, _G), start, LENGTH)

    base = reader.equal(closed(LENGTH).term.subs(TIME, LENGTH), _G.at(LENGTH))
    first = closed(k).term.subs(TIME, k)
    split = product(OrderedProduct(_J.at(INSIDE), (INSIDE, k + 2, TIME)), _J.at(k + 1))
    rest = over_time(product(transposed(split), _G), k + 1, LENGTH)
    left = total_of([first, rest])
    right = total_of([_G.at(k), product(_J.at(k + 1).T, closed(k + 1))])
    says = "the sum over later steps t of (J_t ... J_{k+1})^T g_t solves the adjoint recursion"
    return _both(base, _checked(says, left, right, reader, INDUCTION))


def _forward_induction() -> ProvedLine:
    """P(t) = sum_{k=1}^t (J_t ... J_{k+1}) D_k: P(1) = D_1, and P(t) = J_t P(t-1) + D_t."""
    k, reader = EARLIER, Reader()

    def term(late: Expr) -> MatrixExpr:
        return product(OrderedProduct(_J.at(INSIDE), (INSIDE, k + 1, late)), _D.at(k))

    base = reader.equal(term(S.One).subs(k, 1), _D.at(1))
    split = product(_J, OrderedProduct(_J.at(INSIDE), (INSIDE, k + 1, TIME - 1)), _D.at(k))
    left = total_of([over_time(split, 1, TIME - 1, k), term(TIME).subs(k, TIME)])
    right = total_of([product(_J, over_time(term(TIME - 1), 1, TIME - 1, k)), _D])
    says = "the sum over earlier steps k of (J_t ... J_{k+1}) D_k solves the forward recursion"
    return _both(base, _checked(says, left, right, reader, INDUCTION))


def _both(base: bool, line: ProvedLine) -> ProvedLine:
    if base:
        return line
    return ProvedLine(line.says, line.left, line.right, Verdict(Outcome.UNDECIDED, INDUCTION, "the base case is open"))


# --- gradients ----------------------------------------------------------------------------------------------------


def _share(grad: Backward, step: Step, parameter: Expr) -> ProvedLine:
    reader = Reader(_within_a_step(grad, step.seeds))
    named = [s.value for s in grad.shares[parameter] if s.by is not None]
    says = f"what the gradient of {parameter.name} gets from step t"
    return _checked(says, total_of(named), step.shares[parameter], reader)


def _double_sum(grad: Backward, step: Step, parameter: Expr) -> ProvedLine:
    """The shares of all steps k, with the closed form for the adjoints there, against the double sum.

    It is true whatever the Jacobians are, so that an opaque matrix stands for them, and whatever the slopes are: for
    those of several scalars, whose entries are written out, stands an opaque vector.
    """
    slope = step.loss_slope
    shape = slope.shape[:1] if isinstance(slope, MatrixExpr) else ()
    jacobian, vector = (free_name(wanted, set(grad.cell.names)) for wanted in ("J", "g"))
    opaque_slope = State(vector, *shape) if isinstance(slope, sympy.MatrixBase) else None
    step = replace(step, opaque=State(jacobian, *shape, *shape), opaque_slope=opaque_slope)
    share = step.share(parameter, closed_adjoint(step), EARLIER)
    direct = step.from_loss.get(parameter)
    terms = [over_time(share, 1, LENGTH, EARLIER)]
    if direct is not None:
        terms.append(direct.subs(TIME, LENGTH) if grad.at == "last" else over_time(direct, 1, LENGTH))
    says = f"the gradient of {parameter.name} is the double sum over paths"
    return _checked(says, total_of(terms), step_paths(step, parameter), Reader())
