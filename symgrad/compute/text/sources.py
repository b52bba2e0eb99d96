"""The one place where generated source becomes functions: it holds symgrad's own identifiers, and no text of a user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import CodeType
from typing import Any

from symgrad.base.untyped import Array

# All that may stand in generated source; a name of a user could not even be spelled with a quote or a dunder.
ALLOWED = re.compile(r"(?:[A-Za-z0-9_.,:=+\-*/@%<>()\[\]{} \n]|# |!=)*")


def functions_of(source: str, namespace: Mapping[str, Array]) -> dict[str, Any]:
    """The functions that generated source defines, in a namespace that holds nothing but what it may use.

    Raises
    ------
    ValueError
        If there is a character in it that no generator writes, such as a quote, or a name with two underscores.
    """
    made: dict[str, Any] = {"__builtins__": {"range": range, "zip": zip, "len": len, "float": float}, **namespace}
    exec(_compiled(source), made)  # noqa: S102
    return made


@cache
def _compiled(source: str) -> CodeType:
    if not ALLOWED.fullmatch(source) or "__" in source:
        raise ValueError("generated source holds what no generator writes")
    return compile(source, "<symgrad program>", "exec")
