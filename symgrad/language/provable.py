"""The expression that provers work on, made from the tree as it was written.

Arithmetic is SymPy's. Of the functions, SymPy may evaluate those of a tested list; the values of all others stay
opaque, since their constructors are known to answer with something else at poles, cuts, jumps or in the plane:
``acot(-x)`` is not ``-acot(x)`` at 0, ``hermite(n, -x)`` not ``(-1)**n*hermite(n, x)`` for every real n.
What loses or gains a point of definition on the way is no matter: `partial_values` says where the tree is defined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Basic, Derivative, Expr, Integer, S, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import Application, AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symgrad.activations import ActivationFunction
from symgrad.language import written
from symgrad.language.masks import Masks
from symgrad.language.size_limits import MAX_BRANCHES, Ledger, LimitError
from symgrad.language.statements import free_symbols
from symgrad.symbols.elliptic import JACOBI

Arguments = tuple[Expr, ...]


_ENTIRE = (sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh)
REAL_ON_REALS = (
    *_ENTIRE, sympy.tan, sympy.cot, sympy.tanh, sympy.coth, sympy.sech, sympy.csch, sympy.atan, sympy.asinh, sympy.erf,
    sympy.erfc, sympy.Max, sympy.Min, sympy.sign, sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod,
)  # fmt: skip


def _always(*_: Expr) -> bool:
    return True


def _real(*arguments: Expr) -> bool:
    """Of what is real wherever it has a value."""
    return all(_is_real(a) for a in arguments)


def _is_real(e: Basic) -> bool:
    if isinstance(e, sympy.Abs | sympy.re | sympy.im) or e.is_extended_real:
        return True
    if isinstance(e, sympy.Pow):
        return isinstance(e.exp, Integer) and _is_real(e.base)
    kinds = (sympy.Add, sympy.Mul, *REAL_ON_REALS, ActivationFunction)
    return isinstance(e, kinds) and all(_is_real(a) for a in e.args)


def _without_integers(*arguments: Expr) -> bool:
    return not any(s.is_integer for a in arguments for s in free_symbols(a))


def _whole_order(*arguments: Expr) -> bool:
    """Of a polynomial that is written out, or of a Bessel function that is entire."""
    return isinstance(arguments[0], Integer) and arguments[0] >= 0


def _whole(*arguments: Expr) -> bool:
    return all(isinstance(a, Integer) for a in arguments)


def _entire(*arguments: Expr) -> bool:
    """Of variables by arithmetic without roots and by entire functions, of which real and imaginary parts are known."""
    return all(_is_entire(a) for a in arguments)


def _is_entire(e: Basic) -> bool:
    if isinstance(e, sympy.Pow) and not isinstance(e.exp, Integer):
        return not free_symbols(e) and not e.has(sympy.I)
    kinds = (sympy.Add, sympy.Mul, sympy.Pow, *_ENTIRE)
    return not e.args or (isinstance(e, kinds) and all(map(_is_entire, e.args)))


# When SymPy may evaluate a function; of what is not listed it never may.
TRUSTED: Mapping[type[Basic], Callable[..., bool]] = {
    **dict.fromkeys(
        (
            *_ENTIRE, sympy.log, sympy.tan, sympy.cot, sympy.sec, sympy.csc, sympy.tanh, sympy.coth, sympy.sech,
            sympy.csch, sympy.asin, sympy.acos, sympy.atan, sympy.asec, sympy.acsc, sympy.asinh, sympy.acosh,
            sympy.atanh, sympy.asech, sympy.acsch, sympy.Abs, sympy.erf, sympy.erfc, sympy.erfi, sympy.gamma,
            sympy.factorial, sympy.digamma, sympy.trigamma, sympy.polygamma, sympy.Ei, sympy.Si, sympy.Ci, sympy.Shi,
            sympy.Chi, sympy.fresnels, sympy.fresnelc, sympy.airyai, sympy.airybi, sympy.airyaiprime,
            sympy.airybiprime, sympy.LambertW, sympy.elliptic_k, sympy.zeta, sympy.binomial, sympy.RisingFactorial,
            sympy.FallingFactorial, sympy.polylog, sympy.expint, sympy.bessely, sympy.besselk, sympy.hankel1,
            sympy.hankel2, sympy.beta, sympy.lerchphi, sympy.elliptic_e, sympy.elliptic_f, sympy.erf2,
            sympy.stieltjes, sympy.Max, sympy.Min, sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod, sympy.atan2,
            sympy.dirichlet_eta, sympy.erfinv, sympy.erfcinv, *JACOBI,
        ),
        _always,
    ),
    **dict.fromkeys((sympy.sign, sympy.Heaviside), _real),
    sympy.sinc: _without_integers,
    **dict.fromkeys((sympy.besselj, sympy.besseli), lambda order, z: not z.could_extract_minus_sign()),
    **dict.fromkeys((sympy.re, sympy.im, sympy.conjugate, sympy.arg), _entire),
    **dict.fromkeys(
        (sympy.hermite, sympy.hermite_prob, sympy.legendre, sympy.chebyshevt, sympy.chebyshevu, sympy.laguerre,
         sympy.gegenbauer, sympy.jacobi, sympy.assoc_laguerre), _whole_order,
    ),
    **dict.fromkeys(
        (sympy.fibonacci, sympy.lucas, sympy.catalan,
         sympy.bernoulli, sympy.euler, sympy.harmonic, sympy.factorial2, sympy.subfactorial), _whole,
    ),
}  # fmt: skip


def _arc_cotangent(u: Expr) -> Expr | None:
    """By the arc tangent of the inverse, and pi/2 where there is none."""
    if not u.is_extended_real:
        return None
    if u.is_zero:
        return S.Pi / 2
    return sympy.Piecewise((S.Pi / 2, sympy.Eq(u, 0)), (sympy.atan(1 / u), True), evaluate=False)


def _kronecker(i: Expr, j: Expr, *bounds: Expr) -> Expr | None:
    if bounds or not (i.is_extended_real and j.is_extended_real):
        return None
    return sympy.Piecewise((S.One, sympy.Eq(i, j)), (S.Zero, True), evaluate=False)


def _of_whole_order(function: Any) -> Callable[[Expr, Expr], Expr | None]:
    """A Bessel function that is entire for whole orders: SymPy would divide by z to change its sign."""

    def value(order: Expr, z: Expr) -> Expr | None:
        if not (order.is_integer and z.could_extract_minus_sign()):
            return None
        return (-1) ** order * function(order, -z)

    return value


# What stands for functions that others of SymPy mistake in their arguments: the same values wherever there are two.
REWRITTEN: Mapping[type[Basic], Callable[..., Expr | None]] = {
    sympy.acot: _arc_cotangent,
    sympy.acoth: lambda u: sympy.atanh(1 / u),
    sympy.KroneckerDelta: _kronecker,
    sympy.hyper: lambda *parameters: sympy.hyper(*parameters, evaluate=False),
    sympy.meijerg: lambda *parameters: sympy.meijerg(*parameters, evaluate=False),
    sympy.besselj: _of_whole_order(sympy.besselj),
    sympy.besseli: _of_whole_order(sympy.besseli),
}


_COMPARING = (
    sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod, sympy.re, sympy.im,
    sympy.arg, sympy.conjugate, sympy.Heaviside, sympy.atan2,
)  # fmt: skip


# Of a number that is zero in disguise, or next to zero, SymPy may take the wrong side.
STEPS = (
    sympy.sign, sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod, sympy.arg, sympy.Heaviside, sympy.atan2, sympy.Max,
    sympy.Min,
)  # fmt: skip


def _shows_its_digits(e: Basic) -> bool:
    """Whether SymPy, which compares numbers by their digits, can see where those of this one are noise.

    It sees where a sum cancels, but not what is made of the rest: (sqrt(3 + 2*sqrt(2)) - sqrt(2) - 1)**2 is positive
    for it. So no difference, and no function of more than a simple number, may stand within the outermost sum.
    """
    if not e.is_number or not e.args:
        return True
    return all(_is_plainly_not_zero(term) for term in sympy.Add.make_args(e))


def _is_plainly_not_zero(e: Basic) -> bool:
    if not e.args:
        return not e.is_zero
    if isinstance(e, sympy.Add):
        return all(_is_plainly_positive(term) for term in e.args)
    if isinstance(e, sympy.Mul | sympy.Pow | sympy.exp):
        return all(map(_is_plainly_not_zero, e.args))
    return not any(part.has(sympy.Add, sympy.Function) for part in e.args)


def _is_plainly_positive(e: Basic) -> bool:
    if isinstance(e, sympy.Add | sympy.Mul):
        return all(map(_is_plainly_positive, e.args))
    if isinstance(e, sympy.exp):
        return _is_plainly_not_zero(e.exp)
    if isinstance(e, sympy.Pow):
        return _is_plainly_positive(e.base) and _is_plainly_not_zero(e.exp)
    return not e.args and bool(e.is_positive)


def provable(tree: Basic) -> Basic:
    """The expression of the provers; it has the values of the tree where both have one.

    Examples
    --------
    >>> from symgrad.reading.text import parse_written
    >>> provable(parse_written("x - (x - sin(-x))")), provable(parse_written("hermite(n, -x)"))
    (-sin(x), hermite(n, -x))
    """
    return _Making(_opaque_value, REWRITTEN).whole(written.meaning(tree))


def value_of(kind: object, *arguments: Expr) -> Expr:
    """The value of a function for the provers, evaluated only as far as that is trusted."""
    return _Making(_opaque_value, REWRITTEN)._value(kind, arguments)


def at_point(e: Expr, point: Mapping[Symbol, Expr]) -> Expr:
    """An expression of the provers at values of some variables, where more functions may be trusted than before.

    Examples
    --------
    >>> from sympy.abc import n
    >>> value_of(sympy.factorial2, n), at_point(value_of(sympy.factorial2, n), {n: sympy.Integer(5)})
    (factorial2(n), 15)
    """
    moved = e.subs(point)
    if not moved.has(written.Opaque):
        return moved
    return moved.replace(lambda f: isinstance(f, written.Opaque), lambda f: value_of(f.origin, *f.args))


def as_sympy(tree: Basic) -> Expr:
    """The expression as SymPy evaluates it, but for the functions that are not trusted, which stay as they stand.

    Examples
    --------
    >>> from symgrad.reading.text import parse_written
    >>> as_sympy(parse_written("x + x + acot(-x)"))
    2*x + acot(-x)
    """
    return _Making(written.unevaluated, {}).whole(written.meaning(tree))


def _opaque_value(kind: object, *parts: Expr) -> Expr:
    return written.call(kind, *parts)


@dataclass(frozen=True)
class _Making:
    """How one tree becomes an expression: what stands for values that are not evaluated, and sizes known so far."""

    unevaluated: Callable[..., Expr]
    rewritten: Mapping[type[Basic], Callable[..., Expr | None]]
    ledger: Ledger = field(default_factory=Ledger)
    masks: Masks = field(default_factory=Masks)

    def whole(self, tree: Basic) -> Basic:
        return self.masks.take_off(self.made(tree))

    def made(self, tree: Basic) -> Basic:
        if isinstance(tree, written.WrittenDecimal):
            return sympy.Rational(tree.p, tree.q)
        if not tree.args or isinstance(tree, AppliedUndef | sympy.MatrixExpr):
            return tree
        if isinstance(tree, Derivative):
            return self.derivative(tree)
        if written.is_divisor(tree) and isinstance(tree.args[0], sympy.Mul):
            # SymPy distributes a number over a sum when it meets just these two.
            return sympy.Mul(*(self.made(written.inverted(factor)) for factor in tree.args[0].args))
        parts = tuple(map(self.made, tree.args))
        if isinstance(tree, ExprWithLimits | sympy.Limit | sympy.Subs):
            return self.masks.put_on_number(written.rebuilt(tree, parts))
        kind: Any = written.origin(tree.func)
        if isinstance(tree, sympy.Add | sympy.Mul | sympy.Pow):
            return self._arithmetic(tree, kind, parts)
        if isinstance(tree, sympy.Piecewise):
            # Evaluation would rearrange the conditions, in a time exponential in their number.
            return sympy.Piecewise(*parts, evaluate=False)
        if isinstance(tree, Relational):
            return kind(*parts, evaluate=all(isinstance(p, sympy.Rational) for p in parts))
        if isinstance(tree, Boolean | sympy.Tuple):
            return kind(*parts)
        if isinstance(tree, Expr) and isinstance(tree, Application):
            return self.masks.put_on_number(self._value(kind, parts))
        return written.rebuilt(tree, parts)

    def derivative(self, tree: Derivative) -> Expr:
        inside = self.made(tree.expr)
        if all(inside.has(v) for v in tree.variables):
            return Derivative(inside, *tree.variable_count)
        return written.rebuilt(tree, (inside, *tree.args[1:]))

    def _arithmetic(self, tree: Expr, kind: Any, parts: Arguments) -> Expr:
        if isinstance(tree, sympy.Mul) and not self._is_light(Ledger.check_product, list(parts)):
            return written.WrittenProduct(*parts)
        if isinstance(tree, sympy.Pow) and not self._is_light(Ledger.check_power, *parts):
            return written.WrittenPower(*parts)
        return kind(*parts)

    def _value(self, kind: Any, parts: Arguments) -> Expr:
        """The value of a function, evaluated as far as that is trusted and does not take long."""
        found = self.rewritten[kind](*parts) if kind in self.rewritten else None
        if found is not None:
            return found
        if not self._is_trusted(kind, parts):
            return self.unevaluated(kind, *parts)
        if issubclass(kind, sympy.Max | sympy.Min):  # which take the truth values that frac compares to for SymPy's own
            parts = tuple(part.replace(sympy.frac, lambda u: u - sympy.floor(u)) for part in parts)
        try:
            made: Expr = kind(*parts)
        except (ValueError, TypeError, ArithmeticError):
            return self.unevaluated(kind, *parts)  # the enclosures tell that it has no value
        return made

    def _is_trusted(self, kind: Any, parts: Arguments) -> bool:
        if kind in _COMPARING and len(parts) > MAX_BRANCHES:
            return False
        if kind in STEPS and not all(map(_shows_its_digits, parts)):
            return False
        trusted = issubclass(kind, ActivationFunction) or (kind in TRUSTED and TRUSTED[kind](*parts))
        return trusted and self._is_light(Ledger.check_call, kind.__name__, list(parts))

    def _is_light(self, check: Callable[..., None], *parts: object) -> bool:
        """Whether SymPy does not take long to evaluate something."""
        try:
            check(self.ledger, *parts)
        except LimitError:
            return False
        return True


class HasValue(sympy.Function):  # type: ignore[misc]
    """0 where its argument has a value: of what is lost on the way, nothing else is asked."""

    @classmethod
    def eval(cls, argument: Expr) -> Expr | None:
        return S.Zero if argument.is_Rational else None


def partial_values(tree: Expr) -> tuple[Expr, ...]:
    """What must have a value where the tree has one: each power, quotient and value of a function in it, by itself.

    Each comes as the function that was written, at arguments as the provers have them.

    Examples
    --------
    >>> from symgrad.reading.text import parse_written
    >>> partial_values(parse_written("x/x + log(x - x)*0"))
    (1/x, log(0))
    """
    return tuple(dict.fromkeys(_partial(written.meaning(tree))))


def _partial(tree: Basic) -> Iterator[Expr]:
    if not tree.args or isinstance(tree, AppliedUndef | sympy.MatrixExpr):
        return
    if isinstance(tree, sympy.Piecewise):
        yield from _in_cases(tree)
        return
    if isinstance(tree, ExprWithLimits | sympy.Limit):
        yield from _in_range(tree)
        return
    if isinstance(tree, sympy.Subs):
        yield from _at_place(tree)
        return
    for part in tree.args:
        yield from _partial(part)
    if isinstance(tree, Derivative):
        yield _Making(_opaque_value, REWRITTEN).whole(tree)
    elif isinstance(tree, sympy.Pow):
        base, exponent = provable(tree.base), provable(tree.exp)
        if not (isinstance(exponent, sympy.Rational) and exponent >= 0):
            yield from _powers(base, exponent)
    elif isinstance(tree, Expr) and isinstance(tree, Application):
        kind: Any = written.origin(tree.func)
        yield written.call(kind, *map(provable, tree.args))


def _powers(base: Expr, exponent: Expr) -> Iterator[Expr]:
    """The powers that have values where this one has: no factor of a denominator is zero."""
    if not (isinstance(exponent, sympy.Rational) and exponent < 0):
        yield written.WrittenPower(base, exponent)
        return
    for factor in sympy.Mul.make_args(base):
        while isinstance(factor, sympy.Pow) and isinstance(factor.exp, sympy.Rational) and factor.exp > 0:
            factor = factor.base
        yield written.WrittenPower(factor, S.NegativeOne)


def _in_cases(tree: sympy.Piecewise) -> Iterator[Expr]:
    """A value is looked at only where its case is chosen, a condition only where no earlier one holds."""
    earlier: list[tuple[Expr, Boolean]] = []
    for value, condition in tree.args:
        holds = provable(condition)
        for part in _partial(condition):
            yield _in_case(earlier, part, S.true)
        for part in _partial(value):
            yield _in_case(earlier, part, holds)
        earlier.append((S.Zero, holds))
    yield provable(tree)


def _in_case(earlier: list[tuple[Expr, Boolean]], value: Expr, condition: Boolean) -> Expr:
    """The value under the condition, and 0 where that fails or an earlier case is chosen."""
    return sympy.Piecewise(*earlier, (value, condition), (S.Zero, S.true), evaluate=False)


def _at_place(tree: sympy.Subs) -> Iterator[Expr]:
    """What is looked at in a place must have a value there, and the place one too."""
    yield from _partial(tree.point)
    places = dict(zip(tree.variables, map(provable, tree.point), strict=True))
    for part in _partial(tree.expr):
        if part.has(Derivative):
            yield written.rebuilt(tree, (part, *map(provable, tree.args[1:])))
        else:
            yield written.substituted(part, places)


def _in_range(tree: Expr) -> Iterator[Expr]:
    """A term must be defined at every index; an integrand, and what tends to a limit, need not be at single places.

    What is lost where SymPy puts the parts together stands as a `HasValue`: of infinitely many terms a part need have
    no sum, and of an integrand no integral.
    """
    bound = set(written.bound_variables(tree))
    for ends in tree.args[1:]:
        yield from _partial(ends)
    limits = tuple(provable(ends) for ends in tree.args[1:])
    is_finite = isinstance(tree, sympy.Sum | sympy.Product) and not tree.has(S.Infinity, S.NegativeInfinity)
    inside = None if is_finite else provable(tree.args[0])
    for part in _partial(tree.args[0]):
        if free_symbols(part).isdisjoint(bound):
            yield part
        elif is_finite:
            yield written.ranged(sympy.Sum, part, *limits)
        elif not _is_kept(part, inside):
            kind = sympy.Sum if isinstance(tree, sympy.Product) else type(tree)
            yield written.bound_over(kind, written.call(HasValue, part), *limits)
    yield provable(tree)


def _is_kept(part: Expr, whole: Expr) -> bool:
    """Whether a part still stands in an expression, which has no value where the part has none."""
    if whole.has(part):
        return True
    if isinstance(part, written.WrittenPower):
        made = provable(part)
        if made.is_Rational or not isinstance(made, sympy.Pow):
            return bool(made.is_Rational)
        if isinstance(made.base, sympy.Rational) and made.base > 0:
            return True  # whatever the exponent is
        return any(
            p.base == made.base and (p.exp == made.exp or _both_negative(p, made)) for p in whole.atoms(sympy.Pow)
        )
    return isinstance(part, written.Opaque) and any(
        written.origin(node.func) is part.origin and node.args == part.args for node in whole.atoms(Application)
    )


def _both_negative(*powers: Expr) -> bool:
    return all(isinstance(p.exp, sympy.Rational) and p.exp < 0 for p in powers)
