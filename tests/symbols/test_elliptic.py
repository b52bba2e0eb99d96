"""Jacobi's elliptic functions: enclosures against mpmath, slopes, identities, and how they print."""

import mpmath
import pytest
import sympy
from flint import acb, arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Symbol

import symgrad as sg
from symgrad.balls import Tape, precision
from symgrad.symbols.elliptic import JACOBI, jacobi_cn, jacobi_dn, jacobi_sn

u, m = Symbol("u", real=True), Symbol("m", real=True)
THOUSANDTHS = st.integers(-8000, 8000)


@pytest.mark.parametrize("function", JACOBI, ids=str)
@settings(max_examples=60, deadline=None)
@given(first=THOUSANDTHS, second=st.integers(-3000, 3000))
def test_enclosures_hold_the_values_of_mpmath(function, first, second):
    with precision(160):
        found = Tape(function(u, m), (u, m))(fmpq(first, 1000), fmpq(second, 1000))
    with mpmath.workdps(40):
        expected = mpmath.ellipfun(function.letters, mpmath.mpf(first) / 1000, m=mpmath.mpf(second) / 1000)
        gap = abs(mpmath.mpf(str(arb(found).mid().str(40, radius=False))) - mpmath.re(expected))
        assert gap < mpmath.mpf(10) ** -28
    assert isinstance(found, arb | fmpq)


@pytest.mark.parametrize("function", JACOBI, ids=str)
def test_complex_arguments_are_enclosed_as_well(function):
    z = Symbol("z")
    with precision(160):
        found = acb(Tape(function(z, m), (z, m))(acb(1, 0.5), fmpq(1, 3)))
    with mpmath.workdps(30):
        expected = mpmath.ellipfun(function.letters, mpmath.mpc(1, 0.5), m=mpmath.mpf(1) / 3)
    assert abs(complex(found.mid()) - complex(expected)) < 1e-14


@pytest.mark.parametrize("function", JACOBI, ids=str)
def test_sympy_evaluates_them_and_differentiates_them_in_the_argument(function):
    value = function(sympy.Rational(1, 3), sympy.Rational(1, 4)).evalf(30)
    with mpmath.workdps(40):
        expected = mpmath.ellipfun(function.letters, mpmath.mpf(1) / 3, m=mpmath.mpf(1) / 4)
        assert abs(mpmath.mpf(str(value)) - expected) < mpmath.mpf(10) ** -28
    assert not function(u, m).diff(u).has(sympy.Derivative, sympy.Subs)


def test_they_print_as_they_are_read_and_typeset_with_their_letters():
    says = "jacobi_sn(u, m)**2 == jacobi_cn(2*u, 1/2)*jacobi_dn(u + 1, m)"
    assert str(sg.claim(says)) == says
    assert sympy.latex(jacobi_sn(u, m) ** 2) == r"\operatorname{sn}^{2}\left(u \middle| m\right)"


@pytest.mark.parametrize(
    ("function", "at_zero", "at_one"),
    [(jacobi_sn, sympy.sin, sympy.tanh), (jacobi_cn, sympy.cos, sympy.sech), (jacobi_dn, lambda w: 1, sympy.sech)],
)
def test_they_are_circular_at_zero_and_hyperbolic_at_one(function, at_zero, at_one):
    assert function(u, 0) == at_zero(u)
    assert function(u, 1) == at_one(u)


def test_a_slope_in_the_parameter_is_not_made_up():
    assert sg.verify("diff(jacobi_sn(u, m), m) == 0").holds is not True


def test_poles_off_the_real_line_are_not_forgotten():
    verdict = sg.verify(sg.claim("jacobi_sn(z, 1/2)**2 + jacobi_cn(z, 1/2)**2 == 1", where=["z complex"]))
    assert verdict.holds is None
