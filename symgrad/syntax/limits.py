"""How much work a formula may cost: sizes are estimated, from the parts, before SymPy evaluates anything.

The size of an expression is what its numbers could become if all its symbols cancelled: ``2**(1000 - x)`` counts as
``2**1000``, as a factor ``2**x`` would turn it into just that. The estimates add up along sums, products, powers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy
from sympy import Basic, Expr, Integer, Rational, S, Tuple
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import Application

MAX_BITS = 200_000
MAX_EXPONENT = 1_000_000
MAX_RESULT_DIGITS = 4_000
MAX_ROOT_DIGITS = 40
MAX_NODES = 10_000
MAX_EXPANSION = 200
MAX_BRANCHES = 20
MAX_WORK = 2_000

_DIGITS_PER_BIT = math.log10(2)
_INFINITIES = (S.Infinity, S.NegativeInfinity)
_UNDEFINED = (S.NaN, S.ComplexInfinity, *_INFINITIES)


class LimitError(Exception):
    """Something too large or undefined; the reader turns it into a `ParseError` that points at the place."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an expression without evaluating it.

    Attributes
    ----------
    nodes : int
        How many nodes its tree has.
    above, below : float
        Binary logarithms that bound the absolute value, and the denominator or the inverse, with every symbol at 1.
    waits : bool
        Whether it contains a sum, product or integral that is a number, and would be evaluated to see its sign.
    terms : int
        How many terms it would have if it were multiplied out.
    roots : float
        How many decimal digits stand under the roots among its factors; equal roots are combined and factored.
    """

    nodes: int = 1
    above: float = 0
    below: float = 0
    waits: bool = False
    terms: int = 1
    roots: float = 0

    @property
    def bits(self) -> float:
        return self.above + self.below


@dataclass
class Ledger:
    """The facts of every expression met while a text is read, and the work done so far."""

    work: float = 0
    known: dict[Basic, Facts] = field(default_factory=dict)

    def charge(self, work: float) -> None:
        """Count work, in tenths of a millisecond of a present machine or thereabouts."""
        self.work += work
        if self.work > MAX_WORK:
            raise LimitError("up to here the formula is too laborious to evaluate; state it in parts")

    def facts(self, expr: Basic) -> Facts:
        """The facts of an expression, from those of its parts.

        Raises
        ------
        LimitError
            If a part is undefined, or a number has too many digits, or the whole too many parts.
        """
        found = self.known.get(expr)
        if found is None:
            found = self.known[expr] = self._facts(expr)
            if found.nodes > MAX_NODES:
                raise LimitError(f"this becomes too large; at most {MAX_NODES} parts are kept")
        return found

    def _facts(self, expr: Basic) -> Facts:
        if expr in _UNDEFINED:
            raise LimitError("this is undefined")
        if isinstance(expr, Rational):
            return _number(expr)
        if not expr.args:
            return Facts(above=2 if expr.is_number else 0)
        may_be_infinite = isinstance(expr, (Tuple, sympy.Limit))
        parts = [self.facts(a) for a in expr.args if not (may_be_infinite and a in _INFINITIES)]
        above, below = _magnitude(expr, parts)
        return Facts(
            nodes=1 + sum(p.nodes for p in parts),
            above=above,
            below=below,
            waits=any(p.waits for p in parts) or (isinstance(expr, ExprWithLimits) and not expr.free_symbols),
            terms=_terms(expr, parts),
            roots=_roots(expr, parts),
        )

    def check_product(self, factors: list[Expr]) -> None:
        """Refuse a product in which equal bases would combine to a huge power."""
        facts = [self.facts(f) for f in factors]
        _check_bits(sum(f.bits for f in facts))
        _check_root_digits(sum(f.roots for f in facts))

    def check_power(self, base: Expr, exponent: Expr) -> None:
        """Refuse a power that would be huge, or a root whose number would be factored for long."""
        if isinstance(exponent, Rational):
            if max(abs(exponent.p), exponent.q) > MAX_EXPONENT:
                raise LimitError(f"an exponent has at most the size {MAX_EXPONENT}")
            size = abs(exponent)
        else:
            size = _power_of_two(self.facts(exponent).above)
        facts = self.facts(base)
        _check_bits(facts.bits * size)
        if not isinstance(exponent, Integer):
            self._check_roots(base)
            self._check_waiting("a power", [base, exponent])

    def _check_roots(self, base: Expr) -> None:
        for number in base.atoms(Rational):
            digits = _number(number).bits * _DIGITS_PER_BIT
            _check_root_digits(digits)
            self.charge(digits / 4)

    def check_call(self, name: str, args: list[Expr]) -> None:
        """Refuse a call that SymPy would evaluate for long."""
        _check_bits(_growth(name, [self.facts(a) for a in args]))
        self._check_waiting(name, args)
        if name == "exp" and args[0].has(sympy.log):
            self._check_roots(args[0])
        largest = _LARGEST_NUMBER.get(name)
        if largest is not None:
            self._check_numbers(name, args, largest)
        if name in _EXPANDING:
            terms = math.prod(self.facts(a).terms for a in args)
            if terms > MAX_EXPANSION:
                raise LimitError(f"{name} of something that has more than {MAX_EXPANSION} terms when multiplied out")
            self.charge(terms)
        self.charge(_COSTS.get(name, 1) * (1 + len(args) ** 2 / 4))

    def _check_waiting(self, name: str, args: list[Expr]) -> None:
        if any(self.facts(a).waits for a in args):
            raise LimitError(f"a sum, product or integral that is a number cannot stand inside {name}")

    def _check_numbers(self, name: str, args: list[Expr], largest: int) -> None:
        for number in args:
            if isinstance(number, Rational):
                if max(abs(number.p), number.q) > largest:
                    raise LimitError(f"{name} takes numbers up to {largest}")
                self.charge(float(abs(number)) * _COST_OF_SIZE.get(name, 0))


def _number(number: Rational) -> Facts:
    p, q = int(number.p), int(number.q)
    if max(p.bit_length(), q.bit_length()) * _DIGITS_PER_BIT > MAX_RESULT_DIGITS:
        raise LimitError(f"a number has more than {MAX_RESULT_DIGITS} digits")
    return Facts(above=p.bit_length(), below=q.bit_length() - 1)


def _check_bits(bits: float) -> None:
    if bits > MAX_BITS:
        raise LimitError(f"this is too large; numbers of more than {MAX_BITS} bits are not evaluated")


def _check_root_digits(digits: float) -> None:
    if digits > MAX_ROOT_DIGITS:
        raise LimitError(f"the numbers under roots have at most {MAX_ROOT_DIGITS} digits together")


def _power_of_two(exponent: float) -> float:
    return math.ldexp(1.0, math.ceil(min(exponent, 1000)))


def _magnitude(expr: Basic, parts: list[Facts]) -> tuple[float, float]:
    highest = max((p.above for p in parts), default=0)
    lowest = max((p.below for p in parts), default=0)
    if isinstance(expr, sympy.Add):
        return highest + math.log2(len(parts)), sum(p.below for p in parts)
    if isinstance(expr, sympy.Mul):
        return sum(p.above for p in parts), sum(p.below for p in parts)
    if isinstance(expr, sympy.Pow):
        return _power(parts[0], expr.exp, parts[1])
    if isinstance(expr, Application):
        grown = _growth(expr.func.__name__, parts)
        return grown, max(grown, lowest)
    return highest, sum(p.below for p in parts)


def _power(base: Facts, exponent: Expr, size: Facts) -> tuple[float, float]:
    if isinstance(exponent, Rational):
        times = max(1.0, abs(float(exponent)))
        return (base.below * times, base.bits * times) if exponent < 0 else (base.above * times, base.below * times)
    times = _power_of_two(size.above)
    return base.bits * times, base.bits * times


def _growth(name: str, parts: list[Facts]) -> float:
    """A bound for the binary logarithm of a function of such arguments."""
    highest = max((p.above for p in parts), default=0)
    if name == "log":
        return math.log2(1 + max((p.bits for p in parts), default=0)) + 1
    if name in _LIKE_EXPONENTIAL:
        return 1.5 * _power_of_two(highest)
    if name in _LARGEST_NUMBER:
        return _power_of_two(highest) * (highest + 1)
    return highest


def _terms(expr: Basic, parts: list[Facts]) -> int:
    most = 10**6
    if isinstance(expr, sympy.Add):
        return min(most, sum(p.terms for p in parts))
    if isinstance(expr, sympy.Mul):
        return min(most, math.prod(p.terms for p in parts))
    if isinstance(expr, sympy.Pow) and isinstance(expr.exp, Integer) and parts[0].terms > 1:
        # The number of monomials of this degree in so many terms.
        degree = min(abs(int(expr.exp)), most)
        return min(most, math.comb(parts[0].terms - 1 + min(degree, 50), min(parts[0].terms - 1, 50)))
    return max((p.terms for p in parts), default=1)


def _roots(expr: Basic, parts: list[Facts]) -> float:
    if isinstance(expr, sympy.Mul):
        return sum(p.roots for p in parts)
    if isinstance(expr, sympy.Pow) and isinstance(expr.base, Rational) and not isinstance(expr.exp, Integer):
        return parts[0].bits * _DIGITS_PER_BIT
    return parts[0].roots if isinstance(expr, sympy.Pow) else 0


_LIKE_EXPONENTIAL = frozenset({"exp", "sinh", "cosh", "sech", "csch", "erfi"})
# Functions that multiply out, collect or compare their arguments.
_EXPANDING = frozenset(
    {"Abs", "sign", "re", "im", "arg", "conjugate", "floor", "ceiling", "frac", "Mod", "Max", "Min", "atan2"}
)
# Functions that SymPy evaluates or expands at numbers: the largest numerator or denominator that is let through.
_LARGEST_NUMBER: Mapping[str, int] = {
    name: largest
    for largest, names in {
        1000: "factorial factorial2 subfactorial fibonacci lucas catalan gamma loggamma bernoulli Ei E1 Si Ci Shi Chi "
        "li Li erf erfc erfi fresnels fresnelc airyai airybi airyaiprime airybiprime LambertW elliptic_k elliptic_e "
        "elliptic_f elliptic_pi erfinv erfcinv erf2 erf2inv",
        100: "binomial harmonic euler zeta dirichlet_eta polygamma digamma trigamma beta polylog lerchphi lowergamma "
        "uppergamma expint besselj bessely besseli besselk hankel1 hankel2 jn yn hn1 hn2 hermite hermite_prob "
        "legendre chebyshevt chebyshevu laguerre gegenbauer jacobi assoc_legendre assoc_laguerre",
        20: "RisingFactorial FallingFactorial stieltjes",
    }.items()
    for name in names.split()
}
_COSTS: Mapping[str, float] = {}
_COST_OF_SIZE: Mapping[str, float] = {}
