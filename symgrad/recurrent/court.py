"""The truth of single lines about a cell: against what the rules give, in index notation and in numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from sympy import Expr, MatrixExpr, Rational, Symbol

from symgrad.balls import ball, precision, separated
from symgrad.balls.matrices import MissingStepError, Surroundings
from symgrad.errors import CellError, ShapeError, shape_text
from symgrad.prove.sentences import counted
from symgrad.prove.witnesses import show
from symgrad.recurrent.backward import Backward, over_time
from symgrad.recurrent.cell import Equation
from symgrad.recurrent.equality import proves_paths
from symgrad.recurrent.forms import paths
from symgrad.recurrent.index_form import Definitions, Reader
from symgrad.recurrent.jacobians import StateJacobian, without_jacobians
from symgrad.recurrent.meanings import backward_definitions, forward_definitions
from symgrad.recurrent.reading import read_equation, read_formula
from symgrad.recurrent.rules import total_of
from symgrad.recurrent.runs import run_backward, run_forward, surroundings
from symgrad.recurrent.shapes import checked_shape
from symgrad.vectors import (
    LENGTH,
    TIME,
    OrderedProduct,
    Role,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    shape_of,
    timed_in,
    zero_like,
)
from symgrad.verdicts import Outcome, Verdict, Witness

METHOD = "index notation"
EQUAL = Verdict(Outcome.PROVED, METHOD, "both sides are equal for all sizes and steps")
BITS = 256
RUNS = ((1, 0), (2, 0), (3, 0), (5, 0), (3, 1), (3, 2), (4, 3), (4, 4))  # numbers of steps, and which draw of numbers
LARGEST_NUMERATOR = 12
SEED = 20_261_125  # any fixed number: the same line meets the same numbers on every machine


@dataclass(frozen=True)
class Line:
    """One line of a derivation and what was found of it.

    Attributes
    ----------
    equation : Equation
        As it was stated.
    verdict : Verdict
        PROVED for all sizes and all steps; REFUTED with sizes and numbers; SUPPORTED where numbers agree and no proof
        was found.
    right : str
        What the rules give for the same name.
    convention : str
        The convention under which the line is equal, where it is not equal as it stands.
    """

    equation: Equation
    verdict: Verdict
    right: str
    convention: str = ""

    @property
    def holds(self) -> bool | None:
        return True if self.convention else self.verdict.holds

    @property
    def word(self) -> str:
        """The outcome, or that the line is equal up to a convention."""
        return f"EQUAL UP TO {self.convention.upper()}" if self.convention else self.verdict.outcome.name

    def __str__(self) -> str:
        lines = [f"{self.word:<10}{self.equation}"]
        if not self.convention and self.verdict.witness is not None:
            lines.append(f"          {self.verdict.witness}")
        if not self.holds:
            lines.append(f"          the rules give {self.right}")
        return "\n".join(lines)


def stated(grad: Backward, left: Any, right: Any) -> Equation:
    """A line about a cell as an equation, from texts or expressions."""
    return Court(grad, {}).stated(left, right)


@dataclass(frozen=True)
class Court:
    """The derived equations, and what is needed to compare others with them."""

    grad: Backward
    other_names: Mapping[str, Any]

    # --- reading --------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> dict[str, Any]:
        """What the names in texts stand for."""
        grad = self.grad
        known = {v.name: v for v in (*grad.cell.defined, *grad.adjoints.values(), grad.loss_adjoint)}
        known |= {a.name: a.at(TIME) if isinstance(a, TimedScalar | TimedMatrix) else a for a in grad.arguments}
        for name, variable in self.other_names.items():
            if variable not in grad.adjoints:
                raise CellError(f"adjoints: {name} is to be the adjoint of {variable}, which the cell does not have")
            known[name] = grad.adjoints[variable]
        return known

    def read(self, lines: Any, left: Callable[[Any], Any]) -> Iterator[Equation]:
        """Stated lines as equations: from a mapping or from texts."""
        if isinstance(lines, str):
            lines = [lines]
        pairs = lines.items() if isinstance(lines, Mapping) else map(self._pair, lines)
        for name, formula in pairs:
            yield self._equation(left(name), formula)

    def stated(self, left: Any, right: Any) -> Equation:
        """One line: of an adjoint, of a gradient, or of a Jacobian."""
        if isinstance(left, StateJacobian):
            return self._equation(left, right)
        if isinstance(left, str) and "[" in left:
            left = read_formula(left, self.names)
        home = self.names.get(left) if isinstance(left, str) else left
        is_adjoint = getattr(home, "role", None) is Role.ADJOINT
        return self._equation(self.adjoint_line(home) if is_adjoint else self.gradient_line(left), right)

    def _pair(self, line: Any) -> tuple[Any, Any]:
        if isinstance(line, Equation):
            return line.left, line.right
        if not isinstance(line, str):
            raise CellError(f"a line is a text such as 'hbar[t] = W.T @ delta[t+1]', or an Equation; got {line!r}")
        left, right = read_equation(line, self.names, self._gradient_names)
        return left, right

    @cached_property
    def _gradient_names(self) -> dict[str, Any]:
        return {str(self.grad.equation_of(a).left): self.grad.equation_of(a).left for a in self.grad.arguments}

    def adjoint_line(self, name: Any) -> Any:
        """The left side of a line of the backward equations."""
        found = self.names.get(name) if isinstance(name, str) else name
        adjoints = {a.key for a in self.grad.adjoints.values()}
        if getattr(found, "key", None) in adjoints:
            return found
        known = ", ".join(str(a) for a in self.grad.adjoints.values())
        raise CellError(f"a line for {name}, of which the cell has no adjoint; there are {known}")

    def gradient_line(self, name: Any) -> Any:
        """The left side of a line of the gradients."""
        if isinstance(name, str) and name in self._gradient_names:
            return self._gradient_names[name]
        if name in self._gradient_names.values():
            return name
        return self.grad.equation_of(name).left

    def _equation(self, left: Any, formula: Any) -> Equation:
        right = read_formula(formula, self.names) if isinstance(formula, str) else sympy.S(formula)
        if isinstance(right, Expr) and not isinstance(right, MatrixExpr) and shape_of(left) and right == 0:
            right = sympy.ZeroMatrix(*shape_of(left))
        equation = Equation(left, right)
        known = {v.key for v in self.names.values() if hasattr(v, "key")}
        for v in timed_in(right):
            if v.key not in known:
                raise CellError(f"{equation}: {v.name} is not in the cell; known are {', '.join(self.names)}")
        shape = checked_shape(right, str(equation))
        if shape not in (shape_of(left), tuple(reversed(shape_of(left)))):
            raise ShapeError(f"{equation}: both sides", "=", (shape_of(left), shape))
        return equation

    # --- truth ----------------------------------------------------------------------------------------------

    def derived(self, left: Any) -> Equation:
        """What the rules give for a name."""
        if isinstance(left, StateJacobian):
            return Equation(left, left.by_rules(self.grad))
        if not isinstance(left, TimedScalar | TimedMatrix):
            return self.grad.equation_of(self._argument(left))
        return self.grad.adjoint_equation(left)

    def _argument(self, left: Any) -> Any:
        return self.grad.key(left.argument)

    def judged(self, equation: Equation) -> Line:
        """The verdict on one line."""
        right = self.derived(equation.left)
        as_written, equation = equation, Equation(equation.left, without_jacobians(self.grad, equation.right))
        return replace(self._judged(equation, right), equation=as_written)

    def _judged(self, equation: Equation, right: Equation) -> Line:
        if shape_of(equation.left) != checked_shape(equation.right, str(equation)):
            right_shape, left_shape = shape_text(checked_shape(equation.right, "")), shape_text(shape_of(equation.left))
            shapes = f"the left side has the shape {left_shape}, and the right side {right_shape}"
            return Line(equation, Verdict(Outcome.REFUTED, "shapes", shapes), str(right))
        found = self._numbers_or_error(equation)
        if isinstance(found, Verdict) and found.witness is not None:
            return Line(equation, found, str(right))
        if self.proves(equation):
            return Line(equation, EQUAL, str(right))
        if isinstance(found, CellError):
            raise found
        return Line(equation, found, str(right))

    def fits(self, equation: Equation) -> bool:
        """Whether a line has the shape of its name and is true."""
        return checked_shape(equation.right, str(equation)) == shape_of(equation.left) and self.proves(equation)

    def proves(self, equation: Equation) -> bool:
        """Whether a line is true for all sizes, weights and steps."""
        truths = [self.derived(equation.left).right]
        if equation.right.has(OrderedProduct, sympy.Product) and not isinstance(equation.left, StateJacobian):
            argument = self._argument(equation.left)
            truths += [paths(self.grad, argument)] if proves_paths(self.grad, argument) else []
        truths += [apart for t in truths if (apart := _last_term_apart(t, equation.right)) is not None]
        return any(reader.equal(equation.right, t) for t in truths for reader in self._readers(equation.left))

    def _readers(self, left: Any) -> Iterator[Reader]:
        # States of a cell that looks ahead, written out, stand for those of later steps without end.
        for states_too in (False,) if self.grad.runs_in_reverse else (False, True):
            forward = forward_definitions(self.grad, states_too)
            backward = backward_definitions(self.grad, left)
            expanded = {**forward.expanded, **backward}
            yield Reader(Definitions(expanded, forward.named))

    # --- numbers --------------------------------------------------------------------------------------------

    def _numbers_or_error(self, equation: Equation) -> Verdict | CellError:
        """The refuter goes first; what has no numbers may still have a proof."""
        try:
            return self.numbers(equation)
        except CellError as error:
            return error

    def numbers(self, equation: Equation) -> Verdict:
        """A counterexample in numbers, or the evidence that there is none."""
        truth = self.derived(equation.left)
        compared, missing = 0, ""
        for length, draw in RUNS:
            around = self._run(length, draw)
            for step, indices in self._steps(equation.left, length):
                with precision(BITS):
                    true = around.evaluate(truth.right, step, indices)
                    try:
                        stated = around.evaluate(equation.right, step, indices)
                    except MissingStepError as error:
                        missing = f"in a run of {length} steps {error}"
                        continue
                    found = _first_difference(stated, true)
                if found is not None:
                    return _refuted(equation, around, step, indices, *found)
                compared += np.size(stated)
        if missing:
            return Verdict(Outcome.REFUTED, "steps", missing)  # where a side has no value, an equation does not hold
        if not compared:
            return Verdict(Outcome.UNDECIDED, METHOD, "there is no step at which to try it")
        return Verdict(
            Outcome.SUPPORTED, "numbers", f"both sides agree in {counted(compared, 'entry')}; no proof found"
        )

    def _steps(self, left: Any, length: int) -> list[tuple[int, dict[Symbol, int]]]:
        """The steps at which a line says something, with the values of its other times."""
        if isinstance(left, StateJacobian):
            indices = [s for s in left.early.time.free_symbols if s not in (TIME, LENGTH)]
            steps = range(1, length + 1)
            pairs = [(t, k) for t in steps for k in range(t)]
            distance = sympy.expand(TIME - left.early.time)
            late_enough = [(t, t) for t in steps if not distance.is_Integer or t >= distance]
            return [(t, dict.fromkeys(indices, k)) for t, k in (pairs if indices else late_enough)]
        if isinstance(left, TimedScalar | TimedMatrix) and left.time != LENGTH:
            return [(step, {}) for step in range(1, length + 1 - self.grad.last_steps)]
        if self._is_for_each_step(left):
            return [(step, {}) for step in range(1, length + 1 - self.grad.last_steps)]
        return [(length, {})]

    def _is_for_each_step(self, left: Any) -> bool:
        """Whether a line says the gradient of an input x_t for each t < T; one of a target may be for T alone."""
        argument = None if isinstance(left, TimedScalar | TimedMatrix) else self._argument(left)
        is_input = isinstance(argument, TimedScalar | TimedMatrix) and argument.time == TIME
        return is_input and self.grad.of_input(argument) != zero_like(argument)

    def _run(self, length: int, draw: int) -> Surroundings:
        """The values of everything in a run of so many steps."""
        runs = self.grad.runs
        if (length, draw) not in runs:
            runs[length, draw] = self._new_run(length, draw)
        found: Surroundings = runs[length, draw]
        return found

    def _new_run(self, length: int, draw: int) -> Surroundings:
        grad = self.grad
        sizes = {s: 2 + k % 2 for k, s in enumerate(sorted(_size_symbols(grad), key=str))}
        generator = random.Random(SEED + draw)
        arguments = {}
        for a in grad.arguments:
            shape = tuple(
                int(sympy.S(s).xreplace({k: sympy.Integer(v) for k, v in sizes.items()})) for s in shape_of(a)
            )
            whole = (length, *shape) if isinstance(a, TimedScalar | TimedMatrix) and a.time == TIME else shape
            arguments[grad.name_of(a)] = _rationals(whole, generator)
        with precision(BITS):
            around = surroundings(grad, arguments, {**sizes, LENGTH: length})
            run_forward(grad, around)
            run_backward(grad, around)
        around.given |= arguments
        return around


def _refuted(
    equation: Equation, around: Surroundings, step: int, indices: Mapping[Any, int], place: str, stated: str, true: str
) -> Verdict:
    """The name stands on the left, with its true value, and what is said of it on the right."""
    point = {str(s): str(v) for s, v in around.sizes.items()} | {"T": str(around.length)}
    if isinstance(equation.left, TimedScalar | TimedMatrix | StateJacobian):
        point |= {"t": str(step), **{str(s): str(v) for s, v in indices.items()}}
    if place:
        point["entry"] = place
    point |= {name: _numbers(value) for name, value in around.given.items()}
    return Verdict(Outcome.REFUTED, "ball arithmetic", "", Witness(point, true, stated))


def _numbers(given: Any) -> str:
    """An argument of a run as it is given: a number, or nested lists of numbers, in time with a row for each step."""
    if not isinstance(given, np.ndarray):
        return str(given)
    is_column = given.ndim > 1 and given.shape[-1] == 1
    return f"[{', '.join(map(_numbers, given[..., 0] if is_column else given))}]"


def _size_symbols(grad: Backward) -> set[Symbol]:
    known = (*grad.arguments, *grad.cell.defined)
    return {s for a in known for size in shape_of(a) for s in sympy.S(size).free_symbols}


def _rationals(shape: tuple[int, ...], generator: random.Random) -> Any:
    """Fractions of at most 1, all different in size, so that no matrix is symmetric by chance."""
    count = int(np.prod(shape, dtype=int))
    largest = max(LARGEST_NUMERATOR, count)
    drawn = [Rational(k * generator.choice((-1, 1)), largest) for k in generator.sample(range(1, largest + 1), count)]
    if not shape:
        return drawn[0]
    found = np.empty(shape, dtype=object)
    for place, number in zip(np.ndindex(shape), drawn):
        found[place] = number
    return found


def _first_difference(stated: Any, true: Any) -> tuple[str, str, str] | None:
    if not isinstance(stated, np.ndarray):
        return ("", _digits(stated), _digits(true)) if separated(stated, true) else None
    for place, entry in np.ndenumerate(stated):
        if separated(entry, true[place]):
            shown = ", ".join(str(k + 1) for k in (place[:1] if stated.shape[1] == 1 else place))
            return shown, _digits(entry), _digits(true[place])
    return None


def _digits(value: Any) -> str:
    return show(ball(value), 8)


def _last_term_apart(truth: Any, stated: Any) -> Any:
    """A sum to T with the term of T by itself, where a line sums to T - 1 only: an adjoint may be zero at T."""
    if not any(e.args[1][2] == LENGTH - 1 for e in stated.atoms(TimeSum, sympy.Sum)):
        return None
    if not isinstance(truth, TimeSum | sympy.Sum) or truth.args[1][2] != LENGTH:
        return None
    index, low, high = truth.args[1]
    term = truth.term if isinstance(truth, TimeSum) else truth.function
    return total_of([over_time(term, low, high - 1, index), term.subs(index, high)])
