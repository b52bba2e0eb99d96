"""Factors in one variable as variables of their own, with all their values: s*(1 - s) on (0, 1) as one from (0, 1/4].

Where a variable stands in one factor only, though in many terms, the values of that factor are all that matters of it.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Interval, S, Symbol

from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.signs.constants import constant_zero

LARGEST = 40  # operations of a factor
HIGHEST = 12  # degree


def joined(e: Expr, domain: Domain) -> tuple[Expr, Domain]:
    """The expression and its domain with such factors as variables."""
    for v in domain.symbols:
        factor = _only_factor(e, v)
        if factor is None or factor == v or factor.count_ops() > LARGEST or any(c.has(v) for c in domain.conditions):
            continue
        values = values_of(factor, v, domain.set_of(v))
        if values is None:
            continue
        new = sentences.fresh(f"{v}_", e, domain.symbols)
        changed = _exchanged(e, v, factor, new)
        if changed is not None:
            sets = tuple((new, values) if s == v else (s, held) for s, held in domain.sets)
            e, domain = changed, Domain(sets, domain.conditions)
    return e, domain


def _only_factor(e: Expr, v: Symbol) -> Expr | None:
    """What holds a variable and no other in each term that holds it, if that is one expression."""
    found = {_factor_in(term, v) for term in sympy.Add.make_args(e) if term.has(v)}
    return found.pop() if len(found) == 1 else None


def _factor_in(term: Expr, v: Symbol) -> Expr | None:
    own = [f for f in sympy.Mul.make_args(term) if f.has(v)]
    if any(f.free_symbols != {v} for f in own):
        return None
    return sympy.Mul(*own)


def _exchanged(e: Expr, v: Symbol, factor: Expr, new: Symbol) -> Expr | None:
    terms = []
    for term in sympy.Add.make_args(e):
        rest = [f for f in sympy.Mul.make_args(term) if not f.has(v)]
        terms.append(sympy.Mul(*rest, new) if term.has(v) else term)
    changed = sympy.Add(*terms)
    return None if changed.has(v) else changed


def values_of(f: Expr, x: Symbol, values: sympy.Set) -> Interval | None:
    """All values of a rational function in one variable on an interval on which it is defined; None if unsure.

    On several intervals, the values on all of them, if they are an interval.
    """
    if isinstance(values, sympy.Union):
        parts = [values_of(f, x, part) for part in values.args]
        if any(part is None for part in parts):
            return None
        whole = sympy.Union(*parts)
        return whole if isinstance(whole, Interval) else None
    if not isinstance(values, Interval) or not f.is_rational_function(x) or not _is_defined(f, x, values):
        return None
    critical = _critical(f, x, values)
    if critical is None:
        return None
    found: list[tuple[Expr, bool]] = [(f.subs(x, place), True) for place in critical]
    ends = ((values.start, values.left_open, 1), (values.end, values.right_open, -1))
    for end, is_open, inward in ends:
        value = _beside(f, x, end, inward)
        if value is None:
            return None
        found.append((value, not (is_open or end.is_infinite)))
    if not all(facts.is_end(value) for value, _ in found):
        return None
    low, high = _least(found, 1), _least(found, -1)
    if low is None or high is None or low[0] == high[0]:
        return None
    return Interval(low[0], high[0], not low[1], not high[1])


def _critical(f: Expr, x: Symbol, values: Interval) -> list[Expr] | None:
    """The zeros of the derivative of a rational function inside an interval."""
    above = sized.polynomial(sympy.numer(sized.cancel(sympy.diff(f, x))), x)
    if not (above.domain.is_QQ or above.domain.is_ZZ) or above.degree() > HIGHEST:
        return None
    zeros = [] if above.is_zero else list(dict.fromkeys(sized.real_roots(above)))
    inside = [(zero, facts.is_in(Interval.open(values.start, values.end), zero)) for zero in zeros]
    if any(known is None for _, known in inside):
        return None
    return [zero for zero, known in inside if known]


def _beside(f: Expr, x: Symbol, end: Expr, inward: int) -> Expr | None:
    """The limit of a rational function at an end of an interval."""
    above, below = sympy.fraction(sized.cancel(f))
    if end.is_finite:
        top, order, bottom = above.subs(x, end), 0, below
        while constant_zero(bottom.subs(x, end)):
            order, bottom = order + 1, sympy.diff(bottom, x)
        there = bottom.subs(x, end)
        if not order:
            return top / there
        pole = constant_sign(top / there)
        return None if not pole else pole * inward**order * S.Infinity
    p, q = sized.polynomial(above, x), sized.polynomial(below, x)
    growth, ratio = p.degree() - q.degree(), p.LC() / q.LC()
    if growth <= 0:
        return ratio if growth == 0 else S.Zero
    known = constant_sign(ratio)
    turned = -1 if end is S.NegativeInfinity and growth % 2 else 1
    return None if not known else known * turned * S.Infinity


def _is_defined(f: Expr, x: Symbol, values: Interval) -> bool:
    below = sympy.denom(sized.together(f))
    if not below.has(x):
        return True
    roots = sized.polynomial(below, x)
    if not (roots.domain.is_QQ or roots.domain.is_ZZ):
        return False
    return all(facts.is_in(values, root) is False for root in sized.real_roots(roots))


def _least(found: list[tuple[Expr, bool]], direction: int) -> tuple[Expr, bool] | None:
    """The least value, or the greatest for -1, and whether it is attained; None if two cannot be told apart."""
    best, attained = found[0]
    for value, is_attained in found[1:]:
        if value == best:
            attained = attained or is_attained
            continue
        closer = _order(value, best)
        if closer is None:
            return None
        if closer == 0:
            attained = attained or is_attained
        elif closer == direction * -1:
            best, attained = value, is_attained
    return best, attained


def _order(a: Expr, b: Expr) -> int | None:
    """1 if a is greater than b, -1 if it is less, 0 if they are equal."""
    if a.is_infinite or b.is_infinite:
        return 0 if a == b else 1 if a is S.Infinity or b is S.NegativeInfinity else -1
    known = constant_sign(a - b)
    return known if known is not None else 0 if constant_zero(a - b) else None
