"""Arguments by the names of a user, some of which may be those of our own options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from symgrad.base.errors import CellError


def by_name(
    function: Callable[..., Any], mapping: Mapping[str, object] | None, named: Mapping[str, object]
) -> dict[str, Any]:
    """What was given as a mapping and by keywords together.

    Raises
    ------
    CellError
        If an argument is given in both ways.
    """
    if not isinstance(mapping, Mapping | None):
        raise CellError(f"{function.__name__} takes a mapping of arguments by their names; got {mapping!r}")
    both = [name for name in named if name in (mapping or {})]
    if both:
        raise CellError(f"{function.__name__}: the argument {both[0]} is given twice, by its name and in the mapping")
    return {**(mapping or {}), **named}


def demand_own_options(
    function: Callable[..., Any], names: Iterable[str], given: Mapping[str, object], how: str
) -> None:
    """Refuse a point without an argument that has the name of an option: its value was taken for the option."""
    for name in names:
        kind = getattr(inspect.signature(function).parameters.get(name), "kind", None)
        if kind in (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) and name not in given:
            raise CellError(
                f"{function.__name__} has an option {name}, so that the argument {name} is given in a mapping, {how}"
            )
