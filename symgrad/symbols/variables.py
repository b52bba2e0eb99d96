"""Variables of recurrent networks: scalars, vectors and matrices of symbolic size, each at a time step.

What depends on time carries its time as an argument of the SymPy object, so that ``subs(t, t + 1)`` moves a whole
expression by one step. The state `h` stands for h_t, `h.prev` for h_{t-1}, `h.at(0)` for the initial state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypeAlias

import sympy
from sympy import Basic, Expr, MatrixExpr, S, Symbol
from sympy.core.symbol import Str
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.printing.printer import Printer

from symgrad.base.errors import CellError
from symgrad.base.kinds import expression_of, shown
from symgrad.symbols.arithmetic import Ordered, ReadsAsVector
from symgrad.symbols.notation import declare, upright_words

TIME = Symbol("t", integer=True)
LENGTH = Symbol("T", integer=True, positive=True)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")


class Role(Enum):
    """What a variable is to a cell."""

    STATE = "state"
    INPUT = "input"
    INTERMEDIATE = "intermediate"
    PARAMETER = "parameter"
    ADJOINT = "adjoint"


Dimension: TypeAlias = Expr | int


def dims(names: str) -> tuple[Symbol, ...]:
    """Sizes of vectors and matrices: positive integer symbols.

    Parameters
    ----------
    names : str
        The names, separated by spaces or commas.

    Returns
    -------
    tuple of Symbol
        As many as there are names; one name makes a tuple of one.

    Raises
    ------
    CellError
        If there is no name, or one is no name.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> sg.Parameter("W", n, m).shape
    (n, m)
    """
    if not isinstance(names, str) or not names.strip(" ,"):
        got = "an empty text" if isinstance(names, str) else shown(names)
        raise CellError(f'dims takes names of sizes, as in dims("n m"); got {got}')
    return tuple(Symbol(_name(name), integer=True, positive=True) for name in names.replace(",", " ").split())


class Timed:
    """What the variables that change with time share: a name, a role, a time."""

    args: tuple[Any, ...]
    func: Any

    @property
    def name(self) -> str:
        return str(self.args[0].name)

    @property
    def role(self) -> Role:
        return Role(self.args[1].name)

    @property
    def time(self) -> Expr:
        return self.args[2]

    @property
    def prev(self) -> Expr:
        """The same variable one step earlier."""
        return self.at(self.time - 1)

    @property
    def next(self) -> Expr:
        """The same variable one step later."""
        return self.at(self.time + 1)

    is_call = True  # in powers it stands without brackets

    def at(self, time: Expr | int) -> Any:
        """The same variable at another time."""
        return self.func(self.args[0], self.args[1], sympy.S(time), *self.args[3:])

    @property
    def key(self) -> tuple[str, str]:
        """What it is, whatever the time."""
        return self.name, self.args[1].name

    @property
    def latex_name(self) -> str:
        return name_latex(self.name, self.time)

    def _sympystr(self, printer: Printer) -> str:
        return f"{self.name}[{str(self.time).replace(' ', '')}]"

    @property
    def has_superscript(self) -> bool:
        """Whether its name bears a superscript where it is printed, so that a power of it needs brackets."""
        return has_superscript(self.name)

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        return self.latex_name if exp is None else f"{self.latex_name}^{{{exp}}}"


class TimedScalar(Timed, Ordered):
    """A scalar at a time step; real."""

    is_commutative = True
    is_extended_real = is_real = is_finite = True
    is_complex = True
    is_symbol = False
    _diff_wrt = True
    shape: tuple[Expr, ...] = ()

    def __new__(cls, name: Str, role: Str, time: Expr) -> Any:
        return Expr.__new__(cls, name, role, time)

    def _eval_derivative(self, symbol: Expr) -> Expr:
        return S.One if self == symbol else S.Zero

    def _eval_conjugate(self) -> Expr:
        return self

    @property
    def free_symbols(self) -> set[Any]:
        return {self, *self.time.free_symbols}


class TimedMatrix(Timed, ReadsAsVector):
    """A vector (n, 1) or a matrix at a time step."""

    is_commutative = False
    is_symbol = False

    def __new__(cls, name: Str, role: Str, time: Expr, rows: Expr, columns: Expr) -> MatrixExpr:
        return MatrixExpr.__new__(cls, name, role, time, rows, columns)

    @property
    def shape(self) -> tuple[Expr, Expr]:
        return self.args[3], self.args[4]

    @property
    def free_symbols(self) -> set[Any]:
        return {self, *self.time.free_symbols, *self.args[3].free_symbols, *self.args[4].free_symbols}

    def _entry(self, i: Expr, j: Expr, **options: object) -> Expr:
        return MatrixElement(self, i, j)


class TimedColumn(TimedMatrix):
    """A matrix at a time step that was declared with one column: its arrays have an axis for that."""


class ParameterMatrix(ReadsAsVector, sympy.MatrixSymbol):  # type: ignore[misc]
    """A weight matrix (n, m) or a bias (n, 1)."""

    role = Role.PARAMETER

    @property
    def key(self) -> tuple[str, str]:
        return self.name, Role.PARAMETER.value

    def _sympystr(self, printer: object) -> str:
        return str(self.name)

    @property
    def has_superscript(self) -> bool:
        return has_superscript(self.name)

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        return name_latex(self.name)


class ParameterColumn(ParameterMatrix):
    """A weight matrix that was declared with one column: its arrays have an axis for that."""


Variable: TypeAlias = TimedScalar | TimedMatrix
Parameterlike: TypeAlias = Symbol | ParameterMatrix


def State(name: str, *shape: Dimension, meaning: str = "") -> Variable:
    """A hidden state: `h` is h_t, `h.prev` is h_{t-1}.

    Parameters
    ----------
    name : str
        Letters and digits, with subscripts after an underscore.
    *shape : int or Symbol
        Nothing for a scalar, n for a vector, n and m for a matrix. Arrays have the axes that are declared: a matrix of
        one column, n and 1, is no vector.
    meaning : str
        For the list of symbols of a document.

    Returns
    -------
    Expr
        A real scalar or a matrix of SymPy at the time t; ``.prev``, ``.next`` and ``.at(time)`` are the same variable
        at another time. Its value before the first step is the argument of the same name with a 0, as ``h0``.

    Raises
    ------
    CellError
        If the name is no name, or the shape is neither positive integers nor symbols of `dims`.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> h = sg.State("h", n)
    >>> h, h.prev, h.at(0), h.shape
    (h[t], h[t-1], h[0], (n, 1))
    """
    return _timed(name, Role.STATE, shape, meaning)


def Input(name: str, *shape: Dimension, meaning: str = "") -> Variable:
    """What a cell is given at each step: an input, or the target of a loss.

    Parameters
    ----------
    name : str
        Letters and digits, with subscripts after an underscore.
    *shape : int or Symbol
        Nothing for a scalar, n for a vector, n and m for a matrix. Arrays have the axes that are declared: a matrix of
        one column, n and 1, is no vector.
    meaning : str
        For the list of symbols of a document.

    Returns
    -------
    Expr
        A real scalar or a matrix of SymPy at the time t. Its array has an axis of T steps before those declared here.

    Raises
    ------
    CellError
        If the name is no name, or the shape is neither positive integers nor symbols of `dims`.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, m = sg.dims("n m")
    >>> U, x = sg.Parameter("U", n, m), sg.Input("x", m)
    >>> U @ x, (U @ x).shape
    (U*x[t], (n, 1))
    """
    return _timed(name, Role.INPUT, shape, meaning)


def Intermediate(name: str, *shape: Dimension, meaning: str = "") -> Variable:
    """A value within one step: a pre-activation, a gate, an output.

    Parameters
    ----------
    name : str
        Letters and digits, with subscripts after an underscore.
    *shape : int or Symbol
        Nothing for a scalar, n for a vector, n and m for a matrix. Arrays have the axes that are declared: a matrix of
        one column, n and 1, is no vector.
    meaning : str
        For the list of symbols of a document.

    Returns
    -------
    Expr
        A real scalar or a matrix of SymPy at the time t; an equation of the cell says what it is.

    Raises
    ------
    CellError
        If the name is no name, or the shape is neither positive integers nor symbols of `dims`.

    Examples
    --------
    >>> import symgrad as sg
    >>> a, h, w = sg.Intermediate("a"), sg.State("h"), sg.Parameter("w")
    >>> print(*sg.Cell({a: w * h.prev, h: sg.tanh(a)}).equations, sep="; ")
    a[t] = w*h[t-1]; h[t] = tanh(a[t])
    """
    return _timed(name, Role.INTERMEDIATE, shape, meaning)


def Parameter(name: str, *shape: Dimension, meaning: str = "") -> Parameterlike:
    """What is learned and does not change with time: a weight, a bias.

    Parameters
    ----------
    name : str
        Letters and digits, with subscripts after an underscore.
    *shape : int or Symbol
        Nothing for a scalar, n for a vector, n and m for a matrix. Arrays have the axes that are declared: a matrix of
        one column, n and 1, is no vector.
    meaning : str
        For the list of symbols of a document.

    Returns
    -------
    Expr
        A real symbol of SymPy if it is a scalar, else a matrix; a vector is a matrix of one column.

    Raises
    ------
    CellError
        If the name is no name, or the shape is neither positive integers nor symbols of `dims`.

    Examples
    --------
    >>> import symgrad as sg
    >>> n, = sg.dims("n")
    >>> W, h = sg.Parameter("W", n, n, meaning="recurrent weight"), sg.State("h", n)
    >>> W @ h.prev
    W*h[t-1]
    >>> W @ sg.Parameter("b", n).T
    Traceback (most recent call last):
    symgrad.ShapeError: W @ b.T: shapes (n, n) and (1, n) do not fit
    """
    checked = _name(name)
    if not shape:
        return declare(Symbol(checked, real=True), meaning)
    rows, columns = _two_dimensional(name, shape)
    kind = ParameterColumn if _is_column(shape) else ParameterMatrix
    return declare(kind(checked, rows, columns), meaning)


def adjoint(name: str, of: Variable) -> Variable:
    """The adjoint of a variable at the same time, under this name."""
    made: Variable = of.func(Str(name), Str(Role.ADJOINT.value), *of.args[2:])
    return made


def _timed(name: str, role: Role, shape: tuple[Dimension, ...], meaning: str) -> Variable:
    facts = Str(_name(name)), Str(role.value), TIME
    kind = TimedColumn if _is_column(shape) else TimedMatrix
    made = kind(*facts, *_two_dimensional(name, shape)) if shape else TimedScalar(*facts)
    declared: Variable = declare(made, meaning)
    return declared


def _is_column(shape: tuple[Dimension, ...]) -> bool:
    return len(shape) == 2 and isinstance(shape[1], Expr | int) and shape[1] == 1


def _name(name: str) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        rule = "a name is letters and digits, with subscripts after an underscore, as in a_f"
        raise CellError(f"{rule}; got {shown(name)}")
    return name


def _two_dimensional(name: str, shape: tuple[Dimension, ...]) -> tuple[Expr, Expr]:
    takes = f"{name}: a shape is nothing, n, or n and m, each a positive integer or of dims"
    sizes = [expression_of(size, takes) for size in shape]
    if len(sizes) > 2 or not all(s.is_integer and s.is_positive for s in sizes):
        raise CellError(f"{takes}; got {', '.join(map(str, shape))}")
    return (sizes[0], S.One) if len(sizes) == 1 else (sizes[0], sizes[1])


def shape_of(expression: Expr) -> tuple[Expr, ...]:
    """The shape of an expression: () for a scalar, (n, m) for a matrix, (n, 1) for a vector."""
    return tuple(expression.shape) if isinstance(expression, MatrixExpr) else ()


def declared_shape(variable: Expr) -> tuple[Expr, ...]:
    """The shape under which a variable or parameter was declared, and that its arrays have: (n,) for a vector.

    Examples
    --------
    >>> import symgrad as sg
    >>> declared_shape(sg.Parameter("b", 1)), declared_shape(sg.Parameter("W", 1, 1))
    ((1,), (1, 1))
    """
    shape = shape_of(variable)
    is_vector = len(shape) == 2 and shape[1] == 1 and not isinstance(variable, TimedColumn | ParameterColumn)
    return shape[:1] if is_vector else shape


def at_time(expression: Basic, time: Expr | int) -> Any:
    """The expression with everything in it moved from t to `time`; bound indices stay."""
    return expression.subs(TIME, time) if hasattr(expression, "subs") else expression


def timed_in(expression: Expr) -> list[Variable]:
    """All variables that change with time and stand in an expression, in a fixed order."""
    return sorted(expression.atoms(TimedScalar, TimedMatrix), key=lambda v: (v.name, str(v.time)))


def parameters_in(expression: Expr) -> list[Parameterlike]:
    """All parameters of an expression in the order of their names."""
    sizes = size_symbols(expression.atoms(MatrixExpr))
    scalars = {
        s
        for s in expression.atoms(Symbol)
        if s not in sizes | {TIME, LENGTH} and not s.is_integer and not isinstance(s, sympy.Dummy)
    }
    return sorted({*scalars, *expression.atoms(ParameterMatrix)}, key=lambda p: p.name)


def size_symbols(things: Iterable[Basic]) -> set[Symbol]:
    """The symbols in the shapes of variables, parameters and other expressions."""
    return {s for thing in things for size in shape_of(thing) for s in sympy.S(size).free_symbols}


def renamed(expression: Expr, names: Mapping[str, str]) -> Expr:
    """The expression with other names for its variables and parameters."""
    table: dict[MatrixExpr, MatrixExpr] = {}
    for v in timed_in(expression):
        if v.name in names:
            table[v] = v.func(Str(names[v.name]), *v.args[1:])
    for p in parameters_in(expression):
        if p.name in names:
            new = names[p.name]
            table[p] = Symbol(new, real=True) if isinstance(p, Symbol) else p.func(new, *p.shape)
    return expression.xreplace(table)


_ACCENTS = {"bar": r"\overline", "tilde": r"\tilde", "hat": r"\hat"}


def name_latex(name: str, time: Expr | None = None) -> str:
    """The LaTeX of a name, with its time among the subscripts.

    Examples
    --------
    >>> from sympy.abc import t
    >>> print(name_latex("hbar", t - 1), name_latex("delta_f", t), name_latex("W_hx"))
    \\overline{h}{}_{t - 1} \\delta_{f, t} W_{hx}
    """
    first, *below = name.split("_")
    for ending, accent in _ACCENTS.items():
        if first.endswith(ending) and first != ending:
            letter = _letter(first.removesuffix(ending))
            return _with_subscripts(f"{accent}{{{letter}}}{{}}", below, time)
    return _with_subscripts(_letter(first), below, time)


def has_superscript(name: str) -> bool:
    """Whether the LaTeX of a name bears a superscript: a number behind letters.

    Examples
    --------
    >>> has_superscript("W1"), has_superscript("W_1"), "^" in name_latex("W1")
    (True, False, True)
    """
    return re.fullmatch(r"[A-Za-z]+\d+", name.partition("_")[0]) is not None


def _letter(name: str) -> str:
    match = re.fullmatch(r"([A-Za-z]+)(\d*)", name)
    if match is None:
        return rf"\mathrm{{{name}}}"
    letters, digits = match.groups()
    shown = sympy.latex(Symbol(letters)) if len(letters) > 1 else letters
    if len(letters) > 1 and not shown.startswith("\\"):
        shown = rf"\mathrm{{{letters}}}"
    return f"{shown}^{{({digits})}}" if digits else shown


def _with_subscripts(letter: str, below: list[str], time: Expr | None) -> str:
    scripts = [*_shown_subscripts(below), *([sympy.latex(time)] if time is not None else [])]
    return letter + (f"_{{{', '.join(scripts)}}}" if scripts else "")


def _shown_subscripts(parts: list[str]) -> list[str]:
    """Names of Greek letters as letters; a number behind a name tells names apart, and is not read as a step."""
    shown: list[str] = []
    for place, part in enumerate(parts):
        if part.isdigit() and place and not parts[place - 1].isdigit():
            shown[-1] += f"^{{({part})}}"
        else:
            letter = sympy.latex(Symbol(part)) if part.isalpha() else part
            shown.append(letter if letter.startswith("\\") else upright_words(part))
    return shown
