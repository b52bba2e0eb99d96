"""Which shares of adjoints there are at each step of a run of so many steps: those that a step of the loss reaches."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr

from symgrad.recurrent.cells.matrix_algebra import total_of
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.gradients.one_step import Share


@dataclass(frozen=True)
class Reach:
    """The shares of a run: an adjoint is followed back only where it is not zero for certain.

    Attributes
    ----------
    grad : Backward
    length : int
        The number of steps, T.
    """

    grad: Backward
    length: int

    def counts(self, step: int) -> bool:
        """Whether the loss of a step counts."""
        return step == self.length if self.grad.at == "last" else 1 <= step <= self.length

    @cached_property
    def alive(self) -> set[tuple[Expr, int]]:
        """The variables, each with its step, whose adjoints may be other than zero."""
        given: dict[Expr | None, list[Share]] = defaultdict(list)
        for of in self.grad.adjoints:
            for share in self.grad.shares.get(of, ()):
                given[share.by].append(share)
        steps = [step for step in range(1, self.length + 1) if self.counts(step)]
        waiting = [(s.of, step - s.shift) for s in given[None] for step in steps]
        found: set[tuple[Expr, int]] = set()
        while waiting:
            node = waiting.pop()
            if node not in found and 1 <= node[1] <= self.length:
                found.add(node)
                waiting += [(s.of, node[1] - s.shift) for s in given[node[0]]]
        return found

    def value(self, of: Expr, step: int) -> Expr | None:
        """The sum of the shares that something gets at a step, as an expression at step t; None if there is none."""
        found = self.grad.shares.get(of, ())
        chosen = tuple(k for k, s in enumerate(found) if self._has(s, step + s.shift))
        if (of, chosen) not in self._sums:
            self._sums[of, chosen] = total_of(found[k].value for k in chosen)
        return self._sums[of, chosen]

    def _has(self, share: Share, step: int) -> bool:
        return self.counts(step) if share.by is None else (share.by, step) in self.alive

    @cached_property
    def _sums(self) -> dict[Any, Any]:
        return {}
