"""Programs: the forward and backward equations of a cell as straight-line code per time step, for every backend."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property, partial
from typing import Any

import sympy
from sympy import Expr, MatrixExpr
from sympy.core.symbol import Str

from symgrad.base.shown import ABOVE
from symgrad.compute.program.complements import WITH_DIGITS
from symgrad.compute.program.lowering import Lowering, timed
from symgrad.compute.program.nodes import FUNCTIONS, Node, add, divide
from symgrad.recurrent.cells.cell import Cell, free_name
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.one_step import Share
from symgrad.symbols import LENGTH, TIME, Role, Timed, TimedMatrix, TimedScalar, shape_of

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
    copies : dict of Timed to Timed
        By input that is read outside of the steps too: the variable that has its values and those, as states have.
    """

    lines: tuple[Line, ...]
    arguments: dict[str, Expr]
    states: tuple[Expr, ...]
    gradients: dict[str, Any]
    identities: tuple[TimedScalar, ...] = ()
    rescaled: tuple[Any, ...] = ()
    copies: Mapping[Any, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The program as a function in NumPy that can be pasted; see `printing.code_of`."""
        return ABOVE["program"](self)

    @cached_property
    def parts(self) -> tuple[Node, ...]:
        """The slices that fit some sizes only."""
        slices = dict.fromkeys(n for line in self.lines for n in line.node.walk() if n.op == "slice")
        return tuple(n for n in slices if any(e.free_symbols for e in (*n.args[0].shape, *sum(n.data, ()))))

    @cached_property
    def is_scalar(self) -> bool:
        """Whether no vector or matrix stands in it."""
        given = any(map(shape_of, self.arguments.values()))
        return not given and not any(node.shape for line in self.lines for node in line.node.walk())

    @cached_property
    def sizes(self) -> tuple[Any, ...]:
        """The symbols of the sizes that stand in it."""
        nodes = {node for line in self.lines for node in line.node.walk()}
        found = {size for node in nodes for size in node.shape}
        found |= {node.data for node in nodes if node.op == "size"}
        return tuple(sorted(set().union(*(size.free_symbols for size in found)), key=str))

    @property
    def adjoints(self) -> set[Any]:
        """The variables of the backward sweep."""
        return {line.target for line in self.lines if is_adjoint(line.target)}

    def series_of(self, border: Expr) -> Expr:
        """The variable of which a value outside of the steps is one."""
        home = border.at(TIME)
        return self.copies.get(home, home)

    def with_copies(self) -> Program:
        """The same with a variable of its own for each input that is read outside of the steps."""
        borders = (k for k in self.arguments.values() if isinstance(k, Timed) and k.time != TIME)
        inputs = dict.fromkeys(k.at(TIME) for k in borders if k.role is Role.INPUT)
        taken = {*names_in(self.lines), *self.arguments}
        copies: dict[Expr, Expr] = {}
        for x in inputs:
            name = free_name(f"{x.name}_steps", taken)
            taken.add(name)
            copies[x] = x.func(Str(name), Str(Role.INTERMEDIATE.value), *x.args[2:])
        if not copies:
            return self
        reads = {n for line in self.lines for n in line.node.walk() if n.op == "timed" and n.data[0] in copies}
        table = {n: Node("timed", (), n.shape, (copies[n.data[0]], n.data[1])) for n in reads}
        made = (Line(copy, timed(x), Steps.EVERY) for x, copy in copies.items())
        lines = (*made, *(replace(line, node=rebuilt(line.node, table)) for line in self.lines))
        return replace(self, lines=lines, copies=copies)


def names_in(lines: Iterable[Line]) -> set[str]:
    """The names of all variables of lines."""
    given = list(lines)
    read = {v.name for line in given for v, _ in line.reads}
    return read | {line.target.name for line in given if isinstance(line.target, Timed)}


def is_adjoint(target: object) -> bool:
    return isinstance(target, Timed) and target.role is Role.ADJOINT


class Equations(Backward):
    """The equations of a program: slopes are f'(a), so that each is computed where it keeps its digits.

    Shares that go to the same step or the one before are computed where they arrive, all others at the step that gives
    them, as a variable of their own, which is 0 outside of the steps. So nothing is computed from what does not exist.
    """

    slopes_in_output = False

    @classmethod
    def of(cls, grad: Backward) -> Equations:
        return grad if isinstance(grad, Equations) else cls(grad.cell, grad.loss, grad.at)

    @cached_property
    def adjoints(self) -> dict[Expr, Expr]:
        return self._named_adjoints | {v: v for v in self._sent}

    @cached_property
    def order(self) -> tuple[Expr, ...]:
        found = [e.left for e in reversed(self.cell.steps)]
        for sent, share in reversed(self._sent.items()):
            found.insert(found.index(share.by) + 1 if share.by is not None else 0, sent)
        return tuple(found)

    @cached_property
    def _sent(self) -> dict[Expr, Share]:
        """The shares that are computed at the step that gives them, by the variables that they are."""
        taken = {*self.cell.names, *(v.name for v in self._named_adjoints.values())}
        found: dict[Expr, Share] = {}
        for share in (s for shares in self._direct_shares.values() for s in shares if _goes_far(s)):
            name = free_name("sent", taken)
            taken.add(name)
            found[variable_like(name, Role.ADJOINT, share.value)] = share
        return found

    @cached_property
    def shares(self) -> dict[Expr, list[Share]]:
        found = {of: [s for s in shares if not _goes_far(s)] for of, shares in self._direct_shares.items()}
        for sent, share in self._sent.items():
            found[share.of].append(Share(share.of, sent, share.shift, sent.at(TIME + share.shift)))
            found[sent] = [Share(sent, share.by, 0, share.value.subs(TIME, TIME - share.shift))]
        return found


def _goes_far(share: Share) -> bool:
    return share.shift not in (0, 1) or (share.by is None and share.shift != 0)


def variable_like(name: str, role: Role, value: Expr) -> Any:
    """A variable of the shape of a value."""
    facts = Str(name), Str(role.value), TIME
    return TimedMatrix(*facts, *value.shape) if isinstance(value, MatrixExpr) else TimedScalar(*facts)


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
    equations = Equations.of(grad)
    lines = [*forward_lines(grad.cell), *_loss(equations), *backward_lines(equations)]
    gradients: dict[str, Any] = {}
    for key in equations.arguments:
        name = equations.name_of(key)
        gradients[name] = gradient_target(equations, key)
        lines += gradient_lines(equations, key, gradients[name])
    arguments = {equations.name_of(key): key for key in equations.arguments}
    return Program(tuple(shared(with_complements(lines))), arguments, grad.cell.states, gradients).with_copies()


def forward_lines(cell: Cell) -> Iterator[Line]:
    """The equations of a cell."""
    for equation in cell.steps:
        yield Line(equation.left, Lowering().node(equation.right), Steps.EVERY)


def _loss(grad: Equations) -> Iterator[Line]:
    if grad.at == "last":
        yield Line(LOSS, Lowering().node(grad.loss.term), Steps.LAST, LENGTH)
    else:
        term = Lowering().node(grad.loss.term)
        yield Line(LOSS, divide(term, Node("length")) if grad.at == "mean" else term, Steps.EVERY)


def backward_lines(grad: Equations) -> Iterator[Line]:
    """The equations of the adjoints."""
    for equation in grad.final:
        yield _last(equation.left.at(TIME), equation.right)
    for equation in grad.backward:
        yield Line(equation.left, Lowering().node(equation.right), Steps.BEFORE_LAST)


def _last(target: Expr, value: Expr) -> Line:
    return Line(target, Lowering(LENGTH).node(value), Steps.LAST, LENGTH)


def gradient_target(grad: Equations, key: Expr) -> Any:
    """The variable or the name of the result that the gradient with respect to an argument is."""
    name = f"d{grad.name_of(key)}"
    if not _is_in_time(key):
        return name
    name = free_name(name, (v.name for v in grad.adjoints.values()))
    return key.func(Str(name), Str(Role.ADJOINT.value), *key.args[2:])


def _is_in_time(key: Expr) -> bool:
    return isinstance(key, Timed) and bool(key.time == TIME)


def gradient_lines(grad: Equations, key: Expr, target: object) -> Iterator[Line]:
    """What the gradient with respect to an argument is made of."""
    if _is_in_time(key):
        yield _last(target, grad.of_input(key, last=True))
        yield Line(target, Lowering().node(grad.of_input(key)), Steps.BEFORE_LAST)
    elif key in grad.borders:
        yield Line(target, Lowering(key.time).node(grad[key]), Steps.BORDER, key.time)
    else:
        terms = grad.terms(key)
        if terms.every:
            yield Line(target, add(*(Lowering().node(e) for e in terms.every)), Steps.EVERY)
        if terms.last:
            yield Line(target, add(*(Lowering(LENGTH).node(e) for e in terms.last)), Steps.LAST, LENGTH)


# --- what a value leaves of 1 --------------------------------------------------------------------------------------


def with_complements(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with a form that keeps its digits for what a named value leaves of 1, such as 1 - z of a gate z.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w, z = sg.State("h"), sg.Parameter("w"), sg.Intermediate("z")
    >>> *_, update = with_complements(forward_lines(sg.Cell({z: sg.sigmoid(w), h: (1 - z) * h.prev})))
    >>> [node.data for node in update.node.walk() if node.op == "call"]
    [('sigmoid', 'value')]
    """
    given = list(lines)
    forward = (line for line in given if line.steps is Steps.EVERY and isinstance(line.target, Timed))
    homes = {line.target: line.node for line in forward if not is_adjoint(line.target)}
    for line in given:
        table: dict[Node, Node] = {}
        for node in line.node.walk():
            if node.op in WITH_DIGITS:
                found = rebuilt(node, table) if table else node
                kept = WITH_DIGITS[node.op](found, partial(_meaning, line=line, homes=homes))
                table |= {node: kept} if kept is not found else {}
        yield replace(line, node=rebuilt(line.node, table)) if table else line


def _meaning(part: Node, line: Line, homes: Mapping[Expr, Node]) -> Node:
    """What a variable is equal to at a step at which its equation holds; any other part is what it is."""
    while part.op == "timed" and part.data[0] in homes and _is_within(line, part.data[1]):
        if (known := _shifted(homes[part.data[0]], part.data[1])) is None:
            break
        part = known
    return part


def _is_within(line: Line, shift: int) -> bool:
    """Whether what stands some steps away from a line is within the steps, however many there are."""
    if line.steps is Steps.BORDER:
        return bool(line.at + shift == 1 or line.at + shift == LENGTH)
    return shift == 0 or (shift == 1 and line.steps is Steps.BEFORE_LAST)


def _shifted(node: Node, shift: int) -> Node | None:
    """A node as it is some steps later; None if it is another one at each step."""
    if shift and any(part.op == "step" for part in node.walk()):
        return None
    reads = {part for part in node.walk() if part.op == "timed"}
    return rebuilt(node, {n: Node("timed", (), n.shape, (n.data[0], n.data[1] + shift)) for n in reads})


# --- what several lines use ---------------------------------------------------------------------------------------

COSTLY = {"call", "softmax", "logsumexp", *FUNCTIONS} - {"abs", "sign"}


def shared(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with a line of its own for every costly value of a step that several of them use."""
    given = list(lines)
    users: dict[Node, set[int]] = {}
    forward = (line for line in given if not any(is_adjoint(v) for v, _ in line.reads))
    homes = {(line.target, 0): line.node for line in forward if line.steps is Steps.EVERY}
    for place, line in enumerate(given):
        for node in line.node.walk():
            if node.op in COSTLY and any(n.op == "timed" for n in node.walk()):
                users.setdefault(node, set()).add(place)
    own = {node: variable for (variable, _), node in homes.items() if isinstance(variable, Timed)}
    made: dict[Node, Line] = {}
    taken = names_in(given)
    for node, places in users.items():
        if len(places) > 1 and node not in own and all(given[p].steps is not Steps.BORDER for p in places):
            name = next(n for n in map("shared{}".format, itertools.count(len(made) + 1)) if n not in taken)
            taken.add(name)
            # What is read before the last step alone may not be there for the last one.
            kinds = {given[p].steps for p in places}
            made[node] = Line(_named(node, name), node, kinds.pop() if len(kinds) == 1 else Steps.EVERY)
    targets = own | {node: line.target for node, line in made.items()}
    table = {node: Node("timed", (), node.shape, (variable, 0)) for node, variable in targets.items()}
    waiting = dict(made)
    for line in given:
        for node in line.node.walk():
            if node in waiting:
                inside = rebuilt(node, {k: v for k, v in table.items() if k is not node})
                yield replace(waiting.pop(node), node=inside)
        if line.steps is Steps.BORDER:  # a variable that is this at each step may be something else outside of them
            yield line
            continue
        kept = {k: v for k, v in table.items() if own.get(k) != line.target}
        yield Line(line.target, rebuilt(line.node, kept), line.steps, line.at)


def _named(node: Node, name: str) -> Expr:
    facts = Str(name), Str(Role.INTERMEDIATE.value)
    if not node.shape:
        return TimedScalar(*facts, TIME)
    return TimedMatrix(*facts, TIME, *(node.shape if len(node.shape) == 2 else (*node.shape, sympy.S.One)))


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
