"""A phase picture: for which weights and biases the gradient vanishes, and for which it can explode, and how fast."""

import numpy as np
from sympy import tanh

import symgrad as sg

a = sg.real("a", "pre-activation")
h, w, b = sg.State("h"), sg.Parameter("w"), sg.Parameter("b")
STEPS, START, LEAST = 100, 0.3, -2
DECIMALS = 6  # of what is measured: the last digits of doubles are other ones on another processor
ACTIVATIONS = {"sigmoid": sg.sigmoid, "tanh": sg.tanh}
WEIGHTS = {"sigmoid": np.linspace(-12, 12, 41), "tanh": np.linspace(-3, 3, 41)}
BIASES = {"sigmoid": np.linspace(-10, 10, 41), "tanh": np.linspace(-2, 2, 41)}
GRID = np.linspace(-30, 30, 6001)  # of pre-activations, between which fixed points are looked for


def run_exponents(name):
    """The decimal exponent of the product of all Jacobians, per step, of states that start at one place."""
    cell = sg.Cell({h: ACTIVATIONS[name](w * h.prev + b)})
    run = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), cell, {sg.LENGTH: STEPS}, scaled=True)
    weights = np.where(WEIGHTS[name] == 0, 1e-300, WEIGHTS[name])  # at weight 0 the gradient is 0 and has no exponent
    return run(w=weights, b=BIASES[name][:, None], h0=START).log10() / STEPS


def held_exponents(name):
    """The decimal exponent of one step at the fixed point with the largest slope."""
    value, slope = (sg.compile(e)(a=GRID) for e in (ACTIVATIONS[name](a), ACTIVATIONS[name](a).diff(a)))
    found = np.empty((len(BIASES[name]), len(WEIGHTS[name])))
    for row, bias in enumerate(BIASES[name]):
        for column, weight in enumerate(WEIGHTS[name]):
            rest = weight * value + bias - GRID
            fixed = np.flatnonzero(rest[:-1] * rest[1:] <= 0)
            found[row, column] = np.log10(np.maximum(abs(weight) * slope[fixed].max(), 10.0**LEAST))
    return found


runs = {name: run_exponents(name) for name in ACTIVATIONS}
held = {name: held_exponents(name) for name in ACTIVATIONS}


def picture(name, values, caption, label):
    return sg.figure(
        caption,
        sg.field(
            WEIGHTS[name], BIASES[name], np.maximum(values, LEAST).round(DECIMALS), label="decimal exponent of a step"
        ),
        alt=f"Colours over weight and bias. The exponent is negative at {np.mean(values < 0):.0%} of the points of the "
        f"grid and positive at {np.mean(values > 0):.0%}; it is near 0 in a band at negative weights and in a wedge at "
        "positive ones.",
        x_label=w,
        y_label=b,
        label=label,
    )


derivation = sg.Derivation(
    "Where gradients vanish and where they explode",
    sg.prose(
        "A unit maps its state to the value of its activation at the weight {w} times the state plus the bias {b}. In "
        "one "
        "step its gradient is multiplied by the weight times the slope of the activation there; the pictures show "
        "the decimal exponent of that factor, down to {least}, over weights and biases.",
        w=w,
        b=b,
        least=LEAST,
    ),
    sg.section(
        "From one start",
        sg.prose(
            "Over {steps} steps from the state {start}. States run into what attracts them, and there the gradient "
            "shrinks: it grows at {growing} of the {points} points of the first grid. Doubles do not reach so far: at "
            "{below} points the whole product is below 1e-308, and the least is 1e{lowest}. Each is computed here as "
            "a mantissa and an exponent.",
            steps=STEPS,
            start=START,
            growing=int((runs["sigmoid"] > 0).sum()),
            points=runs["sigmoid"].size,
            below=int((runs["sigmoid"] * STEPS < -308).sum()),
            lowest=f"{runs['sigmoid'][:, WEIGHTS['sigmoid'] != 0].min() * STEPS:.0f}",
        ),
        picture("sigmoid", runs["sigmoid"], f"Sigmoid: exponent per step over {STEPS} steps.", "sigmoid-run"),
        picture("tanh", runs["tanh"], f"Hyperbolic tangent: exponent per step over {STEPS} steps.", "tanh-run"),
    ),
    sg.section(
        "Held where it is",
        sg.prose(
            "A state that is held at a fixed point, the one with the largest slope, is another matter: within the "
            "black "
            "lines each step multiplies its gradient by more than 1. For the sigmoid that takes a weight above 4 in "
            "size, "
            "as {one_weight} proves, and a bias that holds the state in the middle of the range.",
            one_weight=sg.ref("one_weight"),
        ),
        picture("sigmoid", held["sigmoid"], "Sigmoid: exponent of a step at a fixed point.", "sigmoid-held"),
        picture("tanh", held["tanh"], "Hyperbolic tangent: exponent of a step at a fixed point.", "tanh-held"),
        sg.prose("For the hyperbolic tangent the border is at 1, since its slope is at most 1:"),
        sg.statement(sg.claim(tanh(a).diff(a), "<=", 1), label="slope"),
    ),
    source="slides, 8",
)
