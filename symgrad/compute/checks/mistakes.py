"""Known mistakes in gradients: equations with one slip in them, to compare with what somebody else has.

Every mistake is walked through in doubles, with the forward values of one run; no program is made for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import sympy
from sympy import Expr, MatrixExpr

from symgrad.balls import precision
from symgrad.base.errors import SymgradError
from symgrad.base.untyped import Array
from symgrad.compute.numbers.arguments import is_in_time
from symgrad.compute.run.in_doubles import Doubles
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.judge.slips import slips
from symgrad.recurrent.oracle import runs
from symgrad.symbols import LENGTH, TIME, Timed, TimeSum, zero_like
from symgrad.symbols.writing import to_text

MOST = 150  # equations that are walked through for one hint
MOST_WINDOWS = 64
BITS = 64

Formulas = dict[tuple[Any, int], Any]


@dataclass
class Mistakes:
    """The mistakes that may have been made in the gradients of a cell at a point.

    Attributes
    ----------
    grad : Backward
    point : mapping of str to array
    sizes : mapping
    """

    grad: Backward
    point: Mapping[str, Any]
    sizes: Mapping[Any, int]
    _made: list[_Walk] = field(default_factory=list)

    def of(self, argument: str) -> Iterator[tuple[str, dict[str, Array]]]:
        """What a mistake is called, and the gradients that it gives: of one argument, or of all where none is named.

        First those in the equation of the gradient of the argument, then in the adjoints, then truncation: states that
        carry no gradient over the borders of windows of so many steps. None where the cell has no values in doubles.
        """
        if _tried(lambda: self._right) is None:
            return
        names = runs.argument_names(self.grad)
        wanted = {argument: names[argument]} if argument in names else names
        if argument in names:
            yield from self._in_gradient(argument, names[argument])
        for walk in self._in_adjoints():
            found = None if walk.around is None else _tried(partial(self._gradients, walk.around, walk.instead, wanted))
            if found is not None:
                yield walk.words, found

    # --- gradients ------------------------------------------------------------------------------------------

    def _gradients(self, around: Doubles, instead: Mapping[Expr, Expr], wanted: Mapping[str, Expr]) -> dict[str, Array]:
        return {name: self._gradient(around, key, instead) for name, key in wanted.items()}

    def _gradient(self, around: Doubles, key: Expr, instead: Mapping[Expr, Expr] | None = None) -> Array:
        def value(formula: Expr, step: int) -> Array:
            return runs.as_declared(around.evaluate((instead or {}).get(formula, formula), step), key)

        if not is_in_time(key):
            return value(self.grad[key], around.length)
        steps = range(1, around.length + 1)
        return np.array([value(self._of_input(key, step, around), step) for step in steps])

    def _of_input(self, key: MatrixExpr, step: int, around: Doubles) -> MatrixExpr:
        before = around.length - step
        return self.grad.of_input(key, before=before if before < self.grad.last_steps else None)

    def _in_gradient(self, argument: str, key: Expr) -> Iterator[tuple[str, dict[str, Array]]]:
        formula = self.grad.of_input(key) if is_in_time(key) else self.grad[key]
        for name, spoilt in slips(Equation(key, formula)):
            found = _tried(partial(self._gradient, self._right, key, {formula: spoilt.right}))
            if found is not None:
                yield f"a slip, {name}: {_as_said(formula, spoilt.right)}", {argument: found}

    # --- adjoints -------------------------------------------------------------------------------------------

    @cached_property
    def _right(self) -> Doubles:
        """The values of a run without a mistake."""
        with precision(BITS):
            point = {k: v.item() if np.ndim(v) == 0 else v for k, v in self.point.items()}
            exact = runs.surroundings(self.grad, point, self.sizes)
        around = Doubles.of(exact)
        runs.run_forward(self.grad, around)
        runs.run_backward(self.grad, around)
        around.timed = {place: _as_doubles(value) for place, value in around.timed.items()}
        return around

    def _in_adjoints(self) -> Iterator[_Walk]:
        """Each is walked through once, when it is first asked for."""
        yield from self._made
        for walk in self._new:
            self._made.append(walk)
            yield walk

    @cached_property
    def _new(self) -> Iterator[_Walk]:
        return self._all()

    def _all(self) -> Iterator[_Walk]:
        right = self._formulas
        for words, replaced in list(_slips_in_adjoints(self.grad).items())[:MOST]:
            table = {(place, old): new for place, old, new in replaced}
            formulas = {node: self._replaced(node, e, table) for node, e in right.items()}
            yield _Walk(f"a slip, {words}", self._walked(formulas), self._before_the_first(replaced))
        for window in range(1, min(self._right.length, MOST_WINDOWS)):
            words = "truncation, states that carry no gradient over the borders of windows of"
            yield _Walk(f"{words} {window} step{'s' if window > 1 else ''}", self._walked(right, window))

    def _before_the_first(self, replaced: list[tuple[Any, Expr, Expr]]) -> dict[Expr, Expr]:
        """The gradients of values before the first step with a slip of every step, as it is one line of code."""
        found = {}
        for border in self.grad.borders:
            name = self.grad.adjoints.get(border.at(TIME))
            for (key, before), old, new in replaced:
                if name is None or name.key != key or before is not None or not border.time.is_Integer:
                    continue
                right = self.grad[border]
                gone, come = (set(_terms(e.subs(TIME, border.time))) for e in (old, new))
                if gone - come <= {*_terms(right)}:
                    terms = [*(t for t in _terms(right) if t not in gone - come), *(come - gone)]
                    found[right] = _sum(terms) if terms else zero_like(right)
        return found

    def _replaced(self, node: tuple[tuple[str, str], int], e: Expr, table: Mapping[tuple[Any, Expr], Expr]) -> Expr:
        before = self._right.length - node[1]
        return table.get(((node[0], before if before < self.grad.last_steps else None), e), e)

    @cached_property
    def _formulas(self) -> Formulas:
        """The adjoint equations of all steps."""
        found: Formulas = {}
        for step in range(1, self._right.length + 1):
            before = self._right.length - step
            is_last = before < self.grad.last_steps
            for variable in self.grad.order:
                name = self.grad.adjoints[variable].at(LENGTH - before if is_last else TIME)
                found[name.key, step] = self.grad.adjoint_equation(name).right
        return found

    def _walked(self, formulas: Formulas, window: int = 0) -> Doubles | None:
        right = self._right
        around = Doubles(right.sizes, right.length, right.parameters, dict(right.timed), window=window)
        for variable in self.grad.adjoints.values():
            for step in range(1, right.length + 1):
                around.timed[variable.key, step] = around.zero(variable)
        return _tried(partial(_run, formulas, around))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class _Walk:
    """The adjoints of a run with a mistake: none where it has no value.

    Attributes
    ----------
    words : str
    around : Doubles or None
    instead : mapping of formula to formula
        The gradients in which the mistake is made as well.
    """

    words: str
    around: Doubles | None
    instead: Mapping[Expr, Expr] = field(default_factory=dict)


def _run(formulas: Formulas, around: Doubles) -> Doubles:
    runs.run_formulas(formulas, around)
    return around


def _as_said(right: Expr, wrong: Expr) -> str:
    """What is right and what is in its place; of sums over the same steps, the terms."""
    is_sum = isinstance(right, TimeSum | sympy.Sum) and type(right) is type(wrong) and right.args[1] == wrong.args[1]
    return " as ".join(to_text(e.args[0] if is_sum else e) for e in (right, wrong))


def _tried(make: Callable[[], Any]) -> Any:
    """What is made; nothing where an equation with a slip in it has no value."""
    try:
        with np.errstate(all="ignore"):
            return make()
    except (SymgradError, ArithmeticError, LookupError, ValueError, TypeError):
        return None


def _as_doubles(value: Array) -> Array:
    return np.asarray(value, dtype=float) if isinstance(value, np.ndarray) else float(value)


def _slips_in_adjoints(grad: Backward) -> dict[str, list[tuple[Any, Expr, Expr]]]:
    """Slips in adjoint equations; one that can be made at every step and at the last is made at both."""
    found: dict[str, list[tuple[Any, Expr, Expr]]] = {}
    for equation in (*grad.backward, *grad.final):
        before = LENGTH - equation.left.time
        place = equation.left.key, int(before) if before.is_Integer else None
        for name, spoilt in (*_loss_of_other_sign(grad, equation), *slips(equation)):
            words = f"{name}: {_at_step(equation)} as {to_text(_at_step(spoilt).right)}"
            found.setdefault(words, []).append((place, equation.right, spoilt.right))
    return found


def _loss_of_other_sign(grad: Backward, equation: Equation) -> Iterator[tuple[str, Equation]]:
    """The equation with minus the slope of the loss, as by an error that is target less output."""
    left, right = equation.left, equation.right
    terms = _terms(right)
    mine = [t for t in terms if not any(v.role is left.role for v in t.atoms(Timed))]
    if mine and len(mine) < len(terms):
        others = [-t if t in mine else t for t in terms]
        yield "sign", Equation(left, _sum(others))


def _terms(e: Expr) -> tuple[Expr, ...]:
    return tuple(e.args) if e.is_Add or e.is_MatAdd else (e,)


def _sum(terms: list[Expr]) -> Expr:
    found = terms[0]
    for term in terms[1:]:
        found = found + term
    return found.doit(deep=False) if isinstance(found, MatrixExpr) else found


def _at_step(equation: Equation) -> Equation:
    """An equation of the last step as one of step t."""
    before = LENGTH - equation.left.time
    if not before.is_Integer:
        return equation
    moved = {v: v.at(v.time.xreplace({LENGTH: TIME + before})) for v in equation.right.atoms(Timed)}
    return Equation(equation.left.at(TIME), equation.right.xreplace(moved))
