"""A formula as its author wrote it: a tree that nothing evaluates, in the author's order.

Its nodes are SymPy's, so that everything which reads SymPy's trees reads them, but of classes whose constructors put
a node together and do nothing else. A difference is a sum with a term ``-1 * y``, a quotient a product with a factor
``b ** -1``; the -1 of an author is a product itself, so that nothing else looks like these two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar

import sympy
from sympy import Basic, Expr, Function, Integer, Rational, S, Symbol, Tuple
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import ArgumentIndexError
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanFunction
from sympy.printing.printer import Printer


def _node(cls: type[Basic], *parts: Basic) -> Any:
    """A node of a class from its parts, without its constructor."""
    made = Basic.__new__(cls, *parts)
    if issubclass(cls, sympy.Add | sympy.Mul | sympy.Pow | ExprWithLimits):
        made.is_commutative = True
    return made


class WrittenSum(sympy.Add):  # type: ignore[misc]
    """Terms in the order in which they were written."""

    __slots__ = ()

    def __new__(cls, *parts: Expr, **_: Any) -> Any:
        return _node(cls, *parts)

    def _sympyrepr(self, printer: Printer) -> str:
        return f"WrittenSum({', '.join(map(printer._print, self.args))})"

    def _sympystr(self, printer: Printer) -> str:
        return _signed((is_negated(term), _text_of_term(printer, term)) for term in self.args)

    def _latex(self, printer: Printer) -> str:
        return _signed((is_negated(term), _latex_of_term(printer, term)) for term in self.args)


class WrittenProduct(sympy.Mul):  # type: ignore[misc]
    """Factors in the order in which they were written."""

    __slots__ = ()

    def __new__(cls, *parts: Expr, **_: Any) -> Any:
        return _node(cls, *parts)

    def _sympyrepr(self, printer: Printer) -> str:
        return f"WrittenProduct({', '.join(map(printer._print, self.args))})"

    def _sympystr(self, printer: Printer) -> str:
        if is_negated(self):
            return "-" + _text_of_term(printer, self)
        first, *others = self.args
        text = "1/" + _text_of_factor(printer, first.args[0]) if is_divisor(first) else _text_of_factor(printer, first)
        for factor in others:
            sign, value = ("/", factor.args[0]) if is_divisor(factor) else ("*", factor)
            text += sign + _text_of_factor(printer, value, behind=sign)
        return text

    def _latex(self, printer: Printer) -> str:
        if is_negated(self):
            return "-" + _latex_of_term(printer, self)
        return _juxtaposed(_latex_pieces(printer, self.args))


class WrittenPower(sympy.Pow):  # type: ignore[misc]
    """A power, whatever it may be equal to."""

    __slots__ = ()

    def __new__(cls, base: Expr, exponent: Expr, **_: Any) -> Any:
        return _node(cls, base, exponent)

    def _sympystr(self, printer: Printer) -> str:
        base, exponent = self.args
        if exponent is MINUS_ONE:
            return "1/" + _text_of_factor(printer, base, behind="/")
        if _is_root(exponent):
            name = {2: "sqrt", 3: "cbrt"}.get(exponent.q)
            inside = printer._print(base)
            return f"{name}({inside})" if name else f"root({inside}, {exponent.q})"
        below, above = (_text(printer, part) for part in (base, exponent))
        return f"{below if _is_atom(base) else f'({below})'}**{above if _is_atom(exponent) else f'({above})'}"

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        base, exponent = self.args
        if exponent is MINUS_ONE:
            return raised(rf"\frac{{1}}{{{printer._print(base)}}}", exp)
        if _is_root(exponent):
            degree = "" if exponent.q == 2 else f"[{exponent.q}]"
            return raised(rf"\sqrt{degree}{{{printer._print(base)}}}", exp)
        above = printer._print(exponent)
        if isinstance(base, WrittenCall):
            return raised(printer._print(base, exp=above), exp)
        below = printer._print(base)
        is_plain = _is_atom(base) and not isinstance(base, WIDE) and not _is_power_of_ten(base)
        return raised(f"{below if is_plain else _bracketed(below)}^{{{above}}}", exp)


class WrittenCall(Function):  # type: ignore[misc]
    """A call of a function by its name."""

    def __new__(cls, *parts: Expr, **_: Any) -> Expr:
        return _node(cls, *parts)

    def _pretty(self, printer: Any) -> Any:
        return printer._print(Symbol(str(self)))

    def _sympyrepr(self, printer: Printer) -> str:
        # SymPy would print a class as it does its own of that name.
        return f"{type(self).__name__}({', '.join(map(printer._print, self.args))})"

    def _sympystr(self, printer: object) -> str:
        return f"{type(self).__name__}({', '.join(_text(printer, part) for part in self.args)})"


# Functions whose arguments SymPy sets in an order of its own, or forgets.
_HEADS: Mapping[Any, str] = {sympy.Max: r"\max", sympy.Min: r"\min", sympy.dirichlet_eta: r"\eta"}


class Opaque(WrittenCall):
    """The value of a function of which SymPy knows nothing but its derivative.

    Attributes
    ----------
    origin : type
        The function as SymPy or symgrad defines it.
    """

    origin: ClassVar[Any]

    def __reduce_ex__(self, protocol: object) -> Any:
        return call, (self.origin, *self.args)

    def _sympystr(self, printer: object) -> str:
        if self.origin is not sympy.hyper:
            return super()._sympystr(printer)
        upper, lower, z = self.args  # in text the lengths of its lists are in its name
        inside = ", ".join(_text(printer, part) for part in (*upper, *lower, z))
        return f"hyp{len(upper)}f{len(lower)}({inside})"

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        parts = self.args
        if self.origin is sympy.Heaviside and len(parts) == 1:
            parts = (*parts, S.Half)  # which SymPy has always, and does not print
        if self.origin in _HEADS:
            power = "" if exp is None else f"^{{{exp}}}"
            return rf"{_HEADS[self.origin]}{power}\left({', '.join(map(printer._print, parts))}\right)"
        named = _node(self.origin, *parts)
        return str(printer._print(named) if exp is None else printer._print(named, exp=exp))

    def fdiff(self, argindex: int = 1) -> Expr:
        known = self.origin(*self.args, evaluate=False)
        if not hasattr(known, "fdiff"):
            raise ArgumentIndexError(self, argindex)
        return known.fdiff(argindex)


class Abbreviation(WrittenCall):
    """A call of a function that stands for an expression.

    Attributes
    ----------
    definition : callable
        Makes the tree of the expression from the arguments.
    named : callable
        Makes the call from the arguments; found again by name in another process.
    """

    definition: ClassVar[Callable[..., Expr]]
    named: ClassVar[Callable[..., Expr]]

    def __reduce_ex__(self, protocol: object) -> Any:
        return type(self).named, self.args

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        name, inside = type(self).__name__, [printer._print(part) for part in self.args]
        head = r"\operatorname{" + name.replace("_", r"\_") + "}"
        if name == "log":  # to a base
            head = rf"\log_{{{inside.pop()}}}"
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{head}{power}\left({', '.join(inside)}\right)"


def meaning(tree: Basic) -> Basic:
    """The tree with what abbreviations stand for in their places, and nothing evaluated."""
    if not tree.has(Abbreviation):
        return tree
    parts = tuple(map(meaning, tree.args))
    if not isinstance(tree, Abbreviation):
        return rebuilt(tree, parts)
    return type(tree).definition(*parts)


@cache
def opaque(function: Any) -> Any:
    """The class of the opaque values of a function."""
    if issubclass(function, Opaque):
        return function
    metaclass: Any = type(Opaque)
    return metaclass(function.__name__, (Opaque,), {"origin": function, "__module__": __name__})


def named(value: Expr) -> Expr:
    """The opaque value of a function as SymPy has it, with nothing evaluated; anything else as it is."""
    return unevaluated(value.origin, *value.args) if isinstance(value, Opaque) else value


def unevaluated(function: Any, *arguments: Expr) -> Expr:
    """The value of a function as SymPy has it where it is told to evaluate nothing."""
    try:
        return function(*arguments, evaluate=False)
    except TypeError:  # of which some functions know nothing
        return _node(function, *arguments)


def origin(kind: type[Basic]) -> type[Basic]:
    """The class by whose name tables know a node: that of the function, for the opaque value of one.

    Examples
    --------
    >>> from sympy.abc import x
    >>> origin(opaque(sympy.acot)(x).func) is origin(sympy.acot(x).func) is sympy.acot
    True
    """
    found = _WRITTEN.get(kind)
    return found if found is not None else getattr(kind, "origin", kind)


class WrittenDecimal(sympy.Rational):  # type: ignore[misc]
    """A number as it was written with a point or a power of ten.

    Attributes
    ----------
    text : str
        How it was written; numbers of the same value are equal, however they are written.
    """

    __slots__ = ("text",)

    def __new__(cls, text: str) -> Any:
        value = Rational(text)
        made = Expr.__new__(cls)
        made.p, made.q, made.text = value.p, value.q, text
        return made

    def __reduce_ex__(self, protocol: object) -> Any:
        return WrittenDecimal, (self.text,)

    def _sympystr(self, printer: Printer) -> str:
        return str(self.text)

    def _latex(self, printer: Printer) -> str:
        digits, sign, exponent = str(self.text).lower().partition("e")
        digits = "0" + digits if digits.startswith(".") else digits
        if not sign:
            return digits
        power = f"10^{{{int(exponent)}}}"
        return power if digits.strip("0.") == "1" and Rational(digits) == 1 else rf"{digits} \cdot {power}"


_WRITTEN: Mapping[type[Basic], type[Basic]] = {
    WrittenSum: sympy.Add,
    WrittenProduct: sympy.Mul,
    WrittenPower: sympy.Pow,
    WrittenDecimal: sympy.Rational,
}
MINUS_ONE = S.NegativeOne
WIDE = (ExprWithLimits, sympy.Derivative, sympy.Limit)  # printed without brackets of their own


def _is_root(exponent: Basic) -> bool:
    """Whether a power is written as a root."""
    return type(exponent) is not WrittenDecimal and isinstance(exponent, Rational) and exponent.p == 1 < exponent.q


def _is_atom(value: Basic) -> bool:
    """Whether a value stands in powers and products without brackets."""
    if isinstance(value, Rational):
        return bool(value >= 0 and value.q == 1) or isinstance(value, WrittenDecimal)
    is_call = getattr(value, "is_call", False)  # of a matrix, of which this knows nothing
    return not value.args or is_call or isinstance(value, Function | ExprWithLimits | sympy.Derivative | sympy.Limit)


def _is_power_of_ten(value: Basic) -> bool:
    """Whether a number is set with a power of ten, to which no other power belongs."""
    return isinstance(value, WrittenDecimal) and "e" in value.text.lower()


def _signed(terms: Iterable[tuple[bool, str]]) -> str:
    """Terms with their signs between them."""
    (minus, first), *others = terms
    return ("-" if minus else "") + first + "".join(f" {'-' if minus else '+'} {text}" for minus, text in others)


def _text_of_term(printer: Printer, term: Expr) -> str:
    """A term without its minus."""
    inside = without_minus(term) if is_negated(term) else term
    text = _text(printer, inside)
    return f"({text})" if isinstance(inside, sympy.Add) or is_negated(inside) or text.startswith("-") else text


def _text(printer: Any, part: Expr) -> str:
    """A part of a tree; a fraction that is one number, as no text of two numbers is."""
    if isinstance(part, Rational) and part.q > 1 and not isinstance(part, WrittenDecimal):
        return f"Rational({part.p}, {part.q})"
    return str(printer._print(part))


def _text_of_factor(printer: Printer, factor: Expr, *, behind: str = "") -> str:
    text = _text(printer, factor)
    loose = isinstance(factor, sympy.Add) or text.startswith("-") or is_divisor(factor)
    return f"({text})" if loose or (behind and isinstance(factor, sympy.Mul)) else text


def _bracketed(latex: str) -> str:
    return rf"\left({latex}\right)"


def raised(latex: str, exp: str | None) -> str:
    """A formula to a power, if there is one."""
    return latex if exp is None else f"{_bracketed(latex)}^{{{exp}}}"


def _latex_of_term(printer: Printer, term: Expr) -> str:
    """A term without its minus."""
    inside = without_minus(term) if is_negated(term) else term
    latex = str(printer._print(inside))
    return _bracketed(latex) if isinstance(inside, sympy.Add) or is_negated(inside) or latex.startswith("-") else latex


def _latex_pieces(printer: Printer, factors: tuple[Expr, ...]) -> list[str]:
    """Factors, and quotients of what stands before the signs of division by what stands behind them."""
    pieces: list[str] = []
    above: list[Expr] = []
    below: list[Expr] = []

    def take() -> None:
        shown = [_latex_of_factor(printer, f, is_last=f is above[-1]) for f in above]
        if not below:
            pieces.extend(shown)
            return
        top = printer._print(above[0]) if len(above) == 1 else _juxtaposed(shown) or "1"
        values = [f.args[0] for f in below]
        alone = len(values) == 1
        bottom = printer._print(values[0]) if alone else _juxtaposed([_latex_of_factor(printer, v) for v in values])
        pieces.append(rf"\frac{{{top}}}{{{bottom}}}")

    for factor in factors:
        if is_divisor(factor):
            below.append(factor)
            continue
        if below:
            take()
            above, below = [], []
        above.append(factor)
    take()
    return pieces


def _latex_of_factor(printer: Printer, factor: Expr, *, is_last: bool = False) -> str:
    latex = str(printer._print(factor))
    wide = isinstance(factor, WIDE) and not is_last
    loose = isinstance(factor, sympy.Add | sympy.Piecewise) or latex.startswith("-") or wide
    return _bracketed(latex) if loose else latex


def _juxtaposed(pieces: list[str]) -> str:
    """Factors side by side, with a dot before a number."""
    text = ""
    for piece in pieces:
        number = text and piece[0].isdigit()
        text += (r" \cdot " if number else " " if text else "") + piece
    return text


def total(*terms: Expr) -> Expr:
    """Terms as a sum."""
    return terms[0] if len(terms) == 1 else WrittenSum(*terms)


def multiplied(*factors: Expr) -> Expr:
    """Factors as a product."""
    return factors[0] if len(factors) == 1 else WrittenProduct(*factors)


def negated(value: Expr) -> Expr:
    """-value; of a product, the product with one sign more."""
    factors = value.args if isinstance(value, WrittenProduct) and value.args[0] is not MINUS_ONE else (value,)
    return WrittenProduct(MINUS_ONE, *factors)


def inverted(value: Expr) -> Expr:
    """What stands for the divisor in a product."""
    return WrittenPower(value, MINUS_ONE)


def is_negated(value: Basic) -> bool:
    """Whether this was written with a minus in front."""
    return isinstance(value, WrittenProduct) and value.args[0] is MINUS_ONE


def without_minus(value: WrittenProduct) -> Expr:
    """What stands behind the minus."""
    return multiplied(*value.args[1:])


def is_divisor(value: Basic) -> bool:
    """Whether this factor was written behind a sign of division."""
    return isinstance(value, WrittenPower) and value.args[1] is MINUS_ONE


def call(function: object, *arguments: Expr) -> Expr:
    """The value of a function as it is written."""
    return opaque(function)(*arguments)


def ranged(kind: type[ExprWithLimits], of: Expr, *limits: tuple[Expr, ...]) -> Expr:
    """A sum, product or integral over ranges."""
    return _node(kind, of, *(Tuple(*limit) for limit in limits))


def derivative(of: Expr, *variables: tuple[Symbol, int]) -> Expr:
    """A derivative, also of what does not depend on its variable."""
    return _node(sympy.Derivative, of, *(Tuple(v, Integer(n)) for v, n in variables))


def limit(of: Expr, x: Symbol, place: Expr, direction: str) -> Expr:
    """A limit from one side or both; an infinity has one side only."""
    direction = {S.Infinity: "-", S.NegativeInfinity: "+"}.get(place, direction)
    return _node(sympy.Limit, of, x, place, Symbol(direction))


def comparison(kind: type[Relational], left: Expr, right: Expr) -> Boolean:
    """A condition that compares two values."""
    return _node(kind, left, right)


def combined(kind: type[BooleanFunction], *parts: Boolean) -> Boolean:
    """And, Or, Not of conditions."""
    made = _node(kind, *parts)
    if issubclass(kind, sympy.And | sympy.Or):
        made._argset = frozenset(parts)
    return made


def cases(*branches: tuple[Expr, Boolean]) -> Expr:
    """A Piecewise, its branches as they are."""
    pairs = (_node(sympy.functions.elementary.piecewise.ExprCondPair, *branch) for branch in branches)
    return _node(sympy.Piecewise, *pairs)


def bound_over(kind: type[Basic], of: Expr, *ranges: Basic) -> Expr:
    """A sum, an integral or a limit of an expression, with the ranges or the place of another."""
    return _node(kind, of, *ranges)


def rebuilt(node: Basic, parts: tuple[Basic, ...]) -> Basic:
    """A node of the same kind from other parts, with nothing evaluated."""
    if parts == node.args and all(a is b for a, b in zip(parts, node.args)):
        return node
    if isinstance(node, sympy.Subs):  # whose constructor keeps what it stands for
        return sympy.Subs(*parts)
    made = _node(type(node), *parts)
    if isinstance(node, sympy.And | sympy.Or):
        made._argset = frozenset(parts)
    return made


def substituted(node: Basic, table: Mapping[Basic, Basic]) -> Basic:
    """The tree with some nodes in place of others, with nothing evaluated; bound variables stay what they are.

    Examples
    --------
    >>> from sympy.abc import x
    >>> substituted(WrittenSum(x, negated(x)), {x: S.One}).args
    (1, -1)
    """
    if node in table:
        return table[node]
    if not node.args:
        return node
    bound = bound_variables(node)
    if not bound:
        return rebuilt(node, tuple(substituted(part, table) for part in node.args))
    inner = {key: value for key, value in table.items() if key not in bound}
    if isinstance(node, sympy.Subs):
        return rebuilt(node, (substituted(node.args[0], inner), node.args[1], substituted(node.args[2], table)))
    return rebuilt(node, (substituted(node.args[0], inner), *(_ends(part, table, inner) for part in node.args[1:])))


def renamed(node: Basic, names: Mapping[Basic, Basic]) -> Basic:
    """The tree with some symbols in place of others, bound ones too, with nothing evaluated."""
    if not node.args:
        return names.get(node, node)
    parts = tuple(renamed(part, names) for part in node.args)
    return Tuple(*parts) if type(node) is Tuple else rebuilt(node, parts)


def _ends(part: Basic, table: Mapping[Basic, Basic], inner: Mapping[Basic, Basic]) -> Basic:
    """The range of a bound variable, whose ends see what stands around it."""
    if isinstance(part, Tuple):
        return Tuple(part.args[0], *(substituted(end, table) for end in part.args[1:]))
    return substituted(part, inner)


def bound_variables(node: Basic) -> tuple[Symbol, ...]:
    """The variables that this node binds."""
    if isinstance(node, ExprWithLimits):
        return tuple(limits[0] for limits in node.limits if len(limits) > 1)
    if isinstance(node, sympy.Subs):
        return tuple(node.variables)
    return (node.args[1],) if isinstance(node, sympy.Limit) else ()


def copied(node: Basic) -> Basic:
    """A tree of SymPy as one that nothing evaluates, its parts in the order in which SymPy keeps them."""
    if not node.args:
        return node
    parts = tuple(copied(part) for part in node.args)
    if isinstance(node, WrittenCall):
        return rebuilt(node, parts)
    for kind, made in ((sympy.Add, WrittenSum), (sympy.Mul, WrittenProduct), (sympy.Pow, WrittenPower)):
        if isinstance(node, kind):
            return made(*parts)
    if (
        isinstance(node, sympy.core.function.Application)
        and isinstance(node, Expr)
        and not isinstance(node, sympy.Piecewise)
    ):
        return node if isinstance(node, sympy.core.function.AppliedUndef) else call(origin(node.func), *parts)
    return rebuilt(node, parts)


def is_written(expression: Basic) -> bool:
    """Whether a tree holds nodes that nothing evaluates."""
    kinds = WrittenDecimal | WrittenSum | WrittenProduct | WrittenPower | WrittenCall
    return any(isinstance(node, kinds) for node in sympy.preorder_traversal(expression))
