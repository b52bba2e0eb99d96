"""Proofs of relations between norms: a bound of the smaller side from above meets one of the larger side from below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product as combinations
from typing import Any, TypeAlias

import sympy
from sympy import Abs, Dummy, Expr, Interval, S, Symbol, Union, expand, oo
from sympy.logic.boolalg import Boolean
from sympy.sets import Set

from symgrad.balls import is_told
from symgrad.base.errors import ClaimError
from symgrad.language.provable import as_sympy, provable
from symgrad.language.statements import Domain, Relation, free_symbols
from symgrad.language.verdicts import Verdict
from symgrad.language.written import limit, origin, substituted
from symgrad.norms import units
from symgrad.norms.bounds import LARGEST, RADIUS, lower, upper
from symgrad.norms.context import MOST_BOUNDS, Bound, Context
from symgrad.norms.defined import cell_is_defined, is_total, matrix_is_defined
from symgrad.norms.exact import is_nonnegative, of_largest, of_radius, value
from symgrad.norms.identities import equal_by_identities
from symgrad.norms.scopes import atoms_of, is_free
from symgrad.reading.text import to_text
from symgrad.symbols import OfMatrix, SpectralNorm, SpectralRadius, TimedScalar

METHOD = "bounds of norms"
FOR_NUMBERS = "it holds for all numbers that are not negative in place of the norms"
TRACE = "the trace is the sum of the eigenvalues"
PUT_IN = "with the equations of the cell at the last step"
MOST_TRIED = 16
Reasons: TypeAlias = tuple[str, ...]


def prove(relation: Relation, within: Context, given: Reasons = ()) -> Verdict | None:
    """A proof of a relation between scalars in which norms and radii stand, or nothing; `given` led up to it."""
    if not cell_is_defined(relation.expressions if not given else (), within, lambda there: _Scalars(there).is_real):
        return None
    proved = _proved(relation, within, given)
    if proved is not None or not within.equations:
        return proved
    table = within.put_in(leaf for side in relation.expressions for leaf in atoms_of(side))
    put = [substituted(side, table) for side in relation.expressions]
    is_new = any(new != old for new, old in zip(put, relation.expressions))
    return _proved(Relation(put[0], relation.op, put[1]), within, (*given, PUT_IN)) if is_new else None


def _proved(relation: Relation, within: Context, given: Reasons) -> Verdict | None:
    if not all(is_defined(side, within) for side in relation.expressions):
        return None
    left, right = (_plain(side) for side in relation.expressions)
    reasons = _by_equalities(left, relation.op, right, within)
    if reasons is None:
        reasons = _BY_BOUNDS[relation.op](left, right, within)
    return None if reasons is None else within.proved(METHOD, (*given, *reasons))


AGAINST: Mapping[str, str] = {"==": "!=", "!=": "==", "<=": ">", "<": ">=", ">=": "<", ">": "<="}


def never_met(within: Context) -> Boolean | None:
    """A condition that certainly fails wherever the others hold, so that the domain is empty; nothing for any other."""
    conditions = within.domain.conditions
    for place, condition in enumerate(conditions):
        others = Domain(within.domain.sets, (*conditions[:place], *conditions[place + 1 :]))
        against = Relation(condition.lhs, AGAINST[condition.rel_op], condition.rhs)
        if prove(against, replace(within, domain=others)) is not None:
            return condition
    return None


def is_defined(side: Expr, within: Context) -> bool:
    """Whether a side as it was written, and the matrices in it, have real values everywhere."""
    scalars = _Scalars(within)

    def is_defined_leaf(leaf: Expr) -> bool:
        if isinstance(leaf, OfMatrix | sympy.Trace):
            return matrix_is_defined(leaf.args[0], within, scalars.is_real)
        if isinstance(leaf, TimedScalar) or is_total(leaf.function):
            return True
        return _is_real_at_every_step(leaf, within)

    if not all(map(is_defined_leaf, atoms_of(side))):
        return False
    return not free_symbols(side) or is_total(side) or scalars.hold(side, "==", side)


def _is_real_at_every_step(leaf: Expr, within: Context) -> bool:
    """Whether all terms of a sum or factors of a product over steps are certainly real."""
    inside, there = leaf.function, within
    for index, low, _ in reversed(leaf.limits):  # the outermost is last
        step, there = there.any_step(index, low)
        inside = inside.xreplace({index: step})
    return _Scalars(there).is_real(inside)


def _plain(side: Expr) -> Expr:
    """A side as SymPy's arithmetic has it; norms are told apart by what stands for them."""
    names = {
        leaf: Dummy(f"norm{k}", real=True) for k, leaf in enumerate(sorted(atoms_of(side), key=sympy.default_sort_key))
    }
    back = {symbol: leaf for leaf, symbol in names.items()}
    plain: Expr = provable(substituted(side, names)).xreplace(back)
    return plain


def upper_bounds_of_nonnegative(side: Expr, within: Context) -> list[Bound]:
    """Upper bounds of what certainly has a value and is not negative; none where that is not known."""
    if not is_defined(side, within):
        return []
    plain = _plain(side)
    return _bounds(plain, within, up=True) if _is_nonnegative(plain, within) else []


def tends_to_0(e: Expr, late: Symbol, within: Context) -> bool:
    """Whether a scalar in which norms stand certainly tends to 0 as a variable grows."""
    power = e.as_independent(late, as_Add=False)[1]
    if isinstance(power, sympy.Pow) and not {late} & (
        free_symbols(power.base) | free_symbols(expand(power.exp - late))
    ):
        scalars = _Scalars(within)
        if scalars.hold(power.base, ">=", S.Zero) and scalars.hold(power.base, "<", S.One):
            return True
    tends = limit(e, late, oo, "-")
    return is_free(tends) and _Scalars(within).hold(tends, "==", S.Zero)


def _by_equalities(left: Expr, op: str, right: Expr, within: Context) -> Reasons | None:
    """A proof by the values of norms and radii alone."""
    scalars = _Scalars(within)
    if not scalars.hold(scalars.value(left), op, scalars.value(right)):
        return None
    return (*_equalities(within, left, right), *scalars.ties) or scalars.reasons


def _both_ways(left: Expr, right: Expr, within: Context) -> Reasons | None:
    found = [_ordered(a, "<=", b, within) for a, b in ((left, right), (right, left))]
    return None if None in found else tuple(reason for reasons in found for reason in reasons or ())


def _apart(left: Expr, right: Expr, within: Context) -> Reasons | None:
    below = _ordered(left, "<", right, within)
    return below if below is not None else _ordered(right, "<", left, within)


def _ordered(smaller: Expr, op: str, larger: Expr, within: Context) -> Reasons | None:
    """A proof that one side is less than the other, or at most as large."""
    parts = _parts(smaller)
    if len(parts) > 1:
        found = [_ordered(part, op, larger, within) for part in parts]
        return None if None in found else tuple(reason for reasons in found for reason in reasons or ())
    scalars = _Scalars(within)
    tried: set[tuple[Expr, Expr]] = set()
    for floor in _bounds(larger, within, up=False):
        near = within.knowing(atoms_of(floor.value))
        for ceiling in _of_use(_bounds(smaller, near, up=True), atoms_of(floor.value)):
            pair = (ceiling.value, floor.value)
            if pair not in tried and len(tried) < MOST_TRIED:
                tried.add(pair)
                if scalars.hold(ceiling.value, op, floor.value):
                    return (*ceiling.reasons, *floor.reasons, *scalars.ties) or scalars.reasons
    return None


def _of_use(ceilings: list[Bound], known: set[Expr]) -> list[Bound]:
    """The bounds by norms that stand on the other side as well, if there are any."""
    return [c for c in ceilings if atoms_of(c.value) <= known] or ceilings


_BY_BOUNDS: Mapping[str, Callable[[Expr, Expr, Context], Reasons | None]] = {
    "==": _both_ways,
    "!=": _apart,
    "<=": lambda left, right, within: _ordered(left, "<=", right, within),
    "<": lambda left, right, within: _ordered(left, "<", right, within),
    ">=": lambda left, right, within: _ordered(right, "<=", left, within),
    ">": lambda left, right, within: _ordered(right, "<", left, within),
}


def _equalities(within: Context, *sides: Expr) -> Iterator[str]:
    """The norms and radii that are known from those of other matrices."""
    for leaf in sorted({leaf for side in sides for leaf in atoms_of(side)}, key=sympy.default_sort_key):
        if value(leaf) != leaf:
            yield f"{to_text(within.as_named(leaf))} is {within.shown(value(leaf))}"


def _parts(smaller: Expr) -> tuple[Expr, ...]:
    """What must all be below something for a side to be below it."""
    if isinstance(smaller, Abs) and atoms_of(smaller) and not smaller.has(TimedScalar):
        return smaller.args[0], sympy.expand(-smaller.args[0])
    return smaller.args if isinstance(smaller, sympy.Max) else (smaller,)


# --- scalars with norms in them -----------------------------------------------------------------------------------


class _Scalars:
    """Scalar statements in which each norm and radius is a number that is not negative."""

    def __init__(self, within: Context) -> None:
        self.within = within
        self.names: dict[Any, Symbol] = {}
        self.ties: list[str] = []
        self.reasons: Reasons = ()

    def symbol(self, leaf: Expr) -> Symbol:
        return self.names.setdefault(leaf, Symbol(self.within.shown(leaf), real=True))

    def value(self, e: Expr) -> Expr:
        """An expression with the norms in it by equalities."""
        return e.xreplace({leaf: value(leaf) for leaf in atoms_of(e)})

    def is_real(self, e: Expr) -> bool:
        """Whether an expression certainly has a real value everywhere."""
        return self.hold(sympy.Pow(e, 2, evaluate=False), ">=", S.Zero)

    def hold(self, left: Expr, op: str, right: Expr) -> bool:
        """Whether a statement holds for all values of the norms that fit together."""
        if self._hold(left, op, right, {}):
            return True
        known: dict[Expr, tuple[Symbol, Set]] = {}
        for find in (self._absolute_values, self._exponents):
            more = {part: (Symbol(str(part), **facts), values) for part, facts, values in find(left, right)}
            known |= more
            if more and self._hold(left, op, right, known):
                return True
        return False

    def _hold(self, left: Expr, op: str, right: Expr, parts: Mapping[Expr, tuple[Symbol, Set]]) -> bool:
        """The same with symbols for some parts, of which no more is known than where they lie."""
        conditions = self.within.domain.conditions
        asked = [*conditions, *_equal_norms(conditions)]
        said = [(c, [self.value(side) for side in c.args]) for c in asked]
        spoken_of = atoms_of(left) | atoms_of(right)
        equal = list(equal_by_identities(conditions, sorted(spoken_of, key=sympy.default_sort_key)))
        said += [(c, [self.value(side) for side in c.args]) for c in equal]
        leaves = spoken_of | {a for _, sides in said for side in sides for a in atoms_of(side)}
        table = {leaf: self.symbol(leaf) for leaf in sorted(leaves, key=sympy.default_sort_key)}
        whole = {**table, **{part: symbol for part, (symbol, _) in parts.items()}}
        given = [c.func(*(provable(substituted(side, whole)) for side in sides), evaluate=False) for c, sides in said]
        self.ties = [f"{self.within.shown(c.lhs)} is {self.within.shown(c.rhs)} by the conditions" for c in equal]
        for small, large, reason in _ties(table):
            self.ties.append(reason)
            given.append(sympy.Le(table[small], table[large], evaluate=False))
        sides = [substituted(side, whole) for side in (left, right)]
        used = {s for side in sides for s in free_symbols(side)}
        used |= {s for c in given if c.free_symbols & used for s in c.free_symbols}
        norms = {symbol: Interval(0, oo) for leaf, symbol in self.names.items() if isinstance(leaf, OfMatrix)}
        steps = {symbol: leaf for leaf, symbol in self.names.items() if isinstance(leaf, sympy.Product)}
        products = {s: units.where_product_lies(leaf, self.within) for s, leaf in steps.items() if s in used}
        known = norms | products | dict(parts.values())
        sets = {s: known.get(s) or self.within.set_of(s) for s in used}
        domain = _narrowed(sets, [c for c in given if c.free_symbols and c.free_symbols <= used])
        if domain is None:
            return False
        verdict = self.within.verdict_on(Relation(sides[0], op, sides[1]), domain)
        if verdict is None:
            return False
        told = verdict.evidence or verdict.method
        self.reasons = (f"{FOR_NUMBERS}: {told}" if used & set(norms) else told,)
        return True

    def _absolute_values(self, *sides: Expr) -> Iterator[tuple[Expr, dict[str, bool], Set]]:
        """Those of numbers without norms in powers: the prover knows more of a variable that is not negative."""
        found = (
            node for p in _powers(*sides) for node in sympy.preorder_traversal(p.base) if origin(type(node)) is Abs
        )
        for node in dict.fromkeys(found):
            if is_total(node.args[0]) and not atoms_of(node):
                yield node, {"real": True}, self._where_it_lies(node.args[0])

    def _where_it_lies(self, inside: Expr) -> Set:
        """The values of the absolute value of this, of a symbol those of what the symbol can be."""
        values = self.within.set_of(inside) if isinstance(inside, Symbol) else S.Reals
        halves = [values.intersect(half) for half in (Interval(0, oo), Interval(-oo, 0))]
        if not all(half.is_empty or isinstance(half, Interval) for half in halves):
            return Interval(0, oo)
        return Union(halves[0], _mirrored(halves[1]))

    def _exponents(self, *sides: Expr) -> Iterator[tuple[Expr, dict[str, bool], Set]]:
        """Numbers of steps such as T - k, of which it may be enough to know that they are not negative."""
        for node in dict.fromkeys(p.exp for p in _powers(*sides) if isinstance(p.exp, sympy.Add)):
            count = as_sympy(node)
            least = next((k for k, op in ((1, ">"), (0, ">=")) if count.is_integer and self._is(count, op)), None)
            if least is not None:
                yield node, {"integer": True}, sympy.Range(least, oo)

    def _is(self, count: Expr, op: str) -> bool:
        return self.within.holds(count, op, S.Zero)


def _equal_norms(conditions: Iterable[Boolean]) -> Iterator[Boolean]:
    """What conditions say of norms that let the norm of a sum be 0: of two terms that they have one norm, and of
    terms that are not negative, such as A.T @ A, that each of them is 0."""
    for condition in conditions:
        gap = next((side.matrix for side in condition.args if isinstance(side, SpectralNorm)), None)
        if isinstance(condition, sympy.Eq) and S.Zero in condition.args and isinstance(gap, sympy.MatAdd):
            if all(map(is_nonnegative, gap.args)):
                yield from (sympy.Eq(value(SpectralNorm(part)), 0, evaluate=False) for part in gap.args)
            first, *others = gap.args
            sides = [value(SpectralNorm(part)) for part in (first, sympy.MatAdd(*others))]
            for power, other in (sides, sides[::-1]):
                if isinstance(power, sympy.Pow) and power.exp.is_Integer and power.exp > 0:
                    # Of a scalar, which may be negative, only the absolute value is known by its power.
                    yield sympy.Eq(Abs(power.base), other ** (1 / power.exp), evaluate=False)
            yield sympy.Eq(*sides, evaluate=False)


def _powers(*sides: Expr) -> Iterator[Expr]:
    """The powers whose exponents are no numbers."""
    for side in sides:
        yield from (p for p in sympy.preorder_traversal(side) if isinstance(p, sympy.Pow) and free_symbols(p.exp))


def _mirrored(values: Set) -> Set:
    if values.is_empty:
        return values
    return Interval(-values.sup, -values.inf, values.right_open, values.left_open)


def _number(side: Expr) -> Expr:
    """A side of a condition, a number as SymPy has it, as sets do not hold numbers as they were written."""
    return side if free_symbols(side) else as_sympy(side)


def _narrowed(sets: Mapping[Symbol, Set], conditions: list[Boolean]) -> Domain | None:
    """The domain, where conditions on one symbol narrow its set; nothing for an empty one."""
    try:
        found = Domain.of(sets, [c.func(*map(_number, c.args), evaluate=False) for c in conditions])
    except ClaimError:
        return None
    both = tuple((s, sets[s].intersect(values)) for s, values in found.sets)
    return None if any(values.is_empty for _, values in both) else Domain(both, found.conditions)


def _ties(table: dict[Expr, Symbol]) -> Iterator[tuple[Expr, SpectralNorm, str]]:
    """Which of the norms are known to be no larger than others."""
    for leaf in table:
        if not isinstance(leaf, SpectralNorm):
            continue
        matrix = leaf.matrix
        for other in table:
            if other != leaf and matrix.shape[0] == matrix.shape[1] and other == of_radius(matrix):
                yield other, leaf, RADIUS
            if other != leaf and matrix.shape[1] == 1 and other == of_largest(matrix):
                yield other, leaf, LARGEST


# --- bounds of scalar expressions ---------------------------------------------------------------------------------


def _bounds(e: Expr, within: Context, *, up: bool) -> list[Bound]:
    """Bounds of an expression from above or from below, by those of the norms in it."""
    if not atoms_of(e):
        return [Bound(e)]
    if isinstance(e, OfMatrix):
        return upper(e, within) if up else lower(e, within)
    if isinstance(e, sympy.Trace):
        return [Bound(e), *_of_trace(e, within, up)]
    for kind, rule in _MONOTONE.items():
        if isinstance(e, kind):
            found = rule(e, within, up)
            return _distinct(found) if found is not None else _exactly(e)
    return _exactly(e)


def _of_trace(e: Expr, within: Context, up: bool) -> Iterator[Bound]:
    """The sum of as many eigenvalues as there are rows, none larger in absolute value than the spectral radius."""
    for bound in upper(SpectralRadius(e.arg), within):
        largest = e.arg.shape[0] * bound.value
        yield Bound(largest if up else -largest, (TRACE, *bound.reasons))


def _exactly(e: Expr) -> list[Bound]:
    return [Bound(e.xreplace({leaf: value(leaf) for leaf in atoms_of(e)}))]


def _distinct(bounds: list[Bound]) -> list[Bound]:
    return list({b.value: b for b in reversed(bounds)}.values())[::-1][:MOST_BOUNDS]


def _combined(parts: list[list[Bound]], make: Callable[..., Expr]) -> list[Bound]:
    choices = combinations(*(p[: 4 if len(parts) > 2 else MOST_BOUNDS] for p in parts))
    return [
        Bound(make(*(b.value for b in c)), tuple(r for b in c for r in b.reasons)) for c, _ in zip(choices, range(64))
    ]


def _of_sum(e: Expr, within: Context, up: bool) -> list[Bound] | None:
    return _combined([_bounds(a, within, up=up) for a in e.args], sympy.Add)


def _of_product(e: Expr, within: Context, up: bool) -> list[Bound] | None:
    number, rest = e.as_independent(OfMatrix, sympy.Trace, TimedScalar)
    sign = 1 if _is_nonnegative(number, within) else -1 if _is_nonnegative(-number, within) else 0
    factors = sympy.Mul.make_args(rest)
    if not sign or (len(factors) > 1 and not all(_is_nonnegative(f, within) for f in factors)):
        return None
    parts = [_bounds(f, within, up=up is (sign > 0)) for f in factors]
    if len(parts) > 1 and up is not (sign > 0):
        parts = [[b for b in p if _is_nonnegative(b.value, within)] for p in parts]
    return _combined(parts, lambda *values: number * sympy.Mul(*values))


def _of_power(e: Expr, within: Context, up: bool) -> list[Bound] | None:
    base, exponent = e.base, e.exp
    if atoms_of(exponent) or not _is_nonnegative(base, within) or not _is_nonnegative(exponent, within):
        return None
    parts = _bounds(base, within, up=up)
    return [Bound(b.value**exponent, b.reasons) for b in parts if up or _is_nonnegative(b.value, within)]


def _of_absolute(e: Expr, within: Context, up: bool) -> list[Bound] | None:
    (inside,) = e.args
    known = units.of_absolute(inside, within) if up and inside.has(TimedScalar) else None
    if known is not None:
        return [known]
    if not up:
        return [*_exactly(e), *_bounds(inside, within, up=False)]
    return _combined([_bounds(inside, within, up=True), _bounds(sympy.expand(-inside), within, up=True)], sympy.Max)


def _of_steps(e: Expr, within: Context, up: bool) -> list[Bound] | None:
    """Of a product over steps, by a bound of its absolute value."""
    known = units.of_absolute(e, within)
    of_size = [] if known is None else [Bound(known.value if up else -known.value, known.reasons)]
    return [*_exactly(e), *of_size]


def _of_extreme(e: Expr, within: Context, up: bool) -> list[Bound] | None:
    return _combined([_bounds(a, within, up=up) for a in e.args], e.func)


def _of_increasing(e: Expr, within: Context, up: bool) -> list[Bound] | None:
    """Of a function that grows with its argument; that the side has a value is known."""
    return [Bound(e.func(b.value), b.reasons) for b in _bounds(e.args[0], within, up=up)] if up else None


_MONOTONE: dict[type, Callable[[Any, Context, bool], list[Bound] | None]] = {
    sympy.Add: _of_sum,
    sympy.Mul: _of_product,
    sympy.Pow: _of_power,
    sympy.Abs: _of_absolute,
    sympy.Product: _of_steps,
    sympy.Max: _of_extreme,
    sympy.Min: _of_extreme,
    **dict.fromkeys((sympy.exp, sympy.log, sympy.tanh, sympy.sinh, sympy.atan, sympy.asinh), _of_increasing),
}


def _is_nonnegative(e: Expr, within: Context) -> bool:
    """Whether an expression is certainly not negative, as its form shows or as the prover finds."""
    if isinstance(e, OfMatrix | Abs) or (e.is_number and e.is_nonnegative and is_told(e)):
        return True
    if isinstance(e, sympy.Add | sympy.Mul) and atoms_of(e) and all(_is_nonnegative(a, within) for a in e.args):
        return True
    if isinstance(e, sympy.Pow) and atoms_of(e) and _is_nonnegative(e.base, within):
        return True
    return _Scalars(within).hold(e, ">=", S.Zero)
