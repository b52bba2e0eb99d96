"""SymPy expressions in ball arithmetic: enclosures that certainly hold the value, at any precision.

An expression is compiled once into a tape of operations and then evaluated at points or on boxes. Values are
exact rationals as long as that is possible, then real balls, then complex balls. Two values stand for none:
UNDEFINED, certainly no finite value (an exact pole), and UNKNOWN, nothing can be said at this precision.
"""

from symgrad.balls.digits import are_told_apart, check_numbers, is_told
from symgrad.balls.endless.walked import enclosed_by_its_tape as _filled  # noqa: F401 (its rows are those of limits and sums)
from symgrad.balls.expansions.near_zero import beside_zero as _beside_zero  # noqa: F401 (its rows are those of expansions)
from symgrad.balls.functions.analytic import FUNCTIONS, RootOfNonnegative
from symgrad.balls.tape import RealTape, Tape, UnsupportedError, enclose, has_endless, is_endless, unmistakable
from symgrad.balls.values import (
    NOT_REAL,
    UNDEFINED,
    UNKNOWN,
    Ball,
    NoValue,
    Value,
    as_fraction,
    as_integer,
    ball,
    hull,
    is_exactly_zero,
    is_real,
    rational,
    separated,
    sign,
)
from symgrad.base.precision import precision

__all__ = [
    "FUNCTIONS", "NOT_REAL", "UNDEFINED", "UNKNOWN", "Ball", "NoValue", "RealTape", "RootOfNonnegative", "Tape",
    "UnsupportedError", "Value", "are_told_apart", "as_fraction", "as_integer", "ball", "check_numbers", "enclose",
    "has_endless", "hull", "is_endless", "is_exactly_zero", "is_real", "is_told", "precision", "rational", "separated",
    "sign", "unmistakable",
]  # fmt: skip
