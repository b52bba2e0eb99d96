"""What stands for a number where norms are compared, and what may not: a norm that changes with a bound variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy
from sympy import Basic, Expr, Symbol, Tuple
from sympy.concrete.expr_with_limits import ExprWithLimits

from symgrad.balls import UnsupportedError
from symgrad.language.statements import free_symbols
from symgrad.language.written import rebuilt
from symgrad.symbols import OfMatrix, TimedScalar


class BoundVariableError(UnsupportedError):
    """A norm changes with the variable of a limit, an integral, a sum, a product or a derivative around it."""

    def __init__(self, variable: Symbol) -> None:
        super().__init__(
            f"a norm or a value of the cell depends on {variable}, the variable of a limit, integral, sum, product or "
            "derivative around it, and no rule says more of it"
        )


def is_leaf(node: Basic) -> bool:
    """Whether this has a value of its own: a norm, a trace, a scalar of a cell, or a sum of such over steps."""
    is_over_time = isinstance(node, sympy.Product | sympy.Sum) and node.has(TimedScalar)
    return isinstance(node, OfMatrix | sympy.Trace | TimedScalar) or is_over_time


def bound_by(node: Basic) -> frozenset[Symbol]:
    """The variables that a node binds; that of a derivative, whose value hangs on a whole neighbourhood, is one too."""
    if isinstance(node, sympy.Limit):
        return frozenset({node.args[1]})
    if isinstance(node, ExprWithLimits | sympy.Derivative):
        return frozenset(part[0] for part in node.args[1:])
    return frozenset(node.args[1]) if isinstance(node, sympy.Subs) else frozenset()


def leaves(e: Basic) -> Iterator[tuple[Expr, frozenset[Symbol]]]:
    """The leaves of an expression or a condition, each with the variables that are bound around it and stand in it."""
    waiting: list[tuple[Any, frozenset[Symbol]]] = [(e, frozenset())]
    while waiting:
        node, bound = waiting.pop()
        if is_leaf(node):
            yield node, bound & free_symbols(node) if bound else bound
        elif isinstance(node, Basic):
            within = bound | bound_by(node)
            waiting += [(part, within) for part in node.args]


def atoms_of(e: Expr) -> set[Expr]:
    """The leaves of an expression or a condition.

    Raises
    ------
    BoundVariableError
        If one depends on a bound variable: no number and no symbol may stand for it.
    """
    found = set[Any]()
    for leaf, bound in leaves(e):
        if bound:
            raise BoundVariableError(min(bound, key=str))
        found.add(leaf)
    return found


def is_free(e: Expr) -> bool:
    """Whether no leaf depends on a bound variable."""
    return not any(bound for _, bound in leaves(e))


def moved(e: Basic, table: Mapping[Symbol, Expr]) -> Basic:
    """The tree with numbers in place of sizes and steps, also within matrices; bound variables stay what they are."""
    if is_leaf(e):
        inner = _without(table, bound_by(e))
        return e.xreplace(inner) if inner == table else e
    if not e.args:
        return table.get(e, e)
    inner = _without(table, bound_by(e))
    parts = tuple(moved(part, inner) for part in e.args)
    return Tuple(*parts) if type(e) is Tuple else rebuilt(e, parts)


def _without(table: Mapping[Symbol, Expr], bound: frozenset[Symbol]) -> Mapping[Symbol, Expr]:
    return {s: value for s, value in table.items() if s not in bound} if bound else table
