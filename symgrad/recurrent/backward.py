"""Backpropagation through time: the equations of a cell differentiated in reverse, and the gradients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import sympy
from sympy import Expr, MatrixExpr, OneMatrix, S

from symgrad.errors import CellError
from symgrad.recurrent import sweep
from symgrad.recurrent.cell import Cell, Equation
from symgrad.recurrent.losses import Loss, as_loss
from symgrad.recurrent.rules import total_of
from symgrad.recurrent.sweep import Share, state_jacobians
from symgrad.vectors import (
    LENGTH,
    TIME,
    Role,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    adjoint,
    parameters_in,
    shape_of,
    timed_in,
    zero_like,
)

PLACES = ("last", "every", "mean")


def checked_loss(cell: Cell, loss: Any, at: str) -> Loss:
    """The loss, if it is one of this cell.

    Raises
    ------
    CellError, ShapeError
        If it is no scalar, names what the cell does not have, or depends on nothing in the cell.
    """
    if not isinstance(cell, Cell):
        raise CellError(f"gradients are those of a Cell; got {type(cell).__name__}")
    if at not in PLACES:
        raise CellError(f"at is one of {', '.join(PLACES)}; got {at!r}")
    found = as_loss(loss)
    _check_loss(cell, found)
    return found


def _check_loss(cell: Cell, loss: Loss) -> None:
    known = {v.key for v in (*cell.defined, *cell.inputs)}
    for v in timed_in(loss.term):
        if v.role is not Role.INPUT and v.key not in known:
            raise CellError(f"the loss {loss} names {v}; the cell has {', '.join(cell.names)}")
        if v.time != TIME:
            raise CellError(f"the loss {loss} is that of one step; it names {v}")
        if v.role is Role.INPUT and v.name in {p.name for p in (*cell.defined, *cell.parameters)}:
            raise CellError(f"the loss {loss}: the cell has another {v.name}; give the target a name of its own")
    if not any(v.key in {d.key for d in cell.defined} for v in timed_in(loss.term)):
        raise CellError(f"the loss {loss} depends on nothing that the cell computes: {', '.join(cell.names)}")


class Terms(NamedTuple):
    """The parts of a gradient: of every step at step t, of the last step at step T."""

    every: list[Any]
    last: list[Any]


@dataclass(frozen=True)
class Backward:
    """The equations of a cell differentiated in reverse: adjoint equations, then the gradients.

    Attributes
    ----------
    cell : Cell
    loss : Loss
    at : str
        At which steps the loss is taken.
    """

    cell: Cell
    loss: Loss
    at: str
    slopes_in_output: ClassVar[bool] = True  # as papers write them; programs keep f'(a)

    # --- adjoints -------------------------------------------------------------------------------------------

    @cached_property
    def adjoints(self) -> dict[Any, Any]:
        """The adjoint of every variable that has an equation, both at step t."""
        return {v: adjoint(name, v) for v, name in zip(self.cell.defined, _adjoint_names(self.cell))}

    @cached_property
    def shares(self) -> dict[Any, list[Share]]:
        """All shares by what gets them: of the equations, in reverse, then of the loss."""
        found: dict[Any, list[Share]] = {}
        loss = self._loss_shares
        for share in (
            *loss,
            *(s for e in reversed(self.cell.steps) for s in self._shares_of(e, self.adjoints[e.left])),
        ):
            found.setdefault(share.of, []).append(share)
        return found

    def _shares_of(self, equation: Equation, of_left: Any) -> tuple[Share, ...]:
        return sweep.shares(equation, of_left, self.slopes_in_output)

    @cached_property
    def _loss_shares(self) -> tuple[Share, ...]:
        left = _LOSS_MATRIX if isinstance(self.loss.term, MatrixExpr) else _LOSS
        seed = OneMatrix(1, 1) if isinstance(self.loss.term, MatrixExpr) else S.One
        found = self._shares_of(Equation(left, self.loss.term), seed)
        weight = 1 / LENGTH if self.at == "mean" else S.One
        return tuple(Share(s.of, None, s.shift, s.value if weight == 1 else weight * s.value) for s in found)

    @cached_property
    def _alive_at_end(self) -> set[Any]:
        """What has an adjoint other than zero at step T."""
        start = {s.of for s in self._loss_shares}
        return self._alive(start, start if self.runs_in_reverse else ())

    @cached_property
    def _alive_before(self) -> set[Any]:
        """What has an adjoint other than zero at some step before T."""
        start = set() if self.at == "last" else {s.of for s in self._loss_shares}
        return self._alive(start, self._alive_at_end)

    @cached_property
    def runs_in_reverse(self) -> bool:
        """Whether some equation looks at later steps, as the second half of a bidirectional network does."""
        return any(s.shift < 0 for found in self.shares.values() for s in found)

    def _alive(self, start: set[Any], later: Iterable[Any]) -> set[Any]:
        alive = {v for v in start if v in self.adjoints}
        while True:
            more = {
                of
                for of, found in self.shares.items()
                if of in self.adjoints
                for s in found
                if (s.shift == 0 and s.by in alive) or (s.shift != 0 and later and (s.by in alive or s.by in later))
            }
            if more <= alive:
                return alive
            alive |= more

    # --- equations ------------------------------------------------------------------------------------------

    @cached_property
    def backward(self) -> tuple[Equation, ...]:
        """The adjoint equations of a step t < T, in the order in which they are computed.

        Adjoints of steps after T are zero, so that with the loss at every step they hold for t = T as well.
        """
        needed = set(self._alive_before)
        needed |= {s.by for v in self._alive_before for s in self.shares[v] if s.shift and s.by in self._alive_at_end}
        return tuple(
            Equation(self.adjoints[e.left], self._sum_before(e.left))
            for e in reversed(self.cell.steps)
            if e.left in needed
        )

    @cached_property
    def final(self) -> tuple[Equation, ...]:
        """The adjoint equations of the last step, t = T."""
        return tuple(
            Equation(self.adjoints[e.left], self._sum_at_end(e.left)).at(LENGTH)
            for e in reversed(self.cell.steps)
            if e.left in self._alive_at_end
        )

    def _sum_before(self, v: Any) -> Any:
        kept = [
            s.value
            for s in self.shares.get(v, [])
            if (s.by is None and self.at != "last")
            or (s.by is not None and s.shift == 0 and s.by in self._alive_before)
            or (s.by is not None and s.shift != 0 and s.by in self._alive_before | self._alive_at_end)
        ]
        return _total(kept, v)

    def _sum_at_end(self, v: Any) -> Any:
        kept = [
            s.value
            for s in self.shares.get(v, [])
            if s.by is None or (s.by in self._alive_at_end and s.shift == 0) or s.shift < 0
        ]
        return _total(kept, v)

    def equation_of(self, what: Any) -> Equation:
        """The gradient with respect to something as an equation, for printing and compiling."""
        key = self.key(what)
        return Equation(_gradient_name(key), self._gradient(key))

    # --- gradients ------------------------------------------------------------------------------------------

    def __getitem__(self, what: Any) -> Any:
        return self._gradient(self.key(what))

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """All that there is a gradient for: parameters, inputs, initial states."""
        in_loss = [v.at(TIME) for v in timed_in(self.loss.term) if v.role is Role.INPUT]
        more = [p for p in parameters_in(self.loss.term) if p not in self.cell.parameters]
        inputs = dict.fromkeys((*self.cell.inputs, *in_loss))
        return (*self.cell.parameters, *more, *inputs, *self.initial_states)

    @cached_property
    def initial_states(self) -> tuple[Any, ...]:
        """States before the first step that it looks at; those after the last step for what runs in reverse."""
        return initial_states(self.cell)

    def key(self, what: Any) -> Any:
        """The argument that is meant by a variable or a name.

        Raises
        ------
        CellError
            If there is no such argument; it names those that there are.
        """
        by_name = {**{self.name_of(a): a for a in self.arguments}, **{a: a for a in self.arguments}}
        if what not in by_name:
            names = ", ".join(map(self.name_of, self.arguments))
            raise CellError(f"there is a gradient with respect to {names}; asked for was {what}")
        return by_name[what]

    def _gradient(self, key: Any) -> Any:
        if key in self.initial_states:
            return self._at_border(key)
        if isinstance(key, TimedScalar | TimedMatrix):
            before = self.of_input(key)
            return before if before != _total([], key) else self.of_input(key, last=True)
        terms = self.terms(key)
        summed = [over_time(total_of(terms.every), 1, LENGTH)] if terms.every else []
        return _total([*summed, *terms.last], key)

    def terms(self, key: Any) -> Terms:
        """The parts of the gradient of a parameter: what every step gives, and what the last step alone gives."""
        found = self.shares.get(key, [])
        every = [s.value for s in found if s.by in self._alive_before or (s.by is None and self.at != "last")]
        last = [
            s.value.subs(TIME, LENGTH)
            for s in found
            if s.by not in self._alive_before and (s.by in self._alive_at_end or (s.by is None and self.at == "last"))
        ]
        return Terms(every, last)

    def of_input(self, key: Any, *, last: bool = False) -> Any:
        """The gradient with respect to an input x_t, for t < T or for t = T.

        With the loss at the last step alone, a target or the input of an output layer matters at t = T only.
        """
        alive = self._alive_at_end if last else self._alive_before
        kept = [
            s.value
            for s in self.shares.get(key, [])
            if (s.by is None and (last or self.at != "last"))
            or (s.by is not None and s.shift == 0 and s.by in alive)
            or (s.by is not None and (s.shift < 0 or (s.shift > 0 and not last)))
        ]
        return _total([value.subs(TIME, LENGTH) for value in kept] if last else kept, key)

    def _at_border(self, key: Any) -> Any:
        home, time = key.at(TIME), key.time
        kept = [
            s.value.subs(TIME, time)
            for s in self.shares.get(home, [])
            if s.by is not None and s.shift and self._inside(time + s.shift)
        ]
        return _total(kept, key)

    @staticmethod
    def _inside(step: Expr) -> bool:
        return bool(step >= 1) if step.is_Integer else bool((LENGTH - step).is_nonnegative)

    @staticmethod
    def name_of(argument: Any) -> str:
        """The name under which an argument is given: x, W, h0 for the initial state."""
        return argument_name(argument)

    @cached_property
    def runs(self) -> dict[tuple[int, int], Any]:
        """Values at explicit sizes, by the number of steps and the draw: who judges many lines needs them once."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """What it is made from; what was found on the way is found again in another process."""
        return {"cell": self.cell, "loss": self.loss, "at": self.at}

    # --- Jacobians ------------------------------------------------------------------------------------------

    @cached_property
    def jacobians(self) -> dict[tuple[Any, Any], Any]:
        """The Jacobian of each state at t with respect to each state at t-1."""
        return state_jacobians(self.cell, self.slopes_in_output)

    @property
    def jacobian(self) -> Any:
        """The Jacobian dh_t/dh_{t-1}, outputs on rows; of several states, stacked in their order.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).jacobian
        w*(1 - h[t])*h[t]
        """
        states = self.cell.states
        rows = [[self.jacobians[s, r] for r in states] for s in states]
        if len(states) == 1:
            return rows[0][0]
        return sympy.Matrix(rows) if self.cell.is_scalar else sympy.BlockMatrix(rows)


def initial_states(cell: Cell) -> tuple[Any, ...]:
    """The states outside of steps 1 to T that the equations of a cell look at."""
    found: dict[Any, None] = {}
    for equation in cell.steps:
        for v in timed_in(equation.right):
            shift = int(TIME - v.time)
            if v.role is Role.STATE and shift > 0:
                found |= dict.fromkeys(v.at(1 - k) for k in range(1, shift + 1))
            elif v.role is Role.STATE and shift < 0:
                found |= dict.fromkeys(v.at(LENGTH + k) for k in range(1, -shift + 1))
    return tuple(found)


def _total(terms: list[Any], like: Any) -> Any:
    found = total_of(terms)
    return found if found is not None else zero_like(like)


def over_time(term: Any, low: Any, high: Any, index: Any = TIME) -> Any:
    """The sum of a term over steps."""
    limits = (index, sympy.S(low), sympy.S(high))
    return TimeSum(term, limits) if isinstance(term, MatrixExpr) else sympy.Sum(term, limits)


_LOSS = TimedScalar(sympy.core.symbol.Str("loss"), sympy.core.symbol.Str(Role.INTERMEDIATE.value), TIME)
_LOSS_MATRIX = TimedMatrix(_LOSS.args[0], _LOSS.args[1], TIME, S.One, S.One)


def _adjoint_names(cell: Cell) -> list[str]:
    """hbar for a state h; delta for the pre-activation, or delta_f for the pre-activation a_f of several."""
    preactivations = list(cell.preactivations)
    sole = len(preactivations) == 1
    taken = set(cell.names)
    found = []
    for v in cell.defined:
        is_preactivation = v in preactivations
        if is_preactivation and sole:
            wanted = "delta"
        elif is_preactivation and v.name.startswith("a_"):
            wanted = "delta_" + v.name.removeprefix("a_")
        else:
            first, *below = v.name.split("_")
            wanted = "_".join([f"{first}bar", *below])
        name = next(n for n in (wanted, *(f"{wanted}_{k}" for k in range(2, 1000))) if n not in taken)
        taken.add(name)
        found.append(name)
    return found


def argument_name(argument: Any) -> str:
    """The name under which an argument is given: x, W, h0 for the initial state."""
    if isinstance(argument, TimedScalar | TimedMatrix) and argument.time != TIME:
        if argument.time.is_Integer:
            return f"{argument.name}{-int(argument.time) if argument.time < 0 else 0}"
        return f"{argument.name}_end"
    return str(argument.name)


class LossDerivative:
    """The derivative of the loss with respect to an argument, as it stands on the left of an equation."""

    args: tuple[Any, ...]

    @property
    def argument(self) -> Any:
        return self.args[0]

    @property
    def name(self) -> str:
        return f"d{argument_name(self.argument)}"

    def _sympystr(self, printer: Any) -> str:
        return self.name

    def _latex(self, printer: Any) -> str:
        return rf"\frac{{\partial L}}{{\partial {printer.doprint(self.argument)}}}"


class _MatrixDerivative(LossDerivative, MatrixExpr):  # type: ignore[misc]
    @property
    def shape(self) -> Any:
        return self.argument.shape


class _ScalarDerivative(LossDerivative, Expr):  # type: ignore[misc]
    is_commutative = True


def _gradient_name(argument: Any) -> Any:
    return (_MatrixDerivative if shape_of(argument) else _ScalarDerivative)(argument)
