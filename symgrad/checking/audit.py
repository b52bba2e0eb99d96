"""Mutation audit: every claim is spoilt in one place at a time, and the prover must not be left without an answer.

A mutant is as a rule false, and then it must be refuted; where it happens to be true it must be proved. A prover that
can only nod, and a claim that says too little, both show up as mutants that survive.
"""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import sympy
from sympy import Add, Basic, Expr, Function, Mul, Pow, S
from sympy.concrete.expr_with_limits import ExprWithLimits

from symgrad.activations import sigmoid
from symgrad.checking.reports import EXIT_HOLDS, EXIT_OPEN, versions
from symgrad.claims.claim import Claim
from symgrad.language.provable import as_sympy
from symgrad.language.statements import Conjunction, Extremum, ExtremumKind, Judged, Relation, Statement
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove import verify
from symgrad.reading.text import to_text

ANSWERS = frozenset({Outcome.REFUTED, Outcome.PROVED, Outcome.CERTIFIED})
LARGEST_NUMBER = 10_000  # a larger exponent would have SymPy write out numbers with as many digits

# --- what goes wrong in formulas: each row makes, of a node of an expression, what a slip would make of it -----------


def _shifted_arguments(e: Expr) -> Iterator[Expr]:
    if isinstance(e, Function):
        yield from (e.func(*e.args[:i], a + 1, *e.args[i + 1 :]) for i, a in enumerate(e.args))


def _shifted_limits(e: Expr) -> Iterator[Expr]:
    if isinstance(e, ExprWithLimits):
        for i, limit in enumerate(e.limits):
            for j in range(1, len(limit)):
                moved = sympy.Tuple(*limit[:j], limit[j] + 1, *limit[j + 1 :])
                yield e.func(e.function, *e.limits[:i], moved, *e.limits[i + 1 :])


def _shifted_index(e: Expr) -> Iterator[Expr]:
    if e.is_Integer or (e.is_Symbol and e.is_integer):
        yield from (e + 1, e - 1)


def _other_exponents(e: Expr) -> Iterator[Expr]:
    if isinstance(e, Pow):
        yield from (e.base ** (e.exp + 1), e.base)
    elif not e.is_number:
        yield e**2


def _is_power(e: Pow) -> bool:
    """Whether it is written as one: not as a quotient or a root."""
    is_small = not e.base.is_number or abs(e.base) <= LARGEST_NUMBER
    return is_small and (not e.exp.is_Rational or (e.exp.is_Integer and e.exp.is_positive))


def _swapped(e: Expr) -> Iterator[Expr]:
    if isinstance(e, Pow) and _is_power(e):
        yield e.exp**e.base
    if isinstance(e, Mul):
        above, below = e.as_numer_denom()
        if below != 1:
            yield below / above
    if isinstance(e, Function) and not isinstance(e, sympy.Max | sympy.Min):
        for i, j in itertools.combinations(range(len(e.args)), 2):
            args = list(e.args)
            args[i], args[j] = args[j], args[i]
            yield e.func(*args)


def _without_one(kind: type[Basic], e: Expr) -> Iterator[Expr]:
    if isinstance(e, kind):
        yield from (e.func(*e.args[:i], *e.args[i + 1 :]) for i in range(len(e.args)))


_PAIRS = (
    (sympy.sin, sympy.cos),
    (sympy.tan, sympy.cot),
    (sympy.asin, sympy.acos),
    (sympy.sinh, sympy.cosh),
    (sympy.tanh, sigmoid),
    (sympy.erf, sympy.erfc),
    (sympy.Max, sympy.Min),
    (sympy.Sum, sympy.Product),
)
NEIGHBOURS: Mapping[type[Basic], Callable[..., Expr]] = dict([*_PAIRS, *((b, a) for a, b in _PAIRS)])


def _neighbour(e: Expr) -> Iterator[Expr]:
    if e.func in NEIGHBOURS:
        yield NEIGHBOURS[e.func](*e.args)


MUTATORS: Mapping[str, Callable[[Expr], Iterable[Expr]]] = {
    "sign": lambda e: [-e],
    "factor": lambda e: [2 * e],
    "exponent": _other_exponents,
    "argument shifted": _shifted_arguments,
    "limit shifted": _shifted_limits,
    "off by one": _shifted_index,
    "swapped": _swapped,
    "term dropped": partial(_without_one, Add),
    "factor dropped": partial(_without_one, Mul),
    "neighbouring function": _neighbour,
}

DIRECTIONS = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
OPPOSITES = {
    ExtremumKind.MAXIMUM: ExtremumKind.MINIMUM,
    ExtremumKind.MINIMUM: ExtremumKind.MAXIMUM,
    ExtremumKind.SUPREMUM: ExtremumKind.INFIMUM,
    ExtremumKind.INFIMUM: ExtremumKind.SUPREMUM,
}


# --- mutants ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """A claim with one thing changed.

    Attributes
    ----------
    change : str
        The name of the slip, and what became what.
    claim : Claim
    """

    change: str
    claim: Claim


def mutants(claim: Claim) -> tuple[Mutant, ...]:
    """All different claims that one slip makes of a claim.

    Examples
    --------
    >>> import symgrad as sg
    >>> for mutant in mutants(sg.claim("log(x) < x", where=["x > 0"]))[:3]:
    ...     print(mutant.claim, "   #", mutant.change)
    log(x) > x    # direction: < becomes >
    -log(x) < x    # sign: log(x) becomes -log(x)
    2*log(x) < x    # factor: log(x) becomes 2*log(x)
    """
    found: dict[Statement, str] = {}
    said = _put_together(claim.statement)
    for change, statement in _changed(said):
        if statement != said and all(map(_is_formula, statement.expressions)):
            found.setdefault(statement, change)
    return tuple(Mutant(change, replace(claim, statement=statement)) for statement, change in found.items())


def _put_together(statement: Statement) -> Statement:
    """The statement as SymPy evaluates it, of which a slip is made in any place that SymPy knows."""
    if isinstance(statement, Conjunction):
        return Conjunction(tuple(map(_put_together, statement.parts)))
    if isinstance(statement, Relation):
        return Relation(as_sympy(statement.lhs), statement.op, as_sympy(statement.rhs))
    if isinstance(statement, Extremum):
        of, value, at = (None if e is None else as_sympy(e) for e in (statement.of, statement.value, statement.at))
        return replace(statement, of=of, value=value, at=at)
    return statement


def _changed(statement: Statement) -> Iterator[tuple[str, Statement]]:
    if isinstance(statement, Conjunction):
        for i, part in enumerate(statement.parts):
            for change, other in _changed(part):
                yield change, Conjunction((*statement.parts[:i], other, *statement.parts[i + 1 :]))
    elif isinstance(statement, Relation):
        if statement.op in DIRECTIONS:
            other_op = DIRECTIONS[statement.op]
            yield f"direction: {statement.op} becomes {other_op}", replace(statement, op=other_op)
        yield from _changed_in(statement, ("lhs", "rhs"))
    elif isinstance(statement, Judged):
        yield from statement.slips()
    else:
        other_kind = OPPOSITES[statement.kind]
        yield f"direction: {statement.kind.value} becomes {other_kind.value}", replace(statement, kind=other_kind)
        yield from _changed_in(statement, ("of", "value", "at"))


def _changed_in(statement: Relation | Extremum, fields: Iterable[str]) -> Iterator[tuple[str, Statement]]:
    for name in fields:
        side = getattr(statement, name)
        for change, other in _slips(side) if side is not None else ():
            yield change, replace(statement, **{name: other})


def _slips(expression: Expr) -> Iterator[tuple[str, Expr]]:
    """The expression with each of its parts changed in each way."""
    for part, rebuilt in _places(expression, lambda new: [new]):
        for name, mutate in MUTATORS.items():
            for new in _attempted(mutate, part):
                for whole in _attempted(rebuilt, new):
                    yield f"{name}: {to_text(part)} becomes {to_text(new)}", whole


Rebuild = Callable[[Expr], list[Expr]]


def _places(node: Basic, rebuilt: Rebuild) -> Iterator[tuple[Expr, Rebuild]]:
    """Every part of an expression that is one itself, with what puts another in its place; no bound variables."""
    if isinstance(node, Expr):
        yield node, rebuilt
    for i in _free_arguments(node):
        yield from _places(node.args[i], _inside(node, i, rebuilt))


def _inside(node: Basic, i: int, rebuilt: Rebuild) -> Rebuild:
    return lambda new: rebuilt(node.func(*node.args[:i], new, *node.args[i + 1 :]))


def _free_arguments(node: Basic) -> range:
    if isinstance(node, sympy.Derivative):
        return range(1)
    # What stands in limits begins with a bound variable, and `_shifted_limits` sees to the rest of it.
    return range(1) if isinstance(node, ExprWithLimits | sympy.Limit) else range(len(node.args))


def _attempted(make: Callable[[Expr], Iterable[Expr]], e: Expr) -> list[Expr]:
    """What is made of an expression, as far as SymPy will have it."""
    try:
        return [new for new in make(e) if isinstance(new, Expr)]
    except (TypeError, ValueError, ArithmeticError, RecursionError, NotImplementedError):
        return []


def _is_formula(e: Expr) -> bool:
    return not e.has(S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity, sympy.AccumBounds) or e.has(
        ExprWithLimits
    )


# --- the audit --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Survivor:
    """A mutant that was neither refuted nor proved."""

    mutant: Mutant
    verdict: Verdict


@dataclass(frozen=True)
class Audit:
    """What became of the mutants of one claim.

    Attributes
    ----------
    claim : Claim
    made : int
        How many different mutants there are.
    outcomes : mapping of Outcome to int
        How those that were tried came out.
    survivors : tuple of Survivor
    """

    claim: Claim
    made: int
    outcomes: Mapping[Outcome, int]
    survivors: tuple[Survivor, ...]

    @property
    def tried(self) -> int:
        return sum(self.outcomes.values())


def audit(claim: Claim, most: int | None = None) -> Audit:
    """Decide the mutants of a claim; where there are more than `most`, that many of them, always the same.

    Examples
    --------
    >>> import symgrad as sg
    >>> found = audit(sg.claim("tanh(x) < 1"))
    >>> found.tried == found.made, found.survivors
    (True, ())
    """
    made = mutants(claim)
    chosen = range(len(made))
    if most is not None and most < len(made):
        # The seed is the claim itself: what is tried does not depend on the claims around it.
        chosen = sorted(random.Random(str(claim)).sample(chosen, most))  # type: ignore[assignment]
    tried = [(made[i], verify(made[i].claim)) for i in chosen]
    survivors = tuple(Survivor(*pair) for pair in tried if pair[1].outcome not in ANSWERS)
    return Audit(claim, len(made), Counter(verdict.outcome for _, verdict in tried), survivors)


def audit_all(claims: Iterable[Claim], most: int | None = None, processes: int = 1) -> Iterator[Audit]:
    """The audits of several claims, in their order."""
    if processes == 1:
        yield from map(partial(audit, most=most), claims)
        return
    # Forking a process that draws a progress bar in a thread of its own may hang the child.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(audit, most=most), claims)


def exit_code(audits: Iterable[Audit]) -> int:
    """0 if every mutant found its answer, 3 if one survived."""
    return EXIT_OPEN if any(a.survivors for a in audits) else EXIT_HOLDS


def to_json(audits: Iterable[Audit]) -> str:
    """The report as JSON: claims in the order given, and the versions that judged them."""
    return json.dumps({"claims": [_report(a) for a in audits], "versions": versions()}, indent=2)


def _report(audited: Audit) -> dict[str, Any]:
    return {
        "id": audited.claim.id,
        "text": str(audited.claim),
        "mutants": audited.made,
        "tried": audited.tried,
        "outcomes": {outcome.name: audited.outcomes[outcome] for outcome in Outcome if outcome in audited.outcomes},
        "survived": [
            {
                "text": str(survivor.mutant.claim),
                "change": survivor.mutant.change,
                "outcome": survivor.verdict.outcome.name,
                "method": survivor.verdict.method,
                "evidence": survivor.verdict.evidence,
            }
            for survivor in audited.survivors
        ],
    }
