"""Documentation that is run: the code and the commands of a Markdown page, compared with what the page says they print.

In a page, blocks of Python with prompts are one session, commands behind ``$`` are run in order in one folder, and a
block under a line that ends in a file name and a colon, such as "In `claims.toml`:", is that file.
"""

import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.parent.name != "catalogue")  # its chapters are derivations
WITH_TORCH = {"blind", "pytorch"}  # pages that are run where PyTorch is
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PROGRAMS = ("symgrad", "pytest")
NOT_RUN = ("sh", "text")  # set-up of a machine, which tests must not do; and what is no code

_BLOCK = re.compile(r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ ]*$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"`(?P<name>[\w./-]+\.\w+)`[^`\n]*:\s*\Z")
_COMMAND = re.compile(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ ).*\n?)*)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; `file` is the name of the file it is said to be, if any."""

    language: str
    line: int
    text: str
    file: str


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page in order, but for directives."""
    for match in _BLOCK.finditer(page):
        if not match["language"].startswith("{"):
            named = _FILE.search(page[: match.start()])
            line = page.count("\n", 0, match.start()) + 2
            yield Block(match["language"], line, match["text"], named["name"] if named else "")


def run_page(path: Path, folder: Path) -> int:
    """Run all blocks of a page in a folder, which is the current one; how many blocks there were.

    Raises
    ------
    AssertionError
        If something is printed that the page does not say, or a block is of no kind that can be run.
    """
    runner = Session(path.name, folder)
    found = [block for block in blocks(path.read_text(encoding="utf-8")) if block.language not in NOT_RUN]
    for block in found:
        runner.run(block)
    return len(found)


class Session:
    """What the blocks of a page share: names of Python, the exit code of the last command, files."""

    def __init__(self, page: str, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.names: dict[str, object] = {}
        self.code = 0

    def run(self, block: Block) -> None:
        place = f"{self.page}, line {block.line}"
        if block.file:
            (self.folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self.run_python(block, place)
        elif block.language == "console":
            self.run_console(block, place)
        else:
            raise AssertionError(f"{place}: a block of {block.language or 'no language'} that nothing runs")

    def run_python(self, block: Block, place: str) -> None:
        test = doctest.DocTestParser().get_doctest(block.text, self.names, place, self.page, block.line - 1)
        assert test.examples, f"{place}: Python without prompts that is no file"
        said: list[str] = []
        failed = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False).failed
        self.names = test.globs
        assert not failed, "".join(said)

    def run_console(self, block: Block, place: str) -> None:
        commands = list(_COMMAND.finditer(block.text))
        assert commands, f"{place}: no command"
        assert commands[0].start() == 0, f"{place}: begins with no command"
        for match in commands:
            # Spaces at the ends of lines cannot be seen, and tables are padded with them.
            printed = re.sub(r" +$", "", self.output(match["command"], place), flags=re.MULTILINE)
            same = doctest.OutputChecker().check_output(match["output"], printed, doctest.ELLIPSIS)
            assert same, f"{place}: $ {match['command']}\nsaid:\n{match['output']}\nprinted:\n{printed}"

    def output(self, command: str, place: str) -> str:
        if command == "echo $?":
            return f"{self.code}\n"
        program, *arguments = shlex.split(command)
        if program == "ls":
            return "".join(f"{name}\n" for name in sorted(p.name for p in (self.folder / arguments[0]).iterdir()))
        assert program in PROGRAMS, f"{place}: tests run no {program}"
        result = subprocess.run(
            [sys.executable, "-m", program, *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        self.code = result.returncode
        return result.stdout
