"""The documentation: every block and command in it does what the page says, and nothing public is missing."""

import re

import pytest
from documented import DOCS, PAGES, WITH_TORCH, blocks, run_page

import symgrad
from symgrad.cli.commands import cli

TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("page", [p for p in PAGES if p.stem not in WITH_TORCH], ids=lambda page: page.stem)
def test_everything_that_a_page_shows_is_printed(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(page, tmp_path)


@pytest.mark.parametrize("name", symgrad.__all__)
def test_every_public_name_is_in_the_reference(name):
    reference = (DOCS / "reference.md").read_text(encoding="utf-8")
    assert re.search(rf"^\.\. auto\w+:: {name}$|`{name}`", reference, re.MULTILINE)


@pytest.mark.parametrize("page", [*PAGES, DOCS.parent / "README.md"], ids=lambda page: page.stem)
def test_every_name_that_a_page_writes_exists(page):
    for name in set(re.findall(r"\bsg\.((?:[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*)", page.read_text(encoding="utf-8"))):
        assert hasattr(symgrad, name.split(".")[0]), f"sg.{name}"


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_is_shown_in_use(name):
    commands = [line for block in blocks(TEXT) if block.language == "console" for line in block.text.splitlines()]
    assert any(line.startswith(f"$ symgrad {name} ") for line in commands)


def test_every_page_is_in_the_table_of_contents():
    contents = (DOCS / "index.md").read_text(encoding="utf-8").partition("{toctree}")[2]
    names = {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES} - {"index"}
    assert {name for name in names if f"\n{name}\n" not in contents} == set()


def test_a_wrong_page_is_noticed(tmp_path):
    wrong = {
        "output.md": '```console\n$ symgrad verify "1 + 1 == 2"\nREFUTED\n```\n',
        "python.md": "```python\n>>> 1 + 1\n3\n```\n",
        "silent.md": "```python\n1 + 1\n```\n",
        "strange.md": "```ruby\n1 + 1\n```\n",
    }
    for name, text in wrong.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(AssertionError, match=name):
            run_page(tmp_path / name, tmp_path)


def test_every_derivation_is_a_chapter():
    derivations = {path.stem for path in (DOCS.parent / "derivations").glob("*.py")}
    assert {path.stem for path in (DOCS / "catalogue").glob("*.md")} == derivations
    for name in derivations:
        assert (DOCS / "catalogue" / f"{name}.md").read_text() == f"```{{symgrad:derivation}} {name}\n```\n"
