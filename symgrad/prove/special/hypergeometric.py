"""Hypergeometric functions by named ones: a table by their parameters, each row where its argument lies as it says.

A row gives the function at a positive argument w and at the negative one -w, in real terms; those with one upper
parameter more than lower ones have a cut from 1 to infinity and are used below 1 only.

References
----------
NIST Digital Library of Mathematical Functions: 7.11.4, 7.11.7-8 (error functions, Fresnel integrals), 6.11
(exponential integrals), 8.5.1 (incomplete gamma), 8.17.7 (incomplete beta), 10.16.9, 10.39.9 (Bessel), 15.4.1-9
(Gauss), 15.9 (orthogonal polynomials), 16.2 (definition), 16.17.2 (Meijer's G), 19.5.1-2 (elliptic integrals),
25.12.10 (polylogarithms).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr, Rational, S, Tuple, pi, sqrt

from symgrad.prove.basics import facts
from symgrad.prove.special.recurrences import Equal, Sign, factors_to_divide, positive_root

LONGEST_POLYNOMIAL = 60
HALF, QUARTER = Rational(1, 2), Rational(1, 4)

Form = Callable[[Expr], Expr]


def _missing(w: Expr) -> Expr | None:
    return None


@dataclass(frozen=True)
class Row:
    """The value at a positive argument w, and at -w; or one form for every argument. All divide by it."""

    at_positive: Callable[[Expr], Expr | None] = _missing
    at_negative: Callable[[Expr], Expr | None] = _missing
    anywhere: Form | None = None


def _same(form: Form) -> Row:
    return Row(anywhere=form)


def _polylogarithm(order: int) -> Row:
    return _same(lambda z: sympy.polylog(order, z) / z)


def _of_fourth_root(function: Callable[[Expr], Expr], power: int, factor: Expr) -> Row:
    """Fresnel integrals at x, whose argument here is -pi^2 x^4/16."""

    def form(w: Expr) -> Expr:
        x = 2 * w**QUARTER / sqrt(pi)
        return factor * function(x) / x**power

    return Row(at_negative=form)


def _cosine_integral(w: Expr) -> Expr:
    """Ci(x) = gamma + log x - x^2/4 F(-x^2/4)."""
    x = 2 * sqrt(w)
    return (S.EulerGamma + sympy.log(x) - sympy.Ci(x)) / w


def _hyperbolic_cosine_integral(w: Expr) -> Expr:
    x = 2 * sqrt(w)
    return (sympy.Chi(x) - S.EulerGamma - sympy.log(x)) / w


# By upper and lower parameters, each in the order of size.
NUMBERS: Mapping[tuple[tuple[Expr, ...], tuple[Expr, ...]], Row] = {
    ((S.One,), (S(2),)): _same(lambda z: (sympy.exp(z) - 1) / z),
    ((HALF,), (3 * HALF,)): Row(
        lambda w: sqrt(pi) * sympy.erfi(sqrt(w)) / (2 * sqrt(w)),
        lambda w: sqrt(pi) * sympy.erf(sqrt(w)) / (2 * sqrt(w)),
    ),
    ((S.One, S.One), (S(2),)): _same(lambda z: -sympy.log(1 - z) / z),
    ((HALF, S.One), (3 * HALF,)): Row(
        lambda w: sympy.atanh(sqrt(w)) / sqrt(w), lambda w: sympy.atan(sqrt(w)) / sqrt(w)
    ),
    ((HALF, HALF), (3 * HALF,)): Row(
        lambda w: sympy.asin(sqrt(w)) / sqrt(w), lambda w: sympy.asinh(sqrt(w)) / sqrt(w)
    ),
    ((S.One, S.One), (3 * HALF,)): Row(
        lambda w: sympy.asin(sqrt(w)) / (sqrt(w) * sqrt(1 - w)),
        lambda w: sympy.asinh(sqrt(w)) / (sqrt(w) * sqrt(1 + w)),
    ),
    ((HALF, HALF), (S.One,)): _same(lambda z: 2 * sympy.elliptic_k(z) / pi),
    ((-HALF, HALF), (S.One,)): _same(lambda z: 2 * sympy.elliptic_e(z) / pi),
    ((3 * QUARTER,), (3 * HALF, 7 * QUARTER)): _of_fourth_root(sympy.fresnels, 3, 6 / pi),
    ((QUARTER,), (HALF, 5 * QUARTER)): _of_fourth_root(sympy.fresnelc, 1, S.One),
    ((HALF,), (3 * HALF, 3 * HALF)): Row(
        lambda w: sympy.Shi(2 * sqrt(w)) / (2 * sqrt(w)), lambda w: sympy.Si(2 * sqrt(w)) / (2 * sqrt(w))
    ),
    ((S.One, S.One), (S(2), S(2))): Row(
        lambda w: (sympy.Ei(w) - sympy.log(w) - S.EulerGamma) / w,
        lambda w: (sympy.expint(1, w) + sympy.log(w) + S.EulerGamma) / w,
    ),
    ((S.One, S.One), (3 * HALF, S(2), S(2))): Row(_hyperbolic_cosine_integral, _cosine_integral),
    **{((S.One,) * (n + 1), (S(2),) * n): _polylogarithm(n) for n in range(2, 7)},
}  # fmt: skip


def _none(a: Expr, z: Expr, sign: Sign) -> Equal:
    return Equal((1 - z) ** -a)


def _bessel(b: Expr, z: Expr, sign: Sign) -> Equal | None:
    known = sign(z)
    if not known:
        return None
    w, function = (z, sympy.besseli) if known == 1 else (-z, sympy.besselj)
    root = positive_root(w, 2, sign)
    return Equal(sympy.gamma(b) * root ** (1 - b) * function(b - 1, 2 * root))


def _incomplete_gamma(a: Expr, z: Expr, sign: Sign) -> Equal | None:
    """1F1(a; a + 1; -w) = a w^-a gamma(a, w)."""
    return Equal(a * (-z) ** -a * sympy.lowergamma(a, -z)) if sign(z) == -1 and sign(a) == 1 else None


def _binomial(upper: tuple[Expr, ...], c: Expr, z: Expr, sign: Sign) -> Equal | None:
    """2F1(a, a + 1/2; 1/2 or 3/2; z) by powers of 1 + sqrt(z) and 1 - sqrt(z)."""
    a = next((a for a, b in (upper, upper[::-1]) if (b - a).expand() == HALF), None)
    if a is None or c not in (HALF, 3 * HALF) or sign(z) != 1:
        return None
    root = positive_root(z, 2, sign)
    up, down = 1 + root, 1 - root
    if c == HALF:
        return Equal((up ** (-2 * a) + down ** (-2 * a)) / 2)
    return (
        None if a == HALF else Equal((up ** (1 - 2 * a) - down ** (1 - 2 * a)) / (2 * root * (1 - 2 * a)), (1 - 2 * a,))
    )


def _jacobi(upper: tuple[Expr, ...], c: Expr, z: Expr, sign: Sign) -> Equal | None:
    """2F1(-n, n + s; c; z) by orthogonal polynomials at 1 - 2z, for whole n from 0."""
    forms = {
        (S.One, S.One): sympy.legendre,
        (S.Zero, HALF): sympy.chebyshevt,
        (S(2), 3 * HALF): lambda n, x: sympy.chebyshevu(n, x) / (n + 1),
    }
    for low, high in (upper, upper[::-1]):
        form = forms.get(((low + high).expand(), c))
        if form is not None and facts.is_integer(low) and low.free_symbols and sign(-low + 1) == 1:
            return Equal(form(-low, 1 - 2 * z))
    return None


def normal(sign: Sign, upper: Tuple, lower: Tuple, z: Expr) -> Equal | None:
    """What a hypergeometric function is equal to, if it has a name or is a polynomial."""
    if not all(isinstance(p, Expr) for p in (*upper, *lower)):
        return None
    if any(b.is_Integer and b <= 0 for b in lower):
        return None  # no value, or one that is a matter of convention
    common = next((p for p in upper if p in lower), None)
    if common is not None:
        is_no_pole = common.is_Rational or sign(common) == 1
        shorter = sympy.hyper(_without(upper, common), _without(lower, common), z)
        return Equal(shorter, () if is_no_pole else (sympy.sin(pi * common),))
    shortest = [a for a in upper if a.is_Integer and -LONGEST_POLYNOMIAL <= a <= 0]
    if shortest:
        return Equal(_polynomial(upper, lower, z, -int(max(shortest))))
    if len(upper) > len(lower) + 1 or (len(upper) == len(lower) + 1 and sign(1 - z) != 1):
        return None
    return _by_number(sign, tuple(upper), tuple(lower), z) or _by_shape(sign, tuple(upper), tuple(lower), z)


def _without(parameters: Tuple, one: Expr) -> tuple[Expr, ...]:
    left = list(parameters)
    left.remove(one)
    return tuple(left)


def _polynomial(upper: Tuple, lower: Tuple, z: Expr, degree: int) -> Expr:
    total, term = S.Zero, S.One
    for k in range(degree + 1):
        total += term
        term *= sympy.Mul(*(a + k for a in upper)) / sympy.Mul(*(b + k for b in lower)) * z / (k + 1)
    return total


def _by_number(sign: Sign, upper: tuple[Expr, ...], lower: tuple[Expr, ...], z: Expr) -> Equal | None:
    row = NUMBERS.get((tuple(sorted(upper, key=_size)), tuple(sorted(lower, key=_size))))
    if row is None:
        return None
    known = sign(z)
    if row.anywhere is not None:
        value = row.anywhere(z)
        return Equal(value, () if known else factors_to_divide(value))
    if not known:
        return None
    form, w = (row.at_positive, z) if known == 1 else (row.at_negative, -z)
    root = sympy.Dummy(positive=True)
    found = form(root**4)
    return None if found is None else Equal(found.xreplace({root: positive_root(w, 4, sign)}))


def _size(parameter: Expr) -> tuple[bool, Expr | int, str]:
    """The order of numbers; symbols come after them."""
    return (not parameter.is_Rational, parameter if parameter.is_Rational else 0, str(parameter))


def _by_shape(sign: Sign, upper: tuple[Expr, ...], lower: tuple[Expr, ...], z: Expr) -> Equal | None:
    if not upper and not lower:
        return Equal(sympy.exp(z))
    if len(upper) == 1 and not lower:
        return _none(*upper, z, sign)
    if not upper and len(lower) == 1:
        return _bessel(*lower, z, sign)
    if len(upper) == len(lower) == 1 and (lower[0] - upper[0]).expand() == 1:
        return _incomplete_gamma(*upper, z, sign)
    if len(upper) == 2 and len(lower) == 1:
        return _binomial(upper, lower[0], z, sign) or _jacobi(upper, lower[0], z, sign)
    return None


def meijer(sign: Sign, above: Tuple, below: Tuple, z: Expr) -> Equal | None:
    """Meijer's G by Slater's theorem: a sum over simple poles of powers and hypergeometric functions.

    It needs an argument of known sign, below 1 in size where there are as many upper as lower parameters.
    """
    upper, lower = (*above[0], *above[1]), (*below[0], *below[1])
    if len(upper) > len(lower) or not all(p.is_Rational for p in (*upper, *lower)):
        return None
    if len(upper) == len(lower) and (sign(1 - z) != 1 or sign(1 + z) != 1):
        return None
    if not sign(z):
        return None
    terms = [_residues(sign, above, below, place, z) for place in range(len(below[0]))]
    return None if any(t is None for t in terms) else Equal(sympy.Add(*terms))


def _residues(sign: Sign, above: Tuple, below: Tuple, place: int, z: Expr) -> Expr | None:
    """The residues at the poles that belong to one of the first lower parameters."""
    upper, b = (*above[0], *above[1]), below[0][place]
    others = (*below[0][:place], *below[0][place + 1 :])
    poles = [c - b for c in others] + [1 + b - a for a in above[0]]
    if any((c - b).is_Integer for c in others) or any(p.is_Integer and p <= 0 for p in poles):
        return None
    zeros = [1 + b - c for c in below[1]] + [a - b for a in above[1]]
    if any(p.is_Integer and p <= 0 for p in zeros):
        return S.Zero
    factor = sympy.Mul(*map(sympy.gamma, poles)) / sympy.Mul(*map(sympy.gamma, zeros))
    turned = z * S.NegativeOne ** (len(upper) - len(below[0]) - len(above[0]))
    size, side = (z, S.One) if sign(z) == 1 else (-z, S.NegativeOne)
    power = side**b * positive_root(size, b.q, sign) ** b.p
    return factor * power * sympy.hyper([1 + b - a for a in upper], [1 + b - c for c in (*others, *below[1])], turned)
