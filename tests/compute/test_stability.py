"""Activations and their slopes over the whole range of doubles, against balls."""

import math

import mpmath
import numpy as np
import pytest
from flint import arb
from points import BITS, LEAST, NAMES, ULPS, function, grid, in_balls, measured

from symgrad.activations.rows import ROWS
from symgrad.balls import precision
from symgrad.compute.numbers.arithmetic import BALLS, DOUBLES, ONE
from symgrad.compute.numbers.runtime import Algebra
from symgrad.compute.program.lowering import SLOPE, VALUE, call
from symgrad.compute.program.nodes import Node
from symgrad.compute.text.sources import functions_of
from symgrad.compute.text.writing import definitions, function_name


@pytest.mark.one_in(3)
@pytest.mark.parametrize("which", [VALUE, SLOPE])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_arrays_keep_their_digits(name, which):
    most, _ = ULPS.get((ROWS[name].name, which), (6, ""))
    worst, place = measured(name, which)
    assert worst <= most, place


@pytest.mark.parametrize("which", [VALUE, SLOPE])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_single_numbers_are_as_arrays(name, which):
    f, of_arrays = function(name, which, DOUBLES, single=True), function(name, which, DOUBLES)
    points = np.concatenate([np.linspace(-760, 760, 301), [-1e300, 1e300, 0.0]])
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(of_arrays(points), points.shape)
    for x, value in zip(points, expected):
        assert f(float(x)) == pytest.approx(value, rel=1e-14, abs=4 * LEAST)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("name", "which", "spoilt"),
    [
        ("sigmoid", SLOPE, lambda x: (s := 1 / (1 + np.exp(-x))) * (1 - s)),
        ("tanh", SLOPE, lambda x: 1 - np.tanh(x) ** 2),
        ("softplus", VALUE, lambda x: np.log(1 + np.exp(np.minimum(x, 700)))),
        ("gaussian", VALUE, lambda x: np.exp(-x * x)),
        ("elu", VALUE, lambda x: np.where(x > 0, x, np.exp(x) - 1)),
        ("swish", SLOPE, lambda x: np.where(x < -40, 0.0, function("swish", SLOPE, DOUBLES)(x))),
        ("gelu", SLOPE, lambda x: np.where(x < -20, 0.0, function("gelu", SLOPE, DOUBLES)(x))),
        ("gelu", VALUE, lambda x: x * DOUBLES.functions()["normal_cdf"](x)),
        ("gaussian", SLOPE, lambda x: -2 * (x * DOUBLES.functions()["exp_of_product"](x, -x))),
    ],
)
def test_forms_that_lose_digits_are_caught(name, which, spoilt):
    worst, _ = measured(name, which, spoilt)
    assert worst > ULPS.get((name, which), (6, ""))[0]


@pytest.mark.parametrize("x", [-2000, -1001, 1500])
def test_no_digit_is_cut_off_far_out(x):
    """In many digits the tail of gelu_tanh is no 0, however far it goes."""
    with mpmath.workdps(60):
        exponent = 2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(44715) / 1000000 * mpmath.mpf(x) ** 3)
        rate = 2 * mpmath.sqrt(2 / mpmath.pi) * (1 + 3 * mpmath.mpf(44715) / 1000000 * mpmath.mpf(x) ** 2)
        gate = 1 / (1 + mpmath.exp(-exponent))
        expected = {VALUE: x * gate, SLOPE: gate + x * rate * gate / (1 + mpmath.exp(exponent))}
        for which, value in expected.items():
            (found,) = in_balls("gelu_tanh", which, [x])
            assert abs(mpmath.mpf(found.str(50, radius=False)) / value - 1) < mpmath.mpf(10) ** -45


@pytest.mark.parametrize("alpha", [0.3, 1e-3, 7.0])
@pytest.mark.parametrize("which", [VALUE, SLOPE])
@pytest.mark.parametrize("name", ["celu", "elu", "leaky_relu"])
def test_parameters_cost_no_digits(name, which, alpha):
    """Rows with a parameter, at several of its values; the slope at the kink belongs to the row."""
    points = grid(name, logarithmic=400, linear=1500, chance=1000)
    points = points[(np.abs(points) > 0) & (np.abs(points) < 1e300)]
    sources = "\n".join(definitions([call(name, which, *(Node("argument", data=k) for k in range(2)))], NAMES, False))
    f = functions_of(sources + "\n", Algebra(float, (), DOUBLES.number, DOUBLES.functions()).namespace())
    with np.errstate(all="ignore"):
        found = f[function_name(name, which)](points, np.float64(alpha))
    g = functions_of(
        "\n".join(definitions([call(name, which, *(Node("argument", data=k) for k in range(2)))], NAMES, True)) + "\n",
        Algebra(object, (), BALLS.number, BALLS.functions()).namespace(),
    )
    with precision(BITS):
        for x, value in zip(points, np.broadcast_to(found, points.shape)):
            true = arb(g[ONE + function_name(name, which)](arb(x), arb(alpha)))
            assert float(abs(arb(float(value)) - true)) <= 6 * max(math.ulp(abs(float(true))), LEAST), x


def test_values_that_the_lecture_would_lose():
    slope = function("sigmoid", SLOPE, DOUBLES)
    assert slope(np.float64(40)) == pytest.approx(4.248354255291589e-18, rel=1e-15)
    with np.errstate(all="ignore"):
        assert np.isfinite(slope(np.array([-750.0, 750.0]))).all()


@pytest.mark.parametrize("seed", range(3))
def test_log_sum_exp_and_softmax_keep_their_digits(seed):
    generator = np.random.default_rng(seed)
    doubles = Algebra(float, (), DOUBLES.number, DOUBLES.functions())
    balls = Algebra(object, (), BALLS.number, BALLS.functions())
    for size in (0.01, 1, 30, 700, 1e5, 1e300):
        vectors = size * generator.standard_normal((20, 6))
        exact = np.vectorize(arb, otypes=[object])(vectors)
        with np.errstate(all="ignore"):
            sums, shares = doubles.logsumexp(vectors), doubles.softmax(vectors)
        with precision(3000):
            true_sums, true_shares = balls.logsumexp(exact), balls.softmax(exact)
            for found, true, largest in zip(sums, true_sums, np.abs(vectors).max(axis=-1)):
                assert float(abs(arb(found) - true)) <= 4 * math.ulp(max(1.0, largest))
            # The rounding of a difference d of entries is magnified by the exponential: an error of |d| half units.
            for found, true, spread in zip(shares.ravel(), true_shares.ravel(), np.repeat(np.ptp(vectors, axis=-1), 6)):
                allowed = (8 + min(spread, 800)) * math.ulp(max(float(true), LEAST))
                assert float(abs(arb(found) - true)) <= max(allowed, LEAST)
