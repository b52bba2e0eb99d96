"""t and T are the step and the number of steps: what else may have these names, and where it may not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sympy import Expr, MatrixExpr, Symbol

from symgrad.base.errors import CellError
from symgrad.symbols import LENGTH, TIME, TimedMatrix, TimedScalar, parameters_in, size_symbols, timed_in


def demand_numbers_alone(names: Iterable[str], expressions: Iterable[Expr], where: str) -> None:
    """Refuse a name that is that of a step which stands as a number in some expressions: T*s/T would be two things."""
    numbers = {s.name for e in expressions for s in _outside_of_times(e) if s in (TIME, LENGTH)}
    demand_no_steps((name for name in names if name in numbers), where)


def demand_steps_alone(e: Expr, where: str) -> None:
    """Refuse t and T as anything but steps, in claims: beside h[t] and h_T they would be two things of one name.

    The step and the number of steps themselves, `TIME` and `LENGTH`, are numbers like others.
    """
    things = (*timed_in(e), *parameters_in(e), *sizes_in(e), *({*_outside_of_times(e)} - {TIME, LENGTH}))
    demand_no_steps((v.name for v in things), where)


def sizes_in(e: Expr) -> set[Symbol]:
    """The symbols of sizes; of one called T nobody could tell that it is not the number of steps."""
    return size_symbols([*timed_in(e), *parameters_in(e), *e.atoms(MatrixExpr)])


def demand_no_steps(names: Iterable[str], where: str) -> None:
    """Refuse t and T as names of values and sizes."""
    steps = {TIME.name: "the step", LENGTH.name: "the number of steps"}
    name = next((name for name in names if name in steps), None)
    if name is not None:
        raise CellError(f"{where}: {name} is {steps[name]}, and no name of a value or a size; write another letter")


def _outside_of_times(expression: Expr) -> Iterator[Symbol]:
    """The symbols of an expression that are not of the time of a variable."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Symbol):
            yield node
        elif not isinstance(node, TimedScalar | TimedMatrix):
            waiting += node.args
