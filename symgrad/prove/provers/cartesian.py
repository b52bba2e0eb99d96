"""Complex variables by real ones: z = a + I*b, and what is not analytic by conjugates.

The conjugate of a function that is real on the real line is the function of the conjugate, wherever its argument is
off the branch cut. So conj moves down to the symbols, and re, im and Abs are made of a number and its conjugate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

import sympy
from sympy import Derivative, Expr, I, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.sets import Set

from symgrad import activations
from symgrad.base import sized
from symgrad.language.provable import REWRITTEN, value_of
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Verdict
from symgrad.language.written import call, opaque, origin
from symgrad.prove.basics import facts
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.certain import side_conditions
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs
from symgrad.prove.provers import same_normal_form
from symgrad.prove.signs.moves import Move

_NOT_ANALYTIC = (sympy.Abs, sympy.re, sympy.im, sympy.conjugate, sympy.arg, sympy.sign)
NOT_ANALYTIC = (*_NOT_ANALYTIC, *map(opaque, _NOT_ANALYTIC))
UNTOUCHED = (Derivative, ExprWithLimits, sympy.Piecewise, sympy.Limit, sympy.Subs)


class NoParts(Exception):
    """An expression whose conjugate is not plain."""


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict on the goal in real variables, without re, im, conjugate, arg and moduli of complex numbers."""
    sides = goal.relation.expressions
    if not any(side.has(*NOT_ANALYTIC) for side in sides):
        return None
    there = same_normal_form.carried_out(goal)
    if there is not None:
        found = prove(there, decide)
        return side_conditions.settle(found, goal, (), decide) if found is not None and found.holds else None
    if any(side.has(*UNTOUCHED) for side in sides):
        return None
    parts = {s: _parts(s, goal) for s in goal.variables if not facts.is_real(s)}
    domain = _domain(goal.domain, parts)
    if domain is None:
        return None
    signs = Signs(domain)
    places = {z: a + I * b for z, (a, b) in parts.items()}
    try:
        there = goal.mapped(lambda e: _Real(signs, places).made(activations.expand(e)))
    except NoParts:
        return None
    there = replace(there, domain=domain)
    return None if there == goal else Move(there, places).decided(decide)


def _parts(z: Symbol, goal: Goal) -> tuple[Symbol, Symbol]:
    taken = {s.name for s in goal.variables}
    re_name, im_name = (next(n for n in (f"{z}_{p}", f"{z}_{p}_", f"{z}__{p}") if n not in taken) for p in ("re", "im"))
    return Symbol(re_name, real=True), Symbol(im_name, real=True)


def _domain(domain: Domain, parts: dict[Symbol, tuple[Symbol, Symbol]]) -> Domain | None:
    sets: dict[Symbol, Set] = {}
    conditions = list(domain.conditions)
    if any(c.has(*parts) for c in conditions if parts):
        return None
    for symbol, values in domain.sets:
        if symbol not in parts:
            sets[symbol] = values
            continue
        whole, missing = values.args if isinstance(values, sympy.Complement) else (values, sympy.FiniteSet())
        if whole != S.Complexes or not isinstance(missing, sympy.FiniteSet | sympy.sets.sets.EmptySet):
            return None
        a, b = parts[symbol]
        sets |= {a: S.Reals, b: S.Reals}
        for point in missing:
            u, v = point.as_real_imag()
            conditions.append((a - u) ** 2 + (b - v) ** 2 > 0)
    return Domain(tuple(sorted(sets.items(), key=lambda item: item[0].name)), tuple(conditions))


def _remade(e: Expr, *arguments: Expr) -> Expr:
    """The same function of other arguments; SymPy would divide by those of Bessel functions to change their signs."""
    made: Expr = value_of(origin(e.func), *arguments) if origin(e.func) in REWRITTEN else e.func(*arguments)
    return made


class _Real:
    """Rewrites what is not analytic, inside out."""

    def __init__(self, signs: Signs, places: Mapping[Symbol, Expr]) -> None:
        self.signs, self.places = signs, places

    def made(self, e: Expr) -> Expr:
        if not e.args or not isinstance(e, Expr):
            return self.places.get(e, e)
        if isinstance(e, sympy.Mul):
            moduli, others = sympy.sift(e.args, self._is_modulus_of_value, binary=True)
            if len(moduli) > 1:  # SymPy has taken the modulus of a product apart
                return self._modulus(sympy.Mul(*(self.made(a.args[0]) for a in moduli))) * self.made(sympy.Mul(*others))
        # SymPy would expand moduli of sums of its own accord, so they are not put together again first.
        arguments = [self.made(a) for a in e.args]
        rule = self.RULES.get(origin(e.func))
        return rule(self, *arguments) if rule is not None else _remade(e, *arguments)

    def _modulus(self, u: Expr) -> Expr:
        if branch_cuts.is_certainly_real(u, self.signs):
            return sympy.Abs(u)
        if isinstance(u, sympy.Mul):
            # Values of functions stay together, because their product may be known where no factor is.
            together, apart = sympy.sift(u.args, self._is_value, binary=True)
            if apart:
                return sympy.Mul(
                    *map(self._modulus, apart), *([self._modulus(sympy.Mul(*together))] if together else [])
                )
        if isinstance(u, sympy.Pow) and u.exp.is_Rational:
            return self._modulus(u.base) ** u.exp
        if isinstance(u, sympy.exp):
            return sympy.exp(self._real_part(u.args[0]))
        parts = branch_cuts.cartesian_parts(u, self.signs)
        return sympy.sqrt(sized.expand(self._conjugate(u) * u) if parts is None else parts[0] ** 2 + parts[1] ** 2)

    def _is_modulus_of_value(self, e: Expr) -> bool:
        return origin(e.func) is sympy.Abs and self._is_value(self.made(e.args[0]))

    def _is_value(self, u: Expr) -> bool:
        """Whether a factor is the value of a function at a number that is not real."""
        value = u.base if isinstance(u, sympy.Pow) and u.exp.is_Integer else u
        if not isinstance(value, branch_cuts.SINGLE_VALUED) or isinstance(value, sympy.exp):
            return False
        return not branch_cuts.is_certainly_real(value, self.signs)

    def _real_part(self, u: Expr) -> Expr:
        if isinstance(u, sympy.log):
            return sympy.log(self._modulus(u.args[0]))
        if origin(u.func) is sympy.loggamma and not branch_cuts.is_certainly_real(u.args[0], self.signs):
            return sympy.log(self._modulus(sympy.gamma(u.args[0])))
        return sized.expand((u + self._conjugate(u)) / 2)

    def _imaginary_part(self, u: Expr) -> Expr:
        if isinstance(u, sympy.log):
            return self._angle(u.args[0])
        return sized.expand((u - self._conjugate(u)) / (2 * I))

    def _direction(self, u: Expr) -> Expr:
        """The sign of a number that is not real: the number over its modulus, where that certainly is not zero."""
        if branch_cuts.is_certainly_real(u, self.signs):
            return sympy.sign(u)
        parts = branch_cuts.cartesian_parts(u, self.signs)
        if parts is None or not self.signs.is_positive(sized.expand(parts[0] ** 2 + parts[1] ** 2)):
            raise NoParts(str(u))
        return u / sympy.sqrt(parts[0] ** 2 + parts[1] ** 2)

    def _angle(self, u: Expr) -> Expr:
        return sympy.atan2(self._imaginary_part(u), self._real_part(u))

    def _exponential(self, u: Expr) -> Expr:
        """exp of I times an angle, which is the number of that angle over its modulus."""
        turned, rest = S.One, []
        for term in sympy.Add.make_args(sized.expand(u)):
            turns, angle = (term / I).as_coeff_Mul()
            if isinstance(angle, sympy.atan2) and turns.is_Integer:
                y, x = angle.args
                turned *= ((x + I * y) / sympy.sqrt(x**2 + y**2)) ** turns
            else:
                rest.append(term)
        return turned * sympy.exp(sympy.Add(*rest))

    def _conjugate(self, e: Expr) -> Expr:
        if e is I:
            return -I
        if branch_cuts.is_certainly_real(e, self.signs):
            return e
        if isinstance(e, (sympy.Add, sympy.Mul, *branch_cuts.SINGLE_VALUED)):
            return e.func(*map(self._conjugate, e.args))
        turned = branch_cuts.by_imaginary_roots(e, self.signs) if isinstance(e, sympy.Pow) else e
        if turned != e:
            return self._conjugate(turned)
        if isinstance(e, sympy.Pow) and self._commutes(e):
            return self._conjugate(e.base) ** self._conjugate(e.exp)
        if origin(e.func) in branch_cuts.CUT_BELOW_ZERO and self._is_principal(e):
            *parameters, z = e.args
            return call(origin(e.func), *parameters, self._conjugate(z))
        raise NoParts(str(e))

    def _is_principal(self, e: Expr) -> bool:
        """Whether the last argument is off the cut, if there is one, and the function real where that is positive."""
        *parameters, z = e.args
        if not all(facts.is_real(p) for p in parameters):
            return False
        return branch_cuts.CUT_BELOW_ZERO[origin(e.func)](*parameters) or branch_cuts.is_off_cut(z, self.signs)

    def _commutes(self, power: sympy.Pow) -> bool:
        """Whether the conjugate of a power is the power of the conjugates."""
        if facts.is_integer(power.exp) or self.signs.sign(power.base) == 1:
            return True
        return branch_cuts.is_off_cut(power.base, self.signs)

    RULES: ClassVar[dict[type, Callable[..., Expr]]] = {
        sympy.Abs: _modulus,
        sympy.re: _real_part,
        sympy.im: _imaginary_part,
        sympy.conjugate: _conjugate,
        sympy.arg: _angle,
        sympy.sign: _direction,
        sympy.exp: _exponential,
    }
