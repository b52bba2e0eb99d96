"""Whether a constant is zero, by whatever tells."""

from __future__ import annotations

from sympy import Expr

from symgrad.base.budget import remembered
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places import algebraic_numbers
from symgrad.prove.places.signs import Signs
from symgrad.prove.special.ring import NoNormalForm


@remembered
def constant_zero(number: Expr) -> bool | None:
    """Whether a constant is zero; None if neither algebra nor enclosures tell."""
    if facts.is_zero(number):
        return True
    known = constant_sign(number)
    if known is not None:
        return known == 0
    found = algebraic_numbers.is_zero(number)
    if found is not None:
        return found[0]
    tower = Tower(Signs(Domain()))
    try:
        (normal,) = tower.normal(number)
    except NoNormalForm:
        return None
    return True if normal.is_zero and not tower.nonzero else None
