"""Domains as text: what is written reads back to the same domain."""

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Symbol

import symgrad as sg
from symgrad.base.errors import ClaimError
from symgrad.language.statements import Domain
from symgrad.reading.text import parse_where, to_where


def read(texts):
    conditions, symbols = parse_where(texts)
    return Domain.of(symbols.values(), conditions)


NUMBERS = st.sampled_from(["-7", "-1", "-1/3", "0", "1/2", "1", "sqrt(2)", "2", "E", "3", "pi", "10", "10**20"])
ENDS = st.tuples(st.sampled_from("(["), NUMBERS, NUMBERS, st.sampled_from(")]"))
INTERVALS = st.one_of(
    ENDS.map(lambda parts: f"{parts[0]}{parts[1]}, {parts[2]}{parts[3]}"),
    NUMBERS.map(lambda end: f"(-oo, {end})"),
    NUMBERS.map(lambda end: f"[{end}, oo)"),
)
OPERATORS = st.sampled_from(["<", "<=", ">", ">=", "!=", "=="])
ABOUT_ONE = st.one_of(
    st.lists(INTERVALS, min_size=1, max_size=3).map(lambda parts: f"v in {' U '.join(parts)}"),
    st.tuples(OPERATORS, NUMBERS).map(lambda parts: f"v {parts[0]} {parts[1]}"),
)


def same(one, other):
    """Whether two domains hold the same points; SymPy has several forms for the same set of integers."""
    if [s for s, _ in one.sets] != [s for s, _ in other.sets] or one.conditions != other.conditions:
        return False
    pairs = ((values, other.set_of(symbol)) for symbol, values in one.sets)
    return all(v == w or all(v.contains(n) == w.contains(n) for n in INTEGERS) for v, w in pairs)


# Every end of an interval that is drawn below lies among these, with its neighbours.
INTEGERS = [sympy.Integer(n) for n in (-(10**30), *range(-12, 13), *range(10**20 - 1, 10**20 + 2))]


@settings(max_examples=150)
@given(st.sampled_from([[], ["v integer"], ["v real"], ["v complex"]]), st.lists(ABOUT_ONE, min_size=1, max_size=3))
def test_conditions_on_one_variable_read_back(kind, texts):
    try:
        domain = read([*kind, *texts])
    except (sg.ParseError, ClaimError):
        return  # an empty domain, or an interval with its ends the wrong way round
    back = read(to_where(domain))
    assert back == domain or (kind == ["v integer"] and same(back, domain))


@pytest.mark.parametrize(
    ("texts", "written"),
    [
        (["x real"], ("x in (-oo, oo)",)),
        (["T integer"], ("T integer",)),
        (["T integer", "T >= 1", "T != 5"], ("T integer", "T in [1, oo)", "T != 5")),
        (["z complex", "z != 0"], ("z complex", "z != 0")),
        (["x == pi"], ("x == pi",)),
        (["k integer", "T integer", "1 <= k < T"], ("T integer", "k integer", "k in [1, oo)", "k < T")),
        (["x in [0, 0] U (1, 2]"], ("x in [0, 0] U (1, 2]",)),
    ],
)
def test_domains_are_written_in_a_fixed_form(texts, written):
    assert set(to_where(read(texts))) == set(written)
    assert read(written) == read(texts)


def test_assumptions_that_no_text_can_say_are_refused():
    with pytest.raises(ClaimError, match=r'declare it real, integer or complex, and say the rest .* "w > 0"'):
        to_where(Domain.of([Symbol("w", positive=True)]))
    with pytest.raises(ClaimError, match="Rationals"):
        to_where(Domain.of([], [sympy.Contains(Symbol("x", real=True), sympy.S.Rationals)]))


@pytest.mark.parametrize(
    ("where", "values", "conditions"),
    [
        (["n != 3"], "Integers", ["Ne(n, 3)"]),
        (["n >= 0", "n != 3"], "Range(0, oo, 1)", ["Ne(n, 3)"]),
        (["n >= 0", "n != 0", "n != 1", "n != 5"], "Range(2, oo, 1)", ["Ne(n, 5)"]),
        (["n in [0, 9]", "n != 9"], "Range(0, 9, 1)", []),
        (["n in {3, 4}", "n != 3"], "{4}", []),
    ],
)
def test_integers_with_a_gap_are_those_without_it_and_a_condition(where, values, conditions):
    domain = sg.claim("n == n", where=["n integer", *where]).domain
    assert str(domain.sets[0][1]) == values
    assert [str(c) for c in domain.conditions] == conditions
