"""The cache: known verdicts are free, and nothing that could change a verdict is overlooked."""

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from sympy import Symbol

import symgrad as sg
from symgrad.base import seals
from symgrad.base.files import cache_folder
from symgrad.base.fingerprints import digest
from symgrad.base.plugins import Kind
from symgrad.base.seals import secret_file
from symgrad.checking import remembered
from symgrad.checking.remembered import Cache
from symgrad.cli import commands

TRUE = "tanh(x) == 2*sigmoid(2*x) - 1"
REFUTED = sg.claim("sqrt(x**2) == x")


class Counting:
    """The prover, and how often it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, claim):
        self.asked += 1
        return sg.verify(claim)


@pytest.fixture
def prover():
    return Counting()


@pytest.fixture
def memory(tmp_path, prover):
    return Cache(tmp_path / "cache", prover)


@pytest.mark.parametrize(
    "claim",
    [
        sg.claim(TRUE),
        REFUTED,
        sg.claim("DiracDelta(x) == 0"),
        sg.claim("log(x*y) == log(x) + log(y)", where=["x > 0", "y > 0"]),
        sg.claim("0 < sigmoid(x) < 1"),
        sg.claim("maximum(diff(sigmoid(x), x), x) == 1/4"),
    ],
    ids=str,
)
def test_a_remembered_verdict_is_the_verdict(memory, prover, claim):
    found = memory.verify(claim)
    assert memory.verify(claim) == found == sg.verify(claim)
    assert prover.asked == 1


def test_all_that_a_verdict_depends_on_makes_another_entry(memory):
    x, n = sg.real("x"), sg.integer("x")
    claims = [
        sg.claim(x, "<", x + 1),
        sg.claim(n, "<", n + 1),
        sg.claim(Symbol("x", positive=True), "<", Symbol("x", positive=True) + 1),
        sg.claim(x, "<=", x + 1),
        sg.claim(x, "<", x + 1, where=["x > 0"]),
        sg.claim(x, "<", x + 1, where=["x >= 0"]),
        sg.claim(x, "<", x + 1, where=["x < y"]),
        sg.claim("x < x + 1 < x + 2"),
        sg.claim("x/x == 1"),
        sg.claim("1 + 0*x == 1"),
        sg.claim("1 == 1"),
        sg.maximum(x, x, 1),
        sg.maximum(x, x, 1, at=1),
        sg.supremum(x, x, 1),
    ]
    assert len({memory.path(claim) for claim in claims}) == len(claims)


def test_name_source_and_expectation_make_no_difference(memory):
    plain = sg.claim(TRUE)
    assert memory.path(plain) == memory.path(sg.claim(TRUE, id="a", source="b", expect="refuted"))


def test_another_version_of_anything_forgets_everything(memory, prover, monkeypatch):
    memory.verify(REFUTED)
    monkeypatch.setattr(remembered, "environment", lambda libraries: "another")
    Cache(memory.where, prover).verify(REFUTED)
    monkeypatch.setattr(Kind, "installed", lambda kind: ["a prover 1.0"])
    Cache(memory.where, prover).verify(REFUTED)
    assert prover.asked == 3


@pytest.mark.parametrize("content", [b"", b"{", b"null", b'{"outcome": "PROVED"}', b"\xff", b'{"outcome": "MAYBE"}'])
def test_a_damaged_entry_is_found_again(memory, prover, content):
    found = memory.verify(REFUTED)
    memory.path(REFUTED).write_bytes(content)
    assert memory.verify(REFUTED) == memory.verify(REFUTED) == found
    assert prover.asked == 2


def test_nothing_half_written_is_left(memory):
    memory.verify(REFUTED)
    assert [path.name for path in memory.where.rglob("*") if path.is_file()] == [memory.path(REFUTED).name]


def test_a_file_in_the_place_of_the_folder_stops_nothing(memory, prover):
    memory.where.write_text("in the way")
    assert memory.verify(REFUTED) == memory.verify(REFUTED)
    assert prover.asked == 2


def test_where_verdicts_are_kept():
    assert cache_folder({"SYMGRAD_CACHE": "here", "XDG_CACHE_HOME": "there"}) == Path("here")
    assert cache_folder({"SYMGRAD_CACHE": "", "XDG_CACHE_HOME": "there"}) == Path("there/symgrad")
    assert cache_folder({}).parts[-2:] == (".cache", "symgrad")
    assert cache_folder({"SYMGRAD_CACHE": "off"}) is None


def test_verify_and_build_share_what_they_know(monkeypatch, tmp_path, prover):
    monkeypatch.setattr(commands, "decide", prover)
    monkeypatch.setenv("SYMGRAD_CACHE", str(tmp_path / "cache"))
    (tmp_path / "one.py").write_text(
        "import symgrad as sg\nx = sg.real('x')\n"
        "derivation = sg.Derivation('One', sg.chain(sg.tanh(x), sg.equals(2 * sg.sigmoid(2 * x) - 1)))\n"
    )

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["symgrad", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            commands.main()
        return stop.value.code, prover.asked

    assert run("verify", tmp_path / "one.py") == (0, 1)
    assert run("verify", tmp_path / "one.py") == (0, 1)
    assert run("build", tmp_path / "one.py", "-o", tmp_path / "documents", "--to", "markdown") == (0, 1)
    assert run("verify", TRUE) == (0, 2)
    assert run("verify", TRUE) == (0, 2)
    assert run("verify", TRUE, "--no-cache") == (0, 3)
    assert run("build", tmp_path / "one.py", "-o", tmp_path / "others", "--to", "markdown", "--no-cache") == (0, 4)


def test_the_library_remembers_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("SYMGRAD_CACHE", str(tmp_path / "cache"))
    sg.verify(REFUTED)
    assert not (tmp_path / "cache").exists()


# Nothing is believed because a file says so.


def entry(memory, claim=REFUTED):
    return json.loads(memory.path(claim).read_text())


EDITS = {
    "another outcome": lambda data: data | {"outcome": "PROVED", "witness": None},
    "another method": lambda data: data | {"method": "by hand"},
    "another evidence": lambda data: data | {"evidence": "believe me"},
    "a side condition less": lambda data: data | {"side_conditions": ["x != 0"]},
    "no seal": lambda data: {name: value for name, value in data.items() if name != "seal"},
    "an empty seal": lambda data: data | {"seal": ""},
    "a seal that is no text": lambda data: data | {"seal": None},
    "a plain checksum": lambda data: data | {"seal": digest({n: v for n, v in data.items() if n != "seal"})},
    "another letter in the seal": lambda data: (
        data | {"seal": data["seal"][:-1] + ("0" if data["seal"][-1] != "0" else "1")}
    ),
    "one more field": lambda data: data | {"note": "as good as proved"},
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_verdict_that_was_edited_is_decided_anew(memory, prover, edit):
    found = memory.verify(REFUTED)
    memory.path(REFUTED).write_text(json.dumps(EDITS[edit](entry(memory))))
    assert memory.verify(REFUTED) == found
    assert prover.asked == 2
    assert memory.verify(REFUTED) == found  # what was found anew is kept again
    assert prover.asked == 2


def test_a_verdict_is_good_for_its_own_claim_alone(memory, prover):
    true = sg.claim(TRUE)
    memory.verify(true)
    memory.path(REFUTED).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(memory.path(true), memory.path(REFUTED))
    assert memory.verify(REFUTED).holds is False
    assert prover.asked == 2


def test_a_verdict_of_another_user_is_decided_anew(memory, prover, monkeypatch, tmp_path):
    memory.verify(REFUTED)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    memory.verify(REFUTED)
    assert prover.asked == 2


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_the_secret_is_private_and_without_one_nothing_is_remembered(memory, prover, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    memory.verify(REFUTED)
    path = secret_file()
    assert (path.stat().st_mode & 0o777, len(path.read_bytes())) == (0o600, 32)
    assert not path.is_relative_to(memory.where)
    path.chmod(0o640)  # others could have read it
    seals._secret.cache_clear()
    memory.verify(REFUTED)
    memory.verify(REFUTED)
    assert prover.asked == 3
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("in the way")
    memory.verify(REFUTED)
    assert prover.asked == 4


def test_the_command_line_does_not_print_what_was_typed_into_the_memory(monkeypatch, tmp_path):
    monkeypatch.setenv("SYMGRAD_CACHE", str(tmp_path / "cache"))

    def run():
        return CliRunner().invoke(commands.cli, ["verify", "sqrt(x**2) == x"], standalone_mode=False)

    before = run()
    assert before.return_value == 1
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_text(kept.read_text().replace("REFUTED", "PROVED"))
    assert (run().stdout, run().return_value) == (before.stdout, 1)
