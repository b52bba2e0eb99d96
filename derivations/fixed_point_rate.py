"""The rate at which the gradient really vanishes: 0.2247 a step for weight 1 without bias, not 0.25."""

from sympy import Mul, Pow, Rational

import symgrad as sg

h = sg.real("h", "hidden state")
f = sg.sigmoid(h)
LOW, HIGH = Rational("0.65904606"), Rational("0.65904607")
FACTOR = Rational("0.2247044")  # above the factor at the fixed point
BETWEEN = [f"h in [{LOW}, {HIGH}]"]


def hundredth(factor):
    """The hundredth power, as it is written."""
    return Pow(factor, 100, evaluate=False)


derivation = sg.Derivation(
    "The rate at the fixed point",
    sg.prose(
        "One quarter for each step is a bound. The rate that a cell reaches is smaller, because the bound is attained "
        "only where the pre-activation is zero. Take weight 1 and no bias: each hidden state is the sigmoid of the one "
        "before, and the states tend to the point that the sigmoid leaves where it is.",
    ),
    sg.section(
        "Where the fixed point is",
        sg.prose(
            "Below a certain interval the sigmoid lies above the diagonal, and above that interval it lies below:"
        ),
        sg.statement(sg.claim(f, ">", h, where=[f"h in [0, {LOW}]"]), label="above-diagonal"),
        sg.statement(sg.claim(f, "<", h, where=[f"h in [{HIGH}, 1]"]), label="below-diagonal"),
        sg.prose(
            "So there is a fixed point between {low} and {high}. It is the only one, because the slope of the "
            "difference is negative, and every orbit tends to it, because the slope of the sigmoid is at most one "
            "quarter:",
            low=LOW,
            high=HIGH,
        ),
        sg.statement(sg.claim(f * (1 - f) - 1, "<", 0), label="only-one"),
    ),
    sg.section(
        "The factor there",
        sg.prose(
            "At a fixed point the output is the state itself, and so the factor of one step is a polynomial of it:"
        ),
        sg.statement(sg.claim(h * (1 - h), ">", Rational("0.224704346"), where=BETWEEN), label="rate-low"),
        sg.statement(sg.claim(h * (1 - h), "<", Rational("0.224704352"), where=BETWEEN), label="rate-high"),
        sg.erratum(
            "h*(1 - h) == 0.25",
            source="taking the bound for the rate",
            remark="In a hundred steps the difference is a factor of more than forty thousand.",
            where=BETWEEN,
        ),
        sg.statement(
            sg.claim(
                Pow(Rational(1, 4), 100, evaluate=False),
                ">",
                Mul(40000, Pow(FACTOR, 100, evaluate=False), evaluate=False),
            ),
            label="in-a-hundred-steps",
        ),
    ),
    sg.figure(
        "Gradient of the state after some steps with respect to the first state, for weight 1 without bias, and the "
        "bound.",
        sg.orbit(
            sg.real("g"),
            {h: f, sg.real("g"): sg.real("g") * f * (1 - f)},
            {h: Rational(1, 2), sg.real("g"): 1},
            400,
            label="the gradient",
        ),
        sg.orbit(sg.real("g"), {sg.real("g"): sg.real("g") / 4}, {sg.real("g"): 1}, 400, label="one quarter each step"),
        alt="Two straight lines on a logarithmic axis; the gradient falls faster than the bound.",
        x_label="steps back in time",
        y_label="gradient",
        log10=True,
        label="orbit",
    ),
    source="slides, 7 and 3, and what they leave out",
)
