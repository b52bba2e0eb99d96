"""Cells without gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Expr

from symgrad.activations import relu, sigmoid
from symgrad.recurrent.cells.zoo.rows import CellRow, Names
from symgrad.symbols import Parameter, hadamard, tanh

ELMAN = "Elman, Finding structure in time, Cognitive Science 14 (1990)"
NETWORK = "Goodfellow, Bengio, Courville, Deep Learning (2016), section 10.2"


def _network(activation: Callable[[Any], Any], names: Names) -> dict[Expr, Expr]:
    h, x = names.state(), names.input()
    return {h: activation(names.affine(h.prev, x))}


# By name, so that a row of the zoo is found again in another process.
def _sigmoid(names: Names) -> dict[Expr, Expr]:
    return _network(sigmoid, names)


def _tanh(names: Names) -> dict[Expr, Expr]:
    return _network(tanh, names)


def _relu(names: Names) -> dict[Expr, Expr]:
    return _network(relu, names)


def _linear(names: Names) -> dict[Expr, Expr]:
    h, x = names.state(), names.input()
    return {h: names.affine(h.prev, x)}


def _elman(names: Names) -> dict[Expr, Expr]:
    h, x, o = names.state(), names.input(), names.value("o", "output", "p")
    weight = names.weight("V", "p", "n", "output weight")
    bias = names.vector("c", "output bias", "p")
    return {h: tanh(names.affine(h.prev, x)), o: names.product(weight, h) + bias}


def _jordan(names: Names) -> dict[Expr, Expr]:
    y, x = names.state("y", "p", "output, which is fed back"), names.input()
    h = names.value("h", "hidden units")
    weight = names.weight("V", "p", "n", "output weight")
    bias = names.vector("c", "output bias", "p")
    return {h: tanh(names.affine(y.prev, x, width="p")), y: sigmoid(names.product(weight, h) + bias)}


def _leaky(names: Names) -> dict[Expr, Expr]:
    h, x, alpha = names.state(), names.input(), Parameter("alpha", meaning="leaking rate")
    return {h: (1 - alpha) * h.prev + alpha * tanh(names.affine(h.prev, x))}


def _residual(names: Names) -> dict[Expr, Expr]:
    h, x = names.state(), names.input()
    return {h: h.prev + tanh(names.affine(h.prev, x))}


def _independent(names: Names) -> dict[Expr, Expr]:
    h, x, w = names.state(), names.input(), names.vector("w", "recurrent weight of each unit")
    u, b = names.weight("U", "n", "m", "input weight"), names.vector("b", "bias")
    return {h: relu(hadamard(w, h.prev) + names.product(u, x) + b)}


ROWS = (
    CellRow("linear", "Linear network", _linear, NETWORK, "no activation: the state is an affine function of the last"),
    CellRow(
        "sigmoid",
        "Sigmoid network",
        _sigmoid,
        ELMAN,
        "the hidden layer alone, with a logistic sigmoid",
    ),
    CellRow("tanh", "Tanh network", _tanh, NETWORK, "the hidden layer alone; torch.nn.RNN with one bias"),
    CellRow(
        "relu",
        "ReLU network",
        _relu,
        "Le, Jaitly, Hinton, A simple way to initialize recurrent networks of rectified linear units (2015)",
        "the slope at zero is that of symgrad's relu; the initial weights of the paper are no part of it",
    ),
    CellRow("elman", "Elman network", _elman, ELMAN, "tanh in place of the logistic; linear output", ("n", "m", "p")),
    CellRow(
        "jordan",
        "Jordan network",
        _jordan,
        "Jordan, Serial order: a parallel distributed processing approach (1986)",
        "the previous output is fed back, without the decaying trace that the paper adds to it; the output is logistic",
        ("n", "m", "p"),
    ),
    CellRow(
        "leaky",
        "Leaky integrator",
        _leaky,
        "Jaeger, Lukosevicius, Popovici, Siewert, Optimization and applications of echo state networks with "
        "leaky-integrator neurons, Neural Networks 20 (2007)",
        "one rate alpha for all units, and no gain of its own: alpha also stands before the tanh",
    ),
    CellRow(
        "residual",
        "Residual network in time",
        _residual,
        "He, Zhang, Ren, Sun, Deep residual learning for image recognition (2016), section 3.1, with layers as steps",
        "the state is carried by the identity; nothing is done to it after the sum",
    ),
    CellRow(
        "independent",
        "Independently recurrent network (IndRNN)",
        _independent,
        "Li, Li, Cook, Zhu, Gao, Independently recurrent neural network (IndRNN) (2018)",
        "ReLU, as in the paper, whose W is our input weight U and whose u is our recurrent weight w",
    ),
)
