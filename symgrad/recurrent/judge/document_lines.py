"""Lines about a cell as statements of documents, decided by the rules of recurrent cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sympy import Expr, srepr

from symgrad.language.statements import Domain, Judged, Relation
from symgrad.language.verdicts import Verdict
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.gradients.backward import Backward
from symgrad.recurrent.judge.evidence import Court
from symgrad.recurrent.judge.slips import slips
from symgrad.symbols.notation import latex


@dataclass(frozen=True)
class BackwardLine(Judged):
    """The statement that an equation holds among the adjoints, gradients and Jacobians of a cell.

    Attributes
    ----------
    grad : Backward
    equation : Equation
    """

    grad: Backward
    equation: Equation

    @property
    def expressions(self) -> tuple[Expr, ...]:
        return (self.equation.left, self.equation.right)

    def decided(self, domain: Domain, decide: Callable[[Relation, Domain], Verdict]) -> Verdict:
        return Court(self.grad, {}).judged(self.equation).verdict

    def slips(self) -> Iterator[tuple[str, BackwardLine]]:
        for name, spoilt in slips(self.equation):
            yield name, replace(self, equation=spoilt)

    @property
    def latex_sides(self) -> tuple[str, str]:
        return latex(self.equation.left), f"= {latex(self.equation.right)}"

    @property
    def facts(self) -> list[str]:
        grad = self.grad
        steps = [(srepr(e.left), srepr(e.right)) for e in (*grad.cell.equations, self.equation)]
        return ["backward", grad.at, srepr(grad.loss.term), *(text for pair in steps for text in pair)]

    def __str__(self) -> str:
        return str(self.equation)
