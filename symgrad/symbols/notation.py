"""Symbols of the field: how they are made, what they mean, how they are printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

import sympy
from sympy import AtomicExpr, Basic, Expr, Symbol
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE, precedence_traditional
from sympy.printing.printer import Printer

from symgrad.base.kinds import demand
from symgrad.symbols.parts import in_order, is_inverse, is_ones, quotient_of

# SymPy compares symbols by name and assumptions and caches the expressions they stand in, so a symbol
# cannot carry a text of its own. Meanings live beside them, one vocabulary for each derivation file.
_meanings: ContextVar[dict[Symbol, str] | None] = ContextVar("symgrad_meanings", default=None)
# Those of all contexts but derivation files, so that a thread knows what another one has declared.
_known_elsewhere: dict[Symbol, str] = {}
# What a derivation file has declared so far, by name; None for a name of two symbols. No file is read: no names.
_declared: ContextVar[dict[str, Symbol | None] | None] = ContextVar("symgrad_declared", default=None)


def real(name: str, meaning: str = "") -> Symbol:
    """A real symbol, with its meaning for the list of symbols of a document.

    Parameters
    ----------
    name : str
        Its name; a Greek letter by its English name, subscripts after an underscore.
    meaning : str
        What the list of symbols says of it; not listed if empty.

    Returns
    -------
    Symbol
        SymPy's, with ``real=True``; texts in the same derivation file mean it by its name.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x", "pre-activation")
    >>> x.is_real, x == sg.parse("x")
    (True, True)
    """
    return declare(Symbol(demand(str, name, "a name is text"), real=True), meaning)


def integer(name: str, meaning: str = "") -> Symbol:
    """An integer symbol, such as a number of steps, with its meaning.

    Parameters
    ----------
    name : str
        Its name; a Greek letter by its English name, subscripts after an underscore.
    meaning : str
        What the list of symbols says of it; not listed if empty.

    Returns
    -------
    Symbol
        SymPy's, with ``integer=True``; texts in the same derivation file mean it by its name.

    Examples
    --------
    >>> import symgrad as sg
    >>> T = sg.integer("T", "number of steps")
    >>> T.is_integer, T.is_positive
    (True, None)
    """
    return declare(Symbol(demand(str, name, "a name is text"), integer=True), meaning)


def meanings(symbols: Iterable[Symbol]) -> Mapping[Symbol, str]:
    """Those of the symbols that were declared with a meaning, in order of their names."""
    known: Mapping[Symbol, str] = _meanings.get() or {}
    if _declared.get() is None:
        known = {**_known_elsewhere, **known}
    return {s: known[s] for s in sorted(symbols, key=lambda s: (s.name.lower(), s.name)) if s in known}


def fresh_vocabulary() -> None:
    """Forget all meanings in this context, and keep what is declared; a loader calls it before it reads a file."""
    _meanings.set({})
    _declared.set({})


def declared() -> dict[str, Symbol]:
    """The symbols that the derivation file which is being read has declared: texts in it mean these by their names."""
    return {name: symbol for name, symbol in (_declared.get() or {}).items() if symbol is not None}


def declare(symbol: Expr, meaning: str) -> Expr:
    """The symbol, whose meaning is kept for the list of symbols of a document."""
    demand(str, meaning, "a meaning is text")
    known = _meanings.get()
    if known is None:
        _meanings.set(known := {})
    names = _declared.get()
    if meaning:
        known[symbol] = meaning
        if names is None:
            _known_elsewhere[symbol] = meaning
    if names is not None and type(symbol) is Symbol:
        names[symbol.name] = symbol if names.get(symbol.name, symbol) == symbol else None
    return symbol


# What may stand in a name without being text: letters, digits, Greek, primes, and at most one script of each kind in
# braces. Anything else could be a command of TeX.
_LETTERS = "A-Za-z0-9\u0391-\u03a9\u03b1-\u03c9"
_PLAIN_NAME = re.compile(rf"[{_LETTERS}][{_LETTERS}_]*'*(\^[{_LETTERS}]+)?")
_NAME_WITH_SCRIPTS = re.compile(
    rf"[{_LETTERS}]+'*(?:_\{{[{_LETTERS} +\-*,'()]+\}})?(?:\^\{{[{_LETTERS} +\-*,'()]+\}})?"
)
_WORD = re.compile(r"^(?!d[A-Z]$)[A-Za-z]{2,}")  # dW is the gradient of W
_TEXT_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        **{c: "\\" + c for c in "{}$&#%_"},
        **{chr(code): " " for code in (*range(32), 127)},
    }
)


def latex_text(text: str) -> str:
    """Text for LaTeX, of which nothing is a command.

    Examples
    --------
    >>> print(latex_text("100 % of $x_1$"))
    100 \\% of \\$x\\_1\\$
    """
    return text.translate(_TEXT_ESCAPES)


LEAST_DECIMAL_DENOMINATOR, MOST_DECIMALS = 1000, 20


def decimal_text(number: sympy.Rational) -> str:
    """A fraction that was surely written as a decimal, as that decimal; nothing for other fractions.

    Examples
    --------
    >>> [decimal_text(sympy.Rational(p, q)) for p, q in ((97, 100000), (1, 1024), (3, 10))]
    ['0.00097', '', '']
    """
    p, q = int(number.p), int(number.q)
    twos, fives = sympy.multiplicity(2, q), sympy.multiplicity(5, q)
    decimals = max(twos, fives)
    if not fives or 2**twos * 5**fives != q or q < LEAST_DECIMAL_DENOMINATOR or decimals > MOST_DECIMALS:
        return ""
    digits = str(abs(p) * 10**decimals // q).zfill(decimals + 1)
    return f"{'-' if p < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def _call_of(head: str) -> Callable[..., str]:
    """How a function is printed by its name."""

    def printed(self: Printer, expr: sympy.Basic, exp: str | None = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{head}{power}\left({', '.join(map(self._print, expr.args))}\right)"

    return printed


class StandIn(AtomicExpr):  # type: ignore[misc]
    """An entry of a matrix in a formula of entries: printed as that matrix, in brackets where the matrix needs them."""

    is_real = True
    is_commutative = True
    _diff_wrt = True

    def __new__(cls, tex: str, precedence: int) -> StandIn:
        made: StandIn = AtomicExpr.__new__(cls)
        made.tex, made.precedence = tex, precedence
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return self.tex, self.precedence

    def sort_key(self, order: object = None) -> Any:
        return Symbol(f"z{self.tex}").sort_key(order)  # behind coefficients, whatever its text begins with

    def _sympystr(self, printer: Printer) -> str:
        return str(self.tex)

    _latex = _sympystr


def stand_in(printer: Printer, matrix: sympy.Basic) -> StandIn:
    """A scalar that LaTeX prints as a matrix; operations with it are those of each entry."""
    return StandIn(str(printer.doprint(matrix)), strength(matrix))


def strength(e: sympy.Basic) -> int:
    """How strongly the parts of an expression are bound where it is printed; SymPy's, and those that SymPy lacks."""
    if isinstance(e, sympy.MatMul) and _bears_minus(e):
        return int(PRECEDENCE["Add"])
    bears_one = isinstance(e, sympy.Transpose) or getattr(e, "has_superscript", False) or quotient_of(e)
    return int(PRECEDENCE["Pow"] if bears_one else precedence_traditional(e))


def _bears_minus(e: sympy.MatMul) -> bool:
    number = e.args[0]
    return bool((number.is_number or number.is_Mul) and number.could_extract_minus_sign())


_WORD_BELOW = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")


def upright_words(scripts: str) -> str:
    """The LaTeX of subscripts with their words upright; letters of one or two things, as in W_hx, are no word.

    Examples
    --------
    >>> print(upright_words("{log, t}"), upright_words(r"{hx, \\Delta}"))
    {\\mathrm{log}, t} {hx, \\Delta}
    """
    return _WORD_BELOW.sub(r"\\mathrm{\g<0>}", scripts)


# SymPy puts the names of functions through the operator %, so that sign waits until SymPy is done.
_PERCENT = "\0"


class _Printer(LatexPrinter):  # type: ignore[misc]
    """SymPy's LaTeX, except that a name which is no plain one is set as text and never read as commands."""

    def _deal_with_super_sub(self, string: str, style: str = "plain") -> str:
        if _PLAIN_NAME.fullmatch(string) or _NAME_WITH_SCRIPTS.fullmatch(string):
            return str(super()._deal_with_super_sub(string, style=style))
        return rf"\text{{{latex_text(string)}}}".replace("%", _PERCENT)

    # Names that SymPy takes for a letter with a subscript.
    _print_atan2 = _call_of(r"\operatorname{atan2}")
    _print_erf2 = _call_of(r"\operatorname{erf2}")
    _print_riemann_xi = _call_of(r"\xi")

    def _print_hermite_prob(self, expr: sympy.Basic, exp: str | None = None) -> str:
        degree, x = map(self._print, expr.args)
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\operatorname{{He}}_{{{degree}}}{power}\left({x}\right)"

    def _print_Symbol(self, expr: Symbol, style: str = "plain") -> str:
        shown = str(super()._print_Symbol(expr, style=style))
        if shown.startswith(r"\text"):
            return shown
        letter, sign, below = shown.partition("_")
        # The letters of a word are no product; of a Greek letter or of one with an accent SymPy has made a command.
        return _WORD.sub(r"\\mathrm{\g<0>}", letter) + sign + upright_words(below)

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return decimal_text(expr) or str(super()._print_Rational(expr))

    def _print_Str(self, expr: sympy.Basic) -> str:
        return self._deal_with_super_sub(str(expr))

    def _print_str(self, expr: str) -> str:
        return self._deal_with_super_sub(expr)

    def _print_Add(self, expr: sympy.Add, order: str | None = None) -> str:
        """Terms in SymPy's order, but for those that hold variables with roles."""
        parts = expr.atoms(sympy.Expr) | expr.free_symbols
        if not any(hasattr(part, "role") or isinstance(part, StandIn) for part in parts):
            return str(super()._print_Add(expr, order))
        return self._signed_sum(in_order(self._as_ordered_terms(expr, order=order)))

    def _print_Mul(self, expr: sympy.Mul) -> str:
        if isinstance(-expr, StandIn):  # SymPy takes brackets for sums of its own alone
            return f"- {self.parenthesize(-expr, PRECEDENCE['Mul'])}"
        return str(super()._print_Mul(expr))

    def _signed_sum(self, parts: Iterable[sympy.Basic]) -> str:
        """The terms in their order, those without a minus first."""
        terms = [str(self._print(part)) for part in parts]
        plain = [term for term in terms if not term.startswith("-")]
        return " + ".join(plain) + "".join(f" - {term[1:].lstrip()}" for term in terms if term.startswith("-"))

    def _print_Limit(self, expr: sympy.Limit) -> str:
        of, x, place, direction = expr.args
        side = "" if str(direction) == "+-" or place.is_infinite else f"^{{{direction}}}"
        shown = str(self._print(of))
        inside = rf"\left({shown}\right)" if isinstance(of, sympy.Add) else shown
        return rf"\lim_{{{self._print(x)} \to {self._print(place)}{side}}} {inside}"

    def parenthesize(self, item: Basic, level: int, is_neg: bool = False, strict: bool = False) -> str:
        """In brackets too where a name that has a superscript gets another one."""
        if level == PRECEDENCE["Pow"] and getattr(item, "has_superscript", False):
            return rf"\left({self._print(item)}\right)"
        return str(super().parenthesize(item, level, is_neg, strict))

    def _print_HadamardProduct(self, expr: sympy.HadamardProduct) -> str:
        if quotient := quotient_of(expr):
            return r"\frac{{{}}}{{{}}}".format(*map(self._print, quotient))
        return r" \odot ".join(self._factor(factor) for factor in in_order(expr.args))

    def _print_HadamardPower(self, expr: sympy.HadamardPower) -> str:
        if sympy.S.One in expr.shape:
            return str(self._print(stand_in(self, expr.base) ** expr.exp))
        return rf"{self._base(expr.base)}^{{\circ {self._print(expr.exp)}}}"

    def _print_Transpose(self, expr: sympy.Transpose) -> str:
        return rf"{self._base(expr.arg)}^\top"

    def _print_MatPow(self, expr: sympy.MatPow) -> str:
        return f"{self._base(expr.base)}^{{{self._print(expr.exp)}}}"

    def _base(self, expr: sympy.Basic) -> str:
        """What has a power, in brackets where it is a power, a product or a sum itself."""
        return self._bracketed(expr, strength(expr) <= PRECEDENCE["Pow"])

    def _print_DiagMatrix(self, expr: sympy.DiagMatrix) -> str:
        return rf"\operatorname{{diag}}\left({self._print(expr.args[0])}\right)"

    def _print_OneMatrix(self, expr: sympy.OneMatrix) -> str:
        is_row = expr.shape[0] == 1 and expr.shape[1] != 1
        return r"\mathbf{1}^\top" if is_row else r"\mathbf{1}"

    def _print_Identity(self, expr: sympy.Identity) -> str:
        return str(self._print(sympy.OneMatrix(1, 1)) if is_ones(expr) else super()._print_Identity(expr))

    def _print_MatAdd(self, expr: sympy.MatAdd) -> str:
        return self._signed_sum(in_order(expr.args))

    def _print_MatMul(self, expr: sympy.MatMul) -> str:
        sign, expr = ("- ", -expr) if _bears_minus(expr) else ("", expr)
        if not isinstance(expr, sympy.MatMul):
            return sign + str(self._print(expr))
        number, last = expr.args[0], expr.args[-1]
        is_fraction = number.is_Rational and not number.is_Integer
        if len(expr.args) == 2 and is_inverse(last) and not (is_fraction or isinstance(number, sympy.MatrixExpr)):
            return rf"{sign}\frac{{{self._print(number)}}}{{{self._print(last.base)}}}"
        return sign + " ".join(self._factor(factor) for factor in expr.args)

    def _factor(self, expr: sympy.Basic) -> str:
        """A factor, in brackets where it is a sum or holds a product of another kind."""
        is_product = isinstance(expr, sympy.MatrixExpr) and strength(expr) <= PRECEDENCE["Mul"]
        return self._bracketed(expr, is_product or isinstance(expr, sympy.Add))

    def _bracketed(self, expr: sympy.Basic, is_loose: bool) -> str:
        shown = str(self._print(expr))
        return rf"\left({shown}\right)" if is_loose else shown


_PRINTER = _Printer({"ln_notation": False, "fold_short_frac": False, "inv_trig_style": "full"})


def latex(expression: sympy.Basic) -> str:
    """LaTeX of an expression as a paper of the field prints it; a strange name in it comes out as text.

    Examples
    --------
    >>> print(latex(Symbol("x_1") / 2), latex(Symbol(r"\\input{x}")))
    \\frac{x_{1}}{2} \\text{\\textbackslash{}input\\{x\\}}
    """
    return str(_PRINTER.doprint(expression)).replace(_PERCENT, "%")
