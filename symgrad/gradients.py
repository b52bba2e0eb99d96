"""Gradients: backward equations, sums over time, and all the forms they are equal to, as one object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol

from symgrad.base.precision import in_turn
from symgrad.base.untyped import Array
from symgrad.claims.claim import Claim
from symgrad.claims.derivations import Derivation, Prose, Stated
from symgrad.compute.numbers.dtypes import FLOAT64
from symgrad.compute.run.run import Run
from symgrad.language.verdicts import Verdict
from symgrad.recurrent.cells.cell import Cell
from symgrad.recurrent.forms import closed_form, equal_forms, unrolled, unrolled_ring
from symgrad.recurrent.forms import paths as forms
from symgrad.recurrent.gradients.backward import Backward, checked_loss
from symgrad.recurrent.judge import documents
from symgrad.recurrent.judge.norm_claims import cell_claim
from symgrad.recurrent.oracle import runs
from symgrad.symbols.notation import latex
from symgrad.symbols.variables import Timed


@in_turn
def bptt(cell: Cell, loss: object, at: str = "last") -> Gradients:
    """The gradients of a loss through time, as equations.

    Each adjoint sums the contributions of the equations that use its variable, at step t or later: hbar_t = dL/dh_t,
    and delta_t = dL/da_t of a pre-activation. The gradient of a parameter is a sum over the steps, in its shape.

    Parameters
    ----------
    cell : Cell
        The forward equations.
    loss : Loss or Expr
        What one step adds to the loss: `half_squared_error(h)` and the like, or any scalar expression in the
        variables of the cell.
    at : {"last", "every", "mean"}
        Whether the loss is that of step T, the sum over steps 1 to T, or their mean.

    Returns
    -------
    Gradients
        All gradients as equations; `Gradients.compile` makes a program of them.

    Raises
    ------
    CellError
        If the loss names what the cell does not have, depends on nothing in the cell or is no expression, or `at` is
        none of the three.
    ShapeError
        If the loss is no scalar, or shapes in it do not fit.

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
    """The gradients of a loss through time, as `bptt` gives them.

    ``grad[W]`` is the gradient with respect to the parameter W, ``grad[x]`` that with respect to the input x_t at every
    step t, ``grad["h0"]`` that with respect to the initial state; ``grad.backward`` are the adjoint equations of a
    step.

    Parameters
    ----------
    cell : Cell
        The forward equations.
    loss : Loss
        What one step adds to the loss.
    at : {"last", "every", "mean"}
        At which steps the loss is taken.

    Examples
    --------
    >>> import symgrad as sg
    >>> h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), sg.half_squared_error(h))
    >>> grad[w], grad[x], grad["h0"]
    (Sum(delta[t]*h[t-1], (t, 1, T)), delta[t], w*delta[1])
    >>> grad.jacobian
    w*(1 - h[t]**2)
    """

    def _repr_latex_(self) -> str:
        """The adjoint equations of a step and the gradients of the parameters, aligned at their signs."""
        found = [*self.backward, *(self.equation_of(a) for a in self.arguments if not isinstance(a, Timed))]
        lines = (f"{latex(equation.left)} &= {latex(equation.right)}" for equation in found)
        return r"$\displaystyle \begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}$"

    def paths(self, what: Expr) -> Expr:
        """The gradient as the double sum over paths: sum over t and k <= t of D_k^T (J_t ... J_{k+1})^T g_t.

        J is the state Jacobian of one step, g the derivative of the loss of a step with respect to the states, D the
        immediate derivative of the states with respect to the parameter. With the loss at the last step, t = T alone.
        Paths to an input x_t lead through step t, and those to an initial state through step 1: one sum is left.

        Parameters
        ----------
        what : Parameter, Input, State or str
            A parameter, an input, a target or an initial state, or its name, such as ``"h0"``.

        Returns
        -------
        Expr
            In the shape of the argument: of an input or a target that at step t. There lossbar[t] is 1 at the step of
            the loss, where an input acts on it without a state between, and else 0.

        Raises
        ------
        CellError
            If there is no such argument, or the cell or the loss has no such form: several scalar states, equations
            that look further than one step back, a loss that looks at other steps than its own, an input that is used
            at other steps.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h).paths(w)
        Sum((1 - h[k]**2)*Product(w*(1 - h[i]**2), (i, k + 1, T))*h[k-1], (k, 1, T))
        >>> sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h).paths("h0")
        w*(1 - h[1]**2)*Product(w*(1 - h[i]**2), (i, 2, T))
        """
        return forms.paths(self, what)

    def closed_form(self, what: Expr) -> Expr:
        """The gradient of a linear scalar cell without inputs as a formula in T, by summation.

        Where a bias makes geometric sums, the formula is that for a recurrent weight other than 1.

        Parameters
        ----------
        what : Parameter, State or str
            A parameter, a target or the initial state, or its name.

        Returns
        -------
        Expr
            In the parameters, T and the initial state; of a target that at step T.

        Raises
        ------
        CellError
            If the cell is not scalar and linear with one state, or has inputs, or the loss is not linear in the last
            state alone.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> sg.bptt(sg.Cell({h: w * h.prev}), h).closed_form(w)
        T*w**(T - 1)*h[0]
        >>> sg.bptt(sg.Cell({h: w * h.prev}), h).closed_form("h0")
        w**T
        """
        return closed_form.closed_form(self, what)

    def forward_mode(self, what: Expr) -> forms.ForwardMode:
        """The gradient of a parameter carried forward with the states: real-time recurrent learning.

        Parameters
        ----------
        what : Parameter or str
            A parameter, or its name.

        Returns
        -------
        ForwardMode
            As `recursion` the equation P_t = J_t P_{t-1} + D_t, from P_0 = 0, as `gradient` the sum over t of
            g_t^T P_t, a row. The columns of P are the entries of the parameter, column by column.

        Raises
        ------
        CellError
            If it is no parameter, or acts on the loss without a state between, or no matrix form is known.

        References
        ----------
        Williams, Zipser, A learning algorithm for continually running fully recurrent neural networks (1989).

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h).forward_mode(w)
        ForwardMode(recursion=P[t] = (1 - h[t]**2)*h[t-1] + w*(1 - h[t]**2)*P[t-1], gradient=P[T])
        """
        return forms.forward_mode(self, what)

    def truncated(self, what: Expr, k1: int, k2: Symbol | int) -> forms.Truncated:
        """Truncated backpropagation, every `k1` steps back through the last `k2`, and its bias.

        The loss of step t is followed back from the end e(t) of its block of k1 steps, so that states of steps up to
        e(t) - k2 are not reached. For the loss at the last step alone the block ends at T.

        Parameters
        ----------
        what : Parameter or str
            A parameter, or its name; of inputs and initial states there are ``grad[x]`` and ``grad["h0"]`` only.
        k1 : int or Symbol
            Steps from one backward pass to the next, positive.
        k2 : int or Symbol
            Steps that each pass goes back, at least `k1`.

        Returns
        -------
        Truncated
            As `gradient` the sum over the paths that are followed, as `bias` the full gradient less that, and in words
            when it `vanishes`.

        Raises
        ------
        CellError
            If it is no parameter, k2 < k1 or k1 < 1, no path through a state leads to the parameter, or the cell or the
            loss has no sum over paths.

        References
        ----------
        Williams, Peng, An efficient gradient-based algorithm for on-line training of recurrent network trajectories
        (1990).

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> sg.bptt(sg.Cell({h: w * h.prev}), h).truncated(w, 1, 5).bias
        Sum(w**(T - k)*h[k-1], (k, 1, Max(1, T - 4) - 1))
        """
        return forms.truncated(self, what, k1, k2)

    def derivation(self, title: str = "") -> Derivation:
        """The derivation of these gradients as a document, each of its lines a claim that is checked.

        Parameters
        ----------
        title : str
            Its title; unless given, the name of the cell and "gradients through time".

        Returns
        -------
        Derivation
            Forward equations, adjoints, gradients, Jacobians and, for a cell of one state, double sums over paths.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> derivation = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}, name="A cell"), h).derivation()
        >>> derivation.title, {sg.verify(claim).outcome.name for claim in derivation.claims}
        ('A cell: gradients through time', {'PROVED'})
        """
        return documents.backward_derivation(self, title)

    def line(self, left: Any, right: Expr, *, remark: str | Prose = "", label: str = "") -> Stated:
        """An equation among adjoints, gradients and Jacobians of the cell as a line of a document, which checks it.

        Parameters
        ----------
        left : str or Expr
            ``"hbar[t]"`` or an adjoint; a parameter or its name for its gradient; `state_jacobian` of two states.
        right : str or Expr
            What it is said to be equal to.
        remark : str or Prose
            What is said beside it.
        label : str
            What a `ref` calls it.

        Returns
        -------
        Stated
            For `Derivation` and `section`.

        Raises
        ------
        CellError
            If the cell has no such adjoint or gradient.
        ParseError
            If a text is no formula; it points at the place.
        ShapeError
            If the sides have shapes that do not fit.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h)
        >>> sg.verify(grad.line("hbar[t]", "w*delta[t+1]").claim).outcome.name
        'PROVED'
        """
        return documents.line(self, left, right, remark=remark, label=label)

    def slip(self, left: object, right: Expr, *, source: str = "", remark: str | Prose = "", label: str = "") -> Stated:
        """A false equation of a source as a line of a document, shown with its counterexample.

        Parameters
        ----------
        left : str or Expr
            As for `line`.
        right : str or Expr
            What the source says, mistake included.
        source : str
            Where it stands.
        remark : str or Prose
            What is said beside it.
        label : str
            What a `ref` calls it.

        Returns
        -------
        Stated
            The document fails if it is not refuted.

        Raises
        ------
        CellError, ParseError, ShapeError
            As for `line`.
        """
        return documents.slip(self, left, right, source=source, remark=remark, label=label)

    def claim(
        self,
        says: object,
        op: str | None = None,
        rhs: Any = None,
        *,
        where: Iterable[Any] = (),
        id: str = "",
        source: str = "",
        expect: str = "holds",
    ) -> Claim:
        """A claim about norms of Jacobians of the cell: `cell_claim` of it.

        Parameters
        ----------
        says : str or Expr
            The whole statement as text, or its left side.
        op : str, optional
            The relation, where the two sides are given apart.
        rhs : str or Expr, optional
            The right side.
        where : iterable of str or SymPy conditions
            As for `cell_claim`.
        id, source : str
            As for `cell_claim`.
        expect : {"holds", "refuted"}
            As for `cell_claim`.

        Returns
        -------
        Claim
            For `verify`.

        Raises
        ------
        ParseError, CellError, ClaimError
            As for `cell_claim`.

        Examples
        --------
        >>> import symgrad as sg
        >>> n, = sg.dims("n")
        >>> h, W = sg.State("h", n), sg.Parameter("W", n, n)
        >>> grad = sg.bptt(sg.Cell({h: sg.tanh(W @ h.prev)}), sg.half_squared_error(h))
        >>> sg.verify(grad.claim("norm(dh[T]/dh[0]) <= norm(W)**T")).outcome.name
        'PROVED'
        """
        return cell_claim(self.cell, says, op, rhs, where=where, id=id, source=source, expect=expect)

    def evaluate(self, arguments: Mapping[str, object], sizes: Mapping[Symbol, int] | None = None) -> runs.Values:
        """Loss, gradients and states at a point, in balls: without a program, equation by equation.

        Parameters
        ----------
        arguments : mapping of str to array
            Parameters, inputs, targets and values outside of the steps by name, without leading axes: vectors in time
            (T, m), vectors (n,), matrices (n, m), scalars in time (T,). Values outside of the steps are zero if left
            out. Entries may be exact: integers, SymPy rationals or balls.
        sizes : mapping of Symbol to int, optional
            Sizes that no argument shows; the number of steps under `LENGTH`, where no argument has steps.

        Returns
        -------
        Values
            `loss`, `gradients` and `states` as in `Output`, of balls of python-flint at its present precision.

        Raises
        ------
        CellError
            If an argument is missing or unknown, T is not known, or the cell has no real value there.
        ShapeError
            If a shape does not fit.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
        >>> values = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), h).evaluate({"w": 2, "x": [0, 0], "h0": 1})
        >>> print(values.gradients["w"].str(10, radius=False))
        0.08967781914
        """
        return runs.evaluate(self, arguments, sizes)

    def value_of(
        self, formula: Expr, arguments: Mapping[str, object], sizes: Mapping[Symbol, int] | None = None
    ) -> Array:
        """The value of a formula at a point, in balls.

        Parameters
        ----------
        formula : Expr
            In the variables, adjoints and parameters of the cell, such as ``grad[w]`` or ``grad.paths(w)``.
        arguments : mapping of str to array
            As for `evaluate`.
        sizes : mapping of Symbol to int, optional
            As for `evaluate`.

        Returns
        -------
        arb or array of arb
            In the shape of the formula; what stands at step t is that of step T.

        Raises
        ------
        CellError, ShapeError
            As for `evaluate`.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
        >>> grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), h)
        >>> print(grad.value_of(grad.paths(w), {"w": 2, "x": [0, 0], "h0": 1}).str(10, radius=False))
        0.08967781914
        """
        return runs.value_of(self, formula, arguments, sizes)

    def compile(
        self,
        sizes: Mapping[Symbol, int] | None = None,
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
            Sizes that no argument will show; the number of steps under `LENGTH`, where no argument has steps.
        backend : {"numpy", "compiled", "mpmath", "balls"}
            In which numbers, and by whom, it is computed: doubles by NumPy; doubles by machine code, which needs the
            extra ``fast`` and is NumPy with a warning without it; numbers of mpmath; balls of python-flint, whose
            digits are certain. Or the name of a backend that another package brings.
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

        Returns
        -------
        Run
            Called with arrays by name it gives an `Output`. The program itself is made at the first call.

        Raises
        ------
        CellError
            If there is no such backend, or it has no such option; if ``checkpoint=True`` and the cell or the loss looks
            at later steps; if variables wait for earlier and for later steps of each other.

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
        """All equations of so many steps written out, by name: nothing is substituted into anything.

        Parameters
        ----------
        steps : int
            T, from 1 to 10000.

        Returns
        -------
        Unrolled
            `forward`, `backward` and `gradients` with numbers for steps; for scalar cells of one state, at up to 12
            steps, also the nested form with all adjoints gone, as `closed`. Its size grows in proportion to the steps.

        Raises
        ------
        CellError
            If the number is none of these, or a variable runs in reverse time.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> two = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h).unroll(2)
        >>> two.gradients[w], two.closed[w]
        (delta[1]*h[0] + delta[2]*h[1], (1 - h[2]**2)*(w*(1 - h[1]**2)*h[0] + h[1]))
        """
        return unrolled.unroll(self, steps)

    def prove_forms(self) -> tuple[equal_forms.ProvedLine, ...]:
        """Proofs that all forms are equal, for all T and all sizes: from the adjoint recursion to the double sum.

        Returns
        -------
        tuple of ProvedLine
            Each says in words (`says`) and formulas (`left`, `right`) what is equal, with its `verdict`.

        Raises
        ------
        CellError
            If the cell or the loss has no sum over paths, as where the loss looks at other steps than its own.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> lines = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h).prove_forms()
        >>> lines[-1].says, {line.verdict.outcome.name for line in lines}
        ('the gradient of w is the double sum over paths', {'PROVED'})
        """
        return equal_forms.prove_forms(self)

    def prove_unrolled(self, what: Expr, steps: int) -> Verdict:
        """Whether the adjoint recursion gives, in so many steps, the sum over all paths: an exact comparison.

        Parameters
        ----------
        what : Parameter or str
            A parameter, or its name; of inputs and initial states there are ``grad[x]`` and ``grad["h0"]`` only.
        steps : int
            T, from 1 to 10000.

        Returns
        -------
        Verdict
            PROVED if both are the same polynomial in states, inputs, parameters and slopes, else UNDECIDED.

        Raises
        ------
        CellError
            If it is no parameter, the number of steps is none of these, the cell is not scalar or has several states,
            no path through the state leads to the parameter, or the cell or the loss has no sum over paths.

        Examples
        --------
        >>> import symgrad as sg
        >>> h, w = sg.State("h"), sg.Parameter("w")
        >>> print(sg.bptt(sg.Cell({h: sg.tanh(w * h.prev)}), h).prove_unrolled(w, 9))
        PROVED, polynomials with slopes as generators; the sum over 9 paths and the recursion are the same polynomial
        """
        return unrolled_ring.prove_unrolled(self, what, steps)
