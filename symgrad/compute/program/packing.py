"""Packing: products with the same vector as one, and activations of their parts as one, for arrays of few entries.

The gates of an LSTM are four products of small matrices with one state. A call of NumPy takes longer than such a
product, so that one product with all rows takes a quarter of the time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sympy import Expr, S
from sympy.core.symbol import Str

from symgrad.compute.program.lowering import VALUE
from symgrad.compute.program.nodes import Node, add, entrywise, matmul, transpose
from symgrad.compute.program.program import Line, Program, Steps, names_in
from symgrad.compute.program.schedule import schedule_of
from symgrad.symbols import TIME, Role, Timed, TimedMatrix


def packed(program: Program) -> Program:
    """A program that gives the same with fewer operations.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.compute.program.program import program_of
    >>> n, m = sg.dims("n m")
    >>> cell = sg.CELLS["lstm"].cell(n, m)
    >>> program = packed(program_of(sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)))))
    >>> [str(line.target) for line in program.lines if line.target not in cell.defined][:2]
    ['packed1[t]', 'packed2[t]']
    """
    loops = [group.targets for group in schedule_of(program).forward if group.direction]
    lines, taken = list(program.lines), names_in(program.lines)
    names = (name for name in map("packed{}".format, itertools.count(1)) if name not in taken)
    for targets in loops:
        for members in _same_vector(lines, targets):
            lines = _with_one_product(lines, members, next(names))
            for part in _same_activation(lines, members):
                lines = _with_one_activation(lines, part, next(names))
    lines = [replace(line, node=_with_one_transposed(line.node)) for line in lines]
    return replace(program, lines=tuple(lines))


def _is_product(node: Node) -> bool:
    """Whether a node is a weight times a vector in time."""
    return node.op == "matvec" and node.args[0].op == "parameter" and node.args[1].op == "timed"


def _product_in(line: Line, targets: set[Expr]) -> Node | None:
    """The one product of a weight with a vector of an earlier step, if all else in a sum waits for no step."""
    terms = line.node.args if line.node.op == "add" else (line.node,)
    found = [t for t in terms if _is_product(t)]
    found = [t for t in found if t.args[1].data[0] in targets and t.args[1].data[1] != 0]
    rest = [n for t in terms if t not in found for n in t.walk()]
    is_free = all(n.op != "timed" or n.data[0] not in targets for n in rest)
    return found[0] if len(found) == 1 and is_free and line.steps is Steps.EVERY else None


def _same_vector(lines: Iterable[Line], targets: set[Expr]) -> Iterator[list[Line]]:
    """Lines of a loop, two or more, that multiply the same vector, those with the same activation side by side."""
    found: dict[tuple[Node, tuple[Expr]], list[Line]] = {}
    given = list(lines)
    for line in given:
        product = _product_in(line, targets) if line.target in targets else None
        if product is not None:
            found.setdefault((product.args[1], line.node.shape), []).append(line)
    for members in found.values():
        if len(members) > 1:
            yield sorted(members, key=lambda line: str(_activation_of(line.target, given)))


def _activation_of(variable: TimedMatrix, lines: Iterable[Line]) -> tuple[str, str] | None:
    """The activation of which a pre-activation is the argument, as the first line says."""
    here = Node("timed", (), _shape(variable), (variable, 0))
    found = (line.node.data for line in lines if line.node.op == "call" and line.node.args == (here,))
    return next((data for data in found if data[1] == VALUE), None)


def _with_one_product(lines: list[Line], members: list[Line], name: str) -> list[Line]:
    products = {line.target: _only(line) for line in members}
    weights = [products[line.target].args[0] for line in members]
    (rows,), columns = members[0].node.shape, weights[0].shape[1]
    block = Node("block", weights, (len(members) * rows, columns), (len(members), 1, ((rows, columns),) * len(members)))
    vector = products[members[0].target].args[1]
    whole = len(members) * rows
    rests = Node("stack", [_without(line.node, products[line.target], rows) for line in members], (whole,))
    made = _variable(name, whole)
    node = add(matmul(block, vector, (whole, columns), (columns, S.One)), rests)
    return _replaced(lines, members, Line(made, node, Steps.EVERY), made, rows)


def _only(line: Line) -> Node:
    terms = line.node.args if line.node.op == "add" else (line.node,)
    return next(
        t
        for t in terms
        if t.op == "matvec" and t.args[0].op == "parameter" and t.args[1].op == "timed" and t.args[1].data[1]
    )


def _without(node: Node, product: Node, rows: Expr) -> Node:
    kept = [t for t in (node.args if node.op == "add" else (node,)) if t is not product]
    found = add(*kept) if kept else Node("zeros", shape=(rows,))
    return found if found.shape else entrywise("multiply", found, Node("ones", shape=(rows,)))


def _same_activation(lines: list[Line], members: list[Line]) -> Iterator[list[Line]]:
    """Lines, two or more, that give the same activation of parts that lie side by side."""
    run: list[Line] = []
    before: tuple[str, str] | None = None
    for member in members:
        here = Node("timed", (), member.node.shape, (member.target, 0))
        line = next(
            (x for x in lines if x.node.op == "call" and x.node.args == (here,) and x.node.data[1] == VALUE), None
        )
        data = line.node.data if line is not None else None
        if data is None or data != before:
            if len(run) > 1:
                yield run
            run = []
        run += [line] if line is not None else []
        before = data
    if len(run) > 1:
        yield run


def _with_one_activation(lines: list[Line], members: list[Line], name: str) -> list[Line]:
    parts = {line.target: line.node for line in lines}
    slices = [parts[line.node.args[0].data[0]] for line in members]
    (rows,) = members[0].node.shape
    whole = Node("slice", slices[0].args, (len(members) * rows,), ((slices[0].data[0][0], slices[-1].data[0][1]),))
    made = _variable(name, len(members) * rows)
    return _replaced(
        lines, members, Line(made, entrywise("call", whole, data=members[0].node.data), Steps.EVERY), made, rows
    )


def _replaced(lines: list[Line], members: list[Line], line: Line, made: TimedMatrix, rows: Expr) -> list[Line]:
    """The lines with a new one before the members, which become its parts."""
    whole = Node("timed", (), _shape(made), (made, 0))
    parts = {
        member: Line(member.target, Node("slice", (whole,), (rows,), ((k * rows, (k + 1) * rows),)), Steps.EVERY)
        for k, member in enumerate(members)
    }
    first = min(lines.index(member) for member in members)
    changed = [parts.get(x, x) for x in lines]
    return [*changed[:first], line, *changed[first:]]


def _with_one_transposed(node: Node) -> Node:
    """A sum of products of transposed weights with vectors as one product."""
    terms = node.args if node.op == "add" else ()
    chosen = [
        t
        for t in terms
        if t.op == "matvec"
        and t.args[0].op == "transpose"
        and t.args[0].args[0].op == "parameter"
        and t.args[1].op == "timed"
    ]
    chosen = [t for t in chosen if t.args[0].args[0].shape == chosen[0].args[0].args[0].shape]
    if len(chosen) < 2:
        return node
    weights, count = [t.args[0].args[0] for t in chosen], len(chosen)
    rows, columns = weights[0].shape
    block = Node("block", weights, (count * rows, columns), (count, 1, ((rows, columns),) * count))
    vector = Node("stack", [t.args[1] for t in chosen], (count * rows,))
    product = matmul(transpose(block), vector, (columns, count * rows), (count * rows, S.One))
    return add(*(t for t in terms if t not in chosen), product)


def _variable(name: str, size: Expr) -> Any:
    return TimedMatrix(Str(name), Str(Role.INTERMEDIATE.value), TIME, size, S.One)


def _shape(variable: Timed) -> tuple[Expr, ...]:
    return (variable.args[3],)
