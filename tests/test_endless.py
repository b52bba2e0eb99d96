"""Limits, integrals, infinite sums and products: enclosures against mpmath, and against what has no value."""

import mpmath
import pytest
import sympy
from flint import acb, arb

import symgrad as sg
from symgrad.balls import UNDEFINED, ball, enclose
from symgrad.verdicts import Outcome

DIGITS = 25

# What has a value, with an independent way to it.
VALUES = {
    "Integral(x**2, (x, 0, 1))": lambda: mpmath.mpf(1) / 3,
    "Integral(exp(-x**2), (x, -oo, oo))": lambda: mpmath.sqrt(mpmath.pi),
    "Integral(log(x), (x, 0, 1))": lambda: -1,
    "Integral(1/sqrt(x), (x, 0, 1))": lambda: 2,
    "Integral(1/sqrt(Abs(x)), (x, -1, 1))": lambda: 4,
    "Integral(sin(x)/x, (x, -1, 1))": lambda: 2 * mpmath.si(1),
    "Integral(Abs(x), (x, -1, 2))": lambda: mpmath.mpf(5) / 2,
    "Integral(x**x, (x, 0, 1))": lambda: mpmath.nsum(lambda n: (-1) ** (int(n) + 1) / n**n, [1, mpmath.inf]),
    "Integral(log(sin(x)), (x, 0, pi/2))": lambda: -mpmath.pi / 2 * mpmath.log(2),
    "Integral(x/(exp(x) - 1), (x, 0, oo))": lambda: mpmath.pi**2 / 6,
    "Integral(exp(-x)*log(x), (x, 0, oo))": lambda: -mpmath.euler,
    "Integral(1/(1 + x**4), (x, 0, oo))": lambda: mpmath.pi / (2 * mpmath.sqrt(2)),
    "Integral(exp(-sqrt(x)), (x, 0, oo))": lambda: 2,
    "Integral(1/(x*log(x)**2), (x, 2, oo))": lambda: 1 / mpmath.log(2),
    "Integral(sqrt(1 - x**2), (x, -1, 1))": lambda: mpmath.pi / 2,
    "Integral(Max(x, 1 - x), (x, 1, 0))": lambda: -mpmath.mpf(3) / 4,
    "Sum(1/n**2, (n, 1, oo))": lambda: mpmath.pi**2 / 6,
    "Sum(1/n**2, (n, -oo, -1))": lambda: mpmath.pi**2 / 6,
    "Sum(1/n**(3/2), (n, 1, oo))": lambda: mpmath.zeta(1.5),
    "Sum(log(n)/n**2, (n, 1, oo))": lambda: -mpmath.zeta(2, derivative=1),
    "Sum((-1)**n/(2*n + 1), (n, 0, oo))": lambda: mpmath.pi / 4,
    "Sum((-1)**n/sqrt(n), (n, 1, oo))": lambda: -mpmath.altzeta(0.5),
    "Sum(1/factorial(n), (n, 0, oo))": lambda: mpmath.e,
    "Sum(factorial(n)**2/factorial(2*n), (n, 0, oo))": lambda: mpmath.hyp2f1(1, 1, 0.5, 0.25),
    "Sum((-1/2)**n, (n, 0, oo))": lambda: mpmath.mpf(2) / 3,
    "Sum(1/(n**2 + 1), (n, -oo, oo))": lambda: mpmath.pi * mpmath.coth(mpmath.pi),
    "Sum(1/n - log(1 + 1/n), (n, 1, oo))": lambda: mpmath.euler,
    "Sum(exp(-sqrt(n)), (n, 0, oo))": lambda: (
        mpmath.sumem(lambda n: mpmath.exp(-mpmath.sqrt(n)), [400, mpmath.inf])
        + mpmath.fsum(mpmath.exp(-mpmath.sqrt(n)) for n in range(400))
    ),
    "Product(1 - 1/n**2, (n, 2, oo))": lambda: mpmath.mpf(1) / 2,
    "Product(1 + 1/n**2, (n, 1, oo))": lambda: mpmath.sinh(mpmath.pi) / mpmath.pi,
    "Product(cos(1/2**n), (n, 1, oo))": lambda: mpmath.sin(1),
    "Limit(sin(x)/x, x, 0)": lambda: 1,
    "Limit((1 + 1/x)**x, x, oo)": lambda: mpmath.e,
    "Limit(harmonic(x) - log(x), x, oo)": lambda: mpmath.euler,
    "Limit(((1 + x)**(1/x) - E)/x, x, 0)": lambda: -mpmath.e / 2,
    "Limit(acos(1 - x)/sqrt(x), x, 0)": lambda: mpmath.sqrt(2),
    "Limit(gamma(x + 1)*exp(x)/(x**x*sqrt(x)), x, oo)": lambda: mpmath.sqrt(2 * mpmath.pi),
}

NO_VALUE = [
    "Integral(1/x, (x, 0, 1))", "Integral(1/x, (x, -1, 1))", "Integral(1/x, (x, 1, oo))",
    "Integral(tan(x), (x, 0, pi/2))",
    "Integral(1/(x**2 - 2), (x, 0, 2))", "Integral(1/(x*log(x)), (x, 2, oo))", "Integral(exp(x), (x, 0, oo))",
    "Sum(1/n, (n, 1, oo))", "Sum((-1)**n, (n, 0, oo))", "Sum(1/(n*log(n)), (n, 2, oo))", "Sum(2**n, (n, 0, oo))",
    "Sum(1/(n**2 - 4), (n, 1, oo))", "Sum(log(1 + 1/n), (n, 1, oo))", "Limit(1/x, x, 0)", "Limit(sin(x), x, oo)",
    "Limit(sin(1/x), x, 0)", 'Limit(Abs(x)/x, x, 0, "+-")', "Limit(exp(x), x, oo)", 'Limit(Heaviside(x), x, 0, "+-")',
]  # fmt: skip


def side(text):
    return sg.claim(f"{text} == 0").statement.lhs


@pytest.mark.parametrize("text", VALUES)
def test_an_enclosure_is_narrow_and_holds_what_mpmath_finds(text):
    with mpmath.workdps(DIGITS + 10):
        expected = arb(str(VALUES[text]())) + arb(0, arb(10) ** (3 - DIGITS - 10))
    found = acb(ball(enclose(side(text), {}, 96))).real
    assert found.overlaps(expected)
    assert found.rad() < arb(10) ** -17


@pytest.mark.parametrize("text", NO_VALUE)
def test_what_has_no_value_is_known_to_have_none(text):
    assert enclose(side(text), {}, 96) is UNDEFINED


@pytest.mark.parametrize("text", VALUES)
def test_what_is_wrong_by_the_tenth_digit_is_refuted(text):
    value = acb(ball(enclose(side(text), {}, 96))).real.mid().fmpq()
    wrong = sympy.Rational(int(value.p), int(value.q)) + sympy.Rational(1, 10**10)
    claim = sg.claim(side(text), "==", wrong)
    assert sg.verify(claim).outcome is Outcome.REFUTED


@pytest.mark.parametrize("text", NO_VALUE)
def test_nothing_without_a_value_equals_itself(text):
    assert sg.verify(f"{text} == {text}").outcome is Outcome.REFUTED
