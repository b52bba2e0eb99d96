"""EPUB: a small book of each derivation, with MathML, SVG and a list of its sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from docutils.frontend import get_default_settings

from symgrad.documents.formats import pandoc
from symgrad.documents.formats.pandoc import Kind
from symgrad.documents.tree.catalogue import Entry
from symgrad.documents.tree.document import Page, document
from symgrad.documents.tree.wording import printable

SUFFIX = ".epub"
OPTIONS = ("--mathml", "--epub-title-page=false", "--split-level=1", "--toc-depth=2")


def pages(page: Page) -> dict[str, bytes]:
    """The files of one document."""
    images = {name: pandoc.data_uri(svg) for name, svg in pandoc.images(page).items()}
    # A book knows nothing of the files beside it, so that references into other documents are words only.
    kind = Kind(SUFFIX, pandoc.html_lines, images.__getitem__, top=2, is_linked=False, image_width="100%")
    title = page.derivation.title
    content = pandoc.blocks(document(page, SUFFIX, get_default_settings()), kind)
    heading = pandoc.header(1, pandoc.plain_text(printable(title)), "Title")
    meta: dict[str, Any] = {
        "title": pandoc.meta_text(title),
        "lang": {"t": "MetaString", "c": "en"},
        "identifier": {"t": "MetaString", "c": uuid5(NAMESPACE_URL, f"symgrad:{page.stem}").urn},
    }
    made = pandoc.convert([heading, *content], "epub3", *OPTIONS, meta=meta)
    return {page.stem + SUFFIX: pandoc.repaired(made, _REPAIRS)}


def index(entries: Sequence[Entry]) -> dict[str, bytes]:
    """Nothing: no book can lead to another."""
    return {}


def _style(_: str) -> str:
    return Path(__file__).with_name("book.css").read_text(encoding="utf-8")


def _package(xml: str) -> str:
    """Without the date of the book; the one of its last change must be there and is that of no day."""
    return re.sub(r"\s*<dc:date.*?</dc:date>", "", xml)


_REPAIRS: dict[str, pandoc.Repair] = {"EPUB/styles/stylesheet1.css": _style, "EPUB/content.opf": _package}
