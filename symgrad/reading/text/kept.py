"""Parts of formulas that have no value everywhere, which SymPy's arithmetic may lose, as in A/k - A/k.

A part is kept where what was made of the formula has no value wherever the part has none. So a power is kept by one of
the same base that is defined nowhere else, 1/c by c**(-3/2) and not by sqrt(c). What is looked at in one case only, or
for the values of a variable of its own, keeps nothing of what stands outside of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import sympy
from sympy import Basic, Expr, Integer, MatrixExpr, Rational
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.activations import ACTIVATIONS
from symgrad.language.provable import as_sympy
from symgrad.symbols import Elementwise, OfEntries, OfMatrix, OrderedProduct, TimeSum, totals

# With a value at all real numbers; celu has none where its parameter is 0.
TOTAL = totals.TOTAL | ACTIVATIONS.keys() - {"celu"}
_BINDERS = (ExprWithLimits, sympy.Limit, sympy.Derivative, sympy.Subs)
_SCOPES = (sympy.Piecewise, *_BINDERS)
_OF_MATRICES = (
    Elementwise,
    OfEntries,
    OfMatrix,
    sympy.Trace,
    TimeSum,
    OrderedProduct,
)  # each read by itself, and kept as a whole


def of_scalar(written: Expr) -> Iterator[Expr]:
    """The parts of a scalar as it was written that need not have a value: powers, functions, cases, limits."""
    for node in filter(_is_partial, _always(written)):
        if isinstance(node, _SCOPES + _OF_MATRICES):
            yield node
        else:
            kinds, made = (sympy.Pow, *_SCOPES) if isinstance(node, sympy.Pow) else (Basic,), as_sympy(node)
            found = [part for part in _always(made) if isinstance(part, kinds) and _is_partial(part)]
            yield from found or ([made] if made.is_real is False else [])


def of_matrix(made: MatrixExpr) -> Iterator[MatrixExpr]:
    """The matrix itself, where its entries need not have values, or a slice may not fit."""
    if isinstance(made, (*_OF_MATRICES, sympy.HadamardPower, MatrixSlice)) and _is_partial(made):
        yield made


def is_total(node: Basic) -> bool:
    """Whether the value of a function, which has one wherever its arguments are real numbers."""
    return type(node).__name__ in TOTAL


def is_slope_total(node: Basic) -> bool:
    """Whether a function has a slope at all real numbers; at a kink one of both sides is meant."""
    return is_total(node) and type(node).__name__ not in totals.JUMPING


def is_in(made: Expr, part: Expr) -> bool:
    """Whether a part stands in what was made of it, where it is looked at whatever the values are."""
    nodes = list(_always(made))
    if isinstance(part, _SCOPES):
        return any(_is_scope_in(node, part) for node in nodes)
    if isinstance(part, sympy.Pow):
        powers = (node for node in nodes if isinstance(node, sympy.Pow) and node.base == part.base)
        return any(totals.is_no_wider(power.exp, part.exp) for power in powers)
    if isinstance(part, sympy.HadamardPower):
        powers = (node for node in nodes if isinstance(node, sympy.HadamardPower))
        if any(part.base in (p.base, p.base.T.doit()) and totals.is_no_wider(p.exp, part.exp) for p in powers):
            return True
    turned = part.T.doit() if isinstance(part, sympy.MatrixExpr) else part
    return part in nodes or turned in nodes


def _always(e: Expr) -> Iterator[Any]:
    """The nodes that must have a value where the whole has one: nothing within a case or of a bound variable."""
    waiting: list[Any] = [e]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Elementwise | OfEntries):
            waiting += node.args[1:]
        elif isinstance(node, Basic) and not isinstance(node, (*_SCOPES, TimeSum, OrderedProduct)):
            waiting += node.args


def _is_scope_in(made: Expr, part: Basic) -> bool:
    """Whether cases, or what binds a variable, are the same conditions or ranges with all parts kept in each place."""
    kind = next(kind for kind in _SCOPES if isinstance(part, kind))
    if not isinstance(made, kind) or len(made.args) != len(part.args):
        return False
    (places, scope), (old_places, old_scope) = map(_apart, (made, part))
    return scope == old_scope and all(is_in(new, p) for new, old in zip(places, old_places) for p in of_scalar(old))


def _apart(scope: Any) -> tuple[list[Any], list[Any]]:
    """What stands in the places of a scope, and its conditions or ranges as SymPy has them."""
    if isinstance(scope, sympy.Piecewise):
        values, conditions = zip(*scope.args)
        return [*values, *conditions], [_one_form(as_sympy(c)) for c in conditions]
    ranges = ((part,) if not isinstance(part, sympy.Tuple) else part.args for part in scope.args[1:])
    return [scope.args[0]], [as_sympy(end) for end in chain.from_iterable(ranges)]


def _one_form(condition: Any) -> Any:
    """A condition as SymPy's Piecewise has it."""
    return condition.replace(lambda c: isinstance(c, Relational), lambda c: c.canonical)


def _is_within(part: Basic, size: Expr) -> bool:
    """Whether a slice lies within, whatever the sizes."""
    start, stop, _ = part
    return bool(start.is_nonnegative and (stop - start).is_positive and (size - stop).is_nonnegative)


def _is_partial(node: Basic) -> bool:
    """Whether this need not have a value where the parts have one that are looked at together with it."""
    if not isinstance(node, _SCOPES + _OF_MATRICES):
        return _is_partial_alone(node)
    inside = sympy.preorder_traversal(node.function.expr if isinstance(node, Elementwise | OfEntries) else node)
    return any(map(_is_partial_alone, inside)) or (isinstance(node, sympy.Derivative) and _has_kinks(node.expr))


def _is_partial_alone(node: Basic) -> bool:
    """The same of a node that is looked at without those within it."""
    if isinstance(node, sympy.Pow):
        return _is_partial_power(node)
    if isinstance(node, sympy.HadamardPower):
        return not _is_natural(node.exp)
    if isinstance(node, MatrixSlice):
        return not all(map(_is_within, (node.rowslice, node.colslice), node.parent.shape))
    if isinstance(node, sympy.Piecewise):
        return bool(node.args[-1][1] != sympy.true)
    if isinstance(node, ExprWithLimits | sympy.Limit):
        is_finite = isinstance(node, sympy.Sum | sympy.Product) and not node.has(sympy.oo, -sympy.oo)
        return not is_finite
    if not isinstance(node, sympy.Function) or isinstance(node, AppliedUndef):
        return False
    is_of_fractions = all(isinstance(a, Rational) for a in node.args)
    return not is_total(node) and not (is_of_fractions and as_sympy(node).is_real)


def _has_kinks(e: Expr) -> bool:
    return any(type(function).__name__ not in totals.SMOOTH for function in e.atoms(sympy.Function))


def _is_partial_power(node: Basic) -> bool:
    base, exponent = node.args
    if _is_plainly_positive(base):
        return False
    if isinstance(base, Rational) and base != 0 and exponent.is_integer:
        return False
    is_nonnegative = isinstance(base, OfMatrix | sympy.Abs) and isinstance(exponent, Rational) and exponent > 0
    return not (is_nonnegative or _is_natural(exponent))


def _is_plainly_positive(e: Expr) -> bool:
    """Whether a number is made of positive ones, without a difference that may be zero in disguise."""
    if isinstance(e, sympy.Add | sympy.Mul):
        return all(map(_is_plainly_positive, e.args))
    if isinstance(e, sympy.Pow):
        return _is_plainly_positive(e.base) and isinstance(e.exp, Rational)
    is_size = isinstance(e, sympy.Symbol) and bool(e.is_integer and e.is_positive)
    return is_size or isinstance(e, sympy.NumberSymbol) or (isinstance(e, Rational) and e > 0)


def _is_natural(e: Expr) -> bool:
    return isinstance(e, Integer) and e >= 0
