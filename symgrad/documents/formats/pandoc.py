"""What PDF, Word, EPUB and slides have in common: the document as pandoc's own tree, and pandoc itself.

The tree is handed over as JSON, not as Markdown, so that no text is ever read as markup.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import pypandoc
from docutils import nodes

from symgrad.base.errors import MissingExtraError, SymgradError
from symgrad.documents.figures.figures import PALETTE, Drawing
from symgrad.documents.formats.html import LONG_SIDE
from symgrad.documents.tree.document import Page
from symgrad.documents.tree.rows import rows, width
from symgrad.documents.tree.wording import printable

API = [1, 23, 1]
# The first day that a zip archive can name: what is made carries no other date.
DAY = (1980, 1, 1, 0, 0, 0)
log = logging.getLogger(__name__)

# In letters: how narrow and how wide a column of a table may be before it is given more or less than its share.
NARROWEST, WIDEST, GAP = 11, 60, 3
DIGITS_IN_A_ROW = 60
# The lengths from which formulas are set smaller, and broken before their signs where the page does not do it.
MEDIUM, LONG = 40, 60

# The stubs of docutils know less of its nodes than we do; what pandoc reads is JSON.
Node = Any
Block = dict[str, Any]
Inline = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A numbered line of mathematics.

    Attributes
    ----------
    anchors : tuple of str
        What references to it say.
    number : str
        As it is shown: ``(3)``.
    left, right : str
        Its sides as LaTeX; the right one begins with the sign.
    said : tuple of Inline
        What is said of it, in one paragraph.
    """

    anchors: tuple[str, ...]
    number: str
    left: str
    right: str
    said: tuple[Inline, ...]

    @property
    def whole(self) -> str:
        return f"{self.left} {self.right}".strip()


def _no_place(name: str) -> list[Block]:
    return []


def plain_text(text: str) -> Iterator[Inline]:
    for number, word in enumerate(re.split(r"[ \n]+", text)):
        if number:
            yield {"t": "Space"}
        if word:
            yield {"t": "Str", "c": word}


@dataclass(frozen=True)
class Kind:
    """How a kind of document differs from the others.

    Attributes
    ----------
    suffix : str
        What its files end in.
    lines : callable
        The lines of a chain as blocks.
    image : callable
        Where the image of a figure is, by its name.
    text : callable
        Text as it is, for the writer.
    place : callable
        Blocks that show nothing and are an anchor, for writers whose tables and figures are none that others can
        refer to.
    top : int
        The level of the headings of sections.
    is_linked : bool
        Whether a reader of one document can follow a link into another.
    image_width : str
        Part of the width of the text.
    """

    suffix: str
    lines: Callable[[Sequence[Line]], list[Block]]
    image: Callable[[str], str]
    text: Callable[[str], Iterable[Inline]] = plain_text
    place: Callable[[str], list[Block]] = _no_place
    top: int = 1
    is_linked: bool = True
    image_width: str = "85%"


# --- pandoc's tree ------------------------------------------------------------------------------------------


def attributes(anchor: str = "", *classes: str, **others: str) -> list[Any]:
    return [anchor, list(classes), [[name.replace("_", "-"), value] for name, value in others.items()]]


def math(tex: str, display: bool = False) -> Inline:
    return {"t": "Math", "c": [{"t": "DisplayMath" if display else "InlineMath"}, formula(printable(tex))]}


def raw_block(language: str, text: str) -> Block:
    return {"t": "RawBlock", "c": [language, text]}


def raw(language: str, text: str) -> Inline:
    return {"t": "RawInline", "c": [language, text]}


def span(content: Iterable[Inline], anchor: str = "", *classes: str, **others: str) -> Inline:
    return {"t": "Span", "c": [attributes(anchor, *classes, **others), list(content)]}


def div(content: Iterable[Block], anchor: str = "", *classes: str, **others: str) -> Block:
    return {"t": "Div", "c": [attributes(anchor, *classes, **others), list(content)]}


def plain(content: Iterable[Inline]) -> Block:
    return {"t": "Plain", "c": list(content)}


def paragraph(content: Iterable[Inline]) -> Block:
    return {"t": "Para", "c": list(content)}


def header(level: int, content: Iterable[Inline], anchor: str = "", *classes: str) -> Block:
    return {"t": "Header", "c": [level, attributes(anchor, *classes), list(content)]}


def table(
    head: Sequence[list[Block]], body: Iterable[Sequence[list[Block]]], widths: Sequence[float], **others: Any
) -> Block:
    """A table of cells, each a list of blocks; widths are parts of the width of the text."""

    def row(cells: Iterable[list[Block]]) -> list[Any]:
        return [attributes(), [[attributes(), {"t": "AlignDefault"}, 1, 1, cell] for cell in cells]]

    caption = [None, [plain(others["caption"])] if others.get("caption") else []]
    columns = [[{"t": "AlignDefault"}, {"t": "ColWidth", "c": width}] for width in widths]
    heads = [attributes(), [row(head)] if head else []]
    bodies = [[attributes(), 0, [], [row(cells) for cells in body]]]
    at = attributes(others.get("anchor", ""), *others.get("classes", ()))
    return {"t": "Table", "c": [at, caption, columns, heads, bodies, [attributes(), []]]}


# What SymPy prints and pandoc does not read, in words that it reads.
_TRANSLATIONS = (
    (re.compile(r"\\middle\s*\|"), r"\\,\\mid\\,"),
    (re.compile(r"\\textbackslash\{\}"), r"}\\backslash\\text{"),
    (re.compile(r"\\textless\{\}"), "<"),
    (re.compile(r"\\textgreater\{\}"), ">"),
    (re.compile(r"\\textasciicircum\{\}"), "^"),
    (re.compile(r"\\textasciitilde\{\}"), "\u223c"),
)


_LONG_NUMBER = re.compile(rf"\d{{{DIGITS_IN_A_ROW + 1},}}")


def formula(tex: str) -> str:
    """LaTeX in words that pandoc reads, with numbers that no page is wide enough for in rows."""
    for pattern, replacement in _TRANSLATIONS:
        tex = pattern.sub(replacement, tex)
    return _LONG_NUMBER.sub(_rows, tex)


def _rows(number: re.Match[str]) -> str:
    rows = (number[0][start : start + DIGITS_IN_A_ROW] for start in range(0, len(number[0]), DIGITS_IN_A_ROW))
    return r"\begin{array}{l} " + r" \\ ".join(rows) + r" \end{array}"


# --- from docutils' tree ------------------------------------------------------------------------------------

# What stands before and after each thing that is said of a line. The evidence is left to the list of checks at the
# end, where there is room.
_NOTES = {
    "domain": ("", ":"),
    "reason": ("", ":"),
    "outcome": ("", ";"),
    "conditions": ("", ";"),
    "equality": ("", ":"),
    "counterexample": ("", ";"),
}


class Reader:
    """Reads a document of docutils into blocks of pandoc.

    Parameters
    ----------
    kind : Kind
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.waiting: list[str] = []  # anchors of a block around a line, which its first line takes
        self.sections = 0

    def blocks(self, node: Node, level: int) -> Iterator[Block]:
        """The blocks inside a node, at this level of headings."""
        for child in node.children:
            read = _READERS.get(type(child))
            if read is not None:
                yield from read(self, child, level)

    # --- running text ---------------------------------------------------------------------------------------

    def inline(self, node: Node) -> Iterator[Inline]:
        for child in node.children:
            if isinstance(child, nodes.Text):
                yield from self.text(child.astext())
            elif isinstance(child, nodes.math):
                yield math(child.astext())
            elif isinstance(child, nodes.reference):
                yield from self.reference(child)
            elif isinstance(child, nodes.strong):
                yield {"t": "Strong", "c": list(self.text(child.astext().strip()))}
                yield {"t": "Space"}
            else:
                yield from self.inline(child)

    def text(self, text: str) -> Iterable[Inline]:
        return self.kind.text(printable(text))

    def reference(self, node: Node) -> Iterator[Inline]:
        content = list(self.text(node.astext()))
        if node.get("refid") or self.kind.is_linked:
            yield link(content, f"#{node['refid']}" if node.get("refid") else node["refuri"])
        else:
            yield {"t": "Emph", "c": content}

    def said(self, node: Node) -> list[Inline]:
        """All that is said of a line or in a cell, in one paragraph."""
        parts: list[list[Inline]] = []
        end = ""
        for found in node.findall(nodes.paragraph):
            kind = (found["classes"] or [""])[0]
            if kind == "evidence":
                continue
            if parts:
                parts[-1] += [*self.text(end), {"t": "Space"}]
            content = list(self.inline(found))
            parts.append([self.outcome(found, content)] if kind == "outcome" else content)
            end = _NOTES.get(kind, ("", ""))[1]
        return [inline for part in parts for inline in part]

    def outcome(self, node: Node, content: list[Inline]) -> Inline:
        emphasis = {"t": "Emph", "c": content}
        return span([emphasis], "", *node.parent["classes"])

    # --- blocks ---------------------------------------------------------------------------------------------

    def title(self, node: Node, level: int) -> Iterator[Block]:
        if isinstance(node.parent, nodes.admonition):
            yield paragraph([{"t": "Strong", "c": list(self.inline(node))}])
        elif isinstance(node.parent, nodes.section):
            self.sections += 1
            # No label has a capital letter.
            yield header(level, self.inline(node), f"S{self.sections}")

    def paragraph(self, node: Node, level: int) -> Iterator[Block]:
        yield paragraph(self.inline(node))

    def section(self, node: Node, level: int) -> Iterator[Block]:
        yield from self.blocks(node, level + 1)

    def container(self, node: Node, level: int) -> Iterator[Block]:
        self.waiting += node["ids"]
        lines = [child for child in node.children if isinstance(child, nodes.container) and "line" in child["classes"]]
        before = [child for child in node.children if child not in lines]
        said = [inline for child in before for inline in self.inline(child)]
        yield from [paragraph([*said, *self.text(":")])] * bool(said)
        yield from self.kind.lines([self.line(line) for line in lines])

    def line(self, node: Node) -> Line:
        block = node[0]
        anchors = tuple(dict.fromkeys([*self.waiting, *node["ids"]]))
        self.waiting = []
        return Line(anchors, f"({block['number']})", block["left"], block["right"], tuple(self.said(node)))

    def admonition(self, node: Node, level: int) -> Iterator[Block]:
        self.waiting += node["ids"]
        yield div(list(self.blocks(node, level)), "", *node["classes"])

    def figure(self, node: Node, level: int) -> Iterator[Block]:
        image, caption = node.children
        width = attributes(width=self.kind.image_width, alt=printable(image["alt"]))
        shown = {
            "t": "Image",
            "c": [width, list(plain_text(printable(image["alt"]))), [self.kind.image(image["uri"]), ""]],
        }
        anchor = node["ids"][0]
        places = self.kind.place(anchor)
        yield from places
        at = attributes("" if places else anchor)
        yield {"t": "Figure", "c": [at, [None, [plain(self.inline(caption))]], [plain([shown])]]}

    def table(self, node: Node, level: int) -> Iterator[Block]:
        rows = [[self.cell(entry) for entry in row.children] for row in node.findall(nodes.row)]
        caption = [inline for title in node.findall(nodes.title) for inline in self.inline(title)]
        anchor = node["ids"][0] if node["ids"] else ""
        places = self.kind.place(anchor) if anchor else []
        yield from places
        columns = zip(*(row.children for row in node.findall(nodes.row)), strict=True)
        widths = [max(NARROWEST, *(min(_width(entry), WIDEST) for entry in column)) for column in columns]
        shares = [round(width / sum(widths), 4) for width in widths]
        yield table(rows[0], rows[1:], shares, caption=caption, anchor="" if places else anchor)

    def cell(self, node: Node) -> list[Block]:
        return [plain(self.said(node))]

    def definitions(self, node: Node, level: int) -> Iterator[Block]:
        items = [item.children for item in node.children]
        left = max(min(_width(term), WIDEST // 2) for term, _ in items) + GAP
        share = round(left / (left + WIDEST), 4)
        rows = [[[plain(self.inline(part))] for part in item] for item in items]
        yield table([], rows, (share, 1 - share), classes=("symbols",))

    def bullets(self, node: Node, level: int) -> Iterator[Block]:
        yield {"t": "BulletList", "c": [list(self.blocks(item, level)) for item in node.children]}


_READERS: dict[type, Callable[[Reader, Any, int], Iterator[Block]]] = {
    nodes.title: Reader.title,
    nodes.paragraph: Reader.paragraph,
    nodes.section: Reader.section,
    nodes.container: Reader.container,
    nodes.admonition: Reader.admonition,
    nodes.figure: Reader.figure,
    nodes.table: Reader.table,
    nodes.definition_list: Reader.definitions,
    nodes.bullet_list: Reader.bullets,
}


def _width(node: Node) -> int:
    """About how many letters wide a cell is."""
    if isinstance(node, nodes.math):
        return width(node.astext())
    return sum(map(_width, node.children)) if node.children else len(node.astext())


def link(content: Iterable[Inline], place: str) -> Inline:
    return {"t": "Link", "c": [attributes(), list(content), [place, ""]]}


def blocks(tree: nodes.document, kind: Kind) -> list[Block]:
    """All of a document but its title."""
    return list(Reader(kind).blocks(tree, kind.top - 1))


def around(page: Page, kind: Kind) -> Block:
    """The way to the list of all documents and to the neighbours."""
    places = [("All derivations", "index"), *((to.title, to.stem) for to in (page.previous, page.next) if to)]
    content: list[Inline] = []
    for title, stem in places:
        content += [*kind.text(" · ")] * bool(content)
        content.append(link(kind.text(printable(title)), stem + kind.suffix))
    return div([paragraph(content)], "", "around")


# --- figures ------------------------------------------------------------------------------------------------


def images(page: Page) -> dict[str, bytes]:
    """The figures of a page as SVG in black on white, by their names."""
    return {name: plain_svg(Drawing.of(figure).svg("figure", printable(figure.alt))) for name, figure in page.figures()}


def plain_svg(svg: str) -> bytes:
    """An SVG without what only a page of HTML around it would know."""
    for number, colour in enumerate(PALETTE, 1):
        svg = svg.replace(f"var(--curve-{number}, {colour})", colour)
    return printable(svg.replace("currentColor", "#000000")).encode("utf-8")


def data_uri(content: bytes, media_type: str = "image/svg+xml") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


# --- pandoc -------------------------------------------------------------------------------------------------


@cache
def _program() -> str:
    try:
        return str(pypandoc.get_pandoc_path())
    except OSError:
        raise MissingExtraError("building documents", "pypandoc_binary", "documents") from None


def convert(
    content: Sequence[Block],
    to: str,
    *options: str,
    meta: Mapping[str, object] | None = None,
) -> bytes:
    """Blocks as a document of pandoc's.

    Parameters
    ----------
    content : sequence of Block
    to : str
        A format that pandoc writes.
    options : str
        For pandoc's command line.
    meta : mapping of str to Any, optional
        Title and the like, as pandoc's values.

    Raises
    ------
    MissingExtraError
        If there is no pandoc.
    SymgradError
        If pandoc cannot write the document.
    """
    tree = {"pandoc-api-version": API, "meta": dict(meta or {}), "blocks": list(content)}
    # The user's own templates and styles stay out: an empty folder stands for theirs.
    with TemporaryDirectory() as folder:
        command = [_program(), "--from=json", f"--to={to}", "--sandbox", f"--data-dir={folder}", "--wrap=none"]
        done = subprocess.run(
            [*command, *options, "--output=-"],
            input=json.dumps(tree).encode("utf-8"),
            capture_output=True,
            cwd=folder,
        )
    complaint = done.stderr.decode("utf-8", errors="replace").strip()
    if done.returncode != 0:
        raise SymgradError(f"pandoc cannot write {to}: {complaint}")
    if complaint:
        log.warning("%s", complaint)
    return done.stdout


def html_lines(lines: Sequence[Line]) -> list[Block]:
    """The lines of a chain for HTML, which a style sets as a table of left sides, right sides and numbers."""
    wide = any(width(line.left) > LONG_SIDE for line in lines)
    return [div([_html_line(line) for line in lines], "", "chain", *["wide"] * wide)]


def broken(tex: str) -> str:
    """A formula that is too long for a line in several, each beginning with a sign.

    Examples
    --------
    >>> print(broken(" + ".join(["a" * 50] * 2)).replace("a" * 50, "a"))
    \\begin{aligned} & a \\\\ & \\quad + a \\end{aligned}
    """
    found = rows(tex, LONG)
    if len(found) == 1:
        return tex
    lines = r" \\ & \quad ".join(found)
    return rf"\begin{{aligned}} & {lines} \end{{aligned}}"


def _html_line(line: Line) -> Block:
    def side(tex: str) -> list[Block]:
        size = ["long"] * (width(tex) > LONG) or ["medium"] * (width(tex) > MEDIUM)
        return [div([plain([math(broken(tex), display=True)])], "", "formula", *size)] if tex else []

    *others, own = line.anchors
    said = [div([plain(line.said)], "", "note")] if line.said else []
    number = [*(span([], anchor) for anchor in others), *plain_text(line.number)]
    parts = {"left": side(line.left), "right": [*side(line.right), *said], "number": [plain(number)]}
    return div([div(content, "", name) for name, content in parts.items()], own, "line")


Repair = Callable[[str], str]


def repaired(archive: bytes, repairs: Mapping[str, Repair]) -> bytes:
    """A zip archive with some of its files, which are text, changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(out, "w") as after:
        for info in before.infolist():
            content = before.read(info)
            if info.filename in repairs:
                content = repairs[info.filename](content.decode("utf-8")).encode("utf-8")
            entry = zipfile.ZipInfo(info.filename, DAY)
            entry.compress_type = info.compress_type
            after.writestr(entry, content)
    return out.getvalue()


def meta_text(text: str) -> dict[str, Any]:
    """Text as a value of the metadata."""
    return {"t": "MetaInlines", "c": list(plain_text(printable(text)))}
