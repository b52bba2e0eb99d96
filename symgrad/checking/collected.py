"""What a file must hold to be one of claims, a derivation, or documentation with marked claims: told without SymPy.

A test runner meets all files of a project. Those of others are left alone, and none that is meant is passed over, in
whatever spelling: files of claims are parsed, Python files are asked what names they bind, and what cannot be read is
taken for what it looks like, so that reading it says what is wrong.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.util import decode_source, find_spec
from pathlib import Path
from typing import Any

from symgrad.base.files import may_hold_claims, text_of

DERIVATION = "derivation"
CLAIMS, SAYS = "claim", "says"
MARKED = re.compile(r"(\.\. |<!-- ?)symgrad:|\{symgrad:claim\}")
UNREADABLE = (OSError, SyntaxError, ValueError, RecursionError)
_NAMED = re.compile(rf"\b{DERIVATION}\b")
# Through what a name can be bound that stands in no statement.
_UNDER_ANY_NAME = frozenset(("globals", "locals", "vars", "exec", "setattr", "__dict__"))


# --- claims -------------------------------------------------------------------------------------------------------


def holds_claims(path: Path) -> bool:
    """Whether a TOML or JSON file holds claims, or looks as if it should."""
    try:
        text = text_of(path)
        if CLAIMS not in text and SAYS not in text and "\\" not in text:
            return False
        content = _parsed(path, text)
    except UNREADABLE:
        return may_hold_claims(path)
    if not isinstance(content, dict):
        return False
    return isinstance(content.get(CLAIMS), list) or SAYS in content or any(map(_says, content.values()))


def _parsed(path: Path, text: str) -> Any:
    import json  # nobody waits for these who has no such files
    import tomllib

    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


def _says(value: object) -> bool:
    """Whether something is a claim, or a list of them, under whatever name."""
    return any(isinstance(each, dict) and SAYS in each for each in (value if isinstance(value, list) else [value]))


def holds_marked_claims(path: Path) -> bool:
    """Whether documentation marks claims."""
    return MARKED.search(_as_it_looks(path)) is not None


# --- derivations --------------------------------------------------------------------------------------------------


def names_a_derivation(path: Path) -> bool:
    """Whether a Python file may bind the name ``derivation``, in any way that Python has: then it is run to see."""
    return _binds(path, set())


def must_be_a_derivation(path: Path) -> bool:
    """Whether it assigns that name where it uses symgrad, so that anything else than a derivation is a mistake."""
    try:
        text = _source(path)
        is_assigned = any(table.get_type() == "module" and symbol.is_assigned() for table, symbol in _symbols(text))
        return "symgrad" in text and is_assigned and _assigns(ast.parse(text))
    except UNREADABLE:
        return True


def only_imports_one(path: Path) -> bool:
    """Whether it has that name from another file alone, where it is looked at by itself."""
    try:
        return not _assigns(ast.parse(_source(path)))
    except UNREADABLE:
        return False


def _binds(path: Path, seen: set[Path]) -> bool:
    seen.add(path)
    try:
        text = _source(path)
        if DERIVATION not in text and "import *" not in text:
            return False
        tree = ast.parse(text)
        is_bound = any(s.is_imported() or (s.is_assigned() and _assigns(tree)) for _, s in _symbols(text))
    except UNREADABLE:
        return DERIVATION in _as_it_looks(path)  # running it says what is wrong
    return is_bound or _binds_by_text(tree) or any(_binds(p, seen) for p in _taken_whole(tree) if p not in seen)


def _source(path: Path) -> str:
    return decode_source(path.read_bytes())


def _as_it_looks(path: Path) -> str:
    try:
        return text_of(path)
    except ValueError:
        return path.read_bytes().decode("latin-1")
    except OSError:
        return ""


def _symbols(text: str) -> Iterator[tuple[Any, Any]]:
    """The name as the module has it, or a function that assigns it for the module; before it the table of either."""
    import symtable

    def walk(table: symtable.SymbolTable) -> Iterator[tuple[Any, Any]]:
        if DERIVATION in table.get_identifiers():
            symbol = table.lookup(DERIVATION)
            if table.get_type() == "module" or symbol.is_declared_global():
                yield table, symbol
        for child in table.get_children():
            yield from walk(child)

    return walk(symtable.symtable(text, "<file>", "exec"))


def _assigns(tree: ast.Module) -> bool:
    """Whether the name is bound by more than the definition of a function or class, unless that is decorated."""
    return any(map(_assigns_here, ast.walk(tree)))


def _assigns_here(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.ExceptHandler(name=name) | ast.MatchAs(name=name):
            return name == DERIVATION
        case ast.MatchStar(name=name) | ast.MatchMapping(rest=name):
            return name == DERIVATION
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            decorators = list(map(ast.unparse, node.decorator_list))
            return name == DERIVATION and bool(decorators) and not any("fixture" in text for text in decorators)
    return False


def _binds_by_text(tree: ast.Module) -> bool:
    """Whether a text, or the name of an argument, may become the name of a variable."""
    names: set[str] = set()
    texts: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                names.add(name)
            case ast.Constant(value=str(text)) | ast.keyword(arg=str(text)):
                texts.add(text)
    return bool(names & _UNDER_ANY_NAME) and any(_NAMED.search(text) for text in texts)


def _taken_whole(tree: ast.Module) -> Iterator[Path]:
    """The files of modules of which all names are imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and any(alias.name == "*" for alias in node.names):
            try:
                found = find_spec(str(node.module).partition(".")[0])  # to find what is in it would run it
            except (ImportError, ValueError, AttributeError):
                continue
            origin = (found and found.origin) or ""
            if origin.endswith(".py") and "site-packages" not in origin:
                yield Path(origin)
