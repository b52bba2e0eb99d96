"""Index notation: the normal form in which two vector formulas are compared, for all sizes and all times.

A matrix expression becomes a sum of products of entries with indices, as in (W h)_i = sum_j W_ij h_j. Equality of such
sums, whatever the sizes are, is equality up to the names of summed indices, which a canonical labelling decides.
Hadamard products, transposes, outer products, diagonal matrices, sums over time and products of Jacobians are all of
this one form; what is no polynomial in entries (a tanh of a sum, a softmax) is a generator whose argument has a
normal form of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeAlias

import sympy
from sympy import Dummy, Expr, MatrixExpr, S, Symbol
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.activations.rows import slope_from_output
from symgrad.base.errors import CellError
from symgrad.recurrent.cells.block_algebra import pushed
from symgrad.recurrent.cells.scalar_slopes import differentiated
from symgrad.recurrent.forms.expanded import expanded, unfolded
from symgrad.recurrent.forms.monomials import (
    COLUMN,
    DELTA,
    FUNCTION,
    ONE,
    PRODUCT,
    PRODUCT_TIME,
    ROW,
    ZERO,
    Atom,
    Form,
    Index,
    delta,
    home_of_factor,
    indexed,
    moved,
    repeated,
    single,
    sum_of,
    summed,
    turned,
)
from symgrad.recurrent.forms.named_sums import NamedSums
from symgrad.recurrent.forms.places import free_sizes, has_places, placed, within, written_out
from symgrad.recurrent.forms.powers import MOST_FACTORS, raised, reduced, without_denominators
from symgrad.recurrent.forms.regions import Rest, cancels
from symgrad.recurrent.gradients.vjp import entries_of
from symgrad.symbols import (
    ENTRIES,
    ENTRY,
    TIME,
    Elementwise,
    LogSumExp,
    OfEntries,
    OrderedProduct,
    Role,
    Softmax,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    is_function_of,
    with_slopes,
)
from symgrad.symbols.inequalities import Row, is_certain, row_of

Adjoint: TypeAlias = Callable[[Any, Sequence[Row]], Expr | None]


@dataclass(frozen=True)
class Definitions:
    """What the names of a cell stand for.

    Attributes
    ----------
    expanded : mapping of name to callable
        Names that are replaced by what they stand for, as functions of the time; None where a name stays.
    named : tuple of (name atom maker, expression at t)
        Functions of a matrix or of a scalar that have a name: where one occurs, the name is written.
    adjoint : callable, optional
        What an adjoint stands for where inequalities between steps hold; None where its name stays.
    known : tuple of Row
        What is known of t and T.
    last : Expr or None
        T, where a sum to T is to have its last term apart, as adjoints there are what the loss gives.
    """

    expanded: Mapping[tuple[str, str], Callable[[Expr], Expr | None]] = field(default_factory=dict)
    named: tuple[tuple[Expr, Expr], ...] = ()
    adjoint: Adjoint | None = None
    known: tuple[Row, ...] = ()
    last: Expr | None = None


class Reader:
    """Reads expressions into normal form, in the light of definitions.

    Parameters
    ----------
    definitions : Definitions, optional
    sums : NamedSums, optional
        Names for sums that stand in products; without, products are multiplied out.
    """

    def __init__(self, definitions: Definitions | None = None, sums: NamedSums | None = None) -> None:
        self.definitions = definitions or Definitions()
        self._sums = sums
        self._factors: dict[Any, Form] = {}
        self._names: dict[Any, Any] = {}
        self._is_naming = False
        self._rows = list(self.definitions.known)  # what is known of steps, those of the sums around included

    def form(self, expression: Expr) -> Form:
        """The form of the entry at (row, column) of a matrix expression, or of a scalar."""
        if not isinstance(expression, MatrixExpr):
            return reduced(self._scalar(expression))
        rows, columns = expression.shape
        return reduced(self._entry(pushed(expression), None if rows == 1 else ROW, None if columns == 1 else COLUMN))

    def equal(self, left: Expr, right: Expr) -> bool:
        """Whether both are certainly equal for all sizes, all values and all times; not where one has no form."""
        try:
            return not self.difference(left, right)
        except CellError:
            return False

    def difference(self, left: Expr, right: Expr) -> dict[str, Expr]:
        """What is left of the difference of both sides; nothing if they are equal."""
        left, right = map(self._in_parts, (left, right))
        sides = [_blocks(pushed(side)) for side in (left, right)]
        if len(sides[0]) != len(sides[1]):
            sides = [[pushed(left)], [pushed(right)]]
        found: dict[str, Expr] = {}
        for a, b in zip(*sides):
            form = self.form(a) + self.form(b).scaled(S.NegativeOne)
            rest = form.collected()
            if rest and has_places(form):
                form = written_out(form, free_sizes(a))
                rest = form.collected()
            if rest and not cancels(Rest(tuple(rest.items()), form), self.definitions.known):
                found |= without_denominators(form).collected()
        return found

    def _in_parts(self, e: Expr) -> Expr:
        """The expression with the names that stand for vectors put together from parts written out."""
        while table := {
            v: meant for v in e.atoms(TimedMatrix) if isinstance(meant := self._meant(v), sympy.BlockMatrix)
        }:
            e = e.xreplace(table)
        return e

    # --- scalars --------------------------------------------------------------------------------------------

    def _scalar(self, e: Expr) -> Form:
        e = unfolded(e)
        e = self._scalar_names(expanded(e.xreplace(dict(self._scalar_functions(e)))))
        terms = []
        for term in sympy.Add.make_args(e):
            matrices = [f for f in sympy.Mul.make_args(term) if f.has(MatrixExpr, sympy.Sum, sympy.Product)]
            form = ONE.scaled(sympy.Mul(*(f for f in sympy.Mul.make_args(term) if f not in matrices)))
            for f in matrices:
                here = self._scalar_with_matrix(f)
                form = form * (here if len(matrices) == 1 else self._as_factor(here, None, None))
            terms.append(form)
        return sum_of(terms)

    def _scalar_names(self, e: Expr) -> Expr:
        e = e.xreplace(dict(self._scalar_functions(e)))
        while table := {v: meant for v in e.atoms(TimedScalar) if (meant := self._meant(v)) is not None}:
            e = expanded(e.xreplace(table))
        return e

    def _scalar_functions(self, e: Expr) -> Iterator[tuple[Expr, Expr]]:
        """Functions of scalars, and their slopes, with the names that the cell has for them."""
        scalars = [(v, f) for v, f in self.definitions.named if isinstance(v, TimedScalar)]
        if not scalars or self._is_naming:
            return
        times = sorted({v.time + shift for v in e.atoms(TimedScalar) for shift in (0, 1)}, key=str)
        for variable, function in scalars:
            if function.is_Pow:
                yield from _powers_of(variable, function, times, e)
                continue
            is_told = slope_from_output(function, ENTRY) is not None
            slope = _slope_at_entry(function.func(ENTRY, *function.args[1:])) if is_told else None
            for time in times:
                name, at = variable.at(time), function.args[0].subs(TIME, time)
                if slope is not None and not slope.is_polynomial(ENTRY):
                    in_output = slope_from_output(function, name)
                    yield from _same_slope(slope.xreplace({ENTRY: at}), in_output)
                    if is_function_of(slope, ENTRY):  # as sigmoid is the slope of softplus
                        yield from ((other, in_output) for other in self._functions_at(slope, at, e))
                yield from ((other, name) for other in self._functions_at(function, at, e))

    def _functions_at(self, function: Expr, at: Expr, e: Expr) -> Iterator[Expr]:
        """The places where a function stands whose argument is this one, however it is written."""
        for other in e.atoms(function.func):
            if other.args[1:] == function.args[1:] and self._is_same_scalar(other.args[0], at):
                yield other

    def _is_same_scalar(self, left: Expr, right: Expr) -> bool:
        if left == right:
            return True
        self._is_naming = True
        try:
            return not self._scalar(left - right).collected()
        finally:
            self._is_naming = False

    def _meant(self, v: Expr) -> Expr | None:
        if self.definitions.adjoint is not None and getattr(v, "role", None) is Role.ADJOINT:
            return self.definitions.adjoint(v, tuple(self._rows))
        known = self.definitions.expanded.get(getattr(v, "key", ("", "")))
        return None if known is None else known(v.time)

    def _scalar_with_matrix(self, f: Expr) -> Form:
        if isinstance(f, sympy.Sum):
            (*limits, last), body = f.limits, f.function
            inner = sympy.Sum(body, *limits) if limits else body
            return self._summed_over(last, inner, self._scalar)
        if isinstance(f, sympy.Product):
            (*limits, last), body = f.limits, f.function
            inner = sympy.Product(body, *limits) if limits else body
            return self._product_over(last, self._scalar, inner, None, None)
        if isinstance(f, sympy.Trace):
            bound = None if f.arg.shape[0] == 1 else Dummy("i")
            entry = self._entry(pushed(f.arg), bound, bound)
            return entry if bound is None else summed(entry, bound, f.arg.shape[0])
        if isinstance(f, sympy.Pow) and not f.exp.has(MatrixExpr):
            if f.exp.is_Integer and 0 < f.exp <= MOST_FACTORS:
                return repeated(self._scalar(f.base), int(f.exp))
            return raised(self.form(f.base), f.exp, None, None, is_entry=False)
        if isinstance(f, sympy.Function) and all(isinstance(a, Expr) for a in f.args):
            return single(Atom(f"scalar {f.func.__name__}", (), tuple(map(self._scalar, f.args))), None, None)
        raise CellError(f"a scalar function of a matrix, {f}; write it as a 1 by 1 matrix")

    # --- matrices -------------------------------------------------------------------------------------------

    def _entry(self, e: Expr, i: Index, j: Index) -> Form:
        for kind, rule in _ENTRIES.items():
            if isinstance(e, kind):
                return rule(self, e, i, j)
        if isinstance(e, MatrixExpr):
            return self._variable(e, i, j)
        raise CellError(f"{e} has no form in index notation")

    def _variable(self, e: MatrixExpr, i: Index, j: Index) -> Form:
        key = getattr(e, "key", None)
        meant = self._meant(e)
        if meant is not None:
            return self._entry(pushed(meant), i, j)
        if key is None and not isinstance(e, sympy.MatrixSymbol):
            raise CellError(f"{type(e).__name__} has no form in index notation")
        times = (e.time,) if hasattr(e, "time") else ()
        head = ":".join(key) if key else str(e)
        return single(Atom(head, times), i, j)

    def _slice(self, e: MatrixSlice, i: Index, j: Index) -> Form:
        meant = self._meant(e.parent)
        if meant is not None:
            return self._entry(pushed(e.func(meant, e.rowslice, e.colslice)), i, j)
        (r0, r1, _), (c0, c1, _) = e.rowslice, e.colslice
        rows, columns = e.parent.shape
        row, column = within(r0, r1, rows, i), within(c0, c1, columns, j)
        if row and column:
            return self._entry(e.parent, *row, *column)
        if isinstance(e.parent, OrderedProduct):
            return _part_of(self._entry(e.parent, i, j), (i, j), (f"{r0}:{r1}", f"{c0}:{c1}"))
        (atom, _), *_ = self._variable(e.parent, i, j).terms[0][1].factors
        return single(replace(atom, head=f"{atom.head}[{r0}:{r1},{c0}:{c1}]"), i, j)

    def _blocks(self, e: sympy.BlockMatrix, i: Index, j: Index) -> Form:
        """Blocks side by side, each where it stands: of one row or column, or all that there is."""
        heights, widths = ([b.shape[axis] for b in side] for axis, side in ((0, e.blocks[:, 0]), (1, e.blocks[0, :])))
        forms = []
        for a, b in itertools.product(range(len(heights)), range(len(widths))):
            (rows, row), (columns, column) = placed(heights, a, i), placed(widths, b, j)
            if rows.terms and columns.terms:
                forms.append(rows * columns * self._factor(pushed(e.blocks[a, b]), row, column))
        return sum_of(forms)

    def _explicit(self, e: sympy.MatrixBase, i: Index, j: Index) -> Form:
        rows, columns = ([S.One] * size for size in e.shape)
        parts = itertools.product(range(len(rows)), range(len(columns)))
        return sum_of(self._scalar(e[a, b]) * placed(rows, a, i)[0] * placed(columns, b, j)[0] for a, b in parts)

    def _sum(self, e: Expr, i: Index, j: Index) -> Form:
        return sum_of([self._entry(a, i, j) for a in e.args])

    def _product(self, e: Expr, i: Index, j: Index) -> Form:
        scalars = [a for a in e.args if not isinstance(a, MatrixExpr)]
        matrices = [a for a in e.args if isinstance(a, MatrixExpr)]
        form = self._multiplied(matrices, i, j) if self._sums is None else self._chain(matrices, i, j)
        return form * self._scalar(sympy.Mul(*scalars)) if scalars else form

    def _multiplied(self, matrices: Sequence[MatrixExpr], i: Index, j: Index) -> Form:
        form, bounds, left = ONE, [], i
        for place, matrix in enumerate(matrices):
            last = place == len(matrices) - 1
            size = matrix.shape[1]
            right = j if last else None if size == 1 else Dummy("k")
            form = form * self._factor(matrix, left, right)
            if not last and right is not None:
                bounds.append((right, size))
            left = right
        for bound, size in bounds:
            form = summed(form, bound, size)
        return form

    def _chain(self, matrices: Sequence[MatrixExpr], i: Index, j: Index) -> Form:
        """A product with sums as names: matrices act on the vector at their end, one after the other."""
        form, start = ONE, 0
        for stop in range(1, len(matrices) + 1):
            if stop < len(matrices) and matrices[stop].shape[0] != 1:
                continue
            part, left = matrices[start:stop], i if start == 0 else None
            right = j if stop == len(matrices) else None
            if part[-1].shape[1] == 1:
                here = self._acting(part, left)
            elif part[0].shape[0] == 1:
                here = self._acting([pushed(sympy.Transpose(m)) for m in reversed(part)], right)
            else:
                here = self._multiplied(part, left, right)
            form = form * (here if len(part) == len(matrices) else self._as_factor(here, left, right))
            start = stop
        return form

    def _acting(self, matrices: Sequence[MatrixExpr], i: Index) -> Form:
        """The entry of a product of matrices and a vector, the last of them."""
        first, *rest = matrices
        if not rest:
            return self._entry(first, i, None)
        if isinstance(first, sympy.MatAdd):
            return sum_of(self._acting([a, *rest], i) for a in first.args)
        if isinstance(first, sympy.MatMul):
            return self._product(sympy.MatMul(*first.args, *rest), i, None)
        bound = Dummy("k")
        vector = rest[0] if len(rest) == 1 else sympy.MatMul(*rest)
        return summed(self._factor(first, i, bound) * self._factor(vector, bound, None), bound, first.shape[1])

    def _factor(self, e: MatrixExpr, i: Index, j: Index) -> Form:
        """An entry that others are multiplied with: where sums have names, the one of the sum that it is."""
        if self._sums is None:
            return self._entry(e, i, j)
        row, column = (None if i is None else ROW), (None if j is None else COLUMN)
        key = e, row, column, self._is_naming, tuple(self._rows)
        if key not in self._factors:
            self._factors[key] = self._as_factor(self._entry(e, row, column), row, column)
        names: dict[Index, Index] = {ROW: i, COLUMN: j}
        return Form(tuple((c, indexed(m, names)) for c, m in self._factors[key].terms))

    def _as_factor(self, form: Form, i: Index, j: Index) -> Form:
        return form if self._sums is None else self._sums.as_factor(form, i, j)

    def _transpose(self, e: Expr, i: Index, j: Index) -> Form:
        return self._entry(e.arg, j, i)

    def _hadamard(self, e: Expr, i: Index, j: Index) -> Form:
        form = ONE
        for factor in e.args:
            form = form * self._factor(factor, i, j)
        return form

    def _power(self, e: Expr, i: Index, j: Index) -> Form:
        if e.exp.is_Integer and e.exp > 0:
            return repeated(self._factor(e.base, i, j), int(e.exp))
        if e.exp.is_Integer and isinstance(e.base, sympy.HadamardPower) and e.base.exp.is_Integer:
            return self._power(sympy.HadamardPower(e.base.base, e.base.exp * e.exp), i, j)
        y = Dummy("y", real=True)
        return self._elementwise(Elementwise(sympy.Lambda((y,), y**e.exp), e.base), i, j)

    def _matrix_power(self, e: Expr, i: Index, j: Index) -> Form:
        return self._product_over((PRODUCT_TIME, S.One, e.exp), self.form, e.base, i, j)

    def _identity(self, e: Expr, i: Index, j: Index) -> Form:
        return delta(i, j)

    def _ones(self, e: Expr, i: Index, j: Index) -> Form:
        return ONE

    def _zero(self, e: Expr, i: Index, j: Index) -> Form:
        return ZERO

    def _diagonal(self, e: Expr, i: Index, j: Index) -> Form:
        vector = e.args[0]
        entry = self._factor(vector, i, None) if vector.shape[1] == 1 else self._factor(vector, None, i)
        return delta(i, j) * entry

    def _elementwise(self, e: Elementwise, i: Index, j: Index) -> Form:
        if e.argument.shape[0] == 1 != e.argument.shape[1]:  # of a row: that of the column
            return self._elementwise(Elementwise(e.function, pushed(sympy.Transpose(e.argument))), j, i)
        named = self._name_of(e)
        if named is not None:
            return self._entry(named, i, j)
        in_output = self._slope_in_output(e)
        if in_output is not None:
            return self._entry(in_output, i, j)
        (y,), body = e.function.variables, sympy.expand(unfolded(with_slopes(e.function.expr)))
        argument = self.form(e.argument)
        entry = self._factor(pushed(e.argument), i, j)
        terms = []
        for term in sympy.Add.make_args(body):
            form = ONE
            for factor in sympy.Mul.make_args(term):
                form = form * self._function(factor, y, e, entry, argument, i, j)
            terms.append(form)
        return sum_of(terms)

    def _of_entries(self, e: OfEntries, i: Index, j: Index) -> Form:
        if e.shape[0] == 1 != e.shape[1]:  # of rows: that of the columns
            return self._of_entries(e.with_arguments(lambda a: pushed(sympy.Transpose(a))), j, i)
        arguments = {y: pushed(a) for y, a in zip(e.function.variables, e.arguments)}
        terms = []
        for term in sympy.Add.make_args(sympy.expand(unfolded(with_slopes(e.function.expr)))):
            form = ONE
            for factor in sympy.Mul.make_args(term):
                form = form * self._of_letters(factor, arguments, i, j)
            terms.append(form)
        return sum_of(terms)

    def _of_letters(self, f: Expr, arguments: Mapping[Symbol, object], i: Index, j: Index) -> Form:
        """A factor of a function of several entries: a power of one of them, or a function of those in it."""
        if not f.has(*arguments):
            return self._scalar(f)
        base, exponent = f.as_base_exp()
        if base in arguments and exponent.is_Integer and 0 < exponent <= MOST_FACTORS:
            return repeated(self._factor(arguments[base], i, j), int(exponent))
        inside = {y: self.form(a) for y, a in arguments.items() if f.has(y)}
        if len(inside) > 1 and base != f and base.is_polynomial(*inside) and exponent.is_Rational:
            sum_of_entries = OfEntries(sympy.Lambda(tuple(inside), base), *(arguments[y] for y in inside))
            return raised(self.form(sum_of_entries), exponent, i, j, is_entry=True)
        if len(inside) == 1:
            (y,) = inside
            return self._elementwise(Elementwise(sympy.Lambda((y,), f), arguments[y]), i, j)
        inside = dict(sorted(inside.items(), key=lambda item: item[1].key({})))  # one order, however it was written
        return single(Atom(f"{FUNCTION} {f.xreplace(dict(zip(inside, ENTRIES)))}", (), tuple(inside.values())), i, j)

    def _slope_in_output(self, e: Elementwise) -> Any:
        """The slope of an activation at its argument in terms of the name of its output, where the rules have it so."""
        (y,), body = e.function.variables, e.function.expr
        if not isinstance(body, sympy.Derivative) or not is_function_of(body.expr, y):
            return self._output_of_slope(e)
        slope = slope_from_output(body.expr, ENTRY)
        output = self._name_of(Elementwise(sympy.Lambda((y,), body.expr), e.argument))
        return None if output is None or slope is None else pushed(entries_of(slope, ENTRY, output))

    def _output_of_slope(self, e: Elementwise) -> Any:
        """The same for a slope that is written as a function of its own, as sigmoid for that of softplus."""
        for _, definition in self.definitions.named:
            if not isinstance(definition, Elementwise):
                continue
            function = definition.function(ENTRY)
            slope = slope_from_output(function, ENTRY) if is_function_of(function, ENTRY) else None
            if slope is not None and differentiated(function, ENTRY) == e.function(ENTRY):
                output = self._name_of(Elementwise(definition.function, e.argument))
                if output is not None:
                    return pushed(entries_of(slope, ENTRY, output))
        return None

    def _function(self, f: Expr, y: Symbol, e: Elementwise, entry: Form, argument: Form, i: Index, j: Index) -> Form:
        base, exponent = f.as_base_exp()
        if not f.has(y):
            return self._scalar(f)
        if exponent.is_Integer and exponent > 0 and exponent <= 12:
            if base == y:
                return repeated(entry, int(exponent))
            if exponent > 1:
                return repeated(self._function(base, y, e, entry, argument, i, j), int(exponent))
        named = self._name_of(Elementwise(sympy.Lambda((y,), f), e.argument)) if f != e.function.expr else None
        if named is not None:
            return self._entry(named, i, j)
        if base not in (y, f) and base.is_polynomial(y) and not exponent.has(y):  # a power of entries of a polynomial
            inner = pushed(entries_of(sympy.expand(base), y, e.argument))
            return self._elementwise(Elementwise(sympy.Lambda((y,), y**exponent), inner), i, j)
        if base == y and exponent.is_Integer and -MOST_FACTORS <= exponent < -1:
            inverse = self._name_of(Elementwise(sympy.Lambda((y,), 1 / y), e.argument))
            if inverse is not None:
                return repeated(self._entry(inverse, i, j), -int(exponent))
        if base == y and not exponent.has(y):
            return raised(argument, exponent, i, j, is_entry=True)
        if isinstance(f, sympy.Function) and len(f.args) == 1 and (scale := f.args[0] / y).is_number:
            f, argument = f.func(y), argument.scaled(scale)
        return single(Atom(f"{FUNCTION} {f.xreplace({y: ENTRY})}", (), (argument,)), i, j)

    def _softmax(self, e: Softmax, i: Index, j: Index) -> Form:
        named = self._name_of(e)
        if named is not None:
            return self._entry(named, i, j)
        return single(Atom("softmax", (), (self.form(e.argument),)), i, j)

    def _logsumexp(self, e: LogSumExp, i: Index, j: Index) -> Form:
        return single(Atom("logsumexp", (), (self.form(e.argument),)), None, None)

    def _name_of(self, e: object) -> Any:
        """The variable that is defined as this function of this argument, if there is one."""
        if self._is_naming:
            # Inside arguments that are compared nothing has a name: with states written out, the argument of a gate of
            # the next step holds functions of that step, and those the ones of the step after.
            return None
        if e not in self._names:
            self._is_naming = True
            try:
                self._names[e] = self._looked_up(e)
            finally:
                self._is_naming = False
        return self._names[e]

    def _looked_up(self, e: Any) -> Any:
        times = {v.time for v in e.argument.atoms(*_TIMED)} if self.definitions.named else set()
        for variable, definition in self.definitions.named:
            if type(definition) is not type(e) or (
                isinstance(e, Elementwise) and definition.function(ENTRY) != e.function(ENTRY)
            ):
                continue
            for time in sorted({t + shift for t in times for shift in (0, 1)}, key=str):
                there = definition.argument.subs(TIME, time)
                if there == e.argument or self._same(there, e.argument):
                    return variable.at(time)
        return None

    def _same(self, left: Expr, right: Expr) -> bool:
        return left.shape == right.shape and self.form(left).key({}) == self.form(right).key({})

    def _time_sum(self, e: TimeSum, i: Index, j: Index) -> Form:
        return self._summed_over(e.limits, e.term, lambda term: self._entry(pushed(term), i, j))

    def _summed_over(self, limits: Any, term: Expr, read: Callable[[Expr], Form]) -> Form:
        """The sum over a time; of so many terms that they can be written out, one after the other."""
        index, low, high = limits
        count = sympy.expand(high - low + 1)
        if count.is_Integer and count <= MOST_FACTORS:
            return sum_of([read(term.subs(index, sympy.expand(low + k))) for k in range(max(0, int(count)))])
        if high == self.definitions.last and is_certain(sympy.expand(high - low), self._rows):
            return self._summed_over((index, low, high - 1), term, read) + read(term.subs(index, high))
        time = Dummy(index.name, integer=True)
        conditions = frozenset((sympy.expand(time - low), sympy.expand(high - time)))
        depth = len(self._rows)
        self._rows += [row for c in conditions if (row := row_of(c)) is not None]
        form = read(term.subs(index, time))
        del self._rows[depth:]
        return Form(
            tuple((c, replace(m, times=(*m.times, time), conditions=m.conditions | conditions)) for c, m in form.terms)
        )

    def _ordered(self, e: OrderedProduct, i: Index, j: Index) -> Form:
        if isinstance(e.factor, sympy.Identity):
            return delta(i, j)
        turned = self._turned(e)
        return self._entry(turned, i, j) if turned is not None else self._product_over(
            e.limits, self.form, e.factor, i, j
        )  # fmt: skip

    def _turned(self, e: OrderedProduct) -> Any:
        """A product with its index running down as time does, or with what is constant last in each factor."""
        index, low, high = e.limits
        if _signs(e.factor, index) == {-1}:
            flipped = e.factor.subs(index, -index)
            return pushed(sympy.Transpose(OrderedProduct(pushed(flipped.T), (index, -high, -low))))
        factor = pushed(e.factor)
        parts = list(factor.args) if isinstance(factor, sympy.MatMul) else []
        place = next((k for k, part in enumerate(parts) if part.has(index)), 0)
        before, after = parts[:place], parts[place:]
        is_plain = place and all(isinstance(part, MatrixExpr) for part in parts)
        if (
            not is_plain
            or before[0].shape[0] != after[0].shape[0]
            or not is_certain(sympy.expand(high - low), self._rows)
        ):
            return None
        middle = OrderedProduct(
            sympy.MatMul(*(a.subs(index, index + 1) for a in after), *before), (index, low, high - 1)
        )
        return pushed(sympy.MatMul(*before, middle, *(a.subs(index, low) for a in after)))

    def _product_over(self, limits: Any, read: Callable[[Expr], Form], factor: Expr, i: Index, j: Index) -> Form:
        """A product over a time; of so many factors that they can be written out, one after the other."""
        index, low, high = limits
        count = sympy.expand(high - low + 1)
        is_matrix = isinstance(factor, MatrixExpr)
        factor = factor if is_matrix else unfolded(factor)
        if count.is_Integer and count <= MOST_FACTORS:
            factors = [factor.subs(index, sympy.expand(high - k)) for k in range(max(0, int(count)))]
            if not factors:
                return delta(i, j)
            return self._entry(pushed(sympy.MatMul(*factors)), i, j) if is_matrix else self._scalar(sympy.Mul(*factors))
        if not is_matrix and not factor.has(index) and is_certain(count, self._rows):  # of fewer than none it is 1
            return self._scalar(factor**count)
        if not is_matrix and _signs(factor, index) == {-1}:
            return self._product_over((index, -high, -low), read, factor.subs(index, -index), i, j)
        if not is_matrix and len(parts := sympy.Mul.make_args(sympy.factor_terms(factor))) > 1:
            form = ONE
            for part in parts:
                form = form * self._product_over(limits, read, part, i, j)
            return form
        time = Dummy(index.name, integer=True)
        depth = len(self._rows)
        self._rows += [row for c in (time - low, high - time) if (row := row_of(c)) is not None]
        form = read(factor.subs(index, time))
        del self._rows[depth:]
        canonical = Form(
            tuple((c.xreplace({time: PRODUCT_TIME}), moved(m, {time: PRODUCT_TIME})) for c, m in form.terms)
        )
        ends = (low, high) if factor.has(index) else (S.One, count)
        shift = home_of_factor(canonical)
        if shift != 0:  # the same product, counted so that what comes first by name is at the index itself
            table = {PRODUCT_TIME: PRODUCT_TIME - shift}
            canonical = Form(tuple((c.xreplace(table), moved(m, table)) for c, m in canonical.terms))
            ends = (ends[0] + shift, ends[1] + shift)
        if is_matrix and not factor.has(index) and (other := turned(canonical)).key({}) < canonical.key({}):
            canonical, i, j = other, j, i  # a power of a transpose is the transpose of a power
        atom = Atom(PRODUCT, ends, (canonical,), factor.shape[0] if is_matrix else None)
        if is_matrix and all((DELTA, (ROW, COLUMN)) in m.factors for _, m in canonical.terms):
            return delta(i, j) * single(atom, i, i)  # a product of diagonal matrices is diagonal
        return single(atom, i, j)


def _part_of(whole: Form, places: tuple[Index, Index], parts: tuple[str, str]) -> Form:
    """Rows and columns of a product that stands as one factor, which may be that of the transposes."""
    if len(whole.terms) == 1 and whole.terms[0][0] == 1 and None not in places:
        ((_, m),) = whole.terms
        if len(m.factors) == 1 and m.factors[0][1] in (places, places[::-1]):
            atom, found = m.factors[0]
            rows, columns = parts if found == places else parts[::-1]
            return single(replace(atom, head=f"{atom.head}[{rows},{columns}]"), *found)
    raise CellError("a part of this product has no form in index notation")


_TIMED = (TimedScalar, TimedMatrix)

_ENTRIES: dict[type, Callable[[Reader, Any, Index, Index], Form]] = {
    MatrixSlice: Reader._slice,
    sympy.MatAdd: Reader._sum,
    sympy.MatMul: Reader._product,
    sympy.Transpose: Reader._transpose,
    sympy.HadamardProduct: Reader._hadamard,
    sympy.HadamardPower: Reader._power,
    sympy.MatPow: Reader._matrix_power,
    sympy.Identity: Reader._identity,
    sympy.OneMatrix: Reader._ones,
    sympy.ZeroMatrix: Reader._zero,
    sympy.DiagMatrix: Reader._diagonal,
    Elementwise: Reader._elementwise,
    OfEntries: Reader._of_entries,
    Softmax: Reader._softmax,
    LogSumExp: Reader._logsumexp,
    TimeSum: Reader._time_sum,
    OrderedProduct: Reader._ordered,
    sympy.BlockMatrix: Reader._blocks,
    sympy.MatrixBase: Reader._explicit,
}


@lru_cache(maxsize=256)
def _slope_at_entry(function: Expr) -> Expr:
    return differentiated(function, ENTRY)


def _powers_of(variable: TimedScalar, root: Expr, times: Sequence[Expr], e: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Powers of what a variable is the root of, as powers of the variable."""
    for time in times:
        base, exponent = root.subs(TIME, time).as_base_exp()
        for power in e.atoms(sympy.Pow):
            if power.base == base and (times_as_high := power.exp / exponent).is_Integer:
                yield power, variable.at(time) ** times_as_high


def _same_slope(in_argument: Expr, in_output: Expr) -> Iterator[tuple[Expr, Expr]]:
    """A slope at an argument with that in terms of the output; of two with the same cases, what tells these apart."""
    yield in_argument, in_output
    sides = (in_argument, in_output)
    if all(isinstance(e, sympy.Piecewise) for e in sides) and len({tuple(v for v, _ in e.args) for e in sides}) == 1:
        yield from ((a, b) for (_, a), (_, b) in zip(in_argument.args, in_output.args) if a != b)


def _signs(factor: Expr, index: Symbol) -> set[Expr]:
    """Whether the steps in a factor go with an index, 1, or against it, -1."""
    return {sign for v in factor.atoms(*_TIMED) if (sign := sympy.expand(v.time).coeff(index)) != 0}


def _blocks(e: Expr) -> list[Expr]:
    """The blocks of a block matrix, the entries of one that is written out, else the matrix itself."""
    return list(e.blocks) if isinstance(e, sympy.BlockMatrix) else list(e) if isinstance(e, sympy.MatrixBase) else [e]
