"""Hypergeometric functions: enclosures against mpmath, every row by named functions, and claims in text.

The enclosures know nothing of the rows; mpmath knows nothing of either.
"""

import mpmath
import pytest
import sympy
from flint import acb, arb, fmpq
from sympy import Rational, S

from symgrad import Outcome, claim, verify
from symgrad.balls import UNDEFINED, UNKNOWN, Ball, Tape, ball, precision, separated
from symgrad.prove.basics.points import as_balls, points
from symgrad.prove.places.signs import Signs
from symgrad.prove.special import hypergeometric

x = sympy.Symbol("x", real=True)
half = S.Half
FAMILIES = [
    ((), (half,)), ((Rational(1, 3),), ()), ((Rational(1, 3),), (Rational(7, 5),)), ((2,), (5,)),
    ((-3,), (Rational(1, 7),)),
    ((half, Rational(1, 3)), (Rational(5, 6),)), ((1, 1), (2,)), ((half,), (half, Rational(3, 2))),
    ((1, 1), (2, 2)), ((1, half), (Rational(3, 2), 2, 2)), ((1, 1, 1), (2, 2)), ((-2, 5), (3,)),
]  # fmt: skip
PLACES = ["-5", "-1", "-1/3", "0", "1/5", "9/10", "1", "7/3"]


def as_number(q):
    return mpmath.mpf(int(q.p)) / int(q.q)


@pytest.mark.parametrize(("upper", "lower"), FAMILIES)
def test_enclosures_hold_the_value_and_say_nothing_on_the_cut(upper, lower):
    tape = Tape(sympy.hyper(upper, lower, x, evaluate=False), (x,))
    is_cut = len(upper) > len(lower) and not any(sympy.sympify(a) <= 0 for a in upper)
    seen = 0
    for place in map(Rational, PLACES):
        with precision(150):
            found = tape(fmpq(int(place.p), int(place.q)))
        if place >= 1 and is_cut:
            assert place == 1 or found is UNKNOWN
            continue
        if found is UNKNOWN:
            continue
        with mpmath.workdps(50):
            wanted = mpmath.hyper([as_number(S(a)) for a in upper], [as_number(S(b)) for b in lower], as_number(place))
            difference = acb(ball(found)) - acb(arb(mpmath.nstr(mpmath.re(wanted), 45)))
        assert difference.abs_lower() < arb("1e-30"), place
        seen += 1
    assert seen >= 4


def test_a_lower_parameter_that_divides_by_zero_leaves_no_value():
    assert Tape(sympy.hyper((), (-1,), x), (x,))(fmpq(1, 3)) is UNDEFINED
    assert Tape(sympy.hyper((-1,), (-2,), x), (x,))(fmpq(1, 3)) is UNKNOWN


@pytest.mark.parametrize(
    ("lists", "wanted"),
    [
        ((((half, half), ()), ((0,), (0,))), lambda z: 2 * mpmath.ellipk(-z)),
        ((((half,), ()), ((0,), (-half,))), lambda z: mpmath.sqrt(mpmath.pi / z) * mpmath.erf(mpmath.sqrt(z))),
        ((((), ()), ((Rational(1, 3), 0), ())), lambda z: 2 * z ** (mpmath.mpf(1) / 6)
         * mpmath.besselk(mpmath.mpf(1) / 3, 2 * mpmath.sqrt(z))),
    ],
)  # fmt: skip
def test_meijers_function_is_enclosed_and_rewritten(lists, wanted):
    e = sympy.meijerg(*lists, x)
    domain = claim("x == 0", where=["x in (0, 9/10)"]).domain
    found = hypergeometric.meijer(Signs(domain).plain_sign, *e.args)
    for place in (Rational(1, 7), Rational(4, 5)):
        at = fmpq(int(place.p), int(place.q))
        with precision(150), mpmath.workdps(50):
            value = arb(mpmath.nstr(wanted(as_number(place)), 40))
            for form in (e, found.value):
                assert abs(ball(Tape(form, (x,))(at)) - value) < arb("1e-30")


ROWS = [
    *((upper, lower) for upper, lower in hypergeometric.NUMBERS),
    ((), ()), ((Rational(2, 7),), ()), ((), (Rational(2, 7),)), ((), (half,)), ((Rational(2, 7),), (Rational(9, 7),)),
    ((Rational(2, 7), Rational(11, 14)), (half,)), ((Rational(2, 7), Rational(11, 14)), (3 * half,)),
    ((Rational(2, 7), 3), (3,)), ((-3, half), (Rational(1, 3),)),
]  # fmt: skip
DOMAINS = {"positive": ["x in (0, 1)"], "negative": ["x in (-oo, 0)"]}


def rewritten(upper, lower, where):
    domain = claim("x == 0", where=where).domain
    e = sympy.hyper(upper, lower, x, evaluate=False)
    return e, hypergeometric.normal(Signs(domain).plain_sign, *e.args), domain


def gap(left, right, domain):
    """How far both sides certainly are apart at points of the domain: -1, or at how many they agree."""
    tapes, agreed = [Tape(e, domain.symbols) for e in (left, right)], 0
    with precision(200):
        for point in points(domain, 12):
            first, second = (tape(*as_balls(point)) for tape in tapes)
            if separated(first, second):
                return -1
            if isinstance(first, Ball) and isinstance(second, Ball):
                agreed += int(ball(first - second).abs_upper() <= (1 + ball(first).abs_upper()) * 2.0**-60)
    return agreed


@pytest.mark.parametrize(("upper", "lower"), ROWS)
def test_a_row_holds_on_a_side_of_zero_and_a_spoilt_one_is_noticed(upper, lower):
    tried = 0
    for where in DOMAINS.values():
        e, found, domain = rewritten(upper, lower, where)
        if found is None:
            continue
        tried += 1
        assert gap(e, found.value, domain) >= 3
        for spoilt in (found.value * Rational(1001, 1000), -found.value):
            assert gap(e, spoilt, domain) == -1
    assert tried


@pytest.mark.parametrize(("n", "upper", "lower"), [
    (sympy.legendre, lambda n: (-n, n + 1), 1), (sympy.chebyshevt, lambda n: (-n, n), half),
    (lambda n, at: sympy.chebyshevu(n, at) / (n + 1), lambda n: (-n, n + 2), 3 * half),
])  # fmt: skip
def test_orthogonal_polynomials_are_known_by_their_parameters(n, upper, lower):
    order = sympy.Symbol("n", integer=True)
    domain = claim("n + x == 0", where=["n integer", "n >= 1", "x in (0, 1)"]).domain
    found = hypergeometric.normal(Signs(domain).plain_sign, *sympy.hyper(upper(order), (lower,), x).args)
    assert found.value == n(order, 1 - 2 * x)
    for whole in range(1, 6):
        polynomial = sympy.hyperexpand(sympy.hyper(upper(whole), (lower,), x))
        assert sympy.expand(polynomial - n(whole, 1 - 2 * x)) == 0


TRUE = [
    ("hyp2f1(1/2, 1/2, 1, x) == 2*elliptic_k(x)/pi", "x < 1"),
    ("diff(hyp1f1(a, b, x), x) == a/b*hyp1f1(a + 1, b + 1, x)", "b > 0"),
    ("hyp2f1(1, 1, 2, -x) == log(1 + x)/x", "x > 0"), ("hyp1f0(a, x) == (1 - x)**(-a)", "x < 1"),
    ("hyp0f1(1/2, -x**2/4) == cos(x)", "x > 0"), ("hyp0f1(3/2, x**2/4) == sinh(x)/x", "x > 0"),
    ("hyp1f1(1/2, 3/2, -x**2) == sqrt(pi)*erf(x)/(2*x)", "x > 0"),
    ("hyp2f1(-2, b, 1, x) == 1 - 2*b*x + b*(b + 1)*x**2/2", "x real"),
    ("gamma(2/3)*airyai(x) == 3**(-2/3)*hyp0f1(2/3, x**3/9) - 3**(-1/3)*x*gamma(2/3)/gamma(1/3)*hyp0f1(4/3, x**3/9)",
     "x > 0"),
    ("betainc(a, 2, 0, x) + betainc(a, 2, x, 1) == 1/(a*(a + 1))", "x in (0, 1); a > 0"),
]  # fmt: skip
FALSE = [
    ("hyp2f1(1/2, 1/2, 1, x) == 2*elliptic_e(x)/pi", "x < 1"),
    ("hyp2f1(1, 1, 2, x) == -log(1 - x)/x", "x < 1"),  # 1 at 0, where the right side has no value
    ("hyp0f1(b, x) == hyp0f1(b, x)", "b in [-1, 1]"), ("hyp1f0(a, x) == (1 + x)**(-a)", "x in (0, 1)"),
    ("betainc(a, 2, 0, x) + betainc(a, 2, x, 1) == 1/a", "x in (0, 1); a > 0"),
]  # fmt: skip


@pytest.mark.parametrize(("says", "where"), TRUE)
def test_true_claims_are_proved(says, where):
    assert verify(claim(says, where=where.split("; "))).outcome is Outcome.PROVED


@pytest.mark.parametrize(("says", "where"), FALSE)
def test_false_claims_are_refuted(says, where):
    assert verify(claim(says, where=where.split("; "))).outcome is Outcome.REFUTED


def test_what_stands_in_lists_reads_back():
    for says in ("hyp2f1(a, b, 3/2, x) == 1", "hyp0f1(b, x) == 1", "hyp2f3(1, 1, 2, 2, 3/2, x) == 1"):
        assert str(claim(str(claim(says)))) == str(claim(says))
