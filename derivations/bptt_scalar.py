"""Backpropagation through time of one unit, in all its forms, with the index errors of the slides."""

from flint import arb
from sympy import Integer, Product, Rational, Sum, Symbol

import symgrad as sg

h = sg.State("h", meaning="hidden state")
x = sg.Input("x", meaning="input")
w = sg.Parameter("w", meaning="recurrent weight")
u = sg.Parameter("u", meaning="input weight")
b = sg.Parameter("b", meaning="bias")
T, t = sg.LENGTH, sg.TIME
k, i, j = (Symbol(name, integer=True) for name in "kij")

cell = sg.Cell({h: sg.sigmoid(w * h.prev + u * x + b)}, name="One sigmoid unit")
grad = sg.bptt(cell, sg.half_squared_error(h), at="every")
target = sg.Input("target", meaning="what the state should be")

jacobian = w * h * (1 - h)
immediate = h * (1 - h) * h.prev
error = h - target


def factor(first):
    """The product of the slopes of the steps from `first` to t."""
    return Product(jacobian.subs(t, i), (i, first, t))


def double_sum(last, product, end):
    """The sum of the lecture, with the immediate derivative, for an end of the inner sum and a product."""
    return Sum(Sum(error * product * last.subs(t, k), (k, 1, end)), (t, 1, T))


total = Sum(Product(jacobian.subs(t, i), (i, j + 1, k)) * immediate.subs(t, j), (j, 1, k))
last_only = sg.bptt(cell, h)
SLIDES = "slides, 10"


def example(first):
    """dh_T/dw after 10 steps of h_t = sigma(2 h_{t-1} + sin t - 1) from 1/2, with the product from `first` on."""
    formula = Sum((factor(first) * immediate.subs(t, k)).subs(t, T), (k, 1, T))
    inputs = [arb(step).sin() for step in range(1, 11)]
    value = last_only.value_of(formula, {"w": 2, "u": 1, "b": -1, "x": inputs, "h0": Rational(1, 2)})
    return value.str(5, radius=False)


derivation = sg.Derivation(
    "Backpropagation through time: one unit",
    *grad.derivation().items,
    sg.section(
        "What the slides say",
        sg.prose(
            "The lecture writes the gradient as a sum over pairs of steps, {whole}, with the product of the slopes of "
            "the steps between. Three slips are in it; in a short sequence they can be hard to see.",
            whole=sg.ref("double-sum"),
        ),
        grad.line("w", double_sum(immediate, factor(k + 1), t), label="double-sum"),
        sg.prose(
            "The product of the slopes leads from step {k} to step {t}, so that it starts at {s}:", k=k, t=t, s=k + 1
        ),
        grad.line(sg.state_jacobian(h, h.at(k)), factor(k + 1)),
        grad.slip(
            sg.state_jacobian(h, h.at(k)),
            factor(1),
            source="slides, 11",
            remark="Started at 1, the product holds the slopes of all steps before as well; where they are below 1 it "
            "feigns a gradient that vanishes.",
        ),
        grad.slip(
            sg.state_jacobian(h, h.at(k)),
            factor(k),
            source="slides, 11, read with one step less",
            remark="Started at k, it still holds one slope too many: that of the step that leads to the state itself.",
        ),
        grad.slip(
            "w",
            double_sum(immediate, factor(k + 1), T),
            source=SLIDES,
            remark="The sum over k must end at t: a later state does not act on an earlier loss, but the empty product "
            "that stands there is 1.",
        ),
        grad.slip(
            "w",
            Sum(Sum(error * factor(k + 1) * total, (k, 1, t)), (t, 1, T)),
            source=SLIDES,
            remark="The last factor must be the immediate derivative, in which the state before is held fixed. With "
            "the whole derivative of the state, which is the sum in brackets, every path is counted again at each "
            "step that it passes.",
        ),
    ),
    sg.section(
        "How much the start of the product matters",
        sg.prose(
            "In ten steps with weight 2, input weight 1 and bias -1, from the state one half, with the input sin t at "
            "step t, the derivative of the last state with respect to the weight comes out like this:"
        ),
        sg.table(
            "The same sum with three products.",
            ("product from", "derivative"),
            (k + 1, example(k + 1)),
            (k, example(k)),
            (Integer(1), example(1)),
            label="starts",
        ),
    ),
    sg.section(
        "Written out",
        sg.prose(
            "For the loss that is the last state itself, the derivatives with respect to the weight for 1, 2 and 3 "
            "steps are these; each holds the one before."
        ),
        *(sg.given((Symbol(f"D_{steps}", real=True), last_only.unroll(steps).closed[w])) for steps in (1, 2, 3)),
    ),
    source="slides, 9 to 11",
)
