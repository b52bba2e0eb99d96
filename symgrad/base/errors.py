"""The family of exceptions: each says what was asked, what came and what to do, and keeps its facts as attributes."""

from __future__ import annotations

from typing import Any

from symgrad.base.shown import one_line


class SymgradError(Exception):
    """Any mistake of a user that symgrad can name; its text is one line.

    All errors of symgrad are of this kind, so that one ``except`` catches them. Those that have facts, such as a file
    and a line, keep them as attributes.

    Examples
    --------
    >>> import symgrad as sg
    >>> try:
    ...     sg.parse("sin(x")
    ... except sg.SymgradError as error:
    ...     print(error)
    'sin(x', column 4: this bracket is never closed
    """

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

    Also a `ValueError`. The parameters are kept as attributes.

    Parameters
    ----------
    text : str
        The whole text that was to be read.
    column : int
        Where it went wrong, in characters, counted from 1.
    reason : str
        What is wrong there and what would be right.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.parse("2*x +")
    Traceback (most recent call last):
    symgrad.ParseError: '2*x +', column 6: something must follow '+'
    """

    SHOWN = 60

    def __init__(self, text: str, column: int, reason: str) -> None:
        self.text, self.column, self.reason = text, column, reason
        super().__init__(f"{self.excerpt()!r}, column {column}: {reason}")

    def excerpt(self) -> str:
        """The part of the text around the place, at most `SHOWN` characters long; ``…`` stands for what is cut off.

        Returns
        -------
        str
            The characters around `column`.
        """
        start = max(0, min(self.column - 1, len(self.text)) - self.SHOWN // 2)
        part = self.text[start : start + self.SHOWN]
        return ("…" if start else "") + part + ("…" if start + self.SHOWN < len(self.text) else "")


class ClaimError(SymgradError, ValueError):
    """A claim that says nothing that could be true or false, or a claims file that cannot be read.

    Also a `ValueError`. Parts of derivations that cannot be made raise it too.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.claim("x**2 > 0", where=["x > 1", "x < 0"])
    Traceback (most recent call last):
    symgrad.ClaimError: the domain is empty: no x satisfies x > 1 and x < 0
    """


class DerivationError(SymgradError):
    """A derivation file that cannot be loaded.

    The parameters are kept as attributes. What the file itself raised is the ``__cause__``.

    Parameters
    ----------
    path : str
        The file.
    line : int or None
        The line of that file at which it stopped, counted from 1; None if no line did.
    reason : str
        What went wrong.

    Examples
    --------
    >>> import symgrad as sg
    >>> from pathlib import Path
    >>> sg.load_derivation(Path("missing.py"))
    Traceback (most recent call last):
    symgrad.DerivationError: missing.py: no such file
    """

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{one_line(path)}{f':{line}' if line else ''}: {reason}")


class ActivationError(SymgradError, ValueError):
    """Parameters that an activation does not have, or cannot have.

    Also a `ValueError`.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.elu(sg.real("x"), 2, 3)
    Traceback (most recent call last):
    symgrad.ActivationError: elu takes one argument, or also alpha; got 3 arguments
    """


class CellError(SymgradError, ValueError):
    """A cell, loss or equation that cannot be read as one; the text names the equation.

    Also a `ValueError`. Programs raise it for arguments that they do not take.

    Examples
    --------
    >>> import symgrad as sg
    >>> sg.State("hidden state")
    Traceback (most recent call last):
    symgrad.CellError: a name is letters and digits, with subscripts after an underscore, as in a_f; got 'hidden state'
    """


class NoFunctionError(CellError):
    """A function or an operation that programs do not have; a `CellError`.

    Examples
    --------
    >>> import symgrad as sg
    >>> from sympy import Integral
    >>> x, y = sg.real("x"), sg.real("y")
    >>> sg.compile(Integral(sg.tanh(x * y), (x, 0, 1)))(y=2)
    Traceback (most recent call last):
    symgrad.NoFunctionError: no program can be made of Integral, in Integral(tanh(x*y), (x, 0, 1))
    """


class ShapeError(CellError):
    """Shapes that do not fit an operation.

    A `CellError`. The parameters are kept as attributes.

    Parameters
    ----------
    what : str
        Where the shapes met, such as ``"h[t] + x[t]"``.
    operation : str
        The operation, as it is written: ``"+"``, ``"@"``, ``"hadamard"``.
    shapes : tuple of tuple
        The shapes that met in it; a vector has the shape (n, 1), a scalar ().

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> sg.State("h", n) + sg.Input("x", m)
    Traceback (most recent call last):
    symgrad.ShapeError: h[t] + x[t]: shapes (n, 1) and (m, 1) do not fit
    """

    def __init__(self, what: str, operation: str, shapes: tuple[tuple[object, ...], ...]) -> None:
        self.what, self.operation, self.shapes = what, operation, shapes
        super().__init__(f"{what}: shapes {' and '.join(map(shape_text, shapes))} do not fit")


def shape_text(shape: tuple[object, ...]) -> str:
    """A shape as it is written down: (n, m), () for a scalar."""
    return f"({', '.join(map(str, shape))})"


class MissingExtraError(SymgradError, ImportError):
    """A library of an optional extra is not installed.

    Also an `ImportError`. The attribute `extra` is kept.

    Parameters
    ----------
    wanted : str
        What was asked for.
    library : str
        The library that is missing.
    extra : str
        The extra of symgrad that installs it, such as ``"documents"``.

    Examples
    --------
    >>> import symgrad as sg
    >>> raise sg.MissingExtraError("PDF", "typst", "documents")
    Traceback (most recent call last):
    symgrad.MissingExtraError: PDF needs typst: python -m pip install 'symgrad[documents]'
    """

    def __init__(self, wanted: str, library: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{wanted} needs {library}: python -m pip install 'symgrad[{extra}]'")


class OutputError(SymgradError):
    """A document, a store of a sweep or a folder that could not be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from symgrad.documents.workshop.build import build
    >>> build([Path("derivations")], formats=["docx"])
    Traceback (most recent call last):
    symgrad.OutputError: no documents of the kind 'docx'; known are html, markdown, latex, notebook, pdf, word, epub,
    slides
    """


class CertificateError(SymgradError):
    """A certificate that cannot be written, or a file that is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from symgrad.checking import certificates
    >>> certificates.read(Path("missing.json"))
    Traceback (most recent call last):
    symgrad.CertificateError: missing.json: No such file or directory
    """


class PluginError(SymgradError):
    """A prover, backend or format of another package that cannot be loaded, or does not do what such a thing does.

    The attribute `name` is kept.

    Parameters
    ----------
    name : str
        The name of its entry point.
    package : str
        The package that brings it.
    reason : str
        What is wrong with it.
    kind : str
        The word for such a thing, as the message has it.

    Examples
    --------
    >>> import symgrad as sg
    >>> raise sg.PluginError("my_rules", "my-package", "it returns text; a prover returns a Verdict or None")
    Traceback (most recent call last):
    symgrad.PluginError: the prover 'my_rules' of the package my-package: it returns text; a prover returns a Verdict
    or None; repair or uninstall that package
    """

    def __init__(self, name: str, package: str, reason: str, kind: str = "prover") -> None:
        self.name = name
        super().__init__(f"the {kind} {name!r} of the package {package}: {reason}; repair or uninstall that package")


class PrecisionError(SymgradError):
    """Digits that could not be made certain.

    The attribute `bits` is kept. A usual cause is a value that does not exist, such as 0/0.

    Parameters
    ----------
    what : str
        What was computed.
    digits : int
        The decimal digits that were asked for.
    bits : int
        The precision at which it was given up, in bits.

    Examples
    --------
    >>> import symgrad as sg
    >>> from sympy import sin
    >>> x = sg.real("x")
    >>> quotient = sg.compile(sin(x) / x, backend="balls", digits=30)
    >>> quotient(x=0)
    Traceback (most recent call last):
    symgrad.PrecisionError: the value: 30 digits are not certain at 19072 bits, the limit
    """

    def __init__(self, what: str, digits: int, bits: int) -> None:
        self.bits = bits
        super().__init__(f"{what}: {digits} digits are not certain at {bits} bits, the limit")


class UnderflowWarning(UserWarning):
    """A 0 in a result need not be one: numbers became too small for doubles on the way, or cancelled.

    Examples
    --------
    >>> import warnings
    >>> import symgrad as sg
    >>> from sympy import exp
    >>> warnings.simplefilter("error", sg.UnderflowWarning)  # to stop at once
    >>> x = sg.real("x")
    >>> sg.compile(exp(-x))(x=1000.0)
    Traceback (most recent call last):
    symgrad.UnderflowWarning: values are below the range of doubles: a 0 among them need not be one; use scaled=True or
    backend='balls'
    """


class VerdictTruthError(SymgradError, TypeError):
    """A verdict was used as a truth value; `Verdict.holds` is what was meant.

    Also a `TypeError`.

    Examples
    --------
    >>> import symgrad as sg
    >>> if sg.verify("x**2 >= 0"):
    ...     print("true")
    Traceback (most recent call last):
    symgrad.VerdictTruthError: a verdict has no truth value (this one is PROVED); ask .holds, which is True, False or
    None
    """


# Users meet these as names of the package: in tracebacks, and where they catch them.
for kind in [made for made in vars().values() if isinstance(made, type) and issubclass(made, Exception)]:
    kind.__module__ = "symgrad"
