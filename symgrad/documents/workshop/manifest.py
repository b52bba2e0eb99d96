"""What a build leaves for the next one: which file made which document, from what, and what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symgrad.base.reads import Reads
from symgrad.base.seals import is_sealed, seal
from symgrad.documents.facts import Facts
from symgrad.documents.workshop.output import write

NAME = ".symgrad-manifest.json"
LIBRARIES = (
    *("sympy", "mpmath", "numpy", "python-flint"),
    *("docutils", "matplotlib", "nbformat", "pypandoc-binary", "typst"),
)


@dataclass(frozen=True)
class StoredPage:
    """The files of a document as they were written.

    Attributes
    ----------
    fingerprint : str
        Of all that they were made from.
    files : mapping of str to str
        Their names, in the folder of the format, with the fingerprint of each.
    """

    fingerprint: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """A derivation as it was read and checked.

    Attributes
    ----------
    fingerprint : str
        Of its file, and of symgrad.
    reads : Reads
        What other files it read, by paths from its own folder.
    facts : Facts
    """

    fingerprint: str
    reads: Reads
    facts: Facts

    def as_json(self) -> list[Any]:
        return [self.fingerprint, self.reads.as_json(), self.facts.as_json()]

    @classmethod
    def from_json(cls, data: Any) -> Known:
        fingerprint, reads, facts = data
        return cls(str(fingerprint), Reads.from_json(reads), Facts.from_json(facts))


@dataclass
class Manifest:
    """The memory of builds into one folder.

    Attributes
    ----------
    derivations : dict of str to Known
        By the name of the document.
    sources : dict of str to str
        Likewise the derivation's file, by its path from the output folder.
    pages : dict of (str, str) to StoredPage
        By format and name of the document.
    """

    derivations: dict[str, Known] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    pages: dict[tuple[str, str], StoredPage] = field(default_factory=dict)

    @classmethod
    def load(cls, output: Path) -> Manifest:
        """What the last build left in a folder; nothing if there was none, or what it left cannot be read.

        It is believed only with the seal of this user. Without, its pages are known, so that they can be removed, and
        all is checked and written again.
        """
        try:
            data = json.loads((output / NAME).read_text(encoding="utf-8"))
            derivations, pages, sources = data["derivations"], data["pages"], data.get("sources", {})
            if not is_sealed(data.get("seal"), derivations, pages, sources):
                derivations, pages = {}, {name: {**page, "fingerprint": ""} for name, page in pages.items()}
            return cls(
                {stem: Known.from_json(known) for stem, known in derivations.items()},
                _texts(sources),
                {_key(name): StoredPage(page["fingerprint"], _texts(page["files"])) for name, page in pages.items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def save(self, output: Path) -> None:
        derivations = {stem: known.as_json() for stem, known in self.derivations.items()}
        pages = {
            "/".join(key): {"fingerprint": page.fingerprint, "files": dict(page.files)}
            for key, page in self.pages.items()
        }
        sealed = seal(derivations, pages, self.sources)
        data = {"derivations": derivations, "pages": pages, "sources": self.sources, "seal": sealed}
        write(output, NAME, (json.dumps(data, sort_keys=True, indent=1) + "\n").encode("utf-8"))


def _key(name: str) -> tuple[str, str]:
    kind, stem = name.split("/")
    return kind, stem


def _texts(files: dict[str, str]) -> dict[str, str]:
    return {str(name): str(content) for name, content in files.items()}
