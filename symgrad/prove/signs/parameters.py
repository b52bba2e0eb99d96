"""Extrema over one variable while others are parameters: where cases change, and what is approached far out.

An expression tends to a value for each value of the parameters if it does once a shift or a scale has taken the
parameters out of it, or if what it is made of tends to numbers that may be put in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Expr, Interval, S, Symbol

from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.normal_form.on_domain import simplified
from symgrad.prove.places.kinks import case_where, resolved, switches
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds, calculus

LARGEST = 120  # operations
UNCLEAR = (S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity, sympy.AccumBounds)
# Continuous on the extended real line as far as SymPy gives them values there.
CONTINUOUS = (
    sympy.Add, sympy.Mul, sympy.exp, sympy.log, sympy.tanh, sympy.atan, sympy.erf, sympy.asinh, sympy.sinh, sympy.cosh,
)  # fmt: skip


def borders(function: Expr, x: Symbol) -> Iterator[Expr]:
    """The places in x, in terms of the parameters, where a case changes: zeros of what is linear in x."""
    found = [case for switch in switches(function) for case in _cases(switch)]
    for case in dict.fromkeys(found):
        slope = sympy.diff(case, x)
        if slope != 0 and not slope.has(x):
            yield sized.cancel(x - case / slope)


def _cases(switch: Expr, depth: int = 2) -> Iterator[Expr]:
    """What a switch is in the cases of the switches within."""
    inner = switches(switch)
    if not inner:
        yield switch
    elif depth:
        for known in (1, -1):
            yield from _cases(resolved(switch, inner[0], known), depth - 1)


@dataclass(frozen=True)
class Substitution:
    """What stands for x, in a new variable that goes the same way, and the parameters."""

    t: Symbol
    of_x: Expr


def approached_end(function: Expr, value: Expr, x: Symbol, domain: Domain) -> Expr | None:
    """The end of x at which the function certainly tends to the value, whatever the parameters are."""
    if domain.conditions or (function - value).count_ops() > LARGEST:
        return None
    rest = Domain(tuple((s, v) for s, v in domain.sets if s != x))
    values = domain.set_of(x)
    for part in values.args if isinstance(values, sympy.Union) else (values,):
        for end in (part.sup, part.inf) if isinstance(part, Interval) else ():
            if end.is_infinite:
                ways = _substitutions(function, x, rest)
                found = any(_tends_to(s, function, value, x, end, rest) for s in ways)
            else:
                found = _continues_to(function, value, x, part, end, rest)
            if found:
                return end
    return None


def _continues_to(function: Expr, value: Expr, x: Symbol, part: Interval, end: Expr, rest: Domain) -> bool:
    """Whether the case that holds beside a finite end is continuous there, and has the value."""
    smooth = case_where(function, lambda switch: _strict_sign(switch.xreplace({x: end}), rest))
    if smooth is None:
        return False
    closed = Domain((*rest.sets, (x, Interval(part.start, part.end))))
    gap = (smooth - value).subs(x, end)
    return bool(facts.is_zero(simplified(gap, rest))) and bounds.is_smooth(smooth, x, closed)


def _substitutions(function: Expr, x: Symbol, rest: Domain) -> Iterator[Substitution]:
    t = sympy.Dummy("t", real=True)
    yield Substitution(t, t)
    for border in dict.fromkeys(borders(function, x)):
        if border.free_symbols:
            yield Substitution(t, t + border)
    signs = Signs(rest)
    for s in rest.symbols:
        if signs.sign(s) == 1:
            yield Substitution(t, t / s)


def _tends_to(s: Substitution, function: Expr, value: Expr, x: Symbol, end: Expr, rest: Domain) -> bool:
    case = _case_near(function.xreplace({x: s.of_x}), s.t, end, rest)
    if case is None:
        return False
    gap = case - value
    at_end = _at_infinity(gap, s.t, end, rest)
    if at_end is not None and facts.is_zero(simplified(at_end, rest)):
        return True
    far = Interval.open(1, end) if end is S.Infinity else Interval.open(end, -1)
    whole = Domain((*rest.sets, (s.t, far)))
    plain = sized.factor_terms(simplified(gap, whole))
    at_end = _at_infinity(plain, s.t, end, rest)
    if at_end is not None and facts.is_zero(simplified(at_end, rest)):
        return True
    _, moving = plain.as_independent(s.t, as_Add=False)
    if moving.free_symbols != {s.t}:
        return False
    found = calculus.limit(moving, s.t, end, end is S.Infinity)
    return found is not None and facts.is_zero(found)


def _case_near(f: Expr, t: Symbol, end: Expr, rest: Domain) -> Expr | None:
    """The smooth case of f that holds from some t on, wherever that may be for the values of the parameters."""
    return case_where(f, lambda switch: _sign_near(switch, t, end, rest))


def _sign_near(switch: Expr, t: Symbol, end: Expr, rest: Domain) -> int | None:
    if switch.is_polynomial(t) and switch.has(t):
        polynomial = sized.polynomial(switch, t)
        lead = _strict_sign(polynomial.LC(), rest)
        return lead if lead is None or end is S.Infinity else lead * (-1) ** int(polynomial.degree())
    at_end = _at_infinity(switch, t, end, rest)
    return None if at_end is None else _strict_sign(at_end, rest)


def _strict_sign(e: Expr, rest: Domain) -> int | None:
    if not e.free_symbols:
        return constant_sign(e) or None
    found = bounds.sign_of(e, rest)
    return found.sign if found is not None and found.strict else None


def _at_infinity(e: Expr, t: Symbol, end: Expr, rest: Domain) -> Expr | None:
    """The limit, where all parts of an expression tend to what can be put together without an indeterminate form."""
    found = _tending(e, t, end, rest, {})
    return None if found is None or found.is_infinite else found


def _tending(e: Expr, t: Symbol, end: Expr, rest: Domain, known: dict[Expr, Expr | None]) -> Expr | None:
    """What a part tends to: a finite expression in the parameters, or an end of the real line."""
    if not e.has(t):
        return e
    if e == t:
        return end
    if e not in known:
        known[e] = _put_together(e, [_tending(part, t, end, rest, known) for part in e.args], rest)
    return known[e]


def _put_together(e: Expr, parts: list[Expr | None], rest: Domain) -> Expr | None:
    is_power = isinstance(e, sympy.Pow) and e.exp.is_Rational
    ends = [part for part in parts if part is not None]
    if len(ends) < len(parts) or not (is_power or isinstance(e, CONTINUOUS)):
        return None
    is_broken_at_0 = isinstance(e, sympy.log) or (is_power and e.exp < 0)
    if is_broken_at_0 and not ends[0].is_infinite and _strict_sign(ends[0], rest) is None:
        return None
    found = e.func(*ends)
    is_determinate = found in (S.Infinity, S.NegativeInfinity) or not found.has(*UNCLEAR)
    return found if is_determinate else None
