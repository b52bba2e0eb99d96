"""Signs far out: beyond a bound, one monomial of the normal form outweighs all others together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy
from flint import arb
from sympy import Expr, Interval, Rational, S, Symbol

from symgrad import activations
from symgrad.balls import NoValue, Tape, UnsupportedError, ball, is_real, precision, rational, sign
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.written import origin
from symgrad.prove.basics.points import to_rational
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places.expansions import Beyond, ball_of
from symgrad.prove.places.signs import Signs, polynomial_sign
from symgrad.prove.special.ring import NoNormalForm, Quotient

TAIL_BITS = 128
ENDS_OF_RANGE = {sympy.erf: (-1, 1), sympy.atan: (-2, 2)}


def approaches(expression: Expr, x: Symbol, end: Expr, from_left: bool, value: Expr) -> bool:
    """Whether enclosures at points ever nearer to an end come ever nearer to a number."""
    try:
        gap = Tape(expression - value, (x,))
    except UnsupportedError:
        return False
    near = []
    with precision(4 * TAIL_BITS):
        for k in (2, 8, 30, 100):
            there = _toward(end, from_left, k)
            found = gap(rational(there)) if there is not None else None
            if found is None or isinstance(found, NoValue) or not is_real(found):
                continue
            near.append(abs(ball(found)).upper())
        return len(near) >= 2 and bool(near[-1] <= near[0]) and bool(near[-1] < arb("1e-6"))


def _toward(end: Expr, from_left: bool, k: int) -> Rational | None:
    if end is S.Infinity:
        return Rational(10) ** k
    if end is S.NegativeInfinity:
        return -(Rational(10) ** k)
    near = end if end.is_Rational else _rational_near(end)
    return None if near is None else near + Rational(-1 if from_left else 1) / 10**k


def _rational_near(number: Expr) -> Rational | None:
    """A rational number that differs from a real one by less than the shortest step."""
    try:
        value = Tape(number, ())()
        return to_rational(value.mid()) if isinstance(value, arb) else None
    except (UnsupportedError, sized.TooLarge):
        return None


@dataclass(frozen=True)
class Monomial:
    """coefficient * x**power * exp(exponent), the exponent a polynomial in x without constant term."""

    coefficient: arb
    power: Rational
    exponent: sympy.Poly


def sign_beyond(expression: Expr, x: Symbol, bound: Rational) -> int | None:
    """1 or -1 if that is certainly the sign of the expression for all x >= bound."""
    expression, beyond = activations.expand(expression), Beyond(x, bound)
    with precision(TAIL_BITS):
        found = _sign_of_normal(expression, beyond)
        if found is not None:
            return found
        rewritten = beyond(expression)
        return None if rewritten == expression else _sign_of_normal(rewritten, beyond)


def _sign_of_normal(expression: Expr, beyond: Beyond) -> int | None:
    form = _normal(expression, beyond.x, beyond.bound)
    if form is None:
        return None
    tower, normal = form
    signs = []
    for polynomial in (normal.numerator, normal.denominator):
        monomials = [_monomial(tower, powers, c, beyond) for powers, c in polynomial.terms()]
        known = [m for m in monomials if m is not None]
        if len(known) < len(monomials):
            return None
        signs.append(_sign_of_sum(_merged(known), beyond.x, beyond.bound))
    above, below = signs
    return None if above is None or below is None else above * below


def _normal(expression: Expr, x: Symbol, bound: Rational) -> tuple[Tower, Quotient] | None:
    tower = Tower(Signs(Domain(((x, Interval(bound, S.Infinity)),))))
    try:
        (normal,) = tower.normal(expression)
    except NoNormalForm:
        return None
    return None if tower.nonzero else (tower, normal)


def _monomial(tower: Tower, powers: tuple[int, ...], coefficient, beyond: Beyond) -> Monomial | None:  # type: ignore[no-untyped-def]
    number, power, exponent, x = arb(coefficient), S.Zero, S.Zero, beyond.x
    for place, k in enumerate(powers):
        if not k:
            continue
        e = tower.generators[place].expression
        base, order = (e.base, e.exp) if isinstance(e, sympy.Pow) else (e, S.One)
        if base == x and order.is_Rational:
            power += int(k) * order
        elif isinstance(e, sympy.exp) and e.has(x) and not e.has(S.ImaginaryUnit):
            exponent += int(k) * e.args[0]
        else:
            constant = beyond.rests.get(e) or _range_beyond(e, x, beyond.bound)
            if constant is None:
                return None
            for _ in range(int(k)):  # flint's powers have no value on balls around zero
                number = number * constant
    try:
        made = sized.polynomial(exponent, x)
    except sympy.PolynomialError:
        return None
    return None if made.free_symbols_in_domain else Monomial(number, power, made)


def _merged(monomials: list[Monomial]) -> list[Monomial]:
    """Those of the same growth added up."""
    found: dict[tuple[Rational, Expr], Monomial] = {}
    for m in monomials:
        key = m.power, m.exponent.as_expr()
        known = found.get(key)
        found[key] = m if known is None else replace(known, coefficient=known.coefficient + m.coefficient)
    return list(found.values())


def _range_beyond(e: Expr, x: Symbol, bound: Rational) -> arb | None:
    """A ball around all values of a generator beyond the bound: a constant, or a monotone bounded function."""
    if not e.has(x):
        return ball_of(e)
    if origin(e.func) in ENDS_OF_RANGE:
        slope = sympy.diff(e.args[0], x)
        known = polynomial_sign(slope, x, Interval(bound, S.Infinity)) or _constant_slope(slope, x)
        try:
            here = Tape(e, (x,))(rational(bound))
        except UnsupportedError:
            return None
        if known and is_real(here):
            return ball(here).union(arb(ENDS_OF_RANGE[origin(e.func)][known > 0]))
    return None


def _constant_slope(slope: Expr, x: Symbol) -> int | None:
    return None if slope.has(x) else sign(Tape(slope, ())())


def _sign_of_sum(monomials: list[Monomial], x: Symbol, bound: Rational) -> int | None:
    """The sign of the monomial that outweighs the others beyond the bound, if one does."""
    for chief in _by_growth(monomials, x):
        known = sign(chief.coefficient)
        if not known:
            continue
        total = arb(0)
        for other in monomials:
            if other is not chief:
                share = _largest_ratio(other, chief, x, bound)
                if share is None:
                    break
                total = total + share
        else:
            return known if total < abs(chief.coefficient) else None
    return None


def _by_growth(monomials: list[Monomial], x: Symbol) -> Iterator[Monomial]:
    at = Rational(10) ** 4

    def size(m: Monomial) -> float:
        exponent = m.exponent.as_expr().subs(x, at)
        return float(sympy.N(exponent, 20)) + float(m.power) * 9.21

    yield from sorted(monomials, key=size, reverse=True)[:2]


def _largest_ratio(other: Monomial, chief: Monomial, x: Symbol, bound: Rational) -> arb | None:
    """An upper bound of |other| / (chief without coefficient) beyond the bound: its value there, if it only falls."""
    power, exponent = other.power - chief.power, (other.exponent - chief.exponent).as_expr()
    falling = sized.expand(power + x * sympy.diff(exponent, x))  # x times the logarithmic slope
    if falling != 0 and not _never_positive(falling, x, bound):
        return None
    here = Tape(x**power * sympy.exp(exponent), (x,))(rational(bound))
    return abs(other.coefficient).upper() * ball(here).upper() if is_real(here) else None


def _never_positive(polynomial: Expr, x: Symbol, bound: Rational) -> bool:
    """Whether a polynomial, its coefficients rational or not, is negative for all x >= bound."""
    exact = polynomial_sign(polynomial, x, Interval(bound, S.Infinity))
    if exact is not None:
        return exact == -1
    coefficients = sized.polynomial(polynomial, x).all_coeffs()
    shifted = sized.polynomial(polynomial.subs(x, x + bound), x).all_coeffs() if coefficients else []
    signs = [sign(Tape(c, ())()) for c in shifted if c != 0]
    return bool(signs) and all(s == -1 for s in signs)
