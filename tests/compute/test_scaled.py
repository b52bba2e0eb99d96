"""Scaled numbers against mpmath, and runs whose gradients no double can hold."""

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import symgrad as sg
from symgrad.compute.numbers.scaled import Scaled, decimal
from symgrad.symbols import declared_shape

ULP = mpmath.mpf(2) ** -52
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
EXPONENTS = st.integers(-(10**7), 10**7)


@st.composite
def scaled(draw):
    """A number of any size, and what it is."""
    mantissa, exponent = draw(DOUBLES), draw(EXPONENTS)
    number = Scaled(np.float64(mantissa), np.int64(exponent)).normal()
    return number, mpmath.ldexp(mpmath.mpf(mantissa), exponent)


@pytest.fixture(autouse=True)
def many_digits():
    with mpmath.workdps(60):
        yield


def near(found, expected, ulps=1):
    return abs(found.to_mpmath() - expected) <= ulps * ULP * abs(expected)


@given(scaled())
def test_conversion_to_mpmath_is_exact(pair):
    number, exact = pair
    assert number.to_mpmath() == exact


@given(scaled(), scaled())
def test_products_and_quotients_are_rounded_once(left, right):
    (a, x), (b, y) = left, right
    assert near(a * b, x * y)
    if y:
        assert near(a / b, x / y)
        assert near(2.0 / b, 2 / y)


@given(scaled(), scaled())
def test_sums_are_rounded_once(left, right):
    (a, x), (b, y) = left, right
    assert near(a + b, x + y)
    assert near(a - b, x - y)
    assert near(1.5 + a, x + 1.5)
    assert near(1.5 - a, 1.5 - x)


@given(scaled(), st.integers(0, 40))
def test_powers_lose_a_bit_for_each_squaring(pair, power):
    number, exact = pair
    assert near(number**power, exact**power, ulps=2 * power + 1)


@given(st.floats(-1e6, 1e6))
def test_exponentials_of_any_size(place):
    assert near(Scaled.exp(place), mpmath.exp(mpmath.mpf(place)), ulps=3)


@given(scaled())
def test_logarithm_sign_and_size(pair):
    number, exact = pair
    assert number.sign == mpmath.sign(exact)
    assert abs(number).to_mpmath() == abs(exact)
    assert (-number).to_mpmath() == -exact
    if exact:
        assert abs(mpmath.mpf(float(number.log10())) - mpmath.log10(abs(exact))) <= 1e-15 * max(1, abs(number.log10()))
    else:
        assert number.log10() == -np.inf


@given(st.lists(scaled(), min_size=1, max_size=6))
def test_a_sum_over_an_axis_keeps_the_small_beside_the_large(pairs):
    mantissa = np.array([float(n.mantissa) for n, _ in pairs])
    exponent = np.array([int(n.exponent) for n, _ in pairs])
    found = Scaled(mantissa, exponent).sum(axis=0)
    exact = [x for _, x in pairs]
    assert abs(found.to_mpmath() - mpmath.fsum(exact)) <= len(exact) * ULP * max(map(abs, exact))
    columns = Scaled(np.array([mantissa, np.zeros_like(mantissa)]).T, np.array([exponent, exponent]).T).sum(axis=0)
    assert columns.to_mpmath()[1] == 0


@given(st.integers(-(10**30), 10**30), st.integers(-5000, 5000))
def test_balls_become_scaled_numbers_rounded_once(whole, power):
    exact = mpmath.ldexp(mpmath.mpf(whole), power)
    assert near(Scaled.of_balls(arb(whole) * arb(2) ** power), exact)


def test_numbers_print_as_decimals():
    tiny = Scaled.of(1e-300) ** 6
    assert str(tiny) == "Scaled(1.0000000e-1800)"
    assert f"{tiny:.3e}" == "1.000e-1800"
    assert str(Scaled.of([0.0, -2.5])) == "Scaled([0.0, -2.5000000])"
    assert decimal(0.5, 1) == "1.0000000"


@given(scaled())
def test_decimals_are_correctly_rounded(pair):
    number, exact = pair
    text = mpmath.mpf(decimal(number.mantissa, number.exponent, 12))
    assert abs(text - exact) <= abs(exact) * mpmath.mpf(10) ** -11 / 2


def test_what_becomes_zero_as_a_double_says_so():
    with pytest.warns(sg.UnderflowWarning):
        assert (Scaled.of(1e-300) ** 2).to_float() == 0
    assert (Scaled.of(1e-300) * 1e10).to_float() == pytest.approx(1e-290, rel=1e-15)


def test_infinities_and_nan_stay():
    assert (Scaled.of(np.inf) * 2).to_mpmath() == mpmath.inf
    assert np.isnan((Scaled.of(np.nan) + 1).mantissa)


# --- runs ---------------------------------------------------------------------------------------------------------


def test_gradients_that_no_double_holds():
    """A thousand steps of a sigmoid, and of a linear cell that explodes, against mpmath."""
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 3000}, scaled=True)
    out = run(w=1.0)
    state, expected = mpmath.mpf(0), mpmath.mpf(1)
    for _ in range(3000):
        state = 1 / (1 + mpmath.exp(-state))
        expected *= state * (1 - state)
    assert expected < mpmath.mpf(10) ** -1800
    assert near(out.gradients["h0"], expected)
    grows = sg.bptt(sg.Cell({h: w * h.prev}), h).compile({sg.LENGTH: 3000}, scaled=True)
    assert near(grows(w=3.0, h0=1.0).gradients["h0"], mpmath.mpf(3) ** 3000)


def test_a_zero_gradient_stays_zero():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.relu(w * h.prev)}), h).compile({sg.LENGTH: 50}, scaled=True)
    gradient = run(w=1.0, h0=-1.0).gradients["h0"]
    assert gradient.mantissa == 0


@pytest.mark.parametrize("name", ["tanh", "lstm", "gru", "independent"])
def test_scaled_runs_agree_where_doubles_can_see(name):
    row = sg.CELLS[name]
    cell = row.cell(*({"n": 2, "m": 2}[size] for size in row.sizes))
    grad = sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)), at="every")
    generator = np.random.default_rng(4)
    point = {}
    for argument in grad.arguments:
        shape = tuple(map(int, declared_shape(argument)))
        steps = (6,) if getattr(argument, "time", None) == sg.TIME else ()
        point[grad.name_of(argument)] = generator.standard_normal((3, *steps, *shape))
    plain, exact = grad.compile()(**point), grad.compile(scaled=True)(**point)
    for key, array in plain.gradients.items():
        assert np.allclose(exact.gradients[key].to_float(), array, rtol=1e-10, atol=1e-14)


def test_scaled_is_for_doubles():
    h, w = sg.State("h"), sg.Parameter("w")
    with pytest.raises(sg.CellError, match="balls never underflows"):
        sg.bptt(sg.Cell({h: w * h.prev}), h).compile(backend="balls", scaled=True)


@given(scaled(), scaled())
def test_comparisons_and_roots_are_those_of_the_numbers(left, right):
    (a, x), (b, y) = left, right
    assert [bool(r) for r in (a < b, a <= b, a > b, a >= b, a == b, a != b)] == [
        x < y, x <= y, x > y, x >= y, x == y, x != y,
    ]  # fmt: skip
    assert near(abs(a).sqrt(), mpmath.sqrt(abs(x)))


@given(scaled())
def test_logarithms_keep_their_relative_digits(pair):
    number, exact = pair
    if exact:
        expected = mpmath.log10(abs(exact))
        assert abs(number.log10() - expected) <= 4 * ULP * abs(expected)


@given(st.floats(0.5, 2.0, exclude_max=True))
def test_logarithms_near_1_do_too(x):
    expected = mpmath.log10(mpmath.mpf(x))
    assert abs(Scaled.of(x).log10() - expected) <= 4 * ULP * abs(expected)


@pytest.mark.parametrize(
    "shapes", [((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (3,)), ((5, 2, 3), (3, 2))]
)
def test_products_of_matrices_are_those_of_arrays(shapes):
    draw = np.random.default_rng(1).standard_normal
    a, b = map(draw, shapes)
    far = Scaled.of(2.0) ** 3000
    found = (Scaled.of(a) * far) @ Scaled.of(b)
    np.testing.assert_allclose((found / far).to_float(), a @ b, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose((a @ Scaled.of(b)).to_float(), a @ b, rtol=1e-12, atol=1e-15)


def test_arrays_are_put_together_and_turned():
    a = Scaled.of(np.arange(6.0).reshape(2, 3))
    assert Scaled.stack([a, 2.0 * a]).shape == (2, 2, 3)
    assert np.array_equal(a.T.to_float(), np.arange(6.0).reshape(2, 3).T)
    assert a.reshape(3, 2).shape == (3, 2)
    assert (np.ones(3) * a == a).all()


def test_what_does_not_fit_in_doubles_is_told():
    huge = Scaled.of(2.0) ** 5000
    with pytest.warns(RuntimeWarning, match="above the range of doubles became infinite"):
        assert huge.to_float() == np.inf
    with pytest.raises(sg.CellError, match=r"ask for .to_float\(\)"):
        np.asarray(huge)
    for value in (np.inf, np.nan, 2.0**41):
        with pytest.raises(sg.CellError, match=r"Scaled\.exp takes numbers up to"):
            Scaled.exp(value)
    with pytest.raises(sg.CellError, match=r"powers of scaled numbers are whole; got 0\.5"):
        huge**0.5
    with pytest.raises(ValueError, match=r"such as \.3e; got"):
        f"{huge:.3f}"
    with pytest.raises(sg.ShapeError, match="do not fit"):
        Scaled.of(np.ones(2)) @ np.ones(3)


@pytest.mark.parametrize("backend", ["numpy", "compiled"])
@pytest.mark.parametrize("steps", [1, 3, 700])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "identity"])
def test_products_of_jacobians_in_doubles_are_those_in_balls(name, steps, backend):
    """Rescaled on the way; where one step leaves the range of doubles, or the product is 0, balls compute it."""
    if backend == "compiled":
        pytest.importorskip("llvmlite")
    h, w, b = sg.State("h"), sg.Parameter("w"), sg.Parameter("b")
    cell = sg.Cell({h: sg.ACTIVATIONS[name].function(w * h.prev + b) if name != "identity" else w * h.prev + b})
    run = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), cell, {sg.LENGTH: steps}, backend, scaled=True)
    weights, biases = np.array([-4.0, 0.0, 1.0, 3.0, 900.0])[:, None], np.array([-800.0, -3.0, 0.0, 2.0])
    found, expected = run(w=weights, b=biases, h0=0.3), run._certain({"w": weights, "b": biases, "h0": 0.3})
    assert found.shape == expected.shape == (5, 4)
    for a, e in zip(found.to_mpmath().ravel(), expected.to_mpmath().ravel()):
        assert abs(a - e) <= (100 + 10 * steps) * 2.0**-52 * abs(e)
    single = run(w=1.0, b=0.0, h0=0.3)
    assert float(abs(single.to_mpmath() / expected[2, 2].to_mpmath() - 1)) < 1e-11 if expected[2, 2] != 0 else True


def test_a_cell_of_two_scalars_is_rescaled_as_one():
    h, c, w = sg.State("h"), sg.State("c"), sg.Parameter("w")
    cell = sg.Cell({c: c.prev * sg.sigmoid(w * h.prev) / 3, h: sg.tanh(c) / 2})
    run = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), c.at(0)), cell, {sg.LENGTH: 900}, scaled=True)
    found, expected = run(w=1.5, h0=0.2, c0=1.0), run._certain({"w": 1.5, "h0": 0.2, "c0": 1.0})
    assert found.log10() < -500
    assert abs(found.to_mpmath() / expected.to_mpmath() - 1) < mpmath.mpf(10) ** -10


def test_numbers_beyond_all_exponents_are_refused_and_other_backends_have_them():
    h, w = sg.State("h"), sg.Parameter("w")
    grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h)
    for size in (1e19, 1e30):
        with pytest.raises(sg.CellError, match="use backend='balls' or 'mpmath' for this one"):
            grad.compile({sg.LENGTH: 1}, scaled=True)(w=size, h0=1.0)
        assert grad.compile({sg.LENGTH: 1}, "balls")(w=size, h0=1.0).gradients["w"] > 0
    found = grad.compile({sg.LENGTH: 1}, scaled=True)(w=1e18, h0=1.0).gradients["w"]
    assert -0.87e18 < found.log10() < -0.86e18
    with pytest.raises(sg.CellError, match="scaled numbers lie between"):
        Scaled.of(1e-300) ** 10**16


def test_0_counts_less_than_any_other_number_in_a_sum():
    for tiny in (Scaled.of(1e-300) ** 10**9, Scaled.of(1e-300) ** 10**15):
        assert tiny + 0 == tiny
        assert tiny > 0
        assert Scaled.stack([tiny, Scaled.of(0.0)]).sum() == tiny


def test_a_sum_over_steps_is_no_program_and_says_what_has_its_value():
    h, W = sg.State("h", 2), sg.Parameter("W", 2, 2)
    grad = sg.bptt(sg.Cell({h: sg.tanh(W @ h.prev)}), sg.half_squared_error(h))
    for formula in (grad.paths(W), grad.truncated(W, 1, 2).gradient):
        with pytest.raises(sg.CellError, match=r"Gradients\.value_of gives the value of a sum or a product over steps"):
            sg.compile(formula, grad, {sg.LENGTH: 6})(W=np.eye(2), target=np.zeros((6, 2)))
        point = {"W": [[0.5, 0.25], [-0.5, 1]], "target": [[1, 2]] * 6, "h0": [1, 2]}
        assert grad.value_of(formula, point).shape == (2, 2)
