"""What is said of verdicts, in words."""

from __future__ import annotations

from collections.abc import Collection

from symgrad.checking.reports import Check, tally
from symgrad.language.verdicts import Verdict

NOT_CHECKED = "not checked"


_CONTROL = {code: " " for code in (*range(32), 127) if code != ord("\n")}


def printable(text: str) -> str:
    """Text without what neither XML nor TeX can hold: control characters become spaces, half characters question marks.

    Examples
    --------
    >>> printable("a\\tb")
    'a b'
    """
    return text.translate(_CONTROL).encode("utf-8", errors="replace").decode("utf-8")


def counted(checks: Collection[Check]) -> str:
    """How many statements there are and what was found.

    Examples
    --------
    >>> from symgrad.language.verdicts import Outcome
    >>> proved = Check("1", "x == x", "holds", Verdict(Outcome.PROVED, "algebra"))
    >>> counted([proved, proved])
    '2 statements: 2 proved'
    """
    if not checks:
        return "no statements"
    return f"{len(checks)} statement{'s' * (len(checks) > 1)}: {tally(checks)}"


def outcome(check: Check) -> str:
    """The word of a verdict; where something else was expected, that as well.

    Examples
    --------
    >>> from symgrad.language.verdicts import Outcome
    >>> outcome(Check("1", "x == x", "refuted", Verdict(Outcome.PROVED, "algebra")))
    'proved, expected to be refuted'
    """
    word = check.verdict.outcome.name.lower()
    if check.met:
        return word
    if check.expect == "refuted":
        return f"{word}, expected to be refuted"
    return f"{word}, expected to hold" if check.met is False else word


def evidence(verdict: Verdict) -> str:
    """Method and evidence, without the counterexample."""
    return ": ".join(part for part in (verdict.method, verdict.evidence) if part)
