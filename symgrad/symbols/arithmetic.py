"""Arithmetic of vectors and matrices as one writes it, in Python: what SymPy refuses is given a meaning, or one line.

SymPy's own sums and products of matrices take no number beside them. Whatever an operator here returns is a node of
SymPy with these operators; in formulas it counts as SymPy's, and is equal to it.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any, ClassVar

import numpy as np
import sympy
from sympy import Basic, Expr, MatrixExpr, S
from sympy.matrices.expressions.slice import MatrixSlice
from sympy.multipledispatch import dispatch

from symgrad.base.errors import CellError, ShapeError
from symgrad.symbols.conditions import Mask, letters_of, made_of_numbers


class Ordered(Expr):  # type: ignore[misc]
    """An expression whose comparison with a vector is a condition on each entry."""

    def __lt__(self, other: object) -> Any:
        return _compared(self, sympy.StrictLessThan, other)

    def __le__(self, other: object) -> Any:
        return _compared(self, sympy.LessThan, other)

    def __gt__(self, other: object) -> Any:
        return _compared(self, sympy.StrictGreaterThan, other)

    def __ge__(self, other: object) -> Any:
        return _compared(self, sympy.GreaterThan, other)


def _compared(left: Any, relation: Any, right: Any) -> Any:
    sides = _term(left), _term(right)
    if None in sides:
        return NotImplemented
    matrices = [side for side in sides if isinstance(side, MatrixExpr)]
    if len({m.shape for m in matrices}) > 1:
        raise ShapeError(f"{left} {relation.rel_op} {right}", relation.rel_op, _shapes(*sides))
    letters = letters_of(matrices)
    condition = relation(*(letters.get(side, side) for side in sides))
    return Mask(made_of_numbers(condition), tuple(letters)) if letters else condition


class ReadsAsVector(Ordered, MatrixExpr):  # type: ignore[misc]
    """A matrix expression to which a number may be added: `1 - z` means a vector of ones less z."""

    _op_priority = 12.0  # above that of SymPy's matrices, which hand over to us

    def __init_subclass__(cls, **options: Any) -> None:
        """SymPy compares nothing of which it knows that it is not real; of vectors `where` compares the entries."""
        super().__init_subclass__(**options)
        cls.is_extended_real = None

    def __add__(self, other: object) -> Expr:
        return _plus(self, other)

    def __radd__(self, other: object) -> Expr:
        return _plus(other, self)

    def __sub__(self, other: object) -> Expr:
        return _minus(self, other)

    def __rsub__(self, other: object) -> Expr:
        return _minus(other, self)

    def __neg__(self) -> Expr:
        return _times(S.NegativeOne, self)

    def __matmul__(self, other: object) -> Expr:
        return _matrix_product(self, other)

    def __rmatmul__(self, other: object) -> Expr:
        return _matrix_product(other, self)

    def __mul__(self, other: object) -> Expr:
        return _times(self, other)

    def __rmul__(self, other: object) -> Expr:
        return _times(other, self)

    def __pow__(self, other: object) -> Expr:
        return _power(self, other)

    def __rpow__(self, other: object) -> Expr:
        raise ShapeError(f"{other} ** {self}: an exponent is a scalar", "**", ((), self.shape))

    def __truediv__(self, other: object) -> Expr:
        return _quotient(self, other)

    def __rtruediv__(self, other: object) -> Expr:
        return _quotient(other, self)

    @property
    def T(self) -> Expr:
        """The transpose."""
        return with_operators(plain(self).transpose())

    def __getitem__(self, place: Any) -> Expr:
        try:
            return with_operators(super().__getitem__(place))
        except IndexError:
            raise ShapeError(f"{self} has no part {_shown_place(place)}", "slice", (self.shape,)) from None

    def __abs__(self) -> Expr:
        raise CellError(f"abs({self}) could mean a norm; of each entry it is symgrad.abs({self})")

    __array_ufunc__ = None  # so that numbers and arrays of NumPy on the left hand over to us


def _shown_place(place: object) -> str:
    def shown(one: Any) -> str:
        if not isinstance(one, slice):
            return str(one)
        return ":".join("" if end is None else str(end) for end in (one.start, one.stop))

    return f"[{', '.join(map(shown, place if isinstance(place, tuple) else (place,)))}]"


@dispatch(ReadsAsVector, (MatrixExpr, Expr))  # type: ignore[untyped-decorator]
def _eval_is_eq(left: ReadsAsVector, right: Expr) -> None:
    """Whether entries are equal is for `where` to tell; for SymPy no vector is equal to a number."""


# --- nodes of SymPy with these operators --------------------------------------------------------------------------


class _Operated(ReadsAsVector):
    """A node of SymPy with these operators: equal to that of SymPy, and that of SymPy wherever it is put together."""

    origin: ClassVar[type[Basic]]

    @property
    def func(self) -> Any:
        return self.origin

    def __eq__(self, other: object) -> bool:
        return bool(plain(self) == plain(other))

    __hash__ = MatrixExpr.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return with_operators, (plain(self),)


# Classes of the names of SymPy's, so that they have its hashes.
_WITH_OPERATORS: dict[type[Basic], type[_Operated]] = {
    kind: type(kind.__name__, (_Operated, kind), {"origin": kind, "__doc__": kind.__doc__})
    for kind in (
        sympy.MatAdd, sympy.MatMul, sympy.MatPow, sympy.Transpose, sympy.HadamardProduct, sympy.HadamardPower,
        sympy.DiagMatrix, sympy.BlockMatrix, MatrixSlice, sympy.OneMatrix,
        sympy.ZeroMatrix, sympy.Identity,
    )
}  # fmt: skip


def with_operators(e: object) -> Any:
    """A matrix of SymPy to which a number may be added.

    Examples
    --------
    >>> W = sympy.MatrixSymbol("W", 2, 2)
    >>> e = with_operators(W.T)
    >>> e == W.T, hash(e) == hash(W.T), 1 + e
    (True, True, 1 + W.T)
    """
    kind = _WITH_OPERATORS.get(type(e))
    return e if kind is None else _of_class(kind, e)


def plain(e: Any) -> Any:
    """The same as a node of SymPy's own class."""
    return _of_class(e.origin, e) if isinstance(e, _Operated) else e


def _of_class(kind: type[Basic], e: Basic) -> Any:
    made = Basic.__new__(kind, *e.args)
    made.__dict__.update(e.__dict__)
    return made


# --- operations ---------------------------------------------------------------------------------------------------


def as_matrix(term: object) -> Any:
    """A matrix of SymPy whose entries are written out as an expression; an array of NumPy is refused."""
    if isinstance(term, sympy.MatrixBase):
        return term.as_immutable()
    if isinstance(term, np.ndarray):
        raise CellError(
            f"an array of NumPy of shape {term.shape} is no part of a formula; declare it as a Parameter or an Input "
            "and give it when the program is called, or write it as sympy.Matrix"
        )
    return term


def _term(given: object) -> Any:
    """What stands beside a matrix, as a formula; None if it is none."""
    found = plain(as_matrix(given))
    if isinstance(found, Number) and not isinstance(found, bool):
        return sympy.S(found)
    return found if isinstance(found, Expr) else None


def _of_formulas(operation: Callable[[Any, Any], Expr]) -> Callable[[Any, Any], Expr]:
    """An operation on what is given, as formulas; what is none is left to Python, which says so."""

    def operate(left: object, right: object) -> Any:
        terms = _term(left), _term(right)
        return NotImplemented if None in terms else with_operators(operation(*terms))

    return operate


def _sum(left: Any, right: Any, sign: str) -> Expr:
    like = left if isinstance(left, MatrixExpr) else right
    left, right = (e if isinstance(e, MatrixExpr) else e * sympy.OneMatrix(*like.shape) for e in (left, right))
    if left.shape != right.shape:
        in_brackets = sign == "-" and (isinstance(right, sympy.MatAdd) or str(right).startswith("-"))
        shown = f"({right})" if in_brackets else f"{right}"
        raise ShapeError(f"{left} {sign} {shown}", sign, (left.shape, right.shape))
    return sympy.MatAdd(left, _product(S.NegativeOne, right) if sign == "-" else right).doit(deep=False)


def _product(*factors: object) -> Expr:
    return sympy.MatMul(*factors).doit(deep=False)


@_of_formulas
def _plus(left: object, right: object) -> Expr:
    return _sum(left, right, "+")


@_of_formulas
def _minus(left: object, right: object) -> Expr:
    return _sum(left, right, "-")


@_of_formulas
def _matrix_product(left: Any, right: Any) -> Expr:
    scalar = next((f for f in (left, right) if not isinstance(f, MatrixExpr)), None)
    shapes = _shapes(left, right)
    if scalar is not None:
        told = f"@ is a product of matrices; {scalar} is a scalar, multiplied with *"
        raise ShapeError(f"{left} @ {right}: {told}", "@", shapes)
    if left.shape[1] != right.shape[0]:
        raise ShapeError(f"{left} @ {right}", "@", shapes)
    return _product(left, right)


@_of_formulas
def _times(left: object, right: object) -> Expr:
    """A number times a matrix, the entry of a 1 by 1 matrix as well; of matrices that fit, their product."""
    if not (isinstance(left, MatrixExpr) and isinstance(right, MatrixExpr)) or left.shape[1] == right.shape[0]:
        return _product(left, right)
    for one, other in ((left, right), (right, left)):
        if one.shape == (1, 1):
            return _product(sympy.Trace(one), other)
    told = "is a product of matrices; entry by entry it is hadamard(u, v)"
    raise ShapeError(f"{left} * {right} {told}", "*", _shapes(left, right))


@_of_formulas
def _power(base: Any, exponent: Any) -> Expr:
    """The power of a square matrix; of a vector, of each entry."""
    if isinstance(exponent, MatrixExpr):
        raise ShapeError(f"{base} ** {exponent}: an exponent is a scalar", "**", _shapes(base, exponent))
    if base.shape[0] == base.shape[1]:
        return sympy.MatPow(base, exponent).doit(deep=False)
    if S.One not in base.shape:
        told = "is the power of a square matrix; entry by entry it is elementwise(lambda y: y**p, A)"
        raise ShapeError(f"{base} ** {exponent} {told}", "**", _shapes(base))
    return base if exponent == 1 else sympy.HadamardPower(base, exponent)


@_of_formulas
def _quotient(left: object, right: object) -> Expr:
    """A matrix by a number, also that in a 1 by 1 matrix; by a vector, the quotient of each entry."""
    if not isinstance(right, MatrixExpr):
        return _product(S.One / right, left)
    shapes, inverse = _shapes(left, right), sympy.HadamardPower(right, -1)
    if right.shape == (1, 1):
        return _product(left, inverse if shapes[0][1:] in ((), (1,)) else sympy.Trace(inverse))
    if S.One not in right.shape:
        hint = "the quotient of each entry is hadamard(A, elementwise(lambda y: 1/y, B))"
        raise ShapeError(f"{left} / {right} divides by a matrix; {hint}", "/", shapes)
    if not isinstance(left, MatrixExpr):
        return _product(left, inverse)
    if left.shape != right.shape:
        raise ShapeError(f"{left} / {right}", "/", shapes)
    return divided_by_entries(left, inverse)


def divided_by_entries(left: MatrixExpr, inverse: MatrixExpr) -> Expr:
    """The product by entries with what is inverse already; numbers stand before it, as they do in products."""
    if not isinstance(left, sympy.MatMul) or isinstance(left.args[0], MatrixExpr):
        return sympy.HadamardProduct(left, inverse)
    number, *matrices = left.args
    return _product(number, sympy.HadamardProduct(_product(*matrices), inverse))


def _shapes(*formulas: object) -> tuple[tuple[object, ...], ...]:
    return tuple(tuple(getattr(f, "shape", ())) for f in formulas)
