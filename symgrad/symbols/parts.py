"""The parts of sums and products as papers write them: their order, and which products are quotients."""

from __future__ import annotations

from collections.abc import Iterable

import sympy
from sympy import Basic, Expr

_RANKS = ("adjoint", "state", "intermediate", "input", "parameter")


def in_order(parts: Iterable[Basic]) -> list[Basic]:
    """Terms or entrywise factors as papers write them: adjoints, then states, gates, inputs, biases; sums last.

    SymPy sorts the terms of sums of matrices itself, so that the order in which an author wrote them is lost.
    """
    return sorted(parts, key=_rank)


def is_ones(e: Basic) -> bool:
    """Whether it is a matrix of ones; SymPy makes the identity of one that is 1 by 1."""
    return isinstance(e, sympy.OneMatrix) or (isinstance(e, sympy.Identity) and e.shape[0] == 1)


def quotient_of(e: Basic) -> tuple[Expr, Expr] | None:
    """What is divided by what, entry by entry, in a product of two vectors; None if it is no quotient."""
    inverses = [is_inverse(factor) for factor in e.args]
    if not isinstance(e, sympy.HadamardProduct) or sorted(inverses) != [False, True]:
        return None
    return e.args[inverses.index(False)], e.args[inverses.index(True)].base


def is_inverse(e: Basic) -> bool:
    """Whether it is 1 by each entry of a vector."""
    return isinstance(e, sympy.HadamardPower) and e.exp == -1 and list(e.shape).count(sympy.S.One) == 1


def _rank(part: Basic) -> tuple[bool, int, str]:
    if is_ones(part):
        return False, -1, ""
    last = part
    while last.args and not hasattr(last, "role"):
        last = last.args[0 if isinstance(last, sympy.HadamardPower) else -1]  # of a power its base
    role = getattr(last, "role", None)
    rank = len(_RANKS) if role is None else _RANKS.index(role.value)
    return isinstance(part, sympy.MatAdd), rank, getattr(last, "name", "")
