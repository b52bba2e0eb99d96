"""What a shell needs to complete the command line, and what it is offered where click does not know."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "symgrad"


def script(commands: click.Command, shell: str) -> str:
    """What a shell must run to complete these commands."""
    made = get_completion_class(shell)
    assert made is not None, f"click completes nothing in {shell}"
    return made(commands, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source()


def files(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of files, for arguments that may be formulas as well."""
    return [CompletionItem(begun, type="file")]


def formats(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The last one of formats that are separated by commas."""
    from symgrad.documents import FORMATS  # loads SymPy

    before, comma, last = begun.rpartition(",")
    left = [name for name in FORMATS if name.startswith(last) and name not in before.split(",")]
    return [CompletionItem(f"{before}{comma}{name}", help=FORMATS[name]) for name in left]
