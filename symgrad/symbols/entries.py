"""LaTeX of functions of each entry, as papers write them."""

from __future__ import annotations

import re

import sympy
from sympy import Derivative, Expr, Lambda, MatrixExpr, S, Symbol
from sympy.core.function import Application
from sympy.printing.precedence import PRECEDENCE, precedence_traditional
from sympy.printing.printer import Printer

from symgrad.symbols.notation import StandIn, stand_in, strength

_CALL = re.compile(r"(.+?)\{?\\left\(y *\\right\)\}?")


def function_of_entries(printer: Printer, function: Lambda, argument: MatrixExpr) -> str:
    """LaTeX of a function of each entry: a call of its name, or its formula with the vector for the entry.

    Formulas of whole matrices mean something else, as e^W is the exponential of a matrix: there the entry stands.

    Examples
    --------
    >>> import sympy
    >>> import symgrad as sg
    >>> from symgrad.symbols.notation import latex
    >>> n, = sg.dims("n")
    >>> h, W = sg.State("h", n), sg.Parameter("W", n, n)
    >>> print(latex(sg.elementwise(sympy.exp, W @ h)), latex(sg.tanh(W)))
    e^{W h_{t}} \\tanh\\left(W\\right)
    >>> print(latex(sg.elementwise(lambda y: y**3, W)), latex(sg.elementwise(lambda y: 1 + y**3, W)))
    W^{\\circ 3} \\left(W_{ij}^{3} + 1\\right)_{ij}
    """
    (y,), body = function.variables, function.expr
    if head := _head(printer, body, y):
        return rf"{head}\left({printer.doprint(argument)}\right)"
    if _is_vector(argument):
        return str(printer.doprint(body.xreplace({y: stand_in(printer, argument)})))
    if body == y:
        return str(printer.doprint(argument))
    if isinstance(body, sympy.exp) and body.args == (y,):
        return rf"\exp\left({printer.doprint(argument)}\right)"
    if isinstance(body, sympy.Pow) and body.base == y and not body.exp.has(y):
        return str(printer.doprint(sympy.HadamardPower(argument, body.exp)))
    return rf"\left({printer.doprint(body.xreplace({y: _entry(printer, argument)}))}\right)_{{ij}}"


def precedence_of_entries(function: Lambda, argument: MatrixExpr) -> int:
    """How strongly the parts of what is printed for a function of each entry are bound."""
    (y,), body = function.variables, function.expr
    if body == y:
        return strength(argument)
    if isinstance(body, sympy.exp):
        return int(PRECEDENCE["Pow" if _is_vector(argument) else "Atom"])
    if isinstance(body, Application | Derivative):
        return int(PRECEDENCE["Atom"])
    is_formula = _is_vector(argument) or isinstance(body, sympy.Pow)
    return int(precedence_traditional(body) if is_formula else PRECEDENCE["Atom"])


def function_of_several(printer: Printer, function: Lambda, arguments: tuple[MatrixExpr, ...]) -> str:
    """LaTeX of a function of the entries in one place: its formula with the vectors for their entries.

    Examples
    --------
    >>> import sympy
    >>> import symgrad as sg
    >>> from symgrad.symbols.notation import latex
    >>> n, = sg.dims("n")
    >>> print(latex(sg.elementwise(sympy.Max, sg.State("u", n), sg.State("v", n))))
    \\max\\left(u_{t}, v_{t}\\right)
    """
    if all(map(_is_vector, arguments)):
        return str(printer.doprint(_with(function, [stand_in(printer, a) for a in arguments])))
    inside = printer.doprint(_with(function, [_entry(printer, a) for a in arguments]))
    return rf"\left({inside}\right)_{{ij}}"


def precedence_of_several(function: Lambda, arguments: tuple[MatrixExpr, ...]) -> int:
    """How strongly the parts of what is printed for a function of several entries are bound."""
    is_formula = all(map(_is_vector, arguments)) and not isinstance(function.expr, Application)
    return int(precedence_traditional(function.expr) if is_formula else PRECEDENCE["Atom"])


def _with(function: Lambda, values: list[Expr]) -> Expr:
    return function.expr.xreplace(dict(zip(function.variables, values)))


def _is_vector(argument: MatrixExpr) -> bool:
    return S.One in argument.shape


def _head(printer: Printer, body: Expr, y: Symbol) -> str:
    """The name of a function, or that of a slope, as it stands before the bracket with the entry; else nothing."""
    is_slope = isinstance(body, Derivative) and body.variables == (y,)
    call = body.expr if is_slope else body
    if not isinstance(call, Application) or call.args[:1] != (y,) or any(a.has(y) for a in call.args[1:]):
        return ""
    found = _CALL.fullmatch(str(printer.doprint(call.xreplace({y: Symbol("y")}))))
    return f"{found[1]}{chr(39) * is_slope}" if found else ""


def _entry(printer: Printer, argument: MatrixExpr) -> Expr:
    shown = printer.doprint(argument)
    whole = shown if shown.isalnum() else rf"\left({shown}\right)"
    return StandIn(rf"{whole}_{{ij}}", PRECEDENCE["Atom"])
