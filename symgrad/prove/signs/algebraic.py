"""Signs of polynomials in one variable whose coefficients are real constants, such as square roots of integers."""

from __future__ import annotations

import sympy
from flint import acb, acb_poly, arb
from sympy import Expr, Interval, Symbol

from symgrad.balls import Ball, Tape, UnsupportedError, ball, precision, rational
from symgrad.base import sized
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.places.signs import inner_rational

BITS = 256
HIGHEST_DEGREE = 24


def sign_on(polynomial: Expr, t: Symbol, values: sympy.Set) -> tuple[int, bool] | None:
    """The sign on an interval, and whether it is strict there; None where it changes or cannot be told.

    Squarefree factors are found over the field of the coefficients where these are algebraic. Roots of a squarefree
    polynomial are simple, so enclosures tell them apart, and from the ends of the interval.
    """
    if not isinstance(values, Interval):
        return None
    try:
        made = sized.polynomial(polynomial, t, extension=True)
        if made.domain.is_EX or made.degree() > HIGHEST_DEGREE:
            return None
        lead, factors = made.sqf_list()
    except (NotImplementedError, sympy.PolynomialError):
        return None
    known, strict = constant_sign(lead), True
    for factor, power in factors:
        found = _is_free_of_roots(factor, values)
        if power % 2 and not found:
            return None
        if not found:
            strict = False
        elif power % 2:
            inner = inner_rational(values.start, values.end)
            of_factor = None if inner is None else constant_sign(factor.as_expr().subs(t, inner))
            known = (known or 0) * (of_factor or 0)
    return (known, strict) if known else None


def _is_free_of_roots(factor: sympy.Poly, values: Interval) -> bool:
    """Whether a polynomial certainly has no root in the interval."""
    try:
        with precision(BITS):
            coefficients = [_ball(c) for c in reversed(factor.all_coeffs())]
            roots = acb_poly(coefficients).roots()
            low, high = (None if end.is_infinite else _ball(end).real for end in (values.start, values.end))
    except (UnsupportedError, ValueError):
        return False
    return all(_is_outside(root, low, high) for root in roots)


def _is_outside(root: acb, low: arb | None, high: arb | None) -> bool:
    if not root.imag.contains(0):
        return True
    return bool((low is not None and root.real < low) or (high is not None and root.real > high))


def _ball(number: Expr) -> acb:
    value = rational(number) if number.is_Rational else Tape(number, ())()
    if not isinstance(value, Ball):
        raise UnsupportedError(f"no enclosure of {number}")
    return acb(ball(value))
