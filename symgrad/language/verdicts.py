"""What checking a claim found: outcome, method, evidence; never a truth value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from html import escape
from typing import Any

from symgrad.base.errors import VerdictTruthError
from symgrad.base.shown import Word


class Outcome(Enum):
    """The six things that can be said of a claim, strongest first; the value tells a reader what each means.

    Examples
    --------
    >>> import symgrad as sg
    >>> for outcome in sg.Outcome:
    ...     print(f"{outcome.name}: {outcome.value}")
    PROVED: true on the whole domain, by algebra or induction
    CERTIFIED: true on the whole domain, by enclosures
    SUPPORTED: agreed at sampled points: evidence, no proof
    UNINFORMATIVE: a check ran that could not have failed
    UNDECIDED: nothing could be said within the budget
    REFUTED: false: a counterexample, certified
    >>> sg.verify("x**2 + 1 >= 2*x").outcome is sg.Outcome.PROVED
    True
    """

    PROVED = "true on the whole domain, by algebra or induction"
    CERTIFIED = "true on the whole domain, by enclosures"
    SUPPORTED = "agreed at sampled points: evidence, no proof"
    UNINFORMATIVE = "a check ran that could not have failed"
    UNDECIDED = "nothing could be said within the budget"
    REFUTED = "false: a counterexample, certified"


TRUE_OUTCOMES = frozenset({Outcome.PROVED, Outcome.CERTIFIED})
ACCEPTABLE = {outcome.name.lower(): outcome for outcome in (Outcome.SUPPORTED, Outcome.UNINFORMATIVE)}
"""What may count as good enough, where a caller accepts it by name, although it proves nothing."""


@dataclass(frozen=True)
class Witness:
    """A point at which a claim fails, with the values of both sides there.

    Parameters
    ----------
    point : mapping of str to str
        Values of the variables, exact wherever possible.
    left : str
        The left side at the point: an exact number, or digits that are all certain.
    right : str
        The right side, likewise.

    Examples
    --------
    >>> import symgrad as sg
    >>> witness = sg.verify("log(x**2) == 2*log(x)").witness
    >>> print(witness)
    at x = 0: left undefined, right undefined
    >>> dict(witness.point), witness.left
    ({'x': '0'}, 'undefined')
    """

    point: Mapping[str, str]
    left: str
    right: str

    def __str__(self) -> str:
        place = ", ".join(f"{name} = {value}" for name, value in self.point.items())
        return f"{'at ' + place + ': ' if place else ''}left {self.left}, right {self.right}"


@dataclass(frozen=True)
class Verdict:
    """Outcome of checking one claim.

    It has no truth value: ``if verdict`` raises, ``verdict.holds`` is True, False or None.

    Parameters
    ----------
    outcome : Outcome
        PROVED, CERTIFIED, SUPPORTED, UNINFORMATIVE, UNDECIDED or REFUTED.
    method : str
        How it was found, in the words of the prover that found it.
    evidence : str
        What a sceptic would ask for: points and digits, the square, the boxes; or what to add.
    witness : Witness or None
        The counterexample of a refuted claim, where a single point is one.
    side_conditions : tuple of str
        Conditions that the proof used and that are not part of the domain.
    seconds : float
        Time it took; no part of equality.

    Raises
    ------
    VerdictTruthError
        If it is used as a truth value.

    Examples
    --------
    >>> import symgrad as sg
    >>> verdict = sg.verify(sg.claim("tanh(x)**2 + 1/cosh(x)**2 == 1"))
    >>> verdict.outcome.name, verdict.holds
    ('PROVED', True)
    """

    outcome: Outcome
    method: str
    evidence: str = ""
    witness: Witness | None = None
    side_conditions: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def holds(self) -> bool | None:
        """True if proved or certified, False if refuted, None if the truth is not known."""
        if self.outcome in TRUE_OUTCOMES:
            return True
        return False if self.outcome is Outcome.REFUTED else None

    def __bool__(self) -> bool:
        raise VerdictTruthError(
            f"a verdict has no truth value (this one is {self.outcome.name}); ask .holds, which is True, False or None"
        )

    def __str__(self) -> str:
        parts = [f"{self.outcome.name}, {self.method}", str(self.witness or ""), self.evidence]
        if self.side_conditions:
            parts.append("where " + ", ".join(self.side_conditions))
        return "; ".join(part for part in parts if part)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        name, _, rest = str(self).partition(", ")
        return f"<span>{Word(name, self.holds)._repr_html_()}, {escape(rest)}</span>"
