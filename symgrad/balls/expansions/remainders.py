"""Sums and integrals of expansions from the start of their scale on, in balls."""

from __future__ import annotations

from flint import acb, acb_series, arb, fmpq
from sympy import Expr, S

from symgrad.balls.expansions.expansions import Expansion, Rest
from symgrad.balls.expansions.growth import Monomial, Open, Scale

LARGEST_ORDER = 400  # of zeta functions; beyond, their first term is all there is to them


def sum_beyond(s: Expansion, scale: Scale, *, alternating: bool = False) -> arb | acb:
    """The sum over all integers from the start on, with (-1)**n in front of each term if it is alternating."""
    total = arb(0)
    for c, m in s.terms:
        if m.exponent:
            total = total + arb(0, (scale.size(c) * _largest_sum(m, scale)).upper())
        elif alternating:
            total = total + scale._ball(c) * _alternating(m, scale)
        else:
            total = total + scale._ball(c) * _zeta(m, scale)
    if s.rest is not None:
        assert s.rest.size is not None
        m = s.rest.monomial
        bound = _largest_sum(m, scale) if m.exponent else abs(_zeta(m, scale)).upper()
        return total + _around_zero((s.rest.size * bound).upper(), s.rest)
    return total


def integral_beyond(s: Expansion, scale: Scale) -> arb | acb:
    """The integral from the start on."""
    total = arb(0)
    for c, m in s.terms:
        if m.exponent:
            total = total + arb(0, (scale.size(c) * _largest_integral(m, scale)).upper())
        else:
            total = total + scale._ball(c) * _integral(m, scale)
    if s.rest is not None:
        assert s.rest.size is not None
        m = s.rest.monomial
        bound = _largest_integral(m, scale) if m.exponent else abs(_integral(m, scale)).upper()
        return total + _around_zero((s.rest.size * bound).upper(), s.rest)
    return total


def _around_zero(bound: arb, rest: Rest) -> arb | acb:
    around = arb(0, bound)
    return around if rest.is_real else acb(around, around)


def _largest_integral(m: Monomial, scale: Scale) -> arb:
    """m(x) is at most m(N)(N/x)**sigma, where its logarithmic slope times x is at most -sigma from N on."""
    sigma = -scale.slope(m)
    if not sigma > 1:
        raise Open
    return (scale.at_start(m) * scale._start() / (sigma - 1)).upper()


def _largest_sum(m: Monomial, scale: Scale) -> arb:
    """The first term, and the integral beyond it: the monomial falls."""
    return (scale.at_start(m) + _largest_integral(m, scale)).upper()


def _exponents(m: Monomial, scale: Scale) -> tuple[arb, Expr]:
    """The exponent of 1/x and that of log(x)."""
    return scale._ball(-m.power), m.logs


def _integral(m: Monomial, scale: Scale) -> arb:
    """The integral of x**-a log(x)**b, an incomplete gamma function of log(x)."""
    a, b = _exponents(m, scale)
    log = scale._start().log()
    if not a > 1:
        if m.power == -1 and scale.known(b + 1) < 0:
            c = scale._ball(b + 1)
            return -(log**c) / c
        raise Open
    if b == 0:
        return scale._start() ** (1 - a) / (a - 1)
    c = scale._ball(b + 1)
    value = acb((a - 1) * log).gamma_upper(acb(c)) * acb(a - 1) ** acb(-c)
    return value.real


def _zeta(m: Monomial, scale: Scale) -> arb:
    """The sum of n**-a log(n)**b: derivatives of Hurwitz's zeta function; a bound where b is no whole number."""
    a, b = _exponents(m, scale)
    if not a > 1:
        raise Open
    if not b.is_Integer or b < 0:
        above = scale._start().log() ** scale._ball(b) if scale.known(b) < 0 else None
        if above is None:
            raise Open
        return _derivative(a, scale._start(), 0) * arb(0).union(above)
    return _derivative(a, scale._start(), int(b))


def _derivative(a: arb, start: arb, times: int) -> arb:
    if a > LARGEST_ORDER:
        if times:
            raise Open
        return arb(0).union((start ** (-a) * (1 + start / (a - 1))).upper())  # by the first term and the integral
    if times == 0:
        return acb(a).zeta(acb(start)).real
    series = acb_series([a, 1], prec=times + 1).zeta(acb(start))
    value = series[times].real * (-1) ** times
    for k in range(2, times + 1):
        value = value * k
    return value


def _alternating(m: Monomial, scale: Scale) -> arb:
    """The sum of (-1)**n n**-a: those of even and those of odd numbers, each by the zeta function of half of them."""
    a, b = _exponents(m, scale)
    start = scale.start
    if b != 0 or not a > 0 or start is None or not start.is_Integer:
        raise Open
    n = int(start)
    halves = arb(fmpq(n, 2)), arb(fmpq(n + 1, 2))
    if m.power is S.NegativeOne:
        value = (halves[1].digamma() - halves[0].digamma()) / 2
    else:
        if a.overlaps(arb(1)):
            raise Open
        value = arb(2) ** (-a) * (acb(a).zeta(acb(halves[0])).real - acb(a).zeta(acb(halves[1])).real)
    return value * (-1) ** n
