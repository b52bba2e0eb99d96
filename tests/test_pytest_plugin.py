"""The pytest plugin: what it collects, what fails and how that reads, and that it keeps out of the way."""

import sys

import pytest

import symgrad as sg
from symgrad.checking.claim_files import read_claims
from symgrad.checking.marked import marked, marked_in, same_latex
from symgrad.symbols.notation import latex

pytest_plugins = ["pytester"]

CLAIMS = """
[[claim]]
id = "slope"
says = "diff(sigmoid(x), x) == (1 - sigmoid(x))*sigmoid(x)"

[[claim]]
id = "slip"
says = "log(x*y) == log(x) - log(y)"
where = ["x > 0", "y > 0"]
source = "a paper, page 3"

[[claim]]
id = "erratum"
says = "1/(1 - exp(-x)) == sigmoid(x)"
expect = "refuted"
"""
DERIVATION = """
from sympy import Derivative, exp
import symgrad as sg
x = sg.real("x")
s = sg.sigmoid(x)
derivation = sg.Derivation(
    "A slope",
    sg.section("In a section", sg.chain(
        Derivative(s, x), sg.equals({second}), sg.equals(exp(-x) / (1 + exp(-x)) ** 2), sg.equals(s * (1 - s))
    )),
    sg.statement("sigmoid(0) == 1/2"),
)
"""
RIGHT, WRONG = "1 / (exp(x / 2) + exp(-x / 2)) ** 2", "exp(-x) / (1 - exp(-x)) ** 2"
PAGE = r"""
Logarithms
==========

.. symgrad:claim:: log(x*y) == log(x) + log(y)
   :where: x > 0; y > 0
   :id: logs

.. note::

   .. symgrad:claim:: tanh(0) == 1

.. symgrad: diff(tanh(x), x) == 1 - tanh(x)**2

.. math:: \frac{d}{dx} \tanh(x) = 1 - \tanh^2(x)

.. symgrad: diff(tanh(x), x) == 1 - tanh(x)**2

.. math::
   :label: other

   \frac{d}{dx} \tanh(x) = 1 + \tanh^2(x)

An example is not meant::

   .. symgrad:claim:: 1 == 2

.. code-block:: rst

   .. symgrad:claim:: 1 == 2
"""
MARKDOWN = r"""# Roots

```{symgrad:claim} sqrt(x**2) == x
```

:::{note}
```{symgrad:claim}
:where: x > 0

sqrt(x**2)
  == x
```
:::

<!-- symgrad: sqrt(x**2) == Abs(x) -->
$$|x| = x$$

~~~md
```{symgrad:claim} 1 == 2
```
~~~
"""
MODULE = '''
def swish(x):
    """The input times the sigmoid.

    .. symgrad:claim:: swish(x) == x*sigmoid(x)
    """

class Layer:
    """A layer."""

    def slope(self):
        """.. symgrad: diff(swish(x), x) == sigmoid(x)"""
        return "not a docstring: .. symgrad:claim:: 1 == 2"
'''


@pytest.fixture
def run(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other people's plugins are no part of this

    def run(*arguments, **files):
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (pytester.path / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
        return pytester.runpytest("-p", "symgrad.pytest_plugin", "--strict-markers", "-v", *arguments)

    return run


def test_files_of_claims_become_items_named_by_id(run):
    result = run("claims.toml", claims_toml=CLAIMS)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*claims.toml::slope PASSED*", "*claims.toml::slip FAILED*"])
    result.stdout.fnmatch_lines(
        [
            "REFUTED: log(x[*]y) == log(x) - log(y)",
            "  left side:  log(x[*]y)",
            "  right side: log(x) - log(y)",
            "  where x in (0, oo), y in (0, oo)",
            "  at x = 1, y = 1/2: left -0.69*, right 0.69*",
            "  by ball arithmetic",
            "  source: a paper, page 3",
        ]
    )


def test_json_is_read_too(run):
    run("claims.json", claims_json='{"claim": [{"id": "a", "says": "1 + 1 == 2"}]}').assert_outcomes(passed=1)


ONE = 'id = "one"\nsays = "1 + 1 == 2"\n'
SPELLINGS = {
    "plain": f"[[claim]]\n{ONE}",
    "spaces": f"[[ claim ]]\n{ONE}",
    "tabs and indents": f"  [[\tclaim\t]]  # one\n{ONE}",
    "quoted": f'[["claim"]]\n{ONE}',
    "in apostrophes": f"[['claim']]\n{ONE}",
    "escaped": '[["cl\\u0061im"]]\n"s\\u0061ys" = "1 + 1 == 2"\nid = "one"\n',
    "inline": 'claim = [{id = "one", says = "1 + 1 == 2"}]\n',
    "inline over lines": 'claim = [\n  # first\n  {"id" = "one", "says" = "1 + 1 == 2"},\n]\n',
    "quoted inline": '"claim"=[{id="one",says="1 + 1 == 2"}]',
    "quoted inside": '[[claim]]\nid = "one"\n"says" = """1 + 1 == 2"""\n',
    "carriage returns": f"[[claim]]\n{ONE}".replace("\n", "\r\n"),
    "byte order mark": f"\ufeff[[claim]]\n{ONE}",
}


def test_every_spelling_of_toml_that_verify_reads_is_collected(pytester, run):
    for number, text in enumerate(SPELLINGS.values()):
        (pytester.path / f"s{number}.toml").write_bytes(text.encode("utf-8"))
        assert [entry.id for entry in read_claims(pytester.path / f"s{number}.toml")] == ["one"]
    run("--symgrad").assert_outcomes(passed=len(SPELLINGS))
    run("s0.toml", "s1.toml").assert_outcomes(passed=2)


SHORT = 'import symgrad as sg\nmade = sg.Derivation("A", sg.statement("1 == 1"))\n'
WAYS = {
    "plain": "derivation = made",
    "under if": "if made:\n    derivation = made",
    "under else": "if not made.title:\n    pass\nelse:\n    derivation = made",
    "under try": "try:\n    derivation = made\nfinally:\n    pass",
    "under with": "import contextlib\nwith contextlib.nullcontext(made) as derivation:\n    pass",
    "in a loop": "for derivation in [made]:\n    pass",
    "in a loop that ends": "while True:\n    derivation = made\n    break",
    "annotated": "derivation: sg.Derivation = made",
    "in a tuple": "derivation, other = made, 1",
    "starred": "first, (*_, derivation) = 1, (2, made)",
    "chained": "other = derivation = made",
    "in an expression": "print(derivation := made)",
    "in a comprehension": "[derivation := each for each in [made]]",
    "by a match": "match made:\n    case derivation:\n        pass",
    "by a function": "def f():\n    global derivation\n    derivation = made\nf()",
    "a function and its value": "def derivation():\n    return made\nderivation = derivation()",
    "decorated": "def now(f):\n    return f()\n@now\ndef derivation():\n    return made",
    "by a name": "globals()['derivation'] = made",
    "by a keyword": "globals().update(derivation=made)",
    "by a text": "exec('derivation = made')",
    "indented by tabs": "if True:\n\tderivation=made",
    "with a backslash": "derivation \\\n    = made",
    "after a semicolon": "a = 1; derivation = made",
    "imported": "from module_with_one import derivation",
    "imported under its name": "from module_with_one import made as derivation",
    "imported with all": "from module_with_one import *",
}
OTHERS = {
    "a function": "def derivation():\n    return made",
    "a fixture": "import pytest\n@pytest.fixture\ndef derivation():\n    raise ValueError",
    "a class": "class derivation:\n    pass",
    "inside a function": "def f():\n    derivation = made",
    "a global that nobody makes": "def f():\n    global derivation\n    derivation = made",
    "only read": "derivations = [derivation for derivation in [made]]",
    "in a text": "'''\nderivation = made\n'''",
    "imported within a package": "from .other import derivation",
}


def test_derivations_that_are_assigned_in_any_way_are_collected_and_others_left_alone(pytester, run):
    (pytester.path / "module_with_one.py").write_text(f"{SHORT}derivation = made\n")
    pytester.syspathinsert()
    for letter, texts in (("w", WAYS), ("o", OTHERS)):
        for number, text in enumerate(texts.values()):
            (pytester.path / f"{letter}{number}.py").write_text(f"{SHORT}{text}\n")
    run("--symgrad").assert_outcomes(passed=len(WAYS) + 1)
    run("w0.py", "w1.py", "w2.py").assert_outcomes(passed=3)


CODED = {
    "mark.py": ("derivation = made", "utf-8-sig"),
    "latin.py": ("# caf\xe9\nderivation = made", "latin-1"),
    "greek.py": ("derivation = made  # \u03c0", "iso8859-7"),
}


def test_files_in_other_codings_are_read(pytester, run):
    for name, (text, coding) in CODED.items():
        cookie = "" if coding == "utf-8-sig" else f"# -*- coding: {coding} -*-\n"
        (pytester.path / name).write_bytes(f"{cookie}{SHORT}{text}\n".encode(coding))
    said = '"""A docstring.\n\n.. symgrad:claim:: tanh(0) == 0\n"""\n# caf\xe9\n'
    (pytester.path / "doc.py").write_bytes(f"# coding: latin-1\n{said}".encode("latin-1"))
    for name, coding in {"a.md": "utf-8-sig", "b.md": "utf-16"}.items():
        (pytester.path / name).write_bytes("<!-- symgrad: tanh(0) == 0 -->\n".encode(coding))
    (pytester.path / "c.json").write_bytes('{"claim": [{"says": "1 + 1 == 2"}]}'.encode("utf-8-sig"))
    run("--symgrad").assert_outcomes(passed=len(CODED) + 4)


BAD = {
    "utf16.toml": "[[claim]]\nsays = '1 == 1'\n".encode("utf-16"),
    "latin.toml": "[[ claim ]]\nsays = '1 == 1' # caf\xe9\n".encode("latin-1"),
    "half.toml": b"[[ claim ]]\nsays = '1 == 1\n",
    "half.json": b'{"claim": [{"says": "1 == 1"}',
    "nul.py": f"{SHORT}derivation = made\0".encode(),
    "utf16.py": f"{SHORT}derivation = made".encode("utf-16"),
    "cookie.py": f"# coding: nonsense\n{SHORT}derivation = made\n".encode(),
    "syntax.py": f"{SHORT}if True:\n    derivation = (made\n".encode(),
    "raises.py": f"{SHORT}derivation = made.nothing\n".encode(),
    "other.py": f"{SHORT}derivation, _ = 1, 2\n".encode(),
    "exits.py": f"{SHORT}derivation = made\nraise SystemExit(3)\n".encode(),
    "latin.md": "<!-- symgrad: tanh(0) == 0 -->\ncaf\xe9\n".encode("latin-1"),
}


def test_every_bad_file_is_one_line_that_names_it(pytester, run):
    for name, content in BAD.items():
        (pytester.path / name).write_bytes(content)
    result = run("--symgrad")
    result.assert_outcomes(errors=len(BAD))
    for name in BAD:
        said = [line for line in result.stdout.lines if line.startswith("symgrad: ") and f"/{name}" in line]
        assert len(said) == 1, name
    assert "Traceback" not in result.stdout.str()


def test_a_formula_that_is_not_the_claim_is_told_in_three_lines(run):
    result = run("page.md", page_md="<!-- symgrad: tanh(0) == 0 -->\n\n$$\\tanh(0) = 1$$\n")
    result.assert_outcomes(failed=1)
    lines = result.stdout.lines
    place = next(k for k, line in enumerate(lines) if line.startswith("the formula that is shown is not the claim"))
    assert [line.split()[0] for line in lines[place + 1 : place + 3]] == ["shown:", "symgrad:"]
    assert lines[place + 3].startswith("=")
    assert "assert" not in result.stdout.str()


def test_the_first_wrong_step_of_a_chain_is_named(run):
    run("d.py", d_py=DERIVATION.format(second=RIGHT)).assert_outcomes(passed=4)
    result = run("d.py", d_py=DERIVATION.format(second=WRONG))
    result.assert_outcomes(passed=2, failed=2)
    first = "the first wrong step of its chain is"
    result.stdout.fnmatch_lines([f"*{first} this one, step 1 of 3", f"*{first} diff(sigmoid(x), x) == *, step 1 of 3"])


@pytest.mark.parametrize(
    ("name", "text", "passed", "failed"),
    [("page_rst", PAGE, 2, 2), ("page_md", MARKDOWN, 1, 2), ("page_py", MODULE, 1, 1)],
    ids=["reST", "Markdown", "docstrings"],
)
def test_marked_claims_of_documentation_are_checked(run, name, text, passed, failed):
    result = run(name.replace("_", "."), **{name: text})
    result.assert_outcomes(passed=passed, failed=failed)
    if name == "page_rst":
        result.stdout.fnmatch_lines(
            ["*page.rst::logs PASSED*", "the formula that is shown is not the claim:*", "*shown: *1 + *"]
        )


def test_names_of_docstrings_say_whose_they_are(tmp_path):
    (tmp_path / "m.py").write_text(MODULE)
    found = list(marked_in(tmp_path / "m.py"))
    assert [(each.owner, each.line) for each in found] == [("swish", 5), ("Layer.slope", 12)]


def test_nothing_is_collected_until_it_is_asked_for(run, pytester):
    files = {"claims_toml": CLAIMS, "d_py": DERIVATION.format(second=RIGHT), "page_rst": PAGE, "page_md": MARKDOWN}
    assert run(**files).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    run("--symgrad").assert_outcomes(passed=2 + 4 + 2 + 1, failed=1 + 2 + 2)
    run("--symgrad", "-m", "not symgrad").assert_outcomes(deselected=14)


def test_other_files_are_left_alone(run):
    others = {"x_toml": "[tool]\nclaim = 1\n", "x_json": "[1]", "x_md": "symgrad: a toolkit", "x_py": "a = 1\n"}
    assert run("--symgrad", **others).ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a_toml", '[[claim]]\nid = "a"\nsays = "1 +"\n', "*symgrad: *a.toml:1: claim 1 (a): *"),
        ("a_py", "import symgrad\nderivation = 1\n", "*symgrad: *a.py: must end in a Derivation*"),
        ("a_rst", ".. symgrad:claim:: 1 +* 2\n", "*column *"),
        ("a_rst", ".. symgrad:claim:: 1 == 1\n   :colour: red\n", "unknown option 'colour' of a claim*"),
    ],
)
def test_what_cannot_be_read_is_one_line(run, name, text, said):
    result = run(name.replace("_", "."), **{name: text})
    result.stdout.fnmatch_lines([said])
    assert "Traceback" not in result.stdout.str()
    assert result.ret != 0


def test_evidence_passes_only_where_it_is_accepted(run, monkeypatch):
    evidence = sg.Verdict(sg.Outcome.SUPPORTED, "samples", "20 points")
    monkeypatch.setattr("symgrad.testing.remembered", lambda: lambda claim: evidence)
    files = {"claims_toml": '[[claim]]\nid = "a"\nsays = "x == x"\n'}
    result = run("claims.toml", **files)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["SUPPORTED: x == x", "  by samples: 20 points"])
    run("claims.toml", "--symgrad-accept=supported").assert_outcomes(passed=1)
    run("claims.toml", "--symgrad-accept=uninformative").assert_outcomes(failed=1)


@pytest.mark.slow
def test_it_works_with_workers_and_writes_junit(pytester):
    (pytester.path / "claims.toml").write_text(CLAIMS)
    result = pytester.runpytest_subprocess("--symgrad", "-n", "2", "--junitxml=out.xml", "--strict-markers")
    result.assert_outcomes(passed=2, failed=1)
    report = (pytester.path / "out.xml").read_text()
    assert 'name="slip"' in report
    assert "REFUTED: log(x*y)" in report


def test_a_run_without_it_loads_no_sympy(pytester):
    pytester.makepyfile("import sys\ndef test_nothing(): assert 'sympy' not in sys.modules")
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)


@pytest.mark.parametrize("name", sg.ACTIVATIONS)
def test_formulas_as_symgrad_prints_them_are_recognised(name):
    row = sg.ACTIVATIONS[name]
    tex = latex(row.definition)
    loose = tex.replace(r"\left", "").replace(r"\right", "").replace(" }", "}")
    assert same_latex(tex, loose)
    assert not same_latex(tex, tex.replace("x", "y"))


def test_assertions_say_what_is_wrong():
    sg.assert_holds("x**2", ">=", 0)
    sg.assert_holds(sg.claim("log(x*y) == log(x) + log(y)", where=["x > 0", "y > 0"]))
    sg.assert_refuted("tanh(x) == x")
    with pytest.raises(AssertionError, match=r"REFUTED: tanh\(x\) == x\n  left side:  tanh"):
        sg.assert_holds("tanh(x) == x")
    with pytest.raises(AssertionError, match="PROVED, though it should be refuted: x == x"):
        sg.assert_refuted("x == x")
    with pytest.raises(sg.ClaimError, match="accepted is supported or uninformative; got 'refuted'"):
        sg.assert_holds("tanh(x) == x", accept="refuted")


def test_a_gradient_that_could_not_have_been_wrong_does_not_pass():
    h, w = sg.State("h"), sg.Parameter("w")
    cell = sg.Cell({h: sg.relu(w * h.prev)})
    with pytest.raises(AssertionError, match="nothing is known of these gradients: UNINFORMATIVE"):
        sg.assert_gradient(lambda w, h0: {"w": 0.0}, cell, h, sizes={sg.LENGTH: 3}, w=-1.0, h0=1.0)


def test_the_forms_of_a_mark():
    assert [each.says for each in marked(".. symgrad:claim:: a == a\n\n   :id: x\n")] == ["a == a"]
    assert [each.shown for each in marked("<!-- symgrad: a == a\n:where: a > 0 -->\n\n$$ a=a $$")] == ["a=a"]
    assert list(marked(".. symgrad:derivation:: a.py")) == []
    assert list(marked("```python\n.. symgrad:claim:: a == a\n```")) == []


def test_importing_the_plugin_takes_no_time():
    """What it loads beyond pytest is itself and the names of symgrad, two files."""
    before = set(sys.modules)
    import symgrad.pytest_plugin  # noqa: F401

    assert {name for name in set(sys.modules) - before if not name.startswith("symgrad")} == set()
