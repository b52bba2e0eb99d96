"""Limits, integrals and sums of norms that change with the bound variable: made into such of norms that do not.

A scalar in front of a matrix comes out of the norm, a short sum is written out, and a limit of what lies between 0 and
a bound that tends to 0 is 0. What is left of such norms is said to be unknown by `scopes.atoms_of`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import sympy
from sympy import Abs, Basic, Dummy, Expr, Interval, Range, S, Symbol, Tuple, oo
from sympy.sets import Set

from symgrad.language.statements import Domain, Relation, free_symbols
from symgrad.language.written import multiplied, rebuilt, total
from symgrad.norms.context import Context
from symgrad.norms.exact import value
from symgrad.norms.proofs import is_defined, tends_to_0, upper_bounds_of_nonnegative
from symgrad.norms.scopes import BoundVariableError, atoms_of, bound_by, is_free, is_leaf, leaves, moved
from symgrad.symbols import LENGTH, TIME, OfMatrix

MOST_TERMS = 8
Scope = Mapping[Symbol, Set]


def freed(relation: Relation, within: Context) -> tuple[Relation, tuple[str, ...]]:
    """The relation with fewer norms that depend on bound variables, and the reasons why it says the same."""
    relation = replace(relation, lhs=over_reals(relation.lhs), rhs=over_reals(relation.rhs))
    whole = dict.fromkeys(s for e in relation.expressions for s in _runs_through_whole_numbers(e))
    told = [f"{s} runs through the whole numbers" for s in whole]
    if all(map(is_free, relation.expressions)):
        return relation, tuple(told)
    made = _Freed(within)
    left, right = (made.of(e, {}) for e in relation.expressions)
    return Relation(left, relation.op, right), (*told, *made.reasons)


class _Freed:
    def __init__(self, within: Context) -> None:
        self.within = within
        self.reasons: list[str] = []

    def of(self, e: Basic, scope: Scope) -> Basic:
        """The same value, inside of what binds the variables of `scope`."""
        if is_leaf(e):
            return self._taken_apart(e, scope)
        if not e.args or _is_settled(e, scope):
            return e
        found = self._with_parts(e, scope)
        if is_free(found):
            return found
        return self._squeezed(found, scope) if isinstance(found, sympy.Limit) else _written_out(found)

    def _with_parts(self, e: Expr, scope: Scope) -> Expr:
        inner = {**scope, **{v: _values(e, v) for v in bound_by(e)}}
        parts = tuple(self.of(part, inner) for part in e.args)
        return Tuple(*parts) if type(e) is Tuple else rebuilt(e, parts)

    def _taken_apart(self, leaf: Expr, scope: Scope) -> Expr:
        """A norm by equalities, such as that of a multiple, if no norm in them depends on a bound variable."""
        bound = {s for s in scope if s in free_symbols(leaf)}
        if not bound or not isinstance(leaf, OfMatrix):
            return leaf
        inside = {s: _standing_for(s, scope[s]) for s in bound}
        there = self._at({d: scope[s] for s, d in inside.items()})
        known = leaf.xreplace(inside)
        if not is_defined(known, there):
            return leaf
        found = value(known)
        if any(free_symbols(a) & set(inside.values()) for a in atoms_of(found)):
            return leaf
        found = found.xreplace({d: s for s, d in inside.items()})
        self._note(f"{leaf} is {found}")
        return found

    def _at(self, sets: Mapping[Symbol, Set]) -> Context:
        domain = self.within.domain
        every = tuple(sorted((*domain.sets, *sets.items()), key=lambda item: str(item[0])))
        return replace(self.within, domain=Domain(every, domain.conditions))

    def _note(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)

    def _squeezed(self, e: Expr, scope: Scope) -> Expr:
        """The limit at infinity of what has an absolute value with a bound that tends to 0: it is 0."""
        inside, variable, place, _ = e.args
        # What is bound further out is no variable of the domain, whose conditions may speak of its name.
        if place is not oo or not (free_symbols(inside) - {variable}).isdisjoint(scope):
            return e
        late = _standing_for(variable, _late(variable))
        there = self._at({late: _late(variable)})
        # What stands still is overtaken at last.
        others = sorted((s for s in free_symbols(inside) - {variable} if s.is_integer), key=str)
        after = (sympy.Ge(late, s, evaluate=False) for s in others)
        there = replace(there, domain=Domain(there.domain.sets, (*there.domain.conditions, *after)))
        far = moved(inside, {variable: late})
        try:
            bounds = [b for side in (far, Abs(far)) for b in upper_bounds_of_nonnegative(side, there)]
        except BoundVariableError:  # of a sum or a limit within
            return e
        for bound in bounds:
            shown = bound.value.xreplace({late: variable})
            if tends_to_0(shown, variable, self.within):
                for reason in bound.reasons:
                    self._note(reason)
                self._note(f"what lies between 0 and {shown}, which tends to 0, tends to 0")
                return S.Zero
        return e


def over_reals(e: Basic) -> Basic:
    """The tree with a real variable in each integral and each limit at a number, also where its name is one of steps.

    Raises
    ------
    BoundVariableError
        If there is a derivative with respect to a whole number.
    """
    if is_leaf(e) or not e.args or not e.has(sympy.Integral, sympy.Derivative, sympy.Limit):
        return e
    parts = tuple(map(over_reals, e.args))
    made = Tuple(*parts) if type(e) is Tuple else rebuilt(e, parts)
    if isinstance(e, sympy.Derivative) and any(s.is_integer for s in bound_by(e)):
        raise BoundVariableError(min(bound_by(e), key=str))
    is_real = isinstance(made, sympy.Integral) or (isinstance(made, sympy.Limit) and not made.args[2].is_infinite)
    for variable in bound_by(made) if is_real else ():
        if variable.is_integer:
            made = _renamed(made, variable, Symbol(variable.name, real=True))
    return made


def _renamed(binder: Any, old: Symbol, new: Symbol) -> Any:
    """An integral or a limit with another variable; its ends do not change with it."""
    inside, *rest = binder.args
    there = (_variable_renamed(part, old, new) for part in rest)
    return rebuilt(binder, (moved(inside, {old: new}), *there))


def _variable_renamed(part: Any, old: Symbol, new: Symbol) -> Any:
    first, *ends = part.args if type(part) is Tuple else (part,)
    renamed = new if first == old else first
    return Tuple(renamed, *ends) if type(part) is Tuple else renamed


def _runs_through_whole_numbers(e: Expr) -> Iterator[Symbol]:
    """The variables of limits at infinity that are whole without having been declared so."""
    for node in sympy.preorder_traversal(e):
        if isinstance(node, sympy.Limit) and node.args[1].is_integer and node.args[1] not in (TIME, LENGTH):
            yield node.args[1]


def _is_settled(e: Basic, scope: Scope) -> bool:
    """Whether no leaf changes with a bound variable, of this or of what is around it."""
    return not any(bound or not free_symbols(leaf).isdisjoint(scope) for leaf, bound in leaves(e))


def _values(node: Expr, variable: Symbol) -> Set:
    """Where the variable of a limit, an integral or a sum lies; of a limit at infinity, from 1 on."""
    whole = S.Integers if variable.is_integer or isinstance(node, sympy.Sum | sympy.Product) else S.Reals
    if isinstance(node, sympy.Limit):
        return _late(variable) if node.args[2] is oo else whole
    ends: tuple[Any, ...] = next((part[1:] for part in node.args[1:] if part[0] == variable), ())
    if len(ends) != 2 or isinstance(node, sympy.Derivative):
        return whole
    low, high = ends
    if isinstance(node, sympy.Integral):
        return Interval(*sorted(ends)) if low.is_Rational and high.is_Rational else whole
    is_upwards = low.is_Integer and (high is oo or (high.is_Integer and low <= high))
    return Range(low, oo if high is oo else high + 1) if is_upwards else whole


def _standing_for(variable: Symbol, values: Set) -> Dummy:
    """A symbol with what is known of a variable: that it is whole, or never negative."""
    known = {"real": True} | ({"integer": True} if variable.is_integer else {})
    return Dummy(variable.name, **known, **({"nonnegative": True} if values.inf.is_nonnegative else {}))


def _late(variable: Symbol) -> Set:
    return Range(1, oo) if variable.is_integer else Interval(1, oo)


def _written_out(e: Expr) -> Expr:
    """A short sum or product over whole numbers as its terms."""
    if not isinstance(e, sympy.Sum | sympy.Product) or len(e.args) != 2:
        return e
    index, low, high = e.args[1]
    if not (low.is_Integer and high.is_Integer and 0 <= high - low < MOST_TERMS):
        return e
    terms = [moved(e.args[0], {index: sympy.Integer(k)}) for k in range(int(low), int(high) + 1)]
    return (total if isinstance(e, sympy.Sum) else multiplied)(*terms)
