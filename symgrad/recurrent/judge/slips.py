"""What slips make of an equation: a sign, a transpose, an index, a dropped term or factor, the wrong order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import sympy
from sympy import Expr, MatrixExpr

from symgrad.base.errors import CellError
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.cells.shapes import checked_shape
from symgrad.symbols import ParameterMatrix, TimedMatrix, TimedScalar, TimeSum, hadamard_of, shape_of


def slips(equation: Equation) -> Iterator[tuple[str, Equation]]:
    """The equation with one thing changed on its right side, with the name of the slip; shapes still fit.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h, d, W = sg.State("h", n), sg.State("d", n), sg.Parameter("W", n, n)
    >>> for name, spoilt in slips(sg.Equation(h, W.T @ d.next)):
    ...     print(spoilt, "   #", name)
    h[t] = -W.T @ d[t+1]    # sign
    h[t] = d[t+1]    # dropped factor
    h[t] = W @ d[t+1]    # transpose
    h[t] = W.T @ d[t]    # index
    h[t] = W.T @ d[t+2]    # index
    """
    seen = {equation.right}
    for name, right in _spoilt(equation.right):
        if right in seen or not _fits(right, equation):
            continue
        seen.add(right)
        yield name, Equation(equation.left, right)


def _fits(right: Expr, equation: Equation) -> bool:
    try:
        return checked_shape(right, "") == shape_of(equation.left)
    except (CellError, ValueError):
        return False


def _spoilt(e: Expr) -> Iterator[tuple[str, Expr]]:
    for name, slip in SLIPS.items():
        for other in slip(e):
            yield name, other
    if isinstance(e, TimedScalar | TimedMatrix | ParameterMatrix | sympy.Transpose) or not e.args:
        return
    if isinstance(e, TimeSum | sympy.Sum):
        inside = e.term if isinstance(e, TimeSum) else e.function
        for name, other in _spoilt(inside):
            yield name, e.func(other, e.args[1])
        return
    for place, argument in enumerate(e.args):
        if isinstance(argument, sympy.Expr):
            for name, other in _spoilt(argument):
                if name != "sign" or other != -argument or isinstance(e, sympy.MatAdd | sympy.Add):
                    with suppress(ValueError):  # SymPy refuses what does not fit where sizes are numbers
                        yield name, _rebuilt(e, place, other)


def _rebuilt(e: Expr, place: int, other: Expr) -> Expr:
    return e.func(*e.args[:place], other, *e.args[place + 1 :])


def _sign(e: Expr) -> Iterator[Expr]:
    yield -e


def _transpose(e: Expr) -> Iterator[MatrixExpr]:
    if isinstance(e, sympy.Transpose) and isinstance(e.arg, ParameterMatrix):
        yield e.arg
    elif isinstance(e, ParameterMatrix) and e.shape[1] != 1:
        yield e.T
    elif isinstance(e, sympy.MatMul) and [isinstance(a, MatrixExpr) for a in e.args] == [True, True] and _is_square(e):
        yield sympy.MatMul(e.args[1].T, e.args[0].T).doit()


def _is_square(e: MatrixExpr) -> bool:
    return bool(e.shape[0] == e.shape[1] != 1)


def _index(e: Expr) -> Iterator[Expr]:
    if isinstance(e, TimedScalar | TimedMatrix):
        yield e.prev
        yield e.next
    elif isinstance(e, sympy.Transpose) and isinstance(e.arg, TimedMatrix):
        yield e.arg.prev.T
        yield e.arg.next.T


def _limits(e: Expr) -> Iterator[Expr]:
    if isinstance(e, TimeSum | sympy.Sum):
        index, low, high = e.args[1]
        inside = e.term if isinstance(e, TimeSum) else e.function
        yield e.func(inside, (index, low + 1, high))
        yield e.func(inside, (index, low, high - 1))


def _dropped_term(e: Expr) -> Iterator[Expr]:
    if isinstance(e, sympy.MatAdd | sympy.Add):
        for place in range(len(e.args)):
            rest = (*e.args[:place], *e.args[place + 1 :])
            yield e.func(*rest) if len(rest) > 1 else rest[0]


def _dropped_factor(e: Expr) -> Iterator[Expr]:
    if isinstance(e, sympy.HadamardProduct):
        for place in range(len(e.args)):
            yield hadamard_of([*e.args[:place], *e.args[place + 1 :]])
    if isinstance(e, sympy.Mul | sympy.MatMul):
        for place, factor in enumerate(e.args):
            rest = (*e.args[:place], *e.args[place + 1 :])
            matrices = [r for r in rest if isinstance(r, MatrixExpr)]
            is_left = bool(matrices) or not isinstance(e, MatrixExpr)
            is_product = all(a.shape[1] == b.shape[0] for a, b in pairwise(matrices))
            if is_left and is_product and not factor.is_number:
                yield e.func(*rest) if len(rest) > 1 else rest[0]


SLIPS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "sign": _sign,
    "transpose": _transpose,
    "index": _index,
    "limits": _limits,
    "dropped term": _dropped_term,
    "dropped factor": _dropped_factor,
}
