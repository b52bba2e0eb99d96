"""Signs between the zeros of an expression in one variable, and the parts into which numbers cut a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import sympy
from sympy import Expr, Interval, S
from sympy.sets import Set

from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.basics.sets import is_of_integers, meet, without
from symgrad.prove.normal_form.on_domain import simplified
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.roots import zeros
from symgrad.prove.places.signs import Signs, inner_rational
from symgrad.prove.signs import validity

DEEPEST = 3
LEAST_STEEP = 12  # as an exponent; lower powers are looked at as polynomials


def by_zeros(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of a continuous real expression on an interval on which it has no zero."""
    if len(domain.symbols) != 1 or domain.conditions:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval) or u.has(*branch_cuts.JUMPING):
        return None
    places = zeros(u, x, values)
    if places is None or not all(_is_outside(z, values) for z in places):
        return None
    if not branch_cuts.is_certainly_real(u, Signs(domain, look)):
        return None
    if not all(validity.discharged(c, domain, look) for c in conditions(u)):
        return None
    inside = inner_rational(values.inf, values.sup)
    known = None if inside is None else facts.sign_at(u, {x: inside})
    return Finding(known, True, True, "is continuous and has no zero on the domain") if known else None


def _is_outside(place: Expr, values: Interval) -> bool:
    """Whether a number certainly is no point of the interval."""
    ends = ((values.start, values.left_open, 1), (values.end, values.right_open, -1))
    for end, is_open, inward in ends:
        if end.is_finite and ((place == end and is_open) or constant_sign((place - end) * inward) == -1):
            return True
    return False


def by_arguments(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of f(v) - f(w), which is that of v - w where f increases."""
    if not isinstance(u, sympy.Add) or len(u.args) != 2:
        return None
    (first, f), (second, g) = (term.as_coeff_Mul() for term in u.args)
    if (
        first + second != 0
        or f.func != g.func
        or f.func not in (*INVERSES, sympy.exp, sympy.log)
        or not facts.is_real(first)
    ):
        return None
    v, w = f.args[0], g.args[0]
    if not all(branch_cuts.is_certainly_real(e, Signs(domain)) for e in (v, w)):
        return None
    if f.func is sympy.log and not all((found := look(e, domain)) and found.sign * found.strict == 1 for e in (v, w)):
        return None
    found = look((v - w) * sympy.sign(first), domain)
    how = f"has the sign of the difference of the arguments of {f.func.__name__}, which"
    return found and replace(found, how=f"{how} {found.how}")


def by_value(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of c*f(v) - d, for an increasing f, numbers c and d, which is that of v less where f has the value d/c.

    A power with a positive exponent increases where its base is not negative.
    """
    number, rest = u.as_independent(*domain.symbols, as_Add=True)
    c, f = rest.as_independent(*domain.symbols, as_Add=False)
    known = constant_sign(c)
    if look.depth > DEEPEST or not known:
        return None
    value = -number / c
    if isinstance(f, sympy.Pow) and f.exp.is_Rational and f.exp.q > 1 and f.exp.p > 0:
        v, place = f.base, value ** (1 / f.exp) if facts.is_nonnegative(value) else None
        base = look(v, domain)
        is_increasing = base is not None and base.sign == 1
    else:
        row = INVERSES.get(f.func)
        v, place = (f.args[0], row(value)) if row is not None else (f, None)
        is_increasing = row is not None and branch_cuts.is_certainly_real(v, Signs(domain))
    if place is None or not is_increasing:
        return None
    found = look(v - place, domain)
    if found is None:
        return None
    how = (
        f"has the sign of {sentences.shown((v - place) * found.sign) or 'a difference of arguments'}, which {found.how}"
    )
    return Finding(found.sign * known, found.strict, found.exact, how)


def _between(inverse: Callable[[Expr], Expr], end: Expr) -> Callable[[Expr], Expr | None]:
    return lambda value: inverse(value) if constant_sign(end - sympy.Abs(value)) == 1 else None


# Where increasing functions have a value, if they have it anywhere.
INVERSES: Mapping[type[Expr], Callable[[Expr], Expr | None]] = {
    sympy.sinh: sympy.asinh,
    sympy.asinh: sympy.sinh,
    sympy.tanh: _between(sympy.atanh, S.One),
    sympy.erf: _between(sympy.erfinv, S.One),
    sympy.atan: _between(sympy.tan, S.Pi / 2),
}


def by_exponents(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of a product with a factor p*exp(v) - q*exp(w), which is that of v - w + log(p/q)."""
    factors = sympy.Mul.make_args(u)
    signs = Signs(domain)
    compared = [_exponents_compared(f, signs) for f in factors]
    if all(c is None for c in compared):
        return None
    found = [look(f if c is None else c, domain) for f, c in zip(factors, compared, strict=True)]
    parts = [f for f in found if f is not None]
    if len(parts) < len(found):
        return None
    return Finding(
        int(sympy.prod(f.sign for f in parts)), all(f.strict for f in parts), all(f.exact for f in parts),
        "has the sign of a difference of exponents, since exp increases",
    )  # fmt: skip


def _exponents_compared(factor: Expr, signs: Signs) -> Expr | None:
    terms = [term.as_coeff_Mul() for term in factor.args] if isinstance(factor, sympy.Add) else []
    if len(terms) != 2:
        return None
    (p, first), (q, second) = sorted(terms, key=lambda term: term[0], reverse=True)
    v, w = (_exponent(rest, signs) for rest in (first, second))
    if v is None or w is None or not (first.has(sympy.exp, sympy.Pow) or second.has(sympy.exp, sympy.Pow)):
        return None
    if not (
        facts.is_positive(p) and facts.is_negative(q) and all(branch_cuts.is_certainly_real(e, signs) for e in (v, w))
    ):
        return None
    return sized.expand(v - w) + sympy.log(-p / q)


def _exponent(power: Expr, signs: Signs) -> Expr | None:
    """The v for which a power is exp(v): of a base that is plainly positive, to an exponent that is no integer."""
    if power is S.One:
        return S.Zero
    if isinstance(power, sympy.exp):
        return power.exp
    if not isinstance(power, sympy.Pow) or (power.exp.is_Rational and abs(power.exp) < LEAST_STEEP):
        return None
    return power.exp * sympy.log(power.base) if signs.plain_sign(power.base) == 1 else None


def by_logarithm(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of c*log(w) + r, for a positive number c and a positive w, which is that of w - exp(-r/c)."""
    if look.depth > DEEPEST:
        return None
    with_log = [term for term in sympy.Add.make_args(u) if term.free_symbols and term.has(sympy.log)]
    if len(with_log) != 1:
        return None
    c, logarithm = with_log[0].as_coeff_Mul()
    if not isinstance(logarithm, sympy.log) or not c.is_Rational:
        return None
    (w,) = logarithm.args
    rest = sized.expand((u - with_log[0]) / c)
    if not branch_cuts.is_certainly_real(rest, Signs(domain)) or not branch_cuts.is_certainly_real(w, Signs(domain)):
        return None
    argument = look(w, domain)
    if argument is None or not argument.strict or argument.sign != 1:
        return None
    known = 1 if facts.is_positive(c) else -1
    difference = w - sympy.exp(-rest)
    if facts.is_zero(simplified(difference, domain)):
        return None
    found = look(difference, domain)
    if found is None:
        return None
    how = _by_exponentials(difference * found.sign, found.how)
    return Finding(found.sign * known, found.strict, found.exact, how)


def _by_exponentials(difference: Expr, how: str) -> str:
    return f"has the sign of {sentences.shown(difference) or 'a difference of exponentials'}, which {how}"


def open_parts(values: Set, borders: list[Expr]) -> Iterator[Set]:
    """The set without the borders, as intervals and points that touch none of them."""
    if is_of_integers(values):
        ends = [-S.Infinity, *borders, S.Infinity]
        parts = [meet(values, Interval.open(low, high)) for low, high in pairwise(ends)]
        yield from (part for part in parts if not part.is_empty)
        return
    rest = without(values, borders)
    yield from rest.args if isinstance(rest, sympy.Union) else (rest,)
