"""Signs by enclosures on an interval that may be unbounded: branch and bound within, monotone bounds beyond."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sympy import Expr, Interval, S, Symbol

from symgrad.prove.places.branch_and_bound import MOST_BOXES, Box, rational_below
from symgrad.prove.signs import tails

REACHES = (8, 40, 200)
COVERED = "has enclosures of one sign on boxes that cover the domain"


def sign_on(
    expression: Expr, x: Symbol, values: Interval, budget: int = MOST_BOXES, nonnegative: tuple[Expr, ...] = ()
) -> tuple[int, str] | None:
    """1 or -1 if that certainly is the strict sign on the closed interval, and how that was seen; else None.

    But for the ends at infinity only the points count at which all that is called nonnegative is so.
    """
    if values.start.is_finite and values.end.is_finite:
        found = _within(expression, x, values.start, values.end, budget, nonnegative)
        return None if not found else (found, COVERED)
    for reach in REACHES:
        low = values.start if values.start.is_finite else S(-reach)
        high = values.end if values.end.is_finite else S(reach)
        if not (low.is_Rational and high.is_Rational and low < high):
            continue
        beyond: list[Callable[[], int | None]] = []
        if values.end.is_infinite:
            beyond.append(partial(tails.sign_beyond, expression, x, high))
        if values.start.is_infinite:
            beyond.append(partial(tails.sign_beyond, expression.subs(x, -x), x, -low))
        signs = {look() for look in beyond}
        if None in signs or len(signs) != 1:
            continue
        (outside,) = signs
        if outside and _within(expression, x, low, high, budget, nonnegative) == outside:
            return outside, f"has enclosures of one sign on boxes that cover [{low}, {high}], and bounds beyond"
        return None
    return None


def _within(
    expression: Expr, x: Symbol, low: Expr, high: Expr, budget: int, nonnegative: tuple[Expr, ...]
) -> int | None:
    box = Box(((x, rational_below(low), -rational_below(-high)),))
    return box.sign_of(expression, budget, nonnegative)
