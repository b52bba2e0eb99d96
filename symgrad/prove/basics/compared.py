"""Numbers that are compared where values are put in: by enclosures, and not by digits as SymPy does it."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from flint import arb, fmpq
from sympy import Basic, Expr, S
from sympy.core.relational import Relational

from symgrad.balls import Tape, UnsupportedError, as_integer, ball, is_told, precision
from symgrad.language.provable import STEPS
from symgrad.prove.basics import facts

WHOLE_BITS = (128, 1024, 4096)


def put_in(condition: Basic, table: Mapping[Expr, Expr]) -> Basic:
    """A condition with values put in: true or false where that is certain, and otherwise as it stands.

    SymPy would tell the truth of a comparison of numbers from their digits.
    """
    if not isinstance(condition, Relational):
        return condition.xreplace(table)
    left, right = (side.xreplace(table) for side in condition.args)
    gap = left - right
    if isinstance(condition, sympy.Eq | sympy.Ne) and facts.is_nonzero(gap):
        return sympy.true if isinstance(condition, sympy.Ne) else sympy.false
    known = None if gap.free_symbols else facts.sign_of_gap(left, right)
    if known is None:
        return condition.func(left, right, evaluate=False)
    return condition.func(sympy.Integer(known), S.Zero)


# What SymPy evaluates by comparing numbers, and gives other values on either side.
COMPARING = (*STEPS, sympy.Abs, Relational)


def is_told_at(e: Basic, point: Mapping[Expr, Expr]) -> bool:
    """Whether SymPy can be believed where it compares numbers in an expression at values of some variables."""
    known = set(point)
    for node in e.atoms(*COMPARING):
        for part in node.args:
            if isinstance(part, Expr) and part.free_symbols <= known and not is_told(part.xreplace(point)):
                return False
    return True


def whole_below(number: Expr) -> int | None:
    """The largest integer that is no larger than a number; None where enclosures do not tell it."""
    if isinstance(number, sympy.Rational):
        return int(number.p // number.q)
    try:
        tape = Tape(number, ())
    except UnsupportedError:
        return None
    for bits in WHOLE_BITS:
        with precision(bits):
            value = tape()
            found = as_integer(ball(value).floor()) if isinstance(value, fmpq | arb) else None
        if found is not None:
            return found
    return None
