"""Programs as code of LLVM: a loop over the steps for each pass, with vectors of the processor for vectors of a cell.

Without leading axes a vector of a cell is held in vectors of doubles. With leading axes each number of the cell is held
for several points at once, in the lanes of a vector, and the passes go over all points, so many at a time.

A function takes the address of a table, two numbers for each array: where it is and how far one row is from the next,
in doubles; then how many steps there are, whether the last of them is step T, how many steps were before, T, and which
points are wanted of how many.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import Any

import sympy
from llvmlite import ir

from symgrad.compute.arrays import LOWEST, Pads
from symgrad.compute.lanes import DOUBLE, LONG, Numbers, constant
from symgrad.compute.loops import Loop, Loops
from symgrad.compute.lowering import definition
from symgrad.compute.nodes import COMPARISONS, FUNCTIONS, Node, dropped, entrywise
from symgrad.compute.program import Line, Steps, is_adjoint
from symgrad.errors import CellError
from symgrad.vectors import LENGTH, Timed, shape_of

WIDTH = 8  # doubles in a vector; two of the registers of a processor of today
MOST_ENTRIES = 1 << 12  # of a matrix; all of them are written out
INDEX = ir.IntType(32)
SIGNATURE = ir.FunctionType(ir.VoidType(), [LONG.as_pointer(), *[LONG] * 7])

Part = Any
Rows = list[list[Part]]


@dataclass(frozen=True)
class Value:
    """A number, a vector or a matrix: rows of parts, each a value of LLVM that holds some neighbouring entries."""

    shape: tuple[int, ...]
    rows: Rows


@dataclass(frozen=True)
class Place:
    """An array in memory.

    Attributes
    ----------
    number : int
        In the table.
    shape : tuple of int
        Of a row.
    has_points : bool
        Whether it differs from point to point; those are its last axis.
    """

    number: int
    shape: tuple[int, ...]
    has_points: bool


@dataclass(frozen=True)
class Layout:
    """How entries are held.

    Attributes
    ----------
    lanes : int
        How many points at a time; 0 without leading axes.
    sizes : dict of Symbol to int
    """

    lanes: int
    sizes: Mapping[Any, int]

    def size(self, e: Any) -> int:
        return int(sympy.S(e).xreplace({s: sympy.Integer(v) for s, v in self.sizes.items()}))

    def shape(self, sizes: Iterable[Any]) -> tuple[int, ...]:
        return tuple(map(self.size, sizes))

    def chunks(self, size: int) -> list[tuple[int, int]]:
        """Where the parts of a row start, and how many entries each has."""
        if self.lanes:
            return [(k, 1) for k in range(size)]
        return [(k, min(WIDTH, size - k)) for k in range(0, size, WIDTH)]

    def kind(self, width: int = 1) -> ir.Type:
        """The type of a part."""
        count = self.lanes or width
        return ir.VectorType(DOUBLE, count) if count > 1 else DOUBLE

    def rows(self, shape: tuple[int, ...]) -> list[list[tuple[int, int]]]:
        """For each row of a value, where its parts start among all entries, and how many each has."""
        if not shape:
            return [[(0, 1)]]
        count = shape[0] if len(shape) == 2 else 1
        return [[(i * shape[-1] + start, width) for start, width in self.chunks(shape[-1])] for i in range(count)]


@dataclass
class Function:
    """Writes one pass.

    Attributes
    ----------
    places : dict
        Of parameters, series and results.
    pads : dict
        Rows of series before the first step and after the last.
    kept : set
        The variables of which every step goes to memory; of others `places` has the rows beyond the steps only.
    """

    module: ir.Module
    name: str
    layout: Layout
    places: Mapping[Any, Place]
    pads: Mapping[Any, Pads]
    kept: set[Any]
    _parameters: dict[Any, Value] = field(default_factory=dict)

    def write(self, passes: Loops) -> None:
        function = ir.Function(self.module, SIGNATURE, self.name)
        self.entry = ir.IRBuilder(function.append_basic_block("entry"))
        b = self.builder = ir.IRBuilder(function.append_basic_block("start"))
        self.numbers = Numbers(b, self.module)
        table, self.steps, last, self.start, self.length, first, end, self.points = function.args
        self.bases = {p.number: self._from_table(table, p.number) for p in self.places.values()}
        self.inner = b.sub(self.steps, last)
        self.last = b.icmp_signed("!=", last, ir.Constant(LONG, 0))
        self.point = ir.Constant(LONG, 0)
        if self.layout.lanes:
            with self._counted(first, end, self.layout.lanes) as point:
                # The last points are computed together with some that were computed before.
                most = b.sub(self.points, ir.Constant(LONG, self.layout.lanes))
                self.point = b.select(b.icmp_signed("<", point, most), point, most)
                self._all(passes)
        else:
            self._all(passes)
        b.ret_void()
        self.entry.branch(function.blocks[1])

    def _from_table(self, table: Any, number: int) -> tuple[Any, Any]:
        def entry(k: int) -> Any:
            return self.builder.load(self.builder.gep(table, [ir.Constant(LONG, 2 * number + k)]))

        return self.builder.inttoptr(entry(0), DOUBLE.as_pointer()), entry(1)

    def _counted(self, first: Any, end: Any, step: int) -> _Counted:
        return _Counted(self.builder, first, end, step)

    # --- a pass ---------------------------------------------------------------------------------------------

    def _all(self, passes: Loops) -> None:
        self._parameters = {
            node.data: self.load(node.data, ir.Constant(LONG, 0))
            for line in passes.lines
            for node in line.node.walk()
            if node.op == "parameter"
        }
        totals = {line.target: line.node for line in passes.lines if not isinstance(line.target, Timed)}
        self.divisors = shared_divisors(line.node for line in passes.lines)
        self.totals = {name: self._slots(self.layout.shape(node.shape), 0.0) for name, node in totals.items()}
        for loop in passes.loops:
            self._loop(loop)
        for line in passes.borders:
            row = ir.Constant(LONG, int(line.at)) if line.at.is_Integer else self._after(int(line.at - LENGTH))
            step = self.builder.sub(row, ir.Constant(LONG, 1))
            body = Body(self, None, step, {})
            self._gather(line, body)
        for name, slots in self.totals.items():
            self.store(name, ir.Constant(LONG, 0), self._read(slots))

    def _after(self, steps: int) -> Any:
        return self.builder.add(self.steps, ir.Constant(LONG, steps))

    def _slots(self, shape: tuple[int, ...], number: float | None) -> Value:
        """Room for a value on the stack, filled with a number."""
        rows = []
        for row in self.layout.rows(shape):
            made = [self.entry.alloca(self.layout.kind(width)) for _, width in row]
            rows.append(made)
            for (_, width), slot in zip(row, made, strict=True) if number is not None else ():
                self.builder.store(constant(self.layout.kind(width), number), slot)
        return Value(shape, rows)

    def _read(self, slots: Value) -> Value:
        return Value(slots.shape, [[self.builder.load(slot) for slot in row] for row in slots.rows])

    def _write(self, slots: Value, value: Value) -> None:
        for row, parts in zip(slots.rows, value.rows, strict=True):
            for slot, part in zip(row, parts, strict=True):
                self.builder.store(part, slot)

    # --- loops ----------------------------------------------------------------------------------------------

    def _loop(self, loop: Loop) -> None:
        targets = dict.fromkeys(line.target for line in loop.lines if isinstance(line.target, Timed))
        self.carried = {
            v: [self._slots(self._shape(v), None) for _ in range(loop.depths.get(v, 0) + 1)] for v in targets
        }
        self.lowest = {
            v: self._slots(self._shape(v), math.inf) for v in targets if is_adjoint(v) and len(self.carried[v]) > 1
        }
        self._enter(loop)
        b, zero, one = self.builder, ir.Constant(LONG, 0), ir.Constant(LONG, 1)
        at_last = lambda: self._step(loop, b.sub(self.steps, one), {Steps.EVERY, Steps.LAST})  # noqa: E731
        has_last = any(line.steps in (Steps.LAST, Steps.BEFORE_LAST) for line in loop.lines)
        end = self.inner if has_last else self.steps
        if has_last and loop.direction < 0:
            with b.if_then(self.last):
                at_last()
        with self._counted(zero, end, 1) as count:
            step = count if loop.direction > 0 else b.sub(b.sub(end, one), count)
            self._step(loop, step, {Steps.EVERY, Steps.BEFORE_LAST})
        if has_last and loop.direction > 0:
            with b.if_then(self.last):
                at_last()
        for v, slots in self.lowest.items():
            self.store((LOWEST, v), zero, self._read(slots))

    def _shape(self, v: Any) -> tuple[int, ...]:
        return self.layout.shape(dropped(shape_of(v)))

    def _enter(self, loop: Loop) -> None:
        """Fill what is carried from step to step with the rows beyond the steps."""
        b = self.builder
        for v, slots in self.carried.items():
            pads = self.pads[v]
            there = self.steps if v in self.kept else ir.Constant(LONG, 0)
            for back, slot in enumerate(slots[1:], 1):
                row = ir.Constant(LONG, pads.before - back)
                if loop.direction < 0:
                    row = b.add(there, ir.Constant(LONG, pads.before + back - 1))
                self._write(slot, self.load(v, row))

    def _step(self, loop: Loop, step: Any, kinds: set[Steps]) -> None:
        body = Body(self, loop, step, {})
        lines = [line for line in loop.lines if line.steps in kinds]
        absent = [v for v in self.carried if all(line.target != v for line in lines)]  # nothing flows into it here
        for line in (*(Line(v, Node("number", data=sympy.S.Zero), Steps.EVERY) for v in absent), *lines):
            if not isinstance(line.target, Timed):
                self._gather(line, body)
                continue
            found = body.value(line.node)
            found = body.filled(found, self._shape(line.target))
            body.here[line.target] = found
            self._write(self.carried[line.target][0], found)
            if line.target in self.kept:
                row = self.builder.add(step, ir.Constant(LONG, self.pads[line.target].before))
                self.store(line.target, row, found)
            if line.target in self.lowest:
                self._note_size(self.lowest[line.target], found)
        for slots in self.carried.values():
            for nearer, farther in reversed(list(pairwise(slots))):
                self._write(farther, self._read(nearer))

    def _note_size(self, slots: Value, value: Value) -> None:
        numbers = self.numbers
        for row, parts in zip(slots.rows, value.rows, strict=True):
            for slot, part in zip(row, parts, strict=True):
                size = numbers.abs(part)
                is_zero = numbers.compare("==", size, numbers.number(size, 0.0))
                size = numbers.where(is_zero, numbers.number(size, math.inf), size)
                self.builder.store(numbers.minimum(self.builder.load(slot), size), slot)

    def _gather(self, line: Line, body: Body) -> None:
        """Add a line to a sum over the steps."""
        slots = self.totals[line.target]
        for term in line.node.args if line.node.op == "add" else (line.node,):
            self._write(slots, body.added(self._read(slots), term))

    # --- memory ---------------------------------------------------------------------------------------------

    def _address(self, place: Place, row: Any, entry: int) -> Any:
        b, (base, stride) = self.builder, self.bases[place.number]
        offset = b.mul(row, stride)
        if place.has_points:
            offset = b.add(offset, b.add(b.mul(ir.Constant(LONG, entry), self.points), self.point))
        else:
            offset = b.add(offset, ir.Constant(LONG, entry))
        return b.gep(base, [offset])

    def load(self, what: Any, row: Any) -> Value:
        """A row of an array."""
        place = self.places[what]
        return Value(
            place.shape,
            [
                [self._loaded(place, row, start, width) for start, width in parts]
                for parts in self.layout.rows(place.shape)
            ],
        )

    def _loaded(self, place: Place, row: Any, start: int, width: int) -> Part:
        address, kind = self._address(place, row, start), self.layout.kind(width)
        if self.layout.lanes and not place.has_points:
            return self.spread(self.builder.load(address), self.layout.lanes)
        return self.builder.load(self.builder.bitcast(address, kind.as_pointer()), align=8)

    def store(self, what: Any, row: Any, value: Value) -> None:
        place = self.places[what]
        for places, parts in zip(self.layout.rows(place.shape), value.rows, strict=True):
            for (start, _), part in zip(places, parts, strict=True):
                address = self._address(place, row, start)
                self.builder.store(part, self.builder.bitcast(address, part.type.as_pointer()), align=8)

    def spread(self, number: Any, count: int) -> Part:
        """One number in all places of a vector."""
        if count == 1:
            return number
        kind = ir.VectorType(number.type, count)
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(INDEX, 0))
        zeros = ir.Constant(ir.VectorType(INDEX, count), [0] * count)
        return self.builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), zeros)


class _Counted:
    """A loop that counts up; nothing is done if it ends before it starts."""

    def __init__(self, builder: ir.IRBuilder, first: Any, end: Any, step: int) -> None:
        self.builder, self.first, self.end, self.step = builder, first, end, step

    def __enter__(self) -> Any:
        b: Any = self.builder
        before = b.block
        self.head, self.body, self.after = (b.append_basic_block(name) for name in ("head", "body", "after"))
        b.branch(self.head)
        b.position_at_end(self.head)
        self.counter = b.phi(LONG)
        self.counter.add_incoming(self.first, before)
        b.cbranch(b.icmp_signed("<", self.counter, self.end), self.body, self.after)
        b.position_at_end(self.body)
        return self.counter

    def __exit__(self, *failure: object) -> None:
        b = self.builder
        self.counter.add_incoming(b.add(self.counter, ir.Constant(LONG, self.step)), b.block)
        b.branch(self.head)
        b.position_at_end(self.after)


class Body:
    """Values of nodes at one step.

    Parameters
    ----------
    function : Function
    loop : Loop or None
        The loop that the step belongs to.
    step : value of LLVM
        Counted from 0, the first of this piece.
    here : dict
        What was computed at this step.
    """

    def __init__(self, function: Function, loop: Loop | None, step: Any, here: dict[Any, Value]) -> None:
        self.function, self.loop, self.step, self.here = function, loop, step, here
        self.layout, self.numbers = function.layout, function.numbers
        self.known: dict[Node, Value] = {}

    @property
    def builder(self) -> ir.IRBuilder:
        return self.function.builder

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
        if node.op in FUNCTIONS or node.op in ("maximum", "minimum", "exp_of_product", "where"):
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
        return number if self.layout.lanes else self.function.spread(number, width)

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
            made: Any = ir.Constant(self.layout.kind(width), ir.Undefined)
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
        function = self.function
        if self.loop is not None and variable in self.loop.targets:
            return self.here[variable] if not shift else function._read(function.carried[variable][abs(shift)])
        if variable not in function.kept and variable in function.carried:  # a single step after the loop
            return function._read(function.carried[variable][0])
        offset = function.pads.get(variable, Pads()).before + shift
        return function.load(variable, self.builder.add(self.step, ir.Constant(LONG, offset)))

    def as_number(self, whole: Any) -> Value:
        """An integer as a number."""
        return Value((), [[self.spread_points(self.builder.sitofp(whole, DOUBLE))]])

    def spread_points(self, number: Any) -> Part:
        return self.function.spread(number, self.layout.lanes) if self.layout.lanes else number

    def places(self) -> Any:
        b = self.builder
        return b.add(b.add(self.function.start, self.step), ir.Constant(LONG, 1))

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
        starts = [self.layout.size(start) for start, _ in node.data]
        shape = self.layout.shape(node.shape)
        if len(shape) == len(starts):
            return self.assembled(shape, lambda *place: self.entry(whole, *(s + p for s, p in zip(starts, place))))
        raise CellError("backend='compiled' has no parts of matrices that are vectors; use backend='numpy'")

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
        if not self.layout.lanes or base not in self.function.divisors or exponent not in (1, 2):
            return self._entrywise(node, self.numbers.divide)
        inverse = self.value(Node("inverse", (base,), base.shape))
        shape = self.layout.shape(node.shape)
        factors = [self.value(above), *[inverse] * int(exponent)]

        def product(i: int, k: int) -> Part:
            return reduce(self.numbers.multiply, (self._part(factor, shape, i, k) for factor in factors))

        return self._each(shape, product)

    def inverse(self, node: Node) -> Value:
        return self._entrywise(node, lambda a: self.numbers.divide(self.numbers.number(a, 1.0), a))

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
    "length": lambda body, node: body.as_number(body.function.length),
    "step": lambda body, node: body.as_number(body.places()),
    "parameter": lambda body, node: body.function._parameters[node.data],
    "timed": Body.timed,
    "add": Body.total,
    "multiply": Body.product,
    "divide": Body.quotient,
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
    "trace": Body.trace,
    "softmax": Body.softmax,
    "logsumexp": Body.logsumexp,
}
