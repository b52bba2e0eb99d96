"""The steps that a claim about a cell speaks of, 0 <= k <= t <= T, and what its conditions leave of them.

A derivative dh[t]/dh[k] is one of a later state with respect to one that is not later, and states are at steps 0 to T.
So a claim is about the steps at which all that it names is there: those conditions belong to its domain like the ones
that are stated with it, and where nothing is left of the domain it is no claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from itertools import product as combinations
from typing import Any, NamedTuple, TypeAlias

import sympy
from sympy import Basic, Expr, Set, Symbol
from sympy.logic.boolalg import Boolean

from symgrad.base.errors import CellError, ClaimError
from symgrad.language.provable import as_sympy
from symgrad.language.statements import Domain, free_symbols
from symgrad.norms.relation import from_start
from symgrad.norms.scopes import bound_by
from symgrad.reading.text import to_text
from symgrad.recurrent.cells.cell import Cell
from symgrad.recurrent.forms.state_jacobians import StateJacobian
from symgrad.symbols import (
    LENGTH,
    TIME,
    OrderedProduct,
    Role,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    size_symbols,
    timed_in,
)
from symgrad.symbols.inequalities import Row, is_certain, is_impossible, row_of

LARGEST_STEP = 8  # that is looked for where the usual ones do not fit
LONGEST_RUN = 64  # for a step that is named as a number
Limits: TypeAlias = tuple[tuple[Any, ...], ...]  # of sums over steps: variable, first and last value


class Span(NamedTuple):
    """Steps in their order, each at most the next one, of what they are those, and that the last is in the run."""

    links: tuple[tuple[Expr, Expr], ...]
    of: Any
    end: tuple[Expr, Expr]


@dataclass(frozen=True)
class Steps:
    """The domain of a claim about a cell with what its states and Jacobians ask of steps.

    Attributes
    ----------
    domain : Domain
    indices : tuple of Symbol
        The symbols of steps besides t and T.
    assumed : tuple of str
        What is asked of steps and not stated among the conditions.
    ends : tuple of conditions
        What is asked of the number of steps of a run, whether or not the claim speaks of it.
    """

    domain: Domain
    indices: tuple[Symbol, ...]
    assumed: tuple[str, ...]
    ends: tuple[Boolean, ...]

    @classmethod
    def of(cls, cell: Cell, expressions: tuple[Expr, ...], stated: Domain) -> Steps:
        """The steps of a claim with these sides under these conditions.

        Raises
        ------
        ClaimError
            If no steps are left.
        """
        asking = Domain(stated.sets, _that_ask_for_steps(expressions, stated))
        spans = tuple(_spans(cell, expressions, asking))
        indices = _indices(spans)
        sizes = size_symbols((*cell.defined, *cell.inputs, *cell.parameters))
        size = next((s for s in indices if s in sizes), None)
        if size is not None:
            raise ClaimError(f"{size} is a size of the cell; write another letter for the step")
        nowhere = next((s for s in (TIME, LENGTH) if _is_never_a_step(s, stated)), None)
        if nowhere is not None:
            raise ClaimError(f"the domain is empty: steps are 0 to {LENGTH}, and the conditions leave {nowhere} none")
        sets = {**stated.as_dict(), **{s: _set_of(s, stated) for s in (TIME, LENGTH, *indices)}}
        plain = Domain(_in_order(sets), stated.conditions)
        given = [*_rows_of_sets(stated), *_rows_of(stated.conditions)]
        known = [*_rows_of_sets(plain), *_rows_of(stated.conditions)]
        asked = [_at_most(*link) for link in dict.fromkeys(link for span in spans for link in span.links)]
        for span in spans:
            if is_impossible([*known, *_rows_of(_at_most(*link) for link in span.links)]):
                raise ClaimError(_nothing_left(span, stated))
        if is_impossible([*known, *_rows_of(asked)]):
            raise ClaimError(_nothing_left(spans[0], stated))
        spoken_of = (s for s in (TIME, LENGTH) if _speaks(s, expressions, asking))
        starts = [_at_most(sympy.S.One, s) for s in spoken_of if not _starts(s, stated)]
        told = _without_idle([c for c in (*asked, *starts) if not _follows(c, given)], given)
        narrowed = _narrowed(plain, [c for c in asked if not _follows(c, known)])
        ends = dict.fromkeys(_at_most(*span.end) for span in spans)
        return cls(narrowed, indices, tuple(_shown(told)), tuple(ends))

    def may_start_at_0(self, step: Symbol) -> bool:
        """Whether the conditions say of t or T that it may be 0."""
        values = self.domain.set_of(step)
        if values.contains(sympy.S.Zero) != sympy.true:
            return False
        rows = (*_rows_of_sets(self.domain), *_rows_of(self.domain.conditions), Row(((step, -1),), 0))
        return not is_impossible(rows)

    def lengths(self, usual: Iterable[int]) -> list[int]:
        """Numbers of steps for which there are such steps: of the usual ones, or others where there are none."""
        found = [T for T in usual if next(self.times(T), None) is not None]
        fixed = [int(c.args[0]) for c in self.ends if c.args[0].is_Integer]
        named = [T for T in fixed if LARGEST_STEP < T <= LONGEST_RUN]
        further = (T for T in (*range(LARGEST_STEP + 1), *named) if next(self.times(T), None) is not None)
        return found or list(further)[:3]

    def times(self, length: int) -> Iterator[dict[Symbol, int]]:
        """Values of t and of all indices in a run of so many steps at which every condition on steps holds."""
        symbols = (TIME, LENGTH, *self.indices)
        values = ((range(length + 1)), (length,), *(range(length + 1) for _ in self.indices))
        sets = [(s, self.domain.set_of(s)) for s in symbols]
        joint = [c for c in (*self.domain.conditions, *self.ends) if c.free_symbols <= set(symbols)]
        for chosen in combinations(*values):
            known = dict(zip(symbols, chosen))
            numbers = {s: sympy.Integer(k) for s, k in known.items()}
            if all(values.contains(numbers[s]) == sympy.true for s, values in sets) and all(
                _is_met(c, numbers) for c in joint
            ):
                yield known


def _is_met(condition: Boolean, numbers: Mapping[Symbol, Expr]) -> bool:
    left, right = (as_sympy(side).xreplace(numbers) for side in condition.args)
    return bool(condition.func(left, right) == sympy.true)


def _speaks(step: Symbol, expressions: Iterable[Expr], stated: Domain) -> bool:
    """Whether a claim speaks of t or T, in its sides or in its conditions."""
    is_joint = any(step in free_symbols(c) for c in stated.conditions)
    return is_joint or step in stated.symbols or any(step in free_symbols(e) for e in expressions)


def _that_ask_for_steps(expressions: Iterable[Expr], stated: Domain) -> tuple[Boolean, ...]:
    """The conditions without those on inputs: said of all steps, these hold of a run without steps as well."""
    if any(TIME in free_symbols(e) for e in expressions):
        return stated.conditions
    return tuple(c for c in stated.conditions if not _is_about_inputs_alone(c))


def _is_about_inputs_alone(condition: Boolean) -> bool:
    variables = timed_in(condition)
    return bool(variables) and all(v.role is Role.INPUT and v.time == TIME for v in variables)


def _at_most(low: Expr, high: Expr) -> Boolean:
    return sympy.Le(low, high, evaluate=False)


def _in_order(sets: Mapping[Symbol, Set]) -> tuple[tuple[Symbol, Set], ...]:
    return tuple(sorted(sets.items(), key=lambda item: item[0].name))


def _spans(cell: Cell, expressions: tuple[Expr, ...], stated: Domain) -> Iterator[Span]:
    """What the sides and the conditions ask of steps."""
    has_end = _speaks(LENGTH, expressions, stated)
    spoken_of = (*expressions, *stated.conditions)
    for node, limits in _named(spoken_of):
        if isinstance(node, StateJacobian):
            times = [sympy.S.Zero, node.early.time, node.late.time]
            last = LENGTH
        else:
            first, last = _first_and_last(node, cell)
            times = [first, node.time]
        end = _hardest(times[-1], last, limits)
        times += [last] if has_end and times[-1] != last else []
        links = tuple(_hardest(*link, limits) for link in pairwise(times))
        yield Span(tuple(link for link in links if not _is_plain(*link)), node, end)
    if has_end and _speaks(TIME, expressions, stated):
        yield Span(((TIME, LENGTH),), TIME, (TIME, LENGTH))


def _first_and_last(variable: Expr, cell: Cell) -> tuple[Expr, Expr]:
    """The first and the last step at which a variable is there, of a state those before and after the run."""
    shifts = [v.time - TIME for e in cell.steps for v in timed_in(e.right) if v.key == variable.key]
    if variable.role is not Role.STATE:
        shifts = []
    return min([sympy.S.One, *(1 + s for s in shifts)]), max([LENGTH, *(LENGTH + s for s in shifts)], key=_shift)


def _shift(time: Expr) -> int:
    return int(time - LENGTH)


def _named(spoken_of: Iterable[Basic]) -> Iterator[tuple[Expr, Limits]]:
    """The Jacobians and other variables at steps, with the sums and products over steps that they stand in.

    What changes with a variable that something else binds, as that of a limit, is left out.
    """
    found: dict[tuple[Expr, Limits], None] = {}
    waiting: list[tuple[Any, Limits, frozenset[Symbol]]] = [(e, (), frozenset()) for e in spoken_of]
    while waiting:
        node, around, bound = waiting.pop()
        if isinstance(node, StateJacobian | TimedScalar | TimedMatrix):
            if bound.isdisjoint(free_symbols(node)):
                found[node, tuple(limits for limits in around if limits[0] in free_symbols(node))] = None
        elif isinstance(node, sympy.Basic):
            limits = _limits_of(node)
            bound = bound if limits else bound | bound_by(node)
            waiting += [(part, (*limits, *around), bound) for part in node.args if type(part) is not sympy.Tuple]
    yield from found


def _limits_of(node: Basic) -> Limits:
    if isinstance(node, TimeSum | OrderedProduct):
        return (tuple(node.limits),)
    is_plain = isinstance(node, sympy.Sum | sympy.Product) and all(len(limits) == 3 for limits in node.limits)
    return tuple(map(tuple, node.limits)) if is_plain else ()


def _is_plain(low: Expr, high: Expr) -> bool:
    """Whether two steps are in order as they stand."""
    return bool((high - low).is_nonnegative)


def _hardest(low: Expr, high: Expr, limits: Limits) -> tuple[Expr, Expr]:
    """What is asked of two steps at all values of the variables of sums, from the inmost one outwards."""
    low, high = sympy.expand(as_sympy(low)), sympy.expand(as_sympy(high))
    for variable, first, last in limits:
        rising = sympy.expand(high - low).coeff(variable)
        end = {variable: as_sympy(last) if rising.is_negative else as_sympy(first)}
        low, high = (sympy.expand(side.xreplace(end)) for side in (low, high))
    return low, high


def check_times(expressions: Iterable[Basic]) -> None:
    """Refuse the derivative of an earlier state with respect to a later one.

    Raises
    ------
    CellError
        If the steps of a Jacobian stand in the wrong order, whatever the conditions.
    """
    found = (j for e in expressions for j in sympy.preorder_traversal(e) if isinstance(j, StateJacobian))
    for jacobian in dict.fromkeys(found):
        late, early = jacobian.late.time, jacobian.early.time
        steps = sympy.expand(late - early)
        is_backwards = steps.is_negative or (steps.has(LENGTH, TIME) and (-steps).has(LENGTH) and early.has(LENGTH))
        if is_backwards or not (late.is_Integer or late.has(TIME, LENGTH)) or early.is_negative:
            raise CellError(
                f"{jacobian}: the later state stands above, at t or T, and the earlier one at step 0 or after"
            )


def _is_never_a_step(step: Symbol, stated: Domain) -> bool:
    return step in stated.symbols and bool(stated.set_of(step).intersect(sympy.Range(0, sympy.oo)).is_empty)


def _indices(spans: Iterable[Span]) -> tuple[Symbol, ...]:
    found = {s for span in spans for link in span.links for time in link for s in free_symbols(time)}
    return tuple(sorted(found - {TIME, LENGTH}, key=str))


def _set_of(step: Symbol, stated: Domain) -> Set:
    if step in (TIME, LENGTH):
        return from_start(stated.set_of(step)) if step in stated.symbols else sympy.Range(1, sympy.oo)
    return stated.set_of(step).intersect(sympy.S.Integers)


def _starts(step: Symbol, stated: Domain) -> bool:
    """Whether conditions say where t or T starts."""
    return step in stated.symbols and bool(stated.set_of(step).inf.is_finite)


# --- inequalities between steps -----------------------------------------------------------------------------------


def _rows_of_sets(domain: Domain) -> Iterator[Row]:
    for symbol, values in domain.sets:
        if symbol.is_integer:
            if values.inf.is_Integer:
                yield Row(((symbol, 1),), -int(values.inf))
            if values.sup.is_Integer:
                yield Row(((symbol, -1),), int(values.sup))


def _rows_of(conditions: Iterable[Boolean]) -> Iterator[Row]:
    """What conditions say of steps where they are linear and of nothing else; the others say more, not less."""
    for condition in conditions:
        sides = [as_sympy(side) for side in condition.args]
        difference = sympy.expand(sides[1] - sides[0])
        for kind, sign, shift in _SIGNS:
            if isinstance(condition, kind):
                row = row_of(sign * difference - shift)
                if row is not None:
                    yield row


# What is at least 0 where a condition holds, as a multiple of its right side less its left one, and a number less.
_SIGNS = (
    (sympy.LessThan, 1, 0), (sympy.StrictLessThan, 1, 1), (sympy.GreaterThan, -1, 0), (sympy.StrictGreaterThan, -1, 1),
    (sympy.Equality, 1, 0), (sympy.Equality, -1, 0),
)  # fmt: skip


def _follows(condition: Boolean, known: Iterable[Row]) -> bool:
    """Whether a condition low <= high on steps certainly holds where the others do."""
    low, high = condition.args
    return is_certain(sympy.expand(high - low), known)


def _without_idle(conditions: list[Boolean], given: list[Row]) -> list[Boolean]:
    """Without those that follow from the others and from what is given, the last ones first."""
    kept = list(conditions)
    for condition in reversed(conditions):
        others = [c for c in kept if c is not condition]
        if _follows(condition, [*given, *_rows_of(others)]):
            kept = others
    return kept


def _narrowed(domain: Domain, asked: Iterable[Boolean]) -> Domain:
    """The domain where these conditions hold as well; those on one symbol narrow its set."""
    sets, joint = domain.as_dict(), list[Any]()
    for condition in asked:
        row = row_of(sympy.expand(condition.args[1] - condition.args[0]))
        if row is None or len(row.terms) != 1:
            joint.append(condition)
            continue
        ((symbol, factor),) = row.terms
        end = -row.constant if factor > 0 else row.constant
        values = sympy.Range(end, sympy.oo) if factor > 0 else sympy.Range(-sympy.oo, end + 1)
        sets = {**sets, symbol: sets[symbol].intersect(values)}
    return Domain(_in_order(sets), (*domain.conditions, *joint))


# --- words --------------------------------------------------------------------------------------------------------


def _nothing_left(span: Span, stated: Domain) -> str:
    steps = " and ".join(_shown(_at_most(*link) for link in span.links))
    left = "the conditions leave none" if stated.conditions or stated.sets else "there are none"
    return f"the domain is empty: {span.of} is about steps with {steps}, and {left}"


def _chains(links: Iterable[tuple[Expr, Expr]]) -> list[list[Expr]]:
    """Links that follow one another, put together."""
    found: list[list[Expr]] = []
    for low, high in links:
        before = next((chain for chain in found if chain[-1] == low), None)
        after = next((chain for chain in found if chain[0] == high and chain is not before), None)
        if before is not None:
            before += after if after is not None else [high]
            found = [chain for chain in found if chain is not after]
        elif after is not None:
            after.insert(0, low)
        else:
            found.append([low, high])
    return found


def _shown(conditions: Iterable[Boolean]) -> Iterator[str]:
    """The conditions as text: chains, and those on one symbol solved for it."""
    for chain in _chains(c.args for c in conditions):
        yield _solved(*chain) if len(chain) == 2 else " <= ".join(map(to_text, chain))


def _solved(low: Expr, high: Expr) -> str:
    row = row_of(high - low)
    if row is None or len(row.terms) != 1:
        return f"{to_text(low)} <= {to_text(high)}"
    ((symbol, factor),) = row.terms
    return f"{symbol} >= {-row.constant}" if factor > 0 else f"{symbol} <= {row.constant}"
