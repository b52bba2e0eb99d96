"""What a formula about a cell asks for so that it has a real value: divisors other than zero, no root of less.

A quotient of polynomials may be compared as one, and then nothing is left of a divisor that cancels. So what must not
vanish is read from the formula as it was written, part by part, with what is known of steps where a part stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import sympy
from sympy import Derivative, Expr, Interval, Lambda, MatrixExpr, Symbol
from sympy.core.relational import Relational
from sympy.functions.elementary.miscellaneous import MinMaxBase
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.reading.text import kept
from symgrad.recurrent.forms.expanded import is_exhaustive
from symgrad.recurrent.forms.state_jacobians import StateJacobian
from symgrad.symbols import (
    Elementwise,
    OfEntries,
    OfMatrix,
    OrderedProduct,
    ParameterMatrix,
    TimedMatrix,
    TimedScalar,
    TimeSum,
    with_slopes,
)
from symgrad.symbols.inequalities import Row, is_certain, row_of
from symgrad.symbols.totals import REAL_ON
from symgrad.symbols.writing import to_text

NONZERO, NONNEGATIVE, VALUE = "nonzero", "nonnegative", "value"
SUMS = (TimeSum, OrderedProduct, sympy.Sum, sympy.Product)
Rows: TypeAlias = tuple[Row, ...]

# What has a value wherever its arguments have one.
_PLAIN = (
    sympy.Add, sympy.Mul, sympy.Trace, OfMatrix, sympy.logic.boolalg.Boolean, sympy.Tuple, MatrixExpr, Lambda,
)  # fmt: skip


class EntryOf(Expr):  # type: ignore[misc]
    """Any entry of a matrix, as a number."""

    is_commutative = is_Atom = True  # to SymPy, which would factor a sum of matrices as one of numbers
    is_real = is_extended_real = is_complex = is_finite = True

    @property
    def matrix(self) -> Any:
        return self.args[0]

    def _sympystr(self, printer: Any) -> str:
        return str(printer.doprint(self.matrix))


_ATOMS = (TimedScalar, TimedMatrix, ParameterMatrix, StateJacobian, sympy.MatrixSymbol)


@dataclass(frozen=True)
class Need:
    """That something is not zero, is not negative, or has a real value.

    Attributes
    ----------
    kind : {"nonzero", "nonnegative", "value"}
    of : Expr
    rows : tuple of Row
        What is known of steps where it stands.
    bound : frozenset of Symbol
        The indices of the sums and products around it.
    asking : Expr or None
        A power or cases that have a value wherever this is so, and perhaps elsewhere, as w**(n-1) has at w = 0.
    """

    kind: str
    of: Any
    rows: Rows
    bound: frozenset[Symbol]
    asking: Any = None

    def __str__(self) -> str:
        shown, has = to_text(self.of), "has no" if self.asking is None else "need not have a"
        if self.kind == NONZERO:
            return f"where {shown} = 0 it {has} value"
        if self.kind == NONNEGATIVE:
            return f"where {shown} < 0 it {has} real value"
        return f"{shown} need not have a real value"

    @property
    def ways(self) -> tuple[Need, ...]:
        """What of a formula that has a value is enough: the same, or that what is asking stands in it."""
        plain = replace(self, asking=None)
        return (plain,) if self.asking is None else (plain, replace(plain, kind=VALUE, of=self.asking))


def needs_of(e: object, rows: Iterable[Row] = ()) -> tuple[Need, ...]:
    """All that a formula asks for, each once.

    Examples
    --------
    >>> import symgrad as sg
    >>> w, x = sg.Parameter("w"), sg.Input("x")
    >>> [str(need) for need in needs_of(w / (x - 1) + sympy.log(w))]
    ['where x[t] - 1 = 0 it has no value', 'where w = 0 it has no value', 'where w < 0 it has no real value']
    """
    found = dict.fromkeys(_needs(e, tuple(rows), frozenset()))
    return tuple(sorted(found, key=lambda need: need.kind == NONNEGATIVE))


def certain_of(e: object, rows: Iterable[Row] = ()) -> tuple[Need, ...]:
    """All that is so wherever a formula has a value; of what may have one elsewhere, that it has one.

    Examples
    --------
    >>> import symgrad as sg
    >>> (w, c), h = map(sg.Parameter, "wc"), sg.State("h")
    >>> sorted(str(need) for need in certain_of(h / w + w**c))
    ['w**c need not have a real value', 'where w = 0 it has no value']
    """
    return tuple(dict.fromkeys(need.ways[-1] for need in needs_of(e, rows)))


def _needs(e: object, rows: Rows, bound: frozenset[Symbol], held: Sequence[Any] = ()) -> Iterator[Need]:
    """What a formula asks for where some conditions hold."""
    if isinstance(e, SUMS):
        indices = {limit[0] for limit in e.args[1:]}  # of which the conditions outside say nothing
        outside = [condition for condition in held if not condition.free_symbols & indices]
        yield from _needs(e.args[0], *within(e.args[1:], rows, bound), outside)
    elif isinstance(e, sympy.Piecewise):
        yield from (replace(need, asking=e) for need in _of_cases(e, rows, bound, held))
    elif isinstance(e, Derivative | sympy.Subs) and not _is_slope_of_total(e) and with_slopes(e) != e:
        yield from _needs(with_slopes(e), rows, bound, held)
    elif not isinstance(e, _ATOMS):
        asking = e if _asks_for_more(e) else None
        own = (Need(kind, of, rows, bound, asking) for kind, of in _own(e, rows))
        yield from (need for need in own if not _is_said(need, held))
        for part in _parts(e):
            yield from _needs(part, rows, bound, held)


def _parts(e: Any) -> Iterable[Any]:
    """What a formula is made of, each part with needs of its own."""
    if isinstance(e, Elementwise | OfEntries):
        entries, body = dict(zip(e.function.variables, map(EntryOf, e.args[1:]))), e.function.expr
        plain = body.replace(_is_slope_of_total, lambda slope: sympy.Add(*getattr(slope, "point", slope.expr.args)))
        unused = (m for y, m in zip(e.function.variables, e.args[1:]) if not body.has(y))
        return with_slopes(plain).xreplace(entries), *unused
    if isinstance(e, MatrixSlice):
        return (e.parent,)
    if isinstance(e, sympy.BlockMatrix):
        return tuple(e.blocks)
    return tuple(e) if isinstance(e, sympy.MatrixBase) else (a for a in e.args if isinstance(a, sympy.Basic))


def _own(e: Any, rows: Rows) -> Iterator[tuple[str, Any]]:
    """What a formula asks for besides what its parts do."""
    if isinstance(e, sympy.Pow):
        yield from ((kind, e.base) for kind in _of_power(e.base, e.exp, rows))
    elif isinstance(e, sympy.HadamardPower):
        yield from ((kind, EntryOf(e.base)) for kind in _of_power(EntryOf(e.base), e.exp, rows))
    elif isinstance(e, sympy.MatPow | sympy.Inverse):
        yield from [] if _is_natural(e.exp, rows) else [(VALUE, e)]
    elif isinstance(e, MatrixSlice):
        yield from ((VALUE, part) for part in kept.of_matrix(e))
    elif type(e).__name__ in REAL_ON and len(e.args) == 1:
        yield from _within(e.args[0], REAL_ON[type(e).__name__])
    elif not _is_plain(e):
        yield VALUE, e


def _is_plain(e: Any) -> bool:
    """Whether something has a real value wherever what it is made of has one."""
    if isinstance(e, sympy.Function | MinMaxBase):
        return kept.is_total(e)
    if isinstance(e, Derivative | sympy.Subs):
        return _is_slope_of_total(e)
    return isinstance(e, (*_PLAIN, EntryOf)) if e.args else e.is_real is not False


def within(limits: Iterable[Any], rows: Rows, bound: frozenset[Symbol]) -> tuple[Rows, frozenset[Symbol]]:
    """What is known of steps within a sum, and the indices around what stands there."""
    for index, low, high in reversed(tuple(limits)):  # SymPy writes the outermost sum last
        rows = tuple(row for row in rows if index not in dict(row.terms))
        if index not in low.free_symbols | high.free_symbols:
            rows += tuple(row for e in (index - low, high - index) if (row := row_of(e)) is not None)
        bound |= {index}
    return rows, bound


def has_terms(limits: Iterable[Any], rows: Rows) -> bool:
    """Whether a sum certainly has a term: an empty one is 0, whatever its terms would be."""
    for limit in reversed(tuple(limits)):
        _, low, high = limit
        if not is_certain(high - low, rows):  # by what is known outside of it: within it there is a term
            return False
        rows, _ = within((limit,), rows, frozenset())
    return True


def _of_cases(e: sympy.Piecewise, rows: Rows, bound: frozenset[Symbol], held: Sequence[Any]) -> Iterator[Need]:
    for place, (case, condition) in enumerate(e.args):
        known = rows
        if place == 0 and isinstance(condition, sympy.LessThan):
            row = row_of(condition.rhs - condition.lhs)
            known = rows if row is None else (*rows, row)
        earlier = [sympy.Not(other) for _, other in e.args[:place]]
        yield from _needs(case, known, bound, (*held, *earlier, condition))
        yield from _needs(condition, rows, bound, (*held, *earlier))
    if not is_exhaustive(e):
        yield Need(VALUE, e, rows, bound)


def _is_said(need: Need, conditions: Iterable[Any]) -> bool:
    """Whether one of some conditions that hold together says just what is needed."""
    return any(
        _is_said(need, c.args) if isinstance(c, sympy.And) else isinstance(c, Relational) and _says(c, need)
        for c in conditions
    )


def _says(condition: Relational, need: Need) -> bool:
    is_unequal, is_strict = isinstance(condition, sympy.Ne), isinstance(condition, sympy.Gt | sympy.Lt)
    gap = condition.gts - condition.lts if isinstance(condition, sympy.Gt | sympy.Lt | sympy.Ge | sympy.Le) else None
    gap = condition.lhs - condition.rhs if is_unequal else gap
    if gap is None:
        return False
    if need.kind == NONZERO:
        meant = (need.of, -need.of, sympy.Abs(need.of), need.of**2)
        return (is_unequal or is_strict) and any(sympy.expand(gap - e) == 0 for e in meant)
    return need.kind == NONNEGATIVE and not is_unequal and sympy.expand(gap - need.of) == 0


def _within(u: Expr, values: Interval) -> Iterator[tuple[str, Expr]]:
    """That a number lies between ends that are -a and a, or above one."""
    inside = u - values.start if values.end.is_infinite else values.end**2 - u**2
    yield from [(NONZERO, inside)] if values.left_open else []
    yield NONNEGATIVE, inside


def _of_power(base: Expr, exponent: Expr, rows: Rows) -> Iterator[str]:
    """A power with a negative exponent wants a base other than zero, one with a fraction wants one not negative."""
    if base.is_number and base.is_positive:
        return
    if not (exponent.is_nonnegative or _is_natural(exponent, rows)):
        yield NONZERO
    if not exponent.is_integer:
        yield NONNEGATIVE


def _asks_for_more(e: Any) -> bool:
    """Whether a power may have a value where what is asked for is not so: 0**n has one for n = 2, and none for -2."""
    is_power = isinstance(e, sympy.Pow | sympy.HadamardPower)
    return is_power and not (e.exp.is_negative if e.exp.is_integer else e.exp.is_Rational)


def _is_natural(exponent: Expr, rows: Rows) -> bool:
    return bool(exponent.is_integer) and (bool(exponent.is_nonnegative) or is_certain(exponent, rows))


def _is_slope_of_total(e: object) -> bool:
    """Whether it is the slope of a function that has one everywhere."""
    slope = e.expr if isinstance(e, sympy.Subs) else e
    return isinstance(slope, Derivative) and isinstance(slope.expr, sympy.Function) and kept.is_slope_total(slope.expr)
