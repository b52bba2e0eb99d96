"""From the syntax tree of a text to the formula as it was written: a table of the nodes of which formulas are made."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sympy
from sympy import Basic, Expr, Integer, Rational, S, Symbol
from sympy.logic.boolalg import Boolean

from symgrad.base.errors import ParseError
from symgrad.language import written
from symgrad.language.abbreviations import called
from symgrad.language.provable import as_sympy
from symgrad.language.size_limits import MAX_BRANCHES, Ledger, LimitError
from symgrad.language.statements import free_symbols
from symgrad.reading.text import vocabulary
from symgrad.reading.text.scan import Source

OPERATORS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
NO_MATRIX = "@ stands between matrices, and {} is a scalar; write *, or say its shape"
_INDEXED = ("Sum", "Product")
_MAX_DERIVATIVE = 100

_Case = tuple[Expr, Boolean]


@contextmanager
def asking_sympy(fault: Callable[[str], ParseError]) -> Iterator[None]:
    """Within, whatever SymPy raises becomes this error; all calls that may evaluate something stand in here."""
    try:
        yield
    except ParseError:
        raise
    except LimitError as error:
        raise fault(str(error)) from None
    except RecursionError:
        raise fault("nested too deeply to be evaluated") from None
    except Exception as error:
        why = " ".join(str(error).split())[:100] or type(error).__name__
        raise fault(f"SymPy cannot evaluate this: {why}") from None


class Reader:
    """Reads one text; what comes of it is the tree as it was written, and nothing is evaluated."""

    def __init__(self, source: Source, symbols: Mapping[str, Symbol] | None = None) -> None:
        self.source = source
        self.tree, self._place = source.tree()
        indices, self._bound = _indices(self.tree)
        self._indices = set(indices) - set(symbols or {})
        self.symbols = {**indices, **(symbols or {})}
        self.ledger = Ledger()

    def fault(self, node: ast.AST, reason: str) -> ParseError:
        """The error that points at this node."""
        return self.source.fault(self._place(node), reason)

    def expression(self, node: ast.expr) -> Expr:
        """The value of a node.

        Raises
        ------
        ParseError
            If it has none.
        """
        rule = _RULES.get(type(node))
        if rule is None:
            raise self.fault(node, "this is not part of a formula")
        return rule(self, node)

    def evaluated(self, node: ast.AST, value: Expr) -> Expr:
        """What SymPy makes of a value."""
        with self.asking_sympy(node):
            return as_sympy(value)

    def defined(self, node: ast.AST, value: Expr) -> Expr:
        """The value, unless it is certainly none."""
        with self.asking_sympy(node):
            self.ledger.facts(value)
        return value

    def _make(self, node: ast.AST, make: Callable[..., Any], *args: object) -> Basic:
        """Make an object and look at what came out."""
        with self.asking_sympy(node):
            value = make(*args)
            self.ledger.facts(value)
        return value

    def asking_sympy(self, node: ast.AST) -> AbstractContextManager[None]:
        """Within, whatever SymPy raises becomes an error that points at this node."""
        return asking_sympy(lambda reason: self.fault(node, reason))

    # Numbers and names

    def _constant(self, node: ast.Constant) -> Expr:
        if isinstance(node.value, bool):
            raise self.fault(node, f"{node.value} is a condition, no number")
        if not isinstance(node.value, int | float):
            raise self.fault(node, "a direction in quotes stands only at the end of Limit")
        text = self._text_of(node)
        return self._make(node, Rational if text.isdecimal() else written.WrittenDecimal, text)

    def _text_of(self, node: ast.expr) -> str:
        return self._place.text_of(node)

    def _name(self, node: ast.Name) -> Expr:
        name = node.id
        if name in self._indices and id(node) not in self._bound:
            reason = f"{name} is the index of a sum or product, and stands outside of it as well"
            raise self.fault(node, f"{reason}; write another letter for one of them, or say that {name} is an integer")
        if name in self.symbols:
            return self.symbols[name]
        if name in vocabulary.CONSTANTS:
            return vocabulary.CONSTANTS[name]
        if vocabulary.may_be_symbol(name):
            return Symbol(name, real=True)
        if name == vocabulary.INFINITY:
            raise self.fault(node, vocabulary.INFINITY_IS_NO_NUMBER)
        if name in vocabulary.TRUE:
            raise self.fault(node, f"{name} is a condition, no number")
        raise self.fault(node, f"{name} is a function; write {name}(…)")

    # Arithmetic

    def _sum(self, node: ast.BinOp) -> Expr:
        terms: list[tuple[ast.expr, bool]] = []
        rest: ast.expr = node
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add | ast.Sub):
            terms.append((rest.right, isinstance(rest.op, ast.Sub)))
            rest = rest.left
        terms.append((rest, False))
        values = [(self.expression(n), minus) for n, minus in reversed(terms)]
        return self._make(node, written.total, *(written.negated(v) if minus else v for v, minus in values))

    def _product(self, node: ast.expr) -> Expr:
        factors: list[Expr] = []
        for leaf, divides in _factors(node):
            value = self.expression(leaf)
            factors += [written.inverted(value)] if divides else [value]
        with self.asking_sympy(node):
            self.ledger.check_product(factors)
        if isinstance(factors[0], written.WrittenProduct):  # also the sign of -a*b, which stands before all of it
            factors[:1] = factors[0].args
        return self._make(node, written.multiplied, *factors)

    def _signed(self, node: ast.UnaryOp) -> Expr:
        value = self.expression(node.operand)
        return self._make(node, written.negated, value) if isinstance(node.op, ast.USub) else value

    def _binary(self, node: ast.BinOp) -> Expr:
        if isinstance(node.op, ast.Add | ast.Sub):
            return self._sum(node)
        if isinstance(node.op, ast.Mult | ast.Div):
            return self._product(node)
        if isinstance(node.op, ast.Pow):
            return self._power(node, self.expression(node.left), self.expression(node.right))
        raise self.fault(
            node.left,
            f"@ stands between matrices, and {self._text_of(node.left)} is a scalar; write *, or say its shape",
        )

    def _power(self, node: ast.AST, base: Expr, exponent: Expr) -> Expr:
        with self.asking_sympy(node):
            self.ledger.check_power(base, exponent)
        return self._make(node, written.WrittenPower, base, exponent)

    # Calls

    def _call(self, node: ast.Call) -> Expr:
        name = self.name_of(node)
        form = _FORMS.get(name)
        if form is not None:
            return form(self, node)
        if name in vocabulary.CONDITIONS:
            raise self.fault(node, f"{name} is a condition, no number")
        if name in vocabulary.EXTREMA:
            raise self.fault(node, f"{name} stands at the outside of a statement, as in {name}(f, x) == c")
        function = vocabulary.function(name)
        if function is None:
            raise self.fault(node, vocabulary.suggestion(name))
        if complaint := function.complaint(len(node.args)):
            raise self.fault(node, complaint)
        return self._apply(node, name, function.make, [self.expression(a) for a in node.args])

    def name_of(self, node: ast.Call) -> str:
        """The name that is called, with the plain form of the call checked."""
        if not isinstance(node.func, ast.Name):
            raise self.fault(node, "only a function can be called; a product is written with *")
        return node.func.id

    def _apply(self, node: ast.AST, name: str, make: Callable[..., Any], args: list[Expr]) -> Expr:
        with self.asking_sympy(node):
            self.ledger.check_call(name, [a if free_symbols(a) else as_sympy(a) for a in args])
        return self._make(node, vocabulary.written_call, name, make, *args)

    def _arguments(self, node: ast.Call, wanted: str, *numbers: int) -> list[ast.expr]:
        if len(node.args) not in numbers:
            raise self.fault(node, f"write {wanted}")
        return node.args

    def _integer(self, node: ast.expr, what: str) -> int:
        value = self.evaluated(node, self.expression(node))
        if not isinstance(value, Integer):
            raise self.fault(node, f"{what} is a whole number")
        return int(value)

    def _rational(self, node: ast.Call) -> Expr:
        top, bottom = self._arguments(node, "Rational(p, q)", 2)
        p, q = self._integer(top, "the numerator"), self._integer(bottom, "the denominator")
        return self._make(node, lambda: Rational(p, q))

    def _simple_root(self, node: ast.Call) -> Expr:
        name = self.name_of(node)
        (of,) = self._arguments(node, f"{name}(x)", 1)
        return self._power(node, self.expression(of), Rational(1, {"sqrt": 2, "cbrt": 3}[name]))

    def _root(self, node: ast.Call) -> Expr:
        of, order = self._arguments(node, "root(x, n)", 2)
        base, degree = self.expression(of), self.expression(order)
        exponent = Rational(1, degree) if isinstance(degree, Integer) and degree else written.inverted(degree)
        return self._power(node, base, exponent)

    def _real_root(self, node: ast.Call) -> Expr:
        of, order = self._arguments(node, "real_root(x, n)", 2)
        n = self._integer(order, "the order of a root")
        base, exponent = self.expression(of), self._make(order, lambda: Rational(1, n))
        self._power(node, base, exponent)  # which refuses what would be too large
        return self._make(node, called, "real_root", base, Integer(n))

    # Cases

    def _piecewise(self, node: ast.Call) -> Expr:
        if not 1 <= len(node.args) <= MAX_BRANCHES:
            raise self.fault(node, f"Piecewise has 1 to {MAX_BRANCHES} branches, each (value, condition)")
        branches = [self._case(branch) for branch in node.args]
        if all(condition is S.false for _, condition in branches):
            raise self.fault(node, "this is undefined: no branch is ever chosen")
        return self._make(node, written.cases, *branches)

    def _case(self, node: ast.expr) -> _Case:
        if not isinstance(node, ast.Tuple) or len(node.elts) != 2:
            raise self.fault(node, "a branch of Piecewise is written (value, condition)")
        value, condition = node.elts
        holds = self.condition(condition)
        if holds.has(sympy.Piecewise):
            raise self.fault(condition, "cases within a condition are not read; write more branches instead")
        return self.expression(value), holds

    def condition(self, node: ast.expr) -> Boolean:
        """The value of a node that is true or false."""
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return S.true if node.value else S.false
        if isinstance(node, ast.Name) and node.id in vocabulary.TRUE:
            return S.true
        if isinstance(node, ast.Compare):
            return self._both(node, [self._comparison(node, *link) for link in self.links(node)])
        if isinstance(node, ast.Call) and self.name_of(node) in vocabulary.CONDITIONS:
            return self._condition_call(node, self.name_of(node))
        raise self.fault(node, "a condition is a comparison, And(…), Or(…), Not(…) or True")

    def _condition_call(self, node: ast.Call, name: str) -> Boolean:
        if name in vocabulary.RELATION_NAMES:
            left, right = map(self.expression, self._arguments(node, f"{name}(a, b)", 2))
            return self._comparison(node, left, vocabulary.RELATION_NAMES[name], right)
        if name == "Not":
            (inside,) = self._arguments(node, "Not(condition)", 1)
            return self._make(node, written.combined, sympy.Not, self.condition(inside))
        parts = [self.condition(a) for a in self._arguments(node, f"{name}(a, b)", *range(1, MAX_BRANCHES + 1))]
        return self._both(node, parts) if name == "And" else self._make(node, written.combined, sympy.Or, *parts)

    def _both(self, node: ast.AST, parts: list[Boolean]) -> Boolean:
        return parts[0] if len(parts) == 1 else self._make(node, written.combined, sympy.And, *parts)

    def links(self, node: ast.Compare) -> Iterator[tuple[Expr, str, Expr]]:
        """The links of a chain such as ``0 < x <= 1``."""
        sides = [self.expression(side) for side in (node.left, *node.comparators)]
        for left, op, right in zip(sides, node.ops, sides[1:]):
            yield left, OPERATORS[type(op)], right

    def _comparison(self, node: ast.AST, left: Expr, op: str, right: Expr) -> Boolean:
        self.check_order(node, left, op, right)
        if isinstance(left, Rational) and isinstance(right, Rational):
            return vocabulary.RELATIONS[op](left, right)
        return self._make(node, written.comparison, vocabulary.RELATIONS[op], left, right)

    def truth(self, node: ast.AST, left: Expr, op: str, right: Expr) -> Boolean:
        """The comparison as SymPy evaluates it."""
        with self.asking_sympy(node):
            return vocabulary.RELATIONS[op](as_sympy(left), as_sympy(right))

    def check_order(self, node: ast.AST, left: Expr, op: str, right: Expr) -> None:
        """Refuse to order numbers that are not real."""
        with self.asking_sympy(node):
            if op not in ("==", "!=") and any(as_sympy(side).is_extended_real is False for side in (left, right)):
                raise self.fault(node, f"{op} compares real numbers only")

    # Derivatives, sums, products, integrals, limits: nothing of it is evaluated

    def variable(self, node: ast.AST, what: str) -> Symbol:
        """The symbol that a node names."""
        value = self._name(node) if isinstance(node, ast.Name) else None
        if not isinstance(value, Symbol):
            raise self.fault(node, f"{what} is a variable")
        return value

    def _derivative(self, node: ast.Call) -> Expr:
        if len(node.args) < 2:
            raise self.fault(node, "write diff(f, x), diff(f, x, 3) or diff(f, x, y)")
        variables: list[tuple[Symbol, int]] = []
        for before, argument in zip(node.args, node.args[1:]):
            if isinstance(argument, ast.Name):
                variables.append((self.variable(argument, "what is differentiated by"), 1))
            elif variables and isinstance(before, ast.Name):
                variables[-1] = (variables[-1][0], self._order(argument))
            else:
                raise self.fault(argument, "what is differentiated by is a variable, with one order behind it")
        expression = self.expression(node.args[0])
        order = next((s for s, _ in variables[1:] if not expression.has(s)), None)
        if order is not None:
            reason = f"the order of a derivative is a number; got {order}, which does not stand in the formula either"
            raise self.fault(node, reason)
        return self._make(node, written.derivative, expression, *variables)

    def _order(self, node: ast.expr) -> int:
        order = self._integer(node, "the order of a derivative")
        if not 1 <= order <= _MAX_DERIVATIVE:
            raise self.fault(node, f"the order of a derivative is 1 to {_MAX_DERIVATIVE}; got {order}")
        return order

    def _over_range(self, node: ast.Call) -> Expr:
        name = self.name_of(node)
        if len(node.args) < 2:
            raise self.fault(node, f"write {name}(f, (k, a, b))")
        limits = [self._range(name, argument) for argument in node.args[1:]]
        of = self.expression(node.args[0])
        return self._make(node, written.ranged, getattr(sympy, name), of, *limits)

    def _range(self, name: str, node: ast.expr) -> tuple[Expr, ...]:
        if name == "Integral" and isinstance(node, ast.Name):
            raise self.fault(
                node, "an integral has ends, Integral(f, (x, a, b)); for an antiderivative claim diff(F, x) == f"
            )
        if not isinstance(node, ast.Tuple) or len(node.elts) != 3:
            raise self.fault(node, f"the range of {name} is written (variable, from, to)")
        variable = self.variable(node.elts[0], f"the first word in a range of {name}")
        ends = [self.bound(n) for n in node.elts[1:]]
        if name in _INDEXED:
            for place, end in zip(node.elts[1:], ends):
                self._check_whole(name, place, end)
        return (variable, *ends)

    def _check_whole(self, name: str, node: ast.expr, end: Expr) -> None:
        """Refuse an end of a sum or product that is certainly between two whole numbers."""
        if free_symbols(end) or end.is_infinite:
            return
        value = self.evaluated(node, end)
        with self.asking_sympy(node):
            is_whole = value.is_integer
        if is_whole is False:
            text = self._text_of(node)
            hint = f"; write floor({text})" if value.is_real else ""
            raise self.fault(node, f"the index of {name} runs over whole numbers, and {text} is none{hint}")

    def bound(self, node: ast.expr) -> Expr:
        """The end of a range: a number, or an infinity."""
        minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        inside = node.operand if isinstance(node, ast.UnaryOp) else node
        if isinstance(inside, ast.Name) and inside.id == vocabulary.INFINITY and inside.id not in self.symbols:
            return S.NegativeInfinity if minus else S.Infinity
        return self.expression(node)

    def _limit(self, node: ast.Call) -> Expr:
        of, variable, place, *side = self._arguments(node, 'Limit(f, x, x0) or Limit(f, x, x0, "+")', 3, 4)
        direction = side[0].value if side and isinstance(side[0], ast.Constant) else "+"
        if direction not in ("+", "-", "+-") or (side and not isinstance(side[0], ast.Constant)):
            raise self.fault(side[0], 'the side of a limit is "+", "-" or "+-"')
        x, x0 = self.variable(variable, "what tends to a limit"), self.bound(place)
        if side and x0.is_infinite and direction != ("-" if x0 is S.Infinity else "+"):
            raise self.fault(side[0], f"{x0} has one side only; write Limit(f, x, {x0})")
        return self._make(node, written.limit, self.expression(of), x, x0, direction)


def _indices(tree: ast.expr) -> tuple[dict[str, Symbol], set[int]]:
    """The indices of sums and products, which are integers, and the nodes that stand for them where they are bound."""
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call))
    sums = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id in _INDEXED)
    symbols: dict[str, Symbol] = {}
    bound: set[int] = set()
    for call in sums:
        for place, limits in enumerate(call.args):
            index = limits.elts[0] if place and isinstance(limits, ast.Tuple) and limits.elts else None
            if isinstance(index, ast.Name) and vocabulary.may_be_symbol(index.id):
                symbols[index.id] = Symbol(index.id, integer=True)
                parts = (index, *(n for inside in call.args[:place] for n in ast.walk(inside)))  # the outermost is last
                bound |= {id(n) for n in parts if isinstance(n, ast.Name) and n.id == index.id}
    return symbols, bound


def _factors(node: ast.expr) -> Iterator[tuple[ast.expr, bool]]:
    """The factors of a product from left to right, and whether each stands behind a sign of division."""
    waiting: list[tuple[ast.expr, bool]] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        waiting.append((node.right, isinstance(node.op, ast.Div)))
        node = node.left
    yield node, False
    yield from reversed(waiting)


_RULES: Mapping[type[ast.expr], Callable[[Reader, Any], Expr]] = {
    ast.Constant: Reader._constant,
    ast.Name: Reader._name,
    ast.UnaryOp: Reader._signed,
    ast.BinOp: Reader._binary,
    ast.Call: Reader._call,
}
_FORMS: Mapping[str, Callable[[Reader, ast.Call], Expr]] = {
    "Rational": Reader._rational,
    "sqrt": Reader._simple_root,
    "cbrt": Reader._simple_root,
    "root": Reader._root,
    "real_root": Reader._real_root,
    "Piecewise": Reader._piecewise,
    "diff": Reader._derivative,
    "Sum": Reader._over_range,
    "Product": Reader._over_range,
    "Integral": Reader._over_range,
    "Limit": Reader._limit,
}
