"""What was built stays until its source is gone, and a build sees all that a derivation reads."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import symgrad as sg
from symgrad.claims.derivation_files import derivation_and_reads
from symgrad.documents import build
from symgrad.documents.workshop.manifest import NAME

PAGE = """
import symgrad as sg
x = sg.real("x", "a number")
derivation = sg.Derivation("{title}", sg.statement("x <= x + {more}", label="same"), source="book, {number}")
"""


class Verify:
    """Stands for the prover, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, claim):
        self.asked.append(str(claim))
        return sg.Verdict(sg.Outcome.PROVED, "trivial")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "derivations"
    made.mkdir()
    for number, title in enumerate(("One", "Two", "Three"), 1):
        (made / f"{title.lower()}.py").write_text(PAGE.format(title=title, more=number, number=number))
    return made


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


def made(paths, output, formats=("markdown",), **options):
    return build(paths, formats, output, options.pop("verify", Verify()), **options)


def contents(where):
    return {p.relative_to(where).as_posix(): p.read_bytes() for p in where.rglob("*") if p.is_file() and p.name != NAME}


def index(output):
    return (output / "markdown" / "index.md").read_text()


def command(*arguments, cwd, **surroundings):
    done = subprocess.run(
        [sys.executable, "-m", "symgrad", *map(str, arguments)],
        cwd=cwd, env=os.environ | surroundings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


# --- pages ----------------------------------------------------------------------------------------------------


def test_building_one_file_keeps_the_pages_of_all_others_and_lists_them(folder, output):
    made([folder], output)
    before = contents(output)
    (folder / "two.py").write_text(PAGE.format(title="Other", more=7, number=2))
    report = made([folder / "two.py"], output)
    after = contents(output)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {"markdown/two.md", "markdown/index.md"}
    assert [title in index(output) for title in ("One", "Other", "Three")] == [True] * 3
    assert ([d.title for d in report.documents], report.removed) == (["Other"], ())
    assert made([folder], output).removed == ()


def test_one_file_may_refer_to_documents_that_stand_there(folder, output):
    made([folder], output)
    text = PAGE.format(title="Two", more=2, number=2).replace(
        "sg.statement", 'sg.prose("By {it}.", it=sg.ref("one.same")), sg.statement'
    )
    (folder / "two.py").write_text(text)
    assert made([folder / "two.py"], output).failures == ()
    assert "one.md" in (output / "markdown" / "two.md").read_text()
    alone = made([folder / "two.py"], output.with_name("alone"))
    assert "nothing here or in another derivation" in alone.failures[0].error


def test_a_page_is_removed_when_its_source_is_gone_from_the_folder_that_is_asked_for_and_it_is_said(folder, output):
    made([folder], output)
    (folder / "two.py").unlink()
    assert made([folder / "one.py"], output).removed == ()
    report = made([folder], output)
    assert report.removed == (output / "markdown" / "two.md",)
    assert "Two" not in index(output)
    assert made([folder], output).removed == ()


def test_pages_of_another_folder_stay(folder, tmp_path, output):
    other = tmp_path / "other"
    other.mkdir()
    (other / "four.py").write_text(PAGE.format(title="Four", more=4, number=4))
    made([folder, other], output)
    (other / "four.py").unlink()
    (other / "five.py").write_text(PAGE.format(title="Five", more=5, number=5))
    assert made([folder], output).removed == ()
    assert "Four" in index(output)
    assert made([other], output).removed == (output / "markdown" / "four.md",)
    assert [title in index(output) for title in ("One", "Four", "Five")] == [True, False, True]


def test_a_run_that_fails_removes_nothing(folder, output):
    made([folder], output)
    (folder / "two.py").unlink()
    (folder / "three.py").write_text("x = (")
    before = contents(output)
    report = made([folder], output)
    assert (len(report.failures), report.removed) == (1, ())
    assert contents(output).keys() == before.keys()


def test_a_document_never_takes_the_place_of_that_of_another_file_that_is_still_there(folder, tmp_path, output):
    made([folder], output)
    before = contents(output)
    other = tmp_path / "other"
    other.mkdir()
    (other / "one.py").write_text(PAGE.format(title="Another", more=9, number=9))
    (failure,) = made([other], output).failures
    assert failure.error == (
        f"{other / 'one.py'}: its document would take the place of that of {folder / 'one.py'}; "
        "rename one, or give another -o"
    )
    assert contents(output) == before
    (folder / "one.py").unlink()
    assert made([other], output).failures == ()


def test_a_command_for_a_file_that_is_not_there_is_one_line_and_removes_nothing(folder, output):
    made([folder], output)
    before = contents(output)
    code, _, said = command("build", "no-such.py", "--to", "markdown", "-o", output, cwd=folder)
    assert (code, said) == (2, "symgrad: no-such.py: no such file\n")
    assert contents(output) == before


def test_a_command_says_what_it_removes(folder, output):
    command("build", folder, "--to", "markdown", "-o", output, cwd=folder.parent)
    (folder / "two.py").unlink()
    code, said, _ = command("build", folder, "--to", "markdown", "-o", output, cwd=folder.parent)
    assert code == 0
    assert f"removed, as their derivations are gone: {output / 'markdown' / 'two.md'}" in said


# --- what a derivation reads --------------------------------------------------------------------------------------

READERS = {
    "an imported module": ("import helper_of_reads as h", "more = h.MORE"),
    "a name from a module": ("from helper_of_reads import MORE", "more = MORE"),
    "a module of a module": ("import between_of_reads as b", "more = b.h.MORE"),
    "a module in a package": ("from package_of_reads.inner import MORE", "more = MORE"),
    "a module by its name": ("from importlib import import_module", "more = import_module('helper_of_reads').MORE"),
    "an import in a function": ("def f():\n    import helper_of_reads as h\n    return h.MORE", "more = f()"),
    "opened data": ("from pathlib import Path", "more = int(Path(__file__).with_name('data.txt').read_text())"),
    "data opened elsewhere": (
        "import os",
        "with open(os.path.join(os.environ['READS'], 'far.txt')) as file:\n    more = int(file.read())",
    ),
    "the names in a folder": ("from pathlib import Path", "more = len(list(Path(__file__).with_name('d').iterdir()))"),
    "a file that is not there": (
        "from pathlib import Path",
        "try:\n    more = int(Path(__file__).with_name('later.txt').read_text())\nexcept OSError:\n    more = 1",
    ),
    "a module that is not there": (
        "try:\n    from later_of_reads import MORE as more\nexcept ImportError:\n    more = 1",
        "",
    ),
    "whether a file is there": (
        "from pathlib import Path",
        "more = 2 if Path(__file__).with_name('later.txt').exists() else 1",
    ),
    "a library of somebody's": ("import pygments", "from helper_of_reads import MORE as more"),
    "a module by its name and a setting": (
        "import os, helper_of_reads",
        "more = helper_of_reads.MORE if os.getenv('READS') else 0",
    ),
    "data that a thread reads": (
        "from pathlib import Path\nfrom concurrent.futures import ThreadPoolExecutor",
        "with ThreadPoolExecutor(1) as pool:\n"
        "    more = int(pool.submit(Path(__file__).with_name('data.txt').read_text).result())",
    ),
    "the day": ("import datetime\nfrom helper_of_reads import MORE", "more = MORE if datetime.date.today() else 0"),
    "an answer of a program": (
        "import subprocess, sys, os",
        'more = int(subprocess.run([sys.executable, \'-c\', \'import os; print(open(os.environ["READS"] + "/far.txt")'
        ".read())'], capture_output=True, text=True).stdout)",
    ),
}


# What is never certain, so that it is read and checked at every build.
UNCERTAIN = {
    "an answer of a program", "data opened elsewhere", "whether a file is there", "a library of somebody's",
    "a module by its name and a setting", "data that a thread reads", "the day",
}  # fmt: skip


def write_all(folder, more):
    """Every kind of thing that a derivation may read, saying one number."""
    for name in ("helper_of_reads.py", "package_of_reads/inner.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"MORE = {more}\n")
    (folder / "package_of_reads" / "__init__.py").write_text("")
    (folder / "between_of_reads.py").write_text("import helper_of_reads as h\n")
    (folder / "data.txt").write_text(str(more))
    (folder / "far").mkdir(exist_ok=True)
    (folder / "far" / "far.txt").write_text(str(more))
    (folder / "d").mkdir(exist_ok=True)
    for number in range(more):
        (folder / "d" / str(number)).write_text("")
    if more > 1:
        (folder / "later.txt").write_text(str(more))
        (folder / "later_of_reads.py").write_text(f"MORE = {more}\n")


def reader(kind):
    imports, says = READERS[kind]
    page = PAGE.format(title="Reader", more="{more}", number=1).replace('"x <= x + {more}"', 'f"x <= x + {more}"')
    return f"{imports}\n{says}\n{page}"


@pytest.fixture
def reading_folder(tmp_path, monkeypatch):
    made = tmp_path / "reading"
    made.mkdir()
    monkeypatch.syspath_prepend(str(made))
    monkeypatch.setenv("READS", str(made / "far"))
    loaded = set(sys.modules)
    yield made
    for name in [name for name in sys.modules if name not in loaded and name.endswith(("_of_reads", ".inner"))]:
        del sys.modules[name]


@pytest.mark.parametrize("kind", READERS)
def test_a_build_sees_what_a_derivation_reads(reading_folder, output, kind):
    write_all(reading_folder, 1)
    (reading_folder / "_page.py").write_text(reader(kind))
    path = reading_folder / "_page.py"
    first, second, third = Verify(), Verify(), Verify()
    made([path], output, verify=first)
    assert first.asked == ["x <= x + 1"]
    report = made([path], output, verify=second)
    assert second.asked == (first.asked if kind in UNCERTAIN else [])
    assert report.documents[0].written is (kind in UNCERTAIN)
    write_all(reading_folder, 2)
    report = made([path], output, verify=third)
    assert third.asked == ["x <= x + 2"]
    assert report.documents[0].written


def test_only_the_readers_of_what_has_changed_are_checked_again(reading_folder, output):
    write_all(reading_folder, 1)
    names = dict(zip(("_a.py", "_b.py", "_c.py"), ("an imported module", "opened data", "a module of a module")))
    for name, kind in names.items():
        (reading_folder / name).write_text(reader(kind).replace("Reader", name))
    paths = [reading_folder / name for name in names]
    made(paths, output)
    (reading_folder / "data.txt").write_text("5")
    again = Verify()
    made(paths, output, verify=again)
    assert again.asked == ["x <= x + 5"]
    (reading_folder / "helper_of_reads.py").write_text("MORE = 6\n")
    again = Verify()
    made(paths, output, verify=again)
    assert again.asked == ["x <= x + 6"] * 2


def test_classes_of_modules_that_have_not_changed_stay_the_same(reading_folder):
    write_all(reading_folder, 1)
    (reading_folder / "helper_of_reads.py").write_text("class Kind:\n    pass\n")
    (reading_folder / "_page.py").write_text("import helper_of_reads\n" + PAGE.format(title="A", more=1, number=1))
    derivation_and_reads(reading_folder / "_page.py")
    kind = sys.modules["helper_of_reads"].Kind
    derivation_and_reads(reading_folder / "_page.py")
    assert sys.modules["helper_of_reads"].Kind is kind


def test_nothing_that_others_read_meanwhile_counts(reading_folder):
    write_all(reading_folder, 1)
    text = "sum(range(10**7))\n" + PAGE.format(title="A", more=1, number=1)
    (reading_folder / "_page.py").write_text(text)
    threads = [threading.Thread(target=lambda: (reading_folder / "data.txt").read_text()) for _ in range(3)]
    timers = [threading.Timer(0.02, thread.start) for thread in threads]
    for timer in timers:
        timer.start()
    _, reads = derivation_and_reads(reading_folder / "_page.py")
    assert (dict(reads.files), dict(reads.folders), reads.is_certain) == ({}, {}, True)
    for thread in (*timers, *threads):  # on a busy machine a timer may not have started its thread yet
        thread.join()


def test_what_python_and_libraries_read_is_told_by_their_versions(reading_folder):
    (reading_folder / "_page.py").write_text(
        "import json.tool, numpy.polynomial\n" + PAGE.format(title="A", more=1, number=1)
    )
    _, reads = derivation_and_reads(reading_folder / "_page.py")
    assert (dict(reads.files), reads.is_certain) == ({}, True)
    assert not (reading_folder / "__pycache__").exists()


def test_no_cache_decides_everything_anew_always(folder, output):
    made([folder], output)
    again = Verify()
    report = made([folder], output, verify=again, anew=True)
    assert len(again.asked) == 3
    assert all(document.written for document in report.documents)


def test_the_manifest_remembers_files_by_their_paths_from_the_derivation(reading_folder, output):
    write_all(reading_folder, 1)
    path = reading_folder / "_page.py"
    path.write_text(reader("opened data"))
    made([path], output)
    ((_, reads, _),) = json.loads((output / NAME).read_text())["derivations"].values()
    assert list(reads["files"]) == ["data.txt"]
    assert str(reading_folder.parent) not in (output / NAME).read_text()


def test_a_folder_that_moves_with_its_documents_is_not_built_again(folder, output, tmp_path):
    made([folder], output)
    moved = tmp_path / "moved"
    moved.mkdir()
    Path(folder).rename(moved / "derivations")
    output.rename(moved / "out")
    again = Verify()
    report = made([moved / "derivations"], moved / "out", verify=again)
    assert (again.asked, report.removed, [d.written for d in report.documents]) == ([], (), [False] * 3)
