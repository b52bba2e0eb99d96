"""SymPy and statements as text that reads back to the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy
from sympy import Basic, Expr, Interval, MatrixExpr, S, Symbol
from sympy.logic.boolalg import Boolean
from sympy.printing.str import StrPrinter
from sympy.sets import Set

from symgrad.base.errors import ClaimError
from symgrad.language.masks import Masks
from symgrad.language.statements import Conjunction, Domain, Extremum, Judged, Relation, Statement
from symgrad.language.written import bound_variables, is_written
from symgrad.reading.text import vocabulary
from symgrad.symbols import TimedScalar
from symgrad.symbols.notation import decimal_text
from symgrad.symbols.writing import side_of
from symgrad.symbols.writing import to_text as vector_text


def to_text(thing: Expr | Boolean | Statement) -> str:
    """Readable text of an expression, condition or statement; read again with the same symbols it gives an equal one.

    Parameters
    ----------
    thing : Expr, Boolean, Relation, Extremum or Conjunction
        What is written; of a `Claim`, its `statement`.

    Returns
    -------
    str
        As `parse` and `claim` read it.

    Raises
    ------
    ClaimError
        If it contains a float, which is no exact number, or is something else.

    Examples
    --------
    >>> import symgrad as sg
    >>> from sympy import Derivative, exp
    >>> x = sg.real("x")
    >>> sg.to_text(Derivative(1 / (1 + exp(-x)), x, x))
    'diff(1/(1 + exp(-x)), x, 2)'
    >>> sg.parse(sg.to_text(exp(x) / x)) == exp(x) / x
    True
    """
    if isinstance(thing, MatrixExpr | sympy.MatrixBase):
        return vector_text(thing)
    if isinstance(thing, Basic):
        if is_written(thing):  # its terms stand in the order of its author
            return str(_PRINTER.doprint(thing))
        # SymPy would evaluate numbers to put the terms in order.
        return vector_text(thing) if thing.atoms(TimedScalar) else str(_PRINTER.doprint(Masks().put_on(thing)))
    return _statement(thing)


def _statement(statement: Statement) -> str:
    if isinstance(statement, Relation):
        return f"{to_text(statement.lhs)} {statement.op} {to_text(statement.rhs)}"
    if isinstance(statement, Extremum):
        place = "" if statement.at is None else f", {to_text(statement.at)}"
        extremum = f"{statement.kind.value}({to_text(statement.of)}, {statement.variable}{place})"
        return f"{extremum} == {to_text(statement.value)}"
    if isinstance(statement, Conjunction):
        return f"And({', '.join(map(to_text, statement.parts))})"
    if isinstance(statement, Judged):
        return str(statement)
    raise ClaimError(f"text is made of expressions, conditions and statements; got {type(statement).__name__}")


def to_where(domain: Domain, expressions: Iterable[Expr] = ()) -> tuple[str, ...]:
    """The conditions that make a domain; read again by `parse_where` they make an equal one.

    Parameters
    ----------
    domain : Domain
    expressions : iterable of Expr
        What is said on the domain: the kinds of the variables that are bound in it are told as well.

    Raises
    ------
    ClaimError
        If a variable is of a kind, or takes values, that conditions in text cannot say.

    Examples
    --------
    >>> import symgrad as sg
    >>> to_where(sg.claim("x**k > 0", where=["k integer", "k >= 1", "0 < x", "x != 1"]).domain)
    ('k integer', 'k in [1, oo)', 'x in (0, 1) U (1, oo)')
    """
    symbols = dict.fromkeys((*domain.symbols, *_bound(expressions)))
    kinds = (text for symbol in symbols for text in _kind(symbol))
    sets = (text for symbol, values in domain.sets for text in _membership(symbol, values))
    return (*kinds, *sets, *map(to_text, domain.conditions))


def _bound(expressions: Iterable[Expr]) -> Iterator[Symbol]:
    """The variables that are bound in expressions, but for indices, which are integers without a word."""
    for node in (node for e in expressions for node in sympy.preorder_traversal(e)):
        if not isinstance(node, sympy.Sum | sympy.Product):
            yield from bound_variables(node)


def _kind(symbol: Symbol) -> list[str]:
    for kind in ("real", "integer", "complex"):
        if symbol == Symbol(symbol.name, **{kind: True}):
            return [] if kind == "real" else [f"{symbol} {kind}"]
    raise ClaimError(
        f"no condition in text says what SymPy assumes of {symbol}; declare it real, integer or complex, and say the "
        f'rest as a condition such as "{symbol} > 0"'
    )


def _membership(symbol: Symbol, values: Set) -> list[str]:
    """The conditions on one variable; an integer or complex one without any takes all values of its kind."""
    if isinstance(values, sympy.FiniteSet):
        return [f"{symbol} == {to_text(values.args[0])}" if len(values) == 1 else f"{symbol} in {to_text(values)}"]
    holes: set[Expr] = set()
    intervals = list(_intervals(values, holes))
    texts = [f"{symbol} in {' U '.join(intervals)}"] if intervals else []
    left_out = (hole for hole in sympy.ordered(holes) if values.contains(hole) != sympy.true)
    return [*texts, *(f"{symbol} != {to_text(hole)}" for hole in left_out)]


def _intervals(values: Set, holes: set[Expr]) -> Iterator[str]:
    """The intervals that make a set, but for the holes; none for all integers or all complex numbers."""
    if values in (S.Integers, S.Complexes):
        return
    if isinstance(values, sympy.Union):
        for part in values.args:
            yield from _intervals(part, holes)
    elif isinstance(values, sympy.Complement) and isinstance(values.args[1], sympy.FiniteSet):
        holes.update(values.args[1].args)
        yield from _intervals(values.args[0], holes)
    elif isinstance(values, sympy.FiniteSet):
        yield from (f"[{to_text(value)}, {to_text(value)}]" for value in values.args)
    elif isinstance(values, Interval) or values == S.Reals:
        yield to_text(values)
    elif isinstance(values, sympy.Range) and (values.size == 1 or abs(values.step) == 1):
        left, right = "(" if values.inf.is_infinite else "[", ")" if values.sup.is_infinite else "]"
        yield f"{left}{to_text(values.inf)}, {to_text(values.sup)}{right}"
    else:
        raise ClaimError(f"no condition in text says that a variable lies in {values}; use intervals and their unions")


_OPERATORS = {made: operator for operator, made in vocabulary.RELATIONS.items()}


class _Printer(StrPrinter):  # type: ignore[misc]
    """SymPy's own printer, but for what the reader calls otherwise."""

    def _call(self, name: str, *args: Basic) -> str:
        return f"{name}({', '.join(self._print(a) for a in args)})"

    def _number(self, value: Expr) -> str:
        """An end or a side, as a decimal where it surely was written as one."""
        decimal = decimal_text(value) if isinstance(value, sympy.Rational) else ""
        return decimal or str(self._print(value))

    def _print_hyper(self, expr: Expr) -> str:
        upper, lower, z = expr.args
        name = f"hyp{len(upper)}f{len(lower)}"
        is_known = name in vocabulary.HYPERGEOMETRIC
        return self._call(name, *upper, *lower, z) if is_known else self._call("hyper", *expr.args)

    def _print_Float(self, expr: Expr) -> str:
        raise ClaimError(f"a float is no exact number; got {expr}")

    def _print_Derivative(self, expr: Expr) -> str:
        variables = [a for variable, count in expr.variable_count for a in (variable, count)[: 1 if count == 1 else 2]]
        return self._call("diff", expr.expr, *variables)

    def _print_Trace(self, expr: Expr) -> str:
        return f"trace({vector_text(expr.arg)})"

    def _print_Limit(self, expr: Expr) -> str:
        return f"{self._call('Limit', *expr.args[:3])[:-1]}{side_of(expr)})"

    def _print_Product(self, expr: Expr) -> str:
        return self._call("Product", expr.function, *expr.limits)

    def _print_Integral(self, expr: Expr) -> str:
        ranges = [limit.args[0] if len(limit) == 1 else limit for limit in expr.limits]
        return self._call("Integral", expr.function, *ranges)

    def _print_Relational(self, expr: Boolean) -> str:
        operator = _OPERATORS[type(expr)]
        return f"{self._number(expr.lhs)} {operator} {self._number(expr.rhs)}"

    def _print_And(self, expr: Boolean) -> str:
        return self._call("And", *expr.args)

    def _print_Or(self, expr: Boolean) -> str:
        return self._call("Or", *expr.args)

    def _print_Not(self, expr: Boolean) -> str:
        return self._call("Not", *expr.args)

    def _print_Contains(self, expr: Boolean) -> str:
        member, values = expr.args
        return f"{self._print(member)} in {self._print(values)}"

    def _print_Interval(self, values: Set) -> str:
        left, right = "(" if values.left_open else "[", ")" if values.right_open else "]"
        return f"{left}{self._number(values.start)}, {self._number(values.end)}{right}"

    def _print_FiniteSet(self, values: Set) -> str:
        return f"{{{', '.join(map(self._number, values.args))}}}"

    def _print_Union(self, values: Set) -> str:
        return " U ".join(map(self._print, values.args))

    def _print_Reals(self, values: Set) -> str:
        return "(-oo, oo)"


_PRINTER = _Printer()
