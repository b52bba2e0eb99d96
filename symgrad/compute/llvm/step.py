"""Bodies of loops in machine code: the values of nodes at one step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Any

from llvmlite import ir

from symgrad.base.errors import CellError
from symgrad.compute.arrays.emit import Pads
from symgrad.compute.llvm.layouts import INDEX, WIDTH, Part, Value
from symgrad.compute.llvm.memory import Memory
from symgrad.compute.llvm.vector_math import DOUBLE, LONG, constant
from symgrad.compute.program.fusion import Loop
from symgrad.compute.program.lowering import definition
from symgrad.compute.program.nodes import COMPARISONS, EXACT_EXPONENTS, FUNCTIONS, Node, entrywise, is_one, places_of

MOST_ENTRIES = 1 << 12  # of a matrix; all of them are written out


class Body:
    """Values of nodes at one step.

    Parameters
    ----------
    memory : Memory
    loop : Loop or None
        The loop that the step belongs to.
    step : value of LLVM
        Counted from 0, the first of this piece.
    here : dict
        What was computed at this step.
    """

    def __init__(self, memory: Memory, loop: Loop | None, step: ir.Value, here: dict[Any, Value]) -> None:
        self.memory, self.loop, self.step, self.here = memory, loop, step, here
        self.layout, self.numbers = memory.layout, memory.numbers
        self.known: dict[Node, Value] = {}

    @property
    def builder(self) -> ir.IRBuilder:
        return self.memory.builder

    def value(self, node: Node) -> Value:
        """The value of a node."""
        if node not in self.known:
            self.known[node] = self._made(node)
        return self.known[node]

    def _made(self, node: Node) -> Value:
        if math.prod(self.layout.shape(node.shape)) > MOST_ENTRIES:
            raise CellError(
                f"backend='compiled' writes out all entries of vectors and matrices, and {node.shape} are too many; "
                "use backend='numpy', whose matrix products are as fast"
            )
        if node.op in _MAKERS:
            return _MAKERS[node.op](self, node)
        if node.op in FUNCTIONS or node.op in ("maximum", "minimum", "where", *EXACT_EXPONENTS):
            return self._entrywise(node, self.numbers.function(node.op))
        if node.op in COMPARISONS:
            return self._entrywise(node, lambda a, b: self.numbers.compare(COMPARISONS[node.op], a, b))
        raise CellError(f"backend='compiled' has no {node.op}; use backend='numpy'")

    # --- parts ----------------------------------------------------------------------------------------------

    def _entrywise(self, node: Node, operation: Callable[..., Part]) -> Value:
        shape = self.layout.shape(node.shape)
        arguments = [self.value(a) for a in node.args]
        return self._each(shape, lambda i, k: operation(*(self._part(a, shape, i, k) for a in arguments)))

    def _each(self, shape: tuple[int, ...], make: Callable[[int, int], Part]) -> Value:
        return Value(
            shape, [[make(i, k) for k in range(len(parts))] for i, parts in enumerate(self.layout.rows(shape))]
        )

    def _part(self, value: Value, shape: tuple[int, ...], i: int, k: int) -> Part:
        """A part of a value, spread out if it has fewer axes than the shape."""
        if value.shape == shape:
            return value.rows[i][k]
        width = self.layout.rows(shape)[i][k][1]
        return self.spread(self.entry(value, i) if value.shape else value.rows[0][0], width)

    def spread(self, number: Part, width: int) -> Part:
        """A number in all entries of a part."""
        return number if self.layout.lanes else self.memory.spread(number, width)

    def entry(self, value: Value, *place: int) -> Part:
        """One entry."""
        if not value.shape:
            return value.rows[0][0]
        row = value.rows[place[0] if len(place) == 2 else 0]
        if self.layout.lanes:
            return row[place[-1]]
        part = row[place[-1] // WIDTH]
        if not isinstance(part.type, ir.VectorType):
            return part
        return self.builder.extract_element(part, ir.Constant(INDEX, place[-1] % WIDTH))

    def assembled(self, shape: tuple[int, ...], entry: Callable[..., Part]) -> Value:
        """A value of single entries."""
        if not shape:
            return Value((), [[entry()]])
        columns = shape[-1]

        def part(i: int, k: int) -> Part:
            start, width = self.layout.rows(shape)[i][k]
            places = [divmod(start + j, columns) if len(shape) == 2 else (start + j,) for j in range(width)]
            if width == 1:
                return entry(*places[0])
            made: ir.Value = ir.Constant(self.layout.kind(width), ir.Undefined)
            for j, place in enumerate(places):
                made = self.builder.insert_element(made, entry(*place), ir.Constant(INDEX, j))
            return made

        return self._each(shape, part)

    def filled(self, value: Value, shape: tuple[int, ...]) -> Value:
        """A value in the shape of what it is assigned to."""
        return value if value.shape == shape else self._each(shape, lambda i, k: self._part(value, shape, i, k))

    def fixed(self, shape: tuple[int, ...], number: float) -> Value:
        """The same number in all entries."""
        rows = self.layout.rows(shape)
        return Value(shape, [[constant(self.layout.kind(width), number) for _, width in row] for row in rows])

    # --- leaves ---------------------------------------------------------------------------------------------

    def timed(self, node: Node) -> Value:
        variable, shift = node.data
        memory = self.memory
        if self.loop is not None and variable in self.loop.targets:
            return self.here[variable] if not shift else memory.read(memory.carried[variable][abs(shift)])
        if variable not in memory.kept and variable in memory.carried:  # a single step after the loop
            return memory.read(memory.carried[variable][0])
        offset = memory.pads.get(variable, Pads()).before + shift
        return memory.load(variable, self.builder.add(self.step, ir.Constant(LONG, offset)))

    def as_number(self, whole: ir.Value) -> Value:
        """An integer as a number."""
        return Value((), [[self.spread_points(self.builder.sitofp(whole, DOUBLE))]])

    def spread_points(self, number: ir.Value) -> Part:
        return self.memory.spread(number, self.layout.lanes) if self.layout.lanes else number

    def places(self) -> ir.Value:
        b = self.builder
        return b.add(b.add(self.memory.start, self.step), ir.Constant(LONG, 1))

    # --- sums and products ----------------------------------------------------------------------------------

    def total(self, node: Node) -> Value:
        """A sum: first what is there already, and into it the products, those that wait for an earlier step last."""
        shape = self.layout.shape(node.shape)
        found: Value | None = None
        for term in sorted(node.args, key=lambda a: (_is_product(a), self._waits(a))):
            found = self.filled(self.value(term), shape) if found is None else self.added(found, term)
        assert found is not None
        return found

    def _waits(self, node: Node) -> bool:
        loop = self.loop
        return loop is not None and any(n.op == "timed" and n.data[0] in loop.targets for n in node.walk())

    def added(self, sum_: Value, term: Node) -> Value:
        """A sum with one more term; products of weights are rounded once, together with the sum."""
        numbers, shape = self.numbers, sum_.shape
        if term.op == "outer":
            left, right = map(self.value, term.args)
            return self._each(
                shape,
                lambda i, k: numbers.fused(
                    self.spread(self.entry(left, i), self.layout.rows(shape)[i][k][1]),
                    right.rows[0][k],
                    sum_.rows[i][k],
                ),
            )
        if term.op == "matvec":
            return self._matvec(term, sum_)
        if _is_product(term):
            *rest, last = term.args
            first = self.value(rest[0] if len(rest) == 1 else entrywise("multiply", *rest))
            second = self.value(last)
            return self._each(
                shape,
                lambda i, k: numbers.fused(
                    self._part(first, shape, i, k), self._part(second, shape, i, k), sum_.rows[i][k]
                ),
            )
        more = self.value(term)
        return self._each(shape, lambda i, k: numbers.add(sum_.rows[i][k], self._part(more, shape, i, k)))

    def columns(self, node: Node) -> Iterator[list[Part]]:
        """The columns of a matrix, in parts."""
        if node.op == "transpose":
            yield from self.value(node.args[0]).rows
            return
        matrix = self.value(node)
        rows, columns = matrix.shape
        for j in range(columns):
            yield self.assembled((rows,), lambda i, j=j: self.entry(matrix, i, j)).rows[0]

    def _matvec(self, node: Node, sum_: Value | None) -> Value:
        matrix, vector = node.args
        entries, numbers = self.value(vector), self.numbers
        found = None if sum_ is None else sum_.rows[0]
        for j, column in enumerate(self.columns(matrix)):
            number = self.entry(entries, j)
            spread = [self.spread(number, width) for _, width in self.layout.rows(self.layout.shape(node.shape))[0]]
            if found is None:
                found = [numbers.multiply(a, s) for a, s in zip(column, spread, strict=True)]
            else:
                found = [numbers.fused(a, s, f) for a, s, f in zip(column, spread, found, strict=True)]
        assert found is not None
        return Value(self.layout.shape(node.shape), [found])

    def matvec(self, node: Node) -> Value:
        return self._matvec(node, None)

    def matmul(self, node: Node) -> Value:
        left, right = map(self.value, node.args)
        numbers = self.numbers

        def part(i: int, k: int) -> Part:
            found = None
            for j, row in enumerate(right.rows):
                width = self.layout.rows(right.shape)[j][k][1]
                number = self.spread(self.entry(left, i, j), width)
                found = numbers.multiply(number, row[k]) if found is None else numbers.fused(number, row[k], found)
            return found

        return self._each(self.layout.shape(node.shape), part)

    def dot(self, node: Node) -> Value:
        left, right = map(self.value, node.args)
        products = self._each(left.shape, lambda i, k: self.numbers.multiply(left.rows[i][k], right.rows[i][k]))
        return self.sum_of(products)

    def sum_of(self, value: Value) -> Value:
        entries = [self.entry(value, j) for j in range(value.shape[0])]
        while len(entries) > 1:  # in pairs
            pairs = [self.numbers.add(a, b) for a, b in zip(entries[::2], entries[1::2])]
            entries = pairs + entries[len(pairs) * 2 :]
        return Value((), [entries])

    def outer(self, node: Node) -> Value:
        left, right = map(self.value, node.args)
        shape = self.layout.shape(node.shape)
        return self._each(
            shape,
            lambda i, k: self.numbers.multiply(
                self.spread(self.entry(left, i), self.layout.rows(shape)[i][k][1]), right.rows[0][k]
            ),
        )

    # --- what is put together -------------------------------------------------------------------------------

    def transpose(self, node: Node) -> Value:
        matrix = self.value(node.args[0])
        return self.assembled(self.layout.shape(node.shape), lambda i, j: self.entry(matrix, j, i))

    def scaled(self, node: Node) -> Value:
        """A matrix whose rows, or columns, are multiplied by the entries of a vector."""
        by_rows = node.op == "scaled_rows"
        vector, matrix = (self.value(a) for a in (node.args if by_rows else node.args[::-1]))

        def part(i: int, k: int) -> Part:
            width = self.layout.rows(matrix.shape)[i][k][1]
            factor = self.spread(self.entry(vector, i), width) if by_rows else vector.rows[0][k]
            return self.numbers.multiply(factor, matrix.rows[i][k])

        return self._each(matrix.shape, part)

    def diagonal(self, node: Node) -> Value:
        vector = self.value(node.args[0])
        zero = constant(self.layout.kind(), 0.0)
        shape = self.layout.shape(node.shape)
        return self.assembled(shape, lambda i, j: self.entry(vector, i) if i == j else zero)

    def identity(self, node: Node) -> Value:
        zero, one = (constant(self.layout.kind(), number) for number in (0.0, 1.0))
        shape = self.layout.shape(node.shape)
        return self.assembled(shape, lambda i, j: one if i == j else zero) if shape else self.fixed((), 1.0)

    def stack(self, node: Node) -> Value:
        parts = [self.value(a) for a in node.args]
        entries = [self.entry(p, j) for p in parts for j in range(p.shape[0] if p.shape else 1)]
        return self.assembled(self.layout.shape(node.shape), lambda i: entries[i])

    def slice(self, node: Node) -> Value:
        whole = self.value(node.args[0])
        places = [(self.layout.size(start), stop is None) for start, stop in places_of(node)]

        def entry(*within: int) -> Part:
            more = iter(within)
            return self.entry(whole, *(start if is_single else start + next(more) for start, is_single in places))

        return self.assembled(self.layout.shape(node.shape), entry)

    def block(self, node: Node) -> Value:
        """A matrix of matrices, each of which may be a row, a column or a number."""
        across, shapes = node.data[1], [self.layout.shape(shape) for shape in node.data[2]]
        parts = [self.value(a) for a in node.args]
        kept = [tuple(not is_one(size) for size in shape) for shape in node.data[2]]
        rows = [(k, i) for k in range(0, len(parts), across) for i in range(shapes[k][0])]
        columns = [(k, j) for k in range(across) for j in range(shapes[k][1])]

        def entry(i: int, j: int) -> Part:
            (first, row), (more, column) = rows[i], columns[j]
            k = first + more
            return self.entry(parts[k], *(place for place, is_kept in zip((row, column), kept[k]) if is_kept))

        return self.assembled(self.layout.shape(node.shape), entry)

    def trace(self, node: Node) -> Value:
        matrix = self.value(node.args[0])
        return self.sum_of(self.assembled(matrix.shape[:1], lambda i: self.entry(matrix, i, i)))

    def _powers(self, node: Node) -> tuple[Value, Value, Part]:
        """A vector, the exponentials of what its entries are below the largest, and the largest."""
        vector, numbers = self.value(node.args[0]), self.numbers
        largest = self.entry(vector, 0)
        for j in range(1, vector.shape[0]):
            largest = numbers.maximum(largest, self.entry(vector, j))
        spread = Value((), [[largest]])
        powers = self._each(
            vector.shape,
            lambda i, k: numbers.exp(numbers.subtract(vector.rows[i][k], self._part(spread, vector.shape, i, k))),
        )
        return vector, powers, largest

    def softmax(self, node: Node) -> Value:
        _, powers, _ = self._powers(node)
        below = self.sum_of(powers)
        return self._each(
            powers.shape,
            lambda i, k: self.numbers.divide(powers.rows[i][k], self._part(below, powers.shape, i, k)),
        )

    def logsumexp(self, node: Node) -> Value:
        """log of the sum of exponentials: the largest entry, and log1p of the others against it."""
        vector, powers, largest = self._powers(node)
        numbers = self.numbers
        others, is_left_out = numbers.number(largest, 0.0), None
        for j in range(vector.shape[0]):  # all but the first that is the largest
            is_it = numbers.compare("==", self.entry(vector, j), largest)
            skipped = is_it if is_left_out is None else self.builder.and_(is_it, self.builder.not_(is_left_out))
            is_left_out = is_it if is_left_out is None else self.builder.or_(is_left_out, is_it)
            power = numbers.where(skipped, numbers.number(largest, 0.0), self.entry(powers, j))
            others = numbers.add(others, power)
        return Value((), [[numbers.add(largest, numbers.log1p(others))]])

    def product(self, node: Node) -> Value:
        """A product; a sign in front takes no multiplication."""
        first, *rest = node.args
        if first.op == "number" and first.data == -1:
            inner = self.value(rest[0] if len(rest) == 1 else entrywise("multiply", *rest))
            return self._each(inner.shape, lambda i, k: self.numbers.negative(inner.rows[i][k]))

        return self._entrywise(node, lambda *parts: reduce(self.numbers.multiply, parts))

    def quotient(self, node: Node) -> Value:
        """A quotient; in lanes, by a divisor that activations share, the product with its inverse."""
        above, below = node.args
        base, exponent = (below.args[0], below.data) if below.op == "power" else (below, 1)
        if not self.layout.lanes or base not in self.memory.divisors or exponent not in (1, 2):
            return self._entrywise(node, self.numbers.divide)
        inverse = self.value(Node("inverse", (base,), base.shape))
        shape = self.layout.shape(node.shape)
        factors = [self.value(above), *[inverse] * int(exponent)]

        def product(i: int, k: int) -> Part:
            return reduce(self.numbers.multiply, (self._part(factor, shape, i, k) for factor in factors))

        return self._each(shape, product)

    def inverse(self, node: Node) -> Value:
        return self._entrywise(node, lambda a: self.numbers.divide(self.numbers.number(a, 1.0), a))

    def exp(self, node: Node) -> Value:
        is_below = _is_negative(node.args[0])
        return self._entrywise(node, lambda a: self.numbers.exp(a, is_below))

    def power(self, node: Node) -> Value:
        exponent = node.data
        if exponent.is_Integer and exponent <= 64:
            return self._entrywise(node, lambda a: self.numbers.power(a, int(exponent)))
        return self._entrywise(
            node, lambda a: self.numbers.library("pow", a, self.numbers.number(a, exponent.p / exponent.q))
        )

    def call(self, node: Node) -> Value:
        """An activation or its slope, from its stable formula."""
        return self.value(definition(*node.data, *node.args))


def _is_product(node: Node) -> bool:
    """Whether a term is a product with a weight, so that nothing is lost if it is not rounded before it is added."""
    is_weighted = node.op == "multiply" and any(a.op == "parameter" for a in node.args) and len(node.args) > 1
    return node.op in ("matvec", "outer") or is_weighted


def _is_negative(node: Node) -> bool:
    """Whether something is a negative number times a size, as in exp(-|x|)."""
    number, *rest = node.args if node.op == "multiply" else (node,)
    return number.op == "number" and number.data < 0 and len(rest) == 1 and rest[0].op == "abs"


def shared_divisors(found: Iterable[Node]) -> set[Node]:
    """What several quotients of activations divide by, at most squared: 1 + exp(-|a|) of a sigmoid and of its slope."""
    quotients: set[Node] = set()
    waiting, seen = [n for node in found for n in node.walk() if n.op == "call"], set()
    while waiting:
        call = waiting.pop()
        if call in seen:
            continue
        seen.add(call)
        inside = list(definition(*call.data, *call.args).walk())
        waiting += [n for n in inside if n.op == "call"]
        quotients |= {n for n in inside if n.op == "divide"}
    divisors = Counter(d.args[0] if d.op == "power" else d for d in (n.args[1] for n in quotients))
    return {divisor for divisor, times in divisors.items() if times > 1}


def _joined(name: str) -> Callable[[Body, Node], Value]:
    return lambda body, node: body._entrywise(node, getattr(body.builder, name))


_MAKERS: dict[str, Callable[[Body, Node], Value]] = {
    "number": lambda body, node: body.fixed((), node.data.p / node.data.q),
    "constant": lambda body, node: body.fixed((), float(node.data)),
    "ones": lambda body, node: body.fixed(body.layout.shape(node.shape), 1.0),
    "zeros": lambda body, node: body.fixed(body.layout.shape(node.shape), 0.0),
    "size": lambda body, node: body.fixed((), float(body.layout.size(node.data))),
    "length": lambda body, node: body.as_number(body.memory.length),
    "step": lambda body, node: body.as_number(body.places()),
    "parameter": lambda body, node: body.memory.parameters[node.data],
    "timed": Body.timed,
    "add": Body.total,
    "multiply": Body.product,
    "divide": Body.quotient,
    "exp": Body.exp,
    "inverse": Body.inverse,
    "power": Body.power,
    "both": _joined("and_"),
    "either": _joined("or_"),
    "call": Body.call,
    "identity": Body.identity,
    "matvec": Body.matvec,
    "matmul": Body.matmul,
    "dot": Body.dot,
    "outer": Body.outer,
    "transpose": Body.transpose,
    "scaled_rows": Body.scaled,
    "scaled_columns": Body.scaled,
    "diagonal": Body.diagonal,
    "stack": Body.stack,
    "slice": Body.slice,
    "block": Body.block,
    "trace": Body.trace,
    "softmax": Body.softmax,
    "logsumexp": Body.logsumexp,
}
