"""Recurrent cells and their gradients in closed form."""

from symgrad.recurrent.cell import Cell, Equation
from symgrad.recurrent.gradients import Gradients, bptt
<<<<<<< HEAD
from symgrad.recurrent.jacobians import state_jacobian
=======
from symgrad.recurrent.judge import Judgement, check_backward
>>>>>>> h5
from symgrad.recurrent.losses import Loss, binary_cross_entropy, half_squared_error, softmax_cross_entropy
from symgrad.recurrent.reading import read_cell

__all__ = [
    "Cell", "Equation", "Gradients", "bptt", "Loss", "half_squared_error", "softmax_cross_entropy",
<<<<<<< HEAD
    "binary_cross_entropy", "state_jacobian",
=======
    "binary_cross_entropy", "check_backward", "Judgement", "read_cell",
>>>>>>> h5
]  # fmt: skip
