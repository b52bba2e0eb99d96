"""The gradients of the LSTM, its error carousel, and what the product of the forget gates leaves out."""

from sympy import DiagMatrix

import symgrad as sg

n, m = sg.dims("n m")
cell = sg.CELLS["lstm"].cell(n, m)
names = {v.name: v for v in (*cell.defined, *cell.inputs)}
c, h, f = (names[name] for name in "chf")
grad = sg.bptt(cell, sg.half_squared_error(h))
t = sg.TIME

first = sg.CELLS["lstm_1997"].cell(n, m)
(first_c,) = (s for s in first.states if s.name == "c")
first_grad = sg.bptt(first, sg.half_squared_error(next(s for s in first.states if s.name == "h")))
two_steps = sg.state_jacobian(c, c.at(t - 2))

derivation = sg.Derivation(
    "The LSTM: gradients through time",
    *grad.derivation().items,
    sg.section(
        "The constant error carousel",
        sg.prose(
            "In the first LSTM, which has no forget gate, the cell state is only added to. With the hidden state held "
            "fixed, the derivative of a cell state with respect to the one before is the identity, whatever the gates "
            "do: an error that travels along the cell state neither vanishes nor explodes."
        ),
        first_grad.line(sg.state_jacobian(first_c, first_c.prev), first_grad.jacobians[first_c, first_c]),
        sg.prose("With a forget gate it is the gate that decides, unit by unit, how much of the error is kept:"),
        grad.line(sg.state_jacobian(c, c.prev), DiagMatrix(f), label="forget"),
    ),
    sg.section(
        "What the product of the forget gates leaves out",
        sg.prose(
            "Often the derivative over several steps is said to be the product of the forget gates. That is one path "
            "of many: the cell state also acts on the next one through the hidden state and all gates. Over two steps "
            "the whole derivative is"
        ),
        grad.line(two_steps, two_steps.by_rules(grad), label="all-paths"),
        sg.prose("and the first term alone is not it:"),
        grad.slip(
            two_steps,
            DiagMatrix(sg.hadamard(f, f.prev)),
            remark="The paths through the hidden state of the step between are missing.",
        ),
    ),
    source="Hochreiter, Schmidhuber, Long short-term memory (1997); Gers, Schmidhuber, Cummins, Learning to forget "
    "(2000)",
)
