"""Sums to the last step, powers of 0, slopes that are functions, and cases in any order; no slip is proved."""

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.recurrent.forms.expanded import unfolded

PROVED, REFUTED = sg.Outcome.PROVED, sg.Outcome.REFUTED
(n,) = sg.dims("n")
h, s, r, x, w, u = sg.State("h"), sg.State("s"), sg.State("r"), sg.Input("x"), sg.Parameter("w"), sg.Parameter("u")
i, p = sg.Intermediate("i"), sg.Intermediate("p")
v, y, z = sg.State("v", n), sg.Input("y", n), sg.Parameter("z", n)

LINEAR = sg.Cell({i: u * x, s: w * s.prev + i}), s
CUMULATIVE = sg.Cell({r: r.prev + w * x, p: sg.tanh(r)}), p
INNER = sg.Cell({p: w * x * u, r: r.prev + p, h: sg.tanh(r)}), h
SOFTPLUS = sg.Cell({h: sg.softplus(w * h.prev + x)}), h
CASES = sg.Cell({h: sympy.Piecewise((w * h.prev, x > 0), (u * h.prev, True))}), h
MASKED = sg.Cell({v: sg.where(y > 0, sg.hadamard(z, v.prev), v.prev)}), sg.half_squared_error(v)

TRUE = [
    (LINEAR, "sbar[t] = sum(w**(k-t), (k, t, T))"),
    (LINEAR, "ibar[t] = sum(w**(k-t), (k, t, T))"),
    (LINEAR, "sbar[t] = sum(w**(T-k), (k, t, T))"),
    (LINEAR, "sbar[t] = 1 + sum(w**(k-t), (k, t+1, T))"),
    (LINEAR, "sbar[t] = 1 + w*sum(w**(k-t), (k, t, T-1))"),
    (CUMULATIVE, "rbar[t] = sum(pbar[k]*(1 - p[k]**2), (k, t, T))"),
    (CUMULATIVE, "rbar[t] = sum(1 - p[k]**2, (k, t, T))"),
    (INNER, "pbar[t] = sum(1 - h[k]**2, (k, t, T))"),
    (INNER, "rbar[t] = sum(hbar[k]*(1 - h[k]**2), (k, t, T))"),
    (SOFTPLUS, "delta[t] = hbar[t]*sigmoid(w*h[t-1] + x[t])"),
    (CASES, "hbar[t] = lossbar[t] + hbar[t+1]*Piecewise((u, x[t+1] <= 0), (w, True))"),
    (CASES, "hbar[t] = lossbar[t] + hbar[t+1]*Piecewise((u, 0 >= x[t+1]), (w, x[t+1] > 0))"),
    (CASES, "hbar[t] = lossbar[t] + hbar[t+1]*Piecewise((w, 0 < x[t+1]), (u, x[t+1] <= 0))"),
    (MASKED, "vbar[t] = v[t] - target[t] + where(y[t+1] <= 0, 1, z) ⊙ vbar[t+1]"),
    (MASKED, "vbar[t] = v[t] - target[t] + where(0 < y[t+1], z, 1) ⊙ vbar[t+1]"),
]
SLIPS = [
    ("(k, t, T)", "(k, t+1, T)"),
    ("(k, t, T)", "(k, t, T-1)"),
    ("(k, t, T)", "(k, 1, T)"),
    ("w**(k-t)", "w**(k-t+1)"),
    ("w**(k-t)", "w**(k-t-1)"),
    ("w**(T-k)", "w**(T-k+1)"),
    ("= 1 +", "= w +"),
    ("+ w*sum", "+ sum"),
    ("1 - p[k]**2", "1 - p[t]**2"),
    ("1 - h[k]**2", "1 + h[k]**2"),
    ("sum(hbar[k]*", "sum(2*"),
    ("h[t-1] +", "h[t] +"),
    ("sigmoid(", "tanh("),
    ("x[t+1]", "x[t]"),
    ("<=", "<"),
    ("<=", ">"),
    ("0 >=", "0 >"),
    ("0 <", "0 <="),
    ("> 0)", ">= 0)"),
    ("1, z", "z, 1"),
    ("where(0 < y[t+1]", "where(0 < y[t]"),
]
WRONG = [(cell, line.replace(*slip)) for cell, line in TRUE for slip in SLIPS if slip[0] in line]


def outcome(cell, line):
    made, loss = cell
    return sg.check_backward(made, loss, backward=[line], at="every").lines[0].verdict.outcome


@pytest.mark.parametrize(("cell", "line"), TRUE)
def test_true_lines_are_proved_however_they_are_written(cell, line):
    assert outcome(cell, line) is PROVED


@pytest.mark.parametrize(("cell", "line"), WRONG)
def test_no_slip_is_proved(cell, line):
    """One that is false where a number is 0 alone may find no numbers there."""
    assert outcome(cell, line) in (REFUTED, sg.Outcome.SUPPORTED)


a, b = sympy.symbols("a b", real=True)


@pytest.mark.parametrize("condition", [a <= b, a < b, a >= b, a > b, sympy.Ne(a, b), sympy.Eq(a, b)])
def test_cases_taken_apart_have_the_values_that_they_had(condition):
    cases = sympy.Piecewise((a + 2, condition), (b - 3, True))
    for point in ({a: 0, b: 0}, {a: 1, b: 0}, {a: 0, b: 1}):
        assert unfolded(cases).subs(point) == cases.subs(point)


# --- ranges that run backwards ------------------------------------------------------------------------------------

POWERS = sg.read_cell("h[t] = w*h[t-1]")
MATRIX_POWERS = sg.read_cell("h[t] = W @ h[t-1]", {"h": n, "W": (n, n)})
EMPTY_AT_LARGE_T = [
    (POWERS, "last", "hbar[i] = product(w, (j, i, 9))*w**(T - 10)"),
    (POWERS, "last", "hbar[t] = product(w, (j, 1, 9 - t))*w**(T - 9)"),
    (POWERS, "last", "hbar[i] = product(1/w, (j, i + 1, 9))*w**(T - 2*i + 9)"),
    (POWERS, "every", "dh0 = sum(product(w, (j, k + 1, 9))*w**(2*k - 9), (k, 1, T))"),
    (POWERS, "last", "dw = sum(product(w, (j, k + 1, 9))*w**(T - 10)*h[k-1], (k, 1, T))*w"),
    (POWERS, "last", "hbar[t] = where(t > 8, 1, w)*w**(T - t - 1)"),
    (MATRIX_POWERS, "last", "hbar[t] = product(W.T, (j, t + 1, 9)) @ W.T**(T - 9) @ hbar[T]"),
    (MATRIX_POWERS, "last", "hbar[t] = product(W.T, (j, 1, T - t - 7)) @ W.T**7 @ hbar[T]"),
]


@pytest.mark.parametrize(("cell", "at", "line"), EMPTY_AT_LARGE_T)
def test_a_product_over_a_range_that_runs_backwards_is_one_and_no_power_below_zero(cell, at, line):
    """And runs are longer than the numbers in a line, so that this is seen."""
    h = cell.states[0]
    loss = h if cell is POWERS else sg.half_squared_error(h)
    given = {"gradients" if line.startswith("d") else "backward": [line]}
    (found,) = sg.check_backward(cell, loss, at=at, where="w > 0" if cell is POWERS else (), **given).lines
    assert found.word == "REFUTED"


@pytest.mark.parametrize(
    "right",
    [
        "product(w, (j, t + 1, T))",
        "product(w, (j, 1, T - t))",
        "product(w, (j, t, T))/w",
    ],
)
def test_a_product_over_a_range_that_runs_forwards_is_a_power(right):
    (found,) = sg.check_backward(POWERS, POWERS.states[0], backward=[f"hbar[t] = {right}"], where="w > 0").lines
    assert found.word == "PROVED"


VECTOR_POWERS = sg.read_cell("h[t] = w*h[t-1]", {"h": n})
BESIDE_MATRICES = [
    ("hbar[i] = hadamard(w**(T-i)*(sum(1, (j, i, 9)) + i - 9)*ones(n), hbar[T])", "REFUTED"),
    ("hbar[i] = product(w, (j, i, 9))*w**(T-10)*hbar[T]", "REFUTED"),
    ("dw = sum(dot(hadamard((sum(1, (j, k, 9)) + k - 9)*ones(n), hbar[k]), h[k-1]), (k, 1, T))", "REFUTED"),
    ("hbar[i] = hadamard(w**(T-i)*(sum(1, (j, i, T)) + i - T)*ones(n), hbar[T])", "PROVED"),
    ("hbar[i] = product(w, (j, i+1, T))*hbar[T]", "PROVED"),
    ("dw = sum(dot(hadamard((sum(1, (j, k, T)) + k - T)*ones(n), hbar[k]), h[k-1]), (k, 1, T))", "PROVED"),
]


BESIDE_MATRICES += [
    ("hbar[t] = hadamard(w**(T-t)*(sum(sum(1, (j, 1, k)), (k, -3, 2)) + 4)*ones(n), hbar[T])", "REFUTED"),
    ("hbar[t] = hadamard(w**(T-t)*(sum(sum(1, (j, 1, k)), (k, -3, 2)) - 2)*ones(n), hbar[T])", "PROVED"),
    ("hbar[t] = hadamard(w**(T-t)*(sum(sum(1, (j, k, T)), (k, T, T+3)))*ones(n), hbar[T])", "PROVED"),
]  # of which the inner ranges run backwards for some k


@pytest.mark.parametrize(("line", "word"), BESIDE_MATRICES)
def test_a_sum_beside_a_matrix_is_empty_where_its_range_runs_backwards(line, word):
    """SymPy does sums that multiply a matrix, and of one that runs backwards makes another number."""
    loss = sg.half_squared_error(VECTOR_POWERS.states[0])
    given = {"gradients" if line.startswith("d") else "backward": [line]}
    assert sg.check_backward(VECTOR_POWERS, loss, where="w > 0", **given).lines[0].word == word


EMPTY_BY_SIZE = {"product(w, (j, n, 3))": 1, "w*sum(1, (j, n, 3))": 0}  # for n = 6


@pytest.mark.parametrize("backend", ["numpy", "mpmath", "balls"])
@pytest.mark.parametrize("factor", EMPTY_BY_SIZE)
def test_a_program_has_nothing_of_an_empty_sum(factor, backend):
    cell = sg.read_cell(f"v[t] = v[t-1] + {factor}*ones(n)", {"v": n})
    run = sg.bptt(cell, sg.half_squared_error(cell.states[0])).compile(backend=backend)
    found = run(w=0.5, v0=np.ones(6), target=np.zeros((1, 6)))
    assert found.loss == 3 * (1 + EMPTY_BY_SIZE[factor]) ** 2
    assert found.gradients["w"] == 0


BIASED = sg.read_cell("h[t] = tanh(w*h[t-1] + b)")
FAR_OUT = ["Max(b - 1, 0)", "where(b > 500, 1, 0)", "Min(b + 30, 0)", "where(w > 5, b, 0)", "where(b < -100, w, 0)"]


@pytest.mark.parametrize("slip", FAR_OUT)
def test_a_slip_that_shows_beyond_a_number_alone_is_refuted(slip):
    """Runs of a line with cases have large numbers, too."""
    state = BIASED.states[0]
    stated = [f"hbar[t] = w*delta[t+1] + {slip}", f"hbar[t] = w*delta[t+1] + {slip} - {slip}"]
    false, true = sg.check_backward(BIASED, sg.half_squared_error(state), backward=stated).lines
    assert (false.word, true.word) == ("REFUTED", "PROVED")
