"""Index notation: the normal form in which two vector formulas are compared, for all sizes and all times.

A matrix expression becomes a sum of products of entries with indices, as in (W h)_i = sum_j W_ij h_j. Equality of such
sums, whatever the sizes are, is equality up to the names of summed indices, which a canonical labelling decides.
Hadamard products, transposes, outer products, diagonal matrices, sums over time and products of Jacobians are all of
this one form; what is no polynomial in entries (a tanh of a sum, a softmax) is a generator whose argument has a
normal form of its own.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import sympy
from sympy import Dummy, Expr, MatrixExpr, S, Symbol
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.errors import CellError
from symgrad.recurrent.blocks import pushed
from symgrad.vectors import (
    ENTRY,
    TIME,
    Elementwise,
    LogSumExp,
    OrderedProduct,
    Softmax,
    TimedMatrix,
    TimedScalar,
    TimeSum,
)

Index: TypeAlias = Dummy | str | None
MOST_LABELLINGS = 5040
MOST_TERMS = 20_000
ROW, COLUMN = "row", "column"


@dataclass(frozen=True)
class Atom:
    """What has entries: a variable at a time, a function of a matrix, a product over time."""

    head: str
    times: tuple[Expr, ...] = ()
    inner: tuple[Form, ...] = ()

    def key(self, names: Mapping[Symbol, Symbol]) -> str:
        times = ",".join(str(sympy.expand(time.xreplace(dict(names)))) for time in self.times)
        inner = ";".join(form.key(names) for form in self.inner)
        return f"{self.head}@{times}<{inner}>" if inner else f"{self.head}@{times}"


@dataclass(frozen=True)
class Monomial:
    """A product of entries, with the sums over time that stand before it."""

    factors: tuple[tuple[Atom, tuple[Index, ...]], ...] = ()
    sizes: tuple[tuple[Dummy, Expr], ...] = ()
    times: tuple[Dummy, ...] = ()
    conditions: frozenset[Expr] = frozenset()

    def __mul__(self, other: Monomial) -> Monomial:
        return Monomial(
            self.factors + other.factors,
            self.sizes + other.sizes,
            self.times + other.times,
            self.conditions | other.conditions,
        )


@dataclass(frozen=True)
class Form:
    """A sum of monomials with coefficients that are scalars."""

    terms: tuple[tuple[Expr, Monomial], ...]

    def __add__(self, other: Form) -> Form:
        return Form(self.terms + other.terms)

    def __mul__(self, other: Form) -> Form:
        if len(self.terms) * len(other.terms) > MOST_TERMS:
            raise CellError(f"a formula of more than {MOST_TERMS} terms in index notation")
        return Form(tuple((a * b, m * _apart(k, m)) for a, m in self.terms for b, k in other.terms))

    def scaled(self, number: Expr) -> Form:
        return Form(tuple((number * c, m) for c, m in self.terms))

    def canonical(self, names: Mapping[Symbol, Symbol] | None = None) -> dict[str, Expr]:
        """Coefficients by monomials, each monomial under the one name it has."""
        found: dict[str, Expr] = defaultdict(lambda: S.Zero)
        for coefficient, monomial in self.terms:
            number, key = _named(coefficient, monomial, names or {})
            found[key] += number
        expanded = {key: sympy.expand(c) for key, c in found.items()}
        return {key: c for key, c in sorted(expanded.items()) if sympy.cancel(c) != 0}

    def key(self, names: Mapping[Symbol, Symbol]) -> str:
        return "+".join(f"({c})*{m}" for m, c in self.canonical(names).items())


def _apart(monomial: Monomial, other: Monomial) -> Monomial:
    """The monomial with times of its own where both sum over the same one."""
    shared = set(monomial.times) & set(other.times)
    return _moved(monomial, {time: Dummy(time.name, integer=True) for time in shared}) if shared else monomial


def _moved(monomial: Monomial, table: Mapping[Any, Any]) -> Monomial:
    return Monomial(
        tuple((_atom_moved(atom, table), indices) for atom, indices in monomial.factors),
        monomial.sizes,
        tuple(table.get(time, time) for time in monomial.times),
        frozenset(sympy.expand(c.xreplace(dict(table))) for c in monomial.conditions),
    )


def _atom_moved(atom: Atom, table: Mapping[Any, Any]) -> Atom:
    times = tuple(sympy.expand(time.xreplace(dict(table))) for time in atom.times)
    inner = tuple(
        Form(tuple((c.xreplace(dict(table)), _moved(m, table)) for c, m in form.terms)) for form in atom.inner
    )
    return Atom(atom.head, times, inner)


ONE = Form(((S.One, Monomial()),))
ZERO = Form(())


@dataclass(frozen=True)
class Definitions:
    """What the names of a cell stand for.

    Attributes
    ----------
    expanded : mapping of name to callable
        Names that are replaced by what they stand for, as functions of the time; None where a name stays.
    named : tuple of (name atom maker, expression at t)
        Functions of matrices that have a name: where one occurs, the name is written.
    """

    expanded: Mapping[tuple[str, str], Callable[[Expr], Expr | None]] = field(default_factory=dict)
    named: tuple[tuple[Any, Expr], ...] = ()


class Reader:
    """Reads expressions into normal form, in the light of definitions."""

    def __init__(self, definitions: Definitions | None = None) -> None:
        self.definitions = definitions or Definitions()
        self._names: dict[Any, Any] = {}
        self._is_naming = False

    def form(self, expression: Expr) -> Form:
        """The form of the entry at (row, column) of a matrix expression, or of a scalar."""
        if not isinstance(expression, MatrixExpr):
            return self._scalar(expression)
        rows, columns = expression.shape
        return self._entry(pushed(expression), None if rows == 1 else ROW, None if columns == 1 else COLUMN)

    def equal(self, left: Expr, right: Expr) -> bool:
        """Whether both are certainly equal for all sizes, all values and all times."""
        return not self.difference(left, right)

    def difference(self, left: Expr, right: Expr) -> dict[str, Expr]:
        """What is left of the difference of both sides; nothing if they are equal."""
        left, right = map(self._in_parts, (left, right))
        sides = [_blocks(pushed(side)) for side in (left, right)]
        if len(sides[0]) != len(sides[1]):
            sides = [[pushed(left)], [pushed(right)]]
        found: dict[str, Expr] = {}
        for a, b in zip(*sides):
            found |= (self.form(a) + self.form(b).scaled(S.NegativeOne)).canonical()
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
        e = self._scalar_names(sympy.expand(e))
        terms = []
        for term in sympy.Add.make_args(e):
            matrices = [f for f in sympy.Mul.make_args(term) if f.has(MatrixExpr, sympy.Sum, sympy.Product)]
            form = ONE.scaled(sympy.Mul(*(f for f in sympy.Mul.make_args(term) if f not in matrices)))
            for f in matrices:
                form = form * self._scalar_with_matrix(f)
            terms.append(form)
        return _sum(terms)

    def _scalar_names(self, e: Expr) -> Expr:
        while table := {v: meant for v in e.atoms(TimedScalar) if (meant := self._meant(v)) is not None}:
            e = sympy.expand(e.xreplace(table))
        return e

    def _meant(self, v: Any) -> Expr | None:
        known = self.definitions.expanded.get(getattr(v, "key", ("", "")))
        return None if known is None else known(v.time)

    def _scalar_with_matrix(self, f: Expr) -> Form:
        if isinstance(f, sympy.Sum):
            (*limits, last), body = f.limits, f.function
            inner = sympy.Sum(body, *limits) if limits else body
            return self._summed_over(last, lambda time: self._scalar(inner.subs(last[0], time)))
        if isinstance(f, sympy.Product):
            (*limits, last), body = f.limits, f.function
            inner = sympy.Product(body, *limits) if limits else body
            return self._product_over(last, self._scalar, inner, None, None)
        if isinstance(f, sympy.Trace):
            bound = None if f.arg.shape[0] == 1 else Dummy("i")
            entry = self._entry(pushed(f.arg), bound, bound)
            return entry if bound is None else _summed(entry, bound, f.arg.shape[0])
        raise CellError(f"a scalar function of a matrix, {f}; write it as a 1 by 1 matrix")

    # --- matrices -------------------------------------------------------------------------------------------

    def _entry(self, e: Expr, i: Index, j: Index) -> Form:
        for kind, rule in _ENTRIES.items():
            if isinstance(e, kind):
                return rule(self, e, i, j)
        if isinstance(e, MatrixExpr):
            return self._variable(e, i, j)
        raise CellError(f"{e} has no form in index notation")

    def _variable(self, e: Any, i: Index, j: Index) -> Form:
        key = getattr(e, "key", None)
        meant = self._meant(e)
        if meant is not None:
            return self._entry(pushed(meant), i, j)
        times = (e.time,) if hasattr(e, "time") else ()
        head = ":".join(key) if key else str(e)
        return _single(Atom(head, times), i, j)

    def _slice(self, e: MatrixSlice, i: Index, j: Index) -> Form:
        meant = self._meant(e.parent)
        if meant is not None:
            return self._entry(pushed(e.func(meant, e.rowslice, e.colslice)), i, j)
        (atom, _), *_ = self._variable(e.parent, i, j).terms[0][1].factors
        (r0, r1, _), (c0, c1, _) = e.rowslice, e.colslice
        return _single(replace(atom, head=f"{atom.head}[{r0}:{r1},{c0}:{c1}]"), i, j)

    def _sum(self, e: Expr, i: Index, j: Index) -> Form:
        return _sum([self._entry(a, i, j) for a in e.args])

    def _product(self, e: Expr, i: Index, j: Index) -> Form:
        scalars = [a for a in e.args if not isinstance(a, MatrixExpr)]
        matrices = [a for a in e.args if isinstance(a, MatrixExpr)]
        form, bounds, left = ONE, [], i
        for place, matrix in enumerate(matrices):
            last = place == len(matrices) - 1
            size = matrix.shape[1]
            right = j if last else None if size == 1 else Dummy("k")
            form = form * self._entry(matrix, left, right)
            if not last and right is not None:
                bounds.append((right, size))
            left = right
        for bound, size in bounds:
            form = _summed(form, bound, size)
        return form * self._scalar(sympy.Mul(*scalars)) if scalars else form

    def _transpose(self, e: Expr, i: Index, j: Index) -> Form:
        return self._entry(e.arg, j, i)

    def _hadamard(self, e: Expr, i: Index, j: Index) -> Form:
        form = ONE
        for factor in e.args:
            form = form * self._entry(factor, i, j)
        return form

    def _power(self, e: Expr, i: Index, j: Index) -> Form:
        if e.exp.is_Integer and e.exp > 0:
            form = self._entry(e.base, i, j)
            return _repeated(form, int(e.exp))
        y = Dummy("y", real=True)
        return self._elementwise(Elementwise(sympy.Lambda((y,), y**e.exp), e.base), i, j)

    def _matrix_power(self, e: Expr, i: Index, j: Index) -> Form:
        if e.exp.is_Integer and 0 <= e.exp <= 12:
            return self._entry(sympy.MatMul(*[e.base] * int(e.exp)) if e.exp else sympy.Identity(e.shape[0]), i, j)
        return _single(Atom(f"power {e.exp}", (e.exp,), (self.form(e.base),)), i, j)

    def _identity(self, e: Expr, i: Index, j: Index) -> Form:
        return _delta(i, j)

    def _ones(self, e: Expr, i: Index, j: Index) -> Form:
        return ONE

    def _zero(self, e: Expr, i: Index, j: Index) -> Form:
        return ZERO

    def _diagonal(self, e: Expr, i: Index, j: Index) -> Form:
        vector = e.args[0]
        entry = self._entry(vector, i, None) if vector.shape[1] == 1 else self._entry(vector, None, i)
        return _delta(i, j) * entry

    def _elementwise(self, e: Elementwise, i: Index, j: Index) -> Form:
        (y,), body = e.function.variables, sympy.expand(e.function.expr.doit())
        named = self._name_of(e)
        if named is not None:
            return self._entry(named, i, j)
        argument = self.form(e.argument)
        entry = self._entry(pushed(e.argument), i, j)
        terms = []
        for term in sympy.Add.make_args(body):
            form = ONE
            for factor in sympy.Mul.make_args(term):
                form = form * self._function(factor, y, e, entry, argument, i, j)
            terms.append(form)
        return _sum(terms)

    def _function(self, f: Expr, y: Symbol, e: Elementwise, entry: Form, argument: Form, i: Index, j: Index) -> Form:
        base, exponent = f.as_base_exp()
        if not f.has(y):
            return self._scalar(f)
        if exponent.is_Integer and exponent > 0 and exponent <= 12:
            if base == y:
                return _repeated(entry, int(exponent))
            if exponent > 1:
                return _repeated(self._function(base, y, e, entry, argument, i, j), int(exponent))
        named = self._name_of(Elementwise(sympy.Lambda((y,), f), e.argument)) if f != e.function.expr else None
        if named is not None:
            return self._entry(named, i, j)
        return _single(Atom(f"function {f.xreplace({y: ENTRY})}", (), (argument,)), i, j)

    def _softmax(self, e: Softmax, i: Index, j: Index) -> Form:
        named = self._name_of(e)
        if named is not None:
            return self._entry(named, i, j)
        return _single(Atom("softmax", (), (self.form(e.argument),)), i, j)

    def _logsumexp(self, e: LogSumExp, i: Index, j: Index) -> Form:
        return _single(Atom("logsumexp", (), (self.form(e.argument),)), None, None)

    def _name_of(self, e: Any) -> Any:
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
        return self._summed_over(e.limits, lambda time: self._entry(pushed(e.term.subs(e.limits[0], time)), i, j))

    @staticmethod
    def _summed_over(limits: tuple[Symbol, Expr, Expr], term: Callable[[Dummy], Form]) -> Form:
        """The sum over a time, counted from 1 where it starts at a number."""
        index, low, high = limits
        time = Dummy(index.name, integer=True)
        form = term(time)
        shift = low - 1 if low.is_Integer else S.Zero
        table = {time: time + shift}
        conditions = (sympy.expand(time + shift - low), sympy.expand(high - time - shift))
        terms = []
        for coefficient, monomial in form.terms:
            moved = _moved(monomial, table) if shift else monomial
            there = replace(moved, times=(*moved.times, time), conditions=moved.conditions | set(conditions))
            terms.append((coefficient.xreplace(table) if shift else coefficient, there))
        return Form(tuple(terms))

    def _ordered(self, e: OrderedProduct, i: Index, j: Index) -> Form:
        return self._product_over(e.limits, self.form, e.factor, i, j)

    def _product_over(
        self, limits: tuple[Symbol, Expr, Expr], read: Callable[[Expr], Form], factor: Expr, i: Index, j: Index
    ) -> Form:
        """A product over a time: one where it is empty, its factor where there is one, else a generator."""
        index, low, high = limits
        count = sympy.expand(high - low + 1)
        if count.is_Integer and count <= 0:
            return _delta(i, j)
        if count == 1:
            there = factor.subs(index, low)
            return self._entry(pushed(there), i, j) if isinstance(there, MatrixExpr) else read(there)
        time = Dummy(index.name, integer=True)
        form = read(factor.subs(index, time))
        canonical = Form(
            tuple((c.xreplace({time: _PRODUCT_TIME}), _moved(m, {time: _PRODUCT_TIME})) for c, m in form.terms)
        )
        return _single(Atom("product", (low, high), (canonical,)), i, j)


_PRODUCT_TIME = Symbol("i", integer=True)
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
    Softmax: Reader._softmax,
    LogSumExp: Reader._logsumexp,
    TimeSum: Reader._time_sum,
    OrderedProduct: Reader._ordered,
}


def _single(atom: Atom, i: Index, j: Index) -> Form:
    indices = tuple(index for index in (i, j) if index is not None)
    return Form(((S.One, Monomial(((atom, indices),))),))


def _sum(forms: Iterable[Form]) -> Form:
    return Form(tuple(term for form in forms for term in form.terms))


def _repeated(form: Form, times: int) -> Form:
    product = ONE
    for _ in range(times):
        product = product * form
    return product


_DELTA = Atom("delta")


def _delta(i: Index, j: Index) -> Form:
    return ONE if i is None or i == j else Form(((S.One, Monomial(((_DELTA, (i, j)),))),))


def _summed(form: Form, bound: Dummy, size: Expr) -> Form:
    """The sum over an index: a delta in it is used up, and an index that nothing holds counts its size."""
    return Form(tuple(_summed_term(c, m, bound, size) for c, m in form.terms))


def _summed_term(coefficient: Expr, monomial: Monomial, bound: Dummy, size: Expr) -> tuple[Expr, Monomial]:
    factors = list(monomial.factors)
    for place, (atom, indices) in enumerate(factors):
        if atom == _DELTA and bound in indices:
            other = indices[0] if indices[1] == bound else indices[1]
            rest = factors[:place] + factors[place + 1 :]
            return coefficient, replace(monomial, factors=tuple((a, _with(ix, bound, other)) for a, ix in rest))
    if not any(bound in indices for _, indices in factors):
        return coefficient * size, monomial
    fresh = Dummy("k")
    return coefficient, replace(
        monomial,
        factors=tuple((a, _with(ix, bound, fresh)) for a, ix in factors),
        sizes=(*monomial.sizes, (fresh, size)),
    )


def _with(indices: tuple[Index, ...], old: Index, new: Index) -> tuple[Index, ...]:
    return tuple(new if index == old else index for index in indices)


def _blocks(e: Expr) -> list[Expr]:
    """The blocks of a block matrix, else the matrix itself."""
    return list(e.blocks) if isinstance(e, sympy.BlockMatrix) else [e]


# --- canonical names ------------------------------------------------------------------------------------------------


def _named(coefficient: Expr, monomial: Monomial, names: Mapping[Symbol, Symbol]) -> tuple[Expr, str]:
    """The coefficient that holds no summed time, and the name of the monomial: the least over all labellings."""
    factors = list(monomial.factors)
    number, rest = coefficient.as_independent(*monomial.times, as_Add=False) if monomial.times else (coefficient, S.One)
    conditions = _closure(monomial.conditions, monomial.times)
    best: str | None = None
    for order in itertools.permutations(range(len(monomial.times))):
        table = dict(names)
        depth = len(names)
        table |= {time: Symbol(f"s{depth + order[k]}", integer=True) for k, time in enumerate(monomial.times)}
        keys = [(atom.key(table), indices) for atom, indices in factors]
        shown = sorted(str(sympy.expand(c.xreplace(table))) for c in conditions)
        label = f"{_labelled(keys, dict(monomial.sizes))} for {rest.xreplace(table)} over {shown}"
        best = label if best is None else min(best, label)
    return number, best or ""


def _closure(conditions: frozenset[Expr], times: Sequence[Dummy]) -> frozenset[Expr]:
    """All differences that must not be negative and follow by adding two of which a summed time falls out."""
    found = set(conditions)
    while True:
        more = set()
        for a, b in itertools.combinations(found, 2):
            total = sympy.expand(a + b)
            if any((a.has(t) and b.has(t) and not total.has(t)) for t in times) and not total.is_number:
                more.add(total)
        if more <= found:
            break
        found |= more
    return frozenset(c for c in found if c.has(*times)) if times else frozenset(found)


def _labelled(keys: list[tuple[str, tuple[Index, ...]]], sizes: Mapping[Dummy, Expr]) -> str:
    """The product with its summed indices renamed so that its text is the least."""
    bound = [index for index in sizes if any(index in indices for _, indices in keys)]
    colours = dict.fromkeys(bound, "")
    for _ in range(len(bound) + 1):
        finer = {index: _colour(index, keys, colours) for index in bound}
        settled = len(set(finer.values())) == len(set(colours.values()))
        colours = finer
        if settled:
            break
    classes: dict[str, list[Dummy]] = defaultdict(list)
    for index in bound:
        classes[colours[index]].append(index)
    groups = [classes[colour] for colour in sorted(classes)]
    choices = itertools.islice(itertools.product(*(itertools.permutations(group) for group in groups)), MOST_LABELLINGS)
    return min(_text(keys, [index for group in choice for index in group], sizes) for choice in choices)


def _colour(index: Dummy, keys: list[tuple[str, tuple[Index, ...]]], colours: Mapping[Dummy, str]) -> str:
    seen = []
    for key, indices in keys:
        for place, here in enumerate(indices):
            if here == index:
                others = [colours.get(i, i) if k != place else "." for k, i in enumerate(indices)]
                seen.append(f"{key}{others}")
    return _short("|".join(sorted(seen)))


def _short(text: str) -> str:
    """A short name of a text, the same in every process."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(keys: list[tuple[str, tuple[Index, ...]]], order: list[Dummy], sizes: Mapping[Dummy, Expr]) -> str:
    numbers = {index: f"#{place}" for place, index in enumerate(order)}
    return "*".join(sorted(f"{key}[{','.join(str(numbers.get(i, i)) for i in indices)}]" for key, indices in keys))
