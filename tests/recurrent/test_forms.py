"""All forms of a gradient, for cells of every kind: each is had, or refused in one line."""

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.symbols import declared_shape

n = 2
CELLS = {
    "two scalars": ("v[t] = a*w[t-1]\nw[t] = v[t-1]", {}),
    "scalars within a step": ("v[t] = tanh(a*v[t-1] + w[t-1])\nw[t] = w[t-1] + b*v[t] + x[t]", {}),
    "three scalars": ("g[t] = a*J[t-1]\nJ[t] = g[t] + b*h[t-1]\nh[t] = sigmoid(g[t] + J[t-1])", {}),
    "scalars with lags": ("v[t] = a*v[t-2]\nw[t] = w[t-1] + v[t-1]", {}),
    "scalars from both ends": ("v[t] = a*v[t-1] + x[t]\nw[t] = a*w[t+1] + x[t]", {}),
    "a scalar and a vector": ("s[t] = a*s[t-1]\nh[t] = s[t]*h[t-1] + x[t]", {"h": n, "x": n}),
    "a scalar of a vector": (
        "h[t] = s[t-1]*h[t-1] + x[t]\ns[t] = a*s[t-1] + trace(outer(h[t], h[t]))",
        {"h": n, "x": n},
    ),
    "two vectors": ("h[t] = tanh(W @ k[t-1])\nk[t] = k[t-1] + h[t]", {"h": n, "k": n, "W": (n, n)}),
    "vectors of one entry": ("v[t] = a @ w[t-1]\nw[t] = v[t-1]", {"v": 1, "w": 1, "a": (1, 1)}),
    "a matrix": ("S[t] = a*S[t-1] + outer(x[t], x[t])", {"S": (n, n), "x": n}),
    "a matrix and a vector": (
        "S[t] = a*S[t-1] + outer(h[t-1], x[t])\nh[t] = tanh(S[t] @ h[t-1])",
        {"S": (n, n), "x": n, "h": n},
    ),
    "rows": ("h[t] = tanh(h[t-1] @ W)\ng[t] = g[t-1] + h[t]", {"h": (1, n), "W": (n, n), "g": (1, n)}),
    "a lag": ("h[t] = tanh(W @ h[t-2] + x[t-1])", {"h": n, "x": n, "W": (n, n)}),
    "Oja's rule": (
        "y[t] = dot(w[t-1], x[t])\nw[t] = w[t-1] + eta*(x[t] - w[t-1] @ y[t]) @ y[t]",
        {"w": n, "x": n, "y": (1,)},
    ),
}


def gradients(name):
    cell = sg.read_cell(*CELLS[name]) if name in CELLS else sg.CELLS[name].cell()
    state = cell.states[-1]
    return sg.bptt(cell, sympy.Trace(state.T @ state) if getattr(state, "shape", ()) else state**2, at="every")


def point_of(grad, steps=3):
    draw = np.random.default_rng(3).standard_normal

    def shape(argument):
        found = tuple(map(int, declared_shape(argument)))
        return ((steps,) if getattr(argument, "time", None) == sg.TIME else ()) + found

    return {grad.name_of(argument): draw(shape(argument)) / 2 for argument in grad.arguments}


def had(make):
    """What is made; None where it is refused in one line."""
    try:
        return make()
    except sg.SymgradError as error:
        lines = str(error).splitlines()
    assert len(lines) == 1
    return None


@pytest.mark.parametrize("name", [*CELLS, *sg.CELLS])
def test_every_form_is_proved_or_refused(name):
    grad = gradients(name)
    assert all(line.verdict.outcome is sg.Outcome.PROVED for line in had(grad.prove_forms) or ())
    states = grad.cell.states
    for make in (lambda: grad.jacobian, lambda: grad.jacobians, lambda: grad.unroll(2)):
        had(make)
    for argument in grad.arguments:
        for make in (grad.forward_mode, grad.paths, grad.closed_form, lambda a: grad.truncated(a, 1, 2)):
            had(lambda make=make, argument=argument: make(argument))
    for late in states:
        for early in states:
            for steps in (1, 2, 3):
                jacobian = sg.state_jacobian(late, early.at(sg.TIME - steps))
                had(lambda jacobian=jacobian: jacobian.by_rules(grad))


@pytest.mark.parametrize("name", [*CELLS, "lstm", "gru"])
def test_every_cell_is_crosschecked(name):
    grad = gradients(name)
    check = sg.crosscheck(grad.compile({sg.LENGTH: 3}), point_of(grad), entries=2)
    assert check.verdict.outcome is sg.Outcome.SUPPORTED, str(check)


@pytest.mark.parametrize("name", ["two scalars", "scalars within a step", "three scalars", "lstm"])
def test_several_scalars_have_forward_mode_and_proofs(name):
    grad = gradients(name)
    assert len(grad.prove_forms()) == len(grad.cell.states) + 3 + 2 * len(grad.cell.parameters)
    check = sg.crosscheck(grad.compile({sg.LENGTH: 3}), point_of(grad))
    for row in check:
        is_parameter = row.argument in {p.name for p in grad.cell.parameters}
        assert is_parameter == ("forward mode" in {e.method for e in row.estimates}), str(row)
