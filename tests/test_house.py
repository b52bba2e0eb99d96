"""The house: rooms are folders, imports go down only, and what the design forbids does not occur."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import symgrad

ROOT = Path(symgrad.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if "templates" not in path.parts)
ROOMS = sorted({path.parent for path in FILES})
# What users import by its own name, or Python and pytest by theirs; all else has a room.
AT_THE_TOP = {"__init__", "__main__", "extend", "gradients", "pytest_plugin", "testing"}
DEEPEST = 3
LONGEST = 400
# Longer ones, how long they may be, and why; `to be divided` is no reason, but the truth.
LONG = {
    "activations/table.py": (580, "a table"),
    "balls/expansions/expansions.py": (640, "one arithmetic of expansions"),
    "balls/functions/analytic.py": (500, "a table"),
    "balls/matrices.py": (540, "one rule for each operation"),
    "balls/tape.py": (460, "one walk of expressions"),
    "claims/derivations.py": (1140, "one dataclass for each thing that a derivation holds"),
    "cli/commands.py": (640, "one function for each command"),
    "compute/arrays/emit.py": (640, "to be divided"),
    "compute/arrays/printed.py": (440, "to be divided"),
    "compute/checks/check_gradient.py": (560, "to be divided"),
    "compute/checks/crosscheck.py": (440, "to be divided"),
    "compute/llvm/step.py": (500, "to be divided"),
    "compute/numbers/scaled.py": (500, "one arithmetic"),
    "compute/run/formula.py": (640, "to be divided"),
    "compute/text/javascript.py": (580, "one rule for each node, and the functions of a page"),
    "documents/workshop/build.py": (540, "to be divided"),
    "documents/formats/pandoc.py": (540, "to be divided"),
    "documents/tree/document.py": (500, "to be divided"),
    "gradients.py": (600, "one method for each form, most of it what it takes and gives"),
    "language/provable.py": (480, "one rule for each node"),
    "language/statements.py": (480, "one class for each thing that can be said, with docstrings"),
    "language/written.py": (580, "one node for each thing that can be written"),
    "norms/bounds.py": (460, "to be divided"),
    "norms/proofs.py": (500, "to be divided"),
    "prove/basics/conditions.py": (500, "a table of rules"),
    "prove/basics/facts.py": (640, "a table of rules"),
    "prove/certain/refute.py": (520, "to be divided"),
    "prove/normal_form/tower.py": (640, "one normal form"),
    "prove/provers/endless/antiderivatives.py": (460, "to be divided"),
    "prove/provers/endless/infinite_sums.py": (580, "to be divided"),
    "prove/provers/injective_images.py": (460, "to be divided"),
    "prove/special/special.py": (660, "a table of rules"),
    "reading/text/reader.py": (460, "one rule for each node"),
    "reading/text/scan.py": (480, "one rule for each kind of word"),
    "recurrent/cells/cell.py": (560, "to be divided"),
    "recurrent/forms/index_notation.py": (690, "to be divided"),
    "recurrent/gradients/backward.py": (600, "to be divided"),
    "recurrent/judge/evidence.py": (640, "to be divided"),
    "recurrent/judge/norm_claims.py": (640, "to be divided"),
    "symbols/operations.py": (500, "one class for each operation"),
    "symbols/variables.py": (680, "one class for each role"),
}


def module(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in FILES}
ids = {"ids": lambda path: path.relative_to(ROOT.parent).as_posix()}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever the import stands, and those that it names in a string."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in inner}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(".") > 1:
            found.add(node.value)
    return found & set(MODULES) - {module(path)}


IMPORTED = {module(path): imported(path) for path in FILES}


def part_of(room: str, name: str) -> str | None:
    """The file or folder of a room in which a module is; None outside of it."""
    if name == room:
        return "__init__"
    return name.removeprefix(f"{room}.").split(".")[0] if name.startswith(f"{room}.") else None


def order_in(room: str, imports: dict[str, set[str]]) -> list[str]:
    """Files and folders of a room, from the lowest to the highest; fails with a circle if there is none."""
    below: dict[str, set[str]] = defaultdict(set)
    for name, others in imports.items():
        if (here := part_of(room, name)) is not None:
            below[here] |= {there for other in others if (there := part_of(room, other)) not in (None, here)}
    return list(TopologicalSorter(below).static_order())


@pytest.mark.parametrize("room", ROOMS, **ids)
def test_imports_go_down_only(room):
    """Within each folder, its files and its folders stand one above the other: there is no circle at any level."""
    assert order_in(module(room / "__init__.py"), IMPORTED)


def test_a_circle_is_seen():
    imports = {"a": {"a.b.x"}, "a.b.x": {"a.c"}, "a.c": {"a.b.y"}, "a.b.y": set()}
    assert order_in("a.b", imports)
    with pytest.raises(CycleError):
        order_in("a", imports)


@pytest.mark.parametrize("room", ROOMS, **ids)
def test_every_room_says_what_it_is(room):
    said = ast.get_docstring(parsed(room / "__init__.py"))
    assert said
    assert said.split("\n")[0].endswith(".")
    assert len(room.relative_to(ROOT).parts) <= DEEPEST


def test_files_have_rooms():
    assert {path.stem for path in ROOT.glob("*.py")} == AT_THE_TOP


@pytest.mark.parametrize("path", FILES, **ids)
def test_files_stay_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    name = path.relative_to(ROOT).as_posix()
    assert lines < (LONG[name][0] if name in LONG else LONGEST)


def test_long_files_are_listed_while_they_are_long():
    lines = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in LONG}
    assert {name: count for name, count in lines.items() if count < LONGEST} == {}


@pytest.mark.parametrize("path", FILES, **ids)
def test_private_names_stay_in_their_file(path):
    found = [
        alias.name
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("symgrad")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert found == []


@pytest.mark.parametrize("path", FILES, **ids)
def test_text_is_never_evaluated(path):
    nodes = list(ast.walk(parsed(path)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    is_generated = path == ROOT / "compute" / "text" / "sources.py"  # where programs become functions
    generated = {"exec"} if is_generated else set()
    assert not (names | attributes) & {"sympify", "parse_expr", "eval", "exec", "lambdify"} - generated


def test_all_public_names_exist():
    assert [name for name in symgrad.__all__ if not hasattr(symgrad, name)] == []


def test_every_public_name_has_a_room():
    assert set(symgrad._ROOM_OF) == set(symgrad.__all__)
    assert all(getattr(symgrad, name) is not None for name in symgrad.__all__)


@pytest.mark.parametrize("module", ["symgrad", "symgrad.pytest_plugin"])
def test_what_is_not_used_is_not_loaded(module):
    """A test runner imports the plugin wherever symgrad is installed, and must not wait for SymPy."""
    code = f"import {module}, sys; print({{'sympy', 'numpy', 'flint', 'click'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


ARCHITECTURE = ROOT.parent / "docs" / "architecture.md"


def test_the_architecture_names_what_is_there():
    """Every file that the page names exists, and every room stands where the page has it: above all that it imports."""
    page = ARCHITECTURE.read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_/]+\.py)`", page)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).is_file()] == []
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    told = re.findall(r"`([a-z_]+)`", "".join(rows))
    assert {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} <= set(told)
    place = {room: number for number, room in enumerate(told)}
    up = [
        (name, other)
        for name, others in IMPORTED.items()
        for other in others
        if (here := place.get(part_of("symgrad", name))) is not None
        and (there := place.get(part_of("symgrad", other))) is not None
        and there > here
    ]
    assert up == []
