"""Sums that stand in products as one factor, each under a name: products are compared without being multiplied out.

Multiplied out, a product of sums of products has as many terms as there are paths through the equations that it was
made from, and those double with each equation. As names, sums cost what the equations do. Two sums have one name only
if they are the same sum of the same products, and so sides that agree in names are equal; where they do not agree,
nothing is said, and they may still be so once they are multiplied out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

import sympy
from sympy import Dummy, Expr, Symbol

from symgrad.recurrent.forms.monomials import (
    COLUMN,
    PRODUCT_TIME,
    ROW,
    Atom,
    Form,
    Index,
    Monomial,
    indexed,
    moved,
    single,
)
from symgrad.symbols import TimedScalar

MOST_STEPS = 3  # at which the entries of one named sum may stand

Term = tuple[Expr, Monomial]


@dataclass(frozen=True)
class NamedSums:
    """The names that sums have been given so far."""

    numbers: dict[str, int] = field(default_factory=dict)

    def as_factor(self, form: Form, i: Index, j: Index) -> Form:
        """The form with its terms as one entry, or as one for each of the sums over time that it has."""
        if len(form.terms) < 2:
            return form
        return Form(tuple(term for terms in _over_same_steps(form) for term in self._named(terms, i, j)))

    def _named(self, terms: list[Term], i: Index, j: Index) -> Iterable[Term]:
        steps = sorted({s for c, m in terms for s in _steps(c, m)}, key=str)
        if len(terms) < 2 or len(steps) > MOST_STEPS:
            return terms
        common = reduce(set.intersection, ({f for f in sympy.Mul.make_args(c) if not f.is_number} for c, _ in terms))
        factor = sympy.Mul(*common)
        rest = [(c / factor, replace(m, times=(), conditions=frozenset())) for c, m in terms]
        readings = (
            (*_read(rest, order, indices), order, indices)
            for order in itertools.permutations(steps)
            for indices in (((i, j),) if None in (i, j) else ((i, j), (j, i)))
        )
        text, number, order, indices = min(readings, key=lambda reading: reading[0])
        if not text:
            return ()
        name = self.numbers.setdefault(text, len(self.numbers))
        ((_, entry),) = single(Atom(f"sum {name}", order), *indices).terms
        _, first = terms[0]
        return ((number * factor, replace(entry, times=first.times, conditions=first.conditions)),)


def _over_same_steps(form: Form) -> list[list[Term]]:
    """The terms of a form by the sums over time that stand before them, those of each under the same names."""
    groups: list[list[Term]] = []
    for c, m in form.terms:
        for group in groups:
            _, first = group[0]
            if len(first.times) != len(m.times):
                continue
            table = dict(zip(m.times, first.times, strict=True))
            there = m if m.times == first.times else moved(m, table)
            if there.conditions == first.conditions:
                group.append((c.xreplace(table), there))
                break
        else:
            groups.append([(c, m)])
    return groups


def _read(terms: list[Term], order: tuple[Symbol, ...], indices: tuple[Index, Index]) -> tuple[str, Expr]:
    """A sum as a text that says all of it but a number before it, and the number; no text for zero."""
    places = [index for index in indices if index is not None]
    names: Mapping[Index, Index] = dict(zip(places, (ROW, COLUMN)))
    steps = {step: Symbol(f"step {k}", integer=True) for k, step in enumerate(order)}
    there = Form(tuple((c.xreplace(steps), moved(indexed(m, names), steps)) for c, m in terms)).canonical()
    if not there:
        return "", sympy.S.Zero
    number, _ = next(iter(there.values())).as_coeff_Mul()
    return " + ".join(f"({c / number})*{key}" for key, c in there.items()), number


def _steps(coefficient: Expr, monomial: Monomial) -> Iterator[Symbol]:
    """The symbols in the steps at which a term stands."""
    yield from coefficient.atoms(Dummy)
    for v in coefficient.atoms(TimedScalar):
        yield from v.time.free_symbols
    for atom, _ in monomial.factors:
        yield from _steps_of(atom)


def _steps_of(atom: Atom) -> Iterator[Symbol]:
    for time in atom.times:
        yield from time.free_symbols - {PRODUCT_TIME}
    for form in atom.inner:
        for c, m in form.terms:
            yield from set(_steps(c, m)) - set(m.times)
