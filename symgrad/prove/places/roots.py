"""All zeros of an expression in one variable, where they can be written down.

A polynomial in one function of x is taken apart: its real roots are values of that function, and what the inverse of
the function makes of them are values of its argument, and so on down to x. The list is complete where the expression
and all functions in it are real; it may hold numbers at which the expression is not zero after all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy
from sympy import Expr, S, Symbol
from sympy.sets import Set

from symgrad.balls import is_told
from symgrad.base import sized
from symgrad.prove.basics import facts
from symgrad.prove.basics.facts import constant_sign

MOST_TURNS = 40
MOST_DEGREE = 24
LARGEST = 60  # operations; factoring takes long on larger expressions
DEEPEST = 6
STEEPEST = 400


def zeros(u: Expr, x: Symbol, values: Set) -> list[Expr] | None:
    """The real numbers, in order, among which are all zeros of u in the set; None where they cannot be listed."""
    if u.count_ops() > LARGEST or u.free_symbols != {x} or is_steep(u):
        return None
    try:
        found = list(dict.fromkeys(_zeros(u, x, values, DEEPEST)))
    except (_Unknown, NotImplementedError, ValueError, sympy.PolynomialError):
        return None
    known = [(z, facts.is_real_number(z)) for z in found]
    if any(real is None for _, real in known) or not all(map(is_told, found)):
        return None  # they could not be put in order, nor cut a set
    return sorted((z for z, real in known if real), key=lambda z: sympy.N(z, 30))


def common_zeros(equations: list[Expr], known: dict[Symbol, Expr]) -> Iterator[dict[Symbol, Expr]]:
    """Common zeros of polynomials, found one variable after the other."""
    pending = [e for e in (sized.factor(e.xreplace(known)) for e in equations) if e != 0]
    if not pending:
        yield known
        return
    if any(not e.free_symbols for e in pending):
        return
    first = min(pending, key=lambda e: (len(e.free_symbols), e.count_ops()))
    if len(first.free_symbols) == 1:
        (x,) = first.free_symbols
        for root in zeros(first, x, S.Reals) or ():
            yield from common_zeros(pending, {**known, x: root})
        return
    for x in sorted(first.free_symbols, key=str):
        slope = sympy.diff(first, x)
        if not slope.free_symbols:
            rest = sized.expand(x - first / slope)
            for point in common_zeros([e.xreplace({x: rest}) for e in pending], known):
                yield {**point, x: sized.expand(rest.xreplace(point))}
            return


def is_steep(u: Expr) -> bool:
    """Whether polynomials in the exponentials of the expression have degrees that nobody can write out."""
    exponents = [e.exp for e in u.atoms(sympy.exp)] + [e.exp for e in u.atoms(sympy.Pow) if e.exp.has(Symbol)]
    numbers = [abs(n) for e in exponents for n in sized.expand(e).atoms(sympy.Rational)]
    return any(max(n.p, n.q) > STEEPEST for n in numbers)


class _Unknown(Exception):
    """The zeros cannot be listed."""


def _zeros(u: Expr, x: Symbol, values: Set, depth: int) -> Iterator[Expr]:
    if not u.has(x):
        return
    if not depth:
        raise _Unknown
    if u.is_polynomial(x):
        yield from _of_polynomial(u, x)
        return
    u = sized.factor(sized.together(u).as_numer_denom()[0])
    for factor in sympy.Mul.make_args(u):
        base, exponent = factor.as_base_exp()
        if exponent.is_Rational and facts.is_positive(exponent) and base is not S.Exp1:
            factor = base
        if factor.has(x):
            yield from _of_factor(factor, x, values, depth)


def _of_polynomial(u: Expr, x: Symbol) -> list[Expr]:
    polynomial = sized.polynomial(u, x)
    if polynomial.degree() == 1:
        slope, start = polynomial.all_coeffs()
        return [sized.expand(-start / slope)]
    if polynomial.is_zero or polynomial.degree() > MOST_DEGREE:
        raise _Unknown  # a zero in disguise vanishes everywhere
    factors = [base for base, _ in (f.as_base_exp() for f in sympy.Mul.make_args(sized.factor(u))) if base.has(x)]
    if len(factors) > 1 or factors[0] != u:
        return [zero for factor in factors for zero in _of_polynomial(factor, x)]
    if all(c.is_Rational for c in polynomial.all_coeffs()):
        return list(sized.real_roots(polynomial))
    if all(c.is_algebraic for c in polynomial.all_coeffs()):
        return list(sized.real_roots(sized.polynomial(u, x, extension=True)))
    if polynomial.degree() == 2:
        return _of_quadratic(*polynomial.all_coeffs())
    raise _Unknown


def _of_quadratic(a: Expr, b: Expr, c: Expr) -> list[Expr]:
    middle, discriminant = sized.expand(-b / (2 * a)), sized.expand(b**2 - 4 * a * c)
    known = constant_sign(discriminant) if not discriminant.free_symbols else None
    if known is None:
        raise _Unknown
    away = sympy.sqrt(discriminant) / (2 * a)
    return [] if known < 0 else [middle] if known == 0 else [middle - away, middle + away]


def _of_factor(u: Expr, x: Symbol, values: Set, depth: int) -> Iterator[Expr]:
    if u.is_polynomial(x):
        yield from _of_polynomial(u, x)
        return
    if isinstance(u, sympy.exp):
        return
    u = _one_sine(u)
    inside = _innermost_common(u, x)
    t = sympy.Dummy("t", real=True)
    polynomial = u.subs(inside, t)
    if polynomial.has(x):
        raise _Unknown
    for root in _of_polynomial(polynomial, t) if polynomial != t else [S.Zero]:
        yield from _preimages(inside, root, x, values, depth)


def _one_sine(u: Expr) -> Expr:
    """A sum a*sin(w) + b*cos(w) but for a factor: sin(w + phi)."""
    parts = {term.as_independent(sympy.sin, sympy.cos)[::-1] for term in sympy.Add.make_args(u)}
    known = {type(wave): (factor, wave.args) for wave, factor in parts if isinstance(wave, sympy.sin | sympy.cos)}
    if len(parts) != 2 or len(known) != 2 or known[sympy.sin][1] != known[sympy.cos][1]:
        return u
    (a, (w,)), (b, _) = known[sympy.sin], known[sympy.cos]
    return (
        sympy.sin(w + sympy.atan2(b, a), evaluate=False) if all(c.is_number and facts.is_real(c) for c in (a, b)) else u
    )


def _innermost_common(u: Expr, x: Symbol) -> Expr:
    """The one function or root of x of which u is a polynomial."""
    atoms = sorted(u.atoms(sympy.Function, sympy.Pow), key=sympy.default_sort_key)
    found = [e for e in atoms if e.has(x) and not e.is_polynomial(x)]
    outer = [e for e in found if not any(e != other and other.has(e) for other in found)]
    exponentials = [e for e in outer if isinstance(e, sympy.exp)]
    if len(exponentials) == len(outer) > 1:
        return min(exponentials, key=lambda e: e.args[0].count_ops())
    if len(outer) != 1:
        return _power_of_generator(outer)
    return outer[0]


def _power_of_generator(outer: list[Expr]) -> Expr:
    bases = {e.as_base_exp()[0] for e in outer}
    if len(bases) != 1:
        raise _Unknown
    return bases.pop()


def _preimages(f: Expr, value: Expr, x: Symbol, values: Set, depth: int) -> Iterator[Expr]:
    """Where f(w(x)) is the value: the zeros of w minus what the inverse of f gives."""
    base, exponent = f.as_base_exp()
    if isinstance(f, sympy.Pow) and exponent.is_Rational:
        inner = _bases(value, exponent)
        argument = base
    elif f.func in ANGLES:
        (argument,) = f.args
        inner = list(_turns(f.func, value, argument, x, values))
    elif f.func in INVERSES and len(f.args) == 1:
        (argument,) = f.args
        inner = [INVERSES[f.func](value)]
    else:
        raise _Unknown
    for w in inner:
        known = facts.is_real_number(w)
        if known is None:
            raise _Unknown
        if known:
            yield from _zeros(argument - w, x, values, depth - 1)


def _bases(value: Expr, exponent: Expr) -> list[Expr]:
    """The real numbers of which a real power is the value: SymPy's odd root of a negative number is not real."""
    known = 0 if facts.is_zero(value) else constant_sign(value)
    if known is None:
        raise _Unknown
    if known == 0:
        return [S.Zero] if exponent.p > 0 else []
    root = (known * value) ** (1 / exponent)
    if exponent.p % 2:
        return [known * root] if exponent.q % 2 or known == 1 else []
    return [root, -root] if known == 1 else []


INVERSES: dict[type, Callable[[Expr], Expr]] = {
    sympy.exp: lambda c: sympy.log(c) if constant_sign(c) == 1 else S.NaN,
    sympy.log: sympy.exp,
    sympy.sinh: sympy.asinh,
    sympy.tanh: sympy.atanh,
    sympy.atan: sympy.tan,
    sympy.asinh: sympy.sinh,
    sympy.atanh: sympy.tanh,
    sympy.asin: sympy.sin,
    sympy.acos: sympy.cos,
    sympy.LambertW: lambda c: c * sympy.exp(c) if constant_sign(c + 1) in (0, 1) else S.NaN,
}
ANGLES: dict[type, Callable[[Expr], tuple[Expr, ...]]] = {
    sympy.sin: lambda c: (sympy.asin(c), S.Pi - sympy.asin(c)),
    sympy.cos: lambda c: (sympy.acos(c), -sympy.acos(c)),
    sympy.tan: lambda c: (sympy.atan(c), sympy.atan(c) + S.Pi),
}


def _turns(function: type, value: Expr, argument: Expr, x: Symbol, values: Set) -> Iterator[Expr]:
    """All angles in the range of a linear argument at which the function has the value."""
    rate = sympy.diff(argument, x)
    if rate.free_symbols:
        raise _Unknown
    ends = [argument.subs(x, end) for end in (values.inf, values.sup)]
    if not all(facts.is_real(end) and end.is_finite for end in ends):
        raise _Unknown
    direction = constant_sign(rate)
    if not direction:
        raise _Unknown
    low, high = ends[::direction]
    turns = range(int(sympy.floor(low / (2 * S.Pi))) - 1, int(sympy.ceiling(high / (2 * S.Pi))) + 2)
    if len(turns) > MOST_TURNS:
        raise _Unknown
    for angle in ANGLES[function](value):
        for k in turns:
            place = angle + 2 * S.Pi * k
            is_real = facts.is_real_number(place)
            if is_real is None:
                raise _Unknown  # the value may be 1, in a form that does not show it
            if is_real and constant_sign(place - low) != -1 and constant_sign(high - place) != -1:
                yield place
