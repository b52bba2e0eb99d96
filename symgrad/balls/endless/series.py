"""Infinite sums and products in balls: the first terms one by one, the others by an expansion in the index."""

from __future__ import annotations

import flint
import sympy
from flint import acb, arb, fmpq
from sympy import Dummy, Expr, Rational, S, Symbol

from symgrad import activations
from symgrad.balls.endless.integrals import MOST_BITS
from symgrad.balls.expansions.expansions import NOTHING, Expander
from symgrad.balls.expansions.growth import Open, Scale
from symgrad.balls.expansions.limits import constant_sign, expansions, has_end
from symgrad.balls.expansions.ratios import largest_beyond, leading, term_ratio
from symgrad.balls.expansions.recurring import ball_of
from symgrad.balls.expansions.remainders import sum_beyond
from symgrad.balls.tape import Tape, UnsupportedError
from symgrad.balls.values import UNDEFINED, UNKNOWN, NoValue, Value, ball, is_exactly_zero
from symgrad.base.budget import remembered
from symgrad.base.precision import precision
from symgrad.language.provable import HasValue, provable
from symgrad.language.written import origin

REACHES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
WIDEST_TAIL = arb("1e-6")  # with a wider one the first terms are not worth while
MOST_ASKED = 300  # terms of which nothing is asked but whether they have values
FIRST = 64  # factors that are looked at before the others are taken together
# From where on terms are taken together, and by how many terms of an expansion: of powers, and of what falls faster.
STARTS_OF_POWERS = ((24, 8), (96, 10), (512, 12), (4096, 8))
STARTS_OF_EXPONENTIALS = ((8, 6), (24, 6), (64, 6), (256, 6), (1024, 6), (4096, 6))


def sum_value(term: Expr, n: Symbol, low: Expr) -> Value:
    """The sum of the terms from a whole number on, at the present precision or a lower one."""
    bits = min(int(flint.ctx.prec), MOST_BITS)
    with precision(bits):
        return _value(activations.expand(term), n, low, bits, True)


def product_value(factor: Expr, n: Symbol, low: Expr) -> Value:
    """The product of the factors from a whole number on: the limit of the products of finitely many."""
    bits = min(int(flint.ctx.prec), MOST_BITS)
    with precision(bits):
        return _value(activations.expand(factor), n, low, bits, False)


@remembered
def _value(term: Expr, n: Symbol, low: Expr, bits: int, is_sum: bool) -> Value:
    """The precision is an argument for the sake of the cache."""
    if not low.is_Integer:
        return UNKNOWN
    index = Dummy(n.name, integer=True)
    try:
        return (_sum if is_sum else _product)(term.xreplace({n: index}), index, int(low))
    except (Open, UnsupportedError):
        return UNKNOWN


def split_sign(term: Expr, n: Symbol) -> tuple[bool, Expr]:
    """Whether (-1)**n is a factor of the term, and the other factors."""
    odd, rest = 0, S.One
    for factor in sympy.Mul.make_args(term):
        turns, left = _turns(factor, n)
        odd += turns
        rest = rest * left
    return odd % 2 == 1, rest


def _turns(factor: Expr, n: Symbol) -> tuple[int, Expr]:
    """How often (-1)**n is in a factor, and what is left of it."""
    if isinstance(factor, sympy.cos) and factor.args[0] == S.Pi * n:
        return 1, S.One
    if not isinstance(factor, sympy.Pow) or factor.base.has(n) or not factor.exp.is_polynomial(n):
        return 0, factor
    rate = sympy.expand(factor.exp).coeff(n, 1)
    rest = sympy.expand(factor.exp - rate * n)
    if rest.has(n) or not rate.is_Integer or not factor.base.is_Rational or not factor.base < 0:
        return 0, factor
    if not rest.is_Integer:
        return 0, factor
    return int(rate), (-1) ** rest * (-factor.base) ** factor.exp


def _sum(term: Expr, n: Dummy, low: int) -> Value:
    asks_for_values = origin(term.func) is HasValue
    first = _first_terms(term, n, low, low + (MOST_ASKED if asks_for_values else 8))
    if first is UNDEFINED or asks_for_values:
        return UNDEFINED if first is UNDEFINED else UNKNOWN
    written, term = term, provable(term)
    by_ratio = _by_ratio(term, written, n, low)
    if by_ratio is not None:
        return by_ratio
    alternating, size = split_sign(term, n)
    if not has_end(size, n, constant_sign, alternating=alternating)[0]:
        return UNDEFINED
    tail, start = _tail(size, n, low, alternating)
    if not tail.rad() < WIDEST_TAIL:
        return UNKNOWN
    head = _first_terms(written, n, low, start)
    return head if isinstance(head, NoValue) else ball(head) + tail


def _by_ratio(term: Expr, written: Expr, n: Dummy, low: int) -> Value | None:
    """The sum where neighbouring terms have a ratio that is less than one far out; None where they have not."""
    ratio = term_ratio(term, n)
    if ratio is None or ratio == 0:
        return None
    degree, lead = leading(ratio, n)
    if degree > 0 or not lead.is_Rational or (degree == 0 and abs(lead) >= 1):
        return None
    if degree == 0 and (1 - abs(lead)) * REACHES[-1] < int(flint.ctx.prec):
        return UNKNOWN  # it takes too many terms
    tape = Tape(written, (n,))
    total: arb | acb = arb(0)
    k = low
    for end in (low + reach for reach in REACHES):
        for place in range(k, end):
            value = tape(fmpq(place))
            if isinstance(value, NoValue):
                return value
            total = total + ball(value)
        k = end
        share = largest_beyond(ratio, n, k) if k > 0 else None
        if share is not None and share < 1:
            last = tape(fmpq(k))
            if isinstance(last, NoValue):
                return last
            tail = (abs(ball(last)) / (1 - share)).upper()
            if tail < arb(2) ** (8 - int(flint.ctx.prec)) or end == low + REACHES[-1]:
                return total + (arb(0, tail) if isinstance(total, arb) else acb(arb(0, tail), arb(0, tail)))
    return None


def _tail(size: Expr, n: Dummy, low: int, alternating: bool) -> tuple[arb | acb, int]:
    best: tuple[arb | acb, int] | None = None
    for from_, order in _starts(size, n):
        from_ = from_ if from_ >= low else low + from_
        try:
            scale = Scale(constant_sign, Rational(from_), ball_of)
            tail = sum_beyond(Expander(n, scale, order)(size), scale, alternating=alternating)
        except Open:
            continue
        if tail.is_finite() and (best is None or tail.rad() < best[0].rad()):
            best = tail, from_
        if best is not None and best[0].rad() < arb(2) ** (16 - int(flint.ctx.prec)):
            break
    if best is None:
        raise Open
    return best


def _starts(size: Expr, n: Dummy) -> tuple[tuple[int, int], ...]:
    expander, s = next(expansions(size, n, constant_sign))
    if s == NOTHING:
        return STARTS_OF_POWERS
    return STARTS_OF_EXPONENTIALS if expander.largest(s).monomial.exponent else STARTS_OF_POWERS


def _first_terms(term: Expr, n: Dummy, low: int, end: int) -> Value:
    """The sum of the terms from low up to, but without, the end."""
    tape = Tape(term, (n,))
    total: arb | acb = arb(0)
    missing = False
    for k in range(low, end):
        value = tape(fmpq(k))
        if isinstance(value, NoValue):
            if value is UNDEFINED:
                return UNDEFINED
            missing = True
            continue
        total = total + ball(value)
    return UNKNOWN if missing else total


def _product(factor: Expr, n: Dummy, low: int) -> Value:
    logarithm = sympy.log(provable(factor), evaluate=False)
    if not has_end(logarithm, n, constant_sign)[0]:
        return _endless_product(factor, logarithm, n, low)
    tail, start = _tail(logarithm, n, low, False)
    tape = Tape(factor, (n,))
    total: arb | acb = tail.exp()
    missing = False
    for k in range(low, start):
        value = tape(fmpq(k))
        if isinstance(value, NoValue):
            if value is UNDEFINED:
                return UNDEFINED
            missing = True
            continue
        if is_exactly_zero(value):
            total = arb(0)
        total = total * ball(value)
    return UNKNOWN if missing else fmpq(0) if is_exactly_zero(total) else total


def _endless_product(factor: Expr, logarithm: Expr, n: Dummy, low: int) -> Value:
    """Zero where the factors pull the products to zero; no value where they grow without bound."""
    expander, s = next(expansions(logarithm, n, constant_sign))
    tape = Tape(factor, (n,))
    first = [tape(fmpq(k)) for k in range(low, low + FIRST)]
    if UNDEFINED in first:
        return UNDEFINED
    if UNKNOWN in first:
        return UNKNOWN
    if expander.lead(s)[2] < 0 or any(is_exactly_zero(v) for v in first):
        return fmpq(0)
    Expander(n, Scale(constant_sign, Rational(low + FIRST), ball_of), 4)(logarithm)  # no factor is zero from there on
    return UNDEFINED
