"""Whether a constant is zero, by whatever tells."""

from __future__ import annotations

from sympy import Expr

from symgrad.budget import remembered
from symgrad.prove import facts, numbers
from symgrad.prove.facts import constant_sign
from symgrad.prove.ring import NoNormalForm
from symgrad.prove.signs import Signs
from symgrad.prove.tower import Tower
from symgrad.statements import Domain


@remembered
def constant_zero(number: Expr) -> bool | None:
    """Whether a constant is zero; None if neither algebra nor enclosures tell."""
    if facts.is_zero(number):
        return True
    known = constant_sign(number)
    if known is not None:
        return known == 0
    found = numbers.is_zero(number)
    if found is not None:
        return found[0]
    tower = Tower(Signs(Domain()))
    try:
        (normal,) = tower.normal(number)
    except NoNormalForm:
        return None
    return True if normal.is_zero and not tower.nonzero else None
