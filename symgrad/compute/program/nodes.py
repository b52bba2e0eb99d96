"""Nodes: one operation each, on scalars, vectors and matrices of symbolic size, in the form in which they are computed.

Equal nodes are one object, so that what is used twice is computed once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from threading import RLock
from typing import Any, ClassVar, TypeAlias
from weakref import WeakValueDictionary

import sympy
from sympy import Expr, Rational, S

Shape: TypeAlias = tuple[Expr, ...]

# Functions of one number that every arithmetic has.
FUNCTIONS = (
    "exp", "expm1", "log", "log1p", "sqrt", "tanh", "sinh", "cosh", "sin", "cos", "tan", "atan", "asin", "acos",
    "asinh", "acosh", "atanh", "erf", "erfc", "normal_cdf", "normal_tail", "abs",
    "sign",
)  # fmt: skip
COMPARISONS = {"less": "<", "at_most": "<=", "greater": ">", "at_least": ">=", "equal": "==", "different": "!="}
EXACT_EXPONENTS = ("exp_of_product", "exp_of_quotient")  # exponentials without the rounding of what is inside
ENTRYWISE = {
    "add", "multiply", "divide", "power", "where", "maximum", "minimum", "both", "either", "call",
    *EXACT_EXPONENTS,
    *FUNCTIONS, *COMPARISONS,
}  # fmt: skip


class Node:
    """One operation.

    Attributes
    ----------
    op : str
        What is done: ``"add"``, ``"matmul"``, ``"exp"``, …; leaves are ``"number"``, ``"constant"``, ``"parameter"``,
        ``"timed"``, ``"size"``, ``"step"``, ``"ones"``, ``"zeros"`` and ``"identity"``.
    args : tuple of Node
    shape : tuple of Expr
        Without axes of length 1: () for a scalar, (n,) for a column or a row, (n, m) for a matrix.
    data : object
        What the operation needs besides: a number, a variable and how many steps away it is, the limits of a slice.
    """

    __slots__ = ("__weakref__", "args", "data", "op", "shape")
    _known: ClassVar[WeakValueDictionary[Any, Node]] = WeakValueDictionary()
    _making: ClassVar[RLock] = RLock()

    op: str
    args: tuple[Node, ...]
    shape: Shape
    data: Any

    def __new__(cls, op: str, args: Iterable[Node] = (), shape: Iterable[Expr] = (), data: Any = None) -> Node:
        parts, sizes = tuple(args), tuple(S(size) for size in shape)
        key = (op, tuple(map(id, parts)), sizes, data)
        with cls._making:  # two threads that miss the same node would make two
            known = cls._known.get(key)
            if known is None:
                known = super().__new__(cls)
                known.op, known.args, known.shape, known.data = op, parts, sizes, data
                cls._known[key] = known
            return known

    def __reduce__(self) -> tuple[Any, ...]:
        return Node, (self.op, self.args, self.shape, self.data)

    def __repr__(self) -> str:
        inside = [*map(repr, self.args), *([repr(self.data)] if self.data is not None else [])]
        return f"{self.op}({', '.join(inside)})"

    def walk(self, known: Container[Node] = ()) -> Iterator[Node]:
        """This node and all below it, each once, what is used before what uses it; without what is known already."""
        seen: set[Node] = set()
        waiting: list[tuple[Node, bool]] = [(self, False)]
        while waiting:
            node, is_ready = waiting.pop()
            if is_ready:
                yield node
            elif node not in seen and node not in known:
                seen.add(node)
                waiting.append((node, True))
                waiting.extend((a, False) for a in reversed(node.args))

    # Operators, so that a stable formula of an activation can be traced; what stands in brackets stays together.

    def __add__(self, other: object) -> Node:
        return entrywise("add", self, of(other))

    def __radd__(self, other: int) -> Node:
        return entrywise("add", of(other), self)

    def __sub__(self, other: Node) -> Node:
        return entrywise("add", self, negative(of(other)))

    def __rsub__(self, other: int) -> Node:
        return entrywise("add", of(other), negative(self))

    def __mul__(self, other: Node) -> Node:
        return entrywise("multiply", self, of(other))

    def __rmul__(self, other: Expr | int) -> Node:
        return entrywise("multiply", of(other), self)

    def __truediv__(self, other: object) -> Node:
        return divide(self, of(other))

    def __rtruediv__(self, other: int) -> Node:
        return divide(of(other), self)

    def __neg__(self) -> Node:
        return negative(self)

    def __abs__(self) -> Node:
        return entrywise("abs", self)

    def __pow__(self, exponent: int) -> Node:
        return power(self, S(exponent))

    def __lt__(self, other: int) -> Node:
        return entrywise("less", self, of(other))

    def __le__(self, other: object) -> Node:
        return entrywise("at_most", self, of(other))

    def __gt__(self, other: Expr | int) -> Node:
        return entrywise("greater", self, of(other))

    def __ge__(self, other: object) -> Node:
        return entrywise("at_least", self, of(other))


def of(value: object) -> Node:
    """A node as it is, a number as a leaf."""
    return value if isinstance(value, Node) else number(value)


def number(value: Expr | int) -> Node:
    """An exact number; a float stands for the decimal fraction that it is written as."""
    exact = Rational(str(value)) if isinstance(value, float) else S(value)
    if not exact.is_Rational:
        raise TypeError(f"a number of a program is rational; got {value!r}")
    return Node("number", data=exact)


def entrywise(op: str, *args: Node, data: object = None) -> Node:
    """An operation on each entry; scalars count for all entries."""
    shape = next((a.shape for a in args if a.shape), ())
    return Node(op, args, shape, data)


def add(*terms: Node) -> Node:
    """The sum, without zeros and with numbers in one."""
    return _gathered("add", terms, S.Zero, lambda a, b: a + b)


def multiply(*factors: Node) -> Node:
    """The product entry by entry, without ones and with numbers in front."""
    return _gathered("multiply", factors, S.One, lambda a, b: a * b)


def _gathered(op: str, parts: Iterable[Node], neutral: Expr, join: Any) -> Node:
    total, kept = neutral, []
    for part in parts:
        for inner in part.args if part.op == op else (part,):
            if inner.op == "number":
                total = join(total, inner.data)
            else:
                kept.append(inner)
    if total != neutral or not kept:
        kept = [number(total), *kept] if op == "multiply" else [*kept, number(total)]
    return kept[0] if len(kept) == 1 else entrywise(op, *kept)


def negative(node: Node) -> Node:
    return number(-node.data) if node.op == "number" else entrywise("multiply", number(-1), node)


def divide(numerator: Node, denominator: Node) -> Node:
    if denominator.op == "number":
        return multiply(number(1 / denominator.data), numerator)
    return entrywise("divide", numerator, denominator)


def power(base: Node, exponent: Expr) -> Node:
    """The power with a rational exponent."""
    if exponent == 1:
        return base
    if exponent == 0:
        return number(1)
    if exponent == S.Half:
        return entrywise("sqrt", base)
    if exponent.is_negative:
        return divide(number(1), power(base, -exponent))
    return entrywise("power", base, data=exponent)


def matmul(left: Node, right: Node, left_shape: Shape, right_shape: Shape) -> Node:
    """The matrix product; shapes with axes of length 1 tell columns from rows."""
    inner = left_shape[1]
    shape = dropped((left_shape[0], right_shape[1]))
    if inner == 1:  # an outer product, or a product with a number
        if left.shape and right.shape:
            return Node("outer", (left, right), shape)
        return multiply(left, right)
    if left.op == "diagonal" and len(right.shape) == 2:
        return Node("scaled_rows", (left.args[0], right), shape)
    if right.op == "diagonal" and len(left.shape) == 2:
        return Node("scaled_columns", (left, right.args[0]), shape)
    if left.op == "diagonal" and len(right.shape) == 1:
        return multiply(left.args[0], right)
    if len(left.shape) == len(right.shape) == 1:
        return Node("dot", (left, right))
    if len(left.shape) == 1:
        return Node("matvec", (transpose(right), left), shape)
    return Node("matvec" if len(right.shape) == 1 else "matmul", (left, right), shape)


def transpose(node: Node) -> Node:
    """The transpose; a vector is its own."""
    if len(node.shape) < 2:
        return node
    return node.args[0] if node.op == "transpose" else Node("transpose", (node,), node.shape[::-1])


def is_zero(node: Node) -> bool:
    """Whether a node is 0, or an array of zeros, as it is written."""
    return node.op == "zeros" or (node.op == "number" and node.data == 0)


def dropped(shape: Iterable[Expr]) -> Shape:
    """A shape without axes that are known to have length 1."""
    return tuple(S(size) for size in shape if not is_one(size))


def is_one(size: Expr) -> bool:
    """Whether a size is known to be 1: that of a single row, k + 1 less k, is."""
    found = S(size)
    return bool(found == 1 or (found.is_Add and sympy.expand(found) == 1))


def places_of(node: Node) -> Iterator[tuple[Expr, Expr | None]]:
    """Where each axis of a slice starts and ends; where it has one entry, and is none of the result, no end."""
    return ((start, None if is_one(stop - start) else stop) for start, stop in node.data)


class Tracing:
    """What a stable formula is given in place of mpmath or NumPy: each function makes a node."""

    pi = Node("constant", data=sympy.pi)

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"no arithmetic of programs has the function {name}")
        return lambda x: entrywise(name, of(x))

    @staticmethod
    def where(condition: object, yes: Any, no: Any) -> Node:
        return entrywise("where", of(condition), of(yes), of(no))

    @staticmethod
    def exp_of_product(left: object, right: object) -> Node:
        return entrywise("exp_of_product", of(left), of(right))

    @staticmethod
    def exp_of_quotient(left: Node, right: object) -> Node:
        return entrywise("exp_of_quotient", of(left), of(right))

    @staticmethod
    def minimum(left: object, right: object) -> Node:
        return entrywise("minimum", of(left), of(right))

    @staticmethod
    def maximum(left: object, right: object) -> Node:
        return entrywise("maximum", of(left), of(right))


TRACING = Tracing()
