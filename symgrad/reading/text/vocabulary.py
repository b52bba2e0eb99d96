"""The words of formulas: constants, functions with the number of their arguments, what else is written as a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, S

from symgrad.activations import ACTIVATIONS
from symgrad.language import written
from symgrad.language.abbreviations import DEFINED, called, is_abbreviation
from symgrad.reading.text import elsewhere
from symgrad.symbols.elliptic import JACOBI

CONSTANTS: Mapping[str, Expr] = {
    "pi": S.Pi,
    "E": S.Exp1,
    "I": S.ImaginaryUnit,
    "EulerGamma": S.EulerGamma,
    "GoldenRatio": S.GoldenRatio,
    "Catalan": S.Catalan,
}
INFINITY = "oo"
INFINITY_IS_NO_NUMBER = "oo is no number; it stands only as a limit of Sum, Product, Integral or Limit"
# The relations, by the class that makes each a condition, and by the name of that as a call.
RELATIONS: Mapping[str, Any] = {
    "==": sympy.Eq,
    "!=": sympy.Ne,
    "<": sympy.Lt,
    "<=": sympy.Le,
    ">": sympy.Gt,
    ">=": sympy.Ge,
}
RELATION_NAMES: Mapping[str, str] = {"Eq": "==", "Ne": "!=", "Lt": "<", "Le": "<=", "Gt": ">", "Ge": ">="}
CONDITIONS = (*RELATION_NAMES, "And", "Or", "Not")
EXTREMA = ("maximum", "minimum", "supremum", "infimum")
FORMS = ("Rational", "Piecewise", "diff", "Sum", "Product", "Integral", "Limit", "sqrt", "cbrt", "root", "real_root")
TRUE = ("True", "otherwise")

# Functions that SymPy calls by the same name, by how many arguments they take; those of `_ANY_NUMBER` take some.
_ANY_NUMBER = ()
_ELEMENTARY: Mapping[tuple[int, ...], str] = {
    (1,): """
        exp sin cos tan cot sec csc sinc asin acos atan acot asec acsc
        sinh cosh tanh coth sech csch asinh acosh atanh acoth asech acsch
        Abs sign floor ceiling frac re im arg conjugate""",
    (1, 2): "log Heaviside",
    (2,): "atan2 Mod",
    _ANY_NUMBER: "Max Min",
}
_SPECIAL: Mapping[tuple[int, ...], str] = {
    (1,): """
        factorial factorial2 subfactorial fibonacci lucas tribonacci andre catalan
        gamma loggamma digamma trigamma riemann_xi
        erf erfc erfi erfinv erfcinv Ei Si Ci Shi Chi li Li fresnels fresnelc
        airyai airybi airyaiprime airybiprime elliptic_k DiracDelta""",
    (1, 2): "LambertW harmonic zeta dirichlet_eta stieltjes bernoulli euler genocchi elliptic_e",
    (2,): """
        binomial RisingFactorial FallingFactorial
        polygamma lowergamma uppergamma beta polylog erf2 erf2inv expint
        besselj bessely besseli besselk hankel1 hankel2 jn yn hn1 hn2
        hermite hermite_prob legendre chebyshevt chebyshevu laguerre elliptic_f""",
    (2, 3): "elliptic_pi",
    (3,): "gegenbauer assoc_legendre assoc_laguerre lerchphi",
    (4,): "jacobi betainc betainc_regularized Ynm",
}
ELEMENTARY = frozenset(" ".join(_ELEMENTARY.values()).split())

# Letters that papers use for quantities although SymPy has functions of these names.
LETTERS = ("beta", "gamma", "zeta")


@dataclass(frozen=True)
class Function:
    """A function as it is called in text.

    Attributes
    ----------
    name : str
    make : callable
        Makes the SymPy expression from the arguments.
    arities : tuple of int
        How many arguments it takes; empty for any number but none.
    """

    name: str
    make: Callable[..., Any]
    arities: tuple[int, ...]

    def complaint(self, given: int) -> str:
        """What is wrong with this number of arguments, if anything."""
        if given in self.arities or (not self.arities and given):
            return ""
        wanted = " or ".join(map(str, self.arities)) or "at least 1"
        return f"{self.name} takes {wanted} argument{'s' if max(self.arities, default=1) > 1 else ''}; got {given}"


def _hypergeometric(upper: int, lower: int) -> Callable[..., Expr]:
    """The hypergeometric function of so many upper and lower parameters, as it is written."""
    return lambda *given: sympy.hyper(given[:upper], given[upper:-1], given[-1], evaluate=False)


# By how many upper and lower parameters they have, as other libraries call them.
HYPERGEOMETRIC = {
    f"hyp{upper}f{lower}": (upper, lower)
    for upper, lower in ((0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2))
}

_SYMPY: dict[str, Function] = {
    name: Function(name, getattr(sympy, name), arities)
    for table in (_ELEMENTARY, _SPECIAL)
    for arities, names in table.items()
    for name in names.split()
}
_SYMPY |= {f.__name__: Function(f.__name__, f, (2,)) for f in JACOBI}
_SYMPY |= {name: Function(name, make, arities) for arities, table in DEFINED.items() for name, make in table.items()}
_SYMPY |= {name: Function(name, _hypergeometric(*each), (sum(each) + 1,)) for name, each in HYPERGEOMETRIC.items()}


def written_call(name: str, make: Callable[..., Any], *arguments: Expr) -> Expr:
    """The value of a function as it is written."""
    if is_abbreviation(name, len(arguments)):
        return called(name, *arguments)
    if isinstance(make, type):
        return written.call(make, *arguments)
    places = [sympy.Dummy() for _ in arguments]
    return written.substituted(written.copied(make(*places)), dict(zip(places, arguments)))


def function(name: str) -> Function | None:
    """The function of this name: SymPy's, or else an activation."""
    if name not in _SYMPY and name in ACTIVATIONS:
        row = ACTIVATIONS[name]
        return Function(name, row.function, row.arities)
    return _SYMPY.get(name)


def is_function(name: str) -> bool:
    """Whether the name is written as a call."""
    return name in _SYMPY or name in ACTIVATIONS or name in (*FORMS, *CONDITIONS, *EXTREMA)


def may_be_symbol(name: str) -> bool:
    """Whether the name may stand for a quantity, having no other meaning of its own."""
    return name in LETTERS or not (name in CONSTANTS or name == INFINITY or name in TRUE or is_function(name))


def names() -> tuple[str, ...]:
    """Every name that has a meaning of its own, in the order of this file."""
    return (*CONSTANTS, INFINITY, *_SYMPY, *ACTIVATIONS, *FORMS, *CONDITIONS, *EXTREMA, *TRUE)


def function_names() -> tuple[str, ...]:
    """The names of functions of numbers."""
    return tuple(dict.fromkeys((*_SYMPY, *ACTIVATIONS)))


def suggestion(name: str) -> str:
    """What an unknown function may have been meant to be."""
    import difflib  # only for slips, and importing symgrad must stay fast

    if name in names():
        return f"{name} is no function; a product is written {name}*(…)"
    by_case = {known.lower(): known for known in reversed(names())}
    near = elsewhere.named_here(name) or by_case.get(name.lower(), "")
    if not near and (instead := elsewhere.written_here(name)):
        return f"{name} is not a known function; write {instead}"
    near = near or next(iter(difflib.get_close_matches(name, names(), 1, 0.75)), "")
    if near:
        form = f" Write {elsewhere.FORMS[near]}" if near in elsewhere.FORMS else ""
        return f"{name} is not a known function; did you mean {near}?{form}"
    return f"{name} is not a known function; a product is written {name}*(…)"
