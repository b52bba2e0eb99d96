"""Claims that fail at single places alone, where what is rounded or compared touches a whole number or a case.

No point that is tried by chance meets such a place: floor(sin(x)) is 1 at pi/2 and at none around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import sympy
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from symgrad.language.verdicts import Outcome, Verdict
from symgrad.language.written import origin
from symgrad.prove.basics import facts
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.certain.side_conditions import zero_on
from symgrad.prove.provers import finite
from symgrad.prove.special.recognised import touching

ROUNDED = (sympy.floor, sympy.ceiling, sympy.frac, sympy.sign, sympy.Heaviside)
LEVELS = (1, 0, -1)
MOST_INSIDE, MOST_PLACES = 6, 6


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """REFUTED at such a place; nothing otherwise."""
    if len(goal.variables) != 1:
        return None
    (x,) = goal.variables
    values = goal.domain.set_of(x)
    for place in dict.fromkeys(p for u in islice(_compared(goal, x), MOST_INSIDE) for p in _places(u, x, goal)):
        if facts.is_in(values, place) is True:
            verdict = finite.at(goal, {x: place}, decide)
            if verdict is not None and verdict.outcome is Outcome.REFUTED:
                return verdict
    return None


def _compared(goal: Goal, x: Symbol) -> Iterator[Expr]:
    """What is rounded, less small whole numbers, and by how much the sides of conditions differ, if it is no line."""
    found: dict[Expr, None] = {}
    for node in (node for side in goal.sides for node in sympy.preorder_traversal(side)):
        if origin(type(node)) in ROUNDED:
            found |= dict.fromkeys(node.args[0] - k for k in LEVELS)
        elif isinstance(node, Relational):
            found[node.lhs - node.rhs] = None
    yield from (u for u in found if u.has(x) and not u.is_polynomial(x))


def _places(u: Expr, x: Symbol, goal: Goal) -> Iterator[Expr]:
    yield from islice(touching(u, x, goal.domain), MOST_PLACES)
    zero = zero_on(u, goal.domain)
    if zero is not None and x in zero:
        yield zero[x]
