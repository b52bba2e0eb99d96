"""Sums of products of entries with indices, and the one name that each product has."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import factorial, prod
from typing import TypeAlias

import sympy
from sympy import Dummy, Expr, Integer, S, Symbol

from symgrad.base.budget import charge
from symgrad.base.errors import CellError
from symgrad.recurrent.forms.expanded import expanded
from symgrad.recurrent.forms.zeros import is_zero
from symgrad.symbols import TimedScalar

Index: TypeAlias = Dummy | Integer | str | None
MOST_LABELLINGS = 5040
WORK_OF_A_PRODUCT, WORK_OF_A_NAME, WORK_OF_A_FACTOR, WORK_OF_A_TEXT = 30, 60, 60, 10
MOST_TERMS = 20_000
ROW, COLUMN = "row", "column"
PRODUCT, POWER, FUNCTION = "product", "power", "function"
PRODUCT_TIME = Symbol("i", integer=True)


@dataclass(frozen=True)
class Atom:
    """What has entries: a variable at a time, a function of a matrix, a product over time."""

    head: str
    times: tuple[Expr, ...] = ()
    inner: tuple[Form, ...] = ()
    size: Expr | None = field(default=None, compare=False)  # of a product of square matrices

    def key(self, names: Mapping[Symbol, Symbol]) -> str:
        times = ",".join(str(sympy.expand(time.xreplace(dict(names)))) for time in self.times)
        inner = ";".join(form.key(names) for form in self.inner)
        return f"{self.head}@{times}<{inner}>" if inner else f"{self.head}@{times}"


@dataclass(frozen=True)
class Monomial:
    """A product of entries, with the sums over time that stand before it."""

    factors: tuple[tuple[Atom, tuple[Index, ...]], ...] = ()
    sizes: tuple[tuple[Dummy, Expr], ...] = ()
    times: tuple[Dummy, ...] = ()
    conditions: frozenset[Expr] = frozenset()

    def __mul__(self, other: Monomial) -> Monomial:
        return Monomial(
            self.factors + other.factors,
            self.sizes + other.sizes,
            self.times + other.times,
            self.conditions | other.conditions,
        )


@dataclass(frozen=True)
class Form:
    """A sum of monomials with coefficients that are scalars."""

    terms: tuple[tuple[Expr, Monomial], ...]

    def __add__(self, other: Form) -> Form:
        return Form(self.terms + other.terms)

    def __mul__(self, other: Form) -> Form:
        if len(self.terms) * len(other.terms) > MOST_TERMS:
            raise CellError(f"a formula of more than {MOST_TERMS} terms in index notation")
        charge(WORK_OF_A_PRODUCT * len(self.terms) * len(other.terms))
        return Form(tuple((a * b, m * _apart(k, m)) for a, m in self.terms for b, k in other.terms))

    def scaled(self, number: Expr) -> Form:
        return Form(tuple((number * c, m) for c, m in self.terms))

    def canonical(self, names: Mapping[Symbol, Symbol] | None = None) -> dict[str, Expr]:
        """Coefficients by monomials, each monomial under the one name it has."""
        return {key: expanded(c) for key, c in self.collected(names).items()}

    def collected(self, names: Mapping[Symbol, Symbol] | None = None) -> dict[str, Expr]:
        """The same, with coefficients that are not multiplied out."""
        found: dict[str, list[Expr]] = defaultdict(list)
        for coefficient, monomial in self.terms:
            placed = _at_places(monomial)
            if placed is not None:
                number, key = _named(coefficient, placed, names or {})
                found[key].append(number)
        added = {key: sympy.Add(*numbers) for key, numbers in sorted(found.items())}
        return {key: c for key, c in added.items() if not is_zero(c)}

    def key(self, names: Mapping[Symbol, Symbol]) -> str:
        return "+".join(f"({c})*{m}" for m, c in self.canonical(names).items())


def _apart(monomial: Monomial, other: Monomial) -> Monomial:
    """The monomial with times and indices of its own where both sum over the same ones."""
    if monomial.sizes and not dict(monomial.sizes).keys().isdisjoint(dict(other.sizes)):
        monomial = indexed(monomial, {})
    shared = set(monomial.times) & set(other.times)
    return moved(monomial, {time: Dummy(time.name, integer=True) for time in shared}) if shared else monomial


def moved(monomial: Monomial, table: Mapping[Symbol, Expr]) -> Monomial:
    return Monomial(
        tuple((_atom_moved(atom, table), indices) for atom, indices in monomial.factors),
        monomial.sizes,
        tuple(table.get(time, time) for time in monomial.times),
        frozenset(sympy.expand(c.xreplace(dict(table))) for c in monomial.conditions),
    )


def _atom_moved(atom: Atom, table: Mapping[Symbol, Expr]) -> Atom:
    times = tuple(sympy.expand(time.xreplace(dict(table))) for time in atom.times)
    inner = tuple(Form(tuple((c.xreplace(dict(table)), moved(m, table)) for c, m in form.terms)) for form in atom.inner)
    return Atom(atom.head, times, inner, atom.size)


ONE = Form(((S.One, Monomial()),))
ZERO = Form(())


def single(atom: Atom, i: Index, j: Index) -> Form:
    indices = tuple(index for index in (i, j) if index is not None)
    return Form(((S.One, Monomial(((atom, indices),))),))


def sum_of(forms: Iterable[Form]) -> Form:
    return Form(tuple(term for form in forms for term in form.terms))


def repeated(form: Form, times: int) -> Form:
    product = ONE
    for _ in range(times):
        product = product * form
    return product


DELTA = Atom("delta")


def delta(i: Index, j: Index) -> Form:
    if i is None or i == j:
        return ONE
    return ZERO if _are_apart(i, j) else Form(((S.One, Monomial(((DELTA, (i, j)),))),))


def _are_apart(i: Index, j: Index) -> bool:
    """Whether two indices are different numbers."""
    return isinstance(i, Integer) and isinstance(j, Integer) and i != j


def summed(form: Form, bound: Dummy, size: Expr) -> Form:
    """The sum over an index: a delta in it is used up, and an index that nothing holds counts its size."""
    return Form(tuple(_summed_term(c, m, bound, size) for c, m in form.terms))


def _summed_term(coefficient: Expr, monomial: Monomial, bound: Dummy, size: Expr) -> tuple[Expr, Monomial]:
    factors = list(monomial.factors)
    for place, (atom, indices) in enumerate(factors):
        if atom == DELTA and bound in indices:
            other = indices[0] if indices[1] == bound else indices[1]
            rest = factors[:place] + factors[place + 1 :]
            return coefficient, replace(monomial, factors=tuple((a, _with(ix, bound, other)) for a, ix in rest))
    if not any(bound in indices for _, indices in factors):
        return coefficient * size, monomial
    fresh = Dummy("k")
    return coefficient, replace(
        monomial,
        factors=tuple((a, _with(ix, bound, fresh)) for a, ix in factors),
        sizes=(*monomial.sizes, (fresh, size)),
    )


def _with(indices: tuple[Index, ...], old: Index, new: Index) -> tuple[Index, ...]:
    return tuple(new if index == old else index for index in indices)


def without_deltas(monomial: Monomial) -> Monomial:
    """The monomial with each delta that holds a summed index used up."""
    for place, (atom, indices) in enumerate(monomial.factors):
        bound = [index for index in indices if any(index == k for k, _ in monomial.sizes)]
        if atom != DELTA or (indices[0] != indices[1] and not bound):
            continue
        rest = monomial.factors[:place] + monomial.factors[place + 1 :]
        if indices[0] == indices[1]:
            return without_deltas(replace(monomial, factors=rest))
        gone = bound[0]
        other = indices[0] if indices[1] == gone else indices[1]
        factors = tuple((a, _with(ix, gone, other)) for a, ix in rest)
        sizes = tuple((k, size) for k, size in monomial.sizes if k != gone)
        return without_deltas(replace(monomial, factors=factors, sizes=sizes))
    return monomial


def _at_places(monomial: Monomial) -> Monomial | None:
    """The monomial with what a delta says to be a number as that number everywhere; None where deltas contradict."""
    for place, (atom, indices) in enumerate(monomial.factors):
        if atom != DELTA or not any(isinstance(index, Integer) for index in indices):
            continue
        before, after = monomial.factors[:place], monomial.factors[place + 1 :]
        if indices[0] == indices[1]:
            return _at_places(replace(monomial, factors=before + after))
        if _are_apart(*indices):
            return None
        number, other = indices if isinstance(indices[0], Integer) else indices[::-1]
        if not any(other in ix for _, ix in before + after) and not any(other == k for k, _ in monomial.sizes):
            continue
        factors = tuple((a, _with(ix, other, number)) for a, ix in before + after)
        sizes = tuple((k, size) for k, size in monomial.sizes if k != other)
        kept = () if len(sizes) < len(monomial.sizes) else ((DELTA, (number, other)),)
        return _at_places(replace(monomial, factors=factors + kept, sizes=sizes))
    return replace(monomial, factors=tuple(_function_of_entry(*factor) for factor in monomial.factors))


def _function_of_entry(atom: Atom, indices: tuple[Index, ...]) -> tuple[Atom, tuple[Index, ...]]:
    """The entry of a function of each entry at a number, as the function of the entry there."""
    if not atom.head.startswith(FUNCTION) or not any(isinstance(index, Integer) for index in indices):
        return atom, indices
    (form,) = atom.inner
    is_row = not any(ROW in ix for _, m in form.terms for _, ix in m.factors)
    names = (ROW, COLUMN) if len(indices) == 2 else (COLUMN,) if is_row else (ROW,)
    table: dict[Index, Index] = {name: k for name, k in zip(names, indices) if isinstance(k, Integer)}
    inner = Form(tuple((c, indexed(m, table)) for c, m in form.terms))
    return replace(atom, inner=(inner,)), tuple(k for k in indices if not isinstance(k, Integer))


def inside_of(atom: Atom, at: Expr, indices: tuple[Index, ...]) -> Form:
    """The factor of an ordered product at a step, as the entry at a row and a column."""
    (form,) = atom.inner
    names: dict[Index, Index] = dict(zip((ROW, COLUMN), indices))
    terms = []
    for coefficient, monomial in form.terms:
        table: dict[Symbol, Expr] = {PRODUCT_TIME: at, **{t: Dummy(t.name, integer=True) for t in monomial.times}}
        terms.append((coefficient.xreplace(table), moved(indexed(monomial, names), table)))
    return Form(tuple(terms))


def turned(form: Form) -> Form:
    """The entry at the column and the row."""
    table: dict[Index, Index] = {ROW: COLUMN, COLUMN: ROW}

    def over(m: Monomial) -> Monomial:
        return replace(m, factors=tuple((a, tuple(table.get(ix, ix) for ix in places)) for a, places in m.factors))

    return Form(tuple((c, over(m)) for c, m in form.terms))


def indexed(monomial: Monomial, names: Mapping[Index, Index]) -> Monomial:
    """The monomial with other indices, and those that it is summed over under names of their own."""
    table: dict[Index, Index] = {**names, **{k: Dummy("k") for k, _ in monomial.sizes}}
    factors = tuple((a, tuple(table.get(index, index) for index in ix)) for a, ix in monomial.factors)
    return replace(monomial, factors=factors, sizes=tuple((table[k], size) for k, size in monomial.sizes))


def counted(monomial: Monomial, table: Mapping[Symbol, Expr]) -> Monomial:
    """The monomial with its summed steps counted from elsewhere, under the same names."""
    return replace(moved(replace(monomial, times=()), table), times=monomial.times)


# --- steps --------------------------------------------------------------------------------------------------------


def places(coefficient: Expr, monomial: Monomial) -> Iterator[tuple[str, Expr]]:
    """All that stands at some step, by name, with the step."""
    for atom, _ in monomial.factors:
        yield from _places_of_atom(atom, "")
    for v in coefficient.atoms(TimedScalar):
        yield ":".join(v.key), sympy.expand(v.time)
    for power in coefficient.atoms(sympy.Pow):
        if power.exp.free_symbols:
            yield f"~{power.base}", sympy.expand(power.exp)


def _places_of_atom(atom: Atom, above: str) -> Iterator[tuple[str, Expr]]:
    if atom.head == PRODUCT:  # first by name, so that products over the same steps have the same ends
        order = "~" if is_constant(atom) else " "  # of a power only the number of factors is told, and that last
        for end, time in enumerate(atom.times):
            yield f"{order}{above}{end}", sympy.expand(time)
        return
    for time in atom.times:
        yield f"{above}{atom.head}", sympy.expand(time)
    for form in atom.inner:
        for coefficient, monomial in form.terms:
            for name, time in places(coefficient, monomial):
                yield f"{above}{atom.head}/{name}", time


def is_constant(atom: Atom) -> bool:
    """Whether all factors of a product over time are the same."""
    return not any(_has_time(form) for form in atom.inner)


def _has_time(form: Form) -> bool:
    return any(
        c.has(PRODUCT_TIME) or any(_atom_has_time(atom) for atom, _ in m.factors) for c, m in form.terms
    )  # fmt: skip


def _atom_has_time(atom: Atom) -> bool:
    return any(time.has(PRODUCT_TIME) for time in atom.times) or any(map(_has_time, atom.inner))


def home_of_factor(form: Form) -> Expr:
    """How many steps after its index the factor of a product has what comes first in it by name."""
    found = [(name, at) for c, m in form.terms for name, at in places(c, m) if at.coeff(PRODUCT_TIME) == 1]
    first = min((name for name, _ in found), default="")
    rests = [sympy.expand(at - PRODUCT_TIME) for name, at in found if name == first]
    latest = rests[0] if rests else S.Zero
    for rest in rests[1:]:
        latest = rest if sympy.expand(rest - latest).is_positive else latest
    return latest


# --- canonical names ------------------------------------------------------------------------------------------------


def _named(coefficient: Expr, monomial: Monomial, names: Mapping[Symbol, Symbol]) -> tuple[Expr, str]:
    """The coefficient that holds no summed time, and the name of the monomial: the least over all labellings."""
    factors = list(monomial.factors)
    charge(WORK_OF_A_NAME + WORK_OF_A_FACTOR * len(factors) * factorial(len(monomial.times)))
    coefficient = coefficient.xreplace(dict(names))
    number, rest = coefficient.as_independent(*monomial.times, as_Add=False) if monomial.times else (coefficient, S.One)
    conditions = _closure(monomial.conditions, monomial.times)
    best: str | None = None
    for order in itertools.permutations(range(len(monomial.times))):
        table = dict(names)
        depth = len(names)
        table |= {time: Symbol(f"s{depth + order[k]}", integer=True) for k, time in enumerate(monomial.times)}
        keys = [(atom.key(table), indices) for atom, indices in factors]
        shown = sorted(str(sympy.expand(c.xreplace(table))) for c in conditions)
        label = f"{labelled(keys, dict(monomial.sizes))} for {rest.xreplace(table)} over {shown}"
        best = label if best is None else min(best, label)
    return number, best or ""


def _closure(conditions: frozenset[Expr], times: Sequence[Dummy]) -> frozenset[Expr]:
    """All differences that must not be negative and follow by adding two of which a summed time falls out."""
    found = set(conditions)
    while True:
        more = set()
        for a, b in itertools.combinations(found, 2):
            total = sympy.expand(a + b)
            if any((a.has(t) and b.has(t) and not total.has(t)) for t in times) and not total.is_number:
                more.add(total)
        if more <= found:
            break
        found |= more
    return frozenset(c for c in found if c.has(*times)) if times else frozenset(found)


def labelled(keys: list[tuple[str, tuple[Index, ...]]], sizes: Mapping[Dummy, Expr]) -> str:
    """The product with its summed indices renamed so that its text is the least."""
    bound = [index for index in sizes if any(index in indices for _, indices in keys)]
    colours = dict.fromkeys(bound, "")
    for _ in range(len(bound) + 1):
        finer = {index: _colour(index, keys, colours) for index in bound}
        settled = len(set(finer.values())) == len(set(colours.values()))
        colours = finer
        if settled:
            break
    classes: dict[str, list[Dummy]] = defaultdict(list)
    for index in bound:
        classes[colours[index]].append(index)
    groups = [classes[colour] for colour in sorted(classes)]
    charge(WORK_OF_A_TEXT * len(keys) * min(MOST_LABELLINGS, prod(factorial(len(group)) for group in groups)))
    choices = itertools.islice(itertools.product(*(itertools.permutations(group) for group in groups)), MOST_LABELLINGS)
    return min(_text(keys, [index for group in choice for index in group], sizes) for choice in choices)


def _colour(index: Dummy, keys: list[tuple[str, tuple[Index, ...]]], colours: Mapping[Dummy, str]) -> str:
    seen = []
    for key, indices in keys:
        for place, here in enumerate(indices):
            if here == index:
                others = [colours.get(i, i) if k != place else "." for k, i in enumerate(indices)]
                seen.append(f"{key}{others}")
    return _short("|".join(sorted(seen)))


def _short(text: str) -> str:
    """A short name of a text, the same in every process."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(keys: list[tuple[str, tuple[Index, ...]]], order: list[Dummy], sizes: Mapping[Dummy, Expr]) -> str:
    numbers = {index: f"#{place}" for place, index in enumerate(order)}
    return "*".join(sorted(f"{key}[{','.join(str(numbers.get(i, i)) for i in indices)}]" for key, indices in keys))
