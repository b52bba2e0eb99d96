"""A scalar in a function of each entry has a share of the gradient: a sum over all entries. It was taken for none."""

import re

import pytest
import sympy

import symgrad as sg
from symgrad.base.errors import CellError

(n,) = sg.dims("n")
V0, TARGET = [0.3, 0.6], [[0.1, 0.2], [0.3, -0.4]]
X = [[1, 2], [0.5, 0.2]]
U = {"u": [0.4, 0.3], "u0": 0.2}
SHAPES = {"v": n, "x": n, "W": (n, n)}
CELLS = {
    "a parameter": ("v[t] = elementwise(y, 1/(y**2 + e), w*v[t-1] + x[t])", {"e": 0.5, "w": 0.7, "x": X}),
    "an input": ("v[t] = elementwise(y, y*u[t] + u[t]**2, v[t-1])", {"u": [0.4, 0.3]}),
    "another state": ("s[t] = s[t-1]/2\nv[t] = elementwise(y, y*s[t-1] + y**2, v[t-1])", {"s0": 0.4}),
    "of an activation": ("v[t] = celu(a, v[t-1] + x[t])", {"a": 0.4, "x": [[-1, 2], [-0.5, 0.2]]}),
    "a product with the entry": ("v[t] = elementwise(y, sin(y*u[t-1])*tanh(u[t]*e), v[t-1])", {**U, "e": 0.7}),
    "an exponent": ("v[t] = (v[t-1]**2 + 1)**e + x[t]**u[t-1]", {**U, "e": 0.7, "x": X}),
    "an exponent made of a matrix": ("v[t] = (v[t-1]**2 + 1)**trace(W)", {"W": [[0.5, 0.2], [0.1, 0.3]]}),
    "a parameter made of the entry": ("v[t] = elementwise(y, celu(y - 1, 1 + e*y**2), v[t-1])", {"e": 0.7}),
    "cases": (
        "v[t] = elementwise(y, Piecewise((elu(y, e), y > u[t]), (e*u[t]**2, True)), v[t-1])",
        {"u": [0.4, 0.3], "e": 0.7},
    ),
    "in and out": ("v[t] = e*elementwise(y, sqrt(y**2 + e)*tanh(e*y), w*v[t-1] + x[t])", {"e": 0.5, "w": 0.7, "x": X}),
}  # fmt: skip


def gradients(text, at):
    cell = sg.read_cell(text, {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", text)})
    (state,) = (s for s in cell.states if str(s) == "v[t]")
    return sg.bptt(cell, sg.half_squared_error(state), at=at)


@pytest.mark.parametrize("at", ["last", "every"])
@pytest.mark.parametrize("name", CELLS)
def test_every_scalar_in_a_function_of_entries_gets_its_share(name, at):
    text, values = CELLS[name]
    found = sg.crosscheck(gradients(text, at).compile(), {**values, "v0": V0, "target": TARGET})
    assert found.verdict.outcome is sg.Outcome.SUPPORTED, found


@pytest.mark.parametrize("backend", ["mpmath", "balls", "compiled"])
def test_all_backends_agree_on_it(backend):
    text, values = CELLS["in and out"]
    grad, arguments = gradients(text, "every"), {**values, "v0": V0, "target": TARGET}
    wanted, found = grad.compile()(**arguments), grad.compile(backend=backend)(**arguments)
    assert float(found.gradients["e"]) == pytest.approx(float(wanted.gradients["e"]), rel=1e-12)


def test_lines_about_it_are_judged():
    cell = sg.read_cell(CELLS["a parameter"][0], {"v": n, "x": n})
    loss, (e,) = sg.half_squared_error(cell.states[0]), (p for p in cell.parameters if str(p) == "e")
    lines = {
        "de = 0": "REFUTED",
        "de = sum(trace(-vbar[t].T @ elementwise(y, (e + y**2)**(-2), a[t])), (t, 1, T))": "PROVED",
    }
    for line, outcome in lines.items():
        (found,) = sg.check_backward(cell, loss, gradients=[line]).lines
        assert found.verdict.outcome.name == outcome, found
    assert sg.bptt(cell, loss).equation_of(e).right != 0


def test_a_scalar_in_a_loss_of_entries_gets_its_share():
    cell, e = sg.read_cell("v[t] = tanh(v[t-1] + x[t])", {"v": n, "x": n}), sg.Parameter("e")
    rooted = sg.elementwise(lambda y: sympy.sqrt(y**2 + e), cell.states[0])
    run = sg.bptt(cell, sg.dot(sg.ones(n), rooted)).compile()
    found = sg.crosscheck(run, {"e": 0.5, "v0": V0, "x": X})
    assert found.verdict.outcome is sg.Outcome.SUPPORTED


@pytest.mark.parametrize("function", ["Min", "Max"])
@pytest.mark.parametrize("options", [{"backend": "balls"}, {"scaled": True}, {"backend": "compiled", "scaled": True}])
def test_the_larger_of_a_scalar_and_a_constant_in_balls(function, options):
    cell = sg.read_cell(f"s[t] = a*{function}(s[t-1], 1) + b*x[t]")
    grad, values = sg.bptt(cell, cell.states[0]), {"a": 0.5, "b": 1, "s0": 0.3, "x": [1, 2]}
    wanted, found = grad.compile()(**values), grad.compile(**options)(**values)
    slope = found.gradients["a"].to_float() if options.get("scaled") else found.gradients["a"]
    assert float(slope) == pytest.approx(float(wanted.gradients["a"]), rel=1e-12)


SCALARS = {
    "a parameter made of the argument": ("s[t] = celu(s[t-1] - 1, 1 + s[t-1]**2 + e)", {"e": 0.7}),
    "one made of the same variable": ("s[t] = celu(s[t-1], 1 + s[t-1]**2)", {}),
    "one made of a matrix": ("s[t] = celu(s[t-1] - 1, trace(W)**2)", {"W": [[0.5, 0.2], [0.1, 0.3]]}),
    "a function of a matrix alone": ("s[t] = s[t-1]*tanh(trace(W))", {"W": [[0.5, 0.2], [0.1, 0.3]]}),
}


@pytest.mark.parametrize("name", SCALARS)
def test_a_function_of_scalars_has_the_slopes_of_all_its_arguments(name):
    text, values = SCALARS[name]
    cell = sg.read_cell(text, {"W": (n, n)} if "W" in text else {})
    run = sg.bptt(cell, sg.half_squared_error(cell.states[0])).compile()
    found = sg.crosscheck(run, {**values, "s0": -0.4, "target": [0.1, 0.2]})
    assert found.verdict.outcome is sg.Outcome.SUPPORTED, found


def test_what_holds_an_index_or_an_entry_gets_no_name():
    cell = sg.read_cell("s[t] = sum(sin(k*s[t-1]), (k, 1, 3))\nv[t] = elementwise(y, tanh(y*s[t]), v[t-1])", {"v": n})
    assert cell.defined == (*cell.states,)


def test_a_matrix_in_a_function_of_entries_is_refused():
    v, W = sg.State("v", n), sg.Parameter("W", n, n)
    with pytest.raises(CellError, match="made of numbers, and W is a matrix; give the number"):
        sg.Cell({v: sg.elementwise(lambda y: y * sympy.Trace(W), v.prev)})


OF_SLOPES = [
    ("tanh(a*y)", "Abs(a)", [], True),
    ("tanh(a*y)", "Abs(a)/2", [], False),
    ("sin(y + a)", "1", [], True),
    ("sigmoid(a*y + b)", "Abs(a)/4", [], True),
    ("sigmoid(a*y + b)", "Abs(a)/5", [], False),
    ("tanh(y + a*y)", "Abs(a + 1)", [], True),
    ("a*sigmoid(y*b)", "Abs(a*b)/4", [], True),
    ("relu(a*y)", "Abs(a)", [], True),
    ("tanh(2*y)", "2", [], True),
    ("tanh(2*y)", "1", [], False),
    ("tanh(tanh(a*y))", "Abs(a)", [], True),
    ("tanh(y/a)", "1/a", ["a > 0"], True),
    ("tanh(y*z[t])", "Abs(z[t])", [], True),
]


@pytest.mark.parametrize(("function", "slope", "where", "holds"), OF_SLOPES)
def test_slopes_of_entries_with_scalars_in_them_are_bounded(function, slope, where, holds):
    """What is at a place, as the slope of tanh at a*y, is no derivative any more."""
    cell = f"v[t] = elementwise(y, {function}, W @ v[t-1])"
    shapes = ["v vector (n)", "W matrix (n, n)", *where]
    assert sg.verify(sg.cell_claim(cell, f"norm(dv[t]/dv[t-1]) <= {slope}*norm(W)", where=shapes)).holds is holds
