"""The table, fourth part: Jacobi's elliptic functions, as quotients of theta functions."""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, arb, fmpq
from sympy import Basic

from symgrad.balls.values import Ball, Value, ball, is_exactly_zero, is_real, sign
from symgrad.symbols.elliptic import jacobi_cn, jacobi_dn, jacobi_sn

Function = Callable[[Ball, Ball], Value]
Quotient = Callable[[tuple[acb, ...], tuple[acb, ...]], acb]


def _jacobi(
    at_zero: Callable[[arb | acb], Value], at_one: Callable[[arb | acb], Value], of: Quotient
) -> Callable[[Ball, Ball], Value]:
    """sn, cn or dn: trigonometric at m = 0, hyperbolic at m = 1, elsewhere from theta functions at u/(2 K).

    Both sides of the cut of K(1 - m) give lattices of the same quotient tau but for 2, and so the same values.
    """

    def function(u: Ball, m: Ball) -> Value:
        if is_exactly_zero(m):
            return at_zero(ball(u))
        if isinstance(m, fmpq) and m == 1:
            return at_one(ball(u))
        parameter = acb(ball(m))
        quarter = parameter.elliptic_k()
        tau = acb(0, 1) * (1 - parameter).elliptic_k() / quarter
        moving = (acb(ball(u)) / (2 * quarter)).modular_theta(tau)
        value = of(moving, acb(0).modular_theta(tau))
        return value.real if is_real(u) and is_real(m) else value

    return function


_sn = _jacobi(lambda u: u.sin(), lambda u: u.tanh(), lambda t, o: o[2] * t[0] / (o[1] * t[3]))
_cn = _jacobi(lambda u: u.cos(), lambda u: u.sech(), lambda t, o: o[3] * t[1] / (o[1] * t[3]))
_dn = _jacobi(lambda u: fmpq(1), lambda u: u.sech(), lambda t, o: o[3] * t[2] / (o[2] * t[3]))


def _by_reciprocal(function: Function, other: Function, *, scaled: bool = False) -> Function:
    """The function; where m is real and greater than 1, the other one at u sqrt(m) and 1/m (DLMF 22.17.2-4)."""

    def value(u: Ball, m: Ball) -> Value:
        if not (is_real(m) and sign(m - 1) == 1):
            return function(u, m)
        modulus = ball(m).sqrt()
        found = other(ball(u) * modulus, 1 / m)
        return found / modulus if scaled and isinstance(found, Ball) else found

    return value


THETA: dict[type[Basic], Callable[..., Value]] = {
    jacobi_sn: _by_reciprocal(_sn, _sn, scaled=True),
    jacobi_cn: _by_reciprocal(_cn, _dn),
    jacobi_dn: _by_reciprocal(_dn, _cn),
}
