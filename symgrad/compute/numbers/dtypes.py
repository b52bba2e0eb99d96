"""Results in float32: they are computed in doubles and rounded once, and what float32 cannot hold is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symgrad.base.errors import CellError
from symgrad.base.untyped import Array

FLOAT64, FLOAT32 = "float64", "float32"
DTYPES = (FLOAT64, FLOAT32)
LEAST_NORMAL = 2.0**-126  # below, a number in float32 has fewer digits


def dtype_name(dtype: Any) -> str:
    """The name of the type in which results are given.

    Raises
    ------
    CellError
        If it is no type of results.
    """
    try:
        name = None if dtype is None else np.dtype(dtype).name
    except TypeError:
        name = None
    if name not in DTYPES:
        raise CellError(f"dtype is one of {', '.join(DTYPES)}; got {dtype!r}")
    return str(name)


def in_singles(arrays: Mapping[str, Array]) -> tuple[dict[str, Array], list[str], list[str]]:
    """Doubles rounded to float32, those that lost digits or became 0, and those that became infinite, by name.

    Examples
    --------
    >>> singles, lost, beyond = in_singles({"a": np.array([0.1, 1e-50]), "b": np.float64(1e39), "c": np.zeros(2)})
    >>> singles["a"].dtype.name, lost, beyond
    ('float32', ['a'], ['b'])
    """
    found: dict[str, Array] = {}
    lost, beyond = [], []
    for name, array in arrays.items():
        with np.errstate(all="ignore"):
            found[name] = np.asarray(array).astype(np.float32)[()]
        size = np.abs(array)
        if np.any((size != 0) & (size < LEAST_NORMAL)):
            lost.append(name)
        if np.any(np.isinf(found[name]) & np.isfinite(array)):
            beyond.append(name)
    return found, lost, beyond


def told_as_lost(names: list[str]) -> str:
    """What is said of results that float32 cannot hold with all its digits."""
    return f"{', '.join(names)}: below the range of float32: a 0 need not be one; use dtype='float64'"
