"""Text to SymPy and back: what may be written, what it means, and how everything else is refused."""

import random
import sys
from dataclasses import replace

import pytest
import sympy
from flint import fmpq
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sympy import (
    Derivative,
    Integer,
    Integral,
    Interval,
    Limit,
    Max,
    Piecewise,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    Union,
    cos,
    exp,
    log,
    oo,
    pi,
    sin,
    sqrt,
    tanh,
)
from watch import soon

from symgrad.activations import ACTIVATIONS
from symgrad.balls import enclose, separated
from symgrad.base.errors import ClaimError, ParseError
from symgrad.language.provable import as_sympy
from symgrad.language.statements import Conjunction, Extremum, ExtremumKind, Relation
from symgrad.prove import verify
from symgrad.reading.text import parse, parse_statement, parse_where, parse_written, to_text, vocabulary

x, y, p, w = (Symbol(name, real=True) for name in "xypw")
T, k, n = (Symbol(name, integer=True) for name in "Tkn")
z = Symbol("z", complex=True)
KNOWN = {"n": n, "z": z, "k": k}


READERS = (parse, parse_statement, lambda text: parse_where([text]))
TOO_LARGE = ("takes numbers up to", "too large", "too laborious")


def refusal(read, *arguments):
    """The error with which something is refused, if it is."""
    try:
        read(*arguments)
    except ParseError as error:
        return error
    return None


# Reading expressions

EXPRESSIONS = {
    "x + 2*y - 3": x + 2 * y - 3,
    "-x**2": -(x**2),
    "2**-x": 2 ** (-x),
    "2**3**2": Integer(512),
    "-2**2": Integer(-4),
    "6/4": Rational(3, 2),
    "x/y/2": x / (2 * y),
    "x/(y/2)": 2 * x / y,
    "--x": x,
    "+x": x,
    "0.1": Rational(1, 10),
    "1e-5": Rational(1, 100000),
    "2.5e3": Integer(2500),
    ".5 + 1.": Rational(3, 2),
    "Rational(-2, 6)": Rational(-1, 3),
    "E**x": exp(x),
    "sqrt(8)": 2 * sqrt(2),
    "cbrt(x) - root(x, 5)": x ** Rational(1, 3) - x ** Rational(1, 5),
    "real_root(-8, 3)": Integer(-2),
    "real_root(x, 3)": sympy.sign(x) * sympy.Abs(x) ** Rational(1, 3),
    "real_root(x, 4)": x ** Rational(1, 4),
    "log(x, 2)": log(x) / log(2),
    "log(8, 2)": log(8) / log(2),
    "sin(pi/6)": Rational(1, 2),
    "Max(0, x, 0)": Max(0, x),
    "Heaviside(0)": Rational(1, 2),
    "Heaviside(x, 0)": sympy.Heaviside(x, 0),
    "Mod(7, 3) + Mod(-7, 3)": Integer(3),
    "E1(x)": sympy.expint(1, x),
    "trigamma(x)": sympy.polygamma(1, x),
    "LambertW(x, -1)": sympy.LambertW(x, -1),
    "elliptic_e(x, y) + elliptic_e(y)": sympy.elliptic_e(x, y) + sympy.elliptic_e(y),
    "zeta(2) + zeta(x, 3)": pi**2 / 6 + sympy.zeta(x, 3),
    "factorial(5) + binomial(x, 2)": 120 + sympy.binomial(x, 2),
    "beta + gamma(beta)": Symbol("beta", real=True) + sympy.gamma(Symbol("beta", real=True)),
    "σ*x_1": Symbol("σ", real=True) * Symbol("x_1", real=True),
    "diff(x**2*y, x)": Derivative(x**2 * y, x),
    "diff(x**2*y, x, 2, y)": Derivative(x**2 * y, (x, 2), y),
    "Sum(w**k, (k, 0, oo))": Sum(w**k, (k, 0, oo)),
    "Product(1 - 1/k, (k, 2, x))": Product(1 - 1 / k, (k, 2, x)),
    "Integral(exp(-x**2), (x, -oo, oo))": Integral(exp(-(x**2)), (x, -oo, oo)),
    "Limit(sin(x)/x, x, 0)": Limit(sin(x) / x, x, 0),
    'Limit(1/x, x, 0, "-")': Limit(1 / x, x, 0, "-"),
    "Limit(1/x, x, oo)": Limit(1 / x, x, oo),
    "Piecewise((x, x > 0), (0, True))": Piecewise((x, x > 0), (0, True)),
    "Piecewise((1, And(x >= 0, Not(Eq(x, 2)))), (2, Or(x < -1, 2 < 1)), (3, otherwise))": Piecewise(
        (1, (x >= 0) & sympy.Ne(x, 2)), (2, x < -1), (3, True)
    ),
    "Piecewise((1, 0 <= x < 1), (0, True))": Piecewise(
        (1, sympy.And(sympy.Le(0, x), sympy.Lt(x, 1))), (0, True), evaluate=False
    ),
    "(\n  x +\n\t1)": x + 1,
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_a_text_is_read_as_the_expression_that_it_shows(text):
    assert parse(text) == EXPRESSIONS[text]


@pytest.mark.parametrize("name", vocabulary.CONSTANTS)
def test_constants_are_called_as_sympy_calls_them(name):
    assert parse(name) is getattr(sympy, name)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_read_by_its_name_with_and_without_parameters(name):
    row = ACTIVATIONS[name]
    arguments = [x, *(value for _, value in row.parameters)]
    for number in row.arities:
        text = ", ".join(to_text(a) for a in arguments[:number])
        assert parse(f"{name}({text})") == row.function(*arguments[:number])


@pytest.mark.parametrize("name", vocabulary.function_names())
def test_every_function_takes_as_many_arguments_as_its_row_says(name):
    function = vocabulary.function(name)
    for number in range(6):
        text = f"{name}({', '.join(['x', 'y', 'w', 'p', 'u'][:number])})"
        if function.complaint(number):
            with pytest.raises(ParseError, match=rf"column 1: {name} takes .* argument.*; got {number}$"):
                parse(text)
        else:
            parse(text)


def test_names_stand_for_the_symbols_that_are_handed_over():
    assert parse("T*E", {"T": T, "E": x}) == T * x


def test_names_that_mean_nothing_are_real_symbols_and_indices_integers():
    assert parse("x").is_real
    assert parse("Sum(k*x, (k, 1, n))").free_symbols == {x, Symbol("n", real=True)}


INDEX_AND_VARIABLE = (
    "Sum(k*x, (k, 1, n)) + k",
    "k + Product(k, (k, 1, 3))",
    "Sum(k, (k, 1, k))",
    "diff(Sum(x**k, (k, 0, 3)), k)",
)


@pytest.mark.parametrize("text", INDEX_AND_VARIABLE)
def test_an_index_makes_no_integer_of_a_variable_of_its_name(text):
    with pytest.raises(ParseError, match="k is the index of a sum or product, and stands outside of it as well"):
        parse(text)
    assert parse(text, {"k": k}).has(k)


def test_values_of_functions_at_numbers_keep_their_values():
    for text in ("sqrt(log(2)**2)", "x*Abs(erf(1) - 1)", "exp(2*log(3))", "log(2)*x + y*log(2) + log(3)*log(2)/log(2)"):
        at = {x: fmpq(3, 7), y: fmpq(-5, 3)}
        assert not separated(enclose(parse_written(text), at), enclose(parse(text), at))
    assert parse("sqrt((sqrt(2) - 2)**2)") == 2 - sqrt(2)


@pytest.mark.parametrize("text", ["1/0 == 1", "x/(1 - 1) == x", "1 + gamma(-1) == 1", "0*log(x - x) == 0"])
def test_what_has_no_value_is_read_and_refuted(text):
    verdict = verify(text)
    assert (verdict.outcome.name, verdict.witness.left) == ("REFUTED", "undefined")


ORDERS = (
    "p - y", "y - x/x + 1/2", "a*b/c*d/e", "-(a + b)*c", "a - (b - c)", "x**(-2)", "exp(-x)/(1 + exp(-x))**2", "2*(-x)",
    "a/b/c", "a/(b*c)", "1/2*x", "x*1/2", "2*3*x", "Max(x, x, y)", "Piecewise((x, x > 0), (0, True))", "a - a + 0*b",
    "Limit(sin(x)/x, x, 0)", "Sum(k/k, (k, 1, n))", "diff(x*1, x)", "sqrt(x)*cbrt(x)*root(x, 5)", "--x", "x + (y + z)",
)  # fmt: skip


@pytest.mark.parametrize("text", ORDERS)
def test_a_formula_is_kept_and_written_in_the_order_of_its_author(text):
    assert to_text(parse_written(text)) == text.replace("--x", "-(-x)")
    assert parse_written(to_text(parse_written(text))) == parse_written(text)


# Refusals

REFUSED = {
    "": (1, "a formula is missing"),
    "   ": (4, "a formula is missing"),
    "x^2": (2, "a power is written with **"),
    "x = 1": (3, "equality is written =="),
    "x == 1": (1, "this is a statement"),
    "2x": (2, "a product is written with *"),
    "x y": (3, "a product is written with *"),
    "(x)(y)": (4, "a product is written with *"),
    "x +": (4, "something must follow '+'"),
    "* x": (1, "a value is missing before '*'"),
    "sin(x,)": (7, "something must stand between ',' and ')'"),
    "sin(,x)": (5, "a value is missing before ','"),
    "(x": (1, "this bracket is never closed"),
    "x)": (2, "this bracket was never opened"),
    "x, y": (2, "one formula at a time"),
    "(x, y)": (1, "this is not part of a formula"),
    "()": (1, "this is not part of a formula"),
    "lambda: x": (7, "a colon is not part of a formula"),
    "x.real": (2, "attributes are not part of a formula"),
    "x[0]": (2, "subscripts are not part of a formula"),
    "'x'": (1, "texts are not part of a formula"),
    '"+"': (1, "a direction in quotes"),
    "x if y else p": (3, "write Piecewise"),
    "x and y": (3, "write And(a, b)"),
    "[x for x in y]": (1, "a list is not part of a formula"),
    "x := 2": (3, "equality is written =="),
    "x # 1": (3, "comments are not part of a formula"),
    "x; y": (2, "one statement at a time"),
    "{x}": (1, "braces are not part of a formula"),
    "7 // 2": (3, "write floor(a/b)"),
    "x!": (2, "write factorial(n)"),
    "0x10": (2, "an operator is missing before 'x10'"),
    "1_000": (2, "an operator is missing before '_000'"),
    "2j": (2, "an operator is missing before 'j'"),
    "007": (1, "leading zeros"),
    "x ≤ y": (1, "this is a statement"),
    "a\x00b": (2, "is not part of a formula"),
    "None": (1, "no number"),
    "True": (1, "True is a condition, no number"),
    "otherwise + 1": (1, "otherwise is a condition, no number"),
    "True(x)": (1, "only a function can be called"),
    "__import__(x)": (1, "two underscores in a row"),
    "x__class__": (1, "two underscores in a row"),
    "sin": (1, "sin is a function; write sin(…)"),
    "diff": (1, "diff is a function; write diff(…)"),
    "1 + sinn(x)": (5, "did you mean sin?"),
    "abs(x)": (1, "did you mean Abs?"),
    "ln(x)": (1, "did you mean log?"),
    "x(x + 1)": (1, "a product is written x*(…)"),
    "eval(x)": (1, "eval is not a known function"),
    "1 + sin(x, y)": (5, "sin takes 1 argument; got 2"),
    "log()": (1, "log takes 1 or 2 arguments; got 0"),
    "Max()": (1, "Max takes at least 1 argument; got 0"),
    "sin(*x)": (5, "a value is missing before '*'"),
    "sin(x=1)": (6, "equality is written =="),
    "0**-1": (1, "this is undefined"),
    "log(0)": (1, "this is undefined"),
    "Rational(1, 0)": (1, "undefined"),
    "Rational(1.5, 2)": (10, "the numerator is a whole number"),
    "oo": (1, "oo is no number"),
    "x < y": (1, "this is a statement"),
    "Eq(x, y)": (1, "Eq is a condition, no number"),
    "maximum(x, x)": (1, "stands at the outside of a statement"),
    "diff(x)": (1, "write diff(f, x)"),
    "diff(x, 2)": (9, "what is differentiated by is a variable"),
    "diff(x, x, 0)": (12, "the order of a derivative is 1 to 100; got 0"),
    "diff(x, pi)": (9, "what is differentiated by is a variable"),
    "Sum(x, (x, 1))": (8, "the range of Sum is written (variable, from, to)"),
    "Sum(x, x)": (8, "the range of Sum is written (variable, from, to)"),
    "Sum(x, (2, 1, 3))": (9, "the first word in a range of Sum is a variable"),
    "Integral(x)": (1, "write Integral(f, (k, a, b))"),
    "Integral(x, x)": (13, "an integral has ends"),
    "ReLU(x)": (1, "did you mean relu?"),
    "Sin(x)": (1, "did you mean sin?"),
    "sum(x, (x, 1, 3))": (1, "did you mean Sum?"),
    "Limit(x, x, 0, 1)": (16, "the side of a limit"),
    'Limit(x, x, oo, "+")': (17, "oo has one side only"),
    'Limit(x, x, -oo, "+-")': (18, "-oo has one side only"),
    "oo(x)": (1, "oo is no function; a product is written oo*"),
    "Piecewise(x, y)": (11, "a branch of Piecewise is written (value, condition)"),
    "Piecewise((x, y))": (15, "a condition is a comparison"),
    "Piecewise((x, Piecewise((x, x > 0), (1, True)) > y))": (15, "cases within a condition are not read"),
    "Piecewise((x, I < y))": (15, "< compares real numbers only"),
    "Piecewise((x, 2 < 1))": (1, "this is undefined: no branch is ever chosen"),
    "\n\n  x $ y": (7, "'$' is not part of a formula"),
    "σσ + 𝛼 $": (6, "MATHEMATICAL ITALIC SMALL ALPHA; write α"),
    "σσ + α $": (8, "'$' is not part of a formula"),
    "σσ + sinn(α)": (6, "did you mean sin?"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_formula_is_refused_in_one_line_that_points_at_the_place(text):
    column, reason = REFUSED[text]
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert (caught.value.column, reason in caught.value.reason) == (column, True), str(caught.value)
    assert caught.value.text == text
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("thing", [None, 3, 0.5, b"x", ["x"], sympy.Symbol("x")])
def test_only_text_is_read(thing):
    with pytest.raises(ParseError, match="a formula is text; got"):
        parse(thing)


# The texts that would take minutes, or all memory, if anybody evaluated them.
HOSTILE = {
    "a tower of powers": "9**9**9**9",
    "a power of a power": "10**10**10",
    "a square of squares": "(2**1000)**1000",
    "powers that meet in a product": "2**x*2**(10**9 - x)",
    "a power in disguise": "exp(10**9*log(2))",
    "exponentials of exponentials": "exp(exp(exp(exp(exp(10)))))",
    "a small base": "(1 + 1/10)**10**6",
    "an exponent": "x**10**7",
    "brackets": "(" * 100_000 + "x" + ")" * 100_000,
    "open brackets": "(" * 9_999,
    "signs": "-" * 9_999 + "x",
    "powers": "x" + "**x" * 3_000,
    "calls": "sin(" * 1_000 + "x" + ")" * 1_000,
    "a name": "x" * 1_000_000,
    "a shorter name": "x" * 60,
    "digits": "9" * 9_999,
    "decimals": "0." + "9" * 5_000,
    "an exponent of ten": "1e999999999",
    "a negative exponent of ten": "1e-999999999",
    "a factorial": "factorial(10**10)",
    "a gamma function": "gamma(10**10)",
    "a binomial coefficient": "binomial(10**10, 10**9)",
    "a binomial of a number": "binomial(pi, 99)",
    "a zeta function": "zeta(10**6)",
    "a Bernoulli number": "bernoulli(10**6)",
    "a Fibonacci number": "fibonacci(10**9)",
    "a harmonic number": "harmonic(10**9)",
    "a polynomial": "hermite(10**6, x)",
    "a polynomial at a long number": "laguerre(99, 10**999)",
    "a Stieltjes constant": "stieltjes(10**4)",
    "a falling factorial": "FallingFactorial(x, 10**6)",
    "a root of a long number": f"sqrt({10**199 + 7})",
    "a root of a long product": "*".join(f"sqrt({10**3 + 2 * i})" for i in range(100)),
    "a root of a power": "(10**4000)**(1/3)",
    "a modulus of a long number": "Abs(10**99 + 7 + I)",
    "a remainder of a polynomial": "Mod((x + 1)**10000, (x + 2)**10000)",
    "a real part": "re((x + I*y)**10000)",
    "digits of an exponential": "floor(exp(10**6))",
    "a long maximum": "Max(" + ", ".join(f"x{i}*y" for i in range(500)) + ")",
    "a long product": "*".join(["1e999"] * 1_000),
    "a long sum of expensive terms": "+".join(f"harmonic(99, {i})" for i in range(1, 100)),
    "products that multiply out": "Abs(I + " + "*".join(f"(x{i} + I)" for i in range(40)) + ")",
    "polynomials within polynomials": "hermite(20, " * 10 + "x" + ")" * 10,
    "cases within a sum": "Sum(" + "*".join(f"Piecewise((k, x > {i}), (1, True))" for i in range(40)) + ", (k, 1, n))",
    "many cases": "Piecewise(" + ", ".join(f"(x, x > {i})" for i in range(400)) + ")",
    "many conditions": "Piecewise((1, And(" + ", ".join(f"x{i} > 0" for i in range(500)) + ")))",
    "an order of a derivative": "diff(x, x, 10**9)",
    "many terms": "+".join(["x"] * 4_000),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_are_refused_at_once_or_kept_as_they_are_written(kind):
    with soon():
        errors = [refusal(parse, HOSTILE[kind]), refusal(parse_statement, f"{HOSTILE[kind]} == 1")]
    for error in errors:
        assert error is None or (len(str(error)) < 400 and "\n" not in str(error))


# Texts of which SymPy evaluates some number for long, when it is let.
LABORIOUS = [
    "sqrt((Integral(sin(exp(x**2)), (x, 0, 10)) - 1)**2)",
    "Integral(sqrt((Integral(sin(exp(x**2)), (x, 0, 10)) - 1)**2)*Piecewise((1, x > 0), (0, True)), (x, 0, 1))",
    "Max(Sum(1/(k**2 + sin(k)), (k, 1, oo)), 1)",
    "sqrt(log(asin(1000))**2)",
    "log(asin(sin(erfi(99))))",
    "sign(sqrt(2) + sqrt(3) - sqrt(5 + 2*sqrt(6)))",
    "sqrt((jacobi(1/3, 99, pi, 50*I) - 1)**2)",
    "acosh(cosh(acoth(y)**100))",
    "+".join(["x"] * 1_000),
    "*".join(f"(x + {i})" for i in range(300)),
    "/".join(f"x{i}" for i in range(1_000)),
    "sqrt(1 + " * 30 + "2" + ")" * 30,
    "Sum(" * 45 + "k" + ", (k, 1, n))" * 45,
]


@pytest.mark.parametrize("text", LABORIOUS)
def test_whatever_is_read_is_read_soon(text):
    with soon():
        error = refusal(parse, text)
        assert error is None or any(reason in error.reason for reason in TOO_LARGE)


def test_reading_leaves_a_profiler_alone():
    calls = []
    sys.setprofile(profiler := lambda *event: calls.append(event[1]))
    try:
        parse("Abs(x)")
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
    assert calls


@settings(max_examples=300)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    for read in READERS:
        error = refusal(read, text)
        assert error is None or ("\n" not in str(error) and 1 <= error.column <= len(text) + 1)


WORDS = """
    x y n 0 1 2.5 1e-5 10**9 pi I oo True ( ) ( ) , + - * / ** == < <= != beta [ ] U (k,1,n) "+" otherwise
    sin( log( gamma( Max( Abs( Piecewise(( And( Not( Or( Sum( diff( Integral( Limit( maximum( Eq( Rational(
    relu( sqrt( Mod( real_root( hermite("""
FRAGMENTS = [*WORDS.split(), " in ", " integer", "z complex", ", ", " "]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))
def test_fragments_of_formulas_are_read_or_refused_soon(text):
    with soon():
        for read in READERS:
            error = refusal(read, text)
            assert error is None or "\n" not in str(error)


# Statements

STATEMENTS = {
    "x <= 1": Relation(x, "<=", S.One),
    "sin(x)**2 + cos(x)**2 == 1": Relation(sin(x) ** 2 + cos(x) ** 2, "==", S.One),
    "Ne(x, 1)": Relation(x, "!=", S.One),
    "Ge(x, 1)": Relation(x, ">=", S.One),
    "Not(Eq(x, 1))": Relation(x, "!=", S.One),
    "Not(x < 1)": Relation(x, ">=", S.One),
    "0 < x < 1": Conjunction((Relation(S.Zero, "<", x), Relation(x, "<", S.One))),
    "And(x <= 1, And(y > 0, x == y))": Conjunction(
        (Relation(x, "<=", S.One), Relation(y, ">", S.Zero), Relation(x, "==", y))
    ),
    "And(x <= 1)": Relation(x, "<=", S.One),
    "maximum(x*y, x) == y": Extremum(ExtremumKind.MAXIMUM, x * y, x, y),
    "1 == supremum(tanh(x), x)": Extremum(ExtremumKind.SUPREMUM, tanh(x), x, S.One),
    "Eq(minimum(x**2, x, 0), 0)": Extremum(ExtremumKind.MINIMUM, x**2, x, S.Zero, S.Zero),
    "And(infimum(exp(x), x) == 0, 0 < x)": Conjunction(
        (Extremum(ExtremumKind.INFIMUM, exp(x), x, S.Zero), Relation(S.Zero, "<", x))
    ),
}


def evaluated(statement):
    """A statement with its sides as SymPy evaluates them."""
    if isinstance(statement, Conjunction):
        return Conjunction(tuple(map(evaluated, statement.parts)))
    fields = ("lhs", "rhs") if isinstance(statement, Relation) else ("of", "value", "at")
    values = {name: getattr(statement, name) for name in fields}
    return replace(statement, **{name: as_sympy(v) for name, v in values.items() if v is not None})


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_is_read_as_what_it_says(text):
    assert evaluated(parse_statement(text)) == STATEMENTS[text]


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_is_written_as_text_that_reads_back(text):
    assert evaluated(parse_statement(to_text(STATEMENTS[text]))) == STATEMENTS[text]


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("x + 1", 1, "a statement has a relation"),
        ("sinn(x)", 1, "did you mean sin?"),
        ("Or(x < 1, x > 0)", 1, "cannot be claimed"),
        ("And()", 1, "write And(a, b)"),
        ("Not(0 < x < 1)", 5, "Not is written around a single relation"),
        ("Eq(x)", 1, "write Eq(a, b)"),
        ("maximum(x, x)", 1, "say what the maximum is"),
        ("maximum(x, x) <= 1", 1, "a bound is written f <= c"),
        ("1 + maximum(x, x) == 2", 5, "stands at the outside of a statement"),
        ("0 < maximum(x, x) == 2", 5, "an extremum stands in no chain"),
        ("maximum(x) == 2", 1, "write maximum(f, x)"),
        ("maximum(x, 2) == 2", 12, "what a maximum is taken over is a variable"),
        ("I < x", 1, "< compares real numbers only"),
        ("x < oo", 5, "oo is no number"),
        ("x == y ==", 10, "something must follow '=='"),
        ("x = 1", 3, "equality is written =="),
        ("x <> 1", 3, "unequal is written !="),
        ("True", 1, "True is a condition"),
    ],
)
def test_what_is_no_statement_is_refused_at_the_place(text, column, reason):
    with pytest.raises(ParseError) as caught:
        parse_statement(text)
    assert (caught.value.column, reason in caught.value.reason) == (column, True), str(caught.value)


# What stands in a text must be defined, whether or not it survives evaluation; where it is chosen, and at every index.
HOLDS_WHERE_DEFINED = {
    "(x**2 - 1)/(x - 1) == x + 1": False,
    "x/x == 1": False,
    "2*x/(3*x) == 2/3": False,
    "x*y/(y*x) == 1": False,
    "1/(1/x) == x": False,
    "x**-2*x**2 == 1": False,
    "log(x) - log(x) == 0": False,
    "exp(log(x)) == x": False,
    "0*tan(x + pi) == 0": False,
    "log(2)/log(2) == 1": True,
    "Piecewise((x/x, x > 0), (0, True)) <= 1": True,
    "Piecewise((0, x > 1), (x/x, x > 0), (0, True)) <= 1": True,
    "Piecewise((0, x > 1), (x/x, x > -1), (0, True)) <= 1": False,
    "Sum(k/k, (k, 1, 3)) == 3": True,
    "Sum(k/k, (k, -1, 3)) == 5": False,
    "Sum(k*x/x, (k, 1, 3)) == 6": False,
    "maximum(x/x, x) == 1": False,
}


@pytest.mark.parametrize("text", HOLDS_WHERE_DEFINED)
def test_what_stands_in_a_text_must_be_defined(text):
    assert verify(text).holds is HOLDS_WHERE_DEFINED[text]


# Domains

CONDITIONS = {
    "x in (0, oo)": [sympy.Contains(x, Interval.open(0, oo), evaluate=False)],
    "x in [0, 1)": [sympy.Contains(x, Interval.Ropen(0, 1), evaluate=False)],
    "x in (-oo, -1) U (1, oo)": [
        sympy.Contains(x, Union(Interval.open(-oo, -1), Interval.open(1, oo)), evaluate=False)
    ],
    "x in(0,1)U[2,3]": [sympy.Contains(x, Union(Interval.open(0, 1), Interval(2, 3)), evaluate=False)],
    "x in (-oo, oo)": [sympy.Contains(x, S.Reals, evaluate=False)],
    "x in [1/2, atan2(1, 0)]": [sympy.Contains(x, Interval(Rational(1, 2), pi / 2), evaluate=False)],
    "x != 0": [sympy.Ne(x, 0)],
    "0 < p": [sympy.Lt(0, p)],
    "1 <= x < y": [sympy.Le(1, x), sympy.Lt(x, y)],
    "x == 1/2": [sympy.Eq(x, Rational(1, 2))],
    "x**2 + y**2 < 1": [sympy.Lt(x**2 + y**2, 1)],
    "x in {-1, 1}": [sympy.Contains(x, sympy.FiniteSet(-1, 1), evaluate=False)],
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_is_read_as_what_it_says(text):
    assert parse_where([text]) == (tuple(CONDITIONS[text]), {})


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_is_written_as_text_that_reads_back(text):
    written = [to_text(condition) for condition in CONDITIONS[text]]
    assert parse_where(written) == (tuple(CONDITIONS[text]), {})


def test_kinds_of_numbers_are_read_before_all_else():
    conditions, symbols = parse_where(["1 <= T", "T integer", " z  complex ", "x real", "gamma integer"])
    assert conditions == (sympy.Le(1, T),)
    assert symbols == {"T": T, "z": z, "x": x, "gamma": Symbol("gamma", integer=True)}
    assert parse_where([]) == ((), {})


@pytest.mark.parametrize(
    ("texts", "column", "reason"),
    [
        (["x"], 1, "this is no condition"),
        (["x + 1"], 1, "this is no condition"),
        ([""], 1, "a formula is missing"),
        (["x positive"], 3, "'positive' is no kind of number"),
        (["T integer", "T complex"], 3, "T is of another kind already"),
        (["pi integer"], 1, "pi is no variable"),
        (["sin in (0, 1)"], 1, "sin is no variable"),
        (["is integer"], 1, "a keyword of Python"),
        (["x in"], 5, "a set is written as intervals"),
        (["x not in (0, 1)"], 3, "not: write Not(a)"),
        (["x in y"], 6, "a set is written as intervals"),
        (["x in (0, 1"], 6, "a set is written as intervals"),
        (["x in (0, 1) U"], 14, "a set is written as intervals"),
        (["x in (0, 1, 2)"], 6, "an interval has two ends, as in (0, 1]; got 3"),
        (["x in [0, oo]"], 12, "an interval is open at infinity"),
        (["x in [-oo, 0]"], 6, "an interval is open at infinity"),
        (["x in (0, y)"], 10, "write 0 < x < b for others"),
        (["x in (0, I)"], 10, "the ends of an interval are real"),
        (["x in (0, 2y)"], 11, "a product is written with *"),
        (["x in (0, 1/0)"], 10, "the ends of an interval are real"),
        (["x in (0, 9**9**9)"], 10, "this is too large"),
        (["x in (1, 0)"], 5, "the domain is empty"),
        (["exp(x) > 0"], 1, "always holds; leave it out"),
        (["x**2 < 0"], 1, "the domain is empty: this never holds"),
        (["x < oo"], 5, "oo is no number"),
        (["I < x"], 1, "< compares real numbers only"),
        (["Eq(x)"], 1, "write Eq(a, b)"),
        (["Not(x > 0, x < 1)"], 1, "write Not(condition)"),
        (["And()"], 1, "this is no condition"),
        (["maximum(x, x)"], 1, "this is no condition"),
        (["(x > 0) & y"], 11, "stand in brackets"),
        (["x > 0 & x < 1"], 5, "stand in brackets"),
        (["(x > y) | (x < 0)"], 1, "alternatives are read for one variable"),
        (["(x**2 > 2) | (x < 0)"], 1, "compare x with plain numbers"),
        (["(x > 1) & (1 < 0)"], 1, "the domain is empty: this never holds"),
        (["z complex", "z < oo"], 5, "oo is no number"),
        (["x in {}"], 7, "a formula is missing"),
        (["x in {oo}"], 7, "the elements of a set are real"),
        (["x in {y}"], 7, "the elements of a set are plain numbers"),
        (["x in " + "Union(" * 1000 + ")" * 1000], 12, "a union stands within no other"),
        (["x in Interval(0)"], 14, "an interval has two ends, as in (0, 1]; got 1"),
        (["x in Interval.closed(0, 1)"], 6, "a set is written as intervals"),
        (["x in " + "(" * 2000], 6, "a set is written as intervals"),
        (["n ∈ ℕ"], 5, "write n integer, and n >= 0 or n >= 1"),
        (["х > 0"], 1, "CYRILLIC SMALL LETTER HA; write x"),
    ],
)
def test_what_is_no_condition_is_refused_at_the_place(texts, column, reason):
    with pytest.raises(ParseError) as caught:
        parse_where(texts)
    assert (caught.value.column, reason in caught.value.reason) == (column, True), str(caught.value)
    assert caught.value.text == texts[-1]


# Writing, and reading what is written

WRITTEN = {
    "1/sqrt(x) + exp(1)": "E + 1/sqrt(x)",
    "diff(sigmoid(x), x)": "diff(sigmoid(x), x)",
    "diff(x**2*y, y, x, 2)": "diff(x**2*y, y, x, 2)",
    "Piecewise((x, Eq(x, 0)), (0, Or(x > 1, Ne(y, 2))))": "Piecewise((x, x == 0), (0, Or(x > 1, y != 2)))",
    'Limit(x, x, 0, "+-")': 'Limit(x, x, 0, "+-")',
    "Limit(x, x, 0)": "Limit(x, x, 0)",
    "leaky_relu(x, 1/10)": "leaky_relu(x, 1/10)",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_expressions_are_written_as_people_write_them(text):
    assert to_text(parse(text)) == WRITTEN[text]


def test_floats_are_not_written():
    with pytest.raises(ClaimError, match=r"a float is no exact number; got 0\.5"):
        to_text(x + 0.5)


def test_values_at_numbers_keep_their_places():
    for e in (sin(x - log(2)), sin(log(2) - x), tanh(log(3) - log(2) * x), x * (1 - sympy.erf(1)), log(2) - x + log(3)):
        assert parse(to_text(e)) == e


def test_a_product_with_a_sum_reads_back_undistributed():
    for e in (-(x + 1) * (y + 1), (x + 1) / (2 * y), 1 / (2 * (x + 1)), 2 * y * (x + 1), 1 / (2 * x + 2)):
        assert parse(to_text(e)) == e


@pytest.mark.parametrize("name", vocabulary.function_names())
def test_every_function_reads_back(name):
    function = vocabulary.function(name)
    for number in function.arities or (1, 2, 3):
        for start in range(3):
            arguments = [x, n / 2, z + 1, exp(y), w][start : start + number]
            if len(arguments) == number:
                e = function.make(*arguments)
                assert parse(to_text(e), KNOWN) == e


ROUND_TRIPS = settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@ROUND_TRIPS
@given(st.integers(0, 10**9), st.integers(1, 4))
def test_what_was_read_is_written_as_it_was_read(seed, depth):
    text = random_text(random.Random(seed), depth)
    try:
        read = parse_written(text, KNOWN)
    except ParseError:
        assume(False)
    assert parse_written(to_text(read), KNOWN) == read


SHAPES = [
    *("({0}) + ({1}) - ({2})", "-({0})*({1})/({2})", "({0})**({1})", "({0})/(({1})/({2}))", "({0})**(-2/3)"),
    *("sqrt({0})", "log({0})", "exp({0})", "sin({0})", "asin({0})", "atan2({0}, {1})", "real_root({0}, 3)"),
    *("Abs({0})", "Max({0}, {1})", "Mod({0}, {1})", "erf({0})", "gamma({0})", "relu({0})", "sigmoid({0})*({1})"),
    *("Piecewise(({0}, x < {1}), ({2}, True))", "Sum({0}, (k, 1, {1}))", "Integral({0}, (x, 0, {1}))"),
    "diff({0}, x, 2)",
]


def random_text(choose, depth):
    """A formula that no printer has tidied, with numbers of all kinds in all places."""
    if depth == 0:
        return choose.choice(["x", "y", "2", "-3", "0.5", "pi", "E", "I", "1/3", "k", "n"])
    parts = [random_text(choose, depth - 1) for _ in range(3)]
    return choose.choice(SHAPES).format(*parts)


@pytest.mark.parametrize(
    ("several", "each"),
    [
        ("m, n integer", ["m integer", "n integer"]),
        ("x,y > 0", ["x > 0", "y > 0"]),
        ("x , y, z in (0, 1]", ["x in (0, 1]", "y in (0, 1]", "z in (0, 1]"]),
        ("x, y != 0", ["x != 0", "y != 0"]),
        ("m, n ∈ ℤ", ["m ∈ ℤ", "n ∈ ℤ"]),
    ],
)
def test_what_is_said_of_several_variables_is_said_of_each(several, each):
    assert parse_where([several]) == parse_where(each)


@pytest.mark.parametrize(
    ("text", "column"), [("x, y complexx", 6), ("x, 2 in (0, 1)", 2), ("0 < x, y", 6), ("x, y", 2)]
)
def test_what_is_said_of_several_variables_is_refused_where_it_stands(text, column):
    with pytest.raises(ParseError) as refused:
        parse_where([text])
    assert refused.value.column == column


@pytest.mark.parametrize("text", ["1/Piecewise((1, x > 0), (0, True))", "Piecewise((x, x > 0), (0, True))**(-2)"])
def test_what_has_no_value_in_one_of_its_cases_is_not_called_undefined_everywhere(text):
    with pytest.raises(ParseError, match="undefined in one of its cases"):
        parse(text)
