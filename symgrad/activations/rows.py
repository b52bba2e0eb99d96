"""What is known of an activation, and the rows it is known from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy
from sympy import Expr, Piecewise, S, Symbol
from sympy.sets import Set

from symgrad.base.errors import ActivationError
from symgrad.symbols.notation import real

INPUT = real("x")
OUTPUT = real("y")

Formula = Callable[..., Any]


@dataclass(frozen=True)
class LargestSlope:
    """The supremum of |slope| over the real line.

    Attributes
    ----------
    lower, upper : Expr
        Exact numbers that enclose it; equal where it has a closed form.
    at : Expr
        A place where the slope comes within the bounds: exact where it has a closed form, else a rational
        number nearby; an infinity, or a kink, where the slope approaches its supremum.
    attained : bool
        Whether the derivative takes the value somewhere.
    """

    lower: Expr
    upper: Expr
    at: Expr
    attained: bool

    @property
    def is_exact(self) -> bool:
        return bool(self.lower == self.upper)


@dataclass(frozen=True)
class Activation:
    """What is known of an activation f, for given values of its parameters.

    `ACTIVATIONS` holds one for each name, made when it is asked for, with the default parameters.

    Parameters
    ----------
    name : str
        Its name in text.
    function : SymPy function class
        What makes expressions of it, as in ``function(x)``.
    parameters : tuple of (Symbol, Expr)
        The parameters and their values here; the assumptions of the symbol say which values make sense.
    definition : Expr
        The function f in terms of `INPUT`, by exponentials, logarithms, `erf`, `Abs` and cases.
    slope : Expr
        The derivative in terms of `INPUT`, as papers write it. At a kink the derivative does not exist; the
        expression has there the value that PyTorch returns.
    slope_in_output : Expr or None
        The same in terms of the output, `OUTPUT`, where the output determines it.
    largest_slope : LargestSlope
        The supremum of the absolute value of the slope, with exact bounds and a place.
    kinks : tuple of Expr
        The places where the derivative does not exist.
    range : Set or None
        The values that f takes on the real line; None where its end has no closed form.
    source : str
        The paper or manual that defines it so.

    Examples
    --------
    >>> from symgrad.activations import ACTIVATIONS
    >>> row = ACTIVATIONS["sigmoid"]
    >>> row.definition, row.slope_in_output, row.largest_slope.upper
    (1/(1 + exp(-x)), y*(1 - y), 1/4)
    """

    name: str
    function: Any
    parameters: tuple[tuple[Symbol, Expr], ...]
    definition: Expr
    slope: Expr
    slope_in_output: Expr | None
    largest_slope: LargestSlope
    kinks: tuple[Expr, ...]
    range: Set | None
    source: str

    @property
    def arities(self) -> tuple[int, ...]:
        """How many arguments the function takes; parameters left out have their defaults."""
        return tuple(sorted({1, 1 + len(self.parameters)}))

    def with_parameters(self, *values: Expr | int) -> Activation:
        """The same activation for other values of its parameters, numbers or symbols.

        Parameters
        ----------
        *values : Expr or int
            A value for each parameter, in their order.

        Returns
        -------
        Activation
            With the facts for these values; None or cases where they depend on what is not known of a symbol.

        Raises
        ------
        ActivationError
            If there are more or fewer values than parameters, or one makes no sense.

        Examples
        --------
        >>> from symgrad.activations import ACTIVATIONS
        >>> ACTIVATIONS["elu"].with_parameters(2).largest_slope
        LargestSlope(lower=2, upper=2, at=0, attained=False)
        """
        return _activation(self.name, tuple(exact(value) for value in values))


@dataclass(frozen=True)
class Row:
    """The facts as they stand below: functions of the input, the output where it is named y, and the parameters.

    ``stable(m, x, *parameters)`` and ``stable_slope`` are the forms in which function and derivative are computed, so
    that they keep their digits over the whole range of doubles. They are written with operators and with functions of
    m, without an ``if``, so that they serve numbers, arrays, balls and generated code alike.
    """

    name: str
    function: Any
    definition: Formula
    largest_slope: Formula
    source: str
    slope: Formula | None = None
    slope_in_output: Formula | None = None
    range: Formula = lambda *parameters: S.Reals
    kinks: Formula = lambda *parameters: ()
    parameters: tuple[tuple[Symbol, Expr], ...] = ()
    stable: Any = None
    stable_slope: Any = None

    @property
    def defaults(self) -> tuple[Expr, ...]:
        return tuple(value for _, value in self.parameters)

    def slope_at(self, u: Expr, output: Expr, *parameters: Expr) -> Expr:
        if self.slope is not None:
            return self.slope(u, output, *parameters)
        assert self.slope_in_output is not None, "a row says its slope, in terms of the input or of the output"
        return self.slope_in_output(output, *parameters)


ROWS: dict[str, Row] = {}


def slope_from_output(call: Expr, output: Expr) -> Expr | None:
    """The slope of a function by its first argument, in terms of the output of the call; None where that is not enough.

    Examples
    --------
    >>> import symgrad as sg
    >>> x, k, y = sg.real("x"), sg.real("k"), sg.real("y")
    >>> print(slope_from_output(sg.elu(x), y), slope_from_output(sg.elu(x, k), y))
    Piecewise((1, y > 0), (y + 1, True)) None
    """
    row = ROWS.get(call.func.__name__)
    if row is None or row.slope_in_output is None:
        return None
    found: Expr | None = row.slope_in_output(output, *getattr(call, "parameters", ()))
    return found


class _Table(Mapping[str, Activation]):
    """The rows by name, each made when it is first asked for, so that importing stays fast."""

    def __getitem__(self, name: str) -> Activation:
        return _activation(name, ROWS[name].defaults)

    def __iter__(self) -> Iterator[str]:
        return iter(ROWS)

    def __len__(self) -> int:
        return len(ROWS)


ACTIVATIONS: Mapping[str, Activation] = _Table()


@cache
def _activation(name: str, values: tuple[Expr, ...]) -> Activation:
    row = ROWS[name]
    _check_parameters(row.name, row.parameters, values)
    output = row.function(INPUT, *values)
    kinks = tuple(exact(place) for place in row.kinks(*values))
    in_output = row.slope_in_output
    lower, upper, at = (exact(bound) for bound in row.largest_slope(*values))
    return Activation(
        name=row.name,
        function=row.function,
        parameters=tuple((symbol, value) for (symbol, _), value in zip(row.parameters, values)),
        definition=row.definition(INPUT, *values),
        slope=row.slope_at(INPUT, output, *values),
        slope_in_output=None if in_output is None else in_output(OUTPUT, *values),
        largest_slope=LargestSlope(lower, upper, at, attained=_is_reached(at, kinks)),
        kinks=kinks,
        range=row.range(*values),
        source=row.source,
    )


def exact(value: Expr | int) -> Expr:
    if isinstance(value, Expr):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return sympy.Integer(value)
    raise ActivationError(f"a parameter is an integer or a SymPy expression; got {value!r}")


def _check_parameters(name: str, parameters: tuple[tuple[Symbol, Expr], ...], values: tuple[Expr, ...]) -> None:
    if len(values) != len(parameters):
        wanted = ", ".join(str(symbol) for symbol, _ in parameters) or "none"
        raise ActivationError(f"{name} has the parameters {wanted}; got {len(values)} values")
    for (symbol, _), value in zip(parameters, values):
        if value.is_real is False or (value.is_number and not value.is_finite):
            raise ActivationError(f"{name} needs a real {symbol}; got {value}")
        if symbol.is_positive and value.is_positive is False:
            raise ActivationError(f"{name} needs {symbol} > 0; got {value}")


def _is_reached(at: Expr, kinks: tuple[Expr, ...]) -> bool:
    places = [value for value, _ in at.args] if isinstance(at, Piecewise) else [at]
    return all(place.is_finite and place not in kinks for place in places)
