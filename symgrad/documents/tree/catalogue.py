"""The page that lists all documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from docutils import nodes
from docutils.utils import new_document

from symgrad.documents.facts import Facts
from symgrad.documents.tree.document import inline_node, listed, math
from symgrad.documents.tree.wording import counted

Entry = tuple[str, Facts]
"""A document for the list: its file name without suffix, and what is known of it."""


def catalogue(entries: Sequence[Entry], suffix: str, settings: Any) -> nodes.document:
    """The document that lists the others, in the order given."""
    tree = new_document("index", settings)
    tree += nodes.title("", "Derivations")
    number = len(entries)
    everything = counted([check for _, facts in entries for check in facts.checks])
    summary = f"{number} document{'s' * (number != 1)}, {everything}."
    tree += nodes.paragraph("", summary, classes=["summary"])
    items = nodes.bullet_list(bullet="-", classes=["documents"])
    items.extend(nodes.list_item("", *_entry(entry, suffix)) for entry in entries)
    if entries:
        tree += items
    return tree


def _entry(entry: Entry, suffix: str) -> Iterator[nodes.Node]:
    stem, facts = entry
    link = nodes.reference("", facts.title, refuri=stem + suffix, internal=True)
    yield nodes.paragraph("", "", link, classes=["entry-title"])
    if facts.opening:
        yield nodes.paragraph("", "", *map(inline_node, facts.opening))
    found = counted(facts.checks)
    yield nodes.paragraph("", f"{found}." + (f" Source: {facts.source}." if facts.source else ""), classes=["summary"])
    if facts.symbols:
        yield listed("Symbols: ", map(math, facts.symbols), "symbols-used")
