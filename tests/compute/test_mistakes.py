"""Known mistakes are looked for in any cell, and the search takes no verdict down."""

import numpy as np
import pytest
import sympy
from cells_of_size_one import TERMS, cell_of

import symgrad as sg
from symgrad.compute.checks.mistakes import Mistakes
from symgrad.recurrent.judge.slips import slips
from symgrad.symbols import zero_like

# What a cell may compute of a value y of size 1, whatever its slope is made of.
OF_A_VALUE = {
    "Max": lambda y: sympy.Max(y, 1),
    "Min": lambda y: sympy.Min(y, 9),
    "Max of three": lambda y: sympy.Max(y, 1, y**2),
    "clipped": lambda y: sympy.Min(sympy.Max(y, -9), 9),
    "Abs": sympy.Abs,
    "sign": lambda y: y * sympy.sign(y),
    "Heaviside": lambda y: y * sympy.Heaviside(y),
    "Piecewise": lambda y: sympy.Piecewise((y, y > 1), (y**2, True)),
    "floor": lambda y: y + sympy.floor(y),
    "ceiling": lambda y: y + sympy.ceiling(y),
    "atan2": lambda y: sympy.atan2(y, 1),
    "real root": lambda y: sympy.real_root(y, 3),
    "sech": sympy.sech,
    "sinc": sympy.sinc,
    "loggamma": lambda y: sympy.loggamma(2 + y**2),
    "besselj": lambda y: sympy.besselj(0, y),
    "relu": sg.relu,
    "elu": lambda y: sg.elu(y) + sg.gelu(y) + sg.softsign(y),
}


@pytest.mark.parametrize("name", OF_A_VALUE)
def test_a_wrong_gradient_is_refuted_whatever_the_cell_computes(name):
    h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    grad = sg.bptt(sg.Cell({h: OF_A_VALUE[name](w * h.prev) + x}), sg.half_squared_error(h))
    given = {"w": 1.3, "h0": 1.1, "x": [0.3, 0.7, -0.2], "target": [0.0, 0.0, 1.0]}
    point = {argument: np.array(value) for argument, value in given.items()}
    right = grad.evaluate({k: v.item() if v.ndim == 0 else v.astype(object) for k, v in point.items()})
    for factor, outcome in ((1.0, sg.Outcome.SUPPORTED), (1.0001, sg.Outcome.REFUTED)):
        found = {"w": factor * float(right.gradients["w"])}
        check = sg.check_gradient(lambda found=found, **_: found, grad, **point)
        assert check.verdict.outcome is outcome, str(check)
    assert list(Mistakes(grad, point, {}).of("w"))


def test_a_wrong_gradient_is_refuted_whatever_its_operations_and_sizes():
    for place, term in enumerate(TERMS):
        grad, _ = cell_of(term, "n = 2, m = 1", "half squared error")
        for key in grad.arguments:
            assert list(slips(grad.equation_of(key))) or grad[key] == zero_like(key), (place, term)
    W, h, x = sg.Parameter("W", 2, 2), sg.State("h", 2), sg.Input("x", 2)
    grad = sg.bptt(sg.Cell({h: sg.softmax(W @ h.prev + x)}), sg.half_squared_error(h))
    point = {"W": np.eye(2) / 2, "h0": np.ones(2), "x": np.eye(2), "target": np.zeros((2, 2))}
    wrong = grad.compile()(**point).gradients["W"] + [[0, 0.1], [0, 0]]
    check = sg.check_gradient(lambda **_: {"W": wrong}, grad, **point)
    assert check.verdict.outcome is sg.Outcome.REFUTED
