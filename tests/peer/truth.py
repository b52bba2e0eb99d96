"""Whether an identity is true, by mpmath at 60 digits and by nothing of symgrad: the tree as it is, node by node."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import product

import mpmath
import sympy
from draw import Identity, limited
from mpmath import mp, mpf
from sympy import Basic, Expr, S, Symbol

DIGITS = 60
POINTS = 3
AGREE = mpf(10) ** -25  # derivatives and infinite sums lose up to half of the digits; what is false differs by far more
APART = mpf(10) ** -12
FAR = mpf(10) ** 40  # as large as a value becomes at a pole that is met to all digits
SECONDS = 20


class Unknown(Exception):
    """mpmath has no value for this."""


def _by_name(names: str) -> dict[type, Callable]:
    return {getattr(sympy, name): getattr(mpmath, name) for name in names.split()}


def _meijer(above: Basic, below: Basic, z: object) -> object:
    return mpmath.meijerg(*([[_value(a, {}) for a in part] for part in side] for side in (above, below)), z)


def _heaviside(x: object, at_zero: object = mpf(1) / 2) -> object:
    return at_zero if x == 0 else mpf(x > 0)


def _harmonic(n: object, order: object = 1) -> object:
    if order == 1:
        return mpmath.harmonic(n)
    if n == int(mpmath.re(n)) and n >= 0:
        return mpmath.fsum(mpf(k) ** -order for k in range(1, int(n) + 1))
    return mpmath.zeta(order) - mpmath.zeta(order, n + 1)


def _whole(function: Callable) -> Callable:
    """A function of whole numbers, by its exact value."""

    def value(*arguments: object) -> object:
        if any(a != int(mpmath.re(a)) for a in arguments):
            raise Unknown
        return mpmath.mpmathify(function(*(int(mpmath.re(a)) for a in arguments)))

    return value


def _bell(n: object, x: object = 1) -> object:
    return mpmath.bell(n, x)


def _numbers_from(recurrence: Callable, *first: int) -> Callable:
    def value(n: int) -> int:
        if n < 0:
            raise Unknown
        terms = list(first)
        while len(terms) <= n:
            terms.append(recurrence(terms))
        return terms[n]

    return _whole(value)


def _spherical(function: Callable) -> Callable:
    return lambda n, z: mpmath.sqrt(mpmath.pi / (2 * z)) * function(n + mpf(1) / 2, z)


def _modulo(a: object, b: object) -> object:
    return a - b * mpmath.floor(a / b)


def _inverse(function: Callable, start: float) -> Callable:
    return lambda y: mpmath.findroot(lambda x: function(x) - y, start)


def _subfactorial(n: object) -> object:
    if n != int(mpmath.re(n)):
        raise Unknown
    return mpmath.gammainc(n + 1, -1) / mpmath.e


def _gamma_upper(s: object, z: object) -> object:
    return mpmath.gammainc(s, z)


def _count(k: object) -> int:
    """A whole number; nothing is known of what is counted by others."""
    if k != int(mpmath.re(k)):
        raise Unknown
    return int(mpmath.re(k))


def _kronecker(i: object, j: object) -> object:
    return mpf(i == j)


def _assoc_legendre(n: object, m: object, x: object) -> object:
    return mpmath.legenp(n, m, x, type=2)


FUNCTIONS: dict[type, Callable] = _by_name(
    """exp log sin cos tan cot sec csc sinh cosh tanh coth sech csch asin acos atan acot asec acsc asinh acosh atanh
    acoth asech acsch sign floor re im arg gamma loggamma beta zeta erf erfc erfi erfinv expint li besselj bessely
    besseli besselk hankel1 hankel2 airyai airybi legendre hermite laguerre gegenbauer jacobi polylog
    binomial fibonacci factorial digamma sinc fresnels fresnelc atan2"""
) | {
    sympy.Abs: abs,
    sympy.factorial2: mpmath.fac2,
    sympy.conjugate: mpmath.conj,
    sympy.ceiling: mpmath.ceil,
    sympy.frac: lambda x: x - mpmath.floor(x),
    sympy.Mod: _modulo,
    sympy.Max: max,
    sympy.Min: min,
    sympy.Heaviside: _heaviside,
    sympy.LambertW: lambda z, k=0: mpmath.lambertw(z, _count(k)),
    sympy.polygamma: lambda m, z: mpmath.psi(int(m), z) if m == int(mpmath.re(m)) and m >= 0 else _raise(),
    sympy.trigamma: lambda z: mpmath.psi(1, z),
    sympy.dirichlet_eta: lambda s, *a: mpmath.altzeta(s) if not a else _raise(),
    sympy.uppergamma: _gamma_upper,
    sympy.lowergamma: lambda s, z: mpmath.gammainc(s, 0, z),
    sympy.betainc: lambda a, b, x, y: mpmath.betainc(a, b, x, y),
    sympy.betainc_regularized: lambda a, b, x, y: mpmath.betainc(a, b, x, y, regularized=True),
    sympy.erf2: lambda a, b: mpmath.erf(b) - mpmath.erf(a),
    sympy.erfcinv: lambda u: mpmath.erfinv(1 - u),
    sympy.erf2inv: lambda x, y: mpmath.erfinv(y + mpmath.erf(x)),
    sympy.Ei: mpmath.ei,
    sympy.Si: mpmath.si,
    sympy.Ci: mpmath.ci,
    sympy.Shi: mpmath.shi,
    sympy.Chi: mpmath.chi,
    sympy.Li: lambda z: mpmath.li(z) - mpmath.li(2),
    sympy.airyaiprime: lambda z: mpmath.airyai(z, derivative=1),
    sympy.airybiprime: lambda z: mpmath.airybi(z, derivative=1),
    sympy.jn: _spherical(mpmath.besselj),
    sympy.yn: _spherical(mpmath.bessely),
    sympy.hn1: _spherical(mpmath.hankel1),
    sympy.hn2: _spherical(mpmath.hankel2),
    sympy.elliptic_k: mpmath.ellipk,
    sympy.elliptic_f: mpmath.ellipf,
    sympy.elliptic_e: mpmath.ellipe,
    sympy.elliptic_pi: mpmath.ellippi,
    sympy.chebyshevt: mpmath.chebyt,
    sympy.chebyshevu: mpmath.chebyu,
    sympy.hermite_prob: lambda n, x: mpf(2) ** (-n / 2) * mpmath.hermite(n, x / mpmath.sqrt(2)),
    sympy.assoc_laguerre: mpmath.laguerre,
    sympy.laguerre: lambda n, x: mpmath.laguerre(n, 0, x),
    sympy.assoc_legendre: _assoc_legendre,
    sympy.lerchphi: mpmath.lerchphi,
    sympy.Ynm: lambda n, m, t, p: mpmath.spherharm(n, m, t, p),
    sympy.RisingFactorial: mpmath.rf,
    sympy.FallingFactorial: mpmath.ff,
    sympy.harmonic: _harmonic,
    sympy.catalan: lambda n: mpmath.binomial(2 * n, n) / (n + 1),
    sympy.subfactorial: _subfactorial,
    sympy.lucas: lambda n: mpmath.fibonacci(n - 1) + mpmath.fibonacci(n + 1),
    sympy.tribonacci: _numbers_from(lambda t: t[-1] + t[-2] + t[-3], 0, 1, 1),
    sympy.bernoulli: lambda n, *x: mpmath.bernpoly(int(n), x[0] if x else 1) if n >= 0 and n == int(n) else
    -n * mpmath.zeta(1 - n, x[0] if x else 1),
    sympy.euler: lambda n, *x: mpmath.eulerpoly(int(n), x[0]) if x else mpmath.eulernum(int(n)),
    sympy.genocchi: lambda n, *x: 2 * (1 - 2**n) * mpmath.bernoulli(int(n)) if not x and n > 1 else _raise(),
    sympy.bell: _bell,
    sympy.stieltjes: lambda n, a=1: mpmath.stieltjes(int(n), a),
    sympy.riemann_xi: lambda s: s * (s - 1) / 2 * mpmath.pi ** (-s / 2) * mpmath.gamma(s / 2) * mpmath.zeta(s),
    sympy.KroneckerDelta: _kronecker,
    sympy.hyper: lambda above, below, z: mpmath.hyper(above, below, z),
    sympy.appellf1: mpmath.appellf1,
}  # fmt: skip


def _raise() -> object:
    raise Unknown


CONSTANTS: dict[Basic, Callable[[], object]] = {
    S.Pi: lambda: +mpmath.pi,
    S.Exp1: lambda: +mpmath.e,
    S.EulerGamma: lambda: +mpmath.euler,
    S.Catalan: lambda: +mpmath.catalan,
    S.GoldenRatio: lambda: +mpmath.phi,
    S.TribonacciConstant: lambda: (
        (1 + mpmath.cbrt(19 + 3 * mpmath.sqrt(33)) + mpmath.cbrt(19 - 3 * mpmath.sqrt(33))) / 3
    ),
    S.ImaginaryUnit: lambda: mpmath.mpc(0, 1),
    S.Infinity: lambda: mpmath.inf,
    S.NegativeInfinity: lambda: -mpmath.inf,
}


def _value(e: Basic, at: Mapping[Symbol, object]) -> object:
    if isinstance(e, sympy.Rational):
        return mpf(int(e.p)) / int(e.q)
    if isinstance(e, Symbol):
        return at[e]
    if e in CONSTANTS:
        return CONSTANTS[e]()
    if isinstance(e, sympy.meijerg):
        return _meijer(e.args[0], e.args[1], _value(e.argument, at))
    if isinstance(e, sympy.Tuple):
        return [_value(a, at) for a in e]
    if isinstance(e, sympy.Piecewise):
        return next((_value(value, at) for value, condition in e.args if _holds(condition, at)), None) or _missing(
            e, at
        )
    if isinstance(e, sympy.Derivative):
        return _derivative(e, at)
    if isinstance(e, sympy.Subs):
        return _value(e.expr, {**at, **{v: _value(p, at) for v, p in zip(e.variables, e.point)}})
    if isinstance(e, sympy.Sum | sympy.Product | sympy.Integral):
        return _total(e, at)
    arguments = [_value(a, at) for a in e.args]
    if isinstance(e, sympy.Add):
        return mpmath.fsum(arguments)
    if isinstance(e, sympy.Mul):
        return mpmath.fprod(arguments)
    if isinstance(e, sympy.Pow):
        base, exponent = arguments
        return base ** int(exponent) if e.exp.is_Integer else mpmath.power(base, exponent)
    if isinstance(e, sympy.exp):
        return mpmath.exp(arguments[0])
    if isinstance(e, sympy.log) and len(arguments) == 2:
        return mpmath.log(arguments[0]) / mpmath.log(arguments[1])
    if e.func not in FUNCTIONS:
        raise Unknown(e.func)
    return FUNCTIONS[e.func](*arguments)


def _missing(e: sympy.Piecewise, at: Mapping[Symbol, object]) -> object:
    if any(_holds(condition, at) for _, condition in e.args):
        return mpf(0)
    raise Unknown("no case holds")


def _holds(condition: Basic, at: Mapping[Symbol, object]) -> bool:
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.And | sympy.Or):
        return (all if isinstance(condition, sympy.And) else any)([_holds(c, at) for c in condition.args])
    if isinstance(condition, sympy.Not):
        return not _holds(condition.args[0], at)
    table = {sympy.Eq: lambda a, b: a == b, sympy.Ne: lambda a, b: a != b, sympy.StrictLessThan: lambda a, b: a < b,
             sympy.LessThan: lambda a, b: a <= b, sympy.StrictGreaterThan: lambda a, b: a > b,
             sympy.GreaterThan: lambda a, b: a >= b}  # fmt: skip
    compare = table.get(condition.func)
    if compare is None:
        raise Unknown(condition)
    left, right = (_value(a, at) for a in condition.args)
    return compare(left, right) if condition.func in (sympy.Eq, sympy.Ne) else compare(_real(left), _real(right))


def _real(value: object) -> object:
    if mpmath.im(value) != 0:
        raise Unknown("an order of complex numbers")
    return mpmath.re(value)


def _derivative(e: sympy.Derivative, at: Mapping[Symbol, object]) -> object:
    variables = [v for v, _ in e.variable_count]
    counts = [int(n) for _, n in e.variable_count]
    if not all(isinstance(v, Symbol) for v in variables):
        raise Unknown(e)
    if len(variables) == 1:
        return mpmath.diff(lambda t: _value(e.expr, {**at, variables[0]: t}), at[variables[0]], counts[0])
    return mpmath.diff(
        lambda *t: _value(e.expr, {**at, **dict(zip(variables, t))}), tuple(at[v] for v in variables), tuple(counts)
    )


def _total(e: Expr, at: Mapping[Symbol, object]) -> object:
    if len(e.limits) != 1 or len(e.limits[0]) != 3:
        raise Unknown(e)
    (index, low, high), body = e.limits[0], e.function
    ends = [_value(low, at), _value(high, at)]
    term = lambda t: _value(body, {**at, index: t})  # noqa: E731
    if isinstance(e, sympy.Integral):
        return mpmath.quad(term, ends)
    if all(mpmath.isfinite(end) for end in ends):
        terms = [term(mpf(k)) for k in range(_count(ends[0]), _count(ends[1]) + 1)]
        return mpmath.fsum(terms) if isinstance(e, sympy.Sum) else mpmath.fprod(terms)
    return (mpmath.nsum if isinstance(e, sympy.Sum) else mpmath.nprod)(term, ends)


def _drawn(symbol: Symbol, draws: random.Random) -> object:
    if symbol.is_integer:
        return mpf(draws.randint(1, 3))
    return mpf(draws.randint(20 * 10**6 + 1, 33 * 10**6)) / 10**8


def _has_values(identity: Identity, symbols: list[Symbol]) -> bool:
    """Whether both sides have values where real variables are equal, and at all whole numbers of the domain.

    Random points do not see a division by a difference, or a pole at one whole number.
    """
    choices = [[mpf(k) for k in (1, 2, 3)] if s.is_integer else [mpf(1) / 4] for s in symbols]
    places = (dict(zip(symbols, chosen, strict=True)) for chosen in product(*choices))
    try:
        return len(symbols) < 2 or all(
            mpmath.isfinite(_value(e, at)) for at in places for e in (identity.lhs, identity.rhs)
        )
    except (ValueError, ZeroDivisionError):  # mpmath's words for a pole
        return False


def is_a_place_without_value(identity: Identity, place: Mapping[str, str]) -> bool:
    """Whether mpmath, too, finds a pole where a claim is said to have no value: random points do not meet it."""
    symbols = {s.name: s for s in identity.lhs.free_symbols | identity.rhs.free_symbols}
    try:
        with mp.workdps(DIGITS):
            at = {symbols[name]: _value(sympy.sympify(text), {}) for name, text in place.items()}
            return not all(abs(_value(side, at)) < FAR for side in (identity.lhs, identity.rhs))
    except (ValueError, ZeroDivisionError):  # mpmath's words for a pole
        return True


def is_true(identity: Identity) -> tuple[bool | None, str]:
    """Whether both sides agree at points of the domain; None where mpmath cannot say, with the reason."""
    draws = random.Random(20)  # any will do; the same each time, so that a failure can be looked at
    symbols = sorted(identity.lhs.free_symbols | identity.rhs.free_symbols, key=str)
    try:
        with limited(SECONDS), mp.workdps(DIGITS):
            if not _has_values(identity, symbols):
                return None, "no value at some point of the domain"
            for _ in range(POINTS if symbols else 1):
                at = {s: _drawn(s, draws) for s in symbols}
                left, right = (_value(side, at) for side in (identity.lhs, identity.rhs))
                apart = abs(left - right) / (1 + abs(left))
                if apart > APART:
                    return False, f"{mpmath.nstr(left, 12)} and {mpmath.nstr(right, 12)} at {at}"
                if not apart < AGREE:  # what is no number is neither
                    return None, f"agree to {mpmath.nstr(apart, 3)} only"
    except Exception as error:  # mpmath has many ways to say that it has no value
        return None, f"{type(error).__name__}: {error}"[:80]
    return True, ""
