"""Relations between norms and spectral radii of matrices, as statements: refuted in numbers, or proved by bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import sympy
from flint import fmpq
from sympy import Basic, Dummy, Expr, MatrixExpr, Symbol, srepr
from sympy.logic.boolalg import Boolean
from sympy.sets import Set

from symgrad.balls import UnsupportedError
from symgrad.balls.matrices import Surroundings
from symgrad.base.budget import attempt
from symgrad.base.untyped import Array
from symgrad.language.latex import signed
from symgrad.language.statements import Domain, Judged, Relation, free_symbols
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.language.written import substituted
from symgrad.norms.context import WORK_OF_A_QUESTION, Context
from symgrad.norms.exact import with_values
from symgrad.norms.freed import freed
from symgrad.norms.points import draws, scales, sizes_at, whole_numbers
from symgrad.norms.proofs import never_met, prove
from symgrad.norms.refutations import Place, Seen, Sides, refute, shown_at
from symgrad.norms.scalar_case import has_point
from symgrad.norms.scopes import BoundVariableError, leaves, moved
from symgrad.reading.text import to_text
from symgrad.symbols import LENGTH, TIME, OrderedProduct, ParameterMatrix, TimedMatrix, TimedScalar, TimeSum
from symgrad.symbols.notation import latex

STEPS, LENGTHS = (2, 1, 3), (3, 1, 2)  # values of t and T, the first ones where nothing else is asked for
MOST_TIMES = 4
FIRST_STEP, LAST_STEP = -3, 8
ANYTHING = Relation(sympy.S.Zero, "==", sympy.S.Zero)
CONDITIONS = "conditions"
NO_POINT = "it follows from the conditions, but no point was found that meets them all; the claim may be about nothing"
NO_PROOF = "no proof was found from the rules for norms of sums, products and functions"


@dataclass(frozen=True)
class NormRelation(Judged):
    """The statement that a relation holds between scalars in which norms or spectral radii of matrices stand.

    It is about real matrices of all sizes that fit.
    """

    relation: Relation

    @property
    def expressions(self) -> tuple[Expr, ...]:
        return self.relation.expressions

    def decided(self, domain: Domain, decide: Callable[[Relation, Domain], Verdict]) -> Verdict:
        relation, known = _of_any_length(self.relation, domain)
        verdict = verdict_on(relation, Context(decide, known), lambda: _places(relation, known))
        spoken_of = (*self.expressions, *domain.conditions)
        is_step = any(LENGTH in free_symbols(e) for e in spoken_of) and LENGTH not in sizes_in(*spoken_of)
        says_start = LENGTH in domain.symbols and domain.set_of(LENGTH).inf.is_finite
        is_assumed = is_step and not says_start
        if not (verdict.holds and is_assumed):
            return verdict
        return replace(verdict, evidence="; ".join(filter(None, (verdict.evidence, f"for {LENGTH} >= 1"))))

    def slips(self) -> Iterator[tuple[str, NormRelation]]:
        for name, relation in slips(self.relation):
            yield name, replace(self, relation=relation)

    @property
    def latex_sides(self) -> tuple[str, str]:
        return latex(self.relation.lhs), signed(self.relation.op, self.relation.rhs)

    @property
    def facts(self) -> list[str]:
        return ["norms", self.relation.op, *map(srepr, self.expressions)]

    def __str__(self) -> str:
        return text_of(self.relation)


def text_of(relation: Relation) -> str:
    """A relation as text."""
    return f"{to_text(relation.lhs)} {relation.op} {to_text(relation.rhs)}"


def slips(relation: Relation) -> Iterator[tuple[str, Relation]]:
    """What one slip makes of a relation: the other direction, half of the right side."""
    for op, other in (("<=", ">"), (">=", "<"), ("==", "!=")):
        if relation.op == op:
            yield f"direction: {op} becomes {other}", replace(relation, op=other)
    yield "factor: half of the right side", replace(relation, rhs=relation.rhs / 2)


def verdict_on(
    relation: Relation,
    within: Context,
    places: Callable[[], Iterator[Place]],
    further: Callable[[Relation], Iterator[Place]] = lambda relation: iter(()),
) -> Verdict:
    """The refuter first, then the prover, then the refuter at further places, then what evidence there is.

    Parameters
    ----------
    relation : Relation
    within : Context
    places, further : callable
        Where the relation is tried before, and after no proof was found, by what then is known of it.
    """
    try:
        known, reasons = freed(relation, within)
        seen = _seen(known, within, places)
        if isinstance(seen, Verdict) and seen.outcome is Outcome.REFUTED:
            return seen
        fixed = fixed_by(within.domain)
        there = within.at(fixed)
        is_about_something = _is_met(seen, within, places)
        beyond = None if is_about_something else never_met(there)
        if beyond is not None:
            return Verdict(Outcome.UNINFORMATIVE, CONDITIONS, _never_holds(beyond, there))
        left, right = (moved(e, fixed) for e in known.expressions)
        proved = prove(Relation(left, known.op, right), there, reasons)
    except BoundVariableError as error:
        return Verdict(Outcome.UNDECIDED, "bounds of norms", str(error))
    if proved is not None:
        return proved if is_about_something or has_point(there) else Verdict(Outcome.UNDECIDED, CONDITIONS, NO_POINT)
    refuted = _refuted_by_sizes(known, within)
    if refuted is not None:
        return refuted
    if isinstance(seen, Verdict):
        return seen
    beside = _seen(known, within, lambda: further(known))
    if isinstance(beside, Verdict):
        return beside
    # Far away enclosures may be too wide to say anything, which takes nothing from what was seen elsewhere.
    return _evidence(Seen(seen.agreed + beside.agreed, seen.tried + beside.agreed), _drawn(known, within))


def _refuted_by_sizes(relation: Relation, within: Context) -> Verdict | None:
    """A counterexample where constants are compared, such as norm(ones(n)): some size, which may be a large one."""
    left, right = (with_values(e) for e in relation.expressions)
    parts = (left, right, *within.domain.conditions)
    free = {s for e in parts for s in free_symbols(e)}
    if any(e.atoms(MatrixExpr, TimedScalar) or e.has(sympy.nan, sympy.zoo, Dummy) for e in parts) or not free:
        return None
    domain = Domain(tuple((s, within.set_of(s)) for s in sorted(free, key=str)), within.domain.conditions)
    verdict = attempt(WORK_OF_A_QUESTION, lambda: within.decide(Relation(left, relation.op, right), domain))
    return verdict if verdict is not None and verdict.outcome is Outcome.REFUTED else None


def _is_met(seen: Verdict | Seen, within: Context, places: Callable[[], Iterator[Place]]) -> bool:
    """Whether the conditions certainly hold at one of the places."""
    if not within.domain.conditions or (isinstance(seen, Seen) and seen.tried):
        return True
    met = _seen(ANYTHING, within, places) if isinstance(seen, Verdict) else seen
    return isinstance(met, Seen) and met.tried > 0


def _never_holds(condition: Boolean, within: Context) -> str:
    beside = " where the others hold" if len(within.domain.conditions) > 1 else ""
    said = condition.func(*map(within.as_named, condition.args), evaluate=False)
    return f"the domain is empty: of its conditions, {to_text(said)} never holds{beside}"


def _seen(relation: Relation, within: Context, places: Callable[[], Iterator[Place]]) -> Verdict | Seen:
    """What is seen at places; of what has no enclosures nothing is, and it may yet be proved."""
    try:
        return refute(Sides(relation, within.domain), places())
    except BoundVariableError:
        raise
    except UnsupportedError as error:
        return Verdict(Outcome.UNDECIDED, "no enclosures", str(error))


def _of_any_length(relation: Relation, domain: Domain) -> tuple[Relation, Domain]:
    """The same with another T where the conditions let it be 0, as SymPy takes T for positive; no size is 0."""
    if LENGTH not in domain.symbols:
        return relation, domain
    if LENGTH in sizes_in(*relation.expressions, *domain.conditions):
        return relation, domain.restricted(LENGTH, domain.set_of(LENGTH).intersect(sympy.Range(1, sympy.oo)))
    domain = domain.restricted(LENGTH, from_start(domain.set_of(LENGTH)))
    if domain.set_of(LENGTH).is_subset(sympy.Range(1, sympy.oo)):
        return relation, domain
    length = Symbol(LENGTH.name, integer=True)
    table = {LENGTH: length}
    left, right = (moved(e, table) for e in relation.expressions)
    sets = tuple((length if s == LENGTH else s, v) for s, v in domain.sets)
    return Relation(left, relation.op, right), Domain(sets, tuple(moved(c, table) for c in domain.conditions))


def from_start(values: Set) -> Set:
    """Where a number of steps lies of which conditions say this: from 1 on, unless they say where it starts."""
    later = values.intersect(sympy.Range(1, sympy.oo))
    return later if values.inf is sympy.S.NegativeInfinity and not later.is_empty else values


def fixed_by(domain: Domain) -> dict[Symbol, Expr]:
    """The sizes and steps for which the conditions leave one value."""
    single = (
        (s, list(values)) for s, values in domain.sets if s.is_integer and values.is_finite_set and len(values) == 1
    )
    return {s: values[0] for s, values in single}


def _drawn(relation: Relation, within: Context) -> str:
    """What is chosen at places, in a word."""
    spoken_of = (*relation.expressions, *within.domain.conditions)
    return "matrices" if any(e.atoms(MatrixExpr) for e in spoken_of) else "numbers"


def _evidence(seen: Seen, drawn: str) -> Verdict:
    if not seen.tried:
        return Verdict(Outcome.UNDECIDED, "samples", f"{NO_PROOF}; no {drawn} were found that meet all conditions")
    if seen.agreed < seen.tried:
        return Verdict(Outcome.UNDECIDED, "samples", f"{NO_PROOF}; {seen.agreed} of {seen.tried} points say something")
    return Verdict(Outcome.SUPPORTED, "samples", f"it holds for {seen.agreed} choices of {drawn}; {NO_PROOF}")


# --- places -------------------------------------------------------------------------------------------------------


def sizes_in(*expressions: Basic) -> set[Symbol]:
    """The symbols in the shapes of matrices."""
    matrices = {m for e in expressions for m in e.atoms(MatrixExpr)}
    return {s for m in matrices for size in m.shape for s in sympy.S(size).free_symbols}


def scalars_in(*expressions: Basic) -> set[Symbol]:
    """The scalars of expressions: no sizes, no steps, nothing that a sum, a limit or a function of entries binds."""
    found: set[Symbol] = set()
    for e in expressions:
        inner = {node.limits[0] for node in e.atoms(TimeSum, OrderedProduct)}
        inner |= {v for node in e.atoms(sympy.Lambda) for v in node.variables}
        around = list(leaves(e))
        inside: set[Symbol] = set().union(*(free_symbols(leaf) - bound for leaf, bound in around))
        found |= (inside - inner) | free_symbols(substituted(e, {leaf: Dummy() for leaf, _ in around}))
    return {s for s in found if not isinstance(s, Dummy)} - sizes_in(*expressions) - {TIME, LENGTH}


def _places(relation: Relation, domain: Domain) -> Iterator[Place]:
    """Values for everything that the relation speaks of."""
    spoken_of = (*relation.expressions, *domain.conditions)
    matrices = sorted({m for e in spoken_of for m in e.atoms(ParameterMatrix)}, key=lambda m: m.name)
    timed = sorted({v.at(TIME) for e in spoken_of for v in e.atoms(TimedMatrix)}, key=str)
    numbers = sorted({v.at(TIME) for e in spoken_of for v in e.atoms(TimedScalar)}, key=str)
    sizes = sizes_in(*spoken_of)
    steps = {s for s in (TIME, LENGTH) if s in domain.symbols or any(s in free_symbols(e) for e in spoken_of)} - sizes
    sets = {s: values for s, values in domain.sets if s not in sizes and s not in steps}
    stand_ins = {v: Symbol(str(v), real=True) for v in numbers}
    factors, tapes = scales(*spoken_of), dict[Any, Any]()
    times = _times(domain)
    for known in sizes_at(sizes, domain):
        shapes = {m: (_number(m.shape[0], known), _number(m.shape[1], known)) for m in (*matrices, *timed)}
        meets = {m: test for m in matrices if (test := _alone(m, domain, known)) is not None}
        every = draws(shapes, {**sets, **dict.fromkeys(stand_ins.values(), sympy.S.Reals)}, factors, meets)
        for (step, length), drawn in zip(cycle(times), every):
            last = known.get(LENGTH, length)  # of sizes, T may be one
            around = Surroundings(known, last, tapes=tapes)
            around.parameters.update({m: drawn[m] for m in matrices} | {s: drawn[s] for s in sets})
            for k in range(FIRST_STEP, LAST_STEP + 1):
                around.timed.update({(v.key, k): drawn[v] for v in timed})
                around.timed.update({(v.key, k): drawn[s] for v, s in stand_ins.items()})
            named = {s: k for s, k in ((TIME, step), (LENGTH, last)) if s in steps}
            scalars = {s: fmpq(k) for s, k in (known | {TIME: step, LENGTH: last}).items()}
            scalars |= {s: drawn[s] for s in sets}
            whole = {s: int(drawn[s]) for s in sets if s.is_integer}
            yield Place(around, scalars, shown_at(known | named, drawn), step, whole)


def _alone(matrix: ParameterMatrix, domain: Domain, sizes: Mapping[Symbol, int]) -> Callable[[Any], bool] | None:
    """Whether an array certainly meets the equations that are about this matrix alone; nothing without such."""
    said = tuple(c for c in domain.conditions if isinstance(c, sympy.Eq) and _is_about(c, matrix))
    sides = Sides(ANYTHING, Domain((), said))
    numbers = {s: fmpq(k) for s, k in sizes.items()}

    def meets(array: Array) -> bool:
        around = Surroundings(sizes, 1, parameters={matrix: array})
        return sides.at(Place(around, numbers, dict)) is not None

    return meets if said else None


def _is_about(condition: Boolean, matrix: ParameterMatrix) -> bool:
    return bool(condition.atoms(ParameterMatrix) == {matrix} and not scalars_in(*condition.args))


def _times(domain: Domain) -> list[tuple[int, int]]:
    """Values of t and T that fit the conditions on each of them."""
    steps, lengths = (whole_numbers(domain.set_of(s), usual) for s, usual in ((TIME, STEPS), (LENGTH, LENGTHS)))
    return [(step, last) for last in lengths for step in steps][:MOST_TIMES]


def _number(size: Expr, known: Mapping[Symbol, int]) -> int:
    return int(sympy.S(size).xreplace({s: sympy.Integer(k) for s, k in known.items()}))
