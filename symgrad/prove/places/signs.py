"""Signs that are plain to see: by assumptions, by real roots of polynomials, by enclosures on bounded domains."""

from __future__ import annotations

from functools import cached_property

import sympy
from flint import arb, fmpq
from sympy import Dummy, Expr, Interval, S, Symbol
from sympy.sets import Set

from symgrad.balls import Ball, Tape, UnsupportedError, as_integer, ball, is_real, precision
from symgrad.base import sized
from symgrad.base.budget import charge
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.findings import Look
from symgrad.prove.basics.sets import is_of_reals
from symgrad.prove.places.branch_and_bound import bounded_box
from symgrad.symbols.elliptic import jacobi_dn

LARGEST_ASKED = 150  # operations; SymPy's assumptions take long on larger expressions
LARGEST_DEGREE = 60
INNER_BITS = (128, 512, 4096)  # with which a number between two ends is looked for
MOST_DIGITS = 20_000  # of such a number
WORK_OF_A_SIGN = 200  # for each part of an expression, besides what is counted on the way


class Signs:
    """Strict signs of expressions on a domain, each found once.

    Parameters
    ----------
    domain : Domain
    deeper : Look, optional
        Whom to ask for a weak sign that is not plain to see.
    """

    def __init__(self, domain: Domain, deeper: Look | None = None) -> None:
        self.domain = domain
        self._deeper = deeper
        self._found: dict[Expr, int | None] = {}

    def sign(self, expression: Expr) -> int | None:
        """1 if positive on the whole domain, -1 if negative, 0 if zero, None if that is not plain to see."""
        if expression not in self._found:
            self._found[expression] = self._sign(expression)
        return self._found[expression]

    def is_real(self, expression: Expr) -> bool:
        """Whether the expression is certainly real on the domain."""
        if isinstance(expression, sympy.besselj | sympy.besseli) and facts.is_integer(expression.args[0]):
            return self.is_real(expression.args[1])
        if isinstance(expression, sympy.Add | sympy.Mul):
            return all(map(self.is_real, expression.args))
        if isinstance(expression, sympy.log) and expression.free_symbols:
            return self.plain_sign(expression.args[0]) == 1
        if isinstance(expression, sympy.elliptic_k | sympy.elliptic_f):
            return all(map(self.is_real, expression.args)) and self.plain_sign(1 - expression.args[-1]) == 1
        return bool(facts.is_real(expression) or facts.is_real(expression.xreplace(self.refined)))

    def is_positive(self, expression: Expr) -> bool:
        """Whether the expression certainly is positive on the whole domain, by all means there are."""
        known = self.sign(expression)
        if known is not None or self._deeper is None or not expression.free_symbols:
            return known == 1
        found = self._deeper(expression, self.domain)
        return found is not None and found.strict and found.sign == 1

    def weak_sign(self, expression: Expr) -> int | None:
        """1 if nowhere negative on the domain, -1 if nowhere positive, by all means there are."""
        known = self.sign(expression)
        if known or self._deeper is None:
            return known or None
        found = self._deeper(expression, self.domain)
        return None if found is None else found.sign

    def _sign(self, expression: Expr) -> int | None:
        charge(WORK_OF_A_SIGN * sized.nodes(expression))
        if facts.is_zero(expression):
            return 0
        if not expression.free_symbols:
            return constant_sign(expression)
        if isinstance(expression, jacobi_dn) and all(map(self.is_real, expression.args)):
            return 1 if self.sign(1 - expression.args[1]) == 1 else None
        for look in (self.by_assumptions, self._by_roots, self._by_boxes):
            found = look(expression)
            if found is not None:
                return found
        return None

    @cached_property
    def refined(self) -> dict[Symbol, Dummy]:
        """A dummy for each variable that knows the sign its set gives it."""
        return {symbol: Dummy(symbol.name, **_facts(symbol, values)) for symbol, values in self.domain.sets}

    def plain_sign(self, expression: Expr) -> int | None:
        """The strict sign by what takes little time: the signs of the variables, and the roots of a polynomial."""
        if not expression.free_symbols:
            return self.sign(expression)
        factor, rest = expression.as_coeff_Mul(rational=True)
        if isinstance(rest, sympy.log) and len(rest.args) == 1:
            (u,) = rest.args
            known = self.plain_sign(u - 1) if self.plain_sign(u) == 1 else None
            return known and int(known * sympy.sign(factor))
        return self.by_assumptions(expression) or self._by_roots(expression)

    def by_assumptions(self, expression: Expr) -> int | None:
        """The strict sign where the signs of the variables tell it."""
        if expression.count_ops() > LARGEST_ASKED:
            return None
        refined = expression.xreplace(self.refined)
        return 1 if facts.is_positive(refined) else -1 if facts.is_negative(refined) else None

    def _by_roots(self, expression: Expr) -> int | None:
        if len(expression.free_symbols) != 1:
            return None
        (x,) = expression.free_symbols
        if expression.is_polynomial(x):
            return polynomial_sign(expression, x, self.domain.set_of(x))
        if expression.count_ops() > LARGEST_ASKED or not expression.is_rational_function(x):
            return None
        over = sympy.fraction(sized.together(expression))
        above, below = (polynomial_sign(e, x, self.domain.set_of(x)) for e in over)
        return None if above is None or below is None else above * below

    def _by_boxes(self, expression: Expr) -> int | None:
        box = bounded_box(self.domain, expression.free_symbols)
        return None if box is None else box.sign_of(expression)


def _facts(symbol: Symbol, values: Set) -> dict[str, bool]:
    if not is_of_reals(values):
        return {"complex": True}
    low, high = values.inf, values.sup
    kind = "integer" if facts.is_integer(symbol) else "real"
    if facts.is_nonnegative(low):
        may_vanish = facts.is_in(values, S.Zero) is not False
        return {kind: True, "nonnegative" if may_vanish else "positive": True}
    if facts.is_nonpositive(high):
        may_vanish = facts.is_in(values, S.Zero) is not False
        return {kind: True, "nonpositive" if may_vanish else "negative": True}
    return {kind: True, "nonzero": True} if facts.is_in(values, S.Zero) is False else {kind: True}


def polynomial_sign(expression: Expr, x: Symbol, values: Set) -> int | None:
    """Strict sign of a rational polynomial in x on a set, exactly, by counting its roots there."""
    if not expression.is_polynomial(x):
        return None
    try:
        polynomial = sized.polynomial(expression, x)
    except sized.TooLarge:
        return None
    if not (polynomial.domain.is_QQ or polynomial.domain.is_ZZ) or polynomial.degree() > LARGEST_DEGREE:
        return None
    signs = {_sign_between(polynomial, part) for part in _intervals(values)}
    return signs.pop() if len(signs) == 1 else None


def _intervals(values: Set) -> list[Set]:
    if isinstance(values, sympy.Union):
        return [part for piece in values.args for part in _intervals(piece)]
    if isinstance(values, sympy.Range | sympy.sets.fancysets.Integers):
        return [Interval(values.inf, values.sup)]
    return [values]


def _sign_between(polynomial: sympy.Poly, part: Set) -> int | None:
    if isinstance(part, sympy.FiniteSet):
        signs = {int(sympy.sign(polynomial(value))) for value in part if facts.is_rational(value)}
        return signs.pop() if len(signs) == 1 and all(facts.is_rational(v) for v in part) else None
    if not isinstance(part, Interval):
        return None
    low, high = part.start, part.end
    if not all(end.is_infinite or facts.is_rational(end) for end in (low, high)):
        return None
    count = polynomial.count_roots(None if low.is_infinite else low, None if high.is_infinite else high)
    for end, is_open in ((low, part.left_open), (high, part.right_open)):
        if is_open and facts.is_rational(end) and polynomial(end) == 0:
            count -= 1
    if count:
        return None
    inner = inner_rational(low, high)
    return None if inner is None else int(sympy.sign(polynomial(inner)))


def inner_rational(low: Expr, high: Expr) -> sympy.Rational | None:
    """A rational number that certainly lies strictly between two ends, of which either may be infinite."""
    if low.is_infinite and high.is_infinite:
        return S.Zero
    if low.is_infinite:
        return sympy.floor(high) - 1
    if high.is_infinite:
        return sympy.ceiling(low) + 1
    if facts.is_rational(low) and facts.is_rational(high):
        return (low + high) / 2
    try:
        ends = Tape(low, ()), Tape(high, ())
    except UnsupportedError:
        return None
    for bits in INNER_BITS:
        with precision(bits):
            left, right = (end() for end in ends)
            if not (isinstance(left, Ball) and isinstance(right, Ball) and is_real(left) and is_real(right)):
                return None
            gap = ball(right) - ball(left)
            if gap.lower() > 0:
                return _between(ball(left), ball(right), gap)
    return None


def _between(low: arb, high: arb, gap: arb) -> sympy.Rational | None:
    """The shortest decimal that certainly lies between two balls."""
    digits = as_integer((1 / gap).log_base(10).upper().ceil()) or 0
    while digits < MOST_DIGITS:
        scale = fmpq(10) ** digits
        below = as_integer(((low + high) / 2 * scale).mid().floor())
        if below is None:
            return None
        tried = below / scale
        if low < tried < high:
            return sympy.Rational(int(tried.p), int(tried.q))
        digits += 1
    return None
