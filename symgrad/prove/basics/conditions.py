"""Where expressions have values and derivatives: what must not vanish, as a table; and whether it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Basic, Derivative, Expr, Piecewise, S, Tuple
from sympy.core.function import Application
from sympy.functions.elementary.piecewise import ExprCondPair

from symgrad import activations
from symgrad.language.provable import HasValue
from symgrad.language.written import origin
from symgrad.prove.basics import facts, sentences
from symgrad.symbols.elliptic import JACOBI, jacobi_dn


@dataclass(frozen=True)
class Condition:
    """`nonzero` must not be zero; or it is enough that `positive` is positive, all of `nonnegative` are not negative,
    or `real` is real.

    Attributes
    ----------
    is_needed : bool
        Whether a value certainly is missing where `nonzero` is zero; otherwise there may be one after all.
    """

    nonzero: Expr
    positive: Expr | None = None
    nonnegative: tuple[Expr, ...] = ()
    is_needed: bool = True
    real: Expr | None = None

    def __str__(self) -> str:
        return f"{sentences.shown(self.nonzero, longest=None) or self.nonzero} != 0"

    def xreplace(self, table: Mapping[Expr, Expr]) -> Condition:
        """The condition with some expressions in place of others."""
        return replace(
            self,
            nonzero=self.nonzero.xreplace(table),
            positive=None if self.positive is None else self.positive.xreplace(table),
            nonnegative=tuple(u.xreplace(table) for u in self.nonnegative),
            real=None if self.real is None else self.real.xreplace(table),
        )


NEVER = Condition(S.Zero, is_needed=False)
"""What nothing fulfils: it stands where nobody here knows whether there is a value."""

Arguments = tuple[Expr, ...]
Row = Callable[..., list[Condition]]


def _zero_free(*forms: Callable[..., Expr]) -> Row:
    return lambda *arguments: [Condition(form(*arguments)) for form in forms]


def _only(*, positive: Expr | None = None, nonnegative: tuple[Expr, ...] = ()) -> list[Condition]:
    """There certainly is a value where these are positive, or not negative; elsewhere nothing is said."""
    found = [Condition(S.Zero, nonnegative=(u,), is_needed=False) for u in nonnegative]
    if positive is not None:
        found += [Condition(S.Zero, nonnegative=(positive,), is_needed=False), Condition(positive, is_needed=False)]
    return found


def _no_pole_of_gamma(u: Expr, *_: Expr) -> list[Condition]:
    return [Condition(sympy.sin(S.Pi * u), positive=u, is_needed=False)]


def _no_pole_of_jacobi(u: Expr, m: Expr) -> list[Condition]:
    """No poles for real arguments; those of all three functions are the same."""
    return [] if facts.is_real(u) and facts.is_real(m) else [Condition(1 / jacobi_dn(u, m), is_needed=False)]


def _at_zero(order: Expr, z: Expr, least: int, *, included: bool = False) -> list[Condition]:
    """z may be zero only where the order is greater than the least one, or equal to it where that is included."""
    above = order - least
    if facts.is_positive(above) or (included and facts.is_nonnegative(above)):
        return []
    if included:
        return [Condition(z, nonnegative=(above,), is_needed=False)]
    return [Condition(z, positive=above, is_needed=facts.is_nonpositive(above))]


def _bessel(order: Expr, z: Expr, times: int = 0) -> list[Condition]:
    """Functions of the first kind are entire for integer orders, and have a power of z as a factor for others."""
    return [] if facts.is_integer(order) else _at_zero(order, z, times, included=True)


def _at_integers(least: int | None = None) -> Row:
    """A sequence: it has terms at the integers, from the least one on."""

    def row(n: Expr, *_: Expr) -> list[Condition]:
        if not facts.is_integer(n):
            return [NEVER]
        return [] if least is None or facts.is_nonnegative(n - least) else _only(nonnegative=(n - least,))

    return row


def _of_degree(*positive: Callable[..., Expr]) -> Row:
    """A polynomial for each degree 0, 1, 2, …; for others by a hypergeometric function, where these are positive.

    They are the parameter below the series, what the gamma function before it is taken of, and the distance from -1.
    """

    def row(n: Expr, *rest: Expr) -> list[Condition]:
        if facts.is_integer(n):
            return _at_integers(0)(n)
        return [c for form in positive for c in _only(positive=form(n, *rest))]

    return row


def _off_minus_one(n: Expr, z: Expr) -> list[Condition]:
    """A polynomial for whole degrees; for others a function with a branch point at -1."""
    return [] if facts.is_integer(n) else [Condition(1 + z, is_needed=False)]


def _binomial(n: Expr, k: Expr) -> list[Condition]:
    """A polynomial in n where k is an integer, 0 for negative ones; else by gamma functions."""
    return [] if facts.is_integer(k) else _no_pole_of_gamma(n + 1)


def _rising(x: Expr, k: Expr) -> list[Condition]:
    if not facts.is_integer(k):
        return _no_pole_of_gamma(x + k)
    return [] if facts.is_nonnegative(k) else _only(nonnegative=(k,))


def _polygamma(n: Expr, u: Expr) -> list[Condition]:
    return [*_at_integers(0)(n), *_no_pole_of_gamma(u)]


def _harmonic(n: Expr, *order: Expr) -> list[Condition]:
    """Of an order by Hurwitz's zeta function, right of its poles in n + 1."""
    return _only(positive=n + 1) if order else _no_pole_of_gamma(n + 1)


def _lambert_w(z: Expr, branch: Expr = S.Zero) -> list[Condition]:
    """The principal branch has a value everywhere, 0 at 0 and -1 at -1/e; the others have none at 0."""
    if facts.is_zero(branch):
        return []
    return [Condition(z, is_needed=facts.is_nonzero(branch))] if facts.is_integer(branch) else [NEVER]


def _ferrers(n: Expr, m: Expr, z: Expr) -> list[Condition]:
    """Ferrers' functions of whole degree and order, between -1 and 1."""
    return [*_at_integers(0)(n), *_at_integers(0)(m), *_only(positive=1 - z**2)]


def _spherical_harmonic(n: Expr, m: Expr, *_: Expr) -> list[Condition]:
    return [*_at_integers()(m), *_at_integers(0)(n + m), *_at_integers(0)(n - m)]


def _incomplete_beta(a: Expr, b: Expr, *ends: Expr) -> list[Condition]:
    """The integral between two numbers from 0 to 1."""
    inside = [c for u in ends for c in _only(nonnegative=(u, 1 - u))]
    return [*_only(positive=a), *_only(positive=b), *inside]


def _elliptic_pi(n: Expr, *rest: Expr) -> list[Condition]:
    """Only where no pole can lie on the way of the integral."""
    m = rest[-1]
    return [*_only(positive=1 - n), *_only(positive=1 - m)]


def _hypergeometric(upper: Tuple, lower: Tuple, z: Expr) -> list[Condition]:
    """No lower parameter ends the series; off the cut from 1 to infinity, where there is one."""
    if len(upper) > len(lower) + 1:
        return [NEVER]
    whole = [c for b in lower for c in _no_pole_of_gamma(b)]
    is_entire = len(upper) <= len(lower) or any(a.is_Integer and a <= 0 for a in upper)
    return whole if is_entire else [*whole, Condition(1 - z, positive=1 - z, is_needed=False)]


def _meijer(above: Tuple, below: Tuple, z: Expr) -> list[Condition]:
    """Off zero, and within the unit circle where there are as many upper as lower parameters; none with more."""
    upper, lower = (sum(map(len, lists)) for lists in (above, below))
    if upper > lower or not all(p.is_Rational for lists in (*above, *below) for p in lists):
        return [Condition(S.Zero, is_needed=False)]
    return [Condition(z), *(_only(positive=1 - z**2) if upper == lower else [])]


def _lerch(z: Expr, s: Expr, a: Expr) -> list[Condition]:
    """At z = 1 Hurwitz's zeta function; else its series converges, or its integral does."""
    if z is S.One:
        return [Condition(s - 1), *_no_pole_of_gamma(a)]
    return [*_only(positive=1 - z), *_only(positive=a)]


_argument = _zero_free(lambda u, *_: u)
_second_argument = _zero_free(lambda _, u: u)
_reciprocal_square = _zero_free(lambda u: 1 - u**2)


def _off_the_units(u: Expr) -> list[Condition]:
    """Not at I and -I, so at all real numbers."""
    return [Condition(1 + u**2, real=u)]


# Functions with a value at every number, complex or (where they are made for real numbers) real, as SymPy and mpmath
# have it: sign(0) = 0, sinc(0) = 1, 0**0 = 1, Heaviside(0) is its second argument.
ENTIRE: frozenset[type] = frozenset((
    sympy.Add, sympy.Mul, sympy.exp, sympy.sin, sympy.cos, sympy.sinc, sympy.sinh, sympy.cosh,
    sympy.asin, sympy.acos, sympy.asinh, sympy.acosh, sympy.erf, sympy.erfc, sympy.erfi, sympy.erf2,
    sympy.Si, sympy.Shi, sympy.fresnels, sympy.fresnelc, sympy.riemann_xi, sympy.andre,
    sympy.airyai, sympy.airybi, sympy.airyaiprime, sympy.airybiprime,
    sympy.hermite, sympy.hermite_prob, sympy.laguerre, sympy.chebyshevt,
))  # fmt: skip
# The same, with kinks or jumps, so that nothing is said of derivatives.
TOTAL: frozenset[type] = frozenset((
    sympy.Abs, sympy.sign, sympy.re, sympy.im, sympy.conjugate, sympy.floor, sympy.ceiling, sympy.frac, sympy.Max,
    sympy.Min, sympy.Heaviside, sympy.KroneckerDelta, sympy.elliptic_e, HasValue,
))  # fmt: skip

# Where a function has a value; what stands neither here nor above is not trusted to have one anywhere.
VALUE: dict[type, Row] = {
    sympy.log: lambda u, *base: [Condition(u), *(Condition(part) for b in base for part in (b, sympy.log(b)))],
    sympy.tan: _zero_free(sympy.cos),
    sympy.sec: _zero_free(sympy.cos),
    sympy.cot: _zero_free(sympy.sin),
    sympy.csc: _zero_free(sympy.sin),
    sympy.coth: _zero_free(sympy.sinh),
    sympy.csch: _zero_free(sympy.sinh),
    sympy.tanh: _zero_free(sympy.cosh),
    sympy.sech: _zero_free(sympy.cosh),
    sympy.atan: _off_the_units,
    sympy.acot: _off_the_units,  # acot(0) = pi/2
    sympy.atanh: _reciprocal_square,
    sympy.acoth: _reciprocal_square,  # acoth(0) = I*pi/2
    sympy.asech: _argument,
    sympy.acsch: _argument,
    sympy.asec: _argument,
    sympy.acsc: _argument,
    sympy.arg: _argument,
    sympy.Mod: _second_argument,
    sympy.DiracDelta: _argument,
    sympy.atan2: _zero_free(lambda y, x: y**2 + x**2),
    sympy.gamma: _no_pole_of_gamma,
    sympy.factorial: lambda n: _no_pole_of_gamma(n + 1),
    sympy.factorial2: _at_integers(-1),
    sympy.subfactorial: _at_integers(0),
    sympy.fibonacci: _at_integers(),
    sympy.lucas: _at_integers(),
    **dict.fromkeys((sympy.bernoulli, sympy.euler, sympy.genocchi, sympy.tribonacci), _at_integers(0)),
    sympy.stieltjes: lambda n, *a: [*_at_integers(0)(n), *(c for u in a for c in _only(positive=u))],
    sympy.catalan: lambda n: _no_pole_of_gamma(n + S.Half),
    sympy.loggamma: _no_pole_of_gamma,
    sympy.digamma: _no_pole_of_gamma,
    sympy.trigamma: _no_pole_of_gamma,
    sympy.polygamma: _polygamma,
    sympy.Ei: _argument,
    sympy.Ci: _argument,
    sympy.Chi: _argument,
    sympy.li: _zero_free(lambda u: 1 - u),
    sympy.Li: _zero_free(lambda u: 1 - u),
    sympy.expint: lambda order, z: _at_zero(order, z, 1),
    sympy.uppergamma: lambda s, z: _at_zero(s, z, 0),
    sympy.lowergamma: lambda s, z: [*_no_pole_of_gamma(s), *_at_zero(s, z, 0)],
    sympy.zeta: lambda s, *a: [Condition(s - 1), *(c for u in a for c in _no_pole_of_gamma(u))],
    sympy.dirichlet_eta: lambda _, *shift: _only(positive=shift[0]) if shift else [],
    sympy.hyper: _hypergeometric,
    sympy.meijerg: _meijer,
    sympy.lerchphi: _lerch,
    sympy.polylog: lambda s, z: _at_zero(s, 1 - z, 1),
    sympy.harmonic: _harmonic,
    sympy.binomial: _binomial,
    sympy.RisingFactorial: _rising,
    sympy.FallingFactorial: lambda x, k: _rising(x - k + 1, k),
    sympy.LambertW: _lambert_w,
    sympy.besselj: _bessel,
    sympy.besseli: _bessel,
    sympy.jn: lambda n, z: _at_zero(n, z, 0, included=True) if facts.is_integer(n) else [Condition(z, is_needed=False)],
    sympy.yn: lambda n, z: [Condition(z, is_needed=facts.is_nonnegative(n))],
    sympy.hn1: _second_argument,
    sympy.hn2: _second_argument,
    sympy.elliptic_f: lambda _, m: _only(positive=1 - m),  # else it has a value as far as the first pole only
    sympy.elliptic_pi: _elliptic_pi,
    sympy.erf2inv: lambda u, v: _only(positive=1 - (sympy.erf(u) + v) ** 2),
    sympy.erfinv: lambda u: _only(positive=1 - u**2),
    sympy.erfcinv: lambda u: _only(positive=u * (2 - u)),
    # Y of order -1/2, -3/2, … is J of order 1/2, 3/2, … but for a sign, and zero at zero.
    sympy.bessely: lambda n, z: [Condition(z, is_needed=facts.is_nonnegative(n) or facts.is_integer(n))],
    sympy.besselk: _second_argument,
    sympy.hankel1: _second_argument,
    sympy.hankel2: _second_argument,
    sympy.elliptic_k: _zero_free(lambda m: 1 - m),
    **dict.fromkeys(JACOBI, _no_pole_of_jacobi),
    sympy.beta: lambda a, b: [*_no_pole_of_gamma(a), *_no_pole_of_gamma(b)],
    sympy.legendre: _off_minus_one,
    sympy.assoc_legendre: _ferrers,
    sympy.Ynm: _spherical_harmonic,
    sympy.betainc: _incomplete_beta,
    sympy.betainc_regularized: _incomplete_beta,
    sympy.chebyshevu: _off_minus_one,
    sympy.assoc_laguerre: _of_degree(lambda n, a, x: a + 1, lambda n, a, x: n + a + 1),
    sympy.gegenbauer: _of_degree(lambda n, a, x: a + S.Half, lambda n, a, x: 2 * a + n, lambda n, a, x: 1 + x),
    sympy.jacobi: _of_degree(lambda n, a, b, x: a + 1, lambda n, a, b, x: n + a + 1, lambda n, a, b, x: 1 + x),
}

# Functions of which somebody may ask, and of which it is not known here where they have a value.
UNTRUSTED: frozenset[type] = frozenset()

# What more has to hold for derivatives, of any order.
DERIVATIVE: dict[type, Row] = {
    sympy.asin: _reciprocal_square,
    sympy.acos: _reciprocal_square,
    sympy.acosh: _reciprocal_square,
    sympy.asinh: _off_the_units,
    sympy.acsch: _off_the_units,
    sympy.asec: _reciprocal_square,
    sympy.acsc: _reciprocal_square,
    sympy.asech: _reciprocal_square,
    sympy.acot: _argument,
    sympy.acoth: _argument,
    sympy.LambertW: _zero_free(lambda u, *_: u + sympy.exp(-1)),
    sympy.elliptic_e: lambda *a: _only(positive=1 - a[-1]),
    sympy.chebyshevt: _off_minus_one,
    sympy.li: _argument,
    sympy.Li: _argument,
    **dict.fromkeys(
        (sympy.betainc, sympy.betainc_regularized),
        lambda a, b, *ends: [c for u in ends if u.free_symbols for c in _only(positive=u * (1 - u))],
    ),
}
# The same, for a number of derivatives.
DERIVATIVES: dict[type, Row] = {
    sympy.polylog: lambda s, z, times: _at_zero(s, 1 - z, 1 + times),
    sympy.expint: lambda order, z, times: _at_zero(order, z, 1 + times),
    sympy.uppergamma: lambda s, z, times: _at_zero(s, z, times, included=True),
    sympy.lowergamma: lambda s, z, times: _at_zero(s, z, times, included=True),
    sympy.besselj: _bessel,
    sympy.besseli: _bessel,
}
JUMPING: frozenset[type] = frozenset((sympy.arg, sympy.Mod, sympy.DiracDelta, sympy.atan2))


def conditions(expression: Expr) -> list[Condition]:
    """What must hold for the expression to have a value, and for its derivatives to exist."""
    return list(dict.fromkeys(_conditions(expression, ())))


def is_total(e: Expr) -> bool:
    """Whether a power, or the value of a function, plainly has a value wherever its arguments have one."""
    kind: Any = origin(e.func)
    if issubclass(kind, activations.ActivationFunction):
        places = tuple(sympy.Dummy(real=facts.is_real(a)) for a in e.args)
        return all(map(_is_plain, _of_activation(kind, places, ())))
    is_value = isinstance(e, sympy.Pow | Application) and not isinstance(e, (*facts.OPAQUE, Piecewise))
    return is_value and all(map(_is_plain, _of_function(e, ())))


def _is_plain(condition: Condition) -> bool:
    """Whether a condition is fulfilled wherever the domain lies."""
    is_real = condition.real is not None and facts.is_real(condition.real)
    return is_real or facts.is_nonzero(condition.nonzero)


def _conditions(e: Basic, variables: Arguments) -> Iterator[Condition]:
    """The conditions of an expression, differentiated in these variables."""
    if isinstance(e, Derivative):
        yield from _conditions(e.expr, (*variables, *e.variables))
    elif isinstance(e, sympy.Subs):
        yield from _of_place(e, variables)
    elif isinstance(e, (*facts.OPAQUE, sympy.logic.boolalg.BooleanAtom)):
        return
    elif isinstance(e, Piecewise | sympy.logic.boolalg.Boolean | ExprCondPair | Tuple):
        if isinstance(e, Piecewise) and (e.args[-1].cond != sympy.true or e.free_symbols & set(variables)):
            yield NEVER
        for a in e.args:  # where a case does not apply nothing is asked of it
            yield from (replace(c, is_needed=False) for c in _conditions(a, variables))
    elif not e.free_symbols:
        yield from _of_constant(e)
    elif issubclass(origin(e.func), activations.ActivationFunction):
        yield from _of_activation(origin(e.func), e.args, variables)
    elif isinstance(e, sympy.Sum | sympy.Product):
        yield from _of_sum(e, variables)
    else:
        yield from _of_function(e, variables)
        for a in e.args:
            yield from _conditions(a, variables)


def _of_place(e: sympy.Subs, variables: Arguments) -> Iterator[Condition]:
    """What is looked at in a place must have a value there, and the place one."""
    places = dict(zip(e.variables, e.point))
    for condition in _conditions(e.expr, variables):
        yield NEVER if condition.nonzero.has(Derivative) else condition.xreplace(places)
    for place in e.point:
        yield from _conditions(place, variables)


def _of_constant(e: Basic) -> Iterator[Condition]:
    """A constant has a value if an enclosure of it is finite; else its parts are looked at."""
    if isinstance(e, Tuple):
        for a in e.args:
            yield from _of_constant(a)
        return
    if e.is_Rational or facts.has_value(e):
        return
    if not e.args:
        yield NEVER
        return
    yield from _of_function(e, ())
    for a in e.args:
        yield from _of_constant(a)


def _of_function(e: Basic, variables: Arguments) -> Iterator[Condition]:
    times = sum(e.has(v) for v in variables)
    kind = origin(e.func)
    if isinstance(e, sympy.Pow):
        yield from _of_power(e, differentiated=times > 0)
    elif kind in VALUE:
        yield from VALUE[kind](*e.args)
    elif kind not in ENTIRE and kind not in TOTAL:
        yield NEVER
    if times and kind in DERIVATIVE:
        yield from (replace(c, is_needed=False) for c in DERIVATIVE[kind](*e.args))
    elif times and kind in DERIVATIVES:
        yield from (replace(c, is_needed=False) for c in DERIVATIVES[kind](*e.args, times))
    elif times and (kind in TOTAL or kind in JUMPING):
        yield NEVER


def _of_activation(kind: Any, arguments: Arguments, variables: Arguments) -> Iterator[Condition]:
    """The conditions of the arguments, and those of the definition, which SymPy may simplify where both meet."""
    for a in arguments:
        yield from _conditions(a, variables)
    stand_ins = {a: sympy.Dummy(real=True) for a in arguments}
    defined = kind.definition_at(*(stand_ins[a] for a in arguments))
    inside = tuple(d for v in variables for a, d in stand_ins.items() if a.has(v))
    back = {d: a for a, d in stand_ins.items()}
    for condition in _conditions(defined, inside):
        yield condition.xreplace(back)


def _of_power(e: sympy.Pow, *, differentiated: bool) -> Iterator[Condition]:
    if not e.base.free_symbols and facts.is_nonzero(e.base):
        return
    smooth_at_zero = facts.is_integer(e.exp) or not differentiated
    if facts.is_nonnegative(e.exp) and smooth_at_zero:
        return
    enough = () if facts.is_negative(e.exp) or not smooth_at_zero else (e.exp,)
    yield Condition(e.base, nonnegative=enough, is_needed=facts.is_negative(e.exp))


def _of_sum(e: sympy.Sum, variables: Arguments) -> Iterator[Condition]:
    """The conditions of the limits, which must be integers, and of the terms.

    Where an exponent is affine in the index, its values at both limits tell enough. A sum without end is not known to
    have a value: whoever proves something of it decides that first.
    """
    indices = {index for index, *_ in e.limits}
    for _, *ends in e.limits:
        if len(ends) != 2 or not all(map(facts.is_integer, ends)):
            yield NEVER
        for end in ends:
            yield from _conditions(end, ())
    for condition in _conditions(e.function, variables):
        positive = () if condition.positive is None else (condition.positive,)
        if any(u.free_symbols & indices for u in (condition.nonzero, *positive)):
            enough = _at_both_limits(tuple(u - 1 for u in positive), e)
            yield replace(condition, positive=None, nonnegative=enough, is_needed=False)
        else:
            yield replace(condition, nonnegative=_at_both_limits(condition.nonnegative, e), is_needed=False)


def _at_both_limits(values: tuple[Expr, ...], e: sympy.Sum) -> tuple[Expr, ...]:
    """Expressions that are affine in each index at both its limits: what they are between lies between these."""
    if any(sympy.diff(v, index, 2) != 0 for v in values for index, *_ in e.limits):
        return ()
    for index, *limits in e.limits:
        values = tuple(v.subs(index, end) for v in values for end in limits)
    return tuple(dict.fromkeys(values))
