"""Gradients at a point in balls: where programs lack a function, and where slopes differ on both sides of a kink.

With all arguments widened by far less than their last digits, an entry of the gradient that is smooth there stays a
point for all purposes. At a kink the balls hold the slopes of both sides, so that the entry becomes as wide as they are
apart, however near the arguments are: that is how a kink is seen, and what any slope between them may give.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Basic, Expr, MatrixExpr

from symgrad import activations
from symgrad.balls import NoValue, Tape, ball, precision
from symgrad.base.errors import CellError
from symgrad.base.untyped import Array
from symgrad.recurrent.cells.scalar_slopes import differentiated, has_kinks
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.vjp import in_entries
from symgrad.recurrent.oracle import runs
from symgrad.symbols import Elementwise, OfEntries, with_slopes
from symgrad.symbols.writing import to_text

FIRST_BITS, MOST_BITS = 128, 1 << 13
ENOUGH = 70  # bits that are right of every entry that is not 0
# Bits to which arguments are known, after the point where they are 0: less than any double beside 0 is away from it.
NEAR, NEARER = 1100, 1400
WIDE_BITS = 1700
STAYS = 2.0**-60  # of its width, by which a ball at a kink is still as wide when the arguments are nearer
MOST_WORK = 3_000_000  # entries of weights times steps, beyond which kinks are not looked for
MOST_NAMED = 3


@dataclass(frozen=True)
class Enclosed:
    """Gradients of a cell, or derivatives of an expression, at a point.

    Attributes
    ----------
    grad : Backward or None
    what : Expr or None
    wanted : tuple of str
        The symbols with respect to which the expression is differentiated.
    arguments : mapping of str to array
    sizes : mapping
    """

    grad: Backward | None
    what: Expr | None
    wanted: tuple[str, ...]
    arguments: Mapping[str, Array]
    sizes: Mapping[Any, int]

    def certain(self, arguments: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """The gradients as arrays of balls with enough digits, at the point or at another one."""
        point = _exact(self.arguments if arguments is None else arguments)
        bits = FIRST_BITS
        while True:
            with precision(bits):
                found = self._at(point)
                if all(map(_is_sharp, _entries(found))):
                    return found
            if bits >= MOST_BITS:
                raise CellError(f"no enclosure of the gradient has enough digits with {bits} bits at this point")
            bits *= 2

    def _at(self, point: Mapping[str, Array]) -> dict[str, Array]:
        if self.grad is not None:
            return {
                k: np.asarray(v, dtype=object) for k, v in runs.evaluate(self.grad, point, self.sizes).gradients.items()
            }
        assert self.what is not None, "there is a cell or an expression"
        symbols = sorted(self.what.free_symbols, key=str)
        arrays = np.broadcast_arrays(*(np.asarray(point[str(s)], dtype=object) for s in symbols))
        found = {}
        for name in self.wanted:
            slope = differentiated(self.what, next(s for s in symbols if str(s) == name))
            tape = Tape(with_slopes(slope), symbols)
            values = np.empty(arrays[0].shape, dtype=object)
            for place in np.ndindex(values.shape):
                values[place] = _value(tape(*(a[place] for a in arrays)), slope)
            found[name] = values
        return found

    # --- kinks ----------------------------------------------------------------------------------------------

    @property
    def may_have_kinks(self) -> bool:
        """Whether a function has places without a slope, and the point is not too large to look for them."""
        formulas = [self.what] if self.grad is None else [*(e.right for e in self.grad.cell.steps), self.grad.loss.term]
        return any(has_kinks(f) for f in formulas) and self._work() <= MOST_WORK

    def _work(self) -> int:
        sizes = [np.size(v) for v in self.arguments.values()]
        longest = max((len(v) for v in self.arguments.values() if np.ndim(v)), default=1)
        return sum(sizes) * max(longest, *self.sizes.values()) if self.sizes else sum(sizes) * longest

    @cached_property
    def slopes_around(self) -> dict[str, Array]:
        """Balls that hold all slopes beside the point, where they are more than one; elsewhere None.

        A slope by one argument is that of the way on which this argument alone moves: a condition on others decides.
        """
        near, nearer = (self._widened(bits, self.arguments) for bits in (NEAR, NEARER))
        found = {}
        for name in nearer:
            kinked = self._kinked(name, near, nearer)
            if any(entry is not None for entry in np.ravel(kinked)):
                kinked = self._kinked(name, *(self._widened(bits, (name,)) for bits in (NEAR, NEARER)))
            found[name] = kinked
        return found

    def _kinked(self, name: str, near: Mapping[str, Array], nearer: Mapping[str, Array]) -> Array:
        """The balls of the entries of a gradient that stay as wide as they are, however near the arguments are."""
        balls = nearer[name]
        kinked = np.empty(balls.shape, dtype=object)
        for place in np.ndindex(balls.shape):
            before, now = (arb(b[place]).rad() for b in (near[name], balls))
            is_kink = now > STAYS * before and now > 0
            kinked[place] = (self._from_both_sides(name, place) or balls[place]) if is_kink else None
        return kinked

    def _from_both_sides(self, name: str, place: tuple[int, ...]) -> Array | None:
        """The hull of the slopes ahead and behind, of an expression in one of its symbols; None where they are open."""
        if self.what is None:
            return None
        with precision(WIDE_BITS):
            point, step = _exact(self.arguments), arb(2) ** -NEARER
            behind, ahead = (arb(self._at(_moved(point, name, way))[name][place]) for way in (-step, step))
            is_known = all(side.rel_accuracy_bits() > ENOUGH or side == 0 for side in (behind, ahead))
            return behind.union(ahead) if is_known else None

    def _widened(self, bits: int, names: Container[str]) -> dict[str, Array]:
        with precision(WIDE_BITS):
            return self._at(self._beside(bits, names))

    def _beside(self, bits: int, names: Container[str]) -> dict[str, Array]:
        """The point with some arguments widened."""
        width = arb(2) ** -bits
        return {
            k: _mapped(v, lambda number: arb(number, width * (1 + abs(number)))) if k in names else v
            for k, v in _exact(self.arguments).items()
        }

    @property
    def _around_kinks(self) -> dict[str, Array]:
        """The point with those arguments widened by which something has no one slope."""
        kinked = {k for k, array in self.slopes_around.items() if any(e is not None for e in np.ravel(array))}
        return self._beside(NEARER, kinked)

    def kinks(self) -> list[str]:
        """Where kinks are, in words: the first few."""
        with precision(WIDE_BITS):
            found = dict.fromkeys(self._kinks_of_cell() if self.grad is not None else self._kinks_of_expression())
        return [*found][:MOST_NAMED]

    def _kinks_of_expression(self) -> Iterator[str]:
        assert self.what is not None, "there is a cell or an expression"
        symbols = sorted(self.what.free_symbols, key=str)
        point = self._around_kinks
        arrays = np.broadcast_arrays(*(np.asarray(point[str(s)], dtype=object) for s in symbols))
        for name, e, at in _edges(self.what):
            tape = Tape(e - at, symbols)
            for place in np.ndindex(arrays[0].shape):
                if _holds_zero(tape(*(a[place] for a in arrays))):
                    yield f"{name} at {to_text(e)} = {at}"

    def _kinks_of_cell(self) -> Iterator[str]:
        assert self.grad is not None, "there is a cell or an expression"
        around = runs.surroundings(self.grad, self._around_kinks, self.sizes)
        runs.run_forward(self.grad, around)
        formulas = [*(e.right for e in self.grad.cell.steps), self.grad.loss.term]
        edges = [edge for f in formulas for edge in _edges(f)]
        for step in range(1, around.length + 1):
            for name, e, at in edges:
                values = np.ravel(np.asarray(around.evaluate(e, step), dtype=object))
                if any(_holds_zero(v - arb(_fraction(at))) for v in values):
                    yield f"{name} at {to_text(e)} = {at}, step {step}"


def _edges(e: Expr) -> Iterator[tuple[str, Expr, Expr | int]]:
    """What a function has a kink at: its name, an argument, and the value of the argument there."""
    for part in _parts(e):
        if isinstance(part, Elementwise | OfEntries):
            matrices = dict(zip(part.function.variables, part.args[1:]))
            for name, inside, at in _edges_of_scalar(part.function.expr):
                yield name, in_entries(inside, matrices), at
        elif isinstance(part, Expr) and not isinstance(part, MatrixExpr):
            yield from _edges_at(part)


def _parts(e: Basic) -> Iterator[Basic]:
    """An expression and all within it, but for what is said of entries by the letters for them."""
    yield e
    for part in e.args:
        if not isinstance(part, sympy.Lambda):
            yield from _parts(part)


def _edges_of_scalar(e: Expr) -> Iterator[tuple[str, Expr, Any]]:
    for part in sympy.preorder_traversal(e):
        yield from _edges_at(part)


def _edges_at(part: Basic) -> Iterator[tuple[str, Expr, Expr | int]]:
    if isinstance(part, activations.ActivationFunction):
        for at in part.row.kinks(*(part.parameters or part.row.defaults)):
            yield part.func.__name__, part.args[0], at
    elif isinstance(part, sympy.Abs | sympy.sign | sympy.Heaviside):
        yield part.func.__name__, part.args[0], 0
    elif isinstance(part, sympy.Max | sympy.Min):
        for k, a in enumerate(part.args):
            for b in part.args[k + 1 :]:
                yield part.func.__name__, *_between(a, b)
    elif isinstance(part, sympy.Piecewise):
        for condition in part.atoms(sympy.core.relational.Relational):
            yield "Piecewise", *_between(*condition.args)


def _between(a: Expr, b: Expr) -> tuple[Expr, Expr | int]:
    """What is equal to a number where two expressions are equal."""
    if b.is_Rational:
        return a, b
    return (b, a) if a.is_Rational else (a - b, 0)


def _moved(point: Mapping[str, Array], name: str, way: arb) -> dict[str, Array]:
    """The point with one argument a little further on."""
    return {**point, name: _mapped(point[name], lambda number: number + way * (abs(number) if number != 0 else 1))}


def _exact(arguments: Mapping[str, Array]) -> dict[str, Array]:
    return {k: _mapped(v, lambda number: arb(float(number))) for k, v in arguments.items()}


def _mapped(value: Array, change: Any) -> Array:
    array = np.asarray(value, dtype=object if np.asarray(value).dtype == object else float)
    if not array.shape:
        return change(array.item())
    found = np.empty(array.shape, dtype=object)
    for place, number in np.ndenumerate(array):
        found[place] = change(number)
    return found


def _entries(found: Mapping[str, Array]) -> Iterator[Array]:
    for array in found.values():
        yield from np.ravel(np.asarray(array, dtype=object))


def _is_sharp(entry: Array) -> bool:
    return bool(arb(entry).is_exact()) or arb(entry).rel_accuracy_bits() >= ENOUGH


def _value(value: Array, e: Expr) -> Array:
    found = None if value is None or isinstance(value, bool | NoValue) else ball(value)
    if not isinstance(found, arb):
        raise CellError(f"{to_text(e)} has no certain value at this point")
    return found


def _holds_zero(value: Array) -> bool:
    return isinstance(value, arb) and bool(value.contains(0))


def _fraction(at: int) -> Array:
    number = sympy.Rational(at)
    return arb(int(number.p)) / int(number.q)
