"""The derivative of a loss with respect to an argument, as a name that stands on the left of equations."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, MatrixExpr

from symgrad.recurrent.cells.cell import argument_name
from symgrad.symbols import LENGTH, TIME, TimedMatrix, TimedScalar, shape_of


def is_outside(step: Expr) -> bool:
    """Whether a step that is a number or counted from T is none of 1 to T, whatever T is."""
    after = sympy.expand(step - LENGTH)
    return bool(step < 1) if step.is_Integer else bool(after.is_Integer and after > 0)


class LossDerivative:
    """The derivative of the loss with respect to an argument, as it stands on the left of an equation."""

    args: tuple[Any, ...]

    @property
    def argument(self) -> Any:
        return self.args[0]

    @property
    def name(self) -> str:
        argument = self.argument
        if isinstance(argument, TimedScalar | TimedMatrix) and argument.time != TIME and not is_outside(argument.time):
            return f"d{argument}"
        return f"d{argument_name(argument)}"

    def _sympystr(self, printer: object) -> str:
        return self.name

    def _latex(self, printer: Any) -> str:
        return rf"\frac{{\partial L}}{{\partial {printer.doprint(self.argument)}}}"


class _MatrixDerivative(LossDerivative, MatrixExpr):  # type: ignore[misc]
    @property
    def shape(self) -> Any:
        return self.argument.shape


class _ScalarDerivative(LossDerivative, Expr):  # type: ignore[misc]
    is_commutative = True


def gradient_name(argument: object) -> Any:
    """The derivative of the loss with respect to an argument, as it stands on the left of an equation."""
    return (_MatrixDerivative if shape_of(argument) else _ScalarDerivative)(argument)
