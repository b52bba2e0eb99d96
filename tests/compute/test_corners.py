"""Corners of cells and arguments: states that look at no earlier step, no points at all, variables of no cell."""

import warnings

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb

import symgrad as sg
from symgrad.symbols import LENGTH, TIME

h, s, z, x = sg.State("h"), sg.State("s"), sg.Intermediate("z"), sg.Input("x")
w, u = sg.Parameter("w"), sg.Parameter("u")
v, W = sg.State("v", 2), sg.Parameter("W", 2, 2)
OPTIONS = [{}, {"backend": "compiled"}, {"scaled": True}, {"backend": "mpmath"}, {"backend": "balls"}]
STEPS = 5


@pytest.fixture(params=OPTIONS, ids=str)
def options(request):
    if "compiled" in request.param.values():
        pytest.importorskip("llvmlite")
    return request.param


def in_mpmath(value):
    value = value.to_mpmath() if isinstance(value, sg.Scaled) else value
    return np.vectorize(lambda y: mpmath.mpf(y.str(40, radius=False) if isinstance(y, arb) else y), [object])(value)


# States of which some look at no earlier step, and the Jacobian of a step by the state, by hand.
FEW_STEPS_BACK = {
    "none": ({h: sg.tanh(x)}, lambda w, u: [[0]]),
    "one behind": ({h: sg.tanh(x), s: w * s.prev + h.prev}, lambda w, u: [[0, 0], [1, w]]),
    "one before": ({s: w * s.prev, h: u * s.prev + x}, lambda w, u: [[w, 0], [u, 0]]),
    "at once": ({s: w * s.prev, h: u * s + x}, lambda w, u: [[w, 0], [u * w, 0]]),
    "through a name": ({s: w * s.prev, z: u * s.prev, h: z + x}, lambda w, u: [[w, 0], [u, 0]]),
}


@pytest.mark.one_in(4)
@pytest.mark.parametrize("weight", [0.5, 1e-50, 1e50])
@pytest.mark.parametrize("name", FEW_STEPS_BACK)
def test_jacobians_of_states_that_look_at_no_earlier_step(name, weight, options):
    equations, by_hand = FEW_STEPS_BACK[name]
    cell = sg.Cell(equations)
    with mpmath.workdps(60):
        expected = mpmath.matrix(by_hand(mpmath.mpf(weight), mpmath.mpf("0.75"))) ** STEPS
    for row, late in enumerate(cell.states):
        for column, early in enumerate(cell.states):
            jacobian = sg.state_jacobian(late.at(sg.LENGTH), early.at(0))
            point = {"w": weight, "u": 0.75, "x": np.linspace(0.1, 0.9, STEPS)}
            point = {key: point[key] for key in sg.compile(jacobian, cell).program.arguments if key in point}
            sizes = {} if "x" in point else {sg.LENGTH: STEPS}
            run = sg.compile(jacobian, cell, sizes, **options)
            for given in (point, {**point, "x": np.stack([point["x"]] * 2)} if "x" in point else point):
                found = in_mpmath(run(**given))
                assert all(
                    abs(one - expected[row, column]) <= 1e-12 * abs(expected[row, column]) for one in np.ravel(found)
                )


@pytest.mark.parametrize("shape", [(0,), (2, 0)])
def test_no_points_give_empty_arrays(shape, options):
    cell = sg.Cell({h: sg.tanh(w * h.prev + x)})
    given = {"w": np.zeros(shape), "x": np.array([1.0, 2.0])}
    found = sg.bptt(cell, h).compile(**options)(**given)
    assert np.shape(getattr(found.loss, "mantissa", found.loss)) == shape
    assert np.shape(getattr(found.gradients["x"], "mantissa", found.gradients["x"])) == (*shape, 2)
    for formula, axes in ((h, (2,)), (sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), ())):
        value = sg.compile(formula, cell, **options)(**given)
        assert np.shape(getattr(value, "mantissa", value)) == (*shape, *axes)


UNKNOWN = {
    "a state": (s.at(sg.LENGTH) + h.at(sg.LENGTH), r"^s\[T\] is no variable of the cell, whose states are h\[t\]$"),
    "at every step": (s, r"^s\[t\] is no variable of the cell"),
    "at a step": (s.at(1), r"^s\[1\] is no variable of the cell"),
    "a name": (z + h, r"^z\[t\] is no variable of the cell"),
    "a vector": (sg.State("h", 2), r"^h\[t\] has the shape \(2, 1\) in the formula, and \(\) in the cell$"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_variable_of_another_cell_is_refused_in_one_line(name, options):
    formula, told = UNKNOWN[name]
    cell = sg.Cell({h: sg.tanh(w * h.prev + x)})
    for home in (cell, sg.bptt(cell, h)):
        with pytest.raises(sg.CellError, match=told):
            sg.compile(formula, home, **options)(w=0.5, x=[1.0, 2.0])


@pytest.mark.parametrize("term", [w * x, w * x.prev, w * x + x, sympy.pi * x], ids=str)
@pytest.mark.parametrize("at", ["last", "every"])
def test_a_loss_of_a_vector_and_of_scalars_beside_it(term, at, options):
    gradients = sg.bptt(sg.Cell({v: W @ v.prev}), sg.Loss(term) + sg.Loss(sg.dot(v, v)), at=at)
    names = gradients.compile().program.arguments
    given = {"W": np.eye(2) / 2, "w": 0.75, "x": [0.5, 0.25], "x0": 1.0, "v0": [1.0, 2.0]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = gradients.compile(**options)(**{key: given[key] for key in names})
    last = {w * x: 0.1875, w * x.prev: 0.375, w * x + x: 0.4375, sympy.pi * x: np.pi / 4}[term] + 5 / 16
    first = {w * x: 0.375, w * x.prev: 0.75, w * x + x: 0.875, sympy.pi * x: np.pi / 2}[term] + 5 / 4
    assert float(in_mpmath(found.loss)) == pytest.approx(last if at == "last" else first + last, rel=1e-14)


def test_a_masked_array_is_refused_and_one_without_masked_entries_is_not(options):
    run = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), h).compile(**options)
    values = np.array([0.5, 0.25])
    expected = in_mpmath(run(w=0.5, x=values).loss)
    for _ in range(2):
        with pytest.raises(sg.CellError, match=r"^x is masked in some entries"):
            run(w=0.5, x=np.ma.masked_array(values, [False, True]))
        assert in_mpmath(run(w=0.5, x=np.ma.masked_array(values, [False, False])).loss) == expected


# --- powers whose exponent only a run knows --------------------------------------------------------------------------

POWERS_OF_STEPS = {  # by the exponent, and what it is at step t of 3
    "t": (TIME, lambda t: t),
    "t - 1": (TIME - 1, lambda t: t - 1),
    "T - t": (LENGTH - TIME, lambda t: 3 - t),
}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("weight", [-0.5, 0.0, 0.75])
@pytest.mark.parametrize("exponent", POWERS_OF_STEPS)
def test_whole_powers_of_any_number(exponent, weight, options):
    """w**t is a number for w < 0."""
    if weight == 0 and exponent != "t":
        pytest.skip("the slope 0*w**(-1) of w**0 has no value at w = 0")
    power, at = POWERS_OF_STEPS[exponent]
    h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    run = sg.bptt(sg.Cell({h: w**power * h.prev + x}), h).compile(**options)
    inputs, state, slope = [1.0, -2.0, 0.5], 0.25, 0.0
    for t, x_t in enumerate(inputs, 1):
        k = at(t)
        slope = weight**k * slope + (k * weight ** (k - 1) if k else 0) * state
        state = weight**k * state + x_t
    found = run(w=weight, x=np.array(inputs), h0=0.25)
    for number, wanted in ((found.loss, state), (found.gradients["w"], slope)):
        assert np.isclose(float(in_mpmath(number)), wanted, 1e-14, 1e-14)


# --- cases that are not chosen ---------------------------------------------------------------------------------------

PARTIAL = {  # by its text: what multiplies the state where x > 0, and its slope by x
    "v[t-1]/x[t]": (lambda x: 1 / x, lambda x: -1 / x**2),
    "log(x[t])*v[t-1]": (np.log, lambda x: 1 / x),
    "(W @ v[t-1])/x[t]**2": (lambda x: 1 / x**2, lambda x: -2 / x**3),
    "hadamard(v[t-1], 1/x[t]*ones(2))": (lambda x: 1 / x, lambda x: -1 / x**2),
    "sqrt(x[t])*(v[t-1] + W @ v[t-1])/2": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("part", PARTIAL)
def test_a_vector_in_a_case_that_is_not_chosen_needs_no_value(part, options):
    """Nor do its gradients, which are 0: they are no products of 0 and what is not there."""
    factor, slope = PARTIAL[part]
    cell = sg.read_cell(f"v[t] = where(x[t] > 0, {part}, v[t-1])", {"v": 2, "W": (2, 2)} if "W" in part else {"v": 2})
    run = sg.bptt(cell, sg.half_squared_error(cell.states[0])).compile(**options)
    given = {"W": np.eye(2)} if "W" in part else {}
    inputs, state = np.array([0.0, 2.0, -1.0]), np.array([1.0, -0.5])
    found = run(x=inputs, v0=state, target=np.zeros((3, 2)), **given)
    after = factor(2.0) * state
    wanted = {"v0": factor(2.0) * after, "x": [0, slope(2.0) * state @ after, 0]}
    assert np.isclose(float(in_mpmath(found.loss)), after @ after / 2, 1e-14)
    for name, value in wanted.items():
        assert np.allclose(in_mpmath(found.gradients[name]).astype(float), value, 1e-14, 1e-14)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("value", [0.0, 2.0])
def test_what_cancels_in_one_case_is_asked_for_there_though_it_stands_in_another(value, options):
    """1/b * b has no value at b = 0, and is 1 elsewhere."""
    inside = "elementwise((y, z, u), Piecewise((y*z, u > 0), (y, True)), 1/b, b, x[t])"
    cell = sg.read_cell(f"v[t] = where(x[t] > 0, v[t-1] + {inside}, v[t-1])", {"v": 2, "b": 2, "x": 2})
    run = sg.bptt(cell, sg.half_squared_error(cell.states[0])).compile(**options)
    point = {"v0": np.zeros(2), "b": np.full(2, value), "x": np.ones((1, 2)), "target": np.zeros((1, 2))}
    if value == 0:
        with pytest.raises(sg.CellError, match="has no value"):
            run(**point)
    else:
        assert float(in_mpmath(run(**point).loss)) == 1
