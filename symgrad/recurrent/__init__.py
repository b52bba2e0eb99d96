"""Recurrent cells and their gradients in closed form."""

from symgrad.recurrent.cell import Cell, Equation
from symgrad.recurrent.gradients import Gradients, bptt
from symgrad.recurrent.jacobians import state_jacobian
from symgrad.recurrent.losses import Loss, binary_cross_entropy, half_squared_error, softmax_cross_entropy

__all__ = [
    "Cell", "Equation", "Gradients", "bptt", "Loss", "half_squared_error", "softmax_cross_entropy",
    "binary_cross_entropy", "state_jacobian",
]  # fmt: skip
