"""Files: written as a whole or not at all; and where those are kept that can be made again."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SYMGRAD_CACHE"
OFF = "off"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it; a link of that name is replaced, not followed.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is still there.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(unfinished, "xb") as file:
            file.write(content)
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def cache_folder(surroundings: Mapping[str, str] = os.environ) -> Path | None:
    """Where what was found is kept by default; None if the variable `SYMGRAD_CACHE` is ``off``.

    Examples
    --------
    >>> print(cache_folder({"XDG_CACHE_HOME": "/var/cache"}).as_posix(), cache_folder({"SYMGRAD_CACHE": "off"}))
    /var/cache/symgrad None
    """
    chosen = surroundings.get(VARIABLE)
    if chosen:
        return None if chosen == OFF else Path(chosen)
    above = surroundings.get("XDG_CACHE_HOME")
    return Path(above or os.path.expanduser("~/.cache")) / "symgrad"
