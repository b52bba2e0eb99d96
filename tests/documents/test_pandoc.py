"""PDF, Word, EPUB and slides: equations, links, figures, hostile text, and the same bytes on every run."""

import io
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pypandoc
import pytest
from docutils.frontend import get_default_settings
from hostile import page_of
from sympy import Rational

import symgrad as sg
from symgrad import Outcome, Verdict, Witness
from symgrad.documents import build
from symgrad.documents.facts import Facts, Piece
from symgrad.documents.formats import epub, pandoc, pdf, slides, word
from symgrad.documents.tree.document import Link, Page, Target, document

KINDS = {"pdf": pdf, "word": word, "epub": epub, "slides": slides}
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/package/2006/relationships}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"
XHTML = "{http://www.w3.org/1999/xhtml}"
x = sg.real("x", "pre-activation")
s = sg.sigmoid(x)

ALT = 'It rises, "S-shaped", from 0 to 1'
PROVED = Verdict(Outcome.PROVED, "exp-log normal form", "both sides have the same normal form in x and exp(x)")
REFUTED = Verdict(Outcome.REFUTED, "ball arithmetic", "", Witness({"x": "1"}, "1.5", "0.7"))
HOSTILE = (
    r"""# *x* $y$ <script>alert(1)</script> \input{z} #eval("1") #read("/etc/passwd") ] ) } @me <me> // /* ... """
    r"""= a `k` _u_ ~ ![i](x) [l](javascript:x) | % & ^^5c ]]> --> 'σ' \end{document} http://example.com/"""
)


def found(derivation):
    return {claim: PROVED if claim.expect == "holds" else REFUTED for claim in derivation.claims}


@pytest.fixture(scope="module")
def page():
    derivation = sg.Derivation(
        "A small derivation",
        sg.prose("The sigmoid {s} has a slope, {chain}, see {table}, {figure} and {other}.",
                 s=s, chain=sg.ref("slope"), table=sg.ref("values"), figure=sg.ref("curve"), other=sg.ref("there.law")),
        sg.chain(s.diff(x), sg.equals(s * (1 - s), by="quotient rule"), sg.at_most(Rational(1, 4), equality_at={x: 0}),
                 label="slope"),
        sg.section(
            "More",
            sg.statement("x**2 >= 0", remark="It is a square."),
            sg.erratum("1/(1 - exp(-x)) == sigmoid(x)", source="slides, 4", remark="Not it.", label="slip"),
            sg.table("Values", ("where", "claim"), (x, sg.claim("sigmoid(x) < 1")), label="values"),
            sg.figure("The sigmoid", sg.curve(s, x, -4, 4, samples=9), x_label=x, y_label=s, label="curve", alt=ALT),
        ),
        source="slides, 4",
    )  # fmt: skip
    targets = {"there.law": Target("(3)", "law", "there", "Another one")}
    return Page("small", derivation, found(derivation), targets, Link("before", "Before"), Link("after", "After"))


@pytest.fixture(scope="module")
def made(page):
    return {name: kind.pages(page) for name, kind in KINDS.items()}


@pytest.fixture(scope="module")
def hostile():
    return page_of(HOSTILE, ("$", '#eval("1")'))


def part(archive, name):
    return zipfile.ZipFile(io.BytesIO(archive)).read(name)


def formulas(page, kind):
    """How many formulas pandoc is given."""
    settings = get_default_settings()
    content = pandoc.blocks(document(page, "", settings), pandoc.Kind("", kind, str))
    return str(content).count("'t': 'Math'")


def streams(content):
    """All that a PDF says, its streams inflated."""
    inside = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    return content + b"".join(zlib.decompressobj().decompress(s) for s in inside if s[:1] == b"x")


class _Reader(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.loaded, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.tags.append((tag, facts))
        self.ids += [facts["id"]] if "id" in facts else []
        self.links += [facts["href"]] if tag == "a" else []
        self.loaded += [
            value for name, value in attrs if name in {"src", "srcset", "data"} or (tag != "a" and name == "href")
        ]

    def handle_data(self, data):
        self.words.append(data)


# --- all kinds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_each_derivation_is_one_file(kind, made):
    assert list(made[kind]) == ["small" + KINDS[kind].SUFFIX]


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_run_gives_the_same_bytes(kind, page, made, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert KINDS[kind].pages(page) == made[kind]


def test_dictionaries_of_a_pdf_are_in_order_and_nothing_moves():
    def written(entries, name):
        return b"<<\n" + entries + b">>\n  /ID [(" + name + b") (" + name + b")]\n" + b"id " + name

    one = written(b"  /gs10 3 0 R\n  /gs1 12 0 R\n  /gs2 5 0 R\n", b"a" * 22 + b"==")
    other = written(b"  /gs2 5 0 R\n  /gs10 3 0 R\n  /gs1 12 0 R\n", b"b" * 22 + b"==")
    assert pdf._ordered(one) == pdf._ordered(other)
    assert len(pdf._ordered(one)) == len(one)
    assert pdf._ordered(one) != pdf._ordered(one.replace(b"5 0 R", b"6 0 R"))


@pytest.mark.parametrize("kind", ["word", "epub"])
def test_archives_carry_no_date(kind, made):
    (content,) = made[kind].values()
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert not re.search(
        rb"20\d\d-\d\d-\d\d",
        b"".join(map(archive.read, ["docProps/core.xml"] if kind == "word" else ["EPUB/content.opf"])),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_of_documents_leads_to_each(kind):
    facts = Facts(HOSTILE, HOSTILE, (Piece("text", HOSTILE), Piece("math", "x^{2}")), ("x",), {}, ())
    files = KINDS[kind].index([("one", facts), ("two", facts)])
    if kind == "epub":
        assert files == {}
        return
    content = files["index" + KINDS[kind].SUFFIX]
    shown = streams(content) if kind == "pdf" else content
    shown = part(content, "word/_rels/document.xml.rels") if kind == "word" else shown
    assert all(f"{name}{KINDS[kind].SUFFIX}".encode() in shown for name in ("one", "two"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_pandoc_cannot_read_is_shown_as_it_is_written_and_reported(kind, page, monkeypatch, caplog):
    monkeypatch.setattr(pandoc, "formula", lambda tex: r"\strange{#eval(x) <b>")
    (content,) = KINDS[kind].pages(page).values()
    assert content
    assert r"\strange" in caplog.text


@pytest.mark.parametrize("kind", KINDS)
def test_control_characters_never_reach_a_file(kind):
    strange = "a\0b\x1bc\td\ud800e"
    drawn = sg.figure(strange, sg.curve(x, x, 0, 1, label=strange, samples=2), alt=strange, x_label=strange, y_label=x)
    derivation = sg.Derivation(
        strange, sg.prose(strange), sg.statement("x <= x", remark=strange), drawn, source=strange
    )
    assert KINDS[kind].pages(Page("strange", derivation, found(derivation)))


def test_numbers_wider_than_a_page_stand_in_rows():
    assert pandoc.formula("1" * 60) == "1" * 60
    rows = pandoc.formula("1" * 130 + " < 2")
    assert rows == rf"\begin{{array}}{{l}} {'1' * 60} \\ {'1' * 60} \\ {'1' * 10} \end{{array}} < 2"


def test_columns_are_as_wide_as_what_is_in_them(page):
    tree = document(page, "", get_default_settings())
    tables = [block for block in pandoc.blocks(tree, pandoc.Kind("", pandoc.html_lines, str)) if block["t"] == "Table"]
    for found_table in tables:
        shares = [column[1]["c"] for column in found_table["c"][2]]
        assert sum(shares) == pytest.approx(1, abs=1e-3)  # they are rounded to four digits
    statement, verdict, evidence = (column[1]["c"] for column in tables[-1]["c"][2])
    assert statement < verdict < evidence


# --- what is missing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("library", "kind"), [("pypandoc", "epub"), ("typst", "pdf"), ("typst", "word")])
def test_a_missing_library_is_named_with_the_extra(library, kind, tmp_path, monkeypatch):
    for name in ("pandoc", *KINDS):
        monkeypatch.delitem(sys.modules, f"symgrad.documents.formats.{name}", raising=False)
    monkeypatch.delitem(sys.modules, "symgrad.documents.workshop.workshop", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delattr("symgrad.documents.formats.pandoc", raising=False)
    source = tmp_path / "one.py"
    source.write_text("import symgrad as sg\nderivation = sg.Derivation('One', sg.statement('x == x'))\n")
    with pytest.raises(sg.MissingExtraError, match=rf"needs {library}: .*symgrad\[documents\]") as raised:
        build([source], [kind], tmp_path / "out", lambda claim: PROVED)
    assert raised.value.extra == "documents"


def test_a_library_without_its_pandoc_is_named_with_the_extra(page, monkeypatch):
    def none():
        raise OSError("No pandoc was found")

    monkeypatch.setattr(pypandoc, "get_pandoc_path", none)
    pandoc._program.cache_clear()
    with pytest.raises(sg.MissingExtraError, match=r"needs pypandoc_binary: .*symgrad\[documents\]"):
        epub.pages(page)


def test_what_pandoc_refuses_is_an_error_of_ours():
    with pytest.raises(sg.SymgradError, match="pandoc cannot write html5"):
        pandoc.convert([{"t": "Nonsense"}], "html5")


# --- PDF ----------------------------------------------------------------------------------------------------


def test_a_pdf_has_its_title_places_links_and_alternative_texts(made):
    said = streams(made["pdf"]["small.pdf"])
    assert b"/Title (A small derivation)" in said
    for name in ("slope", "equation-1", "equation-2", "slip", "values", "curve"):
        assert f"({name})".encode() in said
    assert b"there.pdf#law" in said
    assert b"after.pdf" in said
    assert rb'/Alt (It rises, "S-shaped", from 0 to 1)' in said
    assert b"CreationDate" not in said


def test_hostile_text_stays_text_in_typst(hostile, caplog):
    tree = document(hostile, ".pdf", get_default_settings())
    source = pdf._source(HOSTILE, [*pandoc.blocks(tree, pdf.KIND), pandoc.around(hostile, pdf.KIND)])
    outside = re.sub(r'"(?:[^"\\]|\\.)*"|<[A-Za-z0-9-]+>', "", source)  # what is neither text nor a label
    for word_of_theirs in ("script", "eval", "read", "passwd", "javascript", "input", "http"):
        assert word_of_theirs not in outside
    assert caplog.text == ""
    assert pdf.pages(hostile)["hostile.pdf"].startswith(b"%PDF")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="reads the text of a PDF with poppler")
def test_hostile_text_is_read_in_the_pdf_as_it_was_written(hostile):
    shown = subprocess.run(["pdftotext", "-", "-"], input=pdf.pages(hostile)["hostile.pdf"], capture_output=True).stdout
    letters = re.sub(r"\s|\u200b", "", shown.decode("utf-8"))
    assert letters.count(re.sub(r"\s", "", HOSTILE)) > 10


# --- Word ---------------------------------------------------------------------------------------------------


def test_each_formula_is_an_equation_that_word_can_edit(page, made):
    body = ElementTree.fromstring(part(made["word"]["small.docx"], "word/document.xml"))
    equations = list(body.iter(f"{M}oMath"))
    assert len(equations) == formulas(page, word._lines) > 10
    assert all("".join(equation.itertext()).strip() for equation in equations)
    lines = list(body.iter(f"{M}oMathPara"))
    assert len(lines) == 4  # the chain of two, the statement and the erratum


def test_links_in_word_lead_to_bookmarks_and_documents(made):
    body = ElementTree.fromstring(part(made["word"]["small.docx"], "word/document.xml"))
    marks = {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")}
    inside = {link.get(f"{W}anchor") for link in body.iter(f"{W}hyperlink")} - {None}
    assert {"slope", "values", "curve", "equation-2"} <= inside <= marks
    others = ElementTree.fromstring(part(made["word"]["small.docx"], "word/_rels/document.xml.rels"))
    places = {other.get("Target") for other in others.iter(f"{R}Relationship") if other.get("TargetMode") == "External"}
    assert places == {"there.docx#law", "index.docx", "before.docx", "after.docx"}


def test_figures_in_word_have_an_alternative_text(made):
    body = part(made["word"]["small.docx"], "word/document.xml").decode("utf-8")
    assert 'descr="It rises, &quot;S-shaped&quot;, from 0 to 1"' in body


def test_hostile_text_stays_text_in_word(hostile):
    content = word.pages(hostile)["hostile.docx"]
    body = ElementTree.fromstring(part(content, "word/document.xml"))
    paragraphs = ["".join(part.text or "" for part in p.iter(f"{W}t")) for p in body.iter(f"{W}p")]
    assert sum(HOSTILE in text for text in paragraphs) > 10
    assert b"javascript" not in part(content, "word/_rels/document.xml.rels")
    assert ElementTree.fromstring(part(content, "word/styles.xml")).tag == f"{W}styles"


# --- EPUB ---------------------------------------------------------------------------------------------------


def test_a_book_is_one_that_readers_take(page, made):
    archive = zipfile.ZipFile(io.BytesIO(made["epub"]["small.epub"]))
    first = archive.infolist()[0]
    assert (first.filename, first.compress_type, archive.read("mimetype")) == (
        "mimetype",
        zipfile.ZIP_STORED,
        b"application/epub+zip",
    )
    text = ElementTree.fromstring(archive.read("EPUB/text/ch001.xhtml"))
    assert len(list(text.iter(f"{MATHML}math"))) == formulas(page, pandoc.html_lines) > 10
    (image,) = text.iter(f"{XHTML}img")
    assert image.get("alt") == ALT
    drawing = archive.read(f"EPUB/text/{image.get('src')}".replace("text/../", "")).decode("utf-8")
    assert ElementTree.fromstring(drawing).tag.endswith("svg")
    assert "var(" not in drawing
    assert "currentColor" not in drawing


def test_links_in_a_book_stay_in_it(made):
    text = part(made["epub"]["small.epub"], "EPUB/text/ch001.xhtml").decode("utf-8")
    ids, links = set(re.findall(r'id="([^"]+)"', text)), set(re.findall(r'href="([^"]+)"', text))
    inside = {place.partition("#")[2] for place in links if "#" in place}
    assert {"slope", "values", "curve", "equation-2"} <= inside <= ids
    assert {place for place in links if "#" not in place} == {"../styles/stylesheet1.css"}
    assert "<em>(3) in Another one</em>" in text


def test_hostile_text_stays_text_in_a_book(hostile):
    content = epub.pages(hostile)["hostile.epub"]
    for name in ("EPUB/text/ch001.xhtml", "EPUB/nav.xhtml", "EPUB/content.opf", "EPUB/toc.ncx"):
        text = ElementTree.fromstring(part(content, name))
        assert not any(element.tag.endswith(("}script", "}b")) for element in text.iter())
        assert any(HOSTILE in "".join(element.itertext()) for element in text.iter())


# --- slides -------------------------------------------------------------------------------------------------


def test_slides_load_nothing_from_elsewhere(page, made):
    text = made["slides"]["small.html"].decode("utf-8")
    reader = _Reader(text)
    assert all(place.startswith("data:image/svg+xml;base64,") for place in reader.loaded)
    assert len(reader.loaded) == 1
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\(|fetch\(|import ", text)
    assert sum(tag == "math" for tag, _ in reader.tags) == formulas(page, pandoc.html_lines)
    assert [facts["alt"] for tag, facts in reader.tags if tag == "img"] == [ALT]


def test_links_in_slides_lead_to_places_and_documents(made):
    reader = _Reader(made["slides"]["small.html"].decode("utf-8"))
    assert len(set(reader.ids)) == len(reader.ids)
    assert {place[1:] for place in reader.links if place.startswith("#")} <= set(reader.ids)
    others = {place for place in reader.links if not place.startswith("#")}
    assert others == {"there.html#law", "index.html", "before.html", "after.html"}


def test_each_slide_has_a_heading_and_a_section_begins_one(made):
    reader = _Reader(made["slides"]["small.html"].decode("utf-8"))
    slides_found = [tag for tag, _ in reader.tags if tag in {"section", "h1"}]
    assert slides_found == ["section", "h1"] * (len(slides_found) // 2)
    for title in ("A small derivation", "More", "Symbols", "Checks", "Sources"):
        assert title in reader.words


def test_what_is_too_much_for_a_slide_goes_on_on_the_next():
    steps = [sg.equals(Rational(1, n) * s, by="a reason") for n in range(2, 30)]
    rows = [(Rational(n), "text " * 20) for n in range(40)]
    derivation = sg.Derivation("Long", sg.chain(s, *steps), sg.table("Rows", ("n", "words"), *rows, label="rows"))
    reader = _Reader(slides.pages(Page("long", derivation, found(derivation)))["long.html"].decode("utf-8"))
    assert sum("continued" in words for words in reader.words) > 5
    assert {f"equation-{n}" for n in range(1, 29)} <= set(reader.ids)
    assert reader.ids.count("rows") == 1
    assert sum(tag == "tr" for tag, _ in reader.tags) >= 40


def test_hostile_text_stays_text_in_slides(hostile):
    text = slides.pages(hostile)["hostile.html"].decode("utf-8")
    reader = _Reader(text)
    assert sum(tag == "script" for tag, _ in reader.tags) == text.count("<script>") == 1
    assert not any(name.startswith("on") for _, facts in reader.tags for name in facts)
    assert not any(place.startswith(("javascript", "http")) for place in [*reader.links, *reader.loaded])
    assert sum(HOSTILE in words for words in reader.words) > 10


def test_all_kinds_are_offered():
    from symgrad.documents import FORMATS

    assert set(KINDS) <= set(FORMATS)
    assert Path(pandoc.__file__).with_name("page.typ").is_file()
