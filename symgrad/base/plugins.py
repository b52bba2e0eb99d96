"""What other packages add to symgrad, found by their entry points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symgrad.base.errors import PluginError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True)
class Kind:
    """A kind of thing that other packages may add.

    Attributes
    ----------
    one : str
        What one is called.
    group : str
        The group of its entry points.
    is_one : callable
        Whether what an entry point loads is one.
    must_be : str
        What it must be, for an error.
    """

    one: str
    group: str
    is_one: Callable[[Any], bool]
    must_be: str

    def points(self) -> list[EntryPoint]:
        """Where other packages say that they have such, in the order of their names."""
        # Some 20 ms to import and 7 ms to search 90 packages: not for those who only import symgrad.
        from importlib.metadata import entry_points

        return sorted(entry_points(group=self.group), key=lambda point: (point.name, point.value))

    def named(self, name: str) -> Any:
        """What the first entry point of this name loads; None if there is no such."""
        return next((self.loaded(point) for point in self.points() if point.name == name), None)

    def loaded(self, point: EntryPoint) -> Any:
        """What an entry point loads; a `PluginError` if that fails or is something else."""
        try:
            found = point.load()
        except Exception as error:
            raise self.broken(point, f"cannot be loaded: {said(error)}") from error
        if not self.is_one(found):
            raise self.broken(point, f"{point.value} is no {self.must_be}")
        return found

    def broken(self, point: EntryPoint, reason: str) -> PluginError:
        """The error that names an entry point and its package."""
        return PluginError(point.name, package(point), reason, self.one)

    def installed(self) -> list[str]:
        """What there is and of which version, without loading any."""
        return [f"{point.name} = {point.value}, {package(point)} {version(point)}" for point in self.points()]


def package(point: EntryPoint) -> str:
    """The package of an entry point."""
    return point.dist.name if point.dist else "unknown"


def version(point: EntryPoint) -> str:
    """The version of that package."""
    return point.dist.version if point.dist else ""


def said(error: Exception) -> str:
    """An error of another package in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split()) or 'no reason given'}"
