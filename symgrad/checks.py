"""Checks: claims with what was found of them, whether that was expected, and reports as JSON and JUnit XML."""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree

from symgrad.claims import Claim
from symgrad.verdicts import Outcome, Verdict, Witness

EXIT_HOLDS, EXIT_REFUTED, EXIT_MISUSE, EXIT_OPEN = 0, 1, 2, 3
LIBRARIES = ("symgrad", "sympy", "python-flint", "mpmath")


@dataclass(frozen=True)
class Check:
    """A claim as a report names it, and what checking it found.

    Attributes
    ----------
    id : str
        Its name in the report.
    text : str
        The statement in symgrad's own language.
    expect : {"holds", "refuted"}
    verdict : Verdict
    """

    id: str
    text: str
    expect: str
    verdict: Verdict

    @classmethod
    def of(cls, claim: Claim, verdict: Verdict) -> Check:
        return cls(claim.id, str(claim), claim.expect, verdict)

    @property
    def met(self) -> bool | None:
        """Whether checking found what was expected; None where the truth is not known."""
        return self.met_if()

    def met_if(self, accepted: Collection[Outcome] = ()) -> bool | None:
        """The same, where some outcomes that are no proof count as good enough."""
        if self.expect == "holds" and self.verdict.outcome in accepted:
            return True
        holds = self.verdict.holds
        return None if holds is None else holds == (self.expect == "holds")

    def as_json(self) -> dict[str, Any]:
        """Itself as plain data to be kept; the time it took is left out, which differs from run to run."""
        verdict, witness = self.verdict, self.verdict.witness
        return {
            "id": self.id,
            "text": self.text,
            "expect": self.expect,
            "outcome": verdict.outcome.name,
            "method": verdict.method,
            "evidence": verdict.evidence,
            # Pairs keep their order, whatever becomes of the keys of an object.
            "witness": witness and [[list(item) for item in witness.point.items()], witness.left, witness.right],
            "side_conditions": list(verdict.side_conditions),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Check:
        """What `as_json` kept."""
        point, *sides = data["witness"] or ((),)
        witness = Witness(dict(point), *sides) if sides else None
        outcome, conditions = Outcome[data["outcome"]], tuple(data["side_conditions"])
        verdict = Verdict(outcome, data["method"], data["evidence"], witness, conditions)
        return cls(data["id"], data["text"], data["expect"], verdict)


def exit_code(checks: Iterable[Check], accepted: Collection[Outcome] = ()) -> int:
    """0 if all expectations are met, 1 if one is contradicted, 3 if one stays open."""
    found = {check.met_if(accepted) for check in checks}
    return EXIT_REFUTED if False in found else EXIT_OPEN if None in found else EXIT_HOLDS


def tally(checks: Iterable[Check]) -> str:
    """How many claims came out how, strongest outcome first.

    Examples
    --------
    >>> import symgrad as sg
    >>> slip = sg.claim("tanh(x) == x", expect="refuted")
    >>> tally([Check.of(slip, sg.verify(slip))])
    '1 refuted as it should be'
    """
    counts = Counter((check.verdict.outcome, check.expect) for check in checks)
    order = [(outcome, expect) for outcome in Outcome for expect in ("refuted", "holds")]
    return ", ".join(_counted(counts[key], *key) for key in order if counts[key])


def _counted(number: int, outcome: Outcome, expect: str) -> str:
    words = f"{number} {outcome.name.lower()}"
    it = "it" if number == 1 else "they"
    if expect == "refuted":
        return f"{words} as {it} should be" if outcome is Outcome.REFUTED else f"{words} though {it} should be refuted"
    return f"{words} though {it} should hold" if outcome is Outcome.REFUTED else words


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries on which verdicts rest."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def to_json(checks: Sequence[Check]) -> str:
    """The report as JSON: claims in the order given, and the versions that judged them."""
    return json.dumps({"claims": [_report(check) for check in checks], "versions": versions()}, indent=2)


def _report(check: Check) -> dict[str, Any]:
    verdict, witness = check.verdict, check.verdict.witness
    return {
        "id": check.id,
        "outcome": verdict.outcome.name,
        "method": verdict.method,
        "evidence": verdict.evidence,
        "witness": witness and {"point": dict(witness.point), "left": witness.left, "right": witness.right},
        "side_conditions": list(verdict.side_conditions),
        "seconds": round(verdict.seconds, 6),
    }


def to_junit(checks: Sequence[Check], accepted: Collection[Outcome] = ()) -> str:
    """The report as JUnit XML: a contradicted expectation is a failure, an open one an error."""
    met = [check.met_if(accepted) for check in checks]
    suite = ElementTree.Element(
        "testsuite", name="symgrad", tests=str(len(met)), failures=str(met.count(False)), errors=str(met.count(None))
    )
    for check, outcome in zip(checks, met):
        seconds = f"{check.verdict.seconds:.3f}"
        case = ElementTree.SubElement(suite, "testcase", classname="symgrad", name=_xml(check.id), time=seconds)
        if outcome is not True:
            kind = "failure" if outcome is False else "error"
            ElementTree.SubElement(case, kind, message=_xml(str(check.verdict))).text = _xml(check.text)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _xml(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
