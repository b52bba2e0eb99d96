"""Jacobians of cells in which numbers are made of the state: gates, norms of layers, feedback, outer products."""

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.symbols import ones, summed

(n,) = sg.dims("n")
h, x = sg.State("h", n), sg.Input("x", n)
u, W = sg.Parameter("u", n), sg.Parameter("W", n, n)
z, mean, square, a = sg.Intermediate("z"), sg.Intermediate("mean"), sg.Intermediate("square"), sg.Intermediate("a", n)
SIZE, LENGTH = 3, 2
STEP = 1e-30  # of a complex number, whose square is gone in doubles


def number(e):
    return sympy.Trace(e)


def sigmoid(y):
    return 1 / (1 + np.exp(-y))


def layer_norm(s, x, u, W):
    y = W @ s + x
    return np.tanh((y - y.sum() / SIZE) / np.sqrt((y * y).sum() / SIZE + 1))


GATE = {z: sg.sigmoid(number(sg.dot(u, h.prev)))}
CELLS = {
    "a gate": (GATE | {h: z * h.prev + x}, lambda s, x, u, W: sigmoid(u @ s) * s + x),
    "a gate around a product": (
        GATE | {h: sg.tanh(z * (W @ h.prev) + x)},
        lambda s, x, u, W: np.tanh(sigmoid(u @ s) * (W @ s) + x),
    ),
    "gated feedback": (
        GATE | {h: sg.tanh(W @ (z * h.prev) + (1 - z) * x)},
        lambda s, x, u, W: np.tanh(W @ (sigmoid(u @ s) * s) + (1 - sigmoid(u @ s)) * x),
    ),
    "a norm of a layer": (
        {
            a: W @ h.prev + x,
            mean: number(summed(a)) / n,
            square: number(sg.dot(a, a)) / n,
            h: sg.tanh((a - mean * ones(n)) / sympy.sqrt(square + 1)),
        },
        layer_norm,
    ),
    "an outer product": (
        {h: sg.tanh(sg.outer(h.prev, u) @ x + sg.outer(u, h.prev) @ x)},
        lambda s, x, u, W: np.tanh(np.outer(s, u) @ x + np.outer(u, s) @ x),
    ),
    "a square": (
        {h: sg.tanh(number(sg.dot(h.prev, W @ h.prev)) * u + x)},
        lambda s, x, u, W: np.tanh(s @ W @ s * u + x),
    ),
    "a gate of entries": (
        GATE | {h: sg.hadamard(x, sg.tanh(h.prev)) * z},
        lambda s, x, u, W: x * np.tanh(s) * sigmoid(u @ s),
    ),
}


@pytest.fixture(scope="module", params=CELLS)
def grad(request):
    return request.param, sg.bptt(sg.Cell(CELLS[request.param][0]), sg.half_squared_error(h))


def values():
    draw = np.random.default_rng(7)
    return {
        "u": draw.normal(size=SIZE),
        "W": draw.normal(size=(SIZE, SIZE)),
        "x": draw.normal(size=(LENGTH, SIZE)),
        "h0": draw.normal(size=SIZE),
    }


def test_the_jacobian_is_that_of_the_step_in_complex_numbers(grad):
    name, grad = grad
    step, given = CELLS[name][1], values()
    wanted = {k: v for k, v in given.items() if k in map(grad.name_of, grad.arguments)}
    found = sg.compile(sg.state_jacobian(h, h.prev), grad.cell)(**wanted)
    state = given["h0"]
    for k, x_t in enumerate(given["x"]):
        moved = [step(state + 1j * STEP * e, x_t, given["u"], given["W"]).imag / STEP for e in np.eye(SIZE)]
        assert np.abs(found[k] - np.array(moved).T).max() < 1e-12, name
        state = step(state, x_t, given["u"], given["W"])


def test_its_forms_are_proved(grad):
    _, grad = grad
    assert {line.verdict.outcome for line in grad.prove_forms()} == {sg.Outcome.PROVED}
    assert sg.verify(grad.line(sg.state_jacobian(h, h.prev), grad.jacobian).claim).holds


def test_the_jacobian_of_a_gate_is_what_one_writes_and_not_its_transpose():
    cell = sg.Cell(CELLS["a gate"][0])
    line = "dh[t]/dh[t-1] = z[t]*eye(n) + z[t]*(1 - z[t])*outer({}, {})"
    lines = [line.format("h[t-1]", "u"), line.format("u", "h[t-1]")]
    judged = sg.check_backward(cell, sg.half_squared_error(h), gradients=lines).lines
    assert [each.verdict.outcome.name for each in judged] == ["PROVED", "REFUTED"]


def test_what_is_not_linear_in_columns_is_refused_in_one_line():
    s = sg.State("s", n, n)
    with pytest.raises(sg.CellError, match="its Jacobian is no matrix"):
        _ = sg.bptt(sg.Cell({s: s.prev @ s.prev}), number(s)).jacobian
