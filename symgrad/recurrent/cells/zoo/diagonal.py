"""Diagonal linear recurrences with complex eigenvalues."""

from __future__ import annotations

from sympy import Expr

from symgrad.recurrent.cells.zoo.rows import CellRow, Names
from symgrad.symbols import hadamard


def _diagonal(names: Names) -> dict[Expr, Expr]:
    re, im = names.state("h_re", meaning="real part of the state"), names.state("h_im", meaning="imaginary part of it")
    x, a = names.input(), names.vector("lamda_re", "real parts of the eigenvalues")
    b = names.vector("lamda_im", "imaginary parts of the eigenvalues")
    into_re = names.product(names.weight("U_re", "n", "m", "real part of the input weight"), x)
    into_im = names.product(names.weight("U_im", "n", "m", "imaginary part of the input weight"), x)
    # The real part stands last: it is what a layer above sees.
    return {
        im: hadamard(a, im.prev) + hadamard(b, re.prev) + into_im,
        re: hadamard(a, re.prev) - hadamard(b, im.prev) + into_re,
    }


ROWS = (
    CellRow(
        "diagonal",
        "Diagonal linear recurrence",
        _diagonal,
        "Orvieto, Smith, Gu, Fernando, Gulcehre, Pascanu, De, Resurrecting recurrent neural networks for long "
        "sequences (2023); Gupta, Gu, Berant, Diagonal state spaces are as effective as structured state spaces (2022)",
        "complex eigenvalues and states as pairs of reals; eigenvalues are parameters themselves, where the papers "
        "have them as exponentials, and without the factor that normalizes the input",
    ),
)
