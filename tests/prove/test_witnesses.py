"""Witnesses can be checked by hand: digits that are certain, simple points, one value for one thing, no empty set."""

import re

import mpmath
import pytest
import sympy
from sympy import Integer, Rational, exp, log, sqrt

import symgrad as sg
from symgrad.language.provable import provable
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome
from symgrad.prove.places import witnesses
from symgrad.prove.places.crossings import crossing
from symgrad.reading.text import parse_written

DECIMAL = re.compile(r"-?\d+\.\d+(?:[eE][+-]?\d+)?")
x, y = sympy.symbols("x y", real=True)
n = sympy.Symbol("n", integer=True)


def verdict_on(says, where=()):
    return sg.verify(sg.claim(says, where=where))


# --- a sign that changes ------------------------------------------------------------------------------------------

CROSSING = [
    ("exp(-x**2)", "x", []),
    ("exp(-x**2) - x", "0", []),
    ("exp(-x**2/2)", "x/3", []),
    ("exp(-x**2)", "tanh(x)", []),
    ("exp(-x**3)", "x", []),
    ("exp(x)", "x**2", []),
    ("x**3 + exp(x)", "2", []),
    ("x**3 - exp(-x**2)", "1/3", []),
    ("gamma(x)", "3", ["x > 2"]),
    ("log(x)", "-x**2", ["x > 0"]),
    ("sin(x)", "x**2", ["x > 1/2"]),
    ("cos(x)", "x", []),
    ("erf(x)", "1 - x**3", []),
    ("besselj(0, x)", "x", ["x in (0, 2)"]),
    ("zeta(x)", "x", ["x > 1"]),
    ("Abs(x)*Abs(x - 1)", "exp(-x)", ["x > 1"]),
    ("softplus(x)", "2 - x", []),
    ("x**5", "x + 1", []),
    ("diff(exp(-x**2)*x, x)", "1/3", ["x > 0"]),
    ("Sum(x**k, (k, 0, 3))", "3", []),
    ("Integral(exp(-t**2), (t, 0, x))", "1/2", []),
    ("x**x", "0.9", ["x in (0, 1/10)"]),
]  # fmt: skip
IDS = [f"{left} != {right}" for left, right, _ in CROSSING]


@pytest.mark.parametrize(("left", "right", "where"), CROSSING, ids=IDS)
def test_a_change_of_sign_refutes_that_two_sides_differ(left, right, where):
    assert verdict_on(f"{left} != {right}", where).outcome is Outcome.REFUTED


NEVER_EQUAL = [
    ("1/x != 0", ["x != 0"]),
    ("exp(x) != x", []),
    ("exp(-x**2) != x + 1", ["x > 0"]),
    ("x + sqrt(x**2 - 1) != 0", []),
    ("floor(x) + 1/2 != 0", []),
    ("sign(x) + x != 1/2", []),
    ("tan(x) != x + 1/x", ["x in (2, 4)"]),
    ("gamma(x) != 0", ["x in (-1, 0) U (0, 1)"]),
    ("x + y != 0", ["x + y > 0"]),
    ("2*n + 1 != 0", ["n integer"]),
    ("n**2 != 2", ["n integer"]),
    ("exp(n) != 2", ["n integer"]),
    ("cosh(x) != sinh(x)", []),
    ("digamma(x) != -x", ["x > 3/2"]),
    ("sqrt(x) != x + 1", ["x >= 0"]),
    ("x*log(x) != -1", ["x > 0"]),
    ("atan(1/x) != 0", ["x != 0"]),
    ("acot(x) != 0", []),
]  # fmt: skip


@pytest.mark.parametrize(("says", "where"), NEVER_EQUAL, ids=[says for says, _ in NEVER_EQUAL])
def test_a_change_of_sign_without_a_zero_refutes_nothing(says, where):
    assert verdict_on(says, where).holds is not False


def test_a_crossing_lies_in_the_domain_and_where_all_is_continuous():
    whole = Domain.of([x])
    assert crossing(1 / x, whole) is None
    assert crossing(sympy.tan(x), Domain(((x, sympy.Interval(1, 2)),))) is None
    assert crossing(sympy.sign(x) + Rational(1, 2), whole) is None
    assert crossing(n - Rational(1, 2), Domain.of([n])) is None
    assert (
        crossing(exp(-x) - x, Domain(((x, sympy.Union(sympy.Interval(0, 1) - {1}, sympy.Interval(2, 3))),))) is not None
    )
    assert crossing(x - Rational(3, 2), Domain(((x, sympy.Union(sympy.Interval(0, 1), sympy.Interval(2, 3))),))) is None
    tied = crossing(exp(x) + y - 3, Domain(Domain.of([x, y]).sets, (sympy.Gt(x, y),)))
    assert tied is not None
    assert tied[x] > tied[y]


# --- digits -------------------------------------------------------------------------------------------------------


def in_mpmath(text, point):
    """The value of a side in many digits."""
    expression = provable(parse_written(text)).xreplace({sympy.Symbol("x"): x}).doit()
    return mpmath.mpf(sympy.N(expression.subs(x, sympy.Float(str(point), 60)), 50))


def unit(text):
    """What one is in the last place of a decimal."""
    mantissa, _, power = text.lower().partition("e")
    return mpmath.mpf(10) ** (int(power or 0) - len(mantissa.partition(".")[2]))


@pytest.mark.parametrize(("left", "right", "where"), CROSSING, ids=IDS)
def test_what_is_shown_at_an_approximate_place_are_digits_of_the_values_at_the_place_itself(left, right, where):
    witness = verdict_on(f"{left} != {right}", where).witness
    place = witness.point["x"]
    assert DECIMAL.fullmatch(place)
    with mpmath.workdps(50):
        found = mpmath.findroot(lambda v: in_mpmath(left, v) - in_mpmath(right, v), mpmath.mpf(place), solver="secant")
        assert abs(found - mpmath.mpf(place)) <= unit(place)
        for side, shown in ((left, witness.left), (right, witness.right)):
            if "x" not in side and "x" not in (left if side == right else right):
                continue
            if DECIMAL.fullmatch(shown):
                assert abs(in_mpmath(side, found) - mpmath.mpf(shown)) <= unit(shown)
                assert len(shown.lstrip("-0.")) >= 10
            else:  # an exact value, of a side that does not depend on the place
                assert "x" not in left or "x" not in right
                assert mpmath.almosteq(in_mpmath(side, found), mpmath.mpf(Rational(shown).p) / Rational(shown).q, 1e-40)


def test_an_approximate_place_gives_no_fraction_and_no_digit_that_is_not_certain():
    place = {x: sympy.Float("0.66667", "")}
    assert witnesses.value_at(x**2, place) == "0.4444"
    assert witnesses.value_at(x / 3, place) == "0.2222"
    assert witnesses.value_at(10**8 * (x - Rational(2, 3)), place).startswith("about")
    assert witnesses.value_at(x / 3, {x: Rational(2, 3)}) == "2/9"
    assert witnesses.value_at(x**3 - 1, {x: sympy.rootof(sympy.Poly(x**3 - x - 1), 0)}) == "1.32471795724475"


# --- simple points ------------------------------------------------------------------------------------------------

SIMPLER = [
    ("silu(x) >= -0.278", [], {"x": "-5/4"}),
    ("hard_swish(x) >= -0.37", [], {"x": "-3/2"}),
    ("gelu(x) >= -0.169", [], {"x": "-3/4"}),
    ("(a**b)**c == a**(b*c)", ["a < 0"], {"a": "-1", "b": "-1", "c": "1/2"}),
    ("Product(w, (k, 1, T)) == w**T", ["T integer", "w > 0"], {"T": "-1", "w": "1/2"}),
    ("x*exp(-x**2)*y <= 0.42", ["y in [0, 1]"], {"x": "3/4", "y": "1"}),
]  # fmt: skip


@pytest.mark.parametrize(("says", "where", "point"), SIMPLER, ids=[says for says, *_ in SIMPLER])
def test_a_refutation_is_told_at_a_simple_point(says, where, point):
    verdict = verdict_on(says, where)
    assert verdict.outcome is Outcome.REFUTED
    assert verdict.witness.point == point


def test_a_simpler_point_lies_in_the_domain():
    place = Rational(verdict_on("silu(x) >= -0.278", ["x in (-1.28, -1.27)"]).witness.point["x"])
    assert Rational("-1.28") < place < Rational("-1.27")
    assert place.q <= 1000
    witness = verdict_on("silu(x) + 0*y >= -0.278", ["x < y", "y < x + 1/100"]).witness
    low, high = (Rational(witness.point[name]) for name in "xy")
    assert low < high < low + Rational(1, 100)


# --- one value for one thing --------------------------------------------------------------------------------------

VALUES = [
    ("Integral(b**a*x**(a - 1)*exp(-b*x)/gamma(a), (x, 0, oo))", ["a == 0", "b == 1"], "undefined"),
    ("Integral(1/gamma(a), (x, 0, 1))", ["a == 0"], "undefined"),
    ("Integral(x*log(a), (x, 0, 1))", ["a == 0"], "undefined"),
    ("Limit(x/gamma(a), x, 1)", ["a == -1"], "undefined"),
    ("Sum(2**(-k)/gamma(a), (k, 0, oo))", ["a == 0"], "undefined"),
    ("1/gamma(a)", ["a == 0"], "undefined"),
    ("Integral(1/gamma(a), (x, 0, 1))", ["a == 1"], "1"),
    ("Integral(x/a, (x, 0, 1))", ["a == 2"], "0.250000000000000"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "where", "value"), VALUES, ids=[e for e, *_ in VALUES])
def test_an_expression_has_one_value_whatever_is_claimed_of_it(expression, where, value):
    for other in ("-7", "0", "2"):
        assert verdict_on(f"{expression} == {other}", where).witness.left == value
        assert verdict_on(f"{other} == {expression}", where).witness.right == value
    assert verdict_on(f"{expression} == 3 + {expression}", where).witness.left == value


# --- where there is no derivative ---------------------------------------------------------------------------------

BREAKS = [
    ("diff(sign(x), x) == 0", "the function jumps there"),
    ("diff(Piecewise((1, Eq(x, 0)), (x, True)), x) == 1", "the function jumps there"),
    ("diff(Abs(x) + x**2*sign(x), x) == sign(x) + 2*Abs(x)", "the slopes from the two sides differ"),
    ("diff(relu(x)**2, x, 2) == 2*Heaviside(x)", "the derivatives of order 2 from the two sides differ"),
]  # fmt: skip


@pytest.mark.parametrize(("says", "why"), BREAKS, ids=[says for says, _ in BREAKS])
def test_why_there_is_no_derivative_is_told_truly(says, why):
    verdict = verdict_on(says)
    assert verdict.outcome is Outcome.REFUTED
    assert not verdict.evidence or why in verdict.evidence


# --- claims about nothing -----------------------------------------------------------------------------------------

EMPTY = [
    ["x == y", "x < y"],
    ["y > x", "y < x"],
    ["x > y", "y > z", "z > x"],
    ["x + y > 3", "x < 1", "y < 1"],
    ["x*y > 1", "x*y < 0"],
    ["x <= y", "y <= x", "x != y"],
    ["x == exp(y)", "y == x"],
    ["x**2 + y**2 < 1", "x > 2"],
    ["x integer", "x**2 == 2"],
    ["x in [0, 1]", "x**2 == 2"],
]
ABOUT_ANYTHING = ["x == 3", "2*x == x + x", "x**2 >= 0", "maximum(x*(1 - x), x) == 1/4", "x**2 < 0"]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("where", "says"), list(zip(EMPTY, ABOUT_ANYTHING * 2, strict=True)), ids=map(", ".join, EMPTY)
)
def test_a_claim_about_nothing_is_neither_true_nor_false(where, says):
    verdict = verdict_on(says, where)
    assert verdict.outcome is Outcome.UNINFORMATIVE
    assert "the conditions leave no point" in verdict.evidence


def test_claims_about_few_points_are_about_something():
    for where in (["x == y", "x <= y"], ["x in [0, 2]", "x**2 == 2"]):
        assert verdict_on("2*x == x + x", where).holds
        assert verdict_on("x == 7", where).holds is not True


POWERS = [*(Integer(10) ** k for k in (-1000, -400, -100, -40, 60, 400)), *(3 * Integer(10) ** k for k in (-200, 300))]


@pytest.mark.parametrize("start", [0, 1, Rational(13, 12), -Rational(3, 7), log(2), sqrt(5) / 2, 10**400])
@pytest.mark.parametrize("far", POWERS, ids=str)
def test_a_coordinate_beside_a_number_is_shown_exactly_and_briefly(start, far):
    for place in (start + far, start - far):
        text = witnesses.coordinate(place)
        assert witnesses.read(text) == place
        assert len(text) < 60


@pytest.mark.parametrize(
    ("says", "where"),
    [
        ("x**3 == x", "x in {-1, 0, 1, 1 + 10**(-400)}"),
        ("exp(x) <= 2", "x <= log(2) + 10**(-200)"),
        ("x**2 - x - 1 <= 0", ["x > 1", "x <= 2*cos(pi/5) + 10**(-100)"]),
        ("x <= y", "x < y + 10**(-100)"),
        ("x <= 10**400", "x <= 1 + 10**400"),
    ],
)
def test_the_point_of_a_witness_is_the_counterexample_and_no_rounded_one(says, where):
    asked = sg.claim(says, where=where)
    verdict = sg.verify(asked)
    assert verdict.holds is False
    point = [f"{name} == {value}" for name, value in verdict.witness.point.items()]
    table = {symbol: witnesses.read(verdict.witness.point[symbol.name]) for symbol, _ in asked.domain.sets}
    assert all(value is not None for value in table.values()), point
    left, right = (side.xreplace(table) for side in asked.statement.expressions)
    order = {"==": "!=", "<=": ">"}[asked.statement.op]
    assert sg.verify(sg.claim(left, order, right)).holds, point


NARROW = "Piecewise((1, x <= 1), (0, x < 11/10), (1, True)) == 1"


@pytest.mark.parametrize(
    ("says", "where"),
    [
        (NARROW, []),
        (NARROW, ["x == y"]),
        (NARROW, ["x + y == 2", "y > 0"]),
        (NARROW, ["x == 2*y", "y <= 1"]),
        ("Piecewise((1, n <= 10**18), (0, n < 10**18 + 2), (1, True)) == 1", ["n integer"]),
        ("Piecewise((x, x <= 1), (-5, x < 1 + 10**(-18)), (x, True)) >= 0", ["x >= 0"]),
        ("Piecewise((y, x <= 1), (y + 1, x < 1 + 10**(-9)), (y, True)) == y", []),
        ("Piecewise((1, x <= y), (0, x < y + 10**(-18)), (1, True)) == 1", []),
    ],
)
def test_a_witness_names_every_variable_also_those_that_only_a_condition_speaks_of(says, where):
    asked = sg.claim(says, where=where)
    verdict = sg.verify(asked)
    assert verdict.outcome is Outcome.REFUTED, verdict
    table = {symbol: witnesses.read(verdict.witness.point[symbol.name]) for symbol, _ in asked.domain.sets}
    left, right = (provable(side).xreplace(table) for side in asked.statement.expressions)
    assert not {"==": left == right, ">=": left >= right}[asked.statement.op]
    assert all(condition.xreplace(table) == sympy.true for condition in asked.domain.conditions)


NEAR_A_BORDER = [
    ("x + y <= 1.41", ["x**2 + y**2 <= 1"]),
    ("x + 2*y <= 2.23", ["x**2 + y**2 <= 1"]),
    ("x - y < 1.41", ["x**2 + y**2 < 1"]),
    ("x + y + z <= 1.73", ["x**2 + y**2 + z**2 <= 1"]),
    ("x*y*z <= 0.19", ["x**2 + y**2 + z**2 <= 1"]),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("says", "where"), NEAR_A_BORDER)
def test_what_fails_near_the_border_of_a_condition_alone_is_refuted_there(says, where):
    assert verdict_on(says, where).outcome is Outcome.REFUTED


def test_what_holds_up_to_the_border_is_not_refuted():
    assert verdict_on("x + y <= sqrt(2)", ["x**2 + y**2 <= 1"]).outcome is not Outcome.REFUTED


@pytest.mark.parametrize(
    ("says", "where", "at"),
    [
        ("minimum((a*x - 1)**2, x, a) == 0", ["x > 0", "a > -1"], "a = 0"),
        ("maximum(-(x - a)**2, x, a) == 0", ["x in [0, 1]", "a > 0"], "a = 2"),
    ],
)
def test_a_place_outside_of_the_domain_comes_with_the_parameters_for_which_it_is(says, where, at):
    verdict = sg.verify(sg.claim(says, where=where))
    assert verdict.outcome is sg.Outcome.REFUTED
    assert f"is no point of the domain at {at}" in verdict.evidence


# --- one point at which two sides are equal -----------------------------------------------------------------------

TOUCHING = [
    ("sigmoid(5*(x - 2)**4 + 3)", "sigmoid(3)", 2),
    ("log(2 + (x - 1)**2*exp(x))", "log(2)", 1),
    ("sqrt(2 + (x - 5)**2) + sqrt(3)", "sqrt(5 + 2*sqrt(6))", 5),
    ("atan(1/2 + (x - 1)**2) + atan(1/3)", "pi/4", 1),
    ("tanh(log(3) + (x - 7/2)**2)", "4/5", Rational(7, 2)),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("left", "right", "place"), TOUCHING)
@pytest.mark.parametrize("op", [">", "!=", ">="])
def test_a_strict_order_fails_where_two_sides_touch_though_no_enclosure_tells_it(left, right, place, op):
    verdict = verdict_on(f"{left} {op} {right}", "x > 0")
    if op == ">=":
        assert verdict.outcome is not Outcome.REFUTED
    else:
        assert verdict.outcome is Outcome.REFUTED
        assert f"x = {place}:" in str(verdict.witness)
