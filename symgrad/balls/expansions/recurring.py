"""Zeros that recur: where a sine, a cosine or a tangent of a linear argument has a level, between two finite ends."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from flint import arb
from sympy import Expr, S, Symbol

from symgrad.balls.expansions.growth import Open
from symgrad.balls.tape import Tape, UnsupportedError
from symgrad.balls.values import NoValue, ball, is_real

MOST_TURNS = 24
# The angles at which a function has the value c, up to multiples of the period, and the period.
LEVELS: dict[type, tuple[Callable[[Expr], tuple[Expr, ...]], Expr]] = {
    sympy.sin: (lambda c: (sympy.asin(c), S.Pi - sympy.asin(c)), 2 * S.Pi),
    sympy.cos: (lambda c: (sympy.acos(c), -sympy.acos(c)), 2 * S.Pi),
    sympy.tan: (lambda c: (sympy.atan(c),), S.Pi),
}


def recurring_zeros(e: Expr, x: Symbol, low: Expr, high: Expr) -> list[Expr]:
    """The zeros of a*g(b*x + c) + d, or of products and powers of such, around the ends and between them."""
    if not (low.is_finite and high.is_finite):
        return []
    if isinstance(e, sympy.Mul | sympy.Abs):
        return [zero for part in e.args for zero in recurring_zeros(part, x, low, high)]
    if isinstance(e, sympy.Pow) and not e.exp.has(x):
        return recurring_zeros(e.base, x, low, high)
    wave = _one_wave(e, x)
    if wave is None:
        return []
    function, argument, level = wave
    rate = sympy.diff(argument, x)
    if rate.has(x) or not argument.is_polynomial(x) or ball_of(rate).contains(0):
        return []
    angles, period = LEVELS[function]
    start = argument.subs(x, 0)
    between = [ball_of((argument.subs(x, end)) / period) for end in (low, high)]
    first = min(int(float(v.lower()) // 1) for v in between) - 1
    last = max(int(float(v.upper()) // 1) for v in between) + 1
    if last - first > MOST_TURNS:
        raise Open
    return [(angle + k * period - start) / rate for angle in angles(level) for k in range(first, last + 1)]


def _one_wave(e: Expr, x: Symbol) -> tuple[type, Expr, Expr] | None:
    """The function, its argument and the level for a*g(u) + d, and for a*sin(u) + b*cos(u), which is one sine."""
    ground, moving = e.as_independent(x, as_Add=True)
    terms = {term.as_independent(x, as_Add=False)[::-1] for term in sympy.Add.make_args(moving)}
    heights = {type(wave): (wave, height) for wave, height in terms if type(wave) in LEVELS}
    if len(heights) != len(terms) or ground.free_symbols or any(h.free_symbols for _, h in heights.values()):
        return None
    if len(heights) == 1:
        ((wave, height),) = heights.values()
        level = -ground / height
        if not isinstance(wave, sympy.tan) and not abs(ball_of(level)) <= 1 and level not in (1, -1):
            return None
        return type(wave), wave.args[0], level
    if set(heights) != {sympy.sin, sympy.cos} or ground != 0:
        return None
    (sine, a), (cosine, b) = heights[sympy.sin], heights[sympy.cos]
    return (sympy.sin, sine.args[0] + sympy.atan2(b, a), S.Zero) if sine.args == cosine.args else None


def ball_of(e: Expr) -> arb:
    """A real ball around a constant, or Open."""
    try:
        found = Tape(e, ())()
    except UnsupportedError:
        raise Open from None
    if isinstance(found, NoValue) or not is_real(found):
        raise Open
    return ball(found)
