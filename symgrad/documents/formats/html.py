"""Pages of HTML: one file each, with MathML and SVG inside, that need no script and no network."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from docutils.writers.html5_polyglot import HTMLTranslator, Writer

from symgrad.claims.derivations import Figure
from symgrad.documents.figures.figures import Drawing
from symgrad.documents.tree.catalogue import Entry, catalogue
from symgrad.documents.tree.document import Page, as_bytes, document
from symgrad.documents.tree.rows import width

SUFFIX = ".html"
MATHML = "http://www.w3.org/1998/Math/MathML"
log = logging.getLogger(__name__)


def pages(page: Page) -> dict[str, bytes]:
    """The files of one document."""
    body = _body(document(page, SUFFIX, _settings()), dict(page.figures()))
    return {page.stem + SUFFIX: _shell(page.derivation.title, body, *_navigation(page))}


def index(entries: Sequence[Entry]) -> dict[str, bytes]:
    """The page that lists all documents."""
    return {"index" + SUFFIX: _shell("Derivations", _body(catalogue(entries, SUFFIX, _settings()), {}), "", "")}


def _settings() -> Any:
    settings = get_default_settings(Writer)
    settings.report_level = 5
    settings.math_output = "MathML"
    settings.table_style = "colwidths-auto"
    return settings


def _body(tree: nodes.document, figures: Mapping[str, Figure]) -> str:
    translator = _Translator(tree, figures)
    tree.walkabout(translator)
    return unbroken("".join([*translator.html_title, *translator.fragment]))


def _shell(title: str, body: str, before: str, after: str) -> bytes:
    """A whole page around its content."""
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{stylesheet()}</style>
</head>
<body>
{before}<main>
{body}</main>
{after}</body>
</html>
"""
    return as_bytes(page)


@cache
def stylesheet() -> str:
    """How pages look, as CSS."""
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _navigation(page: Page) -> tuple[str, str]:
    """What stands above and below a page: the way to its neighbours."""
    links = [f'<a href="index{SUFFIX}">All derivations</a>']
    for link, name, arrow in ((page.previous, "previous", "← {}"), (page.next, "next", "{} →")):
        if link is not None:
            text = arrow.format(escape(link.title))
            links.append(f'<a class="{name}" rel="{name[:4]}" href="{link.stem}{SUFFIX}">{text}</a>')
    above, below = (f'<nav aria-label="{place}">' + "\n".join(links) + "</nav>" for place in ("above", "below"))
    return f"<header>{above}</header>\n", f"<footer>{below}</footer>\n"


# --- mathematics --------------------------------------------------------------------------------------------

# What SymPy prints and docutils' translation to MathML does not know, in words that it knows.
_TRANSLATIONS = (
    (re.compile(r"\\substack\{((?:[^{}]|\{[^{}]*\})*)\}"), r"\\begin{matrix}\1\\end{matrix}"),
    (re.compile(r"\\middle\s*\|"), r"\\,\\mid\\,"),
)
_TEXT = re.compile(r"\\text\{((?:[^{}\\]|\\[^a-z]|\\text[a-z]+\{\})*)\}")
_ESCAPED = re.compile(r"\\(text[a-z]+)\{\}|\\(.)")
_NAMED = {"textbackslash": "\\", "textasciicircum": "^", "textasciitilde": "~", "textless": "<", "textgreater": ">"}


def mathml(tex: str, display: bool = False) -> str:
    """LaTeX, as SymPy prints it, in MathML; as code, with a warning in the log, where that cannot be said.

    Examples
    --------
    >>> print(mathml("x_{1}"))
    <math xmlns="http://www.w3.org/1998/Math/MathML"><msub><mi>x</mi><mn>1</mn></msub></math>
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        # The translation would read what is escaped in a text, so each text waits behind a private character.
        kept.append(_ESCAPED.sub(lambda m: _NAMED.get(m[1], "") if m[1] else m[2], match[1]))
        return rf"\text{{{chr(0xE000 + len(kept))}}}"

    short = _TEXT.sub(keep, tex)
    for pattern, replacement in _TRANSLATIONS:
        short = pattern.sub(replacement, short)
    try:
        element = _without_loose_fences(tex2mathml(short))
    except (MathError, AttributeError, IndexError) as error:
        log.warning("no MathML for %s: %s", tex, error)
        return f'<code class="tex">{escape(tex)}</code>'
    element = re.sub("[\ue001-\uf8ff]", lambda m: _as_mtext(kept[ord(m[0]) - 0xE001]), element)
    attributes = f'xmlns="{MATHML}"' + ' displaystyle="true"' * display
    return element.replace("<math", f"<math {attributes}", 1)


_WITH_SIGNS = re.compile(r"[(\[“]?<math\b(?:(?!</math>).)*</math>[,.;:!?)\]”]*", re.DOTALL)


def unbroken(body: str) -> str:
    """HTML in which no line ends between a formula and the comma behind it, where browsers would break it.

    Examples
    --------
    >>> unbroken("(<math>1</math>, <math>2</math> 3")
    '<span class="together">(<math>1</math>,</span> <math>2</math> 3'
    """
    return _WITH_SIGNS.sub(_span, body)


def _span(found: re.Match[str]) -> str:
    is_alone = found[0].startswith("<math") and found[0].endswith("</math>")
    return found[0] if is_alone else f'<span class="together">{found[0]}</span>'


# What makes a formula higher than its letters.
_TALL = {"mfrac", "mtable", "munder", "mover", "munderover", "msqrt", "mroot"}
_FENCES = {"(", ")", "[", "]", "{", "}", "|"}


def _without_loose_fences(element: str) -> str:
    """Fences that need not stretch do not: Chromium puts wide spaces around those that may."""
    plain = element.replace(f'xmlns="{MATHML}"', "").replace("&ApplyFunction;", "\u2061")
    root = ElementTree.fromstring(plain)
    for row in root.iter("mrow"):
        if not any(part.tag in _TALL for part in row.iter()):
            for operator in row.findall("mo"):
                if operator.text in _FENCES:
                    operator.set("stretchy", "false")
    _space_words(root)
    for part in root.iter():
        part.tail = None
        part.text = (part.text or "").replace(r"\_", "_") or None if len(part) == 0 else None
    return ElementTree.tostring(root, encoding="unicode")


_ROWS = {"math", "mrow", "mtd", "mstyle", "msqrt"}
_SCRIPTED = {"msub", "msup", "msubsup", "munder"}
_THIN = {"width": "0.167em"}


def _space_words(root: ElementTree.Element) -> None:
    """A thin space between a factor and a name of several letters, as TeX sets it: y log x is no ylog x."""
    for row in root.iter():
        if row.tag not in _ROWS:
            continue
        parts = list(row)
        row[:] = []
        for before, part, behind in zip([None, *parts], parts, [*parts[1:], None]):
            if _is_operator_word(part) and behind is not None and _is_bracket(behind):
                is_first = before is None or not _is_value(before)
                part.attrib |= {"lspace": "0" if is_first else _THIN["width"], "rspace": "0"}
            is_apart = _is_word(part) or (before is not None and _is_word(before) and not _is_bracket(part))
            if is_apart and before is not None and _is_value(before) and _is_value(part):
                row.append(ElementTree.Element("mspace", _THIN))
            row.append(part)


_MATH = re.compile(r"<math\b[^>]*>.*?</math>", re.DOTALL)


def with_spaced_words(body: str) -> str:
    """HTML of others, with the thin spaces of `mathml` in its formulas.

    Examples
    --------
    >>> with_spaced_words("<p>a <math><mi>y</mi><mi>log</mi><mi>x</mi></math></p>")
    '<p>a <math><mi>y</mi><mspace width="0.167em" /><mi>log</mi><mspace width="0.167em" /><mi>x</mi></math></p>'
    """
    return _MATH.sub(_with_spaced_words, body)


def _with_spaced_words(found: re.Match[str]) -> str:
    named = f'xmlns="{MATHML}"'
    root = ElementTree.fromstring(found[0].replace(named, "").replace("&ApplyFunction;", "\u2061"))
    _space_words(root)
    shown = ElementTree.tostring(root, encoding="unicode")
    return shown.replace("<math", f"<math {named}", 1) if named in found[0] else shown


def _is_value(element: ElementTree.Element) -> bool:
    return element.tag not in ("mo", "mspace")


def _is_word(element: ElementTree.Element) -> bool:
    """Whether this is a name of several letters, with or without scripts."""
    is_applied = element.tag == "mrow" and len(element) == 2 and element[1].text == "\u2061"
    name = element[0] if (element.tag in _SCRIPTED or is_applied) and len(element) else element
    return name.tag == "mi" and len(name.text or "") > 1


def _is_operator_word(element: ElementTree.Element) -> bool:
    """Whether this is max or min, which MathML takes for an operator with spaces around it."""
    return element.tag == "mo" and (element.text or "").isalpha()


def _is_bracket(element: ElementTree.Element) -> bool:
    return element.tag == "mrow" and len(element) > 0 and element[0].tag == "mo" and element[0].text in _FENCES


def _as_mtext(text: str) -> str:
    """Text for MathML, which drops plain spaces at its ends."""
    inside = text.strip(" ")
    if not inside:
        return "\u00a0" * bool(text)
    return "\u00a0" * text.startswith(" ") + escape(inside, quote=False) + "\u00a0" * text.endswith(" ")


# --- the tree -----------------------------------------------------------------------------------------------

# In letters: longer left sides, and those of longer lines, stand on a line of their own, so that the right ones have
# room; longer cells of tables are set small; and shorter lines fit on the screen of a phone.
LONG_SIDE, SHORT_LINE, LONG_LINE = 45, 20, 55


def formula(tex: str) -> str:
    """A box with a formula on a line of its own; one that a phone may have to scroll is reached by keys, too.

    Examples
    --------
    >>> formula("x")
    '<div class="formula"><math xmlns="http://www.w3.org/1998/Math/MathML" displaystyle="true"><mi>x</mi></math></div>'
    """
    letters = width(tex)
    long = f' tabindex="0" style="--letters: {letters}"' if letters > SHORT_LINE else ""
    return f'<div class="formula"{long}>{mathml(tex, display=True)}</div>'


def has_room(node: nodes.math) -> bool:
    """Whether a formula of running text stands alone in a cell or a definition, and is not long."""
    box = node.parent.parent
    alone = isinstance(box, nodes.entry | nodes.definition) and len(node.parent) == 1
    return alone and width(node.astext()) < LONG_SIDE


def wide_cell(node: nodes.math) -> str:
    """The box of a formula that stands alone in the cell of a table and is wider than a phone; nothing for others."""
    alone = isinstance(node.parent.parent, nodes.entry) and len(node.parent) == 1
    letters = width(node.astext())
    if not alone or letters <= SHORT_LINE:
        return ""
    shown = mathml(node.astext(), display=letters < LONG_SIDE)
    return f'<span class="in-cell" tabindex="0" style="--letters: {letters}">{shown}</span>'


class _Translator(HTMLTranslator):
    """docutils' writer with our way of showing mathematics, verdicts and figures."""

    def __init__(self, tree: nodes.document, figures: Mapping[str, Figure]) -> None:
        super().__init__(tree)
        self.figures = figures
        self.data = ("", "")

    def add(self, text: str) -> None:
        self.body.append(text)

    def visit_math(self, node: nodes.math) -> None:
        self.add(wide_cell(node) or mathml(node.astext(), display=has_room(node)))
        raise nodes.SkipNode

    def visit_math_block(self, node: nodes.math_block) -> None:
        """Both sides of a line; what is said of it follows inside the box of the right side."""
        number, anchor = node["number"], node.parent["ids"][0]
        left, right = (formula(node[side]) if node[side] else "" for side in ("left", "right"))
        self.add(f'<div class="left">{left}</div>\n<div class="right">{right}\n')
        self.context.append(f'</div>\n<div class="number"><a href="#{anchor}">({number})</a></div>\n')
        raise nodes.SkipNode

    def visit_container(self, node: nodes.container) -> None:
        opening, closing = self._tags(node)
        self.add(opening)
        self.context.append(closing)

    def depart_container(self, node: nodes.container) -> None:
        if "line" in node["classes"]:
            self.add(self.context.pop())
        self.add(self.context.pop())

    def _tags(self, node: nodes.container) -> tuple[str, str]:
        classes = node["classes"]
        if "verdict" in classes and len(node) == 1:
            return self.starttag(node, "p", ""), "</p>\n"
        if "verdict" in classes:
            return self.starttag(node, "details", ""), "</details>\n"
        if "chain" in classes or "statement" in classes:
            lines = list(node.findall(nodes.math_block))
            left, right = (max(width(line[side]) for line in lines) for side in ("left", "right"))
            is_wide = left > LONG_SIDE or (left > SHORT_LINE and left + right > LONG_LINE)
            classes += ["wide"] * is_wide + ["short"] * (left + right <= SHORT_LINE)
            return self.starttag(node, "div"), "</div>\n"
        return self.starttag(node, "div"), "</div>\n"

    def visit_paragraph(self, node: nodes.paragraph) -> None:
        if "outcome" not in node["classes"]:
            super().visit_paragraph(node)
        elif len(node.parent) > 1:
            self.add("<summary>")

    def depart_paragraph(self, node: nodes.paragraph) -> None:
        if "outcome" not in node["classes"]:
            super().depart_paragraph(node)
        elif len(node.parent) > 1:
            self.add("</summary>\n")

    def visit_table(self, node: nodes.table) -> None:
        is_wide = any(wide_cell(math) for math in node.findall(nodes.math))
        self.add(f'<div class="scroll{" stacked" * is_wide}" tabindex="0">\n')
        super().visit_table(node)

    def depart_table(self, node: nodes.table) -> None:
        super().depart_table(node)
        self.add("</div>\n")

    def visit_image(self, node: nodes.image) -> None:
        figure: Any = node.parent
        drawing = Drawing.of(self.figures[node["uri"]])
        self.add(drawing.svg(figure["ids"][0], figure[1][0].astext().strip(". ")) + "\n")
        self.data = node["uri"], base64.b64encode(as_bytes(drawing.csv())).decode("ascii")
        raise nodes.SkipNode

    def depart_caption(self, node: nodes.caption) -> None:
        name, data = self.data
        self.add(f' <a class="data" download="{name}.csv" href="data:text/csv;base64,{data}">Data (CSV)</a>')
        super().depart_caption(node)
