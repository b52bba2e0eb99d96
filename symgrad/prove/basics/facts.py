"""What is plain to see of an expression: real, integer, zero or not, between which numbers; by short rules of our own.

SymPy's assumptions know much more and are at times wrong: `atan(n*m - 70049)` is "never zero" for integers, because an
arc tangent of a rational number was taken for irrational. So nothing is asked of SymPy here but what a symbol was
declared to be; each kind of node has its rule, and of a node without one nothing is known. What is said holds wherever
the expression has a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import sympy
from flint import acb, arb, fmpq
from sympy import Basic, Expr, S, Symbol
from sympy.core.function import AppliedUndef
from sympy.sets import Set

from symgrad.activations import ActivationFunction
from symgrad.balls import Ball, Tape, UnsupportedError, ball, precision, sign
from symgrad.base.budget import remembered
from symgrad.symbols.elliptic import jacobi_cn, jacobi_dn, jacobi_sn

CONSTANT_BITS, MOST_CONSTANT_BITS = 128, 4096
LARGEST_EXACT = 64  # as an exponent
LARGEST_EXPONENT = 20_000  # in bits, of numbers that are written down

# What stands for a number and has no arguments that tell of it: its declared assumptions are all that is known.
OPAQUE = (sympy.Symbol, AppliedUndef, sympy.Indexed, sympy.matrices.expressions.matexpr.MatrixElement)


@dataclass(frozen=True)
class Span:
    """An interval around all values of a real expression; an end that is None is infinite; open ends are no values."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    nonzero: bool = False

    @property
    def is_positive(self) -> bool:
        return self.low is not None and (self.low > 0 or (self.low == 0 and (self.low_open or self.nonzero)))

    @property
    def is_nonnegative(self) -> bool:
        return self.low is not None and self.low >= 0

    @property
    def is_nonzero(self) -> bool:
        return self.nonzero or self.is_positive or (-self).is_positive

    def __neg__(self) -> Span:
        low, high = (None if e is None else -e for e in (self.low, self.high))
        return Span(high, low, self.high_open, self.low_open, self.nonzero)


WHOLE = Span()
POSITIVE, NOT_NEGATIVE = Span(low=Fraction(0), low_open=True), Span(low=Fraction(0))


# --- the questions ----------------------------------------------------------------------------------------------


def is_real(e: Basic) -> bool:
    """Whether the expression certainly is real wherever it has a value."""
    return span(e) is not None


def is_positive(e: Basic) -> bool:
    found = span(e)
    return found is not None and found.is_positive


def is_negative(e: Basic) -> bool:
    found = span(e)
    return found is not None and (-found).is_positive


def is_nonnegative(e: Basic) -> bool:
    found = span(e)
    return found is not None and found.is_nonnegative


def is_nonpositive(e: Basic) -> bool:
    found = span(e)
    return found is not None and (-found).is_nonnegative


def is_zero(e: Basic) -> bool:
    """Whether the expression is zero as it stands; that it may be zero all the same is for provers to find."""
    found = span(e)
    return found is not None and found.low == found.high == 0


@remembered
def is_nonzero(e: Basic) -> bool:
    """Whether the expression, real or not, certainly is never zero."""
    found = span(e)
    if found is not None and found.is_nonzero:
        return True
    if isinstance(e, sympy.exp | sympy.gamma):
        return True
    if isinstance(e, sympy.Mul):
        return all(map(is_nonzero, e.args))
    if isinstance(e, sympy.Pow):
        return is_nonzero(e.base)
    if isinstance(e, OPAQUE):
        return e.is_zero is False
    value = _constant(e)
    return value is not None and not acb(ball(value)).contains(0)


@remembered
def is_integer(e: Basic) -> bool:
    """Whether the expression certainly is an integer wherever it has a value."""
    if isinstance(e, sympy.Integer):
        return True
    if isinstance(e, OPAQUE):
        return bool(e.is_integer)
    if isinstance(e, sympy.floor | sympy.ceiling):
        return is_real(e.args[0])
    if isinstance(e, sympy.Add | sympy.Mul | sympy.Max | sympy.Min | sympy.Abs | sympy.Mod):
        return all(map(is_integer, e.args))
    if isinstance(e, sympy.Pow):
        return is_integer(e.base) and is_integer(e.exp) and is_nonnegative(e.exp)
    if isinstance(e, sympy.factorial):
        return is_integer(e.args[0])
    if isinstance(e, sympy.binomial):
        return all(map(is_integer, e.args))
    return isinstance(e, sympy.sign) and is_real(e.args[0])


def is_rational(e: Basic) -> bool:
    """Whether the expression certainly is rational wherever it has a value."""
    if isinstance(e, sympy.Rational) or is_integer(e):
        return True
    if isinstance(e, OPAQUE):
        return bool(e.is_rational)
    if isinstance(e, sympy.Add | sympy.Mul):
        return all(map(is_rational, e.args))
    return isinstance(e, sympy.Pow) and is_rational(e.base) and is_integer(e.exp)


@remembered
def is_in(values: Set, number: Expr) -> bool | None:
    """Whether a number lies in a set; None where that is not certain, as beside an end that is it in another form.

    SymPy compares numbers by digits: (sqrt(3 + 2*sqrt(2)) - sqrt(2) - 1)**2 is larger than zero for it.
    """
    if isinstance(values, sympy.Union | sympy.Intersection):
        found = [is_in(part, number) for part in values.args]
        decides = isinstance(values, sympy.Union)
        return decides if decides in found else None if None in found else not decides
    if isinstance(values, sympy.Complement):
        whole, hole = (is_in(part, number) for part in values.args)
        return False if whole is False or hole else None if None in (whole, hole) else True
    if isinstance(values, sympy.FiniteSet):
        found = [_is_equal(number, a) for a in values.args]
        return True if True in found else None if None in found else False
    if isinstance(values, sympy.Interval):
        if is_real_number(number) is not True:
            return is_real_number(number)
        sides = ((values.start, values.left_open, 1), (values.end, values.right_open, -1))
        return _all_of([_is_inside(number, end, is_open, inward) for end, is_open, inward in sides])
    if values == S.Reals:
        return is_real_number(number) if not number.free_symbols else is_real(number) or None
    known = values.contains(number)
    return bool(known) if known in (sympy.true, sympy.false) else None


def _is_equal(a: Expr, b: Expr) -> bool | None:
    """Whether two numbers, real or not, are the same."""
    if a == b or (isinstance(a, sympy.Rational) and isinstance(b, sympy.Rational)):
        return bool(a == b)
    if is_nonzero(a - b):
        return False
    known = sign_of_gap(a, b)
    return None if known is None else known == 0


def _all_of(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _is_inside(number: Expr, end: Expr, is_open: bool, inward: int) -> bool | None:
    """Whether a real number is on the inner side of an end."""
    if end.is_infinite:
        return True
    gap = 0 if number == end else sign_of_gap(number, end)
    return None if gap is None else not is_open if gap == 0 else gap == inward


def sign_of_gap(a: Expr, b: Expr) -> int | None:
    """The sign of a - b where it is certain."""
    if isinstance(a, sympy.Rational) and isinstance(b, sympy.Rational):
        return int(bool(a > b)) - int(bool(a < b))
    gap = a - b
    known = constant_sign(gap) if not gap.free_symbols else None
    if known is not None:
        return known
    return 1 if is_positive(gap) else -1 if is_negative(gap) else 0 if is_zero(gap) else None


def constant_sign(number: Expr) -> int | None:
    """Sign of a constant where an enclosure settles it; None for what may be zero."""
    return sign_at(number, {})


def sign_at(e: Expr, point: Mapping[Symbol, Expr]) -> int | None:
    """The same at a point, which is not put in: SymPy would look for the prime factors of a number under a root."""
    bits = 64
    try:
        tape, coordinates = Tape(e, tuple(point)), [Tape(value, ()) for value in point.values()]
    except UnsupportedError:
        return None
    while bits <= MOST_CONSTANT_BITS:
        with precision(bits):
            found = sign(tape(*(value() for value in coordinates)))
        if found is not None:
            return found
        bits *= 4
    return None


def is_finite(e: Basic) -> bool:
    """Whether nothing infinite and nothing undefined is written in the expression."""
    return not e.has(S.Infinity, S.NegativeInfinity, S.ComplexInfinity, S.NaN)


# --- the rules --------------------------------------------------------------------------------------------------


@remembered
def span(e: Basic) -> Span | None:
    """An interval that certainly holds the values of the expression; None where they may be no real numbers."""
    if isinstance(e, sympy.Rational):
        value = Fraction(int(e.p), int(e.q))
        return Span(value, value, nonzero=value != 0)
    if isinstance(e, OPAQUE):
        return _declared(e)
    rule = RULES.get(e.func)
    if rule is None and isinstance(e, ActivationFunction):
        rule = _of_activation
    found = None if rule is None else rule(e)
    if not e.free_symbols and (found is None or not found.is_nonzero) and isinstance(e, Expr):
        return _of_constant(e) or found
    return found


def _declared(e: Basic) -> Span | None:
    if not e.is_real:
        return None
    least = Fraction(1 if e.is_integer else 0)
    if e.is_positive:
        return Span(low=least, low_open=not e.is_integer, nonzero=True)
    if e.is_negative:
        return Span(high=-least, high_open=not e.is_integer, nonzero=True)
    nonzero = e.is_zero is False
    if e.is_nonnegative:
        return Span(low=Fraction(0), nonzero=nonzero)
    return Span(high=Fraction(0), nonzero=nonzero) if e.is_nonpositive else Span(nonzero=nonzero)


@remembered
def _constant(e: Basic) -> Ball | None:
    """An enclosure of what has no variables; None where there is none."""
    if e.free_symbols or not isinstance(e, Expr):
        return None
    try:
        with precision(CONSTANT_BITS):
            value = Tape(e, ())()
    except UnsupportedError:
        return None
    return value if isinstance(value, Ball) else None


def is_real_number(constant: Expr) -> bool | None:
    """Whether a constant is real: None where neither a rule nor an enclosure tells."""
    if is_real(constant):
        return True
    value = _constant(constant)
    return False if isinstance(value, acb) and not value.imag.contains(0) else None


def is_end(e: Expr) -> bool:
    """Whether an expression may be the end of an interval: a real number, or one of the two infinities."""
    return e in (S.Infinity, S.NegativeInfinity) or is_real(e)


def has_value(constant: Basic) -> bool:
    """Whether a constant certainly has a value: an enclosure of it is finite."""
    return _constant(constant) is not None


def _of_constant(e: Expr) -> Span | None:
    value = _constant(e)
    if not isinstance(value, fmpq | arb):
        return None
    if isinstance(value, fmpq):
        exact = Fraction(int(value.p), int(value.q))
        return Span(exact, exact, nonzero=exact != 0)
    known = sign(value)
    turned = _no_less(-value.lower())
    least, largest = None if turned is None else -turned, _no_less(value.upper())
    return Span(least, largest, least == 0 and known == 1, largest == 0 and known == -1, nonzero=known in (1, -1))


def _no_less(end: arb) -> Fraction | None:
    """A rational number that is no less than an end, and that can be written down; None for infinity."""
    mantissa, exponent = end.man_exp()
    if exponent + mantissa.bit_length() < -LARGEST_EXPONENT:
        return Fraction(1, 2**LARGEST_EXPONENT) if mantissa > 0 else Fraction(0)
    if exponent > LARGEST_EXPONENT:
        return None if mantissa > 0 else Fraction(-(2**LARGEST_EXPONENT))
    exact = end.fmpq()
    return Fraction(int(exact.p), int(exact.q))


def _sum(e: Expr) -> Span | None:
    total = Span(Fraction(0), Fraction(0))
    for a in e.args:
        found = span(a)
        if found is None:
            return None
        total = Span(
            None if total.low is None or found.low is None else total.low + found.low,
            None if total.high is None or found.high is None else total.high + found.high,
            total.low_open or found.low_open or (found.low == 0 and found.nonzero),
            total.high_open or found.high_open or (found.high == 0 and found.nonzero),
        )
    return total


End = tuple[Fraction | None, bool, int]  # the number, whether it is no value, and which infinity stands for None


def _ends(found: Span) -> tuple[End, End]:
    return (found.low, found.low_open, -1), (found.high, found.high_open, 1)


def _times(a: End, b: End) -> End:
    (u, u_open, u_side), (v, v_open, v_side) = a, b
    if u == 0 or v == 0:
        attained = (u == 0 and not u_open) or (v == 0 and not v_open)
        return Fraction(0), not attained, 0
    if u is None or v is None:
        side = (u_side if u is None else 1 if u > 0 else -1) * (v_side if v is None else 1 if v > 0 else -1)
        return None, True, side
    return u * v, u_open or v_open, 0


def _size(end: End) -> tuple[int, Fraction]:
    number, _, side = end
    return (side, Fraction(0)) if number is None else (0, number)


def _product(e: Expr) -> Span | None:
    return _multiplied([span(a) for a in e.args])


def _multiplied(factors: Iterable[Span | None]) -> Span | None:
    total = Span(Fraction(1), Fraction(1), nonzero=True)
    for found in factors:
        if found is None:
            return None
        corners = [_times(a, b) for a, b in product(_ends(total), _ends(found))]
        least, largest = min(map(_size, corners)), max(map(_size, corners))
        total = Span(
            next(c[0] for c in corners if _size(c) == least),
            next(c[0] for c in corners if _size(c) == largest),
            all(c[1] for c in corners if _size(c) == least),
            all(c[1] for c in corners if _size(c) == largest),
            total.is_nonzero and found.is_nonzero,
        )
    return total


def _power(e: sympy.Pow) -> Span | None:
    base, exponent = span(e.base), e.exp
    if base is None:
        return None
    if isinstance(exponent, sympy.Integer):
        n = int(exponent)
        if abs(n) > LARGEST_EXACT:
            return NOT_NEGATIVE if n % 2 == 0 else POSITIVE if base.is_positive else WHOLE
        raised = _raised(base, abs(n))
        return raised if n > 0 else _inverted(raised)
    if is_integer(exponent):
        if not (is_integer(exponent / 2) or base.is_nonnegative):
            return Span(nonzero=base.is_nonzero)
        return POSITIVE if base.is_nonzero else NOT_NEGATIVE
    if not base.is_nonnegative or not is_real(exponent):
        return None
    if base.low is not None and base.low >= 1 and is_nonnegative(exponent):
        return Span(low=Fraction(1), nonzero=True)
    return POSITIVE if base.is_positive else NOT_NEGATIVE


def _raised(base: Span, n: int) -> Span:
    if n % 2 == 0:
        size = _magnitude(base)
        low, high = (None if end is None else end**n for end in (size.low, size.high))
        return Span(low, high, size.low_open, size.high_open, base.is_nonzero)
    low, high = (None if end is None else end**n for end in (base.low, base.high))
    return Span(low, high, base.low_open, base.high_open, base.is_nonzero)


def _magnitude(found: Span) -> Span:
    if found.is_nonnegative:
        return found
    if (-found).is_nonnegative:
        return -found
    return Span(Fraction(0), None, nonzero=found.is_nonzero)


def _inverted(found: Span) -> Span:
    """The reciprocal, which has a value only where the number is not zero."""
    if not found.is_nonnegative:
        return -_inverted(-found) if (-found).is_nonnegative else Span(nonzero=True)
    low = Fraction(0) if not found.high else 1 / found.high
    return Span(low, None if not found.low else 1 / found.low, found.high_open or not found.high, found.low_open, True)


def _where_real(found: Span) -> Callable[[Expr], Span | None]:
    """A function whose values on real arguments lie in an interval."""
    return lambda e: found if all(map(is_real, e.args)) else None


def _where_positive(found: Span) -> Callable[[Expr], Span | None]:
    """A function that is real where all its arguments are positive, with its values there."""
    return lambda e: found if all(map(is_positive, e.args)) else None


def _of_same_sign(most: Fraction | None = None) -> Callable[[Expr], Span | None]:
    """An odd function of a real argument with no zero but 0, positive above it, below a bound that it never attains."""

    def rule(e: Expr) -> Span | None:
        found = span(e.args[0])
        if found is None:
            return None
        low = Fraction(0) if found.is_nonnegative else None if most is None else -most
        high = Fraction(0) if (-found).is_nonnegative else most
        return Span(low, high, found.is_positive or low != 0, (-found).is_positive or high != 0, found.is_nonzero)

    return rule


def _logarithm(e: Expr) -> Span | None:
    found = span(e.args[0])
    if len(e.args) > 1 or found is None or not found.is_nonnegative:
        return None
    if found.low is not None and found.low >= 1:
        return Span(low=Fraction(0), low_open=found.low > 1 or found.low_open)
    if found.high is not None and found.high <= 1:
        return Span(high=Fraction(0), high_open=found.high < 1 or found.high_open)
    return WHOLE


def _absolute(e: Expr) -> Span:
    found = span(e.args[0])
    return Span(low=Fraction(0), nonzero=is_nonzero(e.args[0])) if found is None else _magnitude(found)


def _largest_of(found: Iterable[Span | None]) -> Span | None:
    known: list[Span] = []
    for one in found:
        if one is None:
            return None
        known.append(one)
    lows = [(f.low, f.low_open) for f in known if f.low is not None]
    highs = [f.high for f in known if f.high is not None]
    low, low_open = max(lows, default=(None, False))
    high = max(highs) if len(highs) == len(known) else None
    return Span(low, high, low_open, nonzero=all(f.is_nonzero for f in known))


def _largest(e: Expr) -> Span | None:
    return _largest_of(map(span, e.args))


def _smallest(e: Expr) -> Span | None:
    found = _largest_of((s := span(a)) and -s for a in e.args)
    return None if found is None else -found


def _rounded(e: Expr) -> Span | None:
    """floor and ceiling, which are less than 1 away."""
    found = span(e.args[0])
    if found is None:
        return None
    low = None if found.low is None else Fraction(found.low.__floor__())
    return Span(low, None if found.high is None else Fraction(found.high.__floor__() + 1))


def _sign(e: Expr) -> Span | None:
    found = span(e.args[0])
    if found is None:
        return None
    low = 1 if found.is_positive else 0 if found.is_nonnegative else -1
    high = -1 if (-found).is_positive else 0 if (-found).is_nonnegative else 1
    return Span(Fraction(low), Fraction(high), nonzero=found.is_nonzero)


def _factorial(e: Expr) -> Span | None:
    found = span(e.args[0])
    return None if found is None else POSITIVE if found.low is not None and found.low > -1 else Span(nonzero=True)


def _of_cases(e: Expr) -> Span | None:
    found = [span(value) for value, _ in e.args]
    known = [f for f in found if f is not None]
    if len(known) < len(found):
        return None
    lows = [f.low for f in known if f.low is not None]
    highs = [f.high for f in known if f.high is not None]
    return Span(
        min(lows) if len(lows) == len(known) else None,
        max(highs) if len(highs) == len(known) else None,
        nonzero=all(f.is_nonzero for f in known),
    )


def _of_activation(e: Expr) -> Span | None:
    """By the range in the row of the activation."""
    if not all(map(is_real, e.args)):
        return None
    values = e.row.range(*e.parameters)
    if not isinstance(values, sympy.Interval):
        return WHOLE
    known = [end if isinstance(end, sympy.Rational) else None for end in (values.start, values.end)]
    low, high = (None if end is None else Fraction(int(end.p), int(end.q)) for end in known)
    return Span(low, high, bool(values.left_open), bool(values.right_open))


def _of_whole_order(e: Expr) -> Span | None:
    order, z = e.args
    return WHOLE if is_real(z) and (is_integer(order) or (is_real(order) and is_positive(z))) else None


def _polynomial(e: Expr) -> Span | None:
    """A polynomial of a whole degree, whose coefficients are real where its parameters are."""
    degree, *rest = e.args
    return WHOLE if _is_count(degree) and all(map(is_real, rest)) else None


def _is_count(e: Expr) -> bool:
    return is_integer(e) and is_nonnegative(e)


_ONE = Fraction(1)


def _root_of_polynomial(e: Expr) -> Span | None:
    """Around a real root that has a number among those of its polynomial."""
    if not e.is_real:
        return None
    near = e.eval_rational(sympy.Rational(1, 2**CONSTANT_BITS))
    centre, radius = Fraction(int(near.p), int(near.q)), Fraction(1, 2**CONSTANT_BITS)
    return Span(centre - radius, centre + radius)


RULES: dict[type, Callable[[Expr], Span | None]] = {
    sympy.Add: _sum,
    sympy.Mul: _product,
    sympy.Pow: _power,
    sympy.CRootOf: _root_of_polynomial,
    sympy.exp: _where_real(POSITIVE),
    sympy.log: _logarithm,
    sympy.Abs: _absolute,
    sympy.sign: _sign,
    sympy.Max: _largest,
    sympy.Min: _smallest,
    sympy.floor: _rounded,
    sympy.ceiling: _rounded,
    sympy.frac: _where_real(Span(Fraction(0), _ONE, high_open=True)),
    sympy.Mod: _where_real(WHOLE),
    sympy.Heaviside: _where_real(WHOLE),
    sympy.Piecewise: _of_cases,
    **dict.fromkeys((sympy.re, sympy.im, sympy.arg), lambda e: WHOLE),
    sympy.conjugate: lambda e: span(e.args[0]),
    **dict.fromkeys((sympy.sin, sympy.cos, sympy.sinc), _where_real(Span(-_ONE, _ONE))),
    **dict.fromkeys((sympy.cosh,), _where_real(Span(low=_ONE, nonzero=True))),
    **dict.fromkeys((sympy.sec, sympy.csc, sympy.coth, sympy.csch, sympy.acot), _where_real(Span(nonzero=True))),
    **dict.fromkeys((sympy.tan, sympy.cot, sympy.digamma, sympy.airyai, sympy.airybi, sympy.airyaiprime,
                     sympy.airybiprime, sympy.fresnels, sympy.fresnelc, sympy.atan2, sympy.erf2), _where_real(WHOLE)),
    **dict.fromkeys((jacobi_sn, jacobi_cn), _where_real(Span(-_ONE, _ONE))),
    jacobi_dn: lambda e: (POSITIVE if is_positive(1 - e.args[1]) else WHOLE) if all(map(is_real, e.args)) else None,
    sympy.sech: _where_real(Span(Fraction(0), _ONE, low_open=True)),
    sympy.erfc: _where_real(Span(Fraction(0), Fraction(2), True, True)),
    **dict.fromkeys((sympy.sinh, sympy.asinh, sympy.erfi, sympy.Shi), _of_same_sign()),
    **dict.fromkeys((sympy.tanh, sympy.erf), _of_same_sign(_ONE)),
    sympy.atan: _of_same_sign(Fraction(11, 7)),  # above pi/2
    sympy.Si: _of_same_sign(Fraction(2)),  # above its largest value 1.85…
    **dict.fromkeys((sympy.gamma, sympy.beta, sympy.lowergamma, sympy.uppergamma), _where_positive(POSITIVE)),
    **dict.fromkeys((sympy.loggamma, sympy.Ci, sympy.Chi, sympy.Ei, sympy.li, sympy.Li, sympy.expint),
                    _where_positive(WHOLE)),
    sympy.LambertW: lambda e: NOT_NEGATIVE if len(e.args) == 1 and is_nonnegative(e.args[0]) else None,
    sympy.factorial: _factorial,
    sympy.zeta: lambda e: WHOLE if len(e.args) == 1 and is_real(e.args[0]) else None,
    sympy.polygamma: lambda e: WHOLE if _is_count(e.args[0]) and is_real(e.args[1]) else None,
    **dict.fromkeys((sympy.binomial, sympy.RisingFactorial, sympy.FallingFactorial, sympy.harmonic),
                    lambda e: WHOLE if all(map(is_real, e.args)) and is_integer(e.args[-1]) else None),
    **dict.fromkeys((sympy.besselj, sympy.besseli), _of_whole_order),
    **dict.fromkeys((sympy.hermite, sympy.hermite_prob, sympy.legendre, sympy.chebyshevt, sympy.chebyshevu,
                     sympy.laguerre, sympy.assoc_laguerre, sympy.gegenbauer, sympy.jacobi), _polynomial),
    sympy.Sum: lambda e: WHOLE if all(map(is_real, (e.function, *_limits(e)))) else None,
    sympy.Product: lambda e: WHOLE if all(map(is_real, (e.function, *_limits(e)))) else None,
}  # fmt: skip


def _limits(e: Expr) -> list[Expr]:
    return [end for _, *ends in e.limits for end in ends if is_finite(end)]
