"""The table of functions: how each SymPy function is enclosed, and where it certainly has no value."""

from __future__ import annotations

import math
from collections.abc import Callable

import sympy
from flint import acb, arb, fmpq
from sympy import Basic

from symgrad.balls.functions.discrete import DISCRETE
from symgrad.balls.functions.hypergeometric import INCOMPLETE
from symgrad.balls.functions.theta import THETA
from symgrad.balls.values import (
    MOST_EXACT_BITS,
    UNDEFINED,
    UNKNOWN,
    Ball,
    NoValue,
    Value,
    ball,
    is_exactly_zero,
    is_real,
    sign,
)
from symgrad.base.budget import charge
from symgrad.base.untyped import Array
from symgrad.language.provable import HasValue


def _add(*terms: Ball) -> Ball:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _multiply(*factors: Ball) -> Ball:
    product = factors[0]
    for factor in factors[1:]:
        product = product * factor
    return product


HIGHEST_ZETA = 2000  # imaginary parts, in proportion to which it takes long; all arguments of one with a shift


def _power(base: Ball, exponent: Ball) -> Value:
    if is_exactly_zero(base):
        positive = sign(exponent)
        if positive == 0:
            return fmpq(1)
        return UNKNOWN if positive is None else fmpq(0) if positive > 0 else UNDEFINED
    if isinstance(exponent, fmpq) and exponent.q == 1:
        n = int(exponent)
        if isinstance(base, fmpq) and abs(n) * base.height_bits() <= MOST_EXACT_BITS:
            return base**n
        return _whole_power(ball(base), n)
    if isinstance(exponent, fmpq) and exponent.q == 2:
        return _power(_square_root(base), fmpq(exponent.p))
    if is_real(base) and sign(base) != 1:
        base = acb(ball(base))
    return ball(base) ** ball(exponent)


def _whole_power(base: arb | acb, n: int) -> Value:
    """A power by an integer; flint's own has no value on balls around zero, and is wide for even powers there."""
    if not isinstance(base, arb) or n <= 0 or not base.contains(0):
        return base**n
    if n % 2 == 0:
        return arb(0).union(abs(base).upper() ** n)
    low, high = base.lower(), base.upper()
    return (low**n).union(high**n)


def _square_root(base: Ball) -> Ball:
    if isinstance(base, fmpq) and base >= 0:
        p, q = math.isqrt(int(base.p)), math.isqrt(int(base.q))
        if p * p == base.p and q * q == base.q:
            return fmpq(p, q)
    value = ball(base)
    if isinstance(value, arb) and sign(value) != 1:
        if not value < 0 and value.upper() > 0:
            return _root_at_border(value)
        return acb(value).sqrt()
    return value.sqrt()


def _root_at_border(value: arb) -> acb:
    """Root of a ball around zero: real up to the root of its upper end, imaginary down to that of its lower."""
    up = value.upper().sqrt()
    down = (-value.lower()).sqrt() if value.lower() < 0 else arb(0)
    return acb(arb(0).union(up), arb(0).union(down))


def _exp(u: Ball) -> Value:
    return fmpq(1) if is_exactly_zero(u) else ball(u).exp()


def _log(u: Ball, *base: Ball) -> Value:
    if base:
        above, below = _log(u), _log(*base)
        if not (isinstance(above, Ball) and isinstance(below, Ball)):
            return UNDEFINED if UNDEFINED in (above, below) else UNKNOWN
        return UNDEFINED if is_exactly_zero(below) else above / below
    if is_exactly_zero(u):
        return UNDEFINED
    if isinstance(u, fmpq) and u == 1:
        return fmpq(0)
    value = ball(u)
    return value.log() if not isinstance(value, arb) or value > 0 else acb(value).log()


def _absolute(u: Ball) -> Value:
    return abs(u)


def _sign(u: Ball) -> Value:
    if is_real(u):
        known = sign(u)
        return fmpq(known) if known is not None else ball(u).sgn()
    return UNDEFINED if is_exactly_zero(u) else u / abs(u)


def _extreme(choose: str) -> Callable[..., Value]:
    def extreme(*values: Ball) -> Value:
        if not all(map(is_real, values)):
            return UNDEFINED if any(isinstance(v, acb) and not v.imag.contains(0) for v in values) else UNKNOWN
        if all(isinstance(v, fmpq) for v in values):
            return max(values) if choose == "max" else min(values)
        best = ball(values[0])
        for value in values[1:]:
            best = getattr(best, choose)(ball(value))
        return best

    return extreme


def _floor(u: Ball) -> Value:
    if isinstance(u, fmpq):
        return fmpq(u.p // u.q)
    return u.floor() if isinstance(u, arb) else UNKNOWN


def _ceiling(value: Ball) -> Value:
    below = _floor(-value)
    return -below if isinstance(below, Ball) else below


def _modulo(u: Ball, m: Ball) -> Value:
    if is_exactly_zero(m):
        return UNDEFINED
    whole = _floor(u / m)
    return UNKNOWN if isinstance(whole, NoValue) else u - m * whole


def _heaviside(u: Ball, at_zero: Ball = fmpq(1, 2)) -> Value:  # noqa: B008 (an immutable number)
    known = sign(u) if is_real(u) else None
    if known is None:
        return arb(0).union(arb(1)) if isinstance(u, arb) else UNKNOWN
    return {1: fmpq(1), 0: at_zero, -1: fmpq(0)}[known]


def _principal_angle(y: Ball, x: Ball) -> Value:
    if not (is_real(x) and is_real(y)):
        return UNKNOWN
    if is_exactly_zero(x) and is_exactly_zero(y):
        return UNDEFINED
    y, x = ball(y), ball(x)
    return UNKNOWN if y.contains(0) and x.contains(0) else arb.atan2(y, x)


def _argument(u: Ball) -> Value:
    if is_exactly_zero(u):
        return UNDEFINED
    return _principal_angle(fmpq(0), u) if is_real(u) else _principal_angle(u.imag, u.real)


def _arc_cotangent(u: Ball) -> Value:
    return arb.pi() / 2 if is_exactly_zero(u) else ball(1 / u).atan()


def _real_if_inside(name: str, *, low: int | None = None, high: int | None = None) -> Callable[[Ball], Value]:
    """An inverse function: by real balls where its argument lies in [low, high], by complex ones elsewhere."""

    def function(u: Ball) -> Value:
        value = ball(u)
        inside = isinstance(value, arb) and (low is None or value >= low) and (high is None or value <= high)
        return getattr(value if inside else acb(value), name)()

    return function


def _through_inverse(function: Callable[[Ball], Value]) -> Callable[[Ball], Value]:
    """The function of the reciprocal, such as asec(u) = acos(1/u)."""
    return lambda u: UNDEFINED if is_exactly_zero(u) else function(1 / u)


def _at(*poles: int) -> Callable[..., bool]:
    return lambda u, *rest: isinstance(u, fmpq) and any(u == p for p in poles)


def _at_nonpositive_integers(u: Ball, *rest: Ball) -> bool:
    return isinstance(u, fmpq) and u.q == 1 and u <= 0


def _method(name: str, pole: Callable[..., bool] | None = None, *, complex_too: bool = True) -> Callable[..., Value]:
    """A function that the balls have as a method of its first argument; complex where real balls give nothing."""

    def function(*arguments: Ball) -> Value:
        if pole is not None and pole(*arguments):
            return UNDEFINED
        values = [ball(a) for a in arguments]
        if hasattr(arb, name) and all(isinstance(v, arb) for v in values):
            result = getattr(values[0], name)(*values[1:])
            if result.is_finite():
                return result
        if not complex_too:
            return UNKNOWN
        first, *rest = (acb(v) for v in values)
        return getattr(first, name)(*rest)

    return function


def _with_order_first(name: str, pole: Callable[..., bool] | None = None) -> Callable[..., Value]:
    """A function f(n, z) that the balls call as a method of z with the order as argument."""
    method = _method(name, pole)
    return lambda order, *rest: method(rest[0], order, *rest[1:])


def _polygamma(order: Ball, z: Ball) -> Value:
    if _at_nonpositive_integers(z):
        return UNDEFINED
    if is_exactly_zero(order):
        return ball(z).digamma()
    found = acb(ball(z)).polygamma(acb(ball(order)))
    return found.real if is_real(z) and _is_whole(order) and sign(order) == 1 else found


def _beta(a: Ball, *others: Ball) -> Value:
    b = others[0] if others else a
    if _at_nonpositive_integers(a) or _at_nonpositive_integers(b):
        return UNKNOWN
    a, b = ball(a), ball(b)
    return a.gamma() * b.gamma() * (a + b).rgamma()


def _zeta(s: Ball, *shift: Ball) -> Value:
    if _at(1)(s) or (shift and _at_nonpositive_integers(shift[0])):
        return UNDEFINED
    if isinstance(s, acb) and not abs(s.imag) < HIGHEST_ZETA:
        return UNKNOWN
    values = [ball(v) for v in (s, *shift)]
    if shift and not values[0].abs_upper() <= HIGHEST_ZETA:
        return UNKNOWN
    if not all(isinstance(v, arb) for v in values):
        values = [acb(v) for v in values]
    return values[0].zeta(*values[1:])


def _eta(s: Ball, shift: Ball = fmpq(1)) -> Value:  # noqa: B008 (an immutable number)
    """The alternating zeta function: of a shift, by two values of Hurwitz's."""
    if not ball(s).abs_upper() <= HIGHEST_ZETA:
        return UNKNOWN
    if shift == 1:
        return acb(ball(s)).dirichlet_eta()
    if not is_real(shift) or sign(shift) != 1:
        return UNKNOWN
    s, a = acb(ball(s)), acb(ball(shift))
    return (-s * arb(2).log()).exp() * (s.zeta(a / 2) - s.zeta((a + 1) / 2))


def _lambert_w(z: Ball, branch: Ball = fmpq(0)) -> Value:  # noqa: B008 (an immutable number)
    if not (isinstance(branch, fmpq) and branch.q == 1):
        return UNKNOWN
    if branch != 0 and is_exactly_zero(z):
        return UNDEFINED
    if branch == 0 and is_exactly_zero(z):
        return fmpq(0)
    return acb(ball(z)).lambertw(int(branch))


def _loggamma(z: Ball) -> Value:
    if _at_nonpositive_integers(z):
        return UNDEFINED
    return ball(z).lgamma() if isinstance(z, acb) or ball(z) > 0 else acb(ball(z)).lgamma()


def _sinc(z: Ball) -> Value:
    return fmpq(1) if is_exactly_zero(z) else ball(z).sinc()


def _airy_prime(name: str) -> Callable[[Ball], Value]:
    return lambda z: getattr(acb(ball(z)), name)(derivative=1)


def _hankel(kind: int) -> Callable[[Ball, Ball], Value]:
    def function(order: Ball, z: Ball) -> Value:
        if is_exactly_zero(z):
            return UNDEFINED
        z, order = acb(ball(z)), acb(ball(order))
        return z.bessel_j(order) + kind * acb(0, 1) * z.bessel_y(order)

    return function


def _is_whole(n: Ball) -> bool:
    return isinstance(n, fmpq) and n.q == 1


def _bessel_k(order: Ball, z: Ball) -> Value:
    """K_n(z); for whole n != 0 from K_0, as the library takes very long where K_n is the limit of other orders."""
    if is_exactly_zero(z):
        return UNDEFINED
    if not _is_whole(order) or is_exactly_zero(order):
        return _method("bessel_k")(z, order)
    x = ball(z)
    if isinstance(x, arb) and not x > 0:
        x = acb(x)
    n = abs(int(order.p))
    charge(2 * n)
    if not isinstance(x, arb) or x.is_exact() or not x > 0:
        return _bessel_k_upwards(n, x)
    return _bessel_k_upwards(n, arb(x.lower())).union(_bessel_k_upwards(n, arb(x.upper())))  # it falls


def _bessel_k_upwards(n: int, z: Array) -> Array:
    """K_1 by the Wronskian I_0 K_1 + I_1 K_0 = 1/z, and K_{k+1} = K_{k-1} + (2 k/z) K_k."""
    zero = type(z)(0)
    below = z.bessel_k(zero)
    here = (1 / z - z.bessel_i(zero + 1) * below) / z.bessel_i(zero)
    for k in range(1, n):
        below, here = here, below + 2 * k / z * here
    return here


def _upper_gamma(s: Ball, z: Ball) -> Value:
    if not is_exactly_zero(z):
        return acb(ball(z)).gamma_upper(acb(ball(s)))
    known = sign(s)
    return ball(s).gamma() if known == 1 else UNKNOWN if known is None else UNDEFINED


def _lower_gamma(s: Ball, z: Ball) -> Value:
    return UNDEFINED if _at_nonpositive_integers(s) else acb(ball(z)).gamma_lower(acb(ball(s)))


def _elliptic_e(*arguments: Ball) -> Value:
    if len(arguments) == 1:
        return acb(ball(arguments[0])).elliptic_e()
    return acb.elliptic_e_inc(acb(ball(arguments[0])), acb(ball(arguments[1])))


class RootOfNonnegative(sympy.Function):  # type: ignore[misc]
    """u**p, for a u that is known not to be negative where it matters, and a positive rational p: always real."""


def root_of_nonnegative(u: Ball, p: Ball) -> Value:
    """From the root of the lower end, or 0, to that of the upper end."""
    if not is_real(u):
        return UNKNOWN
    value = ball(u)
    low, high = value.lower(), value.upper()
    if not high > 0:
        return fmpq(0)
    return (low ** ball(p) if low > 0 else arb(0)).union(high ** ball(p))


FUNCTIONS: dict[type[Basic], Callable[..., Value]] = {
    sympy.Add: _add,
    sympy.Mul: _multiply,
    sympy.Pow: _power,
    sympy.exp: _exp,
    sympy.log: _log,
    sympy.Abs: _absolute,
    HasValue: lambda _: fmpq(0),
    sympy.sign: _sign,
    sympy.Max: _extreme("max"),
    sympy.Min: _extreme("min"),
    sympy.floor: _floor,
    sympy.ceiling: _ceiling,
    sympy.frac: lambda u: _modulo(u, fmpq(1)),
    sympy.Mod: _modulo,
    sympy.Heaviside: _heaviside,
    sympy.re: lambda u: u if is_real(u) else u.real,
    sympy.im: lambda u: fmpq(0) if is_real(u) else u.imag,
    sympy.conjugate: lambda u: u if is_real(u) else u.conjugate(),
    sympy.arg: _argument,
    sympy.sin: _method("sin"),
    sympy.cos: _method("cos"),
    sympy.tan: _method("tan"),
    sympy.cot: _method("cot", _at(0)),
    sympy.sec: _method("sec"),
    sympy.csc: _method("csc", _at(0)),
    sympy.sinc: _sinc,
    sympy.sinh: _method("sinh"),
    sympy.cosh: _method("cosh"),
    sympy.tanh: _method("tanh"),
    sympy.coth: _method("coth", _at(0)),
    sympy.sech: _method("sech"),
    sympy.csch: _method("csch", _at(0)),
    sympy.asin: _real_if_inside("asin", low=-1, high=1),
    sympy.acos: _real_if_inside("acos", low=-1, high=1),
    sympy.atan: _real_if_inside("atan"),
    sympy.acot: _arc_cotangent,
    sympy.asec: _through_inverse(_real_if_inside("acos", low=-1, high=1)),
    sympy.acsc: _through_inverse(_real_if_inside("asin", low=-1, high=1)),
    sympy.atan2: _principal_angle,
    sympy.asinh: _real_if_inside("asinh"),
    sympy.acosh: _real_if_inside("acosh", low=1),
    sympy.atanh: _method("atanh", _at(-1, 1)),
    sympy.acoth: lambda u: acb(0, arb.pi() / 2) if is_exactly_zero(u) else _method("atanh", _at(-1, 1))(1 / u),
    sympy.asech: _through_inverse(_real_if_inside("acosh", low=1)),
    sympy.acsch: _through_inverse(_real_if_inside("asinh")),
    sympy.erf: _method("erf"),
    sympy.erfc: _method("erfc"),
    sympy.erfi: _method("erfi"),
    sympy.erfinv: _method("erfinv", lambda u: isinstance(u, fmpq) and abs(u) >= 1, complex_too=False),
    sympy.erfcinv: _method("erfcinv", lambda u: isinstance(u, fmpq) and abs(u - 1) >= 1, complex_too=False),
    sympy.gamma: _method("gamma", _at_nonpositive_integers),
    sympy.factorial: lambda n: _method("gamma", _at_nonpositive_integers)(n + 1),
    sympy.loggamma: _loggamma,
    sympy.digamma: _method("digamma", _at_nonpositive_integers),
    sympy.polygamma: _polygamma,
    sympy.trigamma: lambda z: _polygamma(fmpq(1), z),
    sympy.beta: _beta,
    sympy.uppergamma: _upper_gamma,
    sympy.lowergamma: _lower_gamma,
    sympy.zeta: _zeta,
    sympy.dirichlet_eta: _eta,
    sympy.polylog: _with_order_first("polylog"),
    sympy.LambertW: _lambert_w,
    sympy.Ei: _method("ei", _at(0)),
    sympy.Si: _method("si"),
    sympy.Ci: _method("ci", _at(0)),
    sympy.Shi: _method("shi"),
    sympy.Chi: _method("chi", _at(0)),
    sympy.li: _method("li", _at(1)),
    sympy.expint: _with_order_first("expint"),
    sympy.fresnels: _method("fresnel_s"),
    sympy.fresnelc: _method("fresnel_c"),
    sympy.airyai: _method("airy_ai"),
    sympy.airybi: _method("airy_bi"),
    sympy.airyaiprime: _airy_prime("airy_ai"),
    sympy.airybiprime: _airy_prime("airy_bi"),
    sympy.besselj: _with_order_first("bessel_j"),
    sympy.bessely: _with_order_first("bessel_y", lambda z, n: is_exactly_zero(z) and (_is_whole(n) or sign(n) == 1)),
    sympy.besseli: _with_order_first("bessel_i"),
    sympy.besselk: _bessel_k,
    sympy.hankel1: _hankel(1),
    sympy.hankel2: _hankel(-1),
    sympy.elliptic_k: _method("elliptic_k", _at(1)),
    sympy.elliptic_e: _elliptic_e,
    sympy.elliptic_f: lambda z, m: acb.elliptic_f(acb(ball(z)), acb(ball(m))),
    sympy.hermite: _with_order_first("hermite_h"),
    sympy.legendre: _with_order_first("legendre_p"),
    sympy.chebyshevt: _with_order_first("chebyshev_t"),
    sympy.chebyshevu: _with_order_first("chebyshev_u"),
}
FUNCTIONS.update(DISCRETE | INCOMPLETE | THETA)
