"""What is kept of a derivation between builds: enough to list it, link to it and print it without reading it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from symgrad.checking.reports import Check


class Piece(NamedTuple):
    """A part of running text: its kind is ``text``, ``math`` (LaTeX) or ``ref`` (a label)."""

    kind: str
    content: str


@dataclass(frozen=True)
class Facts:
    """What other documents and the list of all documents say of a derivation.

    Attributes
    ----------
    title, source : str
    opening : tuple of Piece
        Its first sentence.
    symbols : tuple of str
        Its symbols, as LaTeX.
    labels : mapping of str to (str, str)
        For each label what it is called and its anchor.
    references : tuple of str
        The labels it refers to that are not its own.
    checks : tuple of Check
        Its statements, in order.
    """

    title: str
    source: str
    opening: tuple[Piece, ...]
    symbols: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]
    references: tuple[str, ...]
    checks: tuple[Check, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "source": self.source,
            "opening": [list(piece) for piece in self.opening],
            "symbols": list(self.symbols),
            "labels": {label: list(place) for label, place in self.labels.items()},
            "references": list(self.references),
            "checks": [check.as_json() for check in self.checks],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        return cls(
            data["title"],
            data["source"],
            tuple(Piece(kind, content) for kind, content in data["opening"]),
            tuple(data["symbols"]),
            {label: (name, anchor) for label, (name, anchor) in data["labels"].items()},
            tuple(data["references"]),
            tuple(map(Check.from_json, data["checks"])),
        )
