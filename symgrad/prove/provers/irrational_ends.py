"""Ends of intervals that belong to them and are no rational numbers: a counterexample may stand just there."""

from __future__ import annotations

from sympy import Interval, Union

from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import contains
from symgrad.prove.signs.moves import Move


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """REFUTED if the goal fails at such an end; nothing else can be said from there."""
    if goal.domain.conditions:
        return None
    for x, values in goal.domain.sets:
        for part in values.args if isinstance(values, Union) else (values,):
            if not isinstance(part, Interval):
                continue
            for end in (part.start, part.end):
                if end.is_finite and not end.is_Rational and contains(values, end):
                    verdict = Move(goal.at({x: end}), {x: end}).decided(decide)
                    if verdict.outcome is Outcome.REFUTED:
                        return verdict
    return None
