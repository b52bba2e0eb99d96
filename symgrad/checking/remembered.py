"""Verdicts found once: a claim that has not changed, judged by a symgrad that has not changed, costs nothing."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from sympy import Basic, srepr

from symgrad.base.files import cache_folder, write_whole
from symgrad.base.fingerprints import digest, environment
from symgrad.base.seals import is_sealed, seal
from symgrad.checking.reports import Check
from symgrad.claims.claim import Claim
from symgrad.language.statements import Conjunction, Judged, Relation, Statement
from symgrad.language.verdicts import Verdict
from symgrad.prove import verify
from symgrad.prove.plugins import PROVERS

LIBRARIES = ("sympy", "mpmath", "python-flint")
SEAL = "seal"


class Cache:
    """`verify` with a memory that lasts.

    A verdict out of it is the verdict that was found, but for the time it took, which is then 0. What cannot be read
    or written is as if it were not there, and so is what does not bear the seal of this user's symgrad on this claim,
    this verdict and these versions: no verdict is believed because a file says so.

    Parameters
    ----------
    where : Path
        The folder; made if it is missing, and safe to delete at any time.
    decide : callable, optional
        What finds a verdict that is not known yet.
    """

    def __init__(self, where: Path, decide: Callable[[Claim], Verdict] = verify) -> None:
        self.where, self.decide = where, decide

    def verify(self, claim: Claim) -> Verdict:
        """The verdict on a claim, remembered or found."""
        key = self._key(claim)
        path = self._place(key)
        known = _read(path, key)
        if known is not None:
            return known
        verdict = self.decide(claim)
        kept = Check.of(claim, verdict).as_json()
        sealed = seal(key, kept)
        if sealed is not None:
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, json.dumps({**kept, SEAL: sealed}, indent=1).encode("utf-8"))
        return verdict

    def path(self, claim: Claim) -> Path:
        """The file of a claim: its name is all that the verdict depends on."""
        return self._place(self._key(claim))

    def _key(self, claim: Claim) -> str:
        return digest(_facts(claim), self._judges)

    def _place(self, key: str) -> Path:
        return self.where / key[:2] / f"{key[2:]}.json"

    @functools.cached_property
    def _judges(self) -> list[str]:
        return [environment(LIBRARIES), *PROVERS.installed()]


def remembered(decide: Callable[[Claim], Verdict] = verify) -> Callable[[Claim], Verdict]:
    """What finds verdicts with the memory of this user, unless that is switched off."""
    where = cache_folder()
    return decide if where is None else _cache(where, decide).verify


@functools.cache
def _cache(where: Path, decide: Callable[[Claim], Verdict]) -> Cache:
    """One for each folder, as the fingerprint of symgrad takes a while."""
    return Cache(where, decide)


def _read(path: Path, key: str) -> Verdict | None:
    try:
        kept = json.loads(path.read_bytes())
        sealed = kept.pop(SEAL)
        return Check.from_json(kept).verdict if is_sealed(sealed, key, kept) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _facts(claim: Claim) -> list[object]:
    """All that a claim says, as plain data; symbols with what SymPy assumes of them."""
    sets = [[srepr(symbol), srepr(values)] for symbol, values in claim.domain.sets]
    return [
        _structure(claim.statement),
        sets,
        _each(claim.domain.conditions),
        claim.remarks,
        claim.doubts,
        claim.restates,
        claim.is_meant,
    ]


def _structure(statement: Statement) -> list[object]:
    if isinstance(statement, Conjunction):
        return ["all", *map(_structure, statement.parts)]
    if isinstance(statement, Relation):
        return [statement.op, *_each(statement.expressions)]
    if isinstance(statement, Judged):
        return list(statement.facts)
    return [statement.kind.value, srepr(statement.variable), *_each(statement.expressions)]


def _each(expressions: Iterable[Basic]) -> list[str]:
    return [srepr(e) for e in expressions]
