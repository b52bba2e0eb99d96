"""Functions of the entries of matrices in each place; within cases, of what is asked for only where it is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy
from sympy import Basic, Derivative, Dummy, Expr, Lambda, MatrixExpr, OneMatrix, S, Symbol
from sympy.core.function import Application, Function
from sympy.printing.printer import Printer

from symgrad.base.errors import CellError
from symgrad.symbols.arithmetic import ReadsAsVector
from symgrad.symbols.conditions import letters_of, made_of_numbers
from symgrad.symbols.entries import (
    function_of_entries,
    function_of_several,
    precedence_of_entries,
    precedence_of_several,
)
from symgrad.symbols.totals import is_no_wider, is_total


class Elementwise(ReadsAsVector):
    """A function of each entry of a vector or matrix: args are a Lambda of one variable and the matrix."""

    def __new__(cls, function: Lambda, argument: MatrixExpr) -> Any:
        return MatrixExpr.__new__(cls, function, argument)

    @property
    def function(self) -> Lambda:
        return self.args[0]

    @property
    def argument(self) -> MatrixExpr:
        return self.args[1]

    @property
    def shape(self) -> Any:
        return self.args[1].shape

    @property
    def free_symbols(self) -> set[Any]:
        return set(self.argument.free_symbols) | set(self.function.free_symbols)

    def has(self, *patterns: Any) -> bool:
        """Whether something stands in it; but no cases, since they are those of an entry.

        A sum of SymPy takes all cases that it sees in its term out of the sum, conditions on a bound entry too.
        """
        return bool(super().has(*(p for p in patterns if p is not sympy.Piecewise)))

    def at_entry(self, value: Expr) -> Expr:
        """What an entry becomes."""
        return self.function(value)

    def _entry(self, i: Expr, j: Expr, **options: object) -> Expr:
        return self.function(self.argument[i, j])

    def doit(self, **hints: object) -> Expr:
        return Elementwise(self.function, self.argument.doit(**hints)) if hints.get("deep", True) else self

    def _sympystr(self, printer: Any) -> str:
        (y,), body = self.function.variables, self.function.expr
        argument = printer.doprint(self.argument)
        if isinstance(body, Derivative):
            return f"{body.expr.func.__name__}'({argument})"
        if isinstance(body, Function) and body.args == (y,):
            return f"{body.func.__name__}({argument})"
        return f"[{printer.doprint(body.xreplace({y: Symbol(_placeholder(argument))}))}]"

    def _latex(self, printer: Printer) -> str:
        return function_of_entries(printer, self.function, self.argument)

    @property
    def precedence(self) -> int:
        """How strongly its parts are bound where it is printed."""
        return precedence_of_entries(self.function, self.argument)


class OfEntries(ReadsAsVector):
    """A function of the entries in one place of several matrices: args are a Lambda of as many variables, and these."""

    def __new__(cls, function: Lambda, *arguments: MatrixExpr) -> Any:
        return MatrixExpr.__new__(cls, function, *arguments)

    @property
    def function(self) -> Lambda:
        return self.args[0]

    @property
    def arguments(self) -> tuple[MatrixExpr, ...]:
        return tuple(self.args[1:])

    @property
    def shape(self) -> Any:
        return self.args[1].shape

    @property
    def free_symbols(self) -> set[Any]:
        return set().union(*(part.free_symbols for part in self.args))

    def has(self, *patterns: Any) -> bool:
        """Whether something stands in it; but no cases, as in `Elementwise`."""
        return bool(super().has(*(p for p in patterns if p is not sympy.Piecewise)))

    def _entry(self, i: Expr, j: Expr, **options: object) -> Expr:
        return self.function(*(argument[i, j] for argument in self.arguments))

    def with_arguments(self, change: Callable[[MatrixExpr], MatrixExpr]) -> MatrixExpr:
        """The same function of other matrices."""
        return OfEntries(self.function, *map(change, self.arguments))

    def doit(self, **hints: object) -> Expr:
        return self.with_arguments(lambda m: m.doit(**hints)) if hints.get("deep", True) else self

    def _sympystr(self, printer: Any) -> str:
        is_call = isinstance(self.function.expr, Application)
        texts = [printer.doprint(m) for m in self.arguments]
        shown = dict(zip(self.function.variables, (Symbol(t if is_call else _placeholder(t)) for t in texts)))
        body = printer.doprint(self.function.expr.xreplace(shown))
        return body if is_call else f"[{body}]"

    def _latex(self, printer: object) -> str:
        return function_of_several(printer, self.function, self.arguments)

    @property
    def precedence(self) -> int:
        """How strongly its parts are bound where it is printed."""
        return precedence_of_several(self.function, self.arguments)


def _placeholder(text: str) -> str:
    return text if text.replace("[", "").replace("]", "").isalnum() else f"({text})"


def of_entries(formula: Expr, letters: Mapping[MatrixExpr, Symbol]) -> MatrixExpr:
    """A formula in the letters that stand for the entries of matrices, in each place.

    Examples
    --------
    >>> import symgrad as sg
    >>> u, v = sg.State("u", 3), sg.State("v", 3)
    >>> letters = letters_of([u, v])
    >>> of_entries(sympy.Max(*letters.values()), letters), of_entries(sympy.Max(letters[v], 0), letters)
    (Max(u[t], v[t]), [Max(0, v[t])])
    """
    if made_of_numbers(formula).has(sympy.Piecewise):
        formula, letters = _within_cases(formula, letters)
    inside = {m: letter for m, letter in letters.items() if formula.has(letter)} or dict([next(iter(letters.items()))])
    named = dict(zip(inside.values(), letters_of(inside).values()))
    function = Lambda(tuple(named.values()), formula.xreplace(named))
    lost = next((p for p in _partial_numbers([formula]) if not _keeps(function.expr, [p.xreplace(named)])), None)
    if lost is not None:
        raise CellError(f"{lost} cancels here, and it has no value everywhere; write it without")
    if len(inside) > 1:
        return OfEntries(function, *inside)
    (argument,) = inside
    return argument if function.expr.is_Dummy else Elementwise(function, argument)


def _within_cases(formula: Expr, letters: Mapping[MatrixExpr, Symbol]) -> tuple[Expr, dict[MatrixExpr, Symbol]]:
    """Cases whose matrices have values everywhere: what need not have one is a function of entries within the cases,
    so that it is asked for only where it is chosen.
    """
    found: dict[MatrixExpr, Symbol] = {m: letter for m, letter in letters.items() if not _is_partial(m)}

    def entry(m: Any) -> Expr:
        join, numbers, matrices = made_of_entries(m)
        if m in found or join is None or any(number.atoms(MatrixExpr) for number in numbers):
            return S.One if isinstance(m, OneMatrix) else found.setdefault(m, Dummy(real=True))
        parts = [*numbers, *map(entry, matrices)]
        is_kept = _all_kept(join, parts) if isinstance(join, Lambda) else _keeps(join(*parts), parts)
        return join(*parts) if is_kept else found.setdefault(m, Dummy(real=True))

    for m in [m for m in letters if m not in found]:
        whole = entry(m)
        opened = formula.xreplace({letters[m]: whole})
        if _is_kept(formula, letters[m], whole) and _keeps(opened, [whole]):  # equal cases are one, without conditions
            formula = opened
        else:
            found[m] = letters[m]
    return formula, found or dict(letters)


def made_of_entries(m: Any) -> tuple[Callable[..., Expr] | None, Sequence[Expr], Sequence[Any]]:
    """How an entry of a matrix is made of numbers and of the entries of others in the same place, if it is.

    Examples
    --------
    >>> import symgrad as sg
    >>> u, v, w = sg.State("u", 3), sg.State("v", 3), sg.Parameter("w")
    >>> made_of_entries(w * sg.hadamard(u, v))[1:]
    ([w], (HadamardProduct(u[t], v[t]),))
    """
    if _is_power_of_entries(m):
        return _power, (m.exp,), (m.base,)
    if isinstance(m, Elementwise | OfEntries):
        return m.function, (), m.args[1:]
    if isinstance(m, sympy.MatAdd):
        return sympy.Add, (), m.args
    if isinstance(m, sympy.HadamardProduct):
        return sympy.Mul, (), m.args
    if isinstance(m, sympy.MatMul):
        numbers = [a for a in m.args if not isinstance(a, MatrixExpr)]
        matrices = [a for a in m.args if isinstance(a, MatrixExpr)]
        if numbers:
            return sympy.Mul, numbers, (sympy.MatMul(*matrices).doit(deep=False),)
    return None, (), ()


def _power(exponent: Expr, base: Expr) -> Expr:
    return base**exponent


def _all_kept(function: Lambda, parts: Sequence[Expr]) -> bool:
    """Whether what need not have a value in the arguments of a function is kept in each of its cases."""
    known = dict(zip(function.variables, parts, strict=True))
    for letter, part in known.items():
        others = function.expr.xreplace({y: e for y, e in known.items() if y != letter})
        if not _is_kept(others, letter, part):
            return False
    return True


def _is_kept(formula: Expr, letter: Symbol, part: Expr) -> bool:
    """Whether what need not have a value in a part is kept where the letter for it stands, in each case by itself."""
    cases = list(_outermost_cases(formula))
    outside = formula.xreplace({each: Dummy(real=True) for each in cases})
    if outside.has(letter) and not _keeps(outside.xreplace({letter: part}), [part]):
        return False
    return all(_is_kept(own, letter, part) for each in cases for case in each.args for own in case.args)


def _outermost_cases(formula: Basic) -> Iterator[sympy.Piecewise]:
    if isinstance(formula, sympy.Piecewise):
        yield formula
        return
    for part in formula.args:
        yield from _outermost_cases(part)


def _keeps(whole: Expr, parts: Iterable[Expr]) -> bool:
    """Whether what need not have a value in the parts stands in the whole, of which SymPy cancels some, as in y/y."""
    powers = whole.atoms(sympy.Pow)
    return all(
        any(p.base == part.base and is_no_wider(p.exp, part.exp) for p in powers)
        if isinstance(part, sympy.Pow)
        else whole.has(part)
        for part in _partial_numbers(parts)
    )


def _partial_numbers(parts: Iterable[Expr]) -> Iterator[Expr]:
    """The powers and functions in numbers that need not have a value where their arguments have one."""
    return (part for e in parts for part in e.atoms(sympy.Pow, Function) if not part.is_real)


def _is_partial(m: MatrixExpr) -> bool:
    """Whether an entry of a matrix may have no value, made of entries and numbers that have one."""
    bodies = (part.function.expr for part in m.atoms(Elementwise, OfEntries))
    powers = (power for power in m.atoms(sympy.HadamardPower, sympy.MatPow) if _is_power_of_entries(power))
    numbers = (number for product in m.atoms(sympy.MatMul) for number in product.args if not number.is_Matrix)
    return (
        any(not _is_natural(power.exp) for power in powers)
        or any(not is_total(body) or any(part.args for part in body.args) for body in bodies)
        or any(True for _ in _partial_numbers(numbers))
    )


def _is_power_of_entries(m: MatrixExpr) -> bool:
    """Whether it is a power of each entry, as any power of a 1 by 1 matrix is."""
    return isinstance(m, sympy.HadamardPower) or (isinstance(m, sympy.MatPow) and m.shape == (1, 1))


def _is_natural(exponent: Expr) -> bool:
    return bool(exponent.is_Integer and exponent > 0)
