"""Normal forms that hold on a whole domain: the one place where provers of signs ask for them."""

from __future__ import annotations

from sympy import Expr

from symgrad.base.budget import remembered
from symgrad.language.statements import Domain
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places.signs import Signs
from symgrad.prove.special.ring import NoNormalForm, Quotient


@remembered
def normal_form(e: Expr, domain: Domain) -> tuple[Tower, Quotient] | None:
    """The exp-log normal form and its tower; None where there is none, or where it assumes something of the domain."""
    signs = Signs(domain)
    tower = Tower(signs)
    try:
        (normal,) = tower.normal(e)
    except NoNormalForm:
        return None
    return (tower, normal) if all(signs.sign(assumed) in (1, -1) for assumed in tower.nonzero) else None


def simplified(e: Expr, domain: Domain) -> Expr:
    """The expression in its normal form, or as it is where it has none."""
    found = normal_form(e, domain)
    return e if found is None else found[0].expression(found[1])
