"""Crosschecks see what is wrong, and say where they could not have."""

from dataclasses import replace

import numpy as np
import pytest
from cells_in_numbers import run_and_point

import symgrad as sg
from symgrad.compute.checks.crosscheck import crosscheck


class Spoilt(sg.Run):
    """A run of which one gradient is wrong."""

    def __call__(self, **given):
        output = super().__call__(**given)
        name, change = self.spoilt
        return replace(output, gradients={**output.gradients, name: change(output.gradients[name])})


def spoilt(run, name, change):
    made = Spoilt(run.gradients, run.backend, run.sizes, run.digits, run.scaled)
    object.__setattr__(made, "spoilt", (name, change))
    return made


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", ["linear", "tanh", "relu", "elman", "leaky", "lstm", "gru", "diagonal"])
@pytest.mark.parametrize("at", ["last", "every"])
def test_gradients_that_are_right_are_supported(name, at):
    run, point = run_and_point(name, at)
    check = crosscheck(run, point, entries=2)
    assert check.verdict.outcome is sg.Outcome.SUPPORTED, str(check)
    assert all(row.verdict.outcome is not sg.Outcome.REFUTED for row in check)
    methods = {e.method for row in check for e in row.estimates}
    assert {"balls", "central difference"} <= methods
    assert "complex step" in methods


def test_forward_mode_is_one_of_the_witnesses():
    run, point = run_and_point("tanh")
    check = crosscheck(run, point, entries=4)
    rows = [row for row in check if row.argument == "W"]
    assert len(rows) == 4
    assert all("forward mode" in {e.method for e in row.estimates} for row in rows)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("W", lambda a: a.T),
        ("W", lambda a: 1.001 * a),
        ("U", lambda a: -a),
        ("b", lambda a: a / 4),
        ("x", lambda a: np.roll(a, 1, axis=0)),
        ("h0", lambda a: 0 * a),
    ],
)
def test_gradients_that_are_wrong_are_refuted(name, change):
    run, point = run_and_point("tanh")
    check = crosscheck(spoilt(run, name, change), point)
    assert check.verdict.outcome is sg.Outcome.REFUTED
    assert {row.argument for row in check if row.verdict.outcome is sg.Outcome.REFUTED} == {name}


@pytest.mark.parametrize(
    ("steps", "factors"), [(22, (0.0, -1.0, 1e6, 1.001)), pytest.param(3030, (0.0,), marks=pytest.mark.slow)]
)
def test_zero_never_passes_for_a_gradient_that_vanished(steps, factors):
    """1e-13 and 1e-1824 are not 0, whatever a difference of doubles says."""
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: steps}, scaled=True)
    point = {"w": 1.0, "h0": 0.0}
    if steps < 100:
        assert crosscheck(run, point).verdict.outcome is sg.Outcome.SUPPORTED
    for factor in factors:
        wrong = crosscheck(spoilt(run, "h0", lambda a, factor=factor: a * factor), point)
        assert wrong.verdict.outcome is sg.Outcome.REFUTED


def test_doubles_that_underflowed_are_refuted():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 1000})
    check = crosscheck(run, {"w": 1.0, "h0": 0.0})
    assert {row.name for row in check if row.verdict.outcome is sg.Outcome.REFUTED} == {"h0"}


def test_a_gradient_of_zero_is_uninformative():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.relu(w * h.prev)}), h).compile({sg.LENGTH: 5})
    check = crosscheck(run, {"w": 1.0, "h0": -1.0})
    assert check.verdict.outcome is sg.Outcome.UNINFORMATIVE


def test_at_a_kink_no_difference_refutes():
    """The loss has a slope of 1 ahead and one of 0 behind; half of both is no witness against either."""
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.relu(w * h.prev)}), h).compile({sg.LENGTH: 3})
    check = crosscheck(run, {"w": 1.0, "h0": 0.0})
    assert check.verdict.outcome is sg.Outcome.UNINFORMATIVE, str(check)
    assert "2 of which could not have been found wrong" in str(check)


def test_the_worst_row_is_told():
    run, point = run_and_point("tanh")
    check = crosscheck(spoilt(run, "U", lambda a: 1.5 * a), point)
    assert check.worst.argument == "U"
    assert check.worst.relative == pytest.approx(0.5)


def test_rows_name_their_step_and_print():
    run, point = run_and_point("tanh", length=3)
    check = crosscheck(run, point, entries=2)
    names = [row.name for row in check if row.argument == "x"]
    assert names == ["x[1, 0]", "x[3, 1]"]
    assert "entries compared" in str(check)
    assert "balls" in str(check)


def test_what_is_no_run_is_refused():
    with pytest.raises(sg.CellError, match="crosscheck takes what compile gives; got int"):
        crosscheck(3, {})
