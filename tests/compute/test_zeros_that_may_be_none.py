"""A 0 that stands for what is below the range of doubles is told, in one jump as in many; an exact 0 is not."""

import warnings

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.compute.run.zeros import points_of_zeros

BELOW = "below the range of doubles: a 0 .*need not be one"
h, w, u, x = sg.State("h"), sg.Parameter("w"), sg.Parameter("u"), sg.Input("x")
W, v = sg.Parameter("W", 2, 2), sg.State("v", 2)
TWO = {"v0": np.ones(2), "target": np.ones((2, 2))}

TOO_SMALL = {
    "a product": ({h: w * h.prev}, {"w": 1e-170, "h0": 1.0}, "the loss and gradients of h0"),
    "a product at a point of many": ({h: w * h.prev}, {"w": [1.0, 1e-170], "h0": 1.0}, "the loss and gradients of h0"),
    "a product of matrices": ({v: W @ v.prev}, {"W": 1e-170 * np.eye(2), **TWO}, "gradients of v0"),
    "exp": ({h: h.prev + sympy.exp(u)}, {"u": -800.0, "h0": 1.0}, "gradients of u"),
    "a product with exp": ({h: h.prev * sympy.exp(u)}, {"u": -800.0, "h0": 1.0}, "the loss and gradients of u, h0"),
    "sigmoid": ({h: h.prev + sg.sigmoid(u)}, {"u": -800.0, "h0": 1.0}, "gradients of u"),
    "softplus": ({h: h.prev + sg.softplus(u)}, {"u": -800.0, "h0": 1.0}, "gradients of u"),
    "a bell": ({h: h.prev + sympy.exp(-(u**2))}, {"u": 30.0, "h0": 1.0}, "gradients of u"),
    "a power": ({h: h.prev + u**5}, {"u": 1e-90, "h0": 1.0}, "gradients of u"),
}

EXACT = {
    "a dead unit": ({h: sg.relu(w * h.prev)}, {"w": 1.0, "h0": -1.0}),
    "dead units at some points": ({h: sg.relu(w * h.prev)}, {"w": [1.0, -1.0], "h0": -1.0}),
    "a weight of 0": ({h: sg.tanh(w * h.prev)}, {"w": 0.0, "h0": 1.0}),
    "a state of 0": ({h: sg.tanh(w * h.prev)}, {"w": 1.0}),
    "a mask": ({h: x * sg.sigmoid(w) * h.prev}, {"w": 1.0, "x": [0.0, 0.0], "h0": 1.0}),
    "what cancels": ({v: (W - W.T) @ v.prev}, {"W": np.eye(2), **TWO}),
}


def run_of(cell, point, backend, **options):
    (state,) = cell
    loss = sg.half_squared_error(state) if "target" in point else state
    sizes = None if {"x", "target"} & point.keys() else {sg.LENGTH: 2}
    return sg.bptt(sg.Cell(cell), loss).compile(sizes, backend, **options)


@pytest.fixture(params=["numpy", "compiled"])
def backend(request):
    if request.param == "compiled":
        pytest.importorskip("llvmlite")
    return request.param


@pytest.mark.parametrize("checkpoint", [False, True])
@pytest.mark.parametrize("name", TOO_SMALL)
def test_a_zero_that_may_be_none_is_told(name, checkpoint, backend):
    cell, point, named = TOO_SMALL[name]
    run = run_of(cell, point, backend, checkpoint=checkpoint)
    for _ in range(2):  # the second call is a prepared one
        with pytest.warns(sg.UnderflowWarning, match=f"^{named} (is|are) {BELOW}") as told:
            run(**point)
        assert [warning.filename for warning in told] == [__file__]


@pytest.mark.parametrize("points", [(), (3,)])
def test_outer_products_that_are_too_small_are_told(points, backend):
    b = sg.Parameter("b", 2)
    run = sg.bptt(sg.Cell({v: W @ v.prev + b}), w * sg.dot(v, v)).compile({sg.LENGTH: 1}, backend)
    with pytest.warns(sg.UnderflowWarning, match=f"^gradients of W are {BELOW}"):
        run(W=np.eye(2), b=np.ones(2), v0=np.full(2, 1e-170), w=np.full(points, 1e-170))


@pytest.mark.parametrize("checkpoint", [False, True])
@pytest.mark.parametrize("name", EXACT)
def test_an_exact_zero_is_not_told(name, checkpoint, backend):
    cell, point = EXACT[name]
    run = run_of(cell, point, backend, checkpoint=checkpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            found = run(**point)
    assert any((gradient == 0).any() for gradient in found.gradients.values())


def test_nothing_is_computed_again_where_no_gradient_is_zero_throughout(backend, monkeypatch):
    run = run_of({h: sg.tanh(w * h.prev + x)}, {"x": ()}, backend)
    monkeypatch.setattr(type(run), "_in_pieces", counted := Counted(type(run)._in_pieces))
    run(w=0.5, x=[0.0, 1.0], h0=1.0)
    once = counted.calls
    run(w=0.5, x=[0.0, 1.0], h0=1.0)
    assert once == (backend == "numpy")
    assert counted.calls == 2 * once


class Counted:
    """A method that counts its calls."""

    def __init__(self, method):
        self.method, self.calls = method, 0

    def __get__(self, run, kind):
        def called(*arguments, **options):
            self.calls += 1
            return self.method(run, *arguments, **options)

        return called


def test_points_are_those_at_which_an_array_is_zero_throughout():
    some, whole = np.array([[0.0, 1.0], [0.0, 1e-320], [2.0, 0.0]]), np.array([1.0, 1.0, 0.0])
    assert points_of_zeros([some, whole], 1).tolist() == [False, True, True]
    assert points_of_zeros([some], 0) is None
    assert points_of_zeros([np.float64(1), np.ones(3)], 0) is None
    assert points_of_zeros([np.float64(0)], 0)
