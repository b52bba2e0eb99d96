"""The cells of the zoo once more, in plain torch operations, from the equations of the papers."""

import torch

sigmoid, tanh, relu = torch.sigmoid, torch.tanh, torch.relu


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
    hidden = tanh(affine(p, "", s["y"], x))
    y = sigmoid(p["V"] @ hidden + p["c"])
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
        i, o = sigmoid(affine(p, "i", s["h"], x)), sigmoid(affine(p, "o", s["h"], x))
        g = tanh(affine(p, "g", s["h"], x))
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
    g = tanh(p["W_g"] @ (r * s["h"]) + p["U_g"] @ x + p["b_g"])
    h = z * s["h"] + (1 - z) * g
    return {"h": h}, h


def gru_reset_after(p, s, x):
    r, z = sigmoid(affine(p, "r", s["h"], x)), sigmoid(affine(p, "z", s["h"], x))
    g = tanh(r * (p["W_g"] @ s["h"] + p["b_q"]) + p["U_g"] @ x + p["b_g"])
    h = (1 - z) * g + z * s["h"]
    return {"h": h}, h


def minimal_gated(p, s, x):
    f = sigmoid(affine(p, "f", s["h"], x))
    g = tanh(p["W_g"] @ (f * s["h"]) + p["U_g"] @ x + p["b_g"])
    h = (1 - f) * s["h"] + f * g
    return {"h": h}, h


def diagonal(p, s, x):
    state = torch.complex(p["lamda_re"], p["lamda_im"]) * torch.complex(s["h_re"], s["h_im"])
    state = state + torch.complex(p["U_re"] @ x, p["U_im"] @ x)
    return {"h_re": state.real, "h_im": state.imag}, state.real


STEPS = {
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


def run(step, parameters, states, inputs):
    """The outputs of all steps."""
    outputs = []
    for x in inputs:
        states, output = step(parameters, states, x)
        outputs.append(output)
    return torch.stack(outputs)
