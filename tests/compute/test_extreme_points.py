"""Formulas at extreme points: where NumPy is right with a formula as it is written, a program is, or it warns."""

import itertools
import math
import random
import warnings

import mpmath
import numpy as np
import pytest
import sympy

import symgrad as sg

a, b = sg.real("a"), sg.real("b")
TINY = [sympy.Rational(1, 10**k) for k in (1, 12, 20)]
SIZES = [1e-300, 1e-160, 1e-20, 1e-8, 1.0, 30.0, 355.0, 710.0, 720.0, 1e20, 1e160, 1e300]
POINTS = [0.0, *SIZES, *(-size for size in SIZES)]
DIGITS = 400  # exp(-710) beside 1 takes 310
PARTS = 60


def drawn(chance, depth):
    """A formula of exponentials, logarithms, quotients, powers and sums with small numbers."""
    if not depth:
        return chance.choice([a, b, a, b, sympy.Integer(2), *TINY])
    u, v = drawn(chance, depth - 1), drawn(chance, depth - 1)
    ways = [
        lambda: u + v,
        lambda: u - v,
        lambda: u * v,
        lambda: u / v,
        lambda: sympy.exp(u),
        lambda: sympy.exp(-u) / v,
        lambda: sympy.exp(u) / (1 + sympy.exp(u)) ** 2,
        lambda: sympy.log(u + chance.choice([*TINY, sympy.S.Half, sympy.S.One, sympy.exp(v)])),
        lambda: u ** chance.choice([2, 3, -1, -2]),
        lambda: v / (1 + u**2),
        lambda: 1 - sympy.tanh(u),
    ]
    return chance.choice(ways)()


def formulas():
    chance, found = random.Random(11), []
    while len(found) < PARTS:
        try:
            e = drawn(chance, 2)
        except ZeroDivisionError:
            continue
        if e.free_symbols and not e.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
            found.append(e)
    return found


def by_numpy(e, point):
    with np.errstate(all="ignore"):
        return float(sympy.lambdify((a, b), e, "numpy")(*map(np.float64, point)))


def by_mpmath(e, point):
    """The value, or None where there is none that is real."""
    with mpmath.workdps(DIGITS):
        try:
            found = sympy.lambdify((a, b), e, "mpmath")(*map(mpmath.mpf, point))
        except (ArithmeticError, ValueError):
            return None
    return found if isinstance(found, mpmath.mpf) and mpmath.isfinite(found) else None


def is_near(found, true):
    return math.isfinite(found) and abs(mpmath.mpf(found) - true) <= 1e-6 * abs(true)


@pytest.mark.parametrize("e", formulas(), ids=str)
def test_a_program_is_right_or_warns_where_numpy_is_right(e):
    run, chance = sg.compile(e), random.Random(str(e))
    for point in chance.sample([*itertools.product(POINTS, repeat=2)], 24):
        given = {s.name: dict(zip("ab", point))[s.name] for s in e.free_symbols}
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = float(run(**given))
        plain = by_numpy(e, point)
        if told or found == plain:
            continue
        true = by_mpmath(e, point)
        assert true is None or is_near(found, true) or not is_near(plain, true), point
