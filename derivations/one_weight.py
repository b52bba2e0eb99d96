"""One scalar weight: when the gradient through time vanishes, and what is needed for it to grow."""

from sympy import Abs, Derivative, Eq, Rational

import symgrad as sg

w = sg.real("w", "recurrent weight")
b = sg.real("b", "bias")
h = sg.real("h", "hidden state one step earlier")
a = sg.real("a", "pre-activation")
s = sg.sigmoid(a)
step = sg.sigmoid(w * h + b)
factor = w * s * (1 - s)
MIDDLE = [Eq(h, Rational(1, 2))]


def held(weight):
    """The step of a unit whose bias holds it in the middle of its range."""
    return sg.sigmoid(weight * h - Rational(weight, 2))


derivation = sg.Derivation(
    "What happens when the weight is smaller than 1?",
    sg.prose(
        "The lecture asks what happens when the weight is smaller than 1. Take one hidden unit: the next hidden state "
        "is {step}, and the gradient that comes back through one step is multiplied by {derivative}. In {k} steps that "
        "gives a product of as many factors, one for each step.",
        step=step,
        derivative=Derivative(step, h),
        k=sg.integer("k", "number of steps back in time"),
    ),
    sg.section(
        "Without an activation",
        sg.prose(
            "In the linear cell every factor is the weight itself. Then 1 is the threshold: below it the product "
            "vanishes, at it the product stays, above it the product grows, each exponentially.",
        ),
        sg.statement(sg.claim(Derivative(w * h + b, h), "==", w), label="linear"),
    ),
    sg.section(
        "With a sigmoid: a bound for every step",
        sg.chain(
            Derivative(step, h),
            sg.equals(w * step * (1 - step), by="chain rule and the slope of the sigmoid"),
            label="factor",
        ),
        sg.statement(sg.claim(Abs(factor), "<=", Abs(w) / 4), label="bound"),
        sg.prose(
            "So the threshold is not 1 but 4. With a weight below 4 in absolute value every factor is below 1, "
            "whatever the inputs, the bias and the state are, and the product vanishes exponentially. This is "
            "sufficient:",
        ),
        sg.statement(sg.claim(Abs(factor), "<", 1, where=["w in (-4, 4)"]), label="sufficient"),
        sg.prose(
            "At weight 1, where a linear cell would keep its gradient, at least three quarters are lost each step:"
        ),
        sg.statement(sg.claim(Abs(factor), "<=", Rational(1, 4), where=["w in [-1, 1]"]), label="at-one"),
    ),
    sg.section(
        "A weight of 4 or more is necessary for growth, and not sufficient",
        sg.prose(
            "Read the other way round: if the gradient is to grow in some step, the weight must be at least 4 in "
            "absolute value. But a large weight also drives the unit into saturation, where the slope is tiny. With "
            "weight 8, no bias and a state of at least one half the pre-activation is at least 4, the next state is "
            "again at least one half, and the factor is below 1/5 from then on, for ever:",
        ),
        sg.statement(sg.claim("8*h >= 4", where=["h in [1/2, 1]"]), label="stays-large"),
        sg.statement(sg.claim("sigmoid(8*h) >= 1/2", where=["h in [1/2, 1]"]), label="stays-above"),
        sg.statement(sg.claim(8 * s * (1 - s), "<", Rational(1, 5), where=["a >= 4"]), label="saturated"),
        sg.prose(
            "With the bias that holds the unit in the middle of its range the same weight does make the gradient grow: "
            "one half is then a fixed point, and the factor there is 2.",
        ),
        sg.statement(sg.claim(held(8), "==", h, where=MIDDLE), label="middle"),
        sg.statement(sg.claim(Derivative(held(8), h), "==", 2, where=MIDDLE), label="grows"),
        sg.prose("And at weight 4, held in the middle, the gradient is kept exactly:"),
        sg.statement(sg.claim(held(4), "==", h, where=MIDDLE), label="middle-four"),
        sg.statement(sg.claim(Derivative(held(4), h), "==", 1, where=MIDDLE), label="kept"),
    ),
    sg.section(
        "The answer",
        sg.table(
            "What the size of a weight says about the gradient through time.",
            ("weight", "linear cell", "sigmoid cell"),
            ("smaller than 1", "vanishes", "vanishes, at least fourfold each step"),
            ("equal to 1", "stays", "vanishes, at least fourfold each step"),
            ("between 1 and 4", "grows", "vanishes"),
            ("equal to 4", "grows", "stays at best"),
            ("larger than 4", "grows", "grows only while the unit is held near the middle of its range"),
            label="answer",
        ),
    ),
    source="slides, 7 and 3",
)
