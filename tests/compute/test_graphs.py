"""Points of curves and orbits, checked against exact arithmetic."""

from decimal import Decimal, localcontext

import pytest
from flint import arb
from sympy import Integer, Rational, Symbol, cos, log, sin

from symgrad import curve, orbit, sigmoid
from symgrad.balls import UnsupportedError
from symgrad.compute.run.graphs import PrecisionError, curve_points, decimal, magnitude, orbit_points

x, p, h, w = (Symbol(name, real=True) for name in "xphw")
HIDDEN_ZERO = sin(x) ** 2 + cos(x) ** 2 - 1


def test_powers_of_a_quarter_are_exact_far_below_the_smallest_double():
    points = orbit_points(orbit(p, {p: p / 4}, {p: 1}, 5000))
    with localcontext(prec=30):
        expected = Decimal(1) / Decimal(4) ** 5000
    assert f"{expected:.14e}" == f"{Decimal(decimal(points[-1].y)):.14e}"


def test_an_orbit_begins_with_its_start_and_has_a_point_for_every_step():
    points = orbit_points(orbit(p + 1, {p: 2 * p}, {p: 3}, 4))
    assert [(float(a), float(b)) for a, b in points] == [(0, 4), (1, 7), (2, 13), (3, 25), (4, 49)]


def test_symbols_of_an_orbit_are_updated_together():
    points = orbit_points(orbit(p, {p: h, h: p}, {p: 1, h: 2}, 3))
    assert [float(y) for _, y in points] == [1, 2, 1, 2]


def test_precision_rises_until_the_digits_of_a_chaotic_orbit_are_certain():
    # x -> 4 x (1 - x) loses a bit in every step; with x = sin(t)^2 it is sin(2^k t)^2, which needs no recurrence.
    steps = 300
    start = sin(Integer(1)) ** 2
    last = orbit_points(orbit(p, {p: 4 * p * (1 - p)}, {p: start}, steps), digits=12)[-1].y
    expected = (sin(Integer(2) ** steps) ** 2).evalf(20)
    assert abs(Decimal(str(expected)) / Decimal(decimal(last, 15)) - 1) < Decimal("1e-12")


def test_an_orbit_names_the_symbol_that_has_no_value():
    with pytest.raises(UnsupportedError, match="w"):
        orbit_points(orbit(p, {p: p * w}, {p: 1}, 3))


def test_a_curve_has_no_points_where_it_is_not_real():
    points = curve_points(curve(log(x), x, -1, 1, samples=5))
    assert [None if y is None else round(float(y), 12) for _, y in points] == [None, None, None, -0.693147180560, 0]


def test_a_zero_between_digits_is_certain_only_from_the_decimal_point_on():
    wave = curve(sin(x), x, 0, Integer(22) / 7, samples=3)
    assert len(curve_points(wave, relative=False)) == 3
    hidden = curve(HIDDEN_ZERO, x, 1, 2, samples=2)
    assert [abs(float(y)) < 1e-15 for _, y in curve_points(hidden, relative=False)] == [True, True]


def test_giving_up_names_the_limit():
    with pytest.raises(PrecisionError, match="65536 bits"):
        orbit_points(orbit(HIDDEN_ZERO, {x: x}, {x: Rational(1, 3)}, 0))


def test_the_slope_of_the_sigmoid_keeps_its_digits_where_one_minus_sigmoid_cancels():
    points = curve_points(curve(sigmoid(x).diff(x), x, 100, 101, samples=2))
    # s (1 - s) = e^-x / (1 + e^-x)^2, and e^-100 = 3.720075976020835962959695803863e-44
    assert decimal(points[0].y) == "3.72007597602084e-44"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (3000, "3000"), (-0.25, "-0.25"), (1e30, "1e+30"), (2.0**-40, "9.09494701772928e-13")],
)
def test_numbers_are_written_as_briefly_as_their_digits_allow(number, text):
    assert Decimal(text) == Decimal(decimal(arb(number)))
    assert decimal(arb(number)) == text


def test_magnitude_is_the_decimal_logarithm():
    assert magnitude(arb(10) ** -1000) == pytest.approx(-1000, abs=1e-9)  # a float near 1000 has 13 decimals
