"""Whether a line about a cell certainly has a value at all its steps, wherever the cell and its gradients have theirs.

What a line divides by, and what it takes roots and logarithms of, may stand in the same way in an equation of the cell
or in a rule; or its sign is told, with functions of any real numbers in place of the values of activations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import sympy
from sympy import Expr, Interval, MatrixExpr, S, Symbol

from symgrad.base import sized
from symgrad.base.budget import attempt
from symgrad.language.statements import Domain
from symgrad.prove.basics.conditions import Condition, conditions
from symgrad.prove.signs import bounds
from symgrad.recurrent.forms.needs import (
    NONNEGATIVE,
    NONZERO,
    SUMS,
    EntryOf,
    Need,
    Rows,
    certain_of,
    has_terms,
    needs_of,
    within,
)
from symgrad.recurrent.forms.state_jacobians import StateJacobian
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.one_step import Share
from symgrad.symbols import (
    LENGTH,
    TIME,
    Elementwise,
    OfMatrix,
    Role,
    Softmax,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    timed_in,
    with_slopes,
)
from symgrad.symbols.inequalities import is_certain, row_of

FOR_A_SIGN = 300_000  # units of work
LARGEST = 80  # operations of what is factored
DEEPEST_NAME = 8  # within a step
DEEPEST = 2  # equations of the cell that are put in for names


@dataclass(frozen=True)
class LineValues:
    """What is certain of the values of formulas about a cell.

    Attributes
    ----------
    grad : Backward
    rule : Expr
        What the rules give for the name of a line: that has a value, and so do the adjoints that it is made of.
    domain : Domain
        The values of scalar parameters.
    """

    grad: Backward
    rule: Expr = S.Zero
    domain: Domain = field(default_factory=Domain)

    def doubts(self, right: object, known: Iterable[Expr]) -> tuple[Need, ...]:
        """What a formula asks for and is not certain to have.

        Parameters
        ----------
        right : Expr
            The formula as it was written.
        known : iterable of Expr
            What is at least 0 at the steps of the line.
        """
        rows = tuple(row for e in known if (row := row_of(e)) is not None)
        asked = needs_of(right, rows)
        given = (
            {need for e in (self.rule, *self._at_its_step(rows)) for need in certain_of(e, rows)} if asked else set()
        )
        doubted = (need for need in asked if given.isdisjoint(need.ways) and not self.is_met(need))
        return tuple({str(need): need for need in doubted}.values())

    def is_met(self, need: Need) -> bool:
        """Whether what a formula asks for is certainly there."""
        return any(map(self._is_given, need.ways)) or self._is_certain(need)

    # --- what stands in the cell ----------------------------------------------------------------------------

    @cached_property
    def _given(self) -> tuple[Need, ...]:
        """What the equations of step t ask for, those of the cell and of the adjoints of the name."""
        found = [e.right for e in self.grad.cell.steps]
        found += [] if self.grad.at == "last" else [self.grad.loss.term]
        found += [s.value for s in self._shares if s.by is not None or self.grad.at != "last"]
        return self._in_both_words(found)

    @cached_property
    def _given_at_end(self) -> tuple[Need, ...]:
        """What a loss of the last step asks for."""
        if self.grad.at != "last":
            return ()
        return self._in_both_words([self.grad.loss.term, *(s.value for s in self._shares if s.by is None)])

    @cached_property
    def _shares(self) -> tuple[Share, ...]:
        """The shares within a step, of every step from 1 to T, that the name of a line is made of.

        Those of later steps, and those of a name for one step, are not asked for at all steps.
        """
        waiting, found = list(_of_every_step(self.rule)), dict[Expr, tuple[Share, ...]]()
        while waiting:
            for named in {a for a in timed_in(waiting.pop()) if a.key in self._homes and a.time == TIME} - found.keys():
                found[named] = self._within_its_step(named)
                waiting += [share.value for share in found[named]]
        return tuple(share for shares in found.values() for share in shares)

    def _at_its_step(self, rows: Rows) -> list[Expr]:
        """What the adjoints are, at their steps, that stand in the rules for a name and in no sum over steps."""
        waiting, found = [self.rule], dict[Expr, list[Expr]]()
        while waiting:
            for named in {a for a in _unbound(waiting.pop()) if a.key in self._homes} - found.keys():
                step = named.time
                is_there = is_certain(step - 1, rows) and is_certain(LENGTH - step, rows)
                found[named] = [
                    share.value.subs(TIME, step)
                    for share in (self._within_its_step(named) if is_there else ())
                    if share.by is not None or self.grad.at != "last" or step == LENGTH
                ]
                waiting += found[named]
        return [e for values in found.values() for e in values]

    @cached_property
    def _homes(self) -> dict[Any, Expr]:
        return {named.key: v for v, named in self.grad.adjoints.items()}

    def _within_its_step(self, named: Any) -> tuple[Share, ...]:
        return tuple(share for share in self.grad.shares.get(self._homes[named.key], ()) if share.shift == 0)

    def _in_both_words(self, formulas: Iterable[object]) -> tuple[Need, ...]:
        needs = dict.fromkeys(need for e in formulas for need in certain_of(e) if not need.bound)
        return tuple(dict.fromkeys((*needs, *(replace(need, of=self._written_out(need.of)) for need in needs))))

    def _written_out(self, e: Any) -> Any:
        """A formula with the names of values within a step by what they are."""
        for _ in range(DEEPEST_NAME):
            known = ((v, self._equations.get(v.key)) for v in timed_in(e) if v.role is Role.INTERMEDIATE)
            table = {v: right.subs(TIME, v.time) for v, right in known if right is not None}
            if not table or sized.nodes(e) > LARGEST:
                return e
            e = e.xreplace(table)
        return e

    @cached_property
    def _equations(self) -> dict[Any, Any]:
        return {e.left.key: e.right for e in self.grad.cell.steps}

    def _is_given(self, need: Need) -> bool:
        of = dict.fromkeys((need.of, self._written_out(need.of)))
        return any(
            given.kind == need.kind and self._is_at_a_step(e, given.of, need.rows, at_end)
            for givens, at_end in ((self._given, False), (self._given_at_end, True))
            for given in givens
            for e in of
        )

    @staticmethod
    def _is_at_a_step(e: Any, given: Any, rows: Rows, at_end: bool) -> bool:
        """Whether something is what an equation asks for at a step from 1 to T, or at T."""
        if not (timed := timed_in(given)):
            return bool(e == given)
        first = timed[0]
        for v in (v for v in timed_in(e) if v.key == first.key):
            step = sympy.expand(v.time - (first.time - TIME))
            is_there = step == LENGTH if at_end else is_certain(step - 1, rows) and is_certain(LENGTH - step, rows)
            if is_there and given.subs(TIME, step) == e:
                return True
        return False

    # --- signs ----------------------------------------------------------------------------------------------

    def _is_certain(self, need: Need) -> bool:
        if need.kind == NONZERO:
            return self._is_never_zero(need.of, need)
        if need.kind == NONNEGATIVE:
            return (is_step(need.of) and is_certain(need.of, need.rows)) or self._shows(need, _nonnegative(need.of))
        is_real = Condition(S.Zero, real=need.of, is_needed=False)
        return isinstance(need.of, sympy.Function) and self._shows(need, is_real, *conditions(need.of))

    def _is_never_zero(self, e: Expr, need: Need) -> bool:
        factors = sympy.Mul.make_args(sympy.factor(e) if _is_small(e) else e)
        return all(self._is_factor_never_zero(factor, need) for factor in factors)

    def _is_factor_never_zero(self, e: Expr, need: Need) -> bool:
        if isinstance(e, sympy.Pow) and e.exp.is_positive:
            e = e.base
        if e.is_number:
            return bool(e.is_zero is False)
        if is_step(e) and (is_certain(e - 1, need.rows) or is_certain(-e - 1, need.rows)):
            return True
        if isinstance(e, sympy.Product):
            rows, bound = within(e.limits, need.rows, need.bound)
            return self.is_met(Need(NONZERO, e.function, rows, bound))
        here = Need(NONZERO, e, need.rows, need.bound)
        return self._is_given(here) or self._shows(here, Condition(e))

    def _shows(self, need: Need, *asked: Condition) -> bool:
        """Whether conditions certainly hold, with names for what stands at steps or with what it is a function of."""
        ways = [_StandIns(self, need.rows, depth) for depth in (0, DEEPEST)]
        return any(attempt(FOR_A_SIGN, partial(way.fulfil, asked)) for way in ways)

    def equation_at(self, v: Any, rows: Rows) -> Any:
        """What a variable at a step is by its equation, if it certainly has one there."""
        right = self._equations.get(v.key)
        is_there = is_certain(v.time - 1, rows) and is_certain(LENGTH - v.time, rows)
        return right.subs(TIME, v.time) if right is not None and is_there else None


@dataclass(frozen=True)
class _StandIns:
    """Real numbers in place of what stands in a formula about a cell, with all that they may be.

    Attributes
    ----------
    depth : int
        How many equations of the cell are put in, one into the other, for the names of a formula.
    """

    values: LineValues
    rows: Rows
    depth: int
    made: dict[Any, Symbol] = field(default_factory=dict)
    sets: dict[Symbol, sympy.Set] = field(default_factory=dict)

    def fulfil(self, asked: Sequence[Condition]) -> bool:
        plain = [condition.xreplace(self._table(condition)) for condition in asked]
        free = {s for c in plain for e in _parts(c) for s in e.free_symbols}
        sets = {s: self.sets.get(s) or self._of_steps(s) for s in sorted(free, key=str)}
        ties = tuple(c for c in self.values.domain.conditions if c.free_symbols <= sets.keys())
        domain = Domain(tuple(sets.items()), ties)
        return all(bounds.discharged(condition, domain) for condition in plain)

    def _table(self, condition: Condition) -> dict[Any, Expr]:
        return {leaf: self._leaf(leaf, self.depth) for e in _parts(condition) for leaf in _leaves(e)}

    def plain(self, e: Expr, depth: int) -> Expr:
        return e.xreplace({leaf: self._leaf(leaf, depth) for leaf in _leaves(e)})

    def _of_steps(self, s: Symbol) -> sympy.Set:
        if not s.is_integer:
            return self.values.domain.set_of(s)
        if s.is_positive or is_certain(s - 1, self.rows):
            return sympy.Range(1, sympy.oo)
        return sympy.Range(0, sympy.oo) if is_certain(s, self.rows) else S.Integers

    def _leaf(self, leaf: object, depth: int) -> Expr:
        if isinstance(leaf, Symbol) and not isinstance(leaf, TimedScalar):
            return leaf
        if isinstance(leaf, TimedScalar):
            right = self.values.equation_at(leaf, self.rows) if depth else None
            return self._any(leaf) if right is None else self._of_function(right, depth - 1)
        if isinstance(leaf, EntryOf):
            return self._entry(leaf.matrix, depth)
        return self._any(leaf, self._range(leaf))

    def _of_function(self, e: Expr, depth: int) -> Expr:
        """A function of any real number for one of a formula; what is none, as far as equations are put in."""
        if isinstance(e, sympy.Function) and len(e.args) == 1:
            return e.func(self._any(e.args[0]))
        return self.plain(e, depth)

    def _entry(self, e: Any, depth: int) -> Expr:
        """An entry of a matrix by those of what it is made of, entry by entry."""
        right = self.values.equation_at(e, self.rows) if depth and isinstance(e, TimedMatrix) else None
        if isinstance(right, Elementwise):
            return _at_entry(right, self._any(right.argument))
        if right is not None:
            return self._entry(right, depth - 1)
        if isinstance(e, Elementwise):
            return self.plain(_at_entry(e, self._entry(e.argument, depth)), depth)
        if isinstance(e, sympy.OneMatrix):
            return S.One
        if isinstance(e, sympy.MatAdd):
            return sympy.Add(*(self._entry(a, depth) for a in e.args))
        if isinstance(e, sympy.HadamardProduct):
            return sympy.Mul(*(self._entry(a, depth) for a in e.args))
        if isinstance(e, sympy.HadamardPower):
            return self._entry(e.base, depth) ** e.exp
        matrices = [a for a in e.args if isinstance(a, MatrixExpr)] if isinstance(e, sympy.MatMul) else []
        if len(matrices) == 1:
            scalars = (self.plain(a, depth) for a in e.args if not isinstance(a, MatrixExpr))
            return sympy.Mul(*scalars, self._entry(matrices[0], depth))
        return self._any(EntryOf(e), Interval.Lopen(0, 1) if isinstance(e, Softmax) else S.Reals)  # 1 of one entry

    def _any(self, of: object, values: sympy.Set = S.Reals) -> Symbol:
        if of not in self.made:
            self.made[of] = Symbol(f"v{len(self.made)}", real=True)
            self.sets[self.made[of]] = values
        return self.made[of]

    def _range(self, leaf: object) -> sympy.Set:
        """All that a sum, a trace or a norm may be."""
        if isinstance(leaf, OfMatrix) or (isinstance(leaf, sympy.Trace) and _is_square(leaf.arg)):
            return Interval(0, sympy.oo)
        if not isinstance(leaf, sympy.Sum | sympy.Product):
            return S.Reals
        rows, bound = within(leaf.limits, self.rows, frozenset())
        if not self.values.is_met(Need(NONNEGATIVE, leaf.function, rows, bound)):
            return S.Reals
        is_positive = isinstance(leaf, sympy.Product) or has_terms(leaf.limits, self.rows)
        is_positive = is_positive and self.values.is_met(Need(NONZERO, leaf.function, rows, bound))
        return Interval.open(0, sympy.oo) if is_positive else Interval(0, sympy.oo)


def _unbound(e: Any) -> Iterator[Any]:
    """The variables at steps that stand in no sum or product over steps."""
    if isinstance(e, TimedScalar | TimedMatrix):
        yield e
    elif not isinstance(e, SUMS):
        for a in e.args:
            yield from _unbound(a)


def _of_every_step(e: Expr) -> Iterator[Expr]:
    """What is added for each step from 1 to T, at step t."""
    if isinstance(e, sympy.Add | sympy.MatAdd):
        for part in e.args:
            yield from _of_every_step(part)
    elif isinstance(e, TimeSum | sympy.Sum) and len(e.args) == 2:
        index, low, high = e.args[1]
        if (low, high) == (1, LENGTH):
            yield e.args[0].subs(index, TIME)


def is_step(e: Expr) -> bool:
    """Whether an expression is a sum of multiples of steps and sizes."""
    return row_of(e) is not None


def _at_entry(e: Elementwise, entry: Expr) -> Expr:
    (y,) = e.function.variables
    return with_slopes(e.function.expr).xreplace({y: entry})


def _nonnegative(e: Expr) -> Condition:
    return Condition(S.Zero, nonnegative=(e,), is_needed=False)


def _parts(condition: Condition) -> Iterator[Expr]:
    known = (condition.nonzero, condition.positive, condition.real, *condition.nonnegative)
    return (e for e in known if e is not None)


def _leaves(e: Any) -> Iterator[Any]:
    """The parts of a scalar that are real numbers of their own."""
    if isinstance(e, (*SUMS, sympy.Trace, OfMatrix, EntryOf, TimedScalar, StateJacobian, Symbol)):
        yield e
        return
    for a in e.args:
        yield from _leaves(a)


def _is_small(e: Expr) -> bool:
    return sized.nodes(e) <= LARGEST and not e.has(sympy.Piecewise)


def _is_square(matrix: Any) -> bool:
    """Whether a matrix is A.T @ A or A @ A.T, of which the trace is the sum of the squares of all entries."""
    is_product = isinstance(matrix, sympy.MatMul) and len(matrix.args) == 2
    return (
        is_product
        and isinstance(matrix.args[0], MatrixExpr)
        and matrix.args[0] == sympy.Transpose(matrix.args[1]).doit()
    )
