"""The largest slope of the sigmoid is one quarter."""

from sympy import Derivative, Rational, exp

import symgrad as sg

x = sg.real("x", "pre-activation")
s = sg.sigmoid(x)
quarter = Rational(1, 4)

derivation = sg.Derivation(
    "The largest slope of the sigmoid",
    sg.prose(
        "The slope of the sigmoid is {slope}. It is at most one quarter, because what is missing to one quarter is a "
        "square. No calculus is needed, and nothing has to be assumed about {x}.",
        slope=s * (1 - s),
        x=x,
    ),
    sg.chain(
        quarter - s * (1 - s),
        sg.equals((Rational(1, 2) - s) ** 2, by="complete the square"),
        sg.at_least(0, by="a square of a real number", equality_at={x: 0}),
        label="square",
    ),
    sg.statement(sg.maximum(Derivative(s, x), x, quarter, at=0), label="maximum"),
    sg.prose(
        "The largest slope is attained at zero and nowhere else; far out the slope falls like an exponential. So every "
        "sigmoid that a gradient passes on its way back takes away at least three quarters of it.",
    ),
    sg.statement(sg.claim(s * (1 - s), "<", quarter, where=["x != 0"]), label="only-there"),
    sg.statement(sg.claim(s * (1 - s), "<", exp(-x)), label="right-tail"),
    sg.statement(sg.claim(s * (1 - s), "<", exp(x)), label="left-tail"),
    sg.statement(sg.infimum(Derivative(s, x), x, 0), label="infimum"),
    sg.figure(
        "The slope of the sigmoid, its largest value, and the exponentials that bound its tails.",
        sg.curve(s * (1 - s), x, -8, 8),
        sg.curve(quarter + 0 * x, x, -8, 8, label="one quarter"),
        sg.curve(exp(-x), x, Rational(7, 5), 8),
        sg.curve(exp(x), x, -8, -Rational(7, 5)),
        alt="A bell of height one quarter over zero, between an exponential that rises on the left and one that falls "
        "on the right.",
        x_label=x,
        y_label="slope",
        label="bell",
    ),
    source="slides, 6",
)
