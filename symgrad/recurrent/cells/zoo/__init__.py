"""The zoo: published recurrent cells by name."""

from symgrad.recurrent.cells.zoo import diagonal, gru, lstm, simple
from symgrad.recurrent.cells.zoo.conversions import from_torch, gradients_to_torch, to_torch
from symgrad.recurrent.cells.zoo.rows import CellRow

CELLS = {row.name: row for family in (simple, lstm, gru, diagonal) for row in family.ROWS}

__all__ = ["CELLS", "CellRow", "from_torch", "to_torch", "gradients_to_torch"]
