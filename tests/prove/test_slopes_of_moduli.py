"""The derivative of the modulus of what is not real is Re(conj(f) f')/|f|, and there is none by a complex number."""

import pytest
import sympy

import symgrad as sg
from symgrad.base import sized

TRUE = {
    "diff(Abs(sqrt(x)), x) == -1/(2*sqrt(-x))": "x < 0",
    "diff(Abs(sqrt(x))**2, x) == -1": "x < 0",
    "diff(Abs(x**(1/3)), x) == 1/3*Abs(x)**(-2/3)*sign(x)": "x != 0",
    "diff(Abs(log(x))**2, x) == 2*log(-x)/x": "x < 0",
    "diff(Abs(sqrt(1 - x**2)), x) == x/sqrt(x**2 - 1)": "x > 1",
    "diff(Abs(acosh(x))**2, x) == -2*acos(x)/sqrt(1 - x**2)": "x in (-1, 1)",
    "diff(softsign(sqrt(x)), x) == -I/(2*sqrt(-x)*(1 + sqrt(-x))**2)": "x < 0",
}
FALSE = {
    "diff(Abs(sqrt(x))**2, x) == 1": "x < 0",
    "diff(Abs(sqrt(x)), x) > 0": "x < 0",
    "diff(Abs(acosh(x))**2, x) > 0": "x in [-1/2, 1/2]",
}
PROVED = {
    "diff(Abs(sqrt(x)), x) == 1/(2*sqrt(x))": "x > 0",
    "diff(Abs(x**3), x) == 3*x*Abs(x)": "x real",
    "diff(Abs(x + I*y), x) == x/Abs(x + I*y)": "x > 0",
    "diff(Abs(log(x)), x) == sign(log(x))/x": "x > 1",
}


def outcome(says, where):
    return sg.verify(sg.claim(says, where=[where])).outcome.name


@pytest.mark.parametrize("says", TRUE)
def test_what_is_true_where_it_is_not_real_is_not_refuted(says):
    assert outcome(says, TRUE[says]) in ("PROVED", "SUPPORTED")


@pytest.mark.parametrize("says", FALSE)
def test_what_is_false_where_it_is_not_real_is_refuted(says):
    assert outcome(says, FALSE[says]) == "REFUTED"


@pytest.mark.parametrize("says", PROVED)
def test_what_is_real_is_proved(says):
    assert outcome(says, PROVED[says]) == "PROVED"


@pytest.mark.parametrize("says", ["diff(Abs(z)**2, z) == 2*z", "diff(Abs(z**2) - Abs(z)**2, z) == 0"])
def test_a_modulus_has_no_derivative_by_a_complex_number(says):
    assert outcome(says, "z complex") == "UNDECIDED"


EXTREMA = {
    "supremum(tanh(1 + 3*(x - 1)**3), x) == tanh(89/8)": "x in (3/2, 5/2)",
    "infimum(tanh(1 + 4*(x - 4)**3), x) == tanh(5)": "x in [5, 6]",
    "maximum(sigmoid(2*(x + 3/2)**3), x) == sigmoid(2)": "x in [-5/2, -1/2]",
}


@pytest.mark.parametrize("says", EXTREMA)
def test_functions_of_sums_of_many_angles_are_not_multiplied_out(says):
    assert outcome(says, EXTREMA[says]) == "PROVED"


def test_what_is_too_large_to_multiply_out_is_told_before():
    x = sympy.Symbol("x", real=True)
    with pytest.raises(sized.TooLarge, match="angles"):
        sized.expand(sympy.tanh(1 + 3 * (x - 1) ** 3), trig=True)
    assert sized.expand(sympy.sin(2 * x), trig=True) == 2 * sympy.sin(x) * sympy.cos(x)
    with pytest.raises(sized.TooLarge, match="exponentials"):
        sized.factor(1 + sympy.exp(5 * (x - 2) ** 4))
