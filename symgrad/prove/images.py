"""Equality by equal images under a function that takes no value twice: inverse functions and roots are undone by it.

Two real numbers are equal if their hyperbolic sines are, two numbers that are not negative if their squares are. The
images have a normal form where the sides have none, as the root within a root is gone. Angles are known by exp(I*t)
up to whole turns; how many turns lie between two of them is told by their ranges, or by continuity and one point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Derivative, Expr, I, Interval, S, pi

from symgrad import activations
from symgrad.balls import Tape, UnsupportedError, precision, sign
from symgrad.prove import bounds, cuts, side_conditions
from symgrad.prove.conditions import conditions
from symgrad.prove.derivatives import ROUGH
from symgrad.prove.goals import Decide, Goal
from symgrad.prove.points import as_balls, points
from symgrad.prove.ring import NoNormalForm
from symgrad.prove.signs import Signs, polynomial_sign
from symgrad.prove.tower import Tower
from symgrad.statements import Domain
from symgrad.verdicts import Outcome, Verdict

METHOD = "equal images under a one-to-one function"
REACH = 6  # points at which the number of whole turns between two angles is looked for

AREA = (sympy.log, sympy.asinh, sympy.acosh, sympy.atanh, sympy.acoth, sympy.asech, sympy.acsch)
ARCUS = (sympy.asin, sympy.acos, sympy.atan, sympy.acot, sympy.asec, sympy.acsc, sympy.atan2)
LINE, HALF_LINE = Interval(-S.Infinity, S.Infinity), Interval(0, S.Infinity)


@dataclass(frozen=True)
class Image:
    """A function that takes no value twice on an interval, and what it undoes."""

    name: str
    of: Callable[[Expr], Expr]
    on: Interval
    undoes: Callable[[Expr], bool]


def _heads(*heads: type) -> Callable[[Expr], bool]:
    return lambda e: e.has(*heads)


def _roots(degree: int) -> Callable[[Expr], bool]:
    return lambda e: any(p.exp.is_Rational and p.exp.q == degree for p in e.atoms(sympy.Pow))


IMAGES = (
    Image("square", lambda u: u**2, HALF_LINE, _roots(2)),
    Image("cube", lambda u: u**3, LINE, _roots(3)),
    Image("sinh", sympy.sinh, LINE, _heads(*AREA)),
    Image("tanh", sympy.tanh, LINE, _heads(*AREA)),
    Image("exp", sympy.exp, LINE, _heads(*AREA)),
    Image("cosh", sympy.cosh, HALF_LINE, _heads(*AREA)),
    Image("sin", sympy.sin, Interval(-pi / 2, pi / 2), _heads(*ARCUS)),
    Image("cos", sympy.cos, Interval(0, pi), _heads(*ARCUS)),
)


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED if the images of both sides have one normal form, and both plainly lie where there is one preimage."""
    return _proved(goal, decide, Ranges(goal.domain))


def prove_by_all_means(goal: Goal, decide: Decide) -> Verdict | None:
    """The same, but where the sides lie is found out by whatever tells, which may take long."""
    return _proved(goal, decide, Ranges(goal.domain, by_all_means=True))


def _proved(goal: Goal, decide: Decide, ranges: Ranges) -> Verdict | None:
    if goal.op != "==" or any(side.has(Derivative, *ROUGH) for side in goal.sides):
        return None
    if not goal.variables or any(not s.is_real for s in goal.variables):
        return None
    left, right = _without_scale(activations.expand(goal.lhs), activations.expand(goal.rhs))
    both = sympy.Tuple(left, right)
    for image in IMAGES:
        if image.undoes(both):
            assumed = _same_image(image, left, right, ranges)
            if assumed is not None:
                verdict = Verdict(Outcome.PROVED, METHOD, f"{image.name} of both sides is the same")
                return side_conditions.settle(verdict, goal, assumed, decide)
    return _by_turns(left, right, goal, ranges, decide) if both.has(*ARCUS) else None


def _without_scale(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides without an irrational factor before an angle, as in acos(x)/pi."""
    for term in sympy.Add.make_args(sympy.expand(left - right)):
        numbers = [f for f in sympy.Mul.make_args(term) if f.is_number and not f.is_Rational]
        if numbers and term.has(*ARCUS) and term.free_symbols:
            scale = sympy.Mul(*numbers)
            return (sympy.expand(left / scale), sympy.expand(right / scale)) if scale.is_positive else (left, right)
    return left, right


def _same_image(image: Image, left: Expr, right: Expr, ranges: Ranges) -> list[Expr] | None:
    """What a proof that both sides have the same image takes not to be zero; what is quick is looked at first."""

    def lie_there() -> bool:
        return all(ranges.lies_in(side, image.on) for side in (left, right))

    if not ranges.by_all_means and not lie_there():
        return None
    assumed = _same(image.of(left), image.of(right), ranges.domain)
    return assumed if assumed is not None and lie_there() else None


def _same(left: Expr, right: Expr, domain: Domain) -> list[Expr] | None:
    """What was taken not to be zero for both to have the same normal form; None if they have not."""
    tower = Tower(Signs(domain, bounds.DEEPER))
    try:
        normals = tower.normal(left, right)
        return tower.nonzero if tower.difference(*normals).is_zero else None
    except NoNormalForm:
        return None


def _by_turns(left: Expr, right: Expr, goal: Goal, ranges: Ranges, decide: Decide) -> Verdict | None:
    first, second = (sympy.exp(I * side, evaluate=False) for side in (left, right))
    assumed = _same(first, second, goal.domain)
    if assumed is None:
        return None
    gap = left - right
    if ranges.is_within_a_turn(gap):
        evidence = "the same angle up to whole turns, and less than one turn apart"
    elif _is_connected(goal.domain) and ranges.is_continuous(gap) and _is_small_somewhere(gap, goal.domain):
        evidence = "the same angle up to whole turns, and continuous; less than one turn apart at a point"
    else:
        return None
    return side_conditions.settle(Verdict(Outcome.PROVED, METHOD, evidence), goal, assumed, decide)


def _is_connected(domain: Domain) -> bool:
    return not domain.conditions and all(isinstance(v, Interval) or v is S.Reals for _, v in domain.sets)


def _is_small_somewhere(gap: Expr, domain: Domain) -> bool:
    """Whether the gap certainly is less than one turn at some point."""
    try:
        tape = Tape(2 * pi - gap, domain.symbols), Tape(2 * pi + gap, domain.symbols)
    except UnsupportedError:
        return False
    with precision(96):
        return any(all(sign(t(*as_balls(p))) == 1 for t in tape) for p in points(domain, REACH))


# What a function is real and continuous on: arguments from the first to the second number; and its values there.
_VALUES: dict[type, tuple[Interval, Interval]] = {
    sympy.asin: (Interval(-1, 1), Interval(-pi / 2, pi / 2)),
    sympy.acos: (Interval(-1, 1), Interval(0, pi)),
    sympy.atan: (LINE, Interval(-pi / 2, pi / 2)),
    sympy.acosh: (Interval(1, S.Infinity), HALF_LINE),
    sympy.atanh: (Interval(-1, 1), LINE),
    sympy.log: (HALF_LINE, LINE),
    sympy.asech: (Interval(0, 1), HALF_LINE),
    sympy.sin: (LINE, Interval(-1, 1)),
    sympy.cos: (LINE, Interval(-1, 1)),
    sympy.tanh: (LINE, Interval(-1, 1)),
    sympy.sech: (LINE, Interval(0, 1)),
    sympy.exp: (LINE, HALF_LINE),
    sympy.cosh: (LINE, Interval(1, S.Infinity)),
} | dict.fromkeys(
    (sympy.asinh, sympy.sinh, sympy.tan, sympy.cot, sympy.sec, sympy.csc, sympy.coth, sympy.csch, sympy.acsch),
    (LINE, LINE),
)
_ODD = (sympy.asin, sympy.atan, sympy.tanh, sympy.asinh, sympy.atanh, sympy.sinh)
# Real and bounded as well, but with a jump.
_JUMPING_VALUES: dict[type, Interval] = {
    sympy.acot: Interval(-pi / 2, pi / 2),
    sympy.atan2: Interval(-pi, pi),
}


class Ranges:
    """Where the values of expressions lie on a domain, by the ranges of functions, and by signs."""

    def __init__(self, domain: Domain, *, by_all_means: bool = False) -> None:
        self.domain = domain
        self.by_all_means = by_all_means
        self._signs = Signs(domain)
        self._known: dict[Expr, bool] = {}

    def lies_in(self, e: Expr, values: Interval) -> bool:
        """Whether all values are certainly real and within the closed interval."""
        if not self.is_real(e):
            return False
        low, high = self._range(e)
        return (low >= values.inf or self._is_nonnegative(e - values.inf)) and (
            high <= values.sup or self._is_nonnegative(values.sup - e)
        )

    def is_within_a_turn(self, gap: Expr) -> bool:
        """Whether a real expression certainly lies between -2 pi and 2 pi."""
        if not self.is_real(gap):
            return False
        low, high = self._range(gap)
        return bool(low > -2 * pi and high < 2 * pi)

    def is_continuous(self, e: Expr) -> bool:
        """Whether an expression certainly is real, and continuous on the whole domain."""
        if e.has(*cuts.JUMPING) or not self.is_real(e):
            return False
        return all(bounds.discharged(c, self.domain) for c in conditions(e))

    def is_real(self, e: Expr) -> bool:
        """Whether all values are certainly real, and the expression is made of functions that are known here."""
        if e.is_Symbol or e.is_number:
            return bool(e.is_real)
        if isinstance(e, sympy.Add | sympy.Mul):
            return all(map(self.is_real, e.args))
        if isinstance(e, sympy.Pow):
            if not (self.is_real(e.base) and self.is_real(e.exp)):
                return False
            return bool(e.exp.is_integer) or self._is_nonnegative(e.base)
        if e.func in _JUMPING_VALUES:
            return all(map(self.is_real, e.args))
        if e.func not in _VALUES or len(e.args) != 1:
            return False
        return self.lies_in(e.args[0], _VALUES[e.func][0])

    def _is_nonnegative(self, e: Expr) -> bool:
        if e not in self._known:
            self._known[e] = self._found_nonnegative(e)
        return self._known[e]

    def _found_nonnegative(self, e: Expr) -> bool:
        if self._range(e)[0] >= 0 or e.xreplace(self._signs.refined).is_nonnegative or self._signs.plain_sign(e) == 1:
            return True
        if len(e.free_symbols) == 1 and e.is_polynomial():
            (x,) = e.free_symbols  # a polynomial may be zero at the ends of an interval
            values = self.domain.set_of(x)
            if isinstance(values, Interval) and polynomial_sign(e, x, values.interior) == 1:
                return True
        if not self.by_all_means:
            return False
        found = bounds.sign_of(e, self.domain)
        return found is not None and found.sign == 1

    def _range(self, e: Expr) -> tuple[Expr, Expr]:
        """Bounds of a real expression, by the ranges of the functions in its terms."""
        low = high = S.Zero
        for term in sympy.Add.make_args(e):
            factor, rest = term.as_coeff_Mul()
            if rest.is_number and rest.is_real:
                low, high = low + term, high + term
                continue
            bottom, top = self._range_of_term(rest)
            ends = (factor * bottom, factor * top)
            low, high = low + min(ends), high + max(ends)
        return low, high

    def _range_of_term(self, e: Expr) -> tuple[Expr, Expr]:
        if e.is_Symbol:
            values = self.domain.set_of(e)
            return values.inf, values.sup
        if e.func in _JUMPING_VALUES:
            jumping = _JUMPING_VALUES[e.func]
            return jumping.inf, jumping.sup
        if e.func in _VALUES:
            values = _VALUES[e.func][1]
            is_above, is_below = (e.func in _ODD and self._is_nonnegative(k * e.args[0]) for k in (1, -1))
            return (S.Zero if is_above else values.inf), (S.Zero if is_below else values.sup)
        if isinstance(e, sympy.Pow) and e.exp.is_Rational and (e.exp.q == 2 or (e.exp.p % 2 == 0 and e.exp.q == 1)):
            return S.Zero, S.Infinity
        return -S.Infinity, S.Infinity
