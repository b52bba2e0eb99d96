"""What SymPy is asked only where the question is small: its answers to larger ones may take without end.

Each function has the name of SymPy's, estimates from the form of its argument how large the answer may become, counts
that on the budget of work, and raises `TooLarge` instead of asking what would take more than a second or so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from math import comb

import sympy
from sympy import Basic, Expr, Integer, Symbol
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction

from symgrad.base.budget import charge

WORK_OF_A_QUESTION = 250  # however small it is
MOST_NODES = 4_000
MOST_EXPANDED, MOST_FACTORED, MOST_DEGREE = 4_000, 250, 120  # terms when multiplied out
MOST_MONOMIALS, MOST_BITS_FACTORED = 50_000, 100_000
MOST_BITS_IN_SEVERAL = 300  # of a coefficient, in several variables: SymPy looks for a prime beyond its powers
MOST_DIFFERENTIATED = 12_000  # nodes of the derivative
MOST_DENOMINATORS = 16
MOST_SIMPLIFIED = 200
FARTHEST_PUT_IN, HIGHEST_PUT_IN = 5000, 60  # numbers that SymPy may put into exponents and functions; powers of others
# Functions whose values at large numbers are quickly told.
LIGHT = (
    sympy.Abs, sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside, sympy.log, sympy.atan, sympy.tanh,
    sympy.floor, sympy.ceiling, sympy.exp, sympy.sin, sympy.cos, sympy.erf, sympy.Piecewise, sympy.Derivative,
    sympy.functions.elementary.piecewise.ExprCondPair, sympy.And, sympy.Or, sympy.Not,
)  # fmt: skip
HIGHEST_REAL, LARGEST_REAL = 24, 600  # degree of a polynomial whose real roots are wanted, bits of its coefficients
MOST_ANGLES = 12  # added in the argument of a sine: each doubles what is multiplied out
COUNTED_NO_FURTHER = 10**9
HIGHEST_OF_DOUBLES = 700.0  # whose exponential is a double
MOST_EXPONENT = 100_000.0  # of e: SymPy compares numbers by their digits, and writes all of those before the point


class TooLarge(sympy.PolynomialError):  # type: ignore[misc]
    """The question is too large for SymPy: for those who ask, the same as what SymPy cannot answer."""


def expand(e: Expr, **hints: bool) -> Expr:
    """The expression multiplied out."""
    terms = count_terms(e)
    if hints.get("trig"):
        for angle in {f.args[0] for f in e.atoms(TrigonometricFunction, HyperbolicFunction)}:
            if (parts := _angles_added(angle)) > MOST_ANGLES:
                raise TooLarge(f"the function of a sum of {parts} angles multiplied out")
    _ask(terms, MOST_EXPANDED, "terms when multiplied out", 60 * terms + 20 * nodes(e))
    return sympy.expand(e, **hints)


def _angles_added(angle: Expr) -> int:
    """How many angles are added in one: as many as the whole numbers before its terms say."""
    terms = sympy.Add.make_args(expand(angle))
    return sum(max(1, _whole_coefficient(term)) for term in terms)


def _whole_coefficient(term: Expr) -> int:
    """The size of the rational number before a term, without its fraction."""
    coefficient = term.as_coeff_Mul(rational=True)[0]
    return abs(int(coefficient)) if coefficient.is_Rational else 1


def factor(e: Expr) -> Expr:
    """The expression as a product of irreducible factors."""
    _ask_for_irreducible_factors(e)
    return sympy.factor(e)


def factor_list(e: Expr, *generators: Symbol) -> tuple[Expr, list[tuple[Expr, int]]]:
    """The constant factor of an expression, and its irreducible factors with their multiplicities."""
    _ask_for_irreducible_factors(e)
    constant, factors = sympy.factor_list(e, *generators)
    return constant, list(factors)


def together(e: Expr) -> Expr:
    """The expression over one denominator."""
    below = len({p.base for p in e.atoms(sympy.Pow) if p.exp.could_extract_minus_sign()})
    _ask(below, MOST_DENOMINATORS, "denominators", 100 * nodes(e))
    return sympy.together(e)


def cancel(e: Expr) -> Expr:
    """The expression as a quotient without common factors."""
    _ask_for_factors(e, "to cancel")
    return sympy.cancel(e)


def factor_terms(e: Expr) -> Expr:
    """The expression with what is common to the terms of its sums in front of them."""
    size = nodes(e)
    _ask(size, MOST_NODES, "parts", 30 * size)
    try:
        return sympy.factor_terms(e)
    except AttributeError:  # SymPy's slip at roots of large numbers, sqrt(10**400 + 1)
        return e


def powsimp(e: Expr) -> Expr:
    """The expression with powers of one base put together."""
    size = nodes(e)
    _ask(size, MOST_NODES, "parts", 30 * size)
    return sympy.powsimp(e)


def simplify(e: Expr) -> Expr:
    """A number in simpler terms."""
    size = nodes(e)
    _ask(size, MOST_SIMPLIFIED, "parts to simplify", 300 * size)
    return sympy.simplify(e)


def apart(e: Expr, x: Symbol) -> Expr:
    """A rational function as a sum of partial fractions."""
    _ask_for_factors(e, "in partial fractions")
    return sympy.apart(e, x)


def sum_of_powers(term: Expr, k: Symbol, low: Expr, high: Expr) -> Expr:
    """The sum of a polynomial in k from low to high, in closed form."""
    terms = _monomials(term)
    _ask(terms, MOST_FACTORED, "terms to add up", 1_000 * terms)
    return sympy.summation(term, (k, low, high))


def solved(equations: list[Expr], unknowns: tuple[Symbol, ...]) -> list[dict[Symbol, Expr]]:
    """The solutions of linear equations."""
    size = sum(map(nodes, equations))
    _ask(size, MOST_NODES, "parts of equations", 100 * size)
    return list(sympy.solve(equations, unknowns, dict=True))


def polynomial(e: Expr, *generators: Symbol, **options: object) -> sympy.Poly:
    """The expression as a polynomial."""
    terms = count_terms(e)
    _ask(terms, MOST_EXPANDED, "terms when multiplied out", WORK_OF_A_QUESTION + 60 * terms)
    if not is_comparable(e):
        raise TooLarge("a number in it is beyond comparison by digits")
    return sympy.Poly(e, *generators, **options)


def real_roots(made: sympy.Poly) -> list[Expr]:
    """The real roots of a polynomial in one variable, in order."""
    degree = int(made.degree())
    bits = sum(_bits(c) for c in made.all_coeffs())
    _ask(degree, HIGHEST_REAL, "as degree of a polynomial", 500 * degree**2)
    _ask(bits, LARGEST_REAL, "bits in the coefficients of a polynomial", 0)
    return list(sympy.real_roots(made))


def check_point(expressions: Iterable[Basic], point: Mapping[Symbol, Expr]) -> None:
    """Refuse to put a point in where a large number would stand in an exponent or a function: SymPy writes out 2**n."""
    far = [s for s, value in point.items() if value.is_Rational and abs(value) > FARTHEST_PUT_IN]
    for e in expressions if far else ():
        if not all(_is_light_in(e, s) for s in far):
            raise TooLarge(f"a number beyond {FARTHEST_PUT_IN} in an exponent or a function")
    tiny = [s for s, value in point.items() if value.is_Rational and 0 < abs(value) * FARTHEST_PUT_IN < 1]
    for e in expressions if tiny else ():
        if any(_has_inverse_above(e, s) for s in tiny):
            raise TooLarge(f"one by a number below 1/{FARTHEST_PUT_IN} in an exponent or a function")


def _has_inverse_above(e: Basic, s: Symbol) -> bool:
    """Whether one by a variable stands in an exponent or a function, as in (1 + x)**(1/x)."""
    above = [power.exp for power in e.atoms(sympy.Pow) if power.exp.has(s)]
    above += [function for function in e.atoms(sympy.Function) if function.has(s) and not isinstance(function, LIGHT)]
    inverses = (power for part in above for power in part.atoms(sympy.Pow))
    return any(power.base.has(s) and power.exp.is_extended_negative is not False for power in inverses)


def _is_light_in(e: Basic, s: Symbol) -> bool:
    """Whether a variable stands nowhere but in sums, products, small powers and comparisons."""
    if not e.has(s):
        return True
    if isinstance(e, sympy.Pow):
        return bool(e.exp.is_Rational) and abs(e.exp) <= HIGHEST_PUT_IN and _is_light_in(e.base, s)
    kinds = (sympy.Add, sympy.Mul, Symbol, sympy.core.relational.Relational, sympy.Sum, sympy.Tuple, *LIGHT)
    return isinstance(e, kinds) and all(_is_light_in(a, s) for a in e.args)


def is_comparable(e: Basic) -> bool:
    """Whether no exponential of a large number stands in an expression, as exp(exp(1000)).

    Examples
    --------
    >>> is_comparable(sympy.exp(1000)), is_comparable(sympy.log(sympy.exp(sympy.exp(1000), evaluate=False) + 2))
    (True, False)
    """
    sizes: dict[Basic, float] = {}
    for node in _parts(e):
        parts = [sizes[a] for a in node.args]
        if isinstance(node, sympy.exp | sympy.Pow) and node.is_number:
            exponent = parts[0] if isinstance(node, sympy.exp) else parts[1] * math.log(2 + parts[0])
            if exponent > MOST_EXPONENT:
                return False
            sizes[node] = math.exp(min(exponent, HIGHEST_OF_DOUBLES))
        else:
            sizes[node] = _size(node, parts)
    return True


def _size(node: Basic, parts: list[float]) -> float:
    """About how large a number is, or larger; 0 for what is none."""
    if isinstance(node, sympy.Rational):
        return math.exp(min(max(0, int(node.p).bit_length() - int(node.q).bit_length() + 1), HIGHEST_OF_DOUBLES))
    if isinstance(node, sympy.Add):
        return sum(parts)
    if isinstance(node, sympy.Mul):
        return math.prod(1 + part for part in parts) if node.is_number else 0
    if isinstance(node, sympy.log):
        return math.log(2 + parts[0])
    return max(parts, default=4 if isinstance(node, sympy.NumberSymbol) else 0)


def check_derivative(e: Expr, x: Symbol) -> None:
    """Count the work of a derivative by the parts that it will have, and refuse one that has too many."""
    size = _nodes_of_derivative(e, x)
    _ask(size, MOST_DIFFERENTIATED, "parts of a derivative", 30 * size)


def _ask_for_factors(e: Expr, what_for: str) -> None:
    """Count and limit the work of multiplying out and of finding common factors in what that makes."""
    terms = count_terms(e)
    _ask(terms, MOST_EXPANDED, f"terms {what_for}", 30 * terms)
    different = min(terms, _monomials(e))
    _ask(different, MOST_FACTORED, f"terms {what_for}", 200 * different)


def _ask_for_irreducible_factors(e: Expr) -> None:
    _ask_for_factors(e, "to factor")
    dense = _monomials(e)  # what a few terms of a high degree in two variables become on the way
    longest = max((_bits(number) for number in e.atoms(sympy.Rational)), default=0)
    _ask(dense, MOST_MONOMIALS, "monomials to factor", dense)
    _ask(dense * longest, MOST_BITS_FACTORED, "bits to factor", dense * longest)
    for power in e.atoms(sympy.exp):  # which become a power of exp(x), one of exp(x**2), and so on
        terms = sympy.Add.make_args(expand(power.exp)) if isinstance(power.exp, sympy.Add | sympy.Mul) else ()
        powers = math.prod(_whole_coefficient(term) + 1 for term in terms if not term.is_number)
        _ask(powers, MOST_MONOMIALS, "monomials in exponentials to factor", powers)
    kernels = {a for a in e.atoms(sympy.Pow, sympy.Function) if not (isinstance(a, sympy.Pow) and a.exp.is_Integer)}
    if len(e.free_symbols | kernels) > 1:
        _ask(longest, MOST_BITS_IN_SEVERAL, "bits of a number to factor in several variables", longest)


def _ask(size: int, most: int, what: str, work: float) -> None:
    if size > most:
        raise TooLarge(f"it comes to more than {most} {what}")
    charge(WORK_OF_A_QUESTION + work)


def _bits(number: Expr) -> int:
    return sum(int(n.p).bit_length() + int(n.q).bit_length() for n in number.atoms(sympy.Rational))


# --- estimates, from the parts to the whole -------------------------------------------------------------------------


def _folded(e: Basic, combine: Callable[[Basic, list[int]], int]) -> int:
    """A number for an expression from those of its arguments, each part looked at once."""
    known: dict[Basic, int] = {}
    for node in _parts(e):
        known[node] = min(COUNTED_NO_FURTHER, combine(node, [known[a] for a in node.args]))
    return known[e]


def _parts(e: Basic) -> list[Basic]:
    """The different parts of an expression, arguments first."""
    found: dict[Basic, None] = {}
    pending = [(e, False)]
    while pending:
        node, is_after_its_arguments = pending.pop()
        if node in found:
            continue
        if is_after_its_arguments:
            found[node] = None
        else:
            pending.append((node, True))
            pending.extend((a, False) for a in node.args)
    return list(found)


def nodes(e: Basic) -> int:
    """How many parts an expression has, each as often as it stands there."""
    return _folded(e, lambda node, parts: 1 + sum(parts))


def count_terms(e: Basic) -> int:
    """How many terms an expression may have when it is multiplied out."""
    return _folded(e, _terms_from)


def _terms_from(node: Basic, parts: list[int]) -> int:
    if isinstance(node, sympy.Add):
        return sum(parts)
    if isinstance(node, sympy.Mul):
        total = 1
        for part in parts:
            total = min(COUNTED_NO_FURTHER, total * part)
        return total
    if isinstance(node, sympy.Pow) and isinstance(node.exp, Integer) and parts[0] > 1:
        degree = min(abs(int(node.exp)), 10_000)
        return comb(parts[0] - 1 + degree, degree) if degree * parts[0] < 100_000 else COUNTED_NO_FURTHER
    return max(parts, default=1)


def _monomials(e: Basic) -> int:
    """How many monomials of the degree that an expression has over one denominator there are in its generators."""
    generators = set()
    above: dict[Basic, int] = {}
    below: dict[Basic, int] = {}
    for node in _parts(e):
        parts = node.args
        if isinstance(node, sympy.Add):
            below[node] = sum(below[a] for a in parts)
            above[node] = max(above[a] - below[a] for a in parts) + below[node]
        elif isinstance(node, sympy.Mul):
            above[node], below[node] = (sum(degrees[a] for a in parts) for degrees in (above, below))
        elif isinstance(node, sympy.Pow) and isinstance(node.exp, Integer):
            power = min(abs(int(node.exp)), 10_000)
            degrees = above[node.base] * power, below[node.base] * power
            above[node], below[node] = degrees if node.exp > 0 else degrees[::-1]
        else:
            is_number = isinstance(node, sympy.Rational) or node is sympy.I
            above[node], below[node] = 0 if is_number else _power_of_generator(node), 0
            if not is_number:
                generators.add(node)
    degree = above[e] + below[e]
    return comb(degree + len(generators), len(generators)) if degree < 10_000 else COUNTED_NO_FURTHER


def _power_of_generator(node: Basic) -> int:
    """The degree of what counts as one generator: SymPy takes exp(1000) for the power 1000 of E."""
    if isinstance(node, sympy.exp):
        rates = [term.as_coeff_Mul(rational=True)[0] for term in sympy.Add.make_args(node.args[0])]
    elif isinstance(node, sympy.Pow):
        rates = [node.exp.as_coeff_Mul(rational=True)[0]]
    else:
        return 1
    return min(10_000, max(1, *(abs(int(rate.p)) for rate in rates if rate.is_Rational)))


def _nodes_of_derivative(e: Basic, x: Symbol) -> int:
    """A bound, or nearly one, of the size of a derivative before anything in it is simplified."""
    size: dict[Basic, int] = {}
    grown: dict[Basic, int] = {}
    for node in _parts(e):
        size[node] = min(COUNTED_NO_FURTHER, 1 + sum(size[a] for a in node.args))
        moved = sum(grown[a] for a in node.args)
        if not moved:
            grown[node] = int(node == x)
        elif isinstance(node, sympy.Add):
            grown[node] = 1 + moved
        elif isinstance(node, sympy.Mul):
            moving = sum(1 for a in node.args if grown[a])
            grown[node] = moved + moving * size[node]
        else:
            grown[node] = moved + 3 * size[node]
        grown[node] = min(COUNTED_NO_FURTHER, grown[node])
    return grown[e]
