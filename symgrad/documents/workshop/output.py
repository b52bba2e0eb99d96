"""Files of documents: safe names, and writing that leaves a whole file or none."""

from __future__ import annotations

import re
from pathlib import Path

from symgrad.base.errors import OutputError
from symgrad.base.files import write_whole

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*|\.symgrad-manifest\.json")


def document_name(stem: str) -> str:
    """The name of a document from that of its derivation: letters, digits, hyphens and underscores only.

    Examples
    --------
    >>> document_name("sigmoid_slope"), document_name("../my file")
    ('sigmoid_slope', 'my-file')
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", stem).strip("-_")


def is_safe(name: str) -> bool:
    """Whether a name is one that we give to files."""
    return _SAFE_NAME.fullmatch(name) is not None


def folder(output: Path, name: str) -> Path:
    """A folder directly inside the output folder, made if it is missing.

    Raises
    ------
    OutputError
        If it cannot be made, or is a link that leads elsewhere.
    """
    path = output / name
    try:
        path.mkdir(parents=True, exist_ok=True)
        inside = path.resolve().parent == output.resolve()
    except OSError as error:
        raise _cannot("write", path, error) from None
    if not inside:
        raise OutputError(f"cannot write {path}: it is a link that leads out of {output}")
    return path


def write(where: Path, name: str, content: bytes) -> None:
    """Write a file as a whole or not at all; a link of that name is replaced, not followed.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is still there.
    """
    if not is_safe(name):
        raise OutputError(f"cannot write {name!r} in {where}: no name for a document")
    path = where / name
    try:
        write_whole(path, content)
    except OSError as error:
        raise _cannot("write", path, error) from None


def read(where: Path, name: str) -> bytes | None:
    """What a file of ours holds; None if it is missing, a link, or cannot be read."""
    path = where / name
    try:
        return None if not is_safe(name) or path.is_symlink() else path.read_bytes()
    except OSError:
        return None


def remove(where: Path, name: str) -> None:
    """Remove a file of ours."""
    path = where / name
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _cannot("remove", path, error) from None


def _cannot(what: str, path: Path, error: OSError) -> OutputError:
    return OutputError(f"cannot {what} {path}: {error.strerror or error}")
