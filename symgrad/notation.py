"""Symbols of the field: how they are made, what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar

import sympy
from sympy import Symbol

# SymPy compares symbols by name and assumptions and caches the expressions they stand in, so a symbol
# cannot carry a text of its own. Meanings live beside them, one vocabulary for each derivation file.
_meanings: ContextVar[dict[Symbol, str] | None] = ContextVar("symgrad_meanings", default=None)


def real(name: str, meaning: str = "") -> Symbol:
    """A real symbol, with its meaning for the list of symbols of a document.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.real("x", "pre-activation").is_real
    True
    """
    return _declare(Symbol(name, real=True), meaning)


def integer(name: str, meaning: str = "") -> Symbol:
    """An integer symbol, such as a number of steps, with its meaning.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.integer("T", "number of steps").is_integer
    True
    """
    return _declare(Symbol(name, integer=True), meaning)


def meanings(symbols: Iterable[Symbol]) -> Mapping[Symbol, str]:
    """Those of the symbols that were declared with a meaning, in order of their names."""
    known = _meanings.get() or {}
    return {s: known[s] for s in sorted(symbols, key=lambda s: (s.name.lower(), s.name)) if s in known}


def fresh_vocabulary() -> None:
    """Forget all meanings in this context; a loader calls it before it reads a file."""
    _meanings.set({})


def _declare(symbol: Symbol, meaning: str) -> Symbol:
    known = _meanings.get()
    if known is None:
        _meanings.set(known := {})
    if meaning:
        known[symbol] = meaning
    return symbol


def latex(expression: sympy.Basic) -> str:
    """LaTeX of an expression as a paper of the field prints it."""
    return str(sympy.latex(expression, ln_notation=False, fold_short_frac=False, inv_trig_style="full"))
