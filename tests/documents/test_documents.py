"""Documents: what stands on a page, in every kind of document, against stored files and against hostile text."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docutils import nodes
from hostile import page_of
from markdown_it import MarkdownIt
from sympy import Integer, Rational

import symgrad as sg
from symgrad import Outcome, Verdict, Witness
from symgrad.documents.formats import html, latex, markdown
from symgrad.documents.tree.document import Link, Page, Target, document
from symgrad.documents.tree.places import LabelError
from symgrad.documents.tree.rows import DEEPEST, rows

STORED = Path(__file__).parent / "stored"
KINDS = {"html": html, "latex": latex, "markdown": markdown}
x = sg.real("x")

PROVED = Verdict(
    Outcome.PROVED, "exp-log normal form", "both sides have the same normal form in x and exp(x)", seconds=1.5
)
REFUTED = Verdict(Outcome.REFUTED, "ball arithmetic", "", Witness({"x": "1"}, "1.58197670686932642438500", "0.731"))


def page(derivation, verdicts=None, **around):
    found = {c: PROVED if c.expect == "holds" else REFUTED for c in derivation.claims}
    return Page("small", derivation, found | (verdicts or {}), **around)


def text(kind, made):
    return KINDS[kind].pages(made)[f"{made.stem}{KINDS[kind].SUFFIX}"].decode("utf-8")


def body(kind, made):
    """The document without what surrounds it: styles, preambles."""
    whole = text(kind, made)
    parts = {
        "html": r"(?s)<main>\n(.*)</main>",
        "latex": r"(?s)\\maketitle\n(.*)\\end\{document\}",
        "markdown": r"(?s)(.*)",
    }
    return re.search(parts[kind], whole)[1]


@pytest.fixture(scope="module")
def small():
    return page(sg.load_derivation(STORED / "small.py"), previous=Link("a", "Before"), next=Link("b", "After"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_what_it_was(kind, small, request):
    stored = STORED / f"small{KINDS[kind].SUFFIX}"
    expected, obtained = stored.read_text(encoding="utf-8"), body(kind, small)
    assert expected == obtained, f"if the new page is right, store it as {stored.name}"


class _Reader(HTMLParser):
    """Reads a page as a browser does and keeps what matters: tags in balance, ids, links, text."""

    VOID = frozenset({"meta", "br", "hr", "img", "col"})

    def __init__(self, page_text):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.words = [], [], [], [], []
        self.feed(page_text)
        self.close()

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.tags.append((tag, facts))
        self.ids += [facts["id"]] if "id" in facts else []
        self.links += [facts[name] for name in ("href", "src") if name in facts]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_a_page_of_html_is_in_balance_and_all_its_links_lead_somewhere(small):
    reader = _Reader(text("html", small))
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    inside = {link[1:] for link in reader.links if link.startswith("#")}
    assert inside <= set(reader.ids)
    assert {link for link in reader.links if not link.startswith("#")} == {"index.html", "a.html", "b.html"}


def test_a_page_of_html_needs_no_script_and_no_network(small):
    page_text = text("html", small)
    assert {tag for tag, _ in _Reader(page_text).tags} & {"script", "link", "iframe", "img", "object"} == set()
    assert set(re.findall(r"https?://[^\"]*", page_text)) == {"http://www.w3.org/1998/Math/MathML"}
    assert "@import" not in page_text
    assert "url(" not in page_text


def test_a_page_of_html_fits_phones_darkness_and_paper(small):
    page_text = text("html", small)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page_text
    for condition in ("prefers-color-scheme: dark", "max-width: 36rem", "@media print"):
        assert condition in page_text
    assert ".formula { overflow-x: auto" in page_text


@pytest.mark.parametrize("outcome", Outcome, ids=lambda outcome: outcome.name)
@pytest.mark.parametrize("kind", KINDS)
def test_every_outcome_is_said_in_words_with_its_method_and_evidence(kind, outcome):
    derivation = sg.Derivation("One line", sg.statement("sin(x)**2 <= 1"))
    verdict = Verdict(outcome, "some method", "some evidence", side_conditions=("x != 0", "so to say"))
    shown = text(kind, page(derivation, dict.fromkeys(derivation.claims, verdict)))
    for words in (outcome.name.lower(), "some method", "some evidence", "provided that", r"so to say"):
        assert words in shown
    assert "≠" in shown or r"x \neq 0" in shown


EXPECTATIONS = {
    ("refuted", Outcome.PROVED): "proved, expected to be refuted",
    ("refuted", Outcome.UNDECIDED): "undecided, expected to be refuted",
    ("holds", Outcome.REFUTED): "refuted, expected to hold",
}


@pytest.mark.parametrize(("expect", "outcome"), EXPECTATIONS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_where_something_else_was_expected_it_is_said_beside_the_verdict(kind, expect, outcome):
    item = sg.erratum("x == 1", source="Notes") if expect == "refuted" else sg.statement("x == 1")
    derivation = sg.Derivation("One line", item)
    verdict = Verdict(outcome, "some method", "some evidence")
    shown = text(kind, page(derivation, dict.fromkeys(derivation.claims, verdict)))
    assert shown.count(EXPECTATIONS[expect, outcome]) == 2  # beside the line and in the list of checks


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_refuted_without_a_point_says_why_below_its_line(kind):
    derivation = sg.Derivation("One line", sg.erratum("maximum(sigmoid(x), x) == 1", source="Notes"))
    verdict = Verdict(Outcome.REFUTED, "some method", "the value is never attained")
    shown = text(kind, page(derivation, dict.fromkeys(derivation.claims, verdict)))
    assert shown.count("The value is never attained.") == 1
    constant = Verdict(Outcome.REFUTED, "some method", "", Witness({}, "1", "2"))
    shown = text(kind, page(derivation, dict.fromkeys(derivation.claims, constant)))
    assert "The left side is " in shown
    assert "Counterexample" not in shown


@pytest.mark.parametrize("source", ["Smith", "off by one", "from lecture notes:", "Miller says", "slides, 4"])
def test_a_source_is_named_whatever_its_words_are(source):
    shown = text("html", page(sg.Derivation("One", sg.erratum("x == 1", source=source))))
    assert f">Source: {source.rstrip(':')}</p>" in shown


def test_a_symbol_that_is_a_word_is_one_in_a_counterexample():
    derivation = sg.Derivation("One line", sg.statement("target == 1"))
    witness = Verdict(Outcome.REFUTED, "some method", "", Witness({"target": "1/2"}, "1/2", "1"))
    shown = text("html", page(derivation, dict.fromkeys(derivation.claims, witness)))
    assert shown.count("<mi>target</mi>") == 2


def test_a_long_formula_in_a_table_has_a_box_of_its_own():
    long = sum((sg.sigmoid(k * x) for k in range(1, 9)), start=x)
    made = page(
        sg.Derivation(
            "One", sg.table("Wide", ("a", "b"), (x, long), (x, sg.claim("sin(x)**2 + cos(x)**2 == 1 + 0*x + tanh(x)")))
        )
    )
    shown = text("html", made)
    assert shown.count('<span class="in-cell" tabindex="0"') == 2
    assert 'class="scroll stacked"' in shown
    assert "stacked" not in body("html", page(sg.Derivation("One", sg.table("Short", ("a", "b"), (x, x)))))


@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_without_verdict_is_said_to_be_unchecked(kind):
    assert "not checked" in text(kind, Page("small", sg.Derivation("One", sg.statement("x <= x")), {}))


@pytest.mark.parametrize("kind", KINDS)
def test_a_refuted_line_shows_its_counterexample_shortened(kind, small):
    shown = text(kind, small)
    assert "Counterexample: at " in shown
    assert "1.58197670686932642438" in shown
    assert "1.58197670686932642438500" not in shown


@pytest.mark.parametrize("kind", KINDS)
def test_a_counterexample_is_set_as_mathematics_and_a_missing_value_is_named(kind):
    derivation = sg.Derivation("One line", sg.statement("x/x == 1"))
    witness = Witness({"alpha": "1/2", "W": "[[1/3, -2], [0, pi]]"}, "undefined", "0.5 - 1.25e-7*I")
    verdict = Verdict(Outcome.REFUTED, "some method", "", witness)
    shown = text(kind, page(derivation, dict.fromkeys(derivation.claims, verdict)))
    assert "the left side is undefined" in shown
    assert not re.search(r"alpha = 1/2|\[\[1/3|1\.25e-7", shown)
    wanted = (
        ("<mi>α</mi>", "<mfrac>", "<mtable")
        if kind == "html"
        else (r"\alpha = \frac{1}{2}", r"\begin{pmatrix}", "10^{-7}")
    )
    assert all(mark in shown for mark in wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_documents_hold_no_time_and_no_date(kind, small):
    assert not re.search(r"1\.5\b|20\d\d-\d\d", body(kind, small))


def test_equations_figures_and_tables_are_numbered_each_for_itself():
    line = sg.curve(x, x, 0, 1, samples=2)
    drawn = sg.figure("A line", line, alt="A line", x_label=x, y_label=x)
    grid = sg.table("A table", ("a",), (x,))
    derivation = sg.Derivation(
        "Numbers",
        sg.statement("x == x"),
        drawn,
        grid,
        sg.section("S", sg.chain(x, sg.equals(x), sg.equals(x)), drawn, grid),
    )
    tree = document(page(derivation), ".html", html._settings())
    assert [block["number"] for block in tree.findall(nodes.math_block)] == [1, 2, 3]
    assert [strong.astext() for strong in tree.findall(nodes.strong)] == [
        "Figure 1. ",
        "Table 1. ",
        "Figure 2. ",
        "Table 2. ",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_references_into_other_documents_name_them(kind):
    derivation = sg.Derivation("Here", sg.prose("See {there} and {all}.", there=sg.ref("far.slope"), all=sg.ref("far")))
    targets = {"far.slope": Target("(3)", "slope", "far", "Far away"), "far": Target("", "", "far", "Far away")}
    shown = text(kind, page(derivation, targets=targets))
    suffix = {"html": "html", "latex": "pdf", "markdown": "md"}[kind]
    assert "(3) in Far away" in shown
    assert re.search(rf"far\.{suffix}\\?#slope", shown)


def test_a_reference_to_nothing_names_its_label():
    derivation = sg.Derivation("Here", sg.prose("See {there}.", there=sg.ref("nowhere")))
    with pytest.raises(LabelError, match="nowhere"):
        text("html", page(derivation))


@pytest.mark.parametrize("labels", [("a", "a"), ("a b", "a-b"), ("equation-2", "")])
def test_two_things_with_one_anchor_are_refused(labels):
    derivation = sg.Derivation("Twice", *(sg.statement("x == x", label=label) for label in labels))
    with pytest.raises(LabelError, match="twice"):
        text("html", page(derivation))


HOSTILE = (
    r"<script>alert(1)</script> \input{/etc/passwd} \end{document} $x$ 100% #1 & a_b ^^5c ~ {} ]]> --> `c` *b* "
    r"""[l](javascript:x) ![i](x) | "q" 'r' -- 'σ'"""
)


@pytest.fixture(scope="module")
def hostile():
    return page_of(HOSTILE, ("$", "100%", "a|b"))


def test_hostile_text_stays_text_in_html(hostile):
    reader = _Reader(text("html", hostile))
    assert reader.open == []
    assert {tag for tag, _ in reader.tags} & {"script", "b", "img"} == set()
    assert not any(name.startswith("on") for _, facts in reader.tags for name in facts)
    assert not any(link.startswith("javascript") for link in reader.links)
    assert sum(HOSTILE in words for words in reader.words) > 20
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in reader.ids if not name.startswith("figure-1"))


def test_hostile_text_stays_text_in_latex(hostile):
    shown = text("latex", hostile)
    assert not re.search(r"\\input|\\write|\\include(?!graphics)|\^\^", shown)
    assert shown.count(r"\end{document}") == 1
    assert shown.rstrip().endswith(r"\end{document}")
    for line in body("latex", hostile).splitlines():
        assert not re.search(r"(?<!\\)#", line)
    assert r"\textbackslash{}input\{/etc/passwd\}" in shown


def test_hostile_text_stays_text_in_markdown(hostile):
    tokens = MarkdownIt("commonmark").enable("table").parse(text("markdown", hostile))
    inline = [child for token in tokens for child in token.children or []]
    raw = {token.content.strip() for token in tokens if token.type == "html_block"}
    raw |= {token.content for token in inline if token.type == "html_inline"}
    assert all(re.fullmatch(r"<a id=\"[a-z0-9-]+\">|</a>|(<a id=\"[a-z0-9-]+\"></a>\n?)+", part) for part in raw)
    links = {token.attrs["href"] for token in inline if token.type == "link_open"}
    assert not any(link.startswith("javascript") for link in links)
    assert not any(token.type == "code_inline" for token in inline)
    assert {token.attrs["src"] for token in inline if token.type == "image"} == {"hostile.figure-1.svg"}


@pytest.mark.parametrize("kind", KINDS)
def test_control_characters_never_reach_a_file(kind):
    strange = "a\0b\x1bc\td\ud800e"
    drawn = sg.figure(strange, sg.curve(x, x, 0, 1, label=strange, samples=2), alt=strange, x_label=strange, y_label=x)
    derivation = sg.Derivation(
        strange, sg.prose(strange), sg.statement("x <= x", remark=strange), drawn, source=strange
    )
    for name, content in KINDS[kind].pages(page(derivation)).items():
        assert name.endswith(".pdf") or not re.search(rb"[\0-\x09\x0b-\x1f\x7f]", content), name


def test_a_figure_stands_in_the_page_of_html_with_its_numbers(tmp_path):
    drawn = sg.figure(
        "A line", sg.curve(x, x, 0, 1, samples=3, label="up"), alt="It rises", x_label="x", y_label="y", label="line"
    )
    made = page(sg.Derivation("Line", drawn))
    assert list(html.pages(made)) == ["small.html"]
    shown = text("html", made)
    assert "<desc" in shown
    assert 'download="small.line.csv" href="data:text/csv;base64,' in shown
    assert sorted(markdown.pages(made)) == ["small.line.csv", "small.line.svg", "small.md"]
    assert markdown.pages(made)["small.line.csv"] == b"x,up\n0,0\n0.5,0.5\n1,1\n"
    assert sorted(latex.pages(made)) == ["small.line.pdf", "small.tex"]


def test_the_list_of_symbols_gives_meanings_and_the_definitions_of_activations(small):
    shown = text("markdown", small)
    assert "- $n$: number of steps (an integer)" in shown
    assert r"- $\sigma\left(x\right)$: $\frac{1}{1 + e^{- x}}$" in shown


def test_numbers_and_tables_of_mathematics_stand_in_prose():
    derivation = sg.Derivation(
        "Values", sg.prose("{a} {b} {c}", a=Rational(1, 4), b=sg.claim("x < 1"), c=Integer(3).__int__())
    )
    assert r"$\frac{1}{4}$ $x < 1$ 3" in text("markdown", page(derivation))


@pytest.mark.parametrize("depth", range(5))
def test_wide_formulas_are_broken_within_as_few_brackets_as_will_do(depth):
    """Each part has as many brackets opened as closed, and all together are the formula."""
    inside = " + ".join([r"\operatorname{diag}\left(a_{i - 1} - b\right)"] * 9)
    tex = "= " + r"\left(" * depth + inside + r"\right)" * depth
    parts = rows(tex, 48)
    assert all(part.count(r"\left") == part.count(r"\right") for part in parts)
    assert (len(parts) > 2) is (depth <= DEEPEST)
    joined = " ".join(part.removeprefix(r"\left." * depth).removesuffix(r"\right." * depth) for part in parts)
    assert joined == tex


def test_a_formula_of_cases_stays_whole():
    tex = r"= \begin{cases} a + b + c & \text{for}\: x - y > 0 \\ " + "a + b" * 40 + r" \end{cases}"
    assert rows(tex, 48) == [tex]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX")
def test_latex_compiles_and_no_formula_leaves_the_page(tmp_path):
    cell = sg.CELLS["gru"].cell(*sg.dims("n m"))
    derivation = sg.bptt(cell, sg.half_squared_error(*cell.states)).derivation()
    for name, content in latex.pages(Page("gru", derivation, {}, {}, None, None)).items():
        (tmp_path / name).write_bytes(content)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "gru.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert [w for w in re.findall(r"Overfull .hbox \((\d+)", done.stdout) if int(w) > 30] == []
