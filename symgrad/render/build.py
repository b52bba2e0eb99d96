"""From derivation files to checked documents; what has not changed is not made again."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symgrad.checks import Check
from symgrad.errors import DerivationError, MissingExtraError, OutputError, SymgradError
from symgrad.files import may_hold_claims, no_derivation
from symgrad.fingerprints import digest, digest_of_bytes, environment
from symgrad.render import output as files
from symgrad.render.facts import Facts, Piece
from symgrad.render.manifest import LIBRARIES, Manifest, StoredPage
from symgrad.verdicts import Verdict

if TYPE_CHECKING:
    from symgrad.claims import Claim
    from symgrad.render.workshop import Workshop

FORMATS = {
    "html": "pages of HTML with MathML, one file each",
    "markdown": "Markdown with formulas between dollar signs",
    "latex": "LaTeX, to be compiled",
    "notebook": "Jupyter notebooks, in which each claim is a cell that can be run",
    "pdf": "PDF",
    "word": "Word, with equations that can be edited",
    "epub": "EPUB, one book each",
    "slides": "slides for a browser, one file each",
}
"""The kinds of documents: each is a module of this folder with functions ``pages`` and ``index``."""

EXTRA_LIBRARIES = ("docutils", "matplotlib", "nbformat", "pypandoc", "typst")
INDEX = "index"

OnProgress = Callable[[str, int, int, str], None]
"""Told of each piece of work before it is done: what is done (``reading``, ``checking``, ``rendering``), how many such
pieces are done, how many there are, and which one it is."""


@dataclass(frozen=True)
class Document:
    """A document as it now stands in the output folder.

    Attributes
    ----------
    source : Path
        The file of the derivation, as it was named.
    title : str
    files : tuple of Path
        Its files in all formats asked for.
    written : bool
        Whether any of them had to be written.
    checks : tuple of Check
        Its statements and what was found.
    """

    source: Path
    title: str
    files: tuple[Path, ...]
    written: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Failure:
    """A derivation that became no document, and why, on one line that names the file."""

    source: Path
    error: str


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes
    ----------
    output : Path
        The folder.
    indexes : tuple of Path
        The pages that list all documents.
    documents : tuple of Document
        In the order of the index.
    failures : tuple of Failure
    """

    output: Path
    indexes: tuple[Path, ...]
    documents: tuple[Document, ...]
    failures: tuple[Failure, ...]


def build(
    paths: Iterable[Path],
    formats: Iterable[str] = ("html",),
    output: Path = Path("build"),
    verify: Callable[[Claim], Verdict] | None = None,
    on_progress: OnProgress | None = None,
) -> BuildReport:
    """Check derivations and write their documents, each format in a folder of its own.

    A derivation that cannot be read, checked or rendered is reported, and the others are still built. Documents that
    earlier builds made of other derivations are removed, but only if nothing failed: a wrong path, or a derivation with
    a mistake in it, costs no document that is there already. Where there is nothing to build, nothing is written.

    Parameters
    ----------
    paths : iterable of Path
        Files of derivations, and folders that hold some.
    formats : iterable of str
        Names out of `FORMATS`.
    output : Path
        Where the folders of the formats go; nothing is written outside of it.
    verify : callable, optional
        What finds the verdict of a claim, by default `symgrad.verify`.
    on_progress : callable, optional
        See `OnProgress`.

    Raises
    ------
    OutputError
        If a format is unknown or a file cannot be written.
    MissingExtraError
        If a library for documents is not installed.
    """
    wanted = tuple(dict.fromkeys(formats))
    for name in wanted:
        if name not in FORMATS:
            raise OutputError(f"no documents of the kind {name!r}; known are {', '.join(FORMATS)}")
    sources, failures = _sources(paths)
    job = _Build(output, wanted, sources, verify, on_progress or (lambda *_: None))
    job.failures.extend(failures)
    try:
        report = job.run()
    except BaseException:
        # What was done before an error or Ctrl-C need not be done again; the error itself says more than a second one.
        with contextlib.suppress(OutputError):
            job.remember()
        raise
    job.remember()
    return report


def _sources(paths: Iterable[Path]) -> tuple[dict[str, Path], list[Failure]]:
    """The derivation files by the names of their documents, and the paths that name none."""
    found: dict[str, Path] = {}
    failures: list[Failure] = []
    candidates: list[Path] = []
    for named in paths:
        if not (listed := _files(named)):
            failures.append(Failure(named, f"{named}: no derivations here; {_instead(named)}"))
        candidates.extend(listed)
    for path in candidates:
        stem = files.document_name(path.stem)
        clash = next((other for name, other in found.items() if name.casefold() == stem.casefold()), None)
        if clash is not None and not _same(clash, path):
            failures.append(Failure(path, f"{path}: its document would take the place of that of {clash}; rename one"))
        elif not stem or stem.casefold() == INDEX:
            failures.append(Failure(path, f"{path}: no document can be called {path.stem!r}; rename the file"))
        elif not path.is_file():
            failures.append(Failure(path, f"{path}: no such file"))
        elif reason := no_derivation(path):
            failures.append(Failure(path, f"{path}: {reason}"))
        else:
            found[stem] = path
    return found, failures


def _instead(folder: Path) -> str:
    """What to do with a folder that holds no derivations."""
    files_of_claims = (file for suffix in ("toml", "json") for file in folder.glob(f"*.{suffix}"))
    if any(map(may_hold_claims, files_of_claims)):
        return "its claims are decided by symgrad verify; derivations are .py files"
    return "they are read from .py files"


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _files(path: Path) -> Sequence[Path]:
    """A file itself; of a folder, its Python files but for those whose names begin with an underscore."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.glob("*.py") if not file.name.startswith(("_", ".")))


@dataclass
class _Build:
    """One build on its way."""

    output: Path
    formats: tuple[str, ...]
    sources: dict[str, Path]
    verify: Callable[[Claim], Verdict] | None
    on_progress: OnProgress
    failures: list[Failure] = field(default_factory=list)
    manifest: Manifest = field(default_factory=Manifest)
    loaded: bool = False

    def run(self) -> BuildReport:
        if not self.sources:
            return BuildReport(self.output, (), (), tuple(self.failures))
        for name in self.formats:
            files.folder(self.output, name)
        self.environment = environment(LIBRARIES)
        self.manifest, self.loaded = Manifest.load(self.output), True
        self.digests: dict[str, str] = {}
        self.known: dict[str, Facts] = {}
        self.rendered: dict[tuple[str, str], tuple[str, dict[str, bytes]]] = {}
        self._workshop: Workshop | None = None
        self.read()
        self.drop_dangling()
        self.check()
        while not self.render():
            self.drop_dangling()
        written = self.write()
        self.remove_stale()
        return self.report(written)

    def remember(self) -> None:
        if self.loaded:
            self.manifest.save(self.output)

    @property
    def workshop(self) -> Workshop:
        """What reads, checks and renders; SymPy, docutils and matplotlib are loaded only if there is work for them."""
        if self._workshop is None:
            try:
                from symgrad.render.workshop import Workshop

                self._workshop = Workshop(self.formats, self.verify)
            except ModuleNotFoundError as error:
                library = (error.name or "").partition(".")[0]
                if library not in EXTRA_LIBRARIES:
                    raise
                raise MissingExtraError("building documents", library, "documents") from None
        return self._workshop

    def fail(self, stem: str, error: SymgradError) -> None:
        """Give up a derivation, but not the others."""
        if isinstance(error, MissingExtraError | OutputError):
            raise error
        source = self.sources[stem]
        text = str(error) if isinstance(error, DerivationError) else f"{source}: {error}"
        self.failures.append(Failure(source, text))
        self.known.pop(stem, None)

    # --- what there is to do --------------------------------------------------------------------------------

    def read(self) -> None:
        """Get the facts of all derivations: from memory where the file is the same."""
        for number, (stem, path) in enumerate(self.sources.items()):
            self.on_progress("reading", number, len(self.sources), path.name)
            try:
                self.digests[stem] = digest(self.environment, digest_of_bytes(_bytes(path)))
                self.known[stem] = self.remembered(stem) or self.workshop.facts(stem, path)
            except SymgradError as error:
                self.fail(stem, error)

    def remembered(self, stem: str) -> Facts | None:
        """What the last build knew of a derivation, if that has not changed."""
        made_from, facts = self.manifest.derivations.get(stem, ("", None))
        return facts if made_from == self.digests[stem] else None

    def drop_dangling(self) -> None:
        """Give up derivations that refer to what is not there, until all references lead somewhere."""
        while True:
            wanted = [(stem, label) for stem, facts in self.known.items() for label in facts.references]
            dangling = {stem: label for stem, label in wanted if not self.target(label)}
            if not dangling:
                return
            for stem, label in dangling.items():
                reason = f"nothing here or in another derivation of this build has the label {label!r}"
                self.fail(stem, DerivationError(str(self.sources[stem]), None, reason))

    def target(self, label: str) -> tuple[str, str, str, str] | None:
        """What a reference into another document leads to: name, anchor, document and its title."""
        name, _, inside = label.partition(".")
        stem = files.document_name(name)
        facts = self.known.get(stem)
        if facts is None or (inside and inside not in facts.labels):
            return None
        return (*(facts.labels[inside] if inside else ("", "")), stem, facts.title)

    def check(self) -> None:
        """Find the verdicts of all derivations that are new or have changed."""
        new = [stem for stem in self.known if self.remembered(stem) is None]
        total, done = sum(self.workshop.count(stem) for stem in new) if new else 0, 0
        for stem in new:
            try:
                checks = []
                for claim in self.workshop.claims(stem):
                    self.on_progress("checking", done, total, f"{stem}, {claim.id}")
                    checks.append(self.workshop.check(claim))
                    done += 1
                self.known[stem] = replace(self.known[stem], checks=tuple(checks))
                self.manifest.derivations[stem] = self.digests[stem], self.known[stem]
            except SymgradError as error:
                self.fail(stem, error)

    # --- documents ------------------------------------------------------------------------------------------

    def order(self) -> list[str]:
        """The documents in the order of their sources, where page 2 comes before page 10; those without at the end."""
        source = {stem: facts.source for stem, facts in self.known.items()}
        return sorted(self.known, key=lambda stem: (not source[stem], _natural(source[stem]), stem))

    def surroundings(self, stem: str, order: list[str]) -> dict[str, Any]:
        """What a document shows of others: its neighbours and what its references lead to."""
        place = order.index(stem)
        neighbours = {"previous": place - 1, "next": place + 1}
        return {
            "targets": {label: self.target(label) for label in self.known[stem].references},
            **{
                name: (order[at], self.known[order[at]].title)
                for name, at in neighbours.items()
                if 0 <= at < len(order)
            },
        }

    def listed(self, stem: str) -> Facts:
        """What the list of all documents says of one, with references into others by their names."""
        facts = self.known[stem]
        opening = (Piece("text", " in ".join(self._called(p.content))) if p.kind == "ref" else p for p in facts.opening)
        return replace(facts, opening=tuple(opening))

    def _called(self, label: str) -> list[str]:
        name, _, _, title = self.target(label) or (label, "", "", "")
        return [part for part in (name, title) if part]

    def plan(self) -> dict[tuple[str, str], str]:
        """All documents to be had, with the fingerprints of what they are made from."""
        order = self.order()
        around = {stem: self.surroundings(stem, order) for stem in order}
        catalogue = [(stem, self.listed(stem).as_json()) for stem in order]
        plan = {(kind, stem): digest(self.digests[stem], around[stem]) for kind in self.formats for stem in order}
        indexes = self.formats if order else ()  # a list of nothing takes the place of no list
        return plan | {(kind, INDEX): digest(self.environment, catalogue) for kind in indexes}

    def render(self) -> bool:
        """Make what is missing or no longer right; False if a derivation had to be given up, as others may show it."""
        order = self.order()
        stale = [(key, made_from) for key, made_from in self.plan().items() if not self.is_current(key, made_from)]
        for number, ((kind, stem), fingerprint) in enumerate(stale):
            self.on_progress("rendering", number, len(stale), f"{stem}, {kind}")
            try:
                self.rendered[kind, stem] = fingerprint, self.make(kind, stem, order)
            except SymgradError as error:
                self.fail(stem, error)
                return False
        return True

    def make(self, kind: str, stem: str, order: list[str]) -> dict[str, bytes]:
        if stem == INDEX:
            return self.workshop.index(kind, [(name, self.listed(name)) for name in order])
        return self.workshop.page(kind, stem, self.sources[stem], self.known[stem], **self.surroundings(stem, order))

    def is_current(self, key: tuple[str, str], fingerprint: str) -> bool:
        """Whether a document is rendered already, or stands in the output folder as we left it."""
        if self.rendered.get(key, ("", {}))[0] == fingerprint:
            return True
        page = self.manifest.pages.get(key)
        if page is None or page.fingerprint != fingerprint:
            return False
        return all(self.is_untouched(key[0], name, content) for name, content in page.files.items())

    def is_untouched(self, kind: str, name: str, content: str) -> bool:
        found = files.read(self.output / kind, name)
        return found is not None and digest_of_bytes(found) == content

    def write(self) -> set[str]:
        """Write what was rendered; the names of the documents it belongs to."""
        written = set()
        for (kind, stem), (fingerprint, contents) in self.rendered.items():
            if stem != INDEX and stem not in self.known:
                continue
            where = files.folder(self.output, kind)
            for name, content in contents.items():
                files.write(where, name, content)
            before = self.manifest.pages.get((kind, stem))
            page = StoredPage(fingerprint, {name: digest_of_bytes(content) for name, content in contents.items()})
            self.manifest.pages[kind, stem] = page
            self.remove_files(kind, before, keep=set(contents))
            written.add(stem)
        return written

    def remove_stale(self) -> None:
        """Remove the documents of derivations that are gone, in the formats asked for.

        After a failure it is not known which are gone and which were only named wrongly, or hold a mistake.
        """
        if self.failures:
            return
        for key in [key for key in self.manifest.pages if key[0] in self.formats]:
            if key[1] != INDEX and key[1] not in self.known:
                self.remove_files(key[0], self.manifest.pages.pop(key), keep=set())
        for stem in [stem for stem in self.manifest.derivations if stem not in self.sources]:
            del self.manifest.derivations[stem]

    def remove_files(self, kind: str, page: StoredPage | None, keep: set[str]) -> None:
        """Remove files of a document, unless someone has changed them since."""
        for name, content in page.files.items() if page is not None else ():
            if name not in keep and self.is_untouched(kind, name, content):
                files.remove(self.output / kind, name)

    def report(self, written: set[str]) -> BuildReport:
        def paths(stem: str) -> tuple[Path, ...]:
            pages = ((kind, self.manifest.pages.get((kind, stem))) for kind in self.formats)
            return tuple(self.output / kind / name for kind, page in pages if page for name in page.files)

        documents = tuple(
            Document(self.sources[stem], self.known[stem].title, paths(stem), stem in written, self.known[stem].checks)
            for stem in self.order()
        )
        return BuildReport(self.output, paths(INDEX), documents, tuple(self.failures))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DerivationError(str(path), None, error.strerror or str(error)) from None


def _natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts numbers inside a text by their size."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", text)]
