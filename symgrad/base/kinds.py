"""What functions take: a value of another kind is refused in one line that says what would be right."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from sympy import Basic, Expr

from symgrad.base.errors import CellError, SymgradError
from symgrad.base.shown import one_line
from symgrad.base.untyped import Array

LONGEST = 40


def shown(value: object) -> str:
    """A value as errors show it: as it is written, or by its kind alone where that is long.

    Examples
    --------
    >>> shown(3), shown("W("), shown([0] * 100), shown(object())
    ('3', "'W('", 'a list', 'an object')
    """
    kind = type(value).__name__
    if isinstance(value, str | bytes | int | float | complex | list | tuple | dict | set | sympy.Basic | None):
        text = repr(value)
        if len(text) <= LONGEST and text == one_line(text) and " at 0x" not in text:
            return text
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def demand(
    kind: type | tuple[type, ...], value: object, takes: str, error: Callable[[str], SymgradError] = CellError
) -> Any:
    """The value, if it is of such a kind.

    Examples
    --------
    >>> demand(str, 3, "a name is text")
    Traceback (most recent call last):
    symgrad.CellError: a name is text; got 3
    """
    if not isinstance(value, kind):
        raise error(f"{takes}; got {shown(value)}")
    return value


def expression_of(value: object, takes: str) -> Basic:
    """The value as an expression of SymPy; a text is none, as SymPy would run it as a program.

    Examples
    --------
    >>> expression_of(3, "tanh takes a number").is_Integer
    True
    >>> expression_of("x", "tanh takes a number")
    Traceback (most recent call last):
    symgrad.CellError: tanh takes a number; got 'x'
    """
    if isinstance(value, sympy.Expr):
        return value
    if isinstance(value, sympy.MatrixBase):
        return value.as_immutable()
    if isinstance(value, Number) and not isinstance(value, bool):
        return sympy.S(value)
    raise CellError(f"{takes}; got {shown(value)}")


def real_number(value: Any, takes: str, error: Callable[[str], SymgradError] = CellError) -> float:
    """The value as a double."""
    if isinstance(value, str | bytes):
        raise error(f"{takes}; got {shown(value)}")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise error(f"{takes}; got {shown(value)}") from None


def real_array(value: object, takes: str) -> Array:
    """The value as an array of doubles."""
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise CellError(f"{takes}; got {shown(value)}") from None


def number_array(value: Any, takes: str, dtype: Any = None) -> Array:
    """The value as an array of its entries, whatever these are, unless its rows have different lengths."""
    try:
        return np.asarray(value, dtype)
    except ValueError:
        raise CellError(f"{takes}; got {shown(value)}") from None


def pairs_of(equations: Any, what: str, error: Callable[[str], SymgradError]) -> list[tuple[Expr, Expr]]:
    """The sides of equations, from a mapping or from pairs."""
    pairs = equations.items() if isinstance(equations, Mapping) else equations
    found = list(pairs) if isinstance(pairs, Iterable) and not isinstance(pairs, str | bytes) else [pairs]
    for pair in found:
        if not isinstance(pair, tuple | list | sympy.Tuple) or len(pair) != 2:
            raise error(f"{what} takes equations as pairs of their sides; got {shown(pair)}")
    return [(left, right) for left, right in found]


def function_of(value: object, takes: str) -> Callable[..., Any]:
    """The value, if it can be called."""
    if not callable(value):
        raise CellError(f"{takes}; got {shown(value)}")
    found: Callable[..., Any] = value
    return found


def lines_of(text: str | Iterable[str], takes: str) -> list[str]:
    """The lines of a text, or of several."""
    lines = text.splitlines() if isinstance(text, str) else list(text) if isinstance(text, Iterable) else None
    if lines is None or not all(isinstance(line, str) for line in lines):
        raise CellError(f"{takes}; got {shown(text)}")
    return lines


def path_of(value: object, takes: str, error: Callable[[str], SymgradError]) -> Path:
    """The value as the path of a file."""
    return Path(demand((str, os.PathLike), value, takes, error))
