"""What a file of Python reads while it runs: the modules that it imports and the data that it opens, with fingerprints.

A derivation is data only when it has run, and what it says may come from other files. Opened files and listed folders
are seen by a hook of Python's own; modules that are loaded already are found by the import statements of the file and
of those modules. Modules of a user that an earlier run has loaded, and that have changed since, are forgotten before
the next, so that it imports them as they are now. Of what leaves no trace, such as an answer of another program, a run
is not certain, and what is not certain is never taken from memory.
"""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib import invalidate_caches
from importlib.machinery import PathFinder
from importlib.util import find_spec, source_from_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from symgrad.base.fingerprints import digest, digest_of_bytes

ABSENT = "absent"  # in place of the fingerprint of what is not there
# What a run learns from elsewhere, and leaves no file that could be compared.
_UNSEEN = frozenset((
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile", "pty.spawn",
    "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "ftplib.connect",
    "sqlite3.connect", "ctypes.dlopen", "winreg.OpenKey",
))  # fmt: skip
_LISTED = frozenset(("os.listdir", "os.scandir"))
# What a run may ask that leaves no file, by the names that it uses for it, and modules that answer so, or that open
# files in threads and processes of their own.
_ASKS = frozenset((
    "environ", "environb", "getenv", "argv", "exists", "lexists", "is_file", "is_dir", "isfile", "isdir", "stat",
    "lstat", "getmtime", "getsize",
))  # fmt: skip
_ANSWERING = frozenset((
    "time", "datetime", "uuid", "secrets", "platform", "locale", "getpass", "socket", "ssl", "urllib", "http", "ftplib",
    "subprocess", "multiprocessing", "concurrent", "threading", "asyncio", "dbm", "shelve", "sqlite3", "ctypes",
))  # fmt: skip
# Libraries whose versions belong to the fingerprint of symgrad, and of which it is known that they read files openly.
_KNOWN_LIBRARIES = frozenset(("symgrad", "sympy", "mpmath", "numpy", "flint", "matplotlib", "docutils"))
_LOOKED_UP_BY_NAME = frozenset(("__import__", "import_module", "exec", "eval", "run_path", "run_module"))
_DEVICES = ("/dev/", "/proc/", "/sys/")


@dataclass(frozen=True)
class Reads:
    """What a run has read.

    Attributes
    ----------
    files, folders : mapping of str to str
        Fingerprints of contents by path, and of the names in folders; `ABSENT` for what was looked for in vain.
    missing : tuple of str
        Modules that could not be imported.
    is_certain : bool
        Whether this is all.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    is_certain: bool = True

    @classmethod
    def of(cls, path: Path) -> Reads:
        """A file alone."""
        return cls({str(path): _of_file(str(path))})

    def __or__(self, other: Reads) -> Reads:
        missing = sorted({*self.missing, *other.missing})
        is_certain = self.is_certain and other.is_certain
        return Reads({**self.files, **other.files}, {**self.folders, **other.folders}, tuple(missing), is_certain)

    @property
    def is_unchanged(self) -> bool:
        """Whether another run would certainly read the same."""
        return (
            self.is_certain
            and all(_of_file(path) == found for path, found in self.files.items())
            and all(_of_folder(path) == found for path, found in self.folders.items())
            and not any(map(_is_there, self.missing))
        )

    def seen_from(self, folder: Path) -> Reads:
        """With paths from a folder, so that they stay right when it moves; but for what is far away from it."""

        def short(path: str) -> str:
            with suppress(ValueError):  # on Windows another drive
                found = os.path.relpath(path, folder).replace(os.sep, "/")
                return path if found.startswith("../" * MOST_UP) else found
            return path

        return self._moved(short)

    def found_at(self, folder: Path) -> Reads:
        """With whole paths again, for what was seen from this folder."""
        return self._moved(lambda path: os.path.normpath(os.path.join(folder, path)))

    def _moved(self, to: Callable[[str], str]) -> Reads:
        files, folders = ({to(path): found for path, found in table.items()} for table in (self.files, self.folders))
        return Reads(files, folders, self.missing, self.is_certain)

    def as_json(self) -> dict[str, Any]:
        told = {
            "files": dict(sorted(self.files.items())),
            "folders": dict(sorted(self.folders.items())),
            "missing": list(self.missing),
            "is_uncertain": not self.is_certain,
        }
        return {name: value for name, value in told.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, dict[str, str]]) -> Reads:
        files, folders = ({str(k): str(v) for k, v in data.get(name, {}).items()} for name in ("files", "folders"))
        return cls(files, folders, tuple(map(str, data.get("missing", ()))), not data.get("is_uncertain"))


MOST_UP = 4  # folders; a path that leads further up is kept as a whole

_LOADED: dict[str, str] = {}  # fingerprints of the files of users' modules that runs have loaded, by name
_RUNNING = threading.RLock()  # what is imported belongs to the process, so that one file runs at a time
_seen_by: ContextVar[Any] = ContextVar("symgrad what a run reads", default=None)


@dataclass
class _Seen:
    """What was seen so far, before it is known what of it counts."""

    files: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    is_certain: bool = True


@contextmanager
def reading(path: Path) -> Iterator[list[Reads]]:
    """Run a file within; afterwards the list holds what it has read."""
    with _RUNNING:
        _install()
        invalidate_caches()  # of what is in the folders of modules
        _forget_changed()
        before, found, seen = set(sys.modules), list[Reads](), _Seen()
        writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # which tells changes by whole seconds
        token = _seen_by.set(seen)
        try:
            yield found
        finally:
            _seen_by.reset(token)
            sys.dont_write_bytecode = writes
            _remember(set(sys.modules) - before)
        found.append(_summed_up(path, seen, before))


def _summed_up(path: Path, seen: _Seen, before: set[str]) -> Reads:
    files = {name: found for name, found in seen.files.items() if not _is_same(name, path)}
    imported, asks = _imported(path)
    is_certain = seen.is_certain and not asks
    for name, source in imported.items():
        files.setdefault(os.path.abspath(source), _LOADED.get(name) or _of_file(source))
        # What was loaded before, and not by us, may be another than what stands in its file now.
        is_certain = is_certain and (name not in before or name in _LOADED)
    missing = sorted(name for name in seen.names if name not in sys.modules and not _is_there(name))
    return Reads(files, seen.folders, tuple(missing), is_certain)


def _remember(names: Iterable[str]) -> None:
    for name in names:
        if source := _source(sys.modules.get(name)):
            _LOADED[name] = _of_file(source)


def _forget_changed() -> None:
    """Forget users' modules that runs have loaded, all of them if one has changed: others hold what it was."""
    if not all(map(_is_as_loaded, _LOADED)):
        for name in _LOADED:
            sys.modules.pop(name, None)
        _LOADED.clear()


def _is_as_loaded(name: str) -> bool:
    """Whether a module is what would be imported now: from the same file, with the same content."""
    source = _source(sys.modules.get(name))
    if source is None or _of_file(source) != _LOADED[name]:
        return False
    found = PathFinder.find_spec(name) if "." not in name else None
    return found is None or found.origin is None or _is_same(found.origin, Path(source))


# --- modules ------------------------------------------------------------------------------------------------------


def _imported(path: Path) -> tuple[dict[str, str], bool]:
    """The modules of users that a file imports, and that these import, with their sources; and whether any asks.

    To import a library of which nothing is known counts as to ask: it may read files where nobody sees it.
    """
    found: dict[str, str] = {}
    waiting, asks = [(str(path), "")], False
    while waiting:
        place, package = waiting.pop()
        tree = _tree(place)
        names = set(_LOADED) if tree is None else _names(tree, package)
        asks = asks or tree is None or _asks(tree) or any(map(_is_unknown, names))
        for name in names:
            source = _source(sys.modules.get(name))
            if source is not None and name not in found:
                found[name] = source
                waiting.append((source, _package(name)))
    return found, asks


def _tree(path: str) -> ast.Module | None:
    try:
        return ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None  # such as an extension in machine code


def _asks(tree: ast.Module) -> bool:
    return any(getattr(node, "attr", getattr(node, "id", "")) in _ASKS for node in ast.walk(tree))


def _is_unknown(name: str) -> bool:
    """Whether a name is that of an installed library of which nothing is known, or of what is known to tell news."""
    top = name.partition(".")[0]
    if top in _ANSWERING:
        return True
    path = getattr(sys.modules.get(top), "__file__", None)
    is_installed = isinstance(path, str) and _is_installed(path)
    return is_installed and top not in _KNOWN_LIBRARIES and top not in sys.stdlib_module_names


def _names(tree: ast.Module, package: str) -> set[str]:
    """The modules that a file may import; all that are loaded, where it looks them up by their names."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {above for alias in node.names for above in _with_packages(alias.name)}
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            found |= {*_with_packages(base), *(f"{base}.{alias.name}" for alias in node.names)}
        elif getattr(node, "attr", getattr(node, "id", "")) in _LOOKED_UP_BY_NAME:
            found |= set(_LOADED)
    return found


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:k]) for k in range(1, len(parts) + 1))


def _package(name: str) -> str:
    return str(getattr(sys.modules.get(name), "__package__", None) or name.rpartition(".")[0])


def _source(module: ModuleType | None) -> str | None:
    """The file of a user's module; None for those of Python, of installed libraries and of symgrad."""
    path = getattr(module, "__file__", None)
    return path if isinstance(path, str) and not _is_installed(path) else None


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


# --- files --------------------------------------------------------------------------------------------------------


@cache
def _install() -> None:
    """Python's hooks stay for ever; this one looks only while a file is run, and only in its thread."""
    sys.addaudithook(_see)


def _see(event: str, facts: tuple[object, ...]) -> None:
    seen = _seen_by.get()
    if seen is None or event not in _EVENTS:
        return
    token = _seen_by.set(None)  # to look at a file is no reading of the run
    try:
        _EVENTS[event](seen, facts)
    finally:
        _seen_by.reset(token)


def _see_file(seen: _Seen, facts: tuple[Any, ...]) -> None:
    path, mode, flags = facts
    is_written = any(sign in mode for sign in "wax+") if isinstance(mode, str) else bool(flags & _WRITING)
    if is_written or not isinstance(path, str | bytes | os.PathLike):
        return
    name = os.path.abspath(os.fsdecode(path))
    if name.endswith(".pyc"):
        with suppress(ValueError, NotImplementedError):
            name = source_from_cache(name)
    if not _is_installed(name) and name not in seen.files:
        seen.files[name] = _of_file(name)


def _see_folder(seen: _Seen, facts: tuple[object, ...]) -> None:
    if any(frame.startswith("<frozen importlib") for frame in _callers()):
        return  # looking for modules, which are seen by themselves
    path = facts[0] if facts[0] is not None else "."
    if isinstance(path, str | bytes | os.PathLike):
        name = os.path.abspath(os.fsdecode(path))
        if not _is_installed(name):
            seen.folders.setdefault(name, _of_folder(name))


def _see_import(seen: _Seen, facts: tuple[object, ...]) -> None:
    seen.names.add(str(facts[0]).partition(".")[0])


def _see_unseen(seen: _Seen, facts: tuple[object, ...]) -> None:
    seen.is_certain = seen.is_certain and facts[:1] == (None,)  # Python itself is a library that is always there


def _callers() -> Iterator[str]:
    frame = sys._getframe(2)
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back  # type: ignore[assignment]


_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_EVENTS = {
    "open": _see_file,
    "import": _see_import,
    **dict.fromkeys(_LISTED, _see_folder),
    **dict.fromkeys(_UNSEEN, _see_unseen),
}


def _of_file(path: str) -> str:
    try:
        return digest_of_bytes(Path(path).read_bytes())
    except OSError:
        return ABSENT


def _of_folder(path: str) -> str:
    try:
        return digest(sorted(os.listdir(path)))
    except OSError:
        return ABSENT


def _is_same(one: str, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


@cache
def _installed() -> tuple[str, ...]:
    """Where Python, libraries and symgrad are, whose versions are known by other means."""
    paths = sysconfig.get_paths()
    named = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {str(Path(__file__).parents[1])}
    return tuple(sorted({place.rstrip(os.sep) + os.sep for path in named for place in (path, os.path.realpath(path))}))


@cache
def _is_installed(path: str) -> bool:
    if path.startswith(_DEVICES) or "<" in os.path.basename(path):
        return True
    return path.startswith(_installed()) or os.path.realpath(path).startswith(_installed())
