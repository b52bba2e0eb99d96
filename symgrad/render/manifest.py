"""What a build leaves for the next one: which file made which document, from what, and what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symgrad.render.facts import Facts
from symgrad.render.output import write
from symgrad.seals import is_sealed, seal

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


@dataclass
class Manifest:
    """The memory of builds into one folder.

    Attributes
    ----------
    derivations : dict of str to (str, Facts)
        By the name of the document: the fingerprint of the derivation's file, and what is known of it.
    pages : dict of (str, str) to StoredPage
        By format and name of the document.
    """

    derivations: dict[str, tuple[str, Facts]] = field(default_factory=dict)
    pages: dict[tuple[str, str], StoredPage] = field(default_factory=dict)

    @classmethod
    def load(cls, output: Path) -> Manifest:
        """What the last build left in a folder; nothing if there was none, or what it left cannot be read.

        It is believed only with the seal of this user. Without, its pages are known, so that they can be removed, and
        all is checked and written again.
        """
        try:
            data = json.loads((output / NAME).read_text(encoding="utf-8"))
            derivations, pages = data["derivations"], data["pages"]
            if not is_sealed(data.get("seal"), derivations, pages):
                derivations, pages = {}, {name: {**page, "fingerprint": ""} for name, page in pages.items()}
            return cls(
                {stem: (made_from, Facts.from_json(facts)) for stem, (made_from, facts) in derivations.items()},
                {_key(name): StoredPage(page["fingerprint"], _texts(page["files"])) for name, page in pages.items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def save(self, output: Path) -> None:
        derivations = {stem: [made_from, facts.as_json()] for stem, (made_from, facts) in self.derivations.items()}
        pages = {
            "/".join(key): {"fingerprint": page.fingerprint, "files": dict(page.files)}
            for key, page in self.pages.items()
        }
        data = {"derivations": derivations, "pages": pages, "seal": seal(derivations, pages)}
        write(output, NAME, (json.dumps(data, sort_keys=True, indent=1) + "\n").encode("utf-8"))


def _key(name: str) -> tuple[str, str]:
    kind, stem = name.split("/")
    return kind, stem


def _texts(files: Any) -> dict[str, str]:
    return {str(name): str(content) for name, content in files.items()}
