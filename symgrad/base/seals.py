"""Seals: what tells a file that symgrad has written for this user from one that somebody has written or changed.

A plain checksum can be made again by whoever changes a file. A seal is made with a secret that is kept apart from the
files, readable by its owner alone, so that a folder of files may be copied, restored and shared without it.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from symgrad.base.fingerprints import digest

LENGTH = 32  # bytes, as many as the checksum has
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secret_file(surroundings: Mapping[str, str] = os.environ) -> Path:
    """Where the secret is kept: with what belongs to a user on a machine, not with what can be made again.

    Examples
    --------
    >>> print(secret_file({"XDG_STATE_HOME": "/home/noether/.local/state"}).as_posix())
    /home/noether/.local/state/symgrad/secret
    """
    above = surroundings.get("XDG_STATE_HOME")
    return Path(above or os.path.expanduser("~/.local/state")) / "symgrad" / "secret"


def seal(*parts: object) -> str | None:
    """The seal of plain data; None where there is no secret, and then nothing can be sealed."""
    secret = _secret(secret_file())
    return None if secret is None else hmac.new(secret, digest(*parts).encode("ascii"), "sha256").hexdigest()


def is_sealed(given: object, *parts: object) -> bool:
    """Whether this is the seal of these data."""
    made = seal(*parts)
    return made is not None and isinstance(given, str) and hmac.compare_digest(made.encode(), given.encode())


@cache
def _secret(path: Path) -> bytes | None:
    """The secret of this user, made if there is none; None if it cannot be kept, or others could have read it."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Two that start at once: one makes it, and the other does without this time.
        with contextlib.suppress(FileExistsError), os.fdopen(_new(path), "wb") as file:
            file.write(secrets.token_bytes(LENGTH))
    try:
        with open(path, "rb") as file:
            kept = os.fstat(file.fileno())
            content = file.read(LENGTH + 1)
    except OSError:
        return None
    return content if len(content) == LENGTH and _is_private(kept) else None


def _new(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _is_private(kept: os.stat_result) -> bool:
    if os.name == "nt":  # where a home is private without modes of files
        return stat.S_ISREG(kept.st_mode)
    return stat.S_ISREG(kept.st_mode) and kept.st_uid == os.getuid() and not kept.st_mode & OTHERS
