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

from symgrad.base.shown import one_line
from symgrad.claims.claim import Claim
from symgrad.language.verdicts import Outcome, Verdict, Witness

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


@dataclass(frozen=True)
class NotRead:
    """What was named as a claim and is none.

    Attributes
    ----------
    id : str
        Its name in reports: that of the claim, the text of a formula, or a path.
    reason : str
        What is wrong, on one line, with the place.
    """

    id: str
    reason: str

    @property
    def text(self) -> str:
        return self.id


def exit_code(found: Iterable[Check | NotRead], accepted: Collection[Outcome] = ()) -> int:
    """0 if all expectations are met, 2 if one could not be read, 1 if one is contradicted, 3 if one stays open."""
    found = list(found)
    if any(isinstance(each, NotRead) for each in found):
        return EXIT_MISUSE
    met = {each.met_if(accepted) for each in found if isinstance(each, Check)}
    return EXIT_REFUTED if False in met else EXIT_OPEN if None in met else EXIT_HOLDS


def tally(found: Iterable[Check | NotRead]) -> str:
    """How many claims came out how, strongest outcome first.

    Examples
    --------
    >>> import symgrad as sg
    >>> slip = sg.claim("tanh(x) == x", expect="refuted")
    >>> tally([Check.of(slip, sg.verify(slip))])
    '1 refuted as it should be'
    """
    found = list(found)
    counts = Counter((each.verdict.outcome, each.expect) for each in found if isinstance(each, Check))
    order = [(outcome, expect) for outcome in Outcome for expect in ("refuted", "holds")]
    not_read = sum(isinstance(each, NotRead) for each in found)
    words = [_counted(counts[key], *key) for key in order if counts[key]]
    return ", ".join([*words, *([f"{not_read} not read"] if not_read else [])])


def _counted(number: int, outcome: Outcome, expect: str) -> str:
    words = f"{number} {outcome.name.lower()}"
    it = "it" if number == 1 else "they"
    if expect == "refuted":
        return f"{words} as {it} should be" if outcome is Outcome.REFUTED else f"{words} though {it} should be refuted"
    return f"{words} though {it} should hold" if outcome is Outcome.REFUTED else words


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries on which verdicts rest."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def to_json(found: Sequence[Check | NotRead]) -> str:
    """The report as JSON: claims in the order given, and the versions that judged them."""
    return json.dumps({"claims": [_report(each) for each in found], "versions": versions()}, indent=2)


def _report(found: Check | NotRead) -> dict[str, Any]:
    if isinstance(found, NotRead):
        return _fields(found.id, None, "not read", found.reason, None, [], 0.0)
    verdict, witness = found.verdict, found.verdict.witness
    point = witness and {"point": dict(witness.point), "left": witness.left, "right": witness.right}
    conditions, seconds = list(verdict.side_conditions), round(verdict.seconds, 6)
    return _fields(found.id, verdict.outcome.name, verdict.method, verdict.evidence, point, conditions, seconds)


def _fields(
    name: str, outcome: str | None, method: str, evidence: str, witness: object, conditions: list[str], seconds: float
) -> dict[str, Any]:
    return {
        "id": name,
        "outcome": outcome,
        "method": method,
        "evidence": evidence,
        "witness": witness,
        "side_conditions": conditions,
        "seconds": seconds,
    }


def to_junit(found: Sequence[Check | NotRead], accepted: Collection[Outcome] = ()) -> str:
    """The report as JUnit XML: a contradicted expectation is a failure, an open or unreadable claim an error."""
    met = [each.met_if(accepted) if isinstance(each, Check) else None for each in found]
    suite = ElementTree.Element(
        "testsuite", name="symgrad", tests=str(len(met)), failures=str(met.count(False)), errors=str(met.count(None))
    )
    for each, outcome in zip(found, met):
        seconds = f"{each.verdict.seconds if isinstance(each, Check) else 0:.3f}"
        case = ElementTree.SubElement(suite, "testcase", classname="symgrad", name=_xml(each.id), time=seconds)
        if outcome is not True:
            kind = "failure" if outcome is False else "error"
            said, text = f"not read: {each.reason}" if isinstance(each, NotRead) else str(each.verdict), each.text
            ElementTree.SubElement(case, kind, message=_xml(said)).text = _xml(text)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _xml(text: str) -> str:
    """Text on one line, without the characters that XML cannot hold."""
    return one_line(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text))
