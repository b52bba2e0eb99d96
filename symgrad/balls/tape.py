"""Tapes: expressions compiled into lists of operations on values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import flint
import sympy
from flint import acb, arb, fmpq
from sympy import Basic, Expr, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits

from symgrad import activations
from symgrad.balls.functions.analytic import FUNCTIONS, RootOfNonnegative, root_of_nonnegative
from symgrad.balls.functions.hypergeometric import with_four_lists, with_lists
from symgrad.balls.functions.without_jumps import CONTINUOUS
from symgrad.balls.values import (
    MOST_EXACT_BITS,
    NOT_REAL,
    UNDEFINED,
    UNKNOWN,
    Ball,
    NoValue,
    Value,
    ball,
    hull,
    is_exactly_zero,
    is_real,
    real_part_only,
    separated,
    sign,
)
from symgrad.balls.work import SLOW, WORK_OF_A_RUN, bounded, work_of
from symgrad.base.budget import charge
from symgrad.base.errors import SymgradError
from symgrad.base.precision import precision
from symgrad.language import written
from symgrad.language.provable import HasValue, partial_values, provable
from symgrad.language.statements import free_symbols
from symgrad.language.written import opaque, origin


class UnsupportedError(SymgradError):
    """An expression holds something that has no ball arithmetic here."""


MOST_TERMS, MOST_NESTED = 120_000, 200
MOST_EXACT = 64  # terms, after which sums of fractions are enclosed and no longer exact


CONSTANTS: dict[Basic, Callable[[], Value]] = {
    sympy.pi: arb.pi,
    sympy.E: arb.const_e,
    sympy.I: lambda: acb(0, 1),
    sympy.EulerGamma: arb.const_euler,
    sympy.Catalan: arb.const_catalan,
    sympy.GoldenRatio: lambda: (1 + arb(5).sqrt()) / 2,
    sympy.zoo: lambda: UNDEFINED,
    sympy.nan: lambda: UNDEFINED,
    sympy.oo: lambda: UNDEFINED,
    -sympy.oo: lambda: UNDEFINED,
    sympy.true: lambda: True,
    sympy.false: lambda: False,
}


def _compare(decide: Callable[[int], bool]) -> Callable[[Value, Value], Value]:
    def compare(left: Value, right: Value) -> Value:
        if not (isinstance(left, fmpq | arb) and isinstance(right, fmpq | arb)):
            return None
        known = sign(left - right)
        return None if known is None else decide(known)

    return compare


def _equal(left: Value, right: Value) -> Value:
    if not (isinstance(left, Ball) and isinstance(right, Ball)):
        return None
    if is_exactly_zero(left - right):
        return True
    return False if separated(left, right) else None


def _not(value: Value) -> Value:
    return None if value is None else not value


def _all(*values: Value) -> Value:
    return False if any(v is False for v in values) else True if all(v is True for v in values) else None


def _any(*values: Value) -> Value:
    return _not(_all(*(_not(v) for v in values)))


CONDITIONS: dict[type[Basic], Callable[..., Value]] = {
    sympy.StrictLessThan: _compare(lambda s: s < 0),
    sympy.LessThan: _compare(lambda s: s <= 0),
    sympy.StrictGreaterThan: _compare(lambda s: s > 0),
    sympy.GreaterThan: _compare(lambda s: s >= 0),
    sympy.Equality: _equal,
    sympy.Unequality: lambda a, b: _not(_equal(a, b)),
    sympy.And: _all,
    sympy.Or: _any,
    sympy.Not: _not,
}


def _choose(*branches: Value) -> Value:
    """Value of a Piecewise from value, condition, value, condition, …; the hull where a condition is open."""
    hull: Value = None
    for value, condition in zip(branches[::2], branches[1::2]):
        if condition is False:
            continue
        hull = value if hull is None else _hull(hull, value)
        if condition is True:
            return hull
    return UNDEFINED if hull is None else UNKNOWN


def _hull(a: Value, b: Value) -> Value:
    return hull(a, b) if is_real(a) and is_real(b) else UNKNOWN


def _finite(value: Ball) -> Value:
    if isinstance(value, fmpq):
        return value if value.height_bits() <= MOST_EXACT_BITS else ball(value)
    return real_part_only(value) if value.is_finite() else UNKNOWN


def _strict(operation: Callable[..., Value]) -> Callable[..., Value]:
    """The operation on values only: what is missing in an argument is missing in the result."""

    def strict(*arguments: Value) -> Value:
        missing = [argument for argument in arguments if isinstance(argument, NoValue)]
        if missing:
            return next(kind for kind in NoValue if kind in missing)
        try:
            result = operation(*arguments)
        except (ZeroDivisionError, ValueError, OverflowError):
            return UNKNOWN
        return result if isinstance(result, NoValue) else _finite(result)

    return strict


def _divide(numerator: Ball, denominator: Ball) -> Value:
    return UNDEFINED if is_exactly_zero(denominator) else numerator / denominator


def _total(term: Tape, most: int, is_sum: bool, low: Value, high: Value, *outer: Value) -> Value:
    """The sum or product of the terms, of which there are none where the limits run backwards."""
    if not (isinstance(low, fmpq) and isinstance(high, fmpq) and low.q == high.q == 1):
        return low if low is UNDEFINED else high if high is UNDEFINED else UNKNOWN
    if high - low >= most:
        return UNKNOWN
    total: Ball = fmpq(0 if is_sum else 1)
    missing = None
    for k in range(int(low), int(high) + 1):
        value = term(*outer, fmpq(k))
        if not isinstance(value, Ball):
            if value is UNDEFINED:
                return UNDEFINED
            missing = NOT_REAL if NOT_REAL in (value, missing) else UNKNOWN
            continue
        total = total + value if is_sum else total * value
        if k - low > MOST_EXACT:
            total = ball(total)
    return _finite(total) if missing is None else missing


_OPERATIONS = {kind: _strict(bounded(kind, function)) for kind, function in FUNCTIONS.items()} | CONDITIONS
_OPERATIONS[RootOfNonnegative] = _strict(root_of_nonnegative)
_RECIPROCAL = _strict(lambda u: _divide(fmpq(1), u))
_FIRST = _strict(lambda value, *_: value)


def _asks_for_values(node: Basic) -> bool:
    return bool(node.args) and isinstance(node.args[0], opaque(HasValue))


def _where_defined(value: Value, *parts: Value) -> Value:
    """The value, unless a part certainly has none."""
    return UNDEFINED if UNDEFINED in parts else value


Operation = tuple[Callable[..., Value], tuple[int, ...]]
FIRST_OF_BOUND = 10**12  # beyond the numbers that SymPy gives to its own
# What has no end: limits, integrals, infinite sums and products; how each is enclosed where it has no variables.
ENDLESS: dict[type[Basic], Callable[[Basic], Value]] = {}


def is_endless(node: Basic) -> bool:
    """Whether a node is a limit, an integral, or a sum or product of infinitely many parts."""
    if isinstance(node, sympy.Sum | sympy.Product):
        return any(end.is_infinite for limits in node.limits for end in limits[1:])
    return isinstance(node, sympy.Limit) or (isinstance(node, sympy.Integral) and all(len(r) == 3 for r in node.limits))


def has_endless(expression: Basic) -> bool:
    """Whether some part is a limit, an integral, or a sum or product of infinitely many parts."""
    kinds = (sympy.Limit, sympy.Integral, sympy.Sum, sympy.Product)
    return expression.has(*kinds) and any(is_endless(node) for node in expression.atoms(*kinds))


def _endless(node: Basic, free: tuple[Symbol, ...], *values: Value) -> Value:
    """The value at exact values of its variables; there is none here on boxes."""
    point: dict[Basic, Basic] = {}
    for symbol, value in zip(free, values, strict=True):
        if isinstance(value, NoValue):
            return value
        if not isinstance(value, fmpq):
            return UNKNOWN
        point[symbol] = sympy.Rational(int(value.p), int(value.q))
    moved = node.xreplace(point)
    if moved.has(sympy.zoo, sympy.nan) and not moved.has(sympy.Piecewise):
        return UNDEFINED
    return ENDLESS[node.func](moved)


def unmistakable(node: Basic) -> Basic:
    """The same limit, integral, sum or product with a name for what it binds that stands for nothing else.

    The same node gets the same names each time.
    """
    depth = _depth(node)
    if isinstance(node, sympy.Limit):
        inside, x, place, side = node.args
        fresh = _fresh(x, depth)
        return sympy.Limit(inside.xreplace({x: fresh}), fresh, place, str(side))
    function, limits = node.function, [tuple(limit) for limit in node.limits]
    for i, (x, *ends) in enumerate(limits):
        table = {x: _fresh(x, depth + i)}
        function = function.xreplace(table)
        inner = [(y, *(end.xreplace(table) for end in rest)) for y, *rest in limits[:i]]
        limits = [*inner, (table[x], *ends), *limits[i + 1 :]]
    return node.func(function, *limits)


def _depth(node: Basic) -> int:
    """How many variables are bound within, and so how many names are taken there."""
    binding = node.atoms(sympy.Limit, ExprWithLimits) - {node}
    return sum(1 if isinstance(part, sympy.Limit) else len(part.limits) for part in binding)


def _fresh(x: Symbol, place: int) -> sympy.Dummy:
    facts = {"integer": True} if x.is_integer else {"real": True}
    return sympy.Dummy(x.name, dummy_index=FIRST_OF_BOUND + place, **facts)


class Tape:
    """An expression compiled for evaluation: a list of operations on the results of earlier ones.

    Parameters
    ----------
    expression : Expr
    variables : sequence of Symbol
        In the order in which values will be given.

    Raises
    ------
    UnsupportedError
        If a function in it has no ball arithmetic, or a symbol no value.
    """

    def __init__(self, expression: Basic, variables: Sequence[Symbol]) -> None:
        self._places: dict[Basic, int] = {}
        self._operations: list[Operation] = []
        self._works: dict[int, float] = {}
        self.variables = tuple(variables)
        for variable in variables:
            self._places[variable] = len(self._places)
        self._first_operation = len(self._places)
        self._result = self._place(expression)

    @property
    def is_slow(self) -> bool:
        """Whether it holds a function that takes long to enclose."""
        return any(origin(node.func) in SLOW for node in self._places)

    @property
    def length(self) -> int:
        """How many operations an evaluation takes."""
        return len(self._operations)

    def _work(self, bits: int) -> float:
        """What one evaluation at this many bits counts on the budget."""
        if bits not in self._works:
            self._works[bits] = WORK_OF_A_RUN + sum(work_of(origin(node.func), bits) for node in self._places)
        return self._works[bits]

    def _place(self, node: Basic) -> int:
        if node not in self._places and issubclass(origin(node.func), activations.ActivationFunction):
            self._places[node] = self._defined(node)
        if node not in self._places and isinstance(node, sympy.ITE):  # a condition on cases
            self._places[node] = self._place(node.to_nnf())
        if node not in self._places:
            operation = self._operation(node)
            self._operations.append(operation)
            self._places[node] = self._first_operation + len(self._operations) - 1
        return self._places[node]

    def _defined(self, node: Basic) -> int:
        """The place of an activation: its definition is evaluated at the values of its arguments.

        The arguments themselves are not put into the definition: SymPy would simplify the two together, and a place
        where an argument has no value would be lost.
        """
        kind: Any = origin(node.func)
        stand_ins = [sympy.Dummy() for _ in node.args]
        places = [self._place(a) for a in node.args]
        self._places.update(zip(stand_ins, places, strict=True))
        defined = self._place(kind.definition_at(*stand_ins))
        self._operations.append((_FIRST, (defined, *places)))
        return self._first_operation + len(self._operations) - 1

    def _operation(self, node: Basic) -> Operation:
        if isinstance(node, sympy.Rational):
            exact = fmpq(int(node.p), int(node.q))
            return (lambda: exact), ()
        if isinstance(node, sympy.Float):
            raise UnsupportedError(f"{node} is a float; claims are about exact numbers, write it as a Rational")
        if node in CONSTANTS:
            return CONSTANTS[node], ()
        if isinstance(node, sympy.Pow) and node.exp == -1:
            return _RECIPROCAL, (self._place(node.base),)
        if isinstance(node, sympy.Piecewise):
            return _choose, tuple(self._place(part) for branch in node.args for part in branch.args)
        if is_endless(node) and node.func in ENDLESS:
            return self._without_end(node)
        if isinstance(node, sympy.Sum | sympy.Product) and all(len(limits) == 3 for limits in node.limits):
            return self._total(node)
        kind: Any = origin(node.func)
        if kind is sympy.hyper:
            upper, lower, z = node.args
            places = tuple(self._place(part) for part in (*upper, *lower, z))
            return _strict(bounded(sympy.hyper, with_lists(len(upper), len(lower)))), places
        if kind is sympy.meijerg:
            lists = [parameters for pair in node.args[:2] for parameters in pair]
            places = tuple(self._place(part) for part in (*(p for each in lists for p in each), node.args[2]))
            return _strict(bounded(sympy.meijerg, with_four_lists(*map(len, lists)))), places
        operation = _OPERATIONS.get(kind)
        if operation is None:
            if isinstance(node, Symbol):
                raise UnsupportedError(f"the symbol {node} has no value")
            raise UnsupportedError(f"no enclosures are known of {kind.__name__}")
        return operation, tuple(self._place(argument) for argument in node.args)

    def _without_end(self, node: Basic) -> Operation:
        """The value of the expression of the provers, where what that may have lost has values."""
        made = provable(node)
        free = tuple(sorted(free_symbols(made), key=str))
        whole = partial(_endless, unmistakable(made), free), tuple(self._place(symbol) for symbol in free)
        lost = [] if _asks_for_values(node) else [part for part in partial_values(node) if part != made]
        if not lost:
            return whole
        self._operations.append(whole)
        value = self._first_operation + len(self._operations) - 1
        return _where_defined, (value, *map(self._place, lost))

    def _total(self, node: sympy.Sum | sympy.Product) -> Operation:
        *inner, (index, low, high) = node.limits
        body = written.ranged(node.func, node.function, *inner) if inner else node.function
        outer = [v for v in self.variables if v != index]
        term = type(self)(body, (*outer, index))
        places = [self._place(part) for part in (low, high, *outer)]
        most = MOST_TERMS if not body.has(sympy.Sum, sympy.Product) else MOST_NESTED
        return partial(_total, term, most, isinstance(node, sympy.Sum)), tuple(places)

    def __call__(self, *values: Value) -> Value:
        """The value at these values of the variables, at the present precision."""
        return self._results(values)[self._result]

    def _results(self, values: Sequence[Value]) -> list[Value]:
        charge(self._work(flint.ctx.prec))
        results: list[Value] = list(values)
        for operation, places in self._operations:
            results.append(operation(*[results[place] for place in places]))
        return results

    @cached_property
    def is_trusted(self) -> bool:
        """Whether all functions in it are continuous wherever their enclosures are finite and real."""
        return all(
            origin(node.func) in CONTINUOUS
            or isinstance(node, Symbol | sympy.Rational | activations.ActivationFunction)
            or node in CONSTANTS
            for node in self._places
        )

    def is_continuous_on(self, *boxes: Value) -> bool:
        """Whether the expression and all its parts certainly are real and continuous on a box of the variables."""
        return self.is_trusted and all(isinstance(value, fmpq | arb) for value in self._results(boxes))


class RealTape(Tape):
    """A tape on which nothing but real numbers are values: the root of -1 has none, and so its square has none."""

    def _results(self, values: Sequence[Value]) -> list[Value]:
        charge(self._work(flint.ctx.prec))
        results: list[Value] = list(values)
        for operation, places in self._operations:
            results.append(_if_real(operation(*[results[place] for place in places])))
        return results


def _if_real(value: Value) -> Value:
    if not isinstance(value, acb):
        return value
    return UNKNOWN if value.imag.contains(0) else NOT_REAL


def enclose(expression: Expr, point: Mapping[Symbol, Ball], bits: int = 128) -> Value:
    """A ball of `bits` bits that certainly holds the value of the expression at the point.

    Parameters
    ----------
    expression : Expr
    point : mapping of Symbol to fmpq, arb or acb
    bits : int
        Precision of the arithmetic; the ball is wider where digits cancel.

    Returns
    -------
    fmpq, arb or acb, or UNDEFINED, or UNKNOWN

    Examples
    --------
    >>> from sympy import exp, Symbol
    >>> x = Symbol("x")
    >>> print(enclose(exp(x) - 1, {x: fmpq(1, 10**30)}, bits=200).str(10))
    [1.000000000e-30 +/- 3e-44]
    """
    with precision(bits):
        return Tape(expression, tuple(point))(*point.values())
