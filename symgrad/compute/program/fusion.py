"""Loops: groups of a schedule put together into as few loops over the steps as their reads allow."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr

from symgrad.compute.program.nodes import ENTRYWISE
from symgrad.compute.program.program import Line, Steps
from symgrad.compute.program.schedule import Group, Schedule, in_order
from symgrad.symbols import Timed


@dataclass(frozen=True)
class Loop:
    """Lines that are computed step by step, and in which direction."""

    lines: tuple[Line, ...]
    direction: int

    @cached_property
    def targets(self) -> set[Any]:
        return {line.target for line in self.lines}

    @cached_property
    def depths(self) -> dict[Expr, int]:
        """How many steps back, in the direction of the loop, its lines read what it computes."""
        found: dict[Expr, int] = {}
        for line in self.lines:
            for variable, shift in sorted(line.reads, key=str):  # in the same order in every process
                if variable in self.targets:
                    found[variable] = max(found.get(variable, 0), abs(shift))
        return found


@dataclass(frozen=True)
class Loops:
    """A pass: loops, one after the other, and the lines of single steps after them."""

    loops: tuple[Loop, ...]
    borders: tuple[Line, ...]

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return (*(line for loop in self.loops for line in loop.lines), *self.borders)

    @cached_property
    def targets(self) -> set[Any]:
        return {line.target for line in self.lines}

    def read_from_memory(self) -> set[Expr]:
        """The variables of these loops of which another loop reads, or a single step that is not the last computed."""
        found = set()
        for loop in self.loops:
            elsewhere = [line for other in self.loops if other is not loop for line in other.lines]
            found |= {v for line in elsewhere for v, _ in line.reads if v in loop.targets}
            borders = {(v, line.at + shift) for line in self.borders for v, shift in line.reads if v in loop.targets}
            found |= {v for v, step in borders if not self._has_just_computed(loop, step)}
        return found

    def _has_just_computed(self, loop: Loop, step: Expr) -> bool:
        """Whether single steps, which come after all loops, still find the value of a step as the last one computed."""
        return loop is self.loops[-1] and loop.direction < 0 and bool(step == 1)


def loops_of(groups: Iterable[Group], direction: int) -> Loops:
    """The groups of a pass as loops; what waits for no other step goes in the direction of the pass.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.compute.program.program import program_of
    >>> from symgrad.compute.program.schedule import schedule_of
    >>> h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    >>> schedule = schedule_of(program_of(sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), h)))
    >>> for loop in loops_of(schedule.forward, 1).loops:
    ...     print(loop.direction, [str(line.target) for line in loop.lines])
    1 ['a[t]', 'h[t]', 'loss', 'shared1[t]']
    """
    loops: list[tuple[tuple[Line, ...], int]] = []
    borders: list[Line] = []
    for group in groups:
        borders += [line for line in group.lines if line.steps is Steps.BORDER]
        lines = tuple(_same_at_last(line for line in group.lines if line.steps is not Steps.BORDER))
        if not lines:
            continue
        together = (*loops[-1][0], *lines) if loops else lines
        going = _direction(together, direction)
        if going is not None:
            loops[-1:] = [(together, going)]
        else:
            alone = _direction(lines, direction)
            assert alone is not None  # a schedule has told groups with no direction already
            loops.append((lines, alone))
    ordered = (Loop(in_order(lines, {line.target for line in lines}), going) for lines, going in loops)
    return Loops(tuple(ordered), tuple(borders))


def passes_of(schedule: Schedule, kept: Container[object]) -> tuple[Loops, Loops]:
    """The forward and the backward pass, of which the second computes again what is costly to keep.

    Those are functions, entry by entry, of one variable of the same step: of one that is kept in any case, or several
    of the same one, as an activation and its slope are. To write them to memory and to read them takes longer than to
    compute them twice, as no step waits for another there.

    Parameters
    ----------
    schedule : Schedule
    kept : container
        The variables of which every step is wanted.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.compute.program.program import program_of
    >>> from symgrad.compute.program.schedule import schedule_of
    >>> cell = sg.CELLS["lstm"].cell(*sg.dims("n m"))
    >>> program = program_of(sg.bptt(cell, sg.half_squared_error(sg.output_of(cell))))
    >>> forward, backward = passes_of(schedule_of(program), program.states)
    >>> sorted(str(v) for v in forward.targets & backward.targets)
    ['f[t]', 'g[t]', 'i[t]', 'o[t]', 'shared1[t]']
    """
    forward, backward = loops_of(schedule.forward, 1), loops_of(schedule.backward, -1)
    again = _computed_again(forward, backward, kept)
    targets = {line.target for line in again}
    later = loops_of((Group(tuple(again), 0), *schedule.backward), -1)
    if not again or later.read_from_memory() & targets:
        return forward, backward
    unread = targets - {v for line in forward.lines for v, _ in line.reads}
    groups = (Group(tuple(x for x in g.lines if x.target not in unread), g.direction) for g in schedule.forward)
    return loops_of(groups, 1), later


def _computed_again(forward: Loops, backward: Loops, kept: Container[object]) -> list[Line]:
    read: dict[Expr, set[int]] = {}
    for variable, shift in (r for line in backward.lines for r in line.reads):
        read.setdefault(variable, set()).add(shift)
    found: dict[Expr, list[Line]] = {}
    for line in forward.lines:
        if line.target not in kept and min(read.get(line.target, {-1})) >= 0 and _is_of_one(line, forward.targets):
            source, _ = next(iter(line.reads))
            found.setdefault(source, []).append(line)
    return [line for source, lines in found.items() if source in kept or len(lines) > 1 for line in lines]


def _is_of_one(line: Line, targets: Container[object]) -> bool:
    """Whether a line is a function, entry by entry, of one variable of these at the same step."""
    plain = all(not node.args or node.op in ENTRYWISE for node in line.node.walk())
    here = all(shift == 0 and v in targets for v, shift in line.reads)
    return plain and here and len(line.reads) == 1 and line.steps is Steps.EVERY


def _direction(lines: tuple[Line, ...], direction: int) -> int | None:
    """The direction of one loop in which each line finds what it reads, if there is one: this, if both are."""
    targets = {line.target for line in lines if isinstance(line.target, Timed)}
    shifts = {shift for line in lines for v, shift in line.reads if v in targets}
    if min(shifts, default=0) < 0 < max(shifts, default=0):
        return None
    return 1 if min(shifts, default=0) < 0 else -1 if max(shifts, default=0) > 0 else direction


def _same_at_last(given: Iterable[Line]) -> Iterator[Line]:
    """The lines, one for every step in the place of two that say the same of the last step and of those before."""
    lines = list(given)
    found = {(line.target, line.steps): line.node for line in lines}
    for line in lines:
        pair = [found.get((line.target, steps)) for steps in (Steps.LAST, Steps.BEFORE_LAST)]
        if pair[0] is None or pair[0] is not pair[1]:
            yield line
        elif line.steps is Steps.LAST:
            yield Line(line.target, line.node, Steps.EVERY)
