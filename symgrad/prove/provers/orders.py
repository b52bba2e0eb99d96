"""Max, Min and Piecewise of comparisons: equal in every order in which what is compared may stand, ties included.

There are 13 orders of three numbers, 75 of four, 541 of five. In each of them every case is decided.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, product

import sympy
from sympy import Basic, Derivative, Expr, Piecewise
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

from symgrad import activations
from symgrad.base import sized
from symgrad.base.budget import charge
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.language.written import origin
from symgrad.prove.basics import sentences
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.certain import side_conditions
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import bounds

METHOD = "every order of what is compared"
FEWEST, MOST = 3, 5  # two numbers are compared by one sign
UNTOUCHED = (Derivative, ExprWithLimits, sympy.Limit, sympy.Subs)
HOLDS: dict[str, Callable[[int, int], bool]] = {"==": operator.eq, "<=": operator.le, ">=": operator.ge}
_CHOOSING = (sympy.Max, sympy.Min, Piecewise)
Ranks = Mapping[Expr, int]


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED if the relation holds in every order of the expressions that are compared in both sides."""
    sides = [activations.expand(side) for side in goal.relation.expressions]
    if goal.op not in HOLDS or any(side.has(*UNTOUCHED) for side in sides):
        return None
    compared = list(dict.fromkeys(e for side in sides for e in _compared(side)))
    signs = Signs(goal.domain, bounds.DEEPER)
    if not FEWEST <= len(compared) <= MOST or not all(branch_cuts.is_certainly_real(e, signs) for e in compared):
        return None
    count = 0
    for ranks in _orders(compared):
        charge(sum(map(sized.nodes, sides)))
        try:
            left, right = (_in_order(side, ranks) for side in sides)
        except (KeyError, StopIteration):
            return None  # a case is chosen of what is not compared elsewhere, or there is none
        if goal.op == "==":
            if sized.expand(left - right) != 0:
                return None
        elif left not in ranks or right not in ranks or not HOLDS[goal.op](ranks[left], ranks[right]):
            return None
        count += 1
    named = [sentences.shown(e, sentences.LONGEST_PLACE) for e in compared]
    of = sentences.listed([text for text in named if text]) if all(named) else "what is compared"
    what = "both sides are the same" if goal.op == "==" else "the inequality holds"
    evidence = f"{what} in each of the {count} orders of {of}"
    return side_conditions.settle(Verdict(Outcome.PROVED, METHOD, evidence), goal, (), decide)


def _compared(e: Basic) -> Iterator[Expr]:
    """The expressions that are compared, down to those that hold no case of their own."""
    for node in sympy.preorder_traversal(e):
        if origin(node.func) in (sympy.Max, sympy.Min) or isinstance(node, Relational):
            yield from (a for a in node.args if origin(a.func) not in _CHOOSING)


def _orders(compared: list[Expr]) -> Iterator[Ranks]:
    """All orders with ties, as ranks from 0 on without a gap; what is known of two numbers is respected."""
    known = {
        (a, b): sign for a, b in combinations(compared, 2) if not (a - b).free_symbols
        and (sign := constant_sign(a - b)) is not None
    }  # fmt: skip
    for ranks in product(range(len(compared)), repeat=len(compared)):
        if set(ranks) != set(range(max(ranks) + 1)):
            continue
        order = dict(zip(compared, ranks, strict=True))
        if all((order[a] > order[b]) - (order[a] < order[b]) == sign for (a, b), sign in known.items()):
            yield order


def _in_order(e: Expr, ranks: Ranks) -> Expr:
    """The case of an expression that holds in an order, with one name for all that tie."""
    if e in ranks:
        return next(other for other, rank in ranks.items() if rank == ranks[e])
    if origin(e.func) in (sympy.Max, sympy.Min):
        best = max if origin(e.func) is sympy.Max else min
        return best((_in_order(a, ranks) for a in e.args), key=lambda a: ranks[a])
    if isinstance(e, Piecewise):
        chosen = (value for value, condition in e.args if _holds(condition, ranks))
        return _in_order(next(chosen), ranks)
    if not e.args:
        return e
    made: Expr = e.func(*(_in_order(a, ranks) for a in e.args))
    return made


def _holds(condition: Basic, ranks: Ranks) -> bool:
    if isinstance(condition, Relational):
        left, right = (sympy.Integer(ranks[_in_order(side, ranks)]) for side in condition.args)
        return bool(condition.func(left, right))
    if isinstance(condition, BooleanFunction):
        return bool(condition.func(*(sympy.true if _holds(a, ranks) else sympy.false for a in condition.args)))
    return bool(condition == sympy.true)
