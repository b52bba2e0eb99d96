"""LaTeX: one compilable file for each document, with its figures as PDF beside it; standard packages only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.io import StringOutput
from docutils.utils.math import unichar2tex
from docutils.writers.latex2e import LaTeXTranslator, Writer

from symgrad.documents.figures.figures import Drawing
from symgrad.documents.tree.catalogue import Entry
from symgrad.documents.tree.document import Page, as_bytes, document
from symgrad.documents.tree.rows import rows, width

SUFFIX = ".tex"

# References into other documents lead to what they are compiled to.
COMPILED = ".pdf"

PREAMBLE = r"""\usepackage{amsmath,amssymb,graphicx}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[margin=2.7cm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.6em}
\setcounter{secnumdepth}{0}
\allowdisplaybreaks
\newsavebox{\whole}
% what is too wide for its place is set smaller
\newcommand{\fitted}[2]{\sbox{\whole}{$\displaystyle #2$}%
  \ifdim\wd\whole>#1\resizebox{#1}{!}{\usebox{\whole}}\else\usebox{\whole}\fi}
"""

LONGEST = 48  # letters of a right side that leave room for a left one


def pages(page: Page) -> dict[str, bytes]:
    """The files of one document."""
    settings = _settings()
    writer = Writer()
    writer.translator_class = _Translator
    out = StringOutput(encoding="unicode")
    writer.write(document(page, COMPILED, settings), out)
    figures = {f"{name}.pdf": Drawing.of(figure).pdf() for name, figure in page.figures()}
    return {page.stem + SUFFIX: as_bytes(str(out.destination)), **figures}


def index(entries: Sequence[Entry]) -> dict[str, bytes]:
    """Nothing: each document is compiled by itself."""
    return {}


def _settings() -> Any:
    settings = get_default_settings(Writer)
    settings.report_level = 5
    settings.documentoptions = "11pt,a4paper"
    settings.latex_preamble = PREAMBLE
    settings.table_style = ["booktabs"]
    settings.hyperref_options = "hidelinks"
    settings.use_latex_citations = False
    settings.legacy_column_widths = False
    return settings


class _Translator(LaTeXTranslator):
    """docutils' writer, with the lines of a chain aligned and what is said of each below it."""

    def encode(self, text: str) -> str:
        """Text, with mathematical signs in it set as mathematics, for which every TeX has a font."""
        return "".join(
            rf"\ensuremath{{{unichar2tex.uni2tex_table[ord(c)].strip()}}}" if _is_sign(c) else c
            for c in super().encode(text)
        )

    def visit_math_block(self, node: nodes.math_block) -> None:
        line: Any = node.parent
        if not _is_line(_neighbour(line, -1)):
            self.out.append("\n\\begin{align}\n")
        label = rf"\label{{{line['ids'][0]}}}"
        right = [_unicode_free(_in_a_line(row)) for row in rows(node["right"], LONGEST)]
        self.out.append(f"{_unicode_free(node['left'])} &")
        self.out.append(" \\nonumber\\\\\n&\\quad ".join(right))
        self.out.append(f" {label}")
        self.out.append("\n\\end{align}\n" if _is_last(line) else "\\\\\n")
        if len(line) > 1:
            self.out.append(r"{\small " if _is_last(line) else r"\intertext{\small ")
        raise nodes.SkipNode

    def visit_math(self, node: nodes.math, math_env: str = "$") -> None:
        if isinstance(node.parent.parent, nodes.entry):  # a column may be narrow
            self.out.append(f"\\fitted{{\\linewidth}}{{{_unicode_free(node.astext())}}}")
            raise nodes.SkipNode
        super().visit_math(node, math_env)

    def visit_container(self, node: nodes.container) -> None:
        if _is_line(node):
            return
        self.out += self.ids_to_labels(node, pre_nl=True)
        if isinstance(node.parent, nodes.entry):
            self.out.append("\n\n\\small ")

    def depart_container(self, node: nodes.container) -> None:
        if _is_line(node) and len(node) > 1:
            self.out.append("}\n\n" if _is_last(node) else "}\n")

    def visit_paragraph(self, node: nodes.paragraph) -> None:
        if _kind(node) == "evidence":
            raise nodes.SkipNode  # it stands in the list of checks at the end, where there is room
        if _kind(node) in _NOTES:
            self.out.append(_NOTES[_kind(node)][0])
        else:
            super().visit_paragraph(node)

    def depart_paragraph(self, node: nodes.paragraph) -> None:
        if _kind(node) in _NOTES:
            self.out.append(_NOTES[_kind(node)][1])
        else:
            super().depart_paragraph(node)

    def visit_strong(self, node: nodes.strong) -> None:
        """Leave the numbers of figures and tables to LaTeX."""
        if isinstance(node.parent, nodes.caption | nodes.title):
            raise nodes.SkipNode
        super().visit_strong(node)

    def visit_image(self, node: nodes.image) -> None:
        requirements: Any = self.requirements
        requirements["graphicx"] = self.graphicx_package
        self.out.append(f"\\centering\\includegraphics[width=0.85\\linewidth]{{{node['uri']}.pdf}}\n")
        raise nodes.SkipNode


# What stands before and after each thing that is said of a line, which all run on in one paragraph.
_NOTES = {
    "domain": ("", ": "),
    "reason": ("", ": "),
    "outcome": (r"\emph{", "}. "),
    "conditions": ("(", ".) "),
    "equality": ("", ": "),
    "counterexample": ("", ". "),
}


def _kind(node: nodes.Element) -> str:
    return node["classes"][0] if node["classes"] else ""


def _is_line(node: nodes.Node | None) -> bool:
    return isinstance(node, nodes.container) and "line" in node["classes"]


def _is_last(line: object) -> bool:
    return not _is_line(_neighbour(line, 1))


def _neighbour(node: Any, distance: int) -> nodes.Node | None:
    """The node so many places after this one under the same parent."""
    place = node.parent.index(node) + distance
    return node.parent[place] if 0 <= place < len(node.parent) else None


def _in_a_line(tex: str) -> str:
    return rf"\fitted{{0.75\linewidth}}{{{tex}}}" if width(tex) > LONGEST else tex


def _unicode_free(tex: str) -> str:
    return tex.translate(unichar2tex.uni2tex_table)


def _is_sign(character: str) -> bool:
    return ord(character) > 0xFF and ord(character) in unichar2tex.uni2tex_table
