"""Rational numbers between the real zeros and poles of a rational function, one in each gap.

Within a gap it has one sign. So an inequality between polynomials in one variable that fails anywhere but at single
points fails at one of these numbers, however narrow the gap is.
"""

from __future__ import annotations

from itertools import pairwise

import sympy
from sympy import Expr, Rational, S, Symbol
from sympy.sets import Set

from symgrad.base import sized
from symgrad.base.budget import charge
from symgrad.prove.basics.sets import ends

HIGHEST, LONGEST = 40, 4000  # the degree, and bits of all coefficients
WORK_OF_A_DEGREE = 400
FINENESS = tuple(Rational(1, 10**digits) for digits in (3, 15, 40, 80, 160))  # of the intervals in which roots lie


def between_roots(e: Expr, x: Symbol, values: Set) -> list[Rational]:
    """A number in each gap between the zeros and poles of a rational function and the ends of a set.

    Parameters
    ----------
    e : Expr
        With no other variable; of what is no quotient of polynomials with rational coefficients there are none.

    Examples
    --------
    >>> from sympy.abc import x
    >>> between_roots((x**2 - 2) * (x - Rational(141422, 10**5)), x, S.Reals)
    [-3, 3, -1, 577/408]
    """
    made = _with_ends(e, x, values)
    if made is None:
        return []
    degree = int(made.degree())
    if degree > HIGHEST or sum(abs(int(c)).bit_length() for c in made.all_coeffs()) > LONGEST:
        return []
    charge(WORK_OF_A_DEGREE * degree**2)
    for fineness in FINENESS:
        lies_in = [interval for interval, _ in made.intervals(eps=fineness)]
        gaps = [(high, low) for (_, high), (low, _) in pairwise(lies_in)]
        if all(high < low for high, low in gaps):
            first, last = (lies_in[0][0], lies_in[-1][1]) if lies_in else (S.Zero, S.Zero)
            return [sympy.floor(first) - 1, sympy.ceiling(last) + 1, *(_simplest(high, low) for high, low in gaps)]
    return []


def _simplest(low: Rational, high: Rational) -> Rational:
    """The fraction with the least denominator between two numbers, neither of them itself, by continued fractions."""
    whole = sympy.floor(low)
    if whole + 1 < high:
        return whole + 1
    if low == whole:
        return whole + 1 / (sympy.floor(1 / (high - whole)) + 1)
    return whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))


def _with_ends(e: Expr, x: Symbol, values: Set) -> sympy.Poly | None:
    """The polynomial whose roots are the zeros, the poles and the ends, each once."""
    if e.free_symbols != {x} or not e.is_rational_function(x):
        return None
    above, below = sympy.fraction(sympy.together(e))
    borders = (x - end for end in ends(values) if end.is_Rational)
    try:
        made = sized.polynomial(sympy.Mul(above, below, *borders), x, domain=sympy.QQ)
    except (sympy.PolynomialError, sympy.CoercionFailed):
        return None
    return None if made.degree() <= 0 else made.clear_denoms(convert=True)[1].sqf_part()
