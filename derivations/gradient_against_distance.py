"""Vanishing gradients visualized: the gradient against the distance back, far below the smallest double."""

import math

from sympy import Abs, Derivative, Rational, tanh

import symgrad as sg

h = sg.real("h", "hidden state")
g = sg.real("g", "derivative of the hidden state with respect to the first one")
w = sg.real("w", "recurrent weight")
b = sg.real("b", "bias")
STEPS = 1200
HALF = Rational(1, 2)


def gradient(activation, weight, bias=0, start=HALF):
    """The derivative of the state after each step with respect to the first state, as a recurrence."""
    a = weight * h + bias
    slope = activation(a).diff(h)
    where = f"weight {weight}" + (f", bias {bias}" if bias else "")
    return sg.orbit(Abs(g), {h: activation(a), g: g * slope}, {h: start, g: 1}, STEPS, label=where)


sigmoid_orbits = [
    gradient(sg.sigmoid, 1),
    gradient(sg.sigmoid, 4),
    gradient(sg.sigmoid, 4, -2),
    gradient(sg.sigmoid, 8, -4),
]
tanh_orbits = [gradient(tanh, HALF), gradient(tanh, 1), gradient(tanh, 2), gradient(tanh, Rational(21, 20))]
step = sg.sigmoid(w * h + b)

derivation = sg.Derivation(
    "Vanishing gradients visualized",
    sg.prose(
        "One hidden unit with weight {w} and bias {b} maps the hidden state {h} to {step}. The derivative with "
        "respect to the first state obeys a recurrence of its own: in each step it is multiplied by the slope of the "
        "step.",
        w=w,
        b=b,
        h=h,
        step=step,
    ),
    sg.chain(
        Derivative(step, h),
        sg.equals(w * step * (1 - step), by="chain rule and the slope of the sigmoid"),
        label="step",
    ),
    sg.prose(
        "{sigmoid} follows the gradient over {steps} steps. It is computed in ball arithmetic, with the precision "
        "raised until every digit is certain, so it goes on where double precision has long been zero: the smallest "
        "double is about {least}. Held in the middle of its range with weight 4, the unit keeps its gradient exactly. "
        "With weight 8, the middle cannot be held: it is a fixed point that repels, and a state that starts on it "
        "stays only because the arithmetic is exact.",
        sigmoid=sg.ref("sigmoid"),
        steps=STEPS,
        least=f"{math.ulp(0.0):.0e}",
    ),
    sg.figure(
        "Sigmoid: gradient against distance back.",
        *sigmoid_orbits,
        alt="Straight lines on an axis of powers of ten: for weight 1 the gradient falls below 1e-700 in 1200 steps; "
        "for weight 4 it falls faster; with weight 4 and bias -2 it stays at 1; with weight 8 and bias -4 it grows "
        "beyond 1e300.",
        x_label="steps back in time",
        y_label="gradient",
        log10=True,
        label="sigmoid",
    ),
    sg.figure(
        "The hyperbolic tangent: gradient against distance back. At weight 1 it falls like a power, not exponentially.",
        *tanh_orbits,
        alt="For weight one half the gradient falls exponentially to 1e-360; for weight 2 even faster, because the "
        "unit saturates; for weight 1 it hardly falls on this scale.",
        x_label="steps back in time",
        y_label="gradient",
        log10=True,
        label="tanh",
    ),
    sg.prose(
        "What the figures show can be said exactly. Where the slope is at most one quarter, weights below 4 make the "
        "gradient vanish; the rate at the fixed point of weight 1 is smaller than the bound, as {rate} "
        "shows; and a large weight alone makes nothing grow, as {weight} shows.",
        rate=sg.ref("fixed_point_rate"),
        weight=sg.ref("one_weight"),
    ),
    source="slides, 8",
)
