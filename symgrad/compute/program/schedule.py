"""Schedules: which lines of a program go round in a loop, in which direction, and in which order all is computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sympy import MatrixExpr
from sympy.utilities.iterables import strongly_connected_components

from symgrad.base.errors import CellError
from symgrad.compute.program.program import Line, Program, Steps, is_adjoint
from symgrad.recurrent.cells.cell import Cell, shift_of
from symgrad.symbols import Timed, timed_in


@dataclass(frozen=True)
class Group:
    """Lines that are computed together.

    Attributes
    ----------
    lines : tuple of Line
        In the order of a step.
    direction : int
        1 for a loop from step 1 to T, -1 from T to 1; 0 where no step waits for another.
    """

    lines: tuple[Line, ...]
    direction: int

    @property
    def targets(self) -> set[Any]:
        return {line.target for line in self.lines}


@dataclass(frozen=True)
class Schedule:
    """The groups of the forward pass and of the backward pass, each in order."""

    forward: tuple[Group, ...]
    backward: tuple[Group, ...]


def demand_loops(cell: Cell) -> None:
    """Refuse a cell whose variables wait for earlier and for later steps of each other: loops compute no such cell.

    Each of its variables can still be computed, one after the other in the right order, as `Gradients.evaluate` does.
    """
    defined = {e.left.key: e.left for e in cell.steps}
    edges = [(e.left.key, v.key, shift_of(v)) for e in cell.steps for v in timed_in(e.right) if v.key in defined]
    for part in strongly_connected_components((sorted(defined), [(a, b) for a, b, _ in edges])):
        shifts = [shift for a, b, shift in edges if a in part and b in part]
        if min(shifts, default=0) < 0 < max(shifts, default=0):
            raise _both_sides(defined[key] for key in part)


def _both_sides(targets: Iterable[MatrixExpr]) -> CellError:
    names = ", ".join(sorted(map(str, targets)))
    return CellError(f"{names} wait for earlier and for later steps at once; no loop computes them")


def schedule_of(program: Program) -> Schedule:
    """The groups of a program.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.compute.program.program import program_of
    >>> h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    >>> cell = sg.Cell({h: sg.tanh(w * h.prev + x)})
    >>> schedule = schedule_of(program_of(sg.bptt(cell, h)))
    >>> [(group.direction, [str(line.target) for line in group.lines]) for group in schedule.forward]
    [(1, ['a[t]', 'h[t]']), (0, ['loss']), (0, ['shared1[t]'])]
    """
    groups = _groups(program.lines)
    late = _waiting_for_adjoints(groups)
    return Schedule(tuple(g for g in groups if not (g.targets & late)), tuple(g for g in groups if g.targets & late))


def _groups(lines: Iterable[Line]) -> list[Group]:
    given = list(lines)
    targets = dict.fromkeys(line.target for line in given)
    edges = {(line.target, v) for line in given for v, _ in line.reads if v in targets}
    found = strongly_connected_components((list(targets), sorted(edges, key=str)))
    return [_group(set(part), given) for part in found]


def _group(targets: set[Any], lines: list[Line]) -> Group:
    own = tuple(line for line in lines if line.target in targets)
    shifts = {shift for line in own for v, shift in line.reads if v in targets}
    if not shifts:
        return Group(own, 0)
    if min(shifts) < 0 < max(shifts):
        raise _both_sides(targets)
    return Group(in_order(own, targets), 1 if min(shifts) < 0 else -1)


def in_order(lines: tuple[Line, ...], targets: set[Any]) -> tuple[Line, ...]:
    """Lines in an order in which each finds what it needs of its own step."""
    ready: set[Any] = set()
    waiting, ordered = list(lines), []
    while waiting:
        done = [x for x in waiting if not {v for v, s in x.reads if s == 0 and v in targets and v not in ready}]
        if not done:
            raise CellError(f"{', '.join(sorted(map(str, targets)))} wait for each other within a step")
        first = done[0].target
        ordered += [x for x in waiting if x.target == first and x in done]
        waiting = [x for x in waiting if not (x.target == first and x in done)]
        if all(x.target != first for x in waiting):
            ready.add(first)
    return tuple(ordered)


def _waiting_for_adjoints(groups: Iterable[Group]) -> set[Any]:
    late: set[Any] = set()
    for group in groups:
        reads = {v for line in group.lines for v, _ in line.reads}
        if reads & late or any(is_adjoint(t) for t in group.targets):
            late |= group.targets
    return late


def fused(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The groups with as many as possible in one loop forward, so that no series has to be kept for the next."""
    found: list[Group] = []
    for group in groups:
        if found and found[-1].direction == 1 and _joins(group, found[-1]):
            lines = (*found[-1].lines, *group.lines)
            found[-1] = Group(in_order(lines, {line.target for line in lines}), 1)
        else:
            found.append(group)
    return tuple(found)


def _joins(group: Group, loop: Group) -> bool:
    plain = all(isinstance(line.target, Timed) and line.steps is Steps.EVERY for line in group.lines)
    return plain and group.direction >= 0 and all(shift <= 0 for line in group.lines for _, shift in line.reads)
