"""Programs as Python source over arrays, for every arithmetic that NumPy can hold: floats, mpmath numbers, balls.

What waits for no other step is computed for all steps at once, before or after the loop; a loop holds only what goes
round from step to step. Series have the steps as first axis, then the leading axes of the arguments; before and after
the steps they have rows for what is read beyond them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, MatrixExpr

from symgrad.compute.arrays.buffers import Buffers
from symgrad.compute.numbers.arguments import is_initial
from symgrad.compute.numbers.runtime import Algebra
from symgrad.compute.program.lowering import definition
from symgrad.compute.program.nodes import Node, dropped, entrywise, is_zero, multiply
from symgrad.compute.program.program import COSTLY, EXPONENT, LOST, Line, Program, Steps, is_adjoint, rebuilt
from symgrad.compute.program.schedule import Group, Schedule, fused, schedule_of
from symgrad.compute.text.sources import functions_of
from symgrad.compute.text.writing import (
    PUT,
    Names,
    Writer,
    definitions,
    with_one_exponential,
    with_shared_exponentials,
    without_range,
)
from symgrad.symbols import LENGTH, Timed, shape_of

CHEAP = 6  # sums and products
LOWEST = "lowest"  # of all adjoints that go from step to step, the least size that is not 0


@dataclass(frozen=True)
class Pads:
    """How many rows a series has before the first step and after the last."""

    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Pass:
    """A generated function: its name, what it takes and what it gives, by variable, parameter or result.

    Of the series that it gives, and of those that it carries along without giving them, it takes the rows beyond the
    steps.
    """

    name: str
    takes: tuple[Expr, ...]
    gives: tuple[Any, ...]
    carries: tuple[Expr, ...] = ()

    @property
    def series(self) -> tuple[Expr, ...]:
        """All of which it takes the rows beyond the steps."""
        return (*(t for t in self.gives if isinstance(t, Timed)), *self.carries)


@dataclass(frozen=True)
class Source:
    """Generated source with what is needed to call it.

    Attributes
    ----------
    text : str
    names : Names
    pads : dict
        Of each series.
    forward, backward : Pass
    """

    text: str
    names: Names
    pads: dict[Expr, Pads]
    forward: Pass
    backward: Pass

    def functions(self, algebra: Algebra) -> dict[str, Any]:
        """Both passes by name, to be called with arrays."""
        return functions_of(self.text, algebra.namespace())


def pads_of(program: Program) -> dict[Expr, Pads]:
    """The rows beyond the steps that the lines of a program read."""
    found = {line.target: Pads() for line in program.lines if isinstance(line.target, Timed)}

    def add(variable: Expr, before: int, after: int) -> None:
        old = found.get(variable, Pads())
        found[variable] = Pads(max(old.before, before), max(old.after, after))

    for line in program.lines:
        for variable, shift in line.reads:
            if line.steps is not Steps.BORDER:
                add(variable, -shift, shift)
            elif is_adjoint(variable):  # of a step that a run of one step does not have
                row = shift + (int(line.at) if line.at.is_Integer else int(line.at - LENGTH) + 1)
                add(variable, 1 - row, row - 1)
            else:
                add(variable, 0, 0)
    for key in program.arguments.values():
        if is_initial(key):
            is_before = key.time.is_Integer
            add(program.series_of(key), 1 - int(key.time) if is_before else 0, 0 if is_before else _after(key))
    return found


def _after(key: Expr) -> int:
    return int(key.time - LENGTH)


def source_of(
    program: Program,
    scalars: bool = False,
    kept: Iterable[object] | None = None,
    carries: bool = False,
    plain: bool = False,
    is_small: bool = True,
    in_place: bool = False,
) -> Source:
    """The source of both passes.

    Parameters
    ----------
    program : Program
    scalars : bool
        For a scalar cell without leading axes: loops over plain numbers, not arrays.
    kept : iterable of Timed, optional
        The variables of which every step is wanted; of all, if left out.
    carries : bool
        Whether what is not wanted is carried from step to step, and never a series.
    plain : bool
        For doubles alone, with numbers and comparisons as Python has them.
    is_small : bool
        Whether a product with a matrix takes less time than to put a vector into its row.
    in_place : bool
        For doubles with leading axes: whether what a step computes goes into arrays that the next one uses again.
    """
    schedule = schedule_of(program)
    wanted = None if kept is None else set(kept)
    if carries:
        schedule = Schedule(fused(schedule.forward), schedule.backward)
    names, pads = Names.of(program), pads_of(program)
    carried_only = _carried_only(schedule, wanted) if carries and wanted is not None else set()
    emitter = _Emitter(names, pads, scalars, carried_only, program.rescaled, plain, is_small, in_place)
    emitter.plan((*schedule.forward, *schedule.backward), wanted)
    late = {t for group in schedule.backward for t in group.targets} - emitter.passing
    early = {t for group in schedule.forward for t in group.targets} - emitter.passing
    leaves = [n for line in program.lines for n in line.node.walk()]
    computed = {line.target for line in program.lines}
    given = [
        *dict.fromkeys(n.data for n in leaves if n.op == "parameter"),
        *dict.fromkeys(n.data[0] for n in leaves if n.op == "timed" and n.data[0] not in computed),
    ]
    gives = (*sorted(early - emitter.carried_only, key=str), *((EXPONENT, LOST) if program.rescaled else ()))
    forward = Pass("forward", tuple(given), gives, emitter.carried)
    taken = sorted((t for t in early - emitter.carried_only if isinstance(t, Timed)), key=str)
    backward = Pass("backward", (*given, *taken), tuple(sorted(late, key=str)))
    lines = [
        *definitions(leaves, names, scalars=False, plain=plain),
        *(definitions(leaves, names, scalars=True, plain=plain) if scalars else ()),
        *emitter.function(forward, schedule.forward),
        *emitter.function(backward, schedule.backward),
    ]
    return Source("\n".join(lines) + "\n", names, pads, forward, backward)


def _carried_only(schedule: Schedule, kept: set[Any]) -> set[Expr]:
    """The variables of a loop forward of which no more is read outside than the value of the last step."""
    wanted = set(kept) | {v for group in schedule.backward for line in group.lines for v, _ in line.reads}
    for group in schedule.forward:
        for line in group.lines:
            outside = {
                v for v, shift in line.reads if v not in group.targets and (shift or line.steps is not Steps.LAST)
            }
            wanted |= outside
    inside = {t for group in schedule.forward if group.direction == 1 for t in group.targets}
    return inside - wanted


@dataclass(frozen=True)
class _Plan:
    """How a loop goes: what is computed in it, of that which is stored, and what is filled in after it."""

    inside: tuple[tuple[Line, Node], ...]
    stored: frozenset[Expr]
    after: tuple[Line, ...]


class _Emitter:
    """Writes groups of lines as statements."""

    def __init__(
        self,
        names: Names,
        pads: dict[Expr, Pads],
        scalars: bool,
        carried_only: set[Expr],
        rescaled: tuple[Expr, ...],
        plain: bool,
        is_small: bool,
        in_place: bool,
    ) -> None:
        self.names, self.pads, self.scalars, self.carried_only = names, pads, scalars, carried_only
        self.rescaled, self.plain, self.is_small, self.in_place = rescaled, plain, is_small, in_place
        self.temporaries = 0
        self.filled: set[Any] = set()  # the series of which every step is computed; others are 0 where nothing is said
        self.plans: dict[Group, _Plan] = {}
        self.passing: set[Any] = set()  # what a loop computes and does not store, and carries no further

    def plan(self, groups: tuple[Group, ...], wanted: set[Any] | None) -> None:
        """Decide which of the variables of loops are stored: those that are wanted, of all if it is None, or read."""
        said: dict[Any, set[Steps]] = {}
        for line in (line for group in groups for line in group.lines if not is_zero(line.node)):
            said.setdefault(line.target, set()).add(line.steps)
        self.filled = {t for t, steps in said.items() if Steps.EVERY in steps or len(steps) > 1}
        for group in groups:
            if group.direction:
                outside = {v for other in groups if other is not group for line in other.lines for v, _ in line.reads}
                plan = self._plan(group, None if wanted is None else wanted | outside)
                self.plans[group] = plan
                known = plan.stored | {line.target for line in plan.after} | self.carried_only
                self.passing |= {t for t in group.targets if isinstance(t, Timed)} - known

    def _plan(self, group: Group, needed: set[Any] | None) -> _Plan:
        lines = [line for line in group.lines if line.steps is not Steps.LAST]
        kept = [line for line in lines if line.target not in self.carried_only]
        waiting = [line for line in kept if _can_wait(line, lines, self.carried_only, self.is_small)]
        written = _written_out([_multiplied_out(line.node, waiting) for line in lines], self.scalars, self.plain)
        written = with_shared_exponentials(written) if self.in_place else written
        written = written if self.plain else [without_range(node) for node in written]
        read_here = {n.data[0] for node in written for n in node.walk() if n.op == "timed"}
        inside = tuple(x for x in zip(lines, written) if x[0] not in waiting or x[0].target in read_here)
        stored = {line.target for line in kept if line not in waiting}
        if needed is None:
            return _Plan(inside, frozenset(stored), tuple(waiting))
        last = [line for line in group.lines if line.steps is Steps.LAST]
        ends = {line.target for line in last}
        needed = needed | {v for line in last for v, shift in line.reads if shift or v not in ends}
        needed |= {n.data[0] for _, node in inside for n in node.walk() if n.op == "timed" and n.data[1]}
        after: list[Line] = []
        for line in reversed(waiting):  # each reads of those before it
            if line.target in needed:
                after.insert(0, line)
                needed |= {v for v, _ in line.reads}
        return _Plan(inside, frozenset(stored & needed), tuple(after))

    @property
    def carried(self) -> tuple[Expr, ...]:
        return tuple(sorted(self.carried_only, key=str))

    def identifier(self, what: Any) -> str:
        known = self.names.series if isinstance(what, Timed) else self.names.parameters
        return known[what] if what in known else self.names.results[what]

    def function(self, of: Pass, groups: Iterable[Group]) -> Iterator[str]:
        taken = [*self.names.sizes.values(), *map(self.identifier, of.takes)]
        own = [t for t in of.gives if isinstance(t, Timed)]
        rows = [f"{self.identifier(t)}_{end}" for t in of.series for end in ("before", "after")]
        yield f"def {of.name}(length, start, steps, inner, last, {', '.join([*taken, *rows])}):"
        for target in own:
            name, pads, shape = self.identifier(target), self.pads[target], self._shape(target)
            make = "blank" if target in self.filled else "series"
            yield f"    {name} = {make}({pads.before}, steps, {pads.after}, {shape}, {name}_before, {name}_after)"
        for target in of.carries:
            name, before, shape = self.identifier(target), self.pads[target].before, self._shape(target)
            yield f"    {name}_before = rows({before}, {shape}, {name}_before)"
        for group in groups:
            yield from (f"    {line}" for line in self._group(group))
        yield f"    return ({''.join(self.identifier(t) + ', ' for t in of.gives)})"

    def _shape(self, target: Expr) -> str:
        return Writer(self.names, None).shape(Node("timed", (), dropped(shape_of(target))))

    def _temporary(self) -> str:
        self.temporaries += 1
        return f"value{self.temporaries}"

    # --- groups ---------------------------------------------------------------------------------------------

    def _group(self, group: Group) -> Iterator[str]:
        if group.direction:
            yield from self._loop(group)
            return
        started: set[str] = set()
        for line in group.lines:
            if isinstance(line.target, Timed):
                yield from self._map(line)
            else:
                yield from self._total(line, started)

    def _map(self, line: Line) -> Iterator[str]:
        name, before = self.identifier(line.target), self.pads[line.target].before
        if is_zero(line.node) and line.target not in self.filled:
            return
        if line.steps is Steps.LAST:
            yield "if last:"
            yield f"    {name}[{before} + steps - 1, ...] = {self._at(line, 'steps')}"
        elif self.plain and any(node.op in COSTLY for node in line.node.walk()):
            yield f"for low, high in pieces({_END[line.steps]}, {name}):"
            yield f"    {name}[{before} + low:{before} + high] = {self._over(line.node, 'low', 'high')}"
        else:
            end = _END[line.steps]
            yield f"{name}[{before}:{before} + {end}] = {self._over(line.node, '0', end)}"

    def _total(self, line: Line, started: set[str]) -> Iterator[str]:
        name = self.names.results[line.target]
        terms = line.node.args if line.node.op == "add" and line.steps is Steps.EVERY else (line.node,)
        if name not in started and (line.steps is not Steps.EVERY or not self._is_made(terms[0], line.node)):
            yield f"{name} = zeros({Writer(self.names, None).shape(line.node)})"
            started.add(name)
        if line.steps is Steps.LAST:
            yield "if last:"
            yield f"    {name} = {name} + {self._at(line, 'steps')}"
        elif line.steps is Steps.BORDER:
            step = str(line.at) if line.at.is_Integer else f"steps + {line.at - LENGTH}"
            yield f"{name} = {name} + {self._at(line, step)}"
        else:
            for term in terms:
                before = f"{name} + " if name in started else ""
                yield f"{name} = {before}{self._summed(term)}"
                started.add(name)

    @staticmethod
    def _is_made(term: Node, whole: Node) -> bool:
        """Whether the sum of a term over the steps is an array of its own, in the shape of the whole."""
        return _is_timed(term) and term.shape == whole.shape

    def _summed(self, term: Node) -> str:
        """The sum of a term over the steps."""
        if term.op == "outer" and all(_is_timed(a) for a in term.args):
            left, right = (self._over(a, "0", "steps") for a in term.args)
            return f"outer_total({left}, {right})"
        text = self._over(term, "0", "steps")
        return f"total({text})" if _is_timed(term) else f"{text}*steps"

    # --- expressions ----------------------------------------------------------------------------------------

    def _over(self, node: Node, low: str, high: str) -> str:
        """A node for all steps from low + 1 to high, the steps as first axis."""

        def leaf(variable: Expr, shift: int) -> str:
            if variable is None:
                return f"places(start + {low}, start + {high}, 0)"
            offset = self.pads.get(variable, Pads()).before + shift
            return f"{self.identifier(variable)}[{low} + {offset}:{high} + {offset}]"

        return Writer(self.names, leaf, plain=self.plain).value(node)

    def _at(self, line: Line, step: str) -> str:
        """A node at one step."""

        def leaf(variable: Expr, shift: int) -> str:
            if variable is None:
                return f"number(start + {step})"
            if variable in self.carried_only:
                return self._local(variable, shift)
            offset = self.pads.get(variable, Pads()).before + shift - 1
            return f"{self.identifier(variable)}[{step} + {offset}]"

        return Writer(self.names, leaf, plain=self.plain).value(line.node)

    # --- loops ----------------------------------------------------------------------------------------------

    def _loop(self, group: Group) -> Iterator[str]:
        at_end = list(self._last_step([line for line in group.lines if line.steps is Steps.LAST]))
        if group.direction < 0:
            yield from at_end
        yield from self._rounds(group)
        if group.direction > 0:
            yield from at_end

    def _last_step(self, lines: list[Line]) -> Iterator[str]:
        if lines:
            yield "if last:"
        passing = {Node("timed", (), x.node.shape, (x.target, 0)): x.node for x in lines if x.target in self.passing}
        for line in lines:
            if line.target not in self.passing:
                whole = replace(line, node=_put_in(line.node, passing))
                place = f"{self.pads[line.target].before} + steps - 1"
                yield f"    {self.identifier(line.target)}[{place}, ...] = {self._at(whole, 'steps')}"

    def _rounds(self, group: Group) -> Iterator[str]:
        plan = self.plans[group]
        end = _END[plan.inside[0][0].steps]
        hoist = _Hoist(group.targets)
        bodies = [(line, hoist.lifted(node)) for line, node in plan.inside]
        rows: dict[Node, str] = {}
        backwards = "[::-1]" if group.direction < 0 else ""
        for node in hoist.constant:
            rows[node] = self._temporary()
            yield f"{rows[node]} = {Writer(self.names, None, plain=self.plain).text(node)}"
        changing = {}
        for node in hoist.changing:
            rows[node], changing[node] = self._temporary(), self._temporary()
            text = self._over(node, "0", end)
            yield f"{changing[node]} = {f'listed({text})' if self.scalars else text}{backwards}"
        reads = {n.data for _, node in plan.inside for n in node.walk() if n.op == "timed"}
        carried = sorted({(v, k) for v, shift in reads if v in group.targets for k in _up_to(shift)}, key=str)
        for variable, shift in carried:
            yield f"{self._local(variable, shift)} = {self._entering(variable, shift, group.direction, end)}"
        stored = [line for line, _ in plan.inside if line.target in plan.stored]
        if self.scalars:
            for line in stored:
                yield f"{self.identifier(line.target)}_rows = []"
        rescaled = ", ".join(self._local(v, 0) for v in self.rescaled if v in group.targets)
        if rescaled:
            yield f"{EXPONENT}, {LOST} = zeros(()), zeros(())"
        places = {line.target: f"{self.identifier(line.target)}_row" for line in stored if self._is_put(line)}
        given = [*(changing[node] for node in hoist.changing), *(f"{self._inside(t, end)}{backwards}" for t in places)]
        taken = [*(rows[node] for node in hoist.changing), *places.values()]
        if self.in_place:
            buffers = Buffers(self._writer(rows), [body for _, body in bodies], rows)
            step: list[str] = []
            for line, body in bodies:
                step += buffers.statements(body, self._local(line.target, 0), places.get(line.target))
            yield from (f"{name} = room({shape})" for name, shape in buffers.shapes.items())
            step += self._turned(carried, buffers)
        else:
            step = [*self._statements(bodies, rows, plan.stored, places)]
        counter = f"range({end})" if group.direction > 0 else f"range({end} - 1, -1, -1)"
        head = f"for {', '.join(['k', *taken])} in zip({', '.join([counter, *given])}):"
        yield head if given else f"for k in {counter}:"
        if rescaled:
            step.append(f"{rescaled}, {EXPONENT}, {LOST} = rescaled({EXPONENT}, {LOST}, {rescaled})")
        yield from (f"    {text}" for text in (*step, *self._handed_on(carried)))
        if self.scalars:
            for line in stored:
                yield f"{self._inside(line.target, end)} = {self.identifier(line.target)}_rows{backwards}"
        for line in plan.after:
            yield from self._map(line)

    def _statements(
        self,
        bodies: list[tuple[Line, Node]],
        rows: dict[Node, str],
        stored: Container[Expr],
        places: Mapping[MatrixExpr, str],
    ) -> Iterator[str]:
        """The statements of a step, with names for what is used twice."""
        inside = [list(body.walk(rows)) for _, body in bodies]
        common = _used_twice(inside)
        for (line, body), nodes in zip(bodies, inside):
            for node in nodes:
                if node in common and node not in rows:
                    text = self._writer(rows).text(node)
                    rows[node] = self._temporary()
                    yield f"{rows[node]} = {text}"
            yield from self._statement(line, body, rows, line.target in stored, places.get(line.target))

    def _turned(self, carried: Iterable[tuple[Expr, int]], buffers: Buffers) -> Iterator[str]:
        """Of what is carried on in buffers, the one that is read no more is the next to be filled."""
        oldest: dict[Expr, int] = {}
        for variable, shift in carried:
            oldest[variable] = max(oldest.get(variable, 0), shift, key=abs)
        for variable, shift in oldest.items():
            other = f"{self._local(variable, 0)}_other"
            if other in buffers.shapes:
                yield f"{other} = {self._local(variable, shift)}"

    def _writer(self, rows: dict[Node, str]) -> Writer:
        """Writes what is computed inside a loop."""
        return Writer(self.names, self._local, rows, self.scalars, in_loop=True, plain=self.plain)

    def _inside(self, target: Expr, end: str) -> str:
        """The rows of a series that a loop computes."""
        before = self.pads[target].before
        return f"{self.identifier(target)}[{before}:{before} + {end}]"

    def _is_put(self, line: Line) -> bool:
        """Whether a value can be computed where it is stored: an array of doubles, by an operation that NumPy has."""
        return self.plain and not self.scalars and (self.in_place or bool(line.node.shape))

    def _statement(
        self, line: Line, body: Node, rows: dict[Node, str], is_stored: bool, place: str | None
    ) -> Iterator[str]:
        name = self.identifier(line.target)
        here, writer = self._local(line.target, 0), self._writer(rows)
        if place is not None and body not in rows and body.op in PUT and body.shape:
            yield f"{here} = {writer.put(body, place)}"
            return
        yield f"{here} = {writer.value(body)}"
        if self.scalars and is_stored:
            yield f"{name}_rows.append({here})"
        elif is_stored:
            yield f"{place or name}[{'' if place else f'{self.pads[line.target].before} + k, '}...] = {here}"

    def _local(self, variable: Expr, shift: int) -> str:
        if variable is None:
            return "(start + k + 1)" if self.plain else "number(start + k + 1)"
        name = self.identifier(variable)
        return f"{name}_here" if not shift else f"{name}_{'back' if shift < 0 else 'next'}{abs(shift)}"

    def _entering(self, variable: Expr, shift: int, direction: int, end: str) -> str:
        """What a loop finds at its first round: a row before the first step, or after the last one it computes."""
        if variable in self.carried_only:
            row = f"{self.identifier(variable)}_before[{self.pads[variable].before + shift}]"
            return f"single({row})" if self.scalars else row
        row = f"{self.identifier(variable)}[{self.pads[variable].before + shift}" + (
            "]" if direction > 0 else f" + {end} - 1]"
        )
        return f"single({row})" if self.scalars else row

    def _handed_on(self, carried: Iterable[tuple[Expr, int]]) -> Iterator[str]:
        for variable, shift in sorted(carried, key=lambda read: -abs(read[1])):
            nearer = shift + (1 if shift < 0 else -1)
            yield f"{self._local(variable, shift)} = {self._local(variable, nearer)}"


def _put_in(node: Node, table: dict[Node, Node]) -> Node:
    """A node of one step with the nodes of others in their place, to the end."""
    while any(n in table for n in node.walk()):
        node = rebuilt(node, table)
    return node


def _can_wait(line: Line, lines: list[Line], carried_only: set[Expr], is_small: bool) -> bool:
    """Whether a series is filled after the loop, all at once: it is cheap, and no other step waits for it."""
    if {v for v, _ in line.reads} & carried_only:
        return False
    if any(v == line.target and shift for other in lines for v, shift in other.reads):
        return False
    return _is_cheap(line.node, is_small)


def _multiplied_out(node: Node, waiting: list[Line]) -> Node:
    """A product with the factors of products that wait, so that those factors which wait for no step come together."""
    if node.op != "multiply":
        return node
    products = {Node("timed", (), x.node.shape, (x.target, 0)): x.node for x in waiting if x.node.op == "multiply"}
    return multiply(*(products.get(a, a) for a in node.args))


def _is_cheap(node: Node, is_small: bool) -> bool:
    above = [n for n in node.walk() if n.args]
    if len(above) == 1 and node.op == "slice":
        return True
    products = ("matvec", "transpose") if is_small else ()
    return len(above) <= CHEAP and all(n.op in ("add", "multiply", *products) for n in above)


def _written_out(bodies: list[Node], all_of_them: bool, plain: bool) -> list[Node]:
    """The bodies of a loop with activations written out: all, or those whose slope is there too, as they share much.

    Doubles are computed in the same call that stores them.
    """
    calls: dict[tuple[str, tuple[Node, ...]], set[Node]] = {}
    for body in bodies:
        for node in body.walk():
            if node.op == "call":
                calls.setdefault((node.data[0], node.args), set()).add(node)
    table = {
        n: definition(*n.data, *n.args) for found in calls.values() if all_of_them or len(found) > 1 for n in found
    }
    if plain and not all_of_them:
        alone = [n for found in calls.values() if len(found) == 1 for n in found]
        table |= {n: with_one_exponential(definition(*n.data, *n.args)) for n in alone}
    return [rebuilt(body, table) for body in bodies] if table else bodies


def _used_twice(bodies: list[list[Node]]) -> set[Node]:
    """What is computed from others and used more than once, or is a body and used in another."""
    uses: Counter[Node] = Counter()
    for node in {node for nodes in bodies for node in nodes}:
        uses.update(a for a in set(node.args) if a.args)
    uses.update(nodes[-1] for nodes in bodies if nodes and nodes[-1].args)
    return {node for node, times in uses.items() if times > 1}


class _Hoist:
    """Takes out of the body of a loop what does not change in it, and what changes but waits for no other step."""

    def __init__(self, targets: set[Expr]) -> None:
        self.targets = targets
        self.constant: list[Node] = []
        self.changing: list[Node] = []

    def lifted(self, node: Node) -> Node:
        """The node, in which all that was taken out is a node in one of the lists."""
        if not self._goes_round(node):
            self._take(node)
            return node
        if node.op in ("add", "multiply"):
            free = [a for a in node.args if not self._goes_round(a) and a.op != "number"]
            bound = [a for a in node.args if self._goes_round(a) or a.op == "number"]
            if len(free) > 1 and _fits(free, node):
                joined = entrywise(node.op, *free)
                self._take(joined)
                return Node(node.op, [*map(self.lifted, bound), joined], node.shape)
        return Node(node.op, [self.lifted(a) for a in node.args], node.shape, node.data)

    def _goes_round(self, node: Node) -> bool:
        return any(n.op == "timed" and n.data[0] in self.targets for n in node.walk())

    def _take(self, node: Node) -> None:
        if _is_timed(node):
            if node not in self.changing:
                self.changing.append(node)
        elif node.args and node not in self.constant:
            self.constant.append(node)


def _up_to(shift: int) -> range:
    """The shifts on the way from the next step to one that is read: what is read two steps on is carried over one."""
    return range(1, shift + 1) if shift > 0 else range(-1, shift - 1, -1)


def _fits(parts: list[Node], node: Node) -> bool:
    """Whether parts put together have the shape of the whole, so that none is spread out in vain."""
    return entrywise("add", *parts).shape == node.shape


def _is_timed(node: Node) -> bool:
    return any(n.op in ("timed", "step") for n in node.walk())


_END = {Steps.EVERY: "steps", Steps.BEFORE_LAST: "inner"}
