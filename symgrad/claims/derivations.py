"""Derivations: title, prose, chains of steps, errata, figures and tables, as one value; and how a file becomes one."""

from __future__ import annotations

import dataclasses
import math
import string
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sympy import Basic, Expr, Symbol

from symgrad.base import near_names
from symgrad.base.copies import Exact
from symgrad.base.errors import ClaimError, DerivationError, SymgradError
from symgrad.base.files import no_derivation
from symgrad.base.reads import Reads, reading
from symgrad.base.shown import ABOVE
from symgrad.claims.claim import Claim, Formula, Where, claim, expression, listed, settled, surroundings, unsettled
from symgrad.language.provable import as_sympy
from symgrad.language.statements import Condition
from symgrad.language.written import copied, substituted
from symgrad.symbols import notation, with_slopes


@dataclass(frozen=True)
class Ref:
    """A reference to the equation, figure or table with this label; ``"file.label"`` points into another derivation."""

    label: str


@dataclass(frozen=True)
class Prose(Exact):
    """A paragraph whose ``{names}`` stand for mathematics, claims or references; its text never holds formulas."""

    template: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def parts(self) -> Iterator[str | object]:
        """The texts and values of the paragraph, in order."""
        for text, name, _, _ in string.Formatter().parse(self.template):
            if text:
                yield text
            if name is not None:
                yield self.values[name]


@dataclass(frozen=True)
class Step(Exact):
    """One line of a chain: ``op expression``, with the reason that takes the previous line to it."""

    op: str
    expression: Expr
    by: str | Prose = ""
    equality_at: Mapping[Symbol, Expr] | None = None
    is_meant: bool = False


@dataclass(frozen=True)
class Chain(Exact):
    """An expression and the steps that lead away from it; each is a claim about the line before."""

    start: Expr
    steps: tuple[Step, ...]
    where: tuple[Condition, ...] = ()
    label: str = ""

    def step_claims(self) -> tuple[tuple[Step, Claim, Claim | None], ...]:
        """For each step its claim and, where it says where equality holds, the claim of that equality."""
        lines = [self.start, *(step.expression for step in self.steps)]
        return tuple(
            (step, self._claim(left, step), self._equality(left, step)) for left, step in zip(lines, self.steps)
        )

    def _claim(self, left: Expr, step: Step) -> Claim:
        return dataclasses.replace(claim(left, step.op, step.expression, where=self.where), is_meant=step.is_meant)

    def _equality(self, left: Expr, step: Step) -> Claim | None:
        if step.equality_at is None:
            return None
        there = dict(step.equality_at)
        sides = (substituted(copied(with_slopes(side)), there) for side in (left, step.expression))
        rest = [condition for condition in self.where if not condition.free_symbols & set(there)]
        return claim(next(sides), "==", next(sides), where=rest)

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(c for _, *claims in self.step_claims() for c in claims if c is not None)


@dataclass(frozen=True)
class Stated:
    """A claim on a line of its own, with a remark; an erratum if it must be refuted."""

    claim: Claim
    remark: str | Prose = ""
    label: str = ""

    @property
    def claims(self) -> tuple[Claim, ...]:
        return (self.claim,)

    @property
    def is_erratum(self) -> bool:
        return self.claim.expect == "refuted"


@dataclass(frozen=True)
class Given(Exact):
    """Equations that define what follows: nothing is claimed of them."""

    equations: tuple[tuple[Basic, Basic], ...]
    label: str = ""


@dataclass(frozen=True)
class Curve(Exact):
    """The graph of an expression over an interval of its variable."""

    label: str | Expr
    of: Expr
    variable: Symbol
    start: Expr
    stop: Expr
    samples: int = 241


@dataclass(frozen=True)
class Orbit(Exact):
    """What a recurrence makes of an expression: the symbols are updated together, `of` is drawn after each step."""

    label: str | Expr
    of: Expr
    updates: Mapping[Symbol, Expr]
    start: Mapping[Symbol, Expr]
    steps: int


@dataclass(frozen=True)
class Points(Exact):
    """Numbers that were measured: found by a computation in doubles, and neither proved nor certain to a digit."""

    label: str | Expr
    xs: tuple[float, ...]
    ys: tuple[float, ...]


@dataclass(frozen=True)
class Field(Exact):
    """Measured numbers over a grid, a row for each of `ys`, drawn as colours between lines of equal height."""

    label: str | Expr
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Figure(Exact):
    """Curves in one frame, or a field; with ``log10`` the vertical axis shows powers of ten, however small."""

    caption: str | Prose
    curves: tuple[Curve | Orbit | Points | Field, ...]
    alt: str
    x_label: str | Expr
    y_label: str | Expr
    log10: bool = False
    label: str = ""

    @property
    def is_measured(self) -> bool:
        return any(isinstance(curve, Points | Field) for curve in self.curves)


Cell: TypeAlias = str | Basic | Claim | Prose


@dataclass(frozen=True)
class Table(Exact):
    """Rows of text, mathematics and claims; a claim is shown with its verdict."""

    caption: str | Prose
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    label: str = ""

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(cell for row in self.rows for cell in row if isinstance(cell, Claim))


@dataclass(frozen=True)
class Section:
    """A part of a derivation under a heading of its own."""

    title: str
    items: tuple[Item, ...]

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(c for item in self.items for c in claims_of(item))


Item: TypeAlias = Prose | Chain | Stated | Given | Figure | Table | Section


def claims_of(item: Item) -> tuple[Claim, ...]:
    """The claims of a part of a derivation; none of what only tells or shows."""
    return () if isinstance(item, Prose | Given | Figure) else item.claims


@dataclass(frozen=True, init=False)
class Derivation:
    """A title, what follows it, and the source it comes from.

    Attributes
    ----------
    title : str
    items : tuple
        What the functions `prose`, `chain`, `statement`, `erratum`, `given`, `figure`, `table`, `section` return.
    source : str
    meanings : mapping of Symbol to str
        What the symbols were declared to mean when the derivation was made.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x", "pre-activation")
    >>> slope = sg.chain(sg.tanh(x).diff(x), sg.equals((1 - sg.tanh(x)) * (1 + sg.tanh(x)), by="factors"))
    >>> [str(claim) for claim in sg.Derivation("The slope of tanh", slope).claims]
    ['1 - tanh(x)**2 == (1 - tanh(x))*(tanh(x) + 1)']
    """

    title: str
    items: tuple[Item, ...]
    source: str
    meanings: Mapping[Symbol, str]

    def __init__(self, title: str, *items: Item, source: str = "") -> None:
        for item in items:
            if not isinstance(item, Item):
                kinds = "prose, chains, statements, given equations, figures, tables, sections"
                raise ClaimError(f"a derivation holds {kinds}; got {type(item).__name__}")
        facts = {"title": title, "items": items, "source": source}
        for name, value in facts.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "meanings", notation.meanings(_symbols(items)))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims in the order of the document, numbered by their ids, with remarks on names that may be slips."""
        found = (c for item in self.items for c in claims_of(item))
        return tuple(self._remarked(c.named(c.id or str(number))) for number, c in enumerate(found, 1))

    def _remarked(self, found: Claim) -> Claim:
        slips = near_names.undeclared((s.name for s in found.domain.symbols), (s.name for s in self.meanings))
        return dataclasses.replace(found, remarks=(*found.remarks, *slips)) if slips else found

    def _repr_html_(self) -> str | None:
        try:
            return ABOVE["page"](self)
        except ImportError:  # the extra `documents` is not installed: there is only the text
            return None


def _symbols(value: object) -> set[Symbol]:
    """The free symbols of everything mathematical inside a value."""
    if isinstance(value, Basic):
        return set(value.free_symbols) | set(value.atoms(Symbol))
    if isinstance(value, Claim):
        return _symbols(value.statement.expressions)
    if isinstance(value, Mapping):
        return set().union(*map(_symbols, value.keys()), *map(_symbols, value.values()))
    if isinstance(value, tuple | list):
        return set().union(*map(_symbols, value))
    fields = getattr(value, "__dataclass_fields__", {})
    return set().union(*(_symbols(getattr(value, name)) for name in fields))


def prose(template: str, /, **values: object) -> Prose:
    """A paragraph; ``{name}`` in the text stands for the value of that name, a SymPy object as its formula."""
    return Prose(template, _checked_values(template, values))


def _checked_values(template: str, values: Mapping[str, object]) -> dict[str, object]:
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ClaimError(f"prose {template[:40]!r}: {error}; write {{{{ and }}}} for braces themselves") from None
    names = {name for _, name, _, _ in fields if name is not None}
    if any(spec or conversion for _, _, spec, conversion in fields) or not all(n.isidentifier() for n in names):
        raise ClaimError(f"prose {template[:40]!r}: braces hold a plain name and nothing else")
    if names != values.keys():
        named, given = ", ".join(sorted(names)) or "nothing", ", ".join(sorted(values)) or "none"
        raise ClaimError(f"prose {template[:40]!r} names {named}; given were {given}")
    return dict(values)


def ref(label: str) -> Ref:
    """A reference, for prose: ``prose("by {it}", it=ref("slope"))``."""
    return Ref(label)


# Which way a step of a chain leads: a reader takes a <= b and b <= c for a <= c.
DIRECTIONS = {"<": 1, "<=": 1, ">": -1, ">=": -1}


def chain(start: Formula, *steps: Step, where: Where = (), label: str = "") -> Chain:
    """A chain of equations and inequalities from `start` on; `equals`, `at_most` and the like make its steps."""
    if not steps:
        raise ClaimError("a chain has at least one step, as in chain(a, equals(b))")
    for step in steps:
        if not isinstance(step, Step):
            raise ClaimError(f"the steps of a chain are made by equals, at_most and the like; got {step}")
    directions = {DIRECTIONS[step.op] for step in steps if step.op in DIRECTIONS}
    if len(directions) > 1:
        ups, downs = (next(s for s in steps if DIRECTIONS.get(s.op) == way) for way in (1, -1))
        raise ClaimError(
            f"a chain goes up or down, for its first line is read with its last; this one has {downs.op} "
            f"{downs.expression} and {ups.op} {ups.expression}: write two chains"
        )
    places = [s for step in steps for s in step.equality_at or ()]
    conditions, _, names = surroundings(listed(where), start, *(step.expression for step in steps), *places)
    lines = (dataclasses.replace(step, expression=settled(step.expression, names)) for step in steps)
    return Chain(settled(_line(start), names), tuple(lines), tuple(conditions), label)


def _line(line: Formula) -> Expr:
    """A line; the symbols of a text are settled by what stands beside it in the chain."""
    return unsettled(expression(line)) if isinstance(line, str) else expression(line)


def equals(line: Formula, by: str | Prose = "", *, is_meant: bool = False) -> Step:
    """The next line of a chain is equal to the one before.

    SymPy evaluates what it is given, so that two lines may come as one expression; such a step says nothing and is
    UNINFORMATIVE, unless `is_meant` tells that this is meant. Text and ``Derivative`` keep what is written.
    """
    return Step("==", _line(line), by, is_meant=is_meant)


def at_most(line: Formula, by: str | Prose = "", equality_at: Mapping[Symbol, Formula] | None = None) -> Step:
    """The line before is at most this; equal to it at the point `equality_at`."""
    return _bound("<=", line, by, equality_at)


def at_least(line: Formula, by: str | Prose = "", equality_at: Mapping[Symbol, Formula] | None = None) -> Step:
    """The line before is at least this; equal to it at the point `equality_at`."""
    return _bound(">=", line, by, equality_at)


def less_than(line: Formula, by: str | Prose = "") -> Step:
    """The line before is less than this."""
    return Step("<", _line(line), by)


def greater_than(line: Formula, by: str | Prose = "") -> Step:
    """The line before is greater than this."""
    return Step(">", _line(line), by)


def _bound(op: str, line: Formula, by: str | Prose, equality_at: Mapping[Symbol, Formula] | None) -> Step:
    place = None if equality_at is None else {s: expression(v) for s, v in equality_at.items()}
    if not all(isinstance(s, Symbol) for s in place or ()):
        raise ClaimError("equality_at has symbols for keys, as in equality_at={x: 0}")
    return Step(op, _line(line), by, place)


def given(*equations: Any, label: str = "") -> Given:
    """Equations that define what follows, as pairs of sides or `Equation`; they are shown and numbered, not checked."""
    return Given(tuple((e.left, e.right) if hasattr(e, "left") else (e[0], e[1]) for e in equations), label)


def statement(
    says: Claim | str, *, remark: str | Prose = "", label: str = "", where: Where = (), is_meant: bool = False
) -> Stated:
    """A claim on a line of its own; for `is_meant` see `equals`."""
    said = says if isinstance(says, Claim) else claim(says, where=where)
    return Stated(dataclasses.replace(said, is_meant=is_meant), remark, label)


def erratum(says: str, *, source: str, remark: str | Prose = "", label: str = "", where: Where = ()) -> Stated:
    """A false statement of a source, shown with its counterexample; the document fails if it is not refuted."""
    return Stated(claim(says, where=where, source=source, expect="refuted"), remark, label)


def _number(formula: Formula) -> Expr:
    """A number to compute with, also from text."""
    return as_sympy(expression(formula))


def curve(
    of: Expr, variable: Symbol, start: Formula, stop: Formula, *, label: str | Expr = "", samples: int = 241
) -> Curve:
    """The graph of `of` for `variable` from `start` to `stop`."""
    return Curve(label if label != "" else of, of, variable, _number(start), _number(stop), samples)


def orbit(
    of: Expr,
    updates: Mapping[Symbol, Expr],
    start: Mapping[Symbol, Formula],
    steps: int,
    *,
    label: str | Expr = "",
) -> Orbit:
    """`of` after 0, 1, …, `steps` simultaneous updates of the symbols, from their values in `start`."""
    return Orbit(label if label != "" else of, of, dict(updates), {s: _number(v) for s, v in start.items()}, steps)


def points(xs: Iterable[float], ys: Iterable[float], *, label: str | Expr) -> Points:
    """Measured numbers `ys` at the places `xs`; a document calls them measured.

    Examples
    --------
    >>> points([1, 2], [0.5, 0.25], label="loss")
    Points(label='loss', xs=(1.0, 2.0), ys=(0.5, 0.25))
    """
    places, heights = _finite(xs, "xs"), _finite(ys, "ys")
    if len(places) != len(heights):
        raise ClaimError(f"points have as many xs as ys; got {len(places)} and {len(heights)}")
    return Points(label, places, heights)


def field(xs: Iterable[float], ys: Iterable[float], rows: Iterable[Iterable[float]], *, label: str | Expr) -> Field:
    """Measured numbers over the grid of `xs` and `ys`, a row for each of `ys`; it has a figure for itself."""
    places, heights = _finite(xs, "xs"), _finite(ys, "ys")
    found = tuple(_finite(row, "rows") for row in rows)
    if len(found) != len(heights) or any(len(row) != len(places) for row in found):
        raise ClaimError(f"a field over {len(places)} xs and {len(heights)} ys has a row of xs for each of ys")
    return Field(label, places, heights, found)


def _finite(numbers: Iterable[float], name: str) -> tuple[float, ...]:
    found = tuple(map(float, numbers))
    if not all(map(math.isfinite, found)):
        raise ClaimError(f"{name} are finite numbers; got {next(x for x in found if not math.isfinite(x))}")
    return found


def figure(
    caption: str | Prose,
    *curves: Curve | Orbit | Points | Field,
    alt: str,
    x_label: str | Expr,
    y_label: str | Expr,
    log10: bool = False,
    label: str = "",
) -> Figure:
    """Curves, orbits and points in one frame, or a field, with a caption and a text for those who cannot see it."""
    if len(curves) > 1 and any(isinstance(curve, Field) for curve in curves):
        raise ClaimError("a field has a figure for itself")
    return Figure(caption, curves, alt, x_label, y_label, log10, label)


def table(caption: str | Prose, header: tuple[Cell, ...], *rows: tuple[Cell, ...], label: str = "") -> Table:
    """A table; every row is as long as the header."""
    for row in rows:
        if len(row) != len(header):
            raise ClaimError(f"a row of a table has {len(row)} cells, its header {len(header)}")
    return Table(caption, tuple(header), tuple(tuple(row) for row in rows), label)


def section(title: str, *items: Item) -> Section:
    """A heading and what stands under it."""
    return Section(title, items)


def load_derivation(path: Path) -> Derivation:
    """The derivation that a Python file ends in, under the name ``derivation``.

    Raises
    ------
    DerivationError
        If the file is missing, raises, or defines no derivation; the message names file and line.
    """
    return derivation_and_reads(path)[0]


def derivation_and_reads(path: Path) -> tuple[Derivation, Reads]:
    """The derivation of a file, and what other files that read: modules and data."""
    if not path.is_file():
        raise DerivationError(str(path), None, "this is a folder" if path.is_dir() else "no such file")
    if reason := no_derivation(path):
        raise DerivationError(str(path), None, reason)
    try:
        with reading(path) as found_reads:
            names = copy_context().run(_run, path)
    except (Exception, SystemExit) as error:
        raise DerivationError(str(path), _line_in(path, error), _one_line(error)) from error
    found = names.get("derivation")
    if not isinstance(found, Derivation):
        raise DerivationError(str(path), None, "must end in a Derivation called derivation")
    return found, found_reads[0]


def _run(path: Path) -> dict[str, object]:
    import runpy  # only files need it, and importing symgrad must stay fast

    notation.fresh_vocabulary()
    return runpy.run_path(str(path))


def _line_in(path: Path, error: BaseException) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return lines[-1] if lines else None


# What SymPy says of vectors, with what to write.
_HINTS = {
    "Mix of Matrix and Scalar symbols": "write a number beside a vector as ones(n), as in ones(n) - hadamard(v, v), "
    "and the number in dot(a, b) as sympy.Trace(dot(a, b))",
}


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no reason given"
    text = f"{text}: {_HINTS[text]}" if text in _HINTS else text
    return text if isinstance(error, SymgradError) else f"{type(error).__name__}: {text}"
