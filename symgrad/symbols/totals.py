"""Functions of SymPy with a real value at all real numbers, by name: a written function has the name of what it is."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Basic, Expr, Integer, Interval, Rational, oo

SMOOTH = frozenset((
    "exp", "sin", "cos", "tanh", "sinh", "cosh", "sech", "atan", "asinh", "sinc", "erf", "erfc", "erfi", "Si", "Shi",
))  # fmt: skip
KINKED = frozenset(("Abs", "Max", "Min"))
JUMPING = frozenset(("sign", "floor", "ceiling", "Heaviside"))
TOTAL = SMOOTH | KINKED | JUMPING
# Those that are real on a part of the line: on which.
REAL_ON: Mapping[str, Interval] = {
    "log": Interval.open(0, oo),
    "atanh": Interval.open(-1, 1),
    "asin": Interval(-1, 1),
    "acos": Interval(-1, 1),
    "acosh": Interval(1, oo),
}


def is_no_wider(exponent: Expr, other: Expr) -> bool:
    """Whether a power with one exponent has a value only where that of the same base with the other has one.

    Examples
    --------
    >>> from sympy import Integer, Rational
    >>> half = Rational(-1, 2)
    >>> is_no_wider(half - 1, half), is_no_wider(Integer(-1), half), is_no_wider(half, Integer(-1))
    (True, False, True)
    """
    step = sympy.expand(exponent - other)
    if isinstance(step, Integer) and step <= 0:  # whatever the exponents are
        return True
    if not (isinstance(exponent, Rational) and isinstance(other, Rational)):
        return False
    keeps_zero, keeps_sign = other >= 0 or exponent < 0, other.is_integer or not exponent.is_integer
    return bool(keeps_zero and keeps_sign)


def is_total(node: Basic) -> bool:
    """Whether the value of a function, which has one wherever its arguments are real numbers.

    Examples
    --------
    >>> import sympy
    >>> x, y = sympy.symbols("x y", real=True)
    >>> [is_total(e) for e in (sympy.Max(x, y), sympy.floor(x), sympy.log(x))]
    [True, True, False]
    """
    return type(node).__name__ in TOTAL
