"""Provers of other packages, each guarded: its name stands in its verdicts, and in the error if it fails."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from symgrad.base.errors import SymgradError
from symgrad.base.plugins import Kind, package, said
from symgrad.language.verdicts import Verdict
from symgrad.prove.basics.goals import Decide, Goal, Prover

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PROVERS = Kind("prover", "symgrad.provers", callable, "function of a goal and of what decides further goals")


@lru_cache(maxsize=1)
def provers() -> tuple[Prover, ...]:
    """The provers of other packages, in the order of their names; found once, when the first claim is decided.

    Raises
    ------
    PluginError
        If one cannot be loaded.
    """
    return tuple(_guarded(point, PROVERS.loaded(point)) for point in PROVERS.points())


def _guarded(point: EntryPoint, prover: Prover) -> Prover:
    def prove(goal: Goal, decide: Decide) -> Verdict | None:
        try:
            verdict = prover(goal, decide)
        except SymgradError:
            raise
        except Exception as error:
            asked = f"{goal.relation.lhs} {goal.op} {goal.relation.rhs}"
            raise PROVERS.broken(point, f"failed on {asked}: {said(error)}") from error
        if verdict is None:
            return None
        if not isinstance(verdict, Verdict):
            raise PROVERS.broken(point, f"must return a Verdict or None; got {type(verdict).__name__}")
        return replace(verdict, method=f"{point.name} of {package(point)}: {verdict.method}")

    return prove
