"""The slope of the hyperbolic tangent, and its largest value."""

from sympy import Derivative

import symgrad as sg

x = sg.real("x", "pre-activation")
t = sg.tanh(x)

derivation = sg.Derivation(
    "The slope of the hyperbolic tangent",
    sg.prose("The hyperbolic tangent {t} turns a pre-activation {x} into a number between -1 and 1.", t=t, x=x),
    sg.chain(
        Derivative(t, x),
        sg.equals(1 - t**2, by="the slope in terms of the output"),
        sg.equals((1 - t) * (1 + t), by="difference of two squares"),
        sg.at_most(1, by="a square is taken away", equality_at={x: 0}),
        label="slope",
    ),
    sg.prose("By {slope} it is steepest at zero, and no steeper than the diagonal.", slope=sg.ref("slope")),
    sg.figure(
        "The hyperbolic tangent and its slope.",
        sg.curve(t, x, -4, 4),
        sg.curve(t.diff(x), x, -4, 4, label="slope"),
        alt="An S from -1 to 1, and a bell that is 1 at zero.",
        x_label=x,
        y_label="value",
    ),
    sg.erratum(
        "diff(tanh(x), x) == 1 - tanh(x)", source="an example of a slip", remark="The square has been forgotten."
    ),
)
