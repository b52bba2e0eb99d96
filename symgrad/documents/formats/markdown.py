"""Markdown with mathematics between dollar signs, and figures as SVG with their data as CSV beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from docutils import nodes
from docutils.frontend import get_default_settings

from symgrad.documents.figures.figures import Drawing
from symgrad.documents.tree.catalogue import Entry, catalogue
from symgrad.documents.tree.document import Page, as_bytes, document

SUFFIX = ".md"


def pages(page: Page) -> dict[str, bytes]:
    """The files of one document."""
    text = _text(document(page, SUFFIX, get_default_settings()))
    links = [link(near.title, near.stem + SUFFIX) for near in (page.previous, page.next) if near is not None]
    around = " · ".join([link("All derivations", "index" + SUFFIX), *links])
    return {page.stem + SUFFIX: as_bytes(f"{text}\n---\n\n{around}\n"), **_figures(page)}


def index(entries: Sequence[Entry]) -> dict[str, bytes]:
    """The page that lists all documents."""
    return {"index" + SUFFIX: as_bytes(_text(catalogue(entries, SUFFIX, get_default_settings())))}


DAY_AND_NIGHT = "svg { color: #1f2328 } @media (prefers-color-scheme: dark) { svg { color: #e3e1dc } }"


def _figures(page: Page) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name, figure in page.figures():
        drawing = Drawing.of(figure)
        files |= {f"{name}.svg": drawing.picture(DAY_AND_NIGHT), f"{name}.csv": as_bytes(drawing.csv())}
    return files


def _text(tree: nodes.document) -> str:
    return "\n\n".join(blocks(tree, 1)) + "\n"


_SPECIAL = re.compile(r"([\\`*{}\[\]<>#|~$&^!]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")  # within a name _ is no markup
_AT_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")


def escaped(text: str) -> str:
    """Text for Markdown, of which nothing is markup.

    Examples
    --------
    >>> print(escaped("*2* <b> costs $1, a_Delta, _so_"))
    \\*2\\* \\<b\\> costs \\$1, a_Delta, \\_so\\_
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split("\n")))


def link(text: str, place: str) -> str:
    """A reference to a place, whatever is in the text."""
    return f"[{escaped(text)}]({place})"


def _formula(tex: str) -> str:
    """LaTeX between dollar signs, where a dollar sign and a cell border would end it."""
    return tex.replace(r"\$", r"\textdollar{}").replace("|", r"\vert ")


# The stubs of docutils know less of its nodes than we do.
Node = Any

# --- running text -------------------------------------------------------------------------------------------


def _inline(node: Node) -> str:
    """A paragraph and the like in one line."""
    if isinstance(node, nodes.Text):
        return escaped(node.astext())
    if isinstance(node, nodes.math):
        return f"${_formula(node.astext())}$"
    if isinstance(node, nodes.reference):
        return link(node.astext(), node.get("refuri") or f"#{node['refid']}")
    inside = "".join(map(_inline, node.children))
    return f"**{inside.strip()}** " if isinstance(node, nodes.strong) else inside


def _start(text: str) -> str:
    """A paragraph that does not begin like a list or a heading."""
    return _AT_START.sub(r"\1\\\2", text.strip())


# What stands before and after each thing that is said of a line, which all run on in one paragraph. The evidence is
# left to the list of checks at the end.
_NOTES = {
    "domain": ("", ":"),
    "reason": ("", ":"),
    "outcome": ("*", "*;"),
    "conditions": ("", ";"),
    "equality": ("", ":"),
    "counterexample": ("", ";"),
}


def _said(node: Node) -> str:
    """All that is said of a line or in a cell."""
    parts = []
    for paragraph in node.findall(nodes.paragraph):
        kind = (paragraph["classes"] or [""])[0]
        before, after = _NOTES.get(kind, ("", ""))
        if kind != "evidence":
            parts.append(before + _inline(paragraph).strip() + after)
    return " ".join(parts).rstrip(";:")


# --- blocks -------------------------------------------------------------------------------------------------


def blocks(node: Node, level: int) -> Iterator[str]:
    """The blocks inside a node, at this level of headings."""
    for child in node.children:
        yield from block(child, level)


def block(node: Node, level: int) -> Iterator[str]:
    """One block as Markdown."""
    write = _WRITERS.get(type(node))
    if write is not None:
        yield from write(node, level)


def _anchor(node: Node) -> str:
    return "".join(f'<a id="{anchor}"></a>\n' for anchor in node["ids"])


def _title(node: Node, level: int) -> Iterator[str]:
    yield f"**{_inline(node)}**" if isinstance(node.parent, nodes.admonition) else f"{'#' * level} {_inline(node)}"


def _paragraph(node: Node, level: int) -> Iterator[str]:
    yield _start(_inline(node))


def _section(node: Node, level: int) -> Iterator[str]:
    yield from blocks(node, level + 1)


def _container(node: Node, level: int) -> Iterator[str]:
    if "line" not in node["classes"]:
        yield from [_anchor(node).strip()] * bool(node["ids"])
        yield from blocks(node, level)
        return
    formula = node[0]
    yield f"{_anchor(node)}$$\n{_formula(formula.astext())}\n$$"
    yield f"({formula['number']}) {_said(node)}".strip()


def _admonition(node: Node, level: int) -> Iterator[str]:
    inside = "\n\n".join([*([_anchor(node).strip()] * bool(node["ids"])), *blocks(node, level)])
    yield "\n".join(f"> {line}".rstrip() for line in inside.split("\n"))


def _figure(node: Node, level: int) -> Iterator[str]:
    image, caption = node.children
    yield f"{_anchor(node)}![{escaped(image['alt'])}]({image['uri']}.svg)"
    yield f"{_inline(caption).strip()} {link('Data (CSV)', image['uri'] + '.csv')}"


def _table(node: Node, level: int) -> Iterator[str]:
    for title in node.findall(nodes.title):
        yield _anchor(node) + _inline(title).strip()
    head, *body = ([_said(entry) for entry in row.children] for row in node.findall(nodes.row))
    rows = [head, ["---"] * len(head), *body]
    yield "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def _items(node: Node, level: int) -> Iterator[str]:
    def item(child: Node) -> str:
        if isinstance(child, nodes.definition_list_item):
            return f"{_inline(child[0])}: {_inline(child[1])}"
        return "\n\n".join(blocks(child, level)).replace("\n", "\n  ").replace("\n  \n", "\n\n")

    yield "\n".join(f"- {item(child)}" for child in node.children)


_WRITERS: dict[type, Callable[[Any, int], Iterator[str]]] = {
    nodes.title: _title,
    nodes.paragraph: _paragraph,
    nodes.section: _section,
    nodes.container: _container,
    nodes.admonition: _admonition,
    nodes.figure: _figure,
    nodes.table: _table,
    nodes.definition_list: _items,
    nodes.bullet_list: _items,
}
