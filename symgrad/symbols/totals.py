"""Functions of SymPy with a real value at all real numbers, by name: a written function has the name of what it is."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Basic, Interval, oo

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
