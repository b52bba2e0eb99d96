"""What a row of the zoo holds, and the names that a cell is written in, for vectors and for scalars alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Symbol

from symgrad.activations import sigmoid
from symgrad.base.errors import CellError
from symgrad.recurrent.cells.cell import Cell
from symgrad.symbols import Input, Intermediate, Parameter, State


@dataclass(frozen=True)
class CellRow:
    """One cell of the zoo, the table `CELLS`.

    Parameters
    ----------
    name : str
        Its name in the table, as in ``CELLS["lstm"]``.
    title : str
        What documents call it.
    build : callable
        Takes the names that a cell is written in and gives the equations, as `Cell` takes them.
    source : str
        The paper that it is from.
    variant : str
        Which of several published forms it is, and what it does otherwise than its source.
    sizes : tuple of str
        What sizes it takes: n of the state, m of the input, p of the output.

    Examples
    --------
    >>> import symgrad as sg
    >>> print(sg.CELLS["tanh"].cell(*sg.dims("n m")))
    h[t] = tanh(W @ h[t-1] + U @ x[t] + b)
    >>> print(sg.CELLS["tanh"].cell())
    h[t] = tanh(b + u*x[t] + w*h[t-1])
    """

    name: str
    title: str
    build: Callable[[Names], dict[Any, Any]] = field(repr=False)
    source: str
    variant: str = ""
    sizes: tuple[str, ...] = ("n", "m")

    def cell(self, *sizes: Symbol | int) -> Cell:
        """The cell for these sizes, symbols or numbers; the scalar cell if there are none.

        Parameters
        ----------
        *sizes : Symbol or int
            In the order of the row's `sizes`: of the state, of the input, and of the output where it has one. Without
            them all is scalar, and weights have small letters.

        Returns
        -------
        Cell
            With the title of the row as its name, and its source.

        Raises
        ------
        CellError
            If there are more or fewer sizes than the cell has.

        Examples
        --------
        >>> import symgrad as sg
        >>> sg.CELLS["elman"].sizes, str(sg.CELLS["elman"].cell(4, 2, 3).parameters)
        (('n', 'm', 'p'), '(U, W, b, V, c)')
        """
        if sizes and len(sizes) != len(self.sizes):
            wanted = ", ".join(self.sizes)
            raise CellError(f"the cell {self.name} takes the sizes {wanted}, or none for scalars; got {len(sizes)}")
        known = dict(zip(self.sizes, sizes))
        return Cell(self.build(Names(known)), name=self.title, source=self.source)


@dataclass(frozen=True)
class Names:
    """Variables by name and size, and the products between them; without sizes all are scalars."""

    sizes: dict[str, Any]

    def _shape(self, *letters: str) -> tuple[Symbol | int, ...]:
        return tuple(self.sizes[letter] for letter in letters) if self.sizes else ()

    def state(self, name: str = "h", size: str = "n", meaning: str = "hidden state") -> Expr:
        return State(name, *self._shape(size), meaning=meaning)

    def input(self, name: str = "x", size: str = "m", meaning: str = "input") -> Expr:
        return Input(name, *self._shape(size), meaning=meaning)

    def value(self, name: str, meaning: str, size: str = "n") -> Expr:
        """Something within one step: a gate, a candidate, an output."""
        return Intermediate(name, *self._shape(size), meaning=meaning)

    def weight(self, name: str, rows: str, columns: str, meaning: str) -> Expr:
        """A matrix with a capital letter; a number with a small one."""
        return Parameter(name if self.sizes else _small(name), *self._shape(rows, columns), meaning=meaning)

    def vector(self, name: str, meaning: str, size: str = "n") -> Expr:
        """A bias, or a weight that acts on each entry."""
        return Parameter(name, *self._shape(size), meaning=meaning)

    def product(self, weight: Expr, vector: Expr) -> Expr:
        """A weight times a vector; of scalars, the product."""
        return weight @ vector if self.sizes else weight * vector

    def affine(self, state: Expr, given: Expr, gate: str = "", of: str = "", width: str = "n") -> Expr:
        """W s + U x + b, the letters with the subscript of a gate."""
        below, whom = (f"_{gate}" if gate else ""), (f" of the {of}" if of else "")
        w = self.weight(f"W{below}", "n", width, f"recurrent weight{whom}")
        u = self.weight(f"U{below}", "n", "m", f"input weight{whom}")
        b = self.vector(f"b{below}", f"bias{whom}")
        return self.product(w, state) + self.product(u, given) + b

    def gate(
        self, name: str, meaning: str, preactivation: Expr, activation: Callable[[Any], Any] = sigmoid
    ) -> tuple[Expr, Expr]:
        """A named value that is the activation of something: the pair for the list of equations."""
        return self.value(name, meaning), activation(preactivation)


def _small(name: str) -> str:
    return name[0].lower() + name[1:]
