"""Claims: statements with domain, expectation and source, made from SymPy objects and from text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import sympy
from sympy import Basic, Derivative, Expr, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from symgrad import norms
from symgrad.balls import check_numbers
from symgrad.base import near_names
from symgrad.base.errors import ClaimError
from symgrad.base.kinds import demand, shown
from symgrad.base.precision import in_turn
from symgrad.language.latex import bound_symbols, domain_latex, statement_latex
from symgrad.language.statements import Condition, Domain, Extremum, Relation, Statement, free_symbols
from symgrad.language.written import renamed
from symgrad.reading.text import names_in, parse_statement, parse_where, parse_written, to_text
from symgrad.symbols.notation import declared

EXPECTATIONS = ("holds", "refuted")


@dataclass(frozen=True)
class Claim:
    """A statement and where it is said to hold.

    `claim`, `maximum`, `minimum`, `supremum` and `infimum` make one; `verify` decides it. Its ``str`` is its statement
    as text.

    Parameters
    ----------
    statement : Relation, Extremum or Conjunction
        What is said; a statement about cells or norms has a class of its own.
    domain : Domain
        A set for each free variable; the reals unless something else was said.
    id : str
        Its name in reports; no part of equality.
    source : str
        Who says so, and where; no part of equality.
    expect : {"holds", "refuted"}
        What checking should find: an erratum must be refuted.
    remarks : tuple of str
        What its author may have overlooked, such as a condition on no symbol of it; verdicts repeat them.
    doubts : tuple of str
        The same where it is a slip only if the claim does not hold: a symbol nearly called like one of the conditions.
    restates : bool
        Whether both sides came as one and the same SymPy expression, so that nothing is said by it.
    is_meant : bool
        Whether this is meant; if not, its verdict is UNINFORMATIVE where it holds.

    Raises
    ------
    ClaimError
        If `expect` is another word.

    Examples
    --------
    >>> import symgrad as sg
    >>> said = sg.claim("sqrt(x**2) == x", where=["x > 0"], source="notes, 3")
    >>> print(said, said.domain.sets, said.source)
    sqrt(x**2) == x ((x, Interval.open(0, oo)),) notes, 3
    >>> said == sg.claim("sqrt(x**2) == x", where=["x in (0, oo)"])
    True
    """

    statement: Statement
    domain: Domain
    id: str = field(default="", compare=False)
    source: str = field(default="", compare=False)
    expect: str = "holds"
    remarks: tuple[str, ...] = field(default=(), compare=False)
    doubts: tuple[str, ...] = field(default=(), compare=False)
    restates: bool = field(default=False, compare=False)
    is_meant: bool = field(default=True, compare=False)

    def __post_init__(self) -> None:
        for name in ("id", "source"):
            demand(str, getattr(self, name), f"{name} is text", ClaimError)
        if not isinstance(self.expect, str) or self.expect not in EXPECTATIONS:
            raise ClaimError(f'expect must be "holds" or "refuted"; got {shown(self.expect)}')

    def named(self, name: str) -> Claim:
        """The same claim under this id.

        Parameters
        ----------
        name : str
            The new id.

        Returns
        -------
        Claim
            A copy; all else stays.
        """
        return replace(self, id=name)

    def __str__(self) -> str:
        return to_text(self.statement)

    def _repr_latex_(self) -> str:
        where = domain_latex(self.domain, bound_symbols(self.statement))
        conditions = rf" \quad\text{{for }} {', '.join(where)}" if where else ""
        return rf"$\displaystyle {statement_latex(self.statement, self.domain)}{conditions}$"


Formula: TypeAlias = Expr | str | int
Where: TypeAlias = Iterable[str | Condition]


@in_turn
def claim(
    says: Formula,
    op: str | None = None,
    rhs: Formula | None = None,
    *,
    where: Where = (),
    id: str = "",
    source: str = "",
    expect: str = "holds",
) -> Claim:
    """A claim from text, ``claim("sin(x)**2 <= 1")``, or from two sides, ``claim(a, "==", b)``.

    Parameters
    ----------
    says : str, Expr or int
        The whole statement as text, or its left side. Text keeps what is written; SymPy evaluates an expression before
        symgrad sees it. Floats are refused, as they are no exact numbers; decimals in text are exact.
    op : {"==", "!=", "<", "<=", ">", ">="}, optional
        The relation, if there are two sides. ``==`` also says that both sides are defined on the whole domain.
    rhs : str, Expr or int, optional
        The right side.
    where : iterable of str or SymPy conditions
        The domain, such as ``["x in (0, oo)", "T integer"]``; real variables on the whole line by default. Matrices
        and vectors, of which norms stand in a claim, are declared here too: ``["A matrix (n, m)", "x vector (m)"]``.
    id : str
        Its name in reports.
    source : str
        Who says so, and where.
    expect : {"holds", "refuted"}
        What checking should find: an erratum must be refuted.

    Returns
    -------
    Claim
        The statement with its domain; nothing is checked yet, see `verify`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If the statement says nothing that could be true or false, or its domain is empty.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> print(sg.claim(sg.tanh(x), "==", "2*sigmoid(2*x) - 1"))
    tanh(x) == 2*sigmoid(2*x) - 1
    >>> print(sg.claim("log(x*y) == log(x) + log(y)", where=["x > 0", "y > 0"]))
    log(x*y) == log(x) + log(y)
    """
    where = listed(where)
    restates = isinstance(says, Expr) and isinstance(rhs, Expr) and says == rhs and op in ("==", "<=", ">=")
    if norms.is_about_norms(says, rhs, *where):
        statement, domain = norms.read_claim(says, op, rhs, where)
        made = Claim(statement, domain, id=id, source=source, expect=expect, restates=restates)
        scalar = [c for c in where if not norms.is_of_matrices(c)]
        return remarked(made, *_read(scalar, {}), says if op is None else "")
    conditions, symbols, names = surroundings(where, says, rhs)
    if op is None and rhs is None:
        if not isinstance(says, str):
            raise ClaimError(f'a claim needs two sides, as in claim(a, "==", b); got only {shown(says)}')
        statement = parse_statement(says, names)
    elif op is None or rhs is None:
        raise ClaimError(
            f'a claim of two sides needs both and a relation, as in claim(a, "==", b); got {shown(op)}, {shown(rhs)}'
        )
    else:
        statement = Relation(expression(says, names), op, expression(rhs, names))
    made = claim_of(statement, conditions, names, id=id, source=source, expect=expect)
    return replace(remarked(made, conditions, symbols, says if op is None else ""), restates=restates)


def remarked(made: Claim, conditions: list[Condition], symbols: Mapping[str, Symbol], text: Formula) -> Claim:
    """The claim with what may have been overlooked in the conditions; those of a single text are all meant for it."""
    if not conditions and not symbols:
        return made
    # Bound symbols too, as a condition on an index may be meant.
    spoken_of = {symbol.name for part in made.statement.expressions for symbol in part.atoms(Symbol)}
    spoken_of |= names_in(text) if isinstance(text, str) else set()
    names = [frozenset(s.name for s in c.free_symbols) for c in conditions]
    names += [frozenset({name}) for name in symbols]
    remarks = near_names.remarks(spoken_of, names, alone=isinstance(text, str) and bool(text))
    free = (s.name for part in made.statement.expressions for s in free_symbols(part))
    return replace(made, remarks=remarks, doubts=() if remarks else near_names.doubts(free, frozenset().union(*names)))


def as_claim(
    says: Claim | Formula,
    op: str | None = None,
    rhs: Formula | None = None,
    *,
    where: Where = (),
    expect: str = "holds",
) -> Claim:
    """A claim as it is, and what else is said as `claim` reads it.

    Raises
    ------
    ClaimError
        If sides or conditions stand beside a claim, which has its own.
    """
    if not isinstance(says, Claim):
        return claim(says, op, rhs, where=where, expect=expect)
    if op is not None or rhs is not None or listed(where):
        raise ClaimError("a Claim has its own sides and domain; give op, rhs and where to claim, which makes it")
    return says


def known_symbols(*things: object) -> dict[str, Symbol]:
    """The symbols of expressions, by the names under which texts beside them mean the same.

    Raises
    ------
    ClaimError
        If two symbols have one name.
    """
    names: dict[str, Symbol] = {}
    for thing in things:
        for symbol in sorted(thing.free_symbols, key=str) if isinstance(thing, Basic) else ():
            if type(symbol) is Symbol and not _is_bare(symbol):
                known = names.setdefault(symbol.name, symbol)
                if known != symbol:
                    kinds = " and ".join(sorted(_kind_of(s) for s in (known, symbol)))
                    raise ClaimError(f"{symbol} is the name of two symbols, {kinds}; declare it once")
    return names


def surroundings(
    where: Sequence[str | Condition], *things: object
) -> tuple[list[Condition], dict[str, Symbol], dict[str, Symbol]]:
    """The conditions beside expressions, the symbols whose kind they tell in text, and all that texts may name."""
    names = {**declared(), **known_symbols(*things, *where)}
    conditions, told = _read(where, names)
    return conditions, told, {**names, **told}


def unsettled(tree: Expr) -> Expr:
    """The tree of a text with symbols of which nothing is assumed yet."""
    return renamed(tree, {s: Symbol(s.name) for s in tree.free_symbols if s == Symbol(s.name, real=True)})


def settled(tree: Expr, names: Mapping[str, Symbol]) -> Expr:
    """The tree with these symbols for those of which nothing is assumed, and real ones for what is not among them."""
    bare = {s for s in tree.free_symbols if type(s) is Symbol and _is_bare(s)}
    return renamed(tree, {s: names.get(s.name, Symbol(s.name, real=True)) for s in bare}) if bare else tree


def _is_bare(symbol: Symbol) -> bool:
    """Whether SymPy assumes nothing of a symbol."""
    return bool(symbol.assumptions0 == Symbol(symbol.name).assumptions0)


def _kind_of(symbol: Symbol) -> str:
    return " ".join(sorted(name for name, holds in symbol._assumptions_orig.items() if holds)) or "complex"


def _read(where: Sequence[str | Condition], names: Mapping[str, Symbol]) -> tuple[list[Condition], dict[str, Symbol]]:
    """The conditions, and the symbols of which a text says what kind of numbers they are."""
    texts = [c if isinstance(c, str) else _as_text(c) for c in where if not isinstance(c, Relational | sympy.Contains)]
    parsed, symbols = parse_where(texts, names)
    told = {name: symbol for name, symbol in symbols.items() if name not in names}
    return [*parsed, *(c for c in where if isinstance(c, Relational | sympy.Contains))], told


def listed(where: Where) -> list[str | Condition]:
    """The conditions as a list; one alone may stand without brackets."""
    if isinstance(where, str | Basic):
        return [where]
    return list(demand(Iterable, where, 'conditions are several, such as where=["x > 0"]', ClaimError))


def _as_text(condition: object) -> str:
    """Conditions that SymPy has joined, as text."""
    if isinstance(condition, bool | BooleanAtom):
        raise ClaimError(f"a condition that is {condition} on its own says nothing; leave it out")
    if not isinstance(condition, sympy.And | sympy.Or | sympy.Not):
        raise ClaimError(f'a condition is text or a SymPy relation, such as "x > 0" or x > 0; got {shown(condition)}')
    return to_text(condition)


def expression(formula: Formula, symbols: Mapping[str, Symbol] | None = None) -> Expr:
    """A side of a claim: an expression as it is, text as it is written, an integer as a number."""
    if isinstance(formula, str):
        return parse_written(formula, symbols)
    if isinstance(formula, float):
        raise ClaimError(f"a float is no exact number; write {formula!r} as text or as a Rational")
    if isinstance(formula, bool) or not isinstance(formula, (Expr, int)):
        raise ClaimError(f"a side of a claim is a SymPy expression, an integer or text; got {type(formula).__name__}")
    if isinstance(formula, Expr) and formula.has(sympy.Float):
        raise ClaimError(f"a float is no exact number; write Rational(1, 2) for 0.5; got {formula}")
    return sympy.Integer(formula) if isinstance(formula, int) else formula


def claim_of(statement: Statement, conditions: list[Condition], symbols: Mapping[str, Symbol], **facts: Any) -> Claim:
    """The claim of a statement under conditions, with symbols for those of which SymPy assumes nothing."""
    names = _assumed(statement.expressions, conditions, symbols)
    if names:
        statement = _renamed(statement, names)
        conditions = [c.xreplace(names) for c in conditions]
    _check_derivatives(statement.expressions)
    check_numbers(conditions)
    free = {s for e in statement.expressions for s in free_symbols(e)}
    return Claim(statement, Domain.of(free, conditions), **facts)


def _check_derivatives(expressions: Iterable[Expr]) -> None:
    """Refuse derivatives by whole numbers, and those of which the order is no number."""
    for node in (node for e in expressions for node in e.atoms(Derivative)):
        for variable, order in node.variable_count:
            if variable.is_integer:
                raise ClaimError(
                    f"a derivative is with respect to a real or complex variable; {variable} is an integer"
                )
            if not order.is_Integer:
                raise ClaimError(f"the order of a derivative is a number; got {order}")


def _assumed(
    expressions: Iterable[Expr], conditions: Iterable[Condition], symbols: Mapping[str, Symbol]
) -> dict[Symbol, Symbol]:
    """Symbols for those of which SymPy assumes nothing: as a condition says, else integers for indices, else real."""
    trees = [*expressions, *conditions]
    bare = {s for e in trees for s in e.atoms(Symbol) if _is_bare(s)}
    sums = {node for e in trees for node in e.atoms(sympy.Sum, sympy.Product)}
    indices = {limits[0] for node in sums for limits in node.limits}
    return {s: symbols.get(s.name, Symbol(s.name, **{"integer" if s in indices else "real": True})) for s in bare}


def _renamed(statement: Statement, names: Mapping[Symbol, Symbol]) -> Statement:
    if isinstance(statement, Relation):
        return Relation(renamed(statement.lhs, names), statement.op, renamed(statement.rhs, names))
    if isinstance(statement, Extremum):
        of, variable, value = (renamed(e, names) for e in (statement.of, statement.variable, statement.value))
        return Extremum(statement.kind, of, variable, value, statement.at and renamed(statement.at, names))
    return statement
