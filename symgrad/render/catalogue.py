"""The page that lists all documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docutils import nodes
from docutils.utils import new_document

from symgrad.render.document import inline_node, math
from symgrad.render.places import Piece


@dataclass(frozen=True)
class Entry:
    """What the list says of a document.

    Attributes
    ----------
    stem, title, source : str
    opening : tuple of Piece
        Its first sentence.
    symbols : tuple of str
        Its symbols, as LaTeX.
    tally : str
        How many statements it has, and what was found.
    """

    stem: str
    title: str
    source: str
    opening: tuple[Piece, ...]
    symbols: tuple[str, ...]
    tally: str


def catalogue(entries: Sequence[Entry], suffix: str, settings: object) -> nodes.document:
    """The document that lists the others, in the order given."""
    tree = new_document("index", settings)
    tree += nodes.title("", "Derivations")
    number = len(entries)
    tree += nodes.paragraph("", f"{number} document{'s' * (number != 1)}.", classes=["summary"])
    listed = nodes.bullet_list(bullet="-", classes=["documents"])
    listed.extend(nodes.list_item("", *_entry(entry, suffix)) for entry in entries)
    if entries:
        tree += listed
    return tree


def _entry(entry: Entry, suffix: str) -> Iterator[nodes.Node]:
    link = nodes.reference("", entry.title, refuri=entry.stem + suffix, internal=True)
    yield nodes.paragraph("", "", link, classes=["entry-title"])
    if entry.opening:
        yield nodes.paragraph("", "", *map(inline_node, entry.opening))
    yield nodes.paragraph("", f"{entry.tally}." + (f" Source: {entry.source}." if entry.source else ""), classes=["summary"])
    if entry.symbols:
        used = nodes.paragraph("", "Symbols: ", classes=["symbols-used"])
        for place, tex in enumerate(entry.symbols):
            used += [nodes.Text(", ")] * (place > 0) + [math(tex)]
        yield used
