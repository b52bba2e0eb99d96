"""Vectors and matrices in time: the variables of recurrent networks and the operations on them."""

from symgrad.symbols.conditions import ENTRIES, ENTRY, Mask, letters_of
from symgrad.symbols.functions import Max, Min, abs, arctan, exp, log, sin, sqrt, tanh, where
from symgrad.symbols.norms import OfMatrix, SpectralNorm, SpectralRadius, norm, spectral_radius
from symgrad.symbols.of_entries import Elementwise, OfEntries, of_entries
from symgrad.symbols.operations import (
    LogSumExp,
    SlopeAt,
    Softmax,
    concatenate,
    dot,
    elementwise,
    hadamard,
    hadamard_of,
    is_function_of,
    logsumexp,
    ones,
    outer,
    slope,
    softmax,
    summed,
    with_slopes,
    zero_like,
)
from symgrad.symbols.over_time import OrderedProduct, TimeSum
from symgrad.symbols.over_units import mean, total, variance
from symgrad.symbols.variables import (
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
    declared_shape,
    dims,
    parameters_in,
    renamed,
    shape_of,
    size_symbols,
    timed_in,
)

__all__ = [
    "dims", "State", "Input", "Intermediate", "Parameter", "Role", "Timed", "TimedMatrix", "TimedScalar",
    "ParameterMatrix", "adjoint", "at_time", "parameters_in", "timed_in", "shape_of", "declared_shape", "size_symbols",
    "renamed",
    "TIME", "LENGTH", "Elementwise", "Softmax", "LogSumExp", "TimeSum", "OrderedProduct", "ENTRY", "ENTRIES",
    "OfEntries", "of_entries", "elementwise",
    "slope", "ones", "hadamard", "hadamard_of", "is_function_of", "concatenate", "outer", "dot", "summed", "total",
    "mean", "variance", "softmax",
    "logsumexp", "tanh", "sin", "arctan", "exp", "log", "sqrt", "abs", "Max", "Min", "where",
    "Mask", "letters_of", "SlopeAt", "with_slopes", "zero_like", "norm",
    "spectral_radius", "OfMatrix", "SpectralNorm", "SpectralRadius",
]  # fmt: skip
