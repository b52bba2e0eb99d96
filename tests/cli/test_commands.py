"""The command line: exit codes, reports, and one line for every mistake."""

import json
import logging
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from in_process import invoke

import symgrad as sg
from symgrad.checking import claim_files, reports
from symgrad.cli import commands as cli
from symgrad.cli.commands import cli as commands
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.prove import ladder

TRUE = "diff(sigmoid(x), x) == sigmoid(x)*(1 - sigmoid(x))"
FALSE = "1/(1 - exp(-x)) == sigmoid(x)"
OPEN = "DiracDelta(x) == 0"  # a distribution, of which nothing can be enclosed

DERIVATION = """
import symgrad as sg
x = sg.real("x")
derivation = sg.Derivation(
    "Tanh", sg.chain(sg.tanh(x), sg.equals(2 * sg.sigmoid(2 * x) - 1)), sg.erratum("tanh(x) == x", source="a slip")
)
"""


def symgrad(*arguments, cwd=None, **options):
    """The command line in a process of its own, which is given UTF-8 whatever the locale of the tests is."""
    command = [sys.executable, "-m", "symgrad", *(str(argument).encode() for argument in arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600, **options)


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *arguments: invoke(monkeypatch, capsys, *arguments)


def complaint(result):
    """The one line of a mistake."""
    code, out, err = result
    assert (code, out, err.count("\n")) == (2, "", 1), (code, out, err)
    assert err.startswith("symgrad: ")
    return err


# --- help ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", commands.commands)
def test_every_command_has_help_with_an_example_and_says_what_its_options_do(name):
    command = commands.commands[name]
    shown = CliRunner().invoke(commands, [name, "--help"]).output
    assert f"  symgrad {name} " in shown
    assert [p.name for p in command.params if p.param_type_name == "option" and not p.help] == []
    assert max(map(len, shown.splitlines())) <= 110


def test_the_list_of_commands_cuts_no_sentence_off():
    shown = CliRunner().invoke(commands, ["--help"]).output
    assert "..." not in shown.partition("Commands:")[2]
    assert all(str(code) in shown for code in (0, 1, 2, 3))


def test_the_module_is_the_command_line():
    result = symgrad("--version")
    assert (result.returncode, result.stdout) == (0, f"symgrad, version {sg.__version__}\n")


# --- exit codes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formulas", "code"),
    [
        ([TRUE], 0),
        ([FALSE], 1),
        (["1/(1 -"], 2),
        ([OPEN], 3),
        ([TRUE, "1 + 1 == 2"], 0),
        ([TRUE, OPEN], 3),
        ([OPEN, FALSE, TRUE], 1),
        ([TRUE, FALSE, "1/(1 -"], 2),
    ],
)
def test_exit_code_of_formulas(run, formulas, code):
    assert run("verify", *formulas)[0] == code


@pytest.fixture
def folder(tmp_path):
    """A folder of claims of all kinds that all come out as expected."""
    (tmp_path / "a.toml").write_text(f'[[claim]]\nid = "slope"\nsays = "{TRUE}"\n')
    entry = {"id": "slide", "says": FALSE, "where": ["x in (0, oo)"], "expect": "refuted", "source": "slides, 4"}
    (tmp_path / "b.json").write_text(json.dumps({"claim": [entry]}))
    (tmp_path / "c.py").write_text(DERIVATION)
    (tmp_path / "_draft.toml").write_text("not finished")
    (tmp_path / "notes.txt").write_text("not claims")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "claims"\ndescription = "a claim is none"\n')
    (tmp_path / "package.json").write_text('{"claims": []}')
    return tmp_path


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("a.toml", ["slope"]),
        ("b.json", ["slide"]),
        ("c.py", ["c.1", "c.2"]),
        (".", ["slope", "slide", "c.1", "c.2"]),
    ],
)
def test_files_and_folders_of_claims_are_read_in_order(run, folder, name, ids):
    code, out, _ = run("verify", folder / name, "--format", "json")
    assert code == 0
    assert [entry["id"] for entry in json.loads(out)["claims"]] == ids


@pytest.mark.parametrize(
    ("says", "expect", "code"),
    [(TRUE, "refuted", 1), (FALSE, "refuted", 0), (FALSE, "holds", 1), (OPEN, "refuted", 3)],
)
def test_an_expectation_that_is_met_holds(run, tmp_path, says, expect, code):
    (tmp_path / "claims.toml").write_text(f'[[claim]]\nsays = "{says}"\nexpect = "{expect}"\n')
    assert run("verify", tmp_path / "claims.toml")[0] == code


@pytest.mark.parametrize("length", [100, 300, 5000, 9000])
def test_a_formula_may_be_longer_than_a_name_of_a_file(run, length):
    formula = "+".join(["x"] * 50) + " == " + " " * length + "50*x"
    assert run("verify", formula)[0] == 0
    assert "column" in complaint(run("verify", "(" * length))


def test_where_narrows_the_domain(run):
    product = "log(x*y) == log(x) + log(y)"
    assert run("verify", product)[0] == 1
    assert run("verify", product, "--where", "x > 0", "--where", "y > 0")[0] == 0
    assert run("verify", "2**T >= 1", "--where", "T integer", "--where", "T >= 1")[0] == 0


@pytest.mark.parametrize("outcome", [Outcome.SUPPORTED, Outcome.UNINFORMATIVE])
def test_evidence_counts_only_if_it_is_accepted_by_name(run, monkeypatch, outcome):
    monkeypatch.setattr(cli, "decide", lambda claim: Verdict(outcome, "samples", "by order of the test"))
    other = ({"supported", "uninformative"} - {outcome.name.lower()}).pop()
    assert run("verify", TRUE)[0] == 3
    assert run("verify", TRUE, "--accept", other)[0] == 3
    assert run("verify", TRUE, "--accept", outcome.name.lower())[0] == 0


def test_evidence_for_an_erratum_is_never_good_enough(run, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "decide", lambda claim: Verdict(Outcome.SUPPORTED, "samples"))
    (tmp_path / "claims.toml").write_text(f'[[claim]]\nsays = "{TRUE}"\nexpect = "refuted"\n')
    assert run("verify", tmp_path / "claims.toml", "--accept", "supported")[0] == 3


# --- reports ------------------------------------------------------------------------------------------------


def test_json_report_holds_what_the_format_says_and_nothing_else(run):
    code, out, _ = run("verify", FALSE, TRUE, OPEN, "--format", "json")
    report = json.loads(out)
    assert code == 1
    assert list(report) == ["claims", "versions"]
    assert [entry["id"] for entry in report["claims"]] == [FALSE, TRUE, OPEN]
    assert [entry["outcome"] for entry in report["claims"]] == ["REFUTED", "PROVED", "UNDECIDED"]
    for entry in report["claims"]:
        assert list(entry) == ["id", "outcome", "method", "evidence", "witness", "side_conditions", "seconds"]
        assert entry["seconds"] >= 0
    refuted, proved, _ = report["claims"]
    assert refuted["witness"] == {"point": {"x": "0"}, "left": "undefined", "right": "1/2"}
    assert (proved["witness"], proved["side_conditions"]) == (None, [])
    assert {"python", "symgrad", "sympy", "python-flint"} <= set(report["versions"])


def test_junit_report_counts_failures_and_open_claims(run):
    code, out, _ = run("verify", FALSE, TRUE, OPEN, "1 + 1 == 2", "--format", "junit")
    suite = ElementTree.fromstring(out)
    assert code == 1
    assert {name: suite.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
    }
    assert [[child.tag for child in case] for case in suite] == [["failure"], [], ["error"], []]
    assert "x = 0" in suite[0][0].get("message")


def test_junit_report_stays_xml_whatever_an_id_holds(run, tmp_path):
    (tmp_path / "claims.json").write_text(json.dumps({"claim": [{"id": "a\u0001<b>&", "says": "1 + 1 == 2"}]}))
    _, out, _ = run("verify", tmp_path / "claims.json", "--format", "junit")
    assert ElementTree.fromstring(out)[0].get("name") == "a\ufffd<b>&"


def test_text_report_says_counterexample_expectation_and_tally(run, folder):
    _, out, _ = run("verify", folder / "b.json", TRUE)
    assert "REFUTED   slide: 1/(1 - exp(-x)) == sigmoid(x)" in out
    assert "as expected of an erratum" in out
    assert f"PROVED    {TRUE}\n" in out
    assert out.endswith("2 claims: 1 proved, 1 refuted as it should be\n")


def test_a_check_survives_being_stored():
    asked = sg.claim(FALSE, id="slide", expect="refuted")
    check = reports.Check.of(asked, sg.verify(asked))
    assert reports.Check.from_json(json.loads(json.dumps(check.as_json()))) == check


def on_a_terminal(*arguments, **environment):
    """What the command line prints where stdout is a terminal."""
    parent, child = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "symgrad", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=child, stderr=child, env={**kept, "TERM": "xterm", **environment})
    os.close(child)
    printed = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # how Linux says that the other end is closed
            part = b""
        if not part:
            break
        printed += part
    os.close(parent)
    return process.wait(), printed.decode()


def test_colours_are_used_on_a_terminal_unless_told_otherwise():
    assert "\x1b[31mREFUTED" in on_a_terminal("verify", FALSE)[1]
    code, plain = on_a_terminal("verify", FALSE, NO_COLOR="1")
    assert (code, "\x1b" in plain, "REFUTED" in plain) == (1, False, True)


def test_the_report_goes_to_stdout_while_progress_is_shown_on_the_terminal(tmp_path):
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "symgrad", "verify", FALSE, TRUE]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=child, text=True, timeout=600, env={**os.environ, "TERM": "xterm"}
    )
    os.close(child)
    os.close(parent)
    assert done.stdout.startswith("REFUTED")
    assert "\x1b" not in done.stdout


def test_letters_that_a_terminal_cannot_show_are_spelt_out():
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "1"}  # arguments are read as ever
    result = symgrad("verify", "φ == φ + 1", env=environment)
    assert (result.returncode, result.stderr) == (1, "")
    assert "\\u03c6 == \\u03c6 + 1" in result.stdout


# --- explain ------------------------------------------------------------------------------------------------


def test_explain_shows_lines_rules_and_verdicts(run):
    code, out, _ = run("explain", "x*sigmoid(x)")
    assert code == 0
    assert out.splitlines()[0] == "diff(x*sigmoid(x), x)"
    assert "     product rule; proved" in out
    assert "     slope of the sigmoid; identity; proved" in out


def test_explain_says_what_names_stand_for(run):
    code, out, _ = run("explain", "x*silu(x)")
    assert (code, out.splitlines()[0]) == (0, "silu(x) stands for swish(x)")


def test_explain_needs_a_variable_where_there_are_several(run):
    assert "say by which of a, x" in complaint(run("explain", "a*x"))
    code, out, _ = run("explain", "a*x", "--variable", "a")
    assert (code, out.splitlines()[0]) == (0, "diff(a*x, a)")


# --- build --------------------------------------------------------------------------------------------------


def test_build_writes_documents_and_prints_a_table_of_verdicts(run, folder, tmp_path):
    code, out, err = run("build", folder / "c.py", "-o", tmp_path / "out", "--to", "html,markdown")
    assert (code, err) == (0, "")
    assert "1 proved, 1 refuted as it should be" in out
    assert str(tmp_path / "out" / "html" / "index.html") in out
    assert (tmp_path / "out" / "markdown" / "c.md").is_file()
    assert "unchanged" in run("build", folder / "c.py", "-o", tmp_path / "out", "--to", "html,markdown")[1]


@pytest.mark.parametrize(("says", "code", "remark"), [(FALSE, 1, "not as expected: 1"), (OPEN, 3, "open: 1")])
def test_build_says_which_claims_are_not_as_expected(run, tmp_path, says, code, remark):
    text = f'import symgrad as sg\nderivation = sg.Derivation("A page", sg.statement("{says}"))\n'
    (tmp_path / "page.py").write_text(text)
    found, out, _ = run("build", tmp_path / "page.py", "-o", tmp_path / "out")
    assert found == code
    assert remark in out
    assert (tmp_path / "out" / "html" / "page.html").is_file()


def test_build_takes_the_folder_derivations_by_default(tmp_path):
    (tmp_path / "derivations").mkdir()
    (tmp_path / "derivations" / "page.py").write_text(DERIVATION)
    assert symgrad("build", cwd=tmp_path).returncode == 0
    assert (tmp_path / "build" / "html" / "index.html").is_file()


BAD_DERIVATIONS = {
    "raises.py": ("import symgrad as sg\n1/0\n", "raises.py:2: ZeroDivisionError: division by zero"),
    "stops.py": ("raise SystemExit(0)\n", "stops.py:1: SystemExit: 0"),
    "unfinished.py": ("x = (\n", "unfinished.py:1: SyntaxError: '(' was never closed"),
    "empty.py": ("", "empty.py: must end in a Derivation called derivation"),
    "typo.py": ("import symgrad as sg\n\nsg.claim('1 +')\n", "typo.py:3: '1 +', column 4: something must follow '+'"),
}


@pytest.mark.parametrize("name", BAD_DERIVATIONS)
def test_a_bad_derivation_is_named_with_its_line_and_the_others_are_built(run, folder, tmp_path, name):
    text, reason = BAD_DERIVATIONS[name]
    (folder / name).write_text(text)
    code, out, err = run("build", folder, "-o", tmp_path / "out")
    assert code == 2
    assert err.startswith(f"symgrad: {folder}/{reason}")
    assert err.count("\n") == 1
    assert "unchanged" in out or "written" in out
    assert (tmp_path / "out" / "html" / "c.html").is_file()
    assert reason in complaint(run("verify", folder / name))


# --- mistakes -----------------------------------------------------------------------------------------------


BAD_CLAIMS = {
    "not-toml.toml": ("claim = [", "not-toml.toml: not TOML: "),
    "not-json.json": ("{", "not-json.json: not JSON: "),
    "nothing.toml": ("", "nothing.toml: no claims"),
    "field.toml": (
        '[[claim]]\nsays = "1 == 1"\nsay = "x"\n',
        "field.toml:1: claim 1: unknown field 'say'; known are id, says",
    ),
    "formula.toml": (
        '[[claim]]\nid = "a"\nsays = "1 +* 2 == 3"\n',
        "formula.toml:1: claim 1 (a): '1 +* 2 == 3', column",
    ),
    "missing.toml": ('[[claim]]\nid = "a"\n', "missing.toml:1: claim 1 (a): the field says is missing"),
    "expect.toml": ('[[claim]]\nsays = "1 == 1"\nexpect = "maybe"\n', 'expect must be "holds" or "refuted"'),
    "where.toml": (
        '[[claim]]\nsays = "x == x"\nwhere = "x > 0"\n',
        "where.toml:1: claim 1: where must be a list of texts",
    ),
    "latin.toml": (b'[[claim]]\nsays = "\xe9 == 1"\n', "latin.toml: not TOML: "),
    "other.yaml": ("claim: x", "other.yaml: claims are read from .toml, .json and .py files"),
}


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_a_bad_file_of_claims_is_named_in_one_line(run, tmp_path, name):
    content, reason = BAD_CLAIMS[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert reason in complaint(run("verify", tmp_path / name))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["verify", "no-such.toml"], "no-such.toml: No such file"),
        (["verify", "no-such.py"], "no-such.py: no such file"),
        (["verify", ""], "column 1"),
        (["verify", "1/(1 - exp(-x) == sigmoid(x)"], "column 3: "),
        (["verify", "sgmoid(x) == 1"], "did you mean sigmoid?"),
        (["verify", "x == x", "--where", "x inside (0, 1)"], "'x inside (0, 1)'"),
        (["verify", "x == x", "--format", "yaml"], "See symgrad verify --help."),
        (["verify"], "Missing argument"),
        (["verify", "9**9**9**9 == 1"], "column"),
        (["prove", "x == x"], "No such command 'prove'"),
        (["explain", "exp(2)"], "nothing to explain"),
        (["explain", "x == 2*x"], "only what is proved has a proof"),
        (["build", "no-such.py"], "no-such.py: no such file"),
        (["build", "--to", "scroll", "no-such.py"], "no documents of the kind 'scroll'; known are html, markdown"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(run, arguments, reason):
    assert reason in complaint(run(*arguments))


def test_an_empty_folder_says_what_was_looked_for(run, tmp_path):
    assert f"{tmp_path}: no claims here" in complaint(run("verify", tmp_path))


def test_where_is_not_for_files(run, folder):
    assert "--where is for formulas" in complaint(run("verify", folder / "a.toml", "--where", "x > 0"))


def test_an_unwritable_folder_is_named(run, folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert f"cannot write {tmp_path}/file/html" in complaint(run("build", folder / "c.py", "-o", tmp_path / "file"))


def test_a_full_disk_leaves_no_half_written_file(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # Python would keep the first bytes of a module

    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))  # room for the manifest, and for no page

    result = symgrad("build", folder / "c.py", "-o", tmp_path / "out", preexec_fn=small_files_only)
    assert result.returncode == 2
    assert result.stderr.startswith(f"symgrad: cannot write {tmp_path}/out/")
    assert result.stderr.count("\n") == 1
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert [path.name for path in left] == [".symgrad-manifest.json"]
    assert json.loads(left[0].read_text())["pages"] == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_report_that_cannot_be_written_is_a_mistake():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "symgrad", "verify", TRUE]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=600)
    assert (result.returncode, result.stderr) == (2, "symgrad: cannot print: No space left on device\n")


def test_interruption_ends_in_one_line_and_whole_files(folder, tmp_path):
    waiting = 'print("waiting", flush=True)\nimport time\ntime.sleep(60)\n'
    (folder / "z.py").write_text(waiting)
    command = [sys.executable, "-m", "symgrad", "build", str(folder), "-o", str(tmp_path / "out")]

    def in_the_foreground():
        """Shells start what runs in the background with interrupts ignored, and every child would inherit that."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=in_the_foreground
    )
    assert process.stdout.readline() == "waiting\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=600)
    assert process.returncode == 2
    assert err.strip() == "symgrad: interrupted; what was finished stays, nothing is half-written"
    assert list(tmp_path.rglob("*.tmp")) == []


# --- slips of our own ---------------------------------------------------------------------------------------


def no_such_name(*arguments, **options):
    raise NameError("name 'sumpy' is not defined\n\x1b[31mPROVED")


COMMANDS_THAT_FAIL = {
    ("verify", TRUE): "symgrad.checking.reports.exit_code",
    ("verify", TRUE, "--format", "json"): "symgrad.checking.reports.to_json",
    ("explain", "diff(sigmoid(x), x)"): "symgrad.checking.explain.derivative_steps",
    ("audit", TRUE): "symgrad.checking.audit.audit_all",
    ("build", "page.py"): "symgrad.documents.build",
    ("replay", "a.json"): "symgrad.checking.certificates.read",
    ("init", "mine"): "symgrad.cli.projects.create",
    ("doctor",): "symgrad.cli.doctor.examine",
    ("completion", "bash"): "symgrad.cli.completion.script",
}


OF_A_CLAIM = {"text": (sg.Claim, "__str__"), "verdict": (cli, "decide"), "reading": (claim_files, "claim")}


@pytest.mark.swallows_failures
@pytest.mark.parametrize("place", OF_A_CLAIM)
@pytest.mark.parametrize("error", [RecursionError, NameError, sg.ClaimError])
def test_a_claim_that_fails_leaves_the_others_of_its_file_alone(run, monkeypatch, tmp_path, place, error):
    path = tmp_path / "claims.toml"
    claims = (("first", TRUE), ("second", "x**2 >= 0"), ("third", FALSE))
    path.write_text("".join(f'[[claim]]\nid = "{name}"\nsays = "{says}"\n' for name, says in claims), "utf-8")
    usual = getattr(*OF_A_CLAIM[place])

    def failing(asked, **facts):
        if facts.get("id", getattr(asked, "id", "")) == "second":
            raise error("by order of the test")
        return usual(asked, **facts)

    monkeypatch.setattr(*OF_A_CLAIM[place], failing)
    is_read = place != "reading"
    code, out, _ = run("verify", path, "--no-cache", "--format", "json", "--certificates", tmp_path / "certificates")
    found = {row["id"]: (row["outcome"], row["method"]) for row in json.loads(out)["claims"]}
    assert (found["first"][0], found["third"][0], code) == (
        "PROVED",
        "REFUTED",
        1 if is_read and place != "text" else 2,
    )
    assert found["second"] == (("UNDECIDED", ladder.FAILED) if is_read else (None, "not read"))
    _, out, _ = run("verify", path, "--no-cache")
    assert [line.split()[0] for line in out.splitlines() if line[0].isupper()] == [
        "PROVED", *(["UNDECIDED"] if is_read else []), "REFUTED",
    ]  # fmt: skip


def test_every_command_is_made_to_fail():
    assert {command for command, *_ in COMMANDS_THAT_FAIL} == set(commands.commands)


@pytest.mark.parametrize("arguments", COMMANDS_THAT_FAIL, ids=" ".join)
def test_a_slip_of_our_own_is_one_line_and_has_an_exit_code_of_its_own(run, monkeypatch, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(COMMANDS_THAT_FAIL[arguments], no_such_name)
    code, _, err = run(*arguments)
    assert (code, err.count("\n")) == (70, 1)
    assert err.startswith("symgrad: internal error, a slip of symgrad and not of yours: NameError: name 'sumpy'")
    assert "\x1b" not in err
    monkeypatch.setenv("SYMGRAD_DEBUG", "1")
    monkeypatch.setattr(logging.getLogger("symgrad.prove"), "handlers", [])
    assert "Traceback" in run(*arguments)[2]


@pytest.mark.swallows_failures
def test_a_prover_that_fails_ends_its_own_claim_alone(run, monkeypatch):
    refute = ladder.refute
    monkeypatch.setattr(ladder, "refute", lambda goal: no_such_name() if "failing" in str(goal) else refute(goal))
    code, out, err = run("verify", TRUE, "failing == 1", "1 + 1 == 2")
    assert (code, err) == (3, "")
    assert [line.split()[0] for line in out.splitlines() if line[0] != " "] == ["PROVED", "UNDECIDED", "PROVED", "3"]
    assert "please report the claim" in out
    assert "NameError" not in out  # what failed is told to those who ask by SYMGRAD_DEBUG
    assert run("verify", "failing == 1", FALSE)[0] == 1
