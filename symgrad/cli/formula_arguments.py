"""Arguments of commands that are formulas, and so may begin with a minus."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

MARK = "\0"  # no argument of a command holds it
_OPTION = re.compile(r"--[a-z][a-z-]*|-[a-z]")


class _Formula(click.types.StringParamType):
    """An argument that may begin with a minus, which `TakesFormulas` has marked."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(super().convert(value, param, ctx)).removeprefix(MARK)


FORMULA = _Formula()


class TakesFormulas(click.Command):
    """A command whose arguments may begin with a minus: ``-x <= Abs(x)`` is a formula, ``--format`` an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(self._marked(ctx, args)))

    def _marked(self, ctx: click.Context, args: list[str]) -> Iterator[str]:
        options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
        takes_value = {name: not p.is_flag for p in options for name in (*p.opts, *p.secondary_opts)}
        waiting = iter(args)
        for text in waiting:
            if text == "--":
                yield from (text, *waiting)
            elif takes_value.get(text):
                yield text
                yield from [value for value in [next(waiting, None)] if value is not None]
            elif text in takes_value or _is_option(text):
                yield text
            else:
                yield f"{MARK}{text}" if text.startswith("-") else text


def _is_option(text: str) -> bool:
    """Whether a text that is no option is meant to be one: it has the form of one, and not that of a formula."""
    name, sign, value = text.partition("=")
    return bool(_OPTION.fullmatch(name)) and not (sign and value.startswith("="))
