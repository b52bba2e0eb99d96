"""Branch and bound by enclosures: the sign of an expression on a bounded box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy
from flint import arb, fmpq
from sympy import Expr, Symbol

from symgrad.balls import RootOfNonnegative, Tape, UnsupportedError, Value, as_integer, ball, is_real, precision, sign
from symgrad.base import sized
from symgrad.base.budget import remembered
from symgrad.language.statements import Domain
from symgrad.prove.basics.derivatives import NotSmooth, smooth_derivative
from symgrad.prove.basics.facts import MOST_CONSTANT_BITS
from symgrad.prove.basics.sets import is_of_reals

MOST_BOXES = 4000
MOST_HALVINGS = 48  # of each side; what is open in a box so small most likely is zero in it
SHARE_IF_SLOW = 8
BOX_BITS = 96


@dataclass(frozen=True)
class Box:
    """A product of closed intervals with rational ends."""

    sides: tuple[tuple[Symbol, sympy.Rational, sympy.Rational], ...]

    def sign_of(self, expression: Expr, budget: int = MOST_BOXES, nonnegative: tuple[Expr, ...] = ()) -> int | None:
        """1 or -1 if that is the sign on the whole box, certified; None if the budget ends before.

        Only the points count at which all that is called nonnegative is so.
        """
        return _sign_on(self, expression, budget, nonnegative)


@remembered
def _sign_on(box: Box, expression: Expr, budget: int, nonnegative: tuple[Expr, ...]) -> int | None:
    with precision(BOX_BITS):
        try:
            return _Search(expression, box, nonnegative).sign(budget)
        except UnsupportedError:
            return None


class _Search:
    """One branch and bound: enclosures by the expression and, in one variable, by the mean value theorem."""

    def __init__(self, expression: Expr, box: Box, nonnegative: tuple[Expr, ...] = ()) -> None:
        variables = [symbol for symbol, _, _ in box.sides]
        self.value = Tape(_with_real_roots(expression, nonnegative), variables)
        self.slope = self._slope(expression, variables) if len(variables) == 1 else None
        self.start = tuple((_end(low), _end(high)) for _, low, high in box.sides)

    @staticmethod
    def _slope(expression: Expr, variables: list[Symbol]) -> Tape | None:
        try:
            return Tape(smooth_derivative(expression, variables[0]), variables)
        except (NotSmooth, UnsupportedError):
            return None

    def sign(self, budget: int) -> int | None:
        wanted: int | None = None
        pending = [(self.start, 0)]
        for _ in range(budget // SHARE_IF_SLOW if self.value.is_slow else budget):
            if not pending:
                return wanted
            box, halvings = pending.pop()
            found = sign(self._enclose(box))
            middle = found or sign(self.value(*((low + high) / 2 for low, high in box)))
            if middle is not None and wanted is None:
                wanted = middle
            if (middle is not None and middle != wanted) or wanted == 0:
                return None
            if not found:
                if halvings >= MOST_HALVINGS * len(box):
                    return None
                pending.extend((half, halvings + 1) for half in _halves(box))
        return None

    def _enclose(self, box: tuple[tuple[arb, arb], ...]) -> Value:
        sides = [low.union(high) for low, high in box]
        natural = self.value(*sides)
        if self.slope is None or sign(natural):
            return natural
        (side,) = sides
        if not self.value.is_continuous_on(side):
            return natural  # a bounded slope says nothing of what jumps
        slope, middle = self.slope(side), self.value(arb(side.mid()))
        if not (is_real(slope) and is_real(middle)):
            return natural
        if sign(slope):
            low, high = self.value(box[0][0]), self.value(box[0][1])
            return ball(low).union(ball(high)) if is_real(low) and is_real(high) else natural
        return ball(middle) + ball(slope) * (side - side.mid())


def _with_real_roots(expression: Expr, nonnegative: tuple[Expr, ...]) -> Expr:
    """The expression with roots that stay real at their branch points, where what is under them is not negative."""
    roots = {r: RootOfNonnegative(*r.args) for r in fractional_powers(expression) if r.base in nonnegative}
    return expression.xreplace(roots)


def fractional_powers(expression: Expr) -> list[sympy.Pow]:
    """Powers with a positive exponent that is rational and no integer: real where the base is not negative."""
    found = (p for p in expression.atoms(sympy.Pow) if p.exp.is_Rational and not p.exp.is_Integer and p.exp > 0)
    return sorted((p for p in found if p.base.free_symbols), key=str)


def _halves(box: tuple[tuple[arb, arb], ...]) -> Iterable[tuple[tuple[arb, arb], ...]]:
    widest = max(range(len(box)), key=lambda i: float(box[i][1] - box[i][0]))
    low, high = box[widest]
    middle = arb(((low + high) / 2).mid())
    return [(*box[:widest], half, *box[widest + 1 :]) for half in ((low, middle), (middle, high))]


def _end(number: sympy.Rational) -> arb:
    return arb(int(number.p)) / int(number.q)


def bounded_box(domain: Domain, symbols: Iterable[Symbol]) -> Box | None:
    """The closed box around the domain of these symbols, if it is bounded."""
    sides = []
    for symbol in sorted(symbols, key=str):
        values = domain.set_of(symbol)
        if not is_of_reals(values):
            return None
        low, high = values.inf, values.sup
        if low.is_infinite or high.is_infinite:
            return None
        sides.append((symbol, rational_below(low), -rational_below(-high)))
    return Box(tuple(sides))


def rational_below(number: Expr) -> sympy.Rational:
    """The number itself, if it is rational, else a rational number a little below it."""
    if number.is_Rational:
        return number
    with precision(MOST_CONSTANT_BITS):
        value = Tape(number, ())()
        if not isinstance(value, fmpq | arb):
            raise sized.TooLarge(f"no enclosure of {number}")
        below = as_integer((ball(value) * 10**12).lower().floor())
    if below is None:
        raise sized.TooLarge(f"a whole number below {number}")
    return sympy.Rational(below, 10**12)
