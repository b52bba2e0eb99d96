"""Antiderivatives with roots of linear and of quadratic functions: candidates, none of them believed.

References
----------
Gradshteyn and Ryzhik, Table of Integrals, Series, and Products: 2.21 (roots of linear functions), 2.26 and 2.27 (roots
of quadratic functions).
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Dummy, Expr, Poly, Rational, S, Symbol

from symgrad.balls.expansions.growth import Open
from symgrad.base import sized
from symgrad.prove.signs.existence import Known

HIGHEST = 8
Find = Callable[[Expr, Symbol], Expr | None]


def with_root_of_line(f: Expr, x: Symbol, find: Find) -> Expr | None:
    """A rational function of x and of roots of one a*x + b, by the root as a new variable."""
    roots = [p for p in f.atoms(sympy.Pow) if p.has(x) and p.exp.is_Rational and not p.exp.is_Integer]
    bases = {p.base for p in roots}
    if len(bases) != 1:
        return None
    (base,) = bases
    if not base.is_polynomial(x) or sympy.degree(base, x) != 1:
        return None
    n = int(sympy.ilcm(1, *(p.exp.q for p in roots)))
    a, b = Poly(base, x).all_coeffs()
    u = Dummy("u", positive=True)
    made = f.xreplace({p: u ** (p.exp * n) for p in roots}).xreplace({x: (u**n - b) / a}) * n * u ** (n - 1) / a
    if made.has(x) or n > HIGHEST or not made.is_rational_function(u):
        return None
    found = find(sized.cancel(sized.together(made)), u)
    return None if found is None else found.xreplace({u: base ** Rational(1, n)})


def line_to_a_power(f: Expr, x: Symbol, known: Known) -> Expr | None:
    """A polynomial times (a*x + b)**p, in powers of a*x + b."""
    powers = [p for p in sympy.Mul.make_args(f) if isinstance(p, sympy.Pow) and not p.is_polynomial(x)]
    if not powers or len({p.base for p in powers}) != 1 or any(p.exp.has(x) for p in powers):
        return None
    base, exponent = powers[0].base, sympy.Add(*(p.exp for p in powers))
    rest = f / sympy.Mul(*powers)
    if not base.is_polynomial(x) or sympy.degree(base, x) != 1 or not rest.is_polynomial(x):
        return None
    if sympy.degree(rest, x) > HIGHEST:
        return None
    a, b = Poly(base, x).all_coeffs()
    u = Dummy("u")
    total = S.Zero
    for (k,), c in sized.polynomial(rest.xreplace({x: (u - b) / a}), u).terms():
        p = sized.expand(exponent + k + 1)
        sign = known(p)
        if sign is None:
            raise Open(p)
        total += c / a * (base**p / p if sign else sympy.log(base))
    return total


def with_root_of_quadratic(f: Expr, x: Symbol, known: Known) -> Expr | None:
    """A polynomial times a power of a quadratic function, half of an odd number."""
    roots = [p for p in sympy.Mul.make_args(f) if isinstance(p, sympy.Pow) and p.has(x) and not p.exp.is_Integer]
    if len(roots) != 1 or not roots[0].exp.is_Rational or roots[0].exp.q != 2:
        return None
    (root,) = roots
    above = f / root
    if not root.base.is_polynomial(x) or sympy.degree(root.base, x) != 2 or not above.is_polynomial(x):
        return None
    q = sized.polynomial(root.base, x)
    k = int(-root.exp - S.Half)  # over q**k sqrt(q)
    p = sized.polynomial(above, x)
    if k < 0:
        p, k = p * q ** (-k), 0
    if p.degree() > HIGHEST or k > HIGHEST:
        return None
    return _over_powers(p, q, root.base, k, x, known)


def _over_powers(p: Poly, q: Poly, base: Expr, k: int, x: Symbol, known: Known) -> Expr | None:
    """Of p/(q**k sqrt(q))."""
    if k == 0:
        return _over_root(p, q, base, x, known)
    a, b, c = q.all_coeffs()
    spread = sized.expand(4 * a * c - b**2)
    if spread == 0 or not known(spread):
        return None
    over, left = sympy.div(p, q)
    first = S.Zero if over.degree() < 0 else _over_powers(over, q, base, k - 1, x, known)
    rate = left.nth(1) / (2 * a)  # left = rate q' + rest
    rest = left.nth(0) - rate * b
    alone = S.Zero if rest == 0 else _alone(q, base, spread, k, x, known)
    if first is None or alone is None:
        return None
    half = Rational(2 * k - 1, 2)
    return first - rate / half * base ** (-half) + rest * alone


def _alone(q: Poly, base: Expr, spread: Expr, k: int, x: Symbol, known: Known) -> Expr | None:
    """Of 1/(q**k sqrt(q)): one power less, as q'**2 = 4 a q - (4 a c - b**2)."""
    lower = S.Zero if k == 1 else _alone(q, base, spread, k - 1, x, known)
    if lower is None:
        return None
    half = Rational(2 * k - 1, 2)
    a = q.LC()
    return (q.diff(x).as_expr() * base ** (-half) + 4 * a * (k - 1) * lower) / (spread * half)


def _over_root(p: Poly, q: Poly, base: Expr, x: Symbol, known: Known) -> Expr | None:
    """Of p/sqrt(q): r sqrt(q), with r' q + r q'/2 = p but for a number, and that number times what has no end in x."""
    a, b, c = q.all_coeffs()
    outer, left = Poly(0, x), p
    while left.degree() > 0:
        n = left.degree()
        term = Poly(left.LC() / (n * a) * x ** (n - 1), x)
        outer += term
        left = sized.polynomial((left - term.diff(x) * q - term * q.diff(x) / 2).as_expr(), x)
    number = left.nth(0)
    if number == 0:
        return outer.as_expr() * sympy.sqrt(base)
    ground = sized.expand(c - b**2 / (4 * a))
    up, high = known(a), known(ground)
    if up is None or high is None:
        raise Open(a if up is None else ground)
    middle = x + b / (2 * a)
    if up > 0 and high < 0:
        inverse = sympy.log(2 * sympy.sqrt(a) * sympy.sqrt(base) + 2 * a * x + b)
    elif high > 0:
        inverse = (sympy.asinh if up > 0 else sympy.asin)(sympy.sqrt(up * a / ground) * middle)
    else:
        return None
    return outer.as_expr() * sympy.sqrt(base) + number * inverse / sympy.sqrt(up * a)
