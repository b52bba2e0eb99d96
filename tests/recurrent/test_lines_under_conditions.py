"""Lines under conditions on scalar parameters: what is judged, drawn and said, and what is no condition."""

from itertools import product

import pytest
import sympy

import symgrad as sg
from symgrad.recurrent.judge.where import ParameterValues

PROVED, REFUTED, SUPPORTED = sg.Outcome.PROVED, sg.Outcome.REFUTED, sg.Outcome.SUPPORTED
h, x, w, u = sg.State("h"), sg.Input("x"), sg.Parameter("w"), sg.Parameter("u")
LINEAR = sg.Cell({h: w * h.prev + u})
GEOMETRIC = "du = (1 - w**T)/(1 - w)"


def judged(line, where=(), cell=LINEAR):
    return sg.check_backward(cell, h, gradients=[line], where=where).lines[0]


def test_a_geometric_sum_is_refuted_at_one_and_not_where_that_is_excluded():
    assert judged(GEOMETRIC).verdict.outcome is REFUTED
    line = judged(GEOMETRIC, "w != 1")
    assert line.verdict.outcome is SUPPORTED
    assert line.judged_for == "for every T, where w != 1"


CONDITIONS = ["w != 1", "w > 1", ["w > 0", "w < 1"], "w in (2, 3)", "w == 2", "w != u", sympy.Ne(w, 1)]
WRONG = [
    "du = (1 - w**(T-1))/(1 - w)",
    "du = (1 + w**T)/(1 - w)",
    "du = (1 - w**T)/(1 + w)",
    "du = (w**T - 1)/(1 - w)",
    "du = w*(1 - w**T)/(1 - w)",
]


@pytest.mark.parametrize(("line", "where"), [*product(WRONG, CONDITIONS)])
def test_a_wrong_line_stays_refuted_under_each_condition(line, where):
    assert judged(line, where).verdict.outcome is REFUTED


@pytest.mark.parametrize("where", CONDITIONS)
def test_a_line_that_holds_everywhere_is_proved_under_each_condition(where):
    line = judged("du = sum(w**(T-t), (t, 1, T))", where)
    assert line.verdict.outcome is PROVED
    assert "where" in line.judged_for


@pytest.mark.parametrize(
    ("line", "where", "outcome"),
    [
        ("dw = sum(hbar[t]*h[t-1]*(w + 1)/w - hbar[t]*h[t-1]/w, (t, 1, T))", (), REFUTED),
        ("dw = sum(hbar[t]*h[t-1]*(w + 1)/w - hbar[t]*h[t-1]/w, (t, 1, T))", "w != 0", PROVED),
        ("dw = sum(hbar[t]*h[t-1]*(w + 1)/w - hbar[t]*h[t-1]/w, (t, 1, T))", "w > 0", PROVED),
        ("dw = sum(hbar[t]*h[t-1]*(w + 1)/w - hbar[t]*h[t-1]/w, (t, 1, T))", "w != 1", REFUTED),
        ("dw = sum(hbar[t]*h[t-1]*(w + 1)/w - hbar[t]*h[t-1]/w, (t, 1, T))", "u != 0", REFUTED),
        ("dw = sum(hbar[t]*h[t-1]*(w - u + 1)/(w - u) - hbar[t]*h[t-1]/(w - u), (t, 1, T))", "w != u", PROVED),
        ("dw = sum(hbar[t]*h[t-1]*(w - u + 1)/(w - u) - hbar[t]*h[t-1]/(w - u), (t, 1, T))", "w != 1", REFUTED),
        ("dw = sum(hbar[t]*h[t-1]*(log(w) + 1) - hbar[t]*h[t-1]*log(w), (t, 1, T))", "w > 0", PROVED),
        ("dw = u*sum(hbar[t]*h[t-1], (t, 1, T))", "u != 1", REFUTED),
        ("dw = u*sum(hbar[t]*h[t-1], (t, 1, T))", "u == 1", SUPPORTED),
        ("dw = Abs(u)/u*sum(hbar[t]*h[t-1], (t, 1, T))", "u < 0", REFUTED),
    ],
)
def test_what_a_line_asks_for_is_there_exactly_where_the_condition_says_so(line, where, outcome):
    assert judged(line, where).verdict.outcome is outcome


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("x > 0", "conditions are on scalar parameters of the cell; there are u, w"),
        ("T > 2", "conditions are on scalar parameters"),
        ("q != 1", "conditions are on scalar parameters"),
        (["w > u", "u > w"], "no simple numbers satisfy this"),
        (["w > 2", "w < 1"], "the domain is empty"),
        ("w", "this is no condition"),
        ([3], "a condition is a text such as 'w != 1', or a relation; got 3"),
        (3, "conditions are several, as texts; got 3"),
    ],
)
def test_what_is_no_condition_is_refused_with_one_line(where, says):
    with pytest.raises(sg.SymgradError, match=says) as found:
        judged(GEOMETRIC, where)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("where", CONDITIONS)
def test_the_points_of_a_run_obey_the_conditions(where):
    values = ParameterValues.of(sg.bptt(LINEAR, h), where)
    assert values.points
    for point in values.points:
        assert all(number in values.domain.set_of(symbol) for symbol, number in point.items())
        assert all(condition.subs(point) == sympy.true for condition in values.domain.conditions)


SQUARE_ROOT = sg.Cell({h: sg.tanh(w * h.prev + sympy.sqrt(x))})


@pytest.mark.parametrize("divisor", ["x[t]", "Abs(x[t])"])
def test_what_only_another_gradient_asks_for_is_asked_for(divisor):
    """At x[t] = 0 there is no dx, but dw, and a line for it that divides by x[t] is none there."""
    found = judged(
        f"dw = sum(delta[t]*h[t-1] + 1/{divisor}, (t, 1, T)) - sum(1/{divisor}, (t, 1, T))", cell=SQUARE_ROOT
    )
    assert found.verdict.outcome is sg.Outcome.REFUTED
    assert "the line has no value at x = 0" in str(found)
    for line in (
        "dw = sum(delta[t]*h[t-1], (t, 1, T))",
        "dx = delta[t]/(2*sqrt(x[t]))",
        "dx = delta[t]*sqrt(x[t])/x[t]/2",
    ):
        assert judged(line, cell=SQUARE_ROOT).verdict.outcome is PROVED
