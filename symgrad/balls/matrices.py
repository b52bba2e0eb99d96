"""The values of formulas at explicit sizes and inputs, in ball arithmetic: the oracle for what is derived.

Every matrix is an array of balls. Variables are found by name and step, so that an expression in t is evaluated at
any step without being rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Self

import numpy as np
import sympy
from flint import arb, arb_mat, fmpq, fmpq_mat
from sympy import Basic, Dummy, Expr, MatrixBase, MatrixExpr, Symbol
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.balls import NOT_REAL, UNDEFINED, UNKNOWN, Ball, NoValue, RealTape, Tape, Value, ball, rational
from symgrad.balls.spectra import spectral_norm, spectral_radius
from symgrad.base.errors import CellError
from symgrad.base.untyped import Array
from symgrad.symbols import (
    ENTRIES,
    ENTRY,
    LENGTH,
    TIME,
    Elementwise,
    LogSumExp,
    OfEntries,
    OfMatrix,
    OrderedProduct,
    ParameterMatrix,
    Role,
    Softmax,
    SpectralNorm,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    shape_of,
    with_slopes,
)
from symgrad.symbols.of_entries import made_of_entries
from symgrad.symbols.writing import to_text

SHOWN_DIGITS = 8
_SHOWN_ENTRIES = tuple(Symbol(entry.name, real=True) for entry in ENTRIES)


class NoNumberError(CellError):
    """An entry that is no certain real number at the point."""

    stand_in = UNKNOWN


class NotRealError(NoNumberError):
    """An entry that is made of what is not real at the point, such as the logarithm of -1: cells are real."""

    stand_in = NOT_REAL


class NoValueError(NoNumberError):
    """An entry that certainly has no value at the point, not even a complex one, such as the inverse of 0."""

    stand_in = UNDEFINED


class MissingStepError(CellError):
    """A variable has no value at the step that is asked for, as before the first step or after the last."""


@dataclass
class Surroundings:
    """All that formulas are evaluated in: sizes, the number of steps, values by name and step.

    Attributes
    ----------
    sizes : mapping of Symbol to int
    length : int
        The number of steps, T.
    parameters : dict
        Arrays or balls by parameter.
    timed : dict
        Arrays or balls by (key, step).
    unreached : set
        The adjoints, each (key, step), that no step of the loss reaches: a product with one is not evaluated.
    missing : dict
        Why a variable has no certain value, by (key, step).
    given : dict
        The arguments of the run by name, as they were given.
    tapes : dict
        Scalars that were compiled; others with the same formulas may share them.
    tape : type
        What they are compiled to: cells are real, but for a complex step.
    """

    sizes: Mapping[Symbol, int]
    length: int
    parameters: dict[Symbol, Array] = field(default_factory=dict)
    timed: dict[tuple[tuple[str, str], int], Array] = field(default_factory=dict)
    unreached: set[tuple[tuple[str, str], int]] = field(default_factory=set)
    missing: dict[tuple[tuple[str, str], int], NoNumberError] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    tapes: dict[Expr, tuple[Tape, tuple[Any, ...]]] = field(default_factory=dict)
    tape: type[Tape] = RealTape

    def number(self, e: Expr | int, step: int = 0, indices: Mapping[Symbol, int] | None = None) -> int:
        """The value of a time, a size or another integer expression."""
        if isinstance(e, int):
            return e
        later = _later(e)  # nearly always
        if later is not None:
            return step + later
        known = {TIME: step, LENGTH: self.length, **self.sizes, **(indices or {})}
        found = known[e] if e in known else e.xreplace({k: sympy.Integer(v) for k, v in known.items()})
        if not (isinstance(found, int) or found.is_Integer):
            raise CellError(f"there is no value for {e}")
        return int(found)

    def zero(self, variable: Expr) -> Array:
        """Zero in the shape of a variable."""
        shape = tuple(self.number(size) for size in shape_of(variable))
        return np.array([[arb(0)] * shape[1]] * shape[0], dtype=object) if shape else arb(0)

    def evaluate(self, e: Expr, step: int = 0, indices: Mapping[Symbol, int] | None = None) -> Array:
        """The value of an expression at a step: an array of balls for a matrix, a ball for a scalar."""
        return WalkedFormula(self, step, indices or {}).value(e)


@cache
def _later(time: Expr) -> int | None:
    """How many steps after t a time is, if it is that."""
    steps = time - TIME
    return int(steps) if steps.is_Integer else None


class WalkedFormula:
    """One evaluation at one step; a matrix that stands in a formula many times is computed once."""

    def __init__(self, around: Surroundings, step: int, indices: Mapping[Symbol, int]) -> None:
        self.around, self.step, self.indices = around, step, indices
        self._matrices: dict[Any, Any] = {}

    def value(self, e: Basic) -> Any:
        if isinstance(e, TimedScalar | TimedMatrix):
            return self._timed(e)
        if not isinstance(e, MatrixExpr):
            return self._scalar(e)
        if e not in self._matrices:
            rule = _rule_of(e.__class__)
            if rule is None:
                raise CellError(f"{type(e).__name__} has no value here")
            self._matrices[e] = getattr(self, rule)(e)  # so that a subclass evaluates in its own numbers
        return self._matrices[e]

    def _time(self, time: Expr) -> int:
        return self.around.number(time, self.step, self.indices)

    def _timed(self, e: Expr) -> Array:
        place = (e.key, self._time(e.time))
        if self._is_beyond(e):
            return self.around.zero(e)
        if place in self.around.missing:
            raise self.around.missing[place]
        if place not in self.around.timed:
            raise MissingStepError(f"there is no value for {e.name} at step {place[1]}")
        return self.around.timed[place]

    def _is_beyond(self, e: Expr) -> bool:
        """Whether an adjoint that no step of the loss reaches is a factor: its product is zero, whatever others are."""
        if isinstance(e, TimedScalar | TimedMatrix):
            if e.role is not Role.ADJOINT:
                return False
            place = (e.key, self._time(e.time))
            is_inside = 1 <= place[1] <= self.around.length or place in self.around.timed
            return not is_inside or place in self.around.unreached
        is_product = isinstance(e, sympy.MatMul | sympy.Mul | sympy.HadamardProduct | sympy.Transpose | sympy.Trace)
        return is_product and any(self._is_beyond(a) for a in e.args)

    def _parameter(self, e: MatrixExpr) -> Array:
        if e not in self.around.parameters:
            raise CellError(f"there is no value for {e}")
        return self.around.parameters[e]

    def _scalar(self, e: Expr) -> Array:
        if e in self.around.parameters:
            return self.around.parameters[e]
        if isinstance(e, sympy.Sum | sympy.Product):
            values = self._at_every_step(e)
            return _product(values) if isinstance(e, sympy.Product) else added_up([arb(0), *values])
        tape, leaves = self.around.tapes.get(e) or self._compiled(e)
        gone = {leaf: sympy.S.Zero for leaf in leaves if self._is_beyond(leaf)}
        if gone:
            return self._scalar(e.xreplace(gone))
        values, faults = self._of_leaves(leaves)
        return _certain(tape(*values), e, zip(leaves, values), faults)

    def _at_every_step(self, e: Expr) -> list[Array]:
        """The values of what is summed or multiplied, at all values of the outermost index."""
        *inner, (index, low, high) = e.limits  # SymPy puts sums of sums together, the outermost last
        inside = e.func(e.function, *inner) if inner else e.function
        return [self._with(index, k)._scalar(inside) for k in self._range(low, high)]

    def _compiled(self, e: Expr) -> tuple[Tape, tuple[Expr, ...]]:
        stand_ins = {leaf: Dummy(real=True) for leaf in dict.fromkeys(_leaves(e))}
        made = self.around.tape(e.xreplace(stand_ins), [*stand_ins.values()])
        self.around.tapes[e] = made, tuple(stand_ins)
        return self.around.tapes[e]

    def _of_leaves(self, leaves: Iterable[object]) -> tuple[list[Value], list[NoNumberError]]:
        """The values of leaves; in a case that is not chosen one may have none, for which there is a stand-in."""
        values: list[Value] = []
        faults: list[NoNumberError] = []
        for leaf in leaves:
            try:
                values.append(self._leaf(leaf))
            except NoNumberError as fault:
                values.append(fault.stand_in)
                faults.append(fault)
        return values, faults

    def _leaf(self, leaf: Expr) -> Ball:
        if isinstance(leaf, sympy.Trace):
            matrix = self.value(leaf.arg)
            return sum((matrix[i, i] for i in range(len(matrix))), arb(0))
        if isinstance(leaf, OfMatrix):
            return self._of_matrix(leaf)
        if isinstance(leaf, TimedScalar):
            return self._timed(leaf)
        if isinstance(leaf, sympy.Sum | sympy.Product):
            return self._scalar(leaf)
        if leaf in self.around.parameters:
            return self.around.parameters[leaf]
        return rational(sympy.Integer(self._time(leaf)))

    def _of_matrix(self, leaf: OfMatrix) -> Array:
        """The norm or the spectral radius of a matrix."""
        found = spectral_norm if isinstance(leaf, SpectralNorm) else spectral_radius
        return _certain(found(self.value(leaf.matrix)), leaf)

    def _with(self, index: Symbol, k: int) -> Self:
        if index == TIME:
            return type(self)(self.around, k, self.indices)
        return type(self)(self.around, self.step, {**self.indices, index: k})

    def _range(self, low: Expr, high: Expr) -> range:
        return range(self._time(low), self._time(high) + 1)

    def _size(self, size: Expr) -> int:
        return self.around.number(size, self.step, self.indices)

    # --- matrices -------------------------------------------------------------------------------------------

    def _sum(self, e: MatrixExpr) -> Array:
        return added_up([self.value(a) for a in e.args])

    def _multiply(self, e: MatrixExpr) -> Array:
        if self._is_beyond(e):
            return self._filled(sympy.ZeroMatrix(*e.shape))
        matrices = [self.value(a) for a in e.args if isinstance(a, MatrixExpr)]
        scalars = [self.value(a) for a in e.args if not isinstance(a, MatrixExpr)]
        while len(matrices) > 1:
            right = matrices.pop()
            matrices[-1] = matrices[-1] @ right
        for scalar in scalars:
            matrices[0] = matrices[0] * scalar
        return matrices[0]

    def _transpose(self, e: MatrixExpr) -> Array:
        return self.value(e.arg).T

    def _hadamard(self, e: MatrixExpr) -> Array:
        if self._is_beyond(e):
            return self._filled(sympy.ZeroMatrix(*e.shape))
        found = self.value(e.args[0])
        for factor in e.args[1:]:
            found = found * self.value(factor)
        return found

    def _power(self, e: MatrixExpr) -> Array:
        return self._mapped(sympy.Lambda((ENTRY,), ENTRY**e.exp), self.value(e.base))

    def _matrix_power(self, e: MatrixExpr) -> Array:
        base, exponent = self.value(e.base), self._time(e.exp)
        if exponent < 0:
            base, exponent = _inverse(base, e), -exponent
        found = self._identity_of(len(base))
        for _ in range(exponent):
            found = found @ base
        return found

    def _by_entries(self, e: Elementwise | OfEntries) -> Array:
        arguments = e.args[1:]
        if not e.function.has(sympy.Piecewise):
            return self._mapped(e.function, *map(self.value, arguments))
        matrices, faults = self._with_gaps(arguments)
        return self._of_each_entry(e.function, matrices, faults)

    def _with_gaps(self, matrices: Iterable[MatrixExpr]) -> tuple[list[Array], list[NoNumberError]]:
        """Matrices with stand-ins for entries without a value: in a case that is not chosen they need none."""
        found, faults = zip(*map(self._with_gaps_of, matrices), strict=True)
        return list(found), [fault for each in faults for fault in each]

    def _with_gaps_of(self, e: MatrixExpr) -> tuple[Array, list[NoNumberError]]:
        try:
            return self.value(e), []
        except NoNumberError as fault:
            by_entries = _as_function_of_entries(e)
            if by_entries is None:  # which of the entries have none is not known
                return np.full(tuple(map(self._size, e.shape)), UNKNOWN, dtype=object), [NoNumberError(str(fault))]
        function, arguments = by_entries
        matrices, faults = self._with_gaps(arguments)
        return self._of_each_entry(function, matrices, faults, is_asked=False), faults

    def _mapped(self, function: sympy.Lambda, *matrices: Array) -> Array:
        return self._of_each_entry(function, matrices, ())

    def _of_each_entry(
        self, function: sympy.Lambda, matrices: Sequence[Array], faults: Iterable[NoNumberError], is_asked: bool = True
    ) -> Array:
        """A function of the entries in one place, for each place; where it is not asked for, it may have no value."""
        known = self.around.tapes.get(function)
        if known is None:
            letters, body = function.variables, with_slopes(function.expr)
            leaves = dict.fromkeys(leaf for leaf in _leaves(body) if leaf not in letters)
            if any(leaf.has(*letters) for leaf in leaves):  # as in a sum over time
                at_entry = partial(self._at_entry, letters, body, is_asked)
                return np.vectorize(at_entry, otypes=[object])(*matrices)
            stand_ins = {leaf: Dummy(real=True) for leaf in leaves}
            tape = self.around.tape(body.xreplace(stand_ins), (*letters, *stand_ins.values()))
            known = self.around.tapes[function] = tape, tuple(leaves)
        tape, others = known
        rest, others_faults = self._of_leaves(others)
        shown, faults = (*_SHOWN_ENTRIES[: len(matrices)], *others), (*faults, *others_faults)
        found = np.empty(matrices[0].shape, dtype=object)
        for place in np.ndindex(found.shape):
            values = (*(matrix[place] for matrix in matrices), *rest)
            value = tape(*values)
            found[place] = _certain(value, function, zip(shown, values), faults) if is_asked else value
        return found

    def _at_entry(self, letters: tuple[Symbol, ...], body: Expr, is_asked: bool, *entries: Value) -> Value:
        """The value of a scalar with values for the variables of entries."""
        around = replace(self.around, parameters={**self.around.parameters, **dict(zip(letters, entries))})
        try:
            return type(self)(around, self.step, self.indices)._scalar(body)
        except NoNumberError as fault:
            if is_asked:
                raise
            return fault.stand_in

    def _softmax(self, e: Softmax) -> Array:
        exponentials = self._exponentials(e.argument)
        return exponentials / exponentials.sum()

    def _logsumexp(self, e: LogSumExp) -> Array:
        return np.array([[ball(self._exponentials(e.argument).sum()).log()]], dtype=object)

    def _exponentials(self, vector: MatrixExpr) -> Array:
        matrix = self.value(vector)
        return np.array([[ball(entry).exp() for entry in row] for row in matrix], dtype=object)

    def _kronecker(self, e: MatrixExpr) -> Array:
        found = self.value(e.args[0])
        for factor in e.args[1:]:
            found = np.kron(found, self.value(factor))
        return found

    def _diagonal(self, e: MatrixExpr) -> Array:
        entries = self.value(e.args[0]).ravel()
        found = self._identity_of(len(entries))
        for k, entry in enumerate(entries):
            found[k, k] = entry
        return found

    def _identity(self, e: MatrixExpr) -> Array:
        return self._identity_of(self._size(e.shape[0]))

    @staticmethod
    def _identity_of(size: int) -> Array:
        return np.array([[arb(int(i == j)) for j in range(size)] for i in range(size)], dtype=object)

    def _explicit(self, e: MatrixBase) -> Array:
        """A matrix whose entries are written out."""
        found = np.empty(tuple(map(self._size, e.shape)), dtype=object)
        for place in np.ndindex(found.shape):
            found[place] = self._scalar(e[place])
        return found

    def _filled(self, e: MatrixExpr) -> Array:
        rows, columns = map(self._size, e.shape)
        number = arb(1 if isinstance(e, sympy.OneMatrix) else 0)
        found = np.empty((rows, columns), dtype=object)
        found[...] = number
        return found

    def _blocks(self, e: sympy.BlockMatrix) -> Array:
        rows, columns = e.blockshape
        return np.block([[self.value(e.blocks[i, j]) for j in range(columns)] for i in range(rows)])

    def _slice(self, e: MatrixSlice) -> Array:
        parent = self.value(e.parent)
        places = [tuple(map(self._size, part[:2])) for part in (e.rowslice, e.colslice)]
        if not all(0 <= start < stop <= size for (start, stop), size in zip(places, parent.shape)):
            raise NoValueError(f"{e} is no part of a matrix of shape {parent.shape}")
        return parent[tuple(slice(*part) for part in places)]

    def _over_time(self, e: TimeSum) -> Array:
        index, low, high = e.limits
        terms = [self._with(index, k).value(e.term) for k in self._range(low, high)]
        return added_up(terms) if terms else self._filled(sympy.ZeroMatrix(*e.shape))

    def _ordered(self, e: OrderedProduct) -> Array:
        index, low, high = e.limits
        found = self._identity_of(self._size(e.shape[0]))
        for k in self._range(low, high):
            found = self._with(index, k).value(e.factor) @ found
        return found


_RULES: dict[type, Callable[[WalkedFormula, Any], Any]] = {
    ParameterMatrix: WalkedFormula._parameter,
    sympy.MatAdd: WalkedFormula._sum,
    sympy.MatMul: WalkedFormula._multiply,
    sympy.Transpose: WalkedFormula._transpose,
    sympy.HadamardProduct: WalkedFormula._hadamard,
    sympy.HadamardPower: WalkedFormula._power,
    sympy.MatPow: WalkedFormula._matrix_power,
    sympy.KroneckerProduct: WalkedFormula._kronecker,
    sympy.DiagMatrix: WalkedFormula._diagonal,
    sympy.Identity: WalkedFormula._identity,
    sympy.MatrixBase: WalkedFormula._explicit,
    sympy.OneMatrix: WalkedFormula._filled,
    sympy.ZeroMatrix: WalkedFormula._filled,
    sympy.BlockMatrix: WalkedFormula._blocks,
    MatrixSlice: WalkedFormula._slice,
    Elementwise: WalkedFormula._by_entries,
    OfEntries: WalkedFormula._by_entries,
    Softmax: WalkedFormula._softmax,
    LogSumExp: WalkedFormula._logsumexp,
    TimeSum: WalkedFormula._over_time,
    OrderedProduct: WalkedFormula._ordered,
}


@cache
def _rule_of(kind: Any) -> str | None:
    """The name of the rule for a kind of matrix."""
    return next((rule.__name__ for known, rule in _RULES.items() if issubclass(kind, known)), None)


def _as_function_of_entries(e: MatrixExpr) -> tuple[sympy.Lambda, Sequence[MatrixExpr]] | None:
    """A matrix as a function of the entries of others in the same place; None for one that is none."""
    join, numbers, matrices = made_of_entries(e)
    if join is None or len(matrices) > len(ENTRIES):
        return None
    letters = ENTRIES[: len(matrices)]
    return sympy.Lambda(letters, join(*numbers, *letters)), matrices


def _leaves(e: Basic) -> Iterable[Expr]:
    """The largest parts of a scalar that have values of their own."""
    if isinstance(e, sympy.Sum | sympy.Product | sympy.Trace | OfMatrix | TimedScalar | Symbol):
        yield e
        return
    for a in e.args:
        yield from _leaves(a)


def _certain(
    value: object, e: Expr, point: Iterable[tuple[object, object]] = (), faults: Iterable[NoNumberError] = ()
) -> Array:
    """A value of an expression, where it is one; else what has none, and where: a part of it that has none, first."""
    if value is not None and not isinstance(value, NoValue):
        return value
    part = next((fault for fault in faults if fault.stand_in is value), None)
    if part is not None:
        raise part
    e = e(*_SHOWN_ENTRIES[: len(e.variables)]) if isinstance(e, sympy.Lambda) else e
    known = ((leaf, ball(at)) for leaf, at in point if isinstance(at, Ball))
    where = ", ".join(f"{to_text(leaf)} = {at.str(SHOWN_DIGITS, radius=False)}" for leaf, at in known)
    at = f"{to_text(e)} has no {{}} at {where}" if where else f"{to_text(e)} has no {{}} here"
    if value is UNDEFINED:
        raise NoValueError(at.format("value"))
    if value is NOT_REAL:
        raise NotRealError(at.format("real value"))
    raise NoNumberError(at.format("certain value"))


def _inverse(matrix: Array, e: MatrixExpr) -> Array:
    """The inverse of a matrix, for negative powers."""
    try:
        if all(isinstance(entry, fmpq | int) for entry in matrix.flat):
            exact = fmpq_mat(matrix.tolist())
            found = None if exact.det() == 0 else exact.inv()
            if found is None:
                raise NoValueError(f"{to_text(e)} has no value here")
        else:
            found = arb_mat(matrix.tolist()).inv()
    except (ZeroDivisionError, TypeError):
        raise NoNumberError(f"{to_text(e)} has no certain value here") from None
    rows, columns = matrix.shape
    return np.array([[found[i, j] for j in range(columns)] for i in range(rows)], dtype=object)


def added_up(terms: list[Any]) -> Any:
    found = terms[0]
    for term in terms[1:]:
        found = found + term
    return found


def _product(factors: Iterable[Array]) -> Array:
    found: Array = arb(1)
    for factor in factors:
        found = found * factor
    return found


def plain(value: Array) -> Array:
    """A column as a vector; a number, which may have come out exact, as a ball."""
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == 1:
        return value[:, 0]
    return ball(value) if isinstance(value, fmpq) else value
