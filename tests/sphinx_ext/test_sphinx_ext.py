"""The Sphinx extension: what directives show, references across pages, warnings with places, every builder."""

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from docutils import nodes
from sphinx.testing.util import SphinxTestApp

ROOT = Path(__file__).parents[2]
CONF = """
project, author, version, copyright = "sample", "somebody", "1", "2026, somebody"
extensions = ["symgrad.sphinx_ext", "myst_parser"]
symgrad_derivations = "derivations"
exclude_patterns = ["_build"]
numfig = True
"""
SMALL = '''
"""A small derivation."""
from sympy import Derivative
import symgrad as sg
x = sg.real("x", "pre-activation")
t = sg.tanh(x)
derivation = sg.Derivation(
    "The slope of tanh",
    sg.prose("By {it}, and by {all}, see {f}.", it=sg.ref("half"), all=sg.ref("slope"), f=sg.ref("curve")),
    sg.chain(Derivative(t, x), sg.equals(1 - t**2, by="known"), sg.equals((1 - t) * (1 + t)), label="slope"),
    sg.section("One value", sg.statement("tanh(0) == 0", label="half", remark="In the middle.")),
    sg.erratum("diff(tanh(x), x) == 1 - tanh(x)", source="a slip"),
    sg.figure("The curve", sg.curve(t, x, -2, 2, samples=9), alt="an S", x_label=x, y_label=t, label="curve"),
    sg.table("Values", ("at", "claim"), (0, sg.claim("tanh(0) <= 1/2"))),
    source="a lecture",
)
'''
INDEX = """
Sample
======

.. toctree::

   tanh
   other

See :eq:`small.slope` and :symgrad:ref:`small.slope.2`, :symgrad:ref:`small`, :symgrad:ref:`small.curve`,
:numref:`small.curve`, :symgrad:ref:`logs` and :symgrad:ref:`the cell <mine>`.
"""
TANH = "```{symgrad:derivation} small\n```\n"
OTHER = """# Other

```{symgrad:claim} log(x*y) == log(x) + log(y)
:where: x > 0; y > 0
:id: logs
:label: sum
```

The formula {symgrad:formula}`diff(tanh(x), x)` and {symgrad:verdict}`tanh(x) <= 1`, equation {eq}`sum`.

```{symgrad:chain} small#slope
:label: again
```

```{symgrad:step} small#2
```

```{symgrad:figure} small#curve
```

```{symgrad:table} small#table-1
```

```{symgrad:symbols} small
```

```{symgrad:verdicts} claims.toml
```

```{symgrad:cell} A small cell
:shapes: W n,n; b n; h n
:label: mine
:show: backward

h[t] = tanh(W @ h[t-1] + b)
```
"""
CLAIMS = '[[claim]]\nid = "sum"\nsays = "1 + 1 == 2"\n[[claim]]\nid = "slip"\nsays = "1 == 2"\nexpect = "refuted"\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with files; what builds it gives the application and its warnings."""
    monkeypatch.setenv("SYMGRAD_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "source"
    (source / "derivations").mkdir(parents=True)
    (source / "conf.py").write_text(CONF)
    (source / "derivations" / "small.py").write_text(SMALL)
    built = []

    def build(builder="html", conf="", fresh=False, **pages):
        for name, text in pages.items():
            stem, _, suffix = name.rpartition("_")
            (source / f"{stem}.{suffix}").write_text(text)
        (source / "conf.py").write_text(CONF + conf)
        for before in built:
            before.cleanup()  # what one application registers, the next must not find
        app = SphinxTestApp(builder, srcdir=source, freshenv=fresh)
        built.append(app)
        app.build()
        return app

    yield build
    for app in built:
        app.cleanup()


def warnings_of(app):
    return re.sub(r"\x1b\[[0-9;]*m", "", app.warning.getvalue()).strip()


def equations(app, page):
    return list(app.env.get_doctree(page).findall(nodes.math_block))


SITE = {"index_rst": INDEX, "tanh_md": TANH, "other_md": OTHER, "claims_toml": CLAIMS}


def test_a_derivation_becomes_a_page(project):
    app = project(**SITE)
    assert warnings_of(app) == ""
    tree = app.env.get_doctree("tanh")
    assert tree.astext().startswith("The slope of tanh")
    assert app.env.titles["tanh"].astext() == "The slope of tanh"
    assert [node["label"] for node in equations(app, "tanh")] == [
        "small.slope",
        "small.slope.2",
        "small.half",
        "small.4",
    ]
    notes = [node.astext() for node in tree.findall(nodes.paragraph) if "symgrad-note" in node["classes"]]
    assert notes[:3] == ["known: proved.", "proved.", "proved."]
    assert "refuted; Counterexample: at x = 1 the left side is 0.4199" in notes[3]
    assert [rubric.astext() for rubric in tree.findall(nodes.rubric)] == ["Symbols", "Checks", "Sources"]


def test_references_lead_across_pages(project):
    app = project(**SITE)
    html = (app.outdir / "index.html").read_text(encoding="utf-8")
    for target, text in (
        ("tanh.html#equation-small-slope", "(1)"),
        ("tanh.html#equation-small-slope-2", "(2)"),
        ("tanh.html#the-slope-of-tanh", "The slope of tanh"),
        ("tanh.html#small-curve", "Fig. 1"),
        ("other.html#symgrad-claim-logs", "logs"),
        ("other.html#symgrad-cell-mine", "the cell"),
    ):
        assert re.search(rf'href="{re.escape(target)}"[^>]*>(<\w+[^>]*>)?{re.escape(text)}<', html), target
    page = (app.outdir / "tanh.html").read_text(encoding="utf-8")
    assert re.search(r'By <a [^>]*href="#equation-small-half"', page)
    assert re.search(r'href="#equation-small-slope"[^>]*>\(1\)</a> to <a [^>]*href="#equation-small-slope-2"', page)


def test_the_inventory_lists_what_can_be_referred_to(project):
    app = project(**SITE)
    objects = {name: kind for name, _, kind, *_ in app.env.get_domain("symgrad").get_objects()}
    assert objects["small"] == "derivation"
    assert objects["small.slope.2"] == "equation"
    assert objects["small.curve"] == "figure"
    assert {objects["logs"], objects["mine"]} == {"claim", "cell"}
    from sphinx.util.inventory import InventoryFile

    with (app.outdir / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, name: name)
    assert "small.slope" in inventory["symgrad:equation"]


def test_parts_stand_on_other_pages(project):
    app = project(**SITE)
    text = app.env.get_doctree("other").astext()
    labels = [node["label"] for node in equations(app, "other")]
    assert labels[:3] == ["sum", "again", "again.2"]
    (step,) = (node for node in equations(app, "other") if node["label"] is None and "+ 1" in node.astext())
    assert step.astext().count("=") == 1, "a step alone has both its sides"
    evidence = "both sides have the same normal form in x, y, log(x) and log(y)"
    assert f"for x > 0, y > 0: proved (exp-log normal form: {evidence})" in text
    assert "refuted, as it should be" in text
    assert "pre-activation" in text
    (figure,) = app.env.get_doctree("other").findall(nodes.figure)
    assert set(figure[0]["candidates"]) == {"image/svg+xml", "application/pdf"}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml", "latex", "epub", "text"])
def test_every_builder_builds_without_a_warning(project, builder):
    app = project(builder, **SITE)
    assert warnings_of(app) == ""


def test_mathematics_without_script_or_network(project):
    app = project(conf='html_math_renderer = "mathml"\nhtml_theme = "basic"\n', **SITE)
    page = (app.outdir / "tanh.html").read_text(encoding="utf-8")
    assert page.count("<math") > 5
    assert "mathjax" not in page.lower()
    assert '<span class="eqno">(1)' in page


def test_a_claim_that_cannot_be_read_is_a_warning_and_the_others_are_shown(project):
    claims = '[[claim]]\nid = "bad"\nsays = "1 +* 2"\n\n[[claim]]\nsays = "1 + 1 == 2"\n'
    app = project("text", claims_toml=claims, index_rst="T\n=\n\n.. symgrad:verdicts:: claims.toml\n")
    assert re.search(r"claims\.toml:1: claim 1 \(bad\): .* \[symgrad\.missing\]", warnings_of(app))
    shown = app.env.get_doctree("index").astext()
    assert "not read" in shown
    assert "proved" in shown


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (".. symgrad:claim:: tanh(x) == x\n", "index.rst:4: WARNING: tanh(x) == x: REFUTED* [symgrad.refuted]"),
        (".. symgrad:claim:: tanh(x) == +\n", "index.rst:4: WARNING: * [symgrad.missing]"),
        (".. symgrad:claim:: x == x\n   :expect: refuted\n", "index.rst:4: WARNING: x == x: PROVED* [symgrad.proved]"),
        (".. symgrad:derivation:: gone\n", "index.rst:4: WARNING: *gone.py: no such file [symgrad.missing]"),
        (".. symgrad:derivation:: crash\n", "index.rst:4: WARNING: *crash.py:2: ZeroDivisionError* [symgrad.missing]"),
        (".. symgrad:chain:: small#nothing\n", "index.rst:4: WARNING: nothing in it is called 'nothing'; *slope*"),
        (".. symgrad:cell:: lsmt\n", "index.rst:4: WARNING: no cell 'lsmt' in the zoo; *lstm*"),
        (
            ".. symgrad:cell:: x\n   :shapes: W\n\n   h[t] = tanh(W @ h[t-1])\n",
            "index.rst:4: WARNING: shapes are given*",
        ),
        (".. symgrad:cell:: lstm\n   :show: sideways\n", "index.rst:4: WARNING: :show: takes *'sideways'*"),
        (".. symgrad:cell:: lstm\n   :loss: __import__(os)\n", "index.rst:4: WARNING: a loss is one of *"),
        (".. symgrad:verdicts:: none.toml\n", "index.rst:4: WARNING: *none.toml: No such file* [symgrad.missing]"),
        (":symgrad:formula:`1 +`\n", "index.rst:4: WARNING: * [symgrad.missing]"),
        (":symgrad:verdict:`tanh(x) == x`\n", "index.rst:4: WARNING: tanh(x) == x: REFUTED* [symgrad.refuted]"),
        (":symgrad:ref:`nobody`\n", "index.rst:4: WARNING: no derivation, equation, *called nobody [ref.ref]"),
    ],
)
def test_mistakes_are_warnings_with_their_place(project, tmp_path, page, said):
    (tmp_path / "source" / "derivations" / "crash.py").write_text("import symgrad\n1 / 0\n")
    app = project("text", index_rst=f"T\n=\n\n{page}\n\nThe rest is there.\n")
    pattern = ".*" + re.escape(said).replace(r"\*", ".*")
    lines = warnings_of(app).split("\n")
    assert len(lines) == 1
    assert re.fullmatch(pattern, lines[0]) or re.match(pattern, lines[0])
    assert "The rest is there." in (app.outdir / "index.txt").read_text(encoding="utf-8")


def test_evidence_is_accepted_by_name_only(project, monkeypatch):
    import symgrad as sg

    evidence = sg.Verdict(sg.Outcome.SUPPORTED, "samples")
    # Tests of pytest in this process may have left another module of the same name on the package.
    used = import_module("symgrad.sphinx_ext.directives").alone.__globals__
    monkeypatch.setitem(used, "remembered", lambda: lambda claim: evidence)
    page = {"index_rst": "T\n=\n\n.. symgrad:claim:: x == x\n"}
    assert "[symgrad.supported]" in warnings_of(project("text", **page))
    accepting = project("text", conf='symgrad_accept = ["supported"]', fresh=True, **page)
    assert warnings_of(accepting) == ""


def test_only_the_pages_of_a_changed_derivation_are_read_again(project, tmp_path):
    project("text", **SITE).cleanup()
    path = tmp_path / "source" / "derivations" / "small.py"
    path.write_text(path.read_text(encoding="utf-8").replace("In the middle.", "Just there."))
    again = SphinxTestApp("text", srcdir=tmp_path / "source")
    try:
        updated = again.builder.read()
        assert set(updated) == {"tanh", "other"}
    finally:
        again.cleanup()


@pytest.mark.parametrize("name", ["derivations/more.txt", "helper_of_pages.py", "derivations/reads.py", "read.toml"])
def test_pages_are_read_again_when_what_their_derivations_read_has_changed(project, tmp_path, monkeypatch, name):
    source = tmp_path / "source"
    monkeypatch.syspath_prepend(str(source))
    (source / "helper_of_pages.py").write_text("RIGHT = '1'\n")
    (source / "derivations" / "more.txt").write_text("1")
    (source / "read.toml").write_text('[[claim]]\nsays = "x == 1*x"\n')
    (source / "derivations" / "reads.py").write_text(
        "from pathlib import Path\nimport helper_of_pages, symgrad as sg\n"
        "more = Path(__file__).with_name('more.txt').read_text()\n"
        "derivation = sg.Derivation('Reads', sg.statement(f'1*x == {more}*x*{helper_of_pages.RIGHT}'))\n"
    )
    page = "T\n=\n\n.. symgrad:derivation:: reads\n\n.. symgrad:verdicts:: read.toml\n"
    other = ":orphan:\n\nO\n=\n\n.. symgrad:claim:: x == x\n"
    assert warnings_of(project("text", index_rst=page, other_rst=other)) == ""
    kept = (source / name).stat()
    (source / name).write_text((source / name).read_text().replace("1", "2", 1))
    os.utime(source / name, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # as a file that is restored from elsewhere
    again = SphinxTestApp("text", srcdir=source)
    try:
        again.build()
        assert "refuted" in warnings_of(again)
        assert "other" not in re.findall(r"reading sources\.\.\. \[ *\d+%\] (\w+)", again.status.getvalue())
    finally:
        again.cleanup()


def test_names_with_markup_come_out_as_text(project, tmp_path):
    title = r"*a* `b` <i>c</i> $d$ \input{e} |f| {g}"
    (tmp_path / "source" / "derivations" / "odd.py").write_text(
        f"import symgrad as sg\nderivation = sg.Derivation({title!r}, sg.statement('x == x', remark={title!r}))\n"
    )
    for builder in ("html", "latex"):
        app = project(builder, index_rst=".. symgrad:derivation:: odd\n")
        assert warnings_of(app) == ""
        assert app.env.titles["index"].astext() == title
    html = (app.outdir.parent / "html" / "index.html").read_text(encoding="utf-8")
    assert "<i>c" not in html
    tex = next((app.outdir.parent / "latex").glob("*.tex")).read_text(encoding="utf-8")
    assert r"\input{e}" not in tex


@pytest.mark.slow
def test_reading_and_writing_in_parallel(tmp_path, monkeypatch):
    """Two processes give the pages that one gives."""
    monkeypatch.setenv("SYMGRAD_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "source"
    (source / "derivations").mkdir(parents=True)
    (source / "conf.py").write_text(CONF)
    (source / "derivations" / "small.py").write_text(SMALL)
    pages = {
        f"page{n}.rst": f"Page {n}\n======\n\n.. symgrad:claim:: x + {n + 1} > x\n   :label: c{n}\n" for n in range(9)
    }
    pages |= {"tanh.md": TANH, "other.md": OTHER, "claims.toml": CLAIMS}
    pages["index.rst"] = INDEX + "\n.. toctree::\n   :glob:\n\n   page*\n\n" + " ".join(f":eq:`c{n}`" for n in range(9))
    for name, text in pages.items():
        (source / name).write_text(text)
    outputs = []
    for jobs in ("1", "2"):
        output = tmp_path / jobs
        command = [sys.executable, "-m", "sphinx", "-W", "-q", "-j", jobs, "-b", "text", "-d", f"{output}-trees"]
        result = subprocess.run([*command, source, output], capture_output=True, text=True)
        assert (result.returncode, result.stderr) == (0, "")
        outputs.append({path.name: path.read_text(encoding="utf-8") for path in output.glob("*.txt")})
    assert outputs[0].keys() == outputs[1].keys()
    assert [name for name in outputs[0] if outputs[0][name] != outputs[1][name]] == []


def test_a_strict_build_fails_on_a_refuted_claim(tmp_path):
    (tmp_path / "conf.py").write_text('extensions = ["symgrad.sphinx_ext"]\n')
    (tmp_path / "index.rst").write_text("T\n=\n\n.. symgrad:claim:: tanh(x) == x\n")
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "text", tmp_path, tmp_path / "out"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert "index.rst:4: WARNING: tanh(x) == x: REFUTED" in result.stderr


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no TeX here")
def test_latex_compiles(project):
    app = project("latex", **SITE)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", next(app.outdir.glob("*.tex")).name]
    assert subprocess.run(command, cwd=app.outdir, capture_output=True).returncode == 0


def test_errata_stand_together(project):
    app = project(
        "text", index_rst="Errata\n======\n\n.. toctree::\n\n   tanh\n\n.. symgrad:errata::\n\n   small\n", tanh_md=TANH
    )
    assert warnings_of(app) == ""
    text = (app.outdir / "index.txt").read_text(encoding="utf-8")
    assert "Source: a slip" in text
    assert "refuted; Counterexample: at x = 1" in text
    assert "known" not in text
