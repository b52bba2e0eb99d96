"""Backpropagation through time: the equations of a cell differentiated in reverse, and the gradients."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import sympy
from sympy import Expr, MatrixBase, MatrixExpr, OneMatrix, S, Symbol

from symgrad.base.errors import CellError
from symgrad.base.kinds import shown
from symgrad.recurrent.cells.cell import (
    Cell,
    Equation,
    argument_name,
    borders_of,
    demand_one_meaning,
    demand_own_names,
    demand_real,
    free_name,
    shift_of,
)
from symgrad.recurrent.cells.losses import Loss, as_loss
from symgrad.recurrent.cells.matrix_algebra import total_of
from symgrad.recurrent.gradients import one_step
from symgrad.recurrent.gradients.loss_derivatives import gradient_name
from symgrad.recurrent.gradients.one_step import Share, state_jacobians
from symgrad.symbols import (
    LENGTH,
    TIME,
    Role,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    adjoint,
    parameters_in,
    timed_in,
    zero_like,
)

PLACES = ("last", "every", "mean")


def checked_loss(cell: Cell, loss: object, at: str) -> Loss:
    """The loss, if it is one of this cell.

    Raises
    ------
    CellError, ShapeError
        If it is no scalar, names what the cell does not have, or depends on nothing in the cell.
    """
    if not isinstance(cell, Cell):
        raise CellError(f"gradients are those of a Cell; got {type(cell).__name__}")
    if not isinstance(at, str) or at not in PLACES:
        raise CellError(f"at is one of {', '.join(PLACES)}; got {shown(at)}")
    found = as_loss(loss)
    _check_loss(cell, found)
    return found


def _check_loss(cell: Cell, loss: Loss) -> None:
    where = f"the loss {loss}"
    demand_real(loss.term, where)
    known = {v.key for v in (*cell.defined, *cell.inputs)}
    names = {v.name: v for v in (*cell.defined, *cell.inputs, *cell.parameters)}
    for v in timed_in(loss.term):
        if v.role is not Role.INPUT and v.key not in known:
            raise CellError(f"{where} names {v}; the cell has {', '.join(cell.names)}")
        try:
            shift_of(v)
        except CellError as error:
            raise CellError(f"{where}: {error}") from None
        if v.role is Role.INPUT and v.name in {p.name for p in (*cell.defined, *cell.parameters)}:
            raise CellError(f"{where}: the cell has another {v.name}; give the target a name of its own")
    for v in (*timed_in(loss.term), *parameters_in(loss.term)):
        demand_one_meaning(v, names, where)
    if not any(v.key in {d.key for d in cell.defined} for v in timed_in(loss.term)):
        raise CellError(f"{where} depends on nothing that the cell computes: {', '.join(cell.names)}")
    demand_own_names((*cell.borders, *borders_of(loss.term)), names.values(), where)


class Terms(NamedTuple):
    """The parts of a gradient: of every step at step t, of single steps at those steps, T mostly."""

    every: list[Any]
    last: list[Any]


@dataclass(frozen=True)
class Backward:
    """The equations of a cell differentiated in reverse: adjoint equations, then the gradients.

    One law says what stands in them. Each use of a variable by an equation, or by the loss of a step, gives a share of
    an adjoint: that of the equation, so many steps after the variable. Adjoints of steps outside of 1 to T are zero,
    and a product with one is never evaluated. The adjoint of the loss of a step is 1 where that counts, or 1/T for the
    mean, and else 0; it is written out where it is known, which for a loss of the values of its own step is everywhere.

    Parameters
    ----------
    cell : Cell
        The forward equations.
    loss : Loss
        What one step adds to the loss.
    at : {"last", "every", "mean"}
        At which steps the loss is taken.
    """

    cell: Cell
    loss: Loss
    at: str
    slopes_in_output: ClassVar[bool] = True  # as papers write them; programs keep f'(a)

    # --- adjoints -------------------------------------------------------------------------------------------

    @cached_property
    def adjoints(self) -> dict[Expr, Expr]:
        """The adjoint of every variable that has an equation, both at step t."""
        return self._named_adjoints

    @cached_property
    def _named_adjoints(self) -> dict[Expr, Expr]:
        return {v: adjoint(name, v) for v, name in zip(self.cell.defined, _adjoint_names(self.cell, self.loss))}

    @cached_property
    def loss_adjoint(self) -> TimedScalar:
        """The adjoint of the loss of step t."""
        taken = {*self.cell.names, *(v.name for v in self.adjoints.values()), *map(self.name_of, self.arguments)}
        return adjoint(free_name("lossbar", taken), _LOSS)

    @cached_property
    def shares(self) -> dict[Expr, list[Share]]:
        """All shares by what gets them, of the equations, in reverse, and of the loss."""
        return self._direct_shares

    @cached_property
    def _direct_shares(self) -> dict[Expr, list[Share]]:
        found: dict[Expr, list[Share]] = {}
        loss = self._loss_shares
        for share in (
            *loss,
            *(s for e in reversed(self.cell.steps) for s in self._shares_of(e, self._named_adjoints[e.left])),
        ):
            found.setdefault(share.of, []).append(share)
        return found

    def _shares_of(self, equation: Equation, of_left: Expr) -> tuple[Share, ...]:
        return one_step.shares(equation, of_left, self.slopes_in_output)

    @cached_property
    def _loss_shares(self) -> tuple[Share, ...]:
        seed = OneMatrix(1, 1) if isinstance(self.loss.term, MatrixExpr) else S.One
        found = self._shares_of(Equation(self.loss.term, self.loss.term), seed)
        weight = 1 / LENGTH if self.at == "mean" else S.One
        return tuple(Share(s.of, None, s.shift, s.value if weight == 1 else weight * s.value) for s in found)

    @cached_property
    def last_steps(self) -> int:
        """How many of the last steps have adjoint equations of their own, with step T."""
        later = max((s.shift for found in self.shares.values() for s in found if s.by is None), default=0)
        return max(1, later + (self.at == "last"))

    @cached_property
    def runs_in_reverse(self) -> bool:
        """Whether some value that is computed is used at earlier steps, as in the half of a bidirectional network."""
        return any(s.shift < 0 for of, found in self.shares.items() if of in self.adjoints for s in found)

    @cached_property
    def looks_ahead(self) -> bool:
        """Whether an equation or the loss looks at later steps, if of inputs only."""
        return any(s.shift < 0 for found in self.shares.values() for s in found)

    @cached_property
    def _alive(self) -> dict[Any, set[Expr]]:
        """What has an adjoint other than zero: so many steps before T, and at the steps before all of those."""
        alive: dict[Any, set[Expr]] = {place: set() for place in (*range(self.last_steps), _BEFORE)}
        while True:
            more = {
                (place, of)
                for place in alive
                for of, found in self.shares.items()
                if of in self.adjoints and of not in alive[place]
                for s in found
                if self._reaches(s, place, alive)
            }
            if not more:
                return alive
            for place, of in more:
                alive[place].add(of)

    def _reaches(self, share: Share, place: Any, alive: Mapping[Any, set[Expr]]) -> bool:
        """Whether a share is other than zero for a variable at such a step."""
        if share.by is None:
            time = TIME if place == _BEFORE else LENGTH - place
            return bool(self._loss_adjoint_at(time, share.shift) != 0)
        if share.shift < 0:  # steps from both ends of the sequence come together
            return any(share.by in found for found in alive.values())
        if place != _BEFORE:
            source = place - share.shift
            return source >= 0 and share.by in alive[source]
        later = range(max(0, self.last_steps - share.shift), self.last_steps)
        return share.by in alive[_BEFORE] or any(share.by in alive[k] for k in later)

    def _loss_adjoint_at(self, time: Expr, shift: int) -> Expr:
        """The adjoint of the loss so many steps after a step, in units of its weight: 1, 0, or its name.

        The step is t, one of 1 to T - `last_steps`; or one of the last ones; or one outside of 1 to T.
        """
        step = sympy.expand(time + shift)
        named = self._named_weight(step)
        from_end = step - LENGTH
        if step.is_Integer:
            return S.Zero if step < 1 else S.One if step == 1 and self.at != "last" else named
        if from_end.is_Integer and (from_end > 0 or self.at == "last"):
            return S.One if from_end == 0 else S.Zero
        if self.at == "last":
            return S.Zero
        return S.One if shift >= 0 or from_end == 0 else named

    # --- equations ------------------------------------------------------------------------------------------

    @cached_property
    def order(self) -> tuple[Expr, ...]:
        """The variables in the order in which the adjoints of one step are computed."""
        return tuple(e.left for e in reversed(self.cell.steps))

    @cached_property
    def backward(self) -> tuple[Equation, ...]:
        """The adjoint equations of a step before the last ones, a tuple in the order in which they are computed.

        That is t < T, but where the loss looks at earlier steps: then `final` has some more of the last steps. Adjoints
        of steps after T are zero, so that with the loss at every step they hold for t = T as well.
        """
        needed = set(self._alive[_BEFORE])
        at_end = set().union(*(self._alive[k] for k in range(self.last_steps)))
        needed |= {s.by for v in self._alive[_BEFORE] for s in self.shares[v] if s.shift and s.by in at_end}
        return tuple(Equation(self.adjoints[v], self._sum_at(v, TIME)) for v in self.order if v in needed)

    @cached_property
    def final(self) -> tuple[Equation, ...]:
        """The adjoint equations of the last step, t = T, then of those before it that have equations of their own.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> for equation in sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), sg.half_squared_error(h)).final:
        ...     print(equation)
        hbar[T] = h[T] - target[T]
        delta[T] = (1 - h[T]**2)*hbar[T]
        """
        return tuple(
            Equation(self.adjoints[v].at(LENGTH - k), self._sum_at(v, LENGTH - k))
            for k in range(self.last_steps)
            for v in self.order
            if v in self._alive[k]
        )

    def adjoint_equation(self, name: Expr) -> Equation:
        """The equation of an adjoint at the step at which it stands; zero where no share reaches it.

        Parameters
        ----------
        name : variable
            One of the values of `adjoints`, at any step of 1 to T, such as ``hbar.at(sg.LENGTH)``.

        Returns
        -------
        Equation
            That of `final` at the last steps, that of `backward` at the others.
        """
        nothing = Equation(name, zero_like(name))
        steps_before = sympy.expand(LENGTH - name.time)
        if steps_before.is_Integer and 0 <= steps_before < self.last_steps:
            return next((e for e in self.final if e.left == name), nothing)
        if name.time.is_Integer and (of := self._of_adjoint.get(name.key)) is not None:
            return Equation(name, self.at_number(of, int(name.time)))
        return next((e.at(name.time) for e in self.backward if e.left == name.at(TIME)), nothing)

    def at_number(self, of: Expr, step: int) -> Expr:
        """All shares that something gets at a step, a number before the last ones: there are none of step 0.

        Parameters
        ----------
        of : variable
            A value of the cell or an input, at step t.
        step : int

        Returns
        -------
        Expr
        """
        found = [s for s in self.shares.get(of, []) if step + s.shift >= 1]
        return _total([v for s in found for v in self._value_at(s, TIME, _BEFORE)], of).subs(TIME, step)

    def ahead(self, adjoint: Expr) -> int:
        """How many steps before an adjoint the earliest equation is that gives it a share, 0 if none is.

        Parameters
        ----------
        adjoint : variable
            One of the values of `adjoints`, at any step.

        Returns
        -------
        int
        """
        return max([0, *(-s.shift for s in self.shares.get(self._of_adjoint.get(adjoint.key), []))])

    @cached_property
    def _of_adjoint(self) -> dict[tuple[str, str], Expr]:
        """What an adjoint is one of, by the key of the adjoint."""
        return {adjoint.key: of for of, adjoint in self.adjoints.items()}

    def _sum_at(self, of: Expr, time: Expr) -> Expr:
        """All shares that something gets at a step: t, one of the last ones, or one outside of 1 to T."""
        steps_before = sympy.expand(LENGTH - time)
        is_last = steps_before.is_Integer and steps_before >= 0
        place = int(steps_before) if is_last else _BEFORE if time == TIME else None
        return _total([v for s in self.shares.get(of, []) for v in self._value_at(s, time, place)], of)

    def _value_at(self, share: Share, time: Expr, place: object) -> Iterator[Expr]:
        if share.by is None:
            weight = self._loss_adjoint_at(time, share.shift)
            if weight != 0:
                value = share.value.subs(TIME, time)
                yield value if weight == 1 else weight * value
        elif self._reaches(share, place, self._alive) if place is not None else self._is_used(share, time):
            yield share.value.subs(TIME, time)

    def _is_used(self, share: Share, time: Expr) -> bool:
        """Whether the equation of a share is one of steps 1 to T, for a value outside of them."""
        step = sympy.expand(time + share.shift)
        is_inside = step >= 1 if step.is_Integer else step - LENGTH <= 0
        return bool(is_inside) and any(share.by in found for found in self._alive.values())

    def _sum_wherever(self, of: Expr) -> Any:
        """All shares that something gets at step t, whichever of 1 to T that is.

        Adjoints of the loss are named where they are not 1 at all of them.
        """
        used = set().union(*self._alive.values())
        counts = self.at != "last"
        found = []
        for share in self.shares.get(of, []):
            if share.by is None:
                weight = S.One if counts and share.shift == 0 else self._named_weight(TIME + share.shift)
                found.append(share.value if weight == 1 else weight * share.value)
            elif share.by in used:
                found.append(share.value)
        return _total(found, of)

    def _named_weight(self, step: Expr) -> Expr:
        """The adjoint of the loss of a step by its name, in units of its weight."""
        return self.loss_adjoint.at(step) * (LENGTH if self.at == "mean" else 1)

    def equation_of(self, what: object) -> Equation:
        """The gradient with respect to something as an equation, for printing and compiling.

        Parameters
        ----------
        what : Parameter, Input, State or str
            One of `arguments`, or its name, such as ``"h0"``.

        Returns
        -------
        Equation
            Its right side is ``grad[what]``, in the shape of the argument: of a parameter the sum over all steps, of an
            input or a target that at step t, for each t from 1 to T. There lossbar[t] is the adjoint of the loss of
            step t: 1 where that counts, 1/T for the mean, and else 0. Adjoints of other steps, and those that
            `backward` or `final` leave out, are 0, and a product with one is 0.

        Raises
        ------
        CellError
            If there is no gradient with respect to it.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h)
        >>> grad.equation_of("w"), grad.equation_of("h0")
        (dw = Sum(delta[t]*h[t-1], (t, 1, T)), dh0 = w*delta[1])

        An input that acts on the loss of the last step, besides the states:

        >>> x = sg.Input("x")
        >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), x * h)
        >>> grad.equation_of(x), grad.of_input(x, last=True)
        (dx = delta[t] + h[t]*lossbar[t], delta[T] + h[T])
        """
        key = self.key(what)
        return Equation(gradient_name(key), self._gradient(key))

    # --- gradients ------------------------------------------------------------------------------------------

    def __getitem__(self, what: Any) -> Expr:
        return self._gradient(self.key(what))

    @cached_property
    def arguments(self) -> tuple[Expr, ...]:
        """All that there is a gradient for, namely parameters, inputs and targets, and values outside of the steps."""
        in_loss = [v.at(TIME) for v in timed_in(self.loss.term) if v.role is Role.INPUT]
        more = [p for p in parameters_in(self.loss.term) if p not in self.cell.parameters]
        inputs = dict.fromkeys((*self.cell.inputs, *in_loss))
        return (*self.cell.parameters, *more, *inputs, *self.borders)

    @cached_property
    def borders(self) -> tuple[Expr, ...]:
        """What the cell and the loss read outside of steps 1 to T."""
        return tuple(dict.fromkeys((*self.cell.borders, *borders_of(self.loss.term, self.at == "last"))))

    @cached_property
    def initial_states(self) -> tuple[Expr, ...]:
        """States before the first step that it looks at; those after the last step for what runs in reverse."""
        return tuple(v for v in self.borders if v.role is Role.STATE)

    def key(self, what: Any) -> Expr:
        """The argument that is meant by a variable or a name.

        Parameters
        ----------
        what : Parameter, Input, State or str
            One of `arguments`, or its name.

        Returns
        -------
        Parameter, Input or State
            That of `arguments`.

        Raises
        ------
        CellError
            If there is no such argument; it names those that there are.
        """
        by_name = {**{self.name_of(a): a for a in self.arguments}, **{a: a for a in self.arguments}}
        if not isinstance(what, Hashable) or what not in by_name:
            names = ", ".join(map(self.name_of, self.arguments))
            asked = what if isinstance(what, str) else shown(what)
            raise CellError(f"there is a gradient with respect to {names}; asked for was {asked}")
        return by_name[what]

    def _gradient(self, key: Expr) -> Expr:
        if key in self.borders:
            return self._sum_at(key.at(TIME), key.time)
        if isinstance(key, TimedScalar | TimedMatrix):
            return self._sum_wherever(key)
        terms = self.terms(key)
        summed = [over_time(total_of(terms.every), 1, LENGTH)] if terms.every else []
        return _total([*summed, *terms.last], key)

    def terms(self, key: Expr) -> Terms:
        """The parts of the gradient of a parameter: what every step gives, and what single steps alone give.

        Parameters
        ----------
        key : Parameter
            One of `arguments`.

        Returns
        -------
        Terms
            As `every` formulas at step t that are summed over 1 to T, as `last` formulas that are added to the sum.
        """
        found, before = self.shares.get(key, []), self._alive[_BEFORE]
        every = [s.value for s in found if s.by in before or (s.by is None and self.at != "last")]
        last = [
            s.value.subs(TIME, LENGTH - k)
            for k in range(self.last_steps)
            for s in found
            if s.by not in before and (s.by in self._alive[k] or (s.by is None and self.at == "last" and not k))
        ]
        return Terms(every, last)

    def of_input(self, key: Expr, *, last: bool = False, before: int | None = None) -> Expr:
        """The gradient with respect to an input x_t, for t < T or for t = T, or so many steps before T; see `backward`.

        With the loss at the last step alone, a target or the input of an output layer matters at t = T only.

        Parameters
        ----------
        key : Input
            An input of the cell or of the loss, at step t.
        last : bool
            Whether that of step T is meant.
        before : int, optional
            That of so many steps before T, less than `last_steps`.

        Returns
        -------
        Expr
            In the shape of the input.
        """
        return self._sum_at(key, LENGTH - before if before is not None else LENGTH if last else TIME)

    @staticmethod
    def name_of(argument: Expr) -> str:
        """The name under which an argument is given: x, W, h0 for the initial state.

        Parameters
        ----------
        argument : Parameter, Input or State
            One of `arguments`.

        Returns
        -------
        str
            Its name in `Run.__call__` and `Output.gradients`.
        """
        return argument_name(argument)

    @cached_property
    def runs(self) -> dict[tuple[int, int], Any]:
        """Values at explicit sizes, by the number of steps and the draw; who judges many lines needs them once."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """What it is made from; what was found on the way is found again in another process."""
        return {"cell": self.cell, "loss": self.loss, "at": self.at}

    # --- Jacobians ------------------------------------------------------------------------------------------

    @cached_property
    def jacobians(self) -> dict[tuple[Expr, Expr], Expr]:
        """The Jacobian of each state at t with respect to each state at t-1."""
        return state_jacobians(self.cell, self.slopes_in_output)

    @property
    def jacobian(self) -> Expr | MatrixBase:
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


def _total(terms: list[Expr], like: Expr) -> Expr:
    found = total_of(terms)
    return found if found is not None else zero_like(like)


def over_time(term: Expr, low: Expr | int, high: Expr, index: Symbol = TIME) -> Expr:
    """The sum of a term over steps."""
    limits = (index, sympy.S(low), sympy.S(high))
    if isinstance(term, MatrixExpr):
        return TimeSum(term, limits)
    try:
        return sympy.Sum(term, limits)
    except RecursionError:  # SymPy takes cases within matrices, beside other cases, apart for ever
        return sympy.Trace(TimeSum(sympy.MatMul(term, OneMatrix(1, 1)), limits))


_LOSS = TimedScalar(sympy.core.symbol.Str("loss"), sympy.core.symbol.Str(Role.INTERMEDIATE.value), TIME)
_BEFORE = "before"


def _adjoint_names(cell: Cell, loss: Loss) -> list[str]:
    """hbar for a state h; delta for the pre-activation, or delta_f for the pre-activation a_f of several."""
    preactivations = list(cell.preactivations)
    sole = len(preactivations) == 1
    taken = {*cell.names, *(v.name for v in (*timed_in(loss.term), *parameters_in(loss.term)))}
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
        name = free_name(wanted, taken)
        taken.add(name)
        found.append(name)
    return found
