"""Ends that belong to a domain and are no rational numbers: a counterexample may stand just there.

They are ends of intervals, and those of conditions on the parts of complex numbers, as -I*pi where im(z) >= -pi.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr, Interval, Symbol, Union
from sympy.core.relational import Relational

from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import contains
from symgrad.prove.provers import finite
from symgrad.prove.signs.moves import Move


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """REFUTED if the goal fails at such an end; nothing else can be said from there."""
    if goal.domain.conditions:
        return _at_complex_ends(goal, decide)
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


def _at_complex_ends(goal: Goal, decide: Decide) -> Verdict | None:
    for z, values in goal.domain.sets:
        for place in _complex_ends(z, goal) if values == sympy.S.Complexes else ():
            verdict = finite.at(goal, {z: place}, decide)
            if verdict is not None and verdict.outcome is Outcome.REFUTED:
                return verdict
    return None


def _complex_ends(z: Symbol, goal: Goal) -> Iterator[Expr]:
    """Numbers on the axes at which a part of z is as large or as small as a condition allows."""
    units = {sympy.re(z): sympy.S.One, sympy.im(z): sympy.I}
    for condition in goal.domain.conditions:
        if not isinstance(condition, Relational) or condition.rel_op not in ("<=", ">="):
            continue
        for part, end in (condition.args, condition.args[::-1]):
            if part in units and not end.free_symbols:
                yield end * units[part]
