"""The slopes of all activations compared: each as papers write it, and how large it gets."""

from sympy import Abs, Derivative

import symgrad as sg

x = sg.real("x", "pre-activation")
SHOWN = [name for name in sg.ACTIVATIONS if name not in ("silu", "selu")]  # one is another's alias, one is long


def away_from_kinks(row):
    return [f"x != {kink}" for kink in row.kinks]


def slope_claim(row):
    return sg.claim(Derivative(row.function(x), x), "==", row.slope, where=away_from_kinks(row))


def size_claim(row):
    """The supremum where it has a closed form, else a bound with six digits."""
    largest, size = row.largest_slope, Abs(row.slope)
    if not largest.is_exact:
        return sg.claim(size, "<=", largest.upper)
    extremum = sg.maximum if largest.attained else sg.supremum
    return extremum(size, x, largest.upper, where=away_from_kinks(row))


def bends(row):
    return "at " + " and ".join(map(str, row.kinks)) if row.kinks else "none"


rows = [sg.ACTIVATIONS[name] for name in SHOWN]

derivation = sg.Derivation(
    "The slopes of all activations",
    sg.prose(
        "The gradient through time is multiplied by one slope of the activation for each step. So the size of the "
        "slope decides, together with the weights, whether the gradient vanishes. {table} has the slopes as papers "
        "write them, in terms of the output where the output determines them; at a kink there is none. {sizes} says "
        "how large they get.",
        table=sg.ref("slopes"),
        sizes=sg.ref("sizes"),
    ),
    sg.table(
        "The derivatives of the activations.",
        ("activation", "slope", "kinks"),
        *((row.name, slope_claim(row), bends(row)) for row in rows),
        label="slopes",
    ),
    sg.table(
        "The largest slope in absolute value. Where it has no closed form, a bound of six digits stands for it.",
        ("activation", "largest slope", "attained"),
        *((row.name, size_claim(row), "yes" if row.largest_slope.attained else "only approached") for row in rows),
        label="sizes",
    ),
    sg.prose(
        "The sigmoid is the exception: among the activations here only the hard sigmoid is flatter. The others have "
        "slopes of 1 or a little more somewhere, and then it depends on where the units work.",
    ),
    sg.figure(
        "Slopes of some activations.",
        *(
            sg.curve(sg.ACTIVATIONS[name].slope, x, -5, 5, label=name)
            for name in ("sigmoid", "tanh", "softplus", "swish", "gelu", "softsign")
        ),
        alt="Six curves over the pre-activation. The slope of the sigmoid is a low bell of height one quarter; those "
        "of tanh and softsign are bells of height one; that of softplus rises from 0 to 1; those of swish and GELU "
        "rise a little above 1 and come back to it.",
        x_label=x,
        y_label="slope",
        label="curves",
    ),
    source="slides, 6 and 7; the sources of the activations are in the reference",
)
