"""Conditions on the entries of vectors in one place, for `where`; and the letters that stand for these entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy
from sympy import Dummy, MatrixExpr
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symgrad.base.errors import CellError

# The bound variable of functions of an entry: a Dummy, so that no name of an author is the same, with a number of its
# own, so that it is the same in every process.
ENTRY = Dummy("y", dummy_index=10_000_019, real=True)
MOST_ARGUMENTS = 8
ENTRIES = (ENTRY, *(Dummy(f"y_{k}", dummy_index=10_000_140 + k, real=True) for k in range(2, MOST_ARGUMENTS + 1)))


def letters_of(matrices: Iterable[MatrixExpr]) -> dict[MatrixExpr, Dummy]:
    """A letter for the entry of each matrix, one for those that are equal.

    Raises
    ------
    CellError
        If there are too many.
    """
    known = dict.fromkeys(matrices)
    if len(known) > MOST_ARGUMENTS:
        raise CellError(f"a function of entries takes up to {MOST_ARGUMENTS} matrices; got {len(known)}")
    return dict(zip(known, ENTRIES))


@dataclass(frozen=True)
class Mask:
    """Where a comparison of vectors holds: a condition on their entries in each place, for `where`.

    Parameters
    ----------
    condition : Boolean
        In the letters `ENTRIES`, one for each matrix.
    matrices : tuple of MatrixExpr
    """

    condition: Any
    matrices: tuple[MatrixExpr, ...]

    is_Relational: ClassVar[bool] = False  # as SymPy asks, before it asks for a truth value

    def __and__(self, other: object) -> Any:
        return _both(sympy.And, self, other)

    def __or__(self, other: object) -> Any:
        return _both(sympy.Or, self, other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Mask:
        return Mask(sympy.Not(self.condition), self.matrices)

    def __bool__(self) -> bool:
        raise CellError(f"{self} is a condition on each entry, and no truth value; write where({self}, a, b)")

    def in_letters(self, letters: Mapping[MatrixExpr, Dummy]) -> Any:
        """The condition, with other letters for its matrices."""
        return self.condition.xreplace({y: letters[m] for y, m in zip(ENTRIES, self.matrices)})

    def __str__(self) -> str:
        letters = zip(ENTRIES, self.matrices)
        return str(self.condition.xreplace({y: sympy.Symbol(str(m), real=True) for y, m in letters}))


def mask_of(condition: Any) -> Mask:
    """A comparison of SymPy as a condition on entries: `Eq(u, v)`, or `s < u`, which SymPy reads before a vector may.

    Examples
    --------
    >>> import symgrad as sg
    >>> u, s = sg.State("u", 3), sg.real("s")
    >>> print(mask_of(2 * s < u), mask_of(sympy.Ne(u, 0)), mask_of(s < 0))
    2*s < u[t] Ne(u[t], 0) s < 0
    """
    if isinstance(condition, Mask):
        return condition
    relations = [part for part in sympy.preorder_traversal(condition) if isinstance(part, Relational)]
    letters = letters_of(side for r in relations for side in r.args if isinstance(side, MatrixExpr))
    on_entries = {r: r.func(*(letters.get(side, side) for side in r.args)) for r in relations}
    return Mask(made_of_numbers(condition.xreplace(on_entries)), tuple(letters))


def made_of_numbers(formula: Any) -> Any:
    """A formula in the entries of matrices, if nothing else in it is made of matrices.

    Raises
    ------
    CellError
        If something is: of what is bound in there, an entry would have another meaning.
    """
    matrices = sorted(formula.atoms(MatrixExpr), key=lambda m: (isinstance(m, sympy.OneMatrix), len(str(m)), str(m)))
    if matrices:
        raise CellError(
            f"a function of entries is made of numbers, and {matrices[0]} is a matrix; give the number that is made of "
            "it a name in an equation of its own"
        )
    return formula


def _both(connective: Any, one: Mask, other: Any) -> Any:
    if not isinstance(other, Mask | Boolean):
        return NotImplemented
    other = mask_of(other)
    letters = letters_of((*one.matrices, *other.matrices))
    return Mask(connective(one.in_letters(letters), other.in_letters(letters)), tuple(letters))
