"""Runs far from the simple ones, at which claims about cells are tried that no rule proves.

Slopes are largest at one argument, and gradients grow or vanish with the number of steps: so weights are large, at the
ends of where they may lie, or 0 one by one, states start close to 0 and far from it, and some runs are long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from itertools import product as combinations
from typing import Any

import numpy as np
import sympy
from flint import fmpq
from sympy import Basic, Expr, Symbol
from sympy.logic.boolalg import Boolean

from symgrad.base.untyped import Array
from symgrad.language.statements import Domain
from symgrad.norms.points import NEARLY, numbers, oblique

SHORT, LONG = (1, 2), 12  # numbers of steps
RUNS = (90, 60, 60)  # for each of them
TIMES = 8  # values of t and of the indices that are tried in a run
STARTS = tuple(map(fmpq, (0, 1, -1, 8, fmpq(1, 64), -8, -16)))  # of all initial states
FACTORS = (8, 1, 2, -8, 16, fmpq(1, 2), -1, 64, -16, 1000)
BEYOND = 16  # times a bound: slopes are at least 1/4 somewhere, of all usual activations
LARGEST, LARGEST_EXPONENT, MOST_SPOKEN_OF = 10**12, 64, 3
SATURATING = (0, 16, -16)  # biases, of which a gate is closely 1 or 0
FEW, MOST_CHOICES = 4, 60
MOST_FIXED = 12  # choices of weights of which a fixed point is looked for
FARTHEST, BISECTIONS = 2, 48  # where it is looked for, and how closely it is found
WEIGHT_OF_START = 5  # so many choices of weights are tried before the next start


def factors_for(sides: Iterable[Expr], conditions: Iterable[Boolean]) -> tuple[fmpq, ...]:
    """Sizes of weights: what conditions allow, large and usual ones, and those that exceed what a claim bounds."""
    allowed = [value for q in _numbers(conditions)[:MOST_SPOKEN_OF] for value in (q, q * NEARLY)]
    beyond = [q * BEYOND for q in reversed(_numbers(sides)) if q > 1][:MOST_SPOKEN_OF]
    first, *others = map(fmpq, FACTORS)
    return tuple(dict.fromkeys((first, *allowed, *beyond, *others)))


def _numbers(spoken_of: Iterable[Basic]) -> list[fmpq]:
    """The absolute values of the rational numbers in expressions, powers such as 10**6 among them."""
    found = set()
    for node in (node for e in spoken_of for node in sympy.preorder_traversal(e)):
        number = node
        if isinstance(node, sympy.Pow) and all(part.is_Rational for part in node.args):
            base, exponent = node.args
            number = base**exponent if exponent.is_Integer and abs(exponent) <= LARGEST_EXPONENT else base
        if number.is_Rational and 0 < abs(number) <= LARGEST:
            found.add(fmpq(int(abs(number).p), int(number.q)))
    return sorted(found)


def values_of(symbol: Symbol, domain: Domain, factors: tuple[fmpq, ...]) -> list[fmpq]:
    """Values of a scalar within its set: its ends, or what is close to them, and the factors."""
    values = domain.set_of(symbol)
    if symbol.is_integer:
        return numbers(symbol, values)
    ends = [fmpq(int(e.p), int(e.q)) for e in (values.sup, values.inf) if getattr(e, "is_Rational", False)]
    close = [end + shift for end in ends for shift in (0, fmpq(-1, 1024), fmpq(1, 1024))]
    wanted = dict.fromkeys((*close, *factors))
    return [v for v in wanted if values.contains(sympy.Rational(int(v.p), int(v.q))) == sympy.true] or numbers(
        symbol, values
    )


def squares_of(size: int, factors: tuple[fmpq, ...]) -> list[Any]:
    """Square weights: multiples of the identity, of nilpotent matrices and of others that are far from normal."""
    shift, unit = np.eye(size, k=1, dtype=int), np.eye(size, dtype=int)
    kinds = (unit, shift, unit + shift, unit - np.eye(size, k=-1, dtype=int), oblique(size))
    found = [kind * factor for factor in factors for kind in kinds[:3]]
    found += [kind * factor for factor in factors[:3] for kind in kinds[3:]]
    return [*found, *(unit * fmpq(1, 2) + shift * factor for factor in factors[:3])]


def choices(families: Mapping[str, list[Array]], rest: Mapping[str, Array]) -> Iterator[dict[str, Array]]:
    """Values for all: each at its first ones, with one of them or all others at rest in turn."""
    for place in range(FEW):
        yield {name: family[place % len(family)] for name, family in families.items()}
    if len(families) > 1:
        for place, name in combinations(range(FEW), families):
            alone = families[name][place % len(families[name])]
            yield {**rest, name: alone}
            yield {other: family[place % len(family)] for other, family in families.items()} | {name: rest[name]}
    for place in range(FEW, max(map(len, families.values()), default=0)):
        yield {name: family[place % len(family)] for name, family in families.items()}


def turning(families: Mapping[str, list[Array]], rest: Mapping[str, Array]) -> list[dict[str, Array]]:
    """Values of which one is below 0: steps then turn states around, and have fixed points with large slopes."""
    alone = ({**rest, name: value} for name, family in families.items() for value in family if value < 0)
    others = (c for c in choices(families, rest) if any(value < 0 for value in c.values()))
    return [*islice(alone, MOST_FIXED), *islice(others, MOST_FIXED)]


def runs(weights: Iterable[dict[str, Any]], most: int) -> Iterator[tuple[dict[str, Array], fmpq]]:
    """Weights with starts of the states, the first ones of both first."""
    every = list(dict(enumerate(weights)).values())[:MOST_CHOICES]
    places = combinations(range(len(every)), range(len(STARTS)))
    for place, start in sorted(places, key=lambda both: (both[0] + WEIGHT_OF_START * both[1], both))[:most]:
        yield every[place], STARTS[start]


def fixed_point(step: Callable[[fmpq], float]) -> fmpq | None:
    """A start that one step of a unit hardly changes, so that no slope of a long run is lost by saturation.

    Parameters
    ----------
    step : callable
        How much a step changes a state; digits do not matter, as any start is a start.
    """
    grid = [fmpq(k, 2) + fmpq(1, 16) for k in range(-2 * FARTHEST, 2 * FARTHEST)]
    signs = [step(x) > 0 for x in grid]
    low = next((k for k in range(len(grid) - 1) if signs[k] != signs[k + 1]), None)
    if low is None:
        return None
    left, right, is_rising = grid[low], grid[low + 1], signs[low]
    for _ in range(BISECTIONS):
        middle = (left + right) / 2
        left, right = (middle, right) if (step(middle) > 0) == is_rising else (left, middle)
    return left
