"""One verdict from several: of pieces of a domain, of parts of a statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import sentences

_STRENGTH = [Outcome.PROVED, Outcome.CERTIFIED, Outcome.SUPPORTED, Outcome.UNINFORMATIVE, Outcome.UNDECIDED]
NO_POINT = Verdict(Outcome.PROVED, "no point there", "there is no such point in the domain")


def all_of(verdicts: Sequence[Verdict], method: str, noun: str = "case", before: str = "") -> Verdict:
    """REFUTED if one is; else as strong as the weakest, with the side conditions of all.

    Parameters
    ----------
    verdicts : sequence of Verdict
    method : str
        How the whole became these parts.
    noun : str
        What a reader calls one of them.
    before : str
        What the sentence of evidence begins with, such as where a domain was split.
    """
    for verdict in verdicts:
        if verdict.outcome is Outcome.REFUTED:
            return verdict
    weakest = max(verdicts, key=lambda v: _STRENGTH.index(v.outcome))
    methods = list(dict.fromkeys(m for v in verdicts if v.outcome is weakest.outcome for m in _inner(v.method, method)))
    if len(methods) > 1:
        methods = [m for m in methods if m != NO_POINT.method]
    conditions = dict.fromkeys(c for v in verdicts for c in v.side_conditions)
    evidences = [v.evidence for v in verdicts if v.evidence != NO_POINT.evidence] or [NO_POINT.evidence]
    return Verdict(
        weakest.outcome,
        f"{method}: {', '.join(methods)}" if method else ", ".join(methods),
        weakest.evidence if weakest.holds is None else sentences.each(noun, evidences, weakest.outcome, before),
        side_conditions=tuple(conditions),
    )


def _inner(found: str, method: str) -> Iterator[str]:
    """The methods of a part; what splits a part once more in the same way is not named again."""
    prefix = f"{method}: "
    if method and found.startswith(prefix):
        yield from (m.removeprefix(prefix) for m in found.removeprefix(prefix).split(", "))
    else:
        yield found
