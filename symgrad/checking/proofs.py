"""Proofs as steps: what the prover decided on the way to a verdict, in lines that are checked like any others."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Derivative, S

from symgrad.base.errors import ClaimError
from symgrad.base.kinds import demand
from symgrad.base.precision import in_turn
from symgrad.claims.claim import Claim, claim
from symgrad.claims.derivations import Chain, Item, Section, Stated, Step, chain, equals, prose, section
from symgrad.language.statements import Relation
from symgrad.language.verdicts import Verdict
from symgrad.prove.basics.goals import Goal
from symgrad.prove.ladder import Proof, proofs
from symgrad.prove.provers import constant_difference, same_normal_form
from symgrad.prove.signs import factors

DEEPEST = 4
MOST_PARTS = 12
LARGEST_SHOWN = 60  # operations; longer normal forms tell a reader nothing
DIRECTION = {"<=": 1, "<": 1, ">=": -1, ">": -1}


@in_turn
def proof(says: Claim | str, title: str = "Proof") -> Section:
    """The proof of a claim as a section of a derivation; its lines are claims and are checked with the others.

    Equalities by normal form show that form and the generators it is written in; inequalities the factors of the
    difference of both sides; inductions, splits by cases and other reductions what they reduce the claim to.

    Parameters
    ----------
    says : Claim or str
        A text is read by `claim`.
    title : str
        The heading of the section.

    Returns
    -------
    Section
        An item of a `Derivation`; what the prover says of itself is prose, what it decided on the way are claims.

    Raises
    ------
    ClaimError
        If the claim is not proved.
    ParseError
        If the text is no formula.

    Examples
    --------
    >>> import symgrad as sg
    >>> for item in sg.proof("s*(1 - s) <= 1/4").items[:2]:
    ...     print(*(str(c) for c in getattr(item, "claims", ["in words"])), sep="; ")
    in words
    -s*(1 - s) + 1/4 == (2*s - 1)**2/4; (2*s - 1)**2/4 >= 0
    """
    asked = claim(says) if isinstance(says, str) else demand(Claim, says, "proof takes a claim or a text", ClaimError)
    verdict, parts = proofs(asked)
    if not verdict.holds:
        raise ClaimError(f"only what is proved has a proof; {asked} is {verdict.outcome.name}")
    return section(title, *_lines(verdict, parts, 0))


def _lines(verdict: Verdict, parts: tuple[Proof, ...], depth: int) -> Iterator[Item]:
    yield prose("{how}.", how=_in_words(verdict))
    held = [part for part in parts if part.verdict.holds and part.goal.sides][:MOST_PARTS]
    for part in held:
        yield from _of_part(part, depth)


def _in_words(verdict: Verdict) -> str:
    text = f"{verdict.outcome.name.capitalize()} by {verdict.method}"
    return f"{text}: {verdict.evidence}" if verdict.evidence else text


def _of_part(part: Proof, depth: int) -> Iterator[Item]:
    goal = part.goal
    if goal.relation.lhs == goal.relation.rhs:
        return
    if part.verdict.method == constant_difference.METHOD:
        yield from _slopes(goal)
    shown = _normal_forms(goal) or _factors(goal)
    yield shown if shown is not None else Stated(_as_claim(goal), remark=_in_words(part.verdict))
    if part.parts and depth < DEEPEST:
        yield from (item for below in part.parts if below.verdict.holds for item in _of_part(below, depth + 1))


def _as_claim(goal: Goal) -> Claim:
    return Claim(goal.relation, goal.domain)


def _normal_forms(goal: Goal) -> Chain | None:
    """left = normal form = right, where both sides have the same normal form and it is short."""
    if goal.op != "==" or same_normal_form.differentiates_kinks(goal):
        return None
    found = same_normal_form.normal_form(goal.relation.lhs, goal.domain)
    other = same_normal_form.normal_form(goal.relation.rhs, goal.domain)
    if found is None or other is None or found[0] != other[0] or found[0].count_ops() > LARGEST_SHOWN:
        return None
    form, generators = found
    names = ", ".join(str(g) for g in generators)
    reasons = {form: f"normal form in {names}" if names else "arithmetic"}
    reasons.setdefault(goal.relation.rhs, "the same normal form")
    steps = [equals(line, by=reason) for line, reason in reasons.items() if line != goal.relation.lhs]
    return chain(goal.relation.lhs, *steps, where=_conditions(goal)) if steps else None


def _slopes(goal: Goal) -> Iterator[Item]:
    """That both sides have the same derivative."""
    for x in sorted(goal.relation.lhs.free_symbols & goal.relation.rhs.free_symbols, key=str):
        equal = Relation(Derivative(goal.relation.lhs, x), "==", Derivative(goal.relation.rhs, x))
        yield Stated(Claim(equal, goal.domain), remark="The derivatives are equal.")


def _factors(goal: Goal) -> Chain | None:
    """The difference of both sides, its factors, and their common sign."""
    direction = DIRECTION.get(goal.op)
    if direction is None or same_normal_form.differentiates_kinks(goal):
        return None
    difference = direction * (goal.relation.rhs - goal.relation.lhs)
    product = factors.factored(difference.doit(), goal.domain)
    if product is None or product.count_ops() > LARGEST_SHOWN:
        return None
    last = Step(">" if goal.op in ("<", ">") else ">=", S.Zero, "every factor has a known sign")
    first = [] if product == difference else [equals(product, by="factors of the normal form")]
    return chain(difference, *first, last, where=_conditions(goal))


def _conditions(goal: Goal) -> tuple[object, ...]:
    """The domain of a goal as conditions for a chain."""
    sets = (sympy.Contains(s, v, evaluate=False) for s, v in goal.domain.sets if v not in (S.Reals, S.Integers))
    return (*sets, *goal.domain.conditions)
