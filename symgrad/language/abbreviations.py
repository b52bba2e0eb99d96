"""Functions that other libraries have names for: each stands for an expression, and is written by its name.

Such a name stays in the tree of what was written; `written.meaning` puts the expression in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from inspect import signature
from typing import Any

import sympy
from sympy import Basic, Expr, Integer, Rational, S

from symgrad.activations import ACTIVATIONS
from symgrad.language.written import (
    Abbreviation,
    WrittenPower,
    WrittenSum,
    call,
    copied,
    multiplied,
    negated,
    rebuilt,
    substituted,
)


def _zero_at_zero(x: Expr, y: Expr) -> Expr:
    """x y, which is zero where x is, whatever y may be there."""
    return sympy.Piecewise((S.Zero, sympy.Eq(x, 0)), (x * y, True))


def _hard_shrinkage(x: Expr, lamda: Expr = S.Half) -> Expr:
    """x where it is larger than lamda in absolute value, else zero; it jumps, so it is no row of the activations."""
    return sympy.Piecewise((x, x > lamda), (x, x < -lamda), (S.Zero, True))


def _normal_distribution(x: Expr) -> Expr:
    """The probability that a standard normal variable is at most x."""
    return sympy.erfc(-x / sympy.sqrt(2)) / 2


# By how many arguments they take.
DEFINED: Mapping[tuple[int, ...], Mapping[str, Callable[..., Expr]]] = {
    (1,): {
        "E1": lambda x: sympy.expint(1, x),
        "log1p": lambda x: sympy.log(1 + x),
        "expm1": lambda x: sympy.exp(x) - 1,
        "exp2": lambda x: 2**x,
        "log2": lambda x: sympy.log(x) / sympy.log(2),
        "log10": lambda x: sympy.log(x) / sympy.log(10),
        "logit": lambda p: sympy.log(p / (1 - p)),
        "log1mexp": lambda x: sympy.log(1 - sympy.exp(x)),
        "log1pexp": lambda x: sympy.log(1 + sympy.exp(x)),
        "logexpm1": lambda x: sympy.log(sympy.exp(x) - 1),
        "exp10": lambda x: 10**x,
        "expit": lambda x: ACTIVATIONS["sigmoid"].function(x),
        "silu": lambda x: ACTIVATIONS["swish"].function(x),
        "arctan": lambda x: sympy.atan(x),
        "hardswish": lambda x: ACTIVATIONS["hard_swish"].function(x),
        "logcosh": lambda x: sympy.log(sympy.cosh(x)),
        "square": lambda x: x**2,
        "reciprocal": lambda x: 1 / x,
        "rsqrt": lambda x: 1 / sympy.sqrt(x),
        "deg2rad": lambda x: S.Pi * x / 180,
        "rad2deg": lambda x: 180 * x / S.Pi,
        "sind": lambda x: sympy.sin(S.Pi * x / 180),
        "cosd": lambda x: sympy.cos(S.Pi * x / 180),
        "tand": lambda x: sympy.tan(S.Pi * x / 180),
        "sinpi": lambda x: sympy.sin(S.Pi * x),
        "cospi": lambda x: sympy.cos(S.Pi * x),
        "erfcx": lambda x: sympy.exp(x**2) * sympy.erfc(x),
        "ndtr": _normal_distribution,
        "normcdf": _normal_distribution,
        "log_ndtr": lambda x: sympy.log(_normal_distribution(x)),
        "ndtri": lambda p: sympy.sqrt(2) * sympy.erfinv(2 * p - 1),
        "lgamma": lambda x: sympy.log(sympy.Abs(sympy.gamma(x))),
        "entr": lambda x: -_zero_at_zero(x, sympy.log(x)),
    },
    (2,): {
        "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
        "logaddexp": lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y)),
        "logaddexp2": lambda x, y: sympy.log(2**x + 2**y) / sympy.log(2),
        "xlogy": lambda x, y: _zero_at_zero(x, sympy.log(y)),
        "xlog1py": lambda x, y: _zero_at_zero(x, sympy.log(1 + y)),
        "gammainc": lambda a, x: sympy.lowergamma(a, x) / sympy.gamma(a),
        "gammaincc": lambda a, x: sympy.uppergamma(a, x) / sympy.gamma(a),
        "betaln": lambda a, b: sympy.log(sympy.Abs(sympy.gamma(a) * sympy.gamma(b) / sympy.gamma(a + b))),
    },
    (1, 2): {"hardshrink": _hard_shrinkage},
    (3,): {
        "clip": lambda x, low, high: sympy.Min(sympy.Max(x, low), high),
        "clamp": lambda x, low, high: sympy.Min(sympy.Max(x, low), high),
    },
}


def _logarithm(x: Expr, base: Expr) -> Expr:
    return sympy.log(x) / sympy.log(base)


def _real_root(x: Expr, n: Integer) -> Expr:
    """The root of which that of a negative number is negative, if n is odd."""
    exponent = Rational(1, n)
    if n % 2 == 0:
        return WrittenPower(x, exponent)
    return multiplied(call(sympy.sign, x), WrittenPower(call(sympy.Abs, x), exponent))


# Of these the tree depends on what the last argument is.
_TREES: Mapping[str, Callable[..., Expr]] = {"real_root": _real_root}
_BY_NAME: Mapping[str, Callable[..., Expr]] = {
    "log": _logarithm,
    **_TREES,
    **{name: definition for row in DEFINED.values() for name, definition in row.items()},
}


def is_abbreviation(name: str, count: int) -> bool:
    """Whether a name with so many arguments stands for an expression."""
    return name in _BY_NAME and (name != "log" or count == 2)


@cache
def abbreviation(name: str) -> Any:
    """The class of the calls of a function; that of ``log`` has a base.

    Examples
    --------
    >>> from sympy.abc import x
    >>> from symgrad.language.written import meaning
    >>> abbreviation("expm1")(x), meaning(abbreviation("expm1")(x))
    (expm1(x), exp(x) - 1)
    """
    own = {"definition": partial(_defined, name), "named": partial(called, name), "__module__": __name__}
    metaclass: Any = type(Abbreviation)
    return metaclass(name, (Abbreviation,), own)


def called(name: str, *arguments: Expr) -> Expr:
    """The call of a function that stands for an expression."""
    made: Expr = abbreviation(name)(*arguments)
    return made


def with_parameters(of: Abbreviation) -> Expr:
    """The call with its parameters, as the table names them, for arguments; what decides its form stays."""
    name = type(of).__name__
    parameters = list(signature(_BY_NAME[name]).parameters)[: len(of.args)]
    arguments: list[Expr] = [sympy.Symbol(p, real=True) for p in parameters]
    return called(name, *(arguments if name not in _TREES else [*arguments[:-1], of.args[-1]]))


def _defined(name: str, *arguments: Expr) -> Expr:
    if name in _TREES:
        return _TREES[name](*arguments)
    places, tree = _definition(name, len(arguments))
    defined: Expr = substituted(tree, dict(zip(places, arguments)))
    return defined


@cache
def _definition(name: str, count: int) -> tuple[list[sympy.Dummy], Expr]:
    """Places for the arguments, and the definition as it is written in the table."""
    places = [sympy.Dummy() for _ in range(count)]
    with sympy.evaluate(False):
        return places, _with_differences(copied(_BY_NAME[name](*places)))


def _with_differences(tree: Basic) -> Basic:
    """The tree with ``x - 1`` for ``x + (-1)``."""
    if not tree.args:
        return tree
    parts = tuple(map(_with_differences, tree.args))
    if isinstance(tree, WrittenSum):
        parts = tuple(negated(-part) if isinstance(part, sympy.Integer) and part < 0 else part for part in parts)
    return rebuilt(tree, parts)
