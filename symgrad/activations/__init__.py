"""The activations: what each is, how steep it is, how steep it gets at most, and who says so."""

from symgrad.activations.functions import ActivationFunction, expand
from symgrad.activations.rows import ACTIVATIONS, INPUT, OUTPUT, Activation, LargestSlope, slope_from_output
from symgrad.activations.table import (
    celu,
    elu,
    gaussian,
    gelu,
    gelu_tanh,
    hard_sigmoid,
    hard_swish,
    hard_tanh,
    identity,
    leaky_relu,
    logsigmoid,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    softplus,
    softshrink,
    softsign,
    swish,
    tanhshrink,
)

__all__ = [
    "ACTIVATIONS", "Activation", "LargestSlope", "ActivationFunction", "INPUT", "OUTPUT", "expand", "slope_from_output",
    "sigmoid", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "softplus", "softsign", "swish", "mish", "gelu",
    "gelu_tanh", "hard_sigmoid", "hard_swish", "hard_tanh", "logsigmoid", "softshrink",
    "tanhshrink", "gaussian", "identity",
]  # fmt: skip
