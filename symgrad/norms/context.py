"""What a proof about norms may use: the prover of scalar statements, the domain, and what names stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import sympy
from sympy import Expr, Symbol
from sympy.sets import Set

from symgrad.base.budget import attempt
from symgrad.language.statements import Domain, Relation, free_symbols
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.norms.scopes import moved
from symgrad.symbols import TIME, Role, TimedMatrix, TimedScalar, timed_in

Decide: TypeAlias = Callable[[Relation, Domain], Verdict]
WORK_OF_A_QUESTION = 800_000  # units, for one statement about numbers, of which a proof may ask many
MOST_BOUNDS = 8  # alternatives that are kept for one norm


class Bound(NamedTuple):
    """A bound and the reasons for it, each in words."""

    value: Expr
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What is known where norms are compared.

    Attributes
    ----------
    decide : callable
        How scalar statements are decided on the way.
    domain : Domain
        Of the scalars.
    definitions : mapping of variable to callable
        For variables of a cell, by key, what they are at a step.
    equations : mapping of variable to callable
        The same for all variables of a cell, of which not all are a function of one other.
    unnamed : frozenset
        The variables to which nobody but symgrad gave a name, by key; texts say what they are.
    steps : frozenset of Symbol
        Symbols of steps that are at least 1, so that what they name has its definition there.
    known : frozenset of Expr
        Norms and radii that may stand in a bound as they are.
    found : dict
        Bounds of functions that were found already.
    places : dict
        Where products over steps lie, as far as that was found already.
    certified : set of str
        The reasons that rest on enclosures; "" where something else does that no reason names.
    """

    decide: Decide
    domain: Domain
    definitions: Mapping[tuple[str, str], Callable[[Any], Any]] = field(default_factory=dict)
    equations: Mapping[tuple[str, str], Callable[[Any], Any]] = field(default_factory=dict)
    unnamed: frozenset[tuple[str, str]] = frozenset()
    steps: frozenset[Symbol] = frozenset({TIME})
    known: frozenset[Expr] = frozenset()
    found: dict[Expr, Bound | None] = field(default_factory=dict)
    places: dict[Expr, Set] = field(default_factory=dict)
    certified: set[str] = field(default_factory=set)

    def holds(self, left: Expr, op: str, right: Expr, reason: str = "") -> bool:
        """Whether a scalar statement is certainly true on the domain; the reason is noted if it rests on enclosures."""
        free = {s for e in (left, right) for s in e.free_symbols}
        conditions = tuple(c for c in self.domain.conditions if c.free_symbols <= free)
        domain = Domain(tuple((s, self.set_of(s)) for s in sorted(free, key=str)), conditions)
        return self.is_true(Relation(left, op, right), domain, reason)

    def is_true(self, said: Relation, domain: Domain, reason: str = "") -> bool:
        """The same on another domain; what takes too much work is not known."""
        return self.verdict_on(said, domain, reason) is not None

    def verdict_on(self, said: Relation, domain: Domain, reason: str = "") -> Verdict | None:
        """The verdict on a statement that is certainly true; nothing for any other."""
        verdict = attempt(WORK_OF_A_QUESTION, lambda: self.decide(said, domain))
        if verdict is None or verdict.holds is not True:
            return None
        if verdict.outcome is Outcome.CERTIFIED:
            self.certified.add(reason)
        return verdict

    def at(self, table: Mapping[Symbol, Expr]) -> Context:
        """The same with numbers for sizes and steps."""
        definitions, equations = (
            {key: _moved(define, table) for key, define in known.items()}
            for known in (self.definitions, self.equations)
        )
        said = self.domain.conditions
        conditions = dict.fromkeys((*(moved(c, table) for c in said), *filter(is_about_inputs, said)))
        domain = Domain(self.domain.sets, tuple(conditions))
        return replace(self, domain=domain, definitions=definitions, equations=equations)

    def is_count(self, e: Expr) -> bool:
        """Whether a number of steps is certainly not negative."""
        if e.is_Integer:
            return bool(e >= 0)
        symbol = next(iter(e.free_symbols))
        shift, least = sympy.expand(e - symbol), self.set_of(symbol).inf
        is_clear = shift.is_Integer and least.is_Integer and shift + least >= 0
        return bool(is_clear) or self.holds(e, ">=", sympy.S.Zero)

    def proved(self, method: str, reasons: Iterable[str]) -> Verdict:
        """What follows from these reasons."""
        reasons = tuple(dict.fromkeys(reasons))
        outcome = Outcome.CERTIFIED if self.certified & {"", *reasons} else Outcome.PROVED
        return Verdict(outcome, method, "; ".join(reasons))

    def set_of(self, symbol: Symbol) -> Set:
        """The values of a scalar; a size or a number of steps is at least 1."""
        if symbol in self.domain.symbols:
            return self.domain.set_of(symbol)
        if symbol.is_integer:
            return sympy.Range(1, sympy.oo) if symbol.is_positive else sympy.S.Integers
        return sympy.S.Reals

    def knowing(self, atoms: Iterable[Expr]) -> Context:
        """The same where these norms may stand in bounds as well."""
        return replace(self, known=frozenset(atoms))

    def any_step(self, index: Symbol, low: Expr) -> tuple[Symbol, Context]:
        """A symbol for any step from `low` on, in place of the index of a product or sum, and what is known there.

        Conditions on inputs at step t are about all steps, those on states about one t alone. The symbol is another one
        where conditions may speak of a number that has the name of the index.
        """
        is_step, said = self.is_step(low), self.domain.conditions
        is_taken = index == TIME or index in self.domain.symbols or any(index in free_symbols(c) for c in said)
        step = sympy.Dummy(index.name, integer=True, positive=is_step or None) if is_taken else index
        if not is_step:
            return step, self
        there = (moved(c, {TIME: step}) for c in said if is_about_inputs(c))
        return step, replace(self, steps=self.steps | {step}, domain=Domain(self.domain.sets, (*said, *there)))

    def meaning(self, variable: TimedMatrix | TimedScalar) -> Expr | None:
        """What a variable stands for; nothing where that is not known, as for the state before the first step."""
        define = self.definitions.get(variable.key)
        return define(variable.time) if define is not None and self.is_step(variable.time) else None

    def shown(self, e: Expr) -> str:
        """The text of a formula in which variables have the names that somebody gave them."""
        said = self.as_named(e)
        return f"({said})" if said != e and isinstance(said, sympy.Add | sympy.Mul) else str(said)

    def as_named(self, said: Expr) -> Expr:
        """A formula with what they are for the variables that nobody named."""
        while unnamed := [v for v in timed_in(said) if v.key in self.unnamed]:
            said = said.xreplace({v: self.equations[v.key](v.time) for v in unnamed})
        return said

    def put_in(self, parts: Iterable[Any]) -> dict[Expr, Expr]:
        """Formulas with the variables of the last step that they speak of as their equations have them."""
        found = {e: e for e in parts}
        spoken_of = {v for e in found for v in timed_in(e)}
        last = {v.time for v in spoken_of if not any((w.time - v.time).is_positive for w in spoken_of)}
        while known := {
            v: self.equations[v.key](v.time)
            for e in found.values()
            for v in timed_in(e)
            if v.time in last and self._has_equation(v)
        }:
            found = {e: new.xreplace(known) for e, new in found.items()}
        return found

    def _has_equation(self, variable: Expr) -> bool:
        return variable.key in self.equations and self.is_step(variable.time)

    def is_step(self, time: Expr) -> bool:
        """Whether a time is certainly at least 1."""
        if time.is_Integer:
            return bool(time >= 1)
        later = (sympy.expand(time - s) for s in self.steps)
        return any(d.is_Integer and d >= 0 for d in later) or self._is_after_start(time)

    def _is_after_start(self, time: Expr) -> bool:
        symbol = next(iter(time.free_symbols), None)
        if symbol is None:
            return False
        if len(time.free_symbols) > 1:
            return self.holds(time, ">=", sympy.S.One)
        shift, start = sympy.expand(time - symbol), self.set_of(symbol).inf
        return bool(shift.is_Integer and start.is_Integer and shift + start >= 1)


def is_about_inputs(condition: object) -> bool:
    """Whether a condition speaks of inputs at step t, and so of those of all steps."""
    return any(v.role is Role.INPUT and TIME in free_symbols(v.time) for v in timed_in(condition))


def _moved(define: Callable[[Any], Any], table: Mapping[Symbol, Expr]) -> Callable[[Any], Any]:
    return lambda time: define(time).xreplace(table)
