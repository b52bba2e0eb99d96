"""Quotients of polynomials in many generators over the rationals: the arithmetic of normal forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction as Rational
from math import comb

import sympy
from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from symgrad.base.budget import charge

MOST_GENERATORS = 40
WORK_OF_FACTORS = 250  # of however small a polynomial
MOST_PRODUCTS = 1_000_000
MOST_EXPONENT = 400


class NoNormalForm(Exception):
    """The expression is too large, or holds what the tower has no generator for."""


CONTEXT = fmpq_mpoly_ctx.get([f"g{i}" for i in range(MOST_GENERATORS)], "lex")
_ONE = CONTEXT.constant(1)


@dataclass(frozen=True)
class Quotient:
    """A numerator over a denominator, both polynomials in the generators of one tower."""

    numerator: fmpq_mpoly
    denominator: fmpq_mpoly = field(default_factory=lambda: _ONE)

    @classmethod
    def reduced(cls, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> Quotient:
        if denominator.is_zero():
            raise NoNormalForm("a denominator is zero")
        common = gcd(numerator, denominator)
        if not common.is_one():
            numerator, denominator = numerator / common, denominator / common
        lead = denominator.leading_coefficient()
        return cls(numerator / lead, denominator / lead)

    def __add__(self, other: Quotient) -> Quotient:
        if self.denominator == other.denominator:
            return Quotient.reduced(self.numerator + other.numerator, self.denominator)
        return Quotient.reduced(
            product(self.numerator, other.denominator) + product(other.numerator, self.denominator),
            product(self.denominator, other.denominator),
        )

    def __mul__(self, other: Quotient) -> Quotient:
        return Quotient.reduced(product(self.numerator, other.numerator), product(self.denominator, other.denominator))

    def __pow__(self, n: int) -> Quotient:
        if abs(n) > MOST_EXPONENT:
            raise NoNormalForm(f"an exponent beyond {MOST_EXPONENT}")
        top, bottom = (self.numerator, self.denominator) if n >= 0 else (self.denominator, self.numerator)
        return Quotient.reduced(power(top, abs(n)), power(bottom, abs(n)))

    def __neg__(self) -> Quotient:
        return Quotient(-self.numerator, self.denominator)

    @property
    def is_zero(self) -> bool:
        return bool(self.numerator.is_zero())

    def key(self) -> tuple[str, str]:
        """A text that is the same for the same quotient."""
        return str(self.numerator), str(self.denominator)

    def rational(self) -> Rational | None:
        """The value where the quotient is a rational number."""
        if self.denominator.is_constant() and self.numerator.is_constant():
            value = self.numerator.leading_coefficient() if not self.numerator.is_zero() else fmpq(0)
            return Rational(int(value.p), int(value.q)) / fraction(self.denominator.leading_coefficient())
        return None


# --- operations whose work is bounded and counted -----------------------------------------------------------------


def product(left: fmpq_mpoly, right: fmpq_mpoly) -> fmpq_mpoly:
    """The product of two polynomials, unless it is too large."""
    _count(len(left) * len(right))
    return left * right


def power(base: fmpq_mpoly, n: int) -> fmpq_mpoly:
    """The power of a polynomial, unless it is too large: it has as many terms as there are monomials in them."""
    _count(len(base) * power_terms(len(base), n))
    return base**n


def power_terms(terms: int, n: int) -> int:
    """How many monomials of degree n there are in so many terms."""
    return comb(terms - 1 + n, n) if terms else 0


def gcd(left: fmpq_mpoly, right: fmpq_mpoly) -> fmpq_mpoly:
    """The greatest common divisor of two polynomials, unless they are too large."""
    _count(30 * (len(left) + len(right)))
    return left.gcd(right)


def factors(polynomial: fmpq_mpoly) -> tuple[fmpq, list[tuple[fmpq_mpoly, int]]]:
    """Its content and its irreducible factors with their powers, unless it is too large."""
    charge(WORK_OF_FACTORS)
    _count(100 * len(polynomial))
    content, found = polynomial.factor()
    return content, [(part, int(times)) for part, times in found]


def resultant(left: fmpq_mpoly, right: fmpq_mpoly, place: int) -> fmpq_mpoly:
    """The resultant of two polynomials with respect to a generator, unless they are too large."""
    degrees = int(left.degrees()[place]) + int(right.degrees()[place])
    _count(power_terms(len(left) + len(right), degrees))
    return left.resultant(right, place)


def _count(products: int) -> None:
    """Count products of terms on the budget."""
    if products > MOST_PRODUCTS:
        raise NoNormalForm(f"more than {MOST_PRODUCTS} products of terms")
    charge(5 + products / 2)


def fraction(q: fmpq) -> Rational:
    return Rational(int(q.p), int(q.q))


def number(q: Rational) -> sympy.Rational:
    return sympy.Rational(q.numerator, q.denominator)


def constant(value: int | Rational) -> Quotient:
    value = Rational(value)
    return Quotient(CONTEXT.constant(fmpq(value.numerator, value.denominator)))
