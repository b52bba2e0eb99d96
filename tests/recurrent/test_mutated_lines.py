"""Lines of true derivations with one thing changed: what is false is never proved, what is true never refuted."""

from collections import Counter

import pytest
from mutated_lines import Truth, problems, sample

import symgrad as sg
from symgrad.recurrent.judge.evidence import Court

QUICK = ("tanh of the zoo, last", "linear, every", "two lags unit, last", "normalised, last", "softsign unit, every")


def judged(names, seed, most, of_each):
    """How often each truth met each outcome, and the lines on which they contradict."""
    counts, wrong, truths = Counter(), [], {}
    for name, grad, equation in sample(names, seed, most, of_each):
        line = Court(grad, {}).judged(equation)
        truth = truths.setdefault(name, Truth(grad)).of(equation, line.judged_for)
        outcome = line.verdict.outcome
        counts[truth, outcome] += 1
        if (truth, outcome) in ((False, sg.Outcome.PROVED), (None, sg.Outcome.PROVED), (True, sg.Outcome.REFUTED)):
            wrong.append(f"{name}: {line}")
    return counts, wrong


def share_of_proofs(counts):
    true = sum(number for (truth, _), number in counts.items() if truth)
    return counts[True, sg.Outcome.PROVED] / true


@pytest.mark.slow
def test_changed_lines_are_judged_as_numbers_have_it():
    counts, wrong = judged(QUICK, 5, 3, 2)
    assert wrong == []
    assert share_of_proofs(counts) == 1
    assert counts[False, sg.Outcome.REFUTED] > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", problems())
def test_changed_lines_of_all_cells_are_judged_as_numbers_have_it(name):
    counts, wrong = judged([name], 11, 8, 3)
    assert wrong == []
    assert share_of_proofs(counts) >= 0.99
