"""Claims from SymPy objects, from text, from TOML and JSON files."""

import json
from dataclasses import FrozenInstanceError

import pytest
import sympy
from sympy import Interval, Rational, S, Symbol, tanh

from symgrad.base.errors import ClaimError, ParseError
from symgrad.checking.claim_files import load_claims
from symgrad.claims.claim import Claim, claim
from symgrad.claims.extrema import extremum, infimum, maximum, minimum, supremum
from symgrad.language.provable import provable
from symgrad.language.statements import Conjunction, Domain, Extremum, ExtremumKind, Relation
from symgrad.prove import verify
from symgrad.reading.text import parse_statement, to_where

x, y = Symbol("x", real=True), Symbol("y", real=True)
T = Symbol("T", integer=True)


def meant(made):
    """What a claim says to provers, whether it came as text or as objects."""
    return [provable(side) for side in made.statement.expressions], made.domain


def test_text_and_sympy_objects_make_claims_of_one_meaning():
    made = claim(tanh(x) ** 2, "<=", 1, where=[x > 0])
    assert made == Claim(Relation(tanh(x) ** 2, "<=", S.One), Domain.of([x], [x > 0]))
    assert meant(made) == meant(claim("tanh(x)**2 <= 1", where=["x > 0"]))
    assert claim("tanh(x)**2 <= 1", where=["x > 0"]) == claim("tanh(x)**2", "<=", "1", where="x > 0")


def test_variables_are_real_and_range_over_the_whole_line_unless_something_else_is_said():
    domain = claim("x**T*z == y", where=["T integer", "T >= 1", "z complex", "y in (0, 1)"]).domain
    assert domain.as_dict() == {
        x: S.Reals,
        y: Interval.open(0, 1),
        T: sympy.Range(1, sympy.oo),
        Symbol("z", complex=True): S.Complexes,
    }
    assert to_where(claim("x <= y", where=["x < y"]).domain) == ("x in (-oo, oo)", "y in (-oo, oo)", "x < y")


def test_a_chain_of_relations_is_one_claim():
    assert isinstance(claim("0 < x < 1", where=["x in (0, 1)"]).statement, Conjunction)


def test_id_and_source_are_no_part_of_what_is_claimed():
    assert claim("x == x", id="one", source="page 1") == claim("x == x")
    assert claim("x == x", expect="refuted") != claim("x == x")
    assert claim("x == x").named("new").id == "new"


def test_a_claim_does_not_change():
    with pytest.raises(FrozenInstanceError):
        claim("x == x").expect = "refuted"


@pytest.mark.parametrize("make", [maximum, minimum, supremum, infimum])
def test_extrema_from_objects_and_from_text_are_equal(make):
    made = make(x * y, x, Rational(1, 4), at=y, where=["y > 0"])
    assert meant(made) == meant(make("x*y", x, "1/4", at="y", where=["y > 0"]))
    assert meant(made) == meant(claim(f"{make.__name__}(x*y, x, y) == 1/4", where=["y > 0"]))
    assert made == extremum(ExtremumKind(make.__name__), x * y, x, Rational(1, 4), at=y, where=[y > 0])
    assert made.statement == Extremum(ExtremumKind(make.__name__), x * y, x, Rational(1, 4), y)


@pytest.mark.parametrize(
    "made",
    [
        claim("x/x == 1"),
        claim("x/x", "==", 1),
        claim(1, "==", "log(x) - log(x) + 1"),
        maximum("x/x", x, 1),
    ],
)
def test_what_the_text_divides_by_must_be_defined_even_if_it_cancels(made):
    assert verify(made).outcome.name == "REFUTED"


def test_variables_that_cancelled_still_belong_to_the_domain():
    assert claim("y/y == 1").domain.symbols == (y,)


def test_a_claim_prints_as_text_that_reads_back():
    made = claim("diff(sigmoid(x), x) == (1 - sigmoid(x))*sigmoid(x)")
    assert parse_statement(str(made)) == made.statement


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("x +",), {}, "something must follow"),
        (("x == 1",), {"where": ["x in (0"]}, "a set is written as intervals"),
        (("x == 1",), {"where": ["x < 0", "x > 0"]}, "the domain is empty"),
        (("n >= 1",), {"where": ["n integer", "n >= sin(1)**2 + cos(1)**2"]}, "write its end as a plain number"),
        (("x == 1",), {"expect": "true"}, 'expect must be "holds" or "refuted"'),
        (("x + 1",), {}, "a statement has a relation"),
        ((x,), {}, "a claim needs two sides"),
        ((x, "=="), {}, "needs both and a relation"),
        ((x, None, 1), {}, "needs both and a relation"),
        ((x, "=", 1), {}, "a relation is one of"),
        ((x, "==", 0.5), {}, "a float is no exact number"),
        ((x + 0.5, "==", 1), {}, "a float is no exact number"),
        ((x, "==", None), {}, "needs both and a relation"),
        ((x, "==", [1]), {}, "an integer or text; got list"),
        ((x, "==", True), {}, "an integer or text; got bool"),
        (("x == 1", "==", 1), {}, "this is a statement"),
    ],
)
def test_what_claims_nothing_is_refused_in_one_line(arguments, options, message):
    with pytest.raises((ParseError, ClaimError), match=message) as caught:
        claim(*arguments, **options)
    assert "\n" not in str(caught.value)


# Files

ENTRIES = [
    {"id": "square", "says": "x**2 >= 0", "source": "page 1"},
    {"says": "1/x == x", "where": ["x in (0, oo)"], "expect": "refuted"},
]
TOML = """
[[claim]]
id = "square"
says = "x**2 >= 0"
source = "page 1"

[[claim]]
says = '''
1/x
== x'''
where = ["x in (0, oo)"]
expect = "refuted"
"""


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def test_toml_and_json_hold_the_same_claims(tmp_path):
    from_toml = load_claims(written(tmp_path, "claims.toml", TOML))
    from_json = load_claims(written(tmp_path, "claims.json", json.dumps({"claim": ENTRIES})))
    expected = (claim("x**2 >= 0"), claim("1/x == x", where=["x in (0, oo)"], expect="refuted"))
    assert from_toml == expected
    assert from_json == expected
    for claims in (from_toml, from_json):
        assert [(c.id, c.source) for c in claims] == [("square", "page 1"), ("claim-2", "")]


def test_a_file_of_many_claims_is_read_soon(tmp_path):
    entries = [{"says": "x == x", "id": str(number)} for number in range(2_000)]
    assert len(load_claims(written(tmp_path, "claims.json", json.dumps({"claim": entries})))) == 2_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("claims.yaml", "", "claims are read from .toml and .json files"),
        ("claims.toml", "[[claim", "not TOML"),
        ("claims.toml", "", r"no claims; each is a table \[\[claim\]\]"),
        ("claims.json", "{", "not JSON"),
        ("claims.json", "[" * 100_000, "not JSON"),
        ("claims.json", "[]", "no claims"),
        ("claims.json", '{"claim": []}', "no claims"),
        ("claims.json", '{"claim": "x == 1"}', "no claims"),
        ("claims.json", '{"claim": ["x == 1"]}', "claim 1: must be a table with a field says; got str"),
        ("claims.json", '{"claim": [{}]}', "claim 1: the field says is missing"),
        ("claims.json", '{"claim": [{"says": 1}]}', "claim 1: says must be text; got 1"),
        ("claims.json", '{"claim": [{"says": "x == 1", "where": "x > 0"}]}', "where must be a list of texts"),
        ("claims.json", '{"claim": [{"says": "x == 1", "where": [1]}]}', "where must be a list of texts"),
        ("claims.json", '{"claim": [{"says": "x == 1", "says_": ""}]}', "unknown field 'says_'; known are id, says"),
        (
            "claims.json",
            '{"claim": [{"says": "x == 1"}, {"says": "x ="}]}',
            r"claim 2: .*column 3: equality",
        ),
        ("claims.json", '{"claim": [{"says": "x == 1", "id": "a", "expect": "no"}]}', r"claim 1 \(a\): expect must be"),
        ("claims.json", '{"claim": [{"says": "x == 1", "id": "a"}, {"says": "x == 2", "id": "a"}]}', "the id 'a'"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_place(tmp_path, name, content, message):
    path = written(tmp_path, name, content)
    with pytest.raises(ClaimError, match=message) as caught:
        load_claims(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ClaimError, match=r"nowhere\.toml: No such file"):
        load_claims(tmp_path / "nowhere.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ClaimError, match="not TOML"):
        load_claims(path)
