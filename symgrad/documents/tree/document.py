"""A derivation and its verdicts as one docutils document, which every kind of document is written from.

Only nodes that docutils itself knows are used, so that any docutils or Sphinx writer can read the tree. Classes say
what a node is for, and lines of mathematics keep both their sides for writers that align them:

- ``container.chain``, ``container.statement``: a block of numbered lines;
- ``container.line`` in it: a ``math_block`` with attributes ``left``, ``right``, ``number``, then ``paragraph.domain``,
  ``container.note`` and ``paragraph.counterexample``;
- ``container.note``: ``paragraph.reason``, ``container.verdict`` (``paragraph.outcome``, ``paragraph.evidence``),
  ``paragraph.conditions``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docutils import nodes
from docutils.utils import new_document
from sympy import Symbol

from symgrad.activations import INPUT, ActivationFunction
from symgrad.base.errors import ClaimError, ParseError
from symgrad.checking.remembered import remembered
from symgrad.checking.reports import Check
from symgrad.claims.claim import Claim
from symgrad.claims.derivations import Chain, Derivation, Figure, Given, Item, Prose, Section, Stated, Step, Table
from symgrad.documents.facts import Piece
from symgrad.documents.tree import wording
from symgrad.documents.tree.counterexamples import counterexample
from symgrad.documents.tree.places import LabelError, Place, expressions_with, pieces, places, references
from symgrad.language.abbreviations import with_parameters
from symgrad.language.latex import bound_symbols, domain_latex, point_latex, sides, signed
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.language.written import Abbreviation, meaning
from symgrad.reading.text import parse_where
from symgrad.symbols.notation import latex


@dataclass(frozen=True)
class Target:
    """What a reference leads to.

    Attributes
    ----------
    name : str
        What it is called: ``(3)``, ``Figure 2``; nothing for a whole document.
    anchor : str
        Where it stands in its document; nothing for a whole document.
    stem : str
        The document, if it is another one.
    title : str
        The title of that document.
    """

    name: str
    anchor: str
    stem: str = ""
    title: str = ""


@dataclass(frozen=True)
class Link:
    """Another document, by its file name without suffix and its title."""

    stem: str
    title: str


@dataclass(frozen=True)
class Page:
    """All that one document is made from.

    Attributes
    ----------
    stem : str
        Its file name without suffix.
    derivation : Derivation
    verdicts : mapping of Claim to Verdict
        A claim that is missing here is shown as not checked.
    targets : mapping of str to Target
        What the labels of references into other documents stand for.
    previous, next : Link or None
        The neighbours in the order of the index.
    code : str
        The Python of its file, for documents that can be run.
    """

    stem: str
    derivation: Derivation
    verdicts: Mapping[Claim, Verdict]
    targets: Mapping[str, Target] = field(default_factory=dict)
    previous: Link | None = None
    next: Link | None = None
    code: str = ""

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """The figures with the names of their files, without suffix."""
        for item, place in numbered_items(self.derivation):
            if isinstance(item, Figure):
                yield figure_name(self.stem, place), item


def alone(stem: str, derivation: Derivation) -> Page:
    """The page of a derivation that no build surrounds, checked; references into other documents are their labels."""
    decide = remembered()
    elsewhere = {label: Target(label, "", "elsewhere") for label in references(derivation.items)}
    return Page(stem, derivation, {claim: decide(claim) for claim in derivation.claims}, elsewhere)


def figure_name(stem: str, place: Place) -> str:
    """The file of a figure; no stem or anchor holds a full stop, so that no two figures share a file."""
    return f"{stem}.{place.anchor}"


def numbered_items(derivation: Derivation) -> Iterator[tuple[Item, Place]]:
    """What has a number, with its place."""
    found = iter(places(derivation))

    def walk(items: tuple[Item, ...]) -> Iterator[tuple[Item, Place]]:
        for item in items:
            if isinstance(item, Section):
                yield from walk(item.items)
            elif not isinstance(item, Prose):
                yield item, next(found)

    return walk(derivation.items)


def document(page: Page, suffix: str, settings: object) -> nodes.document:
    """The document of a page.

    Parameters
    ----------
    page : Page
    suffix : str
        What the file names of other documents end in, for links.
    settings : docutils.frontend.Values
        Settings of the docutils writer that will read the tree.

    Raises
    ------
    LabelError
        If a reference leads nowhere, or two things have one label.
    """
    return _Builder(page, suffix).document(settings)


def as_bytes(text: str) -> bytes:
    """The text of a file."""
    return wording.printable(text).encode("utf-8")


def _paragraph(*classes: str) -> nodes.paragraph:
    return nodes.paragraph(classes=list(classes))


def _said(text: str, *classes: str) -> nodes.paragraph:
    return nodes.paragraph("", text, classes=list(classes))


def math(tex: str) -> nodes.math:
    return nodes.math(tex, tex)


MEASURED = " Measured in double precision, not proved."


class _Builder:
    """Walks a derivation once, from top to bottom."""

    def __init__(self, page: Page, suffix: str) -> None:
        self.page, self.suffix = page, suffix
        found = places(page.derivation)
        self.places = iter(found)
        self.local = {place.label: Target(place.name, place.anchor) for place in found if place.label}
        self.where: list[tuple[Place, int, str]] = []

    def document(self, settings: Any) -> nodes.document:
        derivation = self.page.derivation
        tree = new_document(self.page.stem, settings)
        tree["title"] = derivation.title
        tree += nodes.title("", derivation.title)
        tree += _said(f"{self._tally()}.", "summary")
        tree.extend(self.items(derivation.items))
        tree.extend(section for section in (self._symbols(), self._checks(), self._sources()) if section)
        return tree

    def _tally(self) -> str:
        claims = self.page.derivation.claims
        found = [Check.of(c, self.page.verdicts[c]) for c in claims if c in self.page.verdicts]
        unchecked = len(claims) - len(found)
        return wording.counted(found) + (f"; {unchecked} {wording.NOT_CHECKED}" if unchecked else "")

    # --- items ----------------------------------------------------------------------------------------------

    def items(self, items: Iterable[Item]) -> Iterator[nodes.Node]:
        for item in items:
            yield from _BUILDERS[type(item)](self, item)

    def prose(self, item: Prose) -> Iterator[nodes.Node]:
        yield self.running(item)

    def section(self, item: Section) -> Iterator[nodes.Node]:
        section = nodes.section("", nodes.title("", item.title))
        section.extend(self.items(item.items))
        yield section

    def chain(self, item: Chain) -> Iterator[nodes.Node]:
        place = next(self.places)
        block = nodes.container(classes=["chain"], ids=_block_ids(place))
        symbols = {s for e in (item.start, *(step.expression for step in item.steps)) for s in e.free_symbols}
        block += _domain("For ", domain_latex(Domain.of(symbols, item.where)))
        for index, (step, claim, equality) in enumerate(item.step_claims()):
            left = latex(item.start) if index == 0 else ""
            said = [*self.reason(step.by), *self.verdict(claim, place, index)]
            said += self.equality(step, equality, place, index)
            block += _line(place, index, left, signed(step.op, step.expression), said)
        if not item.steps:
            block += _line(place, 0, latex(item.start), "", [])
        yield block

    def reason(self, by: str | Prose) -> Iterator[nodes.Node]:
        if by:
            yield self.running(by, "reason")

    def equality(self, step: Step, claim: Claim | None, place: Place, index: int) -> Iterator[nodes.Node]:
        if claim is not None and step.equality_at is not None:
            point = math(point_latex(step.equality_at))
            yield nodes.paragraph("", "", nodes.Text("with equality at "), point, classes=["equality"])
            yield from self.verdict(claim, place, index, "equality")

    def stated(self, item: Stated) -> Iterator[nodes.Node]:
        place = next(self.places)
        block = nodes.container(classes=["statement"])
        block += self.claim_line(item.claim, place)
        remark = [self.running(item.remark, "remark")] if item.remark else []
        if item.is_erratum:
            box = nodes.admonition("", nodes.title("", "Erratum"), classes=["erratum"], ids=_block_ids(place))
            box += _said(f"Source: {item.claim.source.rstrip(': ')}" if item.claim.source else "It is said:", "source")
            box += [block, *remark]
            yield box
        else:
            block["ids"] = _block_ids(place)
            yield block
            yield from remark

    def given(self, item: Given) -> Iterator[nodes.Node]:
        place = next(self.places)
        block = nodes.container(classes=["chain", "given"], ids=_block_ids(place))
        for index, (left, right) in enumerate(item.equations):
            block += _line(place, index, latex(left), signed("==", right), [])
        yield block

    def claim_line(self, claim: Claim, place: Place) -> nodes.container:
        left, right = sides(claim.statement, claim.domain)
        return _line(place, 0, left, right, [*_domain_of(claim), *self.verdict(claim, place, 0)])

    def figure(self, item: Figure) -> Iterator[nodes.Node]:
        place = next(self.places)
        figure = nodes.figure(ids=[place.anchor])
        image = nodes.image(uri=figure_name(self.page.stem, place), alt=item.alt)
        caption = self.caption(place, item.caption, nodes.caption)
        caption.extend([nodes.Text(MEASURED)] if item.is_measured else [])
        figure += [image, caption]
        yield figure

    def table(self, item: Table) -> Iterator[nodes.Node]:
        place = next(self.places)
        head = [[[self.running(cell)] for cell in item.header]]
        body = [[self.cell(cell, place) for cell in row] for row in item.rows]
        table = _table(head, body, [1] * len(item.header))
        table["ids"] = [place.anchor]
        table.insert(0, self.caption(place, item.caption, nodes.title))
        yield table

    def cell(self, cell: object, place: Place) -> list[nodes.Node]:
        content: list[nodes.Node] = [self.running(cell)]
        if isinstance(cell, Claim):
            content += _note([*_domain_of(cell), *self.verdict(cell, place, 0)])
        return content

    def caption(self, place: Place, text: str | Prose, node: Callable[..., Any]) -> nodes.TextElement:
        caption: nodes.TextElement = node("", "", nodes.strong("", f"{place.name}. "))
        caption.extend(self.inline(text))
        return caption

    # --- verdicts -------------------------------------------------------------------------------------------

    def verdict(self, claim: Claim, place: Place, index: int, what: str = "") -> Iterator[nodes.Node]:
        """What was found, in words; where it stands is kept for the list of all checks."""
        self.where.append((place, index, what))
        verdict = self.page.verdicts.get(claim)
        if verdict is None:
            yield nodes.container("", _said(wording.NOT_CHECKED, "outcome"), classes=["verdict", "unchecked"])
            return
        name, check = verdict.outcome.name.lower(), Check.of(claim, verdict)
        met = [] if check.met else ["unmet"]
        box = nodes.container("", _said(wording.outcome(check), "outcome"), classes=["verdict", name, *met])
        if shown := wording.evidence(verdict):
            box += _said(shown, "evidence")
        yield box
        if verdict.side_conditions:
            yield listed("provided that ", map(_condition, verdict.side_conditions), "conditions")
        if verdict.witness is not None:
            yield paragraph_of(counterexample(verdict.witness), "counterexample")
        elif verdict.outcome is Outcome.REFUTED and verdict.evidence:
            yield _said(f"{verdict.evidence[:1].upper()}{verdict.evidence[1:]}.", "counterexample")

    # --- running text ---------------------------------------------------------------------------------------

    def running(self, value: object, *classes: str) -> nodes.paragraph:
        paragraph = _paragraph(*classes)
        paragraph.extend(self.inline(value))
        return paragraph

    def inline(self, value: object) -> Iterator[nodes.Node]:
        return (self.piece(piece) for piece in pieces(value))

    def piece(self, piece: Piece) -> nodes.Node:
        if piece.kind == "ref":
            return self.reference(piece.content)
        return inline_node(piece)

    def reference(self, label: str) -> nodes.reference:
        target = self.local.get(label) or self.page.targets.get(label)
        if target is None:
            raise LabelError(label, f"no equation, figure or table has the label {label!r}")
        if not target.stem:
            return nodes.reference("", target.name, refid=target.anchor, internal=True, label=label)
        text = f"{target.name} in {target.title}" if target.name else target.title
        place = f"{target.stem}{self.suffix}" + (f"#{target.anchor}" if target.anchor else "")
        return nodes.reference("", text, refuri=place, internal=True, label=label)

    # --- the end of the page --------------------------------------------------------------------------------

    def _symbols(self) -> nodes.section | None:
        rows = symbol_rows(self.page.derivation)
        if not rows:
            return None
        meanings = nodes.definition_list(classes=["symbols"])
        for tex, content in rows:
            term = nodes.term("", "", math(tex))
            said = nodes.paragraph("", "", inline_node(content))
            meanings += nodes.definition_list_item("", term, nodes.definition("", said))
        return _end("symbols", "Symbols", meanings)

    def _checks(self) -> nodes.section | None:
        if not self.where:
            return None
        head = [[_said(word)] for word in ("Statement", "Verdict", "Method and evidence")]
        claims = self.page.derivation.claims
        body = [self._check(claim, *where) for claim, where in zip(claims, self.where, strict=True)]
        return _end("checks", "Checks", _table([head], body, [2, 2, 8]))

    def _check(self, claim: Claim, place: Place, index: int, what: str) -> list[list[nodes.Node]]:
        lines = place.kind == "equation"
        name = f"({place.numbers[index]})" if lines else place.name
        anchor = place.line_anchor(index) if lines else place.anchor
        link = nodes.paragraph("", "", nodes.reference("", name, refid=anchor, internal=True))
        if what:
            link += nodes.Text(f", {what}")
        verdict = self.page.verdicts.get(claim)
        if verdict is None:
            return [[link], [_said(wording.NOT_CHECKED)], [_said("")]]
        check = Check.of(claim, verdict)
        expected = ", as it should be" if claim.expect == "refuted" and check.met else ""
        return [[link], [_said(wording.outcome(check) + expected)], [_said(wording.evidence(verdict))]]

    def _sources(self) -> nodes.section | None:
        derivation = self.page.derivation
        named = dict.fromkeys(s for s in (derivation.source, *(c.source for c in derivation.claims)) if s)
        if not named:
            return None
        sources = nodes.bullet_list("", *(nodes.list_item("", _said(source)) for source in named), bullet="-")
        return _end("sources", "Sources", sources)


_BUILDERS: dict[type, Callable[[_Builder, Any], Iterator[nodes.Node]]] = {
    Prose: _Builder.prose,
    Section: _Builder.section,
    Chain: _Builder.chain,
    Stated: _Builder.stated,
    Given: _Builder.given,
    Figure: _Builder.figure,
    Table: _Builder.table,
}


def inline_node(piece: Piece) -> nodes.Node:
    """A piece of text or mathematics as a node."""
    return math(piece.content) if piece.kind == "math" else nodes.Text(piece.content)


def symbol_rows(derivation: Derivation) -> list[tuple[str, Piece]]:
    """The symbols as LaTeX with what they mean, and activations and abbreviations with their definitions."""
    symbols = [(latex(symbol), Piece("text", _meaning(symbol, text))) for symbol, text in derivation.meanings.items()]
    used = {f.func(INPUT, *f.args[1:]) for f in expressions_with(derivation.items, ActivationFunction)}
    activations = sorted(used, key=str)
    defined = [(latex(f), Piece("math", latex(f.definition))) for f in activations]
    calls = {with_parameters(f) for f in expressions_with(derivation.items, Abbreviation)}
    return symbols + defined + [(latex(f), Piece("math", latex(meaning(f)))) for f in sorted(calls, key=str)]


def _meaning(symbol: Symbol, text: str) -> str:
    return f"{text} (an integer)" if symbol.is_integer and "integer" not in text else text


def _block_ids(place: Place) -> list[str]:
    return [place.anchor] if place.label else []


def _line(place: Place, index: int, left: str, right: str, note: list[nodes.Node]) -> nodes.container:
    """A numbered line of mathematics with what is said of it."""
    tex = f"{left} {right}".strip()
    number = place.numbers[index]
    block = nodes.math_block(tex, tex, left=left, right=right, number=number)
    line = nodes.container("", block, classes=["line"], ids=[place.line_anchor(index)])
    line += _note(note)
    return line


def _note(said: list[Any]) -> list[Any]:
    """What is said of a line: its domain at once, then the short things, a counterexample below."""
    before = [node for node in said if "domain" in node["classes"]]
    below = [node for node in said if "counterexample" in node["classes"]]
    beside = [node for node in said if node not in before and node not in below]
    return [*before, *([nodes.container("", *beside, classes=["note"])] if beside else []), *below]


def _domain_of(claim: Claim) -> list[nodes.paragraph]:
    return _domain("for ", domain_latex(claim.domain, bound_symbols(claim.statement)))


def _domain(before: str, conditions: tuple[str, ...]) -> list[nodes.paragraph]:
    return [listed(before, map(math, conditions), "domain")] if conditions else []


def _condition(text: str) -> nodes.Node:
    """A condition of a proof as mathematics, if it is written in symgrad's language."""
    try:
        (condition,), _ = parse_where([text])
    except (ParseError, ClaimError, ValueError):
        return nodes.Text(text)
    return math(latex(condition))


def paragraph_of(content: Iterable[Piece], *classes: str) -> nodes.paragraph:
    """A paragraph of text and mathematics."""
    return nodes.paragraph("", "", *map(inline_node, content), classes=list(classes))


def listed(before: str, parts: Iterable[nodes.Node], *classes: str) -> nodes.paragraph:
    """Parts with commas between them."""
    paragraph = _said(before, *classes)
    for number, part in enumerate(parts):
        paragraph += [nodes.Text(", ")] * (number > 0) + [part]
    return paragraph


Rows = Sequence[Sequence[Sequence[nodes.Node]]]


def _table(head: Rows, body: Rows, widths: list[int]) -> nodes.table:
    """A table from cells that are lists of nodes; widths are relative."""
    columns = [nodes.colspec(colwidth=100 * width // sum(widths)) for width in widths]
    rows = nodes.thead("", *map(_row, head)), nodes.tbody("", *map(_row, body))
    return nodes.table("", nodes.tgroup("", *columns, *rows, cols=len(widths)))


def _row(cells: Sequence[Sequence[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", *cell) for cell in cells))


def _end(name: str, title: str, *content: nodes.Node) -> nodes.section:
    """A part at the end of a page, under a heading of its own."""
    return nodes.section("", nodes.title("", title), *content, classes=["end", name])
