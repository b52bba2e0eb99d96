"""Whether the digits by which SymPy compares a number can be believed.

SymPy tells the order of two numbers from digits of their difference. It sees where a sum cancels, but not what is then
made of the noise that is left: for it (sqrt(3 + 2*sqrt(2)) - sqrt(2) - 1)**2, which is zero, is positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy
from flint import acb
from sympy import Basic, Expr

from symgrad.balls.tape import Tape, UnsupportedError
from symgrad.balls.values import Ball, ball
from symgrad.budget import remembered
from symgrad.errors import ClaimError
from symgrad.precision import precision
from symgrad.statements import Condition, condition_text

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
    for condition in conditions:
        if not all(map(is_told, _numbers_in(condition))):
            said = condition_text(condition)
            raise ClaimError(f"which numbers fulfil {said} cannot be told; write its end as a plain number")


def _numbers_in(e: Basic) -> Iterator[Expr]:
    if isinstance(e, Expr) and e.is_number:
        yield e
        return
    for part in e.args:
        yield from _numbers_in(part)
