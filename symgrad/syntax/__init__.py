"""Text to SymPy, by a whitelist of syntax nodes, and back."""

from typing import TYPE_CHECKING

from symgrad.syntax.conditions import parse_where
from symgrad.syntax.letters import names_in
from symgrad.syntax.statement import parse, parse_statement, parse_written
from symgrad.syntax.writer import to_text, to_where

if TYPE_CHECKING:
    from symgrad.syntax.vector_reader import parse_equation, parse_vector
else:

    def __getattr__(name: str) -> object:
        # Only who reads vector formulas needs their reader, and importing symgrad must stay fast.
        if name not in ("parse_equation", "parse_vector"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from symgrad.syntax import vector_reader

        return getattr(vector_reader, name)


__all__ = [
    "names_in",
    "parse",
    "parse_equation",
    "parse_statement",
    "parse_vector",
    "parse_where",
    "parse_written",
    "to_text",
    "to_where",
]
