"""Variables by the logistic function of them: s = 1/(1 + exp(-c*x)) takes each value from (0, 1) once.

What is made of exponentials of a variable becomes algebraic in s, and a line without end becomes an interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Interval, Rational, S, Symbol

from symgrad import activations
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.normal_form.on_domain import simplified
from symgrad.prove.signs.parts import LINE, Freed, by_parity, interval_text

MOST_POWERS = 4


def by_variable(e: Expr, domain: Domain) -> Freed | None:
    """Variables that stand in exponentials of their multiples only, each by a logistic function of it."""
    e, domain, renamed = _shifted(by_parity(e), domain)
    e = activations.expand(e).replace(sympy.tanh, lambda u: 1 - 2 / (1 + sympy.exp(2 * u)))
    shown = []
    for x in domain.symbols:
        rate, values = _rate(e, x), domain.set_of(x)
        if rate is None or not isinstance(values, Interval) or any(c.has(x) for c in domain.conditions):
            continue
        change = _Change(x, rate, sentences.fresh(f"_s_{x}", e, domain.symbols))
        e, unit = change.of(e), change.values(values)
        domain = Domain(tuple((change.s, unit) if v == x else (v, held) for v, held in domain.sets), domain.conditions)
        shown.append(f"sigmoid({rate * renamed.get(x, x)}) in {interval_text(unit)}")
    if not shown:
        return None
    return Freed(e if e.has(sympy.Abs) else simplified(e, domain), domain, tuple(shown))


@dataclass(frozen=True)
class _Change:
    """s for 1/(1 + exp(-rate*x)), with a positive rate."""

    x: Symbol
    rate: Rational
    s: Symbol

    def of(self, e: Expr) -> Expr:
        odds = self.s / (1 - self.s)  # exp(rate*x)
        times = {p: _multiple(p, self.x) for p in e.atoms(sympy.exp)}
        return e.xreplace({p: odds ** (k / self.rate) for p, k in times.items() if k is not None})

    def values(self, held: Interval) -> Interval:
        low, high = (self._at(end) for end in (held.start, held.end))
        left_open, right_open = held.left_open or facts.is_zero(low), held.right_open or high is S.One
        return Interval(low, high, left_open, right_open)

    def _at(self, end: Expr) -> Expr:
        if end.is_infinite:
            return S.One if end is S.Infinity else S.Zero
        return 1 / (1 + sympy.exp(-self.rate * end))


def _multiple(power: Expr, x: Symbol) -> Rational | None:
    """The rational k for which a power is exp(k*x)."""
    k = sized.expand(power.exp / x)
    return k if k.is_Rational and k else None


def _rate(e: Expr, x: Symbol) -> Rational | None:
    """The greatest c for which x stands in exp(k*c*x) for integers k only; None if it stands elsewhere."""
    times = {p: k for p in e.atoms(sympy.exp) if (k := _multiple(p, x)) is not None}
    if not times or e.xreplace(dict.fromkeys(times, S.One)).has(x):
        return None
    c = Rational(sympy.igcd(0, *(k.p for k in times.values())), sympy.ilcm(1, *(k.q for k in times.values())))
    return c if all(abs(k / c) <= MOST_POWERS for k in times.values()) else None


def _shifted(e: Expr, domain: Domain) -> tuple[Expr, Domain, dict[Symbol, Expr]]:
    """Arguments such as w*h + x, in which x may have any value and stands nowhere else, by x alone."""
    renamed: dict[Symbol, Expr] = {}
    for x in domain.symbols if not domain.conditions else ():
        if domain.set_of(x) not in (S.Reals, LINE):
            continue
        for u in _sums_with(e, x):
            if not e.xreplace({u: S.One}).has(x):
                e, renamed[x] = e.xreplace({u: x}), u
                break
    free = e.free_symbols
    return e, Domain(tuple((s, v) for s, v in domain.sets if s in free), domain.conditions), renamed


def _sums_with(e: Expr, x: Symbol) -> list[Expr]:
    """Arguments that are polynomials in several variables, in which x is a term but for a rational factor."""
    arguments = {a for f in e.atoms(sympy.Function, sympy.exp) for a in f.args if a.has(x) and len(a.free_symbols) > 1}
    found = [
        a
        for a in arguments
        if isinstance(a, Expr) and a.is_polynomial() and (rate := sympy.diff(a, x)).is_Rational and rate
    ]
    return sorted(found, key=lambda a: (a.count_ops(), str(a)))
