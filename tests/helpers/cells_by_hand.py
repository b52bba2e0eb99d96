"""The cells of the zoo once more, from the equations of the papers, in whatever numbers the operations work on.

Nothing here reads what symgrad has: it is what symgrad is compared with, by PyTorch, by JAX and by mpmath.
"""

from types import SimpleNamespace


def steps(operations: SimpleNamespace) -> dict:
    """A function of parameters, states and input by name of the cell, which gives the new states and the output.

    Operations are sigmoid, tanh and relu of each entry, and as_complex, real and imaginary.
    """
    sigmoid, tanh, relu = operations.sigmoid, operations.tanh, operations.relu
    as_complex, real, imaginary = operations.as_complex, operations.real, operations.imaginary

    def affine(p, gate, state, x):
        below = f"_{gate}" if gate else ""
        return p[f"W{below}"] @ state + p[f"U{below}"] @ x + p[f"b{below}"]

    def simple(activation):
        def step(p, s, x):
            h = activation(affine(p, "", s["h"], x))
            return {"h": h}, h

        return step

    def elman(p, s, x):
        h = tanh(affine(p, "", s["h"], x))
        return {"h": h}, p["V"] @ h + p["c"]

    def jordan(p, s, x):
        y = sigmoid(p["V"] @ tanh(affine(p, "", s["y"], x)) + p["c"])
        return {"y": y}, y

    def leaky(p, s, x):
        h = s["h"] + p["alpha"] * (tanh(affine(p, "", s["h"], x)) - s["h"])
        return {"h": h}, h

    def residual(p, s, x):
        h = s["h"] + tanh(affine(p, "", s["h"], x))
        return {"h": h}, h

    def independent(p, s, x):
        h = relu(p["w"] * s["h"] + p["U"] @ x + p["b"])
        return {"h": h}, h

    def lstm(forget):
        def step(p, s, x):
            i, o, g = (gate(affine(p, letter, s["h"], x)) for letter, gate in zip("iog", (sigmoid, sigmoid, tanh)))
            c = forget(p, s, x, i) * s["c"] + i * g
            h = o * tanh(c)
            return {"c": c, "h": h}, h

        return step

    def peephole(p, s, x):
        i = sigmoid(affine(p, "i", s["h"], x) + p["p_i"] * s["c"])
        f = sigmoid(affine(p, "f", s["h"], x) + p["p_f"] * s["c"])
        c = f * s["c"] + i * tanh(affine(p, "g", s["h"], x))
        h = sigmoid(affine(p, "o", s["h"], x) + p["p_o"] * c) * tanh(c)
        return {"c": c, "h": h}, h

    def gru(p, s, x):
        r, z = sigmoid(affine(p, "r", s["h"], x)), sigmoid(affine(p, "z", s["h"], x))
        h = z * s["h"] + (1 - z) * tanh(p["W_g"] @ (r * s["h"]) + p["U_g"] @ x + p["b_g"])
        return {"h": h}, h

    def gru_reset_after(p, s, x):
        r, z = sigmoid(affine(p, "r", s["h"], x)), sigmoid(affine(p, "z", s["h"], x))
        h = z * s["h"] + (1 - z) * tanh(r * (p["W_g"] @ s["h"] + p["b_q"]) + p["U_g"] @ x + p["b_g"])
        return {"h": h}, h

    def minimal_gated(p, s, x):
        f = sigmoid(affine(p, "f", s["h"], x))
        h = (1 - f) * s["h"] + f * tanh(p["W_g"] @ (f * s["h"]) + p["U_g"] @ x + p["b_g"])
        return {"h": h}, h

    def diagonal(p, s, x):
        eigenvalue, into = as_complex(p["lamda_re"], p["lamda_im"]), as_complex(p["U_re"] @ x, p["U_im"] @ x)
        h = eigenvalue * as_complex(s["h_re"], s["h_im"]) + into
        return {"h_re": real(h), "h_im": imaginary(h)}, real(h)

    return {
        "linear": simple(lambda a: a),
        "sigmoid": simple(sigmoid),
        "tanh": simple(tanh),
        "relu": simple(relu),
        "elman": elman,
        "jordan": jordan,
        "leaky": leaky,
        "residual": residual,
        "independent": independent,
        "lstm_1997": lstm(lambda p, s, x, i: 1),
        "lstm": lstm(lambda p, s, x, i: sigmoid(affine(p, "f", s["h"], x))),
        "lstm_coupled": lstm(lambda p, s, x, i: 1 - i),
        "lstm_peephole": peephole,
        "gru": gru,
        "gru_reset_after": gru_reset_after,
        "minimal_gated": minimal_gated,
        "diagonal": diagonal,
    }


def outputs(step, p):
    """The outputs of all steps; parameters, inputs x and initial states are in p."""
    states, found = {name.removesuffix("0"): value for name, value in p.items() if name.endswith("0")}, []
    for x in p["x"]:
        states, output = step(p, states, x)
        found.append(output)
    return found


def total(losses, at):
    """The loss of a run from those of its steps."""
    return losses[-1] if at == "last" else sum(losses) if at == "every" else sum(losses) / len(losses)
