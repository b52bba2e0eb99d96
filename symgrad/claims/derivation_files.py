"""Derivations out of Python files, which are run; what goes wrong is told with file and line."""

from __future__ import annotations

import traceback
from contextvars import copy_context
from pathlib import Path

from symgrad.base.errors import ClaimError, DerivationError, SymgradError
from symgrad.base.files import no_derivation
from symgrad.base.kinds import path_of
from symgrad.base.reads import Reads, reading
from symgrad.base.shown import shortened
from symgrad.claims.derivations import Derivation
from symgrad.symbols import notation


def load_derivation(path: str | Path) -> Derivation:
    """The derivation that a Python file ends in, under the name ``derivation``.

    The file is run: load only files that you trust.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    Derivation
        With all its claims, none of them checked.

    Raises
    ------
    DerivationError
        If the file is missing, raises, or defines no derivation; the message names file and line.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import symgrad as sg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "square.py")
    ...     lines = [
    ...         "import symgrad as sg",
    ...         "derivation = sg.Derivation('A square', sg.statement('x**2 >= 0'))",
    ...     ]
    ...     written = path.write_text("\\n".join(lines))
    ...     found = sg.load_derivation(path)
    >>> found.title, [str(claim) for claim in found.claims]
    ('A square', ['x**2 >= 0'])
    """
    return derivation_and_reads(path_of(path, "load_derivation takes the path of a file", ClaimError))[0]


def derivation_and_reads(path: Path) -> tuple[Derivation, Reads]:
    """The derivation of a file, and what other files that read: modules and data."""
    try:
        is_file, is_folder = path.is_file(), path.is_dir()
    except OSError as error:  # such as a name that is too long
        raise DerivationError(shortened(str(path)), None, error.strerror or str(error)) from None
    if not is_file:
        raise DerivationError(str(path), None, "this is a folder" if is_folder else "no such file")
    if reason := no_derivation(path):
        raise DerivationError(str(path), None, reason)
    try:
        with reading(path) as found_reads:
            names = copy_context().run(_run, path)
    except (Exception, SystemExit) as error:
        raise DerivationError(str(path), _line_in(path, error), _one_line(error)) from error
    found = names.get("derivation")
    if not isinstance(found, Derivation):
        raise DerivationError(str(path), None, "must end in a Derivation called derivation")
    return found, found_reads[0]


def _run(path: Path) -> dict[str, object]:
    import runpy  # only files need it, and importing symgrad must stay fast

    notation.fresh_vocabulary()
    return runpy.run_path(str(path))


def _line_in(path: Path, error: BaseException) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return lines[-1] if lines else None


# What SymPy says of vectors, with what to write.
_HINTS = {
    "Mix of Matrix and Scalar symbols": "write a number beside a vector as ones(n), as in ones(n) - hadamard(v, v), "
    "and the number in dot(a, b) as sympy.Trace(dot(a, b))",
}


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no reason given"
    text = f"{text}: {_HINTS[text]}" if text in _HINTS else text
    return text if isinstance(error, SymgradError) else f"{type(error).__name__}: {text}"
