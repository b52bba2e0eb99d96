"""Finite differences: the true error stays within the bound, and the bound is not vacuous."""

import cmath
import math

import mpmath
import numpy as np
import pytest

import symgrad as sg
from symgrad.compute.checks.differences import complex_step, difference, precise_difference

FUNCTIONS = {
    "exp": mpmath.exp,
    "sin of 50 x": lambda x: mpmath.sin(50 * x),
    "1/(1 + 25 x^2)": lambda x: 1 / (1 + 25 * x * x),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "x^7 - x": lambda x: x**7 - x,
    "log(1 + x^2) far up": lambda x: 1000000 + mpmath.log(1 + x * x),
    "tanh of tanh": lambda x: mpmath.tanh(3 * mpmath.tanh(2 * x)),
    "constant": lambda x: mpmath.mpf(3) + 0 * x,
    "badly scaled": lambda x: mpmath.exp(-1e-3 * x) * 1e-200,
    "wave on a slope": lambda x: x + mpmath.cos(7 * x) / 10,
}
PLACES = (-2.3, -0.4, 1e-3, 0.7, 3.1, 12.0)


def in_doubles(name):
    return lambda x: float(FUNCTIONS[name](mpmath.mpf(x)))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_true_error_stays_within_the_bound(name, place):
    estimate = difference(in_doubles(name), place)
    with mpmath.workdps(60):
        true = mpmath.diff(FUNCTIONS[name], mpmath.mpf(place))
        assert abs(true - estimate.value) <= estimate.error


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["exp", "sigmoid", "tanh of tanh", "wave on a slope"])
def test_the_bound_is_not_vacuous(name, place):
    estimate = difference(in_doubles(name), place)
    assert estimate.error < 1e-6 * max(1.0, abs(in_doubles(name)(place)))


@pytest.mark.parametrize("size", [0.0, 1e2, 1e4, 1e6, 1e8, 1e10])
@pytest.mark.parametrize("place", PLACES)
def test_digits_that_f_loses_inside_are_in_the_bound(size, place):
    for value, slope in ((math.sin, math.cos), (math.tanh, lambda x: 1 / math.cosh(x) ** 2), (math.exp, math.exp)):
        lossy = lambda x, value=value: (value(x) + size) - size  # noqa: E731
        estimate = difference(lossy, place)
        if lossy(place - abs(place) / 8) == lossy(place + abs(place) / 8):
            assert not estimate.is_informative  # nothing is left to be seen
            continue
        assert abs(slope(place) - estimate.value) <= estimate.error


@pytest.mark.parametrize("kink", [0.0, 0.7, -2.3])
def test_at_a_kink_the_bound_holds_both_slopes(kink):
    for f, slopes in ((abs, (-1, 1)), (lambda x: max(x, 0.1 * x), (0.1, 1)), (lambda x: abs(x) + math.sin(x), (0, 2))):
        estimate = difference(lambda x, f=f: f(x - kink), kink)
        assert all(abs(slope - estimate.value) <= estimate.error + 1e-12 for slope in slopes)


def test_noise_that_is_told_is_believed():
    rounded = lambda x: round(math.sin(x), 6)  # noqa: E731
    estimate = difference(rounded, 0.4, noise=5e-7)
    assert abs(estimate.value - math.cos(0.4)) <= estimate.error < 1e-3


def test_the_complex_step_knows_what_its_function_loses():
    def lossy(z):
        return (z * z * 1e12 + 1) - z * z * 1e12 + z

    for place in PLACES:
        estimate = complex_step(lossy, place)
        assert abs(estimate.value - 1) <= estimate.error
    assert complex_step(cmath.exp, 1.0).error < 1e-14


def test_a_complex_step_that_underflows_is_told_as_such():
    with pytest.raises(sg.CellError, match="below the range of doubles; use precise_difference"):
        complex_step(lambda z: 1e-250 * z, 1.0)


def test_what_doubles_cannot_see_is_called_so():
    """Forty stacked sigmoids, whose derivative is far below the last place of their value."""

    def stacked(x):
        for _ in range(40):
            x = 1 / (1 + math.exp(-x))
        return x

    def precise(x):
        for _ in range(40):
            x = 1 / (1 + mpmath.exp(-x))
        return x

    blind = difference(stacked, 0.5)
    sees = precise_difference(precise, 0.5)
    assert sees.is_informative
    assert sees.value < 1e-24
    assert abs(blind.value - float(sees.value)) <= blind.error
    assert not blind.is_informative


def test_a_derivative_that_no_double_holds():
    def product(x):
        for _ in range(3000):
            x = x / 4
        return 1 + x

    estimate = precise_difference(product, 1)
    with mpmath.workdps(60):
        assert abs(estimate.value / mpmath.mpf(4) ** -3000 - 1) < mpmath.mpf(10) ** -14
        assert abs(estimate.value - mpmath.mpf(4) ** -3000) <= estimate.error


@pytest.mark.parametrize("place", PLACES)
def test_the_complex_step_loses_nothing(place):
    estimate = complex_step(lambda x: cmath.tanh(3 * x) if isinstance(x, complex) else math.tanh(3 * x), place)
    true = float(3 / mpmath.cosh(3 * mpmath.mpf(place)) ** 2)
    assert estimate.value == pytest.approx(true, rel=1e-13)


@pytest.mark.parametrize("f", [abs, lambda x: x.real + 0j if isinstance(x, complex) else x, lambda x: abs(x) + 0j])
def test_the_complex_step_refuses_what_is_not_analytic(f):
    with pytest.raises(sg.CellError):
        complex_step(f, 0.7)


def test_a_wrong_derivative_lies_outside_the_bound():
    estimate = difference(math.sin, 0.4)
    assert abs(1.001 * math.cos(0.4) - estimate.value) > estimate.error
    assert abs(-math.cos(0.4) - estimate.value) > estimate.error
    assert np.isfinite(estimate.error)


@pytest.mark.parametrize("at", [-740.0, -720.0, -708.0, -600.0])
def test_a_derivative_that_central_differences_alone_see_is_refused(at):
    with pytest.raises(sg.CellError, match="below the range of doubles"):
        complex_step(np.exp, at)


@pytest.mark.parametrize("at", [-745.0, -500.0, -400.0, 1.0])
def test_the_error_of_a_complex_step_holds_what_becomes_0_on_the_way(at):
    found = complex_step(np.exp, at)
    with mpmath.workdps(30):
        assert abs(mpmath.mpf(found.value) - mpmath.exp(at)) <= found.error
    assert found.error > 0


@pytest.mark.parametrize("f", [lambda x: mpmath.mpf(1), lambda x: 3 * x, mpmath.exp, lambda x: mpmath.exp(-9000 * x)])
@pytest.mark.parametrize("digits", [15, 100])
def test_a_precise_difference_prints_and_its_error_holds(f, digits):
    found = precise_difference(f, 2, digits)
    assert str(found) == repr(found)
    with mpmath.workdps(8000):
        truth = (f(2 + mpmath.mpf(10) ** -4100) - f(2 - mpmath.mpf(10) ** -4100)) * mpmath.mpf(10) ** 4100 / 2
        assert abs(found.value - truth) <= found.error
