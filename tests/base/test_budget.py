"""One budget of work: counted, never measured, and the same whatever came before, in a thread or under a profiler."""

import cProfile
import json
import os
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
import sympy
from sympy import Symbol, exp, sin

import symgrad as sg
from symgrad.base import budget, sized
from symgrad.base.budget import Budget, Spent, attempt, charge, not_interrupted, remembered, working_within
from symgrad.language.verdicts import Outcome
from symgrad.prove import ladder

x = Symbol("x", real=True)

MANY = sympy.Add(*(sin(x + k) ** 2 for k in range(2000)))

LEAST_WORK = 60_000  # units: so little that some claims are cut short, and all are soon through

LARGEST_STEP = 20 * sized.MOST_DIFFERENTIATED  # what is counted at once, before it is done

CLAIMS = sorted((Path(__file__).parents[1] / "claims").glob("*.toml"))
STRIDE = 400  # every so many claims of the corpus are decided again and again
SAMPLE = [
    (entry["says"], entry.get("where", ()))
    for entry in [e for path in CLAIMS for e in tomllib.loads(path.read_text(encoding="utf-8"))["claim"]][7::STRIDE]
]

# Claims that would take long if nobody counted, of several kinds.
LABORIOUS = [
    ("diff(x**x**x**x**x, x, 12) == 0", ["x > 0"]),
    ("Abs(w*diff(sigmoid(z), z)) <= Abs(w)/4", []),
    ("x**400 + x**2 + 1 > 0", []),
    ("(a + b + c + d)**8 <= a**8 + b**8", ["a > 0", "b > 0", "c > 0", "d > 0", "a < b"]),
    ("floor(x + floor(y)) <= x + y", []),
    ("polygamma(n, x) >= 0", ["n integer", "n >= 1", "x > 0"]),
    ("x + y + z >= 0", ["x**5 + y**5 + z**5 + x*y*z + exp(x) == 7/3", "sin(x) + exp(y) < z**3"]),
]


def counted(says, where, most=LEAST_WORK):
    """The verdict on a claim and all the work that it took, at most so much."""
    seen = []

    class Watched(Budget):
        def __init__(self, limit):
            super().__init__(min(limit, most))
            seen.append(self)

    original, ladder.Budget = ladder.Budget, Watched
    try:
        verdict = sg.verify(sg.claim(says, where=where))
    finally:
        ladder.Budget = original
    return str(verdict), sum(budget.spent for budget in seen)


def in_a_thread(ask):
    found = []
    thread = threading.Thread(target=lambda: found.append(ask()))
    thread.start()
    thread.join()
    return found[0]


@pytest.fixture(scope="module")
def first_time():
    return [counted(says, where) for says, where in LABORIOUS]


def test_no_claim_takes_more_than_the_budget(first_time):
    for _, spent in first_time:
        assert 0 < spent < LEAST_WORK + LARGEST_STEP


def test_the_count_is_the_same_in_another_order_and_with_what_sympy_remembers(first_time):
    backwards = [counted(says, where) for says, where in reversed(LABORIOUS)]
    assert backwards[::-1] == first_time


def test_the_count_is_the_same_with_nothing_remembered_by_sympy(first_time):
    for (says, where), known in zip(LABORIOUS[:5], first_time):
        sympy.core.cache.clear_cache()
        assert counted(says, where) == known


def test_the_count_is_the_same_under_a_profiler_and_in_a_thread(first_time):
    for (says, where), known in zip(LABORIOUS[:4], first_time):
        with cProfile.Profile():
            assert counted(says, where) == known
        assert in_a_thread(lambda says=says, where=where: counted(says, where)) == known


def test_verdicts_on_the_corpus_are_the_same_in_another_order_and_with_cold_caches():
    first = [counted(says, where, ladder.WORK) for says, where in SAMPLE]
    assert [counted(says, where, ladder.WORK) for says, where in reversed(SAMPLE)][::-1] == first
    sympy.core.cache.clear_cache()
    assert [counted(says, where, ladder.WORK) for says, where in SAMPLE] == first


def test_verdicts_on_the_corpus_do_not_depend_on_how_python_hashes():
    code = """
import json, sys, symgrad as sg
print(json.dumps([str(sg.verify(sg.claim(says, where=where))) for says, where in json.load(sys.stdin)]))
"""
    asked = json.dumps(SAMPLE)
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=asked, capture_output=True, check=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(told) == 1


def test_a_claim_whose_budget_is_spent_is_undecided_and_says_so(monkeypatch):
    monkeypatch.setattr(ladder, "WORK", 500)
    verdict = sg.verify("sigmoid(x)*sigmoid(y) <= 1")
    assert verdict.outcome is Outcome.UNDECIDED
    assert "budget" in str(verdict)


def test_what_is_too_large_to_be_differentiated_is_undecided_and_says_so():
    verdict = sg.verify(sg.claim("diff(x**x**x**x**x, x, 12) == 0", where=["x > 0"]))
    assert verdict.outcome is Outcome.UNDECIDED
    assert "derivative" in verdict.evidence


def test_work_beyond_the_limit_is_not_done():
    with working_within(Budget(10)):
        charge(6)
        with pytest.raises(Spent):
            charge(6)


def test_a_share_that_is_spent_leaves_the_rest_of_the_budget():
    with working_within(Budget(100)) as whole:
        assert attempt(10, lambda: charge(50)) is None
        assert attempt(10, lambda: "done") == "done"
        assert whole.spent == 50


def test_a_share_ends_with_the_budget_that_it_is_a_share_of():
    with pytest.raises(Spent), working_within(Budget(10)):
        attempt(100, lambda: charge(50))


def test_what_is_not_interrupted_is_counted_afterwards():
    done = []

    def work():
        with not_interrupted():
            charge(50)
            done.append("all of it")

    with working_within(Budget(10)) as whole:
        with pytest.raises(Spent):
            work()
        assert (done, whole.spent) == (["all of it"], 50)


def test_what_is_remembered_is_forgotten_with_its_claim():
    asked = []

    @remembered
    def double(n):
        asked.append(n)
        return 2 * n

    for _ in range(2):
        with working_within(Budget(10)):
            assert (double(3), double(3)) == (6, 6)
    assert asked == [3, 3]


def test_nothing_is_counted_where_there_is_no_budget():
    charge(10**12)
    assert budget.attempt(1, lambda: charge(10**12)) is None


@pytest.mark.parametrize(
    ("ask", "small", "large"),
    [
        (sized.expand, (x + 1) ** 20, (x + exp(x) + sin(x) + 1) ** 60),
        (sized.factor, x**4 - 1, (x + exp(x) + sin(x) + 1) ** 30),
        (sized.cancel, (x**2 - 1) / (x - 1), 1 / (x + exp(x) + sin(x) + 1) ** 30 + 1),
        (sized.together, 1 / x + 1 / (x + 1), sympy.Add(*(1 / (x + k) for k in range(40)))),
        (sized.factor_terms, 2 * x + 2, MANY),
        (lambda e: sized.real_roots(sympy.Poly(e, x)), x**2 - 2, x**100 - x - 1),
        (lambda e: sized.check_derivative(e, x), exp(sin(x)), MANY),
    ],
)
def test_sympy_is_asked_what_is_small_and_not_what_is_large(ask, small, large):
    ask(small)
    with pytest.raises(sized.TooLarge):
        ask(large)


def test_sizes_are_told_from_the_form():
    assert sized.nodes(x * sin(x)) == 4
    assert sized.count_terms((x + 1) ** 10) == 11
    assert sized.count_terms((x + 1) * (x + exp(x) + 1)) == 6
