"""Antiderivatives: candidates by rules, each believed only after it has been differentiated.

Nothing is asked of a general integrator, whose work cannot be bounded: there are rules for powers, for exponentials
times polynomials, for rational functions, substitutions and parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy
from sympy import Dummy, Expr, Poly, S, Symbol
from sympy.integrals.rationaltools import ratint
from sympy.sets import Set
from sympy.simplify.fu import TR8

from symgrad.balls.expansions.growth import Open
from symgrad.balls.expansions.ratios import is_moderate
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.written import origin
from symgrad.prove.basics.derivatives import NotSmooth, smooth_derivative
from symgrad.prove.normal_form.on_domain import normal_form
from symgrad.prove.provers.endless.algebraic_integrands import (
    line_to_a_power,
    with_root_of_line,
    with_root_of_quadratic,
)
from symgrad.prove.signs.existence import Known

DEEPEST = 4
LARGEST = 90  # operations of an integrand
HIGHEST = 8  # degree of polynomials and of denominators


def antiderivative(f: Expr, x: Symbol, values: Set, known: Known) -> Expr | None:
    """An F with F' = f on an interval, wherever both have values; None if no rule gives one."""
    if f.count_ops() > LARGEST or not is_moderate(f, x):
        return None
    found = _find(f, x, known, DEEPEST)
    if found is None:
        return None
    within = known.within(x, values)
    candidates = dict.fromkeys((_without_negative_logarithms(found, x, within), found))
    return next((c for c in candidates if _is_derivative(f, c, x, within.domain)), None)


def _without_negative_logarithms(candidate: Expr, x: Symbol, within: Known) -> Expr:
    """With log(-u) for log(u) where u is negative: a term that is a logarithm keeps its derivative so, and is real."""
    negative = [e for e in candidate.atoms(sympy.log) if e.has(x) and within(e.args[0]) == -1]
    return candidate.xreplace({e: sympy.log(sized.expand(-e.args[0])) for e in negative})


def _is_derivative(f: Expr, candidate: Expr, x: Symbol, domain: Domain) -> bool:
    try:
        slope = smooth_derivative(candidate, x)
    except NotSmooth:
        return False
    form = normal_form(slope - f, domain)
    return form is not None and form[1].is_zero


def _find(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    if not f.has(x):
        return f * x
    if depth == 0:
        return None
    constant, rest = f.as_independent(x, as_Add=False)
    if constant != 1:
        inner = _find(rest, x, known, depth)
        return None if inner is None else constant * inner
    for rule in _RULES:
        found = rule(f, x, known, depth)
        if found is not None:
            return found
    return None


def _of_terms(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    expanded = sized.expand(f)
    if not isinstance(expanded, sympy.Add):
        return None
    parts = [_find(a, x, known, depth - 1) for a in expanded.args]
    return None if any(p is None for p in parts) else sympy.Add(*parts)


def _linear(u: Expr, x: Symbol) -> tuple[Expr, Expr] | None:
    """a and b for u = a x + b."""
    if not u.is_polynomial(x) or sympy.degree(u, x) != 1:
        return None
    a, b = Poly(u, x).all_coeffs()
    return a, b


def _power(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """(a x + b)**p."""
    base, p = f.as_base_exp() if not isinstance(f, sympy.exp) else (f, S.One)
    line = _linear(base, x)
    if p.has(x) or line is None:
        return None
    beyond = known(p + 1)
    if beyond is None:
        raise Open(p + 1)
    if beyond == 0:
        return sympy.log(base) / line[0]
    return base ** (p + 1) / (line[0] * (p + 1))


TABLE: dict[type, Callable[[Expr], Expr]] = {
    sympy.exp: sympy.exp,
    sympy.sin: lambda u: -sympy.cos(u),
    sympy.cos: sympy.sin,
    sympy.sinh: sympy.cosh,
    sympy.cosh: sympy.sinh,
    sympy.tan: lambda u: -sympy.log(sympy.cos(u)),
    sympy.cot: lambda u: sympy.log(sympy.sin(u)),
    sympy.sec: lambda u: (sympy.log(1 + sympy.sin(u)) - sympy.log(1 - sympy.sin(u))) / 2,
    sympy.csc: lambda u: (sympy.log(1 - sympy.cos(u)) - sympy.log(1 + sympy.cos(u))) / 2,
    sympy.tanh: lambda u: sympy.log(sympy.cosh(u)),
    sympy.sech: lambda u: 2 * sympy.atan(sympy.tanh(u / 2)),
    sympy.log: lambda u: u * sympy.log(u) - u,
    sympy.atan: lambda u: u * sympy.atan(u) - sympy.log(1 + u**2) / 2,
    sympy.asin: lambda u: u * sympy.asin(u) + sympy.sqrt(1 - u**2),
    sympy.acos: lambda u: u * sympy.acos(u) - sympy.sqrt(1 - u**2),
    sympy.asinh: lambda u: u * sympy.asinh(u) - sympy.sqrt(1 + u**2),
    sympy.erf: lambda u: u * sympy.erf(u) + sympy.exp(-(u**2)) / sympy.sqrt(S.Pi),
    sympy.erfc: lambda u: u * sympy.erfc(u) - sympy.exp(-(u**2)) / sympy.sqrt(S.Pi),
}


# Powers of one function of a linear argument.
OF_POWERS: dict[tuple[type, int], Callable[[Expr], Expr]] = {
    (sympy.cos, -2): sympy.tan,
    (sympy.sec, 2): sympy.tan,
    (sympy.sin, -2): lambda u: -sympy.cot(u),
    (sympy.csc, 2): lambda u: -sympy.cot(u),
    (sympy.tan, 2): lambda u: sympy.tan(u) - u,
    (sympy.cot, 2): lambda u: -sympy.cot(u) - u,
    (sympy.cosh, -2): sympy.tanh,
    (sympy.sech, 2): sympy.tanh,
    (sympy.tanh, 2): lambda u: u - sympy.tanh(u),
}


def _by_table(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    if isinstance(f, sympy.Pow) and f.exp.is_Integer and (origin(f.base.func), int(f.exp)) in OF_POWERS:
        line = _linear(f.base.args[0], x)
        of_power = OF_POWERS[origin(f.base.func), int(f.exp)]
        return None if line is None else of_power(f.base.args[0]) / line[0]
    row = TABLE.get(origin(f.func))
    line = _linear(f.args[0], x) if row is not None else None
    return None if row is None or line is None else row(f.args[0]) / line[0]


def _rational(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    if not f.is_rational_function(x):
        return None
    above, below = sympy.fraction(sized.together(f))
    degrees = [sympy.degree(part, x) for part in (above, below)]
    if max(degrees) > (HIGHEST if f.free_symbols == {x} else 3):
        return None
    if f.free_symbols != {x}:
        return _rational_with_parameters(sympy.Poly(above, x), sympy.Poly(below, x), x, known)
    return ratint(f, x, real=True)


def _rational_with_parameters(above: Poly, below: Poly, x: Symbol, known: Known) -> Expr | None:
    """A quadratic denominator without real zeros, under a number or a multiple of x."""
    if below.degree() != 2 or above.degree() > 1:
        return None
    a, b, c = below.all_coeffs()
    square = sized.cancel(c / a - b**2 / (4 * a**2))
    sign = known(square)
    if sign is None:
        raise Open(square)
    if sign != 1:
        return None
    p, q = above.nth(1), above.nth(0)
    root, middle = _square_root(square, known), x + b / (2 * a)
    angle = sympy.atan(middle / root) / root
    return (p / 2 * sympy.log(below.as_expr()) + (q - p * b / (2 * a)) * angle) / a if p != 0 else q * angle / a


def _square_root(u: Expr, known: Known) -> Expr:
    """The root of a positive number, without absolute values whose sign is known."""
    root = sympy.sqrt(sized.factor(u))
    for part in root.atoms(sympy.Abs):
        sign = known(part.args[0])
        if not sign:
            raise Open(part.args[0])
        root = root.xreplace({part: sign * part.args[0]})
    return root


def _polynomial_times(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """A polynomial times an exponential, a sine or a cosine of a x + b, by parts until nothing is left."""
    polynomial, rest = _split(f, x)
    if polynomial == 1 or rest == 1:
        return None
    total, sign = S.Zero, 1
    current = rest
    while polynomial != 0:
        current = _once(current, x, known)
        if current is None:
            return None
        total += sign * polynomial * current
        polynomial, sign = sympy.diff(polynomial, x), -sign
    return total


def _once(f: Expr, x: Symbol, known: Known) -> Expr | None:
    constant, rest = sized.factor_terms(f).as_independent(x, as_Add=False)
    expanded = sized.expand(rest)
    if isinstance(expanded, sympy.Add):
        parts = [_once(a, x, known) for a in expanded.args]
        return None if any(a is None for a in parts) else constant * sympy.Add(*parts)
    if isinstance(rest, sympy.exp | sympy.sin | sympy.cos | sympy.sinh | sympy.cosh) and _linear(rest.args[0], x):
        return constant * _by_table(rest, x, known, 1)
    found = _exponential_times_wave(rest, x, known, 1)
    if found is None and isinstance(rest, sympy.Pow) and not rest.base.has(x) and _linear(rest.exp, x):
        found = rest / (sympy.log(rest.base) * _linear(rest.exp, x)[0])  # type: ignore[index]
    return None if found is None else constant * found


def _split(f: Expr, x: Symbol) -> tuple[Expr, Expr]:
    polynomial = sympy.Mul(*(a for a in sympy.Mul.make_args(f) if a.is_polynomial(x)))
    return polynomial, f / polynomial


def _exponential_times_wave(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    factors = sympy.Mul.make_args(f)
    if len(factors) != 2 or not any(isinstance(a, sympy.exp) for a in factors):
        return None
    rise, wave = sorted(factors, key=lambda a: not isinstance(a, sympy.exp))
    if not isinstance(wave, sympy.sin | sympy.cos):
        return None
    first, second = _linear(rise.args[0], x), _linear(wave.args[0], x)
    if first is None or second is None:
        return None
    a, b = first[0], second[0]
    return rise * (a * wave - wave.diff(x)) / (a**2 + b**2)


def _gaussian(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """A polynomial times exp(-a x**2 + b x + c), a > 0: a polynomial times it, and an error function."""
    polynomial, rest = _split(f, x)
    if not isinstance(rest, sympy.exp) or not rest.args[0].is_polynomial(x) or sympy.degree(rest.args[0], x) != 2:
        return None
    a, b, c = Poly(rest.args[0], x).all_coeffs()
    sign = known(a)
    if sign is None:
        raise Open(a)
    if sign != -1 or sympy.degree(polynomial, x) > HIGHEST:
        return None
    rate = -a
    total, left = S.Zero, sized.expand(polynomial)
    while sympy.degree(left, x) > 0:  # x**k exp(q) = (x**(k-1) exp(q))'/q_2 - …, q' = 2 a x + b
        k = sympy.degree(left, x)
        lead = Poly(left, x).LC() / (2 * a)
        total += lead * x ** (k - 1)
        left = sized.expand(left - lead * (x ** (k - 1) * (2 * a * x + b) + (k - 1) * x ** (k - 2 if k > 1 else 0)))
    root = _square_root(rate, known)
    whole = sympy.sqrt(S.Pi) / (2 * root) * sympy.exp(c + b**2 / (4 * rate)) * sympy.erf(root * x - b / (2 * root))
    return total * rest + left * whole


def _of_exponential(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """A rational function of exp(c x), by the exponential as a new variable."""
    exponents = {_linear(e.args[0], x) for e in _as_exponentials(f).atoms(sympy.exp) if e.has(x)}
    if not exponents or None in exponents:
        return None
    rates = [line[0] for line in exponents if line is not None]
    shared = rates[0]
    ratios = [sized.cancel(r / shared) for r in rates]
    if not all(r.is_Rational for r in ratios):
        return None
    step = shared / sympy.ilcm(1, *(r.q for r in ratios))
    t = Dummy("t", positive=True)
    table = {
        e: t ** sized.cancel(_linear(e.args[0], x)[0] / step) * sympy.exp(_linear(e.args[0], x)[1])  # type: ignore[index]
        for e in _as_exponentials(f).atoms(sympy.exp) if e.has(x)
    }  # fmt: skip
    made = sized.together(_as_exponentials(f).xreplace(table)) / (step * t)
    if made.has(x):
        return None
    inner = _find(sized.cancel(made) if made.is_rational_function(t) else made, t, known, depth - 1)
    return None if inner is None else inner.replace(sympy.Abs, lambda u: u).xreplace({t: sympy.exp(step * x)})


def _as_exponentials(f: Expr) -> Expr:
    table = {
        sympy.tanh: lambda u: 1 - 2 / (sympy.exp(2 * u) + 1),
        sympy.sech: lambda u: 2 / (sympy.exp(u) + sympy.exp(-u)),
        sympy.sinh: lambda u: (sympy.exp(u) - sympy.exp(-u)) / 2,
        sympy.cosh: lambda u: (sympy.exp(u) + sympy.exp(-u)) / 2,
    }
    return f.replace(lambda e: e.func in table, lambda e: table[e.func](*e.args))


SIMPLER_SLOPES = (sympy.log, sympy.atan, sympy.asin, sympy.acos, sympy.asinh, sympy.erf, sympy.erfc)


def _of_logarithms(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """By parts: what is easy to integrate times a logarithm or an inverse function, or a power of one."""
    for factor in sympy.Mul.make_args(f):
        base = factor.base if isinstance(factor, sympy.Pow) and factor.exp.is_Integer and factor.exp > 0 else factor
        if not isinstance(
            base, sympy.log | sympy.atan | sympy.asin | sympy.acos | sympy.asinh | sympy.erf | sympy.erfc
        ):
            continue
        rest = f / factor
        outer = _find(rest, x, known, depth - 1)
        if outer is None or outer.has(sympy.Abs):
            continue
        left = outer * sympy.diff(factor, x)
        left = left if left.has(sympy.exp) else sized.cancel(sized.together(left))
        inner = _find(left, x, known, depth - 1)
        if inner is not None:
            return outer * factor - inner
    return None


def _substitution(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """f = g(u) u' for some part u."""
    y = Dummy("y", real=True)
    for u in _parts(f, x):
        slope = sympy.diff(u, x)
        if slope == 0:
            continue
        rest = (
            sized.cancel(sized.together(f / slope)) if (f / slope).is_rational_function(x) else sized.powsimp(f / slope)
        )
        made = rest.xreplace({u: y})
        if made.has(x):
            continue
        inner = _find(made, y, known, depth - 1)
        if inner is not None:
            return inner.xreplace({y: u})
    return None


def _parts(f: Expr, x: Symbol) -> Iterator[Expr]:
    seen = set()
    for part in sympy.preorder_traversal(f):
        for u in (part, *(part.args if isinstance(part, sympy.Function | sympy.Pow) else ())):
            if isinstance(u, Expr) and u.has(x) and u != x and u != f and u not in seen and not u.is_Relational:
                seen.add(u)
                yield u


def _waves(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """Products of sines and cosines as sums of them."""
    if not f.has(sympy.sin, sympy.cos):
        return None
    made = sized.expand(TR8(sized.expand(f)))
    return _of_terms(made, x, known, depth) if made != f and isinstance(made, sympy.Add) else None


def _with_roots(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    found = line_to_a_power(f, x, known) or with_root_of_quadratic(f, x, known)
    return found or with_root_of_line(f, x, lambda made, u: _find(made, u, known, depth - 1))


def _by_square(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """x g(x**2), by the square as a new variable."""
    y = Dummy("y", positive=True)
    made = f.xreplace({x: sympy.sqrt(y)}) / (2 * sympy.sqrt(y))
    if any(p.base == y and not p.exp.is_Integer for p in made.atoms(sympy.Pow)):
        return None
    inner = _find(made, y, known, depth - 1)
    return None if inner is None else inner.xreplace({y: x**2})


def _by_logarithm(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """Functions of log(x) and powers of x, by the logarithm as a new variable."""
    log = sympy.log(x)
    if not any(
        isinstance(e, sympy.sin | sympy.cos | sympy.exp | sympy.Pow) and e.has(log)
        for e in f.atoms(sympy.Function, sympy.Pow)
    ):
        return None
    u = Dummy("u", real=True)
    inner = _find(sized.powsimp(f.xreplace({log: u}).xreplace({x: sympy.exp(u)}) * sympy.exp(u)), u, known, depth - 1)
    return None if inner is None else inner.xreplace({u: log})


def _polynomial_by_parts(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """A polynomial times what has an antiderivative that has one."""
    polynomial, rest = _split(f, x)
    if polynomial == 1 or rest == 1 or not rest.has(sympy.sin, sympy.cos, sympy.tan, sympy.sinh, sympy.cosh, sympy.exp):
        return None
    outer = _find(rest, x, known, depth - 2) if depth > 2 else None
    inner = None if outer is None else _find(sympy.diff(polynomial, x) * outer, x, known, depth - 2)
    return None if outer is None or inner is None else polynomial * outer - inner


def _of_one_exponential(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """A product with several exponentials, as one with the exponential of their sum."""
    exponentials, others = sympy.sift(sympy.Mul.make_args(f), lambda a: isinstance(a, sympy.exp), binary=True)
    if len(exponentials) < 2:
        return None
    exponent = sized.expand(sympy.Add(*(e.args[0] for e in exponentials)))
    return _find(sympy.Mul(*others, sympy.exp(exponent)), x, known, depth - 1)


_BY_WAVES: dict[type, Callable[[Expr], Expr]] = {
    sympy.tan: lambda u: sympy.sin(u) / sympy.cos(u),
    sympy.cot: lambda u: sympy.cos(u) / sympy.sin(u),
    sympy.sec: lambda u: 1 / sympy.cos(u),
    sympy.csc: lambda u: 1 / sympy.sin(u),
}


def _of_waves(f: Expr, x: Symbol, known: Known, depth: int) -> Expr | None:
    """A rational function of the sine and the cosine of a*x + b, by the tangent of the half."""
    f = f.replace(lambda e: type(e) in _BY_WAVES, lambda e: _BY_WAVES[type(e)](*e.args))
    waves = [w for w in f.atoms(sympy.sin, sympy.cos) if w.has(x)]
    arguments = {w.args[0] for w in waves}
    if len(arguments) != 1:
        return None
    (u,) = arguments
    line = _linear(u, x)
    if line is None:
        return None
    t = Dummy("t", real=True)
    table = {sympy.sin(u): 2 * t / (1 + t**2), sympy.cos(u): (1 - t**2) / (1 + t**2)}
    made = f.xreplace(table) * 2 / (1 + t**2) / line[0]
    if made.has(x) or not made.is_rational_function(t):
        return None
    inner = _find(sized.cancel(sized.together(made)), t, known, depth - 1)
    return None if inner is None else inner.xreplace({t: sympy.sin(u) / (1 + sympy.cos(u))})


_RULES: tuple[Callable[[Expr, Symbol, Known, int], Expr | None], ...] = (
    _power, _by_table, _rational, _gaussian, _polynomial_times, _exponential_times_wave, _with_roots,
    _of_one_exponential, _of_exponential, _of_logarithms, _waves, _by_square, _substitution, _of_terms,
    _of_waves, _by_logarithm, _polynomial_by_parts,
)  # fmt: skip
