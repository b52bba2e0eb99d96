"""Gradients: backward equations, sums over time, and all the forms they are equal to, as one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symgrad.base.precision import in_turn
from symgrad.claims.claim import Claim
from symgrad.claims.derivations import Derivation, Stated
from symgrad.compute.numbers.dtypes import FLOAT64
from symgrad.compute.run.run import Run
from symgrad.language.verdicts import Verdict
from symgrad.recurrent.cells.cell import Cell
from symgrad.recurrent.forms import equal_forms, unrolled, unrolled_ring
from symgrad.recurrent.forms import paths as forms
from symgrad.recurrent.gradients.backward import Backward, checked_loss
from symgrad.recurrent.judge import documents
from symgrad.recurrent.judge.norm_claims import cell_claim
from symgrad.recurrent.oracle import runs
from symgrad.symbols.notation import latex
from symgrad.symbols.variables import Timed


@in_turn
def bptt(cell: Cell, loss: Any, at: str = "last") -> Gradients:
    """The gradients of a loss through time, as equations.

    Parameters
    ----------
    cell : Cell
    loss : Loss or Expr
        What one step adds to the loss: `half_squared_error(h)` and the like, or any scalar expression in the
        variables of the cell.
    at : {"last", "every", "mean"}
        Whether the loss is that of step T, the sum over steps 1 to T, or their mean.

    Returns
    -------
    Gradients

    Raises
    ------
    CellError, ShapeError
        If the loss is no scalar, names what the cell does not have, or depends on nothing in the cell.

    References
    ----------
    Werbos, Backpropagation through time: what it does and how to do it (1990).

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> h, x = sg.State("h", n), sg.Input("x", m)
    >>> W, U, b = sg.Parameter("W", n, n), sg.Parameter("U", n, m), sg.Parameter("b", n)
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(W @ h.prev + U @ x + b)}), sg.half_squared_error(h))
    >>> for equation in grad.backward:
    ...     print(equation)
    hbar[t] = W.T @ delta[t+1]
    delta[t] = hadamard(hbar[t], 1 - h[t]**2)
    >>> print(grad.final[0])
    hbar[T] = h[T] - target[T]
    >>> grad.equation_of(W)
    dW = sum(delta[t] @ h[t-1].T, (t, 1, T))
    """
    return Gradients(cell, checked_loss(cell, loss, at), at)


@dataclass(frozen=True)
class Gradients(Backward):
    """The gradients of a loss through time.

    ``grad[W]`` is the gradient with respect to the parameter W, ``grad[x]`` that with respect to the input x_t,
    ``grad["h0"]`` that with respect to the initial state; ``grad.backward`` are the adjoint equations of a step.

    Attributes
    ----------
    cell : Cell
    loss : Loss
    at : str
        At which steps the loss is taken.
    """

    def _repr_latex_(self) -> str:
        """The adjoint equations of a step and the gradients of the parameters, aligned at their signs."""
        found = [*self.backward, *(self.equation_of(a) for a in self.arguments if not isinstance(a, Timed))]
        lines = (f"{latex(equation.left)} &= {latex(equation.right)}" for equation in found)
        return r"$\displaystyle \begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}$"

    def paths(self, what: Any) -> Any:
        """The double sum over paths; see `forms.paths`."""
        return forms.paths(self, what)

    def closed_form(self, what: Any) -> Any:
        """The gradient of a linear scalar cell in terms of T; see `forms.closed_form`."""
        return forms.closed_form(self, what)

    def forward_mode(self, what: Any) -> forms.ForwardMode:
        """The gradient of a parameter carried forward; see `forms.forward_mode`."""
        return forms.forward_mode(self, what)

    def truncated(self, what: Any, k1: Any, k2: Any) -> forms.Truncated:
        """Truncated backpropagation and its bias; see `forms.truncated`."""
        return forms.truncated(self, what, k1, k2)

    def derivation(self, title: str = "") -> Derivation:
        """The document of this derivation, every line checked; see `documents.backward_derivation`."""
        return documents.backward_derivation(self, title)

    def line(self, left: Any, right: Any, **options: Any) -> Stated:
        """An equation about this cell as a line of a document, checked; see `documents.line`."""
        return documents.line(self, left, right, **options)

    def slip(self, left: Any, right: Any, *, source: str = "", **options: Any) -> Stated:
        """A false equation of a source as a line of a document; see `documents.slip`."""
        return documents.slip(self, left, right, source=source, **options)

    def claim(self, says: Any, op: str | None = None, rhs: Any = None, **options: Any) -> Claim:
        """A claim about norms of Jacobians of the cell; see `cell_claim`."""
        return cell_claim(self.cell, says, op, rhs, **options)

    def evaluate(self, arguments: Mapping[str, Any], sizes: Mapping[Any, int] | None = None) -> runs.Values:
        """Loss, gradients and states at a point, in balls of the present precision; see `runs.evaluate`."""
        return runs.evaluate(self, arguments, sizes)

    def value_of(self, formula: Any, arguments: Mapping[str, Any], sizes: Mapping[Any, int] | None = None) -> Any:
        """The value of a formula at a point, in balls; see `runs.value_of`."""
        return runs.value_of(self, formula, arguments, sizes)

    def compile(
        self,
        sizes: Mapping[Any, int] | None = None,
        backend: str = "numpy",
        *,
        digits: int | None = None,
        scaled: bool = False,
        checkpoint: bool = False,
        threads: int = 1,
        dtype: Any = FLOAT64,
    ) -> Run:
        """A program of the loss and all gradients, called with arrays; see `Run`.

        Parameters
        ----------
        sizes : mapping of Symbol to int, optional
            Sizes that no argument will show.
        backend : {"numpy", "compiled", "mpmath", "balls"}
        digits : int, optional
            Of mpmath; of balls, each of which is certain. 50 unless given.
        scaled : bool
            Give mantissas and exponents, `Scaled` arrays, so that nothing under- or overflows.
        checkpoint : bool
            Keep states at about sqrt(T) steps only, and compute those between them again.
        threads : int
            Of compiled, which divide the points of leading axes among them.
        dtype : {"float64", "float32"}
            Of what numpy and compiled give back. They compute in doubles, whatever it is and whatever is given, and
            round once to float32.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
        >>> run = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), sg.half_squared_error(h)).compile()
        >>> out = run(w=[0.5, 2], x=[1, 0, 0], target=[0, 0, 0])
        >>> out.gradients["w"].round(6).tolist()
        [0.120685, 0.111285]
        """
        return Run(self, backend, sizes or {}, digits, scaled, checkpoint, threads, dtype)

    def unroll(self, steps: int) -> unrolled.Unrolled:
        """All equations of so many steps written out; see `unrolled.unroll`."""
        return unrolled.unroll(self, steps)

    def prove_forms(self) -> tuple[equal_forms.ProvedLine, ...]:
        """Proofs that all forms are equal, for all T and all sizes; see `equality.prove_forms`."""
        return equal_forms.prove_forms(self)

    def prove_unrolled(self, what: Any, steps: int) -> Verdict:
        """Exact comparison with the sum over all paths of so many steps; see `ring.prove_unrolled`."""
        return unrolled_ring.prove_unrolled(self, what, steps)
