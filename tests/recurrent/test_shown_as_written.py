"""What a report shows of a line is what was written."""

import pytest

import symgrad as sg

h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
CELL = sg.Cell({h: sg.tanh(w * h.prev + x)})
LINES = [
    "dh[1] = w*(1 - h[2]**2)*hbar[2]",
    "dh[t] = w*(1 - h[t+1]**2)*hbar[t+1]",
    "dh[T] = h[T] - target[T]",
    "dh[0] = w*delta[1]",
    "dx[2] = delta[2]",
    "dx[t] = delta[t]",
    "dw = Sum(delta[t]*h[t-1], (t, 1, T))",
    "hbar[1] = w*delta[2]",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_shown_with_the_left_side_that_was_written(line):
    """``dh[1]`` came back as hbar[1], and ``dx[t]`` as dx."""
    left, _, right = line.partition(" = ")
    loss = sg.half_squared_error(h)
    for formula, outcome in ((right, sg.Outcome.PROVED), (f"2*({right})", sg.Outcome.REFUTED)):
        (found,) = sg.check_backward(CELL, loss, gradients=[f"{left} = {formula}"]).lines
        assert found.verdict.outcome is outcome
        assert str(found.equation).startswith(f"{left} = ")
        assert found.right.startswith(f"{left} = ")
        assert str(found.equation.latex)


(n,) = sg.dims("n")


def test_a_row_of_ones_is_transposed():
    cell = sg.read_cell("s[t] = s[t-1] + trace(dot(ones(n), v[t]))", {"v": n})
    (equation,) = cell.equations
    assert r"\mathbf{1}^\top v_{t}" in equation.latex


@pytest.mark.parametrize("size", [2, n])
def test_forward_mode_is_shown_in_words_of_ours(size):
    cell = sg.read_cell("h[t] = tanh(W @ h[t-1] + U @ x[t])", {"h": size, "x": 2, "W": (size, size), "U": (size, 2)})
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
    for parameter in cell.parameters:
        shown = str(grad.forward_mode(parameter))
        assert not any(word in shown for word in ("Kronecker", "Matrix", "Hadamard"))


def test_a_jacobian_of_scalar_states_has_a_text():
    cell = sg.read_cell("s[t] = s[t-1] + w*q[t-1]\nq[t] = s[t] + v*q[t-1]", {})
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
    assert sg.to_text(grad.jacobian) == "blocks([[ones(1), w*ones(1)], [ones(1), (v + w)*ones(1)]])"


@pytest.mark.parametrize("name", ["hbar", "delta", "dh", "lossbar"])
@pytest.mark.parametrize("place", ["cell", "loss", "target"])
def test_no_adjoint_has_the_name_of_something_else(name, place):
    given = sg.Parameter(name)
    cell = sg.Cell({h: sg.tanh((given if place == "cell" else w) * h.prev + x)})
    target = sg.Input(name if place == "target" else "target")
    grad = sg.bptt(cell, sg.Loss((given if place == "loss" else 2) * (h - target) ** 2))
    names = [v.name for v in (*cell.defined, *grad.adjoints.values(), grad.loss_adjoint)]
    assert len({*names, *map(grad.name_of, grad.arguments)}) == len(names) + len(grad.arguments)


def test_a_vector_of_size_1_is_its_own_transpose():
    cell = sg.read_cell("h[t] = tanh(W @ h[t-1])", {"h": 1, "W": (1, 1)})
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
    assert str(next(iter(grad.final))) == "hbar[T] = h[T] - target[T]"
    assert not any(".T" in str(e) for e in (*grad.final, *grad.backward))
