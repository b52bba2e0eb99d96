"""The one place that every refutation passes: its witness must show sides that contradict the relation."""

from __future__ import annotations

import logging
from dataclasses import replace

import sympy

from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.prove.basics import sentences
from symgrad.prove.basics.goals import Goal
from symgrad.prove.basics.points import Point, points
from symgrad.prove.places import witnesses

LOG = logging.getLogger("symgrad.prove")
REFUTED_BY_EQUAL_SIDES = ("!=", "<", ">")
NO_VALUE = (witnesses.NO_VALUE, "has no value there")


def confirmed(verdict: Verdict, goal: Goal) -> Verdict:
    """The verdict; UNDECIDED in place of a refutation whose witness is none: where it shows the same value on both
    sides, where it misses one that what was written has, and where it is no point of the domain."""
    if verdict.outcome is not Outcome.REFUTED:
        return verdict
    witness = verdict.witness
    says_undefined = witness is not None and witnesses.NO_VALUE in (witness.left, witness.right)
    misses_none = says_undefined and witness is not None and witnesses.sides_have_values(witness, goal)
    is_elsewhere = witness is not None and witnesses.is_outside(witness, goal)
    if is_counterexample(verdict, goal.op) and not misses_none and not is_elsewhere:
        return verdict if witness is None else _in_full(verdict, witnesses.completed(witness, goal), goal)
    defect = AssertionError("a refutation whose sides agree")
    LOG.error("%s: %s of %s", defect, verdict, goal, exc_info=defect)
    return Verdict(Outcome.UNDECIDED, verdict.method, f"a counterexample was found that is none: {verdict.witness}")


def _in_full(verdict: Verdict, witness: Witness, goal: Goal) -> Verdict:
    """The refutation with values of the variables, too, of which no side speaks, as in one case of several."""
    spoken_of = goal.trimmed().variables
    rest = tuple((s, v) for s, v in goal.domain.sets if s.name not in witness.point and s not in spoken_of)
    others = _any_point(Domain(rest))
    if others is None:
        missing = "no point of the domain is known at which the sides differ as they were found to do"
        return Verdict(Outcome.UNDECIDED, verdict.method, missing)
    point = {**witness.point, **witnesses.coordinates(others)}
    near = [name for name, text in sorted(point.items()) if isinstance(witnesses.read(text), sympy.Float)]
    is_told = not near or sentences.FIRST_DIGITS in verdict.evidence
    evidence = verdict.evidence if is_told else "; ".join(filter(None, (verdict.evidence, sentences.near(near))))
    return replace(verdict, evidence=evidence, witness=replace(witness, point=dict(sorted(point.items()))))


def _any_point(domain: Domain) -> Point | None:
    exact = {s: v.args[0] for s, v in domain.sets if isinstance(v, sympy.FiniteSet)}
    others = next(points(Domain(tuple(p for p in domain.sets if p[0] not in exact)), 1), None)
    return None if others is None else {**exact, **others}


def is_counterexample(verdict: Verdict, op: str) -> bool:
    """Whether what the witness shows contradicts the relation, or a side has no value there."""
    witness = verdict.witness
    if witness is None or op in REFUTED_BY_EQUAL_SIDES:
        return True
    shown = (witness.left, witness.right, verdict.evidence)
    return witness.left != witness.right or any(word in text for text in shown for word in NO_VALUE)
