"""Lines with quotients and roots of entries: one normal form for all ways to write them, and no slip is proved."""

import pytest
import sympy

import symgrad as sg
from symgrad.recurrent.forms.index_notation import Reader

PROVED, REFUTED = sg.Outcome.PROVED, sg.Outcome.REFUTED
(n,) = sg.dims("n")


def normalised_gates():
    """A cell whose gates f and i are divided by their sum."""
    h, x = sg.State("h", n), sg.Input("x", n)
    weights = (sg.Parameter(name, n, n) for name in ("Wf", "Wi", "Wz"))
    f, i, z = (sg.Intermediate(name, n) for name in "fiz")
    squashed = (sg.sigmoid, sg.sigmoid, sg.tanh)
    gates = {v: s(W @ h.prev + x) for v, s, W in zip((f, i, z), squashed, weights)}
    return sg.Cell({**gates, h: sg.hadamard(f / (f + i), h.prev) + sg.hadamard(i / (f + i), z)}), h


def layer_norm(is_named):
    """A cell with a layer norm, whose mean and deviation have names or stand in one formula."""
    h, x, W, g = sg.State("h", n), sg.Input("x", n), sg.Parameter("W", n, n), sg.Parameter("g", n)
    a, y, c, m, s = (sg.Intermediate(name, *size) for name, size in zip("aycms", ((n,), (n,), (n,), (), ())))
    root = sympy.sqrt(sg.mean((a - sg.mean(a)) ** 2) + 1)
    names = {m: sg.mean(a), s: sympy.sqrt(sg.mean((a - m) ** 2) + 1), y: (a - m) / s}
    norm = names if is_named else {y: (a - sg.mean(a)) / root}
    return sg.Cell({a: W @ h.prev + x, **norm, c: sg.hadamard(g, y), h: sg.tanh(c)}), h


def outcome(cell, line):
    made, h = cell
    return sg.check_backward(made, sg.half_squared_error(h), backward=[line]).lines[0].verdict.outcome


GATES = normalised_gates()
TRUE = [
    "zbar[t] = hbar[t] ⊙ (1 - f[t]/(f[t]+i[t]))",
    "fbar[t] = hbar[t] ⊙ (h[t-1] - z[t]) ⊙ i[t]/(f[t]+i[t])^2",
    "fbar[t] = hbar[t] ⊙ (h[t-1] - z[t]) ⊙ i[t] ⊙ ((f[t]+i[t])**2)**(-1)",
    "fbar[t] = hbar[t] ⊙ (h[t-1] - z[t]) ⊙ i[t] ⊙ (f[t]+i[t])**(-2)",
    "fbar[t] = hbar[t] ⊙ (h[t-1] - z[t]) ⊙ i[t]/(f[t]**2 + 2*f[t]⊙i[t] + i[t]**2)",
    "fbar[t] = hbar[t] ⊙ (h[t-1] - h[t])/(f[t]+i[t])",
    "fbar[t] = hbar[t] ⊙ (h[t-1]/(f[t]+i[t]) - f[t]⊙h[t-1]/(f[t]+i[t])^2 - i[t]⊙z[t]/(f[t]+i[t])^2)",
    "ibar[t] = hbar[t] ⊙ (z[t] - h[t])/(f[t]+i[t])",
    "ibar[t] = hbar[t] ⊙ (z[t] - h[t-1]) ⊙ f[t]/(f[t]+i[t])^2",
    "delta_z[t] = hbar[t] ⊙ (1 - z[t]**2) ⊙ (1 - f[t]/(i[t]+f[t]))",
    "delta_f[t] = hbar[t] ⊙ (h[t-1] - h[t]) ⊙ f[t] ⊙ (1-f[t])/(f[t]+i[t])",
]
SLIPS = [
    ("f[t]/(f[t]+i[t])", "i[t]/(f[t]+i[t])"),
    ("i[t]/(f[t]", "f[t]/(f[t]"),
    (")^2", ")^3"),
    (")^2", ")"),
    ("**(-1)", "**(-2)"),
    ("**(-2)", "**(-1)"),
    ("2*f[t]", "f[t]"),
    ("+i[t])", "-i[t])"),
    ("h[t-1] - h[t]", "h[t] - h[t-1]"),
    ("h[t-1] - z[t]", "h[t] - z[t]"),
    ("z[t] - h[t-1]", "z[t] - h[t]"),
    ("z[t] - h[t]", "z[t] + h[t]"),
    ("(1 - f[t]", "(1 + f[t]"),
    ("(1-f[t])", "(1-i[t])"),
    ("f[t] + i[t]", "f[t] + 1"),
    ("f[t]+i[t]", "f[t]+2*i[t]"),
    ("hbar[t] ⊙", "hbar[t] ⊙ f[t] ⊙"),
]
WRONG = sorted({line.replace(*slip) for line in TRUE for slip in SLIPS} - set(TRUE))


@pytest.mark.parametrize("line", TRUE)
def test_quotients_of_vectors_are_proved_however_they_are_written(line):
    assert outcome(GATES, line) is PROVED


@pytest.mark.parametrize("line", WRONG)
def test_no_slip_in_a_quotient_of_vectors_is_proved(line):
    assert outcome(GATES, line) is REFUTED


NORM = "abar[t] = (ybar[t] - mean(ybar[t]) - y[t]*mean(ybar[t]⊙y[t]))/{s}"
NORM_SLIPS = [
    ("- mean(ybar[t])", "+ mean(ybar[t])"),
    ("- mean(ybar[t])", "- total(ybar[t])"),
    ("- y[t]*mean", "- mean"),
    ("- y[t]*mean", "+ y[t]*mean"),
    ("ybar[t]⊙y[t]", "y[t]⊙y[t]"),
    ("ybar[t]⊙y[t]", "ybar[t]⊙a[t]"),
    ("⊙y[t]))/", "⊙y[t]))*"),
    ("))/", "))/2/"),
    ("(ybar[t] -", "(2*ybar[t] -"),
]


@pytest.mark.parametrize(("is_named", "s"), [(True, "s[t]"), (False, "sqrt(variance(a[t]) + 1)")])
def test_the_textbook_line_of_a_layer_norm_is_proved_and_none_of_its_slips(is_named, s):
    cell, line = layer_norm(is_named), NORM.format(s=s)
    assert outcome(cell, line) is PROVED
    assert {outcome(cell, line.replace(*slip)) for slip in NORM_SLIPS} == {REFUTED}


u, v, w = sg.Parameter("u", n), sg.Parameter("v", n), sg.Parameter("w")
ONES = sg.ones(n)
EQUAL = [
    (u / (u + v), ONES - v / (u + v)),
    (1 / u - 1 / (u + v), v / sg.hadamard(u, u + v)),
    (sg.sqrt(u) ** 2, u),
    (sg.sqrt(u) / u, 1 / sg.sqrt(u)),
    (sg.dot(v, 1 / sg.sqrt(1 + u**2)), sg.dot(v, sg.elementwise(lambda a: 1 / sympy.sqrt(a), 1 + u**2))),
    (1 / (1 / u), u),
    (sg.elementwise(lambda a, b: (a + b) ** -2, u, v), ((u + v) ** 2) ** -1),
    (sg.total(u) ** 2, sg.total(u) * sg.total(u)),
    (sg.dot(v, u / (u + v)), sg.total(v) - sg.dot(v, v / (u + v))),
    (sympy.sqrt(sg.total(u)) ** 3 / sg.total(u), sympy.sqrt(sg.total(u))),
]
UNEQUAL = [
    (u / (u + v), ONES - v / (u - v)),
    (1 / u - 1 / v, 1 / (u - v)),
    (sg.sqrt(u + v), sg.sqrt(u) + sg.sqrt(v)),
    (sg.sqrt(u**2), u),
    (1 / sg.sqrt(u), sg.sqrt(1 + 1 / u)),
    (sg.dot(v, 1 / sg.sqrt(u)), sg.dot(v, 1 / u)),
    ((u + v) ** -2, (u**2 + v**2) ** -1),
    (sg.total(u) ** 2, sg.total(u**2)),
    ((u - sg.total(u)) ** 2, u**2 - 2 * sg.total(u) * u + sg.total(u**2) * ONES),
    (sg.dot(v, u / (u + v)), sg.total(v) - sg.dot(u, v / (u + v))),
    (1 / (1 + sg.total(u)), 1 / (1 + w)),
    (sg.total(1 / u), 1 / sg.total(u)),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_powers_with_values_have_one_normal_form(left, right):
    assert Reader().equal(left, right)


@pytest.mark.parametrize(("left", "right"), UNEQUAL)
def test_powers_that_differ_have_different_normal_forms(left, right):
    assert not Reader().equal(left, right)
