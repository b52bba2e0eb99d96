"""Facts about an installation: Python, libraries, extras, the folder of known verdicts, provers of other packages.

What is needed is read from the metadata of the installed package. SymPy is not loaded to import this, so that it can be
told that SymPy is missing.
"""

from __future__ import annotations

import os
import platform
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

from symgrad.base.errors import PluginError, SymgradError
from symgrad.base.files import OFF, VARIABLE, cache_folder
from symgrad.base.seals import seal, secret_file

PACKAGE = "symgrad"
UNION = "all"  # the extra that unites the others
ADDS = {
    "documents": "documents of derivations: HTML, Markdown, LaTeX, figures",
    "scale": "sweeps over weights and lengths, in parallel, kept on disk",
    "fast": "programs in machine code",
    "sphinx": "derivations, claims and cells on pages of Sphinx",
    "pytest": "files of claims and derivations as tests",
}
"""What each extra is for; which extras there are, and what they need, is in the metadata."""

OK, MISSING, UNFIT, BROKEN, SWITCHED_OFF = "ok", "missing", "other version", "broken", "off"


@dataclass(frozen=True)
class Part:
    """Something that is there, or is not.

    Attributes
    ----------
    name : str
    state : str
        ``ok``, ``missing``, ``other version``, ``broken`` or ``off``.
    version : str
        Of what is installed.
    remark : str
        What is needed of it, what it is for, or why it is broken.
    install : str
        The command that adds it, where that would help.
    parts : tuple of Part
        The libraries of an extra.
    """

    name: str
    state: str
    version: str = ""
    remark: str = ""
    install: str = ""
    parts: tuple[Part, ...] = ()

    def as_json(self) -> dict[str, Any]:
        facts = {
            "name": self.name,
            "state": self.state,
            "version": self.version,
            "remark": self.remark,
            "install": self.install,
        }
        return {**facts, "libraries": [part.as_json() for part in self.parts]} if self.parts else facts


@dataclass(frozen=True)
class Report:
    """All that was found."""

    python: Part
    libraries: tuple[Part, ...]
    extras: tuple[Part, ...]
    cache: Part
    provers: tuple[Part, ...]

    @property
    def is_sound(self) -> bool:
        """Whether claims can be decided; extras and the folder of known verdicts can be done without."""
        return all(part.state == OK for part in (self.python, *self.libraries, *self.provers))

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """All parts for a table: name, version, state, remark."""
        for part in (self.python, *self.libraries, *self.extras, self.cache, *self.provers):
            yield (f"extra {part.name}" if part in self.extras else part.name, part.version, part.state, part.remark)
            yield from ((f"  {inner.name}", inner.version, inner.state, inner.remark) for inner in part.parts)

    def advice(self) -> Iterator[str]:
        """What adds what is missing, and whether claims can be decided."""
        for part in (*self.libraries, *self.extras):
            if part.install:
                yield f"to add {part.name}: {part.install}"
        yield "claims can be decided" if self.is_sound else "claims cannot be decided"

    def as_json(self) -> dict[str, Any]:
        return {
            "sound": self.is_sound,
            "python": self.python.as_json(),
            "libraries": [part.as_json() for part in self.libraries],
            "extras": [part.as_json() for part in self.extras],
            "cache": self.cache.as_json(),
            "provers": [part.as_json() for part in self.provers],
        }


def examine(on_step: Callable[[str, int, int], Any] = lambda what, done, total: None) -> Report:
    """Look at this installation; every library is imported, because one that is there may still be broken.

    Parameters
    ----------
    on_step : callable, optional
        Told of each piece of work before it is done: its name, how many are done, how many there are.

    Raises
    ------
    SymgradError
        If symgrad has no metadata, because it was never installed.
    """
    try:
        itself = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        raise SymgradError("symgrad has not been installed; in its folder: python -m pip install .") from None
    extras = [name for name in itself.metadata.get_all("Provides-Extra") or () if name != UNION]
    total = len(extras) + 2
    on_step("the base", 0, total)
    libraries = tuple(_library(wanted) for wanted in _wanted(itself))
    found = []
    for number, name in enumerate(extras, 1):
        on_step(name, number, total)
        found.append(_extra(name, itself))
    on_step("provers", total - 1, total)
    # Provers are loaded by what needs the base itself.
    provers = tuple(_provers()) if all(part.state == OK for part in libraries) else ()
    return Report(_python(itself), libraries, tuple(found), _cache(), provers)


def _python(itself: metadata.Distribution) -> Part:
    needed = ", ".join(itself.metadata.get_all("Requires-Python") or ())
    version = platform.python_version()
    return Part("Python", OK if _fits(version, needed) else UNFIT, version, f"needs {needed}")


# --- libraries ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Requirement:
    """A line of the metadata of a package: what it needs, for which extra of its own.

    Examples
    --------
    >>> Requirement.read('dask[distributed]>=2025.1; extra == "scale"')
    Requirement(name='dask', extras=('distributed',), versions='>=2025.1', extra='scale')
    """

    name: str
    extras: tuple[str, ...]
    versions: str
    extra: str

    _LINE = re.compile(r"(?P<name>[\w.-]+)\s*(?:\[(?P<extras>[^]]*)])?(?P<versions>[^;]*)(?:;(?P<marker>.*))?")
    _EXTRA = re.compile(r"extra\s*==\s*['\"](?P<extra>[\w.-]+)['\"]")

    @classmethod
    def read(cls, line: str) -> Requirement | None:
        """The requirement; None if it depends on more than an extra, such as the kind of machine."""
        parts = cls._LINE.fullmatch(line.strip())
        marker = (parts["marker"] or "").strip() if parts else ""
        extra = cls._EXTRA.fullmatch(marker)
        if parts is None or (marker and extra is None):
            return None
        extras = tuple(filter(None, re.split(r"[\s,]+", parts["extras"] or "")))
        return cls(parts["name"], extras, parts["versions"].strip(" ()"), extra["extra"] if extra else "")


def _wanted(package: metadata.Distribution, extra: str = "") -> Iterator[Requirement]:
    """What a package needs, or what an extra of it adds; an extra may name others of the same package."""
    for wanted in map(Requirement.read, package.requires or ()):
        if wanted is None or wanted.extra != extra:
            continue
        if _plain(wanted.name) == _plain(package.name):
            for other in wanted.extras:
                yield from _wanted(package, other)
        else:
            yield wanted


def _plain(name: str) -> str:
    """The name of a package as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _extra(name: str, itself: metadata.Distribution) -> Part:
    parts = tuple(part for wanted in _wanted(itself, name) for part in _with_extras(wanted))
    state = next((part.state for part in parts if part.state != OK), OK)
    return Part(name, state, "", ADDS.get(name, ""), _install(f"{PACKAGE}[{name}]") if state != OK else "", parts)


def _with_extras(wanted: Requirement) -> Iterator[Part]:
    """A library, and what those extras of it bring that are asked for."""
    found = _library(wanted)
    yield found
    if found.state == OK:
        package = metadata.distribution(wanted.name)
        yield from (_library(further) for extra in wanted.extras for further in _wanted(package, extra))


def _library(wanted: Requirement) -> Part:
    needed = f"needs {wanted.versions}" if wanted.versions else ""
    install = _install(f"{wanted.name}{wanted.versions}")
    try:
        package = metadata.distribution(wanted.name)
    except metadata.PackageNotFoundError:
        return Part(wanted.name, MISSING, "", needed, install)
    if not _fits(package.version, wanted.versions):
        return Part(wanted.name, UNFIT, package.version, needed, install)
    failure = _failure(package)
    if failure:
        again = _install(f"--force-reinstall {wanted.name}{wanted.versions}")
        return Part(wanted.name, BROKEN, package.version, failure, again)
    return Part(wanted.name, OK, package.version, needed)


def _failure(package: metadata.Distribution) -> str:
    """Why a library cannot be imported; nothing if it can, or if its name in Python is not known."""
    modules = {file.parts[0] for file in package.files or () if file.parts[1:] == ("__init__.py",)}
    if not modules:
        return ""
    named = package.name.lower().replace("-", "_")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module(named if named in modules else min(modules))
    except Exception as error:  # a broken library may raise anything
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return ""


def _fits(version: str, needed: str) -> bool:
    """Whether a version is as it is needed.

    Examples
    --------
    >>> _fits("0.22.4", ">=0.22,<0.23"), _fits("0.23", ">=0.22,<0.23"), _fits("2.13.0+cpu", "==2.13")
    (True, False, True)
    """
    return all(_meets(_numbers(version), *_split(condition)) for condition in needed.split(",") if condition.strip())


def _split(condition: str) -> tuple[str, list[int]]:
    sign = re.match(r"\s*([<>=!~]*)", condition)
    return sign[1] if sign else "", _numbers(condition)


def _numbers(text: str) -> list[int]:
    """The release numbers of a version without zeros at the end, so that 2.13 and 2.13.0 are the same."""
    release = re.search(r"\d+(?:\.\d+)*", text)
    numbers = [int(number) for number in release[0].split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers


def _meets(version: list[int], sign: str, bound: list[int]) -> bool:
    return {
        ">=": version >= bound,
        "<=": version <= bound,
        ">": version > bound,
        "<": version < bound,
        "==": version == bound,
        "!=": version != bound,
    }.get(sign, True)


def _install(what: str) -> str:
    option, _, package = what.rpartition(" ")
    return f"python -m pip install {option}{' ' if option else ''}'{package}'"


# --- around it ----------------------------------------------------------------------------------------------


def _cache() -> Part:
    """The folder of known verdicts, and whether something can be written there; nothing stays behind."""
    folder = cache_folder()
    if folder is None:
        return Part("cache", SWITCHED_OFF, "", f"{VARIABLE} is {OFF}: every claim is decided anew")
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        return Part("cache", BROKEN, "", f"{folder}: {error.strerror}; every claim is decided anew")
    if os.path.exists(secret_file()) and seal("") is None:
        remark = f"{secret_file()}: no secret of this user alone; remove it, until then every claim is decided anew"
        return Part("cache", BROKEN, "", remark)
    return Part("cache", OK, "", str(folder))


def _provers() -> Iterator[Part]:
    """Provers of other packages; one that cannot be loaded stops every proof."""
    from symgrad.base import plugins
    from symgrad.prove.plugins import PROVERS

    for point in PROVERS.points():
        try:
            PROVERS.loaded(point)
        except PluginError as error:
            yield Part(point.name, BROKEN, plugins.version(point), str(error))
        else:
            yield Part(point.name, OK, plugins.version(point), f"a prover of {plugins.package(point)}")
