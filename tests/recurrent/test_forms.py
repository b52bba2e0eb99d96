"""All forms of a gradient, for cells of every kind: each is had, or refused in one line."""

import numpy as np
import pytest
import sympy
from flint import arb

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


@pytest.mark.one_in(4)
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


LINEAR = {
    "one weight": "h[t] = w*h[t-1]",
    "a bias": "h[t] = w*h[t-1] + b",
    "a bias alone": "h[t] = h[t-1] + b",
    "names within a step": "a[t] = w*h[t-1] + b\ny[t] = v*a[t]\nh[t] = v*y[t] + a[t]",
    "a parameter twice": "h[t] = w*h[t-1] + w**2",
}


def forms_of(grad, argument):
    """All formulas that are given for the gradient with respect to an argument, those that are refused left out."""
    cut = had(lambda: grad.truncated(argument, 1, 2))
    found = [had(lambda: grad.paths(argument)), had(lambda: grad.closed_form(argument))]
    return [e for e in (*found, cut and cut.gradient + cut.bias) if e is not None]


def entries(value):
    return [arb(e) for e in np.ravel(np.array(value, dtype=object))]


def demand_forms_are_the_gradient(grad, steps):
    """Each form of each argument has the value of the gradient; that with respect to an input, at each step."""
    point, size, checked = point_of(grad, steps), {sg.LENGTH: steps}, set()
    known = grad.evaluate(point, size).gradients
    for argument in grad.arguments:
        name, in_time = grad.name_of(argument), getattr(argument, "time", None) == sg.TIME
        for form in forms_of(grad, argument):
            at_last = in_time and not form.has(sg.TIME)
            for step in range(steps if at_last else 1, steps + 1 if in_time else 2):
                value = entries(grad.value_of(form.subs(sg.TIME, step) if in_time else form, point, size))
                expected = entries(known[name][step - 1] if in_time else known[name])
                assert max(abs(a - b) for a, b in zip(value, expected, strict=True)) < 1e-9, (name, step, form)
            checked.add(name)
    return checked


@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize("name", [*CELLS, *sg.CELLS])
def test_every_form_of_every_argument_is_its_gradient(name, at):
    cell = gradients(name).cell
    state, c = cell.states[-1], sg.Parameter("c_loss")
    error = state - sg.Input("goal", *getattr(state, "shape", ()))
    grad = sg.bptt(cell, c * (sympy.Trace(error.T @ error) if getattr(state, "shape", ()) else error**2), at)
    checked = demand_forms_are_the_gradient(grad, 3)
    assert checked == set(map(grad.name_of, grad.arguments)) or name not in ("tanh", "gru", "minimal_gru")


@pytest.mark.parametrize("at", ["last", "every", "mean"])
def test_forms_of_an_input_that_acts_on_the_loss_with_and_without_a_state_between_are_its_gradient(at):
    h, x, w, v = sg.State("h"), sg.Input("x"), sg.Parameter("w"), sg.Parameter("v")
    grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), h * v * x, at)
    assert demand_forms_are_the_gradient(grad, 3) == {"w", "v", "x", "h0"}


@pytest.mark.one_in(4)
@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize("name", LINEAR)
def test_every_closed_form_is_its_gradient(name, steps):
    cell = sg.read_cell(LINEAR[name])
    h, c, target = cell.states[-1], sg.Parameter("c"), sg.Input("target")
    grad = sg.bptt(cell, c * h + c**2 * target)
    assert demand_forms_are_the_gradient(grad, steps) == set(map(grad.name_of, grad.arguments))
    assert all(had(lambda a=a: grad.closed_form(a)) is not None for a in grad.arguments)


def test_forms_of_inputs_and_initial_states_are_sums_over_the_paths_to_them():
    h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), sg.half_squared_error(h), "every")
    later = "Product(w*(1 - h[i]**2), (i, {}, {}))"
    assert later.format("t + 1", "k") in str(grad.paths("x"))
    assert later.format(2, "t") in str(grad.paths("h0"))
    linear = sg.bptt(sg.Cell({h: w * h.prev}), 3 * h)
    assert linear.closed_form("h0") == 3 * w**sg.LENGTH


REFUSED = {
    "truncated inputs": (lambda g: g.truncated("x", 1, 2), "truncation cuts the paths to parameters; got x"),
    "truncated initial states": (lambda g: g.truncated("h0", 1, 2), "got h0, of which there is grad['h0']"),
    "half a step": (lambda g: g.truncated("w", 1, 2.5), "truncation needs k2 >= k1 >= 1; got k1 = 1, k2 = 2.5"),
    "no steps": (lambda g: g.truncated("w", "one", 2), "truncation needs k2 >= k1 >= 1; got k1 = 'one'"),
    "unrolled inputs": (lambda g: g.prove_unrolled("x", 3), "unrolled forms are compared for parameters; got x"),
    "half a step unrolled": (lambda g: g.prove_unrolled("w", 2.5), "a number of steps from 1 to 10000; got 2.5"),
    "a list": (lambda g: g.paths(["w"]), "there is a gradient with respect to w, x, target, h0; asked for was ['w']"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_form_has_no_answer_for_is_refused_in_one_line(name):
    h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    make, says = REFUSED[name]
    with pytest.raises(sg.CellError) as found:
        make(sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), sg.half_squared_error(h)))
    assert says in str(found.value)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", [*CELLS, "lstm", "gru"])
def test_every_cell_is_crosschecked(name):
    grad = gradients(name)
    check = sg.crosscheck(grad.compile({sg.LENGTH: 3}), point_of(grad), entries=2)
    assert check.verdict.outcome is sg.Outcome.SUPPORTED, str(check)


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", ["two scalars", "scalars within a step", "three scalars", "lstm"])
def test_several_scalars_have_forward_mode_and_proofs(name):
    grad = gradients(name)
    assert len(grad.prove_forms()) == len(grad.cell.states) + 3 + 2 * len(grad.cell.parameters)
    check = sg.crosscheck(grad.compile({sg.LENGTH: 3}), point_of(grad))
    for row in check:
        is_parameter = row.argument in {p.name for p in grad.cell.parameters}
        assert is_parameter == ("forward mode" in {e.method for e in row.estimates}), str(row)
