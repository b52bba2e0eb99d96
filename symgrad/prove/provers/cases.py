"""Piecewise, Abs, Max, Min, sign: split the domain where a case changes; decide each region and each border."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import sympy
from sympy import Derivative, Expr, S, Symbol, preorder_traversal

from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.language.written import bound_variables
from symgrad.prove.basics import compared, facts, sentences
from symgrad.prove.basics.combine import NO_POINT, all_of
from symgrad.prove.basics.conditions import Condition
from symgrad.prove.basics.derivatives import ROUGH, asked_for
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import points
from symgrad.prove.basics.sets import is_of_reals
from symgrad.prove.certain import side_conditions
from symgrad.prove.places import branch_cuts, witnesses
from symgrad.prove.places.kinks import resolved, switches, with_arguments
from symgrad.prove.places.roots import is_steep, zeros
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds, moves
from symgrad.prove.signs.borders import open_parts
from symgrad.prove.signs.moves import NEGATIVE, POSITIVE, ZERO, CannotMove, Move
from symgrad.prove.signs.slopes import Slope, slope_at

METHOD = "split at the borders of cases"
MOST_PIECES = 40
MOST_TOLD = 4  # borders
MOST_UNPLACED = 2  # switches of which it is not known where they change their sign


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """A verdict put together from those on the regions of one switch and on their borders."""
    signs = Signs(goal.domain, bounds.DEEPER)
    # The sign of what changes along a sum or an integral is no case of the whole.
    bound = {v for side in goal.sides for node in preorder_traversal(side) for v in bound_variables(node)}
    asked = dict.fromkeys(s for side in goal.sides for s in switches(side))
    found = [s for s in asked if bound.isdisjoint(s.free_symbols) and _has_sign(s, signs)]
    goal = with_arguments(goal) if found else goal
    for switch in found:
        known = bounds.sign_of(switch, goal.domain)
        if known is not None and known.strict:
            return decide(goal.mapped(partial(resolved, switch=switch, known=known.sign)))
    untied = moves.untied(goal) if found else None
    if untied is not None:
        return untied.decided(decide)
    for switch in found:
        for factor in _factors(switch):
            split = _on_line if len(factor.free_symbols) == 1 else _jointly
            verdict = split(goal, switch, factor, decide)
            if verdict is not None:
                return verdict
    return _whatever_the_sign(goal, found, decide)


def _has_sign(switch: Expr, signs: Signs) -> bool:
    """Whether a switch is real, so that it is positive, negative or zero: sign(1 + I) is none of 1, -1 and 0.

    On a line a sign is proved on each part anyway, which only what is real can have.
    """
    is_plain = len(switch.free_symbols) == 1 and not switch.has(S.ImaginaryUnit)
    return (is_plain and all(map(facts.is_real, switch.free_symbols))) or branch_cuts.is_certainly_real(switch, signs)


def _whatever_the_sign(goal: Goal, found: list[Expr], decide: Decide) -> Verdict | None:
    """The verdict where each of the three cases of a switch holds on the whole domain, wherever it may apply."""
    if not 0 < len(found) <= MOST_UNPLACED or any(side.has(Derivative) for side in goal.relation.expressions):
        return None
    switch = found[0]
    if not branch_cuts.is_certainly_real(switch, Signs(goal.domain)):
        return None
    cases = [goal.mapped(partial(resolved, switch=switch, known=known)) for known in (1, -1, 0)]
    cases[2] = cases[2].replacing({switch: S.Zero, -switch: S.Zero})
    verdicts = []
    if bounds.discharged(Condition(switch), goal.domain):
        cases.pop()  # it is nowhere zero
    for case in cases:
        verdicts.append(decide(case))
        if not verdicts[-1].holds:
            return None
    found_all = all_of(verdicts, "whatever the sign of a part", before=_split_by_sign(switch))
    return side_conditions.settle(found_all, goal, (), decide)


def _split_by_sign(switch: Expr) -> str:
    told = sentences.shown(switch, sentences.LONGEST_PLACE)
    return f"split by the sign of {told} into " if told else ""


def _factors(switch: Expr) -> Iterator[Expr]:
    """The switch itself, if it is one factor, else its factors: products change sign where a factor does."""
    if len(switch.free_symbols) == 1 or is_steep(switch):
        yield switch
        return
    try:
        _, factors = sized.factor_list(switch)
    except (sympy.PolynomialError, NotImplementedError):
        factors = []
    if len(factors) == 1 and factors[0][1] == 1:
        yield switch
        return
    yield from (base for base, _ in sorted(factors, key=lambda f: len(f[0].free_symbols)) if base.free_symbols)


def _resolved(goal: Goal, switch: Expr, factor: Expr, sign: int) -> Goal:
    """The goal where the factor has this sign; its own cases, if it is the switch, are gone."""
    return goal.mapped(lambda e: resolved(e, switch, sign)) if factor == switch else goal


def _is_settled(factor: Expr, domain: Domain) -> bool:
    """Whether a factor has one sign already, so that there is nothing to split."""
    known = bounds.sign_of(factor, domain)
    return known is not None and known.strict


# --- one variable -----------------------------------------------------------------------------------------------


def _on_line(goal: Goal, switch: Expr, factor: Expr, decide: Decide) -> Verdict | None:
    (x,) = factor.free_symbols
    values = goal.domain.set_of(x)
    if not is_of_reals(values) or _is_settled(factor, goal.domain):
        return None
    own = zeros(factor, x, values)
    if own is None or len(own) > MOST_PIECES:
        return None
    others = _other_borders(goal, switch, x, values)
    borders = _in_order([*own, *(b for places in others.values() for b in places)]) or own
    verdicts = []
    for part in open_parts(values, borders):
        piece = goal.on(x, part)
        side = bounds.sign_of(factor, piece.domain)
        if side is None or not side.strict:
            return None
        resolved_piece = _resolved(piece, switch, factor, side.sign)
        for other in others:
            known = bounds.sign_of(other, piece.domain)
            if known is not None and known.strict:
                resolved_piece = _resolved(resolved_piece, other, other, known.sign)
        verdicts.append(decide(resolved_piece))
    for border in borders:
        inside = facts.is_in(values, border)
        if inside is None:
            return None  # it may be an end in another form
        if inside:
            at_border = _at(goal, x, border, decide)
            if at_border is None:
                return None
            verdicts.append(at_border)
    return all_of(verdicts, METHOD, before=_split_at(x, borders)) if verdicts else None


def _other_borders(goal: Goal, switch: Expr, x: Symbol, values: sympy.Set) -> dict[Expr, list[Expr]]:
    """Where the other switches in the same variable change their signs, if these places are numbers easily told."""
    found: dict[Expr, list[Expr]] = {}
    for other in dict.fromkeys(s for side in goal.sides for s in switches(side)):
        if other == switch or other.free_symbols != {x}:
            continue
        cases = dict.fromkeys((other, *(resolved(other, switch, sign) for sign in (1, -1))))
        told = [b for case in cases if not case.has(*ROUGH) and case.has(x) for b in zeros(case, x, values) or ()]
        places = [b for b in dict.fromkeys(told) if b.is_Rational and facts.is_zero(other.subs(x, b))]
        if 0 < len(places) <= MOST_TOLD:
            found[other] = places
    return found


def _in_order(borders: list[Expr]) -> list[Expr]:
    """Rational borders, each once, from left to right; nothing if one is another number."""
    return sorted(set(borders)) if all(b.is_Rational for b in borders) else []


def _split_at(x: Symbol, borders: list[Expr]) -> str:
    if not 0 < len(borders) <= MOST_TOLD:
        return ""
    return f"split at {sentences.listed([sentences.place(x, b) for b in borders])} into "


def _at(goal: Goal, x: Symbol, border: Expr, decide: Decide) -> Verdict | None:
    """The verdict at a border point, or on all points with this x."""
    carried = [compared.put_in(c, {x: border}) for c in goal.domain.conditions]
    rest = moves.narrowed({s: held for s, held in goal.domain.sets if s != x}, carried)
    if rest is None:
        return NO_POINT
    slopes = _slopes(goal, x, border, rest)
    if slopes is None or not all(compared.is_told_at(side, {x: border}) for side in goal.sides):
        return None
    if isinstance(slopes, Slope):
        return _no_slope(slopes, x, border, rest)
    there = replace(goal.mapped(lambda e: e.xreplace(slopes).subs({x: border})), domain=rest)
    return Move(there, {x: border}).decided(decide)


def _no_slope(none: Slope, x: Symbol, border: Expr, rest: Domain) -> Verdict | None:
    """REFUTED, if the border is there at all: a derivative has no value on it."""
    point = next(points(rest, 1), None)
    if point is None:
        return None
    whole = {**point, x: border.xreplace(point)}
    evidence = f"the derivative has no value there: {none.why_none}"
    witness = Witness(witnesses.coordinates(whole), witnesses.NO_VALUE, witnesses.NO_VALUE)
    return Verdict(Outcome.REFUTED, METHOD, evidence, witness)


# --- several variables ------------------------------------------------------------------------------------------


def _jointly(goal: Goal, switch: Expr, factor: Expr, decide: Decide) -> Verdict | None:
    """Regions and border of a factor that is linear in one variable, in whose place it is put."""
    if _is_settled(factor, goal.domain):
        return None
    regions = []
    for part, sign in ((POSITIVE, 1), (NEGATIVE, -1)):
        move = next(moves.exchanged(_resolved(goal, switch, factor, sign), factor, part), None)
        if move is None:
            return None
        regions.append(move)
    border = _joint_border(goal, switch, factor)
    if border is None:
        return None
    verdicts = [border] if isinstance(border, Verdict) else []
    verdicts += [move.decided(decide) for move in ([*regions, border] if isinstance(border, Move) else regions)]
    return all_of(verdicts, METHOD, before=_split_by_sign(factor))


def _joint_border(goal: Goal, switch: Expr, factor: Expr) -> Move | Verdict | None:
    if not any(side.has(Derivative) for side in goal.sides):
        return next(moves.exchanged(_resolved(goal, switch, factor, 0), factor, ZERO), None)
    for x in sorted(factor.free_symbols, key=str):
        slope = sympy.diff(factor, x)
        border = sized.expand(x - factor / slope) if not slope.has(x) and slope != 0 else None
        if border is None:
            continue
        try:
            there = moves.moved(Goal(replace(goal.relation, lhs=x, rhs=x), goal.domain), factor, x, ZERO)
        except CannotMove:
            continue
        if there.goal is None:
            return there
        slopes = _slopes(goal, x, border, there.goal.domain)
        if slopes is None:
            continue
        if isinstance(slopes, Slope):
            return _no_slope(slopes, x, border, there.goal.domain)
        flat = goal.replacing(slopes)
        return moves.cleared(moves.moved(_resolved(flat, switch, factor, 0), factor, x, ZERO))
    return None


def _slopes(goal: Goal, x: Symbol, border: Expr, rest: Domain) -> dict[Expr, Expr] | Slope | None:
    """The derivatives of a goal at x = border, or the first that has no value there; None if one is unsure."""
    found: dict[Expr, Expr] = {}
    for side in goal.sides:
        asked = set(asked_for(side))
        for derivative in side.atoms(Derivative):
            if not set(derivative.variables) & ({x} | border.free_symbols):
                found[derivative] = Derivative(derivative.expr.xreplace({x: border}), *derivative.variable_count)
                continue
            slope = slope_at(derivative, x, border, rest)
            if slope is None or slope.value is None:
                return slope if derivative in asked else None
            found[derivative] = slope.value
    return found
