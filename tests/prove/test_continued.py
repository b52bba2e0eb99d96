"""Inverse functions beyond the interval on which they are real, against enclosures of the functions themselves."""

import pytest
import sympy
from flint import fmpq
from sympy import I

import symgrad as sg
from symgrad.balls import Tape, precision, separated
from symgrad.prove.provers.continued import ON_IMAGINARY, ON_REAL

u = sg.real("u")
PLACES = [fmpq(p, q) for p, q in ((-7, 2), (-2, 1), (-11, 10), (-9, 10), (-1, 3), (1, 7), (4, 5), (5, 4), (3, 1))]
ROWS = [
    pytest.param(kind, argument, branch, id=f"{kind.__name__}({argument})-{k}")
    for table, argument in ((ON_REAL, u), (ON_IMAGINARY, I * u))
    for kind, branches in table.items()
    for k, branch in enumerate(branches)
]


@pytest.mark.parametrize(("kind", "argument", "branch"), ROWS)
def test_each_branch_has_the_value_of_the_function(kind, argument, branch):
    re, im = branch.parts(u)
    function, by_parts = Tape(kind(argument, evaluate=False), [u]), Tape(re + I * im, [u])
    inside = [p for p in PLACES if branch.positive is None or branch.positive(sympy.Rational(int(p.p), int(p.q))) > 0]
    assert inside
    with precision(128):
        for place in inside:
            assert not separated(function(place), by_parts(place))


TRUE = [
    ("acosh(x) == sqrt(x - 1)*sqrt(x + 1)*atanh(sqrt(x**2 - 1)/x)/sqrt(x**2 - 1)", ["x in (1/5, 1/3)"]),
    ("acsc(x) == (pi/2 - atan(sqrt(x**2 - 1)))*sqrt(x**2)/x", ["x in (1/5, 1/3)"]),
    ("acot(x) == x*sqrt(x**(-2))*acos(sqrt(-x**2)/sqrt(-x**2 - 1))", ["x > 0"]),
    ("asec(x) == I*acosh(1/x)", ["x in (0, 1)"]),
]
FALSE = [
    ("acosh(x) == -I*acos(x)", ["x in (1/5, 1/3)"]),
    ("acsc(x) == (pi/2 + atan(sqrt(x**2 - 1)))*sqrt(x**2)/x", ["x in (1/5, 1/3)"]),
    ("asin(x) == pi/2 + I*acosh(x)", ["x > 1"]),
    ("acosh(x) == I*acos(x)", ["x > -1"]),
    ("atan(I*x) == I*atanh(1/x)", ["x > 1"]),
]


@pytest.mark.parametrize(("says", "where"), TRUE)
def test_equal_parts_are_proved(says, where):
    assert sg.verify(sg.claim(says, where=where)).holds is True


@pytest.mark.parametrize(("says", "where"), FALSE)
def test_the_other_side_of_a_cut_is_refuted(says, where):
    assert sg.verify(sg.claim(says, where=where)).holds is False
