"""Explanations: every line equals the one before, the last one is the derivative, and the rules are named."""

from dataclasses import replace
from itertools import pairwise

import pytest
import sympy
from sympy import (
    Abs,
    Derivative,
    E,
    Function,
    Integral,
    Max,
    Min,
    Ne,
    Piecewise,
    Rational,
    Sum,
    Symbol,
    acos,
    acosh,
    asin,
    atan,
    atan2,
    besselj,
    cos,
    erf,
    exp,
    gamma,
    log,
    pi,
    prod,
    sign,
    sin,
    sqrt,
    tan,
    tanh,
)

from symgrad.activations import elu, gelu, leaky_relu, mish, relu, sigmoid, softplus, softsign, swish
from symgrad.base.errors import ClaimError
from symgrad.checking.explain import derivative_steps, natural_domain
from symgrad.claims.derivations import Chain
from symgrad.prove import verify
from symgrad.symbols.notation import real

x, y, w, b = real("x"), real("y"), real("w"), real("b")
k = Symbol("k", integer=True)
f = Function("f")

FUNCTIONS = [
    x,
    3 * x**2 + 2 * x + 5,
    x**5 - 1 / x,
    sqrt(1 - x**2),
    (x**2 + 1) ** 3 * tan(x),
    sin(x) * cos(x) * exp(x),
    sin(x) / x,
    1 / (1 + exp(-x)),
    x / (1 + exp(-x)),
    1 / (x * sin(x)),
    2**x,
    3 * 2 ** (x**2),
    x**x,
    x ** sin(x),
    x**pi,
    E ** (2 * x),
    log(x**2 + 1),
    log(3 - 2 * x),
    log(log(x)),
    sin(sin(sin(x))),
    asin(x) + acos(2 * x),
    acosh(x),
    atan(x**2),
    atan2(x, y),
    erf(x) * gamma(x),
    besselj(0, x**2),
    tanh(w * x + b),
    (w * x + b) / (w * x - b),
    x * sigmoid(x),
    sigmoid(w * sigmoid(w * x + b)),
    softplus(x) - log(1 + exp(x)),
    tanh(softplus(x)),
    mish(x),
    gelu(x - 1),
    swish(2 * x),
    softsign(x),
    relu(x - 1) / x,
    leaky_relu(3 * x, b),
    elu(x),
    Abs(x) * x,
    sign(x) * x**2,
    Max(x, 1 - x),
    Min(x, x**2),
    Piecewise((x**2, x > 0), (sin(x), True)),
    Sum(x**k / k, (k, 1, 4)),
    Integral(exp(-(y**2)), (y, 0, x)),
    Derivative(x * sigmoid(x), (x, 2)),
    Derivative(sin(x) * cos(x), (x, 4)),
    Derivative(w**2 * sin(w * x), w, x),
    Derivative(x**3, x) + x * Derivative(sin(x), x),
    Derivative(5 * x, (x, 3)),
]
# What the prover does not differentiate yet, or only agrees with at samples.
BEYOND_THE_PROVER = (Sum, atan2)

every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=str)
PLACES = [{x: Rational(p), y: Rational(2, 3), w: Rational(7, 5), b: Rational(3, 11)} for p in ("-17/7", "3/8", "9/4")]


def steps_of(function: sympy.Expr) -> Chain:
    return derivative_steps(function, None if function.has(Derivative) else x)


def lines_of(chain: Chain) -> list[sympy.Expr]:
    return [chain.start, *(step.expression for step in chain.steps)]


def places_of(chain: Chain) -> list[dict[Symbol, Rational]]:
    return [place for place in PLACES if all(condition.subs(place) == True for condition in chain.where)]  # noqa: E712


def value(line: sympy.Expr, place: dict[Symbol, Rational]) -> sympy.Expr:
    return line.doit().subs(place).doit().evalf(30)


def unequal_lines(chain: Chain) -> list[str]:
    """The lines that differ from the one before, by more than a rounding of 30 digits, at a place of the domain."""
    lines = lines_of(chain)
    return [
        f"{later} at x = {place[x]}"
        for earlier, later in pairwise(lines)
        for place in places_of(chain)
        if abs(value(earlier, place) - value(later, place)) > Rational(1, 10**25)
    ]


@every_function
def test_every_line_equals_the_line_before(function):
    chain = steps_of(function)
    assert places_of(chain) != []
    assert unequal_lines(chain) == []


@every_function
def test_a_wrong_last_line_is_noticed(function):
    chain = steps_of(function)
    last = chain.steps[-1]
    wrong = replace(last, expression=last.expression + Rational(1, 1000))
    assert unequal_lines(replace(chain, steps=(*chain.steps[:-1], wrong))) != []


@every_function
def test_last_line_is_the_derivative_with_nothing_left_to_do(function):
    chain = steps_of(function)
    last = chain.steps[-1].expression
    expected = function.doit() if function.has(Derivative) else function.diff(x)
    assert not last.has(Derivative)
    for place in places_of(chain):
        assert abs(value(last, place) - value(expected, place)) < Rational(1, 10**25)


@every_function
def test_no_line_is_repeated_and_each_has_a_reason(function):
    chain = steps_of(function)
    assert len(set(lines_of(chain))) == len(lines_of(chain))
    assert all(step.by and step.op == "==" for step in chain.steps)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if not f.has(*BEYOND_THE_PROVER)], ids=str)
def test_prover_never_refutes_a_step_and_proves_what_it_can_read(function):
    assert [str(c) for c in steps_of(function).claims if verify(c).holds is not True] == []


def as_text(chain: Chain) -> list[tuple[str, str]]:
    return [(str(step.expression), str(step.by)) for step in chain.steps]


def test_product_rule_then_the_slope_of_the_sigmoid():
    assert as_text(derivative_steps(x * sigmoid(x))) == [
        ("x*Derivative(sigmoid(x), x) + sigmoid(x)*Derivative(x, x)", "product rule"),
        ("x*(1 - sigmoid(x))*sigmoid(x) + sigmoid(x)", "slope of the sigmoid; identity"),
        ("(x*(1 - sigmoid(x)) + 1)*sigmoid(x)", "collect"),
    ]


def test_the_definition_of_the_sigmoid_step_by_step():
    assert as_text(derivative_steps(1 / (1 + exp(-x)))) == [
        ("-Derivative(1 + exp(-x), x)/(1 + exp(-x))**2", "reciprocal rule"),
        ("-Derivative(exp(-x), x)/(1 + exp(-x))**2", "sum rule; constant"),
        ("-exp(-x)*Derivative(-x, x)/(1 + exp(-x))**2", "chain rule with exp outside"),
        ("exp(-x)/(1 + exp(-x))**2", "constant factor; identity"),
    ]


def test_quotient_rule():
    assert as_text(derivative_steps(sin(x) / x))[0] == (
        "(x*Derivative(sin(x), x) - sin(x)*Derivative(x, x))/x**2",
        "quotient rule",
    )


def test_logarithmic_differentiation_of_a_power_with_x_above_and_below():
    assert as_text(derivative_steps(x**x)) == [
        ("x**x*Derivative(x*log(x), x)", "logarithmic differentiation"),
        ("x**x*(x*Derivative(log(x), x) + log(x)*Derivative(x, x))", "product rule"),
        ("x**x*(log(x) + 1)", "derivative of log; identity"),
    ]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (x**7, "power rule"),
        (sin(x) ** 7, "power rule; chain rule"),
        (2**x, "exponential rule"),
        (2 ** sin(x), "exponential rule; chain rule"),
        (tanh(x), "derivative of tanh"),
        (gelu(x), "slope of the gelu"),
        (5 * sin(x), "constant factor"),
        (Piecewise((x**2, x > 0), (0, True)), "case by case"),
        (Max(x, 0), "definition by cases"),
        (sign(x), "sign is constant between its jumps"),
        (Sum(x**k, (k, 1, 3)), "term by term"),
        (Integral(sin(y), (y, 0, x)), "Leibniz rule"),
    ],
)
def test_first_rule_is_named(function, reason):
    assert derivative_steps(function, x).steps[0].by == reason


def test_a_second_derivative_differentiates_the_simplified_first_one():
    lines = [text for text, _ in as_text(derivative_steps(Derivative(sin(x) * cos(x), (x, 2))))]
    assert lines[0] == "Derivative(sin(x)*Derivative(cos(x), x) + cos(x)*Derivative(sin(x), x), x)"
    assert "Derivative(cos(2*x), x)" in lines
    assert lines[-1] == "-2*sin(2*x)"


def test_partial_derivatives_treat_other_symbols_as_constants():
    assert derivative_steps(tanh(w * x + b), w).steps[-1].expression == x * (1 - tanh(w * x + b) ** 2)


def test_an_undefined_function_keeps_its_derivative():
    assert derivative_steps(sin(f(x)), x).steps[-1].expression == cos(f(x)) * Derivative(f(x), x)
    assert derivative_steps(f(x**2), x).steps[-1].expression.doit() == f(x**2).diff(x).doit()


def test_a_longer_form_is_not_a_simplification():
    assert derivative_steps(log(3 - 2 * x)).steps[-1].expression == -2 / (3 - 2 * x)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (log(x), (x > 0,)),
        (log(3 - 2 * x), (x < Rational(3, 2),)),
        (1 / (x**2 - 1), (Ne(x, -1), Ne(x, 1))),
        (1 / (x**2 + 1), ()),
        (relu(x), (Ne(x, 0),)),
        (softsign(x), ()),
        (elu(x), ()),
        (elu(x, 2), (Ne(x, 0),)),
        (Abs(w * x), (Ne(w * x, 0),)),
        (sqrt(1 - x**2), (sympy.Contains(x, sympy.Interval.open(-1, 1)),)),
    ],
    ids=str,
)
def test_domain_leaves_out_poles_and_kinks(function, expected):
    assert natural_domain(Derivative(function, x)) == expected


def test_conditions_of_the_caller_come_first():
    assert derivative_steps(log(x), where=["x > 1"]).where == (x > 1, x > 0)


def deep(levels: int) -> sympy.Expr:
    expression = x
    for _ in range(levels):
        expression = sigmoid(expression)
    return expression


@pytest.mark.parametrize(
    ("expression", "variable", "message"),
    [
        (sympy.Integer(3), None, "nothing to explain: 3 has no variable"),
        (x * y, None, "say by which of x, y to differentiate x*y"),
        (sin(x), y, "nothing to explain: sin(x) does not depend on y, its derivative is 0"),
        (Derivative(sin(x), (x, k)), None, "steps need a symbol and a number of times to differentiate"),
        (sympy.floor(x), x, "no rule for the derivative of floor(x) by x"),
        (f(x), x, "nothing to explain: there is no rule for Derivative(f(x), x)"),
        (prod(sin(n * x + 1) for n in range(40)), x, "a line of this derivative has more than 2000 operations"),
        (Derivative(x * sin(x) * exp(x), (x, 40)), None, "this derivative takes more than 60 lines"),
        (deep(70), x, "a line of this derivative has more than 2000 operations"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_explained_gives_one_clear_line(expression, variable, message):
    with pytest.raises(ClaimError) as caught:
        derivative_steps(expression, variable)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
