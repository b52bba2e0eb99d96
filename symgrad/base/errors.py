"""The family of exceptions: each says what was asked, what came and what to do, and keeps its facts as attributes."""

from __future__ import annotations

from typing import Any


class SymgradError(Exception):
    """Any mistake of a user that symgrad can name; its text is one line."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors come back from other processes as they were raised: with their text and their facts."""
        return _revived, (type(self), self.args, dict(vars(self)))


def _revived(kind: type[SymgradError], args: tuple[object, ...], facts: dict[str, Any]) -> SymgradError:
    """An error without its constructor, which makes the text out of the facts."""
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(facts)
    return error


class ParseError(SymgradError, ValueError):
    """A text that is not a formula, with the place where reading stopped.

    Attributes
    ----------
    text : str
        What was to be read.
    column : int
        Where it went wrong, counted from 1.
    reason : str
        What is wrong there and what would be right.
    """

    SHOWN = 60

    def __init__(self, text: str, column: int, reason: str) -> None:
        self.text, self.column, self.reason = text, column, reason
        super().__init__(f"{self.excerpt()!r}, column {column}: {reason}")

    def excerpt(self) -> str:
        """The part of the text around the place, on one line and never long."""
        start = max(0, min(self.column - 1, len(self.text)) - self.SHOWN // 2)
        part = self.text[start : start + self.SHOWN]
        return ("…" if start else "") + part + ("…" if start + self.SHOWN < len(self.text) else "")


class ClaimError(SymgradError, ValueError):
    """A claim that says nothing that could be true or false, or a claims file that cannot be read."""


class DerivationError(SymgradError):
    """A derivation file that cannot be loaded.

    Attributes
    ----------
    path : str
        The file.
    line : int or None
        The line of that file at which it stopped.
    reason : str
        What went wrong.
    """

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{path}{f':{line}' if line else ''}: {reason}")


class ActivationError(SymgradError, ValueError):
    """Parameters that an activation does not have, or cannot have."""


class CellError(SymgradError, ValueError):
    """A cell, loss or equation that cannot be read as one; the text names the equation."""


class NoFunctionError(CellError):
    """A function or an operation that programs do not have."""


class ShapeError(CellError):
    """Shapes that do not fit an operation.

    Attributes
    ----------
    operation : str
        The operation, as it is written.
    shapes : tuple of tuple
        The shapes that met in it.
    """

    def __init__(self, what: str, operation: str, shapes: tuple[tuple[object, ...], ...]) -> None:
        self.what, self.operation, self.shapes = what, operation, shapes
        super().__init__(f"{what}: shapes {' and '.join(map(shape_text, shapes))} do not fit")


def shape_text(shape: tuple[object, ...]) -> str:
    """A shape as it is written down: (n, m), () for a scalar."""
    return f"({', '.join(map(str, shape))})"


class MissingExtraError(SymgradError, ImportError):
    """A library of an optional extra is not installed.

    Attributes
    ----------
    extra : str
        The extra that brings it.
    """

    def __init__(self, wanted: str, library: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{wanted} needs {library}: python -m pip install 'symgrad[{extra}]'")


class OutputError(SymgradError):
    """A document that could not be written."""


class CertificateError(SymgradError):
    """A certificate that cannot be written, or a file that is none."""


class PluginError(SymgradError):
    """A prover, backend or format of another package that cannot be loaded, or does not do what such a thing does.

    Attributes
    ----------
    name : str
        The name of its entry point.
    """

    def __init__(self, name: str, package: str, reason: str, kind: str = "prover") -> None:
        self.name = name
        super().__init__(f"the {kind} {name!r} of the package {package}: {reason}; repair or uninstall that package")


class PrecisionError(SymgradError):
    """Digits that could not be made certain.

    Attributes
    ----------
    bits : int
        The precision at which it was given up.
    """

    def __init__(self, what: str, digits: int, bits: int) -> None:
        self.bits = bits
        super().__init__(f"{what}: {digits} digits are not certain at {bits} bits, the limit")


class UnderflowWarning(UserWarning):
    """A 0 in a result need not be one: numbers became too small for doubles on the way, or cancelled."""


class VerdictTruthError(SymgradError, TypeError):
    """A verdict was used as a truth value."""


# Users meet these as names of the package: in tracebacks, and where they catch them.
for kind in (
    SymgradError, ParseError, ClaimError, DerivationError, CellError, ShapeError, MissingExtraError, OutputError,
    CertificateError, PluginError, PrecisionError, UnderflowWarning, VerdictTruthError,
):  # fmt: skip
    kind.__module__ = "symgrad"
