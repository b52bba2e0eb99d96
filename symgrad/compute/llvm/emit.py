"""Programs as code of LLVM: a loop over the steps for each pass, with vectors of the processor for vectors of a cell.

Without leading axes a vector of a cell is held in vectors of doubles. With leading axes each number of the cell is held
for several points at once, in the lanes of a vector, and the passes go over all points, so many at a time.

A function takes the addresses of two tables; then how many steps there are, whether the last of them is step T, how
many steps were before, T, and which points are wanted of how many. The first table says of each array where it is and
how far one row is from the next, in doubles, each by a number of the second table, its place there, and what is added
to it: one table for all calls with arrays of the same shapes, and a short one for each call.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import Any

import sympy
from llvmlite import ir
from sympy import Expr, MatrixExpr

from symgrad.compute.arrays.emit import LOWEST, Pads
from symgrad.compute.llvm.layouts import Layout, Place, Value
from symgrad.compute.llvm.memory import Memory
from symgrad.compute.llvm.step import Body, shared_divisors
from symgrad.compute.llvm.vector_math import LONG, Numbers
from symgrad.compute.numbers.runtime import BEYOND, HIGH, LOW
from symgrad.compute.program.fusion import Loop, Loops
from symgrad.compute.program.lowering import definition
from symgrad.compute.program.nodes import Node, is_zero
from symgrad.compute.program.program import EXPONENT, LOST, Line, Steps, is_adjoint
from symgrad.symbols import LENGTH, Timed

SIGNATURE = ir.FunctionType(ir.VoidType(), [*[LONG.as_pointer()] * 2, *[LONG] * 7])


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
    rescaled : tuple
        Of the program.
    """

    name: str
    layout: Layout
    places: Mapping[MatrixExpr, Place]
    pads: Mapping[MatrixExpr, Pads]
    kept: set[MatrixExpr]
    rescaled: tuple[Any, ...] = ()
    module: ir.Module = field(default_factory=ir.Module)
    memory: Memory = field(init=False)

    def write(self, passes: Loops) -> str:
        """The module as text."""
        function = ir.Function(self.module, SIGNATURE, self.name)
        entry = ir.IRBuilder(function.append_basic_block("entry"))
        b = ir.IRBuilder(function.append_basic_block("start"))
        table, numbers, steps, last, start, length, first, end, points = function.args
        zero = ir.Constant(LONG, 0)
        self.numbers = Numbers(b, self.module)
        self.memory = Memory(
            self.layout, self.places, self.pads, self.kept, entry, b, self.numbers, start, steps, length, points, zero
        )
        self.memory.bases = {p.number: self.memory.find(table, numbers, p.number) for p in self.places.values()}
        self.inner = b.sub(steps, last)
        self.last = b.icmp_signed("!=", last, zero)
        if self.layout.lanes:
            with self._counted(first, end, self.layout.lanes) as point:
                # The last points are computed together with some that were computed before.
                most = b.sub(points, ir.Constant(LONG, self.layout.lanes))
                self.memory.point = b.select(b.icmp_signed("<", point, most), point, most)
                self._all(passes)
        else:
            self._all(passes)
        b.ret_void()
        entry.branch(function.blocks[1])
        return str(self.module)

    @property
    def builder(self) -> ir.IRBuilder:
        return self.memory.builder

    @contextmanager
    def _counted(self, first: ir.Value, end: ir.Value, step: int) -> Iterator[ir.Value]:
        """A loop that counts up; nothing is done if it ends before it starts."""
        b = self.builder
        before = b.block
        head, body, after = (b.append_basic_block(name) for name in ("head", "body", "after"))
        b.branch(head)
        b.position_at_end(head)
        counter = b.phi(LONG)
        counter.add_incoming(first, before)
        b.cbranch(b.icmp_signed("<", counter, end), body, after)
        b.position_at_end(body)
        yield counter
        counter.add_incoming(b.add(counter, ir.Constant(LONG, step)), b.block)
        b.branch(head)
        b.position_at_end(after)

    # --- a pass ---------------------------------------------------------------------------------------------

    def _all(self, passes: Loops) -> None:
        self.memory.parameters = {
            node.data: self.memory.load(node.data, ir.Constant(LONG, 0))
            for line in passes.lines
            for node in line.node.walk()
            if node.op == "parameter"
        }
        totals = {line.target: line.node for line in passes.lines if not isinstance(line.target, Timed)}
        self.sparse = sparse(passes)
        self.memory.divisors = shared_divisors(line.node for line in passes.lines)
        self.totals = {name: self.memory.slots(self.layout.shape(node.shape), 0.0) for name, node in totals.items()}
        if self.rescaled:
            self.totals |= {name: self.memory.slots((), 0.0) for name in (EXPONENT, LOST)}
        for loop in passes.loops:
            self._loop(loop)
        for line in passes.borders:
            row = ir.Constant(LONG, int(line.at)) if line.at.is_Integer else self._after(int(line.at - LENGTH))
            step = self.builder.sub(row, ir.Constant(LONG, 1))
            body = Body(self.memory, None, step, {})
            self._gather(line, body)
        for name, slots in self.totals.items():
            self.memory.store(name, ir.Constant(LONG, 0), self.memory.read(slots))

    def _after(self, steps: int) -> ir.Value:
        return self.builder.add(self.memory.steps, ir.Constant(LONG, steps))

    # --- loops ----------------------------------------------------------------------------------------------

    def _loop(self, loop: Loop) -> None:
        targets = dict.fromkeys(line.target for line in loop.lines if isinstance(line.target, Timed))
        self.memory.carried = {
            v: [self.memory.slots(self.memory.shape(v), None) for _ in range(loop.depths.get(v, 0) + 1)]
            for v in targets
        }
        self.lowest = {
            v: self.memory.slots(self.memory.shape(v), math.inf)
            for v in targets
            if is_adjoint(v) and len(self.memory.carried[v]) > 1
        }
        self._enter(loop)
        b: ir.IRBuilder = self.builder
        zero, one = ir.Constant(LONG, 0), ir.Constant(LONG, 1)

        def at_last() -> None:
            self._step(loop, b.sub(self.memory.steps, one), {Steps.EVERY, Steps.LAST})

        has_last = any(line.steps in (Steps.LAST, Steps.BEFORE_LAST) for line in loop.lines)
        end = self.inner if has_last else self.memory.steps
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
            self.memory.store((LOWEST, v), zero, self.memory.read(slots))

    def _enter(self, loop: Loop) -> None:
        """Fill what is carried from step to step with the rows beyond the steps."""
        b = self.builder
        for v, slots in self.memory.carried.items():
            pads = self.pads[v]
            there = self.memory.steps if v in self.kept else ir.Constant(LONG, 0)
            for back, slot in enumerate(slots[1:], 1):
                row = ir.Constant(LONG, pads.before - back)
                if loop.direction < 0:
                    row = b.add(there, ir.Constant(LONG, pads.before + back - 1))
                self.memory.write(slot, self.memory.load(v, row))

    def _step(self, loop: Loop, step: ir.Value, kinds: set[Steps]) -> None:
        if set(self.rescaled) & loop.targets:
            self._rescale()
        body = Body(self.memory, loop, step, {})
        lines = [line for line in loop.lines if line.steps in kinds]
        absent = [
            v for v in self.memory.carried if all(line.target != v for line in lines)
        ]  # nothing flows into it here
        for line in (*(Line(v, Node("number", data=sympy.S.Zero), Steps.EVERY) for v in absent), *lines):
            if not isinstance(line.target, Timed):
                self._gather(line, body)
                continue
            found = body.value(line.node)
            found = body.filled(found, self.memory.shape(line.target))
            body.here[line.target] = found
            self.memory.write(self.memory.carried[line.target][0], found)
            if line.target in self.kept and not (line.target in self.sparse and is_zero(line.node)):
                row = self.builder.add(step, ir.Constant(LONG, self.pads[line.target].before))
                self.memory.store(line.target, row, found)
            if line.target in self.lowest:
                self._note_size(self.lowest[line.target], found)
        for slots in self.memory.carried.values():
            for nearer, farther in reversed(list(pairwise(slots))):
                self.memory.write(farther, self.memory.read(nearer))

    def _rescale(self) -> None:
        """Divide the numbers of the step before by powers of two, if one is near the end of the range."""
        b, numbers = self.builder, self.numbers
        carried = (self.memory.carried[v] for v in self.rescaled)  # what no later step reads has the scale of the rest
        slots = [earlier[0].rows[0][0] for _, *earlier in carried if earlier]
        size = reduce(numbers.maximum, [numbers.abs(b.load(slot)) for slot in slots])
        is_far = b.or_(
            numbers.compare("<", size, numbers.number(size, LOW)),
            numbers.compare(">", size, numbers.number(size, HIGH)),
        )
        with b.if_then(numbers.any(is_far), likely=False):
            exponent, inverse = numbers.power_within(size)
            for slot in slots:
                b.store(numbers.multiply(b.load(slot), inverse), slot)
            sums, lost = (self.totals[name].rows[0][0] for name in (EXPONENT, LOST))
            b.store(numbers.add(b.load(sums), exponent), sums)
            one = numbers.number(size, 1.0)
            left = numbers.where(numbers.compare("<", size, numbers.number(size, BEYOND)), one, b.load(lost))
            b.store(left, lost)

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
            self.memory.write(slots, body.added(self.memory.read(slots), term))


def sparse(loops: Loops) -> set[Expr]:
    """The variables that are 0 at all steps but the last, and are not written to memory before."""
    lines = [line for loop in loops.loops for line in loop.lines if line.steps is not Steps.LAST]
    early = {line.target for line in lines if not is_zero(line.node)}
    return {t for loop in loops.loops for t in loop.targets if isinstance(t, Timed)} - early


def described(function: Function, passes: Loops) -> str:
    """All that a pass is written from, as text: the same text, the same code."""
    numbers: dict[Expr, int] = {}
    size = function.layout.size

    def number(what: object) -> Any:
        if isinstance(what, tuple) and what[0] == LOWEST:
            return LOWEST, number(what[1])
        return what if isinstance(what, str) else numbers.setdefault(what, len(numbers))

    def plain(data: Any) -> Any:
        if isinstance(data, tuple):
            return tuple(map(plain, data))
        return size(data) if isinstance(data, sympy.Expr) and data.free_symbols else str(data)

    nodes: dict[Node, int] = {}
    written: list[Any] = []

    def place(node: Node) -> int:
        for part in node.walk(nodes):
            inside = (*part.args, definition(*part.data, *part.args)) if part.op == "call" else part.args
            if part.op == "timed":
                data: Any = number(part.data[0]), part.data[1]
            else:
                data = number(part.data) if part.op == "parameter" else plain(part.data)
            written.append((part.op, [place(a) for a in inside], function.layout.shape(part.shape), data))
            nodes[part] = len(nodes)
        return nodes[node]

    def of(line: Line) -> Any:
        pads = function.pads.get(line.target, Pads())
        return number(line.target), place(line.node), line.steps.name, str(line.at), (pads.before, pads.after)

    facts = (
        function.name,
        function.layout.lanes,
        [(loop.direction, [of(line) for line in loop.lines]) for loop in passes.loops],
        [of(line) for line in passes.borders],
        [(number(what), p.number, p.shape, p.has_points) for what, p in function.places.items()],
        sorted((number(v), pads.before, pads.after) for v, pads in function.pads.items() if v in numbers),
        sorted(number(v) for v in function.kept if v in numbers),
        [number(v) for v in function.rescaled],
    )
    return repr((facts, written))
