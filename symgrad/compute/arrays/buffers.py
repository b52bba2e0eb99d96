"""Buffers: the body of a loop over large arrays, each operation of which goes into an array that is used again.

To be given memory for what an operation makes takes longer than many an operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Generator, Iterable, Iterator, Mapping
from typing import Any

from symgrad.compute.program.nodes import Node
from symgrad.compute.text.writing import PUT, Writer


class Buffers:
    """Writes the statements of a step.

    Parameters
    ----------
    writer : Writer
    bodies : iterable of Node
        In the order in which they are to be computed.
    names : mapping of Node to str
        What is computed outside of the loop.

    Attributes
    ----------
    shapes : dict of str to str
        Of the buffers, by name.
    """

    def __init__(self, writer: Writer, bodies: Iterable[Node], names: Mapping[Node, str]) -> None:
        self.writer, self.names = writer, dict(names)
        self.shapes: dict[str, str] = {}
        writer.known = self.names
        self._outside = frozenset(self.names)
        self._free: dict[Any, list[str]] = {}
        given = list(bodies)
        self._uses = Counter(given)
        for node in self._computed(given):
            self._uses.update(self._reads(node))
            if not self._steps(node)[1]:  # it may be a view of what it is made from, which therefore is never free
                self._uses.update(self._reads(node))

    def _steps(self, node: Node) -> tuple[Node, list[tuple[str, Node | None]]]:
        return _steps(node, self._outside)

    def _reads(self, node: Node) -> set[Node]:
        """What a node is computed from: of a term with a minus that is subtracted, what stands behind the minus."""
        first, steps = self._steps(node)
        return {first, *(a for _, a in steps if a is not None)} if steps else {*node.args}

    def _computed(self, bodies: list[Node]) -> set[Node]:
        """All that is computed by a statement of its own, or is a leaf."""
        found: set[Node] = set()
        waiting = [*bodies]
        while waiting:
            node = waiting.pop()
            if node not in found and node not in self._outside:
                found.add(node)
                waiting += self._reads(node)
        return found

    def statements(self, body: Node, here: str, place: str | None = None) -> Iterator[str]:
        """Compute a body, in a place if there is one, and give it a name; without a place it stays for two steps."""
        if place is None:
            place = f"{here}_other"
            self.shapes[place] = self.writer.shape(body)
        if body in self.names or not self._steps(body)[1]:
            text = yield from self._value(body)
            yield f"positive({text}, {place})"  # a copy, as what it is made from goes its own way
        else:
            yield from self._into(body, place)
        yield f"{here} = {place}"
        self.names[body] = here

    def _value(self, node: Node) -> Generator[str, None, str]:
        """The statements for a node; at the end its text."""
        if node in self.names or not node.args:
            return self.writer.text(node)
        if self._steps(node)[1]:
            yield from self._into(node, None)
        else:
            for a in node.args:
                yield from self._value(a)
            name = f"made{len(self.names)}"
            yield f"{name} = {self.writer.text(node)}"
            self.names[node] = name
            self._done(node)
        return self.names[node]

    def _into(self, node: Node, place: str | None) -> Generator[str, None, None]:
        """The statements that compute a node by one operation after the other, in a buffer if no place is given."""
        first, steps = self._steps(node)
        for operand in (first, *(a for _, a in steps)):
            if operand is not None:
                yield from self._value(operand)
        if len(steps) == 1:  # what is read for the last time may be written over
            self._done(node)
        place = place or self._buffer(node)
        text = self.writer.lifted(first, node)
        for operation, operand in steps:
            more = "" if operand is None else f", {self.writer.lifted(operand, node)}"
            yield f"{operation}({text}{more}, {place})"
            text = place
        if len(steps) > 1:
            self._done(node)
        self.names[node] = place

    def _buffer(self, node: Node) -> str:
        free = self._free.get(node.shape)
        if free:
            return free.pop()
        name = f"buffer{len(self.shapes) + 1}"
        self.shapes[name] = self.writer.shape(node)
        return name

    def _done(self, node: Node) -> None:
        """A node has been computed: what it was the last to read is free."""
        for a in self._reads(node):
            self._uses[a] -= 1
            if not self._uses[a] and self.names.get(a, "") in self.shapes:
                self._free.setdefault(a.shape, []).append(self.names[a])


def _steps(node: Node, known: Container[Node]) -> tuple[Node, list[tuple[str, Node | None]]]:
    """What a node starts from, and the operations that follow, each with another operand or none; no node, no steps.

    A minus before what is known already is part of that.
    """
    if node.op == "add":
        signed = sorted(((a not in known and _is_negation(a), a) for a in node.args), key=lambda pair: pair[0])
        (is_negative, first), *rest = [(negative, a.args[1] if negative else a) for negative, a in signed]
        start: list[tuple[str, Node | None]] = [("negative", None)] if is_negative else []
        return first, [*start, *(("subtract" if negative else "add", a) for negative, a in rest)]
    if node.op == "multiply":
        has_sign = node.args[0].op == "number" and node.args[0].data == -1
        first, *others = node.args[has_sign:]
        return first, [*(("multiply", a) for a in others), *([("negative", None)] if has_sign else [])]
    if node.op == "power" and node.data == 2:
        return node.args[0], [("multiply", node.args[0])]
    if node.op == "divide":
        return node.args[0], [("divide", node.args[1])]
    return (node.args[0], [(node.op, None)]) if node.op in PUT else (node, [])


def _is_negation(node: Node) -> bool:
    return node.op == "multiply" and len(node.args) == 2 and node.args[0].op == "number" and node.args[0].data == -1
