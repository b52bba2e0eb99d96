"""Statements and single expressions from text."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeGuard

from sympy import Expr, Symbol

from symgrad.language.statements import Conjunction, Extremum, ExtremumKind, Relation, Statement
from symgrad.reading.text import vocabulary
from symgrad.reading.text.reader import OPERATORS, Reader
from symgrad.reading.text.scan import Source

_NEGATED: Mapping[str, str] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def parse_written(text: str, symbols: Mapping[str, Symbol] | None = None) -> Expr:
    """The expression that a text describes, as it is written: in its order, with nothing evaluated.

    Parameters
    ----------
    text : str
        Such as ``"x**2/2 + erf(1e-5)"``; decimals are exact.
    symbols : mapping of str to Symbol, optional
        What names stand for; other names that have no meaning of their own are real symbols, the indices of sums
        and products integers.

    Raises
    ------
    ParseError
        If the text is no expression, or is too large; it points at the place.

    Examples
    --------
    >>> from symgrad.reading.text import parse_written, to_text
    >>> to_text(parse_written("y - x/x"))
    'y - x/x'
    """
    reader = Reader(Source(text), symbols)
    if isinstance(reader.tree, ast.Compare):
        raise reader.fault(reader.tree, "this is a statement; an expression is wanted, without a relation")
    return reader.expression(reader.tree)


def parse(text: str, symbols: Mapping[str, Symbol] | None = None) -> Expr:
    """The expression that a text describes, as SymPy evaluates it; nothing in the text is ever executed.

    Functions that SymPy mistakes for others stay as they are written. Decimals are exact fractions.

    Parameters
    ----------
    text : str
        Such as ``"x**2/2 + erf(1e-5)"``; functions are called as in SymPy and `ACTIVATIONS`, a derivative is
        ``diff(f, x)``.
    symbols : mapping of str to Symbol, optional
        What names stand for; other names that have no meaning of their own are real symbols, the indices of sums and
        products integers.

    Returns
    -------
    Expr
        An expression of SymPy; derivatives in it are not carried out.

    Raises
    ------
    ParseError
        If the text is no expression, or is too large; it points at the place.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.parse("diff(sin(x)**2, x) + 0.1")
    Derivative(sin(x)**2, x) + 1/10
    >>> sg.parse("sigmoid(2*k)", {"k": sg.integer("k")}).free_symbols == {sg.integer("k")}
    True
    """
    reader = Reader(Source(text), symbols)
    if isinstance(reader.tree, ast.Compare):
        raise reader.fault(reader.tree, "this is a statement; an expression is wanted, without a relation")
    return reader.defined(reader.tree, reader.evaluated(reader.tree, reader.expression(reader.tree)))


def parse_statement(text: str, symbols: Mapping[str, Symbol] | None = None) -> Statement:
    """The statement that a text makes, its sides as they are written.

    Raises
    ------
    ParseError
        If the text is no statement; it points at the place.

    Examples
    --------
    >>> from symgrad.reading.text import parse_statement
    >>> parse_statement("x/x == 1")
    Relation(lhs=x/x, op='==', rhs=1)
    """
    reader = Reader(Source(text), symbols)
    return _statement(reader, reader.tree)


def _statement(reader: Reader, node: ast.expr) -> Statement:
    if isinstance(node, ast.Compare):
        return _comparison(reader, node)
    if isinstance(node, ast.Call):
        name = reader.name_of(node)
        if name in vocabulary.RELATION_NAMES:
            left, right = _exactly(reader, node, 2, f"{name}(a, b)")
            return _relation(reader, node, left, vocabulary.RELATION_NAMES[name], right)
        if name == "And":
            if not node.args:
                raise reader.fault(node, "write And(a, b)")
            return _conjunction([_statement(reader, part) for part in node.args])
        if name == "Not":
            (part,) = _exactly(reader, node, 1, "Not(a == b)")
            return _negation(reader, part)
        if name == "Or":
            raise reader.fault(node, "Or(…) cannot be claimed; claim its parts one by one, or use Piecewise")
        if name in vocabulary.EXTREMA:
            raise reader.fault(node, f"say what the {name} is, as in {name}(f, x) == c")
    reader.expression(node)
    raise reader.fault(node, "this is an expression; a statement has a relation, as in a == b or a <= b")


def _exactly(reader: Reader, node: ast.Call, number: int, form: str) -> list[ast.expr]:
    if len(node.args) != number:
        raise reader.fault(node, f"write {form}")
    return node.args


def _comparison(reader: Reader, node: ast.Compare) -> Statement:
    sides = [node.left, *node.comparators]
    if len(node.ops) == 1:
        return _relation(reader, node, sides[0], OPERATORS[type(node.ops[0])], sides[1])
    for side in sides:
        if _is_extremum(side):
            raise reader.fault(side, "an extremum stands in no chain; write maximum(f, x) == c")
    return _conjunction([_checked(reader, node, *link) for link in reader.links(node)])


def _conjunction(parts: list[Statement]) -> Statement:
    flat = [p for part in parts for p in (part.parts if isinstance(part, Conjunction) else (part,))]
    return flat[0] if len(flat) == 1 else Conjunction(tuple(flat))


def _relation(reader: Reader, node: ast.expr, left: ast.expr, op: str, right: ast.expr) -> Statement:
    for extremum, value in ((left, right), (right, left)):
        if _is_extremum(extremum):
            kind = ExtremumKind(reader.name_of(extremum))
            if op != "==":
                raise reader.fault(extremum, f"write {kind.value}(f, x) == c; a bound is written f <= c")
            return _extremum(reader, extremum, kind, value)
    return _checked(reader, node, reader.expression(left), op, reader.expression(right))


def _checked(reader: Reader, node: ast.expr, left: Expr, op: str, right: Expr) -> Relation:
    reader.check_order(node, left, op, right)
    return Relation(left, op, right)


def _negation(reader: Reader, node: ast.expr) -> Statement:
    inside = _statement(reader, node)
    if not isinstance(inside, Relation):
        raise reader.fault(node, "Not is written around a single relation, as in Not(a == b)")
    return Relation(inside.lhs, _NEGATED[inside.op], inside.rhs)


def _is_extremum(node: ast.expr) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in vocabulary.EXTREMA


def _extremum(reader: Reader, node: ast.Call, kind: ExtremumKind, value: ast.expr) -> Extremum:
    if len(node.args) not in (2, 3):
        raise reader.fault(node, f"write {kind.value}(f, x), or {kind.value}(f, x, x0) if it is attained at x0")
    of, variable, *place = node.args
    return Extremum(
        kind,
        reader.expression(of),
        reader.variable(variable, f"what a {kind.value} is taken over"),
        reader.expression(value),
        reader.expression(place[0]) if place else None,
    )
