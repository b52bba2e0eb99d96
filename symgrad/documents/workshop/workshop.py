"""Where derivations are read, checked and rendered; loads SymPy, docutils and matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from symgrad.base.reads import Reads
from symgrad.checking.reports import Check
from symgrad.claims.claim import Claim
from symgrad.claims.derivation_files import derivation_and_reads
from symgrad.claims.derivations import Derivation
from symgrad.documents.facts import Facts
from symgrad.documents.tree.catalogue import Entry
from symgrad.documents.tree.document import Link, Page, Target
from symgrad.documents.tree.places import facts_of
from symgrad.documents.workshop.kinds import renderer
from symgrad.language.verdicts import Verdict
from symgrad.prove import verify as prove


class Workshop:
    """Reads each derivation once and keeps it.

    Parameters
    ----------
    formats : sequence of str
        The kinds of documents that will be asked for.
    verify : callable, optional
        What finds the verdict of a claim.
    """

    def __init__(self, formats: Sequence[str], verify: Callable[[Claim], Verdict] | None = None) -> None:
        # A missing library is better reported now than after a long proof.
        self._renderers = {name: renderer(name) for name in formats}
        self._verify = verify or prove
        self._derivations: dict[str, tuple[Derivation, Reads]] = {}

    def facts(self, stem: str, path: Path) -> Facts:
        """What is known of a derivation before its statements are checked."""
        return facts_of(self._derivation(stem, path)[0])

    def reads(self, stem: str) -> Reads:
        """What other files that derivation read."""
        return self._derivations[stem][1]

    def claims(self, stem: str) -> tuple[Claim, ...]:
        return self._derivations[stem][0].claims

    def count(self, stem: str) -> int:
        return len(self.claims(stem))

    def check(self, claim: Claim) -> Check:
        return Check.of(claim, self._verify(claim))

    def page(
        self,
        kind: str,
        stem: str,
        path: Path,
        facts: Facts,
        targets: Mapping[str, tuple[str, str, str, str]],
        previous: tuple[str, str] | None = None,
        next: tuple[str, str] | None = None,
    ) -> dict[str, bytes]:
        """The files of a document."""
        derivation, _ = self._derivation(stem, path)
        page = Page(
            stem,
            derivation,
            {claim: check.verdict for claim, check in zip(derivation.claims, facts.checks, strict=True)},
            {label: Target(*target) for label, target in targets.items()},
            Link(*previous) if previous else None,
            Link(*next) if next else None,
            path.read_text(encoding="utf-8"),
        )
        files: dict[str, bytes] = self._renderers[kind].pages(page)
        return files

    def index(self, kind: str, entries: Sequence[Entry]) -> dict[str, bytes]:
        """The files of the page that lists all documents."""
        files: dict[str, bytes] = self._renderers[kind].index(entries)
        return files

    def _derivation(self, stem: str, path: Path) -> tuple[Derivation, Reads]:
        if stem not in self._derivations:
            self._derivations[stem] = derivation_and_reads(path)
        return self._derivations[stem]
