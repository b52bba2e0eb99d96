"""Directives and roles: each names what is to be shown, and shows it with its verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from symgrad.base.errors import CellError, SymgradError
from symgrad.checking import marked
from symgrad.checking.claim_files import Entry
from symgrad.checking.reports import Check
from symgrad.claims.claim import Claim, claim
from symgrad.claims.derivations import Derivation, Stated
from symgrad.documents.facts import Piece
from symgrad.documents.tree.counterexamples import counterexample
from symgrad.documents.tree.document import Page, alone, inline_node
from symgrad.documents.workshop.output import document_name
from symgrad.language.latex import statement_latex
from symgrad.reading.text import parse, to_where
from symgrad.sphinx_ext import sources
from symgrad.sphinx_ext.domain import Target, domain_of
from symgrad.sphinx_ext.tree import Placing, waiting
from symgrad.symbols.notation import latex
from symgrad.testing import outcomes

log = logging.getLogger(__name__)
Spec = dict[str, Callable[[str], Any]]

PARTS = {
    "forward": "Forward",
    "backward": "Backward",
    "gradients": "Gradients",
    "jacobians": "From one step to the next",
}


def _warn(text: str, location: str, subtype: str) -> None:
    log.warning("%s", text, location=location, type="symgrad", subtype=subtype)


def _report(checks: Iterable[Check], accept: Iterable[str], location: str) -> None:
    """A warning for each claim that did not come out as it should."""
    for check in checks:
        if check.met_if(outcomes(accept)) is not True:
            _warn(f"{check.text}: {check.verdict}", location, check.verdict.outcome.name.lower())


class Shown(SphinxDirective):
    """What all directives share: a mistake is a warning with its place, and the page says that something is missing."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = False

    def run(self) -> list[nodes.Node]:
        try:
            return self.shown()
        except SymgradError as error:
            _warn(str(error), self.get_location(), "missing")
            return [nodes.paragraph("", f"Not shown: {error}", classes=["symgrad-missing"])]

    def shown(self) -> list[nodes.Node]:
        raise NotImplementedError

    def path(self, text: str) -> Path:
        """The file that is meant: beside the page, or in the folder of derivations of the settings."""
        name = text if Path(text).suffix else f"{text}.py"
        folder = self.config.symgrad_derivations
        known = Path(self.env.srcdir, folder, name)
        found = known if folder and known.is_file() else Path(self.env.relfn2path(name)[1])
        self.env.note_dependency(str(found.resolve()))
        return found.resolve()

    def page(self, path: Path) -> Page:
        """A derivation out of a file, checked."""
        derivation, reads = sources.derivation_in(path)
        domain_of(self.env).note_reads(self.env.docname, reads)
        return self.checked(document_name(path.stem), derivation)

    def checked(self, stem: str, derivation: Derivation) -> Page:
        """A derivation, checked; claims that fail are warnings."""
        page = alone(stem, derivation)
        self.report(Check.of(claim, verdict) for claim, verdict in page.verdicts.items())
        return page

    def report(self, checks: Iterable[Check]) -> None:
        _report(checks, self.config.symgrad_accept, self.get_location())

    def placing(self, page: Page, label: str, **options: bool) -> Placing:
        location = (self.env.docname, self.lineno)
        return Placing(page, self.env, self.state.document, location, label, **options)

    def note(self, name: str, kind: str, anchor: str, title: str) -> None:
        domain_of(self.env).note(name, Target(kind, self.env.docname, anchor, title), self.get_location())

    def named(self, made: list[Any], name: str, kind: str, title: str) -> list[Any]:
        """The nodes with a target before them that references lead to."""
        if not name:
            return made
        anchor = nodes.make_id(f"symgrad-{kind}-{name}")
        target = nodes.target("", "", ids=[anchor])
        self.state.document.note_explicit_target(target)
        self.note(name, kind, anchor, title)
        return [target, *made]


class DerivationDirective(Shown):
    """A whole derivation; it brings its title along if the page has none yet."""

    option_spec: ClassVar[Spec] = {"label": directives.unchanged_required, "no-index": directives.flag}

    def shown(self) -> list[nodes.Node]:
        path = self.path(self.arguments[0])
        page = self.page(path)
        label = "" if "no-index" in self.options else self.options.get("label", page.stem)
        made = self.placing(page, label).whole()
        title = page.derivation.title
        if any(isinstance(node, nodes.section) for node in self.state.document.children):
            return self.named(made, label, "derivation", title)
        section = nodes.section("", nodes.title("", title), *made)
        section["names"].append(nodes.fully_normalize_name(title))
        self.state.document.note_implicit_target(section, section)
        if label:
            self.note(label, "derivation", section["ids"][0], title)
        return [section]


class PartDirective(Shown):
    """A part of a derivation: ``path#label``."""

    option_spec: ClassVar[Spec] = {"label": directives.unchanged_required}

    def shown(self) -> list[nodes.Node]:
        name, _, label = self.arguments[0].partition("#")
        page = self.page(self.path(name.strip()))
        anchor = sources.part(page, label.strip())
        placing = self.placing(page, self.options.get("label", ""), is_part=True)
        return self.chosen(placing, anchor)

    def chosen(self, placing: Placing, anchor: str) -> list[nodes.Node]:
        return placing.block(anchor)


class StepDirective(PartDirective):
    """One line of a chain, by the number of its equation."""

    def chosen(self, placing: Placing, anchor: str) -> list[nodes.Node]:
        return placing.line(anchor)


class SymbolsDirective(Shown):
    """The symbols of a derivation with their meanings."""

    def shown(self) -> list[nodes.Node]:
        return self.placing(self.page(self.path(self.arguments[0])), "").symbols()


class ClaimDirective(Shown):
    """A claim as text, checked when the page is built."""

    required_arguments = 0
    optional_arguments = 1
    has_content = True
    option_spec: ClassVar[Spec] = dict.fromkeys((*marked.OPTIONS, "label"), directives.unchanged)

    def shown(self) -> list[nodes.Node]:
        options = {name: value for name, value in self.options.items() if name != "label"}
        asked = marked.read(" ".join([*self.arguments, *self.content]), options)
        label = self.options.get("label", "")
        page = self.checked(label or "claim", Derivation("", Stated(asked)))
        made = self.placing(page, label, evidence=True, is_part=True).block("equation-1")
        return self.named(made, asked.id, "claim", asked.id)


class CellDirective(Shown):
    """The backward equations of a cell: of the zoo by its name, or given by its equations."""

    required_arguments = 0
    optional_arguments = 1
    has_content = True
    option_spec: ClassVar[Spec] = dict.fromkeys(
        ("loss", "at", "shapes", "show", "label"), directives.unchanged_required
    )

    def shown(self) -> list[nodes.Node]:
        grad = sources.gradients("".join(self.arguments), self.content, self.options)
        wanted = self.options.get("show", "forward backward gradients").split()
        unknown = [name for name in wanted if name not in PARTS]
        if unknown:
            raise CellError(f":show: takes {', '.join(PARTS)}; got {unknown[0]!r}")
        label = self.options.get("label", "")
        page = self.checked(label or "cell", grad.derivation())
        made = self.placing(page, label).sections([PARTS[name] for name in wanted])
        return self.named(made, label, "cell", grad.cell.name)


class VerdictsDirective(Shown):
    """The claims of a file, each with its verdict, as a table."""

    def shown(self) -> list[nodes.Node]:
        head: list[list[nodes.Node]] = [[nodes.Text(text)] for text in ("Claim", "Statement", "Verdict", "Source")]
        entries, reads = sources.claims_in(self.path(self.arguments[0]))
        domain_of(self.env).note_reads(self.env.docname, reads)
        rows = [head, *map(self._entry, entries)]
        return [_table(rows, (2, 5, 3, 3))]

    def _entry(self, entry: Entry) -> list[list[nodes.Node]]:
        if isinstance(entry.read, Claim):
            check = sources.checked(entry.read)
            self.report([check])
            return self._row(entry.read, check)
        _warn(str(entry.read), self.get_location(), "missing")
        not_read = nodes.inline("", "not read", classes=["symgrad-verdict", "unmet"])
        return [[nodes.Text(entry.id)], [nodes.Text(str(entry.read))], [not_read], [nodes.Text("")]]

    def _row(self, asked: Claim, check: Check) -> list[list[nodes.Node]]:
        math = nodes.math("", statement_latex(asked.statement, asked.domain))
        where = ", ".join(to_where(asked.domain, asked.statement.expressions)) if not asked.domain.is_whole else ""
        found, witness = check.verdict, check.verdict.witness
        said = [Piece("text", f": {found.method}")] if witness is None else counterexample(witness, ": ")
        verdict = [_outcome(check), *map(inline_node, said)]
        conditions = [nodes.Text(f" where {where}")] if where else []
        return [[nodes.Text(asked.id)], [math, *conditions], verdict, [nodes.Text(asked.source)]]


class ErrataDirective(Shown):
    """The errata of derivations, one on each line, with source and counterexample, under the titles of their pages."""

    required_arguments = 0
    has_content = True

    def shown(self) -> list[nodes.Node]:
        made: list[nodes.Node] = []
        for line in filter(None, map(str.strip, self.content)):
            page = self.page(self.path(line))
            title = waiting("symgrad", "ref", page.stem, page.derivation.title, self.env.docname)
            made += [nodes.paragraph("", "", nodes.strong("", "", title)), *self.placing(page, "").errata()]
        return made


def _outcome(check: Check) -> nodes.inline:
    name = check.verdict.outcome.name.lower()
    met = "" if check.met else " unmet"
    expected = ", as it should be" if check.met and check.expect == "refuted" else ""
    return nodes.inline("", name + expected, classes=["symgrad-verdict", name, *met.split()])


def _table(rows: list[list[list[nodes.Node]]], widths: tuple[int, ...]) -> nodes.table:
    made = [nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in row)) for row in rows]
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(widths))
    group += [nodes.thead("", made[0]), nodes.tbody("", *made[1:])]
    return nodes.table("", group, classes=["symgrad-table"])


class Said(SphinxRole):
    """A role that reads a formula; a text that is none is a warning, and stands there as it is."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return self.shown(), []
        except SymgradError as error:
            _warn(str(error), self.get_location(), "missing")
            return [nodes.literal("", self.text)], []

    def shown(self) -> list[nodes.Node]:
        raise NotImplementedError


class FormulaRole(Said):
    """A formula in running text."""

    def shown(self) -> list[nodes.Node]:
        tex = latex(parse(self.text))
        return [nodes.math(tex, tex)]


class VerdictRole(Said):
    """A claim in running text, with its verdict."""

    def shown(self) -> list[nodes.Node]:
        asked = claim(self.text)
        check = sources.checked(asked)
        _report([check], self.config.symgrad_accept, self.get_location())
        tex = statement_latex(asked.statement, asked.domain)
        return [nodes.math(tex, tex), nodes.Text(" ("), _outcome(check), nodes.Text(")")]


DIRECTIVES: dict[str, type[Shown]] = {
    "derivation": DerivationDirective,
    "chain": PartDirective,
    "step": StepDirective,
    "figure": PartDirective,
    "table": PartDirective,
    "symbols": SymbolsDirective,
    "claim": ClaimDirective,
    "cell": CellDirective,
    "verdicts": VerdictsDirective,
    "errata": ErrataDirective,
}
ROLES = {"formula": FormulaRole(), "verdict": VerdictRole()}
