"""Functions far out: each in powers and exponentials, with a rest that lies between bounds.

References
----------
NIST Digital Library of Mathematical Functions: 7.12.1 with 7.12(i) (the rest of the error function has the sign of
the first term left out, and is no larger); 4.24.3 (alternating series of the arctangent) and 4.6.1 (of the logarithm).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy
from flint import arb
from sympy import Dummy, Expr, Interval, Rational, S, Symbol

from symgrad.balls import Tape, UnsupportedError, ball, is_real, rational, sign
from symgrad.base import sized
from symgrad.prove.basics import facts
from symgrad.prove.places.signs import polynomial_sign

LEAST_FOR_LOGARITHM = 8  # log(x)/sqrt(x) falls from exp(2) on


@dataclass
class Beyond:
    """Rewrites expressions for all x >= bound; `rests` holds what stands for numbers of which only a ball is known."""

    x: Symbol
    bound: Rational
    rests: dict[Dummy, arb] = field(default_factory=dict)

    def __call__(self, e: Expr) -> Expr:
        """The expression in powers and exponentials of x, and rests."""
        if not e.has(self.x) or not e.args:
            return e
        rebuilt = e.func(*map(self, e.args))
        row = getattr(self, f"_{e.func.__name__}", None) if isinstance(e, sympy.Function) else None
        if row is None or len(e.args) != 1:
            return rebuilt
        found: Expr | None = row(e.args[0])
        return rebuilt if found is None else found

    def _rest(self, low: arb | int, high: arb | int) -> Dummy:
        made = Dummy("rest", real=True)
        self.rests[made] = arb(low).union(arb(high))
        return made

    def _direction(self, w: Expr) -> int | None:
        """1 where w is positive at the bound and grows from there on, -1 where -w does so."""
        slope = sympy.diff(w, self.x)
        try:
            here = sign(Tape(w, (self.x,))(rational(self.bound)))
            known = (
                polynomial_sign(slope, self.x, Interval(self.bound, S.Infinity))
                if slope.has(self.x)
                else sign(Tape(slope, ())())
            )
        except UnsupportedError:
            return None
        return here if here and here == known and w.is_polynomial(self.x) else None

    def _sin(self, w: Expr) -> Expr | None:
        return self._rest(-1, 1) if facts.is_real(w) else None

    _cos = _sin

    def _erfc(self, w: Expr) -> Expr | None:
        known = self._direction(w)
        if known is None:
            return None
        v = known * w
        series = 1 - 1 / (2 * v**2) + self._rest(0, 1) * Rational(3, 4) / v**4
        small = sympy.exp(sized.expand(-(v**2))) / (v * sympy.sqrt(S.Pi)) * series
        return small if known == 1 else 2 - small

    def _erf(self, w: Expr) -> Expr | None:
        opposite = self._erfc(w)
        return None if opposite is None else 1 - opposite

    def _atan(self, w: Expr) -> Expr | None:
        known = self._direction(w)
        if known is None:
            return None
        v = known * w
        return known * (S.Pi / 2 - 1 / v + self._rest(0, 1) / (3 * v**3))

    def _log(self, w: Expr) -> Expr | None:
        if w == self.x:
            return self._logarithm_of_x()
        if not isinstance(w, sympy.Add) or len(w.args) != 2 or w.args[0] is not S.One:
            return None
        power = w.args[1]
        known = self._direction(power.exp) if isinstance(power, sympy.exp) else None
        if known is None:
            return None
        small = sympy.exp(-known * power.exp)
        nearly = small - self._rest(0, 1) * small**2 / 2
        return power.exp + nearly if known == 1 else nearly

    def _logarithm_of_x(self) -> Expr | None:
        """Positive, and no more than a multiple of the square root."""
        if self.bound < LEAST_FOR_LOGARITHM:
            return None
        b = arb(rational(self.bound))
        return self._rest(0, (b.log() / b.sqrt()).upper()) * sympy.sqrt(self.x)


def ball_of(e: Expr) -> arb | None:
    """A ball around a constant; None for what has none."""
    try:
        value = Tape(e, ())()
    except UnsupportedError:
        return None
    return ball(value) if is_real(value) else None
