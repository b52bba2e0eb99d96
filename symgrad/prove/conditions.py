"""Where expressions have values and derivatives: what must not vanish, as a table; and whether it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy
from sympy import Derivative, Expr, Piecewise, S, Tuple

from symgrad import activations


@dataclass(frozen=True)
class Condition:
    """`nonzero` must not be zero; or it is enough that `positive` is positive, or that all of `nonnegative` are.

    Attributes
    ----------
    is_needed : bool
        Whether a value certainly is missing where `nonzero` is zero; otherwise there may be one after all.
    """

    nonzero: Expr
    positive: Expr | None = None
    nonnegative: tuple[Expr, ...] = ()
    is_needed: bool = True

    def __str__(self) -> str:
        return f"{self.nonzero} != 0"


def _zero_free(*forms: Callable[..., Expr]) -> Callable[..., list[Condition]]:
    return lambda *arguments: [Condition(form(*arguments)) for form in forms]


def _no_pole_of_gamma(u: Expr, *_: Expr) -> list[Condition]:
    return [Condition(sympy.sin(S.Pi * u), positive=u, is_needed=False)]


def _at_zero(order: Expr, z: Expr, least: int, *, included: bool = False) -> list[Condition]:
    """z may be zero only where the order is greater than the least one, or equal to it where that is included."""
    above = order - least
    if above.is_positive or (included and above.is_nonnegative):
        return []
    if included:
        return [Condition(z, nonnegative=(above,), is_needed=False)]
    return [Condition(z, positive=above, is_needed=bool(above.is_nonpositive))]


def _bessel(least: int) -> Callable[..., list[Condition]]:
    """Functions of the first kind are entire for integer orders, and have a power of z as a factor for others."""
    return lambda order, z: [] if order.is_integer else _at_zero(order, z, least, included=True)


def _hypergeometric(upper: Tuple, lower: Tuple, z: Expr) -> list[Condition]:
    """No lower parameter ends the series; off the cut from 1 to infinity, where there is one."""
    whole = [c for b in lower for c in _no_pole_of_gamma(b)]
    is_entire = len(upper) <= len(lower) or any(a.is_Integer and a <= 0 for a in upper)
    return whole if is_entire else [*whole, Condition(1 - z, positive=1 - z, is_needed=False)]


_argument = _zero_free(lambda u, *_: u)
_second_argument = _zero_free(lambda _, u: u)
_reciprocal_square = _zero_free(lambda u: 1 - u**2)

VALUE: dict[type, Callable[..., list[Condition]]] = {
    sympy.log: _argument,
    sympy.tan: _zero_free(sympy.cos),
    sympy.sec: _zero_free(sympy.cos),
    sympy.cot: _zero_free(sympy.sin),
    sympy.csc: _zero_free(sympy.sin),
    sympy.coth: _zero_free(sympy.sinh),
    sympy.csch: _zero_free(sympy.sinh),
    sympy.tanh: _zero_free(sympy.cosh),
    sympy.sech: _zero_free(sympy.cosh),
    sympy.atanh: _reciprocal_square,
    sympy.acoth: _reciprocal_square,
    sympy.asech: _argument,
    sympy.acsch: _argument,
    sympy.asec: _argument,
    sympy.acsc: _argument,
    sympy.atan2: _zero_free(lambda y, x: y**2 + x**2),
    sympy.gamma: _no_pole_of_gamma,
    sympy.factorial: lambda n: _no_pole_of_gamma(n + 1),
    sympy.loggamma: _no_pole_of_gamma,
    sympy.digamma: _no_pole_of_gamma,
    sympy.polygamma: lambda _, u: _no_pole_of_gamma(u),
    sympy.Ei: _argument,
    sympy.Ci: _argument,
    sympy.Chi: _argument,
    sympy.li: _zero_free(lambda u: 1 - u),
    sympy.Li: _zero_free(lambda u: 1 - u),
    sympy.expint: lambda order, z: _at_zero(order, z, 1),
    sympy.uppergamma: lambda s, z: _at_zero(s, z, 0),
    sympy.lowergamma: lambda s, z: [*_no_pole_of_gamma(s), *_at_zero(s, z, 0)],
    sympy.zeta: lambda s, *a: [Condition(s - 1), *(c for u in a for c in _no_pole_of_gamma(u))],
    sympy.polylog: lambda s, z: _at_zero(s, 1 - z, 1),
    sympy.harmonic: lambda n, *_: _no_pole_of_gamma(n + 1),
    sympy.binomial: lambda n, k: _no_pole_of_gamma(n + 1),
    sympy.LambertW: lambda z, *k: [Condition(z)] if k and k[0].is_nonzero else [],
    sympy.besselj: _bessel(0),
    sympy.besseli: _bessel(0),
    sympy.yn: _second_argument,
    sympy.hn1: _second_argument,
    sympy.hn2: _second_argument,
    sympy.elliptic_f: lambda z, m: [Condition(1 - m * sympy.sin(z) ** 2, is_needed=False)],
    sympy.elliptic_pi: lambda n, *m: [Condition(1 - n, is_needed=False), Condition(1 - m[-1], is_needed=False)],
    sympy.erfcinv: _zero_free(lambda u: u, lambda u: 2 - u),
    sympy.bessely: _second_argument,
    sympy.besselk: _second_argument,
    sympy.hankel1: _second_argument,
    sympy.hankel2: _second_argument,
    sympy.elliptic_k: _zero_free(lambda m: 1 - m),
    sympy.erfinv: _reciprocal_square,
    sympy.hyper: _hypergeometric,
    sympy.beta: lambda a, b: [*_no_pole_of_gamma(a), *_no_pole_of_gamma(b)],
}

DERIVATIVE: dict[type, Callable[..., list[Condition]]] = {
    sympy.asin: _reciprocal_square,
    sympy.acos: _reciprocal_square,
    sympy.acosh: _reciprocal_square,
    sympy.asec: _reciprocal_square,
    sympy.acsc: _reciprocal_square,
    sympy.asech: _reciprocal_square,
    sympy.acot: _argument,
    sympy.LambertW: _zero_free(lambda u, *_: u + sympy.exp(-1)),
    sympy.elliptic_e: lambda *a: [Condition(1 - a[-1])],
    sympy.polylog: lambda s, z: _at_zero(s, 1 - z, 2),
    sympy.expint: lambda order, z: _at_zero(order, z, 2),
    sympy.uppergamma: lambda s, z: _at_zero(s, z, 1, included=True),
    sympy.lowergamma: lambda s, z: _at_zero(s, z, 1, included=True),
    sympy.besselj: _bessel(1),
    sympy.besseli: _bessel(1),
    sympy.li: _argument,
    sympy.Li: _argument,
}


def conditions(expression: Expr) -> list[Condition]:
    """What must hold for the expression to have a value, and for its derivatives to exist."""
    return list(dict.fromkeys(_conditions(activations.expand(expression), differentiated=False)))


def _conditions(e: Expr, *, differentiated: bool) -> Iterator[Condition]:
    if isinstance(e, Derivative):
        yield from _conditions(e.expr, differentiated=True)
        return
    if isinstance(e, sympy.Pow):
        yield from _of_power(e, differentiated=differentiated)
    if e.func in VALUE:
        yield from VALUE[e.func](*e.args)
    if differentiated and e.func in DERIVATIVE:
        yield from (replace(c, is_needed=False) for c in DERIVATIVE[e.func](*e.args))
    if isinstance(e, Piecewise):
        return
    if isinstance(e, sympy.Sum | sympy.Product):
        yield from _of_sum(e, differentiated=differentiated)
        return
    for a in _arguments(e):
        if a.free_symbols:
            yield from _conditions(a, differentiated=differentiated)


def _arguments(e: Expr) -> Iterator[Expr]:
    """The arguments of a function, those in lists too."""
    for a in e.args:
        yield from a if isinstance(a, Tuple) else (a,) if isinstance(a, Expr) else ()


def _of_power(e: sympy.Pow, *, differentiated: bool) -> Iterator[Condition]:
    if not e.base.free_symbols:
        return
    smooth_at_zero = e.exp.is_integer or not differentiated
    if e.exp.is_nonnegative and smooth_at_zero:
        return
    enough = () if e.exp.is_negative or not smooth_at_zero else (e.exp,)
    yield Condition(e.base, nonnegative=enough, is_needed=bool(e.exp.is_negative))


def _of_sum(e: sympy.Sum, *, differentiated: bool) -> Iterator[Condition]:
    """The conditions of the terms; where an exponent is affine in the index, its values at both limits tell enough."""
    indices = {index for index, *_ in e.limits}
    for condition in _conditions(e.function, differentiated=differentiated):
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
