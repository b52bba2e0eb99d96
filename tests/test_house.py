"""The house: imports go down only, and what the design forbids does not occur."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import symgrad

ROOT = Path(symgrad.__file__).parent
FLOORS = {
    "budget": 0,
    "copies": 0,
    "elliptic": 1,
    "errors": 0,
    "files": 0,
    "fingerprints": 0,
    "near_names": 0,
    "notation": 0,
    "precision": 0,
    "reads": 1,
    "seals": 1,
    "shown": 0,
    "sized": 1,
    "vectors": 1,
    "verdicts": 1,
    "statements": 2,
    "activations": 2,
    "language": 3,
    "balls": 3.5,
    "syntax": 4,
    "typeset": 4,
    "norms": 5,
    "claims": 6,
    "claim_files": 10,
    "checks": 7,
    "derivation": 7,
    "prove": 8,
    "explain": 9,
    "proofs": 9,
    "audit": 9,
    "cache": 9,
    "certificates": 9,
    "invariants": 9,
    "recurrent": 9,
    "compute": 10,
    "gradients": 11,
    "guarded": 10,
    "render": 12,
    "marked": 13,
    "testing": 13,
    "collected": 13,
    "completion": 13,
    "formula_arguments": 13,
    "doctor": 13,
    "projects": 13,
    "terminal": 13,
    "cli": 14,
    "pytest_plugin": 14,
    "sphinx_ext": 14,
    "__init__": 15,
    "__main__": 16,
    "templates": 16,
}
PROVE_FLOORS = {
    "combine": 0, "compared": -0.5, "derivatives": 0, "facts": -1, "findings": 0, "gram": 0, "points": 0, "sets": -0.75,
    "power_series": 0, "ring": 0, "sentences": -1, "written_out": 0,
    "boxes": 1, "conditions": 0, "goals": 1, "numbers": 1, "recurrences": 1, "rules": 1, "witnesses": 2,
    "refutations": 3,
    "hypergeometric": 2, "kinks": 2, "plugins": 2, "recognised": 2, "relations": 2, "roots": 2, "signs": 2,
    "asymptotic": 3, "crossings": 3, "cuts": 3, "probes": 3, "special": 3, "tower": 3,
    "algebraic": 4, "constants": 4, "normal": 4, "polynomials": 4, "tails": 4, "validity": 4,
    "borders": 5, "enclosures": 5, "factor_values": 5, "factors": 5, "partial": 5, "stand_ins": 5, "vanishing": 5,
    "angles": 6, "complex_parts": 6, "calculus": 6, "contact": 6, "substitutions": 6,
    "bounds": 7, "refute": 7,
    "approaches": 8, "existence": 8, "moves": 8, "parameters": 8, "parts": 8, "side_conditions": 8,
    "simpler": 8, "slopes": 8,
    "algebra": 9, "algebraic_integrands": 9, "antiderivatives": 9.5,
    "infinite_sums": 9, "integral_rows": 9, "laplace": 9, "logistic": 9, "lost_parts": 9,
    "cartesian": 10, "closed_sums": 10, "constant": 10, "continued": 10, "definite_integrals": 10,
    "emptiness": 10, "ends": 10,
    "extrema": 10, "finite": 10,
    "images": 10, "independent": 10, "infinite_products": 10, "induction": 10,
    "inequalities": 10, "inverses": 10, "jumps": 11, "off_ties": 10, "orders": 10, "regions": 10, "squares": 10,
    "steps": 10, "touches": 10,
    "endless": 11, "growth": 11,
    "ladder": 12,
    "__init__": 13,
}  # fmt: skip
FILES = sorted(ROOT.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Dotted names under symgrad that a file imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("symgrad")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("symgrad"):
            found |= {node.module} if node.module != "symgrad" else {f"symgrad.{alias.name}" for alias in node.names}
    return found


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_room_has_a_floor():
    assert {room(path) for path in FILES} == set(FLOORS)


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_imports_go_down_only(path):
    here = FLOORS[room(path)]
    for name in imported(path):
        there = name.split(".")[1] if "." in name else "__init__"
        if there in FLOORS and there != room(path):
            assert FLOORS[there] < here, f"{path.name} imports {name}, which is not below it"


@pytest.mark.parametrize("path", sorted((ROOT / "prove").glob("*.py")), ids=lambda p: p.name)
def test_provers_import_down_only(path):
    here = PROVE_FLOORS[path.stem]
    for name in imported(path):
        parts = name.split(".")
        if parts[:2] == ["symgrad", "prove"] and len(parts) > 2:
            assert PROVE_FLOORS[parts[2]] < here, f"{path.name} imports {name}, which is not below it"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_text_is_never_evaluated(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    generated = {"exec"} if path == ROOT / "compute" / "sources.py" else set()  # where programs become functions
    assert not (names | attributes) & {"sympify", "parse_expr", "eval", "exec", "lambdify"} - generated


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_files_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 620


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
