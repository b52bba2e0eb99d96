"""The README: what it says is printed is printed, and what it says of verdicts and files is so."""

import configparser
import re
import shutil
from pathlib import Path

import pytest
from documented import blocks, run_page

from symgrad import Outcome
from symgrad.cli.commands import cli

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_everything_that_the_readme_shows_is_printed(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "derivations", tmp_path / "derivations")
    monkeypatch.chdir(tmp_path)
    assert run_page(README, tmp_path) >= 2


@pytest.mark.parametrize("command", ["python -m tox run -e build", "python -m tox run"])
def test_each_of_the_two_commands_sets_itself_up(command):
    lines = [line for block in blocks(TEXT) if block.language == "sh" for line in block.text.splitlines()]
    assert f"python -m pip install tox && {command}" in lines


def test_ci_runs_what_the_readme_says():
    assert "\npython -m pip install tox && python -m tox run\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_tox_has_the_environments_that_the_readme_names():
    settings = configparser.ConfigParser()
    settings.read(ROOT / "tox.ini")
    assert {"testenv:py", "testenv:lint", "testenv:types", "testenv:docs", "testenv:build", "testenv:bench"} <= set(
        settings
    )


def test_the_table_of_verdicts_says_what_outcomes_mean():
    rows = dict(re.findall(r"^\| ([A-Z]+) \| (.+?) \|$", TEXT, re.MULTILINE))
    assert {outcome.name: outcome.value for outcome in Outcome} == rows


def test_exit_codes_are_those_of_the_help():
    codes = re.findall(r"^ +(\d+) +(.+)$", cli.help, re.MULTILINE)
    assert [code for code, _ in codes] == ["0", "1", "2", "3", "70"]
    for code, meaning in codes:
        assert f"| {code} | {meaning} |" in TEXT


def test_every_place_that_the_readme_names_exists():
    places = re.findall(r"^\| `([\w./]+)` \|", TEXT, re.MULTILINE)
    places += re.findall(r"\]\((?!http)([\w./-]+)\)", TEXT)
    assert len(places) > 5
    assert [place for place in places if not (ROOT / place).exists()] == []
