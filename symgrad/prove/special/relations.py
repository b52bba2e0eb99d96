"""Relations between values of special functions that are not rewritings: Wronskians, reflections, multiplications.

Each says that a product of values is equal to something in which that product does not occur, wherever all of them
have values. The tower of generators replaces the product once all its factors have been met.

References
----------
NIST Digital Library of Mathematical Functions: 5.5.3, 5.5.6, 5.15.6-7 (reflection, multiplication), 9.2.7 (Airy),
10.5.2, 10.28.2 (Bessel), 19.7.1, 19.8.12 (Legendre's relation, Landen), 25.12 (polylogarithms), 18.5 (Chebyshev),
22.6.1 (Jacobi).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr, Rational, S, pi

from symgrad.base import sized
from symgrad.prove.basics import facts
from symgrad.prove.special.recurrences import Sign
from symgrad.symbols.elliptic import jacobi_cn, jacobi_dn, jacobi_sn

MOST_FACTORS = 4
FARTHEST = 12


@dataclass(frozen=True)
class Relation:
    """The product of the factors, each to its power, is the value."""

    factors: tuple[tuple[Expr, int], ...]
    value: Expr


def between(new: Expr, others: Sequence[Expr], sign: Sign) -> Iterator[Relation]:
    """The relations that hold between a value met just now and those met before."""
    for other in others:
        for first, second in ((new, other), (other, new)):
            pair = PAIRS.get((first.func, second.func))
            found = pair(sign, first, second) if pair is not None else None
            if found is not None:
                yield found
                break
    alone = ALONE.get(new.func)
    if alone is not None:
        yield alone(new)
    multiplication = MULTIPLICATIONS.get(new.func)
    if multiplication is not None:
        yield from _multiplied(new, [e for e in others if e.func == new.func], multiplication)


def _zero(e: Expr) -> bool:
    return facts.is_zero(e) or e.expand() == 0


# --- Wronskians -------------------------------------------------------------------------------------------------


def _neighbours(value: Callable[[Expr, Expr, Expr, Expr], Expr]) -> Callable[[Sign, Expr, Expr], Relation | None]:
    """A relation between f of order a and g of order a + 1 at the same place."""

    def pair(sign: Sign, f: Expr, g: Expr) -> Relation | None:
        (a, z), (b, w) = f.args, g.args
        if not (_zero(z - w) and _zero(b - a - 1)):
            return None
        return Relation(((f, 1), (g, 1)), value(f.func(b, z), g.func(a, z), a, z))

    return pair


def _airy(sign: Sign, ai: Expr, bi_prime: Expr) -> Relation | None:
    (z,) = ai.args
    if not _zero(z - bi_prime.args[0]):
        return None
    return Relation(((ai, 1), (bi_prime, 1)), sympy.airyaiprime(z) * sympy.airybi(z) + 1 / pi)


def _legendre(sign: Sign, e: Expr, k: Expr) -> Relation | None:
    """Legendre's relation between complete elliptic integrals at m and at 1 - m."""
    if len(e.args) != 1 or not _zero(e.args[0] + k.args[0] - 1):
        return None
    (m,) = e.args
    if sign(m) != 1 or sign(1 - m) != 1 or m.compare(1 - m) > 0:
        return None
    value = pi / 2 + sympy.elliptic_k(m) * k - sympy.elliptic_e(1 - m) * sympy.elliptic_k(m)
    return Relation(((e, 1), (k, 1)), value)


def _landen(sign: Sign, first: Expr, second: Expr) -> Relation | None:
    """K(m) by K of the smaller parameter ((1 - k')/(1 + k'))^2, with k' = sqrt(1 - m)."""
    root = _complementary_modulus(sign, first.args[0], second.args[0])
    return None if root is None else Relation(((second, 1),), (1 + root) / 2 * first)


def _landen_of_second_kind(sign: Sign, first: Expr, second: Expr) -> Relation | None:
    if len(first.args) != 1 or len(second.args) != 1:
        return None
    root = _complementary_modulus(sign, first.args[0], second.args[0])
    if root is None:
        return None
    return Relation(((second, 1),), (first + root * sympy.elliptic_k(*first.args)) / (1 + root))


def _complementary_modulus(sign: Sign, m: Expr, smaller: Expr) -> Expr | None:
    """k', if the smaller parameter belongs to m in Landen's transformation, and both lie between 0 and 1."""
    if not m.free_symbols:
        return None
    root, t = sympy.sqrt(1 - m), sympy.Dummy(positive=True)
    by_root = smaller.xreplace({root: t, 1 / root: 1 / t})
    if not by_root.free_symbols & m.free_symbols:
        fits = sized.cancel(by_root - ((1 - t) / (1 + t)) ** 2) == 0
        return root if fits and sign(m) == 1 and sign(1 - m) == 1 else None
    modulus = sympy.sqrt(smaller)  # then m = 4k/(1 + k)^2 with this k, and k' = (1 - k)/(1 + k)
    k = modulus.args[0] if isinstance(modulus, sympy.Abs) else modulus
    if sign(k) != 1 or sign(1 - k) != 1 or sized.cancel(m - 4 * k / (1 + k) ** 2) != 0:
        return None
    return (1 - k) / (1 + k)


# --- reflection -------------------------------------------------------------------------------------------------


def _whole_sum(u: Expr, w: Expr) -> int | None:
    total = (u + w).expand()
    return int(total) if total.is_Integer and abs(total) <= FARTHEST else None


def _reflected_gamma(sign: Sign, first: Expr, second: Expr) -> Relation | None:
    (u,), (w,) = first.args, second.args
    n = _whole_sum(u, w)
    if n is None or not (u.free_symbols or (u.is_Rational and not u.is_Integer)):
        return None
    value = pi / sympy.sin(pi * u)
    value *= sympy.Mul(*(j - u for j in range(1, n))) / sympy.Mul(*(j - u for j in range(n, 1)))
    return Relation(((first, 1), (second, 1)), value)


def _reflected_polygamma(sign: Sign, first: Expr, second: Expr) -> Relation | None:
    (m, u), (other, w) = first.args, second.args
    n = _whole_sum(u, w)
    if n is None or m != other or not m.is_Integer or not u.free_symbols or m > FARTHEST:
        return None
    t = sympy.Dummy()
    at_one = (-1) ** m * (first + (pi * sympy.cot(pi * t)).diff(t, m).subs(t, u))
    steps = [(-1) ** m * sympy.factorial(m) * (j - u) ** (-m - 1) for j in range(min(n, 1), max(n, 1))]
    value = at_one + (sympy.Add(*steps) if n > 1 else -sympy.Add(*steps))
    return Relation(((second, 1),), value)


def _mirrored_polylog(sign: Sign, first: Expr, second: Expr) -> Relation | None:
    (s, u), (other, w) = first.args, second.args
    if s != other or not _zero(u + w):
        return None
    return Relation(((second, 1),), 2 ** (1 - s) * sympy.polylog(s, u**2) - first)


def _pell(sign: Sign, first: Expr, second: Expr) -> Relation | None:
    """U_n^2 + U_{n+1}^2 - 2 x U_n U_{n+1} = 1."""
    (n, x), (above, y) = first.args, second.args
    if not (_zero(x - y) and _zero(above - n - 1)):
        return None
    return Relation(((second, 2),), 1 - first**2 + 2 * x * first * second)


def _cassini(sign: Sign, first: Expr, second: Expr) -> Relation | None:
    """F_{n+1}^2 - F_n F_{n+1} - F_n^2 = (-1)^n."""
    (n,), (above,) = first.args, second.args
    if not (facts.is_integer(n) and _zero(above - n - 1)):
        return None
    return Relation(((second, 2),), (-1) ** n + first * second + first**2)


Pair = Callable[[Sign, Expr, Expr], Relation | None]

PAIRS: dict[tuple[type, type], Pair] = {
    (sympy.besselj, sympy.bessely): _neighbours(lambda j, y, a, z: j * y - 2 / (pi * z)),
    (sympy.besseli, sympy.besselk): _neighbours(lambda i, k, a, z: 1 / z - i * k),
    (sympy.airyai, sympy.airybiprime): _airy,
    (sympy.elliptic_e, sympy.elliptic_k): _legendre,
    (sympy.elliptic_k, sympy.elliptic_k): _landen,
    (sympy.elliptic_e, sympy.elliptic_e): _landen_of_second_kind,
    (sympy.gamma, sympy.gamma): _reflected_gamma,
    (sympy.polygamma, sympy.polygamma): _reflected_polygamma,
    (sympy.polylog, sympy.polylog): _mirrored_polylog,
    (sympy.chebyshevu, sympy.chebyshevu): _pell,
    (sympy.fibonacci, sympy.fibonacci): _cassini,
}


# --- values of one function by another ---------------------------------------------------------------------------

ALONE: dict[type, Callable[[Expr], Relation]] = {
    jacobi_cn: lambda cn: Relation(((cn, 2),), 1 - jacobi_sn(*cn.args) ** 2),
    jacobi_dn: lambda dn: Relation(((dn, 2),), 1 - dn.args[1] * jacobi_sn(*dn.args) ** 2),
}


# --- multiplication ---------------------------------------------------------------------------------------------


def _product_of_gammas(n: int, values: Sequence[Expr]) -> Relation:
    u = values[0].args[0]
    value = (2 * pi) ** Rational(n - 1, 2) * S(n) ** (Rational(1, 2) - n * u) * sympy.gamma(n * u)
    return Relation(tuple((e, 1) for e in values), value)


def _sum_of_polygammas(n: int, values: Sequence[Expr]) -> Relation:
    m, u = values[0].args
    total = n ** (m + 1) * sympy.polygamma(m, n * u) - (n * sympy.log(n) if facts.is_zero(m) else 0)
    return Relation(((values[-1], 1),), total - sympy.Add(*values[:-1]))


MULTIPLICATIONS: dict[type, Callable[[int, Sequence[Expr]], Relation]] = {
    sympy.gamma: _product_of_gammas,
    sympy.polygamma: _sum_of_polygammas,
}


Multiplication = Callable[[int, Sequence[Expr]], Relation]


def _multiplied(new: Expr, others: list[Expr], relation: Multiplication) -> Iterator[Relation]:
    """Relations between values at u, u + 1/n, …, u + (n-1)/n, the new one among them."""
    if not new.args[-1].free_symbols or (len(new.args) == 2 and not new.args[0].is_Integer):
        return
    at = {(e.args[-1] - new.args[-1]).expand(): e for e in others if e.args[:-1] == new.args[:-1]} | {S.Zero: new}
    for n in range(2, MOST_FACTORS + 1):
        for first in range(n):
            places = [Rational(k - first, n) for k in range(n)]
            if all(place in at for place in places):
                yield relation(n, [at[place] for place in places])
