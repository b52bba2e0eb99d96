"""The sigmoid as a definition, and the slide's formula judged by the same list."""

from sympy import Derivative, Eq, Ne, Rational, exp

import symgrad as sg

x = sg.real("x", "pre-activation")
sigma = sg.sigmoid(x)
slide = 1 / (1 - exp(-x))
half = Rational(1, 2)
not_zero = [Ne(x, 0)]

derivation = sg.Derivation(
    "The sigmoid as a definition",
    sg.prose(
        "The sigmoid {sigma} turns a pre-activation {x}, any real number, into a number between 0 and 1. The lecture "
        "writes {slide} for it, with a minus sign where a plus belongs. Such a slip is easy to overlook, because the "
        "formula on the slide passes the check that comes to mind first: it satisfies the same differential equation "
        "as the sigmoid. What pins a function down is more than one property.",
        sigma=sigma,
        x=x,
        slide=slide,
    ),
    sg.chain(
        sigma,
        sg.equals(1 / (1 + exp(-x)), by="definition"),
        sg.equals(exp(x) / (1 + exp(x)), by="multiply numerator and denominator by the exponential"),
        sg.equals((1 + sg.tanh(x / 2)) / 2, by="definition of the hyperbolic tangent"),
        label="definition",
    ),
    sg.erratum(
        "1/(1 - exp(-x)) == sigmoid(x)",
        source="slides, 4",
        remark="At zero the formula of the slide has a pole; elsewhere it takes values outside of the interval from 0 "
        "to 1.",
        label="slide",
    ),
    sg.section(
        "One list for both",
        sg.prose(
            "Each row of {table} is a property of the sigmoid. Two of them hold for the formula on the slide as well, "
            "and those are the two that are usually checked: the differential equation and the symmetry. Value at "
            "zero, range, growth and the missing pole tell the two functions apart.",
            table=sg.ref("list"),
        ),
        sg.table(
            "Properties of the sigmoid, and what becomes of them for the formula on the slide.",
            ("property", "the sigmoid", "the formula on the slide"),
            (
                "differential equation",
                sg.claim(Derivative(sigma, x), "==", (1 - sigma) * sigma),
                sg.claim(Derivative(slide, x), "==", (1 - slide) * slide, where=not_zero),
            ),
            (
                "symmetry",
                sg.claim(sigma + sigma.subs(x, -x), "==", 1),
                sg.claim(slide + slide.subs(x, -x), "==", 1, where=not_zero),
            ),
            (
                "value at zero",
                sg.claim(sigma, "==", half, where=[Eq(x, 0)]),
                sg.claim(slide, "==", half, where=[Eq(x, 0)], expect="refuted"),
            ),
            (
                "above 0",
                sg.claim(sigma, ">", 0),
                sg.claim(slide, ">", 0, where=not_zero, expect="refuted"),
            ),
            (
                "below 1",
                sg.claim(sigma, "<", 1),
                sg.claim(slide, "<", 1, where=not_zero, expect="refuted"),
            ),
            (
                "increasing",
                sg.claim(Derivative(sigma, x), ">", 0),
                sg.claim(Derivative(slide, x), ">", 0, where=not_zero, expect="refuted"),
            ),
            (
                "limit to the right",
                sg.supremum(sigma, x, 1),
                sg.supremum(slide, x, 1, where=not_zero, expect="refuted"),
            ),
            (
                "limit to the left",
                sg.infimum(sigma, x, 0),
                sg.infimum(slide, x, 0, where=not_zero, expect="refuted"),
            ),
            (
                "no pole",
                sg.claim(1 + exp(-x), "!=", 0),
                sg.claim(1 - exp(-x), "!=", 0, expect="refuted"),
            ),
            label="list",
        ),
        sg.prose(
            "The sigmoid is increasing, so its least upper bound 1 is its limit to the right and its greatest lower "
            "bound 0 its limit to the left. Neither is ever attained.",
        ),
        sg.figure(
            "The sigmoid and the formula on the slide. They differ everywhere, and most at zero.",
            sg.curve(sigma, x, -6, 6),
            sg.curve(slide, x, Rational(1, 4), 6, label="the slide, to the right of its pole"),
            sg.curve(slide, x, -6, -Rational(1, 4), label="the slide, to the left of its pole"),
            alt="The sigmoid rises from 0 to 1 in the shape of an S; the formula of the slide has a pole at zero, lies "
            "above 1 to the right of it and below 0 to the left.",
            x_label=x,
            y_label="value",
            label="both",
        ),
    ),
    source="slides, 4",
)
