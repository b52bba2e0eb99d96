"""A first project of one's own: a derivation, claims, tests of both, and a page that shows them."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from symgrad.base.errors import OutputError

TEMPLATES = Path(__file__).parent / "templates"
COMMANDS = ("symgrad build", "python -m pytest", "python -m sphinx -W docs docs/_build")
"""What makes documents of a new project, tests it, and makes its pages; its README says so too."""


def template_files() -> list[Path]:
    """The files of a new project, by their paths in it."""
    found = (path for path in TEMPLATES.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sorted(path.relative_to(TEMPLATES) for path in found)


def create(folder: Path) -> list[Path]:
    """Write a new project into a folder, all of it or nothing; what was written.

    Parameters
    ----------
    folder : Path
        Made if it is missing; what else lies in it is left alone.

    Returns
    -------
    list of Path

    Raises
    ------
    OutputError
        If one of the files is there already, or cannot be written.
    """
    targets = {folder / name: TEMPLATES / name for name in template_files()}
    for target in targets:
        if os.path.lexists(target):
            raise OutputError(f"{target}: already there; nothing was written, name another folder")
    made: list[Path] = []
    try:
        for target, source in targets.items():
            made += _make_folder(target.parent)
            with open(target, "xb") as file:
                made.append(target)
                file.write(source.read_bytes())
    except BaseException as error:
        _take_back(made)
        if isinstance(error, OSError):
            raise OutputError(f"cannot write {error.filename}: {error.strerror}") from None
        raise
    return list(targets)


def next_steps(folder: Path) -> list[str]:
    """The commands that make something of a new project."""
    entering = [] if folder.resolve() == Path.cwd() else [f"cd {shlex.quote(str(folder))}"]
    return [*entering, *COMMANDS]


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder with those above it; which had to be made, outermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _take_back(made: list[Path]) -> None:
    for path in reversed(made):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
