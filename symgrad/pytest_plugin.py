"""Claims as tests: files of claims, derivations, and what documentation states where it is marked.

Nothing happens until it is asked for: by ``pytest --symgrad``, which collects every such file, or by naming one, as in
``pytest claims.toml derivations/sigmoid_slope.py docs/index.rst``. SymPy is loaded only then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from symgrad.base.shown import one_line
from symgrad.checking import collected
from symgrad.language.verdicts import ACCEPTABLE

if TYPE_CHECKING:
    from symgrad.claims.claim import Claim

MARKER = "symgrad: a claim that symgrad decides"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("symgrad", "claims as tests")
    group.addoption(
        "--symgrad",
        action="store_true",
        help="collect files of claims, derivations, and claims that are marked in docstrings and documentation",
    )
    group.addoption(
        "--symgrad-accept",
        action="append",
        choices=list(ACCEPTABLE),
        default=[],
        metavar="KIND",
        help=f"let this kind of evidence pass ({' or '.join(ACCEPTABLE)}); may be given twice",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not (parent.config.getoption("symgrad") or parent.session.isinitpath(file_path)):
        return None
    readers = [reader for reader, suffixes, is_one in _KINDS if file_path.suffix in suffixes and is_one(file_path)]
    return ClaimFile.from_parent(parent, path=file_path, readers=readers) if readers else None


class ClaimFile(pytest.File):
    """A file whose claims are items, named by their ids."""

    def __init__(self, *, readers: Sequence[Reader], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.readers = readers

    def collect(self) -> Iterator[ClaimItem]:
        from symgrad.base.errors import SymgradError

        try:
            for reader in self.readers:
                yield from reader(self)
        except SymgradError as error:
            raise self.CollectError(one_line(f"symgrad: {error}")) from None


def _claims(file: ClaimFile) -> Iterator[ClaimItem]:
    from symgrad.checking.claim_files import read_claims

    for entry in read_claims(file.path):
        line = None if entry.line is None else entry.line - 1
        made = {"error": entry.read} if isinstance(entry.read, Exception) else {"claim": entry.read}
        yield ClaimItem.from_parent(file, name=one_line(entry.id), line=line, **made)


def _steps(file: ClaimFile) -> Iterator[ClaimItem]:
    from symgrad.base.errors import DerivationError
    from symgrad.claims.derivation_files import load_derivation
    from symgrad.testing import chains

    try:
        derivation = load_derivation(file.path)
    except DerivationError as error:
        failed = error.__cause__
        if isinstance(failed, ImportError) and collected.only_imports_one(file.path):
            return
        if failed is not None or collected.must_be_a_derivation(file.path):
            raise
        return  # the name of a derivation, for something else
    for claim, chain in zip(derivation.claims, chains(derivation)):
        yield ClaimItem.from_parent(file, name=one_line(claim.id), claim=claim, line=None, chain=chain)


def _marked(file: ClaimFile) -> Iterator[ClaimItem]:
    from symgrad.checking.marked import marked_in

    for found in marked_in(file.path):
        yield MarkedItem.from_parent(file, name=one_line(found.id), found=found)


class ClaimItem(pytest.Item):
    """One claim, which passes if it is found to be what is expected of it; or why it is none, which fails."""

    def __init__(
        self,
        *,
        line: int | None,
        claim: Claim | None = None,
        error: Exception | None = None,
        chain: Sequence[Claim] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.claim, self.error, self.line, self.chain = claim, error, line, chain
        self.add_marker("symgrad")

    def runtest(self) -> None:
        from symgrad.testing import decided, outcomes

        if self.error is not None:
            raise self.error
        assert self.claim is not None
        decided(self.claim, outcomes(self.config.getoption("symgrad_accept")), self.chain)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A few lines for a claim that fails, and for a text that is none; a traceback for what else goes wrong."""
        from symgrad.base.errors import SymgradError

        if excinfo.errisinstance((AssertionError, SymgradError)):
            return f"symgrad: {excinfo.value}" if self.error is not None else str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.line, self.name


class MarkedItem(ClaimItem):
    """A claim of documentation, with the LaTeX that is shown for it."""

    def __init__(self, *, found: Any, **kwargs: Any) -> None:
        super().__init__(line=found.line - 1, **kwargs)
        self.found = found

    def runtest(self) -> None:
        from symgrad.checking.marked import same_latex
        from symgrad.language.latex import statement_latex

        self.claim = self.found.claim()
        super().runtest()
        if self.found.shown is not None:
            wanted = statement_latex(self.claim.statement, self.claim.domain)
            if not same_latex(self.found.shown, wanted):
                raise AssertionError(
                    f"the formula that is shown is not the claim: {self.claim}\n  shown:  {self.found.shown}\n"
                    f"  symgrad: {wanted}"
                )


Reader = Callable[[ClaimFile], Iterator[ClaimItem]]

# What a file must hold before it is read, so that other people's files are left alone.
_KINDS: tuple[tuple[Reader, tuple[str, ...], Callable[[Path], bool]], ...] = (
    (_claims, (".toml", ".json"), collected.holds_claims),
    (_steps, (".py",), collected.names_a_derivation),
    (_marked, (".py", ".rst", ".md", ".txt"), collected.holds_marked_claims),
)
