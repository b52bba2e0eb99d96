"""From the syntax tree of a text to SymPy, by a table of the nodes that formulas are made of."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import sympy
from sympy import Basic, Expr, Integer, Pow, Rational, S, Symbol
from sympy.logic.boolalg import Boolean

from symgrad.errors import ParseError
from symgrad.statements import free_symbols
from symgrad.syntax import vocabulary
from symgrad.syntax.limits import BY_FORM, MAX_BRANCHES, SHORT, Ledger, LimitError
from symgrad.syntax.masks import Masks
from symgrad.syntax.scan import Source

OPERATORS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_INDEXED = ("Sum", "Product")
_MAX_DERIVATIVE = 100

T = TypeVar("T", bound=Basic)
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
    """Reads one text.

    Attributes
    ----------
    defined : list of Expr
        What must be defined wherever the text makes sense, whether or not it survives evaluation.
    """

    def __init__(self, source: Source, symbols: Mapping[str, Symbol] | None = None) -> None:
        self.source = source
        self.tree, self._place = source.tree()
        self.symbols = {**_indices(self.tree), **(symbols or {})}
        self.is_short = len(source.text) < SHORT
        self.ledger = Ledger()
        self.masks = Masks()
        self.defined: list[Expr] = []

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

    def whole(self, node: ast.expr) -> Expr:
        """The value of a node that is part of no other."""
        return self.masks.take_off(self.expression(node))

    def _make(self, node: ast.AST, make: Callable[..., Any], *args: Any, laborious: bool = False) -> Any:
        """Make a SymPy object and look at what came out.

        Counting the work takes time itself, so in a short text only what may be laborious is counted.
        """
        counting = self.ledger.counting() if laborious or not self.is_short else nullcontext()
        with self.asking_sympy(node):
            with counting:
                value = make(*args)
                if not self.ledger.facts(value).is_masked:
                    value = self.masks.put_on(value)
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
        return self._make(node, Rational, self._text_of(node))

    def _text_of(self, node: ast.expr) -> str:
        return self._place.text_of(node)

    def _name(self, node: ast.Name) -> Expr:
        name = node.id
        if name in self.symbols:
            return self.symbols[name]
        if name in vocabulary.CONSTANTS:
            return vocabulary.CONSTANTS[name]
        if vocabulary.may_be_symbol(name):
            return Symbol(name, real=True)
        if name == vocabulary.INFINITY:
            raise self.fault(node, "oo is no number; it stands only as a limit of Sum, Product, Integral or Limit")
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
        values = [self._negated(n, self.expression(n)) if minus else self.expression(n) for n, minus in reversed(terms)]
        return self._make(node, sympy.Add, *values)

    def _negated(self, node: ast.expr, value: Expr) -> Expr:
        return self._make(node, sympy.Mul, S.NegativeOne, value)

    def _product(self, node: ast.expr) -> Expr:
        factors = []
        for leaf, inverted, divides in _factors(node):
            value = self._sign(leaf) if isinstance(leaf, ast.UnaryOp) else self.expression(leaf)
            inverse = self._power(leaf, value, S.NegativeOne) if divides else S.One
            if divides:
                self._must_be_defined(inverse)
            factors.append(inverse if inverted else value)
        with self.asking_sympy(node):
            self.ledger.check_product(factors)
        return self._make(node, sympy.Mul, *factors)

    @staticmethod
    def _sign(node: ast.UnaryOp) -> Expr:
        return S.NegativeOne if isinstance(node.op, ast.USub) else S.One

    def _binary(self, node: ast.BinOp) -> Expr:
        if isinstance(node.op, ast.Add | ast.Sub):
            return self._sum(node)
        if isinstance(node.op, ast.Mult | ast.Div):
            return self._product(node)
        base, exponent = self.expression(node.left), self.expression(node.right)
        if base is S.Exp1:
            return self._apply(node, "exp", sympy.exp, [exponent])
        value = self._power(node, base, exponent)
        if not (isinstance(exponent, Rational) and exponent >= 0):
            self._must_be_defined(value)
        return value

    def _power(self, node: ast.AST, base: Expr, exponent: Expr) -> Expr:
        with self.asking_sympy(node):
            self.ledger.check_power(base, exponent)
        return self._make(node, Pow, base, exponent, laborious=not isinstance(exponent, Integer))

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
            self.ledger.check_call(name, args)
            laborious = name not in BY_FORM or not self.ledger.are_rational(*args)
        value = self._make(node, make, *args, laborious=laborious)
        self._must_be_defined(value)
        return value

    def _arguments(self, node: ast.Call, wanted: str, *numbers: int) -> list[ast.expr]:
        if len(node.args) not in numbers:
            raise self.fault(node, f"write {wanted}")
        return node.args

    def _integer(self, node: ast.expr, what: str) -> int:
        value = self.expression(node)
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
        base, exponent = self.expression(of), self._power(order, self.expression(order), S.NegativeOne)
        root = self._power(node, base, exponent)
        self._must_be_defined(exponent)
        self._must_be_defined(root)
        return root

    def _real_root(self, node: ast.Call) -> Expr:
        of, order = self._arguments(node, "real_root(x, n)", 2)
        n = self._integer(order, "the order of a root")
        base, exponent = self.expression(of), self._make(order, lambda: Rational(1, n))
        if n % 2:
            size = self._power(node, self._apply(node, "Abs", sympy.Abs, [base]), exponent)
            root = self._make(node, sympy.Mul, self._apply(node, "sign", sympy.sign, [base]), size)
        else:
            root = self._power(node, base, exponent)
        self._must_be_defined(root)
        return root

    # Cases

    def _piecewise(self, node: ast.Call) -> Expr:
        if not 1 <= len(node.args) <= MAX_BRANCHES:
            raise self.fault(node, f"Piecewise has 1 to {MAX_BRANCHES} branches, each (value, condition)")
        cases: list[_Case] = []
        for branch in node.args:
            cases.append(self._case(branch, cases))
        if all(condition is S.false for _, condition in cases):
            raise self.fault(node, "this is undefined: no branch is ever chosen")
        # Evaluation would rearrange the conditions, in a time exponential in their number.
        whole = self._make(node, lambda: sympy.Piecewise(*cases, evaluate=False))
        self._must_be_defined(whole)
        return whole

    def _case(self, node: ast.expr, earlier: list[_Case]) -> _Case:
        if not isinstance(node, ast.Tuple) or len(node.elts) != 2:
            raise self.fault(node, "a branch of Piecewise is written (value, condition)")
        value, condition = node.elts
        holds = self._within(self.condition, condition, lambda e: _in_case(earlier, e, S.true))
        if holds.has(sympy.Piecewise):
            raise self.fault(condition, "cases within a condition are not read; write more branches instead")
        return self._within(self.expression, value, lambda e: _in_case(earlier, e, holds)), holds

    def _within(self, read: Callable[[ast.expr], T], node: ast.expr, seen: Callable[[Expr], Expr]) -> T:
        """Read a node in a place where not every value of the variables gets to.

        What vanishes there must be defined only as it is `seen` from outside, and not at all if a number is seen.
        """
        outside, self.defined = self.defined, []
        value = read(node)
        vanished = self.vanished((value,))
        self.defined = outside
        for masked in vanished.values():
            self._must_be_defined(self._make(node, seen, masked, laborious=True))
        return value

    def condition(self, node: ast.expr) -> Boolean:
        """The value of a node that is true or false."""
        if isinstance(node, ast.Constant) and node.value is True:
            return S.true
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
            return self._make(node, sympy.Not, self.condition(inside))
        parts = [self.condition(a) for a in self._arguments(node, f"{name}(a, b)", *range(1, MAX_BRANCHES + 1))]
        return self._both(node, parts) if name == "And" else self._make(node, sympy.Or, *parts)

    def _both(self, node: ast.AST, parts: list[Boolean]) -> Boolean:
        return self._make(node, sympy.And, *parts)

    def links(self, node: ast.Compare) -> Iterator[tuple[Expr, str, Expr]]:
        """The links of a chain such as ``0 < x <= 1``."""
        sides = [self.expression(side) for side in (node.left, *node.comparators)]
        for left, op, right in zip(sides, node.ops, sides[1:]):
            yield left, OPERATORS[type(op)], right

    def _comparison(self, node: ast.AST, left: Expr, op: str, right: Expr) -> Boolean:
        self.check_order(node, left, op, right)
        # Other comparisons stay as they are written: deciding them may take any time.
        plain = isinstance(left, Rational) and isinstance(right, Rational)
        return self._make(node, lambda: vocabulary.RELATIONS[op](left, right, evaluate=plain))

    def truth(self, node: ast.AST, left: Expr, op: str, right: Expr) -> Boolean:
        """The comparison as SymPy evaluates it."""
        return self._make(node, vocabulary.RELATIONS[op], left, right, laborious=True)

    def check_order(self, node: ast.AST, left: Expr, op: str, right: Expr) -> None:
        """Refuse to order numbers that are not real."""
        with self.asking_sympy(node):
            if op not in ("==", "!=") and any(side.is_extended_real is False for side in (left, right)):
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
            raise self.fault(node, "write diff(f, x), diff(f, x, n) or diff(f, x, y)")
        variables: list[tuple[Symbol, int]] = []
        for argument in node.args[1:]:
            if isinstance(argument, ast.Name):
                variables.append((self.variable(argument, "what is differentiated by"), 1))
            elif variables:
                variables[-1] = (variables[-1][0], self._order(argument))
            else:
                raise self.fault(argument, "what is differentiated by is a variable")
        of = self.expression(node.args[0])
        whole = self._make(node, sympy.Derivative, of, *variables)
        self._must_be_defined(whole)
        return whole

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
        bound = {variable for variable, *ends in limits if ends}

        def seen(e: Expr) -> Expr:
            if free_symbols(e).isdisjoint(bound):
                return e
            # An integrand may be undefined at single places; a term of a sum or product may not.
            # Nor need the sum of a part of the terms have a value where there are infinitely many.
            is_infinite = any(end.is_infinite for _, *ends in limits for end in ends)
            return S.One if name == "Integral" or is_infinite else sympy.Sum(e, *limits)

        of = self._within(self.expression, node.args[0], seen)
        whole = self._make(node, getattr(sympy, name), of, *limits, laborious=True)
        self._must_be_defined(whole)
        return whole

    def _range(self, name: str, node: ast.expr) -> tuple[Expr, ...]:
        if name == "Integral" and isinstance(node, ast.Name):
            return (self.variable(node, "what is integrated over"),)
        if not isinstance(node, ast.Tuple) or len(node.elts) != 3:
            raise self.fault(node, f"the range of {name} is written (variable, from, to)")
        variable = self.variable(node.elts[0], f"the first word in a range of {name}")
        return (variable, *(self.bound(n) for n in node.elts[1:]))

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
        value = self._within(self.expression, of, lambda e: e if x not in free_symbols(e) else S.One)
        whole = self._make(node, sympy.Limit, value, x, x0, direction)
        self._must_be_defined(whole)
        return whole

    # What has to be defined

    def _must_be_defined(self, value: Expr) -> None:
        self.defined += _parts(value)

    def vanished(self, kept: tuple[Basic, ...]) -> dict[Expr, Expr]:
        """What stood in the text, may be undefined somewhere, and occurs no more in these; and the same masked."""
        there = {part for e in kept for part in sympy.preorder_traversal(self.masks.take_off(e))}
        bare = {self.masks.take_off(e): e for e in self.defined}
        return {e: masked for e, masked in bare.items() if e not in there and free_symbols(e)}


def _indices(tree: ast.expr) -> dict[str, Symbol]:
    """The indices of sums and products are integers throughout the text."""
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call))
    sums = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id in _INDEXED)
    ranges = (a for call in sums for a in call.args[1:] if isinstance(a, ast.Tuple))
    variables = (r.elts[0] for r in ranges if r.elts)
    names = {v.id for v in variables if isinstance(v, ast.Name)}
    return {name: Symbol(name, integer=True) for name in names if vocabulary.may_be_symbol(name)}


def _factors(node: ast.expr) -> Iterator[tuple[ast.expr, bool, bool]]:
    """The factors of a product from left to right, whether each is inverted, and whether it divides anything.

    All of a product is multiplied at once, since SymPy distributes a number over a sum when it meets just these two.
    """
    waiting = [(node, False, False)]
    while waiting:
        node, inverted, divides = waiting.pop()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            below = isinstance(node.op, ast.Div)
            waiting += [(node.right, inverted != below, divides or below), (node.left, inverted, divides)]
        elif isinstance(node, ast.UnaryOp):
            yield node, False, False
            waiting.append((node.operand, inverted, divides))
        else:
            yield node, inverted, divides


def _parts(value: Expr) -> Iterator[Expr]:
    """The terms and factors of a value that may be undefined somewhere."""
    if isinstance(value, sympy.Add | sympy.Mul):
        for part in value.args:
            yield from _parts(part)
    elif isinstance(value, Pow) and isinstance(value.exp, Integer) and value.exp > 0:
        yield from _parts(value.base)
    elif free_symbols(value) and not value.is_Symbol:
        yield value


def _in_case(earlier: list[_Case], value: Expr, condition: Boolean) -> Expr:
    """The value under the condition, and 0 where that fails or an earlier case is chosen."""
    others = [(S.Zero, c) for _, c in earlier]
    return sympy.Piecewise(*others, (value, condition), (S.Zero, True), evaluate=False)


_RULES: Mapping[type[ast.expr], Callable[[Reader, Any], Expr]] = {
    ast.Constant: Reader._constant,
    ast.Name: Reader._name,
    ast.UnaryOp: Reader._product,
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
