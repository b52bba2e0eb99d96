"""Parts of formulas that have no value everywhere, which SymPy's arithmetic may lose, as in A/k - A/k."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Integer
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.activations import ACTIVATIONS
from symgrad.language.provable import as_sympy
from symgrad.symbols import Elementwise, OfMatrix

# With a value at all real numbers; celu has none where its parameter is 0.
TOTAL = {"exp", "sin", "cos", "tanh", "sinh", "cosh", "atan", "asinh", "Abs", "sign", "Max", "Min", *ACTIVATIONS} - {
    "celu"
}


def of_scalar(written: Any) -> Iterator[Any]:
    """The parts of a scalar as it was written that need not have a value: powers, and values of functions."""
    for node in sympy.preorder_traversal(written):
        if _is_partial(node):
            is_wanted = _is_partial_power if isinstance(node, sympy.Pow) else _is_partial
            yield from filter(is_wanted, sympy.preorder_traversal(as_sympy(node)))


def of_matrix(made: Any) -> Iterator[Any]:
    """The matrix itself, where its entries are powers or values of such functions, or a slice may not fit."""
    if isinstance(made, Elementwise) and any(map(_is_partial, sympy.preorder_traversal(made.function.expr))):
        yield made
    if isinstance(made, sympy.HadamardPower) and not _is_natural(made.exp):
        yield made
    if isinstance(made, MatrixSlice) and not all(map(_is_within, (made.rowslice, made.colslice), made.parent.shape)):
        yield made


def is_in(made: Any, part: Any) -> bool:
    """Whether a part stands in what was made of it; of powers another power of the same base is one."""
    nodes = list(sympy.preorder_traversal(made))
    if isinstance(part, sympy.Pow):
        return any(p.base == part.base for node in nodes for p in ([node] if _is_partial_power(node) else []))
    turned = part.T.doit() if isinstance(part, sympy.MatrixExpr) else part
    return part in nodes or turned in nodes


def _is_within(part: Any, size: Any) -> bool:
    """Whether a slice lies within, whatever the sizes."""
    start, stop, _ = part
    return bool(start.is_nonnegative and (stop - start).is_positive and (size - stop).is_nonnegative)


def _is_partial(node: Any) -> bool:
    if isinstance(node, OfMatrix | AppliedUndef):
        return False
    if isinstance(node, sympy.Piecewise):  # its branches are parts of their own
        return bool(node.args[-1][1] != sympy.true)
    is_call = isinstance(node, sympy.Function) and bool(node.free_symbols)
    return _is_partial_power(node) or (is_call and type(node).__name__ not in TOTAL)


def _is_partial_power(node: Any) -> bool:
    is_of_number = isinstance(node, sympy.Pow) and node.base.is_number and not node.base.is_zero
    return isinstance(node, sympy.Pow) and not is_of_number and not _is_natural(node.exp)


def _is_natural(e: Any) -> bool:
    return isinstance(e, Integer) and e >= 0
