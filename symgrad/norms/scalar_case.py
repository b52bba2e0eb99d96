"""Points of a domain of matrices at which all of them are multiples of one: there every condition is one on numbers.

With all sizes 1 a matrix is a number, its norm and its spectral radius are the absolute value. With larger sizes the
same holds of multiples of the identity, and of multiples of the matrix with a 1 in its first place and zeros elsewhere,
as far as conditions are made of such matrices by sums and products. A number need not be a fraction here, as that of
norm(A) == sqrt(2) is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from itertools import product as combinations
from typing import Any, TypeAlias

import sympy
from sympy import Abs, Expr, MatrixExpr, S, Set, Symbol
from sympy.logic.boolalg import Boolean

from symgrad.base.errors import ClaimError
from symgrad.language.provable import as_sympy
from symgrad.language.statements import Domain, Relation
from symgrad.language.written import rebuilt, substituted
from symgrad.norms.context import Context
from symgrad.symbols import Elementwise, OfMatrix, ParameterMatrix, TimedScalar

Rule: TypeAlias = Callable[[Any, Callable[[Any], Any]], Any]
Rules: TypeAlias = Mapping[type, Rule]
SIMPLE = tuple(map(sympy.Rational, ("0", "1", "2", "1/2", "-1", "4", "1/4")))
MOST_TRIED = 200

_OF_ALL: Rules = {
    OfMatrix: lambda e, of: Abs(of(e.matrix)),
    ParameterMatrix: lambda e, of: Symbol(f"the number of {e.name}", real=True),
    sympy.MatAdd: lambda e, of: sympy.Add(*map(of, e.args)),
    sympy.MatMul: lambda e, of: sympy.Mul(*map(of, e.args)),
    sympy.HadamardProduct: lambda e, of: sympy.Mul(*map(of, e.args)),
    sympy.Transpose: lambda e, of: of(e.arg),
    sympy.ZeroMatrix: lambda e, of: S.Zero,
}
_OF_IDENTITIES: Rules = {
    **_OF_ALL,
    sympy.Identity: lambda e, of: S.One,
    sympy.MatPow: lambda e, of: of(e.base) ** e.exp,
    sympy.Trace: lambda e, of: e.arg.shape[0] * of(e.arg),
}
_OF_SIZE_1: Rules = {
    **_OF_IDENTITIES,
    sympy.OneMatrix: lambda e, of: S.One,
    sympy.DiagMatrix: lambda e, of: of(e.args[0]),
    sympy.HadamardPower: lambda e, of: of(e.base) ** e.exp,
    Elementwise: lambda e, of: e.function(of(e.argument)),
}


class NoScalarCaseError(Exception):
    """The conditions say something that has no counterpart among numbers."""


def has_point(within: Context) -> bool:
    """Whether a point is found at which all conditions certainly hold."""
    return any(_is_found(within, rules, sized) for rules, sized in _cases(within))


def _cases(within: Context) -> Iterator[tuple[Rules, Mapping[Symbol, Expr]]]:
    shapes = {tuple(m.shape) for c in within.domain.conditions for m in c.atoms(ParameterMatrix)}
    sizes = {s for shape in shapes for s in shape}
    if all(s == 1 or (isinstance(s, Symbol) and within.set_of(s).contains(S.One) == sympy.true) for s in sizes):
        yield _OF_SIZE_1, {s: S.One for s in sizes if isinstance(s, Symbol)}
    if all(rows == columns for rows, columns in shapes):
        yield _OF_IDENTITIES, {}
    yield _OF_ALL, {}


def _is_found(within: Context, rules: Rules, sized: Mapping[Symbol, Expr]) -> bool:
    try:
        said = [(c, [substituted(_number(side, rules), sized) for side in c.args]) for c in within.domain.conditions]
        return any(_holds(point, said, within) for point in islice(_points(said, within), MOST_TRIED))
    except (NoScalarCaseError, ClaimError):
        return False


def _number(e: Expr, rules: Rules) -> Expr:
    """What an expression is where matrices are multiples of one."""
    make = next((make for kind, make in rules.items() if isinstance(e, kind)), None)
    if make is not None:
        return make(e, lambda part: _number(part, rules))
    if isinstance(e, MatrixExpr | TimedScalar):
        raise NoScalarCaseError
    return rebuilt(e, tuple(_number(part, rules) for part in e.args)) if e.has(MatrixExpr, TimedScalar) else e


def _points(said: list[tuple[Boolean, list[Expr]]], within: Context) -> Iterator[dict[Symbol, Expr]]:
    """Values of all numbers: those of finite sets, to which conditions narrow them, and simple ones."""
    joint = [c.func(*map(as_sympy, sides), evaluate=False) for c, sides in said]
    given = sorted({abs(q) for c in joint for q in c.atoms(sympy.Rational)})
    simple = tuple(dict.fromkeys((*SIMPLE, *given, *map(sympy.sqrt, given))))
    narrowed = Domain.of({s for c in joint for s in c.free_symbols}, (c for c in joint if c.free_symbols))
    families = [_family(narrowed.set_of(s).intersect(within.set_of(s)), simple) for s in narrowed.symbols]
    for values in combinations(*families):
        yield dict(zip(narrowed.symbols, values))


def _family(values: Set, simple: tuple[Expr, ...]) -> list[Expr]:
    if isinstance(values, sympy.FiniteSet):
        return list(values)
    return [v for v in simple if values.contains(v) == sympy.true]


def _holds(point: Mapping[Symbol, Expr], said: list[tuple[Boolean, list[Expr]]], within: Context) -> bool:
    there = (Relation(substituted(sides[0], point), c.rel_op, substituted(sides[1], point)) for c, sides in said)
    return all(within.is_true(relation, Domain((), ())) for relation in there)
