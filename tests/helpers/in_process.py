"""The command line inside of this process."""

import sys

import pytest

from symgrad.cli import commands


def invoke(monkeypatch, capsys, *arguments):
    """The command line inside of this process: exit code, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["symgrad", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        commands.main()
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err
