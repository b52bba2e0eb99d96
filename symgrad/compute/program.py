"""Programs: the forward and backward equations of a cell as straight-line code per time step, for every backend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import sympy
from sympy.core.symbol import Str

from symgrad.compute.lowering import Lowering
from symgrad.compute.nodes import FUNCTIONS, Node, add, divide
from symgrad.recurrent.backward import Backward
from symgrad.recurrent.cell import Cell
from symgrad.vectors import LENGTH, TIME, Role, Timed, TimedMatrix, TimedScalar

LOSS = "loss"
EXPONENT, LOST = "exponent", "lost"  # results of a program whose products are rescaled, besides its value


class Steps(Enum):
    """At which steps a line is computed."""

    EVERY = "t = 1, ..., T"
    BEFORE_LAST = "t = 1, ..., T-1"
    LAST = "t = T"
    BORDER = "before the first step or after the last"


@dataclass(frozen=True)
class Line:
    """What a target is at its steps; where the target is a name and not a variable, the sum over them.

    Attributes
    ----------
    target : Timed or str
        A variable, which has a value at each step; or the name of a result, which has one in all.
    node : Node
        Relative to the step.
    steps : Steps
    at : Expr
        The step, if it is one only.
    """

    target: Any
    node: Node
    steps: Steps
    at: Any = TIME

    @cached_property
    def reads(self) -> frozenset[tuple[Any, int]]:
        """The variables that it reads, and how many steps away."""
        return frozenset(n.data for n in self.node.walk() if n.op == "timed")


@dataclass(frozen=True)
class Program:
    """Straight-line code per time step.

    Attributes
    ----------
    lines : tuple of Line
        Forward equations, loss, adjoint equations, gradients, in an order in which each finds what it needs.
    arguments : dict of str to object
        Parameters, inputs and initial states by the names under which they are given.
    states : tuple of Timed
        What is given back step by step.
    gradients : dict of str to object
        By argument: the variable or the name of the result that is its gradient.
    identities : tuple of Timed
        Products of Jacobians: before the first step they are the identity.
    rescaled : tuple of Timed
        Numbers, linear in those of the step before, that are divided by powers of two, the same for all, when they get
        too small or too large. `EXPONENT` is the sum of those, and `LOST` tells where one step alone left the range.
    """

    lines: tuple[Line, ...]
    arguments: dict[str, Any]
    states: tuple[Any, ...]
    gradients: dict[str, Any]
    identities: tuple[Any, ...] = ()
    rescaled: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """The program as a function in NumPy that can be pasted; see `printing.code_of`."""
        from symgrad.compute.printing import code_of

        return code_of(self)

    @property
    def adjoints(self) -> set[Any]:
        """The variables of the backward sweep."""
        return {line.target for line in self.lines if is_adjoint(line.target)}


def is_adjoint(target: Any) -> bool:
    return isinstance(target, Timed) and target.role is Role.ADJOINT


class Equations(Backward):
    """The equations of a program: slopes are f'(a), so that each is computed where it keeps its digits."""

    slopes_in_output = False


def program_of(grad: Backward) -> Program:
    """The program of a loss and of all its gradients.

    Slopes are left as f'(a), whatever the equations of `grad` say, so that each is computed where it keeps its digits.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> program = program_of(sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h))
    >>> [str(line.target) for line in program.lines]
    ['a[t]', 'h[t]', 'loss', 'hbar[t]', 'shared1[t]', 'delta[t]', 'hbar[t]', 'delta[t]', 'dw', 'dh0']
    """
    equations = grad if isinstance(grad, Equations) else Equations(grad.cell, grad.loss, grad.at)
    lines = [*forward_lines(grad.cell), *_loss(equations), *_backward(equations)]
    gradients: dict[str, Any] = {}
    for key in equations.arguments:
        name = equations.name_of(key)
        gradients[name] = _gradient_target(equations, key)
        lines += _gradient(equations, key, gradients[name])
    arguments = {equations.name_of(key): key for key in equations.arguments}
    return Program(tuple(shared(lines)), arguments, grad.cell.states, gradients)


def forward_lines(cell: Cell) -> Iterator[Line]:
    """The equations of a cell."""
    for equation in cell.steps:
        yield Line(equation.left, Lowering().node(equation.right), Steps.EVERY)


def _loss(grad: Backward) -> Iterator[Line]:
    if grad.at == "last":
        yield Line(LOSS, Lowering().node(grad.loss.term), Steps.LAST, LENGTH)
    else:
        term = Lowering().node(grad.loss.term)
        yield Line(LOSS, divide(term, Node("length")) if grad.at == "mean" else term, Steps.EVERY)


def _backward(grad: Backward) -> Iterator[Line]:
    for equation in grad.final:
        yield _last(equation.left.at(TIME), equation.right)
    for equation in grad.backward:
        yield Line(equation.left, Lowering().node(equation.right), Steps.BEFORE_LAST)


def _last(target: Any, value: Any) -> Line:
    return Line(target, Lowering(LENGTH).node(value), Steps.LAST, LENGTH)


def _gradient_target(grad: Backward, key: Any) -> Any:
    name = f"d{grad.name_of(key)}"
    if not _is_in_time(key):
        return name
    return key.func(Str(name), Str(Role.ADJOINT.value), *key.args[2:])


def _is_in_time(key: Any) -> bool:
    return isinstance(key, Timed) and bool(key.time == TIME)


def _gradient(grad: Backward, key: Any, target: Any) -> Iterator[Line]:
    if _is_in_time(key):
        yield _last(target, grad.of_input(key, last=True))
        yield Line(target, Lowering().node(grad.of_input(key)), Steps.BEFORE_LAST)
    elif key in grad.initial_states:
        yield Line(target, Lowering(key.time).node(grad[key]), Steps.BORDER, key.time)
    else:
        terms = grad.terms(key)
        if terms.every:
            yield Line(target, add(*(Lowering().node(e) for e in terms.every)), Steps.EVERY)
        if terms.last:
            yield Line(target, add(*(Lowering(LENGTH).node(e) for e in terms.last)), Steps.LAST, LENGTH)


# --- what several lines use ---------------------------------------------------------------------------------------

COSTLY = {"call", "softmax", "logsumexp", *FUNCTIONS} - {"abs", "sign"}


def shared(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with a line of its own for every costly value of a step that several of them use."""
    given = list(lines)
    users: dict[Node, set[int]] = {}
    homes = {(line.target, 0): line.node for line in given if line.steps is Steps.EVERY}
    for place, line in enumerate(given):
        for node in line.node.walk():
            if node.op in COSTLY and any(n.op == "timed" for n in node.walk()):
                users.setdefault(node, set()).add(place)
    own = {node: variable for (variable, _), node in homes.items() if isinstance(variable, Timed)}
    made: dict[Node, Any] = {}
    for node, places in users.items():
        if len(places) > 1 and node not in own and all(given[p].steps is not Steps.BORDER for p in places):
            made[node] = _named(node, len(made) + 1)
    table = {node: Node("timed", (), node.shape, (variable, 0)) for node, variable in {**own, **made}.items()}
    waiting = dict(made)
    for line in given:
        for node in line.node.walk():
            if node in waiting:
                inside = rebuilt(node, {k: v for k, v in table.items() if k is not node})
                yield Line(waiting.pop(node), inside, Steps.EVERY)
        kept = {k: v for k, v in table.items() if own.get(k) != line.target}
        yield Line(line.target, rebuilt(line.node, kept), line.steps, line.at)


def _named(node: Node, number: int) -> Any:
    name, role = Str(f"shared{number}"), Str(Role.INTERMEDIATE.value)
    if not node.shape:
        return TimedScalar(name, role, TIME)
    return TimedMatrix(name, role, TIME, *(node.shape if len(node.shape) == 2 else (*node.shape, sympy.S.One)))


def rebuilt(node: Node, table: dict[Node, Node]) -> Node:
    """The node with others in place of some below it."""
    done: dict[Node, Node] = {}
    for part in node.walk():
        if part in table:
            done[part] = table[part]
        elif part.args:
            done[part] = Node(part.op, [done[a] for a in part.args], part.shape, part.data)
        else:
            done[part] = part
    return done[node]
