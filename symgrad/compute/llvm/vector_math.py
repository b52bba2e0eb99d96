"""Functions of numbers in machine code: without branches, so that they are computed for several numbers at once.

Each takes and gives values of LLVM, a double or a vector of doubles. Errors are a few units in the last place over the
whole range, subnormal numbers included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from symgrad.compute.numbers.arithmetic import LEAST_NORMAL, TAIL_TERMS

DOUBLE, LONG = ir.DoubleType(), ir.IntType(64)

ROUNDER = 1.5 * 2.0**52  # added and taken away again it rounds; its last bits are then the integer
LOG2_E = 1 / math.log(2)
# log(2) as a double of few bits, of which small multiples are exact, and what is left of it.
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
LEAST_EXP, MOST_EXP = -746.0, 710.0  # beyond, exp is 0 or infinite
LEAST_NEAR, MOST_NEAR = -708.0, 709.0  # between, it is a normal number, and so is the power of two in it
FAR_BELOW, FAR_ABOVE = -50.0, 700.0  # where expm1 is -1, and where it is exp

# (expm1(r) - r)/r**2 for |r| <= log(2)/2, best in the sense of Chebyshev; the error of exp is 1.3e-17.
EXPM1 = (
    0.5000000000000001,
    0.16666666666666669,
    0.041666666666624164,
    0.008333333333330065,
    0.0013888888917196881,
    0.0001984126986304067,
    2.4801521322116825e-05,
    2.7557268480116333e-06,
    2.762007599981065e-07,
    2.5100375924709717e-08,
)
# (log((1 + s)/(1 - s))/s - 2)/s**2 in terms of s**2, for s up to (sqrt(2) - 1)/(sqrt(2) + 1).
LOG = (
    0.666666666666667, 0.39999999999899505, 0.2857142862597575, 0.22222211134751835, 0.18182889128412458,
    0.15331721495826012, 0.1461645097955211,
)  # fmt: skip
ROOT_OF_HALF_BITS = 0x3FE6A09E667F3BCD
EXPONENT_BITS = 0xFFF0000000000000 - (1 << 64)
# 1/sqrt(2) as a double and what is left of it
ROOT_OF_HALF, REST_OF_ROOT = 0.7071067811865476, -4.833646656726457e-17
FAR = 1e150
MOST_EXPONENT = 800.0


def constant(like: ir.Type, value: float) -> ir.Constant:
    """A number of a type, the same in all places."""
    return ir.Constant(like, [value] * like.count if isinstance(like, ir.VectorType) else value)


class Numbers:
    """Operations on doubles and vectors of doubles, at the place of a builder.

    The operators of a formula as it is traced, with the names of `nodes.FUNCTIONS`.
    """

    def __init__(self, builder: ir.IRBuilder, module: ir.Module) -> None:
        self.builder, self.module = builder, module

    # --- plain operations -----------------------------------------------------------------------------------

    def call(self, name: str, *values: ir.Value) -> ir.Value:
        """An intrinsic function of LLVM that has one type."""
        kind = values[0].type
        suffix = f"v{kind.count}f64" if isinstance(kind, ir.VectorType) else "f64"
        return self.builder.call(self._declared(f"llvm.{name}.{suffix}", kind, [v.type for v in values]), values)

    def _declared(self, name: str, result: ir.Type, arguments: Sequence[ir.Type]) -> ir.Value:
        known = self.module.globals.get(name)
        return known or ir.Function(self.module, ir.FunctionType(result, arguments), name)

    def number(self, like: ir.Value, value: float) -> ir.Constant:
        return constant(like.type, value)

    def add(self, a: ir.Value, b: ir.Value) -> ir.Value:
        return self.builder.fadd(a, b)

    def subtract(self, a: ir.Value, b: ir.Value) -> ir.Value:
        return self.builder.fsub(a, b)

    def multiply(self, a: ir.Value, b: ir.Value) -> ir.Value:
        return self.builder.fmul(a, b)

    def divide(self, a: ir.Value, b: ir.Value) -> ir.Value:
        return self.builder.fdiv(a, b)

    def negative(self, a: ir.Value) -> ir.Value:
        return self.builder.fneg(a)

    def fused(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """a*b + c, rounded once."""
        return self.call("fma", a, b, c)

    def compare(self, sign: str, a: ir.Value, b: ir.Value) -> ir.Value:
        return (self.builder.fcmp_unordered if sign == "!=" else self.builder.fcmp_ordered)(sign, a, b)

    def where(self, condition: object, yes: object, no: object) -> Any:
        return self.builder.select(condition, yes, no)

    def any(self, condition: ir.Value) -> ir.Value:
        """Whether it holds for one of the numbers at least."""
        if not isinstance(condition.type, ir.VectorType):
            return condition
        mask = ir.IntType(condition.type.count)
        return self.builder.icmp_unsigned("!=", self.builder.bitcast(condition, mask), ir.Constant(mask, 0))

    def maximum(self, a: object, b: object) -> Any:
        return self.where(self.compare("<", a, b), b, a)

    def minimum(self, a: object, b: object) -> Any:
        return self.where(self.compare(">", a, b), b, a)

    def power(self, a: ir.Value, exponent: int) -> ir.Value:
        """A power with a positive integer."""
        if exponent == 1:
            return a
        half = self.power(a, exponent // 2)
        square = self.multiply(half, half)
        return self.multiply(square, a) if exponent % 2 else square

    def polynomial(self, x: ir.Value, coefficients: Sequence[float]) -> ir.Value:
        """A polynomial by the scheme of Estrin: pairs first, so that little waits for what comes before it."""
        parts: list[ir.Value] = [self.number(x, c) for c in coefficients]
        while len(parts) > 1:
            pairs = [self.fused(b, x, a) for a, b in zip(parts[::2], parts[1::2])]
            parts = pairs + parts[len(pairs) * 2 :]
            x = self.multiply(x, x)
        return parts[0]

    # --- exponentials ---------------------------------------------------------------------------------------

    def _bits(self, x: ir.Value) -> ir.Value:
        return self.builder.bitcast(x, self._integers(x))

    @staticmethod
    def _integers(x: ir.Value) -> ir.Type:
        return ir.VectorType(LONG, x.type.count) if isinstance(x.type, ir.VectorType) else LONG

    def _power_of_two(self, exponent: ir.Value, like: ir.Value) -> ir.Value:
        """2**k for integers from -1022 to 1023."""
        kind = exponent.type
        biased = self.builder.add(exponent, constant(kind, 1023))
        return self.builder.bitcast(self.builder.shl(biased, constant(kind, 52)), like.type)

    def power_within(self, x: ir.Value) -> tuple[ir.Value, ir.Value]:
        """k as a double and 2**-k, for a positive x between 2**(k - 1) and 2**k, normal numbers only."""
        kind = self._bits(x).type
        biased = self.builder.lshr(self._bits(x), constant(kind, 52))
        exponent = self.builder.sub(biased, constant(kind, 1022))
        inverse = self._power_of_two(self.builder.sub(constant(kind, 0), exponent), x)
        return self.builder.sitofp(exponent, x.type), inverse

    def _reduced(self, x: ir.Value) -> tuple[ir.Value, ir.Value, ir.Value, ir.Value]:
        """k as a double and as an integer, r and (expm1(r) - r)/r**2, for x = k*log(2) + r."""
        magic = self.number(x, ROUNDER)
        moved = self.fused(x, self.number(x, LOG2_E), magic)
        whole, integer = self.subtract(moved, magic), self.builder.sub(self._bits(moved), self._bits(magic))
        rest = self.fused(whole, self.number(x, -LN2_HIGH), x)
        rest = self.fused(whole, self.number(x, -LN2_LOW), rest)
        return whole, integer, rest, self.polynomial(rest, EXPM1)

    def exp(self, x: ir.Value, is_below: bool = False) -> ir.Value:
        """2**k (1 + r + r**2 q(r)); `is_below` says that x is not positive.

        The factor 2**k is one where that is a normal number, and only if it is not for one of the numbers, it is two.
        """
        parts = self._reduced(x)
        is_far = self.compare("<", x, self.number(x, LEAST_NEAR))
        if not is_below:
            is_far = self.builder.or_(is_far, self.compare(">", x, self.number(x, MOST_NEAR)))
        with self.builder.if_else(self.any(is_far), likely=False) as (then, otherwise):
            with then:
                far, far_block = self._exp_far(x, *parts, is_below), self.builder.block
            with otherwise:
                _, integer, rest, series = parts
                power = self._power_of_two(integer, x)
                near = self._times_power(power, rest, series)
                near_block = self.builder.block
        found = self.builder.phi(x.type)
        found.add_incoming(far, far_block)
        found.add_incoming(near, near_block)
        return found

    def _times_power(self, power: ir.Value, rest: ir.Value, series: ir.Value) -> ir.Value:
        """A power of two times 1 + r + r**2 q(r)."""
        square = self.multiply(self.multiply(rest, rest), power)
        return self.fused(square, series, self.fused(rest, power, power))

    def _exp_far(
        self, x: ir.Value, whole: ir.Value, integer: ir.Value, rest: ir.Value, series: ir.Value, is_below: bool
    ) -> ir.Value:
        """The exponential by two factors, neither of which leaves the range of normal numbers."""
        magic = self.number(x, ROUNDER)
        moved = self.fused(whole, self.number(x, 0.5), magic)
        half = self.builder.sub(self._bits(moved), self._bits(magic))
        first, second = self._power_of_two(half, x), self._power_of_two(self.builder.sub(integer, half), x)
        found = self.multiply(self._times_power(first, rest, series), second)
        found = self.where(self.compare("<", x, self.number(x, LEAST_EXP)), self.number(x, 0.0), found)
        if is_below:
            return found
        return self.where(self.compare(">", x, self.number(x, MOST_EXP)), self.number(x, math.inf), found)

    def expm1(self, x: object) -> Any:
        """2**k p + (2**k - 1) with p = expm1(r); where 2**(k + 1) is infinite, 2 (2**(k - 1) (1 + p))."""
        _, integer, rest, series = self._reduced(x)
        one, kind = self.number(x, 1.0), integer.type
        less_one = self.fused(self.multiply(rest, rest), series, rest)
        power = self._power_of_two(integer, x)
        near = self.fused(less_one, power, self.subtract(power, one))
        below = self._power_of_two(self.builder.sub(integer, constant(kind, 1)), x)
        far = self.multiply(self.multiply(self.add(less_one, one), below), self.number(x, 2.0))
        found = self.where(self.compare(">", x, self.number(x, FAR_ABOVE)), far, near)
        found = self.where(self.compare("<", x, self.number(x, FAR_BELOW)), self.number(x, -1.0), found)
        return self.where(self.compare(">", x, self.number(x, MOST_EXP)), self.number(x, math.inf), found)

    def tanh(self, x: ir.Value) -> ir.Value:
        size = self.abs(x)
        less_one = self.expm1(self.multiply(self.number(x, -2.0), size))
        quotient = self.divide(less_one, self.add(less_one, self.number(x, 2.0)))
        return self.call("copysign", quotient, x)

    def exp_of_product(self, a: object, b: object) -> Any:
        """exp(a*b) without the error that the rounding of a*b makes in it."""
        product = self.multiply(a, b)
        lost = self.fused(a, b, self.negative(product))
        is_near = self.compare("<", self.abs(a), self.number(a, FAR))
        correction = self.where(is_near, lost, self.number(a, 0.0))
        power = self.exp(product)
        return self.fused(power, correction, power)

    def exp_of_quotient(self, a: ir.Value, b: ir.Value) -> Any:
        """exp(a/b) without the error that the rounding of a/b makes in it."""
        quotient = self.divide(a, b)
        lost = self.divide(self.fused(self.negative(quotient), b, a), b)
        is_near = self.compare("<", self.abs(quotient), self.number(a, MOST_EXPONENT))
        power = self.exp(quotient)
        return self.fused(power, self.where(is_near, lost, self.number(a, 0.0)), power)

    # --- logarithms -----------------------------------------------------------------------------------------

    def log(self, x: ir.Value) -> ir.Value:
        one, zero = self.number(x, 1.0), self.number(x, 0.0)
        is_small = self.compare("<", x, self.number(x, LEAST_NORMAL))
        lifted = self.where(is_small, self.multiply(x, self.number(x, 2.0**54)), x)
        bits = self._bits(lifted)
        above = self.builder.sub(bits, constant(bits.type, ROOT_OF_HALF_BITS))
        exponent = self.builder.ashr(above, constant(bits.type, 52))
        mantissa = self.builder.bitcast(
            self.builder.sub(bits, self.builder.and_(above, constant(bits.type, EXPONENT_BITS))), x.type
        )
        whole = self.builder.sitofp(exponent, x.type)
        whole = self.where(is_small, self.subtract(whole, self.number(x, 54.0)), whole)
        f = self.subtract(mantissa, one)
        s = self.divide(f, self.add(f, self.number(x, 2.0)))
        square = self.multiply(s, s)
        series = self.multiply(square, self.polynomial(square, LOG))
        half = self.multiply(self.multiply(f, f), self.number(x, 0.5))
        low = self.fused(whole, self.number(x, LN2_LOW), self.multiply(s, self.add(half, series)))
        found = self.fused(whole, self.number(x, LN2_HIGH), self.subtract(f, self.subtract(half, low)))
        found = self.where(self.compare("==", x, zero), self.number(x, -math.inf), found)
        found = self.where(self.compare("==", x, self.number(x, math.inf)), x, found)
        return self.where(self.compare(">=", x, zero), found, self.number(x, math.nan))

    def log1p(self, x: object) -> Any:
        one = self.number(x, 1.0)
        total = self.add(one, x)
        near, far = self.subtract(x, self.subtract(total, one)), self.subtract(one, self.subtract(total, x))
        lost = self.where(self.compare("<", self.abs(x), one), near, far)
        found = self.add(self.log(total), self.divide(lost, total))
        found = self.where(self.compare("==", x, self.number(x, -1.0)), self.number(x, -math.inf), found)
        return self.where(self.compare("==", x, self.number(x, math.inf)), x, found)

    # --- others ---------------------------------------------------------------------------------------------

    def abs(self, x: ir.Value) -> ir.Value:
        return self.call("fabs", x)

    def sqrt(self, x: ir.Value) -> ir.Value:
        return self.call("sqrt", x)

    def sign(self, x: ir.Value) -> ir.Value:
        zero = self.number(x, 0.0)
        return self.where(self.compare("==", x, zero), zero, self.call("copysign", self.number(x, 1.0), x))

    def normal_cdf(self, x: object) -> Any:
        """erfc(-x/sqrt(2))/2 without the error that the rounding of the quotient makes in it."""
        x = self.minimum(self.maximum(x, self.number(x, -60.0)), self.number(x, 60.0))
        root = self.number(x, ROOT_OF_HALF)
        place = self.negative(self.multiply(x, root))
        lost = self.negative(self.fused(x, root, place))
        lost = self.fused(x, self.number(x, -REST_OF_ROOT), lost)
        slope = self.multiply(self.number(x, 2 / math.sqrt(math.pi)), self.exp(self.negative(self.power(place, 2))))
        erfc = self.library("erfc", place)
        return self.multiply(self.subtract(erfc, self.multiply(lost, slope)), self.number(x, 0.5))

    def normal_tail(self, x: object) -> Any:
        """The normal distribution function over exp(-x**2/2), for x up to -30: its asymptotic series."""
        inverse = self.divide(self.number(x, 1.0), self.multiply(x, x))
        coefficients = [(-1.0) ** k * math.prod(range(1, 2 * k, 2)) for k in range(TAIL_TERMS + 1)]
        series = self.polynomial(inverse, coefficients)
        return self.divide(series, self.multiply(x, self.number(x, -math.sqrt(2 * math.pi))))

    def library(self, name: str, *values: ir.Value) -> ir.Value:
        """A function of the C library, number by number."""
        function = self._declared(name, DOUBLE, [DOUBLE] * len(values))
        if not isinstance(values[0].type, ir.VectorType):
            return self.builder.call(function, values)
        made: ir.Value = ir.Constant(values[0].type, ir.Undefined)
        for k in range(values[0].type.count):
            place = ir.Constant(ir.IntType(32), k)
            one = self.builder.call(function, [self.builder.extract_element(v, place) for v in values])
            made = self.builder.insert_element(made, one, place)
        return made

    def function(self, name: str) -> Callable[..., Any]:
        """A function by the name of its operation."""
        own = getattr(self, name, None)
        return own if own is not None else lambda *values: self.library(name, *values)
