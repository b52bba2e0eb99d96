"""Derivatives in expressions: evaluated where the function is smooth, without a value at its kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy
from sympy import Basic, Derivative, Eq, Expr, I, Or, Piecewise, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits

from symgrad import activations
from symgrad.balls import FUNCTIONS, has_endless
from symgrad.base import sized
from symgrad.language.provable import provable
from symgrad.language.statements import free_symbols
from symgrad.language.written import opaque, origin, rebuilt
from symgrad.prove.basics import facts, sentences

_ROUGH = (
    sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Heaviside, Piecewise, sympy.floor, sympy.ceiling, sympy.Mod,
    sympy.frac, sympy.DiracDelta, sympy.re, sympy.im, sympy.arg, sympy.conjugate, sympy.atan2,
)  # fmt: skip
# What has kinks or jumps, or is not analytic; also where its values are opaque.
ROUGH = (*_ROUGH, *map(opaque, _ROUGH))


KNOWN = frozenset((*FUNCTIONS, *ROUGH, sympy.hyper, sympy.meijerg))  # whose derivatives by SymPy can be checked


class NotSmooth(Exception):
    """A derivative was asked for of something that has kinks or jumps."""


def _slope_of_harmonic(n: Expr, m: Expr, theta: Expr, phi: Expr) -> Expr:
    """The derivative in the polar angle, for whole degrees and orders: the roots in it are those of its size there."""
    if not (facts.is_integer(n) and facts.is_integer(m)):
        raise NotSmooth("no derivative of spherical harmonics whose degree and order are not whole")
    above = sympy.sqrt((n - m) * (n + m + 1)) * sympy.exp(-I * phi) * sympy.Ynm(n, m + 1, theta, phi)
    return m * sympy.cot(theta) * sympy.Ynm(n, m, theta, phi) + above


# Partial derivatives that SymPy has not, has for part of the domain only, or divides by zero where there is one.
PARTIALS: dict[type, tuple[Callable[..., Expr] | None, ...]] = {
    sympy.LambertW: (lambda z, *k: sympy.exp(-sympy.LambertW(z, *k)) / (1 + sympy.LambertW(z, *k)), None),
    sympy.asech: (lambda z: -1 / (z**2 * sympy.sqrt(1 / z - 1) * sympy.sqrt(1 / z + 1)),),
    sympy.Ynm: (None, None, _slope_of_harmonic, lambda n, m, theta, phi: I * m * sympy.Ynm(n, m, theta, phi)),
    sympy.RisingFactorial: (
        lambda x, k: sympy.RisingFactorial(x, k) * (sympy.digamma(x + k) - sympy.digamma(x)),
        lambda x, k: sympy.RisingFactorial(x, k) * sympy.digamma(x + k),
    ),
    sympy.FallingFactorial: (
        lambda x, k: sympy.FallingFactorial(x, k) * (sympy.digamma(x + 1) - sympy.digamma(x - k + 1)),
        lambda x, k: sympy.FallingFactorial(x, k) * sympy.digamma(x - k + 1),
    ),
}


def _name(e: Expr) -> str:
    return str(origin(e.func).__name__)


def _none_of(e: Expr) -> str:
    return f"no derivative of {sentences.shown(e) or _name(e)}"


def enclosable(side: Expr) -> Expr:
    """A side with its derivatives carried out, and otherwise as it is; so are those at a place, but for kinks."""
    if not side.has(Derivative, sympy.Subs):
        return side
    if isinstance(side, Derivative) or (isinstance(side, sympy.Subs) and not activations.expand(side).has(*ROUGH)):
        return evaluated(provable(side))
    return rebuilt(side, tuple(enclosable(part) for part in side.args))


def smooth_derivative(expression: Expr, x: Symbol) -> Expr:
    """The derivative of an expression without kinks; NotSmooth if it has any.

    The derivative has a value wherever the expression is differentiable, possibly by continuation.
    """
    expanded = activations.expand(expression)
    if expanded.has(*ROUGH):
        raise NotSmooth(_none_of(expression))
    found = differentiated(expanded, x)
    if found.has(Derivative, sympy.Subs):
        raise NotSmooth(_none_of(expression))
    return found


def differentiated(e: Expr, x: Symbol) -> Expr:
    """SymPy's derivative, but by the rules of `PARTIALS` for the functions listed there.

    Raises
    ------
    TooLarge
        If the derivative would have too many parts.
    """
    sized.check_derivative(e, x)
    if not e.has(*PARTIALS, *map(opaque, PARTIALS)) or isinstance(e, ExprWithLimits):
        return e.diff(x)
    if isinstance(e, sympy.Add):
        return sympy.Add(*(differentiated(a, x) for a in e.args))
    if isinstance(e, sympy.Mul):
        factors = e.args
        return sympy.Add(
            *(sympy.Mul(*factors[:i], differentiated(a, x), *factors[i + 1 :]) for i, a in enumerate(factors))
        )
    if any(isinstance(a, sympy.Tuple) and a.has(x) for a in e.args):
        raise NotSmooth(f"no derivative of {_name(e)} in its parameters")
    slopes = [differentiated(a, x) if isinstance(a, Expr) and a.has(x) else S.Zero for a in e.args]
    return sympy.Add(*(_partial(e, i) * slope for i, slope in enumerate(slopes) if slope is not S.Zero))


def _partial(e: Expr, place: int) -> Expr:
    """The derivative of a function or power in one of its arguments, at these arguments."""
    own = PARTIALS.get(origin(e.func))
    if own is not None:
        rule = own[place]
        if rule is None:
            raise NotSmooth(f"no derivative of {_name(e)} in its argument {place + 1}")
        return rule(*e.args)
    dummies = [sympy.Dummy() if i == place else a for i, a in enumerate(e.args)]
    slope = e.func(*dummies).diff(dummies[place])
    if slope.has(Derivative, sympy.Subs):
        raise NotSmooth(f"no derivative of {_name(e)} in its argument {place + 1}")
    return slope.xreplace({dummies[place]: e.args[place]})


def evaluated(expression: Basic) -> Basic:
    """The expression with its derivatives carried out; at a kink they have no value.

    Functions with kinks are first written by cases: |u|' = u' u/|u|, and a Piecewise has no derivative where one
    case borders on another. (It may have one there after all; `regions` looks at those points.)
    """
    if not expression.has(Derivative, sympy.Subs):
        return expression
    if isinstance(expression, Derivative):
        inner = evaluated(expression.expr)
        for variable, count in expression.variable_count:
            for _ in range(int(count)):
                inner = _derivative(inner, variable)
        return inner
    if isinstance(expression, sympy.Subs):
        return evaluated(expression.expr).subs(dict(zip(expression.variables, expression.point)))
    return expression.func(*(evaluated(a) for a in expression.args))


def _derivative(expression: Expr, x: Symbol) -> Expr:
    if has_endless(expression):
        return _of_endless(expression, x)
    for e in activations.expand(expression).atoms(sympy.Function):
        kind = origin(e.func)
        if e.has(x) and (kind.__module__ or "").startswith("sympy.") and kind not in KNOWN:
            raise NotSmooth(f"a derivative of {_name(e)} cannot be checked by enclosures")
    try:
        return smooth_derivative(expression, x) if not _has_own_slope(expression) else differentiated(expression, x)
    except NotSmooth:
        return _rough_derivative(_by_cases(activations.expand(expression)), x)


def _of_endless(e: Expr, x: Symbol) -> Expr:
    """The derivative of an expression with integrals in their ends: the integrand there, where nothing in it jumps."""
    if x not in free_symbols(e):
        return S.Zero
    if isinstance(e, sympy.Integral) and len(e.limits) == 1 and len(e.limits[0]) == 3:
        (t, low, high) = e.limits[0]
        smooth = activations.expand(e.function)
        if x not in free_symbols(e.function) and not smooth.has(*(kind for kind in ROUGH if kind is not sympy.Abs)):
            upper, lower = (
                e.function.xreplace({t: end}) * _derivative(end, x) if end.has(x) else S.Zero for end in (high, low)
            )
            return upper - lower
    if isinstance(e, sympy.Add):
        return sympy.Add(*(_derivative(a, x) for a in e.args))
    if isinstance(e, sympy.Mul):
        parts = e.args
        return sympy.Add(*(sympy.Mul(*parts[:i], _derivative(a, x), *parts[i + 1 :]) for i, a in enumerate(parts)))
    if isinstance(e, sympy.Pow) and e.exp.is_Integer:
        return e.exp * e.base ** (e.exp - 1) * _derivative(e.base, x)
    raise NotSmooth(_none_of(e))


def _has_own_slope(expression: Expr) -> bool:
    """Whether SymPy's derivative keeps activations in place and is smooth once they are expanded."""
    return not activations.expand(expression).has(*ROUGH)


def _by_cases(expression: Expr) -> Expr:
    """Max, Min, sign and Heaviside by absolute values."""
    table: dict[type, Callable[..., Expr]] = {
        sympy.Max: lambda *a: _fold(lambda u, v: (u + v + sympy.Abs(u - v)) / 2, a),
        sympy.Min: lambda *a: _fold(lambda u, v: (u + v - sympy.Abs(u - v)) / 2, a),
        sympy.sign: lambda u: u / sympy.Abs(u),
        sympy.Heaviside: lambda u, at_zero=None: (1 + u / sympy.Abs(u)) / 2,
    }
    return by_floors(expression).replace(lambda e: e.func in table, lambda e: table[e.func](*e.args))


def by_floors(expression: Expr) -> Expr:
    """ceiling, frac and Mod by floors."""
    table: dict[type, Callable[..., Expr]] = {
        sympy.ceiling: lambda u: -sympy.floor(-u),
        sympy.frac: lambda u: u - sympy.floor(u),
        sympy.Mod: lambda u, m: u - m * sympy.floor(u / m),
    }
    return expression.replace(lambda e: e.func in table, lambda e: table[e.func](*e.args))


def _slope_of_angle(v: Expr, u: Expr, x: Symbol) -> Expr:
    """The derivative of atan2(v, u); there is none where v crosses zero while u is negative."""
    slope = (u * _rough_derivative(v, x) - v * _rough_derivative(u, x)) / (u**2 + v**2)
    return Piecewise((S.NaN, sympy.And(Eq(v, 0), u < 0)), (slope, True)) if v.has(x) else slope


def _slope_of_modulus(u: Expr, x: Symbol) -> Expr:
    """The derivative of a modulus, times that: Re(conj(u) u'), and there is none with respect to a complex number."""
    slope = _rough_derivative(u, x)
    if facts.is_real(u):
        return u * slope
    if not x.is_real:
        raise NotSmooth(_none_of(sympy.Abs(u)))
    return sympy.re(u) * sympy.re(slope) + sympy.im(u) * sympy.im(slope)


def _fold(combine: Callable[[Expr, Expr], Expr], arguments: tuple[Expr, ...]) -> Expr:
    total, *rest = arguments
    for argument in rest:
        total = combine(total, argument)
    return total


def _rough_derivative(e: Expr, x: Symbol) -> Expr:
    if not e.has(x):
        return S.Zero
    if isinstance(e, sympy.Abs):
        (u,) = e.args
        return _slope_of_modulus(u, x) / e
    if isinstance(e, sympy.floor):
        return Piecewise((S.NaN, Eq(e, e.args[0])), (S.Zero, True))
    if isinstance(e, sympy.atan2):
        v, u = e.args
        return _slope_of_angle(v, u, x)
    if isinstance(e, Piecewise):
        borders = [Eq(r.lhs, r.rhs) for r in e.atoms(sympy.core.relational.Relational) if r.has(x)]
        cases = [(_rough_derivative(value, x), condition) for value, condition in e.args]
        return Piecewise((S.NaN, Or(*borders)), *cases) if borders else Piecewise(*cases)
    if isinstance(e, sympy.Add):
        return sympy.Add(*(_rough_derivative(a, x) for a in e.args))
    if isinstance(e, sympy.Mul):
        factors = e.args
        return sympy.Add(
            *(sympy.Mul(*factors[:i], _rough_derivative(a, x), *factors[i + 1 :]) for i, a in enumerate(factors))
        )
    if not e.has(*ROUGH) or e.func in ROUGH:
        if e.func in ROUGH:
            raise NotSmooth(f"no derivative of {_name(e)}")
        return differentiated(e, x)
    if not all(isinstance(a, Expr) for a in e.args):
        raise NotSmooth(_none_of(e))
    places = {sympy.Dummy(real=True): a for a in e.args}
    outer = e.func(*places)
    slopes = {d: outer.diff(d) for d, a in places.items() if a.has(x)}
    if any(slope.has(Derivative, sympy.Subs) for slope in slopes.values()):
        raise NotSmooth(_none_of(e))
    return sympy.Add(*(slope.xreplace(places) * _rough_derivative(places[d], x) for d, slope in slopes.items()))


def asked_for(e: Basic) -> Iterator[Derivative]:
    """The derivatives that an expression has no value without: none in a case, nor in a sum, an integral or a limit."""
    if isinstance(e, Derivative):
        yield e
    elif isinstance(e, sympy.Add | sympy.Mul | sympy.Pow | sympy.Function) and origin(e.func) is not Piecewise:
        for part in e.args:
            yield from asked_for(part)
