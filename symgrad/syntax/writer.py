"""SymPy and statements as text that reads back to the same."""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr
from sympy.logic.boolalg import Boolean
from sympy.printing.str import StrPrinter

from symgrad.errors import ClaimError
from symgrad.statements import Conjunction, Extremum, Relation, Statement


def to_text(thing: Expr | Boolean | Statement) -> str:
    """Readable text of an expression, condition or statement; read again with the same symbols it gives an equal one.

    Raises
    ------
    ClaimError
        If it contains a float, which is no exact number.

    Examples
    --------
    >>> from sympy import Derivative, exp
    >>> from symgrad.notation import real
    >>> x = real("x")
    >>> to_text(Derivative(1 / (1 + exp(-x)), x, x))
    'diff(1/(1 + exp(-x)), x, 2)'
    """
    if isinstance(thing, Basic):
        return str(_PRINTER.doprint(thing))
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
    raise ClaimError(f"text is made of expressions, conditions and statements; got {type(statement).__name__}")


class _Printer(StrPrinter):  # type: ignore[misc]
    """SymPy's own printer, but for what the reader calls otherwise."""

    _OPERATORS = {"Equality": "==", "Unequality": "!=", "StrictLessThan": "<", "LessThan": "<="} | {
        "StrictGreaterThan": ">",
        "GreaterThan": ">=",
    }

    def _call(self, name: str, *args: Any) -> str:
        return f"{name}({', '.join(self._print(a) for a in args)})"

    def _print_Float(self, expr: Any) -> str:
        raise ClaimError(f"a float is no exact number; got {expr}")

    def _print_Derivative(self, expr: Any) -> str:
        variables = [a for variable, count in expr.variable_count for a in (variable, count)[: 1 if count == 1 else 2]]
        return self._call("diff", expr.expr, *variables)

    def _print_Limit(self, expr: Any) -> str:
        of, variable, place, direction = expr.args
        is_default = place.is_infinite or str(direction) == "+"
        side = "" if is_default else f', "{direction}"'
        return f"{self._call('Limit', of, variable, place)[:-1]}{side})"

    def _print_Product(self, expr: Any) -> str:
        return self._call("Product", expr.function, *expr.limits)

    def _print_Integral(self, expr: Any) -> str:
        ranges = [limit.args[0] if len(limit) == 1 else limit for limit in expr.limits]
        return self._call("Integral", expr.function, *ranges)

    def _print_Relational(self, expr: Any) -> str:
        operator = self._OPERATORS[type(expr).__name__]
        return f"{self._print(expr.lhs)} {operator} {self._print(expr.rhs)}"

    def _print_And(self, expr: Any) -> str:
        return self._call("And", *expr.args)

    def _print_Or(self, expr: Any) -> str:
        return self._call("Or", *expr.args)

    def _print_Not(self, expr: Any) -> str:
        return self._call("Not", *expr.args)

    def _print_Contains(self, expr: Any) -> str:
        member, values = expr.args
        return f"{self._print(member)} in {self._print(values)}"

    def _print_Interval(self, values: Any) -> str:
        left, right = "(" if values.left_open else "[", ")" if values.right_open else "]"
        return f"{left}{self._print(values.start)}, {self._print(values.end)}{right}"

    def _print_Union(self, values: Any) -> str:
        return " U ".join(map(self._print, values.args))

    def _print_Reals(self, values: Any) -> str:
        return "(-oo, oo)"


_PRINTER = _Printer()
