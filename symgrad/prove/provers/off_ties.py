"""Derivatives of functions with kinks where nothing ties: the case that holds at a point holds around it.

Where a continuous expression is nowhere zero on the domain its sign is constant around each point, and so it is a
constant for derivatives: |s|' = sign(s) s'. The goal is decided with the derivatives carried out.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Derivative, Expr

from symgrad import activations
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Verdict
from symgrad.prove.basics.conditions import Condition, conditions
from symgrad.prove.basics.derivatives import ROUGH, NotSmooth, smooth_derivative
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.kinks import resolved, switches
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds

MOST_SWITCHES = 3


class _Tied(Exception):
    """A case may change on the domain."""


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """The verdict on the goal with the derivatives of what has kinks carried out, if all ties are off the domain."""
    rough = [d for d in dict.fromkeys(d for side in goal.sides for d in _derivatives(side)) if _has_kinks(d)]
    if not rough or any(d.expr.has(Derivative) or len(set(d.variables)) != 1 for d in rough):
        return None
    try:
        slopes = {d: _slope(d, goal.domain) for d in rough}
    except (_Tied, NotSmooth):
        return None
    there = goal.replacing(slopes)
    values = tuple(dict.fromkeys(d.expr for d in rough))
    return decide(replace(there, also_defined=(*there.also_defined, *values)))


def _derivatives(side: Expr) -> list[Derivative]:
    return sorted(side.atoms(Derivative), key=sympy.default_sort_key)


def _has_kinks(d: Derivative) -> bool:
    return bool(activations.expand(d.expr).has(*ROUGH))


def _slope(d: Derivative, domain: Domain) -> Expr:
    """The derivative by cases, in which the signs of the switches are constants."""
    pending = [s for s in switches(d.expr) if s.has(d.variables[0])]
    if not 0 < len(pending) <= MOST_SWITCHES:
        raise _Tied
    (x,) = set(d.variables)
    return _by_cases(activations.expand(d.expr), x, len(d.variables), domain)


def _by_cases(f: Expr, x: sympy.Symbol, times: int, domain: Domain) -> Expr:
    pending = switches(f)
    if not pending:
        return _differentiated(f, x, times, domain)
    switch = pending[0]
    if not _is_apart_from_zero(switch, domain):
        raise _Tied
    above, below = (_by_cases(resolved(f, switch, known), x, times, domain) for known in (1, -1))
    return above if above == below else sympy.Piecewise((above, switch > 0), (below, True))


def _differentiated(f: Expr, x: sympy.Symbol, times: int, domain: Domain) -> Expr:
    for _ in range(times):
        if not bounds.is_smooth(f, x, domain):
            raise _Tied
        f = smooth_derivative(f, x)
    return f


def _is_apart_from_zero(switch: Expr, domain: Domain) -> bool:
    """Whether a switch certainly is real, continuous and nowhere zero on the domain."""
    signs = Signs(domain)
    if switch.has(*ROUGH, *branch_cuts.JUMPING) and not _is_continuous(switch):
        return False
    if not branch_cuts.is_certainly_real(switch, signs) or not branch_cuts.crosses_none(switch, signs):
        return False
    if not all(bounds.discharged(c, domain) for c in conditions(switch)):
        return False
    return bounds.discharged(Condition(switch), domain)


def _is_continuous(switch: Expr) -> bool:
    """Whether what is rough in a switch has kinks only."""
    kinked = (sympy.Abs, sympy.Max, sympy.Min)
    return not switch.has(*(kind for kind in (*ROUGH, *branch_cuts.JUMPING) if kind not in kinked))
