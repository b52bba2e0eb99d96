"""Sums to the last step, powers of 0, slopes that are functions, and cases in any order; no slip is proved."""

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
