"""The first minutes: what the bare command shows, a project of one's own, what is installed, completion."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class
from click.testing import CliRunner

from symgrad.checking import reports
from symgrad.cli import commands as cli
from symgrad.cli import doctor, projects
from symgrad.cli.commands import cli as commands

ROOT = Path(__file__).parents[2]
FILES = [str(path) for path in projects.template_files()]


@pytest.fixture
def run(monkeypatch, capsys):
    """The command line inside of this process: exit code, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["symgrad", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        return stop.value.code, printed.out, printed.err

    return run


def python(*arguments, cwd, path=None):
    """Python in a process of its own, with a folder in which it looks for modules first."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = {**kept, "PYTHONPATH": str(path)} if path else kept
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)


def without(folder, *modules):
    """A folder that hides modules from a process that looks there first."""
    folder.mkdir()
    for name in modules:
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name={name!r})\n")
    return folder


def everything_in(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


# --- the first screen ---------------------------------------------------------------------------------------


def test_the_bare_command_shows_an_example_of_each_command_on_one_screen(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [name for name in commands.commands if not any(line.startswith(f"  symgrad {name}") for line in lines)] == []
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 86


def test_every_example_of_the_first_screen_is_one_of_its_help(run):
    examples = [line for line in run()[1].splitlines() if line.startswith("  symgrad ")]
    shown = [CliRunner().invoke(commands, [line.split()[1], "--help"]).output for line in examples]
    assert [line for line, text in zip(examples, shown) if line not in text] == []


def test_help_still_has_examples_and_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0
    assert out.startswith("Usage: symgrad [OPTIONS]")
    assert "Example:" in out
    assert "Commands:" in out


def test_what_shows_no_formula_waits_for_no_library(tmp_path):
    code = "import sys, symgrad.cli; print({'sympy', 'numpy', 'flint', 'mpmath', 'rich'} & set(sys.modules))"
    assert python("-c", code, cwd=tmp_path).stdout == "set()\n"


def test_the_exit_code_of_a_mistake_is_the_same_everywhere():
    assert cli.EXIT_MISUSE == reports.EXIT_MISUSE


def test_a_library_that_is_missing_is_one_line(run, monkeypatch):
    def decide(claim):
        raise ModuleNotFoundError("No module named 'flint.types'", name="flint.types")

    monkeypatch.setattr(cli, "decide", decide)
    assert run("verify", "1 == 1") == (
        2,
        "",
        "symgrad: the library flint is missing; symgrad doctor says how to add it\n",
    )


# --- a project of one's own ---------------------------------------------------------------------------------


def test_a_new_project_builds_passes_its_tests_and_makes_pages(tmp_path):
    folder = tmp_path / "mine"
    made = python("-m", "symgrad", "init", "mine", cwd=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    for command in projects.COMMANDS:
        assert f"next:    {command}\n" in made.stdout
        module, *arguments = command.removeprefix("python -m ").split()
        done = python("-m", module, *arguments, cwd=folder)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert (folder / "build" / "html" / "tanh_slope.html").is_file()
    page = (folder / "docs" / "_build" / "index.html").read_text(encoding="utf-8")
    assert "<math" in page
    assert page.count("proved") >= 3


def test_the_tests_of_a_new_project_need_no_more_than_pytest(tmp_path):
    projects.create(tmp_path / "mine")
    bare = without(tmp_path / "bare", "docutils", "matplotlib", "sphinx")
    done = python("-m", "pytest", "-q", cwd=tmp_path / "mine", path=bare)
    assert done.returncode == 0, done.stdout
    assert "10 passed" in done.stdout


def test_the_tests_of_a_new_project_notice_what_is_wrong(tmp_path):
    projects.create(tmp_path)
    derivation = tmp_path / "derivations" / "tanh_slope.py"
    derivation.write_text(derivation.read_text().replace("(1 - t) * (1 + t)", "(1 - t) * (1 - t)"))
    claims = tmp_path / "claims.toml"
    claims.write_text(claims.read_text().replace('x) == 1 - tanh(x)"', 'x) == 1 - tanh(x)**2"'))
    done = python("-m", "pytest", "-v", cwd=tmp_path)
    assert done.returncode == 1
    assert "3 failed, 7 passed" in done.stdout  # the next line of the chain is wrong as well
    assert "[tanh_slope.2] FAILED" in done.stdout
    assert "[forgotten-square] FAILED" in done.stdout


def test_a_project_goes_into_the_current_folder_by_default(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    code, out, _ = run("init")
    assert code == 0
    assert "next:    cd" not in out
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == sorted(
        [*FILES, "notes.txt"]
    )


def test_a_folder_with_a_space_is_entered_in_quotes(run, tmp_path):
    assert f"next:    cd '{tmp_path}/of mine'\n" in run("init", tmp_path / "of mine")[1]


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_overwritten_and_then_none_is_written(run, tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    before = everything_in(tmp_path)
    reason = f"symgrad: {tmp_path / name}: already there; nothing was written, name another folder\n"
    assert run("init", tmp_path) == (2, "", reason)
    assert everything_in(tmp_path) == before


def test_a_link_that_leads_nowhere_is_not_overwritten_either(run, tmp_path):
    (tmp_path / "README.md").symlink_to(tmp_path / "elsewhere")
    assert run("init", tmp_path)[0] == 2
    assert not (tmp_path / "elsewhere").exists()


def test_what_cannot_be_finished_is_taken_back(run, tmp_path):
    (tmp_path / "tests").write_text("a file where a folder should be")  # the last folder that is made
    before = everything_in(tmp_path)
    code, out, err = run("init", tmp_path)
    assert (code, out, err) == (2, "", f"symgrad: cannot write {tmp_path}/tests: File exists\n")
    assert everything_in(tmp_path) == before


def test_a_folder_that_is_a_file_is_a_mistake(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run("init", tmp_path / "file")
    assert (code, err.count("\n")) == (2, 1)


def test_the_readme_of_a_project_names_its_commands():
    readme = (projects.TEMPLATES / "README.md").read_text(encoding="utf-8")
    assert "```sh\n{}\n```".format("\n".join(projects.COMMANDS)) in readme


# --- what is installed --------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a package that seems to be installed."""

    def package(name, version="1.0", needs=(), files=None, points=""):
        about = tmp_path / f"{name}-{version}.dist-info"
        about.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        extras = {line.rpartition("== ")[2].strip("'\"") for line in needs if "extra ==" in line}
        lines += [f"Requires-Dist: {line}" for line in needs] + [f"Provides-Extra: {extra}" for extra in sorted(extras)]
        (about / "METADATA").write_text("\n".join(lines) + "\n")
        (about / "entry_points.txt").write_text(points)
        files = files or {}
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)
        (about / "RECORD").write_text("".join(f"{path},,\n" for path in files))
        monkeypatch.syspath_prepend(tmp_path)

    return package


def test_every_extra_is_said_to_be_good_for_something():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]) - {doctor.UNION} == set(doctor.ADDS)


def test_this_installation_is_sound(run):
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert {"Python", "sympy", "numpy", "mpmath", "python-flint", "click", "rich", "cache"} <= set(rows)
    assert " ok " in rows["sympy"]
    assert out.endswith("\nclaims can be decided\n")


def test_the_report_for_programs_says_the_same(run):
    code, out, _ = run("doctor", "--format", "json")
    report = json.loads(out)
    assert code == 0
    assert list(report) == ["sound", "python", "libraries", "extras", "cache", "provers"]
    assert report["sound"] is True
    for part in (report["python"], *report["libraries"], *report["extras"], report["cache"]):
        assert list(part)[:5] == ["name", "state", "version", "remark", "install"]
    assert all(extra["libraries"] for extra in report["extras"])


def test_an_extra_that_is_missing_is_no_mistake_and_how_to_add_it_is_said(run, package):
    package("symgrad", needs=["click", "no-such-library>=2; extra == 'odd'", "symgrad[odd]; extra == 'other'"])
    code, out, _ = run("doctor")
    assert code == 0
    assert "to add odd: python -m pip install 'symgrad[odd]'\n" in out
    assert "to add other: python -m pip install 'symgrad[other]'\n" in out
    row = next(line.split() for line in out.splitlines() if line.startswith("  no-such-library"))
    assert row == ["no-such-library", "missing", "needs", ">=2"]


@pytest.mark.parametrize(
    ("line", "state", "install"),
    [
        ("no-such-library>=2", "missing", "python -m pip install 'no-such-library>=2'"),
        ("sympy>=99", "other version", "python -m pip install 'sympy>=99'"),
        ("crumbled", "broken", "python -m pip install --force-reinstall 'crumbled'"),
    ],
)
def test_a_base_that_is_not_sound_is_a_mistake(run, package, line, state, install):
    package("crumbled", files={"crumbled/__init__.py": "raise RuntimeError('of another\\n machine')\n"})
    package("symgrad", needs=[line, "no-such-either; sys_platform == 'odd'"])
    code, out, _ = run("doctor", "--format", "json")
    library = json.loads(out)["libraries"]
    assert code == 2
    assert [(part["state"], part["install"]) for part in library] == [(state, install)]
    assert (state == "broken") == (library[0]["remark"] == "RuntimeError: of another machine")
    code, out, _ = run("doctor")
    assert code == 2
    assert out.endswith("\nclaims cannot be decided\n")


def test_what_an_extra_asks_of_another_package_is_looked_at_too(run, package):
    package("dashing", needs=["no-such-library; extra == 'spread'"])
    package("symgrad", needs=["dashing[spread]; extra == 'scale'"])
    scale = json.loads(run("doctor", "--format", "json")[1])["extras"][0]
    assert [(part["name"], part["state"]) for part in scale["libraries"]] == [
        ("dashing", "ok"),
        ("no-such-library", "missing"),
    ]
    assert (scale["state"], scale["remark"]) == ("missing", doctor.ADDS["scale"])


def test_a_prover_that_cannot_be_loaded_is_named(run, package):
    package("others", points="[symgrad.provers]\nswift = no_such_module:prove\n")
    code, out, _ = run("doctor", "--format", "json")
    prover = json.loads(out)["provers"][0]
    assert code == 2
    assert (prover["name"], prover["state"], prover["version"]) == ("swift", "broken", "1.0")
    assert "of the package others: cannot be loaded: ModuleNotFoundError" in prover["remark"]


def test_a_base_that_cannot_be_loaded_is_reported_all_the_same(tmp_path):
    bare = without(tmp_path / "bare", "sympy")
    done = python("-m", "symgrad", "doctor", "--format", "json", cwd=tmp_path, path=bare)
    assert (done.returncode, done.stderr) == (2, "")
    states = {part["name"]: part["state"] for part in json.loads(done.stdout)["libraries"]}
    assert (states["sympy"], states["click"]) == ("broken", "ok")


def test_the_table_is_plain_where_its_library_is_missing(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.table", None)
    code, out, _ = run("doctor")
    assert code == 0
    assert out.startswith("Python  ")


def test_files_that_were_never_installed_say_so(run, monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGE", "no-such-package")
    assert run("doctor") == (
        2,
        "",
        "symgrad: symgrad has not been installed; in its folder: python -m pip install .\n",
    )


@pytest.mark.parametrize(
    ("setting", "state", "remark"),
    [
        ("off", "off", "SYMGRAD_CACHE is off: every claim is decided anew"),
        ("new/known", "ok", "new/known"),
        ("file/known", "broken", "file/known: Not a directory; every claim is decided anew"),
    ],
)
def test_the_folder_of_known_verdicts_is_tried_and_nothing_is_left_in_it(
    run, tmp_path, monkeypatch, setting, state, remark
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SYMGRAD_CACHE", setting)
    code, out, _ = run("doctor", "--format", "json")
    assert code == 0
    cache = json.loads(out)["cache"]
    assert (cache["state"], cache["remark"]) == (state, remark)
    assert [path.name for path in tmp_path.rglob("*")] == ["file"]


def test_a_secret_that_others_can_read_is_told(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SYMGRAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    secret = tmp_path / "symgrad" / "secret"
    secret.parent.mkdir()
    secret.write_bytes(b"x" * 32)
    secret.chmod(0o644)
    cache = json.loads(run("doctor", "--format", "json")[1])["cache"]
    assert cache["state"] == "broken"
    assert cache["remark"].startswith(f"{secret}: no secret of this user alone")


# --- completion ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script_and_help_says_where_it_goes(run, shell):
    code, out, _ = run("completion", shell)
    assert code == 0
    assert f"_SYMGRAD_COMPLETE={shell}_complete" in out
    assert f"symgrad completion {shell}" in run("completion", "--help")[1]


def test_another_shell_is_a_mistake_of_one_line(run):
    code, out, err = run("completion", "csh")
    assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("before", "begun", "offered"),
    [
        ([], "re", [("plain", "replay")]),
        (["verify"], "cl", [("file", "cl")]),
        (["verify", "--format"], "j", [("plain", "json"), ("plain", "junit")]),
        (["verify", "--certificates"], "c", [("dir", "c")]),
        (["audit"], "de", [("file", "de")]),
        (["build"], "de", [("file", "de")]),
        (["build", "--to"], "ma", [("plain", "markdown")]),
        (["build", "--to"], "html,markdown,l", [("plain", "html,markdown,latex")]),
        (["build", "--to"], "html,h", []),
        (["init"], "m", [("dir", "m")]),
        (["completion"], "", [("plain", "bash"), ("plain", "zsh"), ("plain", "fish")]),
    ],
)
def test_what_is_offered(before, begun, offered):
    shell = get_completion_class("zsh")(commands, {}, "symgrad", "_SYMGRAD_COMPLETE")
    assert [(item.type, item.value) for item in shell.get_completions(before, begun)] == offered


@pytest.fixture
def with_program(tmp_path):
    """The environment of a shell that finds this symgrad, and no settings of anybody."""
    program = tmp_path / "symgrad"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m symgrad "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}


@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
def test_fish_completes(with_program):
    asked = ("symgrad ver", "symgrad build --to mark")  # click divides what it tells fish at commas
    script = "symgrad completion fish | source; " + "; ".join(f"complete -C '{words}'" for words in asked)
    done = subprocess.run(["fish", "-c", script], env=with_program, capture_output=True, text=True, timeout=600)
    assert done.stderr == ""
    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == ["verify", "markdown"]


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes(with_program):
    script = (
        'eval "$(symgrad completion bash)"; '
        "complete -p symgrad; COMP_WORDS=(symgrad build --to html,mark); COMP_CWORD=3; "
        '_symgrad_completion symgrad; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=with_program,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.stderr, done.stdout.splitlines()[-1]) == ("", "html,markdown")
