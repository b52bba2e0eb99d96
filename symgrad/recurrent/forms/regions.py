"""Whether sums over steps cancel, where they run over different steps.

A term of index notation is a product of entries, summed over all steps at which some linear inequalities hold. Two sums
of one product over different steps are compared piece by piece: the region of the one is cut where that of the other
ends, and a piece that is a few steps wide becomes terms without a sum. An ordered product of Jacobians over more steps
than another has its first or its last factors split off. All this is exact: nothing is left out, and no piece that may
be empty is taken for one that is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import sympy
from sympy import Dummy, Expr, S, Symbol

from symgrad.base.budget import remembered
from symgrad.recurrent.forms.monomials import (
    PRODUCT,
    Atom,
    Form,
    Monomial,
    counted,
    delta,
    inside_of,
    is_constant,
    labelled,
    moved,
    places,
    without_deltas,
)
from symgrad.recurrent.forms.zeros import is_split, is_zero, joined, with_generators
from symgrad.symbols.inequalities import Row, is_certain, is_impossible, row_of

MOST_ROUNDS = 12
MOST_TERMS = 150
WIDEST = 3  # steps of a piece that becomes terms without a sum
MOST_TIMES = 4  # of one term that are named in every order

Term: TypeAlias = tuple[Expr, Monomial]


@dataclass(frozen=True)
class Rest:
    """A sum under the names of its products, which tell whether it is the same sum as another one.

    Attributes
    ----------
    names : tuple of pairs of str and Expr
        Its products, each with its coefficient.
    form : Form
    """

    names: tuple[tuple[str, Expr], ...]
    form: Form = field(compare=False)


@remembered
def cancels(rest: Rest, known: tuple[Row, ...]) -> bool:
    """Whether a sum is certainly zero for all steps at which the inequalities hold; of each sum it is asked once.

    Parameters
    ----------
    rest : Rest
    known : tuple of Row
        What is known of t and T.
    """
    return any(_cancels(rest.form, known, from_left) for from_left in (False, True))


def _cancels(form: Form, known: Sequence[Row], from_left: bool) -> bool:
    terms = list(form.terms)
    for _ in range(MOST_ROUNDS):
        left = _collected(terms, known)
        if not left:
            return True
        changed = _with_products_split(left, known, from_left) or _cut(left, known)
        if changed is None or len(changed) > MOST_TERMS:
            return False
        terms = changed
    return False


@dataclass(frozen=True)
class _Named:
    """A term under the one name that it has, its summed steps named s0, s1, …

    Attributes
    ----------
    body : str
        The product, whatever it is summed over.
    region : frozenset of Expr
        What is at least 0 where it is summed, none of it following from the rest.
    number : Expr
        Its factor that holds no summed step.
    rest : Expr
        The scalar factor that does.
    """

    body: str
    region: frozenset[Expr]
    number: Expr
    rest: Expr
    monomial: Monomial

    @property
    def term(self) -> Term:
        return self.number * self.rest, self.monomial

    def rows(self, known: Iterable[Row]) -> list[Row]:
        return [*known, *(row for c in self.region if (row := row_of(c)) is not None)]


def _collected(terms: Iterable[Term], known: Sequence[Row]) -> list[_Named]:
    """The terms with equal ones put together, without those that are zero."""
    found: dict[tuple[str, frozenset[Expr]], _Named] = {}
    generators: dict[tuple[Expr, Expr], Dummy] = {}
    for term in terms:
        for named in _named(term, known):
            key = named.body, named.region
            number = with_generators(named.number, generators)
            if key in found:
                number = found[key].number + number
            found[key] = replace(named, number=number)
    back = {generator: base**exponent for (base, exponent), generator in generators.items()}
    kept = [each for each in found.values() if not is_zero(each.number)]
    return [replace(each, number=each.number.xreplace(back)) for each in kept]


# --- names ------------------------------------------------------------------------------------------------------------


def _named(term: Term, known: Sequence[Row]) -> Iterator[_Named]:
    waiting = [term]
    while waiting:
        coefficient, monomial = waiting.pop()
        if monomial.times and (coefficient := sympy.expand(coefficient)).is_Add:
            waiting += [(part, monomial) for part in coefficient.args]
            continue
        coefficient = joined(coefficient) if monomial.times else coefficient
        if (plain := _with_short_products(coefficient, monomial)) is not None:
            waiting += plain
        elif (settled := _settled(coefficient, monomial, known)) is not None:
            again = _with_short_products(*settled)
            if again is None:
                yield _least(*settled, known)
            else:
                waiting += again


def _with_short_products(coefficient: Expr, monomial: Monomial) -> list[Term] | None:
    """A term with a product of no factor or of one written out; None if it has none."""
    for place, (atom, indices) in enumerate(monomial.factors):
        form = written_out(atom, indices) if atom.head == PRODUCT else None
        if form is not None:
            rest = replace(monomial, factors=(*monomial.factors[:place], *monomial.factors[place + 1 :]))
            return [(coefficient * c, without_deltas(rest * m)) for c, m in form.terms]
    return None


def _settled(coefficient: Expr, monomial: Monomial, known: Sequence[Row]) -> Term | None:
    """A term with each summed step counted so that what is first by name is at this step; None if it is empty."""
    conditions = frozenset(c for c in monomial.conditions if not is_certain(c, known))
    monomial = replace(monomial, conditions=conditions)
    if is_impossible([*known, *(row for c in conditions if (row := row_of(c)) is not None)]):
        return None
    for time in monomial.times:
        fixed = next(_fixed(time, conditions), None)
        if fixed is not None:
            return _settled(coefficient.xreplace({time: fixed}), _without_time(monomial, time, fixed), known)
    for time in monomial.times:
        table = _home(time, coefficient, monomial)
        if table is not None:
            coefficient, monomial = coefficient.xreplace(table), counted(monomial, table)
    return coefficient, monomial


def _fixed(time: Symbol, conditions: frozenset[Expr]) -> Iterator[Expr]:
    """The value of a summed step that its conditions leave, if they leave one."""
    for a, b in itertools.combinations(conditions, 2):
        if a.has(time) and sympy.expand(a + b) == 0 and abs(a.coeff(time)) == 1:
            yield sympy.expand(-(a - a.coeff(time) * time) / a.coeff(time))


def _without_time(monomial: Monomial, time: Symbol, value: Expr) -> Monomial:
    there = moved(replace(monomial, times=tuple(t for t in monomial.times if t != time)), {time: value})
    return without_deltas(there)


def _home(time: Symbol, coefficient: Expr, monomial: Monomial) -> dict[Symbol, Expr] | None:
    """What a summed step is, counted so that what comes first by name is at this step itself; None if it is so."""
    others = set(monomial.times) - {time}
    found = [(head, at) for head, at in places(coefficient, monomial) if abs(at.coeff(time)) == 1]
    found = [(head, at) for head, at in found if not at.free_symbols & others]
    if not found:
        return None
    head = min(head for head, _ in found)
    here = [at for name, at in found if name == head]
    upwards = [at for at in here if at.coeff(time) == 1] or here
    sign = upwards[0].coeff(time)
    rests = [sympy.expand(at - sign * time) for at in upwards]
    latest = rests[0]
    for rest in rests[1:]:
        gap = sympy.expand(rest - latest)
        latest = rest if (gap.is_Integer and gap > 0) or (not gap.is_Integer and str(rest) < str(latest)) else latest
    return None if sign == 1 and latest == 0 else {time: sympy.expand(sign * (time - latest))}


def _least(coefficient: Expr, monomial: Monomial, known: Sequence[Row]) -> _Named:
    """The term with its summed steps named in the order that gives the least name."""
    region = _without_idle(monomial.conditions, known)
    number, rest = _split(coefficient, monomial.times)
    best: tuple[str, list[str], dict[Symbol, Symbol]] | None = None
    orders = itertools.permutations(range(len(monomial.times))) if len(monomial.times) <= MOST_TIMES else [
        tuple(range(len(monomial.times)))
    ]  # fmt: skip
    for order in orders:
        names = {t: Symbol(f"s{order[k]}", integer=True) for k, t in enumerate(monomial.times)}
        keys = [(atom.key(names), indices) for atom, indices in monomial.factors]
        body = f"{labelled(keys, dict(monomial.sizes))} for {sympy.expand(rest.xreplace(names))}"
        shown = sorted(str(sympy.expand(c.xreplace(names))) for c in region)
        if best is None or (body, shown) < best[:2]:
            best = body, shown, names
    assert best is not None, "there is one order of no steps"
    body, _, names = best
    there = moved(replace(monomial, conditions=region), names)
    return _Named(body, there.conditions, number, rest.xreplace(names), there)


def _split(coefficient: Expr, times: tuple[Symbol, ...]) -> tuple[Expr, Expr]:
    """The factors that hold no summed step, and the others."""
    if not times:
        return coefficient, S.One
    number, rest = S.One, S.One
    for factor in sympy.Mul.make_args(coefficient):
        if factor.has(*times) and is_split(factor) and not factor.base.has(*times):
            here, there = sympy.expand(factor.exp).as_independent(*times, as_Add=True)
            number, rest = number * factor.base**here, rest * sympy.Pow(factor.base, there)
        elif factor.has(*times):
            rest *= factor
        else:
            number *= factor
    return number, rest


def _without_idle(conditions: Iterable[Expr], known: Sequence[Row]) -> frozenset[Expr]:
    """Without those that follow from the others."""
    kept = sorted({sympy.expand(c) for c in conditions}, key=str)
    for condition in list(kept):
        others = [row for c in kept if c is not condition and (row := row_of(c)) is not None]
        if is_certain(condition, [*known, *others]):
            kept.remove(condition)
    return frozenset(kept)


# --- pieces -----------------------------------------------------------------------------------------------------------


def _cut(left: list[_Named], known: Sequence[Row]) -> list[Term] | None:
    """The terms with one region cut where another of the same product ends; None if no cut is left to be made."""
    regions: dict[str, set[Expr]] = {}
    for named in left:
        regions.setdefault(named.body, set()).update(named.region)
    found: list[Term] = []
    is_cut = False
    for named in left:
        pieces = next(
            (
                pieces
                for condition in sorted(regions[named.body] - named.region, key=str)
                if (pieces := _pieces(named, condition, known)) is not None
            ),
            None,
        )
        is_cut = is_cut or pieces is not None
        found += [named.term] if pieces is None else pieces
    return found if is_cut else None


def _pieces(named: _Named, condition: Expr, known: Sequence[Row]) -> list[Term] | None:
    """A term where a condition holds and where it does not; None if it holds everywhere or nowhere."""
    rows, row = named.rows(known), row_of(condition)
    if row is None or is_certain(condition, rows) or is_impossible([*rows, row]):
        return None
    coefficient, monomial = named.term
    inside = coefficient, replace(monomial, conditions=monomial.conditions | {condition})
    return [inside, *_outside(coefficient, monomial, condition, rows)]


def _outside(coefficient: Expr, monomial: Monomial, condition: Expr, rows: Sequence[Row]) -> Iterator[Term]:
    against = sympy.expand(-condition - 1)
    beyond = [*rows, *(row for row in (row_of(against),) if row is not None)]
    width = next((k for k in range(1, WIDEST + 1) if is_certain(condition + k, beyond)), None)
    time = next((t for t in monomial.times if abs(condition.coeff(t)) == 1), None)
    if width is None or time is None:
        yield coefficient, replace(monomial, conditions=monomial.conditions | {against})
        return
    sign = condition.coeff(time)
    for k in range(1, width + 1):
        value = sympy.expand(-(condition - sign * time + k) / sign)
        yield coefficient.xreplace({time: value}), _without_time(monomial, time, value)


# --- ordered products ---------------------------------------------------------------------------------------------


def _with_products_split(left: list[_Named], known: Sequence[Row], from_left: bool) -> list[Term] | None:
    """The terms with a factor split off from the products over more steps than others; None if there are none."""
    ends: dict[str, list[Atom]] = {}
    for named in left:
        for atom, _ in named.monomial.factors:
            if atom.head == PRODUCT:
                ends.setdefault(_kind(atom), []).append(atom)
    found: list[Term] = []
    is_split = False
    for named in left:
        split = next(
            (
                split
                for place, (atom, _) in enumerate(named.monomial.factors)
                if atom.head == PRODUCT
                and (end := _longer_end(atom, ends[_kind(atom)], from_left)) is not None
                and (split := _split_off(named, place, end, known)) is not None
            ),
            None,
        )
        is_split = is_split or split is not None
        found += [named.term] if split is None else split
    return found if is_split else None


def _kind(atom: Atom) -> str:
    return atom.inner[0].key({})


def _longer_end(atom: Atom, others: list[Atom], from_left: bool) -> str | None:
    """At which end a product has a factor more than another one."""
    low, high = atom.times
    gaps = [(sympy.expand(o.times[0] - low), sympy.expand(high - o.times[1])) for o in others]
    if any(first.is_Integer and first > 0 for first, _ in gaps):
        return "low"
    if any(last.is_Integer and last > 0 for _, last in gaps):
        return "high" if not is_constant(atom) or from_left else "low of a power"
    return None


def _split_off(named: _Named, place: int, end: str, known: Sequence[Row]) -> list[Term] | None:
    coefficient, monomial = named.term
    atom, _ = monomial.factors[place]
    low, high = atom.times
    count, rows = sympy.expand(high - low), named.rows(known)
    if not is_certain(count, rows):  # where it is empty it has no factor to be split off
        if not is_certain(count + 1, rows):
            return None
        return _pieces(named, count, known)
    return list(_factored(coefficient, monomial, place, end))


def _factored(coefficient: Expr, monomial: Monomial, place: int, end: str) -> Iterator[Term]:
    (atom, indices), factors = monomial.factors[place], list(monomial.factors)
    low, high = atom.times
    rest = [*factors[:place], *factors[place + 1 :]]
    times = {"low": (low + 1, high), "high": (low, high - 1), "low of a power": (low, high - 1)}[end]
    at = high if end == "high" else low
    shorter = replace(atom, times=(sympy.expand(times[0]), sympy.expand(times[1])))
    if not indices:
        for c, m in inside_of(atom, at, ()).terms:
            yield coefficient * c, replace(monomial, factors=(*rest, (shorter, ()))) * m
        return
    i, j = indices
    between = Dummy("k")
    outer, inner = ((between, j), (i, between)) if end == "high" else ((i, between), (between, j))
    sizes = ((between, atom.size),)
    for c, m in inside_of(atom, at, inner).terms:
        both = replace(monomial, factors=(*rest, (shorter, outer))) * m
        yield coefficient * c, without_deltas(replace(both, sizes=(*both.sizes, *sizes)))


def written_out(atom: Atom, indices: tuple[object, ...]) -> Form | None:
    """An ordered product of no factor or of one; None for those of more."""
    low, high = atom.times
    count = sympy.expand(high - low + 1)
    if not count.is_Integer or count > 1:
        return None
    if count == 1:
        return inside_of(atom, low, indices)
    return delta(*indices) if indices else Form(((S.One, Monomial()),))
