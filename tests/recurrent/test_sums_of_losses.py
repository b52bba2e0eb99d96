"""Losses are added and weighted, those of scalars and those of vectors alike."""

import numpy as np
import pytest

import symgrad as sg

n = sg.dims("n")[0]
h, s, lam = sg.State("h", n), sg.State("s"), sg.Parameter("lam")
W, w = sg.Parameter("W", n, n), sg.Parameter("w")
cell = sg.Cell({h: sg.tanh(W @ h.prev), s: sg.tanh(w * s.prev)})
first = sg.half_squared_error(h, sg.Input("y", n))
second = sg.half_squared_error(s, sg.Input("z"))
third = sg.softmax_cross_entropy(h, sg.Input("p", n))
POINT = {
    "W": [[0.5, -0.3], [0.2, 0.7]], "w": 0.4, "lam": 0.25, "h0": [0.6, -0.1], "s0": 0.9,
    "y": [[0.1, 0.2]] * 3, "z": [0.3] * 3, "p": [[0.25, 0.75]] * 3,
}  # fmt: skip
SUMS = {
    "a vector and a scalar": (first + lam * second, lambda a, b, c: a + 0.25 * b),
    "a scalar and a vector": (lam * second - first / 2, lambda a, b, c: 0.25 * b - a / 2),
    "two of a vector": (first + third, lambda a, b, c: a + c),
    "all": (sum([first, second, third]) * 3, lambda a, b, c: 3 * (a + b + c)),
    "an expression": (-first + second.term, lambda a, b, c: b - a),
}


def run(loss):
    grad = sg.bptt(cell, loss, at="every")
    return grad.compile()(**{name: POINT[name] for name in map(grad.name_of, grad.arguments)})


@pytest.mark.parametrize("name", SUMS)
def test_the_loss_and_the_gradients_of_a_sum_are_those_of_its_terms(name):
    loss, expected = SUMS[name]
    parts = [run(first), run(second), run(third)]
    found = run(loss)
    assert np.isclose(found.loss, expected(*(part.loss for part in parts)))
    for argument in ("W", "w", "h0", "s0"):
        assert np.allclose(found.gradients[argument], expected(*(part.gradients[argument] for part in parts)))


def test_its_document_is_proved():
    derivation = sg.bptt(cell, first + lam * second, at="every").derivation()
    assert {sg.verify(claim).outcome for claim in derivation.claims} == {sg.Outcome.PROVED}


@pytest.mark.parametrize("wrong", [lambda: first**2, lambda: 1 / first, lambda: first @ second, lambda: 2**first])
def test_other_operations_say_what_there_is(wrong):
    with pytest.raises(sg.CellError, match=r"losses are added, and multiplied with scalars, as in first"):
        wrong()


def test_what_is_no_scalar_is_refused():
    with pytest.raises(sg.CellError, match="must be a scalar"):
        first + h
    with pytest.raises(sg.CellError, match=r"a loss is multiplied with scalars; got h\[t\]"):
        first * h
