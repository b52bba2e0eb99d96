"""Expressions of one variable on complex balls, for certain quadrature: no value where they may not be analytic."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from flint import acb, arb
from sympy import Basic, Expr, S, Symbol

from symgrad.balls.tape import Tape, UnsupportedError
from symgrad.balls.values import Ball, NoValue, ball
from symgrad.base.budget import charge
from symgrad.language.written import origin

Step = Callable[..., acb]
NOT_ANALYTIC = acb("nan")

# Real at real arguments, and analytic there but for poles.
REAL = (
    sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.tanh, sympy.sech, sympy.atan, sympy.asinh, sympy.erf,
    sympy.erfc, sympy.erfi, sympy.Si, sympy.Shi, sympy.fresnels, sympy.fresnelc, sympy.sinc, sympy.airyai, sympy.airybi,
    sympy.tan, sympy.cot, sympy.sec, sympy.csc, sympy.coth, sympy.csch, sympy.gamma,
)  # fmt: skip
REAL_AS_WELL = (
    sympy.Abs,
    sympy.sign,
    sympy.Max,
    sympy.Min,
    sympy.Heaviside,
    sympy.floor,
    sympy.ceiling,
    sympy.Add,
    sympy.Mul,
)
POSITIVE = (sympy.exp, sympy.cosh, sympy.sech)


# Real where this, of a real argument, is not negative.
REAL_WHERE: dict[type, Callable[[Expr], Expr]] = {
    sympy.log: lambda u: u, sympy.asin: lambda u: 1 - u**2, sympy.acos: lambda u: 1 - u**2,
    sympy.atanh: lambda u: 1 - u**2, sympy.acosh: lambda u: u - 1,
}  # fmt: skip
Look = Callable[[Expr], bool]  # whether an expression that is real is certainly positive where it matters


def nothing_more(e: Expr) -> bool:
    """The look that sees nothing."""
    return False


def is_real_valued(e: Expr, x: Symbol, look: Look = nothing_more) -> bool:
    """Whether an expression is seen to be real wherever it has a value, for real x or where `look` looks."""
    if e == x or e.is_Rational or e in (S.Pi, S.Exp1, S.EulerGamma, S.Catalan, S.GoldenRatio):
        return True
    if isinstance(e, sympy.Pow):
        if e.exp.is_Integer:
            return is_real_valued(e.base, x, look)
        is_root = e.exp.is_Rational and e.exp > 0
        return is_positive(e.base, x, look, strictly=not is_root) and is_real_valued(e.exp, x, look)
    if isinstance(e, sympy.Piecewise):
        return all(is_real_valued(value, x, look) for value, _ in e.args)
    if type(e) in REAL_WHERE and len(e.args) == 1:
        (u,) = e.args
        return is_real_valued(u, x, look) and is_positive(REAL_WHERE[type(e)](u), x, look, strictly=False)
    return isinstance(e, REAL + REAL_AS_WELL) and all(is_real_valued(a, x, look) for a in e.args)


def is_positive(e: Expr, x: Symbol, look: Look = nothing_more, *, strictly: bool = True) -> bool:
    """Whether an expression is seen to be positive wherever it has a value, or not negative."""
    return _is_plainly_positive(e, x, look, strictly) or (is_real_valued(e, x, look) and look(e))


def _is_plainly_positive(e: Expr, x: Symbol, look: Look, strictly: bool) -> bool:
    if e.is_Rational:
        return bool(e > 0) or (e == 0 and not strictly)
    if e in (S.Pi, S.Exp1):
        return True
    if isinstance(e, POSITIVE):
        return is_real_valued(e.args[0], x, look)
    if isinstance(e, sympy.Add):
        return all(_is_plainly_positive(a, x, look, False) for a in e.args) and (
            not strictly or any(_is_plainly_positive(a, x, look, True) for a in e.args)
        )
    if isinstance(e, sympy.Mul):
        return all(_is_plainly_positive(a, x, look, strictly) for a in e.args)
    if isinstance(e, sympy.Pow):
        if e.exp.is_Integer and e.exp % 2 == 0 and is_real_valued(e.base, x, look):
            return bool(e.exp < 0) or not strictly
        return is_positive(e.base, x, look, strictly=strictly or not e.exp.is_positive) and is_real_valued(
            e.exp, x, look
        )
    return isinstance(e, sympy.Abs) and not strictly and is_real_valued(e.args[0], x, look)


def _avoids_cut(z: acb) -> bool:
    """Whether a ball certainly does not touch the negative axis nor zero."""
    return bool(z.real > 0) or not z.imag.contains(0)


def _method(name: str) -> Step:
    return lambda analytic, *a: getattr(a[0], name)(*a[1:])


def _guarded(name: str, clear: Callable[[acb], acb]) -> Step:
    """A function that has no value where `clear` touches the negative axis and analyticity is asked for."""

    def step(analytic: bool, z: acb) -> acb:
        return NOT_ANALYTIC if analytic and not _avoids_cut(clear(z)) else getattr(z, name)()

    return step


def _power(exponent: Ball) -> Step:
    def step(analytic: bool, z: acb) -> acb:
        return z.pow(acb(ball(exponent)), analytic=analytic)

    return step


def _general_power(analytic: bool, base: acb, exponent: acb) -> acb:
    if analytic and not _avoids_cut(base):
        return NOT_ANALYTIC
    return base.pow(exponent)


def _whole_power(n: int) -> Step:
    return lambda analytic, z: z**n


def _sum(analytic: bool, *terms: acb) -> acb:
    total = terms[0]
    for t in terms[1:]:
        total = total + t
    return total


def _product(analytic: bool, *factors: acb) -> acb:
    total = factors[0]
    for t in factors[1:]:
        total = total * t
    return total


def _extreme(name: str) -> Step:
    def step(analytic: bool, *values: acb) -> acb:
        best = values[0]
        for v in values[1:]:
            best = getattr(best, name)(v, analytic=analytic)
        return best

    return step


def _one_minus_square(z: acb) -> acb:
    return 1 - z * z


def _one_plus_square(z: acb) -> acb:
    return 1 + z * z


STEPS: dict[type[Basic], Step] = {
    sympy.Add: _sum,
    sympy.Mul: _product,
    **{kind: _method(name) for kind, name in {
        sympy.exp: "exp", sympy.sin: "sin", sympy.cos: "cos", sympy.tan: "tan", sympy.cot: "cot", sympy.sec: "sec",
        sympy.csc: "csc", sympy.sinh: "sinh", sympy.cosh: "cosh", sympy.tanh: "tanh", sympy.coth: "coth",
        sympy.sech: "sech", sympy.csch: "csch", sympy.erf: "erf", sympy.erfc: "erfc", sympy.erfi: "erfi",
        sympy.Si: "si", sympy.Shi: "shi", sympy.fresnels: "fresnel_s", sympy.fresnelc: "fresnel_c",
        sympy.airyai: "airy_ai", sympy.airybi: "airy_bi", sympy.gamma: "gamma", sympy.sinc: "sinc",
    }.items()},
    sympy.log: lambda analytic, z: z.log(analytic=analytic),
    sympy.atan: _guarded("atan", _one_plus_square),
    sympy.asinh: _guarded("asinh", _one_plus_square),
    sympy.asin: _guarded("asin", _one_minus_square),
    sympy.acos: _guarded("acos", _one_minus_square),
    sympy.atanh: _guarded("atanh", _one_minus_square),
    sympy.acosh: _guarded("acosh", lambda z: z - 1),
    sympy.loggamma: _guarded("lgamma", lambda z: z),
    sympy.Ei: _guarded("ei", lambda z: z),
    sympy.Ci: _guarded("ci", lambda z: z),
}  # fmt: skip
# Of real arguments only, each extended to either side of its kinks and jumps.
ROUGH: dict[type[Basic], Step] = {
    sympy.Abs: lambda analytic, z: z.real_abs(analytic=analytic),
    sympy.sign: lambda analytic, z: z.real_sgn(analytic=analytic),
    sympy.floor: lambda analytic, z: z.real_floor(analytic=analytic),
    sympy.ceiling: lambda analytic, z: z.real_ceil(analytic=analytic),
    sympy.Max: _extreme("real_max"),
    sympy.Min: _extreme("real_min"),
}


class Holomorphic:
    """An expression of one variable, compiled for complex balls.

    Raises
    ------
    UnsupportedError
        If a function in it has no row here.
    """

    def __init__(self, e: Expr, x: Symbol) -> None:
        self._x = x
        self._places: dict[Basic, int] = {x: 0}
        self._steps: list[tuple[Step, tuple[int, ...]]] = []
        self._result = self._place(e)

    def _place(self, e: Basic) -> int:
        if e not in self._places:
            step = self._step(e)
            self._steps.append(step)
            self._places[e] = len(self._steps)
        return self._places[e]

    def _step(self, e: Basic) -> tuple[Step, tuple[int, ...]]:
        if not e.has(self._x):
            tape = Tape(e, ())
            return (lambda analytic: _constant(tape)), ()
        if isinstance(e, sympy.Pow):
            return self._pow(e)
        if isinstance(e, sympy.Piecewise):
            return self._piecewise(e)
        kind = origin(e.func)
        step = STEPS.get(kind)
        if step is None and kind in ROUGH and all(is_real_valued(a, self._x) for a in e.args):
            step = ROUGH[kind]
        if step is None:
            raise UnsupportedError(f"no certain quadrature of {kind.__name__}")
        return step, tuple(self._place(a) for a in e.args)

    def _pow(self, e: sympy.Pow) -> tuple[Step, tuple[int, ...]]:
        if e.exp.is_Integer:
            return _whole_power(int(e.exp)), (self._place(e.base),)
        if e.exp.has(self._x):
            return _general_power, (self._place(e.base), self._place(e.exp))
        if e.exp == S.Half:
            return (lambda analytic, z: z.sqrt(analytic=analytic)), (self._place(e.base),)
        return _general_power, (self._place(e.base), self._place(e.exp))

    def _piecewise(self, e: sympy.Piecewise) -> tuple[Step, tuple[int, ...]]:
        """By the first case whose condition holds on the whole real range of the ball; a hull where that is open."""
        gaps: list[tuple[int, tuple[int, ...]]] = []
        places = []
        for value, condition in e.args:
            places.append(self._place(value))
            if condition in (sympy.true, sympy.false):
                gaps.append((-1 if condition == sympy.true else -2, ()))
                continue
            wanted = _WANTED.get(type(condition))
            if wanted is None or not all(is_real_valued(a, self._x) for a in condition.args):
                raise UnsupportedError("no certain quadrature for these cases")
            places.append(self._place(condition.args[0] - condition.args[1]))
            gaps.append((len(places) - 1, wanted))

        def step(analytic: bool, *values: acb) -> acb:
            return _choose(analytic, values, gaps)

        return step, tuple(places)

    def __call__(self, z: acb, analytic: bool) -> acb:
        charge(2 * len(self._steps))
        values = [z]
        for step, places in self._steps:
            values.append(step(analytic, *(values[p] for p in places)))
        return values[self._result]


_WANTED: dict[type, tuple[int, ...]] = {
    sympy.StrictLessThan: (-1,), sympy.LessThan: (-1, 0), sympy.StrictGreaterThan: (1,), sympy.GreaterThan: (1, 0),
}  # fmt: skip


def _choose(analytic: bool, values: tuple[acb, ...], gaps: list[tuple[int, tuple[int, ...]]]) -> acb:
    hull: acb | None = None
    place = 0
    for gap, wanted in gaps:
        value = values[place]
        place += 1 if gap < 0 else 2
        if gap == -2:
            continue
        if gap >= 0:
            real = values[gap].real
            known = 1 if real > 0 else -1 if real < 0 else None
            if known is None and analytic:
                return NOT_ANALYTIC
            if known is not None and known not in wanted:
                continue
        else:
            known = 1
        hull = value if hull is None else acb(hull.real.union(value.real), hull.imag.union(value.imag))
        if known is not None:
            return hull
    return NOT_ANALYTIC


def _constant(tape: Tape) -> acb:
    value = tape()
    return acb("nan") if isinstance(value, NoValue) or not isinstance(value, Ball) else acb(ball(value))


def is_clear(f: Holomorphic, at: arb, reach: arb) -> bool:
    """Whether a function certainly is analytic around a point."""
    return bool(f(acb(at + arb(0, reach), arb(0, reach)), True).is_finite())
