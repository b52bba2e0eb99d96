"""Lines of derivations as text: true ones are proved however they are written, slips are refuted."""

import re

import numpy as np
import pytest
import sympy
from in_numbers import numbers

import symgrad as sg
from symgrad.recurrent.judge import evidence

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
RELU = sg.read_cell("h[t] = relu(W @ h[t-1] + U @ x[t] + b)", VECTOR)
RELU_UNIT = sg.read_cell("h[t] = relu(w*h[t-1] + u*x[t])")
LINEAR = sg.read_cell("h[t] = W @ h[t-1] + x[t]", {"h": n, "x": n, "W": (n, n)})
LINEAR_UNIT = sg.read_cell("h[t] = w*h[t-1] + x[t]")
CELLS = {
    "relu": RELU,
    "relu unit": RELU_UNIT,
    "linear": LINEAR,
    "linear unit": LINEAR_UNIT,
    "rnn": RNN,
    "swish": SWISH,
    "scalar": SCALAR,
    "memory": MEMORY,
}


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
    ("rnn", "last", "dx[t+1] = U.T @ delta[t+1]"),
    ("rnn", "last", "hbar[t] = (hbar[T].T @ dh[T]/dh[t]).T"),
    ("rnn", "last", "db = delta[T] + sum(hadamard(W.T @ delta[t+1], 1 - h[t]**2), (t, 1, T-1))"),
    ("rnn", "every", "db = sum(hadamard(W.T @ delta[t+1] + h[t] - target[t], 1 - h[t]**2), (t, 1, T))"),
    ("scalar", "last", "dw = sum(hbar[T]*dh[T]/dh[k]*(1 - h[k]**2)*h[k-1], (k, 1, T))"),
    ("rnn", "last", "dW = outer(delta[1], h0) + sum(outer(delta[t], h[t-1]), (t, 2, T))"),
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


TRUE += [
    ("rnn", "last", "delta[t-1] = hadamard(W.T @ delta[t], 1 - h[t-1]**2)"),
    ("rnn", "last", "hbar[T-1] = W.T @ delta[T]"),
    ("rnn", "last", "hbar[2] = W.T @ delta[3]"),
    ("rnn", "last", "hbar[T-k] = W.T @ delta[T-k+1]"),
    ("rnn", "last", "hbar[t] = product(diag(1 - h[i]**2) @ W, (i, t+1, T)).T @ hbar[T]"),
    ("rnn", "last", "hbar[t] = W.T @ product(W @ diag(1 - h[i]**2), (i, t+1, T-1)).T @ delta[T]"),
    ("rnn", "last", "delta[t] = product(W @ diag(1 - h[i]**2), (i, t, T-1)).T @ delta[T]"),
    ("rnn", "last", "dh0 = product(diag(1 - h[i]**2) @ W, (i, 1, T)).T @ hbar[T]"),
    ("rnn", "last", "dh[0] = W.T @ delta[1]"),
    ("rnn", "last", "hbar[0] = W.T @ delta[1]"),
    ("rnn", "last", "dW = outer(delta[1], h[0]) + sum(outer(delta[t], h[t-1]), (t, 2, T))"),
    ("rnn", "last", "dW = outer(delta[T], h[T-1]) + sum(outer(delta[t], h[t-1]), (t, 1, T-1))"),
    ("rnn", "last", "dW = sum(outer(delta[T-k], h[T-k-1]), (k, 0, T-1))"),
    ("rnn", "last", "dx[2] = U.T @ delta[2]"),
    ("rnn", "last", "dx[T] = U.T @ delta[T]"),
    ("rnn", "last", "dx[t] = U.T @ delta[t]"),
    ("rnn", "last", "dh[t]/dh[t-1] = diag(1 - h[t]**2) @ W"),
    ("rnn", "last", "dh[t]/dh[k] = product(diag(1 - h[i]**2) @ W, (i, k+1, t))"),
    ("rnn", "last", "dh[T]/dh[k] = product(dh[i]/dh[i-1], (i, k+1, T))"),
    ("rnn", "every", "hbar[t] = sum(product(diag(1 - h[i]**2) @ W, (i, t+1, s)).T @ (h[s] - target[s]), (s, t, T))"),
    ("rnn", "every", "hbar[t+1] = W.T @ delta[t+2] + h[t+1] - target[t+1]"),
    ("scalar", "last", "delta[t] = (1 - tanh(a[t])**2)*hbar[t]"),
    ("scalar", "last", "hbar[t] = w**(T-t)*product(1 - h[i]**2, (i, t+1, T))*hbar[T]"),
    ("relu", "last", "delta[t] = hadamard(slope(relu, a[t]), hbar[t])"),
    ("relu unit", "last", "delta[t] = slope(relu, a[t])*hbar[t]"),
    ("linear", "last", "hbar[t] = W.T**(T-t) @ hbar[T]"),
    ("linear", "last", "hbar[T-2] = W.T @ W.T @ hbar[T]"),
    ("linear unit", "last", "hbar[t] = w**(T-t)*hbar[T]"),
    ("linear unit", "every", "dw = sum(sum(w**(s-t)*(h[s] - target[s]), (s, t, T))*h[t-1], (t, 1, T))"),
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
    "the adjoint after the last step": ("rnn", "last", "hbar[t+1] = W.T @ delta[t+2]"),
    "a step too far": ("rnn", "last", "hbar[t] = product(diag(1 - h[i]**2) @ W, (i, t, T)).T @ hbar[T]"),
    "product not transposed": ("rnn", "last", "hbar[t] = product(diag(1 - h[i]**2) @ W, (i, t+1, T)) @ hbar[T]"),
    "product of transposes": ("rnn", "last", "hbar[t] = product(W.T @ diag(1 - h[i]**2), (i, t+1, T)) @ hbar[T]"),
    "product from 2": ("rnn", "last", "dh0 = product(diag(1 - h[i]**2) @ W, (i, 2, T)).T @ hbar[T]"),
    "first term twice": ("rnn", "last", "dW = outer(delta[1], h[0]) + sum(outer(delta[t], h[t-1]), (t, 1, T))"),
    "both ends apart": (
        "rnn",
        "last",
        "dW = outer(delta[1], h[0]) + outer(delta[T], h[T-1]) + sum(outer(delta[t], h[t-1]), (t, 2, T-1))",
    ),
    "counted to T": ("rnn", "last", "dW = sum(outer(delta[T-k], h[T-k-1]), (k, 0, T-2))"),
    "later loss forgotten": (
        "rnn",
        "every",
        "hbar[t] = product(diag(1 - h[i]**2) @ W, (i, t+1, T)).T @ (h[T] - target[T])",
    ),
    "power too high": ("linear", "last", "hbar[t] = W.T**(T-t+1) @ hbar[T]"),
    "power of the entries": ("linear", "last", "hbar[T-2] = hadamard(W.T, W.T) @ hbar[T]"),
    "slope at the output": ("swish", "last", "delta[t] = hadamard(slope(swish, h[t]), hbar[t])"),
    "Jacobian of the wrong step": ("rnn", "last", "dh[t]/dh[t-1] = diag(1 - h[t-1]**2) @ W"),
    "Jacobian transposed": ("rnn", "last", "dh[t]/dh[t-1] = W.T @ diag(1 - h[t]**2)"),
    "gradient of another step": ("rnn", "last", "dx[2] = U.T @ delta[3]"),
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


def test_other_names_of_adjoints_are_read_and_printed():
    (h,) = RNN.states
    loss = sg.half_squared_error(h)
    found = sg.check_backward(
        RNN, loss, backward=["e[T] = h[T] - target[T]", "e[t] = W @ delta[t+1]"], adjoints={"e": h}
    )
    assert [line.holds for line in found.lines] == [True, False]
    assert "e[T] = h[T] - target[T]" in str(found)
    assert "the rules give e[t] = W.T @ delta[t+1]" in str(found)
    assert "hbar" not in str(found)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hbar[t] = W.T @ delta[t+1]", "for t = 1, ..., T - 1"),
        ("delta[t-1] = hadamard(W.T @ delta[t], 1 - h[t-1]**2)", "for t = 2, ..., T"),
        ("hbar[t] = W.T @ delta[t-1]", "for t = 2, ..., T - 1"),
        ("hbar[T-2] = W.T @ delta[T-1]", "for every T >= 3"),
        ("hbar[T-k] = W.T @ delta[T-k+1]", "for k = 1, ..., T - 1"),
        ("db = sum(delta[t], (t, 1, T))", "for every T"),
        ("dh[t]/dh[k] = product(dh[i]/dh[i-1], (i, k+1, t))", "for t = 1, ..., T and k = 0, ..., t - 1"),
    ],
)
def test_a_line_says_for_which_steps_it_was_judged(line, words):
    (found,) = judgement("rnn", [line]).lines
    assert found.judged_for == words
    assert str(found).splitlines()[0].endswith(f", {words}")


@pytest.mark.parametrize(
    "line", ["hbar[t] = W.T @ hadamard(h[-1], delta[t+1])", "db = sum(hadamard(delta[t], h[t-2]), (t, 1, T))"]
)
def test_a_line_that_asks_for_a_state_before_the_first_says_so(line):
    (found,) = judgement("rnn", [line]).lines
    assert found.holds is False
    assert "there is no value for h at step -1" in str(found)


@pytest.mark.parametrize(
    ("at", "line", "where", "right"),
    [
        (
            "last",
            "hbar[t+1] = W.T @ delta[t+2]",
            "it fails at t = T - 1 only, and holds for t = 1, ..., T - 2",
            "hbar[T] = h[T] - target[T]",
        ),
        (
            "last",
            "delta[t+2] = hadamard(W.T @ delta[t+3], 1 - h[t+2]**2)",
            "it fails at t = T - 2 only, and holds for t = 1, ..., T - 3",
            "delta[T] = hadamard(hbar[T], 1 - h[T]**2)",
        ),
        (
            "last",
            "delta[t] = hadamard(W.T @ delta[t+1], 1 - h[t]**2) + sum(delta[k], (k, t, 1))",
            "it fails at t = 1 only, and holds for t = 2, ..., T - 1",
            "delta[1] = hadamard(hbar[1], 1 - h[1]**2)",
        ),
        (
            "last",
            "db = sum(delta[k], (k, 1, T)) + sum(delta[k], (k, T, 1))",
            "it fails at T = 1 only, and holds for every T >= 2",
            "db = sum(delta[t], (t, 1, T))",
        ),
        (
            "last",
            "dx[t+2] = U.T @ hadamard(W.T @ delta[t+3], 1 - h[t+2]**2)",
            "it fails at t = T - 2 only, and holds for t = 1, ..., T - 3",
            "dx[T] = U.T @ delta[T]",
        ),
        (
            "last",
            "db = delta[T] + sum(delta[t], (t, 2, T - 1))",
            "",
            "db = sum(delta[t], (t, 1, T))",
        ),
        ("last", "hbar[t] = W @ delta[t+1]", "", "hbar[t] = W.T @ delta[t+1]"),
    ],
)
def test_a_line_that_fails_at_few_steps_says_at_which(at, line, where, right):
    (found,) = judgement("rnn", [line], at).lines
    assert found.word == "REFUTED"
    assert (found.verdict.evidence, found.right) == (where, right)
    assert where in str(found)


@pytest.mark.parametrize("g", [sg.Input("g"), sg.Input("g", n)])
@pytest.mark.parametrize(
    "right", ["hbar[1]", "where(g[1] > 0, W.T @ hbar[1], 2*hbar[1])", "where(g[1] > 0, W @ hbar[1], hbar[1])"]
)
def test_where_alone_a_line_fails_is_not_said_of_steps_that_are_refuted_and_no_verdict_waits_for_it(g, right):
    """In the runs that are tried first, the steps after the first one happen to agree."""
    h, W = sg.State("h", n), sg.Parameter("W", n, n)
    cell = sg.Cell({h: sg.where(g > 0, W @ h.prev, h.prev)})
    (found,) = sg.check_backward(cell, sg.half_squared_error(h), gradients=[f"dh0 = {right}"]).lines
    assert (found.word, found.verdict.evidence) == ("REFUTED", "")


@pytest.mark.parametrize("share", [0, 100])
def test_a_refuted_line_stays_refuted_without_work_left_to_say_where_alone(share, monkeypatch):
    monkeypatch.setattr(evidence, "FOR_A_REMARK", share)
    (found,) = judgement("rnn", ["db = sum(delta[k], (k, 1, T)) + sum(delta[k], (k, T, 1))"]).lines
    assert (found.word, found.verdict.evidence) == ("REFUTED", "")


J = sympy.Symbol("j", integer=True)
UNIT = sg.Cell({sg.State("s"): sg.Parameter("w") * sg.State("s").prev * sg.Input("y")})
W_UNIT, S, Y = sg.Parameter("w"), sg.State("s"), sg.Input("y")
GAP = sg.LENGTH - sg.TIME
INPUTS = sympy.Product(Y.at(J), (J, sg.TIME + 1, sg.LENGTH))


@pytest.mark.parametrize(
    ("right", "said"),
    [
        (sympy.Product(W_UNIT, (J, 1, GAP / 2)) ** 2 * INPUTS, "T/2 - t/2 is no step"),
        (sympy.Product(W_UNIT, (J, sg.TIME + 1, sg.LENGTH + sympy.Rational(1, 2))) * INPUTS, "T + 1/2 is no step"),
        (sympy.Sum(W_UNIT**J, (J, sg.TIME, sympy.oo)), "oo is no step"),
        (W_UNIT**GAP * (1 + S.at(sg.TIME / 2)) - W_UNIT**GAP * S.at(sg.TIME / 2), "t/2 is no step"),
        (W_UNIT**GAP * (1 + sg.Parameter("K")) - W_UNIT**GAP * sg.Parameter("K"), "K is not in the cell"),
    ],
)
def test_a_line_as_an_expression_says_nothing_of_halves_of_steps_or_of_what_the_cell_does_not_have(right, said):
    with pytest.raises(sg.CellError, match=re.escape(said)) as told:
        sg.check_backward(UNIT, S, backward={"sbar": right})
    assert "\n" not in str(told.value)
    (found,) = sg.check_backward(UNIT, S, backward={"sbar": W_UNIT**GAP * INPUTS}, where="w > 0").lines
    assert found.word == "PROVED"


def test_a_line_that_asks_for_an_adjoint_before_the_first_is_refuted_where_it_is_false_elsewhere():
    (found,) = judgement("rnn", ["db = delta[T] + delta[T-1]"]).lines
    assert found.word == "REFUTED"
    assert found.verdict.witness is not None


def test_a_matrix_that_is_not_square_has_no_power():
    with pytest.raises(sg.ParseError, match="only a square matrix has powers") as caught:
        judgement("rnn", ["dU = U**2"])
    assert "hadamard(U, U)" in str(caught.value)


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


# Cells that have no values at most numbers: their lines are judged at others, or it is said that there are none.
SELDOM_DEFINED = {
    "h[t] = elementwise(y, y*exp(-y**2/e), W @ h[t-1] + x[t])": ({"h": n, "x": n, "W": (n, n), "e": ()}, "PROVED"),
    "h[t] = elementwise(y, exp(8*exp(4*y)), W @ h[t-1] + x[t])": ({"h": n, "x": n, "W": (n, n)}, "PROVED"),
    "h[t] = exp(exp(exp(5*h[t-1] + x[t])))": ({"h": n, "x": n}, "UNDECIDED"),
}


@pytest.mark.parametrize("text", SELDOM_DEFINED)
def test_cells_that_grow_beyond_all_numbers_are_judged_where_they_have_values(text):
    shapes, outcome = SELDOM_DEFINED[text]
    cell = sg.read_cell(text, shapes)
    loss = sg.half_squared_error(cell.states[0])
    lines = list(map(str, sg.bptt(cell, loss).backward))
    found = sg.check_backward(cell, loss, backward=lines)
    assert {line.verdict.outcome.name for line in found.lines} == {outcome}
    if outcome == "UNDECIDED":
        assert "no numbers were found at which the cell has real values" in str(found)
    else:
        wrong = lines[0].replace("= ", "= 2*", 1)
        assert sg.check_backward(cell, loss, backward=[wrong]).lines[0].holds is False
