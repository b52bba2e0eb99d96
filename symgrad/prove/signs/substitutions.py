"""Signs in several variables that are signs in fewer: of one combination of them, or but for a common scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import sympy
from sympy import Expr, Interval, Rational, S, Symbol

from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs.factor_values import values_of
from symgrad.prove.signs.factors import factored

DEEPEST = 3
LARGEST = 80  # operations
POWERS = tuple(Rational(p) for p in ("1", "-1", "2", "-2", "1/2", "-1/2"))
MOST_COMBINATIONS = 6


def by_combination(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of a function of one combination of the variables, such as x - y or x*y, wherever that may lie."""
    if len(domain.symbols) < 2 or look.depth > DEEPEST or u.count_ops() > LARGEST:
        return None
    t = sympy.Dummy(sentences.fresh_letter(u.free_symbols), real=True)
    signs = Signs(domain)
    for w in _combinations(u):
        if not branch_cuts.is_certainly_real(w, signs):
            continue
        in_w = _in_terms_of(u, w, t)
        if in_w is None:
            continue
        found = look(in_w, Domain(((t, _range(w, signs)),)))
        if found is not None:
            return Finding(found.sign, found.strict, found.exact, _in_one(t, w, found.how))
    return None


def by_argument(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of a function of a rational function w of the one variable, wherever that may lie."""
    if len(domain.symbols) != 1 or domain.conditions or look.depth > DEEPEST or u.count_ops() > LARGEST:
        return None
    (x,) = domain.symbols
    t = Symbol(sentences.fresh_letter(u.free_symbols), real=True)
    for w in _arguments(u, x):
        in_w = u.xreplace({w: t})
        if in_w.free_symbols != {t}:
            continue
        values = values_of(w, x, domain.set_of(x))
        found = None if values is None else look(in_w, Domain(((t, values),)))
        if found is not None:
            return Finding(found.sign, found.strict, found.exact, _in_one(t, w, found.how))
    return None


def _in_one(t: Symbol, w: Expr, how: str) -> str:
    text = sentences.shown(w)
    return f"is a function of {f'{t.name} = {text} alone' if text else 'one expression'}, which {how}"


def _arguments(u: Expr, x: Symbol) -> list[Expr]:
    """Arguments of functions, and bases, that are rational functions of x, but not linear ones."""
    found = [a for f in u.atoms(sympy.Function, sympy.exp) for a in f.args if isinstance(a, Expr)]
    found += [p.base for p in u.atoms(sympy.Pow) if not isinstance(p, sympy.exp) and not p.exp.is_Integer]
    bent = (a for a in dict.fromkeys(found) if a.is_rational_function(x) and sympy.diff(a, x, 2) != 0)
    return sorted(bent, key=lambda a: (a.count_ops(), str(a)))[:MOST_COMBINATIONS]


def _combinations(u: Expr) -> list[Expr]:
    """Arguments of functions, and bases, that hold several variables."""
    found = [a for f in u.atoms(sympy.Function, sympy.exp) for a in f.args if isinstance(a, Expr)]
    found += [p.base for p in u.atoms(sympy.Pow) if not isinstance(p, sympy.exp)]
    several = dict.fromkeys(a for a in found if len(a.free_symbols) > 1)
    return sorted(several, key=lambda a: (a.count_ops(), str(a)))[:MOST_COMBINATIONS]


def _in_terms_of(u: Expr, w: Expr, t: Symbol) -> Expr | None:
    """The expression with t for w, if nothing of w is left in it."""
    plain = u.subs(w, t)
    if plain.free_symbols == {t} and facts.is_zero(sized.expand(plain.xreplace({t: w}) - u)):
        return plain
    for x in sorted(w.free_symbols, key=str):
        slope = sympy.diff(w, x)
        if slope.is_Rational and slope:
            solved = sized.expand(u.xreplace({x: sized.expand(x + (t - w) / slope)}))
            return solved if solved.free_symbols == {t} else None
    return None


def _range(w: Expr, signs: Signs) -> Interval:
    """An interval that certainly holds all values: a half-line where the sign is plain to see."""
    refined = w.xreplace(signs.refined)
    known = signs.by_assumptions(w)
    if known:
        return Interval.open(0, S.Infinity) if known == 1 else Interval.open(-S.Infinity, 0)
    if facts.is_nonnegative(refined):
        return Interval(0, S.Infinity)
    return Interval(-S.Infinity, 0) if facts.is_nonpositive(refined) else S.Reals


def by_scale(u: Expr, domain: Domain, look: Look) -> Finding | None:
    """The sign of an expression in which a positive variable is but a factor, the others measured by powers of it."""
    if len(domain.symbols) < 2 or domain.conditions or look.depth > DEEPEST or u.count_ops() > LARGEST:
        return None
    sizes = dict(domain.sets)
    for s, values in domain.sets:
        if values != Interval.open(0, S.Infinity):
            continue
        others = [v for v in domain.symbols if v != s]
        if not all(_is_free_of_scale(sizes[v]) for v in others):
            continue
        for powers in _powers(len(others)):
            scaled = u.xreplace({v: v * s**k for v, k in zip(others, powers, strict=True)})
            found = _by_parts(scaled, s, domain, look)
            if found is not None:
                how = (
                    f"is a function of the other variables in units of {s}, up to a positive factor, which {found.how}"
                )
                return replace(found, how=how)
    return None


def _powers(count: int) -> Iterator[tuple[Rational, ...]]:
    if count == 1:
        yield from ((k,) for k in POWERS)
    else:
        yield (S.One,) * count
        yield from (k for k in product((S.One, S.Zero, S.NegativeOne), repeat=count) if any(k) and set(k) != {S.One})


def _is_free_of_scale(values: sympy.Set) -> bool:
    ends = (S.Zero, S.Infinity, -S.Infinity)
    return values == S.Reals or (isinstance(values, Interval) and values.start in ends and values.end in ends)


def _by_parts(scaled: Expr, s: Symbol, domain: Domain, look: Look) -> Finding | None:
    """The sign of a product of something in the scale alone and something free of it."""
    split = factored(scaled, domain)
    if split is None:
        return None
    of_scale, rest = split.as_independent(*(v for v in domain.symbols if v != s), as_Add=False)
    if rest.has(s) or not of_scale.has(s):
        return None
    found = [look(of_scale, domain), look(rest, domain)]
    parts = [f for f in found if f is not None]
    if len(parts) < 2:
        return None
    return Finding(
        parts[0].sign * parts[1].sign, all(f.strict for f in parts), all(f.exact for f in parts), parts[1].how
    )
