"""Assertions for tests: a formula holds, a formula is refuted, a function gives the right gradients."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from sympy import Expr

from symgrad.base.errors import ClaimError
from symgrad.base.shown import one_line
from symgrad.checking.remembered import remembered
from symgrad.checking.reports import Check
from symgrad.claims.claim import Claim, Formula, Where, as_claim
from symgrad.claims.derivations import Chain, Derivation, Item, Section, claims_of
from symgrad.compute.checks.check_gradient import check_gradient
from symgrad.language.statements import Relation
from symgrad.language.verdicts import ACCEPTABLE, Outcome, Verdict
from symgrad.reading.text import to_text, to_where


def assert_holds(
    says: Claim | Formula,
    op: str | None = None,
    rhs: Formula | None = None,
    *,
    where: Where = (),
    accept: str | Iterable[str] = (),
) -> None:
    """Fail unless a claim is proved or certified.

    Parameters
    ----------
    says : Claim, str, Expr or int
        A claim, the whole statement as text, or its left side.
    op : {"==", "!=", "<", "<=", ">", ">="}, optional
        The relation, if there are two sides.
    rhs : str, Expr or int, optional
        The right side.
    where : iterable of str or SymPy conditions
        The domain, as in `claim`; a `Claim` has its own, and takes none.
    accept : {"supported", "uninformative"} or several of them
        Evidence that counts as good enough, although it proves nothing.

    Raises
    ------
    AssertionError
        If the claim is refuted, or stays open; the message has the sides, the counterexample and the method.
    ParseError
        If a text is no formula.
    ClaimError
        If it says nothing that could be true or false, `accept` names anything else, or sides or conditions stand
        beside a `Claim`.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.assert_holds("diff(sigmoid(x), x) == sigmoid(x)*(1 - sigmoid(x))")
    >>> sg.assert_holds("tanh(x) == x")
    Traceback (most recent call last):
    AssertionError: REFUTED: tanh(x) == x
      left side:  tanh(x)
      right side: x
      at x = 1: left 0.761594155955765, right 1
      by ball arithmetic
    """
    __tracebackhide__ = True
    decided(_claim(says, op, rhs, where, "holds"), outcomes(accept))


def assert_refuted(
    says: Claim | Formula, op: str | None = None, rhs: Formula | None = None, *, where: Where = ()
) -> None:
    """Fail unless a claim is false, by a counterexample that is certified.

    Parameters
    ----------
    says : Claim, str, Expr or int
        A claim, the whole statement as text, or its left side.
    op : {"==", "!=", "<", "<=", ">", ">="}, optional
        The relation, if there are two sides.
    rhs : str, Expr or int, optional
        The right side.
    where : iterable of str or SymPy conditions
        The domain, as in `claim`; a `Claim` has its own, and takes none.

    Raises
    ------
    AssertionError
        If the claim is not refuted; a claim that stays open fails too.
    ParseError
        If a text is no formula.
    ClaimError
        If it says nothing that could be true or false, or sides or conditions stand beside a `Claim`.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.assert_refuted("1/(1 - exp(-x)) == sigmoid(x)")
    """
    __tracebackhide__ = True
    decided(_claim(says, op, rhs, where, "refuted"))


def assert_gradient(
    f: Callable[..., Any], what: Any, /, loss: Expr | None = None, at: str = "last", **options: Any
) -> None:
    """Fail unless a function gives the gradients of a cell, or the derivatives of an expression, at a point.

    Parameters
    ----------
    f : callable
        ``f(**arguments)`` gives the gradients, by the names of the arguments.
    what : Gradients, Cell or Expr
        What it should be the gradient of.
    loss : Loss or Expr, optional
        The loss of a cell, as in `bptt`.
    at : str
        At which steps the loss is taken, as in `bptt`.
    **options : object
        The point, and the options of `check_gradient`: `wrt`, `convert`, `rtol`, `sizes`, `point`.

    Raises
    ------
    AssertionError
        If an entry is wrong, with argument, entry, time step and factor; or if none could have been found wrong.
    CellError
        If the point does not fit the cell, or `f` gives a gradient that is none of its arguments.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, w = sg.State("h"), sg.Parameter("w")
    >>> cell = sg.Cell({h: sg.sigmoid(w * h.prev)})
    >>> sg.assert_gradient(lambda w, h0: {"h0": 0.0}, cell, h, sizes={sg.LENGTH: 20}, w=1.0, h0=0.0)
    Traceback (most recent call last):
    AssertionError: the gradients are wrong
      h0: 1 of 1 entries are wrong: got 0.0, should be 1.2717777e-13; all by the factor 0; it is 0
    """
    __tracebackhide__ = True
    found = check_gradient(f, what, loss, at, **options)
    if found.verdict.outcome is Outcome.SUPPORTED:
        return
    said = "the gradients are wrong" if found.findings else f"nothing is known of these gradients: {found.verdict}"
    raise AssertionError("\n  ".join([said, *map(str, found.findings)]))


def _claim(says: Claim | Formula, op: str | None, rhs: Formula | None, where: Where, expect: str) -> Claim:
    asked = as_claim(says, op, rhs, where=where, expect=expect)
    return Claim(asked.statement, asked.domain, asked.id, asked.source, expect) if asked is says else asked


def decided(asked: Claim, accepted: Collection[Outcome] = (), chain: Sequence[Claim] = ()) -> None:
    """Fail, in a few lines, unless a claim is found to be what is expected of it.

    Parameters
    ----------
    asked : Claim
    accepted : collection of Outcome
        Outcomes that count as good enough, although they prove nothing.
    chain : sequence of Claim
        The steps of the chain that it stands in, to name the first wrong one.
    """
    __tracebackhide__ = True
    verdict = remembered()(asked)
    if Check.of(asked, verdict).met_if(accepted) is not True:
        raise AssertionError("\n  ".join(map(one_line, _lines(asked, verdict, chain))))


def outcomes(names: str | Iterable[str]) -> frozenset[Outcome]:
    """The outcomes of these names, which are those of evidence; nothing makes a refuted claim pass.

    Raises
    ------
    ClaimError
        If one of the names is another.

    Examples
    --------
    >>> [outcome.name for outcome in outcomes("supported")]
    ['SUPPORTED']
    """
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in ACCEPTABLE:
            raise ClaimError(f"evidence that can be accepted is {' or '.join(ACCEPTABLE)}; got {name!r}")
    return frozenset(ACCEPTABLE[name] for name in wanted)


def _lines(asked: Claim, verdict: Verdict, chain: Sequence[Claim]) -> Iterator[str]:
    met = "" if asked.expect == "holds" else ", though it should be refuted"
    yield f"{verdict.outcome.name}{met}: {asked}"
    if isinstance(asked.statement, Relation):
        yield f"left side:  {to_text(asked.statement.lhs)}"
        yield f"right side: {to_text(asked.statement.rhs)}"
    if not asked.domain.is_whole:
        yield f"where {', '.join(to_where(asked.domain, asked.statement.expressions))}"
    if verdict.witness is not None:
        yield str(verdict.witness)
    yield f"by {verdict.method}" + (f": {verdict.evidence}" if verdict.evidence else "")
    if len(chain) > 1 and verdict.holds is False:
        wrong = next(step for step in chain if step == asked or remembered()(step).holds is False)
        place = f"step {chain.index(wrong) + 1} of {len(chain)}"
        yield f"the first wrong step of its chain is {'this one' if wrong == asked else f'{wrong}'}, {place}"
    if asked.source:
        yield f"source: {asked.source}"


def chains(derivation: Derivation) -> list[tuple[Claim, ...]]:
    """For each claim of a derivation, in order, the claims of the chain that it stands in; none if in no chain."""

    def walk(items: Iterable[Item]) -> Iterator[tuple[Claim, ...]]:
        for item in items:
            if isinstance(item, Section):
                yield from walk(item.items)
            else:
                found = claims_of(item)
                yield from [found if isinstance(item, Chain) else ()] * len(found)

    return list(walk(derivation.items))
