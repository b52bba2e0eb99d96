"""``python -m symgrad`` is the command line."""

from symgrad.cli.commands import main

main()
