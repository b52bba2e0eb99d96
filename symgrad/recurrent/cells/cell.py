"""Cells: one step of a recurrent network as an ordered list of named equations."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import sympy
from sympy import Expr, MatrixExpr, S
from sympy.core.function import Function
from sympy.utilities.iterables import strongly_connected_components

from symgrad.activations.rows import ROWS
from symgrad.base.copies import Exact
from symgrad.base.errors import CellError, ShapeError, shape_text
from symgrad.base.kinds import demand, pairs_of
from symgrad.recurrent.cells.operations import in_operations
from symgrad.recurrent.cells.shapes import checked_shape
from symgrad.recurrent.cells.step_names import demand_no_steps, sizes_in
from symgrad.symbols import (
    LENGTH,
    TIME,
    Elementwise,
    Intermediate,
    OfEntries,
    Role,
    Softmax,
    TimedMatrix,
    TimedScalar,
    declared_shape,
    elementwise,
    parameters_in,
    renamed,
    shape_of,
    timed_in,
)
from symgrad.symbols.notation import latex
from symgrad.symbols.totals import is_total
from symgrad.symbols.writing import to_text

Variable: TypeAlias = TimedScalar | TimedMatrix
GIVEN_OR_COMPUTED = (Role.STATE, Role.INPUT, Role.INTERMEDIATE)  # the roles of what has a value at every step


@dataclass(frozen=True)
class Equation(Exact):
    """A variable and what it is equal to, printed as text.

    Parameters
    ----------
    left : State, Intermediate or Expr
        What is defined: a variable at a step, or an adjoint or a gradient, as in `Gradients.backward`.
    right : Expr
        The formula, of the same shape.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> print(Equation(h, sg.tanh(w * h.prev)))
    h[t] = tanh(w*h[t-1])
    """

    left: Expr
    right: Expr

    def __str__(self) -> str:
        return f"{to_text(self.left)} = {to_text(self.right)}"

    @property
    def sides(self) -> tuple[Any, Expr]:
        """The variable and the formula."""
        return self.left, self.right

    def __repr__(self) -> str:
        return str(self)

    def at(self, time: Expr | int) -> Equation:
        """The equation with another step in place of t.

        Parameters
        ----------
        time : int or Expr
            The step: a number, `LENGTH` for T, or a formula such as ``sg.TIME - 1``.

        Returns
        -------
        Equation
            The same relation between the variables at that step; parameters stay as they are.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> print(sg.Equation(h, sg.tanh(w * h.prev)).at(sg.LENGTH))
        h[T] = tanh(w*h[T-1])
        """
        there = {TIME: sympy.S(time)}
        return Equation(self.left.xreplace(there), self.right.xreplace(there))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    @property
    def latex(self) -> str:
        """The equation in LaTeX, without dollar signs."""
        return f"{latex(self.left)} = {latex(self.right)}"


@dataclass(frozen=True, init=False)
class Cell:
    """A recurrent step: states, intermediate values and their equations, in the order in which they are computed.

    The steps are 1 to T. What an equation or a loss reads at a step outside of them, of a state, an input, a target or
    an intermediate value alike, is an argument of its own, which is zero if left out and has a gradient of its own:
    `h0` for h[0], then `h1` for h[-1], `h2` for h[-2]; `h_end` for h[T+1], then `h_end1` for h[T+2].

    Parameters
    ----------
    equations : mapping of variable to expression
        Each state and each intermediate value in terms of those before it, of inputs and parameters, and of what
        stands at other steps (`h.prev`, `x.next`, `z.at(sg.TIME - 2)`). Vectors are written as
        `W @ h.prev + U @ x + b`, activations apply to each entry.
    name : str
        What documents call it.
    source : str
        The paper it is from.

    Attributes
    ----------
    equations : tuple of Equation
        As the author wrote them.
    steps : tuple of Equation
        The same with a name for every pre-activation, one operation deep enough to be differentiated by rule.

    Raises
    ------
    CellError
        If a name is used before it is defined or defined twice, if equations go round in a circle, if there is no
        equation for a state, if two things have one name, arguments of values outside of the steps included, or if an
        equation is not real.
    ShapeError
        If shapes do not fit; it names the equation and both shapes.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> h, x = sg.State("h", n), sg.Input("x", m)
    >>> W, U, b = sg.Parameter("W", n, n), sg.Parameter("U", n, m), sg.Parameter("b", n)
    >>> for equation in sg.Cell({h: sg.tanh(W @ h.prev + U @ x + b)}).steps:
    ...     print(equation)
    a[t] = W @ h[t-1] + U @ x[t] + b
    h[t] = tanh(a[t])
    """

    equations: tuple[Equation, ...]
    steps: tuple[Equation, ...] = field(repr=False)
    name: str
    source: str

    def __init__(
        self,
        equations: Mapping[Any, Any] | Iterable[tuple[Any, Any]],
        *,
        name: str = "",
        source: str = "",
    ) -> None:
        pairs = pairs_of(equations, "a cell", CellError)
        written = tuple(Equation(left, _read(left, right)) for left, right in pairs)
        _check_names(written)
        for equation in written:
            _check_shapes(equation)
        _check_order(written)
        steps = _with_preactivations(written)
        _check_arguments(steps)
        for text in (name, source):
            demand(str, text, "the name and the source of a cell are text")
        for attribute, value in (("equations", written), ("steps", steps), ("name", name), ("source", source)):
            object.__setattr__(self, attribute, value)

    @cached_property
    def defined(self) -> tuple[Variable, ...]:
        """Everything that has an equation, pre-activations that got a name included."""
        return tuple(step.left for step in self.steps)

    @cached_property
    def states(self) -> tuple[Variable, ...]:
        """The states, each at step t, in the order of their equations."""
        return tuple(v for v in self.defined if v.role is Role.STATE)

    @cached_property
    def intermediates(self) -> tuple[Variable, ...]:
        """The intermediate values, each at step t, pre-activations that got a name included."""
        return tuple(v for v in self.defined if v.role is Role.INTERMEDIATE)

    @cached_property
    def inputs(self) -> tuple[Variable, ...]:
        """The inputs, each at step t, in the order in which the equations name them."""
        found = {v.at(TIME): None for step in self.steps for v in timed_in(step.right) if v.role is Role.INPUT}
        return tuple(found)

    @cached_property
    def parameters(self) -> tuple[Expr, ...]:
        """The weights and biases, in the order in which the equations name them."""
        return tuple(dict.fromkeys(p for step in self.steps for p in parameters_in(step.right)))

    @cached_property
    def borders(self) -> tuple[Variable, ...]:
        """What the equations read outside of steps 1 to T, such as the initial state ``h[0]``."""
        return tuple(dict.fromkeys(b for step in self.steps for b in borders_of(step.right)))

    @cached_property
    def is_scalar(self) -> bool:
        """Whether no variable and no parameter is a vector or a matrix."""
        return not any(isinstance(v, MatrixExpr) for v in (*self.defined, *self.inputs, *self.parameters))

    @cached_property
    def preactivations(self) -> tuple[Variable, ...]:
        """The arguments of the activations."""
        used = {a for step in self.steps for a in _arguments(step.right)}
        return tuple(v for v in self.intermediates if v in used)

    def equation_of(self, variable: Variable) -> Equation:
        """The equation of a variable, as in `steps`.

        Parameters
        ----------
        variable : State or Intermediate
            One of `defined`, at whatever step.

        Returns
        -------
        Equation
            That of step t.

        Raises
        ------
        CellError
            If the cell has none; it names those that it has.
        """
        for step in self.steps:
            if step.left.key == variable.key:
                return step
        raise CellError(f"the cell has no equation for {variable}; it has {', '.join(map(str, self.defined))}")

    def renamed(self, names: Mapping[str, str]) -> Cell:
        """The same cell with other names for its variables and parameters.

        Parameters
        ----------
        names : mapping of str to str
            New names by the old ones; what it does not name keeps its name, and names that the cell does not have are
            passed over.

        Returns
        -------
        Cell
            With the same `name` and `source`.

        Raises
        ------
        CellError
            If two things would have one name.

        Examples
        --------
        >>> import symgrad as sg
        >>> print(sg.CELLS["tanh"].cell().renamed({"h": "s", "w": "v"}))
        s[t] = tanh(b + u*x[t] + v*s[t-1])
        """
        table = {renamed(e.left, names): renamed(e.right, names) for e in self.equations}
        return Cell(table, name=self.name, source=self.source)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all variables, inputs and parameters."""
        return tuple(dict.fromkeys(v.name for v in (*self.defined, *self.inputs, *self.parameters)))

    def __str__(self) -> str:
        return "\n".join(map(str, self.equations))

    def _repr_latex_(self) -> str:
        lines = r" \\ ".join(f"{latex(e.left)} &= {latex(e.right)}" for e in self.equations)
        return rf"$\displaystyle \begin{{aligned}} {lines} \end{{aligned}}$"


# --- reading ------------------------------------------------------------------------------------------------------


def _read(left: Expr, right: Expr) -> Expr:
    if not isinstance(left, TimedScalar | TimedMatrix) or left.role not in (Role.STATE, Role.INTERMEDIATE):
        raise CellError(f"an equation defines a State or an Intermediate; got {left}")
    if left.time != TIME:
        raise CellError(f"an equation defines a variable at step t; got one for {left}")
    expression = sympy.S(right) if isinstance(right, int) else right
    if not isinstance(expression, Expr):
        raise CellError(f"the equation of {left}: what it is equal to must be an expression; got {right!r}")
    demand_real(expression, f"the equation of {left}")
    return in_operations(applied_to_entries(expression), f"the equation of {left}")


def demand_real(expression: Expr, where: str) -> None:
    """Refuse numbers that are not real."""
    for number in (S.ImaginaryUnit, S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
        if expression.has(number):
            raise CellError(f"{where}: cells compute with real numbers, and {to_text(expression)} has {number} in it")


def applied_to_entries(expression: Expr) -> Expr:
    """A function that SymPy applied to a whole matrix as the function of each entry."""
    if isinstance(expression, Function) and isinstance(expression.args[0], MatrixExpr):
        return elementwise(expression.func, *expression.args)
    return expression


def _check_names(equations: tuple[Equation, ...]) -> None:
    if not equations:
        raise CellError("a cell needs at least one equation, as in Cell({h: tanh(w*h.prev)})")
    known: dict[str, Expr] = {}
    for equation in equations:
        for v in (equation.left, *timed_in(equation.right), *parameters_in(equation.right)):
            demand_one_meaning(v, known, str(equation))
        for side in equation.sides:
            demand_no_steps((size.name for size in sizes_in(side)), str(equation))
    lefts = [e.left.name for e in equations]
    for name in lefts:
        if lefts.count(name) > 1:
            raise CellError(f"two equations define {name}")


def demand_one_meaning(v: Expr, known: dict[str, Expr], where: str) -> None:
    """Take note of what a name stands for; refuse a second meaning."""
    thing = v.at(TIME) if isinstance(v, TimedScalar | TimedMatrix) else v
    other = known.setdefault(v.name, thing)
    if other != thing:
        first, second = (f"{_role(a)} {shape_text(declared_shape(a))}" for a in (other, thing))
        raise CellError(
            f"{where}: the name {v.name} stands for {first} and for {second}"
            if first != second
            else f"{where}: two parameters are called {v.name}, with different assumptions; make it once"
        )


def _role(v: Expr) -> str:
    return str(getattr(v, "role", Role.PARAMETER).value)


# --- other steps --------------------------------------------------------------------------------------------------


def shift_of(v: Variable) -> int:
    """How many steps after step t a variable stands.

    Raises
    ------
    CellError
        If that is no fixed number.
    """
    shift = sympy.expand(v.time - TIME)
    if not shift.is_Integer:
        raise CellError(f"{v} stands at no fixed distance from step t")
    return int(shift)


def borders_of(expression: Expr, at_last: bool = False) -> Iterator[Variable]:
    """What an expression of every step, or one of step T alone, reads outside of steps 1 to T, for whatever T."""
    for v in timed_in(expression):
        if v.role in GIVEN_OR_COMPUTED:
            shift = shift_of(v)
            yield from (v.at(1 - k) for k in range(1, 1 - shift))
            yield from (v.at(LENGTH + k) for k in range(shift if at_last and shift > 0 else 1, shift + 1))


def argument_name(argument: Expr) -> str:
    """The name under which an argument is given: x, W, h0 for the initial state, h_end for the one after the last."""
    if not isinstance(argument, TimedScalar | TimedMatrix) or argument.time == TIME:
        return str(argument.name)
    from_end = sympy.expand(argument.time - LENGTH)
    if from_end.is_Integer:
        return f"{argument.name}_end{int(from_end) - 1 if from_end > 1 else ''}"
    return f"{argument.name}{-int(argument.time)}"


def demand_own_names(borders: Iterable[Variable], others: Iterable[Expr], where: str) -> None:
    """Refuse a variable or parameter that has the name of the argument for a value outside of the steps."""
    named = {v.name: v for v in others}
    for border in borders:
        name = argument_name(border)
        if name in named:
            raise CellError(
                f"{where}: the {_role(named[name])} {name} has the name of the argument for {border}, which is read "
                f"outside of steps 1 to T; give the {_role(named[name])} another name"
            )


def _check_arguments(steps: tuple[Equation, ...]) -> None:
    borders = dict.fromkeys(b for e in steps for b in borders_of(e.right))
    things = (v for e in steps for v in (e.left, *timed_in(e.right), *parameters_in(e.right)))
    now = (v.at(TIME) if isinstance(v, TimedScalar | TimedMatrix) else v for v in things)
    demand_own_names(borders, now, "the cell")


def _check_shapes(equation: Equation) -> None:
    right = checked_shape(equation.right, str(equation))
    left = shape_of(equation.left)
    if right != left:
        hint = "; the number in a 1 by 1 matrix is its trace, as in trace(dot(a, b))"
        one_number = hint if (left, right) == ((), (1, 1)) else ""
        raise ShapeError(f"{equation}: both sides{one_number}", "=", (left, right))


def _check_order(equations: tuple[Equation, ...]) -> None:
    defined = {e.left.key for e in equations}
    for place, equation in enumerate(equations):
        before = {e.left.key for e in equations[:place]}
        for v in timed_in(equation.right):
            try:
                shift = shift_of(v)
            except CellError as error:
                raise CellError(f"{equation}: {error}") from None
            if v.role is Role.ADJOINT or v.role is Role.INPUT:
                continue
            if v.key not in defined:
                raise CellError(f"{equation}: {v.name} has no equation in this cell; known are {_known(equations)}")
            if shift == 0 and v.key not in before:
                hint = f"; did you mean {v.name}.prev?" if v.role is Role.STATE else ""
                raise CellError(f"{equation}: {v} is used before it is defined{hint}")
    _check_circles(equations)


def _known(equations: tuple[Equation, ...]) -> str:
    return ", ".join(e.left.name for e in equations)


def _check_circles(equations: tuple[Equation, ...]) -> None:
    """Variables that wait for later steps and for earlier ones at once can never be computed.

    They can be, if all ways from a variable back to itself lead to earlier steps, or all to later ones. Where two of
    one part of the graph lead to different sides, or one to the same step, some way round them ends where it began.
    """
    defined = {e.left.key for e in equations}
    waits = [(e.left.key, v.key, shift_of(v)) for e in equations for v in timed_in(e.right) if v.key in defined]
    for part in strongly_connected_components((sorted(defined), [(a, b) for a, b, _ in waits])):
        edges = [(a, b, shift) for a, b, shift in waits if a in part and b in part]
        if all(_returns(part, [(a, b, sign * shift) for a, b, shift in edges]) for sign in (1, -1)):
            names = sorted(key[0] for key in part)
            raise CellError(f"the equations of {', '.join(names)} go round in a circle: each waits for the other")


def _returns(nodes: list[tuple[str, str]], edges: list[tuple[tuple[str, str], tuple[str, str], int]]) -> bool:
    """Whether some closed way has a length of at most 0: Bellman and Ford, with a little less for every edge."""
    most = len(nodes)
    lengths = dict.fromkeys(nodes, 0)
    for _ in range(most):
        shorter: dict[tuple[str, str], int] = {}
        for a, b, length in edges:
            found = lengths[a] + length * (most + 1) - 1
            if found < min(lengths[b], shorter.get(b, found + 1)):
                shorter[b] = found
        if not shorter:
            return False
        lengths |= shorter
    return bool(edges)


# --- names for pre-activations ------------------------------------------------------------------------------------


def _arguments(expression: Expr) -> Iterator[Expr]:
    """What activations are applied to."""
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, Elementwise | Softmax):
            yield node.argument
        elif isinstance(node, OfEntries):
            yield from node.arguments
        elif isinstance(node, Function) and isinstance(next(iter(node.args), None), Expr):
            yield from (a for a in node.args[:1] if not isinstance(a, MatrixExpr))


def _composed(expression: Expr) -> list[Expr]:
    """Arguments of activations that are no variables, innermost first: what has one value at a step, no index in it."""
    binding = expression.atoms(sympy.Lambda, sympy.Sum, sympy.Product)
    bound = {index for node in binding for index in node.variables}
    found = [
        a
        for a in _arguments(expression)
        if not isinstance(a, TimedScalar | TimedMatrix) and timed_in(a) and not bound & a.free_symbols
    ]
    always = expression.xreplace({cases: sympy.Dummy() for cases in expression.atoms(sympy.Piecewise)})
    return [a for a in dict.fromkeys(reversed(found)) if not _may_lack_a_value(a) or a in _arguments(always)]


def _may_lack_a_value(e: Expr) -> bool:
    """Whether it need not have one everywhere: in a case it is asked for only where that is chosen."""
    return any(
        (isinstance(part, sympy.Pow) and not (part.exp.is_Integer and part.exp > 0))
        or (isinstance(part, Function) and not is_total(part) and part.func.__name__ not in ROWS)
        for part in sympy.preorder_traversal(e)
    )


def _with_preactivations(equations: tuple[Equation, ...]) -> tuple[Equation, ...]:
    taken = {v.name for e in equations for v in (e.left, *timed_in(e.right), *parameters_in(e.right))}
    total = sum(len(_composed(e.right)) for e in equations)
    steps: list[Equation] = []
    for equation in equations:
        left, right = equation.left, equation.right
        while arguments := _composed(right):
            argument = arguments[0]
            wanted = "a" if total == 1 else f"a_{left.name}"
            name = free_name(wanted, taken)
            taken.add(name)
            rows_columns = shape_of(argument)
            shape = rows_columns[:1] if len(rows_columns) == 2 and rows_columns[1] == 1 else rows_columns
            variable = Intermediate(name, *shape)
            steps.append(Equation(variable, argument))
            right = right.xreplace({argument: variable})
        steps.append(Equation(left, right))
    return tuple(steps)


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """The name that is wanted, or one made from it that is not taken."""
    known = set(taken)
    numbered = (f"{wanted}_{k}" for k in itertools.count(2))
    return wanted if wanted not in known else next(n for n in numbered if n not in known)
