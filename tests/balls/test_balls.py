"""Enclosures hold the value: every row of the table of functions against mpmath, at points of all kinds."""

import mpmath
import pytest
import sympy
from flint import acb, arb, fmpq
from sympy import Rational, Symbol

from symgrad import balls
from symgrad.balls import UNDEFINED, UNKNOWN, NoValue, Tape, enclose, precision
from symgrad.symbols.elliptic import JACOBI

x = Symbol("x", real=True)
VALUES = [Rational(v) for v in ("-7/2", "-2", "-1", "-1/3", "0", "1/5", "1/2", "1", "2", "13/3", "30")]

# Functions of several arguments: the first ones fixed, the last one runs over the values.
LEADING = {
    sympy.polygamma: (1,), sympy.beta: (Rational(3, 2),), sympy.uppergamma: (Rational(3, 2),), sympy.lowergamma: (2,),
    sympy.polylog: (2,), sympy.expint: (2,), sympy.besselj: (1,), sympy.bessely: (0,), sympy.besseli: (Rational(1, 2),),
    sympy.besselk: (1,), sympy.hankel1: (0,), sympy.hankel2: (1,), sympy.elliptic_f: (Rational(1, 3),),
    sympy.hermite: (3,), sympy.legendre: (4,), sympy.chebyshevt: (3,), sympy.chebyshevu: (3,), sympy.atan2: (2,),
    sympy.jn: (2,), sympy.yn: (1,), sympy.hn1: (0,), sympy.hn2: (3,), sympy.hermite_prob: (3,), sympy.laguerre: (3,),
    sympy.assoc_laguerre: (3, Rational(1, 2)), sympy.gegenbauer: (3, Rational(1, 3)),
    sympy.jacobi: (3, Rational(1, 2), Rational(1, 3)), sympy.elliptic_pi: (Rational(1, 5),),
    sympy.lerchphi: (Rational(1, 3), 2), sympy.erf2: (Rational(1, 3),), sympy.binomial: (Rational(7, 2),),
    sympy.RisingFactorial: (Rational(7, 2),), sympy.FallingFactorial: (Rational(7, 2),),
    sympy.betainc: (Rational(3, 2), Rational(5, 3), Rational(1, 7)), sympy.Ynm: (3, 2, Rational(1, 3)),
    sympy.betainc_regularized: (Rational(3, 2), Rational(5, 3), Rational(1, 7)), sympy.assoc_legendre: (3, 2),
    sympy.KroneckerDelta: (2,), sympy.erf2inv: (Rational(1, 5),),
    sympy.Mod: (Rational(7, 3),), sympy.Max: (Rational(1, 3),), sympy.Min: (Rational(1, 3),),
    sympy.Pow: (Rational(5, 2),), sympy.Add: (Rational(1, 3),), sympy.Mul: (Rational(1, 3),),
    **dict.fromkeys(JACOBI, (Rational(1, 3),)),
}  # fmt: skip

HOPELESS = {sympy.elliptic_pi: 1}  # from there on, the reference takes minutes


def reference(function, arguments):
    """The value by mpmath at 60 digits, through SymPy; None where that has none."""
    if function in HOPELESS and arguments[-1] >= HOPELESS[function]:
        return None
    try:
        value = function(*arguments)
        number = sympy.N(value, 60)
    except (TypeError, ValueError, ZeroDivisionError, NotImplementedError):
        return None
    if number.has(sympy.Function, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        return None
    return mpmath.mpmathify(number)


def as_ball(number):
    """A number of mpmath to 55 digits."""
    with mpmath.workdps(60):
        return acb(arb(mpmath.nstr(mpmath.re(number), 55)), arb(mpmath.nstr(mpmath.im(number), 55)))


@pytest.mark.parametrize("function", balls.FUNCTIONS, ids=lambda f: f.__name__)
def test_enclosure_holds_the_value(function):
    seen = 0
    leading = [sympy.S(v) for v in LEADING.get(function, ())]
    trailing = [sympy.S.Half] if function is sympy.Heaviside else []
    variables = [Symbol(f"v{i}") for i in range(len(leading) + 1 + len(trailing))]
    options = {} if function in (sympy.hermite, sympy.betainc, sympy.betainc_regularized) else {"evaluate": False}
    tape = Tape(function(*variables, **options), variables)
    for value in VALUES:
        arguments = [*leading, value, *trailing]
        wanted = reference(function, arguments)
        with precision(120):
            found = tape(*(fmpq(int(a.p), int(a.q)) for a in arguments))
            if wanted is None or isinstance(found, NoValue):
                assert wanted is None or found is UNKNOWN, f"{function}{arguments}: {wanted} but {found}"
                continue
            difference = acb(balls.ball(found)) - as_ball(wanted)
        seen += 1
        assert difference.abs_lower() < arb("1e-30"), f"{function}{arguments}: {wanted} but {found}"
    assert seen >= 1


def test_a_pole_is_certain_only_where_it_is_exact():
    assert enclose(1 / x, {x: fmpq(0)}) is UNDEFINED
    assert enclose(1 / sympy.sin(sympy.pi * x), {x: fmpq(1)}) is UNKNOWN


def test_undefined_cases_that_are_not_taken_do_no_harm():
    guarded = sympy.Piecewise((sympy.log(x), x > 0), (0, True))
    assert enclose(guarded, {x: fmpq(-1)}) == 0


def test_enclosure_of_a_cancelling_difference_is_wide_and_honest():
    tiny = enclose(sympy.exp(x) - 1 - x, {x: fmpq(1, 10**60)}, bits=64)
    assert tiny.contains(arb("5e-121"))


def test_floats_are_refused():
    with pytest.raises(balls.UnsupportedError, match="float"):
        Tape(x + 0.1, (x,))


def test_precision_is_restored():
    import flint

    before = flint.ctx.prec
    enclose(sympy.exp(x), {x: fmpq(1)}, bits=999)
    assert flint.ctx.prec == before


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (-1, 2), (0, 2), (-3, 1)])
@pytest.mark.parametrize("power", [1, 2, 3, 6])
def test_powers_of_balls_around_zero_hold_all_values(low, high, power):
    value = Tape(x**power, (x,))(arb(low).union(arb(high)))
    assert all(value.contains(arb(number) ** power) for number in (low, high, 0))
    assert power % 2 or not value < -0.01 * 4**power


@pytest.mark.parametrize("order", [0, 1, 2, 3, 20, -4])
@pytest.mark.parametrize("place", ["1/50", "1/2", "7", "200", "-3"])
def test_modified_bessel_functions_of_whole_orders_are_those_of_mpmath(order, place):
    at = Rational(place)
    with mpmath.workdps(60):
        wanted = mpmath.besselk(order, mpmath.mpf(int(at.p)) / int(at.q))
    tape, exact = Tape(sympy.besselk(order, x, evaluate=False), (x,)), fmpq(int(at.p), int(at.q))
    with precision(128):
        truth = as_ball(wanted)
        assert abs(acb(tape(exact)) - truth) < abs(truth) * arb("1e-20")
        wide = acb(tape(arb(exact, abs(exact) / 100 if exact > 0 else 0)))
        assert wide.real.overlaps(truth.real)
        assert wide.imag.overlaps(truth.imag)
