"""Antiderivatives by rules and integrals by rows: against derivatives, and against quadrature."""

import pytest
import sympy
from flint import acb, arb, fmpq
from sympy import Interval

import symgrad as sg
from symgrad.balls import ball, enclose
from symgrad.language.provable import provable
from symgrad.language.statements import Domain
from symgrad.prove.provers.endless.antiderivatives import OF_POWERS, antiderivative
from symgrad.prove.provers.endless.integral_rows import ROWS, by_rows
from symgrad.prove.signs.existence import Known, tightened

UNIT = Interval.open(0, 1)
# By which rule it is found is told by no test: only that there is one.
FOUND = [
    "1/(1 + sqrt(x))", "x*sqrt(2*x + 3)", "x**2/sqrt(1 + x)", "x**2/sqrt(1 - x**2)", "sqrt(x**2 + x + 1)",
    "x**3*sqrt(1 - x**2)", "(x**2 + 1)**(-5/2)", "1/(x*sqrt(x**2 + 1))", "1/sqrt(x*(1 - x))", "sqrt(1 + sqrt(x))",
    "x*asin(x)", "x**2*acos(x)", "x*atan(x)", "log(x)**3", "log(x)/x**2", "asin(x)**2", "cos(x)*log(sin(x))",
    "sin(log(x))", "exp(sqrt(x))", "sqrt(exp(x) - 1)", "exp(x)/(1 + exp(2*x))", "x**2*exp(-x)*sin(x)",
    "1/(2 + sin(x))", "1/(5 + 4*cos(x))", "sin(x)**2/(5 + 4*cos(x))", "1/(1 + sin(x))", "sec(x)", "tan(x)**2",
    "x/cos(x)**2", "1/(x**3 + 1)", "exp(2*x)*exp(-x**2)",
]  # fmt: skip


def integrand(text):
    return provable(sg.claim(f"{text} == 0").statement.lhs)


@pytest.mark.parametrize("text", FOUND)
def test_what_is_found_for_an_antiderivative_has_the_integrand_for_a_slope(text):
    f = integrand(text)
    (y,) = f.free_symbols
    found = antiderivative(f, y, UNIT, Known(Domain(())))
    assert found is not None
    gap = acb(ball(enclose(found.diff(y) - f, {y: fmpq(2, 7)}, 300)))
    assert gap.contains(0)
    assert abs(gap).upper() < arb(10) ** -50


@pytest.mark.parametrize(("kind", "power"), OF_POWERS)
def test_an_antiderivative_of_a_power_has_it_for_a_slope(kind, power):
    u = sympy.Symbol("u", real=True)
    gap = acb(ball(enclose(OF_POWERS[kind, power](u).diff(u) - kind(u) ** power, {u: fmpq(1, 3)}, 200)))
    assert gap.contains(0)
    assert gap.rad() < arb(10) ** -40


# Integrands with ends that each row knows, and the parameters at which it is compared.
KNOWN = [
    ("x**a*(1 - x)**b", "0", "1"), ("(x - 1)**a*(4 - x)**b/3", "1", "4"), ("(x*(2 - x))**a", "0", "2"),
    ("x**a*(4 - x**2)**b", "0", "2"), ("x**a/(2 + 3*x**2)**(a + b + 2)", "0", "oo"), ("1/(1 + x**4)", "0", "oo"),
    ("sin(x)**a*cos(x)**b", "0", "pi/2"), ("sqrt(tan(x))", "0", "pi/2"), ("x**a*log(x)", "0", "1"),
    ("x**a*log(x)**3", "0", "1"), ("x**a*log(x)*exp(-b*x)", "0", "oo"), ("log(x)**2*exp(-b*x)", "0", "oo"),
    ("x**2*exp(-b*x**2 + a*x)", "-oo", "oo"), ("cos(a*x)*exp(-x**2)", "0", "oo"),
    ("x*sin(a*x + 1)*exp(-b*x**2)", "-oo", "oo"), ("cos(x)**2*cosh(a*x)*exp(-x**2 + x)", "-oo", "oo"),
]  # fmt: skip
POINTS = [(sympy.Rational(1, 2), sympy.Rational(3, 4)), (sympy.Rational(-1, 3), sympy.Rational(5, 2))]


def written(text, low, high, a_and_b=POINTS[0]):
    """The integral with numbers for a and b."""
    of = provable(sg.claim(f"Integral({text}, (x, {low}, {high})) == 0").statement.lhs)
    places = dict(zip("ab", a_and_b, strict=True))
    return of.xreplace({s: places[s.name] for s in of.free_symbols})


@pytest.mark.parametrize("a_and_b", POINTS)
@pytest.mark.parametrize(("text", "low", "high"), KNOWN)
def test_a_row_says_what_certain_quadrature_finds(text, low, high, a_and_b):
    of = written(text, low, high, a_and_b)
    found = by_rows(of.function, *of.limits[0], Known(Domain(())))
    quadrature, value = (acb(ball(enclose(e, {}, 96))) for e in (of, found.value))
    assert quadrature.overlaps(value)
    assert quadrature.rad() < arb(10) ** -8


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_every_row_is_compared_with_quadrature(row):
    assert any(row(of.function, *of.limits[0], Known(Domain(()))) for of in (written(*case) for case in KNOWN))


WITHOUT_VALUE = [
    ("x**(a - 2)*(1 - x)**b", "0", "1"), ("x**a*(1 - x)**(-b - 1)", "0", "1"), ("x**a/(1 + x)", "0", "oo"),
    ("cos(x)**(-a - 1)", "0", "pi/2"), ("2*x**(-1)/(1 + x**2)", "0", "oo"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "low", "high"), WITHOUT_VALUE)
def test_a_row_knows_what_grows_too_fast_at_an_end(text, low, high):
    of = written(text, low, high)
    assert by_rows(of.function, *of.limits[0], Known(Domain(()))).value is None


TIGHTENED = [
    (("0 < a", "a < b"), {"a": (0, sympy.oo), "b": (0, sympy.oo)}),
    (("a < b", "b <= 2"), {"a": (-sympy.oo, 2), "b": (-sympy.oo, 2)}),
    (("1 <= a", "a <= b", "b < c"), {"a": (1, sympy.oo), "b": (1, sympy.oo), "c": (1, sympy.oo)}),
]


@pytest.mark.parametrize(("where", "ends"), TIGHTENED)
def test_what_is_said_of_two_variables_bounds_each(where, ends):
    text = " + ".join(ends)
    domain = tightened(sg.claim(f"{text} == 0", where=list(where)).domain)
    assert {s.name: (values.inf, values.sup) for s, values in domain.sets} == ends


def test_an_end_that_is_attained_belongs_to_the_set():
    first, second = (
        tightened(sg.claim("a + b == 0", where=["a in [0, 1]", sign]).domain) for sign in ("a <= b", "a < b")
    )
    (b,) = (s for s in first.symbols if s.name == "b")
    assert first.set_of(b).contains(0) == sympy.true
    assert second.set_of(b).contains(0) == sympy.false


# A modulus is taken apart by a sign only where what is in it is real.
NOT_REAL = [
    "Integral(Abs(sqrt(x) - 10), (x, -1, 1)) == 10 - 2/3 + 10",
    "Integral(Abs(log(x) + I), (x, 1, 2)) == 2*log(2) - 1",
]


@pytest.mark.parametrize("says", NOT_REAL)
def test_the_modulus_of_a_complex_number_is_no_matter_of_signs(says):
    assert sg.verify(says).holds is not True
