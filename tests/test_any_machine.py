"""The suite is green on any machine: no expected output depends on the processor, nor on who starts the tests."""

import ast
import doctest
import os
import platform
import re
import subprocess
import sys

import numpy as np
import pytest
from documented import DOCS, PAGES, blocks

ROOT = DOCS.parent

# Between 13 and 17 digits, what is printed is a double to its last bits, which processors round in different ways. More
# digits come from balls, which are made of integers.
NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?:e[-+]?\d+)?")
WITNESS = re.compile(r"\bleft \S+, right \S+")  # from balls as well
CERTAIN = {
    "6.60733027580565e-1807": "digits of a ball",
    "0.3333333333333333": "the double nearest to a ball",
    "1.4142135623730951": "the double nearest to a ball",
}


def outputs_of_pages():
    for page in [*PAGES, ROOT / "README.md"]:
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.language == "console":
                yield page, block.text
            elif block.language == "python":
                yield from ((page, example.want) for example in doctest.DocTestParser().get_examples(block.text))


def outputs_of_docstrings():
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    for path in (ROOT / "symgrad").rglob("*.py"):
        nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, kinds)]
        for text in (ast.get_docstring(node) or "" for node in nodes):
            yield from ((path, example.want) for example in doctest.DocTestParser().get_examples(text))


def digits(number):
    return len(number.partition("e")[0].replace(".", "").lstrip("0"))


def to_the_last_bit(text):
    """The numbers of an output that are doubles to their last bits."""
    return [n for n in NUMBER.findall(WITNESS.sub("", text)) if 13 <= digits(n) <= 17 and n not in CERTAIN]


def test_no_expected_output_is_a_double_to_its_last_bit():
    found = list(outputs_of_pages()) + list(outputs_of_docstrings())
    assert len(found) > 400
    assert [(path.name, numbers) for path, text in found if (numbers := to_the_last_bit(text))] == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("[0.25, 4.248354255291589e-18]\n", ["4.248354255291589e-18"]),
        ("(0.2072105234910949, 'w')", ["0.2072105234910949"]),
        ("-0.1041241743457326927206280285316082303151", []),
        ("at x = 1: left 0.419974341614026, right 0.238405844044235", []),
        ("Scaled(8.0651141e-1946), Python 3.11.7", []),
    ],
)
def test_such_outputs_are_found(text, numbers):
    assert to_the_last_bit(text) == numbers


def as_on_an_old_processor():
    """Settings with which NumPy, OpenBLAS and the library of C compute as where vectors have two doubles."""
    extensions = np.show_config(mode="dicts")["SIMD Extensions"]
    return {
        "NPY_DISABLE_CPU_FEATURES": " ".join(extensions.get("found", ())),
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENBLAS_NUM_THREADS": "1",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F",
    }


OF_NUMBERS = ["checking", "numbers", "sweeps", "index", "cells"]  # pages whose outputs are computed in doubles
MODULES = [
    "symgrad/compute",
    "symgrad/recurrent",
    "symgrad/symbols/notation.py",
    "symgrad/testing.py",
    "symgrad/gradients.py",
]


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these settings are for other processors")
def test_the_documentation_holds_on_an_old_processor():
    pages = [f"tests/test_docs.py::test_everything_that_a_page_shows_is_printed[{name}]" for name in OF_NUMBERS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *pages, *MODULES]
    environment = os.environ | as_on_an_old_processor()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout


MEASURED = ("phase_picture", "one_weight")  # what is computed in doubles, and what it refers to


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these settings are for other processors")
def test_documents_are_the_same_bytes_on_an_old_processor(tmp_path):
    paths = [str(ROOT / "derivations" / f"{name}.py") for name in MEASURED]
    for where, settings in (("new", {}), ("old", as_on_an_old_processor())):
        command = [sys.executable, "-m", "symgrad", "build", *paths, "--to", "html,markdown", "-o", where]
        subprocess.run(command, cwd=tmp_path, env=os.environ | settings, stdout=subprocess.DEVNULL)
    new, old = ({p.name: p.read_bytes() for p in (tmp_path / where).glob("*/*")} for where in ("new", "old"))
    assert "phase_picture.tanh-run.csv" in new
    assert [name for name in new.keys() | old.keys() if new.get(name) != old.get(name)] == []


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_interrupts_reach_a_command_also_where_tests_run_in_the_background():
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/cli/test_commands.py", "-k", "interruption"]
    done = subprocess.run(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


LIMIT = re.compile(r"\btimeout=(\d+)|time\.monotonic\(\) \+ (\d+)")
PATIENCE = 600  # seconds; a limit is there for what hangs, and not for a machine that has much to do


def test_no_test_fails_because_a_machine_is_slow():
    tests = [path for path in (ROOT / "tests").rglob("*.py") if not path.name.startswith("bench")]
    limits = [(p.name, int(a or b)) for p in tests for a, b in LIMIT.findall(p.read_text(encoding="utf-8"))]
    assert len(limits) > 5
    assert [(name, seconds) for name, seconds in limits if seconds < PATIENCE] == []
