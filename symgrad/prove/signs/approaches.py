"""Limits at the ends of intervals and on either side of jumps, where the case that holds there is known."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr, Interval, Rational, S, Symbol
from sympy.sets import Set

from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.sets import interior, is_of_integers, is_of_reals
from symgrad.prove.places.kinks import case_where, switches
from symgrad.prove.places.roots import zeros
from symgrad.prove.signs import bounds, calculus

GAPS = (Rational(1), Rational(1, 10), Rational(1, 1000))
FAR = (Rational(1), Rational(10), Rational(1000))


def places(function: Expr, x: Symbol, values: Set) -> Iterator[tuple[Expr, bool]]:
    """Where something may be approached that is not attained, and whether from the left: ends, and borders of cases."""
    parts = values.args if isinstance(values, sympy.Union) else (values,)
    is_whole = is_of_integers(values)
    for part in parts:
        if not is_of_reals(part) or part.inf == part.sup or isinstance(part, sympy.FiniteSet):
            continue  # it has no ends, or beside its points there are none of the domain
        yield from (
            (end, left) for end, left in ((part.sup, True), (part.inf, False)) if not (is_whole and end.is_finite)
        )
    for switch in () if is_whole else switches(function):
        for border in zeros(switch, x, values) or ():
            if facts.is_in(interior(values), border) is True:
                yield from ((border, True), (border, False))


def limit_beside(function: Expr, x: Symbol, end: Expr, from_left: bool) -> Expr | None:
    """The limit from one side of the case that holds there."""
    smooth = _case_near(function, x, end, from_left)
    return None if smooth is None else calculus.limit(smooth, x, end, from_left)


def _case_near(f: Expr, x: Symbol, end: Expr, from_left: bool) -> Expr | None:
    return case_where(
        f, lambda switch: next((s for part in _near(end, from_left) if (s := _strict_sign(switch, x, part))), None)
    )


def _near(end: Expr, from_left: bool) -> Iterator[Interval]:
    """Ever shorter open intervals that end there."""
    if end.is_infinite:
        yield from (Interval.open(r, S.Infinity) if from_left else Interval.open(-S.Infinity, -r) for r in FAR)
        return
    yield from (Interval.open(end - g, end) if from_left else Interval.open(end, end + g) for g in GAPS)


def _strict_sign(switch: Expr, x: Symbol, part: Interval) -> int | None:
    if switch.free_symbols != {x}:
        return None
    found = bounds.sign_of(switch, Domain(((x, part),)))
    return found.sign if found is not None and found.strict else None
