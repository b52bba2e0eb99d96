"""Recurrences in one argument of a function, and the steps by which they bring that argument to a base value.

Each row is p(a) f(a+1) + q(a) f(a) + r(a) f(a-1) = s(a), true for all complex values of the arguments at which its
terms have values, on principal branches. An argument is a rational number and the rest; the whole part of the number
goes, so that gamma(x + 3) and gamma(x) come down to the same value, and Bessel functions to two neighbouring orders.

References
----------
NIST Digital Library of Mathematical Functions: 5.5.1, 5.5.2, 5.15.5 (gamma family), 8.8.1-2 (incomplete gamma),
8.19.12 (exponential integrals), 10.6.1, 10.29.1 (Bessel), 10.51.1 (spherical Bessel), 18.9.1 (orthogonal
polynomials), 25.11.3 (Hurwitz zeta).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Expr, S

from symgrad.prove.basics import facts

MOST_STEPS = 60
MOST_SHIFTS = 6
LARGEST_NUMBER = 10_000

Sign = Callable[[Expr], int | None]
Coefficient = Callable[..., Expr]


@dataclass(frozen=True)
class Equal:
    """What an expression is equal to wherever both have values, and what must not be zero for the new one to have."""

    value: Expr
    nonzero: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Recurrence:
    """p(a) f(a+1) + q(a) f(a) + r(a) f(a-1) = s(a), in the argument at one place; the others follow a.

    Attributes
    ----------
    p, q, r, s : callable
        Of a and the other arguments.
    place : int
        Where a stands among the arguments.
    positive : bool
        Whether the function has poles at nonpositive a, so that a base known to be positive is better than a smaller.
    numbers : bool
        Whether rational arguments are reduced as well.
    cut : bool
        Whether it is only used at positive a, because conventions differ on a cut along the negative ones.
    """

    p: Coefficient
    q: Coefficient
    r: Coefficient | None = None
    s: Coefficient = lambda a, *_: S.Zero
    place: int = 0
    positive: bool = False
    numbers: bool = True
    cut: bool = False

    def step(self, e: Expr, sign: Sign) -> Equal | None:
        """The function at its arguments through its values one step (or two) nearer to the base; None at the base."""
        number, rest = e.args[self.place].expand().as_coeff_Add(rational=True)
        if (facts.is_zero(rest) and not self.numbers) or not (facts.is_zero(rest) or rest.free_symbols):
            return None
        base = self._base(number, rest, sign)
        if self.cut and sign(rest + base) != 1:
            return None
        last = base + int(self.r is not None)
        if base <= number <= last or abs(number - base) > MOST_STEPS:
            return None
        return self._up(e, rest + number) if number > last else self._down(e, rest + number)

    def _base(self, number: sympy.Rational, rest: Expr, sign: Sign) -> sympy.Rational:
        part = number - sympy.floor(number)
        if facts.is_zero(rest):
            return S.One if self.positive and facts.is_zero(part) else part
        if self.positive:
            for shift in range(MOST_SHIFTS):
                if sign(rest + part + shift) == 1:
                    return part + shift
        return part

    def _up(self, e: Expr, a: Expr) -> Equal:
        """f(a) from f(a-1) and f(a-2)."""
        f, others = self._with_argument(e)
        below = a - 1
        value = self.s(below, *others) - self.q(below, *others) * f(below)
        if self.r is not None:
            value -= self.r(below, *others) * f(a - 2)
        return self._divided(value, self.p(below, *others), below)

    def _down(self, e: Expr, a: Expr) -> Equal:
        """f(a) from f(a+1) and f(a+2)."""
        f, others = self._with_argument(e)
        if self.r is None:
            return self._divided(self.s(a, *others) - self.p(a, *others) * f(a + 1), self.q(a, *others), a)
        above = a + 1
        value = self.s(above, *others) - self.p(above, *others) * f(a + 2) - self.q(above, *others) * f(above)
        return self._divided(value, self.r(above, *others), a)

    def _divided(self, value: Expr, divisor: Expr, lowest: Expr) -> Equal:
        poles = (lowest,) if self.positive and lowest.free_symbols else ()
        return Equal(value / divisor, tuple(dict.fromkeys((*poles, *factors_to_divide(value / divisor)))))

    def _with_argument(self, e: Expr) -> tuple[Callable[[Expr], Expr], tuple[Expr, ...]]:
        others = (*e.args[: self.place], *e.args[self.place + 1 :])
        return lambda a: e.func(*others[: self.place], a, *others[self.place :]), others


def positive_root(w: Expr, degree: int, sign: Sign) -> Expr:
    """The root of a positive expression, of each of its factors apart where their signs are known."""
    roots = []
    for base, power in sympy.Mul(w).as_powers_dict().items():
        known = sign(base)
        if known != 1 and not (known == -1 and facts.is_integer(power / 2)):
            return w ** sympy.Rational(1, degree)
        roots.append((base if known == 1 else -base) ** (power / degree))
    return sympy.Mul(*roots)


def has_large_number(e: Expr) -> bool:
    """Whether SymPy would write out, digit by digit, what is made of an argument."""
    return any(isinstance(a, sympy.Rational) and abs(a) > LARGEST_NUMBER for a in e.args)


def factors_to_divide(value: Expr) -> tuple[Expr, ...]:
    """What must not be zero for the powers and logarithms in an expression to have values."""
    bases = (p.base for p in value.atoms(sympy.Pow) if not facts.is_nonnegative(p.exp))
    inside = (e.args[0] for e in value.atoms(sympy.log))
    return tuple(e for e in (*bases, *inside) if e.free_symbols)


def _one(*_: Expr) -> Expr:
    return S.One


def _bessel(q: Coefficient, r: int, p: int = 1) -> Recurrence:
    """p Z(a+1) + q(a, z) Z(a) + r Z(a-1) = 0 in the order."""
    return Recurrence(lambda a, z: S(p), q, lambda a, z: S(r))


_CYLINDER = _bessel(lambda a, z: -2 * a / z, 1)
_SPHERICAL = _bessel(lambda a, z: -(2 * a + 1) / z, 1)

RECURRENCES: dict[type, Recurrence] = {
    sympy.gamma: Recurrence(_one, lambda a: -a, positive=True),
    sympy.loggamma: Recurrence(_one, lambda a: S.NegativeOne, s=lambda a: sympy.log(a), positive=True),
    sympy.polygamma: Recurrence(
        _one,
        lambda a, m: S.NegativeOne,
        place=1,
        positive=True,
        s=lambda a, m: (-1) ** m * sympy.factorial(m) * a ** (-m - 1),
    ),
    sympy.zeta: Recurrence(_one, lambda a, s: S.NegativeOne, s=lambda a, s: -(a**-s), place=1, positive=True, cut=True),
    sympy.uppergamma: Recurrence(_one, lambda a, z: -a, s=lambda a, z: z**a * sympy.exp(-z)),
    sympy.expint: Recurrence(lambda a, z: a, lambda a, z: z, s=lambda a, z: sympy.exp(-z), positive=True),
    sympy.besselj: _CYLINDER,
    sympy.bessely: _CYLINDER,
    sympy.besseli: _bessel(lambda a, z: 2 * a / z, -1),
    sympy.besselk: _bessel(lambda a, z: -2 * a / z, -1),
    sympy.jn: _SPHERICAL,
    sympy.yn: _SPHERICAL,
    sympy.chebyshevu: Recurrence(_one, lambda n, x: -2 * x, _one),
    sympy.legendre: Recurrence(lambda n, x: n + 1, lambda n, x: -(2 * n + 1) * x, lambda n, x: n),
    sympy.hermite: Recurrence(_one, lambda n, x: -2 * x, lambda n, x: 2 * n),
    sympy.hermite_prob: Recurrence(_one, lambda n, x: -x, lambda n, x: n),
    sympy.laguerre: Recurrence(lambda n, x: n + 1, lambda n, x: x - 2 * n - 1, lambda n, x: n),
    sympy.assoc_laguerre: Recurrence(lambda n, a, x: n + 1, lambda n, a, x: x - 2 * n - a - 1, lambda n, a, x: n + a),
    sympy.gegenbauer: Recurrence(
        lambda n, a, x: n + 1, lambda n, a, x: -2 * (n + a) * x, lambda n, a, x: n + 2 * a - 1
    ),
    sympy.jacobi: Recurrence(
        lambda n, a, b, x: 2 * (n + 1) * (n + a + b + 1) * (2 * n + a + b),
        lambda n, a, b, x: -(2 * n + a + b + 1) * ((2 * n + a + b + 2) * (2 * n + a + b) * x + a**2 - b**2),
        lambda n, a, b, x: 2 * (n + a) * (n + b) * (2 * n + a + b + 2),
    ),
    sympy.fibonacci: Recurrence(_one, lambda n: S.NegativeOne, lambda n: S.NegativeOne, numbers=False),
    sympy.subfactorial: Recurrence(_one, lambda n: -n - 1, s=lambda n: (-1) ** (n + 1), numbers=False),
    sympy.factorial2: Recurrence(_one, lambda n: S.Zero, lambda n: -n - 1, numbers=False),
}
