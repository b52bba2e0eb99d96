"""Words and signs of other systems: refused, each with what is written here instead."""

import pytest

import symgrad as sg
from symgrad.base.errors import ClaimError, ParseError
from symgrad.reading.text import elsewhere, parse_statement, parse_where, parse_written, vocabulary


def refusal(text, read=parse_statement):
    with pytest.raises(ParseError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(("word", "ours"), sorted(elsewhere._NAMES.items()))
def test_a_word_of_others_is_told_with_ours(word, ours):
    assert vocabulary.is_function(ours)
    assert not vocabulary.is_function(word), "it needs no hint"
    for text in (word, *([word.upper(), word.capitalize()] if len(word) > 1 else ())):
        if vocabulary.is_function(text):  # as Max is
            continue
        said = refusal(f"1 + {text}(x, y) == 0")
        assert said.column == 5
        assert f"{text} is not a known function; did you mean {ours}?" in said.reason or text.lower() != word
        assert said.reason.endswith(f"Write {elsewhere.FORMS[ours]}" if ours in elsewhere.FORMS else f"{ours}?")


@pytest.mark.parametrize(("word", "instead"), sorted(elsewhere._INSTEAD.items()))
def test_what_has_no_word_here_is_told_with_how_it_is_written(word, instead):
    assert refusal(f"1 + {word}(x, y) == 0").reason == f"{word} is not a known function; write {instead}"


@pytest.mark.parametrize("form", sorted(elsewhere.FORMS.values()))
def test_the_forms_that_hints_name_are_read(form):
    for part in form.split(" of several values, ") if " for " in form else [form]:
        text = part.partition(" for ")[0]
        if text.startswith("Rational"):
            text = "Rational(1, 2)"
        if text.startswith(("root", "real_root")):
            text = text.replace("n", "3")
        (parse_statement if "==" in text else parse_written)(text)


SIGNS = {
    "x => 0": (3, "at least is written >="),
    "x =< 0": (3, "at most is written <="),
    "x <> 0": (3, "unequal is written !="),
    "x === 0": (3, "equality is written =="),
    "x !== 0": (3, "unequal is written !="),
    "x := 0": (3, "equality is written =="),
    "x = 0": (3, "equality is written =="),
    "x -> 0": (3, "a limit is written Limit(f, x, a)"),
    "Limit(f, x -> 0) == 1": (12, "a limit is written Limit(f, x, a)"),
    "hyper([1], [2], x) == 1": (1, "hyper is not a known function; write hyp0f1(b, z)"),
    "x + meijerg([[1], []], [[], []], x) == 1": (5, "Meijer's G is not known"),
    "f([1, 2]) == 1": (3, "a list is not part of a formula"),
    "Max([1, 2]) == 2": (5, "a list is not part of a formula"),
    "x[1] == 1": (2, "subscripts are not part of a formula; write x_1"),
    "Sin[x] == 1": (4, "f(x) for a function of x"),
    "inf(f, x) == 1": (1, "infimum(f, x) == c"),
}


@pytest.mark.parametrize("text", SIGNS)
def test_a_sign_of_others_is_told_with_ours(text):
    said = refusal(text)
    assert (said.column, SIGNS[text][1] in said.reason) == (SIGNS[text][0], True), str(said)


@pytest.mark.parametrize("text", ["x => 0", "x =< 0", "x <> 0"])
def test_and_so_in_conditions(text):
    assert "written" in refusal(text, lambda t: parse_where([t])).reason


@pytest.mark.parametrize("text", ["x>=-1", "x<-1", "x<=-y", "2>-x", "x**-1<1", "x!=-1", "x==-1"])
def test_signs_that_stand_side_by_side_are_still_two(text):
    parse_statement(text)


# Ends of sums and products


@pytest.mark.parametrize("end", ["3/2", "0.5", "pi", "sqrt(2)", "-1/3", "1e-1", "I", "7/2 - 1"])
@pytest.mark.parametrize("text", ["Sum(k, (k, 1, {})) == 1", "Product(k, (k, {}, 3)) == 1"])
def test_an_end_that_is_certainly_no_whole_number_is_refused(text, end):
    said = refusal(text.format(end))
    assert said.column == text.index("{") + 1 or end == "7/2 - 1"
    kind = text.partition("(")[0]
    assert said.reason.startswith(f"the index of {kind} runs over whole numbers, and {end} is none")


@pytest.mark.parametrize("end", ["4/2", "2.0", "floor(5/2)", "N", "x", "oo", "1e1", "7/2 - 1/2", "sqrt(4)", "x/2"])
def test_an_end_that_is_whole_or_may_be_is_read(end):
    parse_statement(f"Sum(1/k**2, (k, 1, {end})) <= 2")


def test_ends_of_integrals_may_be_any_number():
    parse_statement("Integral(x, (x, 1/2, pi)) == 1")


# Powers of complex numbers are numbers, however many terms they would have


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Abs((1 + I)**500) == 2**250", True),
        ("re((1 + I)**1001) == 2**500", None),
        ("re((1 + I)**1000) == 2**500 + 1", False),
        ("im((3/7 + 22*I/5)**300) == 0", False),
        ("arg((1 + I)**801) == pi/4", True),
    ],
)
def test_a_power_of_a_complex_fraction_is_a_number(text, holds):
    assert sg.verify(sg.claim(text)).holds in ((True, None) if holds is None else (holds,))


@pytest.mark.parametrize(
    ("text", "what"), [("re((1 + x*I)**300) == 0", "something"), ("re((sqrt(2) + I)**300) == 0", "a number")]
)
def test_what_has_too_many_terms_is_called_what_it_is(text, what):
    assert f"re of {what} that has more than 200 terms" in refusal(text).reason


# Conditions in messages are written as they are in text


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (["T == 1/2"], "T == 1/2"),
        (["T > 2", "T < 1"], "no T satisfies T > 2 and T < 1"),
        (["T in {1, 2}", "T == 3"], "T in {1, 2} and T == 3"),
    ],
)
def test_an_empty_domain_is_told_in_our_language(where, said):
    for text in ("2**T == 1", "norm(A)**T == 1"):
        conditions = ["T integer", *where, *(["A matrix (n, n)"] if "A" in text else [])]
        with pytest.raises((ClaimError, ParseError)) as caught:
            sg.claim(text, where=conditions)
        assert said in str(caught.value)
        assert "Eq(" not in str(caught.value)
