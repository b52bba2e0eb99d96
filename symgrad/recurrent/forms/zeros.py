"""Whether a coefficient is zero: as a quotient of polynomials in the names and functions that stand in it."""

from __future__ import annotations

import random
from functools import reduce
from operator import add, mul

import sympy
from flint import fmpq
from sympy import Dummy, Expr, S

from symgrad.base import sized
from symgrad.base.budget import charge
from symgrad.base.errors import CellError
from symgrad.prove.special.ring import CONTEXT, MOST_GENERATORS, NoNormalForm, Quotient
from symgrad.recurrent.forms.expanded import expanded
from symgrad.symbols import TimedScalar

PRIME = 2**61 - 1  # modulo which a sum that is not zero has the value 0 at hardly any point
WORK_OF_A_NODE = 4


def is_zero(e: Expr) -> bool:
    """Whether a scalar is certainly zero, whatever the names and functions in it are.

    What is not zero is told by its value at one point, and no quotient of polynomials is made of it.

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> is_zero(a / (a + b) + b / (a + b) - 1), is_zero(a / (a + b) - 1)
    (True, False)
    """
    if e.is_Rational:
        return bool(e == 0)
    charge(WORK_OF_A_NODE * sized.nodes(e))
    try:
        return _at_a_point(e, {}) == 0 and _quotient(e, {}).is_zero
    except NoNormalForm:
        return _cancels(e)
    except ValueError:  # a denominator is 0 there
        return False


def is_somewhere_other_than_zero(e: Expr) -> bool:
    """Whether a scalar certainly is no formula for 0, such as (a + 1)**2 - a**2 - 2*a - 1.

    Examples
    --------
    >>> a = sympy.Symbol("a")
    >>> [is_somewhere_other_than_zero(e) for e in (a, a - 1, sympy.S.Zero, (a + 1) ** 2 - a**2 - 2 * a - 1)]
    [True, True, False, False]
    """
    if e.is_number:
        return e.is_zero is False
    charge(WORK_OF_A_NODE * sized.nodes(e))
    try:
        return _at_a_point(e, {}) != 0
    except (NoNormalForm, ValueError):
        return False


def _cancels(e: Expr) -> bool:
    try:
        return bool(sized.cancel(expanded(e)) == 0)
    except (CellError, sized.TooLarge):
        return False


def _at_a_point(e: Expr, values: dict[Expr, int]) -> int:
    """The value modulo a prime, each name and each function being some number."""
    if e.is_Rational:
        return int(e.p) * pow(int(e.q), -1, PRIME) % PRIME
    if e.is_Add or e.is_Mul:
        parts = (_at_a_point(a, values) for a in e.args)
        return sum(parts) % PRIME if e.is_Add else reduce(lambda a, b: a * b % PRIME, parts)
    if e.is_Pow and e.exp.is_Integer:
        return pow(_at_a_point(e.base, values), int(e.exp), PRIME)
    _check_generator(e)
    if e not in values:
        values[e] = random.Random(len(values)).randrange(1, PRIME)
    return values[e]


def _quotient(e: Expr, generators: dict[Expr, Quotient]) -> Quotient:
    if e.is_Rational:
        return Quotient(CONTEXT.constant(fmpq(int(e.p), int(e.q))))
    if e.is_Add or e.is_Mul:
        return reduce(add if e.is_Add else mul, (_quotient(a, generators) for a in e.args))
    if e.is_Pow and e.exp.is_Integer:
        return _quotient(e.base, generators) ** int(e.exp)
    if e not in generators:
        if len(generators) == MOST_GENERATORS:
            raise NoNormalForm(f"more than {MOST_GENERATORS} names")
        generators[e] = Quotient(CONTEXT.gen(len(generators)))
    return generators[e]


def _check_generator(e: Expr) -> None:
    """Powers with other exponents and exponentials depend on each other; SymPy knows how."""
    if not isinstance(e, sympy.Symbol | TimedScalar | sympy.Function) or isinstance(e, sympy.exp):
        raise NoNormalForm(f"{e} is no generator")


# --- powers ---------------------------------------------------------------------------------------------------------


def with_generators(number: Expr, generators: dict[tuple[Expr, Expr], Dummy]) -> Expr:
    """A number in which w to the power T - t + 1 is w times the powers to T and to t, each a generator."""

    def parts(power: Expr) -> Expr:
        if not power.exp.free_symbols:
            return power
        found = S.One
        for part in sympy.Add.make_args(sympy.expand(power.exp)):
            factor, symbol = part.as_coeff_Mul()
            made = generators.setdefault((power.base, symbol), Dummy("g")) if symbol != 1 else power.base
            found *= made**factor
        return found

    return number.replace(is_split, parts)


def is_split(e: Expr) -> bool:
    """Whether b**(p + q) is b**p * b**q, wherever both sides have values: for every b but 0, and so, if b is not 0
    throughout, in the limit at its zeros as well. For 0 itself it is not: 0**0 is 1.
    """
    return e.is_Pow and bool(e.exp.free_symbols) and is_somewhere_other_than_zero(e.base)


def joined(e: Expr) -> Expr:
    """A product with b**(p + q) for b**p * b**q, which has the same value wherever that has one, for b = 0 as well.

    Examples
    --------
    >>> import symgrad as sg
    >>> w = sg.Parameter("w")
    >>> joined(-w * w ** (sg.LENGTH - sg.TIME - 1))
    -w**(T - t)
    """
    factors = sympy.Mul.make_args(e)
    bases = {f.base for f in factors if f.is_Pow and f.exp.free_symbols}
    if not bases:
        return e
    exponents = {
        b: sympy.expand(sympy.Add(*(x for base, x in map(_base_and_exponent, factors) if base == b))) for b in bases
    }
    rest = [f for f in factors if _base_and_exponent(f)[0] not in bases]
    return sympy.Mul(*rest, *(b**x for b, x in exponents.items()))


def _base_and_exponent(factor: Expr) -> tuple[Expr, Expr]:
    return factor.args if factor.is_Pow else (factor, S.One)
