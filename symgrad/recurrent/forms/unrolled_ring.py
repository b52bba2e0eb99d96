"""Unrolled against recursive: two gradients of so many steps compared as polynomials, slopes being generators."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import mul
from typing import Any

import sympy
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Expr

from symgrad.base.errors import CellError
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.recurrent.forms.paths import Step, parameter_of
from symgrad.recurrent.forms.unrolled import unroll
from symgrad.recurrent.gradients.backward import Backward
from symgrad.symbols import LENGTH, TIME, Role, TimedScalar

METHOD = "polynomials with slopes as generators"


def prove_unrolled(grad: Backward, what: object, steps: int) -> Verdict:
    """Whether the recursion gives, in so many steps, the sum over all paths, term by term.

    The recursion is followed equation by equation; the sum has one product of Jacobians for each path, each multiplied
    out anew. Both are polynomials in states, inputs, parameters and the slopes of the activations, and are compared
    exactly.

    Raises
    ------
    CellError
        If the cell is not scalar, or has several states.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), sg.half_squared_error(h))
    >>> print(grad.prove_unrolled(w, 20))
    PROVED, polynomials with slopes as generators; the sum over 20 paths and the recursion are the same polynomial
    """
    if not grad.cell.is_scalar or len(grad.cell.states) != 1:
        raise CellError("unrolled forms are compared for scalar cells of one state; see prove_forms for all others")
    key, step = parameter_of(grad, what, "unrolled forms are compared for parameters"), Step.of(grad)
    named = unroll(grad, steps)
    if key not in step.shares or key in step.from_loss:
        raise CellError(f"no path through the state leads to {what}")
    numbered = {LENGTH: sympy.Integer(steps)}
    numbers = [{TIME: sympy.Integer(k), **numbered} for k in range(1, steps + 1)]
    slope, jacobian, immediate = step.loss_slope, step.jacobian, step.immediate(key)
    opaque = {f.xreplace(at) for e in (jacobian, immediate) for f in sympy.Mul.make_args(e) for at in numbers}
    total = named.gradients[key]
    formulas = [*(e.right for e in named.backward), total, *(slope.xreplace(at) for at in numbers)]
    atoms = {f for e in formulas for f in _generators(e, opaque)} | {f for o in opaque for f in _generators(o, opaque)}
    ring = _Ring(sorted((a for a in atoms if not _is_adjoint(a)), key=str))
    for equation in named.backward:
        ring.values[equation.left] = ring.read(equation.right)
    read = {e: [None, *(ring.read(e.xreplace(at)) for at in numbers)] for e in (slope, jacobian, immediate)}
    slopes, jacobians, immediates = read[slope], read[jacobian], read[immediate]
    late = [steps] if grad.at == "last" else range(1, steps + 1)
    pairs = [(t, k) for t in late for k in range(1, t + 1)]
    products = (reduce(mul, jacobians[k + 1 : t + 1], slopes[t]) * immediates[k] for t, k in pairs)
    if ring.read(total) != sum(products, ring.context.constant(0)):
        return Verdict(Outcome.UNDECIDED, METHOD, "the sum over paths and the recursion are different polynomials")
    return Verdict(Outcome.PROVED, METHOD, f"the sum over {len(pairs)} paths and the recursion are the same polynomial")


def _is_adjoint(e: Expr) -> bool:
    return isinstance(e, TimedScalar) and e.role is Role.ADJOINT


def _generators(e: Expr, opaque: set[Expr]) -> Iterable[Expr]:
    """What a formula is a polynomial in: slopes are generators as a whole."""
    if e.is_Rational:
        return
    if e.is_Mul or (e.is_Add and e not in opaque):
        for a in e.args:
            yield from _generators(a, opaque)
    elif e.is_Pow and e.exp.is_Integer and e.exp > 0 and e not in opaque:
        yield from _generators(e.base, opaque)
    else:
        yield e


class _Ring:
    """Polynomials over the rationals in generators, and the adjoints as such polynomials."""

    def __init__(self, generators: list[Expr]) -> None:
        self.generators = generators
        names = [f"g{k}" for k in range(max(1, len(generators)))]
        self.context = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self.values: dict[Any, fmpq_mpoly] = {e: self.context.gen(k) for k, e in enumerate(generators)}

    def read(self, e: Expr) -> fmpq_mpoly:
        if e in self.values:
            return self.values[e]
        if e.is_Rational:
            return self.context.constant(fmpq(int(e.p), int(e.q)))
        if e.is_Pow:
            return self.read(e.base) ** int(e.exp)
        parts = [self.read(a) for a in e.args]
        return sum(parts[1:], parts[0]) if e.is_Add else reduce(mul, parts)
