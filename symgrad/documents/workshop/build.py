"""From derivation files to checked documents; what has not changed is not made again."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symgrad.base.errors import DerivationError, MissingExtraError, OutputError, PluginError, SymgradError
from symgrad.base.files import may_hold_claims, no_derivation
from symgrad.base.fingerprints import digest, digest_of_bytes, environment
from symgrad.base.reads import Reads
from symgrad.checking.reports import Check
from symgrad.documents.facts import Facts, Piece
from symgrad.documents.workshop import output as files
from symgrad.documents.workshop.kinds import OTHERS, check_known
from symgrad.documents.workshop.manifest import LIBRARIES, Known, Manifest, StoredPage
from symgrad.language.verdicts import Verdict

if TYPE_CHECKING:
    from symgrad.claims.claim import Claim
    from symgrad.documents.workshop.workshop import Workshop

EXTRA_LIBRARIES = ("docutils", "matplotlib", "nbformat", "pypandoc", "typst")
INDEX = "index"
FAR, MOST_UP = "far:", 4  # from how many folders further up a document tells nothing of

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
    removed : tuple of Path
        The files of documents whose derivations are gone from the folders that were named.
    """

    output: Path
    indexes: tuple[Path, ...]
    documents: tuple[Document, ...]
    failures: tuple[Failure, ...]
    removed: tuple[Path, ...] = ()


def build(
    paths: Iterable[Path],
    formats: Iterable[str] = ("html",),
    output: Path = Path("build"),
    verify: Callable[[Claim], Verdict] | None = None,
    on_progress: OnProgress | None = None,
    *,
    anew: bool = False,
) -> BuildReport:
    """Check derivations and write their documents, each format in a folder of its own.

    A derivation that cannot be read, checked or rendered is reported, and the others are still built. Documents that
    earlier builds made of other derivations stay, and the index lists them. One is removed only when its derivation is
    gone from a folder that is named here, and only if nothing failed: a wrong path, or a derivation with a mistake in
    it, costs no document that is there already. Where there is nothing to build, nothing is written.

    Parameters
    ----------
    paths : iterable of Path
        Files of derivations, and folders that hold some.
    formats : iterable of str
        Names of kinds of documents, as in `FORMATS`.
    output : Path
        Where the folders of the formats go; nothing is written outside of it.
    verify : callable, optional
        What finds the verdict of a claim, by default `symgrad.verify`.
    on_progress : callable, optional
        See `OnProgress`.
    anew : bool
        Whether all is read, checked and rendered again, whatever earlier builds have found.

    Raises
    ------
    OutputError
        If a format is unknown or a file cannot be written.
    MissingExtraError
        If a library for documents is not installed.
    """
    wanted, named = tuple(dict.fromkeys(formats)), tuple(paths)
    for name in wanted:
        check_known(name)
    sources, failures = _sources(named)
    folders = [path for path in named if path.is_dir()]
    job = _Build(output, wanted, sources, folders, anew, verify, on_progress or (lambda *_: None))
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
    folders: list[Path]
    anew: bool
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
        self.environment = digest(environment(LIBRARIES), OTHERS.installed())
        self.manifest, self.loaded = Manifest.load(self.output), True
        self.digests: dict[str, str] = {}
        self.reads: dict[str, Reads] = {}
        self.known: dict[str, Facts] = {}
        self.fresh: set[str] = set()  # those that are not known from before
        self.removed: list[Path] = []
        self.refuse_taken()
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
                from symgrad.documents.workshop.workshop import Workshop

                self._workshop = Workshop(self.formats, self.verify)
            except ModuleNotFoundError as error:
                library = (error.name or "").partition(".")[0]
                if library not in EXTRA_LIBRARIES:
                    raise
                raise MissingExtraError("building documents", library, "documents") from None
            except PluginError as error:  # no fault of the derivation that is read first
                raise OutputError(str(error)) from error
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
                remembered = self.remembered(stem)
                if remembered is None:
                    self.fresh.add(stem)
                    self.known[stem] = self.workshop.facts(stem, path)
                    self.reads[stem] = self.workshop.reads(stem).seen_from(path.parent.absolute())
                else:
                    self.known[stem], self.reads[stem] = remembered.facts, remembered.reads
            except SymgradError as error:
                self.fail(stem, error)

    def refuse_taken(self) -> None:
        """Give up derivations whose documents would take the places of those of others that are still there."""
        for stem, path in list(self.sources.items()):
            other = self.manifest.sources.get(stem, "")
            if other and not other.startswith(FAR) and other != _place(path, self.output):
                known = Path(os.path.normpath(self.output / other))
                if known.is_file() and not _same(known, path):
                    said = f"its document would take the place of that of {known}; rename one, or give another -o"
                    self.failures.append(Failure(path, f"{path}: {said}"))
                    del self.sources[stem]

    def remembered(self, stem: str) -> Known | None:
        """What the last build knew of a derivation, if neither that has changed nor what it reads."""
        known = self.manifest.derivations.get(stem)
        if self.anew or known is None or known.fingerprint != self.digests[stem]:
            return None
        reads = known.reads.found_at(self.sources[stem].parent.absolute())
        return known if reads.is_unchanged else None

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
        if facts is None and all(stem in self.others(kind) for kind in self.formats):
            facts = self.others(self.formats[0])[stem]
        if facts is None or (inside and inside not in facts.labels):
            return None
        return (*(facts.labels[inside] if inside else ("", "")), stem, facts.title)

    def check(self) -> None:
        """Find the verdicts of all derivations that are new or have changed."""
        new = [stem for stem in self.known if stem in self.fresh]
        total, done = sum(self.workshop.count(stem) for stem in new) if new else 0, 0
        for stem in new:
            try:
                checks = []
                for claim in self.workshop.claims(stem):
                    self.on_progress("checking", done, total, f"{stem}, {claim.id}")
                    checks.append(self.workshop.check(claim))
                    done += 1
                self.known[stem] = replace(self.known[stem], checks=tuple(checks))
                self.manifest.derivations[stem] = Known(self.digests[stem], self.reads[stem], self.known[stem])
            except SymgradError as error:
                self.fail(stem, error)

    # --- documents ------------------------------------------------------------------------------------------

    def others(self, kind: str) -> dict[str, Facts]:
        """What is known of documents that stand there in a format, and that are none of this build."""
        gone = self.gone()
        return {
            stem: known.facts
            for stem, known in self.manifest.derivations.items()
            if stem not in self.sources and stem not in gone and self.stands(kind, stem)
        }

    def stands(self, kind: str, stem: str) -> bool:
        page = self.manifest.pages.get((kind, stem))
        return page is not None and all((self.output / kind / name).is_file() for name in page.files)

    def gone(self) -> list[str]:
        """The documents whose derivations are gone from the folders that were named.

        After a failure it is not known which are gone and which were only named wrongly, or hold a mistake.
        """
        if self.failures:
            return []
        folders = {_place(folder / "_", self.output).rpartition("/")[0]: folder for folder in self.folders}
        known = {stem: place.rpartition("/") for stem, place in self.manifest.sources.items()}
        return [
            stem
            for stem, (above, _, name) in known.items()
            if stem not in self.sources and above in folders and not os.path.lexists(folders[above] / name)
        ]

    def order(self, kind: str | None = None) -> list[str]:
        """The documents in the order of their sources, where page 2 comes before page 10; those without at the end.

        Those of this build, or all that stand there in a format.
        """
        listed = self.known if kind is None else {**self.others(kind), **self.known}
        source = {stem: facts.source for stem, facts in listed.items()}
        return sorted(listed, key=lambda stem: (not source[stem], _natural(source[stem]), stem))

    def surroundings(self, kind: str, stem: str) -> dict[str, Any]:
        """What a document shows of others: its neighbours and what its references lead to."""
        order, listed = self.order(kind), {**self.others(kind), **self.known}
        place = order.index(stem)
        neighbours = {"previous": place - 1, "next": place + 1}
        return {
            "targets": {label: self.target(label) for label in self.known[stem].references},
            **{name: (order[at], listed[order[at]].title) for name, at in neighbours.items() if 0 <= at < len(order)},
        }

    def listed(self, kind: str, stem: str) -> Facts:
        """What the list of all documents says of one, with references into others by their names."""
        facts = self.known[stem] if stem in self.known else self.others(kind)[stem]
        opening = (Piece("text", " in ".join(self._called(p.content))) if p.kind == "ref" else p for p in facts.opening)
        return replace(facts, opening=tuple(opening))

    def _called(self, label: str) -> list[str]:
        name, _, _, title = self.target(label) or (label, "", "", "")
        return [part for part in (name, title) if part]

    def plan(self) -> dict[tuple[str, str], str]:
        """All documents to be had, with the fingerprints of what they are made from."""
        plan: dict[tuple[str, str], str] = {}
        for kind in self.formats if self.known else ():  # a list of nothing takes the place of no list
            catalogue = [(stem, self.listed(kind, stem).as_json()) for stem in self.order(kind)]
            for stem in self.order():
                made_from = self.digests[stem], self.reads[stem].as_json(), self.known[stem].as_json()
                plan[kind, stem] = digest(made_from, self.surroundings(kind, stem))
            plan[kind, INDEX] = digest(self.environment, catalogue)
        return plan

    def render(self) -> bool:
        """Make what is missing or no longer right; False if a derivation had to be given up, as others may show it."""
        stale = [(key, made_from) for key, made_from in self.plan().items() if not self.is_current(key, made_from)]
        for number, ((kind, stem), fingerprint) in enumerate(stale):
            self.on_progress("rendering", number, len(stale), f"{stem}, {kind}")
            try:
                self.rendered[kind, stem] = fingerprint, self.make(kind, stem)
            except SymgradError as error:
                self.fail(stem, error)
                return False
        return True

    def make(self, kind: str, stem: str) -> dict[str, bytes]:
        if stem == INDEX:
            return self.workshop.index(kind, [(name, self.listed(kind, name)) for name in self.order(kind)])
        return self.workshop.page(kind, stem, self.sources[stem], self.known[stem], **self.surroundings(kind, stem))

    def is_current(self, key: tuple[str, str], fingerprint: str) -> bool:
        """Whether a document is rendered already, or stands in the output folder as we left it."""
        if self.rendered.get(key, ("", {}))[0] == fingerprint:
            return True
        is_uncertain = key[1] in self.fresh and not self.reads[key[1]].is_certain
        page = None if self.anew or is_uncertain else self.manifest.pages.get(key)
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
            if stem != INDEX:
                self.manifest.sources[stem] = _place(self.sources[stem], self.output)
            written.add(stem)
        return written

    def remove_stale(self) -> None:
        """Remove the documents of derivations that are gone, in the formats asked for."""
        for stem in self.gone():
            for kind in self.formats:
                self.removed += self.remove_files(kind, self.manifest.pages.pop((kind, stem), None), keep=set())
            if not any(key[1] == stem for key in self.manifest.pages):
                self.manifest.derivations.pop(stem, None)
                del self.manifest.sources[stem]

    def remove_files(self, kind: str, page: StoredPage | None, keep: set[str]) -> list[Path]:
        """Remove files of a document, unless someone has changed them since; which were removed."""
        names = [name for name, content in page.files.items() if self.is_untouched(kind, name, content)] if page else []
        removed = [name for name in names if name not in keep]
        for name in removed:
            files.remove(self.output / kind, name)
        return [self.output / kind / name for name in removed]

    def report(self, written: set[str]) -> BuildReport:
        def paths(stem: str) -> tuple[Path, ...]:
            pages = ((kind, self.manifest.pages.get((kind, stem))) for kind in self.formats)
            return tuple(self.output / kind / name for kind, page in pages if page for name in page.files)

        documents = tuple(
            Document(self.sources[stem], self.known[stem].title, paths(stem), stem in written, self.known[stem].checks)
            for stem in self.order()
        )
        return BuildReport(self.output, paths(INDEX), documents, tuple(self.failures), tuple(self.removed))


def _place(path: Path, output: Path) -> str:
    """Where a derivation is, seen from the output folder; one that is far away by a fingerprint of its folder."""
    here, there = (os.path.realpath(folder) for folder in (output, path.parent))
    with contextlib.suppress(ValueError):  # on Windows another drive
        above = os.path.relpath(there, here).replace(os.sep, "/")
        if not above.startswith("../" * MOST_UP):
            return f"{above}/{path.name}"
    return f"{FAR}{digest(there)}/{path.name}"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DerivationError(str(path), None, error.strerror or str(error)) from None


def _natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts numbers inside a text by their size."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", text)]
