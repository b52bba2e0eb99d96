"""One verdict from several: of pieces of a domain, of parts of a statement."""

from __future__ import annotations

from collections.abc import Sequence

from symgrad.verdicts import Outcome, Verdict

_STRENGTH = [Outcome.PROVED, Outcome.CERTIFIED, Outcome.SUPPORTED, Outcome.UNINFORMATIVE, Outcome.UNDECIDED]


def all_of(verdicts: Sequence[Verdict], method: str) -> Verdict:
    """REFUTED if one is; else as strong as the weakest, with the side conditions of all."""
    for verdict in verdicts:
        if verdict.outcome is Outcome.REFUTED:
            return verdict
    weakest = max(verdicts, key=lambda v: _STRENGTH.index(v.outcome))
    methods = dict.fromkeys(v.method for v in verdicts if v.outcome is weakest.outcome)
    conditions = dict.fromkeys(c for v in verdicts for c in v.side_conditions)
    return Verdict(
        weakest.outcome,
        f"{method}: {', '.join(methods)}" if method else ", ".join(methods),
        weakest.evidence if weakest.holds is None else f"{len(verdicts)} parts",
        side_conditions=tuple(conditions),
    )
