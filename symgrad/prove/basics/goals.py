"""Goals: relations on domains, as the provers pass them on; and how a prover is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Symbol
from sympy.sets import Set

from symgrad.base import sized
from symgrad.language.provable import at_point, partial_values, provable
from symgrad.language.statements import Domain, Relation, free_symbols
from symgrad.language.verdicts import Verdict
from symgrad.language.written import meaning, substituted
from symgrad.prove.basics import compared
from symgrad.prove.basics.conditions import is_total
from symgrad.prove.basics.derivatives import evaluated


@dataclass(frozen=True)
class Goal:
    """A relation to be decided on a domain, with expressions that must have values there as well.

    Derivatives stand unevaluated in it, because at a kink there is none; `lhs` and `rhs` give the evaluated sides.

    Attributes
    ----------
    also_defined : tuple of Expr
        What must have a value on the domain, besides what a proof looks at: the parts of the sides as written.
    parts_are_known : bool
        Whether `also_defined` names all parts of what was written: only these tell then that a side is undefined.
    written : tuple of Expr
        Both sides as their author wrote them, where the goal is about these: what a refutation has to contradict.
    """

    relation: Relation
    domain: Domain
    also_defined: tuple[Expr, ...] = ()
    written: tuple[Expr, ...] = ()
    parts_are_known: bool = False

    @classmethod
    def of(cls, said: Relation, domain: Domain) -> Goal:
        """The goal of a relation as it was written."""
        left, right = map(meaning, said.expressions)
        parts = dict.fromkeys((*partial_values(left), *partial_values(right)))
        partial = tuple(part for part in parts if not is_total(part))
        return cls(Relation(provable(left), said.op, provable(right)), domain, partial, (left, right), True)

    @property
    def lhs(self) -> Expr:
        return evaluated(self.relation.lhs)

    @property
    def rhs(self) -> Expr:
        return evaluated(self.relation.rhs)

    @property
    def said(self) -> tuple[Expr, Expr]:
        """Both sides as they were written, where that is known, else as the goal has them."""
        left, right = self.written or self.relation.expressions
        return left, right

    @property
    def op(self) -> str:
        return self.relation.op

    @property
    def is_vacuous(self) -> bool:
        """Whether a condition plainly leaves no point."""
        return sympy.false in self.domain.conditions

    @property
    def sides(self) -> tuple[Expr, ...]:
        """All that must have a value, with derivatives unevaluated."""
        return (self.relation.lhs, self.relation.rhs, *self.also_defined)

    @property
    def variables(self) -> tuple[Symbol, ...]:
        return self.domain.symbols

    def trimmed(self) -> Goal:
        """The same goal without the variables that stand in no side and no condition."""
        used = {s for e in (*self.sides, *self.written, *self.domain.conditions) for s in free_symbols(e)}
        return replace(self, domain=Domain(tuple(p for p in self.domain.sets if p[0] in used), self.domain.conditions))

    def about(self, relation: Relation) -> Goal:
        """Another relation on the same domain, where the same must have values."""
        return replace(self, relation=relation, written=())

    def on(self, symbol: Symbol, values: Set) -> Goal:
        """The same goal with one variable confined to these values."""
        return replace(self, domain=self.domain.restricted(symbol, values))

    def mapped(self, change: Callable[[Expr], Expr]) -> Goal:
        """The same goal with every expression changed, on the domain of the variables that are left."""
        relation = Relation(change(self.relation.lhs), self.op, change(self.relation.rhs))
        also = tuple(change(e) for e in self.also_defined)
        return Goal(relation, self.domain, also, parts_are_known=self.parts_are_known)

    def replacing(self, table: Mapping[Expr, Expr]) -> Goal:
        """The same goal with some expressions in place of others."""
        return self.mapped(lambda e: e.xreplace(table))

    def at(self, point: Mapping[Symbol, Expr]) -> Goal:
        """The goal at fixed values of some variables; TooLarge where SymPy would write out a number, or mistake it.

        A condition that fails there stays, and says that there is no such point.
        """
        sized.check_point((*self.sides, *self.written, *self.domain.conditions), point)
        if not all(compared.is_told_at(side, point) for side in self.sides):
            raise sized.TooLarge("a number that SymPy would compare by digits which are noise")
        # A derivative at a point is no derivative of what stands there.
        is_plain = not any(set(d.variables) & set(point) for e in self.written for d in e.atoms(sympy.Derivative))
        written = tuple(substituted(e, point) for e in self.written) if is_plain else ()
        moved = replace(self.mapped(lambda e: at_point(e, point)), written=written)
        conditions = tuple(compared.put_in(c, point) for c in self.domain.conditions)
        kept = tuple(c for c in conditions if c != sympy.true)
        sets = tuple((s, v) for s, v in self.domain.sets if s not in point)
        return replace(moved, domain=Domain(sets, kept))


Decide = Callable[[Goal], Verdict]
Prover = Callable[[Goal, Decide], Verdict | None]
