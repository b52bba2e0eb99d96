"""Bounds of products by bounds of their factors; inequalities for all integers; what they are made of."""

import pytest
import sympy
from flint import arb
from sympy import Interval, Rational, S

import symgrad as sg
from symgrad.activations import ACTIVATIONS
from symgrad.balls import RootOfNonnegative, Tape, precision
from symgrad.language.statements import Domain
from symgrad.prove.provers.closed_sums import closed
from symgrad.prove.signs.factor_values import values_of
from symgrad.prove.signs.parts import by_value

x, w = sg.real("x"), sg.real("w")
SMOOTH = [
    row
    for name, row in ACTIVATIONS.items()
    if row.name == name and not row.kinks and not row.parameters and row.largest_slope.is_exact and name != "identity"
]
# Of softsign the slope is a quotient of absolute values, at 0 a limit; gelu takes seconds.
SLOPES = [row for row in SMOOTH if row.name not in ("softsign", "gelu")]


@pytest.mark.parametrize("row", SLOPES, ids=lambda row: row.name)
def test_a_weight_times_a_slope_is_at_most_the_weight_times_the_largest_slope(row):
    slope = sympy.Derivative(row.function(x), x)
    largest = row.largest_slope.upper
    assert sg.verify(sg.claim(abs(w * slope), "<=", abs(w) * largest)).holds is True
    assert sg.verify(sg.claim(abs(w * slope), "<=", abs(w) * largest * Rational(99, 100))).holds is False


@pytest.mark.parametrize("count", range(1, 6))
def test_the_slope_of_nested_sigmoids_is_at_most_a_quarter_to_their_number(count):
    nested = x
    for _ in range(count):
        nested = sg.sigmoid(nested)
    slope = sympy.Derivative(nested, x)
    assert sg.verify(sg.claim(slope, "<=", Rational(1, 4**count))).holds is True
    assert sg.verify(sg.claim(slope, "<=", Rational(1, 5**count))).holds is False


CENTRAL = [
    "Abs(w*diff(sigmoid(z), z))",
    "Abs(w)*diff(sigmoid(z), z)",
    "Abs(diff(sigmoid(w*z), z))",
    "Abs(w*exp(-z)/(1 + exp(-z))**2)",
    "Abs(w*sigmoid(z)*sigmoid(-z))",
]


@pytest.mark.parametrize("form", CENTRAL)
def test_the_central_inequality_holds_however_it_is_written(form):
    assert sg.verify(f"{form} <= Abs(w)/4").holds is True
    assert sg.verify(f"{form} < Abs(w)/4").holds is False
    assert sg.verify(f"{form} <= Abs(w)/4.01").holds is False


RATIONAL = [
    ("x*(1 - x)", Interval.open(0, 1), Interval.Lopen(0, Rational(1, 4))),
    ("1 - x**2", Interval.open(-1, 1), Interval.Lopen(0, 1)),
    ("1/(x**2 - 1)", Interval.open(-1, 1), Interval(-S.Infinity, -1)),
    ("1/(x**2 - 1)", Interval.open(1, S.Infinity), Interval.open(0, S.Infinity)),
    ("x/(1 + x**2)", S.Reals, Interval(-Rational(1, 2), Rational(1, 2))),
    ("x**3 - 3*x", Interval.Ropen(-2, 2), Interval(-2, 2)),
    ("1 - 4/x", Interval.open(4, 5), Interval.open(0, Rational(1, 5))),
    ("x/(1 + x)**2", Interval.open(0, S.Infinity), Interval.Lopen(0, Rational(1, 4))),
    ("1/x", sympy.Union(Interval.open(-1, 0), Interval.open(0, 1)), None),  # two intervals
    ("1/(x - 1)", Interval(0, 3), None),  # a pole
    ("1/x**3", Interval.open(-S.Infinity, 0), Interval.open(-S.Infinity, 0)),
]


@pytest.mark.parametrize(("text", "on", "expected"), RATIONAL, ids=[text for text, *_ in RATIONAL])
def test_the_values_of_a_rational_function_are_an_interval_with_exact_ends(text, on, expected):
    assert values_of(sg.parse(text, {"x": x}), x, on) == expected


def test_parts_become_variables_with_all_their_values():
    e = w * sg.sigmoid(x) * sympy.tanh(sg.sigmoid(x))
    freed = by_value(e, Domain(((w, S.Reals), (x, S.Reals))))
    assert x not in freed.expression.free_symbols
    assert {values for _, values in freed.domain.sets} == {S.Reals, Interval.open(0, 1), Interval.open(-1, 1)}


def test_functions_of_what_may_not_be_real_are_left():
    assert by_value(sympy.tanh(sympy.log(x)), Domain(((x, S.Reals),))) is None
    assert by_value(sympy.tanh(sympy.log(x)), Domain(((x, Interval.open(0, S.Infinity)),))) is not None


n, k = sympy.symbols("n k", integer=True)


@pytest.mark.parametrize("low", [0, 1, 3])
@pytest.mark.parametrize(
    "term", [k * 2**k, k**2 * 3**k, (k**3 - k) * Rational(1, 2) ** k, k * (-2) ** k, k * 2 ** (2 * k - 1)], ids=str
)
def test_closed_forms_of_weighted_powers_are_the_sums_term_by_term(term, low):
    form = closed(sympy.Sum(term, (k, low, n)), Domain(((n, sympy.Range(low, S.Infinity)),)))
    assert not form.has(sympy.Sum)
    for last in range(low, low + 6):
        assert sympy.expand(form.subs(n, last) - sum(term.subs(k, j) for j in range(low, last + 1))) == 0


@pytest.mark.parametrize("power", [Rational(1, 2), Rational(3, 2), Rational(2, 3)])
def test_roots_of_what_is_not_negative_stay_real_around_their_branch_point(power):
    tape = Tape(RootOfNonnegative(x, power), [x])
    with precision(96):
        around = tape(arb(0, 0.01))
        assert isinstance(around, arb)
        assert around.contains(0)
        assert around.contains(arb("0.01") ** (arb(power.p) / power.q))
        assert tape(arb(4)).overlaps(arb(4) ** (arb(power.p) / power.q))
