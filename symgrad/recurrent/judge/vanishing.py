"""Numbers for a run at which a divisor of a line is zero: numbers of steps, sizes, or one argument beside ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sympy
from sympy import Expr, Rational, S, Symbol

from symgrad.base import sized
from symgrad.recurrent.cells.cell import argument_name
from symgrad.recurrent.forms.needs import NONZERO, EntryOf, Need
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.oracle.drawn_runs import Choice
from symgrad.symbols import LENGTH, TIME, Role, TimedMatrix, TimedScalar, size_symbols

MOST_STEPS = 100  # of a run
LARGEST_SIZE = 8
FEW = 3  # steps of a run in which an argument is chosen
MOST_CHOICES = 12


def choices(grad: Backward, needs: Iterable[Need], least: int) -> list[Choice]:
    """Runs of at least so many steps in which what must not be zero may be zero, each once."""
    found: dict[str, Choice] = {}
    for need in needs:
        if need.kind == NONZERO:
            for choice in (*_of_steps(grad, need.of, least), *_of_arguments(grad, need.of, max(least, FEW))):
                found.setdefault(f"{choice.says} {choice.length}", choice)
    nothing = Choice("where all arguments are 0", max(least, FEW), others=S.Zero)
    return [*list(found.values())[:MOST_CHOICES], *([nothing] if needs else [])]


def _of_steps(grad: Backward, e: Expr, least: int) -> Iterator[Choice]:
    """Where it is made of one size or number of steps."""
    if e.atoms(TimedScalar, TimedMatrix, EntryOf) or len(e.free_symbols) != 1:
        return
    (s,) = e.free_symbols
    if s in grad.arguments or not s.is_integer:
        return
    sizes = size_symbols((*grad.arguments, *grad.cell.defined))
    for root in _roots(e, s):
        if not root.is_Integer or not 1 <= root <= (LARGEST_SIZE if s in sizes else MOST_STEPS):
            continue
        length = int(root) + (0 if s == LENGTH else 2)
        if s in sizes:
            yield Choice(f"at {s} = {root}", max(least, FEW), {s: int(root)})
        elif length >= least:
            yield Choice(f"at {s} = {root}", length)


def _of_arguments(grad: Backward, e: Expr, length: int) -> Iterator[Choice]:
    """Where one argument is a root and all others are 1."""
    leaves = {leaf: _name(grad, leaf) for leaf in _leaves(e)}
    for name in sorted({name for name in leaves.values() if name}):
        unknown = Symbol("unknown", real=True)
        table = {leaf: unknown if own == name else S.One for leaf, own in leaves.items() if own}
        for step in range(1, length + 1):
            at = {s: sympy.Integer(length if s == LENGTH else step) for s in e.free_symbols if s.is_integer}
            for root in _roots(e.xreplace(table).xreplace(at), unknown):
                yield Choice(f"at {name} = {root}", length, entries={name: root})
            if not {s for s in at if s != LENGTH}:
                break


def _roots(e: Expr, s: Symbol) -> list[Rational]:
    """The rational roots of a polynomial; of other expressions those among the simplest numbers."""
    if e.free_symbols != {s}:
        return []
    if e.is_polynomial(s):
        return sorted(sized.polynomial(e, s, extension=None).ground_roots())
    return [n for n in (S.Zero, S.One, S.NegativeOne) if _is_zero_at(e, s, n)]


def _is_zero_at(e: Expr, s: Symbol, number: Expr) -> bool:
    try:
        return bool(e.xreplace({s: number}) == 0)
    except (TypeError, ValueError):  # SymPy compares no numbers that are infinite or not real, as Max does
        return False


def _leaves(e: Any) -> Iterator[Any]:
    if isinstance(e, EntryOf | TimedScalar | Symbol):
        yield e
        return
    for a in e.args:
        yield from _leaves(a)


def _name(grad: Backward, leaf: object) -> str:
    """The argument of a run that a number is, or of a state the initial one; "" for others."""
    if isinstance(leaf, EntryOf):
        leaf = leaf.matrix
    if leaf in grad.arguments:
        return grad.name_of(leaf)
    if not isinstance(leaf, TimedScalar | TimedMatrix):
        return ""
    if leaf.role is Role.STATE:
        return next((argument_name(b) for b in grad.borders if b.key == leaf.key), "")
    home = leaf.at(TIME)
    return grad.name_of(home) if home in grad.arguments else ""
