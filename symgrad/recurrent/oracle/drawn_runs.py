"""Runs of a cell, forward and backward, at numbers that are drawn, or at some that are chosen."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import sympy
from sympy import Rational, S, Symbol

from symgrad.balls import precision
from symgrad.balls.matrices import Surroundings
from symgrad.base.errors import CellError
from symgrad.language.statements import Domain
from symgrad.prove.basics.points import Point, holds_at
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.oracle.runs import is_in_time, run_backward, run_forward, surroundings
from symgrad.symbols import LENGTH, declared_shape, size_symbols

BITS = 256
LARGEST_NUMERATOR = 12
DIVISORS = tuple(2**k for k in range(8))  # of numbers, until no state outgrows all numbers
SIGNS: tuple[Callable[[Any], Any], ...] = (lambda drawn: drawn, abs, lambda drawn: 1 + abs(drawn))  # as for logarithms
OTHER_DRAWS = 1000
WIDE: Mapping[int, int] = dict(zip(range(40, 46), (8, 64, 2048) * 2))  # draws of larger numbers: how many times larger
SEED = 20_261_125  # any fixed number: the same line meets the same numbers on every machine


class NoRunError(CellError):
    """No numbers were found at which a cell has real values, at every step of a run."""


@dataclass(frozen=True)
class Choice:
    """The numbers of a run.

    Attributes
    ----------
    says : str
        What was chosen, as in "at w = 1".
    length : int
        The number of steps.
    sizes : mapping of Symbol to int
        Those of the sizes that were chosen.
    entries : mapping of str to Rational
        What stands in all entries of an argument.
    others : Rational
        What stands in all other arguments.
    """

    says: str
    length: int
    sizes: Mapping[Symbol, int] = field(default_factory=dict)
    entries: Mapping[str, Rational] = field(default_factory=dict)
    others: Rational = S.One


def drawn_run(grad: Backward, length: int, draw: int, among: Sequence[Point] = ()) -> Surroundings:
    """The values of everything in a run of so many steps; where a draw gives no real values, in one of smaller numbers,
    or of ones that are all positive.

    Parameters
    ----------
    among : sequence of dict, optional
        Points that give the only values of some scalar parameters.

    Raises
    ------
    NoRunError
        If none of them does.
    """
    sizes = _usual_sizes(grad)
    for nth, (divisor, signed) in enumerate(product(DIVISORS, SIGNS)):
        generator = random.Random(SEED + draw + nth * OTHER_DRAWS)
        arguments = {
            grad.name_of(a): signed(_rationals(_shape(a, sizes, length), generator) * WIDE.get(draw, 1) / divisor)
            for a in grad.arguments
        }
        arguments |= _at_point(grad, generator.choice(among)) if among else {}
        try:
            return _run(grad, arguments, sizes, length)
        except CellError as error:
            reason = error
    raise NoRunError(str(reason))


def chosen_run(grad: Backward, choice: Choice, domain: Domain) -> Surroundings:
    """The values of everything in a run at chosen numbers.

    Raises
    ------
    CellError
        If the cell or its gradients have no real values there, or the domain has no such scalar parameters.
    """
    sizes = _usual_sizes(grad) | dict(choice.sizes)
    arguments = {
        grad.name_of(a): _filled(_shape(a, sizes, choice.length), choice.entries.get(grad.name_of(a), choice.others))
        for a in grad.arguments
    }
    point = {s: arguments[grad.name_of(s)] for s in domain.symbols}
    if not (all(domain.set_of(s).contains(v) == sympy.true for s, v in point.items()) and holds_at(domain, point)):
        raise CellError(f"{choice.says}: a condition does not hold")
    return _run(grad, arguments, sizes, choice.length)


def _at_point(grad: Backward, point: Point) -> dict[str, Any]:
    return {grad.name_of(s): value for s, value in point.items()}


def _usual_sizes(grad: Backward) -> dict[Symbol, int]:
    symbols = size_symbols((*grad.arguments, *grad.cell.defined))
    return {s: 2 + k % 2 for k, s in enumerate(sorted(symbols, key=str))}


def _shape(argument: Any, sizes: Mapping[Symbol, int], length: int) -> tuple[int, ...]:
    numbers = {s: sympy.Integer(size) for s, size in sizes.items()}
    shape = tuple(int(S(size).xreplace(numbers)) for size in declared_shape(argument))
    return (length, *shape) if is_in_time(argument) else shape


def _run(grad: Backward, arguments: Mapping[str, object], sizes: Mapping[Symbol, int], length: int) -> Surroundings:
    with precision(BITS):
        around = surroundings(grad, arguments, {**sizes, LENGTH: length})
        run_forward(grad, around)
        run_backward(grad, around)
        for home, name in grad.adjoints.items():  # of states before the first step, as far as there are any
            for border in (b for b in grad.borders if b.key == home.key and b.time.is_Integer):
                around.timed[name.key, int(border.time)] = around.evaluate(grad[border])
    around.given |= arguments
    return around


def _filled(shape: tuple[int, ...], number: Rational) -> Any:
    return np.full(shape, number, dtype=object) if shape else number


def _rationals(shape: tuple[int, ...], generator: random.Random) -> Any:
    """Fractions of at most 1, all different in size, so that no matrix is symmetric by chance."""
    count = int(np.prod(shape, dtype=int))
    largest = max(LARGEST_NUMERATOR, count)
    drawn = [Rational(k * generator.choice((-1, 1)), largest) for k in generator.sample(range(1, largest + 1), count)]
    if not shape:
        return drawn[0]
    found = np.empty(shape, dtype=object)
    for place, number in zip(np.ndindex(shape), drawn):
        found[place] = number
    return found
