"""Derivations: title, prose, chains of steps, errata, figures and tables, as one value."""

from __future__ import annotations

import dataclasses
import math
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

from sympy import Basic, Expr, S, Symbol

from symgrad.base import near_names
from symgrad.base.copies import Exact
from symgrad.base.errors import ClaimError
from symgrad.base.kinds import demand, real_number, shown
from symgrad.base.shown import ABOVE
from symgrad.claims.attained import conditions_at
from symgrad.claims.claim import (
    Claim,
    Formula,
    Where,
    as_claim,
    claim,
    expression,
    listed,
    settled,
    surroundings,
    unsettled,
)
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
        return claim(next(sides), "==", next(sides), where=conditions_at(there, self.where))

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


Drawn: TypeAlias = Curve | Orbit | Points | Field


@dataclass(frozen=True)
class Figure(Exact):
    """Curves in one frame, or a field; with ``log10`` the vertical axis shows powers of ten, however small."""

    caption: str | Prose
    curves: tuple[Drawn, ...]
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


def _of_kind(given: object, kinds: type | tuple[type, ...], takes: str) -> Any:
    return demand(kinds, given, takes, ClaimError)


def _all_of_kind(given: object, kinds: type | tuple[type, ...], takes: str) -> tuple[Any, ...]:
    """Several things of a kind, in their order; a text is one thing."""
    if isinstance(given, str):
        raise ClaimError(f"{takes}; got {shown(given)}")
    return tuple(_of_kind(one, kinds, takes) for one in _of_kind(given, Iterable, takes))


def _check_items(of: str, title: str, items: tuple[Item, ...]) -> None:
    _of_kind(title, str, f"the title of {of} is text")
    kinds = "prose, chains, statements, given equations, figures, tables, sections"
    _all_of_kind(items, get_args(Item), f"{of} holds {kinds}")


def _labelled(label: object) -> str:
    return str(_of_kind(label, str, "a label is text"))


def _said(text: object, what: str) -> str | Prose:
    """A reason, a caption or a remark."""
    said: str | Prose = _of_kind(text, (str, Prose), f"{what} is text or prose")
    return said


def claims_of(item: Item) -> tuple[Claim, ...]:
    """The claims of a part of a derivation; none of what only tells or shows."""
    return () if isinstance(item, Prose | Given | Figure) else item.claims


@dataclass(frozen=True, init=False)
class Derivation:
    """A title, what follows it, and the source it comes from.

    Nothing is checked when it is made; building its document, or `verify` on each of `claims`, does that.

    Parameters
    ----------
    title : str
        The title of the document.
    *items : Prose, Chain, Stated, Given, Figure, Table or Section
        What the functions `prose`, `chain`, `statement`, `erratum`, `given`, `figure`, `table`, `section` return, in
        the order of the document. The attribute `items` holds them as a tuple.
    source : str
        Where it comes from, shown in the document.

    Attributes
    ----------
    meanings : mapping of Symbol to str
        What the symbols were declared to mean when the derivation was made.

    Raises
    ------
    ClaimError
        If an item is something else.

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
        _check_items("a derivation", title, items)
        facts = {"title": title, "items": items, "source": _of_kind(source, str, "a source is text")}
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
    """A paragraph; ``{name}`` in the text stands for the value of that name, a SymPy object as its formula.

    The text itself holds no formulas, so that each format prints them in its own mathematical language. Braces of the
    text are doubled: ``{{`` and ``}}``.

    Parameters
    ----------
    template : str
        The text.
    **values : object
        A value for each name: a SymPy object, a `Claim` with its verdict, a `ref`, or text.

    Returns
    -------
    Prose
        An item of a `Derivation`; also a reason, a caption or a remark.

    Raises
    ------
    ClaimError
        If the names of text and values are not the same, or braces hold more than a name.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> list(sg.prose("The slope is {slope}, see {it}.", slope=1 - sg.tanh(x) ** 2, it=sg.ref("slope")).parts())
    ['The slope is ', 1 - tanh(x)**2, ', see ', Ref(label='slope'), '.']
    """
    return Prose(_of_kind(template, str, "prose is text"), _checked_values(template, values))


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
    """A reference to an equation, figure or table, for prose.

    Parameters
    ----------
    label : str
        The label that the item has, as in ``chain(..., label="slope")``; ``"file.label"`` leads into the derivation of
        another file of the same build.

    Returns
    -------
    Ref
        A value of `prose`. A label that does not exist is an error of the document, not of this call.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.prose("This follows from {it}.", it=sg.ref("slope")).values
    {'it': Ref(label='slope')}
    """
    return Ref(_labelled(label))


# Which way a step of a chain leads: a reader takes a <= b and b <= c for a <= c.
DIRECTIONS = {"<": 1, "<=": 1, ">": -1, ">=": -1}


def chain(start: Formula, *steps: Step, where: Where = (), label: str = "") -> Chain:
    """A chain of equations and inequalities, each a claim about the line before.

    Parameters
    ----------
    start : Expr, str or int
        The first line.
    *steps : Step
        What `equals`, `at_most`, `at_least`, `less_than` and `greater_than` return; at least one. They go up or down,
        not both, since a reader compares the first line with the last.
    where : iterable of str or SymPy conditions
        The domain of all claims, as in `claim`.
    label : str
        What a `ref` calls it.

    Returns
    -------
    Chain
        An item of a `Derivation`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If there is no step, an argument is none, or one step goes up and another down; or a bound is said to be
        attained outside of the domain.

    Examples
    --------
    >>> import symgrad as sg
    >>> from sympy import Derivative, Rational
    >>> x = sg.real("x")
    >>> s = sg.sigmoid(x)
    >>> slope = sg.chain(
    ...     Derivative(s, x),
    ...     sg.equals(s * (1 - s), by="quotient rule"),
    ...     sg.at_most(Rational(1, 4), by="complete the square", equality_at={x: 0}),
    ... )
    >>> for claim in slope.claims:
    ...     print(claim)
    diff(sigmoid(x), x) == (1 - sigmoid(x))*sigmoid(x)
    (1 - sigmoid(x))*sigmoid(x) <= 1/4
    (1 - sigmoid(0))*sigmoid(0) == 1/4
    """
    if not steps:
        raise ClaimError("a chain has at least one step, as in chain(a, equals(b))")
    _all_of_kind(steps, Step, "the steps of a chain are made by equals, at_most and the like")
    directions = {DIRECTIONS[step.op] for step in steps if step.op in DIRECTIONS}
    if len(directions) > 1:
        ups, downs = (next(s for s in steps if DIRECTIONS.get(s.op) == way) for way in (1, -1))
        raise ClaimError(
            f"a chain goes up or down, for its first line is read with its last; this one has {downs.op} "
            f"{downs.expression} and {ups.op} {ups.expression}: write two chains"
        )
    places = [s for step in steps for s in step.equality_at or ()]
    conditions, _, names = surroundings(listed(where), start, *(step.expression for step in steps), *places)
    for place in (step.equality_at for step in steps if step.equality_at is not None):
        conditions_at(place, conditions)
    lines = (dataclasses.replace(step, expression=settled(step.expression, names)) for step in steps)
    return Chain(settled(_line(start), names), tuple(lines), tuple(conditions), _labelled(label))


def _line(line: Formula) -> Expr:
    """A line; the symbols of a text are settled by what stands beside it in the chain."""
    return unsettled(expression(line)) if isinstance(line, str) else expression(line)


def equals(line: Formula, by: str | Prose = "", *, is_meant: bool = False) -> Step:
    """The next line of a chain is equal to the one before.

    SymPy evaluates what it is given, so that two lines may come as one expression; such a step says nothing and is
    UNINFORMATIVE, unless `is_meant` tells that this is meant. Text and ``Derivative`` keep what is written.

    Parameters
    ----------
    line : Expr, str or int
        The next line.
    by : str or Prose
        The reason, shown beside it.
    is_meant : bool
        Whether a line that SymPy makes the same as the one before is meant.

    Returns
    -------
    Step
        A step of a `chain`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If the line is no exact formula, such as a float.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.chain(sg.tanh(x), sg.equals("2*sigmoid(2*x) - 1", by="definition")).claims[0].statement.op
    '=='
    """
    return Step("==", _line(line), _said(by, "a reason"), is_meant=is_meant)


def at_most(line: Formula, by: str | Prose = "", equality_at: Mapping[Symbol, Formula] | None = None) -> Step:
    """The line before is at most this one: ``before <= line``.

    Parameters
    ----------
    line : Expr, str or int
        The next line.
    by : str or Prose
        The reason, shown beside it.
    equality_at : mapping of Symbol to Expr, str or int, optional
        A point of the domain at which both lines are equal; that is a claim of its own, for all values of the other
        variables that the conditions leave there. By default nothing is said of it.

    Returns
    -------
    Step
        A step of a `chain`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If the line is no exact formula, such as a float; or `equality_at` has other keys than symbols.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> print(*sg.chain(x * (1 - x), sg.at_most("1/4", by="square", equality_at={x: "1/2"})).claims, sep="; ")
    x*(1 - x) <= 1/4; 1/2*(1 - 1/2) == 1/4
    """
    return _bound("<=", line, by, equality_at)


def at_least(line: Formula, by: str | Prose = "", equality_at: Mapping[Symbol, Formula] | None = None) -> Step:
    """The line before is at least this one: ``before >= line``.

    Parameters
    ----------
    line : Expr, str or int
        The next line.
    by : str or Prose
        The reason, shown beside it.
    equality_at : mapping of Symbol to Expr, str or int, optional
        A point of the domain at which both lines are equal; that is a claim of its own, for all values of the other
        variables that the conditions leave there. By default nothing is said of it.

    Returns
    -------
    Step
        A step of a `chain`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If the line is no exact formula, such as a float; or `equality_at` has other keys than symbols.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> print(*sg.chain(x**2 + 1, sg.at_least(1, by="a square", equality_at={x: 0})).claims, sep="; ")
    x**2 + 1 >= 1; 1 + 0**2 == 1
    """
    return _bound(">=", line, by, equality_at)


def less_than(line: Formula, by: str | Prose = "") -> Step:
    """The line before is less than this one: ``before < line``.

    Parameters
    ----------
    line : Expr, str or int
        The next line.
    by : str or Prose
        The reason, shown beside it.

    Returns
    -------
    Step
        A step of a `chain`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If the line is no exact formula, such as a float.

    Examples
    --------
    >>> import symgrad as sg
    >>> print(*sg.chain("sigmoid(x)", sg.less_than(1, by="the denominator is larger")).claims)
    sigmoid(x) < 1
    """
    return Step("<", _line(line), _said(by, "a reason"))


def greater_than(line: Formula, by: str | Prose = "") -> Step:
    """The line before is greater than this one: ``before > line``.

    Parameters
    ----------
    line : Expr, str or int
        The next line.
    by : str or Prose
        The reason, shown beside it.

    Returns
    -------
    Step
        A step of a `chain`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If the line is no exact formula, such as a float.

    Examples
    --------
    >>> import symgrad as sg
    >>> print(*sg.chain("exp(x)", sg.greater_than("x", by="convexity")).claims)
    exp(x) > x
    """
    return Step(">", _line(line), _said(by, "a reason"))


def _bound(op: str, line: Formula, by: str | Prose, equality_at: Mapping[Symbol, Formula] | None) -> Step:
    place = None
    if equality_at is not None:
        place = {s: expression(v) for s, v in _by_symbols(equality_at, "equality_at").items()}
    return Step(op, _line(line), _said(by, "a reason"), place)


def _by_symbols(given: Any, name: str) -> Mapping[Symbol, Expr | int]:
    """A mapping of symbols, as of a point."""
    told = f"{name} is a mapping with symbols for keys, as in {{x: 0}}"
    _all_of_kind(_of_kind(given, Mapping, told), Symbol, told)
    found: Mapping[Symbol, Expr | int] = given
    return found


def given(*equations: object, label: str = "") -> Given:
    """Equations that define what follows; they are shown and numbered, not checked.

    Parameters
    ----------
    *equations : pair of Basic, or Equation
        The two sides of each, as a tuple, or an equation of a cell.
    label : str
        What a `ref` calls them.

    Returns
    -------
    Given
        An item of a `Derivation`.

    Raises
    ------
    ClaimError
        If one is no pair of formulas.

    Examples
    --------
    >>> import symgrad as sg
    >>> a, w, h = sg.real("a"), sg.real("w"), sg.real("h")
    >>> sg.given((a, w * h), label="pre-activation").equations
    ((a, h*w),)
    """
    return Given(tuple(map(_sides, equations)), _labelled(label))


def _sides(equation: Any) -> tuple[Basic, Basic]:
    """The two sides of an equation of a cell, or of a pair."""
    pair = (equation.left, equation.right) if hasattr(equation, "left") else equation
    told = "given equations are pairs of formulas, as in given((a, w*h)), or equations of a cell"
    if len(sides := _all_of_kind(pair, (Basic, int), told)) != 2:
        raise ClaimError(f"{told}; got {shown(pair)}")
    return S(sides[0]), S(sides[1])


def statement(
    says: Claim | str, *, remark: str | Prose = "", label: str = "", where: Where = (), is_meant: bool = False
) -> Stated:
    """A claim on a line of its own.

    Parameters
    ----------
    says : Claim or str
        A text is read by `claim`.
    remark : str or Prose
        What is said beside it.
    label : str
        What a `ref` calls it.
    where : iterable of str or SymPy conditions
        The domain of a text, as in `claim`; a `Claim` has its own, and takes none.
    is_meant : bool
        Whether two sides that SymPy makes the same are meant; see `equals`.

    Returns
    -------
    Stated
        An item of a `Derivation`.

    Raises
    ------
    ParseError
        If the text is no formula.
    ClaimError
        If it says nothing that could be true or false, its domain is empty, or `where` stands beside a `Claim`.

    Examples
    --------
    >>> import symgrad as sg
    >>> print(sg.statement("log(x) <= x - 1", where=["x > 0"], label="tangent").claim)
    log(x) <= x - 1
    """
    said = dataclasses.replace(as_claim(says, where=where), is_meant=is_meant)
    return Stated(said, _said(remark, "a remark"), _labelled(label))


def erratum(says: str, *, source: str, remark: str | Prose = "", label: str = "", where: Where = ()) -> Stated:
    """A false statement of a source, shown with its counterexample; the document fails if it is not refuted.

    Parameters
    ----------
    says : str
        The statement as the source has it.
    source : str
        Who says so, and where.
    remark : str or Prose
        What is said beside it, such as what would be right.
    label : str
        What a `ref` calls it.
    where : iterable of str or SymPy conditions
        The domain on which the source says it, as in `claim`.

    Returns
    -------
    Stated
        An item of a `Derivation`; its claim expects ``"refuted"``.

    Raises
    ------
    ParseError
        If the text is no formula.
    ClaimError
        If it says nothing that could be true or false, or its domain is empty.

    Examples
    --------
    >>> import symgrad as sg
    >>> slip = sg.erratum("diff(sigmoid(x), x) == 1 - sigmoid(x)", source="a forgotten factor")
    >>> slip.claim.expect
    'refuted'
    >>> print(sg.verify(slip.claim).witness)
    at x = 0: left 1/4, right 1/2
    """
    said = claim(_of_kind(says, str, "an erratum is text"), where=where, source=source, expect="refuted")
    return Stated(said, _said(remark, "a remark"), _labelled(label))


def _number(formula: Formula) -> Expr:
    """A number to compute with, also from text."""
    return as_sympy(expression(formula))


def curve(
    of: Expr, variable: Symbol, start: Formula, stop: Formula, *, label: str | Expr = "", samples: int = 241
) -> Curve:
    """The graph of an expression over an interval, for a `figure`.

    Parameters
    ----------
    of : Expr
        The expression; it has no other free symbol.
    variable : Symbol
        What varies along the horizontal axis.
    start : Expr, str or int
        The left end.
    stop : Expr, str or int
        The right end.
    label : str or Expr
        What the legend calls it; by default the expression.
    samples : int
        At how many places, equally far apart with both ends, it is evaluated.

    Returns
    -------
    Curve
        Evaluated only when the document is made, in digits that are certain.

    Raises
    ------
    ParseError
        If an end is text and no formula.
    ClaimError
        If an end is no exact number, such as a float.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> drawn = sg.curve(sg.swish(x), x, -6, "13/2")
    >>> drawn.label, drawn.start, drawn.stop, drawn.samples
    (swish(x), -6, 13/2, 241)
    """
    _drawn(of, "a curve")
    _of_kind(variable, Symbol, "the variable of a curve is a symbol")
    return Curve(_legend(label, of), of, variable, _number(start), _number(stop), _count(samples, "samples", 2))


def _drawn(of: object, what: str) -> None:
    _of_kind(of, Expr, f"{what} is that of an expression, as parse reads it from text")


def _legend(label: object, of: Expr | str) -> str | Expr:
    """What the legend or an axis is called; the expression where that is left out."""
    found: str | Expr = _of_kind(label, (str, Basic), "a label is text or an expression")
    return found if found != "" else of


def _count(given: Any, name: str, least: int) -> int:
    told = f"{name} are a whole number, {least} at least"
    if _of_kind(given, int, told) < least:
        raise ClaimError(f"{told}; got {given}")
    return int(given)


def orbit(
    of: Expr,
    updates: Mapping[Symbol, Expr],
    start: Mapping[Symbol, Formula],
    steps: int,
    *,
    label: str | Expr = "",
) -> Orbit:
    """An expression after 0, 1, …, `steps` steps of a recurrence, for a `figure`.

    Parameters
    ----------
    of : Expr
        What is drawn; the horizontal axis counts the steps.
    updates : mapping of Symbol to Expr
        What each symbol becomes in a step; all are updated together, from the values before the step.
    start : mapping of Symbol to Expr, str or int
        The values before the first step.
    steps : int
        The number of steps; `steps` + 1 points are drawn.
    label : str or Expr
        What the legend calls it; by default the expression.

    Returns
    -------
    Orbit
        Computed only when the document is made, in digits that are certain.

    Raises
    ------
    ParseError
        If a value is text and no formula.
    ClaimError
        If a value is no exact number, such as a float.

    Examples
    --------
    >>> import symgrad as sg
    >>> g = sg.real("g", "gradient after some steps")
    >>> sg.orbit(g, {g: g / 4}, {g: 1}, 100, label="one quarter each step").updates
    {g: g/4}
    """
    _drawn(of, "an orbit")
    after, before = dict(_by_symbols(updates, "updates")), _by_symbols(start, "start")
    _all_of_kind(after.values(), (Expr, int), "a symbol of an orbit becomes an expression")
    return Orbit(_legend(label, of), of, after, {s: _number(v) for s, v in before.items()}, _count(steps, "steps", 0))


def points(xs: Iterable[float], ys: Iterable[float], *, label: str | Expr) -> Points:
    """Measured numbers at places of the horizontal axis, for a `figure`; a document calls them measured.

    Parameters
    ----------
    xs : iterable of float
        The places, shape (k,).
    ys : iterable of float
        The numbers there, shape (k,).
    label : str or Expr
        What the legend calls them.

    Returns
    -------
    Points
        Doubles; they are neither proved nor certain to a digit.

    Raises
    ------
    ClaimError
        If there are not as many places as numbers, or one is infinite or not a number.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.points([1, 2], [0.5, 0.25], label="loss")
    Points(label='loss', xs=(1.0, 2.0), ys=(0.5, 0.25))
    """
    places, heights = _finite(xs, "xs"), _finite(ys, "ys")
    if len(places) != len(heights):
        raise ClaimError(f"points have as many xs as ys; got {len(places)} and {len(heights)}")
    return Points(_legend(label, ""), places, heights)


def field(xs: Iterable[float], ys: Iterable[float], rows: Iterable[Iterable[float]], *, label: str | Expr) -> Field:
    """Measured numbers over a grid, drawn as colours; it has a `figure` for itself.

    Parameters
    ----------
    xs : iterable of float
        The places on the horizontal axis, shape (k,).
    ys : iterable of float
        The places on the vertical axis, shape (l,).
    rows : iterable of iterable of float
        The numbers, shape (l, k): a row for each of `ys`.
    label : str or Expr
        What the scale of colours is called.

    Returns
    -------
    Field
        Doubles; they are neither proved nor certain to a digit.

    Raises
    ------
    ClaimError
        If the shapes do not fit, or a number is infinite or not a number.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.field([0, 1, 2], [0, 1], [[1, 2, 3], [4, 5, 6]], label="log10 of the gradient").rows
    ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    """
    places, heights = _finite(xs, "xs"), _finite(ys, "ys")
    found = tuple(_finite(row, "rows") for row in _all_of_kind(rows, object, "rows are several"))
    if len(found) != len(heights) or any(len(row) != len(places) for row in found):
        raise ClaimError(f"a field over {len(places)} xs and {len(heights)} ys has a row of xs for each of ys")
    return Field(_legend(label, ""), places, heights, found)


def _finite(numbers: Iterable[float], name: str) -> tuple[float, ...]:
    told = f"{name} are finite numbers"
    found = tuple(real_number(x, told, ClaimError) for x in _all_of_kind(numbers, object, told))
    if not all(map(math.isfinite, found)):
        raise ClaimError(f"{name} are finite numbers; got {next(x for x in found if not math.isfinite(x))}")
    return found


def figure(
    caption: str | Prose,
    *curves: Drawn,
    alt: str,
    x_label: str | Expr,
    y_label: str | Expr,
    log10: bool = False,
    label: str = "",
) -> Figure:
    """Curves, orbits and points in one frame, or a field alone.

    Parameters
    ----------
    caption : str or Prose
        What it shows, in a sentence.
    *curves : Curve, Orbit, Points or Field
        What `curve`, `orbit`, `points` and `field` return.
    alt : str
        What it shows, in words, for those who cannot see it.
    x_label : str or Expr
        The horizontal axis.
    y_label : str or Expr
        The vertical axis.
    log10 : bool
        Whether the vertical axis shows powers of ten; numbers far below the range of doubles are shown too.
    label : str
        What a `ref` calls it.

    Returns
    -------
    Figure
        An item of a `Derivation`.

    Raises
    ------
    ClaimError
        If a field is not alone, or a part is of another kind.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> shown = sg.figure(
    ...     "The swish.",
    ...     sg.curve(sg.swish(x), x, -6, 6),
    ...     alt="It falls a little below zero on the left and follows the diagonal on the right.",
    ...     x_label=x,
    ...     y_label="value",
    ... )
    >>> shown.is_measured
    False
    """
    _all_of_kind(curves, get_args(Drawn), "a figure shows what curve, orbit, points and field return")
    if len(curves) > 1 and any(isinstance(curve, Field) for curve in curves):
        raise ClaimError("a field has a figure for itself")
    axes = _legend(x_label, ""), _legend(y_label, "")
    said = _said(caption, "a caption"), curves, str(_of_kind(alt, str, "alt is text"))
    return Figure(*said, *axes, log10, _labelled(label))


def table(caption: str | Prose, header: tuple[Cell, ...], *rows: tuple[Cell, ...], label: str = "") -> Table:
    """Rows of text, formulas and claims; a claim is shown with its verdict.

    Parameters
    ----------
    caption : str or Prose
        What it shows, in a sentence.
    header : tuple of str, Basic, Claim or Prose
        The first row.
    *rows : tuple of str, Basic, Claim or Prose
        The others, each as long as the header.
    label : str
        What a `ref` calls it.

    Returns
    -------
    Table
        An item of a `Derivation`.

    Raises
    ------
    ClaimError
        If a row is longer or shorter than the header, or a cell is of another kind.

    Examples
    --------
    >>> import symgrad as sg
    >>> slopes = sg.table(
    ...     "Slope of the sigmoid.",
    ...     ("place", "slope"),
    ...     ("zero", sg.claim("diff(sigmoid(x), x) == 1/4", where=["x == 0"])),
    ...     ("far out", sg.claim("diff(sigmoid(x), x) < 1/20", where=["x > 4"])),
    ... )
    >>> len(slopes.claims)
    2
    """
    told = "the rows of a table, the header first, are tuples of text, formulas, claims and prose"
    first, *others = (_all_of_kind(_numbers_in(row), get_args(Cell), told) for row in (header, *rows))
    for row in others:
        if len(row) != len(first):
            raise ClaimError(f"a row of a table has {len(row)} cells, its header {len(first)}")
    return Table(_said(caption, "a caption"), first, tuple(others), _labelled(label))


def _numbers_in(row: object) -> Any:
    """A row with its integers as SymPy's."""
    if not isinstance(row, tuple | list):
        return row
    return tuple(S(cell) if type(cell) is int else cell for cell in row)


def section(title: str, *items: Item) -> Section:
    """A heading and what stands under it.

    Parameters
    ----------
    title : str
        The heading.
    *items : Prose, Chain, Stated, Given, Figure, Table or Section
        As in `Derivation`; sections may stand in sections.

    Returns
    -------
    Section
        An item of a `Derivation`.

    Raises
    ------
    ClaimError
        If the title is no text, or an item is something else.

    Examples
    --------
    >>> import symgrad as sg
    >>> slip = sg.erratum("tanh(x) == x", source="a guess")
    >>> len(sg.section("Slips", sg.prose("Often seen:"), slip).claims)
    1
    """
    _check_items("a section", title, items)
    return Section(title, items)
