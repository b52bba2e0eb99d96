"""Programs of expressions, claims and products of Jacobians."""

import warnings

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st
from sympy import Abs, Max, Piecewise, Rational, cos, exp, pi, sin, sqrt

import symgrad as sg
from symgrad.balls import enclose
from symgrad.balls.values import ball
from symgrad.compute.run import formula as formulas
from symgrad.symbols import declared_shape

X, Y = sg.real("x"), sg.real("y")
EXPRESSIONS = {
    "polynomial": X**3 - 2 * X * Y + Rational(1, 3),
    "quotient": (1 + X**2) / (3 + cos(Y)),
    "powers": sqrt(1 + X**2) ** 3 / (2 + sin(Y)) ** Rational(1, 3),
    "cases": Piecewise((X, X > Y), (Y**2, True)),
    "largest": Max(X, Y, 1) + Abs(X - Y),
    "activations": sg.sigmoid(X) * sg.gelu(Y) + sg.elu(X, 2) + sg.softplus(X * Y),
    "slopes": sg.sigmoid(X).diff(X) + sg.tanh(Y).diff(Y),
    "constants": pi * X + exp(1) * Y,
    "a base that changes": (1 + X**2) ** Y,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_are_those_of_balls(name):
    e = EXPRESSIONS[name]
    generator = np.random.default_rng(2)
    points = {"x": 3 * generator.standard_normal(40), "y": 3 * generator.standard_normal(40)}
    used = {key: a for key, a in points.items() if sg.real(key) in e.free_symbols}
    found = sg.compile(e)(**used)
    certain = sg.compile(e, backend="balls", digits=30)(**used)
    for k in range(40):
        place = {sg.real(key): arb(float(a[k])) for key, a in used.items()}
        expected = ball(enclose(e, place, bits=300))
        assert expected.overlaps(certain[k])
        assert certain[k].rel_accuracy_bits() >= 30 * 3.32
        assert float(abs(expected - found[k])) <= 1e-13 * max(1, abs(float(expected)))


@pytest.mark.filterwarnings("ignore::symgrad.UnderflowWarning")
@pytest.mark.parametrize(
    ("text", "place", "digits"),
    [
        ("1/(1 + exp(-x))", -740.0, "4.19955798965060e-322"),
        ("log(1 + exp(x))", -40.0, "4.24835425529159e-18"),
        ("exp(x) - 1", 1e-20, "1e-20"),
        ("1 - sigmoid(x)", 40.0, "4.24835425529159e-18"),
        ("1 - tanh(x)**2", 30.0, "3.502604305078608e-26"),
        ("log(1 + x**2)", 1e-12, "1e-24"),
    ],
)
def test_forms_that_lose_digits_are_computed_in_others(text, place, digits):
    assert sg.compile(sg.parse(text))(x=place) == pytest.approx(float(digits), rel=4e-16, abs=5e-324)


def test_a_claim_gives_both_sides():
    left, right = sg.compile(sg.claim("diff(sigmoid(x), x) == (1 - sigmoid(x))*sigmoid(x)"))(x=[-1.0, 0.0, 2.0])
    assert np.allclose(left, right, rtol=1e-15, atol=0)
    left, right = sg.compile(sg.claim("sigmoid(x) == 1/(1 - exp(-x))"))(x=1.0)
    assert abs(left - right) > 0.1


def test_what_is_no_formula_is_refused():
    with pytest.raises(sg.CellError, match="an expression or a claim; got str"):
        sg.compile("x + 1")(x=1)


# --- Jacobians ----------------------------------------------------------------------------------------------------

SIZES = {"n": 3, "m": 2, "p": 2}
NAMES = [name for name, row in sg.CELLS.items() if name != "jordan"]
LENGTH = 5


def cell_and_point(name, seed=0):
    cell = sg.CELLS[name].cell(*(SIZES[size] for size in sg.CELLS[name].sizes))
    generator = np.random.default_rng(seed)
    found = {}
    for v in (*cell.parameters, *cell.inputs):
        shape = tuple(int(size) for size in declared_shape(v))
        steps = (LENGTH,) if getattr(v, "time", None) == sg.TIME else ()
        found[v.name] = 0.5 * generator.standard_normal((*steps, *shape))
    return cell, found


def by_gradients(cell, point, late, early):
    """The same Jacobian by the backward sweep: a row for each entry of the late state."""
    weights = sg.Input("weights", *late.shape[:1])
    run = sg.bptt(cell, sg.dot(late, weights)).compile()
    rows = []
    for row in np.eye(3):
        loss_weights = np.zeros((LENGTH, 3))
        loss_weights[-1] = row
        rows.append(run(**point, weights=loss_weights).gradients[f"{early.name}0"])
    return np.array(rows)


@pytest.mark.parametrize("name", NAMES)
def test_products_of_jacobians_are_what_the_backward_sweep_gives(name):
    cell, point = cell_and_point(name)
    looked_at = {key for line in cell.steps for key in map(str, line.right.atoms(type(cell.states[0])))}
    for late in cell.states:
        for early in cell.states:
            if str(early.prev) not in looked_at:
                continue
            expected = by_gradients(cell, point, late, early)
            forward = sg.compile(sg.state_jacobian(late.at(sg.LENGTH), early.at(0)), cell)(**point)
            assert np.allclose(forward, expected, rtol=1e-12, atol=1e-15)
            each = sg.compile(sg.state_jacobian(late, early.at(0)), cell)(**point)
            assert np.allclose(each[-1], expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_backward_and_forward_products_meet(name):
    """dh_T/ds_1 from behind times ds_1/ds_0 from the front is dh_T/ds_0, summed over all states."""
    cell, point = cell_and_point(name)
    late = cell.states[0]
    for early in cell.states:
        whole = sg.compile(sg.state_jacobian(late.at(sg.LENGTH), early.at(0)), cell)(**point)
        total = 0
        for between in cell.states:
            behind = sg.compile(sg.state_jacobian(late.at(sg.LENGTH), between), cell)(**point)
            front = sg.compile(sg.state_jacobian(between, early.prev), cell)(**point)
            total = total + behind[0] @ front[0]
        assert np.allclose(whole, total, rtol=1e-12, atol=1e-15)


def test_a_grid_of_weights_needs_no_loop():
    h, w, b = sg.State("h"), sg.Parameter("w"), sg.Parameter("b")
    cell = sg.Cell({h: sg.sigmoid(w * h.prev + b)})
    run = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), cell, {sg.LENGTH: 20})
    grid = run(w=np.linspace(-3, 3, 4)[:, None], b=np.linspace(-1, 1, 3))
    assert grid.shape == (4, 3)
    for i, weight in enumerate(np.linspace(-3, 3, 4)):
        for j, bias in enumerate(np.linspace(-1, 1, 3)):
            assert grid[i, j] == pytest.approx(run(w=weight, b=bias), rel=1e-13)


def test_digits_of_a_product_far_below_doubles_are_certain():
    h, w = sg.State("h"), sg.Parameter("w")
    cell = sg.Cell({h: sg.sigmoid(w * h.prev)})
    run = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), cell, {sg.LENGTH: 2000}, "balls", digits=40)
    found = run(w=1)
    assert found.rel_accuracy_bits() >= 40 * 3.32
    with mpmath.workdps(80):
        state, expected = mpmath.mpf(0), mpmath.mpf(1)
        for _ in range(2000):
            state = 1 / (1 + mpmath.exp(-state))
            expected *= state * (1 - state)
        assert abs(mpmath.mpf(found.str(60, radius=False)) / expected - 1) < mpmath.mpf(10) ** -40


@pytest.mark.parametrize("name", NAMES)
def test_leading_axes_are_computed_in_place_as_without(name):
    """What a step computes goes into arrays that the next one uses again: nothing is lost on the way."""
    cell, point = cell_and_point(name)
    late, early = cell.states[0], cell.states[-1]
    parameter = next(iter(cell.parameters)).name
    many = {
        **point,
        parameter: point[parameter] * np.array([1.0, -0.5, 2.0]).reshape(3, *[1] * np.ndim(point[parameter])),
    }
    for formula in (late, sg.state_jacobian(late.at(sg.LENGTH), early.at(0)), sg.state_jacobian(late, early.at(0))):
        run = sg.compile(formula, cell)
        found = run(**many)
        for k in range(3):
            alone = run(**{**many, parameter: many[parameter][k]})
            np.testing.assert_allclose(found[k], alone, rtol=1e-12, atol=1e-300)


def cells_whose_values_share_memory():
    """Equations that are copies or parts of others, and are read again one or two steps later."""
    h, c, y, w = sg.State("h"), sg.State("c"), sg.State("y"), sg.Parameter("w")
    kept = w * c.prev
    yield sg.Cell({h: sg.tanh(h.prev + kept) + kept * c.prev, c: kept}), h
    yield sg.Cell({c: kept + h.prev, h: kept * c}), h
    yield sg.Cell({h: sg.tanh(w * h.prev + y.prev), y: h}), h
    yield sg.Cell({h: sg.tanh(w * c.prev), y: h, c: y.prev + y.at(sg.TIME - 2)}), c
    yield sg.Cell({h: sg.sigmoid(w * h.prev), y: sg.sigmoid(w * h.prev) - y.prev, c: y.at(sg.TIME - 2) * w}), c
    yield sg.Cell({h: w * h.prev, y: -h - y.prev - h.prev, c: -y - w}), c
    (n,) = sg.dims("n")
    H, G, W = sg.State("H", n), sg.State("G", n), sg.Parameter("w", n, n)
    yield sg.Cell({H: W.T @ G.prev + H.prev, G: sg.hadamard(H.prev, H)}), H


@pytest.mark.parametrize("number", range(7))
def test_values_that_share_memory_do_not_spoil_each_other(number):
    cell, state = list(cells_whose_values_share_memory())[number]
    draw = np.random.default_rng(number).standard_normal
    vector = bool(getattr(state, "shape", ()))
    run = sg.compile(state, cell, {sg.LENGTH: 6})
    weights = draw((4, 2, 2)) if vector else draw(4)
    starts = {name: draw((1, 2) if vector else ()) for name in run.program.arguments if name != "w"}
    found = run(w=weights, **starts)
    for k in range(4):
        alone = run(w=weights[k], **{name: a[0] if vector else a for name, a in starts.items()})
        np.testing.assert_allclose(found[k], alone, rtol=1e-13)
    last = sg.compile(state.at(sg.LENGTH), cell, {sg.LENGTH: 6})(w=weights, **starts)
    np.testing.assert_allclose(last, found[:, -1], rtol=1e-13)


def test_slopes_in_place_keep_their_digits():
    h, b = sg.State("h"), sg.Parameter("b")
    run = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), sg.Cell({h: sg.sigmoid(h.prev + b)}), {sg.LENGTH: 1})
    sizes = np.array(
        [0.0, 1e-300, 0.3, 5.0, 36.0, 699.99, 700.0, 700.01, 706.5, 709.9, 730.0, 744.0, 746.0, 800.0, 1e300]
    )
    places = np.concatenate([-sizes[::-1], sizes])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sg.UnderflowWarning)
        found = run(b=places)
    with mpmath.workdps(40):
        for place, value in zip(places, found):
            decay = mpmath.exp(-abs(mpmath.mpf(place)))
            true = decay / (1 + decay) ** 2
            assert abs(value - true) <= max(6 * 2.0**-53 * true, mpmath.mpf(2) ** -1074), place


# --- what no double holds ------------------------------------------------------------------------------------------

BELOW = "values are below the range of doubles"


@pytest.fixture(params=["numpy", "compiled"])
def backend(request):
    if request.param == "compiled":
        pytest.importorskip("llvmlite")
    return request.param


def product_of(activation, steps, backend, states=1):
    """dh_T/dh_0 of a scalar cell, or of one with a vector of states."""
    if states == 1:
        h, w = sg.State("h"), sg.Parameter("w")
        cell = sg.Cell({h: activation(w * h.prev)})
    else:
        (n,) = sg.dims("n")
        h, w = sg.State("h", n), sg.Parameter("w", n, n)
        cell = sg.Cell({h: activation(w @ h.prev)})
    return sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), cell, {sg.LENGTH: steps}, backend)


@pytest.mark.parametrize(
    ("run", "point"),
    [
        (lambda backend: sg.compile(sg.parse("exp(x)"), backend=backend), {"x": -800.0}),
        (lambda backend: sg.compile(sg.parse("exp(x)"), backend=backend), {"x": [1.0, -800.0]}),
        (lambda backend: sg.compile(sg.claim("x**9 <= 1"), backend=backend), {"x": 1e-40}),
        (lambda backend: product_of(sg.sigmoid, 2000, backend), {"w": 1.0}),
        (lambda backend: product_of(sg.sigmoid, 2000, backend), {"w": [1.0, 2.0]}),
        (lambda backend: product_of(sg.sigmoid, 9, backend), {"w": [1.0, 900.0], "h0": 1.0}),
        (lambda backend: product_of(sg.tanh, 2000, backend, states=2), {"w": 0.3 * np.eye(2)}),
    ],
)
def test_a_value_that_underflows_says_so(run, point, backend):
    with pytest.warns(sg.UnderflowWarning, match=BELOW) as told:
        run(backend)(**point)
    assert [warning.filename for warning in told] == [__file__]


def test_a_value_that_is_zero_says_nothing(backend):
    assert sg.compile(sg.parse("exp(x) - 1"), backend=backend)(x=[0.0, 1.0])[0] == 0
    assert product_of(sg.relu, 2000, backend)(w=[-1.0, 1.0], h0=1.0).tolist() == [0, 1]
    assert product_of(sg.sigmoid, 20, backend)(w=0.0) == 0
    assert not product_of(sg.relu, 30, backend, states=2)(w=-np.eye(2), h0=np.ones(2)).any()


def test_a_value_that_is_none_says_so(backend):
    for text, place in (("exp(x)", 800.0), ("log(x)", -1.0), ("1/x", 0.0)):
        run = sg.compile(sg.parse(text), backend=backend)
        with pytest.warns(RuntimeWarning, match="values are infinite or nan"):
            assert not np.isfinite(run(x=np.array([1.0, place]))[1])


def test_a_product_in_machine_code_may_leave_the_range_and_come_back():
    pytest.importorskip("llvmlite")
    h, x = sg.State("h"), sg.Input("x")
    cell = sg.Cell({h: x * h.prev})
    run = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), cell, backend="compiled")
    assert run(x=np.repeat([1e-30, 1e30], 20)) == pytest.approx(1.0, rel=1e-14)


def test_other_distances_are_refused():
    h, w = sg.State("h"), sg.Parameter("w")
    cell = sg.Cell({h: sg.tanh(w * h.prev)})
    run = sg.compile(sg.state_jacobian(h.at(7), h.at(3)), cell, {sg.LENGTH: 9})
    with pytest.raises(sg.CellError, match="from step 0 to t or T, from t to T, and of one step"):
        run(w=1)


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=5))
def test_the_slope_of_the_sigmoid_is_symmetric(places):
    slope = sg.compile(sg.sigmoid(X).diff(X))
    assert np.array_equal(slope(x=places), slope(x=[-p for p in places]))


@pytest.mark.parametrize("points", [1, 6, 20])
def test_leading_axes_are_cut_where_there_are_many(points, monkeypatch):
    (n,) = sg.dims("n")
    q, h, x = sg.State("q"), sg.State("h", n), sg.Input("x", n)
    w, b, W = sg.Parameter("w"), sg.Parameter("b"), sg.Parameter("W", n, n)
    scalar, vector = sg.Cell({q: sg.sigmoid(w * q.prev + b)}), sg.Cell({h: sg.tanh(W @ h.prev + x)})
    draw = np.random.default_rng(1).standard_normal
    weights = {"w": draw((7, 1)), "b": draw(5), "q0": 0.5}
    matrices = {"W": draw((2, 1, 3, 3)), "x": draw((5, 4, 3)), "h0": draw((2, 5, 3))}
    z = sg.real("z")
    calls = [
        (sg.compile(sg.state_jacobian(q.at(sg.LENGTH), q.at(0)), scalar, {sg.LENGTH: 9}), weights),
        (sg.compile(q * w, scalar, {sg.LENGTH: 9}), weights),
        (sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), vector), matrices),
        (sg.compile(h, vector), matrices),
        (sg.compile(sg.claim("sigmoid(z) <= 1/2")), {"z": draw((3, 11))}),
        (sg.compile(sg.softplus(z).diff(z)), {"z": draw(40)}),
    ]
    whole = [run(**point) for run, point in calls]
    monkeypatch.setattr(formulas, "BLOCK", points)
    for (run, point), expected in zip(calls, whole):
        found = run(**point)
        for one, other in zip(*((a if isinstance(a, tuple) else (a,)) for a in (found, expected))):
            np.testing.assert_allclose(one, other, rtol=1e-13)
            assert np.shape(one) == np.shape(other)
