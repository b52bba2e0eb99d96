"""Notebooks: they run clean and say what they said before; and what objects show of themselves in one."""

import json
from pathlib import Path

import nbclient
import nbformat
import pytest

import symgrad as sg
from symgrad.documents import build

DERIVATIONS = Path(__file__).parents[2] / "derivations"


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    output = tmp_path_factory.mktemp("notebooks")
    names = ("sigmoid_slope.py", "bptt_scalar.py")
    report = build([DERIVATIONS / name for name in names], ["notebook"], output)
    assert report.failures == ()
    return output / "notebook"


@pytest.fixture
def settings_of_nobody(tmp_path, monkeypatch):
    """Jupyter and IPython neither read the settings of whoever runs the tests nor write into that home folder."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.mark.one_in(3)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::ResourceWarning")
@pytest.mark.usefixtures("settings_of_nobody")
@pytest.mark.parametrize("name", ["sigmoid_slope", "bptt_scalar", "index"])
def test_a_notebook_runs_clean_and_finds_what_it_says(notebooks, name):
    notebook = nbformat.read(notebooks / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    said = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    nbclient.NotebookClient(notebook, timeout=600).execute()
    found = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert [[out["data"] for out in cell] for cell in said] == [[out["data"] for out in cell] for cell in found]
    claims = {"sigmoid_slope": 9, "index": 0}.get(name)
    assert claims is None or sum(map(len, said)) == claims


def test_every_claim_has_a_cell(notebooks):
    derivation = sg.load_derivation(DERIVATIONS / "sigmoid_slope.py")
    cells = nbformat.read(notebooks / "sigmoid_slope.ipynb", as_version=4).cells
    asked = [cell.source for cell in cells if cell.source.startswith("sg.verify")]
    assert len(asked) == len(derivation.claims)
    assert all(repr(str(claim)) in cell for claim, cell in zip(derivation.claims, asked))


def test_notebooks_are_the_same_in_every_build(notebooks, tmp_path):
    build([DERIVATIONS / "sigmoid_slope.py", DERIVATIONS / "bptt_scalar.py"], ["notebook"], tmp_path)
    for path in notebooks.iterdir():
        assert path.read_bytes() == (tmp_path / "notebook" / path.name).read_bytes()


def test_markup_in_a_title_is_text(tmp_path):
    title = "*a* <script>alert(1)</script> $x$"
    (tmp_path / "odd.py").write_text(f"import symgrad as sg\nderivation = sg.Derivation({title!r})\n")
    build([tmp_path / "odd.py"], ["notebook"], tmp_path)
    cells = json.loads((tmp_path / "notebook" / "odd.ipynb").read_text())["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    assert "<script>" not in text.replace(r"\<script\>", "")


def test_what_objects_show_of_themselves():
    x = sg.real("x")
    h, w = sg.State("h"), sg.Parameter("w")
    cell = sg.Cell({h: sg.tanh(w * h.prev)})
    grad = sg.bptt(cell, sg.half_squared_error(h))
    claim = sg.claim("log(x**2) == 2*log(x)", where=["x > 0"])
    assert claim._repr_latex_().endswith(r"\quad\text{for } x > 0$")
    assert cell._repr_latex_().startswith("$")
    assert r"\begin{aligned}" in grad._repr_latex_()
    assert r"\frac{\partial L}{\partial w} &=" in grad._repr_latex_()
    assert "<b" in sg.verify(claim)._repr_html_()
    slope = sg.Derivation("<b>Slope</b>", sg.statement(sg.claim(sg.tanh(x), "<=", 1)))
    shown = slope._repr_html_()
    assert shown.startswith('<iframe title="&lt;b&gt;Slope')
    assert "proved" in shown
    assert "<b>" not in shown


def test_a_crosscheck_is_a_table():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 3})
    shown = sg.crosscheck(run, {"w": 0.5, "h0": 0.1})._repr_html_()
    assert shown.count("<tr>") == 3
    assert "SUPPORTED" in shown


def test_a_judgement_is_a_table():
    h, w = sg.State("h"), sg.Parameter("w")
    lines = ["dw = sum(delta[t]*h[t-1], (t, 1, T))", "dw = sum(delta[t]*h[t], (t, 1, T))"]
    judgement = sg.check_backward(sg.Cell({h: sg.sigmoid(w * h.prev)}), h, gradients=lines)
    _, right, wrong = judgement._repr_html_().split("<tr>")[1:]
    assert "PROVED</b>" in right
    assert "<td></td><td></td>" in right
    assert "REFUTED</b>" in wrong
    assert str(judgement.lines[1].verdict.witness) in wrong


def test_a_check_of_gradients_is_a_table():
    h, w = sg.State("h"), sg.Parameter("w")
    cell, point = sg.Cell({h: sg.sigmoid(w * h.prev)}), {"w": 1.0, "h0": 0.0}
    wrong = sg.check_gradient(
        lambda w, h0: {"<b>": 0.0}, cell, h, convert=lambda ours: {"<b>": ours["h0"]}, sizes={sg.LENGTH: 20}, **point
    )
    shown = wrong._repr_html_()
    assert "REFUTED</b>" in shown
    assert "<td>&lt;b&gt;</td><td>1 of 1</td><td>0.0</td><td>1.2717777e-13</td>" in shown
    right = sg.check_gradient(lambda w, h0: {"h0": 1.271777707131e-13}, cell, h, sizes={sg.LENGTH: 20}, **point)
    assert "SUPPORTED</b>" in right._repr_html_()
    assert "<table>" not in right._repr_html_()
