"""Lowering: from equations to nodes, in a form that keeps its digits over the whole range of doubles."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import sympy
from sympy import Basic, Derivative, Dummy, Expr, MatrixBase, MatrixExpr, S, Symbol
from sympy.logic.boolalg import Boolean
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.activations.rows import ROWS
from symgrad.base.errors import CellError, NoFunctionError
from symgrad.compute.program import nodes
from symgrad.compute.program.complements import logarithm, with_digits
from symgrad.compute.program.nodes import Node, dropped
from symgrad.symbols import (
    LENGTH,
    TIME,
    Elementwise,
    LogSumExp,
    OfEntries,
    ParameterMatrix,
    Softmax,
    Timed,
    is_function_of,
    shape_of,
    timed_in,
    with_slopes,
)

VALUE, SLOPE = "value", "slope"
CONSTANTS = (sympy.pi, sympy.E)
MOST_FACTORS = 16  # of a power of a matrix that is written out


class Lowering:
    """Makes nodes of expressions at a step.

    Attributes
    ----------
    step : Expr
        The step from which variables are told apart: t, the last step T, or a number.
    leaves : dict
        What symbols stand for that are no parameters.
    """

    def __init__(self, step: Expr = TIME, leaves: dict[Symbol, Node] | None = None) -> None:
        self.step, self.leaves = S(step), leaves or {}

    def node(self, e: Basic) -> Node:
        """The node of an expression at step t."""
        if e in self.leaves:
            return self.leaves[e]
        if isinstance(e, Timed):
            return timed(e, self.step)
        for kind in type(e).__mro__:
            if kind in RULES:
                return RULES[kind](self, e)
        if isinstance(e, sympy.core.function.Function):
            return self._function(e)
        over_steps = "; Gradients.value_of gives the value of a sum or a product over steps" if timed_in(e) else ""
        raise NoFunctionError(f"no program can be made of {type(e).__name__}, in {e}{over_steps}")

    def nodes(self, parts: Any) -> list[Node]:
        return [self.node(part) for part in parts]

    def within(self, symbol: Symbol, node: Node) -> Lowering:
        """The same with a symbol that stands for a node."""
        return Lowering(self.step, {**self.leaves, symbol: node})

    # --- scalars --------------------------------------------------------------------------------------------

    def _symbol(self, e: Symbol) -> Node:
        if e == TIME:
            return Node("step")
        if e == LENGTH:
            return Node("length")
        if e.is_integer and e.is_positive:
            return Node("size", data=e)
        return Node("parameter", data=e)

    def _add(self, e: sympy.Add | sympy.MatAdd) -> Node:
        return with_digits(nodes.add(*self.nodes(e.args)))

    def _mul(self, e: sympy.Mul) -> Node:
        """A product over the product of its divisors; exp(-u) is a factor, as exp(u) below may overflow."""
        factors = _with_sigmoids(e.args)
        divisors = [a for a in factors if _is_divisor(a)]
        if not divisors:
            return nodes.multiply(*self.nodes(factors))
        scale, _ = e.as_coeff_Mul(rational=True)
        above = self.nodes(a for a in factors if not _is_divisor(a) and a != scale)
        below = self.nodes(1 / a for a in divisors)
        return nodes.divide(
            nodes.multiply(nodes.number(scale.p), *above), nodes.multiply(nodes.number(scale.q), *below)
        )

    def _pow(self, e: sympy.Pow) -> Node:
        power = _below(e)
        if power is not None:  # 1/(1 + exp(u)) is sigmoid(-u)
            return nodes.power(call("sigmoid", VALUE, nodes.negative(self.node(power.args[0]))), -e.exp)
        return self._raised(self.node(e.base), e.exp, bool(e.base.is_positive))

    def _raised(self, base: Node, exponent: Expr, is_positive: bool = False) -> Node:
        if exponent.is_Rational:
            return nodes.power(base, exponent)
        if exponent.is_integer and not is_positive:
            return self._whole_power(base, exponent)
        return self._exponential(base, exponent)

    def _exponential(self, base: Node, exponent: Expr) -> Node:
        return nodes.entrywise("exp", nodes.multiply(self.node(exponent), nodes.entrywise("log", base)))

    def _whole_power(self, base: Node, exponent: Expr) -> Node:
        """The power whose exponent is a whole number that only a run knows, as w**t and w**(n - 1)."""
        b, size = Dummy(real=True), Dummy(real=True)
        power = sympy.Piecewise(
            (size, b > 0),
            (sympy.sign(sympy.cos(sympy.pi * exponent, evaluate=False)) * size, b < 0),
            (sympy.Piecewise((1, sympy.Eq(exponent, 0)), (0, exponent > 0), (1 / b, True)), True),
        )
        sizes = self._exponential(nodes.entrywise("abs", base), exponent)
        return self.within(b, base).within(size, sizes).node(power)

    def _function(self, e: Expr) -> Node:
        name, arguments = e.func.__name__, self.nodes(e.args)
        if name in ROWS and ROWS[name].function is e.func and name not in nodes.FUNCTIONS:
            return call(name, VALUE, *arguments)
        if name in _NAMES and len(arguments) == 1:
            return nodes.entrywise(_NAMES[name], *arguments)
        if isinstance(e, sympy.Heaviside):
            return self.node(sympy.Piecewise((0, e.args[0] < 0), (1, e.args[0] > 0), (e.args[1], True)))
        raise NoFunctionError(f"programs have no function {name}; they have {', '.join(sorted({*_NAMES, *ROWS}))}")

    def _log(self, e: sympy.log) -> Node:
        return logarithm(self.node(e.args[0]))

    def _piecewise(self, e: sympy.Piecewise) -> Node:
        *cases, (last, condition) = e.args
        found = self.node(last)
        if condition != sympy.true:
            raise CellError(f"{e} has no value where none of its conditions holds; end it with (value, True)")
        for value, where in reversed(cases):
            found = nodes.entrywise("where", self.node(where), self.node(value), found)
        return found

    def _compare(self, e: Boolean) -> Node:
        return nodes.entrywise(_RELATIONS[e.func], *self.nodes(e.args))

    def _derivative(self, e: Derivative) -> Node:
        """The slope of one named function at its argument."""
        f, argument = e.expr, e.variables[0]
        return self._slope_of(f, self.node(argument), argument)

    def _subs(self, e: sympy.Subs) -> Node:
        (variable,), (point,) = e.variables, e.point
        return self.within(variable, self.node(point)).node(e.expr)

    def _slope_of(self, f: Expr, at: Node, argument: Expr) -> Node:
        name = f.func.__name__
        if name in ROWS and ROWS[name].function is f.func and is_function_of(f, argument):
            return call(name, SLOPE, at, *self.nodes(f.args[1:]))
        return self.node(with_slopes(f.diff(argument)))

    # --- matrices -------------------------------------------------------------------------------------------

    def _matrix_product(self, e: sympy.MatMul) -> Node:
        scalars = [self.node(a) for a in e.args if not isinstance(a, MatrixExpr)]
        matrices = [(self.node(a), a.shape) for a in e.args if isinstance(a, MatrixExpr)]
        while len(matrices) > 1:
            place = _first_to_multiply(matrices)
            (left, (rows, inner)), (right, (_, columns)) = matrices[place : place + 2]
            made = nodes.matmul(left, right, (rows, inner), (inner, columns))
            matrices[place : place + 2] = [(made, (rows, columns))]
        return nodes.multiply(*scalars, matrices[0][0])

    def _elementwise(self, e: Elementwise) -> Node:
        (y,), argument = e.function.variables, self.node(e.argument)
        return _filled(self.within(y, argument).node(e.function.expr), argument)

    def _of_entries(self, e: OfEntries) -> Node:
        arguments = self.nodes(e.arguments)
        inside = Lowering(self.step, {**self.leaves, **dict(zip(e.function.variables, arguments))})
        return _filled(inside.node(e.function.expr), arguments[0])

    def _entry_power(self, e: sympy.HadamardPower) -> Node:
        base = self.node(e.base)
        return _filled(self._raised(base, e.exp), base)

    def _softmax(self, e: Softmax) -> Node:
        argument = self.node(e.argument)
        return Node("softmax", (argument,), argument.shape) if argument.shape else nodes.number(1)

    def _logsumexp(self, e: LogSumExp) -> Node:
        argument = self.node(e.argument)
        return Node("logsumexp", (argument,)) if argument.shape else argument

    def _diagonal(self, e: sympy.DiagMatrix) -> Node:
        entries = self.node(e.args[0])
        return Node("diagonal", (entries,), dropped(e.shape)) if entries.shape else entries

    def _matrix_power(self, e: sympy.MatPow) -> Node:
        base = self.node(e.base)
        if not base.shape and e.exp.is_Rational:
            return nodes.power(base, e.exp)
        if e.exp.is_Integer and 0 < e.exp <= MOST_FACTORS:
            found, shape = base, e.shape
            for _ in range(int(e.exp) - 1):
                found = nodes.matmul(found, base, shape, shape)
            return found
        return Node("matrix_power", (base, self.node(e.exp)), dropped(e.shape))

    def _explicit(self, e: MatrixBase) -> Node:
        """A matrix whose entries are written out."""
        rows, columns = e.shape
        parts = [self.node(entry) for entry in e.as_explicit()]
        if not dropped(e.shape):
            return parts[0]
        if 1 in (rows, columns):
            return Node("stack", parts, dropped(e.shape))
        return Node("block", parts, dropped(e.shape), (rows, columns, ((S.One, S.One),) * len(parts)))

    def _stack(self, e: sympy.BlockMatrix) -> Node:
        rows, columns = e.blockshape
        blocks = [self.node(e.blocks[i, j]) for i in range(rows) for j in range(columns)]
        if columns == 1 and e.shape[1] == 1:
            return Node("stack", blocks, dropped(e.shape))
        if rows == 1 and e.shape[0] == 1:
            return Node("stack", blocks, dropped(e.shape))
        shapes = tuple(tuple(e.blocks[i, j].shape) for i in range(rows) for j in range(columns))
        return Node("block", blocks, dropped(e.shape), (rows, columns, shapes))

    def _slice(self, e: MatrixSlice) -> Node:
        parent = self.node(e.parent)
        sized = zip((e.rowslice, e.colslice), e.parent.shape)
        limits = tuple((S(start), S(stop)) for (start, stop, _), size in sized if not nodes.is_one(size))
        return Node("slice", (parent,), dropped(e.shape), limits) if limits else parent


def timed(e: Expr, step: Expr = TIME) -> Node:
    """A variable as many steps after a step as it is."""
    shift = sympy.expand(e.time - step)
    if not shift.is_Integer:
        raise CellError(f"{e} stands at no fixed distance from step {step}")
    return Node("timed", (), dropped(shape_of(e)), (e.at(TIME), int(shift)))


def call(name: str, which: str, *arguments: Node) -> Node:
    """An activation, or its slope, of each entry; of a linear one, what it is."""
    return nodes.entrywise("call", *arguments, data=(name, which))


def definition(name: str, which: str, *arguments: Node) -> Node:
    """What an activation or its slope is computed from, traced from the stable formula of its row."""
    row = ROWS[name]
    formula = row.stable if which == VALUE else row.stable_slope
    return nodes.of(formula(nodes.TRACING, *arguments, *row.defaults[len(arguments) - 1 :]))


def _filled(node: Node, like: Node) -> Node:
    """A node in the shape of another, for all entries of which it may be one number."""
    return node if node.shape == like.shape else nodes.multiply(node, Node("ones", shape=like.shape))


def _first_to_multiply(matrices: list[tuple[Node, tuple[Expr, Expr]]]) -> int:
    """Where a product starts: at the right if that is a column, else at the left, so that vectors stay vectors."""
    if matrices[-1][1][1] == 1:
        return len(matrices) - 2
    columns = [k for k, (_, (_, width)) in enumerate(matrices) if width == 1]
    if columns and columns[0] > 0:  # what ends in a column first: (W v) u^T
        return columns[0] - 1
    rows = [k for k, (_, (height, _)) in enumerate(matrices) if height == 1]
    return rows[-1] if rows and rows[-1] < len(matrices) - 1 else 0


def _constant(op: str, e: MatrixExpr) -> Node:
    shape = dropped(e.shape)
    return Node(op, (), shape) if shape else nodes.number(1)


def _trace(matrix: Node) -> Node:
    if matrix.op == "outer":
        return Node("dot", matrix.args)
    return Node("trace", (matrix,)) if matrix.shape else matrix


def _is_divisor(e: Expr) -> bool:
    return _is_reciprocal(e) and _below(e) is None


def _is_reciprocal(e: Expr) -> bool:
    return bool(isinstance(e, sympy.Pow) and e.exp.is_Rational and e.exp.is_negative and not e.is_number)


def _below(e: Expr) -> Expr | None:
    """exp(u) of 1/(1 + exp(u)) and of its powers."""
    power = e.base - 1 if _is_reciprocal(e) and isinstance(e.base, sympy.Add) else None
    return power if isinstance(power, sympy.exp) else None


def _with_sigmoids(factors: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Factors with sigmoid(u)**k for exp(k*u) and 1/(1 + exp(u))**k, which overflow together."""
    for below, above in permutations(factors, 2):
        power = _below(below)
        if power is not None and isinstance(above, sympy.exp):
            u, times = power.args[0], above.args[0] / power.args[0]
            count = min(times, sympy.floor(-below.exp)) if times.is_Integer else S.Zero
            if count > 0:
                kept = (a for a in factors if a not in (below, above))
                left = above / power**count, below * below.base**count, ROWS["sigmoid"].function(u) ** count
                return _with_sigmoids((*kept, *left))
    return factors


_NAMES = {
    **{name: name for name in nodes.FUNCTIONS},
    "Abs": "abs",
}
_RELATIONS = {
    sympy.StrictLessThan: "less",
    sympy.LessThan: "at_most",
    sympy.StrictGreaterThan: "greater",
    sympy.GreaterThan: "at_least",
    sympy.Equality: "equal",
    sympy.Unequality: "different",
}


def _folded(op: str) -> Callable[[Lowering, Any], Node]:
    def fold(lowering: Lowering, e: Basic) -> Node:
        first, *rest = lowering.nodes(e.args)
        for other in rest:
            first = nodes.entrywise(op, first, other)
        return first

    return fold


RULES: dict[type, Callable[[Lowering, Any], Node]] = {
    Symbol: Lowering._symbol,
    sympy.Rational: lambda lowering, e: nodes.number(e),
    sympy.Float: lambda lowering, e: nodes.number(sympy.Rational(str(e))),
    type(sympy.pi): lambda lowering, e: Node("constant", data=e),
    type(sympy.E): lambda lowering, e: nodes.entrywise("exp", nodes.number(1)),
    sympy.Add: Lowering._add,
    sympy.Mul: Lowering._mul,
    sympy.Pow: Lowering._pow,
    sympy.log: Lowering._log,
    sympy.Piecewise: Lowering._piecewise,
    Derivative: Lowering._derivative,
    sympy.Subs: Lowering._subs,
    sympy.Max: _folded("maximum"),
    sympy.Min: _folded("minimum"),
    sympy.And: _folded("both"),
    sympy.Or: _folded("either"),
    **dict.fromkeys((sympy.Not, sympy.ITE), lambda lowering, e: lowering.node(e.to_nnf())),
    **dict.fromkeys(_RELATIONS, Lowering._compare),
    sympy.Trace: lambda lowering, e: _trace(lowering.node(e.arg)),
    ParameterMatrix: lambda lowering, e: Node("parameter", (), dropped(e.shape), e),
    sympy.MatAdd: Lowering._add,
    sympy.MatMul: Lowering._matrix_product,
    sympy.Transpose: lambda lowering, e: nodes.transpose(lowering.node(e.arg)),
    sympy.HadamardProduct: lambda lowering, e: nodes.multiply(*lowering.nodes(e.args)),
    sympy.HadamardPower: Lowering._entry_power,
    sympy.MatPow: Lowering._matrix_power,
    sympy.DiagMatrix: Lowering._diagonal,
    sympy.Identity: lambda lowering, e: _constant("identity", e),
    sympy.OneMatrix: lambda lowering, e: _constant("ones", e),
    sympy.ZeroMatrix: lambda lowering, e: Node("zeros", (), dropped(e.shape)),
    sympy.MatrixBase: Lowering._explicit,
    sympy.BlockMatrix: Lowering._stack,
    MatrixSlice: Lowering._slice,
    Elementwise: Lowering._elementwise,
    OfEntries: Lowering._of_entries,
    Softmax: Lowering._softmax,
    LogSumExp: Lowering._logsumexp,
}
