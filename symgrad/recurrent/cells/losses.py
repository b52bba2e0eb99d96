"""Losses: what one step adds to the loss, as an expression in the outputs of a cell and a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, MatrixExpr, Rational

from symgrad.activations import softplus
from symgrad.base.copies import Exact
from symgrad.base.errors import CellError, ShapeError
from symgrad.base.kinds import expression_of, shown
from symgrad.recurrent.cells.matrix_algebra import entry_of, total_of
from symgrad.recurrent.cells.operations import in_operations
from symgrad.recurrent.cells.shapes import checked_shape
from symgrad.symbols import Input, TimedMatrix, TimedScalar, dot, hadamard, logsumexp, shape_of, summed
from symgrad.symbols.writing import to_text


def _refused(loss: Loss, other: object = None) -> Any:
    raise CellError("losses are added, and multiplied with scalars, as in first + lam*second; its formula is loss.term")


@dataclass(frozen=True)
class Loss(Exact):
    """The loss of one step; losses are added, and multiplied with scalars.

    Which steps it is taken at is said by `bptt`, not here. All else that is done to it, a power or a quotient by a
    vector, is a CellError.

    Parameters
    ----------
    term : Expr
        What step t adds to the loss: a scalar, or a 1 by 1 matrix.
    name : str
        What documents call it, as in "The loss of a step is the half squared error."; sums and multiples are called
        "expression below".

    Examples
    --------
    >>> import symgrad as sg
    >>> h, lam = sg.State("h"), sg.Parameter("lam")
    >>> print(sg.half_squared_error(h) + lam * sg.Loss(h**2))
    lam*h[t]**2 + (h[t] - target[t])**2/2
    """

    term: Expr
    name: str = "expression below"

    __rtruediv__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _refused

    def __add__(self, other: object) -> Loss:
        return _sum(self, other)

    def __radd__(self, other: int) -> Loss:
        return _sum(other, self)

    def __sub__(self, other: Loss) -> Loss:
        return _sum(self, -other)

    def __rsub__(self, other: object) -> Loss:
        return _sum(other, -self)

    def __neg__(self) -> Loss:
        return self * -1

    def __mul__(self, number: Expr | int) -> Loss:
        return Loss(_scalar(number) * self.term)

    __rmul__ = __mul__

    def __truediv__(self, number: int) -> Loss:
        return Loss(self.term / _scalar(number))

    def __str__(self) -> str:
        return to_text(self.term)


def _sum(left: object, right: object) -> Loss:
    """The sum of two losses, or of a loss and an expression: a scalar beside a 1 by 1 matrix is added to its entry."""
    terms = [as_loss(side).term for side in (left, right)]
    are_matrices = all(isinstance(term, MatrixExpr) for term in terms)
    return Loss(total_of(terms) if are_matrices else sympy.Add(*map(_entry, terms)))


def _entry(term: Expr | int) -> Expr:
    return entry_of(term) if isinstance(term, MatrixExpr) else term


def _scalar(number: Expr | int) -> Expr:
    scalar = _entry(number.term if isinstance(number, Loss) else number)
    if not isinstance(sympy.S(scalar), Expr) or getattr(number, "shape", ()) not in ((), (1, 1)):
        raise CellError(f"a loss is multiplied with scalars; got {number}")
    return sympy.S(scalar)


def as_loss(loss: object) -> Loss:
    """A loss as it is, an expression as a user's own loss.

    Raises
    ------
    ShapeError
        If it is no scalar.
    """
    term = loss.term if isinstance(loss, Loss) else sympy.S(loss) if isinstance(loss, int) else loss
    if not isinstance(term, Expr):
        raise CellError(f"a loss is a Loss or an expression in the variables of the cell; got {shown(loss)}")
    term = in_operations(term, "the loss")
    shape = checked_shape(term, f"the loss {to_text(term)}")
    if shape not in ((), (1, 1)):
        raise ShapeError(f"the loss {to_text(term)} must be a scalar, as in dot(v, v)", "loss", (shape, ()))
    return (
        loss
        if isinstance(loss, Loss) and loss.term is term
        else Loss(term, *([loss.name] if isinstance(loss, Loss) else []))
    )


def half_squared_error(output: Expr, target: Expr | None = None) -> Loss:
    """Half the squared distance of an output from a target: ||y - target||^2 / 2.

    Parameters
    ----------
    output : Expr
        A scalar or a vector, such as the state.
    target : Expr, optional
        Of the same shape; an input called ``target`` if left out.

    Returns
    -------
    Loss
        That of step t; its gradient with respect to the output is ``output - target``.

    Raises
    ------
    ShapeError
        If the target has another shape than the output, or is left out and the output is a matrix.

    Examples
    --------
    >>> import symgrad as sg
    >>> print(sg.half_squared_error(sg.State("h")))
    (h[t] - target[t])**2/2
    """
    output = expression_of(output, "half_squared_error takes an output, a scalar or a vector")
    error = output - _target(output, target)
    square = dot(error, error) if isinstance(output, MatrixExpr) else error**2
    return Loss(Rational(1, 2) * square, "half squared error")


def softmax_cross_entropy(logits: TimedMatrix, target: TimedMatrix | None = None) -> Loss:
    """The cross entropy of a softmax of logits z with a target distribution: logsumexp(z) - target . z.

    The target sums to 1; one that is 1 at the right class gives -log softmax(z) of that class. Nothing checks that
    it does: for another one the formula is not the cross entropy.

    Parameters
    ----------
    logits : MatrixExpr
        A vector, before the softmax, so that nothing overflows.
    target : MatrixExpr, optional
        Of the same shape; an input called ``target`` if left out.

    Returns
    -------
    Loss
        That of step t; its gradient with respect to the logits is ``softmax(z) - target``.

    Raises
    ------
    ShapeError
        If the logits are a scalar, or the target has another shape.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> loss = sg.softmax_cross_entropy(sg.State("h", n))
    >>> print(loss)
    logsumexp(h[t]) - target[t].T @ h[t]
    >>> h, W = sg.State("h", n), sg.Parameter("W", n, n)
    >>> print(sg.bptt(sg.Cell({h: W @ h.prev}), loss).final[0])
    hbar[T] = softmax(h[T]) - target[T]
    """
    if not isinstance(logits, MatrixExpr):
        raise ShapeError("softmax_cross_entropy takes a vector of logits", "softmax", (shape_of(logits),))
    return Loss(logsumexp(logits) - dot(_target(logits, target), logits), "softmax cross entropy")


def binary_cross_entropy(logits: TimedMatrix, target: object = None) -> Loss:
    """The cross entropy of sigmoids of logits z with targets in [0, 1]: the sum of softplus(z) - target z.

    The logits come before the sigmoid, so that nothing overflows.

    Parameters
    ----------
    logits : Expr
        A scalar, or a vector whose entries are each a logit of its own.
    target : Expr, optional
        Of the same shape; an input called ``target`` if left out.

    Returns
    -------
    Loss
        That of step t; its gradient with respect to the logits is ``sigmoid(z) - target``.

    Raises
    ------
    ShapeError
        If the target has another shape than the logits, or is left out and the logits are a matrix.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> loss = sg.binary_cross_entropy(h)
    >>> print(loss)
    softplus(h[t]) - h[t]*target[t]
    >>> print(sg.bptt(sg.Cell({h: w * h.prev}), loss).final[0])
    hbar[T] = sigmoid(h[T]) - target[T]
    """
    logits = expression_of(logits, "binary_cross_entropy takes logits, a scalar or a vector")
    wanted = _target(logits, target)
    term = softplus(logits) - hadamard(wanted, logits)
    return Loss(summed(term) if isinstance(logits, MatrixExpr) else term, "binary cross entropy")


def _target(output: Expr, target: Expr | None) -> Expr:
    if target is not None:
        return expression_of(target, "a target is an expression of the shape of the output")
    if isinstance(output, MatrixExpr) and output.shape[1] != 1:
        raise ShapeError("a target is made for a scalar or a vector", "target", (output.shape,))
    made = Input("target", *(output.shape[:1] if isinstance(output, MatrixExpr) else ()))
    return made.at(output.time) if isinstance(output, TimedScalar | TimedMatrix) else made
