"""Special functions in a normal form: each by fewer functions, and its arguments by recurrences at base values.

`normal` takes one step; the tower of generators takes further ones until nothing changes. Every row is an identity on
principal branches wherever both sides have values; a row that holds on part of the domain only asks for signs.

References
----------
NIST Digital Library of Mathematical Functions: 5.12.1 (beta), 5.4 (gamma), 6.2, 6.5.1-2, 6.11.1 (exponential
integrals), 7.2, 7.5.8 (error functions), 8.2.3, 8.4.6, 8.17.7, 8.19.1 (incomplete gamma and beta), 9.6.11-14 (Airy),
10.2.3, 10.4.3, 10.16.1, 10.27, 10.39.1-2, 10.47.3-4, 10.49 (Bessel functions), 14.6.1, 14.30.1 (Legendre, spherical
harmonics), 18.5.1-2 (Chebyshev), 18.9.8, 18.9.14 (Gegenbauer, Laguerre), 19.7.2 (elliptic integrals), 24.2, 24.4.22-23
(Bernoulli, Euler), 25.4.4, 25.11.11-14 (zeta), 25.12 (polylogarithms).
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, I, Rational, S, pi

from symgrad.base import sized
from symgrad.language.written import call
from symgrad.prove.basics import facts
from symgrad.prove.special import hypergeometric
from symgrad.prove.special.recurrences import (
    RECURRENCES,
    Equal,
    Sign,
    factors_to_divide,
    has_large_number,
    positive_root,
)
from symgrad.symbols.elliptic import JACOBI, JacobiFunction, jacobi_cn, jacobi_dn, jacobi_sn

LARGEST_ORDER = 40
MOST_MULTIPLE = 6


def normal(e: Expr, sign: Sign) -> Equal | None:
    """What the value of a function is equal to in simpler terms, if there is anything simpler.

    Parameters
    ----------
    e : Expr
        A function at its arguments.
    sign : callable
        The sign of an expression on the domain, None where it is not known.
    """
    row = REWRITINGS.get(e.func)
    found = row(sign, *e.args) if row is not None and not has_large_number(e) else None
    if isinstance(found, Equal):
        return found
    if found is not None and found != e:
        return Equal(found, factors_to_divide(found))
    if e.func in FIRST_POLYNOMIALS and e.args[0] in (S.Zero, S.One):
        return Equal(FIRST_POLYNOMIALS[e.func](*e.args[1:]) if e.args[0] is S.One else S.One)
    recurrence = RECURRENCES.get(e.func)
    if recurrence is None or len(e.args) <= recurrence.place:
        return None
    return recurrence.step(e, sign)


def exponential(e: Expr) -> Equal | None:
    """What exp(e) is equal to: exp(W(u)) = u/W(u) on every branch, and exp(loggamma(u)) = gamma(u)."""
    if isinstance(e, sympy.LambertW):
        return Equal(e.args[0] / e, (e.args[0],))
    if isinstance(e, sympy.loggamma):
        return Equal(sympy.gamma(*e.args))
    return None


def logarithm(e: Expr, sign: Sign) -> Expr | None:
    """What log(e) is equal to for a positive value: log W(u) = log u - W(u) where u is positive."""
    if isinstance(e, sympy.LambertW) and sign(e.args[0]) == 1:
        return sympy.log(e.args[0]) - e
    return None


Rewriting = Callable[..., Expr | Equal | None]


def _always(form: Callable[..., Expr]) -> Rewriting:
    return lambda sign, *arguments: form(*arguments)


# --- the gamma family -------------------------------------------------------------------------------------------


def _loggamma(sign: Sign, u: Expr) -> Expr | None:
    return sympy.log(sympy.gamma(u)) if sign(u) == 1 else None


def _beta(sign: Sign, a: Expr, *others: Expr) -> Equal:
    """By gamma functions; at the poles of gamma(a + b) beta has a value that this form has not."""
    (b,) = others or (a,)
    value = sympy.gamma(a) * sympy.gamma(b) / sympy.gamma(a + b)
    return Equal(value, () if sign(a) == 1 and sign(b) == 1 else (sympy.sin(pi * (a + b)),))


def _binomial(sign: Sign, n: Expr, k: Expr) -> Expr | None:
    return _ratio(sign, n + 1, k + 1, n - k + 1)


def _ratio(sign: Sign, above: Expr, *below: Expr) -> Equal | None:
    """gamma(above) over the product of the others, where all arguments are positive."""
    if not all(sign(u) == 1 for u in (above, *below)):
        return None
    return Equal(sympy.gamma(above) / sympy.Mul(*map(sympy.gamma, below)))


def _catalan(sign: Sign, n: Expr) -> Equal | None:
    found = _ratio(sign, n + Rational(1, 2), n + 2)
    return found and Equal(found.value * 4**n / sympy.sqrt(pi))


def _harmonic(sign: Sign, n: Expr, order: Expr = S.One) -> Expr | Equal | None:
    if order is S.One:
        return sympy.polygamma(0, n + 1) + S.EulerGamma
    if sign(n + 1) != 1:
        return None
    return Equal(sympy.zeta(order) - sympy.zeta(order, n + 1), (order - 1,))


def _zeta(sign: Sign, s: Expr, a: Expr = S.One) -> Expr | None:
    if a == Rational(1, 2):
        return (2**s - 1) * sympy.zeta(s)
    if a is S.One or not s.is_Integer or not 2 <= s <= LARGEST_ORDER:
        return None
    return (-1) ** s * sympy.polygamma(s - 1, a) / sympy.factorial(s - 1)


def _turned_erf(sign: Sign, u: Expr) -> Expr | None:
    """On the imaginary axis by erfi, which is real there."""
    w = u.extract_multiplicatively(I)
    return I * sympy.erfi(w) if w is not None else _diagonal_erf(u)


def _diagonal_erf(u: Expr) -> Expr | None:
    """Along the diagonals by Fresnel integrals (DLMF 7.5.8), which are real there."""
    for turn in (I, -I) if u.has(I) else ():
        x = ((1 + turn) * u / sympy.sqrt(pi)).expand()
        if not x.has(I):
            return (1 - turn) * (sympy.fresnelc(x) + turn * sympy.fresnels(x))
    return None


def _turned_erfi(sign: Sign, u: Expr) -> Expr | None:
    w = u.extract_multiplicatively(I)
    return None if w is None else I * sympy.erf(w)


def _fresnel(side: int) -> Rewriting:
    """C(u) and S(u) by error functions (DLMF 7.5.8) along the diagonals, where those are real or imaginary."""

    def rewriting(sign: Sign, u: Expr) -> Expr | None:
        ahead, back = (((1 + turn * I) * u).expand() for turn in (1, -1))
        if not u.has(I) or not any(w.has(I) is False or (w / I).expand().has(I) is False for w in (ahead, back)):
            return None
        first, second = (sympy.erf((sympy.sqrt(pi) * w / 2).expand()) for w in (back, ahead))
        return ((1 + I) * first + side * (1 - I) * second) / (4 if side == 1 else 4 * I)

    return rewriting


def _turned_integral(form: Callable[[Expr], Expr], both: int = 0) -> Rewriting:
    """Si, Ci, Shi and Chi on the imaginary axis by one another; those with a logarithm turn it by a quarter."""

    def rewriting(sign: Sign, u: Expr) -> Expr | None:
        w = u.extract_multiplicatively(I)
        side = sign(w) if w is not None and not w.has(I) else None
        if w is None or (both and not side):
            return None
        return form(w) if not both else form(side * w) + side * I * pi / 2

    return rewriting


def _first(*rewritings: Rewriting) -> Rewriting:
    """The first of several rewritings that says something."""

    def rewriting(sign: Sign, *arguments: Expr) -> Expr | Equal | None:
        found = (each(sign, *arguments) for each in rewritings)
        return next((f for f in found if f is not None), None)

    return rewriting


def _odd(function: type) -> Rewriting:
    return lambda sign, u: -function(-u) if u.could_extract_minus_sign() else None


def _upper_gamma(sign: Sign, s: Expr, z: Expr) -> Expr | None:
    if s == Rational(1, 2):
        return sympy.sqrt(pi) * sympy.erfc(positive_root(z, 2, sign))
    if s.is_Integer:
        return z**s * sympy.expint(1 - s, z) if s <= 0 else sympy.exp(-z) if s == 1 else None
    return None


def _bernoulli(sign: Sign, n: Expr, *x: Expr) -> Expr | None:
    """-n zeta(1 - n, x), where B_1 = 1/2 as for x = 1; so it is for negative orders too."""
    return -n * sympy.zeta(1 - n, *x) if sign(n) and (not x or sign(x[0]) == 1) else None


def _euler(sign: Sign, n: Expr, *x: Expr) -> Expr | None:
    """By Bernoulli polynomials; the numbers are 2^n E_n(1/2)."""
    if not x:
        return 2**n * sympy.euler(n, Rational(1, 2), evaluate=False)
    above = n + 1
    if sign(x[0]) != 1:
        return None
    return 2 / above * (sympy.bernoulli(above, x[0]) - 2**above * sympy.bernoulli(above, x[0] / 2))


def _eta(sign: Sign, s: Expr, a: Expr = S.One) -> Equal | None:
    if a is S.One:
        return Equal((1 - 2 ** (1 - s)) * sympy.zeta(s), (s - 1,))
    if sign(a) != 1:
        return None
    return Equal(2**-s * (sympy.zeta(s, a / 2) - sympy.zeta(s, (a + 1) / 2)), (s - 1,))


def _andre(s: Expr) -> Expr:
    of_quarters = sympy.zeta(s + 1, Rational(1, 4)) - sympy.cos(pi * s) * sympy.zeta(s + 1, Rational(3, 4))
    return 2 * sympy.gamma(s + 1) / (2 * pi) ** (s + 1) * of_quarters


def _genocchi(sign: Sign, n: Expr, x: Expr = S.One) -> Expr:
    return 2 * (sympy.bernoulli(n, x) - 2**n * sympy.bernoulli(n, (x + 1) / 2))


def _incomplete_beta(sign: Sign, a: Expr, b: Expr, low: Expr, high: Expr) -> Equal | None:
    """Between two points of [0, 1): each end by Gauss's function, an end at 1 by the complete one."""
    first, second = (_beta_to(sign, a, b, x) for x in (low, high))
    if sign(a) != 1 or sign(b) != 1 or first is None or second is None:
        return None
    return Equal(second - first)


def _beta_to(sign: Sign, a: Expr, b: Expr, x: Expr) -> Expr | None:
    if facts.is_zero(x):
        return S.Zero
    if facts.is_zero(x - 1):
        return sympy.beta(a, b)
    return x**a / a * sympy.hyper([a, 1 - b], [a + 1], x) if sign(x) == 1 and sign(1 - x) == 1 else None


def _regularized(sign: Sign, a: Expr, b: Expr, low: Expr, high: Expr) -> Equal | None:
    found = _incomplete_beta(sign, a, b, low, high)
    return found and Equal(found.value / sympy.beta(a, b))


# --- exponential integrals --------------------------------------------------------------------------------------


def _expint(sign: Sign, order: Expr, z: Expr) -> Expr | None:
    if not order.is_Integer:
        return z ** (order - 1) * sympy.uppergamma(1 - order, z)
    if order == 0:
        return sympy.exp(-z) / z
    if order != 1:
        return None
    known = sign(z)
    return None if not known else -sympy.Ei(-z) if known == 1 else -sympy.Ei(-z) - I * pi


def _li(sign: Sign, z: Expr) -> Expr | None:
    return sympy.Ei(sympy.log(z)) if sign(z) == 1 else None


def _where_positive(form: Callable[[Expr], Expr], elsewhere: Callable[[Expr], Expr] = lambda z: None) -> Rewriting:
    """One form where the argument is positive, another (or none) where it is negative."""
    table = {1: form, -1: elsewhere}
    return lambda sign, z: table[known](z) if (known := sign(z)) in table else None


# --- polylogarithms ---------------------------------------------------------------------------------------------


def _polylog(sign: Sign, s: Expr, z: Expr) -> Expr | None:
    """Orders up to one are elementary: each is z times the derivative of the next one."""
    if s is S.One:
        return -sympy.log(1 - z)
    if not s.is_Integer or not -LARGEST_ORDER <= s <= 0:
        return None
    t = sympy.Dummy()
    value = t / (1 - t)
    for _ in range(-int(s)):
        value = sized.cancel(t * value.diff(t))
    return value.subs(t, z)


def _lerch(sign: Sign, z: Expr, s: Expr, a: Expr) -> Expr | None:
    if z is S.One:
        return sympy.zeta(s, a)
    return sympy.polylog(s, z) / z if a is S.One else None


# --- Bessel functions -------------------------------------------------------------------------------------------

# Orders 1/2 and -1/2. The roots are those of z itself: sqrt(1/z) is another one for negative z.
_HALF_ORDERS: dict[type, tuple[Callable[[Expr], Expr], Callable[[Expr], Expr]]] = {
    sympy.besselj: (
        lambda z: sympy.sqrt(2 / pi) * sympy.sqrt(z) * sympy.sin(z) / z,
        lambda z: sympy.sqrt(2 / pi) * sympy.sqrt(z) * sympy.cos(z) / z,
    ),
    sympy.bessely: (
        lambda z: -sympy.sqrt(2 / pi) * sympy.sqrt(z) * sympy.cos(z) / z,
        lambda z: sympy.sqrt(2 / pi) * sympy.sqrt(z) * sympy.sin(z) / z,
    ),
    sympy.besseli: (
        lambda z: sympy.sqrt(2 / pi) * sympy.sqrt(z) * sympy.sinh(z) / z,
        lambda z: sympy.sqrt(2 / pi) * sympy.sqrt(z) * sympy.cosh(z) / z,
    ),
    sympy.besselk: (
        lambda z: sympy.sqrt(pi / 2) * sympy.sqrt(z) * sympy.exp(-z) / z,
        lambda z: sympy.sqrt(pi / 2) * sympy.sqrt(z) * sympy.exp(-z) / z,
    ),
}


# Orders of the other sign, by functions of both kinds; a = pi times the order.
_OPPOSITE: dict[type, Callable[[Expr, Expr, Expr], Expr]] = {
    sympy.besselj: lambda n, z, a: sympy.cos(a) * sympy.besselj(n, z) - sympy.sin(a) * sympy.bessely(n, z),
    sympy.bessely: lambda n, z, a: sympy.sin(a) * sympy.besselj(n, z) + sympy.cos(a) * sympy.bessely(n, z),
    sympy.besseli: lambda n, z, a: sympy.besseli(n, z) + 2 / pi * sympy.sin(a) * sympy.besselk(n, z),
    sympy.besselk: lambda n, z, a: sympy.besselk(n, z),
}


def _is_opposite(order: Expr) -> bool:
    """Whether the order -nu is nearer to normal: for symbols with a minus sign, and numbers just below whole ones."""
    number, rest = order.expand().as_coeff_Add(rational=True)
    if facts.is_zero(rest):
        return bool(number - sympy.floor(number) > Rational(1, 2))
    return bool(rest.could_extract_minus_sign())


# The second kind by the first, for orders that are no integers; a = pi times the order.
_BY_FIRST_KIND: dict[type, Callable[[Expr, Expr, Expr], Expr]] = {
    sympy.bessely: lambda n, z, a: (sympy.cos(a) * sympy.besselj(n, z) - sympy.besselj(-n, z)) / sympy.sin(a),
    sympy.besselk: lambda n, z, a: pi * (sympy.besseli(-n, z) - sympy.besseli(n, z)) / (2 * sympy.sin(a)),
}


def _by_airy(function: type, order: Expr, zeta: Expr, sign: Sign) -> Expr:
    """Orders 1/3, 2/3 and their opposites by Airy functions at z or -z, where z^3 = (3 zeta/2)^2 and zeta > 0."""
    if function in _BY_FIRST_KIND:
        return _BY_FIRST_KIND[function](order, zeta, pi * order)
    root = positive_root(3 * zeta / 2, 3, sign)
    at = -(root**2) if function is sympy.besselj else root**2
    side, root_of_3 = sympy.sign(order), sympy.sqrt(3)
    if abs(order) == Rational(2, 3):
        return root_of_3 / (2 * root**2) * (side * root_of_3 * sympy.airyaiprime(at) + sympy.airybiprime(at))
    both = root_of_3 * sympy.airyai(at) - side * sympy.airybi(at)
    return root_of_3 / (2 * root) * (both if function is sympy.besselj else -side * both)


def _cylinder(function: type) -> Rewriting:
    """Orders n + 1/2 by elementary functions, n + 1/3 by Airy functions, each through the two orders nearer to zero."""

    def rewriting(sign: Sign, order: Expr, z: Expr) -> Expr | Equal | None:
        is_third = order.is_Rational and order.q == 3 and sign(z) == 1
        if is_third and abs(order) < 1:
            return Equal(_by_airy(function, order, z, sign), ())
        if not is_third and _is_opposite(order):
            return Equal(_OPPOSITE[function](-order, z, -pi * order), (z,) if z.free_symbols else ())
        if not (is_third or (order.is_Rational and order.q == 2)) or abs(order) > LARGEST_ORDER:
            return None
        plus, minus = _HALF_ORDERS[function]
        if abs(order) == Rational(1, 2):
            return plus(z) if order > 0 else minus(z)
        row = RECURRENCES[function]
        a = order - sympy.sign(order)
        near, far = function(a, z), function(order - 2 * sympy.sign(order), z)
        leading, trailing = (row.p, row.r) if order > 0 else (row.r, row.p)
        assert leading is not None
        assert trailing is not None
        return -(row.q(a, z) * near + trailing(a, z) * far) / leading(a, z)

    return rewriting


def _spherical(function: type) -> Rewriting:
    """By cylinder functions, where the argument is positive."""
    return lambda sign, n, z: sympy.sqrt(pi / (2 * z)) * function(n + Rational(1, 2), z) if sign(z) == 1 else None


def _elliptic(form: Callable[[Expr], Expr]) -> Rewriting:
    """Negative parameters by those between 0 and 1."""
    return lambda sign, *m: form(m[0]) if len(m) == 1 and sign(m[0]) == -1 else None


def _chebyshev(of_angle: Callable[..., Expr], at_one: Callable[..., Expr], rest: Rewriting | None) -> Rewriting:
    """At the cosine of an angle, which for a degree that is not whole must be the principal one."""

    def rewriting(sign: Sign, n: Expr, x: Expr) -> Expr | Equal | None:
        if isinstance(x, sympy.cos) and facts.is_integer(n):
            return of_angle(n, x.args[0])
        if abs(x) == 1 and facts.is_integer(n):
            return x**n * at_one(n)
        if x.is_Rational and -1 <= x <= 1 and (abs(x) < 1 or of_angle(n, pi).has(sympy.cos)):
            return of_angle(n, sympy.acos(x))
        return None if rest is None else rest(n, x)

    return rewriting


def _by_second_kind(n: Expr, x: Expr) -> Expr:
    return call(sympy.chebyshevu, n, x) - x * call(sympy.chebyshevu, n - 1, x)


def _may_be_lowered(parameter: Expr, least: Expr) -> bool:
    """Whether a whole number can be taken off a parameter, with something above the least one left."""
    number, rest = parameter.expand().as_coeff_Add(rational=True)
    return bool(number >= 1 if rest.free_symbols else facts.is_zero(rest) and number - 1 > least)


def _assoc_laguerre(sign: Sign, n: Expr, a: Expr, x: Expr) -> Equal | None:
    """x L_n^(a) = (n + a) L_n^(a-1) - (n + 1) L_{n+1}^(a-1)."""
    if not _may_be_lowered(a, -S.One / 2):
        return None
    lower = (n + a) * sympy.assoc_laguerre(n, a - 1, x) - (n + 1) * sympy.assoc_laguerre(n + 1, a - 1, x)
    return Equal(lower / x, (x,))


def _gegenbauer(sign: Sign, n: Expr, above: Expr, x: Expr) -> Equal | None:
    """4 a (n + a + 1) (1 - x^2) C_n^(a+1) = (n + 2 a) (n + 2 a + 1) C_n^(a) - (n + 1) (n + 2) C_{n+2}^(a)."""
    if not _may_be_lowered(above, S.Zero):
        return None
    a = above - 1
    lower = (n + 2 * a) * (n + 2 * a + 1) * sympy.gegenbauer(n, a, x)
    lower -= (n + 1) * (n + 2) * sympy.gegenbauer(n + 2, a, x)
    divisors = (a, n + a + 1, 1 - x**2)
    return Equal(lower / (4 * sympy.Mul(*divisors)), divisors)


def _probabilists(sign: Sign, n: Expr, x: Expr) -> Expr | None:
    """By those of physicists, where the degree is not a number (DLMF 18.7.11)."""
    return None if n.is_Integer else 2 ** (-n / 2) * sympy.hermite(n, x / sympy.sqrt(2))


def _assoc_legendre(sign: Sign, n: Expr, m: Expr, x: Expr) -> Expr | None:
    """Ferrers functions of whole degree and order on (-1, 1): derivatives of Legendre polynomials (DLMF 14.6.1)."""
    if not (n.is_Integer and m.is_Integer and 0 <= n <= LARGEST_ORDER and sign(1 - x**2) == 1):
        return None
    size, t = abs(m), sympy.Dummy()
    value = (-1) ** size * (1 - x**2) ** (size / 2) * sympy.legendre(n, t).diff(t, size).subs(t, x)
    return value if m >= 0 else (-1) ** size * value * sympy.factorial(n - size) / sympy.factorial(n + size)


def _spherical_harmonic(sign: Sign, n: Expr, m: Expr, theta: Expr, phi: Expr) -> Expr | None:
    """DLMF 14.30.1, for whole degrees and orders: the root of 1 - cos(theta)^2 is sin(theta) there."""
    if not (n.is_Integer and m.is_Integer and 0 <= abs(m) <= n <= LARGEST_ORDER):
        return None
    size, t = abs(m), sympy.Dummy()
    slope = sympy.legendre(n, t).diff(t, size).subs(t, sympy.cos(theta))
    scale = (2 * n + 1) * sympy.factorial(n - size) / sympy.factorial(n + size) / (4 * pi)
    turned = sympy.sqrt(scale) * sympy.exp(I * m * phi) * sympy.sin(theta) ** size * slope
    return -turned if m > 0 and m % 2 else turned


# --- Jacobi's elliptic functions --------------------------------------------------------------------------------


def _jacobi(function: type[JacobiFunction]) -> Rewriting:
    """Arguments without signs, quarter periods, sums and imaginary factors (DLMF 22.4.3, 22.6.1, 22.8)."""

    def rewriting(sign: Sign, u: Expr, m: Expr) -> Expr | Equal | None:
        if u.could_extract_minus_sign():
            return -function(-u, m) if function.is_odd_in_u else function(-u, m)
        if isinstance(u, sympy.elliptic_f) and u.args[1] == m and facts.is_real(u.args[0]) and sign(1 - m) == 1:
            s = sympy.sin(u.args[0])
            of_amplitude = {jacobi_sn: s, jacobi_cn: sympy.cos(u.args[0]), jacobi_dn: sympy.sqrt(1 - m * s**2)}
            return of_amplitude[function]
        if not m.free_symbols and facts.is_real(m) and sign(m) == -1:
            return _of_imaginary_modulus(function, u * sympy.sqrt(1 - m), m)
        if not m.free_symbols and facts.is_real(m) and sign(m - 1) == 1:
            return _of_reciprocal_modulus(function, u * sympy.sqrt(m), m)
        first, rest = _first_term(u)
        if first == sympy.elliptic_k(m):
            half = rest - first
            if not half.has(first):  # half a period on
                return function(half, m) if function is jacobi_dn else -function(half, m)
            return _quarter_period_on(function, rest, m, sign)
        if rest != 0:
            return _of_sum(function, first, rest, m, sign)
        w = u.extract_multiplicatively(I)
        return None if w is None else _of_imaginary(function, w, 1 - m)

    return rewriting


def _first_term(u: Expr) -> tuple[Expr, Expr]:
    """One term of a sum, taken once where it stands several times, and what is left; a complete integral first."""
    terms = sorted(
        sympy.Add.make_args(sized.expand(u)), key=lambda t: (not t.has(sympy.elliptic_k), sympy.default_sort_key(t))
    )
    number, rest = terms[0].as_coeff_Mul()
    whole = sympy.Add(*terms[1:])
    if number.is_Integer and 1 < number <= MOST_MULTIPLE:
        return rest, whole + (number - 1) * rest
    return terms[0], whole


def _quarter_period_on(function: type[JacobiFunction], w: Expr, m: Expr, sign: Sign) -> Equal:
    sn, cn, dn = (f(w, m) for f in JACOBI)
    value = {jacobi_sn: cn / dn, jacobi_cn: -sympy.sqrt(1 - m) * sn / dn, jacobi_dn: sympy.sqrt(1 - m) / dn}[function]
    return Equal(value, () if facts.is_real(w) and sign(1 - m) == 1 else (dn,))


def _of_sum(function: type[JacobiFunction], u: Expr, v: Expr, m: Expr, sign: Sign) -> Equal:
    (s, c, d), (t, e, f) = ([g(w, m) for g in JACOBI] for w in (u, v))
    below = 1 - m * s**2 * t**2
    above = {jacobi_sn: s * e * f + t * c * d, jacobi_cn: c * e - s * d * t * f, jacobi_dn: d * f - m * s * c * t * e}
    # Squares of sn are at most 1 for real arguments.
    is_plain = facts.is_real(u) and facts.is_real(v) and sign(1 - m) == 1
    return Equal(above[function] / below, () if is_plain else (below,))


def _of_imaginary_modulus(function: type[JacobiFunction], w: Expr, m: Expr) -> Expr:
    """Negative parameters by those between 0 and 1 (DLMF 22.17.6-8)."""
    sn, cn, dn = (f(w, m / (m - 1)) for f in JACOBI)
    return {jacobi_sn: sn / dn / sympy.sqrt(1 - m), jacobi_cn: cn / dn, jacobi_dn: 1 / dn}[function]


def _of_reciprocal_modulus(function: type[JacobiFunction], w: Expr, m: Expr) -> Expr:
    """Parameters above 1 by those below (DLMF 22.17.2-4)."""
    sn, cn, dn = (f(w, 1 / m) for f in JACOBI)
    return {jacobi_sn: sn / sympy.sqrt(m), jacobi_cn: dn, jacobi_dn: cn}[function]


def _of_imaginary(function: type[JacobiFunction], w: Expr, other: Expr) -> Equal:
    sn, cn, dn = (f(w, other) for f in JACOBI)
    return Equal({jacobi_sn: I * sn / cn, jacobi_cn: 1 / cn, jacobi_dn: dn / cn}[function], (cn,))


# Of degree 1 (DLMF 18.5); of degree 0 they are 1.
FIRST_POLYNOMIALS: dict[type, Callable[..., Expr]] = {
    sympy.chebyshevt: lambda x: x,
    sympy.chebyshevu: lambda x: 2 * x,
    sympy.legendre: lambda x: x,
    sympy.hermite: lambda x: 2 * x,
    sympy.hermite_prob: lambda x: x,
    sympy.laguerre: lambda x: 1 - x,
    sympy.assoc_laguerre: lambda a, x: 1 + a - x,
    sympy.gegenbauer: lambda a, x: 2 * a * x,
    sympy.jacobi: lambda a, b, x: (a - b + (a + b + 2) * x) / 2,
}

REWRITINGS: dict[type, Rewriting] = {
    **{function: _jacobi(function) for function in JACOBI},
    sympy.factorial: _always(lambda n: sympy.gamma(n + 1)),
    sympy.loggamma: _loggamma,
    sympy.beta: _beta,
    sympy.binomial: _binomial,
    sympy.RisingFactorial: lambda sign, x, k: _ratio(sign, x + k, x),
    sympy.FallingFactorial: lambda sign, x, k: _ratio(sign, x + 1, x - k + 1),
    sympy.catalan: _catalan,
    sympy.harmonic: _harmonic,
    sympy.lucas: _always(lambda n: sympy.fibonacci(n + 1) + sympy.fibonacci(n - 1)),
    sympy.zeta: _zeta,
    sympy.dirichlet_eta: _eta,
    sympy.euler: _euler,
    sympy.andre: lambda sign, s: _andre(s) if sign(s) == 1 else None,
    sympy.lowergamma: _always(lambda s, z: sympy.gamma(s) - sympy.uppergamma(s, z)),
    sympy.uppergamma: _upper_gamma,
    sympy.erf: _turned_erf,
    sympy.erfi: _turned_erfi,
    sympy.fresnelc: _fresnel(1),
    sympy.fresnels: _fresnel(-1),
    sympy.erfinv: _odd(sympy.erfinv),
    sympy.erf2: _always(lambda a, b: sympy.erf(b) - sympy.erf(a)),
    sympy.erfcinv: _always(lambda u: sympy.erfinv(1 - u)),
    sympy.expint: _expint,
    sympy.li: _li,
    sympy.Li: _always(lambda z: sympy.li(z) - sympy.li(2)),
    sympy.Si: _turned_integral(lambda w: I * sympy.Shi(w)),
    sympy.Shi: _first(
        _turned_integral(lambda w: I * sympy.Si(w)),
        _where_positive(lambda z: (sympy.Ei(z) - sympy.Ei(-z)) / 2, lambda z: (sympy.Ei(z) - sympy.Ei(-z)) / 2),
    ),
    sympy.Chi: _first(
        _turned_integral(sympy.Ci, both=1),
        _where_positive(
            lambda z: (sympy.Ei(z) + sympy.Ei(-z)) / 2, lambda z: (sympy.Ei(z) + sympy.Ei(-z)) / 2 + I * pi
        ),
    ),
    sympy.Ci: _first(
        _turned_integral(sympy.Chi, both=1), _where_positive(lambda z: None, lambda z: sympy.Ci(-z) + I * pi)
    ),
    sympy.polylog: _polylog,
    sympy.lerchphi: _lerch,
    sympy.sinc: _always(lambda z: sympy.sin(z) / z),
    sympy.besselj: _cylinder(sympy.besselj),
    sympy.bessely: _cylinder(sympy.bessely),
    sympy.besseli: _cylinder(sympy.besseli),
    sympy.besselk: _cylinder(sympy.besselk),
    sympy.hankel1: _always(lambda n, z: sympy.besselj(n, z) + I * sympy.bessely(n, z)),
    sympy.hankel2: _always(lambda n, z: sympy.besselj(n, z) - I * sympy.bessely(n, z)),
    sympy.jn: _spherical(sympy.besselj),
    sympy.yn: _spherical(sympy.bessely),
    sympy.hn1: _always(lambda n, z: sympy.jn(n, z) + I * sympy.yn(n, z)),
    sympy.hn2: _always(lambda n, z: sympy.jn(n, z) - I * sympy.yn(n, z)),
    sympy.elliptic_k: _elliptic(lambda m: sympy.elliptic_k(m / (m - 1)) / sympy.sqrt(1 - m)),
    sympy.elliptic_e: _elliptic(lambda m: sympy.sqrt(1 - m) * sympy.elliptic_e(m / (m - 1))),
    sympy.chebyshevt: _chebyshev(lambda n, t: sympy.cos(n * t), lambda n: S.One, _by_second_kind),
    sympy.chebyshevu: _chebyshev(lambda n, t: sympy.sin((n + 1) * t) / sympy.sin(t), lambda n: n + 1, None),
    sympy.assoc_laguerre: _assoc_laguerre,
    sympy.gegenbauer: _gegenbauer,
    sympy.hyper: hypergeometric.normal,
    sympy.meijerg: hypergeometric.meijer,
    sympy.digamma: _always(lambda u: sympy.polygamma(0, u)),
    sympy.trigamma: _always(lambda u: sympy.polygamma(1, u)),
    sympy.bernoulli: _bernoulli,
    sympy.genocchi: _genocchi,
    sympy.riemann_xi: _always(
        lambda s: Equal(s * (s - 1) / 2 * pi ** (-s / 2) * sympy.gamma(s / 2) * sympy.zeta(s), (s - 1, s))
    ),
    sympy.betainc: _incomplete_beta,
    sympy.betainc_regularized: lambda sign, a, b, x, y: _regularized(sign, a, b, x, y),
    sympy.hermite_prob: _probabilists,
    sympy.erf2inv: _always(lambda x, y: sympy.erfinv(y + sympy.erf(x))),
    sympy.Ynm: _spherical_harmonic,
    sympy.assoc_legendre: _assoc_legendre,
}
