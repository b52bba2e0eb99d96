"""Recurrent cells and their gradients in closed form."""

from symgrad.recurrent.cells.cell import Cell, Equation
from symgrad.recurrent.cells.compose import bidirectional, output_of, stacked, with_output, with_residual
from symgrad.recurrent.cells.losses import Loss, binary_cross_entropy, half_squared_error, softmax_cross_entropy
from symgrad.recurrent.cells.zoo import CELLS, CellRow, from_torch, gradients_to_torch, to_torch
from symgrad.recurrent.forms.state_jacobians import state_jacobian
from symgrad.recurrent.judge.judge import Judgement, check_backward
from symgrad.recurrent.judge.norm_claims import cell_claim
from symgrad.recurrent.text.from_text import read_cell

__all__ = [
    "Cell", "Equation", "Loss", "half_squared_error", "softmax_cross_entropy", "binary_cross_entropy",
    "state_jacobian", "check_backward", "Judgement", "cell_claim", "read_cell", "CELLS", "CellRow", "stacked",
    "bidirectional", "with_output", "with_residual", "output_of", "from_torch", "to_torch", "gradients_to_torch",
]  # fmt: skip
