"""Gated recurrent units, and the unit with a single gate."""

from __future__ import annotations

from sympy import Expr

from symgrad.recurrent.cells.zoo.rows import CellRow, Names
from symgrad.symbols import hadamard, tanh

CHO = (
    "Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk, Bengio, Learning phrase representations using RNN "
    "encoder-decoder for statistical machine translation (2014)"
)
CANDIDATE = "candidate"


def _gates(names: Names, h: Expr, x: Expr) -> dict[Expr, Expr]:
    r, r_is = names.gate("r", "reset gate", names.affine(h.prev, x, "r", "reset gate"))
    z, z_is = names.gate("z", "update gate", names.affine(h.prev, x, "z", "update gate"))
    return {r: r_is, z: z_is}


def _reset_before(names: Names) -> dict[Expr, Expr]:
    h, x = names.state(), names.input()
    equations = _gates(names, h, x)
    r, z = equations
    g, g_is = names.gate("g", CANDIDATE, names.affine(hadamard(r, h.prev), x, "g", CANDIDATE), tanh)
    return {**equations, g: g_is, h: hadamard(z, h.prev) + hadamard(1 - z, g)}


def _reset_after(names: Names) -> dict[Expr, Expr]:
    h, x = names.state(), names.input()
    equations = _gates(names, h, x)
    r, z = equations
    q, w = names.value("q", "what is reset"), names.weight("W_g", "n", "n", "recurrent weight of the candidate")
    u, b = names.weight("U_g", "n", "m", "input weight of the candidate"), names.vector("b_g", "bias of the candidate")
    inside = names.product(w, h.prev) + names.vector("b_q", "recurrent bias of the candidate")
    g, g_is = names.gate("g", CANDIDATE, hadamard(r, q) + names.product(u, x) + b, tanh)
    return {**equations, q: inside, g: g_is, h: hadamard(z, h.prev) + hadamard(1 - z, g)}


def _minimal(names: Names) -> dict[Expr, Expr]:
    h, x = names.state(), names.input()
    f, f_is = names.gate("f", "forget gate", names.affine(h.prev, x, "f", "forget gate"))
    g, g_is = names.gate("g", CANDIDATE, names.affine(hadamard(f, h.prev), x, "g", CANDIDATE), tanh)
    return {f: f_is, g: g_is, h: hadamard(1 - f, h.prev) + hadamard(f, g)}


ROWS = (
    CellRow(
        "gru",
        "GRU, reset before the product",
        _reset_before,
        CHO,
        "the reset gate acts on the state before the recurrent product, W (r h); z multiplies the old state, as in "
        "Cho et al., where Chung et al. (2014) multiply it by 1 - z; biases are added, which the paper leaves out",
    ),
    CellRow(
        "gru_reset_after",
        "GRU, reset after the product",
        _reset_after,
        "Chetlur et al., cuDNN: efficient primitives for deep learning (2014), and the documentation of its GRU",
        "the reset gate acts on the recurrent product and its own bias, r (W h + b), as in cuDNN, torch.nn.GRU and "
        "Keras with reset_after=True; z multiplies the old state, where Chung et al. (2014) multiply it by 1 - z",
    ),
    CellRow(
        "minimal_gated",
        "Minimal gated unit",
        _minimal,
        "Zhou, Wu, Zhang, Zhou, Minimal gated unit for recurrent neural networks (2016)",
        "one gate f that both resets and updates; 1 - f multiplies the old state",
    ),
)
