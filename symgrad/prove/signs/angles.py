"""Signs of rational functions of sine and cosine, through the tangent of half the angle."""

from __future__ import annotations

import sympy
from sympy import Expr, S, Symbol

from symgrad.balls import is_told
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.normal_form.on_domain import normal_form
from symgrad.prove.signs.factors import by_factors


def by_phase(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sum a*sin(u) + b*cos(u), which has the sign of sin(u + phi), where phi is a rational part of a turn."""
    sines, cosines = expression.atoms(sympy.sin), expression.atoms(sympy.cos)
    if len(sines) != 1 or len(cosines) != 1 or not expression.is_Add:
        return None
    (sine,), (cosine,) = sines, cosines
    a, b = expression.coeff(sine), expression.coeff(cosine)
    if sine.args != cosine.args or not (a.is_number and b.is_number) or expression - a * sine - b * cosine != 0:
        return None
    phase = sympy.atan2(b, a)
    if not (facts.is_real(a) and facts.is_real(b) and (phase / S.Pi).is_Rational):
        return None
    return look(sympy.sin(sine.args[0] + phase), domain)


def by_half_angle(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """A rational function of sine and cosine of one angle, as a rational function of the tangent of its half.

    exp(I*phi) = (1 + I*t)/(1 - I*t) with t = tan(phi/2) runs once around the circle, but for -1, when t runs over
    the real line; -1 is looked at apart.
    """
    form = normal_form(expression, domain)
    if form is None:
        return None
    tower, normal = form
    circle = [i for i in tower.places(normal.numerator * normal.denominator) if tower.generators[i].kind == "exp"]
    if len(circle) != 1 or tower.generators[circle[0]].is_real:
        return None
    e, exponent = tower.generators[circle[0]].expression, tower.generators[circle[0]].exponent
    if not facts.is_real(exponent / S.ImaginaryUnit):
        return None
    t = sympy.Dummy("t", real=True)
    quotient = tower.expression(normal)
    arc, half_turns = _arc(exponent / S.ImaginaryUnit, domain)
    on_circle = (-1) ** half_turns * (1 + S.ImaginaryUnit * t) / (1 - S.ImaginaryUnit * t)
    turned = sized.cancel(sized.together(quotient.subs(e, on_circle)))
    if turned.free_symbols - {t} or turned.has(S.ImaginaryUnit):
        return None
    how = "has factors of known sign as a rational function of the tangent of half the angle"
    if arc is not None:
        found = by_factors(turned, Domain(((t, arc),)), look)
        return found and Finding(found.sign, found.strict, True, how)
    at_infinity = _at_infinity(turned, t)
    found = by_factors(turned, Domain(((t, S.Reals),)), look) or _by_discriminants(turned, t)
    if at_infinity is None or found is None or at_infinity not in (0, found.sign):
        return None
    return Finding(found.sign, found.strict and at_infinity != 0, True, how)


def _arc(angle: Expr, domain: Domain) -> tuple[sympy.Set | None, int]:
    """The values of tan((angle - m*pi)/2) on the domain and m, where the angle stays inside one turn; else None, 0."""
    values = domain.set_of(domain.symbols[0])
    rate = sympy.diff(angle, domain.symbols[0])
    bounded = isinstance(values, sympy.Interval) and values.start.is_finite and values.end.is_finite
    if len(domain.symbols) != 1 or not bounded or rate.has(domain.symbols[0]):
        return None, 0
    x = domain.symbols[0]
    ends = [(angle.subs(x, values.start), values.left_open), (angle.subs(x, values.end), values.right_open)]
    if constant_sign(rate) == -1:
        ends.reverse()
    half_turns = round(float((ends[0][0] + ends[1][0]) / (2 * S.Pi)))
    ends = [(sized.expand(end - half_turns * S.Pi), is_open) for end, is_open in ends]
    for end, is_open in ends:
        inside = constant_sign(S.Pi - sympy.Abs(end))
        if inside != 1 and not (is_open and sympy.Abs(end) == S.Pi):
            return None, 0
    (low, low_open), (high, high_open) = ends
    below = -S.Infinity if low == -S.Pi else sympy.tan(low / 2)
    above = S.Infinity if high == S.Pi else sympy.tan(high / 2)
    if not (is_told(below) and is_told(above)):
        return None, 0
    return sympy.Interval(below, above, low_open, high_open), half_turns


def _by_discriminants(quotient: Expr, t: Symbol) -> Finding | None:
    """The sign of a rational function over the reals, coefficients algebraic, from factors of degree two at most."""
    known, strict = 1, True
    for part in sympy.fraction(sized.together(quotient)):
        try:
            factor, factors = sized.polynomial(part, t, extension=True).sqf_list()
        except (NotImplementedError, sympy.PolynomialError):
            return None
        of_factor = constant_sign(factor)
        if not of_factor:
            return None
        known *= of_factor
        for polynomial, power in factors:
            if power % 2 == 0:
                strict = False
                continue
            if polynomial.degree() != 2 or constant_sign(polynomial.discriminant()) != -1:
                return None
            known *= constant_sign(polynomial.LC()) or 0
    return Finding(known, strict, True, "has quadratic factors without real zeros") if known else None


def _at_infinity(quotient: Expr, t: Symbol) -> int | None:
    """Sign of the limit of a rational function of t at infinity, where it is finite."""
    above, below = (sized.polynomial(p, t) for p in sympy.fraction(sized.together(quotient)))
    if above.degree() > below.degree():
        return None
    return 0 if above.degree() < below.degree() else constant_sign(above.LC() / below.LC())
