"""What can be true or false: relations and extrema, and the domains they are about."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import sympy
from sympy import Expr, Interval, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.relational import Relational
from sympy.sets import Set

from symgrad.base.copies import Exact
from symgrad.base.errors import ClaimError
from symgrad.base.kinds import shown
from symgrad.language.verdicts import Verdict

Condition: TypeAlias = Relational | sympy.Contains


@dataclass(frozen=True)
class Relation(Exact):
    """Two sides and what is said of them: ``lhs op rhs``.

    ``==`` says more than equality: that both sides are defined on the whole domain.

    Parameters
    ----------
    lhs : Expr
        The left side.
    op : {"==", "!=", "<", "<=", ">", ">="}
        The relation.
    rhs : Expr
        The right side.

    Raises
    ------
    ClaimError
        If `op` is another.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.claim("x/x == 1").statement
    Relation(lhs=x/x, op='==', rhs=1)
    """

    lhs: Expr
    op: str
    rhs: Expr

    OPERATORS = ("==", "!=", "<", "<=", ">", ">=")

    def __post_init__(self) -> None:
        if not isinstance(self.op, str) or self.op not in self.OPERATORS:
            raise ClaimError(f"a relation is one of {' '.join(self.OPERATORS)}; got {shown(self.op)}")

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """Both sides."""
        return (self.lhs, self.rhs)


class ExtremumKind(Enum):
    """Which extremum; a maximum or minimum is attained, a supremum or infimum need not be.

    The value of a member is the word for it in text: ``"maximum"``, ``"minimum"``, ``"supremum"``, ``"infimum"``.

    Examples
    --------
    >>> import symgrad as sg
    >>> kind = sg.ExtremumKind("supremum")
    >>> kind.is_upper, kind.is_attained
    (True, False)
    """

    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    SUPREMUM = "supremum"
    INFIMUM = "infimum"

    @property
    def is_upper(self) -> bool:
        """Whether it bounds from above: maximum and supremum."""
        return self in (ExtremumKind.MAXIMUM, ExtremumKind.SUPREMUM)

    @property
    def is_attained(self) -> bool:
        """Whether it says that the value is taken somewhere: maximum and minimum."""
        return self in (ExtremumKind.MAXIMUM, ExtremumKind.MINIMUM)


@dataclass(frozen=True)
class Extremum(Exact):
    """The maximum (minimum, supremum, infimum) of `of` over `variable` is `value`.

    Parameters
    ----------
    kind : ExtremumKind
        Which extremum.
    of : Expr
        The expression that varies.
    variable : Symbol
        What it varies with, over the set that the domain of the claim gives it; other symbols are parameters.
    value : Expr
        The extremum.
    at : Expr, optional
        Where it is attained; by default no place is claimed.

    Examples
    --------
    >>> import symgrad as sg
    >>> said = sg.claim("maximum(x*exp(-x), x) == exp(-1)").statement
    >>> said.kind.name, said.of, said.value
    ('MAXIMUM', x*exp(-x), exp(-1))
    """

    kind: ExtremumKind
    of: Expr
    variable: Symbol
    value: Expr
    at: Expr | None = None

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """What varies, the extremum, and the place if there is one."""
        return (self.of, self.value) if self.at is None else (self.of, self.value, self.at)


@dataclass(frozen=True)
class Conjunction:
    """Statements that are claimed together: it holds if all parts do, and is refuted if one is.

    Parameters
    ----------
    parts : tuple of Relation, Extremum or Conjunction
        The statements, in the order of their author.

    Examples
    --------
    >>> import symgrad as sg
    >>> [part.op for part in sg.claim("0 < sigmoid(x) < 1").statement.parts]
    ['<', '<']
    """

    parts: tuple[Statement, ...]

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions of all parts."""
        return tuple(e for part in self.parts for e in part.expressions)


class Judged(ABC):
    """A statement of another theory, such as that of recurrent cells: it brings along how it is decided and shown."""

    @property
    @abstractmethod
    def expressions(self) -> tuple[Expr, ...]:
        """What its symbols are looked for in."""

    @abstractmethod
    def decided(self, domain: Domain, decide: Callable[[Relation, Domain], Verdict]) -> Verdict:
        """The verdict on it, on the domain of its claim; `decide` is the prover of relations between scalars."""

    @abstractmethod
    def slips(self) -> Iterator[tuple[str, Judged]]:
        """What one slip makes of it, each with the name of the slip."""

    @property
    @abstractmethod
    def latex_sides(self) -> tuple[str, str]:
        """What stands left of its sign, and the sign with what stands right of it."""

    @property
    @abstractmethod
    def facts(self) -> list[str]:
        """All that its verdict depends on, as texts."""

    @abstractmethod
    def __str__(self) -> str: ...


Statement: TypeAlias = Relation | Extremum | Conjunction | Judged


def _narrowed(values: Set, narrowed: Set, condition: Condition) -> Set:
    try:
        found = values.intersect(narrowed)
    except TypeError:  # SymPy's way to say that it cannot compare two numbers
        found = sympy.Intersection(values, narrowed, evaluate=False)
    is_open = found.has(sympy.Intersection, sympy.ConditionSet) or (
        found.has(sympy.Complement) and not values.is_subset(S.Integers)
    )
    if is_open and values.is_subset(S.Reals):
        said = condition_text(condition)
        raise ClaimError(f"which numbers fulfil {said} cannot be told; write its end as a plain number")
    return found


@dataclass(frozen=True)
class Domain(Exact):
    """Where a statement is said to hold: a set for each variable, and conditions that tie several together.

    Parameters
    ----------
    sets : tuple of (Symbol, Set)
        In order of the symbols' names; a subset of the reals, the integers or the complex numbers.
    conditions : tuple of Relational
        Conditions on more than one variable, such as ``k <= T``.

    Examples
    --------
    >>> import symgrad as sg
    >>> domain = sg.claim("x**k <= 1", where=["x in [0, 1]", "k integer", "k >= 0", "x != k"]).domain
    >>> domain.symbols, domain.conditions
    ((k, x), (Ne(x, k),))
    >>> domain.set_of(sg.real("x"))
    Interval(0, 1)
    """

    sets: tuple[tuple[Symbol, Set], ...] = ()
    conditions: tuple[Relational, ...] = ()

    @classmethod
    def of(cls, symbols: Iterable[Symbol], where: Iterable[Condition] = ()) -> Domain:
        """The domain of these symbols under the conditions: what concerns one symbol narrows its set.

        Parameters
        ----------
        symbols : iterable of Symbol
            The variables; each begins with the numbers that SymPy assumes of it.
        where : iterable of Relational or Contains
            The conditions.

        Returns
        -------
        Domain
            With a set also for symbols that only the conditions name.

        Raises
        ------
        ClaimError
            If the conditions leave a variable nothing, or speak of none; or SymPy assumes of a symbol more than a kind
            of number and a sign.
        """
        sets = {symbol: _assumed_set(symbol) for symbol in symbols}
        joint: list[Relational] = []
        for condition in where:
            free = sorted(condition.free_symbols, key=str)
            if not free:
                raise ClaimError(f"a condition must speak of a variable; got {condition_text(condition)}")
            for symbol in free:
                sets.setdefault(symbol, _assumed_set(symbol))
            narrowed = _single_set(condition, free[0]) if len(free) == 1 else None
            if narrowed is not None:
                sets[free[0]] = _narrowed(sets[free[0]], narrowed, condition)
            elif isinstance(condition, Relational):
                joint.append(condition)
            else:
                said = condition_text(condition)
                raise ClaimError(f"membership of a single variable in a set of numbers is understood; got {said}")
        for symbol, values in sets.items():
            if isinstance(values, sympy.Complement) and symbol.is_integer:
                sets[symbol], holes = _without_gaps(values)
                joint += [sympy.Ne(symbol, hole, evaluate=False) for hole in holes]
        for symbol, values in sets.items():
            if values.is_empty:
                said = " and ".join(map(condition_text, where))
                raise ClaimError(f"the domain is empty: no {symbol} satisfies {said}")
        return cls(tuple(sorted(sets.items(), key=lambda item: item[0].name)), tuple(joint))

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The variables, in order of their names."""
        return tuple(symbol for symbol, _ in self.sets)

    def set_of(self, symbol: Symbol) -> Set:
        """The values that a variable takes.

        Parameters
        ----------
        symbol : Symbol
            The variable.

        Returns
        -------
        Set
            Of SymPy; for a symbol that is not in the domain, all numbers of its kind.
        """
        return self.as_dict().get(symbol, _whole_set(symbol))

    def as_dict(self) -> Mapping[Symbol, Set]:
        """The sets by variable.

        Returns
        -------
        dict of Symbol to Set
            Without the joint conditions.
        """
        return dict(self.sets)

    def restricted(self, symbol: Symbol, values: Set) -> Domain:
        """The same domain with other values for one variable.

        Parameters
        ----------
        symbol : Symbol
            A variable of the domain; another symbol changes nothing.
        values : Set
            The set that takes the place of its own.

        Returns
        -------
        Domain
            A new one.
        """
        return Domain(tuple((s, values if s == symbol else v) for s, v in self.sets), self.conditions)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was asked of the variables beyond being real."""
        return not self.conditions and all(values == S.Reals for _, values in self.sets)


def free_symbols(expression: sympy.Basic) -> frozenset[Symbol]:
    """The variables that an expression depends on.

    SymPy's own property of this name rebuilds, and so evaluates, whatever stands in an integral or a sum.

    Examples
    --------
    >>> from sympy.abc import k, n
    >>> free_symbols(sympy.Sum(1 / k, (k, 1, n)))
    frozenset({n})
    """
    if isinstance(expression, Symbol):
        return frozenset({expression})
    if isinstance(expression, sympy.Derivative):
        return free_symbols(expression.expr)
    if isinstance(expression, sympy.Limit):
        inside, variable, place, _ = expression.args
        return (free_symbols(inside) - {variable}) | free_symbols(place)
    if isinstance(expression, sympy.Subs):
        return (free_symbols(expression.expr) - set(expression.variables)) | free_symbols(expression.point)
    if isinstance(expression, ExprWithLimits):
        free = free_symbols(expression.function)
        for variable, *ends in expression.limits:
            free = (free - {variable}).union(*map(free_symbols, ends)) if ends else free | {variable}
        return free
    return frozenset().union(*map(free_symbols, expression.args))


def condition_text(condition: Condition) -> str:
    """A condition as it is written, for messages.

    Examples
    --------
    >>> from sympy.abc import x
    >>> condition_text(sympy.Eq(x, sympy.Rational(1, 2))), condition_text(sympy.Contains(x, Interval.open(0, 1)))
    ('x == 1/2', 'x in Interval.open(0, 1)')
    """
    if isinstance(condition, Relational):
        return f"{condition.lhs} {condition.rel_op} {condition.rhs}"
    return " in ".join(map(str, condition.args)) if isinstance(condition, sympy.Contains) else str(condition)


def _whole_set(symbol: Symbol) -> Set:
    if symbol.is_integer:
        return S.Integers
    return S.Reals if symbol.is_real else S.Complexes


# What SymPy may assume of a symbol besides what kind of number it is, the strongest first.
_SIGNS: Mapping[str, Set] = {
    "is_zero": sympy.FiniteSet(0),
    "is_positive": Interval.open(0, sympy.oo),
    "is_negative": Interval.open(-sympy.oo, 0),
    "is_nonnegative": Interval(0, sympy.oo),
    "is_nonpositive": Interval(-sympy.oo, 0),
    "is_nonzero": sympy.Union(Interval.open(-sympy.oo, 0), Interval.open(0, sympy.oo)),
}
_KINDS = ("complex", "real", "integer")


def _assumed_set(symbol: Symbol) -> Set:
    """The values that a symbol takes by what SymPy assumes of it.

    Raises
    ------
    ClaimError
        If that is more than a kind of number and a sign.
    """
    values = _whole_set(symbol)
    sign = next((name for name in _SIGNS if getattr(symbol, name)), None)
    kind = {name: True for name in _KINDS if getattr(symbol, f"is_{name}")}
    plain = Symbol(symbol.name, **kind, **({} if sign is None else {sign.removeprefix("is_"): True}))
    if symbol.assumptions0 != plain.assumptions0:
        more = ", ".join(sorted(name for name in symbol._assumptions_orig if name not in plain.assumptions0))
        raise ClaimError(f"of {symbol} SymPy assumes more than a kind of number and a sign: {more}; say it in where")
    return values if sign is None else values.intersect(_SIGNS[sign])


def _without_gaps(values: sympy.Complement) -> tuple[Set, list[Expr]]:
    """A set of integers with nothing missing between its ends, and what is missing of it there.

    SymPy does not know the ends of a set of integers with a gap.
    """
    whole, missing = values.args
    gaps = [gap for gap in missing if whole.contains(gap) != sympy.false]
    while isinstance(whole, sympy.Range) and gaps:
        low, high = whole.inf, whole.sup
        shorter = whole[1:] if low in gaps else whole[:-1] if high in gaps else whole
        if shorter == whole:
            break
        whole, gaps = shorter, [gap for gap in gaps if gap in shorter]
    return whole, gaps


def _by_distance(condition: Relational) -> Set:
    """The reals at a distance from 0 that is compared with a positive number."""
    bound = condition.rhs
    kinds: dict[type[Relational], Set] = {
        sympy.StrictLessThan: Interval.open(-bound, bound),
        sympy.LessThan: Interval(-bound, bound),
        sympy.StrictGreaterThan: S.Reals - Interval(-bound, bound),
        sympy.GreaterThan: S.Reals - Interval.open(-bound, bound),
        sympy.Equality: sympy.FiniteSet(-bound, bound),
        sympy.Unequality: S.Reals - sympy.FiniteSet(-bound, bound),
    }
    return kinds[type(condition)]


_HALF_LINES: dict[type[Relational], Callable[[Expr], Set]] = {
    sympy.StrictLessThan: lambda bound: Interval.open(-sympy.oo, bound),
    sympy.LessThan: lambda bound: Interval(-sympy.oo, bound),
    sympy.StrictGreaterThan: lambda bound: Interval.open(bound, sympy.oo),
    sympy.GreaterThan: lambda bound: Interval(bound, sympy.oo),
    sympy.Equality: lambda value: sympy.FiniteSet(value),
}


def _single_set(condition: Condition, symbol: Symbol) -> Set | None:
    """The values of the symbol that satisfy a condition which compares it with a number; None for any other."""
    if isinstance(condition, sympy.Contains):
        return condition.args[1] if condition.args[0] == symbol else None
    size = sympy.Abs(symbol, evaluate=False)  # of what is assumed to be positive SymPy drops it
    if condition.lhs not in (symbol, size):
        condition = condition.reversed
    if condition.rhs.free_symbols:
        return None
    if condition.lhs == size and symbol.is_real and condition.rhs.is_positive:
        return _by_distance(condition)
    if condition.lhs != symbol:
        return None
    if isinstance(condition, sympy.Ne):
        return _whole_set(symbol) - sympy.FiniteSet(condition.rhs)
    return _HALF_LINES[type(condition)](condition.rhs)
