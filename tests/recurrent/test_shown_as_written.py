"""What a report shows of a line is what was written."""

import pytest

import symgrad as sg

h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
CELL = sg.Cell({h: sg.tanh(w * h.prev + x)})
LINES = [
    "dh[1] = w*(1 - h[2]**2)*hbar[2]",
    "dh[t] = w*(1 - h[t+1]**2)*hbar[t+1]",
    "dh[T] = h[T] - target[T]",
    "dh[0] = w*delta[1]",
    "dx[2] = delta[2]",
    "dx[t] = delta[t]",
    "dw = Sum(delta[t]*h[t-1], (t, 1, T))",
    "hbar[1] = w*delta[2]",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_shown_with_the_left_side_that_was_written(line):
    """``dh[1]`` came back as hbar[1], and ``dx[t]`` as dx."""
    left, _, right = line.partition(" = ")
    loss = sg.half_squared_error(h)
    for formula, outcome in ((right, sg.Outcome.PROVED), (f"2*({right})", sg.Outcome.REFUTED)):
        (found,) = sg.check_backward(CELL, loss, gradients=[f"{left} = {formula}"]).lines
        assert found.verdict.outcome is outcome
        assert str(found.equation).startswith(f"{left} = ")
        assert found.right.startswith(f"{left} = ")
        assert str(found.equation.latex)
