"""Claims about the norms of the Jacobians of a cell: how fast gradients vanish or explode, for all steps and sizes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import sympy
from flint import arb, fmpq
from sympy import Expr, Symbol, srepr

from symgrad.balls import precision
from symgrad.balls.matrices import NotRealError, NoValueError, Surroundings
from symgrad.base.errors import CellError
from symgrad.base.kinds import lines_of
from symgrad.base.untyped import Array
from symgrad.claims.claim import Claim
from symgrad.language.latex import signed
from symgrad.language.statements import Conjunction, Domain, Judged, Relation, Statement, free_symbols
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.norms.context import Context
from symgrad.norms.points import SEED, at_random, numbers, oblique, scales, special, whole_numbers
from symgrad.norms.reading import declared, statement_of
from symgrad.norms.refutations import BITS, Place, Sides, shown_at
from symgrad.norms.relation import CONDITIONS, NormRelation, scalars_in, sizes_in, text_of, verdict_on
from symgrad.norms.scopes import BoundVariableError, moved
from symgrad.prove.places.witnesses import NO_VALUE
from symgrad.reading.text import names_in
from symgrad.recurrent.cells.cell import Cell, argument_name
from symgrad.recurrent.cells.losses import as_loss
from symgrad.recurrent.cells.scalar_slopes import has_kinks
from symgrad.recurrent.cells.step_names import demand_steps_alone
from symgrad.recurrent.forms.state_jacobians import StateJacobian, moving_parameter, without_jacobians
from symgrad.recurrent.forms.step_domains import Steps, check_times
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.oracle import far_runs, searched_runs
from symgrad.recurrent.oracle.filled import exactly, filled, is_square, plain_shape, shape_at, unwrapped
from symgrad.recurrent.oracle.runs import argument_names, is_in_time, run_forward, surroundings
from symgrad.recurrent.text.from_text import read_cell
from symgrad.recurrent.text.statements import CellReader
from symgrad.symbols import (
    LENGTH,
    TIME,
    Elementwise,
    ParameterMatrix,
    declared_shape,
    shape_of,
    size_symbols,
)
from symgrad.symbols.notation import latex
from symgrad.symbols.operations import summed

LENGTHS = (1, 2, 3)  # of runs, unless the conditions want others
SPECIAL_RUNS = (32, 14, 4)  # of the shortest runs first
STATE_SIZES, OTHER_SIZE = (2, 1, 3), 1  # special runs are of the first of these sizes, random ones of all
RANDOM_RUNS = 6
FEW_TIMES = 3  # values of t and of the indices in a run of a search
STARTS = tuple(fmpq(k, 4) for k in (4, -4, 6, -6, 8, -8, 2, -2, 3, -3, 10, -10, 14, -14))  # of initial states
Run: TypeAlias = tuple[dict[Symbol, int], dict[str, Any], dict[Symbol, Any]]


def cell_claim(
    cell: Cell | str | Iterable[str],
    says: Any,
    op: str | None = None,
    rhs: Expr | None = None,
    *,
    where: Iterable[str] = (),
    id: str = "",
    source: str = "",
    expect: str = "holds",
) -> Claim:
    """A claim about norms and spectral radii in which Jacobians of a cell stand.

    It is about all weights, inputs, initial states, sizes and steps.

    Parameters
    ----------
    cell : Cell, str or iterable of str
        A cell, or its equations as text, as `read_cell` reads them; shapes are then declared among the conditions.
    says : str or Expr
        The whole statement as text, or its left side. Names are those of the cell; the Jacobian of h_T with respect to
        h_0 is written ``dh[T]/dh[0]`` or ``dh_T/dh_0`` in text, and `state_jacobian` of both in Python.
    op : {"==", "!=", "<", "<=", ">", ">="}, optional
        The relation, where the two sides are given apart.
    rhs : str or Expr, optional
        The right side.
    where : iterable of str or condition
        Conditions, such as ``["norm(W) < 1"]``, and shapes of matrices and vectors, as in ``["W matrix (n, n)"]``.
    id : str
        By which reports and documents name the claim.
    source : str
        Where the statement is from.
    expect : {"holds", "refuted"}
        What is expected of it: an erratum is expected to be refuted.

    Returns
    -------
    Claim
        For `verify`, documents and claim files.

    Raises
    ------
    ParseError
        If a text is no statement, or names what the cell does not have; it points at the place.
    CellError
        If the cell, a step or a Jacobian of the statement is none that the cell has.
    ClaimError
        If one side is missing, the conditions leave no step, or `expect` is neither.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> shapes = {"h": n, "x": m, "W": (n, n), "U": (n, m), "b": n}
    >>> cell = sg.read_cell("h[t] = sigmoid(W @ h[t-1] + U @ x[t] + b)", shapes)
    >>> print(sg.verify(sg.cell_claim(cell, "norm(dh[T]/dh[0]) <= (norm(W)/4)**T")).outcome.name)
    PROVED
    >>> sg.verify(sg.cell_claim(cell, "norm(dh[T]/dh[0]) <= (spectral_radius(W)/4)**T")).witness.point["W"]
    '[[0, 1], [0, 0]]'

    The cell as text:

    >>> shapes = ["h, b vector (n)", "W matrix (n, n)"]
    >>> step = "h[t] = tanh(W @ h[t-1] + b)"
    >>> sg.verify(sg.cell_claim(step, "norm(dh[T]/dh[0]) <= norm(W)**T", where=shapes)).outcome.name
    'PROVED'
    """
    conditions = [where] if isinstance(where, str) else list(where)
    names, rest = declared(conditions)
    if not isinstance(cell, Cell):
        cell, names = _read(cell, names)
    for equation in cell.equations:
        for side in equation.sides:
            demand_steps_alone(side, str(equation))
    starts = {argument_name(border): border for border in cell.borders}
    spoken = " ".join(part for part in (says, rhs, *rest) if isinstance(part, str))
    unnamed = {v.name for v in cell.defined} - {e.left.name for e in cell.equations}
    hidden = {name for name in unnamed if not re.search(rf"\b{name}\[", spoken)}  # those names are free for others
    of_cell = {v.name: v for v in (*cell.defined, *cell.inputs, *cell.parameters) if v.name not in hidden}
    known = {**starts, **of_cell, **names}
    statement, domain = statement_of(says, op, rhs, known, rest, reader=CellReader)
    return Claim(_about(cell, statement, domain), domain, id=id, source=source, expect=expect)


def _read(text: str | Iterable[str], names: Mapping[str, ParameterMatrix]) -> tuple[Cell, dict[str, ParameterMatrix]]:
    """A cell from its equations, and what is declared besides."""
    lines = lines_of(text, "cell_claim takes a Cell, or its equations as text")
    used = {name for line in lines for name in names_in(line)}
    shapes = {name: declared_shape(matrix) for name, matrix in names.items() if name in used}
    return read_cell("\n".join(lines), shapes), {name: m for name, m in names.items() if name not in used}


def _about(cell: Cell, statement: Statement, domain: Domain) -> Statement:
    if isinstance(statement, Conjunction):
        return Conjunction(tuple(_about(cell, part, domain) for part in statement.parts))
    assert isinstance(statement, NormRelation), "claims about norms are made of relations between them"
    if not cell.states:
        raise CellError("the cell has no state: none of its variables stands at an earlier step, as h[t-1] does")
    made = CellRelation(cell, statement.relation)
    check_times((*made.expressions, *domain.conditions))
    made.by_rules, made.ruled(domain)  # a Jacobian that the cell does not have is told now
    Steps.of(cell, made.expressions, domain)  # and that no step is left of the domain
    return made


class _BySlopes(Backward):
    """The rules with slopes as functions of pre-activations, of which bounds are known."""

    slopes_in_output = False


AT_KINKS = "where a case changes, the slope is the one that programs take"
DELICATE = "a slope of the cell has no value in the form that the rules give it, and may have one all the same,"


def shown_place(verdict: Verdict) -> str:
    """The point of a witness."""
    point = verdict.witness.point if verdict.witness else {}
    return ", ".join(f"{name} = {value}" for name, value in point.items())


@dataclass(frozen=True)
class CellRelation(Judged):
    """The statement that a relation holds between norms of Jacobians, states and weights of a cell.

    Attributes
    ----------
    cell : Cell
    relation : Relation
    """

    cell: Cell
    relation: Relation

    @property
    def expressions(self) -> tuple[Expr, ...]:
        return self.relation.expressions

    @cached_property
    def grad(self) -> Backward:
        state = self.cell.states[0]
        rules = _BySlopes if shape_of(state) else Backward  # of one unit, slopes are bounded by what the output is
        return rules(self.cell, as_loss(summed(state) if shape_of(state) else state), "last")

    @cached_property
    def by_rules(self) -> Relation:
        """The relation with each Jacobian as the rules give it."""
        left, right = (without_jacobians(self.grad, e) for e in self.expressions)
        return Relation(left, self.relation.op, right)

    def ruled(self, domain: Domain) -> Domain:
        """The domain with the Jacobians in its conditions as the rules give them."""
        sides = ((c.func, [without_jacobians(self.grad, side) for side in c.args]) for c in domain.conditions)
        return Domain(domain.sets, tuple(kind(*both, evaluate=False) for kind, both in sides))

    def decided(self, domain: Domain, decide: Callable[[Relation, Domain], Verdict]) -> Verdict:
        moving = moving_parameter(argument_names(self.grad).values(), (*self.expressions, *domain.conditions))
        if moving is not None:
            return Verdict(Outcome.UNDECIDED, "bounds of norms", str(BoundVariableError(moving)))
        steps = Steps.of(self.cell, self.expressions, domain)
        verdict = self._from_start(steps, decide)
        if self._is_doubtful(verdict):
            return Verdict(Outcome.UNDECIDED, verdict.method, f"{DELICATE} at {shown_place(verdict)}")
        rests_on_slopes = self._has_kinks and verdict.holds is not None
        told = [verdict.evidence] if verdict.evidence or not rests_on_slopes else []
        told += [AT_KINKS] if rests_on_slopes else []
        if not verdict.holds:
            return replace(verdict, evidence="; ".join(told))
        told += [f"for {' and '.join(steps.assumed)}"] if steps.assumed else []
        return replace(verdict, evidence="; ".join(told))

    @property
    def _has_kinks(self) -> bool:
        """Whether a slope is spoken of that has no value where a case of the cell changes."""
        is_about_slopes = any(e.atoms(StateJacobian) for e in self.expressions)
        return is_about_slopes and any(has_kinks(e.right) for e in self.cell.steps)

    def _is_doubtful(self, verdict: Verdict) -> bool:
        """Whether a refutation rests on a slope without a value that may have one, as that of h**k at 0 for k = 1."""
        witness = verdict.witness
        if verdict.outcome is not Outcome.REFUTED or witness is None or NO_VALUE not in (witness.left, witness.right):
            return False
        if not any(e.atoms(StateJacobian) for e in self.expressions):
            return False
        powers = (p for e in self.cell.steps for p in e.right.atoms(sympy.Pow))
        return any(p.exp.free_symbols for p in powers) or any(
            e.right.has(sympy.sinc, sympy.Sum, sympy.Product) for e in self.cell.steps
        )

    def _from_start(self, steps: Steps, decide: Callable[[Relation, Domain], Verdict]) -> Verdict:
        """The verdict with t and T at 0 as cases of their own, as what holds of later steps is not there."""
        start = next((s for s in (LENGTH, TIME) if steps.may_start_at_0(s)), None)
        if start is None:
            return self._decided_later(replace(steps, domain=_without_0(steps.domain, (LENGTH, TIME))), decide)
        later = replace(steps, domain=_without_0(steps.domain, (start,)))
        is_left = not later.domain.set_of(start).is_empty
        found = [_at_start(self, start, steps.domain, decide)] if self._speaks_of(start) or not is_left else []
        found += [self._from_start(later, decide)] if is_left else []
        return _of_all(found)

    def _decided_later(self, steps: Steps, decide: Callable[[Relation, Domain], Verdict]) -> Verdict:
        """The verdict where t and T are at least 1."""
        definitions = {
            e.left.key: _at(e.right) for e in self.cell.steps if isinstance(e.right, Elementwise | sympy.Function)
        }
        equations = {e.left.key: _at(e.right) for e in self.cell.steps}
        unnamed = frozenset(equations) - {e.left.key for e in self.cell.equations}
        within = Context(decide, self.ruled(steps.domain), definitions, equations, unnamed, frozenset({TIME, LENGTH}))

        def further(relation: Relation) -> Iterator[Place]:
            return chain(self._searched_places(steps, relation, within.domain), self._far_places(steps))

        return verdict_on(self.by_rules, within, lambda: self._places(steps), further)

    def _speaks_of(self, step: Symbol) -> bool:
        return any(step in free_symbols(e) for e in self.expressions)

    def _places(self, steps: Steps) -> Iterator[Place]:
        for most, length in zip(SPECIAL_RUNS, steps.lengths(LENGTHS)):
            yield from self._places_of(steps, length, self._arguments(steps, length, most))

    def _far_places(self, steps: Steps) -> Iterator[Place]:
        # Times of long runs are too many where there are several of them.
        usual = (*far_runs.SHORT, far_runs.LONG) if len(steps.indices) < 2 else far_runs.SHORT
        for most, length in zip(far_runs.RUNS, steps.lengths(usual)):
            yield from self._places_of(steps, length, self._far_arguments(steps, length, most), far_runs.TIMES)

    def _searched_places(self, steps: Steps, relation: Relation, domain: Domain) -> Iterator[Place]:
        """Places at the ends of all conditions together, and those to which a search leads from there."""
        sides = Sides(relation, domain)
        is_beside_0 = any(e == 0 for e in relation.expressions)
        sizes = next((s for k in STATE_SIZES if (s := self._sizes(k, steps.domain)) is not None), None)
        if sizes is None:
            return
        for length in steps.lengths(searched_runs.LENGTHS):
            search = self._search(steps, length)
            runs = (self._chosen(chosen, steps, sizes, length) for chosen in search.choices())
            for place in self._places_of(steps, length, runs, FEW_TIMES):
                search.note(searched_runs.room(relation.op, sides.at(place), is_beside_0))
                yield place

    def _search(self, steps: Steps, length: int) -> searched_runs.Search:
        """A search in which each argument is a number, and each input one for each step."""
        domain = steps.domain
        keys = argument_names(self.grad) | {str(s): s for s in self._other_scalars(steps)}
        limits = searched_runs.limits_on(keys, domain)
        families: dict[searched_runs.Coordinate, list[fmpq]] = {}
        for name, key in keys.items():
            if isinstance(key, Symbol):
                values = searched_runs.ends_of_set(key, domain)
            else:
                values = searched_runs.ends_of_limits(limits.get(name, []), key)
            families |= {(name, k): values for k in (range(1, length + 1) if is_in_time(key) else (0,))}
        return searched_runs.Search(families, [c for c in families if getattr(keys[c[0]], "is_integer", False)])

    def _chosen(
        self, chosen: Mapping[tuple[str, int], Array], steps: Steps, sizes: dict[Symbol, int], length: int
    ) -> Run:
        """The run in which each argument has one number in all its places, a square one on its diagonal."""
        drawn = {}
        for name, key in argument_names(self.grad).items():
            shape = shape_at(key, sizes)
            if is_in_time(key):
                drawn[name] = np.array([filled(shape, chosen[name, k]) for k in range(1, length + 1)], dtype=object)
            else:
                drawn[name] = filled(shape, chosen[name, 0])
        return sizes, drawn, {s: chosen[str(s), 0] for s in self._other_scalars(steps)}

    def _places_of(
        self, steps: Steps, length: int, runs: Iterator[Run], most_times: int | None = None
    ) -> Iterator[Place]:
        """The places in runs of so many steps, at all values of t and of the indices or at some of them."""
        has_t = self._speaks_of(TIME) or any(TIME in free_symbols(c) for c in steps.domain.conditions)
        every = list(steps.times(length))
        if not has_t:  # the last such t will do
            every = list({tuple(times[s] for s in steps.indices): times for times in every}.values())
        if most_times is not None:
            every = every[:: -(-len(every) // most_times)] if len(every) > most_times else every
        for sizes, arguments, scalars in runs:
            try:
                around = self._run(arguments, {**sizes, LENGTH: length}, scalars)
            except CellError:  # nothing is certain there
                continue
            for times in every:
                known = {**sizes, **times}
                shown = {s: k for s, k in known.items() if s != TIME or has_t}
                values = {s: fmpq(k) for s, k in known.items()} | scalars | self._given(arguments)
                at = {s: times[s] for s in steps.indices}
                told = shown_at(shown, arguments | scalars)
                yield Place(around, values, told, times[TIME], at, tuple(range(1, length + 1)))

    @cached_property
    def _tapes(self) -> dict[Any, Any]:
        """What is compiled once for all runs."""
        return {}

    def _run(
        self, arguments: dict[str, Array], sizes: Mapping[Symbol, int], scalars: Mapping[Symbol, object]
    ) -> Surroundings:
        with precision(BITS):
            around = surroundings(self.grad, arguments, sizes)
            around.tapes = self._tapes
            around.parameters.update(scalars)
            run_forward(self.grad, around, as_far_as_possible=True)
        if not all(isinstance(fault, NoValueError | NotRealError) for fault in around.missing.values()):
            raise CellError("a variable of the cell has no certain value")
        return around

    def _given(self, arguments: Mapping[str, Array]) -> dict[Symbol, Array]:
        """The scalars among the parameters."""
        keys = argument_names(self.grad)
        return {keys[name]: value for name, value in arguments.items() if isinstance(keys[name], Symbol)}

    def _other_scalars(self, steps: Steps) -> list[Symbol]:
        """The scalars that a claim speaks of and the cell does not."""
        own = scalars_in(*self.expressions) | (set(steps.domain.symbols) - sizes_in(*self.expressions))
        return sorted(own - {*argument_names(self.grad).values(), *steps.indices, TIME, LENGTH}, key=str)

    def _far_arguments(self, steps: Steps, length: int, most: int) -> Iterator[Run]:
        """Sizes, arguments and further scalars of runs with large weights, or with some of them at 0."""
        domain, keys = steps.domain, argument_names(self.grad)
        sizes = next((s for k in STATE_SIZES if (s := self._sizes(k, domain)) is not None), None)
        if sizes is None:
            return
        factors = far_runs.factors_for(self.expressions, domain.conditions)
        others = {str(s): s for s in self._other_scalars(steps)}
        initial = {argument_name(s) for s in self.grad.borders}
        shapes = {name: shape_at(key, sizes) for name, key in keys.items()}
        families: dict[str, list[Array]] = {}
        still: dict[str, Array] = {}
        for name, key in (keys | others).items():
            if isinstance(key, Symbol):
                families[name] = far_runs.values_of(key, domain, factors)
            elif is_in_time(key):
                still[name] = np.full((length, *plain_shape(shapes[name])), fmpq(0), dtype=object)
            elif name not in initial:
                shape = shapes[name]
                if is_square(shape):
                    families[name] = far_runs.squares_of(shape[0], factors)
                else:
                    biases = far_runs.SATURATING if shape[-1:] == (1,) else (0,)
                    families[name] = [unwrapped(np.full(shape, fmpq(v), dtype=object)) for v in biases]
        if not all(families.values()):
            return
        rest = {name: family[0] * 0 for name, family in families.items()}
        for weights, start in far_runs.runs(far_runs.choices(families, rest), most):
            states = {name: unwrapped(np.full(shapes[name], start, dtype=object)) for name in initial}
            drawn = {name: value for name, value in weights.items() if name not in others}
            yield sizes, still | drawn | states, {others[name]: weights[name] for name in others}
        is_unit = len(initial) == 1 and not any(shapes.values())
        if is_unit and length == far_runs.LONG:
            (name,) = initial
            for weights in far_runs.turning(families, rest):
                drawn = still | {key: value for key, value in weights.items() if key not in others}
                start = self._fixed_point(name, drawn, sizes)
                if start is not None:
                    yield sizes, drawn | {name: start}, {others[key]: weights[key] for key in others}

    def _fixed_point(self, name: str, arguments: dict[str, Array], sizes: Mapping[Symbol, int]) -> fmpq | None:
        """A start of the one state, a unit, that a step hardly changes."""
        keys = argument_names(self.grad)
        first = {key: value[:1] if is_in_time(keys[key]) else value for key, value in arguments.items()}

        def change(start: fmpq) -> float:
            after = self._after_a_step(first | {name: start}, sizes, 1)
            value = after[self.cell.states[0].key]
            if not isinstance(value, arb):
                raise CellError("a step leads to no real number")
            return float(value.mid()) - float(start)

        try:
            return far_runs.fixed_point(change)
        except CellError:  # a function of the cell has no real value on the way
            return None

    def _arguments(self, steps: Steps, length: int, most: int) -> Iterator[Run]:
        """Sizes, arguments and further scalars of runs: special weights with nothing else first, then random ones."""
        domain = steps.domain
        keys = argument_names(self.grad)
        others = self._other_scalars(steps)
        generator = random.Random(SEED)
        every = {str(sizes): sizes for size in STATE_SIZES if (sizes := self._sizes(size, domain)) is not None}
        for first, sizes in enumerate(every.values()):
            shapes = {name: shape_at(key, sizes) for name, key in keys.items()}
            factors = scales(*self.expressions, *domain.conditions)
            families = {name: self._family(key, shapes[name], domain, length, factors) for name, key in keys.items()}
            for name, limits in searched_runs.limits_on(keys, domain).items():
                families[name] = searched_runs.meeting(limits, keys[name], families[name])
            count = max(map(len, families.values()), default=1)
            for place in range(min(count, most) if not first else 0):
                drawn = {name: family[place % len(family)] for name, family in families.items()}
                further = {s: _one(numbers(s, domain.set_of(s)), place) for s in others}
                yield sizes, drawn, further
                rested = self._at_rest(drawn, sizes, length) if length > 1 else None
                if rested is not None:
                    yield sizes, rested, further
            if not first and most == SPECIAL_RUNS[0]:
                further = {s: _one(numbers(s, domain.set_of(s)), 0) for s in others}
                yield from ((sizes, drawn, further) for drawn in self._from_starts(keys, shapes, domain, length))
            for _ in range(RANDOM_RUNS):
                drawn = {n: self._random(k, shapes[n], domain, length, generator) for n, k in keys.items()}
                yield sizes, drawn, {s: generator.choice(numbers(s, domain.set_of(s))) for s in others}

    def _from_starts(
        self, keys: Mapping[str, Expr], shapes: Mapping[str, tuple[int, ...]], domain: Domain, length: int
    ) -> Iterator[dict[str, Array]]:
        """Runs from several initial states, as slopes may be largest away from 0, or differ from unit to unit."""
        initial = {argument_name(s) for s in self.grad.borders}
        squares = [name for name, shape in shapes.items() if is_square(shape)]
        plain = {name: self._family(key, shapes[name], domain, length, (fmpq(1),))[0] for name, key in keys.items()}
        unit = {name: np.eye(shapes[name][0], dtype=int) * fmpq(1) for name in squares}
        for weights in (unit, {name: oblique(shapes[name][0]) for name in squares}) if squares else ({},):
            for start in STARTS:
                states = {name: unwrapped(np.full(shapes[name], start, dtype=object)) for name in initial}
                yield plain | weights | states

    def _at_rest(self, drawn: dict[str, Array], sizes: Mapping[Symbol, int], length: int) -> dict[str, Array] | None:
        """The same with biases and initial states for which all arguments of activations are 0 at every step.

        There slopes are largest in most cells. Nothing where the states are no fractions, or are not reached so.
        """
        biases = {e.left: b for e in self.cell.steps if (b := _bias(e.right)) is not None}
        if set(biases) != set(self.cell.preactivations) or len(set(biases.values())) < len(biases):
            return None
        found = dict(drawn)
        for _ in range(2):  # the states first, and then the biases for them
            try:
                before = self._after_a_step(found, sizes, length)
            except CellError:
                return None
            new = {b.name: exactly(found[b.name] - before[left.key]) for left, b in biases.items()}
            if any(v is None for v in new.values()):
                return None
            after = self._after_a_step(found | new, sizes, length)
            new |= {argument_name(s): exactly(after[s.at(TIME).key]) for s in self.grad.initial_states}
            if any(v is None for v in new.values()):
                return None
            found |= new
        return found

    def _after_a_step(
        self, arguments: Mapping[str, Array], sizes: Mapping[Symbol, int], length: int
    ) -> dict[tuple[str, str], Array]:
        """The values of all variables at step 1, by their keys."""
        with precision(BITS):
            around = surroundings(self.grad, arguments, {**sizes, LENGTH: length})
            run_forward(self.grad, around)
        return {key: unwrapped(v) if isinstance(v, np.ndarray) else v for (key, k), v in around.timed.items() if k == 1}

    def _sizes(self, size: int, domain: Domain) -> dict[Symbol, int] | None:
        """All sizes, that of states the one given where the conditions allow it; nothing where they leave none."""
        of_states = size_symbols(self.cell.states)
        every = size_symbols((*argument_names(self.grad).values(), *self.cell.defined))
        found = {}
        for s in sorted(every, key=str):
            wanted = size if s in of_states else OTHER_SIZE
            near = whole_numbers(domain.set_of(s), (wanted,))
            if not near:
                return None
            found[s] = near[0]
        return found

    @staticmethod
    def _family(
        key: Expr, shape: tuple[int, ...], domain: Domain, length: int, factors: tuple[fmpq, ...]
    ) -> list[Array]:
        """Square weights take special values; all else that is not square is zero."""
        if isinstance(key, Symbol):
            return numbers(key, domain.set_of(key))
        if is_in_time(key):
            return [np.full((length, *plain_shape(shape)), fmpq(0), dtype=object)]
        if is_square(shape):
            found = special(shape[0], shape[1], factors)
            # Powers of the identity do not vanish, as those of a nilpotent matrix do.
            return found if length == 1 else [*(np.eye(shape[0], dtype=int) * f for f in factors), *found]
        return [unwrapped(np.full(shape, fmpq(0), dtype=object))]

    @staticmethod
    def _random(key: Expr, shape: tuple[int, ...], domain: Domain, length: int, generator: random.Random) -> Array:
        if isinstance(key, Symbol):
            return generator.choice(numbers(key, domain.set_of(key)))
        rows, columns = shape if shape else (1, 1)
        if is_in_time(key):
            steps = [unwrapped(at_random(rows, columns, generator)) for _ in range(length)]
            return np.array([s if shape else s[0] for s in steps], dtype=object)
        drawn = unwrapped(at_random(rows, columns, generator))
        return drawn if shape else drawn[0]

    def slips(self) -> Iterator[tuple[str, CellRelation]]:
        for name, other in NormRelation(self.relation).slips():
            yield name, replace(self, relation=other.relation)

    @property
    def latex_sides(self) -> tuple[str, str]:
        return latex(self.relation.lhs), signed(self.relation.op, self.relation.rhs)

    @property
    def facts(self) -> list[str]:
        cell = [text for e in self.cell.equations for text in (srepr(e.left), srepr(e.right))]
        return ["norms of a cell", self.relation.op, *map(srepr, self.expressions), *cell]

    def __str__(self) -> str:
        return text_of(self.relation)


def _at(e: Expr) -> Callable[[Any], Any]:
    return lambda time: e.subs(TIME, time)


def _without_0(domain: Domain, steps: Iterable[Symbol]) -> Domain:
    """The domain where t or T is at least 1."""
    for step in steps:
        domain = domain.restricted(step, domain.set_of(step).intersect(sympy.Range(1, sympy.oo)))
    return domain


def _at_start(
    said: CellRelation, step: Symbol, domain: Domain, decide: Callable[[Relation, Domain], Verdict]
) -> Verdict:
    """The verdict where t or T is 0."""
    table = {step: sympy.S.Zero}
    left, right = (moved(e, table) for e in said.expressions)
    rest = Domain(
        tuple((s, values) for s, values in domain.sets if s != step), tuple(moved(c, table) for c in domain.conditions)
    )
    there = replace(said, relation=Relation(left, said.relation.op, right))
    try:
        verdict = there.decided(rest, decide)
    except CellError as error:
        return Verdict(Outcome.UNDECIDED, "steps", f"at {step} = 0: {error}")
    if verdict.witness is None:
        return replace(verdict, evidence=f"at {step} = 0: {verdict.evidence}")
    return replace(verdict, witness=replace(verdict.witness, point={**verdict.witness.point, str(step): "0"}))


def _of_all(found: list[Verdict]) -> Verdict:
    """One verdict for all cases that there are: the one that is against it, or the weakest."""
    found = [v for v in found if v.method != CONDITIONS] or found
    against = next((v for v in found if v.holds is False), None)
    if against is not None:
        return against
    weakest = next((v for v in found if not v.holds), None)
    if weakest is not None:
        return weakest
    weakest = max(found, key=lambda v: v.outcome is Outcome.CERTIFIED)
    return replace(weakest, evidence="; ".join(v.evidence for v in found))


def _bias(e: Expr) -> ParameterMatrix | None:
    """A parameter that is a term of its own in an argument of an activation."""
    plain = [a for a in e.args if isinstance(a, ParameterMatrix)] if isinstance(e, sympy.MatAdd) else []
    return plain[0] if len(plain) == 1 else None


def _one(values: list[Array], place: int) -> Array:
    return values[place % len(values)]
