"""Bounds of absolute values of products and sums of scalars at steps of time, as in cells of one unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Abs, Expr, Interval, S, Symbol, oo
from sympy.sets import Set

from symgrad.norms.context import Bound, Context
from symgrad.norms.entries import bound_of_function
from symgrad.symbols import ENTRY, TimedScalar, with_slopes

PRODUCT = "the absolute value of a product is the product of the absolute values"
SUM = "the absolute value of a sum is at most the sum of the absolute values"


def of_absolute(e: Expr, within: Context) -> Bound | None:
    """A bound of the absolute value of a scalar, by numbers for what is bounded at every step."""
    if not e.has(TimedScalar):
        return Bound(Abs(e))
    if isinstance(e, sympy.Mul):
        return _of_product(e, within)
    if isinstance(e, sympy.Product) and len(e.limits) == 1:
        return _of_steps(e, within)
    known = _of_function(e, within)
    if known is not None:
        return known
    if isinstance(e, sympy.Piecewise):
        return _of_cases(e, within)
    if not isinstance(e, sympy.Add):
        return _by_itself(e)
    constant, rest = e.as_independent(TimedScalar, as_Add=True)
    parts = [of_absolute(term, within) for term in (constant, *sympy.Add.make_args(rest)) if term != 0]
    if any(p is None for p in parts):
        return None
    reasons = (r for p in parts if p is not None for r in p.reasons)
    return Bound(sympy.Add(*(p.value for p in parts if p is not None)), (SUM, *reasons))


def _of_cases(e: sympy.Piecewise, within: Context) -> Bound | None:
    """No larger than the largest of the cases."""
    parts = [of_absolute(case, within) for case, _ in e.args]
    if any(p is None for p in parts):
        return None
    reasons = tuple(r for p in parts if p is not None for r in p.reasons)
    return Bound(sympy.Max(*(p.value for p in parts if p is not None)), reasons)


def _by_itself(e: Expr) -> Bound | None:
    return Bound(Abs(e)) if isinstance(e, TimedScalar) else None


def _of_product(e: Expr, within: Context) -> Bound | None:
    """Factors that change with one and the same variable are taken together."""
    groups: dict[tuple[TimedScalar, ...], list[Expr]] = {}
    for factor in e.args:
        timed = (
            tuple(sorted(factor.atoms(TimedScalar), key=str)) if not isinstance(factor, sympy.Product) else (factor,)
        )
        groups.setdefault(timed, []).append(factor)
    value, reasons = sympy.S.One, list[str]()
    for timed, factors in groups.items():
        together = sympy.Mul(*factors)
        bound = _of_function(together, within) if len(timed) == 1 and len(factors) > 1 else None
        for part in [together] if bound is not None else factors:
            found = bound if bound is not None else of_absolute(part, within)
            if found is None:
                return None
            value *= found.value
            reasons += found.reasons
    return Bound(value, (PRODUCT, *reasons))


def _of_steps(e: Expr, within: Context) -> Bound | None:
    """A product over steps, where every factor has one bound."""
    ((index, low, high),) = e.limits
    count = sympy.expand(high - low + 1)
    step, there = within.any_step(index, low)
    bound = of_absolute(e.function.xreplace({index: step}), there)
    if bound is None or bound.value.has(step) or not within.is_count(count):
        return None
    return Bound(bound.value**count, (PRODUCT, *bound.reasons))


def _of_function(e: Expr, within: Context) -> Bound | None:
    """A number that bounds a function of one variable, by what the variable is."""
    for output in sorted(e.atoms(TimedScalar), key=str):
        meaning = within.meaning(output)
        if meaning is not None and meaning.atoms(TimedScalar) <= e.atoms(TimedScalar) - {output}:
            e = e.xreplace({output: meaning})  # a slope in terms of input and output
    timed = e.atoms(TimedScalar)
    if len(timed) != 1 or e.has(sympy.Product, sympy.Sum):
        return None
    (variable,) = timed
    meaning = within.meaning(variable)
    for inside in _arguments(meaning, variable):
        formula = with_slopes(e.xreplace({variable: ENTRY})).xreplace({ENTRY: inside})
        if formula.free_symbols == {ENTRY} and formula != ENTRY:
            bound = bound_of_function(formula, within)
            if bound is not None:
                return bound
    return None


def where_product_lies(e: Expr, within: Context) -> Set:
    """The real numbers, or those of one sign where every factor of a product over steps certainly has that sign."""
    if e not in within.places:
        within.places[e] = _where_product_lies(e, within)
    return within.places[e]


def _where_product_lies(e: Expr, within: Context) -> Set:
    if not isinstance(e, sympy.Product) or len(e.limits) != 1:
        return S.Reals
    ((index, low, high),) = e.limits
    if not within.is_count(sympy.expand(high - low + 1)):
        return S.Reals
    step, there = within.any_step(index, low)
    factor = _of_any_numbers(e.function.xreplace({index: step}), there)
    positive = ((">", Interval.open(0, oo)), (">=", Interval(0, oo)))
    return next((values for op, values in positive if there.holds(factor, op, S.Zero)), S.Reals)


def _of_any_numbers(e: Expr, within: Context) -> Expr:
    """The formula with a value of the cell as the function that it is, and any real number for what it is one of."""
    meant = {v: within.meaning(v) for v in e.atoms(TimedScalar)}
    formula = with_slopes(e.xreplace({v: meaning for v, meaning in meant.items() if meaning is not None}))
    return formula.xreplace({v: Symbol(str(v), real=True) for v in formula.atoms(TimedScalar)})


def _arguments(meaning: Any, variable: Any) -> Iterator[Expr]:
    """What the variable is as a function of any real number, and any real number itself."""
    arguments = meaning.atoms(TimedScalar) if meaning is not None else ()
    if len(arguments) == 1 and meaning.free_symbols <= {*arguments, *next(iter(arguments)).time.free_symbols}:
        yield meaning.xreplace({next(iter(arguments)): ENTRY})
    yield ENTRY
