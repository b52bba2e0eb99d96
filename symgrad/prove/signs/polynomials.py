"""Signs of polynomials in several variables, by sums of squares."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from flint import fmpq
from sympy import Expr, S

from symgrad.balls import rational
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.basics.points import points
from symgrad.prove.basics.sums_of_squares import Polynomial, is_sum_of_squares

DEEPEST = 2
MOST_VARIABLES, MOST_DEGREE, MOST_TERMS = 4, 12, 60


def by_sum_of_squares(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """A polynomial that is a sum of squares, or becomes one when it is multiplied by one and the squares.

    What lies on a half-line is written as its end and a square.
    """
    free = domain.symbols
    if not 2 <= len(free) <= MOST_VARIABLES or look.depth > DEEPEST or not u.is_polynomial(*free):
        return None
    made = sized.polynomial(u.xreplace(_by_squares(domain)), *free)
    if not (made.domain.is_ZZ or made.domain.is_QQ) or made.total_degree() > MOST_DEGREE:
        return None
    known = next((s for p in points(domain, 24) if (s := int(sympy.sign(u.xreplace(p)))) != 0), 0)
    for multiplier, name in _multipliers(made) if known else ():
        raised = made * multiplier * known
        if len(raised.terms()) > MOST_TERMS or raised.total_degree() > MOST_DEGREE:
            continue
        found = is_sum_of_squares(_as_dict(raised))
        if found is not None:
            return Finding(known, found, True, f"is a sum of squares{name}")
    return None


def _by_squares(domain: Domain) -> dict[Expr, Expr]:
    squares = {}
    for s, values in domain.sets:
        if values.inf.is_Rational:
            squares[s] = values.inf + s**2
        elif values.sup.is_Rational:
            squares[s] = values.sup - s**2
    return squares


def _multipliers(made: sympy.Poly) -> Iterator[tuple[sympy.Poly, str]]:
    yield sized.polynomial(S.One, *made.gens), ""
    squares = sum((g**2 for g in made.gens), S.Zero)
    degrees = {sum(e) for e in made.monoms()}
    is_homogeneous = len(degrees) == 1
    shown = squares if is_homogeneous else 1 + squares
    yield sized.polynomial(shown, *made.gens), f" once multiplied by {shown}"


def _as_dict(made: sympy.Poly) -> Polynomial:
    return {tuple(map(int, e)): fmpq(rational(c)) for e, c in made.terms()}
