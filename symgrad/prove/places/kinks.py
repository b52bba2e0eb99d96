"""Where cases change: borders of Abs, Max, Min, sign, Heaviside, acot, atan2 and Piecewise; slopes there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import sympy
from sympy import Basic, Derivative, Expr, Piecewise, Rational, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.relational import Relational

from symgrad import activations
from symgrad.balls import NoValue, Tape, UnsupportedError, hull, precision, rational, separated, sign
from symgrad.base import sized
from symgrad.base.budget import remembered
from symgrad.language.written import origin
from symgrad.prove.basics import facts
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.basics.derivatives import evaluated
from symgrad.prove.basics.goals import Goal
from symgrad.prove.basics.points import Point, as_balls

STEP = Rational(1, 10**40)
MOST_DEGREE = 12
FAR = 10  # nearer, other points come close enough
MOST_CASES = 40


def switches(expression: Expr) -> list[Expr]:
    """Expressions whose sign decides a case in this one, outermost last."""
    found: dict[Expr, None] = {}
    for node in sympy.postorder_traversal(activations.expand(expression)):
        for switch in _switches_of(node):
            if switch.free_symbols:
                found[switch] = None
    return list(found)


def _switches_of(node: Expr) -> Iterator[Expr]:
    kind = origin(node.func)
    if kind in (sympy.Abs, sympy.sign, sympy.Heaviside, sympy.acot):
        yield node.args[0]
    elif kind is sympy.atan2:
        yield from node.args
    elif kind in (sympy.Max, sympy.Min):
        yield from (a - b for i, a in enumerate(node.args) for b in node.args[i + 1 :])
    elif isinstance(node, Piecewise):
        for _, condition in node.args:
            yield from (r.lhs - r.rhs for r in sorted(condition.atoms(Relational), key=sympy.default_sort_key))


# What a decided case leaves out: the arguments of these must have values all the same.
LEAVING_OUT = (
    sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside, sympy.atan2, sympy.Mod, Relational,
    activations.ActivationFunction,
)  # fmt: skip


def with_arguments(goal: Goal) -> Goal:
    """The goal, with arguments that a decided case may leave out among what must have a value."""
    left_out = (a for side in goal.sides for a in _may_be_left_out(side))
    also = [a for a in dict.fromkeys(left_out) if a not in goal.sides and conditions(a)]
    return replace(goal, also_defined=(*goal.also_defined, *also)) if also else goal


def _may_be_left_out(e: Basic) -> Iterator[Expr]:
    if isinstance(e, Piecewise):
        first = e.args[
            0
        ].cond  # the next is looked at once this one is decided, and a case once it is the one that holds
        yield from _may_be_left_out(first) if isinstance(first, Relational) else ()
        return
    if isinstance(e, ExprWithLimits):
        return
    for a in e.args:
        yield from _may_be_left_out(a)
        if origin(e.func) is sympy.Mod and a is e.args[1]:
            yield 1 / a
        elif issubclass(origin(e.func), LEAVING_OUT) and isinstance(a, Expr):
            yield a


def resolved(expression: Expr, switch: Expr, known: int) -> Expr:
    """The expression where the sign of one switch is known: 1, -1 or 0."""

    def decide(node: Expr) -> Expr:
        kind = origin(node.func)
        if kind is sympy.Abs and node.args[0] == switch:
            return known * switch if known else S.Zero
        if kind is sympy.sign and node.args[0] == switch:
            return S(known)
        if kind is sympy.Heaviside and node.args[0] == switch:
            return {1: S.One, 0: node.args[1], -1: S.Zero}[known]
        if kind is sympy.acot and node.args[0] == switch:
            return (S.Pi / 2 if known >= 0 else -S.Pi / 2) - (sympy.atan(switch) if known else S.Zero)
        if kind is sympy.atan2 and switch in node.args:
            v, u = node.args
            return _angle(v, u, switch, known)
        if kind in (sympy.Max, sympy.Min):
            return _without_loser(node, switch, known)
        if isinstance(node, Relational) and node.lhs - node.rhs == switch:
            return node.func(S(known), S.Zero)
        return node

    return _rebuilt(activations.expand(expression), decide)


def case_where(f: Expr, sign_of: Callable[[Expr], int | None]) -> Expr | None:
    """The case of f that holds where all switches have these signs; None if one is not known."""
    for _ in range(MOST_CASES):
        pending = switches(f)
        if not pending:
            return f
        known = sign_of(pending[0])
        if known is None:
            return None
        f = resolved(f, pending[0], known)
    return None


def _angle(v: Expr, u: Expr, switch: Expr, known: int) -> Expr:
    """atan2(v, u), the angle of u + I*v, where the sign of v or of u is known."""
    if switch == v and known:
        return known * S.Pi / 2 - sympy.atan(u / v)
    if switch == v:
        return Piecewise((S.Zero, u > 0), (S.Pi, u < 0), (S.NaN, True))
    if known == 1:
        return sympy.atan(v / u)
    if known == -1:
        return Piecewise((sympy.atan(v / u) + S.Pi, v >= 0), (sympy.atan(v / u) - S.Pi, True))
    return Piecewise((S.Pi / 2, v > 0), (-S.Pi / 2, v < 0), (S.NaN, True))


def _rebuilt(e: Expr, decide) -> Expr:  # type: ignore[no-untyped-def]
    if not e.args:
        return e
    if isinstance(e, Derivative):
        return e.func(_rebuilt(e.expr, decide), *e.variable_count)
    if isinstance(e, Piecewise):
        return _piecewise(e, decide)
    arguments = [_rebuilt(a, decide) for a in e.args]
    decided = decide(e)
    if decided is not e:
        return _rebuilt(decided, decide)
    return e.func(*arguments) if list(e.args) != arguments else e


def _piecewise(e: Expr, decide) -> Expr:  # type: ignore[no-untyped-def]
    """A Piecewise whose decided cases are gone; the values of dropped cases are not looked at."""
    cases = []
    for value, condition in e.args:
        condition = _rebuilt(condition, decide)
        if condition == sympy.false:
            continue
        cases.append((_rebuilt(value, decide), condition))
        if condition == sympy.true:
            break
    if not cases:
        return S.NaN
    return cases[0][0] if cases[0][1] == sympy.true else Piecewise(*cases)


def _without_loser(node: Expr, switch: Expr, known: int) -> Expr:
    for i, a in enumerate(node.args):
        for j, b in enumerate(node.args):
            if i < j and a - b == switch:
                a_wins = (known >= 0) == isinstance(node, sympy.Max)
                return node.func(*(c for c in node.args if c is not (b if a_wins else a)))
    return node


@remembered
def rational_zeros(expression: Expr, x: Symbol) -> tuple[Rational, ...]:
    """The rational zeros of a polynomial with rational coefficients; nothing for other expressions."""
    if not expression.is_polynomial(x) or expression.free_symbols != {x}:
        return ()
    try:
        polynomial = sized.polynomial(expression, x)
    except sized.TooLarge:
        return ()
    if polynomial.degree() > MOST_DEGREE or not (polynomial.domain.is_QQ or polynomial.domain.is_ZZ):
        return ()
    return tuple(r for r in polynomial.ground_roots() if r.is_Rational)


def places(goal: Goal) -> tuple[Rational, ...]:
    """Rational values at which a switch or a denominator of the goal is zero."""
    found: dict[Rational, None] = {}
    for side in goal.sides:
        bases = (p.base for p in sorted(side.atoms(sympy.Pow), key=sympy.default_sort_key) if facts.is_negative(p.exp))
        inside = [*switches(side), *bases, *_arguments(side)]
        for e in inside:
            for symbol in sorted(e.free_symbols, key=str):
                found |= dict.fromkeys(rational_zeros(e, symbol))
        for e in _squared(side):
            for symbol in sorted(e.free_symbols, key=str):
                found |= dict.fromkeys(zero for zero in rational_zeros(e, symbol) if abs(zero) > FAR)
    return tuple(found)[:24]


def _squared(side: Expr) -> Iterator[Expr]:
    """Sums of which a power is taken: around their zeros lie bumps such as 1/(1 + (x - 54321)**2)."""
    for p in sorted(side.atoms(sympy.Pow), key=sympy.default_sort_key):
        if p.exp.is_Integer and p.exp > 1 and p.base.is_Add:
            yield p.base


def _arguments(side: Expr) -> Iterator[Expr]:
    for f in sorted(side.atoms(sympy.Function), key=sympy.default_sort_key):
        yield from (a for a in f.args if isinstance(a, Expr))


def certainly_no_derivative(goal: Goal, point: Point) -> bool:
    """Whether a derivative in the goal certainly does not exist at the point: different slopes on its two sides."""
    derivatives = {d for side in goal.sides for d in side.atoms(Derivative)}
    return any(_slopes_differ(d, point) for d in derivatives)


def _slopes_differ(derivative: Derivative, point: Point) -> bool:
    if len(derivative.variables) != 1 or derivative.expr.has(Derivative):
        return False
    (x,) = derivative.variables
    left, right = (_beside(derivative.expr, x, point, direction) for direction in (-1, 1))
    if left is None or right is None:
        return False
    try:
        with precision(256):
            values = [Tape(e, tuple(point))(*as_balls(point)) for e in (left, right)]
            slopes = [Tape(evaluated(Derivative(e, x)), tuple(point))(*as_balls(point)) for e in (left, right)]
    except UnsupportedError:
        return False
    if any(isinstance(v, NoValue) for v in (*values, *slopes)):
        return False
    return separated(*values) or separated(*slopes)


def _beside(f: Expr, x: Symbol, point: Point, direction: int) -> Expr | None:
    """The smooth case of f that holds from the point on in one direction; None if that is not certain."""
    return case_where(f, lambda switch: _sign_beside(switch, x, point, direction))


def _sign_beside(switch: Expr, x: Symbol, point: Point, direction: int) -> int | None:
    """Sign of a switch on a short open interval beside the point: of its value there, else of its slope."""
    slope = evaluated(Derivative(switch, x)) if switch.has(x) else S.Zero
    try:
        with precision(256):
            values = as_balls(point)
            here = sign(Tape(switch, tuple(point))(*values))
            if here:
                return here
            place = list(point).index(x)
            reach = rational(STEP) * direction
            values[place] = hull(values[place], values[place] + reach)
            leaning = sign(Tape(slope, tuple(point))(*values))
    except UnsupportedError:
        return None
    if here is None or not leaning:
        return None
    return leaning * direction
