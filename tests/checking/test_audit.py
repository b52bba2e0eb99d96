"""The mutation audit: what slips are made, and that each is caught."""

import json
from pathlib import Path

import pytest

import symgrad as sg
from symgrad.checking import audit as mutation
from symgrad.checking.audit import MUTATORS, audit, audit_all, exit_code, mutants
from symgrad.cli import commands

DERIVATIONS = sorted((Path(__file__).parents[2] / "derivations").glob("*.py"))
MOST = 6  # of each claim: of all claims together some 800 mutants, a quarter of those there are
AT_A_TIME = 4  # claims of one file that are audited together, so that several processes share the work


def slips(claim, name):
    return {str(m.claim) for m in mutants(claim) if m.change.partition(":")[0] == name}


@pytest.mark.parametrize(
    ("name", "says", "where", "slip"),
    [
        ("sign", "exp(-x) == 1/exp(x)", [], "exp(x) == exp(-x)"),
        ("sign", "x - 1 <= 0", [], "x + 1 <= 0"),
        ("factor", "x <= exp(x)", [], "2*x <= exp(x)"),
        ("exponent", "x**2 >= 0", [], "x**3 >= 0"),
        ("exponent", "x**2 >= 0", [], "x >= 0"),
        ("exponent", "tanh(x) < 1", [], "tanh(x)**2 < 1"),
        ("argument shifted", "gamma(x) == gamma(x)", ["x > 0"], "gamma(x + 1) == gamma(x)"),
        ("limit shifted", "Sum(k, (k, 1, T)) >= 0", ["T integer"], "Sum(k, (k, 1, T + 1)) >= 0"),
        ("limit shifted", "Sum(k, (k, 1, T)) >= 0", ["T integer"], "Sum(k, (k, 2, T)) >= 0"),
        ("off by one", "Sum(k, (k, 1, T)) == T*(T + 1)/2", ["T integer"], "Sum(k - 1, (k, 1, T)) == T*(T + 1)/2"),
        ("off by one", "Sum(k, (k, 1, T)) == T*(T + 1)/2", ["T integer"], "Sum(k, (k, 1, T)) == (T + 1)**2/2"),
        ("swapped", "x/y <= 1", ["y > 0"], "y/x <= 1"),
        ("swapped", "2**x >= 1", ["x > 0"], "x**2 >= 1"),
        ("swapped", "atan2(x, y) <= pi", [], "atan2(y, x) <= pi"),
        ("term dropped", "x + y + 1 <= 2", [], "x + y <= 2"),
        ("factor dropped", "x*y*exp(x) <= 2", [], "x*exp(x) <= 2"),
        ("neighbouring function", "sin(x) <= 1", [], "cos(x) <= 1"),
        ("neighbouring function", "tanh(x) <= 1", [], "sigmoid(x) <= 1"),
        ("direction", "x <= exp(x)", [], "x >= exp(x)"),
        ("direction", "maximum(sin(x), x) == 1", [], "minimum(sin(x), x) == 1"),
        ("factor", "0 < sigmoid(x) < 1", [], "And(0 < sigmoid(x), 2*sigmoid(x) < 1)"),
    ],
)
def test_slips_that_people_make_are_made(name, says, where, slip):
    assert slip in slips(sg.claim(says, where=where), name)


def test_every_mutator_makes_something():
    claim = sg.claim("Sum(x**k, (k, 1, T)) + sin(x) == x/2 - cos(x)*T", where=["T integer"])
    assert {m.change.partition(":")[0] for m in mutants(claim)} == set(MUTATORS)


def test_no_mutant_is_the_claim_or_another_mutant():
    claim = sg.claim("diff(sigmoid(x), x) == sigmoid(x)*(1 - sigmoid(x))")
    statements = [m.claim.statement for m in mutants(claim)]
    assert len(set(statements)) == len(statements)
    assert claim.statement not in statements


def test_bound_variables_and_variables_of_derivatives_stay():
    claim = sg.claim("diff(x**2, x) == Sum(2*x/T, (k, 1, T))", where=["T integer", "T >= 1"])
    assert len(mutants(claim)) > 20
    assert {str(s) for m in mutants(claim) for s in m.claim.domain.symbols} == {"x", "T"}


def test_the_mutants_of_a_sound_claim_are_all_caught():
    found = audit(sg.claim("diff(tanh(x), x) == 1 - tanh(x)**2"))
    assert found.survivors == ()
    assert found.tried == found.made > 20
    assert found.outcomes[sg.Outcome.REFUTED] > 20


def test_a_prover_that_only_nods_is_caught(monkeypatch):
    monkeypatch.setattr(mutation, "verify", lambda claim: sg.Verdict(sg.Outcome.SUPPORTED, "nodding"))
    found = audit(sg.claim("x < x + 1"))
    assert len(found.survivors) == found.made > 3
    assert exit_code([found]) == 3


def test_a_sample_is_always_the_same_and_says_of_how_many():
    claim = sg.claim("tanh(x) < 1")
    found = audit(claim, 5)
    assert (found.tried, found.made) == (5, len(mutants(claim)))
    assert audit(claim, 5) == found


def test_two_processes_find_what_one_finds():
    claims = [sg.claim("tanh(x) < 1", id="a"), sg.claim("x**2 >= 0", id="b")]
    assert list(audit_all(claims, 4, processes=2)) == list(audit_all(claims, 4))


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["symgrad", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        commands.main()
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


def test_the_command_reports_counts_and_survivors(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "audit", "x**2 >= 0", "--most", "5")
    assert code == 0
    assert out.splitlines()[0].split() == ["claim", "mutants", "tried", "refuted", "true", "survived"]
    assert out.splitlines()[-1].split()[2] == "5"
    code, out, _ = run(monkeypatch, capsys, "audit", "DiracDelta(x) == 0", "--most", "3")
    assert code == 3
    assert "SURVIVED  DiracDelta(x) == 0: " in out


def test_the_command_reports_as_json(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "audit", "DiracDelta(x) == 0", "--format", "json")
    (entry,) = json.loads(out)["claims"]
    assert code == 3
    assert entry["mutants"] == entry["tried"] == sum(entry["outcomes"].values())
    assert list(entry["survived"][0]) == ["text", "change", "outcome", "method", "evidence"]


def test_what_cannot_be_audited_is_misuse(monkeypatch, capsys, tmp_path):
    for arguments in (["x +"], [tmp_path], ["x < 1", "--most", "0"], [tmp_path / "missing.toml"]):
        code, out, err = run(monkeypatch, capsys, "audit", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)


# Mutants that the prover does not decide yet, and a claim of which one mutant takes it minutes.
KNOWN = {
    "supremum(1/(1 - exp(x**2)), x) == 1",
    "maximum(-Abs(cos(x)), x) == 1",
    "maximum(Abs(cos(x + 1)), x) == 1",
    "1 - 2*exp(-x) != 0",
    "w**2*(sigmoid(a) - 1)**2*sigmoid(a)**2 < 1",
    "w**2*(sigmoid(a) - 1)**2*sigmoid(a)**2 <= 1/4",
    "-w**T + w**(T + 1) < -w**(T + 1) + w**(2*T + 2)",
    "q**(2*K)*(1 - q**N)/(1 - q) < q**K/(1 - q)",
    "q**K*(1 - q**N)/(q + 1) < q**K/(1 - q)",
    "(-q)**(k + 1) < q**k",
}
TOO_SLOW = ("activation_slopes", "34")

PARTS = [
    pytest.param(claims[start : start + AT_A_TIME], id=f"{path.stem}-{start + 1}")
    for path in DERIVATIONS
    for claims in [[c for c in sg.load_derivation(path).claims if (path.stem, c.id) != TOO_SLOW]]
    for start in range(0, len(claims), AT_A_TIME)
]


@pytest.mark.slow
@pytest.mark.parametrize("claims", PARTS)
def test_no_slip_in_a_derivation_goes_unnoticed(claims):
    found = list(audit_all(claims, MOST))
    print(f"{sum(a.tried for a in found)} of {sum(a.made for a in found)} mutants")
    survivors = [s for a in found for s in a.survivors if str(s.mutant.claim) not in KNOWN]
    assert [(str(s.mutant.claim), s.mutant.change, str(s.verdict)) for s in survivors] == []
