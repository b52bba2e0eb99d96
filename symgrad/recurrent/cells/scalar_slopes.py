"""Derivatives of scalars of a cell with respect to one of its variables, as SymPy differentiates formulas of symbols.

A function that jumps counts as constant between its jumps, as it does in programs. What SymPy leaves as a derivative
is refused: a name put in place of the function would make it the derivative of a constant. Where k arguments of Max or
Min are equal, each has the share 1/k of the slope; SymPy gives 1/2 to each, which is more than 1 in all from three on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import sympy
from sympy import Basic, Derivative, Dummy, Expr, Heaviside

from symgrad import activations
from symgrad.activations.rows import ROWS, slope_from_output
from symgrad.base.errors import CellError
from symgrad.symbols import ENTRY, Elementwise, OfEntries, SlopeAt, TimedScalar, is_function_of
from symgrad.symbols.writing import to_text

# Functions with a value where they jump, and with slope 0 elsewhere.
STEPS = (sympy.floor, sympy.ceiling, sympy.sign, sympy.Heaviside)
# Functions that are made of these.
MADE_OF_STEPS: Mapping[Any, Callable[..., Expr]] = {
    sympy.frac: lambda u: u - sympy.floor(u),
    sympy.Mod: lambda u, by: u - by * sympy.floor(u / by),
}


class _WithSlope(sympy.Function):  # type: ignore[misc]
    """A function of SymPy's while it is differentiated, with a slope of our own."""

    kind: ClassVar[Any]

    def _eval_is_real(self) -> bool | None:
        found: bool | None = self.kind(*self.args).is_real
        return found


class _OfSeveral(_WithSlope):
    """Max or Min of three or more."""

    ahead: ClassVar[int]

    def fdiff(self, argindex: int = 1) -> Expr:
        """The share of an argument: 1/k where it is one of k that none is ahead of, else 0."""
        one = self.args[argindex - 1]
        leads = [self.ahead * (one - other) for k, other in enumerate(self.args, 1) if k != argindex]
        is_first, others = sympy.Mul(*(Heaviside(d, 1) for d in leads)), sympy.Add(*(Heaviside(-d, 1) for d in leads))
        found: Expr = is_first / (1 + others)
        return found


class _Largest(_OfSeveral):
    kind, ahead = sympy.Max, 1


class _Smallest(_OfSeveral):
    kind, ahead = sympy.Min, -1


_OF_SEVERAL: Mapping[Any, type[_OfSeveral]] = {each.kind: each for each in (_Largest, _Smallest)}


class _Power(_WithSlope):
    """A power whose exponent does not change: SymPy's slope n*w**n/w asks for w != 0."""

    kind = sympy.Pow

    def fdiff(self, argindex: int = 1) -> Expr:
        base, exponent = self.args
        found: Expr = exponent * base ** (exponent - 1)
        return found


LETTER = sympy.Symbol("y", real=True)  # for an entry of a vector
# Functions with places where there is no slope, or only the one that programs take.
KINKED = (
    sympy.Abs, sympy.Max, sympy.Min, sympy.Piecewise, sympy.acot, sympy.atan2, *STEPS, *MADE_OF_STEPS,
)  # fmt: skip


def has_kinks(formula: Expr) -> bool:
    """Whether a function in a formula, of numbers or of each entry of a vector, has such places."""
    parts = (formula, *formula.atoms(Elementwise, OfEntries))
    scalars = (part.function.expr if isinstance(part, Elementwise | OfEntries) else part for part in parts)
    return any(isinstance(e, Expr) and activations.expand(e).has(*KINKED) for e in scalars)


def differentiated(e: Expr, v: Expr) -> Expr:
    """The derivative of an expression with respect to a variable or a parameter.

    Parameters
    ----------
    e : Expr
    v : TimedScalar or Symbol

    Raises
    ------
    CellError
        If a part of the derivative is not known.

    Examples
    --------
    >>> import symgrad as sg
    >>> h = sg.State("h")
    >>> differentiated(sympy.Abs(h)*sympy.floor(h), h)
    floor(h[t])*sign(h[t])
    """
    x = v if v.is_Symbol else Dummy(str(v), real=True)
    plain = e.xreplace({v: x})
    plain = plain.replace(lambda f: f.func in MADE_OF_STEPS, lambda f: MADE_OF_STEPS[f.func](*f.args))
    plain = plain.replace(lambda f: f.func in _OF_SEVERAL and len(f.args) > 2, lambda f: _OF_SEVERAL[f.func](*f.args))
    plain = plain.replace(lambda f: f.is_Pow and not f.exp.is_number and not f.exp.has(x), lambda f: _Power(*f.args))
    constants = {part: Dummy(real=True) for part in plain.atoms(*STEPS)}
    slope = plain.xreplace(constants).diff(x)
    if slope.has(Derivative):
        raise CellError(f"there is no rule to differentiate {to_text(e.xreplace({ENTRY: LETTER}))}")
    found: Expr = slope.xreplace({constant: part for part, constant in constants.items()})
    found = found.replace(lambda f: isinstance(f, _WithSlope), lambda f: f.kind(*f.args))
    return found.xreplace({x: v})


def slope_in_output(e: Expr, v: Expr, named: Mapping[Expr, TimedScalar] = MappingProxyType({})) -> Expr:
    """The derivative, that of an activation in terms of its output where that has a name."""
    known = slope_from_output(e, named[e]) if named and is_function_of(e, v) else None
    return differentiated(e, v).xreplace(named) if known is None else known


def slope_in_arguments(e: Expr, v: Expr, named: Mapping[Any, object] = MappingProxyType({})) -> Expr:
    """The derivative, with that of each activation left as f'(a): the chain rule, from the outermost ones inwards."""
    letters = {f: Dummy(real=True) for f in _outermost(e)}
    back = {letter: f for f, letter in letters.items()}
    plain = e.xreplace(letters)
    slope = differentiated(plain, v)
    for f, letter in letters.items():
        inside = sympy.Add(*(_partial(f, k) * slope_in_arguments(a, v) for k, a in enumerate(f.args) if a.has(v)))
        slope += differentiated(plain, letter) * inside if inside != 0 else 0
    return slope.xreplace(back)


def _outermost(e: Basic) -> list[Expr]:
    """The activations of a scalar that stand within no other."""
    return [e] if _is_activation(e) else list(dict.fromkeys(f for part in e.args for f in _outermost(part)))


def _partial(f: Expr, k: int) -> Expr:
    """The derivative of an activation by one of its arguments: by the first as f'(a), by a parameter as a formula."""
    argument, before, behind = f.args[k], f.args[:k], f.args[k + 1 :]
    if k == 0 and is_function_of(f, argument) and isinstance(argument, sympy.Symbol | TimedScalar):
        return Derivative(f, argument)
    there = f.func(*before, _PLACE, *behind)
    if k == 0:
        return SlopeAt(Derivative(there, _PLACE), _PLACE, argument)
    return differentiated(there, _PLACE).xreplace({_PLACE: argument})


_PLACE = Dummy("place", real=True, dummy_index=10_000_103)  # of an argument


def _is_activation(f: Basic) -> bool:
    row = ROWS.get(f.func.__name__)
    return row is not None and row.function is f.func
