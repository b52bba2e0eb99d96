"""Integrals between certain ends that no antiderivative gives: powers by the beta function, Gaussians, logarithms.

A row looks at a continuous integrand and its ends, and says what the integral is, that it has none, or nothing. With
powers of the distances from both ends, the integral exists where both exponents are larger than -1.
References: NIST Digital Library of Mathematical Functions, 5.12.1, 5.12.2 and 5.12.3 (beta function), 5.9.1 (gamma
function; its derivative in the exponent gives logarithms), 7.7.3 (Gaussians, for all complex rates of the exponential).
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Dummy, Expr, I, S, Symbol

from symgrad.balls.expansions.limits import Found
from symgrad.base import sized
from symgrad.prove.basics import facts
from symgrad.prove.signs.existence import Known

MOST_TERMS = 60
HIGHEST = 12


def by_rows(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found | None:
    """The integral of a continuous function by the first row that knows it."""
    for row in ROWS:
        found = row(f, x, low, high, known)
        if found is not None:
            return found
    return None


def _factors(f: Expr) -> list[tuple[Expr, Expr]]:
    """The factors as bases and exponents."""
    return [(a, S.One) if isinstance(a, sympy.exp) else a.as_base_exp() for a in sympy.Mul.make_args(f)]


def _beta(p: Expr, q: Expr, known: Known, factor: Expr, constants: tuple[Expr, ...]) -> Found | None:
    """The factor times beta(p, q), which is an integral where p and q are positive."""
    signs = [known(p), known(q)]
    if any(sign in (0, -1) for sign in signs):
        return Found(None, "it grows too fast at an end", constants) if known(factor) in (1, -1) else None
    if None in signs:
        return None
    value = factor * sympy.gamma(p) * sympy.gamma(q) / sympy.gamma(p + q)
    return Found(value, "the beta function", (*constants, factor))


def between_zeros(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found | None:
    """c (x - a)**p (b - x)**q from a to b."""
    if low.is_infinite or high.is_infinite:
        return None
    ends = x - low, high - x
    factor, p, q = S.One, S.Zero, S.Zero
    for base, exponent in _factors(f):
        if not base.has(x) and not exponent.has(x):
            factor *= base**exponent
            continue
        if exponent.has(x) or not base.is_polynomial(x):
            return None
        for powers in ((1, 0), (0, 1), (1, 1)):
            slope = sized.cancel(base / (ends[0] ** powers[0] * ends[1] ** powers[1]))
            if not slope.has(x) and known(slope) == 1:
                break
        else:
            return None
        factor *= slope**exponent
        p, q = p + powers[0] * exponent, q + powers[1] * exponent
    p, q = sized.expand(p + 1), sized.expand(q + 1)
    if not (facts.is_real(p) and facts.is_real(q)):
        return None
    length = high - low
    return _beta(p, q, known, factor * length ** sized.expand(p + q - 1), (f.xreplace({x: (low + high) / 2}),))


def _power_and_binomial(f: Expr, x: Symbol) -> tuple[Expr, Expr, Expr, Expr, Expr, Expr] | None:
    """factor, p, c, d, n, q for factor x**p (c + d x**n)**q with one binomial."""
    factor, p = S.One, S.Zero
    binomial: tuple[Expr, Expr, Expr] | None = None
    q = S.Zero
    for base, exponent in _factors(f):
        if not base.has(x) and not exponent.has(x):
            factor *= base**exponent
        elif exponent.has(x):
            return None
        elif base == x:
            p += exponent
        elif isinstance(base, sympy.Add):
            c, rest = base.as_independent(x, as_Add=True)
            d, power = rest.as_independent(x, as_Add=False)
            root, n = power.as_base_exp()
            if root != x or n.has(x) or c == 0 or binomial not in (None, (c, d, n)):
                return None
            binomial, q = (c, d, n), q + exponent
        else:
            return None
    return None if binomial is None else (factor, p, *binomial, q)


def binomial_powers(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found | None:
    """x**p (c - d x**n)**q from 0 to where the binomial vanishes, and x**p (c + d x**n)**q from 0 to infinity."""
    parts = _power_and_binomial(f, x) if low == 0 else None
    if parts is None:
        return None
    factor, p, c, d, n, q = parts
    if known(n) != 1 or known(c) != 1 or not all(map(facts.is_real, (p, q))):
        return None
    first = sized.expand((p + 1) / n)
    if high is S.Infinity and known(d) == 1:
        scale = factor * c**q * (c / d) ** first / n
        return _beta(first, sized.expand(-q - first), known, scale, (f.xreplace({x: S.One}),))
    if high.is_finite and known(d) == -1 and known(c + d * high**n) == 0:
        scale = factor * c**q * high ** (n * first) / n
        return _beta(first, sized.expand(q + 1), known, scale, (f.xreplace({x: high / 2}),))
    return None


def waves_to_powers(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found | None:
    """sin(x)**p cos(x)**q from 0 to pi/2."""
    if low != 0 or high != S.Pi / 2:
        return None
    factor, exponents = S.One, {sympy.sin(x): S.Zero, sympy.cos(x): S.Zero, sympy.tan(x): S.Zero}
    for base, exponent in _factors(f):
        if not base.has(x) and not exponent.has(x):
            factor *= base**exponent
        elif base in exponents and not exponent.has(x):
            exponents[base] += exponent
        else:
            return None
    sine, cosine, tangent = exponents.values()
    p, q = sized.expand((sine + tangent + 1) / 2), sized.expand((cosine - tangent + 1) / 2)
    if not (facts.is_real(p) and facts.is_real(q)):
        return None
    return _beta(p, q, known, factor / 2, (f.xreplace({x: S.Pi / 4}),))


def logarithm_and_exponential(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found | None:
    """c x**p log(x) exp(-q x) from 0 to infinity, and x**p log(x)**n from 0 to 1: derivatives in p."""
    if low != 0 or not (high is S.Infinity or high == 1):
        return None
    factor, p, rate, logs = S.One, S.Zero, S.Zero, S.Zero
    for base, exponent in _factors(f):
        if not base.has(x) and not exponent.has(x):
            factor *= base**exponent
        elif base == x and not exponent.has(x):
            p += exponent
        elif base == sympy.log(x) and not exponent.has(x):
            logs += exponent
        elif isinstance(base, sympy.exp) and exponent == 1:
            start, slope = base.args[0].as_independent(x, as_Add=True)
            factor, rate = factor * sympy.exp(start), rate - slope / x
        else:
            return None
    if rate.has(x) or not facts.is_real(p) or known(p + 1) != 1:
        return None
    constants = (factor, p, rate)
    y = p + 1
    if high is S.Infinity and logs in (1, 2) and facts.is_real(rate) and known(rate) == 1:
        first = sympy.digamma(y) - sympy.log(rate)
        value = first if logs == 1 else first**2 + sympy.polygamma(1, y)
        return Found(factor * sympy.gamma(y) * rate ** (-y) * value, "a derivative of the gamma function", constants)
    if high == 1 and rate == 0 and logs.is_Integer and 0 < logs <= HIGHEST:
        value = (-1) ** logs * sympy.factorial(logs) / y ** (logs + 1)
        return Found(factor * value, "a derivative in the exponent", constants)
    return None


def gaussians(f: Expr, x: Symbol, low: Expr, high: Expr, known: Known) -> Found | None:
    """Polynomials and waves times exp(-a x**2 + b x + c) over the line, or over half of it where they are even."""
    if high is not S.Infinity or low not in (S.NegativeInfinity, S.Zero) or not f.has(sympy.exp):
        return None
    if low == 0 and sized.expand(f - f.xreplace({x: -x})) != 0:
        return None
    terms = _gaussian_terms(f, x)
    if terms is None:
        return None
    total = S.Zero
    for c, n, exponent in terms:
        made = sized.polynomial(exponent, x)
        if made.degree() != 2:
            return None
        a, b, ground = -made.nth(2), made.nth(1), made.nth(0)
        if not facts.is_real(a) or known(a) != 1:
            return None
        total += c * sympy.sqrt(S.Pi / a) * _moment(n, a, b) * _by_euler(sized.expand(b**2 / (4 * a) + ground))
    if not f.has(I):
        total = sized.expand(total)
        parts = sympy.sift(sympy.Add.make_args(total), lambda part: part.has(I))
        if any((part / I).has(I) for part in parts[True]):
            return None
        total = sympy.Add(*parts[False])
    return Found(total / (2 if low == 0 else 1), "Gaussians, term by term", (f.xreplace({x: S.One}),))


def _by_euler(exponent: Expr) -> Expr:
    turning, rest = sympy.sift(sympy.Add.make_args(exponent), lambda part: part.has(I), binary=True)
    angle = sized.expand(-I * sympy.Add(*turning))
    return sympy.exp(sympy.Add(*rest)) * (sympy.cos(angle) + I * sympy.sin(angle))


def _moment(n: int, a: Expr, b: Expr) -> Expr:
    """The integral of x**n exp(-a x**2 + b x) over that without x**n: by derivatives in b."""
    y = Dummy("y")
    moment: Expr = S.One
    for _ in range(n):
        moment = sized.expand(sympy.diff(moment, y) + y / (2 * a) * moment)
    return moment.xreplace({y: b})


def _gaussian_terms(f: Expr, x: Symbol) -> list[tuple[Expr, int, Expr]] | None:
    """Coefficients, powers of x, and exponents of which the sum consists."""
    found: list[tuple[Expr, int, Expr]] = []
    for term in sympy.Add.make_args(sized.expand(f)):
        made = [(S.One, 0, S.Zero)]
        for base, exponent in _factors(term):
            pieces = _pieces(base, exponent, x)
            if pieces is None or len(made) * len(pieces) > MOST_TERMS:
                return None
            made = [(c * d, n + m, sized.expand(u + v)) for c, n, u in made for d, m, v in pieces]
        found += made
    return found if len(found) <= MOST_TERMS else None


def _pieces(base: Expr, exponent: Expr, x: Symbol) -> list[tuple[Expr, int, Expr]] | None:
    if not base.has(x) and not exponent.has(x):
        return [(base**exponent, 0, S.Zero)]
    if base == x:
        return [(S.One, int(exponent), S.Zero)] if exponent.is_Integer and 0 < exponent <= HIGHEST else None
    if isinstance(base, sympy.exp) and base.args[0].is_polynomial(x):
        return [(S.One, 0, base.args[0] * exponent)] if not exponent.has(x) else None
    kind = type(base)
    if kind not in _HALVES or not exponent.is_Integer or not 0 < exponent <= 4 or not base.args[0].is_polynomial(x):
        return None
    if sympy.degree(base.args[0], x) != 1:
        return None
    made = [(S.One, S.Zero)]
    for _ in range(int(exponent)):
        made = [(c * d, u + s * base.args[0]) for c, u in made for d, s in _HALVES[kind]]
    return [(c, 0, u) for c, u in made]


_HALF = S.Half
_HALVES: dict[type, tuple[tuple[Expr, Expr], ...]] = {
    sympy.cos: ((_HALF, I), (_HALF, -I)),
    sympy.sin: ((-I * _HALF, I), (I * _HALF, -I)),
    sympy.cosh: ((_HALF, S.One), (_HALF, S.NegativeOne)),
    sympy.sinh: ((_HALF, S.One), (-_HALF, S.NegativeOne)),
}

Row = Callable[[Expr, Symbol, Expr, Expr, Known], Found | None]
ROWS: tuple[Row, ...] = (between_zeros, binomial_powers, waves_to_powers, logarithm_and_exponential, gaussians)
