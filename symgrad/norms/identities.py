"""What conditions say of products that are a multiple of the identity, as those of orthogonal matrices and involutions.

Such a product is left out of a longer one, an orthogonal factor at an end of a product leaves its norm as it is, and
the eigenvalues of a matrix whose square or whose product with its transpose is the identity lie on the unit circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import sympy
from sympy import Expr, MatrixExpr, S
from sympy.logic.boolalg import Boolean

from symgrad.norms.exact import of_norm, of_radius
from symgrad.norms.products import Factors, apart, canonical, reversed_word, terms, word
from symgrad.symbols import OfMatrix, SpectralNorm

Identities = Mapping[Factors, Expr]  # products, and of what the identity is multiplied by


def equal_by_identities(conditions: Iterable[Boolean], leaves: Iterable[Expr]) -> Iterator[Boolean]:
    """What norms and radii are by the conditions that a product is a multiple of the identity, as equations.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> A, x = sg.Parameter("A", n, n), sg.Parameter("x", n)
    >>> orthogonal = sympy.Eq(sg.norm(A.T @ A - sympy.Identity(n)), 0)
    >>> list(equal_by_identities([orthogonal], [sg.norm(A @ x), sg.spectral_radius(A)]))
    [Eq(norm(A @ x), norm(x)), Eq(spectral_radius(A), 1)]
    """
    known = identities(conditions)
    for leaf in leaves if known else ():
        if isinstance(leaf, OfMatrix):
            number, factors = apart(canonical(leaf.matrix))
            found = _norm(factors, known) if isinstance(leaf, SpectralNorm) else _radius(factors, known)
            if found is not None:
                yield sympy.Eq(leaf, sympy.Abs(number) * found, evaluate=False)


def identities(conditions: Iterable[Boolean]) -> dict[Factors, Expr]:
    """The products of which conditions say that they are a number times the identity, in each order that they may have:
    from F G = c follows G F = c where both are square."""
    found: dict[Factors, Expr] = {}
    for condition in conditions:
        difference = _vanishing(condition)
        parts = {factors: number for number, factors in terms(canonical(difference))} if difference is not None else {}
        number = parts.pop((), S.Zero)
        if len(parts) != 1 or not number.is_Rational or number == 0:
            continue
        ((factors, scale),) = parts.items()
        if scale.is_Rational:
            size = factors[0].shape[0]
            turns = (factors[k:] + factors[:k] for k in range(len(factors)) if factors[k].shape[0] == size)
            found |= dict.fromkeys(turns, -number / scale)
    return found


def _vanishing(condition: Boolean) -> MatrixExpr | None:
    """The matrix that is zero by a condition."""
    if not isinstance(condition, sympy.Eq):
        return None
    left, right = condition.args
    both = ((left, right), (right, left))
    return next((a.matrix for a, b in both if isinstance(a, SpectralNorm) and b == 0), None)


def _norm(factors: Factors, known: Identities) -> Expr | None:
    """The norm of a product without the factors that change nothing; nothing where there are none."""
    scale, rest = _shortened(factors, known)
    for product, number in known.items():
        half = len(product) // 2
        first, last = product[half:], product[:half]
        if reversed_word(first) != last:  # only of U.T @ U the columns are orthogonal, not of A @ S @ A.T
            continue
        while rest[:half] == first:
            scale, rest = scale * sympy.sqrt(sympy.Abs(number)), rest[half:]
        while len(rest) >= half and rest[-half:] == last:
            scale, rest = scale * sympy.sqrt(sympy.Abs(number)), rest[:-half]
    return None if rest == factors else scale * (of_norm(word(rest)) if rest else S.One)


def _radius(factors: Factors, known: Identities) -> Expr | None:
    scale, rest = _shortened(factors, known)
    turned: Factors | None = None
    while rest and turned != rest:  # a factor at one end and its inverse at the other
        turned = rest
        for place in range(len(rest)):
            more, shorter = _shortened(rest[place:] + rest[:place], known)
            if len(shorter) < len(rest):
                scale, rest = scale * more, shorter
                break
    for product in (rest * 2, reversed_word(rest) + rest):
        number, left = _shortened(product, known)
        if rest and not left:
            return scale * sympy.sqrt(number)
    return None if rest == factors else scale * (of_radius(word(rest)) if rest else S.One)


def _shortened(factors: Factors, known: Identities) -> tuple[Expr, Factors]:
    """A product without the parts that are multiples of the identity, after the absolute value of what these leave."""
    scale: Expr = S.One
    while True:
        places = ((k, p) for p in known for k in range(len(factors) - len(p) + 1) if factors[k : k + len(p)] == p)
        place, part = next(places, (0, ()))
        if not part:
            return scale, factors
        scale, factors = scale * sympy.Abs(known[part]), factors[:place] + factors[place + len(part) :]
