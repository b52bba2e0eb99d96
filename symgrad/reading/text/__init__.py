"""Text to SymPy, by a whitelist of syntax nodes, and back."""

from symgrad.reading.text.conditions import parse_where
from symgrad.reading.text.letters import names_in
from symgrad.reading.text.statement import parse, parse_statement, parse_written
from symgrad.reading.text.writer import to_text, to_where

__all__ = ["names_in", "parse", "parse_statement", "parse_where", "parse_written", "to_text", "to_where"]
