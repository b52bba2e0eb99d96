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
from sympy.core.relational import Relational

from symgrad import activations
from symgrad.balls import Tape, UnsupportedError, precision, sign
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.basics.derivatives import ROUGH
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.goals import Decide, Goal
from symgrad.prove.basics.points import as_balls, points
from symgrad.prove.basics.sets import interior
from symgrad.prove.certain import side_conditions
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs, polynomial_sign
from symgrad.prove.signs import bounds
from symgrad.prove.signs.constants import constant_zero
from symgrad.prove.special.ring import NoNormalForm

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


@dataclass(frozen=True)
class Principal:
    """What undoes a principal value, and where the principal values lie, the ends of an open interval left out."""

    undone_by: Callable[[Expr], Expr]
    on: Interval


PRINCIPAL: dict[type, Principal] = {
    sympy.asin: Principal(sympy.sin, Interval(-pi / 2, pi / 2)),
    sympy.acos: Principal(sympy.cos, Interval(0, pi)),
    sympy.atan: Principal(sympy.tan, Interval.open(-pi / 2, pi / 2)),
    sympy.acosh: Principal(sympy.cosh, HALF_LINE),
    sympy.asinh: Principal(sympy.sinh, LINE),
    sympy.atanh: Principal(sympy.tanh, LINE),
    sympy.log: Principal(sympy.exp, LINE),
}


@dataclass(frozen=True)
class Turn:
    """A function of an angle that takes one value twice only where the angles differ by multiples of `angle`."""

    name: str
    angle: Expr
    of: Callable[[Expr], Expr]
    has_poles: bool


TURNS = (
    Turn("whole turn", 2 * pi, lambda u: sympy.exp(I * u, evaluate=False), has_poles=False),
    Turn("half turn", pi, sympy.tan, has_poles=True),
)


def prove(goal: Goal, decide: Decide) -> Verdict | None:
    """PROVED if the images of both sides have one normal form, and both plainly lie where there is one preimage."""
    return _proved(goal, decide, Ranges(goal.domain))


def prove_by_all_means(goal: Goal, decide: Decide) -> Verdict | None:
    """The same, but where the sides lie is found out by whatever tells, which may take long."""
    return _proved(goal, decide, Ranges(goal.domain, by_all_means=True))


def _proved(goal: Goal, decide: Decide, ranges: Ranges) -> Verdict | None:
    if goal.op != "==" or any(side.has(Derivative, *ROUGH) for side in goal.relation.expressions):
        return None
    if not goal.variables or any(not facts.is_real(s) for s in goal.variables):
        return None
    left, right = (_by_reciprocals(activations.expand(side)) for side in (goal.lhs, goal.rhs))
    left, right = _without_scale(left, right)
    found = _by_principal_value(sized.expand(left - right, deep=False), goal, ranges, decide)
    if found is not None:
        return found
    both = sympy.Tuple(left, right)
    for image in IMAGES:
        if image.undoes(both):
            assumed = _same_image(image, left, right, ranges)
            if assumed is not None:
                verdict = Verdict(Outcome.PROVED, METHOD, _same_images(image))
                return side_conditions.settle(verdict, goal, assumed, decide)
    return _by_turns(left, right, goal, ranges, decide) if both.has(*ARCUS) else None


def _same_images(image: Image) -> str:
    return f"the {image.name} of both sides is the same, and both lie where the {image.name} takes no value twice"


def _by_reciprocals(e: Expr) -> Expr:
    """Inverse functions by those of the reciprocal; both are defined, and equal, wherever the argument is not zero."""
    return e.replace(
        lambda f: f.func in branch_cuts.RECIPROCALS, lambda f: branch_cuts.RECIPROCALS[f.func](1 / f.args[0])
    )


def _without_scale(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides without an irrational factor before an angle, as in acos(x)/pi."""
    for term in sympy.Add.make_args(sized.expand(left - right)):
        numbers = [f for f in sympy.Mul.make_args(term) if f.is_number and not f.is_Rational]
        if numbers and term.has(*ARCUS) and term.free_symbols:
            scale = sympy.Mul(*numbers)
            return (
                (sized.expand(left / scale), sized.expand(right / scale)) if facts.is_positive(scale) else (left, right)
            )
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


def _by_principal_value(gap: Expr, goal: Goal, ranges: Ranges, decide: Decide) -> Verdict | None:
    """The verdict from g(u) = v, which holds where u = f(v) and v is a principal value: u need not be looked at."""
    t = sympy.Dummy()
    # An arctangent needs a proof that the ends are left out, so it comes last.
    for g in sorted(gap.atoms(*PRINCIPAL), key=lambda g: (isinstance(g, sympy.atan), sympy.default_sort_key(g))):
        factor = gap.xreplace({g: t}).diff(t) if g.free_symbols else S.Zero
        if not factor.is_Rational or facts.is_zero(factor):
            continue
        principal, value = PRINCIPAL[g.func], sized.expand(g - gap / factor, deep=False)
        if isinstance(g, sympy.atan) and value.has(*ARCUS) and not ranges.by_all_means:
            continue
        if value.has(g) or not ranges.lies_in(value, principal.on):
            continue
        assumed = _same(principal.undone_by(value), g.args[0], goal.domain)
        if assumed is not None:
            at_ends = [sympy.cos(value)] if principal.on.left_open and principal.on.inf.is_finite else []
            verdict = Verdict(Outcome.PROVED, METHOD, sentences.undone(g, value))
            return side_conditions.settle(verdict, goal, [*assumed, *at_ends], decide)
    return None


def _by_turns(left: Expr, right: Expr, goal: Goal, ranges: Ranges, decide: Decide) -> Verdict | None:
    for turn in TURNS:
        first, second = turn.of(left), turn.of(right)
        assumed = _same(first, second, goal.domain)
        if assumed is not None:
            break
    else:
        return None
    gap = left - right
    if ranges.is_smaller(gap, turn.angle):
        evidence = f"both sides are the same angle up to {turn.name}s, and less than one apart"
    elif is_connected(goal.domain) and ranges.is_continuous(gap) and _is_small_somewhere(gap, turn.angle, goal.domain):
        evidence = f"both sides are the same angle up to {turn.name}s, continuous, and less than one apart at a point"
    else:
        return None
    assumed += [_above_the_line(side) for side in (left, right)] if turn.has_poles else []
    return side_conditions.settle(Verdict(Outcome.PROVED, METHOD, evidence), goal, assumed, decide)


def _above_the_line(angle: Expr) -> Expr:
    """The cosine of an angle but for its denominator."""
    return sympy.fraction(sized.together(sized.expand(sympy.cos(angle), trig=True)))[0]


def is_connected(domain: Domain) -> bool:
    """Whether the domain certainly is in one piece: a box, or what the segments to the origin stay in."""
    if not all(isinstance(v, Interval) or v is S.Reals for _, v in domain.sets):
        return False
    if not domain.conditions:
        return True
    # Near the origin, which the sets touch, the conditions hold, and what the sets hold of that is convex.
    return all(facts.is_in(v.closure, S.Zero) is True for _, v in domain.sets) and all(map(_shrinks, domain.conditions))


def _shrinks(condition: Relational) -> bool:
    """Whether a condition that holds at a point holds from there to the origin.

    A form h of degree d, and c > 0: if c + h(x) > 0 then c + t^d h(x) > 0 for t from 0 to 1, between c and c + h(x).
    """
    if not isinstance(condition, sympy.Gt | sympy.Ge | sympy.Lt | sympy.Le):
        return False
    larger = sized.expand(condition.gts - condition.lts)
    if not larger.is_polynomial():
        return False
    polynomial = sized.polynomial(larger)
    degrees = {sum(powers) for powers in polynomial.monoms()} - {0}
    constant = polynomial.coeff_monomial(1)
    return len(degrees) == 1 and bool(constant.is_number and facts.is_positive(constant))


def _is_small_somewhere(gap: Expr, angle: Expr, domain: Domain) -> bool:
    """Whether the gap certainly is smaller than an angle at some point."""
    try:
        tape = Tape(angle - gap, domain.symbols), Tape(angle + gap, domain.symbols)
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
# The values at the ends of an interval of arguments are the ends of the values.
_INCREASING = (
    sympy.asin, sympy.atan, sympy.asinh, sympy.acosh, sympy.atanh, sympy.log, sympy.exp, sympy.sinh, sympy.tanh,
)  # fmt: skip
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
        return (_is_at_least(low, values.inf) or self._is_nonnegative(e - values.inf)) and (
            _is_at_least(values.sup, high) or self._is_nonnegative(values.sup - e)
        )

    def is_smaller(self, gap: Expr, angle: Expr) -> bool:
        """Whether a real expression certainly lies strictly between an angle and its negative."""
        if not self.is_real(gap):
            return False
        low, high = self._range(gap)
        return _is_below(-angle, low) and _is_below(high, angle)

    def is_continuous(self, e: Expr) -> bool:
        """Whether an expression certainly is real, and continuous on the whole domain."""
        if e.has(*branch_cuts.JUMPING) or not self.is_real(e):
            return False
        return all(bounds.discharged(c, self.domain) for c in conditions(e))

    def is_real(self, e: Expr) -> bool:
        """Whether all values are certainly real, and the expression is made of functions that are known here."""
        if e.is_Symbol or e.is_number:
            return facts.is_real(e)
        if isinstance(e, sympy.Add | sympy.Mul):
            return all(map(self.is_real, e.args))
        if isinstance(e, sympy.Pow):
            if not (self.is_real(e.base) and self.is_real(e.exp)):
                return False
            return facts.is_integer(e.exp) or self._is_nonnegative(e.base)
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
        if (
            _is_at_least(self._range(e)[0], S.Zero)
            or facts.is_nonnegative(e.xreplace(self._signs.refined))
            or self._signs.plain_sign(e) == 1
        ):
            return True
        if len(e.free_symbols) == 1 and e.is_polynomial():
            (x,) = e.free_symbols  # a polynomial may be zero at the ends of an interval
            values = self.domain.set_of(x)
            if isinstance(values, Interval) and polynomial_sign(e, x, interior(values)) == 1:
                return True
        if not self.by_all_means:
            return False
        found = bounds.sign_of(e, self.domain)
        return found is not None and found.sign == 1

    def _range(self, e: Expr) -> tuple[Expr, Expr]:
        """Bounds of a real expression, by the ranges of the functions in its terms."""
        low = high = S.Zero
        for term in sympy.Add.make_args(e):
            factor, rest = term.as_independent(*e.free_symbols, as_Add=False)
            if rest is S.One and facts.is_real(term):
                low, high = low + term, high + term
                continue
            known = constant_sign(factor)
            if not known:
                return -S.Infinity, S.Infinity
            bottom, top = self._range_of_term(rest)
            ends = (factor * bottom, factor * top) if known == 1 else (factor * top, factor * bottom)
            low, high = low + ends[0], high + ends[1]
        return low, high

    def _range_of_term(self, e: Expr) -> tuple[Expr, Expr]:
        if e.is_Symbol:
            values = self.domain.set_of(e)
            return values.inf, values.sup
        if e.func in _JUMPING_VALUES:
            jumping = _JUMPING_VALUES[e.func]
            return jumping.inf, jumping.sup
        if e.func in _VALUES:
            low, high = self._values_between(e)
            if not (e.func in _ODD and facts.is_negative(low) and facts.is_positive(high)):
                return low, high
            values = Interval(low, high)
            is_above, is_below = (e.func in _ODD and self._is_nonnegative(k * e.args[0]) for k in (1, -1))
            return (S.Zero if is_above else values.inf), (S.Zero if is_below else values.sup)
        if isinstance(e, sympy.Pow) and e.exp.is_Rational and facts.is_positive(e.exp) and e.exp.q == 2:
            low, high = _within(self._range(e.base), HALF_LINE)
            return low**e.exp, high**e.exp
        if isinstance(e, sympy.Pow) and e.exp.is_Rational and (e.exp.q == 2 or (e.exp.p % 2 == 0 and e.exp.q == 1)):
            return S.Zero, S.Infinity
        return -S.Infinity, S.Infinity

    def _values_between(self, e: Expr) -> tuple[Expr, Expr]:
        """The range of a function, between its values at the ends of the range of its argument where it is monotone."""
        arguments, values = _VALUES[e.func]
        if e.func not in (*_INCREASING, sympy.acos):
            return values.inf, values.sup
        low, high = _within(self._range(e.args[0]), arguments)
        first, last = (_at_end(e.func, end) for end in ((high, low) if e.func is sympy.acos else (low, high)))
        return first, last


def _at_end(function: type, end: Expr) -> Expr:
    return -S.Infinity if function is sympy.log and facts.is_zero(end) else function(end)


def _within(ends: tuple[Expr, Expr], values: Interval) -> tuple[Expr, Expr]:
    """A range of values of an interval; an end that is not certainly inside is that of the interval."""

    def is_inside(end: Expr) -> bool:
        return _is_at_least(end, values.inf) and _is_at_least(values.sup, end)

    return (ends[0] if is_inside(ends[0]) else values.inf), (ends[1] if is_inside(ends[1]) else values.sup)


def _is_at_least(number: Expr, bound: Expr) -> bool:
    """Whether a constant or infinity certainly is no less than another."""
    if number == bound or S.Infinity == number or -S.Infinity == bound:
        return True
    return _is_below(bound, number) or (not (number - bound).is_infinite and constant_zero(number - bound) is True)


def _is_below(number: Expr, bound: Expr) -> bool:
    """Whether a constant or infinity certainly is less than another."""
    if number.is_infinite or bound.is_infinite:
        return bool(number != bound and (number == -S.Infinity or bound == S.Infinity))
    return constant_sign(bound - number) == 1
