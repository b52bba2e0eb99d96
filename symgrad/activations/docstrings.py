"""Docstrings of the activations, made of their rows: formula, slope, range, kinks, source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import sympy
from sympy import Expr, Interval, S
from sympy.sets import Set

from symgrad.activations.rows import ACTIVATIONS, INPUT, Activation, LargestSlope

LONGEST = 100  # characters of a formula; a longer one is shown with few digits for its constants
FEW_DIGITS = 6
BOUND_DIGITS = 7

_TEMPLATE = """{about}

{formulas}

{facts}

Parameters
----------
u : Expr
    The input: a scalar, or a vector or matrix, of which it is the function of each entry.
*parameters : Expr
    {parameters}

Returns
-------
Expr
    In the shape of `u`.

References
----------
{source}

Examples
--------
>>> import symgrad as sg
>>> from symgrad.activations import {name}
>>> {name}(-1).evalf({digits})
{value}
>>> {name}(sg.State("h", *sg.dims("n"))).shape
(n, 1)
"""


def docstring(name: str, about: str) -> str:
    """What the row of an activation says of it, as numpydoc wants it.

    Examples
    --------
    >>> print(*docstring("relu", "The rectified linear unit max(0, x).").splitlines()[:6], sep="\\n")
    The rectified linear unit max(0, x).
    <BLANKLINE>
    It is ``Piecewise((x, x > 0), (0, True))``, its slope ``Piecewise((1, x > 0), (0, True))``.
    <BLANKLINE>
    Values: ``[0, oo)``. Kinks: 0, where the slope is that of PyTorch. Largest absolute value of the
    slope: ``1``, at x = 1.
    """
    default = ACTIVATIONS[name]
    return _TEMPLATE.format(
        about=about,
        formulas=_formulas(default.with_parameters(*(symbol for symbol, _ in default.parameters))),
        facts=_filled(" ".join([*(["With default parameters."] if default.parameters else []), *_facts(default)])),
        parameters=_parameters(default),
        source=f"{default.source}.",
        name=name,
        value=default.function(-1).evalf(FEW_DIGITS),
        digits=FEW_DIGITS,
    )


def _formulas(row: Activation) -> str:
    return _filled(f"It is {_shown(row.definition)}, its slope {_shown(row.slope)}.")


def _filled(text: str) -> str:
    return textwrap.fill(text, LONGEST, break_long_words=False, break_on_hyphens=False)


def _shown(formula: Expr, around: str = "{}") -> str:
    """A formula within other signs; a long one with few digits for its constants, and that is said."""
    text = str(formula)
    if len(text) <= LONGEST:
        return f"``{around.format(text)}``"
    return f"``{around.format(formula.evalf(FEW_DIGITS))}`` to {FEW_DIGITS} digits"


def _facts(row: Activation) -> Iterator[str]:
    yield f"Values: {_values(row.range)}."
    yield f"Kinks: {', '.join(map(str, row.kinks))}, where the slope is that of PyTorch." if row.kinks else "No kinks."
    yield f"Largest absolute value of the slope: {_size(row.largest_slope)}."


def _size(steepest: LargestSlope) -> str:
    if not steepest.is_exact:
        at = sympy.N(steepest.at, FEW_DIGITS)
        return f"at most {sympy.N(steepest.upper, BOUND_DIGITS)}, reached near {INPUT} = {at}"
    place = f"at {INPUT} = {steepest.at}" if steepest.attained else f"approached as {INPUT} goes to {steepest.at}"
    return f"{_shown(steepest.upper)}, {place}"


def _values(values: Set | None) -> str:
    if values is None:
        return "an interval; its lower end has no closed form"
    if values == S.Reals:
        return "all real numbers"
    assert isinstance(values, Interval)
    left, right = "(" if values.left_open else "[", ")" if values.right_open else "]"
    return _shown(values.start, f"{left}{{}}, {values.end}{right}")


def _parameters(row: Activation) -> str:
    named = ", ".join(f"{symbol}, {value} unless given" for symbol, value in row.parameters)
    return f"The parameter {named}." if named else "There are none; SymPy refuses a second argument."
