"""Files: written as a whole or not at all; and where those are kept that can be made again."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows, where a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]

VARIABLE = "SYMGRAD_CACHE"
UNFINISHED = ".tmp"
_MARKS = (  # the longer ones first: that of UTF-32 begins as that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
OFF = "off"
_ALSO_OFF = (OFF, "0", "no", "false", "none")

_CLAIMS = "it may hold claims, which symgrad verify decides"
_MARKED = "claims that are marked in text are tests, which pytest --symgrad decides"
_OUTPUT = "symgrad build writes such files and reads none"
# By how the names of files end: who reads them.
_READ_BY: Mapping[str, str] = {
    **dict.fromkeys((".toml", ".json"), _CLAIMS),
    **dict.fromkeys((".md", ".rst", ".txt"), _MARKED),
    ".py": "it may be a derivation, which symgrad build and symgrad verify read",
    **dict.fromkeys((".html", ".ipynb", ".tex", ".pdf", ".docx", ".epub"), _OUTPUT),
}
# The list of claims, or the field of one where the list has a wrong name: others have claims too, and say nothing.
_SIGNS_OF_CLAIMS = re.compile(rb"""(?<![\w-])["']?(?:claim["']?\s*[]=:]|says["']?\s*[=:])""")


def may_hold_claims(path: Path) -> bool:
    """Whether a file of a folder is one of claims, if perhaps a broken one, and not of somebody else's settings."""
    try:
        content = path.read_bytes()
        return _SIGNS_OF_CLAIMS.search(decoded(content).encode("utf-8")) is not None
    except ValueError:
        return _SIGNS_OF_CLAIMS.search(content) is not None
    except OSError:
        return True  # reading it says what is wrong


def text_of(path: Path) -> str:
    """A text file by its byte order mark, and in UTF-8 without one; lines end in a line feed.

    Raises
    ------
    OSError, UnicodeError
        If it cannot be read, or is in another coding.
    """
    return decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")


def decoded(content: bytes) -> str:
    """Bytes as text, by their byte order mark.

    Examples
    --------
    >>> decoded("π".encode("utf-8-sig")), decoded("π".encode("utf-16")), decoded("π".encode())
    ('π', 'π', 'π')
    """
    coding = next((coding for mark, coding in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(coding)


def reader_of(path: Path) -> str:
    """Who reads a file of this kind."""
    return _READ_BY.get(path.suffix.lower(), "no command of symgrad reads files of this kind")


def no_derivation(path: Path) -> str:
    """Why a file is read as no derivation, and what reads it; nothing for Python files.

    Examples
    --------
    >>> print(no_derivation(Path("claims.toml")))
    derivations are read from .py files; it may hold claims, which symgrad verify decides
    """
    return "" if path.suffix == ".py" else f"derivations are read from .py files; {reader_of(path)}"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it; a link of that name is replaced, not followed.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is still there.
    """
    _remove_leftovers(path.parent)
    while True:
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
        try:
            with open(unfinished, "xb") as file:
                if _hold(file.fileno()) is False or not os.fstat(file.fileno()).st_nlink:
                    continue  # it was taken for a leftover before it was held
                file.write(content)
                file.flush()
                if fcntl is not None:
                    os.replace(unfinished, path)
            if fcntl is None:  # Windows moves no file that is open
                os.replace(unfinished, path)
            return
        except BaseException:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed runs have left unfinished in a folder: files that nobody holds."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _LEFTOVER.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError), open(entry.path, "r+b") as file:
                    if fcntl is None or _hold(file.fileno()):
                        os.unlink(entry.path)


def _hold(file: int) -> bool | None:
    """Hold an open file, unless another does; None where files cannot be held."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def cache_folder(surroundings: Mapping[str, str] = os.environ) -> Path | None:
    """Where what was found is kept by default; None if the variable `SYMGRAD_CACHE` is ``off``, or a word for it.

    Examples
    --------
    >>> print(cache_folder({"XDG_CACHE_HOME": "/var/cache"}).as_posix(), cache_folder({"SYMGRAD_CACHE": "off"}))
    /var/cache/symgrad None
    """
    chosen = surroundings.get(VARIABLE)
    if chosen:
        return None if chosen.strip().casefold() in _ALSO_OFF else Path(chosen)
    above = surroundings.get("XDG_CACHE_HOME")
    return Path(above or os.path.expanduser("~/.cache")) / "symgrad"
