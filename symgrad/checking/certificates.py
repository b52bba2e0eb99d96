"""Certificates: a claim and its verdict as a file that anyone can read, and have decided again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symgrad.base.errors import CertificateError, SymgradError
from symgrad.base.files import reader_of, write_whole
from symgrad.base.fingerprints import digest
from symgrad.base.shown import shortened
from symgrad.checking.reports import EXIT_HOLDS, EXIT_OPEN, EXIT_REFUTED, Check, versions
from symgrad.claims.claim import Claim, claim
from symgrad.language.statements import Judged
from symgrad.language.verdicts import Verdict
from symgrad.prove import verify
from symgrad.prove.basics.points import SEED
from symgrad.reading import text

SUFFIX = ".json"
LONGEST_NAME = 60
FIELDS = (
    "id",
    "text",
    "expect",
    "outcome",
    "method",
    "evidence",
    "witness",
    "side_conditions",
    "where",
    "source",
    "seed",
    "versions",
)


@dataclass(frozen=True)
class Certificate:
    """A claim, what was found of it, and what a sceptic needs to find it again.

    Attributes
    ----------
    claim : Claim
    verdict : Verdict
    versions : mapping of str to str
        Of Python and the libraries that judged.
    seed : int
        Of the random points that were tried.

    Examples
    --------
    >>> import symgrad as sg
    >>> slip = sg.claim("sqrt(x**2) == x", expect="refuted")
    >>> certificate = Certificate(slip, sg.verify(slip))
    >>> certificate.as_json()["witness"]
    [[['x', '-1']], '1', '-1']
    >>> Certificate.from_json(certificate.as_json()) == certificate
    True
    >>> replay(certificate) == certificate.verdict
    True
    """

    claim: Claim
    verdict: Verdict
    versions: Mapping[str, str] = field(default_factory=versions)
    seed: int = SEED

    def as_json(self) -> dict[str, Any]:
        """Itself as plain data.

        Raises
        ------
        CertificateError
            If no text says the same as the claim.
        """
        claim = self.claim
        try:
            said = {
                **Check.of(claim, self.verdict).as_json(),
                "where": list(text.to_where(claim.domain, claim.statement.expressions)),
                "source": claim.source,
                "seed": self.seed,
                "versions": dict(self.versions),
            }
            _claim(said)
        except SymgradError as error:
            raise CertificateError(f"{claim.id or claim}: it has no certificate: {error}") from None
        return said

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Certificate:
        """What `as_json` wrote."""
        versions = {str(name): str(version) for name, version in data["versions"].items()}
        return cls(_claim(data), Check.from_json(data).verdict, versions, int(data["seed"]))


def _claim(data: Mapping[str, Any]) -> Claim:
    facts = {name: data[name] for name in ("id", "source", "expect")}
    return claim(data["text"], where=data["where"], **facts)


def replay(certificate: Certificate) -> Verdict:
    """The verdict on the claim of a certificate, found again from nothing but the claim."""
    return verify(certificate.claim)


def exit_code(replayed: Iterable[tuple[Certificate, Verdict]]) -> int:
    """0 if all outcomes are the same again, 1 if one is contradicted, 3 if one is another without contradiction."""
    pairs = [(certificate.verdict, now) for certificate, now in replayed]
    if any({before.holds, now.holds} == {True, False} for before, now in pairs):
        return EXIT_REFUTED
    return EXIT_HOLDS if all(before.outcome is now.outcome for before, now in pairs) else EXIT_OPEN


def is_possible(claim: Claim) -> bool:
    """Whether a claim can have a certificate; lines about cells have none, their derivation is checked again."""
    return not isinstance(claim.statement, Judged)


def write(certificate: Certificate, folder: Path) -> Path:
    """Write a certificate into a folder, under a name that is made of the claim; where it now is.

    Raises
    ------
    CertificateError
        If no text says the same as the claim, or the file cannot be written.
    """
    data = certificate.as_json()
    path = folder / _file_name(data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
    except OSError as error:
        raise CertificateError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def _file_name(data: Mapping[str, str]) -> str:
    """Readable, safe, and different for different claims."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", data["id"]).strip("-")[:LONGEST_NAME]
    return f"{readable or 'claim'}-{digest(data['id'], data['text'], data['where'])[:8]}{SUFFIX}"


def read(path: Path) -> Certificate:
    """The certificate in a file.

    Raises
    ------
    CertificateError
        If the file cannot be read or is no certificate.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = Certificate.from_json(data)
        if unknown := sorted(data.keys() - FIELDS):
            known = ", ".join(FIELDS)
            raise CertificateError(f"the name {shortened(unknown[0], LONGEST_NAME)!r} is not known; known are {known}")
        return found
    except OSError as error:
        raise CertificateError(f"{path}: {error.strerror or error}") from None
    except SymgradError as error:
        raise CertificateError(f"{path}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        reason = "this is no certificate; symgrad verify --certificates writes them"
        raise CertificateError(f"{path}: {reason}{'' if path.suffix == SUFFIX else f'; {reader_of(path)}'}") from None
