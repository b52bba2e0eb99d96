"""Cells made of cells: layers one above the other, both directions of time, output layers, skip connections.

The output of a cell is what its last equation defines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sympy
from sympy import Expr, MatrixExpr, Symbol

from symgrad.base.errors import CellError, ShapeError
from symgrad.base.kinds import demand
from symgrad.recurrent.cells.cell import Cell, Equation
from symgrad.symbols import TIME, Intermediate, Parameter, concatenate, shape_of, timed_in

REVERSE = "_reverse"


def output_of(cell: Cell) -> Expr:
    """What the last equation of a cell defines: the hidden state, or the output where there is one.

    Parameters
    ----------
    cell : Cell
        Any cell; of one made by `stacked`, `with_output` and the like the output of the last part.

    Returns
    -------
    State or Intermediate
        At step t, as a loss takes it.

    Examples
    --------
    >>> import symgrad as sg
    >>> [str(sg.output_of(sg.CELLS[name].cell())) for name in ("lstm", "elman")]
    ['h[t]', 'o[t]']
    """
    found: Cell = demand(Cell, cell, "an output is that of a Cell")
    return found.equations[-1].left


def stacked(*layers: Cell, shared: Iterable[str] = ()) -> Cell:
    """Layers one above the other: the first input of each is the output of the one below.

    Parameters
    ----------
    *layers : Cell
        The lowest first. What they define and their parameters get the number of the layer after the first letter, as
        in h1, W1_f, of ten layers and more h01, W01_f: h10 would be the initial state of h1, too. Inputs keep their
        names.
    shared : iterable of str
        Parameters that all layers that have them share, under their own names.

    Returns
    -------
    Cell
        One cell with the equations of all layers; its output is that of the last.

    Raises
    ------
    ShapeError
        If an output is not of the shape of the input above it, or a shared parameter has two shapes; it names both.
    CellError
        If there are fewer than two layers, a layer above the first has no input, none has the parameter to share, or
        two things would have one name.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> lower, upper = sg.CELLS["tanh"].cell(n, m), sg.CELLS["tanh"].cell(n, n)
    >>> print(sg.stacked(lower, upper, shared=["W"]))
    h1[t] = tanh(W @ h1[t-1] + U1 @ x[t] + b1)
    h2[t] = tanh(U2 @ h1[t] + W @ h2[t-1] + b2)
    """
    if len(layers) < 2 or not all(isinstance(layer, Cell) for layer in layers):
        raise CellError(f"stacked takes two cells or more; got {', '.join(type(a).__name__ for a in layers)}")
    kept = _checked_shared(layers, shared)
    equations: list[Equation] = []
    below: MatrixExpr = None
    for number, layer in enumerate(layers, 1):
        numbered = layer.renamed(
            {name: _numbered(name, number, len(layers)) for name in _own_names(layer) if name not in kept}
        )
        found = numbered.equations if below is None else _fed(numbered, below, number)
        equations.extend(found)
        below = output_of(numbered)
    _check_apart(equations, layers, kept)
    return _cell(equations, " above ".join(layer.name for layer in reversed(layers) if layer.name), layers)


def bidirectional(cell: Cell, *, merge: str = "concatenate", output: str = "y", shared: Iterable[str] = ()) -> Cell:
    """A cell and a copy of it that runs in reverse time, whose names end in ``_reverse``.

    Parameters
    ----------
    cell : Cell
        The half that runs forwards. The copy looks ahead wherever this one looks back, at states and at inputs.
    merge : {"concatenate", "sum"}
        How the outputs of both become one; those of a scalar cell can only be summed, and the caller says so.
    output : str
        The name of that output.
    shared : iterable of str
        Parameters that both directions share.

    Returns
    -------
    Cell
        Both halves and their output. Its reverse states start after the last step, from the argument
        ``h_reverse_end``, which is zero if left out.

    Raises
    ------
    CellError
        If `merge` is neither, the outputs are scalars to concatenate, the cell has something called as `output`, or
        there is no parameter to share.

    References
    ----------
    Schuster, Paliwal, Bidirectional recurrent neural networks (1997).

    Examples
    --------
    >>> import symgrad as sg
    >>> print(sg.bidirectional(sg.CELLS["tanh"].cell(*sg.dims("n m"))))
    h[t] = tanh(W @ h[t-1] + U @ x[t] + b)
    h_reverse[t] = tanh(W_reverse @ h_reverse[t+1] + U_reverse @ x[t] + b_reverse)
    y[t] = concatenate(h[t], h_reverse[t])
    """
    demand(Cell, cell, "bidirectional takes a Cell")
    if merge not in MERGES:
        raise CellError(f"merge is one of {', '.join(MERGES)}; got {merge!r}")
    if merge == "concatenate" and not shape_of(output_of(cell)):
        raise CellError("the outputs of a scalar cell are no vectors to concatenate; use merge='sum'")
    kept = _checked_shared((cell,), shared)
    other = cell.renamed({name: name + REVERSE for name in _own_names(cell) if name not in kept})
    backwards = [Equation(e.left, _reflected(e.right)) for e in other.equations]
    merged = MERGES[merge](output_of(cell), output_of(other))
    y = _new(output, shape_of(merged), (*cell.names, *other.names), "output of both directions")
    return _cell(
        [*cell.equations, *backwards, Equation(y, merged)], f"{cell.name}, bidirectional".lstrip(", "), (cell,)
    )


def with_output(
    cell: Cell,
    size: Symbol | int | None = None,
    *,
    activation: Callable[[Any], Any] | None = None,
    output: str = "y",
    weight: str = "V",
    bias: str = "",
) -> Cell:
    """A cell with an output layer: y = V h + c, or an activation of that.

    Parameters
    ----------
    cell : Cell
        Its output is the h of the formula.
    size : int or Symbol
        The size of the output; nothing for a scalar cell, whose output is a scalar.
    activation : callable, optional
        An activation such as `sigmoid`, of each entry; none unless given, as losses take logits.
    output : str
        The name of y.
    weight : str
        The name of V, of shape (size, n); in a scalar cell it is in small letters.
    bias : str
        The name of c, of shape (size,). Unless given it is ``c``, or ``b_`` and the name of the output where the cell
        has another c.

    Returns
    -------
    Cell
        With one equation more; the layer looks at step t only, so that the states are as before.

    Raises
    ------
    CellError
        If the size is missing, or given for a scalar cell, or the cell has something of one of the three names.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m, p = sg.dims("n m p")
    >>> print(sg.with_output(sg.CELLS["tanh"].cell(n, m), p))
    h[t] = tanh(W @ h[t-1] + U @ x[t] + b)
    y[t] = V @ h[t] + c
    """
    h = output_of(cell)
    if bool(shape_of(h)) != (size is not None):
        wanted = "the size of the output" if shape_of(h) else "no size"
        raise CellError(f"with_output of this cell takes {wanted}, as its output {h} has the shape {shape_of(h)}")
    matrix = shape_of(h) != ()
    v = Parameter(
        weight if matrix else weight.lower(), *((size, h.shape[0]) if matrix else ()), meaning="output weight"
    )
    named = bias or ("c" if "c" not in cell.names else f"b_{output}")
    c = Parameter(named, *((size,) if matrix else ()), meaning="output bias")
    for name in (v.name, c.name):
        _demand_free(name, cell.names)
    y = _new(output, shape_of(c), cell.names, "output")
    right = (v @ h if matrix else v * h) + c
    return _cell([*cell.equations, Equation(y, activation(right) if activation else right)], cell.name, (cell,))


def with_residual(cell: Cell, *, output: str = "y") -> Cell:
    """A cell with a skip connection around it: its output plus its first input.

    The recurrence does not see the sum; the layer above does.

    Parameters
    ----------
    cell : Cell
        A cell with an input of the shape of its output.
    output : str
        The name of the sum.

    Returns
    -------
    Cell
        With one equation more.

    Raises
    ------
    ShapeError
        If the input and the output are not of one shape; it names both.
    CellError
        If the cell has no input, or something called as `output`.

    References
    ----------
    Wu et al., Google's neural machine translation system (2016), section 3.1.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> print(sg.with_residual(sg.CELLS["tanh"].cell(n, n)))
    h[t] = tanh(W @ h[t-1] + U @ x[t] + b)
    y[t] = h[t] + x[t]
    """
    h, x = output_of(cell), _first_input(cell)
    if shape_of(h) != shape_of(x):
        raise ShapeError(f"with_residual adds {h} and {x}", "+", (shape_of(h), shape_of(x)))
    y = _new(output, shape_of(h), cell.names, "output with the input added")
    return _cell([*cell.equations, Equation(y, h + x)], f"{cell.name}, residual".lstrip(", "), (cell,))


# --- parts --------------------------------------------------------------------------------------------------------

MERGES: Mapping[str, Callable[[Any, Any], Any]] = {
    "concatenate": concatenate,
    "sum": lambda one, other: one + other,
}


def _cell(equations: Iterable[Equation], name: str, parts: Iterable[Cell]) -> Cell:
    sources = dict.fromkeys(part.source for part in parts if part.source)
    return Cell([(e.left, e.right) for e in equations], name=name, source="; ".join(sources))


def _own_names(cell: Cell) -> list[str]:
    """What belongs to a cell and not to what it is given."""
    own = (*(e.left for e in cell.equations), *cell.parameters)
    return [v.name for v in own]


def _numbered(name: str, number: int, layers: int) -> str:
    first, *below = name.split("_")
    return "_".join([f"{first}{number:0{len(str(layers))}}", *below])


def _first_input(cell: Cell) -> MatrixExpr:
    """The input that the first equation with an input has first."""
    if not cell.inputs:
        raise CellError(f"the cell has no input: {cell}")
    return cell.inputs[0]


def _fed(layer: Cell, below: MatrixExpr, number: int) -> list[Equation]:
    """The equations of a layer with what is below it in place of its first input."""
    x = _first_input(layer)
    if shape_of(x) != shape_of(below):
        raise ShapeError(f"layer {number} takes {x} and is given {below}", "stacked", (shape_of(x), shape_of(below)))
    found = []
    for e in layer.equations:
        table = {v: below.at(v.time) for v in timed_in(e.right) if v.key == x.key}
        found.append(Equation(e.left, e.right.xreplace(table)))
    return found


def _reflected(e: MatrixExpr) -> MatrixExpr:
    """What looks s steps back looks s steps ahead, of states and of inputs."""
    return e.xreplace({v: v.at(sympy.expand(2 * TIME - v.time)) for v in timed_in(e)})


def _checked_shared(layers: Iterable[Cell], shared: Iterable[str]) -> set[str]:
    kept = {shared} if isinstance(shared, str) else set(shared)
    for name in sorted(kept):
        shapes = [shape_of(p) for layer in layers for p in layer.parameters if p.name == name]
        if not shapes:
            known = sorted({p.name for layer in layers for p in layer.parameters})
            raise CellError(f"there is no parameter {name} to share; there are {', '.join(known)}")
        if len(set(shapes)) > 1:
            raise ShapeError(f"the shared parameter {name}", "shared", tuple(dict.fromkeys(shapes)))
    return kept


def _check_apart(equations: list[Equation], layers: tuple[Cell, ...], kept: set[str]) -> None:
    """Numbers make names different unless a name ends in a number itself."""
    count = len(layers)
    own = ((k, name) for k, layer in enumerate(layers, 1) for name in _own_names(layer))
    names = [_numbered(name, k, count) for k, name in own if name not in kept]
    given = {v.name for layer in layers for v in layer.inputs}
    for name in names:
        if names.count(name) > 1 or name in kept | given:
            raise CellError(f"two things would be called {name}; give the cells other names by cell.renamed")


def _demand_free(name: str, taken: Iterable[str]) -> None:
    if name in taken:
        raise CellError(f"the cell has another {name}; choose a name by output=, weight= or bias=")


def _new(name: str, shape: tuple[Expr, ...], taken: Iterable[str], meaning: str) -> MatrixExpr:
    _demand_free(name, taken)
    rows = shape[:1] if len(shape) == 2 and shape[1] == 1 else shape
    return Intermediate(name, *rows, meaning=meaning)
