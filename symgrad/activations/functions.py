"""Activations as functions of SymPy: one class for all of our own, and the two ways of adding a row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import mpmath
import sympy
from sympy import Basic, Expr, Interval, Lambda, MatrixExpr, Piecewise, S, Symbol, oo
from sympy.core.evalf import prec_to_dps
from sympy.core.function import ArgumentIndexError, DefinedFunction, FunctionClass
from sympy.logic.boolalg import Boolean
from sympy.printing.printer import Printer
from sympy.sets import Set

from symgrad.activations.docstrings import docstring
from symgrad.activations.rows import OUTPUT, ROWS, Formula, Row, exact
from symgrad.base.errors import ActivationError
from symgrad.base.precision import many_bits
from symgrad.base.untyped import Array
from symgrad.symbols import elementwise
from symgrad.symbols.operands import operand

# Arguments of more bits before the point than this are not evaluated: the exponential would take minutes.
MAXIMAL_SIZE = 10_000


class _Documented(FunctionClass):  # type: ignore[misc]
    @property
    def __doc__(cls) -> Any:  # type: ignore[override]  # made when it is asked for, so that importing stays fast
        about = cls.__dict__["__doc__"]
        return docstring(cls.__name__, about) if "row" in cls.__dict__ else about


class ActivationFunction(DefinedFunction, metaclass=_Documented):  # type: ignore[misc]
    """A SymPy function given by a row of the table.

    It differentiates in closed form, rewrites to its definition whatever it is asked to be rewritten in, and
    evaluates to any precision. A parameter left out has its default, and one that has it is left out.
    """

    row: ClassVar[Row]
    latex_name: ClassVar[str]
    limits: ClassVar[Formula]
    linear_pieces: ClassVar[bool]
    inverse_formula: ClassVar[Any]

    def __new__(cls, *args: Any, **options: bool) -> Expr:
        """The function of a scalar; of a vector or matrix, the function of each entry."""
        if len(args) not in cls.nargs:
            raise ActivationError(f"{cls.__name__} takes {_arguments_of(cls.row)}; got {len(args)} arguments")
        found = [operand(arg, cls.__name__) for arg in args]
        if isinstance(found[0], MatrixExpr):
            return elementwise(cls, *found)
        return super().__new__(cls, *found, **options)

    @classmethod
    def definition_at(cls, u: Expr, *parameters: Expr) -> Expr:
        """The definition with `u` for the input."""
        return cls.row.definition(u, *(parameters or cls.row.defaults))

    @classmethod
    def eval(cls, u: Expr, *parameters: Expr) -> Expr | None:
        if parameters and parameters == cls.row.defaults:
            return cls(u)
        if u is S.NaN:
            return u
        if u in (oo, -oo):
            return exact(cls.limits(*(parameters or cls.row.defaults))[1 if u is oo else 0])
        if u.is_zero:
            return cls.definition_at(u, *parameters)
        if u.is_Rational or (cls.linear_pieces and cls._may_know_case(u, *parameters)):
            value = cls.definition_at(u, *parameters)
            if value.is_Rational or (cls.linear_pieces and not value.has(Piecewise)):
                return value
        return None

    @classmethod
    def _may_know_case(cls, u: Expr, *parameters: Expr) -> bool:
        """Whether comparing `u` with the kinks may have an answer; asked first, as making cases takes milliseconds."""
        if not cls.row.kinks(*(parameters or cls.row.defaults)):
            return True
        return bool(u.is_extended_real and (u.is_number or u.is_extended_nonnegative or u.is_extended_nonpositive))

    @property
    def parameters(self) -> tuple[Expr, ...]:
        """The values of the parameters, also of those left out."""
        return self.args[1:] or self.row.defaults

    @property
    def definition(self) -> Expr:
        """What the function stands for at its argument."""
        return self.row.definition(self.args[0], *self.parameters)

    def fdiff(self, argindex: int = 1) -> Expr:
        if argindex == 1:
            return self.row.slope_at(self.args[0], self, *self.parameters)
        if not 1 < argindex <= len(self.args):
            raise ArgumentIndexError(self, argindex)
        parameter = sympy.Dummy(real=True)
        values = list(self.parameters)
        value, values[argindex - 2] = values[argindex - 2], parameter
        return self.row.definition(self.args[0], *values).diff(parameter).subs(parameter, value)

    def inverse(self, argindex: int = 1) -> Expr:
        """The inverse function, where there is one in closed form."""
        if argindex != 1 or self.inverse_formula is None:
            raise ArgumentIndexError(self, argindex)
        return Lambda(OUTPUT, self.inverse_formula(OUTPUT))

    def _eval_rewrite(self, rule: object, args: tuple[Expr, ...], **hints: Symbol) -> Expr | None:
        if isinstance(rule, type) and issubclass(rule, ActivationFunction | Boolean):
            return None  # a number is no condition
        return self.func(*args, evaluate=False).definition.rewrite(rule, **hints)

    def _eval_expand_func(self, **hints: bool) -> Expr:
        return self.definition

    def _eval_as_leading_term(self, x: Symbol, logx: Symbol | None = None, cdir: Expr = 0) -> Expr:
        return self.definition.as_leading_term(x, logx=logx, cdir=cdir)

    def _eval_evalf(self, prec: int) -> Expr | None:
        if not all(a.is_number for a in self.args):
            return None
        if not self.linear_pieces and all(a.is_extended_real for a in self.args):
            return self._stable_value(prec)
        try:
            value = self.definition.evalf(prec_to_dps(prec))
        except TypeError:  # A definition by cases compares, and complex numbers have no order.
            return None
        return value if not value.has(Piecewise) else None

    def _stable_value(self, prec: int) -> Expr | None:
        size = abs(mpmath.mag(self.args[0]._to_mpmath(53)))
        if size > MAXIMAL_SIZE:
            return None
        # An exponent of degree 3 in x, the highest below, turns a relative error of x into one |x|**3 times as large;
        # near 0, where tanhshrink is x**3/3, a difference loses as much.
        working = prec + 10 + 3 * size
        with many_bits(working) as numbers:
            given = [numbers.mpf(a._to_mpmath(working)) for a in (self.args[0], *self.parameters)]
            return Expr._from_mpmath(self.row.stable(_Digits(numbers), *given), prec)

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(a.is_extended_real for a in self.args) else None

    def _eval_is_finite(self) -> bool | None:
        return True if all(a.is_real for a in self.args) else None

    def _eval_is_extended_positive(self) -> bool | None:
        return self._lies_in(Interval.open(0, oo))

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return self._lies_in(Interval(0, oo))

    def _eval_is_extended_negative(self) -> bool | None:
        return self._lies_in(Interval.open(-oo, 0))

    def _lies_in(self, half_line: Set) -> bool | None:
        return True if self.args[0].is_real and _lies_within(self.row.range, self.parameters, half_line) else None

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        below = ", ".join(printer._print(value) for value in self.args[1:])
        name = f"{{{self.latex_name}}}_{{{below}}}" if below else self.latex_name
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"{name}{power}\left({printer._print(self.args[0])}\right)"


def _arguments_of(row: Row) -> str:
    also = ", ".join(str(symbol) for symbol, _ in row.parameters)
    return f"one argument, or also {also}" if also else "one argument"


class _Digits:
    """What the stable forms of the rows are given to work with the digits of a context of mpmath."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    def __getattr__(self, name: str) -> Any:
        return getattr(self.numbers, name)

    @staticmethod
    def where(condition: object, yes: object, no: object) -> Any:
        return yes if condition else no

    minimum, maximum = staticmethod(min), staticmethod(max)

    def exp_of_product(self, a: Any, b: Any) -> Any:
        return self.exp(a * b)

    def exp_of_quotient(self, a: Array, b: Array) -> Any:
        return self.exp(a / b)

    def normal_cdf(self, x: Any) -> Any:
        return self.erfc(-x / self.sqrt(2)) / 2

    def normal_tail(self, x: Any) -> Any:
        return self.normal_cdf(x) * self.exp(x * x / 2)


# Comparing the ends of a range costs much, and SymPy asks again for every argument.
@lru_cache
def _lies_within(range: Formula, parameters: tuple[Expr, ...], values: Set) -> bool:
    """Whether the range for these parameters is known and is a subset of the values."""
    known = range(*parameters)
    return known is not None and bool(known.is_subset(values))


def expand(expression: Basic) -> Basic:
    """The expression with every activation of ours replaced by its definition; derivatives stay unevaluated.

    Examples
    --------
    >>> from symgrad.activations import INPUT, sigmoid
    >>> expand(2*sigmoid(INPUT) - 1)
    -1 + 2/(1 + exp(-x))
    """
    if not expression.has(ActivationFunction):
        return expression
    return expression.replace(lambda e: isinstance(e, ActivationFunction), lambda e: e.definition)


def describe(name: str, **facts: Any) -> None:
    """A row for a function that SymPy has."""
    ROWS[name] = Row(name, **facts)


def define(
    name: str,
    latex_name: str,
    about: str,
    *,
    also_called: str | None = None,
    limits: Formula = lambda *parameters: (-oo, oo),
    linear_pieces: bool = False,
    inverse: Formula | None = None,
    parameters: tuple[tuple[Symbol, Expr], ...] = (),
    **facts: Any,
) -> type[ActivationFunction]:
    """A row for a function of our own, and the function.

    Parameters
    ----------
    limits : callable
        The limits at minus and plus infinity.
    linear_pieces : bool
        Whether an argument whose case is known should give that case at once, as in ``relu(3) = 3``.
    inverse : callable, optional
        The inverse function, if it has a closed form.
    facts
        See `Row`.
    """
    metaclass: Any = type(ActivationFunction)
    function: type[ActivationFunction] = metaclass(
        name,
        (ActivationFunction,),
        {
            # Where pickle looks for it.
            "__module__": f"{__package__}.table",
            "__doc__": about,
            "nargs": tuple(sorted({1, 1 + len(parameters)})),
            "latex_name": latex_name,
            "linear_pieces": linear_pieces,
            # A plain function in a class would become a method.
            "limits": staticmethod(limits),
            "inverse_formula": None if inverse is None else staticmethod(inverse),
        },
    )
    function.row = Row(name, function, parameters=parameters, **facts)
    for known_as in (name, also_called):
        if known_as is not None:
            ROWS[known_as] = function.row
    return function
