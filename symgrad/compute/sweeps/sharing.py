"""Who computes which part of a store: several processes, and threads of one, take parts that nobody else has.

What is taken is locked in a file of the store. Locks end with their process, however that ends, and nothing is left.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt
else:
    msvcrt: ModuleType | None = None  # type: ignore[no-redef]

MAKING = 0  # the part whose lock says that the store itself is being changed; others follow
_GUARD = threading.RLock()


@dataclass
class _File:
    """A file of locks, opened once in a process: closing it anywhere would end the locks of all."""

    number: int
    users: int = 0
    taken: set[int] = field(default_factory=set)


_FILES: dict[str, _File] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_FILES.clear)  # what its parent has taken is taken by another process


class Share:
    """What one sweep has taken of a store.

    Parameters
    ----------
    path : Path
        The file of locks; made if it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.name = os.path.realpath(path)
        self.mine: set[int] = set()
        with _GUARD:
            file = _FILES.get(self.name)
            if file is None:
                file = _FILES[self.name] = _File(os.open(path, os.O_RDWR | os.O_CREAT, 0o666))
            file.users += 1
            self.file = file

    @property
    def is_there(self) -> bool:
        """Whether the file is still the one that was opened, and was not removed meanwhile."""
        try:
            return os.path.samestat(os.fstat(self.file.number), os.stat(self.name))
        except OSError:
            return False

    def take(self, part: int) -> bool:
        """Take a part, unless another has it."""
        with _GUARD:
            if part in self.file.taken or not _lock(self.file.number, part):
                return False
            self.file.taken.add(part)
            self.mine.add(part)
            return True

    def give_back(self, part: int) -> None:
        with _GUARD:
            _unlock(self.file.number, part)
            self.file.taken.discard(part)
            self.mine.discard(part)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Change the store itself, while nobody else does."""
        while not self.take(MAKING):
            threading.Event().wait(0.01)
        try:
            yield
        finally:
            self.give_back(MAKING)

    def close(self) -> None:
        with _GUARD:
            for part in list(self.mine):
                self.give_back(part)
            self.file.users -= 1
            if not self.file.users:
                os.close(self.file.number)
                _FILES.pop(self.name, None)


@contextlib.contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Whether a file of locks is nobody's; then nobody takes it within, and what it belongs to may be removed."""
    with _GUARD:
        if os.path.realpath(path) in _FILES:
            yield False
            return
        try:
            number = os.open(path, os.O_RDWR)
        except OSError:
            yield False
            return
        try:
            yield _lock(number, MAKING)
        finally:
            os.close(number)


def _lock(number: int, part: int) -> bool:
    try:
        if fcntl is not None:
            fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, part)
        elif msvcrt is not None:
            os.lseek(number, part, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _unlock(number: int, part: int) -> None:
    with contextlib.suppress(OSError):
        if fcntl is not None:
            fcntl.lockf(number, fcntl.LOCK_UN, 1, part)
        elif msvcrt is not None:
            os.lseek(number, part, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_UNLCK, 1)
