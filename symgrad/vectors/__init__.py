"""Vectors and matrices in time: the variables of recurrent networks and the operations on them."""

from symgrad.vectors.norms import OfMatrix, SpectralNorm, SpectralRadius, norm, spectral_radius
from symgrad.vectors.operations import (
    ENTRY,
    Elementwise,
    LogSumExp,
    OrderedProduct,
    Softmax,
    TimeSum,
    arctan,
    concatenate,
    dot,
    elementwise,
    hadamard,
    hadamard_of,
    logsumexp,
    ones,
    outer,
    sin,
    slope,
    softmax,
    tanh,
    total,
    zero_like,
)
from symgrad.vectors.variables import (
    LENGTH,
    TIME,
    Input,
    Intermediate,
    Parameter,
    ParameterMatrix,
    Role,
    State,
    Timed,
    TimedMatrix,
    TimedScalar,
    adjoint,
    at_time,
    dims,
    parameters_in,
    renamed,
    shape_of,
    timed_in,
)

__all__ = [
    "dims", "State", "Input", "Intermediate", "Parameter", "Role", "Timed", "TimedMatrix", "TimedScalar",
    "ParameterMatrix", "adjoint", "at_time", "parameters_in", "timed_in", "shape_of", "renamed", "TIME", "LENGTH",
    "Elementwise", "Softmax", "LogSumExp", "TimeSum", "OrderedProduct", "ENTRY", "elementwise", "slope", "ones",
    "hadamard", "hadamard_of", "concatenate", "outer", "dot", "total", "softmax", "logsumexp",
    "tanh", "sin", "arctan", "zero_like", "norm", "spectral_radius", "OfMatrix", "SpectralNorm", "SpectralRadius",
]  # fmt: skip
