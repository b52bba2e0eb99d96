"""Text to SymPy, by a whitelist of syntax nodes, and back."""

from symgrad.syntax.conditions import parse_where
from symgrad.syntax.statement import parse, parse_expression, parse_statement
from symgrad.syntax.vector_reader import parse_equation, parse_vector
from symgrad.syntax.writer import to_text, to_where

__all__ = [
    "parse",
    "parse_equation",
    "parse_expression",
    "parse_statement",
    "parse_vector",
    "parse_where",
    "to_text",
    "to_where",
]
