"""Sets of numbers: what they are made of and where they meet, without SymPy's comparisons of ends it cannot tell apart.

SymPy asks ends of an interval for their order whenever it is asked about the set: where one is another in other words,
such as 4*sin(1)**2 + 4*cos(1)**2 beside 4, it fails, or believes digits that are noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import sympy
from sympy import Expr, S
from sympy.sets import Set

from symgrad.balls import is_told
from symgrad.base.sized import TooLarge
from symgrad.prove.basics import facts

INTEGERS = (sympy.Range, type(S.Integers), type(S.Naturals), type(S.Naturals0))
REALS = (*INTEGERS, sympy.Interval, type(S.Reals), type(S.Rationals))


def is_of_integers(values: Set) -> bool:
    """Whether a set is made of integers alone, as far as its form shows."""
    return _is_of(values, INTEGERS, sympy.Integer)


def is_of_reals(values: Set) -> bool:
    """Whether a set is made of real numbers alone, as far as its form shows."""
    return _is_of(values, REALS, None)


def _is_of(values: Set, kinds: tuple[type[Set], ...], number: type[Expr] | None) -> bool:
    if isinstance(values, kinds) or values is S.EmptySet:
        return True
    if isinstance(values, sympy.FiniteSet):
        return all(_is_real(v) if number is None else isinstance(v, number) for v in values.args)
    if isinstance(values, sympy.Union):
        return all(_is_of(part, kinds, number) for part in values.args)
    if isinstance(values, sympy.Intersection):
        return any(_is_of(part, kinds, number) for part in values.args)
    if isinstance(values, sympy.Complement):
        return _is_of(values.args[0], kinds, number)
    return isinstance(values, sympy.ConditionSet) and _is_of(values.base_set, kinds, number)


def _is_real(value: Expr) -> bool:
    return facts.is_real(value) if value.free_symbols else facts.is_real_number(value) is True


def hull(values: Set) -> Set:
    """An interval around a set of integers; any other set as it is."""
    return sympy.Interval(values.inf, values.sup) if is_of_integers(values) else values


def interior(values: Set) -> Set:
    """A set without its ends."""
    return sympy.Interval.open(values.start, values.end) if isinstance(values, sympy.Interval) else values.interior


def meet(values: Set, others: Set) -> Set:
    """What two sets have in common; TooLarge where SymPy cannot tell the order of their ends."""
    _check_ends(values, others)
    return values.intersect(others)


def lies_in(values: Set, others: Set) -> bool:
    """Whether a set is part of another one; TooLarge where SymPy cannot tell the order of their ends."""
    return bool(meet(values, others) == values)


def without(values: Set, numbers: Iterable[Expr]) -> Set:
    """A set without some numbers; TooLarge where SymPy cannot tell where they lie."""
    left_out = sympy.FiniteSet(*numbers)
    _check_ends(values, left_out)
    return values - left_out


def _check_ends(values: Set, others: Set) -> None:
    for end, other in product(ends(values), ends(others)):
        if end != other and not is_told(end - other):
            raise TooLarge(f"the ends {end} and {other} of sets cannot be told apart")


def ends(values: Set) -> Iterator[Expr]:
    """The numbers at which the parts of a set end."""
    if isinstance(values, sympy.Interval):
        yield from (end for end in (values.start, values.end) if end.is_finite)
    elif isinstance(values, sympy.FiniteSet):
        yield from values.args
    elif isinstance(values, sympy.Range):
        yield from (end for end in values.args[:2] if end.is_Integer)
    else:
        for part in values.args:
            if isinstance(part, Set):
                yield from ends(part)
