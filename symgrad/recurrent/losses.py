"""Losses: what one step adds to the loss, as an expression in the outputs of a cell and a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, MatrixExpr, Rational

from symgrad.activations import softplus
from symgrad.copies import Exact
from symgrad.errors import CellError, ShapeError
from symgrad.recurrent.operations import in_operations
from symgrad.recurrent.shapes import checked_shape
from symgrad.vectors import Input, TimedMatrix, TimedScalar, dot, hadamard, logsumexp, shape_of, total
from symgrad.vectors.writing import to_text


def _refused(loss: Loss, other: Any = None) -> Any:
    raise CellError("a loss is no expression: calculate with terms, as in first.term + lam*second.term")


@dataclass(frozen=True)
class Loss(Exact):
    """The loss of one step.

    Attributes
    ----------
    term : Expr
        A scalar, or a 1 by 1 matrix.
    name : str
    """

    term: Expr
    name: str = "expression below"

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refused
    __neg__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _refused

    def __str__(self) -> str:
        return to_text(self.term)


def as_loss(loss: Any) -> Loss:
    """A loss as it is, an expression as a user's own loss.

    Raises
    ------
    ShapeError
        If it is no scalar.
    """
    term = loss.term if isinstance(loss, Loss) else sympy.S(loss) if isinstance(loss, int) else loss
    if not isinstance(term, Expr):
        raise CellError(f"a loss is a Loss or an expression in the variables of the cell; got {loss!r}")
    term = in_operations(term, "the loss")
    shape = checked_shape(term, f"the loss {to_text(term)}")
    if shape not in ((), (1, 1)):
        raise ShapeError(f"the loss {to_text(term)} must be a scalar, as in dot(v, v)", "loss", (shape, ()))
    return (
        loss
        if isinstance(loss, Loss) and loss.term is term
        else Loss(term, *([loss.name] if isinstance(loss, Loss) else []))
    )


def half_squared_error(output: Any, target: Any = None) -> Loss:
    """Half the squared distance of an output from a target: ||y - target||^2 / 2.

    Parameters
    ----------
    output : Expr
        A scalar or a vector, such as the state.
    target : Expr, optional
        Of the same shape; an input called ``target`` if left out.

    Examples
    --------
    >>> import symgrad as sg
    >>> print(sg.half_squared_error(sg.State("h")))
    (h[t] - target[t])**2/2
    """
    error = output - _target(output, target)
    square = dot(error, error) if isinstance(output, MatrixExpr) else error**2
    return Loss(Rational(1, 2) * square, "half squared error")


def softmax_cross_entropy(logits: Any, target: Any = None) -> Loss:
    """The cross entropy of a softmax of logits z with a target distribution: logsumexp(z) - target . z.

    The target sums to 1; one that is 1 at the right class gives -log softmax(z) of that class.
    """
    if not isinstance(logits, MatrixExpr):
        raise ShapeError("softmax_cross_entropy takes a vector of logits", "softmax", (shape_of(logits),))
    return Loss(logsumexp(logits) - dot(_target(logits, target), logits), "softmax cross entropy")


def binary_cross_entropy(logits: Any, target: Any = None) -> Loss:
    """The cross entropy of sigmoids of logits z with targets in [0, 1]: the sum of softplus(z) - target z.

    The logits come before the sigmoid, so that nothing overflows.
    """
    wanted = _target(logits, target)
    term = softplus(logits) - hadamard(wanted, logits)
    return Loss(total(term) if isinstance(logits, MatrixExpr) else term, "binary cross entropy")


def _target(output: Any, target: Any) -> Any:
    if target is not None:
        return target
    if isinstance(output, MatrixExpr) and output.shape[1] != 1:
        raise ShapeError("a target is made for a scalar or a vector", "target", (output.shape,))
    made = Input("target", *(output.shape[:1] if isinstance(output, MatrixExpr) else ()))
    return made.at(output.time) if isinstance(output, TimedScalar | TimedMatrix) else made
