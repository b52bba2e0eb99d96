"""Lines as papers and lecture notes write them: one law, in many words, and the steps at which it is judged."""

import pytest
import sympy

import symgrad as sg

n, m = sg.dims("n m")
SHAPES = {"h": n, "x": m, "W": (n, n), "U": (n, m), "b": n, "V": (n, n)}
CELLS = {
    "rnn": "h[t] = tanh(W @ h[t-1] + U @ x[t])",
    "softplus": "h[t] = softplus(W @ h[t-1] + U @ x[t])",
    "linear": "h[t] = W @ h[t-1] + U @ x[t]",
    "two lags": "h[t] = tanh(W @ h[t-1] + V @ h[t-2])",
    "softmax": "h[t] = softmax(W @ h[t-1] + U @ x[t])",
    "sum": "h[t] = h[t-1] + tanh(U @ x[t])",
    "relu unit": "h[t] = relu(w*h[t-1] + u*x[t])",
    "softsign unit": "h[t] = softsign(w*h[t-1] + u*x[t])",
    "leaky": "h[t] = alpha*h[t-1] + tanh(W @ h[t-1])",
}


def judged(cell, line, at="last"):
    text = CELLS[cell]
    shapes = {} if "unit" in cell else {k: v for k, v in SHAPES.items() if k in text}
    read = sg.read_cell(text, shapes)
    return sg.check_backward(read, sg.half_squared_error(read.states[0]), backward=[line], at=at).lines[0]


TRUE = [
    ("rnn", "last", "hbar[t] = product(W.T @ diag(1 - h[T+t+1-i]**2), (i, t+1, T)) @ hbar[T]"),
    ("rnn", "last", "hbar[T-k] = product(W.T @ diag(1 - h[2*T-k-i+2]**2), (i, T-k+2, T+1)) @ hbar[T]"),
    ("rnn", "last", "dh0 = product(diag(1 - h[i-1]**2) @ W, (i, 2, T+1)).T @ hbar[T]"),
    ("rnn", "last", "dh[t]/dh[k] = diag(1 - h[t]**2) @ W @ (dh[t-1]/dh[k])"),
    ("rnn", "last", "dh[T]/dh[T-k] = product(dh[i]/dh[i-1], (i, T-k+1, T))"),
    ("rnn", "last", "dh[k]/dh[0] = product(diag(1 - h[i]**2) @ W, (i, 1, k))"),
    ("rnn", "every", "hbar[0] = W.T @ delta[1]"),
    (
        "rnn",
        "every",
        "hbar[t] = sum(product(W.T @ diag(1 - h[s+t+1-i]**2), (i, t+1, s)) @ (h[s] - target[s]), (s, t, T))",
    ),
    ("rnn", "every", "dW = sum(outer(hadamard(1 - h[k]**2, W.T @ delta[k+1] + h[k] - target[k]), h[k-1]), (k, 1, T))"),
    (
        "rnn",
        "every",
        "dW = sum(outer(hadamard(1 - h[T-k]**2, W.T @ delta[T-k+1] + h[T-k] - target[T-k]), h[T-k-1]), (k, 0, T-1))",
    ),
    (
        "rnn",
        "every",
        "dU = delta[T] @ x[T].T"
        " + sum(outer(hadamard(1 - h[k]**2, W.T @ delta[k+1] + h[k] - target[k]), x[k]), (k, 1, T-1))",
    ),
    ("softplus", "last", "delta[t] = hadamard(sigmoid(a[t]), hbar[t])"),
    ("softplus", "last", "delta[t] = hadamard(1 - exp(-h[t]), hbar[t])"),
    ("linear", "last", "hbar[0] = product(W, (i, 1, T)).T @ hbar[T]"),
    ("sum", "last", "dh[T]/dh[0] = product(eye(n), (i, 1, T))"),
    ("softmax", "last", "delta[t] = hadamard(h[t], hbar[t]) - dot(h[t], hbar[t])*h[t]"),
    ("leaky", "last", "dalpha = sum(dot(hbar[t], h[t-1]), (t, 1, T))"),
    ("relu unit", "last", "hbar[1] = product(w*slope(relu, a[i]), (i, 2, T))*hbar[T]"),
    ("relu unit", "last", "hbar[t] = product(w*slope(relu, a[T+t+1-i]), (i, t+1, T))*hbar[T]"),
    ("relu unit", "last", "dw = sum(slope(relu, a[k+1])*hbar[k+1]*h[k], (k, 0, T-1))"),
    ("softsign unit", "last", "delta[T-2] = slope(softsign, a[T-2])*hbar[T-2]"),
]


@pytest.mark.parametrize(("cell", "at", "line"), TRUE, ids=[f"{c}-{a}-{line}" for c, a, line in TRUE])
def test_one_law_in_other_words_is_proved(cell, at, line):
    found = judged(cell, line, at)
    assert found.verdict.outcome is sg.Outcome.PROVED, found


WRONG = [
    ("rnn", "last", "hbar[t] = product(W.T @ diag(1 - h[T+t-i]**2), (i, t+1, T)) @ hbar[T]"),
    ("rnn", "every", "dW = sum(outer(hadamard(1 - h[k]**2, W.T @ delta[k+1] + h[k]), h[k-1]), (k, 1, T))"),
    (
        "rnn",
        "every",
        "dW = sum(outer(hadamard(1 - h[k]**2, W.T @ delta[k+1] + h[k] - target[k]), h[k-1]), (k, 1, T-1))",
    ),
    ("softplus", "last", "delta[t] = hadamard(sigmoid(h[t]), hbar[t])"),
    ("linear", "last", "hbar[0] = product(W.T, (i, 1, T)).T @ hbar[T]"),
    ("relu unit", "last", "hbar[T-3] = w*slope(relu, a[T-1])*w*slope(relu, a[T])*hbar[T]"),
    ("relu unit", "last", "hbar[1] = u*slope(relu, a[2])*hbar[2]"),
    ("rnn", "last", "dU = outer(delta[T], x[T]) + outer(delta[T-1], x[T-1])"),
]


@pytest.mark.parametrize(("cell", "at", "line"), WRONG, ids=[f"{c}-{a}-{line}" for c, a, line in WRONG])
def test_another_law_is_refuted(cell, at, line):
    assert judged(cell, line, at).verdict.outcome is sg.Outcome.REFUTED


WORDS = {
    "dx[t-1] = U.T @ delta[t-1]": "for t = 2, ..., T",
    "dx[T-k] = U.T @ delta[T-k]": "for k = 1, ..., T - 1",
    "dh[2]/dh[0] = diag(1 - h[2]**2) @ W @ diag(1 - h[1]**2) @ W": "for every T >= 2",
    "dh[T]/dh[t] = product(diag(1 - h[i]**2) @ W, (i, t+1, T))": "for t = 1, ..., T",
    "dh[t]/dh[k+1] = product(diag(1 - h[i]**2) @ W, (i, k+2, t))": "for t = 1, ..., T and k = -1, ..., t - 2",
    "hbar[1] = W.T @ diag(1 - h[2]**2) @ W.T @ diag(1 - h[3]**2) @ hbar[3]": "for every T >= 3",
    "hbar[T-k] = W.T @ diag(1 - h[T-k+1]**2) @ W.T @ diag(1 - h[T-k+2]**2) @ hbar[T-k+2]": "for k = 2, ..., T - 1",
    "dU = outer(delta[1], x[1]) + outer(delta[2], x[2]) + sum(outer(delta[t], x[t]), (t, 3, T))": "for every T >= 2",
}


@pytest.mark.parametrize("line", WORDS)
def test_lines_are_judged_where_all_that_they_name_is_there(line):
    found = judged("rnn", line)
    assert (found.judged_for, found.verdict.outcome) == (WORDS[line], sg.Outcome.PROVED)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("dx[T+1] = U.T @ delta[T]", "there is no x[T+1]"),
        ("dx[0] = U.T @ delta[1]", "there is no x[0]"),
        ("dh[T]/dh[-1] = W", "states are at steps 0 to T"),
        ("dh[t]/dh[t+1] = W", "the later one stands above"),
        ("dh[i]/dh[k] = W", "one step besides t and T"),
        ("dh[2*t]/dh[t] = W", "a number of steps from t or T"),
    ],
)
def test_steps_that_there_are_not_are_refused_in_one_line(line, says):
    with pytest.raises(sg.CellError) as caught:
        judged("rnn", line)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_line_that_names_a_state_after_the_last_says_so():
    found = judged("two lags", "hbar[T-1] = V.T @ hadamard(1 - h[T+1]**2, hbar[T+1]) + W.T @ delta[T]")
    assert found.verdict.outcome is sg.Outcome.REFUTED
    assert "there is no step T + 1" in str(found)


@pytest.mark.parametrize("line", ["hbar[T] = w**(T-t)*hbar[T]", "dh0 = w**t*hbar[T]", "dh0 = w**(t-1)*hbar[1]*t*w"])
def test_a_step_that_only_counts_is_a_step_of_the_line(line):
    """Each is true at one step, and was said to be for every T."""
    h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    lines = {"gradients" if line.startswith("d") else "backward": [line]}
    (found,) = sg.check_backward(sg.Cell({h: w * h.prev + x}), sg.half_squared_error(h), **lines).lines
    assert (found.judged_for, found.verdict.outcome) == ("for t = 1, ..., T", sg.Outcome.REFUTED)
    assert "only" not in str(found)


# --- values outside of the steps ----------------------------------------------------------------------------------

s, c, r = sg.State("s"), sg.Input("c"), sg.Parameter("r")
LEAKY = sg.Cell({s: r * s.prev + sg.Input("y")})
# A loss that looks at an input outside of the steps, where it stands, and the gradient of that input.
OUTSIDE = [
    (s * c.prev, "last", "dc0", "lossbar[1]*s[1]"),
    (s * c.prev, "every", "dc0", "s[1]"),
    (s * c.at(sg.TIME - 2), "last", "dc0", "lossbar[2]*s[2]"),
    (s * c.at(sg.TIME - 2), "last", "dc1", "lossbar[1]*s[1]"),
    (s * c.next, "every", "dc[T+1]", "s[T]"),
]


@pytest.mark.parametrize(("loss", "at", "left", "right"), OUTSIDE, ids=str)
def test_the_gradient_of_an_input_outside_of_the_steps_is_judged_where_it_is_not_zero(loss, at, left, right):
    def outcome(line):
        return sg.check_backward(LEAKY, loss, gradients=[line], at=at).lines[0].verdict.outcome.name

    assert outcome(f"{left} = {right}") == "PROVED"
    assert [outcome(f"{left} = {wrong}") for wrong in (f"2*{right}", f"-{right}", "0*s[1]")] == ["REFUTED"] * 3


def test_the_line_that_the_rules_give_is_proved_whatever_stands_in_it():
    u, start = sg.State("u", 3), sg.Parameter("A", 1)
    body = sg.elementwise(lambda y: sympy.cos(y) / 2, sg.concatenate(start, u.at(sg.TIME - 2))[0:3, :])
    loss = sg.half_squared_error(u)
    gradients = sg.bptt(sg.Cell({u: body}), loss)
    found = sg.check_backward(gradients.cell, loss, backward=[str(line) for line in gradients.backward])
    assert found.holds


# --- values of later steps: there is no equation of step 0 --------------------------------------------------------

h, u, x, w = sg.State("h"), sg.Intermediate("u"), sg.Input("x"), sg.Parameter("w")
AHEAD = {
    "value": (sg.Cell({u: r * x, h: w * h.prev + u.next}), h**2 / 2, "last"),
    "value, every": (sg.Cell({u: r * x, h: w * h.prev + u.next}), h**2 / 2, "every"),
    "input": (sg.Cell({h: h.prev + w * x.next}), h**2 / 2, "last"),
    "loss": (sg.Cell({h: w * h.prev}), h * c.next, "every"),
}
OF_THE_FIRST_STEP = [
    ("value", "ubar[1] = 0", "PROVED", "for every T >= 2"),
    ("value", "ubar[T] = hbar[T-1]", "PROVED", "for every T >= 2"),
    ("value", "dx[T] = r*hbar[T-1]", "PROVED", "for every T >= 2"),
    ("value", "ubar[t] = hbar[t-1]", "PROVED", "for t = 2, ..., T - 1"),
    ("value", "dx[1] = r*hbar[0]", "REFUTED", "for every T >= 2"),
    ("value, every", "dr = sum(hbar[t-1]*x[t], (t, 1, T))", "REFUTED", "for every T"),
    ("input", "dx[1] = 0", "PROVED", "for every T >= 2"),
    ("input", "dx[1] = w*hbar[0]", "REFUTED", "for every T >= 2"),
    ("input", "dx[2] = w*hbar[1]", "PROVED", "for every T >= 3"),
    ("loss", "dc[1] = 0", "PROVED", "for every T >= 2"),
    ("loss", "dc[1] = h0", "REFUTED", "for every T >= 2"),
]


@pytest.mark.parametrize(("cell", "line", "outcome", "steps"), OF_THE_FIRST_STEP, ids=str)
def test_nothing_of_step_0_gives_a_share_to_the_first_steps(cell, line, outcome, steps):
    written, loss, at = AHEAD[cell]
    kind = "gradients" if line.startswith("d") else "backward"
    found = sg.check_backward(written, loss, at=at, **{kind: [line]}).lines[0]
    assert found.verdict.outcome.name == outcome
    assert steps in str(found)


@pytest.mark.parametrize("cell", AHEAD)
def test_the_lines_that_are_printed_of_a_cell_that_looks_ahead_are_true(cell):
    written, loss, at = AHEAD[cell]
    gradients = sg.bptt(written, loss, at=at)
    backward = [str(line) for line in (*gradients.final, *gradients.backward)]
    stated = [str(gradients.equation_of(argument)) for argument in gradients.arguments]
    judged = sg.check_backward(written, loss, at=at, backward=backward, gradients=stated)
    assert judged.holds, str(judged)


@pytest.mark.parametrize(
    ("line", "outcome", "steps"),
    [
        ("dc = s[T]", "PROVED", ", as dc[T], for every T"),
        ("dc[T] = s[T]", "PROVED", "s[T], for every T"),
        ("dc = 2*s[T]", "REFUTED", ", as dc[T], for every T"),
        ("dc[1] = 0", "PROVED", "0, for every T >= 2"),
    ],
)
def test_the_gradient_of_an_input_that_stands_in_the_last_loss_only_is_judged_at_t_and_says_so(line, outcome, steps):
    found = sg.check_backward(LEAKY, s * c, gradients=[line]).lines[0]
    assert found.verdict.outcome.name == outcome
    assert steps in str(found)


def test_the_index_of_a_sum_is_free_in_no_sum_within_it():
    line = "hbar[t] = w*delta[t+1] + sum(sum(w, (k, 1, i)), (i, 1, t)) - t*(t+1)/2*w"
    cell = sg.read_cell("h[t] = tanh(w*h[t-1] + b)")
    (found,) = sg.check_backward(cell, sg.half_squared_error(cell.states[0]), backward=[line], at="last").lines
    assert found.judged_for.replace(" ", "") == "fort=1,...,T-1"
    assert found.verdict.outcome is not sg.Outcome.REFUTED
