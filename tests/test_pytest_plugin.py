"""The pytest plugin: what it collects, what fails and how that reads, and that it keeps out of the way."""

import sys

import pytest

import symgrad as sg
from symgrad.marked import marked, marked_in, same_latex
from symgrad.notation import latex

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
