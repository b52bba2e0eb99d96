"""Programs of formulas: expressions, both sides of claims, formulas about a cell such as products of Jacobians."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any

import numpy as np
import sympy
from sympy import Expr, MatrixExpr, S, Symbol
from sympy.core.symbol import Str

from symgrad.base.errors import CellError, UnderflowWarning
from symgrad.base.precision import in_turn
from symgrad.base.untyped import Array
from symgrad.claims.claim import Claim
from symgrad.compute.arrays.emit import source_of
from symgrad.compute.numbers.arguments import is_in_time
from symgrad.compute.numbers.arithmetic import DOUBLES, NEARLY_ZERO, Arithmetic, are_real, in_reals, is_finite
from symgrad.compute.numbers.dtypes import FLOAT32, FLOAT64, in_singles, told_as_lost
from symgrad.compute.numbers.runtime import BEYOND
from symgrad.compute.numbers.scaled import Scaled
from symgrad.compute.passes.segments import Segments, Wiring, arguments_in
from symgrad.compute.program.adjoints_in_formulas import AdjointsInFormula
from symgrad.compute.program.lowering import Lowering
from symgrad.compute.program.nodes import Node
from symgrad.compute.program.program import (
    EXPONENT,
    LOST,
    Equations,
    Line,
    Program,
    Steps,
    backward_lines,
    forward_lines,
    gradient_lines,
    gradient_target,
    names_in,
    shared,
    with_complements,
)
from symgrad.compute.program.schedule import demand_loops
from symgrad.compute.run.backends import centred, compiled_source, in_arithmetic
from symgrad.compute.run.computation import Computation
from symgrad.compute.run.zeros import OVERFLOWN, are_larger, told_of
from symgrad.language.provable import as_sympy
from symgrad.recurrent.cells.cell import (
    GIVEN_OR_COMPUTED,
    Cell,
    Equation,
    argument_name,
    borders_of,
    demand_own_names,
    free_name,
)
from symgrad.recurrent.cells.matrix_algebra import product, total_of
from symgrad.recurrent.forms.state_jacobians import StateJacobian
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.loss_derivatives import LossDerivative
from symgrad.recurrent.gradients.one_step import state_jacobians
from symgrad.symbols import (
    LENGTH,
    TIME,
    Role,
    Timed,
    TimedMatrix,
    TimedScalar,
    parameters_in,
    shape_of,
    timed_in,
    zero_like,
)

VALUE = "value"
BLOCK = 1 << 14  # points of leading axes that NumPy computes together: what a step needs of them fits a cache
SIDES = ("left", "right")
NOWHERE = "values are infinite or nan: the formula has none there"


@dataclass(frozen=True)
class Formula(Computation):
    """A formula as a program, as `compile` gives it, called with arrays by name; leading axes broadcast.

    Parameters
    ----------
    what : Expr, Claim or Equation
        What is computed: the value of an expression, both sides of a claim, the left side of an equation.
    cell : Cell, Gradients or None
        What the variables of the formula belong to.
    backend : {"numpy", "compiled", "mpmath", "balls"}
        In which numbers it is computed, as in `Gradients.compile`.
    sizes : dict of Symbol to int
        Sizes that no argument shows; the number of steps under `LENGTH`, where no argument has steps.
    digits : int or None
        Of mpmath and of balls; None means 50.
    scaled : bool
        Whether the value is mantissas and exponents, `Scaled`, so that nothing under- or overflows.
    threads : int
        Of compiled, over leading axes.
    dtype : {"float64", "float32"}
        Of the value; float32 are doubles that are rounded once.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> formula = sg.compile(sg.softplus(x), digits=20, backend="balls")
    >>> print(formula(x=-100).str(10, radius=False))
    3.720075976e-44
    """

    what: Expr
    cell: Cell | Backward | None = None
    backend: str = "numpy"
    sizes: Mapping[Any, int] = field(default_factory=dict)
    digits: int | None = None
    scaled: bool = False
    threads: int = 1
    dtype: str = FLOAT64

    def __post_init__(self) -> None:
        super().__post_init__()
        if self._home is not None:
            demand_loops(self._home)

    @property
    def _home(self) -> Cell | None:
        return self.cell.cell if isinstance(self.cell, Backward) else self.cell

    @cached_property
    def _least_length(self) -> int:
        """How many steps a run has at least, so that all that the formula names is there."""
        if self.cell is None:
            return 1
        numbers = (int(v.time) for v in timed_in(_expression(self.what)) if v.time.is_Integer)
        return max([1, *numbers])

    @cached_property
    def program(self) -> Program:
        """The program that every backend reads."""
        if isinstance(self.cell, Backward):
            return _of_gradients(self.what, self.cell)
        return _of_cell(self.what, self.cell) if self.cell is not None else _of_symbols(self.what)

    @cached_property
    def _compiled(self) -> Wiring | None:
        source = compiled_source(self.program, self.program.gradients.values(), self.threads)
        return None if source is None else Wiring(self.program, source)

    def _wiring(self, scalars: bool, plain: bool = True, in_place: bool = False) -> Wiring:
        kind = scalars, plain, in_place
        if kind not in self._wirings:
            wanted = self.program.gradients.values()
            source = source_of(self.program, scalars, wanted, carries=True, plain=plain, in_place=in_place)
            self._wirings[kind] = Wiring(self.program, source)
        return self._wirings[kind]

    def __call__(self, /, **given: object) -> Any:
        """The value: an array, with a step axis where the formula is one of every step; of a claim both sides.

        Parameters
        ----------
        **given : array
            The arguments by name: symbols of the expression, or parameters, inputs and values outside of the steps of
            the cell, in shapes as for `Run`. Values outside of the steps are zero if left out or None.

        Returns
        -------
        array or tuple of array
            Of shape (...) for a scalar, (..., T) for one of every step, then the axes of the formula; numbers as the
            backend has them. Of a claim a pair, left and right.

        Raises
        ------
        CellError
            If an argument is missing, unknown, not numeric or not finite; at the first call, if the formula is none of
            the cell.
        ShapeError
            If a shape does not fit.
        PrecisionError
            If the digits that were asked for cannot be made certain.

        Warns
        -----
        UnderflowWarning
            If a value is 0, or nearly, and the formula need not be.
        RuntimeWarning
            If a value is infinite or nan.
        """
        self._look_at_numbers()
        given = {name: a for name, a in given.items() if a is not None}
        if self.scaled and self._rescaled is not None:
            return self._by_rescaling(given)
        if self.scaled or not self._row.is_in_doubles:
            return self._certain(given)
        found, lost_digits = self._in_doubles(given)
        self._tell_of_small_numbers(found)
        if lost_digits:
            warnings.warn(
                "values are below the range of doubles: a 0 among them need not be one; "
                "use scaled=True or backend='balls'",
                UnderflowWarning,
                stacklevel=2,
            )
        if are_larger(given.values(), self._reach) and self._has_overflown(given):
            warnings.warn(OVERFLOWN, UnderflowWarning, stacklevel=2)
        if not all(map(is_finite, found)):
            warnings.warn(f"{NOWHERE}, or one beyond the range of doubles", RuntimeWarning, stacklevel=2)
        if self.dtype == FLOAT32:
            singles, lost, beyond = in_singles(self._numbers(found))
            found = list(singles.values())
            if lost:
                warnings.warn(told_as_lost(lost), UnderflowWarning, stacklevel=2)
            if beyond:
                text = f"{', '.join(beyond)}: infinite, as it is beyond the range of float32; use dtype='float64'"
                warnings.warn(text, RuntimeWarning, stacklevel=2)
        return found[0] if len(found) == 1 else tuple(found)

    def _certain(self, given: Mapping[str, object]) -> Array:
        try:
            found, zeros = in_arithmetic(
                self.backend, self.digits, lambda a: self._computed(a, given), self._numbers, self.scaled
            )
        except ArithmeticError as error:  # of numbers of mpmath
            raise CellError(f"a part of the formula has no number there: {str(error) or 'a division by 0'}") from None
        if zeros:
            found = [centred(value) for value in found]
            warnings.warn(zeros, UnderflowWarning, stacklevel=3)
        if self._row.given_back is not None and not all(map(are_real, found)):
            found = list(map(in_reals, found))
            warnings.warn(NOWHERE, RuntimeWarning, stacklevel=3)
        given_back = Scaled.of_balls if self.scaled else self._row.given_back
        found = found if given_back is None else list(map(given_back, found))
        return found[0] if len(found) == 1 else tuple(found)

    def _numbers(self, found: list[Array]) -> dict[str, Array]:
        names = ("the value",) if len(found) == 1 else [f"the {side} side" for side in SIDES]
        return dict(zip(names, found, strict=True))

    def _in_doubles(self, given: Mapping[str, object]) -> tuple[list[Array], bool]:
        """The values, and whether one that is nearly 0 has lost digits, or may have.

        Where the processor tells of no operation out of the range of doubles, a 0 is one: what is divided by a number
        too large is too small. NumPy hands on what it tells, where values are computed again for it.
        """
        if self._row.is_machine_code and self._rescaled is not None and self._compiled is not None:
            return self._of_rescaled(self._rescaled, given)
        with np.errstate(all="ignore"):
            try:
                found = self._computed(DOUBLES, given)
            except (ArithmeticError, ValueError):  # of functions of plain numbers; those of NumPy give inf or nan
                found = self._computed(DOUBLES, given, is_watched=True)
        low = [np.abs(a) < NEARLY_ZERO for a in found]
        if not any(a.any() for a in low):
            return found, False
        leads = len(arguments_in(DOUBLES, self.program, given, self.sizes).lead)
        points = reduce(np.logical_or, (a.any(axis=tuple(range(leads, a.ndim))) for a in low))
        with told_of(under="call", over="call") as told:
            self._computed(DOUBLES, given, is_watched=True, points=points)
        return found, bool(told)

    def _has_overflown(self, given: Mapping[str, object]) -> bool:
        """Whether NumPy, which computes again where arguments are large, tells of a number beyond the range."""
        with told_of(over="call") as told:
            found = self._computed(DOUBLES, given, is_watched=True)
        return bool(told) and all(map(is_finite, found))

    def _of_rescaled(self, rescaled: Formula, given: Mapping[str, object]) -> tuple[list[Any], bool]:
        """The same of a product of Jacobians, of which each step tells whether it left the range."""
        with np.errstate(all="ignore"):
            mantissa, exponent, lost = rescaled._computed(DOUBLES, given)
        with told_of(under="call") as told:
            value = np.ldexp(mantissa, np.asarray(exponent).astype(np.int32))
            if not told and np.any(lost):
                self._computed(DOUBLES, given, is_watched=True, points=np.asarray(lost > 0))
        return [value], bool(told)

    @cached_property
    def _rescaled(self) -> Formula | None:
        """The formula in doubles that are rescaled, if it is a product of Jacobians as it is."""
        program = self.program
        if self._home is None or not self._home.is_scalar or len(program.identities) != 1 or program.rescaled:
            return None
        line = next(line for line in program.lines if line.target == VALUE) if VALUE in _targets(program) else None
        if line is None or line.node.op != "timed" or line.node.data[1] or line.node.data[0] not in self._products:
            return None
        if not any(shift for each in program.lines for v, shift in each.reads if v in self._products):
            return None  # nothing goes from step to step
        made = Formula(self.what, self.cell, self.backend, self.sizes, threads=self.threads)
        more = {name: name for name in (EXPONENT, LOST)}
        vars(made)["program"] = replace(program, gradients=program.gradients | more, rescaled=self._products)
        return made

    @cached_property
    def _products(self) -> tuple[TimedScalar, ...]:
        """What is carried from step to step of the one product of Jacobians in the formula."""
        (jacobian,) = self.what.atoms(StateJacobian)
        return tuple(_Product(self._home, jacobian, 1).variables.values()) if self._home is not None else ()

    def _by_rescaling(self, given: Mapping[str, Array]) -> Scaled:
        """The value in doubles; where a single step left their range, with certain digits."""
        assert self._rescaled is not None
        with np.errstate(all="ignore"):
            mantissa, exponent, lost = self._rescaled._computed(DOUBLES, given)
        found = Scaled(mantissa, np.asarray(exponent).astype(np.int64)).normal()
        lost = np.asarray((lost > 0) | (np.abs(mantissa) < BEYOND))
        if not lost.any():
            return found
        certain = self._certain(self._at_points(given, lost))
        parts = np.array(found.mantissa), np.array(found.exponent)
        for part, right in zip(parts, (certain.mantissa, certain.exponent)):
            part[lost] = right
        return Scaled(parts[0][()], parts[1][()])

    def _at_points(self, given: Mapping[str, object], chosen: Array) -> dict[str, Array]:
        """The arguments, which are scalars, at some points of the leading axes."""
        known = self.program.arguments
        return {name: _at_points(np.asarray(a), chosen, is_in_time(known[name])) for name, a in given.items()}

    def _computed(
        self, arithmetic: Arithmetic, given: Mapping[str, object], is_watched: bool = False, points: object = None
    ) -> list[Array]:
        """The values, at some points of the leading axes or all; `is_watched`: by NumPy, array by array."""
        arguments = arguments_in(arithmetic, self.program, given, self.sizes)
        arguments = arguments if points is None else arguments.at(self.program.arguments, points)
        if arguments.length < self._least_length:
            raise CellError(f"the formula is about step {self._least_length}; this run has T = {arguments.length}")
        is_plain = self._home is not None and self._home.is_scalar and not self.program.rescaled
        in_machine_code = self._row.is_machine_code and not self.scaled and not is_watched and 0 not in arguments.lead
        wiring = self._compiled if in_machine_code else None
        scalars = is_plain and not arguments.lead and wiring is None and not is_watched
        count = BLOCK if arithmetic is DOUBLES and wiring is None else math.prod(arguments.lead)
        is_plain = arithmetic is DOUBLES
        wiring = wiring or self._wiring(scalars, is_plain, is_plain and bool(arguments.lead))
        like = S.Zero if isinstance(self.what, Claim) else _expression(self.what)
        found: list[Array] = []
        for place, part in arguments.blocks(self.program.arguments, count):
            results = Segments.of(wiring, arithmetic, part, scalars).results(like)
            if part is arguments:
                return results
            found = found or [np.empty((*arguments.lead, *a.shape[len(part.lead) :]), a.dtype) for a in results]
            for array, result in zip(found, results):
                array[place] = result
        return found


def _targets(program: Program) -> set[Any]:
    return {line.target for line in program.lines}


def _at_points(array: Array, chosen: Array, has_steps: bool) -> Array:
    """A scalar argument at some points of the leading axes."""
    lead = array.shape[: array.ndim - has_steps]
    if not lead:
        return array
    return np.broadcast_to(array, (*chosen.shape, *array.shape[len(lead) :]))[chosen]


@in_turn
def compile(  # the public name is the verb
    what: object,
    cell: Cell | Backward | None = None,
    sizes: Mapping[Symbol, int] | None = None,
    backend: str = "numpy",
    *,
    digits: int | None = None,
    scaled: bool = False,
    threads: int = 1,
    dtype: str = FLOAT64,
) -> Formula:
    """A program for an expression, for both sides of a claim, or for a formula about a cell.

    A formula about a cell is one of step T, if its variables stand there, or of every step, if they stand at step t;
    its derivatives of states, `state_jacobian`, are products of Jacobians: from step 0 to t or T, from t to T, and of
    one step. Adjoints and gradients depend on the loss, so that a formula in them is one about `Gradients`.

    Parameters
    ----------
    what : Expr, Claim or Equation
        Of an equation, such as one of `Gradients.backward`, the left side is computed.
    cell : Cell or Gradients, optional
        What the formula is about.
    sizes : mapping of Symbol to int, optional
        Sizes that no argument will show; the number of steps under `LENGTH`, where no argument has steps.
    backend : {"numpy", "compiled", "mpmath", "balls"}
        In which numbers, and by whom, it is computed, as in `Gradients.compile`.
    digits : int, optional
        Of mpmath; of balls, each of which is certain. 50 unless given.
    scaled : bool
        Give mantissas and exponents, `Scaled` arrays, so that nothing under- or overflows.
    threads : int
        Of compiled, which divide the points of leading axes among them.
    dtype : {"float64", "float32"}
        Of the value of numpy and compiled, which compute in doubles and round once to float32.

    Returns
    -------
    Formula
        Called with arrays by name it gives the value. The program itself is made at the first call.

    Raises
    ------
    CellError
        If there is no such backend, or it has no such option, or variables of the cell wait for earlier and for later
        steps of each other. What is no formula, or none of the cell, is refused at the first call.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> slope = sg.compile(sg.sigmoid(x).diff(x))
    >>> [f"{value:.12g}" for value in slope(x=[0, 40])]
    ['0.25', '4.24835425529e-18']

    The derivative of the last state with respect to the initial one, for three weights:

    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> cell = sg.Cell({h: sg.sigmoid(w * h.prev)})
    >>> run = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), cell, {sg.LENGTH: 10})
    >>> run(w=[1, 2, 3]).round(12).tolist()
    [3.87522e-07, 5.608732e-06, 1.89413e-07]

    The adjoint of the state at each step:

    >>> grad = sg.bptt(cell, h)
    >>> sg.compile(grad.backward[0], grad, {sg.LENGTH: 3})(w=1).round(6).tolist()
    [0.053408, 0.227266, 1.0]
    """
    return Formula(what, cell, backend, sizes or {}, digits, scaled, threads, dtype)


def _of_symbols(what: object) -> Program:
    if isinstance(what, Claim):
        expressions = dict(zip(SIDES, map(as_sympy, what.statement.expressions)))
    elif isinstance(what, Expr) and not isinstance(what, MatrixExpr):
        expressions = {VALUE: as_sympy(what)}
    elif isinstance(what, Equation):
        raise CellError(f"the equation {what} is about a cell; give the gradients, too: compile(equation, grad)")
    else:
        raise CellError(f"a program is made of an expression or a claim; got {type(what).__name__}")
    symbols = sorted({s for e in expressions.values() for s in e.free_symbols}, key=str)
    leaves = {s: Node("parameter", data=s) for s in symbols}
    made = [Line(name, Lowering(leaves=dict(leaves)).node(e), Steps.BORDER, S.Zero) for name, e in expressions.items()]
    return Program(tuple(made), {str(s): s for s in symbols}, (), {name: name for name in expressions})


def _expression(what: object) -> Expr:
    return what.left if isinstance(what, Equation) else what


def _of_cell(what: object, cell: Cell) -> Program:
    formula = _expression(what)
    for v in timed_in(formula):
        if v.role is Role.ADJOINT:
            raise CellError(f"{v} is an adjoint, which depends on the loss; give the gradients: compile(formula, grad)")
    jacobians = sorted(formula.atoms(StateJacobian), key=str)
    products = [_Product(cell, jacobian, number) for number, jacobian in enumerate(jacobians, 1)]
    plain = formula.xreplace({p.jacobian: p.value for p in products})
    lines = [*forward_lines(cell), *(line for p in products for line in p.lines())]
    lines.append(_result(plain, {v.time for v in timed_in(formula)}, lines))
    identities = tuple(v for p in products for v in p.identities)
    return _program(lines, (*cell.parameters, *cell.inputs, *cell.borders), (plain,), lines[-1].target, identities)


def _of_gradients(what: object, grad: Backward) -> Program:
    equations, formula = Equations.of(grad), _expression(what)
    lines = [*forward_lines(grad.cell), *backward_lines(equations)]
    if isinstance(formula, LossDerivative):
        key, step = _argument_and_step(formula.argument, equations)
        target = gradient_target(equations, key)
        lines += [*gradient_lines(equations, key, target)] or [
            Line(target, Lowering().node(zero_like(key)), Steps.BORDER, S.Zero)
        ]
        if step != TIME:
            lines.append(_result(target.at(step), {step}, lines))
        return _program(lines, equations.arguments, (), lines[-1].target)
    adjoints = AdjointsInFormula(formula, grad, lines)
    plain = adjoints.read
    lines += adjoints.lines
    lines.append(_result(plain, {v.time for v in timed_in(formula)}, lines))
    return _program(lines, equations.arguments, (plain, *adjoints.sent.values()), lines[-1].target)


def _argument_and_step(what: Any, grad: Backward) -> tuple[Any, Any]:
    """The argument of a gradient, and the step that is meant: t where that is the gradient as a whole."""
    if what in grad.arguments:
        return what, TIME
    key = grad.key(what.at(TIME))
    return key, what.time


def _program(
    lines: list[Line],
    keys: tuple[Expr, ...],
    formulas: Collection[object],
    target: object,
    identities: tuple[Expr, ...] = (),
) -> Program:
    """The program of formulas, which may name parameters, inputs and steps that the cell does not."""
    read = [v for e in formulas for v in timed_in(e)]
    _demand_computed(read, [line.target for line in lines if isinstance(line.target, Timed)])
    inputs = (v.at(TIME) for v in read if v.role is Role.INPUT)
    arguments = dict.fromkeys((*keys, *(p for e in formulas for p in parameters_in(e)), *inputs))
    outside = dict.fromkeys(v for v in _outside(read) if v not in arguments)
    demand_own_names(outside, arguments, "the formula")
    named = {argument_name(k): k for k in arguments | outside}
    return Program(tuple(shared(with_complements(lines))), named, (), {VALUE: target}, identities).with_copies()


def _demand_computed(read: Iterable[Any], known: list[Any]) -> None:
    """Raise CellError if formulas read a state or an intermediate value that the cell has not."""
    for v in read:
        if v.role not in (Role.STATE, Role.INTERMEDIATE) or v.at(TIME) in known:
            continue
        namesake = next((k for k in known if k.name == v.name and k.role is v.role), None)
        if namesake is not None:
            raise CellError(f"{v} has the shape {shape_of(v)} in the formula, and {shape_of(namesake)} in the cell")
        states = ", ".join(str(k) for k in dict.fromkeys(known) if k.role is Role.STATE)
        raise CellError(f"{v} is no variable of the cell, whose states are {states}")


def _outside(read: Iterable[Any]) -> Iterator[Expr]:
    """What a formula of every step, of step T or of one that is named reads outside of the steps."""
    for v in read:
        from_end = sympy.expand(v.time - LENGTH)
        if v.role not in GIVEN_OR_COMPUTED:
            continue
        if v.time.is_Integer:
            yield from [v] if v.time < 1 else []
        elif from_end.is_Integer:
            yield from borders_of(v.at(TIME + from_end), at_last=True)
        else:
            yield from borders_of(v)


def _result(formula: Expr, times: set[Expr], others: list[Line]) -> Line:
    """The line of a formula: at every step, at the last one, or at one that is named."""
    if any(time.has(TIME) for time in times):
        shape = shape_of(formula)
        target = _made(free_name("result", names_in(others)), shape)
        return Line(target, Lowering().node(formula), Steps.EVERY)
    if any(time.has(LENGTH) for time in times):
        return Line(VALUE, Lowering(LENGTH).node(formula), Steps.LAST, LENGTH)
    step = max(times, default=S.Zero)
    return Line(VALUE, Lowering(step).node(formula), Steps.BORDER, step)


def _made(name: str, shape: tuple[Expr, ...]) -> Expr:
    facts = Str(name), Str(Role.INTERMEDIATE.value), TIME
    return TimedMatrix(*facts, *shape) if shape else TimedScalar(*facts)


class _Product:
    """A derivative of a state with respect to an earlier one, carried from step to step."""

    def __init__(self, cell: Cell, jacobian: Expr, number: int) -> None:
        self.cell, self.jacobian, self.number = cell, jacobian, number
        self.late, self.early = jacobian.late, jacobian.early
        self.steps = state_jacobians(cell, in_output=False)
        known = {s.key: s for s in cell.states}
        if self.late.key not in known or self.early.key not in known:
            raise CellError(f"{jacobian}: the states of the cell are {', '.join(map(str, cell.states))}")

    @cached_property
    def variables(self) -> dict[tuple[str, str], Expr]:
        """For each state what is carried: its derivative by the early state, or that of the late state by it."""
        found = {}
        for k, state in enumerate(self.cell.states, 1):
            rows, columns = (state, self.early) if self.runs_forward else (self.late, state)
            shape = (shape_of(rows)[0], shape_of(columns)[0]) if shape_of(state) else ()
            found[state.key] = _made(free_name(f"product{self.number}state{k}", self.cell.names), shape)
        return found

    @property
    def is_single(self) -> bool:
        return bool(self.late.time - self.early.time == 1)

    @property
    def runs_forward(self) -> bool:
        return bool(self.early.time == 0 and self.late.time in (TIME, LENGTH))

    @property
    def runs_backward(self) -> bool:
        return bool(self.late.time == LENGTH and self.early.time == TIME)

    @property
    def identities(self) -> tuple[Expr, ...]:
        is_carried = self.runs_forward and not self.is_single
        return (self.variables[self.early.key],) if is_carried else ()

    @property
    def value(self) -> Expr:
        """What stands for the derivative in a formula."""
        if self.is_single:
            pair = self.late.at(TIME), self.early.at(TIME)
            return self.steps[pair].subs(TIME, self.late.time)
        if self.runs_forward:
            return self.variables[self.late.key].at(self.late.time)
        if self.runs_backward:
            return self.variables[self.early.key]
        raise CellError(
            f"{self.jacobian}: a program computes derivatives from step 0 to t or T, from t to T, and of one step"
        )

    def lines(self) -> Iterator[Line]:
        """The recursions."""
        if self.is_single:
            return
        for state in self.cell.states:
            variable = self.variables[state.key]
            if self.runs_forward:
                ways = [product(self.steps[state, r], self.variables[r.key].prev) for r in self.cell.states]
                yield Line(variable, Lowering().node(_total(ways, variable)), Steps.EVERY)
            else:
                ways = [
                    product(self.variables[s.key].next, self.steps[s, state].subs(TIME, TIME + 1))
                    for s in self.cell.states
                ]
                start = _identity(variable) if state.key == self.late.key else zero_like(variable)
                yield Line(variable, Lowering(LENGTH).node(start), Steps.LAST, LENGTH)
                yield Line(variable, Lowering().node(_total(ways, variable)), Steps.BEFORE_LAST)


def _identity(variable: TimedMatrix) -> MatrixExpr:
    return sympy.Identity(shape_of(variable)[0]) if shape_of(variable) else S.One


def _total(ways: list[Expr], like: Expr) -> Expr:
    kept = [way for way in ways if way != 0 and not isinstance(way, sympy.ZeroMatrix)]
    return total_of(kept) if kept else zero_like(like)
