"""Lines of derivations as text: true ones are proved however they are written, slips are refuted."""

import numpy as np
import pytest
from in_numbers import numbers

import symgrad as sg

n, m = sg.dims("n m")
VECTOR = {"h": n, "x": m, "W": (n, n), "U": (n, m), "b": n}
RNN = sg.read_cell("h[t] = tanh(W @ h[t-1] + U @ x[t] + b)", VECTOR)
SWISH = sg.read_cell("h[t] = swish(W @ h[t-1] + U @ x[t] + b)", VECTOR)
SCALAR = sg.read_cell("h[t] = tanh(w*h[t-1] + u*x[t])")
# A cell with memory whose output gate looks at the new content through a peephole.
MEMORY = sg.read_cell(
    """
    f[t] = sigmoid(W_f @ h[t-1] + b_f)
    i[t] = sigmoid(W_i @ h[t-1] + p_i*c[t-1])
    g[t] = tanh(W_g @ h[t-1] + U @ x[t])
    c[t] = hadamard(f[t], c[t-1]) + hadamard(i[t], g[t])
    o[t] = sigmoid(W_o @ h[t-1] + hadamard(p, c[t]))
    h[t] = hadamard(o[t], tanh(c[t]))
    """,
    {**dict.fromkeys(("f", "i", "g", "c", "o", "h", "b_f", "p"), n), "x": m, "U": (n, m)}
    | {f"W_{gate}": (n, n) for gate in "figo"},
)
CELLS = {"rnn": RNN, "swish": SWISH, "scalar": SCALAR, "memory": MEMORY}


def judgement(cell, lines, at="last"):
    cell = CELLS[cell]
    loss = sg.half_squared_error(next(s for s in cell.states if s.name == "h"))
    gradients = [line for line in lines if line.startswith("d") and not line.startswith("delta")]
    return sg.check_backward(cell, loss, backward=[x for x in lines if x not in gradients], gradients=gradients, at=at)


TRUE = [
    ("rnn", "last", "hbar[t] = W.T @ delta[t+1]"),
    ("rnn", "last", "hbar[T] = h[T] - target[T]"),
    ("rnn", "last", "delta[t] = hadamard(hbar[t], 1 - h[t]**2)"),
    ("rnn", "last", "delta[t] == diag(1 - h**2) @ hbar"),
    ("rnn", "last", "delta[t] = hadamard(1 - hadamard(h, h), hbar)"),
    ("rnn", "last", "hbar[t] = (delta[t+1].T @ W).T"),
    ("rnn", "last", "hbar[t] = W.T @ hadamard(hbar[t+1], 1 - h[t+1]**2)"),
    ("rnn", "last", "hbar[t] = W.T @ diag(1 - h[t+1]**2) @ hbar[t+1]"),
    ("rnn", "last", "dW = sum(outer(delta[t], h[t-1]), (t, 1, T))"),
    ("rnn", "last", "dW = sum(outer(delta[k+1], h[k]), (k, 0, T-1))"),
    ("rnn", "last", "dU = sum(outer(hadamard(hbar[t], 1 - h[t]**2), x[t]), (t, 1, T))"),
    ("rnn", "last", "db = sum(delta[t], (t, 1, T))"),
    ("rnn", "last", "dh0 = W.T @ delta[1]"),
    ("rnn", "every", "hbar[t] = W.T @ delta[t+1] + (h[t] - target[t])"),
    ("rnn", "mean", "hbar[t] = (h[t] - target[t])/T + W.T @ delta[t+1]"),
    ("swish", "last", "delta[t] = hadamard(hbar[t], slope(swish, a[t]))"),
    ("scalar", "every", "hbar[t] = w*delta[t+1] + h[t] - target[t]"),
    ("scalar", "last", "delta[t] = (1 - h[t])*(1 + h[t])*hbar[t]"),
    ("scalar", "last", "dw = sum(h[t-1]*delta[t], (t, 1, T))"),
    ("memory", "last", "obar[t] = hadamard(hbar[t], tanh(c[t]))"),
    ("memory", "last", "fbar[t] = hadamard(cbar[t], c[t-1])"),
]


@pytest.mark.parametrize(("cell", "at", "line"), TRUE, ids=[f"{c}-{a}-{line}" for c, a, line in TRUE])
def test_true_lines_are_proved(cell, at, line):
    (found,) = judgement(cell, [line], at).lines
    assert found.verdict.outcome is sg.Outcome.PROVED, found
    assert found.convention == ""


PATHS = (
    "dW = sum(sum(outer(diag(1 - h[k]**2) @ product(diag(1 - h[i]**2) @ W, (i, {}, {})).T @ (h[t] - target[t]), "
    "h[k-1]), (k, 1, {})), (t, 1, T))"
)
SCALAR_PATHS = (
    "dw = sum(sum((h[t] - target[t])*product(w*(1 - h[i]**2), (i, {}, t))*(1 - h[k]**2)*h[k-1], (k, 1, {})), (t, 1, T))"
)


@pytest.mark.parametrize(
    ("cell", "line"), [("rnn", PATHS.format("k+1", "t", "t")), ("scalar", SCALAR_PATHS.format("k+1", "t"))]
)
def test_double_sums_over_paths_hold(cell, line):
    assert judgement(cell, [line], at="every").holds is not False


WRONG = {
    "product from 1": ("rnn", "every", PATHS.format("1", "t", "t")),
    "product from k": ("rnn", "every", PATHS.format("k", "t", "t")),
    "product to T": ("rnn", "every", PATHS.format("k+1", "T", "t")),
    "inner sum to T": ("rnn", "every", PATHS.format("k+1", "t", "T")),
    "scalar product from 1": ("scalar", "every", SCALAR_PATHS.format("1", "t")),
    "scalar product from k": ("scalar", "every", SCALAR_PATHS.format("k", "t")),
    "scalar inner sum to T": ("scalar", "every", SCALAR_PATHS.format("k+1", "T")),
    "W for W.T": ("rnn", "last", "hbar[t] = W @ delta[t+1]"),
    "order of factors": ("rnn", "last", "hbar[t] = diag(1 - h[t+1]**2) @ W.T @ hbar[t+1]"),
    "no slope": ("rnn", "last", "delta[t] = hbar[t]"),
    "no slope in one piece": ("rnn", "last", "hbar[t] = W.T @ hbar[t+1]"),
    "slope of another step": ("rnn", "last", "delta[t] = hadamard(hbar[t], 1 - h[t-1]**2)"),
    "slope of the output": ("swish", "last", "delta[t] = hadamard(hbar[t], slope(swish, h[t]))"),
    "slope of another function": ("swish", "last", "delta[t] = hadamard(hbar[t], slope(tanh, a[t]))"),
    "no loss at each step": ("rnn", "every", "hbar[t] = W.T @ delta[t+1]"),
    "loss at each step": ("rnn", "last", "hbar[t] = W.T @ delta[t+1] + h[t] - target[t]"),
    "no path through the memory": ("memory", "last", "cbar[t] = hadamard(hbar[t], o[t], 1 - tanh(c[t])**2)"),
    "slope of the wrong gate": ("memory", "last", "delta_f[t] = hadamard(fbar[t], i[t], 1 - i[t])"),
    "tanh in place of sigmoid": ("memory", "last", "delta_f[t] = hadamard(fbar[t], 1 - f[t]**2)"),
    "gate of the wrong factor": ("memory", "last", "fbar[t] = hadamard(cbar[t], c[t])"),
    "peephole at the wrong memory": ("memory", "last", "dp = sum(hadamard(delta_o[t], c[t-1]), (t, 1, T))"),
    "h[t] in the gradient of the weights": ("rnn", "last", "dW = sum(outer(delta[t], h[t]), (t, 1, T))"),
    "factors of the outer product": ("rnn", "last", "dW = sum(outer(h[t-1], delta[t]), (t, 1, T))"),
    "last step only": ("rnn", "last", "db = delta[T]"),
    "first step forgotten": ("rnn", "last", "dW = sum(outer(delta[t], h[t-1]), (t, 2, T))"),
    "initial state forgotten": ("rnn", "last", "dh0 = 0"),
    "initial state without slope": ("rnn", "last", "dh0 = W.T @ hbar[1]"),
    "sign": ("rnn", "last", "hbar[T] = target[T] - h[T]"),
}


@pytest.mark.parametrize("slip", WRONG)
def test_slips_are_refuted(slip):
    cell, at, line = WRONG[slip]
    found = judgement(cell, [line], at)
    assert found.holds is False, found
    assert found.first_wrong is found.lines[0]
    assert "the rules give" in str(found)


def test_only_the_wrong_line_is_refuted():
    lines = [
        "hbar[t] = W.T @ delta[t+1]",
        "delta[t] = hadamard(hbar[t], 1 - h[t-1]**2)",
        "dW = sum(outer(delta[t], h[t-1]), (t, 1, T))",
    ]
    found = judgement("rnn", lines)
    assert [line.holds for line in found.lines] == [True, False, True]
    assert found.first_wrong.right == "delta[t] = hadamard(hbar[t], 1 - h[t]**2)"


CONVENTIONS = {
    "layout": ["dW = sum(outer(h[t-1], delta[t]), (t, 1, T))", "dU = sum(outer(x[t], delta[t]), (t, 1, T))"],
    "sign": ["hbar[T] = target[T] - h[T]", "dW = -sum(outer(delta[t], h[t-1]), (t, 1, T))"],
    "transposed weights": ["hbar[t] = W @ delta[t+1]", "dW = sum(outer(h[t-1], delta[t]), (t, 1, T))"],
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_conventions_are_named(name):
    found = judgement("rnn", CONVENTIONS[name])
    assert found.holds is True, found
    assert any(line.convention.startswith(name) for line in found.lines)
    assert f"EQUAL UP TO {name.upper()}" in str(found)


def test_other_names_of_adjoints():
    (h,) = RNN.states
    loss = sg.half_squared_error(h)
    found = sg.check_backward(RNN, loss, backward=["e[T] = h[T] - target[T]"], adjoints={"e": h})
    assert found.holds is True


@pytest.mark.parametrize(
    ("lines", "error", "reason"),
    [
        ({"backward": ["vbar[t] = W.T @ delta[t+1]"]}, sg.ParseError, "vbar is none of"),
        ({"backward": ["hbar[t] = V.T @ delta[t+1]"]}, sg.ParseError, "V is none of"),
        ({"backward": ["hbr[t] = W.T @ delta[t+1]"]}, sg.ParseError, "did you mean hbar?"),
        ({"backward": ["h[t] = W.T @ delta[t+1]"]}, sg.CellError, "of which the cell has no adjoint"),
        ({"backward": ["W = W.T"]}, sg.ParseError, "a line is for a variable at some step, or for one of dU, dW, db"),
        ({"backward": ["hbar[t] = W.T @ x[t]"]}, sg.ParseError, "shapes (n, n) and (m, 1) do not fit"),
        ({"backward": ["hbar[t] = U.T @ delta[t+1]"]}, sg.ShapeError, "shapes (n, 1) and (m, 1) do not fit"),
        ({"gradients": ["dV = sum(outer(delta[t], h[t-1]), (t, 1, T))"]}, sg.ParseError, "dV is none of"),
        ({"gradients": ["dW = sum(delta[t], (t, 1, T))"]}, sg.ShapeError, "do not fit"),
        ({"backward": ["hbar[t]"]}, sg.ParseError, "an equation is wanted"),
        ({"backward": [3]}, sg.CellError, "a line is a text"),
        ({}, sg.CellError, "there is nothing to judge"),
        ({"backward": []}, sg.CellError, "there is nothing to judge"),
    ],
)
def test_what_is_no_line(lines, error, reason):
    with pytest.raises(error) as caught:
        sg.check_backward(RNN, sg.half_squared_error(RNN.states[0]), **lines)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_witness_lists_is_enough_to_check_it_by_hand():
    n, m = sg.dims("n m")
    h, x, b = sg.State("h", n), sg.Input("x", m), sg.Parameter("b", n)
    W, U = sg.Parameter("W", n, n), sg.Parameter("U", n, m)
    cell = sg.Cell({h: sg.tanh(W @ h.prev + U @ x + b)})
    wrong = "dW = sum(outer(delta[t], h[t]), (t, 1, T))"
    (line,) = sg.check_backward(cell, sg.half_squared_error(h), gradients=[wrong]).lines
    witness = line.verdict.witness
    given = {name: numbers(witness.point[name]) for name in ("W", "U", "b", "x", "target", "h0")}
    assert (witness.point["T"], witness.point["entry"]) == ("1", "1, 1")
    assert given["W"].shape == (int(witness.point["n"]),) * 2
    after = np.tanh(given["W"] @ given["h0"] + given["U"] @ given["x"][0] + given["b"])
    delta = (1 - after**2) * (after - given["target"][0])
    assert np.outer(delta, given["h0"])[0, 0] == pytest.approx(float(witness.left), abs=1e-7)
    assert np.outer(delta, after)[0, 0] == pytest.approx(float(witness.right), abs=1e-7)


def test_shapes_that_differ_are_told_in_words():
    n, m = sg.dims("n m")
    h, x, U = sg.State("h", n), sg.Input("x", m), sg.Parameter("U", n, m)
    cell = sg.Cell({h: sg.tanh(U @ x + h.prev)})
    (line,) = sg.check_backward(cell, sg.half_squared_error(h), gradients=["dU = outer(x[T], delta[T])"]).lines
    assert line.verdict.evidence == "the left side has the shape (n, m), and the right side (m, n)"
