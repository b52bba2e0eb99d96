"""Quotients of polynomials in many generators over the rationals: the arithmetic of normal forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction as Rational

import sympy
from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

MOST_GENERATORS = 40
MOST_TERMS = 20_000
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
        if len(numerator) > MOST_TERMS or len(denominator) > MOST_TERMS:
            raise NoNormalForm(f"more than {MOST_TERMS} terms")
        common = numerator.gcd(denominator)
        if not common.is_one():
            numerator, denominator = numerator / common, denominator / common
        lead = denominator.leading_coefficient()
        return cls(numerator / lead, denominator / lead)

    def __add__(self, other: Quotient) -> Quotient:
        if self.denominator == other.denominator:
            return Quotient.reduced(self.numerator + other.numerator, self.denominator)
        return Quotient.reduced(
            self.numerator * other.denominator + other.numerator * self.denominator,
            self.denominator * other.denominator,
        )

    def __mul__(self, other: Quotient) -> Quotient:
        return Quotient.reduced(self.numerator * other.numerator, self.denominator * other.denominator)

    def __pow__(self, n: int) -> Quotient:
        if abs(n) > MOST_EXPONENT:
            raise NoNormalForm(f"an exponent beyond {MOST_EXPONENT}")
        top, bottom = (self.numerator, self.denominator) if n >= 0 else (self.denominator, self.numerator)
        if len(top) ** abs(n) > MOST_TERMS**2 or len(bottom) ** abs(n) > MOST_TERMS**2:
            raise NoNormalForm(f"more than {MOST_TERMS} terms")
        return Quotient.reduced(top ** abs(n), bottom ** abs(n))

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


def fraction(q: fmpq) -> Rational:
    return Rational(int(q.p), int(q.q))


def number(q: Rational) -> sympy.Rational:
    return sympy.Rational(q.numerator, q.denominator)


def constant(value: int | Rational) -> Quotient:
    value = Rational(value)
    return Quotient(CONTEXT.constant(fmpq(value.numerator, value.denominator)))
