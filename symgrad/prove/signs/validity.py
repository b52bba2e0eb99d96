"""Whether conditions hold on a whole domain, as far as signs tell."""

from __future__ import annotations

from dataclasses import replace

import sympy
from flint import fmpq_mpoly
from sympy import Derivative, Expr, S, Symbol
from sympy.core.relational import Relational

from symgrad import activations
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts
from symgrad.prove.basics.conditions import Condition, conditions
from symgrad.prove.basics.derivatives import ROUGH, evaluated
from symgrad.prove.basics.findings import Look
from symgrad.prove.basics.sets import hull
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places import branch_cuts
from symgrad.prove.places.signs import Signs
from symgrad.prove.special.ring import NoNormalForm
from symgrad.symbols.elliptic import jacobi_dn

DEEPEST_NORM, LARGEST_NORM = 2, 40


def discharged(condition: Condition, domain: Domain, look: Look) -> bool:
    """Whether the condition certainly holds on the whole domain."""
    condition = _evaluated(condition)
    if any(_excludes(c, _without_power(condition.nonzero)) for c in domain.conditions):
        return True
    if isinstance(1 / condition.nonzero, jacobi_dn):
        return all(branch_cuts.is_certainly_real(a, Signs(domain)) for a in (1 / condition.nonzero).args)
    if condition.positive is not None and _is_right_of_poles(condition.positive, domain, look):
        return True
    if condition.real is not None and _is_real(condition.real, domain, look):
        return True
    if condition.nonnegative and all(_is_nonnegative(e, domain, look) for e in condition.nonnegative):
        return True
    return never_zero(condition.nonzero, domain, look)


def _is_real(e: Expr, domain: Domain, look: Look) -> bool:
    """Whether an expression certainly is real; roots and logarithms are where their arguments are not negative."""
    if branch_cuts.is_certainly_real(e, Signs(domain)):
        return True
    if isinstance(e, sympy.Add | sympy.Mul):
        return all(_is_real(a, domain, look) for a in e.args)
    if isinstance(e, sympy.log) or (isinstance(e, sympy.Pow) and facts.is_real(e.exp)):
        argument = e.args[0]
        return _is_real(argument, domain, look) and _is_nonnegative(argument, domain, look)
    return False


def _is_right_of_poles(u: Expr, domain: Domain, look: Look) -> bool:
    """Whether an argument certainly is positive; one that is not real, whether its real part is, or it is not real."""
    if not u.has(S.ImaginaryUnit):
        return _is_positive(u, domain, look)
    parts = branch_cuts.cartesian_parts(u, Signs(domain))
    if parts is None:
        return False
    return _is_positive(parts[0], domain, look) or never_zero(parts[1], domain, look)


def _is_positive(expression: Expr, domain: Domain, look: Look) -> bool:
    if not expression.free_symbols:
        return facts.is_positive(expression)
    found = look(expression, domain)
    return found is not None and found.strict and found.sign == 1


def _without_power(e: Expr) -> Expr:
    """The base of a power with a positive exponent, which is zero where the power is."""
    return e.base if isinstance(e, sympy.Pow) and e.exp.is_Rational and facts.is_positive(e.exp) else e


def _evaluated(condition: Condition) -> Condition:
    """The condition with its derivatives evaluated; that they exist is a condition of its own."""
    return replace(condition, nonzero=evaluated(condition.nonzero)) if condition.nonzero.has(Derivative) else condition


def _is_nonnegative(expression: Expr, domain: Domain, look: Look) -> bool:
    if facts.is_nonnegative(expression):
        return True
    found = look(expression, domain)
    return found is not None and found.sign == 1


def _excludes(condition: Relational, expression: Expr) -> bool:
    if not isinstance(condition, sympy.Ne | sympy.StrictLessThan | sympy.StrictGreaterThan):
        return False
    asked, said = (
        sized.expand(e).as_content_primitive()[1] for e in (expression, condition.lhs - condition.rhs)
    )  # fmt: skip
    return asked in (said, sized.expand(-said))


def real_twin(x: Symbol) -> Symbol:
    """The real variable that stands for one that is an integer; that of a dummy is one that nobody else has."""
    if not facts.is_integer(x):
        return x
    if isinstance(x, sympy.Dummy):
        return sympy.Dummy(x.name, dummy_index=x.dummy_index, real=True)
    return Symbol(x.name, real=True)


def between_integers(expression: Expr, domain: Domain, *integers: Symbol) -> tuple[Expr, Domain]:
    """The expression and the domain with variables that also run through what lies between their integers.

    What is odd is no zero at integers, and yet a pole between them.
    """
    reals: dict[Expr, Expr] = {s: real_twin(s) for s in integers if facts.is_integer(s)}
    sets = tuple((reals[s], hull(v)) if s in reals else (s, v) for s, v in domain.sets)
    conditions = tuple(c.xreplace(reals) for c in domain.conditions)
    return expression.xreplace(reals), Domain(sets, tuple(c for c in conditions if isinstance(c, Relational)))


def is_smooth(expression: Expr, x: Symbol, domain: Domain, look: Look) -> bool:
    """Whether the expression certainly has a continuous derivative in x on the whole domain."""
    if facts.is_integer(x):
        expression, domain = between_integers(expression, domain, x)
        x = real_twin(x)
    derivative = sympy.Derivative(expression, x)
    if expression.has(*ROUGH) or not branch_cuts.crosses_none(expression, Signs(domain)):
        return False
    return all(discharged(c, domain, look) for c in conditions(derivative))


def never_zero(expression: Expr, domain: Domain, look: Look) -> bool:
    """Whether the expression is certainly different from zero on the whole domain."""
    expression = activations.expand(expression)
    if isinstance(expression, Symbol) and facts.is_in(domain.set_of(expression), S.Zero) is False:
        return True
    if isinstance(expression, sympy.gamma):
        return True  # wherever it has a value
    if isinstance(expression, sympy.Abs):
        return never_zero(expression.args[0], domain, look)
    if isinstance(expression, sympy.Pow) and expression.exp.is_Rational and expression.has(sympy.gamma, sympy.Abs):
        return never_zero(expression.base, domain, look)
    if isinstance(expression, sympy.Mul) and expression.has(sympy.gamma, sympy.Abs):
        return all(never_zero(factor, domain, look) for factor in expression.args)
    if not expression.has(S.ImaginaryUnit) and all(facts.is_real(s) for s in expression.free_symbols):
        found = look(expression, domain)
        if found is not None and found.strict:
            return True
        values = [domain.set_of(s) for s in expression.free_symbols]
        if len(values) == 1 and isinstance(values[0], sympy.Union):
            (x,) = expression.free_symbols
            return all(never_zero(expression, domain.restricted(x, part), look) for part in values[0].args)
        if facts.is_nonzero(expression.xreplace(Signs(domain).refined)):
            return True
        return _has_norm_without_zero(expression, domain, look)
    if isinstance(expression, sympy.Mul):
        return all(never_zero(factor, domain, look) for factor in expression.args)
    if _has_its_zeros_outside(expression, domain):
        return True
    signs = Signs(domain)
    if expression.has(S.ImaginaryUnit) and all(facts.is_real(s) for s in expression.free_symbols):
        parts = branch_cuts.cartesian_parts(expression, signs)
        if parts is not None and any(
            never_zero(e, domain, look) for e in (*parts, sized.expand(parts[0] ** 2 + parts[1] ** 2))
        ):
            return True
    if facts.is_nonzero(expression.xreplace(signs.refined)) or branch_cuts.is_off_cut(expression, signs):
        return True
    return _has_norm_without_zero(expression, domain, look)


def _has_its_zeros_outside(expression: Expr, domain: Domain) -> bool:
    """Whether a polynomial in one variable has factors of degree one and two alone, and their zeros are excluded."""
    if len(expression.free_symbols) != 1 or expression.has(*ROUGH):
        return False
    (z,) = expression.free_symbols
    if not expression.is_polynomial(z):
        return False
    try:
        _, factors = sized.polynomial(expression, z, extension=True).factor_list()
    except sympy.PolynomialError:
        return False
    if not all(1 <= factor.degree() <= 2 for factor, _ in factors):
        return False
    return all(facts.is_in(domain.set_of(z), zero) is False for factor, _ in factors for zero in _zeros_of(factor))


def _zeros_of(factor: sympy.Poly) -> list[Expr]:
    """The complex zeros of a polynomial of degree one or two."""
    c, b, a = (factor.nth(k) for k in range(3))
    if a == 0:
        return [-c / b]
    root = sympy.sqrt(b**2 - 4 * a * c)
    return [(-b + root) / (2 * a), (-b - root) / (2 * a)]


def _has_norm_without_zero(expression: Expr, domain: Domain, look: Look) -> bool:
    """Whether the norm of an expression with roots in it, the product with its conjugates, certainly has no zero."""
    is_rooted = any(p.exp.is_Rational and not p.exp.is_Integer for p in expression.atoms(sympy.Pow))
    if not is_rooted or look.depth > DEEPEST_NORM or expression.count_ops() > LARGEST_NORM:
        return False
    tower = Tower(Signs(domain, look))
    try:
        (normal,) = tower.normal(expression)
    except NoNormalForm:
        return False
    if normal.is_zero or tower.nonzero:
        return False
    parts = [p for whole in (normal.numerator, normal.denominator) for p, _ in whole.factor()[1]]
    return all(tower.sign(p) or _is_free_of_zeros(tower.whole_norm(p), tower, domain, look) for p in parts)


def _is_free_of_zeros(norm: fmpq_mpoly, tower: Tower, domain: Domain, look: Look) -> bool:
    """Whether the factors of a polynomial in the generators all have a strict sign."""
    if norm.is_zero():
        return False
    for part, _ in norm.factor()[1]:
        if not tower.sign(part):
            asked = tower.polynomial(part)
            found = look(asked, domain) if not asked.has(S.ImaginaryUnit) else None
            if found is None or not found.strict:
                return False
    return True
