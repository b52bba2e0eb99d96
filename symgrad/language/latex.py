"""Statements and domains in LaTeX: the one form of mathematics that every kind of document reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from sympy import Expr, FiniteSet, Interval, S, Symbol
from sympy.sets import Set

from symgrad.language.statements import Conjunction, Domain, Extremum, ExtremumKind, Judged, Relation, Statement
from symgrad.symbols.notation import latex

SIGNS = {"==": "=", "!=": r"\neq", "<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq"}

_EXTREMA = {
    ExtremumKind.MAXIMUM: r"\max",
    ExtremumKind.MINIMUM: r"\min",
    ExtremumKind.SUPREMUM: r"\sup",
    ExtremumKind.INFIMUM: r"\inf",
}


def statement_latex(statement: Statement, domain: Domain) -> str:
    """A statement in one piece.

    Examples
    --------
    >>> from symgrad.language.statements import Relation
    >>> x = Symbol("x", real=True)
    >>> print(statement_latex(Relation(x**2, ">=", S.Zero), Domain.of([x])))
    x^{2} \\geq 0
    """
    left, right = sides(statement, domain)
    return f"{left} {right}" if left else right


def sides(statement: Statement, domain: Domain) -> tuple[str, str]:
    """What stands left of the sign of a statement, and the sign with what stands right of it."""
    if isinstance(statement, Relation):
        return latex(statement.lhs), signed(statement.op, statement.rhs)
    if isinstance(statement, Extremum):
        return _extremum(statement, domain), signed("==", statement.value) + _place(statement)
    if isinstance(statement, Judged):
        return statement.latex_sides
    return "", _conjunction(statement, domain)


def signed(op: str, expression: Expr) -> str:
    """A sign and what follows it."""
    return f"{SIGNS[op]} {latex(expression)}"


def _extremum(statement: Extremum, domain: Domain) -> str:
    values = membership(statement.variable, domain.set_of(statement.variable))
    of = latex(statement.of)
    return rf"{_EXTREMA[statement.kind]}_{{{values}}} " + (rf"\left({of}\right)" if statement.of.is_Add else of)


def _place(statement: Extremum) -> str:
    return "" if statement.at is None else rf"\quad\text{{at }} {latex(statement.variable)} = {latex(statement.at)}"


def _conjunction(statement: Conjunction, domain: Domain) -> str:
    """The parts one after the other, and as ``a < b < c`` where they hang together."""
    parts = statement.parts
    relations = [part for part in parts if isinstance(part, Relation)]
    if len(relations) == len(parts) and all(a.rhs == b.lhs for a, b in pairwise(relations)):
        return " ".join([latex(relations[0].lhs), *(signed(r.op, r.rhs) for r in relations)])
    return r" \quad\text{and}\quad ".join(statement_latex(part, domain) for part in parts)


def membership(symbol: Symbol, values: Set) -> str:
    """That a symbol takes values in a set, in the shortest usual way.

    Examples
    --------
    >>> x = Symbol("x", real=True)
    >>> for values in (S.Reals, Interval.open(0, S.Infinity), S.Reals - FiniteSet(0), FiniteSet(1), Interval(0, 1)):
    ...     print(membership(x, values))
    x \\in \\mathbb{R}
    x > 0
    x \\neq 0
    x = 1
    x \\in \\left[0, 1\\right]
    """
    name = latex(symbol)
    if values == S.Reals:
        return rf"{name} \in {latex(values)}"
    if isinstance(values, FiniteSet) and len(values) == 1:
        return f"{name} = {latex(values.args[0])}"
    if isinstance(values, Interval) and values.end is S.Infinity:
        return rf"{name} {'>' if values.left_open else SIGNS['>=']} {latex(values.start)}"
    if isinstance(values, Interval) and values.start is S.NegativeInfinity:
        return rf"{name} {'<' if values.right_open else SIGNS['<=']} {latex(values.end)}"
    left_out = S.Reals - values
    if isinstance(left_out, FiniteSet) and left_out:
        return rf"{name} \neq {', '.join(map(latex, left_out.args))}"
    return rf"{name} \in {latex(values)}"


def domain_latex(domain: Domain, bound: Iterable[Symbol] = ()) -> tuple[str, ...]:
    """The conditions of a domain that a reader would not assume: everything but a real variable on the whole line.

    Examples
    --------
    >>> from sympy import Symbol
    >>> x, n = Symbol("x", real=True), Symbol("n", integer=True)
    >>> domain_latex(Domain.of([x, n], [x > 0]))
    ('n \\\\in \\\\mathbb{Z}', 'x > 0')
    """
    return tuple(_conditions(domain, frozenset(bound)))


def _conditions(domain: Domain, bound: frozenset[Symbol]) -> Iterator[str]:
    for symbol, values in domain.sets:
        if values != S.Reals and symbol not in bound:
            yield membership(symbol, values)
    for condition in domain.conditions:
        yield latex(condition)


def bound_symbols(statement: Statement) -> tuple[Symbol, ...]:
    """The symbols whose domain the statement itself shows."""
    return (statement.variable,) if isinstance(statement, Extremum) else ()


def point_latex(point: Mapping[Symbol, Expr]) -> str:
    """The values of symbols at a point."""
    return ", ".join(f"{latex(symbol)} = {latex(value)}" for symbol, value in point.items())
