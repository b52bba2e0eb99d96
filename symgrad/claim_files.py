"""Claims out of TOML and JSON files: each read by itself, so that one which is none leaves the others as they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symgrad.claims import Claim, claim
from symgrad.errors import CellError, ClaimError, ParseError
from symgrad.shown import one_line

FIELDS = {"id": str, "says": str, "where": list, "expect": str, "source": str, "cell": list}
LISTS = ("where", "cell")

_HEADER = r"""^[ \t]*\[\[\s*(?:claim|"claim"|'claim')\s*\]\]"""
# The words of both kinds of files, as far as it takes to find the claims: headers, brackets, and what may hide them.
_WORD = re.compile(
    rf'''(?P<header>{_HEADER})
      | (?P<list>(?<![\w."'-])(?:claim|"claim"|'claim')\s*[=:]\s*\[)
      | (?P<text>"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
      | (?P<comment>\#[^\n]*)
      | (?P<bracket>[][{{}}])
      | (?P<comma>,)
      | (?P<other>\S)''',
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_ID = re.compile(r"""^[ \t]*id[ \t]*=[ \t]*(?:"(?P<double>[^"\\\n]*)"|'(?P<single>[^'\n]*)')""", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """One claim of a file, or why it is none.

    Attributes
    ----------
    id : str
        Its name in reports.
    line : int or None
        Where it begins in the file, counted from 1; None if that was not found.
    read : Claim or ClaimError
        The error names file, line and claim.
    """

    id: str
    line: int | None
    read: Claim | ClaimError


def load_claims(path: Path) -> tuple[Claim, ...]:
    """The claims of a TOML or JSON file, in its order; unnamed ones are called by their number.

    Raises
    ------
    ClaimError
        If the file cannot be read or a claim in it is none; the message names file, line and claim.
    """
    claims = []
    for entry in read_claims(path):
        if isinstance(entry.read, ClaimError):
            raise entry.read
        claims.append(entry.read)
    return tuple(claims)


def read_claims(path: Path) -> tuple[Entry, ...]:
    """The claims of a TOML or JSON file, in its order, with the error of each that is none.

    Raises
    ------
    ClaimError
        If the file as a whole cannot be read, or holds no claims.
    """
    import json  # only files need these, and importing symgrad must stay fast
    import tomllib

    if path.suffix not in (".toml", ".json"):
        raise ClaimError(f"{path}: claims are read from .toml and .json files")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            return _entries(json.loads(text, object_pairs_hook=_table), text, path)
        return _entries(tomllib.loads(text), text, path)
    except OSError as error:
        raise ClaimError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, ClaimError):
            raise
        parts = tuple(_parts(path, text)) if path.suffix == ".toml" and not isinstance(error, UnicodeError) else ()
        if any(isinstance(part.read, ClaimError) for part in parts) and len(parts) > 1:
            return _without_repetition(parts, path)
        raise ClaimError(f"{path}: not {path.suffix[1:].upper()}: {error}") from None


class _Repeated(dict[str, Any]):
    """A table of JSON in which one name stands twice."""


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    return table if len(table) == len(pairs) else _Repeated(table)


def _entries(content: object, text: str, path: Path) -> tuple[Entry, ...]:
    if isinstance(content, _Repeated):
        raise ClaimError(f"{path}: a name stands twice in the outermost table")
    found = content.get("claim") if isinstance(content, dict) else None
    if not isinstance(found, list) or not found:
        raise ClaimError(f"{path}: no claims; each is a table [[claim]] with a field says")
    lines: list[int | None] = [text.count("\n", 0, place) + 1 for place in _places(text, path.suffix == ".json")]
    if len(lines) != len(found):
        lines = [None] * len(found)
    entries = (_entry(each, number, line, path) for number, (each, line) in enumerate(zip(found, lines), 1))
    return _without_repetition(entries, path)


def _places(text: str, outermost: int) -> Iterator[int]:
    """Where in a text the claims begin; a list of them stands within so many brackets."""
    depth, list_depth, is_first = 0, -1, False
    for word in _WORD.finditer(text):
        kind, sign = word.lastgroup, word.group()
        if kind == "comment":
            continue
        if depth == list_depth and is_first and sign != "]":
            yield word.start()
            is_first = False
        if kind == "header":
            yield word.end() - len(sign.lstrip())
        elif kind == "list" and depth == outermost and list_depth < 0:
            depth = list_depth = depth + 1
            is_first = True
        elif kind == "comma" and depth == list_depth:
            is_first = True
        elif kind in ("bracket", "list"):
            depth += 1 if sign[-1] in "[{" else -1


def _parts(path: Path, text: str) -> Iterator[Entry]:
    """The claims of a TOML file that is none as a whole: each part from one header to the next is read by itself.

    Nothing if what stands before the first of them is no TOML: then headers may stand within a text.
    """
    import tomllib

    starts = [match.start() for match in re.finditer(_HEADER, text, re.MULTILINE)]
    try:
        tomllib.loads(text[: starts[0]] if starts else text)
    except (ValueError, RecursionError):
        return
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(text)]), 1):
        line = text.count("\n", 0, start) + 1
        part = text[start:stop]
        try:
            # Empty lines in front let the messages count the lines of the file.
            (entry,) = tomllib.loads("\n" * (line - 1) + part)["claim"]
        except (ValueError, RecursionError) as error:
            named = _ID.search(part)
            name = (named["double"] or named["single"]) if named else f"claim-{number}"
            shown = f" ({name})" if named else ""
            yield Entry(name, line, _error(path, line, number, shown, f"not TOML: {error}"))
        else:
            yield _entry(entry, number, line, path)


def _error(path: Path, line: int | None, number: int, name: str, reason: str) -> ClaimError:
    return ClaimError(one_line(f"{path}{f':{line}' if line else ''}: claim {number}{name}: {reason}"))


def _without_repetition(entries: Iterator[Entry] | tuple[Entry, ...], path: Path) -> tuple[Entry, ...]:
    """The entries, of which one is an error if an earlier one has its id."""
    seen: Counter[str] = Counter()
    kept = []
    for number, entry in enumerate(entries, 1):
        seen[entry.id] += 1
        if seen[entry.id] > 1 and isinstance(entry.read, Claim):
            error = _error(path, entry.line, number, "", f"two claims have the id {entry.id!r}")
            entry = Entry(entry.id, entry.line, error)
        kept.append(entry)
    return tuple(kept)


def _entry(table: object, number: int, line: int | None, path: Path) -> Entry:
    named = table.get("id") if isinstance(table, dict) else None
    name = named if isinstance(named, str) else f"claim-{number}"
    try:
        return Entry(name, line, _claim(table, name))
    except (ParseError, ClaimError, CellError) as error:
        shown = f" ({name})" if named is not None else ""
        return Entry(name, line, _error(path, line, number, shown, str(error)))


def _claim(table: object, name: str) -> Claim:
    if not isinstance(table, dict):
        raise ClaimError(f"must be a table with a field says; got {type(table).__name__}")
    if isinstance(table, _Repeated):
        raise ClaimError("a field stands twice")
    for field, value in table.items():
        if field not in FIELDS:
            raise ClaimError(f"unknown field {field!r}; known are {', '.join(FIELDS)}")
        if not isinstance(value, FIELDS[field]) or (field in LISTS and not all(isinstance(c, str) for c in value)):
            raise ClaimError(f"{field} must be {'a list of texts' if field in LISTS else 'text'}; got {value!r}")
    if "says" not in table:
        raise ClaimError("the field says is missing")
    facts = {**table, "id": name}
    says, cell = facts.pop("says"), facts.pop("cell", None)
    if cell is None:
        return claim(says, **facts)
    from symgrad.recurrent import cell_claim  # only claims about cells need it

    return cell_claim(cell, says, **facts)
