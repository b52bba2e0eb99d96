"""Fingerprints: of plain data, of files, and of symgrad and the libraries that its results depend on."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path


def digest(*parts: object) -> str:
    """A fingerprint of plain data."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()


def digest_of_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def environment(libraries: Iterable[str]) -> str:
    """A fingerprint of symgrad itself, of Python and of the libraries: what results depend on besides their input."""
    package = Path(__file__).parents[1]
    sources = sorted(path for path in package.rglob("*") if path.suffix != ".pyc" and path.is_file())
    contents = [(path.relative_to(package).as_posix(), digest_of_bytes(path.read_bytes())) for path in sources]
    return digest(contents, [platform.python_version(), *map(_version, libraries)])


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
