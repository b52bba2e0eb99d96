"""What is said of verdicts, in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from symgrad.verdicts import Outcome, Verdict, Witness

NOT_CHECKED = "not checked"


def is_met(expect: str, verdict: Verdict) -> bool | None:
    """Whether checking found what was expected; None where the truth is not known.

    Examples
    --------
    >>> is_met("refuted", Verdict(Outcome.REFUTED, "at a point"))
    True
    """
    return None if verdict.holds is None else verdict.holds is (expect == "holds")


def tally(found: Iterable[tuple[str, Verdict]]) -> str:
    """How many statements there are and what was found, from pairs of expectation and verdict.

    Examples
    --------
    >>> proved, refuted = Verdict(Outcome.PROVED, "algebra"), Verdict(Outcome.REFUTED, "at a point")
    >>> tally([("holds", proved), ("holds", proved), ("refuted", refuted)])
    '3 statements: 2 proved, 1 refuted as it should be'
    """
    counts = Counter((verdict.outcome, expect) for expect, verdict in found)
    order = [(outcome, expect) for outcome in Outcome for expect in ("refuted", "holds")]
    parts = [_counted(counts[key], *key) for key in order if counts[key]]
    total = counts.total()
    if not total:
        return "no statements"
    return f"{total} statement{'s' if total > 1 else ''}: {', '.join(parts)}"


def _counted(number: int, outcome: Outcome, expect: str) -> str:
    words = f"{number} {outcome.name.lower()}"
    it = "it" if number == 1 else "they"
    if expect == "refuted":
        return f"{words} as {it} should be" if outcome is Outcome.REFUTED else f"{words} though {it} should be refuted"
    return f"{words} though {it} should hold" if outcome is Outcome.REFUTED else words


def evidence(verdict: Verdict) -> str:
    """Method and evidence, without the counterexample."""
    return ": ".join(part for part in (verdict.method, verdict.evidence) if part)


def counterexample(witness: Witness) -> str:
    """The point at which a claim fails, and what stands on both sides there."""
    place = ", ".join(f"{name} = {value}" for name, value in witness.point.items())
    sides = f"the left side is {_shortened(witness.left)}, the right side {_shortened(witness.right)}"
    return f"Counterexample: {'at ' + place + ' ' if place else ''}{sides}"


def _shortened(number: str) -> str:
    """A number with at most twenty decimals."""
    return re.sub(r"(\.\d{20})\d+", r"\1…", number)
