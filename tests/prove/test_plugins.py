"""Provers of other packages: found by entry point, met by the refuter, and named where they fail."""

import subprocess
import sys

import pytest

import symgrad as sg
from symgrad.base.errors import PluginError
from symgrad.prove.plugins import PROVERS, provers

OPEN = sg.claim("DiracDelta(x) == 0")
FALSE = sg.claim("sqrt(x**2) == x")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Makes a package with a prover of this code, and has it found."""

    def installed(code, value="other_package:prove"):
        (tmp_path / "other_package.py").write_text("from symgrad import Outcome, Verdict\n" + code)
        facts = tmp_path / "other_package-1.5.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.5\n")
        (facts / "entry_points.txt").write_text(f"[symgrad.provers]\nbold = {value}\n")
        monkeypatch.syspath_prepend(tmp_path)
        provers.cache_clear()

    yield installed
    provers.cache_clear()
    sys.modules.pop("other_package", None)


BOLD = "def prove(goal, decide):\n    return Verdict(Outcome.PROVED, 'by boldness')\n"


def test_a_prover_of_another_package_is_asked_and_named(install):
    assert sg.verify(OPEN).outcome is sg.Outcome.UNDECIDED
    install(BOLD)
    verdict = sg.verify(OPEN)
    assert (verdict.outcome, verdict.method) == (sg.Outcome.PROVED, "bold of other-package: by boldness")
    assert PROVERS.installed() == ["bold = other_package:prove, other-package 1.5"]


def test_the_search_for_counterexamples_goes_before_it(install):
    install(BOLD)
    assert sg.verify(FALSE).outcome is sg.Outcome.REFUTED


def test_a_prover_that_knows_nothing_changes_nothing(install):
    before = sg.verify(OPEN)
    install("def prove(goal, decide):\n    return None\n")
    assert sg.verify(OPEN) == before


@pytest.mark.parametrize(
    ("code", "value", "reason"),
    [
        ("raise RuntimeError('no licence')", "other_package:prove", r"cannot be loaded: RuntimeError: no licence"),
        (BOLD, "other_package:proof", r"cannot be loaded: AttributeError"),
        (BOLD, "no_such_module:prove", r"cannot be loaded: ModuleNotFoundError"),
        ("prove = 3", "other_package:prove", r"other_package:prove is no function"),
        (
            "prove = lambda goal, decide: True",
            "other_package:prove",
            r"must return a Verdict or None; got bool",
        ),
        (
            "prove = lambda goal, decide: 1/0",
            "other_package:prove",
            r"failed on DiracDelta\(x\) == 0: ZeroDivisionError",
        ),
    ],
)
def test_a_broken_one_is_one_error_that_names_it(install, code, value, reason):
    install(code, value)
    with pytest.raises(PluginError, match=rf"^the prover 'bold' of the package other-package: {reason}") as error:
        sg.verify(OPEN)
    assert "\n" not in str(error.value)
    assert error.value.name == "bold"


def test_importing_symgrad_looks_for_no_packages():
    code = "import symgrad, sys; sys.exit('importlib.metadata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
