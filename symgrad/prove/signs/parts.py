"""Functions in an expression as variables with all their values, and absolute values of variables as variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from flint import fmpq, fmpq_mat
from sympy import Expr, Interval, Rational, S, Symbol
from sympy.core.relational import Relational

from symgrad import activations
from symgrad.activations import ActivationFunction, sigmoid
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.sets import hull, meet
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds

LINE, POSITIVE = Interval(-S.Infinity, S.Infinity), Interval.open(0, S.Infinity)
NONNEGATIVE = Interval(0, S.Infinity)
MOST_KERNELS = 6
MOST_POWERS = 4

# The values of functions wherever their arguments are real.
RANGES: dict[type, Interval] = {
    sympy.tanh: Interval.open(-1, 1),
    sympy.sin: Interval(-1, 1),
    sympy.cos: Interval(-1, 1),
    sympy.atan: Interval.open(-S.Pi / 2, S.Pi / 2),
    sympy.erf: Interval.open(-1, 1),
    sympy.erfc: Interval.open(0, 2),
    sympy.sech: Interval.Lopen(0, 1),
    sympy.cosh: Interval(1, S.Infinity),
    sympy.sinh: LINE,
    sympy.asinh: LINE,
}
ODD = (sympy.tanh, sympy.sin, sympy.atan, sympy.erf, sympy.sinh, sympy.asinh)
EVEN = (sympy.cos, sympy.sech, sympy.cosh)


@dataclass(frozen=True)
class Freed:
    """An expression in new variables, all their values, and what they stand for as a reader is told."""

    expression: Expr
    domain: Domain
    shown: tuple[str, ...]


def multiplied(e: Expr, domain: Domain) -> Expr:
    """The expression with absolute values of products as products, and without those of parts whose sign is known."""

    def taken(u: Expr) -> Expr:
        size = S.One
        for factor in sympy.Mul.make_args(sized.factor_terms(u) if isinstance(u, sympy.Add) else u):
            base, power = factor.as_base_exp()
            if power.is_Integer or (facts.is_integer(power) and not base.is_Add):
                size *= _size(base, domain) ** power
            else:
                size *= _size(factor, domain)
        return size

    for _ in range(3):
        changed = e.replace(lambda a: isinstance(a, sympy.Abs), lambda a: taken(a.args[0]))
        if changed == e:
            break
        e = changed
    return e


def _size(u: Expr, domain: Domain) -> Expr:
    if u.has(sympy.Abs):
        return sympy.Abs(u)
    found = bounds.sign_by_algebra(u, domain)
    return sympy.Abs(u) if found is None else found.sign * u


def in_sizes(e: Expr, domain: Domain) -> tuple[Expr, Domain]:
    """The expression with a variable for each |w| of a variable w, where else w stands in even powers only."""
    for w in sorted({a.args[0] for a in e.atoms(sympy.Abs)} & set(domain.symbols), key=str):
        size = sentences.fresh(f"_abs_{w}", e, domain.symbols)
        powers = {p: size**p.exp for p in e.atoms(sympy.Pow) if p.base == w and p.exp.is_Integer and p.exp % 2 == 0}
        opened = e.xreplace({sympy.Abs(w): size, **powers})
        if not opened.has(w):
            values = hull(domain.set_of(w))
            sizes = meet(values, NONNEGATIVE).union(meet(mirrored(values), NONNEGATIVE))
            e, domain = opened, with_size(domain, w, size, sizes)
    return e, domain


def mirrored(values: sympy.Set) -> sympy.Set:
    """The values with the other sign; for sets that are no intervals, the whole line."""
    if isinstance(values, Interval):
        return Interval(-values.end, -values.start, values.right_open, values.left_open)
    return sympy.Union(*map(mirrored, values.args)) if isinstance(values, sympy.Union) else LINE


def with_size(domain: Domain, w: Symbol, size: Symbol, values: sympy.Set) -> Domain:
    """The domain with |w| for w; conditions that speak of w otherwise are left out."""
    sets = tuple((size, values) if s == w else (s, held) for s, held in domain.sets)
    conditions = (c.xreplace({sympy.Abs(w): size}) for c in domain.conditions)
    return Domain(sets, tuple(c for c in conditions if isinstance(c, Relational) and not c.has(w)))


# --- functions by their values --------------------------------------------------------------------------------------


def by_value(e: Expr, domain: Domain) -> Freed | None:
    """The outermost functions as variables that take all their values; None if there are none."""
    signs = Signs(domain)
    e = by_parity(e)
    held = dict(_outermost(e, signs))
    named = {part: sentences.fresh(f"_v{k}", e, domain.symbols) for k, part in enumerate(held)}
    sets = [(named[part], held[part], str(part)) for part in held]
    e = e.xreplace(named)
    kernels = _kernels(e, signs)
    logistic = {part.args[0]: s / (1 - s) for part, s in named.items() if part.func is sigmoid}
    bases: dict[Expr, Expr] = {}
    for exponent in dict.fromkeys(u for product in kernels.values() for u, _ in product):
        bases[exponent] = logistic.get(exponent) or sentences.fresh(f"_e{len(bases)}", e, domain.symbols)
        if bases[exponent].is_Symbol:
            sets.append((bases[exponent], POSITIVE, str(sympy.exp(exponent))))
    e = e.xreplace({p: sympy.Mul(*(bases[u] ** k for u, k in product)) for p, product in kernels.items()})
    new = [(s, values, name) for s, values, name in sets if e.has(s)]
    if not new:
        return None
    kept = tuple((s, v) for s, v in domain.sets if e.has(s))
    conditions = tuple(c for c in domain.conditions if c.free_symbols <= {s for s, _ in kept})
    shown = tuple(f"{name} in {interval_text(values)}" for _, values, name in new)
    return Freed(e, Domain((*kept, *((s, values) for s, values, _ in new)), conditions), shown)


def interval_text(values: Interval) -> str:
    """The interval as it is written on paper."""
    left, right = "(" if values.left_open else "[", ")" if values.right_open else "]"
    return f"{left}{values.start}, {values.end}{right}"


def by_parity(e: Expr) -> Expr:
    """Odd and even functions, and sigmoid(-u) = 1 - sigmoid(u), of arguments without a minus in front."""
    if not e.args:
        return e
    arguments = [by_parity(a) if isinstance(a, Expr) else a for a in e.args]
    if len(arguments) == 1 and (e.func in (*ODD, *EVEN) or e.func is sigmoid):
        (u,) = arguments
        if u.could_extract_minus_sign():
            turned = e.func(-u)
            return 1 - turned if e.func is sigmoid else -turned if e.func in ODD else turned
    return e.func(*arguments) if list(e.args) != arguments else e


def _outermost(e: Expr, signs: Signs) -> Iterator[tuple[Expr, Interval]]:
    """Functions with a known range that stand in no other one, and not in an exponent."""
    if isinstance(e, sympy.exp) or not e.free_symbols:
        return
    values = _values(e, signs)
    if values is not None:
        yield e, values
        return
    for a in e.args:
        if isinstance(a, Expr):
            yield from _outermost(a, signs)


def _values(e: Expr, signs: Signs) -> Interval | None:
    """The values of a function wherever its arguments are real, if they certainly are; None for what has no range."""
    is_power = isinstance(e, sympy.Pow) and e.exp.free_symbols
    if not (is_power or isinstance(e, (ActivationFunction, *RANGES))):
        return None
    if not all(branch_cuts.is_certainly_real(activations.expand(a), signs) for a in e.args):
        return None
    if is_power:
        return _values_of_power(e.base, e.exp, signs.domain)
    if not isinstance(e, ActivationFunction):
        return RANGES[e.func]
    known = None if any(p.free_symbols for p in e.parameters) else e.row.range(*e.parameters)
    return known if isinstance(known, Interval) else None


def _values_of_power(base: Expr, exponent: Expr, domain: Domain) -> Interval | None:
    """Powers of numbers from [0, 1] lie there, too: the exponent is not negative, and positive where the base is 0."""
    base, domain = in_sizes(base, domain)
    of_base, of_exponent = bounds.sign_by_algebra(base, domain), bounds.sign_by_algebra(exponent, domain)
    if of_exponent is None or of_exponent.sign != 1:
        return None
    below_one = _is_positive(1 - base, domain)
    if of_base is None or of_base.sign != 1:
        above, is_open = _is_positive(1 + base, domain), of_exponent.strict
        if not facts.is_integer(exponent) or below_one is None or above is None:
            return None
        return Interval(-1, 1, above and below_one and is_open, above and below_one and is_open)
    if not (of_base.strict or of_exponent.strict):
        return None
    if below_one is not None:
        return Interval(0, 1, of_base.strict, below_one and of_exponent.strict)
    return Interval(1, S.Infinity) if _is_positive(base - 1, domain) is not None else None


def _is_positive(e: Expr, domain: Domain) -> bool | None:
    """True if positive on the domain, False if zero at least, None if that is not seen."""
    found = bounds.sign_by_algebra(e, domain)
    return found.strict if found is not None and found.sign == 1 else None


# --- exponentials ---------------------------------------------------------------------------------------------------


def _kernels(e: Expr, signs: Signs) -> dict[Expr, list[tuple[Expr, int]]]:
    """The exponentials as products of powers of some of them; nothing if there are too many or one is not real."""
    powers = sorted(
        (p for p in e.atoms(sympy.exp) if p.free_symbols), key=lambda p: (len(sympy.Add.make_args(p.exp)), str(p))
    )
    if not powers or not all(branch_cuts.is_certainly_real(activations.expand(p.exp), signs) for p in powers):
        return {}
    rows = [dict(_monomials(p.exp)) for p in powers]
    if not all(c.is_Rational for row in rows for c in row.values()):
        return {}
    basis: list[int] = []
    told: dict[int, list[Rational]] = {}
    for i, row in enumerate(rows):
        shares = _combined([rows[j] for j in basis], row)
        if shares is None:
            basis.append(i)
        else:
            told[i] = shares
    if len(basis) > MOST_KERNELS:
        return {}
    units = [sympy.ilcm(1, 1, *(told[i][k].q for i in told if k < len(told[i]))) for k in range(len(basis))]
    if any(unit > MOST_POWERS for unit in units):
        return {}
    exponents = [_upright(powers[j].exp / unit) for j, unit in zip(basis, units)]
    found: dict[Expr, list[tuple[Expr, int]]] = {}
    for i, p in enumerate(powers):
        shares = told.get(i) or [S(int(j == i)) for j in basis]
        found[p] = [
            (u, int(share * unit) * direction) for (u, direction), share, unit in zip(exponents, shares, units) if share
        ]
    return found


def _by_length(power: Expr) -> tuple[int, str]:
    return len(sympy.Add.make_args(power.exp)), str(power)


def _upright(u: Expr) -> tuple[Expr, int]:
    return (-u, -1) if u.could_extract_minus_sign() else (u, 1)


def _monomials(exponent: Expr) -> Iterator[tuple[Expr, Expr]]:
    for term in sympy.Add.make_args(sized.expand(exponent)):
        c, m = term.as_coeff_Mul(rational=True)
        yield m, c


def _combined(basis: list[dict[Expr, Expr]], row: dict[Expr, Expr]) -> list[Rational] | None:
    """The rational numbers by which the rows of the basis make a row; None if they do not."""
    if not basis:
        return None
    names = list(dict.fromkeys(m for r in (*basis, row) for m in r))
    table = [[_fraction(r.get(m, S.Zero)) for r in (*basis, row)] for m in names]
    reduced, rank = fmpq_mat(table).rref()
    size, entries = len(basis), reduced.table()
    if rank > size:
        return None
    shares = [entries[k][size] if k < rank else fmpq(0) for k in range(size)]
    return [Rational(int(s.p), int(s.q)) for s in shares]


def _fraction(number: Expr) -> fmpq:
    return fmpq(int(number.p), int(number.q))
