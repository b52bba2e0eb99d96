"""What grows faster than what: products of powers of x, of log(x) and of exponentials, as x grows without bound.

A `Scale` compares them exactly. Where it has a start as well, it bounds them for all x from there on in balls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cmp_to_key

from flint import arb, fmpq
from sympy import Expr, Rational, S, expand

from symgrad.base import sized
from symgrad.base.budget import remembered

Sign = Callable[[Expr], int | None]
Ball = Callable[[Expr], arb]
Terms = tuple[tuple[Expr, "Monomial"], ...]


class Open(Exception):
    """What cannot be told; the sign of `asked`, if there is one, would tell more."""

    def __init__(self, asked: Expr | None = None) -> None:
        super().__init__("" if asked is None else str(asked))
        self.asked = asked

    def __reduce__(self) -> tuple[type[Open], tuple[Expr | None], dict[str, object]]:
        return Open, (self.asked,), vars(self)


@dataclass(frozen=True)
class Monomial:
    """x**power log(x)**logs exp(sum of coefficient * monomial); the terms of the exponent grow, largest first."""

    power: Expr = S.Zero
    logs: Expr = S.Zero
    exponent: Terms = ()

    @property
    def is_one(self) -> bool:
        return self == ONE


ONE = Monomial()
X, LOG = Monomial(S.One), Monomial(S.Zero, S.One)


@dataclass(frozen=True)
class Scale:
    """Comparison of monomials.

    Attributes
    ----------
    sign : callable
        The sign of a coefficient or exponent, None if it is not known.
    start : Rational or None
        From where on bounds must hold, more than e; None if it is enough that they hold in the end.
    ball : callable
        A ball around a coefficient; asked only where there is a start.
    """

    sign: Sign
    start: Rational | None = None
    ball: Ball | None = None

    def known(self, e: Expr) -> int:
        """The sign of an expression, or Open."""
        if e.is_Rational:
            return 1 if e > 0 else -1 if e < 0 else 0
        found = self.sign(e)
        if found is None:
            raise Open(e)
        return found

    def growth(self, m: Monomial) -> int:
        """1 if a monomial grows without bound, -1 if it tends to zero, 0 if it is one."""
        if m.exponent:
            return self.known(m.exponent[0][0])
        return self.known(m.power) or self.known(m.logs)

    def times(self, m: Monomial, n: Monomial) -> Monomial:
        exponent = (
            m.exponent if not n.exponent else n.exponent if not m.exponent else self.merged(m.exponent + n.exponent)
        )
        return Monomial(_plus(m.power, n.power), _plus(m.logs, n.logs), exponent)

    def power(self, m: Monomial, p: Expr) -> Monomial:
        return Monomial(expand(m.power * p), expand(m.logs * p), tuple((expand(c * p), e) for c, e in m.exponent))

    def over(self, m: Monomial, n: Monomial) -> Monomial:
        return self.times(m, self.power(n, S.NegativeOne))

    def compare(self, m: Monomial, n: Monomial) -> int:
        if m.exponent == n.exponent:
            return self.known(_plus(m.power, -n.power)) or self.known(_plus(m.logs, -n.logs))
        return self.growth(self.over(m, n))

    def merged(self, terms: Iterable[tuple[Expr, Monomial]]) -> Terms:
        """Terms of one growth added up, the largest first, what cancels left out."""
        found: dict[Monomial, Expr] = {}
        for c, m in terms:
            found[m] = _plus(found[m], c) if m in found else c
        order = sorted((m for m, c in found.items() if c != 0), key=cmp_to_key(self.compare), reverse=True)
        return tuple((found[m], m) for m in order)

    # From the start on

    def at_start(self, m: Monomial) -> arb:
        """The value of a monomial at the start."""
        x = self._start()
        value = x ** self._ball(m.power) if m.power != 0 else arb(1)
        if m.logs != 0:
            value = value * x.log() ** self._ball(m.logs)
        if m.exponent:
            total = arb(0)
            for c, e in m.exponent:
                total = total + self._ball(c) * self.at_start(e)
            value = value * total.exp()
        return value

    def falls(self, m: Monomial) -> None:
        """Open unless a monomial certainly falls, or stays, from the start on."""
        if not m.is_one and not self.slope(m) <= 0:
            raise Open

    def slope(self, m: Monomial) -> arb:
        """An upper bound of x times the logarithmic derivative for all x from the start on, where it is not positive.

        The derivative is a sum of powers of x and log(x). Those that are positive are held against the largest of
        the negative ones, relative to which they fall.
        """
        parts = [(m.power, ONE), (m.logs, Monomial(S.Zero, S.NegativeOne))]
        for c, e in m.exponent:
            if e.exponent:
                raise Open
            parts += [(c * e.power, e), (c * e.logs, Monomial(e.power, e.logs - 1))]
        signed = [(self.known(c), c, e) for c, e in parts if c != 0]
        down = [(c, e) for s, c, e in signed if s < 0]
        if not down:
            raise Open
        lead_c, lead = max(down, key=lambda part: cmp_to_key(self.compare)(part[1]))
        rise = arb(0)
        for s, c, e in signed:
            if s > 0:
                self._simple_fall(self.over(e, lead))
                rise = rise + self._ball(c) * self.at_start(self.over(e, lead))
        rate = self._ball(lead_c) + rise
        if not rate < 0:
            raise Open
        if self.growth(lead) < 0:
            return arb(0)
        return rate.upper() * self.at_start(lead).lower()

    def _simple_fall(self, m: Monomial) -> None:
        """Open unless x**p log(x)**q certainly falls from the start on: p log(x) + q is not positive there."""
        p, q = self._ball(m.power), self._ball(m.logs)
        if m.exponent or self.known(m.power) > 0 or not p * self._start().log() + q <= 0:
            raise Open

    def share(self, small: Monomial, large: Monomial) -> arb:
        """The largest ratio of two monomials from the start on, at which it must be."""
        if small == large:
            return arb(1)
        ratio = self.over(small, large)
        self.falls(ratio)
        return self.at_start(ratio).upper()

    def size(self, c: Expr) -> arb:
        return abs(self._ball(c)).upper()

    def _ball(self, e: Expr) -> arb:
        if e.is_Rational:
            return arb(fmpq(int(e.p), int(e.q)))
        if self.ball is None:
            raise Open(e)
        return self.ball(e)

    def _start(self) -> arb:
        if self.start is None:
            raise Open
        return arb(fmpq(int(self.start.p), int(self.start.q)))


def _plus(a: Expr, b: Expr) -> Expr:
    if a is S.Zero:
        return b
    if b is S.Zero:
        return a
    if a.is_Rational and b.is_Rational:
        return a + b
    return _expanded(a + b)


@remembered
def _expanded(e: Expr) -> Expr:
    try:
        return sized.expand(e)
    except sized.TooLarge:
        raise Open from None
