"""Signs of expressions in which new variables stand for terms, for linear combinations or for monotone functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy
from sympy import Dummy, Expr, Interval, S, Symbol

from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.basics.sets import lies_in
from symgrad.prove.places.signs import Signs
from symgrad.symbols.elliptic import JACOBI, jacobi_cn, jacobi_dn, jacobi_sn

DEEPEST = 2
LARGEST = 60  # operations
MOST_TERMS = 6
ELLIPTIC = "keeps its sign whatever the values of the elliptic functions in it"

# Functions that rise and are continuous on an interval.
RISING: dict[type, Interval] = {
    sympy.tan: Interval.open(-S.Pi / 2, S.Pi / 2),
    sympy.log: Interval.open(0, S.Infinity),
} | dict.fromkeys(
    (sympy.exp, sympy.sinh, sympy.tanh, sympy.atan, sympy.asinh, sympy.erf), Interval(-S.Infinity, S.Infinity)
)


def by_terms(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """A sum of terms that all have one sign."""
    if not isinstance(expression, sympy.Add) or len(expression.args) > MOST_TERMS or look.depth > DEEPEST:
        return None
    parts: list[Finding] = []
    for term in expression.args:
        found = look(term, domain)
        if found is None or (parts and found.sign != parts[0].sign):
            return None
        parts.append(found)
    strict, exact = any(f.strict for f in parts), all(f.exact for f in parts)
    return Finding(parts[0].sign, strict, exact, "is a sum of terms that all have this sign")


def by_stand_ins(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """An expression that new variables, with all values of the parts they stand for, make simpler."""
    if look.depth > DEEPEST or domain.conditions or expression.count_ops() > LARGEST:
        return None
    for table in (_combinations(expression, domain), _monotone(expression, domain)):
        sets = tuple((table[e][0], table[e][1]) for e in table)
        simpler = expression.xreplace({e: t for e, (t, _) in table.items()})
        if table and not simpler.free_symbols & expression.free_symbols:
            found = look(simpler, Domain(sets))
            if found is not None:
                return replace(found, how=_by_values(table))
    return None


def _by_values(table: Mapping[Expr, object]) -> str:
    texts = [sentences.shown(e, sentences.LONGEST_PLACE) for e in table]
    named = sentences.listed([text for text in texts if text is not None])
    return f"keeps its sign whatever the values of {named if None not in texts else 'the functions in it'}"


def by_elliptic_ranges(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """An expression in which variables from [-1, 1] stand for sn and cn, and roots of 1 - m sn**2 for dn."""
    if look.depth > DEEPEST or domain.conditions or expression.count_ops() > LARGEST or not expression.has(*JACOBI):
        return None
    signs, sets = Signs(domain), dict(domain.sets)
    table: dict[Expr, Expr] = {}
    for f in sorted(expression.atoms(*JACOBI), key=lambda f: (isinstance(f, jacobi_dn), sympy.default_sort_key(f))):
        if not all(signs.is_real(a) for a in f.args) or (isinstance(f, jacobi_dn) and signs.sign(1 - f.args[1]) != 1):
            return None
        u, m = f.args
        sn, cn = jacobi_sn(u, m), jacobi_cn(u, m)
        if sn not in table:
            table[sn] = _named(len(table), expression)
        s = table[sn]
        sets[s] = Interval(-1, 1)
        if f == cn and cn not in table:
            table[cn] = _named(len(table), expression)
            sets[table[cn]] = Interval(-1, 1)
        if isinstance(f, jacobi_dn):
            table[f] = sympy.sqrt(1 - m * s**2)
    simpler = expression.xreplace(table)
    if simpler.has(*JACOBI):
        return None
    for s in [t for t in table.values() if isinstance(t, Symbol)]:
        if simpler.xreplace({s: -s}) == simpler:  # then it is one of the square
            simpler = simpler.xreplace({s: sympy.sqrt(s)})
            sets[s] = Interval(0, 1)
    kept = tuple((s, v) for s, v in sets.items() if s in simpler.free_symbols)
    found = look(simpler, Domain(kept))
    return None if found is None else replace(found, how=ELLIPTIC)


def _named(k: int, beside: Expr) -> Symbol:
    return sentences.fresh(f"_{k}", beside)


def _combinations(expression: Expr, domain: Domain) -> dict[Expr, tuple[Symbol, Interval]]:
    """Arguments that are linear in several variables, with intervals around their values."""
    found: dict[Expr, tuple[Symbol, Interval]] = {}
    for f in sorted(expression.atoms(sympy.Function), key=sympy.default_sort_key):
        for u in f.args:
            values = _combined(u, domain) if isinstance(u, Expr) and len(u.free_symbols) > 1 else None
            if values is not None and u not in found:
                found[u] = (_named(len(found), expression), values)
    return found


def _combined(u: Expr, domain: Domain) -> Interval | None:
    """All values of a linear expression, if they are an interval; an end is open where one of its parts is."""
    low, high, left_open, right_open = S.Zero, S.Zero, False, False
    for term in sympy.Add.make_args(u):
        factor, x = term.as_independent(*u.free_symbols)
        values = domain.set_of(x) if isinstance(x, Symbol) else None
        if x is S.One:
            low, high = low + factor, high + factor
        elif not isinstance(values, Interval):
            return None
        elif facts.is_positive(factor):
            low, high = low + factor * values.start, high + factor * values.end
            left_open, right_open = left_open or values.left_open, right_open or values.right_open
        elif facts.is_negative(factor):
            low, high = low + factor * values.end, high + factor * values.start
            left_open, right_open = left_open or values.right_open, right_open or values.left_open
        else:
            return None
    return Interval(low, high, left_open, right_open) if facts.is_end(low) and facts.is_end(high) else None


def _monotone(expression: Expr, domain: Domain) -> dict[Expr, tuple[Symbol, Interval]]:
    """Functions that rise with a variable, with their values on its interval."""
    found: dict[Expr, tuple[Symbol, Interval]] = {}
    for f in sorted(expression.atoms(*RISING), key=sympy.default_sort_key):
        (u,) = f.args
        values = domain.set_of(u) if isinstance(u, Symbol) else None
        if isinstance(values, Interval) and lies_in(values, RISING[f.func]) and values.start != values.end:
            ends = [_at(f.func, end, direction) for end, direction in ((values.start, "+"), (values.end, "-"))]
            if all(facts.is_end(end) for end in ends):
                found[f] = (_named(len(found), expression), Interval(*ends, values.left_open, values.right_open))
    return found


def _at(f: type, end: Expr, direction: str) -> Expr:
    t = Dummy("t", real=True)
    return sympy.limit(f(t), t, end, direction)
