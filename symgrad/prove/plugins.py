"""Provers of other packages, found by their entry points in the group ``symgrad.provers``."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from symgrad.base.errors import PluginError, SymgradError
from symgrad.language.verdicts import Verdict
from symgrad.prove.basics.goals import Decide, Goal, Prover

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "symgrad.provers"


@lru_cache(maxsize=1)
def provers() -> tuple[Prover, ...]:
    """The provers of other packages, in the order of their names; found once, when the first claim is decided.

    Raises
    ------
    PluginError
        If one cannot be loaded.
    """
    return tuple(_guarded(point, loaded(point)) for point in points())


def installed() -> list[str]:
    """What those provers are and of which version, without loading any."""
    return [f"{point.name} = {point.value}, {package(point)} {version(point)}" for point in points()]


def points() -> list[EntryPoint]:
    """Where other packages say that they have provers, in the order of their names."""
    # Some 20 ms to import and 7 ms to search 90 packages: not for those who only import symgrad.
    from importlib.metadata import entry_points

    return sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))


def package(point: EntryPoint) -> str:
    """The package of a prover."""
    return point.dist.name if point.dist else "unknown"


def version(point: EntryPoint) -> str:
    """The version of that package."""
    return point.dist.version if point.dist else ""


def loaded(point: EntryPoint) -> Prover:
    """The prover itself; a `PluginError` if it cannot be loaded."""
    try:
        prover = point.load()
    except Exception as error:
        raise _broken(point, f"cannot be loaded: {_said(error)}") from error
    if not callable(prover):
        raise _broken(point, f"{point.value} is no function of a goal and of what decides further goals")
    return prover  # type: ignore[no-any-return]


def _guarded(point: EntryPoint, prover: Prover) -> Prover:
    """The prover, with its name in its verdicts, and an error that names it if it fails."""

    def prove(goal: Goal, decide: Decide) -> Verdict | None:
        try:
            verdict = prover(goal, decide)
        except SymgradError:
            raise
        except Exception as error:
            asked = f"{goal.relation.lhs} {goal.op} {goal.relation.rhs}"
            raise _broken(point, f"failed on {asked}: {_said(error)}") from error
        if verdict is None:
            return None
        if not isinstance(verdict, Verdict):
            raise _broken(point, f"must return a Verdict or None; got {type(verdict).__name__}")
        return replace(verdict, method=f"{point.name} of {package(point)}: {verdict.method}")

    return prove


def _broken(point: EntryPoint, reason: str) -> PluginError:
    return PluginError(point.name, package(point), reason)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split()) or 'no reason given'}"
