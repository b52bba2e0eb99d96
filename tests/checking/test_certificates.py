"""Certificates: a verdict in a file, and found again from it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sympy import Integral, Ne, Symbol, exp

import symgrad as sg
from symgrad.base.errors import CertificateError
from symgrad.checking.certificates import Certificate, exit_code, is_possible, read, replay, write
from symgrad.cli import commands
from symgrad.language.provable import provable
from symgrad.prove.basics.points import SEED

ROOT = Path(__file__).parents[2]
DERIVATIONS = sorted((ROOT / "derivations").glob("*.py"))
CLAIMS = sorted((Path(__file__).parents[1] / "claims").glob("*.toml"))
NOT_JUDGED = sg.Verdict(sg.Outcome.UNDECIDED, "none")

x = sg.real("x")


def through_text(claim):
    """The claim as it comes back out of a certificate."""
    return Certificate.from_json(json.loads(json.dumps(Certificate(claim, NOT_JUDGED).as_json()))).claim


def evaluated(claim):
    """What a claim says to provers."""
    parts = getattr(claim.statement, "parts", (claim.statement,))
    return [[provable(e) for e in part.expressions] for part in parts]


@pytest.mark.parametrize("path", DERIVATIONS, ids=lambda path: path.stem)
def test_claims_of_derivations_come_back(path):
    for claim in filter(is_possible, sg.load_derivation(path).claims):
        back = through_text(claim)
        assert back.domain == claim.domain, claim
        assert evaluated(back) == evaluated(claim), claim


@pytest.mark.slow
@pytest.mark.parametrize("path", CLAIMS, ids=lambda path: path.stem)
def test_claims_of_the_corpus_come_back(path):
    assert [str(c) for c in sg.load_claims(path) if through_text(c) != c] == []


@pytest.mark.parametrize(
    "claim",
    [
        sg.claim("x/x == 1", id="needs a value at 0"),
        sg.claim("x/x == 1", where=["x != 0"]),
        sg.claim(x / 2, "<", 1, where=[Ne(x, 0), "x <= 1", "k integer", "k >= 0"]),
        sg.claim("Sum(k, (k, 1, T)) == T*(T + 1)/2", where=["T integer", "T >= 1"]),
        sg.claim("exp(z)*exp(-z) == 1", where=["z complex"], expect="refuted", source="nobody"),
        sg.maximum(sg.sigmoid(x).diff(x), x, "1/4", at=0),
        sg.claim("0 < sigmoid(x) < 1"),
        sg.claim(Integral(exp(-(x**2)), (x, 0, 1)), "<", 1),
    ],
    ids=str,
)
def test_nothing_of_a_claim_is_lost(claim):
    back = through_text(claim)
    assert (back.domain, back.id, back.source, back.expect) == (claim.domain, claim.id, claim.source, claim.expect)
    assert str(through_text(back)) == str(back) == str(claim)


def test_a_certificate_says_what_a_sceptic_needs():
    claim = sg.claim("sqrt(x**2) == x", where=["x >= -1"], id="root", source="a slip", expect="refuted")
    said = Certificate(claim, sg.verify(claim)).as_json()
    assert said["text"] == "sqrt(x**2) == x"
    assert said["where"] == ["x in [-1, oo)"]
    assert (said["outcome"], said["expect"], said["source"], said["id"]) == ("REFUTED", "refuted", "a slip", "root")
    assert said["witness"] == [[["x", "-1"]], "1", "-1"]
    assert said["seed"] == SEED
    assert {"python", "symgrad", "sympy", "python-flint"} <= set(said["versions"])


def test_replaying_looks_at_the_claim_and_not_at_the_verdict():
    claim = sg.claim("tanh(x) < 1")
    truth = sg.verify(claim)
    forged = Certificate(claim, sg.Verdict(sg.Outcome.REFUTED, "forgery"))
    assert replay(forged) == truth
    assert exit_code([(Certificate(claim, truth), truth)]) == 0
    assert exit_code([(Certificate(claim, truth), truth), (forged, truth)]) == 1
    assert exit_code([(Certificate(claim, NOT_JUDGED), truth)]) == 3


def test_different_claims_have_different_files(tmp_path):
    one = sg.claim("x < x + 1", id="../a claim?")
    claims = [
        one,
        replace(one, domain=sg.claim("x < x + 1", where=["x > 0"]).domain),
        sg.claim("x < x + 2", id="../a claim?"),
    ]
    paths = [write(Certificate(c, NOT_JUDGED), tmp_path / "deep" / "folder") for c in claims]
    assert len(set(paths)) == 3
    assert {path.parent for path in paths} == {tmp_path / "deep" / "folder"}
    assert [read(path).claim for path in paths] == claims


def test_assumptions_that_no_text_can_say_are_refused():
    w = Symbol("w", positive=True)
    with pytest.raises(CertificateError, match="no certificate: no condition in text"):
        Certificate(sg.claim(w, "==", w, id="positive"), NOT_JUDGED).as_json()
    with pytest.raises(CertificateError, match="no certificate"):
        Certificate(sg.claim(sg.real("two words"), "==", 1), NOT_JUDGED).as_json()


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"text": 1}', "\x00", "[" * 100_000])
def test_a_file_that_is_no_certificate_is_one_error(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(CertificateError, match=r"a\.json: this is no certificate"):
        read(tmp_path / "a.json")


def test_a_certificate_with_a_formula_that_is_none_is_one_error(tmp_path):
    path = write(Certificate(sg.claim("x < x + 1"), NOT_JUDGED), tmp_path)
    path.write_text(path.read_text().replace("x < x + 1", "__import__('os')"))
    with pytest.raises(CertificateError, match="column 1"):
        read(path)


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["symgrad", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        commands.main()
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


def test_the_command_line_writes_and_replays(monkeypatch, capsys, tmp_path):
    folder = tmp_path / "certificates"
    code, _, _ = run(monkeypatch, capsys, "verify", "x < x + 1", "sqrt(x**2) == x", "--certificates", folder)
    assert (code, len(list(folder.iterdir()))) == (1, 2)
    code, out, _ = run(monkeypatch, capsys, "replay", folder)
    assert (code, out.count("same "), out.count("other ")) == (0, 2, 0)
    for path in folder.iterdir():
        path.write_text(path.read_text().replace('"REFUTED"', '"PROVED"'))
    code, out, _ = run(monkeypatch, capsys, "replay", folder)
    assert (code, out.count("same "), out.count("other ")) == (1, 1, 1)
    assert "the certificate says PROVED, ball arithmetic; at x = -1" in out


def test_a_folder_without_certificates_is_misuse(monkeypatch, capsys, tmp_path):
    for path in (tmp_path, tmp_path / "missing.json"):
        code, out, err = run(monkeypatch, capsys, "replay", path)
        assert (code, out, err.count("\n")) == (2, "", 1)
