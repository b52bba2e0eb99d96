"""A Sphinx extension: derivations, claims and cells on any page, each line with its verdict.

``extensions = ["symgrad.sphinx_ext"]`` in ``conf.py`` gives directives and roles of a domain called ``symgrad``, in
pages of reStructuredText and of MyST Markdown. Mathematics becomes docutils' own nodes, which every builder reads; a
claim that is refuted, or stays open, is a warning, so that ``sphinx-build -W`` fails on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from symgrad import __version__
from symgrad.sphinx_ext import mathml
from symgrad.sphinx_ext.directives import DIRECTIVES, ROLES
from symgrad.sphinx_ext.domain import SymgradDomain, outdated

ENV_VERSION = 2
STYLESHEET = "symgrad.css"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the domain with all its directives and roles, the settings and the stylesheet."""
    app.add_domain(SymgradDomain)
    for name, directive in DIRECTIVES.items():
        app.add_directive_to_domain("symgrad", name, directive)
    for name, role in ROLES.items():
        app.add_role_to_domain("symgrad", name, role)
    app.add_config_value("symgrad_accept", (), "env", [list, tuple])
    app.add_config_value("symgrad_derivations", "", "env", [str])
    app.add_config_value("symgrad_version", __version__, "env", [str])  # verdicts of another symgrad are read anew
    app.add_html_math_renderer(
        "mathml", inline_renderers=(mathml.visit_math, None), block_renderers=(mathml.visit_block, None)
    )
    app.connect("html-page-context", mathml.keep_together)
    app.connect("builder-inited", _add_stylesheet)
    app.connect("env-get-outdated", outdated)
    return {
        "version": __version__,
        "env_version": ENV_VERSION,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _add_stylesheet(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.config.html_static_path.append(str(Path(__file__).parent / "static"))
        app.add_css_file(STYLESHEET)
