"""Whether the digits by which SymPy compares a number can be believed.

SymPy tells the order of two numbers from digits of their difference. It sees where a sum cancels, but not what is then
made of the noise that is left: for it (sqrt(3 + 2*sqrt(2)) - sqrt(2) - 1)**2, which is zero, is positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import sympy
from flint import acb
from sympy import Basic, Expr

from symgrad.balls.tape import Tape, UnsupportedError
from symgrad.balls.values import Ball, ball
from symgrad.base.budget import remembered
from symgrad.base.errors import ClaimError
from symgrad.base.precision import precision
from symgrad.language.statements import Condition, condition_text

_SIGNS = {False: (1,), True: (1, -1)}  # Abs(x) < 1 ends at -1, too
BITS = 256  # fewer than those to which SymPy carries a sum on


@remembered
def is_told(number: Basic) -> bool:
    """Whether no part of a number is zero in disguise, or next to it by cancellation.

    Examples
    --------
    >>> from sympy import exp, sqrt
    >>> is_told(sqrt(2) - exp(-1000)), is_told((sqrt(3 + 2 * sqrt(2)) - sqrt(2) - 1) ** 2)
    (True, False)
    """
    if not number.args or isinstance(number, sympy.Rational):
        return True
    if isinstance(number, sympy.CRootOf):
        return True
    return all(map(is_told, number.args)) and (not isinstance(number, Expr) or _is_apart_from_zero(number))


def _is_apart_from_zero(number: Expr) -> bool:
    try:
        with precision(BITS):
            value = Tape(number, ())()
    except UnsupportedError:
        return False
    return isinstance(value, Ball) and not acb(ball(value)).contains(0)


def check_numbers(conditions: Iterable[Condition]) -> None:
    """Refuse conditions with numbers of which SymPy, when it narrows a domain, may mistake the order."""
    of_one: dict[Basic, list[Condition]] = {}
    for condition in conditions:
        if not all(map(is_told, _numbers_in(condition))):
            raise _untold((condition,))
        if len(condition.free_symbols) == 1:
            of_one.setdefault(next(iter(condition.free_symbols)), []).append(condition)
    for together in of_one.values():
        if not are_told_apart(together):
            raise _untold(together)


def _untold(conditions: Iterable[Condition]) -> ClaimError:
    said = " and ".join(map(condition_text, conditions))
    return ClaimError(f"which numbers fulfil {said} cannot be told; write its end as a plain number")


def are_told_apart(parts: Iterable[Basic]) -> bool:
    """Whether of all numbers in conditions or sets on one variable SymPy can be believed which is the larger one.

    Examples
    --------
    >>> from sympy import FiniteSet, Interval, cos, sin
    >>> are_told_apart([Interval(0, 1), FiniteSet(2)])
    True
    >>> are_told_apart([Interval(0, 1), FiniteSet(sin(1) ** 2 + cos(1) ** 2)])
    False
    """
    ends = {sign * number for part in parts for number in _numbers_in(part) for sign in _SIGNS[part.has(sympy.Abs)]}
    numbers = [end for end in ends if not end.is_infinite]
    return all(is_told(a - b) for a, b in combinations(numbers, 2))


def _numbers_in(e: Basic) -> Iterator[Expr]:
    if isinstance(e, Expr) and e.is_number:
        yield e
        return
    for part in e.args:
        yield from _numbers_in(part)
