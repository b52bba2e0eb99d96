"""Whether a claim speaks of norms: who makes other claims need not load more than this."""

from __future__ import annotations

import re

import sympy

from symgrad.symbols import OfMatrix

CALLED = re.compile(r"\b(?:norm|spectral_radius)\s*\(")
OF_MATRICES = re.compile(r"@|\.T\b|\b(?:outer|dot|diag|ones|zeros|eye|concatenate|blocks|hadamard|trace)\s*\(")
DECLARED = re.compile(
    r"\s*(?P<names>\w+(?:\s*,\s*\w+)*)\s+(?:real\s+)?(?P<kind>matrix|matrices|vectors?)\s*(?P<shape>\(.*\))?\s*",
    re.DOTALL,
)


def is_about_norms(*parts: object) -> bool:
    """Whether one of the sides and conditions of a claim speaks of norms, or declares a matrix.

    Examples
    --------
    >>> is_about_norms("norm(A) >= 0"), is_about_norms("A matrix (n, n)"), is_about_norms("x >= 0")
    (True, True, False)
    """
    return any(_speaks_of_norms(part) for part in parts)


def is_of_matrices(condition: object) -> bool:
    """Whether a condition of such a claim speaks of matrices, and not of numbers alone."""
    return _speaks_of_norms(condition) or (isinstance(condition, str) and OF_MATRICES.search(condition) is not None)


def _speaks_of_norms(part: object) -> bool:
    if isinstance(part, str):
        return CALLED.search(part) is not None or DECLARED.fullmatch(part) is not None
    return isinstance(part, sympy.Basic) and bool(part.atoms(OfMatrix))
