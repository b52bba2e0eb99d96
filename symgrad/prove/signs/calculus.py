"""Signs by calculus: critical points and ends, monotony from a zero, concavity between the ends."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from flint import fmpq_mpoly
from sympy import Expr, Interval, S, Symbol

from symgrad.balls.expansions import limits
from symgrad.balls.expansions.growth import Open
from symgrad.base import sized
from symgrad.language.statements import Domain
from symgrad.prove.basics import facts, sentences
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.basics.derivatives import ROUGH, NotSmooth, smooth_derivative
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.findings import Finding, Look
from symgrad.prove.basics.sets import interior
from symgrad.prove.normal_form.on_domain import normal_form
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places import branch_cuts
from symgrad.prove.signs import tails
from symgrad.prove.signs.constants import constant_zero
from symgrad.prove.signs.factors import sign_of_product
from symgrad.prove.signs.validity import is_smooth
from symgrad.prove.special import ring


def by_calculus(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """Smallest and largest value from the critical points and the ends, where the slope's sign can be charted."""
    if len(domain.symbols) != 1 or domain.conditions:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval):
        return None
    critical = critical_points(expression, x, values)
    if critical is None or not is_smooth(expression, x, Domain(((x, interior(values)),)), look):
        return None
    ends = [
        _value_at_end(expression, x, end, is_open, from_left)
        for end, is_open, from_left in ((values.start, values.left_open, False), (values.end, values.right_open, True))
    ]
    known_ends = [end for end in ends if end is not None]
    if len(known_ends) < len(ends):
        return None
    inner = [(expression.subs(x, p), True) for p in critical]
    signs = [(_limit_sign(value), attained) for value, attained in (*known_ends, *inner)]
    if any(known is None for known, _ in signs):
        return None
    found = {known for known, _ in signs if known}
    if len(found) != 1:
        return None
    strict = not any(known == 0 and attained for known, attained in signs)
    how = _said_of_extremes(x, critical)
    return Finding(found.pop(), strict, True, how)


def _said_of_extremes(x: Symbol, critical: list[Expr]) -> str:
    if not critical:
        return "has no critical point, and is not negative towards either end of the domain"
    places = sentences.listed([sentences.place(x, p) for p in critical[:MOST_TOLD]])
    told = places if len(critical) <= MOST_TOLD else sentences.counted(len(critical), "place")
    noun = "point" if len(critical) == 1 else "points"
    return f"has its critical {noun} at {told}, and is not negative there nor towards the ends of the domain"


def critical_points(expression: Expr, x: Symbol, values: sympy.Set) -> list[Expr] | None:
    """All zeros of the derivative inside an interval, where its factors make them plain; else None."""
    try:
        slope = smooth_derivative(expression, x)
    except NotSmooth:
        return None
    domain = Domain(((x, values),))
    form = normal_form(slope, domain)
    if form is None:
        return None
    tower, normal = form
    below = sign_of_product(normal.denominator, tower, domain)
    if normal.is_zero or below is None or not below.strict:
        return None
    zeros: list[Expr] = []
    for part, _ in ring.factors(normal.numerator)[1]:
        if tower.sign(part):
            continue
        found = _zeros_of_factor(part, tower, x)
        if found is None:
            return None
        inside = [(z, facts.is_in(interior(values), z)) for z in found]
        if any(known is None for _, known in inside):
            return None
        zeros.extend(z for z, known in inside if known)
    return list(dict.fromkeys(zeros))


def _zeros_of_factor(part: fmpq_mpoly, tower: Tower, x: Symbol) -> list[Expr] | None:
    """All zeros in x of a polynomial whose only generator that moves with x can be solved for x; None for others."""
    moving = [i for i in tower.places(part) if tower.generators[i].expression.has(x)]
    if not moving or not all(tower.generators[i].is_real for i in moving):
        return None
    if len(moving) > 1:
        return _zeros_of_logarithms(tower.polynomial(part), x)
    expression = tower.generators[moving[0]].expression
    t = sympy.Dummy(real=True)
    polynomial = sized.polynomial(tower.polynomial_with(part, moving[0], t), t)
    roots = _real_roots(polynomial)
    if roots is None:
        return None
    solved = [_solved(expression, root, x) for root in roots]
    return None if any(found is None for found in solved) else [z for found in solved for z in found or ()]


def _real_roots(polynomial: sympy.Poly) -> list[Expr] | None:
    """All real roots, exactly: of rational polynomials, and of others up to degree two."""
    if polynomial.domain.is_QQ or polynomial.domain.is_ZZ:
        return list(dict.fromkeys(sized.real_roots(polynomial)))
    if polynomial.degree() == 1:
        a, b = polynomial.all_coeffs()
        return [sized.simplify(-b / a)]
    if polynomial.degree() == 2:
        a, b, c = polynomial.all_coeffs()
        discriminant = b**2 - 4 * a * c
        known = constant_sign(discriminant)
        if known == -1:
            return []
        if known == 1:
            return [sized.simplify((-b + d * sympy.sqrt(discriminant)) / (2 * a)) for d in (1, -1)]
    return None


def _solved(generator: Expr, value: Expr, x: Symbol) -> list[Expr] | None:
    """All x at which a generator takes a value: x itself, an exponential, a logarithm or a root of a multiple of it."""
    if generator == x:
        return [value]
    positive = constant_sign(value)
    if isinstance(generator, sympy.log):
        inner, wanted = generator.args[0], sympy.exp(value)
    elif isinstance(generator, sympy.exp):
        if positive is None:
            return None
        if positive != 1:
            return []
        inner, wanted = generator.args[0], sympy.log(value)
    elif isinstance(generator, sympy.Pow) and (1 / generator.exp).is_Integer:
        if positive is None:
            return None
        if positive == -1:
            return []
        inner, wanted = generator.base, value ** (1 / generator.exp)
    else:
        return None
    rate = sympy.diff(inner, x)
    if rate.has(x) or rate == 0:
        return None
    return [(wanted - inner.subs(x, 0)) / rate]


def _zeros_of_logarithms(polynomial: Expr, x: Symbol) -> list[Expr] | None:
    """All zeros of an integer combination of logarithms of polynomials: there the product of their powers is 1."""
    product = S.One
    for term in sympy.Add.make_args(polynomial):
        coefficient, rest = term.as_coeff_Mul(rational=True)
        if not isinstance(rest, sympy.log) or not coefficient.is_Integer or not rest.args[0].is_polynomial(x):
            return None
        product *= rest.args[0] ** coefficient
    above = sized.polynomial(sympy.numer(sized.together(product - 1)), x)
    return _real_roots(above) if not facts.is_zero(above) else None


def _value_at_end(expression: Expr, x: Symbol, end: Expr, is_open: bool, from_left: bool) -> tuple[Expr, bool] | None:
    """Value or limit at an end of the interval, and whether it is attained."""
    if not is_open and end.is_finite:
        return None if expression.has(*branch_cuts.JUMPING) else (expression.subs(x, end), True)
    found = limit(expression, x, end, from_left)
    return None if found is None else (found, False)


def _is_continuous_at(expression: Expr, x: Symbol, end: Expr) -> bool:
    """Whether nothing in the expression jumps, and nothing that must not vanish is zero at the end."""
    if expression.has(*branch_cuts.JUMPING, *ROUGH):
        return False
    return all(constant_zero(c.nonzero.xreplace({x: end})) is False for c in conditions(expression))


LARGEST_LIMIT = 120  # operations
MOST_TOLD = 6  # critical points


def limit(expression: Expr, x: Symbol, end: Expr, from_left: bool) -> Expr | None:
    """The limit by exact expansions, which say as well towards which side something grows without bound."""
    if not expression.free_symbols:
        return expression
    if expression.free_symbols != {x} or expression.count_ops() > LARGEST_LIMIT or expression.has(sympy.Derivative):
        return None
    if end.is_finite and _is_continuous_at(expression, x, end):
        there = expression.subs(x, end)
        if facts.has_value(there) and tails.approaches(expression, x, end, from_left, there):
            return there
    try:
        found = limits.limit(expression, x, end, "-" if from_left else "+", _sign_of_constant)
    except Open:
        return None
    value = found.grown if found.value is None else found.value
    parts = (*found.constants, *(() if value is None or value.is_infinite else (value,)))
    return value if all(facts.has_value(part) for part in parts) else None


def _sign_of_constant(number: Expr) -> int | None:
    known = constant_sign(number)
    return 0 if known is None and constant_zero(number) else known


def _limit_sign(value: Expr) -> int | None:
    if value.is_infinite:
        return 1 if value is S.Infinity else -1 if value is S.NegativeInfinity else None
    known = constant_sign(value)
    if known is None:
        return 0 if constant_zero(value) else None
    return known


# --- monotony and concavity -----------------------------------------------------------------------------------

DEEPEST = 4
LARGEST_DIFFERENTIATED = 300  # operations, a share of it in nested questions; derivatives grow out of hand
ANCHORS = (S.Zero, S.One, -S.One, S.Half)


def by_monotony(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """An expression with a zero or zero limit somewhere, that falls towards it and rises from it, or the other way."""
    prepared = _with_slope(expression, domain, look)
    if prepared is None:
        return None
    x, values, slope = prepared
    for place, attained in _zeros(expression, x, values, look.depth):
        sides = [
            (look(slope, Domain(((x, part),))), direction)
            for part, direction in (
                (Interval.open(values.start, place), -1),
                (Interval.open(place, values.end), 1),
            )
            if part is not S.EmptySet
        ]
        signs = {found.sign * direction for found, direction in sides if found is not None}
        if len(signs) == 1 and all(found is not None for found, _ in sides):
            exact = all(found.exact for found, _ in sides if found is not None)
            towards = f"is 0 at {sentences.place(x, place)}" if attained else f"tends to 0 as {x} -> {place}"
            how = f"{towards}, and grows away from there"
            return Finding(signs.pop(), not attained, exact, how)
    return None


def by_concavity(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """A concave expression that is not negative at both ends, or a convex one that is not positive there."""
    prepared = _with_slope(expression, domain, look)
    if prepared is None:
        return None
    x, values, slope = prepared
    if values.start.is_infinite or values.end.is_infinite:
        return None
    ends = [
        _value_at_end(expression, x, end, is_open, from_left)
        for end, is_open, from_left in ((values.start, values.left_open, False), (values.end, values.right_open, True))
    ]
    if any(end is None for end in ends):
        return None
    signs = [_limit_sign(end[0]) for end in ends if end is not None]
    known = {s for s in signs if s}
    if None in signs or len(known) > 1:
        return None
    bend = look(smooth_derivative(slope, x), Domain(((x, interior(values)),)))
    if bend is None or (known and known != {-bend.sign}):
        return None
    strict = not any(s == 0 and end is not None and end[1] for s, end in zip(signs, ends))
    return Finding(-bend.sign, strict, bend.exact, f"is concave in {x}, and not negative at the ends of the domain")


def _with_slope(expression: Expr, domain: Domain, look: Look) -> tuple[Symbol, Interval, Expr] | None:
    """Variable, interval and derivative of a smooth expression in one variable that is worth differentiating."""
    if len(domain.symbols) != 1 or domain.conditions or look.depth > DEEPEST:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval) or expression.count_ops() > LARGEST_DIFFERENTIATED // look.depth:
        return None
    if not is_smooth(expression, x, Domain(((x, interior(values)),)), look):
        return None
    try:
        return x, values, smooth_derivative(expression, x)
    except NotSmooth:
        return None


def _zeros(expression: Expr, x: Symbol, values: Interval, depth: int) -> Iterator[tuple[Expr, bool]]:
    """Simple places where the expression is zero, and whether they belong to the interval; ends with a zero limit.

    What costs little comes first; limits of large expressions are not asked for in nested questions.
    """
    ends = ((values.start, values.left_open, False), (values.end, values.right_open, True))
    attained = [end for end, is_open, _ in ends if end.is_finite and not is_open]
    inner = [p for p in ANCHORS if facts.is_in(interior(values), p) is True]
    yield from ((p, True) for p in (*attained, *inner) if constant_zero(expression.subs(x, p)))
    if expression.count_ops() * depth > LARGEST_LIMIT:
        return
    for end, _, from_left in (e for e in ends if e[0] not in attained):
        found = limit(expression, x, end, from_left)
        if found is not None and found.is_finite and constant_zero(found):
            yield end, False
