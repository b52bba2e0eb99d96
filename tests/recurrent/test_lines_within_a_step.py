"""Lines are proved with adjoints, norms and values of a step as names: written out they take far more work."""

import pytest

import symgrad as sg
from symgrad.base.budget import Budget
from symgrad.recurrent.judge import judge

n, m = sg.dims("n m")
MOST = 1_000_000  # units of work, of the twelve million that a line has

LAYER_NORM = """a[t] = W @ h[t-1] + U @ x[t]
mu[t] = trace(dot(ones(n), a[t]))/n
r[t] = a[t] - mu[t]*ones(n)
s[t] = sqrt(trace(dot(r[t], r[t]))/n + 1e-5)
e[t] = r[t]/s[t]
h[t] = tanh(hadamard(g, e[t]) + b)"""
NORMALISED = {"a": n, "r": n, "e": n, "h": n, "x": m, "W": (n, n), "U": (n, m), "g": n, "b": n}
LENGTHS = "s[t] = sqrt(trace(dot(x[t], x[t])) + 1)\ne[t] = x[t]/s[t]\nh[t] = hadamard(g, e[t]) + h[t-1]"
QUOTIENT = """i[t] = exp(w*x[t] + r*h[t-1])
f[t] = sigmoid(u*x[t] + v*h[t-1])
c[t] = f[t]*c[t-1] + i[t]*x[t]
N[t] = f[t]*N[t-1] + i[t]
h[t] = c[t]/N[t]"""
LIQUID = """f[t] = sigmoid(W @ h[t-1] + U @ I[t] + mu)
D[t] = elementwise(y, 1/y, 1 + dt*(elementwise(y, 1/y, tau) + f[t]))
h[t] = hadamard(h[t-1] + dt*hadamard(f[t], A), D[t])"""
TIME_CONSTANTS = {"h": n, "f": n, "D": n, "I": m, "W": (n, n), "U": (n, m), "mu": n, "A": n, "tau": n}

LINES = [
    (
        LAYER_NORM,
        NORMALISED,
        "abar[t] = (ebar[t] - {}ones(n)*dot(ones(n), ebar[t])/n - e[t]*dot(e[t], ebar[t])/n)/s[t]",
    ),
    (LENGTHS, dict.fromkeys("xegh", n), "dx[t] = (hadamard(g, hbar[t]) - {}e[t]*dot(e[t], hadamard(g, hbar[t])))/s[t]"),
    (QUOTIENT, {}, "Nbar[t] = f[t+1]*Nbar[t+1] - {}hbar[t]*h[t]/N[t]"),
    (LIQUID, TIME_CONSTANTS, "fbar[t] = dt*hadamard(hbar[t], D[t], A - {}h[t])"),
    (
        "q[t] = sigmoid(x[t])\nh[t] = hadamard(q[t], h[t-1]) + hadamard(sqrt(1 - q[t]**2), x[t])",
        dict.fromkeys("hxq", n),
        "qbar[t] = hadamard(hbar[t], h[t-1] - {}hadamard(q[t], x[t], elementwise(y, 1/sqrt(1 - y**2), q[t])))",
    ),
    ("h[t] = h[t-1]*x[t]**p", {}, "dx[t] = {}p*hbar[t]*h[t-1]*x[t]**(p-1)"),
]


def judged(text, shapes, line):
    cell = sg.read_cell(text, shapes)
    (h,) = (v for v in cell.defined if v.name == "h")
    given = {"gradients": [line]} if line.startswith("d") else {"backward": [line]}
    (found,) = sg.check_backward(cell, sg.half_squared_error(h), at="every", **given).lines
    return found.verdict.outcome


@pytest.mark.parametrize(("text", "shapes", "line"), LINES)
def test_a_line_is_proved_with_little_work(text, shapes, line, monkeypatch):
    monkeypatch.setattr(judge, "Budget", lambda limit: Budget(MOST))
    assert judged(text, shapes, line.format("")) is sg.Outcome.PROVED


@pytest.mark.parametrize(("text", "shapes", "line"), LINES)
def test_the_same_with_one_term_doubled_is_refuted(text, shapes, line):
    assert judged(text, shapes, line.format("2*")) is sg.Outcome.REFUTED


@pytest.mark.parametrize("product", ["product(diag(x[j]), (j, t+1, T))", "product(diag(x[j]), (j, t+1, T)).T"])
def test_a_product_of_diagonal_matrices_is_its_own_transpose(product):
    cell = sg.read_cell("h[t] = hadamard(x[t], h[t-1])", {"h": n, "x": n})
    loss = sg.half_squared_error(cell.states[0])
    right, late = f"hbar[t] = {product} @ hbar[T]", f"hbar[t] = {product.replace('t+1', 't+2')} @ hbar[T]"
    found = sg.check_backward(cell, loss, backward=[right, late]).lines
    assert [line.verdict.outcome for line in found] == [sg.Outcome.PROVED, sg.Outcome.REFUTED]


def test_products_of_other_matrices_are_not_their_own_transposes():
    cell = sg.read_cell("h[t] = (W + diag(x[t])) @ h[t-1]", {"h": n, "x": n, "W": (n, n)})
    lines = [f"hbar[t] = product(W + diag(x[j]), (j, t+1, T)){end} @ hbar[T]" for end in (".T", "")]
    found = sg.check_backward(cell, sg.half_squared_error(cell.states[0]), backward=lines).lines
    assert [line.verdict.outcome for line in found] == [sg.Outcome.PROVED, sg.Outcome.REFUTED]


def test_functions_of_rows_are_those_of_columns():
    """The gradient of dt is a trace, in which the transpose of a function of entries stands."""
    cell = sg.read_cell(LIQUID, TIME_CONSTANTS)
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]), at="last")
    claims = [claim for claim in grad.derivation().claims if str(claim.statement).startswith("ddt = ")]
    assert [sg.verify(claim).outcome for claim in claims] == [sg.Outcome.PROVED] * 2
