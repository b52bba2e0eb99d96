"""Constants: algebraic ones by a separation bound, sums of logarithms and angles through their exponentials."""

import pytest
import sympy
from sympy import (
    I,
    Rational,
    S,
    acos,
    acosh,
    acot,
    acsc,
    asec,
    asech,
    asin,
    asinh,
    atan,
    cos,
    cot,
    log,
    pi,
    sin,
    sqrt,
    tan,
)

import symgrad as sg
from symgrad.prove.places import algebraic_numbers

x = Rational(1, 4)
IN_RADICALS = [
    cos(pi / 51),
    cot(4 * pi / 17),
    sin(pi / 17),
    tan(pi / 17),
    sympy.sec(pi / 51),
    cos(pi / 34),
    cos(pi / 85),
]
ZEROS = [
    asin(x) + I * log(sqrt(1 - x**2) + I * x),
    acosh(x) - I * acos(x),
    acosh(x) - sqrt(x - 1) / sqrt(1 - x) * acos(x),
    asec(x) - pi / 2 - I * log(sqrt(1 - 1 / x**2) + I / x),
    asech(x) - sqrt(1 / x - 1) / sqrt(1 - 1 / x) * (pi / 2 - asin(1 / x)),
    acot(x) - acsc(sqrt(1 + x**2)),
    asin(5 * x) - pi / 2 + I * log(2),
    16 * atan(Rational(1, 5)) - 4 * atan(Rational(1, 239)) - pi,
    asinh(2) / 3 - log(2 + sqrt(5)) / 3,
    log(6) - log(2) - log(3),
]


@pytest.mark.parametrize("value", IN_RADICALS, ids=str)
def test_a_rational_angle_is_its_value_in_radicals_and_nothing_beside_it(value):
    radicals = value.rewrite(sqrt)
    assert radicals.atoms(sympy.Pow)
    assert sg.verify(sg.claim(value, "==", radicals)).holds is True
    assert sg.verify(sg.claim(value, "==", radicals + S(10) ** -1000)).holds is False


@pytest.mark.parametrize("number", ZEROS, ids=str)
def test_sums_of_logarithms_and_angles_are_zero_where_their_exponentials_say_so(number):
    assert algebraic_numbers.is_zero(number) == (True, "exponentials of both sides are equal algebraic numbers")


@pytest.mark.parametrize("number", ZEROS, ids=str)
def test_whole_turns_and_slips_are_not_taken_for_zero(number):
    assert algebraic_numbers.is_zero(number + 2 * pi) is None
    assert algebraic_numbers.is_zero(number + 2 * pi * I) is None
    assert algebraic_numbers.is_zero(number + log(1 + S(10) ** -30)) is None


@pytest.mark.parametrize("order", range(2, 40))
def test_roots_of_unity_add_up_to_zero(order):
    total = sum(cos(2 * pi * k / order) for k in range(order))
    assert algebraic_numbers.is_zero(total) == (True, "separation bound of algebraic numbers") or total == 0


@pytest.mark.parametrize("p", [2, 3, 5, 7, 11, 13, 17, 19])
def test_square_roots_of_primes_lie_in_the_cyclotomic_fields_that_hold_them(p):
    order = 8 if p == 2 else p if p % 4 == 1 else 4 * p
    assert algebraic_numbers._is_cyclotomic(p, order)
    assert not any(algebraic_numbers._is_cyclotomic(p, n) for n in range(1, order) if n % order)
