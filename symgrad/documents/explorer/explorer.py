"""The explorer: one page, complete in itself, on which the gradient of a recurrent cell vanishes as sliders move.

The functions of its activations are generated from the stable formulas of the table, the formulas that it shows from
the same rows; what is written by hand moves sliders and draws curves.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from sympy import Rational, Symbol

from symgrad.activations import ACTIVATIONS
from symgrad.activations.rows import INPUT, Activation
from symgrad.compute.program.lowering import Lowering
from symgrad.compute.text import javascript
from symgrad.documents.formats.html import MATHML, formula, mathml, stylesheet
from symgrad.documents.tree.document import as_bytes
from symgrad.symbols.notation import latex

TITLE = "Vanishing gradients, live"
FIRST = "sigmoid"  # the activation that the page opens with
GRADIENT = (  # side by side where there is room
    r"\frac{\partial h_T}{\partial h_k} = \prod_{t=k+1}^{T} w f'(a_t), \quad",
    r"\left|\frac{\partial h_T}{\partial h_k}\right| \leq \left(\left|w\right| \gamma\right)^{T-k}",
)


@dataclass(frozen=True)
class Format:
    """A binary format of floating-point numbers: bits of its significand, and exponents of its normal numbers."""

    name: str
    bits: int
    least_exponent: int
    most_exponent: int

    @property
    def least(self) -> Rational:
        """The smallest number above 0, subnormal.

        Examples
        --------
        >>> FORMATS[0].name, FORMATS[0].least
        ('fp16', 1/16777216)
        """
        return Rational(2) ** (self.least_exponent - self.bits + 1)

    @property
    def most(self) -> Rational:
        """The largest finite number."""
        return (2 - Rational(2) ** (1 - self.bits)) * Rational(2) ** self.most_exponent

    @property
    def facts(self) -> dict[str, Any]:
        return {"name": self.name, "least": _log10(self.least), "most": _log10(self.most)}


def _log10(value: Rational) -> float:
    return math.log10(int(value.p)) - math.log10(int(value.q))


# IEEE 754-2019, table 3.5; bfloat16 has the exponents of binary32 and 8 bits of significand.
FORMATS = (
    Format("fp16", 11, -14, 15),
    Format("bf16", 8, -126, 127),
    Format("fp32", 24, -126, 127),
    Format("fp64", 53, -1022, 1023),
)


def page() -> bytes:
    """The page as one file of HTML: no network, no other files.

    Examples
    --------
    >>> page().decode("utf-8").splitlines()[:2]
    ['<!DOCTYPE html>', '<html lang="en">']
    """
    parts = {
        "title": escape(TITLE),
        "styles": stylesheet() + _template("explorer.css"),
        "options": "\n".join(map(_option, javascript.names())),
        "formulas": "\n".join(_formulas(ACTIVATIONS[name]) for name in javascript.names()),
        "step": _formula("h_t = f(a_t), \\quad a_t = w h_{t-1} + b"),
        "gradient": " ".join(map(_formula, GRADIENT)),
        "functions": javascript.activations(javascript.names()),
        "activations": f"{{\n{''.join(map(_entry, javascript.names()))}}}",
        "formats": json.dumps([each.facts for each in FORMATS]),
        "script": _template("explorer.js"),
    }
    return as_bytes(re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _template("explorer.html")))


@cache
def _template(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _option(name: str) -> str:
    chosen = " selected" if name == FIRST else ""
    return f'<option value="{escape(name)}"{chosen}>{escape(name.replace("_", " "))}</option>'


def _entry(name: str) -> str:
    """An activation in JavaScript: its functions and the supremum of its slope."""
    largest = ACTIVATIONS[name].largest_slope
    bound = javascript.literal(Lowering().node(largest.upper))
    functions = ", ".join(f"{kind}: {name}_{kind}" for kind in javascript.KINDS)
    return f"  {name}: {{ {functions}, largest_slope: {bound}, attained: {str(largest.attained).lower()} }},\n"


# --- formulas -----------------------------------------------------------------------------------------------------


def _formulas(row: Activation) -> str:
    """The formulas of an activation, kept aside until it is chosen."""
    f, slope = Symbol("f"), Symbol("f'")
    lines = (
        rf"{latex(f)}(x) = {latex(row.definition)}",
        rf"{latex(slope)}(x) = {latex(row.slope)}",
        rf"\gamma = \sup \left|f'\right| {_largest(row)}",
    )
    shown = "".join(map(_plain, map(formula, lines)))
    return f'<template id="formula-{escape(row.name)}">{shown}</template>'


def _largest(row: Activation) -> str:
    largest = row.largest_slope
    if not largest.is_exact:
        return rf"\leq {float(largest.upper)!r}"
    value = latex(largest.upper)
    rounded = f"{float(largest.upper):.5g}"
    return f"= {value}" if largest.upper.is_Rational else rf"= {value} \approx {rounded}"


def _formula(tex: str) -> str:
    return _plain(mathml(tex, display=True))


def _plain(element: str) -> str:
    """MathML without the name of its namespace, which HTML does not need."""
    return element.replace(f' xmlns="{MATHML}"', "")


assert INPUT.name == "x"  # the letter of the formulas above
