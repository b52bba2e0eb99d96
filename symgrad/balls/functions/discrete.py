"""The table, second part: spherical Bessel functions, orthogonal polynomials of any order, combinatorial numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import flint
import sympy
from flint import acb, arb, fmpq, fmpz
from sympy import Basic

from symgrad.balls.values import UNDEFINED, UNKNOWN, Ball, Value, ball, is_exactly_zero, is_real, separated, sign
from symgrad.base.precision import precision

LARGEST_WHOLE = 10_000
LARGEST_BERNOULLI = 1_000
LARGEST_ORDER = 100  # of polylogarithms and of zeta functions
ENOUGH_BITS = 400  # for sums of values that take seconds at thousands of bits
MOST_PRODUCT_BITS = 20_000


def _is_nonpositive_whole(z: Ball) -> bool:
    return isinstance(z, fmpq) and z.q == 1 and z <= 0


def _whole(n: Ball) -> int | None:
    """An exact whole number of moderate size."""
    return int(n) if isinstance(n, fmpq) and n.q == 1 and abs(n) <= LARGEST_WHOLE else None


def _spherical(cylinder: Callable[[acb, acb], acb], at_zero: Callable[[int], Value]) -> Callable[[Ball, Ball], Value]:
    """By cylinder functions of half an order more, at positive places; at zero for whole orders."""

    def function(order: Ball, z: Ball) -> Value:
        if is_exactly_zero(z) and (whole := _whole(order)) is not None:
            return at_zero(whole)
        if sign(z) != 1:
            return UNKNOWN  # where conventions differ
        return (arb.pi() / (2 * ball(z))).sqrt() * cylinder(acb(ball(order)) + acb(1) / 2, acb(ball(z)))

    return function


def _bessel_h(kind: int) -> Callable[[acb, acb], acb]:
    return lambda order, z: z.bessel_j(order) + kind * acb(0, 1) * z.bessel_y(order)


def _polynomial(name: str) -> Callable[..., Value]:
    """f(n, parameters, z) that the balls call as a method of z; real where everything is."""

    def function(*arguments: Ball) -> Value:
        *parameters, z = (ball(a) for a in arguments)
        if all(isinstance(v, arb) for v in (*parameters, z)):
            found = getattr(z, name)(*parameters)
            if found.is_finite():
                return found
        return getattr(acb(z), name)(*map(acb, parameters))

    return function


def _hermite_prob(n: Ball, x: Ball) -> Value:
    return acb(2).pow(-acb(ball(n)) / 2) * (acb(ball(x)) / acb(2).sqrt()).hermite_h(acb(ball(n)))


def _lerch(z: Ball, s: Ball, a: Ball) -> Value:
    """At 1 it is Hurwitz's zeta function, for which there is a quicker way."""
    if z == 1:
        return UNDEFINED if s == 1 or _is_nonpositive_whole(a) else acb(ball(s)).zeta(acb(ball(a)))
    return acb.lerch_phi(acb(ball(z)), acb(ball(s)), acb(ball(a)))


def _elliptic_pi(*arguments: Ball) -> Value:
    n, *rest = (acb(ball(a)) for a in arguments)
    return acb.elliptic_pi(n, *rest) if len(rest) == 1 else acb.elliptic_pi_inc(n, *rest)


def _binomial(n: Ball, k: Ball) -> Value:
    whole = _whole(k)
    above = _whole(n)
    if whole is not None and above is not None and 0 <= whole <= above:
        return fmpq(math.comb(above, whole))
    if whole is not None:
        return _product(n - k + 1, whole) / math.factorial(whole) if whole >= 0 else fmpq(0)
    n, k = ball(n), ball(k)
    return (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()


def _rising(x: Ball, k: Ball) -> Value:
    whole = _whole(k)
    if whole is None:
        return (ball(x) + ball(k)).gamma() * ball(x).rgamma()
    if whole < 0:
        below = _product(x + k, -whole)
        return UNDEFINED if is_exactly_zero(below) else 1 / below
    return _product(x, whole)


def _product(x: Ball, count: int) -> Ball:
    """x (x + 1) … (x + count - 1)."""
    if isinstance(x, fmpq) and count * (x.height_bits() + count.bit_length()) <= MOST_PRODUCT_BITS:
        return math.prod((x + j for j in range(count)), start=fmpq(1))
    return ball(x).rising(count)


def _falling(x: Ball, k: Ball) -> Value:
    return _rising(x - k + 1, k)


def _harmonic(n: Ball, order: Ball = fmpq(1)) -> Value:  # noqa: B008 (an immutable number)
    if isinstance(n, fmpq) and n.q == 1 and n < 0:
        return UNDEFINED
    if order == 1:
        return ball(n + 1).digamma() + arb.const_euler()
    if not (is_real(order) and is_real(n)) or not sign(order - 1) or sign(n + 1) != 1:
        return UNKNOWN
    if not ball(order).abs_upper() <= LARGEST_ORDER:
        return UNKNOWN
    return ball(order).zeta() - ball(order).zeta(ball(n + 1))


def _catalan(n: Ball) -> Value:
    if isinstance(n, fmpq) and n.q == 2 and n < 0:
        return UNDEFINED
    n = ball(n)
    return (2 * n * arb(2).log()).exp() * (n + arb(1) / 2).gamma() * (n + 2).rgamma() / arb.pi().sqrt()


def _fibonacci(n: Ball) -> Value:
    whole = _whole(n)
    if whole is None:
        return UNKNOWN
    size = fmpq(fmpz.fib_ui(abs(whole)))
    return size if whole >= 0 or whole % 2 else -size


def _lucas(n: Ball) -> Value:
    below, above = _fibonacci(n - 1), _fibonacci(n + 1)
    return below + above if isinstance(below, fmpq) and isinstance(above, fmpq) else UNKNOWN


def _factorial2(n: Ball) -> Value:
    whole = _whole(n)
    return fmpq(math.prod(range(whole, 0, -2))) if whole is not None and whole >= -1 else UNKNOWN


def _subfactorial(n: Ball) -> Value:
    whole = _whole(n)
    if whole is None or whole < 0:
        return UNKNOWN
    total = 1
    for k in range(1, whole + 1):
        total = total * k + (-1) ** k
    return fmpq(total)


def _bernoulli(n: Ball, *x: Ball) -> Value:
    """Numbers and polynomials, with 1/2 as the first number; of negative order by Hurwitz's zeta function."""
    whole = _whole(n)
    if whole is not None and whole < 0 and (not x or sign(x[0]) == 1):
        return -whole * (ball(fmpq(1 - whole)).zeta(ball(x[0])) if x else ball(fmpq(1 - whole)).zeta())
    if whole is None or not 0 <= whole <= LARGEST_BERNOULLI or (x and not is_real(x[0])):
        return UNKNOWN
    return ball(x[0] if x else fmpq(1)).bernoulli_poly(whole)


def _euler(n: Ball, *x: Ball) -> Value:
    """E_n(x) = 2/(n + 1) (B_{n+1}(x) - 2^{n+1} B_{n+1}(x/2)); the numbers are 2^n E_n(1/2)."""
    whole = _whole(n)
    if whole is None or not 0 <= whole <= LARGEST_BERNOULLI or (x and not is_real(x[0])):
        return UNKNOWN
    if not x:
        found = _euler(n, fmpq(1, 2))
        return found * fmpq(2) ** whole if isinstance(found, Ball) else found
    at = ball(x[0])
    above = whole + 1
    return (at.bernoulli_poly(above) - arb(2) ** above * (at / 2).bernoulli_poly(above)) * 2 / above


def _genocchi(n: Ball, x: Ball = fmpq(1)) -> Value:  # noqa: B008 (an immutable number)
    first, second = _bernoulli(n, x), _bernoulli(n, (x + 1) / 2)
    if not (isinstance(first, Ball) and isinstance(second, Ball)):
        return UNKNOWN
    return 2 * (first - arb(2) ** int(n) * second)


def _andre(n: Ball) -> Value:
    """i^(n+1) Li_-n(-i) + (-i)^(n+1) Li_-n(i)."""
    if not ball(n).abs_upper() <= LARGEST_ORDER:
        return UNKNOWN
    with precision(min(flint.ctx.prec, ENOUGH_BITS)):
        i, order = acb(0, 1), acb(ball(n))
        quarter = i * arb.pi() / 2 * (order + 1)
        return quarter.exp() * (-i).polylog(-order) + (-quarter).exp() * i.polylog(-order)


def _tribonacci(n: Ball) -> Value:
    whole = _whole(n)
    if whole is None or whole < 0:
        return UNKNOWN
    a, b, c = 0, 1, 1
    for _ in range(whole):
        a, b, c = b, c, a + b + c
    return fmpq(a)


def _stieltjes(n: Ball, a: Ball = fmpq(1)) -> Value:  # noqa: B008 (an immutable number)
    whole = _whole(n)
    if whole is None or not 0 <= whole <= LARGEST_BERNOULLI or not is_real(a) or sign(a) != 1:
        return UNKNOWN
    return acb.stieltjes(whole, ball(a)).real


def _spherical_harmonic(n: Ball, m: Ball, theta: Ball, phi: Ball) -> Value:
    degree, order = _whole(n), _whole(m)
    if degree is None or order is None or abs(order) > degree:
        return UNKNOWN
    return acb.spherical_y(degree, order, acb(ball(theta)), acb(ball(phi)))


def _assoc_legendre(n: Ball, m: Ball, x: Ball) -> Value:
    """Ferrers functions, between -1 and 1."""
    if not is_real(x) or sign(1 - x * x) != 1:
        return UNKNOWN
    return acb(ball(x)).legendre_p(acb(ball(n)), acb(ball(m)), type=2)


def _riemann_xi(s: Ball) -> Value:
    with precision(min(flint.ctx.prec, ENOUGH_BITS)):
        return _completed_zeta(acb(ball(s)))


def _completed_zeta(s: acb) -> acb:
    return s * (s - 1) / 2 * (-s / 2 * arb.pi().log()).exp() * (s / 2).gamma() * s.zeta()


def _kronecker(i: Ball, j: Ball) -> Value:
    if is_exactly_zero(i - j):
        return fmpq(1)
    return fmpq(0) if separated(i, j) else UNKNOWN


DISCRETE: dict[type[Basic], Callable[..., Value]] = {
    sympy.jn: _spherical(lambda order, z: z.bessel_j(order), lambda n: UNDEFINED if n < 0 else fmpq(int(n == 0))),
    sympy.yn: _spherical(lambda order, z: z.bessel_y(order), lambda n: UNDEFINED if n >= 0 else UNKNOWN),
    sympy.hn1: _spherical(_bessel_h(1), lambda _: UNDEFINED),
    sympy.hn2: _spherical(_bessel_h(-1), lambda _: UNDEFINED),
    sympy.hermite_prob: _hermite_prob,
    sympy.laguerre: _polynomial("laguerre_l"),
    sympy.assoc_laguerre: _polynomial("laguerre_l"),
    sympy.gegenbauer: _polynomial("gegenbauer_c"),
    sympy.jacobi: _polynomial("jacobi_p"),
    sympy.elliptic_pi: _elliptic_pi,
    sympy.lerchphi: _lerch,
    sympy.erf2: lambda a, b: ball(b).erf() - ball(a).erf(),
    sympy.Li: lambda z: UNDEFINED if z == 1 else ball(z).li() - arb(2).li(),
    sympy.binomial: _binomial,
    sympy.RisingFactorial: _rising,
    sympy.FallingFactorial: _falling,
    sympy.harmonic: _harmonic,
    sympy.catalan: _catalan,
    sympy.fibonacci: _fibonacci,
    sympy.lucas: _lucas,
    sympy.factorial2: _factorial2,
    sympy.subfactorial: _subfactorial,
    sympy.bernoulli: _bernoulli,
    sympy.euler: _euler,
    sympy.genocchi: _genocchi,
    sympy.andre: _andre,
    sympy.tribonacci: _tribonacci,
    sympy.stieltjes: _stieltjes,
    sympy.Ynm: _spherical_harmonic,
    sympy.assoc_legendre: _assoc_legendre,
    sympy.riemann_xi: _riemann_xi,
    sympy.KroneckerDelta: _kronecker,
    sympy.erf2inv: lambda x, y: (ball(y) + ball(x).erf()).erfinv() if is_real(x) and is_real(y) else UNKNOWN,
}
