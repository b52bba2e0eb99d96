"""Numbers that SymPy would evaluate to see their sign, hidden while a text is read."""

from __future__ import annotations

from functools import cache, cmp_to_key
from typing import Any

import sympy
from sympy import Basic, Expr, Rational, S
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import Application, AppliedUndef

from symgrad.language.statements import free_symbols
from symgrad.language.written import origin


def is_opaque(value: Basic) -> bool:
    """Whether this is the value of a function at a number, or a sum, product or integral that is a number.

    It takes any time to see the sign of such numbers, and SymPy wants to see it wherever there is a root, an absolute
    value, a comparison. Powers are no such numbers, nor are pi, E, I and the like.
    """
    if not isinstance(value, Application | ExprWithLimits) or not isinstance(value, Expr):
        return False
    return not isinstance(value, sympy.exp | AppliedUndef) and not free_symbols(value)


class Masks:
    """What stands for opaque numbers: functions of which SymPy knows name and arguments, and nothing else.

    The name is that of the true function, since SymPy orders by names, and prefers ``sin(x - y)`` to ``-sin(y - x)``
    or the other way round by that order.
    """

    def __init__(self) -> None:
        self._numbers: dict[Basic, Basic] = {}

    def put_on_number(self, value: Expr) -> Expr:
        """The mask of an opaque number whose parts have theirs; anything else as it is."""
        if not is_opaque(value):
            return value
        kind: Any = origin(value.func)
        mask = _unknown(kind)(*value.args)
        self._numbers[mask] = value
        return mask

    def put_on(self, value: Basic) -> Basic:
        """The expression with every opaque number in it masked, and nothing evaluated by that."""
        if is_opaque(value):
            mask = _unknown(value.func)(*value.args)
            self._numbers[mask] = value
            return mask
        return _with_parts(value, [self.put_on(a) for a in value.args])

    def take_off(self, value: Basic) -> Basic:
        """The expression with the numbers themselves, and nothing evaluated by that."""
        if not self._numbers:
            return value
        number = self._numbers.get(value, value)
        return _with_parts(number, [self.take_off(a) for a in number.args])


@cache
def _unknown(function: Any) -> Any:
    """A function of this name, for as many arguments, of which SymPy knows nothing."""
    nargs = getattr(function, "nargs", S.Naturals0)
    known = None if nargs is S.Naturals0 else tuple(nargs)
    return sympy.Function(function.__name__, nargs=known, commutative=True)


def _with_parts(value: Basic, parts: list[Basic]) -> Basic:
    return value if all(a is b for a, b in zip(parts, value.args)) else _rebuilt(value, parts)


def _rebuilt(value: Basic, parts: list[Basic]) -> Basic:
    """An expression of the same kind from these parts, put together but not evaluated."""
    if isinstance(value, sympy.Add):
        return sympy.Add._from_args(_in_order(parts))
    if isinstance(value, sympy.Mul):
        last = [p for p in parts if not p.is_commutative]
        return sympy.Mul._from_args([*_in_order([p for p in parts if p.is_commutative]), *last])
    if isinstance(value, sympy.Limit):
        return Expr.__new__(type(value), *parts)
    if isinstance(value, ExprWithLimits):
        raw = Expr.__new__(type(value), *parts)
        raw.is_commutative = True
        return raw
    if isinstance(value, sympy.Set | sympy.Derivative | sympy.Tuple | sympy.And | sympy.Or | sympy.Not):
        return value.func(*parts)
    return value.func(*parts, evaluate=False)


def _in_order(parts: list[Basic]) -> list[Basic]:
    """Terms or factors as SymPy keeps them: the rational number first, the others in a fixed order."""
    numbers = [p for p in parts if isinstance(p, Rational)]
    others = [p for p in parts if not isinstance(p, Rational)]
    return [*numbers, *sorted(others, key=cmp_to_key(Basic.compare))]
