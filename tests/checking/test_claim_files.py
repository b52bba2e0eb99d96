"""Files of claims: one that is none is an error of its own, with its line, and leaves the others as they are."""

import json
import re
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import symgrad as sg
from symgrad.base.errors import ClaimError
from symgrad.checking.claim_files import read_claims
from symgrad.cli.commands import cli

pytest_plugins = ["pytester"]

GOOD = {"says": "1 + 1 == 2"}
BAD = {
    "a formula that is none": {"says": "1 +* 2 == 3"},
    "an expression": {"says": "x + 1"},
    "a condition that is none": {"says": "x == x", "where": ["x inside y"]},
    "an empty domain": {"says": "x == x", "where": ["x > 1", "x < 0"]},
    "an unknown field": {"says": "1 == 1", "expects": "refuted"},
    "a field of another kind": {"says": 1},
    "a wrong expectation": {"says": "1 == 1", "expect": "maybe"},
    "no statement": {"id": "empty"},
    "an id that is no text": {"id": 3, "says": "1 == 1"},
    "an id that is there already": {"id": "first", "says": "1 == 1"},
    "a look-alike": {"says": "х == 1"},
    "lines that forge a report": {"id": "a\nPROVED    b: 1 == 2", "says": "1 == \n\x1b[1mPROVED"},
}


def toml(entries):
    """The text of a file, and the line of each claim in it."""
    lines, starts = ["# claims", "# '[[claim]]'", ""], []
    for entry in entries:
        starts.append(len(lines) + 1)
        lines += ["[[claim]]", *(f"{name} = {json.dumps(value)}" for name, value in entry.items()), ""]
    return "\n".join(lines), starts


def json_text(entries):
    lines, starts = ["{", '  "claim": ['], []
    for number, entry in enumerate(entries):
        starts.append(len(lines) + 1)
        lines += [json.dumps(entry, indent=1) + ("," if number < len(entries) - 1 else "")]
        lines = "\n".join(lines).split("\n")
    return "\n".join([*lines, "]}"]), starts


WRITERS = {".toml": toml, ".json": json_text}


@pytest.fixture(params=WRITERS)
def written(request, tmp_path):
    """Writes claims into a file of each kind; the file, and the lines at which they begin."""

    def write(entries, name="claims"):
        path = tmp_path / f"{name}{request.param}"
        text, lines = WRITERS[request.param](entries)
        path.write_text(text, encoding="utf-8")
        return path, lines

    return write


def verify(*arguments):
    return CliRunner().invoke(cli, ["verify", *map(str, arguments)], standalone_mode=False)


@pytest.mark.parametrize("kind", BAD)
def test_a_claim_that_cannot_be_read_is_an_error_with_its_line_and_the_others_are_read(written, kind):
    path, lines = written([{"id": "first", **GOOD}, BAD[kind], GOOD])
    first, bad, last = read_claims(path)
    assert [entry.line for entry in (first, bad, last)] == lines
    assert (first.read, last.read) == (sg.claim("1 + 1 == 2"), sg.claim("1 + 1 == 2"))
    assert isinstance(bad.read, ClaimError)
    assert str(bad.read).startswith(f"{path}:{lines[1]}: claim 2")
    assert "\n" not in str(bad.read)
    with pytest.raises(ClaimError, match=re.escape(f":{lines[1]}: claim 2")):
        sg.load_claims(path)


@pytest.mark.parametrize("kind", BAD)
def test_the_others_are_decided_and_reported_and_the_exit_code_is_2(written, kind):
    path, lines = written([{"id": "first", **GOOD}, BAD[kind], {"id": "wrong", "says": "1 == 2"}])
    result = verify(path, "2 == 2")
    assert result.return_value == 2
    stated = [line for line in result.stdout.splitlines() if line[:1] not in ("", " ")]
    assert [line.split()[0] for line in stated] == ["PROVED", "REFUTED", "PROVED", "4"]
    assert stated[-1].endswith("1 not read")
    assert result.stderr.startswith(f"symgrad: {path}:{lines[1]}: claim 2")
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr

    report = json.loads(verify(path, "--format", "json").stdout)["claims"]
    assert [entry["outcome"] for entry in report] == ["PROVED", None, "REFUTED"]
    assert report[1]["evidence"].startswith(f"{path}:{lines[1]}: claim 2")
    assert list(report[0]) == list(report[1])

    suite = ElementTree.fromstring(verify(path, "--format", "junit").stdout)
    assert [[child.tag for child in case] for case in suite] == [[], ["error"], ["failure"]]
    assert f"{path}:{lines[1]}: claim 2" in suite[1][0].get("message")


def test_a_claim_that_breaks_the_toml_around_it_breaks_no_other(tmp_path):
    broken = '[[claim]]\nid = "b"\nsays = "1 == 1\n'
    text = f'[[claim]]\nsays = "1 == 1"\n\n{broken}[[claim]]\nsays = "2 == 2"\n'
    (tmp_path / "a.toml").write_text(text)
    first, bad, last = read_claims(tmp_path / "a.toml")
    assert (first.id, bad.id, last.id) == ("claim-1", "b", "claim-3")
    assert (first.read, last.read) == (sg.claim("1 == 1"), sg.claim("2 == 2"))
    assert f"{tmp_path}/a.toml:4: claim 2 (b): not TOML: " in str(bad.read)
    assert "line 6" in str(bad.read)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.toml", 'x = """\n[[claim]]\nsays = "1 == 1"\n[[claim]]\nsays = "2 == 2"\n', "not TOML"),
        ("b.json", '{"claim": [{"says": "1 == 2"}], "claim": [{"says": "1 == 1"}]}', "a name stands twice"),
        ("c.json", '[{"says": "1 == 1"}]', "no claims"),
        ("d.toml", '[claim]\nsays = "1 == 1"\n', "no claims"),
        ("e.json", '{"claim": ' + "[" * 5000 + "]" * 5000 + "}", "not JSON"),
        ("f.toml", "[a]\n[[claim]]\nsays = '1 == 1'\n[a]\n[[claim]]\nsays = '2 == 2'\n", "not TOML"),
    ],
)
def test_a_file_that_is_none_as_a_whole_holds_no_claims(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text)
    with pytest.raises(ClaimError, match=f"{name}: {reason}"):
        read_claims(tmp_path / name)
    assert verify(tmp_path / name).return_value == 2


# What stands beside the claims may be a claim that nobody would decide, so it is an error too.

BESIDE = {
    ".toml": {
        '[[claims]]\nsays = "1 == 2"': "the table [[claims]] is not known; {form}; did you mean [[claim]]?",
        '[["Claim"]]\nsays = "1 == 2"': "the table [[Claim]] is not known; {form}; did you mean [[claim]]?",
        '[claims]\nsays = "1 == 2"': "the table [claims] is not known; {form}; did you mean [[claim]]?",
        "[settings]\naccept = true": "the table [settings] is not known; {form}",
        "[settings.deep]\naccept = true": "the table [settings] is not known; {form}",
        "[ 'odd name' ]": "the table [odd name] is not known; {form}",
    },
    ".json": {
        '"claims": [{"says": "1 == 2"}]': 'the name "claims" is not known; {form}; did you mean "claim"?',
        '"says": "1 == 2"': 'the name "says" is not known; {form}; a field of a claim stands within it',
        '"note": {"claim": [3], "claims": 4}': 'the name "note" is not known; {form}',
        '"x": [], "y": 1': 'the name "x" is not known; {form}',
    },
}
KNOWN = {
    ".toml": "a file of claims holds [[claim]] and nothing else",
    ".json": 'a file of claims holds "claim" and nothing else',
}


@pytest.mark.parametrize(("suffix", "beside"), [(suffix, text) for suffix in BESIDE for text in BESIDE[suffix]])
def test_what_stands_beside_the_claims_is_an_error_with_its_line_and_the_claims_are_decided(tmp_path, suffix, beside):
    path, said = tmp_path / f"a{suffix}", BESIDE[suffix][beside].format(form=KNOWN[suffix])
    if suffix == ".toml":
        path.write_text(f'[[claim]]\nsays = """\n1 == 1 +\n0"""\n# {beside.splitlines()[0]}\n\n{beside}\n')
    else:
        path.write_text(f'{{"claim":\n\n[{{"says": "1 == 1"}}]\n,\n\n\n{beside}}}')
    first, bad, *_ = read_claims(path)
    assert first.read == sg.claim("1 == 1" if suffix == ".json" else "1 == 1 + 0")
    assert (bad.line, str(bad.read)) == (7, f"{path}:7: {said}")
    result = verify(path)
    assert (result.return_value, result.stdout.splitlines()[0]) == (2, f"PROVED    claim-1: {first.read}")
    assert f"symgrad: {path}:7: {said}\n" in result.stderr
    with pytest.raises(ClaimError, match=re.escape(said)):
        sg.load_claims(path)


def test_a_field_before_any_claim_and_a_file_of_nothing_but_misspelt_claims_are_told(tmp_path):
    (tmp_path / "a.toml").write_text('says = "1 == 2"\n[[claim]]\nsays = "1 == 1"\n')
    (tmp_path / "b.toml").write_text('[[claims]]\nsays = "1 == 2"\n')
    (tmp_path / "settings.toml").write_text('[tool.other]\nclaims = ["sub"]\n')
    result = verify(tmp_path)
    assert result.return_value == 2
    assert "a.toml:1: the field says is not known; a file of claims holds [[claim]]" in result.stderr
    assert "a field of a claim stands below its [[claim]]" in result.stderr
    assert "b.toml:1: the table [[claims]] is not known" in result.stderr
    assert "settings" not in result.stderr + result.stdout


def test_a_part_that_is_no_toml_hides_no_table_beside_the_claims(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(
        'a = 1\n[[claim]]\nsays = "1 == 1"\n[b]\nc = 1\n[[claim]]\nsays = "1 == 1\n[[claim]]\nsays = "2 == 2"\n'
    )
    entries = read_claims(path)
    assert [(entry.id, entry.line, isinstance(entry.read, ClaimError)) for entry in entries] == [
        ("a", 1, True),
        ("claim-1", 2, False),
        ("b", 4, True),
        ("claim-2", 6, True),
        ("claim-3", 8, False),
    ]


@pytest.mark.parametrize("field", {"expects": "expect", "say": "says", "Where": "where", "sources": "source"}.items())
def test_a_field_that_is_nearly_one_is_asked_about(tmp_path, field):
    (tmp_path / "a.json").write_text(json.dumps({"claim": [{"says": "1 == 1", field[0]: "x"}]}))
    assert str(read_claims(tmp_path / "a.json")[0].read).endswith(f"; did you mean {field[1]}?")


def test_a_certificate_with_a_name_that_is_not_known_is_none(tmp_path):
    verify("1 + 1 == 2", "--certificates", tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), "outcomes": "REFUTED"}))
    result = CliRunner().invoke(cli, ["replay", str(path)], standalone_mode=False)
    assert result.return_value == 2
    assert f"{path}: the name 'outcomes' is not known; known are id, text, expect, outcome" in result.stderr


# Files of other kinds: each command says which one reads them.

OTHERS = {
    "claims.toml": (b'[[claim]]\nsays = "1 == 1"\n', "symgrad verify decides"),
    "claims.json": (b'{"claim": []}', "symgrad verify decides"),
    "notes.md": (b"# claim", "pytest --symgrad decides"),
    "notes.txt": (b"claim", "pytest --symgrad decides"),
    "page.ipynb": (b"{}", "symgrad build writes such files and reads none"),
    "paper.TEX": (b"x", "symgrad build writes such files and reads none"),
    "picture.png": (b"\x89PNG\x00\xff", "no command of symgrad reads files of this kind"),
    "program": (b"\x00\xff", "no command of symgrad reads files of this kind"),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("command", ["build", "verify", "audit", "explain", "replay"])
def test_a_file_of_another_kind_is_one_line_that_says_who_reads_it(tmp_path, name, command):
    content, reader = OTHERS[name]
    if (command in ("verify", "audit") and "verify" in reader) or (command == "replay" and name.endswith(".json")):
        return
    (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(cli, [command, str(tmp_path / name)])
    if command == "explain":
        assert result.exception is not None
        said = f"{result.exception}\n"
    else:
        said = result.stderr
    assert said.count("\n") == 1
    assert name in said
    assert reader in said
    assert "Error:" not in said


def test_a_folder_of_claims_is_no_folder_of_derivations(tmp_path):
    (tmp_path / "claims.toml").write_bytes(OTHERS["claims.toml"][0])
    result = CliRunner().invoke(cli, ["build", str(tmp_path)], standalone_mode=False)
    assert result.return_value == 2
    assert "no derivations here; its claims are decided by symgrad verify" in result.stderr


@pytest.mark.parametrize(
    ("name", "text"), [("a.toml", '[[claim]]\nsays = "1 == 1"'), ("b.json", '{"claim": [{"says": "1 == 1"}]}')]
)
def test_a_mark_of_the_order_of_bytes_is_no_part_of_the_text(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert [entry.read for entry in read_claims(tmp_path / name)] == [sg.claim("1 == 1")]


def test_a_list_of_tables_has_lines_too(tmp_path):
    (tmp_path / "a.toml").write_text('# "claim = [{"\nclaim = [{says = "1 == 1"}, # {\n {says = "1 =="}]\n')
    assert [entry.line for entry in read_claims(tmp_path / "a.toml")] == [2, 3]
    (tmp_path / "b.json").write_text('{"claim": [3,\n[],\n{"says": "1 == 1", "says": "2 == 2"}]}')
    assert [entry.line for entry in read_claims(tmp_path / "b.json")] == [1, 2, 3]
    assert "a field stands twice" in str(read_claims(tmp_path / "b.json")[2].read)


def test_one_bad_file_or_formula_takes_none_of_the_others_down(tmp_path):
    (tmp_path / "a.toml").write_text("claim = [")
    (tmp_path / "b.toml").write_text('[[claim]]\nsays = "1 == 1"\n')
    (tmp_path / "c.py").write_text("1/0")
    (tmp_path / "d.json").write_bytes(b'{"claim": \xff}')
    result = verify(tmp_path, "1 +", "none.toml", "2 == 2")
    assert result.return_value == 2
    assert [line.split()[0] for line in result.stdout.splitlines() if line[0] != " "] == ["PROVED", "PROVED", "7"]
    assert result.stderr.count("\n") == 5
    for name in (
        "a.toml: not TOML",
        "c.py:1: ZeroDivisionError",
        "d.json: not JSON",
        "'1 +', column 4",
        "none.toml: No",
    ):
        assert name in result.stderr


def test_audit_and_replay_go_on_as_well(tmp_path):
    verify("1 + 1 == 2", "--certificates", tmp_path / "kept")
    (tmp_path / "kept" / "a.json").write_text("{}")
    (tmp_path / "none").mkdir()
    arguments = ["replay", str(tmp_path / "none"), str(tmp_path / "kept")]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert (result.return_value, result.stdout[:4], result.stderr.count("\n")) == (2, "same", 2)
    result = CliRunner().invoke(cli, ["audit", "1 +", "tanh(x) < 1"], standalone_mode=False)
    assert (result.return_value, result.stderr.count("\n"), "tanh(x) < 1" in result.stdout) == (2, 1, True)


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_in_pytest_it_is_one_failing_item(pytester, suffix):
    text, lines = WRITERS[suffix]([{"id": "first", **GOOD}, BAD["a formula that is none"], {"id": "last", **GOOD}])
    (pytester.path / f"claims{suffix}").write_text(text)
    result = pytester.runpytest("--symgrad", "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([f"symgrad: *claims{suffix}:{lines[1]}: claim 2: *column 4*"])
    assert "Traceback" not in result.stdout.str()


# Nothing in a file can forge a line of a report.

STRANGE = st.text(
    st.sampled_from("ab:\n\r\t\x00\x0b\x1b\x85\u2028\u202e\u200b\ud800 \\[31mPROVED"), min_size=1, max_size=20
)


@given(STRANGE)
def test_every_report_has_a_line_for_a_claim_whatever_its_id_holds(tmp_path_factory, name):
    path = tmp_path_factory.mktemp("strange") / "claims.json"
    path.write_text(
        json.dumps({"claim": [{"id": name, "says": "1 == 1", "source": name}, {"id": f"{name}2", "says": name}]})
    )
    result = verify(path)
    assert [line.split()[0] for line in result.stdout.splitlines() if line[:1] != " "] == ["PROVED", "2"]
    assert result.stderr.count("\n") == 1
    junit = verify(path, "--format", "junit")
    assert len(junit.stdout.splitlines()) == 7
    for printed in (result.stdout, result.stderr, junit.stdout, junit.stderr):
        assert printed.isprintable() or set(printed) - set("\n") <= {c for c in printed if c.isprintable()}
    report = json.loads(verify(path, "--format", "json").stdout)
    assert report["claims"][0]["id"] == name


def test_a_formula_of_several_lines_is_printed_on_one():
    result = verify("1 == 1 +\n0", "1 == 2\n")
    assert [line.split()[0] for line in result.stdout.splitlines() if line[0] != " "] == ["PROVED", "REFUTED", "2"]


# Formulas that begin with a minus


@pytest.mark.parametrize(
    "formula", ["-x <= Abs(x)", "--x == x", "-h <= Abs(h)", "--x==x", "-1 < 0", "-(x) == -x", "- x == -x"]
)
def test_a_formula_may_begin_with_a_minus(formula):
    assert verify(formula).return_value == 0
    assert verify("--format", "json", formula, "1 == 1", "--accept", "supported").return_value == 0
    assert verify("--", formula).return_value == 0
    assert verify("x < 1", "--where", "-x > -1", formula).return_value in (0, 3)


@pytest.mark.parametrize("command", [["explain", "-x**2"], ["explain", "−s² ≤ 0"]])
def test_and_so_in_other_commands(command):
    assert CliRunner().invoke(cli, command, standalone_mode=False).return_value == 0


@pytest.mark.parametrize("slip", ["-w", "--wher", "--wher=x > 0", "--format=yaml"])
def test_a_slip_in_an_option_is_still_one(slip):
    result = CliRunner().invoke(cli, ["verify", slip, "x == x"])
    assert result.exit_code == 2
    assert "No such option" in result.stderr or "Invalid value" in result.stderr
