"""Exp-log normal form: expressions as quotients of polynomials in generators, and the zero test there.

Every rewriting here is an identity wherever both sides are defined, on principal branches; those that hold only
for positive arguments are used only where the argument is known to be positive on the domain. So a numerator that
reduces to zero proves equality, and a remainder says nothing.

The generators: the variables; constants; exp(m/g), one for each monomial m of the exponents (a basis over the
rationals, as far as the monomials are independent); log(p) and roots of p for irreducible p; roots of unity;
and, for each other function, its value at a normalised argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction as Rational
from math import gcd, lcm, prod

import flint
import sympy
from flint import fmpq, fmpq_mpoly
from sympy import Basic, Expr, I, S, Symbol, Tuple

from symgrad import activations
from symgrad.base.budget import charge
from symgrad.language.written import named
from symgrad.prove.basics import facts
from symgrad.prove.places.signs import Signs, polynomial_sign
from symgrad.prove.special import relations, special
from symgrad.prove.special.elementary import RULES
from symgrad.prove.special.recurrences import Equal
from symgrad.prove.special.ring import (
    CONTEXT,
    MOST_EXPONENT,
    MOST_GENERATORS,
    NoNormalForm,
    Quotient,
    constant,
    factors,
    fraction,
    number,
    resultant,
)

LARGEST_FACTORED = 10**12
HIGHEST_DEGREE = 12


class _Restart(Exception):
    """A finer generator is needed than the one in use; the tower begins again with it."""


@dataclass(frozen=True)
class Generator:
    """One generator: the expression it stands for, whether it is real, and its sign where that is known."""

    expression: Expr
    is_real: bool
    sign: int | None = None
    kind: str = "atom"

    @property
    def exponent(self) -> Expr:
        """The v for which this is exp(v); SymPy writes exp(E*log(x)) as x**E, and exp(1) as E."""
        base, power = self.expression.as_base_exp()
        return power if base is S.Exp1 else power * sympy.log(base)


class Tower:
    """The generators met so far, over a domain; `normal` brings expressions into them.

    Parameters
    ----------
    signs : Signs
        Knows the signs of expressions on the domain.

    Attributes
    ----------
    nonzero : list of Expr
        What was taken to be different from zero, beyond the denominators of the expressions themselves.
    """

    def __init__(self, signs: Signs) -> None:
        self.signs = signs
        self._units: dict[Expr, Rational] = {}
        self._begin()

    def _begin(self) -> None:
        self.generators: list[Generator] = []
        self._places: dict[object, int] = {}
        self._relations: dict[int, tuple[int, Quotient]] = {}
        self._products: dict[tuple[tuple[int, int], ...], Quotient] = {}
        self._cyclotomic: dict[int, fmpq_mpoly] = {}
        self._known: dict[Expr, Quotient] = {}
        self.nonzero: list[Expr] = []
        self._rational_roots = False

    def normal(self, *expressions: Expr) -> tuple[Quotient, ...]:
        """Normal forms of the expressions in common generators.

        Raises
        ------
        NoNormalForm
            If one has none here.
        """
        prepared = [activations.expand(e) for e in expressions]
        for _ in range(30):
            try:
                return tuple(self._reduce(self.convert(e)) for e in prepared)
            except _Restart:
                self._begin()
            except (RecursionError, OverflowError, flint.utils.flint_exceptions.DomainError) as error:
                raise NoNormalForm(str(error) or type(error).__name__) from None
        raise NoNormalForm("the exponents do not settle")

    def difference(self, left: Quotient, right: Quotient) -> Quotient:
        """left - right, reduced by the relations between the generators."""
        return self._reduce(left + -right)

    # --- generators -----------------------------------------------------------------------------------------

    def _generator(self, key: object, make: Callable[[], Generator]) -> fmpq_mpoly:
        if key not in self._places:
            made = make()
            if len(self.generators) == MOST_GENERATORS:
                raise NoNormalForm(f"more than {MOST_GENERATORS} generators")
            self._places[key] = len(self.generators)
            self.generators.append(made)
        return CONTEXT.gen(self._places[key])

    def _atom(self, expression: Expr) -> Quotient:
        real = self.signs.is_real(expression)
        return Quotient(
            self._generator(
                expression, lambda: Generator(expression, real, self.signs.sign(expression) if real else None)
            )
        )

    def _unit(self, key: Expr, q: Rational) -> Rational:
        """The rational number of which all multiples under this key are integer ones, q among them."""
        unit = self._units.get(key, abs(q))
        if (q / unit).denominator > 1:
            unit = Rational(gcd(q.numerator * unit.denominator, unit.numerator * q.denominator), 1) / (
                q.denominator * unit.denominator
            )
            self._units[key] = unit
            raise _Restart
        if abs(q / unit) > MOST_EXPONENT:
            raise NoNormalForm(f"an exponent beyond {MOST_EXPONENT}")
        self._units[key] = unit
        return unit

    # --- conversion -----------------------------------------------------------------------------------------

    def convert(self, e: Expr) -> Quotient:
        """The normal form of one expression; `normal` prepares and reduces."""
        if e not in self._known:
            charge(40)
            self._known[e] = self._reduce(self._converted(e))
        return self._known[e]

    def _converted(self, e: Expr) -> Quotient:
        if isinstance(e, sympy.Rational):
            return constant(Rational(int(e.p), int(e.q)))
        if e is I:
            return self._unity(Rational(1, 2))
        if e is S.Exp1:
            return self.exponential(constant(1))
        if isinstance(e, Symbol) or e in (S.Pi, S.EulerGamma, S.Catalan):
            return self._atom(e)
        if isinstance(e, sympy.Add):
            return self._sum([self.convert(a) for a in e.args])
        if isinstance(e, sympy.Mul):
            return prod(map(self.convert, e.args), start=constant(1))
        if isinstance(e, sympy.Pow):
            return self._power(self.convert(e.base), self.convert(e.exp))
        e = named(e)
        rule = RULES.get(e.func)
        if rule is not None:
            return rule(self, *e.args)
        if isinstance(e, sympy.Function):
            return self._opaque(e)
        raise NoNormalForm(f"no generator for {type(e).__name__}")

    def _sum(self, terms: list[Quotient]) -> Quotient:
        if len(terms) == 1:
            return terms[0]
        middle = len(terms) // 2
        return self._sum(terms[:middle]) + self._sum(terms[middle:])

    def _opaque(self, e: Expr) -> Quotient:
        """The value of a function that is known by its argument, and by its relations to other values."""
        equal = special.normal(e, self.signs.plain_sign) or self._turned_normal(e)
        if equal is not None:
            self.nonzero.extend(equal.nonzero)
            return self.convert(equal.value)
        key = (e.func, *(self._key(a) for a in e.args))
        others = [] if key in self._places else [g.expression for g in self.generators if g.kind == "atom"]
        generator = self._generator(key, lambda: Generator(e, self.signs.is_real(e), self.signs.by_assumptions(e)))
        for relation in relations.between(e, others, self.signs.plain_sign):
            self._adopt(relation)
        return Quotient(generator)

    def _turned_normal(self, e: Expr) -> Equal | None:
        """What is known of the function at arguments whose imaginary unit only their normal form shows."""
        if e.has(I) or not any(
            isinstance(p, sympy.Pow) and not facts.is_integer(p.exp) for p in sympy.preorder_traversal(e)
        ):
            return None
        written = e.func(*(a if isinstance(a, Tuple) else self.expression(self.convert(a)) for a in e.args))
        return special.normal(written, self.signs.plain_sign) if written.has(I) and written.func == e.func else None

    def _key(self, argument: Basic) -> object:
        """What tells an argument from others: its normal form, or those of a list of parameters."""
        return tuple(map(self._key, argument)) if isinstance(argument, Tuple) else self.convert(argument).key()

    def _adopt(self, relation: relations.Relation) -> None:
        """Have a product of generators replaced by what it is equal to."""
        places = {g.expression: place for place, g in enumerate(self.generators)}
        product = tuple((places[factor], power) for factor, power in relation.factors)
        self._products[product] = constant(0) + self.convert(relation.value)

    def _unity(self, half_turns: Rational) -> Quotient:
        """exp(I*pi*q) by a primitive root of unity."""
        half_turns %= 2
        fineness = self._unit(I * S.Pi, Rational(1, lcm(2, half_turns.denominator))).denominator
        if fineness > 2 and self._rational_roots:
            raise _Restart  # roots of rational numbers come after roots of unity, which hold many of them
        zeta = self._generator(I * S.Pi, lambda: Generator(sympy.exp(I * S.Pi / fineness), False))
        place = self._places[I * S.Pi]
        if place not in self._cyclotomic:
            cyclotomic = flint.fmpz_poly.cyclotomic(2 * fineness)
            self._cyclotomic[place] = sum(
                (int(c) * zeta**k for k, c in enumerate(cyclotomic.coeffs())), CONTEXT.constant(0)
            )
        return Quotient(zeta ** int(half_turns * fineness))

    def exponential(self, exponent: Quotient) -> Quotient:
        """exp of a sum: the product over its monomials of powers of one generator each."""
        product = constant(1)
        for coefficient, monomial in self._terms(exponent):
            product = product * self._exponential_of(coefficient, monomial)
        return product

    def _exponential_of(self, coefficient: Rational, monomial: Expr) -> Quotient:
        factors = set(sympy.Mul.make_args(monomial))
        if factors == {I, S.Pi}:
            return self._unity(coefficient)
        if isinstance(monomial, sympy.log):
            return self._rational_power(self.convert(monomial.args[0]), coefficient)
        known = special.exponential(monomial) if coefficient.denominator == 1 else None
        if known is not None:
            self.nonzero.extend(known.nonzero)
            return self.convert(known.value) ** int(coefficient)
        if I in factors and isinstance(monomial / I, sympy.atan | sympy.asin | sympy.atan2):
            return self._turned(monomial / I, coefficient)
        unit = self._unit(monomial, coefficient)
        real = self.signs.is_real(monomial)
        generator = self._generator(
            ("exp", monomial),
            lambda: Generator(sympy.exp(monomial * number(unit)), real, 1 if real else None, "exp"),
        )
        return Quotient(generator) ** int(coefficient / unit)

    def _turned(self, angle: Expr, q: Rational) -> Quotient:
        """exp(I*q*angle) for an arcus tangent or sine: by their definitions as principal logarithms."""
        u = self.convert(angle.args[0])
        i = self.convert(I)
        if isinstance(angle, sympy.atan2):
            x = self.convert(angle.args[1])
            return self._rational_power((x + i * u) * self._rational_power(x * x + u * u, Rational(-1, 2)), q)
        if isinstance(angle, sympy.atan) and q.denominator == 1 and self.signs.is_real(angle.args[0]):
            return (constant(1) + i * u) ** int(q) * self._rational_power(constant(1) + u * u, -q / 2)
        if isinstance(angle, sympy.atan):
            ahead, behind = constant(1) + i * u, constant(1) + -(i * u)
            return self._rational_power(ahead, q / 2) * self._rational_power(behind, -q / 2)
        return self._rational_power(self._rational_power(constant(1) + -(u * u), Rational(1, 2)) + i * u, q)

    def _terms(self, quotient: Quotient) -> list[tuple[Rational, Expr]]:
        """The quotient as a sum of rational multiples of expressions that hold no rational factor."""
        below = self.expression(Quotient(quotient.denominator))
        terms = []
        for powers, coefficient in quotient.numerator.terms():
            terms.append((fraction(coefficient), self._monomial(powers) / below))
        return [(q, m) for q, m in (self._without_rational_factor(q, m) for q, m in terms)]

    @staticmethod
    def _without_rational_factor(q: Rational, m: Expr) -> tuple[Rational, Expr]:
        factor, rest = m.as_coeff_Mul(rational=True)
        return q * Rational(int(factor.p), int(factor.q)), rest

    def _monomial(self, powers: tuple[int, ...]) -> Expr:
        unity = self._places.get(I * S.Pi)
        factors = []
        for place, power in enumerate(powers):
            if not power:
                continue
            if place == unity:
                turns = int(power) * number(self._units[I * S.Pi])
                factors.append(sympy.exp(I * S.Pi * turns))
            else:
                factors.append(self.generators[place].expression ** int(power))
        return sympy.Mul(*factors)

    def logarithm(self, argument: Quotient) -> Quotient:
        """log of a product: positive factors apart, the rest together."""
        total = constant(0)
        rest = constant(1)
        for part, power in self._factors(argument):
            known = self.sign(part)
            if known == 1:
                total = total + constant(power) * self._log_of_positive(part)
            else:
                rest = rest * Quotient(part) ** power
        if rest == constant(1):
            return total
        turn = self._turn(rest)
        if turn is not None:
            return total + constant(turn) * self.convert(I) * self._atom(S.Pi)
        known = self._product_sign(rest)
        if known == -1:
            return total + self.logarithm(-rest) + self.convert(I) * self._atom(S.Pi)
        return total + self._log_atom(self.expression(rest))

    def _turn(self, quotient: Quotient) -> Rational | None:
        """The q in (-1, 1] for which the quotient is the root of unity exp(I*pi*q), if it is one."""
        place = self._places.get(I * S.Pi)
        terms = list(quotient.numerator.terms())
        if place is None or not quotient.denominator.is_one() or len(terms) != 1 or abs(terms[0][1]) != 1:
            return None
        powers, coefficient = terms[0]
        if sum(powers) != powers[place]:
            return None
        q = (int(powers[place]) * self._units[I * S.Pi] + (1 if coefficient < 0 else 0)) % 2
        return q if q <= 1 else q - 2

    def _log_of_positive(self, part: fmpq_mpoly) -> Quotient:
        place = self._sole_generator(part)
        known = special.logarithm(self.generators[place].expression, self.signs.sign) if place is not None else None
        if known is not None:
            return self.convert(known)
        if place is not None and self.generators[place].kind == "exp":
            return self.convert(self.generators[place].exponent)
        if place is not None and self.generators[place].kind == "root":
            base, degree = self.generators[place].expression.as_base_exp()
            return self.convert(degree) * self.convert(sympy.log(base))
        return self._log_atom(self.expression(Quotient(part)))

    def _log_atom(self, argument: Expr) -> Quotient:
        expression = sympy.log(argument, evaluate=False)
        key = ("log", argument)
        real = self.signs.sign(argument) == 1
        return Quotient(self._generator(key, lambda: Generator(expression, real, None, "log")))

    def _factors(self, quotient: Quotient) -> list[tuple[fmpq_mpoly, int]]:
        """Irreducible factors with their powers; rational constants by their primes."""
        found: list[tuple[fmpq_mpoly, int]] = []
        content = Rational(1)
        for polynomial, direction in ((quotient.numerator, 1), (quotient.denominator, -1)):
            factor, parts = factors(polynomial)
            content *= fraction(factor) ** direction
            for part, power in parts:
                if self.sign(part) == -1:
                    part, content = -part, content * (-1) ** int(power)
                found.append((part, int(power) * direction))
        if max(abs(content.numerator), content.denominator) > LARGEST_FACTORED:
            found.append((CONTEXT.constant(fmpq(content.numerator, content.denominator)), 1))
            return found
        for prime, power in sympy.factorint(content.numerator).items():
            found.append((CONTEXT.constant(prime), power))
        found.extend((CONTEXT.constant(p), -k) for p, k in sympy.factorint(content.denominator).items())
        return [(part, power) for part, power in found if not part.is_one()]

    def _power(self, base: Quotient, exponent: Quotient) -> Quotient:
        q = exponent.rational()
        if q is None:
            if base.rational() == 0:
                if self._product_sign(exponent) != 1:
                    raise NoNormalForm("a power of zero whose exponent may not be positive")
                return constant(0)
            turned, rest = self._turned_whole(base, exponent)
            if rest == constant(1):
                return turned
            if self._product_sign(rest) is None:
                self.nonzero.append(self.expression(rest))
            return turned * self.exponential(exponent * self.logarithm(rest))
        return self._rational_power(base, q)

    def _turned_whole(self, base: Quotient, exponent: Quotient) -> tuple[Quotient, Quotient]:
        """A whole power of the complex exponentials in a product, which needs no branch; and the other factors."""
        turned, rest = constant(1), base
        if not facts.is_integer(self.expression(exponent)):
            return turned, rest
        for part, power in self._factors(base):
            place = self._sole_generator(part)
            if place is not None and self.generators[place].kind == "exp" and not self.generators[place].is_real:
                angle = self.convert(self.generators[place].exponent)
                turned = turned * self.exponential(exponent * angle * constant(power))
                rest = rest * Quotient(part) ** -power
        return turned, rest

    def _rational_power(self, base: Quotient, q: Rational) -> Quotient:
        """base**q: positive factors apart, each by its own root; the rest together under one."""
        if q.denominator == 1:
            return base ** int(q)
        if base.is_zero:
            if q < 0:
                raise NoNormalForm("a power of zero")
            return base
        product, rest = constant(1), constant(1)
        for part, power in self._factors(base):
            if self.sign(part) == 1:
                product = product * self._root_of_positive(part, q * power)
            else:
                rest = rest * Quotient(part) ** power
        if rest == constant(1):
            return product
        if self._product_sign(rest) == -1:
            return product * self._rational_power(-rest, q) * self._unity(q)
        square_root = self._square_root(rest) if q.denominator % 2 == 0 else None
        if square_root is not None:
            return product * self._rational_power(square_root, 2 * q)
        return product * self._root(rest, q)

    def _square_root(self, quotient: Quotient) -> Quotient | None:
        """The root of a perfect square, if it is real and its sign is known: the one that is not negative."""
        root = constant(1)
        for part, power in self._factors(quotient):
            if power % 2:
                return None
            root = root * Quotient(part) ** (power // 2)
        known = self.signs.weak_sign(self.expression(root))
        return None if known is None else root if known == 1 else -root

    def _root_of_positive(self, part: fmpq_mpoly, q: Rational) -> Quotient:
        place = self._sole_generator(part)
        if place is not None and self.generators[place].kind == "exp":
            return self.exponential(constant(q) * self.convert(self.generators[place].exponent))
        if place is not None and self.generators[place].kind == "root":
            base, degree = self.generators[place].expression.as_base_exp()
            return self._rational_power(self.convert(base), q * Rational(int(degree.p), int(degree.q)))
        return self._root(Quotient(part), q)

    def _root(self, base: Quotient, q: Rational) -> Quotient:
        expression = self.expression(base)
        by_gauss = self._gauss_sum(expression, q)
        if by_gauss is not None:
            return by_gauss
        degree = self._unit(expression, Rational(1, q.denominator)).denominator
        known = self._product_sign(base)

        def make() -> Generator:
            return Generator(expression ** sympy.Rational(1, degree), known == 1, 1 if known == 1 else None, "root")

        generator = self._generator(("root", expression), make)
        self._relations[self._places["root", expression]] = (degree, base)
        return Quotient(generator) ** int(q * degree)

    def _gauss_sum(self, base: Expr, q: Rational) -> Quotient | None:
        """The square root of a prime by roots of unity, where those in use hold it.

        The sum of (k|p) exp(2 pi I k/p) over k, with the Legendre symbol, is sqrt(p) for p = 1 mod 4, I sqrt(p) for
        p = 3 mod 4; and sqrt(2) = 2 cos(pi/4).
        """
        if not (base.is_Integer and q.denominator == 2):
            return None
        fineness = self._units.get(I * S.Pi, Rational(1)).denominator
        p = int(base)
        self._rational_roots = self._rational_roots or fineness <= 2
        if p == 2 and fineness % 4 == 0:
            root = self._unity(Rational(1, 4)) + self._unity(Rational(-1, 4))
        elif p > 2 and fineness % p == 0:
            terms = [constant(sympy.jacobi_symbol(k, p)) * self._unity(Rational(2 * k, p)) for k in range(1, p)]
            root = self._reduce(self._sum(terms)) * (constant(1) if p % 4 == 1 else self._unity(Rational(-1, 2)))
        else:
            return None
        return self._reduce(root) ** int(q * 2)

    # --- reduction ------------------------------------------------------------------------------------------

    def _reduce(self, quotient: Quotient) -> Quotient:
        for product, value in self._products.items():
            quotient = self._replaced(quotient, product, value)
        for place in sorted(self._relations, reverse=True):
            degree, value = self._relations[place]
            quotient = self._replaced(quotient, ((place, degree),), value)
        for place, minimal in self._cyclotomic.items():
            if (
                max(quotient.numerator.degrees()[place], quotient.denominator.degrees()[place])
                >= minimal.degrees()[place]
            ):
                quotient = Quotient.reduced(quotient.numerator % minimal, quotient.denominator % minimal)
        return quotient

    def _replaced(self, quotient: Quotient, product: tuple[tuple[int, int], ...], value: Quotient) -> Quotient:
        """The quotient with a product of powers of generators replaced by its value, above and below."""
        for _ in range(MOST_EXPONENT):
            degrees = (quotient.numerator.degrees(), quotient.denominator.degrees())
            if not any(all(d[place] >= power for place, power in product) for d in degrees):
                break
            above, below = (self._lowered(p, product, value) for p in (quotient.numerator, quotient.denominator))
            if below.is_zero:
                raise NoNormalForm("a denominator is zero")
            lowered = above * below**-1
            if lowered == quotient:
                break
            quotient = lowered
        return quotient

    @staticmethod
    def _lowered(polynomial: fmpq_mpoly, product: tuple[tuple[int, int], ...], value: Quotient) -> Quotient:
        """The polynomial with a product of powers of generators replaced by its value."""
        parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for powers, coefficient in polynomial.terms():
            whole = min(int(powers[place]) // power for place, power in product)
            lowered = list(powers)
            for place, power in product:
                lowered[place] = int(lowered[place]) - whole * power
            parts.setdefault(whole, {})[tuple(lowered)] = coefficient
        total = constant(0)
        for whole, terms in parts.items():
            total = total + Quotient(CONTEXT.from_dict(terms)) * value**whole
        return total

    # --- reading results ------------------------------------------------------------------------------------

    def expression(self, quotient: Quotient) -> Expr:
        """The SymPy expression of a quotient."""
        return self.polynomial(quotient.numerator) / self.polynomial(quotient.denominator)

    def polynomial(self, polynomial: fmpq_mpoly) -> Expr:
        """The SymPy expression of a polynomial in the generators."""
        return sympy.Add(*(number(fraction(c)) * self._monomial(powers) for powers, c in polynomial.terms()))

    def norms(self, polynomial: fmpq_mpoly) -> list[fmpq_mpoly]:
        """Its norm over each root in it: the product with its conjugates, free of that root."""
        found = []
        for place in self.places(polynomial):
            if place in self._relations:
                degree, value = self._relations[place]
                relation = value.denominator * CONTEXT.gen(place) ** degree - value.numerator
                found.append(self._reduce(Quotient(resultant(polynomial, relation, place))).numerator)
        return found

    def whole_norm(self, polynomial: fmpq_mpoly) -> fmpq_mpoly:
        """Its norm over all roots and roots of unity in it, which is zero wherever the polynomial is."""
        for place in sorted(self._relations, reverse=True):
            if polynomial.degrees()[place] > 0:
                degree, value = self._relations[place]
                relation = value.denominator * CONTEXT.gen(place) ** degree - value.numerator
                polynomial = self._reduce(Quotient(polynomial.resultant(relation, place))).numerator
        for place, minimal in self._cyclotomic.items():
            if polynomial.degrees()[place] > 0:
                polynomial = polynomial.resultant(minimal, place)
        return polynomial

    @staticmethod
    def univariate(polynomial: fmpq_mpoly, place: int, t: Symbol) -> Expr:
        """A polynomial in one generator, with t in its place."""
        return sympy.Add(*(number(fraction(c)) * t ** int(powers[place]) for powers, c in polynomial.terms()))

    def polynomial_with(self, polynomial: fmpq_mpoly, place: int, t: Symbol) -> Expr:
        """The SymPy expression of a polynomial, with t in the place of one generator."""
        terms = []
        for powers, c in polynomial.terms():
            others = (*powers[:place], 0, *powers[place + 1 :])
            terms.append(number(fraction(c)) * self._monomial(others) * t ** int(powers[place]))
        return sympy.Add(*terms)

    def _sole_generator(self, part: fmpq_mpoly) -> int | None:
        """The place of the generator that the polynomial is, if it is one."""
        terms = list(part.terms())
        if len(terms) == 1 and terms[0][1] == 1 and sum(terms[0][0]) == 1:
            return [int(p) for p in terms[0][0]].index(1)
        return None

    def sign(self, polynomial: fmpq_mpoly) -> int | None:
        """Sign of a polynomial in the generators where it is the same on the whole domain."""
        if polynomial.is_constant():
            value = polynomial.leading_coefficient() if not polynomial.is_zero() else 0
            return (value > 0) - (value < 0)
        by_terms = {self._term_sign(powers, c) for powers, c in polynomial.terms()}
        if len(by_terms) == 1 and None not in by_terms:
            return by_terms.pop()
        places = self.places(polynomial)
        if not all(self.generators[i].is_real for i in places):
            return None
        known = self.signs.sign(self.polynomial(polynomial))
        if known is None and len(places) == 1 and self.generators[places[0]].kind == "exp":
            return self._sign_in_exponential(polynomial, places[0])
        return known

    def _sign_in_exponential(self, polynomial: fmpq_mpoly, place: int) -> int | None:
        """The sign of a polynomial in one exponential, which is above 1 where its exponent is positive."""
        if int(polynomial.degrees()[place]) > HIGHEST_DEGREE:
            return None
        exponent = self.signs.sign(self.generators[place].exponent)
        low, high = {1: (S.One, S.Infinity), -1: (S.Zero, S.One)}.get(exponent or 0, (S.Zero, S.Infinity))
        t = sympy.Dummy("t", real=True)
        return polynomial_sign(self.univariate(polynomial, place, t), t, sympy.Interval.open(low, high))

    @staticmethod
    def places(polynomial: fmpq_mpoly) -> list[int]:
        """The places of the generators that occur in a polynomial."""
        return [i for i, degree in enumerate(polynomial.degrees()) if degree > 0]

    def _term_sign(self, powers: tuple[int, ...], coefficient: fmpq) -> int | None:
        known = 1 if coefficient > 0 else -1
        for place, power in enumerate(powers):
            if power:
                of_generator = self.generators[place].sign
                if of_generator is None:
                    return None
                known *= of_generator ** int(power)
        return known

    def _product_sign(self, quotient: Quotient) -> int | None:
        above, below = self.sign(quotient.numerator), self.sign(quotient.denominator)
        return None if above is None or below is None else above * below
