"""Functions of SymPy with a real value at all real numbers, by name: a written function has the name of what it is."""

from __future__ import annotations

from sympy import Basic

SMOOTH = frozenset((
    "exp", "sin", "cos", "tanh", "sinh", "cosh", "sech", "atan", "asinh", "sinc", "erf", "erfc", "erfi", "Si", "Shi",
))  # fmt: skip
KINKED = frozenset(("Abs", "Max", "Min"))
JUMPING = frozenset(("sign", "floor", "ceiling", "Heaviside"))
TOTAL = SMOOTH | KINKED | JUMPING


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
