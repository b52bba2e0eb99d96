"""Signs by calculus: critical points and ends, monotony from a zero, concavity between the ends."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from flint import fmpq_mpoly
from sympy import Expr, Interval, S, Symbol

from symgrad.prove import tails
from symgrad.prove.boxes import constant_sign
from symgrad.prove.constants import constant_zero
from symgrad.prove.derivatives import NotSmooth, smooth_derivative
from symgrad.prove.factors import sign_of_product
from symgrad.prove.findings import Finding, Look
from symgrad.prove.signs import Signs
from symgrad.prove.tower import NoNormalForm, Tower
from symgrad.prove.validity import is_smooth
from symgrad.statements import Domain


def by_calculus(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """Smallest and largest value from the critical points and the ends, where the slope's sign can be charted."""
    if len(domain.symbols) != 1 or domain.conditions:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval):
        return None
    critical = critical_points(expression, x, values)
    if critical is None or not is_smooth(expression, x, Domain(((x, values.interior),)), look):
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
    below = sign_of_product(normal.denominator, tower, domain)
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


# --- monotony and concavity -----------------------------------------------------------------------------------

DEEPEST = 4
LARGEST_DIFFERENTIATED = 300  # operations; derivatives of larger expressions grow out of hand
ANCHORS = (S.Zero, S.One, -S.One, S.Half)


def by_monotony(expression: Expr, domain: Domain, look: Look) -> Finding | None:
    """An expression with a zero or a zero limit somewhere, that falls towards it and rises from it, or the other way."""
    prepared = _with_slope(expression, domain, look)
    if prepared is None:
        return None
    x, values, slope = prepared
    for place, attained in _zeros(expression, x, values):
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
            how = f"zero {'at' if attained else 'towards'} {x} = {place}, monotone on either side"
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
    bend = look(smooth_derivative(slope, x), Domain(((x, values.interior),)))
    if bend is None or (known and known != {-bend.sign}):
        return None
    strict = not any(s == 0 and end is not None and end[1] for s, end in zip(signs, ends))
    return Finding(-bend.sign, strict, bend.exact, "concave or convex, its ends compared")


def _with_slope(expression: Expr, domain: Domain, look: Look) -> tuple[Symbol, Interval, Expr] | None:
    """Variable, interval and derivative of a smooth expression in one variable that is worth differentiating."""
    if len(domain.symbols) != 1 or domain.conditions or look.depth > DEEPEST:
        return None
    (x,) = domain.symbols
    values = domain.set_of(x)
    if not isinstance(values, Interval) or expression.count_ops() > LARGEST_DIFFERENTIATED:
        return None
    if not is_smooth(expression, x, Domain(((x, values.interior),)), look):
        return None
    try:
        return x, values, smooth_derivative(expression, x)
    except NotSmooth:
        return None


def _zeros(expression: Expr, x: Symbol, values: Interval) -> Iterator[tuple[Expr, bool]]:
    """Simple places where the expression is zero, and whether they belong to the interval; ends with a zero limit."""
    for end, is_open, from_left in ((values.start, values.left_open, False), (values.end, values.right_open, True)):
        found = _value_at_end(expression, x, end, is_open, from_left)
        if found is not None and found[0].is_finite and constant_zero(found[0]):
            yield end, found[1]
    inner = [p for p in ANCHORS if values.interior.contains(p) == sympy.true]
    yield from ((p, True) for p in inner if constant_zero(expression.subs(x, p)))
