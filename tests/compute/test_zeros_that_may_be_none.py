"""A 0 that stands for what is below the range of doubles is told, in one jump as in many; an exact 0 is not."""

import warnings

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.compute.run.zeros import points_of_zeros

BELOW = "below the range of doubles: a 0 .*need not be one"
h, w, u, x = sg.State("h"), sg.Parameter("w"), sg.Parameter("u"), sg.Input("x")
k = sg.Parameter("k")
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

# Losses that are divided by what is too large, at a state and a factor k.
TOO_LARGE_BELOW = {
    "a square of a cosine": (k / sympy.cosh(h) ** 2, 357.0, 1e10),
    "a square of a cosine, far out": (k / sympy.cosh(h) ** 2, 400.0, 1.0),
    "a power": (k / h**4, 1e80, 1e30),
    "a square": (k / (1 + h**2), 1e160, 1e5),
    "an exponential and 1": (k / (1 + sympy.exp(2 * h)), 360.0, 1.0),
    "a sum of exponentials": (k / (2 + sympy.exp(h)) ** 2, 400.0, 1e10),
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


@pytest.mark.filterwarnings("ignore:a number on the way is beyond")
@pytest.mark.parametrize("name", TOO_LARGE_BELOW)
def test_a_zero_of_a_divisor_beyond_the_range_is_told(name, backend):
    loss, state, factor = TOO_LARGE_BELOW[name]
    run = sg.bptt(sg.Cell({h: w * h.prev}), loss).compile({sg.LENGTH: 1}, backend)
    for _ in range(2):
        with pytest.warns(sg.UnderflowWarning, match=f"^the loss and gradients of .*k.* are {BELOW}") as told:
            found = run(w=1.0, h0=state, k=factor)
        assert [warning.filename for warning in told] == [__file__]
        assert abs(found.loss) < 1e-290
    a = sg.real("a")
    with pytest.warns(sg.UnderflowWarning, match=BELOW):
        sg.compile(loss.subs({h: a, k: sympy.Integer(10) ** 5}), backend=backend)(a=[1.0, state])


@pytest.mark.filterwarnings("ignore:a number on the way is beyond")
def test_a_zero_of_a_gradient_beside_the_cell_is_told(backend):
    run = sg.bptt(sg.Cell({h: w * h.prev}), h + w / k).compile({sg.LENGTH: 2}, backend)
    with pytest.warns(sg.UnderflowWarning, match=f"^gradients of k are {BELOW}"):
        run(w=1.0, h0=1.0, k=1e200)


def test_a_zero_beside_a_value_beyond_the_range_is_exact(backend):
    a = sg.real("a")
    with pytest.warns(RuntimeWarning, match="infinite") as told:
        assert sg.compile(sympy.sinh(a), backend=backend)(a=[800.0, 0.0]).tolist() == [float("inf"), 0.0]
    assert len(told) == 1


@pytest.mark.parametrize("exponent", [400, -400])
def test_a_number_out_of_the_range_of_doubles_is_told(exponent, backend):
    number, a = sympy.Integer(10) ** exponent, sg.real("a")
    run = sg.bptt(sg.Cell({h: w * h.prev}), number * h).compile({sg.LENGTH: 2}, backend)
    formula, point = sg.compile(number * a, backend=backend), {"w": 0.5, "h0": 1.0}
    for _ in range(2):
        if exponent < 0:
            with pytest.warns(sg.UnderflowWarning, match="^the number 1.0E-400 is below the range of doubles") as told:
                assert run(**point).loss == formula(a=1.0) == 0
            assert {warning.filename for warning in told} == {__file__}
        else:
            for call in (lambda: run(**point), lambda: formula(a=1.0)):
                with pytest.raises(sg.CellError, match=r"^the number 1\.0E\+400 is beyond the range of doubles; use"):
                    call()
    scaled = sg.compile(number * a, backend=backend, scaled=True)(a=1.0)
    assert scaled.log10() == pytest.approx(exponent) if hasattr(scaled, "log10") else scaled.to_mpmath() != 0


def test_a_divisor_beyond_the_range_is_told_in_one_entry_beside_others(backend):
    v, x, a = sg.State("v", 2), sg.Input("x", 2), sg.real("a")
    cell = sg.Cell({v: x / sg.sqrt(1 + x**2) + v.prev / 2})
    run = sg.bptt(cell, sg.half_squared_error(v)).compile(backend=backend)
    formula = sg.compile(1 + a / sympy.sqrt(1 + a**2), backend=backend)
    given = {"v0": np.zeros(2), "target": np.ones((1, 2))}
    for call in (lambda y: run(x=y[None], **given), lambda y: formula(a=y)):
        with pytest.warns(sg.UnderflowWarning, match="^a number on the way is beyond the range of doubles"):
            call(np.array([1.0, 1e200]))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call(np.array([1.0, 1e100]))


def test_a_number_below_the_range_is_told_once_where_no_result_is_nearly_0(backend):
    number, a = sympy.Integer(10) ** -400, sg.real("a")
    run = sg.bptt(sg.Cell({h: w * h.prev}), number + h).compile({sg.LENGTH: 2}, backend)
    formula = sg.compile(number + a, backend=backend)
    for call in (lambda: run(w=0.5, h0=1.0), lambda: formula(a=1.0)):
        with pytest.warns(sg.UnderflowWarning, match="^the number 1.0E-400 is below the range of doubles"):
            call()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call()


def test_nothing_is_told_of_the_sum_of_squares_by_which_a_call_is_checked(backend):
    run = sg.bptt(sg.Cell({h: w * h.prev}), h).compile({sg.LENGTH: 1}, backend)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            assert run(w=1.0, h0=1e200).loss == 1e200


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


BEYOND = {  # formulas that are a little above 1, with a divisor whose parts are beyond the range of doubles
    "sum of exponentials": (lambda a: 1 + 1 / (1 + sympy.log(1 + sympy.exp(2) + sympy.exp(a))), 800.0),
    "cosine": (lambda a: 1 + 1 / sympy.log(sympy.cosh(a)), 800.0),
    "power": (lambda a: 1 + 1 / (1 + sympy.log(1 + a**4)), 1e100),
    "high power": (lambda a: 1 + 1 / (1 + sympy.log(1 + a**40)), 1e10),
    "root of a power": (lambda a: 1 + a * (1 + a**4) ** sympy.Rational(-1, 3), 1e100),
}


@pytest.mark.parametrize("name", BEYOND)
def test_a_divisor_beyond_the_range_beside_a_term_that_is_not_is_told(name, backend):
    formula, point = BEYOND[name]
    a = sg.real("a")
    with pytest.warns(sg.UnderflowWarning, match="^a number on the way is beyond"):
        sg.compile(formula(a), backend=backend)(a=point)
    run = sg.bptt(sg.Cell({h: w * h.prev}), formula(h)).compile({sg.LENGTH: 1}, backend)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            run(w=1.0, h0=point)
        except sg.CellError as error:  # where a gradient is infinite, or none
            told.append(error)
    assert any("way" in str(getattr(warning, "message", warning)) for warning in told)
