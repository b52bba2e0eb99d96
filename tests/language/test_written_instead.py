"""What is refused in the text of a cell comes with a form that is read and computed."""

import numpy as np
import pytest
import sympy

import symgrad as sg

# What is refused, with the form that its message gives in its place.
OTHER_FORMS = {
    "u/norm(v)": "u/sqrt(trace(dot(v, v)))",
    "dot(u, v) + h[t-1]": "trace(dot(u, v)) + h[t-1]",
    "hadamard(u, dot(v, v)**(-1))": "hadamard(u, trace(dot(v, v)**(-1)))",
}
# What was refused before, with another way to write it.
OTHER_WAYS = {
    "Max(u, h[t-1] - v)": "u + relu((h[t-1] - v) - u)",
    "Min(u, v)": "u - relu(u - v)",
    "u/dot(v, v)": "u/trace(dot(v, v))",
    "u/(1 + dot(v, v))": "u/trace(1 + dot(v, v))",
    "h[t-1]/sqrt(dot(v, v))": "h[t-1]/trace(sqrt(dot(v, v)))",
    "u/v": "hadamard(u, (v)**(-1))",
}
SHAPES = {"h": 2, "u": 2, "v": 2}
POINT = {"h0": [0.5, 1.5], "u": [1.0, 2.0], "v": [3.0, -1.0], "target": [[0.0, 0.0]]}


def loss_of(text):
    cell = sg.read_cell(f"h[t] = {text}", {name: size for name, size in SHAPES.items() if name in text or name == "h"})
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0] if cell.states else cell.intermediates[0]))
    names = {grad.name_of(a) for a in grad.arguments}
    return grad.compile({sg.LENGTH: 1})(**{k: np.array(a) for k, a in POINT.items() if k in names}).loss


@pytest.mark.parametrize("text", OTHER_WAYS)
def test_both_ways_to_write_it_compute_the_same(text):
    assert loss_of(text) == pytest.approx(loss_of(OTHER_WAYS[text]), rel=1e-14)


@pytest.mark.parametrize("text", OTHER_FORMS)
def test_the_form_that_a_message_gives_is_read_and_computed(text):
    used = {name: size for name, size in SHAPES.items() if name in text or name == "h"}
    with pytest.raises(sg.ParseError) as caught:
        sg.read_cell(f"h[t] = {text}", used)
    message, form = str(caught.value), OTHER_FORMS[text]
    written = message.rpartition("write ")[2]
    assert all(part in form for part in written.split("…")), message
    assert np.isfinite(loss_of(form))


def test_a_loss_is_no_expression_and_says_what_is():
    h = sg.State("h", 2)
    loss = sg.half_squared_error(h)
    for make in (lambda: loss**2, lambda: 1 / loss, lambda: 2**loss):
        with pytest.raises(sg.CellError, match=r"losses are added, .* its formula is loss\.term"):
            make()
    W, x = sg.Parameter("W", 2, 2), sg.Input("x", 2)
    cell = sg.Cell({h: sg.tanh(W @ h.prev + x)})
    assert sg.bptt(cell, sympy.Trace(loss.term) ** 2).loss.term == sympy.Trace(loss.term) ** 2
