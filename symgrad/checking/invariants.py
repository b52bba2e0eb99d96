"""Definitions by invariants: named properties that together pin a function down, and what fails of a candidate.

A differential equation alone never does it: another initial value satisfies it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr

from symgrad.base.copies import Exact
from symgrad.base.errors import ClaimError
from symgrad.claims.claim import Claim, Where
from symgrad.claims.derivations import Prose, Table, table
from symgrad.language.verdicts import Verdict
from symgrad.prove import verify

Property = Callable[[Expr, Where], Claim]


@dataclass(frozen=True)
class Candidate(Exact):
    """An expression that may be the function that is meant.

    Parameters
    ----------
    name : str
        What a table calls it.
    expression : Expr
        The candidate itself.
    where : iterable of str or SymPy conditions
        Where it has a value; properties that are about all of its values hold there if they hold.
    fails : tuple of str
        The properties that it is known not to have; their claims expect ``"refuted"``.

    Examples
    --------
    >>> import symgrad as sg
    >>> from sympy import Ne, exp
    >>> x = sg.real("x")
    >>> slip = sg.Candidate("a slip", 1 / (1 - exp(-x)), where=[Ne(x, 0)], fails=("value at zero",))
    >>> slip.name, slip.expression
    ('a slip', 1/(1 - exp(-x)))
    """

    name: str
    expression: Expr
    where: Where = ()
    fails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Invariants:
    """Properties that together pin a function down.

    A differential equation alone never does it: another initial value satisfies it as well.

    Parameters
    ----------
    properties : mapping of str to callable
        By name, what makes the claim: from a candidate's expression and the conditions under which it has a value.

    Examples
    --------
    >>> import symgrad as sg
    >>> from sympy import Derivative, Eq, exp
    >>> x = sg.real("x")
    >>> exponential = sg.Invariants({
    ...     "differential equation": lambda f, where: sg.claim(Derivative(f, x), "==", f, where=where),
    ...     "value at zero": lambda f, where: sg.claim(f, "==", 1, where=[Eq(x, 0)]),
    ... })
    >>> exponential.first_failing(sg.Candidate("twice as much", 2 * exp(x)))
    'value at zero'
    >>> print(exponential.first_failing(sg.Candidate("exp", exp(x))))
    None
    """

    properties: Mapping[str, Property]

    def claims(self, candidate: Candidate) -> dict[str, Claim]:
        """The claim of each property, with what is expected of it.

        Parameters
        ----------
        candidate : Candidate
            What is asked about.

        Returns
        -------
        dict of str to Claim
            By the names of the properties, in their order.

        Raises
        ------
        ClaimError
            If the candidate is said to fail in a property that is none of these.
        """
        for name in candidate.fails:
            if name not in self.properties:
                raise ClaimError(f"{name!r} is none of the properties; these are {', '.join(self.properties)}")
        return {
            name: replace(
                made(candidate.expression, candidate.where), expect="refuted" if name in candidate.fails else "holds"
            )
            for name, made in self.properties.items()
        }

    def judge(self, candidate: Candidate) -> Iterator[tuple[str, Verdict]]:
        """The properties in order, each with its verdict.

        Parameters
        ----------
        candidate : Candidate
            What is asked about.

        Yields
        ------
        tuple of (str, Verdict)
            The name of a property and what `verify` finds; one at a time.

        Raises
        ------
        ClaimError
            If the candidate is said to fail in a property that is none of these.
        """
        for name, claim in self.claims(candidate).items():
            yield name, verify(claim)

    def first_failing(self, candidate: Candidate) -> str | None:
        """The first property that is refuted for a candidate.

        Parameters
        ----------
        candidate : Candidate
            What is asked about.

        Returns
        -------
        str or None
            Its name; None if none is refuted, which proves only what was proved.

        Raises
        ------
        ClaimError
            If the candidate is said to fail in a property that is none of these.
        """
        return next((name for name, verdict in self.judge(candidate) if verdict.holds is False), None)

    def table(self, caption: str | Prose, *candidates: Candidate, label: str = "") -> Table:
        """A row for each property, a column for each candidate.

        Parameters
        ----------
        caption : str or Prose
            What the table shows, in a sentence.
        *candidates : Candidate
            The columns, in this order.
        label : str
            What a `ref` calls it.

        Returns
        -------
        Table
            An item of a `Derivation`; each claim is shown with its verdict.

        Raises
        ------
        ClaimError
            If the candidate is said to fail in a property that is none of these.
        """
        columns = [self.claims(candidate) for candidate in candidates]
        rows = [(name, *(claims[name] for claims in columns)) for name in self.properties]
        return table(caption, ("property", *(candidate.name for candidate in candidates)), *rows, label=label)
