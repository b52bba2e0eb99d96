"""Signs of expressions on a domain: exactly by algebra and calculus, or certified by enclosures and tails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Expr, Interval, S, Symbol
from sympy.core.relational import Relational

from symgrad import activations
from symgrad.balls import Tape, UnsupportedError, precision, sign
from symgrad.base import sized
from symgrad.base.budget import charge, remembered
from symgrad.base.sized import TooLarge
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.conditions import Condition
from symgrad.prove.basics.derivatives import ROUGH, evaluated
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.basics.points import as_balls, is_light_at, points
from symgrad.prove.basics.sets import hull, is_of_integers, is_of_reals, meet
from symgrad.prove.normal_form.on_domain import normal_form
from symgrad.prove.places.branch_and_bound import MOST_BOXES, bounded_box, fractional_powers
from symgrad.prove.signs import enclosures, validity
from symgrad.prove.signs.angles import by_half_angle, by_phase
from symgrad.prove.signs.borders import by_arguments, by_exponents, by_logarithm, by_value, by_zeros
from symgrad.prove.signs.calculus import by_calculus, by_concavity, by_monotony
from symgrad.prove.signs.constants import constant_zero
from symgrad.prove.signs.contact import by_contact
from symgrad.prove.signs.factors import by_discriminant, by_ends, by_factors, by_norm, by_plain_factors
from symgrad.prove.signs.partial import by_border, by_ends_apart, by_partial_extremum
from symgrad.prove.signs.polynomials import by_sum_of_squares
from symgrad.prove.signs.stand_ins import by_elliptic_ranges, by_stand_ins, by_terms
from symgrad.prove.signs.substitutions import by_argument, by_combination, by_scale
from symgrad.prove.signs.validity import between_integers
from symgrad.prove.special.ring import NoNormalForm

MOST_SMALL = 8
WORK_OF_A_METHOD = 15  # for each part of what is looked at, besides what is counted on the way
Method = Callable[[Expr, Domain, Look], Finding | None]


def sign_of(expression: Expr, domain: Domain) -> Finding | None:
    """The sign of a real expression on a domain, or None where it changes or cannot be told."""
    return _sign_of(activations.expand(evaluated(expression)), domain, 0)


def sign_by_algebra(expression: Expr, domain: Domain) -> Finding | None:
    """The sign as far as algebra and enclosures tell it, without derivatives and limits: for many quick questions."""
    return _sign_of(activations.expand(expression), domain, 0, True)


def sign_on_integers(expression: Expr, domain: Domain) -> Finding | None:
    """The sign on a set of integers: at each that is small, and by all means on either side of those."""
    known = sign_of(expression, domain)
    if known is not None or len(domain.symbols) != 1 or not is_of_integers(domain.sets[0][1]):
        return known
    ((n, values),) = domain.sets
    small = [k for k in range(-MOST_SMALL, MOST_SMALL + 1) if facts.is_in(values, sympy.Integer(k)) is True]
    found: list[Finding | None] = []
    for k in small:
        if not is_light_at(expression, {n: sympy.Integer(k)}):
            return None
        value = activations.expand(expression.subs(n, k))
        of_value = constant_sign(value) or (0 if constant_zero(value) else None)
        found.append(None if of_value is None else Finding(of_value, of_value != 0, True, "is known"))
    for side in (Interval(MOST_SMALL + 1, S.Infinity), Interval(-S.Infinity, -MOST_SMALL - 1)):
        rest = meet(values, side)
        if not rest.is_empty:
            found.append(sign_of(expression, domain.restricted(n, rest)))
    parts = [f for f in found if f is not None]
    signs = {f.sign for f in parts if f.sign}
    if len(parts) < len(found) or len(signs) != 1:
        return None
    how = f"has this sign at each integer up to {MOST_SMALL} in size, and at all others together"
    return Finding(signs.pop(), all(f.strict for f in parts), all(f.exact for f in parts), how)


def discharged(condition: Condition, domain: Domain) -> bool:
    """Whether the condition certainly holds on the whole domain."""
    return validity.discharged(condition, domain, _Deeper(0))


def is_smooth(expression: Expr, x: Symbol, domain: Domain) -> bool:
    """Whether the expression certainly has a continuous derivative in x on the whole domain."""
    return validity.is_smooth(expression, x, domain, _Deeper(0))


def never_zero(expression: Expr, domain: Domain) -> bool:
    """Whether the expression is certainly different from zero on the whole domain."""
    return validity.never_zero(expression, domain, _Deeper(0))


@dataclass(frozen=True)
class _Deeper:
    """Asks for signs that a method needs on its way, at a depth."""

    depth: int
    is_quick: bool = False

    def __call__(self, expression: Expr, domain: Domain) -> Finding | None:
        return _sign_of(activations.expand(expression), domain, self.depth, self.is_quick)

    @property
    def next(self) -> _Deeper:
        return _Deeper(self.depth + 1, self.is_quick)


DEEPER: Look = _Deeper(1)


@remembered
def _sign_of(expression: Expr, domain: Domain, depth: int, is_quick: bool = False) -> Finding | None:
    if not expression.free_symbols:
        known = constant_sign(expression)
        return None if not known else Finding(known, True, True, _as_number(expression * known))
    if expression.has(*ROUGH, sympy.Derivative, sympy.Subs) or not sized.is_comparable(expression):
        return None
    domain = _relevant(expression, domain)
    if not expression.free_symbols <= set(domain.symbols):  # nothing is known of a variable
        return None
    if not all(is_light_at(expression, {s: end}) for s, v in domain.sets for end in _ends(v)):
        return None
    here = _Deeper(depth, is_quick)
    if len(domain.symbols) == 1 and isinstance(domain.sets[0][1], sympy.Union):
        return by_argument(expression, domain, here.next) or _on_all_parts(expression, domain, here)
    form = normal_form(expression, domain)
    if (form is not None and form[1].is_zero) or _changes(expression, domain):
        return None
    moving = [s for s in domain.symbols if facts.is_integer(s)]
    work = WORK_OF_A_METHOD * sized.nodes(expression)
    for method in WHERE_WHOLE if moving else ALGEBRA if is_quick else METHODS:
        charge(work)
        found = _found(method, expression, domain, here.next)
        if found is not None:
            return found if found.strict or moving else by_zeros(expression, domain, here.next) or found
    return _sign_of(*between_integers(expression, domain, *moving), depth, is_quick) if moving else None


def _found(method: Method, expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """What a method finds; nothing where a normal form on the way is too large."""
    try:
        return method(expression, domain, look)
    except (NoNormalForm, TooLarge):
        return None


def _by_conditions(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """A sign that a joint condition of the domain says outright, but for a number."""
    for condition in domain.conditions:
        if isinstance(condition, sympy.Eq | sympy.Ne):
            continue
        larger, smaller = condition.gts, condition.lts
        is_strict = isinstance(condition, sympy.StrictLessThan | sympy.StrictGreaterThan)
        for known in (1, -1):
            rest = sized.expand(known * expression - (larger - smaller))
            if facts.is_nonnegative(rest):
                return Finding(known, is_strict or facts.is_positive(rest), True, _by_condition(condition))
    return None


def _by_condition(condition: Relational) -> str:
    text = sentences.shown(condition)
    return f"is not negative because {text}" if text else "is not negative by a condition of the domain"


def _as_number(constant: Expr) -> str:
    digits = sentences.shown(constant) if constant.is_Rational else sentences.number(constant, 3)
    return f"is a positive number, {digits}" if digits else "is a positive number"


def _on_all_parts(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    (x, values), *_ = domain.sets
    found = [look(expression, domain.restricted(x, part)) for part in values.args]
    parts = [f for f in found if f is not None]
    if len(parts) < len(found) or len({f.sign for f in parts}) > 1:
        return None
    how = sentences.on_parts([f.how for f in parts])
    return Finding(parts[0].sign, all(f.strict for f in parts), all(f.exact for f in parts), how)


def _ends(values: sympy.Set) -> tuple[Expr, ...]:
    return tuple(end for end in (values.inf, values.sup) if end.is_finite) if is_of_reals(values) else ()


def _relevant(expression: Expr, domain: Domain) -> Domain:
    free = expression.free_symbols
    return Domain(
        tuple((s, hull(v)) for s, v in domain.sets if s in free),
        tuple(c for c in domain.conditions if c.free_symbols <= free),
    )


def _changes(expression: Expr, domain: Domain) -> bool:
    """Whether a look at some points already shows both signs, or something that is not real."""
    try:
        tape = Tape(expression, domain.symbols)
    except UnsupportedError:
        return False
    with precision(96):
        values = [tape(*as_balls(point)) for point in points(domain, 24)]
    return len({found for found in map(sign, values) if found}) > 1


def _by_enclosures(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """Branch and bound on a bounded box, with tails apart."""
    box = bounded_box(domain, expression.free_symbols)
    budget = MOST_BOXES // 4 ** (look.depth - 1)  # a question within a question gets a share of the work
    roots = dict.fromkeys(p.base for p in fractional_powers(expression))
    nonnegative = tuple(u for u in roots if (known := look(u, domain)) is not None and known.sign == 1)
    if box is not None:
        found = box.sign_of(expression, budget, nonnegative)
        return _certified(found, enclosures.COVERED)
    if len(domain.symbols) != 1 or domain.conditions:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval):
        return None
    on_line = enclosures.sign_on(expression, x, values, budget, nonnegative)
    return None if on_line is None else _certified(*on_line)


def _certified(found: int | None, how: str) -> Finding | None:
    return None if not found else Finding(found, True, False, how)


METHODS: tuple[Method, ...] = (
    _by_conditions,
    by_factors,
    by_phase,
    by_half_angle,
    by_arguments,
    by_exponents,
    by_zeros,
    by_norm,
    by_ends,
    by_discriminant,
    by_plain_factors,
    by_argument,
    by_calculus,
    by_concavity,
    by_monotony,
    by_logarithm,
    by_value,
    by_partial_extremum,
    by_terms,
    by_stand_ins,
    by_elliptic_ranges,
    by_combination,
    by_scale,
    by_border,
    by_ends_apart,
    by_sum_of_squares,
    by_contact,
    _by_enclosures,
)
# Those that look at an expression as it is, and not at its derivatives or limits.
ALGEBRA = (
    _by_conditions, by_factors, by_exponents, by_zeros, by_ends, by_discriminant, by_plain_factors, by_terms,
    by_sum_of_squares, _by_enclosures,
)  # fmt: skip
# Those that do not move through the domain, and so may use that a variable is an integer.
WHERE_WHOLE = (_by_conditions, by_factors, by_exponents)
