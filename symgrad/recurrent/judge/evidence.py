"""The truth of single lines about a cell: against what the rules give, in index notation and in numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import sympy
from sympy import Expr, MatrixExpr, Symbol

from symgrad.balls import precision
from symgrad.balls.matrices import MissingStepError, NoNumberError, NoValueError, Surroundings
from symgrad.base.budget import Budget, Spent, attempt, working_within
from symgrad.base.errors import CellError, ShapeError, shape_text
from symgrad.base.kinds import expression_of, shown
from symgrad.base.untyped import Array
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics.sentences import counted
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.cells.matrix_algebra import entry_of
from symgrad.recurrent.cells.scalar_slopes import has_kinks
from symgrad.recurrent.cells.shapes import checked_shape
from symgrad.recurrent.forms.index_notation import Definitions, Reader
from symgrad.recurrent.forms.named_sums import NamedSums
from symgrad.recurrent.forms.needs import Need
from symgrad.recurrent.forms.state_jacobians import StateJacobian, without_jacobians
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.loss_derivatives import LossDerivative, gradient_name, is_outside
from symgrad.recurrent.gradients.reach import Reach
from symgrad.recurrent.judge.counterexamples import first_difference, first_entry, refuted
from symgrad.recurrent.judge.jacobian_steps import JacobianSteps
from symgrad.recurrent.judge.line_proofs import proves
from symgrad.recurrent.judge.line_steps import (
    MOST_STEPS,
    LineSteps,
    OnlyWrong,
    demand_whole_steps,
    farthest_number,
    never_there,
    step_of,
    steps_of,
)
from symgrad.recurrent.judge.line_values import LineValues
from symgrad.recurrent.judge.meanings import forward_definitions
from symgrad.recurrent.judge.vanishing import choices
from symgrad.recurrent.judge.where import ParameterValues
from symgrad.recurrent.oracle.drawn_runs import BITS, WIDE, NoRunError, chosen_run, drawn_run
from symgrad.recurrent.text.from_text import Differential, Differentiated, read_equation, read_formula
from symgrad.symbols import (
    LENGTH,
    TIME,
    OrderedProduct,
    Role,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    parameters_in,
    renamed,
    shape_of,
    timed_in,
    zero_like,
)
from symgrad.symbols.inequalities import row_of

METHOD = "index notation"
VALUES = "values"
STEPS = "steps"
FOR_A_PROOF, FOR_A_REMARK = 9_000_000, 3_000_000  # units of work
RUNS = ((1, 0), (2, 0), (3, 0), (5, 0), (3, 1), (3, 2), (4, 3), (4, 4))  # numbers of steps, and which draw of numbers
KINKED_RUNS = tuple((3 + draw % 3, draw) for draw in range(5, 14))  # more of them where slopes jump
ZERO_RUNS = tuple((3 + draw % 3, draw) for draw in range(14, 32))  # and where entries are zero, as of a dead relu
WIDE_RUNS = tuple((2, draw) for draw in WIDE)  # where there are cases, as beyond a number
ENOUGH = 3  # runs with an entry other than zero


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
    judged_for : str
        The steps for which it was judged, as in "for t = 1, ..., T - 1"; with the conditions.
    """

    equation: Equation
    verdict: Verdict
    right: str
    convention: str = ""
    judged_for: str = ""

    @property
    def holds(self) -> bool | None:
        return True if self.convention else self.verdict.holds

    @property
    def word(self) -> str:
        """The outcome, or that the line is equal up to a convention."""
        return f"EQUAL UP TO {self.convention.upper()}" if self.convention else self.verdict.outcome.name

    def __str__(self) -> str:
        lines = [f"{self.word:<10}{self.equation}{f', {self.judged_for}' if self.judged_for else ''}"]
        if not self.convention and self.verdict.witness is not None:
            lines.append(f"          {self.verdict.witness}")
        is_false = self.verdict.outcome is Outcome.REFUTED
        if not self.holds and self.verdict.evidence and (is_false or self.verdict.method in (STEPS, METHOD)):
            lines.append(f"          {self.verdict.evidence}")
        if not self.holds:
            lines.append(f"          the rules give {self.right}")
        return "\n".join(lines)


def stated(grad: Backward, left: object, right: Expr) -> Equation:
    """A line about a cell as an equation, from texts or expressions."""
    return Court(grad, {}).stated(left, right)


@dataclass(frozen=True)
class Court:
    """The derived equations, and what is needed to compare others with them."""

    grad: Backward
    other_names: Mapping[str, Any]
    values: ParameterValues = field(default_factory=ParameterValues)

    # --- reading --------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> dict[str, Expr]:
        """What the names in texts stand for."""
        grad = self.grad
        known = {v.name: v for v in (*grad.cell.defined, *grad.adjoints.values(), grad.loss_adjoint)}
        known |= {a.name: a.at(TIME) if isinstance(a, TimedScalar | TimedMatrix) else a for a in grad.arguments}
        known |= {grad.name_of(border): border for border in grad.borders}
        for name, variable in self.other_names.items():
            if variable not in grad.adjoints:
                raise CellError(f"adjoints: {name} is to be the adjoint of {variable}, which the cell does not have")
            known[name] = grad.adjoints[variable]
        return known

    def read(self, lines: object, left: Callable[[Any], Any]) -> Iterator[Equation]:
        """Stated lines as equations: from a mapping or from texts."""
        if isinstance(lines, str):
            lines = [lines]
        if not isinstance(lines, Iterable):
            raise CellError(f"lines are texts, or a mapping of name to formula; got {shown(lines)}")
        pairs = lines.items() if isinstance(lines, Mapping) else map(self._pair, lines)
        for name, formula in pairs:
            if isinstance(name, Differential):
                stands_for = self._differentiated(name.variable)
                yield Differentiated(*self._equation(left(stands_for), formula).sides, name.variable)
            else:
                yield self._equation(left(name), formula)

    def stated(self, left: object, right: Expr) -> Equation:
        """One line: of an adjoint, of a gradient, or of a Jacobian."""
        if isinstance(left, StateJacobian):
            return self._equation(left, right)
        if isinstance(left, str) and "[" in left:
            left = read_formula(left, self.names)
        home = self.names.get(left) if isinstance(left, str) else left
        is_adjoint = getattr(home, "role", None) is Role.ADJOINT
        return self._equation(self.adjoint_line(home) if is_adjoint else self.gradient_line(left), right)

    def _pair(self, line: object) -> tuple[Any, Expr]:
        if isinstance(line, Equation):
            return line.left, line.right
        if not isinstance(line, str):
            raise CellError(f"a line is a text such as 'hbar[t] = W.T @ delta[t+1]', or an Equation; got {shown(line)}")
        return read_equation(line, self.names, self._gradient_names, self._differentials)

    @cached_property
    def _gradient_names(self) -> dict[str, Expr]:
        return {str(self.grad.equation_of(a).left): self.grad.equation_of(a).left for a in self.grad.arguments}

    @cached_property
    def _differentials(self) -> dict[str, Expr]:
        """What stands with a step in dh[t] or dx[2]: the adjoint of h, and the gradient of x, as variables h and x."""
        known = (*self.grad.cell.defined, *(a for a in self.grad.arguments if isinstance(a, TimedScalar | TimedMatrix)))
        return {f"d{v.name}": v.at(TIME) for v in known}

    def _differentiated(self, v: Expr) -> Expr:
        """The left side that a variable at a step stands for where its differential was written."""
        if v in self.grad.borders or (v.role is Role.INPUT and not is_outside(v.time)):
            return gradient_name(v)
        home = v.at(TIME)
        if home in self.grad.adjoints and not (v.time.is_Integer and v.time < 1):
            return self.grad.adjoints[home].at(v.time)
        known = ", ".join(map(str, (*self.grad.cell.states, *self.grad.borders)))
        raise CellError(f"d{v}: there is no {v}; the cell has {known}")

    def adjoint_line(self, name: Expr) -> Expr:
        """The left side of a line of the backward equations."""
        if isinstance(name, StateJacobian | LossDerivative):
            return name
        found = self.names.get(name) if isinstance(name, str) else name
        adjoints = {a.key for a in self.grad.adjoints.values()}
        if getattr(found, "key", None) in adjoints:
            return found
        known = ", ".join(str(a) for a in self.grad.adjoints.values())
        raise CellError(f"a line for {name}, of which the cell has no adjoint; there are {known}")

    def gradient_line(self, name: object) -> Expr:
        """The left side of a line of the gradients."""
        if isinstance(name, str) and name in self._gradient_names:
            return self._gradient_names[name]
        if isinstance(name, StateJacobian | LossDerivative):
            return name
        if getattr(name, "role", None) is Role.ADJOINT:
            return self.adjoint_line(name)
        return self.grad.equation_of(name).left

    def _equation(self, left: Expr, formula: Expr) -> Equation:
        if isinstance(formula, str):
            right = read_formula(formula, self.names)
        else:
            right = expression_of(formula, "the right side of a line is a text or an expression")
        if isinstance(right, Expr) and not isinstance(right, MatrixExpr) and shape_of(left) and right == 0:
            right = sympy.ZeroMatrix(*shape_of(left))
        equation = Equation(left, right)
        known = {v.key for v in self.names.values() if hasattr(v, "key")}
        strangers = [v for v in timed_in(right) if v.key not in known]
        strangers += [p for p in parameters_in(right) if p not in self.grad.arguments]
        if strangers:
            raise CellError(f"{equation}: {strangers[0].name} is not in the cell; known are {', '.join(self.names)}")
        demand_whole_steps(right, str(equation))
        if isinstance(left, StateJacobian):
            JacobianSteps(left).check()
        shape = checked_shape(right, str(equation))
        if shape not in (shape_of(left), tuple(reversed(shape_of(left)))) and (shape, shape_of(left)) != ((1, 1), ()):
            raise ShapeError(f"{equation}: both sides", "=", (shape_of(left), shape))
        return equation

    # --- truth ----------------------------------------------------------------------------------------------

    def derived(self, left: Expr) -> Equation:
        """What the rules give for a name."""
        if isinstance(left, StateJacobian):
            return Equation(left, left.by_rules(self.grad))
        at = step_of(left, self._is_for_each_step(left))
        gap = sympy.expand(LENGTH - at)
        return Equation(left, self._truth(_at_its_step(left, at), gap if gap.is_Integer else None))

    def _truth(self, left: Expr, gap: Expr | None) -> Expr:
        """What the rules give at a step so far before T; before the last steps where the distance is not known."""
        if isinstance(left, LossDerivative):
            return self._true_gradient(left.argument, gap)
        is_last = gap is not None and 0 <= gap < self.grad.last_steps
        if gap is not None and gap < 0:
            return zero_like(left)
        border = next((b for b in self.grad.borders if self._is_adjoint_of(left, b)), None)
        if border is not None:
            return self.grad[border]
        if is_last:
            found = self.grad.adjoint_equation(left.at(LENGTH - gap)).right
            return found.subs(LENGTH, sympy.expand(left.time + gap))
        if left.time.is_Integer:
            return self.grad.adjoint_equation(left).right
        return self.grad.adjoint_equation(left.at(TIME)).right.subs(TIME, left.time)

    def _is_adjoint_of(self, name: Expr, border: Expr) -> bool:
        home = self.grad.adjoints.get(border.at(TIME))
        return home is not None and home.at(border.time) == name

    def _true_gradient(self, argument: Expr, gap: Expr | None) -> Expr:
        if not isinstance(argument, TimedScalar | TimedMatrix) or argument in self.grad.borders:
            return self.grad.equation_of(argument).right
        home = argument.at(TIME)
        if gap is not None and 0 <= gap < self.grad.last_steps:
            return self.grad.of_input(home, before=int(gap)).subs(LENGTH, sympy.expand(argument.time + gap))
        if argument.time.is_Integer:
            return self.grad.at_number(home, int(argument.time))
        return self.grad.of_input(home).subs(TIME, argument.time)

    def judged(self, equation: Equation) -> Line:
        """The verdict on one line."""
        try:
            return self._judged_in_runs(equation)
        except NoRunError as error:
            evidence = f"no numbers were found at which the cell has real values: {error}"
            return Line(equation, Verdict(Outcome.UNDECIDED, METHOD, evidence), str(self.derived(equation.left)))

    def _judged_in_runs(self, equation: Equation) -> Line:
        right, of = self.derived(equation.left), equation.of if isinstance(equation, Differentiated) else None
        as_written, equation = equation, Equation(equation.left, without_jacobians(self.grad, equation.right))
        if not shape_of(equation.left) and checked_shape(equation.right, "") == (1, 1):
            equation = Equation(equation.left, entry_of(equation.right))
            as_written = Equation(equation.left, entry_of(as_written.right))
        found = self._judged(equation, right, as_written)
        line = replace(found, equation=self._named(as_written, of), right=str(self._named(right, of)))
        is_with_values = found.verdict.witness is not None and found.verdict.method != VALUES
        return self._told_where_alone(line, equation, of) if is_with_values else line

    def _told_where_alone(self, line: Line, equation: Equation, of: Expr | None) -> Line:
        """A false line with the few steps at which alone it fails; as it is where that would take too much work."""
        try:
            told = attempt(FOR_A_REMARK, lambda: self._where_alone(equation, of))
        except Spent:
            told = None
        if told is None:
            return line
        evidence, right = told
        return replace(line, verdict=replace(line.verdict, evidence=evidence), right=right)

    def _where_alone(self, equation: Equation, of: Expr | None) -> tuple[str, str] | None:
        """At which few steps alone a line fails, and what the rules give there."""
        only = self._only_wrong(equation)
        elsewhere = None if only is None else self._elsewhere(equation, only.rest)
        if only is None or elsewhere is None:
            return None
        right = self._named(self.derived(_put(equation.left, only)), None if of is None else _put(of, only))
        return f"{only}, and {elsewhere} {only.rest}", str(right)

    def _named(self, equation: Equation, of: Expr | None) -> Equation:
        """An equation with its names as they were written: a differential, and those of adjoints that were given."""
        if of is None or isinstance(equation, Differentiated):
            return equation if isinstance(equation, Differentiated) else self.shown(equation)
        return Differentiated(*self.shown(equation).sides, of)

    def _only_wrong(self, equation: Equation) -> OnlyWrong | None:
        """The few steps at which alone a false line fails, as far as runs show."""
        steps = self._line_steps(equation)

        def fails(length: int, value: int) -> bool:
            around, (step, indices) = self._run(length, 0), steps.placed(value)
            with precision(BITS):
                true = self._true_value(equation.left, steps, length, around, step, indices)
                try:
                    return first_difference(around.evaluate(equation.right, step, indices), true) is not None
                except MissingStepError:
                    return True

        try:
            return steps.exception(fails) if isinstance(steps, LineSteps) else None
        except CellError:  # as where a longer run has no numbers
            return None

    def _elsewhere(self, equation: Equation, rest: LineSteps) -> str | None:
        """How well it is known that a line holds at the other steps; None if it does not."""
        left = _at_its_step(equation.left, rest.at)
        if self._numbers(equation, rest).outcome is not Outcome.SUPPORTED:
            return None
        is_proved = proves(self.grad, left, equation.right, self._truth, rest) and not self._doubts(equation)
        return "holds" if is_proved else "agrees with numbers"

    def shown(self, equation: Equation) -> Equation:
        """An equation with the names of adjoints that were given."""
        names = {self.grad.adjoints[v].name: name for name, v in self.other_names.items()}
        if not names:
            return equation
        return Equation(*(renamed(side, names) for side in (equation.left, equation.right)))

    def _judged(self, equation: Equation, right: Equation, as_written: Equation) -> Line:
        if shape_of(equation.left) != checked_shape(equation.right, str(as_written)):
            right_shape, left_shape = shape_text(checked_shape(equation.right, "")), shape_text(shape_of(equation.left))
            shapes = f"the left side has the shape {left_shape}, and the right side {right_shape}"
            return Line(equation, Verdict(Outcome.REFUTED, "shapes", shapes), str(right))
        found, judged_for = self._numbers_or_error(equation), self._judged_for(equation)
        if isinstance(found, Verdict) and (found.witness is not None or found.method == STEPS):
            return Line(equation, found, str(right), judged_for=judged_for)
        doubts = self._doubts(as_written)
        without = self._without_value(equation, doubts)
        if without is not None:
            return Line(equation, without, str(right), judged_for=judged_for)
        is_proved = self.proves(as_written)
        if is_proved and not doubts:
            return Line(equation, proved(judged_for), str(right), judged_for=judged_for)
        if isinstance(found, CellError):
            raise found
        if doubts:
            same = "both sides are equal where the line has a value" if is_proved else found.evidence
            found = Verdict(found.outcome, METHOD, "; ".join((same, *dict.fromkeys(map(str, doubts)))))
        return Line(equation, found, str(right), judged_for=judged_for)

    def fits(self, equation: Equation) -> bool:
        """Whether a line has the shape of its name and is true."""
        if checked_shape(equation.right, str(equation)) != shape_of(equation.left):
            return False
        found = self._numbers_or_error(equation)
        if getattr(found, "outcome", None) is Outcome.REFUTED or self._doubts(equation):
            return False
        return self.proves(equation)

    def proves(self, equation: Equation) -> bool:
        """Whether a line is true for all sizes, weights and steps; not where that would take too much work."""
        return attempt(FOR_A_PROOF, lambda: self._proves(equation)) or False

    def _proves(self, equation: Equation) -> bool:
        written_out = Equation(equation.left, without_jacobians(self.grad, equation.right))
        steps = self._line_steps(written_out)
        if not isinstance(equation.left, StateJacobian):
            return proves(self.grad, _at_its_step(equation.left, steps.at), equation.right, self._truth, steps)
        truth = self.derived(equation.left).right
        known = tuple(row for e in steps.known if (row := row_of(e)) is not None)
        ways = (False,) if self.grad.runs_in_reverse else (False, True)
        forwards = [forward_definitions(self.grad, states_too) for states_too in ways]
        return any(
            Reader(Definitions(forward.expanded, forward.named, known=known), sums).equal(written_out.right, truth)
            for sums in (NamedSums(), None)
            for forward in forwards
        )

    def _judged_for(self, equation: Equation) -> str:
        """The steps and conditions of a line in words; the gradient of an input of every step that is judged as that of
        T says so.
        """
        steps = self._line_steps(equation)
        judged = equation.left if isinstance(steps, JacobianSteps) else _at_its_step(equation.left, steps.at)
        said = [] if judged == equation.left else [f"as {judged}"]
        return ", ".join((*said, str(steps), *filter(None, [self.values.says])))

    def _line_steps(self, equation: Equation) -> Any:
        left = equation.left
        if isinstance(left, StateJacobian):
            return JacobianSteps(left)
        if self._is_for_all_steps(equation):
            return steps_of(left, equation.right, self._ends, is_each=True, last_steps=0)
        return steps_of(left, equation.right, self._ends, self._is_for_each_step(left), self.grad.last_steps)

    def _is_for_all_steps(self, equation: Equation) -> bool:
        """Whether a line says the gradient of an input x_t for t = T as well: it names the loss of a step from t."""
        home = equation.left.argument if isinstance(equation.left, LossDerivative) else None
        is_input = isinstance(home, TimedScalar | TimedMatrix) and home.time == TIME
        losses = (v for v in timed_in(equation.right) if v.key == self.grad.loss_adjoint.key)
        return is_input and any(v.time.has(TIME) for v in losses)

    @cached_property
    def _ends(self) -> dict[tuple[str, str], tuple[int, int]]:
        """The first step at which a variable has a value, and how far behind T the last one is."""
        length = 3
        steps: dict[tuple[str, str], list[int]] = {}
        for key, step in self._run(length, 0).timed:
            steps.setdefault(key, []).append(step)
        return {key: (min(found), max(found) - length) for key, found in steps.items()}

    # --- values ---------------------------------------------------------------------------------------------

    def _doubts(self, equation: Equation) -> tuple[Need, ...]:
        """What a line asks for, so that it has a value at all of its steps, and does not certainly have."""
        values = LineValues(self.grad, self.derived(equation.left).right, self.values.domain)
        return values.doubts(equation.right, self._line_steps(equation).known)

    def _without_value(self, equation: Equation, doubts: tuple[Need, ...]) -> Verdict | None:
        """That a line has no value at a point at which its name has one, where such a point is found."""
        steps = self._line_steps(equation)
        least = steps.least if isinstance(steps, LineSteps) else 1
        for choice in choices(self.grad, doubts, least):
            try:
                with working_within(Budget(math.inf)):
                    around = chosen_run(self.grad, choice, self.values.domain)
            except CellError:  # the cell has no values there
                continue
            for value in steps.values(choice.length):
                step, indices = steps.placed(value)
                with precision(BITS):
                    try:
                        true = self._true_value(equation.left, steps, choice.length, around, step, indices)
                    except (NoNumberError, MissingStepError):
                        continue
                    try:
                        around.evaluate(equation.right, step, indices)
                    except NoValueError:
                        says = f"the line has no value {choice.says}"
                        return refuted(equation, around, step, indices, *first_entry(true), VALUES, says)
                    except (NoNumberError, MissingStepError):
                        continue
        return None

    # --- numbers --------------------------------------------------------------------------------------------

    def _numbers_or_error(self, equation: Equation) -> Verdict | CellError:
        """The refuter goes first; what has no numbers may still have a proof."""
        try:
            return self.numbers(equation)
        except CellError as error:
            return error

    def numbers(self, equation: Equation) -> Verdict:
        """A counterexample in numbers, or the evidence that there is none."""
        return self._numbers(equation, self._line_steps(equation))

    def _numbers(self, equation: Equation, steps: Any) -> Verdict:
        compared, missing, without, nowhere = 0, "", "", ""
        after = never_there(equation.right, self._ends)
        if after is not None:
            return Verdict(Outcome.REFUTED, STEPS, f"there is no step {after}")
        telling: set[tuple[int, int]] = set()
        usual = (
            *RUNS,
            *_long_runs(equation.right),
            *(WIDE_RUNS if self._has_kinks or has_kinks(equation.right) else ()),
        )
        for length, draw in chain(steps.lengths(usual), steps.lengths(KINKED_RUNS), steps.lengths(ZERO_RUNS)):
            enough = len(telling) >= ENOUGH
            if enough and ((length, draw) in ZERO_RUNS or ((length, draw) in KINKED_RUNS and not self._has_kinks)):
                break
            try:
                around = self._run(length, draw)
            except NoRunError:  # others may have values
                continue
            for value in steps.values(length):
                step, indices = steps.placed(value)
                with precision(BITS):
                    unknown = self._asks_for_no_adjoint(equation.right, around, step, indices)
                    try:
                        true = self._true_value(equation.left, steps, length, around, step, indices)
                        stated = around.evaluate(equation.right, step, indices)
                    except MissingStepError as error:
                        missing = missing or f"in a run of {length} steps {error}"
                        continue
                    except NoNumberError as error:  # of the cell there, or of the line: that is asked by itself
                        nowhere = nowhere or str(error)
                        continue
                    found = first_difference(stated, true)
                if unknown:
                    asked = f"in a run of {length} steps there is no value for {unknown}"
                    if found is not None:
                        return Verdict(Outcome.REFUTED, STEPS, asked)
                    without = without or asked
                    continue
                if found is not None:
                    return refuted(equation, around, step, indices, *found)
                compared += np.size(stated)
                if np.any(np.ravel(stated) != 0):
                    telling.add((length, draw))
        if missing:
            return Verdict(Outcome.REFUTED, STEPS, missing)  # where a side has no value, an equation does not hold
        if without or not (compared or nowhere):
            return Verdict(Outcome.UNDECIDED, STEPS, without or "there is no step at which to try it")
        if nowhere and not compared:
            return Verdict(Outcome.UNDECIDED, "numbers", nowhere)
        beside = f"; {nowhere}" if nowhere else ""
        return Verdict(
            Outcome.SUPPORTED, "numbers", f"both sides agree in {counted(compared, 'entry')}; no proof found{beside}"
        )

    @cached_property
    def _has_kinks(self) -> bool:
        return any(has_kinks(e.right) for e in self.grad.cell.steps)

    def _true_value(
        self, left: Expr, steps: Any, length: int, around: Surroundings, step: int, indices: Mapping[Symbol, int]
    ) -> Array:
        if isinstance(left, StateJacobian):
            return around.evaluate(self.derived(left).right, step, indices)
        if isinstance(left, TimedScalar | TimedMatrix):
            return around.evaluate(left, step, indices)
        home = left.argument
        if not isinstance(home, TimedScalar | TimedMatrix) or home in self.grad.borders:
            return around.evaluate(self._truth(left, None), step, indices)
        at = around.number(steps.at, step, indices)
        found = Reach(self.grad, length).value(home.at(TIME), at)
        return around.zero(home) if found is None else around.evaluate(found, at, indices)

    def _asks_for_no_adjoint(self, right: Expr, around: Surroundings, step: int, indices: Mapping[Symbol, int]) -> str:
        """The first adjoint that is asked for before the first step, where nothing is computed; "" if there is none."""
        if self.grad.runs_in_reverse:
            return ""
        for key, at in asked_steps(right, around, step, indices):
            if key in self._adjoint_keys and at < 1 and (key, at) not in around.timed:
                return f"{key[0]} at step {at}"
        return ""

    @cached_property
    def _adjoint_keys(self) -> set[tuple[str, str]]:
        return {v.key for v in (*self.grad.adjoints.values(), self.grad.loss_adjoint)}

    def _is_for_each_step(self, left: Expr) -> bool:
        """Whether a line says the gradient of an input x_t for each t < T; one of a target may be for T alone."""
        argument = left.argument if isinstance(left, LossDerivative) else None
        is_input = isinstance(argument, TimedScalar | TimedMatrix) and argument.time == TIME
        return is_input and self.grad.of_input(argument) != zero_like(argument)

    def _run(self, length: int, draw: int) -> Surroundings:
        """The values of everything in a run of so many steps."""
        runs = self.grad.runs
        if (length, draw) not in runs:
            with working_within(Budget(math.inf)):  # for all lines of the cell, and so counted on none of them
                runs[length, draw] = drawn_run(self.grad, length, draw, self.values.points)
        found: Surroundings = runs[length, draw]
        return found


def _long_runs(right: Expr) -> tuple[tuple[int, int], ...]:
    """A run that is longer than all numbers among the ends of sums, where those that are tried anyway are not."""
    length = farthest_number(right) + 3
    return ((length, 0),) if max(length for length, _ in RUNS) < length <= MOST_STEPS else ()


def _put(left: Expr, only: OnlyWrong) -> Expr:
    """The left side at the last step at which a line fails."""
    return left if only.index == LENGTH else left.subs(only.index, only.high)


def _at_its_step(left: object, at: Expr) -> Any:
    """The gradient of a target that matters at T only as the one of that step."""
    home: Any = left.argument if isinstance(left, LossDerivative) else None
    is_in_time = isinstance(home, TimedScalar | TimedMatrix) and home.time == TIME
    return gradient_name(home.at(at)) if is_in_time and at == LENGTH else left


def proved(judged_for: str) -> Verdict:
    return Verdict(Outcome.PROVED, METHOD, f"both sides are equal for all sizes, {judged_for}")


def asked_steps(
    e: Expr, around: Surroundings, step: int, indices: Mapping[Symbol, int]
) -> Iterator[tuple[tuple[str, str], int]]:
    """All variables with all steps at which an expression asks for them."""
    waiting, seen = [e], set()
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        if isinstance(part, TimedScalar | TimedMatrix):
            yield part.key, around.number(part.time, step, indices)
        elif isinstance(part, TimeSum | OrderedProduct | sympy.Sum | sympy.Product):
            *inner, (index, low, high) = part.args[1:]
            inside = part.func(part.args[0], *inner) if inner else part.args[0]
            for k in range(around.number(low, step, indices), around.number(high, step, indices) + 1):
                there = (k, indices) if index == TIME else (step, {**indices, index: k})
                yield from asked_steps(inside, around, *there)
        else:
            waiting += [a for a in reversed(part.args) if isinstance(a, sympy.Basic)]
