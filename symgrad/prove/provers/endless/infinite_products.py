"""Values of infinite products: gamma functions of zeros and poles, exponentials of sums, and what tends to zero."""

from __future__ import annotations

import sympy
from sympy import Dummy, Expr, Poly, S, Symbol

from symgrad import activations
from symgrad.balls.expansions.growth import Open
from symgrad.balls.expansions.limits import Found, expansions, has_end
from symgrad.balls.expansions.ratios import is_moderate
from symgrad.base import sized
from symgrad.prove.basics import facts
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.provers.endless.infinite_sums import LARGEST_SHIFT, NotFound, infinite_sum, linear, no_zero
from symgrad.prove.signs.existence import Known


def infinite_product(factor: Expr, n: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """The product from low on of a rational function, by gamma functions of its zeros and poles (DLMF 5.8.5)."""
    if high is not S.Infinity or not facts.is_integer(low):
        raise NotFound
    m = Dummy("m", integer=True, nonnegative=True)
    moved = activations.expand(factor).xreplace({n: low + m})
    if not is_moderate(factor, n) or not known.within(m, S.Naturals0).has_value(moved):
        raise NotFound
    moved = sized.together(moved)
    if isinstance(moved, sympy.exp):
        inner = infinite_sum(moved.args[0], m, S.Zero, S.Infinity, known)
        if inner.value is None:
            raise NotFound
        return Found(sympy.exp(inner.value), f"the exponential of a sum, by {inner.why}", inner.constants)
    endless = _tendency(moved, m, known)
    if endless is not None:
        return endless
    if not moved.is_rational_function(m):
        raise NotFound
    above, below = sympy.fraction(sized.cancel(moved))
    if not no_zero(below, m, known):
        raise NotFound
    paired, first_shifts, above = _pairs(above, m)
    divided, second_shifts, below = _pairs(below, m)
    (tops, top), (bottoms, bottom) = linear(above, m), linear(below, m)
    if tops is None or bottoms is None or len(tops) + len(first_shifts) != len(bottoms) + len(second_shifts):
        raise NotFound
    gap = sized.cancel(sum([*tops, *first_shifts], S.Zero) - sum([*bottoms, *second_shifts], S.Zero))
    if known(sized.cancel(top / bottom - 1)) != 0 or known(gap) != 0:
        raise NotFound
    if any(t.is_Integer and t <= 0 for t in tops):
        return Found(S.Zero, "a factor that is zero")
    if not all(known(u) == 1 or (u.is_Rational and not u.is_Integer) for u in (*tops, *bottoms)):
        raise NotFound
    value = sympy.Mul(*map(sympy.gamma, bottoms)) / sympy.Mul(*map(sympy.gamma, tops))
    return Found(value * divided / paired, "gamma functions of zeros and poles")


def _tendency(factor: Expr, m: Symbol, known: Known) -> Found | None:
    """Zero where the products of finitely many factors tend to it, no value where they grow without bound."""
    logarithm = sympy.log(factor, evaluate=False)
    try:
        is_finite, constants = has_end(logarithm, m, known)
        if is_finite:
            return None
        expander, s = next(expansions(logarithm, m, known))
        falls = expander.lead(s)[2] < 0
    except Open:
        return None
    if falls:
        return Found(S.Zero, "its partial products, which tend to zero", constants)
    return None  # the refuter sees that they grow, if no factor is zero


def _pairs(e: Expr, m: Symbol) -> tuple[Expr, list[Expr], Expr]:
    """Products of gamma functions at the conjugate zeros of quadratic factors (DLMF 5.4.3), their sums, and the rest.

    gamma(s + ir) gamma(s - ir) = pi r/sinh(pi r) for s = 1; other whole numbers s by the recurrence.
    """
    value, shifts, rest = S.One, [], S.One
    constant, factors = sized.factor_list(e, m)
    for factor, times in factors:
        poly = Poly(factor, m)
        if poly.degree() != 2 or poly.free_symbols_in_domain:
            rest *= factor**times
            continue
        a, b, c = poly.all_coeffs()
        shift, square = b / (2 * a), c / a - (b / (2 * a)) ** 2
        if not shift.is_Integer or not 0 <= shift <= LARGEST_SHIFT or constant_sign(square) != 1:
            rest *= factor**times
            continue
        root = sympy.sqrt(square)
        one = S.Pi * root / sympy.sinh(S.Pi * root)
        made = one / square if shift == 0 else one * sympy.Mul(*(k**2 + square for k in range(1, int(shift))))
        value *= made**times
        shifts += [shift, shift] * times
        constant *= a**times
    return value, shifts, sized.expand(constant * rest)
