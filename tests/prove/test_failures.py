"""What fails inside of the prover: it is noticed by tests, and costs nothing but an answer."""

import logging
from pathlib import Path

import pytest

import symgrad as sg
from symgrad.prove import ladder

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parents[1] / "conftest.py"
FAILING = [NameError, TypeError, RecursionError, MemoryError, KeyError, AssertionError, OSError, AttributeError]
HOLDS = "tanh(x) == 2*sigmoid(2*x) - 1"


def failing(error):
    def fail(*arguments, **options):
        raise error("by order\nof the test")

    return fail


@pytest.mark.swallows_failures
@pytest.mark.parametrize("error", FAILING)
@pytest.mark.parametrize("place", ["refute", "_evidence", "PROVERS"])
def test_a_failure_anywhere_in_the_prover_proves_nothing_and_raises_nothing(monkeypatch, caplog, place, error):
    stand_in = (failing(error),) if place == "PROVERS" else failing(error)
    monkeypatch.setattr(ladder, place, stand_in)
    caplog.set_level(logging.DEBUG, "symgrad.prove")
    verdict = sg.verify("DiracDelta(x) == 0" if place == "_evidence" else HOLDS)
    assert verdict.holds is None
    assert "\n" not in str(verdict)
    failures = [record for record in caplog.records if record.exc_info]
    if place == "PROVERS":
        assert {record.levelno for record in failures} == {
            logging.DEBUG if issubclass(error, ladder.FAILURES) else logging.ERROR
        }
    if place == "refute":
        assert verdict.outcome is sg.Outcome.UNDECIDED
        assert "please report the claim" in verdict.evidence  # what failed is in the log, not on the page
        assert error.__name__ not in str(verdict)
        assert any(record.exc_info[0] is error for record in failures)


@pytest.mark.swallows_failures
def test_the_proof_of_a_claim_on_which_the_prover_fails_is_empty(monkeypatch):
    monkeypatch.setattr(ladder, "refute", failing(NameError))
    verdict, parts = ladder.proofs(sg.claim(HOLDS))
    assert (verdict.outcome, parts) == (sg.Outcome.UNDECIDED, ())


@pytest.mark.swallows_failures  # what the inner run logs is seen here as well
def test_a_swallowed_failure_fails_a_test(pytester):
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(
        """
        import pytest
        import symgrad as sg
        from symgrad.prove import ladder

        def fail(goal, decide):
            raise TypeError("by order of the test")

        def test_unmarked(monkeypatch):
            monkeypatch.setattr(ladder, "PROVERS", (fail, *ladder.PROVERS))
            assert sg.verify("sin(x)**2 + cos(x)**2 == 1").holds

        @pytest.mark.swallows_failures
        def test_marked(monkeypatch):
            monkeypatch.setattr(ladder, "PROVERS", (fail, *ladder.PROVERS))
            assert sg.verify("sin(x)**2 + cos(x)**2 == 1").holds
        """
    )
    pytester.makeini("[pytest]\nmarkers = swallows_failures: a test that means it\n")
    result = pytester.runpytest("-q")
    result.assert_outcomes(passed=2, errors=1)
    assert "TypeError('by order of the test')" in result.stdout.str()
