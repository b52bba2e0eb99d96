"""Definitions by invariants: what pins a function down, and what tells another one from it."""

import pytest
from sympy import Derivative, Eq, Integer, Ne, cosh, exp, sinh

import symgrad as sg

x = sg.real("x")
COSH = sg.Invariants(
    {
        "differential equation": lambda f, where: sg.claim(Derivative(f, x, x), "==", f, where=where),
        "even": lambda f, where: sg.claim(f, "==", f.subs(x, -x), where=where),
        "value at zero": lambda f, where: sg.claim(f, "==", 1, where=[Eq(x, 0)]),
        "smallest value": lambda f, where: sg.minimum(f, x, 1, where=where),
    }
)


@pytest.mark.parametrize(
    ("candidate", "fails"),
    [
        (cosh(x), None),
        (exp(x) / 2 + exp(-x) / 2, None),
        (Integer(1), "differential equation"),
        (exp(x), "even"),
        (sinh(x), "even"),
        (2 * cosh(x), "value at zero"),
    ],
)
def test_the_first_property_that_fails_is_named(candidate, fails):
    assert COSH.first_failing(sg.Candidate("a candidate", candidate)) == fails


def test_all_properties_are_judged_in_order():
    judged = dict(COSH.judge(sg.Candidate("twice", 2 * cosh(x))))
    assert list(judged) == list(COSH.properties)
    assert [verdict.holds for verdict in judged.values()] == [True, True, False, False]


def test_properties_are_about_the_values_that_a_candidate_has():
    candidate = sg.Candidate("not at zero", x**2 * cosh(x) / x**2, where=[Ne(x, 0)])
    assert COSH.claims(candidate)["even"].domain == sg.claim("x == x", where=["x != 0"]).domain


def test_a_table_has_a_row_for_each_property_and_a_column_for_each_candidate():
    wrong = sg.Candidate("twice", 2 * cosh(x), fails=("value at zero", "smallest value"))
    table = COSH.table("Two candidates.", sg.Candidate("cosh", cosh(x)), wrong, label="list")
    assert table.header == ("property", "cosh", "twice")
    assert [row[0] for row in table.rows] == list(COSH.properties)
    assert [row[2].expect for row in table.rows] == ["holds", "holds", "refuted", "refuted"]
    assert {claim.expect for row in table.rows for claim in row[1:2]} == {"holds"}


def test_a_property_that_there_is_not_cannot_be_known_to_fail():
    with pytest.raises(sg.ClaimError, match="'odd' is none of the properties; these are differential equation, even"):
        COSH.claims(sg.Candidate("twice", 2 * cosh(x), fails=("odd",)))
