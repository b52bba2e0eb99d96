"""The formula as written: what is judged is what was written, whatever SymPy would make of it."""

import itertools
import pickle
import re
from functools import cache

import pytest
import sympy
from flint import fmpq
from sympy import Derivative, I, Rational, Symbol, pi, sqrt, tanh

import symgrad as sg
from symgrad.balls import UNDEFINED, Ball, Tape, UnsupportedError, precision, separated
from symgrad.language import written
from symgrad.language.latex import domain_latex
from symgrad.language.provable import TRUSTED, provable
from symgrad.reading.text import parse_written, to_text, to_where, vocabulary
from symgrad.symbols.notation import latex

x, n = sg.real("x"), sg.integer("n")
PLACES = [fmpq(p, q) for p, q in ((0, 1), (1, 1), (-1, 1), (2, 1), (-3, 1), (-3, 2), (1, 3))]
ARGUMENTS = (
    x, -x, x - 1, -(x**2), sqrt(x), 1 / x, I * x, x + I, pi * n / 2,
    *(f(x, evaluate=False) for f in (sympy.acot, sympy.acoth, sympy.asec, sympy.acosh, sympy.log)),
    sympy.Integer(0), sympy.Integer(-2), Rational(1, 2), pi / 3, I,
)  # fmt: skip
OTHERS = (n, sympy.Integer(1), Rational(-1, 2))


@cache
def calls(name):
    """Values of a function as they may be written, at arguments of many forms."""
    function = vocabulary.function(name)
    made = []
    for count in function.arities or (2,):
        pools = [OTHERS] * (count - 1) + [ARGUMENTS if count < 3 else ARGUMENTS[:6]]
        made += [
            vocabulary.written_call(name, function.make, *map(written.copied, a)) for a in itertools.product(*pools)
        ]
    return made


def values(expression, symbols):
    """Enclosures at some places, at integers only for integer symbols."""
    tape = Tape(expression, symbols)
    for place in PLACES:
        if place.q == 1 or not any(s.is_integer for s in symbols):
            yield tape(*(place for _ in symbols))


CALLED = [name for name in vocabulary.function_names() if len(vocabulary.function(name).arities or (2,)) <= 2]


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLED)
def test_the_expression_of_the_provers_has_the_values_of_what_was_written(name):
    outer = (lambda e: e, lambda e: written.call(sympy.conjugate, e))
    seen = 0
    for tree, wrap in itertools.product(calls(name), outer):
        whole = wrap(tree)
        symbols = sorted(whole.free_symbols, key=str)
        try:
            with precision(128):
                pairs = list(zip(values(whole, symbols), values(provable(whole), symbols)))
        except UnsupportedError:
            continue
        for as_written, as_proved in pairs:
            assert not (isinstance(as_written, Ball) and separated(as_written, as_proved)), whole
            seen += isinstance(as_written, Ball)
    assert seen or name not in {f.__name__ for f in TRUSTED}


# What SymPy's constructors make of these is something else; each with what is true.
CONSTRUCTORS = {
    ("acot(-x) == -acot(x)",): False,
    ("acot(-x) == -acot(x)", "x != 0"): True,
    ("sign(x + I)**2 == 1",): False,
    ("cos(acot(x)) == x/sqrt(1 + x**2)", "x >= 0"): True,
    ("cos(acot(x)) == x/sqrt(1 + x**2)",): False,
    ("sinh(acoth(x)) == 1/(sqrt(x - 1)*sqrt(x + 1))", "x in (-1, 0)"): False,
    ("Mod(x, x) == 0",): False,
    ("Mod(x, x) == 0", "x > 0"): True,
    ("log(x, x) == 1", "x > 0"): False,
    ("conjugate(li(x)) == li(x)", "x < 0"): False,
    ("besselj(1/2, -x) == besselj(1/2, -x)",): True,
    ("celu(0, x) == 0",): False,
    ("0*celu(0, x) == 0",): False,
    ("hermite(n, -x) == (-1)**n*hermite(n, x)", "n > 0"): False,
    ("arg(x**2 - 2) == arg(x**2 - 2)",): False,
    ("x - x + 1/x == 1/x",): False,
    ("x*0/(x - x + 1) == 0",): True,
    ("sqrt(x)*sqrt(x) == x",): True,
    ("x**0/x**0 == 1",): True,
}


@pytest.mark.parametrize("said", CONSTRUCTORS, ids=" for ".join)
def test_a_claim_is_judged_as_it_was_written(said):
    text, *where = said
    assert sg.verify(sg.claim(text, where=where)).holds is CONSTRUCTORS[said]


def test_nothing_of_a_text_is_put_together():
    claim = sg.claim("p - y + 0*y == 1*p - y/1 + 0.50")
    assert str(claim) == "p - y + 0*y == 1*p - y/1 + 0.50"
    assert r"p - y + 0 y = 1 p - \frac{y}{1} + 0.50" in claim._repr_latex_()
    assert claim != sg.claim("p - y == p - y + 0.5")
    assert pickle.loads(pickle.dumps(claim)) == claim


DECIMALS = {
    "1.0507009873554805": "1.0507009873554805",
    "0.50": "0.50",
    ".5": "0.5",
    "2.": "2.",
    "1e-5": "10^{-5}",
    "1.0E+3": "10^{3}",
    "2.5e10": r"2.5 \cdot 10^{10}",
    "0.1e0": r"0.1 \cdot 10^{0}",
}


@pytest.mark.parametrize("number", DECIMALS)
@pytest.mark.parametrize("around", ["{}*x < y", "x + {} == y", "y/{} >= x", "y == {}", "diff(x*{}, x) == y"])
def test_a_decimal_is_shown_as_it_was_typed(number, around):
    claim = sg.claim(around.format(number))
    assert str(claim) == around.format(number)
    assert DECIMALS[number] in claim._repr_latex_()
    assert str(pickle.loads(pickle.dumps(claim))) == str(claim)


def test_a_decimal_at_the_end_of_a_domain_is_one():
    claim = sg.claim("x < y", where=["x in (0.0001, 1.0507009873554805)", "y in {0.12345, 1/2}"])
    shown = " ".join((*to_where(claim.domain), *domain_latex(claim.domain)))
    for number in ("0.0001", "1.0507009873554805", "0.12345"):
        assert shown.count(number) == 2
    assert sg.claim("x < y", where=to_where(claim.domain)) == claim


def calls_of(name):
    """Calls of a function by its name, with all numbers of arguments, and none in the order of the alphabet."""
    arities = vocabulary.function(name).arities or (2, 3)
    return [f"{name}({', '.join(reversed('stuvwxyz'[:count]))})" for count in arities]


@pytest.mark.parametrize("text", [text for name in vocabulary.function_names() for text in calls_of(name)])
def test_every_function_is_shown_by_the_name_and_with_the_arguments_that_were_written(text):
    tree = parse_written(text)
    assert to_text(tree) == text
    shown = latex(tree)
    arguments = text.partition("(")[2].rstrip(")").split(", ")
    assert all(re.search(rf"(?<![a-z\\]){argument}(?![a-z])", shown) for argument in arguments)
    if text.partition("(")[0] in ("Max", "Min", "atan2", "silu", "real_root", "dirichlet_eta", "Mod"):
        places = [re.search(rf"(?<![a-z\\]){argument}(?![a-z])", shown).start() for argument in arguments]
        assert places == sorted(places)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("real_root(x, 3)**3 == x", True),
        ("real_root(x, 3) == cbrt(x)", False),
        ("real_root(-x, 5) == -real_root(x, 5)", True),
        ("real_root(x**2, 4) == sqrt(Abs(x))", True),
        ("real_root(-8, 3) == -2", True),
        ("real_root(x, 2)**2 == x", True),
        ("real_root(x, 3) >= 0", False),
        ("silu(x) == x*sigmoid(x)", True),
        ("diff(silu(x), x) == diff(swish(x), x)", True),
        ("hardswish(x) == silu(x)", False),
        ("arctan(x) == atan(x)", True),
        ("arctan(x) == acot(x)", False),
    ],
)
def test_what_has_two_names_is_judged_by_what_it_is_and_shown_by_the_one_that_was_written(text, holds):
    claim = sg.claim(text)
    assert (sg.verify(claim).holds, str(claim)) == (holds, text)
    assert sg.claim(str(claim)) == claim


def test_two_sides_that_came_as_one_expression_are_told():
    y = Symbol("y")
    alike = sg.claim(tanh(y).diff(y), "==", 1 - tanh(y) ** 2)
    assert str(sg.verify(alike)).startswith("PROVED, comparison; both sides are the same expression as given; write it")
    assert "same expression" not in str(sg.verify("1 - tanh(y)**2 == 1 - tanh(y)**2"))
    assert sg.verify(sg.claim(1 / y, "==", 1 / y)).holds is False

    def outcomes(start, **meant):
        steps = sg.equals(1 - tanh(y) ** 2, by="the slope", **meant)
        return [sg.verify(c).outcome.name for c in sg.Derivation("Slope", sg.chain(start, steps)).claims]

    assert outcomes(tanh(y).diff(y)) == ["UNINFORMATIVE"]
    assert outcomes(tanh(y).diff(y), is_meant=True) == outcomes(Derivative(tanh(y), y)) == ["PROVED"]


def test_symbols_of_which_nothing_is_assumed_are_real_and_indices_integers():
    y, k, m = Symbol("y"), Symbol("k"), Symbol("m")
    assert sg.claim(sqrt(y**2), "==", y, where=["y >= 0"]).domain.symbols == (sg.real("y"),)
    assert sg.verify(sg.claim(sqrt(y**2), "==", sympy.Abs(y))).holds
    assert sg.verify(sg.claim(sympy.Sum(k, (k, 1, m)), "==", m * (m + 1) / 2, where=["m integer", "m >= 1"])).holds
    z = Symbol("z", complex=True)
    assert sg.verify(sg.claim(sqrt(z**2), "==", z, where=["z != 0"])).holds is False


def test_a_tree_is_rebuilt_without_being_evaluated():
    tree = parse_written("x/x + Sum(k*x, (k, 1, x - x))")
    put_in = written.substituted(tree, {x: sympy.Integer(2)})
    assert str(put_in) == "2/2 + Sum(k*2, (k, 1, 2 - 2))"
    assert Tape(put_in, ())() == 1
    assert Tape(parse_written("x/x"), (x,))(fmpq(0)) is UNDEFINED
