"""Claims on extrema: that a value is the maximum, minimum, supremum or infimum of an expression."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Symbol

from symgrad.base.errors import ClaimError
from symgrad.base.kinds import shown
from symgrad.claims.claim import Claim, Formula, Where, claim_of, expression, listed, remarked, surroundings
from symgrad.language.statements import Extremum, ExtremumKind


def extremum(
    kind: ExtremumKind,
    of: Formula,
    variable: Symbol | str,
    value: Formula,
    at: Formula | None = None,
    where: Where = (),
    **facts: str,
) -> Claim:
    """The claim that `value` is this extremum of `of` over the values of `variable`; the others are parameters."""
    conditions, symbols, names = surroundings(listed(where), of, variable, value, at)
    place = None if at is None else expression(at, names)
    varied = _variable(variable, names)
    statement = Extremum(kind, expression(of, names), varied, expression(value, names), place)
    made = claim_of(statement, conditions, names, **facts)
    return remarked(made, conditions, symbols, of if isinstance(of, str) else "")


def _variable(given: object, names: Mapping[str, Symbol]) -> Symbol:
    """What varies: a symbol, or its name."""
    found = expression(given, names) if isinstance(given, str) else given
    if not isinstance(found, Symbol):
        raise ClaimError(
            f"an extremum is over the values of a symbol, as in maximum(x*(1 - x), x, 1/4); got {shown(given)}"
        )
    return found


def maximum(
    of: Formula,
    variable: Symbol | str,
    value: Formula,
    *,
    at: Formula | None = None,
    where: Where = (),
    id: str = "",
    source: str = "",
    expect: str = "holds",
) -> Claim:
    """The claim that the largest value of `of` is `value`, and that it is attained.

    Parameters
    ----------
    of : Expr, str or int
        The expression; symbols besides `variable` are parameters, for each value of which the claim is made.
    variable : Symbol or str
        What varies, over its whole domain.
    value : Expr, str or int
        The largest value; it may depend on the parameters.
    at : Expr, str or int, optional
        Where the largest value is attained, which the claim then says too.
    where : iterable of str or SymPy conditions
        The domain, as in `claim`.
    id : str
        Its name in reports.
    source : str
        Who says so, and where.
    expect : {"holds", "refuted"}
        What checking should find, as in `claim`.

    Returns
    -------
    Claim
        Its statement is an `Extremum`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If a side is no exact formula, the variable is no symbol, or the domain is empty.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.verify(sg.maximum(sg.tanh(x).diff(x), x, 1, at=0)).holds
    True
    """
    return extremum(ExtremumKind.MAXIMUM, of, variable, value, at, where, id=id, source=source, expect=expect)


def minimum(
    of: Formula,
    variable: Symbol | str,
    value: Formula,
    *,
    at: Formula | None = None,
    where: Where = (),
    id: str = "",
    source: str = "",
    expect: str = "holds",
) -> Claim:
    """The claim that the smallest value of `of` is `value`, and that it is attained.

    Parameters
    ----------
    of : Expr, str or int
        The expression; symbols besides `variable` are parameters, for each value of which the claim is made.
    variable : Symbol or str
        What varies, over its whole domain.
    value : Expr, str or int
        The smallest value; it may depend on the parameters.
    at : Expr, str or int, optional
        Where the smallest value is attained, which the claim then says too.
    where : iterable of str or SymPy conditions
        The domain, as in `claim`.
    id : str
        Its name in reports.
    source : str
        Who says so, and where.
    expect : {"holds", "refuted"}
        What checking should find, as in `claim`.

    Returns
    -------
    Claim
        Its statement is an `Extremum`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If a side is no exact formula, the variable is no symbol, or the domain is empty.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> print(sg.minimum("x**2 + a", x, "a", at=0))
    minimum(x**2 + a, x, 0) == a
    """
    return extremum(ExtremumKind.MINIMUM, of, variable, value, at, where, id=id, source=source, expect=expect)


def supremum(
    of: Formula,
    variable: Symbol | str,
    value: Formula,
    *,
    at: Formula | None = None,
    where: Where = (),
    id: str = "",
    source: str = "",
    expect: str = "holds",
) -> Claim:
    """The claim that `value` is the least upper bound of `of`, attained or not.

    Parameters
    ----------
    of : Expr, str or int
        The expression; symbols besides `variable` are parameters, for each value of which the claim is made.
    variable : Symbol or str
        What varies, over its whole domain.
    value : Expr, str or int
        The least upper bound; it may depend on the parameters.
    at : Expr, str or int, optional
        Where the bound is attained, which the claim then says too.
    where : iterable of str or SymPy conditions
        The domain, as in `claim`.
    id : str
        Its name in reports.
    source : str
        Who says so, and where.
    expect : {"holds", "refuted"}
        What checking should find, as in `claim`.

    Returns
    -------
    Claim
        Its statement is an `Extremum`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If a side is no exact formula, the variable is no symbol, or the domain is empty.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.verify(sg.supremum(sg.sigmoid(x), x, 1)).holds
    True
    >>> print(sg.verify(sg.maximum(sg.sigmoid(x), x, 1)).outcome.name)
    REFUTED
    """
    return extremum(ExtremumKind.SUPREMUM, of, variable, value, at, where, id=id, source=source, expect=expect)


def infimum(
    of: Formula,
    variable: Symbol | str,
    value: Formula,
    *,
    at: Formula | None = None,
    where: Where = (),
    id: str = "",
    source: str = "",
    expect: str = "holds",
) -> Claim:
    """The claim that `value` is the greatest lower bound of `of`, attained or not.

    Parameters
    ----------
    of : Expr, str or int
        The expression; symbols besides `variable` are parameters, for each value of which the claim is made.
    variable : Symbol or str
        What varies, over its whole domain.
    value : Expr, str or int
        The greatest lower bound; it may depend on the parameters.
    at : Expr, str or int, optional
        Where the bound is attained, which the claim then says too.
    where : iterable of str or SymPy conditions
        The domain, as in `claim`.
    id : str
        Its name in reports.
    source : str
        Who says so, and where.
    expect : {"holds", "refuted"}
        What checking should find, as in `claim`.

    Returns
    -------
    Claim
        Its statement is an `Extremum`.

    Raises
    ------
    ParseError
        If a text is no formula.
    ClaimError
        If a side is no exact formula, the variable is no symbol, or the domain is empty.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> sg.verify(sg.infimum(sg.softplus(x), x, 0)).holds
    True
    """
    return extremum(ExtremumKind.INFIMUM, of, variable, value, at, where, id=id, source=source, expect=expect)
