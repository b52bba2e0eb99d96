"""Values of infinite sums: telescoping and geometric ones, known power series, partial fractions.

The sum runs over m from 0 on. Convergence is decided first, by the limit of the ratio of neighbouring terms or by their
expansion for large m.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy
from sympy import Dummy, Expr, Poly, Rational, S, Symbol
from sympy.concrete.gosper import gosper_normal

from symgrad import activations
from symgrad.balls.endless.series import split_sign
from symgrad.balls.expansions.growth import Open
from symgrad.balls.expansions.limits import Found, at_infinity, has_end
from symgrad.balls.expansions.ratios import is_moderate, leading, term_ratio
from symgrad.base import sized
from symgrad.prove.basics import facts
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.power_series import Row, row_of
from symgrad.prove.signs.existence import Known

HIGHEST = 8  # degree in the index
LARGEST_SHIFT = 60
MOST_TERMS = 8


class NotFound(Exception):
    """No method gives the value."""


def infinite_sum(term: Expr, n: Symbol, low: Expr, high: Expr, known: Known) -> Found:
    """The sum from low to infinity, or the other way; value None if it certainly has none."""
    if low is S.NegativeInfinity and high is S.Infinity:
        halves = [infinite_sum(term, n, S.Zero, high, known), infinite_sum(term, n, low, S.NegativeOne, known)]
        return _joined(halves, [S.One, S.One])
    if low is S.NegativeInfinity:
        return infinite_sum(term.xreplace({n: -n}), n, -high, S.Infinity, known)
    if high is not S.Infinity or not facts.is_integer(low):
        raise NotFound
    m = Dummy("m", integer=True, nonnegative=True)
    if not is_moderate(term, n):
        raise NotFound
    moved = activations.expand(term).xreplace({n: low + m})
    if not known.within(m, S.Naturals0).has_value(moved):
        raise NotFound
    found = _sum(sized.powsimp(_plain(moved, m)) if moved.has(sympy.Pow) else moved, m, known)
    if found is None:
        raise NotFound
    return found


def finite_sum(term: Expr, k: Symbol, low: Expr, high: Expr, known: Known) -> Expr | None:
    """The sum to a variable end that is not below the first, where it telescopes."""
    if not facts.is_integer(low) or not facts.is_integer(high) or not is_moderate(term, k):
        return None
    m = Dummy("m", integer=True, nonnegative=True)
    moved = _plain(activations.expand(term).xreplace({k: low + m}), m)
    if not known.within(m, S.Naturals0).has_value(moved):
        return None
    ratio = term_ratio(moved, m)
    if ratio is None or ratio == 0 or ratio == 1 or not _is_plain(ratio, m, known):
        return None
    y = _gosper(ratio, m)
    if y is None or not _telescopes(y, ratio, m):
        return None
    if not no_zero(sympy.fraction(sized.together(y))[1], m, known):
        return None
    whole = moved * y
    return whole.xreplace({m: high - low + 1}) - whole.subs(m, 0)


def _plain(term: Expr, m: Symbol) -> Expr:
    """The term with powers a**(b m + c) as a**(b m) a**c, where that is the same for all bases."""

    def split(e: Expr) -> Expr:
        rate = sized.expand(e.exp).coeff(m, 1)
        rest = sized.expand(e.exp - rate * m)
        if (
            rest.has(m)
            or rate == 0
            or not (facts.is_nonzero(e.base) or (facts.is_nonnegative(rate) and facts.is_nonnegative(rest)))
        ):
            return e
        return e.base ** (rate * m) * e.base**rest

    def is_asked(e: Expr) -> bool:
        return isinstance(e, sympy.Pow) and not e.base.has(m) and e.exp.is_polynomial(m) and e.exp.has(m)

    return term.replace(is_asked, split)


def _joined(parts: list[Found], weights: list[Expr]) -> Found:
    """A linear combination of sums that all have values."""
    if any(part.value is None for part in parts):
        raise NotFound
    value = sympy.Add(*(w * part.value for w, part in zip(weights, parts, strict=True)))
    constants = tuple(dict.fromkeys(c for part in parts for c in part.constants))
    return Found(value, " and ".join(dict.fromkeys(part.why for part in parts if part.why)), (*constants, *weights))


def _sum(term: Expr, m: Symbol, known: Known, *, splits: bool = True) -> Found | None:
    if term == 0:
        return Found(S.Zero)
    weight, rest = term.as_independent(m, as_Add=False)
    if weight != 1:
        inner = _sum(rest, m, known, splits=splits)
        if inner is None or (inner.value is None and known(weight) in (None, 0)):
            return None
        return inner if inner.value is None else _joined([inner], [weight])
    if _begins_with_zero(term, m):
        return _sum(term.xreplace({m: m + 1}), m, known, splits=splits)
    ratio = term_ratio(term, m)
    if ratio is None:
        return _by_row(term, m, known) or (_of_terms(term, m, known) if splits else None)
    if ratio == 0:
        return Found(term.subs(m, 0), "its first term, all others being zero")
    if not _is_plain(ratio, m, known):
        return None
    is_finite, constants = _converges(term, ratio, m, known)
    if not is_finite:
        return Found(None, "the terms do not add up", constants)
    for method in _METHODS:
        value = method(term, ratio, m, known)
        if value is not None:
            return Found(value[0], value[1], constants)
    return _of_terms(term, m, known) if splits else None


def _begins_with_zero(term: Expr, m: Symbol) -> bool:
    """Whether the first term is zero because of a power of the index."""
    return (
        any(
            f == m or (isinstance(f, sympy.Pow) and f.base == m and f.exp.is_Integer and f.exp > 0)
            for f in sympy.Mul.make_args(term)
        )
        and term.subs(m, 0) == 0
    )


def _is_plain(ratio: Expr, m: Symbol, known: Known) -> bool:
    """Whether the ratio certainly has no pole and no zero at an index, for all values of the other variables."""
    above, below = sympy.fraction(sized.together(ratio))
    return all(no_zero(part, m, known) for part in (below,)) and _no_zero_but_constants(above, m, known)


def _no_zero_but_constants(e: Expr, m: Symbol, known: Known) -> bool:
    """A factor without the index may vanish: then all terms but the first do, as the ratio says."""
    return all(not f.has(m) or no_zero(f, m, known) for f, _ in sized.factor_list(e)[1])


def no_zero(e: Expr, m: Symbol, known: Known) -> bool:
    for factor, _ in sized.factor_list(e, m)[1] if e.has(m) else [(e, 1)]:
        if not factor.has(m):
            if known(factor) in (None, 0):
                return False
            continue
        poly = Poly(factor, m)
        if all(c.is_Rational for c in poly.all_coeffs()):
            if any(r.is_Integer and r >= 0 for r in sized.real_roots(poly)):
                return False
        elif not _is_positive_for_all(poly, known):
            return False
    return True


def _is_positive_for_all(poly: Poly, known: Known) -> bool:
    """Whether all coefficients are positive or zero and the constant one positive, or all negative."""
    signs = [known(c) for c in poly.all_coeffs() if c != 0]
    return poly.nth(0) != 0 and (all(s == 1 for s in signs) or all(s == -1 for s in signs))


def _converges(term: Expr, ratio: Expr, m: Symbol, known: Known) -> tuple[bool, tuple[Expr, ...]]:
    degree, lead = leading(ratio, m)
    if degree < 0:
        return True, ()
    if degree == 0:
        room = known(1 - lead**2)
        if room is None:
            raise Open(sized.factor(1 - lead**2))
        if room == 1:
            return True, ()
        if room == -1:
            return False, ()
    alternating, size = split_sign(term, m)
    if not alternating and degree == 0 and known(lead) == -1:
        return _alternating(term, m, known)
    return has_end(size, m, known, alternating=alternating)


def _alternating(term: Expr, m: Symbol, known: Known) -> tuple[bool, tuple[Expr, ...]]:
    return has_end(sized.powsimp(term * (-1) ** m), m, known, alternating=True)


# Methods

Value = tuple[Expr, str]


def _telescoping(term: Expr, ratio: Expr, m: Symbol, known: Known) -> Value | None:
    """Gosper's algorithm: y(m + 1)R(m) - y(m) = 1 says that the terms are differences of term(m) y(m)."""
    y = _gosper(ratio, m)
    if y is None or not _telescopes(y, ratio, m):
        return None
    below = sympy.fraction(sized.together(y))[1]
    if not no_zero(below, m, known):
        return None
    degree, lead = leading(ratio, m)
    if degree < 0 or (degree == 0 and known(1 - lead**2) == 1):
        end: Expr | None = S.Zero
    else:
        alternating, size = split_sign(term, m)
        end = at_infinity(sized.cancel(y) * size, m, known).value
        if end is None or (alternating and known(end) != 0):
            return None
    first = (term * y).subs(m, 0)
    how = "the geometric series" if not ratio.has(m) else "telescoping"
    return sized.together(end - first), how


def _telescopes(y: Expr, ratio: Expr, m: Symbol) -> bool:
    """Whether y(m + 1)R(m) - y(m) = 1, multiplied out."""
    (p, q), (a, b) = (sympy.fraction(sized.together(e)) for e in (y, ratio))
    next_p, next_q = p.xreplace({m: m + 1}), q.xreplace({m: m + 1})
    return bool(sized.expand(next_p * a * q - p * next_q * b - q * next_q * b) == 0)


def _gosper(ratio: Expr, m: Symbol) -> Expr | None:
    above, below = sympy.fraction(sized.together(ratio))
    if max(Poly(above, m).degree(), Poly(below, m).degree()) > HIGHEST:
        return None
    a, b, c = gosper_normal(above, below, m)
    b = b.shift(-1) if isinstance(b, Poly) else b.subs(m, m - 1)
    p, q, r = (Poly(part, m) for part in (a, b, c))
    n, k, deg = p.degree(), q.degree(), r.degree()
    if n != k or p.LC() != q.LC():
        degrees = {deg - max(n, k)}
    elif n == 0:
        degrees = {deg + 1}
    else:
        degrees = {deg - n + 1}
        shift = sized.cancel((q.nth(n - 1) - p.nth(n - 1)) / p.LC())
        if shift.is_Integer:
            degrees.add(int(shift))
    degrees = {d for d in degrees if 0 <= d <= 2 * HIGHEST}
    if not degrees:
        return None
    unknowns = sympy.symbols(f"c:{max(degrees) + 1}", cls=Dummy)
    x = sum((u * m**i for i, u in enumerate(unknowns)), S.Zero)
    equation = sized.expand(p.as_expr() * x.subs(m, m + 1) - q.as_expr() * x - r.as_expr())
    found = sized.solved(Poly(equation, m).all_coeffs(), unknowns)
    if not found:
        return None
    solved = x.xreplace(found[0]).xreplace(dict.fromkeys(unknowns, S.Zero))
    return sized.cancel(q.as_expr() * solved / r.as_expr()) if solved != 0 else None


def _known_series(term: Expr, ratio: Expr, m: Symbol, known: Known) -> Value | None:
    form = _hypergeometric(ratio, m)
    if form is None:
        return None
    above, below, z = form
    row = row_of(above, below)
    if row is None:
        return None
    value = _value_of(row, z, known)
    return None if value is None else (term.subs(m, 0) * value, "a known power series")


def _value_of(row: Row, z: Expr, known: Known) -> Expr | None:
    if row.any_sign is not None:
        return row.any_sign(z) if _divides_not(row, z, known) else S.One
    root, direction = _root(z, known)
    if root is None:
        return None
    made = row.positive if direction > 0 else row.negative
    if known(z) is None:
        probe = Dummy("w", positive=True)
        if made is not None and sympy.fraction(made(probe))[1].has(probe):
            raise Open(z)
    if known(z) == 0:
        return S.One
    return None if made is None else made(root)


def _divides_not(row: Row, z: Expr, known: Known) -> bool:
    """Whether the function of the row has no 0/0 at z; Open where z may be zero."""
    assert row.any_sign is not None
    probe = Dummy("z", real=True)
    if sympy.fraction(sized.together(row.any_sign(probe)))[1].subs(probe, 0) != 0:
        return True
    if known(z) is None:
        raise Open(z)
    return known(z) != 0


def _root(z: Expr, known: Known) -> tuple[Expr | None, int]:
    """w and a sign with z = sign w**2, w real."""
    c, rest = z.as_coeff_Mul()
    base, exponent = rest.as_base_exp()
    if rest != 1 and exponent.is_Integer and exponent % 2 == 0 and facts.is_real(base):
        return sympy.sqrt(abs(c)) * base ** (exponent / 2), 1 if c > 0 else -1
    sign = known(z)
    if sign is None:
        raise Open(z)
    return (sympy.sqrt(sign * z) if sign else S.Zero), sign or 1


def _hypergeometric(ratio: Expr, m: Symbol) -> tuple[tuple[Expr, ...], tuple[Expr, ...], Expr] | None:
    """The parameters a and b, and z, for a ratio that is a product of linear factors."""
    above, below = sympy.fraction(sized.together(ratio))
    tops, top = linear(above, m)
    bottoms, bottom = linear(below, m)
    if tops is None or bottoms is None:
        return None
    if S.One in bottoms:
        bottoms.remove(S.One)
    else:
        tops.append(S.One)
    return tuple(tops), tuple(bottoms), sized.cancel(top / bottom)


def linear(e: Expr, m: Symbol) -> tuple[list[Expr] | None, Expr]:
    constant, factors = sized.factor_list(e, m)
    found: list[Expr] = []
    for factor, times in factors:
        poly = Poly(factor, m)
        if poly.degree() == 0:
            constant = constant * factor**times
            continue
        if poly.degree() > 1:
            return None, S.One
        a, b = poly.all_coeffs()
        constant = constant * a**times
        found += [sized.cancel(b / a)] * times
    return found, constant


def _partial_fractions(term: Expr, ratio: Expr, m: Symbol, known: Known) -> Value | None:
    """Rational terms, with signs in turn or not, by the digamma and zeta functions of the poles."""
    alternating, size = split_sign(term, m)
    if not size.is_rational_function(m) or size.free_symbols != {m}:
        return None
    if alternating:
        k = Dummy("k", integer=True, nonnegative=True)
        size, m = sized.together(size.subs(m, 2 * k) - size.subs(m, 2 * k + 1)), k
    total = S.Zero
    for part in sympy.Add.make_args(sized.apart(sized.factor(size), m)):
        value = _of_pole(part, m)
        if value is None:
            return None
        total += value
    return sized.expand(total), "partial fractions"


def _of_pole(part: Expr, m: Symbol) -> Expr | None:
    """What a fraction adds, but for a multiple of a divergent sum, all of which cancel where the whole converges."""
    above, below = sympy.fraction(sized.together(part))
    if above.has(m):
        return _of_quadratic(above, below, m)
    base, order = below.as_independent(m, as_Add=False)[1].as_base_exp()
    scale = sized.cancel(above / (below / base**order))
    poly = Poly(base, m)
    if poly.degree() == 2:
        return _of_quadratic(above, below, m)
    if poly.degree() != 1 or not order.is_Integer:
        return None
    a, b = poly.all_coeffs()
    scale, shift = scale / a**order, b / a
    if order == 1:
        value = digamma_at(shift)
        return None if value is None else -scale * value
    return scale * zeta_at(order, shift)


def _of_quadratic(above: Expr, below: Expr, m: Symbol) -> Expr | None:
    """1/((m + s)**2 + c) with a whole number s: all such from -oo on are pi coth(pi sqrt(c))/sqrt(c)."""
    poly = Poly(below, m)
    if above.has(m) or poly.degree() != 2:
        return None
    a, b, c = poly.all_coeffs()
    shift = b / (2 * a)
    rest = c / a - shift**2
    if not shift.is_Integer or constant_sign(rest) != 1 or abs(shift) > LARGEST_SHIFT:
        return None
    root = sympy.sqrt(rest)
    whole = (S.Pi * root * sympy.coth(S.Pi * root) + 1) / (2 * rest)  # over m + s from 0 on
    first = range(int(shift)) if shift >= 0 else range(int(shift), 0)
    missing = sympy.Add(*(1 / (k**2 + rest) for k in first))
    return above / a * (whole - missing if shift >= 0 else whole + missing)


def digamma_at(shift: Expr) -> Expr | None:
    """The digamma function at a rational number, by Gauss's theorem (DLMF 5.4.19) and its recurrence."""
    if not shift.is_Rational or (shift.is_Integer and shift <= 0) or abs(shift) > LARGEST_SHIFT or shift.q > 12:
        return None
    start = shift - sympy.floor(shift)
    if start == 0:
        start = S.One
    value = _digamma_between(start)
    while start < shift:
        value, start = value + 1 / start, start + 1
    while start > shift:
        start -= 1
        value -= 1 / start
    return value


def _digamma_between(u: Rational) -> Expr:
    if u == 1:
        return -S.EulerGamma
    p, q = u.p, u.q
    value = -S.EulerGamma - sympy.log(2 * q) - S.Pi / 2 * sympy.cot(S.Pi * p / q)
    for k in range(1, (q - 1) // 2 + 1):
        value += 2 * sympy.cos(2 * S.Pi * k * p / q) * sympy.log(sympy.sin(S.Pi * k / q))
    return value


def zeta_at(order: Expr, shift: Expr) -> Expr:
    """Hurwitz's zeta function at whole numbers and halves by Riemann's; as it is elsewhere."""
    if not shift.is_Rational or abs(shift) > LARGEST_SHIFT or shift.q > 2:
        return sympy.zeta(order, shift, evaluate=False)
    start, value = (S.One, sympy.zeta(order)) if shift.q == 1 else (S.Half, (2**order - 1) * sympy.zeta(order))
    while start < shift:
        value, start = value - start**-order, start + 1
    while start > shift:
        start -= 1
        value += start**-order
    return value


def _polylogarithms(term: Expr, ratio: Expr, m: Symbol, known: Known) -> Value | None:
    """z**m times a rational function with poles at negative whole numbers, inside the disc of convergence."""
    if not isinstance(term, sympy.Mul):
        return None
    powers = [f for f in term.args if isinstance(f, sympy.Pow) and not f.base.has(m)]
    rest = sympy.Mul(*(f for f in term.args if f not in powers))
    if not powers or not rest.is_rational_function(m) or rest.free_symbols != {m}:
        return None
    z = term_ratio(sympy.Mul(*powers), m)
    start = sympy.Mul(*powers).subs(m, 0)
    if z is None or z.has(m) or known(1 - z**2) != 1:
        return None
    total = S.Zero
    for part in sympy.Add.make_args(sized.apart(sized.factor(rest), m)):
        value = _of_power_and_pole(part, z, m, known)
        if value is None:
            return None
        total += value
    return start * total, "partial fractions"


def _of_power_and_pole(part: Expr, z: Expr, m: Symbol, known: Known) -> Expr | None:
    above, below = sympy.fraction(sized.together(part))
    if not below.has(m):
        found = _telescoping(part * z**m, term_ratio(part * z**m, m), m, known)
        return None if found is None else found[0]
    base, order = below.as_independent(m, as_Add=False)[1].as_base_exp()
    if above.has(m) or not base.is_polynomial(m) or sympy.degree(base, m) != 1 or not order.is_Integer:
        return None
    scale = sized.cancel(above / (below / base**order))
    a, b = Poly(base, m).all_coeffs()
    shift = b / a
    if not shift.is_Integer or not 0 < shift <= LARGEST_SHIFT:
        return None
    if known(z) is None:
        raise Open(z)
    if known(z) == 0:
        return scale / a**order * shift**-order
    whole = -sympy.log(1 - z) if order == 1 else sympy.polylog(order, z, evaluate=False)
    first = sympy.Add(*(z**k / S(k) ** order for k in range(1, int(shift))))
    return scale / a**order * (whole - first) / z**shift


def _exponential(term: Expr, ratio: Expr, m: Symbol, known: Known) -> Value | None:
    """p(m) z**m/m!, by m(m - 1)…(m - j + 1), of which each gives z**j exp(z)."""
    polynomial = S.One
    for factor in sympy.Mul.make_args(term):
        if factor.is_polynomial(m) and factor.has(m):
            polynomial *= factor
    rest = sized.cancel(ratio * polynomial / polynomial.xreplace({m: m + 1}))
    z = _rate(rest, m)
    if z is None or sympy.degree(polynomial, m) > HIGHEST:
        return None
    shift = sized.cancel(z / rest - m) - 1  # the terms are multiples of z**m/(m + shift)!
    if not shift.is_Integer or not 0 <= shift <= LARGEST_SHIFT:
        return None
    if shift and known(z) in (None, 0):
        raise Open(z)
    moved = sized.expand(polynomial.xreplace({m: m - shift}))
    start = (term / polynomial).subs(m, 0) * sympy.factorial(shift)
    first = sympy.Add(*(moved.subs(m, k) * z**k / sympy.factorial(k) for k in range(int(shift))))
    total, difference, j = S.Zero, moved, 0
    while difference != 0:
        total += difference.subs(m, 0) / sympy.factorial(j) * z**j
        difference = sized.expand(difference.xreplace({m: m + 1}) - difference)
        j += 1
    return start * (total * sympy.exp(z) - first) / z**shift, "the exponential series"


def _rate(ratio: Expr, m: Symbol) -> Expr | None:
    """z for a ratio z/(m + b)."""
    above, below = sympy.fraction(sized.together(ratio))
    if above.has(m) or sympy.degree(below, m) != 1:
        return None
    return sized.cancel(above / Poly(below, m).LC())


_METHODS: tuple[Callable[[Expr, Expr, Symbol, Known], Value | None], ...] = (
    _telescoping, _partial_fractions, _known_series, _exponential, _polylogarithms,
)  # fmt: skip


def _of_terms(term: Expr, m: Symbol, known: Known) -> Found | None:
    """Term by term, where each of them adds up."""
    expanded = sized.expand(term)
    parts = list(_parts(expanded))
    if not 1 < len(parts) <= MOST_TERMS:
        return None
    found = [_sum(part, m, known, splits=False) for part in parts]
    if any(part is None or part.value is None for part in found):
        return None
    return _joined([part for part in found if part is not None], [S.One] * len(parts))


def _parts(e: Expr) -> Iterator[Expr]:
    yield from e.args if isinstance(e, sympy.Add) else (e,)


def _by_row(term: Expr, m: Symbol, known: Known) -> Found | None:
    """(m + a)**-s: Hurwitz's zeta function, where s is more than one."""
    if not isinstance(term, sympy.Pow) or term.exp.has(m) or not term.base.is_polynomial(m):
        return None
    poly = Poly(term.base, m)
    if poly.degree() != 1:
        return None
    a, b = poly.all_coeffs()
    shift, s = sized.cancel(b / a), -term.exp
    if a != 1 or known(shift) != 1:
        return None
    beyond = known(s - 1)
    if beyond is None:
        raise Open(s - 1)
    if beyond <= 0:
        return Found(None, "the terms do not add up")
    return Found(sympy.zeta(s) if shift == 1 else sympy.zeta(s, shift, evaluate=False), "a zeta function")
