"""The activations: a table of what each is, how steep it is, how steep it gets at most, and who says so.

Adding one is adding a row: one call of `_define` for a function of our own, of `_describe` for one that SymPy has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import mpmath
import sympy
from sympy import Abs, Basic, Expr, Interval, Lambda, Max, Piecewise, Rational, S, Symbol, cos, exp, log, pi, sqrt
from sympy.core.evalf import prec_to_dps
from sympy.core.function import ArgumentIndexError, DefinedFunction
from sympy.sets import Set

from symgrad.errors import ActivationError
from symgrad.notation import real

INPUT = real("x")
OUTPUT = real("y")

# Arguments of more bits before the point than this are not evaluated: the exponential would take minutes.
MAXIMAL_SIZE = 10_000

Formula = Callable[..., Any]
oo = S.Infinity


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

    Attributes
    ----------
    name : str
        Its name in text.
    function : SymPy function class
    parameters : tuple of (Symbol, Expr)
        The parameters and their values here; the assumptions of the symbol say which values make sense.
    definition : Expr
        f in terms of `INPUT`, by exponentials, logarithms, `erf`, `Abs` and cases.
    slope : Expr
        The derivative in terms of `INPUT`, as papers write it. At a kink the derivative does not exist; the
        expression has there the value that PyTorch returns.
    slope_in_output : Expr or None
        The same in terms of the output, `OUTPUT`, where the output determines it.
    largest_slope : LargestSlope
    kinks : tuple of Expr
        The places where the derivative does not exist.
    range : Set or None
        The values that f takes on the real line; None where its end has no closed form.
    source : str
        The paper or manual that defines it so.

    Examples
    --------
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

        Raises
        ------
        ActivationError
            If there are more or fewer values than parameters, or one makes no sense.

        Examples
        --------
        >>> ACTIVATIONS["elu"].with_parameters(2).largest_slope
        LargestSlope(lower=2, upper=2, at=0, attained=False)
        """
        return _activation(self.name, tuple(_exact(value) for value in values))


@dataclass(frozen=True)
class _Row:
    """The facts as they stand below: functions of the input, the output where it is named y, and the parameters."""

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

    @property
    def defaults(self) -> tuple[Expr, ...]:
        return tuple(value for _, value in self.parameters)

    def slope_at(self, u: Expr, output: Expr, *parameters: Expr) -> Expr:
        if self.slope is not None:
            return self.slope(u, output, *parameters)
        assert self.slope_in_output is not None, "a row says its slope, in terms of the input or of the output"
        return self.slope_in_output(output, *parameters)


_ROWS: dict[str, _Row] = {}


class _Table(Mapping[str, Activation]):
    """The rows by name, each made when it is first asked for, so that importing stays fast."""

    def __getitem__(self, name: str) -> Activation:
        return _activation(name, _ROWS[name].defaults)

    def __iter__(self) -> Iterator[str]:
        return iter(_ROWS)

    def __len__(self) -> int:
        return len(_ROWS)


ACTIVATIONS: Mapping[str, Activation] = _Table()


@cache
def _activation(name: str, values: tuple[Expr, ...]) -> Activation:
    row = _ROWS[name]
    _check_parameters(row.name, row.parameters, values)
    output = row.function(INPUT, *values)
    kinks = tuple(_exact(place) for place in row.kinks(*values))
    in_output = row.slope_in_output
    lower, upper, at = (_exact(bound) for bound in row.largest_slope(*values))
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


def _exact(value: Expr | int) -> Expr:
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


class ActivationFunction(DefinedFunction):  # type: ignore[misc]
    """A SymPy function given by a row of the table.

    It differentiates in closed form, rewrites to its definition whatever it is asked to be rewritten in, and
    evaluates to any precision. A parameter left out has its default, and one that has it is left out.
    """

    row: ClassVar[_Row]
    latex_name: ClassVar[str]
    limits: ClassVar[Formula]
    linear_pieces: ClassVar[bool]
    stable: ClassVar[Any]
    inverse_formula: ClassVar[Any]

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
            return _exact(cls.limits(*(parameters or cls.row.defaults))[1 if u is oo else 0])
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

    def _eval_rewrite(self, rule: Any, args: tuple[Expr, ...], **hints: Any) -> Expr | None:
        if isinstance(rule, type) and issubclass(rule, ActivationFunction):
            return None
        return self.func(*args, evaluate=False).definition.rewrite(rule, **hints)

    def _eval_expand_func(self, **hints: Any) -> Expr:
        return self.definition

    def _eval_as_leading_term(self, x: Symbol, logx: Any = None, cdir: Any = 0) -> Expr:
        return self.definition.as_leading_term(x, logx=logx, cdir=cdir)

    def _eval_evalf(self, prec: int) -> Expr | None:
        if not all(a.is_number for a in self.args):
            return None
        if self.stable is not None and all(a.is_extended_real for a in self.args):
            return self._stable_value(prec)
        try:
            value = self.definition.evalf(prec_to_dps(prec))
        except TypeError:  # A definition by cases compares, and complex numbers have no order.
            return None
        return value if not value.has(Piecewise) else None

    def _stable_value(self, prec: int) -> Expr | None:
        size = max(0, mpmath.mag(self.args[0]._to_mpmath(53)))
        if size > MAXIMAL_SIZE:
            return None
        # An exponent of degree 3 in x, the highest below, turns a relative error of x into one |x|**3 times as large.
        working = prec + 10 + 3 * size
        with mpmath.workprec(working):
            numbers = [mpmath.mpf(a._to_mpmath(working)) for a in (self.args[0], *self.parameters)]
            value = self.stable(mpmath, *numbers)
        return Expr._from_mpmath(value, prec)

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
        values = self.row.range(*self.parameters)
        return True if self.args[0].is_real and values is not None and values.is_subset(half_line) else None

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        below = ", ".join(printer._print(value) for value in self.args[1:])
        name = f"{{{self.latex_name}}}_{{{below}}}" if below else self.latex_name
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"{name}{power}\left({printer._print(self.args[0])}\right)"


def expand(expression: Basic) -> Basic:
    """The expression with every activation of ours replaced by its definition; derivatives stay unevaluated.

    Examples
    --------
    >>> expand(2*sigmoid(INPUT) - 1)
    -1 + 2/(1 + exp(-x))
    """
    return expression.replace(lambda e: isinstance(e, ActivationFunction), lambda e: e.definition)


def _describe(name: str, **facts: Any) -> None:
    """A row for a function that SymPy has."""
    _ROWS[name] = _Row(name, **facts)


def _define(
    name: str,
    latex_name: str,
    about: str,
    *,
    also_called: str | None = None,
    limits: Formula = lambda *parameters: (-oo, oo),
    linear_pieces: bool = False,
    stable: Formula | None = None,
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
    stable : callable, optional
        ``stable(m, x, *parameters)``, a formula for real x that keeps its relative accuracy everywhere, without
        cases; m supplies ``exp``, ``expm1``, ``log1p`` and so on. Left out where the definition does.
    inverse : callable, optional
        The inverse function, if it has a closed form.
    facts
        See `_Row`.
    """
    metaclass: Any = type(ActivationFunction)
    function: type[ActivationFunction] = metaclass(
        name,
        (ActivationFunction,),
        {
            "__module__": __name__,
            "__doc__": about,
            "nargs": tuple(sorted({1, 1 + len(parameters)})),
            "latex_name": latex_name,
            "linear_pieces": linear_pieces,
            # A plain function in a class would become a method.
            "limits": staticmethod(limits),
            "stable": None if stable is None else staticmethod(stable),
            "inverse_formula": None if inverse is None else staticmethod(inverse),
        },
    )
    function.row = _Row(name, function, parameters=parameters, **facts)
    for known_as in (name, also_called):
        if known_as is not None:
            _ROWS[known_as] = function.row
    return function


def _exactly(value: Expr | int, at: Expr | int) -> tuple[Expr | int, Expr | int, Expr | int]:
    return value, value, at


def _positive_part(x: Any) -> Any:
    return (x + abs(x)) / 2


def _negative_part(x: Any) -> Any:
    return (x - abs(x)) / 2


def _stable_sigmoid(m: Any, x: Any) -> Any:
    return m.exp(_negative_part(x)) / (1 + m.exp(-abs(x)))


def _stable_softplus(m: Any, x: Any) -> Any:
    return _positive_part(x) + m.log1p(m.exp(-abs(x)))


_DEEP_LEARNING = "Goodfellow, Bengio, Courville, Deep Learning (2016)"
_HENDRYCKS = "Hendrycks, Gimpel, Gaussian error linear units (2016), arXiv:1606.08415"
_PYTORCH = "PyTorch documentation, torch.nn."
_ALPHA = Symbol("alpha", real=True)
_POSITIVE_ALPHA = Symbol("alpha", positive=True)
_POSITIVE_LAMDA = Symbol("lamda", positive=True)


sigmoid = _define(
    "sigmoid",
    r"\sigma",
    "The logistic sigmoid 1/(1 + exp(-x)).",
    definition=lambda x: 1 / (1 + exp(-x)),
    slope_in_output=lambda y: y * (1 - y),
    largest_slope=lambda: _exactly(Rational(1, 4), at=0),
    range=lambda: Interval.open(0, 1),
    limits=lambda: (0, 1),
    stable=_stable_sigmoid,
    inverse=lambda y: log(y / (1 - y)),
    source=f"{_DEEP_LEARNING}, section 3.10",
)

_describe(
    "tanh",
    function=sympy.tanh,
    definition=lambda x: (exp(x) - exp(-x)) / (exp(x) + exp(-x)),
    slope_in_output=lambda y: 1 - y**2,
    largest_slope=lambda: _exactly(1, at=0),
    range=lambda: Interval.open(-1, 1),
    source=f"{_DEEP_LEARNING}, section 6.3.2",
)

relu = _define(
    "relu",
    r"\operatorname{ReLU}",
    "The rectified linear unit max(0, x).",
    linear_pieces=True,
    definition=lambda x: Piecewise((x, x > 0), (0, True)),
    slope=lambda x, y: Piecewise((1, x > 0), (0, True)),
    slope_in_output=lambda y: Piecewise((1, y > 0), (0, True)),
    largest_slope=lambda: _exactly(1, at=1),
    kinks=lambda: (0,),
    range=lambda: Interval(0, oo),
    limits=lambda: (0, oo),
    source="Nair, Hinton, Rectified linear units improve restricted Boltzmann machines (2010)",
)

relu6 = _define(
    "relu6",
    r"\operatorname{ReLU6}",
    "The rectified linear unit cut off at 6: min(max(0, x), 6).",
    linear_pieces=True,
    definition=lambda x: Piecewise((0, x <= 0), (x, x < 6), (6, True)),
    slope=lambda x, y: Piecewise((0, x <= 0), (1, x < 6), (0, True)),
    slope_in_output=lambda y: Piecewise((0, y <= 0), (1, y < 6), (0, True)),
    largest_slope=lambda: _exactly(1, at=3),
    kinks=lambda: (0, 6),
    range=lambda: Interval(0, 6),
    limits=lambda: (0, 6),
    source=f"Krizhevsky, Convolutional deep belief networks on CIFAR-10 (2010); {_PYTORCH}ReLU6",
)

leaky_relu = _define(
    "leaky_relu",
    r"\operatorname{LeakyReLU}",
    "The leaky rectified linear unit: x above 0, alpha*x below; alpha is 1/100 unless given.",
    linear_pieces=True,
    parameters=((_ALPHA, Rational(1, 100)),),
    definition=lambda x, alpha: Piecewise((x, x > 0), (alpha * x, True)),
    slope=lambda x, y, alpha: Piecewise((1, x > 0), (alpha, True)),
    largest_slope=lambda alpha: _exactly(Max(1, Abs(alpha)), at=Piecewise((1, Abs(alpha) <= 1), (-1, True))),
    kinks=lambda alpha: () if alpha == 1 else (0,),
    range=lambda alpha: S.Reals if alpha.is_positive else None,
    limits=lambda alpha: (-oo * alpha, oo),
    source=f"Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models (2013); "
    f"alpha as in {_PYTORCH}LeakyReLU",
)

elu = _define(
    "elu",
    r"\operatorname{ELU}",
    "The exponential linear unit: x above 0, alpha*(exp(x) - 1) below; alpha is 1 unless given.",
    parameters=((_ALPHA, S.One),),
    definition=lambda x, alpha: Piecewise((x, x > 0), (alpha * (exp(x) - 1), True)),
    slope=lambda x, y, alpha: Piecewise((1, x > 0), (alpha * exp(x), True)),
    slope_in_output=lambda y, alpha: Piecewise((1, y > 0), (y + alpha, True)),
    largest_slope=lambda alpha: _exactly(Max(1, Abs(alpha)), at=Piecewise((1, Abs(alpha) <= 1), (0, True))),
    kinks=lambda alpha: () if alpha == 1 else (0,),
    range=lambda alpha: Interval.open(-alpha, oo) if alpha.is_positive else None,
    limits=lambda alpha: (-alpha, oo),
    stable=lambda m, x, alpha: _positive_part(x) + alpha * m.expm1(_negative_part(x)),
    source="Clevert, Unterthiner, Hochreiter, Fast and accurate deep network learning by exponential linear units "
    "(2016), arXiv:1511.07289",
)


def _selu_constants(m: Any) -> tuple[Any, Any]:
    """Scale and alpha, the fixed point of the paper's equation 14, of which libraries carry 1.0507… and 1.6732…."""
    tail = (1 - m.erf(1 / m.sqrt(2))) * m.sqrt(m.exp(1))
    far_tail = (1 - m.erf(m.sqrt(2))) * m.exp(2)
    scale = (1 - tail) * m.sqrt(2 * m.pi / (2 * far_tail + m.pi * tail**2 - 2 * (2 + m.pi) * tail + m.pi + 2))
    return scale, m.sqrt(2 / m.pi) / (1 - tail)


def _selu(x: Expr, above: Expr, below: Expr) -> Expr:
    scale, alpha = _selu_constants(sympy)
    return Piecewise((scale * above, x > 0), (scale * alpha * below, True))


def _selu_bottom() -> Expr:
    scale, alpha = _selu_constants(sympy)
    return -scale * alpha


def _stable_selu(m: Any, x: Any) -> Any:
    scale, alpha = _selu_constants(m)
    return scale * (_positive_part(x) + alpha * m.expm1(_negative_part(x)))


selu = _define(
    "selu",
    r"\operatorname{SELU}",
    "The self-normalizing exponential linear unit, a multiple of elu that keeps mean 0 and variance 1.",
    definition=lambda x: _selu(x, x, exp(x) - 1),
    slope=lambda x, y: _selu(x, S.One, exp(x)),
    slope_in_output=lambda y: Piecewise((_selu_constants(sympy)[0], y > 0), (y - _selu_bottom(), True)),
    largest_slope=lambda: _exactly(-_selu_bottom(), at=0),
    kinks=lambda: (0,),
    range=lambda: Interval.open(_selu_bottom(), oo),
    limits=lambda: (_selu_bottom(), oo),
    stable=_stable_selu,
    source="Klambauer, Unterthiner, Mayr, Hochreiter, Self-normalizing neural networks (2017), arXiv:1706.02515, "
    "equation 14",
)

celu = _define(
    "celu",
    r"\operatorname{CELU}",
    "The continuously differentiable exponential linear unit: x above 0, alpha*(exp(x/alpha) - 1) below.",
    parameters=((_POSITIVE_ALPHA, S.One),),
    definition=lambda x, alpha: Piecewise((x, x > 0), (alpha * (exp(x / alpha) - 1), True)),
    slope=lambda x, y, alpha: Piecewise((1, x > 0), (exp(x / alpha), True)),
    slope_in_output=lambda y, alpha: Piecewise((1, y > 0), (1 + y / alpha, True)),
    largest_slope=lambda alpha: _exactly(1, at=1),
    range=lambda alpha: Interval.open(-alpha, oo),
    limits=lambda alpha: (-alpha, oo),
    stable=lambda m, x, alpha: _positive_part(x) + alpha * m.expm1(_negative_part(x) / alpha),
    source="Barron, Continuously differentiable exponential linear units (2017), arXiv:1704.07483",
)

softplus = _define(
    "softplus",
    r"\operatorname{softplus}",
    "The smooth rectifier log(1 + exp(x)).",
    definition=lambda x: log(1 + exp(x)),
    slope=lambda x, y: sigmoid(x),
    slope_in_output=lambda y: 1 - exp(-y),
    largest_slope=lambda: _exactly(1, at=oo),
    range=lambda: Interval.open(0, oo),
    limits=lambda: (0, oo),
    stable=_stable_softplus,
    inverse=lambda y: log(exp(y) - 1),
    source=f"{_DEEP_LEARNING}, section 3.10",
)

softsign = _define(
    "softsign",
    r"\operatorname{softsign}",
    "The algebraic sigmoid x/(1 + |x|).",
    definition=lambda x: x / (1 + Abs(x)),
    slope=lambda x, y: 1 / (1 + Abs(x)) ** 2,
    slope_in_output=lambda y: (1 - Abs(y)) ** 2,
    largest_slope=lambda: _exactly(1, at=0),
    range=lambda: Interval.open(-1, 1),
    limits=lambda: (-1, 1),
    inverse=lambda y: y / (1 - Abs(y)),
    source="Glorot, Bengio, Understanding the difficulty of training deep feedforward neural networks (2010)",
)

swish = _define(
    "swish",
    r"\operatorname{swish}",
    "The sigmoid-weighted linear unit x*sigmoid(x), also called silu.",
    also_called="silu",
    definition=lambda x: x / (1 + exp(-x)),
    slope=lambda x, y: y + sigmoid(x) * (1 - y),
    # Largest where x*tanh(x/2) = 2, which has no solution in closed form.
    largest_slope=lambda: (Rational("1.099839"), Rational("1.099840"), Rational("2.3994")),
    range=lambda: Interval(-sympy.LambertW(exp(-1)), oo),
    limits=lambda: (0, oo),
    stable=lambda m, x: x * _stable_sigmoid(m, x),
    source="Ramachandran, Zoph, Le, Searching for activation functions (2017), arXiv:1710.05941; "
    "Elfwing, Uchibe, Doya, Sigmoid-weighted linear units (2017), arXiv:1702.03118",
)

mish = _define(
    "mish",
    r"\operatorname{mish}",
    "The self-gated unit x*tanh(softplus(x)).",
    definition=lambda x: x * sympy.tanh(log(1 + exp(x))),
    slope=lambda x, y: sympy.tanh(softplus(x)) + x * sigmoid(x) * (1 - sympy.tanh(softplus(x)) ** 2),
    largest_slope=lambda: (Rational("1.088498"), Rational("1.088499"), Rational("1.4906")),
    range=lambda: None,
    limits=lambda: (0, oo),
    stable=lambda m, x: x * m.tanh(_stable_softplus(m, x)),
    source="Misra, Mish: a self regularized non-monotonic activation function (2019), arXiv:1908.08681",
)

gelu = _define(
    "gelu",
    r"\operatorname{GELU}",
    "The Gaussian error linear unit: x times the normal distribution function at x.",
    definition=lambda x: x * (1 + sympy.erf(x / sqrt(2))) / 2,
    slope=lambda x, y: (1 + sympy.erf(x / sqrt(2))) / 2 + x * exp(-(x**2) / 2) / sqrt(2 * pi),
    largest_slope=lambda: _exactly((1 + sympy.erf(1)) / 2 + exp(-1) / sqrt(pi), at=sqrt(2)),
    range=lambda: None,
    limits=lambda: (0, oo),
    stable=lambda m, x: x * m.erfc(-x / m.sqrt(2)) / 2,
    source=_HENDRYCKS,
)


def _gelu_tanh_inside(m: Any, x: Any) -> Any:
    return m.sqrt(2 / m.pi) * (x + 44715 * x**3 / 1000000)


def _gelu_tanh_slope(x: Expr) -> Expr:
    gate = sympy.tanh(_gelu_tanh_inside(sympy, x))
    return (1 + gate) / 2 + x * (1 - gate**2) * sqrt(2 / pi) * (1 + Rational(3 * 44715, 1000000) * x**2) / 2


gelu_tanh = _define(
    "gelu_tanh",
    r"\operatorname{GELU}_{\tanh}",
    "The approximation of gelu by a hyperbolic tangent.",
    definition=lambda x: x * (1 + sympy.tanh(_gelu_tanh_inside(sympy, x))) / 2,
    slope=lambda x, y: _gelu_tanh_slope(x),
    largest_slope=lambda: (Rational("1.128993"), Rational("1.128994"), Rational("1.4185")),
    range=lambda: None,
    limits=lambda: (0, oo),
    stable=lambda m, x: x * _stable_sigmoid(m, 2 * _gelu_tanh_inside(m, x)),
    source=_HENDRYCKS,
)

_describe(
    "arctan",
    function=sympy.atan,
    definition=sympy.atan,
    slope=lambda x, y: 1 / (1 + x**2),
    slope_in_output=lambda y: cos(y) ** 2,
    largest_slope=lambda: _exactly(1, at=0),
    range=lambda: Interval.open(-pi / 2, pi / 2),
    source="NIST Digital Library of Mathematical Functions, sections 4.23 and 4.24",
)

hard_sigmoid = _define(
    "hard_sigmoid",
    r"\operatorname{hardsigmoid}",
    "The sigmoid from three straight lines as in PyTorch: relu6(x + 3)/6.",
    linear_pieces=True,
    definition=lambda x: Piecewise((0, x <= -3), (x / 6 + S.Half, x < 3), (1, True)),
    slope=lambda x, y: Piecewise((0, x <= -3), (Rational(1, 6), x < 3), (0, True)),
    slope_in_output=lambda y: Piecewise((0, y <= 0), (Rational(1, 6), y < 1), (0, True)),
    largest_slope=lambda: _exactly(Rational(1, 6), at=0),
    kinks=lambda: (-3, 3),
    range=lambda: Interval(0, 1),
    limits=lambda: (0, 1),
    source=f"{_PYTORCH}Hardsigmoid",
)

hard_tanh = _define(
    "hard_tanh",
    r"\operatorname{hardtanh}",
    "The hyperbolic tangent from three straight lines: min(max(-1, x), 1).",
    linear_pieces=True,
    definition=lambda x: Piecewise((-1, x <= -1), (x, x < 1), (1, True)),
    slope=lambda x, y: Piecewise((0, x <= -1), (1, x < 1), (0, True)),
    slope_in_output=lambda y: Piecewise((0, y <= -1), (1, y < 1), (0, True)),
    largest_slope=lambda: _exactly(1, at=0),
    kinks=lambda: (-1, 1),
    range=lambda: Interval(-1, 1),
    limits=lambda: (-1, 1),
    source=f"{_PYTORCH}Hardtanh",
)

logsigmoid = _define(
    "logsigmoid",
    r"\operatorname{logsigmoid}",
    "The logarithm of the sigmoid, -log(1 + exp(-x)).",
    definition=lambda x: -log(1 + exp(-x)),
    slope=lambda x, y: sigmoid(-x),
    slope_in_output=lambda y: 1 - exp(y),
    largest_slope=lambda: _exactly(1, at=-oo),
    range=lambda: Interval.open(-oo, 0),
    limits=lambda: (-oo, 0),
    stable=lambda m, x: -_stable_softplus(m, -x),
    inverse=lambda y: -log(exp(-y) - 1),
    source=f"{_PYTORCH}LogSigmoid",
)

softshrink = _define(
    "softshrink",
    r"\operatorname{softshrink}",
    "Soft thresholding: x moved towards 0 by lamda, which is 1/2 unless given.",
    linear_pieces=True,
    parameters=((_POSITIVE_LAMDA, S.Half),),
    definition=lambda x, lamda: Piecewise((x + lamda, x < -lamda), (0, x <= lamda), (x - lamda, True)),
    slope=lambda x, y, lamda: Piecewise((1, x < -lamda), (0, x <= lamda), (1, True)),
    slope_in_output=lambda y, lamda: Piecewise((1, sympy.Ne(y, 0)), (0, True)),
    largest_slope=lambda lamda: _exactly(1, at=2 * lamda),
    kinks=lambda lamda: (-lamda, lamda),
    source=f"Donoho, De-noising by soft-thresholding (1995); lamda as in {_PYTORCH}Softshrink",
)

gaussian = _define(
    "gaussian",
    r"\operatorname{gaussian}",
    "The radial basis function exp(-x**2).",
    definition=lambda x: exp(-(x**2)),
    slope=lambda x, y: -2 * x * y,
    largest_slope=lambda: _exactly(sqrt(2) * exp(-S.Half), at=sqrt(2) / 2),
    range=lambda: Interval.Lopen(0, 1),
    limits=lambda: (0, 0),
    stable=lambda m, x: m.exp(-(x**2)),
    source="Broomhead, Lowe, Multivariable functional interpolation and adaptive networks (1988)",
)

_describe(
    "sin",
    function=sympy.sin,
    definition=sympy.sin,
    slope=lambda x, y: cos(x),
    largest_slope=lambda: _exactly(1, at=0),
    range=lambda: Interval(-1, 1),
    source="Sitzmann, Martel, Bergman, Lindell, Wetzstein, Implicit neural representations with periodic activation "
    "functions (2020), arXiv:2006.09661",
)

identity = _define(
    "identity",
    r"\operatorname{id}",
    "The identity, the activation of a linear unit; it evaluates to its argument at once.",
    linear_pieces=True,
    definition=lambda x: x,
    slope_in_output=lambda y: S.One,
    largest_slope=lambda: _exactly(1, at=0),
    inverse=lambda y: y,
    source=f"{_PYTORCH}Identity",
)
