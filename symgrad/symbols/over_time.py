"""Sums and ordered products over an index of time; and what is made of vectors as a whole."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Dummy, Expr, MatrixExpr, Symbol
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.printer import Printer

from symgrad.base.errors import CellError, ShapeError
from symgrad.base.kinds import shown
from symgrad.symbols.arithmetic import ReadsAsVector
from symgrad.symbols.operands import operand


class Whole(ReadsAsVector):
    """What is made of vectors as a whole: no formula of SymPy is an entry of it, but a slice is."""

    def _entry(self, i: Expr, j: Expr, **options: object) -> Expr:
        is_of_sum = any(place.has(Dummy) for place in (i, j))  # SymPy writes an entry of a product as a sum over them
        place = f"{i}:{sympy.expand(i + 1)}, {j}:{sympy.expand(j + 1)}"
        written = "(W @ v)[0:1, :]" if is_of_sum else f"{self}[{place}]"
        raise CellError(f"{self} has no formula of an entry; write sympy.Trace({written}), the number in a slice")


class _OverTime(Whole):
    """What runs over an index of time: args are the term and (index, low, high)."""

    precedence = PRECEDENCE["Add"]  # a product that goes on behind it is not under the sign

    def __new__(cls, term: MatrixExpr, limits: tuple[Symbol, Expr, Expr] | sympy.Tuple) -> MatrixExpr:
        found = operand(term, cls.__name__)
        if not isinstance(found, MatrixExpr):
            raise ShapeError(f"{cls.__name__} takes a vector or a matrix; {found} is a scalar", cls.__name__, ((),))
        return MatrixExpr.__new__(cls, found, _limits(limits, cls.__name__))

    @property
    def term(self) -> MatrixExpr:
        return self.args[0]

    @property
    def limits(self) -> tuple[Symbol, Expr, Expr]:
        index, low, high = self.args[1]
        return index, low, high

    @property
    def shape(self) -> Any:
        return self.term.shape

    @property
    def free_symbols(self) -> set[Any]:
        index, low, high = self.limits
        inside = {s for s in self.term.free_symbols if not s.has(index)}
        return inside | set(low.free_symbols) | set(high.free_symbols)

    def _eval_subs(self, old: Expr, new: Expr) -> Expr:
        index, low, high = self.limits
        term = self.term if old == index else self.term._subs(old, new)
        return self.func(term, (index, low._subs(old, new), high._subs(old, new)))

    def _printed(self, printer: Printer) -> tuple[str, str, str, str]:
        """Index, ends, and the term, in brackets where it is a sum."""
        index, low, high = (printer.doprint(e) for e in self.limits)
        term = printer.doprint(self.term)
        return index, low, high, rf"\left({term}\right)" if isinstance(self.term, sympy.MatAdd) else term


def _limits(given: object, of: str) -> sympy.Tuple:
    """An index of time with its ends."""
    if isinstance(given, tuple | sympy.Tuple) and len(given) == 3 and isinstance(given[0], Symbol):
        return sympy.Tuple(given[0], operand(given[1], of), operand(given[2], of))
    raise CellError(f"{of} runs over (index, first, last), as in (k, 1, T) with k = integer('k'); got {shown(given)}")


class TimeSum(_OverTime):
    """The sum of a matrix expression over an index of time; zero where high < low.

    Parameters
    ----------
    term : MatrixExpr
        A vector or matrix in which the index stands; sums of scalars are `sympy.Sum`.
    limits : tuple of (Symbol, Expr, Expr)
        The index, an integer symbol, with its first and last value, both included.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h, k = sg.State("h", n), sg.integer("k")
    >>> total = sg.TimeSum(h.at(k), (k, 1, sg.LENGTH))
    >>> total, total.shape
    (Sum(h[k], (k, 1, T)), (n, 1))
    """

    def _sympystr(self, printer: Printer) -> str:
        index, low, high = (printer.doprint(e) for e in self.limits)
        return f"Sum({printer.doprint(self.term)}, ({index}, {low}, {high}))"

    def _latex(self, printer: Printer) -> str:
        index, low, high, inside = self._printed(printer)
        return rf"\sum_{{{index} = {low}}}^{{{high}}} {inside}"


class OrderedProduct(_OverTime):
    """F_high F_{high-1} ... F_low: the factor of the last step stands first; the identity where high < low.

    It is printed with the index running down, as the factors stand.

    Parameters
    ----------
    factor : MatrixExpr
        A square matrix in which the index stands, such as the Jacobian of a step.
    limits : tuple of (Symbol, Expr, Expr)
        The index, an integer symbol, with its first and last value, both included.

    Raises
    ------
    ShapeError
        If the factor is not square.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> J, k = sg.State("J", n, n), sg.integer("k")
    >>> sg.OrderedProduct(J.at(k), (k, 1, sg.LENGTH))
    OrderedProduct(J[k], (k, T, 1))
    >>> sg.OrderedProduct(J.at(k), (k, 1, 3)).written_out()
    J[3]*J[2]*J[1]
    """

    def __new__(cls, factor: MatrixExpr, limits: tuple[Symbol, Expr, Expr] | sympy.Tuple) -> Any:
        made = super().__new__(cls, factor, limits)
        if made.shape[0] != made.shape[1]:
            raise ShapeError(f"the factor {factor} of an ordered product must be square", "product", (made.shape,))
        return made

    @property
    def factor(self) -> MatrixExpr:
        """The factor, in which the index stands."""
        return self.term

    def written_out(self) -> MatrixExpr:
        """The factors one after the other, where their number is known.

        Returns
        -------
        MatrixExpr
            The product; the identity if there is no factor.

        Raises
        ------
        CellError
            If the number of factors is not known.

        Examples
        --------
        >>> from sympy import Symbol
        >>> import symgrad as sg
        >>> n, = sg.dims("n")
        >>> J, i = sg.State("J", n, n), Symbol("i", integer=True)
        >>> OrderedProduct(J.at(i), (i, 1, 3)).written_out()
        J[3]*J[2]*J[1]
        >>> OrderedProduct(J.at(i), (i, 4, 3)).written_out()
        I
        """
        index, low, high = self.limits
        count = sympy.expand(high - low + 1)
        if not count.is_Integer:
            raise CellError(f"an ordered product from {low} to {high} has no known number of factors")
        factors = [self.factor.subs(index, high - j) for j in range(max(0, int(count)))]
        return sympy.MatMul(*factors).doit(deep=False) if factors else sympy.Identity(self.shape[0])

    def _sympystr(self, printer: Printer) -> str:
        index, low, high = (printer.doprint(e) for e in self.limits)
        return f"OrderedProduct({printer.doprint(self.factor)}, ({index}, {high}, {low}))"

    def _latex(self, printer: Printer) -> str:
        index, low, high, inside = self._printed(printer)
        return rf"\prod_{{{index} = {high}, \ldots, {low}}} {inside}"
