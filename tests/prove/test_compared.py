"""Numbers are compared by enclosures: digits of what is zero in disguise are noise, and SymPy takes them for a sign."""

import pytest
import sympy
from flint import arb, fmpq
from sympy import (
    Interval,
    Piecewise,
    Rational,
    S,
    asinh,
    atan,
    cos,
    exp,
    floor,
    log,
    oo,
    pi,
    sign,
    sinh,
    sqrt,
    tan,
    tanh,
)

import symgrad as sg
from symgrad.balls import Tape, as_fraction, as_integer, is_told, precision
from symgrad.base.sized import TooLarge
from symgrad.prove.basics import compared
from symgrad.prove.basics.points import to_rational
from symgrad.prove.places.roots import zeros

x, y = sympy.symbols("x y", real=True)
ROOTS = sqrt(3 + 2 * sqrt(2)) - sqrt(2) - 1
ANGLES = atan(Rational(1, 2)) + atan(Rational(1, 3)) - pi / 4
LOGARITHMS = log(2) + log(3) - log(6)
DISGUISED = [ROOTS**2, ROOTS**4 + 1, ANGLES**2, LOGARITHMS**2, exp(ANGLES) - 1, 2 + log(tan(ANGLES + pi / 4)) ** 2]
PLAIN = [
    S(0),
    Rational(-1, 3),
    sqrt(2),
    exp(-1000),
    sqrt(2) - exp(-1000),
    cos(1) - 1,
    log(2) - log(3),
    -pi,
    1 - exp(-50),
]
OPERATORS = [sympy.Gt, sympy.Ge, sympy.Lt, sympy.Le, sympy.Eq, sympy.Ne]


@pytest.mark.parametrize("number", DISGUISED, ids=str)
def test_digits_of_what_is_zero_in_disguise_are_not_believed(number):
    assert not is_told(number)
    assert not compared.is_told_at(sign(x) + floor(y), {x: number})
    assert not compared.is_told_at(Piecewise((1, x > y), (0, True)), {y: number})


@pytest.mark.parametrize("kind", OPERATORS)
@pytest.mark.parametrize("number", [ROOTS**2, ANGLES**2, LOGARITHMS**2, exp(ANGLES) - 1], ids=str)
def test_a_condition_on_what_is_zero_in_disguise_is_neither_true_nor_false(kind, number):
    held = compared.put_in(kind(x, y, evaluate=False), {x: number, y: S.Zero})
    assert held not in (sympy.true, sympy.false)


@pytest.mark.parametrize("kind", OPERATORS)
@pytest.mark.parametrize("number", PLAIN, ids=str)
def test_a_condition_on_plain_numbers_is_decided(kind, number):
    assert is_told(number)
    with precision(2000):
        side = sympy.Integer(0 if number == 0 else 1 if Tape(number, ())() > 0 else -1)
    assert compared.put_in(kind(x, 0, evaluate=False), {x: number}) == kind(side, S.Zero)
    assert compared.put_in(kind(x, y, evaluate=False), {y: number}).free_symbols == {x}
    assert compared.put_in(kind(x + number, x, evaluate=False), {}) == kind(side, S.Zero)


@pytest.mark.parametrize("number", PLAIN, ids=str)
def test_the_whole_number_below_is_certain_or_not_told(number):
    below = compared.whole_below(number)
    with precision(2000):
        assert all(Tape(e, ())() >= 0 for e in (number - below, below + 1 - number))
    for whole in (2, -3):
        assert compared.whole_below(whole - exp(-1000)) == whole - 1
        assert compared.whole_below(whole + exp(-1000)) == whole
        assert compared.whole_below(whole + ROOTS) is None


@pytest.mark.parametrize("power", [3, 5, -3])
@pytest.mark.parametrize("level", [5, Rational(1, 7), -5, Rational(-1, 7)])
@pytest.mark.parametrize("function", [sinh, log, tanh, atan, asinh])
def test_odd_powers_have_a_real_root_on_either_side(function, level, power):
    """For SymPy the cube root of a negative number is not real, so that the zero would be overlooked."""
    u = function(x) ** power + level
    size = float(abs(level)) ** (1 / power)
    expected = size < {tanh: 1.0, atan: 1.57}.get(function, 10.0)
    found = zeros(u, x, Interval.open(0, oo) if function is log else S.Reals)
    with precision(200):
        values = [Tape(u, (x,))(Tape(place, ())()) for place in found]
        assert sum(bool(value.contains(0)) for value in values if isinstance(value, arb)) == expected


def test_what_is_too_long_to_be_written_down_does_not_end_the_process():
    huge, tiny = arb(10**30).exp(), arb(-(10**30)).exp()
    assert as_integer(huge.floor()) is None
    assert as_fraction(huge.mid()) is as_fraction(tiny.mid()) is None
    assert (as_integer(arb(7)), as_fraction(arb(3) / 4)) == (7, fmpq(3, 4))
    assert as_integer(arb(2, 1)) is as_integer(arb("inf")) is as_fraction(arb("nan")) is None
    with pytest.raises(TooLarge):
        to_rational(tiny.mid())
    verdict = sg.verify(sg.claim("sin(x) + exp(-(x - exp(1))**2*10**40) < 2", where="x in [0, 3]"))
    assert verdict.holds is not False


@pytest.mark.parametrize(
    "end", ["(sqrt(3+2*sqrt(2))-sqrt(2)-1)**2", "1 + (atan(1/2)+atan(1/3)-pi/4)**2", "(log(2)+log(3)-log(6))**2"]
)
@pytest.mark.parametrize(
    "where", ["x >= {}", "x in [{}, 5]", "x in (-5, {})", "x in {{{}, 7}}", "x != {}", "x + y < {}"]
)
def test_a_domain_does_not_end_at_a_number_that_may_be_another(where, end):
    with pytest.raises((sg.ClaimError, sg.ParseError), match=r"cannot be told|plain number"):
        sg.claim("x*x >= -1 - y*0", where=where.format(end))


ONE = "sqrt(3+2*sqrt(2)) - sqrt(2)"


@pytest.mark.parametrize(
    "where",
    [
        "x in (0, {}) U (1, 2)",
        "x in [{}, 1]",
        "x in [0, 3] \\ {{{}, 1}}",
        "x in Union(Interval(0, {}), Interval(1, 2))",
        ["x > 1", "x >= {}"],
        ["Abs(x) <= {}", "x > -1"],
        "Or(x < {}, x > 1)",
    ],
    ids=str,
)
def test_a_domain_has_no_two_ends_that_may_be_the_same(where):
    """SymPy would unite and cut the sets by digits that are noise, and lose or add the point between them."""
    said = [w.format(ONE) for w in ([where] if isinstance(where, str) else where)]
    with pytest.raises((sg.ClaimError, sg.ParseError), match=r"cannot be told"):
        sg.claim("x/x == 1", where=said)
    assert sg.claim("x/x == 1", where=[w.replace(ONE, "3/4") for w in said])
