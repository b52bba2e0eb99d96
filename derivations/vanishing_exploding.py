"""Vanishing and exploding gradients of a layer: what singular values, slopes and eigenvalues decide."""

from sympy import Abs, Matrix, Rational

import symgrad as sg

d, u = sg.real("d", "slope of a unit"), sg.real("u", "entry of a vector")
q = sg.real("q", "largest slope times spectral norm of the weight")
g = sg.real("g", "largest slope of the activation")
k = sg.integer("k", "number of steps back in time")

weight = Matrix([[2, -4], [1, -2]])
slopes = Matrix([[1, 0], [0, Rational(1, 4)]])
step = slopes * weight

shear = Matrix([[Rational(1, 2), 8], [0, Rational(1, 2)]])


n, m = sg.dims("n m")
h, x = sg.State("h", n, meaning="hidden state"), sg.Input("x", m, meaning="input")
W, U = sg.Parameter("W", n, n, meaning="recurrent weight"), sg.Parameter("U", n, m, meaning="input weight")
b = sg.Parameter("b", n, meaning="bias")
logistic = sg.Cell({h: sg.sigmoid(W @ h.prev + U @ x + b)}, name="A logistic layer")
over_all_steps = sg.norm(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)))

p, r = sg.State("p", meaning="state of the first unit"), sg.State("r", meaning="state of the second unit")
t = sg.TIME


def layer(matrix):
    """A linear layer of two units with this weight."""
    (a, b), (c, f) = matrix.tolist()
    return sg.bptt(sg.Cell({p: a * p.prev + b * r.prev, r: c * p.prev + f * r.prev}), p)


def over(matrix, steps, power):
    """The derivatives of both states with respect to both, so many steps back, each a line that is checked."""
    grad = layer(matrix)
    pairs = [(late, early) for late in (p, r) for early in (p, r)]
    return [grad.line(sg.state_jacobian(late, early.at(t - steps)), e) for (late, early), e in zip(pairs, power)]


derivation = sg.Derivation(
    "Vanishing and exploding: singular values, slopes, eigenvalues",
    sg.prose(
        "The gradient of a layer passes backwards through one matrix for each step: the slopes of the units on a "
        "diagonal, times the recurrent weight. The length of a vector can grow in one step by at most the largest "
        "slope times the spectral norm of the weight, the largest of its singular values."
    ),
    sg.section(
        "Sufficient to vanish",
        sg.prose("Slopes of at most {g} stretch no entry of a vector, and so no vector, by more than that:", g=g),
        sg.statement(
            sg.claim(Abs(d * u), "<=", g * Abs(u), where=[g > 0, -g <= d, d <= g]),
            label="stretch",
        ),
        sg.prose(
            "If the product {q} of slope and norm is below 1, the bound for {k} steps shrinks with each:", q=q, k=k
        ),
        sg.statement(sg.claim(q ** (k + 1), "<", q**k, where=[q > 0, q < 1, k >= 0]), label="vanish"),
        sg.prose(
            "The norm of a product of matrices is at most the product of their norms. So the derivative of the last "
            "state of a layer of logistic units, {layer}, with respect to the first one is bounded for any number of "
            "steps, whatever weights, inputs and states are:",
            layer=sg.sigmoid(W @ h.prev + U @ x + b),
        ),
        sg.statement(sg.cell_claim(logistic, over_all_steps, "<=", (sg.norm(W) / 4) ** sg.LENGTH), label="bound"),
    ),
    sg.section(
        "Necessary to explode, and not sufficient",
        sg.prose(
            "Read the other way round: for a gradient to grow, slope times norm must be above 1. That is not enough, "
            "since units in saturation have small slopes, whatever the weight is; for one unit see {one}.",
            one=sg.ref("one_weight"),
        ),
    ),
    sg.section(
        "Eigenvalues alone decide nothing",
        sg.prose(
            "The weight {W} has no eigenvalue but 0: its square is zero, so that in a linear layer every gradient is "
            "gone after two steps.",
            W=weight,
        ),
        *over(weight, 2, weight**2),
        sg.prose("The bound above is therefore false with the spectral radius in place of the norm:"),
        sg.statement(
            sg.cell_claim(logistic, over_all_steps, "<=", (sg.spectral_radius(W) / 4) ** sg.LENGTH, expect="refuted"),
            remark="A weight whose square is zero stretches vectors all the same.",
        ),
        sg.prose(
            "Now let the second unit be half asleep, with slope 1/4, and the first one awake with slope 1. The matrix "
            "of one step, {J}, is the weight with its second row smaller, and it has the eigenvalue 3/2: in each step "
            "it is reproduced, one and a half times as large.",
            J=step,
        ),
        *over(step, 2, Rational(3, 2) * step),
        sg.prose(
            "So smaller slopes made a gradient explode that would have vanished, under a weight whose spectral radius "
            "is 0. And the other way: the weight {W} has both eigenvalues at one half, and yet the first of its powers "
            "stretch a vector by 8; only then do they shrink.",
            W=shear,
        ),
        *over(shear, 2, Matrix([[Rational(1, 4), 8], [0, Rational(1, 4)]])),
        *over(shear, 4, Matrix([[Rational(1, 16), 4], [0, Rational(1, 16)]])),
    ),
    sg.section(
        "Where the spectral radius does decide",
        sg.prose(
            "In a linear layer the product of {k} steps is the {k}-th power of the weight, and its rate of growth in "
            "the long run is the spectral radius. For the shear above the powers can be written down, by induction on "
            "the number of steps:",
            k=k,
        ),
        sg.statement(
            sg.claim(
                Rational(1, 2) * (16 * k * Rational(1, 2) ** k) + 8 * Rational(1, 2) ** k,
                "==",
                16 * (k + 1) * Rational(1, 2) ** (k + 1),
                where=[k >= 1],
            ),
            label="powers",
        ),
        sg.prose("From one step to the next that entry is multiplied by a factor that soon is below 1:"),
        sg.statement(sg.claim((k + 1) / (2 * k), "<=", Rational(3, 4), where=[k >= 2]), label="soon"),
    ),
    source="slides, 3 and 12; Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks (2013)",
)
