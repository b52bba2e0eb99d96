"""Building: whole files or none, the same bytes everywhere, only what changed, and nothing outside the folder."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from symgrad import MissingExtraError, Outcome, OutputError, SymgradError, Verdict, Witness
from symgrad.documents import FORMATS, build
from symgrad.documents.workshop.manifest import NAME
from symgrad.documents.workshop.output import document_name, is_safe

FIRST = """
import symgrad as sg
x = sg.real("x", "a number")
derivation = sg.Derivation(
    "First", sg.prose("One {x}. Two."  , x=x), sg.statement("x <= x", label="same"), source="book, 2",
)
"""
SECOND = """
import symgrad as sg
x = sg.real("x", "a number")
line = sg.figure("Up", sg.curve(x, x, 0, 1, samples=3), alt="A line", x_label=x, y_label="y", label="line")
derivation = sg.Derivation(
    "Second", sg.prose("By {it} it holds.", it=sg.ref("first.same")), sg.erratum("x == x + 1", source="book"), line,
    source="book, 10",
)
"""


class Verify:
    """Stands for the prover: finds what is expected, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, claim):
        self.asked.append(str(claim))
        if claim.expect == "refuted":
            return Verdict(
                Outcome.REFUTED, "at a point", "", Witness({"y": "2", "x": "1"}, "1", "2"), seconds=len(self.asked)
            )
        return Verdict(Outcome.PROVED, "trivial", "as it stands", None, ("x != 7",), seconds=len(self.asked))


@pytest.fixture
def verify():
    return Verify()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "derivations"
    made.mkdir()
    (made / "first.py").write_text(FIRST)
    (made / "second.py").write_text(SECOND)
    return made


@pytest.fixture
def output(tmp_path):
    return tmp_path / "build"


def contents(where):
    return {path.relative_to(where).as_posix(): path.read_bytes() for path in where.rglob("*") if path.is_file()}


def titles(report):
    return [document.title for document in report.documents]


def written(report):
    return [document.title for document in report.documents if document.written]


# --- what is written ----------------------------------------------------------------------------------------


SUFFIXES = {
    "html": ".html", "markdown": ".md", "latex": ".tex", "notebook": ".ipynb", "pdf": ".pdf", "word": ".docx",
    "epub": ".epub", "slides": ".html",
}  # fmt: skip
WITHOUT_INDEX = ("latex", "epub")
BESIDE = ("latex/second.line.pdf", "markdown/second.line.csv", "markdown/second.line.svg")


def expected(*names):
    """The files of documents with these names, in all formats, with the memory of the build."""
    files = [
        f"{kind}/{name}{suffix}"
        for kind, suffix in SUFFIXES.items()
        for name in names
        if name != "index" or kind not in WITHOUT_INDEX
    ]
    return [NAME, *files, *(BESIDE if "second" in names else ())]


def test_a_build_writes_every_format_with_an_index(folder, output, verify):
    report = build([folder], FORMATS, output, verify)
    assert sorted(contents(output)) == sorted(expected("first", "second", "index"))
    assert report.failures == ()
    shown = [path.relative_to(output).as_posix() for path in report.indexes]
    assert shown == [f"{kind}/index{SUFFIXES[kind]}" for kind in FORMATS if kind not in WITHOUT_INDEX]


def test_the_report_has_a_row_for_every_statement(folder, output, verify):
    second = build([folder], ["html"], output, verify).documents[1]
    assert (second.title, second.source, second.written) == ("Second", folder / "second.py", True)
    (check,) = second.checks
    assert (check.id, check.text, check.expect, check.verdict.outcome) == (
        "1",
        "x == x + 1",
        "refuted",
        Outcome.REFUTED,
    )
    assert check.met is True


def test_documents_stand_in_the_order_of_their_sources_and_page_2_comes_before_page_10(folder, output, verify):
    (folder / "aaa.py").write_text(FIRST.replace("First", "No source").replace('"book, 2"', '""'))
    assert titles(build([folder], ["html"], output, verify)) == ["First", "Second", "No source"]


def test_neighbours_and_references_link_to_each_other(folder, output, verify):
    build([folder], ["html"], output, verify)
    first, second = ((output / "html" / f"{name}.html").read_text() for name in ("first", "second"))
    assert '<a class="next" rel="next" href="second.html">Second →</a>' in first
    assert '<a class="previous" rel="prev" href="first.html">← First</a>' in second
    assert 'href="first.html#same">(1) in First</a>' in second


def test_the_index_gives_first_sentences_and_counts(folder, output, verify):
    build([folder], ["markdown"], output, verify)
    listed = (output / "markdown" / "index.md").read_text()
    assert "2 documents, 2 statements: 1 proved, 1 refuted as it should be." in listed
    assert "[First](first.md)" in listed
    assert "One $x$." in listed
    assert "Two" not in listed
    assert "By (1) in First it holds." in listed


def test_progress_tells_of_every_piece_of_work(folder, output, verify):
    told = []
    build([folder], ["html"], output, verify, on_progress=lambda *piece: told.append(piece))
    assert [piece[0] for piece in told] == ["reading"] * 2 + ["checking"] * 2 + ["rendering"] * 3
    assert all(done < total for _, done, total, _ in told)
    assert told[2] == ("checking", 0, 2, "first, 1")


# --- the same bytes -----------------------------------------------------------------------------------------


def test_two_builds_in_two_folders_are_the_same_bytes(folder, tmp_path, verify):
    elsewhere = tmp_path / "else" / "where"
    shutil.copytree(folder, elsewhere)
    build([folder], FORMATS, tmp_path / "one", verify)
    build([elsewhere / "second.py", elsewhere / "first.py"], FORMATS, tmp_path / "two", Verify())
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    for made in (one, two):
        sources = json.loads(made.pop(NAME))["sources"]  # alone this tells where the derivations are
        assert sorted(sources) == ["first", "second"]
    assert one == two


SCRIPT = """
import sys
from pathlib import Path
from symgrad import Outcome, Verdict
from symgrad.documents import FORMATS, build
found = Verdict(Outcome.PROVED, "trivial", seconds=hash("x"))
build([Path(sys.argv[1])], FORMATS, Path(sys.argv[2]), lambda claim: found)
"""


@pytest.mark.slow
def test_the_order_of_hashes_changes_nothing(folder, tmp_path):
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", SCRIPT, folder, tmp_path / seed],
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_outputs_tell_nothing_of_the_machine(folder, output, verify):
    build([folder], FORMATS, output, verify)
    assert not [name for name, content in contents(output).items() if str(folder.parent).encode() in content]


# --- only what changed --------------------------------------------------------------------------------------


def test_an_unchanged_build_writes_and_checks_nothing_and_still_knows_the_verdicts(folder, output, verify):
    before = build([folder], FORMATS, output, verify)
    stamps = {path: path.stat().st_mtime_ns for path in output.rglob("*.*") if path.name != NAME}
    again = Verify()
    report = build([folder], FORMATS, output, again)
    assert again.asked == []
    assert written(report) == []
    assert [d.checks for d in report.documents] == [d.checks for d in before.documents]
    assert stamps == {path: path.stat().st_mtime_ns for path in output.rglob("*.*") if path.name != NAME}


LIGHT = SCRIPT + "print(sorted({'docutils', 'matplotlib'} & set(sys.modules)))"


def test_an_unchanged_build_loads_neither_docutils_nor_matplotlib(folder, output):
    command = [sys.executable, "-c", LIGHT, folder, output]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "['docutils', 'matplotlib']\n"
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"


def test_only_the_changed_derivation_is_checked_again(folder, output, verify):
    build([folder], ["html"], output, verify)
    (folder / "first.py").write_text(FIRST.replace("x <= x", "x <= x + 1"))
    again = Verify()
    report = build([folder], ["html"], output, again)
    assert again.asked == ["x <= x + 1"]
    assert written(report) == ["First"]


def test_a_new_title_reaches_the_pages_that_show_it(folder, output, verify):
    build([folder], ["html"], output, verify)
    (folder / "first.py").write_text(FIRST.replace('"First"', '"Renamed"'))
    again = Verify()
    report = build([folder], ["html"], output, again)
    assert again.asked == ["x <= x"]
    assert written(report) == ["Renamed", "Second"]
    for name in ("second", "index"):
        page = (output / "html" / f"{name}.html").read_text()
        assert "Renamed" in page
        assert "First" not in page


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    "name", ["html/second.html", "markdown/second.line.svg", "markdown/index.md", "latex/second.line.pdf"]
)
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("edited")], ids=["deleted", "edited"])
def test_a_damaged_output_is_made_again_without_checking_again(folder, output, verify, name, damage):
    build([folder], FORMATS, output, verify)
    before = contents(output)
    damage(output / name)
    again = Verify()
    build([folder], FORMATS, output, again)
    assert contents(output) == before
    assert again.asked == []


def test_documents_of_removed_derivations_are_removed_and_files_of_others_are_not(folder, output, verify):
    build([folder], FORMATS, output, verify)
    (output / "html" / "notes.html").write_text("mine")
    (folder / "second.py").unlink()
    build([folder], FORMATS, output, verify)
    assert sorted(contents(output)) == sorted([*expected("first", "index"), "html/notes.html"])
    assert "second" not in (output / "html" / "first.html").read_text()


def test_a_format_that_is_not_asked_for_is_left_as_it_is(folder, output, verify):
    build([folder], ["html"], output, verify)
    before = contents(output / "html")
    (folder / "second.py").unlink()
    build([folder], ["markdown"], output, verify)
    assert contents(output / "html") == before


@pytest.mark.parametrize(
    "found", ["", "{", "[]", '{"derivations": {"first": 3}, "pages": []}', '{"pages": {"..": {}}}', "\x00"]
)
def test_a_manifest_that_cannot_be_read_only_costs_time(folder, output, verify, found):
    build([folder], ["html"], output, verify)
    before = contents(output)
    (output / NAME).write_text(found)
    build([folder], ["html"], output, verify)
    assert contents(output) == before


def test_a_verdict_that_was_typed_into_the_manifest_is_found_anew(folder, output, verify):
    build([folder], ["html"], output, verify)
    before = contents(output)
    data = json.loads((output / NAME).read_text())
    for _, _, facts in data["derivations"].values():
        for check in facts["checks"]:
            check |= {"outcome": "CERTIFIED", "method": "by hand"}
    page = next(path for path in output.rglob("first.html"))
    page.write_text("CERTIFIED, by hand")
    data["pages"]["html/first"]["files"]["first.html"] = hashlib.sha256(page.read_bytes()).hexdigest()
    (output / NAME).write_text(json.dumps(data))
    report = build([folder], ["html"], output, verify)
    assert "by hand" not in [check.verdict.method for document in report.documents for check in document.checks]
    assert contents(output) == before


def test_a_manifest_cannot_make_a_build_remove_what_is_not_its_own(folder, output, verify, tmp_path):
    build([folder], ["html"], output, verify)
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    data = json.loads((output / NAME).read_text())
    files = {"../../precious.txt": hashlib.sha256(b"mine").hexdigest()}
    data["pages"]["html/gone"] = {"fingerprint": "", "files": files}
    (output / NAME).write_text(json.dumps(data))
    build([folder], ["html"], output, verify)
    assert precious.read_text() == "mine"


# --- whole files or none ------------------------------------------------------------------------------------


def fail_to_replace(monkeypatch, name, error):
    """Let putting this one file in its place fail."""
    replace = os.replace

    def failing(source, target):
        if Path(target).name == name:
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EACCES, "Permission denied")]
)
def test_a_file_that_cannot_be_written_is_named_on_one_line_and_stays_as_it_was(
    folder, output, verify, monkeypatch, error
):
    build([folder], ["html"], output, verify)
    before = (output / "html" / "second.html").read_bytes()
    (folder / "second.py").write_text(SECOND.replace("Second", "Changed"))
    with monkeypatch.context() as patch:
        fail_to_replace(patch, "second.html", error)
        with pytest.raises(OutputError) as caught:
            build([folder], ["html"], output, verify)
    assert str(caught.value) == f"cannot write {output / 'html' / 'second.html'}: {error.strerror}"
    assert (output / "html" / "second.html").read_bytes() == before
    assert not list(output.rglob("*.tmp"))
    assert "Changed" in titles(build([folder], ["html"], output, verify))


def test_a_disk_that_fills_up_half_way_leaves_no_half_files(folder, output, verify, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python would keep the first 4000 bytes of a module
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file can become longer than this, as on a full disk: a page is some 10,000 bytes long.
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, limits[1]))
    try:
        with pytest.raises(OutputError) as caught:
            build([folder], ["html"], output, verify)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(caught.value) == f"cannot write {output / 'html' / 'first.html'}: File too large"
    assert sorted(contents(output)) == [NAME]
    assert titles(build([folder], ["html"], output, verify)) == ["First", "Second"]


def test_an_interrupt_leaves_whole_files_and_remembers_what_was_checked(folder, output, monkeypatch):
    class Interrupted(Verify):
        def __call__(self, claim):
            if claim.expect == "refuted":
                raise KeyboardInterrupt
            return super().__call__(claim)

    with pytest.raises(KeyboardInterrupt):
        build([folder], ["html"], output, Interrupted())
    assert sorted(contents(output)) == [NAME]
    again = Verify()
    assert titles(build([folder], ["html"], output, again)) == ["First", "Second"]
    assert again.asked == ["x == x + 1"]


def test_an_interrupt_while_writing_removes_the_unfinished_file(folder, output, verify, monkeypatch):
    with monkeypatch.context() as patch:
        fail_to_replace(patch, "second.html", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            build([folder], ["html"], output, verify)
    assert sorted(contents(output)) == [NAME, "html/first.html"]
    build([folder], ["html"], output, verify)
    assert sorted(contents(output)) == [NAME, "html/first.html", "html/index.html", "html/second.html"]


# --- nothing outside the folder -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["..py", "...py", "é.py", "index.py", "INDEX.py", "-.py"])
def test_a_file_whose_name_cannot_be_that_of_a_document_is_refused(tmp_path, output, verify, name):
    (tmp_path / name).write_text(FIRST)
    report = build([tmp_path / name], ["html"], output, verify)
    assert [failure.source for failure in report.failures] == [tmp_path / name]
    assert "rename the file" in report.failures[0].error


@pytest.mark.parametrize(
    ("stem", "name"),
    [("a b", "a-b"), ("../../etc/passwd", "etc-passwd"), ("<script>", "script"), ("x.y", "x-y"), ("a\0b", "a-b")],
)
def test_names_of_documents_are_plain(stem, name):
    assert document_name(stem) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a", "a\\b", ".a", "a\n", "a..b", "-a", "a b"])
def test_other_names_are_not_safe(name):
    assert not is_safe(name)


def test_two_derivations_of_one_name_are_one_clear_error(folder, tmp_path, output, verify):
    other = tmp_path / "other"
    other.mkdir()
    (other / "First.py").write_text(SECOND)
    report = build([folder, other], ["html"], output, verify)
    (failure,) = report.failures
    assert str(other / "First.py") in failure.error
    assert str(folder / "first.py") in failure.error
    assert titles(report) == ["First", "Second"]


def test_a_file_named_twice_is_built_once(folder, output, verify):
    report = build([folder, folder / "first.py", folder / ".." / "derivations" / "first.py"], ["html"], output, verify)
    assert report.failures == ()
    assert titles(report) == ["First", "Second"]


def test_links_in_the_output_folder_are_never_followed(folder, output, verify, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.html").write_text("mine")
    output.mkdir()
    (output / "html").mkdir()
    (output / "html" / "first.html").symlink_to(outside / "precious.html")
    (output / "html" / "second.html").symlink_to(outside / "new.html")
    build([folder], ["html"], output, verify)
    assert contents(outside) == {"precious.html": b"mine"}
    (output / "markdown").symlink_to(outside)
    with pytest.raises(OutputError, match="a link that leads out of"):
        build([folder], ["markdown"], output, verify)
    assert contents(outside) == {"precious.html": b"mine"}


def test_a_folder_that_cannot_be_made_is_named(folder, tmp_path, verify):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write .*file"):
        build([folder], ["html"], tmp_path / "file", verify)


# --- what goes wrong in one derivation ----------------------------------------------------------------------

BROKEN = {
    "raises": ("import symgrad as sg\n\nraise ValueError('no\\n<b>')", "broken.py:3: ValueError: no <b>"),
    "syntax": ("x = (", "broken.py:1: "),
    "empty": ("", "must end in a Derivation"),
    "label": (FIRST.replace("One {x}", "One {it}").replace("x=x", "it=sg.ref('nowhere')"), "label 'nowhere'"),
    "far": (FIRST.replace("One {x}", "One {it}").replace("x=x", "it=sg.ref('first.nowhere')"), "label 'first.nowhere'"),
    "gone": (FIRST.replace("One {x}", "One {it}").replace("x=x", "it=sg.ref('gone.same')"), "label 'gone.same'"),
    "twice": (FIRST.replace("sg.statement(", "sg.statement('x == x', label='same'), sg.statement("), "given twice"),
    "figure": (SECOND.replace("sg.curve(x, x, 0, 1,", "sg.curve(sg.real('y'), x, 0, 1,"), "the symbol y has no value"),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_derivation_is_one_line_naming_the_file_and_the_others_are_built(folder, output, verify, kind):
    text, expected = BROKEN[kind]
    (folder / "broken.py").write_text(text)
    report = build([folder], FORMATS, output, verify)
    (failure,) = report.failures
    assert failure.source == folder / "broken.py"
    assert failure.error.startswith(str(folder / "broken.py"))
    assert expected in failure.error
    assert "\n" not in failure.error
    assert titles(report) == ["First", "Second"]
    assert "broken" not in "".join(path for path in contents(output) if path != NAME)
    assert "broken" not in (output / "html" / "index.html").read_text()


def test_what_refers_to_a_broken_derivation_is_not_built_either(folder, output, verify):
    (folder / "first.py").write_text("raise ValueError")
    report = build([folder], ["html"], output, verify)
    assert [failure.source.name for failure in report.failures] == ["first.py", "second.py"]
    assert "'first.same'" in report.failures[1].error


def test_a_prover_that_gives_up_with_an_error_costs_one_document(folder, output):
    class Unable(Verify):
        def __call__(self, claim):
            if claim.expect == "refuted":
                raise SymgradError("no words for this")
            return super().__call__(claim)

    report = build([folder], ["html"], output, Unable())
    assert report.failures[0].error == f"{folder / 'second.py'}: no words for this"
    assert titles(report) == ["First"]


def nothing_here(tmp_path):
    """Paths that lead to no derivation, each with what is said of it."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "mistake.py").write_text("raise ValueError('no')")
    return {
        tmp_path / "nothing.py": "no such file",
        tmp_path / "nothing": "no such file",
        tmp_path / "empty": "no derivations here; they are read from .py files",
        tmp_path / "mistake.py": "1: ValueError: no",
    }


def test_what_leads_to_no_derivation_is_told(tmp_path, output, verify):
    paths = nothing_here(tmp_path)
    report = build(paths, ["html"], output, verify)
    told = {failure.source: failure.error.removeprefix(f"{failure.source}:").strip() for failure in report.failures}
    assert told == paths
    assert (report.documents, report.indexes) == ((), ())


def test_a_wrong_path_makes_no_folder(tmp_path, output, verify):
    build([tmp_path / "nothing.py"], FORMATS, output, verify)
    assert not output.exists()


@pytest.mark.parametrize("also", [[], ["first.py"]], ids=["alone", "beside a good one"])
def test_what_cannot_be_built_costs_no_document_that_is_there(folder, tmp_path, output, verify, also):
    formats = ["html", "markdown", "latex"]
    build([folder], formats, output, verify)
    before = contents(output)
    for path in nothing_here(tmp_path):
        build([path, *(folder / name for name in also)], formats, output, verify)
        kept = contents(output)
        assert kept.keys() == before.keys()
        changed = {name for name in kept if kept[name] != before[name] and name != NAME}
        assert changed == set() or also
        assert not any("second" in name for name in changed)
    build([folder], formats, output, verify)
    assert contents(output) == before


def test_a_derivation_that_breaks_keeps_its_old_document(folder, output, verify):
    build([folder], ["html"], output, verify)
    before = (output / "html" / "second.html").read_bytes()
    (folder / "second.py").write_text("x = (")
    report = build([folder], ["html"], output, verify)
    assert titles(report) == ["First"]
    assert (output / "html" / "second.html").read_bytes() == before
    assert "second" not in (output / "html" / "index.html").read_text()  # which lists what was built


def test_an_unknown_format_is_refused_with_the_known_ones(folder, output, verify):
    with pytest.raises(OutputError, match="'scroll'; known are html, markdown, latex"):
        build([folder], ["scroll"], output, verify)
    assert not output.exists()


@pytest.mark.parametrize("library", ["docutils", "matplotlib"])
def test_a_missing_library_is_named_with_the_extra_that_brings_it(folder, output, verify, library, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("symgrad.documents.", library))]:
        if name not in {
            "symgrad.documents.workshop.build",
            "symgrad.documents.workshop.output",
            "symgrad.documents.workshop.manifest",
            "symgrad.documents.facts",
        }:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"needs {library}: .*symgrad\[documents\]"):
        build([folder], ["html"], output, verify)
    assert verify.asked == []
