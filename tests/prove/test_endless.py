"""Limits, integrals, infinite sums and products: enclosures against mpmath, and against what has no value."""

import mpmath
import pytest
import sympy
from flint import acb, arb, fmpq

import symgrad as sg
from symgrad.balls import UNDEFINED, ball, enclose
from symgrad.language.verdicts import Outcome
from symgrad.prove.basics.power_series import ROWS
from symgrad.prove.provers.endless.antiderivatives import TABLE
from symgrad.prove.provers.endless.infinite_sums import digamma_at

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
    "Integral(Abs(cos(3*x + 1)), (x, -2*pi, 0))": lambda: 4,
    "Integral(asin(sin(x)), (x, 0, pi))": lambda: mpmath.pi**2 / 4,
    "Integral(atan(tan(x))**2, (x, 0, pi))": lambda: mpmath.pi**3 / 12,
    "Integral(sqrt(cos(x)), (x, 0, 1))": lambda: mpmath.quad(lambda x: mpmath.sqrt(mpmath.cos(x)), [0, 1]),
    "Integral(sqrt(sin(x)), (x, 0, pi))": lambda: mpmath.beta(0.75, 0.5),
    "Integral(1/sqrt(1 - x**4), (x, 0, 1))": lambda: mpmath.beta(0.25, 0.5) / 4,
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
    "Integral(tan(x), (x, 0, pi/2))", "Integral(tan(x), (x, 0, pi))", "Integral(1/(sin(x) - 1/2), (x, 0, 1))",
    "Integral(1/(3*sin(x) - 4*cos(x)), (x, 0, 1))", "Integral(csc(2*x + 1), (x, 0, 2))",
    "Limit(sin(x) + cos(x), x, oo)", "Limit(x*(sin(x) - cos(x)), x, oo)",
    "Limit(sin(x) + sin(sqrt(2)*x), x, oo)", "Limit(sin(x)**2 + 1/x, x, oo)",
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


# Integrands that are real by the sign of something on the range alone, or are not real there.
REAL_THERE = {
    "Integral(sqrt(cos(x)), (x, 0, 1))": True, "Integral(sqrt(cos(x)), (x, 0, 2))": False,
    "Integral(sqrt(sin(x)), (x, 0, pi))": True, "Integral(sqrt(sin(x)), (x, 0, 4))": False,
    "Integral(log(sin(x)), (x, 0, pi))": True, "Integral(sqrt(x**3 - x), (x, 1, 2))": True,
    "Integral(sqrt(x**3 - x), (x, 0, 2))": False, "Integral(1/sqrt(exp(x) - 1 - x), (x, 1, oo))": True,
    "Integral(acos(x**2 - 1), (x, 0, 1))": True, "Integral(acos(x + 1/100), (x, 0, 1))": False,
    "Integral(1/sqrt(sin(x) + cos(x)), (x, 0, pi/2))": True,
}  # fmt: skip


@pytest.mark.parametrize("text", REAL_THERE)
def test_an_integral_is_real_where_its_integrand_certainly_is(text):
    assert isinstance(enclose(side(text), {}, 96), arb) is REAL_THERE[text]


WITHOUT_CANCELLING = ["sin(x) - cos(x)", "sin(x)*cos(x)", "sin(x + 1) - sin(x)*cos(2) - cos(x)*sin(1)", "cos(x)**3"]
CANCELLING = ["sin(x)*cos(x) - sin(2*x)/2", "sin(x)**2 + cos(x)**2 - 1", "sin(x + 1) - sin(x)*cos(1) - cos(x)*sin(1)"]


@pytest.mark.parametrize("factor", ["1", "x", "(1 + 1/x)", "log(x)"])
def test_waves_that_do_not_cancel_have_no_limit_and_those_that_cancel_are_not_said_to_have_none(factor):
    for wave in WITHOUT_CANCELLING:
        assert enclose(side(f"Limit({factor}*({wave}), x, oo)"), {}, 96) is UNDEFINED
    for wave in CANCELLING:
        assert enclose(side(f"Limit({factor}*({wave}), x, oo)"), {}, 96) is not UNDEFINED


@pytest.mark.parametrize("text", VALUES)
def test_what_is_wrong_by_the_tenth_digit_is_refuted(text):
    value = acb(ball(enclose(side(text), {}, 96))).real.mid().fmpq()
    wrong = sympy.Rational(int(value.p), int(value.q)) + sympy.Rational(1, 10**10)
    claim = sg.claim(side(text), "==", wrong)
    assert sg.verify(claim).outcome is Outcome.REFUTED


@pytest.mark.parametrize("text", NO_VALUE)
def test_nothing_without_a_value_equals_itself(text):
    assert sg.verify(f"{text} == {text}").outcome is Outcome.REFUTED


# What is proved, each in a second or so; the corpus has many more.
PROVED = {
    "Limit(sin(x)/x, x, 0) == 1": (),
    "Limit((1 + a/n)**n, n, oo) == exp(a)": (),
    "Limit(x*sigmoid(b*x), b, oo) == relu(x)": (),
    "Limit((sigmoid(x + h) - sigmoid(x))/h, h, 0) == sigmoid(x)*(1 - sigmoid(x))": (),
    "Integral(exp(-x**2), (x, -oo, oo)) == sqrt(pi)": (),
    "Integral(sin(x)/x, (x, 0, oo)) == pi/2": (),
    "Integral(x**a, (x, 0, 1)) == 1/(a + 1)": ("a > -1",),
    "Integral(Abs(t), (t, 0, x)) == x*Abs(x)/2": (),
    "diff(Integral(Abs(t), (t, 0, x)), x) == Abs(x)": (),
    "Integral(x*y, (x, 0, 1), (y, 0, 1)) == 1/4": (),
    "Sum(1/n**2, (n, 1, oo)) == pi**2/6": (),
    "Sum(1/2**n, (n, N, oo)) == 2/2**N": ("N integer",),
    "Sum(x**n, (n, 1, oo)) == x/(1 - x)": ("x in (-1, 1)",),
    "Sum((-1)**n/(2*n + 1), (n, 0, oo)) == pi/4": (),
    "Sum(n**2/factorial(n), (n, 0, oo)) == 2*E": (),
    "Product(1 - 1/n**2, (n, 2, oo)) == 1/2": (),
    "Product(1/2, (n, 1, oo)) == 0": (),
}
# True on most of the domain, and false where it is forgotten that there must be a value.
FORGOTTEN = {
    "Integral(x**a, (x, 0, 1)) == 1/(a + 1)": ("a > -2",),
    "Integral(exp(-a*x), (x, 0, oo)) == 1/a": ("a >= 0",),
    "Sum(x**n, (n, 1, oo)) == x/(1 - x)": ("x in (-1, 1]",),
    "Sum(x**n/n, (n, 1, oo)) == -log(1 - x)": ("x in [-1, 1]",),
    "Sum(1/n**s, (n, 1, oo)) == zeta(s)": ("s > 0",),
    "Limit(w**T, T, oo) == 0": ("w in (-1, 1]",),
    "Limit(log(a)/x, x, oo) == 0": ("a >= 0",),
    "Limit((Abs(x + h) - Abs(x))/h, h, 0) == sign(x)": (),
}
# Complex on the way: their real siblings are other numbers.
COMPLEX = ["Integral(x**(1/3), (x, -1, 0)) == -3/4", "Limit(sin(sqrt(-x))*exp(-sqrt(x)/2), x, oo) == 0"]


@pytest.mark.parametrize("says", PROVED)
def test_what_has_a_value_is_proved_to_have_it(says):
    assert sg.verify(sg.claim(says, where=PROVED[says])).outcome is Outcome.PROVED


@pytest.mark.parametrize("says", FORGOTTEN)
def test_where_there_is_no_value_a_claim_is_refuted(says):
    assert sg.verify(sg.claim(says, where=FORGOTTEN[says])).outcome is Outcome.REFUTED


@pytest.mark.parametrize("says", COMPLEX)
def test_what_is_bounded_in_size_alone_is_not_taken_for_a_real_number(says):
    assert sg.verify(says).holds is not True


def test_the_borwein_integrals_are_half_of_pi_up_to_thirteen_and_less_at_fifteen():
    factors = "*".join(f"sinc(x/{k})" for k in range(1, 14, 2))
    assert sg.verify(f"Integral({factors}, (x, 0, oo)) == pi/2").outcome is Outcome.PROVED
    assert sg.verify(f"Integral({factors}*sinc(x/15), (x, 0, oo)) == pi/2").outcome is Outcome.REFUTED


def test_numbers_are_compared_by_enclosures():
    assert sg.verify("Integral(exp(sin(x)), (x, 0, 1)) < 1.6319").outcome is Outcome.CERTIFIED
    assert sg.verify("Integral(exp(sin(x)), (x, 0, 1)) < 1.6318").outcome is Outcome.REFUTED


def test_digits_alone_support_an_equality():
    assert sg.verify("Integral(log(sin(x)), (x, 0, pi/2)) == -pi*log(2)/2").outcome is Outcome.SUPPORTED


# Rows of tables


def power_series():
    for row in ROWS:
        if row.any_sign is not None:
            yield row, row.any_sign, lambda z: z
        if row.positive is not None:
            yield row, row.positive, lambda w: w**2
        if row.negative is not None:
            yield row, row.negative, lambda w: -(w**2)


@pytest.mark.parametrize(("row", "function", "place"), list(power_series()))
def test_a_power_series_solves_its_differential_equation(row, function, place):
    w = sympy.Symbol("w", real=True)

    def turned(e, shift):
        return place(w) / sympy.diff(place(w), w) * sympy.diff(e, w) + shift * e

    left, right = turned(function(w), 0), place(w) * function(w)
    for b in row.below:
        left = turned(left, b - 1)
    right = function(w)
    for a in row.above:
        right = turned(right, a)
    for at in (fmpq(1, 3), fmpq(1, 7)):
        gap = enclose(left - place(w) * right, {w: at}, 200)
        assert acb(ball(gap)).contains(0)
        assert acb(ball(gap)).rad() < arb(10) ** -40
    near_zero = acb(ball(enclose(function(w), {w: fmpq(1, 10**30)}, 600))).real
    assert near_zero.overlaps(arb(1) + arb(0, arb(10) ** -29))
    assert near_zero.rad() < arb(10) ** -29


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
def test_an_antiderivative_of_the_table_has_its_function_for_a_slope(kind):
    u = sympy.Symbol("u", real=True)
    gap = enclose(TABLE[kind](u).diff(u) - kind(u), {u: fmpq(1, 3)}, 200)
    assert acb(ball(gap)).contains(0)
    assert acb(ball(gap)).rad() < arb(10) ** -40


@pytest.mark.parametrize("place", [sympy.Rational(p, q) for q in (1, 2, 3, 4, 5, 6, 8, 12) for p in (1, 5, 7, 17)])
def test_digamma_at_fractions_is_what_balls_find(place):
    found = acb(ball(enclose(digamma_at(place), {}, 128))).real
    assert found.overlaps(arb(fmpq(int(place.p), int(place.q))).digamma())
    assert found.rad() < arb(10) ** -30


STEPS = [
    "floor(x)",
    "ceiling(x)",
    "frac(x)",
    "Mod(2*x, 3)",
    "Mod(x, -1)",
    "floor(-x**2)",
    "atan2(x - 1, -2)",
    "acot(x - 1)",
]
PLACES = ["-2", "0", "1", "3/2", "sqrt(2)", "exp(1)", "(sqrt(2) + 1)**2 - 2*sqrt(2)"]


@pytest.mark.parametrize("side_", ["+", "-"])
@pytest.mark.parametrize("text", STEPS)
def test_a_limit_beside_a_jump_is_what_is_found_close_by_on_that_side(text, side_):
    near = "1/10**12" if side_ == "+" else "-1/10**12"
    for place in PLACES:
        found = enclose(side(f'Limit({text}, x, {place}, "{side_}")'), {}, 96)
        close = enclose(side(text.replace("x", f"({place} + ({near}))")), {}, 300)
        assert abs(acb(ball(found)) - acb(ball(close))) < arb(10) ** -10, place


BESSEL = [
    "besselj({n}, {x})/{x}**{n}", "besseli({n}, {x})/{x}**{n}", "bessely({n}, {x})*{x}**{n}",
    "besselk({n}, {x})*{x}**{n}",
]  # fmt: skip


@pytest.mark.parametrize("kind", BESSEL)
def test_a_bessel_function_beside_zero_is_its_first_term(kind):
    for n in (1, 2, 3, 5):
        found = enclose(side(f"Limit({kind.format(n=n, x='x')}, x, 0)"), {}, 96)
        close = enclose(side(kind.format(n=n, x="(1/10**15)")), {}, 400)
        assert abs(acb(ball(found)) - acb(ball(close))) < arb(10) ** -12, n


# --- what is lost on the way to the expression of the provers ---------------------------------------------------

LOST = [  # a divisor that vanishes at an index, or on a whole interval
    ("Sum(0/k, (k, {}, oo)) == 0", "0", "1"),
    ("Sum((k - 40)/(k - 40)/2**k, (k, {}, oo)) == Sum(1/2**k, (k, {}, oo))", "0", "41"),
    ("Product((k - 9)/(k - 9)*(1 - 1/k**2), (k, {}, oo)) == Product(1 - 1/k**2, (k, {}, oo))", "2", "10"),
    ("Integral(floor(x)/floor(x), (x, {}, 2)) == 2 - ({})", "0", "1"),
    ("Integral(relu(x)/relu(x), (x, {}, 1)) == 1 - ({})", "-1", "1/2"),
    ('Limit((Abs(x) - x)/(Abs(x) - x), x, {}, "-") == 1', "1", "0"),
    ("Limit(sign(x - 1)/(sign(x - 1) + 1)*(sign(x - 1) + 1), x, {}) == sign({} - 1/2)", "0", "1"),
]


@pytest.mark.parametrize(("says", "lost", "harmless"), LOST)
def test_a_divisor_that_is_gone_must_not_have_vanished(says, lost, harmless):
    assert sg.verify(says.replace("{}", lost)).holds is not True
    assert sg.verify(says.replace("{}", harmless)).holds is not False


@pytest.mark.parametrize(
    "says",
    ["Integral(x/x, (x, -1, 1)) == 2", "Limit(x/x, x, 0) == 1", "Integral((x - a)/(x - a), (x, 0, 1)) == 1",
     "Sum((k + 1)/(k + 1)/2**k, (k, 0, oo)) == 2", "Sum((k - 2)/(k - 2)*2**k, (k, -oo, 0)) == 2"],
)  # fmt: skip
def test_a_divisor_that_vanishes_at_single_points_of_an_integrand_or_at_no_index_is_harmless(says):
    assert sg.verify(says).holds is True
