"""Slides: one file of HTML for each derivation, with MathML and SVG inside, that needs no network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from docutils.frontend import get_default_settings

from symgrad.documents.formats import pandoc
from symgrad.documents.formats.html import with_spaced_words
from symgrad.documents.formats.pandoc import Block, Inline, Kind
from symgrad.documents.tree.catalogue import Entry, catalogue
from symgrad.documents.tree.document import Page, as_bytes, document
from symgrad.documents.tree.rows import width
from symgrad.documents.tree.wording import printable

SUFFIX = ".html"

# In lines of text: what a slide holds below its heading, and what a figure takes of that.
HEIGHT, FIGURE, TABLE_HEAD = 17.5, 12.0, 2.5
LETTERS, SMALL_LETTERS = 90, 115  # in a line of text, and of a table


def pages(page: Page) -> dict[str, bytes]:
    """The files of one document."""
    images = {name: pandoc.data_uri(svg) for name, svg in pandoc.images(page).items()}
    kind = Kind(SUFFIX, pandoc.html_lines, images.__getitem__, image_width="100%")
    content = pandoc.blocks(document(page, SUFFIX, get_default_settings()), kind)
    title = page.derivation.title
    return {page.stem + SUFFIX: _shell(title, [*_slides(title, content), pandoc.around(page, kind)])}


def index(entries: Sequence[Entry]) -> dict[str, bytes]:
    """The page that lists all documents."""
    kind = Kind(SUFFIX, pandoc.html_lines, str)
    content = pandoc.blocks(catalogue(entries, SUFFIX, get_default_settings()), kind)
    return {"index" + SUFFIX: _shell("Derivations", list(_slides("Derivations", content)))}


def _shell(title: str, content: Sequence[Block]) -> bytes:
    """A whole page around its slides; it may load nothing from elsewhere."""
    body = with_spaced_words(pandoc.convert(content, "html5", "--mathml", "--section-divs").decode("utf-8"))
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(printable(title))}</title>
<style>
{_beside("slides.css")}</style>
</head>
<body>
<main>
{body}</main>
<script>
{_beside("slides.js")}</script>
</body>
</html>
"""
    return as_bytes(page)


@cache
def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


# --- what goes on which slide -------------------------------------------------------------------------------


def _slides(title: str, content: Sequence[Block]) -> Iterator[Block]:
    """The content with a heading before each slide; a section that is too long goes on under the same heading."""
    heading: list[Inline] = list(pandoc.plain_text(printable(title)))
    yield pandoc.header(1, heading, "Title", "first")
    above: dict[int, list[Inline]] = {}
    free = HEIGHT - 1
    for block, following in pairwise([*content, pandoc.plain([])]):
        if block["t"] == "Header":
            level, at, own = block["c"]
            above[level] = own
            heading, free = [*own, *_quietly(above[level - 1] if level > 1 else [])], HEIGHT
            if following["t"] != "Header" or following["c"][0] <= level:
                yield pandoc.header(1, heading, at[0])
            continue
        for part in _parts(block):
            needed = _height(part)
            if needed > free and free < HEIGHT:
                yield pandoc.header(1, [*heading, *_quietly(pandoc.plain_text("continued"))])
                free = HEIGHT
            yield part
            free -= needed


def _quietly(content: Iterable[Inline]) -> list[Inline]:
    """What is said after a heading."""
    inside = list(content)
    return [pandoc.span([*pandoc.plain_text(" ("), *inside, *pandoc.plain_text(")")], "", "more")] if inside else []


def _parts(block: Block) -> Iterator[Block]:
    """A block in parts that fit on a slide each: the lines of a chain, the rows of a table, the items of a list."""
    if block["t"] == "Table":
        at, caption, columns, head, (body,), foot = block["c"]
        for number, rows in enumerate(
            _packed(body[3], HEIGHT - TABLE_HEAD, partial(_row_height, shares=_shares(block)))
        ):
            named = (at, caption) if number == 0 else (pandoc.attributes(), [None, []])
            yield {"t": "Table", "c": [*named, columns, head, [[*body[:3], rows]], foot]}
    elif block["t"] == "BulletList":
        yield from ({"t": "BulletList", "c": items} for items in _packed(block["c"], HEIGHT))
    elif block["t"] == "Div" and "chain" in block["c"][0][1]:
        at, lines = block["c"]
        for number, some in enumerate(_packed(lines, HEIGHT)):
            yield {"t": "Div", "c": [at if number == 0 else ["", *at[1:]], some]}
    else:
        yield block


def _packed(parts: Sequence[object], room: float, height: Callable[[Any], float] | None = None) -> Iterator[list[Any]]:
    """The parts in groups that are not higher than the room, unless they are one part."""
    group: list[Any] = []
    for part in parts:
        if group and sum(map(height or _height, [*group, part])) > room:
            yield group
            group = []
        group.append(part)
    yield from [group] * bool(group)


_TALL = re.compile(r"\\(frac|sum|prod|int|begin|substack)")


def _height(part: Any) -> float:
    """About how many lines of text a block or an item, which is a list of blocks, takes."""
    if isinstance(part, list):
        return sum(map(_height, part))
    kind, content = part["t"], part.get("c")
    if kind == "Figure":
        return FIGURE
    if kind == "Table":
        return TABLE_HEAD + sum(_row_height(row, _shares(part)) for row in content[4][0][3])
    if kind == "BulletList":
        return sum(map(_height, content))
    if kind == "Div" and "line" in content[0][1]:
        note = [block for block in _inside(content[1]) if block.get("t") == "Div" and "note" in block["c"][0][1]]
        return _formula_height(content[1], 1.4) + 0.8 * sum(_lines(_length(block["c"][1]), LETTERS) for block in note)
    if kind == "Div":
        return 0.8 + sum(map(_height, content[1]))
    return 0.5 + _lines(_length(content), LETTERS)


def _formula_height(content: object, usual: float) -> float:
    formulas = list(_formulas(content))
    rows = max((0.9 * tex.count(r"\\") for tex in formulas), default=0.0)  # a number of many digits stands in rows
    return max(rows, 2.5 if any(_TALL.search(tex) for tex in formulas) else usual)


def _row_height(row: list[Any], shares: list[float]) -> float:
    cells = [cell[4] for cell in row[1]]
    lines = max(_lines(_length(cell), int(share * SMALL_LETTERS)) for cell, share in zip(cells, shares))
    return 0.35 + 0.8 * lines + 0.8 * (_formula_height(cells, 1.0) - 1)


def _shares(table: Block) -> list[float]:
    return [column[1]["c"] for column in table["c"][2]]


def _lines(letters: int, letters_in_a_line: int) -> int:
    return max(1, -(-letters // letters_in_a_line))


def _inside(value: object) -> Iterator[dict[str, Any]]:
    """All nodes of pandoc's tree in a value."""
    if isinstance(value, dict):
        yield value
        yield from _inside(value.get("c"))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _inside(part)


def _formulas(value: object) -> Iterator[str]:
    return (node["c"][1] for node in _inside(value) if node.get("t") == "Math")


def _length(value: object) -> int:
    """About how many letters a reader sees."""
    words = sum(len(node["c"]) if node["t"] == "Str" else 1 for node in _inside(value) if node.get("t") in _TEXT)
    return words + sum(map(width, _formulas(value)))


_TEXT = {"Str", "Space"}
