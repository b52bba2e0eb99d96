"""How large an entry of a vector can be: bounds of functions of an entry, found by samples and proved by the prover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import sympy
from flint import arb, fmpq
from sympy import Abs, Dummy, Expr, MatrixExpr, Rational, S, Symbol

from symgrad.balls import Ball, Tape, UnsupportedError, precision
from symgrad.norms.context import MOST_BOUNDS, Bound, Context
from symgrad.norms.exact import of_largest, with_values
from symgrad.norms.products import apart, canonical, terms, word
from symgrad.symbols import ENTRY, Elementwise, Parameter, ParameterMatrix, Softmax, TimedMatrix, with_slopes

BITS = 96
# Where a function of an entry is looked at first: dyadic, so that every machine sees the same.
PLACES = tuple(
    sorted(
        {fmpq(s * k, 8) for k in range(65) for s in (1, -1)} | {fmpq(s * 2**k) for k in range(4, 21) for s in (1, -1)}
    )
)
STEPS_OF_SEARCH = 60
LARGEST_EXPONENT = 1000
LARGEST_DENOMINATOR = 64
CLOSE = fmpq(1, 10**9)  # to a simple fraction, which then is tried; the prover decides
DIGITS = (6, 3, 2, 1)  # to which other values are rounded up


def largest_entry(vector: MatrixExpr, within: Context) -> list[Bound]:
    """Bounds of the absolute values of the entries of a vector or matrix."""
    number, factors = apart(canonical(vector))
    scale = Abs(with_values(number))
    if number == 0 or any(isinstance(f, sympy.ZeroMatrix) for f in factors):
        return [Bound(S.Zero)]
    if len(factors) != 1:
        return _scaled(scale, _opaque(vector, factors))
    return _scaled(scale, _of_factor(factors[0], within))[:MOST_BOUNDS]


def _scaled(scale: Expr, bounds: list[Bound]) -> list[Bound]:
    return [Bound(scale * b.value, b.reasons) for b in bounds]


def _opaque(vector: MatrixExpr, factors: tuple[MatrixExpr, ...]) -> list[Bound]:
    """What has no other bound stands for itself; of matrices that are no vectors there is no norm of the kind."""
    return [Bound(of_largest(word(factors)))] if factors and vector.shape[1] == 1 else []


def _of_factor(factor: MatrixExpr, within: Context) -> list[Bound]:
    for part in _alone(factor):
        bounded = _constant(part, within)
        if bounded is not None:
            return [bounded]
    if isinstance(factor, sympy.HadamardProduct):
        return _products([largest_entry(f, within) for f in factor.args])
    if isinstance(factor, sympy.MatAdd):
        parts = [largest_entry(_term(t, factor), within) for t in terms(factor)]
        return [*_sums(parts), *_opaque(factor, (factor,))]
    return _opaque(factor, (factor,))


def _alone(factor: MatrixExpr) -> Iterator[MatrixExpr]:
    """A function by itself, whatever it is applied to, and then with what it is applied to."""
    if isinstance(factor, Elementwise) and not isinstance(factor.argument, ParameterMatrix | TimedMatrix):
        yield Elementwise(factor.function, Parameter("argument", *factor.shape))
    yield factor


def _term(term: tuple[Expr, tuple[MatrixExpr, ...]], like: MatrixExpr) -> MatrixExpr:
    number, factors = term
    return sympy.MatMul(number, *factors) if factors else number * sympy.Identity(like.shape[0])


def _products(parts: list[list[Bound]]) -> list[Bound]:
    return reduce(lambda a, b: [Bound(x.value * y.value, (*x.reasons, *y.reasons)) for x in a for y in b], parts)


def _sums(parts: list[list[Bound]]) -> list[Bound]:
    return reduce(lambda a, b: [Bound(x.value + y.value, (*x.reasons, *y.reasons)) for x in a for y in b], parts)


# --- functions of one entry ---------------------------------------------------------------------------------------


def _constant(vector: MatrixExpr, within: Context) -> Bound | None:
    """A number that bounds all entries, where an entry is a function of one real number."""
    if isinstance(vector, Softmax):
        return Bound(S.One, ("the entries of softmax are at most 1",))
    entries = _Entries(within)
    formula = entries.of(vector)
    if formula is None or len(entries.leaves) > 1:
        return None
    if not entries.leaves:
        return Bound(Abs(formula)) if not formula.free_symbols else None
    (variable,) = entries.leaves.values()
    if formula == variable:
        return None
    if formula.free_symbols == {variable}:
        return bound_of_function(formula.xreplace({variable: ENTRY}), within, _said(vector))
    number, rest = formula.as_independent(variable, as_Add=False)
    function = _of_one_number(rest, variable)
    bound = None if function is None else bound_of_function(function, within)
    return None if bound is None else Bound(Abs(with_values(number)) * bound.value, bound.reasons)


def _of_one_number(function: Expr, variable: Symbol) -> Expr | None:
    """A function of one real number, `ENTRY`, that has all values of this one: tanh of an entry for tanh(a*y + b)."""
    if function.free_symbols == {variable}:
        return function.xreplace({variable: ENTRY})
    inside = function.atoms(sympy.Function, sympy.core.relational.Relational)
    arguments = {f.args[0] for f in inside if isinstance(f.args[0], Expr) and f.args[0].has(variable)}
    # The innermost first: tanh(a*y) has not all values that a*y has. And the order is that of no set.
    ordered = sorted(arguments, key=lambda a: (a.count_ops(), sympy.default_sort_key(a)))
    made = (function.xreplace({argument: ENTRY}) for argument in ordered)
    return next((new for new in made if new.free_symbols == {ENTRY}), None)


def entry_of(vector: MatrixExpr, within: Context) -> Expr | None:
    """An entry as a formula in real symbols for the entries of what it is made of."""
    return _Entries(within).of(vector)


class _Entries:
    """Entries as formulas in symbols for the entries of what cannot be taken apart."""

    def __init__(self, within: Context) -> None:
        self.within = within
        self.leaves: dict[Any, Symbol] = {}

    def of(self, e: Expr) -> Expr | None:
        """The entry of a vector, or nothing where it is no function of entries in the same place."""
        if isinstance(e, sympy.MatAdd):
            return self._all(sympy.Add, e.args)
        if isinstance(e, sympy.HadamardProduct):
            return self._all(sympy.Mul, e.args)
        if isinstance(e, sympy.MatMul) and sum(isinstance(a, sympy.MatrixExpr) for a in e.args) == 1:
            return self._all(sympy.Mul, e.args)
        if isinstance(e, sympy.HadamardPower):
            inside = self.of(e.base)
            return None if inside is None else inside**e.exp
        if isinstance(e, sympy.OneMatrix):
            return S.One
        if isinstance(e, Elementwise):
            inside = self.of(e.argument)
            return (
                None
                if inside is None
                else with_slopes(e.function(inside))
                if inside.is_Symbol
                else self._applied(e, inside)
            )
        if not isinstance(e, sympy.MatrixExpr):
            return e
        meaning = self.within.meaning(e) if isinstance(e, TimedMatrix) else None
        if meaning is not None:
            return self.of(meaning)
        return self.leaves.setdefault(e, Dummy(f"y{len(self.leaves)}", real=True))

    def _applied(self, e: Elementwise, inside: Expr) -> Expr:
        """A slope is that of the function at the place, and no derivative of what stands there."""
        body = with_slopes(e.function.expr)
        return body.xreplace({e.function.variables[0]: inside})

    def _all(self, kind: Any, parts: tuple[Expr, ...]) -> Expr | None:
        inside = [self.of(part) for part in parts]
        return None if any(part is None for part in inside) else kind(*inside)


def bound_of_function(formula: Expr, within: Context, said: str = "") -> Bound | None:
    """The least simple number that a function of one real number, `ENTRY`, certainly exceeds nowhere."""

    def claimed(candidate: Expr) -> tuple[Expr, Expr, str]:
        return Abs(formula), candidate, f"{said or f'the absolute value of {_shown(formula)}'} is at most {candidate}"

    return _least(formula, Abs(formula), claimed, within)


def _shown(formula: Expr) -> Expr:
    """The function with a letter that can be read; the number in it is none of those in the claim."""
    return formula.xreplace({ENTRY: Symbol("y", real=True)})


def _said(vector: MatrixExpr) -> str:
    """A function in words; nothing where it has no name."""
    if isinstance(vector, Elementwise) and isinstance(vector.function.expr, sympy.Derivative):
        return f"the slope of {vector.function.expr.expr.func.__name__}"
    if isinstance(vector, Elementwise) and isinstance(vector.function.expr, sympy.Function):
        return f"the absolute value of {vector.function.expr.func.__name__}"
    return ""


def least_slope(function: Expr, within: Context) -> Bound | None:
    """The least simple L with abs(f(y)) <= L abs(y) for all real y."""
    (y,) = function.variables
    formula = with_slopes(function.expr).xreplace({y: ENTRY})
    if formula.free_symbols != {ENTRY}:
        return None
    name = getattr(function.expr.func, "__name__", "the function")

    def claimed(candidate: Expr) -> tuple[Expr, Expr, str]:
        times = "" if candidate == 1 else f"{candidate} times "
        reason = f"{name} of a number is at most {times}that number in absolute value"
        return Abs(formula), candidate * Abs(ENTRY), reason

    return _least(sympy.Tuple(formula, ENTRY), Abs(formula) / Abs(ENTRY), claimed, within)


def steepest(function: Expr, within: Context) -> Bound | None:
    """The least simple L with abs(f(y) - f(z)) <= L abs(y - z) for all real y and z, from the slope everywhere."""
    (y,) = function.variables
    formula = function.expr.xreplace({y: ENTRY})
    if formula.free_symbols != {ENTRY} or formula.has(sympy.Derivative):
        return None
    slope, name = sympy.Derivative(formula, ENTRY), getattr(function.expr.func, "__name__", "the function")

    def claimed(candidate: Expr) -> tuple[Expr, Expr, str]:
        return Abs(slope), candidate, f"the slope of {name} is at most {candidate}"

    return _least(sympy.Tuple(slope), Abs(formula.diff(ENTRY)), claimed, within)


def _least(
    key: Expr, bounded: Expr, claimed: Callable[[Expr], tuple[Expr, Expr, str]], within: Context
) -> Bound | None:
    """The first number that may bound a function of which what is then claimed holds: smaller side, larger, reason."""
    if key not in within.found:
        within.found[key] = None
        for candidate in _candidates(bounded):
            small, large, reason = claimed(candidate)
            if within.holds(small, "<=", large, reason):
                within.found[key] = Bound(candidate, (reason,))
                break
    return within.found[key]


def _candidates(formula: Expr) -> Iterator[Expr]:
    """Numbers that may bound a function of one real number, the least first."""
    largest = _sampled(formula)
    if largest is None:
        return
    simple = _nearest_fraction(largest)
    if abs(simple - largest) < CLOSE and simple > 0:
        yield Rational(int(simple.p), int(simple.q))
    for digits in DIGITS:
        scale = 10**digits
        yield Rational(int((largest * scale).floor()) + 1, scale)


def _nearest_fraction(value: fmpq) -> fmpq:
    return min(
        (fmpq(int((value * q + fmpq(1, 2)).floor()), q) for q in range(1, LARGEST_DENOMINATOR + 1)),
        key=lambda f: (abs(f - value) >= CLOSE, f.q),
    )


def _sampled(formula: Expr) -> fmpq | None:
    """About the largest value on the real line; none where the function seems to grow without end."""
    try:
        tape = Tape(formula, [ENTRY])
    except UnsupportedError:
        return None
    with precision(BITS):
        values = {place: found for place in PLACES if (found := _value(tape, place)) is not None}
        if not values:
            return None
        best = max(values, key=lambda place: values[place])
        ends = (max(values), min(values))
        if best in ends and values[best] > 2 * values.get(best / 16, values[best]):
            return None
        return _refined(tape, best, values)


def _refined(tape: Tape, best: fmpq, values: dict[fmpq, fmpq]) -> fmpq:
    """The largest value found by halving the distance to the neighbours of a place."""
    found, step = values[best], fmpq(1, 8)
    for _ in range(STEPS_OF_SEARCH):
        for place in (best - step, best + step):
            value = _value(tape, place)
            if value is not None and value > found:
                best, found = place, value
        step /= 2
    return found


def _value(tape: Tape, place: fmpq) -> fmpq | None:
    value = tape(place)
    if isinstance(value, fmpq):
        return value
    if not isinstance(value, Ball) or not isinstance(value, arb) or not value.is_finite():
        return None
    mantissa, exponent = value.mid().man_exp()
    if abs(int(exponent)) > LARGEST_EXPONENT:
        return fmpq(0) if exponent < 0 else None
    power = fmpq(2) ** abs(int(exponent))
    return fmpq(mantissa) * power if exponent >= 0 else fmpq(mantissa) / power
