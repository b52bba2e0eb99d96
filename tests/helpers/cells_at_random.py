"""Cells at random, whose variables look at other steps: as symgrad has them, and as plain recursions in any numbers.

The recursion knows one rule alone: a value is given, computed at a step from 1 to T, or outside of them an argument, or
zero. Nothing of it is read from symgrad.
"""

import random
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import symgrad as sg
from symgrad.symbols import declared_shape

LAGS = (-3, -2, -1, 0, 0, 1, 1, 2, 3)
PLACES = ("last", "every", "mean")


@dataclass(frozen=True)
class Drawn:
    """Equations as trees: (name, its formula), in order; a variable is (name, lag)."""

    equations: dict
    loss: tuple
    at: str
    is_vector: bool
    states: tuple

    def __str__(self):
        return "; ".join([*(f"{k} = {v}" for k, v in self.equations.items()), f"loss {self.loss} at {self.at}"])


def drawn(seed, is_vector=False):
    """A cell that runs forward or in reverse, with values of inputs that any step may look at."""
    pick = random.Random(f"{seed} {is_vector}")
    ahead = pick.choice((1, 1, 1, -1))
    later = lambda: ahead * pick.choice((1, 1, 2, 3))  # noqa: E731
    now = lambda: ahead * pick.choice((0, 0, 1, 2))  # noqa: E731
    lag = lambda: pick.choice(LAGS)  # noqa: E731
    wrap = lambda e: pick.choice((("tanh", e), ("sigmoid", e), e))  # noqa: E731
    equations = {"z": wrap(("sum", ("times", "a", "x", lag()), ("times", "b", "u", lag())))}
    inner = [("times", "w", "h", later()), ("times", "v", "z", lag()), ("bias", "d")]
    inner += [("times", "k", "o", later())] if pick.random() < 0.5 else []
    inner += [("times", "r", "g", later())] if pick.random() < 0.5 else []
    h = ("tanh", ("sum", *inner))
    choice = pick.random()
    if choice < 0.3:
        h = ("sum", h, ("gate", ("z", lag()), ("h", later())))
    elif choice < 0.5:
        h = ("sum", h, ("tanh", ("over", ("h", later()), ("x", 0))))  # grows no further, which would cost digits
    equations["h"] = h
    equations["g"] = wrap(("sum", ("times", "c", "h", now()), ("times", "e", "x", lag()), ("times", "s", "g", later())))
    equations["o"] = ("sum", ("times", "p", "g", now()), ("times", "q", "h", now()), ("times", "m", "u", lag()))
    if pick.random() < 0.5:
        equations["y"] = wrap(("sum", ("times", "l", "o", lag()), ("gate", ("h", lag()), ("z", lag()))))
    output = pick.choice([name for name in equations if name != "z"])
    loss = [("square", (output, lag()), ("target", lag()))]
    loss += [("dot", ("h", lag()), (pick.choice([*equations]), lag()))] if pick.random() < 0.6 else []
    loss += [("dot", ("x", lag()), (output, lag()))] if pick.random() < 0.3 else []
    return Drawn(equations, tuple(loss), pick.choice(PLACES), is_vector, ("h", "g") if pick.random() < 0.8 else ("h",))


# --- in symgrad ---------------------------------------------------------------------------------------------------


def in_symgrad(what):
    """The gradients of what was drawn."""
    size = sg.dims("n") if what.is_vector else ()
    kinds = {name: sg.State if name in what.states else sg.Intermediate for name in what.equations}
    variables = {name: kind(name, *size) for name, kind in kinds.items()}
    variables |= {name: sg.Input(name, *size) for name in ("x", "u", "target")}

    def value(v):
        name, lag = v
        return variables[name].at(sg.TIME - lag)

    operations = SimpleNamespace(
        times=lambda name, v: sg.Parameter(name, *size, *size) @ v if size else sg.Parameter(name) * v,
        bias=lambda name: sg.Parameter(name, *size),
        multiply=sg.hadamard if size else lambda a, b: a * b,
        # A vector over another, entry by entry.
        divide=(lambda a, b: sg.hadamard(a, sg.elementwise(lambda y: 1 / y, b))) if size else lambda a, b: a / b,
        dot=sg.dot if size else lambda a, b: a * b,
        tanh=sg.tanh,
        sigmoid=sg.sigmoid,
    )
    cell = sg.Cell({variables[name]: computed(e, value, operations) for name, e in what.equations.items()})
    return sg.bptt(cell, loss_of(what, value, operations), what.at)


# --- in any numbers -----------------------------------------------------------------------------------------------


def computed(e, value, operations):
    """A formula in the values of variables."""
    kind, *parts = e
    if kind == "sum":
        first, *others = (computed(part, value, operations) for part in parts)
        return sum(others, first)
    if kind == "times":
        return operations.times(parts[0], value(parts[1:]))
    if kind == "bias":
        return operations.bias(parts[0])
    if kind in ("tanh", "sigmoid"):
        return getattr(operations, kind)(computed(parts[0], value, operations))
    one, other = map(value, parts)
    return operations.multiply(one, other) if kind == "gate" else operations.divide(one, other)


def loss_of(what, value, operations):
    """The loss of a step."""
    terms = []
    for kind, one, other in what.loss:
        a, b = value(one), value(other)
        terms.append(operations.dot(a, b) if kind == "dot" else operations.dot(a - b, a - b) / 2)
    return sum(terms[1:], terms[0])


def total_loss(what, arguments, length, functions):
    """The loss of a run: arguments by name, functions tanh and sigmoid of the numbers that they are."""
    given = arguments.get
    operations = SimpleNamespace(
        times=lambda name, v: given(name) @ v if what.is_vector else given(name) * v,
        bias=given,
        multiply=lambda a, b: a * b,
        divide=lambda a, b: a / b,
        dot=lambda a, b: (a * b).sum() if what.is_vector else a * b,
        **functions,
    )
    known = {}

    def at(name, step):
        if step < 1:
            return given(f"{name}{-step}")
        if step > length:
            return given(f"{name}_end{step - length - 1 or ''}")
        if name not in what.equations:
            return given(name)[step - 1]
        if (name, step) not in known:
            known[name, step] = computed(what.equations[name], lambda v: at(v[0], step - v[1]), operations)
        return known[name, step]

    steps = [length] if what.at == "last" else range(1, length + 1)
    total = sum(loss_of(what, lambda v, step=step: at(v[0], step - v[1]), operations) for step in steps)
    return total / length if what.at == "mean" else total


def point(grad, length, seed, size=2):
    """Numbers for all arguments, none of them near zero; every other one of those outside of the steps is left out."""
    generator = np.random.default_rng([seed, length])
    found = {}
    for number, argument in enumerate(grad.arguments):
        wanted = tuple(size if s.free_symbols else int(s) for s in declared_shape(argument))
        name, time = grad.name_of(argument), getattr(argument, "time", None)
        if time == sg.TIME:
            wanted = (length, *wanted)
        elif time is not None and number % 2:
            continue
        signs = generator.choice((-1.0, 1.0), wanted)
        found[name] = np.asarray(signs * generator.uniform(0.5, 1.0, wanted) / (1 if time == sg.TIME else 1.5))
    return found


def with_zeros(grad, arguments, size=2):
    """The arguments with those that were left out."""
    shape = {name: np.zeros((size,) if getattr(a, "shape", ()) else ()) for a in grad.arguments if (name := grad.name_of(a)) not in arguments}  # fmt: skip  # noqa: E501
    return {**arguments, **shape}


NUMPY = {"tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a))}


def slopes(what, arguments, length, directions):
    """The derivative of the loss along a direction of each argument, by the complex step."""
    step = 1e-40
    found = {}
    for name, direction in directions.items():
        moved = {k: np.asarray(v, dtype=complex) for k, v in arguments.items()}
        moved[name] = moved[name] + 1j * step * direction
        found[name] = total_loss(what, moved, length, NUMPY).imag / step
    return found
