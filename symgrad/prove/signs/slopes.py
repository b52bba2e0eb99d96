"""Derivatives where cases meet: of any order, at a border that may depend on other variables.

A function that is smooth on both sides up to the border has an n-th derivative there if and only if its value and all
derivatives up to the n-th are the same from both sides. Where a side is smooth next to the border only, as sin(x)/x is
at zero, and continuous there, the limits of its derivatives are those at the border, by the mean value theorem.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Derivative, Expr, S, Symbol

from symgrad.balls import UnsupportedError
from symgrad.balls.expansions import limits
from symgrad.balls.expansions.growth import Open
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.conditions import Condition, conditions
from symgrad.prove.basics.derivatives import ROUGH, evaluated
from symgrad.prove.normal_form.on_domain import normal_form
from symgrad.prove.places.kinks import case_where
from symgrad.prove.signs import bounds

MOST_ORDER = 6


@dataclass(frozen=True)
class Slope:
    """A derivative at a border: its value, or at which order the two sides differ first, 0 where the function jumps."""

    value: Expr | None
    breaks_at: int = 0

    @property
    def why_none(self) -> str:
        """What a reader can check where there is no derivative."""
        found = ("the function jumps there", "the slopes from the two sides differ")
        if self.breaks_at < len(found):
            return found[self.breaks_at]
        return f"the derivatives of order {self.breaks_at} from the two sides differ"


def slope_at(derivative: Derivative, x: Symbol, border: Expr, domain: Domain) -> Slope | None:
    """The derivative at x = border, or that it certainly does not exist; None if unsure.

    `domain` is that of the other variables; the answer is one for all of it.
    """
    if set(derivative.variables) != {x} or derivative.expr.has(Derivative):
        return None
    f, order = derivative.expr, len(derivative.variables)
    value = _value(f.xreplace({x: border}), domain)
    sides = [_case_beside(f, x, border, direction, domain) for direction in (-1, 1)]
    taken = [_all_taken(side, x, order, border, way, domain) for side, way in zip(sides, (-1, 1), strict=True)]
    if value is None or taken[0] is None or taken[1] is None:
        return None
    for k, (left, right) in enumerate(zip(*taken, strict=True)):
        gaps = (left - right,) if k else (left - right, left - value)
        same = [vanishes(gap, domain) for gap in gaps]
        if False in same:
            return Slope(None, k)
        if not all(same):
            return None
    return Slope(left)


def _all_taken(
    side: Expr | None, x: Symbol, order: int, border: Expr, direction: int, domain: Domain
) -> list[Expr] | None:
    """The value of one side at the border and its derivatives up to the order; None if one is unsure."""
    if side is None:
        return None
    if _is_regular(side, x, border, domain):
        return [_taken(side, x, k, border) for k in range(order + 1)]
    if side.free_symbols != {x} or border.free_symbols or side.has(*ROUGH, S.ImaginaryUnit, S.NaN):
        return None
    found = [_limit(evaluated(Derivative(side, (x, k))) if k else side, x, border, direction) for k in range(order + 1)]
    values = [value for value in found if value is not None]
    return values if len(values) == len(found) else None


def _limit(e: Expr, x: Symbol, border: Expr, direction: int) -> Expr | None:
    """The limit from one side, if it is a number that certainly is the limit."""
    try:
        found = limits.limit(e, x, border, "+" if direction > 0 else "-", limits.constant_sign)
    except (Open, UnsupportedError):
        return None
    if found.value is None or not all(map(facts.has_value, (found.value, *found.constants))):
        return None
    return found.value if facts.is_real(found.value) else None


def _taken(side: Expr, x: Symbol, order: int, border: Expr) -> Expr:
    return (evaluated(Derivative(side, (x, order))) if order else side).xreplace({x: border})


def vanishes(e: Expr, domain: Domain) -> bool | None:
    """True if an expression is zero on the whole domain, False if it never is."""
    if facts.is_zero(e):
        return True
    found = normal_form(e, domain)
    if found is None:
        return None
    if found[1].is_zero:
        return True
    return False if bounds.never_zero(e, domain) else None


def _value(f: Expr, domain: Domain) -> Expr | None:
    """A function at the border, its cases decided there."""
    return case_where(f, lambda switch: _sign_here(switch, domain))


def _sign_here(switch: Expr, domain: Domain) -> int | None:
    if vanishes(switch, domain):
        return 0
    found = bounds.sign_of(switch, domain)
    return found.sign if found is not None and found.strict else None


def _case_beside(f: Expr, x: Symbol, border: Expr, direction: int, domain: Domain) -> Expr | None:
    """The smooth case of f that holds from the border on in one direction."""
    return case_where(f, lambda switch: _sign_beside(switch, x, border, direction, domain))


def _sign_beside(switch: Expr, x: Symbol, border: Expr, direction: int, domain: Domain) -> int | None:
    """Sign of a switch close to the border: of its value there, else of its first derivative that is not zero."""
    if not _is_regular(switch, x, border, domain):
        return None
    for order in range(MOST_ORDER + 1):
        known = _sign_here(_taken(switch, x, order, border), domain)
        if known != 0:
            return known and known * direction**order
    return None


def _is_regular(f: Expr, x: Symbol, border: Expr, domain: Domain) -> bool:
    """Whether f certainly is analytic in x around the border."""
    if f.has(*ROUGH, S.ImaginaryUnit, S.NaN) or not _is_real_beside(f, x, border, domain):
        return False
    needed = conditions(Derivative(f, x)) if f.has(x) else conditions(f)
    return all(bounds.discharged(_at(c, x, border), domain) for c in needed)


def _is_real_beside(f: Expr, x: Symbol, border: Expr, domain: Domain) -> bool:
    """Whether roots and logarithms of what changes with x have positive arguments at the border."""
    roots = [e.base for e in f.atoms(sympy.Pow) if not facts.is_integer(e.exp) and e.base.has(x)]
    logarithms = [e.args[0] for e in f.atoms(sympy.log) if e.has(x)]
    found = (bounds.sign_of(u.xreplace({x: border}), domain) for u in (*roots, *logarithms))
    return all(f is not None and f.strict and f.sign == 1 for f in found)


def _at(condition: Condition, x: Symbol, border: Expr) -> Condition:
    """What makes a condition hold around the border: not being zero, or being positive, at the border itself."""
    positive = condition.positive
    return Condition(condition.nonzero.xreplace({x: border}), positive and positive.xreplace({x: border}))
