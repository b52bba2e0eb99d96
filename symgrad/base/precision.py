"""Precision as a quantity of the call: numbers of mpmath and of flint at so many digits, whatever other threads do.

mpmath and flint keep one precision for the whole process. A call that sets it would change the digits of every other
thread, and be changed by them. Numbers of mpmath therefore have a context of our own in each thread, so that the
precision of the process stays as it is. flint has no other precision than that of the process: it is changed while
balls are computed, by one thread at a time, and it is as before when the call returns. The same turns keep what SymPy
and mpmath have in common for all threads from being changed in the middle: the precision of mpmath, which SymPy sets
while it evaluates functions, the constants that mpmath remembers, and the numbers by which SymPy tells dummies apart.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import flint
import mpmath

from symgrad.base.untyped import Array

P = ParamSpec("P")
T = TypeVar("T")

TURN = threading.RLock()
"""Held by the one thread that proves, computes in balls or computes in many digits."""

_own = threading.local()

if hasattr(os, "register_at_fork"):
    # A fork in the middle of another thread's turn would leave the child with its precision, and with a turn that
    # nobody ends.
    os.register_at_fork(before=TURN.acquire, after_in_parent=TURN.release, after_in_child=TURN.release)


def in_turn(function: Callable[P, T]) -> Callable[P, T]:
    """The function, computed by one thread at a time."""

    @wraps(function)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> T:
        with TURN:
            return function(*args, **kwargs)

    return waiting


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute balls at this many bits, alone, and leave the former number behind.

    Examples
    --------
    >>> from flint import arb
    >>> with precision(200):
    ...     third = arb(1) / 3
    >>> third.str(50, radius=False), flint.ctx.prec
    ('0.33333333333333333333333333333333333333333333333333', 53)
    """
    with TURN, flint.ctx.workprec(bits):
        yield


@contextmanager
def many_digits(digits: int) -> Iterator[Any]:
    """A context of mpmath of our own with so many digits; what leaves it goes through `of_mpmath`.

    Examples
    --------
    >>> with many_digits(30) as numbers:
    ...     print(numbers.mpf(1) / 3, mpmath.mp.dps)
    0.333333333333333333333333333333 15
    """
    with _many(lambda numbers: setattr(numbers, "dps", digits)) as numbers:
        yield numbers


@contextmanager
def many_bits(bits: int) -> Iterator[Any]:
    """Likewise with so many bits."""
    with _many(lambda numbers: setattr(numbers, "prec", bits)) as numbers:
        yield numbers


@contextmanager
def _many(set_precision: Callable[[Any], None]) -> Iterator[Any]:
    numbers = getattr(_own, "numbers", None)
    if numbers is None:
        numbers = _own.numbers = _context()
    with TURN:
        before = numbers.prec
        set_precision(numbers)
        try:
            yield numbers
        finally:
            numbers.prec = before


def _context() -> Any:
    """Numbers of our own, in which a quotient by 0 is none and no error: it may stand in a case that is not chosen."""
    numbers = mpmath.MPContext()

    def without_errors(divide: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
        def quotient(one: Array, other: Array) -> Array:
            try:
                return divide(one, other)
            except ZeroDivisionError:
                return numbers.nan

        return quotient

    numbers.mpf.__truediv__ = without_errors(numbers.mpf.__truediv__)
    numbers.mpf.__rtruediv__ = without_errors(numbers.mpf.__rtruediv__)
    return numbers


def of_mpmath(number: Array) -> Array:
    """A number of a context of our own as one of mpmath, with all its digits.

    Examples
    --------
    >>> with many_digits(30) as numbers:
    ...     third = of_mpmath(numbers.mpf(1) / 3)
    >>> isinstance(third, mpmath.mpf), mpmath.nstr(third, 30)
    (True, '0.333333333333333333333333333333')
    """
    return mpmath.mp.make_mpf(number._mpf_) if hasattr(number, "_mpf_") else number
