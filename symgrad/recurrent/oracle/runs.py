"""Runs of a whole network at explicit sizes and inputs: forward, backward, loss and gradients in ball arithmetic."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Set, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Expr, Symbol

from symgrad.balls import rational
from symgrad.balls.matrices import NoNumberError, Surroundings, added_up, plain
from symgrad.base.errors import CellError, ShapeError
from symgrad.base.kinds import demand, expression_of, number_array, shown
from symgrad.base.precision import in_turn
from symgrad.base.untyped import Array
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.reach import Reach
from symgrad.symbols import LENGTH, TIME, TimedMatrix, TimedScalar, declared_shape, shape_of


@dataclass(frozen=True)
class Values:
    """What a run found, as balls.

    Attributes
    ----------
    loss : arb
    gradients : dict of str to array
        Under the names of the arguments; those of inputs with the steps as first axis.
    states : dict of str to array
        Every variable of the cell that is a state, the steps 1 to T as first axis.
    """

    loss: Any
    gradients: dict[str, Array]
    states: dict[str, Array]


@in_turn
def evaluate(grad: Backward, arguments: Mapping[str, object], sizes: Mapping[Symbol, int] | None = None) -> Values:
    """Loss, gradients and states at a point, in balls of the present precision.

    Parameters
    ----------
    grad : Gradients
    arguments : mapping of str to array
        Parameters, inputs, targets and values outside of the steps, such as initial states, by name: vectors in time
        (T, m), vectors (n,), matrices (n, m), scalars in time (T,). Values outside of the steps are zero if left out.
    sizes : mapping, optional
        Sizes that no argument shows; the number of steps under `LENGTH`, where no argument has steps.

    Returns
    -------
    Values
    """
    around = surroundings(grad, arguments, sizes)
    run_forward(grad, around)
    run_backward(grad, around)
    reach = Reach(grad, around.length)
    found = {}
    for name, key in argument_names(grad).items():
        with _named(f"the gradient of {name}"):
            found[name] = _gradient(grad, key, around, reach)
    states = {
        s.name: np.array([as_declared(around.timed[s.key, k], s) for k in range(1, around.length + 1)], dtype=object)
        for s in grad.cell.states
    }
    return Values(total_loss(grad, around), found, states)


@in_turn
def value_of(
    grad: Backward, formula: Expr, arguments: Mapping[str, object], sizes: Mapping[Symbol, int] | None = None
) -> Array:
    """The value of a formula in the variables, adjoints and parameters of a cell at a point: a ball or an array.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), h)
    >>> print(grad.value_of(grad[w], {"w": 2, "x": [0, 0], "h0": 1}).str(10, radius=False))
    0.08967781914
    """
    formula = expression_of(formula, "the value is that of an expression in the variables of the cell")
    around = surroundings(grad, arguments, sizes)
    run_forward(grad, around)
    run_backward(grad, around)
    return plain(around.evaluate(formula, around.length))


def argument_names(grad: Backward) -> dict[str, Expr]:
    """Everything that there is a gradient for, by the name of its argument."""
    return {grad.name_of(key): key for key in grad.arguments}


def surroundings(
    grad: Backward, arguments: Mapping[str, object], sizes: Mapping[Symbol, int] | None = None
) -> Surroundings:
    """The arguments by step and by parameter, with their sizes.

    Raises
    ------
    CellError, ShapeError
        If an argument is missing or unknown, or has another shape than the cell wants.
    """
    demand(Mapping, arguments, "arguments are a mapping of name to number or array")
    wanted = argument_names(grad)
    unknown = [name for name in arguments if name not in wanted]
    if unknown:
        raise CellError(f"unknown argument {unknown[0]}; arguments are {', '.join(wanted)}")
    border = set(grad.borders)
    missing = [name for name, key in wanted.items() if key not in border and name not in arguments]
    if missing:
        raise CellError(f"the argument {missing[0]} is missing; arguments are {', '.join(wanted)}")
    known = _sizes(grad, wanted, arguments, sizes or {})
    length = known.pop(LENGTH, None)
    around = Surroundings(known, _length(wanted, arguments, length))
    for name, key in wanted.items():
        _place(around, name, key, arguments.get(name))
    return around


def _sizes(
    grad: Backward, wanted: Mapping[str, Expr], arguments: Mapping[str, Any], given: Mapping[Symbol, int]
) -> dict[Symbol, int]:
    found: dict[Symbol, int] = dict(given)
    for name, value in arguments.items():
        shape = shape_of(wanted[name])
        if not shape:
            continue
        came = np.shape(value)[1:] if is_in_time(wanted[name]) else np.shape(value)
        for size, number in zip(shape if len(came) == 2 else shape[:1], came):
            if isinstance(size, Symbol) and found.setdefault(size, number) != number:
                raise ShapeError(f"{name}: {size} is {found[size]} elsewhere", name, (came, (found[size],)))
    return found


def is_in_time(key: Expr) -> bool:
    """Whether an argument has a value for each step."""
    return isinstance(key, TimedScalar | TimedMatrix) and key.time == TIME


def _length(wanted: Mapping[str, Expr], arguments: Mapping[str, object], given: int | None) -> int:
    lengths = {
        name: _number_of_steps(name, arguments[name])
        for name, key in wanted.items()
        if name in arguments and is_in_time(key)
    }
    if given is not None:
        lengths["T"] = int(given)
    if len(set(lengths.values())) > 1:
        raise ShapeError(f"the numbers of steps differ: {lengths}", "T", tuple((k,) for k in lengths.values()))
    if not lengths:
        raise CellError("no argument has steps, so that T is not known; give it as sizes={sg.LENGTH: ...}")
    return next(iter(lengths.values()))


def _number_of_steps(name: str, value: object) -> int:
    if not isinstance(value, Sized) or isinstance(value, str | bytes | Mapping | Set):
        raise CellError(f"{name} has a value for each step; got {shown(value)}")
    return len(value)


def _place(around: Surroundings, name: str, key: Expr, value: Any) -> None:
    shape = tuple(around.number(size) for size in shape_of(key))
    if is_in_time(key):
        for k, row in enumerate(value, 1):
            around.timed[key.key, k] = _array(name, row, shape)
    elif isinstance(key, TimedScalar | TimedMatrix):
        zero = np.zeros(shape) if shape else 0
        around.timed[key.key, around.number(key.time)] = _array(name, zero if value is None else value, shape)
    else:
        around.parameters[key] = _array(name, value, shape)


def _array(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    if not shape:
        given = np.shape(number_array(value, f"{name} must be a scalar", object))
        if given:
            raise ShapeError(f"{name} must be a scalar", name, (given, shape))
        return _number(name, value)
    array = number_array(value, f"{name} must be {shape}", object)
    if array.ndim == 1 and shape[1] == 1:
        array = array.reshape(-1, 1)
    if array.shape != shape:
        raise ShapeError(f"{name} must be {shape}", name, (np.shape(value), shape))
    found = np.empty(shape, dtype=object)
    for place, entry in np.ndenumerate(array):
        found[place] = _number(name, entry)
    return found


def _number(name: str, value: object) -> Array:
    if isinstance(value, arb):
        return value
    if isinstance(value, sympy.Rational):
        return arb(rational(value))
    try:
        return arb(value.item() if isinstance(value, np.generic | np.ndarray) else value)
    except (TypeError, ValueError):
        raise CellError(f"{name} must be real numbers; got {shown(value)}") from None


def run_forward(grad: Backward, around: Surroundings, *, as_far_as_possible: bool = False) -> None:
    """The values of all variables of the cell at steps 1 to T, each when what it needs is there.

    With `as_far_as_possible` those without a certain value are noted as missing, with the reason; else that is raised.
    """
    steps = range(1, around.length + 1)
    formulas = {(e.left.key, step): e.right for e in grad.cell.steps for step in steps}
    run_formulas(formulas, around, as_far_as_possible=as_far_as_possible)


def run_backward(grad: Backward, around: Surroundings) -> None:
    """The adjoints of all steps; those that no step of the loss reaches are zero."""
    reach = Reach(grad, around.length)
    steps = range(1, around.length + 1)
    around.unreached |= {(a.key, step) for v, a in grad.adjoints.items() for step in steps} - {
        (grad.adjoints[v].key, step) for v, step in reach.alive
    }
    around.unreached |= {(grad.loss_adjoint.key, step) for step in steps if not reach.counts(step)}
    for step in steps:
        for variable in grad.adjoints.values():
            around.timed[variable.key, step] = around.zero(variable)
        weight = arb(int(reach.counts(step)))
        around.timed[grad.loss_adjoint.key, step] = weight / around.length if grad.at == "mean" else weight
    run_formulas({(grad.adjoints[v].key, step): reach.value(v, step) for v, step in reach.alive}, around)


def run_formulas(
    formulas: dict[tuple[tuple[str, str], int], Expr], around: Surroundings, *, as_far_as_possible: bool = False
) -> None:
    """Evaluate formulas, each at its step, in an order in which each finds what it needs."""
    needs: dict[tuple[tuple[str, str], int], set[Any]] = {}
    users: dict[tuple[tuple[str, str], int], list[Any]] = defaultdict(list)
    used = {e: tuple((v.key, v.time) for v in e.atoms(TimedScalar, TimedMatrix)) for e in set(formulas.values())}
    for node, formula in formulas.items():
        wanted = {(key, around.number(time, node[1])) for key, time in used[formula]}
        needs[node] = {place for place in wanted if place in formulas and place != node}
        for place in needs[node]:
            users[place].append(node)
    ready = deque(node for node, wanted in needs.items() if not wanted)
    while ready:
        node = ready.popleft()
        try:
            around.timed[node] = around.evaluate(formulas[node], node[1])
        except NoNumberError as fault:
            is_told = fault in around.missing.values()  # of what this one needs
            around.missing[node] = fault if is_told else _said_of(f"{node[0][0]}[{node[1]}]", fault)
            if not as_far_as_possible:
                raise around.missing[node] from None
        for user in users[node]:
            needs[user].discard(node)
            if not needs[user]:
                ready.append(user)


@contextmanager
def _named(what: str) -> Iterator[None]:
    """Errors of numbers that are none say what was computed."""
    try:
        yield
    except NoNumberError as error:
        raise _said_of(what, error) from None


def _said_of(what: str, fault: NoNumberError) -> NoNumberError:
    """The same error with what was computed."""
    return type(fault)(f"{what}: {fault}")


def total_loss(grad: Backward, around: Surroundings) -> Any:
    """The loss over the steps that count."""
    steps = [around.length] if grad.at == "last" else range(1, around.length + 1)
    with _named("the loss"):
        terms = [plain(around.evaluate(grad.loss.term, step)) for step in steps]
    found = added_up([t.ravel()[0] if isinstance(t, np.ndarray) else t for t in terms])
    return found / around.length if grad.at == "mean" else found


def _gradient(grad: Backward, key: Expr, around: Surroundings, reach: Reach) -> Array:
    if not isinstance(key, TimedScalar | TimedMatrix):
        return as_declared(around.evaluate(grad[key]), key)
    home = key.at(TIME)

    def at(step: int) -> Any:
        value = reach.value(home, step)
        return as_declared(around.zero(key) if value is None else around.evaluate(value, step), key)

    if not is_in_time(key):
        return at(around.number(key.time))
    return np.array([at(step) for step in range(1, around.length + 1)], dtype=object)


def as_declared(value: Array, key: Expr) -> Array:
    """A value in the shape of its argument: a matrix whose size happens to be 1 stays a matrix."""
    return value if len(declared_shape(key)) == 2 else plain(value)
