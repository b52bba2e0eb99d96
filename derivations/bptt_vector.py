"""Backpropagation through time of a layer of units: the backward equations of papers, and the order of the factors."""

from sympy import DiagMatrix, Symbol

import symgrad as sg

n, m = sg.dims("n m")
h = sg.State("h", n, meaning="hidden state")
x = sg.Input("x", m, meaning="input")
W = sg.Parameter("W", n, n, meaning="recurrent weight")
U = sg.Parameter("U", n, m, meaning="input weight")
b = sg.Parameter("b", n, meaning="bias")
target = sg.Input("target", n, meaning="what the last state should be")
t, T = sg.TIME, sg.LENGTH
i, k = Symbol("i", integer=True), Symbol("k", integer=True)

cell = sg.Cell({h: sg.tanh(W @ h.prev + U @ x + b)}, name="A layer of tanh units")
grad = sg.bptt(cell, sg.half_squared_error(h))
hbar, delta = (grad.adjoints[v] for v in (h, cell.preactivations[0]))
slopes = sg.ones(n) - sg.hadamard(h, h)

derivation = sg.Derivation(
    "Backpropagation through time: a layer of units",
    *grad.derivation().items,
    sg.section(
        "What goes wrong when it is copied",
        sg.prose(
            "For one unit all factors are numbers, and their order does not matter. For a layer they are matrices. "
            "These are slips that a formula for one unit easily turns into, each with numbers that show it."
        ),
        grad.slip(hbar, W @ delta.next, remark="The weight must be transposed on the way back."),
        grad.slip(delta, hbar, remark="The slopes of the activation are missing."),
        grad.slip(
            W,
            sg.TimeSum(sg.outer(delta, h), (t, 1, T)),
            remark="The weight acts on the state one step earlier.",
        ),
        grad.slip(
            W,
            sg.TimeSum(sg.outer(h.prev, delta), (t, 1, T)),
            remark="The factors stand in the wrong order: that is the transpose.",
        ),
        grad.slip(b, delta.at(T), remark="The bias acts at every step, not at the last one only."),
        grad.slip(
            sg.state_jacobian(h, h.prev),
            W @ DiagMatrix(slopes),
            remark="The slopes belong to the new state, so that they stand on the left of the weight.",
        ),
    ),
    source="slides, 9 to 11; Goodfellow, Bengio, Courville, Deep Learning (2016), section 10.2.2",
)
