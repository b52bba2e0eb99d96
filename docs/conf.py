"""Sphinx settings."""

import sys
from pathlib import Path

import symgrad

sys.path.insert(0, str(Path(__file__).parent))
import tables

project = "symgrad"
author = copyright = "The symgrad developers"
release = symgrad.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "symgrad.sphinx_ext"]
symgrad_derivations = "../derivations"
exclude_patterns = ["_build"]

html_theme = "furo"
html_math_renderer = "mathml"
html_title = "symgrad"
html_copy_source = False
html_show_search_summary = False  # it is fetched, which a page that was opened from a file may not do
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("reachable.js", {"defer": "defer"})]

default_role = "code"
autodoc_typehints = "none"  # numpydoc sections say the types, in words
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True
myst_enable_extensions = ["dollarmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = {name: make() for name, make in tables.TABLES.items()}


def setup(app: object) -> None:
    """Put the explorer beside the pages, and give the headings in the list of pages their level."""
    app.connect("build-finished", _write_explorer)
    app.connect("html-page-context", _add_levels, priority=900)  # after the theme has made the list


def _write_explorer(app: object, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        from symgrad.documents.explorer import explorer

        (Path(app.outdir) / "vanishing-gradients.html").write_bytes(explorer.page())


def _add_levels(app: object, page: str, template: str, context: dict[str, object], tree: object) -> None:
    # Sphinx calls the captions headings, and does not say of which level, as ARIA wants it.
    for part in ("body", "furo_navigation_tree"):
        context[part] = context.get(part, "").replace('role="heading"', 'role="heading" aria-level="2"')
