"""Finite domains are decided by trying every point; what is left to vary at a point is a goal of its own."""

import pytest
import sympy
from sympy import Contains, FiniteSet, S, Symbol, pi, sqrt

import symgrad as sg
from symgrad.language.statements import Domain
from symgrad.prove.basics.points import points
from symgrad.prove.provers import finite

x, y, t = (Symbol(name, real=True) for name in "xyt")
SIGNS = Contains(t, FiniteSet(-1, 1), evaluate=False)


def among(symbol, *values):
    return Contains(symbol, FiniteSet(*values), evaluate=False)


HOLD = [
    ("n*(n - 1)*(n - 2)*(n - 3) == 0", ["n integer", "n in [0, 3]"]),
    ("binomial(n, k) <= 6", ["n integer", "k integer", "n in [0, 4]", "k in [0, 4]"]),
    ("cos(n*pi)*sin(n*pi/2) == sin(3*n*pi/2)", ["n integer", "n in [1, 3]"]),
    ("euler(2*n) != 0", ["n integer", "n in [0, 3]"]),
    ("n == 1", ["n integer", "n in [1, 3]", "2*n <= 3"]),
    ("n + m <= 4", ["n integer", "m integer", "n in [1, 3]", "m in [1, 3]", "n + m < 5"]),
    ("n**2 - 300*n < 100", ["n integer", "n in [150, 300]"]),
    ("gamma(n) == factorial(n - 1)", ["n integer", "n in [1, 3]"]),
    ("x**2 - x*sqrt(2) == 0", [among(x, 0, sqrt(2))]),
    ("x*y != 1", [among(x, sqrt(3), 1), among(y, 2, 3)]),
    ("x**2 + y**2 >= 2*x*y", [among(x, 1, sqrt(2)), among(y, 0, pi)]),
    ("log(1 + exp(-t*x)) == log(1 + exp(t*x)) - t*x", [SIGNS]),
    ("sign(t*x) == t*sign(x)", [SIGNS]),
    ("diff(sigmoid(t*x), x) <= 1/4", [SIGNS]),
    ("t*x <= Abs(x)", [SIGNS]),
]
FAIL = [
    ("n**2 == n", ["n integer", "n in [0, 2]"]),
    ("1/n > 0", ["n integer", "n in [0, 3]"]),
    ("n != 277", ["n integer", "n in [150, 300]"]),
    ("binomial(n, k) < 6", ["n integer", "k integer", "n in [0, 4]", "k in [0, 4]"]),
    ("n + m <= 3", ["n integer", "m integer", "n in [1, 3]", "m in [1, 3]", "n + m < 5"]),
    ("x > 0", [among(x, sqrt(2), -sqrt(3))]),
    ("x*y != 1", [among(x, sqrt(3), 1), among(y, 2, 1 / sqrt(3))]),
    ("log(1 + exp(-t*x)) == log(1 + exp(t*x)) + t*x", [SIGNS]),
    ("diff(Abs(x), x) == 0", [among(x, -1, 0)]),
]


@pytest.mark.parametrize(("says", "where"), HOLD, ids=str)
def test_what_holds_at_every_point_of_a_finite_set_is_proved(says, where):
    assert sg.verify(sg.claim(says, where=where)).holds is True


@pytest.mark.parametrize(("says", "where"), FAIL, ids=str)
def test_what_fails_at_one_point_of_a_finite_set_is_refuted(says, where):
    assert sg.verify(sg.claim(says, where=where)).holds is False


def test_the_witness_names_the_value_at_which_it_fails():
    verdict = sg.verify(sg.claim("x > 0", where=[among(x, sqrt(2), -sqrt(3))]))
    assert verdict.witness.point == {"x": "-sqrt(3)"}


def test_a_condition_that_fails_at_a_point_leaves_it_out():
    where = [among(x, 1, sqrt(2)), among(y, sqrt(2), 2), "x*y > 3/2", "x*y < 5/2"]
    verdict = sg.verify(sg.claim("x*y == 2", where=where))
    assert verdict.holds is True


def test_sets_with_more_points_than_the_limit_are_not_listed():
    assert finite.elements(sympy.Range(1, 12), 10) is None
    assert finite.elements(sympy.Range(1, 11), 10) == tuple(map(S, range(1, 11)))
    assert finite.elements(sympy.Interval(0, 1), 10) is None


@pytest.mark.parametrize("values", [FiniteSet(sqrt(2), pi), sympy.Interval.open(pi, pi + S(10) ** -80)], ids=str)
def test_no_point_outside_of_a_set_is_tried_where_it_holds_no_simple_number(values):
    assert all(values.contains(point[x]) == sympy.true for point in points(Domain(((x, values),)), 20))


@pytest.mark.parametrize(
    ("says", "condition", "holds"),
    [
        ("Mod(n, 4) != 2", "Mod(n, 2) == 1", True),
        ("floor(n/2) == n/2", "Mod(n, 2) == 0", True),
        ("floor(n/2) == n/2", "Mod(n, 3) == 0", False),
        ("sin(pi*n/3) != 0", "Mod(n, 2) != 0", False),
    ],
)
def test_a_residue_that_a_condition_leaves_out_is_no_counterexample(says, condition, holds):
    assert sg.verify(sg.claim(says, where=["n integer", condition])).holds in (holds, None)


@pytest.mark.parametrize("meets", [120, 10011, 10**6])
def test_sides_that_differ_at_first_may_meet_later(meets):
    """No induction proves that they never do: from n to n + 1 it is not handed down."""
    total = meets * (meets + 1) // 2
    assert sg.verify(sg.claim(f"Sum(k, (k, 1, n)) != {total}", where=["n integer", "n >= 1"])).holds is not True
    assert sg.verify(sg.claim("Sum(k, (k, 1, n)) != -1", where=["n integer", "n >= 1"])).holds is True
