"""What directives show, read and checked: derivations, claims and cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sympy import Symbol

from symgrad.base.errors import CellError, ClaimError
from symgrad.base.reads import Reads
from symgrad.checking.claim_files import Entry, read_claims
from symgrad.checking.remembered import remembered
from symgrad.checking.reports import Check
from symgrad.claims.claim import Claim
from symgrad.claims.derivation_files import derivation_and_reads
from symgrad.claims.derivations import Derivation
from symgrad.documents.tree.document import Page
from symgrad.documents.tree.places import places
from symgrad.gradients import Gradients, bptt
from symgrad.recurrent import (
    CELLS,
    Cell,
    binary_cross_entropy,
    half_squared_error,
    output_of,
    read_cell,
    softmax_cross_entropy,
)
from symgrad.symbols import dims

LOSSES = {
    "half_squared_error": half_squared_error,
    "softmax_cross_entropy": softmax_cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
}


_loaded: dict[Path, tuple[Derivation, Reads]] = {}


def derivation_in(path: Path) -> tuple[Derivation, Reads]:
    """The derivation of a file, read once as long as the file is the same and all that it reads; and what that is.

    Raises
    ------
    DerivationError
        If there is none.
    """
    known = _loaded.get(path)
    if known is None or not known[1].is_unchanged:
        file = Reads.of(path)
        derivation, reads = derivation_and_reads(path)
        known = _loaded[path] = derivation, file | reads
    return known


def claims_in(path: Path) -> tuple[tuple[Entry, ...], Reads]:
    """The claims of a file of claims or of a derivation, with the error of each that is none; and what was read."""
    if path.suffix == ".py":
        derivation, reads = derivation_in(path)
        return tuple(Entry(claim.id, None, claim) for claim in derivation.claims), reads
    reads = Reads.of(path)
    return read_claims(path), reads


def checked(claim: Claim) -> Check:
    """What is found of a claim."""
    return Check.of(claim, remembered()(claim))


def gradients(name: str, lines: Iterable[str], options: Mapping[str, str]) -> Gradients:
    """The gradients of a cell of the zoo, or of one that is given by its equations.

    Parameters
    ----------
    name : str
        Out of `CELLS`; what documents call the cell if there are `lines`.
    lines : iterable of str
        Equations, as `read_cell` takes them.
    options : mapping
        ``loss``, such as ``half_squared_error(h)``; ``at``; ``shapes``, such as ``W n,n; x m``.

    Raises
    ------
    CellError, ShapeError, ParseError
    """
    text = [line for line in lines if line.strip()]
    if text:
        cell = read_cell(text, shapes_of(options.get("shapes", "")), name=name or "A recurrent cell")
    elif name in CELLS:
        cell = CELLS[name].cell(*dims(" ".join(CELLS[name].sizes)))
    else:
        raise CellError(f"no cell {name!r} in the zoo; known are {', '.join(CELLS)}; or give its equations")
    return bptt(cell, _loss(cell, options.get("loss", "")), options.get("at", "last"))


def shapes_of(text: str) -> dict[str, tuple[Symbol, ...]]:
    """Shapes from text.

    Examples
    --------
    >>> shapes_of("W n,n; b n; v 3")
    {'W': (n, n), 'b': (n,), 'v': (3,)}
    """
    found = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        match = re.fullmatch(r"(\w+)\s+(\w+(?:\s*,\s*\w+)*)", part)
        if match is None:
            raise CellError(f"shapes are given as in 'W n,n; b n'; got {part!r}")
        sizes = [size.strip() for size in match[2].split(",")]
        found[match[1]] = tuple(int(size) if size.isdecimal() else dims(size)[0] for size in sizes)
    return found


def _loss(cell: Cell, text: str) -> Any:
    known = {variable.name: variable for variable in (*cell.states, *cell.intermediates)}
    if not text:
        return half_squared_error(output_of(cell))
    match = re.fullmatch(r"(\w+)\((\w+)\)", text.strip())
    if match is None or match[1] not in LOSSES or match[2] not in known:
        raise CellError(f"a loss is one of {', '.join(LOSSES)} of one of {', '.join(known)}, as in f(h); got {text!r}")
    return LOSSES[match[1]](known[match[2]])


def part(page: Page, label: str) -> str:
    """The anchor of what a label, or the number of an equation, stands for in a derivation.

    Raises
    ------
    ClaimError
        If nothing has it.
    """
    found = places(page.derivation)
    for place in found:
        if label and label in (place.label, place.anchor):
            return place.line_anchor(0)
        if place.kind == "equation" and label.isdecimal() and int(label) in place.numbers:
            return f"equation-{label}"
    known = ", ".join(place.label or place.line_anchor(0) for place in found)
    raise ClaimError(f"nothing in it is called {label!r}; there are {known}")
