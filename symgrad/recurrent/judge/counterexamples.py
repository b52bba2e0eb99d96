"""Counterexamples to lines: the numbers of a run at which both sides differ, or at which one has no value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Symbol

from symgrad.balls import ball, separated
from symgrad.balls.matrices import Surroundings
from symgrad.base.untyped import Array
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.prove.places.witnesses import show
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.forms.state_jacobians import StateJacobian
from symgrad.symbols import TimedMatrix, TimedScalar

UNDEFINED = "undefined"


def refuted(
    equation: Equation,
    around: Surroundings,
    step: int,
    indices: Mapping[Symbol, int],
    place: str,
    stated: str,
    true: str,
    method: str = "ball arithmetic",
    says: str = "",
) -> Verdict:
    """The name stands on the left, with its true value, and what is said of it on the right."""
    point = {str(s): str(v) for s, v in around.sizes.items()} | {"T": str(around.length)}
    if isinstance(equation.left, TimedScalar | TimedMatrix | StateJacobian) or step != around.length:
        point |= {"t": str(step), **{str(s): str(v) for s, v in indices.items()}}
    if place:
        point["entry"] = place
    point |= {name: _numbers(value) for name, value in around.given.items()}
    return Verdict(Outcome.REFUTED, method, says, Witness(point, true, stated))


def _numbers(given: object) -> str:
    """An argument of a run as it is given: a number, or nested lists of numbers, in time with a row for each step."""
    if not isinstance(given, np.ndarray):
        return str(given)
    return f"[{', '.join(map(_numbers, given))}]"


def first_difference(stated: Array, true: Array) -> tuple[str, str, str] | None:
    if not isinstance(stated, np.ndarray):
        return ("", _digits(stated), _digits(true)) if separated(stated, true) else None
    for place, entry in np.ndenumerate(stated):
        if separated(entry, true[place]):
            shown = ", ".join(str(k + 1) for k in (place[:1] if stated.shape[1] == 1 else place))
            return shown, _digits(entry), _digits(true[place])
    return None


def first_entry(true: object) -> tuple[str, str, str]:
    """The first entry of a true value, beside one that there is not."""
    if not isinstance(true, np.ndarray):
        return "", UNDEFINED, _digits(true)
    return "1" if true.shape[1] == 1 else "1, 1", UNDEFINED, _digits(true.flat[0])


def _digits(value: Array) -> str:
    return show(ball(value), 8)
