"""Gradients as sums over steps, brought to the steps of the sum that the rules give, to be compared term by term."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

import sympy
from sympy import Expr, MatrixExpr, S

from symgrad.recurrent.cells.matrix_algebra import product, total_of, transposed
from symgrad.recurrent.forms.expanded import expanded
from symgrad.symbols import LENGTH, TIME, TimeSum, timed_in, zero_like

MOST_SHORT = 3  # steps that a sum has less than there are
MOST_WAYS = 8


@dataclass(frozen=True)
class TermByTerm:
    """Both sides as a sum over the same steps with a term at step t, and what stands beside the sums.

    Attributes
    ----------
    terms : tuple of two
        The term of a line, and that of the rules.
    low, behind : int
        The sums are from this step to so many before T.
    rests : tuple of two
        What stands beside the sums.
    """

    terms: tuple[Expr, Expr]
    low: int
    behind: int
    rests: tuple[Expr, Expr]

    @property
    def least(self) -> int:
        """The least T for which the sums are not of fewer terms than none."""
        return self.low + self.behind - 1

    @property
    def is_flat(self) -> bool:
        """Whether there is no sum within the sums."""
        return not any(term.atoms(TimeSum, sympy.Sum) for term in self.terms)


@dataclass(frozen=True)
class _Sum:
    """The sum of a term at step t, from a step to so many before T."""

    term: Expr
    low: int
    behind: int


def ways_to_compare(line: Expr, rule: Expr) -> Iterator[TermByTerm]:
    """How the sums of a line can be laid beside those of the rules, each sum at as many places as it fits."""
    (mine, rest), (theirs, other) = _parted(line), _parted(rule)
    if not mine or not theirs or any(len(places) != 1 for places in theirs):
        return
    for count, chosen in enumerate(combinations(*mine, *theirs)):
        if count == MOST_WAYS:
            return
        low, behind = max(s.low for s in chosen), max(s.behind for s in chosen)
        sides = chosen[: len(mine)], chosen[len(mine) :]
        terms = [total_of(s.term for s in side) for side in sides]
        rests = [
            total_of((*beside, *(part for s in side for part in _cut_off(s, low, behind))))
            for side, beside in zip(sides, (rest, other))
        ]
        zero = zero_like(rule)
        yield TermByTerm(
            (terms[0], terms[1]),
            low,
            behind,
            tuple(zero if r is None else r for r in rests),
        )


def _cut_off(s: _Sum, low: int, behind: int) -> Iterator[Expr]:
    """The terms of a sum before a step and after another."""
    for step in (*range(s.low, low), *(LENGTH - k for k in range(s.behind, behind))):
        yield s.term.subs(TIME, sympy.S(step))


def _parted(side: Expr) -> tuple[list[list[_Sum]], list[Expr]]:
    """The sums of a side, each at all places at which it fits, and what else there is."""
    sums: list[list[_Sum]] = []
    rest: list[Expr] = []
    for part in _summands(side):
        found = _as_sum(part)
        places = list(_placed(*found)) if found is not None else []
        if places:
            sums.append(places)
        else:
            rest.append(part)
    return sums, rest


def _summands(e: Expr) -> tuple[Expr, ...]:
    if isinstance(e, MatrixExpr):
        return tuple(e.args) if isinstance(e, sympy.MatAdd) else (e,)
    return tuple(sympy.Add.make_args(expanded(e)))


def _as_sum(e: Expr) -> tuple[Expr, Any] | None:
    """A sum with what stands around it drawn into it: its term and its limits."""
    if isinstance(e, TimeSum):
        return e.term, e.limits
    if isinstance(e, sympy.Sum):
        *inner, last = e.limits
        return (sympy.Sum(e.function, *inner) if inner else e.function), last
    if isinstance(e, sympy.Transpose):
        found = _as_sum(e.arg)
        return None if found is None else (transposed(found[0]), found[1])
    if not isinstance(e, sympy.MatMul | sympy.Mul | sympy.HadamardProduct):
        return None
    sums = [(place, found) for place, part in enumerate(e.args) if (found := _as_sum(part)) is not None]
    if len(sums) != 1:
        return None
    place, (term, (index, low, high)) = sums[0]
    fresh = sympy.Dummy(index.name, integer=True)
    parts = [*e.args[:place], term.subs(index, fresh), *e.args[place + 1 :]]
    inside = sympy.HadamardProduct(*parts) if isinstance(e, sympy.HadamardProduct) else product(*parts)
    return inside, (fresh, low, high)


def _placed(term: Expr, limits: Any) -> Iterator[_Sum]:
    """A sum counted by t, at all steps at which it fits between 1 and T; one that runs backwards is turned."""
    index, low, high = limits
    signs = {sympy.expand(v.time).coeff(index) for v in timed_in(term)} - {S.Zero}
    if signs == {S.NegativeOne}:
        term, low, high = term.subs(index, -index), -high, -low
    short = sympy.expand(LENGTH - 1 - (high - low))
    if signs not in ({S.One}, {S.NegativeOne}) or not (short.is_Integer and 0 <= short <= MOST_SHORT):
        return
    if index != TIME and any(v.time.has(TIME) for v in timed_in(term)):
        return
    for start in sorted(range(1, int(short) + 2), key=lambda start: start != low):
        yield _Sum(term.subs(index, sympy.expand(TIME + low - start)), start, int(short) + 1 - start)
