"""Notebooks: prose and formulas as Markdown, and below each claim a cell that decides it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import nbformat
from docutils import nodes
from docutils.frontend import get_default_settings

from symgrad.checking.certificates import is_possible
from symgrad.claims.claim import Claim
from symgrad.documents.figures.figures import Drawing
from symgrad.documents.formats import markdown
from symgrad.documents.tree.catalogue import Entry, catalogue
from symgrad.documents.tree.document import Page, as_bytes, document
from symgrad.language.verdicts import Verdict
from symgrad.reading import text

SUFFIX = ".ipynb"
Cell = Any
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def pages(page: Page) -> dict[str, bytes]:
    """The files of one document."""
    tree = document(page, SUFFIX, get_default_settings())
    cells = [*_opening(page), *_cells(tree, page)]
    links = [markdown.link(near.title, near.stem + SUFFIX) for near in (page.previous, page.next) if near is not None]
    around = " · ".join([markdown.link("All derivations", "index" + SUFFIX), *links])
    return {page.stem + SUFFIX: _notebook([*cells, _text(around)])}


def index(entries: Sequence[Entry]) -> dict[str, bytes]:
    """The notebook that lists all documents."""
    tree = catalogue(entries, SUFFIX, get_default_settings())
    return {"index" + SUFFIX: _notebook([_text("\n\n".join(markdown.blocks(tree, 1)))])}


def _notebook(cells: Sequence[Cell]) -> bytes:
    runs = 0
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same in every build
        if cell["cell_type"] == "code":
            runs += 1
            cell["execution_count"] = runs
            for output in cell["outputs"]:
                output["execution_count"] = runs
    made = nbformat.v4.new_notebook(cells=list(cells), metadata=KERNEL)
    nbformat.validate(made)
    return as_bytes(nbformat.writes(made) + "\n")


def _text(content: str) -> Cell:
    return nbformat.v4.new_markdown_cell(content)


def _code(content: str, verdict: Verdict | None = None) -> Cell:
    """A cell of Python, with the verdict that running it gives."""
    cell = nbformat.v4.new_code_cell(content)
    if verdict is not None:
        data = {"text/plain": str(verdict), "text/html": verdict._repr_html_()}
        cell["outputs"] = [nbformat.v4.new_output("execute_result", data=data)]
    return cell


def _opening(page: Page) -> Iterator[Cell]:
    """What the other cells need: symgrad, and the derivation itself where a claim cannot be said as text."""
    if all(map(is_possible, page.derivation.claims)):
        yield _code("import symgrad as sg")
    else:
        yield _code(f"# The derivation, as its file defines it.\n{page.code.strip()}")


def _cells(tree: nodes.document, page: Page) -> Iterator[Cell]:
    """The blocks of a document, those of text together, each claim with its cell below it."""
    claims = iter(enumerate(page.derivation.claims))
    figures = dict(page.figures())
    waiting: list[str] = []

    def flushed() -> Iterator[Cell]:
        if waiting:
            yield _text("\n\n".join(waiting))
            waiting.clear()

    for node, level in _leaves(tree, 1):
        waiting.extend(markdown.block(node, level))
        for image in node.findall(nodes.image):
            name = image["uri"]
            drawn = Drawing.of(figures[name]).svg("figure", figures[name].alt)
            waiting[-2:-1] = [drawn.replace("<svg ", '<svg width="560" ', 1)]
        found = [verdict for verdict in node.findall(nodes.container) if "verdict" in verdict["classes"]]
        if found:
            yield from flushed()
        for _ in found:
            number, claim = next(claims)
            yield _code(_asked(claim, number), page.verdicts.get(claim))
    yield from flushed()


def _leaves(node: Any, level: int) -> Iterator[tuple[Any, int]]:
    """The blocks of a document one by one; chains, statements and errata by their lines."""
    for child in node.children:
        if isinstance(child, nodes.section):
            yield from _leaves(child, level + 1)
        elif isinstance(child, nodes.container) and not set(child["classes"]) & {"line", "note"}:
            yield from _leaves(child, level)
        else:
            yield child, level


def _asked(claim: Claim, number: int) -> str:
    """The call that decides a claim: from its text where a text says the same, else out of the derivation."""
    if not is_possible(claim):
        return f"sg.verify(derivation.claims[{number}])"
    where = list(text.to_where(claim.domain, claim.statement.expressions)) if not claim.domain.is_whole else []
    options = f", where={where!r}" if where else ""
    return f"sg.verify(sg.claim({str(claim)!r}{options}))"
