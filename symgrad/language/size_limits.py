"""How much work a formula may cost: sizes are estimated, from the parts, before SymPy evaluates anything.

The size of an expression is what its numbers could become if all its symbols cancelled: ``2**(1000 - x)`` counts as
``2**1000``, as a factor ``2**x`` would turn it into just that. The estimates add up along sums, products, powers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy
from sympy import Basic, Expr, Integer, Rational, S, Tuple
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import Application, AppliedUndef

from symgrad.activations import ACTIVATIONS
from symgrad.language import written
from symgrad.language.statements import free_symbols
from symgrad.symbols import TimedScalar

MAX_BITS = 50_000
MAX_EXPONENT = 1_000_000
MAX_RESULT_DIGITS = 4_000
MAX_ROOT_DIGITS = 40
MAX_NODES = 10_000
MAX_EXPANSION = 200
MAX_BRANCHES = 20
MAX_ACTIVATED = 10_000

_LOG = written.opaque(sympy.log)
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
    free : frozenset of Symbol
        The variables that it depends on.
    is_rational : bool
        Whether its numbers are rational, so that their signs are seen at once.
    terms : int
        How many terms it would have if it were multiplied out.
    is_gaussian : bool
        Whether it is made of rational numbers and I by arithmetic alone, so that it becomes a number of two terms.
    root_digits : float
        How many decimal digits stand under the roots among its factors; equal roots are combined and factored.
    """

    nodes: int = 1
    above: float = 0
    below: float = 0
    free: frozenset[Basic] = frozenset()
    is_rational: bool = True
    terms: int = 1
    is_gaussian: bool = False
    root_digits: float = 0

    @property
    def bits(self) -> float:
        return self.above + self.below


@dataclass
class Ledger:
    """The facts of every expression met while a text is read."""

    known: dict[Basic, Facts] = field(default_factory=dict)

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
        if isinstance(expr, sympy.Piecewise) and any(value in _UNDEFINED for value, _ in expr.args):
            raise LimitError("this is undefined in one of its cases; write cases that all have a value")
        if isinstance(expr, Rational):
            return _rational(expr)
        if isinstance(expr, AppliedUndef | TimedScalar | sympy.Trace):
            return Facts(free=frozenset({expr}))
        if not expr.args:
            if not expr.is_number:
                return Facts(free=free_symbols(expr))
            return Facts(above=2, is_rational=False, is_gaussian=expr is S.ImaginaryUnit)
        may_be_infinite = isinstance(expr, Tuple | sympy.Limit)
        parts = [self.facts(a) for a in expr.args if not (may_be_infinite and a in _INFINITIES)]
        above, below = _magnitude(expr, parts)
        binds = isinstance(expr, ExprWithLimits | sympy.Limit)
        free = free_symbols(expr) if binds else frozenset().union(*(p.free for p in parts))
        return Facts(
            nodes=1 + sum(p.nodes for p in parts),
            above=above,
            below=below,
            free=free,
            is_rational=all(p.is_rational for p in parts) and not (isinstance(expr, sympy.Pow) and not free),
            terms=_terms(expr, parts),
            is_gaussian=_is_gaussian(expr, parts),
            root_digits=_root_digits(expr, parts),
        )

    def are_rational(self, *args: Expr) -> bool:
        """Whether all numbers in the arguments are rational."""
        return all(self.facts(a).is_rational for a in args)

    def check_product(self, factors: list[Expr]) -> None:
        """Refuse a product in which equal bases would combine to a huge power."""
        facts = [self.facts(f) for f in factors]
        _check_bits(sum(f.bits for f in facts))
        _check_root_digits(sum(f.root_digits for f in facts))

    def check_power(self, base: Expr, exponent: Expr) -> None:
        """Refuse a power that would be huge, or a root whose number would be factored for long."""
        if isinstance(exponent, Rational):
            if abs(exponent) > MAX_EXPONENT:
                raise LimitError(f"an exponent has at most the size {MAX_EXPONENT}")
            if max(abs(exponent.p), exponent.q) > MAX_EXPONENT:
                raise LimitError(f"an exponent is a fraction of numbers up to {MAX_EXPONENT}")
            size = float(abs(exponent))
        else:
            size = _power_of_two(self.facts(exponent).above)
        _check_bits(self.facts(base).bits * size)
        if not isinstance(exponent, Integer):
            self._check_roots(base)

    def _check_roots(self, base: Expr, degree: int = 1) -> None:
        for number in base.atoms(Rational):
            digits = degree * _rational(number).bits * _DIGITS_PER_BIT
            _check_root_digits(digits)

    def check_call(self, name: str, args: list[Expr]) -> None:
        """Refuse a call that SymPy would evaluate for long."""
        _check_bits(_growth(name, args, [self.facts(a) for a in args]))
        if name == "exp" and args[0].has(sympy.log, _LOG):
            self._check_roots(args[0])
        largest = _largest_argument(name)
        orders = args[:-1] if name in _POLYNOMIALS else args
        size = max((abs(a) for a in orders if isinstance(a, Rational)), default=S.Zero)
        if size > largest:
            raise LimitError(f"{name} takes numbers up to {largest}")
        if name in _POLYNOMIALS:
            _check_bits(float(size) * sum(self.facts(a).bits for a in args))
        if name in _EXPANDING:
            self._check_expansion(name, args)

    def _check_expansion(self, name: str, args: list[Expr]) -> None:
        if math.prod(self.facts(a).terms for a in args) > MAX_EXPANSION:
            what = "something" if any(self.facts(a).free for a in args) else "a number"
            raise LimitError(f"{name} of {what} that has more than {MAX_EXPANSION} terms when multiplied out")
        if not self.are_rational(*args):
            for a in args:
                self._check_roots(a, degree=2)


def _largest_argument(name: str) -> float:
    if name in ACTIVATIONS and name not in BY_FORM:
        return MAX_ACTIVATED
    return _LARGEST_ARGUMENT.get(name, math.inf)


def _rational(number: Rational) -> Facts:
    p, q = int(number.p), int(number.q)
    if max(p.bit_length(), q.bit_length()) * _DIGITS_PER_BIT > MAX_RESULT_DIGITS:
        raise LimitError(f"a number has more than {MAX_RESULT_DIGITS} digits")
    below = math.log2(q)
    return Facts(above=max(0.0, math.log2(abs(p) or 1) - below), below=below, is_gaussian=True)


def _check_bits(bits: float) -> None:
    if bits > MAX_BITS:
        raise LimitError(f"this is too large; numbers of more than {MAX_BITS} bits are not evaluated")


def _check_root_digits(digits: float) -> None:
    if digits > MAX_ROOT_DIGITS:
        raise LimitError(f"the numbers under roots have at most {MAX_ROOT_DIGITS} digits together")


def _power_of_two(exponent: float) -> float:
    return math.pow(2.0, min(exponent, 1000.0))


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
        grown = _growth(expr.func.__name__, expr.args, parts)
        return grown, max(grown, lowest)
    return highest, lowest


def _power(base: Facts, exponent: Expr, size: Facts) -> tuple[float, float]:
    if isinstance(exponent, Rational):
        times = max(1.0, abs(float(exponent)))
        return (base.below * times, base.bits * times) if exponent < 0 else (base.above * times, base.below * times)
    times = _power_of_two(size.above)
    return base.bits * times, base.bits * times


def _growth(name: str, args: Sequence[Basic], parts: list[Facts]) -> float:
    """A bound for the binary logarithm of a function of such arguments.

    An exponential of variables becomes no number by what SymPy does with it, unless a logarithm is in the exponent.
    """
    highest = max((p.above for p in parts), default=0)
    if name == "log":
        return math.log2(1 + max((p.bits for p in parts), default=0)) + 1
    if name == "exp":
        grown = 1.5 * _power_of_two(highest)
        is_variable = parts[0].free and not args[0].has(sympy.log, _LOG, AppliedUndef)
        return 1 if is_variable else grown
    return highest


def _is_gaussian(expr: Basic, parts: list[Facts]) -> bool:
    is_arithmetic = isinstance(expr, sympy.Add | sympy.Mul) or (
        isinstance(expr, sympy.Pow) and isinstance(expr.exp, Integer)
    )
    return is_arithmetic and all(p.is_gaussian for p in parts)


def _terms(expr: Basic, parts: list[Facts]) -> int:
    most = 10 * MAX_EXPANSION
    if _is_gaussian(expr, parts):
        return 2
    if isinstance(expr, sympy.Add):
        return min(most, sum(p.terms for p in parts))
    if isinstance(expr, sympy.Mul):
        return min(most, math.prod(p.terms for p in parts))
    if isinstance(expr, sympy.Pow) and isinstance(expr.exp, Integer) and parts[0].terms > 1:
        degree, terms = min(abs(int(expr.exp)), most), parts[0].terms
        return min(most, math.comb(terms - 1 + degree, degree))  # the monomials of this degree in so many terms
    return max((p.terms for p in parts), default=1)


def _root_digits(expr: Basic, parts: list[Facts]) -> float:
    if isinstance(expr, sympy.Mul):
        return sum(p.root_digits for p in parts)
    if isinstance(expr, sympy.Pow) and isinstance(expr.base, Rational) and not isinstance(expr.exp, Integer):
        return parts[0].bits * _DIGITS_PER_BIT
    if isinstance(expr, written.Abbreviation) and type(expr).__name__ in _ROOTS:
        return parts[0].bits * _DIGITS_PER_BIT if isinstance(expr.args[0], Rational) else 0
    return parts[0].root_digits if isinstance(expr, sympy.Pow) else 0


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Functions that SymPy evaluates by looking at the form of the argument alone, whatever numbers are in it.
BY_FORM = _words("exp log sin cos tan cot sec csc sinh cosh tanh coth sech csch")
# Functions that multiply out, collect or compare their arguments, or take the root of a sum of two squares.
_EXPANDING = _words("Abs sign re im arg conjugate floor ceiling frac Mod Max Min atan2 log")
# Polynomials that SymPy writes out; the last argument is where they are taken.
_POLYNOMIALS = _words(
    "hermite hermite_prob legendre chebyshevt chebyshevu laguerre gegenbauer jacobi assoc_legendre assoc_laguerre"
)
# Names of expressions that are roots.
_ROOTS = _words("real_root rsqrt")
_QUICK = _words("factorial factorial2 subfactorial fibonacci lucas catalan gamma loggamma digamma trigamma")
_LABORIOUS = _words(
    "bernoulli euler harmonic zeta dirichlet_eta polygamma binomial beta polylog lerchphi lowergamma uppergamma expint"
)
# Functions that SymPy evaluates or expands at integers and halves, and how large these may be.
_LARGEST_ARGUMENT: Mapping[str, int] = {
    **dict.fromkeys(_QUICK, 1000),
    **dict.fromkeys(_LABORIOUS | _POLYNOMIALS, 100),
    **dict.fromkeys(_words("RisingFactorial FallingFactorial stieltjes"), 20),
}
