"""A condition that is about no symbol of a claim, and names that nearly are those of others."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import symgrad as sg
from symgrad.base.near_names import is_near
from symgrad.cli.commands import cli

NEAR = [
    ("T", "t"),
    ("alhpa", "alpha"),
    ("lamda", "lambda"),
    ("λ", "lamda"),
    ("h_1", "h1"),
    ("omega", "omeg"),
    ("Beta", "beta"),
]
FAR = [("x", "y"), ("x1", "x2"), ("x", "x1"), ("w", "v"), ("h_1", "h_2"), ("w11", "w12"), ("a", "alpha"), ("ab", "ac")]


@pytest.mark.parametrize("pair", NEAR)
def test_a_condition_on_another_spelling_asks_what_was_meant(pair):
    for meant, written in (pair, pair[::-1]):
        verdict = sg.verify(sg.claim(f"{meant}**2 >= 0", where=[f"{written} > 0"]))
        assert verdict.holds
        assert f"the condition on {written} is about no symbol of the claim; did you mean {meant}?" in verdict.evidence
        assert is_near(*pair)


@pytest.mark.parametrize("pair", FAR)
def test_other_names_are_no_slips(pair):
    assert not is_near(*pair)
    for meant, written in (pair, pair[::-1]):
        assert "did you mean" not in sg.verify(sg.claim(f"{meant}**2 >= 0", where=[f"{written} > 0"])).evidence


@pytest.mark.parametrize(
    ("says", "where"),
    [
        ("x**2 >= 0", []),
        ("x1 < x2", ["x1 < 0", "x2 > 0"]),
        ("x < b", ["x < a", "a < b"]),  # tied to it by way of another
        ("Sum(k, (k, 1, T)) == T*(T + 1)/2", ["T integer", "T >= 1", "k integer"]),
        ("t*T == T*t", ["T integer", "t > 0"]),
        ("w*W == W*w", ["w > 0"]),
        ("x/x == 1", ["x > 0"]),
        ("0*x == 0", ["x > 0"]),
        ("alpha1 + alpha2 == alpha2 + alpha1", ["alpha1 > 0"]),
        ("maximum(x*(1 - x), x) == 1/4", ["x in [0, 1]"]),
    ],
)
def test_conditions_on_what_is_there_are_no_slips(says, where):
    assert sg.claim(says, where=where).remarks == ()


def test_two_spellings_in_one_claim_are_asked_about():
    (remark,) = sg.claim("alpha + alhpa > 0", where=["alpha > 0"]).remarks
    assert remark == "alpha and alhpa are two symbols; did you mean one?"


def test_a_kind_of_number_for_no_symbol_is_told():
    assert sg.claim("n >= 0", where=["N integer"]).remarks == (
        "the condition on N is about no symbol of the claim; did you mean n?",
    )
    assert sg.claim("x >= 0", where=["N integer"]).remarks == ("the condition on N is about no symbol of the claim",)


def test_a_step_of_a_chain_need_not_speak_of_all_that_its_conditions_do():
    x = sg.real("x")
    assert sg.claim(x, "<", x + 1, where=["y > 0"]).remarks == ()


def test_reports_repeat_it():
    arguments = ["verify", "T**2 >= 0", "--where", "t > 0"]
    printed = CliRunner().invoke(cli, arguments).stdout
    assert "did you mean T?" in printed
    report = json.loads(CliRunner().invoke(cli, [*arguments, "--format", "json"]).stdout)
    assert "did you mean T?" in report["claims"][0]["evidence"]


def test_a_condition_may_be_meant_for_one_of_several_formulas():
    arguments = ["verify", "x**2 >= 0", "y**2 >= 0", "--where", "x > 0", "--where", "y > 0", "--where", "q > 0"]
    printed = CliRunner().invoke(cli, arguments).stdout
    assert printed.count("the condition on q is about no symbol of the claim") == 2
    assert printed.count("the condition on") == 2


def test_a_condition_of_an_extremum_on_another_spelling_asks_what_was_meant():
    x, alpha = sg.real("x"), sg.real("alpha")
    (remark,) = sg.maximum(-((x - alpha) ** 2), x, 0, where=["alhpa > 0"]).remarks
    assert "did you mean alpha?" in remark


@pytest.mark.parametrize(("declared", "written"), [("T", "t"), ("alpha", "alpah"), ("Omega", "omega")])
def test_a_symbol_nearly_called_like_a_declared_one_is_asked_about_where_the_claim_fails(declared, written):
    where = [f"{declared} integer", f"{declared} >= 1"]
    right, wrong = f"Sum(k, (k, 1, {declared})) == {declared}*({declared} + 1)/2", f"{written}*({written} + 1)/2"
    assert "did you mean" not in sg.verify(sg.claim(right, where=where)).evidence
    slip = sg.verify(sg.claim(f"Sum(k, (k, 1, {declared})) == {wrong}", where=where))
    assert slip.holds is False
    assert "did you mean" in slip.evidence
    true = sg.claim(f"{written} - {written} + {declared} >= 1", where=where)
    assert len(declared) > 3 or "did you mean" not in sg.verify(true).evidence


def test_a_file_of_claims_asks_what_was_meant(tmp_path):
    (tmp_path / "claims.toml").write_text('[[claim]]\nid = "a"\nsays = "omega**2 >= 0"\nwhere = ["omgea > 0"]\n')
    printed = CliRunner().invoke(cli, ["verify", str(tmp_path / "claims.toml")]).stdout
    assert "did you mean omega?" in printed


@pytest.mark.parametrize(("declared", "written"), [("alpha", "alhpa"), ("Beta", "beta"), ("T", "t"), ("lamda", "lmda")])
def test_a_name_in_a_derivation_nearly_that_of_a_declared_symbol_asks_what_was_meant(declared, written):
    symbol = sg.real(declared, "declared with a meaning")
    derivation = sg.Derivation("One", sg.statement(sg.claim(symbol**2, ">=", 0)), sg.statement(f"{written}**2 >= 0"))
    first, second = derivation.claims
    assert first.remarks == ()
    assert f"did you mean {declared}?" in sg.verify(second).evidence


def test_no_derivation_here_has_a_name_that_is_a_slip():
    folder = Path(__file__).parents[2] / "derivations"
    claims = [c for path in sorted(folder.glob("*.py"))[::4] for c in sg.load_derivation(path).claims]
    assert len(claims) > 20
    assert [c.remarks for c in claims if c.remarks] == []
