"""Branch cuts: whether an expression certainly stays away from those of its functions, or runs along the real line.

A function with a cut is continuous where its argument is real and no zero of its conditions (the principal branch has
one side of the cut on the real line), and where its argument is off the cut. An argument that circles around zero may
cross it, so it is smooth by its derivative and jumps all the same: log(exp(I*x)).
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, I, Symbol

from symgrad import activations
from symgrad.base import sized
from symgrad.language.written import origin
from symgrad.prove.basics import facts
from symgrad.prove.basics.sets import interior
from symgrad.prove.places.roots import zeros
from symgrad.prove.places.signs import Signs
from symgrad.symbols.elliptic import JACOBI

# Meromorphic functions: no cut anywhere, and real where their arguments are.
SINGLE_VALUED = (
    sympy.exp, sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sec, sympy.csc, sympy.sinc, sympy.sinh, sympy.cosh,
    sympy.tanh, sympy.coth, sympy.sech, sympy.csch, sympy.erf, sympy.erfc, sympy.erfi, sympy.gamma, sympy.digamma,
    sympy.Si, sympy.Shi, sympy.fresnels, sympy.fresnelc, sympy.airyai, sympy.airybi, sympy.airyaiprime,
    sympy.airybiprime, sympy.zeta, sympy.factorial, *JACOBI,
)  # fmt: skip
# Functions that are real for positive last arguments, and where their parameters leave them no cut: it runs along the
# negative numbers otherwise.
CUT_BELOW_ZERO: dict[type, Callable[..., bool]] = {
    sympy.log: lambda: False,
    sympy.loggamma: lambda: False,
    sympy.polygamma: lambda order: bool(facts.is_integer(order) and facts.is_nonnegative(order)),
    sympy.besselj: lambda order: facts.is_integer(order),
    sympy.besseli: lambda order: facts.is_integer(order),
    sympy.bessely: lambda order: False,
    sympy.besselk: lambda order: False,
    sympy.Ci: lambda: False,
    sympy.Chi: lambda: False,
    sympy.Ei: lambda: False,
    sympy.LambertW: lambda *branch: False,
    sympy.expint: lambda order: False,
    sympy.uppergamma: lambda order: False,
}
REAL_ON_REALS = (*SINGLE_VALUED, sympy.atan, sympy.acot, sympy.asinh, sympy.Abs, sympy.sign, sympy.re, sympy.im)
# Functions of real arguments that have a value where they jump.
JUMPING = (sympy.acot, sympy.acoth, sympy.atan2)
# Each is the other of the reciprocal, wherever one of both has a value.
RECIPROCALS: dict[type, type] = {
    sympy.asec: sympy.acos,
    sympy.acsc: sympy.asin,
    sympy.asech: sympy.acosh,
    sympy.acsch: sympy.asinh,
}
POSITIVE_WHERE_REAL = {
    sympy.log: lambda u: u,
    sympy.asin: lambda u: 1 - u**2,
    sympy.acos: lambda u: 1 - u**2,
    sympy.atanh: lambda u: 1 - u**2,
    sympy.acosh: lambda u: u - 1,
    sympy.LambertW: lambda u: u + sympy.exp(-1),
}


def crosses_none(expression: Expr, signs: Signs) -> bool:
    """Whether no argument in the expression can cross a branch cut where its variables move through the domain."""
    expression = activations.expand(expression)
    if isinstance(expression, sympy.Function) and not isinstance(expression, SINGLE_VALUED):
        arguments = expression.args
        if not all(is_certainly_real(a, signs) for a in arguments):
            return _is_off_own_cut(expression, signs)
    elif isinstance(expression, sympy.Pow) and not _is_single_valued(expression):
        base = expression.base
        if not (is_certainly_real(base, signs) or is_off_cut(base, signs)):
            return False
    return all(crosses_none(a, signs) for a in expression.args if isinstance(a, Expr) and a.free_symbols)


def _is_off_own_cut(function: Expr, signs: Signs) -> bool:
    """Whether a function of a number that is not real has no cut, or only the negative numbers, which that avoids."""
    kind = origin(function.func)
    if kind not in CUT_BELOW_ZERO:
        return False
    *parameters, z = function.args
    if not all(facts.is_real(p) and not p.free_symbols for p in parameters):
        return False
    return (CUT_BELOW_ZERO[kind](*parameters) and crosses_none(z, signs)) or is_off_cut(z, signs)


def _is_single_valued(power: sympy.Pow) -> bool:
    return facts.is_integer(power.exp) or not power.base.free_symbols


def is_off_cut(argument: Expr, signs: Signs) -> bool:
    """Whether an argument u + I*v has a positive u everywhere, or a v that is not zero where u is not positive."""
    parts = cartesian_parts(argument, signs)
    if parts is None:
        return False
    u, v = parts
    return signs.sign(u) == 1 or signs.sign(v) in (1, -1) or _is_positive_at_zeros(u, v, signs)


def _is_positive_at_zeros(u: Expr, v: Expr, signs: Signs) -> bool:
    """Whether u is positive at all zeros of v on a domain of one variable."""
    if len(v.free_symbols) != 1 or not u.free_symbols <= v.free_symbols:
        return False
    (x,) = v.free_symbols
    places = zeros(v, x, signs.domain.set_of(x))
    if places is None:
        return False
    inside = [z for z in places if facts.is_in(signs.domain.set_of(x), z) is not False]
    return all(facts.sign_at(u, {x: z}) == 1 for z in inside)


def cartesian_parts(e: Expr, signs: Signs) -> tuple[Expr, Expr] | None:
    """Real and imaginary part of a sum whose terms are plainly one or the other; exponentials by Euler's formula.

    So are sines and cosines, of angles and hyperbolic, by their addition theorems (DLMF 4.21.37-38, 4.35.34-35).
    """
    real, imaginary = [], []
    for term in sympy.Add.make_args(sized.expand(by_imaginary_roots(_by_euler(e, signs), signs))):
        if is_certainly_real(term, signs):
            real.append(term)
        elif is_certainly_real(-I * term, signs):
            imaginary.append(-I * term)
        else:
            return None
    return sympy.Add(*real), sympy.Add(*imaginary)


_ADDED: dict[type, Callable[[Expr, Expr], Expr]] = {
    sympy.exp: lambda u, v: sympy.exp(u) * (sympy.cos(v) + I * sympy.sin(v)),
    sympy.sin: lambda u, v: sympy.sin(u) * sympy.cosh(v) + I * sympy.cos(u) * sympy.sinh(v),
    sympy.cos: lambda u, v: sympy.cos(u) * sympy.cosh(v) - I * sympy.sin(u) * sympy.sinh(v),
    sympy.sinh: lambda u, v: sympy.sinh(u) * sympy.cos(v) + I * sympy.cosh(u) * sympy.sin(v),
    sympy.cosh: lambda u, v: sympy.cosh(u) * sympy.cos(v) + I * sympy.sinh(u) * sympy.sin(v),
}


def _by_euler(e: Expr, signs: Signs) -> Expr:
    def is_turning(f: Expr) -> bool:
        return isinstance(f, sympy.Pow) and f.exp.has(I) and facts.is_real(f.base) and signs.sign(f.base) == 1

    e = e.replace(is_turning, lambda f: sympy.exp(f.exp * sympy.log(f.base))) if e.has(I) and e.has(sympy.Pow) else e

    def turned(f: Expr) -> Expr:
        parts = cartesian_parts(f.args[0], signs)
        return f if parts is None or facts.is_zero(parts[1]) else _ADDED[f.func](*parts)

    return e.replace(lambda f: f.func in _ADDED and f.has(I), turned) if e.has(I) and e.has(*_ADDED) else e


def by_imaginary_roots(e: Expr, signs: Signs) -> Expr:
    """Square roots of what is not positive on the domain as I times real roots."""

    def is_imaginary(f: Expr) -> bool:
        return bool(
            isinstance(f, sympy.Pow)
            and f.exp.is_Rational
            and f.exp.q == 2
            and f.base.free_symbols
            and is_certainly_real(f.base, signs)
            and (signs.sign(f.base) == -1 or (f.exp.p > 0 and _is_nonnegative(-f.base, signs)))
        )

    return e.replace(is_imaginary, lambda f: I**f.exp.p * (-f.base) ** f.exp)


def is_certainly_real(e: Expr, signs: Signs) -> bool:
    """Whether the expression is plainly real wherever it has a value on the domain."""
    if facts.is_real(e) or isinstance(e, Symbol):
        return facts.is_real(e)
    if isinstance(e, (sympy.Add, sympy.Mul, *REAL_ON_REALS)):
        return all(is_certainly_real(a, signs) for a in e.args)
    if isinstance(e, sympy.Pow):
        if not (is_certainly_real(e.base, signs) and is_certainly_real(e.exp, signs)):
            return False
        return facts.is_integer(e.exp) or _is_nonnegative(e.base, signs)
    if isinstance(e, sympy.elliptic_k | sympy.elliptic_f):
        return all(is_certainly_real(a, signs) for a in e.args) and signs.is_positive(1 - e.args[-1])
    if e.func in POSITIVE_WHERE_REAL and len(e.args) == 1:
        (u,) = e.args
        return is_certainly_real(u, signs) and signs.is_positive(POSITIVE_WHERE_REAL[e.func](u))
    return bool(facts.is_real(e.xreplace(signs.refined)))


def _is_nonnegative(u: Expr, signs: Signs) -> bool:
    """Whether a real expression is plainly not negative; a rational function may be zero at the ends of an interval."""
    if facts.is_nonnegative(u.xreplace(signs.refined)) or signs.sign(u) == 1:
        return True
    if len(u.free_symbols) == 1 and u.is_rational_function(*u.free_symbols):
        (x,) = u.free_symbols
        values = signs.domain.set_of(x)
        if isinstance(values, sympy.Interval) and Signs(signs.domain.restricted(x, interior(values))).sign(u) == 1:
            return True
    return signs.weak_sign(u) == 1
