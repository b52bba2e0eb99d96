"""The forms of a gradient through time: the double sum over paths, forward mode, truncation.

With the states of a cell stacked to s_t, J_t the Jacobian of one step, g_t the derivative of the loss of step t with
respect to s_t, and D_k the immediate derivative of s_k with respect to a parameter, all forms are one sum:

    dL/dtheta = sum_t sum_{k <= t} g_t^T (J_t ... J_{k+1}) D_k

The adjoint recursion sums over t first, from behind; forward mode sums over k first; unrolled, every term is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from numbers import Integral
from typing import Any

import sympy
from sympy import Basic, Expr, KroneckerProduct, MatrixBase, MatrixExpr, S, Symbol, ceiling

from symgrad.base.errors import CellError
from symgrad.base.kinds import shown
from symgrad.recurrent.cells.cell import Equation, argument_name, free_name
from symgrad.recurrent.cells.matrix_algebra import product, sliced, total_of, transposed
from symgrad.recurrent.gradients.backward import Backward, over_time
from symgrad.recurrent.gradients.linear_maps import matrix_of
from symgrad.recurrent.gradients.one_step import through_loss, through_step
from symgrad.symbols import (
    LENGTH,
    TIME,
    OrderedProduct,
    Role,
    State,
    TimedMatrix,
    TimedScalar,
    adjoint,
    concatenate,
    shape_of,
    zero_like,
)
from symgrad.symbols.variables import Timed
from symgrad.symbols.writing import to_text

EARLIER = Symbol("k", integer=True)
INSIDE = Symbol("i", integer=True)


@dataclass(frozen=True)
class Step:
    """One step of a cell with its states stacked: what all forms are made of.

    Attributes
    ----------
    seeds : dict
        For each state the variable that stands for its adjoint at step t.
    shares : dict
        What the step gives, for these adjoints, to everything that it depends on.
    opaque : Expr or None
        What stands for the Jacobian where its entries do not matter.
    opaque_slope : Expr or None
        What stands for the slope of the loss where its entries do not matter.
    """

    grad: Backward
    seeds: dict[Expr, Expr]
    shares: dict[Expr, Expr]
    opaque: Expr | None = None
    opaque_slope: Any = None

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, grad: Backward) -> Step:
        states = grad.cell.states
        seeds = {s: adjoint(f"v_{s.name}" if len(states) > 1 else "v", s) for s in states}
        return cls(grad, seeds, through_step(grad.cell, dict(seeds)))

    @cached_property
    def from_loss(self) -> dict[Expr, Expr]:
        """What the loss of step t gives to states and parameters, not through states."""
        return _loss_shares(self.grad)

    @property
    def jacobian(self) -> Expr | MatrixBase:
        """The Jacobian of the stacked states."""
        return self.grad.jacobian if self.opaque is None else self.opaque

    @property
    def loss_slope(self) -> Basic:
        """g_t: the derivative of the loss of step t with respect to the stacked states."""
        if self.opaque_slope is not None:
            return self.opaque_slope
        return stacked([self._slope_of(s) for s in self.grad.cell.states])

    def _slope_of(self, state: Expr) -> Expr:
        here = self.from_loss.get(state)
        for v in self.from_loss:
            if isinstance(v, Timed) and v.key == state.key and v.time != TIME:
                raise CellError(f"the loss of step t looks at {v}; only the adjoint recursion has that")
        return here if here is not None else zero_like(state)

    def share(self, of: Expr, adjoints: Expr, time: Expr) -> Expr:
        """What something gets from step `time`, for the adjoints of the stacked states there."""
        found = self.shares.get(of)
        if found is None:
            return zero_like(of)
        start: Expr = S.Zero
        table = {}
        for state, seed in self.seeds.items():
            stop = start + (state.shape[0] if shape_of(state) else 1)
            if len(self.seeds) == 1:
                table[seed.at(time)] = adjoints
            else:
                part = sliced(adjoints, start, stop)
                table[seed.at(time)] = part if shape_of(state) else sympy.Trace(part)
            start = stop
        return found.subs(TIME, time).xreplace(table)

    def immediate(self, parameter: Expr) -> Basic:
        """The immediate derivative of the stacked states with respect to a parameter, columns by columns of it."""
        states = self.grad.cell.states
        rows = []
        for state in states:
            shares = through_step(self.grad.cell, {state: self.seeds[state]})
            rows.append(_immediate(shares.get(parameter), self.seeds[state], state, parameter))
        return stacked(rows)


def opaque_step(grad: Backward) -> Step:
    """The step of a cell of one state with a name for its Jacobian: what is proved then is true whatever that is."""
    (state,) = grad.cell.states
    taken = {*grad.cell.names, *(v.name for v in grad.adjoints.values()), *map(grad.name_of, grad.arguments)}
    size = shape_of(state)[:1]
    return replace(Step.of(grad), opaque=State(free_name("J", taken), *size, *size))


def _loss_shares(grad: Backward) -> dict[Expr, Expr]:
    seed = sympy.OneMatrix(1, 1) if isinstance(grad.loss.term, MatrixExpr) else S.One
    found = through_loss(grad.cell, grad.loss.term, seed)
    return {v: value / LENGTH for v, value in found.items()} if grad.at == "mean" else found


def stacked(parts: list[Expr]) -> Basic:
    """Parts for each state, one below the other: those of several scalars as a matrix with its entries written out."""
    if len(parts) == 1:
        return parts[0]
    if len({isinstance(part, MatrixExpr) for part in parts}) > 1:
        raise CellError("some states are scalars and some are vectors; write the scalars as vectors of size 1")
    return concatenate(*parts) if isinstance(parts[0], MatrixExpr) else sympy.ImmutableMatrix(parts)


def _immediate(share: Expr | None, seed: Expr, state: Expr, parameter: Expr) -> Expr:
    if not shape_of(state):
        return S.Zero if share is None else share.subs(seed, 1)
    rows, columns = shape_of(parameter) or (S.One, S.One)
    if share is None:
        return sympy.ZeroMatrix(state.shape[0], rows * columns)
    terms = share.args if isinstance(share, sympy.MatAdd) else (share,)
    return total_of(_kronecker(term, seed, columns) for term in terms)


def _kronecker(term: Expr, seed: MatrixExpr, columns: Expr) -> MatrixExpr:
    """The matrix that takes vec(dW) to dh, where the share of W is M v u^T: u^T by Kronecker product with M^T."""
    if not isinstance(term, MatrixExpr):
        raise CellError("a scalar parameter of a vector cell has no immediate derivative as one matrix here")
    if columns == 1:
        return transposed(matrix_of(term, seed))
    if isinstance(term, sympy.MatMul) and term.args[-1].shape[0] == 1 and not term.args[-1].has(seed):
        return KroneckerProduct(term.args[-1], transposed(matrix_of(product(*term.args[:-1]), seed)))
    raise CellError(f"{term} is no outer product, so that forward mode has no matrix for it")


def jacobian_product(step: Step, low: Expr, high: Expr) -> Expr:
    """J_high ... J_low, in order; the identity where high < low; a power where all are one, as in linear cells."""
    factor = step.jacobian
    if isinstance(factor, sympy.MatrixBase):
        raise CellError("products of Jacobians of several scalar states; write the cell with vectors of size 1")
    if step.opaque is None and not factor.has(TIME):
        steps = sympy.expand(high - low + 1)
        return sympy.MatPow(factor, steps).doit(deep=False) if isinstance(factor, MatrixExpr) else factor**steps
    factor = factor.subs(TIME, INSIDE)
    if isinstance(factor, MatrixExpr):
        return OrderedProduct(factor, (INSIDE, low, high))
    return sympy.Product(factor, (INSIDE, low, high))


def parameter_of(grad: Backward, what: Expr, form: str) -> Expr:
    """The parameter that is meant, for a form that only parameters have."""
    key = grad.key(what)
    if isinstance(key, Timed):
        name = argument_name(key)
        raise CellError(f"{form}; got {name}, of which there is grad[{name!r}]")
    return key


def path(step: Step, of: Expr, late: Symbol, early: Expr) -> Expr:
    """What the loss of step `late` gives to a parameter through the states of step `early`."""
    back = product(transposed(jacobian_product(step, early + 1, late)), step.loss_slope.subs(TIME, late))
    return step.share(of, back, early)


def paths(grad: Backward, what: Expr) -> Expr:
    """The gradient as the sum over paths, slides 9 to 11 of the lecture, with their slips mended.

    Each term leads from the loss of step t back to step k along the ordered product of the Jacobians, and there into
    the immediate derivative: the sum over k ends at t, and the product starts at k + 1.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, x, w, u = sg.State("h"), sg.Input("x"), sg.Parameter("w"), sg.Parameter("u")
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + u * x)}), sg.half_squared_error(h))
    >>> grad.paths(w)
    Sum((1 - h[k]**2)*(h[T] - target[T])*Product(w*(1 - h[i]**2), (i, k + 1, T))*h[k-1], (k, 1, T))
    """
    return step_paths(Step.of(grad), grad.key(what))


def step_paths(step: Step, key: Expr) -> Expr:
    """The sum over the paths of a step that is known already."""
    if key in step.grad.borders:
        found = _initial_paths(step, key)
    elif isinstance(key, Timed):
        found = _input_paths(step, key)
    else:
        found = _parameter_paths(step, key)
    total = total_of(found)
    return zero_like(key) if total is None else total


def _parameter_paths(step: Step, key: Expr) -> list[Expr]:
    grad, direct = step.grad, step.from_loss.get(key)
    if grad.at == "last":
        found = [over_time(path(step, key, LENGTH, EARLIER), 1, LENGTH, EARLIER)] if key in step.shares else []
        return found + ([direct.subs(TIME, LENGTH)] if direct is not None else [])
    inner = over_time(path(step, key, TIME, EARLIER), 1, TIME, EARLIER) if key in step.shares else None
    return [over_time(part, 1, LENGTH) for part in (inner, direct) if part is not None]


def _initial_paths(step: Step, key: Expr) -> list[Expr]:
    """All paths to a state before the first step lead through that step."""
    if key.role is not Role.STATE or key.time != 0:
        raise CellError(f"there are sums over paths to a state before step 1 alone; got {argument_name(key)}")
    if step.grad.at == "last":
        return [path(step, key.at(TIME - 1), LENGTH, S.One)]
    return [over_time(path(step, key.at(TIME - 1), TIME, S.One), 1, LENGTH)]


def _input_paths(step: Step, key: Expr) -> list[Expr]:
    """All paths to the input of step t lead through that step; k is the later one here, that of the loss."""
    grad, direct = step.grad, step.from_loss.get(key)
    for v in (*step.shares, *step.from_loss):
        if isinstance(v, Timed) and v.key == key.key and v.time != TIME:
            raise CellError(f"there are sums over paths to inputs of the step that uses them; got {v} at step t")
    at_once = [] if direct is None else [grad.loss_adjoint * direct if grad.at == "last" else direct]
    if key not in step.shares:
        return at_once
    if grad.at == "last":
        return [path(step, key, LENGTH, TIME), *at_once]
    return [over_time(path(step, key, EARLIER, TIME), TIME, LENGTH, EARLIER), *at_once]


def closed_adjoint(step: Step) -> Expr:
    """The adjoint of the stacked states at step k: the sum over later steps t of (J_t ... J_{k+1})^T g_t."""
    grad = step.grad
    late = LENGTH if grad.at == "last" else TIME
    term = product(transposed(jacobian_product(step, EARLIER + 1, late)), step.loss_slope.subs(TIME, late))
    return term if grad.at == "last" else over_time(term, EARLIER, LENGTH)


# --- forward mode -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ForwardMode:
    """Real-time recurrent learning: the derivative of the states with respect to one parameter, carried forward.

    Attributes
    ----------
    recursion : Equation
        P_t = J_t P_{t-1} + D_t, from P_0 = 0; columns are the entries of the parameter, column by column.
    gradient : Expr
        The gradient with respect to the parameter as a row: the sum over t of g_t^T P_t.
    """

    recursion: Equation
    gradient: Expr

    def __repr__(self) -> str:
        return f"ForwardMode(recursion={self.recursion}, gradient={to_text(self.gradient)})"


def forward_mode(grad: Backward, what: Expr) -> ForwardMode:
    """The gradient of a parameter by forward recursion.

    References
    ----------
    Williams, Zipser, A learning algorithm for continually running fully recurrent neural networks (1989).

    Examples
    --------
    >>> import symgrad as sg
    >>> h, x, w, u = sg.State("h"), sg.Input("x"), sg.Parameter("w"), sg.Parameter("u")
    >>> grad = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev + u * x)}), sg.half_squared_error(h))
    >>> print(grad.forward_mode(w).recursion)
    P[t] = w*(1 - h[t])*P[t-1]*h[t] + (1 - h[t])*h[t]*h[t-1]
    """
    key = parameter_of(grad, what, "forward mode carries derivatives with respect to parameters")
    step = Step.of(grad)
    immediate, jacobian, slope = step.immediate(key), step.jacobian, step.loss_slope
    sensitivity = _sensitivity(immediate)
    right = total_of([product(jacobian, sensitivity.prev), immediate])
    row = product(transposed(slope), sensitivity)
    direct = step.from_loss.get(key)
    if direct is not None:
        raise CellError(f"{what} acts on the loss without a state between; its gradient needs no recursion")
    gradient = row.subs(TIME, LENGTH) if grad.at == "last" else over_time(row, 1, LENGTH)
    return ForwardMode(Equation(sensitivity, right), gradient)


def _sensitivity(immediate: Basic) -> Expr:
    facts = sympy.core.symbol.Str("P"), sympy.core.symbol.Str(Role.INTERMEDIATE.value), TIME
    return TimedMatrix(*facts, *immediate.shape) if isinstance(immediate, MatrixExpr) else TimedScalar(*facts)


# --- truncation ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Truncated:
    """Truncated backpropagation through time: what it computes, and what it leaves out.

    Attributes
    ----------
    gradient : Expr
        The sum over the paths that are followed.
    bias : Expr
        The full gradient less that: the sum over the paths that are cut.
    vanishes : str
        When the bias is zero.
    """

    gradient: Expr
    bias: Expr
    vanishes: str


def truncated(grad: Backward, what: Expr, k1: int, k2: int) -> Truncated:
    """Truncated backpropagation: after every `k1` steps back through the last `k2` steps.

    The loss of step t is followed back from the end e(t) of its block of k1 steps, so that states of steps up to
    e(t) - k2 are not reached. For the loss at the last step alone the block ends at T.

    Parameters
    ----------
    k1, k2 : int or Symbol
        Positive, with k2 at least k1.

    References
    ----------
    Williams, Peng, An efficient gradient-based algorithm for on-line training of recurrent network trajectories (1990).
    """
    first, reach = _steps(k1), _steps(k2)
    if not (first.is_positive and reach.is_positive) or (reach - first).is_negative:
        raise CellError(f"truncation needs k2 >= k1 >= 1; got k1 = {shown(k1)}, k2 = {shown(k2)}")
    key, step = parameter_of(grad, what, "truncation cuts the paths to parameters"), Step.of(grad)
    if key not in step.shares:
        raise CellError(f"no path through a state leads to {what}: nothing is cut")
    if grad.at == "last":
        low = sympy.Max(1, LENGTH - reach + 1)
        term = path(step, key, LENGTH, EARLIER)
        bias = over_time(term, 1, low - 1, EARLIER)
        kept = over_time(term, low, LENGTH, EARLIER)
    else:
        end = first * ceiling(TIME / first)
        low = sympy.Max(1, end - reach + 1)
        term = path(step, key, TIME, EARLIER)
        kept = over_time(over_time(term, low, TIME, EARLIER), 1, LENGTH)
        bias = over_time(over_time(term, 1, low - 1, EARLIER), 1, LENGTH)
    direct = step.from_loss.get(key)
    if direct is not None:
        kept = kept + (direct.subs(TIME, LENGTH) if grad.at == "last" else over_time(direct, 1, LENGTH))
    when = f"k2 >= T, or the product of {reach} Jacobians in a row is zero"
    return Truncated(kept, bias, when)


def _steps(k: Symbol | int) -> Expr:
    """A number of steps, which may be a symbol; not a number for all else."""
    is_number = isinstance(k, Integral | Expr) and not isinstance(k, bool)
    found = sympy.S(int(k) if isinstance(k, Integral) else k) if is_number else sympy.nan
    return sympy.nan if found.is_integer is False else found
