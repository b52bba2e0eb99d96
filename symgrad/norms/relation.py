"""Relations between norms and spectral radii of matrices, as statements: refuted in numbers, or proved by bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy
from flint import fmpq
from sympy import Dummy, Expr, MatrixExpr, Symbol, srepr

from symgrad.balls import UnsupportedError
from symgrad.balls.matrices import Surroundings
from symgrad.language.written import substituted
from symgrad.norms.context import Context
from symgrad.norms.exact import atoms_of
from symgrad.norms.points import draws, scales, sizes_at
from symgrad.norms.proofs import prove
from symgrad.norms.refutations import Place, Seen, Sides, refute, shown_value
from symgrad.notation import latex
from symgrad.statements import Domain, Judged, Relation, free_symbols
from symgrad.syntax import to_text
from symgrad.typeset import signed
from symgrad.vectors import LENGTH, TIME, OrderedProduct, ParameterMatrix, TimedMatrix, TimedScalar, TimeSum
from symgrad.verdicts import Outcome, Verdict

STEP, LAST = 2, 3  # values of t and T where variables at steps stand for themselves
FIRST_STEP, LAST_STEP = -3, 8
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
        return verdict_on(self.relation, Context(decide, domain), lambda: _places(self.relation, domain))

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


def verdict_on(relation: Relation, within: Context, places: Callable[[], Iterator[Place]]) -> Verdict:
    """The refuter first, then the prover, then what evidence there is."""
    try:
        seen = refute(Sides(relation, within.domain.conditions), places())
    except UnsupportedError as error:
        return Verdict(Outcome.UNDECIDED, "no enclosures", str(error))
    if isinstance(seen, Verdict):
        return seen
    proved = prove(relation, within)
    return proved if proved is not None else _evidence(seen)


def _evidence(seen: Seen) -> Verdict:
    if not seen.agreed or seen.agreed < seen.tried:
        return Verdict(Outcome.UNDECIDED, "samples", f"{NO_PROOF}; {seen.agreed} of {seen.tried} points say something")
    return Verdict(Outcome.SUPPORTED, "samples", f"it holds for {seen.agreed} choices of matrices; {NO_PROOF}")


# --- places -------------------------------------------------------------------------------------------------------


def sizes_in(*expressions: Any) -> set[Symbol]:
    """The symbols in the shapes of matrices."""
    matrices = {m for e in expressions for m in e.atoms(MatrixExpr)}
    return {s for m in matrices for size in m.shape for s in sympy.S(size).free_symbols}


def scalars_in(*expressions: Any) -> set[Symbol]:
    """The scalars of expressions: no sizes, no steps, nothing that a sum or a function of entries binds."""
    found: set[Symbol] = set()
    for e in expressions:
        bound = {node.limits[0] for node in e.atoms(TimeSum, OrderedProduct)}
        bound |= {v for node in e.atoms(sympy.Lambda) for v in node.variables}
        inside: set[Symbol] = set().union(*(free_symbols(leaf) for leaf in atoms_of(e)))
        found |= (inside - bound) | free_symbols(substituted(e, {leaf: Dummy() for leaf in atoms_of(e)}))
    return {s for s in found if not isinstance(s, Dummy)} - sizes_in(*expressions) - {TIME, LENGTH}


def _places(relation: Relation, domain: Domain) -> Iterator[Place]:
    """Values for everything that the relation speaks of."""
    spoken_of = (*relation.expressions, *domain.conditions)
    matrices = sorted({m for e in spoken_of for m in e.atoms(ParameterMatrix)}, key=lambda m: m.name)
    timed = sorted({v.at(TIME) for e in spoken_of for v in e.atoms(TimedMatrix)}, key=str)
    numbers = sorted({v.at(TIME) for e in spoken_of for v in e.atoms(TimedScalar)}, key=str)
    sizes = sizes_in(*spoken_of)
    sets = {s: values for s, values in domain.sets if s not in sizes and s not in (TIME, LENGTH)}
    stand_ins = {v: Symbol(str(v), real=True) for v in numbers}
    times: Mapping[Symbol, Any] = {TIME: fmpq(STEP), LENGTH: fmpq(LAST)}
    factors, tapes = scales(*spoken_of), dict[Any, Any]()
    for known in sizes_at(sizes):
        shapes = {m: (_number(m.shape[0], known), _number(m.shape[1], known)) for m in (*matrices, *timed)}
        for drawn in draws(shapes, {**sets, **dict.fromkeys(stand_ins.values(), sympy.S.Reals)}, factors):
            around = Surroundings(known, LAST, tapes=tapes)
            around.parameters.update({m: drawn[m] for m in matrices} | {s: drawn[s] for s in sets})
            for k in range(FIRST_STEP, LAST_STEP + 1):
                around.timed.update({(v.key, k): drawn[v] for v in timed})
                around.timed.update({(v.key, k): drawn[s] for v, s in stand_ins.items()})
            scalars = {**times, **{s: fmpq(k) for s, k in known.items()}, **{s: drawn[s] for s in sets}}
            yield Place(around, scalars, _shown(known, drawn), STEP)


def _number(size: Any, known: Mapping[Symbol, int]) -> int:
    return int(sympy.S(size).xreplace({s: sympy.Integer(k) for s, k in known.items()}))


def _shown(sizes: Mapping[Symbol, int], drawn: Mapping[Any, Any]) -> Callable[[], dict[str, str]]:
    def shown() -> dict[str, str]:
        found = {str(s): str(k) for s, k in sizes.items()}
        return found | {str(n): shown_value(v) for n, v in drawn.items()}

    return shown
