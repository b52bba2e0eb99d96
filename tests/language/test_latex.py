"""Formulas: statements as a paper prints them, in LaTeX and in MathML, whatever names they hold."""

import logging
from xml.etree import ElementTree

import pytest
import sympy
from sympy import Derivative, Function, IndexedBase, Integral, MatrixSymbol, Piecewise, Product, Sum, Symbol, symbols

import symgrad as sg
from symgrad.documents.formats.html import mathml
from symgrad.documents.tree.rows import width
from symgrad.language.latex import bound_symbols, domain_latex, statement_latex
from symgrad.reading.text import parse_written, vocabulary
from symgrad.symbols.notation import latex

x, y = symbols("x y", real=True)
n, k = symbols("n k", integer=True)
f = Function("f")
A = MatrixSymbol("A", 2, 2)

STATEMENTS = {
    "x == y": "x = y",
    "x != y": r"x \neq y",
    "x < y": "x < y",
    "x <= y": r"x \leq y",
    "x > y": "x > y",
    "x >= y": r"x \geq y",
    "0 < x < 1": "0 < x < 1",
    "0 <= x < 1": r"0 \leq x < 1",
    "maximum(sin(x), x) == 1": r"\max_{x \in \mathbb{R}} \sin{\left(x \right)} = 1",
    "supremum(sin(x) + x, x) == 1": r"\sup_{x \in \mathbb{R}} \left(\sin{\left(x \right)} + x\right) = 1",
    "minimum(cos(x), x) == -1": r"\min_{x \in \mathbb{R}} \cos{\left(x \right)} = -1",
    "infimum(exp(x), x) == 0": r"\inf_{x \in \mathbb{R}} e^{x} = 0",
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements_are_set_as_papers_set_them(text):
    claim = sg.claim(text)
    assert STATEMENTS[text] == statement_latex(claim.statement, claim.domain)


def test_an_extremum_says_where_it_is_attained_and_over_which_values():
    claim = sg.maximum(x**2, x, 4, at=-2, where=["-2 <= x", "x <= 1"])
    expected = r"\max_{x \in \left[-2, 1\right]} x^{2} = 4\quad\text{at } x = -2"
    assert expected == statement_latex(claim.statement, claim.domain)
    assert domain_latex(claim.domain, bound_symbols(claim.statement)) == ()


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ([], ()),
        (["x > 0"], ("x > 0",)),
        (["x != 0"], (r"x \neq 0",)),
        (["x in [0, 1)"], (r"x \in \left[0, 1\right)",)),
        (["x in (-oo, -1) U (1, oo)"], (r"x \in \left(-\infty, -1\right) \cup \left(1, \infty\right)",)),
        (["x integer"], (r"x \in \mathbb{Z}",)),
        (["x complex"], (r"x \in \mathbb{C}",)),
        (["x < y"], ("x < y",)),
    ],
)
def test_a_domain_is_shown_unless_it_is_the_whole_line(where, shown):
    claim = sg.claim("x + y == y + x" if where == ["x < y"] else "x + 1 == 1 + x", where=where)
    assert shown == domain_latex(claim.domain)


PRINTED = [
    Derivative(f(x), x), Derivative(f(x, y), x, y), Derivative(f(x), x) ** 2,
    sympy.exp(-x) / (1 + sympy.exp(-x)) ** 2, Piecewise((x, x > 0), (0, True)),
    sympy.exp(Piecewise((x, x > 0), (0, True))),
    sympy.floor(x), sympy.ceiling(x), sympy.sqrt(x), sympy.root(x, 3), x ** sympy.Rational(-1, 2),
    Sum(f(k), (k, 1, n)), Sum(f(k), (k, 1, n), (n, 1, 5)), Product(f(k), (k, 1, n)), Product(x, (k, 1, n), (n, 1, 3)),
    Integral(f(x), x), Integral(f(x, y), (x, 0, 1), (y, -sympy.oo, sympy.oo)), sympy.Limit(f(x), x, sympy.oo),
    sympy.log(x), sympy.sin(x) ** 2, sympy.cosh(x) ** -2, sympy.acosh(x), sympy.atan2(y, x), sympy.Abs(x),
    sympy.Max(x, y),
    sympy.Mod(x, y), sympy.Heaviside(x), sympy.erf(x), sympy.erfinv(x), sympy.gamma(x), sympy.uppergamma(x, y),
    sympy.polygamma(2, x), sympy.beta(x, y), sympy.zeta(x), sympy.polylog(n, x), sympy.LambertW(x, n), sympy.Ei(x),
    sympy.airyai(x), sympy.besselj(n, x) ** 2, sympy.hankel1(n, x), sympy.elliptic_e(x, y), sympy.hyper([1], [2], x),
    sympy.Eq(x, y), sympy.And(x > 0, y > 0), sympy.Not(sympy.Or(x > 0, y > 1), evaluate=False),
    sympy.S.Reals, sympy.Interval.open(0, sympy.oo), sympy.FiniteSet(1, 2), sympy.Range(1, sympy.oo), sympy.S.EmptySet,
    sympy.ConditionSet(x, x > 0, sympy.S.Reals), sympy.ImageSet(sympy.Lambda(n, n * sympy.pi), sympy.S.Integers),
    sympy.oo, sympy.zoo, sympy.nan, sympy.pi, sympy.I, sympy.EulerGamma, sympy.true,
    sympy.Float("1e-300"), sympy.Integer(10) ** 60,
    sympy.Matrix([[x, 1], [0, y]]), A.T * A, sympy.HadamardProduct(A, A), sympy.Inverse(A), sympy.Identity(n),
    Symbol("h_t"), Symbol("h_{t-1}"), Symbol("alpha_1"), IndexedBase("h")[k - 1], sympy.Subs(f(x, y), (x, y), (0, 1)),
    sympy.Lambda(x, x**2), sympy.factorial(n), sympy.binomial(n, k), sympy.KroneckerDelta(n, k), sympy.Tuple(x, y),
]  # fmt: skip


@pytest.mark.parametrize("display", [False, True], ids=["inline", "display"])
@pytest.mark.parametrize("expression", PRINTED + [row.definition for row in sg.ACTIVATIONS.values()], ids=str)
def test_whatever_sympy_prints_of_our_field_becomes_mathml(expression, display):
    element = ElementTree.fromstring(mathml(latex(expression), display))
    assert element.tag == "{http://www.w3.org/1998/Math/MathML}math"
    assert element.get("displaystyle") == ("true" if display else None)
    assert "\\" not in "".join(element.itertext())


def test_what_mathml_cannot_say_is_shown_as_code_with_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        assert mathml(r"\unheard{<x>}") == r'<code class="tex">\unheard{&lt;x&gt;}</code>'
    assert "unheard" in caplog.text


@pytest.mark.parametrize(
    "tex", ["{", "}", r"\frac{1}", r"\left(", "&", r"\begin{cases}", r"\end{cases}", "x^", "_", "€", r"\\"]
)
def test_broken_latex_never_stops_a_document(tex):
    assert mathml(tex).startswith(("<math", "<code"))


STRANGE = {
    "<script>alert(1)</script>": r"\text{\textless{}script\textgreater{}alert(1)\textless{}/script\textgreater{}}",
    r"\input{/etc/passwd}": r"\text{\textbackslash{}input\{/etc/passwd\}}",
    "^^5cinput": r"\text{\textasciicircum{}\textasciicircum{}5cinput}",
    "$": r"\text{\$}",
    "100%": r"\text{100\%}",
    "a&b#c_d~e": r"\text{a\&b\#c\_d\textasciitilde{}e}",
    "}{": r"\text{\}\{}",
    "two words": r"\text{two words}",
    "_x": r"\text{\_x}",
    "a\nb\tc": r"\text{a b c}",
    "ж": r"\text{ж}",
}


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize(
    "make",
    [Symbol, lambda name: MatrixSymbol(name, 2, 2), sympy.Dummy, sympy.Wild],
    ids=["Symbol", "Matrix", "Dummy", "Wild"],
)
def test_strange_names_come_out_as_text(name, make):
    assert STRANGE[name] == latex(make(name))
    shown = ElementTree.fromstring(mathml(latex(make(name))))
    assert " ".join(name.split()) == "".join(shown.itertext())


@pytest.mark.parametrize("name", STRANGE)
def test_strange_names_of_functions_come_out_as_text(name):
    assert latex(Function(name)(x)) == STRANGE[name] + r"{\left(x \right)}"
    assert latex(IndexedBase(name)[1]) == f"{{{STRANGE[name]}}}_{{1}}"


@pytest.mark.parametrize(
    ("name", "tex"),
    [("x_t", "x_{t}"), ("h_{t-1}^{T}", "h_{t-1}^{T}"), ("theta1", r"\theta_{1}"), ("x'", "x'"), ("σ", "σ")],
)
def test_names_of_the_field_keep_their_scripts(name, tex):
    assert latex(Symbol(name)) == tex


# A space between a factor and a name of several letters


def pieces_of(tex):
    """The elements of MathML in order, spaces as blanks."""
    root = ElementTree.fromstring(mathml(tex))
    return "".join(" " if part.tag.endswith("mspace") else (part.text or "").strip() for part in root.iter())


WORDS = [n for n in vocabulary.function_names() if 1 in (vocabulary.function(n).arities or ())]


@pytest.mark.parametrize("name", WORDS)
def test_a_function_of_several_letters_stands_apart_from_the_factor_before_it(name):
    first = next(
        part for part in ElementTree.fromstring(mathml(latex(parse_written(f"{name}(x)")))).iter() if part.text
    )
    shown = pieces_of(latex(parse_written(f"y*{name}(x)*2*z")))
    if first.tag.endswith("mi") and len(first.text) > 1:
        assert shown.startswith(f"y {first.text}")
    assert "\\" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("y*log(z)", "y log"),
        ("-log(z)", "−log"),
        ("y + log(z)", "+log"),
        ("x*tanh(x)*sin(x)", ") sin"),
        ("x*sin(x)**2", "x sin2"),
        ("2*target*x", "2 target x"),
        ("log(x)*target", ") target"),
        ("target*(x + 1)", "target("),
        ("Max(x, y)", "max("),
    ],
)
def test_names_are_set_as_one_word(text, shown):
    assert shown in pieces_of(latex(parse_written(text))).replace("\u2061", "")


def test_max_and_min_have_the_spaces_of_functions():
    for text in ("x*Max(x, y)", "x + Min(x, y)"):
        root = ElementTree.fromstring(mathml(latex(parse_written(text))))
        (word,) = (part for part in root.iter() if part.text in ("max", "min"))
        assert (word.get("rspace"), word.get("lspace")) == ("0", "0.167em" if "Max" in text else "0")


@pytest.mark.parametrize(
    ("name", "tex"),
    [
        ("target", r"\mathrm{target}"),
        ("loss_t", r"\mathrm{loss}_{t}"),
        ("alpha", r"\alpha"),
        ("hbar", r"\hbar"),
        ("dW", "dW"),
        ("h_out", r"h_{\mathrm{out}}"),
        ("A_log", r"A_{\mathrm{log}}"),
        ("W_hx", "W_{hx}"),
        ("a_Delta", r"a_{\Delta}"),
    ],
)
def test_a_word_is_no_product_of_its_letters(name, tex):
    assert latex(Symbol(name)) == tex


def test_a_function_named_by_a_word_is_no_symbol():
    assert latex(sympy.sin(Symbol("x"))) == r"\sin{\left(x \right)}"


@pytest.mark.parametrize(
    ("tex", "letters"),
    [(r"\log{\left(x \right)}", 6), (r"\mathrm{target} \log{x}", 10), (r"a \leq b", 3), (r"\max\left(x, y\right)", 8)],
)
def test_the_width_of_a_formula_counts_the_letters_of_names(tex, letters):
    assert width(tex) == letters


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("atan2(y, x)**2", r"\operatorname{atan2}^{2}\left(y, x\right)"),
        ("erf2(y, x)", r"\operatorname{erf2}\left(y, x\right)"),
        ("riemann_xi(x)", r"\xi\left(x\right)"),
        ("hermite_prob(n, x)**2", r"\operatorname{He}_{n}^{2}\left(x\right)"),
    ],
)
def test_the_name_of_a_function_is_no_letter_with_a_subscript(text, tex):
    assert latex(parse_written(text)) == tex
