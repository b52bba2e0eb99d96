"""Each line of somebody's backward equations has one budget of work, and what it takes is counted."""

import pytest
import sympy
from sympy import symbols

import symgrad as sg
from symgrad.base.budget import Budget, working_within
from symgrad.recurrent.forms.index_notation import Reader
from symgrad.recurrent.forms.zeros import is_zero
from symgrad.recurrent.judge import judge
from symgrad.recurrent.judge.evidence import FOR_A_PROOF

n, m = sg.dims("n m")
a, b, c, x = symbols("a b c x")

LAYER_NORM = """a[t] = W @ h[t-1] + U @ x[t]
mu[t] = trace(dot(ones(n), a[t]))/n
r[t] = a[t] - mu[t]*ones(n)
s[t] = sqrt(trace(dot(r[t], r[t]))/n + 1e-5)
e[t] = r[t]/s[t]
h[t] = tanh(hadamard(g, e[t]) + b)"""
SHAPES = {"a": n, "r": n, "e": n, "h": n, "x": m, "W": (n, n), "U": (n, m), "g": n, "b": n}
NORMALISED = "abar[t] = (ebar[t] - ones(n)*dot(ones(n), ebar[t])/n - e[t]*dot(e[t], ebar[t])/n)/s[t]"


@pytest.fixture
def budgets(monkeypatch):
    """All budgets of lines that are made, at most so large as the fixture says."""
    made = []

    class Watched(Budget):
        def __init__(self, limit):
            super().__init__(min(limit, made_at_most[0]))
            made.append(self)

    made_at_most = [float("inf")]
    monkeypatch.setattr(judge, "Budget", Watched)
    return made, made_at_most


def judged(text, shapes, line, at="every"):
    cell = sg.read_cell(text, shapes)
    (h,) = (v for v in cell.defined if v.name == "h")
    given = {"gradients": [line]} if line.startswith("d") else {"backward": [line]}
    (found,) = sg.check_backward(cell, sg.half_squared_error(h), at=at, **given).lines
    return found.verdict


def test_a_line_ends_with_its_budget_and_proofs_leave_some_of_it(budgets):
    made, _ = budgets
    assert judged(LAYER_NORM, SHAPES, NORMALISED).outcome in (sg.Outcome.PROVED, sg.Outcome.SUPPORTED)
    assert FOR_A_PROOF < judge.WORK
    assert [budget.spent <= budget.limit for budget in made] == [True]


def test_a_line_is_undecided_where_its_budget_is_too_small(budgets):
    _, at_most = budgets
    at_most[0] = 1_000
    verdict = judged("h[t] = tanh(w*h[t-1] + x[t])", {}, "hbar[t] = h[t] + w*(delta[t+1] - target[t]/w)")
    assert (verdict.outcome, verdict.method) == (sg.Outcome.UNDECIDED, "budget of work")


def test_the_count_is_the_same_whatever_came_before(budgets):
    made, _ = budgets
    cell = sg.read_cell("h[t] = tanh(w*h[t-1] + x[t])", {})
    line = "hbar[t] = w*delta[t+1] + h[t] - target[t]"
    sg.check_backward(cell, sg.half_squared_error(cell.states[0]), at="every", backward=[line, line])
    assert made[0].spent == made[1].spent > 0


def test_of_the_same_sum_it_is_asked_once_whether_it_cancels():
    """Names are read in many ways, most of which leave the same sum."""
    t, length = sg.TIME, sg.LENGTH
    h = sg.State("h")
    left, right = sympy.Sum(h, (t, 2, length)) + h.at(1), sympy.Sum(h.prev, (t, 1, length))
    with working_within(Budget(1_000_000)) as budget:
        spent = [(Reader().difference(left, right), budget.spent)[1] for _ in range(3)]
    first, second, third = (after - before for before, after in zip([0, *spent], spent))
    assert first > second == third


@pytest.mark.parametrize(
    ("e", "is_so"),
    [
        (a / (a + b) + b / (a + b) - 1, True),
        (a / (a + b) - 1, False),
        ((x**a + 1) ** 2 - x ** (2 * a) - 2 * x**a - 1, True),
        ((x**2) ** a * x - x ** (2 * a + 1), False),  # x may be negative
        ((a**3 - b**3) / (a - b) - a**2 - a * b - b**2, True),
        ((a + b + c) ** 30 - (a + b) ** 30, False),
    ],
)
def test_what_is_zero(e, is_so):
    with working_within(Budget(1_000_000)):
        assert is_zero(e) is is_so
