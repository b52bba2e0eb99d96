"""What adjoints stand for in the proof of a line: what the rules give, or closed sums of products of Jacobians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, S, Symbol

from symgrad.recurrent.cells.matrix_algebra import product, transposed
from symgrad.recurrent.forms.paths import EARLIER, Step, jacobian_product
from symgrad.recurrent.gradients.backward import Backward, over_time
from symgrad.symbols import LENGTH, TIME, timed_in, zero_like
from symgrad.symbols.inequalities import Row, is_certain

LATE = Symbol("s", integer=True)


@dataclass(frozen=True)
class Meaning:
    """What adjoints stand for: those within a step by those of states, and those of states as far as is asked for.

    Attributes
    ----------
    bases : tuple of Expr
        Adjoints of states at earlier steps than one of these are written out.
    closed : Step or None
        The step in the closed sum over later steps that adjoints of states stand for, if they do.
    is_eager : bool
        Whether all that are certain to be before the last steps are written out.
    """

    grad: Backward
    length: Expr
    bases: tuple[Expr, ...]
    closed: Step | None = None
    is_eager: bool = False

    def of(self, v: Expr, rows: Sequence[Row]) -> Expr | None:
        """What an adjoint stands for where these inequalities hold; None where its name stays."""
        gap = sympy.expand(self.length - v.time)
        if is_certain(-gap - 1, rows):
            return zero_like(v)
        if v.time.is_Integer and v.time < 1:
            border = next((b for b in self.grad.borders if self._is_adjoint_of(v, b)), None)
            return None if border is None else self.grad[border].subs(LENGTH, self.length)
        if not is_certain(v.time - 1, rows):
            return None
        if v.key == self.grad.loss_adjoint.key:
            return self._weight(gap, rows)
        if not is_certain(v.time - 1 - self.grad.ahead(v), rows):  # there are no shares of step 0
            is_inner = v.time.is_Integer and is_certain(gap - self.grad.last_steps, rows)
            return self.grad.adjoint_equation(v).right if is_inner else None
        last = next((k for k in range(self.grad.last_steps) if _is_equal(gap, k, rows)), None)
        if last is not None:
            return self._rule(v, last)
        if not is_certain(gap - self.grad.last_steps, rows):
            return self._wherever(v, rows, gap)
        if v.key in carried(self.grad) and (self.closed is not None or not self._is_alike(v)):
            if self.closed is not None:
                return closed_sum(self.closed, v, self.length)
            steps = [sympy.expand(base - v.time) for base in self.bases]
            if not self.is_eager and not any(s.is_Integer and s > 0 for s in steps):
                return None
        return self._rule(v)

    def _is_adjoint_of(self, v: Expr, border: Any) -> bool:
        name = self.grad.adjoints.get(border.at(TIME))
        return name is not None and name.key == v.key and border.time == v.time

    def _weight(self, gap: Expr, rows: Sequence[Row]) -> Expr | None:
        """The adjoint of the loss of a step from 1 to T."""
        if self.grad.at != "last":
            return 1 / self.length if self.grad.at == "mean" else S.One
        return S.One if _is_equal(gap, 0, rows) else S.Zero if is_certain(gap - 1, rows) else None

    def _wherever(self, v: Expr, rows: Sequence[Row], gap: Expr) -> Expr | None:
        """At a step that is T or before it: what stands there in every case, if that is the same."""
        if not is_certain(gap, rows):
            return None
        if v.key in carried(self.grad) and self.closed is not None:
            return closed_sum(self.closed, v, self.length)
        return self._rule(v) if self._is_alike(v) else None

    def _is_alike(self, v: Expr) -> bool:
        """Whether an adjoint stands for the same at the last steps as before them, and so for nothing later."""
        return all(self._rule(v, k) == self._rule(v) for k in range(self.grad.last_steps))

    def _rule(self, v: Expr, last: int | None = None) -> Expr:
        """What the rules give at the step of an adjoint: so many steps before T, or before those."""
        at = TIME if last is None else LENGTH - last
        right = self.grad.adjoint_equation(v.at(at)).right
        moved = {u: u.at(sympy.expand(v.time + u.time - at)) for u in timed_in(right)}
        right = right.xreplace(moved)  # the number of steps in a mean is no step
        return right.subs(LENGTH, self.length) if self.length != LENGTH else right


def _is_equal(e: Expr, number: int, rows: Sequence[Row]) -> bool:
    return is_certain(e - number, rows) and is_certain(number - e, rows)


@lru_cache(maxsize=64)
def carried(grad: Backward) -> frozenset[tuple[str, str]]:
    """The adjoints that other steps give to: those of states, and of what is used at other steps."""
    moved = {v for v, found in grad.shares.items() for s in found if s.shift and s.by is not None}
    return frozenset(grad.adjoints[v].key for v in grad.adjoints if v in moved or v in grad.cell.states)


def closed_sum(step: Step, v: Expr, length: Expr) -> Expr:
    """The adjoint of the state of a cell of one: the sum over later steps t of (J_t ... J_{k+1})^T g_t."""
    is_last = step.grad.at == "last"
    late = LENGTH if is_last else LATE
    back = transposed(jacobian_product(step, EARLIER + 1, late))
    term = product(back, step.loss_slope.subs(TIME, late))
    found = term if is_last else over_time(term, EARLIER, LENGTH, LATE)
    return found.subs(EARLIER, v.time).subs(LENGTH, length)
