"""Inequalities of polynomials in one variable fail where they do, however narrow the place is."""

import random
from itertools import pairwise

import pytest
import sympy
from sympy import Interval, Rational, S, oo

import symgrad as sg
from symgrad.prove.places.gaps import between_roots

x = sympy.Symbol("x", real=True)
REFUTED = sg.Outcome.REFUTED
TINY = Rational(1, 10**30)

FALSE = [
    ((x - TINY) * (x - 2 * TINY), []),
    (x**2 - 2 * Rational(141421356237309504881, 10**20) * x + 2, []),
    ((11 * x**2 + 6 * x + 37) ** 2 * (x**2 + 1) * (11 * x + 6) ** 2 - Rational(1, 10**60), []),
    ((x - TINY) * (x - 2 * TINY), [x > Rational(3, 2) * TINY]),
    (1 / ((x - 1) ** 2 + 1) - 1 + TINY**2, [x > 1 - TINY / 10, x < 1 + 10 * TINY]),
]
TRUE = [
    ((x - TINY) * (x - 2 * TINY), [x > 2 * TINY]),
    ((x - TINY) * (x - 2 * TINY), [x < TINY]),
    ((x - TINY) ** 2, []),
    (x**2 - 2 * Rational(1414213562, 10**9) * x + 2, []),
]


@pytest.mark.parametrize(("difference", "where"), FALSE)
def test_a_polynomial_that_is_negative_in_a_narrow_gap_is_refuted(difference, where):
    verdict = sg.verify(sg.claim(difference, ">=", 0, where=where))
    assert verdict.outcome is REFUTED
    place = sympy.Rational(dict(verdict.witness.point)["x"])
    assert difference.subs(x, place) < 0
    assert all(condition.subs(x, place) for condition in where)


@pytest.mark.parametrize(("difference", "where"), TRUE)
def test_a_polynomial_that_is_negative_elsewhere_alone_is_not(difference, where):
    assert sg.verify(sg.claim(difference, ">=", 0, where=where)).holds


@pytest.mark.parametrize("seed", range(20))
def test_each_sign_that_a_rational_function_has_in_an_interval_is_seen(seed):
    """An oracle that knows the roots: the function is made of them."""
    generator = random.Random(seed)
    roots = sorted(Rational(generator.randint(-9, 9), generator.randint(1, 4)) + k * TINY for k in range(4))
    poles = [Rational(2 * generator.randint(-9, 9) + 1, 11)]
    end = Rational(generator.randint(-5, 5))
    f = sympy.Mul(*((x - r) ** generator.choice((1, 2)) for r in roots)) / sympy.Mul(*(x - p for p in poles))
    for values, inside in ((S.Reals, lambda q: True), (Interval.open(end, oo), lambda q: q > end)):
        cuts = sorted({*roots, *poles, *(() if values is S.Reals else (end,))})
        gaps = [(low + high) / 2 for low, high in pairwise(cuts)]
        middles = [q for q in (cuts[0] - 1, *gaps, cuts[-1] + 1) if inside(q)]
        found = [q for q in between_roots(f, x, values) if inside(q)]
        assert len(found) == len(middles)
        assert [sympy.sign(f.subs(x, q)) for q in sorted(found)] == [sympy.sign(f.subs(x, q)) for q in middles]
