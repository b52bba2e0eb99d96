"""PDF, set by typst: no TeX is needed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import typst
from docutils.frontend import get_default_settings

from symgrad.base.errors import SymgradError
from symgrad.documents.formats import pandoc
from symgrad.documents.formats.pandoc import Block, Inline, Kind, Line
from symgrad.documents.tree.catalogue import Entry, catalogue
from symgrad.documents.tree.document import Page, document
from symgrad.documents.tree.wording import printable

SUFFIX = ".pdf"


def pages(page: Page) -> dict[str, bytes]:
    """The files of one document."""
    content = pandoc.blocks(document(page, SUFFIX, get_default_settings()), KIND)
    source = _source(page.derivation.title, [*content, pandoc.around(page, KIND)])
    alternatives = {f"{name}.svg": figure.alt for name, figure in page.figures()}
    images = {f"{name}.svg": image for name, image in pandoc.images(page).items()}
    return {page.stem + SUFFIX: _compiled(page.stem, _with_alternatives(source, alternatives), images)}


def index(entries: Sequence[Entry]) -> dict[str, bytes]:
    """The page that lists all documents."""
    content = pandoc.blocks(catalogue(entries, SUFFIX, get_default_settings()), KIND)
    return {"index" + SUFFIX: _compiled("index", _source("Derivations", content), {})}


def _compiled(stem: str, source: str, images: dict[str, bytes]) -> bytes:
    with TemporaryDirectory() as folder:
        for name, content in {**images, "page.typ": source.encode("utf-8")}.items():
            (Path(folder) / name).write_bytes(content)
        try:
            return _ordered(typst.compile(str(Path(folder) / "page.typ"), root=folder, format="pdf"))
        except typst.TypstError as error:
            raise SymgradError(f"typst cannot set {stem}: {error}") from None


# Entries of a dictionary that lead to other objects, one a line.
_ENTRIES = re.compile(rb"(?:^ */[A-Za-z]+\d+ \d+ 0 R\n){2,}", re.MULTILINE)
_ID = re.compile(rb"(?m)^  /ID \[\(([A-Za-z0-9+/=]{24})\) \(([A-Za-z0-9+/=]{24})\)\]$")


def _ordered(made: bytes) -> bytes:
    """A PDF whose dictionaries are in order, as typst writes those of an SVG in another order on each run.

    The name that it gives itself is made again from what is in it. No byte moves, so that all offsets stay right.
    """
    ordered = _ENTRIES.sub(lambda found: b"".join(sorted(found[0].splitlines(keepends=True))), made)
    for name in {name for found in _ID.finditer(made) for name in found.groups()}:
        blank = ordered.replace(name, b"A" * len(name))
        ordered = ordered.replace(name, base64.b64encode(hashlib.md5(blank, usedforsecurity=False).digest()))
    return ordered


def _source(title: str, content: Sequence[Block]) -> str:
    """The document in typst's language."""
    body = pandoc.convert([block for found in content for block in _dressed(found)], "typst").decode("utf-8")
    name = _string(printable(title))
    style = Path(__file__).with_name("page.typ").read_text(encoding="utf-8")
    return f"#set document(title: {name}, date: none)\n{style}\n#doc-title({name})\n\n{body}"


def _with_alternatives(source: str, alternatives: dict[str, str]) -> str:
    """Images with the text that stands for them, which pandoc does not write."""
    for name, text in alternatives.items():
        source = source.replace(f'image("{name}"', f'image("{name}", alt: {_string(printable(text))}')
    return source


# --- pandoc's tree with typst in it -------------------------------------------------------------------------


def _string(text: str) -> str:
    """Text as a literal of typst.

    Examples
    --------
    >>> print(_string('a "b" \\\\'))
    "a \\"b\\" \\\\"
    """
    inside = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", " ")
    return f'"{inside}"'


def _text(text: str) -> Iterator[Inline]:
    """Text as literals, in which nothing is markup."""
    for part in re.split(r"( +)", text.replace("\n", " ")):
        if part.startswith(" "):
            yield {"t": "Space"}
        elif part:
            yield pandoc.raw("typst", f"#{_string(part)};")


_AROUND = {"erratum": ("#aside[", "]"), "around": ("#below[", "]")}


def _dressed(block: Block) -> list[Block]:
    """A block; an erratum and the links at the end inside the function of the style that sets them."""
    name = block["c"][0][1][0] if block["t"] == "Div" else ""
    if name not in _AROUND:
        return [block]
    opening, closing = _AROUND[name]
    return [pandoc.raw_block("typst", opening), *block["c"][1], pandoc.raw_block("typst", closing)]


def _place(name: str) -> list[Block]:
    return [pandoc.raw_block("typst", f"#here(<{name}>)")]


def _lines(lines: Sequence[Line]) -> list[Block]:
    """The lines as arguments of the function of the style that aligns them."""
    found: list[Block] = [pandoc.raw_block("typst", "#chain(")]
    for line in lines:
        anchors = "".join(f"<{anchor}>, " for anchor in line.anchors)
        found.append(pandoc.raw_block("typst", f"  (anchors: ({anchors}), number: {_string(line.number)}, left: ["))
        found += [pandoc.plain([pandoc.math(line.left)])] * bool(line.left)
        found.append(pandoc.raw_block("typst", "], right: ["))
        found += [pandoc.plain([pandoc.math(line.right)])] * bool(line.right)
        found.append(pandoc.raw_block("typst", "], said: ["))
        found += [pandoc.plain(line.said)] * bool(line.said)
        found.append(pandoc.raw_block("typst", "]),"))
    return [*found, pandoc.raw_block("typst", ")")]


KIND = Kind(SUFFIX, _lines, lambda name: f"{name}.svg", _text, _place)
