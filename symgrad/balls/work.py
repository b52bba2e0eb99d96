"""What operations on balls cost: counted on the budget of work; and what would take without end is not computed.

Special functions are slow at high precision, where their orders are large, and on wide balls. So the precision is no
higher than what the arguments are known to makes sense of, and an order beyond a bound has no value here.
"""

from __future__ import annotations

from collections.abc import Callable

import flint
import sympy
from flint import acb
from sympy import Basic

from symgrad.balls.values import UNKNOWN, Ball, Value, ball
from symgrad.base.budget import charge
from symgrad.base.precision import precision
from symgrad.language.provable import HasValue
from symgrad.symbols.elliptic import JACOBI

# Operations that take little more than calling them.
_SIMPLE = frozenset((
    sympy.Add, sympy.Mul, sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.floor, sympy.ceiling, sympy.frac,
    sympy.Mod, sympy.Heaviside, sympy.re, sympy.im, sympy.conjugate, HasValue,
))  # fmt: skip
# What takes about a millisecond on wide balls or at thousands of bits, and is worth fewer attempts.
SLOW = frozenset((
    sympy.gamma, sympy.factorial, sympy.loggamma, sympy.digamma, sympy.polygamma, sympy.beta, sympy.uppergamma,
    sympy.lowergamma, sympy.zeta, sympy.dirichlet_eta, sympy.polylog, sympy.Ei, sympy.Ci, sympy.Chi, sympy.li,
    sympy.expint, sympy.fresnels, sympy.fresnelc, sympy.besselj, sympy.bessely, sympy.besseli, sympy.besselk,
    sympy.hankel1, sympy.hankel2, sympy.jn, sympy.yn, sympy.hn1, sympy.hn2, sympy.elliptic_e, sympy.elliptic_f,
    sympy.elliptic_pi, sympy.lerchphi, sympy.hyper, sympy.meijerg, sympy.betainc, sympy.betainc_regularized,
    sympy.andre, sympy.riemann_xi, sympy.stieltjes, sympy.trigamma, sympy.Ynm, sympy.assoc_legendre, sympy.bernoulli,
    sympy.euler, sympy.genocchi, sympy.harmonic, *JACOBI,
))  # fmt: skip
# The largest orders and parameters, all arguments but the last; what is not listed has bounds of its own or needs none.
_LARGEST_ORDER: dict[type[Basic], int] = {
    sympy.polylog: 100,
    sympy.lerchphi: 100,
    sympy.polygamma: 1_000,
    sympy.lowergamma: 1_000,
    sympy.hyper: 1_000,
    sympy.meijerg: 1_000,
    sympy.Ynm: 1_000,
    sympy.assoc_legendre: 1_000,
    sympy.betainc: 1_000,
    sympy.betainc_regularized: 1_000,
} | dict.fromkeys(
    (
        sympy.uppergamma, sympy.expint, sympy.besselj, sympy.bessely, sympy.besseli, sympy.besselk, sympy.hankel1,
        sympy.hankel2, sympy.jn, sympy.yn, sympy.hn1, sympy.hn2, sympy.hermite, sympy.hermite_prob, sympy.legendre,
        sympy.chebyshevt, sympy.chebyshevu, sympy.laguerre, sympy.assoc_laguerre, sympy.gegenbauer, sympy.jacobi,
        sympy.elliptic_pi,
    ),
    10_000,
)  # fmt: skip
# What takes close to a second at many thousands of bits: more of them are not computed.
_MOST_BITS: dict[type[Basic], int] = dict.fromkeys(
    (sympy.zeta, sympy.dirichlet_eta, sympy.harmonic, sympy.stieltjes, sympy.lerchphi, sympy.elliptic_pi), 2_000
)
WORK_OF_A_RUN = 12  # of all operations of a formula, besides theirs
SPARE_BITS = 64
WORK_OF_A_CALL, TERMS_PER_UNIT, FARTHEST_SERIES = 40, 1_500, 4


def work_of(kind: type[Basic], bits: int) -> float:
    """What one operation of a kind at so many bits counts on the budget: about the microseconds that it takes.

    Of what is slow the arguments tell more, see `bounded`.
    """
    return 3 + bits / 60 if issubclass(kind, sympy.Function | sympy.Pow) and kind not in _SIMPLE else 2 + bits / 2000


def bounded(kind: type[Basic], function: Callable[..., Value]) -> Callable[..., Value]:
    """The function of a kind, but not where it would take too long."""
    if kind not in SLOW and kind not in _LARGEST_ORDER:
        return function
    largest = _LARGEST_ORDER.get(kind)
    most_bits = _MOST_BITS.get(kind)

    def function_where_quick(*arguments: Ball) -> Value:
        if largest is not None and not all(_is_at_most(order, largest) for order in arguments[:-1]):
            return UNKNOWN
        bits = min(int(flint.ctx.prec), most_bits or int(flint.ctx.prec))
        terms = bits + sum(_terms(a, bits) for a in arguments)
        charge(WORK_OF_A_CALL + terms**2 / TERMS_PER_UNIT)
        with precision(min(bits, *(_known_bits(a) + SPARE_BITS for a in arguments))):
            return function(*arguments)

    return function_where_quick


def _is_at_most(order: Ball, largest: int) -> bool:
    return bool(abs(order) <= largest) if not isinstance(order, acb) else bool(order.abs_upper() <= largest)


def _terms(value: Ball, bits: int) -> float:
    """About how many terms a series in an argument needs: as many as it is large, until an asymptotic one is short."""
    size = float(ball(value).abs_upper())
    return size if size <= FARTHEST_SERIES * bits else bits


def _known_bits(value: Ball) -> int:
    """To how many bits an argument is known, relative to its size; as many as are asked for where it is exact."""
    found = ball(value)
    return int(flint.ctx.prec) if found.is_exact() else max(0, int(found.rel_accuracy_bits()))
