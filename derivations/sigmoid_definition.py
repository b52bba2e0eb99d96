"""The sigmoid as a definition, and the slide's formula judged by the same list."""

from sympy import Derivative, Eq, Ne, Rational, exp

import symgrad as sg

x = sg.real("x", "pre-activation")
sigma = sg.sigmoid(x)
slide = 1 / (1 - exp(-x))

pinned_down = sg.Invariants(
    {
        "differential equation": lambda f, where: sg.claim(Derivative(f, x), "==", (1 - f) * f, where=where),
        "symmetry": lambda f, where: sg.claim(f + f.subs(x, -x), "==", 1, where=where),
        "value at zero": lambda f, where: sg.claim(f, "==", Rational(1, 2), where=[Eq(x, 0)]),
        "above 0": lambda f, where: sg.claim(f, ">", 0, where=where),
        "below 1": lambda f, where: sg.claim(f, "<", 1, where=where),
        "increasing": lambda f, where: sg.claim(Derivative(f, x), ">", 0, where=where),
        "limit to the right": lambda f, where: sg.supremum(f, x, 1, where=where),
        "limit to the left": lambda f, where: sg.infimum(f, x, 0, where=where),
        "no pole": lambda f, where: sg.claim(1 / f.rewrite(exp), "!=", 0),
    }
)

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
        pinned_down.table(
            "Properties of the sigmoid, and what becomes of them for the formula on the slide.",
            sg.Candidate("the sigmoid", sigma),
            sg.Candidate(
                "the formula on the slide",
                slide,
                where=[Ne(x, 0)],
                fails=tuple(n for n in pinned_down.properties if n not in ("differential equation", "symmetry")),
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
