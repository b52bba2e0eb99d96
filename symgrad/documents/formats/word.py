"""Word documents, with equations that can be edited there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import typst
from docutils.frontend import get_default_settings

from symgrad.documents.formats import pandoc
from symgrad.documents.formats.pandoc import Block, Inline, Kind, Line
from symgrad.documents.tree.catalogue import Entry, catalogue
from symgrad.documents.tree.document import Page, document

SUFFIX = ".docx"
DOTS_PER_INCH = 220


def pages(page: Page) -> dict[str, bytes]:
    """The files of one document."""
    images = {name: pandoc.data_uri(_png(svg), "image/png") for name, svg in pandoc.images(page).items()}
    kind = Kind(SUFFIX, _lines, images.__getitem__)
    content = pandoc.blocks(document(page, SUFFIX, get_default_settings()), kind)
    return {page.stem + SUFFIX: _document(page.derivation.title, [*content, pandoc.around(page, kind)])}


def index(entries: Sequence[Entry]) -> dict[str, bytes]:
    """The page that lists all documents."""
    kind = Kind(SUFFIX, _lines, str)
    return {
        "index" + SUFFIX: _document(
            "Derivations", pandoc.blocks(catalogue(entries, SUFFIX, get_default_settings()), kind)
        )
    }


def _document(title: str, content: Sequence[Block]) -> bytes:
    meta: dict[str, Any] = {"title": pandoc.meta_text(title), "lang": {"t": "MetaString", "c": "en"}}
    return pandoc.repaired(pandoc.convert(content, "docx", meta=meta), _REPAIRS)


def _png(svg: bytes) -> bytes:
    """A figure in dots, as not every Word shows SVG."""
    source = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes("' + _escaped(svg) + b'"), width: 14cm)'
    return typst.compile(source, format="png", ppi=DOTS_PER_INCH)


def _escaped(svg: bytes) -> bytes:
    return svg.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


# --- equations ----------------------------------------------------------------------------------------------

# Of the width of the text: the formula, and its number.
COLUMNS = (0.9, 0.1)


def _lines(lines: Sequence[Line]) -> list[Block]:
    """A table without borders: a row for each formula and its number, and one for what is said of it."""
    rows = []
    for index, line in enumerate(lines):
        style = "Equation" if line.left or index == 0 else "Equation Continued"
        formula = _paragraph([pandoc.math(line.whole, display=True)], style)
        number = _paragraph(_anchored(line), "Equation Number")
        rows.append([[formula], [number]])
        if line.said:
            rows.append([[_paragraph(line.said, "Equation Note")], [_paragraph([], "Equation Note")]])
    return [pandoc.table([], rows, COLUMNS)]


def _anchored(line: Line) -> list[Inline]:
    content = list(pandoc.plain_text(line.number))
    for anchor in line.anchors:
        content = [pandoc.span(content, anchor)]
    return content


def _paragraph(content: Sequence[Inline], style: str) -> Block:
    return pandoc.div([pandoc.paragraph(content)], custom_style=style)


# --- styles -------------------------------------------------------------------------------------------------

_LAYOUT = {
    "EquationNumber": '<w:pPr><w:spacing w:before="40" w:after="40"/><w:jc w:val="right"/></w:pPr>',
    "Equation": '<w:pPr><w:keepNext/><w:spacing w:before="60" w:after="40"/></w:pPr>',
    "EquationContinued": '<w:pPr><w:keepNext/><w:spacing w:before="60" w:after="40"/><w:ind w:left="720"/></w:pPr>',
    "EquationNote": (
        '<w:pPr><w:spacing w:before="0" w:after="80"/><w:ind w:left="720"/></w:pPr>'
        '<w:rPr><w:color w:val="555555"/><w:sz w:val="20"/></w:rPr>'
    ),
}


def _styles(xml: str) -> str:
    for name, layout in _LAYOUT.items():
        xml = re.sub(rf'(?s)(<w:style [^>]*w:styleId="{name}".*?)(</w:style>)', rf"\1{layout}\2", xml, count=1)
    return xml


_ROW = re.compile(r'<w:tcPr />(?=<w:p><w:pPr><w:pStyle w:val="Equation)')


def _body(xml: str) -> str:
    """Formulas at the left, with their numbers beside their middle."""
    xml = xml.replace('<m:jc m:val="center" />', '<m:jc m:val="left" />')
    return _ROW.sub('<w:tcPr><w:vAlign w:val="center" /></w:tcPr>', xml)


def _core(xml: str) -> str:
    return re.sub(r"<dcterms:(created|modified).*?</dcterms:\1>", "", xml)


_REPAIRS: dict[str, pandoc.Repair] = {
    "word/styles.xml": _styles,
    "word/document.xml": _body,
    "docProps/core.xml": _core,
}
