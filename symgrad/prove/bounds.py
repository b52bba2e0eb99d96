"""Signs of expressions on a domain: exactly by factors, by calculus, or certified by enclosures and tails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sympy
from flint import fmpq_mpoly
from sympy import Expr, Interval, S, Symbol
from sympy.core.relational import Relational

from symgrad import activations
from symgrad.balls import UnsupportedError, precision, sign
from symgrad.prove import boxes, numbers, tails
from symgrad.prove.boxes import Box, bounded_box, constant_sign
from symgrad.prove.conditions import Condition, conditions
from symgrad.prove.derivatives import ROUGH, NotSmooth, smooth_derivative
from symgrad.prove.points import as_balls, points
from symgrad.prove.signs import Signs, polynomial_sign
from symgrad.prove.tower import NoNormalForm, Tower
from symgrad.statements import Domain


@dataclass(frozen=True)
class Finding:
    """That an expression has this sign on a domain: everywhere if strict, else zero somewhere at most.

    Attributes
    ----------
    sign : {1, -1}
    strict : bool
        Whether zero is excluded as well.
    exact : bool
        Whether algebra and calculus were enough; otherwise enclosures certify it.
    how : str
        The evidence, for a reader.
    """

    sign: int
    strict: bool
    exact: bool
    how: str


@lru_cache(maxsize=4096)
def sign_of(expression: Expr, domain: Domain) -> Finding | None:
    """The sign of a real expression on a domain, or None where it changes or cannot be told."""
    expression = activations.expand(expression)
    if not expression.free_symbols:
        known = constant_sign(expression)
        return None if not known else Finding(known, True, True, "a constant")
    if expression.has(*ROUGH):
        return None
    domain = _relevant(expression, domain)
    if len(domain.symbols) == 1 and isinstance(domain.sets[0][1], sympy.Union):
        return _on_all_parts(expression, domain)
    if _changes(expression, domain):
        return None
    for method in (_by_conditions, _by_factors, _by_half_angle, _by_norm, _by_ends, _by_calculus, _by_enclosures):
        found = method(expression, domain)
        if found is not None:
            return found
    return None


def _by_conditions(expression: Expr, domain: Domain) -> Finding | None:
    """A sign that a joint condition of the domain says outright, but for a number."""
    for condition in domain.conditions:
        if isinstance(condition, sympy.Eq | sympy.Ne):
            continue
        larger, smaller = condition.gts, condition.lts
        is_strict = isinstance(condition, sympy.StrictLessThan | sympy.StrictGreaterThan)
        for known in (1, -1):
            rest = sympy.expand(known * expression - (larger - smaller))
            if rest.is_nonnegative:
                return Finding(known, is_strict or bool(rest.is_positive), True, f"by {condition}")
    return None


def _on_all_parts(expression: Expr, domain: Domain) -> Finding | None:
    (x, values), *_ = domain.sets
    found = [sign_of(expression, domain.restricted(x, part)) for part in values.args]
    parts = [f for f in found if f is not None]
    if len(parts) < len(found) or len({f.sign for f in parts}) > 1:
        return None
    how = "; ".join(dict.fromkeys(f.how for f in parts))
    return Finding(parts[0].sign, all(f.strict for f in parts), all(f.exact for f in parts), how)


def discharged(condition: Condition, domain: Domain) -> bool:
    """Whether the condition certainly holds on the whole domain."""
    if any(_excludes(c, condition.nonzero) for c in domain.conditions):
        return True
    if condition.positive is not None:
        found = sign_of(condition.positive, domain)
        if found is not None and found.strict and found.sign == 1:
            return True
    if condition.nonnegative and all(_is_nonnegative(e, domain) for e in condition.nonnegative):
        return True
    return never_zero(condition.nonzero, domain)


def _is_nonnegative(expression: Expr, domain: Domain) -> bool:
    if expression.is_nonnegative:
        return True
    found = sign_of(expression, domain)
    return found is not None and found.sign == 1


def _excludes(condition: Relational, expression: Expr) -> bool:
    difference = condition.lhs - condition.rhs
    return isinstance(condition, sympy.Ne | sympy.StrictLessThan | sympy.StrictGreaterThan) and (
        expression in (difference, -difference)
    )


def is_smooth(expression: Expr, x: Symbol, domain: Domain) -> bool:
    """Whether the expression certainly has a continuous derivative in x on the whole domain."""
    derivative = sympy.Derivative(expression, x)
    return not expression.has(*ROUGH) and all(discharged(c, domain) for c in conditions(derivative))


def never_zero(expression: Expr, domain: Domain) -> bool:
    """Whether the expression is certainly different from zero on the whole domain."""
    expression = activations.expand(expression)
    if not expression.has(S.ImaginaryUnit) and all(s.is_real for s in expression.free_symbols):
        found = sign_of(expression, domain)
        if found is not None and found.strict:
            return True
        values = [domain.set_of(s) for s in expression.free_symbols]
        if len(values) == 1 and isinstance(values[0], sympy.Union):
            (x,) = expression.free_symbols
            return all(never_zero(expression, domain.restricted(x, part)) for part in values[0].args)
        return bool(expression.xreplace(Signs(domain).refined).is_nonzero)
    return bool(expression.xreplace(Signs(domain).refined).is_zero is False)


@lru_cache(maxsize=4096)
def constant_zero(number: Expr) -> bool | None:
    """Whether a constant is zero; None if neither algebra nor enclosures tell."""
    if number.is_zero:
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
    return True if normal.is_zero else None


def _relevant(expression: Expr, domain: Domain) -> Domain:
    free = expression.free_symbols
    return Domain(
        tuple((s, _hull(v)) for s, v in domain.sets if s in free),
        tuple(c for c in domain.conditions if c.free_symbols <= free),
    )


def _hull(values: sympy.Set) -> sympy.Set:
    """An interval around a set of integers; any other set as it is."""
    return Interval(values.inf, values.sup) if values.is_subset(S.Integers) else values


def _changes(expression: Expr, domain: Domain) -> bool:
    """Whether a look at some points already shows both signs, or something that is not real."""
    try:
        tape = boxes.Tape(expression, domain.symbols)
    except UnsupportedError:
        return False
    with precision(96):
        values = [tape(*as_balls(point)) for point in points(domain, 24)]
    return len({found for found in map(sign, values) if found}) > 1


# --- by factors ---------------------------------------------------------------------------------------------


def _by_factors(expression: Expr, domain: Domain) -> Finding | None:
    """The product of the signs of the irreducible factors of numerator and denominator."""
    tower = Tower(Signs(domain))
    try:
        (normal,) = tower.normal(expression)
    except NoNormalForm:
        return None
    if normal.is_zero:
        return None
    signs = [_sign_of_product(p, tower, domain) for p in (normal.numerator, normal.denominator)]
    if signs[0] is None or signs[1] is None or not signs[1][1]:
        return None
    (above, strict), (below, _) = signs
    shown = _shown(tower, normal.numerator, normal.denominator)
    return Finding(above * below, strict, True, shown)


def _shown(tower: Tower, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> str:
    parts = []
    for polynomial in (numerator, denominator):
        factor, found = polynomial.factor()
        pieces = [sympy.Pow(tower.polynomial(p), int(k), evaluate=False) for p, k in found]
        constant = sympy.Rational(int(factor.p), int(factor.q))
        parts.append(" * ".join(f"({piece})" for piece in ([constant] if constant != 1 else []) + pieces) or "1")
    text = f"{parts[0]} / ({parts[1]})" if parts[1] != "1" else parts[0]
    return text if len(text) <= 160 else "factors of known sign"


def _sign_of_product(polynomial: fmpq_mpoly, tower: Tower, domain: Domain) -> tuple[int, bool] | None:
    factor, parts = polynomial.factor()
    known, strict = (1 if factor > 0 else -1), True
    for part, power in parts:
        if not all(tower.generators[i].is_real for i in tower.places(part)):
            return None
        of_part = _sign_of_factor(part, tower, domain)
        if int(power) % 2 == 0:
            strict = strict and of_part is not None and of_part[1]
        elif of_part is None:
            return None
        else:
            known, strict = known * of_part[0], strict and of_part[1]
    return known, strict


def _sign_of_factor(part: fmpq_mpoly, tower: Tower, domain: Domain) -> tuple[int, bool] | None:
    known = tower.sign(part)
    if known:
        return known, True
    places = tower.places(part)
    if len(places) == 1:
        (place,) = places
        generator = tower.generators[place]
        t = sympy.Dummy(real=True)
        inside = _range(generator.expression, generator.kind, domain)
        if inside is None or inside.interior is S.EmptySet:
            return None
        polynomial = tower.univariate(part, place, t)
        found = polynomial_sign(polynomial, t, inside.interior)
        return (found, polynomial_sign(polynomial, t, inside) is not None) if found else None
    return None


def _range(expression: Expr, kind: str, domain: Domain) -> sympy.Set | None:
    """A set that certainly holds all values of a generator, as tight as is plain to see."""
    if isinstance(expression, Symbol):
        values = domain.set_of(expression)
        return Interval(values.inf, values.sup) if values.is_subset(S.Integers) else values
    if kind == "exp":
        exponent = expression.args[0]
        return _range_of_exp(exponent, domain)
    if kind == "root":
        return Interval.open(0, S.Infinity)
    return None


def _range_of_exp(exponent: Expr, domain: Domain) -> sympy.Set:
    free = exponent.free_symbols
    if len(free) == 1:
        (x,) = free
        slope = sympy.diff(exponent, x)
        values = domain.set_of(x)
        if not slope.free_symbols and exponent.subs(x, 0) == 0 and isinstance(values, Interval):
            low, high = (values.inf, values.sup) if slope.is_positive else (-values.sup, -values.inf)
            left_open, right_open = (
                (values.left_open, values.right_open) if slope.is_positive else (values.right_open, values.left_open)
            )
            below, above = (S.One if low.is_zero else S.Zero), (S.One if high.is_zero else S.Infinity)
            if low.is_zero or low.is_negative or high.is_zero:
                return Interval(below, above, left_open or not low.is_zero, right_open or not high.is_zero)
    return Interval.open(0, S.Infinity)


def _by_half_angle(expression: Expr, domain: Domain) -> Finding | None:
    """A rational function of sine and cosine of one angle, as a rational function of the tangent of its half.

    exp(I*phi) = (1 + I*t)/(1 - I*t) with t = tan(phi/2) runs once around the circle, but for -1, when t runs over
    the real line; -1 is looked at apart.
    """
    tower = Tower(Signs(domain))
    try:
        (normal,) = tower.normal(expression)
    except NoNormalForm:
        return None
    circle = [i for i in tower.places(normal.numerator * normal.denominator) if tower.generators[i].kind == "exp"]
    if len(circle) != 1 or tower.generators[circle[0]].is_real:
        return None
    e = tower.generators[circle[0]].expression
    if not (e.args[0] / S.ImaginaryUnit).is_real:
        return None
    t = sympy.Dummy("t", real=True)
    quotient = tower.expression(normal)
    turned = sympy.cancel(sympy.together(quotient.subs(e, (1 + S.ImaginaryUnit * t) / (1 - S.ImaginaryUnit * t))))
    at_infinity = _at_infinity(turned, t)
    if turned.free_symbols - {t} or turned.has(S.ImaginaryUnit) or at_infinity is None:
        return None
    found = _by_factors(turned, Domain(((t, S.Reals),))) or _by_discriminants(turned, t)
    if found is None or at_infinity not in (0, found.sign):
        return None
    return Finding(found.sign, found.strict and at_infinity != 0, True, "as a function of the tangent of half the angle")


def _by_discriminants(quotient: Expr, t: Symbol) -> Finding | None:
    """The sign of a rational function over the reals, coefficients algebraic, from factors of degree two at most."""
    known, strict = 1, True
    for part in sympy.fraction(sympy.together(quotient)):
        try:
            factor, factors = sympy.Poly(part, t, extension=True).sqf_list()
        except (NotImplementedError, sympy.PolynomialError):
            return None
        of_factor = constant_sign(factor)
        if not of_factor:
            return None
        known *= of_factor
        for polynomial, power in factors:
            if power % 2 == 0:
                strict = False
                continue
            if polynomial.degree() != 2 or constant_sign(polynomial.discriminant()) != -1:
                return None
            known *= constant_sign(polynomial.LC()) or 0
    return Finding(known, strict, True, "discriminants of its factors") if known else None


def _at_infinity(quotient: Expr, t: Symbol) -> int | None:
    """Sign of the limit of a rational function of t at infinity, where it is finite."""
    above, below = (sympy.Poly(p, t) for p in sympy.fraction(sympy.together(quotient)))
    if above.degree() > below.degree():
        return None
    return 0 if above.degree() < below.degree() else constant_sign(above.LC() / below.LC())


def _by_norm(expression: Expr, domain: Domain) -> Finding | None:
    """An expression with a root in it whose norm, the product with its conjugates, has no zero has none either."""
    tower = Tower(Signs(domain))
    try:
        (normal,) = tower.normal(expression)
    except NoNormalForm:
        return None
    if len(domain.symbols) != 1 or not isinstance(domain.sets[0][1], Interval):
        return None
    (x,) = domain.symbols
    if not is_smooth(expression, x, domain):
        return None
    for polynomial in (normal.numerator, normal.denominator):
        for part, _ in polynomial.factor()[1]:
            if not tower.sign(part) and not any(tower.sign(n) for n in tower.norms(part)):
                return None
    known = _sign_somewhere(expression, domain)
    return Finding(known, True, True, "no zero, because its norm has none") if known else None


def _sign_somewhere(expression: Expr, domain: Domain) -> int | None:
    """The sign at the first point where it is certain; that everywhere, if there is no zero and no jump."""
    tape = boxes.Tape(expression, domain.symbols)
    with precision(192):
        return next((s for p in points(domain, 24) if (s := sign(tape(*as_balls(p))))), None)


def _by_ends(expression: Expr, domain: Domain) -> Finding | None:
    """An expression that is affine in one variable has the sign that it has at both ends of its interval."""
    if len(domain.symbols) < 2 or domain.conditions:
        return None
    for v, values in domain.sets:
        if not isinstance(values, Interval) or not expression.is_polynomial(v) or sympy.degree(expression, v) != 1:
            continue
        rest = Domain(tuple((s, held) for s, held in domain.sets if s != v))
        ends = [(values.start, values.left_open, -1), (values.end, values.right_open, 1)]
        found = []
        for end, is_open, direction in ends:
            at_end = direction * sympy.diff(expression, v) if end.is_infinite else expression.subs(v, end)
            of_end = None if at_end.is_zero else sign_of(at_end, rest)
            found.append((of_end, is_open, at_end.is_zero))
        known = _between_ends(found)
        if known is not None:
            return known
    return None


def _between_ends(ends: list[tuple[Finding | None, bool, bool | None]]) -> Finding | None:
    findings = [f for f, _, _ in ends if f is not None]
    if not findings or len({f.sign for f in findings}) > 1 or any(f is None and not zero for f, _, zero in ends):
        return None
    strict = any(f.strict for f in findings) and all(is_open or (f is not None and f.strict) for f, is_open, _ in ends)
    return Finding(findings[0].sign, strict, all(f.exact for f in findings), "affine in one variable; its ends compared")


# --- by calculus --------------------------------------------------------------------------------------------


def _by_calculus(expression: Expr, domain: Domain) -> Finding | None:
    """Smallest and largest value from the critical points and the ends, where the slope's sign can be charted."""
    if len(domain.symbols) != 1 or domain.conditions:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval):
        return None
    critical = critical_points(expression, x, values)
    if critical is None or not is_smooth(expression, x, Domain(((x, values.interior),))):
        return None
    ends = [_value_at_end(expression, x, end, is_open, from_left) for end, is_open, from_left in (
        (values.start, values.left_open, False), (values.end, values.right_open, True)
    )]  # fmt: skip
    if None in ends:
        return None
    inner = [(expression.subs(x, p), True) for p in critical]
    signs = [(_limit_sign(value), attained) for value, attained in (*ends, *inner)]
    if any(known is None for known, _ in signs):
        return None
    found = {known for known, _ in signs if known}
    if len(found) != 1:
        return None
    strict = not any(known == 0 and attained for known, attained in signs)
    how = f"critical points: {', '.join(map(str, critical)) or 'none'}; values there and at the ends compared"
    return Finding(found.pop(), strict, True, how)


def critical_points(expression: Expr, x: Symbol, values: sympy.Set) -> list[Expr] | None:
    """All zeros of the derivative inside an interval, where its factors make them plain; else None."""
    try:
        slope = smooth_derivative(expression, x)
    except NotSmooth:
        return None
    domain = Domain(((x, values),))
    tower = Tower(Signs(domain))
    try:
        (normal,) = tower.normal(slope)
    except NoNormalForm:
        return None
    below = _sign_of_product(normal.denominator, tower, domain)
    if normal.is_zero or below is None or not below[1]:
        return None
    zeros: list[Expr] = []
    for part, _ in normal.numerator.factor()[1]:
        if tower.sign(part):
            continue
        found = _zeros_of_factor(part, tower, x)
        if found is None:
            return None
        zeros.extend(z for z in found if values.interior.contains(z) == sympy.true)
    return list(dict.fromkeys(zeros))


def _zeros_of_factor(part: fmpq_mpoly, tower: Tower, x: Symbol) -> list[Expr] | None:
    """Real zeros in x of a polynomial in one generator that is x itself or an exponential of a multiple of it."""
    places = tower.places(part)
    if len(places) != 1:
        return None
    expression = tower.generators[places[0]].expression
    t = sympy.Dummy(real=True)
    roots = list(dict.fromkeys(sympy.real_roots(sympy.Poly(tower.univariate(part, places[0], t), t))))
    if expression == x:
        return roots
    if isinstance(expression, sympy.exp):
        rate = expression.args[0] / x
        if not rate.free_symbols:
            return [sympy.log(r) / rate for r in roots if constant_sign(r) == 1]
    return None


def _value_at_end(expression: Expr, x: Symbol, end: Expr, is_open: bool, from_left: bool) -> tuple[Expr, bool] | None:
    """Value or limit at an end of the interval, and whether it is attained."""
    if not is_open and end.is_finite:
        return expression.subs(x, end), True
    found = limit(expression, x, end, from_left)
    return None if found is None else (found, False)


LARGEST_LIMIT = 120  # operations; SymPy's limits take long on larger expressions


def limit(expression: Expr, x: Symbol, end: Expr, from_left: bool) -> Expr | None:
    """SymPy's limit, believed only where enclosures on the way there come ever closer to it."""
    if expression.count_ops() > LARGEST_LIMIT:
        return None
    try:
        found = sympy.limit(expression, x, end, "-" if from_left else "+")
    except Exception:  # SymPy's limits fail in many ways; none of them says anything about the expression
        return None
    if not isinstance(found, Expr) or found.free_symbols or found.has(S.NaN, sympy.AccumBounds, sympy.Limit):
        return None
    return found if tails.approaches(expression, x, end, from_left, found) else None


def _limit_sign(value: Expr) -> int | None:
    if value.is_infinite:
        return 1 if value.is_extended_positive else -1 if value.is_extended_negative else None
    known = constant_sign(value)
    if known is None:
        return 0 if constant_zero(value) else None
    return known


# --- by enclosures ------------------------------------------------------------------------------------------


def _by_enclosures(expression: Expr, domain: Domain) -> Finding | None:
    """Branch and bound on a bounded box, with tails apart."""
    box = bounded_box(domain, expression.free_symbols)
    if box is not None:
        found = box.sign_of(expression)
        return _certified(found, "enclosures on a partition of the domain")
    if len(domain.symbols) != 1 or domain.conditions:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval):
        return None
    return _with_tails(expression, x, values)


REACHES = (8, 40, 200)


def _with_tails(expression: Expr, x: Symbol, values: Interval) -> Finding | None:
    for reach in REACHES:
        low = values.start if values.start.is_finite else S(-reach)
        high = values.end if values.end.is_finite else S(reach)
        if not (low.is_Rational and high.is_Rational and low < high):
            continue
        beyond: list[Callable[[], int | None]] = []
        if values.end.is_infinite:
            beyond.append(lambda high=high: tails.sign_beyond(expression, x, high))
        if values.start.is_infinite:
            beyond.append(lambda low=low: tails.sign_beyond(expression.subs(x, -x), x, -low))
        signs = {look() for look in beyond}
        if None in signs or len(signs) != 1:
            continue
        (outside,) = signs
        if Box(((x, low, high),)).sign_of(expression) == outside:
            return _certified(outside, f"enclosures on [{low}, {high}], monotone bounds beyond")
        return None
    return None


def _certified(found: int | None, how: str) -> Finding | None:
    return None if not found else Finding(found, True, False, how)
