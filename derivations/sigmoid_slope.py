"""The slope of the sigmoid in terms of its output."""

from sympy import Derivative, exp

import symgrad as sg

x = sg.real("x", "pre-activation")
sigma = sg.sigmoid(x)
slide = 1 / (1 - exp(-x))

derivation = sg.Derivation(
    "The slope of the sigmoid",
    sg.prose(
        "The slope of the sigmoid {sigma} can be written in terms of its output alone. That is why the backward pass "
        "of a network with sigmoids needs no exponential: the forward pass has computed all of them.",
        sigma=sigma,
    ),
    sg.chain(
        Derivative(sigma, x),
        sg.equals(Derivative(1 / (1 + exp(-x)), x), by="definition"),
        sg.equals(exp(-x) / (1 + exp(-x)) ** 2, by="quotient rule and chain rule"),
        sg.equals(1 / (1 + exp(-x)) * (1 - 1 / (1 + exp(-x))), by="split the fraction"),
        sg.equals((1 - sigma) * sigma, by="write the output again"),
        label="slope",
    ),
    sg.prose(
        "The slope is positive everywhere and the same at {x} and at its negative. So the sigmoid has its largest "
        "slope in the middle, and how large that is decides how fast gradients vanish.",
        x=x,
    ),
    sg.statement(sg.claim(Derivative(sigma, x), ">", 0), label="positive"),
    sg.statement(sg.claim((1 - sigma) * sigma, "==", (1 - sigma.subs(x, -x)) * sigma.subs(x, -x)), label="symmetric"),
    sg.prose(
        "A warning for those who check formulas: the formula on slide 4, {slide}, satisfies the same differential "
        "equation wherever it has a value. The equation alone proves nothing about the function.",
        slide=slide,
    ),
    sg.statement(
        sg.claim(Derivative(slide, x), "==", (1 - slide) * slide, where=["x != 0"]),
        remark="True, and yet the function is not the sigmoid.",
        label="not-enough",
    ),
    sg.section(
        "Two slips that are often made",
        sg.erratum("diff(sigmoid(x), x) == 1 - sigmoid(x)", source="a forgotten factor"),
        sg.erratum(
            "diff(sigmoid(x), x) == x*(1 - x)",
            source="the output written as if it were the input",
            remark="The slope is this polynomial of the output, not of the pre-activation.",
        ),
    ),
    source="slides, 5",
)
