"""One budget of work for each claim: whatever is done for it is counted, and where that is too much it ends undecided.

Work is counted in units of about a microsecond on a machine of 2025: operations on balls by kind and precision,
products of polynomials by their terms, derivatives by the nodes that they make, questions to SymPy by the size of what
is asked. Nothing is measured, so that the same claim comes to the same end on every machine, under a profiler and in a
thread. What was found on the way is remembered for the claim alone: it begins with nothing in memory, and so the count
does not depend on what was decided before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from math import inf
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Budget:
    """How much work may be done, how much of it was done so far, and what was found by it.

    Attributes
    ----------
    limit : float
        Units of work.
    spent : float
        What was counted so far; a little more than the limit at the end of a budget that is spent.
    memory : dict
        Results of the functions that are `remembered`, by function and arguments.
    """

    limit: float
    spent: float = 0
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)


class Spent(BaseException):
    """The budget is spent. No `Exception`, because SymPy and others catch many of those on their way."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        super().__init__(f"the budget of work is spent: more than {budget.limit:.0f} units")

    def __reduce__(self) -> tuple[type[Spent], tuple[Budget], dict[str, object]]:
        """What was found by the work stays behind."""
        budget = Budget(self.budget.limit, self.budget.spent)
        return Spent, (budget,), {**vars(self), "budget": budget}


_PRESENT: ContextVar[Budget | None] = ContextVar("symgrad budget of work", default=None)


@contextmanager
def working_within(budget: Budget) -> Iterator[Budget]:
    """Count all work done within on this budget.

    Raises
    ------
    Spent
        From any place within, once the limit is passed.
    """
    token = _PRESENT.set(budget)
    try:
        yield budget
    finally:
        _PRESENT.reset(token)


def charge(work: float) -> None:
    """Count so much work, before it is done; nothing where there is no budget."""
    present = _PRESENT.get()
    if present is not None:
        present.spent += work
        if present.spent > present.limit:
            raise Spent(present)


def attempt(most: float, ask: Callable[[], T]) -> T | None:
    """What `ask` returns, or None where that would take more than this share of the budget.

    Where the budget itself ends before the share does, it ends here as anywhere else.
    """
    outer = _PRESENT.get()
    if outer is None:
        return ask()
    left = outer.limit - outer.spent
    share = Budget(min(most, left), memory=outer.memory)
    try:
        with working_within(share):
            return ask()
    except Spent as spent:
        if spent.budget is not share:
            raise
        if left < most:
            raise Spent(outer) from None
        return None
    finally:
        outer.spent += share.spent


@contextmanager
def not_interrupted() -> Iterator[None]:
    """Count the work done within when it is done: for what calls back from where no exception gets through."""
    outer = _PRESENT.get()
    if outer is None:
        yield
        return
    with working_within(Budget(inf, memory=outer.memory)) as within:
        yield
    charge(within.spent)


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """The function with a memory that lasts for one claim; its arguments, all hashable, are given by position.

    What another claim has found out is not there to be had: work that it has paid for would be free here, and whether a
    claim is decided would depend on which ones came before.
    """

    @wraps(function)
    def remembering(*args: P.args, **kwargs: P.kwargs) -> T:
        assert not kwargs
        present = _PRESENT.get()
        if present is None:
            with working_within(Budget(inf)):
                return remembering(*args, **kwargs)
        key = (function, args)
        try:
            return present.memory[key]  # type: ignore[no-any-return]
        except KeyError:
            found = present.memory[key] = function(*args, **kwargs)
            return found

    return remembering
