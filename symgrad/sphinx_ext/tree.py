"""The tree of a derivation as Sphinx wants it: equations with labels, references that wait, figures as files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.frontend import get_default_settings
from sphinx.addnodes import pending_xref
from sphinx.environment import BuildEnvironment

from symgrad.base.files import write_whole
from symgrad.documents.figures.figures import Drawing
from symgrad.documents.tree.document import Page, document
from symgrad.documents.tree.places import Place, places
from symgrad.documents.tree.rows import width
from symgrad.sphinx_ext.domain import Target, domain_of

# The stubs of docutils know less of its nodes than we do.
Node = Any
FIGURES = "symgrad"
# A picture does not see the page around it: it brings the ground along that its ink is made for.
DAY_AND_NIGHT = """svg { color: #1f2328; background: #ffffff }
@media (prefers-color-scheme: dark) { svg {
  color: #cfd0d0; background: #131416; --curve-1: #56b4e9; --curve-2: #ff8a4c; --curve-3: #3fcf9f; --curve-4: #e79cc4;
  --curve-5: #f0b83e; --curve-6: #8fd0f5;
} }"""
LONG_NOTE, LONG_LINE = 48, 36  # in letters: notes that are longer, or of longer lines, stand below their line


@dataclass
class Placing:
    """A derivation on its way into a page of Sphinx.

    Attributes
    ----------
    page : Page
    env : BuildEnvironment
    document : docutils document
        The page that it comes into.
    location : tuple of str and int
        The place of the directive, for warnings.
    label : str
        What the labels of its equations, figures and tables begin with, and the label itself of a part that is placed
        alone; they have none if it is empty.
    evidence : bool
        Whether method and evidence are shown beside each verdict.
    is_part : bool
        Whether one block is placed alone.
    """

    page: Page
    env: BuildEnvironment
    document: nodes.document
    location: Any
    label: str = ""
    evidence: bool = False
    is_part: bool = False
    places: dict[str, tuple[Place, int]] = field(init=False)
    labels: dict[str, Place] = field(init=False)

    def __post_init__(self) -> None:
        found = places(self.page.derivation)
        self.places = {place.line_anchor(i): (place, i) for place in found for i in range(len(place.numbers))}
        self.labels = {place.label: place for place in found if place.label}

    # --- what is asked for ------------------------------------------------------------------------------------

    def whole(self) -> list[Node]:
        """Everything but the title."""
        return [made for node in self._tree().children[1:] for made in self.adapted(node)]

    def sections(self, wanted: Iterable[str]) -> list[Node]:
        """The sections with these titles, each under a rubric; one that stands alone needs none."""
        titles = set(wanted)
        found = [node for node in self._tree().children if isinstance(node, nodes.section)]
        chosen = [self._rubric_and_rest(node) for node in found if node[0].astext() in titles]
        return chosen[0][1:] if len(chosen) == 1 else [made for section in chosen for made in section]

    def block(self, anchor: str) -> list[Node]:
        """The chain, statement, figure or table that has this anchor."""
        return self.adapted(_block_around(self._found(anchor)))

    def line(self, anchor: str) -> list[Node]:
        """One line of a chain, with both its sides."""
        line = self._found(anchor)
        _, index = self.places[anchor]
        before = [node for node in _block_around(line).children if "line" in node.get("classes", ())][:index]
        if index and not line[0]["left"] and before:
            sides = before[-1][0]
            line[0]["left"] = sides["right"].partition(" ")[2]
        return [nodes.container("", *self._line(line), classes=["symgrad-chain"])]

    def symbols(self) -> list[Node]:
        """The list of symbols with their meanings."""
        found = (node for node in self._tree().children if "symbols" in node.get("classes", ()))
        return [made for node in found for child in node.children[1:] for made in self.adapted(child)]

    def errata(self) -> list[Node]:
        """The errata, each in its box."""
        found = (node for node in self._tree().findall(nodes.admonition) if "erratum" in node["classes"])
        return [made for node in found for made in self.adapted(node)]

    def _tree(self) -> Node:
        return document(self.page, "", get_default_settings())

    def _found(self, anchor: str) -> Node:
        place, _ = self.places[anchor]
        wanted = {anchor} if place.kind == "equation" else {place.anchor}
        return next(node for node in self._tree().findall(nodes.Element) if wanted & set(node.get("ids", ())))

    # --- nodes ------------------------------------------------------------------------------------------------

    def adapted(self, node: Node) -> list[Node]:
        """The nodes that take the place of one."""
        for kind, adapt in _ADAPTED:
            if isinstance(node, kind):
                return adapt(self, node)
        return [self._copy(node)]

    def _copy(self, node: Node) -> Node:
        if isinstance(node, nodes.Text):
            return node.copy()
        made = node.copy()
        made["ids"] = []
        made.extend(new for child in node.children for new in self.adapted(child))
        return made

    def _section(self, node: Node) -> list[Node]:
        if "end" in node["classes"]:
            return self._rubric_and_rest(node)
        made = self._copy(node)
        made["names"].append(nodes.fully_normalize_name(node[0].astext()))
        self.document.note_implicit_target(made, made)
        return [made]

    def _rubric_and_rest(self, node: Node) -> list[Node]:
        title, *rest = node.children
        rubric = nodes.rubric("", *self._copy(title).children, classes=["symgrad-rubric"])
        return [rubric, *(made for child in rest for made in self.adapted(child))]

    def _container(self, node: Node) -> list[Node]:
        classes = node["classes"]
        if "line" in classes:
            return self._line(node)
        if "note" in classes:
            return [self._note([node])]
        made = nodes.container("", classes=[f"symgrad-{name}" for name in classes])
        made.extend(new for child in node.children for new in self.adapted(child))
        return [made]

    def _line(self, node: Node) -> list[Node]:
        """An equation with its target and what is said of it, in one paragraph."""
        place, index = self.places[node["ids"][0]]
        formula, *said = node.children
        tex = f"{formula['left']} {formula['right']}".strip()
        block = nodes.math_block(tex, tex, docname=self.env.docname, label=None, number=None, nowrap=False)
        block["no-wrap"] = False
        block["classes"] = ["symgrad-continued"] if not formula["left"] else []
        block.source, block.line = self.location[0], self.location[1]
        target = self._number(block, place, index)
        note = self._note(said) if said else None
        long = ["symgrad-long"] if note and (len(note.astext()) > LONG_NOTE or width(tex) > LONG_LINE) else []
        return [nodes.container("", *target, block, *([note] if note else []), classes=["symgrad-line", *long])]

    def _number(self, block: Node, place: Place, index: int) -> list[Node]:
        """Give an equation its label and number, which Sphinx's own domain of mathematics keeps."""
        label = self._label(place, index)
        if not label:
            return []
        math = self.env.domains.math_domain
        math.note_equation(self.env.docname, label, location=self.location)
        block["label"], block["number"] = label, math.get_equation_number_for(label)
        anchor = nodes.make_id(f"equation-{label}")
        target = nodes.target("", "", ids=[anchor])
        self.document.note_explicit_target(target)
        self._remember("equation", label, anchor, f"({block['number']})")
        return [target]

    def _label(self, place: Place, index: int) -> str:
        if not self.label:
            return ""
        own = place.label or place.line_anchor(index).removeprefix("equation-")
        name = self.label if self.is_part else f"{self.label}.{own}"
        return name + (f".{index + 1}" if index and (place.label or self.is_part) else "")

    def _remember(self, kind: str, label: str, anchor: str, title: str) -> None:
        domain_of(self.env).note(label, Target(kind, self.env.docname, anchor, title), self.location)

    def _note(self, said: list[Node]) -> Node:
        """What is said of a line, running on in one paragraph."""
        paragraph = nodes.paragraph("", "", classes=["symgrad-note"])
        for text in said:
            paragraph += list(self._said(text))
        return _closed(paragraph)

    def _said(self, node: Node) -> Iterator[Node]:
        kind = (node["classes"] or [""])[0]
        if kind == "note":
            for child in node.children:
                yield from self._said(child)
        elif kind == "verdict":
            outcome, *evidence = node.children
            yield nodes.inline("", outcome.astext(), classes=["symgrad-verdict", *node["classes"][1:]])
            if evidence and self.evidence:
                yield nodes.Text(f" ({evidence[0].astext()})")
            yield nodes.Text("; ")
        elif kind != "evidence":
            yield nodes.inline("", "", *self._copy(node).children, classes=[f"symgrad-{kind}"])
            yield nodes.Text(": " if kind in ("reason", "domain", "equality") else "; ")

    def _reference(self, node: Node) -> list[Node]:
        label = node.get("label") or node["refid"]
        place = self.labels.get(label) or self.places.get(label, (None, 0))[0]
        if place is None:
            return [waiting("symgrad", "ref", label, node.astext(), self.env.docname)]
        if not self.label:
            return [nodes.inline("", node.astext())]
        first = self.places.get(label, (place, 0))[1]
        if place.kind != "equation":
            return [waiting("symgrad", "ref", self._label(place, 0), node.astext(), self.env.docname)]
        one = [waiting("math", "eq", self._label(place, first), node.astext(), self.env.docname)]
        if label in self.places or len(place.numbers) == 1:
            return one
        last = self._label(place, len(place.numbers) - 1)
        return [*one, nodes.Text(" to "), waiting("math", "eq", last, "", self.env.docname)]

    def _figure(self, node: Node) -> list[Node]:
        place = self._place_of(node)
        image, caption = node.children
        figure = nodes.figure("", classes=["symgrad-figure"])
        uri = f"{self._written(image['uri'])}.*"
        figure += nodes.image(uri=uri, alt=image["alt"], classes=["symgrad-drawing"])
        figure += self._caption(caption, place)
        self._name(figure, place)
        return [figure]

    def _table(self, node: Node) -> list[Node]:
        made = self._copy(node)
        made["classes"].append("symgrad-table")
        if isinstance(node[0], nodes.title):
            place = self._place_of(node)
            made[0] = self._caption(node[0], place)
            self._name(made, place)
        return [made]

    def _place_of(self, node: Node) -> Place:
        anchor = node["ids"][0]
        found = (place for place, _ in self.places.values() if anchor in (place.anchor, place.line_anchor(0)))
        return next(found)

    def _caption(self, node: Node, place: Place) -> Node:
        """The caption, without our number where Sphinx numbers it."""
        made = self._copy(node)
        if self.env.config.numfig and self.label:
            made.pop(0)
        return made

    def _name(self, node: Node, place: Place) -> None:
        label = self._label(place, 0).lower()
        if label:
            node["names"] = [label]
            self.document.note_explicit_target(node, node)
            self._remember(place.kind, self._label(place, 0), node["ids"][0], place.name)

    def _written(self, name: str) -> str:
        """The figure in the forms that builders choose from; the way to it from the page, without suffix."""
        drawing = Drawing.of(dict(self.page.figures())[name])
        folder = Path(self.env.doctreedir) / FIGURES
        folder.mkdir(parents=True, exist_ok=True)
        forms = {".svg": drawing.picture(DAY_AND_NIGHT), ".pdf": drawing.pdf()}
        for suffix, content in forms.items():
            path = folder / f"{name}{suffix}"
            if not path.is_file() or path.read_bytes() != content:
                write_whole(path, content)
        here = Path(self.env.doc2path(self.env.docname)).parent
        return Path(os.path.relpath(folder / name, here)).as_posix()


def _closed(paragraph: Node) -> Node:
    """A paragraph without the sign that would have led on."""
    last = paragraph[-1] if len(paragraph) else None
    if isinstance(last, nodes.Text):
        paragraph[-1] = nodes.Text(last.astext().rstrip("; :") + ".")
    return paragraph


def waiting(domain: str, kind: str, target: str, text: str, docname: str) -> pending_xref:
    """A reference that Sphinx resolves when all pages are read."""
    waiting = pending_xref("", refdomain=domain, reftype=kind, reftarget=target, refdoc=docname, refexplicit=False)
    waiting["refwarn"] = True
    waiting += nodes.inline("", text, classes=["xref"])
    return waiting


def _block_around(node: Node) -> Node:
    """The chain or statement that a line stands in; anything else itself."""
    return node.parent if "line" in node["classes"] else node


_ADAPTED: tuple[tuple[type, Callable[[Placing, Node], list[Node]]], ...] = (
    (nodes.section, Placing._section),
    (nodes.container, Placing._container),
    (nodes.reference, Placing._reference),
    (nodes.figure, Placing._figure),
    (nodes.table, Placing._table),
)
