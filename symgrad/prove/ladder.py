"""verify: the refuter first, then each prover in turn, then the refuter at high precision, then samples."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from sympy.core.function import AppliedUndef
from sympy.polys.polyerrors import BasePolynomialError as PolynomialError

from symgrad.balls import UnsupportedError, has_endless
from symgrad.base import sized
from symgrad.base.budget import Budget, Spent, attempt, charge, working_within
from symgrad.base.errors import ClaimError, PluginError, VerdictTruthError
from symgrad.base.kinds import shown
from symgrad.base.precision import in_turn
from symgrad.base.sized import TooLarge
from symgrad.claims.claim import Claim, claim
from symgrad.language.statements import Conjunction, Domain, Extremum, Judged, Statement
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove import plugins
from symgrad.prove.basics import sentences
from symgrad.prove.basics.combine import NO_POINT, all_of
from symgrad.prove.basics.derivatives import NotSmooth
from symgrad.prove.basics.goals import Decide, Goal, Prover
from symgrad.prove.basics.points import Point
from symgrad.prove.certain.refutations import confirmed
from symgrad.prove.certain.refute import FEWEST_DIGITS, Agreement, refute
from symgrad.prove.certain.simpler import at_simpler_point
from symgrad.prove.provers import (
    cartesian,
    cases,
    closed_sums,
    constant_difference,
    continued,
    equal_squares,
    finite,
    floor_and_mod,
    independent,
    induction,
    inequalities,
    inequalities_by_induction,
    injective_images,
    inverse_values,
    irrational_ends,
    jumps,
    no_slopes,
    off_ties,
    orders,
    same_normal_form,
    strictness,
)
from symgrad.prove.provers.emptiness import is_empty
from symgrad.prove.provers.endless import endless  # fmt: skip
from symgrad.prove.provers.extrema import decide_extremum
from symgrad.prove.signs import moves  # fmt: skip
from symgrad.prove.special.ring import NoNormalForm

PROVERS: tuple[Prover, ...] = (
    finite.prove, floor_and_mod.prove, independent.prove, inequalities_by_induction.prove, orders.prove, jumps.prove,
    no_slopes.prove, cases.prove, off_ties.prove, same_normal_form.prove, induction.prove, closed_sums.prove,
    inequalities.prove, independent.prove_others, injective_images.prove, constant_difference.prove, moves.prove,
    continued.prove, injective_images.prove_by_all_means, inverse_values.prove, cartesian.prove, equal_squares.prove,
    irrational_ends.prove, strictness.prove, finite.prove_by_all_means,
)  # fmt: skip
# What may have no value at all is replaced by its value before any other prover looks at the goal.
OF_ENDLESS: tuple[Prover, ...] = (finite.prove, endless.prove, finite.prove_by_all_means)
DEEPEST = 12
WORK = 12_000_000  # units, for one claim
WORK_OF_A_PROVER = 8  # for each part of a goal, besides what is counted on the way
FOR_ALL_PROVERS, FOR_ONE_PROVER = 9_000_000, 5_000_000  # of these units; the rest is for the refuter
TOO_LARGE = "the formula becomes too large"
TOO_MUCH_WORK = "the budget of work is spent; state the claim in parts, or on a smaller domain"
# How SymPy's functions are known to fail on what they were not made for. What else fails, an AttributeError or a
# NameError, is a slip of somebody's: it is logged as an error.
FAILURES = (ArithmeticError, NotImplementedError, PolynomialError, RecursionError, TypeError, ValueError)
LOG = logging.getLogger("symgrad.prove")
LOG.addHandler(logging.NullHandler())  # a verdict says that a prover failed; the traceback is for those who ask
FAILED = "the prover failed"
SLIP = "this is a slip of symgrad, please report the claim; its log, symgrad.prove, says what failed"
ALIKE = "both sides are the same expression as given; write it as text, or with Derivative"
FEWEST_POINTS = 5
MOST_ASKED, FOR_ONE_POINT = 4, 300_000  # points that enclosures leave open; units at most for each
FOR_EMPTINESS = 3_000_000  # units at most, of those of the claim
NOTHING = Verdict(
    Outcome.UNINFORMATIVE, "conditions", "the conditions leave no point, so that the claim is about nothing"
)


@in_turn
def verify(says: Claim | str) -> Verdict:
    """Decide a claim: prove it, refute it by a certified counterexample, or say how much evidence there is.

    Parameters
    ----------
    says : Claim or str
        A text is read by `claim`.

    Returns
    -------
    Verdict
        PROVED and REFUTED are certain. The verdict does not depend on the machine: budgets count work, not time.

    Raises
    ------
    ParseError
        If the text is no formula.
    ClaimError
        If it is neither a claim nor text, or the text says nothing that could be true or false.
    PluginError
        If a prover of another package fails.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.verify("1/(1 + exp(-x)) == (1 + tanh(x/2))/2").outcome.name
    'PROVED'
    >>> print(sg.verify("1/(1 - exp(-x)) == sigmoid(x)").witness)
    at x = 0: left undefined, right 1/2
    """
    asked = claim(says) if isinstance(says, str) else says
    if not isinstance(asked, Claim):
        raise ClaimError(f'verify takes a claim or a text, as in verify(claim(a, "==", b)); got {shown(says)}')
    started = time.perf_counter()
    verdict = _of_known_functions(asked, _restated(asked, _guarded_verdict(asked)))
    doubts = () if verdict.holds else asked.doubts
    evidence = "; ".join(filter(None, (verdict.evidence, *asked.remarks, *doubts)))
    return replace(verdict, evidence=evidence, seconds=time.perf_counter() - started)


def _of_known_functions(asked: Claim, verdict: Verdict) -> Verdict:
    """The verdict, which proves nothing of a function of which nobody says that it has values."""
    parts = sorted({f for e in asked.statement.expressions for f in e.atoms(AppliedUndef)}, key=str)
    if not (parts and verdict.holds):
        return verdict
    return Verdict(Outcome.UNDECIDED, "unknown functions", f"nobody says that {parts[0]} has a value; write what it is")


def _restated(asked: Claim, verdict: Verdict) -> Verdict:
    """The verdict, which says so where the two sides are one expression."""
    if not (asked.restates and verdict.holds):
        return verdict
    outcome = verdict.outcome if asked.is_meant else Outcome.UNINFORMATIVE
    return Verdict(outcome, "comparison", ALIKE, side_conditions=verdict.side_conditions)


@dataclass(frozen=True)
class Proof:
    """A goal, its verdict, and the goals that were decided on the way to it."""

    goal: Goal
    verdict: Verdict
    parts: tuple[Proof, ...]


@in_turn
def proofs(asked: Claim) -> tuple[Verdict, tuple[Proof, ...]]:
    """The verdict on a claim with all that was decided on the way, for those who want to read the proof."""
    parts: list[Proof] = []
    verdict = _guarded_verdict(asked, parts)
    return verdict, tuple(parts)


def _guarded_verdict(asked: Claim, parts: list[Proof] | None = None) -> Verdict:
    """The verdict on a claim; a failure on the way ends this claim alone, which then is undecided."""
    whole = Budget(WORK)
    try:
        with working_within(whole):
            verdict = _verdict(asked.statement, asked.domain, parts)
    except Spent:
        return Verdict(Outcome.UNDECIDED, "budget of work", TOO_MUCH_WORK)
    except TooLarge as error:
        return Verdict(Outcome.UNDECIDED, TOO_LARGE, str(error))
    except (PluginError, VerdictTruthError):
        raise  # slips of authors, of which they must hear
    except Exception:
        LOG.error("the prover failed on %s", asked, exc_info=True)
        return Verdict(Outcome.UNDECIDED, FAILED, SLIP)
    if verdict.witness is not None:
        return verdict
    return NOTHING if _is_about_nothing(asked.domain, whole.limit - whole.spent) else verdict


def _is_about_nothing(domain: Domain, left: float) -> bool:
    """Whether the conditions leave no point: sub-goals of a proof may be like that, no claim is meant so.

    No verdict is lost by asking with what is left of the budget; provers leave enough of it, see `FOR_ALL_PROVERS`.
    """
    try:
        with working_within(Budget(min(left, FOR_EMPTINESS))):
            return is_empty(domain, _decide_from(-1, None))
    except (Spent, *FAILURES):
        return False


def _verdict(statement: Statement, domain: Domain, parts: list[Proof] | None = None) -> Verdict:
    decide = _decide_from(-1, parts)
    if isinstance(statement, Conjunction):
        return _of_all_parts(statement, [_verdict(part, domain, parts) for part in statement.parts])
    if isinstance(statement, Judged):
        return statement.decided(domain, lambda said, where: decide(Goal.of(said, where)))
    if isinstance(statement, Extremum):
        return decide_extremum(statement, domain, decide)
    return decide(Goal.of(statement, domain))


def _of_all_parts(whole: Conjunction, verdicts: list[Verdict]) -> Verdict:
    """The verdict on all parts of a statement, which names the one that fails."""
    for part, verdict in zip(whole.parts, verdicts, strict=True):
        text = sentences.statement(part) if verdict.outcome is Outcome.REFUTED else None
        if text:
            return replace(verdict, evidence="; ".join(filter(None, (f"{text} does not hold", verdict.evidence))))
    return all_of(verdicts, "", "relation")


def _decide_from(depth: int, parts: list[Proof] | None) -> Decide:
    """How what stands at a depth has other goals decided; they are noted in `parts`."""

    def decide(goal: Goal) -> Verdict:
        below: list[Proof] | None = None if parts is None else []
        verdict = confirmed(_decide(goal, depth + 1, below), goal)
        verdict = at_simpler_point(verdict, goal) if depth < 0 else verdict
        if parts is not None:
            parts.append(Proof(goal, verdict, tuple(below or ())))
        return verdict

    return decide


def _decide(goal: Goal, depth: int, parts: list[Proof] | None = None) -> Verdict:
    if depth > DEEPEST:
        return Verdict(Outcome.UNDECIDED, "limit of depth", f"more than {DEEPEST} splits within each other")
    if goal.is_vacuous:
        return NO_POINT
    goal = goal.trimmed()
    try:
        seen: Verdict | Agreement = refute(goal)
        no_enclosures = ""
    except UnsupportedError as error:
        seen, no_enclosures = Agreement(0, 0), str(error)
    except NotSmooth as error:
        if not any(has_endless(side) for side in goal.sides):
            return Verdict(Outcome.UNDECIDED, "no derivative", str(error))
        seen, no_enclosures = Agreement(0, 0), str(error)
    except TooLarge as error:
        return Verdict(Outcome.UNDECIDED, TOO_LARGE, str(error))
    if isinstance(seen, Verdict):
        return seen
    ask = partial(_tried, goal, depth, parts)
    told = attempt(FOR_ALL_PROVERS, ask) if depth == 0 else ask()
    if told is not None and told[1]:
        return told[0]
    if no_enclosures:
        return Verdict(Outcome.UNDECIDED, "no enclosures", no_enclosures)
    evidence = _evidence(goal, seen, _decide_from(depth, None) if depth == 0 else None)
    return evidence if told is None or evidence.outcome is not Outcome.SUPPORTED else told[0]


def _tried(goal: Goal, depth: int, parts: list[Proof] | None) -> tuple[Verdict, bool] | None:
    """What a prover says, and whether that decides the goal or is only nearly a proof."""
    nearly: Verdict | None = None
    work = WORK_OF_A_PROVER * sum(sized.nodes(side) for side in goal.sides)
    is_endless = any(has_endless(side) for side in goal.sides)
    for prover in OF_ENDLESS if is_endless else (*PROVERS, *plugins.provers()):
        tried: list[Proof] | None = None if parts is None else []
        charge(work)
        ask = partial(_attempt, prover, goal, _decide_from(depth, tried))
        verdict = attempt(FOR_ONE_PROVER, ask) if depth == 0 else ask()
        if verdict is not None and verdict.holds and parts is not None:
            parts.extend(tried or ())
        if verdict is not None and (verdict.holds is not None or prover is cases.prove):
            return verdict, True
        if verdict is not None and verdict.outcome is Outcome.SUPPORTED and verdict.side_conditions:
            nearly = verdict if nearly is None else nearly
    return None if nearly is None else (nearly, False)


def _attempt(prover: Prover, goal: Goal, decide: Decide) -> Verdict | None:
    """What a prover says; nothing where it fails, as SymPy's functions do in many ways, which proves nothing."""
    try:
        return prover(goal, decide)
    except (TooLarge, NoNormalForm):
        return None
    except (PluginError, VerdictTruthError):
        raise  # slips of authors, of which they must hear
    except Exception as error:
        level = logging.DEBUG if isinstance(error, FAILURES) else logging.ERROR
        LOG.log(level, "%s failed on %s", prover, _told(goal), exc_info=True)
        return None


def _told(goal: Goal) -> str:
    """The goal for the log; SymPy cannot print all that it can make."""
    try:
        return str(goal)
    except Exception as error:
        return f"a goal that cannot be printed: {type(error).__name__}"


def _asked_at(goal: Goal, open_points: Sequence[Point], decide: Decide) -> Verdict | tuple[Point, ...]:
    """What refutes the goal at the first of some points, by what provers say of each; or the points that stay open."""
    settled = []
    for point in open_points[:MOST_ASKED]:
        try:
            verdict = attempt(FOR_ONE_POINT, partial(_attempt, _at(point), goal, decide))
        except Spent:  # the points that were tried say something without those that stay open
            break
        if verdict is not None and verdict.outcome is Outcome.REFUTED:
            return verdict
        if verdict is not None and verdict.holds:
            settled.append(point)
    return tuple(p for p in open_points if p not in settled)


def _at(point: Point) -> Prover:
    return lambda goal, decide: finite.at(goal, point, decide)


def _evidence(goal: Goal, seen: Agreement, decide: Decide | None) -> Verdict:
    """What a search at high precision leaves: a late counterexample, or samples."""
    deep = refute(goal, deep=True)
    if isinstance(deep, Verdict):
        return deep
    agreed = deep if deep.points or deep.level else seen
    if decide is not None:
        # Where no enclosure could be had, as at the end of a power series, and where both sides seem to be equal.
        missed = _asked_at(goal, agreed.missed, decide) if any(map(has_endless, goal.sides)) else agreed.missed
        level = _asked_at(goal, agreed.level, decide)
        if isinstance(missed, Verdict):
            return missed
        if isinstance(level, Verdict):
            return level
        agreed = replace(agreed, missed=missed, level=level)
    fewest = FEWEST_POINTS if goal.variables else 1
    gap = agreed.gap if goal.variables else ""
    if agreed.level and (goal.op not in ("<=", ">=") or agreed.points < fewest):
        return Verdict(Outcome.UNDECIDED, "samples", agreed.tie if goal.variables else sentences.TIE)
    if agreed.points < fewest or (goal.op == "==" and agreed.digits < FEWEST_DIGITS):
        return Verdict(Outcome.UNDECIDED, "samples", sentences.too_little(agreed.points, fewest) + gap)
    seen_at = sentences.seen(goal.op, agreed.points, agreed.digits)
    tie = f"; {agreed.tie}" if agreed.level else ""
    return Verdict(Outcome.SUPPORTED, "samples", f"{seen_at}{tie}; no proof found{gap}")
