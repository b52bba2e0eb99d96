"""Text as people paste it: signs of mathematics, conditions as SymPy prints them; and letters that look like others."""

import operator
import sys
import unicodedata

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Symbol

import symgrad as sg
from symgrad.base.errors import ParseError
from symgrad.language.statements import Domain
from symgrad.reading.text import letters, parse, parse_statement, parse_where, to_text
from symgrad.reading.vectors.reader import parse_equation

x, y = (Symbol(name, real=True) for name in "xy")

# Signs of mathematics, and what they are on the line.

SAME = {
    "x² + 2·x − 1": "x**2 + 2*x - 1",
    "x¹² ÷ 3 × y": "x**12/3*y",
    "x⁻¹ + 2⁺³": "x**-1 + 2**3",
    "xⁿ": "x**n",
    "2³ⁿ": None,
    "-x²": "-x**2",
    "2**x²": "2**x**2",
    "(x + 1)²": "(x + 1)**2",
    "√x + √2 + √(x + 1)²": "sqrt(x) + sqrt(2) + sqrt(x + 1)**2",
    "√(√x)": "sqrt(sqrt(x))",
    "√h₁·2": "sqrt(h_1)*2",
    "½*x + ¾": "x/2 + 3/4",
    "sin(π∕2)": "sin(pi/2)",
    "Sum(1∕k², (k, 1, ∞))": "Sum(1/k**2, (k, 1, oo))",
    "Integral(exp(−x²), (x, −∞, ∞))": "Integral(exp(-x**2), (x, -oo, oo))",
    "σ(x)·(1 − σ(x))": "sigmoid(x)*(1 - sigmoid(x))",
    "Γ(x) + ζ(2) + γ": "gamma(x) + zeta(2) + γ",
    "h₁ + wₜ + x₁₂": "h_1 + w_t + x_12",
    "Piecewise((x, (x > 0) & (x < 1)), (y, ~(x < 0) | Ne(y, 2)), (0, True))": (
        "Piecewise((x, And(x > 0, x < 1)), (y, Or(Not(x < 0), Ne(y, 2))), (0, True))"
    ),
    "Piecewise((x, (x ≥ 0) ∧ ¬(x = 1)), (0, True))": None,
    "Piecewise((x, (x ≥ 0) ∧ ¬(x ≠ 1)), (0, True))": "Piecewise((x, And(x >= 0, Not(x != 1))), (0, True))",
    "Piecewise((x, (x > 0) & (x < 1) & (y > 0)), (0, (x > 3) | (y > 3) & (x > 2)), (1, True))": (
        "Piecewise((x, And(x > 0, x < 1, y > 0)), (0, Or(x > 3, And(y > 3, x > 2))), (1, True))"
    ),
}


@pytest.mark.parametrize("text", SAME)
def test_a_text_with_signs_of_mathematics_is_read_as_it_is_written_on_the_line(text):
    if SAME[text] is None:
        with pytest.raises(ParseError):
            parse(text)
    else:
        assert parse(text) == parse(SAME[text])


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("0 ≤ σ(x) ≤ 1", "0 <= sigmoid(x) <= 1"),
        ("x ≠ π", "x != pi"),
        ("(x > 0) & (y >= x)", "And(x > 0, y >= x)"),
        ("~(x > 0)", "Not(x > 0)"),
        ("(x ⩾ 0) ∧ (y ⩽ 1)", "And(x >= 0, y <= 1)"),
    ],
)
def test_statements_too(text, same):
    assert parse_statement(text) == parse_statement(same)


@pytest.mark.parametrize("sign", letters.SIGNS)
def test_every_sign_stands_for_what_its_row_says(sign):
    meant = letters.SIGNS[sign]
    if meant in ("&", "|"):
        text = "Piecewise((1, (x > 0) {} (y > 0)), (0, True))"
    elif meant == "~":
        text = "Piecewise((1, {}(x > 0)), (0, True))"
    else:
        text = "x {} y" if meant in "*/-" else "Piecewise((1, x {} y), (0, True))"
    assert parse(text.format(sign)) == parse(text.format(meant))


@pytest.mark.parametrize("fraction", letters.FRACTIONS)
def test_every_fraction_is_the_number(fraction):
    assert parse(f"2**{fraction}*{fraction}") == 2 ** sympy.Rational(letters.FRACTIONS[fraction]) * sympy.Rational(
        letters.FRACTIONS[fraction]
    )


@pytest.mark.parametrize("letter", sorted(letters.GREEK - set(letters.CONSTANTS)))
def test_greek_letters_are_names_that_read_back(letter):
    assert parse(letter) == Symbol(letter, real=True)
    assert parse(to_text(parse(f"{letter}*x"))) == parse(f"{letter}*x")


def test_lambda_is_a_name():
    lamda = Symbol("lambda", real=True)
    assert parse("lambda*x + lambda**2") == lamda * x + lamda**2
    assert to_text(parse("exp(-lambda)")) == "exp(-lambda)"
    assert parse_where(["lambda > 0", "lambda in (0, 1)"])[0][0] == (lamda > 0)
    assert parse_where(["lambda integer"])[1] == {"lambda": Symbol("lambda", integer=True)}
    assert parse("lambda", {"lambda": y}) is y
    assert sg.verify(sg.claim("exp(-lambda) < 1", where=["lambda > 0"])).holds


def test_vector_formulas_have_the_same_signs():
    n, _ = sg.dims("n m")
    h, weight = sg.State("h", n), sg.Parameter("W", n, n)
    names = {"h": h, "W": weight}
    assert parse_equation("h[t] = σ(W @ h[t−1])", names) == parse_equation("h[t] = sigmoid(W @ h[t-1])", names)


UNCLEAR = {
    "x²**2": (3, "a power of a power needs brackets"),
    "sin²(x)": (4, "as in sin(x)²"),
    "σ²(x)": (2, "as in σ(x)²"),
    "√sin(x)": (1, "say how far the root reaches"),
    "√x²": (1, "say how far the root reaches"),
    "√x**2": (1, "say how far the root reaches"),
    "√": (1, "say how far the root reaches"),
    "x²ⁿ": (2, "this exponent is no number; write **(2n)"),
    "x²y": (3, "an operator is missing before 'y'"),
    "²": (1, "a value is missing before '²'"),
    "x½": (2, "an operator is missing before '½'"),
    "sin½": (4, "an operator is missing before '½'"),
    "2π": (2, "an operator is missing before 'π'"),
    "2√x": (2, "an operator is missing before '√'"),
    "x₁y": (1, "subscripts end it"),
    "₁": (1, "begins with a letter"),
    "_": (1, "begins with a letter"),
    "∞": (1, "oo is no number"),
    "x & y": (1, "stand in brackets"),
    "x > 0 & x < 1": (5, "stand in brackets"),
    "(x > 0) ~ (x < 1)": (9, "an operator is missing before '~'"),
    "|x|": (1, "Abs(x)"),
    "x || y": (3, "Or(a, b)"),
    "x = y": (3, "equality is written =="),
}


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_may_be_read_in_two_ways_is_refused(text):
    column, reason = UNCLEAR[text]
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert (caught.value.column, reason in caught.value.reason) == (column, True), str(caught.value)


FRAGMENTS = ["x²", "√x", "π", "½", "h₁", "x·y", "√(x)", "lambda", "σ(x)", "−2³", "(x)", "x⁻¹"]


@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6), st.sampled_from([" ", "", "\n"]))
def test_a_column_counts_the_letters_that_were_written(parts, gap):
    before = f"{gap}+{gap}".join(parts) + "+"
    with pytest.raises(ParseError, match="did you mean sin") as caught:
        parse(before + "sinn(x)")
    assert caught.value.column == len(before) + 1


# Conditions


def domain(*texts):
    conditions, symbols = parse_where(texts)
    return Domain.of(symbols.values(), conditions)


@pytest.mark.parametrize(
    ("pasted", "plain"),
    [
        (["(x > 0) & (x < 1)"], ["x in (0, 1)"]),
        (["(0 <= x) & (x < oo)"], ["x in [0, oo)"]),
        (["0 < x < oo"], ["x > 0"]),
        (["(-oo < x) & (x < -1) | (1 < x) & (x < oo)"], ["x in (-oo, -1) U (1, oo)"]),
        (["Ne(x, 0) & (x > -1)"], ["x > -1", "x != 0"]),
        (["Eq(x, 1) | Eq(x, -1)"], ["x in {-1, 1}"]),
        (["~(x < 0)"], ["x >= 0"]),
        (["~(0 < x < 1)"], ["x in (-oo, 0] U [1, oo)"]),
        (["~((x < 0) | (x > 1))"], ["x in [0, 1]"]),
        (["And(x > 0, Or(x < 1, x > 2))"], ["x in (0, 1) U (2, oo)"]),
        (["(x > 0) ∧ ¬(x ≥ 1)"], ["x in (0, 1)"]),
        (["(n < 0) | (n > 5)", "n integer"], ["n in (-oo, 0) U (5, oo)", "n integer"]),
        (["x ∈ (0, ∞) ∖ {½, 1}"], ["x > 0", "x != 1/2", "x != 1"]),
        (["t ∈ {−1, 1} ∪ [2, ∞)"], ["t in [-1, -1] U [1, 1] U [2, oo)"]),
        (["x ∈ ℝ"], ["x real"]),
        (["n ∈ ℤ", "n ≥ 1"], ["n integer", "n >= 1"]),
        (["z in Complexes"], ["z complex"]),
        (["x in Reals \\ {0}"], ["x != 0"]),
        (["h₁ > 0"], ["h_1 > 0"]),
        (["x in Interval.open(0, 1)"], ["x in (0, 1)"]),
        (["x in Union({2}, Interval.Ropen(-oo, 0), Interval.Lopen(0, 1))"], ["x in (-oo, 0) U (0, 1] U {2}"]),
        (["(x > 0) & (y > x)"], ["x > 0", "y > x"]),
    ],
)
def test_a_pasted_condition_makes_the_domain_that_it_describes(pasted, plain):
    assert domain(*pasted) == domain(*plain)


SETS = [
    sympy.Interval(-1, sympy.sqrt(2)),
    sympy.Interval.open(-sympy.oo, 0),
    sympy.Interval.Ropen(0, sympy.oo),
    sympy.FiniteSet(-1, sympy.Rational(1, 2), sympy.pi),
    sympy.S.Reals,
    sympy.Union(sympy.Interval(0, 1), sympy.Interval.Lopen(2, 3), sympy.FiniteSet(5)),
    sympy.S.Reals - sympy.FiniteSet(0, 1),
]


@pytest.mark.parametrize("values", SETS, ids=str)
def test_a_set_is_read_as_sympy_prints_it(values):
    assert domain(f"x in {values}").set_of(x) == values


@pytest.mark.parametrize(
    "condition",
    [
        sympy.And(x > 0, x < 1),
        sympy.Or(x < -1, sympy.And(x > 1, x < 2)),
        sympy.And(sympy.Ne(x, 0), x > -1),
        sympy.Or(sympy.Eq(x, 1), sympy.Eq(x, -1)),
        sympy.reduce_inequalities([x**2 > 1]),
        sympy.reduce_inequalities([x**2 < 2]),
        sympy.reduce_inequalities([1 / x > 0]),
    ],
    ids=str,
)
def test_a_condition_is_read_as_sympy_prints_it(condition):
    assert domain(str(condition)).set_of(x) == condition.as_set()


COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
JOINED = {"&": operator.and_, "|": operator.or_}
SIMPLE = st.tuples(st.sampled_from(list(COMPARED)), st.integers(-3, 3)).map(
    lambda part: (f"(x {part[0]} {part[1]})", lambda value: COMPARED[part[0]](value, part[1]))
)
NESTED = st.recursive(
    SIMPLE,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from("&|"), parts).map(
            lambda p: (f"({p[0][0]} {p[1]} {p[2][0]})", lambda value: JOINED[p[1]](p[0][1](value), p[2][1](value)))
        ),
        parts.map(lambda p: (f"~{p[0]}", lambda value: not p[1](value))),
    ),
    max_leaves=5,
)


@given(NESTED)
def test_conditions_hold_where_logic_says_so(condition):
    text, holds = condition
    try:
        values = domain(text).set_of(x)
    except (ParseError, sg.ClaimError):  # an empty domain
        values = sympy.S.EmptySet
    for twice in range(-8, 9):
        assert (values.contains(sympy.Rational(twice, 2)) == sympy.true) == holds(twice / 2)


# Letters that look like others

LOOK_ALIKES = {
    "х": "CYRILLIC SMALL LETTER HA; write x",
    "ΑΒ": "GREEK CAPITAL LETTER ALPHA; write A",
    "Ⅰ": "ROMAN NUMERAL ONE; write I",
    "ℯ": "SCRIPT SMALL E; write E for Euler's number, e for a variable",
    "ｘ": "FULLWIDTH LATIN SMALL LETTER X; write x",
    "𝑥": "MATHEMATICAL ITALIC SMALL X; write x",
    "𝐱": "MATHEMATICAL BOLD SMALL X; write x",
    "ﬁ": "LATIN SMALL LIGATURE FI; write fi",
    "ℎ": "PLANCK CONSTANT; write h",
    "ϵ": "GREEK LUNATE EPSILON SYMBOL; write ε",
    "\N{MICRO SIGN}": "MICRO SIGN; write μ",
    "\N{OHM SIGN}": "OHM SIGN; write Ω",
    "\N{KELVIN SIGN}": "KELVIN SIGN; write K",
    "ο": "GREEK SMALL LETTER OMICRON; write o",
    "ı": "LATIN SMALL LETTER DOTLESS I; write i",
    "٣": "ARABIC-INDIC DIGIT THREE",
    "＋": "FULLWIDTH PLUS SIGN; write +",
    "\N{ZERO WIDTH SPACE}": "ZERO WIDTH SPACE",
    "\N{RIGHT-TO-LEFT OVERRIDE}": "RIGHT-TO-LEFT OVERRIDE",
    "\N{COMBINING ACUTE ACCENT}": "COMBINING ACUTE ACCENT",
    "\x07": "U+0007",
}


@pytest.mark.parametrize("letter", LOOK_ALIKES)
def test_a_letter_that_looks_like_another_is_refused_by_its_name(letter):
    for text in (f"a + {letter}", f"a + {letter} + sin(", f"a + {letter}(x)"):
        with pytest.raises(ParseError) as caught:
            parse(text)
        assert (caught.value.column, LOOK_ALIKES[letter] in caught.value.reason) == (5, True), str(caught.value)


RANGES = [(0x80, 0x3000), (0xA640, 0xA7FF), (0xFB00, 0xFB50), (0xFE00, 0x10000), (0x1D400, 0x1D800), (0x1F100, 0x1F200)]
OTHERS = [*letters.SIGNS, *letters.SUPERSCRIPTS, *letters.FRACTIONS, *letters.CONSTANTS, letters.ROOT]


def test_no_letter_is_taken_for_another():
    """All that is neither white space nor listed is refused; a name that is read is kept as it is."""
    for start, stop in RANGES:
        for letter in map(chr, range(start, stop)):
            if letter.isspace() or letter in OTHERS:
                continue
            if letter in letters.NAME_LETTERS:
                name = f"a{letter}"
                assert parse(name) == Symbol(letters.on_the_line(name), real=True)
                assert unicodedata.normalize("NFKC", letters.on_the_line(name)) == letters.on_the_line(name)
            else:
                with pytest.raises(ParseError) as caught:
                    parse(f"1 + {letter}")
                assert caught.value.column == 5
                assert (unicodedata.name(letter, "") or f"U+{ord(letter):04X}") in caught.value.reason


@pytest.mark.parametrize(
    "name", ["NotImplemented", "Ellipsis", "None", "__debug__", "__a", "nan", "NaN", "zoo", "inf", "null", "true"]
)
def test_names_that_are_values_elsewhere_are_refused(name):
    for read in (parse, parse_statement, lambda text: parse_where([f"{text} > 0"])):
        with pytest.raises(ParseError) as caught:
            read(name)
        assert caught.value.column == 1
        assert name in caught.value.reason


def test_the_refusal_depends_on_the_text_alone():
    texts = ["x + х", "Piecewise((1, x & y), (0, True))", "sin(x) + sinn(y)", "x² + √", "a + NotImplemented", "9**9**9"]

    def refusals():
        for text in texts:
            with pytest.raises(ParseError) as caught:
                parse(text)
            yield str(caught.value)

    first = list(refusals())
    sympy.core.cache.clear_cache()
    assert list(refusals()) == first
    assert sys.getprofile() is None
