"""Signs by algebra: from the factors of a normal form, from norms, from the ends of an interval."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from flint import fmpq_mpoly
from sympy import Expr, Interval, S, Symbol

from symgrad.balls import Tape, precision, sign
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.written import origin
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.basics.points import as_balls, points
from symgrad.prove.basics.sets import hull, interior
from symgrad.prove.normal_form.on_domain import normal_form, simplified
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places.signs import polynomial_sign
from symgrad.prove.signs import algebraic
from symgrad.prove.signs.validity import is_smooth
from symgrad.prove.special import ring
from symgrad.symbols.elliptic import jacobi_cn, jacobi_sn

DEEPEST_QUADRATIC, DEEPEST_FACTOR = 5, 2
LARGEST_JOINED = 60  # operations
RANGES: dict[type, Interval] = {  # of functions that are real where their argument is
    sympy.erf: Interval.open(-1, 1),
    sympy.erfc: Interval.open(0, 2),
    sympy.atan: Interval.open(-S.Pi / 2, S.Pi / 2),
    sympy.sin: Interval(-1, 1),
    sympy.cos: Interval(-1, 1),
    jacobi_sn: Interval(-1, 1),  # both are real, and the sum of their squares is 1
    jacobi_cn: Interval(-1, 1),
}


def by_factors(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """The product of the signs of the irreducible factors of numerator and denominator."""
    found = normal_form(expression, domain)
    if found is None:
        return None
    tower, normal = found
    if normal.is_zero:
        return None
    ask = look if look.depth <= DEEPEST_FACTOR else None
    is_whole = normal.denominator.is_constant()  # what is the whole expression is not asked for again
    numerator = sign_of_product(normal.numerator, tower, domain, ask, is_whole)
    denominator = numerator and sign_of_product(normal.denominator, tower, domain, ask, is_whole=False)
    if numerator is None or denominator is None or not denominator.strict:
        return None
    known = numerator.sign * denominator.sign
    told = (*numerator.told, *denominator.told)
    is_plain = numerator.is_plain and denominator.is_plain
    how = _said(tower, normal.numerator, normal.denominator, known, told, strict=numerator.strict, is_plain=is_plain)
    return Finding(known, numerator.strict, True, how)


def factored(expression: Expr, domain: Domain) -> Expr | None:
    """An expression as the product of the factors of its normal form; None if it has none."""
    found = normal_form(expression, domain)
    if found is None:
        return None
    tower, normal = found
    product = S.One
    for polynomial, direction in ((normal.numerator, 1), (normal.denominator, -1)):
        content, parts = ring.factors(polynomial)
        product *= sympy.Rational(int(content.p), int(content.q)) ** direction
        for part, power in parts:
            product *= tower.polynomial(part) ** (direction * int(power))
    return product


def _said(
    tower: Tower,
    numerator: fmpq_mpoly,
    denominator: fmpq_mpoly,
    known: int,
    told: Told,
    *,
    strict: bool,
    is_plain: bool,
) -> str:
    constant, sides = S(known), []
    for polynomial, direction in ((numerator, 1), (denominator, -1)):
        content, found = ring.factors(polynomial)
        constant *= sympy.Rational(int(content.p), int(content.q)) ** direction
        sides.append([(tower.polynomial(part), int(power)) for part, power in found])
    above, below = sides
    return sentences.product(constant, above, below, told, strict=strict, is_plain=is_plain)


Told = tuple[tuple[Expr, str], ...]  # factors with their signs turned to be positive, and how these are known


@dataclass(frozen=True)
class SignOfProduct:
    """The sign of a product, whether zero is excluded, and how the signs of its factors are known.

    Attributes
    ----------
    told : tuple of (Expr, str)
        Factors whose signs are not plain to see.
    is_plain : bool
        Whether all other factors are positive for everybody to see, or stand there as squares.
    """

    sign: int
    strict: bool
    told: Told
    is_plain: bool


def sign_of_product(
    polynomial: fmpq_mpoly, tower: Tower, domain: Domain, look: Look | None = None, is_whole: bool = True
) -> SignOfProduct | None:
    """The sign of a product; factors whose sign is not plain to see are looked at apart."""
    factor, parts = ring.factors(polynomial)
    known, strict = (1 if factor > 0 else -1), True
    told: list[tuple[Expr, str]] = []
    is_plain = True
    for part, power in parts:
        if not all(tower.generators[i].is_real for i in tower.places(part)):
            return None
        of_part = _sign_of_factor(part, tower, domain)
        is_plain = is_plain and (int(power) % 2 == 0 or tower.sign(part) == 1)
        if of_part and not tower.sign(part) and len(part) > 1 and part.total_degree() > 1:
            how = "has no zero on the domain" if of_part[1] else "does not change its sign on the domain"
            told.append((of_part[0] * tower.polynomial(part), how))
        if of_part is None and look is not None and (len(parts) > 1 or int(power) > 1 or not is_whole):
            found = look(tower.polynomial(part), domain)
            if found is not None and found.exact:
                of_part = found.sign, found.strict
                told.append((found.sign * tower.polynomial(part), found.how))
        if int(power) % 2 == 0:
            strict = strict and of_part is not None and of_part[1]
        elif of_part is None:
            return None
        else:
            known, strict = known * of_part[0], strict and of_part[1]
    return SignOfProduct(known, strict, tuple(told), is_plain)


def _sign_of_factor(part: fmpq_mpoly, tower: Tower, domain: Domain) -> tuple[int, bool] | None:
    known = tower.sign(part)
    if known:
        return known, True
    places = tower.places(part)
    moving = [place for place in places if tower.generators[place].expression.free_symbols]
    if len(moving) != 1:
        return None
    (place,) = moving
    generator = tower.generators[place]
    t = sympy.Dummy(real=True)
    inside = _range(generator.expression, generator.kind, domain)
    if inside is None or interior(inside) is S.EmptySet:
        return None
    if len(places) > 1:
        return algebraic.sign_on(tower.polynomial_with(part, place, t), t, inside)
    polynomial = tower.univariate(part, place, t)
    found = polynomial_sign(polynomial, t, interior(inside))
    return (found, polynomial_sign(polynomial, t, inside) is not None) if found else None


def _range(expression: Expr, kind: str, domain: Domain) -> sympy.Set | None:
    """A set that certainly holds all values of a generator, as tight as is plain to see."""
    if isinstance(expression, Symbol):
        values = domain.set_of(expression)
        return hull(values)
    if kind == "exp":
        return (
            _range_of_exp(expression.exp, domain) if isinstance(expression, sympy.exp) else Interval.open(0, S.Infinity)
        )
    if kind == "root":
        return _range_of_root(expression, domain)
    if isinstance(expression, sympy.besselj) and facts.is_integer(expression.args[0]):
        return Interval(-1, 1)  # DLMF 10.14.1, and 10.4.1 for negative orders
    return RANGES.get(origin(expression.func))


def _range_of_root(expression: Expr, domain: Domain) -> sympy.Set:
    base, power = expression.as_base_exp()
    values = domain.set_of(base) if isinstance(base, Symbol) else None
    if isinstance(values, Interval) and facts.is_nonnegative(values.start):
        return Interval(values.start**power, values.end**power, values.left_open, values.right_open)
    return Interval(0, S.Infinity)


def _range_of_exp(exponent: Expr, domain: Domain) -> sympy.Set:
    free = exponent.free_symbols
    if len(free) == 1:
        (x,) = free
        slope = sympy.diff(exponent, x)
        values = domain.set_of(x)
        known = None if slope.free_symbols else constant_sign(slope)
        if known and exponent.subs(x, 0) == 0 and isinstance(values, Interval):
            low, high = (values.inf, values.sup) if known == 1 else (-values.sup, -values.inf)
            opens = values.left_open, values.right_open
            left_open, right_open = opens[::known]
            below, above = (S.One if facts.is_zero(low) else S.Zero), (S.One if facts.is_zero(high) else S.Infinity)
            if facts.is_zero(low) or facts.is_negative(low) or facts.is_zero(high):
                return Interval(
                    below, above, left_open or not facts.is_zero(low), right_open or not facts.is_zero(high)
                )
    return Interval.open(0, S.Infinity)


def by_plain_factors(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """The product of the signs of the factors that stand apart, where each is smaller than the whole."""
    if look.depth > DEEPEST_QUADRATIC:
        return None
    product = sized.factor_terms(_over_one_denominator(expression) if look.depth <= 2 else expression)
    factors = product.args if isinstance(product, sympy.Mul) else (product,)
    if len(factors) < 2 and not (product.is_Pow and product.exp.is_Integer and product != expression):
        return None
    if sum(bool(f.free_symbols) for f in factors) < 2 and product.is_Mul:
        return None
    known, strict, exact = 1, True, True
    told: list[tuple[Expr, str]] = []
    for factor in factors:
        base, exponent = factor.as_base_exp()
        is_square = exponent.is_Integer and exponent % 2 == 0 and exponent > 0 and facts.is_real(base)
        found = look(base if is_square else factor, domain)
        if found is None and not is_square:
            return None
        known *= 1 if found is None or is_square else found.sign
        strict = strict and found is not None and found.strict
        exact = exact and (found is None or found.exact)
        if found is not None and not is_square and factor.free_symbols:
            told.append((found.sign * factor, found.how))
    named = [factor for factor in factors if factor.free_symbols]
    return Finding(known, strict, exact, sentences.plain_product(named, tuple(told)))


def _over_one_denominator(e: Expr) -> Expr:
    """A sum with denominators in it as one quotient."""
    if not isinstance(e, sympy.Add) or e.count_ops() > LARGEST_JOINED:
        return e
    is_divided = any(
        facts.is_negative(p.exp) and p.free_symbols for p in e.atoms(sympy.Pow) if not isinstance(p, sympy.exp)
    )
    return sized.together(e) if is_divided else e


def by_norm(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """An expression with a root in it whose norm, the product with its conjugates, has no zero has none either."""
    found = normal_form(expression, domain)
    if found is None:
        return None
    tower, normal = found
    if len(domain.symbols) != 1 or not isinstance(domain.sets[0][1], Interval):
        return None
    (x,) = domain.symbols
    if not is_smooth(expression, x, domain, look):
        return None
    for polynomial in (normal.numerator, normal.denominator):
        for part, _ in ring.factors(polynomial)[1]:
            if not tower.sign(part) and not any(tower.sign(n) for n in tower.norms(part)):
                return None
    known = _sign_somewhere(expression, domain)
    return Finding(known, True, True, "has no zero, since its product with its conjugates has none") if known else None


def _sign_somewhere(expression: Expr, domain: Domain) -> int | None:
    """The sign at the first point where it is certain; that everywhere, if there is no zero and no jump."""
    tape = Tape(expression, domain.symbols)
    with precision(192):
        return next((s for p in points(domain, 24) if (s := sign(tape(*as_balls(p))))), None)


def by_ends(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """An expression that is affine in one variable has the sign that it has at both ends of its interval."""
    if len(domain.symbols) < 2 or domain.conditions:
        return None
    for v, values in domain.sets:
        if not isinstance(values, Interval) or not expression.is_polynomial(v) or sympy.degree(expression, v) != 1:
            continue
        rest = Domain(tuple((s, held) for s, held in domain.sets if s != v))
        ends = [(values.start, values.left_open, -1), (values.end, values.right_open, 1)]
        found: list[tuple[Finding | None, bool, bool]] = []
        for end, is_open, direction in ends:
            at_end = direction * sympy.diff(expression, v) if end.is_infinite else expression.subs(v, end)
            of_end = None if facts.is_zero(at_end) else look(at_end, rest)
            found.append((of_end, is_open, facts.is_zero(at_end)))
        known = _between_ends(v, found)
        if known is not None:
            return known
    return None


def by_discriminant(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """A quadratic polynomial in one variable has the sign of its leading coefficient where it has no two roots."""
    if look.depth > DEEPEST_QUADRATIC:
        return None
    weak = None
    for v, _ in domain.sets:
        if not expression.is_polynomial(v) or sympy.degree(expression, v) != 2:
            continue
        a, b, c = sized.polynomial(expression, v).all_coeffs()
        rest = Domain(tuple((s, held) for s, held in domain.sets if s != v), domain.conditions)
        lead = look(a, rest)
        if lead is None:
            continue
        lack = simplified(sized.expand(4 * a * c - b**2), rest)
        below = look(lack, rest) if not facts.is_zero(lack) else None
        if not (facts.is_zero(lack) or (below is not None and below.sign == 1)):
            continue
        if not lead.strict:
            constant = look(c, rest)  # where the leading coefficient is zero, so is the next, and this one is left
            if facts.is_zero(c) or constant is None or constant.sign != lead.sign:
                continue
        strict = lead.strict and below is not None and below.strict
        exact = lead.exact and (below is None or below.exact)
        found = Finding(lead.sign, strict, exact, f"is a quadratic polynomial in {v} that does not have two roots")
        if strict:
            return found
        weak = weak or found
    return weak


def _between_ends(v: Symbol, ends: list[tuple[Finding | None, bool, bool]]) -> Finding | None:
    findings = [f for f, _, _ in ends if f is not None]
    if not findings or len({f.sign for f in findings}) > 1 or any(f is None and not zero for f, _, zero in ends):
        return None
    strict = any(f.strict for f in findings) and all(is_open or (f is not None and f.strict) for f, is_open, _ in ends)
    exact = all(f.exact for f in findings)
    return Finding(findings[0].sign, strict, exact, f"is linear in {v}, and not negative at either end of its range")
