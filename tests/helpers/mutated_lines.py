"""Lines of true derivations, with one thing changed; their truth is decided by numbers alone.

Lines are taken from the equations that the rules give and from other ways to write them: products of Jacobians, sums
with a term apart, sums counted from the other end, the index moved. Nothing here uses what proves lines.
"""

import random

import numpy as np
import sympy
from flint import arb

import symgrad as sg
from symgrad.balls import precision, separated
from symgrad.balls.matrices import MissingStepError
from symgrad.base.errors import CellError
from symgrad.recurrent.forms.paths import EARLIER, Step, closed_adjoint, paths
from symgrad.recurrent.gradients.loss_derivatives import LossDerivative
from symgrad.recurrent.judge.slips import slips
from symgrad.recurrent.oracle.runs import run_backward, run_forward, surroundings
from symgrad.symbols import LENGTH, TIME, TimedMatrix, TimedScalar, TimeSum

BITS = 192
LENGTHS = (1, 2, 3, 4, 5)
DRAWS = 2
n, m, p = sg.dims("n m p")
SIZES = {"n": n, "m": m, "p": p}


def own_cells():
    """Cells outside of the zoo, each with its loss."""
    h, c, q = sg.State("h", n), sg.State("c", n), sg.State("q")
    x, z, y = sg.Input("x", m), sg.Input("z"), sg.Input("y", n)
    W, V, U, b = (
        sg.Parameter(name, *shape) for name, shape in {"W": (n, n), "V": (n, n), "U": (n, m), "b": (n,)}.items()
    )
    w, v, g = sg.Parameter("w"), sg.Parameter("v"), sg.Parameter("g", n)
    a, s, f, o = sg.Intermediate("a", n), sg.Intermediate("s"), sg.Intermediate("f", n), sg.Intermediate("o", n)
    return {
        "linear": ({h: W @ h.prev + U @ x}, h),
        "linear unit": ({q: w * q.prev + z}, q),
        "integrator": ({h: h.prev + sg.tanh(U @ x + b)}, h),
        "forgetting": ({f: sg.sigmoid(V @ y + b), h: sg.hadamard(f, h.prev) + U @ x}, h),
        "relu": ({h: sg.relu(W @ h.prev + U @ x + b)}, h),
        "softsign unit": ({q: sg.softsign(w * q.prev + v * z)}, q),
        "leaky": ({h: sympy.Rational(2, 3) * h.prev + sg.tanh(W @ h.prev + U @ x) / 3}, h),
        "two lags": ({h: sg.tanh(W @ h.prev + V @ h.prev.prev + U @ x)}, h),
        "two lags unit": ({q: sg.tanh(w * q.prev + v * q.prev.prev + z)}, q),
        "normalised": ({a: W @ h.prev + U @ x, s: 1 / sympy.sqrt(1 + sympy.Trace(a.T @ a)), h: s * a}, h),
        "read out": ({h: sg.tanh(W @ h.prev + U @ x), o: V @ h + b}, o),
        "memory": ({c: W @ c.prev + U @ x, h: sg.tanh(V @ h.prev + c)}, h),
        "mixture unit": ({q: (1 - sg.sigmoid(v * z)) * q.prev + sg.sigmoid(v * z) * sg.tanh(w * q.prev)}, q),
        "gain": ({h: sg.hadamard(g, h.prev) + sg.tanh(U @ x)}, h),
        "swish": ({h: sg.swish(W @ h.prev + U @ x + b)}, h),
        "input before": ({h: sg.tanh(W @ h.prev + U @ x + V @ y.prev)}, h),
        "value before": ({a: sg.tanh(U @ x + V @ h.prev), h: W @ h.prev + a + a.prev}, h),
        "change": ({h: sg.tanh(W @ h.prev + U @ x), o: h - h.prev}, o),
    }


ZOO = ("tanh", "sigmoid", "indrnn", "elman", "jordan", "leaky", "residual", "gru", "lstm", "minimal", "diagonal")


def problems():
    """Gradients by name: cells of the zoo and others, with the loss at the last step and at every step."""
    found = {}
    for at in ("last", "every", "mean"):
        for name, (equations, output) in own_cells().items():
            found[f"{name}, {at}"] = lambda e=equations, o=output, at=at: sg.bptt(
                sg.Cell(e), sg.half_squared_error(o), at=at
            )
        for name in ZOO:
            if name in sg.CELLS:
                found[f"{name} of the zoo, {at}"] = lambda name=name, at=at: _of_the_zoo(name, at)
    return found


def _of_the_zoo(name, at):
    row = sg.CELLS[name]
    cell = row.cell(*(SIZES[letter] for letter in row.sizes))
    return sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)), at=at)


# --- true lines ---------------------------------------------------------------------------------------------------


def true_lines(grad):
    """What the rules give, and the same in other ways."""
    yield from grad.backward
    yield from grad.final
    for equation in grad.backward:
        yield moved(equation, TIME - 1)
    gradients = [grad.equation_of(a) for a in grad.arguments if not isinstance(a, TimedScalar | TimedMatrix)]
    gradients += [grad.equation_of(a) for a in grad.borders]
    for equation in gradients:
        yield equation
        yield from rewritten(equation)
    yield from closed_lines(grad)


def moved(equation, time):
    return sg.Equation(*(side.subs(TIME, time) for side in (equation.left, equation.right)))


def rewritten(equation):
    """A sum with its first or last term apart, moved by a step, and counted from the other end."""
    right = equation.right
    if not isinstance(right, TimeSum | sympy.Sum):
        return
    index, low, high = right.args[1]
    term = right.args[0]

    def over(e, low, high):
        return right.func(e, (index, low, high))

    at = lambda time: term.subs(index, time)  # noqa: E731
    yield sg.Equation(equation.left, at(low) + over(term, low + 1, high))
    yield sg.Equation(equation.left, over(term, low, high - 1) + at(high))
    yield sg.Equation(equation.left, over(at(index + 1), low - 1, high - 1))
    yield sg.Equation(equation.left, over(at(LENGTH - index), sympy.S.Zero, high - low))


def closed_lines(grad):
    """The adjoint of the one state as a product of Jacobians, and gradients as sums over paths."""
    if len(grad.cell.states) != 1:
        return
    (state,) = grad.cell.states
    try:
        adjoint = closed_adjoint(Step.of(grad)).subs(EARLIER, TIME)
    except CellError:
        return
    if "Sum" not in str(type(adjoint)):
        yield sg.Equation(grad.adjoints[state], adjoint)
    for parameter in grad.cell.parameters:
        try:
            yield sg.Equation(grad.equation_of(parameter).left, paths(grad, parameter))
        except CellError:
            continue


# --- changes ------------------------------------------------------------------------------------------------------


def mutants(equation, generator, most):
    """The line with one thing changed, in so many ways; and with a number in front."""
    ways = [spoilt for _, spoilt in slips(equation)]
    ways.append(sg.Equation(equation.left, 2 * equation.right))
    return generator.sample(ways, min(most, len(ways)))


# --- truth --------------------------------------------------------------------------------------------------------


class Truth:
    """Decides lines by numbers: all steps of short runs, at several draws."""

    def __init__(self, grad):
        self.grad = grad
        self.runs = {}

    def run(self, length, draw):
        if (length, draw) not in self.runs:
            self.runs[length, draw] = self._new(length, draw)
        return self.runs[length, draw]

    def _new(self, length, draw):
        grad, generator = self.grad, np.random.default_rng(1000 * length + draw)
        sizes = {s: sympy.Integer(2 + (k + draw) % 2) for k, s in enumerate((n, m, p))}
        given = {}
        for a in grad.arguments:
            shape = tuple(int(sympy.S(size).xreplace(sizes)) for size in getattr(a, "shape", ()))
            in_time = isinstance(a, TimedScalar | TimedMatrix) and a.time == TIME
            value = generator.integers(-60, 61, (length, *shape) if in_time else shape)
            given[grad.name_of(a)] = (value + 0.5) / 64
        with precision(BITS):
            around = surroundings(grad, given, {**{s: int(k) for s, k in sizes.items()}, LENGTH: length})
            run_forward(grad, around)
            run_backward(grad, around)
            for border in grad.borders:
                name = grad.adjoints.get(border.at(TIME))
                if name is not None and border.time.is_Integer:
                    around.timed[name.key, int(border.time)] = around.evaluate(grad[border])
        return around

    def of(self, line, judged_for):
        """Whether a line is true at all these steps; None where something has no value."""
        for length in LENGTHS:
            for draw in range(DRAWS):
                around = self.run(length, draw)
                for step in steps(line, judged_for, length):
                    with precision(BITS):
                        try:
                            right = around.evaluate(line.right, step)
                        except MissingStepError:
                            return None
                        if differs(self.value(line.left, around, step, length), right):
                            return False
        return True

    def value(self, left, around, step, length):
        if not isinstance(left, LossDerivative):
            return around.evaluate(left, step)
        key = left.argument
        if isinstance(key, TimedScalar | TimedMatrix) and key.time == TIME:
            return around.evaluate(self.grad.of_input(key, before=length - step), step)
        return around.evaluate(self.grad.equation_of(key).right, step)


def steps(line, judged_for, length):
    """The steps that a line says it is for, read from its words."""
    judged_for = judged_for.split(", given")[0]
    if not judged_for.startswith("for t ="):
        least = int(judged_for.split(">=")[1]) if ">=" in judged_for else 1
        return [length] if length >= least else []
    low, high = judged_for.removeprefix("for t = ").split(", T >=")[0].split(", ..., ")
    return range(int(low), last_step(high, length) + 1)


def last_step(text, length):
    """T, T - 1 or a number."""
    return length - int(text.partition("-")[2] or 0) if text.startswith("T") else int(text)


def differs(left, right):
    if not isinstance(right, np.ndarray):
        return separated(arb(left), arb(right))
    return any(separated(arb(a), arb(b)) for a, b in zip(np.ravel(left), np.ravel(right), strict=True))


def sample(names, seed, most, of_each):
    """True and mutated lines of problems: triples of name, gradients and equation."""
    generator = random.Random(seed)
    made = problems()
    for name in names:
        grad = made[name]()
        lines = list(true_lines(grad))
        for equation in generator.sample(lines, min(most, len(lines))):
            yield name, grad, equation
            for spoilt in mutants(equation, generator, of_each):
                yield name, grad, spoilt
