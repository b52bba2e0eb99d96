"""Cells and vector formulas written out in symbols at small explicit sizes, for SymPy's own derivative as oracle."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

from symgrad.balls.matrices import Surroundings, WalkedFormula
from symgrad.recurrent.oracle.runs import run_backward, run_forward
from symgrad.symbols import LENGTH, TIME, TimedMatrix, TimedScalar, shape_of


class _Symbolic(WalkedFormula):
    """The evaluation of `values` with SymPy expressions in place of balls."""

    def _scalar(self, e: Any) -> Any:
        if isinstance(e, sympy.Sum | sympy.Product):
            return super()._scalar(e)
        leaves = {v: self._timed(v) for v in e.atoms(TimedScalar)}
        traces = {trace: sympy.Add(*np.diag(self.value(trace.arg))) for trace in e.atoms(sympy.Trace)}
        parameters = {p: v for p, v in self.around.parameters.items() if isinstance(p, sympy.Symbol)}
        sizes = {s: sympy.Integer(v) for s, v in {**self.around.sizes, LENGTH: self.around.length}.items()}
        return e.xreplace({**traces, **leaves, **parameters, **sizes}).doit()

    def _mapped(self, function: Any, *matrices: Any) -> Any:
        found = np.empty(matrices[0].shape, dtype=object)
        for place in np.ndindex(found.shape):
            entries = [matrix[place] for matrix in matrices]
            is_slope = function.expr.has(sympy.Derivative)
            found[place] = _slope(function, *entries) if is_slope else function(*entries).doit()
        return found

    def _exponentials(self, vector: Any) -> Any:
        return np.array([[sympy.exp(entry) for entry in row] for row in self.value(vector)], dtype=object)

    def _logsumexp(self, e: Any) -> Any:
        return np.array([[sympy.log(self._exponentials(e.argument).sum())]], dtype=object)

    @staticmethod
    def _identity_of(size: int) -> Any:
        return np.array([[sympy.Integer(i == j) for j in range(size)] for i in range(size)], dtype=object)

    def _filled(self, e: Any) -> Any:
        found = np.empty(tuple(map(self._size, e.shape)), dtype=object)
        found[...] = sympy.Integer(isinstance(e, sympy.OneMatrix))
        return found


def _slope(function: Any, entry: Any) -> Any:
    (y,) = function.variables
    return function.expr.doit().subs(y, entry)


class Symbols(Surroundings):
    """Surroundings whose values are expressions."""

    def evaluate(self, e: Any, step: int = 0, indices: Mapping[Any, int] | None = None) -> Any:
        return _Symbolic(self, step, indices or {}).value(e)

    def zero(self, variable: Any) -> Any:
        shape = tuple(self.number(size) for size in shape_of(variable))
        return np.full(shape, sympy.Integer(0), dtype=object) if shape else sympy.Integer(0)


def letters(name: str, shape: tuple[int, ...]) -> Any:
    """An array of real symbols, or one."""
    if not shape:
        return sympy.Symbol(name, real=True)
    found = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        found[place] = sympy.Symbol(f"{name}_{'_'.join(map(str, place))}", real=True)
    return found


def written_out(grad: Any, sizes: Mapping[Any, int], length: int) -> Symbols:
    """The network of so many steps in symbols, forward and backward."""
    around = Symbols(dict(sizes), length)
    for argument in grad.arguments:
        shape = tuple(around.number(size) for size in shape_of(argument))
        if not isinstance(argument, TimedScalar | TimedMatrix):
            around.parameters[argument] = letters(argument.name, shape)
            continue
        steps = range(1, length + 1) if argument.time == TIME else [around.number(argument.time)]
        for step in steps:
            around.timed[argument.key, step] = letters(f"{argument.name}{step}", shape)
    run_forward(grad, around)
    run_backward(grad, around)
    return around
