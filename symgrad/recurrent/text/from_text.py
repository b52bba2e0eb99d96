"""Equations and cells from text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from symgrad.base.errors import CellError
from symgrad.base.kinds import lines_of
from symgrad.base.precision import in_turn
from symgrad.reading.text import vocabulary
from symgrad.reading.vectors.keeping import KeepingReader
from symgrad.reading.vectors.names import BINDERS, bound_names, call_name, unknown
from symgrad.reading.vectors.reader import read_source
from symgrad.reading.vectors.scan import VectorSource
from symgrad.recurrent.cells.cell import Cell, Equation
from symgrad.recurrent.cells.step_names import demand_no_steps
from symgrad.recurrent.forms.state_jacobians import StateJacobian
from symgrad.recurrent.gradients.loss_derivatives import gradient_name
from symgrad.recurrent.text.quotients import QuotientReader
from symgrad.symbols import Input, Intermediate, Parameter, State, TimedMatrix, TimedScalar
from symgrad.symbols.notation import latex
from symgrad.symbols.writing import to_text


def read_formula(text: str, names: Mapping[str, Expr]) -> Expr:
    """The formula of a text, in which dh[t]/dh[k] is the derivative of a state with respect to an earlier one."""
    return read_source(VectorSource(text), names, QuotientReader)


@dataclass(frozen=True)
class Differential:
    """The left side of dh[t] = ... or dx[2] = ...: what the loss is differentiated with respect to."""

    variable: Expr


@dataclass(frozen=True)
class Differentiated(Equation):
    """A line whose left side was written as a differential, such as dh[1], for the adjoint or gradient that it is.

    Attributes
    ----------
    of : Expr
        The variable at its step.
    """

    of: Expr

    def __str__(self) -> str:
        return f"d{self.of} = {to_text(self.right)}"

    @property
    def latex(self) -> str:
        return f"{latex(gradient_name(self.of))} = {latex(self.right)}"


def read_equation(
    text: str, names: Mapping[str, Expr], gradients: Mapping[str, Expr], differentials: Mapping[str, Expr]
) -> tuple[Any, Expr]:
    """The sides of a line of a derivation: a variable at some step, a gradient or a Jacobian, and its formula.

    Parameters
    ----------
    gradients : mapping of name such as dW or dx to what the formula is that of
    differentials : mapping of name such as dh or dx to variable
        What stands with a step, as in dx[2].

    Raises
    ------
    ParseError
        If the left side is none of them, or the right side is no formula.
    """
    left, right = VectorSource(text).sides()
    name = text[: left.stop].strip()
    if name in gradients:
        return gradients[name], read_source(right, names, QuotientReader)
    tree, place = left.tree()
    if isinstance(tree, ast.Name) and tree.id not in names:
        raise left.fault(place(tree), unknown(tree.id, {**names, **gradients}))
    known = ", ".join(gradients)
    if isinstance(tree, ast.Subscript) and isinstance(tree.value, ast.Name) and tree.value.id not in names:
        if tree.value.id not in differentials:
            raise left.fault(place(tree), unknown(tree.value.id, {**names, **gradients}))
        return Differential(read_source(left, differentials)), read_source(right, names, QuotientReader)
    found = read_source(left, names, QuotientReader)
    if not isinstance(found, TimedScalar | TimedMatrix | StateJacobian):
        raise left.fault(place(tree), f"a line is for a variable at some step, or for one of {known}; got {name}")
    return found, read_source(right, names, QuotientReader)


Shape = Any


@in_turn
def read_cell(text: str | Iterable[str], shapes: Mapping[str, Shape] | None = None, name: str = "cell") -> Cell:
    """A cell from its equations as text.

    A name on a left side that some line uses at another step is a state, the other names on left sides are
    intermediate values; what has no equation is an input if it stands with a step, and a parameter if it does not.

    Parameters
    ----------
    text : str or iterable of str
        One equation in a line, such as ``"h[t] = tanh(W @ h[t-1] + U @ x[t] + b)"``, in the order of computation.
    shapes : mapping of str to size or tuple of sizes, optional
        The shapes of the names; those without are scalars.
    name : str
        What documents call the cell.

    Returns
    -------
    Cell
        Its equations in the order of the lines, its variables and parameters by their names in the text.

    Raises
    ------
    ParseError
        If a line is no equation; it points at the place.
    CellError, ShapeError
        If the equations are no cell, as for `Cell`, or a shape is given for a name that is not there.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> shapes = {"h": n, "x": m, "W": (n, n), "U": (n, m), "b": n}
    >>> cell = sg.read_cell("h[t] = tanh(W @ h[t-1] + U @ x[t] + b)", shapes)
    >>> cell.states, cell.inputs, cell.parameters
    ((h[t],), (x[t],), (U, W, b))
    """
    given = lines_of(text, "read_cell takes a text, or texts with an equation each, as in ['h[t] = tanh(w*h[t-1])']")
    lines = [line for line in given if line.strip()]
    uses = _Uses(dict(shapes or {}))
    for line in lines:
        uses.add(line)
    names = uses.variables()
    equations: dict[Expr, Expr] = {}
    for line in lines:
        left, right = VectorSource(line).sides()
        variable = read_source(left, names)
        if variable in equations:
            raise CellError(f"two equations define {variable}")
        equations[variable] = read_source(right, names, KeepingReader)
    return Cell(equations, name=name)


class _Uses:
    """How names are used in the lines of a cell.

    Attributes
    ----------
    shapes : dict
        The shapes that were given.
    defined : dict
        The names on left sides, in order.
    used : dict
        The other names, in order.
    stepped : set
        Names that stand with a step.
    moved : set
        Names that stand with another step than t.
    """

    def __init__(self, shapes: dict[str, Shape]) -> None:
        self.shapes = {key: shape if isinstance(shape, tuple) else (shape,) for key, shape in shapes.items()}
        self.defined: dict[str, None] = {}
        self.used: dict[str, None] = {}
        self.stepped: set[str] = set()
        self.moved: set[str] = set()

    def add(self, line: str) -> None:
        """Take note of the names of one line."""
        left, right = VectorSource(line).sides()
        tree, place = left.tree()
        named = tree.value if isinstance(tree, ast.Subscript) else tree
        if not isinstance(named, ast.Name) or (isinstance(tree, ast.Subscript) and not _is_now(tree.slice)):
            raise left.fault(place(tree), "the left side of an equation of a cell is a name with its step, as in h[t]")
        self.defined[named.id] = None
        self._look_at(right.tree()[0])

    def _look_at(self, tree: ast.AST) -> None:
        nodes = list(ast.walk(tree))
        bound = bound_names(tree)
        skipped = {id(n) for tree in _of_no_cell(nodes) for n in ast.walk(tree)}
        for node in nodes:
            if isinstance(node, ast.Name) and id(node) not in skipped and id(node) not in bound:
                self.used[node.id] = None
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                self._note_step(node.value.id, node.slice)

    def _note_step(self, name: str, index: ast.expr) -> None:
        if not isinstance(index, ast.Slice | ast.Tuple):
            self.stepped.add(name)
            if not _is_now(index):
                self.moved.add(name)

    def variables(self) -> dict[str, Expr]:
        """The variables and parameters by name."""
        self._check_shapes()
        sizes = {s.name for shape in self.shapes.values() for size in shape for s in getattr(size, "free_symbols", ())}
        demand_no_steps(sizes, "shapes")
        demand_no_steps(self.used, "a cell in text")
        plain = {"t", "T", *sizes} - {*self.defined, *self.stepped}  # a cell refuses a variable called t
        known = {n for n in vocabulary.CONSTANTS if n not in self.shapes and n not in self.stepped}
        names = {
            n: None for n in (*self.defined, *self.used) if n not in known and not (n in plain and n not in self.shapes)
        }
        return {n: self._kind(n)(n, *self.shapes.get(n, ())) for n in names}

    def _kind(self, name: str) -> Any:
        if name in self.defined:
            return State if name in self.moved else Intermediate
        return Input if name in self.stepped else Parameter

    def _check_shapes(self) -> None:
        for name in self.shapes:
            if name not in self.defined and name not in self.used:
                raise CellError(f"shapes: {unknown(name, {**self.defined, **self.used})}")


def _of_no_cell(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The parts of a formula in which names stand for steps, sizes and functions."""
    for node in nodes:
        if isinstance(node, ast.Subscript):
            yield node.slice
        elif isinstance(node, ast.Call):
            yield node.func
            yield from node.args[:1] if call_name(node) == "slope" else ()
            yield from node.args[1:] if call_name(node) in BINDERS else ()


def _is_now(index: ast.expr) -> bool:
    return isinstance(index, ast.Name) and index.id == "t"
