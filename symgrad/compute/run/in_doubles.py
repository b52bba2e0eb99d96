"""Formulas about a cell in doubles, walked term by term: for values of which a few digits are wanted, and soon.

A program is made once and runs fast; here nothing is made, so that equations which are looked at once, such as those
with a slip in them, cost no more than a walk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from flint import arb, fmpq
from sympy import Dummy, Expr, MatrixExpr, Symbol

from symgrad import activations
from symgrad.balls import Tape, UnsupportedError, ball, precision
from symgrad.balls.matrices import Surroundings, WalkedFormula
from symgrad.base.errors import CellError
from symgrad.base.untyped import Array
from symgrad.symbols import Elementwise, OfEntries, Role, shape_of, with_slopes

Function = Callable[..., Any]
BITS = 64  # of enclosures, for a function that NumPy lacks

FUNCTIONS: Mapping[Any, Function] = {
    sympy.exp: np.exp, sympy.log: np.log, sympy.tanh: np.tanh, sympy.sinh: np.sinh, sympy.cosh: np.cosh,
    sympy.sin: np.sin, sympy.cos: np.cos, sympy.tan: np.tan, sympy.atan: np.arctan, sympy.asin: np.arcsin,
    sympy.acos: np.arccos, sympy.asinh: np.arcsinh, sympy.acosh: np.arccosh, sympy.atanh: np.arctanh,
    sympy.Abs: np.abs, sympy.sign: np.sign, sympy.floor: np.floor, sympy.ceiling: np.ceil,
    sympy.Heaviside: np.heaviside,
    sympy.erf: np.vectorize(math.erf, otypes=[float]), sympy.erfc: np.vectorize(math.erfc, otypes=[float]),
    sympy.Max: lambda *a: np.max(np.broadcast_arrays(*a), axis=0),
    sympy.Min: lambda *a: np.min(np.broadcast_arrays(*a), axis=0),
    sympy.StrictGreaterThan: np.greater, sympy.GreaterThan: np.greater_equal, sympy.StrictLessThan: np.less,
    sympy.LessThan: np.less_equal, sympy.Unequality: np.not_equal, sympy.Equality: np.equal,
    sympy.And: np.logical_and, sympy.Or: np.logical_or, sympy.Not: np.logical_not,
}  # fmt: skip


@dataclass
class Doubles(Surroundings):
    """Surroundings whose values are arrays of doubles.

    Attributes
    ----------
    window : int
        Adjoints carry nothing from one window of so many steps to the one before it; 0 for one window of all steps.
    """

    window: int = 0

    @classmethod
    def of(cls, around: Surroundings) -> Doubles:
        """The same values, rounded."""
        parameters = {k: _rounded(v) for k, v in around.parameters.items()}
        timed = {k: _rounded(v) for k, v in around.timed.items()}
        return cls(around.sizes, around.length, parameters, timed)

    def zero(self, variable: Expr) -> Array:
        shape = tuple(self.number(size) for size in shape_of(variable))
        return np.zeros(shape) if shape else 0.0

    def evaluate(self, e: Expr, step: int = 0, indices: Mapping[Any, int] | None = None) -> Array:
        return _Walked(self, step, indices or {}).value(e)


def _rounded(value: Array) -> Array:
    return np.vectorize(float, otypes=[float])(value) if isinstance(value, np.ndarray) else float(value)


def _middle(value: Array) -> float:
    """The middle of an enclosure; no number where there is none, or where it is not real."""
    return float(ball(value).mid()) if isinstance(value, arb | fmpq) else math.nan


@lru_cache(maxsize=4096)
def _written_out(e: Expr) -> Expr:
    """A scalar formula with slopes found and activations by their definitions."""
    return activations.expand(with_slopes(e))


class _Walked(WalkedFormula):
    """One evaluation at one step, in doubles."""

    around: Doubles

    def _timed(self, e: Expr) -> Array:
        window, step = self.around.window, self._time(e.time)
        if window and e.role is Role.ADJOINT and (step - 1) // window != (self.step - 1) // window:
            return self.around.zero(e)
        found = self.around.timed.get((e.key, step))
        return self.around.zero(e) if found is None else found  # what is outside of the steps is zero

    def _is_beyond(self, e: MatrixExpr) -> bool:
        return False

    def _scalar(self, e: Expr) -> Array:
        return self._number(_written_out(e), {})

    def _by_entries(self, e: Elementwise | OfEntries) -> Array:
        return self._mapped(e.function, *map(self.value, e.args[1:]))  # in doubles what has no value is NaN

    def _mapped(self, function: sympy.Lambda, *matrices: Array) -> Array:
        known = dict(zip(function.variables, matrices))
        return np.broadcast_to(self._number(_written_out(function.expr), known), matrices[0].shape)

    def _number(self, e: Expr, known: Mapping[Symbol, Array]) -> Array:
        """The value of a scalar, of which some symbols stand for arrays."""
        if e in known:
            return known[e]
        if e.is_Number or e.is_NumberSymbol:
            return float(e)
        if e.is_Add or e.is_Mul:
            values = [self._number(a, known) for a in e.args]
            found = values[0]
            for value in values[1:]:
                found = found + value if e.is_Add else found * value
            return found
        if e.is_Pow:
            return np.power(self._number(e.base, known), self._number(e.exp, known))
        if isinstance(e, sympy.Piecewise):
            *cases, (last, _) = e.args
            found = self._number(last, known)
            for value, where in reversed(cases):
                found = np.where(self._number(where, known), self._number(value, known), found)
            return found
        if e.func in FUNCTIONS:
            return FUNCTIONS[e.func](*(self._number(a, known) for a in e.args))
        if isinstance(e, sympy.Sum | sympy.Product):
            values = self._at_every_step(e)
            return math.prod(values) if isinstance(e, sympy.Product) else sum(values)
        if e in (sympy.true, sympy.false):
            return bool(e)
        if isinstance(e, sympy.Function):
            return self._by_balls(e, known)
        found = self._leaf(e)
        return float(found.p) / float(found.q) if hasattr(found, "q") else found

    def _by_balls(self, e: Expr, known: Mapping[Any, object]) -> Array:
        """The values of a function that NumPy lacks: the middles of enclosures."""
        stand_ins = {a: Dummy(real=True) for a in e.args if not a.is_number}
        values = np.broadcast_arrays(*(self._number(a, known) for a in stand_ins))
        try:
            tape = Tape(e.xreplace(stand_ins), [*stand_ins.values()])
        except UnsupportedError as error:
            raise CellError(f"{e.func.__name__} is not computed in doubles here: {error}") from None
        places = np.ndindex(values[0].shape) if values else [()]
        with precision(BITS):
            found = [_middle(tape(*(arb(float(v[place])) for v in values))) for place in places]
        return np.reshape(found, values[0].shape) if values else found[0]

    def _of_matrix(self, leaf: Expr) -> Any:
        raise CellError(f"{leaf} is not computed in doubles here")

    def _leaf(self, leaf: Expr) -> Array:
        if isinstance(leaf, sympy.Trace):
            return float(np.trace(self.value(leaf.arg)))
        return super()._leaf(leaf)

    def _exponentials(self, vector: object) -> Array:
        return np.exp(self.value(vector))

    def _logsumexp(self, e: Expr) -> Array:
        return np.log(self._exponentials(e.argument).sum()).reshape(1, 1)

    @staticmethod
    def _identity_of(size: int) -> Array:
        return np.eye(size)

    def _explicit(self, e: Expr) -> Array:
        rows, columns = map(self._size, e.shape)
        return np.array([[self._scalar(e[i, j]) for j in range(columns)] for i in range(rows)])

    def _filled(self, e: MatrixExpr) -> Array:
        return np.full(tuple(map(self._size, e.shape)), 1.0 if isinstance(e, sympy.OneMatrix) else 0.0)
