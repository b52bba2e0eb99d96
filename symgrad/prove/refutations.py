"""The one place that every refutation passes: its witness must show sides that contradict the relation."""

from __future__ import annotations

import logging
from dataclasses import replace

from symgrad.prove import witnesses
from symgrad.prove.goals import Goal
from symgrad.verdicts import Outcome, Verdict

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
        return verdict if witness is None else replace(verdict, witness=witnesses.completed(witness, goal))
    defect = AssertionError("a refutation whose sides agree")
    LOG.error("%s: %s of %s", defect, verdict, goal, exc_info=defect)
    return Verdict(Outcome.UNDECIDED, verdict.method, f"a counterexample was found that is none: {verdict.witness}")


def is_counterexample(verdict: Verdict, op: str) -> bool:
    """Whether what the witness shows contradicts the relation, or a side has no value there."""
    witness = verdict.witness
    if witness is None or op in REFUTED_BY_EQUAL_SIDES:
        return True
    shown = (witness.left, witness.right, verdict.evidence)
    return witness.left != witness.right or any(word in text for text in shown for word in NO_VALUE)
