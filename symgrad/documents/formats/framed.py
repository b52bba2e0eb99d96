"""A derivation inside another page, such as a notebook: its own page in a frame, so that no style leaks either way."""

from __future__ import annotations

from html import escape

from symgrad.claims.derivations import Derivation
from symgrad.documents.formats import html
from symgrad.documents.tree.document import alone

HEIGHT = "38rem"


def framed(derivation: Derivation) -> str:
    """The derivation, checked, as an element of HTML; references into other documents stand as their labels."""
    content = html.pages(alone("derivation", derivation))["derivation.html"].decode("utf-8")
    style = f"width: 100%; height: {HEIGHT}; border: 0"
    return f'<iframe title="{escape(derivation.title)}" srcdoc="{escape(content)}" style="{style}"></iframe>'
