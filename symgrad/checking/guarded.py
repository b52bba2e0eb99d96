"""Claims of a report, one by one: whatever fails on one of them leaves the others as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from symgrad.base.errors import CertificateError, PluginError, SymgradError, VerdictTruthError
from symgrad.base.shown import shortened
from symgrad.checking import certificates
from symgrad.checking.reports import Check
from symgrad.claims.claim import Claim
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove import ladder

# Slips of authors of provers, and what is missing on this machine: no claim is to blame.
_FOR_EVERYONE = (PluginError, VerdictTruthError, ModuleNotFoundError)


def check(asked: Claim, find: Callable[[Claim], Verdict]) -> Check:
    """A claim with its verdict; what fails on the way, its text included, leaves this claim alone undecided."""
    try:
        return Check.of(asked, find(asked))
    except _FOR_EVERYONE:
        raise
    except Exception as error:
        ladder.LOG.error("the claim %s failed", asked.id, exc_info=True)
        said = str(error) if isinstance(error, SymgradError) else ladder.SLIP
        verdict = Verdict(Outcome.UNDECIDED, ladder.FAILED, said)
        return Check(asked.id, _text_of(asked), asked.expect, verdict)


def _text_of(asked: Claim) -> str:
    """The text of a claim, or its name where there is none."""
    try:
        return str(asked)
    except Exception:
        return asked.id


def certify(asked: Claim, verdict: Verdict, folder: Path) -> None:
    """Write the certificate of a claim of which there can be one.

    Raises
    ------
    CertificateError
        If there is none to be had, for whatever reason.
    """
    try:
        if certificates.is_possible(asked):
            certificates.write(certificates.Certificate(asked, verdict), folder)
    except CertificateError:
        raise
    except Exception as error:
        said = shortened(f"{type(error).__name__}: {error}")
        raise CertificateError(f"{asked.id}: no certificate, by a slip of symgrad: {said}") from error
