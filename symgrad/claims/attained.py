"""What conditions say of a place at which a bound is attained: that it is in the domain, and of what else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sympy
from sympy import Expr, S, Symbol
from sympy.core.relational import Relational

from symgrad.base.errors import ClaimError
from symgrad.claims.real_values import NoRealValue, conditions_of_real_value
from symgrad.language.provable import as_sympy
from symgrad.language.statements import Condition, Domain, condition_text


def conditions_at(place: Mapping[Symbol, Expr], where: Iterable[Condition]) -> list[Condition]:
    """The conditions with a place put in: those that are left are of the other variables.

    Where a real variable is at a formula, that has to have a real value: what it asks for is a condition as well.

    Raises
    ------
    ClaimError
        If the place is not in the domain, or it cannot be told whether it is.

    Examples
    --------
    >>> x, y = sympy.symbols("x y", real=True)
    >>> conditions_at({x: S.One}, [x > 0, sympy.Eq(x, y)])
    [Eq(1, y)]
    >>> conditions_at({x: sympy.sqrt(y)}, [])
    [y >= 0]
    >>> conditions_at({x: S.One}, [x > 1])
    Traceback (most recent call last):
        ...
    symgrad.ClaimError: equality_at: x = 1 is not in the domain, which asks for x > 1
    """
    there = {symbol: as_sympy(value) for symbol, value in place.items()}
    found: list[Condition] = []
    for symbol, value in there.items():
        values = Domain.of([symbol]).set_of(symbol)
        if values is not S.Complexes:
            found += _of_real_value(value, there)
        if values not in (S.Reals, S.Complexes):
            found += _left(sympy.Contains(symbol, values, evaluate=False), there)
    for condition in where:
        found += _left(condition, there) if condition.free_symbols & set(there) else [condition]
    _demand_a_point(found, there)
    return found


def _of_real_value(value: Expr, there: Mapping[Symbol, Expr]) -> Iterator[Condition]:
    """What a place asks for so that it is a real number."""
    try:
        asked = conditions_of_real_value(value)
    except NoRealValue as fault:
        if fault.is_certain:
            raise ClaimError(f"{_shown(there)} is not in the domain: {fault.of} is no real number") from None
        raise ClaimError(
            f"{_shown(there)} cannot be told to be in the domain: {fault.of} may be no real number"
        ) from None
    for condition in asked:
        if condition == sympy.false:
            raise ClaimError(f"{_shown(there)} is not in the domain: it is no real number")
        yield condition


def _demand_a_point(conditions: Iterable[Condition], there: Mapping[Symbol, Expr]) -> None:
    """Refuse a place at which the conditions leave nothing of another variable."""
    asked = [c for c in conditions if c.free_symbols]
    try:
        Domain.of((), asked)
    except ClaimError as fault:
        raise ClaimError(f"{_shown(there)} is not in the domain: {fault}") from None


def _left(condition: Condition, there: Mapping[Symbol, Expr]) -> Iterator[Condition]:
    """What a condition says at a place, as conditions on other variables."""
    at_place = _said_there(condition, there)
    for said in at_place.args if isinstance(at_place, sympy.And) else (at_place,):
        if said == sympy.false:
            raise ClaimError(f"{_shown(there)} is not in the domain, which asks for {condition_text(condition)}")
        if said == sympy.true:
            continue
        if not said.free_symbols or not isinstance(said, Relational | sympy.Contains):
            raise ClaimError(f"{_shown(there)} cannot be told to be in the domain, by {condition_text(condition)}")
        yield said


def _said_there(condition: Condition, there: Mapping[Symbol, Expr]) -> Any:
    if isinstance(condition, sympy.Contains):
        element, values = condition.args
        value = as_sympy(element).xreplace(there)
        is_open = isinstance(values, sympy.Interval) and bool(value.free_symbols)
        return values.as_relational(value) if is_open else values.contains(value)
    sides = [as_sympy(side).xreplace(there) for side in condition.args]
    return condition.func(*sides) if all(map(_has_value, sides)) else sympy.false


def _has_value(side: Any) -> bool:
    """Whether a side of a condition is not known to have no real value at a place."""
    return not side.has(S.ComplexInfinity, S.NaN, S.Infinity, S.NegativeInfinity) and side.is_real is not False


def _shown(there: Mapping[Symbol, Expr]) -> str:
    return f"equality_at: {', '.join(f'{symbol} = {value}' for symbol, value in there.items())}"
