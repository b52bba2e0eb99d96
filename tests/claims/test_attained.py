"""Where a bound is said to be attained: a place of its domain, and what the conditions leave of the others there."""

import pytest
from sympy import Interval, Rational, Symbol, oo, sin

import symgrad as sg

x, y, n = sg.real("x"), sg.real("y"), sg.integer("n")
q = Symbol("q", positive=True)
SQUARE = (x * (1 - x), Rational(1, 4))
MEAN = (x * y, (x**2 + y**2) / 2)
ROOT, SINE, NOTHING = (-((x**2 - y) ** 2), 0), (-((sin(x) - y) ** 2), 0), (x - x + y - y, 0)

OUTSIDE = [
    (SQUARE, {x: "1/2"}, ["x > 1"], "x > 1"),
    (SQUARE, {x: "1/2"}, ["x != 1/2"], "x != 1/2"),
    ((n * (1 - n), Rational(1, 4)), {n: "1/2"}, [], "n in Integers"),
    ((x, 1), {x: 1}, ["x in (0, 1)"], "x in"),
    ((x, 3), {x: 3}, ["x in {1, 2}"], "x in"),
    (MEAN, {x: y}, ["x < y"], "x < y"),
    ((1 - q, 1), {q: 0}, [], "q in"),
    ((x**2, 1), {x: "I"}, [], "no real number"),
    (ROOT, {x: "sqrt(y)"}, ["y < 0"], "y >= 0"),
    (ROOT, {x: "y**(1/2)"}, ["y in [-2, -1]"], "y >= 0"),
    (SINE, {x: "asin(y)"}, ["y > 2"], "y <= 1"),
    (NOTHING, {x: "acos(y)"}, ["y < -1"], "y >= -1"),
    (NOTHING, {x: "atanh(y)"}, ["y >= 1"], "y < 1"),
    (NOTHING, {x: "acosh(y)"}, ["y < 1"], "y >= 1"),
    (NOTHING, {x: "log(y)"}, ["y <= 0"], "y > 0"),
    (NOTHING, {x: "exp(2 + y**(1/4))"}, ["y < 0"], "y >= 0"),
    (NOTHING, {x: "1/y"}, ["y == 0"], "y"),
    (NOTHING, {x: "I*y"}, [], "no real number"),
    (NOTHING, {x: "sqrt(-y**2)"}, [], "no real number"),
    (NOTHING, {x: "sqrt(-y**2 - 1)"}, [], "no real number"),
    (NOTHING, {x: "sqrt(1 - asin(2))"}, [], "no real number"),
]


@pytest.mark.parametrize(("sides", "at", "where", "asks"), OUTSIDE, ids=str)
def test_a_place_outside_of_the_domain_is_refused(sides, at, where, asks):
    left, right = sides
    with pytest.raises(sg.ClaimError, match=r"equality_at: \w = .* is not in the domain") as caught:
        sg.chain(left, sg.at_most(right, equality_at=at), where=where)
    assert asks in str(caught.value)


INSIDE = [
    (SQUARE, {x: "1/2"}, [], "PROVED"),
    (SQUARE, {x: "1/2"}, ["x in (0, 1)"], "PROVED"),
    (SQUARE, {x: "1/3"}, ["x in (0, 1)"], "REFUTED"),
    ((x, 1), {x: 1}, ["x in (0, 1]"], "PROVED"),
    ((x, 3), {x: 3}, ["x in (0, 1) U (2, 3]"], "PROVED"),
    ((x**2, 2), {x: "sqrt(2)"}, ["Abs(x) <= sqrt(2)"], "PROVED"),
    ((x * y, 1), {x: "1/y"}, ["x*y <= 1", "x > 0", "y > 0"], "PROVED"),
    ((q * (2 - q), 1), {q: 1}, [], "PROVED"),
    (MEAN, {x: y}, ["x in (0, 1)"], "PROVED"),
    (MEAN, {x: 1}, ["x == y"], "PROVED"),
    (MEAN, {x: 1}, ["x <= y"], "REFUTED"),
    (MEAN, {x: 0, y: 0}, ["x <= y"], "PROVED"),
    (ROOT, {x: "sqrt(y)"}, ["y > 0"], "PROVED"),
    (ROOT, {x: "-sqrt(y)"}, [], "PROVED"),
    (SINE, {x: "asin(y)"}, ["Abs(y) <= 1"], "PROVED"),
    ((x * y, 1), {x: "1/y"}, ["x*y <= 1"], "PROVED"),
    ((-(x**2), 0), {x: "besselj(0, 1)"}, [], "REFUTED"),
]


@pytest.mark.parametrize(("sides", "at", "where", "outcome"), INSIDE, ids=str)
def test_the_other_variables_are_where_the_conditions_leave_them(sides, at, where, outcome):
    left, right = sides
    bound, equality = sg.chain(left, sg.at_most(right, equality_at=at), where=where).claims
    assert sg.verify(bound).holds
    assert sg.verify(equality).outcome.name == outcome


def test_a_place_of_which_no_rule_tells_where_it_is_real_is_refused():
    with pytest.raises(sg.ClaimError, match=r"equality_at: x = .* cannot be told .*: gamma\(y\) may be no real number"):
        sg.chain(-(x**2), sg.at_most(0, equality_at={x: "gamma(y)"}))


def test_the_claim_of_an_equality_says_where_its_place_is_real():
    _, equality = sg.chain(ROOT[0], sg.at_most(0, equality_at={x: "sqrt(y)"})).claims
    assert equality.domain.set_of(y) == Interval(0, oo)


def test_a_condition_at_the_place_narrows_the_domain_of_the_others():
    _, equality = sg.chain(x * y, sg.at_most(MEAN[1], equality_at={x: 0}), where=["Abs(y) <= x"]).claims
    assert sg.verify(equality).holds is not False
