"""What other packages add by entry points: found when it is asked for, and named where it is broken."""

import sys

import pytest

import symgrad as sg
from symgrad.base.errors import PluginError
from symgrad.compute.run.backends import BACKENDS
from symgrad.documents.formats import markdown
from symgrad.documents.workshop.build import build

CODE = """
from symgrad.documents.formats import markdown
from symgrad.extend import BACKENDS, Backend

def compute(computation, numbers_of, digits):
    return BACKENDS["mpmath"].compute(computation, numbers_of, 10)

coarse = Backend("coarse", compute, given_back=BACKENDS["mpmath"].given_back)

class Plain:
    @staticmethod
    def pages(page):
        return {name + ".txt": text for name, text in markdown.pages(page).items()}

    @staticmethod
    def index(entries):
        return {"index.txt": markdown.index(entries)["index.md"]}
"""
POINTS = """
[symgrad.backends]
coarse = added:coarse
absent = added:no_such
wrong = added:compute
[symgrad.formats]
plain = added:Plain
wrong = added:compute
absent = no_such_module
"""
DERIVATION = """
import symgrad as sg

derivation = sg.Derivation("One line", sg.statement(sg.claim("x**2 >= 0")))
"""


@pytest.fixture(autouse=True)
def added(tmp_path, monkeypatch):
    """A package that adds a backend and a kind of documents."""
    (tmp_path / "added.py").write_text(CODE)
    facts = tmp_path / "added-1.5.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: added\nVersion: 1.5\n")
    (facts / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("added", None)
    BACKENDS.pop("coarse", None)


def gradients():
    h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    return sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), h)


def test_a_backend_of_another_package_is_one_like_the_others():
    given = {"w": 0.5, "x": [1.0, 2.0]}
    run, known = (gradients().compile(backend=name)(**given) for name in ("coarse", "mpmath"))
    assert abs(run.loss - known.loss) < 1e-10
    assert run.loss != known.loss
    with pytest.raises(sg.CellError, match=r"threads are for the backend compiled; the backend is coarse"):
        gradients().compile(backend="coarse", threads=2)


def test_an_unknown_backend_is_told_what_there_is():
    with pytest.raises(sg.CellError, match=r"one of numpy, .*, absent, coarse, wrong; got 'no_such'"):
        gradients().compile(backend="no_such")


@pytest.mark.parametrize(
    ("name", "reason"), [("absent", "cannot be loaded: AttributeError"), ("wrong", "added:compute is no symgrad")]
)
def test_a_broken_backend_is_one_error_that_names_it(name, reason):
    with pytest.raises(PluginError, match=rf"^the backend '{name}' of the package added: {reason}") as error:
        gradients().compile(backend=name)
    assert "\n" not in str(error.value)


def test_a_kind_of_documents_of_another_package_is_built(tmp_path):
    source = tmp_path / "one_line.py"
    source.write_text(DERIVATION)
    report = build([source], ["plain", "markdown"], tmp_path / "out")
    assert report.failures == ()
    made = (tmp_path / "out" / "plain" / "one_line.md.txt").read_bytes()
    assert made == (tmp_path / "out" / "markdown" / ("one_line" + markdown.SUFFIX)).read_bytes()


@pytest.mark.parametrize(
    ("name", "reason"), [("absent", "cannot be loaded: ModuleNotFound"), ("wrong", "added:compute is no module with")]
)
def test_a_broken_kind_is_one_error_that_names_it(tmp_path, name, reason):
    source = tmp_path / "one_line.py"
    source.write_text(DERIVATION)
    with pytest.raises(sg.OutputError, match=rf"^the format '{name}' of the package added: {reason}"):
        build([source], [name], tmp_path / "out")


def test_an_unknown_kind_is_told_what_there_is(tmp_path):
    with pytest.raises(sg.OutputError, match=r"'papyrus'; known are html, .*slides, absent, plain, wrong"):
        build([], ["papyrus"], tmp_path / "out")
