"""Programs printed for people: pasted, they give what the programs give."""

import numpy as np
import pytest
from cells_in_numbers import run_and_point

import symgrad as sg
from symgrad.activations.rows import ROWS


def pasted(program):
    names = {}
    exec(str(program), names)  # noqa: S102  as somebody would paste it
    return names["run"]


@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize("name", sg.CELLS)
def test_every_cell_gives_what_its_program_gives(name, at):
    run, point = run_and_point(name, at, 5)
    loss, gradients = pasted(run.program)(**point)
    expected = run(**point)
    assert loss == pytest.approx(expected.loss, rel=1e-12)
    assert gradients.keys() == expected.gradients.keys()
    for key, value in expected.gradients.items():
        np.testing.assert_allclose(np.broadcast_to(gradients[key], np.shape(value)), value, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_activation_can_be_pasted(name):
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: ROWS[name].function(w * h.prev)}), h).compile({sg.LENGTH: 4})
    loss, gradients = pasted(run.program)(w=0.9, h0=0.4, T=4)
    expected = run(w=0.9, h0=0.4)
    assert loss == pytest.approx(float(expected.loss), rel=1e-12)
    assert gradients["w"] == pytest.approx(float(expected.gradients["w"]), rel=1e-10)


def test_formulas_and_products_of_jacobians_too():
    x, y = sg.real("x"), sg.real("y")
    assert pasted(sg.compile(x**2 * y).program)(x=3.0, y=2.0) == 18.0
    h, w = sg.State("h"), sg.Parameter("w")
    cell = sg.Cell({h: sg.sigmoid(w * h.prev)})
    formula = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), cell, {sg.LENGTH: 6})
    assert pasted(formula.program)(w=2.0, h0=0.1, T=6) == pytest.approx(float(formula(w=2.0, h0=0.1)), rel=1e-12)


@pytest.mark.parametrize(
    "name", ["np", "T", "t", "lambda", "print", "h_prime", "math", "self", "loss", "tanh", "hbar", "dq"]
)
def test_names_that_would_be_something_else_are_replaced(name):
    h, w = sg.State("h"), sg.Parameter(name)
    run = sg.bptt(sg.Cell({h: w * h.prev}), h).compile({sg.LENGTH: 2})
    loss, _ = pasted(run.program)(0.5, 2, h0=4.0)
    assert loss == 1.0
