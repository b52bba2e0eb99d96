"""The command line."""

from symgrad.cli.commands import main

__all__ = ["main"]
