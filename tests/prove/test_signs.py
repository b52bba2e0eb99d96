"""Signs of expressions on domains: what each method finds, and what none may say."""

import pytest
import sympy
from flint import fmpq
from sympy import E, Interval, LambertW, Rational, S, exp, log, oo, sqrt, tanh

import symgrad as sg
from symgrad.language.statements import Domain
from symgrad.prove.basics.facts import constant_sign
from symgrad.prove.basics.sums_of_squares import is_sum_of_squares
from symgrad.prove.normal_form.tower import Tower
from symgrad.prove.places.signs import Signs
from symgrad.prove.signs import approaches, bounds, calculus
from symgrad.prove.signs.algebraic import sign_on
from symgrad.prove.signs.bounds import sign_of
from symgrad.prove.signs.tails import sign_beyond

x, y, z = sg.real("x"), sg.real("y"), sg.real("z")
POSITIVE, HALF_LINE = Interval.open(0, oo), Interval(0, oo)


def as_dict(polynomial):
    return {e: fmpq(int(c.p), int(c.q)) for e, c in sympy.Poly(polynomial, x, y).terms()}


@pytest.mark.parametrize(
    ("expression", "is_positive"),
    [
        (x**2 + y**2 + 1 - x * y, True),
        (x**4 + y**4 + 2 - 4 * x * y, False),
        (x**4 + y**4 + Rational(199, 100) - 4 * x * y, None),
        (x**4 * y**2 + x**2 * y**4 + 1 - 3 * x**2 * y**2, None),  # Motzkin: positive, and no sum of squares
        ((x**4 * y**2 + x**2 * y**4 + 1 - 3 * x**2 * y**2) * (1 + x**2 + y**2), False),
    ],
)
def test_sums_of_squares(expression, is_positive):
    assert is_sum_of_squares(as_dict(sympy.expand(expression))) is is_positive


@pytest.mark.parametrize(
    ("polynomial", "found"),
    [
        ((x - 2 - sqrt(3)) ** 2 * (x**2 + sqrt(3)), (1, False)),
        ((x - 2 - sqrt(3)) ** 3 * (x**2 + sqrt(3)), None),
        (sqrt(2) * x - Rational(1, 10**20), None),
        (-sqrt(2) * x - 1, (-1, True)),
    ],
)
def test_polynomials_with_algebraic_coefficients(polynomial, found):
    assert sign_on(sympy.expand(polynomial), x, POSITIVE) == found


def test_a_power_of_x_is_no_exponential_of_x():
    domain = Domain(((x, POSITIVE),))
    assert sign_of(x**E - Rational(1, 100), domain) is None
    assert sign_of(sqrt(2) * x**E - Rational(1, 100), domain) is None
    tower = Tower(Signs(domain))
    assert tower.difference(*tower.normal(log(2 * x**E), log(2) + E * log(x))).is_zero
    assert not tower.difference(*tower.normal(sqrt(2 * x**E), sqrt(2) * exp(x / 2))).is_zero


@pytest.mark.parametrize(
    ("expression", "values", "sign", "strict"),
    [
        (exp(x) + x**2 - LambertW(S.Half) ** 2 - 2 * LambertW(S.Half), S.Reals, 1, False),
        (x * (15 + x**2) / (15 + 6 * x**2) - tanh(x), HALF_LINE, 1, False),
        (x * (15 + x**2) / (15 + 6 * x**2) - tanh(x), POSITIVE, 1, True),
        (x * (15 + x**2) / (15 + 7 * x**2) - tanh(x), HALF_LINE, None, None),
        ((exp(x) - 2) ** 3 * (1 + x**2), S.Reals, None, None),
    ],
)
def test_signs_around_contacts(expression, values, sign, strict):
    found = sign_of(expression, Domain(((x, values),)))
    assert (found and found.sign, found and found.strict) == (sign, strict)


@pytest.mark.parametrize(
    ("expression", "sign"),
    [
        (1 - sympy.erf(x) - exp(-(x**2)) / (2 * x * sqrt(sympy.pi)), 1),
        (1 - sympy.erf(x) - exp(-(x**2)) / (x * sqrt(sympy.pi)), -1),
        (log(1 + exp(x)) - x, 1),
        (log(1 + exp(-x)) - 2 * exp(-x), -1),
        (1 - exp(-x) * sympy.sin(x), 1),
        (sympy.sin(x) + 1, None),
        (sympy.atan(x) - sympy.pi / 2 + 2 / x, 1),
        (exp(x) - x**2 * log(x), 1),
    ],
)
def test_signs_far_out(expression, sign):
    assert sign_beyond(expression, x, Rational(8)) == sign


@pytest.mark.parametrize(
    ("expression", "sets", "sign"),
    [
        (exp(x * y) - 1 - x * y, (S.Reals, S.Reals), 1),
        (exp(x * y) - 1 - 2 * x * y, (S.Reals, S.Reals), None),
        (exp(-1) / y - x * exp(-x * y), (S.Reals, POSITIVE), 1),
        (exp(-2) / y - x * exp(-x * y), (S.Reals, POSITIVE), None),
        (y - tanh(x) + tanh(x - y), (S.Reals, HALF_LINE), 1),
        (y / 2 - tanh(x) + tanh(x - y), (S.Reals, HALF_LINE), None),
        (log(exp(x) + exp(y)) - x, (S.Reals, S.Reals), 1),
    ],
)
def test_signs_in_two_variables(expression, sets, sign):
    found = sign_of(expression, Domain(tuple(zip((x, y), sets))))
    assert (found and found.sign) == sign


def test_on_integers_what_lies_between_them_does_not_count():
    n = sympy.Symbol("n", integer=True)
    assert bounds.sign_on_integers(n**2 - n, Domain(((n, S.Integers),))).sign == 1
    assert bounds.sign_on_integers(n**2 - n - 1, Domain(((n, S.Integers),))) is None


def test_what_is_approached_is_approached_from_within():
    jump = sympy.Piecewise((x + 10, x < 1), (0, True))
    assert (S.One, True) not in approaches.places(jump, x, Interval(1, 2))
    assert approaches.limit_beside(jump, x, S.One, from_left=True) == 11
    assert approaches.limit_beside(jump, x, S.One, from_left=False) == 0


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "place", [Rational(10) ** k for k in (2, 30, 120, 300, 1000)], ids=lambda n: f"1e{len(str(n)) - 1}"
)
@pytest.mark.parametrize("grown", [x, x**3, exp(x), log(x), sqrt(x), x / log(x), -1 / x], ids=str)
def test_what_grows_passes_every_number_however_large(grown, place):
    """Wherever a function crosses a value, its sign on the way there says nothing of its limit."""
    domain = Domain(((x, Interval.open(2, oo)),))
    value = grown.subs(x, place) if grown.func is not exp else place
    for direction in (1, -1):
        assert sign_of(direction * (grown - value), domain) is None
        towards = calculus.limit(direction * (grown - value), x, oo, True)
        assert towards is None or constant_sign(towards) == direction or towards == direction * oo


def test_numbers_that_are_written_out_in_more_digits_than_there_is_memory_for_are_not_compared():
    assert sign_of(x - exp(exp(exp(10))), Domain(((x, POSITIVE),))) is None


def test_only_numbers_are_orders_of_derivatives_and_only_numbers_that_move_are_what_is_differentiated_by():
    n = sg.integer("n")
    with pytest.raises(sg.ClaimError, match="order of a derivative is a number; got n"):
        sg.claim(exp(x), "==", sympy.Derivative(exp(x), (x, n)))
    with pytest.raises(sg.ClaimError, match="n is an integer"):
        sg.claim("diff(n**2, n) == 2*n", where=["n integer"])
    with pytest.raises(sg.ParseError, match="order of a derivative is a number; got n"):
        sg.claim("diff(exp(x), x, n) == exp(x)")
    assert sg.verify("diff(x**2*y, x, y) == 2*x").holds


@pytest.mark.parametrize("thing", [x > 0, None, 3, [x], b"x > 0"], ids=repr)
def test_what_is_no_claim_is_told(thing):
    with pytest.raises(sg.ClaimError, match="verify takes a claim or a text"):
        sg.verify(thing)


@pytest.mark.parametrize(
    "polynomial", [z**2 + 2, z**2 + z + 1, z**2 - 2 * z - 1, (z - 1) * (z**2 + 1), 2 * z - 1], ids=str
)
def test_a_polynomial_has_no_zero_in_the_plane_where_each_of_its_zeros_is_left_out_and_not_before(polynomial):
    w = sympy.Symbol("w", complex=True)
    polynomial = polynomial.xreplace({z: w})
    zeros = sympy.roots(polynomial, w)

    def is_free(left_out):
        return bounds.never_zero(polynomial, Domain(((w, S.Complexes - sympy.FiniteSet(*left_out)),)))

    assert is_free(zeros)
    assert not any(is_free([other for other in zeros if other != zero]) for zero in zeros)
