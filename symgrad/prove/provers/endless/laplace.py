"""Integrals from 0 to infinity of powers times exponentials, sines and cosines: exactly, as a sum over the terms.

The integral of c x**p exp(-q x) is c gamma(p + 1)/q**(p + 1) by analytic continuation in p. A negative whole number
p = -n is a pole, of which c (-q)**(n - 1)/(n - 1)! (H(n - 1) - log(q)) is left: the multiples of the pole itself and of
Euler's constant cancel where the whole is integrable at 0. Here q has a real part that is not negative, and where it is
zero the term tends to zero at infinity. With n factors sin(a x)/x these are Borwein's integrals.
Reference: NIST Digital Library of Mathematical Functions, 5.9.1 and 5.7.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Dummy, Expr, I, S, Symbol

from symgrad.balls.expansions.growth import Open
from symgrad.balls.expansions.limits import has_end
from symgrad.base import sized
from symgrad.prove.signs.existence import Known

MOST_TERMS = 3000
MOST_WAVES = 12


@dataclass(frozen=True)
class Term:
    """c x**p exp(-(a + i b) x)."""

    c: Expr
    p: Expr
    a: Expr
    b: Expr


def from_zero(f: Expr, x: Symbol, known: Known) -> Expr | None:
    """The integral over the positive numbers, or None."""
    terms = _terms(f, x)
    if terms is None or not all(_ends(term, known) for term in terms):
        return None
    t = Dummy("t", real=True)
    if not has_end(f.xreplace({x: 1 / t}) / t**2, t, known)[0]:
        return None
    total = sympy.Add(*(sized.expand(_value(term, known)) for term in terms))
    parts = sympy.sift(sympy.Add.make_args(total), lambda part: part.has(I))
    if any((part / I).has(I) for part in parts[True]):
        return None  # of which the real part is not plain
    return sympy.Add(*parts[False])  # f is real


Key = tuple[Expr, Expr, Expr]


def _terms(f: Expr, x: Symbol) -> list[Term] | None:
    found = _sum_of(f, x)
    if found is None or len(found) > MOST_TERMS:
        return None
    return [Term(c, *key) for key, c in found.items() if c != 0]


def _sum_of(f: Expr, x: Symbol) -> dict[Key, Expr] | None:
    """The coefficients of x**p exp(-(a + i b) x), by p, a and b."""
    if not f.has(x):
        return {(S.Zero, S.Zero, S.Zero): f}
    if isinstance(f, sympy.Add):
        total: dict[Key, Expr] = {}
        for part in f.args:
            found = _sum_of(part, x)
            if found is None:
                return None
            for key, c in found.items():
                total[key] = _plain(total.get(key, S.Zero) + c)
        return total
    if isinstance(f, sympy.Mul):
        return _product_of(list(f.args), x)
    if isinstance(f, sympy.Pow) and f.base == x:
        return None if f.exp.has(x) else {(f.exp, S.Zero, S.Zero): S.One}
    if isinstance(f, sympy.Pow) and f.exp.is_Integer and 0 < f.exp <= MOST_WAVES:
        return _product_of([f.base] * int(f.exp), x)
    if f == x:
        return {(S.One, S.Zero, S.Zero): S.One}
    if isinstance(f, sympy.sinc):
        return _product_of([sympy.sin(f.args[0], evaluate=False), 1 / f.args[0]], x)
    if isinstance(f, sympy.exp) and f.args[0].is_polynomial(x) and sympy.degree(f.args[0], x) == 1:
        rate, ground = sympy.Poly(f.args[0], x).all_coeffs()
        return {(S.Zero, -rate, S.Zero): sympy.exp(ground)}
    if isinstance(f, _WAVES) and f.args[0].is_polynomial(x) and sympy.degree(f.args[0], x) == 1:
        rate, ground = sympy.Poly(f.args[0], x).all_coeffs()
        return _wave(f.func, rate, ground)
    return None


_WAVES = (sympy.sin, sympy.cos, sympy.sinh, sympy.cosh)


def _wave(kind: type, rate: Expr, ground: Expr) -> dict[Key, Expr]:
    """A sine or cosine, circular or hyperbolic, as half the sum of two exponentials."""
    turns = kind in (sympy.sin, sympy.cos)
    odd = kind in (sympy.sin, sympy.sinh)
    found = {}
    for s in (1, -1):
        key = (S.Zero, S.Zero, -s * rate) if turns else (S.Zero, -s * rate, S.Zero)
        phase = sympy.cos(ground) + s * I * sympy.sin(ground) if turns else sympy.exp(s * ground)
        c = (S(s) if odd else S.One) * phase / 2
        found[key] = c / I if turns and odd else c
    return found


def _product_of(factors: list[Expr], x: Symbol) -> dict[Key, Expr] | None:
    total: dict[Key, Expr] = {(S.Zero, S.Zero, S.Zero): S.One}
    for factor in factors:
        found = _sum_of(factor, x)
        if found is None or len(total) * len(found) > MOST_TERMS:
            return None
        made: dict[Key, Expr] = {}
        for (p, a, b), c in total.items():
            for (q, d, e), k in found.items():
                key = _plain(p + q), _plain(a + d), _plain(b + e)
                made[key] = _plain(made.get(key, S.Zero) + c * k)
        total = made
    return total


def _plain(e: Expr) -> Expr:
    return e if e.is_Atom else sized.expand(e)


def _sign(e: Expr, known: Known) -> int:
    found = known(e)
    if found is None:
        raise Open(e)
    return found


def _ends(term: Term, known: Known) -> bool:
    """Whether the term has an integral far out, be it by swinging about zero."""
    falls = _sign(term.a, known)
    if falls:
        return falls > 0
    if _sign(term.b, known):
        return _sign(term.p, known) < 0
    return _sign(term.p + 1, known) < 0


def _value(term: Term, known: Known) -> Expr:
    falls, turns = _sign(term.a, known), _sign(term.b, known)
    if not falls and not turns:
        return S.Zero
    rate = term.a + I * term.b
    length = turns * term.b if not falls else term.a if not turns else sympy.sqrt(term.a**2 + term.b**2)
    angle = S.Pi / 2 * turns if not falls else sympy.atan(term.b / term.a) if turns else S.Zero
    if term.p.is_Integer and term.p < 0:
        n = -int(term.p)
        turned = (-I) ** (n - 1) * term.b ** (n - 1) if not falls else sized.expand((-rate) ** (n - 1))
        weight = sized.expand(term.c * turned / sympy.factorial(n - 1))
        return weight * (sympy.harmonic(n - 1) - sympy.log(length)) - _plain(I * weight) * angle
    s = term.p + 1
    turned = sympy.cos(s * angle) - I * sympy.sin(s * angle)
    return sized.expand(term.c * sympy.gamma(s) * length ** (-s) * turned)
