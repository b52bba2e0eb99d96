"""Mathematics as MathML: pages that need no script and no network, by ``html_math_renderer = "mathml"``."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from symgrad.documents.formats.html import formula, has_room, mathml, unbroken

CLASSES = "math notranslate nohighlight"


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """A formula in running text."""
    translator.body.append(mathml(node.astext(), display=has_room(node)))
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on a line of its own, with its number and a link to it."""
    is_wrapped = node["ids"] and node.parent["ids"] == node["ids"]  # some themes put it into a box of the same name
    translator.body.append(translator.starttag(_nameless(node) if is_wrapped else node, "div", CLASS=CLASSES))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(formula(node.astext()) + "</div>\n")
    raise nodes.SkipNode


def keep_together(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object) -> None:
    """No line of a page ends between a formula and the comma behind it."""
    if app.config.html_math_renderer == "mathml" and "body" in context:
        context["body"] = unbroken(context["body"])


def _nameless(node: nodes.math_block) -> nodes.math_block:
    copied = node.copy()
    copied["ids"] = []
    return copied
