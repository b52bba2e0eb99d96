"""The kinds of documents, those of other packages as well."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from symgrad.base.errors import OutputError
from symgrad.base.plugins import Kind

FORMATS = {
    "html": "pages of HTML with MathML, one file each",
    "markdown": "Markdown with formulas between dollar signs",
    "latex": "LaTeX, to be compiled",
    "notebook": "Jupyter notebooks, in which each claim is a cell that can be run",
    "pdf": "PDF",
    "word": "Word, with equations that can be edited",
    "epub": "EPUB, one book each",
    "slides": "slides for a browser, one file each",
}
"""The kinds of documents: each is a module of ``symgrad.documents.formats`` with functions ``pages`` and ``index``."""


def _is_format(found: object) -> bool:
    return callable(getattr(found, "pages", None)) and callable(getattr(found, "index", None))


OTHERS = Kind("format", "symgrad.formats", _is_format, "module with functions pages(page) and index(entries)")


def check_known(name: str) -> None:
    """Raise OutputError if there is no such kind; nothing is loaded."""
    if name in FORMATS:
        return
    others = [point.name for point in OTHERS.points()]
    if name not in others:
        raise OutputError(f"no documents of the kind {name!r}; known are {', '.join((*FORMATS, *others))}")


def renderer(name: str) -> Any:
    """The module that makes documents of a kind.

    Raises
    ------
    PluginError
        If one of another package cannot be loaded.
    """
    return import_module(f"symgrad.documents.formats.{name}") if name in FORMATS else OTHERS.named(name)
