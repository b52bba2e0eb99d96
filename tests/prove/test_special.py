"""Every row of the tables of special functions against enclosures, and a row spoilt on purpose is noticed.

The enclosures know nothing of these tables; `test_balls` checks them against mpmath.
"""

import inspect

import pytest
import sympy
from sympy import I, Rational

from symgrad import claim, verify
from symgrad.balls import Ball, Tape, ball, precision, separated
from symgrad.language.provable import provable
from symgrad.language.verdicts import Outcome
from symgrad.language.written import named
from symgrad.prove.basics.points import as_balls, points
from symgrad.prove.places.signs import Signs
from symgrad.prove.special import recurrences, relations, special
from symgrad.prove.special.recurrences import Equal

MOST_POINTS, FEWEST_POINTS = 12, 3

# Functions at arguments, by the domain; n runs over whole numbers.
WRITTEN = {
    ("x > 0",): """
        factorial(x); loggamma(x); beta(x, 7/3); catalan(x); harmonic(x); harmonic(x, 3); zeta(3, x); zeta(x + 3, 1/2)
        dirichlet_eta(x + 2); lowergamma(x, 5/2); erf2(x, 1/3); expint(1, x)
        li(x + 2); Li(x + 3); Shi(x); Chi(x); sinc(x); RisingFactorial(x, 5/3); FallingFactorial(x + 2, 4/3)
        besselj(5/2, x); besselj(-3/2, x); besselj(-1/3, x); bessely(5/2, x); bessely(-3/2, x); bessely(-1/3, x)
        besseli(5/2, x); besseli(-3/2, x); besseli(-1/3, x); besselk(5/2, x); besselk(-3/2, x); besselk(-1/3, x)
        hankel1(1/3, x); hankel2(1/3, x); jn(2, x); yn(2, x); hn1(2, x); hn2(2, x); binomial(x + 3, x); gamma(x + 3)
        polygamma(1, x + 3); polygamma(2, x + 1); zeta(5/2, x + 2); uppergamma(7/3, x); uppergamma(-5/3, x)
        expint(4, x); besselj(4, x); bessely(3, x); besseli(3, x); besselk(10/3, x)
        besselj(1/3, x); besselj(-2/3, x); besselj(4/3, x); bessely(2/3, x); besseli(1/3, x); besseli(-1/3, 4*x**3/5)
        besseli(2/3, x); besselk(1/3, x); besselk(2/3, x); besselj(8/3, x)
        dirichlet_eta(x + 2, 4/3)
        riemann_xi(x + 2); andre(x); betainc_regularized(x, 4/3, 1/5, 1/3)
        betainc(x, 4/3, 0, 1/3); betainc(x, 4/3, 1/3, 1); Ynm(3, 2, x, 1/3)""",
    ("x > 0", "n integer", "n >= 1", "n <= 9"): """
        lucas(n); chebyshevt(n, x); chebyshevt(n, cos(x)); chebyshevu(n, cos(x)); besselj(n + 2, x)
        jn(n + 2, x); yn(n + 2, x); chebyshevu(n + 2, x); legendre(n + 3, x); hermite(n + 2, x); hermite_prob(n + 3, x)
        assoc_laguerre(n + 2, 1/3, x); gegenbauer(n + 2, 2/3, x); assoc_laguerre(n, 7/3, x);
        gegenbauer(n, 5/3, x); jacobi(n + 2, 1/3, 2/5, x); fibonacci(n + 2); subfactorial(n + 1)
        factorial2(n + 2); laguerre(n + 2, x); bernoulli(n); bernoulli(n, x); genocchi(n, x); genocchi(n)
        euler(n, x); euler(n)""",
    ("x < 0",): "Shi(x); Chi(x); Ci(x); expint(1, x); elliptic_k(x); elliptic_e(x)",
    ("x in (0, 1)",): """
        erfcinv(x); erfinv(-x); polylog(1, x); lerchphi(x, 2, 1); gamma(x - 3); polygamma(1, x - 2)
        erf2inv(1/5, x/2); hyp2f1(1/2, 1/2, 1, x); jacobi_sn(x + 1/3, 2/5); jacobi_cn(3*x, 1/2); jacobi_sn(x, -2)
        jacobi_dn(x + elliptic_k(1/3), 1/3); jacobi_cn(x, 5/2); jacobi_dn(2*x, x/2); jacobi_cn(x + 2*elliptic_k(x), x)
        jacobi_sn(elliptic_f(x, 1/3), 1/3); jacobi_dn(elliptic_f(x, 1/3), 1/3); jacobi_cn(I*x, 1/3)""",
    ("z complex",): """
        erf(I*z); erfi(I*z); fresnelc((1 + I)*re(z)); fresnels((1 - I)*re(z)); gamma(z + 3)
        besselj(1/2, z); besselk(-1/2, z); besseli(-5/2, z); bessely(1/2, z)
        hankel1(1/2, z); besselj(7/3, z)""",
}
CASES = [
    pytest.param(text.strip(), where, id=f"{text.strip()} where {', '.join(where)}")
    for where, lines in WRITTEN.items()
    for text in lines.replace("\n", ";").split(";")
    if text.strip()
]
# Both sides of these relations, as factors of one product.
PAIRED = [
    ("besselj(1/3, x)", "bessely(4/3, x)", ("x > 0",)), ("besseli(1/3, x)", "besselk(4/3, x)", ("x > 0",)),
    ("airyai(x)", "airybiprime(x)", ("x > 0",)), ("elliptic_e(x)", "elliptic_k(1 - x)", ("x in (0, 1)",)),
    ("elliptic_k(x)", "elliptic_k(((1 - sqrt(1 - x))/(1 + sqrt(1 - x)))**2)", ("x in (0, 1)",)),
    ("elliptic_e(x)", "elliptic_e(((1 - sqrt(1 - x))/(1 + sqrt(1 - x)))**2)", ("x in (0, 1)",)),
    ("gamma(x)", "gamma(1 - x)", ("x in (0, 1)",)), ("gamma(x)", "gamma(3 - x)", ("x in (0, 1)",)),
    ("gamma(x)", "gamma(-2 - x)", ("x in (0, 1)",)), ("gamma(1/3)", "gamma(2/3)", ()),
    ("polygamma(0, x)", "polygamma(0, 1 - x)", ("x in (0, 1)",)),
    ("polygamma(2, x)", "polygamma(2, 2 - x)", ("x in (0, 1)",)),
    ("polygamma(1, x)", "polygamma(1, -1 - x)", ("x in (0, 1)",)),
    ("polylog(2, x)", "polylog(2, -x)", ("x in (0, 1)",)),
    ("chebyshevu(n, x)", "chebyshevu(n + 1, x)", ("n integer", "n >= 1", "n < 9")),
    ("fibonacci(n)", "fibonacci(n + 1)", ("n integer", "n >= 1", "n < 9")),
    ("gamma(x)", "gamma(x + 1/2)", ("x > 0",)), ("polygamma(0, x)", "polygamma(0, x + 1/2)", ("x > 0",)),
    ("polygamma(1, x)", "polygamma(1, x + 1/2)", ("x > 0",)),
]  # fmt: skip


def read(text, where):
    says = claim(f"{text} == 0", where=list(where))
    return named(provable(says.statement.lhs)), says.domain


def agrees(left, right, nonzero, domain):
    """At how many points both sides certainly overlap; -1 if they are apart at one."""
    tapes = [Tape(e, domain.symbols) for e in (left, right, *nonzero)]
    agreed = 0
    with precision(200):
        for point in points(domain, MOST_POINTS):
            first, second, *others = (tape(*as_balls(point)) for tape in tapes)
            if any(not isinstance(v, Ball) or ball(v).abs_lower() == 0 for v in others):
                continue
            if separated(first, second):
                return -1
            if all(isinstance(v, Ball) for v in (first, second)):
                agreed += int(ball(first - second).abs_upper() <= (1 + ball(first).abs_upper()) * 2.0**-60)
    return agreed


def one_step(e, domain):
    found = special.normal(e, Signs(domain).plain_sign)
    assert isinstance(found, Equal), f"no row for {e}"
    return found


@pytest.mark.parametrize(("text", "where"), CASES)
def test_a_row_holds_at_points_of_the_domain(text, where):
    e, domain = read(text, where)
    found = one_step(e, domain)
    assert agrees(e, found.value, found.nonzero, domain) >= FEWEST_POINTS


@pytest.mark.parametrize(("text", "where"), CASES)
def test_a_spoilt_row_is_noticed(text, where):
    e, domain = read(text, where)
    found = one_step(e, domain)
    for spoilt in (found.value * sympy.Rational(1001, 1000), -found.value):
        assert agrees(e, spoilt, found.nonzero, domain) == -1


def test_every_row_is_tried():
    met = {read(case.values[0], case.values[1])[0].func for case in CASES}
    elsewhere = {sympy.meijerg, *(e.func for e in UNWRITTEN)}
    assert set(special.REWRITINGS) | set(recurrences.RECURRENCES) <= met | elsewhere


X = sympy.Symbol("x", real=True)
UNWRITTEN = [  # what SymPy evaluates at once, or has no name for in text
    *(sympy.assoc_legendre(n, m, X, evaluate=False) for n, m in [(3, 2), (3, -1), (2, 0), (4, 3), (1, -1)]),
    sympy.Ynm(3, -1, X, X / 2, evaluate=False), sympy.digamma(X, evaluate=False), sympy.trigamma(X, evaluate=False),
    sympy.Si(I * X, evaluate=False), sympy.Shi(I * X, evaluate=False), sympy.Ci(I * X, evaluate=False),
    sympy.Ci(-I * X, evaluate=False), sympy.Chi(I * X, evaluate=False), sympy.Chi(-I * X, evaluate=False),
    sympy.erf((1 + I) * X, evaluate=False), sympy.erf((I - 1) * X, evaluate=False),
    sympy.lerchphi(1, 3, X, evaluate=False), sympy.hermite_prob(X, X + 1, evaluate=False),
    *(
        f(n, *(Rational(1, 3), Rational(2, 5))[: len(inspect.signature(form).parameters) - 1], X, evaluate=False)
        for f, form in special.FIRST_POLYNOMIALS.items() if f is not sympy.hermite for n in (0, 1)
    ),
    sympy.bernoulli(3, X, evaluate=False), sympy.euler(4, X, evaluate=False),
]  # fmt: skip


@pytest.mark.parametrize("e", UNWRITTEN, ids=str)
def test_a_row_holds_for_what_is_handed_over_unevaluated(e):
    domain = claim("x == 0", where=["x in (0, 1)"]).domain
    found = one_step(e, domain)
    assert agrees(e, found.value, (), domain) >= FEWEST_POINTS
    assert agrees(e, -found.value, (), domain) == -1


def found_relations(first, second, where):
    (e, domain), (other, _) = read(first, where), read(second, where)
    return list(relations.between(e, [other], Signs(domain).plain_sign)), domain


@pytest.mark.parametrize(("first", "second", "where"), PAIRED)
def test_a_relation_holds_and_a_spoilt_one_is_noticed(first, second, where):
    found, domain = found_relations(first, second, where)
    assert found, "no relation"
    for relation in found:
        product = sympy.Mul(*(factor**power for factor, power in relation.factors))
        enough = FEWEST_POINTS if domain.symbols else 1
        assert agrees(product, relation.value, (), domain) >= enough
        assert agrees(product, relation.value * sympy.Rational(1001, 1000), (), domain) == -1


def test_every_pair_is_tried():
    met = set()
    for first, second, where in PAIRED:
        kinds = read(first, where)[0].func, read(second, where)[0].func
        met |= {kinds, kinds[::-1]}
    assert set(relations.PAIRS) <= met
    assert {(f, f) for f in relations.MULTIPLICATIONS} <= met


FAR_OUT = [
    ("harmonic(1/2, -x)**2 + 1 > 0", ()),
    ("harmonic(x, -x)**2 + 1 > 0", ("x > 0",)),
    ("andre(n) >= 0", ("n integer", "n >= 0")),
    ("andre(x)**2 + 1 > 0", ("x > 0",)),
    ("re(dirichlet_eta(exp(x))) == dirichlet_eta(exp(x))", ()),
    ("zeta(x**2, 1/2) != 3", ("x > 2",)),
    ("re(riemann_xi(10**20)) == riemann_xi(10**20)", ()),
]
IN_ITS_ORDER = [
    "besselk(Abs(x), 0)",
    "jn(floor(x), 2)",
    "betainc(-2, Abs(x), 0, 1/2)",
    "besselj(betainc(2, 3, 0, x), 1)",
    "hyp2f3(floor(x), x, x, 2, Abs(x), 0)",
]
WITH_LISTS = [
    ("Abs(hyp1f1(x, exp(x), 0)) != 7", ()),
    ("hyp2f3(-n, floor(x), 2, -x, -1, sqrt(x)) >= 0", ("n integer", "n >= 0")),
    ("hyp1f1(x*y, exp(x), x + y)**2 + 1 > 0", ("x > 0", "y > 0")),
]


@pytest.mark.parametrize(("says", "where"), FAR_OUT, ids=str)
def test_values_far_out_that_would_take_without_end_are_not_computed(says, where):
    assert verify(claim(says, where=where)).holds is not False


@pytest.mark.parametrize("function", IN_ITS_ORDER)
def test_no_derivative_is_known_where_sympy_leaves_it(function):
    assert verify(claim(f"diff({function}, x) == 1")).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(("says", "where"), WITH_LISTS, ids=str)
def test_lists_of_parameters_are_no_numbers(says, where):
    assert verify(claim(says, where=where)).holds is not False
